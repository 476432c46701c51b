"""The desk of citations: what agenda items and paragraphs of the minutes rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.database import Reading as Db
from app.database import load
from app.depends import Me, Reading, own_form
from app.errors import Malformed, NotFound
from app.models import Consultation, Meeting, Person, Sitting
from app.pages.portal.published import title_of
from app.pages.reader import Reader, ReaderIn
from app.pages.words import problem
from app.policy.minutes import may_write
from app.policy.outcome import Citing, OutcomeFault, numbers_of
from app.policy.text import number_of
from app.services import access, citations, consultations, meetings, minutes
from app.services.citations import Named, Rests
from app.services.consultations import Lists

router = APIRouter(prefix="/desk")
LONGEST: Final = 4000


@dataclass(frozen=True, slots=True)
class Line:
    """What may rest on something: its name for the form, and by round what was typed or stands."""

    key: str
    number: int | None
    text: str
    fields: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Tried:
    """A form that was refused: of which line, as it was sent, and why."""

    key: str
    typed: Mapping[str, tuple[str, str]]
    errors: Sequence[str]


@router.get("/meetings/{slug}/citations")
async def of_items(slug: str, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    """The agenda of a meeting with what each item rests on."""
    return await _items(reader, db, me, slug, None)


@router.post("/meetings/{slug}/citations", dependencies=[Depends(own_form)])
async def cite_item(slug: str, request: Request, reader: ReaderIn, me: Me) -> Response:
    form = await request.form()
    number = number_of(str(form.get("of", ""))) or 0
    try:
        named = _named(form)
        async with reader.house.database.writing() as db:
            await citations.cite_item(db, slug, number, named, by=me, now=reader.now)
    except Malformed as refused:
        async with reader.house.database.reading() as view:
            return await _items(reader, view, me, slug, _tried(form, refused, reader))
    return RedirectResponse(f"/desk/meetings/{slug}/citations#of-{number}", 303)


@router.get("/sittings/{sitting_id}/citations")
async def of_minutes(sitting_id: UUID, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    """The minutes of a sitting with what each paragraph rests on."""
    return await _minutes(reader, db, me, sitting_id, None)


@router.post("/sittings/{sitting_id}/citations", dependencies=[Depends(own_form)])
async def cite_minutes(sitting_id: UUID, request: Request, reader: ReaderIn, me: Me) -> Response:
    form = await request.form()
    key = _key(str(form.get("of", "")))
    try:
        named = _named(form)
        async with reader.house.database.writing() as db:
            await citations.cite_minutes(db, sitting_id, key, named, by=me, now=reader.now)
    except Malformed as refused:
        async with reader.house.database.reading() as view:
            return await _minutes(reader, view, me, sitting_id, _tried(form, refused, reader))
    return RedirectResponse(f"/desk/sittings/{sitting_id}/citations#of-{key}", 303)


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def _named(form: FormData) -> list[Named]:
    """What the fields of a form name, round by round."""
    made = []
    for slug, (inputs, passages) in _typed(form).items():
        known, said = numbers_of(inputs), numbers_of(passages)
        if known is None or said is None:
            raise Malformed(**{"passages" if said is None else "inputs": OutcomeFault.NUMBERS})
        if known or said:
            made.append(Named(slug, tuple(known), tuple(said)))
    return made


def _typed(form: FormData) -> dict[str, tuple[str, str]]:
    slugs = [name.removeprefix("inputs-") for name in form if name.startswith("inputs-")]
    return {
        slug: (
            str(form.get(f"inputs-{slug}", ""))[:LONGEST],
            str(form.get(f"passages-{slug}", ""))[:LONGEST],
        )
        for slug in slugs
    }


def _tried(form: FormData, refused: Malformed, reader: Reader) -> Tried:
    errors = [problem(name, why, reader.say) for name, why in refused.faults.items()]
    return Tried(str(form.get("of", "")), _typed(form), errors)


async def _items(
    reader: Reader, db: Db, me: Person, slug: str, tried: Tried | None
) -> HTMLResponse:
    meeting = await meetings.by_slug(db, slug)
    if not await access.is_secretariat(db, me, meeting.id):
        raise NotFound
    items = await meetings.agenda(db, meeting.id)
    told = await citations.rests(db, Citing.AGENDA_ITEM, [each.id for each in items])
    rounds = await consultations.public(db, reader.now, Lists(meeting=meeting.id))
    lines = [
        _line(str(each.number), each.number, each.title, told.get(each.id, []), rounds, tried)
        for each in items
    ]
    where = f"/desk/meetings/{slug}/citations"
    return _page(reader, meeting, where, lines, rounds, tried)


async def _minutes(
    reader: Reader, db: Db, me: Person, sitting_id: UUID, tried: Tried | None
) -> HTMLResponse:
    sitting = await load(db, Sitting, sitting_id)
    if not may_write(await minutes.held(db, sitting, me, reader.now)):
        raise NotFound
    found = await minutes.see(db, sitting, most=1000)
    rows = sorted(
        (each for each in found.paragraphs if not each.deleted), key=lambda each: each.place
    )
    told = await citations.rests(db, Citing.MINUTES, [each.id for each in rows])
    meeting = await load(db, Meeting, sitting.meeting_id)
    rounds = await consultations.public(db, reader.now, Lists(meeting=meeting.id))
    lines = [
        _line(
            str(each.id),
            each.draft.item_number,
            each.draft.text,
            told.get(each.id, []),
            rounds,
            tried,
        )
        for each in rows
    ]
    where = f"/desk/sittings/{sitting_id}/citations"
    return _page(reader, meeting, where, lines, rounds, tried, sitting)


def _line(
    key: str,
    number: int | None,
    text: str,
    found: Sequence[Rests],
    rounds: Sequence[Consultation],
    tried: Tried | None,
) -> Line:
    stands = {
        each.consultation.slug: (
            ", ".join(map(str, each.inputs)),
            ", ".join(map(str, each.passages)),
        )
        for each in found
    }
    if tried is not None and tried.key == key:
        stands |= tried.typed
    fields = {each.slug: stands.get(each.slug, ("", "")) for each in rounds}
    return Line(key, number, text, fields)


def _page(
    reader: Reader,
    meeting: Meeting,
    where: str,
    lines: Sequence[Line],
    rounds: Sequence[Consultation],
    tried: Tried | None,
    sitting: Sitting | None = None,
) -> HTMLResponse:
    return reader.page(
        "desk/citations.html",
        422 if tried else 200,
        meeting=meeting,
        sitting=sitting,
        here=where,
        lines=lines,
        titles={each.slug: title_of(each, reader.language) for each in rounds},
        tried=tried,
    )
