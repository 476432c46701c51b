"""Who takes part, counted along one axis at a time, and which counts the public may read.

Every axis divides the same registrations: each stands in one cell of it. A count of one to four
could name somebody, and a total would give it away again; ``suppressed`` hides what it must. Two
counts, one after the other, tell who came in between: what the public reads is counted once a day,
and only where ``LEAST`` have come or gone since what it reads now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

LEAST: Final = 5
"""The smallest count of people, other than none, that the public may read."""
NOT_SAID: Final = ""
"""The cell of those for whom an axis has no answer."""


class Axis(StrEnum):
    """Along what registrations are counted."""

    STATE = "state"
    CATEGORY = "category"
    REGION = "region"
    GROUP = "group"
    LANGUAGE = "language"
    MODE = "mode"
    LDC = "ldc"
    LLDC = "lldc"
    SIDS = "sids"
    GENDER = "gender"
    FIRST_TIME = "first_time"


class Way(StrEnum):
    """How somebody takes part over all sittings of a meeting."""

    IN_PERSON = "in_person"
    REMOTE = "remote"
    BOTH = "both"


class YesNo(StrEnum):
    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Cell:
    """A count of registrations; ``None`` is not shown. ``bodies`` are the Member States among them.

    ``reference`` is how many Member States there are of this kind, where the axis is about them.
    """

    key: str
    people: int | None
    bodies: int | None = None
    reference: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """One axis with its cells in their order."""

    axis: Axis
    cells: tuple[Cell, ...]

    @property
    def hides(self) -> bool:
        """Whether there is a cell that is not shown."""
        return any(cell.people is None for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Participation:
    """A meeting's registrations by axes, against all Member States of the records on a day."""

    people: int | None
    bodies: int | None
    reference: int
    axes: tuple[Counted, ...]


def shared(found: Participation) -> Participation:
    """The same for everybody's eyes: nothing in it tells a count of one to four.

    Where all of them are as few, nothing is told.
    """
    if _small(found.people or 0):
        return Participation(None, None, found.reference, ())
    bodies = None if _small(found.bodies or 0) else found.bodies
    axes = tuple(Counted(each.axis, _shared(each.cells)) for each in found.axes)
    return Participation(found.people, bodies, found.reference, axes)


def tells(before: int, now: int) -> bool:
    """Whether this many are told after that many: the difference is no small number either."""
    return abs(now - before) >= LEAST


def as_json(found: Participation) -> dict[str, Any]:
    """As it is kept; ``of_json`` reads it again."""
    return asdict(found)


def of_json(kept: Mapping[str, Any]) -> Participation:
    axes = tuple(
        Counted(Axis(each["axis"]), tuple(Cell(**cell) for cell in each["cells"]))
        for each in kept["axes"]
    )
    return Participation(kept["people"], kept["bodies"], kept["reference"], axes)


def _small(number: int) -> bool:
    return 0 < number < LEAST


def _shared(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    people = suppressed([cell.people or 0 for cell in cells])
    bodies = suppressed([cell.bodies or 0 for cell in cells])
    return tuple(
        Cell(
            cell.key,
            some,
            # Where people are hidden their bodies are: one of them stands for one person at least.
            None if cell.bodies is None or some is None else body,
            cell.reference,
        )
        for cell, some, body in zip(cells, people, bodies, strict=True)
    )


def suppressed(counts: Sequence[int]) -> list[int | None]:
    """The counts with ``None`` for those that may not be told beside their total.

    Those from one to four, and the next larger one after them: found by its place and not by its
    size, so that whoever knows this rule learns nothing from it. Whatever is hidden could then be
    another number as well, but for two kinds of tables: without a larger one, and where all hidden
    are as small as they can be. Of those all cells are hidden.
    """
    small = [at for at, number in enumerate(counts) if _small(number)]
    if not small:
        return list(counts)
    others = (*range(small[-1] + 1, len(counts)), *range(small[-1]))
    second = next((at for at in others if counts[at] >= LEAST), None)
    least = len(small) + LEAST
    if second is None or sum(counts[at] for at in (*small, second)) == least:
        return [None] * len(counts)
    return [None if at in {*small, second} else number for at, number in enumerate(counts)]


def share(number: int, reference: int) -> int:
    """A share in whole percent; 0 of nothing is 0."""
    return round(100 * number / reference) if reference else 0
