"""A counter where many hand something in: those of one moment are dealt with together.

They share a transaction; each is told what becomes of theirs, and each request is done once by its
key. Where all of them fail together, one after the other is dealt with: nobody pays for a
neighbour.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, Protocol, TypeVar
from uuid import UUID

import structlog

from app.database import Database, Writing
from app.errors import Refusal
from app.models import Person
from app.services import once
from app.services.once import Answer, Key
from app.together import Together, UnderWay

log = structlog.get_logger()
AT_ONCE: Final = 100
AGAIN: Final = 3
"""So often all are dealt with once more where another process was faster with one of them."""


class Job(Protocol):
    """What somebody hands in, and the key under which it is done once."""

    @property
    def by(self) -> Person: ...
    @property
    def now(self) -> datetime: ...
    @property
    def key(self) -> Key | None: ...


Asked = TypeVar("Asked", bound=Job)
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Done(Generic[Made]):
    """What came of it, and what is answered."""

    made: Made
    answer: Answer


@dataclass(frozen=True, slots=True)
class Counter(Generic[Asked, Made]):
    """``work`` deals with several, of different people, in their order.

    ``tell`` makes of what came of it what is answered, and told again to whoever repeats it.
    """

    database: Database
    work: Callable[[Writing, Sequence[Asked]], Awaitable[Sequence[Made | Refusal]]]
    tell: Callable[[Made], Answer]

    def open(self, under_way: UnderWay) -> Together[Asked, Done[Made]]:
        return Together(self.deal, most=AT_ONCE, under_way=under_way)

    async def deal(self, asked: Sequence[Asked]) -> list[Done[Made] | Exception]:
        """What each is told, in their order."""
        told = list[Done[Made] | Exception | None]([None] * len(asked))
        for places in _one_each(asked):
            some = await self._together([asked[place] for place in places])
            for place, one in zip(places, some, strict=True):
                told[place] = one
        return [one for one in told if one is not None]

    async def _together(
        self, asked: Sequence[Asked], again: int = AGAIN
    ) -> list[Done[Made] | Exception]:
        try:
            async with self.database.writing() as db:
                return await self._dealt(db, asked)
        except once.TakenMeanwhile as taken:
            if again:  # it is known by now whose key it was
                return await self._together(asked, again - 1)
            fault: Exception = taken
        except Exception as other:  # noqa: BLE001 - whose it is shows when each is alone
            fault = other
        if len(asked) == 1:
            return [fault]
        log.warning("counter.apart", many=len(asked), fault=repr(fault))
        return [one for each in asked for one in await self._together([each])]

    async def _dealt(self, db: Writing, asked: Sequence[Asked]) -> list[Done[Made] | Exception]:
        keys = {each.by.id: each.key for each in asked if each.key}
        now = max(each.now for each in asked)
        known = await once.known(db, keys, now)
        told: dict[UUID, Done[Made] | Exception] = {**known}
        new = [each for each in asked if each.by.id not in known]
        for each, made in zip(new, await self.work(db, new) if new else (), strict=True):
            told[each.by.id] = made if isinstance(made, Refusal) else Done(made, self.tell(made))
        answered = {
            each.by.id: (each.key, said.answer)
            for each in new
            if each.key and isinstance(said := told[each.by.id], Done)
        }
        refused = {who: keys[who] for who in keys.keys() - answered.keys() - known.keys()}
        if refused:  # perhaps as it was done meanwhile, by another process
            told |= await once.known(db, refused, now)
        await once.keep_all(db, answered, now)
        return [told[each.by.id] for each in asked]


def _one_each(asked: Sequence[Job]) -> Iterator[list[int]]:
    """Places of parts in which nobody asks twice: their second finds what their first one made."""
    waiting = list(range(len(asked)))
    while waiting:
        first: dict[UUID, int] = {}
        for place in waiting:
            first.setdefault(asked[place].by.id, place)
        now = set(first.values())
        yield [place for place in waiting if place in now]
        waiting = [place for place in waiting if place not in now]
