"""The network is cut in the middle of each action: what was done is there exactly once."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import Page, WebSocketRoute, expect
from sqlmodel import col, func, select

from app.models import AgendaItem, News
from tests.browser.visitors import Meeting, running
from tests.conftest import Visits

LIVE = re.compile("/api/v1/live$")
# What a chair types, in this order, and the event that comes of it.
DONE = (
    ("open list", "list-opened"),
    ("mic 14", "floor-requested"),
    ('q+ "Delegate in the hall"', "floor-requested"),
    ("move 2 up", "request-moved"),
    ("against 1", "stance-set"),
    ("points newest", "order-set"),
    ("time 2:30", "time-set"),
    ("time 10 per body", "time-set"),
    ("item 1", "item-taken"),
    ("next", "floor-given"),
    ("start", "speech-started"),
    ("pause", "speech-paused"),
    ("resume", "speech-resumed"),
    ("end", "speech-ended"),
    ("back", "floor-requested"),
    ("remove 1", "request-removed"),
    ("undo", "request-returned"),
    ("announce Coffee at eleven.", "announced"),
    ("hands Shall we go on?", "hands-asked"),
    ("close hands", "hands-closed"),
    ("close chat", "chat-closed"),
    ("open chat", "chat-opened"),
    ("captions on fr", "captions-started"),
    ("captions off fr", "captions-stopped"),
    ("close list", "list-closed"),
)


class Cable:
    """What stands between a page and the service, and can be pulled out in mid-air."""

    def __init__(self) -> None:
        self.cuts = self.welcomes = 0
        self.armed = False

    async def lay(self, page: Page) -> None:
        await page.route_web_socket(LIVE, self._plug)

    def _plug(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        torn = False

        def up(message: str | bytes) -> None:
            nonlocal torn
            wish = json.loads(message)
            server.send(message)
            if self.armed and wish["kind"] != "hello":
                torn, self.armed = True, False
                self.cuts += 1
                # The service has the wish; whatever it says to it is lost, and then the line.
                tearing = asyncio.ensure_future(self._tear(socket))
                tearing.add_done_callback(lambda _: None)

        def down(message: str | bytes) -> None:
            if torn:
                return
            self.welcomes += json.loads(message)["kind"] == "welcome"
            socket.send(message)

        socket.on_message(up)
        server.on_message(down)

    @staticmethod
    async def _tear(socket: WebSocketRoute) -> None:
        await asyncio.sleep(0.3)
        await socket.close(code=4000)


@pytest.fixture
async def meeting(tmp_path: Path, new_page: Visits) -> AsyncGenerator[Meeting]:
    async with running(tmp_path, new_page) as started:
        yield started


async def counted(meeting: Meeting, kind: str) -> int:
    sitting = meeting.service.world.sittings["first"]
    async with meeting.service.house.database.reading() as db:
        query = select(func.count()).where(
            News.kind == kind, col(News.channel).startswith(f"{sitting}/room/")
        )
        return (await db.exec(query)).one()


async def test_each_action_of_the_chair_is_done_once_though_its_answer_never_came(meeting):
    world = meeting.service.world
    async with meeting.service.house.database.writing() as db:
        of = {"meeting_id": world.meeting_id, "sitting_id": world.sittings["first"]}
        db.add(AgendaItem(**of, number=1, title="Opening"))
    cable = Cable()
    chair = await meeting.visits()
    login = await meeting.visit("chair", meeting.console())
    await chair.context.add_cookies(await login.context.cookies())
    await login.close()
    await cable.lay(chair)
    await chair.add_init_script("Math.random = () => 0.01")  # of each wait the shortest
    await chair.goto(meeting.service.url + meeting.console())
    await expect(chair.locator("#line-text")).to_have_text("Connected")

    for place, (said, kind) in enumerate(DONE, 1):
        expected = sum(each == kind for _, each in DONE[:place])
        cable.armed = True
        await chair.keyboard.press("/")
        await chair.keyboard.type(said)
        await chair.keyboard.press("Enter")
        async with asyncio.timeout(20):
            # Nothing rings when a row is written.
            while cable.welcomes < 2 * place or await counted(meeting, kind) < expected:  # noqa: ASYNC110 - as said
                await asyncio.sleep(0.05)
        await expect(chair.locator("#command-text")).to_have_value("", timeout=20_000)
        await expect(chair.locator("#line-text")).to_have_text("Connected", timeout=20_000)
        await chair.reload()  # a page whose lines break one after the other waits longer each time
        await expect(chair.locator("#line-text")).to_have_text("Connected")

    await asyncio.sleep(1)  # whatever would be said a second time has been said by now
    for kind in {kind for _, kind in DONE}:
        assert (kind, await counted(meeting, kind)) == (kind, sum(each == kind for _, each in DONE))
    assert cable.cuts == len(DONE)
