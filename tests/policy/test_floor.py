"""The floor: who may ask, in which order it is given, and that every client sees the same."""

from dataclasses import replace
from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy import floor as rules
from app.policy.floor import (
    Floor,
    FloorGiven,
    FloorReason,
    FloorRequested,
    Request,
    RequestKind,
    RequestRemoved,
    RequestReturned,
    RequestState,
    Speaker,
    Speech,
    SpeechEnded,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Stance,
)
from app.policy.people import Capacity, Category, Function
from app.policy.refusal import No
from app.policy.sitting import SittingState
from app.protocol import news
from app.protocol.messages import snapshot_of
from tests.vectors.make import START, case, cases, histories, replay, said_at

KENYA = Speaker(
    "Delegate of Kenya", "Kenya", Capacity.DELEGATE, Category.MEMBER_STATE, remote=False
)
POINT, MOTION = RequestKind.POINT_OF_ORDER, RequestKind.MOTION
TURN, REPLY = RequestKind.INTERVENTION, RequestKind.RIGHT_OF_REPLY
OPEN = Floor(state=SittingState.OPEN, list_open=True)


def asked(number: int, kind: RequestKind = RequestKind.INTERVENTION) -> Request:
    return Request(number, kind, KENYA, START)


def arrive(floor: Floor, kind: RequestKind, item: int | None = None) -> Floor:
    """The floor when one more has asked, where the policy puts them."""
    request = replace(asked(len(floor.waiting) + 1, kind), item=item)
    return rules.apply(floor, FloorRequested.of(request, rules.place_of(floor, request)))


def listed(*asked_for: RequestKind, floor: Floor | None = None) -> Floor:
    return reduce(arrive, asked_for, floor or OPEN)


def others(floor: Floor, kind: RequestKind) -> list[int]:
    return [each.number for each in floor.waiting if each.request is not kind]


def numbers(floor: Floor) -> list[int]:
    return [each.number for each in floor.waiting]


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@given(histories(), st.integers(0, 24))
def test_whoever_joins_late_sees_the_same_floor(history, joined_at):
    snapshot = news.FLOOR.validate_python(snapshot_of(replay(history[:joined_at])))

    assert replay(history[joined_at:], snapshot) == replay(history)


kinds = st.sampled_from(RequestKind)


@given(st.lists(kinds))
def test_nobody_is_overtaken_but_by_procedure(asked_for):
    floor = listed(*asked_for)

    in_turn = [(list(RequestKind).index(each.request), each.number) for each in floor.waiting]
    assert in_turn == sorted(in_turn)


@given(st.lists(kinds), kinds)
def test_the_newest_of_a_kind_goes_first_where_the_chair_has_said_so(asked_for, kind):
    floor = listed(*asked_for, floor=rules.apply(OPEN, rules.OrderSet(kind, newest_first=True)))

    of_the_kind = [each.number for each in floor.waiting if each.request is kind]
    assert of_the_kind == sorted(of_the_kind, reverse=True)
    assert others(floor, kind) == others(listed(*asked_for), kind)


def test_whom_the_chair_has_moved_stays_there_whoever_comes():
    moved = rules.apply(listed(TURN, TURN, TURN), rules.RequestMoved(3, 0))

    assert numbers(arrive(moved, REPLY)) == [3, 1, 2, 4]
    assert numbers(arrive(arrive(moved, REPLY), TURN)) == [3, 1, 2, 5, 4]
    assert numbers(arrive(arrive(moved, POINT), MOTION)) == [4, 5, 3, 1, 2]


def test_each_item_has_a_list_of_its_own_and_procedure_is_in_all():
    floor = listed(TURN, POINT)
    floor = arrive(arrive(arrive(floor, TURN, item=4), TURN, item=5), TURN, item=4)
    taken = rules.apply(floor, rules.ItemTaken(rules.Item(4, "Access")))

    assert [each.number for each in floor.listed] == [2, 1]
    assert [each.number for each in taken.listed] == [2, 1, 3, 5]
    assert numbers(taken) == [2, 1, 3, 4, 5]


def test_the_order_is_set_and_set_back():
    newest = rules.apply(OPEN, rules.OrderSet(POINT, newest_first=True))

    assert newest.newest_first == (POINT,)
    assert rules.apply(newest, rules.OrderSet(POINT, newest_first=False)) == OPEN


@pytest.mark.parametrize(
    ("capacity", "category", "title", "other"),
    [
        (Capacity.DELEGATE, Category.MEMBER_STATE, "Kenya", "Delegate of Kenya"),
        (Capacity.OBSERVER, Category.RES_99, "Kenya", "Delegate of Kenya"),
        (Capacity.INDIVIDUAL, Category.STAKEHOLDER, "Delegate of Kenya", "Kenya"),
        (Capacity.DELEGATE, Category.STAKEHOLDER, "Delegate of Kenya", "Kenya"),
    ],
)
def test_the_floor_is_given_to_the_body_that_is_represented_or_else_to_the_person(
    capacity, category, title, other
):
    speaker = replace(KENYA, capacity=capacity, category=category)

    assert (speaker.title, speaker.other) == (title, other)
    assert replace(speaker, name="Kenya").other == ""


@given(histories())
def test_a_request_is_in_one_place_only(history):
    floor = replay(history)
    numbers = [each.number for each in floor.waiting]
    if floor.speaking:
        numbers.append(floor.speaking.request.number)

    assert len(set(numbers)) == len(numbers)


@given(histories())
def test_an_event_survives_the_wire(history):
    read = (news.read(each.kind, news.body(each, said_at(each)), said_at(each)) for each in history)
    assert tuple(read) == history


@given(histories())
def test_what_others_do_changes_nobodys_turn_among_those_who_stay(history):
    for told, event in enumerate(history):
        if isinstance(event, rules.RequestMoved):
            continue
        before, after = replay(history[:told]).waiting, replay(history[: told + 1]).waiting
        stayed = [each for each in before if each in after]
        assert [each for each in after if each in stayed] == stayed, event


def test_a_removed_request_returns_to_where_it_was():
    removed = rules.apply(listed(TURN, TURN, TURN), RequestRemoved(2))
    returned = rules.apply(removed, RequestReturned(2, 1))

    assert [each.number for each in removed.waiting] == [1, 3]
    assert [each.number for each in returned.waiting] == [1, 2, 3]


def test_what_an_undo_may_bring_back_is_bounded_and_nothing_that_was_withdrawn():
    many = listed(*[TURN] * (rules.MOST_KEPT + 2))
    gone = reduce(rules.apply, map(RequestRemoved, numbers(many)), many)
    spoken = replay(tuple(FloorGiven(each, START) for each in numbers(many)), many)
    newest = tuple(range(3, rules.MOST_KEPT + 3))

    assert tuple(each.number for each in gone.kept.requests) == newest
    assert tuple(each.request.number for each in spoken.kept.speeches) == (2, *newest[:-1])
    assert rules.apply(many, rules.RequestWithdrawn(1)).kept == rules.Kept()
    assert rules.apply(gone, rules.SittingClosed()).kept == rules.Kept()


def test_a_speech_that_is_over_is_brought_back_with_its_clock_and_a_given_floor_is_taken_back():
    first = replay(
        (FloorGiven(1, START), SpeechStarted(START), FloorGiven(2, START)), listed(TURN, TURN)
    )
    back = replay((RequestReturned(2, 0), rules.SpeechRestored(1, START, None, 42.5)), first)

    assert first.kept.speeches == (Speech(asked(1), START),)
    assert back.speaking == Speech(asked(1), START, START, None, 42.5)
    assert (numbers(back), back.kept) == ([2], rules.Kept())
    assert rules.apply(first, rules.SpeechRestored()).speaking is None


def test_a_point_of_order_goes_to_the_top_and_points_keep_their_order():
    assert numbers(listed(TURN, TURN, POINT, TURN, POINT)) == [3, 5, 1, 2, 4]


def test_closing_the_sitting_keeps_the_list():
    waiting = listed(TURN, TURN)
    closing = rules.apply(waiting, rules.SittingClosing())
    closed = rules.apply(closing, rules.SittingClosed())

    assert closing == replace(waiting, state=SittingState.CLOSING)
    assert closed == replace(waiting, state=SittingState.CLOSED, list_open=False)


def test_the_time_of_a_speech_leaves_its_pauses_out():
    started = START + minutes(1)
    floor = replay((FloorGiven(1, START), SpeechStarted(started)), listed(TURN))
    paused = rules.apply(floor, SpeechPaused(90.0))
    resumed = rules.apply(paused, SpeechResumed(START + minutes(10)))

    assert floor.speaking == Speech(asked(1), START, started, started, 0.0)
    assert floor.speaking.spoken(START + minutes(2.5)) == 90.0
    assert floor.speaking.spoken(START) == 0.0
    assert paused.speaking is not None
    assert paused.speaking.spoken(START + minutes(9)) == 90.0
    assert resumed.speaking is not None
    assert resumed.speaking.spoken(START + minutes(11)) == 150.0


def test_giving_the_floor_takes_the_request_off_the_list_and_ending_leaves_nobody():
    given_ = rules.apply(listed(TURN, TURN), FloorGiven(2, START))

    assert given_.speaking == Speech(asked(2), START)
    assert given_.waiting == (asked(1),)
    over = rules.Kept(speeches=(Speech(asked(2), START),))
    assert rules.apply(given_, SpeechEnded()) == replace(given_, speaking=None, kept=over)


def test_time_is_limited_per_speech_per_person_and_per_body_and_set_free_again():
    each = rules.apply(OPEN, rules.TimeSet(120))
    person = rules.apply(each, rules.TimeSet(300, rules.Per.PERSON))
    body = rules.apply(person, rules.TimeSet(600, rules.Per.BODY))

    assert body == replace(OPEN, seconds_each=120, seconds_person=300, seconds_body=600)
    assert rules.apply(body, rules.TimeSet(None, rules.Per.PERSON)).seconds_person is None
    assert rules.apply(body, rules.TimeSet(None)) == body  # a speech always has a limit


def test_a_clock_without_a_speech_stays_as_it_is():
    assert replay((SpeechStarted(START), SpeechPaused(3.0), SpeechResumed(START)), OPEN) == OPEN


def test_giving_the_floor_to_nobody_in_the_list_is_a_fault_of_the_sender():
    with pytest.raises(StopIteration):
        rules.apply(OPEN, FloorGiven(7, START))


def test_who_waits_and_who_speaks_may_change_sides_and_nobody_else():
    floor = rules.apply(listed(TURN, TURN), FloorGiven(1, START))
    sided = replay((rules.StanceSet(1, Stance.FOR), rules.StanceSet(2, Stance.AGAINST)), floor)

    assert sided.speaking == Speech(replace(asked(1), stance=Stance.FOR), START)
    assert sided.waiting == (replace(asked(2), stance=Stance.AGAINST),)
    assert replay((rules.StanceSet(1), rules.StanceSet(2)), sided) == floor


@pytest.mark.parametrize(
    ("kind", "takes"), [(TURN, True), (POINT, False), (MOTION, False), (REPLY, False)]
)
def test_only_an_intervention_takes_a_side(kind, takes):
    answer = True if takes else No(FloorReason.TAKES_NO_SIDE)

    assert rules.may_take_side(kind, Stance.FOR) == answer
    assert rules.may_take_side(kind, None) is True


WAITS, SPEAKS = RequestState.WAITING, RequestState.SPEAKING


@pytest.mark.parametrize(
    ("state", "list_open", "kind", "own", "answer"),
    [
        ("open", True, TURN, None, True),
        ("open", False, TURN, None, No(FloorReason.LIST_CLOSED)),
        ("open", False, POINT, None, True),
        ("open", False, MOTION, None, True),
        ("open", False, REPLY, None, True),
        ("open", True, TURN, WAITS, No(FloorReason.ALREADY_WAITING)),
        ("open", True, POINT, WAITS, No(FloorReason.ALREADY_WAITING)),
        ("open", True, TURN, SPEAKS, No(FloorReason.HAS_THE_FLOOR)),
        ("open", False, POINT, SPEAKS, No(FloorReason.HAS_THE_FLOOR)),
        ("closing", True, TURN, None, No(FloorReason.CLOSING)),
        ("closing", True, POINT, None, No(FloorReason.CLOSING)),
        ("scheduled", True, TURN, None, No(FloorReason.NOT_OPEN)),
        ("closed", True, POINT, None, No(FloorReason.NOT_OPEN)),
    ],
)
def test_what_the_list_takes(state, list_open, kind, own, answer):
    floor = Floor(state=SittingState(state), list_open=list_open)

    assert rules.may_request(floor, kind, own) == answer
    assert bool(rules.may_request(floor, kind, own)) is (answer is True)


@pytest.mark.parametrize(
    ("function", "may"),
    [
        (Function.CHAIR, "preside steer follow watch show"),
        (Function.VICE_CHAIR, "preside steer follow watch show"),
        (Function.MODERATOR, "steer follow watch show"),
        (Function.SECRETARIAT, "follow watch show"),
        (Function.STEWARD, "watch show"),
        (Function.CAPTIONER, ""),
        (Function.INTERPRETER, ""),
    ],
)
def test_who_presides_steers_follows_watches_and_shows(function, may):
    held = frozenset({function})
    asked = {
        "preside": rules.may_preside,
        "steer": rules.may_steer,
        "follow": rules.may_follow,
        "watch": rules.may_watch,
        "show": rules.may_show,
    }

    assert [word for word, rule in asked.items() if rule(held)] == may.split()


def test_the_vectors_are_many_different_and_made_anew_the_same():
    made = cases(40)

    assert made == cases(40)
    assert len({str(one) for one in made}) > 30
    assert any(len(one["events"]) > 12 for one in made)
    assert case(()) == {"before": snapshot_of(Floor()), "events": [], "after": [], "spoken": []}
