"""Serving: how uvicorn is set up for this house, on its own or in a loop that runs already."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import uvicorn
from uvicorn.config import LifespanType

from app.live.wire import USUAL, Bounds, FramedProtocol, WireConfig

BACKLOG: Final = 2048
NOTICED: Final = 8  # turns of the loop in which what the other side has closed is gone


def server_config(
    app: Any,  # noqa: ANN401 - uvicorn and Starlette type an application differently
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    bounds: Bounds = USUAL,
    graceful: int = 10,
    lifespan: LifespanType = "on",
    protocol: type[FramedProtocol] = FramedProtocol,
) -> WireConfig:
    """What ``uvicorn.Server`` needs to serve the application over the wire of this house.

    Stopping takes ``graceful`` seconds at most; the bounds' patience should be shorter. Logging is
    left as it is found.
    """
    config = WireConfig(
        app,
        host=host,
        port=port,
        loop="auto",
        ws=protocol,
        ws_max_size=bounds.message,
        ws_ping_interval=bounds.silence,
        ws_ping_timeout=bounds.silence,
        ws_per_message_deflate=False,
        lifespan=lifespan,
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=graceful,
    )
    config.bounds = bounds
    return config


@asynccontextmanager
async def running(
    app: Any,  # noqa: ANN401 - uvicorn and Starlette type an application differently
    *,
    bounds: Bounds = USUAL,
    graceful: int = 10,
    lifespan: LifespanType = "on",
    protocol: type[FramedProtocol] = FramedProtocol,
    port: int = 0,
) -> AsyncGenerator[str]:
    """Serve the application in this very loop, on loopback; its address. Port 0 is a free one."""
    config = server_config(
        app, bounds=bounds, graceful=graceful, lifespan=lifespan, protocol=protocol
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with socket.create_server(("127.0.0.1", port), backlog=BACKLOG) as listener:
        await _start(server, listener)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            await _stop(server, listener)


async def _start(server: uvicorn.Server, listener: socket.socket) -> None:
    try:
        await server.startup(sockets=[listener])
    except SystemExit:
        raise RuntimeError("the application did not start; its log says why") from None
    await server.on_tick(0)  # the headers that every answer carries


async def _stop(server: uvicorn.Server, listener: socket.socket) -> None:
    """As uvicorn does, which waits a tenth of a second for connections whether there are any."""
    for each in server.servers:
        each.close()
    for _ in range(NOTICED):
        await asyncio.sleep(0)
    if server.server_state.connections or server.server_state.tasks:
        await server.shutdown(sockets=[listener])
    else:
        await server.lifespan.shutdown()
