"""Every meeting with its parts, and for each the answer to "may I attend, and why?"."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_interval
from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.depends import Reading
from app.i18n import Language, words
from app.models import Meeting, Registration
from app.pages.answers import Case, Link
from app.pages.portal.cases import Slot, cases, slots
from app.pages.portal.consultations import open_now
from app.pages.reader import Reader, ReaderIn
from app.pages.words import Say, said
from app.policy.floor import may_follow
from app.policy.parts import Part
from app.policy.people import Function
from app.policy.registration import RegistrationState
from app.services import meetings

router = APIRouter()

STANDING = frozenset({RegistrationState.SUBMITTED, RegistrationState.APPROVED})


@dataclass(frozen=True, slots=True)
class Card:
    """A meeting as the home page shows it."""

    title: str
    href: str
    caption: str
    slots: tuple[Slot, ...]
    status: str
    actions: tuple[Link, ...]
    ends_at: datetime
    over: bool


@router.get("/", name="home")
async def show(reader: ReaderIn, db: Reading) -> HTMLResponse:
    found = [await card(reader, db, meeting) for meeting in await meetings.listed(db)]
    coming = sorted((each for each in found if not each.over), key=lambda each: each.ends_at)
    past = sorted((each for each in found if each.over), key=lambda each: each.ends_at)
    asked = await open_now(reader, db)
    return reader.page("portal/home.html", coming=coming, past=past[::-1], consultations=asked)


async def card(reader: Reader, db: Reading, meeting: Meeting) -> Card:
    """The meeting as this reader sees it now."""
    found = await cases(db, reader, meeting)
    mine = found[0].registration if found else None
    return Card(
        title=meeting.title,
        href=f"/meetings/{meeting.slug}",
        caption=dates(meeting, found, reader.language),
        slots=tuple(slots(found, reader.language, reader.say)),
        status=status(mine, reader.say),
        actions=tuple(actions(meeting, found, mine, reader.say)),
        ends_at=max((case.sitting.ends_at for case in found), default=meeting.created_at),
        over=bool(found) and all(case.over for case in found),
    )


def dates(meeting: Meeting, found: list[Case], language: Language) -> str:
    """From the first day to the last, and where."""
    zone = ZoneInfo(meeting.time_zone)
    first = min((case.sitting.starts_at for case in found), default=None)
    last = max((case.sitting.ends_at for case in found), default=None)
    span = (
        between(first.astimezone(zone), last.astimezone(zone), language) if first and last else ""
    )
    return " · ".join(part for part in (span, meeting.place) if part)


def between(first: date, last: date, language: Language) -> str:
    """``22–24 November 2026``: from one day to another, as the language says it."""
    return str(format_interval(first, last, "yMMMMd", locale=language.locale))


def status(mine: Registration | None, say: Say) -> str:
    """How far one's own registration is, in a sentence; nothing without one."""
    if mine is None:
        return ""
    facts = {"reference": mine.reference, "state": said(mine.state, say)}
    return say(words("Your registration %(reference)s: %(state)s.")) % facts


ENTER: Final[Mapping[Part, str]] = {
    Part.CONSULTATION: words("Enter the consultation"),
    Part.FIRST_HALF: words("Enter the open part"),
    Part.SECOND_HALF: words("Enter the members' part"),
    Part.WHOLE: words("Enter the meeting"),
}


def actions(meeting: Meeting, found: list[Case], mine: Registration | None, say: Say) -> list[Link]:
    """What the person may want to do, the most pressing first."""
    coming = [case for case in found if not case.over]
    inside = [case for case in coming if case.decision()]
    rooms = [(f"/room/{case.sitting.id}", say(ENTER[case.sitting.part])) for case in inside]
    stands = mine is not None and mine.state in STANDING
    register = (f"/meetings/{meeting.slug}/register", say(words("Register")))
    return [
        *rooms,
        *_service((inside or coming)[:1], say),
        *([register] if coming and not stands else []),
        *_track(mine, say),
    ]


def _track(mine: Registration | None, say: Say) -> list[Link]:
    if mine is None:
        return []
    return [(f"/registrations/{mine.reference}", say(words("Follow your registration")))]


def _service(now_or_next: list[Case], say: Say) -> list[Link]:
    """Where those work who serve the meeting."""
    links = []
    for case in now_or_next:
        if may_follow(case.standing.functions):
            links.append((f"/console/{case.sitting.id}", say(words("Console"))))
        if Function.STEWARD in case.standing.functions:
            links.append((f"/door/{case.sitting.id}", say(words("Door"))))
            links.append((f"/desk/hall/{case.sitting.id}", say(words("Door of the hall"))))
    return links
