"""A meeting's registrations for its secretariat: counted along each axis."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.depends import Me, Reading
from app.pages import counted
from app.pages.reader import ReaderIn
from app.services import forms, meetings, participation

router = APIRouter(prefix="/desk/registrations/{slug}")


@router.get("")
async def show(slug: str, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    """The dashboard: all counts, against the Member States of the records."""
    meeting = await meetings.by_slug(db, slug)
    found = await participation.of_meeting(db, meeting, by=me, now=reader.now)
    form = (await forms.current(db, meeting.id)).form
    return reader.page(
        "portal/participation.html",
        meeting=meeting,
        found=found.found,
        day=found.day,
        axes=counted.shown(found.found, form, reader.language, reader.say),
        secretariat=True,
    )
