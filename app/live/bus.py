"""Bells between transactions and those who wait for news: in one process, or through PostgreSQL."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

import asyncpg
import structlog
from sqlalchemy import make_url
from sqlmodel import col, func, select

from app.database import BELL, Database
from app.models import Bell

log = structlog.get_logger()

Ring = Callable[[str], None]
EVERYTHING = "*"
LOOK_AGAIN = 1.0
SILENCE = 2.0  # seconds after which a line on which nothing is answered is a broken one


class Bus(Protocol):
    """Rings every bell that any process's transaction touched; ``*`` means: look at everything."""

    def carry(self, ring: Ring) -> "contextlib.AbstractAsyncContextManager[None]": ...


class Local:
    """One process on SQLite; another program's commit shows in ``PRAGMA data_version``.

    The bells of this process sound by themselves; those of another program are in a table.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def carry(self, ring: Ring) -> AsyncGenerator[None]:
        # Before anything is served: what is left from here on is heard.
        watch = asyncio.create_task(self._watch(ring, await self._newest()))
        try:
            yield
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)

    async def _watch(self, ring: Ring, heard: int) -> None:
        """Look for what others left; a fault is logged, and looking goes on from there."""
        while True:
            try:
                async with contextlib.aclosing(self._changes()) as changes:
                    async for news in changes:
                        heard = await self._left(heard, ring) if news else heard
            except Exception as fault:  # noqa: BLE001 - whatever it was, bells must be heard
                log.warning("bus.broken", fault=repr(fault))
            await asyncio.sleep(LOOK_AGAIN)

    async def _changes(self) -> AsyncGenerator[bool]:
        """Each second, whether a commit was made on another connection than this one."""
        async with self._database.engine.connect() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            seen = None
            while True:
                cursor = await raw.execute("PRAGMA data_version")
                version = await cursor.fetchone()
                await cursor.close()
                yield version != seen
                seen = version
                await asyncio.sleep(LOOK_AGAIN)

    async def _newest(self) -> int:
        async with self._database.reading() as db:
            return (await db.exec(select(func.max(Bell.id)))).one() or 0

    async def _left(self, heard: int, ring: Ring) -> int:
        """Ring what was left since; the number of the last one."""
        async with self._database.reading() as db:
            query = select(Bell).where(col(Bell.id) > heard).order_by(col(Bell.id))
            for each in await db.exec(query):
                ring(each.bell)
                heard = each.id or heard
        return heard


class Postgres:
    """Several processes: the database delivers each bell at commit (NOTIFY)."""

    def __init__(self, url: str) -> None:
        self._dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    @asynccontextmanager
    async def carry(self, ring: Ring) -> AsyncGenerator[None]:
        listening = asyncio.create_task(self._listen(ring))
        try:
            yield
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, ring: Ring) -> None:
        while True:
            try:
                await self._until_broken(ring)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
                log.warning("bus.broken", fault=repr(fault))
            await asyncio.sleep(LOOK_AGAIN)

    async def _until_broken(self, ring: Ring) -> None:
        """Bells rung while the line was down are lost, so everything is looked at afterwards.

        A line on which nothing is answered in time is down too: no revocation may wait for it.
        """
        connection = await asyncpg.connect(self._dsn, timeout=SILENCE, command_timeout=SILENCE)
        try:
            await connection.add_listener(BELL, _heard(ring))
            ring(EVERYTHING)
            while not connection.is_closed():
                await connection.execute("SELECT 1")
                await asyncio.sleep(LOOK_AGAIN)
        finally:
            connection.terminate()


def _heard(ring: Ring) -> Callable[..., None]:
    def hear(_connection: Any, _process: int, _channel: str, bell: str) -> None:  # noqa: ANN401 - asyncpg's own type
        ring(bell)

    return hear


def of(database: Database, url: str) -> Bus:
    """The bus that fits the database."""
    return Local(database) if database.sqlite else Postgres(url)
