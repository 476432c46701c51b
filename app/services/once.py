"""A request with a key is done once: whoever repeats it is told what was answered the first time.

The key is written in the transaction of what it stands for. Of two requests with one key at the
same moment the second waits for the first to end; where the first was refused nothing is kept, and
the second is done.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, delete, select, update

from app.database import Writing
from app.errors import Answered, Malformed
from app.models import AnsweredOnce, Person
from app.policy.requests import RequestFault, is_key

KEPT: Final = timedelta(days=1)
NAME: Final = "Idempotency-Key"


async def take(db: Writing, person: Person, key: str, digest: str, now: datetime) -> UUID:
    """Take a key for the request of this digest; Answered where it was answered before.

    Malformed for what is no key, and for the key of another request of the same person.
    """
    if not is_key(key):
        raise Malformed(**{NAME: RequestFault.KEY})
    dialect = sqlite if db.get_bind().dialect.name == "sqlite" else postgresql
    new = AnsweredOnce(person_id=person.id, key=key, digest=digest, asked_at=now)
    put = dialect.insert(AnsweredOnce).values(**new.model_dump()).on_conflict_do_nothing()
    if (await db.exec(put)).rowcount:
        return new.id
    held = select(AnsweredOnce).where(AnsweredOnce.person_id == person.id, AnsweredOnce.key == key)
    found = (await db.exec(held.with_for_update())).first()
    if found is None:  # forgotten at this very moment
        return await take(db, person, key, digest, now)
    if found.asked_at < now - KEPT:
        found.digest, found.asked_at = digest, now
        db.add(found)
        return found.id
    if found.digest != digest:
        raise Malformed(**{NAME: RequestFault.KEY_REUSED})
    raise Answered(found.status, found.content, found.tag)


async def keep(db: Writing, taken: UUID, status: int, content: str, tag: str) -> None:
    """Keep what was answered, for whoever asks with this key again."""
    kept = update(AnsweredOnce).where(col(AnsweredOnce.id) == taken)
    await db.exec(kept.values(status=status, content=content, tag=tag))


async def forget(db: Writing, now: datetime) -> int:
    """Remove the answers of more than a day ago; how many."""
    gone = delete(AnsweredOnce).where(col(AnsweredOnce.asked_at) < now - KEPT)
    return (await db.exec(gone)).rowcount
