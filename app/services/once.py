"""A request with a key is done once: whoever repeats it is told what was answered the first time.

The key is written in the transaction of what it stands for. Of two requests with one key at the
same moment the second waits for the first to end; where the first was refused nothing is kept, and
the second is done.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, delete, select, update

from app.database import Writing
from app.errors import Answered, Malformed, Refusal
from app.models import AnsweredOnce
from app.policy.requests import RequestFault, is_key

KEPT: Final = timedelta(days=1)
NAME: Final = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Key:
    """The key that somebody gave their request, and the digest of what it asks for."""

    word: str
    digest: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered."""

    status: int
    content: str
    tag: str = ""


async def take_all(
    db: Writing, keys: Mapping[UUID, Key], now: datetime
) -> dict[UUID, UUID | Refusal]:
    """Take a key for one request of each person; the same persons, with what was taken or why not.

    Answered where it was answered before; Malformed for what is no key, and for the key of another
    request of the same person.
    """
    # In the order of ids: two who take several wait for each other in one direction only.
    new: dict[UUID, dict[str, Any]] = {
        person_id: {
            "id": uuid4(),
            "person_id": person_id,
            "key": key.word,
            "digest": key.digest,
            "asked_at": now,
        }
        for person_id, key in sorted(keys.items(), key=itemgetter(0))
        if is_key(key.word)
    }
    taken = await _put(db, list(new.values()))
    told: dict[UUID, UUID | Refusal] = {}
    for person_id, key in keys.items():
        if person_id not in new:
            told[person_id] = Malformed(**{NAME: RequestFault.KEY})
        elif (row := new[person_id]["id"]) in taken:
            told[person_id] = row
        else:
            told[person_id] = await _again(db, person_id, key, now)
    return told


async def _put(db: Writing, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """The ids of those whose keys nobody had taken."""
    if not rows:
        return set()
    dialect = sqlite if db.get_bind().dialect.name == "sqlite" else postgresql
    put = dialect.insert(AnsweredOnce).on_conflict_do_nothing().returning(col(AnsweredOnce.id))
    line = await db.connection()
    return set((await line.execute(put, list(rows))).scalars())


async def _again(db: Writing, person_id: UUID, key: Key, now: datetime) -> UUID | Refusal:
    """What there is to a key that was given before."""
    held = select(AnsweredOnce).where(
        AnsweredOnce.person_id == person_id, AnsweredOnce.key == key.word
    )
    found = (await db.exec(held.with_for_update())).first()
    if found is None:  # forgotten at this very moment
        return (await take_all(db, {person_id: key}, now))[person_id]
    if found.asked_at < now - KEPT:
        return found.id  # what it was answered then is replaced where it is answered now
    if found.digest != key.digest:
        return Malformed(**{NAME: RequestFault.KEY_REUSED})
    return Answered(found.status, found.content, found.tag)


async def keep_all(db: Writing, answers: Mapping[UUID, tuple[Key, Answer]], now: datetime) -> None:
    """Keep what was answered under these keys, for whoever asks with one again."""
    if not answers:
        return
    await db.flush()
    line = await db.connection()
    told = ("digest", "asked_at", "status", "content", "tag")
    await line.execute(
        update(AnsweredOnce)
        .where(col(AnsweredOnce.id) == bindparam("taken"))
        .values({name: bindparam(f"new_{name}") for name in told}),
        [
            {
                "taken": taken,
                "new_digest": key.digest,
                "new_asked_at": now,
                "new_status": said.status,
                "new_content": said.content,
                "new_tag": said.tag,
            }
            for taken, (key, said) in answers.items()
        ],
    )


async def give_back(db: Writing, taken: Collection[UUID]) -> None:
    """Keep nothing of a request that was refused: whoever asks with its key again is heard."""
    if taken:
        unanswered = col(AnsweredOnce.status) == 0
        await db.exec(delete(AnsweredOnce).where(col(AnsweredOnce.id).in_(taken), unanswered))


async def forget(db: Writing, now: datetime) -> int:
    """Remove the answers of more than a day ago; how many."""
    gone = delete(AnsweredOnce).where(col(AnsweredOnce.asked_at) < now - KEPT)
    return (await db.exec(gone)).rowcount
