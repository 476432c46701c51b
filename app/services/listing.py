"""The public list of a meeting's participants: who agreed to it, until the day they named."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import col, delete, select

from app.database import Reading, Writing, load
from app.errors import Conflict, Malformed
from app.models import Entity, Listing, Meeting, Person, Registration
from app.policy.personal import LONGEST_LISTED, ListingFault, PersonalReason
from app.policy.registration import RegistrationState
from app.services import acts, forms, registration


@dataclass(frozen=True, slots=True)
class Listed:
    """What everybody may read of a participant who agreed."""

    registration: Registration
    entity: Entity | None


async def agree(
    db: Writing, registration_id: UUID, until: date, *, version: int, by: Person, now: datetime
) -> Listing:
    """Have one's name, body and capacity listed until a day; said again, the new day counts."""
    row = await registration.own(db, registration_id, version=version, by=by, now=now)
    if row.state is not RegistrationState.APPROVED:
        raise Conflict(PersonalReason.NOT_APPROVED)
    if until < now.date():
        raise Malformed(until=ListingFault.PAST)
    if until > await latest(db, row, now):
        raise Malformed(until=ListingFault.TOO_FAR)
    await db.exec(delete(Listing).where(col(Listing.registration_id) == row.id))
    made = Listing(registration_id=row.id, until=until, given_at=now)
    db.add(made)
    await db.flush()
    await acts.record(
        db,
        "listing-agreed",
        now,
        meeting_id=row.meeting_id,
        registration=str(row.id),
        until=until.isoformat(),
    )
    return made


async def latest(db: Reading | Writing, row: Registration, now: datetime) -> date:
    """The last day that a consent may name."""
    last = await forms.last_day(db, await load(db, Meeting, row.meeting_id))
    return (last or now).date() + timedelta(days=LONGEST_LISTED)


async def take_back(db: Writing, registration_id: UUID, *, by: Person, now: datetime) -> None:
    """Not be listed any more, at once; where one is not listed it changes nothing."""
    row = await load(db, Registration, registration_id)
    await registration.own(db, registration_id, version=row.version, by=by, now=now)
    gone = delete(Listing).where(col(Listing.registration_id) == registration_id)
    if (await db.exec(gone)).rowcount:
        await acts.record(
            db,
            "listing-taken-back",
            now,
            meeting_id=row.meeting_id,
            registration=str(registration_id),
        )


async def of(db: Reading | Writing, registration_id: UUID) -> Listing | None:
    query = select(Listing).where(Listing.registration_id == registration_id)
    return (await db.exec(query)).first()


async def participants(
    db: Reading | Writing,
    meeting_id: UUID,
    now: datetime,
    *,
    limit: int = 200,
    offset: int = 0,
) -> Sequence[Listed]:
    """Those confirmed who agreed, and whose day has not passed, by name."""
    query = (
        select(Registration, Entity)
        .join(Listing, col(Listing.registration_id) == col(Registration.id))
        .join(Entity, col(Entity.id) == col(Registration.entity_id), isouter=True)
        .where(
            Registration.meeting_id == meeting_id,
            Registration.state == RegistrationState.APPROVED,
            col(Listing.until) >= now.date(),
        )
        .order_by(col(Registration.name), col(Registration.id))
        .limit(limit)
        .offset(offset)
    )
    return [Listed(*each) for each in (await db.exec(query)).all()]


async def forget(db: Writing, now: datetime) -> int:
    """Remove consents that have ended; how many."""
    return (await db.exec(delete(Listing).where(col(Listing.until) < now.date()))).rowcount
