"""A show of hands: one question at a time, no late hand, and counts that add up."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy.floor import Floor
from app.policy.hands import (
    SERVICE,
    USUAL,
    Counts,
    HandsAsked,
    HandsClosed,
    HandsReason,
    HandsRestored,
    Show,
    after,
    count,
    may_ask,
    may_close,
    may_raise,
    row_of,
    running,
)
from app.policy.invitation import since
from app.policy.people import Category, Function
from app.policy.refusal import No
from tests.vectors.make import START

ASKED = Show(7, "Shall we break?", USUAL, START)
CLOSED = replace(ASKED, counts=Counts((1, 0, 0), {"member_state": (1, 0, 0)}))


@pytest.mark.parametrize(
    ("show", "number", "choice", "answer"),
    [
        (ASKED, 7, 1, True),
        (ASKED, 7, 3, True),
        (ASKED, 7, 4, No(HandsReason.NO_SUCH_CHOICE)),
        (ASKED, 7, 0, No(HandsReason.NO_SUCH_CHOICE)),
        (ASKED, 6, 1, No(HandsReason.LATE)),
        (ASKED, 8, 1, No(HandsReason.NOTHING_ASKED)),
        (CLOSED, 7, 1, No(HandsReason.LATE)),
        (None, 1, 1, No(HandsReason.NOTHING_ASKED)),
    ],
)
def test_a_hand_is_taken_for_the_question_that_runs_and_for_no_other(show, number, choice, answer):
    assert may_raise(show, number, choice) == answer


def test_an_expert_sees_what_was_asked_since_the_item_was_taken_up():
    floor = Floor(hands=ASKED)

    assert since(floor, START).hands == ASKED
    assert since(floor, START + timedelta(seconds=1)).hands is None


def test_one_question_at_a_time():
    assert may_ask(None) is True
    assert may_ask(CLOSED) is True
    assert may_ask(ASKED) == No(HandsReason.STILL_ASKED)
    assert (running(None), running(ASKED), running(CLOSED)) == (False, True, False)


@pytest.mark.parametrize(
    ("show", "number", "answer"),
    [(ASKED, 7, True), (ASKED, 6, None), (CLOSED, 7, None), (None, 7, None)],
)
def test_only_the_question_that_runs_is_closed(show, number, answer):
    assert may_close(show, number) == (answer or No(HandsReason.NOTHING_ASKED))


def test_the_picture_follows_the_news():
    counts = Counts((1, 0, 0), {"member_state": (1, 0, 0)})

    assert after(None, HandsAsked(ASKED)) == ASKED
    assert after(ASKED, HandsClosed.of(counts)) == CLOSED
    assert after(None, HandsClosed.of(counts)) is None
    assert after(CLOSED, HandsRestored(ASKED)) == ASKED
    assert after(ASKED, HandsRestored(None)) is None


def test_a_service_of_the_meeting_is_counted_apart_from_every_category():
    assert row_of(Category.MEMBER_STATE, None) == "member_state"
    assert row_of(Category.MEMBER_STATE, Function.CHAIR) == SERVICE


@given(st.lists(st.tuples(st.sampled_from([*Category, SERVICE]), st.integers(1, 3)), max_size=60))
def test_every_hand_is_counted_once(hands):
    counts = count(3, hands)

    assert sum(counts.by_choice) == len(hands)
    assert [sum(column) for column in zip(*counts.by_category.values(), strict=True)] == (
        list(counts.by_choice) if hands else []
    )
    assert set(counts.by_category) == {row for row, _ in hands}
