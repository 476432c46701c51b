"""The engine, its sessions, and the one place that commits and announces."""

from asyncio import Lock
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, nullcontext
from dataclasses import fields
from functools import cache
from typing import Any, NewType, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import BindParameter, bindparam, event, insert, inspect, text
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from app.errors import NotFound

Reading = NewType("Reading", AsyncSession)
Writing = NewType("Writing", AsyncSession)
Announce = Callable[[str], None]
Row = TypeVar("Row", bound=SQLModel)

PRAGMAS = (
    "journal_mode=WAL",
    "busy_timeout=5000",
    "foreign_keys=ON",
    "synchronous=NORMAL",
    # Pages, 32 MB: one that is written again and again goes from the log to the file once. A commit
    # of many inputs is longer than SQLite's own bound, and each would bring the whole log there.
    "wal_autocheckpoint=8000",
)
# What is far apart is read about as soon as what is not: a database is on no turning disk. Or words
# are looked for in each row, and not in their index.
PLANNED = {"random_page_cost": "1.1"}
READ_ONLY = {"cwg_read_only": True}
BELL = "cwg_bell"
NOTIFY = text("SELECT pg_notify(:channel, bell) FROM unnest(CAST(:bells AS text[])) AS bell")
# FOR NO KEY UPDATE: a foreign key that points here, from a letter or an act, waits for nobody.
FOR_CHANGE: Any = {"key_share": True}


def make_engine(url: str) -> AsyncEngine:
    """An engine whose SQLite transactions are real ones: SQLAlchemy, not the driver, says BEGIN."""
    sqlite = url.startswith("sqlite")
    # As many as the pool's own bound allows, and kept: a file is opened anew with its pragmas.
    kept = {"pool_size": 15, "max_overflow": 0}
    asked = {"pool_pre_ping": True, "pool_size": 10, "connect_args": {"server_settings": PLANNED}}
    # The connection that was used last knows its statements, and has its pages at hand.
    usual = {"pool_use_lifo": True}
    spelled = {"json_serializer": _json, "json_deserializer": orjson.loads}
    options: dict[str, Any] = (kept if sqlite else asked) | usual
    engine = create_async_engine(url, **spelled, **options)
    if sqlite:
        event.listen(engine.sync_engine, "connect", _prepare)
        event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get("cwg_read_only")
    # A reader that turns writer fails with "database is locked": writers say so at once.
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


class Database:
    """Sessions of two kinds; bells are rung after the commit, once each.

    On SQLite ``announce`` rings them; a program without one (a command beside the service) leaves
    them in a table, where the service looks. On PostgreSQL the database rings, in every process.
    """

    def __init__(self, url: str, announce: Announce | None = None) -> None:
        self.engine = make_engine(url)
        self.sqlite = self.engine.dialect.name == "sqlite"
        self.announce = announce
        self._reads = self.engine.execution_options(**READ_ONLY) if self.sqlite else self.engine
        self._turn = Lock() if self.sqlite else nullcontext()

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Reading]:
        """One consistent view of the tables; nothing is kept."""
        async with AsyncSession(self._reads, expire_on_commit=False) as db:
            if not self.sqlite:
                await db.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield Reading(db)

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[Writing]:
        """All of it happens, then everyone is told; or none of it does."""
        async with self._turn, AsyncSession(self.engine, expire_on_commit=False) as db:
            yield Writing(db)
            for step in db.info.get("last", ()):
                await step()
            rung = tuple(db.info.get("touched", ()))
            if not self.sqlite:
                await self._notify(db, rung)
            elif self.announce is None:
                await self._leave(db, rung)
            self._ring(db.info.get("early", ()))
            await db.commit()
            if self.sqlite:
                self._ring(rung)

    def _ring(self, bells: Iterable[str]) -> None:
        for bell in bells:
            if self.announce is not None:
                self.announce(bell)

    async def _leave(self, db: AsyncSession, rung: Iterable[str]) -> None:
        if bells := [{"bell": bell} for bell in rung]:
            connection = await db.connection()
            await connection.execute(text("INSERT INTO bells (bell) VALUES (:bell)"), bells)

    async def _notify(self, db: AsyncSession, rung: Iterable[str]) -> None:
        """Let PostgreSQL itself ring the bells at commit, in every process."""
        if bells := list(rung):
            connection = await db.connection()
            await connection.execute(NOTIFY, {"channel": BELL, "bells": bells})

    async def close(self) -> None:
        await self.engine.dispose()


def at_last(db: Writing, step: Callable[[], Awaitable[object]]) -> None:
    """Have this done just before the commit, after everything else.

    What is locked for everyone is so locked for a moment only, and no two transactions wait for
    each other.
    """
    db.info.setdefault("last", []).append(step)


def ring(db: Writing, bell: str) -> None:
    """Have this bell rung once the transaction has been committed."""
    db.info.setdefault("touched", {})[bell] = None


def ring_early(db: Writing, bell: str) -> None:
    """Have this process told just before the commit too: whoever hears it stops, come what may."""
    db.info.setdefault("early", {})[bell] = None
    ring(db, bell)


async def hold(db: Writing, table: type[Row], key: UUID) -> Row:
    """Lock a row until the end of the transaction, fresh even where it was loaded before."""
    found = await db.get(table, key, with_for_update=FOR_CHANGE, populate_existing=True)
    if found is None:
        raise NotFound
    return found


async def load(db: Reading | Writing, table: type[Row], key: UUID) -> Row:
    """A row that must exist, without locking it."""
    found: Row | None = db.identity_map.get(db.identity_key(table, key))
    if found is None or inspect(found).expired:  # or each look at it would wake a thread
        found = await db.get(table, key)
    if found is None:
        raise NotFound
    return found


async def hold_all(db: Writing, table: type[Row], *where: Any) -> list[Row]:  # noqa: ANN401 - SQLAlchemy's own type of a condition
    """Lock several rows, always in the order of their ids so that two holders cannot embrace."""
    order = col(table.id)  # type: ignore[attr-defined]  # every table of ours is a Record
    query = select(table).where(*where).order_by(order).with_for_update(**FOR_CHANGE)
    return list(await db.exec(query.execution_options(populate_existing=True)))


async def hold_these(db: Writing, table: type[Row], keys: Collection[UUID]) -> list[Row]:
    """The same of many rows by their keys."""
    return list(await db.exec(_holding(table), params={"keys": list(keys)}))


@cache
def _holding(table: type[Row]) -> SelectOfScalar[Row]:
    key = col(table.id)  # type: ignore[attr-defined]  # every table of ours is a Record
    query = select(table).where(key.in_(of_these("keys"))).order_by(key)
    return query.with_for_update(**FOR_CHANGE).execution_options(populate_existing=True)


def of_these(name: str) -> BindParameter[Any]:
    """Several values that a statement is told when it is sent.

    What many wait for is put together once: that takes as long as what the database then does.
    """
    return bindparam(name, expanding=True)


async def put_all(db: Writing, rows: Sequence[SQLModel]) -> None:
    """Add many rows of one table in one statement, past the session: nobody changes them again."""
    if rows:
        names = type(rows[0]).model_fields
        told = [{name: getattr(each, name) for name in names} for each in rows]
        await put_rows(db, type(rows[0]), told)


def values(of: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever dataclass has the names of columns
    """What a value says that is named as the columns of its row are."""
    return {each.name: getattr(of, each.name) for each in fields(of)}


async def put_rows(
    db: Writing, table: type[SQLModel], rows: Sequence[Mapping[str, object]]
) -> None:
    """Add many rows that are no objects: making one of a table's class takes longer than to add it.

    What is not named is the column's default; all rows name the same.
    """
    if rows:
        await db.flush()
        line = await db.connection()
        await line.execute(insert(table), list(rows))


async def now_of(db: Reading | Writing) -> float:
    """The database's own clock in seconds since 1970: the only one that several processes share."""
    sqlite = db.get_bind().dialect.name == "sqlite"
    clock = (
        "(julianday('now') - 2440587.5) * 86400.0"
        if sqlite
        else "extract(epoch from clock_timestamp())"
    )
    return float(await db.scalar(text(f"SELECT {clock}")) or 0.0)
