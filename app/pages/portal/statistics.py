"""Who takes part, in numbers that name nobody: of one meeting, and over time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Query
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from app.depends import Reading
from app.i18n import words
from app.package import statistics as sheet
from app.package.sheets import CSV, csv_of
from app.pages.chart import Bar, bars
from app.pages.counted import TITLES, labels_of, name_of, told
from app.pages.reader import Reader, ReaderIn
from app.pages.words import Say
from app.policy.participation import Axis
from app.policy.statistics import Measure
from app.services import meetings, statistics
from app.services.statistics import Statistics

router = APIRouter()
AXES: Final = (
    *(Axis.REGION, Axis.CATEGORY, Axis.GROUP, Axis.LANGUAGE),
    *(Axis.LDC, Axis.LLDC, Axis.SIDS, Axis.GENDER, Axis.FIRST_TIME),
)
MEASURES: Final[Mapping[Measure, str]] = {
    Measure.REGISTRATIONS: words("Registrations"),
    Measure.INPUTS: words("Inputs"),
    Measure.INTERVENTIONS: words("Interventions"),
    Measure.SPEAKING_TIME: words("Speaking time in minutes"),
}
Column = Mapping[str, int | None]
"""The numbers of one measure by the keys of an axis, in their order."""


@dataclass(frozen=True, slots=True)
class Section:
    """An axis with a chart for each measure and one table of all."""

    title: str
    charts: Sequence[tuple[str, Markup]]
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def _minutes(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds / 60)


def column(each: Statistics, measure: Measure, axis: Axis) -> Column:
    """Empty where a meeting has nothing of a measure along this axis."""
    if measure is Measure.REGISTRATIONS:
        axes = each.registrations.found.axes if each.registrations else ()
        return {c.key: c.people for one in axes if one.axis is axis for c in one.cells}
    of = each.inputs if measure is Measure.INPUTS else each.interventions
    timed = measure is Measure.SPEAKING_TIME
    return {
        part.key: _minutes(part.seconds) if timed else part.number
        for one in of.axes
        if one.axis is axis
        for part in one.parts
    }


def _whole(each: Statistics, measure: Measure) -> int | None:
    match measure:
        case Measure.REGISTRATIONS:
            return each.registrations.found.people if each.registrations else 0
        case Measure.INPUTS:
            return each.inputs.number
        case Measure.INTERVENTIONS:
            return each.interventions.number
        case Measure.SPEAKING_TIME:
            return _minutes(each.interventions.seconds)


def _section(each: Statistics, axis: Axis, reader: Reader) -> Section | None:
    say, labels = reader.say, labels_of(each.form, reader.language)
    columns = {measure: column(each, measure, axis) for measure in Measure}
    columns = {measure: found for measure, found in columns.items() if found}
    if not columns:
        return None
    return _table(
        say(TITLES[axis]),
        {say(MEASURES[measure]): found for measure, found in columns.items()},
        lambda key: name_of(axis, key, labels, say),
        say,
    )


def _table(
    title: str, columns: Mapping[str, Column], name: Callable[[str], str], say: Say
) -> Section:
    keys = list(dict.fromkeys(key for found in columns.values() for key in found))
    keys.sort(key=lambda key: key == "")
    charts = [
        (
            label,
            bars(
                f"{title}: {label}",
                [Bar(name(key), found[key], told(found[key], say)) for key in keys if key in found],
            ),
        )
        for label, found in columns.items()
    ]
    rows = [
        [name(key), *(told(found[key], say) if key in found else "–" for found in columns.values())]
        for key in keys
    ]
    return Section(title, charts, [title, *columns], rows)


@router.get("/meetings/{slug}/statistics")
async def of_meeting(slug: str, reader: ReaderIn, db: Reading) -> HTMLResponse:
    """Registrations, inputs, interventions and speaking time of a meeting along each axis."""
    meeting = await meetings.by_slug(db, slug)
    each = await statistics.of_meeting(db, meeting, reader.now)
    sections = [_section(each, axis, reader) for axis in AXES]
    return reader.page(
        "portal/statistics.html",
        each=each,
        meeting=meeting,
        minutes=_minutes(each.interventions.seconds),
        sections=[section for section in sections if section],
    )


@router.get("/meetings/{slug}/statistics.csv")
async def table_of_meeting(slug: str, reader: ReaderIn, db: Reading) -> Response:
    """The same as a table."""
    meeting = await meetings.by_slug(db, slug)
    found = [await statistics.of_meeting(db, meeting, reader.now)]
    return _csv(found, f"{meeting.slug}-statistics")


@router.get("/statistics")
async def over_time(
    reader: ReaderIn, db: Reading, by: Annotated[str, Query(max_length=20)] = ""
) -> HTMLResponse:
    """The last meetings side by side, and along one axis."""
    found = await statistics.over_time(db, reader.now)
    axis = next((each for each in AXES if each == by), Axis.REGION)
    say = reader.say
    return reader.page(
        "portal/statistics_over_time.html",
        found=found,
        axis=axis,
        axes=[(each, say(TITLES[each])) for each in AXES],
        whole=_over_time(found, say),
        sections=_measures(found, axis, reader),
    )


def _over_time(found: Sequence[Statistics], say: Say) -> Section:
    titles = {each.meeting.slug: each.meeting.title for each in found}
    columns = {
        say(message): {each.meeting.slug: _whole(each, measure) for each in found}
        for measure, message in MEASURES.items()
    }
    states: Column = {
        each.meeting.slug: each.registrations.found.bodies if each.registrations else 0
        for each in found
    }
    every = {**columns, say(words("Member States represented")): states}
    return _table(say(words("By meeting")), every, lambda key: titles[key], say)


def _measures(found: Sequence[Statistics], axis: Axis, reader: Reader) -> list[Section]:
    """For each measure the cells of an axis in each meeting."""
    say = reader.say
    labels: dict[str, str] = {}
    for each in found:
        labels |= labels_of(each.form, reader.language)
    sections = []
    for measure, message in MEASURES.items():
        columns = {each.meeting.title: column(each, measure, axis) for each in found}
        columns = {title: cells for title, cells in columns.items() if cells}
        if columns:
            made = _table(say(message), columns, lambda key: name_of(axis, key, labels, say), say)
            sections.append(made)
    return sections


@router.get("/statistics.csv")
async def table_over_time(reader: ReaderIn, db: Reading) -> Response:
    """The same as a table."""
    return _csv(await statistics.over_time(db, reader.now), "statistics")


def _csv(found: Iterable[Statistics], name: str) -> Response:
    content = csv_of(sheet.HEAD, sheet.rows(found))
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(content, media_type=CSV, headers=headers)
