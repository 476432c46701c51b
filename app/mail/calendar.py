"""Sittings as a file for a calendar (RFC 5545), for letters and for a download."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from icalendar import Calendar, Event
from icalendar.enums import STATUS

from app.i18n import words
from app.models import Meeting, Sitting
from app.policy.parts import Part

PARTS: Final[Mapping[Part, str]] = {
    Part.CONSULTATION: words("Open consultation"),
    Part.FIRST_HALF: words("Open part"),
    Part.SECOND_HALF: words("Members' part"),
    Part.WHOLE: words("Whole meeting"),
}
"""What a part is called on pages; the title of a sitting may be restricted (A18)."""


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
    made = Calendar.new(prodid="-//CWG//meetings//EN", version="2.0", method="PUBLISH")
    for sitting in sittings:
        event = Event.new(
            uid=f"{sitting.id}@cwg",
            stamp=now,
            last_modified=now,
            start=sitting.starts_at,
            end=sitting.ends_at,
            summary=f"{meeting.title}: {say(PARTS[sitting.part])}",
            location=sitting.place or None,
            url=f"{address}/room/{sitting.id}",
            status=STATUS.TENTATIVE if tentative else STATUS.CONFIRMED,
        )
        made.add_component(event)
    content: bytes = made.to_ical()
    return content
