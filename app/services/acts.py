"""The chain of acts: who decided what, by which clause, without a gap that could hide one."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from sqlmodel import col, func, select

from app.database import Reading, Writing, at_last, put_rows
from app.models import Act

START = "0" * 64
CHAIN = 0x43574741
WAITING = "acts"  # those of a transaction until its end
HELD = "chain"  # by this transaction


def commitment(salt: str, content: dict[str, Any]) -> str:
    """Binds to the content without telling it: erasing content and salt breaks no chain."""
    return sha256(salt.encode() + orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def link(previous: str, number: int, kind: str, at: datetime, committed: str) -> str:
    """The digest of an act, over everything before it."""
    return sha256(f"{previous}|{number}|{kind}|{at.isoformat()}|{committed}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Done:
    """An act that is not in the chain yet."""

    kind: str
    at: datetime
    meeting_id: UUID | None
    content: dict[str, Any]


async def record(
    db: Writing, kind: str, at: datetime, *, meeting_id: UUID | None = None, **content: object
) -> None:
    """Add an act at the end of the chain, when all else of the transaction is done."""
    if WAITING not in db.info:
        db.info[WAITING] = []
        at_last(db, partial(_append, db))
    db.info[WAITING].append(_Done(kind, at, meeting_id, content))


async def _append(db: Writing) -> None:
    """All acts of the transaction in one go; on PostgreSQL an advisory lock keeps it one chain."""
    done: list[_Done] = db.info.pop(WAITING)
    await db.flush()
    await hold_chain(db)
    newest = select(Act.number, Act.digest).order_by(col(Act.number).desc()).limit(1)
    number, digest = (await db.exec(newest)).first() or (0, START)
    rows = list[dict[str, object]]()
    for each in done:
        number += 1
        salt = secrets.token_hex(16)
        committed = commitment(salt, each.content)
        digest = link(digest, number, each.kind, each.at, committed)
        rows.append(
            {
                "number": number,
                "at": each.at,
                "kind": each.kind,
                "meeting_id": each.meeting_id,
                "content": each.content,
                "salt": salt,
                "commitment": committed,
                "digest": digest,
            }
        )
    await put_rows(db, Act, rows)


async def hold_chain(db: Writing) -> None:
    """One at a time until the commit; for whatever is a chain, so that no two locks embrace."""
    if db.get_bind().dialect.name == "postgresql" and HELD not in db.info:
        await db.scalar(select(func.pg_advisory_xact_lock(CHAIN)))
        db.info[HELD] = True


async def broken_at(db: Reading) -> int | None:
    """The number of the first act whose digest does not follow from the one before, or None."""
    previous = START
    async for act in await db.stream_scalars(select(Act).order_by(col(Act.number))):
        told = act.content is None or commitment(act.salt, act.content) == act.commitment
        if not told or link(previous, act.number, act.kind, act.at, act.commitment) != act.digest:
            return act.number
        previous = act.digest
    return None
