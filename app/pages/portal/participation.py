"""Who takes part in a meeting, in counts that name nobody: for everybody."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.depends import Reading
from app.pages import counted
from app.pages.reader import ReaderIn
from app.services import forms, meetings, participation

router = APIRouter()


@router.get("/meetings/{slug}/participation")
async def show(slug: str, reader: ReaderIn, db: Reading) -> HTMLResponse:
    meeting = await meetings.by_slug(db, slug)
    found = await participation.public(db, meeting, reader.now)
    form = (await forms.current(db, meeting.id)).form
    return reader.page(
        "portal/participation.html",
        meeting=meeting,
        found=found.found,
        day=found.day,
        axes=counted.shown(found.found, form, reader.language, reader.say),
        secretariat=False,
    )
