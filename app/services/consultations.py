"""Consultations: drafted, announced, extended or skipped by the secretariat; followed by anyone.

Whatever depends on the deadline holds the row of the consultation first (``hold``): a submission
and an extension that come at once are decided one after the other, by who got the lock.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.exc import IntegrityError
from sqlmodel import and_, col, delete, or_, select

from app.database import Reading, Writing, hold, hold_all, load
from app.errors import Conflict, Malformed, NotFound, Refused
from app.models import (
    BackgroundDocument,
    Consultation,
    ConsultationEntry,
    ConsultationFollower,
    EntryDetail,
    Meeting,
    Person,
    Question,
    RoundsFollower,
    Sitting,
    Topic,
)
from app.policy import consultation as rules
from app.policy import text
from app.policy.consultation import (
    Background,
    ConsultationFault,
    ConsultationReason,
    ConsultationStep,
    Prompt,
    Round,
    RoundState,
    Shortfall,
    TopicState,
)
from app.policy.form import told
from app.policy.letters import LetterKind
from app.policy.meeting import MeetingReason
from app.policy.parts import Part
from app.policy.refusal import No
from app.services import access, acts, filing, letters, meetings
from app.services.roll import Place

BATCH: Final = 200
FORGOTTEN: Final = timedelta(days=90)
"""So long after the close it is forgotten who followed."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A consultation with all that belongs to it, as it stands at a moment."""

    row: Consultation
    topic: Topic
    meeting: Meeting
    sitting: Sitting | None
    questions: Sequence[Question]
    documents: Sequence[BackgroundDocument]
    state: RoundState
    short: Sequence[Shortfall]

    @property
    def value(self) -> Round:
        """What the secretariat has said of it."""
        row = self.row
        return Round(
            slug=row.slug,
            topic=row.topic_id,
            titles=row.titles,
            opens_at=row.opens_at,
            closes_at=row.closes_at,
            time_zone=row.time_zone,
            prompts=tuple(Prompt(each.texts, each.guidance) for each in self.questions),
            guidance=row.guidance,
            documents=tuple(
                Background(each.url, each.title, each.language) for each in self.documents
            ),
            sitting=row.sitting_id,
            publishing=row.publishing,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A step of the public history; ``before`` is what an edit has replaced, by field."""

    at: datetime
    step: ConsultationStep
    before: datetime | None
    after: datetime | None
    why: str
    replaced: dict[str, Any]
    short: Sequence[Shortfall]


@dataclass(frozen=True, slots=True)
class Lists:
    """Which consultations are wanted."""

    state: RoundState | None = None
    meeting: UUID | None = None
    topic: UUID | None = None


# Read.


def state_of(row: Consultation, now: datetime) -> RoundState:
    return rules.state(
        row.opens_at,
        row.closes_at,
        now,
        announced=row.announced_at is not None,
        skipped=row.skipped_at is not None,
    )


async def by_slug(
    db: Reading | Writing, slug: str, by: Person | None, now: datetime
) -> Consultation:
    """The consultation of this short name; a draft only for its meeting's secretariat."""
    query = select(Consultation).where(Consultation.slug == slug)
    found = (await db.exec(query)).first()
    if found is None:
        raise NotFound
    known = rules.is_public(state_of(found, now))
    if not known and not await access.is_secretariat(db, by, found.meeting_id):
        raise NotFound
    return found


async def whole(db: Reading | Writing, row: Consultation, now: datetime) -> Whole:
    meeting = await load(db, Meeting, row.meeting_id)
    asked = select(Question).where(Question.consultation_id == row.id)
    read = select(BackgroundDocument).where(BackgroundDocument.consultation_id == row.id)
    return Whole(
        row=row,
        topic=await load(db, Topic, row.topic_id),
        meeting=meeting,
        sitting=await load(db, Sitting, row.sitting_id) if row.sitting_id else None,
        questions=list(await db.exec(asked.order_by(col(Question.number)))),
        documents=list(await db.exec(read.order_by(col(BackgroundDocument.number)))),
        state=state_of(row, now),
        short=await shortfalls(db, meeting, row.closes_at, row.sitting_id),
    )


async def page(
    db: Reading | Writing,
    wanted: Lists,
    now: datetime,
    *,
    after: Place | None = None,
    limit: int = 1000,
) -> Sequence[Consultation]:
    """Those that everyone may know of, by when they were drafted."""
    at, key = col(Consultation.created_at), col(Consultation.id)
    where = _matching(wanted, now)
    if after is not None:
        where = [*where, or_(at > after.at, and_(at == after.at, key > after.id))]
    query = select(Consultation).where(*where).order_by(at, key).limit(limit)
    return (await db.exec(query)).all()


def place(row: Consultation) -> Place:
    return Place(row.created_at, row.id)


def _matching(wanted: Lists, now: datetime) -> list[ColumnElement[bool]]:
    skipped, announced = col(Consultation.skipped_at), col(Consultation.announced_at)
    opens, closes = col(Consultation.opens_at), col(Consultation.closes_at)
    held = announced.is_not(None) & skipped.is_(None)
    states: dict[RoundState, ColumnElement[bool]] = {
        RoundState.DRAFT: announced.is_(None) & announced.is_not(None),  # nobody's to list
        RoundState.SKIPPED: skipped.is_not(None),
        RoundState.TO_COME: held & (opens > now),
        RoundState.OPEN: held & (opens <= now) & (closes > now),
        RoundState.CLOSED: held & (opens <= now) & (closes <= now),
    }
    where = [or_(announced.is_not(None), skipped.is_not(None))]
    if wanted.state is not None:
        where.append(states[wanted.state])
    if wanted.meeting is not None:
        where.append(col(Consultation.meeting_id) == wanted.meeting)
    if wanted.topic is not None:
        where.append(col(Consultation.topic_id) == wanted.topic)
    return where


async def public(db: Reading, now: datetime, wanted: Lists | None = None) -> list[Consultation]:
    """All that everyone may know of, the one that closes last first."""
    found = await page(db, wanted or Lists(), now)
    return sorted(found, key=lambda each: (each.closes_at, each.slug), reverse=True)


async def of_desk(db: Reading, meeting: Meeting, by: Person) -> list[Consultation]:
    """All of a meeting, drafts too; for its secretariat."""
    if not await access.is_secretariat(db, by, meeting.id):
        raise NotFound
    query = select(Consultation).where(Consultation.meeting_id == meeting.id)
    return list(await db.exec(query.order_by(col(Consultation.opens_at), col(Consultation.id))))


async def desks(db: Reading, by: Person | None) -> list[Meeting]:
    """The meetings whose consultations somebody drafts, the newest first."""
    return [
        each for each in await meetings.listed(db) if await access.is_secretariat(db, by, each.id)
    ]


async def history(db: Reading | Writing, row: Consultation) -> list[Entry]:
    """Every step in its order; nothing of it is ever changed."""
    query = (
        select(ConsultationEntry, EntryDetail)
        .join(EntryDetail, col(EntryDetail.entry_id) == col(ConsultationEntry.id), isouter=True)
        .where(ConsultationEntry.consultation_id == row.id)
        .order_by(col(ConsultationEntry.at), col(ConsultationEntry.id))
    )
    found = [_entry(entry, detail) for entry, detail in (await db.exec(query)).all()]
    return sorted(found, key=lambda each: (each.at, ORDER.index(each.step)))


ORDER: Final = (
    ConsultationStep.DRAFTED,
    ConsultationStep.ANNOUNCED,
    ConsultationStep.CHANGED,
    ConsultationStep.EXTENDED,
    ConsultationStep.SHORT_NOTICE,
    ConsultationStep.SKIPPED,
)
"""Of two steps of one moment, which is told first."""


def _entry(entry: ConsultationEntry, detail: EntryDetail | None) -> Entry:
    short = [
        Shortfall(rules.Lead(each["lead"]), each["days"], each["least"])
        for each in (detail.short if detail else ())
    ]
    return Entry(
        at=entry.at,
        step=entry.step,
        before=entry.before,
        after=entry.after,
        why=entry.why,
        replaced=detail.before if detail else {},
        short=short,
    )


async def shortfalls(
    db: Reading | Writing, meeting: Meeting, closes_at: datetime, sitting_id: UUID | None
) -> tuple[Shortfall, ...]:
    """What falls short of the lead times of the meeting's edition (A12): warned of, no more."""
    sittings = await meetings.sittings(db, meeting.id)
    physical = next((each.starts_at for each in sittings if each.id == sitting_id), None)
    begins = (each.starts_at for each in sittings if each.part is not Part.CONSULTATION)
    least = access.edition(meeting).parameters.lead_times
    return rules.shortfalls(
        closes_at, physical, min(begins, default=None), meeting.time_zone, least
    )


# Write.


async def draft(
    db: Writing, meeting_id: UUID, new: Round, *, by: Person, now: datetime
) -> Consultation:
    """Draft a consultation for a meeting; for its secretariat, and seen by it alone."""
    meeting = await hold(db, Meeting, meeting_id)
    if not await access.is_secretariat(db, by, meeting.id):
        raise Refused(No(MeetingReason.NOT_THE_SECRETARIAT))
    new = await _checked(db, meeting, new)
    made = Consultation(meeting_id=meeting.id, created_at=now, **_columns(new))
    db.add(made)
    await _flush(db)
    await _put(db, made, new)
    await _note(db, made, ConsultationStep.DRAFTED, by, now)
    return made


async def edit(
    db: Writing,
    consultation_id: UUID,
    new: Round,
    *,
    why: str = "",
    revision: int,
    by: Person,
    now: datetime,
) -> Consultation:
    """Change what was seen; after the announcement with a reason, and with what stood there before.

    The window stays as it was announced, and questions stay once they may be answered.
    """
    row = await _held(db, consultation_id, by, now, revision)
    old = await whole(db, row, now)
    new = await _checked(db, old.meeting, new)
    _or_conflict(rules.may_change(old.state, old.value, new))
    replaced = _replaced(old.value, new)
    if not replaced:
        return row
    announced = old.state is not RoundState.DRAFT
    said = _said(why, required=announced)
    for name, value in _columns(new).items():
        setattr(row, name, value)
    row.revision += 1
    db.add(row)
    await _flush(db)
    await _put(db, row, new)
    if announced:
        await _note(db, row, ConsultationStep.CHANGED, by, now, why=said, replaced=replaced)
    if announced and "sitting" in replaced:
        await _warn(db, old.meeting, row, said, by, now)
    return row


async def announce(
    db: Writing,
    consultation_id: UUID,
    *,
    short_why: str = "",
    revision: int,
    by: Person,
    now: datetime,
) -> Consultation:
    """Have everyone know of it; its topic was agreed. Short notice is recorded, never refused."""
    row = await _held(db, consultation_id, by, now, revision)
    _or_conflict(rules.may_announce(state_of(row, now), row.closes_at, now))
    topic = await load(db, Topic, row.topic_id)
    if topic.state is not TopicState.AGREED:
        raise Conflict(ConsultationReason.NOT_AGREED)
    said = _said(short_why, field="short_why")
    row.announced_at = now
    row.revision += 1
    db.add(row)
    await _note(db, row, ConsultationStep.ANNOUNCED, by, now, after=row.closes_at)
    await _warn(db, await load(db, Meeting, row.meeting_id), row, said, by, now)
    await db.flush()
    await filing.carry(db, row.id, now)
    await _tell_all(db, row, now)
    return row


async def extend(
    db: Writing,
    consultation_id: UUID,
    closes_at: datetime,
    *,
    why: str,
    revision: int,
    by: Person,
    now: datetime,
) -> Consultation:
    """Move the deadline forward, for everyone to read; one that has passed with a reason only."""
    row = await _held(db, consultation_id, by, now, revision)
    _or_conflict(rules.may_extend(state_of(row, now)))
    said = text.clean(why.replace("\r\n", "\n"))
    if faults := rules.faults_of_extension(row.closes_at, closes_at, now, said):
        raise Malformed(**faults)
    before, row.closes_at = row.closes_at, closes_at
    row.revision += 1
    db.add(row)
    step = ConsultationStep.EXTENDED
    await _note(db, row, step, by, now, before=before, after=closes_at, why=said)
    await _warn(db, await load(db, Meeting, row.meeting_id), row, said, by, now)
    await _tell(db, LetterKind.ROUND_EXTENDED, row, now, said)
    return row


async def skip(
    db: Writing, consultation_id: UUID, *, why: str, revision: int, by: Person, now: datetime
) -> Consultation:
    """Leave it out, with a reason that is published (A13); only before it has opened."""
    row = await _held(db, consultation_id, by, now, revision)
    _or_conflict(rules.may_skip(state_of(row, now)))
    said = _said(why, required=True)
    row.skipped_at, row.skipped_why = now, said
    row.revision += 1
    db.add(row)
    await _note(db, row, ConsultationStep.SKIPPED, by, now, why=said)
    await _tell(db, LetterKind.ROUND_SKIPPED, row, now, said)
    return row


async def _held(
    db: Writing, consultation_id: UUID, by: Person, now: datetime, revision: int
) -> Consultation:
    """The row, locked and as it was seen, for the secretariat of its meeting."""
    row = await hold(db, Consultation, consultation_id)
    if not await access.is_secretariat(db, by, row.meeting_id):
        if rules.is_public(state_of(row, now)):
            raise Refused(No(MeetingReason.NOT_THE_SECRETARIAT))
        raise NotFound
    if row.revision != revision:
        raise Conflict("changed-meanwhile", version=row.revision)
    return row


def _or_conflict(allowed: Literal[True] | No) -> None:
    if allowed is not True:
        raise Conflict(allowed.reason)


def _said(why: str, *, required: bool = False, field: str = "why") -> str:
    said = text.clean(why.replace("\r\n", "\n"))
    wrong: str | None = text.fault(said, rules.WHY, lines=True)
    if required and not said:
        wrong = ConsultationFault.WHY
    if wrong:
        raise Malformed(**{field: wrong})
    return said


async def _checked(db: Writing, meeting: Meeting, new: Round) -> Round:
    """The same in one spelling, if it makes sense by itself and beside what is there."""
    new = new.cleaned()
    faults = new.faults()
    if await db.get(Topic, new.topic) is None:
        faults["topic"] = ConsultationFault.TOPIC
    if new.sitting is not None:
        found = await db.get(Sitting, new.sitting)
        fits = found and found.meeting_id == meeting.id and found.part is Part.CONSULTATION
        if not fits:
            faults["sitting"] = ConsultationFault.SITTING
    if faults:
        raise Malformed(**faults)
    return new


def _columns(new: Round) -> dict[str, Any]:
    return {
        "slug": new.slug,
        "topic_id": new.topic,
        "titles": dict(new.titles),
        "guidance": dict(new.guidance),
        "opens_at": new.opens_at,
        "closes_at": new.closes_at,
        "time_zone": new.time_zone,
        "sitting_id": new.sitting,
        "publishing": new.publishing,
    }


async def _flush(db: Writing) -> None:
    try:
        await db.flush()
    except IntegrityError as clash:
        raise Conflict(ConsultationReason.SLUG_TAKEN) from clash


async def _put(db: Writing, row: Consultation, new: Round) -> None:
    """Questions and documents as they are said; a question keeps its row, as inputs may name it."""
    asked = select(Question).where(Question.consultation_id == row.id)
    there = {each.number: each for each in await db.exec(asked)}
    for number, prompt in enumerate(new.prompts, 1):
        question = there.pop(number, None) or Question(
            consultation_id=row.id, number=number, texts={}
        )
        question.texts, question.guidance = dict(prompt.texts), dict(prompt.guidance)
        db.add(question)
    for gone in there.values():
        await db.delete(gone)
    listed = col(BackgroundDocument.consultation_id) == row.id
    await db.exec(delete(BackgroundDocument).where(listed))
    db.add_all(
        BackgroundDocument(consultation_id=row.id, number=number, **asdict(each))
        for number, each in enumerate(new.documents, 1)
    )
    await db.flush()


def _replaced(old: Round, new: Round) -> dict[str, Any]:
    """What an edit replaces, as it stood, by field; of questions those that differ."""
    before, after = _plain(old), _plain(new)
    return {name: value for name, value in before.items() if value != after.get(name)} | {
        name: {} for name in after.keys() - before.keys()
    }


def _plain(one: Round) -> dict[str, Any]:
    """Values that JSON knows, by field; each question by its number."""
    facts: dict[str, Any] = {
        "slug": one.slug,
        "topic": str(one.topic),
        "titles": dict(one.titles),
        "guidance": dict(one.guidance),
        "opens_at": one.opens_at.astimezone(UTC).isoformat(),
        "closes_at": one.closes_at.astimezone(UTC).isoformat(),
        "time_zone": one.time_zone,
        "publishing": one.publishing.value,
        "sitting": str(one.sitting) if one.sitting else "",
        "documents": [asdict(each) for each in one.documents],
    }
    for number, each in enumerate(one.prompts, 1):
        facts[f"question-{number}"] = {
            "texts": dict(each.texts),
            "guidance": dict(each.guidance),
        }
    return facts


async def _warn(
    db: Writing, meeting: Meeting, row: Consultation, why: str, by: Person, now: datetime
) -> None:
    """Where a reasonable time is missing, say so on record, with the reason that was given."""
    short = await shortfalls(db, meeting, row.closes_at, row.sitting_id)
    if short:
        await _note(db, row, ConsultationStep.SHORT_NOTICE, by, now, why=why, short=short)


async def _note(
    db: Writing,
    row: Consultation,
    step: ConsultationStep,
    by: Person,
    now: datetime,
    *,
    before: datetime | None = None,
    after: datetime | None = None,
    why: str = "",
    replaced: dict[str, Any] | None = None,
    short: Sequence[Shortfall] = (),
) -> None:
    entry = ConsultationEntry(
        consultation_id=row.id, at=now, step=step, by_id=by.id, before=before, after=after, why=why
    )
    db.add(entry)
    await db.flush()
    if replaced or short:
        fell = [asdict(each) for each in short]
        db.add(EntryDetail(entry_id=entry.id, before=replaced or {}, short=fell))
        await db.flush()
    facts = {"consultation": str(row.id), "by": str(by.id), "why": why, "revision": row.revision}
    kind = f"consultation-{step.value}".replace("_", "-")
    await acts.record(db, kind, now, meeting_id=row.meeting_id, **facts)


# Followed.


async def following(
    db: Reading | Writing, row: Consultation, person: Person | None
) -> ConsultationFollower | None:
    """How somebody follows a consultation; None where they do not."""
    if person is None:
        return None
    query = select(ConsultationFollower).where(
        ConsultationFollower.consultation_id == row.id,
        ConsultationFollower.person_id == person.id,
    )
    return (await db.exec(query)).first()


async def follow(
    db: Writing, row: Consultation, days: int, *, by: Person, now: datetime
) -> ConsultationFollower:
    """Be told of a new deadline or a skip, and reminded so many days before the close.

    Repeating it changes the days.
    """
    row = await hold(db, Consultation, row.id)
    stands = state_of(row, now)
    if not rules.is_public(stands):
        raise NotFound
    if stands is RoundState.SKIPPED:
        raise Conflict(ConsultationReason.SKIPPED)
    if stands is RoundState.CLOSED:
        raise Conflict(ConsultationReason.OVER)
    if days not in rules.DAYS_BEFORE:
        raise Malformed(days_before=ConsultationFault.DAYS_BEFORE)
    found = await following(db, row, by) or ConsultationFollower(
        consultation_id=row.id, person_id=by.id, days_before=days, followed_at=now
    )
    found.days_before = days
    found.remind_at = rules.remind_at(row.closes_at, days, now)
    db.add(found)
    await db.flush()
    return found


async def unfollow(db: Writing, row: Consultation, *, by: Person) -> None:
    """Be told no more; letters that have not gone yet do not go."""
    theirs = delete(ConsultationFollower).where(
        col(ConsultationFollower.consultation_id) == row.id,
        col(ConsultationFollower.person_id) == by.id,
    )
    await db.exec(theirs)


async def follows_all(db: Reading | Writing, person: Person | None) -> bool:
    """Whether somebody is told of every round that is announced."""
    if person is None:
        return False
    query = select(RoundsFollower.id).where(RoundsFollower.person_id == person.id)
    return (await db.exec(query)).first() is not None


async def follow_all(db: Writing, *, by: Person, now: datetime) -> None:
    """Be told of every round that is announced from now on; repeating it changes nothing."""
    person = await hold(db, Person, by.id)  # of two at once, one begins it
    if not await follows_all(db, person):
        db.add(RoundsFollower(person_id=person.id, followed_at=now))
        await db.flush()


async def unfollow_all(db: Writing, *, by: Person) -> None:
    """Be told of new rounds no more; those that are followed stay followed."""
    await db.exec(delete(RoundsFollower).where(col(RoundsFollower.person_id) == by.id))


async def _tell_all(db: Writing, row: Consultation, now: datetime) -> None:
    query = select(Person).join(RoundsFollower, col(RoundsFollower.person_id) == col(Person.id))
    told_ = [(each, _facts(row, each)) for each in await db.exec(query.order_by(col(Person.id)))]
    await letters.write_all(db, LetterKind.ROUND_ANNOUNCED, told_, now)


async def _tell(db: Writing, kind: LetterKind, row: Consultation, now: datetime, why: str) -> None:
    """Write to all who follow; their reminders are for the new deadline, or for none."""
    found = await hold_all(db, ConsultationFollower, ConsultationFollower.consultation_id == row.id)
    skipped = row.skipped_at is not None
    for each in found:
        due = rules.remind_at(row.closes_at, each.days_before, now)
        each.remind_at = None if skipped else due
        db.add(each)
    people = await _people(db, found)
    await letters.write_all(db, kind, [(each, _facts(row, each, why)) for each in people], now)


async def _people(db: Writing, found: Sequence[ConsultationFollower]) -> list[Person]:
    keys = [each.person_id for each in found]
    return list(await db.exec(select(Person).where(col(Person.id).in_(keys))))


def _facts(row: Consultation, person: Person, why: str = "") -> dict[str, str]:
    return {
        "consultation": str(row.id),
        "title": told(row.titles, person.language),
        "closes_at": row.closes_at.isoformat(),
        "zone": row.time_zone,
        "reason": " ".join(why.split()),
        "link": f"/consultations/{row.slug}",
    }


async def remind(db: Writing, now: datetime) -> int:
    """Write the reminders that are due; of several processes each takes others of them.

    A reminder is marked as done in the transaction of its letter, so that it is written once.
    """
    due = (
        select(ConsultationFollower)
        .where(col(ConsultationFollower.remind_at) <= now)
        .order_by(col(ConsultationFollower.remind_at), col(ConsultationFollower.id))
        .limit(BATCH)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    )
    found = list(await db.exec(due))
    told_: list[tuple[Person, dict[str, str]]] = []
    for each in found:
        row, person = await load(db, Consultation, each.consultation_id), each.person_id
        each.remind_at = None
        db.add(each)
        if state_of(row, now) in {RoundState.TO_COME, RoundState.OPEN}:
            whom = await load(db, Person, person)
            told_.append((whom, _facts(row, whom)))
    await letters.write_all(db, LetterKind.ROUND_CLOSES, told_, now)
    return len(found)


async def is_due(db: Reading, now: datetime) -> bool:
    """Whether any reminder waits to be written: looked at before anything is locked."""
    query = select(ConsultationFollower.id).where(col(ConsultationFollower.remind_at) <= now)
    return (await db.exec(query.limit(1))).first() is not None


async def forget(db: Writing, now: datetime) -> int:
    """Forget who followed what closed long ago, or was skipped."""
    over = select(Consultation.id).where(
        or_(
            col(Consultation.closes_at) < now - FORGOTTEN,
            col(Consultation.skipped_at) < now - FORGOTTEN,
        )
    )
    gone = delete(ConsultationFollower).where(col(ConsultationFollower.consultation_id).in_(over))
    return (await db.exec(gone)).rowcount
