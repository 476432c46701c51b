"""From the first request to the acknowledgement, beside what one commit of one row costs.

People come at the same time to a real server in a process of its own: each asks for the form and
sends a claim with a key of its own, until all are acknowledged. Before, between and after, as many
commit transactions of one row in the same process, through its own sessions, with nobody there.
"""

import asyncio
import gc
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from sqlmodel import select

from app.bench import house
from app.bench.apart import Apart, aside
from app.bench.cast import Cast, furnished
from app.database import Database, load
from app.models import Entity, Person
from app.services import entities
from app.settings import Environment, Settings

AT_A_TIME: Final = 64
LIMIT: Final = 0.25
ROUNDS: Final = 4  # of people, with the floor before each and after the last: both see the same
FIRST: Final = 2  # of each line, not counted: a program that has just started still reads itself


@dataclass(frozen=True, slots=True)
class Registered:
    """One who registered: when they began, and how long each request took, in nanoseconds."""

    began: int
    form: int
    claim: int

    @property
    def whole(self) -> int:
        return self.form + self.claim


def run(people: int, postgres: str = "", at_a_time: int = AT_A_TIME) -> dict[str, Any]:
    """Measure with SQLite and, where its URL is given, with an empty PostgreSQL database."""
    measured = {"sqlite": asyncio.run(_measured("", people, at_a_time))}
    if postgres:
        measured["postgres"] = asyncio.run(_measured(postgres, people, at_a_time))
    return {"bench": "registration", "people": people, "at_a_time": at_a_time, **measured}


async def _measured(url: str, people: int, at_a_time: int) -> dict[str, Any]:
    first = FIRST * at_a_time
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            environment=Environment.DEVELOPMENT,
            data_dir=Path(folder),
            database_url=url,
            port=house.free_port(),
        )
        cast = await furnished(settings, people + first, registered=False)
        claim = await _claim(settings, cast)
        with aside() as core:
            async with Apart(house.serve, settings, core).running() as server:
                await _all(settings, cast.words[:first], claim, at_a_time)
                floors = [await server.bare(at_a_time)]
                found, took = list[Registered](), 0.0
                for words in _rounds(cast.words[first:]):
                    some, seconds = await _all(settings, words, claim, at_a_time)
                    found, took = found + some, took + seconds
                    floors.append(await server.bare(at_a_time))
    return _told(found, took, floors)


def _rounds(words: Sequence[str]) -> Iterator[Sequence[str]]:
    size = -(-len(words) // ROUNDS)
    for first in range(0, len(words), size):
        yield words[first : first + size]


async def _claim(settings: Settings, cast: Cast) -> bytes:
    """What everyone sends: a delegate of a body whose focal point decides."""
    database = Database(settings.database)
    now = datetime.now(UTC)
    async with database.writing() as db:
        body = (await db.exec(select(Entity))).one()
        chair = await load(db, Person, cast.chair)
        await entities.designate(db, body.id, chair, now.date(), now=now)
    await database.close()
    return json.dumps(
        {
            "capacity": "delegate",
            "entity_id": str(body.id),
            "name": "A delegate",
            "modes": {str(cast.first): "remote", str(cast.second): "in_person"},
        }
    ).encode()


# Those who register.


async def _all(
    settings: Settings, words: Sequence[str], claim: bytes, at_a_time: int
) -> tuple[list[Registered], float]:
    """Everyone, so many at a time, and the seconds that it took."""
    waiting = iter(words)
    found: list[Registered] = []
    gc.collect()
    began = time.monotonic()
    await asyncio.gather(*(_some(settings, waiting, claim, found.append) for _ in range(at_a_time)))
    return found, time.monotonic() - began


async def _some(
    settings: Settings,
    waiting: Iterator[str],
    claim: bytes,
    tell: Callable[[Registered], None],
) -> None:
    """One after the other over one connection, until nobody waits."""
    async with house.line(settings.port) as ask:
        for word in waiting:
            began = time.monotonic_ns()
            await ask(_request("GET", "form", word), house.OK)
            asked = time.monotonic_ns()
            said = await ask(_request("POST", "registrations", word, claim), house.CREATED)
            ended = time.monotonic_ns()
            if json.loads(said)["state"] != "submitted":
                raise ValueError(said)
            tell(Registered(began, asked - began, ended - asked))


def _request(method: str, what: str, word: str, body: bytes = b"") -> bytes:
    head = [
        f"{method} /api/v1/meetings/bench/{what} HTTP/1.1",
        "host: 127.0.0.1",
        f"authorization: Bearer {word}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        f"idempotency-key: {uuid4()}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def _told(found: Sequence[Registered], took: float, floors: Sequence[float]) -> dict[str, Any]:
    rate, bare = len(found) / took, sum(floors) / len(floors)
    return {
        "registrations_a_second": round(rate, 1),
        "requests_a_second": round(2 * rate, 1),
        "form_ms": house.spread([each.form for each in found]),
        "claim_ms": house.spread([each.claim for each in found]),
        "first_request_to_acknowledgement_ms": house.spread([each.whole for each in found]),
        "one_row_commits_a_second": round(bare, 1),
        "ratio": round(rate / bare, 3),
        "at_least": LIMIT,
    }
