"""Topics of the group: proposed, decided on by a meeting, referred to Council, with a history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import and_, col, func, or_, select

from app.database import Reading, Writing, hold
from app.errors import Conflict, Malformed, NotFound, Refused
from app.models import Entity, Meeting, Person, Topic, TopicStep
from app.policy import text
from app.policy.consultation import (
    DECISIONS,
    MOST_WAIT,
    NEED_WHY,
    STEPS,
    WHY,
    ConsultationFault,
    ConsultationReason,
    NewTopic,
    TopicState,
    may_propose,
    may_record,
)
from app.policy.people import Category
from app.policy.refusal import No
from app.policy.registration import RegistrationState
from app.policy.sitting import SittingState
from app.services import access, acts, entities, meetings
from app.services.roll import Place

NUMBERS: Final = 0x43575450
SECRETARIAT: Final = "Secretariat"
LAST: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Entitled:
    """As what somebody proposes: for a Member State, or the secretariat."""

    proposer: str


# Read.


async def by_number(db: Reading | Writing, number: int) -> Topic:
    """A topic by its number; it is public from its proposal on."""
    found = await of_number(db, number)
    if found is None:
        raise NotFound
    return found


async def of_number(db: Reading | Writing, number: int) -> Topic | None:
    """The same; None where no topic has it."""
    if not 0 < number <= LAST:
        return None
    return (await db.exec(select(Topic).where(Topic.number == number))).first()


async def page(
    db: Reading | Writing,
    state: TopicState | None = None,
    *,
    after: Place | None = None,
    limit: int = 1000,
) -> Sequence[Topic]:
    """Topics in the order of their proposal, of one state or all."""
    at, key = col(Topic.proposed_at), col(Topic.id)
    query = select(Topic).order_by(at, key).limit(limit)
    if state is not None:
        query = query.where(Topic.state == state)
    if after is not None:
        query = query.where(or_(at > after.at, and_(at == after.at, key > after.id)))
    return (await db.exec(query)).all()


def place(topic: Topic) -> Place:
    return Place(topic.proposed_at, topic.id)


async def history(db: Reading | Writing, topic: Topic) -> list[tuple[TopicStep, Meeting | None]]:
    """Its steps in their order, each with the meeting that it belongs to."""
    query = (
        select(TopicStep, Meeting)
        .join(Meeting, col(Meeting.id) == col(TopicStep.meeting_id), isouter=True)
        .where(TopicStep.topic_id == topic.id)
        .order_by(col(TopicStep.at), col(TopicStep.id))
    )
    return [(step, meeting) for step, meeting in (await db.exec(query)).all()]


async def version(db: Reading | Writing, topic: Topic) -> int:
    """How many steps it has had: whoever decides says how many they saw."""
    return (await versions(db, [topic]))[topic.id]


async def versions(db: Reading | Writing, found: Sequence[Topic]) -> Mapping[UUID, int]:
    keys = [each.id for each in found]
    query = (
        select(TopicStep.topic_id, func.count())
        .where(col(TopicStep.topic_id).in_(keys))
        .group_by(col(TopicStep.topic_id))
    )
    return dict.fromkeys(keys, 0) | dict((await db.exec(query)).all())


async def entitled(
    db: Reading | Writing, person: Person, meeting: Meeting, now: datetime
) -> Entitled:
    """As what somebody may propose topics to a meeting, or Refused (R3)."""
    held = await access.functions(db, person, meeting.id)
    category, entity = await _represents(db, person, meeting, now)
    allowed = may_propose(category, held)
    if not allowed:
        raise Refused(allowed)
    state = entity if category is Category.MEMBER_STATE else None
    return Entitled(state.name if state else SECRETARIAT)


async def _represents(
    db: Reading | Writing, person: Person, meeting: Meeting, now: datetime
) -> tuple[Category | None, Entity | None]:
    """The body of somebody's approved registration, and its category on this day."""
    row = await access.registration_of(db, person, meeting.id)
    if row is None or row.entity_id is None or row.state is not RegistrationState.APPROVED:
        return None, None
    found = await entities.categories_on(db, [row.entity_id], now.date())
    category, ended = found.get(row.entity_id, (None, True))
    return None if ended else category, await db.get(Entity, row.entity_id)


async def may_act(
    db: Reading | Writing, person: Person | None, topic: Topic, meeting: Meeting
) -> bool:
    """Whether somebody may record a decision of this meeting on a topic."""
    held = await access.functions(db, person, meeting.id)
    return bool(may_record(held, own=person is not None and topic.person_id == person.id))


async def recording(db: Reading | Writing, person: Person | None) -> list[Meeting]:
    """The meetings whose decisions somebody may record, the newest first."""
    return [
        each
        for each in await meetings.listed(db)
        if may_record(await access.functions(db, person, each.id), own=False)
    ]


# Write.


async def propose(
    db: Writing, meeting_id: UUID, new: NewTopic, *, by: Person, now: datetime
) -> Topic:
    """Propose a topic to a meeting; for a delegate of a Member State and the secretariat."""
    meeting = await hold(db, Meeting, meeting_id)
    proposer = (await entitled(db, by, meeting, now)).proposer
    await _or_over(db, meeting)
    new = new.cleaned()
    if faults := new.faults():
        raise Malformed(**faults)
    await _or_too_many(db, meeting, proposer)
    made = Topic(
        number=await _next(db),
        titles=dict(new.titles),
        about=new.about,
        issue=new.issue,
        outside_why=new.outside_why,
        person_id=by.id,
        proposer=proposer,
        proposed_at=now,
    )
    db.add(made)
    await db.flush()
    await _step(db, made, TopicState.PROPOSED, by, now, meeting_id=meeting.id)
    return made


async def _or_over(db: Writing, meeting: Meeting) -> None:
    """To a meeting that is over nothing is proposed: its delegates have gone home."""
    sittings = await meetings.sittings(db, meeting.id)
    if sittings and all(each.state is SittingState.CLOSED for each in sittings):
        raise Conflict(ConsultationReason.MEETING_OVER)


async def _or_too_many(db: Writing, meeting: Meeting, proposer: str) -> None:
    proposed = select(TopicStep.topic_id).where(
        TopicStep.state == TopicState.PROPOSED, TopicStep.meeting_id == meeting.id
    )
    waiting = select(func.count()).where(
        Topic.state == TopicState.PROPOSED,
        Topic.proposer == proposer,
        col(Topic.id).in_(proposed),
    )
    if (await db.exec(waiting)).one() >= MOST_WAIT:
        raise Conflict(ConsultationReason.TOO_MANY_WAIT)


async def _next(db: Writing) -> int:
    """The next number; on PostgreSQL an advisory lock lets two proposals wait for each other."""
    if db.get_bind().dialect.name == "postgresql":
        await db.scalar(select(func.pg_advisory_xact_lock(NUMBERS)))
    return ((await db.exec(select(func.max(Topic.number)))).one() or 0) + 1


async def decide(
    db: Writing,
    topic_id: UUID,
    state: TopicState,
    meeting: Meeting,
    *,
    why: str,
    version: int,
    by: Person,
    now: datetime,
) -> Topic:
    """Record what a meeting decided on a topic: agreed, declined, or referred to Council."""
    topic = await hold(db, Topic, topic_id)
    held = await access.functions(db, by, meeting.id)
    allowed = may_record(held, own=topic.person_id == by.id)
    if not allowed:
        raise Refused(allowed)
    await _or_stale(db, topic, version)
    if state not in DECISIONS or state not in STEPS[topic.state]:
        raise Conflict(ConsultationReason.NO_SUCH_STEP)
    said = text.clean(why.replace("\r\n", "\n"))
    await _step(db, topic, state, by, now, meeting_id=meeting.id, why=_reason(state, said))
    return topic


async def withdraw(
    db: Writing, topic_id: UUID, *, why: str, version: int, by: Person, now: datetime
) -> Topic:
    """Take back one's own proposal, while no meeting has decided on it."""
    topic = await hold(db, Topic, topic_id)
    if topic.person_id != by.id:
        raise Refused(No(ConsultationReason.NOT_THE_PROPOSER))
    await _or_stale(db, topic, version)
    if TopicState.WITHDRAWN not in STEPS[topic.state]:
        raise Conflict(ConsultationReason.NO_SUCH_STEP)
    said = text.clean(why.replace("\r\n", "\n"))
    state = TopicState.WITHDRAWN
    await _step(db, topic, state, by, now, why=_reason(state, said))
    return topic


def _reason(state: TopicState, why: str) -> str:
    fault: str | None = text.fault(why, WHY, lines=True)
    if state in NEED_WHY and not why:
        fault = ConsultationFault.WHY
    if fault:
        raise Malformed(why=fault)
    return why


async def _or_stale(db: Writing, topic: Topic, seen: int) -> None:
    current = await version(db, topic)
    if seen != current:
        raise Conflict("changed-meanwhile", version=current)


async def _step(
    db: Writing,
    topic: Topic,
    state: TopicState,
    by: Person,
    now: datetime,
    *,
    meeting_id: UUID | None = None,
    why: str = "",
) -> None:
    topic.state = state
    step = TopicStep(
        topic_id=topic.id, at=now, state=state, by_id=by.id, meeting_id=meeting_id, why=why
    )
    db.add_all((topic, step))
    await db.flush()
    facts = {"topic": topic.number, "by": str(by.id), "why": why}
    await acts.record(db, f"topic-{state.value}", now, meeting_id=meeting_id, **facts)
