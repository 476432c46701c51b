"""The desk: what waits, decided one by one or together, by hand or by key."""

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from httpx2 import Response
from sqlmodel import col, select

from app.database import load
from app.models import Letter, Person, Registration
from app.policy.letters import LetterKind
from app.policy.people import Capacity
from app.policy.registration import Claim, Mode, RegistrationState
from app.services import claims, entities, registration
from tests.conftest import Visits
from tests.pages.reading import form, login, reading, said
from tests.world import Service, add_person, service, settings

FOCAL, SECRETARIAT = "/desk/focal-point", "/desk/secretariat"
NOBODY = UUID(int=1)
APPLICANTS = ("first-applicant", "second-applicant", "third-applicant")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    """Three claims for Kenya, which has a focal point, and one for Brazil, which has none."""
    async with service(settings(tmp_path)) as running:
        await people(running)
        yield running


async def people(running: Service) -> None:
    now, world = datetime.now(UTC), running.world
    async with running.house.database.writing() as db:
        for key in (*APPLICANTS, "of-brazil", "focal"):
            await add_person(db, world, key, now, registered=False)
        focal = await load(db, Person, world.people["focal"])
        await entities.designate(db, world.entities["kenya"], focal, now.date(), by=None, now=now)
    for key in APPLICANTS:
        await claim(running, key, "kenya")
    await claim(running, "of-brazil", "brazil")


async def claim(running: Service, key: str, entity: str) -> None:
    world = running.world
    said_ = Claim(
        Capacity.DELEGATE,
        world.entities[entity],
        None,
        f"The {key}",
        "",
        "",
        "Adviser",
        ((world.sittings["first"], Mode.REMOTE),),
    )
    async with running.house.database.writing() as db:
        person = await load(db, Person, world.people[key])
        await claims.submit(db, world.meeting_id, said_, by=person, now=datetime.now(UTC))


async def of(house: Service, key: str) -> Registration:
    async with house.house.database.reading() as db:
        person = await load(db, Person, house.world.people[key])
        found = await registration.mine(db, person, house.world.meeting_id)
    assert found is not None
    return found


async def states(house: Service) -> list[RegistrationState]:
    return [(await of(house, key)).state for key in APPLICANTS]


async def pick(house: Service, key: str) -> str:
    found = await of(house, key)
    return f"{found.id}:{found.version}"


async def send(house: Service, path: str, as_: str, **fields: str | Sequence[str]) -> Response:
    """A form of the desk, sent by somebody."""
    async with reading(house, as_) as client:
        page = await client.get(path)
        token = dict(form(page, path).fields)["csrf"]
        return await client.post(path, data={"csrf": token, **fields})


async def shown(house: Service, path: str, as_: str) -> Response:
    async with reading(house, as_) as client:
        return await client.get(path)


async def test_the_letter_leads_to_the_desk_where_the_claim_waits(house):
    async with house.house.database.reading() as db:
        query = select(Letter, Person).join(Person, col(Person.id) == Letter.person_id)
        found = (await db.exec(query.where(Letter.kind == LetterKind.TO_DECIDE))).all()

    led = {(person.email.partition("@")[0], letter.facts["link"]) for letter, person in found}

    assert led == {("focal", FOCAL), ("secretariat", SECRETARIAT)}
    assert "The first-applicant" in said(await shown(house, FOCAL, "focal"))
    assert "The of-brazil" in said(await shown(house, SECRETARIAT, "secretariat"))


async def test_each_desk_shows_what_waits_for_it_and_nothing_else(house: Service) -> None:
    focal = said(await shown(house, FOCAL, "focal"))
    secretariat = said(await shown(house, SECRETARIAT, "secretariat"))
    assert "You are the focal point of Kenya" in focal
    assert [key for key in (*APPLICANTS, "of-brazil") if f"The {key}" in focal] == [*APPLICANTS]
    assert "The of-brazil" in secretariat
    assert "The first-applicant" not in secretariat
    assert "Acknowledged, not yet confirmed 4" in secretariat
    assert "Confirmed 6" in secretariat


async def test_desks_are_for_those_who_have_one(house: Service) -> None:
    nobody = await shown(house, FOCAL, "stakeholder")
    assert "You are the focal point of no body" in said(nobody)
    assert (await shown(house, SECRETARIAT, "stakeholder")).status_code == 404
    assert (await shown(house, SECRETARIAT, "focal")).status_code == 404
    async with reading(house) as client:
        assert (await client.get(FOCAL)).headers["location"] == f"/sign-in?onward={FOCAL}"


async def test_a_focal_point_approves_one(house: Service) -> None:
    done = await send(house, FOCAL, "focal", approve=await pick(house, "first-applicant"))
    assert done.headers["location"].startswith(f"{FOCAL}?approved=1&rejected=0&batch=")
    assert await states(house) == ["approved", "submitted", "submitted"]
    after = await shown(house, done.headers["location"], "focal")
    assert "1 registration was approved." in said(after)
    assert "The first-applicant" not in said(after)


async def test_a_rejection_takes_a_reason(house: Service) -> None:
    found = await pick(house, "first-applicant")
    key = found.partition(":")[0]
    without = await send(house, FOCAL, "focal", reject=found)
    assert (without.status_code, (await states(house))[0]) == (409, "submitted")
    assert "Say why you reject it" in said(without)
    reason = {f"reason-{key}": "The delegation is full."}
    done = await send(house, FOCAL, "focal", reject=found, **reason)
    rejected = await of(house, "first-applicant")
    assert done.status_code == 303
    assert (rejected.state, rejected.reason) == ("rejected", "The delegation is full.")


async def test_a_reason_that_is_refused_is_not_lost(house: Service) -> None:
    found = await pick(house, "first-applicant")
    reason = {f"reason-{found.partition(':')[0]}": "<b>Full</b> delegation"}
    page = await send(house, FOCAL, "focal", reject=found, **reason)
    assert "Write it as plain text" in said(page)
    assert dict(form(page, FOCAL).fields)[next(iter(reason))] == "<b>Full</b> delegation"


async def test_marked_rows_are_decided_together(house: Service) -> None:
    picks = [await pick(house, key) for key in APPLICANTS[:2]]
    done = await send(house, FOCAL, "focal", **{"pick": picks, "approve-marked": "yes"})
    assert done.headers["location"].startswith(f"{FOCAL}?approved=2&rejected=0&batch=")
    assert await states(house) == ["approved", "approved", "submitted"]


async def test_marked_rows_are_rejected_for_one_reason(house: Service) -> None:
    picks = [await pick(house, key) for key in APPLICANTS[1:]]
    fields: dict[str, str | Sequence[str]] = {
        "pick": picks,
        "reject-marked": "yes",
        "reason": "Full.",
    }
    await send(house, FOCAL, "focal", **fields)
    assert await states(house) == ["submitted", "rejected", "rejected"]


async def test_a_row_that_changed_meanwhile_is_told_and_the_others_are_decided(
    house: Service,
) -> None:
    picks = [await pick(house, key) for key in APPLICANTS[:2]]
    stale = picks[0].replace(":1", ":7")
    done = await send(house, FOCAL, "focal", **{"pick": [stale, picks[1]], "approve-marked": "y"})
    words = said(done)
    assert done.status_code == 409
    assert "1 decision was not taken" in words
    assert "It was changed meanwhile. Look at it again, then decide." in words
    assert "1 registration was approved." in words
    assert await states(house) == ["submitted", "approved", "submitted"]


async def test_two_approvals_at_once_are_one(house: Service) -> None:
    found = await pick(house, "first-applicant")
    await send(house, FOCAL, "focal", approve=found)
    late = await send(house, FOCAL, "focal", approve=found)
    assert late.status_code == 409
    assert "The focal has approved it already, at " in said(late)


async def test_nobody_decides_what_is_not_theirs(house: Service) -> None:
    of_brazil = await pick(house, "of-brazil")
    of_kenya = await pick(house, "first-applicant")
    by_focal = await send(house, FOCAL, "focal", approve=of_brazil)
    by_secretariat = await send(house, SECRETARIAT, "secretariat", approve=of_kenya)
    assert (by_focal.status_code, by_secretariat.status_code) == (409, 409)
    assert "It is not yours to decide any more." in said(by_focal)
    assert (await of(house, "of-brazil")).state is RegistrationState.SUBMITTED
    assert (await states(house))[0] is RegistrationState.SUBMITTED


@pytest.mark.parametrize("value", ["", "nonsense", f"{NOBODY}:1", f"{NOBODY}:x", ":"])
async def test_a_row_that_is_none_is_refused(house: Service, value: str) -> None:
    done = await send(house, FOCAL, "focal", approve=value)
    assert done.status_code == 409
    assert "It is not yours to decide any more." in said(done)


async def test_the_secretariat_decides_for_bodies_without_a_focal_point(house: Service) -> None:
    done = await send(house, SECRETARIAT, "secretariat", approve=await pick(house, "of-brazil"))
    assert done.headers["location"].startswith(f"{SECRETARIAT}?approved=1&rejected=0&batch=")
    assert (await of(house, "of-brazil")).state is RegistrationState.APPROVED


async def test_the_form_of_another_site_decides_nothing(house: Service) -> None:
    async with reading(house, "focal") as client:
        done = await client.post(FOCAL, data={"approve": await pick(house, "first-applicant")})
    assert done.status_code == 403
    assert (await states(house))[0] is RegistrationState.SUBMITTED


async def test_the_list_is_worked_by_keys_alone(house: Service, new_page: Visits) -> None:
    page = await new_page()
    cookie = {"name": "cwg_login", "value": await login(house, "focal"), "url": house.url}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]  # its TypedDict is open
    await page.goto(f"{house.url}{FOCAL}")
    assert await page.get_by_text("Keys, while the list has the focus").is_visible()
    await page.get_by_role("checkbox", name="The first-applicant").focus()
    await page.keyboard.press("j")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("k")
    await page.keyboard.press("a")
    await page.get_by_text("1 registration was approved.").wait_for()
    await page.wait_for_load_state()  # and with it the script that hears the keys
    assert await states(house) == ["submitted", "approved", "submitted"]
    await page.get_by_role("checkbox", name="The third-applicant").focus()
    await page.keyboard.press("r")
    await page.keyboard.type("a reason with j and a")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.get_by_text("1 registration was rejected.").wait_for()
    assert (await of(house, "third-applicant")).reason == "a reason with j and a"


async def test_marked_rows_are_approved_by_one_key(house: Service, new_page: Visits) -> None:
    page = await new_page()
    cookie = {"name": "cwg_login", "value": await login(house, "focal"), "url": house.url}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]  # its TypedDict is open
    await page.goto(f"{house.url}{FOCAL}")
    await page.get_by_role("checkbox", name="The first-applicant").focus()
    for key in ("x", "j", "j", "x", "a"):
        await page.keyboard.press(key)
    await page.get_by_text("2 registrations were approved.").wait_for()
    assert await states(house) == ["approved", "submitted", "approved"]


async def test_keys_do_nothing_outside_of_the_list(house: Service, new_page: Visits) -> None:
    page = await new_page()
    cookie = {"name": "cwg_login", "value": await login(house, "focal"), "url": house.url}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]  # its TypedDict is open
    await page.goto(f"{house.url}{FOCAL}")
    await page.keyboard.press("a")
    await page.get_by_role("checkbox", name="The first-applicant").focus()
    await page.keyboard.press("Control+a")
    assert await states(house) == ["submitted", "submitted", "submitted"]


@pytest.mark.parametrize("language", ["en", "ar-XB"])
async def test_the_desks_are_accessible_and_fit_a_phone(
    house: Service, new_page: Visits, language: str
) -> None:
    faults: dict[str, object] = {}
    for key, path in (("focal", FOCAL), ("secretariat", SECRETARIAT), ("chair", FOCAL)):
        page = await new_page(viewport=(360, 740))
        cookie = {"name": "cwg_login", "value": await login(house, key), "url": house.url}
        await page.context.add_cookies([cookie])  # type: ignore[list-item]  # its TypedDict is open
        await page.goto(f"{house.url}{path}?lang={language}")
        await page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        found = await Axe().run(page)
        too_wide = await page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        if found.response["violations"] or too_wide:
            faults[path] = found.generate_report() if found.response["violations"] else "too wide"
    assert faults == {}
