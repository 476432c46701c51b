"""An invitation (A10): who makes it, who confirms it, when it ends, and what it lets one know."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from uuid import UUID

import pytest

from app import editions
from app.policy.access import decide
from app.policy.chat import Chat, Message
from app.policy.floor import Floor, Item, Kept, Notice, Request, RequestKind, Speaker, Speech
from app.policy.invitation import (
    InvitationFault,
    InvitationReason,
    InvitationState,
    as_admitted,
    by_invitation,
    expiry,
    fault_of_reason,
    latest,
    may_confirm,
    may_invite,
    reads_item,
    second,
    since,
    state_of,
)
from app.policy.parts import Part, Right
from app.policy.people import Capacity, Category, Function, Standing
from app.policy.refusal import No

SPLIT = editions.load()["eur-44a4-2022"]
ONE, TWO, EXPERT = (UUID(int=number) for number in (1, 2, 3))
NOON = datetime(2026, 2, 11, 11, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ZONE = "Europe/Zurich"
INVITERS = {Function.CHAIR, Function.VICE_CHAIR}


@pytest.mark.parametrize("function", Function)
def test_who_presides_invites_and_who_presides_or_administers_confirms(function):
    held = frozenset({function})
    assert may_invite(held) is (function in INVITERS)
    assert may_confirm(held) is (function in INVITERS | {Function.SECRETARIAT})
    expected = True if may_confirm(held) else No(InvitationReason.NOT_A_SECOND)
    assert second(held, TWO, ONE, EXPERT) == expected


@pytest.mark.parametrize("hats", [*combinations(Function, 2)], ids=str)
def test_no_pair_of_hats_lets_one_person_do_both(hats):
    held = frozenset(hats)
    for by, reason in (
        (ONE, InvitationReason.OWN_INVITATION),
        (EXPERT, InvitationReason.THE_EXPERT),
    ):
        expected = reason if may_confirm(held) else InvitationReason.NOT_A_SECOND
        assert second(held, by, ONE, EXPERT) == No(expected)


def test_an_end_that_someone_said_comes_before_one_of_the_clock():
    def state(**facts: bool) -> InvitationState:
        return state_of(
            confirmed=facts.get("confirmed", False),
            ended=facts.get("ended", False),
            expires_at=NOON - HOUR if facts.get("over") else NOON + HOUR,
            now=NOON,
        )

    assert state() is InvitationState.PENDING
    assert state(confirmed=True) is InvitationState.CONFIRMED
    assert state(confirmed=True, over=True) is InvitationState.EXPIRED
    assert state(over=True) is InvitationState.EXPIRED
    assert state(confirmed=True, over=True, ended=True) is InvitationState.ENDED
    on_the_dot = state_of(confirmed=True, ended=False, expires_at=NOON, now=NOON)
    assert on_the_dot is InvitationState.EXPIRED


def ends(asked: datetime | None, now: datetime = NOON) -> datetime | InvitationFault:
    return expiry(asked, NOON - HOUR, NOON + 2 * HOUR, ZONE, now)


def test_an_invitation_ends_with_its_sitting_and_on_its_day_at_the_latest():
    midnight = datetime(2026, 2, 11, 23, 0, tzinfo=UTC)  # in Zurich
    assert ends(None) == NOON + 2 * HOUR
    assert ends(NOON + HOUR) == NOON + HOUR
    assert ends(midnight) == midnight
    assert ends(midnight + timedelta(seconds=1)) is InvitationFault.TOO_LATE
    assert ends(NOON) is InvitationFault.PAST
    assert ends(None, NOON + 3 * HOUR) == midnight  # the sitting runs over its time
    assert ends(None, midnight) is InvitationFault.PAST


def test_a_sitting_past_midnight_has_its_whole_time():
    begins = datetime(2026, 2, 11, 21, 0, tzinfo=UTC)
    assert latest(begins, begins + 4 * HOUR, ZONE) == begins + 4 * HOUR


def test_a_reason_is_needed_and_may_have_lines():
    assert fault_of_reason("To explain\nthe measurements.") is None
    assert fault_of_reason("") == "missing"
    assert fault_of_reason("x" * 501) == "too-long"
    assert fault_of_reason("a\u202eb") == "direction-override"


INVITED = Standing(Category.STAKEHOLDER, identified=True, invited=True)
KENYA = Standing(Category.MEMBER_STATE, True, True, True, invited=True)


def asked(standing: Standing, right: Right = Right.ATTEND):
    return decide(SPLIT, standing, Part.SECOND_HALF, right)


def test_only_who_has_no_other_ground_is_there_by_invitation():
    assert by_invitation(asked(INVITED))
    assert not by_invitation(asked(KENYA))
    assert not by_invitation(asked(Standing.of(Category.STAKEHOLDER)))
    assert not by_invitation(asked(Standing(Category.PUBLIC, functions=frozenset(INVITERS))))


def test_an_expert_is_shown_as_one_and_a_delegate_as_registered():
    person = Speaker("A person", "A body", Capacity.DELEGATE, Category.STAKEHOLDER, remote=True)
    assert as_admitted(person, asked(INVITED, Right.SPEAK)).capacity is Capacity.EXPERT
    assert as_admitted(person, asked(KENYA, Right.SPEAK)) == person
    assert as_admitted(person, asked(Standing.of(Category.STAKEHOLDER))) == person
    res_99 = asked(Standing.of(Category.RES_99), Right.SPEAK)
    assert as_admitted(person, res_99).capacity is Capacity.OBSERVER


def test_an_expert_reads_the_item_in_hand_and_no_other():
    reads = asked(INVITED, Right.READ)
    assert [number for number in (1, 2, 3) if reads_item(reads, number, 2)] == [2]
    assert not reads_item(reads, 1, None)
    assert reads_item(asked(KENYA, Right.READ), 1, 2)
    assert not reads_item(asked(Standing.of(Category.STAKEHOLDER), Right.READ), 2, 2)


def test_of_what_was_announced_before_the_item_an_expert_sees_nothing():
    before, after = Notice(1, "Before", NOON - HOUR), Notice(2, "After", NOON)
    assert since(Floor(notices=(before, after)), NOON).notices == (after,)


def test_of_the_chat_before_the_item_an_expert_reads_nothing():
    person = Speaker("A person", "", Capacity.INDIVIDUAL, Category.STAKEHOLDER, remote=True)
    said = tuple(Message(number, person, "Hello", NOON + number * HOUR) for number in (-1, 0, 1))

    assert since(Floor(chat=Chat(messages=said)), NOON).chat.messages == said[1:]


def test_of_who_waits_for_another_item_an_expert_does_not_see_on_what():
    person = Speaker("A person", "", Capacity.INDIVIDUAL, Category.STAKEHOLDER, remote=True)
    waiting = tuple(
        Request(number, RequestKind.INTERVENTION, person, NOON, f"Topic {number}", item)
        for number, item in ((1, 1), (2, 2), (3, None))
    )
    seen = since(Floor(waiting=waiting, item=Item(2, "Measurements")), NOON)
    assert [each.topic for each in seen.waiting] == ["", "Topic 2", "Topic 3"]


def test_who_asked_or_spoke_before_the_item_is_not_kept_for_an_expert():
    person = Speaker("A person", "", Capacity.INDIVIDUAL, Category.STAKEHOLDER, remote=True)
    asked = tuple(
        Request(number, RequestKind.INTERVENTION, person, NOON + number * HOUR)
        for number in (-1, 0, 1)
    )
    spoke = tuple(Speech(each, each.asked_at) for each in asked)

    assert since(Floor(kept=Kept(asked, spoke)), NOON).kept == Kept(asked[1:], spoke[1:])
