"""Chat and statements in a browser: a room, a phone, the console, and a page without script."""

from collections.abc import AsyncGenerator
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.visitors import PHONE, Meeting, faults, heard, listen, running
from tests.conftest import Visits
from tests.live.test_floor import with_items


@pytest.fixture
async def meeting(tmp_path: Path, new_page: Visits) -> AsyncGenerator[Meeting]:
    async with running(tmp_path, new_page) as started:
        yield started


async def write(page: Page, text: str) -> None:
    await page.fill("#chat-text", text)
    await page.press("#chat-text", "Enter")


def message(page: Page, text: str):
    return page.locator("#chat-log > li", has_text=text)


async def test_chat_is_written_read_moderated_and_answered(meeting):
    moderator = await meeting.preside("moderator")
    kenya = await meeting.enter("kenya", viewport=PHONE)
    brazil = await meeting.enter("brazil", color_scheme="dark")
    await expect(kenya.locator("#chat-jump")).to_be_visible()
    await brazil.locator("#help-open").focus()
    await listen(brazil)

    await kenya.fill("#chat-text", "<b>One</b> https://example.org")
    await kenya.press("#chat-text", "Shift+Enter")
    await kenya.keyboard.type("two 🕊")
    await kenya.keyboard.press("Enter")
    one = message(brazil, "<b>One</b> https://example.org\ntwo 🕊")
    await expect(one).to_contain_text("Member State")
    await expect(one.locator("a, b")).to_have_count(0)
    await expect(kenya.locator("#chat-text")).to_have_value("")
    assert (await heard(brazil, "🕊")).startswith("Kenya writes: <b>One</b>")
    assert await brazil.evaluate("document.activeElement.id") == "help-open"

    await kenya.locator("#chat-moderator").check()
    await write(kenya, "I cannot hear")
    await expect(message(kenya, "I cannot hear")).to_contain_text("You, to the moderator only")
    await expect(moderator.locator("#tab-chat .tab-new")).to_be_visible()
    await moderator.locator("#tab-chat").click()
    await moderator.get_by_label("Answer Kenya").fill("Turn it up")
    await moderator.keyboard.press("Enter")
    await expect(message(kenya, "Turn it up")).to_contain_text("The moderator, to you only")
    await expect(moderator.locator("#asides .answers")).to_contain_text("Turn it up")

    await moderator.locator("#chat-log").get_by_role("button", name="Mute").click()
    await expect(moderator.locator("#mutes")).to_contain_text("Kenya")
    await expect(kenya.locator("#chat-all")).to_be_disabled()
    await moderator.locator("#chat-log").get_by_role("button", name="Remove").click()
    await expect(message(brazil, "Removed by the moderator.")).to_have_count(1)
    await expect(message(brazil, "I cannot hear")).to_have_count(0)
    await moderator.locator("#list").focus()
    await moderator.keyboard.press("u")
    await expect(one).to_have_count(1)
    await moderator.locator("#chat-pause").click()
    await expect(brazil.locator("#chat-state")).to_have_text("Paused")
    await expect(brazil.locator("#chat-why")).to_contain_text("has paused chat")
    assert [await faults(page) for page in (kenya, brazil, moderator)] == [[], [], []]


async def test_a_message_written_while_the_line_is_broken_is_there_once_afterwards(meeting):
    brazil = await meeting.enter("brazil")
    kenya = await meeting.enter("kenya", by_wire=True)
    async with meeting.no_network(kenya):
        await expect(kenya.locator("#gone")).to_be_visible()
        await write(kenya, "From the dark")
        await expect(kenya.locator("#chat-why")).to_have_text("It is sent when the line is back.")

    await expect(message(brazil, "From the dark")).to_have_count(1)
    await expect(message(kenya, "From the dark")).to_have_count(1)
    await brazil.reload()
    await brazil.get_by_role("button", name="Enter the room").click()
    await expect(message(brazil, "From the dark")).to_have_count(1)


async def test_a_statement_is_drafted_handed_in_read_and_put_on_record(meeting):
    await with_items(meeting.service, "Adoption of the agenda", "Contributions")
    chair = await meeting.preside()
    kenya = await meeting.enter("kenya", viewport=PHONE)
    brazil = await meeting.enter("brazil")
    await kenya.locator("#statement-open").click()
    await kenya.select_option("#statement-item", "2")
    await kenya.fill("#statement-text", "We agree.")
    await expect(kenya.locator("#statement-state")).to_contain_text("Kept in this browser")
    await kenya.reload()
    await kenya.get_by_role("button", name="Enter the room").click()
    await kenya.locator("#statement-open").click()
    await expect(kenya.locator("#statement-text")).to_have_value("We agree.")
    await expect(kenya.locator("#statement-item")).to_have_value("2")
    await kenya.set_input_files(
        "#statement-file", {"name": "x.pdf", "mimeType": "text/plain", "buffer": b"%PDF\xff\xfe"}
    )
    await expect(kenya.locator("#statement-no")).to_contain_text("This file is not plain text.")
    text = "We agree,\r\nand thank the chair. 🕊"
    await kenya.set_input_files(
        "#statement-file",
        {"name": "ours.txt", "mimeType": "text/plain", "buffer": text.encode()},
    )
    await expect(kenya.locator("#statement-state")).to_contain_text("ours.txt")
    assert await faults(kenya) == []
    await kenya.get_by_role("button", name="Hand it in").click()
    receipt = kenya.locator("#statements-own")
    await expect(receipt).to_contain_text(sha256(text.encode()).hexdigest())
    await expect(receipt).to_contain_text("on item 2")

    await expect(chair.locator("#tab-statements .tab-new")).to_have_text(" 1")
    await chair.locator("#tab-statements").click()
    await chair.locator("#statements-filed").get_by_role("button").click()
    await expect(chair.locator("#statement-words")).to_contain_text("and thank the chair. 🕊")
    assert await faults(chair) == []
    await chair.get_by_role("button", name="Put on record").click()
    await expect(receipt).to_contain_text("On record")
    await expect(receipt.get_by_role("button")).to_be_hidden()
    await brazil.goto(meeting.service.url + (await record(brazil)))
    await expect(brazil.locator(".statement-words")).to_contain_text("and thank the chair. 🕊")
    assert await faults(brazil) == []


async def record(page: Page) -> str:
    link = page.locator("#statements-record a")
    return str(await link.get_attribute("href"))


async def test_chat_and_statements_need_no_script(meeting):
    path = meeting.room().replace("room", "text") + "/written"
    page = await meeting.visit("kenya", path, java_script_enabled=False)
    plain = page.locator("main")
    await plain.get_by_label("Your message").fill("From a plain page")
    await plain.get_by_role("button", name="Send").click()
    await expect(plain).to_contain_text("Kenya (Member State, delegate): From")
    await plain.get_by_label("Your message").fill("Psst")
    await plain.get_by_label("The moderator only").check()
    await plain.get_by_role("button", name="Send").click()
    await expect(plain).to_contain_text("You, to the moderator only: Psst")
    await plain.get_by_label("Your statement").fill("We agree.")
    await plain.get_by_role("button", name="Hand it in").click()
    await expect(plain).to_contain_text("Yours, number 1: Handed in.")
    assert len((await page.content()).encode()) < 10_000
    await page.set_input_files(
        "#f-file", {"name": "x.docx", "mimeType": "text/plain", "buffer": b"PK\x03\x04\xff"}
    )
    await plain.get_by_role("button", name="Hand it in").click()
    await expect(page.locator("main")).to_contain_text("This file is not plain text.")
