"""Attendance: written where seats are taken and doors passed, corrected afterwards, and marked."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, exists, func, or_, select, update

from app.database import Reading, Writing, hold, load, now_of
from app.errors import Conflict, Malformed, NotFound, Refused
from app.models import Entity, Fence, Lease, Meeting, Person, Registration, Sitting, Stay
from app.policy import attendance as rules
from app.policy.access import Right
from app.policy.access import decide as rule
from app.policy.attendance import (
    AttendanceReason,
    Attendee,
    Correction,
    Source,
    Stretch,
)
from app.policy.meeting import MeetingReason
from app.policy.people import Capacity, Category, Standing
from app.policy.refusal import No
from app.policy.registration import Mode, RegistrationState
from app.policy.text import fold, spelled
from app.services import access, acts

# Who they are


async def attendees(
    db: Reading | Writing,
    meeting_id: UUID,
    people: Sequence[Person],
    standings: Mapping[UUID, Standing],
) -> dict[UUID, Attendee]:
    """These people as the room sees them, in as many queries as for one."""
    papers = await _papers(db, meeting_id, [person.id for person in people])
    return {
        person.id: _attendee(person, standings[person.id], *papers.get(person.id, (None, None)))
        for person in people
    }


async def _papers(
    db: Reading | Writing, meeting_id: UUID, people: Sequence[UUID]
) -> dict[UUID, tuple[Registration, Entity | None]]:
    query = (
        select(Registration, Entity)
        .join(Entity, col(Entity.id) == Registration.entity_id, isouter=True)
        .where(
            Registration.meeting_id == meeting_id,
            col(Registration.person_id).in_(people),
            Registration.state == RegistrationState.APPROVED,
        )
    )
    return {found.person_id: (found, entity) for found, entity in await db.exec(query)}


def _attendee(
    person: Person, stands: Standing, found: Registration | None, entity: Entity | None
) -> Attendee:
    """Those in service may have no registration; a claim that does not stand is no body."""
    mode = Mode.REMOTE if stands.remote else Mode.IN_PERSON
    if found is None:
        unclaimed = Capacity.INDIVIDUAL, Category.STAKEHOLDER
        return Attendee("", person.name, person.affiliation, *unclaimed, mode)
    body = found.organization if entity is None else entity.name
    return Attendee(found.reference, found.name, body, found.capacity, stands.category_left, mode)


# Coming and going


def stay_of(
    sitting_id: UUID,
    person_id: UUID,
    who: Attendee,
    now: datetime,
    *,
    process: UUID | None = None,
    generation: int = 0,
) -> Stay:
    """Someone is there from now on: on a line of this process, or else in the hall."""
    return Stay(
        sitting_id=sitting_id,
        person_id=person_id,
        reference=who.reference,
        name=who.name,
        entity=who.entity,
        capacity=who.capacity,
        category=who.category,
        mode=who.mode,
        source=Source.DOOR if process is None else Source.SOCKET,
        came_at=now,
        process_id=process,
        generation=generation,
    )


async def end_lines(db: Writing, sitting_id: UUID, people: Collection[UUID], now: datetime) -> None:
    """Nobody is on two lines: a newer one ends the stay on the older."""
    await db.exec(
        update(Stay)
        .where(*_here(sitting_id, Source.SOCKET), col(Stay.person_id).in_(people))
        .values(left_at=now)
    )


async def settle(db: Writing) -> None:
    """Whoever was on a line of a process that died was there until its lease ended."""
    awaited = exists().where(col(Stay.process_id) == col(Lease.id), col(Stay.left_at).is_(None))
    query = select(Lease).where(_dead(await now_of(db)), awaited)
    for lease in list(await db.exec(query)):
        await db.exec(
            update(Stay)
            .where(col(Stay.process_id) == lease.id, col(Stay.left_at).is_(None))
            .values(left_at=_end_of(lease))
        )


def _dead(now: float) -> ColumnElement[bool]:
    return or_(col(Lease.ended_at).is_not(None), col(Lease.expires_at) <= now)


def _end_of(lease: Lease) -> datetime:
    return datetime.fromtimestamp(lease.ended_at or lease.expires_at, UTC)


def _here(sitting_id: UUID, source: Source) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Stay.sitting_id) == sitting_id,
        col(Stay.source) == source,
        col(Stay.left_at).is_(None),
    )


# The door of the hall


async def in_the_hall(db: Reading | Writing, sitting_id: UUID, person_id: UUID) -> Stay | None:
    """The stay of somebody whom the door has let in and not seen leave."""
    query = select(Stay).where(*_here(sitting_id, Source.DOOR), Stay.person_id == person_id)
    return (await db.exec(query)).first()


async def head_count(db: Reading | Writing, sitting_id: UUID) -> int:
    """How many the doors have let in and not seen leave."""
    query = select(func.count()).select_from(Stay).where(*_here(sitting_id, Source.DOOR))
    return (await db.exec(query)).one()


async def people_in_the_hall(db: Reading | Writing, sitting_id: UUID) -> list[Person]:
    """Whom the doors have let in and not seen leave, by name."""
    here = select(Stay.person_id).where(*_here(sitting_id, Source.DOOR))
    query = select(Person).where(col(Person.id).in_(here))
    return sorted(await db.exec(query), key=lambda each: (fold(each.name), each.id))


async def let_in(db: Writing, sitting: Sitting, person: Person, at: datetime) -> Stay:
    """Somebody is in the hall from this moment; whether they may be was asked before."""
    who = await _as_shown(db, sitting, person, at)
    came = stay_of(sitting.id, person.id, replace(who, mode=Mode.IN_PERSON), at)
    db.add(came)
    return came


async def holder(db: Writing, meeting_id: UUID, reference: str) -> Person:
    """Whose confirmed registration for this meeting it is."""
    reference = spelled(reference)
    if not reference.isalnum():  # a scanner may read anything, and PostgreSQL keeps no NUL
        raise Refused(No(AttendanceReason.UNKNOWN_REFERENCE))
    query = (
        select(Person)
        .join(Registration, col(Registration.person_id) == Person.id)
        .where(
            Registration.meeting_id == meeting_id,
            Registration.reference == reference,
            Registration.state == RegistrationState.APPROVED,
        )
    )
    found = (await db.exec(query)).first()
    if found is None:
        raise Refused(No(AttendanceReason.UNKNOWN_REFERENCE))
    return found


async def _as_shown(db: Writing, sitting: Sitting, person: Person, now: datetime) -> Attendee:
    meeting = await load(db, Meeting, sitting.meeting_id)
    stands = await access.standing(db, person, sitting, meeting, now)
    return (await attendees(db, meeting.id, [person], {person.id: stands}))[person.id]


async def leave_hall(db: Writing, sitting_id: UUID, now: datetime) -> list[UUID]:
    """Nobody is in the hall of a sitting that is over; who had been until now."""
    hall = _here(sitting_id, Source.DOOR)
    inside = list(await db.exec(select(Stay.person_id).where(*hall)))
    await db.exec(update(Stay).where(*hall).values(left_at=now))
    return inside


async def hand_on_hall(db: Writing, fence: Fence) -> None:
    """Whoever is still in the hall when the members' part opens, and may stay, is in it."""
    now = fence.opened_at or fence.raised_at
    inside = await leave_hall(db, fence.from_sitting_id, now)
    following = await load(db, Sitting, fence.to_sitting_id)
    meeting = await load(db, Meeting, fence.meeting_id)
    people = list(await db.exec(select(Person).where(col(Person.id).in_(inside))))
    standings = await access.standings(db, people, following, meeting, now)
    edition = access.edition(meeting)
    stay = [
        person
        for person in people
        if rule(edition, access.once_open(standings[person.id]), following.part, Right.ATTEND)
    ]
    who = await attendees(db, meeting.id, stay, standings)
    for person in stay:
        seen = replace(who[person.id], mode=Mode.IN_PERSON)
        db.add(stay_of(following.id, person.id, seen, now))


# Looking


@dataclass(frozen=True, slots=True)
class Shown:
    """A stay as the list has it; ``stretch`` is none where it counts for nothing.

    ``before`` is what it stands for, the newest first; the original is the last of it.
    """

    stay: Stay
    stretch: Stretch | None
    by: str = ""
    before: tuple[Stay, ...] = ()


@dataclass(frozen=True, slots=True)
class Attended:
    """Someone's attendance of one sitting."""

    person_id: UUID
    who: Attendee
    seconds: int
    stays: tuple[Shown, ...]

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        return tuple(each.stretch for each in self.stays if each.stretch)

    @property
    def came_at(self) -> datetime | None:
        return min((each.came_at for each in self.stretches), default=None)

    @property
    def left_at(self) -> datetime | None:
        """None while someone is there, or where none of it counts."""
        ends = [each.left_at for each in self.stretches]
        return None if None in ends else max((end for end in ends if end), default=None)

    @property
    def corrected(self) -> bool:
        return any(each.stay.source is Source.CORRECTION for each in self.stays)


async def listed(
    db: Reading | Writing, sitting: Sitting, now: datetime, *, of: UUID | None = None
) -> list[Attended]:
    """Everyone who was there, by name; or one person only."""
    query = select(Stay).where(Stay.sitting_id == sitting.id)
    if of is not None:
        query = query.where(Stay.person_id == of)
    stays = list(await db.exec(query.order_by(col(Stay.came_at), col(Stay.id))))
    ends = await _ends(db)
    names = await _names(db, {each.by_id for each in stays if each.by_id})
    by_id = {each.id: each for each in stays}
    corrected = {each.corrects_id for each in stays}
    people: dict[UUID, list[Shown]] = {}
    for stay in stays:
        if stay.id not in corrected:
            shown = _shown(stay, sitting, ends, names, by_id)
            people.setdefault(stay.person_id, []).append(shown)
    found = [_attended(key, shown, now) for key, shown in people.items()]
    return sorted(found, key=lambda each: (fold(each.who.name), each.who.reference))


async def _ends(db: Reading | Writing) -> dict[UUID, datetime]:
    """Where the lines of dead processes ended, for as long as nobody has written it down."""
    dead = await db.exec(select(Lease).where(_dead(await now_of(db))))
    return {lease.id: _end_of(lease) for lease in dead}


async def _names(db: Reading | Writing, people: Iterable[UUID]) -> dict[UUID, str]:
    found = await db.exec(select(Person.id, Person.name).where(col(Person.id).in_(people)))
    return {key: name for key, name in found}  # noqa: C416 - rows, which dict() would not type


def _shown(
    stay: Stay,
    sitting: Sitting,
    ends: Mapping[UUID, datetime],
    names: Mapping[UUID, str],
    by_id: Mapping[UUID, Stay],
) -> Shown:
    left_at = stay.left_at
    if left_at is None and stay.process_id is not None:
        left_at = ends.get(stay.process_id)
    stretch = None if stay.struck else Stretch(stay.came_at, left_at, stay.mode)
    before, older = [], stay.corrects_id
    while older is not None:
        before.append(by_id[older])
        older = by_id[older].corrects_id
    return Shown(
        stay,
        stretch and stretch.until(sitting.closed_at),
        names.get(stay.by_id, "") if stay.by_id else "",
        tuple(before),
    )


def _attended(person_id: UUID, stays: Sequence[Shown], now: datetime) -> Attended:
    newest = stays[-1].stay
    counted = [each.stretch for each in stays if each.stretch]
    mode = rules.mode(counted) if counted else newest.mode
    who = Attendee(
        newest.reference, newest.name, newest.entity, newest.capacity, newest.category, mode
    )
    return Attended(person_id, who, rules.seconds(counted, now), tuple(stays))


def matching(found: Iterable[Attended], asked: str) -> list[Attended]:
    """Those whose name, body or reference holds every word that is asked for."""
    wanted = fold(asked).split()
    return [each for each in found if all(word in _sought(each.who) for word in wanted)]


def _sought(who: Attendee) -> str:
    return fold(f"{who.name} {who.entity} {who.reference}")


async def seen_by(db: Reading | Writing, sitting_id: UUID, by: Person) -> Sitting:
    """The sitting, for someone whose list it is; it is not there for anybody else."""
    sitting = await load(db, Sitting, sitting_id)
    if not rules.may_see(await access.functions(db, by, sitting.meeting_id)):
        raise NotFound
    return sitting


async def own(
    db: Reading | Writing, person: Person, now: datetime
) -> list[tuple[Meeting, Sitting, Attended]]:
    """Where someone was themselves, the newest first."""
    query = (
        select(Meeting, Sitting)
        .join(Sitting, col(Sitting.meeting_id) == Meeting.id)
        .where(col(Sitting.id).in_(select(Stay.sitting_id).where(Stay.person_id == person.id)))
        .order_by(col(Sitting.starts_at).desc())
    )
    return [
        (meeting, sitting, attended)
        for meeting, sitting in list(await db.exec(query))
        for attended in await listed(db, sitting, now, of=person.id)
        if attended.stretches
    ]


# Corrections


async def add(
    db: Writing, sitting_id: UUID, reference: str, said: Correction, *, by: Person, now: datetime
) -> Stay:
    """Someone was there whom neither door nor line had seen."""
    sitting = await _kept(db, sitting_id, by)
    said = _or_malformed(said, sitting, now)
    person = await holder(db, sitting.meeting_id, reference)
    who = await _as_shown(db, sitting, person, now)
    stay = stay_of(sitting.id, person.id, replace(who, mode=said.mode), now)
    db.add(stay)
    return await _written(db, sitting, stay, said, by, now)


async def correct(
    db: Writing, stay_id: UUID, said: Correction, *, by: Person, now: datetime
) -> Stay:
    """Other times or another mode; what stood there is kept."""
    sitting = await _kept(db, (await load(db, Stay, stay_id)).sitting_id, by)
    said = _or_malformed(said, sitting, now)
    stay = _instead_of(db, await _current(db, sitting, stay_id))
    return await _written(db, sitting, stay, said, by, now)


async def strike(db: Writing, stay_id: UUID, reason: str, *, by: Person, now: datetime) -> Stay:
    """There was no such stay; it is kept, and counts for nothing."""
    sitting = await _kept(db, (await load(db, Stay, stay_id)).sitting_id, by)
    found = await _current(db, sitting, stay_id)
    said = Correction(found.came_at, found.left_at, found.mode, reason).cleaned()
    if wrong := rules.fault_of_reason(said.reason):
        raise Malformed(reason=wrong)
    stay = _instead_of(db, found)
    stay.struck = True
    return await _written(db, sitting, stay, said, by, now)


async def _kept(db: Writing, sitting_id: UUID, by: Person) -> Sitting:
    """The sitting, held; for its secretariat."""
    found = await seen_by(db, sitting_id, by)
    if not rules.may_correct(await access.functions(db, by, found.meeting_id)):
        raise Refused(No(MeetingReason.NOT_THE_SECRETARIAT))
    return await hold(db, Sitting, sitting_id)


def _or_malformed(said: Correction, sitting: Sitting, now: datetime) -> Correction:
    said = said.cleaned()
    began = min(sitting.starts_at, sitting.opened_at or sitting.starts_at)
    if faults := said.faults(now, began - access.ROOM_OPENS_BEFORE, sitting.closed_at):
        raise Malformed(**faults)
    return said


async def _current(db: Writing, sitting: Sitting, stay_id: UUID) -> Stay:
    """A stay that is over, and that nobody has corrected meanwhile."""
    await settle(db)
    stay = await hold(db, Stay, stay_id)
    if (await db.exec(select(Stay.id).where(Stay.corrects_id == stay.id))).first() is not None:
        raise Conflict(AttendanceReason.CORRECTED)
    if stay.left_at is None and sitting.closed_at is None:
        raise Refused(No(AttendanceReason.NOT_OVER))
    return stay


def _instead_of(db: Writing, found: Stay) -> Stay:
    stay = Stay(**found.model_dump(exclude={"id", "process_id", "generation"}))
    stay.corrects_id = found.id
    db.add(stay)
    return stay


async def _written(
    db: Writing, sitting: Sitting, stay: Stay, said: Correction, by: Person, now: datetime
) -> Stay:
    """Marked as a correction: by whom, when and why."""
    stay.source, stay.mode = Source.CORRECTION, said.mode
    stay.came_at, stay.left_at = said.came_at or stay.came_at, said.left_at
    stay.by_id, stay.written_at, stay.reason = by.id, now, said.reason
    about = {"sitting": str(sitting.id), "stay": str(stay.id), "by": str(by.id)}
    instead_of = str(stay.corrects_id) if stay.corrects_id else ""
    await acts.record(
        db,
        "attendance-corrected",
        now,
        meeting_id=sitting.meeting_id,
        **about,
        instead_of=instead_of,
        struck=stay.struck,
    )
    return stay
