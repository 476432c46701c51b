"""What the fence does to sockets: nothing late, and how soon the last one is closed.

One process serves, its clients stand in another, and news goes out all the while. A tap on every
transport keeps what is written to it once it is watched; for whoever is excluded that is from the
moment the epoch is raised. All that may be in it is the last word and a close frame; any other is
late. ``closed`` means that the connection is lost, not that a close was asked for.

Beside it stand two bare loops over as many plain sockets in the same run: one that writes the same
bytes and closes, and one that waits, as the service does, until each client has answered.
"""

import asyncio
import os
import select
import socket
import statistics
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

from app.bench.crowd import CLOSE, Count, Crowd, Guests, allow_files, crowd, cut, leave
from app.bench.crowd import FAREWELL as FAREWELL_KIND
from app.live.serving import BACKLOG, running, server_config
from app.live.wire import FramedProtocol, Line, broadcast, encode, frame, line_of
from app.protocol.codes import Code

FILES: Final = 200  # open files besides the connections
LIMIT: Final = 120.0  # seconds for one round
BETWEEN_EVENTS: Final = 0.1
ANSWER: Final = 64  # bytes, more than a client's close frame has
DIGITS: Final = 4
EVENT: Final = frame(encode({"kind": "floor-given", "on": "room", "body": {"number": "x" * 200}}))
FAREWELL: Final = frame(encode({"kind": "farewell", "reason": "not-in-this-part"}))
LAST_WORD: Final = FAREWELL + bytes([0x80 | CLOSE, 2]) + Code.SHOWN_OUT.to_bytes(2, "big")


class Tapped:
    """A transport of which every write is kept from the moment it is watched."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._kept: list[bytes] | None = None

    def watch(self) -> None:
        self._kept = []

    def news(self) -> int:
        """How many frames that are neither a farewell nor control were written since."""
        written = bytearray().join(self._kept or [])
        return sum(opcode < CLOSE and FAREWELL_KIND not in said for opcode, said in cut(written))

    def write(self, data: bytes) -> None:
        if self._kept is not None:
            self._kept.append(bytes(data))
        self._transport.write(data)

    def get_extra_info(self, name: str) -> object:
        return self if name == "tap" else self._transport.get_extra_info(name)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - all else is the transport's
        return getattr(self._transport, name)


class TappedProtocol(FramedProtocol):
    """The protocol of the service, with a tap on each connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        tapped = Tapped(cast("asyncio.Transport", transport))
        super().connection_made(cast("asyncio.Transport", tapped))


def tap(line: Line) -> Tapped:
    """The tap on this line; its server must have been started with ``TappedProtocol``."""
    return cast("Tapped", line.get_extra_info("tap"))


class Scene(Protocol):
    """What is measured: who is in the room, and the fence that half of them must leave by."""

    @property
    def excluded(self) -> Sequence[Line]:
        """Those who may not hear what follows."""
        ...

    def tell(self) -> None:
        """Let something happen that the room is told."""
        ...

    async def fence(self, raised: Callable[[], None]) -> None:
        """Raise the epoch, call ``raised`` at that very moment, and show the excluded out."""
        ...


OpenScene = Callable[[int], AbstractAsyncContextManager[tuple[Scene, Crowd]]]


@dataclass(frozen=True, slots=True)
class Round:
    """What one fence came to."""

    excluded: int
    late: int
    late_seen: int
    refused: int
    seconds: float


class Sockets:
    """The sockets alone: every second one is excluded, and the room does not know of it.

    News goes on to be written to everyone; that none of it reaches the excluded is up to the lines.
    """

    def __init__(self) -> None:
        self.lines: list[Line] = []

    @property
    def excluded(self) -> list[Line]:
        return self.lines[::2]

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        self.lines.append(line_of(scope))
        while (await receive())["type"] != "websocket.disconnect":
            pass

    def tell(self) -> None:
        broadcast(self.lines, EVENT)

    async def fence(self, raised: Callable[[], None]) -> None:
        excluded = self.excluded
        raised()
        for line in excluded:
            line.shut()
        broadcast(excluded, EVENT)  # what was on its way to them
        for line in excluded:
            line.close(Code.SHOWN_OUT, last=FAREWELL)


@asynccontextmanager
async def sockets(connections: int) -> AsyncGenerator[tuple[Scene, Crowd]]:
    """So many sockets, and the crowd at their other end."""
    scene = Sockets()
    async with (
        running(scene, lifespan="off", protocol=TappedProtocol) as url,
        crowd(Guests(url, connections, leave)) as clients,
    ):
        yield scene, clients


async def once(scene: Scene, clients: Crowd) -> Round:
    """One fence, with news before, during and after it."""
    excluded = list(scene.excluded)
    refused = sum(line.refused for line in excluded)
    raised_at = 0.0

    def raised() -> None:
        nonlocal raised_at
        raised_at = time.perf_counter()
        for line in excluded:
            tap(line).watch()

    async with _news(scene):
        await clients.until(Count.FRAMES, 1)
        await scene.fence(raised)
        for line in excluded:
            await line.closed.wait()
        seconds = time.perf_counter() - raised_at
        await clients.until(Count.CLOSED, len(excluded))
        told = clients.seen(Count.FRAMES)
        await clients.until(Count.FRAMES, told + 1)
    return Round(
        excluded=len(excluded),
        late=sum(tap(line).news() for line in excluded),
        late_seen=clients.seen(Count.LATE),
        refused=sum(line.refused for line in excluded) - refused,
        seconds=seconds,
    )


@asynccontextmanager
async def _news(scene: Scene) -> AsyncGenerator[None]:
    async def go_on() -> None:
        while True:
            scene.tell()
            await asyncio.sleep(BETWEEN_EVENTS)

    telling = asyncio.create_task(go_on())
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.wait({telling})


async def bare_loops(connections: int) -> tuple[float, float]:
    """Seconds for the two bare loops: write and close, and write, hear the answer and close."""
    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listener:
        url = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        accepting = asyncio.create_task(asyncio.to_thread(_accepted, listener, 2 * connections))
        async with crowd(Guests(url, 2 * connections, leave, upgrade=False)):
            accepted = await accepting
            one, other = accepted[:connections], accepted[connections:]
            return _timed(_close, one), _timed(_close_when_answered, other)


def _accepted(listener: socket.socket, connections: int) -> list[socket.socket]:
    return [listener.accept()[0] for _ in range(connections)]


def _timed(work: Callable[[list[socket.socket]], None], accepted: list[socket.socket]) -> float:
    started = time.perf_counter()
    work(accepted)
    return time.perf_counter() - started


def _close(accepted: Iterable[socket.socket]) -> None:
    for sock in accepted:
        os.write(sock.fileno(), LAST_WORD)
        sock.close()


def _close_when_answered(accepted: Iterable[socket.socket]) -> None:
    waiting = {sock.fileno(): sock for sock in accepted}
    with select.epoll() as ready:
        for file in waiting:
            ready.register(file, select.EPOLLIN)
            os.write(file, LAST_WORD)
        while waiting:
            for file, _ in ready.poll():
                sock = waiting.pop(file)
                sock.recv(ANSWER)
                sock.close()


async def measure(connections: int, rounds: int, open_scene: OpenScene = sockets) -> dict[str, Any]:
    """Measure any scene, in the running loop; TimeoutError when a round takes absurdly long."""
    allow_files(3 * connections + FILES)
    fences, bare = [], []
    for _ in range(rounds):
        async with asyncio.timeout(LIMIT):
            async with open_scene(connections) as (scene, clients):
                fences.append(await once(scene, clients))
            bare.append(await bare_loops(fences[-1].excluded))
    last_close = statistics.median(each.seconds for each in fences)
    closing = statistics.median(at_once for at_once, _ in bare)
    answered = statistics.median(when_answered for _, when_answered in bare)
    return {
        "bench": "fence",
        "connections": connections,
        "excluded": fences[0].excluded,
        "rounds": rounds,
        "late_frames": sum(each.late for each in fences),
        "late_frames_seen_by_clients": sum(each.late_seen for each in fences),
        "frames_refused": sum(each.refused for each in fences),
        "seconds_to_last_close": round(last_close, DIGITS),
        "bare_close_loop_seconds": round(closing, DIGITS),
        "bare_answered_close_loop_seconds": round(answered, DIGITS),
        "ratio_to_bare_close_loop": round(last_close / closing, 2),
        "ratio_to_bare_answered_close_loop": round(last_close / answered, 2),
    }


def run(
    connections: int = 2000, rounds: int = 3, open_scene: OpenScene = sockets
) -> dict[str, Any]:
    """Measure the sockets, or another scene, in the loop that the service runs in."""
    with asyncio.Runner(loop_factory=server_config(Sockets()).get_loop_factory()) as runner:
        return runner.run(measure(connections, rounds, open_scene))
