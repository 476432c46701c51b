"""The delegation page without script: decided, taken back, asked, replaced, registered by paste."""

import io
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from httpx2 import Response
from openpyxl import Workbook
from playwright.async_api import Page
from sqlmodel import select

from app.database import load
from app.i18n import Language, date_of
from app.models import Entity, FocalPoint, Person, Registration
from app.policy.registration import RegistrationState
from app.services import identity, places, registration
from tests.conftest import Visits
from tests.pages.reading import form, login, reading, said
from tests.pages.test_desk import APPLICANTS, of, people, pick, shown, states
from tests.world import Service, add_person, service, settings

HERE, REGISTER, RECORD = "/delegation", "/delegation/register", "/desk/focal-points"
SOON = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()


def told(day: date) -> str:
    """A day as the pages write it."""
    return date_of(day, Language.ENGLISH)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    """Three claims for Kenya, which has a focal point, and one for Brazil, which has none."""
    async with service(settings(tmp_path)) as running:
        await people(running)
        yield running


async def send(house: Service, path: str, as_: str, **fields: str | Sequence[str]) -> Response:
    """A form of a page, sent by somebody."""
    async with reading(house, as_) as client:
        token = dict(form(await client.get(path), "/sign-out").fields)["csrf"]
        return await client.post(path, data={"csrf": token, **fields})


async def test_the_list_shows_every_state_and_only_the_bodies_own(house: Service) -> None:
    page = said(await shown(house, HERE, "focal"))

    assert "Every registration for Kenya , across meetings." in page
    assert [key for key in APPLICANTS if f"The {key}" in page] == [*APPLICANTS]
    assert "Delegate of Kenya Confirmed" in page
    assert "The of-brazil" not in page
    found = said(await shown(house, f"{HERE}?q=SECOND-app&state=submitted", "focal"))
    assert "The second-applicant" in found
    assert "The first-applicant" not in found
    assert "You are the focal point of no body" in said(await shown(house, HERE, "stakeholder"))


async def test_the_marked_are_approved_and_taken_back(house: Service) -> None:
    picks = [await pick(house, key) for key in APPLICANTS[:2]]
    done = await send(house, HERE, "focal", **{"pick": picks, "approve-marked": "yes"})
    assert await states(house) == ["approved", "approved", "submitted"]

    async with reading(house, "focal") as client:
        after = await client.get(done.headers["location"])
        assert "2 registrations were approved." in said(after)
        undo = form(after, f"{HERE}/undo")
        back = await client.post(undo.action, data=undo.filled())
        assert await states(house) == ["submitted"] * 3
        assert "2 decisions were taken back." in said(await client.get(back.headers["location"]))
        again = await client.post(undo.action, data=undo.filled())

    assert again.status_code == 409
    assert "It was decided or changed again since, so nothing was taken back." in said(again)


async def test_the_second_is_told_by_whom_it_was_decided(house: Service) -> None:
    found = await pick(house, "first-applicant")
    await send(house, HERE, "focal", approve=found)
    key = found.partition(":")[0]

    late = await send(house, HERE, "focal", reject=found, **{f"reason-{key}": "Full."})

    assert late.status_code == 409
    assert "The focal has approved it already, at " in said(late)
    assert (await of(house, "first-applicant")).state is RegistrationState.APPROVED


async def test_a_question_is_asked_and_answered_on_the_registration(house: Service) -> None:
    row = await of(house, "first-applicant")
    path = f"/registrations/{row.reference}"
    asked = {"act": "ask", "version": "1"}

    empty = await send(house, path, "focal", **asked, question=" ")
    await send(house, path, "focal", **asked, question="Which ministry sends you?")
    assert "A question waits for their answer." in said(await shown(house, HERE, "focal"))
    page = await shown(house, path, "first-applicant")
    assert "Which ministry sends you?" in said(page)
    await send(house, path, "first-applicant", act="answer", answer="That of transport.")

    assert (empty.status_code, "Write your question" in said(empty)) == (422, True)
    track = said(await shown(house, path, "focal"))
    assert "Question, by The focal: Which ministry sends you?" in track
    assert "Answer, by The first-applicant: That of transport." in track


async def test_a_delegate_is_replaced_from_the_page_and_the_seat_stays(house: Service) -> None:
    await send(house, HERE, "focal", approve=await pick(house, "first-applicant"))
    old = await of(house, "first-applicant")
    path = f"/registrations/{old.reference}"
    said_ = {"act": "replace", "version": "1", "job_title": "Counsellor"}

    wrong = await send(house, path, "focal", **said_, name="Another", email="nonsense")
    done = await send(house, path, "focal", **said_, name="Another", email="another@example.org")

    assert wrong.status_code == 422
    assert "Enter a mail address such as name@example.org." in said(wrong)
    assert dict(form(wrong, path).fields)["version"] == "1"
    assert done.status_code == 303
    async with house.house.database.reading() as db:
        person = await identity.by_email(db, "another@example.org")
        assert person is not None
        new = await registration.mine(db, person, house.world.meeting_id)
        assert new is not None
        assert await places.modes(db, new.id) == {house.world.sittings["first"]: "remote"}
    assert (new.name, new.state) == ("Another", "approved")
    assert (await of(house, "first-applicant")).state is RegistrationState.WITHDRAWN


# An absence, and the record of the secretariat.


async def test_a_focal_point_names_who_stands_in_and_comes_back(house: Service) -> None:
    kenya = str(house.world.entities["kenya"])
    said_ = {"entity": kenya, "act": "away", "email": "stakeholder@example.org"}
    path = f"{HERE}/away"

    async with reading(house, "focal") as client:
        token = dict(form(await client.get(HERE), path).fields)["csrf"]
        wrong = await client.post(path, data={"csrf": token, **said_, "away_until": "soon"})
        await client.post(path, data={"csrf": token, **said_, "away_until": SOON})
        page = said(await client.get(HERE))
    assert (wrong.status_code, "Give a day, like 2026-11-24." in said(wrong)) == (422, True)
    first, last = told(datetime.now(UTC).date()), told(date.fromisoformat(SOON))
    assert f"stakeholder@example.org from {first} to {last}" in page
    stand_in = await shown(house, HERE, "stakeholder")
    assert "The first-applicant" in said(stand_in)
    assert "only the focal point names who stands in" in said(stand_in)

    async with reading(house, "focal") as client:
        token = dict(form(await client.get(HERE), path).fields)["csrf"]
        await client.post(path, data={"csrf": token, "entity": kenya, "act": "back"})
    assert "You are the focal point of no body" in said(await shown(house, HERE, "stakeholder"))


async def test_an_absence_for_another_body_is_refused_in_words(house: Service) -> None:
    async with reading(house, "focal") as client:
        token = dict(form(await client.get(HERE), f"{HERE}/away").fields)["csrf"]
        got = await client.post(
            f"{HERE}/away",
            data={
                "csrf": token,
                "entity": str(house.world.entities["brazil"]),
                "email": "stakeholder@example.org",
                "away_until": SOON,
            },
        )

    assert got.status_code == 403
    assert "You are not the focal point of this body." in said(got)


async def test_the_secretariat_designates_by_letter_and_ends_it(house: Service) -> None:
    brazil = house.world.entities["brazil"]
    path = f"{RECORD}/{brazil}"
    said_ = {"act": "designate", "email": "stakeholder@example.org", "valid_until": SOON}

    assert "Brazil" in said(await shown(house, f"{RECORD}?q=braz", "secretariat"))
    wrong = await send(house, path, "secretariat", **said_)
    done = await send(house, path, "secretariat", **said_, letter="Note 12/2026")

    assert wrong.status_code == 422
    assert "Name the letter on file, by its mark or its date." in said(wrong)
    assert dict(form(wrong, path).fields)["email"] == "stakeholder@example.org"
    assert done.status_code == 303
    page = await shown(house, path, "secretariat")
    first, last = told(datetime.now(UTC).date()), told(date.fromisoformat(SOON))
    assert f"Note 12/2026 {first} {last}" in said(page)
    async with house.house.database.reading() as db:
        query = select(FocalPoint).where(FocalPoint.entity_id == brazil)
        row = (await db.exec(query)).one()
    assert (row.letter, str(row.valid_until)) == ("Note 12/2026", SOON)
    ended = await send(house, path, "secretariat", act="relieve", person=str(row.person_id))
    assert ended.status_code == 303
    assert "Nobody is designated" in said(await shown(house, path, "secretariat"))
    assert (await shown(house, path, "focal")).status_code == 404


async def test_another_mail_domain_is_a_flag_for_whoever_decides(house: Service) -> None:
    path = f"{RECORD}/{house.world.entities['kenya']}"
    wrong = await send(house, path, "secretariat", act="domains", domains="no domain!")
    await send(house, path, "secretariat", act="domains", domains="transport.go.ke, @go.ke")

    assert wrong.status_code == 422
    async with house.house.database.reading() as db:
        kenya = await load(db, Entity, house.world.entities["kenya"])
    assert kenya.domains == ["go.ke", "transport.go.ke"]
    for page in (HERE, "/desk/focal-point"):
        told = said(await shown(house, page, "focal"))
        assert "The mail address is of a domain that is not the body's: example.org" in told


# Several at once.

HEAD = "Name\tMail address\tFunction\n"
GOOD = HEAD + "".join(f"Delegate {n} of Kenya\td{n}@example.org\tAdviser\n" for n in range(12))


async def begun(
    house: Service, pasted: str = "", file: tuple[str, bytes] | None = None
) -> Response:
    """The answer to a list that was pasted or sent."""
    async with reading(house, "focal") as client:
        token = dict(form(await client.get(REGISTER), REGISTER).fields)["csrf"]
        fields = {
            "csrf": token,
            "meeting": "twenty",
            "entity": str(house.world.entities["kenya"]),
            "mode": "in_person",
            "pasted": pasted,
        }
        return await client.post(REGISTER, data=fields, files={"file": file} if file else None)


async def registered(house: Service) -> int:
    async with house.house.database.reading() as db:
        query = select(Registration).where(Registration.state == RegistrationState.NOMINATED)
        return len((await db.exec(query)).all())


async def test_twelve_are_pasted_looked_at_and_put_forward_together(house: Service) -> None:
    path = (await begun(house, GOOD)).headers["location"]
    page = await shown(house, path, "focal")
    assert "12 people can be put forward." in said(page)
    assert await registered(house) == 0
    assert (await shown(house, path, "stakeholder")).status_code == 404

    done = await send(house, path, "focal", act="confirm", version="1")

    assert await registered(house) == 12
    after = said(await shown(house, done.headers["location"], "focal"))
    assert "12 people were put forward, and are asked by mail to confirm." in after
    again = await shown(house, path, "focal")
    assert again.status_code == 404
    async with reading(house, "focal") as client:
        undo = form(await client.get(done.headers["location"]), f"{HERE}/undo")
        await client.post(undo.action, data=undo.filled())
    assert await registered(house) == 0


async def test_rows_with_faults_are_corrected_in_place(house: Service) -> None:
    bad = GOOD + "Delegate 12 of Kenya\tnonsense\tAdviser\n=1+1\td13@example.org\tAdviser\n"
    path = (await begun(house, bad)).headers["location"]
    page = await shown(house, path, "focal")
    told = said(page)
    assert "12 people can be put forward. 2 rows need a correction." in told
    assert "Enter a mail address such as name@example.org." in told
    assert "This is a formula, or begins like one: write the value itself." in told
    refused = await send(house, path, "focal", act="confirm", version="1")
    assert (refused.status_code, await registered(house)) == (422, 0)

    fields = form(page, path).filled(**{"email-13": "d12@example.org", "act": "drop:14"})
    async with reading(house, "focal") as client:
        token = dict(form(await client.get(path), path).fields)["csrf"]
        saved = await client.post(path, data=fields | {"csrf": token})
        stale = await client.post(path, data=fields | {"csrf": token})
    assert saved.status_code == 303
    assert stale.status_code == 409
    assert "It was changed meanwhile. Look at it again, then decide." in said(stale)
    assert "13 people can be put forward." in said(await shown(house, path, "focal"))
    await send(house, path, "focal", act="confirm", version="2")
    assert await registered(house) == 13


async def test_people_are_typed_into_an_empty_table(house: Service) -> None:
    async with reading(house, "focal") as client:
        found = form(await client.get(REGISTER), REGISTER)
        sent = found.filled(
            meeting="twenty", entity=str(house.world.entities["kenya"]), table="yes"
        )
        table = await client.get((await client.post(REGISTER, data=sent)).headers["location"])
        path = str(table.url.path)
        filled = form(table, path).filled(
            **{"name-2": "Delegate of Kenya", "email-2": "typed@example.org", "act": "save"}
        )
        saved = await client.get((await client.post(path, data=filled)).headers["location"])

    assert "1 person can be put forward." in said(saved)


async def test_a_workbook_is_read_and_a_wrong_file_is_told(house: Service) -> None:
    book, kept = Workbook(), io.BytesIO()
    assert book.active is not None
    for line in GOOD.splitlines():
        book.active.append(line.split("\t"))
    book.save(kept)

    path = (await begun(house, file=("list.xlsx", kept.getvalue()))).headers["location"]
    latin = await begun(house, "typed", ("list.csv", "Délégué,a@b.org".encode("latin-1")))
    many = await begun(house, file=("list.csv", b"a,a@example.org\n" * 50_000))
    large = await begun(house, file=("list.csv", b"x" * 2_000_000))
    nothing = await begun(house)

    assert "12 people can be put forward." in said(await shown(house, path, "focal"))
    assert (latin.status_code, many.status_code, nothing.status_code) == (422, 422, 422)
    assert "save it as CSV UTF-8, or send the .xlsx itself" in said(latin)
    assert dict(form(latin, REGISTER).fields)["pasted"] == "typed"
    assert "At most 2,000 people are registered at once." in said(many)
    assert "There is nothing in it" in said(nothing)
    assert large.status_code == 413


async def test_nobody_is_registered_for_another_body(house: Service) -> None:
    async with reading(house, "focal") as client:
        found = form(await client.get(REGISTER), REGISTER)
        brazil = str(house.world.entities["brazil"])
        got = await client.post(
            REGISTER, data=found.filled(meeting="twenty", entity=brazil, pasted=GOOD)
        )

    assert got.status_code == 403
    assert "You are not the focal point of this body." in said(got)


async def test_whoever_was_put_forward_confirms_it_on_their_page(house: Service) -> None:
    async with house.house.database.writing() as db:
        await add_person(db, house.world, "sent", datetime.now(UTC), registered=False)
    path = (await begun(house, "Sent by Kenya\tsent@example.org\tAdviser")).headers["location"]
    await send(house, path, "focal", act="confirm", version="1")
    async with house.house.database.reading() as db:
        person = await load(db, Person, house.world.people["sent"])
        row = await registration.mine(db, person, house.world.meeting_id)
    assert row is not None
    theirs = f"/registrations/{row.reference}"

    page = await shown(house, theirs, "sent")
    assert "The focal point of the body has put you forward." in said(page)
    done = await send(house, theirs, "sent", act="accept", version="1")

    assert done.status_code == 303
    assert "Your registration is confirmed." in said(await shown(house, theirs, "sent"))


async def test_the_form_of_another_site_does_nothing(house: Service) -> None:
    async with reading(house, "focal") as client:
        for path, data in (
            (HERE, {"approve": await pick(house, "first-applicant")}),
            (f"{HERE}/undo", {"batch": str(house.world.meeting_id)}),
            (f"{HERE}/away", {"entity": str(house.world.entities["kenya"]), "act": "back"}),
            (REGISTER, {"pasted": GOOD}),
        ):
            assert (await client.post(path, data=data)).status_code == 403


@pytest.mark.parametrize("language", ["en", "ar-XB"])
async def test_the_pages_are_accessible_and_fit_a_phone(
    house: Service, new_page: Visits, language: str
) -> None:
    bad = GOOD + "Delegate 12 of Kenya\tnonsense\tAdviser\n"
    drafted = (await begun(house, bad)).headers["location"]
    await send(house, HERE, "focal", approve=await pick(house, "first-applicant"))
    row = await of(house, "first-applicant")
    record = f"{RECORD}/{house.world.entities['kenya']}"
    faults: dict[str, object] = {}
    pages: dict[str, Page] = {}
    for key, path in (
        ("focal", HERE),
        ("focal", REGISTER),
        ("focal", drafted),
        ("focal", f"/registrations/{row.reference}"),
        ("secretariat", RECORD),
        ("secretariat", record),
    ):
        if key not in pages:  # each goes from page to page
            pages[key] = await new_page(viewport=(360, 740))
            cookie = {"name": "cwg_login", "value": await login(house, key), "url": house.url}
            await pages[key].context.add_cookies([cookie])  # type: ignore[list-item]  # its TypedDict is open
        page = pages[key]
        await page.goto(f"{house.url}{path}?lang={language}")
        await page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        found = await Axe().run(page)
        too_wide = await page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        if found.response["violations"] or too_wide:
            faults[path] = found.generate_report() if found.response["violations"] else "too wide"
    assert faults == {}
