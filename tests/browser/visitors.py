"""People of the small meeting, each in a browser of their own."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import BrowserContext, Locator, Page, expect

from app.depends import cookie_name
from app.models import Person
from app.services import identity
from tests.browser.wire import Wire
from tests.conftest import Visits
from tests.world import Service, service, settings

PHONE, TABLET, DESK = (360, 740), (768, 1024), (1366, 768)
SOON = 10
expect.set_options(timeout=SOON * 1000)


@dataclass
class Meeting:
    """The running service, and a way in by browser."""

    service: Service
    visits: Visits
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    wires: dict[BrowserContext, Wire] = field(default_factory=dict)

    def room(self, sitting: str = "first") -> str:
        return f"/room/{self.service.world.sittings[sitting]}"

    def text(self, sitting: str = "first") -> str:
        return f"/text/{self.service.world.sittings[sitting]}"

    def screen(self, sitting: str = "first") -> str:
        return f"/screen/{self.service.world.sittings[sitting]}"

    def console(self, sitting: str = "first") -> str:
        return f"/console/{self.service.world.sittings[sitting]}"

    def hall(self, sitting: str = "first") -> str:
        return f"/desk/hall/{self.service.world.sittings[sitting]}"

    async def visit(
        self,
        key: str | None,
        path: str,
        *,
        language: str = "en",
        by_wire: bool = False,
        **more: Any,
    ) -> Page:
        """A page as one of the people, or as nobody; ``more`` is for the browser.

        Who comes by wire may be without network for a while.
        """
        wire = None
        if by_wire:
            port = self.service.house.settings.port
            wire = await self.stack.enter_async_context(Wire.laid(port))
            more["proxy"] = {"server": wire.address}
        page = await self.visits(**more)
        if wire:
            self.wires[page.context] = wire
        cookies = [{"name": "lang", "value": language, "url": self.service.url}]
        if key:
            login = {"name": cookie_name(self.service.house.settings), "value": await self._in(key)}
            cookies.append(login | {"url": self.service.url})
        await page.context.add_cookies(cookies)  # type: ignore[arg-type]  # dicts of its shape
        await page.goto(self.service.url + path)
        return page

    async def enter(self, key: str, sitting: str = "first", **more: Any) -> Page:
        """Someone inside the room."""
        page = await self.visit(key, self.room(sitting), **more)
        await page.get_by_role("button", name="Enter the room").click()
        await expect(page.locator("#line-text")).to_have_text("Connected")
        return page

    async def preside(self, key: str = "chair", **more: Any) -> Page:
        """Someone at the console."""
        page = await self.visit(key, self.console(), **more)
        await expect(page.locator("#line-text")).to_have_text("Connected")
        return page

    @asynccontextmanager
    async def no_network(self, page: Page) -> AsyncGenerator[None]:
        """Nothing goes from this page to the service or back; open lines are cut."""
        async with self.wires[page.context].cut(page.context):
            yield

    async def _in(self, key: str) -> str:
        async with self.service.house.database.writing() as db:
            person = await db.get(Person, self.service.world.people[key])
            assert person is not None
            return await identity.log_in(db, person, "test", datetime.now(UTC))


@asynccontextmanager
async def running(folder: Path, visits: Visits) -> AsyncGenerator[Meeting]:
    async with service(settings(folder)) as served:
        meeting = Meeting(served, visits)
        async with meeting.stack:
            yield meeting
            # Pages first: a browser that comes back would hold up the end of the service.
            await visits.close()


async def says(button: Locator, label: str, detail: str | None = None) -> None:
    """The big button has this label, and this detail where one is given."""
    await expect(button.locator(".state-label")).to_have_text(label)
    if detail is not None:
        await expect(button.locator(".state-detail")).to_have_text(detail)


async def faults(page: Page) -> list[str]:
    """What axe finds wrong with a page, in words."""
    await page.wait_for_load_state()
    found = (await Axe().run(page)).response["violations"]
    return [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in found]


KEEP_WHAT_IS_SAID = """
() => {
  window.heard = [];
  const news = document.getElementById("news");
  const note = () => news.textContent && window.heard.push(news.textContent);
  new MutationObserver(note).observe(news, { childList: true });
}
"""


WAIT_FOR_WHAT_IS_SAID = """
async (last) => {
  const said = () => window.heard.join(" ");
  while (!said().endsWith(last)) await new Promise((then) => setTimeout(then, 20));
  return said();
}
"""


async def listen(page: Page) -> None:
    """Keep what the page says aloud from now on, for ``heard``."""
    await page.evaluate(KEEP_WHAT_IS_SAID)


async def heard(page: Page, last: str) -> str:
    """All that was said since, until these last words; changes at one moment are said together."""
    async with asyncio.timeout(SOON):
        told: str = await page.evaluate(WAIT_FOR_WHAT_IS_SAID, last)
    return told
