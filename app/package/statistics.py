"""Statistics of meetings as rows of a table, in a form that needs no page to be read."""

from collections.abc import Iterable, Iterator
from typing import Final

from app.policy.statistics import Measure, Told
from app.services.statistics import Statistics

HEAD: Final = (
    "meeting",
    "measure",
    "axis",
    "key",
    "number",
    "seconds",
    "member_states",
    "reference",
)
HIDDEN: Final = "not told"


def rows(found: Iterable[Statistics]) -> Iterator[tuple[str, ...]]:
    """A line for each cell, and one without an axis for the whole; ``not told`` is no number."""
    for each in found:
        yield from _registrations(each)
        yield from _told(each, Measure.INPUTS, each.inputs)
        yield from _told(each, Measure.INTERVENTIONS, each.interventions)


def _registrations(each: Statistics) -> Iterator[tuple[str, ...]]:
    if each.registrations is None:
        return
    meeting, measure = each.meeting.slug, Measure.REGISTRATIONS
    whole = each.registrations.found
    of = (_number(whole.bodies), str(whole.reference))
    yield (meeting, measure, "", "", _number(whole.people), "", *of)
    for axis in whole.axes:
        for cell in axis.cells:
            states = "" if cell.reference is None else _number(cell.bodies)
            reference = "" if cell.reference is None else str(cell.reference)
            number = _number(cell.people)
            yield (meeting, measure, axis.axis, cell.key, number, "", states, reference)


def _told(each: Statistics, measure: Measure, told: Told) -> Iterator[tuple[str, ...]]:
    meeting = each.meeting.slug
    timed = measure is Measure.INTERVENTIONS

    def seconds(of: float | None) -> str:
        return "" if not timed else HIDDEN if of is None else f"{of:.0f}"

    yield (meeting, measure, "", "", _number(told.number), seconds(told.seconds), "", "")
    for axis in told.axes:
        for part in axis.parts:
            number = _number(part.number)
            yield (meeting, measure, axis.axis, part.key, number, seconds(part.seconds), "", "")


def _number(number: int | None) -> str:
    return HIDDEN if number is None else str(number)
