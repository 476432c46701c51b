"""Files that people send: opened by their parser in a process of its own, then kept by digest.

Nothing of it happens inside a transaction, and no more than a few files are open at a time.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Column, select
from sqlmodel import SQLModel

from app.database import Database
from app.errors import Malformed
from app.models import Person, StoredFile
from app.policy.upload import FileFault, FileKind, Opened, fault_of, named
from app.store import Store

ROOT: Final = Path(__file__).parents[2]
AT_ONCE: Final = 2
PATIENCE: Final = 30.0  # seconds for one file; the process counts its own
UNNAMED: Final = timedelta(days=1)
# A parser gets nothing of what the service knows: no secret, no address of a database.
PASSED_ON: Final = ("PATH", "LANG", "LD_LIBRARY_PATH", "SYSTEMROOT")


class Files:
    """The way of a file into the store, and out of it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._room = asyncio.Semaphore(AT_ONCE)

    async def take(self, raw_name: str, data: bytes, *, by: Person, now: datetime) -> StoredFile:
        """Open and keep a file; its row is the caller's to add. Malformed says why not.

        What is kept is what came, byte for byte, so that its digest is of the sender's own file.
        """
        name = named(raw_name)
        if wrong := fault_of(name, data):
            raise Malformed(file=wrong)
        async with self._room:
            found = await _opened(name, data)
        return StoredFile(
            person_id=by.id,
            name=name,
            media_type=found.kind.value,
            size=len(data),
            sha256=await self.store.put(data),
            text=found.text,
            stored_at=now,
        )

    async def get(self, file: StoredFile) -> AsyncGenerator[bytes]:
        """The bytes of a file, piece by piece."""
        return await self.store.get(file.sha256)

    async def sweep(self, database: Database, now: datetime) -> int:
        """Remove what no row names any more, a day after it came; how many files.

        A table that names a file of the store calls the column ``sha256`` or ``digest``.
        """
        old = set(await self.store.older(now - UNNAMED))
        if not old:
            return 0
        async with database.reading() as db:
            connection = await db.connection()
            for column in _naming():
                old -= set((await connection.execute(select(column).distinct())).scalars())
        for digest in old:
            await self.store.remove(digest)
        return len(old)


def _naming() -> "Iterator[Column[str]]":
    for table in SQLModel.metadata.sorted_tables:
        yield from (table.c[name] for name in ("sha256", "digest") if name in table.c)


async def _opened(name: str, data: bytes) -> Opened:
    known = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "app.opening", name),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env=known | {"PYTHONPATH": str(ROOT)},
        cwd=ROOT,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            said, _ = await process.communicate(data)
    except TimeoutError:
        raise Malformed(file=FileFault.TOO_LONG) from None
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if process.returncode:
        raise Malformed(file=FileFault.TOO_LONG)  # it was ended by its own bounds
    answer = json.loads(said)
    if "fault" in answer:
        raise Malformed(file=FileFault(answer["fault"]))
    return Opened(FileKind(answer["kind"]), answer["text"])
