"""Focal points and who stands in; many decisions, taken back; questions; a seat that is kept."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from app.database import Database, load
from app.errors import Conflict, Malformed, NotFound, Refused
from app.models import Act, FocalPoint, Person, Registration
from app.policy.delegation import DelegationFault, DelegationReason
from app.policy.flags import Flag
from app.policy.refusal import No
from app.policy.registration import Mode, Owner, RegistrationReason, RegistrationState, Step
from app.policy.text import TextFault
from app.services import claims, decisions, delegation, entities, flags, places, registration
from app.services.decisions import Newcomer
from app.services.delegation import Asked, Wish
from tests.records import CHILE, KENYA, LATER, LATER_STILL, NOW, Records, records

TODAY = NOW.date()
DAY = timedelta(days=1)
BY_NOW = NOW + timedelta(hours=2)


@pytest.fixture
async def desk(database: Database) -> Records:
    return await records(database)


@asynccontextmanager
async def refused(reason):
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.decision == No(reason)


@asynccontextmanager
async def too_late(reason):
    with pytest.raises(Conflict) as caught:
        yield
    assert caught.value.reason == reason


@asynccontextmanager
async def malformed(**faults):
    with pytest.raises(Malformed) as caught:
        yield
    assert caught.value.faults == faults


async def submitted(desk, who, entity=KENYA, **more) -> Registration:
    async with desk.database.writing() as db:
        claim, by = desk.claim(entity, **more), desk.people[who]
        return await claims.submit(db, desk.meeting.id, claim, by=by, now=NOW)


async def kept(desk, row) -> Registration:
    async with desk.database.reading() as db:
        found: Registration = await load(db, Registration, row.id)
        return found


async def decided(desk, *wanted, who="focal", now=LATER):
    async with desk.database.writing() as db:
        return await delegation.decide(db, wanted, by=desk.people[who], now=now)


async def taken_back(desk, batch, who="focal", now=LATER_STILL):
    return await delegation.take_back(desk.database, batch, by=desk.people[who], now=now)


async def designated(desk, who, entity=KENYA, **more):
    async with desk.database.writing() as db:
        said = {"letter": "Note 7", "by": desk.people["secretariat"], "now": NOW} | more
        await entities.designate(db, desk.entities[entity], desk.people[who], TODAY, **said)


async def away(desk, stand_in, entity=KENYA, who="focal", first=TODAY, last=TODAY + 3 * DAY):
    async with desk.database.writing() as db:
        by, other = desk.people[who], desk.people[stand_in]
        await entities.go_away(db, desk.entities[entity], other, first, last, by=by, now=NOW)


async def acting(desk, day, entity=KENYA):
    async with desk.database.reading() as db:
        return [each.name for each in await entities.focal_points(db, desk.entities[entity], day)]


def yes(row, version=None):
    return Wish(row.id, version or row.version, approve=True)


def no(row, reason="Not of our delegation."):
    return Wish(row.id, row.version, approve=False, reason=reason)


# Designation.


async def test_a_designation_names_its_letter_and_ends_with_its_last_day(desk):
    await designated(desk, "other", CHILE, until=TODAY + DAY)

    assert await acting(desk, TODAY + DAY, CHILE) == ["The other"]
    assert await acting(desk, TODAY + 2 * DAY, CHILE) == []
    async with desk.database.reading() as db:
        act = (await db.exec(select(Act).order_by(col(Act.number).desc()))).first()
    assert act is not None
    assert act.kind == "focal-point-designated"
    assert act.content == {
        "entity": str(desk.entities[CHILE]),
        "person": str(desk.people["other"].id),
        "by": str(desk.people["secretariat"].id),
        "from": "2026-11-24",
        "until": "2026-11-25",
        "letter": "Note 7",
    }


async def test_without_a_letter_on_file_nobody_is_designated(desk):
    async with malformed(letter=TextFault.MISSING):
        await designated(desk, "other", CHILE, letter=" ")
    async with malformed(valid_until=DelegationFault.ENDS_FIRST):
        await designated(desk, "other", CHILE, until=TODAY - DAY)

    assert await acting(desk, TODAY, CHILE) == []


async def test_designating_again_changes_the_last_day_and_the_letter(desk):
    await designated(desk, "other", CHILE)
    await designated(desk, "other", CHILE, until=TODAY + DAY, letter="Note 8")

    async with desk.database.reading() as db:
        ((row, _, _),) = await entities.designations(db, TODAY, desk.entities[CHILE])
    assert (row.valid_until, row.letter) == (TODAY + DAY, "Note 8")
    assert (await desk.acts())[-1] == "focal-point-changed"


# Stand-ins.


async def test_whoever_stands_in_decides_until_the_last_day_and_no_longer(desk):
    row = await submitted(desk, "delegate")
    await away(desk, "other")

    assert await acting(desk, TODAY + 3 * DAY) == ["The focal", "The other"]
    assert await acting(desk, TODAY + 4 * DAY) == ["The focal"]
    done = await decided(desk, yes(row), who="other")
    assert [each.taken for each in done.outcomes] == [True]
    assert (await desk.acts())[-2:] == ["stand-in-named", "registration-approved"]


async def test_whoever_stands_in_names_nobody_else_and_acts_for_no_other_body(desk):
    await away(desk, "other")

    async with refused(DelegationReason.ONLY_ONESELF):
        await away(desk, "stranger", who="other")
    async with refused(DelegationReason.NOT_THEIR_ENTITY):
        await away(desk, "stranger", CHILE, who="other")
    async with refused(DelegationReason.NOT_THEIR_ENTITY):
        await away(desk, "stranger", CHILE)


async def test_whoever_stands_in_does_not_approve_themselves(desk):
    await away(desk, "other")
    row = await submitted(desk, "other")

    assert row.state is RegistrationState.SUBMITTED
    async with refused(RegistrationReason.OWN_CLAIM), desk.database.writing() as db:
        await decisions.approve(db, row.id, version=1, by=desk.people["other"], now=LATER)
    (outcome,) = (await decided(desk, yes(row), who="other")).outcomes
    assert isinstance(outcome.refusal, Refused)
    assert (await kept(desk, row)).state is RegistrationState.SUBMITTED


async def test_an_absence_does_not_outlast_the_designation_nor_begin_in_the_past(desk):
    await designated(desk, "other", CHILE, until=TODAY + DAY)

    async with malformed(away_until=DelegationFault.BEYOND_DESIGNATION):
        await away(desk, "stranger", CHILE, "other")
    async with malformed(away_from=DelegationFault.OVER):
        await away(desk, "stranger", CHILE, "other", first=TODAY - DAY)
    async with malformed(away_until=DelegationFault.TOO_LONG_AWAY):
        await away(desk, "other", last=TODAY + 365 * DAY)
    async with malformed(email=DelegationFault.ACTS_ALREADY):
        await away(desk, "focal")


async def test_coming_back_and_being_relieved_end_the_stand_in(desk):
    await away(desk, "other")
    async with desk.database.writing() as db:
        await entities.come_back(db, desk.entities[KENYA], by=desk.people["focal"], now=NOW)
    assert await acting(desk, TODAY) == ["The focal"]

    await away(desk, "other")
    async with desk.database.writing() as db:
        await entities.relieve(db, desk.entities[KENYA], desk.people["focal"], now=NOW)
    assert await acting(desk, TODAY) == []
    assert await desk.count(FocalPoint) == 0


async def test_a_shorter_designation_shortens_the_absence(desk):
    await away(desk, "other")

    await designated(desk, "focal", until=TODAY + DAY)

    assert await acting(desk, TODAY + DAY) == ["The focal", "The other"]
    assert await acting(desk, TODAY + 2 * DAY) == []


# Many decisions.


async def test_many_are_decided_together_and_one_that_fails_leaves_the_others(desk):
    rows = [await submitted(desk, who) for who in ("delegate", "other", "stranger")]

    done = await decided(desk, yes(rows[0]), no(rows[1]), yes(rows[2], version=7))

    states = [(await kept(desk, row)).state for row in rows]
    assert states == ["approved", "rejected", "submitted"]
    (failed,) = [each for each in done.outcomes if not each.taken]
    assert isinstance(failed.refusal, Conflict)
    assert (failed.registration_id, failed.refusal.reason) == (
        rows[2].id,
        RegistrationReason.CHANGED,
    )


async def test_many_are_decided_in_slices_and_what_a_busy_database_left_out_is_told(
    sqlite_tables_url, monkeypatch
):
    monkeypatch.setattr(delegation, "SLICE", 1)
    desk = await records(Database(sqlite_tables_url))
    rows = [await submitted(desk, who) for who in ("delegate", "other", "stranger")]
    first, stuck, last = sorted(rows, key=lambda row: row.id)
    stops = f"NEW.registration_id = '{stuck.id.hex}' BEGIN SELECT RAISE(ABORT, 'no room'); END"
    trigger = text(f"CREATE TRIGGER stop BEFORE INSERT ON registration_steps WHEN {stops}")
    async with desk.database.writing() as db:
        await (await db.connection()).execute(trigger)

    wanted, by = [yes(row) for row in rows], desk.people["focal"]
    done = await delegation.decide_all(desk.database, wanted, by=by, now=LATER)

    assert [each.taken for each in done.outcomes] == [True, False, False]
    assert [str(each.refusal) for each in done.outcomes[1:]] == [DelegationReason.NOT_REACHED] * 2
    states = [(await kept(desk, row)).state for row in (first, stuck, last)]
    assert states == [RegistrationState.APPROVED, *[RegistrationState.SUBMITTED] * 2]
    [back] = await taken_back(desk, done.batch)
    assert (back.registration_id, back.taken) == (first.id, True)
    with pytest.raises(DBAPIError):
        await delegation.decide_all(desk.database, [yes(stuck)], by=by, now=LATER)
    await desk.database.close()


async def test_a_rejection_of_many_needs_its_reason(desk):
    row = await submitted(desk, "delegate")

    (outcome,) = (await decided(desk, no(row, " "))).outcomes

    assert isinstance(outcome.refusal, Malformed)
    assert outcome.refusal.faults == {"reason": TextFault.MISSING}
    assert (await kept(desk, row)).state is RegistrationState.SUBMITTED


async def test_of_two_who_decide_at_once_the_second_is_told_what_was_decided_and_by_whom(desk):
    await designated(desk, "stranger")
    rows = [await submitted(desk, who) for who in ("delegate", "other")]

    async with asyncio.timeout(20):
        first, second = await asyncio.gather(
            decided(desk, *map(yes, rows), who="focal"),
            decided(desk, *map(no, reversed(rows)), who="stranger"),
        )

    won, lost = (first, second) if first.outcomes[0].taken else (second, first)
    state, by = ("approved", "The focal") if won is first else ("rejected", "The stranger")
    assert [each.taken for each in won.outcomes] == [True, True]
    for each in lost.outcomes:
        assert isinstance(each.refusal, Conflict)
        told = {"state": state, "by": by, "at": LATER}
        assert (each.refusal.reason, each.refusal.facts) == (RegistrationReason.DECIDED, told)
    assert [(await kept(desk, row)).state for row in rows] == [state, state]


async def test_a_focal_point_of_one_body_never_acts_for_another_by_id_and_it_is_recorded(desk):
    row = await submitted(desk, "delegate", CHILE)

    (outcome,) = (await decided(desk, yes(row))).outcomes

    assert isinstance(outcome.refusal, NotFound)
    assert (await kept(desk, row)).state is RegistrationState.SUBMITTED
    assert (await desk.acts())[-1] == "decision-refused"


async def test_a_registration_that_was_withdrawn_is_decided_no_more(desk):
    row = await submitted(desk, "delegate")
    async with desk.database.writing() as db:
        await registration.withdraw(db, row.id, version=1, by=desk.people["delegate"], now=NOW)

    (outcome,) = (await decided(desk, yes(row))).outcomes

    assert isinstance(outcome.refusal, Conflict)
    assert outcome.refusal.reason == RegistrationReason.WITHDRAWN
    assert (await kept(desk, row)).state is RegistrationState.WITHDRAWN


# Taken back.


async def test_what_was_decided_together_is_taken_back_together_and_the_people_are_told(desk):
    rows = [await submitted(desk, who) for who in ("delegate", "other")]
    done = await decided(desk, yes(rows[0]), no(rows[1]))

    outcomes = await taken_back(desk, done.batch)

    assert [each.taken for each in outcomes] == [True, True]
    for row in rows:
        after = await kept(desk, row)
        assert (after.state, after.decided_by, after.reason) == ("submitted", None, "")
    assert [kind for kind, _ in await desk.letters()].count("reopened") == 2
    assert (await desk.acts())[-2:] == ["registration-reopened"] * 2
    assert [each.taken for each in (await decided(desk, *map(yes, rows))).outcomes] == [True] * 2


async def test_what_was_changed_since_is_not_taken_back(desk):
    rows = [await submitted(desk, who) for who in ("delegate", "other")]
    done = await decided(desk, *map(yes, rows))
    async with desk.database.writing() as db:
        by = desk.people["delegate"]
        await registration.withdraw(db, rows[0].id, version=1, by=by, now=LATER)

    outcomes = {each.registration_id: each for each in await taken_back(desk, done.batch)}

    withdrawn = outcomes[rows[0].id].refusal
    assert isinstance(withdrawn, Conflict)
    assert withdrawn.reason == RegistrationReason.WITHDRAWN
    assert outcomes[rows[1].id].taken
    again = [each.refusal for each in await taken_back(desk, done.batch)]
    reasons = {each.reason for each in again if isinstance(each, Conflict)}
    assert reasons == {RegistrationReason.WITHDRAWN, DelegationReason.OVERTAKEN}


async def test_after_an_hour_and_by_others_nothing_is_taken_back(desk):
    row = await submitted(desk, "delegate")
    done = await decided(desk, yes(row))

    (late,) = await taken_back(desk, done.batch, now=BY_NOW)
    (foreign,) = await taken_back(desk, done.batch, "stranger")

    assert isinstance(late.refusal, Conflict)
    assert late.refusal.reason == DelegationReason.TOO_LATE
    assert isinstance(foreign.refusal, NotFound)
    assert (await kept(desk, row)).state is RegistrationState.APPROVED
    with pytest.raises(NotFound):
        await taken_back(desk, uuid4())


# Questions.


async def asked(desk, row, question="Which ministry sends you?", who="focal"):
    async with desk.database.writing() as db:
        by = desk.people[who]
        await decisions.ask(db, row.id, question, version=1, by=by, now=LATER)


async def answered(desk, row, said="The ministry of transport.", who="delegate"):
    async with desk.database.writing() as db:
        by = desk.people[who]
        await decisions.answer(db, row.id, said, by=by, now=LATER_STILL)


async def track_of(desk, row):
    async with desk.database.reading() as db:
        return await registration.track(db, await load(db, Registration, row.id), LATER_STILL)


async def test_a_question_is_the_applicants_to_answer_and_both_stand_on_the_track(desk):
    row = await submitted(desk, "delegate")
    await asked(desk, row)
    assert (await track_of(desk, row)).owner is Owner.APPLICANT
    await answered(desk, row)

    track = await track_of(desk, row)
    assert track.owner is Owner.FOCAL_POINT
    assert [(each.step, each.by_name, each.reason) for each in track.steps[1:]] == [
        (Step.ASKED, "The focal", "Which ministry sends you?"),
        (Step.ANSWERED, "The delegate", "The ministry of transport."),
    ]
    letters = await desk.letters()
    assert ("asked", "The delegate") in letters
    assert ("answered", "The focal") in letters
    assert (await desk.acts())[-2:] == ["registration-asked", "registration-answered"]


async def test_who_may_not_decide_asks_nothing_and_only_the_applicant_answers(desk):
    row = await submitted(desk, "delegate")

    async with refused(RegistrationReason.FOCAL_POINT_DECIDES):
        await asked(desk, row, who="secretariat")
    async with refused(RegistrationReason.OWN_CLAIM):
        await asked(desk, row, who="delegate")
    async with malformed(question=TextFault.MISSING):
        await asked(desk, row, " ")
    async with too_late(DelegationReason.NO_QUESTION):
        await answered(desk, row)
    await asked(desk, row)
    async with refused(RegistrationReason.NOT_YOURS):
        await answered(desk, row, who="focal")
    await decided(desk, yes(row))
    async with too_late(RegistrationReason.DECIDED):
        await answered(desk, row)


# A seat.


async def replaced(desk, row, newcomer, who="focal", version=1):
    async with desk.database.writing() as db:
        person, by = desk.people[newcomer], desk.people[who]
        said = Newcomer("Delegate sent instead", "Counsellor")
        return await decisions.substitute(
            db, row.id, person, said, version=version, by=by, now=LATER_STILL
        )


async def test_a_substitute_takes_the_seat_with_its_sittings_and_modes_in_one_act(desk):
    modes = (
        (desk.first_half, Mode.IN_PERSON),
        (desk.sittings[next(iter(desk.sittings))], "remote"),
    )
    row = await submitted(desk, "delegate", modes=modes)
    await decided(desk, yes(row))

    new = await replaced(desk, row, "other")

    old, new = await kept(desk, row), await kept(desk, new)
    assert (old.state, new.state) == ("withdrawn", "approved")
    assert (new.name, new.job_title, new.entity_id, new.capacity) == (
        "Delegate sent instead",
        "Counsellor",
        row.entity_id,
        row.capacity,
    )
    async with desk.database.reading() as db:
        assert await places.modes(db, new.id) == dict(modes)
    letters = await desk.letters()
    assert {("replaced", "The delegate"), ("stepped-in", "The other")} <= set(letters)
    assert (await desk.acts())[-2:] == ["registration-replaced", "registration-stepped_in"]
    steps = (await track_of(desk, new)).steps
    assert [(each.step, each.reason) for each in steps] == [(Step.STEPPED_IN, old.reference)]


async def test_a_seat_goes_to_nobody_who_has_one_and_not_to_oneself(desk):
    row = await submitted(desk, "delegate")
    async with too_late(DelegationReason.NOT_CONFIRMED):
        await replaced(desk, row, "other")
    await decided(desk, yes(row))
    await submitted(desk, "stranger", None)

    async with too_late(DelegationReason.ALREADY_THERE):
        await replaced(desk, row, "stranger")
    async with refused(RegistrationReason.OWN_CLAIM):
        await replaced(desk, row, "focal")
    async with refused(RegistrationReason.FOCAL_POINT_DECIDES):
        await replaced(desk, row, "other", who="secretariat")
    assert (await kept(desk, row)).state is RegistrationState.APPROVED


# The list.


async def names(desk, who="focal", limit=50, after="", **asked_for):
    async with desk.database.reading() as db:
        page = await delegation.listed(
            db, Asked(**asked_for), by=desk.people[who], now=NOW, limit=limit, after=after
        )
    return [each.about.registration.name for each in page.rows], page.onward


async def test_the_list_has_the_registrations_of_ones_bodies_and_no_other(desk):
    await submitted(desk, "delegate", name="Kenya's first")
    await submitted(desk, "other", name="Kenya's second")
    await submitted(desk, "stranger", CHILE, name="Chile's")

    assert sorted((await names(desk))[0]) == ["Kenya's first", "Kenya's second"]
    assert (await names(desk, "stranger"))[0] == []
    assert (await names(desk, text="SECOND"))[0] == ["Kenya's second"]
    assert (await names(desk, text="%"))[0] == []
    assert (await names(desk, state=RegistrationState.APPROVED))[0] == []


async def test_the_list_goes_on_where_it_stopped_without_gap_or_repetition(desk):
    for who in ("delegate", "other", "stranger"):
        await submitted(desk, who, name=f"Kenya's {who}")

    seen, after = [], ""
    for _ in range(3):
        found, after = await names(desk, limit=1, after=after)
        seen += found

    assert (sorted(seen), after) == (["Kenya's delegate", "Kenya's other", "Kenya's stranger"], "")
    async with malformed(after=DelegationFault.NO_PLACE):
        await names(desk, after="nonsense")


# Flags.


async def raised(desk, row):
    async with desk.database.reading() as db:
        page = await delegation.listed(db, Asked(), by=desk.people["focal"], now=NOW)
        found = await flags.of(db, [each.about for each in page.rows], NOW)
    return [(each.flag, each.about) for each in found[row.id]]


async def test_flags_are_shown_and_refuse_nobody(desk):
    await submitted(desk, "secretariat", None, name="Amina Odhiambo")
    twin = await submitted(desk, "delegate", name="Amina  ODHIAMBO")
    approved = await submitted(desk, "other", name="Wanjiru Kamau")
    await decided(desk, yes(approved))
    near = await submitted(desk, "stranger", name="Kamau Wanjiru")
    async with desk.database.writing() as db:
        by = desk.people["secretariat"]
        await entities.know_domains(db, desk.entities[KENYA], ["@transport.go.ke"], by=by, now=NOW)

    assert {flag for flag, _ in await raised(desk, twin)} == {Flag.SAME_PERSON, Flag.OTHER_DOMAIN}
    assert (Flag.CLOSE_NAME, approved.reference) in await raised(desk, near)
    assert (Flag.OTHER_DOMAIN, "example.org") in await raised(desk, near)
    assert [each.taken for each in (await decided(desk, yes(twin), yes(near))).outcomes] == [
        True
    ] * 2


async def test_the_domain_of_the_focal_point_is_the_bodys_where_none_is_noted(desk):
    row = await submitted(desk, "delegate")
    assert await raised(desk, row) == []

    async with desk.database.writing() as db:
        focal = await db.get(Person, desk.people["focal"].id)
        focal.email = "focal@transport.go.ke"

    assert await raised(desk, row) == [(Flag.OTHER_DOMAIN, "example.org")]
