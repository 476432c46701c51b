"""Sittings as a file for a calendar (RFC 5545): only those that the person may attend."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from app.models import Meeting
from app.pages.portal.cases import Slot

OCTETS: Final = 73
"""Of a line before it is folded; the standard allows 75, the fold's own blank among them."""


def calendar(meeting: Meeting, slots: Iterable[Slot], address: str, now: datetime) -> bytes:
    """One event for each sitting; nothing of a part that one may not attend is in it."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//CWG//meetings//EN"]
    for slot in slots:
        if slot.answer and slot.answer.allowed:
            lines += _event(meeting, slot, address, now)
    lines.append("END:VCALENDAR")
    return b"".join(folded(line) for line in lines)


def _event(meeting: Meeting, slot: Slot, address: str, now: datetime) -> list[str]:
    sitting = slot.case.sitting
    return [
        "BEGIN:VEVENT",
        f"UID:{sitting.id}@cwg",
        f"DTSTAMP:{_moment(now)}",
        f"DTSTART:{_moment(slot.starts_at)}",
        f"DTEND:{_moment(slot.ends_at)}",
        f"SUMMARY:{_text(f'{meeting.title}: {slot.name}')}",
        f"LOCATION:{_text(sitting.place)}",
        f"URL:{address}/room/{sitting.id}",
        "END:VEVENT",
    ]


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    for sign, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(sign, escaped)
    return text.replace("\r", "")


def folded(line: str) -> bytes:
    """A line in pieces that are short enough, none of which cuts a letter in two."""
    pieces, piece = [], b""
    for letter in line:
        octets = letter.encode()
        if len(piece) + len(octets) > OCTETS:
            pieces.append(piece)
            piece = b""
        piece += octets
    return b"\r\n ".join([*pieces, piece]) + b"\r\n"
