"""What the desks look at over all meetings: how many registrations stand where, and countries."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from app.database import Reading, Writing
from app.models import Appointment, Entity, Meeting, Person, Registration
from app.policy.people import Function
from app.policy.registration import RegistrationState
from app.services import entities


async def counts(
    db: Reading | Writing, *, by: Person
) -> list[tuple[Meeting, Mapping[RegistrationState, int]]]:
    """Registrations by state in each meeting whose secretariat someone is, the newest first."""
    query = (
        select(Registration.meeting_id, Registration.state, func.count())
        .where(col(Registration.meeting_id).in_(_served(by)))
        .group_by(col(Registration.meeting_id), col(Registration.state))
    )
    found: dict[UUID, dict[RegistrationState, int]] = defaultdict(dict)
    for meeting_id, state, number in await db.exec(query):
        found[meeting_id][RegistrationState(state)] = number
    meetings = select(Meeting).where(col(Meeting.id).in_(_served(by)))
    ordered = await db.exec(meetings.order_by(col(Meeting.created_at).desc()))
    return [(meeting, found[meeting.id]) for meeting in ordered]


def _served(by: Person) -> SelectOfScalar[UUID]:
    return select(Appointment.meeting_id).where(
        Appointment.person_id == by.id,
        Appointment.function == Function.SECRETARIAT,
        col(Appointment.ended_at).is_(None),
    )


async def states(db: Reading | Writing) -> list[Entity]:
    """The entities that stand for a country, whose names are those of the membership record."""
    query = select(Entity).where(Entity.iso2 != "").order_by(col(Entity.iso2))
    return list(await db.exec(query))


async def represented(db: Reading | Writing, by: Person, day: date) -> list[Entity]:
    """The entities whose focal point someone is on a day, by their names."""
    keys = await entities.represented(db, by, day)
    query = select(Entity).where(col(Entity.id).in_(keys)).order_by(col(Entity.name))
    return list(await db.exec(query))
