"""An input is written, checked, sent, revised and taken back by plain forms, without script."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from httpx2 import AsyncClient, Response
from sqlmodel import select

from app.models import Consultation
from tests.consulting import add_consultation
from tests.pages.reading import form, reading, said
from tests.world import Service, service, settings

ROUND = "/consultations/multilingual/input"


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Service]:
    given = settings(tmp_path_factory.mktemp("inputs"), inputs_per_person="1000/hour")
    async with service(given) as running:
        async with running.house.database.writing() as db:
            await add_consultation(db, running.world, datetime.now(UTC))
        yield running


@asynccontextmanager
async def writing(house: Service, key: str) -> AsyncGenerator[tuple[AsyncClient, str]]:
    """Somebody's browser, and the address of the draft that they have begun."""
    async with reading(house, key) as browser:
        page = await browser.get(ROUND)
        begun = await browser.post(ROUND, data=form(page, ROUND).filled())
        assert begun.status_code == 303, begun.text
        yield browser, begun.headers["location"]


async def press(browser: AsyncClient, page: Response, step: str, **typed: str) -> Response:
    """Send the form of a page that has this button, as a browser would, and follow."""
    action = str(page.url.path).removesuffix("/revise")
    sent = form(page, action).filled(**typed) | {"step": [step]}
    return await browser.post(action, data=sent, follow_redirects=True)


async def test_an_input_goes_from_draft_to_receipt_and_to_a_second_version(house):
    async with writing(house, "stakeholder") as (browser, there):
        page = await browser.get(there)
        assert "Public policy for the multilingualization" in said(page)
        typed = {"question:1": "<b>More</b> scripts.", "summary": "In short."}
        saved = await press(browser, page, "save", **typed)
        assert "Saved " in said(saved)
        assert "&lt;b&gt;More&lt;/b&gt; scripts." in saved.text

        check = await press(browser, saved, "check")
        assert (check.status_code, "Check your input" in said(check)) == (200, True)
        sent = await press(browser, check, "send")
        assert sent.url.path.startswith("/receipts/")
        assert re.search(r"number \d+, version 1", said(sent))  # others send to this round too
        assert sent.url.path in (own := await browser.get(there)).text
        assert "Input number" in said(own)
        assert "SHA-256" in said(own)

        again = await browser.get(f"{there}/revise")
        check = await press(browser, again, "check", **{"question:2": "Acceptance."})
        sent = await press(browser, check, "send")
        assert "number 1, version 2" in said(sent)
        assert "Version 2" in said(await browser.get(there))
        later = await press(browser, await browser.get(f"{there}/revise"), "save", free="Unsent.")
        assert "Unsent." in later.text
        seen = said(await browser.get(there))
        assert "Something was written since and is not sent" in seen
        assert "Unsent." not in seen
        await press(browser, later, "save", free="")
        check = await press(browser, await browser.get(f"{there}/revise"), "check")
        twice = await press(browser, check, "send")
        assert (twice.status_code, "You have sent this already" in said(twice)) == (409, True)

        nothing = await press(browser, await browser.get(there), "withdraw")
        assert (nothing.status_code, "Input number" in said(nothing)) == (422, True)
        gone = await browser.post(
            there,
            data=form(nothing, there).filled(why="A mistake.") | {"step": "withdraw"},
            follow_redirects=True,
        )
        assert "A mistake." in said(gone)
        assert "/inputs/" in (await browser.get("/inputs")).text


async def test_what_is_wrong_is_told_and_what_was_typed_is_kept(house):
    async with writing(house, "brazil") as (browser, there):
        page = await browser.get(there)
        wrong = await press(browser, page, "check", summary=2001 * "a", free="Kept.")
        assert wrong.status_code == 422
        assert 2001 * "a" in wrong.text
        assert "Kept." in (await browser.get(there)).text
        nothing = await press(browser, page, "check", name="")
        assert nothing.status_code in {409, 422}


async def test_whoever_was_slower_finds_both_texts(house):
    async with writing(house, "operator") as (browser, there):
        old = await browser.get(there)
        await press(browser, old, "save", free="The first.")
        late = await press(browser, old, "check", free="The second.")
        assert late.status_code == 409
        assert "Somebody else was faster" in said(late)
        assert form(late, there).filled()["free"] == ["The first."]
        aside = late.text.partition('value="take:')[2].partition('"')[0]
        csrf = form(late, there).filled()["csrf"]
        taken = await browser.post(
            there, data={"csrf": csrf, "step": f"take:{aside}"}, follow_redirects=True
        )
        assert form(taken, there).filled()["free"] == ["The second."]
        assert "The first." in said(taken)


async def test_a_draft_is_nobody_elses(house):
    async with writing(house, "startup") as (_, there):
        for who in ("secretariat", "kenya"):
            async with reading(house, who) as other:
                assert (await other.get(there)).status_code == 404
                assert (await other.get(f"{there}/revise")).status_code == 404
        async with reading(house) as nobody:
            assert (await nobody.get(there)).headers["location"].startswith("/sign-in")


async def test_an_author_who_was_asked_agrees_on_the_page(house):
    async with writing(house, "university") as (browser, there):
        page = await browser.get(there)
        csrf = form(page, there).filled()["csrf"]
        ask = {"csrf": csrf, "step": "invite", "email": "chair@example.org"}
        asked = await browser.post(there, data=ask, follow_redirects=True)
        assert "was asked and has not agreed yet" in said(asked)
        wrong = await browser.post(there, data=ask | {"email": "nobody"})
        assert wrong.status_code == 422
        async with reading(house, "chair") as chair:
            page = await chair.get(there)
            assert "You are asked to be an author" in said(page)
            agreed = await press(chair, page, "agree")
            assert "You are an author now." in said(agreed)
            left = await press(chair, agreed, "leave")
            assert left.url.path == "/inputs"


async def test_after_the_close_the_page_says_where_it_goes(house):
    there = "/consultations/closed/input"
    await close_one(house)
    async with reading(house, "kenya") as browser:
        page = await browser.get(there)
        assert "What you send now is late" in said(page)
        begun = await browser.post(there, data=form(page, there).filled(), follow_redirects=True)
        check = await press(browser, begun, "check", free="Too late.")
        sent = await press(browser, check, "send")
        assert sent.url.path.startswith("/receipts/")
        own = await browser.get(str(check.url))
        assert "It came after the close, and was carried on" in said(own)


async def close_one(house: Service) -> None:
    """Another round on the same topic, which closed yesterday."""
    now = datetime.now(UTC)
    async with house.house.database.writing() as db:
        first = (await db.exec(select(Consultation))).one()
        row = Consultation(
            slug="closed",
            topic_id=first.topic_id,
            meeting_id=first.meeting_id,
            titles={"en": "The closed one"},
            opens_at=now - timedelta(days=9),
            closes_at=now - timedelta(days=1),
            time_zone="Pacific/Kiritimati",
            announced_at=now,
            created_at=now,
        )
        db.add(row)
