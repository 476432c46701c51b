"""The words that scripts use for values: one vocabulary for pages and scripts, in one language."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from json import dumps
from typing import Final

from app import reasons
from app.i18n import words
from app.pages.words import CATEGORIES, PARTS, REGIONS, STANCES, THOSE, Say
from app.protocol.codes import Code

NAMES: Final[Mapping[str, Iterable[tuple[StrEnum, str]]]] = {
    "part": PARTS.items(),
    "category": CATEGORIES.items(),
    "those": THOSE.items(),
    "capacity": reasons.CAPACITIES.items(),
    "function": reasons.FUNCTIONS.items(),
    "stance": STANCES.items(),
    "balance": reasons.BALANCE.items(),
    "source": reasons.CAPTION_SOURCES.items(),
    "captions": reasons.CAPTION_KINDS.items(),
    "reason": (
        *reasons.FLOOR.items(),
        *reasons.HANDS.items(),
        *reasons.CAPTIONS.items(),
        *reasons.CHAT.items(),
        *reasons.STATEMENTS.items(),
        *reasons.FENCE.items(),
        *reasons.ENTRY.items(),
    ),
}
CLOSES: Final[Mapping[int, str]] = {
    Code.SHOWN_OUT: words("What follows is not open to you."),
    Code.REVOKED: words("You were signed out, or your registration or function has changed."),
    Code.TAKEN_OVER: words("You have entered this room in another window or program."),
    Code.REFUSED: words("You were not let in."),
    Code.MALFORMED: words("This page said what the service does not understand. Load it again."),
    Code.FOREIGN_ORIGIN: words("This page is not one of the service."),
    Code.TOO_MANY: words("This page asked for too much in too short a time. Load it again."),
    Code.OVER: words("The sitting is over."),
    401: words("Sign in again to take part."),
    404: words("There is no such room, or it is not one that you can see."),
    410: words("The list and the announcements are kept; nobody is in the room any more."),
}
"""Why a page is not connected and stays so, by close code, or by status where no line was made."""


def vocabulary(say: Say) -> str:
    """All of it as JSON, for the ``data-words`` of a page."""
    spoken = {
        name: {value.value: say(message) for value, message in pairs}
        for name, pairs in NAMES.items()
    }
    spoken["region"] = {region: say(message) for region, message in REGIONS.items()}
    spoken["close"] = {str(int(code)): say(message) for code, message in CLOSES.items()}
    return dumps(spoken, ensure_ascii=False, separators=(",", ":"))
