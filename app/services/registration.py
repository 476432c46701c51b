"""Registration: a claim is made, decided where it needs a decision, edited, withdrawn."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, delete, exists, or_, select
from sqlmodel.sql.expression import Select

from app.database import Reading, Writing, hold, load, ring
from app.errors import Conflict, Malformed, NotFound, Refused
from app.i18n import Language, countries
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
    Sitting,
)
from app.policy import registration as rules
from app.policy.access import decide
from app.policy.delegation import DelegationReason, may_take_back
from app.policy.letters import LetterKind
from app.policy.parts import Right
from app.policy.people import Category, Function, Standing
from app.policy.refusal import No
from app.policy.registration import (
    Claim,
    ClaimFault,
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
from app.policy.sitting import SittingState
from app.policy.text import DIGITS, clean, fold, spelled
from app.services import access, acts, entities, letters, places

STEPS: Final = tuple(Step)
WITH_CALENDAR: Final = frozenset(
    {LetterKind.ACKNOWLEDGED, LetterKind.CONFIRMED, LetterKind.APPROVED, LetterKind.EDITED}
)


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


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who takes another delegate's seat, by the words of whoever sends them."""

    name: str
    job_title: str


@dataclass(slots=True)
class _Case:
    """One registration being changed by one person: the row is held."""

    db: Writing
    row: Registration
    meeting: Meeting
    by: Person
    now: datetime
    batch: UUID | None = None

    async def done(self, step: Step, reason: str = "", ground: Ground | None = None) -> None:
        """Keep the step, record the act, and have the person's doors asked again."""
        kept = _step(self.row, step, self.by, self.now, reason)
        kept.batch = self.batch
        self.db.add_all((self.row, kept))
        ring(self.db, f"person:{self.row.person_id}")
        await acts.record(
            self.db,
            f"registration-{step}",
            self.now,
            meeting_id=self.row.meeting_id,
            registration=str(self.row.id),
            version=self.row.version,
            by=str(self.by.id),
            ground=ground,
            **({"batch": str(self.batch)} if self.batch else {}),
        )

    async def tell(self, kind: LetterKind, *, reason: str = "") -> None:
        """Write to the person whose registration it is."""
        person = await load(self.db, Person, self.row.person_id)
        link = f"/registrations/{self.row.reference}"
        sittings = await self._sittings() if kind in WITH_CALENDAR else ""
        await self._write(kind, person, reason=reason, link=link, sittings=sittings)

    async def _sittings(self) -> str:
        """Sittings for the letter's calendar: where they have a place and the rule will admit."""
        query = (
            select(Sitting)
            .join(Attending, col(Attending.sitting_id) == col(Sitting.id))
            .where(Attending.registration_id == self.row.id, col(Attending.waits_since).is_(None))
            .order_by(col(Sitting.number))
        )
        found = (await self.db.exec(query)).all()
        days = {each.id: _day(each) for each in found}
        category = {day: await self._category(day) for day in set(days.values())}
        admitted = [str(each.id) for each in found if self._admits(each, category[days[each.id]])]
        return ",".join(admitted)

    async def _category(self, day: date) -> Category:
        if self.row.entity_id is None:
            return Category.STAKEHOLDER
        known, ended = await entities.category_on(self.db, self.row.entity_id, day)
        return known if known and not ended else Category.STAKEHOLDER

    def _admits(self, sitting: Sitting, category: Category) -> bool:
        edition = access.edition(self.meeting)
        return bool(decide(edition, Standing.of(category), sitting.part, Right.ATTEND))

    async def ask(self, kind: LetterKind = LetterKind.TO_DECIDE, *, reason: str = "") -> None:
        """Write to everyone who may decide, each with a link to the desk where it waits."""
        others = await _other_focal_points(self.db, self.row, self.now)
        desk = "/desk/focal-point" if others else "/desk/secretariat"
        for person in others or await _secretariat(self.db, self.row):
            await self._write(kind, person, reason=reason, link=desk)

    async def _write(self, kind: LetterKind, person: Person, **more: str) -> None:
        body = await _entity(self.db, self.row)
        facts = {
            "reference": self.row.reference,
            "meeting": self.meeting.title,
            "entity": body.name if body else "",
        }
        said = {fact: text for fact, text in {**facts, **more}.items() if text}
        await letters.write(self.db, kind, person, self.now, **said)


def _day(sitting: Sitting) -> date:
    return sitting.starts_at.astimezone(ZoneInfo(sitting.time_zone)).date()


def _step(
    row: Registration, step: Step, by: Person, now: datetime, reason: str
) -> RegistrationStep:
    return RegistrationStep(registration_id=row.id, at=now, step=step, by_id=by.id, reason=reason)


# What the person does.


async def submit(
    db: Writing, meeting_id: UUID, claim: Claim, *, by: Person, now: datetime
) -> Registration:
    """Claim a place at a meeting; after a rejection or a withdrawal the same row is used again."""
    person = await hold(db, Person, by.id)  # of two claims of one person at once, one is second
    meeting = await load(db, Meeting, meeting_id)
    claim = await _examined(db, meeting, claim)
    if person.verified_at is None:
        raise Refused(No(RegistrationReason.NOT_VERIFIED))
    found = await mine(db, person, meeting_id)
    if found is None:
        case = _Case(db, _new(meeting, person, claim, now), meeting, person, now)
    else:
        case = _Case(db, await hold(db, Registration, found.id), meeting, person, now)
        if case.row.state in rules.LIVE:
            raise Conflict(RegistrationReason.REGISTERED, reference=case.row.reference)
        case.row.version += 1
    case.row.submitted_at = now
    await _put(case, claim, Step.SUBMITTED, anew=True)
    _introduce(person, claim)
    return case.row


def _new(meeting: Meeting, person: Person, claim: Claim, now: datetime) -> Registration:
    return Registration(
        meeting_id=meeting.id,
        person_id=person.id,
        reference=new_reference(),
        capacity=claim.capacity,
        name=claim.name,
        name_folded=fold(claim.name),
        state=RegistrationState.SUBMITTED,
        submitted_at=now,
    )


def new_reference() -> str:
    """Eight signs that can be read out over the telephone: one of a million million."""
    return "".join(secrets.choice(DIGITS) for _ in range(8))


def _introduce(person: Person, claim: Claim) -> None:
    """What people say of themselves for the first time is how the service knows them."""
    person.name = person.name or claim.name
    person.affiliation = person.affiliation or claim.organization
    person.country = person.country or claim.country
    person.job_title = person.job_title or claim.job_title


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
    case = await _own(db, registration_id, version, by, now)
    if case.row.state is RegistrationState.WITHDRAWN:
        raise Conflict(RegistrationReason.WITHDRAWN)
    claim = await _examined(db, case.meeting, claim)
    case.row.version += 1
    await _put(case, claim, Step.EDITED, anew=case.row.state not in rules.LIVE)
    return case.row


async def own(
    db: Writing, registration_id: UUID, *, version: int, by: Person, now: datetime
) -> Registration:
    """One's own registration, held in this version, for what changes nothing of the claim."""
    case = await _own(db, registration_id, version, by, now)
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
    return replace(claim, modes=()) == kept and dict(claim.modes) == await modes(db, row.id)


async def withdraw(
    db: Writing, registration_id: UUID, *, version: int, by: Person, now: datetime
) -> Registration:
    """Give up one's place; only the person can. The answers to the form serve nobody any more."""
    case = await _own(db, registration_id, version, by, now)
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


async def _own(
    db: Writing, registration_id: UUID, version: int, by: Person, now: datetime
) -> _Case:
    case = await _held(db, registration_id, by, now)
    if case.row.person_id != by.id:
        raise Refused(No(RegistrationReason.NOT_YOURS))
    _or_changed(case.row, version)
    return case


async def _put(case: _Case, claim: Claim, step: Step, *, anew: bool) -> None:
    """Make the row say what the claim says, and bring it to whoever owns it next.

    Anew, nothing is held of what was held before: others may have it by now.
    """
    row = case.row
    waits_there = row.state is RegistrationState.SUBMITTED and row.entity_id == claim.entity_id
    _say(row, claim)
    row.decided_at, row.decided_by, row.reason = None, None, ""
    row.state = RegistrationState.SUBMITTED
    case.db.add(row)
    await case.db.flush()
    await places.attend(case.db, row, dict(claim.modes), case.now, anew=anew)
    await case.done(step)
    if ground := await _confirmed_at_once(case, claim):
        row.state, row.decided_at = RegistrationState.APPROVED, case.now
        await case.done(Step.CONFIRMED, ground=ground)
        await case.tell(LetterKind.CONFIRMED if step is Step.SUBMITTED else LetterKind.EDITED)
        return
    await case.tell(LetterKind.ACKNOWLEDGED if step is Step.SUBMITTED else LetterKind.EDITED)
    if step is Step.SUBMITTED or not waits_there:
        await case.ask()  # else they have been written to, and find the change in their list


def _say(row: Registration, claim: Claim) -> None:
    row.capacity, row.entity_id, row.group = claim.capacity, claim.entity_id, claim.group
    row.name, row.organization = claim.name, claim.organization
    row.name_folded = fold(claim.name)
    row.country, row.job_title = claim.country, claim.job_title


async def _attend(case: _Case) -> None:
    """Take, or wait for, the places that the row names: it lives from now on, or again."""
    await case.db.flush()
    wanted = await modes(case.db, case.row.id)
    await places.attend(case.db, case.row, wanted, case.now, anew=True)


async def _confirmed_at_once(case: _Case, claim: Claim) -> Ground | None:
    day = case.now.date()
    own = await entities.own_entities(case.db, case.by, day)
    return rules.at_once(claim, by_focal_point=claim.entity_id in own)


async def _examined(db: Writing, meeting: Meeting, claim: Claim) -> Claim:
    """The claim in one spelling, or Malformed with every fault; a meeting may be over."""
    query = select(Sitting).where(Sitting.meeting_id == meeting.id)
    sittings = (await db.exec(query)).all()
    if sittings and all(each.state is SittingState.CLOSED for each in sittings):
        raise Conflict(RegistrationReason.MEETING_OVER)
    claim = rules.cleaned(claim)
    faults = rules.faults(claim, {each.id for each in sittings}, countries(Language.ENGLISH))
    if claim.entity_id is not None and await db.get(Entity, claim.entity_id) is None:
        faults["entity_id"] = ClaimFault.UNKNOWN_ENTITY
    if faults:
        raise Malformed(**faults)
    return claim


# What others decide.


async def approve(
    db: Writing,
    registration_id: UUID,
    *,
    version: int,
    by: Person,
    now: datetime,
    batch: UUID | None = None,
) -> Registration:
    """Confirm a claim as it was in this version; of two approvals at once the second is told.

    Decisions of one ``batch`` are taken back together.
    """
    case, ground = await _to_decide(db, registration_id, version, by, now)
    case.batch = batch
    case.row.state = RegistrationState.APPROVED
    case.row.decided_at, case.row.decided_by = now, by.id
    await case.done(Step.APPROVED, ground=ground)
    await case.tell(LetterKind.APPROVED)
    return case.row


async def reject(
    db: Writing,
    registration_id: UUID,
    *,
    version: int,
    reason: str,
    by: Person,
    now: datetime,
    batch: UUID | None = None,
) -> Registration:
    """Refuse a claim as it was in this version, and say why."""
    case, ground = await _to_decide(db, registration_id, version, by, now)
    case.batch = batch
    reason = clean(reason)
    if fault := rules.fault_of_reason(reason):
        raise Malformed(reason=fault)
    case.row.state, case.row.reason = RegistrationState.REJECTED, reason
    case.row.decided_at, case.row.decided_by = now, by.id
    await case.done(Step.REJECTED, reason, ground)
    await places.release(db, case.row, now)
    await case.tell(LetterKind.REJECTED, reason=reason)
    return case.row


async def _to_decide(
    db: Writing, registration_id: UUID, version: int, by: Person, now: datetime
) -> tuple[_Case, Ground]:
    case = await _held(db, registration_id, by, now)
    decider = await _decider(db, case.row, by, now)
    if not (may := rules.may_decide(decider)):
        raise Refused(may)
    if case.row.state is RegistrationState.WITHDRAWN:
        raise Conflict(RegistrationReason.WITHDRAWN)
    _or_changed(case.row, version)
    await _or_decided(case)
    return case, Ground.FOCAL_POINT if decider.is_focal_point else Ground.SECRETARIAT


async def _or_decided(case: _Case) -> None:
    """Whoever comes second is told what was decided, by whom and when."""
    row = case.row
    if row.state is RegistrationState.SUBMITTED:
        return
    decider = await case.db.get(Person, row.decided_by) if row.decided_by else None
    told = decider.name if decider else ""
    raise Conflict(RegistrationReason.DECIDED, state=row.state, by=told, at=row.decided_at)


async def take_back(
    db: Writing, registration_id: UUID, taken_at: datetime, *, by: Person, now: datetime
) -> Registration:
    """Undo a decision of a moment ago, of whoever may decide: it waits again, as it was.

    Who was put forward and has not answered yet is not put forward any more.
    """
    case = await _held(db, registration_id, by, now)
    if not (may := rules.may_decide(await _decider(db, case.row, by, now))):
        raise Refused(may)
    row = case.row
    if not (may_back := may_take_back(row.state, row.decided_at, taken_at, now)):
        raise Conflict(may_back.reason)
    nominated = row.state is RegistrationState.NOMINATED
    rejected = row.state is RegistrationState.REJECTED
    row.state = RegistrationState.WITHDRAWN if nominated else RegistrationState.SUBMITTED
    row.decided_at, row.decided_by, row.reason = None, None, ""
    if rejected:
        await _attend(case)
    await case.done(Step.WITHDRAWN if nominated else Step.REOPENED)
    await case.tell(LetterKind.WITHDRAWN if nominated else LetterKind.REOPENED)
    return row


async def ask(
    db: Writing, registration_id: UUID, question: str, *, version: int, by: Person, now: datetime
) -> Registration:
    """Ask the applicant something before deciding; until they answer it is theirs to act."""
    case, ground = await _to_decide(db, registration_id, version, by, now)
    question = clean(question)
    if fault := rules.fault_of_reason(question):
        raise Malformed(question=fault)
    await case.done(Step.ASKED, question, ground)
    await case.tell(LetterKind.ASKED, reason=question)
    return case.row


async def answer(
    db: Writing, registration_id: UUID, said: str, *, by: Person, now: datetime
) -> Registration:
    """The applicant's answer; it goes to everyone who may decide."""
    case = await _held(db, registration_id, by, now)
    if case.row.person_id != by.id:
        raise Refused(No(RegistrationReason.NOT_YOURS))
    if case.row.state is RegistrationState.WITHDRAWN:
        raise Conflict(RegistrationReason.WITHDRAWN)
    await _or_decided(case)
    steps = (await track(db, case.row, now)).steps
    if not rules.question_waits(each.step for each in steps):
        raise Conflict(DelegationReason.NO_QUESTION)
    said = clean(said)
    if fault := rules.fault_of_reason(said):
        raise Malformed(answer=fault)
    await case.done(Step.ANSWERED, said)
    await case.ask(LetterKind.ANSWERED, reason=said)
    return case.row


async def accept(
    db: Writing, registration_id: UUID, *, version: int, by: Person, now: datetime
) -> Registration:
    """Whoever was put forward confirms that they take part: the approval was given with it."""
    case = await _own(db, registration_id, version, by, now)
    if case.row.state is not RegistrationState.NOMINATED:
        raise Conflict(RegistrationReason.NOT_NOMINATED)
    if by.verified_at is None:
        raise Refused(No(RegistrationReason.NOT_VERIFIED))
    case.row.state = RegistrationState.APPROVED
    await _attend(case)
    await case.done(Step.ACCEPTED, ground=Ground.FOCAL_POINT)
    await case.tell(LetterKind.APPROVED)
    return case.row


async def substitute(
    db: Writing,
    registration_id: UUID,
    newcomer: Person,
    said: Newcomer,
    *,
    version: int,
    by: Person,
    now: datetime,
) -> Registration:
    """Give a confirmed delegate's seat to another person; the newcomer's registration.

    In one act the one is withdrawn and the other approved; sittings and modes stay what they were.
    Both are told by mail.
    """
    old = await _held(db, registration_id, by, now)
    if not (may := rules.may_decide(await _decider(db, old.row, by, now))):
        raise Refused(may)
    if old.row.state is RegistrationState.WITHDRAWN:
        raise Conflict(RegistrationReason.WITHDRAWN)
    _or_changed(old.row, version)
    if old.row.state is not RegistrationState.APPROVED:
        raise Conflict(DelegationReason.NOT_CONFIRMED)
    if newcomer.id == by.id:
        raise Refused(No(RegistrationReason.OWN_CLAIM))
    modes_ = await modes(db, old.row.id)
    claim = _in_the_seat(old.row, said, modes_)
    claim = await _examined(db, old.meeting, claim)
    new = await _seat_for(db, old, newcomer, claim, now)
    old.row.state = RegistrationState.WITHDRAWN
    old.row.decided_at, old.row.decided_by, old.row.reason = now, by.id, ""
    await db.exec(delete(BadgePhoto).where(col(BadgePhoto.registration_id) == old.row.id))
    await old.done(Step.REPLACED, new.row.reference, Ground.FOCAL_POINT)
    await old.tell(LetterKind.REPLACED)
    new.row.state = RegistrationState.APPROVED
    new.row.decided_at, new.row.decided_by = now, by.id
    await new.done(Step.STEPPED_IN, old.row.reference, Ground.FOCAL_POINT)
    await new.tell(LetterKind.STEPPED_IN)
    return new.row


def _in_the_seat(row: Registration, said: Newcomer, modes_: dict[UUID, Mode]) -> Claim:
    return Claim(
        capacity=row.capacity,
        entity_id=row.entity_id,
        group=row.group,
        name=said.name,
        organization=row.organization,
        country=row.country,
        job_title=said.job_title,
        modes=tuple(modes_.items()),
    )


async def _seat_for(
    db: Writing, old: _Case, newcomer: Person, claim: Claim, now: datetime
) -> _Case:
    """The newcomer's registration with all that the seat says, whatever state it had before."""
    found = await mine(db, newcomer, old.row.meeting_id)
    if found is None:
        row = _new(old.meeting, newcomer, claim, now)
    else:
        row = await hold(db, Registration, found.id)
        if row.state in rules.LIVE:
            raise Conflict(DelegationReason.ALREADY_THERE, reference=row.reference)
        row.version += 1
    _say(row, claim)
    row.submitted_at, row.reason = now, ""
    db.add(row)
    await db.flush()
    case = _Case(db, row, old.meeting, old.by, now)
    await places.hand_on(db, old.row, row)
    _introduce(newcomer, claim)
    return case


async def _held(db: Writing, registration_id: UUID, by: Person, now: datetime) -> _Case:
    """The registration, locked before anything is asked about it; NotFound for who may not know."""
    row = await hold(db, Registration, registration_id)
    if not rules.may_know(await _decider(db, row, by, now)):
        raise NotFound
    return _Case(db, row, await load(db, Meeting, row.meeting_id), by, now)


def _or_changed(row: Registration, version: int) -> None:
    if row.version != version:
        raise Conflict(RegistrationReason.CHANGED, version=row.version)


async def _decider(db: Reading | Writing, row: Registration, by: Person, now: datetime) -> Decider:
    others = await _other_focal_points(db, row, now)
    return Decider(
        is_applicant=row.person_id == by.id,
        is_focal_point=by.id in {each.id for each in others},
        is_secretariat=await access.is_secretariat(db, by, row.meeting_id),
        others_are_focal_points=bool(others),
    )


async def relation(db: Reading | Writing, row: Registration, by: Person, now: datetime) -> Decider:
    """What somebody is to a registration: whose it is, who decides on it, the secretariat."""
    return await _decider(db, row, by, now)


async def may_decide(
    db: Reading | Writing, row: Registration, *, by: Person | None, now: datetime
) -> bool:
    """Whether someone decides about this registration: what a page offers them."""
    return by is not None and bool(rules.may_decide(await _decider(db, row, by, now)))


async def _other_focal_points(
    db: Reading | Writing, row: Registration, now: datetime
) -> list[Person]:
    """The focal points of the entity; the applicant is not counted: nobody decides their own."""
    if row.entity_id is None:
        return []
    found = await entities.focal_points(db, row.entity_id, now.date())
    return [each for each in found if each.id != row.person_id]


async def _secretariat(db: Reading | Writing, row: Registration) -> Sequence[Person]:
    """Who may act on a claim where there is no focal point who may."""
    query = (
        select(Person)
        .join(Appointment, col(Appointment.person_id) == Person.id)
        .where(
            Appointment.meeting_id == row.meeting_id,
            Appointment.function == Function.SECRETARIAT,
            col(Appointment.ended_at).is_(None),
            Person.id != row.person_id,
        )
        .order_by(col(Person.name), col(Person.id))
    )
    return (await db.exec(query)).all()


# What people may see.


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
    if found is None or not rules.may_know(await _decider(db, found, by, now)):
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
    others = await _other_focal_points(db, row, now)
    asked = rules.question_waits(each.step for each in steps)
    owner = rules.owner(row.state, has_focal_point=bool(others), asked=asked)
    return Track(
        steps=tuple(steps),
        owner=owner,
        since=steps[-1].at if steps else row.submitted_at,
        owner_names=await _owner_names(db, row, owner, others),
    )


async def _owner_names(
    db: Reading | Writing, row: Registration, owner: Owner, others: Sequence[Person]
) -> tuple[str, ...]:
    match owner:
        case Owner.FOCAL_POINT | Owner.SECRETARIAT:
            found = others or await _secretariat(db, row)
            return tuple(each.name for each in found if each.name)
        case Owner.APPLICANT:
            return (row.name,)
        case Owner.NOBODY:
            return ()


async def modes(db: Reading | Writing, registration_id: UUID) -> dict[UUID, Mode]:
    """How someone means to attend, by sitting; a sitting that is not there they do not."""
    query = select(Attending).where(Attending.registration_id == registration_id)
    return {each.sitting_id: each.mode for each in await db.exec(query)}


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


async def _entity(db: Reading | Writing, row: Registration) -> Entity | None:
    return await db.get(Entity, row.entity_id) if row.entity_id else None
