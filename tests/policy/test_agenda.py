"""Where the halves meet (A1), and what must be an item of the first (A15)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import editions
from app.policy import parameters
from app.policy.agenda import (
    AgendaFault,
    Boundary,
    Change,
    Entry,
    ItemKind,
    Place,
    Slot,
    boundary,
    changes,
    fault_of_item,
    faults_of_amendment,
    faults_of_slots,
    halve,
    may_be_halved,
)
from app.policy.parts import Part

BOOKS = editions.load()
SPLIT = BOOKS["eur-44a4-2022"]
NINE = datetime(2026, 2, 11, 9, tzinfo=UTC)


def slots(*sittings):
    """Sittings one after the other, of these parts and minutes."""
    made, start = [], NINE
    for number, (part, minutes) in enumerate(sittings):
        end = start + timedelta(minutes=minutes)
        made.append(Slot(UUID(int=number), Part(part), start, end))
        start = end + timedelta(minutes=15)
    return made


def halves(*minutes):
    """How many sittings of these lengths fall into the first half."""
    parts = halve(slots(*(("first_half", each) for each in minutes)))
    return [part.value for part in parts.values()].count("first_half")


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ("first_half", None),
        ("second_half", "not-in-first-half"),
        ("consultation", "not-in-first-half"),
        ("whole", "no-such-part"),
    ],
)
def test_the_draft_report_must_be_an_item_of_the_first_half(part, fault):
    assert fault_of_item(SPLIT, ItemKind.DRAFT_REPORT, Part(part)) == fault


@pytest.mark.parametrize("part", SPLIT.parts)
def test_any_other_item_may_be_anywhere(part):
    assert fault_of_item(SPLIT, ItemKind.ORDINARY, part) is None


@pytest.mark.parametrize("edition", ["dubai-2018", "bucharest-2022"])
def test_where_a_meeting_has_no_halves_the_draft_may_be_anywhere(edition):
    assert fault_of_item(BOOKS[edition], ItemKind.DRAFT_REPORT, Part.WHOLE) is None
    assert fault_of_item(BOOKS[edition], ItemKind.DRAFT_REPORT, Part.FIRST_HALF) == "no-such-part"


@pytest.mark.parametrize(
    ("minutes", "first"),
    [
        ((90, 90), 1),
        ((60, 60, 60, 60), 2),
        ((90, 30, 30, 30), 1),
        ((30, 30, 30, 150), 3),
        ((60, 60, 60), 2),
        ((180,), 1),
        ((), 0),
    ],
)
def test_the_boundary_is_the_one_nearest_to_half_of_the_scheduled_minutes(minutes, first):
    assert halves(*minutes) == first


def test_the_boundary_is_left_to_the_minutes_only_where_the_edition_says_so():
    stated = replace(
        SPLIT, parameters=replace(SPLIT.parameters, boundary=parameters.Boundary.STATED)
    )

    assert may_be_halved(SPLIT) is True
    assert may_be_halved(stated) is False
    assert may_be_halved(BOOKS["bucharest-2022"]) is False


def test_breaks_and_consultations_are_not_counted():
    meeting = slots(("consultation", 600), ("first_half", 60), ("first_half", 60))

    assert halve(meeting) == {UUID(int=1): Part.FIRST_HALF, UUID(int=2): Part.SECOND_HALF}


@given(st.lists(st.integers(1, 480), min_size=2, max_size=12))
def test_no_other_boundary_is_nearer_to_the_half(minutes):
    half, first = sum(minutes) / 2, halves(*minutes)
    nearest = min(abs(sum(minutes[:count]) - half) for count in range(1, len(minutes)))

    assert abs(sum(minutes[:first]) - half) == nearest


def test_the_boundary_tells_the_planned_and_the_actual_moment():
    opening, members = slots(("first_half", 90), ("second_half", 90))
    late = opening.ends_at + timedelta(minutes=12)
    closed = Slot(opening.sitting, opening.part, opening.starts_at, opening.ends_at, NINE, late)

    assert boundary([members, opening]) == Boundary(opening.sitting, opening.ends_at, None)
    assert boundary([closed, members]) == Boundary(opening.sitting, opening.ends_at, late)


@pytest.mark.parametrize("parts", [["first_half"], ["second_half"], ["whole"], []])
def test_without_both_halves_there_is_no_boundary(parts):
    assert boundary(slots(*((part, 60) for part in parts))) is None


def test_an_agenda_in_order_has_no_fault():
    assert faults_of_slots(SPLIT, slots(("first_half", 60), ("second_half", 60))) == {}


def test_the_faults_of_an_agenda_are_told_for_each_sitting():
    meeting = slots(("whole", 60), ("second_half", 60), ("first_half", 60), ("second_half", 0))
    early = Slot(UUID(int=9), Part.CONSULTATION, NINE, NINE + timedelta(minutes=30))

    assert faults_of_slots(SPLIT, [*meeting, early]) == {
        UUID(int=0): "no-such-part",
        UUID(int=2): "open-after-members",
        UUID(int=3): "ends-before-start",
        UUID(int=9): "overlaps",
    }


# Editions.

FIRST, SECOND = UUID(int=1), UUID(int=2)
BOTH = {FIRST: Place(Part.FIRST_HALF), SECOND: Place(Part.SECOND_HALF)}


def entries(*numbers, sitting=FIRST, **more):
    return [Entry(number, sitting, f"Item {number}", **more) for number in numbers]


def test_an_amendment_is_told_item_by_item_and_moves_as_few_as_can_be():
    before = entries(1, 2, 3, 4)
    one, two, three, four = before
    after = [
        four,
        one,
        replace(two, title="Another title", label="2 bis"),
        replace(three, sitting=SECOND),
        Entry(5, FIRST, "New"),
    ]
    told = [(each.what, each.after and each.after.number) for each in changes(before, after)]
    assert told == [
        (Change.REORDERED, 4),
        (Change.RETITLED, 2),
        (Change.RELABELLED, 2),
        (Change.MOVED, 3),
        (Change.ADDED, 5),
    ]
    gone = changes(before, entries(1, 2, 4))
    assert [(each.what, each.before and each.before.number) for each in gone] == [
        (Change.WITHDRAWN, 3)
    ]
    assert changes(before, before) == []


@given(st.permutations(list(range(1, 7))))
def test_what_is_told_to_be_reordered_put_back_gives_the_new_order(order):
    before, after = entries(*range(1, 7)), entries(*order)
    moved = {each.after and each.after.number for each in changes(before, after)}
    stayed = [number for number in order if number not in moved]
    assert stayed == sorted(stayed)


def test_every_amendment_keeps_the_draft_report_in_the_first_half_and_numbers_as_they_were():
    before = entries(1, kind=ItemKind.DRAFT_REPORT)
    moved = [replace(before[0], sitting=SECOND)]
    assert faults_of_amendment(SPLIT, BOTH, {1}, before, moved) == {
        "sitting-0": AgendaFault.NOT_IN_FIRST_HALF
    }
    assert faults_of_amendment(SPLIT, BOTH, {1}, before, before) == {}
    twice = entries(1, 9, 1)
    assert faults_of_amendment(SPLIT, BOTH, {1}, entries(1), twice) == {
        "number-1": AgendaFault.NO_SUCH_NUMBER,
        "number-2": AgendaFault.NAMED_TWICE,
    }


def test_what_is_in_hand_or_waited_for_stays_and_nothing_comes_to_a_sitting_that_is_over():
    held = {1: AgendaFault.IN_HAND}
    places = {FIRST: Place(Part.FIRST_HALF, held=held), SECOND: Place(Part.FIRST_HALF, closed=True)}
    before = entries(1, 2)
    renamed = [replace(before[0], title="A new title"), before[1]]
    assert faults_of_amendment(SPLIT, places, {1, 2}, before, renamed) == {}
    assert faults_of_amendment(SPLIT, places, {1, 2}, before, before[1:]) == {
        "items": AgendaFault.IN_HAND
    }
    moved = [replace(each, sitting=SECOND) for each in before]
    assert faults_of_amendment(SPLIT, places, {1, 2}, before, moved) == {
        "sitting-0": AgendaFault.IN_HAND,
        "sitting-1": AgendaFault.SITTING_CLOSED,
    }
