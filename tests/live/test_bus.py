"""Bells reach whoever waits, from this program and from another."""

import asyncio

import pytest

from app.database import Database, ring
from app.live import bus


class Ear:
    """Hears bells, and can be waited for."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._new = asyncio.Event()

    def __call__(self, bell: str) -> None:
        self.heard.append(bell)
        self._new.set()

    async def until(self, bell: str) -> None:
        async with asyncio.timeout(5):
            while bell not in self.heard:
                self._new.clear()
                await self._new.wait()


async def test_a_command_beside_the_service_is_heard(database: Database, tables_url: str) -> None:
    ear = Ear()
    database.announce = ear
    async with bus.of(database, tables_url).carry(ear):
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
        with pytest.raises(ZeroDivisionError):
            await _ring_and_fail(database)
        async with database.writing() as db:
            ring(db, "person:2")
        await ear.until("person:2")
    assert "person:1" not in ear.heard
