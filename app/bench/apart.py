"""A server apart: in a process of its own on one core, which can be killed and started again.

It stamps when the first frame of an event was handed to the first connection, and on demand runs
the floor: a bare loop of ``os.write`` of as many bytes to the same sockets.
"""

import asyncio
import ctypes
import gc
import json
import logging
import multiprocessing
import os
import resource
import sys
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

import structlog
import uvicorn
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

from app.bench.crowd import TEXT, allow_files, cut
from app.live.hall import Hall
from app.live.serving import BACKLOG, running, server_config
from app.live.wire import Bounds, FramedProtocol, encode, frame
from app.main import create_app
from app.settings import Settings

FILES: Final = 400  # open files besides the connections
STARTED_WITHIN: Final = 60.0
OUGHT_TO_ANSWER: Final = 30.0
PAGE: Final = resource.getpagesize()
EMPTY_BARE: Final = {"kind": "bare", "turn": 10_000, "fill": ""}

Stamps: TypeAlias = "ctypes.Array[ctypes.c_uint64]"


def cores() -> tuple[frozenset[int], frozenset[int]]:
    """One core for the server, and the others for everyone else; the same one where it is alone."""
    if not hasattr(os, "sched_getaffinity"):
        return frozenset(), frozenset()
    mine = frozenset(os.sched_getaffinity(0))
    server = frozenset({max(mine)})
    return server, (mine - server) or server


def stand_on(mine: frozenset[int]) -> None:
    if mine and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, mine)


@contextmanager
def aside() -> Iterator[frozenset[int]]:
    """A core for a server, and this process on the others meanwhile.

    What was made before is looked through by no collector: whoever asks would stop for a tenth of a
    second, and it would be taken for the answer.
    """
    ours, others = cores()
    gc.collect()
    gc.freeze()
    stand_on(others)
    try:
        yield ours
    finally:
        stand_on(ours | others)
        gc.unfreeze()


@dataclass(frozen=True, slots=True)
class Moments:
    """When, on the monotonic clock in nanoseconds; shared between processes, by row."""

    first: int  # the position of row 0
    bare_row: int
    began: Stamps
    ended: Stamps
    sizes: Stamps

    @classmethod
    def of(cls, first: int, bare_row: int, rows: int) -> "Moments":
        context = multiprocessing.get_context("spawn")
        made = (context.RawArray(ctypes.c_uint64, rows) for _ in range(3))
        return cls(first, bare_row, *made)


class Apart:
    """A server in a process of its own."""

    def __init__(self, serve: Callable[..., None], *args: object) -> None:
        self._serve, self._args = serve, args
        self._process: Any = None
        self._orders: Any = None

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["Apart"]:
        await self.start()
        try:
            yield self
        finally:
            await self.kill()

    async def start(self) -> None:
        """Start it, and wait until it serves."""
        context = multiprocessing.get_context("spawn")
        self._orders, theirs = context.Pipe()
        args = (theirs, *self._args)
        self._process = context.Process(target=self._serve, args=args, daemon=True)
        self._process.start()
        theirs.close()
        await self._answer(STARTED_WITHIN)

    async def kill(self) -> None:
        """End it as ``kill -9`` does: it is asked nothing and says nothing."""
        self._process.kill()
        await asyncio.to_thread(self._process.join)

    async def bare(self, turn: int) -> Any:  # noqa: ANN401 - whatever the server's process sends
        """Have the floor run once, and what the server says of it."""
        self._orders.send(turn)
        return await self._answer(OUGHT_TO_ANSWER)

    def memory(self) -> int:
        """Bytes that are resident now."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * PAGE

    async def _answer(self, within: float) -> Any:  # noqa: ANN401 - the same
        async with asyncio.timeout(within):
            while not self._orders.poll():
                if not self._process.is_alive():
                    raise ChildProcessError("the server has gone; what it printed says why")
                await asyncio.sleep(0.005)
        return self._orders.recv()


# In the process of the server -----------------------------------------------------------------


class Stamped:
    """A transport that notes when each event was handed to it."""

    def __init__(self, transport: asyncio.Transport, moments: Moments) -> None:
        self._transport = transport
        self._moments = moments
        self.sizes: deque[int] = deque([300], maxlen=2)

    def write(self, data: bytes) -> None:
        now = time.monotonic_ns()
        self._transport.write(data)
        if b'"position":' in data and not data.startswith(b"HTTP"):
            self._note(now, bytearray(data))

    def _note(self, now: int, data: bytearray) -> None:
        for opcode, payload in cut(data):
            said = json.loads(payload) if opcode == TEXT else {}
            row = said.get("position", 0) - self._moments.first
            if said.get("on") == "room" and 0 <= row < self._moments.bare_row:
                self._moments.began[row] = now
                self._moments.sizes[row] = len(payload)
                self.sizes.append(len(payload))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - all else is the transport's
        return getattr(self._transport, name)


class StampedProtocol(FramedProtocol):
    """The protocol of the service; the transport of the first connection that lives is stamped."""

    moments: Moments
    stamped: Stamped | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if StampedProtocol.stamped is None or StampedProtocol.stamped.is_closing():
            StampedProtocol.stamped = Stamped(cast("asyncio.Transport", transport), self.moments)
            transport = cast("asyncio.Transport", StampedProtocol.stamped)
        super().connection_made(transport)


def serve(
    orders: Any,  # noqa: ANN401 - multiprocessing gives no usable types
    settings: Settings,
    moments: Moments,
    connections: int,
    core: frozenset[int],
) -> None:
    """Serve the house until the process is killed."""
    stand_on(core)
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )
    allow_files(2 * connections + FILES)
    StampedProtocol.moments = moments
    app = create_app(settings)

    def bare() -> None:
        _bare(app.state.house.hall, moments, orders.recv())
        orders.send(None)

    async def go_on() -> None:
        bounds = Bounds(write_buffer=settings.write_buffer)
        async with running(app, port=settings.port, protocol=StampedProtocol, bounds=bounds):
            asyncio.get_running_loop().add_reader(orders.fileno(), bare)
            orders.send(None)
            await asyncio.Event().wait()

    _run(go_on(), app)


def _bare(hall: Hall, moments: Moments, turn: int) -> None:
    """The least it could cost: as many bytes to the same sockets, and nothing else."""
    stamped = StampedProtocol.stamped
    sizes = stamped.sizes if stamped else (300,)
    empty = {**EMPTY_BARE, "turn": turn}
    fill = "x" * max(0, sizes[turn % len(sizes)] - len(encode(empty)))
    data = frame(encode({**empty, "fill": fill}))
    files = [each.line.get_extra_info("socket").fileno() for each in hall.connections]
    row = moments.bare_row + turn
    moments.sizes[row] = len(data)
    moments.began[row] = time.monotonic_ns()
    for file in files:
        os.write(file, data)
    moments.ended[row] = time.monotonic_ns()


def serve_bare(orders: Any, port: int, connections: int, core: frozenset[int]) -> None:  # noqa: ANN401 - as above
    """Serve nothing but open sockets, with uvicorn as it comes, until the process is killed."""
    stand_on(core)
    allow_files(connections + FILES)
    config = uvicorn.Config(
        _hold, host="127.0.0.1", port=port, lifespan="off", log_config=None, backlog=BACKLOG
    )
    server = uvicorn.Server(config)

    async def go_on() -> None:
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        orders.send(None)
        await serving

    _run(go_on(), _hold)


def _run(work: Any, app: Any) -> None:  # noqa: ANN401 - a coroutine, and an application
    with asyncio.Runner(loop_factory=server_config(app).get_loop_factory()) as runner:
        runner.run(work)


async def _hold(_scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    await receive()
    await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
    while (await receive())["type"] != "websocket.disconnect":
        pass
