"""The portal as people meet it: what they may attend and why, registering, following."""

import json
import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from httpx2 import AsyncClient, Response
from playwright.async_api import Page, Request
from sqlmodel import select

from app.database import load
from app.models import AgendaItem, Certificate, Fence, Meeting, Person, Registration, Sitting
from app.pages.portal.claims import MOST
from app.policy.fence import FenceState
from app.policy.registration import RegistrationState
from app.policy.sitting import SittingState
from app.services import decisions, entities, places, registration
from tests.conftest import Visits
from tests.pages.reading import form, login, reading, said
from tests.world import Service, add_person, service, settings

REGISTER = "/meetings/twenty/register"
LIMIT = 50_000


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        await people(running)
        yield running


async def people(running: Service) -> None:
    """An agenda, someone without a registration, and a focal point of Kenya."""
    now = datetime.now(UTC)
    async with running.house.database.writing() as db:
        for number, name in ((1, "first"), (2, "second")):
            item = AgendaItem(
                meeting_id=running.world.meeting_id,
                sitting_id=running.world.sittings[name],
                number=number,
                title=f"Matter of the {name} half",
            )
            db.add(item)
        await add_person(db, running.world, "newcomer", now, registered=False)
        await add_person(db, running.world, "focal", now, registered=False)
        focal = await load(db, Person, running.world.people["focal"])
        kenya = running.world.entities["kenya"]
        await entities.designate(db, kenya, focal, now.date(), by=None, now=now)


async def get(house: Service, path: str, key: str | None = None) -> Response:
    async with reading(house, key) as client:
        return await client.get(path)


async def typed(client: AsyncClient, **answers: str) -> Response:
    """The first page of the form, filled in and sent to be checked."""
    blank = form(await client.get(REGISTER), REGISTER)
    return await client.post(REGISTER, data=blank.filled(step="check", **answers))


async def sent(client: AsyncClient, checked: Response) -> Response:
    """The answers that were checked, sent."""
    return await client.post(REGISTER, data=form(checked, REGISTER).filled(step="send"))


def stakeholder(house: Service, **more: str) -> dict[str, str]:
    return {
        "represents": "stakeholder",
        "group": "civil_society",
        "organization": "An association",
        "country": "KE",
        "name": "The newcomer",
        f"mode-{house.world.sittings['first']}": "remote",
        **more,
    }


def of_kenya(house: Service, **more: str) -> dict[str, str]:
    return {
        "represents": "entity",
        "q": "Kenya",
        "name": "The newcomer",
        f"mode-{house.world.sittings['first']}": "in_person",
        f"mode-{house.world.sittings['second']}": "in_person",
        **more,
    }


async def mine(house: Service, key: str = "newcomer") -> Registration | None:
    async with house.house.database.reading() as db:
        person = await load(db, Person, house.world.people[key])
        return await registration.mine(db, person, house.world.meeting_id)


# What one may attend.


@pytest.mark.parametrize(
    ("key", "open_part", "members_part"),
    [
        (None, "Sign in and register to attend", "Only for those who represent a member"),
        ("newcomer", "Register to attend", "You may not attend as a stakeholder"),
        ("stakeholder", "You may attend", "You may not attend as a stakeholder"),
        ("university", "You may attend", "You may not attend"),
        ("kenya", "You may attend", "You may attend when it opens"),
        ("startup", "You may attend", "You may attend when it opens"),
        ("chair", "You may attend", "You may attend"),
    ],
)
async def test_the_strip_tells_everyone_what_they_may_attend(
    house: Service, key: str | None, open_part: str, members_part: str
) -> None:
    page = await get(house, "/", key)
    verdicts = re.findall(r'class="verdict".*?<span>([^<]+)</span></span>', page.text)
    assert verdicts == [open_part, members_part]


async def test_why_is_answered_on_the_home_page_without_script(house: Service) -> None:
    words = said(await get(house, "/", "stakeholder"))
    assert "resolves 6 does not name this category: stakeholder." in words
    assert "eur-44a4-2022" in words
    assert "Named here: Member States, Sector Members, Associates" in words
    assert "You have this right in: Open consultation and Open part" in words


async def test_the_room_is_offered_to_those_who_may_enter_it_now(house: Service) -> None:
    room = f"/room/{house.world.sittings['first']}"
    assert room in (await get(house, "/", "stakeholder")).text
    assert room not in (await get(house, "/")).text


async def test_those_who_serve_find_their_console_and_their_desk(house: Service) -> None:
    chair, steward = await get(house, "/", "chair"), await get(house, "/", "steward")
    focal, secretariat = await get(house, "/", "focal"), await get(house, "/", "secretariat")
    assert "/console/" in chair.text
    assert "/desk/hall/" in steward.text
    assert "/desk/focal-point" in focal.text
    assert "/desk/secretariat" in secretariat.text
    assert "/desk/" not in chair.text


async def test_a_house_without_meetings_says_so(house: Service) -> None:
    async with house.house.database.writing() as db:
        for sitting in await db.exec(select(Sitting)):
            sitting.state = SittingState.CLOSED
            db.add(sitting)
    words = said(await get(house, "/"))
    assert "No meeting is planned" in words
    assert "Meetings that are over" in words


async def test_the_meeting_shows_its_agenda_its_boundary_and_its_rule(house: Service) -> None:
    words = said(await get(house, "/meetings/twenty"))
    async with house.house.database.reading() as db:
        digest = (await load(db, Meeting, house.world.meeting_id)).edition_digest
    assert "Matter of the first half" in words
    assert "nearest to half of the scheduled minutes: 120 before, 120 after" in words
    assert digest in words


async def test_members_matters_are_told_to_members_alone(house: Service) -> None:
    for key in (None, "newcomer", "stakeholder", "university"):
        page = await get(house, "/meetings/twenty", key)
        assert "Matter of the second half" not in page.text
        assert "The second half" not in page.text
        assert "Members only, because resolves 6 keeps this part for" in said(page)
    assert "Matter of the second half" in (await get(house, "/meetings/twenty", "kenya")).text


async def test_a_meeting_that_is_not_there_is_not_found(house: Service) -> None:
    assert (await get(house, "/meetings/nowhere")).status_code == 404
    assert (await get(house, f"/sittings/{uuid4()}/why")).status_code == 404
    assert (await get(house, f"/certificates/{uuid4()}")).status_code == 404


async def test_every_right_is_answered_with_its_clause(house: Service) -> None:
    page = await get(house, f"/sittings/{house.world.sittings['second']}/why", "operator")
    words = said(page)
    assert "You may attend when it opens" in words
    assert "It opens when the chair has closed the open part; no clock opens it." in words
    assert "File a contribution Yes" in words
    assert "Take part in decisions No" in words
    assert "Entity: An operator" in words


async def test_the_preview_is_the_rule_and_says_so(house: Service) -> None:
    why = f"/sittings/{house.world.sittings['second']}/why"
    as_academia = said(await get(house, f"{why}?as=academia", "kenya"))
    assert "Preview of the rule: Academia" in as_academia
    assert "You may not attend" in as_academia
    assert "Kenya" not in as_academia.replace("Delegate of Kenya", "")
    assert "Preview" not in said(await get(house, f"{why}?as=nobody")).split("What the rule")[0]


# The rule.


async def test_the_rule_is_a_table_for_everyone(house: Service) -> None:
    words = said(await get(house, "/rule"))
    assert "Proposal EUR/44A4/1 to revise Resolution 102" in words
    assert "Raise a point of order yes no no no no no no no no A5" in words
    assert "Attend yes yes yes no as observer no no no no resolves 6, Res. 99" in words


async def test_two_editions_are_compared(house: Service) -> None:
    page = await get(house, "/rule?edition=bucharest-2022&with=eur-44a4-2022")
    assert "What changes from bucharest-2022 to eur-44a4-2022" in said(page)
    same = await get(house, "/rule?edition=dubai-2018&with=dubai-2018")
    assert "Nothing changes for anyone." in said(same)


async def test_a_meeting_shows_the_text_that_it_pinned(house: Service) -> None:
    async with house.house.database.writing() as db:
        meeting = await load(db, Meeting, house.world.meeting_id)
        meeting.edition_text = meeting.edition_text.replace("Proposal EUR", "The old text of EUR")
        db.add(meeting)
    assert "The old text of EUR" in said(await get(house, "/rule?meeting=twenty"))
    assert (await get(house, "/rule?edition=doha-2026")).status_code == 404


# Registering.


async def test_someone_unknown_signs_in_first_and_comes_back(house: Service) -> None:
    page = await get(house, REGISTER)
    assert page.status_code == 303
    assert page.headers["location"] == f"/sign-in?onward={REGISTER}"


async def test_a_stakeholder_is_confirmed_at_once(house: Service) -> None:
    async with reading(house, "newcomer") as client:
        checked = await typed(client, **stakeholder(house))
        assert "You are confirmed at once" in said(checked)
        done = await sent(client, checked)
        track = await client.get(done.headers["location"])
    found = await mine(house)
    assert found is not None
    assert (done.status_code, found.state) == (303, RegistrationState.APPROVED)
    assert done.headers["location"] == f"/registrations/{found.reference}"
    assert "Your registration is confirmed." in said(track)
    assert found.reference in said(track)


async def test_a_claim_is_acknowledged_and_waits_for_its_focal_point(house: Service) -> None:
    async with reading(house, "newcomer") as client:
        checked = await typed(client, **of_kenya(house))
        assert "Kenya (Member State)" in said(checked)
        assert "It goes to the focal point of the body" in said(checked)
        done = await sent(client, checked)
        track = said(await client.get(done.headers["location"]))
    assert "This is an acknowledgement, not a confirmation" in track
    assert "Your focal point · since" in track
    assert "The focal" in track
    async with reading(house, "focal") as client:
        theirs = said(await client.get(done.headers["location"]))
    assert "Focal point · since" in theirs
    assert "The person will be told by mail." in theirs
    assert not any(each in theirs for each in ("You registered", "Your focal", "You will"))


async def test_a_body_without_a_focal_point_goes_to_the_secretariat(house: Service) -> None:
    async with reading(house, "newcomer") as client:
        checked = await typed(client, **of_kenya(house, q="Brazil"))
        assert "so the secretariat decides" in said(checked)
        track = await client.get((await sent(client, checked)).headers["location"])
    assert "Secretariat · since" in said(track)


async def test_a_name_that_several_bodies_have_is_asked_about(house: Service) -> None:
    async with reading(house, "newcomer") as client:
        page = await typed(client, **of_kenya(house, q="a"))
        assert page.status_code == 422
        assert "Choose which of these you represent" in said(page)
        assert 'href="#f-q"' in page.text
        key = str(house.world.entities["operator"])
        data = form(page, REGISTER).filled(step="check", entity=key)
        checked = await client.post(REGISTER, data=data)
    assert "An operator (Sector Member)" in said(checked)


async def test_a_name_that_nobody_has_is_told(house: Service) -> None:
    async with reading(house, "newcomer") as client:
        page = await typed(client, **of_kenya(house, q="Atlantis"))
        found = await client.post(
            REGISTER, data=form(page, REGISTER).filled(step="find", q="brazil")
        )
    assert "No body of this name is in the membership record" in said(page)
    assert "Brazil Member State" in said(found)
    assert found.status_code == 200


async def test_what_was_typed_is_never_lost(house: Service) -> None:
    answers = stakeholder(house, name="", organization="<b>bold</b> & “own”", country="")
    async with reading(house, "newcomer") as client:
        page = await typed(client, **answers)
    kept = dict(form(page, REGISTER).fields)
    assert page.status_code == 422
    assert kept["organization"] == "<b>bold</b> & “own”"
    assert kept["group"] == "civil_society"
    assert kept[f"mode-{house.world.sittings['first']}"] == "remote"
    assert re.findall(r'href="#f-(\w+)"', page.text) == ["organization", "country", "name"]
    assert "Enter your name." in said(page)
    assert page.text.count("<title>Error:") == 1


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("name", "x" * 121, "This is too long."),
        ("name", "x" * (MOST + 5000), "This is too long."),
        ("name", "<script>alert(1)</script>", "Write it as plain text"),
        ("name", "Ken\u202eaynek", "turn the direction of writing"),
        ("job_title", "Dele\x00gate", "cannot be seen"),
        ("organization", "", "Enter your organization"),
        ("country", "XX", "Choose a country from the list."),
        ("group", "aliens", "Choose the group that is nearest to yours."),
        ("represents", "martians", "Choose whom you represent."),
    ],
)
async def test_bad_input_is_told_at_its_field(
    house: Service, field: str, text: str, sentence: str
) -> None:
    async with reading(house, "newcomer") as client:
        page = await typed(client, **(stakeholder(house) | {field: text}))
    assert page.status_code == 422
    assert sentence in said(page)
    assert f'href="#f-{field}"' in page.text
    assert "<script>alert" not in page.text
    assert await mine(house) is None


async def test_at_least_one_sitting_is_chosen(house: Service) -> None:
    first = f"mode-{house.world.sittings['first']}"
    async with reading(house, "newcomer") as client:
        page = await typed(client, **stakeholder(house, **{first: "none"}))
    assert "Choose at least one sitting" in said(page)
    assert f'href="#f-{first}"' in page.text


async def test_a_sitting_of_another_meeting_is_none_of_this_one(house: Service) -> None:
    async with reading(house, "newcomer") as client:
        page = await typed(client, **of_kenya(house, **{f"mode-{uuid4()}": "remote"}))
    assert page.status_code == 422


async def test_a_stakeholder_does_not_register_for_the_members_part(house: Service) -> None:
    second = f"mode-{house.world.sittings['second']}"
    async with reading(house, "newcomer") as client:
        await sent(client, await typed(client, **stakeholder(house, **{second: "in_person"})))
    found = await mine(house)
    assert found is not None
    async with house.house.database.reading() as db:
        assert list(await places.modes(db, found.id)) == [house.world.sittings["first"]]


async def test_the_form_of_another_site_does_nothing(house: Service) -> None:
    answers = stakeholder(house, step="send")
    async with reading(house, "newcomer") as client:
        without = await client.post(REGISTER, data=answers)
        foreign = form(await client.get(REGISTER), REGISTER).filled(**answers)
        from_there = await client.post(
            REGISTER, data=foreign, headers={"Origin": "https://elsewhere.example"}
        )
    assert (without.status_code, from_there.status_code) == (403, 403)
    assert await mine(house) is None


async def test_an_approved_claim_is_told_what_a_change_does(house: Service) -> None:
    async with reading(house, "kenya") as client:
        page = await client.get(REGISTER)
        assert "Your approval will be reset" in said(page)
        kept = form(page, REGISTER)
        changed = await client.post(REGISTER, data=kept.filled(step="check", job_title="Head"))
        assert "Your approval will be reset" in said(changed)
        await sent(client, changed)
    found = await mine(house, "kenya")
    assert found is not None
    assert (found.state, found.version) == (RegistrationState.SUBMITTED, 2)


async def test_two_windows_never_overwrite_each_other_unseen(house: Service) -> None:
    async with reading(house, "kenya") as client:
        one = form(await client.get(REGISTER), REGISTER)
        second = f"mode-{house.world.sittings['second']}"
        here = one.filled(step="check", job_title="Here", **{second: "in_person"})
        checked = await client.post(REGISTER, data=here)
        other = await client.post(REGISTER, data=one.filled(step="check", job_title="There"))
        await sent(client, other)
        late = await sent(client, checked)
        assert late.status_code == 409
        assert "Your registration was changed meanwhile" in said(late)
        assert "Job title There Here Members' part (2) Remotely In person" in said(late)
        again = form(late, REGISTER)
        assert dict(again.fields)["job_title"] == "Here"
        await sent(client, await client.post(REGISTER, data=again.filled(step="check")))
    found = await mine(house, "kenya")
    assert found is not None
    assert (found.job_title, found.version) == ("Here", 3)


async def test_registering_twice_from_two_windows_is_one_registration(house: Service) -> None:
    async with reading(house, "newcomer") as client:
        checked = await typed(client, **stakeholder(house))
        first, second = await sent(client, checked), await sent(client, checked)
    assert (first.status_code, second.status_code) == (303, 409)


async def test_answers_can_be_changed_before_they_are_sent(house: Service) -> None:
    async with reading(house, "newcomer") as client:
        checked = await typed(client, **stakeholder(house, job_title="Adviser"))
        back = await client.post(REGISTER, data=form(checked, REGISTER).filled(step="change"))
    assert dict(form(back, REGISTER).fields)["job_title"] == "Adviser"
    assert await mine(house) is None


async def test_a_meeting_that_is_over_takes_no_registration(house: Service) -> None:
    async with reading(house, "newcomer") as client:
        checked = await typed(client, **stakeholder(house))
        async with house.house.database.writing() as db:
            for sitting in await db.exec(select(Sitting)):
                sitting.state = SittingState.CLOSED
                db.add(sitting)
        done = await sent(client, checked)
    assert done.status_code == 409
    assert await mine(house) is None


async def test_the_search_answers_with_names_and_categories(house: Service) -> None:
    async with reading(house, "newcomer") as client:
        found = await client.get(f"{REGISTER}/entities", params={"q": "ken"})
        nothing = await client.get(f"{REGISTER}/entities", params={"q": " "})
    assert found.json() == [
        {"id": str(house.world.entities["kenya"]), "name": "Kenya", "category": "Member State"}
    ]
    assert nothing.json() == []
    assert (await get(house, f"{REGISTER}/entities?q=ken")).status_code == 303


# Following.


async def test_a_registration_is_nobody_elses_business(house: Service) -> None:
    found = await mine(house, "kenya")
    assert found is not None
    there = f"/registrations/{found.reference}"
    assert (await get(house, there, "kenya")).status_code == 200
    assert (await get(house, there, "focal")).status_code == 200
    assert (await get(house, there, "secretariat")).status_code == 200
    assert (await get(house, there, "stakeholder")).status_code == 404
    assert (await get(house, f"{there}/calendar.ics", "brazil")).status_code == 404
    assert "Yes, withdraw" not in (await get(house, there, "focal")).text


async def test_withdrawing_is_asked_for_twice_and_then_done(house: Service) -> None:
    found = await mine(house, "stakeholder")
    assert found is not None
    there = f"/registrations/{found.reference}"
    async with reading(house, "stakeholder") as client:
        page = await client.get(there)
        data = form(page, f"{there}/withdraw").filled()
        done = await client.post(f"{there}/withdraw", data=data)
        again = await client.post(f"{there}/withdraw", data=data)
        after = await client.get(there)
    assert (done.status_code, again.status_code) == (303, 409)
    assert "Register again" in said(after)
    assert "You may attend" not in said(await get(house, "/", "stakeholder"))


async def test_a_stale_page_withdraws_nothing(house: Service) -> None:
    found = await mine(house, "stakeholder")
    assert found is not None
    there = f"/registrations/{found.reference}"
    async with reading(house, "stakeholder") as client:
        data = form(await client.get(there), f"{there}/withdraw").filled(version="7")
        late = await client.post(f"{there}/withdraw", data=data)
    assert late.status_code == 409
    assert "Nothing was withdrawn." in said(late)
    kept = await mine(house, "stakeholder")
    assert kept is not None
    assert kept.state is RegistrationState.APPROVED


async def test_a_rejection_is_told_with_its_reason(house: Service) -> None:
    async with reading(house, "newcomer") as client:
        await sent(client, await typed(client, **of_kenya(house)))
        found = await mine(house)
        assert found is not None
        async with house.house.database.writing() as db:
            focal = await load(db, Person, house.world.people["focal"])
            now = datetime.now(UTC)
            await decisions.reject(
                db, found.id, version=1, reason="The delegation is full.", by=focal, now=now
            )
        track = said(await client.get(f"/registrations/{found.reference}"))
    assert "Your registration was rejected." in track
    assert "The delegation is full." in track
    assert "Correct it" in track


async def test_the_calendar_has_what_one_may_attend_and_nothing_else(house: Service) -> None:
    of_member, of_stakeholder = [
        (await get(house, f"/registrations/{found.reference}/calendar.ics", key)).text
        for key in ("kenya", "stakeholder")
        if (found := await mine(house, key))
    ]
    assert of_member.count("BEGIN:VEVENT") == 2
    assert of_stakeholder.count("BEGIN:VEVENT") == 1
    assert "SUMMARY:The twentieth meeting: Open part" in of_stakeholder
    assert "Members" not in of_stakeholder


# The certificate.


def statement(**more: Any) -> dict[str, Any]:
    at = datetime.now(UTC)
    times = ("frozen_at", "raised_at", "verified_at", "opened_at")
    return {
        "meeting": "The twentieth meeting",
        "edition": "eur-44a4-2022",
        "edition_digest": "d" * 64,
        **{name: (at + timedelta(seconds=n)).isoformat() for n, name in enumerate(times)},
        "epoch": 2,
        "stayed": [line("member_state", "category"), line("member_state", "category")],
        "in_service": [{"reference": "", "function": "chair", "clause": "service of the meeting"}],
        "moved": [line("stakeholder", "")],
        "sockets_closed": 1,
        "last_close_ms": 12.5,
        "processes": 1,
        "processes_lost": 0,
        "hall": {"signed": True, "head_count": 41, "reason": ""},
        "journal": {"events": 9, "digest": "e" * 64},
    } | more


def line(category: str, ground: str) -> dict[str, str]:
    return {
        "reference": "SECRET42",
        "category": category,
        "clause": "resolves 6",
        "reason": "named",
        "ground": ground,
    }


async def certified(house: Service, **more: Any) -> str:
    """The address of a certificate, as a fence leaves it."""
    now = datetime.now(UTC)
    keys = house.house.keys
    signature = {"algorithm": "Ed25519", "fingerprint": keys.fingerprint, "value": "c2lnbmVk"}
    async with house.house.database.writing() as db:
        fence = Fence(
            meeting_id=house.world.meeting_id,
            from_sitting_id=house.world.sittings["first"],
            to_sitting_id=house.world.sittings["second"],
            epoch=2,
            state=FenceState.OPENED,
            by_id=house.world.people["chair"],
            frozen_at=now,
            raised_at=now,
        )
        db.add(fence)
        await db.flush()
        text = json.dumps({"statement": statement(**more), "signature": signature})
        db.add(Certificate(fence_id=fence.id, text=text, issued_at=now))
        return f"/certificates/{fence.id}"


async def test_a_certificate_reads_without_names(house: Service) -> None:
    page = await get(house, await certified(house))
    words = said(page)
    assert "Member State resolves 6 category 2" in words
    assert "Other stakeholder resolves 6 – 1" in words
    assert "chair service of the meeting function 1" in words
    assert "41 heads were counted" in words
    assert house.house.keys.fingerprint in words
    assert "SECRET42" not in page.text
    assert "another key" not in words


async def test_a_certificate_tells_why_the_hall_was_not_signed(house: Service) -> None:
    hall = {"signed": False, "head_count": None, "reason": "No steward today."}
    assert "No steward today." in said(await get(house, await certified(house, hall=hall)))


# As a browser shows it.


async def first_load(page: Page, url: str) -> int:
    """What a page costs over the wire: everything that it asks for, as it is sent."""
    requests: list[Request] = []
    # A built-in method is no handler for Playwright, which marks those it is given.
    page.on("requestfinished", lambda request: requests.append(request))  # noqa: PLW0108
    await page.goto(url, wait_until="networkidle")
    sizes = [await request.sizes() for request in requests]
    return sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)


async def visited(house: Service, new_page: Visits, key: str | None, **more: Any) -> Page:
    page = await new_page(**more)
    if key is not None:
        cookie = {"name": "cwg_login", "value": await login(house, key), "url": house.url}
        await page.context.add_cookies([cookie])  # type: ignore[list-item]  # its TypedDict is open
    return page


async def pages_of(house: Service) -> list[tuple[str | None, str]]:
    """Every page of the portal, and someone who sees much on it."""
    found = await mine(house, "kenya")
    assert found is not None
    why = f"/sittings/{house.world.sittings['second']}/why"
    return [
        (None, "/"),
        ("kenya", "/"),
        ("chair", "/meetings/twenty"),
        (None, "/meetings/twenty"),
        ("newcomer", REGISTER),
        ("kenya", REGISTER),
        ("kenya", f"/registrations/{found.reference}"),
        ("secretariat", f"/desk/registrations/{found.reference}/answers"),
        ("secretariat", "/desk/forms/twenty"),
        ("secretariat", "/desk/forms/twenty/question?key=needs_signs"),
        ("newcomer", "/account/data"),
        (None, "/meetings/twenty/data"),
        (None, "/meetings/twenty/participants"),
        ("stakeholder", why),
        (None, "/rule?edition=bucharest-2022&with=eur-44a4-2022"),
        ("kenya", await spoken(house)),
        (None, await certified(house)),
    ]


async def spoken(house: Service) -> str:
    """A log of two speeches: one has ended, the other has the floor and has not begun."""
    async with house.attending("chair") as chair, house.attending("kenya") as kenya:
        await chair.wish("open-list")
        await kenya.wish("request-floor", topic="<i>Access</i>")
        for kind in ("give-floor", "start-speech", "end-speech"):
            assert (await chair.wish(kind))["ok"] is True
        await kenya.wish("request-floor", request="point_of_order")
        await chair.wish("give-floor")
    return f"/sittings/{house.world.sittings['first']}/speeches"


async def test_the_log_of_speeches_is_read_from_the_page_of_the_meeting(house: Service) -> None:
    path = f"/sittings/{house.world.sittings['first']}/speeches"
    assert f'href="{path}"' in (await get(house, "/meetings/twenty", "stakeholder")).text
    assert "Nobody has been given the floor yet." in said(await get(house, path, "stakeholder"))

    await spoken(house)
    text = said(await get(house, path, "stakeholder"))
    assert "Kenya Delegate of Kenya On: <i>Access</i> Member State · delegate" in text
    assert ("Has the floor now" in text, "Point of order" in text, "0:00" in text) == (True,) * 3


async def test_the_log_of_the_members_part_is_for_those_who_may_read_it(house: Service) -> None:
    path = f"/sittings/{house.world.sittings['second']}/speeches"
    async with house.house.database.writing() as db:
        (await load(db, Sitting, house.world.sittings["second"])).opened_at = datetime.now(UTC)

    page = await get(house, path, "stakeholder")
    assert (page.status_code, "resolves 6" in said(page)) == (403, True)
    assert (await get(house, path, "kenya")).status_code == 200
    shown = [path in (await get(house, "/meetings/twenty", key)).text for key in ("kenya", None)]
    assert shown == [True, False]


async def test_every_page_is_light_enough_for_a_poor_line(house: Service, new_page: Visits) -> None:
    heavy = {}
    for key, path in await pages_of(house):
        page = await visited(house, new_page, key)
        weight = await first_load(page, f"{house.url}{path}")
        if weight > LIMIT:
            heavy[path] = weight
    assert heavy == {}


@pytest.mark.parametrize("language", ["en", "ar-XB"])
async def test_every_page_is_accessible_and_fits_a_phone(
    house: Service, new_page: Visits, language: str
) -> None:
    faults: dict[str, object] = {}
    pages: dict[str | None, Page] = {}
    for key, path in await pages_of(house):
        if key not in pages:  # each goes from page to page
            pages[key] = await visited(house, new_page, key, viewport=(360, 740))
        page = pages[key]
        sep = "&" if "?" in path else "?"
        await page.goto(f"{house.url}{path}{sep}lang={language}")
        await page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        found = await Axe().run(page)
        too_wide = await page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        if found.response["violations"] or too_wide:
            faults[path] = found.generate_report() if found.response["violations"] else "too wide"
    assert faults == {}


async def test_a_phone_is_asked_one_group_of_questions_at_a_time(
    house: Service, new_page: Visits
) -> None:
    page = await visited(house, new_page, "newcomer", viewport=(360, 740))
    await page.goto(f"{house.url}{REGISTER}")
    assert await page.locator("[data-step]:visible").count() == 1
    await page.get_by_label("I represent a body of the membership").check()
    await page.get_by_label("The body").fill("ken")
    await page.get_by_label("Kenya Member State").check()
    await page.get_by_role("button", name="Continue").click()
    assert await page.locator("h2:focus").inner_text() == "About you"
    await page.get_by_label("Name", exact=True).fill("")
    await page.get_by_role("button", name="Continue").click()
    assert await page.locator("#step-2").is_visible()
    await page.get_by_label("Name", exact=True).fill("The newcomer")
    await page.keyboard.press("Enter")
    await page.get_by_role("group", name="Open part").get_by_label("Remotely").check()
    await to_the_end(page)
    await page.get_by_role("button", name="Check your answers").click()
    await page.get_by_role("button", name="Send the registration").click()
    await page.get_by_text("This is an acknowledgement, not a confirmation").wait_for()


async def to_the_end(page: Page) -> None:
    """Past the questions of the meeting's own form, none of which has to be answered."""
    for _ in range(9):
        if await page.get_by_role("button", name="Continue").is_visible():
            await page.get_by_role("button", name="Continue").click()


async def test_the_form_is_complete_without_script(house: Service, new_page: Visits) -> None:
    page = await visited(house, new_page, "newcomer", java_script_enabled=False)
    await page.goto(f"{house.url}{REGISTER}")
    await page.get_by_label("I represent a body of the membership").check()
    await page.get_by_label("The body").fill("a")
    await page.get_by_role("button", name="Find").click()
    await page.get_by_label("A university Academia").check()
    await page.get_by_role("group", name="Open part").get_by_label("In person").check()
    await page.get_by_role("button", name="Check your answers").click()
    await page.get_by_role("button", name="Send the registration").click()
    assert (
        await page.get_by_role("heading", level=1).inner_text() == "Acknowledged, not yet confirmed"
    )


async def test_an_error_leads_to_its_step_on_a_phone(house: Service, new_page: Visits) -> None:
    page = await visited(house, new_page, "newcomer", viewport=(360, 740))
    await page.goto(f"{house.url}{REGISTER}")
    await page.get_by_label("I take part as a stakeholder").check()
    await page.get_by_label("The group that is nearest to yours").select_option("civil_society")
    await to_the_end(page)
    await page.get_by_role("button", name="Check your answers").click()
    await page.get_by_role("link", name="Choose at least one sitting").click()
    assert await page.locator("#step-3").is_visible()
