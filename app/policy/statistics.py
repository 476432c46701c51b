"""Inputs and interventions counted along each axis, with nothing told of a few people.

A cell is told where at least ``LEAST`` people stand behind it, or none: ``suppressed`` decides by
people, whatever is counted, so that a cell of many inputs of two authors is not told either.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from app.policy.participation import LEAST, NOT_SAID, Axis, suppressed


class Measure(StrEnum):
    """What is counted."""

    REGISTRATIONS = "registrations"
    INPUTS = "inputs"
    INTERVENTIONS = "interventions"
    SPEAKING_TIME = "speaking_time"


@dataclass(frozen=True, slots=True)
class One:
    """An input or an intervention; ``person`` tells people apart and is never shown."""

    person: str
    traits: Mapping[Axis, str] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """A cell: how many, and for how long together; ``None`` is not told."""

    key: str
    number: int | None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Divided:
    """All along one axis; each stands in one cell."""

    axis: Axis
    parts: tuple[Part, ...]

    @property
    def hides(self) -> bool:
        return any(each.number is None for each in self.parts)


@dataclass(frozen=True, slots=True)
class Told:
    """What everybody may read: how many, by how many people, along which axes."""

    number: int | None
    people: int | None
    seconds: float | None
    axes: tuple[Divided, ...]


NOTHING: Final = Told(0, 0, 0.0, ())


def told(ones: Sequence[One], keys: Mapping[Axis, Sequence[str]]) -> Told:
    """Counted along the axes of ``keys``, in their order, with the cells that each begins with.

    Of one to four people together nothing is told. An axis that nobody has an answer for is left
    out.
    """
    people = len({each.person for each in ones})
    if 0 < people < LEAST:
        return Told(None, None, None, ())
    seconds = sum(each.seconds for each in ones)
    axes = [_along(axis, cells, ones) for axis, cells in keys.items()]
    return Told(len(ones), people, seconds, tuple(axes)) if ones else NOTHING


def _along(axis: Axis, cells: Iterable[str], ones: Sequence[One]) -> Divided:
    of = [each.traits.get(axis, NOT_SAID) for each in ones]
    keys = [*dict.fromkeys(cells), *sorted(set(of) - {*cells, NOT_SAID}), NOT_SAID]
    rows = {
        key: [one for one, key_of in zip(ones, of, strict=True) if key_of == key] for key in keys
    }
    shown = suppressed([len({each.person for each in rows[key]}) for key in keys])
    return Divided(
        axis,
        tuple(
            Part(
                key,
                None if many is None else len(rows[key]),
                None if many is None else sum(each.seconds for each in rows[key]),
            )
            for key, many in zip(keys, shown, strict=True)
        ),
    )
