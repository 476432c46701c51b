"""Sittings and consultations as a file for a calendar (RFC 5545), for letters and a download."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from icalendar import Calendar, Event
from icalendar.enums import STATUS, TRANSP

from app.i18n import words
from app.models import Consultation, Meeting, Sitting
from app.policy.parts import Part

PARTS: Final[Mapping[Part, str]] = {
    Part.CONSULTATION: words("Open consultation"),
    Part.FIRST_HALF: words("Open part"),
    Part.SECOND_HALF: words("Members' part"),
    Part.WHOLE: words("Whole meeting"),
}
"""What a part is called on pages; the title of a sitting may be restricted (A18)."""

PRODUCT: Final = "-//CWG//meetings//EN"
PUBLISH: Final = "PUBLISH"
ASKED_EVERY: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Date:
    """A sitting in a calendar; tentative while a claim to represent an entity is not decided."""

    meeting: Meeting
    sitting: Sitting
    tentative: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """A consultation in a calendar, with the consultation meeting where one is set."""

    row: Consultation
    title: str
    meeting: Date | None = None


def calendar(
    meeting: Meeting,
    sittings: Iterable[Sitting],
    address: str,
    now: datetime,
    say: Callable[[str], str],
    *,
    tentative: bool = False,
) -> bytes:
    """One event for each sitting; tentative until somebody has approved the registration."""
    dates = [Date(meeting, each, tentative=tentative) for each in sittings]
    return _written(Calendar.new(prodid=PRODUCT, method=PUBLISH), dates, address, now, say)


def feed(
    name: str, dates: Iterable[Date], address: str, now: datetime, say: Callable[[str], str]
) -> bytes:
    """The same for a calendar that programs ask for again and again (RFC 7986)."""
    made = Calendar.new(prodid=PRODUCT, method=PUBLISH, name=name, refresh_interval=ASKED_EVERY)
    made.add("X-WR-CALNAME", name)  # what is understood by those who do not know NAME
    made.add("X-PUBLISHED-TTL", ASKED_EVERY)
    return _written(made, dates, address, now, say)


def rounds(
    name: str, windows: Iterable[Window], address: str, now: datetime, say: Callable[[str], str]
) -> bytes:
    """The windows, deadlines and consultation meetings, for programs that ask again and again."""
    made = Calendar.new(prodid=PRODUCT, method=PUBLISH, name=name, refresh_interval=ASKED_EVERY)
    made.add("X-WR-CALNAME", name)
    made.add("X-PUBLISHED-TTL", ASKED_EVERY)
    for each in windows:
        for event in _of_window(each, address, now, say):
            made.add_component(event)
    content: bytes = made.to_ical()
    return content


def _of_window(
    window: Window, address: str, now: datetime, say: Callable[[str], str]
) -> Iterator[Event]:
    """The window, which keeps nobody busy; its last moment by itself; the meeting face to face.

    The same event has the same identity after an extension, so that a calendar moves it.
    """
    row = window.row
    skipped = row.skipped_at is not None
    for word, title, start in (
        ("window", words("Consultation: %(title)s"), row.opens_at),
        ("close", words("Closes: %(title)s"), row.closes_at),
    ):
        yield Event.new(
            uid=f"{row.id}-{word}@cwg",
            stamp=now,
            last_modified=now,
            sequence=row.revision,
            start=start,
            end=row.closes_at,
            summary=say(title) % {"title": window.title},
            description=row.skipped_why or None,
            url=f"{address}/consultations/{row.slug}",
            status=STATUS.CANCELLED if skipped else STATUS.CONFIRMED,
            transparency=TRANSP.TRANSPARENT,
        )
    if window.meeting and not skipped:
        yield _event(window.meeting, address, now, say)


def _written(
    made: Calendar,
    dates: Iterable[Date],
    address: str,
    now: datetime,
    say: Callable[[str], str],
) -> bytes:
    for each in dates:
        made.add_component(_event(each, address, now, say))
    content: bytes = made.to_ical()
    return content


def _event(date: Date, address: str, now: datetime, say: Callable[[str], str]) -> Event:
    sitting = date.sitting
    return Event.new(
        uid=f"{sitting.id}@cwg",
        stamp=now,
        last_modified=now,
        start=sitting.starts_at,
        end=sitting.ends_at,
        summary=f"{date.meeting.title}: {say(PARTS[sitting.part])}",
        location=sitting.place or None,
        url=f"{address}/room/{sitting.id}",
        status=STATUS.TENTATIVE if date.tentative else STATUS.CONFIRMED,
    )
