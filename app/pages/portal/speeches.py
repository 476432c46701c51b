"""The log of speeches of a sitting, for whoever may read that part."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.depends import Reading
from app.errors import Refused
from app.pages.portal.cases import case_at, slot
from app.pages.reader import Reader, ReaderIn
from app.pages.room.text import Line, line
from app.policy.floor import Logged
from app.policy.parts import Right
from app.services import floor

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Row:
    """A speech, its length in minutes and seconds, and what became of it where it has none."""

    speech: Logged
    who: Line
    length: str
    state: str


@router.get("/sittings/{sitting_id}/speeches", name="speeches")
async def show(sitting_id: UUID, reader: ReaderIn, db: Reading) -> HTMLResponse:
    case = await case_at(db, reader, sitting_id)
    reads = case.decision(Right.READ)
    if not reads:
        raise Refused(reads)
    found = await floor.log(db, case.sitting, reader.now)
    return reader.page(
        "portal/speeches.html",
        meeting=case.meeting,
        slot=slot(case, reader.language, reader.say),
        records=f"/sittings/{sitting_id}/records" if case.sitting.closed_at else "",
        rows=[_row(each, reader) for each in found],
    )


def _row(speech: Logged, reader: Reader) -> Row:
    minutes, seconds = divmod(round(speech.seconds), 60)
    if speech.ended_at is None:
        state = reader.say("Has the floor now")
    else:
        state = "" if speech.started_at else reader.say("Did not speak")
    return Row(speech, line(speech.request, set(), reader.say), f"{minutes}:{seconds:02}", state)
