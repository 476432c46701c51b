"""How fast one event reaches everyone, beside the least that this could cost on this machine.

One process serves; its clients stand in another. In turns, on the same sockets, the same bytes are
written to every connection by the service's own path and by the floor, a bare loop of ``os.write``.
Rates are deliveries (one event to one connection) per second of the serving process's own processor
time, which is what one core can do; wall-clock rates stand beside them. A ratio is the median, over
all turns, of the path's rate divided by that of the floor's turn right after it.
"""

import asyncio
import gc
import os
import statistics
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

from app.bench.crowd import Count, Crowd, Guests, allow_files, count, crowd
from app.live.serving import running, server_config
from app.live.wire import Bounds, Line, broadcast, encode, frame, line_of

FILES: Final = 200  # open files besides the connections
TOGETHER: Final = 4  # waiting events that go out in one write
LIMIT: Final = 120.0  # seconds
ROOMY: Final = Bounds(write_buffer=64 * 1024 * 1024)
EVENT: Final = {
    "kind": "floor-requested",
    "on": "room",
    "position": 1217,
    "at": "2026-11-23T10:00:00.123456Z",
    "body": {
        "request": "0f9d2b7c-5d5e-4222-8333-444455556666",
        "number": 17,
        "kind": "statement",
        "speaker": {
            "person": "1c0e2d4a-77aa-4f0e-9d6e-9a8b7c6d5e4f",
            "name": "Delegate of Kenya",
            "entity": "Kenya",
            "category": "member_state",
        },
    },
}


class Path(Protocol):
    """What is measured: who sits there, and the way from an event to all of them."""

    @property
    def lines(self) -> Sequence[Line]:
        """Everyone who is told."""
        ...

    @property
    def delivery(self) -> bytes:
        """The bytes of one event as they reach each connection."""
        ...

    async def tell(self, events: int, together: int) -> None:
        """Let so many events happen, of which so many wait and go out in one write."""
        ...


OpenPath = Callable[[int], AbstractAsyncContextManager[tuple[Path, Crowd]]]
Write = Callable[[int, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Turn:
    """What a number of deliveries took."""

    deliveries: int
    processor: float
    wall: float

    @property
    def per_core(self) -> float:
        return self.deliveries / self.processor

    @property
    def per_second(self) -> float:
        return self.deliveries / self.wall


class Wire:
    """The wire alone: accepted sockets, an event encoded once, framed once, and broadcast."""

    delivery = frame(encode(EVENT))

    def __init__(self) -> None:
        self.lines: list[Line] = []

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        self.lines.append(line_of(scope))
        while (await receive())["type"] != "websocket.disconnect":
            pass

    async def tell(self, events: int, together: int) -> None:
        for _ in range(events // together):
            broadcast(self.lines, b"".join([frame(encode(EVENT)) for _ in range(together)]))
            await asyncio.sleep(0)


@asynccontextmanager
async def wire(connections: int) -> AsyncGenerator[tuple[Path, Crowd]]:
    """The wire with so many connections, and the crowd at their other end."""
    path = Wire()
    async with (
        running(path, bounds=ROOMY, lifespan="off") as url,
        crowd(Guests(url, connections, count)) as clients,
    ):
        yield path, clients


def floor(path: Path) -> Write:
    """The least it could cost: the same bytes to the same sockets, and nothing else."""
    files = [line.get_extra_info("socket").fileno() for line in path.lines]

    async def write(events: int, together: int) -> None:
        data = path.delivery * together
        for _ in range(events // together):
            for file in files:
                os.write(file, data)

    return write


async def turn(write: Write, path: Path, clients: Crowd, events: int, together: int) -> Turn:
    """Time from the first event until every byte is with the kernel; then let the crowd read."""
    deliveries = events * len(path.lines)
    read = clients.seen(Count.BYTES) + deliveries * len(path.delivery)
    processor, wall = time.process_time(), time.perf_counter()
    await write(events, together)
    while any(line.buffered() for line in path.lines):  # noqa: ASYNC110 - the loop must turn
        await asyncio.sleep(0)
    took = Turn(deliveries, time.process_time() - processor, time.perf_counter() - wall)
    await clients.until(Count.BYTES, read)
    return took


async def compare(
    path: Path, clients: Crowd, rounds: int, events: int, together: int
) -> dict[str, Any]:
    """The path and the floor in turns; the first of each only warms the machine."""
    bare, turns = floor(path), []
    for _ in range(rounds + 1):
        ours = await turn(path.tell, path, clients, events, together)
        theirs = await turn(bare, path, clients, events, together)
        turns.append((ours, theirs))
    return _figures(turns[1:])


def _figures(turns: list[tuple[Turn, Turn]]) -> dict[str, Any]:
    def middle(figure: Callable[[Turn, Turn], float], digits: int | None = None) -> float:
        figures = [figure(ours, bare) for ours, bare in turns]
        return round(statistics.median(figures), digits)

    return {
        "deliveries_per_second_per_core": middle(lambda ours, _: ours.per_core),
        "deliveries_per_second": middle(lambda ours, _: ours.per_second),
        "floor_deliveries_per_second_per_core": middle(lambda _, bare: bare.per_core),
        "floor_deliveries_per_second": middle(lambda _, bare: bare.per_second),
        "ratio_to_floor": middle(lambda ours, bare: ours.per_core / bare.per_core, 3),
        "ratio_to_floor_by_wall_clock": middle(
            lambda ours, bare: ours.per_second / bare.per_second, 3
        ),
    }


async def measure(
    connections: int, rounds: int, events: int, open_path: OpenPath = wire
) -> dict[str, Any]:
    """Measure any path, in the running loop; TimeoutError when it takes longer than is sane."""
    allow_files(connections + FILES)
    gc.collect()
    async with asyncio.timeout(LIMIT), open_path(connections) as (path, clients):
        single = await compare(path, clients, rounds, events, 1)
        waiting = await compare(path, clients, rounds, events * TOGETHER, TOGETHER)
        return {
            "bench": "fanout",
            "connections": len(path.lines),
            "bytes": len(path.delivery),
            "rounds": rounds,
            "events_in_a_round": events,
            "loop": type(asyncio.get_running_loop()).__module__,
            **single,
            "four_waiting_events_in_one_write": waiting,
            "limit_ratio_to_floor": 0.6,
        }


def run(
    connections: int = 1000, rounds: int = 21, events: int = 10, open_path: OpenPath = wire
) -> dict[str, Any]:
    """Measure the wire, or another path, in the loop that the service runs in."""
    with asyncio.Runner(loop_factory=server_config(Wire()).get_loop_factory()) as runner:
        return runner.run(measure(connections, rounds, events, open_path))
