"""Who was there, for how long, in the room or from afar; and what a correction has to say."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from app.policy import text
from app.policy.people import Capacity, Category, Function
from app.policy.registration import Mode

REASON: Final = 500  # characters
KEEPS: Final = frozenset({Function.SECRETARIAT})
SEES: Final = KEEPS | {Function.CHAIR, Function.VICE_CHAIR}


class Source(StrEnum):
    """How it is known that someone was there."""

    SOCKET = "socket"  # a connection to the room
    DOOR = "door"  # a badge that was scanned
    CORRECTION = "correction"  # the secretariat, afterwards, with a reason


class Way(StrEnum):
    """The way someone goes through the door of the hall."""

    IN = "in"
    OUT = "out"


class AttendanceReason(StrEnum):
    """Why the attendance says no; sentences are in ``app.reasons``."""

    UNKNOWN_REFERENCE = "unknown-reference"
    NOT_IN_THE_HALL = "not-in-the-hall"
    NOT_OVER = "not-over"
    CORRECTED = "corrected-meanwhile"


class AttendanceFault(StrEnum):
    """What is wrong with a correction; the sentence lives in the catalogue."""

    NO_TIME = "no-time"
    ENDS_FIRST = "ends-before-it-begins"
    TO_COME = "still-to-come"
    BEYOND_THE_SITTING = "beyond-the-sitting"


@dataclass(frozen=True, slots=True)
class Attendee:
    """Someone as the room saw them; the reference is empty for those who only serve."""

    reference: str
    name: str
    entity: str
    capacity: Capacity
    category: Category
    mode: Mode


@dataclass(frozen=True, slots=True)
class Stretch:
    """From coming to leaving; ``left_at`` is none while someone is there."""

    came_at: datetime
    left_at: datetime | None
    mode: Mode

    def until(self, closed_at: datetime | None) -> "Stretch | None":
        """What of it lies in the sitting: nobody attends one that is closed."""
        if closed_at is None:
            return self
        if self.came_at >= closed_at:
            return None
        return replace(self, left_at=min(self.left_at or closed_at, closed_at))


def seconds(stretches: Iterable[Stretch], now: datetime) -> int:
    """How long someone was there; what was counted twice, at the door and on a line, once."""
    whole, reached = 0.0, None
    for began, ended in sorted((each.came_at, each.left_at or now) for each in stretches):
        begin = began if reached is None else max(began, reached)
        whole += max(0.0, (ended - begin).total_seconds())
        reached = ended if reached is None else max(ended, reached)
    return round(whole)


def mode(stretches: Iterable[Stretch]) -> Mode:
    """In person, as soon as someone was seen in the room at all."""
    in_person = any(each.mode is Mode.IN_PERSON for each in stretches)
    return Mode.IN_PERSON if in_person else Mode.REMOTE


def may_see(held: Collection[Function]) -> bool:
    """Whose list it is; everyone else sees only when they were there themselves."""
    return not SEES.isdisjoint(held)


def may_correct(held: Collection[Function]) -> bool:
    return not KEEPS.isdisjoint(held)


@dataclass(frozen=True, slots=True)
class Correction:
    """What the secretariat says of somebody's stay, and why."""

    came_at: datetime | None
    left_at: datetime | None
    mode: Mode
    reason: str

    def cleaned(self) -> "Correction":
        return replace(self, reason=text.clean(self.reason))

    def faults(
        self, now: datetime, not_before: datetime, not_after: datetime | None
    ) -> dict[str, str]:
        """What is wrong with it, by field; it has to lie within the sitting."""
        found = {
            "came_at": self._wrong(self.came_at, now, not_before, not_after),
            "left_at": self._wrong(self.left_at, now, not_before, not_after)
            or self._order(self.came_at, self.left_at),
            "reason": fault_of_reason(self.reason),
        }
        return {field: fault for field, fault in found.items() if fault is not None}

    @staticmethod
    def _wrong(
        moment: datetime | None, now: datetime, not_before: datetime, not_after: datetime | None
    ) -> str | None:
        if moment is None:
            return AttendanceFault.NO_TIME
        if moment > now:
            return AttendanceFault.TO_COME
        if moment < not_before or (not_after is not None and moment > not_after):
            return AttendanceFault.BEYOND_THE_SITTING
        return None

    @staticmethod
    def _order(came_at: datetime | None, left_at: datetime | None) -> str | None:
        ordered = came_at is None or left_at is None or came_at < left_at
        return None if ordered else AttendanceFault.ENDS_FIRST


def fault_of_reason(reason: str) -> str | None:
    """A correction without a reason is none."""
    return text.fault(reason, REASON, required=True, lines=True)
