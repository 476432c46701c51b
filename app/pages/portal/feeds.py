"""Calendars for programs: of a meeting for everyone, of a person for who has the secret address."""

from fastapi import APIRouter
from starlette.responses import Response

from app.depends import HouseIn, Now, Reading
from app.i18n import Language, translations, words
from app.mail.calendar import feed
from app.pages.reader import ReaderIn
from app.services import feeds, meetings

router = APIRouter()
MINE = words("Meetings that I attend")


@router.get("/meetings/{slug}.ics")
async def of_meeting(slug: str, reader: ReaderIn, db: Reading) -> Response:
    """When a meeting sits, in which part and where."""
    meeting = await meetings.by_slug(db, slug)
    dates = await feeds.of_meeting(db, meeting)
    address = reader.house.settings.address
    content = feed(meeting.title, dates, address, reader.now, reader.say)
    return _calendar(content, meeting.slug)


@router.get("/calendars/{token}.ics")
async def of_person(token: str, at: HouseIn, now: Now, db: Reading) -> Response:
    """One person's sittings, in the language of their letters; the address is all that is asked."""
    person = await feeds.whose(db, token)
    say = translations(Language(person.language)).gettext
    dates = await feeds.of_person(db, person, now)
    return _calendar(feed(say(MINE), dates, at.settings.address, now, say), "meetings")


def _calendar(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}.ics"'}
    return Response(content, media_type="text/calendar", headers=headers)
