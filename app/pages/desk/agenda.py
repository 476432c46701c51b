"""Amending the agenda at the desk: many changes at once, with a reason; without script."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import reasons
from app.database import Reading as Db
from app.depends import Me, Now, Reading, own_form
from app.errors import Conflict, Malformed, Refused
from app.models import Meeting, Person
from app.pages.reader import Reader, ReaderIn
from app.pages.words import PARTS, problem
from app.policy.agenda import AgendaReason, Entry, ItemKind
from app.policy.meeting import MeetingReason
from app.policy.refusal import No
from app.policy.text import number_of
from app.services import access, agenda, meetings
from app.services.agenda import Amendment

router = APIRouter(prefix="/desk/meetings/{slug}/agenda")
MOST: Final = 200
BLANK: Final = 3
LONGEST: Final = 2000
NOWHERE: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the form as it is shown, or as it was typed."""

    number: str
    place: str
    title: str = ""
    label: str = ""
    sitting: str = ""
    kind: str = ItemKind.ORDINARY.value
    withdraw: bool = False

    @property
    def blank(self) -> bool:
        """Whether nothing was typed where an item may be added."""
        return not (self.number or self.title.strip() or self.label.strip())


@dataclass(frozen=True, slots=True)
class Typed:
    """The whole form."""

    seen: int
    why: str
    rows: Sequence[Row]

    def kept(self) -> list[tuple[int, Row]]:
        """The lines that are to be items, by their place; each with where it stands in the form."""
        found = [(i, each) for i, each in enumerate(self.rows) if not each.blank | each.withdraw]
        return sorted(found, key=lambda pair: (_place(pair[1].place), pair[0]))

    def value(self) -> Amendment:
        return Amendment(self.seen, [_entry(each) for _, each in self.kept()], self.why)

    def faults(self, found: Mapping[str, str]) -> dict[str, str]:
        """What is wrong, under the names of the fields: they were sorted before they were read."""
        order = [index for index, _ in self.kept()]
        named = {}
        for name, fault in found.items():
            field, dash, index = name.rpartition("-")
            named[f"{field}-{order[int(index)]}" if dash else name] = fault
        return named


def _place(typed: str) -> float:
    """Half places are taken too: 3.5 stands between 3 and 4; what is no number goes last."""
    try:
        place = float(typed.strip().replace(",", "."))
    except ValueError:
        return float("inf")
    return place if place == place else float("inf")  # noqa: PLR0124 - NaN


def _entry(row: Row) -> Entry:
    try:
        sitting = UUID(row.sitting)
    except ValueError:
        sitting = NOWHERE
    kind = ItemKind(row.kind) if row.kind in set(ItemKind) else ItemKind.ORDINARY
    return Entry(number_of(row.number), sitting, row.title, kind, row.label)


@router.get("")
async def show(slug: str, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    return await _page(reader, db, me, slug)


@router.post("", dependencies=[Depends(own_form)])
async def amend(slug: str, request: Request, reader: ReaderIn, me: Me, now: Now) -> Response:
    """Another edition; errors and an amendment by somebody else keep what was typed."""
    form = await request.form()
    typed = _typed({name: str(value)[:LONGEST] for name, value in form.multi_items()})
    try:
        async with reader.house.database.writing() as db:
            meeting = await meetings.by_slug(db, slug)
            await agenda.amend(db, meeting.id, typed.value(), by=me, now=now)
    except Malformed as wrong:
        async with reader.house.database.reading() as view:
            return await _page(reader, view, me, slug, typed, typed.faults(wrong.faults))
    except Conflict as late:
        stop = reasons.said(AgendaReason(late.reason), reader.say)
        async with reader.house.database.reading() as view:
            return await _page(reader, view, me, slug, typed, stop=stop)
    return RedirectResponse(f"/meetings/{slug}/agenda", 303)


@router.post("/adopt", dependencies=[Depends(own_form)])
async def adopt(
    slug: str,
    reader: ReaderIn,
    me: Me,
    now: Now,
    edition: Annotated[int, Form(ge=0, le=2**31 - 1)] = 0,
) -> Response:
    """Those who preside and the secretariat note that the meeting has adopted it.

    Where another edition is in force by now, its page is shown, with its own way to adopt it.
    """
    with suppress(Conflict):
        async with reader.house.database.writing() as db:
            meeting = await meetings.by_slug(db, slug)
            await agenda.adopt(db, meeting.id, edition, by=me, now=now)
    return RedirectResponse(f"/meetings/{slug}/agenda", 303)


def _typed(sent: Mapping[str, str]) -> Typed:
    count = 0
    while count < MOST and f"title-{count}" in sent:
        count += 1
    return Typed(
        number_of(sent.get("seen", "")) or 0,
        sent.get("why", ""),
        [_row(sent, index) for index in range(count)],
    )


def _row(sent: Mapping[str, str], index: int) -> Row:
    def of(name: str) -> str:
        return sent.get(f"{name}-{index}", "")

    return Row(
        of("number"),
        of("place"),
        of("title"),
        of("label"),
        of("sitting"),
        of("kind"),
        withdraw=bool(of("withdraw")),
    )


async def _page(
    reader: Reader,
    db: Db,
    me: Person,
    slug: str,
    typed: Typed | None = None,
    errors: Mapping[str, str] | None = None,
    stop: str = "",
) -> HTMLResponse:
    meeting = await meetings.by_slug(db, slug)
    if not await access.is_secretariat(db, me, meeting.id):
        raise Refused(No(MeetingReason.NOT_THE_SECRETARIAT))
    known = await agenda.editions(db, meeting.id)
    stands = known[-1].number if known else 0
    return reader.page(
        "desk/agenda.html",
        409 if stop else 422 if errors else 200,
        meeting=meeting,
        typed=typed or Typed(stands, "", await _rows(db, meeting)),
        stands=stands,
        errors={
            name: problem(name.rpartition("-")[0] or name, fault, reader.say)
            for name, fault in (errors or {}).items()
        },
        stop=stop,
        sittings=[
            (str(each.id), f"{each.number}. {each.title or reader.say(PARTS[each.part])}")
            for each in await meetings.sittings(db, meeting.id)
        ],
        kinds=[(each.value, reasons.said(each, reader.say)) for each in ItemKind],
    )


async def _rows(db: Db, meeting: Meeting) -> list[Row]:
    found = await agenda.items(db, meeting.id)
    rows = [
        Row(
            str(each.number),
            str(place),
            each.title,
            each.label,
            str(each.sitting_id),
            each.kind.value,
        )
        for place, each in enumerate(found, 1)
    ]
    return [*rows, *(Row("", str(len(rows) + more)) for more in range(1, BLANK + 1))]
