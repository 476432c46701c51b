"""Who takes part in a meeting, in counts that name nobody: for everybody."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.depends import Reading
from app.pages import counted
from app.pages.reader import ReaderIn
from app.policy.participation import Participation
from app.services import forms, meetings, participation

router = APIRouter()


@router.get("/meetings/{slug}/participation")
async def show(slug: str, reader: ReaderIn, db: Reading) -> HTMLResponse:
    meeting = await meetings.by_slug(db, slug)
    seen = await participation.public(db, meeting)
    found = seen.found if seen else Participation(None, None, 0, ())
    form = (await forms.current(db, meeting.id)).form
    return reader.page(
        "portal/participation.html",
        meeting=meeting,
        found=found,
        day=seen.day if seen else None,
        counted_on=seen.counted_on if seen else None,
        axes=counted.shown(found, form, reader.language, reader.say),
        secretariat=False,
    )
