"""An invitation (A10): a named expert, one item of one sitting, a second person, an end."""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from app.policy.decision import Allowed, Decision, Ground
from app.policy.floor import Floor, Kept, Speaker, is_listed, may_preside
from app.policy.people import Capacity, Function
from app.policy.refusal import No
from app.policy.text import TextFault, fault

LONGEST_REASON = 500


class InvitationState(StrEnum):
    """How far an invitation is; only a confirmed one admits, and only while its item is in hand."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    ENDED = "ended"


class InvitationReason(StrEnum):
    """Why an invitation is refused, or ended; sentences are in ``app.reasons``."""

    NOT_THE_CHAIR = "invites-not"
    NOT_A_SECOND = "confirms-not"
    OWN_INVITATION = "own-invitation"
    THE_EXPERT = "the-expert"
    NOT_HERE = "invites-nobody-here"
    OVER = "sitting-over-for-experts"
    ALREADY_INVITED = "already-invited"
    ALREADY_CONFIRMED = "already-confirmed"
    GONE = "invitation-gone"
    FUNCTION_ENDED = "function-ended"


class InvitationFault(StrEnum):
    """What is wrong with the words of an invitation; sentences are in ``app.reasons``."""

    UNKNOWN_PERSON = "unknown-person"
    YOURSELF = "yourself"
    UNKNOWN_ITEM = "unknown-item"
    PAST = "past-moment"
    TOO_LATE = "after-the-day"


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """What is asked: ``whom`` is a registration's reference or the address of an account."""

    whom: str
    item: int
    reason: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Invited:
    """What the expert may know of it, until when, and whether the item is in hand now."""

    item: int
    until: datetime
    in_hand: bool


@dataclass(frozen=True, slots=True)
class InvitationMoved:
    """News for those who steer: an invitation was made, confirmed or ended. It names nobody."""

    id: UUID
    item: int
    state: InvitationState
    kind: Literal["invitation-moved"] = "invitation-moved"


SECONDS = frozenset({Function.CHAIR, Function.VICE_CHAIR, Function.SECRETARIAT})


def may_invite(functions: frozenset[Function]) -> bool:
    """Whether someone may name an expert: those who preside, and nobody by administering."""
    return may_preside(functions)


def may_confirm(functions: frozenset[Function]) -> bool:
    """Whether someone may be the second person, and may end an invitation."""
    return bool(functions & SECONDS)


def second(
    functions: frozenset[Function], by: UUID, inviter: UUID, expert: UUID
) -> Literal[True] | No:
    """Whether this person confirms: a second one, whatever hats they wear, and not the expert."""
    if not may_confirm(functions):
        return No(InvitationReason.NOT_A_SECOND)
    if by == inviter:
        return No(InvitationReason.OWN_INVITATION)
    if by == expert:
        return No(InvitationReason.THE_EXPERT)
    return True


def state_of(
    *, confirmed: bool, ended: bool, expires_at: datetime, now: datetime
) -> InvitationState:
    """What an invitation is at a moment; an end that someone said comes before one of the clock."""
    if ended:
        return InvitationState.ENDED
    if expires_at <= now:
        return InvitationState.EXPIRED
    return InvitationState.CONFIRMED if confirmed else InvitationState.PENDING


def latest(starts_at: datetime, ends_at: datetime, zone: str) -> datetime:
    """The last moment an invitation may name: the end of the sitting's day where it is held."""
    there = ZoneInfo(zone)
    day = starts_at.astimezone(there).date() + timedelta(days=1)
    return max(datetime.combine(day, time(), there), ends_at)


def expiry(
    asked: datetime | None, starts_at: datetime, ends_at: datetime, zone: str, now: datetime
) -> datetime | InvitationFault:
    """When an invitation ends: as asked, or with the sitting; never after its day.

    A sitting that runs over its time has its day for it.
    """
    last = latest(starts_at, ends_at, zone)
    ends = asked or (ends_at if ends_at > now else last)
    if ends <= now:
        return InvitationFault.PAST
    return InvitationFault.TOO_LATE if ends > last else ends


def fault_of_reason(reason: str) -> TextFault | None:
    """What is wrong with a reason; an invitation without one is none."""
    return fault(reason, LONGEST_REASON, required=True, lines=True)


def by_invitation(decision: Decision) -> bool:
    """Whether it is an invitation that lets someone in: such a place is bound to the item."""
    return isinstance(decision, Allowed) and decision.ground is Ground.INVITATION


def as_admitted(speaker: Speaker, decision: Decision) -> Speaker:
    """The speaker in the capacity in which the clause admits, where it admits in that one only."""
    return replace(speaker, capacity=capacity_in(decision, speaker.capacity))


def capacity_in(decision: Decision, registered: Capacity) -> Capacity:
    """The capacity in which a clause admits, where it does in one only; else the registered one."""
    admitted = decision.capacity if isinstance(decision, Allowed) else None
    return admitted or registered


def reads_item(decision: Decision, number: int, in_hand: int | None) -> bool:
    """Whether someone who may or may not read a sitting may know of this item of its agenda."""
    return bool(decision) and (not by_invitation(decision) or number == in_hand)


def since(floor: Floor, taken_at: datetime) -> Floor:
    """The picture for an expert: without what was said in writing before the item was taken up.

    Who waits for another item is on the list, as everyone's place on it is, but not on what. Who
    had asked or spoken before the item is not kept for an undo: the expert's client asks anew then.
    """
    asked = floor.hands is not None and floor.hands.asked_at >= taken_at
    return replace(
        floor,
        hands=floor.hands if asked else None,
        waiting=tuple(
            each if is_listed(each, floor.item) else replace(each, topic="")
            for each in floor.waiting
        ),
        notices=tuple(each for each in floor.notices if each.at >= taken_at),
        chat=replace(
            floor.chat,
            messages=tuple(each for each in floor.chat.messages if each.at >= taken_at),
        ),
        kept=Kept(
            tuple(each for each in floor.kept.requests if each.asked_at >= taken_at),
            tuple(each for each in floor.kept.speeches if each.given_at >= taken_at),
        ),
    )
