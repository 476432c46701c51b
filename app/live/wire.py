"""The wire: a frame is built once, and lines carry the same bytes to every connection."""

import asyncio
import socket
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import orjson
import uvicorn
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request
from websockets.protocol import OPEN

from app.protocol.codes import Code

KEY: Final = "cwg.wire"

# RFC 6455, section 5.2: the final fragment of a text message, and how its length is told.
FINAL_TEXT: Final = 0x81
SHORT: Final = 126
LONG: Final = 65536
# Section 5.5: a control frame holds 125 bytes, two of which are the code.
LONGEST_REASON: Final = 123
MOST_PIECES: Final = 64  # of one message: a client has no reason to send a wish in more

AT_ONCE: Final = struct.pack("ii", 1, 0)  # SO_LINGER: a closed socket forgets what it holds


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one connection may cost, and how long its end may take."""

    write_buffer: int = 1_048_576  # bytes that may wait for a reader before it is let go
    message: int = 65_536  # bytes of a message that comes in
    patience: float = 5.0  # seconds between the word that it ends and the end
    # Seconds between two pings, and for the answer; less than the 60 after which a common proxy
    # takes a silent connection for dead.
    silence: float = 20.0


USUAL: Final = Bounds()


class WireConfig(uvicorn.Config):
    """uvicorn's configuration, and the bounds of each connection."""

    bounds: Bounds = USUAL


def encode(message: object) -> bytes:
    """The JSON text of a message: made once, however many will hear it."""
    return orjson.dumps(message)


def frame(payload: bytes) -> bytes:
    """The payload as one unmasked, final text frame."""
    size = len(payload)
    if size < SHORT:
        return struct.pack("!BB", FINAL_TEXT, size) + payload
    if size < LONG:
        return struct.pack("!BBH", FINAL_TEXT, 126, size) + payload
    return struct.pack("!BBQ", FINAL_TEXT, 127, size) + payload


def broadcast(lines: Iterable["Line"], data: bytes) -> None:
    """Hand the same bytes to every line; the too slow are let go, and nobody is waited for."""
    for line in lines:
        line.write(data)


def line_of(scope: Mapping[str, Any]) -> "Line":
    """The line of the connection that this ASGI scope describes."""
    return cast("Line", scope["extensions"][KEY])


class Line:
    """One connection as a room sees it: whole frames, in order, or not at all.

    It is ``open`` from the accepted handshake until a close is sent or heard, or it is shut, or the
    connection fails; from then on it takes nothing, and counts what it refused. ``closed`` is set
    at ``connection_lost``, never before.

    ``write`` is what a broadcast calls: the transport's own method while all is well, so that no
    delivery pays for the checks. Whatever changes the state of the line puts another in its place.
    """

    __slots__ = ("_protocol", "_transport", "closed", "open", "refused", "write")

    write: Callable[[bytes], object]

    def __init__(self, protocol: "FramedProtocol", transport: asyncio.Transport) -> None:
        self._protocol = protocol
        self._transport = transport
        self.closed = asyncio.Event()
        self.open = False
        self.refused = 0
        self.write = self._refuse

    def write_frame(self, data: bytes) -> bool:
        """Write whole frames, already framed; False when the line did not take them."""
        self.write(data)
        return self.open

    def buffered(self) -> int:
        """How many bytes wait for the peer in this process."""
        return 0 if self.closed.is_set() else self._transport.get_write_buffer_size()

    def get_extra_info(self, name: str) -> Any:  # noqa: ANN401 - as asyncio's transports say it
        """What the transport knows: ``peername``, ``socket``."""
        return self._transport.get_extra_info(name)

    def shut(self) -> None:
        """Take no frame from now on; only the last word of ``close`` may still be said."""
        self.open = False
        self.write = self._refuse

    def close(self, code: int, reason: str = "", *, last: bytes = b"") -> None:
        """Write the last frames and the close frame at once; cut off who does not answer in time.

        The reason is shortened to what a close frame holds. Nothing happens where a close was sent
        or heard before.
        """
        self._protocol.hang_up(code, reason, last)

    def abort(self) -> None:
        """Cut the connection; what the kernel still held for the peer is gone with it."""
        if self.closed.is_set():
            return
        sock = self.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self.shut()
        self._transport.abort()

    def flow(self) -> None:
        """The peer keeps up: its transport takes every frame."""
        self.open = True
        self.write = self._transport.write

    def dam(self) -> None:
        """The peer is behind: from now on each frame is weighed."""
        self.write = self._weigh

    def _weigh(self, data: bytes) -> None:
        if self._protocol.overfull():
            self.close(Code.TOO_SLOW)
        else:
            self._transport.write(data)

    def _refuse(self, _: bytes) -> None:
        self.refused += 1


class FramedProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, with a line in the scope and an end that always comes.

    uvicorn waits for its buffer to empty before it closes a transport; a peer that never reads
    would keep it for ever. Here whatever begins the end also sets the moment it is cut off.
    """

    line: Line

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.bounds = config.bounds if isinstance(config, WireConfig) else USUAL

    def overfull(self) -> bool:
        return self.transport.get_write_buffer_size() > self.bounds.write_buffer

    def hang_up(self, code: int, reason: str, last: bytes) -> None:
        if self.conn.state is not OPEN or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, _shortened(reason))
        self.transport.write(last + b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self._listen_on()
        self._end()

    def _end(self) -> None:
        self.line.shut()
        if self.close_timer is None and not self.disconnected:
            self.close_timer = self.loop.call_later(self.bounds.patience, self.line.abort)

    def _listen_on(self) -> None:
        """Hear the peer's answer, even where the application has stopped asking."""
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    # What the transport reports.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.line = Line(self, self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.line.shut()
        super().connection_lost(exc)
        self.line.closed.set()

    def eof_received(self) -> None:
        self._end()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.line.open:
            self.line.dam()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.line.open:
            self.line.flow()

    def data_received(self, data: bytes) -> None:
        if self.conn.parser_exc is not None:
            return  # the peer has broken the protocol; only its end is awaited
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # uvicorn forgets to send the library's refusal of a request with too large a header
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()
            self._end()

    # What the peer does.

    def handle_connect(self, event: Request) -> None:
        """Take the handshake, and forget its headers: the parser holds on to them for hours."""
        super().handle_connect(event)
        event.headers.clear()

    def handle_cont(self, event: Frame) -> None:
        """Take another piece of a message; one that comes in crumbs costs more than its size."""
        if self.close_sent:
            return
        if len(self.frames) >= MOST_PIECES:
            self.frames = []
            self.line.close(Code.TOO_BIG)
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        if self.close_sent:
            self.conn.data_to_send()  # nothing follows a close frame, not even a pong
            return
        super().handle_ping()
        if self.overfull():
            self.line.close(Code.TOO_SLOW)

    def handle_close(self, event: Frame) -> None:
        super().handle_close(event)
        self._end()

    def send_receive_event_to_app(self) -> None:
        """Refuse a text that is no text; uvicorn would log it as a fault of ours."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                self.frames = [b"".join(self.frames)]
                self.frames[0].decode()
            except UnicodeDecodeError:
                self.conn.send_close(CloseCode.INVALID_DATA)
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        """Say which rule was broken, and read on until the peer has had time to hear it.

        A socket closed with unread bytes is reset, and the close frame may be lost with it.
        """
        word = self.conn.close_sent
        assert word is not None  # noqa: S101 - the library has just written it
        self.queue.put_nowait(
            {"type": "websocket.disconnect", "code": word.code, "reason": word.reason}
        )
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self._listen_on()
        self._end()
        self.transport.write_eof()  # plain TCP: where there is TLS, it ends at the proxy

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._end()

    # What the application and the server do.

    async def run_asgi(self) -> None:
        self.scope["extensions"][KEY] = cast("dict[object, object]", self.line)
        await super().run_asgi()
        self._end()

    async def send(self, message: ASGISendEvent) -> None:
        """Send for the application: after the peer keeps up, and in the order of the line."""
        if message["type"] == "websocket.close" and self.handshake_complete:
            self.line.close(message.get("code", CloseCode.NORMAL_CLOSURE), _reason(message))
            return
        await self.writable.wait()
        if message["type"] == "websocket.send" and self.handshake_complete and not self.line.open:
            self._refuse_send()
            return
        await super().send(message)
        if message["type"] == "websocket.accept" and self.conn.state is OPEN:
            self.response.headers.clear()
            self.line.flow()

    def _refuse_send(self) -> None:
        """A line that was shut swallows what the application says; one that ends tells it so."""
        if self.conn.state is not OPEN or self.transport.is_closing():
            raise ClientDisconnected
        self.line.refused += 1

    def shutdown(self) -> None:
        if self.conn.state is OPEN and not self.transport.is_closing():
            self.line.close(Code.RESTARTING)
        elif self.handshake_complete:
            self.transport.close()
        else:
            super().shutdown()
        self._end()


def _reason(message: Mapping[str, Any]) -> str:
    return message.get("reason") or ""


def _shortened(reason: str) -> str:
    return reason.encode()[:LONGEST_REASON].decode(errors="ignore")
