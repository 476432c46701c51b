"""The rule: who may do what in which part, by which clause; and two editions compared."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from app.depends import Reading
from app.editions import DEFAULT
from app.errors import NotFound
from app.i18n import words
from app.pages.reader import Reader, ReaderIn
from app.pages.words import AUDIENCES, CATEGORIES, PARAMETERS, PARTS, RIGHTS, THOSE, said
from app.pages.words import listed as in_words
from app.policy.decision import Clause, Reason
from app.policy.edition import Edition
from app.policy.parameters import LeadTimes, Parameter
from app.policy.parts import Part, Right
from app.policy.people import Category
from app.policy.table import Change, Row, compare, table
from app.services import access, meetings

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Line:
    """One right in one part: a cell for each category, and the clauses that decide."""

    right: str
    cells: Sequence[tuple[str, str]]
    clauses: Sequence[str]


@dataclass(frozen=True, slots=True)
class Section:
    part: str
    audience: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Difference:
    """Who gains and who loses a right when one edition follows the other."""

    part: str
    right: str
    gained: str
    lost: str


@router.get("/rule", name="rule")
async def show(
    reader: ReaderIn,
    db: Reading,
    edition: str = "",
    other: Annotated[str, Query(alias="with")] = "",
    meeting: str = "",
) -> HTMLResponse:
    installed = reader.house.editions
    shown = await _pinned(db, meeting) if meeting else _installed(installed, edition or DEFAULT)
    against = _installed(installed, other) if other else None
    return reader.page(
        "portal/rule.html",
        edition=shown,
        against=against,
        editions=[(each.id, f"{each.id}: {each.title}") for each in installed.values()],
        sections=sections(shown, reader),
        categories=[(each.value, reader.say(CATEGORIES[each])) for each in Category],
        clauses=clauses(shown, reader),
        parameters=parameters(shown, reader),
        differences=differences(shown, against, reader) if against else (),
    )


def _installed(editions: Mapping[str, Edition], name: str) -> Edition:
    if name not in editions:
        raise NotFound
    return editions[name]


async def _pinned(db: Reading, slug: str) -> Edition:
    """The text that a meeting keeps, which is not that of today's file of the same name."""
    return access.edition(await meetings.by_slug(db, slug))


def sections(edition: Edition, reader: Reader) -> list[Section]:
    """The table of an edition, one section for each part that its meetings have."""
    return [
        Section(
            part=reader.say(PARTS[part]),
            audience=AUDIENCES[part],
            lines=[_line(right, list(rows), reader) for right, rows in _by_right(of_part)],
        )
        for part, of_part in groupby(table(edition), key=lambda row: row.part)
        if part in edition.parts
    ]


def _by_right(rows: Iterable[Row]) -> Iterable[tuple[Right, Iterable[Row]]]:
    return groupby(rows, key=lambda row: row.right)


def _line(right: Right, rows: Sequence[Row], reader: Reader) -> Line:
    return Line(
        right=reader.say(RIGHTS[right]),
        cells=[_cell(row, reader) for row in rows],
        clauses=list(dict.fromkeys(reader.say(row.clause) for row in rows)),
    )


def _cell(row: Row, reader: Reader) -> tuple[str, str]:
    """The class of a cell and what it says: an observer's yes is another yes."""
    if row.reason is Reason.RES_99:
        return "yes observer", reader.say(words("as observer"))
    if row.allowed:
        return "yes", reader.say(words("yes"))
    return "no", reader.say(words("no"))


def clauses(edition: Edition, reader: Reader) -> list[tuple[Clause, str]]:
    """The clauses that the edition rests on, and where they stand; what it settled comes apart."""
    return [
        (clause, said(clause.kind, reader.say))
        for key, clause in edition.clauses.items()
        if key not in edition.settled
    ]


def parameters(edition: Edition, reader: Reader) -> list[tuple[str, str]]:
    """Question and answer of each ambiguity that may be answered otherwise."""
    answers = edition.parameters
    given = {
        Parameter.BOUNDARY: said(answers.boundary, reader.say),
        Parameter.ACADEMIA: said(answers.academia, reader.say),
        Parameter.RES_99: said(answers.res_99, reader.say),
        Parameter.ASSOCIATES: said(answers.associates, reader.say),
        Parameter.INVITATION: said(answers.invitation, reader.say),
        Parameter.LEAD_TIMES: _days(answers.lead_times, reader),
        Parameter.PRECEDENCE: said(answers.precedence, reader.say),
        Parameter.REMOTE_MAY_DECIDE: reader.say(
            words("take part") if answers.remote_may_decide else words("do not take part")
        ),
    }
    return [(_numbered(each, reader.say(name)), given[each]) for each, name in PARAMETERS.items()]


def _numbered(parameter: Parameter, name: str) -> str:
    return name if parameter is Parameter.REMOTE_MAY_DECIDE else f"{parameter.value} · {name}"


def _days(times: LeadTimes, reader: Reader) -> str:
    sentence = words("%(online)s days from online to physical, %(physical)s days to the meeting")
    return reader.say(sentence) % {
        "online": times.online_before_physical,
        "physical": times.physical_before_meeting,
    }


def differences(earlier: Edition, later: Edition, reader: Reader) -> list[Difference]:
    """What changes for whom, one line for each right in each part."""
    by_place = groupby(compare(earlier, later), key=lambda change: (change.part, change.right))
    return [_difference(part, right, list(changes), reader) for (part, right), changes in by_place]


def _difference(part: Part, right: Right, changes: list[Change], reader: Reader) -> Difference:
    return Difference(
        part=reader.say(PARTS[part]),
        right=reader.say(RIGHTS[right]),
        gained=_those((each.category for each in changes if each.gained), reader),
        lost=_those((each.category for each in changes if not each.gained), reader),
    )


def _those(categories: Iterable[Category], reader: Reader) -> str:
    names = THOSE | {Category.RES_99: CATEGORIES[Category.RES_99]}
    return in_words((reader.say(names[each]) for each in categories), reader.language)
