"""A focal point registers several people: typed, pasted or from a file; corrected; confirmed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.database import Reading as Db
from app.database import load
from app.depends import House, HouseIn, Me, Reading, own_form
from app.errors import Conflict, Malformed
from app.models import Entity, Meeting, NominationDraft, Person
from app.pages.portal.cases import named
from app.pages.reader import Reader, ReaderIn
from app.pages.words import MODES, problem, told_late
from app.policy import nomination as rules
from app.policy.nomination import TYPED, Line, SheetFault
from app.policy.registration import Mode
from app.policy.text import number_of
from app.services import desk, meetings, nomination, sheets

HERE: Final = "/delegation/register"
AT_A_TIME: Final = 50  # lines to be corrected
SHOWN: Final = 100  # lines without fault
NEW_LINES: Final = 5
MORE: Final = f"?more={NEW_LINES}"

router = APIRouter(prefix=HERE)


@dataclass(frozen=True, slots=True)
class Typed:
    """What was chosen and pasted, and what is wrong with it."""

    meeting: str = ""
    entity: str = ""
    mode: str = Mode.IN_PERSON.value
    pasted: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)
    stop: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of the list with its place, counted from 1, and what is wrong by field."""

    place: int
    line: Line
    faults: Mapping[str, str]


@router.get("", name="nominate")
async def begin(
    reader: ReaderIn, me: Me, db: Reading, meeting: Annotated[str, Query(max_length=80)] = ""
) -> HTMLResponse:
    return await _begin(reader, db, me, Typed(meeting=meeting))


@router.post("", dependencies=[Depends(own_form)])
async def take_in(request: Request, reader: ReaderIn, me: Me, at: HouseIn) -> Response:
    """Read what was pasted or sent, and keep it as a list to be looked at."""
    await at.rates.take(at.settings.claims_per_person, "claim", str(me.id))
    async with request.form() as form:
        return await _taken_in(form, reader, me, at)


async def _taken_in(form: FormData, reader: Reader, me: Person, at: House) -> Response:
    typed = Typed(
        _text(form, "meeting"), _text(form, "entity"), _text(form, "mode"), _text(form, "pasted")
    )
    try:
        lines = await _lines(form, typed.pasted)
        mode = next((each for each in Mode if each.value == typed.mode), Mode.REMOTE)
        async with at.database.writing() as db:
            found = await meetings.by_slug(db, typed.meeting)
            made = await nomination.draft(
                db, found.id, _key(typed.entity), lines, mode=mode, by=me, now=reader.now
            )
    except Malformed as wrong:
        faults = {name: problem(name, fault, reader.say) for name, fault in wrong.faults.items()}
        return await _again(reader, me, typed, faults=faults)
    except Conflict as late:
        return await _again(reader, me, typed, stop=told_late(late, reader.language))
    return RedirectResponse(f"{HERE}/{made.id}{'' if lines else MORE}", 303)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)  # nobody's entity


async def _lines(form: FormData, pasted: str) -> list[Line]:
    """The people of a file or of what was pasted; reading takes a while, and no turn of others."""
    file = form.get("file")
    if isinstance(file, UploadFile) and file.filename:
        raw = await file.read(sheets.LARGEST + 1)
        sheet = await asyncio.to_thread(sheets.read, raw)
        return rules.lines(sheet.rows, sheet.notes)
    if "table" in form:
        return []
    if not pasted.strip():
        raise Malformed(pasted=SheetFault.EMPTY)
    sheet = await asyncio.to_thread(sheets.pasted, pasted)
    return rules.lines(sheet.rows, sheet.notes)


async def _again(
    reader: Reader,
    me: Person,
    typed: Typed,
    *,
    faults: Mapping[str, str] | None = None,
    stop: str = "",
) -> HTMLResponse:
    told = Typed(typed.meeting, typed.entity, typed.mode, typed.pasted, faults or {}, stop)
    async with reader.house.database.reading() as db:
        return await _begin(reader, db, me, told)


async def _begin(reader: Reader, db: Db, me: Person, typed: Typed) -> HTMLResponse:
    represented = await desk.represented(db, me, reader.now.date())
    found = await meetings.listed(db)
    status = 422 if typed.faults else 409 if typed.stop else 200
    return reader.page(
        "desk/nominate.html",
        status,
        typed=typed,
        bodies=[(str(each.id), named(each, reader.language)) for each in represented],
        meetings=[(each.slug, each.title) for each in found],
        modes=_modes(reader),
        most=rules.MOST,
    )


def _modes(reader: Reader) -> list[tuple[str, str]]:
    return [(mode.value, reader.say(name)) for mode, name in MODES.items()]


# The list.


@router.get("/{draft_id}")
async def show(
    draft_id: UUID,
    reader: ReaderIn,
    me: Me,
    db: Reading,
    begin: Annotated[int, Query(ge=0, le=rules.MOST)] = 0,
    edit: Annotated[int, Query(ge=0, le=rules.MOST)] = 0,
    more: Annotated[int, Query(ge=0, le=NEW_LINES)] = 0,
) -> HTMLResponse:
    """The list with what is wrong by line; ``edit`` opens one line, ``more`` adds empty ones."""
    found = await nomination.drafted(db, draft_id, by=me)
    return await _list(reader, db, me, found, begin=begin, edit=edit, more=more)


@router.post("/{draft_id}", dependencies=[Depends(own_form)])
async def act(
    draft_id: UUID,
    request: Request,
    reader: ReaderIn,
    me: Me,
    at: HouseIn,
    version: Annotated[int, Form()],
    act: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Save what was corrected, take a line out, confirm all of it, or throw the list away."""
    await at.rates.take(at.settings.wishes_per_person, "wish", str(me.id))
    corrected = _corrected(await request.form())
    try:
        async with at.database.writing() as db:
            if act == "discard":
                await nomination.discard(db, draft_id, by=me)
                return RedirectResponse("/delegation", 303)
            if act == "confirm":
                batch, number = await nomination.confirm(
                    db, draft_id, version=version, by=me, now=reader.now
                )
                told = f"put_forward={number}&batch={batch}"
                return RedirectResponse(f"/delegation?{told}", 303)
            verb, _, place = act.partition(":")
            if verb == "drop" and (dropped := _place(place)) is not None:
                corrected[dropped] = Line()
            await nomination.change(db, draft_id, corrected, version=version, by=me)
    except Malformed:
        return await _list_again(reader, me, draft_id, unfit=True)
    except Conflict as late:
        return await _list_again(reader, me, draft_id, stop=told_late(late, reader.language))
    return RedirectResponse(f"{HERE}/{draft_id}{MORE if act == 'more' else ''}", 303)


def _corrected(form: FormData) -> dict[int, Line]:
    """The lines that a form has fields for, by their place, as they were typed."""
    places = {place for each in form.getlist("line") if (place := _place(each)) is not None}
    return {
        place: Line(**{name: _text(form, f"{name}-{place + 1}").strip() for name in TYPED})
        for place in places
    }


def _place(said: str | UploadFile) -> int | None:
    """The place of a line, counted from 0, by the number that the page shows; None for no such."""
    number = number_of(said) if isinstance(said, str) else None
    return number - 1 if number and number <= rules.MOST + NEW_LINES else None


async def _list_again(
    reader: Reader, me: Person, draft_id: UUID, *, stop: str = "", unfit: bool = False
) -> HTMLResponse:
    async with reader.house.database.reading() as db:
        found = await nomination.drafted(db, draft_id, by=me)
        return await _list(reader, db, me, found, stop=stop, unfit=unfit)


async def _list(
    reader: Reader,
    db: Db,
    me: Person,
    found: NominationDraft,
    *,
    begin: int = 0,
    edit: int = 0,
    more: int = 0,
    stop: str = "",
    unfit: bool = False,
) -> HTMLResponse:
    meeting, entity = (
        await load(db, Meeting, found.meeting_id),
        await load(db, Entity, found.entity_id),
    )
    looked = await nomination.checked(db, meeting.id, nomination.lines_of(found), by=me)
    wrong, right = _sorted(looked, edit, reader)
    new = [Shown(len(looked.lines) + at, Line(), {}) for at in range(1, more + 1)]
    return reader.page(
        "desk/nomination.html",
        409 if stop else 422 if unfit else 200,
        draft=found,
        here=f"{HERE}/{found.id}",
        meeting=meeting,
        entity=named(entity, reader.language),
        mode=reader.say(MODES[found.mode]),
        modes=_modes(reader),
        wrong=[*wrong[:AT_A_TIME], *new],
        more_wrong=max(0, len(wrong) - AT_A_TIME),
        faulty=len(looked.faults),
        fit=looked.fit,
        right=right[begin : begin + SHOWN],
        onward=begin + SHOWN if len(right) > begin + SHOWN else 0,
        stop=stop,
        unfit=unfit,
    )


def _sorted(
    looked: nomination.Checked, edit: int, reader: Reader
) -> tuple[list[Shown], list[Shown]]:
    """The lines that need a correction, or are to be edited, and the others."""
    wrong, right = list[Shown](), list[Shown]()
    for place, line in enumerate(looked.lines):
        faults = _said(looked.faults.get(place, {}), reader)
        one = Shown(place + 1, line, faults)
        (wrong if faults or place + 1 == edit else right).append(one)
    return wrong, right


def _said(faults: Mapping[str, str], reader: Reader) -> dict[str, str]:
    return {name: problem(name, fault, reader.say) for name, fault in faults.items()}
