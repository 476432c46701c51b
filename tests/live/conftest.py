"""A running service with a small meeting, on each kind of database, that must come to no harm."""

import logging
from collections.abc import AsyncGenerator, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.world import Service, service, settings


class Faults:
    """What the service itself logged as a fault, by the names of the events."""

    def __init__(self, logs: list[MutableMapping[str, Any]], caplog: pytest.LogCaptureFixture):
        self._logs = logs
        self._caplog = caplog

    def seen(self) -> list[str]:
        bad = [each for each in self._logs if each["log_level"] in {"error", "critical"}]
        return [str(each["event"]) for each in bad]

    def others(self) -> list[str]:
        """What was logged by those on whom the service stands: uvicorn, asyncio."""
        records = [*self._caplog.get_records("call"), *self._caplog.get_records("teardown")]
        return [each.getMessage() for each in records if each.levelno >= logging.ERROR]

    def forgive(self, *events: str) -> None:
        """These faults were provoked; there are no others."""
        assert sorted(self.seen()) == sorted(events)
        self._logs.clear()
        self._caplog.clear()


@pytest.fixture(autouse=True)
def unharmed(caplog: pytest.LogCaptureFixture) -> Iterator[Faults]:
    """Nothing that is done to the service may end in a fault of its own, unless it is forgiven."""
    with capture_logs() as logs:
        faults = Faults(logs, caplog)
        yield faults
    assert (faults.seen(), faults.others()) == ([], [])


@pytest.fixture
async def plain(sqlite_tables_url: str, tmp_path: Path) -> AsyncGenerator[Service]:
    """For what no database has a say in: on SQLite only."""
    async with service(settings(tmp_path, database_url=sqlite_tables_url)) as running:
        yield running


@pytest.fixture
async def meeting(tables_url: str, tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path, database_url=tables_url)) as running:
        yield running
