"""What an agenda may say: where the halves meet (A1), and what must be open to all (A15)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
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
    NO_SUCH_NUMBER = "no-such-number"
    NAMED_TWICE = "item-named-twice"
    SITTING_CLOSED = "sitting-closed"
    IN_HAND = "item-in-hand"
    WAITED_FOR = "item-waited-for"


class AgendaReason(StrEnum):
    """Why an agenda is not amended or adopted."""

    AMENDED_MEANWHILE = "agenda-amended-meanwhile"
    NOTHING_CHANGED = "agenda-nothing-changed"
    ADOPTED_ALREADY = "agenda-adopted-already"
    NOT_PRESIDING = "agenda-not-presiding"


class Change(StrEnum):
    """What an edition of the agenda did to an item."""

    ADDED = "added"
    RETITLED = "retitled"
    RELABELLED = "relabelled"
    MOVED = "moved"
    REORDERED = "reordered"
    KIND = "kind"
    WITHDRAWN = "withdrawn"


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


# Editions: an item keeps its number through all of them.


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as an edition has it; ``label`` is shown for the number where there is one.

    In an amendment an item that is new has no number yet.
    """

    number: int | None
    sitting: UUID
    title: str
    kind: ItemKind = ItemKind.ORDINARY
    label: str = ""

    @property
    def shown(self) -> str:
        """What it is called by."""
        return self.label or str(self.number)


@dataclass(frozen=True, slots=True)
class Changed:
    """One change from an edition to the next; before or after is None where there was no item."""

    what: Change
    before: Entry | None
    after: Entry | None

    @property
    def sittings(self) -> frozenset[UUID]:
        """Where the item stood and stands: who may not read one of them is not told of it."""
        return frozenset(each.sitting for each in (self.before, self.after) if each)


@dataclass(frozen=True, slots=True)
class Place:
    """A sitting as an amendment finds it: ``held`` are items that must stay, each with why."""

    part: Part
    closed: bool = False
    held: Mapping[int, AgendaFault] = field(default_factory=dict)


def faults_of_amendment(
    edition: Edition,
    places: Mapping[UUID, Place],
    known: Collection[int],
    before: Sequence[Entry],
    after: Sequence[Entry],
) -> dict[str, AgendaFault]:
    """What is wrong with an agenda as it is to be, by field and place: ``sitting-2``.

    ``known`` are all numbers that were ever given. Every sitting of ``after`` is in ``places``.
    The draft of the Secretary-General's report stays in the first half, in each edition (A15).
    """
    stood = {each.number: each.sitting for each in before}
    found: dict[str, AgendaFault] = {}
    seen: set[int] = set()
    for index, each in enumerate(after):
        if each.number is not None and each.number not in known:
            found[f"number-{index}"] = AgendaFault.NO_SUCH_NUMBER
        elif each.number is not None and each.number in seen:
            found[f"number-{index}"] = AgendaFault.NAMED_TWICE
        if fault := _misplaced(edition, each, places, stood.get(each.number)):
            found[f"sitting-{index}"] = fault
        seen |= set() if each.number is None else {each.number}
    gone = [each for each in before if each.number not in seen]
    held = [
        fault
        for each in gone
        if each.number is not None and (fault := places[each.sitting].held.get(each.number))
    ]
    return found | ({"items": held[0]} if held else {})


def _misplaced(
    edition: Edition, each: Entry, places: Mapping[UUID, Place], stood: UUID | None
) -> AgendaFault | None:
    if fault := fault_of_item(edition, each.kind, places[each.sitting].part):
        return fault
    if stood == each.sitting:
        return None
    held = places[stood].held if stood is not None else {}
    if each.number is not None and (fault := held.get(each.number)):
        return fault
    return AgendaFault.SITTING_CLOSED if places[each.sitting].closed else None


def changes(before: Sequence[Entry], after: Sequence[Entry]) -> list[Changed]:
    """What an edition changed, item by item in its order; what was withdrawn comes last."""
    old = {each.number: each for each in before}
    kept = {each.number for each in after}
    moved = _reordered(before, after)
    found = []
    for each in after:
        was = old.get(each.number)
        if was is None:
            found.append(Changed(Change.ADDED, None, each))
            continue
        differs = (
            (Change.RETITLED, was.title != each.title),
            (Change.RELABELLED, was.label != each.label),
            (Change.MOVED, was.sitting != each.sitting),
            (Change.KIND, was.kind is not each.kind),
            (Change.REORDERED, each.number in moved),
        )
        found += [Changed(what, was, each) for what, so in differs if so]
    gone = (each for each in before if each.number not in kept)
    return found + [Changed(Change.WITHDRAWN, each, None) for each in gone]


def _reordered(before: Sequence[Entry], after: Sequence[Entry]) -> set[int | None]:
    """The fewest items that were taken out of the order and put elsewhere in the same sitting."""
    old = {each.number: each for each in before}
    moved: set[int | None] = set()
    for sitting in {each.sitting for each in after}:
        now = [
            each.number
            for each in after
            if each.sitting == sitting
            and each.number in old
            and old[each.number].sitting == sitting
        ]
        kept = set(now)
        then = [each.number for each in before if each.number in kept and each.sitting == sitting]
        place = {number: index for index, number in enumerate(then)}
        moved |= kept - set(_longest([(place[number], number) for number in now]))
    return moved


def _longest(pairs: Sequence[tuple[int, int | None]]) -> list[int | None]:
    """The longest run of these whose places rise: what is left of an order."""
    best: list[list[tuple[int, int | None]]] = []
    for place, number in pairs:
        before = max((run for run in best if run[-1][0] < place), key=len, default=[])
        best.append([*before, (place, number)])
    return [number for _, number in max(best, key=len, default=[])]
