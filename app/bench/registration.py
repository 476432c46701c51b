"""From the first request to the acknowledgement, beside what one commit of one row costs.

People come at the same time to a real server in a process of its own: each asks for the form and
sends a claim with a key of its own, until all are acknowledged. Before, between and after, as many
commit transactions of one row in the same process, through its own sessions, with nobody there.
"""

import asyncio
import gc
import json
import logging
import socket
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import structlog
from sqlmodel import select

from app.bench.apart import Apart, cores, stand_on
from app.bench.cast import Cast, furnished
from app.database import Database, load
from app.live.serving import running, server_config
from app.main import create_app
from app.models import Entity, Person, TicketUsed
from app.services import entities
from app.settings import Environment, Settings

AT_A_TIME: Final = 64
CREATED: Final = 201
OK: Final = 200
LIMIT: Final = 0.25
ROUNDS: Final = 4  # of people, with the floor before each and after the last: both see the same
FLOOR: Final = 1.0  # seconds each time
FIRST: Final = 2  # of each line, not counted: a program that has just started still reads itself


@dataclass(frozen=True, slots=True)
class Registered:
    """One who registered: when they began, and how long each request took, in nanoseconds."""

    began: int
    form: int
    claim: int

    @property
    def whole(self) -> int:
        return self.form + self.claim


def run(people: int, postgres: str = "", at_a_time: int = AT_A_TIME) -> dict[str, Any]:
    """Measure with SQLite and, where its URL is given, with an empty PostgreSQL database."""
    measured = {"sqlite": asyncio.run(_measured("", people, at_a_time))}
    if postgres:
        measured["postgres"] = asyncio.run(_measured(postgres, people, at_a_time))
    return {"bench": "registration", "people": people, "at_a_time": at_a_time, **measured}


async def _measured(url: str, people: int, at_a_time: int) -> dict[str, Any]:
    first = FIRST * at_a_time
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            environment=Environment.DEVELOPMENT,
            data_dir=Path(folder),
            database_url=url,
            port=_free_port(),
        )
        cast = await furnished(settings, people + first, registered=False)
        claim = await _claim(settings, cast)
        ours, others = cores()
        stand_on(others)
        async with Apart(serve, settings, ours).running() as server:
            await _all(settings, cast.words[:first], claim, at_a_time)
            floors = [await server.bare(at_a_time)]
            found, took = list[Registered](), 0.0
            for words in _rounds(cast.words[first:]):
                some, seconds = await _all(settings, words, claim, at_a_time)
                found, took = found + some, took + seconds
                floors.append(await server.bare(at_a_time))
    return _told(found, took, floors)


def _rounds(words: Sequence[str]) -> Iterator[Sequence[str]]:
    size = -(-len(words) // ROUNDS)
    for first in range(0, len(words), size):
        yield words[first : first + size]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


async def _claim(settings: Settings, cast: Cast) -> bytes:
    """What everyone sends: a delegate of a body whose focal point decides."""
    database = Database(settings.database)
    now = datetime.now(UTC)
    async with database.writing() as db:
        body = (await db.exec(select(Entity))).one()
        chair = await load(db, Person, cast.chair)
        await entities.designate(db, body.id, chair, now.date(), now=now)
    await database.close()
    return json.dumps(
        {
            "capacity": "delegate",
            "entity_id": str(body.id),
            "name": "A delegate",
            "modes": {str(cast.first): "remote", str(cast.second): "in_person"},
        }
    ).encode()


# Those who register.


async def _all(
    settings: Settings, words: Sequence[str], claim: bytes, at_a_time: int
) -> tuple[list[Registered], float]:
    """Everyone, so many at a time, and the seconds that it took."""
    waiting = iter(words)
    found: list[Registered] = []
    gc.collect()
    began = time.monotonic()
    await asyncio.gather(*(_some(settings, waiting, claim, found.append) for _ in range(at_a_time)))
    return found, time.monotonic() - began


async def _some(
    settings: Settings,
    waiting: Iterator[str],
    claim: bytes,
    tell: Callable[[Registered], None],
) -> None:
    """One after the other over one connection, until nobody waits."""
    async with _line(settings.port) as ask:
        for word in waiting:
            began = time.monotonic_ns()
            await ask(_request("GET", "form", word), OK)
            asked = time.monotonic_ns()
            said = await ask(_request("POST", "registrations", word, claim), CREATED)
            ended = time.monotonic_ns()
            if json.loads(said)["state"] != "submitted":
                raise ValueError(said)
            tell(Registered(began, asked - began, ended - asked))


Ask = Callable[[bytes, int], Awaitable[bytes]]


@asynccontextmanager
async def _line(port: int) -> AsyncGenerator[Ask]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def ask(request: bytes, expected: int) -> bytes:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        said = await reader.readexactly(length)
        if int(head.split(b" ", 2)[1]) != expected:
            raise ValueError(said)
        return said

    try:
        yield ask
    finally:
        writer.close()


def _request(method: str, what: str, word: str, body: bytes = b"") -> bytes:
    head = [
        f"{method} /api/v1/meetings/bench/{what} HTTP/1.1",
        "host: 127.0.0.1",
        f"authorization: Bearer {word}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        f"idempotency-key: {uuid4()}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def _told(found: Sequence[Registered], took: float, floors: Sequence[float]) -> dict[str, Any]:
    rate, bare = len(found) / took, sum(floors) / len(floors)
    return {
        "registrations_a_second": round(rate, 1),
        "requests_a_second": round(2 * rate, 1),
        "form_ms": _spread([each.form for each in found]),
        "claim_ms": _spread([each.claim for each in found]),
        "first_request_to_acknowledgement_ms": _spread([each.whole for each in found]),
        "one_row_commits_a_second": round(bare, 1),
        "ratio": round(rate / bare, 3),
        "at_least": LIMIT,
    }


def _spread(took: Sequence[int]) -> dict[str, float]:
    ordered = sorted(took)
    at = {"p50": 50, "p99": 99}
    return {
        name: round(ordered[len(ordered) * share // 100] / 1e6, 1) for name, share in at.items()
    }


# In the process of the server.


def serve(orders: Any, settings: Settings, core: frozenset[int]) -> None:  # noqa: ANN401 - multiprocessing gives no usable types
    """Serve the house until the process is killed."""
    stand_on(core)
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
    )
    app = create_app(settings)
    asked: set[asyncio.Task[None]] = set()

    async def bare(at_a_time: int) -> None:
        orders.send(await _commits(app.state.house.database, at_a_time))

    def ask() -> None:
        task = asyncio.create_task(bare(orders.recv()))
        asked.add(task)
        task.add_done_callback(asked.discard)

    async def go_on() -> None:
        async with running(app, port=settings.port):
            asyncio.get_running_loop().add_reader(orders.fileno(), ask)
            orders.send(None)
            await asyncio.Event().wait()

    with asyncio.Runner(loop_factory=server_config(app).get_loop_factory()) as runner:
        runner.run(go_on())


async def _commits(database: Database, at_a_time: int) -> float:
    """The floor: transactions of one row that are committed in a second."""
    ends = time.monotonic() + FLOOR
    done = 0

    async def commit() -> None:
        nonlocal done
        while time.monotonic() < ends:
            async with database.writing() as db:
                db.add(TicketUsed(id=uuid4(), expires_at=datetime.now(UTC)))
            done += 1

    began = time.monotonic()
    await asyncio.gather(*(commit() for _ in range(at_a_time)))
    return done / (time.monotonic() - began)
