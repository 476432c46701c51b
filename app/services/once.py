"""A request with a key is done once: whoever repeats it is told what was answered the first time.

The key is written in the transaction of what it stands for. Of two requests with one key at the
same moment the second waits for the first to end; where the first was refused nothing is kept, and
the second is done.

Whoever asks alone takes the key before anything is done, and keeps the answer under it after
(``take``, ``keep``). Where many are dealt with together the key is written with its answer, at the
end (``known``, ``keep_all``): nobody waits before, and whoever was second is dealt with again.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select, update

from app.database import Writing, hold, of_these, put_rows
from app.errors import Answered, Malformed, Refusal
from app.models import AnsweredOnce, Person
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


class TakenMeanwhile(Exception):
    """Another process answered under one of these keys: what was done is to be undone."""


# Of one.


async def take(db: Writing, person_id: UUID, key: Key, now: datetime) -> UUID:
    """Take a key for a request, under the id that is told.

    Answered where it was answered before; Malformed for what is no key, and for the key of another
    request of the same person.
    """
    _or_no_key(key)
    # A person before their key, as where many are dealt with: or two wait for each other.
    await hold(db, Person, person_id)
    dialect = sqlite if db.get_bind().dialect.name == "sqlite" else postgresql
    row = _row(person_id, key, NOT_YET, now)
    put = dialect.insert(AnsweredOnce).on_conflict_do_nothing().returning(col(AnsweredOnce.id))
    line = await db.connection()
    taken: UUID | None = (await line.execute(put, [row])).scalars().first()
    if taken is not None:
        return taken
    held = select(AnsweredOnce).where(
        AnsweredOnce.person_id == person_id, AnsweredOnce.key == key.word
    )
    found = (await db.exec(held.with_for_update())).first()
    if found is None:  # forgotten at this very moment
        return await take(db, person_id, key, now)
    if found.asked_at < now - KEPT:
        return found.id  # what it was answered then is replaced where it is answered now
    raise _told(found, key)


async def keep(db: Writing, taken: UUID, key: Key, said: Answer, now: datetime) -> None:
    """Keep what was answered under a key that was taken."""
    values = {"digest": key.digest, "asked_at": now, **asdict(said)}
    await db.exec(update(AnsweredOnce).where(col(AnsweredOnce.id) == taken).values(values))


# Of many.


async def known(db: Writing, keys: Mapping[UUID, Key], now: datetime) -> dict[UUID, Refusal]:
    """What there is to say at once to some of these people, by the keys of their requests.

    Answered, or Malformed, as ``take`` has it; whoever is not among them is to be dealt with.
    """
    told: dict[UUID, Refusal] = {}
    for person_id, key in keys.items():
        try:
            _or_no_key(key)
        except Malformed as wrong:
            told[person_id] = wrong
    words = {who: key.word for who, key in keys.items() if who not in told}
    asked = {"people": list(words), "words": list(set(words.values()))}
    found = await db.exec(KNOWN, params=asked) if words else ()
    there = [row for row, who, word in found if words[who] == word]
    if not there:
        return told
    gone = delete(AnsweredOnce).where(col(AnsweredOnce.id).in_(there), _is_over(now))
    await db.exec(gone)  # of those that another process is answering anew at this moment, none
    left = select(AnsweredOnce).where(col(AnsweredOnce.id).in_(there))
    answered = await db.exec(left.execution_options(populate_existing=True))
    return told | {each.person_id: _told(each, keys[each.person_id]) for each in answered}


async def keep_all(db: Writing, answers: Mapping[UUID, tuple[Key, Answer]], now: datetime) -> None:
    """Keep what these people were answered under their keys.

    TakenMeanwhile where another process was faster: the transaction is lost then.
    """
    await db.flush()
    # In the order of ids: two who keep several wait for each other in one direction only.
    rows = [_row(person, key, said, now) for person, (key, said) in sorted(answers.items(), key=ID)]
    try:
        await put_rows(db, AnsweredOnce, rows)
    except IntegrityError as fault:
        if getattr(fault.orig, "sqlstate", "") != UNIQUE:
            raise
        raise TakenMeanwhile from fault


ID: Final = itemgetter(0)
UNIQUE: Final = "23505"
"""What PostgreSQL calls it that a row is there already; on SQLite there is one writer."""
NOT_YET: Final = Answer(0, "")


def _row(person_id: UUID, key: Key, said: Answer, now: datetime) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "key": key.word,
        "digest": key.digest,
        "asked_at": now,
        **asdict(said),
    }


KNOWN: Final = select(AnsweredOnce.id, AnsweredOnce.person_id, AnsweredOnce.key).where(
    col(AnsweredOnce.person_id).in_(of_these("people")),
    col(AnsweredOnce.key).in_(of_these("words")),
)
"""Which keys of these people are known; of theirs with others' words nothing else is read."""


def _is_over(now: datetime) -> ColumnElement[bool]:
    return col(AnsweredOnce.asked_at) < now - KEPT


def _or_no_key(key: Key) -> None:
    if not is_key(key.word):
        raise Malformed(**{NAME: RequestFault.KEY})


def _told(found: AnsweredOnce, key: Key) -> Refusal:
    if found.digest != key.digest:
        return Malformed(**{NAME: RequestFault.KEY_REUSED})
    return Answered(found.status, found.content, found.tag)


async def forget(db: Writing, now: datetime) -> int:
    """Remove the answers of more than a day ago; how many."""
    gone = delete(AnsweredOnce).where(_is_over(now))
    return (await db.exec(gone)).rowcount
