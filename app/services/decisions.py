"""Decisions on claims: approved, rejected, asked about, taken back; a seat handed to another."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, delete

from app.database import Writing, hold
from app.errors import Conflict, Malformed, Refused
from app.models import BadgePhoto, Person, Registration
from app.policy import registration as rules
from app.policy.delegation import DelegationReason, may_take_back
from app.policy.letters import LetterKind
from app.policy.refusal import No
from app.policy.registration import (
    Claim,
    Ground,
    Mode,
    RegistrationReason,
    RegistrationState,
    Step,
)
from app.policy.text import clean
from app.services import access, cases, places, registration
from app.services.cases import Case


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who takes another delegate's seat, by the words of whoever sends them."""

    name: str
    job_title: str


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
) -> tuple[Case, Ground]:
    case = await cases.held(db, registration_id, by, now)
    decider = await cases.decider(db, case.row, by, now)
    if not (may := rules.may_decide(decider)):
        raise Refused(may)
    if case.row.state is RegistrationState.WITHDRAWN:
        raise Conflict(RegistrationReason.WITHDRAWN)
    cases.or_changed(case.row, version)
    await _or_decided(case)
    return case, Ground.FOCAL_POINT if decider.is_focal_point else Ground.SECRETARIAT


async def _or_decided(case: Case) -> None:
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
    case = await cases.held(db, registration_id, by, now)
    if not (may := rules.may_decide(await cases.decider(db, case.row, by, now))):
        raise Refused(may)
    row = case.row
    if not (may_back := may_take_back(row.state, row.decided_at, taken_at, now)):
        raise Conflict(may_back.reason)
    nominated = row.state is RegistrationState.NOMINATED
    rejected = row.state is RegistrationState.REJECTED
    row.state = RegistrationState.WITHDRAWN if nominated else RegistrationState.SUBMITTED
    row.decided_at, row.decided_by, row.reason = None, None, ""
    if rejected:
        await case.attend()
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
    case = await cases.held(db, registration_id, by, now)
    if case.row.person_id != by.id:
        raise Refused(No(RegistrationReason.NOT_YOURS))
    if case.row.state is RegistrationState.WITHDRAWN:
        raise Conflict(RegistrationReason.WITHDRAWN)
    await _or_decided(case)
    steps = (await registration.track(db, case.row, now)).steps
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
    case = await cases.held_own(db, registration_id, version, by, now)
    if case.row.state is not RegistrationState.NOMINATED:
        raise Conflict(RegistrationReason.NOT_NOMINATED)
    if by.verified_at is None:
        raise Refused(No(RegistrationReason.NOT_VERIFIED))
    case.row.state = RegistrationState.APPROVED
    await case.attend()
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
    old = await cases.held(db, registration_id, by, now)
    if not (may := rules.may_decide(await cases.decider(db, old.row, by, now))):
        raise Refused(may)
    if old.row.state is RegistrationState.WITHDRAWN:
        raise Conflict(RegistrationReason.WITHDRAWN)
    cases.or_changed(old.row, version)
    if old.row.state is not RegistrationState.APPROVED:
        raise Conflict(DelegationReason.NOT_CONFIRMED)
    if newcomer.id == by.id:
        raise Refused(No(RegistrationReason.OWN_CLAIM))
    modes_ = await places.modes(db, old.row.id)
    claim = _in_the_seat(old.row, said, modes_)
    claim = await cases.examined(db, old.meeting, claim)
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


async def _seat_for(db: Writing, old: Case, newcomer: Person, claim: Claim, now: datetime) -> Case:
    """The newcomer's registration with all that the seat says, whatever state it had before."""
    found = await access.registration_of(db, newcomer, old.row.meeting_id)
    if found is None:
        row = cases.begun(old.meeting, newcomer, claim, now)
    else:
        row = await hold(db, Registration, found.id)
        if row.state in rules.LIVE:
            raise Conflict(DelegationReason.ALREADY_THERE, reference=row.reference)
        row.version += 1
    cases.say(row, claim)
    row.submitted_at, row.reason = now, ""
    db.add(row)
    await db.flush()
    case = Case(db, row, old.meeting, old.by, now)
    await places.hand_on(db, old.row, row)
    cases.introduce(newcomer, claim)
    return case
