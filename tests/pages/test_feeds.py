"""Calendars as programs fetch them, and the account page on which the secret address is made."""

import re
from collections.abc import AsyncGenerator

import pytest
from httpx2 import AsyncClient
from icalendar import Calendar

from app.database import load
from app.models import Sitting
from tests.pages.reading import form, reading, said
from tests.world import Service, service, settings

TITLE = "Sitting of the Cinnabar Heron"


@pytest.fixture(scope="module")
async def house(tmp_path_factory) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path_factory.mktemp("feeds"))) as running:
        async with running.house.database.writing() as db:
            for key in running.world.sittings.values():
                (await load(db, Sitting, key)).title = TITLE
        yield running


async def events(house, path):
    """What a calendar program without cookies gets."""
    async with AsyncClient(base_url=house.url, timeout=30) as program:
        got = await program.get(path)
    assert got.status_code == 200, got.text
    assert got.headers["content-type"].startswith("text/calendar")
    assert TITLE not in got.text
    return Calendar.from_ical(got.content).walk("VEVENT")


async def test_the_calendar_of_a_meeting_is_for_everyone_and_tells_no_titles(house):
    found = await events(house, "/meetings/twenty.ics")

    assert [str(each["SUMMARY"]) for each in found] == [
        "The twentieth meeting: Open part",
        "The twentieth meeting: Members' part",
    ]
    async with AsyncClient(base_url=house.url, timeout=30) as program:
        assert (await program.get("/meetings/none.ics")).status_code == 404


async def made(client):
    page = await client.get("/account")
    return await client.post("/account/calendar", data=form(page, "/account/calendar").filled())


def address(page):
    (found,) = re.findall(r"/calendars/[\w-]{43}\.ics", page.text)
    return found


async def test_an_address_is_shown_once_replaced_and_revoked_on_the_account_page(house):
    async with reading(house, "kenya") as client:
        first = await made(client)
        again = await client.get("/account")
        second = await made(client)
        status = (await client.get(address(first))).status_code
        found = await events(house, address(second))
        page = await client.get("/account")
        path = "/account/calendar/revoke"
        done = await client.post(path, data=form(page, path).filled(), follow_redirects=True)
        gone = (await client.get(address(second))).status_code

    assert (first.status_code, first.headers["cache-control"]) == (201, "no-store")
    assert "/calendars/" not in again.text
    assert "Replace the address" in said(again)
    assert [str(each["UID"]) for each in found] == [
        f"{key}@cwg" for key in house.world.sittings.values()
    ]
    assert (status, gone) == (404, 404)
    assert "leads nowhere any more" in said(done)
    assert "Make a secret address" in said(done)


async def test_the_api_makes_replaces_and_revokes_it_but_not_for_a_token(house):
    path = "/api/v1/me/calendar"
    async with reading(house, "stakeholder") as client:
        none = (await client.get(path)).json()
        new = await client.put(path)
        since = (await client.get(path)).json()
        found = await events(house, new.json()["address"].removeprefix(house.url))
        async with AsyncClient(
            base_url=house.url, headers={"authorization": "Bearer cwg_stakeholder"}, timeout=30
        ) as program:
            refused = await program.put(path)
        gone = await client.delete(path)
        after = await client.get(new.json()["address"])

    assert none == {"made_at": None}
    assert new.status_code == 201
    assert since == {"made_at": new.json()["made_at"]}
    assert [str(each["SUMMARY"]) for each in found] == ["The twentieth meeting: Open part"]
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:cwg:by-login-only")
    assert (gone.status_code, after.status_code) == (204, 404)
