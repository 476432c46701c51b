"""The desk of a brief summary: its paragraphs, what each rests on, and how it was agreed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.database import Reading as Db
from app.database import Writing
from app.depends import Me, Reading, own_form
from app.errors import Conflict, Malformed
from app.models import Person
from app.pages.portal.published import title_of
from app.pages.reader import Reader, ReaderIn
from app.pages.words import problem
from app.policy.consultation import stated
from app.policy.outcome import LONGEST, LONGEST_WHY, OutcomeFault, SummaryReason, numbers_of
from app.policy.text import number_of
from app.reasons import said
from app.services import summary
from app.services.summary import STAYS, Clash, Draft

router = APIRouter(prefix="/desk/summary/{slug}")
MOST: Final = 4 * LONGEST


@dataclass(frozen=True, slots=True)
class Tried:
    """A form that was refused, as it was sent: which one, and what is wrong with it."""

    typed: Mapping[str, str]
    errors: Mapping[str, str]
    stop: str = ""
    clash: Clash | None = None


@router.get("")
async def show(slug: str, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    """The summary as it is being written, for the secretariat and for those who preside."""
    return await _page(reader, db, me, slug, None)


@router.post("", dependencies=[Depends(own_form)])
async def change(slug: str, request: Request, reader: ReaderIn, me: Me) -> Response:
    """Write, take out, present, agree or open again; errors keep what was typed."""
    form = await request.form()
    typed = {name: str(value)[:MOST] for name, value in form.multi_items()}
    try:
        async with reader.house.database.writing() as db:
            done = await _done(db, slug, typed, reader, me)
    except Malformed as refused:
        faults = {name: problem(name, why, reader.say) for name, why in refused.faults.items()}
        tried = Tried(typed, faults)
    except Conflict as refused:
        sentence = said(SummaryReason(refused.reason), reader.say)
        tried = Tried(typed, {}, sentence % refused.facts if refused.facts else sentence)
    else:
        if not isinstance(done, Clash):
            return RedirectResponse(f"/desk/summary/{slug}{done}", 303)
        tried = Tried(typed, {}, clash=done)
    async with reader.house.database.reading() as view:
        return await _page(reader, view, me, slug, tried)


async def _done(
    db: Writing, slug: str, typed: Mapping[str, str], reader: Reader, me: Person
) -> Clash | str:
    """Where on the page it was done, or what stands where it came too late."""
    now, why = reader.now, typed.get("why", "")
    number = _whole(typed.get("number", ""))
    match typed.get("do", ""):
        case "delete":
            found = await summary.delete(
                db, slug, number, _whole(typed.get("version", "")), by=me, now=now
            )
            return found if isinstance(found, Clash) else ""
        case "present":
            await summary.present(db, slug, by=me, now=now)
            return "#state"
        case "agree":
            work = await summary.work(db, slug, me)
            at = stated(typed.get("when", ""), work.consultation.time_zone)
            if at is None and typed.get("when", "").strip():
                raise Malformed(when=OutcomeFault.WHEN)
            many = _whole(typed.get("present", ""))
            await summary.agree(db, slug, many, why, at or now, by=me, now=now)
            return "#state"
        case "reopen":
            await summary.reopen(db, slug, why, by=me, now=now)
            return "#state"
        case _:
            made = await summary.put(
                db,
                slug,
                number or None,
                _draft(typed),
                version=_whole(typed.get("version", "")),
                after=_after(typed.get("after", "")),
                by=me,
                now=now,
            )
            return made if isinstance(made, Clash) else f"#p{made.number}"


def _draft(typed: Mapping[str, str]) -> Draft:
    inputs = numbers_of(typed.get("inputs", ""))
    if inputs is None:
        raise Malformed(inputs=OutcomeFault.NUMBERS)
    return Draft(typed.get("text", ""), tuple(inputs))


def _whole(text: str) -> int:
    return number_of(text.strip()) or 0


def _after(text: str) -> int:
    return _whole(text) if text.isdecimal() else STAYS


async def _page(reader: Reader, db: Db, me: Person, slug: str, tried: Tried | None) -> HTMLResponse:
    found = await summary.work(db, slug, me)
    status = 200
    if tried:
        status = 422 if tried.errors else 409
    return reader.page(
        "desk/summary.html",
        status,
        consultation=found.consultation,
        title=title_of(found.consultation, reader.language),
        found=found,
        typed=tried.typed if tried else {},
        did=tried.typed.get("do", "") if tried else "",
        of=tried.typed.get("number", "") if tried else "",
        errors=tried.errors if tried else {},
        stop=tried.stop if tried else "",
        clash=tried.clash if tried else None,
        wall=_wall(reader.now, found.consultation.time_zone),
        most=LONGEST,
        most_why=LONGEST_WHY,
    )


def _wall(at: datetime, zone: str) -> str:
    """The time on the clocks of a zone, as a browser's field takes it."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
