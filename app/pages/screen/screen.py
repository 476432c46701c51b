"""The hall screen of a sitting: put up by those who serve it, seen by everyone in the hall."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from app.database import load
from app.depends import Me, Reading
from app.errors import Refused
from app.models import Meeting, Sitting
from app.pages.portal.cases import venue
from app.pages.reader import ReaderIn
from app.pages.vocabulary import vocabulary
from app.pages.words import AUDIENCES, PARTS
from app.policy.entry import EntryReason
from app.policy.floor import may_show
from app.policy.refusal import No
from app.services import access, sittings

router = APIRouter(include_in_schema=False)


@router.get("/screen/{sitting_id}")
async def screen(sitting_id: UUID, reader: ReaderIn, me: Me, db: Reading) -> Response:
    """The page for the hall; of a sitting that is over it leads to the one that goes on."""
    sitting = await load(db, Sitting, sitting_id)
    meeting = await load(db, Meeting, sitting.meeting_id)
    if not may_show(await access.functions(db, me, meeting.id)):
        raise Refused(No(EntryReason.NO_SCREEN))
    if (onward := await sittings.instead(db, sitting)) is not None:
        return RedirectResponse(f"/screen/{onward.id}", 303)
    audience = AUDIENCES[sitting.part]
    part = reader.say(PARTS[sitting.part])
    return reader.page(
        "screen/screen.html",
        meeting=meeting,
        sitting=sitting,
        # The hall sees this before the part is open: a members' title is told by its own room.
        sitting_name=(sitting.title or part) if audience == "open" else part,
        audience=audience,
        place=venue(meeting, sitting.time_zone),
        words=vocabulary(reader.say),
    )
