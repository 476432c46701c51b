"""A delegation on its way from a pasted list to the hall, in browsers, as those who do it see it.

Twelve are put forward by paste; one who registered alone is asked a question, one is rejected, one
delegate is replaced; the secretariat prints badges; the steward scans people in and out while the
network is cut in between; and the certificate of the fence counts the hall rightly.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Page, Response, expect
from sqlmodel import col, select

from app.models import Certificate, Person, Registration
from app.policy.registration import RegistrationState
from app.services import decisions, identity
from tests.browser.test_door_pages import door, verdict, wedge
from tests.browser.visitors import PHONE, Meeting, running
from tests.conftest import Visits
from tests.live.test_badges import printed
from tests.live.test_fence import close_open_part, opened, sign_off
from tests.pages.test_desk import of, people

ROWS = "".join(f"Delegate {n} of Kenya\td{n}@example.org\tAdviser\n" for n in range(1, 13))


@pytest.fixture
async def meeting(tmp_path: Path, new_page: Visits) -> AsyncGenerator[Meeting]:
    async with running(tmp_path, new_page) as started:
        await people(started.service)
        yield started


async def put_forward(meeting: Meeting) -> None:
    page = await meeting.visit("focal", "/delegation/register")
    await page.get_by_label("Rows").fill("Name\tMail address\tFunction\n" + ROWS)
    await page.get_by_role("button", name="Look at the list").click()
    await expect(page.get_by_text("12 people can be put forward.")).to_be_visible()
    await page.get_by_role("button", name="Put 12 people forward").click()
    await expect(page.get_by_text("12 people were put forward")).to_be_visible()
    await known(meeting, *(f"d{n}" for n in range(1, 13)))


async def known(meeting: Meeting, *keys: str) -> None:
    """They have opened the letter that asks them: the address is theirs."""
    async with meeting.service.house.database.writing() as db:
        for key in keys:
            person = await identity.by_email(db, f"{key}@example.org")
            assert person is not None
            person.verified_at = datetime.now(UTC)
            db.add(person)
            meeting.service.world.people[key] = person.id


async def all_confirm(meeting: Meeting) -> None:
    """The first on a phone; the others do the same."""
    first = await of(meeting.service, "d1")
    page = await meeting.visit("d1", f"/registrations/{first.reference}", viewport=PHONE)
    await page.get_by_role("button", name="Confirm: I take part").click()
    await expect(page.get_by_text("Your registration is confirmed.")).to_be_visible()
    async with meeting.service.house.database.writing() as db:
        query = select(Registration, Person).join(
            Person, col(Person.id) == col(Registration.person_id)
        )
        waiting = query.where(Registration.state == RegistrationState.NOMINATED)
        for row, person in (await db.exec(waiting)).all():
            await decisions.accept(
                db, row.id, version=row.version, by=person, now=datetime.now(UTC)
            )


async def one_is_asked(meeting: Meeting) -> None:
    path = f"/registrations/{(await of(meeting.service, 'first-applicant')).reference}"
    focal = await meeting.visit("focal", path)
    await focal.get_by_text("Ask the person something first").click()
    await focal.get_by_label("Your question").fill("Which ministry sends you?")
    await focal.get_by_role("button", name="Send the question").click()
    await expect(focal.get_by_text("Which ministry sends you?").first).to_be_visible()

    asked = await meeting.visit("first-applicant", path, viewport=PHONE)
    await expect(asked.get_by_text("Which ministry sends you?").first).to_be_visible()
    await asked.get_by_label("Your answer").fill("That of transport.")
    await asked.get_by_role("button", name="Send the answer").click()

    await focal.goto(meeting.service.url + "/delegation?q=first-applicant")
    await focal.get_by_role("button", name="Approve", exact=True).click()
    await expect(focal.get_by_text("1 registration was approved.")).to_be_visible()


async def one_is_rejected(meeting: Meeting) -> None:
    focal = await meeting.visit("focal", "/delegation?q=second-applicant")
    row = rows(focal).filter(has_text="second-applicant")
    await row.locator("summary").filter(has_text="Reject").click()
    await row.get_by_label("Why? The person will read it.").fill("The delegation is full.")
    await row.get_by_role("button", name="Reject", exact=True).click()
    await expect(focal.get_by_text("1 registration was rejected.")).to_be_visible()


def rows(page: Page):
    return page.locator("main li, main tr")


async def one_is_replaced(meeting: Meeting) -> None:
    focal = await meeting.visit(
        "focal", f"/registrations/{(await of(meeting.service, 'd2')).reference}"
    )
    await focal.get_by_text("Send another delegate in this place").click()
    await focal.get_by_label("Name").fill("Delegate sent instead")
    await focal.get_by_label("Mail address").fill("instead@example.org")
    await focal.get_by_role("button", name="Replace").click()
    await expect(focal.get_by_role("heading", name="Withdrawn")).to_be_visible()
    await expect(focal.get_by_text("Replaced by another delegate").first).to_be_visible()
    await known(meeting, "instead")


async def badges_are_printed(meeting: Meeting) -> None:
    desk = await meeting.visit("secretariat", "/desk/badges/twenty")
    papers: list[Response] = []
    desk.context.on("response", lambda each: papers.append(each))  # noqa: PLW0108 - a list has no such method to Playwright
    async with desk.expect_popup():
        await desk.get_by_role("button", name="who have no valid badge (PDF)").click()
    async with asyncio.timeout(30):
        while not any(each.url.endswith("/print") for each in papers):  # noqa: ASYNC110 - a window of its own has no event for it
            await asyncio.sleep(0.1)
    (paper,) = [each for each in papers if each.url.endswith("/print")]
    assert (paper.status, paper.headers["content-type"]) == (200, "application/pdf")


async def test_a_delegation_comes_from_a_paste_into_the_hall(meeting):
    at = meeting.service
    await put_forward(meeting)
    await all_confirm(meeting)
    await one_is_asked(meeting)
    await one_is_rejected(meeting)
    await one_is_replaced(meeting)
    states = [(await of(at, f"d{n}")).state for n in range(1, 13)]
    assert states == ["approved", "withdrawn", *["approved"] * 10]
    single = [(await of(at, key)).state for key in ("first-applicant", "second-applicant")]
    assert [*single, (await of(at, "instead")).state] == ["approved", "rejected", "approved"]
    await badges_are_printed(meeting)

    one, three, instead = [await printed(at, key, "/reprint") for key in ("d1", "d3", "instead")]
    page = await door(meeting, by_wire=True)
    await wedge(page, one)
    await expect(page.locator("#door-count")).to_have_text("1")
    async with meeting.no_network(page):
        await wedge(page, three)
        await expect(verdict(page)).to_contain_text("May enter")
        await wedge(page, instead)
        await expect(verdict(page)).to_contain_text("Delegate sent instead")
        await wedge(page, one, "Out")
        await expect(page.locator("#door-line")).to_contain_text("3 scans wait")
    await expect(page.locator("#door-line")).to_be_hidden()
    await expect(page.locator("#door-count")).to_have_text("2")

    async with at.attending("chair"):
        await close_open_part(at)
        await sign_off(at, head_count=int(await page.locator("#door-count").inner_text()))
        await opened(at)
    async with at.house.database.reading() as db:
        (certificate,) = await db.exec(select(Certificate))
    assert json.loads(certificate.text)["statement"]["hall"]["head_count"] == 2
