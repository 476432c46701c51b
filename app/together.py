"""What is asked at the same moment is answered together: many questions cost what one does."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Asked = TypeVar("Asked")
Told = TypeVar("Told")

TURNS: Final = 3
"""Of the loop, from bytes on a line to a question."""
REST: Final = 0.005
RESTS: Final = 4
"""So often nobody came for so many seconds: then nobody is on the way."""
PATIENCE: Final = 0.25
"""Seconds that a batch waits for more, at most."""


@dataclass(slots=True)
class UnderWay:
    """How many requests this process is dealing with: one of them may be about to ask."""

    many: int = 0


def meanwhile(make: Callable[[Asked], Told], things: Sequence[Asked]) -> "asyncio.Task[list[Told]]":
    """Make something of each thing, one after the other, while something else is waited for."""

    async def all_of_them() -> list[Told]:
        made = list[Told]()
        for each in things:
            made.append(make(each))
            await asyncio.sleep(0)
        return made

    return asyncio.create_task(all_of_them())


class Together(Generic[Asked, Told]):
    """Hands questions to ``answer`` in batches.

    The first one is answered at once, with those whose requests are here already; what is asked
    meanwhile waits and is answered next, at most ``most`` together. ``answer`` gives one answer to
    each question, in their order; an exception among them is raised where its question was asked,
    one that is raised reaches all of a batch.

    Where many questions cost little more than one, a batch waits for a moment while somebody is
    ``under_way``, or was told something just now: those who were told together ask again together.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[Asked]], Awaitable[Sequence[Told | Exception]]],
        most: int = 50,
        *,
        under_way: UnderWay | None = None,
    ) -> None:
        self._answer = answer
        self._most = most
        self._under_way = under_way
        self._waiting: deque[tuple[Asked, asyncio.Future[Told]]] = deque()
        self._work: asyncio.Task[None] | None = None
        self._enough = 0
        self._all_there = asyncio.Event()

    async def ask(self, asked: Asked) -> Told:
        """The answer to this question; whoever stops waiting takes nothing from the others."""
        told: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, told))
        if len(self._waiting) == self._enough:
            self._all_there.set()
        if self._work is None:
            self._work = asyncio.create_task(self._go_on())
        return await told

    async def _go_on(self) -> None:
        told = 0
        try:
            while await self._gathered(told):
                told = min(self._most, len(self._waiting))
                await self._tell([self._waiting.popleft() for _ in range(told)])
        finally:
            self._work = None

    async def _gathered(self, told: int) -> bool:
        """Wait while more come, until all are there who may; whether anybody is."""
        await self._come()
        loop = asyncio.get_running_loop()
        ends, there, quiet = loop.time() + PATIENCE, len(self._waiting), 0
        while quiet < RESTS and there < self._expected(told) and loop.time() < ends:
            await self._rested(self._expected(told))
            quiet = 0 if len(self._waiting) > there else quiet + 1
            there = len(self._waiting)
        return bool(self._waiting)

    async def _come(self) -> None:
        """Let those ask whose requests are here already; it takes no time where there are none."""
        there = -1
        while there < len(self._waiting) < self._most:
            there = len(self._waiting)
            for _ in range(TURNS):
                await asyncio.sleep(0)

    async def _rested(self, enough: int) -> None:
        """A while, or until so many wait."""
        self._enough = enough
        self._all_there.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(REST):
                await self._all_there.wait()

    def _expected(self, told: int) -> int:
        if self._under_way is None:
            return 0
        return min(self._most, max(self._under_way.many, told if told > 1 else 0))

    async def _tell(self, batch: Sequence[tuple[Asked, "asyncio.Future[Told]"]]) -> None:
        answers: Sequence[Told | Exception]
        try:
            answers = await self._answer([asked for asked, _ in batch])
        except Exception as fault:  # noqa: BLE001 - handed to everyone who waits for this answer
            answers = [fault] * len(batch)
        for (_, told), answer in zip(batch, answers, strict=True):
            if told.done():
                continue
            if isinstance(answer, Exception):
                told.set_exception(answer)
            else:
                told.set_result(answer)
