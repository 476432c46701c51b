"""The minutes pad in browsers: two secretaries at once, the network off, and nothing is lost."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from app.models import AgendaItem
from tests.browser.visitors import DESK, Meeting, faults, running
from tests.conftest import Visits


@pytest.fixture
async def meeting(tmp_path: Path, new_page: Visits) -> AsyncGenerator[Meeting]:
    async with running(tmp_path, new_page) as started:
        world = started.service.world
        async with started.service.house.database.writing() as db:
            first = world.sittings["first"]
            db.add(
                AgendaItem(meeting_id=world.meeting_id, sitting_id=first, number=4, title="Topics")
            )
        yield started


def page_of(meeting: Meeting) -> str:
    return f"/minutes/{meeting.service.world.sittings['first']}"


def paragraph(page: Page, number: int) -> Locator:
    return page.locator("#minutes-list > li").nth(number)


async def says(page: Page, *texts: str) -> None:
    """These are the paragraphs, in this order."""
    await expect(page.locator("#minutes-list textarea")).to_have_count(len(texts))
    for number, text in enumerate(texts):
        await expect(paragraph(page, number).locator("textarea")).to_have_value(text)


async def test_two_secretaries_lose_nothing_with_the_network_off_in_the_middle(meeting):
    one = await meeting.visit("secretariat", page_of(meeting), by_wire=True, viewport=DESK)
    two = await meeting.preside(viewport=DESK)
    await two.get_by_role("tab", name="Minutes").click()
    await one.get_by_role("button", name="Add a paragraph").click()
    await one.keyboard.type("The chair opens the sitting.")
    await expect(paragraph(one, 0).locator(".para-state")).to_contain_text("saved ")
    await says(two, "The chair opens the sitting.")

    await one.keyboard.press("Control+Enter")
    await one.keyboard.type("The topics are adopted.")
    await paragraph(one, 1).get_by_label("Item of the agenda").select_option("4")
    await paragraph(one, 1).get_by_label("Decision").check()
    await says(two, "The chair opens the sitting.", "The topics are adopted.")
    await expect(paragraph(two, 1).get_by_label("Decision")).to_be_checked()

    async with meeting.no_network(one):
        await paragraph(one, 0).locator("textarea").focus()
        await one.keyboard.press("Control+End")
        await one.keyboard.type(" Welcome to all.")
        await expect(paragraph(one, 0).locator(".para-state")).to_have_text(
            "Not saved yet: kept in this browser"
        )
        await paragraph(two, 0).locator("textarea").fill("The chair opens the sitting at 9:30.")
        await expect(paragraph(two, 0).locator(".para-state")).to_contain_text("saved ")

    clash = paragraph(one, 0)
    await expect(clash.locator(".para-theirs").first).to_have_text(
        "The chair opens the sitting at 9:30."
    )
    await expect(clash.locator("textarea")).to_have_value(
        "The chair opens the sitting. Welcome to all."
    )
    assert await faults(one) == []
    assert await faults(two) == []
    await one.reload()
    await expect(clash.locator("textarea")).to_have_value(
        "The chair opens the sitting. Welcome to all."
    )
    await clash.get_by_role("button", name="Both, one after the other").click()
    both = "The chair opens the sitting at 9:30.\n\nThe chair opens the sitting. Welcome to all."
    await says(two, both, "The topics are adopted.")
    await clash.locator(".para-history > summary").click()
    await expect(clash.locator(".para-versions")).to_contain_text("kept aside")

    await paragraph(two, 1).locator("textarea").press("Alt+ArrowUp")
    await says(one, "The topics are adopted.", both)
    await paragraph(one, 1).get_by_role("button", name="Delete").click()
    await says(two, "The topics are adopted.")
    await one.get_by_role("button", name="Bring the deleted one back").click()
    await says(two, "The topics are adopted.", both)


async def test_what_is_typed_while_the_line_is_cut_survives_a_reload(meeting):
    page = await meeting.visit("secretariat", page_of(meeting), viewport=DESK)
    await page.get_by_role("button", name="Add a paragraph").click()
    await page.route("**/api/v1/**", lambda route: route.abort())
    await page.keyboard.type("Nobody has heard this yet.")
    await expect(paragraph(page, 0).locator(".para-state")).to_contain_text("Not saved yet")
    await page.reload()
    await page.unroute("**/api/v1/**")
    await says(page, "Nobody has heard this yet.")
    await expect(paragraph(page, 0).locator(".para-state")).to_contain_text("saved ")
    assert (
        await page.evaluate("Object.keys(localStorage).filter((key) => /minutes/.test(key))") == []
    )
    other = await meeting.visit("moderator", page_of(meeting), viewport=DESK)
    await says(other, "Nobody has heard this yet.")
    await expect(paragraph(other, 0).locator("textarea")).not_to_be_editable()
    await expect(other.get_by_role("button", name="Add a paragraph")).to_be_hidden()


async def test_a_private_note_is_written_with_one_key_and_seen_by_its_author_only(meeting):
    chair = await meeting.preside(viewport=DESK)
    await chair.keyboard.press("l")
    async with meeting.service.attending("kenya") as guest:
        await guest.wish("request-floor")
    await expect(chair.locator("#list > li")).to_have_count(1)
    await chair.keyboard.press("1")
    await chair.keyboard.press("m")
    await expect(chair.locator("#notes-about")).to_have_text("On the request of Kenya")
    await chair.keyboard.type("Ask about the deadline")
    await chair.keyboard.press("Tab")
    await chair.keyboard.press("Enter")
    await chair.get_by_role("tab", name="Notes").click()
    note = chair.locator("#notes-list > li")
    await expect(note).to_contain_text("Ask about the deadline")
    await expect(note).to_contain_text("Deleted on ")
    assert await faults(chair) == []
    secretary = await meeting.preside("secretariat")
    await secretary.get_by_role("tab", name="Notes").click()
    await expect(secretary.locator("#notes-none")).to_be_visible()
    await note.get_by_role("button", name="Delete").click()
    await expect(chair.locator("#notes-none")).to_be_visible()
