"""What each answer to a meeting's form is for, who reads it, and until when it is kept."""

from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app import i18n
from app.depends import Reading
from app.i18n import words
from app.pages.portal.questions import EYES
from app.pages.reader import ReaderIn
from app.policy import form as rules
from app.services import forms, meetings

router = APIRouter()


@router.get("/meetings/{slug}/data")
async def show(slug: str, reader: ReaderIn, db: Reading) -> HTMLResponse:
    """The schedule by which the service removes answers; everybody may read it."""
    meeting = await meetings.by_slug(db, slug)
    asked = await forms.current(db, meeting.id)
    last = await forms.last_day(db, meeting)
    say, language = reader.say, reader.language
    rows = [
        (
            rules.told(one.label, language),
            rules.told(one.purpose, language),
            say(EYES[one.seen_by]),
            i18n.date_of((last + timedelta(days=one.kept_days)).date(), language)
            if last
            else say(UNDATED) % {"days": one.kept_days},
            one.sensitive,
        )
        for one in asked.form.fields
    ]
    return reader.page("portal/data.html", meeting=meeting, rows=rows)


UNDATED = words("%(days)s days after the meeting")
