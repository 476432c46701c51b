"""A show of hands: what the room is asked, and how hands are counted. It is no vote (A5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, Self, TypeAlias, assert_never

from app.policy.people import Category, Function
from app.policy.refusal import No

SERVICE: Final = "service"  # the row of those who are here to serve the meeting
ROWS: Final = (SERVICE, *(each.value for each in Category))
USUAL: Final = ("agree", "disagree", "abstain")
FEWEST, MOST = 2, 4


class HandsReason(StrEnum):
    """Why a hand, or a question, is not taken; sentences are in ``app.reasons``."""

    NOTHING_ASKED = "nothing-asked"
    STILL_ASKED = "still-asked"
    LATE = "late-hand"
    NO_SUCH_CHOICE = "no-such-choice"
    NO_HAND = "no-hand"


@dataclass(frozen=True, slots=True)
class Counts:
    """Hands for each choice, in the order of the choices; together, and by category."""

    by_choice: tuple[int, ...]
    by_category: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Show:
    """A question to the room; it is closed once it has counts."""

    number: int
    question: str
    choices: tuple[str, ...]
    asked_at: datetime
    counts: Counts | None = None


@dataclass(frozen=True, slots=True)
class HandsAsked:
    show: Show
    kind: Literal["hands-asked"] = "hands-asked"


@dataclass(frozen=True, slots=True)
class HandsClosed:
    """How many hands each choice had: a row for service, and one for each ``Category``, in order.

    An empty row had no hands, and neither had those that are left out at the end.
    """

    table: tuple[tuple[int, ...], ...] = ()
    kind: Literal["hands-closed"] = "hands-closed"

    @classmethod
    def of(cls, counts: Counts) -> Self:
        rows = [tuple(counts.by_category.get(each, ())) for each in ROWS]
        while rows and not rows[-1]:
            rows.pop()
        return cls(tuple(rows))

    def counts(self, choices: int) -> Counts:
        """The counts of a question with so many choices, together and by category."""
        totals = (sum(row[place] for row in self.table if row) for place in range(choices))
        named = zip(ROWS, self.table, strict=False)
        return Counts(tuple(totals), dict(sorted((name, row) for name, row in named if row)))


@dataclass(frozen=True, slots=True)
class HandsRestored:
    """The question is asked again, or none is: an undo. What was counted is said after it."""

    show: Show | None
    kind: Literal["hands-restored"] = "hands-restored"


HandsEvent: TypeAlias = HandsAsked | HandsClosed | HandsRestored


def after(show: Show | None, event: HandsEvent) -> Show | None:
    """The question that a room shows after the event."""
    match event:
        case HandsAsked(asked):
            return asked
        case HandsClosed():
            counted = None if show is None else event.counts(len(show.choices))
            return None if show is None else replace(show, counts=counted)
        case HandsRestored(before):
            return before
        case _:
            assert_never(event)


def running(show: Show | None) -> bool:
    """Whether hands are taken now."""
    return show is not None and show.counts is None


def may_ask(show: Show | None) -> Literal[True] | No:
    """One question at a time."""
    return No(HandsReason.STILL_ASKED) if running(show) else True


def may_close(show: Show | None, number: int) -> Literal[True] | No:
    """Only the question that runs is closed, and the one that was meant."""
    if show is None or show.counts is not None or show.number != number:
        return No(HandsReason.NOTHING_ASKED)
    return True


def may_raise(show: Show | None, number: int, choice: int) -> Literal[True] | No:
    """A hand is for the question it was raised for: a late one never counts for another."""
    if show is None or number > show.number:
        return No(HandsReason.NOTHING_ASKED)
    if show.counts is not None or number < show.number:
        return No(HandsReason.LATE)
    if not 1 <= choice <= len(show.choices):
        return No(HandsReason.NO_SUCH_CHOICE)
    return True


def row_of(category: Category, function: Function | None) -> str:
    """Where a hand is counted: nobody wears two hats, and a service of the meeting goes first."""
    return category.value if function is None else SERVICE


def count(choices: int, hands: Iterable[tuple[str, int]]) -> Counts:
    """Hands as pairs of category and choice, the first choice being 1."""
    table: dict[str, list[int]] = {}
    for row, choice in hands:
        table.setdefault(row, [0] * choices)[choice - 1] += 1
    totals = [sum(each[place] for each in table.values()) for place in range(choices)]
    return Counts(tuple(totals), {row: tuple(table[row]) for row in sorted(table)})
