"""The whole play in browsers: people register, the open part is held, members go on."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.async_api import Page, expect

from app import demo, schema
from app.database import Database
from app.live.serving import running
from app.main import create_app
from app.settings import Settings
from tests.world import settings

CHROME_MS = 30_000
OPERATOR = "Ethiopia: telecommunications operator"
expect.set_options(timeout=CHROME_MS)


class Stage:
    """A running demo, and ways to sign people in as they would."""

    def __init__(self, url: str, sittings: dict[str, str]) -> None:
        self.url = url
        self.sittings = sittings

    async def as_role(self, page: Page, role: str) -> None:
        """The demo's role page: one button a role."""
        await page.goto(f"{self.url}/demo")
        async with page.expect_navigation():
            await page.locator(f'form[action$="/demo/sign-in/{role}"] button').last.click()

    async def by_mail(self, page: Page, email: str) -> None:
        """The real way: ask for a link, read the letter, press the button."""
        await page.goto(f"{self.url}/sign-in?onward=/meetings/{demo.SLUG}/register")
        await page.get_by_label("Mail address").fill(email)
        await page.get_by_role("button", name="Send me a link").click()
        link = await self._link_to(page, email)
        await page.goto(link)
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await page.wait_for_url(re.compile("/register"))

    async def _link_to(self, page: Page, email: str) -> str:
        """The newest letter to this address in the outbox, once it has been rendered."""
        async with asyncio.timeout(10):
            while True:
                await page.goto(f"{self.url}/demo/outbox")
                letter = page.get_by_role("link").filter(has_text=email).first
                row = page.locator("li, tr").filter(has_text=email).get_by_role("link").first
                found = letter if await letter.count() else row
                if await found.count():
                    await found.click()
                    text = await page.content()
                    if link := re.search(rf"{self.url}/sign-in/[\w.\-~]+", text):
                        return link[0]
                await asyncio.sleep(0.1)

    async def register(self, page: Page, **answers: Any) -> str:
        """Fill the form, check the answers, send; the reference on the track page."""
        if entity := answers.get("entity"):
            await page.locator('[name="represents"][value="entity"]').check()
            await page.locator('[name="q"]').fill(entity)
            await page.locator(".matches-list").get_by_label(entity).first.check()
        else:
            await page.locator('[name="represents"][value="stakeholder"]').check()
            await page.locator('[name="group"]').select_option("civil_society")
            await page.locator('[name="organization"]').fill(answers["organization"])
            await page.locator('[name="country"]').select_option("CH")
        await page.locator('[name="name"]').fill(answers["name"])
        for remote in await page.locator('[name^="mode-"][value="remote"]').all():
            if await remote.is_visible():
                await remote.check()
        await page.get_by_role("button", name="Check your answers").click()
        await page.locator('button[name="step"][value="send"]').click()
        await page.wait_for_url(re.compile(r"/registrations/"))
        return page.url.rsplit("/", 1)[-1].partition("?")[0]

    async def approve(self, page: Page, role: str, name: str) -> None:
        """Someone who decides finds the claim on their desk, and confirms it."""
        await self.as_role(page, role)
        await page.goto(f"{self.url}/desk/{role}")
        row = page.locator("[data-row]").filter(has_text=name)
        await row.get_by_role("button", name="Approve").click()
        await expect(row).to_have_count(0)

    async def enter(self, page: Page) -> None:
        await page.goto(f"{self.url}/room/{self.sittings['first_half']}")
        await page.locator("#enter").click()
        await expect(page.locator("#state")).to_contain_text("The list is closed")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    given: Settings = settings(tmp_path, demo=True)
    database = Database(given.database)
    await schema.upgrade(database.engine)
    await demo.build(database, given)
    await database.close()
    async with running(create_app(given), port=given.port) as url, AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx2.AsyncClient(base_url=url, timeout=30))
        told = (await http.get(f"/api/v1/meetings/{demo.SLUG}")).json()
        yield Stage(url, {each["part"]: each["id"] for each in told["sittings"]})


async def test_a_split_meeting_runs_from_end_to_end(
    stage: Stage, new_page: Any, tmp_path: Path
) -> None:
    delegate, member, outsider = [await new_page() for _ in range(3)]
    focal, office, chair, steward = [await new_page() for _ in range(4)]

    # Three people of different standing register.
    await stage.by_mail(delegate, "delegate@kenya.example")
    await stage.register(delegate, entity="Kenya", name="Third delegate of Kenya")
    await expect(delegate.locator("main")).to_contain_text("not a confirmation")
    await stage.by_mail(outsider, "someone@association.example")
    await stage.register(outsider, organization="An association", name="Member of an association")
    await expect(outsider.locator("main")).to_contain_text(re.compile("confirmed", re.IGNORECASE))
    await stage.by_mail(member, "delegate@operator.example")
    await stage.register(member, entity=OPERATOR, name="Delegate of an operator")
    await expect(member.locator("main")).to_contain_text("not a confirmation")

    # The entity's focal point approves, the secretariat where there is none; the stakeholder's
    # registration was confirmed at once.
    await stage.approve(focal, "focal-point", "Third delegate of Kenya")
    await stage.approve(office, "secretariat", "Delegate of an operator")
    for page in (delegate, member):
        await page.reload()
        await expect(page.locator("main")).not_to_contain_text("not a confirmation")

    # All enter the open part and ask for the floor; the console gives it, by keyboard.
    for page in (delegate, member, outsider):
        await stage.enter(page)
    await stage.as_role(chair, "chair")
    await chair.goto(f"{stage.url}/console/{stage.sittings['first_half']}")
    await expect(chair.locator("#line-text")).to_have_text("Connected")
    await chair.keyboard.press("l")
    for page in (outsider, delegate, member):
        await expect(page.locator("#list-state")).to_contain_text("Open")
        await page.keyboard.press("h")
        await expect(page.locator("#state")).to_contain_text(re.compile("Get ready|You are"))
    await expect(chair.locator("#main")).to_contain_text("List of speakers (3)")
    await chair.keyboard.press("n")
    await chair.keyboard.press("Space")
    await expect(outsider.locator("#state")).to_contain_text("You have the floor")
    await chair.keyboard.press("e")

    # The fence closes: the stakeholder is shown out by the clause; the delegate waits and goes on.
    await chair.get_by_role("button", name="Prepare members' part").click()
    await expect(chair.locator("#leave-title")).to_contain_text("1 person leaves")
    await chair.locator("#typed-text").fill("CLOSE")
    await chair.locator("#typed-text").press("Enter")
    await expect(outsider.locator("#farewell")).to_contain_text("resolves 6")
    await stage.as_role(steward, "steward")
    await steward.goto(f"{stage.url}/desk/hall/{stage.sittings['first_half']}")
    await steward.get_by_label("How many people are in the hall now?").fill("12")
    await steward.get_by_role("button", name=re.compile("^Sign:")).click()
    for page in (delegate, member):
        await page.locator("#state").get_by_text("Nobody else can hear or see this").click()
        await expect(page.locator("#state")).to_contain_text("The list is closed")
    await outsider.goto(f"{stage.url}/room/{stage.sittings['second_half']}")
    await expect(outsider.locator("main")).to_contain_text("resolves 6")
    await expect(outsider.locator("#enter")).to_be_hidden()

    # The certificate verifies offline, against the fingerprint at the foot of the portal's pages.
    link = chair.locator("#fence-certificate")
    await expect(link).to_be_visible()
    fence_id = str(await link.get_attribute("href")).rsplit("/", 1)[-1]
    await outsider.goto(f"{stage.url}/certificates/{fence_id}")
    key = str(await outsider.locator("footer .fingerprint").text_content())
    async with httpx2.AsyncClient(base_url=stage.url, timeout=30) as http:
        text = (await http.get(f"/api/v1/certificates/{fence_id}")).text
    file = tmp_path / "certificate.json"
    file.write_text(text, encoding="utf-8")
    verified = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.cli", "verify", str(file), "--key", key)
    )
    assert await verified.wait() == 0
    statement = json.loads(text)["statement"]
    assert [each["reason"] for each in statement["moved"]] == ["not-named"]
    assert sorted(each["category"] for each in statement["stayed"]) == [
        "member_state",
        "sector_member",
    ]
    assert statement["hall"] == {"signed": True, "head_count": 12, "reason": ""}
