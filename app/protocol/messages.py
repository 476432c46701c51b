"""The messages around the events: hello and welcome, answers, notes, presence, farewell.

An event is ``{"kind", "on", "position", "at", "body"}``; ``news.body`` says what a body leaves out.
"""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from app.policy.access import Part
from app.policy.captions import MOST_LANGUAGES, Captions
from app.policy.floor import Floor
from app.policy.hands import Counts
from app.policy.people import Capacity, Category, Function
from app.protocol.news import CAPTIONS, FLOOR
from app.protocol.wishes import LanguageCode, Spoken

Subject = Annotated[str, Field(pattern=r"^(room|console|captions:[a-z]{2})$", max_length=12)]


class Cursor(Spoken):
    """How far a client has read a channel."""

    epoch: int = Field(strict=True, ge=1)
    position: int = Field(strict=True, ge=0)


class Hello(Spoken):
    """The first message of a socket. ``take_over`` ends an older connection of the same person.

    ``captions`` are the languages whose captions one wishes to hear; to change them, come again
    with the cursors of the others.
    """

    kind: Literal["hello"]
    ticket: Annotated[str, Field(min_length=1, max_length=1000)]
    cursors: Annotated[dict[Subject, Cursor], Field(max_length=8)] = {}
    take_over: bool = Field(default=True, strict=True)
    captions: Annotated[tuple[LanguageCode, ...], Field(max_length=MOST_LANGUAGES)] = ()


class Said(BaseModel):
    """What the service says; a client ignores fields it does not know."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Explanation(Said):
    """A decision in values and in one sentence of the reader's language."""

    allowed: bool
    reason: str
    clause: str = ""
    clause_text: str = ""
    edition: str = ""
    sentence: str
    remedy: str = ""
    remedy_sentence: str = ""
    facts_used: tuple[str, ...] = ()
    facts_missing: tuple[str, ...] = ()


class Audience(Said):
    """Who can hear: the band on top of every room."""

    part: Part
    everyone: bool
    categories: tuple[Category, ...] = ()


class You(Said):
    """The reader's own standing in this sitting."""

    name: str
    entity: str
    capacity: Capacity
    category: Category
    functions: tuple[Function, ...] = ()
    may_speak: bool
    may_raise_point_of_order: bool
    may_steer: bool
    may_preside: bool
    may_caption: bool = False
    request: int | None = None
    speaking: bool = False
    hand: int | None = Field(default=None, description="one's choice in the show of hands")


class ChannelState(Said):
    """A snapshot at a position; without one, the gap after the cursor follows as events."""

    position: int
    snapshot: dict[str, Any] | None = None


class Welcome(Said):
    """The answer to hello, and what follows when a connection is handed to the next part."""

    kind: Literal["welcome", "moved"] = "welcome"
    sitting: UUID
    meeting: UUID
    title: str
    epoch: int
    now: datetime
    audience: Audience
    entry: Explanation
    you: You
    channels: dict[str, ChannelState]


class EventSaid(Said):
    kind: str
    on: str
    position: int
    at: datetime
    body: dict[str, Any] = {}


class Answer(Said):
    """What became of a wish; repeated for a repeated id."""

    kind: Literal["answer"] = "answer"
    id: UUID
    ok: bool
    reason: str = ""
    why: Explanation | None = None
    number: int | None = None


class Note(Said):
    """What concerns one person only."""

    kind: Literal["note"] = "note"
    note: Literal["hold", "malformed", "too-many", "chat", "statement"] = Field(
        description="chat, statement: something of one's own there has changed; ask for it"
    )
    sentence: str = ""
    after: int | None = Field(default=None, description="of too-many: ask again in so many seconds")


class Presence(Said):
    """Counts, never an event: may be lost."""

    kind: Literal["presence"] = "presence"
    connected: int
    remote: int
    in_person: int
    by_category: dict[str, int] = {}


class Line(Said):
    """The line of someone who waits or speaks: slow, or gone since a moment; none was never there.

    Their place and the floor are kept; whoever presides decides how long.
    """

    state: Literal["weak", "away"]
    since: datetime | None = None


class Lines(Said):
    """For the console, by number of request: whose line is not well. May be lost."""

    kind: Literal["lines"] = "lines"
    requests: dict[int, Line] = {}


class Beat(Said):
    """The line lives: said to screens, in front of which nobody would notice that it does not."""

    kind: Literal["beat"] = "beat"


class HandsCounted(Said):
    """The hands so far, at most once a second, never an event: may be lost."""

    kind: Literal["hands-counted"] = "hands-counted"
    number: int
    counts: Counts


class Interim(Said):
    """What a captioner is writing; replaced by the next, ended by a line, and never an event."""

    kind: Literal["caption-interim"] = "caption-interim"
    on: str
    text: str


class Resync(Said):
    """The cursor is of another epoch or of the future: a snapshot follows in the welcome."""

    kind: Literal["resync"] = "resync"
    on: str


class NextOpen(Said):
    """Where someone who is shown out may go on."""

    sitting: UUID
    title: str
    starts_at: datetime
    time_zone: str


class Farewell(Said):
    """The last message before the close: why, by which clause, and what remains open."""

    kind: Literal["farewell"] = "farewell"
    code: int
    why: Explanation
    next_open: NextOpen | None = None
    written_input: str = ""


HELLO: TypeAdapter[Hello] = TypeAdapter(Hello)
Heard: TypeAlias = (
    Welcome
    | Answer
    | Note
    | Presence
    | HandsCounted
    | Lines
    | Beat
    | Interim
    | Resync
    | Farewell
    | EventSaid
)


def snapshot_of(floor: Floor) -> dict[str, Any]:
    """The floor as JSON values."""
    written: dict[str, Any] = FLOOR.dump_python(floor, mode="json")
    return written


def captions_of(captions: Captions) -> dict[str, Any]:
    """The captions of one language as JSON values."""
    written: dict[str, Any] = CAPTIONS.dump_python(captions, mode="json")
    return written
