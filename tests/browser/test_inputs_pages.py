"""Two authors write one input in their browsers: saved as it is left, and no edit is lost."""

import os
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from app.database import load
from app.models import Person
from app.services import inputs
from tests.browser.visitors import DESK, PHONE, Meeting, faults, running
from tests.conftest import Visits
from tests.consulting import add_consultation
from tests.files import docx

SHOTS = os.environ.get("INPUT_SHOTS", "")
ARABIC = "ينبغي دعم مزيد من اللغات \u202eevil\u200f والكتابات."


@pytest.fixture
async def meeting(tmp_path: Path, new_page: Visits) -> AsyncGenerator[Meeting]:
    async with running(tmp_path, new_page) as started:
        yield started


async def shown(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


async def drafted(meeting: Meeting) -> str:
    """A draft of the stakeholder's that Brazil has agreed to write; its address."""
    now, world = datetime.now(UTC), meeting.service.world
    async with meeting.service.house.database.writing() as db:
        await add_consultation(db, world, now)
        by = await load(db, Person, world.people["stakeholder"])
        other = await load(db, Person, world.people["brazil"])
        row = await inputs.begin(db, "multilingual", by=by, now=now)
        await inputs.invite(db, row.id, other.email, by=by, now=now)
        await inputs.agree(db, row.id, by=other, now=now)
    return f"/inputs/{row.id}"


def saved(page: Page, key: str):
    return page.locator(f'[data-saved="{key}"]')


async def test_two_authors_write_one_input_and_no_edit_is_lost(meeting, tmp_path):
    there = await drafted(meeting)
    first = await meeting.visit("stakeholder", there, viewport=DESK)
    second = await meeting.visit("brazil", there, viewport=PHONE, color_scheme="dark")

    answer, free = "[id='f-question:1']", "#f-free"
    await first.fill(answer, ARABIC)
    await first.press(answer, "Tab")
    await expect(saved(first, "question:1")).to_contain_text("without signs that nobody can see")
    assert "\u202e" not in await first.input_value(answer)
    await first.fill(free, "By the first.")
    await first.press(free, "Tab")
    await expect(saved(first, "free")).to_contain_text("Saved ")

    await second.fill(free, "By the second, meanwhile.")
    await second.press(free, "Tab")
    clash = second.locator(".clash")
    await expect(clash).to_contain_text("By the second, meanwhile.")
    assert await second.input_value(free) == "By the first."
    await shown(second, "clash-phone-dark")
    assert await faults(second) == []
    await clash.get_by_role("button", name="Put mine in its place").click()
    await expect(second.locator(free)).to_have_value("By the second, meanwhile.")

    again = await meeting.visit("stakeholder", there, viewport=DESK)  # on another device
    assert await again.input_value(free) == "By the second, meanwhile."
    await expect(again.locator("#asides")).to_contain_text("By the first.")
    await shown(again, "form-laptop")
    assert await faults(again) == []

    file = tmp_path / "Our input.docx"
    file.write_bytes(docx())
    await again.set_input_files("#f-file", file)
    await again.get_by_role("button", name="Add it").click()
    await expect(again.locator("#files")).to_contain_text("Our input.docx")
    await again.get_by_role("button", name="Check and send").click()
    await expect(again.get_by_role("button", name="Send it")).to_be_visible()
    await shown(again, "check-laptop")
    assert await faults(again) == []
    await again.get_by_role("button", name="Send it").click()
    await expect(again.get_by_role("heading", name="Receipt", level=1)).to_be_visible()
    assert await faults(again) == []
    await again.goto(f"{meeting.service.url}{there}")
    await expect(again.locator(".reference-number")).to_have_text("1")
    await shown(again, "sent-laptop")
    assert await faults(again) == []
    phone = await meeting.visit("brazil", there, viewport=PHONE)
    await shown(phone, "sent-phone")
    assert await phone.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


async def test_what_a_cut_line_keeps_back_is_sent_later(meeting):
    there = await drafted(meeting)
    page = await meeting.visit("stakeholder", there, by_wire=True, viewport=PHONE)
    async with meeting.no_network(page):
        await page.fill("#f-summary", "Written in a tunnel.")
        await page.press("#f-summary", "Tab")
        await expect(saved(page, "summary")).to_contain_text("Not saved yet")
    await expect(saved(page, "summary")).to_contain_text("Saved ")
    await page.reload()
    assert await page.input_value("#f-summary") == "Written in a tunnel."
    await shown(page, "form-phone")
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
