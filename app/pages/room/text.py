"""The room without script: what a page can say of the floor, and wishes by plain form."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app import reasons
from app.database import Reading, Writing
from app.i18n import words
from app.models import FloorRequest, Person, Sitting
from app.pages.words import REQUESTS, Say, said
from app.policy.access import Right
from app.policy.floor import Floor, Request, RequestKind, RequestState, may_request
from app.policy.people import Category
from app.policy.sitting import SittingState
from app.policy.text import TextFault, clean, fault
from app.protocol.wishes import LONGEST_TOPIC, WISHES
from app.services import access, floor, wishes
from app.services.wishes import Outcome


class PlainWish(StrEnum):
    """What a form of the page may ask for."""

    REQUEST = "request-floor"
    POINT = "point-of-order"
    MOTION = "motion"
    REPLY = "right-of-reply"
    WITHDRAW = "withdraw-request"
    END = "end-speech"


ASKED: Final = {
    PlainWish.REQUEST: words("You have asked for the floor."),
    PlainWish.POINT: words("You have raised a point of order."),
    PlainWish.MOTION: words("You have moved a motion."),
    PlainWish.REPLY: words("You have asked for a right of reply."),
    PlainWish.WITHDRAW: words("Your request is withdrawn."),
    PlainWish.END: words("You have finished."),
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
    own: bool


@dataclass(frozen=True, slots=True)
class Plain:
    """The floor as a page tells it, and what its reader may ask for now."""

    speaking: Line | None
    waiting: tuple[Line, ...]
    list_open: bool
    notices: tuple[str, ...]
    wishes: tuple[PlainWish, ...]

    @property
    def ids(self) -> tuple[UUID, ...]:
        """One for each wish: a form that is sent twice asks once."""
        return tuple(uuid4() for _ in self.wishes)


async def plain(db: Reading, sitting: Sitting, me: Person, now: datetime, say: Say) -> Plain:
    """The floor for someone who may attend."""
    seen = await floor.picture(db, sitting)
    own = await floor.own(db, sitting, me)
    numbers = {own.number} if own else set()
    return Plain(
        speaking=line(seen.speaking.request, numbers, say) if seen.speaking else None,
        waiting=tuple(line(request, numbers, say) for request in seen.listed),
        list_open=seen.list_open,
        notices=tuple(notice.text for notice in reversed(seen.notices)),
        wishes=await _possible(db, seen, sitting, me, own, now),
    )


def line(request: Request, own: set[int], say: Say) -> Line:
    speaker = request.speaker
    return Line(
        title=speaker.title,
        other=speaker.other,
        capacity=reasons.said(speaker.capacity, say),
        category=_category(speaker.category, say),
        topic=request.topic,
        kind="" if request.request is RequestKind.INTERVENTION else say(REQUESTS[request.request]),
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
    now: datetime,
) -> tuple[PlainWish, ...]:
    if sitting.state is not SittingState.OPEN:
        return ()
    if own is not None:
        speaks = own.state is RequestState.SPEAKING
        return (PlainWish.END if speaks else PlainWish.WITHDRAW,)
    rights = {
        PlainWish.REQUEST: (Right.SPEAK, RequestKind.INTERVENTION),
        PlainWish.POINT: (Right.RAISE_POINT_OF_ORDER, RequestKind.POINT_OF_ORDER),
        PlainWish.MOTION: (Right.RAISE_POINT_OF_ORDER, RequestKind.MOTION),
        PlainWish.REPLY: (Right.SPEAK, RequestKind.RIGHT_OF_REPLY),
    }
    return tuple(
        [
            wish
            for wish, (right, kind) in rights.items()
            if may_request(seen, kind, None) and await access.decide(db, me, sitting, right, now)
        ]
    )


class Asked(BaseModel):
    """A form that was sent; the form's own token is looked at before."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    wish: PlainWish
    topic: Annotated[str, Field(max_length=10 * LONGEST_TOPIC), AfterValidator(clean)] = ""

    @property
    def fault(self) -> TextFault | None:
        """What is wrong with the topic, by what a socket may say."""
        found = fault(self.topic, LONGEST_TOPIC)
        return None if found is TextFault.MARKUP else found

    def spoken(self) -> dict[str, Any]:
        """The wish as a socket would say it."""
        match self.wish:
            case PlainWish.REQUEST:
                return {"kind": "request-floor", "id": self.id, "topic": self.topic}
            case PlainWish.POINT | PlainWish.MOTION | PlainWish.REPLY:
                request = self.wish.value.replace("-", "_")
                return {"kind": "request-floor", "id": self.id, "request": request}
            case PlainWish.WITHDRAW | PlainWish.END:
                return {"kind": self.wish.value, "id": self.id}


async def ask(db: Writing, sitting_id: UUID, asked: Asked, *, by: Person, now: datetime) -> Outcome:
    """Make the wish that the form made, by the same service as the socket's."""
    wish = WISHES.validate_python(asked.spoken())
    return await wishes.grant(db, sitting_id, wish, by=by, now=now)
