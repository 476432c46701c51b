"""Half a day in fast motion: from the agenda, by keys alone, to the two packages of records."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from app.client import Guest
from app.client.line_mode import LineMode
from app.i18n import Language
from app.models import AgendaItem
from tests.browser.visitors import Meeting, running
from tests.client.company import guest
from tests.conftest import Visits
from tests.live.test_captions import captioner, write
from tests.live.test_fence import change, sign_off
from tests.world import Service

AGENDA = {
    "first": ("Adoption of the agenda", "Access in rural areas"),
    "second": ("Contributions by Member States", "Measurements", "Report of the meeting"),
}
SECRET = "The restricted paragraph"
SOON = 20


@pytest.fixture
async def meeting(tmp_path: Path, new_page: Visits) -> AsyncGenerator[Meeting]:
    async with running(tmp_path, new_page) as started:
        await with_agenda(started.service)
        yield started


async def with_agenda(meeting: Service) -> None:
    """Items numbered through the meeting; an identified stakeholder whom the chair may invite."""
    number = 0
    async with meeting.house.database.writing() as db:
        for sitting, titles in AGENDA.items():
            for title in titles:
                number += 1
                db.add(
                    AgendaItem(
                        meeting_id=meeting.world.meeting_id,
                        sitting_id=meeting.world.sittings[sitting],
                        number=number,
                        title=title,
                    )
                )


async def command(chair: Page, line: str, *, after: str) -> None:
    """Type into the command line, by keys alone, and wait for what follows."""
    await chair.keyboard.press("/")
    await chair.keyboard.type(line)
    await chair.keyboard.press("Enter")  # no completion is chosen
    await expect(chair.locator("#last")).to_contain_text(after)


async def key(chair: Page, pressed: str, *, after: str) -> None:
    await chair.keyboard.press(pressed)
    await expect(chair.locator("#last")).to_contain_text(after)


async def post(meeting: Service, by: str, path: str, **said: Any) -> dict[str, Any]:
    async with meeting.http(by) as http:
        answer = await http.post(f"/api/v1{path}", json=said)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found


async def package(meeting: Service, by: str | None, sitting: str, audience: str) -> dict[str, Any]:
    """A package by its files' names; the data as values."""
    path = f"/api/v1/sittings/{meeting.world.sittings[sitting]}/records.zip"
    async with meeting.http(by) as http:
        answer = await http.get(path, params={"audience": audience})
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        files = {name.partition("/")[2]: packed.read(name) for name in packed.namelist()}
    return {
        name: json.loads(data) if name.endswith(".json") else data.decode()
        for name, data in files.items()
    }


def rows(found: dict[str, Any], section: str) -> list[dict[str, Any]]:
    told = found[f"data/{section}.json"]
    listed: list[dict[str, Any]] = told["rows"] if isinstance(told, dict) else told
    return listed


class Terminal:
    """``cwg attend --plain`` in this loop: what it was told to do, and every line that it wrote."""

    def __init__(self, someone: Guest) -> None:
        self.lines: list[str] = []
        self.commands: asyncio.Queue[str] = asyncio.Queue()
        self.more = asyncio.Event()
        self.mode = LineMode(someone, Language.ENGLISH, self.write)

    def write(self, line: str) -> None:
        self.lines.append(line)
        self.more.set()

    async def typed(self) -> AsyncGenerator[str]:
        while True:
            yield await self.commands.get()

    async def reads(self, text: str) -> None:
        async with asyncio.timeout(SOON):
            while not any(text in line for line in self.lines):
                self.more.clear()
                await self.more.wait()


async def test_half_a_day_from_its_agenda_to_its_two_packages(meeting: Meeting) -> None:
    at = meeting.service
    async with AsyncExitStack() as stack:
        chair = await meeting.preside()
        kenya = await meeting.enter("kenya", by_wire=True)
        reader = await meeting.visit(
            "stakeholder", f"/text/{at.world.sittings['first']}", java_script_enabled=False
        )
        someone = await stack.enter_async_context(guest(at, "operator"))
        terminal = Terminal(someone)
        attending = asyncio.create_task(terminal.mode.run(terminal.typed()))
        await terminal.reads("The first half")

        # The first item: the room, the text page and the terminal ask for the floor.
        await command(chair, "item 1", after="Item 1 is in hand")
        await key(chair, "l", after="The list of speakers is open")
        await kenya.keyboard.press("h")
        await reader.reload()
        await reader.locator('[name="topic"]').fill("Universal acceptance")
        await reader.get_by_role("button", name="Ask for the floor").click()
        await expect(reader.locator("body")).to_contain_text("You have asked for the floor")
        await terminal.commands.put("ask Prices")
        await expect(chair.locator("#list > li")).to_have_count(3)
        await key(chair, "n", after="has the floor")
        await key(chair, "Space", after="speaks")

        # Captions in two languages, bound to who speaks.
        captions = await stack.enter_async_context(captioner(at))
        assert (await write(captions, "Thank you, Chair.", "en"))["ok"] is True
        assert (await write(captions, "Merci, Monsieur.", "fr", source="machine"))["ok"] is True

        # A point of order goes to the top; the network is cut while the delegate chats.
        await key(chair, "e", after="has finished")
        await kenya.locator("#point").click()
        await expect(chair.locator("#list > li").first).to_contain_text("Point of order")
        async with meeting.no_network(kenya):
            await expect(kenya.locator("#line-text")).to_contain_text("Reconnecting")
            await kenya.locator("#chat-text").fill("We heard every word.")
            await kenya.locator("#chat-text").press("Enter")
        await terminal.reads("We heard every word.")
        await key(chair, "n", after="Kenya")
        await key(chair, "e", after="Kenya has finished")
        await key(chair, "n", after="has the floor")
        await key(chair, "Space", after="speaks")
        await key(chair, "e", after="has finished")

        # Somebody without an account; a show of hands; what is decided is noted.
        await command(chair, "item 2", after="Item 2 is in hand")
        await command(chair, "mic 14 on funding", after="Room microphone 14")
        await key(chair, "n", after="Room microphone 14")
        await key(chair, "e", after="has finished")
        await command(chair, "hands Shall we go on?", after="Shall we go on?")
        await kenya.locator("#hands-choices button").first.click()
        await expect(kenya.locator("#hands-mine")).not_to_be_empty()
        await command(chair, "close hands", after="")
        await expect(chair.locator("#last")).to_contain_text("no vote")
        await noted(at, "first", 2, "The item is adopted.")
        await terminal.commands.put("quit")
        await attending

        # Keys alone close the open part; the steward signs off the hall.
        await chair.locator("#prepare").focus()
        await chair.keyboard.press("Enter")
        await expect(chair.locator("#rehearsal")).to_be_visible()
        await chair.locator("#typed-text").focus()
        await chair.keyboard.type("CLOSE")
        await chair.keyboard.press("Enter")
        await expect(chair.locator("#fence")).to_be_visible()
        assert (await sign_off(at, head_count=12)).status_code == 200
        await expect(chair.locator("#sitting")).to_have_text("The second half")
        await reader.reload()
        await expect(reader.locator("body")).to_contain_text("resolves 6")

        # An expert is there for one item, and out with the next.
        second = at.world.sittings["second"]
        invited = {"whom": "stakeholder@example.org", "item": 4, "reason": "To explain them."}
        made = await post(at, "chair", f"/sittings/{second}/invitations", **invited)
        await post(at, "secretariat", f"/invitations/{made['id']}/confirm")
        await command(chair, "item 4", after="Item 4 is in hand")
        expert = await stack.enter_async_context(at.attending("stakeholder", sitting="second"))
        assert expert.welcome["you"]["capacity"] == "expert"
        await key(chair, "l", after="The list of speakers is open")
        assert (await expert.wish("request-floor", topic="How it was measured"))["ok"] is True
        await key(chair, "n", after="has the floor")
        await key(chair, "Space", after="speaks")
        await key(chair, "e", after="has finished")
        await command(chair, "item 5", after="Item 5 is in hand")
        assert (await expert.until("farewell"))["why"]["reason"] == "invitation-ended"
        await command(chair, f"announce {SECRET}", after=SECRET)
        await noted(at, "second", 5, f"{SECRET} is adopted.")
        assert (await change(at, "second", "close")).status_code == 200

    public = await package(at, None, "first", "public")
    members = await package(at, "kenya", "second", "members")
    topics = [each["topic"] for each in rows(public, "speeches")]
    assert topics == ["", "", "Universal acceptance", "funding"]
    assert [each["topic"] for each in rows(public, "not-reached")] == ["Prices"]
    assert {each["language"]: each["text"] for each in rows(public, "captions")} == {
        "en": "Thank you, Chair.",
        "fr": "Merci, Monsieur.",
    }
    assert [each["text"] for each in rows(public, "chat")] == ["We heard every word."]
    assert [each["text"] for each in rows(public, "decisions")] == ["The item is adopted."]
    assert [each["hands"] for each in rows(public, "hands")] == [1, 0, 0]
    assert [each["capacity"] for each in rows(members, "speeches")] == ["expert"]
    assert [each["text"] for each in rows(members, "announcements")] == [SECRET]
    assert rows(members, "captions") == []
    assert len([name for name in members if name.startswith("certificates/")]) == 1
    assert SECRET not in json.dumps(public)
    assert SECRET in members["index.html"]


async def noted(meeting: Service, sitting: str, item: int, text: str) -> None:
    """The secretariat notes a decision in the minutes."""
    path = f"/api/v1/sittings/{meeting.world.sittings[sitting]}/minutes/{uuid4()}"
    said = {"version": 0, "text": text, "item": item, "decision": True}
    async with meeting.http("secretariat") as http:
        answer = await http.put(path, json=said)
    assert answer.is_success, (datetime.now(UTC), answer.text)
