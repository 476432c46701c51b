"""The floor: who waits, who speaks, what was announced, and how news changes the picture.

Tables are the truth. ``apply`` is how a client keeps its picture from a snapshot and the events
after it; its twin in JavaScript passes the same vectors (tests/vectors).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import takewhile
from typing import Final, Literal, Self, TypeAlias, TypeVar, assert_never

from app.policy import captions, chat, hands, statement
from app.policy.chat import Chat
from app.policy.hands import HandsAsked, HandsClosed, HandsRestored, Show
from app.policy.people import Function, SpeakerRow
from app.policy.people import Speaker as Speaker  # noqa: PLC0414 - who speaks is of the floor too
from app.policy.refusal import No
from app.policy.sitting import SittingState


class RequestKind(StrEnum):
    """In the order in which the floor is given: procedure first, replies after the debate."""

    POINT_OF_ORDER = "point_of_order"
    MOTION = "motion"
    INTERVENTION = "intervention"
    RIGHT_OF_REPLY = "right_of_reply"


class Stance(StrEnum):
    """On which side an intervention is, if it says so."""

    FOR = "for"
    AGAINST = "against"


class RequestState(StrEnum):
    WAITING = "waiting"
    SPEAKING = "speaking"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"


class Per(StrEnum):
    """Whose time is limited."""

    SPEECH = "speech"
    PERSON = "person"
    BODY = "body"


class FloorReason(StrEnum):
    """Why the floor says no; sentences are in ``app.reasons``."""

    NOT_OPEN = "sitting-not-open"
    CLOSING = "closing"
    LIST_CLOSED = "list-closed"
    ALREADY_WAITING = "already-waiting"
    WAITS_ALREADY = "waits-already"
    HAS_THE_FLOOR = "has-the-floor"
    NOT_WAITING = "not-waiting"
    NOBODY_WAITS = "nobody-waits"
    NOBODY_SPEAKS = "nobody-speaks"
    ALREADY_SO = "already-so"
    NOT_THE_CHAIR = "not-the-chair"
    NO_SUCH_ITEM = "no-such-item"
    NO_SUCH_SPEAKER = "no-such-speaker"
    NOT_IN_THE_LOG = "not-in-the-log"
    STILL_SPEAKING = "still-speaking"
    NOTHING_CORRECTED = "nothing-corrected"
    NOBODY_SPOKE = "nobody-spoke"
    NOTHING_TO_UNDO = "nothing-to-undo"
    TOO_LATE_TO_UNDO = "too-late-to-undo"
    SEVERAL_MEANINGS = "wish-id-used"
    ONLY_SHOWS = "screen-only-shows"
    TAKES_NO_SIDE = "takes-no-side"


@dataclass(frozen=True, slots=True)
class Request:
    number: int
    request: RequestKind
    speaker: Speaker
    asked_at: datetime
    topic: str = ""
    item: int | None = None  # of the agenda; without one it is for whatever is in hand
    stance: Stance | None = None


@dataclass(frozen=True, slots=True)
class Speech:
    """Facts from which anyone can compute the time spoken, without a stream of ticks.

    ``by_person`` and ``by_body`` are the seconds that the same person, and anyone for the same
    body, had spoken in this sitting before.
    """

    request: Request
    given_at: datetime
    started_at: datetime | None = None
    running_since: datetime | None = None
    spoken_before: float = 0.0
    by_person: float = 0.0
    by_body: float = 0.0

    def spoken(self, now: datetime) -> float:
        """Seconds spoken up to ``now``, pauses left out."""
        if self.running_since is None:
            return self.spoken_before
        return self.spoken_before + max(0.0, (now - self.running_since).total_seconds())


@dataclass(frozen=True, slots=True)
class Correction:
    """What was put right in the log afterwards, by whom and why, and what stood there before."""

    at: datetime
    by: str
    why: str
    was: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Logged:
    """A speech in the log of a sitting: who, in which role, about what, when and for how long.

    As it stands after its corrections; ``struck`` is one that should not have been there.
    """

    request: Request
    given_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float
    item: int | None = None
    struck: bool = False
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    number: int
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the sitting's agenda."""

    number: int
    title: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What an undo may bring back: the newest that left by the chair's hand, the oldest first.

    Requests that were taken off the list, and speeches that are over, without their clocks. What
    somebody withdrew is not kept, and nothing is once the sitting is closed.
    """

    requests: tuple[Request, ...] = ()
    speeches: tuple[Speech, ...] = ()


@dataclass(frozen=True, slots=True)
class Floor:
    """What a room shows: the picture a client keeps."""

    state: SittingState = SittingState.SCHEDULED
    list_open: bool = False
    seconds_each: int = 180
    waiting: tuple[Request, ...] = ()
    speaking: Speech | None = None
    notices: tuple[Notice, ...] = ()
    item: Item | None = None
    newest_first: tuple[RequestKind, ...] = ()
    seconds_person: int | None = None
    seconds_body: int | None = None
    captions: tuple[str, ...] = ()
    chat: Chat = field(default_factory=Chat)
    statements: tuple[statement.OnRecord, ...] = ()
    hands: Show | None = None
    kept: Kept = field(default_factory=Kept)

    @property
    def listed(self) -> tuple[Request, ...]:
        """Who waits for what is in hand; requests for other items keep their places meanwhile."""
        return tuple(request for request in self.waiting if is_listed(request, self.item))


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
    """What a speech, a person or a body may take from now on, the speech that runs included.

    In seconds; None is no limit, for a person or a body.
    """

    seconds: int | None
    per: Per = Per.SPEECH
    kind: Literal["time-set"] = "time-set"


@dataclass(frozen=True, slots=True)
class ItemTaken:
    """The item that is discussed from now on; none between two."""

    item: Item | None
    kind: Literal["item-taken"] = "item-taken"


@dataclass(frozen=True, slots=True)
class OrderSet:
    """Among requests of this kind the newest goes first, or the oldest, from now on."""

    request: RequestKind
    newest_first: bool
    kind: Literal["order-set"] = "order-set"


@dataclass(frozen=True, slots=True)
class FloorRequested:
    """A new request, and its place among all that wait, counted from 0; without one it is last."""

    number: int
    speaker: SpeakerRow
    asked_at: datetime
    place: int | None = None
    request: RequestKind = RequestKind.INTERVENTION
    topic: str = ""
    item: int | None = None
    stance: Stance | None = None
    kind: Literal["floor-requested"] = "floor-requested"

    @classmethod
    def of(cls, asked: Request, place: int | None = None) -> Self:
        return cls(
            asked.number,
            asked.speaker.row,
            asked.asked_at,
            place,
            asked.request,
            asked.topic,
            asked.item,
            asked.stance,
        )

    @property
    def asked(self) -> Request:
        """The request as the picture holds it."""
        return Request(
            self.number,
            self.request,
            Speaker(*self.speaker),
            self.asked_at,
            self.topic,
            self.item,
            self.stance,
        )


@dataclass(frozen=True, slots=True)
class RequestWithdrawn:
    number: int
    kind: Literal["request-withdrawn"] = "request-withdrawn"


@dataclass(frozen=True, slots=True)
class RequestRemoved:
    number: int
    kind: Literal["request-removed"] = "request-removed"


@dataclass(frozen=True, slots=True)
class RequestMoved:
    """The chair has put a waiting request at this place."""

    number: int
    place: int
    kind: Literal["request-moved"] = "request-moved"


@dataclass(frozen=True, slots=True)
class StanceSet:
    """The chair has put right on which side someone is who waits or speaks; or on none."""

    number: int
    stance: Stance | None = None
    kind: Literal["stance-set"] = "stance-set"


@dataclass(frozen=True, slots=True)
class RequestReturned:
    """Back in the list where it was: an undo of taking it off, or of giving it the floor."""

    number: int
    place: int
    kind: Literal["request-returned"] = "request-returned"


@dataclass(frozen=True, slots=True)
class FloorGiven:
    """The floor is given; with the seconds that person and body have had before."""

    number: int
    at: datetime
    by_person: float = 0.0
    by_body: float = 0.0
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
    """That request has the floor again, with its clock as it stood; or nobody has: an undo."""

    number: int | None = None
    started_at: datetime | None = None
    running_since: datetime | None = None
    spoken_before: float = 0.0
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
    | ItemTaken
    | OrderSet
    | FloorRequested
    | RequestWithdrawn
    | RequestRemoved
    | RequestMoved
    | StanceSet
    | RequestReturned
    | FloorGiven
    | SpeechStarted
    | SpeechPaused
    | SpeechResumed
    | SpeechEnded
    | SpeechRestored
    | Announced
    | AnnouncementRetracted
    | HandsAsked
    | HandsClosed
    | HandsRestored
    | captions.Switched
    | chat.ChatEvent
    | statement.RecordEvent
)

ORDER = tuple(RequestKind)
MOST_KEPT: Final = 20  # of requests, and of speeches, that an undo may bring back
One = TypeVar("One")
PROCEDURAL = frozenset({RequestKind.POINT_OF_ORDER, RequestKind.MOTION})


def is_listed(request: Request, item: Item | None) -> bool:
    """Whether a request counts while this item is in hand; procedure always does."""
    in_hand = None if item is None else item.number
    return request.request in PROCEDURAL or request.item in {None, in_hand}


def place_of(floor: Floor, request: Request) -> int:
    """Where a new request goes among all that wait: after those of its kind and before lesser ones.

    What the chair has moved stays where it is: procedure is put in from the top, everything else
    from the end, so that nobody is overtaken but by precedence.
    """
    listed = [each for each in floor.waiting if each.request in PROCEDURAL or _same(each, request)]
    ahead = _from_top if request.request in PROCEDURAL else _from_end
    before = listed[ahead(listed, request.request, floor.newest_first) :]
    return floor.waiting.index(before[0]) if before else len(floor.waiting)


def _same(one: Request, other: Request) -> bool:
    return None in {one.item, other.item} or one.item == other.item


def _from_top(
    listed: list[Request], kind: RequestKind, newest_first: tuple[RequestKind, ...]
) -> int:
    least = ORDER.index(kind) + (kind not in newest_first)
    leading = takewhile(lambda each: ORDER.index(each.request) < least, listed)
    return len(list(leading))


def _from_end(
    listed: list[Request], kind: RequestKind, newest_first: tuple[RequestKind, ...]
) -> int:
    most = ORDER.index(kind) - (kind in newest_first)
    trailing = takewhile(lambda each: ORDER.index(each.request) > most, reversed(listed))
    return len(listed) - len(list(trailing))


def put(requests: tuple[Request, ...], request: Request, place: int | None) -> tuple[Request, ...]:
    if place is None:
        return (*requests, request)
    return (*requests[:place], request, *requests[place:])


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
            return _closed(floor)
        case ListOpened():
            return replace(floor, list_open=True)
        case ListClosed():
            return replace(floor, list_open=False)
        case TimeSet(seconds, per):
            return _limited(floor, seconds, per)
        case ItemTaken(item):
            return replace(floor, item=item)
        case OrderSet(request, newest_first):
            others = tuple(each for each in floor.newest_first if each is not request)
            return replace(floor, newest_first=(*others, request) if newest_first else others)
        case FloorRequested(place=place):
            return replace(floor, waiting=put(floor.waiting, event.asked, place))
        case RequestReturned(number, place):
            return _returned(floor, number, place)
        case RequestMoved(number, place):
            moved = numbered(floor.waiting, number)
            return replace(floor, waiting=put(without(floor.waiting, number), moved, place))
        case StanceSet(number, stance):
            return _sided(floor, number, stance)
        case RequestWithdrawn(number):
            return replace(floor, waiting=without(floor.waiting, number))
        case RequestRemoved(number):
            return _removed(floor, number)
        case FloorGiven(number, at, by_person, by_body):
            given = numbered(floor.waiting, number)
            speech = Speech(given, at, by_person=by_person, by_body=by_body)
            return replace(_ended(floor), waiting=without(floor.waiting, number), speaking=speech)
        case SpeechStarted(at):
            return _speech(floor, started_at=at, running_since=at)
        case SpeechPaused(spoken):
            return _speech(floor, running_since=None, spoken_before=spoken)
        case SpeechResumed(at):
            return _speech(floor, running_since=at)
        case SpeechEnded():
            return _ended(floor)
        case SpeechRestored():
            return _restored(floor, event)
        case Announced(notice):
            return replace(floor, notices=(*floor.notices, notice))
        case AnnouncementRetracted(number):
            return replace(floor, notices=tuple(n for n in floor.notices if n.number != number))
        case HandsAsked() | HandsClosed() | HandsRestored():
            return replace(floor, hands=hands.after(floor.hands, event))
        case captions.CaptionsStarted() | captions.CaptionsStopped():
            return replace(floor, captions=captions.switch(floor.captions, event))
        case (
            chat.ChatSaid()
            | chat.ChatRetracted()
            | chat.ChatRestored()
            | chat.ChatClosed()
            | chat.ChatOpened()
        ):
            return replace(floor, chat=chat.apply(floor.chat, event))
        case statement.StatementRecorded() | statement.StatementUnrecorded():
            return replace(floor, statements=statement.apply(floor.statements, event))
        case _:
            assert_never(event)


def keep(those: tuple[One, ...], one: One) -> tuple[One, ...]:
    """The newest that an undo may bring back, with one more."""
    return (*those, one)[-MOST_KEPT:]


def _sided(floor: Floor, number: int, stance: Stance | None) -> Floor:
    def side(request: Request) -> Request:
        return replace(request, stance=stance) if request.number == number else request

    speech = floor.speaking and replace(floor.speaking, request=side(floor.speaking.request))
    return replace(floor, waiting=tuple(map(side, floor.waiting)), speaking=speech)


def _closed(floor: Floor) -> Floor:
    closed = SittingState.CLOSED
    return replace(floor, state=closed, list_open=False, captions=(), kept=Kept())


def _removed(floor: Floor, number: int) -> Floor:
    kept = keep(floor.kept.requests, numbered(floor.waiting, number))
    waiting = without(floor.waiting, number)
    return replace(floor, waiting=waiting, kept=replace(floor.kept, requests=kept))


def _returned(floor: Floor, number: int, place: int) -> Floor:
    if floor.speaking is not None and floor.speaking.request.number == number:
        waiting = put(floor.waiting, floor.speaking.request, place)
        return replace(floor, waiting=waiting, speaking=None)
    waiting = put(floor.waiting, numbered(floor.kept.requests, number), place)
    kept = replace(floor.kept, requests=without(floor.kept.requests, number))
    return replace(floor, waiting=waiting, kept=kept)


def _ended(floor: Floor) -> Floor:
    """Nobody speaks; the speech is kept without its clock, which an undo would bring."""
    if (speech := floor.speaking) is None:
        return floor
    over = replace(speech, started_at=None, running_since=None, spoken_before=0.0)
    kept = replace(floor.kept, speeches=keep(floor.kept.speeches, over))
    return replace(floor, speaking=None, kept=kept)


def _restored(floor: Floor, event: SpeechRestored) -> Floor:
    if event.number is None:
        return replace(floor, speaking=None)
    current = () if floor.speaking is None else (floor.speaking,)
    those = (*current, *floor.kept.speeches)
    speech = next(each for each in those if each.request.number == event.number)
    left = tuple(each for each in floor.kept.speeches if each is not speech)
    speaking = replace(
        speech,
        started_at=event.started_at,
        running_since=event.running_since,
        spoken_before=event.spoken_before,
    )
    return replace(floor, speaking=speaking, kept=replace(floor.kept, speeches=left))


def _limited(floor: Floor, seconds: int | None, per: Per) -> Floor:
    match per:
        case Per.SPEECH:
            return replace(floor, seconds_each=seconds or floor.seconds_each)
        case Per.PERSON:
            return replace(floor, seconds_person=seconds)
        case Per.BODY:
            return replace(floor, seconds_body=seconds)


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

    Only interventions need an open list: points of order and motions are raised at any time, and a
    right of reply is asked for when the debate is over. One may wait with one request of each kind.
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


def may_take_side(kind: RequestKind, stance: Stance | None) -> Literal[True] | No:
    """Only an intervention is for or against something; procedure and replies are not."""
    if stance is None or kind is RequestKind.INTERVENTION:
        return True
    return No(FloorReason.TAKES_NO_SIDE)
