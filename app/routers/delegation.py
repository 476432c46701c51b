"""A focal point's list across meetings; many decisions at once; questions, seats and undoing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, status
from pydantic import Field

from app import depends
from app.depends import HouseIn, Me, Now, Reading, Writing
from app.errors import Conflict, Malformed, NotFound, Refused
from app.policy.flags import Flag
from app.policy.people import Capacity
from app.policy.registration import RegistrationState
from app.routers.registrations import EntityOut, TrackedOut, VersionIn, tracked
from app.routers.schemas import In, OneOf, Out, Text
from app.services import decisions, delegation, flags, identity, nomination, registration
from app.services.delegation import Listed, Outcome, Wish
from app.services.flags import Raised

router = APIRouter(prefix="/api/v1", tags=["delegation"], dependencies=[Depends(depends.same_site)])


class FlagOut(Out):
    """What to look at twice; it refuses nobody. ``about``: the other reference, or the domain."""

    flag: Flag
    about: str


class DelegateOut(Out):
    """A registration as those see it who decide for its entity."""

    reference: str
    meeting: str
    entity: EntityOut
    name: str
    email: str
    job_title: str
    capacity: Capacity
    state: RegistrationState
    version: int
    submitted_at: datetime
    decided_at: datetime | None
    decided_by: str
    reason: str
    question_waits: bool
    flags: list[FlagOut]


class DelegationOut(Out):
    """A part of the list, the newest first; ``next`` is the ``after`` of the next, or empty."""

    registrations: list[DelegateOut]
    next: str


class DecisionIn(VersionIn):
    reference: Text
    approve: bool
    reason: Text = ""


class DecisionsIn(In):
    decisions: list[DecisionIn] = Field(min_length=1, max_length=delegation.MOST_AT_ONCE)


class OutcomeOut(Out):
    """What became of one decision; of one that somebody else took first also whose it was."""

    reference: str
    taken: bool
    reason: str = ""
    state: RegistrationState | None = None
    decided_by: str = ""
    decided_at: datetime | None = None


class DecidedOut(Out):
    """``batch`` is the name under which all of it is taken back, within the hour."""

    batch: UUID
    outcomes: list[OutcomeOut]


class QuestionIn(VersionIn):
    question: Text


class AnswerIn(In):
    answer: Text


class NewcomerIn(VersionIn):
    name: Text
    email: Text
    job_title: Text = ""


@router.get("/delegation")
async def listed(
    me: Me,
    now: Now,
    db: Reading,
    state: Annotated[RegistrationState | None, OneOf] = None,
    meeting: Annotated[str, Query(max_length=80)] = "",
    entity: UUID | None = None,
    q: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[str, Query(max_length=80)] = "",
) -> DelegationOut:
    """The registrations of all meetings for the entities that one is focal point of."""
    asked = delegation.Asked(state, meeting, entity, q)
    page = await delegation.listed(db, asked, by=me, now=now, limit=limit, after=after)
    raised = await flags.of(db, [each.about for each in page.rows], now)
    rows = [_one(each, raised[each.about.registration.id]) for each in page.rows]
    return DelegationOut(registrations=rows, next=page.onward)


@router.post("/delegation/decisions")
async def decide(sent: DecisionsIn, me: Me, now: Now, at: HouseIn) -> DecidedOut:
    """Approve and reject many at once; one that cannot be taken leaves the others as they are.

    A few are decided in each transaction. One that the database did not get to is told as
    ``decision-not-reached``, and waits as before.
    """
    async with at.database.reading() as view:
        known = await delegation.by_references(view, [each.reference for each in sent.decisions])
    wanted = [
        Wish(known[each.reference], each.version, each.approve, each.reason)
        for each in sent.decisions
        if each.reference in known
    ]
    done = await delegation.decide_all(at.database, wanted, by=me, now=now)
    names = {key: reference for reference, key in known.items()}
    strange = [each.reference for each in sent.decisions if each.reference not in known]
    outcomes = [_outcome(each, names[each.registration_id]) for each in done.outcomes]
    outcomes += [OutcomeOut(reference=each, taken=False, reason="not-found") for each in strange]
    return DecidedOut(batch=done.batch, outcomes=outcomes)


@router.post("/delegation/decisions/{batch}/undo")
async def take_back(batch: UUID, me: Me, now: Now, at: HouseIn) -> list[OutcomeOut]:
    """Take back what was decided together, each unless it was overtaken meanwhile, within the hour.

    Of people who were put forward together those are told who stay: they have confirmed it.
    """
    async with at.database.writing() as db:
        back = await nomination.take_back(db, batch, by=me, now=now)
    if back.known:
        return [_outcome(Outcome(each.key, refusal=each.why), each.reference) for each in back.stay]
    done = await delegation.take_back(at.database, batch, by=me, now=now)
    return [_outcome(each, each.reference) for each in done]


@router.post(
    "/registrations/{reference}/questions",
    status_code=status.HTTP_201_CREATED,
    dependencies=[depends.ON_RECORD],
)
async def ask(
    reference: str, sent: QuestionIn, me: Me, at: HouseIn, now: Now, db: Writing
) -> TrackedOut:
    """Ask the applicant something before deciding; it stays on the track."""
    await at.rates.take(at.settings.claims_per_person, "claim", str(me.id))
    row = await registration.by_reference(db, reference, by=me, now=now)
    row = await decisions.ask(db, row.id, sent.question, version=sent.version, by=me, now=now)
    return await tracked(db, row, now)


@router.post("/registrations/{reference}/answers", status_code=status.HTTP_201_CREATED)
async def answer(
    reference: str, sent: AnswerIn, me: Me, at: HouseIn, now: Now, db: Writing
) -> TrackedOut:
    """Answer the question that waits; those who decide are told by mail."""
    await at.rates.take(at.settings.claims_per_person, "claim", str(me.id))
    row = await registration.by_reference(db, reference, by=me, now=now)
    return await tracked(db, await decisions.answer(db, row.id, sent.answer, by=me, now=now), now)


@router.post("/registrations/{reference}/accept")
async def accept(reference: str, sent: VersionIn, me: Me, now: Now, db: Writing) -> TrackedOut:
    """Confirm that one takes part, after the focal point has put one forward."""
    row = await registration.by_reference(db, reference, by=me, now=now)
    row = await decisions.accept(db, row.id, version=sent.version, by=me, now=now)
    return await tracked(db, row, now)


@router.post("/registrations/{reference}/substitute", dependencies=[depends.ON_RECORD])
async def substitute(
    reference: str, sent: NewcomerIn, me: Me, at: HouseIn, now: Now, db: Writing
) -> TrackedOut:
    """Give a confirmed delegate's seat to another person; the answer is the newcomer's."""
    await at.rates.take(at.settings.claims_per_person, "claim", str(me.id))
    row = await registration.by_reference(db, reference, by=me, now=now)
    newcomer = await identity.person_for(db, sent.email, now)
    said = decisions.Newcomer(sent.name, sent.job_title)
    row = await decisions.substitute(
        db, row.id, newcomer, said, version=sent.version, by=me, now=now
    )
    return await tracked(db, row, now)


def _one(each: Listed, raised: Sequence[Raised]) -> DelegateOut:
    row, about = each.about.registration, each.about
    return DelegateOut(
        reference=row.reference,
        meeting=about.meeting.slug,
        entity=EntityOut(id=about.entity.id, name=about.entity.name),
        name=row.name,
        email=about.person.email,
        job_title=row.job_title,
        capacity=row.capacity,
        state=row.state,
        version=row.version,
        submitted_at=row.submitted_at,
        decided_at=row.decided_at,
        decided_by=each.decided_by,
        reason=row.reason,
        question_waits=each.asked,
        flags=[FlagOut(flag=one.flag, about=one.about) for one in raised],
    )


def _outcome(each: Outcome, reference: str) -> OutcomeOut:
    match each.refusal:
        case None:
            return OutcomeOut(reference=reference, taken=True)
        case Conflict(reason=reason, facts=facts):
            state, at = facts.get("state"), facts.get("at")
            return OutcomeOut(
                reference=reference,
                taken=False,
                reason=reason,
                state=RegistrationState(str(state)) if state else None,
                decided_by=str(facts.get("by") or ""),
                decided_at=at if isinstance(at, datetime) else None,
            )
        case Malformed(faults=faults):
            return OutcomeOut(reference=reference, taken=False, reason=faults["reason"])
        case NotFound():
            return OutcomeOut(reference=reference, taken=False, reason="not-found")
        case Refused(decision=decision):
            reason = str(getattr(decision, "reason", decision))
            return OutcomeOut(reference=reference, taken=False, reason=reason)
