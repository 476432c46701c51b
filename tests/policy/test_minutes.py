"""The minutes: who writes and reads them, and that there is always a place between two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy.minutes import STEP, may_read, may_write, place_after
from app.policy.people import Function


@pytest.mark.parametrize(
    ("function", "reads", "writes"),
    [
        (Function.CHAIR, True, True),
        (Function.VICE_CHAIR, True, True),
        (Function.SECRETARIAT, True, True),
        (Function.MODERATOR, True, False),
        (Function.CAPTIONER, False, False),
        (Function.INTERPRETER, False, False),
        (Function.STEWARD, False, False),
    ],
)
def test_who_reads_and_who_writes_the_minutes(function, reads, writes):
    assert (may_read(frozenset({function})), may_write(frozenset({function}))) == (reads, writes)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=80))
def test_a_paragraph_goes_where_it_was_put_or_room_is_asked_for(puts):
    places: list[float] = []
    for put in puts:
        before = min(put, len(places))
        place = place_after(places, before)
        if place is None:
            places = [number * STEP for number in range(1, len(places) + 1)]
            place = place_after(places, before)
        assert place is not None
        places.insert(before, place)
        assert places == sorted(places)
        assert len(set(places)) == len(places)


def test_room_runs_out_between_two_that_stand_close():
    assert place_after([1.0, 1.0 + 1e-7], 1) is None
    assert place_after([], 0) == STEP
