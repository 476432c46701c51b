"""The agenda in its editions: amended many changes at once, adopted, and held by every number."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import col, func, select

from app import journal
from app.database import Reading, Writing, hold, hold_all
from app.errors import Conflict, Malformed, NotFound, Refused
from app.journal import Channel
from app.models import (
    AgendaEdition,
    AgendaItem,
    FloorRequest,
    Invitation,
    Meeting,
    Person,
    Sitting,
)
from app.policy import agenda as rules
from app.policy import text
from app.policy.agenda import AgendaFault, AgendaReason, Changed, Entry, ItemKind, Place
from app.policy.floor import Item, ItemTaken, RequestState, may_preside
from app.policy.meeting import ITEM_TITLE, MeetingFault, MeetingReason
from app.policy.people import Function
from app.policy.refusal import No
from app.policy.sitting import SittingState
from app.services import access, acts

LABEL: Final = 20
WHY: Final = 1000


@dataclass(frozen=True, slots=True)
class Amendment:
    """The agenda as it is to be, in its order; what is left out is withdrawn.

    ``seen`` is the number of the edition that it rests on; 0 before the first.
    """

    seen: int
    entries: Sequence[Entry]
    why: str

    def cleaned(self) -> "Amendment":
        """The same in one spelling."""
        entries = [
            replace(each, title=text.clean(each.title), label=text.clean(each.label))
            for each in self.entries
        ]
        return replace(self, entries=entries, why=text.clean(self.why))

    def faults(self) -> dict[str, str]:
        """What is wrong with its words, by field and place."""
        found = {"why": text.fault(self.why, WHY, required=True, lines=True)}
        for index, each in enumerate(self.entries):
            found[f"title-{index}"] = text.fault(each.title, ITEM_TITLE, required=True)
            found[f"label-{index}"] = text.fault(each.label, LABEL)
        return {name: fault for name, fault in found.items() if fault}


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition as one reader may have it: items and changes of what they may read only.

    ``why`` is None where it may be about what they may not read.
    """

    number: int
    at: datetime | None
    why: str | None
    adopted_at: datetime | None
    entries: Sequence[Entry]
    changes: Sequence[Changed]


# Read.


async def items(db: Reading | Writing, meeting_id: UUID) -> list[AgendaItem]:
    """The agenda in force, in its order."""
    query = select(AgendaItem).where(
        AgendaItem.meeting_id == meeting_id, col(AgendaItem.withdrawn_at).is_(None)
    )
    return list(await db.exec(query.order_by(*in_order())))


def in_order() -> tuple[Any, Any]:
    """By place; before the first amendment an item stands where its number says."""
    return func.coalesce(col(AgendaItem.place), col(AgendaItem.number)), col(AgendaItem.number)


async def of_sitting(db: Reading | Writing, sitting: Sitting) -> list[AgendaItem]:
    """The items of one sitting now, in their order."""
    query = select(AgendaItem).where(
        AgendaItem.sitting_id == sitting.id, col(AgendaItem.withdrawn_at).is_(None)
    )
    return list(await db.exec(query.order_by(*in_order())))


async def ever_in(
    db: Reading | Writing, sitting: Sitting, *, since: datetime | None = None
) -> list[Entry]:
    """The items of a sitting, and after them those that were moved away or withdrawn.

    Those are as they last stood there, after ``since``: what was said and written on them holds.
    """
    found = [_entry(each) for each in await of_sitting(db, sitting)]
    known = {each.number for each in found}
    made = await editions(db, sitting.meeting_id)
    ends = [*(each.at for each in made[1:]), None][: len(made)]
    for edition, end in reversed(list(zip(made, ends, strict=True))):
        if since is not None and end is not None and end <= since:
            break
        gone = [
            each
            for each in entries(edition)
            if each.sitting == sitting.id and each.number not in known
        ]
        found += gone
        known |= {each.number for each in gone}
    return found


async def editions(db: Reading | Writing, meeting_id: UUID) -> list[AgendaEdition]:
    """Every edition of a meeting's agenda, the first one first."""
    query = select(AgendaEdition).where(AgendaEdition.meeting_id == meeting_id)
    return list(await db.exec(query.order_by(col(AgendaEdition.number))))


def entries(edition: AgendaEdition) -> list[Entry]:
    """The items of an edition, in their order."""
    return [
        Entry(
            each["number"],
            UUID(each["sitting"]),
            each["title"],
            ItemKind(each["kind"]),
            each["label"],
        )
        for each in edition.items
    ]


def _entry(item: AgendaItem) -> Entry:
    return Entry(item.number, item.sitting_id, item.title, item.kind, item.label)


async def shown(db: Reading | Writing, meeting: Meeting, reads: Collection[UUID]) -> list[Edition]:
    """The editions, the one in force last, as far as someone reads these sittings.

    What was decided in between on what they may not read is not there: neither an item, nor a
    change, nor an edition of such changes only. Before the first edition there is one without a
    number.
    """
    found = await editions(db, meeting.id)
    if not found:
        now = [_entry(each) for each in await items(db, meeting.id)]
        return [Edition(0, None, "", None, _readable(now, reads), ())]
    made: list[Edition] = []
    before: list[Entry] = []
    for each in found:
        after = entries(each)
        changed = rules.changes(before, after) if made or before else []
        told = [one for one in changed if one.sittings <= set(reads)]
        whole = len(told) == len(changed)
        edition = Edition(
            each.number,
            each.at,
            each.why if whole else None,
            each.adopted_at,
            _readable(after, reads),
            told,
        )
        if told or each in (found[0], found[-1]) or (whole and each.adopted_at):
            made.append(edition)
        before = after
    return made


def _readable(found: Sequence[Entry], reads: Collection[UUID]) -> list[Entry]:
    return [each for each in found if each.sitting in reads]


# Amend.


async def amend(
    db: Writing, meeting_id: UUID, wanted: Amendment, *, by: Person, now: datetime
) -> AgendaEdition:
    """Make another edition, for the secretariat of the meeting; the first is the agenda as it was.

    Malformed by field and place, ``title-2``; Conflict where it rests on another edition.
    """
    meeting = await hold(db, Meeting, meeting_id)
    if not await access.is_secretariat(db, by, meeting_id):
        raise Refused(No(MeetingReason.NOT_THE_SECRETARIAT))
    wanted = wanted.cleaned()
    sittings = {
        each.id: each for each in await hold_all(db, Sitting, Sitting.meeting_id == meeting_id)
    }
    known = await editions(db, meeting_id)
    if wanted.seen != (known[-1].number if known else 0):
        raise Conflict(AgendaReason.AMENDED_MEANWHILE)
    rows = {each.number: each for each in await _rows(db, meeting_id)}
    before = [_entry(each) for each in await items(db, meeting_id)]
    await _or_malformed(db, meeting, sittings, rows, before, wanted, now)
    if not rules.changes(before, wanted.entries):
        raise Conflict(AgendaReason.NOTHING_CHANGED)
    if not known:
        known.append(_edition(db, meeting_id, 1, before, by, now))
    after = await _apply(db, meeting_id, rows, wanted.entries, now)
    made = _edition(db, meeting_id, known[-1].number + 1, after, by, now, wanted.why)
    await db.flush()
    await _tell(db, meeting, sittings, before, after, by, now)
    await acts.record(
        db, "agenda-amended", now, meeting_id=meeting_id, by=str(by.id), edition=made.number
    )
    return made


async def _rows(db: Reading | Writing, meeting_id: UUID) -> list[AgendaItem]:
    return list(await db.exec(select(AgendaItem).where(AgendaItem.meeting_id == meeting_id)))


async def _or_malformed(
    db: Writing,
    meeting: Meeting,
    sittings: Mapping[UUID, Sitting],
    rows: Mapping[int, AgendaItem],
    before: Sequence[Entry],
    wanted: Amendment,
    now: datetime,
) -> None:
    faults = wanted.faults() | {
        f"sitting-{index}": MeetingFault.OTHER_MEETING
        for index, each in enumerate(wanted.entries)
        if each.sitting not in sittings
    }
    if faults:
        raise Malformed(**faults)
    places = {key: await _place(db, each, now) for key, each in sittings.items()}
    edition = access.edition(meeting)
    if found := rules.faults_of_amendment(edition, places, rows, before, wanted.entries):
        raise Malformed(**found)


async def _place(db: Writing, sitting: Sitting, now: datetime) -> Place:
    """A sitting with the items that must stay: the one in hand, and those that are waited for."""
    if sitting.state is SittingState.CLOSED:
        return Place(sitting.part, closed=True)
    waiting = select(FloorRequest.item_number).where(
        FloorRequest.sitting_id == sitting.id,
        col(FloorRequest.state).in_([RequestState.WAITING, RequestState.SPEAKING]),
        col(FloorRequest.item_number).is_not(None),
    )
    invited = select(Invitation.item_number).where(
        Invitation.sitting_id == sitting.id,
        col(Invitation.ended_at).is_(None),
        Invitation.expires_at > now,
    )
    numbers = {*(await db.exec(waiting)), *(await db.exec(invited))}
    held = {number: AgendaFault.WAITED_FOR for number in numbers if number is not None}
    if sitting.item_number is not None:
        held[sitting.item_number] = AgendaFault.IN_HAND
    return Place(sitting.part, held=held)


async def _apply(
    db: Writing,
    meeting_id: UUID,
    rows: Mapping[int, AgendaItem],
    wanted: Sequence[Entry],
    now: datetime,
) -> list[Entry]:
    """Write the items; one that is new gets a number that nothing ever had."""
    last = max(rows, default=0)
    made = []
    for place, each in enumerate(wanted, 1):
        row = rows.get(each.number) if each.number is not None else None
        if row is None:
            last += 1
            row = AgendaItem(meeting_id=meeting_id, sitting_id=each.sitting, number=last, title="")
            db.add(row)
        row.sitting_id, row.title, row.kind = each.sitting, each.title, each.kind
        row.label, row.place, row.withdrawn_at = each.label, place, None
        made.append(_entry(row))
    kept = {each.number for each in made}
    for number, row in rows.items():
        if number not in kept and row.withdrawn_at is None:
            row.withdrawn_at = now
    return made


def _edition(
    db: Writing,
    meeting_id: UUID,
    number: int,
    found: Sequence[Entry],
    by: Person,
    now: datetime,
    why: str = "",
) -> AgendaEdition:
    made = AgendaEdition(
        meeting_id=meeting_id,
        number=number,
        items=[
            {
                "number": each.number,
                "sitting": str(each.sitting),
                "title": each.title,
                "kind": each.kind.value,
                "label": each.label,
            }
            for each in found
        ],
        by_id=by.id,
        at=now,
        why=why,
    )
    db.add(made)
    return made


async def _tell(
    db: Writing,
    meeting: Meeting,
    sittings: Mapping[UUID, Sitting],
    before: Sequence[Entry],
    after: Sequence[Entry],
    by: Person,
    now: datetime,
) -> None:
    """Rooms, consoles and screens where an item is in hand hear its new title at once."""
    old = {each.number: each for each in before}
    new = {each.number: each for each in after}
    for sitting in sittings.values():
        number = sitting.item_number
        if sitting.state is not SittingState.OPEN or number not in new or number is None:
            continue
        was, each = old.get(number), new[number]
        if was is not None and (was.title, was.label) == (each.title, each.label):
            continue
        channel = Channel(sitting.id, "room", meeting.epoch)
        taken = ItemTaken(Item(number, titled(each)))
        await journal.write(db, channel, taken, by=by.id, at=now)


def titled(each: Entry | AgendaItem) -> str:
    """What an item is called in the room, beside its number: a label comes first."""
    return f"{each.label}. {each.title}" if each.label else each.title


async def added(db: Writing, item: AgendaItem, *, by: Person, now: datetime) -> None:
    """An item was added at the end: where the agenda has editions, that is another one."""
    known = await editions(db, item.meeting_id)
    if not known:
        return
    places = [each.place or each.number for each in await _rows(db, item.meeting_id)]
    item.place = max([*places, 0]) + 1
    await db.flush()
    after = [_entry(each) for each in await items(db, item.meeting_id)]
    _edition(db, item.meeting_id, known[-1].number + 1, after, by, now)
    await db.flush()


async def adopt(
    db: Writing, meeting_id: UUID, number: int, *, by: Person, now: datetime
) -> AgendaEdition:
    """Note that the meeting has adopted the edition in force; before the first it becomes one."""
    await hold(db, Meeting, meeting_id)
    held = await access.functions(db, by, meeting_id)
    if not (may_preside(held) or Function.SECRETARIAT in held):
        raise Refused(No(AgendaReason.NOT_PRESIDING))
    known = await editions(db, meeting_id)
    if number != (known[-1].number if known else 0):
        raise Conflict(AgendaReason.AMENDED_MEANWHILE)
    if not known:
        stands = [_entry(each) for each in await items(db, meeting_id)]
        if not stands:
            raise NotFound
        known.append(_edition(db, meeting_id, 1, stands, by, now))
    if known[-1].adopted_at is not None:
        raise Conflict(AgendaReason.ADOPTED_ALREADY)
    known[-1].adopted_at = now
    await db.flush()
    await acts.record(
        db, "agenda-adopted", now, meeting_id=meeting_id, by=str(by.id), edition=known[-1].number
    )
    return known[-1]
