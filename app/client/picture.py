"""What a guest knows of the sitting: kept from a snapshot and the events after it."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import ValidationError

from app.policy import captions as captioning
from app.policy import floor as rules
from app.policy.floor import Floor, Request
from app.protocol import news
from app.protocol.messages import Audience, Cursor, EventSaid, Welcome, You

CAPTIONS: Final = "captions:"


@dataclass(frozen=True, slots=True)
class Told:
    """An event, with where and when it was said; ``late`` if that was while the line was down."""

    event: news.Event
    on: str
    position: int
    at: datetime
    late: bool
    before: Floor
    line: captioning.WrittenLine | None = None  # of a caption, with whose words it is


@dataclass(frozen=True, slots=True)
class Turn:
    """Where the guest stands: speaking, or waiting at a 1-based place, or neither."""

    state: Literal["speaking", "waiting", "none"]
    place: int | None = None
    request: Request | None = None


class OutOfStep(Exception):
    """Events are missing, or cannot be read: the line must be begun again."""


class Clock:
    """The service's clock, as well as it can be known here; this machine's may be wrong.

    What the service said at a moment arrives later, never earlier: of all that was heard, the word
    that took least time tells the time best.
    """

    def __init__(self) -> None:
        self._said: datetime | None = None
        self._heard = 0.0

    def set(self, said: datetime) -> None:
        self._said, self._heard = said, time.monotonic()

    def learn(self, said: datetime) -> None:
        if self._said is None or said > self.now():
            self.set(said)

    def now(self) -> datetime:
        """The service's time; meaningful after the first welcome."""
        if self._said is None:
            return datetime.min.replace(tzinfo=UTC)
        return self._said + timedelta(seconds=time.monotonic() - self._heard)


@dataclass(slots=True)
class Picture:
    """The sitting as one guest sees it. It does no I/O: it is shown messages, and answers."""

    sitting: UUID
    floor: Floor = field(default_factory=Floor)
    captions: dict[str, captioning.Captions] = field(default_factory=dict)
    audience: Audience | None = None
    you: You | None = None
    title: str = ""
    epoch: int = 0
    clock: Clock = field(default_factory=Clock)
    cursors: dict[str, Cursor] = field(default_factory=dict)
    own: set[int] = field(default_factory=set)
    welcomed_at: datetime | None = None

    def enter(self, welcome: Welcome) -> None:
        """Take the snapshots of a welcome; where there is none, the gap follows as events."""
        if welcome.sitting != self.sitting:
            self.own.clear()
        snapshot = welcome.channels["room"].snapshot
        if snapshot is not None:
            self.floor = news.FLOOR.validate_python(snapshot)
        self.captions = {
            on.removeprefix(CAPTIONS): self._captioned(on, state.snapshot)
            for on, state in welcome.channels.items()
            if on.startswith(CAPTIONS)
        }
        if welcome.you.request is not None:
            self.own.add(welcome.you.request)
        self.sitting, self.epoch, self.title = welcome.sitting, welcome.epoch, welcome.title
        self.audience, self.you = welcome.audience, welcome.you
        self.cursors = {
            on: Cursor(epoch=welcome.epoch, position=state.position)
            for on, state in welcome.channels.items()
        }
        self.clock.set(welcome.now)
        self.welcomed_at = welcome.now

    def _captioned(self, on: str, snapshot: dict[str, Any] | None) -> captioning.Captions:
        if snapshot is None:
            return self.captions[on.removeprefix(CAPTIONS)]
        return news.CAPTIONS.validate_python(snapshot)

    def tell(self, said: EventSaid) -> Told | None:
        """The event, when it is the next of its channel; None when it was told before.

        Raises ``OutOfStep`` where one is missing. Of an event that cannot be read nothing is known
        any more, so the channel's cursor is forgotten and a snapshot will be sent.
        """
        cursor = self.cursors.get(said.on)
        if cursor is None or said.position <= cursor.position:
            return None
        if said.position > cursor.position + 1:
            raise OutOfStep
        before = self.floor
        try:
            event = news.read(said.kind, said.body, said.at)
            line = self._apply(event, said)
        except (ValidationError, StopIteration):
            self.forget(said.on)
            raise OutOfStep from None
        self.cursors[said.on] = Cursor(epoch=cursor.epoch, position=said.position)
        late = self.welcomed_at is not None and said.at <= self.welcomed_at
        if not late:
            self.clock.learn(said.at)
        return Told(event, said.on, said.position, said.at, late, before, line)

    def _apply(self, event: news.Event, said: EventSaid) -> captioning.WrittenLine | None:
        """Change the picture that the event belongs to; the newest line where it is a caption."""
        if isinstance(event, news.ConsoleEvent):
            return None
        match event:
            case captioning.CaptionHeading() | captioning.Caption() | captioning.CaptionCorrected():
                language = said.on.removeprefix(CAPTIONS)
                told = captioning.apply(self.captions[language], event, said.at)
                self.captions[language] = told
                return next((each for each in told.lines[::-1] if _is(each, event)), None)
            case _:
                self.floor = rules.apply(self.floor, event)
                return None

    def forget(self, on: str) -> None:
        """Ask for a snapshot of this channel at the next hello."""
        self.cursors.pop(on, None)

    @property
    def turn(self) -> Turn:
        speech = self.floor.speaking
        if speech is not None and speech.request.number in self.own:
            return Turn("speaking", request=speech.request)
        for place, request in enumerate(self.floor.listed, 1):
            if request.number in self.own:
                return Turn("waiting", place, request)
        return Turn("none")

    @property
    def spoken(self) -> float | None:
        """Seconds that the speech of this moment has taken; None while nobody has the floor."""
        speech = self.floor.speaking
        return None if speech is None else speech.spoken(self.clock.now())

    @property
    def wait(self) -> float | None:
        """Seconds until the guest's turn, if everyone takes what they may; None if not waiting."""
        place = self.turn.place
        if place is None:
            return None
        left = 0.0 if self.spoken is None else max(0.0, self.floor.seconds_each - self.spoken)
        return left + (place - 1) * self.floor.seconds_each


def _is(line: captioning.WrittenLine, event: captioning.Event) -> bool:
    return not isinstance(event, captioning.CaptionHeading) and line.number == event.number
