"""A crowd: clients in a process of their own, which take what reaches them and count it.

They stand on bare sockets, so that the server is measured and not its clients, and put their counts
into memory that they share with the process that called them.
"""

import asyncio
import ctypes
import multiprocessing
import resource
import select
import socket
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from enum import IntEnum, auto
from typing import Final, TypeAlias
from urllib.parse import urlsplit

AT_A_TIME: Final = 100  # connections that are opened together
PATIENCE: Final = 30.0  # seconds for one step of a handshake
CHUNK: Final = 65_536
SMALLEST: Final = 2  # bytes of a frame's head
LENGTH: Final = {126: 2, 127: 8}  # bytes that tell a longer payload's size
TEXT: Final = 0x1
CLOSE: Final = 0x8
CODE: Final = 2  # bytes of a close frame that hold its code
FAREWELL: Final = b'"farewell"'

Counts: TypeAlias = "ctypes.Array[ctypes.c_uint64]"
Conduct: TypeAlias = Callable[[list[socket.socket], Counts], None]


class Count(IntEnum):
    READY = 0
    BYTES = auto()
    FRAMES = auto()
    FAREWELLS = auto()
    LATE = auto()  # frames that came after a farewell
    CLOSED = auto()


class Crowd:
    """What the clients of one process have seen so far."""

    def __init__(self, counts: Counts, is_there: Callable[[], bool]) -> None:
        self._counts = counts
        self._is_there = is_there

    def seen(self, count: Count) -> int:
        return int(self._counts[count])

    async def until(self, count: Count, at_least: int, within: float = PATIENCE) -> None:
        """Wait until so much was seen; TimeoutError when it takes too long."""
        async with asyncio.timeout(within):
            while self._is_there() and self.seen(count) < at_least:  # noqa: ASYNC110 - another process cannot set an event
                await asyncio.sleep(0.001)
        if self.seen(count) < at_least:
            raise ChildProcessError("the clients have gone; what they printed says why")


@dataclass(frozen=True, slots=True)
class Guests:
    """Who comes where, what each says first, and what they do from then on."""

    url: str
    connections: int
    conduct: Conduct
    hellos: Sequence[bytes] = ()
    upgrade: bool = True


@asynccontextmanager
async def crowd(guests: Guests) -> AsyncGenerator[Crowd]:
    """Let them come; the block begins when all are connected, and they go when it ends."""
    context = multiprocessing.get_context("spawn")
    counts = context.RawArray(ctypes.c_uint64, len(Count))
    process = context.Process(target=_attend, args=(guests, counts), daemon=True)
    process.start()
    try:
        gathered = Crowd(counts, process.is_alive)
        await gathered.until(Count.READY, guests.connections, within=2 * PATIENCE)
        yield gathered
    finally:
        process.kill()
        await asyncio.to_thread(process.join)


def allow_files(wanted: int) -> None:
    """Raise this process's own limit of open files as far as it needs and the machine permits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def count(sockets: list[socket.socket], counts: Counts) -> None:
    """Read everything as cheaply as it can be read, and count the bytes."""
    room = bytearray(CHUNK)
    takers = {sock.fileno(): sock.recv_into for sock in sockets}
    with _watching(sockets) as ready:
        while takers:
            for fd, _ in ready.poll():
                with suppress(BlockingIOError):
                    taken = _taken(takers[fd], room)
                    counts[Count.BYTES] += taken
                    if not taken:
                        ready.unregister(fd)
                        del takers[fd]


def leave(sockets: list[socket.socket], counts: Counts) -> None:
    """Read frame by frame, answer a close with a close, and watch what comes after a farewell."""
    guests = {sock.fileno(): _Guest(sock, counts) for sock in sockets}
    with _watching(sockets) as ready:
        while guests:
            for fd, _ in ready.poll():
                if not guests[fd].reads_on():
                    ready.unregister(fd)
                    guests.pop(fd).sock.close()
                    counts[Count.CLOSED] += 1


class _Guest:
    def __init__(self, sock: socket.socket, counts: Counts) -> None:
        self.sock = sock
        self.counts = counts
        self.unread = bytearray()
        self.was_shown_out = False

    def reads_on(self) -> bool:
        """Take what is there; False when the connection has ended."""
        try:
            data = self.sock.recv(CHUNK)
        except BlockingIOError:
            return True
        except ConnectionError:
            return False
        self.counts[Count.BYTES] += len(data)
        self.unread += data
        for opcode, payload in cut(self.unread):
            self.heed(opcode, payload)
        return bool(data)

    def heed(self, opcode: int, payload: bytes) -> None:
        if opcode == CLOSE:
            with suppress(OSError):
                self.sock.sendall(masked(CLOSE, payload[:CODE]))
        elif FAREWELL in payload:
            self.was_shown_out = True
            self.counts[Count.FAREWELLS] += 1
        elif opcode == TEXT:
            self.counts[Count.FRAMES] += 1
            self.counts[Count.LATE] += self.was_shown_out


def cut(unread: bytearray) -> Iterator[tuple[int, bytes]]:
    """Cut the whole frames off a server's bytes: the kind and the payload of each."""
    while (read := _first_frame(unread)) is not None:
        yield read


def _first_frame(unread: bytearray) -> tuple[int, bytes] | None:
    if len(unread) < SMALLEST:
        return None
    size, start = unread[1], SMALLEST
    if extra := LENGTH.get(size):
        start += extra
        size = int.from_bytes(unread[SMALLEST:start], "big")
    if len(unread) < start + size:
        return None
    opcode, payload = unread[0] & 0x0F, bytes(unread[start : start + size])
    del unread[: start + size]
    return opcode, payload


def masked(opcode: int, payload: bytes) -> bytes:
    """A client's frame; the mask of zeros leaves the payload as it is."""
    size = len(payload)
    if size < min(LENGTH):
        head = bytes([0x80 | opcode, 0x80 | size])
    else:
        head = bytes([0x80 | opcode, 0x80 | min(LENGTH)]) + size.to_bytes(2, "big")
    return head + bytes(4) + payload


def _taken(take: Callable[[bytearray], int], room: bytearray) -> int:
    try:
        return take(room)
    except ConnectionError:
        return 0


@contextmanager
def _watching(sockets: list[socket.socket]) -> Generator[select.epoll]:
    with select.epoll() as ready:
        for sock in sockets:
            sock.setblocking(False)  # noqa: FBT003 - as the library says it
            ready.register(sock.fileno(), select.EPOLLIN)
        yield ready


def _attend(guests: Guests, counts: Counts) -> None:
    allow_files(guests.connections + AT_A_TIME)
    sockets: list[socket.socket] = []
    while len(sockets) < guests.connections:
        sockets += _arrive(guests, min(AT_A_TIME, guests.connections - len(sockets)))
        counts[Count.READY] = len(sockets)
    for sock, hello in zip(sockets, guests.hellos, strict=False):
        sock.sendall(masked(TEXT, hello))
    guests.conduct(sockets, counts)


def _arrive(guests: Guests, connections: int) -> list[socket.socket]:
    address = urlsplit(guests.url)
    host, port = address.hostname or "127.0.0.1", address.port or 80
    sockets = [socket.create_connection((host, port), PATIENCE) for _ in range(connections)]
    if guests.upgrade:
        for sock in sockets:
            sock.sendall(request(host, port, address.path or "/"))
        for sock in sockets:
            _await_upgrade(sock)
    return sockets


def request(host: str, port: int, path: str) -> bytes:
    """The request for an upgrade to the protocol of the service."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: http://{host}:{port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: cwg.v1\r\n\r\n"
    ).encode()


def _await_upgrade(sock: socket.socket) -> None:
    """Read the head of the answer, and not one byte of what follows it."""
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        if not (byte := sock.recv(1)):
            raise ConnectionError("the server closed the connection during the handshake")
        answer += byte
    if not answer.startswith(b"HTTP/1.1 101 "):
        raise ConnectionError(answer.split(b"\r\n")[0].decode())
