"""A focal point's work on many registrations at once: one list, decisions together, taken back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement
from sqlalchemy.exc import DBAPIError
from sqlmodel import and_, col, or_, select

from app.database import Database, Reading, Writing
from app.errors import Conflict, Malformed, NotFound, Refused
from app.models import Entity, Meeting, Person, Registration, RegistrationStep
from app.policy.delegation import DelegationFault, DelegationReason
from app.policy.refusal import No
from app.policy.registration import RegistrationState, Step
from app.policy.text import fold, spelled
from app.services import acts, decisions, entities
from app.services.registration import ToDecide

MOST_AT_ONCE: Final = 200
SLICE: Final = 10  # of them in one transaction: on SQLite nobody else writes meanwhile
TAKEN: Final = (Step.APPROVED, Step.REJECTED)
REFERENCE: Final = 16
Key = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Wish:
    """A decision that somebody wants to take, on the version that they saw."""

    registration_id: UUID
    version: int
    approve: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one decision; without a refusal it was taken."""

    registration_id: UUID
    reference: str = ""
    refusal: Malformed | Conflict | NotFound | Refused[object] | None = None

    @property
    def taken(self) -> bool:
        return self.refusal is None


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided together, under the name by which it is taken back together."""

    batch: UUID
    outcomes: tuple[Outcome, ...]


async def decide_all(
    database: Database, wanted: Iterable[Wish], *, by: Person, now: datetime
) -> Decided:
    """Take decisions under one name, a few in each transaction, and others write in between.

    Where the database gives up on the way, what was decided stays, under that name; of the others
    it is told that they wait still.
    """
    batch, outcomes = uuid4(), list[Outcome]()
    ordered = sorted(wanted, key=lambda wish: wish.registration_id)[:MOST_AT_ONCE]
    for begins in range(0, len(ordered), SLICE):
        some = ordered[begins : begins + SLICE]
        try:
            async with database.writing() as db:
                done = await decide(db, some, by=by, now=now, batch=batch)
        except DBAPIError:
            if not outcomes:
                raise
            return Decided(batch, (*outcomes, *_not_reached(ordered[begins:])))
        outcomes += done.outcomes
    return Decided(batch, tuple(outcomes))


def _not_reached(rest: Iterable[Wish]) -> list[Outcome]:
    waits = Conflict(DelegationReason.NOT_REACHED)
    return [Outcome(each.registration_id, refusal=waits) for each in rest]


async def decide(
    db: Writing,
    wanted: Iterable[Wish],
    *,
    by: Person,
    now: datetime,
    batch: UUID | None = None,
) -> Decided:
    """Take decisions together: one that cannot be taken leaves the others as they are.

    Rows are held in the order of their ids, so that two who decide at once wait for each other, and
    the second is told of each what was decided and by whom. Who reaches for what is not theirs is
    refused, and that is recorded.
    """
    batch = batch or uuid4()
    ordered = sorted(wanted, key=lambda wish: wish.registration_id)
    outcomes = [await _decide(db, wish, batch, by, now) for wish in ordered[:MOST_AT_ONCE]]
    return Decided(batch, tuple(outcomes))


async def _decide(db: Writing, wish: Wish, batch: UUID, by: Person, now: datetime) -> Outcome:
    at, version = wish.registration_id, wish.version
    try:
        if wish.approve:
            row = await decisions.approve(db, at, version=version, by=by, now=now, batch=batch)
        else:
            row = await decisions.reject(
                db, at, version=version, reason=wish.reason, by=by, now=now, batch=batch
            )
    except (Malformed, Conflict) as refused:
        return Outcome(at, refusal=refused)
    except (NotFound, Refused) as refused:
        await _note_refusal(db, at, refused, by, now)
        return Outcome(at, refusal=refused)
    return Outcome(at, row.reference)


async def _note_refusal(
    db: Writing, at: UUID | str, why: NotFound | Refused[object], by: Person, now: datetime
) -> None:
    decision = why.decision if isinstance(why, Refused) else None
    reason = decision.reason if isinstance(decision, No) else "not-theirs"
    await acts.record(
        db, "decision-refused", now, registration=str(at), by=str(by.id), reason=str(reason)
    )


async def refused(
    db: Writing, reference: str, why: NotFound | Refused[object], *, by: Person, now: datetime
) -> None:
    """Record that somebody was refused a decision on one registration; one that is none is named.

    For the door, which has undone by then whatever the refusal came in the middle of.
    """
    said = spelled(reference)[:REFERENCE]
    query = select(Registration.id).where(Registration.reference == said)
    found = (await db.exec(query)).first()
    await _note_refusal(db, found or said, why, by, now)


async def take_back(
    database: Database, batch: UUID, *, by: Person, now: datetime
) -> tuple[Outcome, ...]:
    """Undo what was decided together, each unless it was overtaken; NotFound for no such batch.

    A few in each transaction, as they were decided; what was not reached can be undone again.
    """
    async with database.reading() as view:
        steps = await _of_batch(view, batch)
    outcomes = list[Outcome]()
    for begins in range(0, len(steps), SLICE):
        async with database.writing() as db:
            for step in steps[begins : begins + SLICE]:
                outcomes.append(await _take_back(db, step, by, now))
    return tuple(outcomes)


async def _of_batch(db: Reading, batch: UUID) -> Sequence[RegistrationStep]:
    query = (
        select(RegistrationStep)
        .where(RegistrationStep.batch == batch, col(RegistrationStep.step).in_(TAKEN))
        .order_by(col(RegistrationStep.registration_id))
    )
    steps = (await db.exec(query)).all()
    if not steps:
        raise NotFound
    return steps


async def _take_back(db: Writing, step: RegistrationStep, by: Person, now: datetime) -> Outcome:
    at = step.registration_id
    try:
        row = await decisions.take_back(db, at, step.at, by=by, now=now)
    except Conflict as refused:
        return Outcome(at, refusal=refused)
    except (NotFound, Refused) as refused:
        await _note_refusal(db, at, refused, by, now)
        return Outcome(at, refusal=refused)
    return Outcome(at, row.reference)


async def by_references(db: Reading | Writing, said: Iterable[str]) -> dict[str, UUID]:
    """Which registrations these references name; whether they are theirs is asked of each."""
    written = {each: spelled(each) for each in said}
    query = select(Registration.reference, Registration.id).where(
        col(Registration.reference).in_(set(written.values()))
    )
    known = dict((await db.exec(query)).all())
    return {each: known[reference] for each, reference in written.items() if reference in known}


# The list.


@dataclass(frozen=True, slots=True)
class Asked:
    """Which registrations somebody wants to see; whatever is empty does not narrow the list."""

    state: RegistrationState | None = None
    meeting: str = ""
    entity_id: UUID | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One registration of the list, and who decided on it."""

    about: ToDecide
    decided_by: str
    asked: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the list, the newest first; ``onward`` is where the next part begins."""

    rows: tuple[Listed, ...]
    onward: str


async def listed(
    db: Reading | Writing,
    asked: Asked,
    *,
    by: Person,
    now: datetime,
    limit: int = 50,
    after: str = "",
) -> Page:
    """The registrations of all meetings for the entities that someone is focal point of."""
    keys = await entities.represented(db, by, now.date())
    order = col(Registration.submitted_at).desc(), col(Registration.id)
    query = (
        select(Registration, Person, Entity, Meeting)
        .join(Person, col(Registration.person_id) == Person.id)
        .join(Entity, col(Registration.entity_id) == Entity.id)
        .join(Meeting, col(Registration.meeting_id) == Meeting.id)
        .where(col(Registration.entity_id).in_(keys), *_narrowed(asked))
        .order_by(*order)
        .limit(limit + 1)
    )
    if place := _read(after):
        query = query.where(_beyond(place))
    found = (await db.exec(query)).all()
    waiting = await question_waits(db, [row[0].id for row in found])
    names = await _names(db, {row[0].decided_by for row in found})
    rows = tuple(
        Listed(
            ToDecide(row, person, entity, meeting),
            names.get(row.decided_by, ""),
            row.id in waiting,
        )
        for row, person, entity, meeting in found[:limit]
    )
    return Page(rows, _written(rows[-1].about.registration) if len(found) > limit else "")


async def _names(db: Reading | Writing, keys: set[UUID | None]) -> dict[UUID | None, str]:
    query = select(Person.id, Person.name).where(col(Person.id).in_(keys - {None}))
    return dict((await db.exec(query)).all())


def _narrowed(asked: Asked) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if asked.state is not None:
        wanted.append(col(Registration.state) == asked.state)
    if asked.meeting:
        wanted.append(col(Meeting.slug) == asked.meeting)
    if asked.entity_id is not None:
        wanted.append(col(Registration.entity_id) == asked.entity_id)
    if sought := fold(asked.text[:200]):
        like = sought.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        reference = spelled(asked.text)
        wanted.append(
            or_(
                col(Registration.name_folded).like(f"%{like}%", escape="\\"),
                col(Person.email).like(f"%{like}%", escape="\\"),
                col(Registration.reference) == reference,
            )
        )
    return wanted


def _beyond(place: Key) -> ColumnElement[bool]:
    at, key = place
    submitted = col(Registration.submitted_at)
    return or_(submitted < at, and_(submitted == at, col(Registration.id) > key))


def _written(row: Registration) -> str:
    return f"{int(row.submitted_at.timestamp() * 1_000_000)}-{row.id.hex}"


def _read(cursor: str) -> Key | None:
    """A place in the list as it was handed out; Malformed for anything else."""
    if not cursor:
        return None
    moment, _, key = cursor.partition("-")
    try:
        seconds, micro = divmod(int(moment), 1_000_000)
        at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micro)
        return at, UUID(hex=key)
    except (ValueError, OverflowError, OSError):
        raise Malformed(after=DelegationFault.NO_PLACE) from None


async def question_waits(db: Reading | Writing, keys: Sequence[UUID]) -> frozenset[UUID]:
    """Those of which a question waits for an answer."""
    query = (
        select(RegistrationStep.registration_id, RegistrationStep.step)
        .where(
            col(RegistrationStep.registration_id).in_(keys),
            col(RegistrationStep.step).in_((Step.ASKED, Step.ANSWERED)),
        )
        .order_by(col(RegistrationStep.at))
    )
    last = dict((await db.exec(query)).all())
    return frozenset(key for key, step in last.items() if step is Step.ASKED)
