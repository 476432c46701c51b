"""Captions in browsers: written on one page, read in two languages on another, and never lost."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.visitors import DESK, PHONE, Meeting, faults, running
from tests.conftest import Visits
from tests.live.test_captions import appoint

READ = "() => navigator.clipboard.readText()"


@pytest.fixture
async def meeting(tmp_path: Path, new_page: Visits) -> AsyncGenerator[Meeting]:
    async with running(tmp_path, new_page) as started:
        await appoint(started.service, "captioner")
        yield started


async def test_captions_are_written_by_keyboard_and_read_in_two_languages(meeting):
    chair = await meeting.preside()
    room = f"/captions/{meeting.service.world.sittings['first']}"
    writer = await meeting.visit("captioner", room)
    clipboard = ["clipboard-read", "clipboard-write"]
    kenya = await meeting.enter("kenya", viewport=DESK, permissions=clipboard)
    await expect(writer.locator("#line-text")).to_have_text("Connected")

    # The first line starts a language; who has chosen it reads it as it is written.
    await kenya.keyboard.press("3")
    english = kenya.locator('[data-language="en"]')
    await expect(english).to_be_visible()
    await expect(kenya.locator("#captions")).to_contain_text("not the record")
    await writer.keyboard.type("Good mor")
    await expect(english.locator(".captions-interim")).to_have_text("Good mor")
    await writer.keyboard.type("ning <b>all</b>")
    await writer.keyboard.press("Enter")
    line = english.locator(".caption").nth(0)
    await expect(line.locator(".caption-text")).to_have_text("Good morning <b>all</b>")
    await expect(english.locator(".captions-interim")).to_have_text("")
    await expect(kenya.locator("#captions-live")).to_have_text("live: EN")
    await expect(kenya.locator("#line-text")).to_have_text("Connected")

    # A correction by keyboard shows as one.
    await writer.keyboard.press("ArrowUp")
    await writer.keyboard.press("End")
    await writer.keyboard.type("!")
    await writer.keyboard.press("Enter")
    await expect(line.locator(".caption-text")).to_have_text("Good morning <b>all</b>!")
    await expect(line.locator(".caption-corrected")).to_be_visible()

    # While it is paused nothing moves, and nothing is lost.
    await kenya.get_by_role("button", name="Pause").click()
    for text in ("One.", "Two."):
        await writer.locator("#text").press_sequentially(text)
        await writer.keyboard.press("Enter")
    await expect(english.locator(".captions-more")).to_have_text("2 new lines: go on")
    await expect(english.locator(".caption")).to_have_count(1)
    await english.locator(".captions-more").click()
    await expect(english.locator(".caption")).to_have_count(3)

    # A second language stands beside the first, with what was said in it before.
    await writer.locator("#language").select_option("fr")
    await writer.get_by_label("Interpretation").check()
    await writer.locator("#text").fill("Bonjour à tous.")
    await writer.locator("#text").press("Enter")
    await kenya.keyboard.press("4")
    french = kenya.locator('[data-language="fr"]')
    await expect(french.locator(".caption-text")).to_have_text("Bonjour à tous.")
    await expect(french.locator(".caption-head")).to_contain_text("interpretation")
    await expect(english.locator(".caption")).to_have_count(3)
    beside = [await each.bounding_box() for each in (english, french)]
    assert beside[0]["y"] == beside[1]["y"]
    await french.get_by_role("button", name="Copy with reference: line 1").click()
    await expect(kenya.locator("#news")).to_contain_text("Copied")
    copied = await kenya.evaluate(READ)
    assert copied.startswith("“Bonjour à tous.” (The first half, ")
    assert copied.endswith(", captions fr 1, by a person, not the record)")

    # The chair stops a language, and the captioner reads why a line is not taken.
    await chair.get_by_role("tab", name="Captions").click()
    await expect(chair.locator("#captioned-now")).to_have_text("EN live, FR live")
    await chair.get_by_role("button", name="Stop Français").click()
    await expect(chair.locator("#captioned-now")).to_have_text("EN live")
    await writer.locator("#text").fill("Encore.")
    await writer.locator("#text").press("Enter")
    await expect(writer.locator("#answer")).to_contain_text("the chair starts them")
    await expect(writer.locator("#text")).to_have_value("Encore.")
    await kenya.keyboard.press("c")
    await expect(kenya.locator("#captions-open")).to_be_hidden()


async def test_axe_finds_nothing_wrong_where_captions_are_written_and_read(meeting):
    room = f"/captions/{meeting.service.world.sittings['first']}"
    found = {}
    for viewport in (PHONE, DESK):
        writer = await meeting.visit("captioner", room, viewport=viewport)
        await expect(writer.locator("#line-text")).to_have_text("Connected")
        await writer.locator("#text").fill("Good morning.")
        await writer.locator("#text").press("Enter")
        kenya = await meeting.enter("kenya", viewport=viewport)
        for key in "23":
            await kenya.keyboard.press(key)
        await expect(kenya.locator(".caption").first).to_be_visible()
        for name, page in (("writer", writer), ("room", kenya)):
            wide = await page.evaluate("() => document.documentElement.scrollWidth")
            found[name, viewport] = await faults(page), wide <= viewport[0]
    assert set(map(str, found.values())) == {"([], True)"}, found


@pytest.mark.parametrize("who", ["kenya", "chair", None])
async def test_who_is_no_captioner_finds_no_page_to_write_on(meeting, who):
    page = await meeting.visit(who, f"/captions/{meeting.service.world.sittings['first']}")

    await expect(page.locator("#text")).to_have_count(0)
