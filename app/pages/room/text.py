"""The room as text: what a page can say of the floor at one moment, and wishes by plain form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import accumulate
from typing import Annotated, Any, Final, Literal
from uuid import UUID, uuid4

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app import reasons
from app.database import Reading, Writing
from app.i18n import words
from app.models import FloorRequest, Person, Sitting
from app.pages.words import REQUESTS, STANCES, Say, chosen, said
from app.policy.access import Right
from app.policy.floor import (
    Floor,
    Item,
    Notice,
    Request,
    RequestKind,
    RequestState,
    Speech,
    Stance,
    may_request,
)
from app.policy.hands import MOST, running
from app.policy.people import Category
from app.policy.sitting import SittingState
from app.policy.text import TextFault, clean, fault
from app.protocol.wishes import LONGEST_TOPIC, WISHES
from app.services import access, floor, hands, invitation, wishes
from app.services.wishes import Outcome

LARGEST_LIST: Final = 5000  # bytes of text: what keeps a refresh under 10 kB, whatever is said
LARGEST_NOTICES: Final = 2200
FORM: Final = 700  # bytes of a form and the words around it
LONGEST_SAID: Final = 60  # characters of a topic in the list


class PlainWish(StrEnum):
    """What a form of the page may ask for."""

    REQUEST = "request-floor"
    POINT = "point-of-order"
    MOTION = "motion"
    REPLY = "right-of-reply"
    WITHDRAW = "withdraw-request"
    END = "end-speech"
    RAISE = "raise-hand"
    LOWER = "lower-hand"


ASKED: Final = {
    PlainWish.REQUEST: words("You have asked for the floor."),
    PlainWish.POINT: words("You have raised a point of order."),
    PlainWish.MOTION: words("You have moved a motion."),
    PlainWish.REPLY: words("You have asked for a right of reply."),
    PlainWish.WITHDRAW: words("Your request is withdrawn."),
    PlainWish.END: words("You have finished."),
    PlainWish.RAISE: words("Your hand is raised."),
    PlainWish.LOWER: words("Your hand is lowered."),
}
TYPED: Final = frozenset({PlainWish.REQUEST})
"""The wishes whose form one writes in: a page does not refresh under somebody's hands."""
KINDS: Final = {
    PlainWish.REQUEST: RequestKind.INTERVENTION,
    PlainWish.POINT: RequestKind.POINT_OF_ORDER,
    PlainWish.MOTION: RequestKind.MOTION,
    PlainWish.REPLY: RequestKind.RIGHT_OF_REPLY,
}
RIGHTS: Final = {
    PlainWish.REQUEST: Right.SPEAK,
    PlainWish.POINT: Right.RAISE_POINT_OF_ORDER,
    PlainWish.MOTION: Right.RAISE_POINT_OF_ORDER,
    PlainWish.REPLY: Right.SPEAK,
}


@dataclass(frozen=True, slots=True)
class Line:
    """Someone who waits or speaks, in words."""

    title: str
    other: str
    capacity: str
    category: str
    topic: str
    kind: str
    stance: str
    own: bool

    @property
    def topic_in_list(self) -> str:
        """As much of the topic as a list has room for."""
        short = len(self.topic) <= LONGEST_SAID
        return self.topic if short else f"{self.topic[: LONGEST_SAID - 1].rstrip()}…"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A speech at one moment: minutes and seconds, and by how much it is over its time, if it is.

    ``clock`` says whether it runs: "waits" before the start, "stopped" in a pause, or "runs".
    """

    who: Line
    time: str
    limit: str
    over: str
    clock: str


@dataclass(frozen=True, slots=True)
class Asking:
    """A show of hands, with the reader's own; ``tally`` once it was counted."""

    number: int
    question: str
    choices: tuple[str, ...]
    mine: int | None
    takes: bool
    tally: tuple[int, ...] = ()

    @property
    def weight(self) -> int:
        """Bytes that it takes on the page, so that a list makes room for it."""
        return FORM + sum(len(text.encode()) for text in (self.question, *self.choices))


@dataclass(frozen=True, slots=True)
class Plain:
    """The floor as a page tells it, and what its reader may ask for now."""

    state: SittingState
    item: Item | None
    speaking: Spoken | None
    waiting: tuple[Line, ...]
    more: int
    place: int | None
    list_open: bool
    notices: tuple[Notice, ...]
    more_notices: int
    wishes: tuple[PlainWish, ...]
    hands: Asking | None = None
    several: bool = False  # of one's own requests wait: a withdrawal takes back the older

    def id(self) -> UUID:
        """One for each form: a form that is sent twice asks once."""
        return uuid4()


async def plain(
    db: Reading, sitting: Sitting, me: Person, now: datetime, say: Say, *, whole: bool = False
) -> Plain:
    """The floor for someone who may attend; ``whole`` leaves nothing out, however much it is."""
    entry = await access.decide(db, me, sitting, Right.ATTEND, now)
    seen = await invitation.picture(db, sitting, entry)
    own = await floor.own(db, sitting, me)
    numbers = await floor.own_numbers(db, sitting, me)
    lines = [line(each, numbers, say) for each in seen.listed]
    newest = tuple(reversed(seen.notices))
    told, most = len(newest), len(lines)
    asking = await _asking(db, seen, sitting, me, now, say)
    if not whole:
        told = fitting([notice.text for notice in newest], LARGEST_NOTICES)
        most = fitting(
            [each.title + each.other + each.topic_in_list for each in lines],
            LARGEST_LIST - (asking.weight if asking else 0),
        )
    return Plain(
        state=seen.state,
        item=seen.item,
        speaking=spoken(seen.speaking, seen.seconds_each, numbers, now, say),
        waiting=tuple(lines[:most]),
        more=len(lines) - most,
        place=place_in(lines),
        list_open=seen.list_open and seen.state is SittingState.OPEN,
        notices=newest[:told],
        more_notices=len(newest) - told,
        wishes=await _possible(db, seen, sitting, me, own, numbers, now),
        hands=asking,
        several=len(numbers) > 1,
    )


async def _asking(
    db: Reading, seen: Floor, sitting: Sitting, me: Person, now: datetime, say: Say
) -> Asking | None:
    """The newest show of hands, and whether this reader may raise one."""
    show = seen.hands
    if show is None:
        return None
    speaks = await access.decide(db, me, sitting, Right.SPEAK, now)
    return Asking(
        number=show.number,
        question=show.question,
        choices=tuple(chosen(each, say) for each in show.choices),
        mine=await hands.own(db, sitting, me, show.number),
        takes=running(show) and seen.state is SittingState.OPEN and bool(speaks),
        tally=show.counts.by_choice if show.counts else (),
    )


def fitting(texts: Sequence[str], most: int) -> int:
    """How many of these fit into so many bytes; the first is told in any case."""
    sizes = accumulate(len(text.encode()) for text in texts)
    return max(sum(size <= most for size in sizes), min(1, len(texts)))


def place_in(lines: Sequence[Line]) -> int | None:
    """One's own place in the list, counted from 1."""
    return next((place for place, each in enumerate(lines, 1) if each.own), None)


def spoken(
    speech: Speech | None, limit: int, own: set[int], now: datetime, say: Say
) -> Spoken | None:
    """Who speaks and for how long, at this moment."""
    if speech is None:
        return None
    seconds = speech.spoken(now)
    stopped = "stopped" if speech.started_at else "waits"
    return Spoken(
        who=line(speech.request, own, say),
        time=length(seconds),
        limit=length(limit),
        over=length(seconds - limit) if round(seconds) > limit else "",
        clock="runs" if speech.running_since else stopped,
    )


def length(seconds: float) -> str:
    """Minutes and seconds, for what is spoken or left: 2:41, 62:05."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def line(request: Request, own: set[int], say: Say) -> Line:
    speaker = request.speaker
    return Line(
        title=speaker.title,
        other=speaker.other,
        capacity=reasons.said(speaker.capacity, say),
        category=_category(speaker.category, say),
        topic=request.topic,
        kind="" if request.request is RequestKind.INTERVENTION else say(REQUESTS[request.request]),
        stance=say(STANCES[request.stance]) if request.stance else "",
        own=request.number in own,
    )


def _category(category: Category, say: Say) -> str:
    """Only whom the chair put on the list without an account is of the public there."""
    return say("Without an account") if category is Category.PUBLIC else said(category, say)


async def _possible(
    db: Reading,
    seen: Floor,
    sitting: Sitting,
    me: Person,
    own: FloorRequest | None,
    numbers: set[int],
    now: datetime,
) -> tuple[PlainWish, ...]:
    """What the forms of the page may ask for; the service decides again when they are sent."""
    if sitting.state is not SittingState.OPEN:
        return ()
    if own is not None and own.state is RequestState.SPEAKING:
        return (PlainWish.END,)
    taken = () if own is None else (PlainWish.WITHDRAW,)
    asked = {each.request for each in seen.listed if each.number in numbers}
    open_to = [wish for wish, kind in KINDS.items() if kind not in asked]
    return taken + tuple(
        [
            wish
            for wish in open_to
            if may_request(seen, KINDS[wish], None)
            and await access.decide(db, me, sitting, RIGHTS[wish], now)
        ]
    )


class Asked(BaseModel):
    """A form that was sent; the form's own token is looked at before."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    wish: PlainWish
    topic: Annotated[str, Field(max_length=10 * LONGEST_TOPIC), AfterValidator(clean)] = ""
    stance: Stance | Literal[""] = ""
    number: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    choice: Annotated[int, Field(ge=1, le=MOST)] = 1

    @property
    def fault(self) -> TextFault | None:
        """What is wrong with the topic, by what a socket may say."""
        found = fault(self.topic, LONGEST_TOPIC)
        return None if found is TextFault.MARKUP else found

    def spoken(self) -> dict[str, Any]:
        """The wish as a socket would say it."""
        match self.wish:
            case PlainWish.REQUEST:
                about = {"topic": self.topic, "stance": self.stance or None}
                return {"kind": "request-floor", "id": self.id, **about}
            case PlainWish.POINT | PlainWish.MOTION | PlainWish.REPLY:
                request = self.wish.value.replace("-", "_")
                return {"kind": "request-floor", "id": self.id, "request": request}
            case PlainWish.RAISE:
                hand = {"number": self.number, "choice": self.choice}
                return {"kind": self.wish.value, "id": self.id, **hand}
            case PlainWish.LOWER:
                return {"kind": self.wish.value, "id": self.id, "number": self.number}
            case PlainWish.WITHDRAW | PlainWish.END:
                return {"kind": self.wish.value, "id": self.id}


async def ask(db: Writing, sitting_id: UUID, asked: Asked, *, by: Person, now: datetime) -> Outcome:
    """Make the wish that the form made, by the same service as the socket's."""
    wish = WISHES.validate_python(asked.spoken())
    return await wishes.grant(db, sitting_id, wish, by=by, now=now)
