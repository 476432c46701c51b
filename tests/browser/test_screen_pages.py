"""The hall screen in a browser: it follows a speech, the fence and the line, and never lies."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from tests.browser.visitors import DESK, Meeting, faults, running
from tests.conftest import Visits
from tests.live.test_fence import close_open_part, sign_off

HALLS = ((1920, 1080), DESK, (1024, 768))
NAMES = ("kenya", "brazil", "operator", "startup", "university", "stakeholder")


@pytest.fixture
async def meeting(tmp_path: Path, new_page: Visits) -> AsyncGenerator[Meeting]:
    async with running(tmp_path, new_page) as started:
        yield started


async def stage(page: Page, to: str) -> None:
    await expect(page.locator("#screen")).to_have_attribute("data-stage", to)


async def test_a_screen_follows_a_speech_a_cut_line_and_the_fence(meeting):
    service = meeting.service
    console = await meeting.preside("moderator", by_wire=True)
    async with console.context.expect_page() as opening:
        await console.get_by_role("link", name="Hall screen").click()
    screen = await opening.value
    await stage(screen, "live")
    await expect(screen.locator("#now-who")).to_have_text("Nobody has the floor")
    await expect(console.locator("#line-text")).to_have_text("Connected")

    async with service.attending("chair") as chair:
        await chair.wish("open-list")
        await expect(screen.locator("#list-state")).to_have_text("Open")
        for name in NAMES:
            async with service.attending(name) as guest:
                await guest.wish("request-floor", topic="Access")
        await chair.wish("set-time", seconds=10)
        await chair.wish("give-floor")
        await chair.wish("start-speech")
        await chair.wish("announce", text="Coffee at eleven.")
        async with service.attending("brazil") as brazil:
            await brazil.wish("request-floor", request="point_of_order")
        await expect(screen.locator("#now-who")).to_contain_text("Delegate of Kenya, delegate")
        await expect(screen.locator("#now-clock .limit")).to_have_text("of 0:10")
        await expect(screen.locator("#list > li").first).to_contain_text("Point of order")
        await expect(screen.locator("#list > li")).to_have_count(6)
        await expect(screen.locator("#notice")).to_contain_text("Coffee at eleven.")
        await screen.keyboard.press("f")
        await expect(screen.locator(".hall-keys")).to_be_hidden()

        async with meeting.no_network(screen):
            await stage(screen, "late")
            await expect(screen.locator("#late")).to_contain_text(
                re.compile(r"Not live\. This is how it was at \d\d:\d\d:\d\d \(Zurich time\)")
            )
            await expect(screen.locator("#now-clock")).not_to_be_visible()
            await chair.wish("end-speech")
        await stage(screen, "live")
        await expect(screen.locator("#now-who")).to_have_text("Nobody has the floor")
        await expect(screen.locator("#late")).to_be_hidden()

        assert (await close_open_part(service)).status_code == 200
        await expect(screen.locator("#blank-title")).to_have_text("The open part is over")
        await expect(screen.locator(".band")).to_have_attribute("data-audience", "nobody")
        assert "Brazil" not in await screen.content()
        assert (await sign_off(service, head_count=1)).status_code == 200
        await stage(screen, "live")
        await expect(screen.locator(".band")).to_have_attribute("data-audience", "members")
        await expect(screen.locator("#sitting")).to_have_text("The second half")
        assert screen.url.endswith(meeting.screen("second"))

        async with service.http("secretariat") as http:
            person = service.world.people["moderator"]
            path = f"/api/v1/meetings/twenty/functions/moderator/{person}"
            assert (await http.delete(path)).status_code == 204
        await expect(screen.locator("#blank-title")).to_have_text("Nothing is shown here any more")


async def test_a_line_that_dies_without_a_sound_is_found_out_and_nothing_old_is_left(meeting):
    page = await meeting.visits()
    await page.clock.install()
    lines: list[WebSocketRoute] = []

    def stand_between(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda said: socket.send(said) if len(lines) < 2 else None)
        lines.append(socket)

    async with meeting.service.attending("chair") as chair:
        await chair.wish("announce", text="Coffee at eleven.")
    await page.route_web_socket(re.compile("/api/v1/live$"), stand_between)
    login = await meeting.visit("moderator", "/")
    await page.context.add_cookies(await login.context.cookies())
    await page.goto(meeting.service.url + meeting.screen())
    await stage(page, "live")

    await page.clock.fast_forward(24_000)
    await stage(page, "live")
    await page.clock.fast_forward(1_500)
    await stage(page, "late")
    await page.clock.fast_forward(21_000)
    await expect(page.locator("#blank-title")).to_have_text("This screen is not live")
    await expect(page.locator(".band")).to_contain_text("Not known: this screen is not live")
    assert "Coffee" not in await page.content()


async def test_a_screen_of_a_part_that_is_not_open_shows_no_more_than_its_name(meeting):
    page = await meeting.visit("moderator", meeting.screen("second"))

    await expect(page.locator("#blank-title")).to_have_text("Not open yet")
    await expect(page.locator("#blank-starts")).to_contain_text("(Zurich time)")
    await expect(page.locator("#sitting")).to_have_text("Members' part")
    assert "The second half" not in await page.content()


async def test_who_does_not_serve_the_sitting_gets_no_page(meeting):
    page = await meeting.visit("kenya", meeting.screen())

    await expect(page.locator("main")).to_contain_text("A screen in the hall is put up by those")


async def test_a_full_screen_fits_every_hall_and_axe_finds_nothing_wrong(meeting):
    async with meeting.service.attending("chair") as chair:
        await chair.wish("open-list")
        for name in NAMES:
            async with meeting.service.attending(name) as guest:
                await guest.wish("request-floor", topic="Access " * 20)
        await chair.wish("give-floor")
        await chair.wish("announce", text="A long announcement. " * 23)
    page = await meeting.visit("moderator", meeting.screen())
    await stage(page, "live")
    for width, height in HALLS:
        await page.set_viewport_size({"width": width, "height": height})
        for part in ("#now-clock", "#list", "#notice"):
            below = f"document.querySelector('{part}').getBoundingClientRect().bottom - innerHeight"
            assert await page.evaluate(below) <= 0, (width, part)
        assert await page.evaluate(
            "[document.documentElement.scrollHeight - innerHeight, "
            "document.documentElement.scrollWidth - innerWidth]"
        ) == [0, 0]
        assert await page.locator("#list > li:visible").count() >= 3
    assert await faults(page) == []
