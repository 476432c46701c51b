"""A badge: a signed reference that can be revoked and says nothing of anybody; and the door."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.policy.people import Function
from app.policy.text import DIGITS, spelled

MARK: Final = "CWG"
CODE: Final = 10  # digits: 50 bits, which name a badge
SEAL: Final = 16  # digits: 80 bits of the service's signature
LENGTH: Final = len(MARK) + CODE + SEAL  # 29 fill the smallest QR that survives a quarter of damage
DOOR: Final = 40  # characters of a door's name
TWO_DOORS_WITHIN: Final = timedelta(minutes=1)
READ_TWICE_WITHIN: Final = timedelta(seconds=10)  # a scanner that reads one look as two
SCANS_KEPT: Final = 30
"""Days after the last of the meeting; attendance, which was made of the scans, stays."""
PHOTO: Final = (350, 450)
"""Pixels of a photo on a badge, as 35 by 45 mm; whatever was sent is made into this."""
PHOTO_LEAST: Final = 120  # pixels, of the shorter side of what is sent
PHOTOS_KEPT: Final = 7
"""Days after the last of the meeting; until then the desk may have to print a badge again."""
PICTURE_BYTES: Final = 8 * 1024 * 1024
PIXELS: Final[Mapping[str, int]] = {"JPEG": 25_000_000, "PNG": 12_000_000}
"""By format, as much as may be unpacked: a JPEG is read at a smaller size, a PNG is not."""
JPEG_PASSES: Final = 100  # through the whole picture; a camera writes ten at most
ISSUES: Final = frozenset({Function.SECRETARIAT})
CHECKS: Final = ISSUES | {Function.STEWARD}


class BadgeEnd(StrEnum):
    """Why a badge is valid no more."""

    REPRINTED = "reprinted"
    REVOKED = "revoked"


class BadgeReason(StrEnum):
    """Why a badge or the badge desk says no; sentences are in ``app.reasons``."""

    NOT_THE_DESK = "not-the-badge-desk"
    FORGED = "forged-badge"
    UNKNOWN = "unknown-badge"
    REVOKED = "revoked-badge"
    REPLACED = "replaced-badge"
    OUTDATED = "outdated-badge"
    OTHER_MEETING = "badge-of-another-meeting"
    NOT_CONFIRMED = "registration-not-confirmed"
    HAS_ONE = "has-a-badge"
    TWO_DOORS = "two-doors-within-a-minute"
    ALREADY_IN = "already-in-the-hall"
    TURNED_AWAY = "turned-away-offline"
    FORGOTTEN = "scans-forgotten"
    PHOTO_ON_BADGE = "photo-on-a-badge"
    NO_PHOTO_YET = "registration-takes-no-photo"
    NO_BADGE = "no-badge-to-hand-out"
    HANDED_OUT = "badge-handed-out-already"


class PictureFault(StrEnum):
    """What is wrong with a picture that was sent."""

    MISSING = "picture-missing"
    TOO_LARGE = "picture-too-large"
    TOO_MANY_PIXELS = "picture-too-many-pixels"
    TOO_SMALL = "picture-too-small"
    NOT_READ = "picture-not-read"
    NO_CODE = "picture-without-code"


class Verdict(StrEnum):
    """What a scan at the door came to."""

    ADMITTED = "admitted"
    LEFT = "left"
    ALREADY_IN = "already-in"  # noted before: the steward compares the person with the badge
    REFUSED = "refused"


class Told(StrEnum):
    """What a door without the network did by itself."""

    ADMITTED = "admitted"  # the list said so
    UNCHECKED = "unchecked"  # not on the list: let in on the steward's word
    REFUSED = "refused"


class DeskTold(StrEnum):
    """By what the badge desk went on without the network."""

    LISTED = "listed"  # the list had the person
    UNCHECKED = "unchecked"  # not on the list: noted on the desk's word


# What somebody should look into, as nobody comes to it by chance.
FLAGGED: Final[frozenset[StrEnum]] = frozenset(
    {
        BadgeReason.FORGED,
        BadgeReason.REVOKED,
        BadgeReason.REPLACED,
        BadgeReason.OTHER_MEETING,
        BadgeReason.TWO_DOORS,
        BadgeReason.ALREADY_IN,
    }
)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a badge's code says: which badge, and the signature that nobody else can make."""

    code: str
    seal: str

    def __str__(self) -> str:
        return f"{MARK}{self.code}{self.seal}"


def read(text: str) -> Reference | None:
    """The reference of a badge; none where the text is something else, as a registration's is."""
    said = spelled(text)
    if len(said) != LENGTH or not said.startswith(MARK):
        return None
    body = said[len(MARK) :]
    return Reference(body[:CODE], body[CODE:]) if set(body) <= set(DIGITS) else None


def digits(signature: bytes) -> str:
    """The seal of a signature: its first 80 bits in base 32."""
    number = int.from_bytes(signature[: SEAL * 5 // 8])
    return "".join(DIGITS[number >> 5 * place & 31] for place in reversed(range(SEAL)))


def may_issue(held: Collection[Function]) -> bool:
    return not ISSUES.isdisjoint(held)


def may_check(held: Collection[Function]) -> bool:
    return not CHECKS.isdisjoint(held)


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where and when a badge was let in."""

    door: str
    steward: str
    at: datetime

    def elsewhere(self, other: "Sighting") -> bool:
        """Another door: by its name, or by its steward where one of them has no name."""
        if self.door and other.door:
            return self.door != other.door
        return self.steward != other.steward

    def photographed(self, other: "Sighting") -> bool:
        """Whether nobody goes from the one to the other door in that time."""
        return self.elsewhere(other) and abs(self.at - other.at) <= TWO_DOORS_WITHIN

    def read_twice(self, came_at: datetime) -> bool:
        return abs(self.at - came_at) <= READ_TWICE_WITHIN
