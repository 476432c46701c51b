"""The list of registrations: what is wanted of it as a value, as conditions, and page by page.

``known_to`` says whose registrations somebody may see, ``matching`` what they want of them; a
list, a count and an export take the same conditions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, exists, func, or_, select

from app.database import Reading, Writing
from app.models import Attending, Entity, Person, Registration
from app.policy.people import Capacity, StakeholderGroup
from app.policy.registration import Mode, RegistrationState
from app.services import access, entities


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a list is wanted; several of one kind are alternatives, none of a kind is all."""

    states: Sequence[RegistrationState] = ()
    capacities: Sequence[Capacity] = ()
    groups: Sequence[StakeholderGroup] = ()
    entities: Sequence[UUID] = ()
    sitting: UUID | None = None
    mode: Mode | None = None
    waiting: bool | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a registration stands in a list: by its submission, then by its id."""

    at: datetime
    id: UUID


def place(row: Registration) -> Place:
    return Place(row.submitted_at, row.id)


def own(person: Person) -> ColumnElement[bool]:
    """Somebody's own registrations, for all meetings."""
    return col(Registration.person_id) == person.id


async def known_to(
    db: Reading | Writing, meeting_id: UUID, by: Person, now: datetime
) -> ColumnElement[bool]:
    """The registrations of a meeting that someone may know of: all, for its secretariat only."""
    of_meeting = col(Registration.meeting_id) == meeting_id
    if await access.is_secretariat(db, by, meeting_id):
        return of_meeting
    represented = await entities.represented(db, by, now.date())
    own = col(Registration.person_id) == by.id
    return and_(of_meeting, or_(own, col(Registration.entity_id).in_(represented)))


def matching(wanted: Wanted) -> list[ColumnElement[bool]]:
    """The conditions that a registration meets which is wanted."""
    among = {
        Registration.state: wanted.states,
        Registration.capacity: wanted.capacities,
        Registration.group: wanted.groups,
        Registration.entity_id: wanted.entities,
    }
    found: list[ColumnElement[bool]] = [
        col(column).in_(values) for column, values in among.items() if values
    ]
    if attends := _attends(wanted):
        found.append(
            exists().where(col(Attending.registration_id) == col(Registration.id), *attends)
        )
    if wanted.words.strip():
        found.append(_says(wanted.words))
    return found


def _attends(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.sitting is not None:
        found.append(col(Attending.sitting_id) == wanted.sitting)
    if wanted.mode is not None:
        found.append(col(Attending.mode) == wanted.mode)
    if wanted.waiting is not None:
        since = col(Attending.waits_since)
        found.append(since.is_not(None) if wanted.waiting else since.is_(None))
    return found


def _says(words: str) -> ColumnElement[bool]:
    """In the name, the organization, the reference, or any name of the entity."""
    sought = words.strip().lower()
    bodies = select(Entity.id).where(col(Entity.folded).contains(sought, autoescape=True))
    texts = (Registration.name, Registration.organization, Registration.reference)
    return or_(
        *(func.lower(col(text)).contains(sought, autoescape=True) for text in texts),
        col(Registration.entity_id).in_(bodies),
    )


async def page(
    db: Reading | Writing,
    *where: ColumnElement[bool],
    after: Place | None = None,
    limit: int = 100,
) -> Sequence[Registration]:
    """Those that meet the conditions, in the order of submission, after a place."""
    at, key = col(Registration.submitted_at), col(Registration.id)
    if after is not None:
        where = (*where, or_(at > after.at, and_(at == after.at, key > after.id)))
    query = select(Registration).where(*where).order_by(at, key).limit(limit)
    return (await db.exec(query)).all()
