"""Notes to oneself: only who wrote one is ever shown it, and each has an end."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import col, delete, func, select

from app.database import Reading, Writing, hold, load
from app.errors import NotFound, Refused
from app.models import Person, PrivateNote, Sitting
from app.policy.access import Right
from app.policy.floor import may_follow
from app.policy.minutes import MinutesReason
from app.policy.refusal import No
from app.services import access

KEPT: Final = timedelta(days=30)  # after the sitting
MOST: Final = 200


async def mine(
    db: Reading | Writing, sitting_id: UUID, by: Person, now: datetime
) -> list[PrivateNote]:
    """One's own notes of a sitting that have not ended, the newest first."""
    sitting = await load(db, Sitting, sitting_id)
    await _follows(db, sitting, by, now)
    query = (
        select(PrivateNote)
        .where(
            PrivateNote.sitting_id == sitting.id,
            PrivateNote.person_id == by.id,
            PrivateNote.ends_at > now,
        )
        .order_by(col(PrivateNote.at).desc(), col(PrivateNote.id))
    )
    return list(await db.exec(query))


async def put(
    db: Writing,
    sitting_id: UUID,
    note_id: UUID,
    text: str,
    request: int | None,
    *,
    by: Person,
    now: datetime,
) -> PrivateNote:
    """Write a note, or write it anew; the end is stated from the first."""
    await hold(db, Person, by.id)  # two browsers of one person, one after the other
    sitting = await load(db, Sitting, sitting_id)
    await _follows(db, sitting, by, now)
    row = await db.get(PrivateNote, note_id)
    if row is not None and (row.person_id, row.sitting_id) != (by.id, sitting.id):
        raise NotFound
    if row is None:
        await _room(db, sitting, by)
        ends_at = max(sitting.ends_at, now) + KEPT
        row = PrivateNote(
            id=note_id, person_id=by.id, sitting_id=sitting.id, text="", at=now, ends_at=ends_at
        )
    row.text, row.request, row.at = text, request, now
    db.add(row)
    return row


async def remove(db: Writing, sitting_id: UUID, note_id: UUID, *, by: Person) -> None:
    """Delete one's own; what is not there, or another's, is not there."""
    row = await db.get(PrivateNote, note_id)
    if row is not None and (row.person_id, row.sitting_id) == (by.id, sitting_id):
        await db.delete(row)


async def forget(db: Writing, now: datetime) -> None:
    """Delete what has come to its stated end."""
    await db.exec(delete(PrivateNote).where(col(PrivateNote.ends_at) <= now))


async def _room(db: Writing, sitting: Sitting, by: Person) -> None:
    query = select(func.count()).where(
        PrivateNote.sitting_id == sitting.id, PrivateNote.person_id == by.id
    )
    if (await db.exec(query)).one() >= MOST:
        raise Refused(No(MinutesReason.TOO_MANY_NOTES))


async def _follows(db: Reading | Writing, sitting: Sitting, by: Person, now: datetime) -> None:
    """Notes are of the console: for whoever follows it, in a part that they may read."""
    reads = await access.decide(db, by, sitting, Right.READ, now)
    if not reads:
        raise Refused(reads)
    if not may_follow(await access.functions(db, by, sitting.meeting_id)):
        raise Refused(No(MinutesReason.NOT_FOLLOWING))
