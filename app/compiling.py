"""The compiled documents of rounds: made once for each state of a round, kept, and given out.

Whoever asks at the same moment is answered together, one document is made at a time, and every
one in a process of its own: a crowd that asks costs what one reader does.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

import orjson

from app.database import Database
from app.models import CompiledDocument
from app.package.compiled import as_json
from app.policy.compiled import Document, Format
from app.services import compiled, publication
from app.services.compiled import Compiled, Gathered
from app.store import Missing, Store
from app.together import Together

Worded: TypeAlias = Callable[[Compiled], Document]
ROOT: Final = Path(__file__).parents[1]
PATIENCE: Final = 300.0  # seconds for one document
TRIES: Final = 3
# It is given the document and the fonts, and nothing of what the service knows.
PASSED_ON: Final = ("PATH", "LANG", "LD_LIBRARY_PATH", "SYSTEMROOT", "HOME", "FONTCONFIG_PATH")


class NotMade(Exception):
    """The process that makes documents failed: a fault of ours, and logged as one."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A document as it is given out."""

    row: CompiledDocument
    pieces: AsyncGenerator[bytes]


class Bindery:
    """Where rounds are compiled; ``worded`` puts one into words."""

    def __init__(
        self, database: Database, store: Store, fonts: Path, address: str, worded: Worded
    ) -> None:
        self._database = database
        self._store = store
        self._fonts = fonts
        self._address = address
        self._worded = worded
        self._turn = asyncio.Lock()
        self._asked: dict[tuple[str, Format], Together[None, CompiledDocument]] = {}

    async def take(self, slug: str, form: Format) -> Taken:
        """The document of a round as it is now; NotFound where nobody may read of the round."""
        async with self._database.reading() as db:
            found = await publication.of_slug(db, slug)
        row = await self._together(found.slug, form).ask(None)
        return Taken(row, await self._store.get(row.sha256))

    def _together(self, slug: str, form: Format) -> Together[None, CompiledDocument]:
        """Only rounds that there are come here: as many of these as there are rounds."""

        async def answer(asked: Sequence[None]) -> list[CompiledDocument | Exception]:
            return [await self._current(slug, form)] * len(asked)

        return self._asked.setdefault((slug, form), Together(answer, most=1000))

    async def _current(self, slug: str, form: Format) -> CompiledDocument:
        """What is kept, or made now; made again where the round changed meanwhile, a few times."""
        row: CompiledDocument | None = None
        for _ in range(TRIES):
            gathered, state, kept = await self._look(slug, form)
            if kept is not None and kept.state == state and await self._is_there(kept):
                return kept
            async with self._turn:
                data = await self._make(gathered, form)
            digest = await self._store.put(data)
            async with self._database.writing() as db:
                now = datetime.now(UTC)
                row = await compiled.keep(db, slug, form, state, digest, len(data), now)
        if row is None:
            raise NotMade(slug)
        return row

    async def _look(self, slug: str, form: Format) -> tuple[Gathered, str, CompiledDocument | None]:
        async with self._database.reading() as db:
            found = await publication.of_slug(db, slug)
            gathered = await compiled.gather(db, found, datetime.now(UTC))
            kept = await compiled.kept(db, found, form)
        return gathered, await asyncio.to_thread(lambda: gathered.state), kept

    async def _is_there(self, kept: CompiledDocument) -> bool:
        try:
            await (await self._store.get(kept.sha256)).aclose()
        except Missing:
            return False
        return True

    async def _make(self, gathered: Gathered, form: Format) -> bytes:
        whole = await asyncio.to_thread(compiled.worked_out, gathered)
        if form is Format.JSON:
            address = f"{self._address}/consultations/{gathered.slug}/inputs"
            return await asyncio.to_thread(as_json, whole, address)
        said = await asyncio.to_thread(lambda: orjson.dumps(self._worded(whole).as_json()))
        if form is Format.PDF:
            return await made_by(said, "app.paper.compiled", str(self._fonts))
        return await made_by(said, "app.package.compiled")


async def made_by(said: bytes, *module: str) -> bytes:
    """What a module makes of a document, in a process of its own; NotMade where it fails."""
    known = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *module),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=known | {"PYTHONPATH": str(ROOT)},
        cwd=ROOT,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            data, wrong = await process.communicate(said)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if process.returncode or not data:
        raise NotMade(wrong.decode(errors="replace")[-2000:])
    return data
