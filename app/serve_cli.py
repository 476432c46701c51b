"""``cwg serve``, ``demo``, ``upgrade`` and ``asyncapi``: the service as a program."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Final

import structlog
import typer
import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import Processor
from uvicorn.supervisors import Multiprocess

from app import demo as material
from app import schema
from app.live.serving import server_config
from app.live.wire import Bounds, WireConfig
from app.main import create_app
from app.protocol import asyncapi
from app.settings import Environment, Settings, faults_of

DEMO_DATA: Final = Path("var/demo")
FACTORY: Final = "app.serve_cli:from_environment"
STARTING: Final = 60
"""Seconds that a process may take to begin, on a machine with other work."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Run the service with the settings of the environment (CWG_…)."""
    _run(_settings({"host": host, "port": port}))


def demo(
    port: Annotated[int, typer.Option(help="Port on loopback.")] = 8000,
    data: Annotated[Path, typer.Option(help="Folder of the demo's data.")] = DEMO_DATA,
    *,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin again with a new meeting.")] = False,
) -> None:
    """Run the service on loopback with a meeting to try, and one sign-in per role."""
    settings = _settings(
        {
            "environment": Environment.DEVELOPMENT,
            "demo": True,
            "host": "127.0.0.1",
            "port": port,
            "data_dir": data,
        }
    )
    if fresh:
        for file in data.glob("cwg.sqlite*"):
            file.unlink()
    built = asyncio.run(_prepare(settings))
    typer.echo(f"\n  {built}")
    if built.over:
        typer.echo("  Its open part is over. To begin again: deploy/run --fresh")
    typer.echo("")
    typer.echo(f"  Everyone            {settings.address}/")
    typer.echo(f"  Sign in as a role   {settings.address}/demo")
    typer.echo(f"  Letters             {settings.address}/demo/outbox")
    typer.echo(f"  The rule            {settings.address}/rule\n")
    _run(settings)


async def _prepare(settings: Settings) -> material.Built:
    async with schema.opened(settings) as database:
        return await material.build(database, settings)


def upgrade() -> None:
    """Bring the database to the newest schema; ``serve`` does so too."""
    asyncio.run(_upgraded(_settings({})))


def protocol(
    address: Annotated[
        str, typer.Option(help="Address of the service that is described.")
    ] = "http://127.0.0.1:8000",
) -> None:
    """Print the protocol of the socket as AsyncAPI, for whoever writes or generates a client."""
    typer.echo(asyncapi.text(address), nl=False)


def _settings(given: Mapping[str, Any]) -> Settings:
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as wrong:
        typer.echo(faults_of(wrong), err=True)
        raise typer.Exit(2) from None


def _run(settings: Settings) -> None:
    structlog.configure(processors=[*_common(), *_rendered(settings)])
    if settings.workers > 1:
        _run_several(settings)
        return
    uvicorn.Server(_config(create_app(settings), settings)).run()


def _config(app: Any, settings: Settings) -> WireConfig:  # noqa: ANN401 - as server_config takes it
    bounds = Bounds(write_buffer=settings.write_buffer)
    return server_config(app, host=settings.host, port=settings.port, bounds=bounds)


def _common() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
    ]


def _rendered(settings: Settings) -> list[Processor]:
    """Lines for a person in development, JSON for machines elsewhere."""
    if settings.development:
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)]
    # Without the local variables: cookies and tokens of requests are among them.
    traces = ExceptionDictTransformer(show_locals=False)
    return [
        structlog.processors.ExceptionRenderer(traces),
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


def _run_several(settings: Settings) -> None:
    """Processes that share one socket; each makes the service from the environment for itself."""
    os.environ |= {"CWG_HOST": settings.host, "CWG_PORT": str(settings.port)}
    # Before there are several: two that migrate at once would stand in each other's way.
    asyncio.run(_upgraded(settings))
    config = _config(_nobody, settings)
    config.app, config.factory, config.workers = FACTORY, True, settings.workers
    # One that is slow to start is no dead one: killed and begun anew, it would never serve.
    config.timeout_worker_healthcheck = STARTING
    with closing(config.bind_socket()) as listener:
        Multiprocess(config, [listener]).run()


async def _upgraded(settings: Settings) -> None:
    async with schema.opened(settings):
        pass


async def _nobody(*_: object) -> None:
    """Stands where each process puts its own service."""


def from_environment() -> FastAPI:
    """The service as one of several processes makes it."""
    settings = _settings({})
    structlog.configure(processors=[*_common(), *_rendered(settings)])
    return create_app(settings)
