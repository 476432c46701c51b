"""A focal point registers several people at once: a list is kept, corrected, and then confirmed.

Nothing exists of it but the list until it is confirmed; then everything does, or nothing. The
people are put forward, and asked by mail to confirm it themselves.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, Literal, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from app.database import Reading, Writing, hold, hold_all, load, put_all
from app.errors import Conflict, Malformed, NotFound, Refused
from app.mail.address import normalized
from app.models import (
    Attending,
    Entity,
    Meeting,
    NominationDraft,
    Person,
    Registration,
    RegistrationStep,
    Sitting,
)
from app.policy import nomination as rules
from app.policy.delegation import DelegationReason, may_take_back
from app.policy.letters import LetterKind
from app.policy.nomination import Line, LineFault, SheetFault
from app.policy.refusal import No
from app.policy.registration import (
    LIVE,
    Mode,
    RegistrationReason,
    RegistrationState,
    Step,
)
from app.policy.sitting import SittingState
from app.policy.text import fold
from app.services import acts, entities, letters
from app.services.cases import new_reference

AT_ONCE: Final = 500  # rows of one statement
KEPT: Final = timedelta(days=7)
TAKEN: Final = LIVE | {RegistrationState.NOMINATED}


Item = TypeVar("Item")


def batched(some: Iterable[Item], most: int) -> Iterator[list[Item]]:
    """Parts of at most so many: a statement takes only so many values."""
    rest = iter(some)
    while part := list(islice(rest, most)):
        yield part


@dataclass(frozen=True, slots=True)
class Checked:
    """The lines of a list in one spelling, and what is wrong by the place of a line."""

    lines: tuple[Line, ...]
    faults: Mapping[int, Mapping[str, str]]

    @property
    def fit(self) -> int:
        return sum(not line.blank for line in self.lines) - len(self.faults)


# The list before it is confirmed.


async def draft(
    db: Writing,
    meeting_id: UUID,
    entity_id: UUID,
    lines: Sequence[Line],
    *,
    mode: Mode,
    by: Person,
    now: datetime,
) -> NominationDraft:
    """Keep a list, with all its faults, to be looked at and corrected."""
    await or_refuse(db, entity_id, by, now)
    meeting = await load(db, Meeting, meeting_id)
    await _sittings(db, meeting)
    _or_too_many(lines)
    row = NominationDraft(
        by_id=by.id,
        meeting_id=meeting.id,
        entity_id=entity_id,
        made_at=now,
        mode=mode,
        lines=[asdict(each) for each in lines],
    )
    db.add(row)
    await db.flush()
    return row


async def drafted(db: Reading | Writing, draft_id: UUID, *, by: Person) -> NominationDraft:
    """A list of one's own; nobody else knows of it."""
    row = await db.get(NominationDraft, draft_id)
    if row is None or row.by_id != by.id:
        raise NotFound
    return row


async def change(
    db: Writing, draft_id: UUID, corrected: Mapping[int, Line], *, version: int, by: Person
) -> NominationDraft:
    """Put other lines in the places of some; a line with nothing in it is left out."""
    row = await _held(db, draft_id, version, by)
    lines = lines_of(row)
    lines = [corrected.get(place, line) for place, line in enumerate(lines)]
    lines += [corrected[place] for place in sorted(corrected) if place >= len(lines)]
    lines = [each for each in lines if not each.blank]
    _or_too_many(lines)
    row.lines, row.version = [asdict(each) for each in lines], row.version + 1
    db.add(row)
    return row


async def discard(db: Writing, draft_id: UUID, *, by: Person) -> None:
    await db.delete(await drafted(db, draft_id, by=by))


async def forget(db: Writing, now: datetime) -> None:
    """Lists that nobody has confirmed are removed after a week."""
    await db.exec(delete(NominationDraft).where(col(NominationDraft.made_at) < now - KEPT))


def lines_of(row: NominationDraft) -> list[Line]:
    return [Line(**each) for each in row.lines]


async def _held(db: Writing, draft_id: UUID, version: int, by: Person) -> NominationDraft:
    await drafted(db, draft_id, by=by)
    row = await hold(db, NominationDraft, draft_id)
    if row.version != version:
        raise Conflict(RegistrationReason.CHANGED, version=row.version)
    return row


def _or_too_many(lines: Sequence[Line]) -> None:
    if len(lines) > rules.MOST:
        raise Malformed(file=SheetFault.TOO_MANY)


# What is wrong with it.


async def checked(
    db: Reading | Writing, meeting_id: UUID, lines: Sequence[Line], *, by: Person
) -> Checked:
    """Every line with every fault: of its texts, of the list, and of what is registered already."""
    spelled, wrong = list[Line](), dict[int, dict[str, str]]()
    for place, line in enumerate(lines):
        found = {} if line.blank else rules.faults(line)
        one, address = _spelled(line)
        spelled.append(one)
        if address and not line.blank:
            found.setdefault("email", address)
        if found:
            wrong[place] = found
    again = rules.twice([each.email for each in spelled])
    taken = await _taken(db, meeting_id, [each.email for each in spelled])
    for place, line in enumerate(spelled):
        if line.email in again:
            wrong.setdefault(place, {}).setdefault("email", LineFault.TWICE_HERE)
        elif line.email == by.email:
            wrong.setdefault(place, {}).setdefault("email", LineFault.ONESELF)
        elif line.email in taken:
            wrong.setdefault(place, {}).setdefault("email", LineFault.REGISTERED)
    return Checked(tuple(spelled), wrong)


def _spelled(line: Line) -> tuple[Line, str]:
    try:
        return replace(line, email=normalized(line.email)), ""
    except Malformed as refused:
        return line, refused.faults["email"]


async def _taken(
    db: Reading | Writing, meeting_id: UUID, addresses: Sequence[str]
) -> frozenset[str]:
    """Which of these addresses have a registration for the meeting that stands."""
    found: set[str] = set()
    for some in batched(addresses, AT_ONCE):
        query = (
            select(Person.email)
            .join(Registration, col(Registration.person_id) == Person.id)
            .where(
                col(Person.email).in_(some),
                Registration.meeting_id == meeting_id,
                col(Registration.state).in_(TAKEN),
            )
        )
        found.update(await db.exec(query))
    return frozenset(found)


# All of it at once.


async def confirm(
    db: Writing, draft_id: UUID, *, version: int, by: Person, now: datetime
) -> tuple[UUID, int]:
    """Put forward everyone on a list; the batch under which it is taken back, and how many."""
    row = await _held(db, draft_id, version, by)
    done = await nominate(
        db, row.meeting_id, row.entity_id, lines_of(row), mode=row.mode, by=by, now=now
    )
    await db.delete(row)
    return done


async def nominate(
    db: Writing,
    meeting_id: UUID,
    entity_id: UUID,
    lines: Sequence[Line],
    *,
    mode: Mode,
    by: Person,
    now: datetime,
) -> tuple[UUID, int]:
    """Put people forward in one transaction; Malformed, by place and field, and then nobody is."""
    await or_refuse(db, entity_id, by, now)
    meeting, entity = await load(db, Meeting, meeting_id), await load(db, Entity, entity_id)
    sittings = await _sittings(db, meeting)
    lines = [each for each in lines if not each.blank]
    _or_too_many(lines)
    if not lines:
        raise Malformed(lines=SheetFault.EMPTY)
    found = await checked(db, meeting_id, lines, by=by)
    if found.faults:
        raise Malformed(
            **{
                f"{place + 1}.{name}": fault
                for place, faults in found.faults.items()
                for name, fault in faults.items()
            }
        )
    people = await _people(db, [each.email for each in found.lines], now)
    rows = await _rows(db, meeting, entity, found.lines, people, by, now)
    batch = uuid4()
    await put_all(
        db,
        [
            Attending(registration_id=row.id, sitting_id=sitting, mode=line.as_mode(mode))
            for row, line in zip(rows, found.lines, strict=True)
            for sitting in sittings
        ],
    )
    await put_all(
        db,
        [
            RegistrationStep(
                registration_id=row.id, at=now, step=Step.NOMINATED, by_id=by.id, batch=batch
            )
            for row in rows
        ],
    )
    await _tell(db, LetterKind.NOMINATED, rows, people, meeting, entity, now)
    await _note(db, "registrations-nominated", meeting_id, entity_id, batch, rows, by, now)
    return batch, len(rows)


async def or_refuse(db: Reading | Writing, entity_id: UUID, by: Person, now: datetime) -> None:
    """Refused in words for whoever is not focal point of the entity: an id opens nothing."""
    if not await entities.is_focal_point(db, by, entity_id, now.date()):
        raise Refused(No(DelegationReason.NOT_THEIR_ENTITY))


async def _sittings(db: Reading | Writing, meeting: Meeting) -> list[UUID]:
    """The sittings that are not over; without any a meeting takes no registration."""
    query = select(Sitting.id).where(
        Sitting.meeting_id == meeting.id, col(Sitting.state) != SittingState.CLOSED
    )
    found = list(await db.exec(query))
    if not found:
        raise Conflict(RegistrationReason.MEETING_OVER)
    return found


async def _people(db: Writing, addresses: Sequence[str], now: datetime) -> dict[str, Person]:
    """Everyone of these addresses, made where there is nobody; two lists at once get the same."""
    dialect = sqlite if db.get_bind().dialect.name == "sqlite" else postgresql
    known: dict[str, Person] = {}
    for some in batched(sorted(addresses), AT_ONCE):
        new = [Person(email=each, created_at=now).model_dump() for each in some]
        put = dialect.insert(Person).on_conflict_do_nothing(index_elements=["email"])
        await db.exec(put, params=new)
        query = select(Person).where(col(Person.email).in_(some))
        known |= {each.email: each for each in await db.exec(query)}
    return known


async def _rows(
    db: Writing,
    meeting: Meeting,
    entity: Entity,
    lines: Sequence[Line],
    people: Mapping[str, Person],
    by: Person,
    now: datetime,
) -> list[Registration]:
    """A registration for each line; after a rejection or a withdrawal the same row again."""
    before = await _before(db, meeting.id, {people[line.email].id for line in lines})
    rows = [
        before.get(people[line.email].id) or _new(meeting, people[line.email], line, now)
        for line in lines
    ]
    for row, line in zip(rows, lines, strict=True):
        row.version += row.person_id in before
        row.capacity, row.entity_id, row.group = line.as_capacity, entity.id, None
        row.name, row.name_folded, row.job_title = line.name, fold(line.name), line.job_title
        row.organization, row.country, row.reason = "", "", ""
        row.state, row.submitted_at = RegistrationState.NOMINATED, now
        row.decided_at, row.decided_by = now, by.id
    db.add_all(rows)
    await db.flush()
    return rows


async def _before(db: Writing, meeting_id: UUID, people: set[UUID]) -> dict[UUID, Registration]:
    found: dict[UUID, Registration] = {}
    for some in batched(sorted(people), AT_ONCE):
        theirs = col(Registration.person_id).in_(some)
        held = await hold_all(db, Registration, Registration.meeting_id == meeting_id, theirs)
        found |= {each.person_id: each for each in held}
        old = col(Attending.registration_id).in_([each.id for each in held])
        await db.exec(delete(Attending).where(old))
    return found


def _new(meeting: Meeting, person: Person, line: Line, now: datetime) -> Registration:
    return Registration(
        meeting_id=meeting.id,
        person_id=person.id,
        reference=new_reference(),
        capacity=line.as_capacity,
        name=line.name,
        name_folded=fold(line.name),
        state=RegistrationState.NOMINATED,
        submitted_at=now,
    )


async def _tell(
    db: Writing,
    kind: LetterKind,
    rows: Sequence[Registration],
    people: Mapping[str, Person],
    meeting: Meeting,
    entity: Entity,
    now: datetime,
) -> None:
    by_id = {each.id: each for each in people.values()}
    about = {"meeting": meeting.title, "entity": entity.name}
    await letters.write_all(
        db,
        kind,
        [
            (
                by_id[row.person_id],
                about | {"reference": row.reference, "link": f"/registrations/{row.reference}"},
            )
            for row in rows
        ],
        now,
    )


async def _note(
    db: Writing,
    kind: str,
    meeting_id: UUID,
    entity_id: UUID,
    batch: UUID,
    rows: Sequence[Registration],
    by: Person,
    now: datetime,
) -> None:
    await acts.record(
        db,
        kind,
        now,
        meeting_id=meeting_id,
        entity=str(entity_id),
        batch=str(batch),
        by=str(by.id),
        registrations=[str(row.id) for row in rows],
    )


@dataclass(frozen=True, slots=True)
class Stays:
    """Somebody of a list who stays put forward, or confirmed, and why."""

    key: UUID
    reference: str
    why: Conflict


@dataclass(frozen=True, slots=True)
class TakenBack:
    """How many of a list are not put forward any more, and who stays; of no list of theirs neither.

    ``known`` says that it is a list of theirs at all.
    """

    number: int
    stay: tuple[Stays, ...]

    @property
    def known(self) -> bool:
        return self.number > 0 or bool(self.stay)


async def take_back(db: Writing, batch: UUID, *, by: Person, now: datetime) -> TakenBack:
    """Put those of a list forward no more who have not confirmed it; within the hour, as decisions.

    Theirs alone who are focal points of the entity now. Who has confirmed it, or was decided on
    since, stays as they are, and is told.
    """
    query = (
        select(Registration.id, RegistrationStep.at)
        .join(RegistrationStep, col(RegistrationStep.registration_id) == Registration.id)
        .where(
            RegistrationStep.batch == batch,
            RegistrationStep.step == Step.NOMINATED,
            col(Registration.entity_id).in_(await entities.represented(db, by, now.date())),
        )
    )
    taken = {key: at for key, at in await db.exec(query)}  # noqa: C416 - rows, which dict() would not type
    held = [
        row
        for some in batched(sorted(taken), AT_ONCE)
        for row in await hold_all(db, Registration, col(Registration.id).in_(some))
    ]
    may = {row.id: _may_take_back(row, taken[row.id], now) for row in held}
    stay = [
        Stays(row.id, row.reference, Conflict(no.reason)) for row in held if not (no := may[row.id])
    ]
    rows = [row for row in held if may[row.id]]
    if rows:
        await _withdraw(db, rows, batch, by, now)
    return TakenBack(len(rows), tuple(stay))


def _may_take_back(row: Registration, taken_at: datetime, now: datetime) -> Literal[True] | No:
    """An answer overtakes the list, though nobody but the focal point has decided since."""
    if row.state in LIVE:
        return No(DelegationReason.OVERTAKEN)
    return may_take_back(row.state, row.decided_at, taken_at, now)


async def _withdraw(
    db: Writing, rows: Sequence[Registration], batch: UUID, by: Person, now: datetime
) -> None:
    gone = col(Registration.id).in_([row.id for row in rows])
    values = {"state": RegistrationState.WITHDRAWN, "decided_at": None, "decided_by": None}
    await db.exec(update(Registration).where(gone).values(**values))
    db.add_all(
        RegistrationStep(registration_id=row.id, at=now, step=Step.WITHDRAWN, by_id=by.id)
        for row in rows
    )
    meeting = await load(db, Meeting, rows[0].meeting_id)
    entity = await load(db, Entity, rows[0].entity_id) if rows[0].entity_id else None
    if entity is not None:
        people = await _people_of(db, rows)
        await _tell(db, LetterKind.WITHDRAWN, rows, people, meeting, entity, now)
        await _note(db, "nominations-taken-back", meeting.id, entity.id, batch, rows, by, now)


async def _people_of(db: Writing, rows: Sequence[Registration]) -> dict[str, Person]:
    found: dict[str, Person] = {}
    for some in batched([row.person_id for row in rows], AT_ONCE):
        query = select(Person).where(col(Person.id).in_(some))
        found |= {each.email: each for each in await db.exec(query)}
    return found
