"""The whole way from the sign-in to the track on a phone over GPRS, without script."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, Request

from app.mail import tokens
from app.models import SignInLink
from tests.conftest import Visits
from tests.pages.test_portal import REGISTER, mine, people
from tests.world import Service, service, settings

MOST = 150_000  # bytes both ways, headers included
GPRS = {
    "offline": False,
    "latency": 500,
    "downloadThroughput": 50_000 / 8,
    "uploadThroughput": 20_000 / 8,
}
PATIENCE = 60_000.0


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        await people(running)
        yield running


async def link(house: Service) -> str:
    """The word of a letter's link; a letter costs the phone nothing here."""
    word, now = tokens.new_token(), datetime.now(UTC)
    async with house.house.database.writing() as db:
        made = SignInLink(
            person_id=house.world.people["newcomer"],
            digest=tokens.digest(word),
            onward=REGISTER,
            created_at=now,
            expires_at=now + timedelta(minutes=30),
        )
        db.add(made)
    return word


async def over_gprs(page: Page) -> list[Request]:
    """What the page asks for from now on, on a slow line."""
    line = await page.context.new_cdp_session(page)
    await line.send("Network.enable")
    await line.send("Network.emulateNetworkConditions", GPRS)
    page.set_default_timeout(PATIENCE)
    page.set_default_navigation_timeout(PATIENCE)
    asked: list[Request] = []
    page.on("requestfinished", lambda request: asked.append(request))  # noqa: PLW0108 - a bound method of a list cannot be marked by the library
    return asked


async def cost(asked: list[Request]) -> int:
    return sum([sum((await each.sizes()).values()) for each in asked])  # type: ignore[misc, arg-type]  # a TypedDict of numbers


async def test_registering_costs_a_slow_phone_less_than_150_kilobytes(
    house: Service, new_page: Visits
) -> None:
    page = await new_page(viewport=(360, 740), java_script_enabled=False, is_mobile=True)
    asked = await over_gprs(page)

    await page.goto(f"{house.url}/sign-in?onward={REGISTER}")
    await page.get_by_label("Mail address").fill("newcomer@example.org")
    await page.locator("main form button").first.click()
    await page.goto(f"{house.url}/sign-in/{await link(house)}")
    await page.locator("main form button").first.click()

    await page.get_by_label("I take part as a stakeholder").check()
    await page.get_by_label("The group that is nearest to yours").select_option("civil_society")
    await page.get_by_label("Organization").fill("An association")
    await page.get_by_label("Country").select_option("KE")
    await page.get_by_role("group", name="Open part").get_by_label("Remotely").check()
    await page.get_by_label("Something else").check()
    assert not await page.get_by_label("Which sign language?").is_visible()
    await page.get_by_label("What else do you need?").fill("A quiet room")
    passport = page.get_by_label("Passport number")
    assert not await passport.is_visible()
    await (
        page.get_by_role("group", name="Do you need a letter for a visa?")
        .get_by_label("Yes")
        .check()
    )
    await page.get_by_label("Name as in the passport").fill("A. Newcomer")
    await passport.fill("A1234567")
    await page.get_by_label("Passport valid until").fill("2031-03-31")
    await page.get_by_label("Date of birth").fill("1980-01-02")
    await page.get_by_role("button", name="Check your answers").click()
    await page.get_by_role("button", name="Send the registration").click()
    await page.get_by_role("heading", level=1, name="Confirmed").wait_for()

    await page.wait_for_load_state("networkidle")

    row = await mine(house)
    assert row is not None
    assert {urlsplit(each.url).path for each in asked} >= {
        "/sign-in",
        REGISTER,
        f"/registrations/{row.reference}",
    }
    assert await cost(asked) < MOST
