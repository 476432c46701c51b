"""Registration: one's own claim is edited and withdrawn, and read by whoever may know of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, delete, exists, or_, select
from sqlmodel.sql.expression import Select

from app.database import Reading, Writing
from app.errors import Conflict, NotFound
from app.models import (
    Appointment,
    Attending,
    BadgePhoto,
    Entity,
    FocalPoint,
    FormAnswer,
    Listing,
    Meeting,
    Person,
    Registration,
    RegistrationStep,
)
from app.policy import registration as rules
from app.policy.letters import LetterKind
from app.policy.people import Function
from app.policy.registration import (
    Claim,
    Decider,
    Ground,
    Mode,
    Owner,
    RegistrationReason,
    RegistrationState,
    Stage,
    Step,
    Track,
)
from app.policy.text import spelled
from app.services import access, cases, entities, places
from app.services.cases import Case

STEPS: Final = tuple(Step)


@dataclass(frozen=True, slots=True)
class ToDecide:
    """A registration that waits for someone, with all that they need to see."""

    registration: Registration
    person: Person
    entity: Entity
    meeting: Meeting


@dataclass(frozen=True, slots=True)
class Particulars:
    """What belongs to a registration: the verified address, the entity, the modes by sitting."""

    email: str
    entity: Entity | None
    modes: dict[UUID, Mode]
    waiting: frozenset[UUID] = frozenset()


# What the person does.


async def edit(
    db: Writing,
    registration_id: UUID,
    claim: Claim,
    *,
    version: int,
    by: Person,
    now: datetime,
) -> Registration:
    """Change one's own claim; whatever was approved before does not cover the change."""
    case = await cases.held_own(db, registration_id, version, by, now)
    if case.row.state is RegistrationState.WITHDRAWN:
        raise Conflict(RegistrationReason.WITHDRAWN)
    claim = await cases.examined(db, case.meeting, claim)
    case.row.version += 1
    await _put(case, claim, anew=case.row.state not in rules.LIVE)
    return case.row


async def own(
    db: Writing, registration_id: UUID, *, version: int, by: Person, now: datetime
) -> Registration:
    """One's own registration, held in this version, for what changes nothing of the claim."""
    case = await cases.held_own(db, registration_id, version, by, now)
    if case.row.state is RegistrationState.WITHDRAWN:
        raise Conflict(RegistrationReason.WITHDRAWN)
    return case.row


async def says(db: Reading | Writing, row: Registration, claim: Claim) -> bool:
    """Whether a live registration says already what a cleaned claim says."""
    if row.state not in rules.LIVE:
        return False
    kept = Claim(
        capacity=row.capacity,
        entity_id=row.entity_id,
        group=row.group,
        name=row.name,
        organization=row.organization,
        country=row.country,
        job_title=row.job_title,
        modes=(),
    )
    return replace(claim, modes=()) == kept and dict(claim.modes) == await places.modes(db, row.id)


async def withdraw(
    db: Writing, registration_id: UUID, *, version: int, by: Person, now: datetime
) -> Registration:
    """Give up one's place; only the person can. The answers to the form serve nobody any more."""
    case = await cases.held_own(db, registration_id, version, by, now)
    if case.row.state is RegistrationState.WITHDRAWN:
        raise Conflict(RegistrationReason.WITHDRAWN)
    case.row.state = RegistrationState.WITHDRAWN
    case.row.decided_at, case.row.decided_by, case.row.reason = None, None, ""
    for table in (FormAnswer, Listing, BadgePhoto):
        await db.exec(delete(table).where(col(table.registration_id) == case.row.id))
    await case.done(Step.WITHDRAWN)
    await places.release(db, case.row, now)
    await case.tell(LetterKind.WITHDRAWN)
    return case.row


async def _put(case: Case, claim: Claim, *, anew: bool) -> None:
    """Make the row say what the claim says, and bring it to whoever owns it next.

    Anew, nothing is held of what was held before: others may have it by now.
    """
    row = case.row
    waits_there = row.state is RegistrationState.SUBMITTED and row.entity_id == claim.entity_id
    cases.say(row, claim)
    row.decided_at, row.decided_by, row.reason = None, None, ""
    row.state = RegistrationState.SUBMITTED
    case.db.add(row)
    await case.db.flush()
    await places.attend(case.db, row, dict(claim.modes), case.now, anew=anew)
    await case.done(Step.EDITED)
    if ground := await _confirmed_at_once(case, claim):
        row.state, row.decided_at = RegistrationState.APPROVED, case.now
        await case.done(Step.CONFIRMED, ground=ground)
    await case.tell(LetterKind.EDITED)
    if not (ground or waits_there):
        await case.ask()  # else they have been written to, and find the change in their list


async def _confirmed_at_once(case: Case, claim: Claim) -> Ground | None:
    own = await entities.own_entities(case.db, case.by, case.now.date())
    return rules.at_once(claim, by_focal_point=claim.entity_id in own)


# What people may see.


async def relation(db: Reading | Writing, row: Registration, by: Person, now: datetime) -> Decider:
    """What somebody is to a registration: whose it is, who decides on it, the secretariat."""
    return await cases.decider(db, row, by, now)


async def may_decide(
    db: Reading | Writing, row: Registration, *, by: Person | None, now: datetime
) -> bool:
    """Whether someone decides about this registration: what a page offers them."""
    return by is not None and bool(rules.may_decide(await cases.decider(db, row, by, now)))


async def mine(db: Reading | Writing, person: Person, meeting_id: UUID) -> Registration | None:
    """Someone's one registration for a meeting, whatever its state."""
    return await access.registration_of(db, person, meeting_id)


async def of_person(db: Reading | Writing, person: Person) -> Sequence[Registration]:
    """Someone's registrations for all meetings, the newest first."""
    query = select(Registration).where(Registration.person_id == person.id)
    return (await db.exec(query.order_by(col(Registration.submitted_at).desc()))).all()


async def by_reference(
    db: Reading | Writing, reference: str, *, by: Person, now: datetime
) -> Registration:
    """The registration of this reference, for whoever may know of it; NotFound for others."""
    said = spelled(reference)
    found = (await db.exec(select(Registration).where(Registration.reference == said))).first()
    if found is None or not rules.may_know(await cases.decider(db, found, by, now)):
        raise NotFound
    return found


async def track(db: Reading | Writing, row: Registration, now: datetime | None = None) -> Track:
    """What has happened to a registration, who holds it now, and since when."""
    now = now or datetime.now(UTC)
    query = (
        select(RegistrationStep, Person.name)
        .join(Person, col(RegistrationStep.by_id) == Person.id, isouter=True)
        .where(RegistrationStep.registration_id == row.id)
    )
    found = [
        Stage(step.step, step.at, name or "", step.reason)
        for step, name in (await db.exec(query)).all()
    ]
    steps = sorted(found, key=lambda each: (each.at, STEPS.index(each.step)))
    others = await cases.other_focal_points(db, row, now)
    asked = rules.question_waits(each.step for each in steps)
    owner = rules.owner(row.state, has_focal_point=bool(others), asked=asked)
    return Track(
        steps=tuple(steps),
        owner=owner,
        since=steps[-1].at if steps else row.submitted_at,
        owner_names=owner_names(row, owner, others or await cases.secretariat(db, row)),
    )


def owner_names(row: Registration, owner: Owner, deciders: Sequence[Person]) -> tuple[str, ...]:
    """The names of those who hold a registration now."""
    match owner:
        case Owner.FOCAL_POINT | Owner.SECRETARIAT:
            return tuple(each.name for each in deciders if each.name)
        case Owner.APPLICANT:
            return (row.name,)
        case Owner.NOBODY:
            return ()


async def particulars(
    db: Reading | Writing, rows: Sequence[Registration]
) -> list[tuple[Registration, Particulars]]:
    """Registrations with what belongs to them; two questions, however many there are."""
    modes_of: dict[UUID, dict[UUID, Mode]] = {row.id: {} for row in rows}
    waiting_of: dict[UUID, set[UUID]] = {row.id: set() for row in rows}
    attending = select(Attending).where(col(Attending.registration_id).in_(modes_of))
    for each in await db.exec(attending):
        modes_of[each.registration_id][each.sitting_id] = each.mode
        if each.waits_since is not None:
            waiting_of[each.registration_id].add(each.sitting_id)
    query = (
        select(Registration.id, Person.email, Entity)
        .join(Person, col(Registration.person_id) == Person.id)
        .join(Entity, col(Registration.entity_id) == Entity.id, isouter=True)
        .where(col(Registration.id).in_(modes_of))
    )
    about = {key: (email, entity) for key, email, entity in (await db.exec(query)).all()}
    return [
        (row, Particulars(*about[row.id], modes_of[row.id], frozenset(waiting_of[row.id])))
        for row in rows
    ]


async def waiting(db: Reading | Writing, *, by: Person, now: datetime) -> list[ToDecide]:
    """What someone has to decide, the oldest first."""
    among = await to_decide(db, by=by, now=now)
    order = col(Registration.submitted_at), col(Registration.id)
    query = _with_all().where(*among).order_by(*order)
    return [ToDecide(*row) for row in (await db.exec(query)).all()]


async def to_decide(
    db: Reading | Writing, *, by: Person, now: datetime
) -> tuple[ColumnElement[bool], ...]:
    """The conditions of a registration that waits for someone's decision."""
    return (
        col(Registration.state) == RegistrationState.SUBMITTED,
        col(Registration.person_id) != by.id,
        col(Registration.entity_id).is_not(None),
        await _in_the_hands_of(db, by, now),
    )


def _with_all() -> Select[Registration, Person, Entity, Meeting]:
    return (
        select(Registration, Person, Entity, Meeting)
        .join(Person, col(Registration.person_id) == Person.id)
        .join(Entity, col(Registration.entity_id) == Entity.id)
        .join(Meeting, col(Registration.meeting_id) == Meeting.id)
    )


async def _in_the_hands_of(db: Reading | Writing, by: Person, now: datetime) -> ColumnElement[bool]:
    """Their own entities and, for the secretariat, those that nobody else decides for."""
    day = now.date()
    represented = await entities.represented(db, by, day)
    served = select(Appointment.meeting_id).where(
        Appointment.person_id == by.id,
        Appointment.function == Function.SECRETARIAT,
        col(Appointment.ended_at).is_(None),
    )
    ended = col(FocalPoint.valid_until)
    others = exists().where(
        col(FocalPoint.entity_id) == col(Registration.entity_id),
        col(FocalPoint.person_id) != col(Registration.person_id),
        col(FocalPoint.valid_from) <= day,
        or_(ended.is_(None), ended >= day),
    )
    return or_(
        col(Registration.entity_id).in_(represented),
        and_(col(Registration.meeting_id).in_(served), ~others),
    )
