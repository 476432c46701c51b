"""What is searched: kinds of things, whom they are for, and where a page of hits begins."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID


class Kind(StrEnum):
    """What can be found."""

    INPUT = "input"
    DOCUMENT = "document"


class Audience(StrEnum):
    """For whom a row of the index is; more than one row may be about one thing."""

    PUBLIC = "public"
    MEMBERS = "members"
    SECRETARIAT = "secretariat"


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere that a reader may look: a consultation or a meeting, as far as this audience."""

    scope_id: UUID
    audience: Audience


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last hit of a page: the next one begins after it, whatever was added meanwhile."""

    score: float
    number: int

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None where it is none of ours."""
        score, apart, number = text.partition("~")
        try:
            found = cls(float(score), int(number))
        except ValueError:
            return None
        return found if apart and math.isfinite(found.score) and 0 <= found.number < 2**62 else None

    def __str__(self) -> str:
        return f"{self.score!r}~{self.number}"
