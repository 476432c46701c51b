"""The wire, end to end: a real uvicorn in the test's own loop, real clients, both kinds of loop."""

import asyncio
import gc
import inspect
import os
import socket
import struct
import tracemalloc
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import wraps
from typing import Any, NamedTuple

import orjson
import pytest
import uvloop
from uvicorn.protocols.utils import ClientDisconnected
from websockets.asyncio.client import ClientConnection, connect
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.frames import TEXT, Frame
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from app.live.serving import running
from app.live.wire import MOST_PIECES, Bounds, Line, broadcast, encode, frame, line_of

DEADLINE = 20.0
TIGHT = Bounds(write_buffer=262_144, patience=0.4)
TOO_SLOW = 4000
ONE_BEFORE_THE_ACCEPT = 1
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}

Scenario = Callable[..., Coroutine[Any, Any, None]]


def on_both_loops(scenario: Scenario) -> Callable[..., None]:
    """The server runs on uvloop where it is there, and on asyncio's own loop where it is not."""

    @pytest.mark.parametrize("new_loop", LOOPS.values(), ids=LOOPS)
    @wraps(scenario)
    def test(new_loop: Callable[[], asyncio.AbstractEventLoop], **given: object) -> None:
        loop = new_loop()
        try:
            loop.run_until_complete(asyncio.wait_for(scenario(**given), DEADLINE))
        finally:
            loop.close()

    asked = inspect.signature(scenario).parameters.values()
    loop = inspect.Parameter("new_loop", inspect.Parameter.KEYWORD_ONLY)
    vars(test)["__signature__"] = inspect.Signature([*asked, loop])
    del vars(test)["__wrapped__"]
    return test


class Guest(NamedTuple):
    """One connection as the application has it."""

    line: Line
    say: Callable[[dict[str, Any]], Coroutine[Any, Any, None]]
    dismissed: asyncio.Event


class Host:
    """An application that accepts whoever comes, listens, and notes how they left.

    A deaf one does not listen, and stays until it is dismissed.
    """

    def __init__(self, *, deaf: bool = False) -> None:
        self.deaf = deaf
        self.came: asyncio.Queue[Guest] = asyncio.Queue()
        self.heard: asyncio.Queue[str] = asyncio.Queue()
        self.left: list[int] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        line = line_of(scope)
        line.write_frame(frame(b'"before the accept"'))
        await send({"type": "websocket.accept"})
        guest = Guest(line, send, asyncio.Event())
        await self.came.put(guest)
        if self.deaf:
            await guest.dismissed.wait()
            return
        listening = asyncio.create_task(self.listen(receive))
        dismissed = asyncio.create_task(guest.dismissed.wait())
        await asyncio.wait({listening, dismissed}, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        dismissed.cancel()

    async def listen(self, receive: Any) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            self.heard.put_nowait(message["text"])
        self.left.append(message["code"])


@asynccontextmanager
async def a_guest(
    bounds: Bounds = TIGHT, *, deaf: bool = False, **options: Any
) -> AsyncGenerator[tuple[ClientConnection, Guest, Host]]:
    host = Host(deaf=deaf)
    async with (
        running(host, bounds=bounds, lifespan="off") as url,
        connect(url.replace("http", "ws"), **options) as client,
    ):
        guest = await host.came.get()
        yield client, guest, host
        guest.dismissed.set()


@asynccontextmanager
async def a_silent_guest(
    bounds: Bounds = TIGHT, *, deaf: bool = False
) -> AsyncGenerator[tuple[socket.socket, Guest, Host]]:
    """A client on a bare socket, which reads only when told to."""
    host = Host(deaf=deaf)
    async with running(host, bounds=bounds, lifespan="off") as url:
        with socket.socket() as sock:
            assert await shake_hands(sock, url) == 101
            guest = await host.came.get()
            # The kernel takes little, so that what a slow reader leaves is soon ours to keep.
            kernel = guest.line.get_extra_info("socket")
            kernel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
            yield sock, guest, host
            guest.dismissed.set()


async def shake_hands(sock: socket.socket, url: str, cookie: str = "") -> int:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    loop = asyncio.get_running_loop()
    host, port = url.removeprefix("http://").split(":")
    await loop.sock_connect(sock, (host, int(port)))
    request = (
        "GET / HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Cookie: {cookie}\r\n\r\n"
    )
    await loop.sock_sendall(sock, request.encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += await loop.sock_recv(sock, 1)
    return int(answer.split()[1])


async def everything_from(sock: socket.socket) -> bytes:
    """What still comes until the server ends the connection; ConnectionResetError if it is cut."""
    loop, data = asyncio.get_running_loop(), b""
    while more := await loop.sock_recv(sock, 65536):
        data += more
    return data


async def the_rest_from(sock: socket.socket) -> bytes:
    """Answer the server's close, and read what it had written before."""
    await asyncio.get_running_loop().sock_sendall(sock, masked(0x8, b""))
    return await everything_from(sock)


def fill(line: Line, waiting: int = 100_000) -> bytes:
    """Write until so much waits for a client that does not read; all that was written."""
    written = b""
    while line.buffered() < waiting:
        written += (data := frame(b"x" * 50_000))
        line.write_frame(data)
    return written


def parsed(data: bytes) -> list[Frame]:
    protocol = ClientProtocol(parse_uri("ws://here/"), state=OPEN, max_size=None)
    protocol.receive_data(data)
    assert protocol.parser_exc is None
    return [event for event in protocol.events_received() if isinstance(event, Frame)]


def masked(opcode: int, payload: bytes, *, final: bool = True) -> bytes:
    head = bytes([(0x80 if final else 0) | opcode])
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else bytes([0xFE]) + size.to_bytes(2, "big")
    return head + length + b"\0\0\0\0" + payload


async def ended(line: Line, within: float) -> None:
    async with asyncio.timeout(within):
        await line.closed.wait()


async def close_of(client: ClientConnection) -> tuple[int | None, str | None]:
    await client.wait_closed()
    return client.close_code, client.close_reason


# Frames.


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 300, 65535, 65536, 100_000])
def test_a_frame_is_what_the_library_would_have_written(size):
    payload = os.urandom(size)

    assert frame(payload) == Frame(TEXT, payload).serialize(mask=False)


def test_a_message_becomes_compact_json():
    assert (
        encode({"kind": "note", "on": None, "n": [1, "é"]})
        == '{"kind":"note","on":null,"n":[1,"é"]}'.encode()
    )


# Order.


@on_both_loops
async def test_news_and_answers_arrive_in_the_order_they_were_written():
    async with a_guest() as (client, guest, _):
        for number in range(0, 30, 3):
            assert guest.line.write_frame(frame(encode(number)))
            await guest.say({"type": "websocket.send", "text": str(number + 1)})
            broadcast([guest.line], frame(encode(number + 2)))

        assert [orjson.loads(await client.recv()) for _ in range(30)] == list(range(30))


@on_both_loops
async def test_events_joined_into_one_write_are_still_separate_messages():
    async with a_guest() as (client, guest, _):
        broadcast([guest.line], b"".join(frame(encode(number)) for number in range(4)))

        assert [await client.recv() for _ in range(4)] == ["0", "1", "2", "3"]


@on_both_loops
async def test_no_control_frame_gets_inside_one_of_ours():
    roomy = Bounds(write_buffer=64 * 2**20, patience=DEADLINE)
    async with a_silent_guest(roomy) as (sock, guest, _):
        loop = asyncio.get_running_loop()
        texts = [bytes([65 + number]) * 150_000 for number in range(20)]
        for number, text in enumerate(texts):
            guest.line.write_frame(frame(text))
            await loop.sock_sendall(sock, masked(0x9, b"%d" % number))
            await asyncio.sleep(0.01)
        assert guest.line.buffered() > 0
        guest.line.close(4500, "that was all")
        frames = parsed(await the_rest_from(sock))

    assert [event.data for event in frames if event.opcode == 0x1] == texts
    assert [event.data for event in frames if event.opcode == 0xA] == [b"%d" % n for n in range(20)]
    assert (frames[-1].opcode, frames[-1].data) == (
        0x8,
        (4500).to_bytes(2, "big") + b"that was all",
    )


# Taking nothing more.


@on_both_loops
async def test_nothing_is_written_before_the_accept():
    async with a_guest() as (client, guest, _):
        guest.line.write_frame(frame(b'"after"'))

        assert await client.recv() == '"after"'
        assert guest.line.refused == ONE_BEFORE_THE_ACCEPT


async def the_application_closes(client, guest):
    await guest.say({"type": "websocket.close", "code": 4500})


async def the_line_is_closed(client, guest):
    guest.line.close(4500)


async def the_line_is_shut(client, guest):
    guest.line.shut()


async def the_line_is_cut(client, guest):
    guest.line.abort()


async def the_application_returns(client, guest):
    guest.dismissed.set()
    await guest.line.closed.wait()


async def the_peer_closes(client, guest):
    await client.close()


async def the_peer_vanishes(client, guest):
    client.transport.abort()
    await guest.line.closed.wait()


async def the_peer_is_cut_off(client, guest):
    sock = client.transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.transport.abort()
    await guest.line.closed.wait()


async def the_peer_breaks_the_protocol(client, guest):
    client.transport.write(b"\xff\xff\xff")
    await client.wait_closed()


ENDS = [
    the_application_closes,
    the_line_is_closed,
    the_line_is_shut,
    the_line_is_cut,
    the_application_returns,
    the_peer_closes,
    the_peer_vanishes,
    the_peer_is_cut_off,
    the_peer_breaks_the_protocol,
]


@pytest.mark.parametrize("deaf", [False, True], ids=["it listens", "it is deaf"])
@pytest.mark.parametrize("end", ENDS)
@on_both_loops
async def test_a_line_takes_nothing_after_its_end(end, deaf):
    async with a_guest(deaf=deaf) as (client, guest, _):
        guest.line.write_frame(frame(b'"the last"'))
        assert await client.recv() == '"the last"'
        await end(client, guest)
        before = guest.line.refused

        assert guest.line.write_frame(frame(b'"late"')) is False
        broadcast([guest.line], frame(b'"later"'))

        assert (guest.line.open, guest.line.refused - before) == (False, 2)
        guest.line.close(4500)
        with pytest.raises(ConnectionClosed):
            await client.recv()


@on_both_loops
async def test_a_line_takes_nothing_once_the_peer_has_sent_its_last_byte():
    async with a_silent_guest(deaf=True) as (sock, guest, _):
        fill(guest.line)
        sock.shutdown(socket.SHUT_WR)
        await ended(guest.line, 2 * TIGHT.patience)

        assert guest.line.write_frame(frame(b"1")) is False
        assert guest.line.buffered() == 0


@on_both_loops
async def test_a_shut_line_swallows_what_the_application_says_but_not_the_last_word():
    async with a_guest() as (client, guest, _):
        guest.line.shut()
        await guest.say({"type": "websocket.send", "text": "an answer"})
        guest.line.close(4500, last=frame(b'"farewell"'))

        assert await client.recv() == '"farewell"'
        assert await close_of(client) == (4500, "")
        assert guest.line.refused == ONE_BEFORE_THE_ACCEPT + 1


@on_both_loops
async def test_a_slow_reader_that_was_shut_stays_shut_when_it_catches_up():
    async with a_silent_guest(Bounds(write_buffer=2**20, patience=1)) as (sock, guest, _):
        sent = len(fill(guest.line, 200_000))
        guest.line.shut()
        loop = asyncio.get_running_loop()
        while sent:
            sent -= len(await loop.sock_recv(sock, sent))

        assert guest.line.buffered() == 0
        assert guest.line.write_frame(frame(b"late")) is False
        guest.line.close(4500)
        assert [event.opcode for event in parsed(await the_rest_from(sock))] == [0x8]


@on_both_loops
async def test_a_line_that_was_shut_stays_shut_when_its_reader_falls_behind():
    async with a_silent_guest(Bounds(write_buffer=2**20, patience=5)) as (sock, guest, _):
        guest.line.shut()
        pings = masked(0x9, b"x" * 125) * 100
        while guest.line.buffered() < 70_000:
            await asyncio.get_running_loop().sock_sendall(sock, pings)

        assert guest.line.write_frame(frame(b"late")) is False
        guest.line.close(4500)
        assert b"late" not in await the_rest_from(sock)


@on_both_loops
async def test_the_application_hears_that_a_closed_line_takes_no_answers():
    async with a_guest() as (client, guest, _):
        guest.line.close(4500)

        with pytest.raises(ClientDisconnected):
            await guest.say({"type": "websocket.send", "text": "an answer"})
        await guest.say({"type": "websocket.close", "code": 4501})
        assert await close_of(client) == (4500, "")


@on_both_loops
async def test_an_answer_that_waits_for_a_slow_reader_is_given_up_when_the_line_closes():
    async with a_silent_guest(Bounds(patience=5)) as (sock, guest, _):
        written = fill(guest.line)
        answer = asyncio.create_task(guest.say({"type": "websocket.send", "text": "an answer"}))
        await asyncio.sleep(0)
        guest.line.close(4500)
        loop, read = asyncio.get_running_loop(), 0
        while read < len(written) + 4:
            read += len(await loop.sock_recv(sock, 65536))

        with pytest.raises(ClientDisconnected):
            await answer
        assert await the_rest_from(sock) == b""


# The end.


@on_both_loops
async def test_the_answer_to_a_close_is_heard_while_the_application_is_not_listening():
    async with a_guest(Bounds(patience=5), deaf=True) as (client, guest, _):
        await client.send("a wish")
        await client.send("another")
        await asyncio.sleep(0.05)
        guest.line.close(4500)

        assert await close_of(client) == (4500, "")
        await ended(guest.line, 1)


@on_both_loops
async def test_a_cut_leaves_nothing_for_the_peer_to_read_later():
    async with a_silent_guest() as (sock, guest, _):
        fill(guest.line)
        guest.line.abort()
        await ended(guest.line, 1)
        guest.line.abort()

        with pytest.raises(ConnectionResetError):
            await everything_from(sock)


@on_both_loops
async def test_a_close_tells_code_and_reason_to_both_sides():
    async with a_guest() as (client, guest, host):
        guest.line.close(4501, "the login has ended")

        assert await close_of(client) == (4501, "the login has ended")
        await ended(guest.line, 1)
    assert host.left == [4501]


@on_both_loops
async def test_a_reason_too_long_for_a_close_frame_is_shortened_between_two_letters():
    async with a_guest() as (client, guest, _):
        guest.line.close(4500, "é" * 100)

        assert await close_of(client) == (4500, "é" * 61)


@on_both_loops
async def test_closed_means_that_the_connection_is_lost():
    async with a_silent_guest(Bounds(patience=5)) as (sock, guest, _):
        guest.line.close(4500)
        await asyncio.sleep(0.1)
        assert guest.line.closed.is_set() is False

        await asyncio.get_running_loop().sock_sendall(sock, masked(0x8, b""))
        await ended(guest.line, 1)
        assert await everything_from(sock) == b"\x88\x02" + (4500).to_bytes(2, "big")


@on_both_loops
async def test_a_peer_that_does_not_answer_a_close_is_cut_off():
    async with a_silent_guest() as (_, guest, _host):
        guest.line.close(4500)
        guest.line.close(4501)

        await ended(guest.line, 2 * TIGHT.patience)


@on_both_loops
async def test_a_peer_that_closes_but_never_reads_is_cut_off():
    async with a_silent_guest(deaf=True) as (sock, guest, _):
        fill(guest.line)
        await asyncio.get_running_loop().sock_sendall(sock, masked(0x8, b""))

        await ended(guest.line, 2 * TIGHT.patience)


@on_both_loops
async def test_a_peer_that_never_reads_is_cut_off_when_the_application_returns():
    async with a_silent_guest() as (_, guest, _host):
        fill(guest.line)
        guest.dismissed.set()

        await ended(guest.line, 2 * TIGHT.patience)


@on_both_loops
async def test_a_peer_that_has_gone_silent_is_cut_off():
    async with a_silent_guest(Bounds(patience=0.2, silence=0.1)) as (_, guest, _host):
        fill(guest.line)

        await ended(guest.line, 2)


@on_both_loops
async def test_a_peer_that_answers_pings_stays():
    async with a_guest(Bounds(patience=0.2, silence=0.1)) as (client, guest, _):
        await asyncio.sleep(0.5)
        guest.line.write_frame(frame(b'"still here"'))

        assert await client.recv() == '"still here"'


@on_both_loops
async def test_stopping_the_server_tells_everyone_to_come_back_at_once():
    host = Host()
    loop = asyncio.get_running_loop()
    async with running(host, bounds=Bounds(patience=5), lifespan="off") as url:
        clients = [await connect(url.replace("http", "ws")) for _ in range(5)]
        guests = [await host.came.get() for _ in range(5)]
        stopping = loop.time()

    took = loop.time() - stopping
    assert [await close_of(client) for client in clients] == [(1012, "")] * 5
    assert all(guest.line.closed.is_set() for guest in guests)
    assert took < 1


@on_both_loops
async def test_whoever_was_not_let_in_yet_when_the_server_stops_gets_an_answer():
    arrived = asyncio.Event()

    async def undecided(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        arrived.set()
        await receive()

    with socket.socket() as sock:
        async with running(undecided, bounds=TIGHT, lifespan="off") as url:
            answer = asyncio.create_task(shake_hands(sock, url))
            await arrived.wait()

        assert await answer == 500


@on_both_loops
async def test_whoever_is_still_speaking_when_the_server_stops_hears_it_too():
    host = Host(deaf=True)
    loop = asyncio.get_running_loop()

    async def hear_it(sock: socket.socket, guest: Guest) -> bytes:
        said = await loop.sock_recv(sock, 4)
        guest.dismissed.set()
        return said + await the_rest_from(sock)

    with socket.socket() as sock:
        async with running(host, bounds=Bounds(patience=5), lifespan="off") as url:
            await shake_hands(sock, url)
            await loop.sock_sendall(sock, masked(0x1, b"a wish"))
            await asyncio.sleep(0.05)
            await loop.sock_sendall(sock, masked(0x1, b"another"))
            hearing = asyncio.create_task(hear_it(sock, await host.came.get()))

        assert await hearing == b"\x88\x02" + (1012).to_bytes(2, "big")


@on_both_loops
async def test_stopping_the_server_does_not_wait_for_a_peer_that_never_reads():
    loop = asyncio.get_running_loop()
    async with a_silent_guest() as (_, guest, _host):
        fill(guest.line)
        stopping = loop.time()

    assert guest.line.closed.is_set()
    assert loop.time() - stopping < 3 * TIGHT.patience


# A client that never reads.


@on_both_loops
async def test_a_client_that_never_reads_is_let_go_and_costs_no_more_than_the_bound():
    async with a_silent_guest() as (_, guest, host):
        gc.collect()
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        most = 0
        for number in range(2000):
            broadcast([guest.line], frame(bytes([number % 256]) * 20_000))
            most = max(most, guest.line.buffered())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        await ended(guest.line, 2 * TIGHT.patience)

    assert most <= TIGHT.write_buffer + 2 * 20_004
    assert peak - before < 4 * TIGHT.write_buffer
    assert guest.line.refused > 1000
    assert host.left == [TOO_SLOW]


@on_both_loops
async def test_a_slow_client_gets_a_prefix_without_gaps_and_is_told_to_come_back():
    async with a_silent_guest(Bounds(write_buffer=262_144, patience=5)) as (sock, guest, _):
        sent = 0
        while guest.line.write_frame(frame(encode(f"{sent:020000}"))):
            sent += 1
        frames = parsed(await the_rest_from(sock))

    assert [orjson.loads(event.data) for event in frames[:-1]] == [
        f"{number:020000}" for number in range(sent)
    ]
    assert frames[-1].data == TOO_SLOW.to_bytes(2, "big")


@on_both_loops
async def test_a_client_that_catches_up_in_time_misses_nothing():
    async with a_silent_guest(Bounds(write_buffer=262_144, patience=5)) as (sock, guest, _):
        loop = asyncio.get_running_loop()
        for _round in range(3):
            left = len(fill(guest.line))
            while left:
                left -= len(await loop.sock_recv(sock, left))
        assert guest.line.write_frame(frame(b"1")) is True

        assert await loop.sock_recv(sock, 100) == b"\x81\x011"


@on_both_loops
async def test_one_client_that_never_reads_costs_the_others_nothing():
    host = Host()
    async with running(host, bounds=TIGHT, lifespan="off") as url:
        with socket.socket() as sock:
            assert await shake_hands(sock, url) == 101
            silent = await host.came.get()
            async with connect(url.replace("http", "ws")) as client:
                attentive = await host.came.get()
                for number in range(600):
                    broadcast([silent.line, attentive.line], frame(encode(f"{number:020000}")))
                    assert await client.recv() == f'"{number:020000}"'

    assert silent.line.refused > 0
    assert attentive.line.refused == ONE_BEFORE_THE_ACCEPT


@on_both_loops
async def test_a_client_that_asks_for_pongs_and_never_reads_them_is_let_go():
    async with a_silent_guest() as (sock, guest, host):
        loop = asyncio.get_running_loop()
        pings = masked(0x9, b"x" * 125) * 1000
        most = 0
        with suppress(ConnectionError):
            while not guest.line.closed.is_set():
                await loop.sock_sendall(sock, pings)
                most = max(most, guest.line.buffered())

    assert most < 4 * TIGHT.write_buffer
    assert host.left == [TOO_SLOW]


# What a client may send.


@on_both_loops
async def test_a_message_over_the_bound_is_refused_with_1009():
    async with a_guest() as (client, guest, host):
        await client.send("x" * 65_536)
        assert await host.heard.get() == "x" * 65_536
        await client.send("y" * 65_537)

        assert await close_of(client) == (
            1009,
            "frame with 65537 bytes exceeds limit of 65536 bytes",
        )
        await ended(guest.line, 1)
    assert (host.heard.empty(), host.left) == (True, [1009])


@on_both_loops
async def test_whoever_sends_far_too_much_still_hears_why_it_is_refused():
    async with a_silent_guest(Bounds(patience=5)) as (sock, guest, _):
        loop = asyncio.get_running_loop()
        claim = b"\x81\xff" + (30_000_000).to_bytes(8, "big") + b"\0\0\0\0"
        await loop.sock_sendall(sock, claim + b"x" * 30_000_000)
        (last,) = parsed(await everything_from(sock))
        sock.shutdown(socket.SHUT_WR)
        await ended(guest.line, 1)

    assert (last.opcode, last.data[:2]) == (0x8, (1009).to_bytes(2, "big"))


@on_both_loops
async def test_the_bound_counts_all_fragments_of_a_message():
    async with a_guest() as (client, _, host):
        await client.send(["x" * 30_000, "x" * 35_536])
        assert await host.heard.get() == "x" * 65_536
        await client.send(["x" * 30_000, "x" * 35_537])

        assert (await close_of(client))[0] == 1009
    assert (host.heard.empty(), host.left) == (True, [1009])


@on_both_loops
async def test_a_message_may_come_in_as_many_pieces_as_the_wire_takes():
    async with a_silent_guest(Bounds(patience=5)) as (sock, guest, host):
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(sock, in_pieces(MOST_PIECES))
        assert await host.heard.get() == "x" * MOST_PIECES
        await loop.sock_sendall(sock, masked(0x1, b"and another"))
        assert await host.heard.get() == "and another"
        guest.line.close(4500)
        await the_rest_from(sock)


@on_both_loops
async def test_one_piece_more_than_the_wire_takes_ends_the_line():
    async with a_silent_guest(Bounds(patience=5)) as (sock, guest, host):
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(sock, in_pieces(65))
        said = await loop.sock_recv(sock, 100)
        (last,) = parsed(said + await the_rest_from(sock))
        await ended(guest.line, 1)

    assert (last.opcode, last.data[:2]) == (0x8, (1009).to_bytes(2, "big"))
    assert (host.heard.empty(), host.left) == (True, [1009])


@on_both_loops
async def test_a_message_in_crumbs_is_refused_with_1009_and_no_crumb_is_kept():
    async with a_silent_guest(Bounds(patience=5)) as (sock, guest, host):
        loop = asyncio.get_running_loop()
        crumbs = masked(0x0, b"", final=False) * 10_000
        await loop.sock_sendall(sock, masked(0x1, b"", final=False) + crumbs)
        said = await loop.sock_recv(sock, 100)
        await loop.sock_sendall(sock, crumbs + masked(0x0, b"the end"))
        frames = parsed(said + await the_rest_from(sock))
        await ended(guest.line, 1)

    assert [(each.opcode, each.data[:2]) for each in frames] == [(0x8, (1009).to_bytes(2, "big"))]
    assert guest.line._protocol.frames == []
    assert (host.heard.empty(), host.left) == (True, [1009])


def in_pieces(number: int) -> bytes:
    """One message in so many frames."""
    middle = masked(0x0, b"x", final=False) * (number - 2)
    return masked(0x1, b"x", final=False) + middle + masked(0x0, b"x")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x01x", 1002),
        (masked(0x3, b""), 1002),
        (masked(0x0, b"a continuation of nothing"), 1002),
        (masked(0x1, b"\xff") + masked(0x9, b"and a ping"), 1007),
    ],
    ids=["unmasked", "unknown kind", "continuation of nothing", "not UTF-8"],
)
@on_both_loops
async def test_a_frame_against_the_protocol_ends_the_connection_with_its_code(data, code):
    async with a_silent_guest() as (sock, guest, host):
        await asyncio.get_running_loop().sock_sendall(sock, data)
        said = [event for event in parsed(await everything_from(sock)) if event.opcode == 0x8]
        sock.close()
        await ended(guest.line, 1)

    assert [int.from_bytes(event.data[:2], "big") for event in said] == [code]
    assert (host.heard.empty(), host.left) == (True, [code])


@on_both_loops
async def test_a_request_with_too_large_a_header_is_refused():
    host = Host()
    async with running(host, bounds=TIGHT, lifespan="off") as url:
        with socket.socket() as sock:
            assert await shake_hands(sock, url, cookie="x" * 9000) == 431
            await everything_from(sock)


@on_both_loops
async def test_compression_is_not_agreed_to():
    async with a_guest(compression="deflate") as (client, _, _host):
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers


@on_both_loops
async def test_an_application_that_does_not_start_is_an_error_here(caplog):
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("no database")

    with pytest.raises(RuntimeError, match="did not start"):
        async with running(broken):
            pass
    assert "no database" in caplog.text
    caplog.clear()
