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
    Boundary,
    ItemKind,
    Slot,
    boundary,
    fault_of_item,
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
