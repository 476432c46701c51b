"""A request with a key is done once: whoever repeats it is told what was answered the first time.

The key is written in the transaction of what it stands for. Of two requests with one key at the
same moment the second waits for the first to end; where the first was refused nothing is kept, and
the second is done.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, delete, select

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
    mine = col(AnsweredOnce.person_id) == person.id, col(AnsweredOnce.key) == key
    await db.exec(delete(AnsweredOnce).where(*mine, col(AnsweredOnce.asked_at) < now - KEPT))
    dialect = sqlite if db.get_bind().dialect.name == "sqlite" else postgresql
    new = AnsweredOnce(person_id=person.id, key=key, digest=digest, asked_at=now)
    put = dialect.insert(AnsweredOnce).values(**new.model_dump()).on_conflict_do_nothing()
    if (await db.exec(put)).rowcount:
        return new.id
    found = (await db.exec(select(AnsweredOnce).where(*mine))).one()
    if found.digest != digest:
        raise Malformed(**{NAME: RequestFault.KEY_REUSED})
    raise Answered(found.status, found.content, found.tag)


async def keep(db: Writing, taken: UUID, status: int, content: str, tag: str) -> None:
    """Keep what was answered, for whoever asks with this key again."""
    row = (await db.exec(select(AnsweredOnce).where(AnsweredOnce.id == taken))).one()
    row.status, row.content, row.tag = status, content, tag
    db.add(row)


async def forget(db: Writing, now: datetime) -> int:
    """Remove the answers of more than a day ago; how many."""
    gone = delete(AnsweredOnce).where(col(AnsweredOnce.asked_at) < now - KEPT)
    return (await db.exec(gone)).rowcount
