"""Several processes on one database: bells, seats and fences reach all; a stopped one says nothing.

Some of them are real programs, which are stopped, continued and killed.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from signal import Signals
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest
from fastapi import FastAPI
from pydantic import ValidationError
from sqlalchemy import make_url
from sqlmodel import select
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from app import journal
from app.database import Database
from app.journal import Channel
from app.live import leases
from app.models import WishMade
from app.protocol.codes import Code
from app.settings import Settings
from tests.live.test_fence import close_open_part, opened, progress, sign_off
from tests.live.test_revocation import token_revoked
from tests.live.test_rooms import heard, say
from tests.world import Guest, Service, World, hello, prepare, service, serving, settings

STARTED = 60.0  # seconds within which a program must answer, on a machine with other work
LONG = 20.0


async def last_words(line: ClientConnection) -> tuple[str, int]:
    """The farewell's reason and the close code; news of before the farewell is passed over."""
    guest = Guest(line)
    farewell = await guest.until("farewell")
    return farewell["why"]["reason"], await guest.ended()


@asynccontextmanager
async def two(url: str, folder: Path) -> AsyncGenerator[tuple[Service, Service]]:
    """Two houses on one database, each with its own hall."""
    world = await prepare(url)
    async with (
        serving(settings(folder, database_url=url), world) as one,
        serving(settings(folder, database_url=url), world) as other,
    ):
        yield one, other


class Program:
    """``cwg serve`` as a process of its own."""

    def __init__(self, given: Settings, world: World) -> None:
        self.given = given
        self.service = Service(given.address, FastAPI(), world)
        self._process: Process | None = None

    async def start(self) -> None:
        given = self.given.model_dump(
            include={"environment", "data_dir", "database_url", "port", "base_url", "workers"}
            | {"lease_lifetime", "wishes_per_person"}
        )
        names = {f"CWG_{name.upper()}": str(value) for name, value in given.items()}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "app.cli", "serve"),
            env={**os.environ, **names},
            stdout=DEVNULL,
            stderr=DEVNULL,
        )
        async with asyncio.timeout(STARTED), httpx2.AsyncClient() as http:
            while not await self._answers(http):
                assert self._process.returncode is None
                await asyncio.sleep(0.1)

    async def _answers(self, http: httpx2.AsyncClient) -> bool:
        with suppress(httpx2.TransportError):
            answer = await http.get(f"{self.given.address}/health/ready")
            return answer.status_code == httpx2.codes.OK
        return False

    def send(self, number: Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def end(self, number: Signals = Signals.SIGTERM) -> int:
        if self._process is None or self._process.returncode is not None:
            return 0
        self.send(Signals.SIGCONT)
        self.send(number)
        async with asyncio.timeout(LONG):
            return await self._process.wait()


@asynccontextmanager
async def program(given: Settings, world: World) -> AsyncGenerator[Program]:
    started = Program(given, world)
    try:
        await started.start()
        yield started
    finally:
        await started.end(Signals.SIGKILL)


async def live_leases(url: str, many: int) -> None:
    """Until so many processes may speak."""
    database = Database(url)
    async with asyncio.timeout(LONG):
        while True:
            async with database.reading() as db:
                if len(await leases.live(db)) == many:
                    break
            await asyncio.sleep(0.1)
    await database.close()


async def everything(guest: Guest) -> tuple[list[dict[str, Any]], int]:
    """All that is still heard, and the code of the close."""
    messages: list[dict[str, Any]] = []
    try:
        async with asyncio.timeout(LONG):
            while True:
                messages.append(json.loads(await guest.socket.recv()))
    except ConnectionClosed as closed:
        return messages, closed.rcvd.code if closed.rcvd else 1006


# Two houses in one loop.


async def test_what_happens_in_one_process_is_heard_in_the_other(
    postgres_tables_url: str, tmp_path: Path
) -> None:
    async with (
        two(postgres_tables_url, tmp_path) as (one, other),
        one.attending("chair") as chair,
        other.attending("kenya") as kenya,
    ):
        await chair.wish("open-list")
        assert (await kenya.until("list-opened"))["position"] == 1
        answer = await kenya.wish("request-floor")
        assert (await chair.until("floor-requested"))["body"]["number"] == 1
        assert answer["number"] == 1
        # A seat in the other process is taken over, or respected; a revocation is heard.
        ticket = (await one.ticket("kenya")).json()["ticket"]
        async with one.line() as line:
            await line.send(hello(ticket, take_over=False))
            assert await last_words(line) == ("already-seated", Code.REFUSED)
        async with one.attending("kenya") as newer:
            assert await last_words(kenya.socket) == ("already-seated", Code.TAKEN_OVER)
            person = await one.person("kenya")
            async with other.house.database.writing() as db:
                await token_revoked(db, other, person, datetime.now(UTC))
            assert await last_words(newer.socket) == ("login-revoked", Code.REVOKED)


async def test_a_fence_waits_for_both_and_counts_both(
    postgres_tables_url: str, tmp_path: Path
) -> None:
    async with (
        two(postgres_tables_url, tmp_path) as (one, other),
        one.attending("kenya") as kenya,
        other.attending("brazil") as brazil,
        one.attending("stakeholder") as stakeholder,
        other.attending("university") as university,
    ):
        assert (await close_open_part(one)).status_code == 200
        assert await last_words(stakeholder.socket) == ("not-named", Code.SHOWN_OUT)
        assert await last_words(university.socket) == ("not-named", Code.SHOWN_OUT)
        assert (await sign_off(other, head_count=2)).status_code == 200
        told = await opened(one)
        assert (told["closed"], told["remaining"]) == (2, 0)
        assert (await kenya.until("moved"))["epoch"] == 2
        assert (await brazil.until("moved"))["epoch"] == 2
        async with one.http() as http:
            text = (await http.get("/api/v1" + told["certificate"])).text
        statement = json.loads(text)["statement"]
        counted = {key: statement[key] for key in ("processes", "processes_lost", "sockets_closed")}
        assert counted == {"processes": 2, "processes_lost": 0, "sockets_closed": 2}


async def test_nothing_is_missed_when_the_line_of_the_bells_is_cut(
    postgres_tables_url: str, tmp_path: Path
) -> None:
    dsn = make_url(postgres_tables_url).set(drivername="postgresql")
    async with (
        two(postgres_tables_url, tmp_path) as (one, other),
        other.attending("kenya") as kenya,
        other.attending("brazil") as brazil,
    ):
        cutter = await asyncpg.connect(dsn.render_as_string(hide_password=False))
        cut = await cutter.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND (query = 'SELECT 1' OR query ILIKE 'LISTEN%')"
        )
        await cutter.close()
        assert len(cut) >= 2
        await say(one)
        await say(one)
        person = await one.person("brazil")
        async with one.house.database.writing() as db:
            await token_revoked(db, one, person, datetime.now(UTC))
        assert await heard(kenya, 2) == [1, 2]
        while (message := await brazil.next())["kind"] != "farewell":
            assert message["kind"] == "announced"
        assert message["why"]["reason"] == "login-revoked"


# Real programs.


async def test_a_stopped_process_keeps_the_members_part_shut_while_its_lease_lives(
    postgres_tables_url: str, tmp_path: Path
) -> None:
    url = postgres_tables_url
    given = settings(tmp_path, database_url=url, lease_lifetime=8.0)
    beside = settings(tmp_path, database_url=url, lease_lifetime=8.0)
    async with (
        service(given) as here,
        program(beside, here.world) as there,
        there.service.attending("kenya") as kenya,
        there.service.attending("stakeholder") as stakeholder,
        here.attending("brazil") as brazil,
    ):
        there.send(Signals.SIGSTOP)
        assert (await close_open_part(here)).status_code == 200
        assert (await sign_off(here, head_count=3)).status_code == 200
        assert (await brazil.until("note"))["note"] == "hold"
        told = await progress(here)
        assert (told["state"], told["waits_for"]) == ("raised", "process-silent")
        await live_leases(url, 1)
        async with asyncio.timeout(LONG):
            told = await opened(here)
        assert (await brazil.until("moved"))["epoch"] == 2
        async with here.http() as http:
            text = (await http.get("/api/v1" + told["certificate"])).text
        statement = json.loads(text)["statement"]
        assert (statement["processes"], statement["processes_lost"]) == (1, 1)
        there.send(Signals.SIGCONT)
        for guest, codes in ((kenya, {4001}), (stakeholder, {4001, 4500})):
            messages, code = await everything(guest)
            assert {each["kind"] for each in messages} <= {"farewell", "presence"}
            assert code in codes
        async with there.service.attending("kenya", "second") as again:
            assert again.welcome["epoch"] == 2


async def test_a_process_that_was_stopped_says_nothing_of_a_members_part(
    postgres_tables_url: str, tmp_path: Path
) -> None:
    url = postgres_tables_url
    given = settings(tmp_path, database_url=url, lease_lifetime=6.0)
    beside = settings(tmp_path, database_url=url, lease_lifetime=6.0)
    async with (
        service(given) as here,
        program(beside, here.world) as there,
        here.attending("chair") as chair,
        there.service.attending("kenya") as kenya,
    ):
        await close_open_part(here)
        await sign_off(here, head_count=2)
        async with asyncio.timeout(LONG):
            await opened(here)
        await chair.until("moved")
        await kenya.until("moved")
        there.send(Signals.SIGSTOP)
        assert (await chair.wish("open-list"))["ok"] is True
        await live_leases(url, 1)
        assert (await chair.wish("close-list"))["ok"] is True
        there.send(Signals.SIGCONT)
        assert await everything(kenya) == ([], Code.LEASE_LOST)
        cursor = {"room": {"epoch": 2, "position": 0}}
        async with there.service.attending("kenya", "second", cursors=cursor) as again:
            assert [(await again.next())["kind"] for _ in range(3)] == [
                "sitting-opened",
                "list-opened",
                "list-closed",
            ]


async def test_no_acknowledged_wish_is_lost_when_the_process_is_killed(
    tables_url: str, tmp_path: Path
) -> None:
    given = settings(tmp_path, database_url=tables_url, wishes_per_person="100000/minute")
    world = await prepare(tables_url)
    answers: dict[UUID, dict[str, Any]] = {}
    asked: list[tuple[UUID, str]] = []

    async def wishes(guest: Guest) -> None:
        with suppress(ConnectionClosed):
            while True:
                for kind in ("request-floor", "withdraw-request"):
                    key = uuid4()
                    asked.append((key, kind))
                    answers[key] = await guest.wish(kind, wish_id=key)

    async with program(given, world) as running:
        async with AsyncExitStack() as lines:
            chair = await lines.enter_async_context(running.service.attending("chair"))
            kenya = await lines.enter_async_context(running.service.attending("kenya"))
            assert (await chair.wish("open-list"))["ok"] is True
            asking = asyncio.create_task(wishes(kenya))
            async with asyncio.timeout(LONG):
                while len(answers) < 12:  # noqa: ASYNC110 - the wishes are another task's
                    await asyncio.sleep(0.01)
            await running.end(Signals.SIGKILL)
            async with asyncio.timeout(LONG):
                await asking
        await running.start()
        assert await kept(tables_url, world) >= set(answers)
        last = asked[-1]
        cursor = {"room": {"epoch": 1, "position": 0}}
        async with running.service.attending("kenya", cursors=cursor) as kenya:
            assert await heard(kenya, len(answers) + 1) == list(range(1, len(answers) + 2))
            for key, kind in asked[-3:]:
                again = await kenya.wish(kind, wish_id=key)
                assert again == answers.get(key, again)
                assert again["ok"] is True
            assert last[0] in await kept(tables_url, world)


async def kept(url: str, world: World) -> set[UUID]:
    database = Database(url)
    async with database.reading() as db:
        query = select(WishMade.wish_id).where(WishMade.person_id == world.people["kenya"])
        found = set(await db.exec(query))
        channel = Channel(world.sittings["first"], "room", 1)
        assert await journal.position(db, channel) == len(found) + 1
    await database.close()
    return found


async def test_one_command_serves_with_several_processes(
    postgres_tables_url: str, tmp_path: Path
) -> None:
    url = postgres_tables_url
    given = settings(tmp_path, database_url=url, workers=2)
    async with program(given, await prepare(url)) as both:
        await live_leases(url, 2)
        async with both.service.attending("chair") as chair:
            await chair.wish("open-list")
            names = ("kenya", "brazil", "operator", "startup")
            async with AsyncExitStack() as lines:
                for name in names:
                    guest = await lines.enter_async_context(both.service.attending(name))
                    assert (await guest.wish("request-floor"))["ok"] is True
                told = [(await chair.until("floor-requested"))["position"] for _ in names]
            assert told == [2, 3, 4, 5]
        assert await both.end() == 0


def test_sqlite_serves_one_process_only(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="SQLite serves one process"):
        settings(tmp_path, workers=2)
