"""Bells reach whoever waits, from this program and from another."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import pytest
from sqlalchemy import make_url

from app.database import Database, ring
from app.live import bus

SLOW = 3.0  # seconds that a machine may take which has other work


class Ear:
    """Hears bells, and can be waited for."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._new = asyncio.Event()

    def __call__(self, bell: str) -> None:
        self.heard.append(bell)
        self._new.set()

    async def until(self, bell: str, within: float = 5.0) -> None:
        async with asyncio.timeout(within):
            while bell not in self.heard:
                self._new.clear()
                await self._new.wait()

    async def listens(self, database: Database) -> None:
        """What PostgreSQL rings before somebody listens is looked for, and not heard."""
        if not database.sqlite:
            await self.until(bus.EVERYTHING)


async def test_a_command_beside_the_service_is_heard(database: Database, tables_url: str) -> None:
    ear = Ear()
    database.announce = ear
    async with bus.of(database, tables_url).carry(ear):
        await ear.listens(database)
        other = Database(tables_url)
        async with other.writing() as db:
            ring(db, "membership")
        await ear.until("membership")
        await other.close()


async def test_own_bells_sound_once_and_after_the_commit(
    database: Database, tables_url: str
) -> None:
    ear = Ear()
    database.announce = ear
    async with bus.of(database, tables_url).carry(ear):
        await ear.listens(database)
        async with database.writing() as db:
            ring(db, "person:1")
            ring(db, "person:1")
            assert "person:1" not in ear.heard
        await ear.until("person:1")
    assert ear.heard.count("person:1") == 1


async def _ring_and_fail(database: Database) -> None:
    async with database.writing() as db:
        ring(db, "person:1")
        raise ZeroDivisionError


async def test_what_was_rolled_back_is_not_announced(database: Database, tables_url: str) -> None:
    ear = Ear()
    database.announce = ear
    async with bus.of(database, tables_url).carry(ear):
        await ear.listens(database)
        with pytest.raises(ZeroDivisionError):
            await _ring_and_fail(database)
        async with database.writing() as db:
            ring(db, "person:2")
        await ear.until("person:2")
    assert "person:1" not in ear.heard


# A line on which nothing is answered.


class Way:
    """A way to the database that can be cut without anybody being told: what is sent is lost."""

    def __init__(self, url: str) -> None:
        self._to = make_url(url)
        self.url = ""
        self.flows = True
        self.left = asyncio.Event()  # somebody has hung up, while the way was cut

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["Way"]:
        async with await asyncio.start_server(self._carry, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            by_way = self._to.set(host="127.0.0.1", port=port, query={})
            self.url = by_way.render_as_string(hide_password=False)
            yield self

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, thither = await self._connect()
        back = asyncio.create_task(self._pass_on(there, writer))
        try:
            await self._pass_on(reader, thither)
        finally:
            if not self.flows:
                self.left.set()
            back.cancel()
            for each in (writer, thither):
                each.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        folder = self._to.query.get("host")
        port = self._to.port or 5432
        if folder is None:
            return await asyncio.open_connection(self._to.host, port)
        return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{port}")

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                if self.flows:
                    writer.write(data)
                    await writer.drain()


async def test_a_line_on_which_nothing_is_answered_is_left_and_everything_is_looked_at_after(
    postgres_tables_url: str,
) -> None:
    """A revocation that was rung for meanwhile is lost, so whoever listens must look by itself."""
    ear = Ear()
    direct = Database(postgres_tables_url)
    async with (
        Way(postgres_tables_url).open() as way,
        bus.Postgres(way.url).carry(ear),
    ):
        await ear.until(bus.EVERYTHING)
        await _rung(direct, "person:1")
        await ear.until("person:1")
        assert ear.heard == [bus.EVERYTHING, "person:1"]

        way.flows, began = False, time.monotonic()
        await _rung(direct, "person:2")
        async with asyncio.timeout(bus.SILENCE + bus.LOOK_AGAIN + SLOW):
            await way.left.wait()
        assert time.monotonic() - began > bus.SILENCE - 0.1
        assert ear.heard == [bus.EVERYTHING, "person:1"]

        ear.heard.clear()
        way.flows = True
        # The newest attempt may have begun while nothing flowed, and there is one more look.
        await ear.until(bus.EVERYTHING, bus.SILENCE + bus.LOOK_AGAIN + SLOW)
        await _rung(direct, "person:3")
        await ear.until("person:3")
        assert ear.heard == [bus.EVERYTHING, "person:3"]
    await direct.close()


async def _rung(database: Database, bell: str) -> None:
    async with database.writing() as db:
        ring(db, bell)
