"""The demo opens on a meeting that is on, with everyone in it, and is built once."""

from datetime import UTC, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, func, select

from app import demo, demo_inputs, keys
from app.database import Database
from app.models import (
    Act,
    Appointment,
    Attending,
    Entity,
    Input,
    Letter,
    Membership,
    Person,
    Receipt,
    Registration,
    RegistrationStep,
    Sitting,
)
from app.policy.access import Right
from app.policy.agenda import ItemKind
from app.policy.consultation import RoundState
from app.policy.inputs import Consent
from app.policy.parts import Part
from app.policy.people import Capacity, Category, Function
from app.policy.registration import Mode, RegistrationState
from app.policy.sitting import SittingState
from app.policy.text import (
    fold,
)
from app.services import (
    access,
    acts,
    campaigns,
    consultations,
    documents,
    entities,
    meetings,
    places,
    publication,
    receipts,
    registration,
    topics,
)
from app.settings import Environment, Settings

NOW = datetime(2026, 11, 24, 9, 47, 11, tzinfo=UTC)
ZURICH = ZoneInfo("Europe/Zurich")
FIRST, SECOND = Part.FIRST_HALF, Part.SECOND_HALF
EVERYTHING = (Entity, Membership, Person, Registration, Attending, RegistrationStep, Letter, Act)


@pytest.fixture
def settings(tmp_path):
    return Settings(environment=Environment.DEVELOPMENT, data_dir=tmp_path)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The settings of the demo that all look at."""
    return Settings(environment=Environment.DEVELOPMENT, data_dir=tmp_path_factory.mktemp("demo"))


@pytest.fixture
async def built(filled, kept):
    """The demo; whoever changes something builds one of their own."""
    return await filled(lambda database: demo.build(database, kept, NOW))


async def counted(database, *tables):
    async with database.reading() as db:
        return [(await db.exec(select(func.count()).select_from(each))).one() for each in tables]


async def sittings(db):
    meeting = await meetings.by_slug(db, demo.SLUG)
    return meeting, {each.part: each for each in await meetings.sittings(db, meeting.id)}


async def of(db, key) -> Person:
    query = select(Person).where(Person.email == f"{key}@demo.example")
    person: Person = (await db.exec(query)).one()
    return person


async def test_everything_that_was_promised_is_there(database, settings):
    told = await demo.build(database, settings, NOW)

    assert (told.made, told.member_states, told.others, told.roster) == (True, 194, 87, 310)
    assert str(told) == (
        "Built the meeting cwg-internet-20: 194 Member States, 87 other bodies,"
        " 310 registrations, 13 roles."
    )


async def test_a_second_start_finds_it_and_changes_nothing(database, settings):
    await demo.build(database, settings, NOW)
    before = await counted(database, *EVERYTHING)

    told = await demo.build(database, settings, NOW + timedelta(days=3))

    assert (told.made, told.roster) == (False, 310)
    assert await counted(database, *EVERYTHING) == before


async def test_the_real_consultations_are_there_and_one_is_open(built):
    async with built.reading() as db:
        found = await consultations.public(db, NOW)
        states = [consultations.state_of(each, NOW) for each in found]
        open_one, *_, first = [await consultations.whole(db, each, NOW) for each in found]
        moved = await consultations.history(db, first.row)
        told = await consultations.history(db, open_one.row)
        topic_list = await topics.page(db)

    assert states == [RoundState.OPEN, *[RoundState.CLOSED] * 7]
    assert first.row.titles == {"en": "Developmental aspects of the Internet"}
    assert [each.after for each in moved if each.before] == [first.row.closes_at]
    assert first.row.closes_at.astimezone(ZURICH).isoformat() == "2017-01-11T23:59:00+01:00"
    assert len(first.questions) == 3
    assert open_one.meeting.slug == demo.SLUG
    assert set(open_one.questions[0].texts) == {"ar", "en", "es", "fr", "ru", "zh"}
    assert [each.step.value for each in told][-2:] == ["extended", "short_notice"]
    assert [each.number for each in topic_list] == list(range(1, 9))
    assert [each.number for each in topic_list if each.issue is None] == [2, 6]
    assert open_one.value.faults() == {}


async def test_its_register_has_documents_for_everyone_and_one_for_members(built):
    async with built.reading() as db:
        meeting = await meetings.by_slug(db, demo.SLUG)
        delegate = await of(db, "member-state")
        mine = await documents.listing(db, meeting, delegate, NOW)
        anybody = await documents.listing(db, meeting, None, NOW)
        last = await documents.one(db, meeting, "3-rev1", None, NOW)

    assert [each.written for each in mine.rows] == [
        "CWG-Internet-20/1",
        "CWG-Internet-20/2",
        "CWG-Internet-20/3",
        "CWG-Internet-20/3 Rev.1",
        "CWG-Internet-20/4",
    ]
    assert [each.path for each in anybody.rows] == ["1", "2", "3", "3-rev1"]
    assert [each.path for each in mine.rows if each.row.late] == ["3", "3-rev1"]
    assert last.base


async def test_it_is_built_quickly(sqlite_tables_url, settings):
    database = Database(sqlite_tables_url)
    began = perf_counter()

    await demo.build(database, settings, NOW)

    assert perf_counter() - began < 10  # about one second on a machine that has nothing else to do
    await database.close()


async def test_it_is_for_development_only(database, tmp_path):
    given = Settings(data_dir=tmp_path, base_url="https://meetings.example")

    with pytest.raises(ValueError, match="development only"):
        await demo.build(database, given, NOW)
    assert await counted(database, Person, Entity) == [0, 0]


@pytest.mark.parametrize("hour", [0, 9, 23])
async def test_the_first_half_is_on_and_the_second_follows(sqlite_tables_url, settings, hour):
    now = NOW.replace(hour=hour)
    database = Database(sqlite_tables_url)
    await demo.build(database, settings, now)

    async with database.reading() as db:
        meeting, found = await sittings(db)
        halves = await meetings.boundary(db, meeting)
    consultation, first, second = (found[each] for each in demo.STATES)
    assert [each.number for each in (consultation, first, second)] == [1, 2, 3]
    assert first.starts_at <= now - timedelta(minutes=30) < now < first.ends_at
    assert first.ends_at < second.starts_at < now + timedelta(hours=6)
    assert consultation.ends_at < now - timedelta(days=1)
    assert consultation.starts_at.astimezone(ZURICH).hour == 10
    assert (consultation.state, first.state, second.state) == (
        SittingState.CLOSED,
        SittingState.OPEN,
        SittingState.SCHEDULED,
    )
    assert halves
    assert (halves.after, halves.by_default, halves.actual_at) == (first.id, True, None)
    await database.close()


async def test_the_agenda_is_a_real_one_and_the_draft_report_is_open_to_all(built):
    async with built.reading() as db:
        meeting, found = await sittings(db)
        items = await meetings.agenda(db, meeting.id)
    parts = {each.id: part for part, each in found.items()}
    assert [each.number for each in items] == list(range(1, 12))
    assert [parts[each.sitting_id] for each in items] == (
        [Part.CONSULTATION] * 2 + [Part.FIRST_HALF] * 6 + [Part.SECOND_HALF] * 3
    )
    assert items[0].title.startswith("What could ITU, its members and other stakeholders do")
    assert [parts[each.sitting_id] for each in items if each.kind is ItemKind.DRAFT_REPORT] == [
        Part.FIRST_HALF
    ]
    assert "multilingualization" in found[Part.CONSULTATION].title


async def test_the_roster_stands_as_it_was_written(built):
    async with built.reading() as db:
        query = (
            select(Registration, Person, Entity)
            .join(Person, col(Registration.person_id) == Person.id)
            .join(Entity, col(Registration.entity_id) == Entity.id, isouter=True)
            .where(col(Person.email).endswith("@roster.example"))
        )
        rows = {person.email: (row, person, body) for row, person, body in await db.exec(query)}
        modes = {
            key: await places.modes(db, rows[key][0].id)
            for key in ("d001@roster.example", "d005@roster.example")
        }
        _, found = await sittings(db)
    assert len(rows) == 310
    assert {row.state for row, _, _ in rows.values()} == {RegistrationState.APPROVED}
    assert len({row.reference for row, _, _ in rows.values()}) == 310
    row, person, body = rows["d004@roster.example"]
    assert (person.name, person.language, row.name, row.country) == (
        "Delegate of Tunisia",
        "ar",
        "Delegate of Tunisia",
        "TN",
    )
    assert (body.name, row.capacity, row.group) == ("Tunisia", Capacity.DELEGATE, None)
    halves = found[Part.FIRST_HALF].id, found[Part.SECOND_HALF].id
    assert modes == {
        "d001@roster.example": dict.fromkeys(halves, Mode.IN_PERSON),
        "d005@roster.example": dict.fromkeys(halves, Mode.REMOTE),
    }


async def test_names_are_made_of_titles_and_bodies(built):
    async with built.reading() as db:
        there = select(Person.name).where(col(Person.email).not_like(f"%{demo_inputs.DOMAIN}"))
        names = list(await db.exec(there.order_by(col(Person.email))))
    assert len(set(names)) == len(names)
    titles = ("Head of delegation of ", "Delegate of ", "Representative ", "Researcher ")
    others = (
        "Participant from ",
        "Observer from ",
        "The ",
        "Focal point of ",
        "Second delegate of ",
    )
    assert [
        each for each in names if not each.startswith((*titles, *others, "Someone who has not"))
    ] == []
    assert "Head of delegation of the United States of America" in names


async def test_palestine_is_admitted_by_resolution_99_and_is_none_of_the_194(built):
    async with built.reading() as db:
        body = (await db.exec(select(Entity).where(Entity.key == "PS"))).one()
        row = (await db.exec(select(Registration).where(Registration.entity_id == body.id))).one()
        held = await entities.category_on(db, body.id, NOW.date())
    assert (body.name, held, row.capacity) == (
        "State of Palestine",
        (Category.RES_99, False),
        Capacity.OBSERVER,
    )


async def may_attend(db, key, part):
    _, found = await sittings(db)
    return str((await access.decide(db, await of(db, key), found[part], Right.ATTEND, NOW)).reason)


async def test_every_role_stands_where_it_should(built):
    async with built.reading() as db:
        found = {
            role.key: tuple([await may_attend(db, role.key, part) for part in (FIRST, SECOND)])
            for role in demo.ROLES
        }
    assert found == {
        "secretariat": ("function", "function"),
        "chair": ("function", "function"),
        "moderator": ("function", "function"),
        "steward": ("function", "function"),
        "captioner": ("function", "function"),
        "member-state": ("named", "not-yet-open"),
        "sector-member": ("named", "not-yet-open"),
        "associate": ("named", "not-yet-open"),
        "academia": ("named", "not-named"),
        "stakeholder": ("named", "not-named"),
        "applicant": ("not-approved", "not-approved"),
        "focal-point": ("not-registered", "not-named"),
        "newcomer": ("not-registered", "not-named"),
    }


async def test_everyone_is_found_by_name(built):
    async with built.reading() as db:
        rows = (await db.exec(select(Registration))).all()
    assert [each.name for each in rows if each.name_folded != fold(each.name)] == []


async def test_something_waits_for_the_focal_point_of_kenya(built):
    async with built.reading() as db:
        waiting = await registration.waiting(db, by=await of(db, "focal-point"), now=NOW)
        secretariat = await registration.waiting(db, by=await of(db, "secretariat"), now=NOW)
    assert [(each.person.name, each.entity.name) for each in waiting] == [
        ("Second delegate of Kenya", "Kenya")
    ]
    assert secretariat == []


async def test_functions_are_given_and_acts_recorded(built):
    async with built.reading() as db:
        held = await db.exec(select(Person.email, Appointment.function).join(Appointment))
        given = {email.partition("@")[0]: Function(function) for email, function in held}
        whole = await acts.broken_at(db)
    assert given == {
        "secretariat": Function.SECRETARIAT,
        "chair": Function.CHAIR,
        "moderator": Function.MODERATOR,
        "steward": Function.STEWARD,
        "captioner": Function.CAPTIONER,
    }
    assert whole is None


async def test_every_role_of_the_page_is_a_person_who_can_sign_in(built):
    async with built.reading() as db:
        found = [await of(db, role.key) for role in demo.ROLES]
        open_sittings = (await db.exec(select(Sitting).where(Sitting.state == "open"))).all()
    assert [each.verified_at for each in found] == [NOW] * len(demo.ROLES)
    assert len(open_sittings) == 1


async def test_its_rounds_have_inputs_of_every_kind_with_receipts(built, kept):
    key = keys.load(kept)
    async with built.reading() as db:
        open_round = await publication.of_slug(db, "universal-acceptance")
        closed = await publication.of_slug(db, "bridging-the-digital-gender-divide")
        found = await publication.everything(db, open_round, NOW)
        counts = await publication.counts(db, open_round, NOW)
        numbers = await campaigns.numbers(db, open_round, NOW)
        before = await publication.everything(db, closed, NOW)
        received = list(await db.exec(select(Receipt).order_by(col(Receipt.position))))
        checked = [await receipts.check_own(db, each, key) for each in received]
        sent = list(await db.exec(select(Input.consent)))
    assert {each.language for each in found} == {"ar", "en", "es", "fr", "ru", "zh"}
    assert set(sent) == set(Consent)
    assert (counts.published, counts.kept) == (len(found), 1)
    assert sum(bool(each.off_topic) for each in found) == 1
    assert [len(each.marks) for each in found if each.marks] == [1]
    assert [file.name for each in found for file in each.files] == ["results-of-a-test.txt"]
    assert [len(each.translations) for each in found if each.translations] == [1]
    assert [each.size for each in numbers.groups or ()] == [4]
    assert [each.number for each in before] == [1, 2]
    assert [each.position for each in received] == list(range(len(sent)))
    assert all(each.holds for each in checked)
