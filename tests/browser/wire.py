"""The wire between one browser profile and the service, which can be cut and mended."""

import asyncio
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Self

from playwright.async_api import BrowserContext

ACCEPTED = b"\5\0\0\1" + bytes(6)


class Wire:
    """A SOCKS proxy (RFC 1928) that carries what is for one service, and nothing while it is cut.

    A browser's own "offline" is told to each page and each worker by itself, and lapses for a
    moment while one of them starts: a reload in a cut network has reached the service that way.
    """

    def __init__(self, port: int) -> None:
        self.address = ""
        self._carried = 0  # connections so far
        self._port = port
        self._whole = True
        self._ends: set[StreamWriter] = set()

    @classmethod
    @asynccontextmanager
    async def laid(cls, port: int) -> AsyncGenerator[Self]:
        """A wire to that port of the loopback."""
        wire = cls(port)
        server = await asyncio.start_server(wire._plug, "127.0.0.1", 0)
        wire.address = f"socks5://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield wire
        finally:
            server.close()
            wire._tear()
            await server.wait_closed()

    @asynccontextmanager
    async def cut(self, context: BrowserContext) -> AsyncGenerator[None]:
        """No network for this profile: it is told so, and nothing gets through either."""
        await context.set_offline(offline=True)
        self._whole = False
        self._tear()
        yield
        assert self._carried, "the browser does not go by this wire"
        self._whole = True
        await context.set_offline(offline=False)

    def _tear(self) -> None:
        for end in self._ends:
            end.transport.abort()

    async def _plug(self, reader: StreamReader, writer: StreamWriter) -> None:
        ends = {writer}
        try:
            if not self._whole:
                return
            self._ends |= ends
            if await self._asked(reader, writer) != ("127.0.0.1", self._port):
                return
            there, to_there = await asyncio.open_connection("127.0.0.1", self._port)
            ends.add(to_there)
            if not self._whole:
                return
            self._ends |= ends
            self._carried += 1
            writer.write(ACCEPTED)
            await asyncio.gather(_pump(reader, to_there), _pump(there, writer))
        except (OSError, IncompleteReadError):
            pass  # one of the two is gone, so goes the other
        finally:
            self._ends -= ends
            for end in ends:
                end.transport.abort()

    @staticmethod
    async def _asked(reader: StreamReader, writer: StreamWriter) -> tuple[str, int]:
        """The host and the port that the browser wants to be connected with."""
        _, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        writer.write(b"\5\0")
        *_, kind = await reader.readexactly(4)
        if kind == 1:
            host = ".".join(map(str, await reader.readexactly(4)))
        else:
            (length,) = await reader.readexactly(1)
            host = (await reader.readexactly(length)).decode()
        return host, int.from_bytes(await reader.readexactly(2))


async def _pump(reader: StreamReader, writer: StreamWriter) -> None:
    while some := await reader.read(1 << 16):
        writer.write(some)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
