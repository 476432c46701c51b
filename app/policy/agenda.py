"""What an agenda may say: where the halves meet (A1), and what must be open to all (A15)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate, pairwise
from uuid import UUID

from app.policy import parameters
from app.policy.edition import Edition
from app.policy.parts import Part


class ItemKind(StrEnum):
    """What an agenda item is about, where the rule cares."""

    ORDINARY = "ordinary"
    DRAFT_REPORT = "draft_report"


class AgendaFault(StrEnum):
    """Why an agenda does not stand; the sentence for it lives in the catalogue."""

    NO_SUCH_PART = "no-such-part"
    NOT_IN_FIRST_HALF = "not-in-first-half"
    ENDS_BEFORE_START = "ends-before-start"
    OVERLAPS = "overlaps"
    OPEN_AFTER_MEMBERS = "open-after-members"


@dataclass(frozen=True, slots=True)
class Slot:
    """A sitting as an agenda sees it; the last two are what really happened."""

    sitting: UUID
    part: Part
    starts_at: datetime
    ends_at: datetime
    opened_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def scheduled(self) -> timedelta:
        """How long it is meant to take."""
        return self.ends_at - self.starts_at


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where the first half ends and the second begins, as planned and as it came about."""

    last_open: UUID
    planned_at: datetime
    actual_at: datetime | None


def fault_of_item(edition: Edition, kind: ItemKind, part: Part) -> AgendaFault | None:
    """What is wrong with an item of this kind in a sitting of this part (A15).

    Where a meeting has no halves there is no first one for the draft to be in.
    """
    if part not in edition.parts:
        return AgendaFault.NO_SUCH_PART
    must_be_open = kind is ItemKind.DRAFT_REPORT and Part.FIRST_HALF in edition.parts
    if must_be_open and part is not Part.FIRST_HALF:
        return AgendaFault.NOT_IN_FIRST_HALF
    return None


def faults_of_slots(edition: Edition, slots: Sequence[Slot]) -> dict[UUID, AgendaFault]:
    """What is wrong with the sittings of a meeting, each under its own id."""
    single = {slot.sitting: fault for slot in slots if (fault := _fault(edition, slot))}
    pairs = pairwise(sorted(slots, key=lambda slot: slot.starts_at))
    paired = {after.sitting: fault for before, after in pairs if (fault := _clash(before, after))}
    return paired | single


def _fault(edition: Edition, slot: Slot) -> AgendaFault | None:
    if slot.part not in edition.parts:
        return AgendaFault.NO_SUCH_PART
    if slot.ends_at <= slot.starts_at:
        return AgendaFault.ENDS_BEFORE_START
    return None


def _clash(before: Slot, after: Slot) -> AgendaFault | None:
    if after.starts_at < before.ends_at:
        return AgendaFault.OVERLAPS
    if before.part is Part.SECOND_HALF and after.part is Part.FIRST_HALF:
        return AgendaFault.OPEN_AFTER_MEMBERS
    return None


def boundary(slots: Sequence[Slot]) -> Boundary | None:
    """The boundary that the parts of the sittings state; none while a half is missing."""
    ordered = sorted(slots, key=lambda slot: slot.starts_at)
    first = [slot for slot in ordered if slot.part is Part.FIRST_HALF]
    second = [slot for slot in ordered if slot.part is Part.SECOND_HALF]
    if not first or not second:
        return None
    last = first[-1]
    return Boundary(last.sitting, last.ends_at, last.closed_at)


def may_be_halved(edition: Edition) -> bool:
    """Whether the boundary may be left to the minutes, or has to be stated (A1)."""
    by_minutes = edition.parameters.boundary is parameters.Boundary.NEAREST_HALF
    return by_minutes and {Part.FIRST_HALF, Part.SECOND_HALF} <= set(edition.parts)


def halve(slots: Sequence[Slot]) -> dict[UUID, Part]:
    """The half that each sitting falls into when nobody has said so (A1).

    The boundary is the one between two sittings that is nearest to half of the scheduled minutes;
    of two equally near the later, so that the open half is not the shorter. Consultations are not
    counted, and one sitting alone cannot be halved: it is open.
    """
    meeting = sorted(
        (slot for slot in slots if slot.part is not Part.CONSULTATION),
        key=lambda slot: slot.starts_at,
    )
    opening = _sittings_before_the_boundary([slot.scheduled for slot in meeting])
    return {
        slot.sitting: Part.FIRST_HALF if index < opening else Part.SECOND_HALF
        for index, slot in enumerate(meeting)
    }


def _sittings_before_the_boundary(lengths: Sequence[timedelta]) -> int:
    elapsed = list(accumulate(lengths))
    inner = range(1, len(elapsed))
    if not inner:
        return len(elapsed)
    half = elapsed[-1] / 2
    return min(reversed(inner), key=lambda count: abs(elapsed[count - 1] - half))
