"""A written statement: handed in, read out or not, withdrawn or put on record as it was written."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final, Literal, Self, TypeAlias, assert_never

from app.policy.people import Speaker, SpeakerRow
from app.policy.refusal import No
from app.policy.sitting import SittingState

LONGEST: Final = 20_000  # characters
MOST: Final = 50  # statements on record that a picture keeps; all are on their page


class StatementState(StrEnum):
    """How far a statement has come."""

    FILED = "filed"
    WITHDRAWN = "withdrawn"
    READ_OUT = "read_out"
    ON_RECORD = "on_record"


class StatementReason(StrEnum):
    """Why it does not go on; sentences are in ``app.reasons``."""

    NO_SUCH_STATEMENT = "no-such-statement"
    WITHDRAWN = "statement-withdrawn"
    READ_OUT = "statement-read-out"
    ON_RECORD = "statement-on-record"


class Source(StrEnum):
    """How the text came: typed into the box, or from a file of plain text."""

    TYPED = "typed"
    UPLOADED = "uploaded"


@dataclass(frozen=True, slots=True)
class OnRecord:
    """That a statement is on record; its text is asked for."""

    number: int
    speaker: Speaker
    item: int | None
    characters: int
    at: datetime


@dataclass(frozen=True, slots=True)
class StatementRecorded:
    """A statement is on record; ``at`` is when it was put there."""

    number: int
    speaker: SpeakerRow
    characters: int
    at: datetime
    item: int | None = None
    kind: Literal["statement-recorded"] = "statement-recorded"

    @classmethod
    def of(cls, put: OnRecord) -> Self:
        return cls(put.number, put.speaker.row, put.characters, put.at, put.item)

    @property
    def on_record(self) -> OnRecord:
        speaker = Speaker(*self.speaker)
        return OnRecord(self.number, speaker, self.item, self.characters, self.at)


@dataclass(frozen=True, slots=True)
class StatementUnrecorded:
    """Not on record after all: an undo."""

    number: int
    kind: Literal["statement-unrecorded"] = "statement-unrecorded"


@dataclass(frozen=True, slots=True)
class StatementFiled:
    """One was handed in; who follows the console may ask for it."""

    number: int
    kind: Literal["statement-filed"] = "statement-filed"


@dataclass(frozen=True, slots=True)
class StatementMoved:
    number: int
    state: StatementState
    kind: Literal["statement-moved"] = "statement-moved"


RecordEvent: TypeAlias = StatementRecorded | StatementUnrecorded
DeskEvent: TypeAlias = StatementFiled | StatementMoved


def apply(statements: tuple[OnRecord, ...], event: RecordEvent) -> tuple[OnRecord, ...]:
    """What is on record after the event, in the order in which it was put there."""
    match event:
        case StatementRecorded():
            return (*statements, event.on_record)[-MOST:]
        case StatementUnrecorded(number):
            return tuple(each for each in statements if each.number != number)
        case _:
            assert_never(event)


def digest(text: str) -> str:
    """SHA-256 over the text as UTF-8: the author can check it with any tool."""
    return sha256(text.encode()).hexdigest()


def may_file(state: SittingState) -> bool:
    """Before a sitting has begun, once its room is open, and while it is open."""
    return state in {SittingState.SCHEDULED, SittingState.OPEN}


def state_of(*, withdrawn: bool, read_out: bool, recorded: bool) -> StatementState:
    """The furthest that it has come."""
    if withdrawn:
        return StatementState.WITHDRAWN
    if recorded:
        return StatementState.ON_RECORD
    return StatementState.READ_OUT if read_out else StatementState.FILED


_WHY_NOT: Final = {
    StatementState.WITHDRAWN: StatementReason.WITHDRAWN,
    StatementState.READ_OUT: StatementReason.READ_OUT,
    StatementState.ON_RECORD: StatementReason.ON_RECORD,
}


def may_withdraw(state: StatementState) -> Literal[True] | No:
    """Until the room has heard it or it is on record, it is its author's."""
    return True if state is StatementState.FILED else No(_WHY_NOT[state])


def may_read_out(state: StatementState) -> Literal[True] | No:
    """It is read out once; what is on record already need not be."""
    return may_withdraw(state)


def may_record(state: StatementState) -> Literal[True] | No:
    """Read out or not, the chair puts on record what was not withdrawn."""
    if state in {StatementState.FILED, StatementState.READ_OUT}:
        return True
    return No(_WHY_NOT[state])
