"""Visitors: the whole public of a room in one process, who keep their place and come back.

Each does over a bare socket what a client of the protocol does: draws a ticket, says hello with its
cursor, answers pings, and when the line breaks waits as ``client.guest`` waits and comes in again.
When which event was read is written into memory shared with the process that called them.
"""

import asyncio
import ctypes
import gc
import json
import multiprocessing
import re
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import IntEnum, auto
from functools import lru_cache
from typing import Any, Final, TypeAlias, cast
from urllib.parse import urlsplit
from uuid import UUID

from app.bench.apart import stand_on
from app.bench.crowd import CLOSE, TEXT, allow_files, cut, masked, request
from app.client.guest import USUAL as PATIENCE
from app.client.guest import spread
from app.protocol.codes import comes_back

FILES: Final = 400  # open files besides the connections
AT_A_TIME: Final = 50  # who come in together at first; nobody holds them back when they return
PER_ADDRESS: Final = 2000  # connections from one loopback address, so that no port is used twice
READ_AFTER: Final = 0.04  # seconds: what was taken is read when the wave has passed
PING: Final = 0x9
PONG: Final = 0xA
CREATED: Final = 201
BUSY: Final = 503
RETRY_AFTER: Final = re.compile(rb"\r\nretry-after: (\d+)", re.IGNORECASE)
FAULTS_KEPT: Final = 20
BARE: Final = "bare"
FAREWELL: Final = "farewell"

Stamps: TypeAlias = "ctypes.Array[ctypes.c_uint64]"


class Tally(IntEnum):
    """What was seen, summed over all visitors; ``INVITED`` is set by the caller."""

    INVITED = 0
    INSIDE = auto()
    LOST = auto()  # lines that broke
    TRIES = auto()  # tickets asked for
    UNREACHED = auto()  # tries that found nobody there
    LATE = auto()  # tries that were given up because no answer came in time
    TURNED_BACK = auto()  # tries that were given a time to come back, because too many came
    REFUSED = auto()  # tickets, handshakes and farewells that said no
    TWICE = auto()  # events that were heard a second time
    GAPS = auto()  # events before which one was missing
    ANEW = auto()  # snapshots where a gap was owed


@dataclass(frozen=True, slots=True)
class Records:
    """What the processes share: moments are of the monotonic clock, in nanoseconds."""

    visitors: int
    rows: int
    tally: Stamps
    reads: Stamps  # row * visitors + visitor: when this one read the event of that row
    cursors: Stamps
    seated: Stamps

    @classmethod
    def of(cls, visitors: int, rows: int) -> "Records":
        context = multiprocessing.get_context("spawn")
        sizes = (len(Tally), rows * visitors, visitors, visitors)
        return cls(visitors, rows, *(context.RawArray(ctypes.c_uint64, each) for each in sizes))

    def seen(self, what: Tally) -> int:
        return int(self.tally[what])

    def row(self, row: int) -> list[int]:
        """When each visitor read it; 0 where it was not read."""
        start = row * self.visitors
        return self.reads[start : start + self.visitors]


@dataclass(frozen=True, slots=True)
class Public:
    """Who comes, where, and what of it is written down.

    The event at position ``first`` is row 0; bare writes have the rows from ``bare_row`` on.
    """

    url: str
    sitting: UUID
    words: Sequence[str]
    first: int
    bare_row: int


@asynccontextmanager
async def gathered(
    public: Public, records: Records, cores: frozenset[int]
) -> AsyncGenerator["Gathering"]:
    """Start their process; they come when they are invited, and go when the block ends."""
    context = multiprocessing.get_context("spawn")
    faults = context.SimpleQueue()
    process = context.Process(target=_attend, args=(public, records, faults, cores), daemon=True)
    process.start()
    try:
        yield Gathering(records, process, faults)
    finally:
        process.kill()
        await asyncio.to_thread(process.join)


class Gathering:
    """The visitors as the caller sees them."""

    def __init__(self, records: Records, process: Any, faults: Any) -> None:  # noqa: ANN401 - multiprocessing gives no usable types
        self.records = records
        self._process = process
        self._faults = faults

    async def invite(self, many: int, within: float) -> None:
        """Let so many in all come, and wait until they sit."""
        self.records.tally[Tally.INVITED] = many
        await self.until_inside(many, within)

    async def until_inside(self, many: int, within: float) -> None:
        await self._until(lambda: self.records.seen(Tally.INSIDE) >= many, within)

    async def until_read(self, position: int, within: float) -> None:
        """Wait until everyone who was invited has read as far as this."""
        many = self.records.seen(Tally.INVITED)
        await self._until(lambda: min(self.records.cursors[:many]) >= position, within)

    async def _until(self, done: "Any", within: float) -> None:  # noqa: ANN401 - a condition
        async with asyncio.timeout(within):
            # Another process cannot set an event.
            while not done():
                if not self._process.is_alive():
                    raise ChildProcessError("the visitors have gone; what they printed says why")
                await asyncio.sleep(0.02)

    def faults(self) -> list[str]:
        """The first few things that went wrong, in words."""
        said = []
        while not self._faults.empty():
            said.append(self._faults.get())
        return said


# In the process of the visitors ---------------------------------------------------------------


class Refused(Exception):
    """The service answered, and said no."""


class TurnedBack(Exception):
    """The service answered, and said when to come again."""

    def __init__(self, after: float) -> None:
        super().__init__(after)
        self.after = after


class Parlour:
    """What the visitors of a process have in common."""

    def __init__(self, public: Public, records: Records, faults: Any) -> None:  # noqa: ANN401 - as above
        self.public = public
        self.records = records
        self.loop = asyncio.get_running_loop()
        address = urlsplit(public.url)
        self.host, self.port = address.hostname or "127.0.0.1", address.port or 80
        self._faults = faults
        self._told = 0
        self._heard: list[tuple[int, Visitor, bytes]] = []

    def count(self, what: Tally, by: int = 1) -> None:
        self.records.tally[what] += by

    def refuse(self, said: str) -> None:
        self.count(Tally.REFUSED)
        self.tell(said)

    def tell(self, said: str) -> None:
        """Keep the first few in words."""
        self._told += 1
        if self._told <= FAULTS_KEPT:
            self._faults.put(said)

    def keep(self, visitor: "Visitor", data: bytes) -> None:
        """Take the time and nothing else; all is read when the wave has passed."""
        if not self._heard:
            self.loop.call_later(READ_AFTER, self._read)
        self._heard.append((time.monotonic_ns(), visitor, data))

    def _read(self) -> None:
        heard, self._heard = self._heard, []
        for at, visitor, data in heard:
            visitor.hear(at, data)


class Visitor(asyncio.Protocol):
    """One person of the public, over however many connections it takes."""

    def __init__(self, parlour: Parlour, number: int, word: str) -> None:
        self._parlour = parlour
        self._number = number
        self._word = word
        self._ticket = ""
        self._source = f"127.0.0.{1 + number // PER_ADDRESS}"
        self._epoch = self._position = 0
        self._transport: asyncio.Transport | None = None
        self._unread = bytearray()
        self._is_upgraded = self._is_inside = False
        self._welcomed: asyncio.Future[None] | None = None
        self._gone: asyncio.Future[None] | None = None

    async def attend(self) -> None:
        """Come in, and in again; what is drawn at random and its bounds are those of a guest."""
        failures = 0
        while True:
            began = self._parlour.loop.time()
            after = await self._visit()
            steady = self._parlour.loop.time() - began > PATIENCE.steady
            failures = 1 if steady else failures + 1
            most = min(PATIENCE.longest, PATIENCE.first * 2 ** (failures - 1))
            await asyncio.sleep(after + spread(0, most))

    async def _visit(self) -> float:
        """One try; how many seconds to stay away at least before the next."""
        count = self._parlour.count
        count(Tally.TRIES)
        try:
            async with asyncio.timeout(PATIENCE.welcome):
                ticket = await self._draw()
            async with asyncio.timeout(PATIENCE.welcome):
                await self._sit(ticket)
        except TimeoutError:
            count(Tally.LATE)
        except OSError:
            count(Tally.UNREACHED)
        except TurnedBack as back:
            count(Tally.TURNED_BACK)
            return back.after
        except Refused as no:
            self._parlour.refuse(str(no))
        else:
            assert self._gone is not None  # noqa: S101 - it was made when the line was
            await self._gone
        finally:
            if self._transport is not None:
                self._transport.abort()
        return 0.0

    async def _draw(self) -> str:
        """A ticket over HTTP, on a connection of its own."""
        at = self._parlour
        reader, writer = await asyncio.open_connection(
            at.host, at.port, local_addr=(self._source, 0)
        )
        try:
            writer.write(
                f"POST /api/v1/sittings/{at.public.sitting}/tickets HTTP/1.1\r\n"
                f"Host: {at.host}:{at.port}\r\nAuthorization: Bearer {self._word}\r\n"
                "Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
            )
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
        if not head:
            raise ConnectionResetError
        status = int(head.split(b" ", 2)[1])
        if status == BUSY and (after := RETRY_AFTER.search(head)):
            raise TurnedBack(float(after[1]))
        if status != CREATED:
            raise Refused(f"ticket {status}: {body[:200].decode(errors='replace')}")
        return str(json.loads(body)["ticket"])

    async def _sit(self, ticket: str) -> None:
        at = self._parlour
        self._unread.clear()
        self._is_upgraded = False
        self._welcomed, self._gone = at.loop.create_future(), at.loop.create_future()
        self._ticket = ticket
        transport, _ = await at.loop.create_connection(
            lambda: self, at.host, at.port, local_addr=(self._source, 0)
        )
        transport.write(request(at.host, at.port, "/api/v1/live"))
        await self._welcomed

    def _hello(self) -> bytes:
        hello: dict[str, Any] = {"kind": "hello", "ticket": self._ticket}
        if self._epoch:
            hello["cursors"] = {"room": {"epoch": self._epoch, "position": self._position}}
        return masked(TEXT, json.dumps(hello).encode())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._is_inside:
            self._parlour.keep(self, data)
        elif self._is_upgraded:
            self.hear(time.monotonic_ns(), data)
        else:
            self._upgrade(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._is_inside:
            self._is_inside = False
            self._parlour.count(Tally.INSIDE, -1)
            self._parlour.count(Tally.LOST)
        self._settle(self._welcomed, exc or ConnectionResetError())
        self._settle(self._gone)

    def _upgrade(self, data: bytes) -> None:
        self._unread += data
        head, found, rest = bytes(self._unread).partition(b"\r\n\r\n")
        if not found:
            return
        self._unread.clear()
        if not head.startswith(b"HTTP/1.1 101 "):
            self._settle(self._welcomed, Refused(head.split(b"\r\n")[0].decode()))
            return
        self._is_upgraded = True
        if self._transport is not None:
            self._transport.write(self._hello())
        self.hear(time.monotonic_ns(), rest)

    def hear(self, at: int, data: bytes) -> None:
        """Read what was taken at that moment."""
        if self._unread:
            data = bytes(self._unread) + data
        said, rest = read(data)
        self._unread[:] = rest
        for kind, *about in said:
            match kind:
                case "event":
                    self._event(at, *about)
                case "bare":
                    self._note(self._parlour.public.bare_row + about[0], at)
                case "welcome":
                    self._enter(at, *about)
                case _:
                    self._other(kind, about[0])

    def _event(self, at: int, position: int) -> None:
        if position <= self._position:
            self._parlour.count(Tally.TWICE)
            return
        if position != self._position + 1:
            self._parlour.count(Tally.GAPS)
        self._position = position
        self._parlour.records.cursors[self._number] = position
        self._note(position - self._parlour.public.first, at)

    def _note(self, row: int, at: int) -> None:
        records = self._parlour.records
        if 0 <= row < records.rows:
            records.reads[row * records.visitors + self._number] = at

    def _enter(self, at: int, epoch: int, position: int, anew: bool) -> None:  # noqa: FBT001 - as it was read
        if self._epoch and anew:
            self._parlour.count(Tally.ANEW)
        self._epoch, self._position = epoch, position
        self._parlour.records.cursors[self._number] = position
        self._parlour.records.seated[self._number] = at
        self._is_inside = True
        self._parlour.count(Tally.INSIDE)
        self._settle(self._welcomed)

    def _other(self, kind: str, about: Any) -> None:  # noqa: ANN401 - as it was read
        if self._transport is None:
            return
        if kind == "ping":
            self._transport.write(masked(PONG, about))
        elif kind == "close":
            self._parlour.tell(f"closed with {int.from_bytes(about[:2])}")
            self._transport.write(masked(CLOSE, about[:2]))
        elif kind == FAREWELL and not comes_back(about):
            self._parlour.refuse(f"farewell {about}")

    @staticmethod
    def _settle(future: asyncio.Future[None] | None, fault: Exception | None = None) -> None:
        if future is None or future.done():
            return
        if fault is None:
            future.set_result(None)
        else:
            future.set_exception(fault)
            future.exception()  # somebody may have stopped waiting for it


@lru_cache(maxsize=64)
def read(data: bytes) -> tuple[list[tuple[Any, ...]], bytes]:
    """What whole frames say, and what is left; everyone is sent the same, so it is kept."""
    unread = bytearray(data)
    return [_meaning(opcode, payload) for opcode, payload in cut(unread)], bytes(unread)


def _meaning(opcode: int, payload: bytes) -> tuple[Any, ...]:
    if opcode == PING:
        return "ping", payload
    if opcode == CLOSE:
        return "close", payload
    said = json.loads(payload)
    kind = said["kind"]
    if kind in {"welcome", "moved"}:
        room = said["channels"]["room"]
        return "welcome", said["epoch"], room["position"], "snapshot" in room
    if kind == BARE:
        return kind, said["turn"]
    if "position" in said:
        return ("event", said["position"]) if said["on"] == "room" else ("aside", None)
    return kind, said.get("code")


def _attend(public: Public, records: Records, faults: Any, cores: frozenset[int]) -> None:  # noqa: ANN401 - as above
    stand_on(cores)
    allow_files(2 * records.visitors + FILES)
    gc.disable()  # this process is not what is measured
    from uvicorn.loops.auto import auto_loop_factory  # noqa: PLC0415 - only the child process needs it

    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(_gather(public, records, faults))


async def _gather(public: Public, records: Records, faults: Any) -> None:  # noqa: ANN401 - as above
    """Let the invited come, some at a time, until the process is ended."""
    parlour = Parlour(public, records, faults)
    visitors = [Visitor(parlour, number, word) for number, word in enumerate(public.words)]
    coming: list[asyncio.Task[None]] = []
    while True:
        inside = records.seen(Tally.INSIDE)
        room_for = min(records.seen(Tally.INVITED), inside + AT_A_TIME)
        while len(coming) < room_for:
            coming.append(asyncio.create_task(visitors[len(coming)].attend()))
        await asyncio.sleep(0.01)
