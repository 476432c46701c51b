"""Who was there: the list for those who preside and the secretariat, who corrects it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import reasons
from app.database import Reading as Db
from app.database import load
from app.depends import Me, Now, Reading, own_form
from app.errors import Conflict, Malformed, Refused
from app.models import Meeting, Person, Sitting, Stay
from app.pages.portal.cases import venue
from app.pages.reader import Reader, ReaderIn
from app.pages.words import MODES, PARTS, problem
from app.policy.attendance import AttendanceReason, Correction, may_correct
from app.policy.refusal import No
from app.policy.registration import Mode
from app.services import access, attendance

router = APIRouter(prefix="/desk")
LONGEST: Final = 2000
Written = Annotated[str, Form(max_length=LONGEST)]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was typed into the form, for whom, and what is wrong with it."""

    came_at: str = ""
    left_at: str = ""
    mode: str = ""
    reason: str = ""
    reference: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)
    stop: str = ""

    def correction(self, zone: str) -> Correction:
        mode = next((each for each in Mode if each.value == self.mode), Mode.REMOTE)
        return Correction(_read(self.came_at, zone), _read(self.left_at, zone), mode, self.reason)


def _read(typed: str, zone: str) -> datetime | None:
    """A time as the browser's field gives it, on the clocks of the sitting."""
    try:
        return datetime.fromisoformat(typed.strip()).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        return None


def _typed(moment: datetime | None, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") if moment else ""


@router.get("/attendance/{sitting_id}")
async def show(
    sitting_id: UUID,
    reader: ReaderIn,
    me: Me,
    db: Reading,
    q: Annotated[str, Query(max_length=200)] = "",
    of: UUID | None = None,
    stay: UUID | None = None,
) -> HTMLResponse:
    """The list; ``of`` shows one person's stays, and ``stay`` is the one to correct."""
    return await _page(reader, db, me, sitting_id, q=q, of=of, stay_id=stay)


@router.post("/attendance/{sitting_id}/stays", dependencies=[Depends(own_form)])
async def add(
    sitting_id: UUID,
    reader: ReaderIn,
    me: Me,
    now: Now,
    reference: Written = "",
    came_at: Written = "",
    left_at: Written = "",
    mode: Written = "",
    reason: Written = "",
) -> Response:
    """The secretariat adds someone whom neither door nor line had seen."""
    sheet = Sheet(came_at, left_at, mode, reason, reference)
    try:
        async with reader.house.database.writing() as db:
            zone = (await attendance.seen_by(db, sitting_id, me)).time_zone
            said = sheet.correction(zone)
            made = await attendance.add(db, sitting_id, reference, said, by=me, now=now)
    except (Malformed, Refused) as refused:
        return await _refused(reader, me, sitting_id, refused, sheet)
    return _again(sitting_id, made.person_id)


@router.post("/stays/{stay_id}", dependencies=[Depends(own_form)])
async def correct(
    stay_id: UUID,
    reader: ReaderIn,
    me: Me,
    now: Now,
    act: Written = "",
    came_at: Written = "",
    left_at: Written = "",
    mode: Written = "",
    reason: Written = "",
) -> Response:
    """The secretariat gives other times, or strikes a stay; what stood there is kept."""
    sheet = Sheet(came_at, left_at, mode, reason)
    async with reader.house.database.reading() as db:
        stay = await load(db, Stay, stay_id)
        zone = (await attendance.seen_by(db, stay.sitting_id, me)).time_zone
    try:
        async with reader.house.database.writing() as db:
            if act == "strike":
                await attendance.strike(db, stay_id, reason, by=me, now=now)
            else:
                await attendance.correct(db, stay_id, sheet.correction(zone), by=me, now=now)
    except (Malformed, Refused, Conflict) as refused:
        return await _refused(reader, me, stay.sitting_id, refused, sheet, stay)
    return _again(stay.sitting_id, stay.person_id)


def _again(sitting_id: UUID, person_id: UUID) -> Response:
    return RedirectResponse(f"/desk/attendance/{sitting_id}?of={person_id}", 303)


async def _refused(
    reader: Reader,
    me: Person,
    sitting_id: UUID,
    refused: Malformed | Refused[object] | Conflict,
    sheet: Sheet,
    stay: Stay | None = None,
) -> HTMLResponse:
    """The form again with what is wrong; a no of the rule itself goes on as it is."""
    match refused:
        case Malformed(faults=faults):
            told = Sheet(**_of(sheet), faults=_problems(faults, reader))
        case Refused(decision=No(reason=AttendanceReason() as reason)):
            field_ = "reference" if reason is AttendanceReason.UNKNOWN_REFERENCE else "came_at"
            told = Sheet(**_of(sheet), faults={field_: reasons.said(reason, reader.say)})
        case Conflict():
            told = Sheet(stop=reasons.said(AttendanceReason.CORRECTED, reader.say))
        case _:
            raise refused
    async with reader.house.database.reading() as db:
        return await _page(
            reader,
            db,
            me,
            sitting_id,
            of=stay.person_id if stay else None,
            stay_id=stay.id if stay else None,
            sheet=told,
        )


def _of(sheet: Sheet) -> dict[str, str]:
    names = ("came_at", "left_at", "mode", "reason", "reference")
    return {name: getattr(sheet, name) for name in names}


def _problems(faults: Mapping[str, str], reader: Reader) -> dict[str, str]:
    asked = {"reason": "why"}  # another reason than that of a rejection
    return {
        name: problem(asked.get(name, name), fault, reader.say) for name, fault in faults.items()
    }


async def _page(
    reader: Reader,
    db: Db,
    me: Person,
    sitting_id: UUID,
    *,
    q: str = "",
    of: UUID | None = None,
    stay_id: UUID | None = None,
    sheet: Sheet | None = None,
) -> HTMLResponse:
    sitting = await attendance.seen_by(db, sitting_id, me)
    meeting = await load(db, Meeting, sitting.meeting_id)
    found = await attendance.listed(db, sitting, reader.now, of=of)
    corrects = may_correct(await access.functions(db, me, meeting.id))
    chosen = next((s for each in found for s in each.stays if s.stay.id == stay_id), None)
    status = 200 if sheet is None else 409 if sheet.stop else 422
    return reader.page(
        "desk/attendance.html",
        status,
        meeting=meeting,
        sitting=sitting,
        title=sitting.title or reader.say(PARTS[sitting.part]),
        zone=sitting.time_zone,
        place=venue(meeting, sitting.time_zone),
        here=f"/desk/attendance/{sitting_id}",
        asked=q,
        found=attendance.matching(found, q) if of is None else found,
        number=len(found),
        one=found[0] if of is not None and found else None,
        chosen=chosen if corrects else None,
        corrects=corrects,
        sheet=sheet or _sheet(chosen, sitting),
        modes=[(mode.value, reader.say(name)) for mode, name in MODES.items()],
        link=lambda **asked: f"/desk/attendance/{sitting_id}?{urlencode(asked)}",
    )


def _sheet(chosen: attendance.Shown | None, sitting: Sitting) -> Sheet:
    if chosen is None:
        began, ended = sitting.opened_at or sitting.starts_at, sitting.closed_at
        mode = Mode.REMOTE
    else:
        stretch = chosen.stretch
        began, ended = chosen.stay.came_at, stretch.left_at if stretch else chosen.stay.left_at
        mode = chosen.stay.mode
    zone = sitting.time_zone
    return Sheet(_typed(began, zone), _typed(ended, zone), mode.value)
