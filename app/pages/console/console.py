"""The console of a sitting: for those who preside or steer, and for the secretariat to follow."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.database import load
from app.depends import Me, Reading
from app.errors import Refused
from app.models import Meeting, Sitting
from app.pages.desk.experts import offered
from app.pages.portal.cases import venue
from app.pages.reader import ReaderIn
from app.pages.vocabulary import vocabulary
from app.pages.words import AUDIENCES, PARTS
from app.policy.floor import FloorReason, may_follow
from app.policy.refusal import No
from app.services import access, agenda, presentation

router = APIRouter(include_in_schema=False)


@router.get("/console/{sitting_id}")
async def console(sitting_id: UUID, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    sitting = await load(db, Sitting, sitting_id)
    meeting = await load(db, Meeting, sitting.meeting_id)
    if not may_follow(await access.functions(db, me, meeting.id)):
        raise Refused(No(FloorReason.NOT_THE_CHAIR))
    return reader.page(
        "console/console.html",
        meeting=meeting,
        sitting=sitting,
        sitting_name=sitting.title or reader.say(PARTS[sitting.part]),
        audience=AUDIENCES[sitting.part],
        place=venue(meeting, sitting.time_zone),
        items=await agenda.of_sitting(db, sitting),
        presents=await presentation.has_any(db, sitting),
        experts=await offered(reader, db, meeting, me),
        words=vocabulary(reader.say),
    )
