"""The register, filing and the desk as people without script and programs meet them."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from app.models import AgendaItem
from app.policy.parts import Part
from app.services import publication
from tests.consulting import add_consultation, add_input
from tests.files import docx, pdf
from tests.pages.reading import form, reading, said
from tests.papers import posted
from tests.test_opening import MACRO
from tests.world import Service, service, settings

HERE = "/meetings/twenty/documents"
API = f"/api/v1{HERE}"
DESK = "/desk/documents/twenty"
FILING = "/meetings/twenty/contribute"
ARABIC = "مساهمة كينيا"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        async with running.house.database.writing() as db:
            for number, name in enumerate(("first", "second"), 1):
                db.add(
                    AgendaItem(
                        meeting_id=running.world.meeting_id,
                        sitting_id=running.world.sittings[name],
                        number=number,
                        title=f"Item of the {name} half",
                    )
                )
        yield running


async def test_a_contribution_goes_from_the_form_to_its_permanent_address(house: Service) -> None:
    made = pdf("A proposal on heliotrope exchange points")
    async with reading(house, "kenya") as kenya, reading(house, "secretariat") as desk:
        page = await kenya.get(FILING)
        assert page.status_code == 200
        assert "Contributions are on time" not in said(page)
        typed = form(page, FILING).filled(language="ar", title=ARABIC, item="1")
        bad = await kenya.post(
            FILING, data=typed, files={"file": ("a.docx", docx(**{"word__vbaProject.bin": MACRO}))}
        )
        assert bad.status_code == 422
        assert "The file has macros" in said(bad)
        assert ARABIC in bad.text
        filed = await kenya.post(FILING, data=typed, files={"file": ("../k/e n.pdf", made)})
        assert filed.status_code == 303
        there = filed.headers["location"]
        told = said(await kenya.get(there))
        assert "We have received your document" in told
        assert sha256(made).hexdigest() in told
        assert (await kenya.get(f"{HERE}/1")).status_code == 404

        one = f"{DESK}{there.removeprefix('/documents').partition('?')[0]}"
        waits = await desk.get(DESK)
        assert ARABIC in waits.text
        returned = form(await desk.get(one), one).filled(do="return", why="Page 2 is missing.")
        assert (await desk.post(one, data=returned)).status_code == 303
        back = await kenya.get(there)
        assert "Page 2 is missing." in said(back)
        again = form(back, "/documents/").filled()
        sent = await kenya.post(
            form(back, "/documents/").action, data=again, files={"file": ("k.pdf", made)}
        )
        assert sent.status_code == 303
        stale = await desk.post(one, data=returned | {"do": ["post"]})
        assert stale.status_code == 409
        assert "Somebody else has changed this document" in said(stale)
        post = form(await desk.get(one), one).filled(do="post")
        assert (await desk.post(one, data=post)).status_code == 303
    async with reading(house) as anyone:
        listed = await anyone.get(HERE)
        assert "TWENTY/1" in listed.text
        assert f'<bdi lang="ar">{ARABIC}</bdi>' in listed.text
        whole = said(await anyone.get(f"{HERE}/1"))
        assert "1. Item of the first half" in whole
        assert "Page 2 is missing." not in whole
        file = await anyone.get(f"{HERE}/1/files/ar")
        assert file.content == made
        assert file.headers["content-type"] == "application/pdf"
        assert file.headers["content-disposition"].startswith('attachment; filename="k.pdf"')
        assert file.headers["cache-control"] == "no-store"
        assert file.headers["repr-digest"].startswith("sha-256=:")
        assert (await anyone.get(f"{HERE}/1/files/en")).status_code == 404
        found = await anyone.get("/search", params={"q": "heliotrope"})
        assert "1 result" in said(found)
        assert "<mark>heliotrope</mark>" in found.text


async def test_whoever_is_not_named_reads_why_with_its_clause(house: Service) -> None:
    async with reading(house, "startup") as client:
        page = await client.get(FILING)
        assert page.status_code == 403
        assert "MS/SM 2 does not name this category: Associate" in said(page)
        assert "multipart/form-data" not in page.text
    async with house.http("startup") as http:
        query = {"name": "a.txt", "title": "Ours", "language": "en"}
        got = await http.post(
            "/api/v1/meetings/twenty/contributions", params=query, content=b"Text."
        )
        assert got.status_code == 403
        assert got.json()["decision"]["clause"] == "MS/SM 2"
        assert got.json()["decision"]["reason"] == "not-named"


async def test_a_members_document_has_no_door_for_others(house: Service) -> None:
    async with house.house.database.writing() as db:
        now = datetime.now(UTC)
        await house.house.files.store.put(b"The cinnabar text.")
        members = {"part": Part.SECOND_HALF, "part_why": "Not agreed yet."}
        await posted(db, house.world, "Open", "The saffron text.", now)
        await posted(db, house.world, "Closed", "The cinnabar text.", now, **members)
        round_ = await add_consultation(db, house.world, now)
        sent, _ = await add_input(
            db, round_, house.world.people["stakeholder"], 1, now, {1: "Cinnabar and saffron."}
        )
        await publication.index(db, sent)
    doors = (f"{HERE}/2", f"{HERE}/2/files/en", f"{API}/2", f"{API}/2/files/en")
    for key in (None, "stakeholder", "university"):
        async with house.http(key) as http:
            found = (await http.get("/api/v1/search", params={"q": "cinnabar"})).json()
            assert (found["total"], [each["kind"] for each in found["hits"]]) == (1, ["input"])
            register = (await http.get(API)).json()
            assert (register["total"], register["symbol"]) == (1, "TWENTY")
            assert (await http.get(API, params={"q": "cinnabar"})).json()["total"] == 0
            (closed,) = register["restricted"]
            assert not closed["decision"]["allowed"]
            for door in doors:
                nothing = await http.get(door.replace("/2", "/99"))
                got = await http.get(door)
                assert (got.status_code, got.headers["content-type"]) == (
                    404,
                    nothing.headers["content-type"],
                )
    async with reading(house) as anyone:
        page = await anyone.get(HERE)
        assert "1 document" in said(page)
        assert "Members' part: Members only, because resolves 6" in said(page)
        assert "Closed" not in said(page)
        assert "Not agreed yet." not in page.text
    async with house.http("kenya") as http:
        found = (await http.get("/api/v1/search", params={"q": "cinnabar"})).json()
        assert sorted(each["kind"] for each in found["hits"]) == ["document", "input"]
        got = await http.get(f"{API}/2/files/en")
        assert (got.content, got.headers["cache-control"]) == (b"The cinnabar text.", "no-store")
        assert (await http.get(f"{API}/2")).json()["part_why"] == "Not agreed yet."


async def test_a_program_files_late_adds_a_language_and_the_secretariat_posts(
    house: Service,
) -> None:
    due = datetime.now(UTC) - timedelta(minutes=1)
    async with house.http("operator") as http, house.http("secretariat") as desk:
        kinds = "/api/v1/meetings/twenty/document-deadlines/contribution"
        deadline = {"at": due.isoformat(), "time_zone": "Europe/Zurich"}
        assert (await http.put(kinds, json=deadline)).status_code == 404
        assert (await desk.put(kinds, json=deadline)).status_code == 200
        assert (await desk.put("/api/v1/meetings/twenty/symbol", json={"symbol": "CWG-20"})).json()
        query = {"name": "a.txt", "title": "Ours", "language": "en", "item": "2"}
        made = await http.post(
            "/api/v1/meetings/twenty/contributions", params=query, content=b"Members text."
        )
        assert made.status_code == 201
        told = made.json()
        assert (told["late"], told["part"], told["source"]) == (True, "second_half", "An operator")
        there = f"/api/v1/documents/{told['id']}"
        french = {"name": "b.txt", "title": "Le n\u00f4tre"}
        put = await http.put(f"{there}/texts/fr", params=french, content=b"Texte.")
        assert put.json()["revision"] == 2
        assert (await desk.post(f"{there}/post", json={"revision": 1})).status_code == 409
        tagged = {"If-Match": put.headers["etag"]}
        done = await desk.post(f"{there}/post", headers=tagged)
        assert done.json()["written"] == "CWG-20/1"
        assert (
            await http.put(f"{there}/texts/fr", params=french, content=b"X.")
        ).status_code == 409
        listed = (await http.get(API, params={"language": "fr"})).json()
        assert [each["late"] for each in listed["documents"]] == [True]
        gone = await desk.post(f"{there}/withdraw", json={"why": "Superseded."})
        assert gone.json()["state"] == "withdrawn"
        whole = (await http.get(f"{API}/1")).json()
        assert (whole["state"], whole["versions"]) == ("withdrawn", [])
        assert whole["steps"][-1]["why"] == "Superseded."
        assert (await http.get(f"{API}/1/files/en")).status_code == 404
        text = f"{there}/texts/{told['texts'][0]['id']}"
        assert (await desk.get(text)).content == b"Members text."


async def test_a_file_may_be_as_large_as_files_are_by_every_door(house: Service) -> None:
    large, larger = b"words " * 400_000, b"words " * 2_000_000
    query = {"name": "a.txt", "title": "Ours", "language": "en"}
    filing = "/api/v1/meetings/twenty/contributions"
    async with house.http("kenya") as http:
        made = await http.post(filing, params=query, content=large)
        assert made.status_code == 201
        there = f"/documents/{made.json()['id']}"
        text = f"/api/v1{there}/texts/en"
        assert (await http.put(text, params=query, content=large)).status_code == 200
        assert (await http.post(filing, params=query, content=larger)).status_code == 413
    async with house.http("secretariat") as http:
        more = query | {"source": "Secretariat", "document_class": "report"}
        assert (await http.post(API, params=more, content=large)).status_code == 201
    async with reading(house, "kenya") as kenya, reading(house, "secretariat") as desk:
        files = {"file": ("a.txt", large)}
        typed = form(await kenya.get(FILING), FILING).filled(title="More")
        assert (await kenya.post(FILING, data=typed, files=files)).status_code == 303
        again = form(await kenya.get(there), there).filled()
        assert (await kenya.post(there, data=again, files=files)).status_code == 303
        typed = form(await desk.get(DESK), f"{DESK}#enter").filled(title="Report")
        assert (await desk.post(DESK, data=typed, files=files)).status_code == 303
        one = f"{DESK}{there.removeprefix('/documents')}"
        typed = form(await desk.get(one), one).filled(do="text", language="fr", title="Texte")
        assert (await desk.post(one, data=typed, files=files)).status_code == 303


async def test_the_desk_keeps_what_was_typed_and_needs_reasons(house: Service) -> None:
    async with reading(house, "secretariat") as desk:
        page = await desk.get(DESK)
        typed = form(page, f"{DESK}#enter").filled(
            title="Adopted agenda", document_class="agenda", part="second_half"
        )
        refused = await desk.post(DESK, data=typed, files={"file": ("a.txt", b"1. Welcome")})
        assert refused.status_code == 422
        assert "Say why its readers are others" in said(refused)
        assert "Adopted agenda" in refused.text
        typed["part"] = [""]
        made = await desk.post(DESK, data=typed, files={"file": ("a.txt", b"1. Welcome")})
        one = made.headers["location"].partition("?")[0]
        post = form(await desk.get(one), one).filled(do="post")
        assert (await desk.post(one, data=post)).status_code == 303
        edit = next(
            each for each in (form(await desk.get(one), one),) if each.action == one
        ).filled(do="edit", source="Secretariat", document_class="agenda", part="first_half")
        edit |= {"title-en": ["Agenda"]}
        silent = await desk.post(one, data=edit)
        assert silent.status_code == 422
        changed = await desk.post(one, data=edit | {"why": ["A word too many."]})
        assert changed.status_code == 303
        history = said(await desk.get(f"{HERE}/1"))
        assert "Changed: title: A word too many." in history
        symbol = form(page, f"{DESK}#symbol").filled(symbol="CWG-20")
        assert "what cites them has to hold" in said(await desk.post(DESK, data=symbol))
