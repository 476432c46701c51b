"""How long someone was there, in which way, and what a correction has to say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy import attendance
from app.policy.attendance import AttendanceFault, Correction, Stretch
from app.policy.people import Function
from app.policy.registration import Mode
from app.policy.text import TextFault

NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
HERE, AFAR = Mode.IN_PERSON, Mode.REMOTE


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def stretch(came: float, left: float | None, mode: Mode = AFAR) -> Stretch:
    return Stretch(at(came), None if left is None else at(left), mode)


@pytest.mark.parametrize(
    ("stretches", "minutes"),
    [
        ([], 0),
        ([(0, 30)], 30),
        ([(0, 30), (40, 50)], 40),
        ([(0, 30), (10, 40)], 40),
        ([(0, 60), (10, 20)], 60),
        ([(40, None), (0, 30)], 50),
        ([(70, None)], 0),
    ],
)
def test_what_was_seen_at_the_door_and_on_a_line_counts_once(stretches, minutes):
    found = [stretch(came, left) for came, left in stretches]
    assert attendance.seconds(found, at(60)) == minutes * 60


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60))))
def test_nobody_is_there_for_longer_than_from_coming_to_leaving(pairs):
    found = [stretch(min(pair), max(pair)) for pair in pairs]
    minutes = {minute for low, high in map(sorted, pairs) for minute in range(low, high)}
    assert attendance.seconds(found, at(60)) == len(minutes) * 60


@pytest.mark.parametrize(
    ("came", "left", "counted"),
    [(0, 30, (0, 30)), (0, None, (0, 60)), (0, 61, (0, 60)), (60, 70, None), (61, None, None)],
)
def test_nobody_attends_a_sitting_that_is_closed(came, left, counted):
    expected = counted and stretch(*counted)
    assert stretch(came, left).until(at(60)) == expected
    assert stretch(came, left).until(None) == stretch(came, left)


def test_whoever_was_seen_in_the_room_was_there_in_person():
    assert attendance.mode([stretch(0, 1), stretch(1, 2)]) is AFAR
    assert attendance.mode([stretch(0, 1), stretch(1, 2, HERE)]) is HERE


@pytest.mark.parametrize(
    ("function", "sees", "corrects"),
    [
        (Function.CHAIR, True, False),
        (Function.VICE_CHAIR, True, False),
        (Function.SECRETARIAT, True, True),
        (Function.MODERATOR, False, False),
        (Function.CAPTIONER, False, False),
        (Function.INTERPRETER, False, False),
        (Function.STEWARD, False, False),
    ],
)
def test_who_sees_the_list_and_who_corrects_it(function, sees, corrects):
    assert attendance.may_see({function}) is sees
    assert attendance.may_correct({function}) is corrects
    assert not attendance.may_see(())


RIGHT = Correction(at(0), at(30), AFAR, " The line was cut.\nIt was the provider. ")


@pytest.mark.parametrize(
    ("said", "faults"),
    [
        ({}, {}),
        ({"came_at": None}, {"came_at": AttendanceFault.NO_TIME}),
        ({"left_at": None}, {"left_at": AttendanceFault.NO_TIME}),
        ({"left_at": at(0)}, {"left_at": AttendanceFault.ENDS_FIRST}),
        ({"left_at": at(91)}, {"left_at": AttendanceFault.TO_COME}),
        ({"left_at": at(61)}, {"left_at": AttendanceFault.BEYOND_THE_SITTING}),
        ({"came_at": at(-61)}, {"came_at": AttendanceFault.BEYOND_THE_SITTING}),
        ({"reason": ""}, {"reason": TextFault.MISSING}),
        ({"reason": "x" * 501}, {"reason": TextFault.TOO_LONG}),
        ({"reason": "<b>so</b>"}, {"reason": TextFault.MARKUP}),
    ],
)
def test_a_correction_lies_in_the_sitting_and_has_a_reason(said, faults):
    correction = replace(RIGHT, **said).cleaned()
    assert correction.faults(at(90), at(-60), at(60)) == faults


def test_until_it_is_closed_a_sitting_may_last_until_now():
    assert replace(RIGHT, left_at=at(90)).cleaned().faults(at(90), at(-60), None) == {}
