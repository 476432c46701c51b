"""The whole way: the real service with a full room, for benches of more than the wire."""

import asyncio
import json
import logging
import socket
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import structlog

from app import journal
from app.bench.apart import stand_on
from app.bench.cast import EVENT, FIRST_POSITION, Cast, furnished
from app.bench.crowd import Conduct, Count, Crowd, Guests, count, crowd, leave
from app.bench.fence import TappedProtocol
from app.database import Database, hold
from app.depends import House
from app.journal import Channel
from app.live.hall import Connection
from app.live.serving import running, server_config
from app.live.wire import Bounds, FramedProtocol, Line, encode, frame
from app.main import create_app
from app.models import Person, Sitting, TicketUsed
from app.policy.sitting import SittingState
from app.protocol.news import body
from app.services import fence
from app.services.seats import Ticket
from app.settings import Environment, Settings

SEATED_WITHIN = 90.0  # seconds
FLOOR: Final = 1.0  # seconds of commits each time
CREATED: Final = 201
OK: Final = 200
ROOMY = Bounds(write_buffer=64 * 1024 * 1024)


class FullRoom:
    """A running house with everybody in the first half; every second person is no member."""

    def __init__(self, house: House, cast: Cast) -> None:
        self.house = house
        self.cast = cast
        self.channel = Channel(cast.first, "room", 1)
        self._saying: set[asyncio.Task[None]] = set()
        self._outsiders = frozenset(cast.people[1::2])
        self._events = 0

    @property
    def connections(self) -> list[Connection]:
        return list(self.house.hall.connections)

    @property
    def lines(self) -> list[Line]:
        return [each.line for each in self.connections]

    @property
    def excluded(self) -> list[Line]:
        return [e.line for e in self.connections if e.entry.person_id in self._outsiders]

    @property
    def delivery(self) -> bytes:
        """An event as each connection gets it; only digits differ from one to the next."""
        now = datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC)
        said = {
            "kind": EVENT.kind,
            "on": "room",
            "position": FIRST_POSITION + 1,
            "at": now.isoformat().replace("+00:00", "Z"),
            "body": body(EVENT, now),
        }
        return frame(encode(said))

    async def say(self, events: int = 1) -> None:
        """Let so many events happen in one transaction; the bell wakes the room."""
        async with self.house.database.writing() as db:
            await hold(db, Sitting, self.cast.first)
            for _ in range(events):
                await journal.write(db, self.channel, EVENT)

    async def tell(self, events: int, together: int) -> None:
        """The same, and wait until the room has written everything."""
        room = self.house.hall.room(self.cast.meeting_id, self.channel)
        for _ in range(events // together):
            await self.say(together)
            await room.tell()


class Leaving(FullRoom):
    """The same room at the fence, while news goes on."""

    async def say(self, events: int = 1) -> None:
        """Something happens where the meeting is now: in the open part until the other opens."""
        async with self.house.database.writing() as db:
            second = await hold(db, Sitting, self.cast.second)
            opened = second.state is SittingState.OPEN
            here = Channel(second.id, "room", 2) if opened else self.channel
            for _ in range(events):
                await journal.write(db, here, EVENT)

    def tell(self) -> None:  # type: ignore[override]  # a scene says something, and does not wait
        task = asyncio.create_task(self.say())
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)

    async def fence(self, raised: Callable[[], None]) -> None:
        """The real fence, by its services; ``raised`` is called when its bell sounds here."""
        announce = self.house.database.announce

        def ring(bell: str) -> None:
            if announce is not None:
                announce(bell)
            if bell.startswith("epoch:"):
                raised()

        self.house.database.announce = ring
        async with self.house.database.writing() as db:
            chair = await hold(db, Person, self.cast.chair)
            await fence.freeze(db, self.cast.meeting_id, by=chair, now=datetime.now(UTC))
        async with self.house.database.writing() as db:
            await fence.raise_epoch(db, self.cast.meeting_id, by=chair, now=datetime.now(UTC))
        async with self.house.database.writing() as db:
            now = datetime.now(UTC)
            await fence.go_on_without(
                db, self.cast.meeting_id, "There is no hall.", by=chair, now=now
            )


@asynccontextmanager
async def leaving(connections: int) -> AsyncGenerator[tuple[Leaving, Crowd]]:
    """A room at the fence, for ``bench.fence``."""
    async with _full(Leaving, connections, leave, TappedProtocol) as opened:
        yield opened  # type: ignore[misc]  # it was made as a Leaving


@asynccontextmanager
async def listening(connections: int) -> AsyncGenerator[tuple[FullRoom, Crowd]]:
    """A room that listens, for ``bench.fanout``."""
    async with _full(FullRoom, connections, count, FramedProtocol) as opened:
        yield opened


@asynccontextmanager
async def _full(
    kind: type[FullRoom], connections: int, conduct: Conduct, protocol: type[FramedProtocol]
) -> AsyncGenerator[tuple[FullRoom, Crowd]]:
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        settings = Settings(
            environment=Environment.DEVELOPMENT,
            data_dir=Path(folder),
            port=port,
            silent_sockets=connections + 1,
            hello_deadline=SEATED_WITHIN,
        )
        cast = await furnished(settings, connections)
        app = create_app(settings)
        house: House = app.state.house
        room = kind(house, cast)
        async with running(app, port=port, protocol=protocol, bounds=ROOMY) as url:
            guests = Guests(f"{url}/api/v1/live", connections, conduct, _hellos(house, cast))
            async with crowd(guests) as clients:
                await _seated(room, connections)
                await clients.until(Count.BYTES, connections)
                yield room, clients


def _hellos(house: House, cast: Cast) -> list[bytes]:
    tickets = (
        Ticket(uuid4(), person, None, token, cast.first, 1)
        for person, token in zip(cast.people, cast.tokens, strict=True)
    )
    return [
        json.dumps({"kind": "hello", "ticket": house.office.sign(ticket)}).encode()
        for ticket in tickets
    ]


async def _seated(room: FullRoom, connections: int) -> None:
    async with asyncio.timeout(SEATED_WITHIN):
        while len(room.connections) < connections:  # noqa: ASYNC110 - the hall has no event for it
            await asyncio.sleep(0.02)


# Asked from outside.


def free_port() -> int:
    """A port that nothing listens at now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


Ask = Callable[[bytes, int], Awaitable[bytes]]


@asynccontextmanager
async def line(port: int) -> AsyncGenerator[Ask]:
    """A connection over which one request is made after the other, each with the status it gets."""
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


def spread(took: Sequence[int]) -> dict[str, float]:
    """Nanoseconds as milliseconds that half of them, and all but one of a hundred, stay within."""
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
