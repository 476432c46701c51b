"""A claim is made, decided by the right person, edited, withdrawn; and nobody else learns of it."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlmodel import select

from app.database import Database, hold, load
from app.errors import Conflict, Malformed, NotFound, Refused
from app.models import Act, Attending, Registration, RegistrationStep, Sitting
from app.policy.parts import Part
from app.policy.people import Category
from app.policy.refusal import No
from app.policy.registration import (
    ClaimFault,
    Mode,
    Owner,
    RegistrationReason,
    RegistrationState,
    Step,
)
from app.policy.sitting import SittingState
from app.policy.text import DIGITS, TextFault
from app.services import acts, cases, claims, decisions, entities, places, registration, roll
from tests.records import CHILE, KENYA, LATER, LATER_STILL, NOW, Records, records


@pytest.fixture
async def desk(database: Database) -> Records:
    return await records(database)


async def submitted(desk: Records, who: str, claim, now=NOW) -> Registration:
    async with desk.database.writing() as db:
        by = desk.people[who]
        return await claims.submit(db, desk.meeting.id, claim, by=by, now=now)


async def edited(desk, row, claim, who="delegate", version=None, now=LATER):
    async with desk.database.writing() as db:
        seen = version or row.version
        by = desk.people[who]
        return await registration.edit(db, row.id, claim, version=seen, by=by, now=now)


async def approved(desk, row, who="focal", version=None, now=LATER):
    async with desk.database.writing() as db:
        seen = version or row.version
        by = desk.people[who]
        return await decisions.approve(db, row.id, version=seen, by=by, now=now)


async def rejected(desk, row, reason, who="focal", version=None, now=LATER):
    async with desk.database.writing() as db:
        seen = version or row.version
        by = desk.people[who]
        return await decisions.reject(db, row.id, version=seen, reason=reason, by=by, now=now)


async def withdrawn(desk, row, who="delegate", version=None, now=LATER_STILL):
    async with desk.database.writing() as db:
        seen = version or row.version
        by = desk.people[who]
        return await registration.withdraw(db, row.id, version=seen, by=by, now=now)


async def tracked(desk, row, now=LATER_STILL):
    async with desk.database.reading() as db:
        return await registration.track(db, await kept(desk, row), now)


async def kept(desk, row) -> Registration:
    async with desk.database.reading() as db:
        found: Registration = await load(db, Registration, row.id)
        return found


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


# Claims.


async def test_a_stakeholder_is_confirmed_at_once(desk):
    row = await submitted(desk, "delegate", desk.claim())

    assert (row.state, row.version, row.decided_at) == (RegistrationState.APPROVED, 1, NOW)
    assert await desk.letters() == [("confirmed", "The delegate")]
    track = await tracked(desk, row)
    assert [(each.step, each.at, each.by_name) for each in track.steps] == [
        (Step.SUBMITTED, NOW, "The delegate"),
        (Step.CONFIRMED, NOW, "The delegate"),
    ]
    assert (track.owner, track.owner_names) == (Owner.NOBODY, ())


async def test_a_claim_to_an_entity_is_acknowledged_and_brought_to_its_focal_point(desk):
    row = await submitted(desk, "delegate", desk.claim(KENYA))

    assert (row.state, row.decided_at) == (RegistrationState.SUBMITTED, None)
    assert await desk.letters() == [("acknowledged", "The delegate"), ("to-decide", "The focal")]
    track = await tracked(desk, row)
    assert (track.owner, track.owner_names, track.since) == (
        Owner.FOCAL_POINT,
        ("The focal",),
        NOW,
    )


async def test_where_there_is_no_focal_point_the_secretariat_is_asked_and_decides(desk):
    row = await submitted(desk, "delegate", desk.claim(CHILE))

    assert ("to-decide", "The secretariat") in await desk.letters()
    assert (await tracked(desk, row)).owner_names == ("The secretariat",)
    assert (await approved(desk, row, "secretariat")).state is RegistrationState.APPROVED


async def test_a_focal_points_own_registration_needs_no_second_approval(desk):
    row = await submitted(desk, "focal", desk.claim(KENYA))

    assert row.state is RegistrationState.APPROVED
    assert await desk.letters() == [("confirmed", "The focal")]


async def test_a_focal_point_of_one_entity_is_nobody_to_another(desk):
    row = await submitted(desk, "focal", desk.claim(CHILE))

    assert row.state is RegistrationState.SUBMITTED


async def test_an_address_that_was_not_verified_registers_nobody(desk):
    async with refused(RegistrationReason.NOT_VERIFIED):
        await submitted(desk, "unverified", desk.claim())

    assert await desk.count(Registration) == 0


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"name": ""}, {"name": TextFault.MISSING}),
        ({"name": "<img src=x onerror=alert(1)>"}, {"name": TextFault.MARKUP}),
        ({"name": "Kenya\u202e"}, {"name": TextFault.DIRECTION}),
        ({"organization": "x" * 5000}, {"organization": TextFault.TOO_LONG}),
        ({"job_title": "Head\x00"}, {"job_title": TextFault.CONTROL}),
        ({"country": "Switzerland"}, {"country": ClaimFault.UNKNOWN_COUNTRY}),
        (
            {"organization": "", "country": ""},
            dict.fromkeys(("organization", "country"), "missing"),
        ),
    ],
)
async def test_a_hostile_or_empty_form_is_refused_by_field_and_nothing_is_kept(
    desk, changes, faults
):
    with pytest.raises(Malformed) as caught:
        await submitted(desk, "delegate", desk.claim(**changes))

    assert caught.value.faults == faults
    assert [await desk.count(each) for each in (Registration, Attending, RegistrationStep)] == [
        0
    ] * 3
    assert await desk.letters() == []


async def test_an_entity_that_is_not_in_the_record_cannot_be_claimed(desk):
    claim = replace(desk.claim(KENYA), entity_id=desk.meeting.id)

    with pytest.raises(Malformed) as caught:
        await submitted(desk, "delegate", claim)

    assert caught.value.faults == {"entity_id": ClaimFault.UNKNOWN_ENTITY}


async def test_modes_are_for_sittings_of_this_meeting_only(desk):
    claim = desk.claim(modes=((desk.meeting.id, Mode.REMOTE),))

    with pytest.raises(Malformed) as caught:
        await submitted(desk, "delegate", claim)

    assert caught.value.faults == {"modes": ClaimFault.OTHER_MEETING}


async def test_modes_are_kept_by_sitting_and_replaced_by_an_edit(desk):
    both = (desk.first_half, Mode.IN_PERSON), (desk.sittings[Part.SECOND_HALF], Mode.REMOTE)
    row = await submitted(desk, "delegate", desk.claim(modes=both))
    async with desk.database.reading() as db:
        before = await places.modes(db, row.id)

    await edited(desk, row, desk.claim())

    async with desk.database.reading() as db:
        assert before == dict(both)
        assert await places.modes(db, row.id) == {desk.first_half: Mode.REMOTE}


async def test_texts_are_kept_in_one_spelling_and_introduce_the_person(desk):
    async with desk.database.writing() as db:
        someone = await hold(db, type(desk.people["delegate"]), desk.people["delegate"].id)
        someone.name = ""

    claim = desk.claim(name="  Cote\u0302 ", country="ch", organization="A society")
    row = await submitted(desk, "delegate", claim)

    async with desk.database.reading() as db:
        known = await db.get(type(desk.people["delegate"]), row.person_id)
        assert (row.name, row.country) == ("Cot\u00ea", "CH")
        assert (known.name, known.affiliation, known.country) == (row.name, "A society", "CH")


async def test_a_meeting_that_is_over_takes_no_registration(desk):
    async with desk.database.writing() as db:
        for sitting in await db.exec(select(Sitting)):
            sitting.state = SittingState.CLOSED

    async with too_late(RegistrationReason.MEETING_OVER):
        await submitted(desk, "delegate", desk.claim())


# Decisions.


async def test_the_focal_point_approves_and_the_track_names_who_and_when(desk):
    row = await submitted(desk, "delegate", desk.claim(KENYA))

    row = await approved(desk, row)

    assert (row.state, row.decided_at, row.decided_by) == (
        RegistrationState.APPROVED,
        LATER,
        desk.people["focal"].id,
    )
    assert ("approved", "The delegate") in await desk.letters()
    track = await tracked(desk, row)
    assert [(each.step, each.at, each.by_name) for each in track.steps] == [
        (Step.SUBMITTED, NOW, "The delegate"),
        (Step.APPROVED, LATER, "The focal"),
    ]
    assert (track.owner, track.since) == (Owner.NOBODY, LATER)


async def test_the_secretariat_does_not_decide_where_a_focal_point_does(desk):
    row = await submitted(desk, "delegate", desk.claim(KENYA))

    async with refused(RegistrationReason.FOCAL_POINT_DECIDES):
        await approved(desk, row, "secretariat")


async def test_nobody_approves_their_own_claim(desk):
    own = await submitted(desk, "secretariat", desk.claim(CHILE))
    row = await submitted(desk, "delegate", desk.claim(KENYA))
    async with desk.database.writing() as db:
        await entities.designate(db, desk.entities[KENYA], desk.people["delegate"], NOW.date())

    async with refused(RegistrationReason.OWN_CLAIM):
        await approved(desk, own, "secretariat")
    async with refused(RegistrationReason.OWN_CLAIM):
        await approved(desk, row, "delegate")


async def test_a_claim_whose_only_focal_point_is_its_author_goes_to_the_secretariat(desk):
    row = await submitted(desk, "delegate", desk.claim(CHILE))
    async with desk.database.writing() as db:
        await entities.designate(db, desk.entities[CHILE], desk.people["delegate"], NOW.date())

    assert (await tracked(desk, row)).owner is Owner.SECRETARIAT
    assert (await approved(desk, row, "secretariat")).state is RegistrationState.APPROVED


async def test_to_everyone_else_the_registration_does_not_exist(desk):
    row = await submitted(desk, "delegate", desk.claim(CHILE))

    for who in ("focal", "stranger"):
        for verb in (approved, edited_by_others, withdrawn, rejected_without_saying_why):
            with pytest.raises(NotFound):
                await verb(desk, row, who)


async def edited_by_others(desk, row, who):
    return await edited(desk, row, desk.claim(), who)


async def rejected_without_saying_why(desk, row, who):
    return await rejected(desk, row, "", who)


async def test_who_may_know_may_still_not_edit_or_withdraw_for_another(desk):
    row = await submitted(desk, "delegate", desk.claim(KENYA))

    async with refused(RegistrationReason.NOT_YOURS):
        await edited(desk, row, desk.claim(), "focal")
    async with refused(RegistrationReason.NOT_YOURS):
        await withdrawn(desk, row, "secretariat")


async def test_a_rejection_says_why_and_the_claim_goes_back_to_its_author(desk):
    row = await submitted(desk, "delegate", desk.claim(KENYA))

    with pytest.raises(Malformed) as caught:
        await rejected(desk, row, "  ")
    row = await rejected(desk, row, " Not of our delegation. ")

    assert caught.value.faults == {"reason": TextFault.MISSING}
    assert (row.state, row.reason) == (RegistrationState.REJECTED, "Not of our delegation.")
    track = await tracked(desk, row)
    assert (track.owner, track.owner_names, track.since) == (
        Owner.APPLICANT,
        ("Delegate of KE",),
        LATER,
    )
    assert (track.steps[-1].reason, track.steps[-1].by_name) == (row.reason, "The focal")
    assert ("rejected", "The delegate") in await desk.letters()


async def test_what_was_decided_is_not_decided_again(desk):
    row = await approved(desk, await submitted(desk, "delegate", desk.claim(KENYA)))

    async with too_late(RegistrationReason.DECIDED):
        await rejected(desk, row, "Changed my mind.")


# Changes.


async def test_editing_after_approval_resets_it_and_asks_again(desk):
    row = await approved(desk, await submitted(desk, "delegate", desk.claim(KENYA)))

    row = await edited(desk, row, desk.claim(KENYA, name="Another name"), now=LATER_STILL)

    assert (row.state, row.version, row.decided_at, row.decided_by) == (
        RegistrationState.SUBMITTED,
        2,
        None,
        None,
    )
    assert [each for each in await desk.letters() if each[0] == "to-decide"] == [
        ("to-decide", "The focal")
    ] * 2
    assert ("edited", "The delegate") in await desk.letters()
    track = await tracked(desk, row)
    assert [each.step for each in track.steps] == [Step.SUBMITTED, Step.APPROVED, Step.EDITED]
    assert (track.owner, track.since) == (Owner.FOCAL_POINT, LATER_STILL)


async def test_editing_what_waits_does_not_write_to_those_who_decide_again(desk):
    row = await submitted(desk, "delegate", desk.claim(KENYA))

    row = await edited(desk, row, desk.claim(KENYA, name="Another name"))

    assert row.version == 2
    assert [each for each in await desk.letters() if each[0] == "to-decide"] == [
        ("to-decide", "The focal")
    ]


async def test_a_claim_to_another_entity_is_brought_to_whoever_decides_there(desk):
    row = await submitted(desk, "delegate", desk.claim(KENYA))

    await edited(desk, row, desk.claim(CHILE))

    assert [name for kind, name in await desk.letters() if kind == "to-decide"] == [
        "The focal",
        "The secretariat",
    ]


async def test_a_stakeholder_who_edits_stays_confirmed(desk):
    row = await submitted(desk, "delegate", desk.claim())

    row = await edited(desk, row, desk.claim(name="Another name"))

    assert (row.state, row.version, row.name) == (RegistrationState.APPROVED, 2, "Another name")


async def test_a_stakeholder_who_claims_an_entity_waits_for_its_approval(desk):
    row = await submitted(desk, "delegate", desk.claim())

    row = await edited(desk, row, desk.claim(KENYA))

    assert (row.state, row.group, row.entity_id) == (
        RegistrationState.SUBMITTED,
        None,
        desk.entities[KENYA],
    )


async def test_a_place_that_was_given_up_can_be_asked_for_again(desk):
    row = await approved(desk, await submitted(desk, "delegate", desk.claim(KENYA)))
    gone = await withdrawn(desk, row)

    again = await submitted(desk, "delegate", desk.claim(), now=LATER_STILL)

    assert (gone.state, gone.decided_by) == (RegistrationState.WITHDRAWN, None)
    assert (again.id, again.reference, again.version) == (row.id, row.reference, 2)
    assert (again.state, again.submitted_at) == (RegistrationState.APPROVED, LATER_STILL)
    assert ("withdrawn", "The delegate") in await desk.letters()


async def test_after_a_rejection_the_same_registration_is_sent_again(desk):
    row = await submitted(desk, "delegate", desk.claim(KENYA))
    row = await rejected(desk, row, "Not of our delegation.")

    again = await submitted(desk, "delegate", desk.claim(KENYA), now=LATER_STILL)

    assert (again.id, again.state, again.version, again.reason) == (
        row.id,
        RegistrationState.SUBMITTED,
        2,
        "",
    )


async def test_what_was_withdrawn_is_neither_edited_nor_withdrawn_again(desk):
    row = await withdrawn(desk, await submitted(desk, "delegate", desk.claim()))

    async with too_late(RegistrationReason.WITHDRAWN):
        await edited(desk, row, desk.claim())
    async with too_late(RegistrationReason.WITHDRAWN):
        await withdrawn(desk, row)


async def test_one_person_has_one_registration_for_a_meeting(desk):
    row = await submitted(desk, "delegate", desk.claim(KENYA))

    with pytest.raises(Conflict) as caught:
        await submitted(desk, "delegate", desk.claim())

    assert (caught.value.reason, caught.value.facts) == (
        RegistrationReason.REGISTERED,
        {"reference": row.reference},
    )


# At once.


async def test_of_two_approvals_at_once_the_second_is_told(desk):
    async with desk.database.writing() as db:
        await entities.designate(db, desk.entities[KENYA], desk.people["other"], NOW.date())
    row = await submitted(desk, "delegate", desk.claim(KENYA))

    async with asyncio.timeout(10):
        both = await asyncio.gather(
            approved(desk, row, "focal"), approved(desk, row, "other"), return_exceptions=True
        )

    (told,) = [each for each in both if isinstance(each, Exception)]
    assert isinstance(told, Conflict)
    assert told.reason == RegistrationReason.DECIDED
    assert [each.step for each in (await tracked(desk, row)).steps] == [
        Step.SUBMITTED,
        Step.APPROVED,
    ]


async def test_an_approval_names_the_version_it_saw(desk):
    row = await submitted(desk, "delegate", desk.claim(KENYA))
    await edited(desk, row, desk.claim(KENYA, name="Somebody else"))

    async with too_late(RegistrationReason.CHANGED):
        await approved(desk, row, version=1)
    async with too_late(RegistrationReason.CHANGED):
        await rejected(desk, row, "No.", version=1)
    async with too_late(RegistrationReason.CHANGED):
        await withdrawn(desk, row, version=1)
    async with too_late(RegistrationReason.CHANGED):
        await edited(desk, row, desk.claim(), version=1)

    assert (await kept(desk, row)).state is RegistrationState.SUBMITTED


async def test_a_row_that_changed_between_loading_and_locking_is_seen_as_it_is(
    postgres_tables_url, monkeypatch
):
    database = Database(postgres_tables_url)
    desk = await records(database)
    row = await submitted(desk, "delegate", desk.claim(KENYA))
    real = hold

    async def hold_late(db, table, key):
        monkeypatch.setattr(cases, "hold", real)
        await edited(desk, row, desk.claim(KENYA, name="Somebody else"))
        return await real(db, table, key)

    async with asyncio.timeout(10), database.writing() as db:
        loaded = await registration.by_reference(
            db, row.reference, by=desk.people["focal"], now=LATER
        )
        monkeypatch.setattr(cases, "hold", hold_late)
        async with too_late(RegistrationReason.CHANGED):
            await decisions.approve(
                db, loaded.id, version=loaded.version, by=desk.people["focal"], now=LATER
            )
    await database.close()


async def test_of_two_claims_of_one_person_at_once_one_is_kept(desk):
    async with asyncio.timeout(10):
        both = await asyncio.gather(
            submitted(desk, "delegate", desk.claim()),
            submitted(desk, "delegate", desk.claim(KENYA)),
            return_exceptions=True,
        )

    (told,) = [each for each in both if isinstance(each, Exception)]
    assert isinstance(told, Conflict)
    assert told.reason == RegistrationReason.REGISTERED
    assert await desk.count(Registration) == 1


# Who sees what.


async def seen(desk, who, reference):
    async with desk.database.reading() as db:
        found = await registration.by_reference(db, reference, by=desk.people[who], now=NOW)
        return found.reference


async def test_a_reference_opens_a_registration_to_few(desk):
    row = await submitted(desk, "delegate", desk.claim(KENYA))

    for who in ("delegate", "focal", "secretariat"):
        assert await seen(desk, who, row.reference) == row.reference
    for who in ("stranger", "other"):
        with pytest.raises(NotFound):
            await seen(desk, who, row.reference)


async def test_a_reference_is_read_as_people_write_it(desk):
    row = await submitted(desk, "delegate", desk.claim())
    said = row.reference.lower().replace("0", "o").replace("1", "l")

    assert await seen(desk, "delegate", f"{said[:4]}-{said[4:]} ") == row.reference
    assert set(row.reference) <= set(DIGITS)
    assert len(row.reference) == 8


async def listed(desk, who):
    async with desk.database.reading() as db:
        known = await roll.known_to(db, desk.meeting.id, desk.people[who], NOW)
        found = await roll.page(db, known)
        return sorted(each.name for each in found)


async def test_a_list_holds_what_one_may_know_and_nothing_else(desk):
    await submitted(desk, "delegate", desk.claim(KENYA))
    await submitted(desk, "other", desk.claim(CHILE))
    await submitted(desk, "stranger", desk.claim())

    assert await listed(desk, "secretariat") == ["Delegate of CL", "Delegate of KE", "Participant"]
    assert await listed(desk, "focal") == ["Delegate of KE"]
    assert await listed(desk, "other") == ["Delegate of CL"]
    assert await listed(desk, "unverified") == []


async def waiting(desk, who, now=NOW):
    async with desk.database.reading() as db:
        found = await registration.waiting(db, by=desk.people[who], now=now)
        return [(each.person.name, each.entity.name, each.meeting.slug) for each in found]


async def test_what_waits_is_with_the_one_who_decides(desk):
    await submitted(desk, "delegate", desk.claim(KENYA))
    await submitted(desk, "other", desk.claim(CHILE), now=LATER)
    await submitted(desk, "stranger", desk.claim())
    await submitted(desk, "secretariat", desk.claim(CHILE))

    assert await waiting(desk, "focal") == [("The delegate", "Kenya", "twenty")]
    assert await waiting(desk, "secretariat") == [("The other", "Chile", "twenty")]
    assert await waiting(desk, "delegate") == []


async def test_what_nobody_else_decides_on_waits_for_the_secretariat(desk):
    await submitted(desk, "delegate", desk.claim(CHILE))
    async with desk.database.writing() as db:
        await entities.designate(db, desk.entities[CHILE], desk.people["delegate"], NOW.date())
        await entities.relieve(db, desk.entities[KENYA], desk.people["focal"], now=NOW)
    await submitted(desk, "other", desk.claim(KENYA), now=LATER)

    assert await waiting(desk, "secretariat") == [
        ("The delegate", "Chile", "twenty"),
        ("The other", "Kenya", "twenty"),
    ]


# What follows from it.


async def lived(desk):
    """A whole life, with everything that can happen in it."""
    row = await submitted(desk, "delegate", desk.claim(KENYA))
    row = await approved(desk, row)
    row = await edited(desk, row, desk.claim(KENYA))
    row = await rejected(desk, row, "Not any more.")
    await withdrawn(desk, row)


async def test_every_change_is_an_act(desk):
    before = len(await desk.acts())

    await lived(desk)

    assert (await desk.acts())[before:] == [
        "registration-submitted",
        "registration-approved",
        "registration-edited",
        "registration-rejected",
        "registration-withdrawn",
    ]
    async with desk.database.reading() as db:
        assert await acts.broken_at(db) is None


async def test_every_change_has_the_persons_doors_asked_again(sqlite_tables_url):
    database = Database(sqlite_tables_url)  # PostgreSQL rings its bells itself: see tests/live
    desk = await records(database)

    await lived(desk)

    assert desk.heard.count(f"person:{desk.people['delegate'].id}") == 5
    await database.close()


async def test_an_act_names_no_person_in_words(desk):
    row = await submitted(desk, "delegate", desk.claim(KENYA, name="Delegate of Kenya"))
    await rejected(desk, row, "A private reason.")

    async with desk.database.reading() as db:
        found = [str(each.content) for each in await db.exec(select(Act))]
    assert [each for each in found if "Delegate of" in each or "private" in each] == []


async def test_a_refusal_leaves_no_trace_of_a_change(desk):
    row = await submitted(desk, "delegate", desk.claim(KENYA))
    before, heard = await desk.acts(), list(desk.heard)

    with pytest.raises(NotFound):
        await approved(desk, row, "stranger")

    assert (await desk.acts(), desk.heard) == (before, heard)
    assert (await kept(desk, row)).version == 1


async def test_no_registration_has_a_category_of_its_own(desk):
    await submitted(desk, "delegate", desk.claim(KENYA))

    assert [name for name in Registration.model_fields if "category" in name] == []
    async with desk.database.reading() as db:
        held = await entities.category_on(db, desk.entities[KENYA], NOW.date())
    assert held == (Category.MEMBER_STATE, False)
