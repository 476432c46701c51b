"""A show of hands in browsers: asked at the console, raised in a room by keys and by taps."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.visitors import DESK, PHONE, Meeting, faults, heard, listen, running
from tests.conftest import Visits


@pytest.fixture
async def meeting(tmp_path: Path, new_page: Visits) -> AsyncGenerator[Meeting]:
    async with running(tmp_path, new_page) as started:
        yield started


async def test_the_chair_asks_and_the_room_raises_hands(meeting):
    chair = await meeting.preside(viewport=DESK)
    kenya = await meeting.enter("kenya", viewport=PHONE)
    await listen(kenya)
    await chair.get_by_role("tab", name="Hands").click()
    await chair.get_by_label("What do you ask the room?").fill("Shall we go on until 13:00?")
    await chair.keyboard.press("Enter")

    card = kenya.locator("#hands")
    await expect(card).to_contain_text("Shall we go on until 13:00?")
    await expect(card).to_contain_text("This is no vote and decides nothing.")
    assert "which is no vote and decides nothing" in await heard(kenya, "until 13:00?")
    await card.get_by_role("button", name="Disagree").focus()
    await kenya.keyboard.press("Enter")
    await expect(card.locator("#hands-mine")).to_contain_text("Your hand is up: Disagree.")
    await kenya.keyboard.press("Shift+Tab")
    await kenya.keyboard.press(" ")
    await expect(card.locator("#hands-mine")).to_contain_text("Your hand is up: Agree.")
    await expect(card.get_by_role("button", name="Agree", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    async with meeting.service.attending("stakeholder") as guest:
        await guest.wish("raise-hand", number=1, choice=2)
    rows = chair.locator("#hands-result .hands-table tbody tr")
    await expect(rows).to_have_text(["Member State100", "Other stakeholder010"])
    await chair.locator("#hands-who > summary").click()
    await expect(chair.locator("#hands-raised li")).to_have_count(2)
    await expect(chair.locator("#hands-raised li").first).to_contain_text("Kenya")
    assert await faults(chair) == []
    assert await faults(kenya) == []

    await kenya.reload()
    await kenya.get_by_role("button", name="Enter the room").click()
    await expect(card.locator("#hands-mine")).to_contain_text("Your hand is up: Agree.")
    await card.get_by_role("button", name="Lower my hand").click()
    await expect(card.locator("#hands-mine")).to_have_text("Your hand is down.")
    await chair.get_by_role("button", name="Count and close").click()
    await expect(card.locator("#hands-mine")).to_have_text("Counted and closed.")
    await expect(card.locator(".hands-bars caption")).to_contain_text("1 hand")
    await chair.get_by_role("button", name="Undo").click()
    await expect(card.get_by_role("button", name="Agree", exact=True)).to_be_visible()
    await chair.keyboard.press("/")
    await chair.keyboard.type("close hands")
    await chair.keyboard.press("Enter")
    await expect(chair.locator("#hands-state")).to_contain_text("No vote")
