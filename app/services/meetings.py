"""Meetings: founded on one edition, divided into sittings, with an agenda and people who serve."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, select

from app.database import Reading, Writing, hold, hold_all, ring
from app.errors import Conflict, Malformed, NotFound, Refused
from app.models import AgendaItem, Appointment, Meeting, Person, Sitting
from app.policy import agenda as rules
from app.policy.agenda import AgendaFault, Slot
from app.policy.meeting import (
    Halves,
    MeetingFault,
    MeetingReason,
    NewItem,
    NewMeeting,
    NewSitting,
    minutes,
)
from app.policy.parts import Part
from app.policy.people import Function
from app.policy.refusal import No
from app.policy.sitting import SittingState
from app.services import access, acts, invitation
from app.services import agenda as editions

# The field that a fault of the agenda is about.
FIELD = {
    AgendaFault.NO_SUCH_PART: "part",
    AgendaFault.NOT_IN_FIRST_HALF: "sitting_id",
    AgendaFault.ENDS_BEFORE_START: "ends_at",
    AgendaFault.OVERLAPS: "starts_at",
    AgendaFault.OPEN_AFTER_MEMBERS: "part",
}


async def listed(db: Reading | Writing) -> list[Meeting]:
    """Every meeting, the newest first."""
    return list(await db.exec(select(Meeting).order_by(col(Meeting.created_at).desc())))


async def by_slug(db: Reading | Writing, slug_or_id: str) -> Meeting:
    """The meeting of this slug or id."""
    found = (await db.exec(select(Meeting).where(Meeting.slug == slug_or_id))).first()
    if found is None and (key := _key(slug_or_id)):
        found = await db.get(Meeting, key)
    if found is None:
        raise NotFound
    return found


async def by_slugs(db: Reading | Writing, said: Collection[str]) -> dict[str, Meeting]:
    """The same for many of them, in one query; what names none is left out."""
    keys = {key: text for text in said if (key := _key(text))}
    query = select(Meeting).where(col(Meeting.slug).in_(said) | col(Meeting.id).in_(keys))
    found = (await db.exec(query)).all()
    by_key = {keys[each.id]: each for each in found if each.id in keys}
    return by_key | {each.slug: each for each in found if each.slug in said}


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def sittings(db: Reading | Writing, meeting_id: UUID) -> list[Sitting]:
    """The sittings of a meeting by their numbers."""
    query = select(Sitting).where(Sitting.meeting_id == meeting_id)
    return list(await db.exec(query.order_by(col(Sitting.number))))


async def agenda(db: Reading | Writing, meeting_id: UUID) -> list[AgendaItem]:
    """The items of a meeting in their order; what was withdrawn is not there."""
    return await editions.items(db, meeting_id)


async def boundary(db: Reading | Writing, meeting: Meeting) -> Halves | None:
    """Where the halves meet, planned and actual; None where the meeting does not have both."""
    slots = [_slot(each) for each in await sittings(db, meeting.id)]
    found = rules.boundary(slots)
    if found is None:
        return None
    first = [each for each in slots if each.part is Part.FIRST_HALF]
    second = [each for each in slots if each.part is Part.SECOND_HALF]
    default = rules.halve(slots)
    return Halves(
        after=found.last_open,
        minutes_before=minutes([each.scheduled for each in first]),
        minutes_after=minutes([each.scheduled for each in second]),
        planned_at=found.planned_at,
        actual_at=found.actual_at,
        by_default=all(each.part is default[each.sitting] for each in (*first, *second)),
    )


def _slot(each: Sitting) -> Slot:
    return Slot(each.id, each.part, each.starts_at, each.ends_at, each.opened_at, each.closed_at)


async def create(db: Writing, new: NewMeeting, by: Person, now: datetime) -> Meeting:
    """Found a meeting; whoever is of the secretariat of any may, and is of the new one's."""
    if not await access.is_secretariat(db, by):
        raise Refused(No(MeetingReason.NOT_THE_SECRETARIAT))
    return await found_meeting(db, new, by, now)


async def found_meeting(
    db: Writing, new: NewMeeting, secretariat: Person, now: datetime
) -> Meeting:
    """Found a meeting without asking who may: for the command line, where there is none yet."""
    new = new.cleaned()
    if faults := new.faults():
        raise Malformed(**faults)
    meeting = Meeting(
        slug=new.slug,
        title=new.title,
        place=new.place,
        time_zone=new.time_zone,
        edition_id=new.edition.id,
        edition_digest=new.edition.digest,
        edition_text=new.edition.text,
        created_at=now,
    )
    db.add(meeting)
    try:
        await db.flush()
    except IntegrityError as clash:
        raise Conflict(MeetingReason.SLUG_TAKEN) from clash
    await _appoint(db, meeting.id, secretariat, Function.SECRETARIAT, now)
    pinned = {"edition": meeting.edition_id, "digest": meeting.edition_digest}
    await _note(db, "meeting-founded", meeting.id, secretariat, now, **pinned)
    return meeting


async def add_sitting(
    db: Writing, meeting_id: UUID, new: NewSitting, by: Person, now: datetime
) -> Sitting:
    """Add a sitting; it may not overlap another, nor open the meeting again after its members."""
    meeting = await _held(db, meeting_id, by)
    new = new.cleaned()
    if faults := new.faults():
        raise Malformed(**faults)
    others = await sittings(db, meeting_id)
    sitting = Sitting(
        meeting_id=meeting.id,
        number=max((each.number for each in others), default=0) + 1,
        part=new.part,
        title=new.title,
        starts_at=new.starts_at,
        ends_at=new.ends_at,
        place=new.place or meeting.place,
        time_zone=new.time_zone or meeting.time_zone,
    )
    _or_malformed(meeting, others, [*others, sitting])
    db.add(sitting)
    facts = {"sitting": str(sitting.id), "part": sitting.part.value}
    await _note(db, "sitting-added", meeting.id, by, now, **facts)
    return sitting


def _or_malformed(meeting: Meeting, before: list[Sitting], after: list[Sitting]) -> None:
    """Raise Malformed with the faults that a change brings; what was wrong before is not its."""
    edition = access.edition(meeting)
    old = rules.faults_of_slots(edition, [_slot(each) for each in before])
    found = rules.faults_of_slots(edition, [_slot(each) for each in after])
    new = [fault for sitting, fault in found.items() if old.get(sitting) is not fault]
    if new:
        raise Malformed(**{FIELD[fault]: fault for fault in new})


async def divide(
    db: Writing, meeting_id: UUID, after: UUID | None, by: Person, now: datetime
) -> Halves | None:
    """Say after which sitting the second half begins; None lets the default of A1 say so.

    Only while neither half has begun: later a fence opens the second half, and nothing else.
    """
    meeting = await _held(db, meeting_id, by)
    both = Part.FIRST_HALF, Part.SECOND_HALF
    held = await hold_all(
        db, Sitting, Sitting.meeting_id == meeting_id, col(Sitting.part).in_(both)
    )
    if held and after is None and not rules.may_be_halved(access.edition(meeting)):
        raise Malformed(after=MeetingFault.TO_BE_STATED)
    if any(each.state is not SittingState.SCHEDULED for each in held):
        raise Conflict(MeetingReason.HAS_BEGUN)
    for sitting, part in _parts(held, after):
        sitting.part = part
    everyone = await sittings(db, meeting_id)
    _or_malformed(meeting, [], everyone)
    await _or_misplaced(db, meeting, everyone)
    meeting.boundary_after = after
    ring(db, "membership")
    chosen = str(after) if after else "A1"
    await _note(db, "meeting-divided", meeting.id, by, now, after=chosen)
    return await boundary(db, meeting)


def _parts(held: Sequence[Sitting], after: UUID | None) -> list[tuple[Sitting, Part]]:
    ordered = sorted(held, key=lambda each: each.starts_at)
    if after is None:
        default = rules.halve([_slot(each) for each in ordered])
        return [(each, default[each.id]) for each in ordered]
    ids = [each.id for each in ordered]
    if after not in ids:
        raise Malformed(after=MeetingFault.OTHER_MEETING)
    first = ids.index(after) + 1
    halves = [Part.FIRST_HALF] * first + [Part.SECOND_HALF] * (len(ids) - first)
    return list(zip(ordered, halves, strict=True))


async def _or_misplaced(db: Writing, meeting: Meeting, everyone: Iterable[Sitting]) -> None:
    """The draft of the Secretary-General's report stays in the first half (A15)."""
    part = {each.id: each.part for each in everyone}
    edition = access.edition(meeting)
    for item in await agenda(db, meeting.id):
        if fault := rules.fault_of_item(edition, item.kind, part[item.sitting_id]):
            raise Malformed(after=fault)


async def add_item(
    db: Writing, meeting_id: UUID, new: NewItem, by: Person, now: datetime
) -> AgendaItem:
    """Add an item at the end of the agenda; the draft report only to the first half (A15)."""
    meeting = await _held(db, meeting_id, by)
    new = new.cleaned()
    if faults := new.faults():
        raise Malformed(**faults)
    sitting = await db.get(Sitting, new.sitting_id)
    if sitting is None or sitting.meeting_id != meeting_id:
        raise Malformed(sitting_id=MeetingFault.OTHER_MEETING)
    if fault := rules.fault_of_item(access.edition(meeting), new.kind, sitting.part):
        raise Malformed(**{FIELD[fault]: fault})
    last = select(func.max(AgendaItem.number)).where(AgendaItem.meeting_id == meeting_id)
    item = AgendaItem(
        meeting_id=meeting_id,
        sitting_id=sitting.id,
        number=((await db.exec(last)).one() or 0) + 1,
        title=new.title,
        kind=new.kind,
    )
    db.add(item)
    await db.flush()
    await editions.added(db, item, by=by, now=now)
    await _note(db, "item-added", meeting_id, by, now, item=str(item.id), number=item.number)
    return item


async def serving(db: Reading | Writing, meeting_id: UUID) -> list[tuple[Person, Function]]:
    """Who serves a meeting now, and in which function."""
    query = (
        select(Person, Appointment)
        .join(Appointment, col(Appointment.person_id) == Person.id)
        .where(Appointment.meeting_id == meeting_id, col(Appointment.ended_at).is_(None))
        .order_by(col(Appointment.function), col(Person.name), col(Person.id))
    )
    return [(person, held.function) for person, held in (await db.exec(query)).all()]


async def appoint(
    db: Writing, meeting_id: UUID, person: Person, function: Function, by: Person, now: datetime
) -> None:
    """Give someone a function in a meeting; repeating it changes nothing."""
    await _held(db, meeting_id, by)
    if function in await access.functions(db, person, meeting_id):
        return
    await _appoint(db, meeting_id, person, function, now)
    facts = {"person": str(person.id), "function": function.value}
    await _note(db, "function-given", meeting_id, by, now, **facts)


async def _appoint(
    db: Writing, meeting_id: UUID, person: Person, function: Function, now: datetime
) -> None:
    found = await _appointment(db, meeting_id, person.id, function)
    if found is None:
        found = Appointment(
            meeting_id=meeting_id, person_id=person.id, function=function, given_at=now
        )
        db.add(found)
    found.given_at, found.ended_at = now, None
    ring(db, f"person:{person.id}")


async def dismiss(
    db: Writing, meeting_id: UUID, person: Person, function: Function, by: Person, now: datetime
) -> None:
    """End someone's function at once; a meeting is never left without a secretariat.

    An invitation that stood on the function ends with it.
    """
    meeting = await _held(db, meeting_id, by)
    found = await _appointment(db, meeting_id, person.id, function)
    if found is None or found.ended_at is not None:
        raise NotFound
    if function is Function.SECRETARIAT and await _is_last(db, meeting_id):
        raise Conflict(MeetingReason.LAST_OF_THE_SECRETARIAT)
    found.ended_at = now
    await db.flush()
    await invitation.lapse(db, meeting, person, by=by, now=now)
    ring(db, f"person:{person.id}")
    facts = {"person": str(person.id), "function": function.value}
    await _note(db, "function-ended", meeting_id, by, now, **facts)


async def _appointment(
    db: Writing, meeting_id: UUID, person_id: UUID, function: Function
) -> Appointment | None:
    query = select(Appointment).where(
        Appointment.meeting_id == meeting_id,
        Appointment.person_id == person_id,
        Appointment.function == function,
    )
    return (await db.exec(query)).first()


async def _is_last(db: Writing, meeting_id: UUID) -> bool:
    query = select(func.count()).where(
        Appointment.meeting_id == meeting_id,
        Appointment.function == Function.SECRETARIAT,
        col(Appointment.ended_at).is_(None),
    )
    return (await db.exec(query)).one() < 2  # noqa: PLR2004 - one is the last


async def _held(db: Writing, meeting_id: UUID, by: Person) -> Meeting:
    """The meeting, locked, for someone of its secretariat and for nobody else."""
    meeting = await hold(db, Meeting, meeting_id)
    if not await access.is_secretariat(db, by, meeting_id):
        raise Refused(No(MeetingReason.NOT_THE_SECRETARIAT))
    return meeting


async def _note(
    db: Writing, kind: str, meeting_id: UUID, by: Person, now: datetime, **facts: str | int
) -> None:
    await acts.record(db, kind, now, meeting_id=meeting_id, by=str(by.id), **facts)
