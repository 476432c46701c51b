"""Writing to a selection as people do: seen first, sent once, and arrived in the letter box."""

from collections.abc import AsyncGenerator
from pathlib import Path
from uuid import uuid4

import pytest

from app.mail.sender import Sender
from tests.pages.reading import form, reading, said
from tests.postbox import Postbox
from tests.world import Service, service, settings

MAIL = "/desk/registrations/twenty/mail"
API = "/api/v1/meetings/twenty/mailings"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        yield running


async def test_a_letter_is_seen_then_sent_once_and_logged(house: Service, smtp: Postbox) -> None:
    async with reading(house, "secretariat") as client:
        blank = form(await client.get(f"{MAIL}?category=member_state"), MAIL)
        wrong = await client.post(MAIL, data=blank.filled(title="", text="Kept.", do="see"))
        assert (wrong.status_code, "Kept." in wrong.text) == (422, True)
        typed = blank.filled(title="The room", text="Room 5.\n\nSee you there.", do="see")
        page = await client.post(MAIL, data=typed)
        seen = said(page)  # what is sent, and to whom, stands before what sends it
        assert 0 < seen.index("Room 5.") < seen.index("Delegate of Brazil")
        assert seen.index("Delegate of Brazil") < seen.index("Send to 2 people")
        ready = form(page, MAIL).filled(do="send")
        first = await client.post(MAIL, data=ready)
        again = await client.post(MAIL, data=ready)
        assert first.headers["location"] == again.headers["location"]
        log = said(await client.get(first.headers["location"]))
        assert "Sent to 2 people" in log
        assert log.count("waits to be sent") == 2
        given = house.house.settings.model_copy(update={"smtp_url": smtp.url})
        await Sender(given, house.house.database, "fingerprint").deliver()
        assert "waits to be sent" not in said(await client.get(first.headers["location"]))
    to = sorted(each.recipients[0] for each in smtp.letters)
    assert to == ["brazil@example.org", "kenya@example.org"]
    for each in smtp.letters:
        assert each.message["Subject"] == "The room"
        assert "\nRoom 5.\n\nSee you there.\n" in each.text
        assert "because you are registered for The twentieth meeting" in each.text


async def test_programs_see_then_send(house: Service) -> None:
    async with house.http("secretariat") as http:
        seen = (await http.post(f"{API}/preview", json={"category": "member_state"})).json()
        assert (seen["number"], min(seen["names"])) == (2, "Delegate of Brazil")
        wanted = {"id": str(uuid4()), "title": "The room", "body": "Room 5.", "seen": seen["seen"]}
        other = await http.post(API, json=wanted)
        assert (other.status_code, "changed meanwhile" in other.text) == (409, True)
        made = await http.post(API, json=wanted | {"category": "member_state"})
        assert (made.status_code, made.json()["asked"]) == (201, {"category": "member_state"})
    async with house.http("chair") as http:
        assert (await http.post(f"{API}/preview", json={})).status_code == 404


async def test_programs_read_the_log_page_by_page(house: Service) -> None:
    async with house.http("secretariat") as http:
        seen = (await http.post(f"{API}/preview", json={})).json()
        wanted = {"title": "The room", "body": "Room 5.", "seen": seen["seen"]}
        for _ in range(2):
            assert (await http.post(API, json=wanted | {"id": str(uuid4())})).status_code == 201
        first = await http.get(API, params={"limit": 1})
        onward = first.headers["link"].partition("<")[2].partition(">")[0]
        second = await http.get(onward)
        (one,), (two,) = first.json(), second.json()
        assert (one["title"], one["id"] != two["id"], "link" in second.headers) == (
            "The room",
            True,
            False,
        )
        where, told = f"{API}/{one['id']}?limit=4", []
        while where:
            page = await http.get(where)
            told += page.json()["recipients"]
            where = page.headers.get("link", "").partition("<")[2].partition(">")[0]
    assert sorted(each["name"] for each in told) == sorted(seen["names"])
    assert {(each["outcome"], each["sent_at"]) for each in told} == {("waits", None)}
    for key in ("chair", "kenya"):
        async with house.http(key) as http:
            assert (await http.get(API)).status_code == 404
            assert (await http.get(f"{API}/{one['id']}")).status_code == 404
