"""The door of the hall in browsers: scans, a copied badge, and the network cut and back again."""

import json
from collections.abc import AsyncGenerator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import segno
from PIL import Image
from playwright.async_api import Page, async_playwright, expect
from sqlmodel import select

from app.models import Certificate
from tests import chromium
from tests.browser.visitors import DESK, PHONE, Meeting, faults, running
from tests.conftest import Visits
from tests.live.test_attendance import reference
from tests.live.test_badges import hall, print_all, printed, second_steward
from tests.live.test_fence import close_open_part, opened, sign_off


@pytest.fixture
async def meeting(tmp_path: Path, new_page: Visits) -> AsyncGenerator[Meeting]:
    async with running(tmp_path, new_page) as started:
        yield started


async def door(meeting: Meeting, key: str = "steward", sitting: str = "first", **more: Any) -> Page:
    path = f"/door/{meeting.service.world.sittings[sitting]}"
    page = await meeting.visit(key, path, **more)
    await expect(page.locator("#door[data-ready]")).to_be_attached()
    return page


async def wedge(page: Page, text: str, way: str = "In") -> None:
    """A scanner types what it reads and presses Enter; the field has the focus."""
    await page.get_by_label(way, exact=True).check()
    await page.locator("[name=text]").focus()
    await page.keyboard.type(text)
    await page.keyboard.press("Enter")


def verdict(page: Page):
    return page.locator("#door-verdict")


async def test_a_steward_scans_in_and_out_and_is_told_the_clause(meeting):
    at = meeting.service
    kenya = await printed(at, "kenya")
    page = await door(meeting, viewport=PHONE)
    assert await faults(page) == []
    await wedge(page, kenya.lower())
    await expect(verdict(page)).to_contain_text("May enter")
    await expect(verdict(page)).to_contain_text("Delegate of Kenya")
    await expect(verdict(page)).to_contain_text("resolves 6")
    await expect(page.locator("#door-count")).to_have_text("1")
    assert await faults(page) == []
    await wedge(page, kenya, "Out")
    await expect(verdict(page)).to_contain_text("Left")
    await expect(page.locator("#door-count")).to_have_text("0")
    await wedge(page, kenya[:-1] + ("0" if kenya[-1] > "0" else "1"))
    await expect(verdict(page)).to_contain_text("This badge was not made by this service.")
    await expect(page.locator("#door-flag-list li")).to_have_count(1)
    assert await faults(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


async def test_a_photographed_badge_is_stopped_at_the_other_door_and_both_are_told(meeting):
    at = meeting.service
    await second_steward(at)
    kenya = await printed(at, "kenya")
    north, south = await door(meeting), await door(meeting, "other-steward")
    for page, name in ((north, "North"), (south, "South")):
        await page.get_by_label("Name of this door").fill(name)
        await wedge(page, kenya)
        if page is north:
            await expect(verdict(page)).to_contain_text("May enter")
    await expect(verdict(south)).to_contain_text("May not enter")
    await expect(verdict(south)).to_contain_text("at another door within a minute")
    await north.reload()
    for page in (north, south):
        await expect(page.locator("#door-flag-list li")).to_contain_text("Delegate of Kenya")
    await south.get_by_role("button", name="I have checked who it is").click()
    await expect(verdict(south)).to_contain_text("May enter")
    assert (await hall(at))["head_count"] == 1


BREAKS_OFF = """
() => {
  const real = window.fetch;
  const torn = { start: (body) => body.error(new TypeError("torn")) };
  window.fetch = async (where, how) => {
    if (!String(where).endsWith("/scans")) return real(where, how);
    return new Response(new ReadableStream(torn));
  };
}
"""


async def test_an_answer_that_breaks_off_is_none_and_the_list_decides(meeting):
    await print_all(meeting.service, "kenya")
    kenya = await printed(meeting.service, "kenya", "/reprint")
    page = await door(meeting)
    await page.evaluate(BREAKS_OFF)
    await wedge(page, kenya)
    await expect(verdict(page)).to_contain_text("By the list of")
    await expect(page.locator("#door-line")).to_contain_text("1 scan waits")


async def test_the_door_goes_on_without_the_network_and_the_fence_counts_rightly(meeting):
    at = meeting.service
    await print_all(at, "kenya", "brazil", "operator", "stakeholder", "university")
    kenya, brazil, operator, stakeholder = [
        await printed(at, key, "/reprint") for key in ("kenya", "brazil", "operator", "stakeholder")
    ]
    page = await door(meeting, by_wire=True, viewport=DESK)
    await wedge(page, kenya)
    await expect(page.locator("#door-count")).to_have_text("1")

    async with meeting.no_network(page):
        newer = await printed(at, "operator", "/reprint")
        university = await printed(at, "university", "/reprint")
        await wedge(page, brazil)
        await expect(page.locator("#door-line")).to_contain_text("No network since")
        await expect(page.locator("#door-line")).to_contain_text("cannot be checked")
        await expect(verdict(page)).to_contain_text("May enter")
        await expect(verdict(page)).to_contain_text("By the list of")
        await wedge(page, operator)  # its list does not know that another was printed
        await expect(verdict(page)).to_contain_text("Delegate of An operator")
        await expect(verdict(page)).to_contain_text("May enter")
        await wedge(page, university)  # newer than the list
        await expect(verdict(page)).to_contain_text("Could not be checked")
        await page.get_by_role("button", name="Let in, and check later").click()
        await expect(verdict(page)).to_contain_text("Let in unchecked")
        await wedge(page, stakeholder)
        await expect(verdict(page)).to_contain_text("The stakeholder")
        await wedge(page, stakeholder)
        await expect(verdict(page)).to_contain_text("Check who carries it")
        await page.get_by_role("button", name="Turn away").click()
        await wedge(page, kenya, "Out")
        await expect(verdict(page)).to_contain_text("Left")
        await expect(page.locator("#door-line")).to_contain_text("6 scans wait")
        await expect(page.locator("#door-queue li")).to_have_count(6)
        assert await faults(page) == []
        await page.reload()  # a tab that was thrown away comes back, and knows what it did
        await expect(page.locator("#door-line")).to_contain_text("6 scans wait")
        await expect(page.locator("#door-queue li").nth(4)).to_contain_text("turned away")
        await expect(page.locator("#door-count-of")).to_contain_text("is not in it")
        assert (await hall(at))["head_count"] == 1

    await expect(page.locator("#door-line")).to_be_hidden()
    await expect(page.locator("#door-count")).to_have_text("3")
    contested = page.locator("#door-flag-list li")
    await expect(contested).to_contain_text(["let in while the door had no network"])
    await expect(contested.first).to_contain_text("Another badge was printed in place of this one")
    await wedge(page, newer)
    await expect(page.locator("#door-count")).to_have_text("4")
    await page.reload()
    assert (await hall(at))["head_count"] == 4
    names = [each["name"] for each in (await hall(at))["flags"]]
    assert names == ["Delegate of An operator"]

    for gone in (stakeholder, university):
        await wedge(page, gone, "Out")
        await expect(verdict(page)).to_contain_text("Left")
    await expect(page.locator("#door-count")).to_have_text("2")
    async with at.attending("chair"):
        await close_open_part(at)
        await sign_off(at, head_count=int(await page.locator("#door-count").inner_text()))
        await opened(at)
    async with at.house.database.reading() as db:
        (certificate,) = await db.exec(select(Certificate))
    assert json.loads(certificate.text)["statement"]["hall"]["head_count"] == 2
    async with at.http("chair") as http:
        path = f"/api/v1/sittings/{at.world.sittings['second']}/attendance"
        there = {each["name"]: each["mode"] for each in (await http.get(path)).json()}
    assert there == {
        "Delegate of Brazil": "in_person",
        "Delegate of An operator": "in_person",
        "The chair": "in_person",
    }


async def test_scans_survive_a_reload_and_a_list_of_somebody_else_is_not_used(meeting):
    at = meeting.service
    brazil = await printed(at, "brazil")
    page = await door(meeting)
    await page.route("**/api/v1/**", lambda route: route.abort())
    await wedge(page, brazil)
    await expect(verdict(page)).to_contain_text("May enter")
    await page.evaluate(
        """() => {
          const name = Object.keys(localStorage).find((each) => each.startsWith("door-list:"));
          const kept = JSON.parse(localStorage.getItem(name));
          kept.text = kept.text.replace("Brazil", "Chile");
          localStorage.setItem(name, JSON.stringify(kept));
        }"""
    )
    await page.reload()
    await expect(page.locator("#door-line")).to_contain_text("1 scan waits")
    await expect(page.locator("#door-line")).to_contain_text(
        "is not the service's, and is not used"
    )
    await wedge(page, brazil)
    await expect(verdict(page)).to_contain_text("There is no list here: nothing can be checked.")
    await page.get_by_role("button", name="Turn away").click()
    assert (await hall(at))["head_count"] == 0
    await page.unroute("**/api/v1/**")
    await expect(page.locator("#door-line")).to_be_hidden()
    await expect(page.locator("#door-count")).to_have_text("1")


async def test_without_script_the_door_is_a_form(meeting):
    at = meeting.service
    path = f"/door/{at.world.sittings['first']}"
    page = await meeting.visit("steward", path, java_script_enabled=False)
    for _ in range(2):
        await page.get_by_label("Badge, or reference of a registration").fill(
            await reference(at, "kenya")
        )
        await page.get_by_role("button", name="Enter it").click()
        await expect(verdict(page)).to_contain_text("May enter")
    await expect(page.locator("#door-count")).to_have_text("1")
    await page.get_by_label("Badge, or reference of a registration").fill("NOBODY")
    await page.get_by_role("button", name="Enter it").click()
    await expect(verdict(page)).to_contain_text("May not enter")
    await expect(verdict(page)).to_contain_text("No confirmed registration")


async def test_a_camera_whose_browser_reads_no_codes_is_read_by_the_service(meeting, tmp_path):
    at = meeting.service
    film, drawn = tmp_path / "badge.mjpeg", BytesIO()
    segno.make_qr(await printed(at, "kenya")).save(drawn, kind="png", scale=12, border=8)
    with Image.open(drawn) as code:
        scene = Image.new("RGB", (640, 480), "#ddd")
        scene.paste(code.convert("RGB").resize((400, 400)), (120, 40))
    frame = BytesIO()
    scene.save(frame, "JPEG", quality=95)
    film.write_bytes(frame.getvalue() * 5)
    camera = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    shows = f"--use-file-for-fake-video-capture={film}"
    async with async_playwright() as playwright:
        found = chromium.of_machine() or playwright.chromium.executable_path
        browser = await playwright.chromium.launch(
            executable_path=found, args=[*chromium.FLAGS, *camera, shows]
        )
        visits = Visits(browser)
        own = Meeting(at, visits)
        page = await door(own, viewport=PHONE)
        assert await page.evaluate("globalThis.BarcodeDetector === undefined")
        await expect(page.locator("#door-camera")).to_contain_text("This needs the network.")
        await page.get_by_role("button", name="Use the camera").click()
        await expect(verdict(page)).to_contain_text("Delegate of Kenya")
        await page.get_by_role("button", name="Stop the camera").click()
        assert (visits.errors, (await hall(at))["head_count"]) == ([], 1)
        await browser.close()
