"""A meeting pins its edition, its sittings follow each other, and its people serve it."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from app import editions
from app.errors import Conflict, Malformed, NotFound, Refused
from app.models import AgendaItem, Meeting, Sitting
from app.policy.agenda import AgendaFault, ItemKind
from app.policy.meeting import MeetingFault, MeetingReason, NewItem, NewMeeting, NewSitting
from app.policy.parts import Part
from app.policy.people import Function
from app.policy.refusal import No
from app.policy.sitting import SittingState
from app.policy.text import TextFault
from app.services import access, meetings
from tests.records import LATER, NOW, SPLIT, records

NEXT = NewMeeting("twenty-one", "Twenty-first meeting", "Geneva", "Europe/Zurich", SPLIT)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
async def desk(database):
    return await records(database)


async def created(desk, new=NEXT, who="secretariat"):
    async with desk.database.writing() as db:
        return await meetings.create(db, new, desk.people[who], LATER)


async def added(desk, part, starts_at, hours=1.0, who="secretariat", meeting=None, **more):
    new = NewSitting(part, "", starts_at, starts_at + hours * HOUR, **more)
    async with desk.database.writing() as db:
        key = (meeting or desk.meeting).id
        return await meetings.add_sitting(db, key, new, desk.people[who], NOW)


async def item(desk, part, kind=ItemKind.ORDINARY, title="An item", who="secretariat"):
    async with desk.database.writing() as db:
        new = NewItem(desk.sittings[part], title, kind)
        return await meetings.add_item(db, desk.meeting.id, new, desk.people[who], NOW)


async def divided(desk, after, who="secretariat"):
    async with desk.database.writing() as db:
        return await meetings.divide(db, desk.meeting.id, after, desk.people[who], NOW)


async def halves(desk, meeting=None):
    async with desk.database.reading() as db:
        return await meetings.boundary(db, meeting or desk.meeting)


# Founding.


async def test_a_meeting_keeps_the_text_of_the_edition_that_it_pins(desk):
    meeting = await created(desk)

    assert (meeting.edition_id, meeting.edition_digest) == ("eur-44a4-2022", SPLIT.digest)
    assert editions.digest(meeting.edition_text) == meeting.edition_digest
    assert access.edition(meeting) == SPLIT


async def test_an_edition_that_changes_later_does_not_change_the_meeting(desk):
    text = SPLIT.text.replace('A7 = "not-named"', 'A7 = "named"')
    assert text != SPLIT.text
    other = editions.read(text)

    meeting = await created(desk, replace(NEXT, edition=other))

    assert access.edition(meeting) == other
    assert access.edition(desk.meeting) == SPLIT


async def test_only_the_secretariat_founds_meetings_and_serves_the_new_one(desk):
    with pytest.raises(Refused) as caught:
        await created(desk, who="stranger")
    assert caught.value.decision == No(MeetingReason.NOT_THE_SECRETARIAT)

    meeting = await created(desk)

    async with desk.database.reading() as db:
        assert await access.is_secretariat(db, desk.people["secretariat"], meeting.id)
        assert [each.slug for each in await meetings.listed(db)] == ["twenty-one", "twenty"]


async def test_two_meetings_do_not_share_a_slug(desk):
    with pytest.raises(Conflict) as caught:
        await created(desk, replace(NEXT, slug="twenty"))

    assert caught.value.reason == MeetingReason.SLUG_TAKEN
    assert await desk.count(Meeting) == 1


async def test_what_makes_no_sense_is_told_by_field(desk):
    with pytest.raises(Malformed) as caught:
        await created(desk, replace(NEXT, slug="Twenty One", title=" ", time_zone="Geneva"))

    assert caught.value.faults == {
        "slug": MeetingFault.SLUG,
        "title": TextFault.MISSING,
        "time_zone": MeetingFault.TIME_ZONE,
    }


async def test_a_meeting_is_known_by_slug_and_by_id(desk):
    async with desk.database.reading() as db:
        for name in ("twenty", str(desk.meeting.id)):
            assert (await meetings.by_slug(db, name)).id == desk.meeting.id
        for name in ("twenty-two", str(uuid4())):
            with pytest.raises(NotFound):
                await meetings.by_slug(db, name)


# Sittings.


async def test_sittings_are_numbered_as_they_are_added(desk):
    async with desk.database.reading() as db:
        found = await meetings.sittings(db, desk.meeting.id)

    assert [(each.number, each.part) for each in found] == [
        (1, Part.CONSULTATION),
        (2, Part.FIRST_HALF),
        (3, Part.SECOND_HALF),
    ]


async def test_a_sitting_has_the_place_and_zone_of_its_meeting_or_its_own(desk):
    start = NOW + 5 * DAY

    here = await added(desk, Part.SECOND_HALF, start)
    there = await added(
        desk, Part.SECOND_HALF, start + DAY, place="Nairobi", time_zone="Africa/Nairobi"
    )

    assert (here.place, here.time_zone) == ("Geneva", "Europe/Zurich")
    assert (there.place, there.time_zone) == ("Nairobi", "Africa/Nairobi")


@pytest.mark.parametrize(
    ("part", "start", "hours", "faults"),
    [
        (Part.SECOND_HALF, 5 * DAY, 0, {"ends_at": AgendaFault.ENDS_BEFORE_START}),
        (Part.SECOND_HALF, 5 * DAY, -1, {"ends_at": AgendaFault.ENDS_BEFORE_START}),
        (Part.SECOND_HALF, 2 * DAY + HOUR, 1, {"starts_at": AgendaFault.OVERLAPS}),
        (Part.CONSULTATION, -HOUR, 2, {"starts_at": AgendaFault.OVERLAPS}),
        (Part.CONSULTATION, -HOUR, 100, {"starts_at": AgendaFault.OVERLAPS}),
        (Part.WHOLE, 5 * DAY, 1, {"part": AgendaFault.NO_SUCH_PART}),
        (Part.FIRST_HALF, 5 * DAY, 1, {"part": AgendaFault.OPEN_AFTER_MEMBERS}),
    ],
)
async def test_a_sitting_fits_among_the_others(desk, part, start, hours, faults):
    with pytest.raises(Malformed) as caught:
        await added(desk, part, NOW + start, hours)

    assert caught.value.faults == faults
    assert await desk.count(Sitting) == 3


async def test_sittings_may_touch(desk):
    await added(desk, Part.CONSULTATION, NOW + 3 * HOUR)

    assert await desk.count(Sitting) == 4


async def test_a_meeting_of_an_edition_without_halves_has_none(desk):
    whole = await created(desk, replace(NEXT, edition=editions.load()["bucharest-2022"]))

    await added(desk, Part.WHOLE, NOW, meeting=whole)

    with pytest.raises(Malformed) as caught:
        await added(desk, Part.FIRST_HALF, NOW + DAY, meeting=whole)
    assert caught.value.faults == {"part": AgendaFault.NO_SUCH_PART}
    assert await halves(desk, whole) is None


async def test_only_the_secretariat_of_this_meeting_changes_it(desk):
    other = await created(desk)
    async with desk.database.writing() as db:
        boss, person = desk.people["secretariat"], desk.people["other"]
        await meetings.appoint(db, other.id, person, Function.SECRETARIAT, boss, NOW)
        await meetings.appoint(db, desk.meeting.id, person, Function.CHAIR, boss, NOW)

    for change in (
        added(desk, Part.SECOND_HALF, NOW + 5 * DAY, who="other"),
        item(desk, Part.FIRST_HALF, who="other"),
        divided(desk, None, who="other"),
    ):
        with pytest.raises(Refused) as caught:
            await change
        assert caught.value.decision == No(MeetingReason.NOT_THE_SECRETARIAT)


# Halves.


async def test_the_boundary_is_told_in_minutes_planned_and_actual(desk):
    planned = await halves(desk)
    async with desk.database.writing() as db:
        sitting = await db.get(Sitting, desk.first_half)
        sitting.state, sitting.closed_at = SittingState.CLOSED, LATER
    actual = await halves(desk)

    assert (planned.after, planned.minutes_before, planned.minutes_after) == (
        desk.first_half,
        180,
        180,
    )
    assert (planned.planned_at, planned.actual_at, planned.by_default) == (
        NOW + DAY + 3 * HOUR,
        None,
        True,
    )
    assert actual == replace(planned, actual_at=LATER)


async def test_the_boundary_is_moved_by_hand_and_back_by_default(desk):
    third = await added(desk, Part.SECOND_HALF, NOW + 4 * DAY, 3)

    moved = await divided(desk, desk.sittings[Part.SECOND_HALF])
    back = await divided(desk, None)

    assert (moved.after, moved.by_default) == (desk.sittings[Part.SECOND_HALF], True)
    assert (moved.minutes_before, moved.minutes_after) == (360, 180)
    assert back.after == desk.sittings[Part.SECOND_HALF]
    assert (await divided(desk, desk.first_half)).by_default is False
    with pytest.raises(Malformed):
        await divided(desk, desk.sittings[Part.CONSULTATION])
    assert third.part is Part.SECOND_HALF


async def test_an_edition_may_want_the_boundary_stated(desk):
    async with desk.database.writing() as db:
        meeting = await db.get(Meeting, desk.meeting.id)
        meeting.edition_text = meeting.edition_text.replace('"nearest-half"', '"stated"')

    with pytest.raises(Malformed) as caught:
        await divided(desk, None)
    assert caught.value.faults == {"after": MeetingFault.TO_BE_STATED}
    assert (await divided(desk, desk.first_half)).after == desk.first_half


async def test_the_boundary_stays_once_a_half_has_begun(desk):
    async with desk.database.writing() as db:
        sitting = await db.get(Sitting, desk.first_half)
        sitting.state = SittingState.OPEN

    with pytest.raises(Conflict) as caught:
        await divided(desk, None)
    assert caught.value.reason == MeetingReason.HAS_BEGUN


async def test_the_draft_report_does_not_slip_into_the_members_half(desk):
    late = await added(desk, Part.FIRST_HALF, NOW + DAY + 4 * HOUR)
    desk.sittings[Part.FIRST_HALF], first = late.id, desk.first_half
    await item(desk, Part.FIRST_HALF, ItemKind.DRAFT_REPORT)

    with pytest.raises(Malformed) as caught:
        await divided(desk, first)

    assert caught.value.faults == {"after": AgendaFault.NOT_IN_FIRST_HALF}
    assert (await halves(desk)).after == late.id


# The agenda.


async def test_items_are_numbered_through_the_meeting(desk):
    await item(desk, Part.FIRST_HALF, title="Welcome")
    await item(desk, Part.SECOND_HALF, title="Contributions")
    await item(desk, Part.FIRST_HALF, ItemKind.DRAFT_REPORT, "Draft report")

    async with desk.database.reading() as db:
        found = await meetings.agenda(db, desk.meeting.id)
    assert [(each.number, each.title, each.sitting_id) for each in found] == [
        (1, "Welcome", desk.first_half),
        (2, "Contributions", desk.sittings[Part.SECOND_HALF]),
        (3, "Draft report", desk.first_half),
    ]


@pytest.mark.parametrize("part", [Part.CONSULTATION, Part.SECOND_HALF])
async def test_the_draft_report_is_an_item_of_the_first_half_and_of_no_other(desk, part):
    with pytest.raises(Malformed) as caught:
        await item(desk, part, ItemKind.DRAFT_REPORT)

    assert caught.value.faults == {"sitting_id": AgendaFault.NOT_IN_FIRST_HALF}
    assert await desk.count(AgendaItem) == 0


async def test_an_item_belongs_to_a_sitting_of_its_own_meeting(desk):
    other = await created(desk)
    elsewhere = await added(desk, Part.FIRST_HALF, NOW, meeting=other)
    desk.sittings[Part.FIRST_HALF] = elsewhere.id

    with pytest.raises(Malformed) as caught:
        await item(desk, Part.FIRST_HALF)
    assert caught.value.faults == {"sitting_id": MeetingFault.OTHER_MEETING}

    with pytest.raises(Malformed) as caught:
        await item(desk, Part.SECOND_HALF, title="<h1>")
    assert caught.value.faults == {"title": TextFault.MARKUP}


# Functions.


async def held(desk, who):
    async with desk.database.reading() as db:
        return await access.functions(db, desk.people[who], desk.meeting.id)


async def appointed(desk, who, function, by="secretariat"):
    async with desk.database.writing() as db:
        person, boss = desk.people[who], desk.people[by]
        await meetings.appoint(db, desk.meeting.id, person, function, boss, NOW)


async def dismissed(desk, who, function, by="secretariat"):
    async with desk.database.writing() as db:
        person, boss = desk.people[who], desk.people[by]
        await meetings.dismiss(db, desk.meeting.id, person, function, boss, LATER)


async def test_a_function_is_given_taken_and_given_again(desk):
    await appointed(desk, "other", Function.CHAIR)
    await appointed(desk, "other", Function.CHAIR)
    await appointed(desk, "other", Function.STEWARD)
    given = await held(desk, "other")
    await dismissed(desk, "other", Function.CHAIR)
    left = await held(desk, "other")
    await appointed(desk, "other", Function.CHAIR)

    assert (given, left, await held(desk, "other")) == (
        {Function.CHAIR, Function.STEWARD},
        {Function.STEWARD},
        {Function.CHAIR, Function.STEWARD},
    )
    assert (await desk.acts())[-4:] == [
        "function-given",
        "function-given",
        "function-ended",
        "function-given",
    ]
    async with desk.database.reading() as db:
        served = await meetings.serving(db, desk.meeting.id)
    assert [(person.name, function) for person, function in served] == [
        ("The other", Function.CHAIR),
        ("The secretariat", Function.SECRETARIAT),
        ("The other", Function.STEWARD),
    ]


async def test_a_function_that_nobody_has_cannot_be_taken(desk):
    with pytest.raises(NotFound):
        await dismissed(desk, "other", Function.CHAIR)


async def test_a_meeting_is_never_left_without_a_secretariat(desk):
    with pytest.raises(Conflict) as caught:
        await dismissed(desk, "secretariat", Function.SECRETARIAT)
    assert caught.value.reason == MeetingReason.LAST_OF_THE_SECRETARIAT

    await appointed(desk, "other", Function.SECRETARIAT)
    await dismissed(desk, "secretariat", Function.SECRETARIAT, by="other")

    assert await held(desk, "secretariat") == frozenset()


async def test_nobody_appoints_themselves(desk):
    with pytest.raises(Refused):
        await appointed(desk, "other", Function.CHAIR, by="other")

    assert await held(desk, "other") == frozenset()
