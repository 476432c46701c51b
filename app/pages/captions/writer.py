"""The captioner's page of a sitting: one line to write in, and the last lines to mend."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.database import load
from app.depends import Me, Reading
from app.errors import Refused
from app.i18n import named
from app.models import Meeting, Sitting
from app.pages.reader import ReaderIn
from app.pages.vocabulary import vocabulary
from app.pages.words import AUDIENCES, PARTS
from app.policy.captions import LANGUAGES, USUAL, CaptionReason
from app.policy.refusal import No
from app.services import captions

router = APIRouter(include_in_schema=False)


@router.get("/captions/{sitting_id}")
async def writer(sitting_id: UUID, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    """For captioners and interpreters of this meeting; everyone else reads in the room."""
    sitting = await load(db, Sitting, sitting_id)
    if not await captions.writes(db, sitting_id, me):
        raise Refused(No(CaptionReason.NOT_A_CAPTIONER))
    more = sorted(LANGUAGES.difference(USUAL), key=lambda code: named(code).casefold())
    return reader.page(
        "captions/writer.html",
        meeting=await load(db, Meeting, sitting.meeting_id),
        sitting=sitting,
        sitting_name=sitting.title or reader.say(PARTS[sitting.part]),
        audience=AUDIENCES[sitting.part],
        usual=[(code, named(code)) for code in USUAL],
        more=[(code, named(code)) for code in more],
        words=vocabulary(reader.say),
    )
