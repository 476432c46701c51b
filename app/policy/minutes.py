"""The minutes as they are being written: who may, where a paragraph stands, and the news of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from app.policy.floor import may_follow, may_preside
from app.policy.people import Function

LONGEST: Final = 5000
MOST: Final = 1000
STEP: Final = 1024.0
CLOSEST: Final = 1e-6


class MinutesReason(StrEnum):
    """Why the minutes are not shown or changed; sentences are in ``app.reasons``."""

    NOT_FOLLOWING = "not-following"
    NOT_WRITING = "not-writing"
    TOO_MANY = "too-many-paragraphs"
    TOO_MANY_NOTES = "too-many-notes"
    NO_SUCH_ITEM = "no-such-item-of-the-sitting"


@dataclass(frozen=True, slots=True)
class MinutesChanged:
    """News for the console: which paragraph, and its version. The text is asked for."""

    paragraph: UUID
    version: int
    kind: Literal["minutes-changed"] = "minutes-changed"


@dataclass(frozen=True, slots=True)
class Draft:
    """What a paragraph is to say."""

    text: str
    item_number: int | None = None
    decision: bool = False


@dataclass(frozen=True, slots=True)
class Noted:
    """A decision noted in the minutes, as a row for the records."""

    number: int
    text: str
    item_number: int | None
    item_title: str
    at: datetime


def may_read(functions: frozenset[Function]) -> bool:
    """Who follows the console reads the minutes as they are written."""
    return may_follow(functions)


def may_write(functions: frozenset[Function]) -> bool:
    """The secretariat writes the minutes, and those who preside."""
    return may_preside(functions) or Function.SECRETARIAT in functions


def place_after(places: Sequence[float], before: int) -> float | None:
    """A place after the first ``before`` of these, in order; None where there is no room left."""
    if before >= len(places):
        return (places[-1] if places else 0.0) + STEP
    above = places[before - 1] if before else places[0] - 2 * STEP
    middle = (above + places[before]) / 2
    return middle if places[before] - middle > CLOSEST else None
