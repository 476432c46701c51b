"""The badge desk in a browser, with the network cut and back again."""

import json
from base64 import b64decode
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect
from sqlmodel import select

from app.keys import verifies
from app.models import DeskNote
from tests.browser.visitors import DESK, PHONE, Meeting, faults, running
from tests.conftest import Visits
from tests.live.test_attendance import reference
from tests.live.test_badges import print_all, printed

PATH = "/desk/badges/twenty"


@pytest.fixture
async def meeting(tmp_path: Path, new_page: Visits) -> AsyncGenerator[Meeting]:
    async with running(tmp_path, new_page) as started:
        yield started


async def desk(meeting: Meeting, **more: Any) -> Page:
    page = await meeting.visit("secretariat", PATH, **more)
    await expect(page.locator("#desk[data-ready]")).to_be_attached()
    return page


async def find(page: Page, text: str) -> None:
    await page.locator("[name=q]").fill(text)
    await page.keyboard.press("Enter")


async def noted(meeting: Meeting) -> list[tuple[bool, bool, str | None, str]]:
    async with meeting.service.house.database.reading() as db:
        found = await db.exec(select(DeskNote))
        return sorted((n.identity_seen, n.handed_out, n.told, n.reason) for n in found)


async def test_the_desk_goes_on_without_the_network_and_tells_it_once(meeting):
    at = meeting.service
    await print_all(at, "kenya", "brazil", "university")
    kenya = await printed(at, "kenya", "/reprint")
    page = await desk(meeting, by_wire=True, viewport=PHONE)
    alone, line = page.locator("#desk-alone"), page.locator("#desk-line")

    async with meeting.no_network(page):
        newer = await printed(at, "brazil", "/reprint")
        await find(page, kenya.lower())
        await expect(line).to_contain_text("No network since")
        await expect(line).to_contain_text("cannot be checked")
        await expect(line).to_contain_text("Nothing can be printed")
        await expect(page.locator("#desk-online")).to_be_hidden()
        await expect(alone).to_contain_text("Delegate of Kenya")
        assert await faults(page) == []
        await page.get_by_role("button", name="Document looked at, badge handed out").click()
        await expect(alone).to_contain_text(
            "noted as handed out already. A document was looked at."
        )
        await find(page, "delegate of")
        await expect(alone).to_contain_text("5 people on the list")
        await page.get_by_role("button", name="Delegate of A university").click()
        await page.get_by_role("button", name="Badge handed out", exact=True).click()
        await find(page, await reference(at, "operator"))
        await expect(alone).to_contain_text("No badge was made: printing needs the network.")
        await page.get_by_role("button", name="Document looked at", exact=True).click()
        await find(page, newer)  # printed after the list was made
        await expect(alone).to_contain_text("Could not be checked")
        await page.get_by_role("button", name="Note that it was handed out").click()
        await expect(alone).to_contain_text("noted here, unchecked")
        await find(page, "NOBODY1")
        await page.get_by_role("button", name="Note that it was handed out").click()
        await expect(line).to_contain_text("5 notes wait")
        assert await faults(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]

        await page.reload()  # a tab that was thrown away comes back, and knows what it did
        await expect(page.locator("#desk-queue li")).to_have_count(5)
        await expect(page.locator("#desk-queue li").last).to_contain_text("not checked")
        await find(page, "kenya")
        await expect(alone).to_contain_text("noted as handed out already")
        assert await noted(meeting) == []

    await expect(line).to_be_hidden()
    await expect(page.locator("#desk-flag-list li")).to_have_count(1)
    await expect(page.locator("#desk-flag-list")).to_contain_text("knows no such badge")
    assert await noted(meeting) == [
        (False, True, "listed", ""),
        (False, True, "unchecked", ""),
        (False, True, "unchecked", "unknown-badge"),
        (True, False, "listed", ""),
        (True, True, "listed", ""),
    ]
    await page.goto(at.url + PATH)
    await expect(page.locator("#desk[data-ready]")).to_be_attached()
    await find(page, kenya)
    await expect(page.locator("#desk-online")).to_contain_text("the badge was handed out")
    assert len(await noted(meeting)) == 5


async def test_what_is_kept_in_the_browser_names_nobody_and_opens_no_door(meeting):
    at = meeting.service
    await print_all(at, "kenya")
    kenya = await reference(at, "kenya")
    page = await meeting.visit("secretariat", f"{PATH}?q=kenya", viewport=DESK)
    await expect(page.locator("#desk[data-ready]")).to_be_attached()
    kept = await page.evaluate(
        """async () => {
          const cache = await caches.open("/desk/badges/");
          return (await cache.match("/desk/badges/twenty")).text();
        }"""
    )
    assert [each in kept for each in ("Kenya", "kenya", kenya, "csrf")] == [False] * 4
    stored = await page.evaluate(
        """() => localStorage.getItem(
          Object.keys(localStorage).find((each) => each.startsWith("desk-list:")))"""
    )
    said = json.loads(stored)
    assert kenya not in stored
    key = b64decode(await page.locator("#desk").get_attribute("data-key") or "")
    assert verifies(key, said["text"].encode(), b64decode(said["signature"]))
    assert "Delegate of Kenya" in said["text"]


async def test_a_badge_is_handed_out_by_form_and_not_twice(meeting):
    at = meeting.service
    kenya = await printed(at, "kenya")
    page = await meeting.visit("secretariat", PATH, java_script_enabled=False)
    for told in ("It is noted that the badge was handed out.", "handed out already."):
        await page.get_by_label("Name, body or reference").fill(kenya)
        await page.get_by_role("button", name="Find").click()
        await page.get_by_role("button", name="Hand it out").click()
        await expect(page.locator("main")).to_contain_text(told)
    assert await noted(meeting) == [(False, True, None, "")]
