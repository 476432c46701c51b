"""An input over the API: begun, written, sent once, with a file; and everybody else is refused."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from resource import RUSAGE_SELF, getrusage
from uuid import uuid4

import httpx2
import pytest

from tests.consulting import add_consultation
from tests.files import docx
from tests.pages.reading import form, reading, said
from tests.test_opening import MACRO
from tests.world import Service, service, settings

API = "/api/v1"
ROUND = f"{API}/consultations/multilingual/inputs"


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Service]:
    given = settings(tmp_path_factory.mktemp("inputs"))
    async with service(given) as running:
        async with running.house.database.writing() as db:
            await add_consultation(db, running.world, datetime.now(UTC))
        yield running


async def begun(http: httpx2.AsyncClient, **fields: str) -> tuple[str, dict]:
    got = await http.post(ROUND, json={"fields": fields})
    assert got.status_code == 201, got.text
    return f"{API}/inputs/{got.json()['id']}", got.json()


async def test_a_program_begins_writes_sends_revises_and_withdraws(house):
    async with house.http("stakeholder") as http:
        there, made = await begun(http, **{"question:1": "More scripts."})
        field = f"{there}/fields/summary"
        assert (await http.put(field, json={"text": "Short."})).status_code == 428
        wrote = await http.put(field, json={"text": "Short."}, headers={"If-Match": '"0"'})
        assert (wrote.status_code, wrote.headers["etag"]) == (200, '"1"')
        for headers, more, status in (
            ({"If-Match": '"0"'}, {}, 412),
            ({"If-Match": "*"}, {}, 412),
            ({}, {"revision": 0}, 409),
        ):
            late = await http.put(field, json={"text": "Slower."} | more, headers=headers)
            assert (late.status_code, late.json()["current"]["text"]) == (status, "Short.")
        (aside,) = (await http.get(there)).json()["asides"]
        assert aside["text"] == "Slower."
        taken = await http.post(f"{there}/asides/{aside['id']}")
        assert (taken.json()["text"], taken.json()["revision"]) == ("Slower.", 2)

        assert (await http.post(f"{there}/submit")).status_code == 428
        stale = await http.post(f"{there}/submit", headers={"If-Match": f'"{made["revision"]}"'})
        assert stale.status_code == 412
        tag = (await http.get(there)).headers["etag"]
        once = {"If-Match": tag, "Idempotency-Key": str(uuid4())}
        first = await http.post(f"{there}/submit", headers=once)
        again = await http.post(f"{there}/submit", headers=once)
        assert (first.status_code, first.json()["number"]) == (200, 1)
        assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
        same = await http.post(f"{there}/submit", headers={"If-Match": tag})
        assert (same.status_code, same.json()["type"]) == (409, "urn:cwg:input-sent-already")

        gone = await http.post(f"{there}/withdraw", json={"why": "A mistake."})
        assert gone.json()["state"] == "withdrawn"
        assert (await http.delete(there)).status_code == 409


async def test_nobody_else_may_know_of_a_draft(house):
    async with house.http("brazil") as http:
        there, _ = await begun(http)
        put = await http.put(f"{there}/files/a.txt", content=b"Text.")
        file = f"{there}/files/{put.json()['id']}"
    nowhere = f"{API}/inputs/{uuid4()}"
    asks = (
        ("GET", "", None),
        ("PUT", "/fields/free", {"text": "a", "revision": 0}),
        ("POST", "/submit", {"revision": 0}),
        ("POST", "/withdraw", {"why": "No."}),
        ("POST", "/disown", {"why": "No."}),
        ("POST", "/authors", {"email": "a@example.org"}),
        ("POST", "/authors/agree", None),
        ("DELETE", f"/authors/{house.world.people['brazil']}", None),
        ("POST", f"/asides/{uuid4()}", None),
        ("DELETE", f"/asides/{uuid4()}", None),
        ("DELETE", "", None),
    )
    for who in ("secretariat", "kenya"):
        async with house.http(who) as http:
            for method, path, body in asks:
                got = await http.request(method, there + path, json=body)
                none = await http.request(method, nowhere + path, json=body)
                assert (got.status_code, got.json()) == (404, none.json()), path
            assert (await http.get(file)).status_code == 404
            assert (await http.put(f"{there}/files/a.txt", content=b"a")).status_code == 404
            assert (await http.delete(file)).status_code == 404
            assert there.rpartition("/")[2] not in (await http.get(f"{API}/inputs")).text
    async with house.http() as http:
        assert (await http.get(there)).status_code == 401


async def test_a_file_is_taken_handed_out_as_an_attachment_and_taken_off(house):
    data = docx()
    async with house.http("operator") as http:
        there, _ = await begun(http, free="See the file.")
        put = await http.put(f"{there}/files/An%20input.docx", content=data)
        again = await http.put(f"{there}/files/Other.docx", content=data)
        assert (put.status_code, put.json()) == (200, again.json())
        file = f"{there}/files/{put.json()['id']}"
        got = await http.get(file)
        assert got.content == data
        assert got.headers["content-disposition"].startswith('attachment; filename="An input.docx"')
        assert got.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in got.headers["content-security-policy"]
        assert got.headers["content-type"].endswith("wordprocessingml.document")

        for name, content, status, word in (
            ("a.docx", docx(**{"word__vbaProject.bin": MACRO}), 422, "macros"),
            ("a.gif", b"GIF89a=1;alert(1)", 422, "Only PDF"),
        ):
            wrong = await http.put(f"{there}/files/{name}", content=content)
            assert (wrong.status_code, word in wrong.json()["faults"]["file"]) == (status, True)

        draft = (await http.get(there)).json()
        sent = await http.post(f"{there}/submit", json={"revision": draft["revision"]})
        assert sent.status_code == 200, sent.text
        before = sent.json()["versions"][0]["digest"]
        assert (await http.delete(file)).status_code == 204
        draft = (await http.get(there)).json()
        assert draft["files"] == []
        sent = await http.post(f"{there}/submit", json={"revision": draft["revision"]})
        assert sent.json()["versions"][0]["digest"] != before
        assert (await http.get(file)).content == data  # the first version names it


async def test_two_hundred_megabytes_are_refused_without_being_read(house):
    """The edge tells by the length, and where none is told by what has come so far."""

    async def endless():
        for _ in range(200):
            yield bytes(1024 * 1024)

    async with house.http("university") as http:
        there, _ = await begun(http)
        assert await told_to_be(200 * 1024 * 1024, house, f"{there}/files/a.pdf") == 413
        before = getrusage(RUSAGE_SELF).ru_maxrss
        got = await http.put(f"{there}/files/a.pdf", content=endless())
        assert got.status_code == 413
        assert getrusage(RUSAGE_SELF).ru_maxrss - before < 60 * 1024  # kB; of client and service
        assert (await http.get(there)).json()["files"] == []


async def told_to_be(size: int, house: Service, path: str) -> int:
    """The status that comes back when no byte of the body was sent."""
    where = httpx2.URL(house.url)
    reader, writer = await asyncio.open_connection(where.host, where.port)
    head = f"PUT {path} HTTP/1.1\r\nHost: {where.host}:{where.port}\r\n"
    head += f"Authorization: Bearer cwg_university\r\nContent-Length: {size}\r\n\r\n"
    writer.write(head.encode())
    async with asyncio.timeout(20):
        status = int((await reader.readline()).split()[1])
    writer.close()
    await writer.wait_closed()
    return status


async def test_the_same_five_hundred_times_is_one_input(house):
    async with house.http("startup") as http:
        there, _ = await begun(http, free="Again and again.")
        revision = (await http.get(there)).json()["revision"]
        got = await asyncio.gather(
            *(http.post(f"{there}/submit", json={"revision": revision}) for _ in range(500))
        )
        codes = [each.status_code for each in got]
        assert codes.count(200) == 1
        # What is left was not even asked of the database.
        assert (codes.count(409), codes.count(429)) == (29, 470)
        assert len((await http.get(there)).json()["versions"]) == 1


async def test_a_form_without_script_brings_its_file_and_keeps_what_was_typed(house):
    async with reading(house, "kenya") as browser:
        start = "/consultations/multilingual/input"
        page = await browser.get(start)
        page = await browser.post(start, data=form(page, start).filled(), follow_redirects=True)
        there = page.url.path
        sent = {name: value[-1] for name, value in form(page, there).filled().items()}
        sent |= {"free": "Typed beside it.", "step": "attach"}
        wrong = {"file": ("../../a.docx", docx(**{"word__vbaProject.bin": MACRO}), "text/html")}
        got = await browser.post(there, data=sent, files=wrong)
        assert got.status_code == 422
        assert "The file has macros" in said(got)
        assert form(got, there).filled()["free"] == ["Typed beside it."]
        sent = {name: value[-1] for name, value in form(got, there).filled().items()}
        good = {"file": ("../../a.docx", docx(), "text/html")}
        got = await browser.post(
            there, data=sent | {"step": "attach"}, files=good, follow_redirects=True
        )
        assert "The file was opened and kept." in said(got)
        href = got.text.partition(f'href="{there}/files/')[2].partition('"')[0]
        file = await browser.get(f"{there}/files/{href}")
        assert file.headers["content-disposition"].startswith('attachment; filename="a.docx"')
