"""What each answer to a meeting's form is for, who reads it, and until when it is kept."""

from datetime import datetime, timedelta

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app import i18n
from app.depends import Reading
from app.i18n import words
from app.pages.portal.questions import EYES
from app.pages.reader import Reader, ReaderIn
from app.policy import form as rules
from app.policy.badge import PHOTOS_KEPT, SCANS_KEPT
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
            kept_until(last, one.kept_days, reader),
            one.sensitive,
        )
        for one in asked.form.fields
    ]
    scans = kept_until(last, SCANS_KEPT, reader)
    photo = kept_until(last, PHOTOS_KEPT, reader)
    return reader.page("portal/data.html", meeting=meeting, rows=rows, scans=scans, photo=photo)


def kept_until(last: datetime | None, days: int, reader: Reader) -> str:
    """The last day on which something is kept, or how many days where the meeting has no date."""
    if last is None:
        return reader.say(UNDATED) % {"days": days}
    return i18n.date_of((last + timedelta(days=days)).date(), reader.language)


UNDATED = words("%(days)s days after the meeting")
