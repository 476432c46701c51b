"""Leases: which processes may speak, by the database's clock, and which epoch each has reported."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, delete, exists, select, update

from app.database import Reading, Writing, hold, now_of
from app.models import EpochSeen, Lease, Meeting, Stay
from app.policy.fence import Report


async def take(db: Writing, lifetime: float) -> Lease:
    """A lease for a process that starts now; leases long gone are cleared away.

    One that says when somebody's stay ended is kept until that is written.
    """
    now = await now_of(db)
    awaited = exists().where(col(Stay.process_id) == col(Lease.id), col(Stay.left_at).is_(None))
    await db.exec(delete(Lease).where(col(Lease.expires_at) < now - 86400, ~awaited))
    lease = Lease(started_at=now, expires_at=now + lifetime)
    db.add(lease)
    return lease


async def renew(db: Writing, lease_id: UUID, lifetime: float) -> bool:
    """Whether the lease still lived; one that ran out is not brought back."""
    now = await now_of(db)
    renewed = await db.exec(
        update(Lease)
        .where(
            col(Lease.id) == lease_id, col(Lease.expires_at) > now, col(Lease.ended_at).is_(None)
        )
        .values(expires_at=now + lifetime)
    )
    return renewed.rowcount == 1


async def give_back(db: Writing, lease_id: UUID) -> None:
    """The process has closed its connections and speaks no more."""
    now = await now_of(db)
    await db.exec(update(Lease).where(col(Lease.id) == lease_id).values(ended_at=now))


async def live(db: Reading | Writing) -> list[Lease]:
    """The leases of the processes that may speak now."""
    query = select(Lease).where(
        col(Lease.ended_at).is_(None), col(Lease.expires_at) > await now_of(db)
    )
    return list(await db.exec(query.order_by(col(Lease.id))))


async def report(
    db: Writing,
    lease_id: UUID,
    meeting_id: UUID,
    epoch: int,
    *,
    remaining: int,
    closed: int = 0,
    last_close_ms: float = 0.0,
) -> None:
    """Say that this process has seen the epoch, and how many it still has to show out."""
    await db.merge(
        EpochSeen(
            lease_id=lease_id,
            meeting_id=meeting_id,
            epoch=epoch,
            remaining=remaining,
            closed=closed,
            last_close_ms=last_close_ms,
        )
    )


async def reports(db: Reading | Writing, meeting_id: UUID) -> tuple[Report, ...]:
    """One report for each live process; one that said nothing yet has seen epoch 0."""
    seen = {
        each.lease_id: each
        for each in await db.exec(select(EpochSeen).where(EpochSeen.meeting_id == meeting_id))
    }
    return tuple(_report(lease, seen.get(lease.id)) for lease in await live(db))


def _report(lease: Lease, seen: EpochSeen | None) -> Report:
    if seen is None:
        return Report(str(lease.id), 0, 0, 0, 0.0)
    return Report(str(lease.id), seen.epoch, seen.remaining, seen.closed, seen.last_close_ms)


async def settled_epoch(db: Writing, meeting_id: UUID) -> int:
    """The epoch at which a meeting stands, once no raising of it is under way."""
    return (await hold(db, Meeting, meeting_id)).epoch


@dataclass(frozen=True, slots=True)
class MaySpeak:
    """Whether a process may tell a channel's news, and at which epoch the meeting stands."""

    epoch: int
    alive: bool
    reported: bool

    def at(self, epoch: int) -> bool:
        return self.alive and self.reported and self.epoch == epoch


async def may_speak(db: Reading, lease_id: UUID, meeting_id: UUID) -> MaySpeak:
    """A fencing read: asked in the same transaction as the news that would be told."""
    now = await now_of(db)
    query = (
        select(Meeting.epoch, Lease.expires_at, Lease.ended_at, EpochSeen.epoch)
        .select_from(Meeting)
        .join(Lease, col(Lease.id) == lease_id, isouter=True)
        .join(
            EpochSeen,
            (col(EpochSeen.lease_id) == lease_id) & (col(EpochSeen.meeting_id) == Meeting.id),
            isouter=True,
        )
        .where(Meeting.id == meeting_id)
    )
    found = (await db.exec(query)).first()
    if found is None:
        return MaySpeak(0, alive=False, reported=False)
    epoch, expires_at, ended_at, seen = found
    alive = expires_at is not None and ended_at is None and expires_at > now
    return MaySpeak(epoch, alive=alive, reported=seen == epoch)
