"""An edition printed as a table, and two editions laid side by side."""

from dataclasses import dataclass

from app.policy.access import decide
from app.policy.decision import Decision, Reason
from app.policy.edition import Edition
from app.policy.parts import Part, Right
from app.policy.people import Category, Standing


@dataclass(frozen=True, slots=True)
class Row:
    """What one edition says of one category whose papers are in order."""

    part: Part
    right: Right
    category: Category
    allowed: bool
    clause: str
    reason: Reason

    @classmethod
    def of(cls, decision: Decision) -> "Row":
        return cls(
            decision.part,
            decision.right,
            decision.category,
            bool(decision),
            decision.clause.label,
            decision.reason,
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One right that one category gains or loses in one stretch of a meeting.

    The halves are stretches of what another edition holds as a whole, so that nobody seems to lose
    the whole by being given both halves.
    """

    part: Part
    right: Right
    category: Category
    gained: bool
    before: Row
    after: Row


def table(edition: Edition) -> list[Row]:
    """Every combination of part, right and category, in the order of their definition."""
    return [
        _row(edition, part, right, category)
        for part in Part
        for right in Right
        for category in Category
    ]


def compare(earlier: Edition, later: Edition) -> list[Change]:
    """Who gains or loses what; another reason for the same answer is no change."""
    return [
        change
        for part in _stretches(earlier, later)
        for right in Right
        for category in Category
        if (change := _change(earlier, later, part, right, category))
    ]


def _row(edition: Edition, part: Part, right: Right, category: Category) -> Row:
    return Row.of(decide(edition, Standing.of(category), part, right))


def _change(
    earlier: Edition, later: Edition, part: Part, right: Right, category: Category
) -> Change | None:
    before = _row(earlier, _holding(earlier, part), right, category)
    after = _row(later, _holding(later, part), right, category)
    if before.allowed == after.allowed:
        return None
    return Change(part, right, category, after.allowed, before, after)


HALVES = frozenset({Part.FIRST_HALF, Part.SECOND_HALF})


def _stretches(*editions: Edition) -> list[Part]:
    """The finest parts that the editions make between them."""
    known = {part for edition in editions for part in edition.parts}
    return [part for part in Part if part in known and not (part is Part.WHOLE and known & HALVES)]


def _holding(edition: Edition, part: Part) -> Part:
    """The part of this edition in which a stretch lies; the stretch itself where there is none."""
    undivided = part in HALVES and part not in edition.parts and Part.WHOLE in edition.parts
    return Part.WHOLE if undivided else part
