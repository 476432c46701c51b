"""What an entry of the log, its proof and a comparison of two heads cost, by the size of the log.

The log is filled with hashes at once; then entries are appended and proofs are read one by one,
each in a transaction of its own, as the doors do it.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event

from app import keys, ledger, schema
from app.database import Database, put_all
from app.models import LogHead, LogNode
from app.policy import merkle
from app.policy import receipt as rules
from app.settings import Environment, Settings

ROUNDS: Final = 200
AT_ONCE: Final = 5_000
MILLISECONDS: Final = 1000.0


def run(sizes: Sequence[int], postgres: str = "", rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure on SQLite and, where its URL is given, on an empty PostgreSQL database."""
    found = {"sqlite": asyncio.run(measured("", sizes, rounds))}
    if postgres:
        found["postgres"] = asyncio.run(measured(postgres, sizes, rounds))
    return {"bench": "receipts", "rounds": rounds, **found}


async def measured(url: str, sizes: Sequence[int], rounds: int) -> dict[str, Any]:
    """What each costs, by the size of the log; on an empty database."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            environment=Environment.DEVELOPMENT, data_dir=Path(folder), database_url=url
        )
        key = keys.load(settings)
        found: dict[str, Any] = {}
        async with schema.opened(settings) as database:
            filled = 0
            for size in sorted(sizes):
                filled = await _fill(database, key, filled, size)
                found[f"{size} entries"] = await _at(database, key, size, rounds)
                filled += rounds + 1  # those that were appended
        return found


async def _fill(database: Database, key: keys.Keys, have: int, size: int) -> int:
    """Entries up to this size, and the head over them."""
    async with database.reading() as db:
        known = await ledger.known(db, merkle.cover((0, have)))
    rows: list[LogNode] = []
    for at in range(have, size):
        grown = merkle.grown(at, _leaf(at), known)
        known |= grown
        rows += [LogNode(level=p.level, position=p.index, digest=h) for p, h in grown.items()]
    now = datetime.now(UTC)
    head = rules.Head(size, merkle.head((0, size), known), rules.moment(now))
    text = rules.sign_head(head, key.sign, key.public)
    async with database.writing() as db:
        for start in range(0, len(rows), AT_ONCE):
            await put_all(db, rows[start : start + AT_ONCE])
        db.add(LogHead(size=size, at=now, text=text))
    return size


def _leaf(number: int) -> bytes:
    return merkle.leaf(sha256(str(number).encode()).digest())


@dataclass
class Watched:
    """The nodes that statements asked for."""

    nodes: list[int] = field(default_factory=list)

    def __call__(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
        if statement.startswith("SELECT") and "log_nodes" in statement:
            self.nodes.append(statement.count("level = "))


async def _at(database: Database, key: keys.Keys, size: int, rounds: int) -> dict[str, Any]:
    chosen = random.Random(size)  # noqa: S311 - the same places each time

    async def proof() -> None:
        async with database.reading() as db:
            await ledger.proof(db, chosen.randrange(size), size)

    async def consistency() -> None:
        async with database.reading() as db:
            await ledger.consistency(db, chosen.randrange(1, size), size)

    async def head() -> None:
        async with database.reading() as db:
            await ledger.root(db, size)

    async def append() -> None:
        async with database.writing() as db:
            leaf = chosen.randbytes(32)
            await ledger.append(db, [leaf], key, datetime.now(UTC))

    async def bare() -> None:
        """One search by key: what nothing can be below."""
        async with database.reading() as db:
            await ledger.known(db, [merkle.Place(0, chosen.randrange(size))])

    doing = {
        "bare": bare,
        "proof": proof,
        "consistency": consistency,
        "head": head,
        "append": append,
    }
    return {name: await _timed(database, done, rounds) for name, done in doing.items()}


async def _timed(
    database: Database, done: Callable[[], Awaitable[None]], rounds: int
) -> dict[str, float]:
    """Milliseconds and nodes read, of each of so many rounds."""
    watched, took = Watched(), []
    engine = database.engine.sync_engine
    await done()
    event.listen(engine, "before_cursor_execute", watched)
    for _ in range(rounds):
        began = time.perf_counter()
        await done()
        took.append((time.perf_counter() - began) * MILLISECONDS)
    event.remove(engine, "before_cursor_execute", watched)
    took.sort()
    return {
        "p50_ms": round(took[rounds // 2], 2),
        "p99_ms": round(took[rounds * 99 // 100], 2),
        "nodes_mean": round(sum(watched.nodes) / rounds, 1),
        "nodes_most": float(max(watched.nodes)),
    }
