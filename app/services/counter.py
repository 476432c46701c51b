"""The counter where claims are handed in: those of one moment are dealt with in one transaction.

Each is told what becomes of theirs, and each request is done once by its key. Where all of them
fail together, one after the other is dealt with: nobody pays for a neighbour.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from app.database import Database, Writing
from app.errors import NotFound, Refusal
from app.keys import Vault
from app.models import Person
from app.policy.registration import Claim
from app.services import claims, forms, meetings, once
from app.services.claims import Claimed, Made
from app.services.once import Answer, Key
from app.together import Together

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A claim as it is handed in: at which meeting, with which answers, under which key."""

    meeting: str  # slug or id
    by: Person
    claim: Claim
    answers: Mapping[str, object]
    now: datetime
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Counter:
    """``tell`` makes of a registration what is answered, and told again to whoever repeats it."""

    database: Database
    vault: Vault
    tell: Callable[[Made], Answer]

    def open(self) -> Together[Asked, Answer]:
        return Together(self.deal)

    async def deal(self, asked: Sequence[Asked]) -> list[Answer | Exception]:
        """What each is told, in their order."""
        told: dict[Asked, Answer | Exception] = {}
        for some in _one_each(asked):
            told |= await self._together(some)
        return [told[each] for each in asked]

    async def _together(self, asked: Sequence[Asked]) -> dict[Asked, Answer | Exception]:
        try:
            async with self.database.writing() as db:
                return await self._dealt(db, asked)
        except Exception as fault:  # noqa: BLE001 - whose it is shows when each is alone
            if len(asked) == 1:
                return {asked[0]: fault}
            log.warning("claims.apart", claims=len(asked), fault=repr(fault))
        told: dict[Asked, Answer | Exception] = {}
        for each in asked:
            told |= await self._together([each])
        return told

    async def _dealt(self, db: Writing, asked: Sequence[Asked]) -> dict[Asked, Answer | Exception]:
        keys = {each.by.id: each.key for each in asked if each.key}
        now = max(each.now for each in asked)
        taken = await once.take_all(db, keys, now)
        found = await meetings.by_slugs(db, {each.meeting for each in asked})
        told: dict[Asked, Answer | Exception] = {}
        handed_in: dict[Asked, Claimed] = {}
        for each in asked:
            if isinstance(refused := taken.get(each.by.id), Refusal):
                told[each] = refused
            elif meeting := found.get(each.meeting):
                handed_in[each] = Claimed(meeting.id, each.by, each.claim, each.now, each.answers)
            else:
                told[each] = NotFound()
        made = await claims.submit_all(db, self.vault, list(handed_in.values()))
        sent = [(one.row.meeting_id, one.row.person_id) for one in made if isinstance(one, Made)]
        await forms.discard_all(db, sent)
        for each, one in zip(handed_in, made, strict=True):
            told[each] = one if isinstance(one, Refusal) else self.tell(one)
        await _keep(db, taken, told, now)
        return told


def _one_each(asked: Sequence[Asked]) -> Iterator[list[Asked]]:
    """Parts in which nobody asks twice: the second claim of a person finds the first one made."""
    waiting = list(asked)
    while waiting:
        first = {each.by.id: each for each in reversed(waiting)}
        yield [each for each in waiting if first[each.by.id] is each]
        waiting = [each for each in waiting if first[each.by.id] is not each]


async def _keep(
    db: Writing,
    taken: Mapping[UUID, UUID | Refusal],
    told: Mapping[Asked, Answer | Exception],
    now: datetime,
) -> None:
    """Keep what was answered under a key; of a request that was refused nothing is kept."""
    answered: dict[UUID, tuple[Key, Answer]] = {}
    refused = list[UUID]()
    for each, said in told.items():
        key = taken.get(each.by.id)
        if each.key is None or not isinstance(key, UUID):
            continue
        if isinstance(said, Answer):
            answered[key] = each.key, said
        else:
            refused.append(key)
    await once.keep_all(db, answered, now)
    await once.give_back(db, refused)
