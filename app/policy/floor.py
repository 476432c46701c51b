"""The floor: who waits, who speaks, what was announced, and how news changes the picture.

Tables are the truth. ``apply`` is how a client keeps its picture from a snapshot and the events
after it; its twin in JavaScript passes the same vectors (tests/vectors).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeAlias, assert_never

from app.policy.people import Capacity, Category, Function
from app.policy.refusal import No
from app.policy.sitting import SittingState


class RequestKind(StrEnum):
    """In the order in which the floor is given."""

    POINT_OF_ORDER = "point_of_order"
    INTERVENTION = "intervention"


class RequestState(StrEnum):
    WAITING = "waiting"
    SPEAKING = "speaking"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"


class FloorReason(StrEnum):
    """Why the floor says no; sentences are in ``app.reasons``."""

    NOT_OPEN = "sitting-not-open"
    CLOSING = "closing"
    LIST_CLOSED = "list-closed"
    ALREADY_WAITING = "already-waiting"
    HAS_THE_FLOOR = "has-the-floor"
    NOT_WAITING = "not-waiting"
    NOBODY_WAITS = "nobody-waits"
    NOBODY_SPEAKS = "nobody-speaks"
    ALREADY_SO = "already-so"
    NOT_THE_CHAIR = "not-the-chair"
    NOTHING_TO_UNDO = "nothing-to-undo"
    TOO_LATE_TO_UNDO = "too-late-to-undo"
    SEVERAL_MEANINGS = "wish-id-used"
    ONLY_SHOWS = "screen-only-shows"


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks, and in which role (SG 6); this is what everyone in the room may know."""

    name: str
    entity: str
    capacity: Capacity
    category: Category
    remote: bool


@dataclass(frozen=True, slots=True)
class Request:
    number: int
    request: RequestKind
    speaker: Speaker
    asked_at: datetime
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Speech:
    """Facts from which anyone can compute the time spoken, without a stream of ticks."""

    request: Request
    given_at: datetime
    started_at: datetime | None = None
    running_since: datetime | None = None
    spoken_before: float = 0.0

    def spoken(self, now: datetime) -> float:
        """Seconds spoken up to ``now``, pauses left out."""
        if self.running_since is None:
            return self.spoken_before
        return self.spoken_before + max(0.0, (now - self.running_since).total_seconds())


@dataclass(frozen=True, slots=True)
class Logged:
    """A speech in the log of a sitting: who, in which role, about what, when and for how long."""

    request: Request
    given_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Notice:
    number: int
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Floor:
    """What a room shows: the picture a client keeps."""

    state: SittingState = SittingState.SCHEDULED
    list_open: bool = False
    seconds_each: int = 180
    waiting: tuple[Request, ...] = ()
    speaking: Speech | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class SittingOpened:
    kind: Literal["sitting-opened"] = "sitting-opened"


@dataclass(frozen=True, slots=True)
class SittingClosing:
    kind: Literal["sitting-closing"] = "sitting-closing"


@dataclass(frozen=True, slots=True)
class SittingClosed:
    kind: Literal["sitting-closed"] = "sitting-closed"


@dataclass(frozen=True, slots=True)
class ListOpened:
    kind: Literal["list-opened"] = "list-opened"


@dataclass(frozen=True, slots=True)
class ListClosed:
    kind: Literal["list-closed"] = "list-closed"


@dataclass(frozen=True, slots=True)
class TimeSet:
    """What each speech may take from now on, the one that runs included."""

    seconds: int
    kind: Literal["time-set"] = "time-set"


@dataclass(frozen=True, slots=True)
class FloorRequested:
    request: Request
    kind: Literal["floor-requested"] = "floor-requested"


@dataclass(frozen=True, slots=True)
class RequestWithdrawn:
    number: int
    kind: Literal["request-withdrawn"] = "request-withdrawn"


@dataclass(frozen=True, slots=True)
class RequestRemoved:
    number: int
    kind: Literal["request-removed"] = "request-removed"


@dataclass(frozen=True, slots=True)
class RequestReturned:
    """Back in the list where its number belongs: an undo."""

    request: Request
    kind: Literal["request-returned"] = "request-returned"


@dataclass(frozen=True, slots=True)
class FloorGiven:
    number: int
    at: datetime
    kind: Literal["floor-given"] = "floor-given"


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    at: datetime
    kind: Literal["speech-started"] = "speech-started"


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    spoken: float
    kind: Literal["speech-paused"] = "speech-paused"


@dataclass(frozen=True, slots=True)
class SpeechResumed:
    at: datetime
    kind: Literal["speech-resumed"] = "speech-resumed"


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    kind: Literal["speech-ended"] = "speech-ended"


@dataclass(frozen=True, slots=True)
class SpeechRestored:
    """The speech as it was, or nobody speaking: an undo."""

    speech: Speech | None
    kind: Literal["speech-restored"] = "speech-restored"


@dataclass(frozen=True, slots=True)
class Announced:
    notice: Notice
    kind: Literal["announced"] = "announced"


@dataclass(frozen=True, slots=True)
class AnnouncementRetracted:
    number: int
    kind: Literal["announcement-retracted"] = "announcement-retracted"


Event: TypeAlias = (
    SittingOpened
    | SittingClosing
    | SittingClosed
    | ListOpened
    | ListClosed
    | TimeSet
    | FloorRequested
    | RequestWithdrawn
    | RequestRemoved
    | RequestReturned
    | FloorGiven
    | SpeechStarted
    | SpeechPaused
    | SpeechResumed
    | SpeechEnded
    | SpeechRestored
    | Announced
    | AnnouncementRetracted
)

ORDER = tuple(RequestKind)


def place(request: Request) -> tuple[int, int]:
    """Points of order first, then everyone in the order of asking: nobody is overtaken."""
    return ORDER.index(request.request), request.number


def in_order(requests: tuple[Request, ...]) -> tuple[Request, ...]:
    return tuple(sorted(requests, key=place))


def without(requests: tuple[Request, ...], number: int) -> tuple[Request, ...]:
    return tuple(request for request in requests if request.number != number)


def numbered(requests: tuple[Request, ...], number: int) -> Request:
    """The waiting request of that number; an event about another is a fault of the sender."""
    return next(request for request in requests if request.number == number)


def apply(floor: Floor, event: Event) -> Floor:
    """The picture after the event."""
    match event:
        case SittingOpened():
            return replace(floor, state=SittingState.OPEN)
        case SittingClosing():
            return replace(floor, state=SittingState.CLOSING)
        case SittingClosed():
            return replace(floor, state=SittingState.CLOSED, list_open=False)
        case ListOpened():
            return replace(floor, list_open=True)
        case ListClosed():
            return replace(floor, list_open=False)
        case TimeSet(seconds):
            return replace(floor, seconds_each=seconds)
        case FloorRequested(request) | RequestReturned(request):
            return replace(floor, waiting=in_order((*floor.waiting, request)))
        case RequestWithdrawn(number) | RequestRemoved(number):
            return replace(floor, waiting=without(floor.waiting, number))
        case FloorGiven(number, at):
            speech = Speech(numbered(floor.waiting, number), at)
            return replace(floor, waiting=without(floor.waiting, number), speaking=speech)
        case SpeechStarted(at):
            return _speech(floor, started_at=at, running_since=at)
        case SpeechPaused(spoken):
            return _speech(floor, running_since=None, spoken_before=spoken)
        case SpeechResumed(at):
            return _speech(floor, running_since=at)
        case SpeechEnded():
            return replace(floor, speaking=None)
        case SpeechRestored(speech):
            return replace(floor, speaking=speech)
        case Announced(notice):
            return replace(floor, notices=(*floor.notices, notice))
        case AnnouncementRetracted(number):
            return replace(floor, notices=tuple(n for n in floor.notices if n.number != number))
        case _:
            assert_never(event)


def _speech(floor: Floor, **changes: object) -> Floor:
    if floor.speaking is None:
        return floor
    return replace(floor, speaking=replace(floor.speaking, **changes))  # type: ignore[arg-type]  # fields of Speech, named above


PRESIDING = frozenset({Function.CHAIR, Function.VICE_CHAIR})
STEERING = PRESIDING | {Function.MODERATOR}


def may_steer(functions: frozenset[Function]) -> bool:
    """Whether someone may open and close the list and give the floor."""
    return bool(functions & STEERING)


def may_follow(functions: frozenset[Function]) -> bool:
    """Whether someone sees the console: those who steer, and the secretariat."""
    return bool(functions & (STEERING | {Function.SECRETARIAT}))


def may_watch(functions: frozenset[Function]) -> bool:
    """Whether someone hears how far the fence is: who follows at the console, and the stewards."""
    return may_follow(functions) or Function.STEWARD in functions


def may_show(functions: frozenset[Function]) -> bool:
    """Whether someone may put up a screen in the hall: whoever serves this sitting."""
    return may_watch(functions)


def may_preside(functions: frozenset[Function]) -> bool:
    """Whether someone may announce for the chair and close the open part."""
    return bool(functions & PRESIDING)


def may_wish(state: SittingState) -> Literal[True] | No:
    """Whether the sitting takes wishes at all; after the freeze the list is kept as it is."""
    match state:
        case SittingState.OPEN:
            return True
        case SittingState.CLOSING:
            return No(FloorReason.CLOSING)
        case SittingState.SCHEDULED | SittingState.CLOSED:
            return No(FloorReason.NOT_OPEN)


def may_request(floor: Floor, kind: RequestKind, own: RequestState | None) -> Literal[True] | No:
    """Whether the list takes this request; ``own`` is the state of one's live request, if any.

    A point of order is raised even when the list is closed, and while one's ordinary request waits.
    """
    if not (open_ := may_wish(floor.state)):
        return open_
    if own is RequestState.SPEAKING:
        return No(FloorReason.HAS_THE_FLOOR)
    if own is RequestState.WAITING:
        return No(FloorReason.ALREADY_WAITING)
    if kind is RequestKind.INTERVENTION and not floor.list_open:
        return No(FloorReason.LIST_CLOSED)
    return True
