"""The chair invites an expert at the console, and a second person confirms it at another."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from app.database import load
from app.models import AgendaItem, Sitting
from app.policy.sitting import SittingState
from tests.browser.visitors import PHONE, Meeting, faults, running
from tests.conftest import Visits

TITLE = "Measurements of routing"


@pytest.fixture
async def meeting(tmp_path: Path, new_page: Visits) -> AsyncGenerator[Meeting]:
    """The members' part is open, with one item; the open part is over."""
    async with running(tmp_path, new_page) as started:
        world, now = started.service.world, datetime.now(UTC)
        async with started.service.house.database.writing() as db:
            db.add(
                AgendaItem(
                    meeting_id=world.meeting_id,
                    sitting_id=world.sittings["second"],
                    number=1,
                    title=TITLE,
                )
            )
            first = await load(db, Sitting, world.sittings["first"])
            second = await load(db, Sitting, world.sittings["second"])
            first.state, first.closed_at = SittingState.CLOSED, now
            second.state, second.opened_at = SittingState.OPEN, now
        yield started


async def at_the_console(meeting: Meeting, key: str) -> Page:
    page = await meeting.visit(key, meeting.console("second"), viewport=(1366, 768))
    await expect(page.locator("#line-text")).to_have_text("Connected")
    return page


async def test_an_expert_is_invited_confirmed_shown_in_and_shown_out(meeting: Meeting) -> None:
    chair = await at_the_console(meeting, "chair")
    clerk = await at_the_console(meeting, "secretariat")
    expert = await meeting.visit("stakeholder", meeting.room("second"), viewport=PHONE)
    await expect(expert.locator("#entry")).to_contain_text("You may not attend")

    await chair.locator("#tab-experts").click()
    await chair.locator("#expert-whom").fill("stake")
    found = chair.locator("#expert-found option")
    await expect(found).to_have_text(["The stakeholder"])
    await chair.locator("#expert-reason").fill("To explain the figures.")
    await chair.keyboard.press("Enter")
    await expect(chair.locator("#expert-no")).to_contain_text("Nobody is known by this")
    await chair.locator("#expert-whom").fill(str(await found.get_attribute("value")))
    await chair.get_by_role("button", name="Invite", exact=True).click()
    one = chair.locator("#experts-list > li")
    await expect(one.locator(".expert-state")).to_contain_text("Waits for a second person")
    await expect(one.locator(".expert-confirm")).to_be_hidden()
    assert await faults(chair) == []

    await expect(clerk.locator("#tab-experts .tab-new")).to_have_text(" 1")
    await clerk.locator("#tab-experts").click()
    await expect(clerk.locator("#expert-form")).to_have_count(0)
    await clerk.get_by_role("button", name="Confirm").click()
    await expect(one.locator(".expert-state")).to_contain_text("waits for the item")

    await expert.reload()
    await expect(expert.locator("#entry")).to_contain_text("invited as an expert for item 1")
    await expect(expert.locator("#enter-waits")).to_be_visible()
    await chair.locator("#tab-agenda").click()
    await chair.locator(".item-take").click()
    await chair.locator("#tab-experts").click()
    await expect(one.locator(".expert-state")).to_contain_text("May attend now")
    await expert.reload()
    await expect(expert.locator("#entry")).to_contain_text("You may attend as an expert")
    await expert.get_by_role("button", name="Enter the room").click()
    await expect(expert.locator("#item")).to_have_text(f"Item 1: {TITLE}")
    await chair.get_by_role("button", name="End now").click()
    await expect(expert.locator("#farewell-why")).to_contain_text("You were invited for one item")
    await expect(expert.locator("#farewell-clause")).to_contain_text("A10")
    await expect(one.locator(".expert-state")).to_contain_text("Ended by The chair")
