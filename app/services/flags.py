"""Flags for those who decide: the same person twice, another mail domain, a name that is close."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, or_, select

from app.database import Reading, Writing
from app.models import Entity, FocalPoint, Person, Registration
from app.policy.flags import Flag, close, other_domain
from app.policy.registration import RegistrationState
from app.services.registration import ToDecide

STANDING = (
    RegistrationState.SUBMITTED,
    RegistrationState.APPROVED,
    RegistrationState.NOMINATED,
)


@dataclass(frozen=True, slots=True)
class Raised:
    """A flag, and what it is about: the other registration's reference, or the domain."""

    flag: Flag
    about: str


async def of(
    db: Reading | Writing, shown: Sequence[ToDecide], now: datetime
) -> dict[UUID, list[Raised]]:
    """What is to be looked at twice, by registration; as many questions however many are shown."""
    known = await _domains(db, {each.entity.id for each in shown}, now)
    others = await _others(db, shown)
    return {each.registration.id: list(_raised(each, known, others)) for each in shown}


def _raised(
    each: ToDecide,
    known: dict[UUID, set[str]],
    others: Sequence[Registration],
) -> list[Raised]:
    row, found = each.registration, list[Raised]()
    domain = each.person.email.rpartition("@")[2]
    for other in others:
        if other.person_id == row.person_id or other.meeting_id != row.meeting_id:
            continue
        if other.name_folded == row.name_folded and row.name_folded:
            found.append(Raised(Flag.SAME_PERSON, other.reference))
        elif _is_approved_there(other, row) and close(row.name_folded, other.name_folded):
            found.append(Raised(Flag.CLOSE_NAME, other.reference))
    if other_domain(domain, known[each.entity.id]):
        found.append(Raised(Flag.OTHER_DOMAIN, domain))
    return found


def _is_approved_there(other: Registration, row: Registration) -> bool:
    approved = other.state is RegistrationState.APPROVED
    return approved and other.entity_id == row.entity_id


async def _others(db: Reading | Writing, shown: Sequence[ToDecide]) -> Sequence[Registration]:
    """Registrations of the same name anywhere in these meetings, and the approved of the bodies."""
    rows = [each.registration for each in shown]
    approved = (
        col(Registration.entity_id).in_({row.entity_id for row in rows}),
        col(Registration.state) == RegistrationState.APPROVED,
    )
    names = {row.name_folded for row in rows if row.name_folded}
    query = select(Registration).where(
        col(Registration.meeting_id).in_({row.meeting_id for row in rows}),
        col(Registration.state).in_(STANDING),
        or_(col(Registration.name_folded).in_(names), approved[0] & approved[1]),
    )
    return (await db.exec(query)).all() if rows else ()


async def _domains(
    db: Reading | Writing, entities: set[UUID], now: datetime
) -> dict[UUID, set[str]]:
    """The mail domains of bodies: as noted or, where none is, those of the focal points."""
    known: dict[UUID, set[str]] = defaultdict(set)
    for entity in await db.exec(select(Entity).where(col(Entity.id).in_(entities))):
        known[entity.id].update(entity.domains)
    ended = col(FocalPoint.valid_until)
    query = (
        select(FocalPoint.entity_id, Person.email)
        .join(Person, col(FocalPoint.person_id) == Person.id)
        .where(
            col(FocalPoint.entity_id).in_({key for key in entities if not known[key]}),
            col(FocalPoint.stands_in_for).is_(None),
            col(FocalPoint.valid_from) <= now.date(),
            or_(ended.is_(None), ended >= now.date()),
        )
    )
    for entity_id, email in (await db.exec(query)).all():
        known[entity_id].add(email.rpartition("@")[2])
    return known
