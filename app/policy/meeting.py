"""What a meeting is founded with, its sittings and items, and how it falls into halves."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Final, Self
from uuid import UUID
from zoneinfo import available_timezones

from app.policy import text
from app.policy.agenda import ItemKind
from app.policy.edition import Edition
from app.policy.parts import Part


class MeetingFault(StrEnum):
    """What is wrong with a meeting, a sitting or an item; the sentence lives in the catalogue."""

    SLUG = "not-a-slug"
    TIME_ZONE = "unknown-time-zone"
    WITHOUT_ZONE = "time-without-zone"
    FAR_OFF = "time-far-off"
    OTHER_MEETING = "other-meeting"
    TO_BE_STATED = "to-be-stated"
    UNKNOWN_EDITION = "unknown-edition"
    DAYS = "not-a-number-of-days"


class MeetingReason(StrEnum):
    """Why a meeting says no; sentences are in ``app.reasons``."""

    NOT_THE_SECRETARIAT = "not-the-secretariat"
    SLUG_TAKEN = "slug-taken"
    LAST_OF_THE_SECRETARIAT = "last-of-the-secretariat"
    HAS_BEGUN = "has-begun"


TITLE: Final = 200
PLACE: Final = 160
ITEM_TITLE: Final = 300
YEARS: Final = range(1990, 2200)
# Letters, digits and single hyphens; never what could be taken for an id.
SLUG: Final = re.compile(r"(?=.{3,60}\Z)[a-z][a-z0-9]*(-[a-z0-9]+)*")
ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class NewMeeting:
    """A meeting to be founded; it keeps the text of the edition."""

    slug: str
    title: str
    place: str
    time_zone: str
    edition: Edition

    def cleaned(self) -> Self:
        """The same in one spelling."""
        return replace(self, title=text.clean(self.title), place=text.clean(self.place))

    def faults(self) -> dict[str, str]:
        """What is wrong with it, by field."""
        return _only(
            slug=None if _is_slug(self.slug) else MeetingFault.SLUG,
            title=text.fault(self.title, TITLE, required=True),
            place=text.fault(self.place, PLACE),
            time_zone=_fault_of_zone(self.time_zone),
        )


@dataclass(frozen=True, slots=True)
class NewSitting:
    """A sitting to be added; without a place or a zone of its own it has the meeting's."""

    part: Part
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str = ""
    time_zone: str = ""

    def cleaned(self) -> Self:
        """The same in one spelling."""
        return replace(self, title=text.clean(self.title), place=text.clean(self.place))

    def faults(self) -> dict[str, str]:
        """What is wrong with it by itself, by field."""
        return _only(
            title=text.fault(self.title, TITLE),
            starts_at=_fault_of_moment(self.starts_at),
            ends_at=_fault_of_moment(self.ends_at),
            place=text.fault(self.place, PLACE),
            time_zone=_fault_of_zone(self.time_zone) if self.time_zone else None,
        )


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to be added at the end of the agenda."""

    sitting_id: UUID
    title: str
    kind: ItemKind = ItemKind.ORDINARY

    def cleaned(self) -> Self:
        """The same in one spelling."""
        return replace(self, title=text.clean(self.title))

    def faults(self) -> dict[str, str]:
        """What is wrong with it by itself, by field."""
        return _only(title=text.fault(self.title, ITEM_TITLE, required=True))


@dataclass(frozen=True, slots=True)
class Halves:
    """Where the halves meet (A1): as planned, in scheduled minutes, and as it came about.

    ``by_default`` says that it is the sitting boundary nearest to half of the scheduled minutes.
    """

    after: UUID
    minutes_before: int
    minutes_after: int
    planned_at: datetime
    actual_at: datetime | None
    by_default: bool


def minutes(spans: list[timedelta]) -> int:
    """The scheduled minutes of several sittings together."""
    return round(sum(spans, timedelta()) / timedelta(minutes=1))


def _fault_of_moment(at: datetime) -> MeetingFault | None:
    """A time that calendars can reckon with, in every zone."""
    if at.tzinfo is None:
        return MeetingFault.WITHOUT_ZONE
    return None if at.year in YEARS else MeetingFault.FAR_OFF


def _only(**found: str | None) -> dict[str, str]:
    return {field: fault for field, fault in found.items() if fault}


def _is_slug(slug: str) -> bool:
    return bool(SLUG.fullmatch(slug)) and not ID.fullmatch(slug)


def _fault_of_zone(name: str) -> MeetingFault | None:
    return None if known_zone(name) else MeetingFault.TIME_ZONE


def known_zone(name: str) -> bool:
    """Whether clocks and people know a time zone by this name."""
    return name in _zones()


@cache
def _zones() -> frozenset[str]:
    """The IANA names; ``localtime`` and its like say nothing to anyone elsewhere."""
    return frozenset(name for name in available_timezones() if "/" in name or name == "UTC")
