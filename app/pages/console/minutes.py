"""The minutes of a sitting on a page of their own."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from sqlmodel import col, select
from starlette.responses import HTMLResponse

from app.database import Reading as Db
from app.database import load
from app.depends import Me, Now, Reading
from app.models import Meeting, Person, Sitting
from app.pages.reader import ReaderIn
from app.pages.vocabulary import vocabulary
from app.pages.words import AUDIENCES, PARTS, Say
from app.policy.minutes import may_write
from app.services import access, agenda, minutes
from app.services.minutes import Paragraph

router = APIRouter(include_in_schema=False)


@router.get("/minutes/{sitting_id}")
async def show(sitting_id: UUID, reader: ReaderIn, me: Me, now: Now, db: Reading) -> HTMLResponse:
    sitting = await load(db, Sitting, sitting_id)
    meeting = await load(db, Meeting, sitting.meeting_id)
    functions = await minutes.held(db, sitting, me, now)
    return reader.page(
        "console/minutes.html",
        meeting=meeting,
        sitting=sitting,
        sitting_name=_name(sitting, reader.say),
        audience=AUDIENCES[sitting.part],
        writes=may_write(functions),
        items=await agenda.ever_in(db, sitting),
        paragraphs=await _standing(db, sitting),
        others=[
            (each, _name(each, reader.say)) for each in await _others(db, meeting, sitting, me, now)
        ],
        words=vocabulary(reader.say),
    )


async def _standing(db: Db, sitting: Sitting) -> list[Paragraph]:
    """The first of them, in order, for whoever reads without script."""
    page = await minutes.see(db, sitting)
    living = [each for each in page.paragraphs if not each.deleted]
    return sorted(living, key=lambda each: (each.place, str(each.id)))


async def _others(
    db: Db, meeting: Meeting, sitting: Sitting, me: Person, now: datetime
) -> list[Sitting]:
    """The other sittings of the meeting that the reader may know by name."""
    readable = await access.readable(db, me, meeting, now)
    query = select(Sitting).where(Sitting.meeting_id == meeting.id, Sitting.id != sitting.id)
    found = await db.exec(query.order_by(col(Sitting.number)))
    return [each for each in found if each.id in readable]


def _name(sitting: Sitting, say: Say) -> str:
    return sitting.title or say(PARTS[sitting.part])
