"""Inputs in great number: searched and sent through the service, and proven to have been received.

So many inputs in six languages lie in the database of a real server in a process of its own. Each
search is asked twice, one right after the other: of the database alone, by its own driver, and of
the service over HTTP, which says who may see what, counts that, and marks the words in the texts.
Then many people send what they have written to one round at the same time, between as many commits
of one row in the same process; and proofs are read from logs of two sizes.

What else is measured of inputs is a function here, and a line in ``_measured`` or ``run``.
"""

import asyncio
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from math import inf
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy import make_url
from sqlmodel import func, select

from app.bench import compiled, house, receipts
from app.bench.apart import Apart, aside
from app.bench.cast import Cast, furnished
from app.database import PLANNED, Database, Writing, put_all
from app.models import (
    Consultation,
    Input,
    InputAuthor,
    InputField,
    InputVersion,
    LogHead,
    Question,
    Topic,
)
from app.policy.consultation import Issue, TopicState
from app.policy.inputs import Consent, Content, InputState, digest
from app.policy.people import Capacity, StakeholderGroup
from app.policy.search import Audience, Kind, Place
from app.services import search
from app.services.search import Entry, Said
from app.settings import Environment, Settings

ROUNDS: Final = 50
AT_ONCE: Final = 1000
WORDS: Final = 12_000
"""Different words of each language; the more seldom the later they come (Zipf)."""
LENGTH: Final = (60, 240)
"""Words of an input, at least and at most."""
SEARCHES: Final = 300
WARM: Final = 20
LIMIT_MS: Final = 20.0
SUBMISSIONS: Final = 512
AT_A_TIME: Final = 64
FIRST: Final = 2
"""Of each line, not counted: a program that has just started still reads itself."""
LEAST_RATIO: Final = 0.25
TURNS: Final = 4
"""Of submissions, with the floor before each and after the last: both see the same."""
LOGS: Final = (1_000, 100_000)
PROOFS: Final = 100
LETTERS: Final = {
    "en": ("bcdfglmnprst", "aeiou", ("", "s", "ing", "ed")),
    "fr": ("bcdfglmnprst", "aéeiouè", ("", "s", "ment", "tion")),
    "es": ("bcdfglmnprst", "aáeioó", ("", "s", "mente", "ción")),
    "ru": ("бвгдзклмнпрст", "аеиоуы", ("", "а", "ов", "ами")),
    "ar": ("بتثجحدرسشعفقكلمن", "اوي", ("", "ات", "ون", "ة")),
    "zh": ("互联网政策语言安全儿童数据域名网络国际公共发展", "", ("",)),
}
BARE_SQLITE: Final = (
    "WITH hits AS MATERIALIZED (SELECT rowid AS number,"
    " bm25(searchable_words, 4.0, 1.0) AS score"
    " FROM searchable_words WHERE searchable_words MATCH ?)"
    " SELECT number, score, (SELECT count(*) FROM hits) FROM hits ORDER BY score, number LIMIT 21"
)
BARE_POSTGRES: Final = (
    "WITH hits AS MATERIALIZED (SELECT number, -ts_rank(words, wanted) AS score"
    " FROM searchables, CAST($1 AS tsquery) AS wanted WHERE words @@ wanted)"
    " SELECT number, score, (SELECT count(*) FROM hits) FROM hits ORDER BY score, number LIMIT 21"
)

Ask = Callable[[str], Awaitable[int]]
"""A question in words; how many were found."""


def run(
    inputs: int, postgres: str = "", searches: int = SEARCHES, submissions: int = SUBMISSIONS
) -> dict[str, Any]:
    """Measure with SQLite and, where its URL is given, with an empty PostgreSQL database."""
    engines = {"sqlite": asyncio.run(_measured("", inputs, searches, submissions))}
    if postgres:
        engines["postgres"] = asyncio.run(_measured(postgres, inputs, searches, submissions))
    proofs = _proofs(asyncio.run(receipts.measured("", LOGS, PROOFS)))
    paper = compiled.run()
    return {
        "bench": "inputs",
        "inputs": inputs,
        "rounds": ROUNDS,
        "searches": searches,
        "submissions": submissions,
        **engines,
        "proof": proofs,
        "compiled": paper,
        "summary": _summary(engines, proofs, paper),
    }


async def _measured(url: str, inputs: int, searches: int, submissions: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            environment=Environment.DEVELOPMENT,
            data_dir=Path(folder),
            database_url=url,
            port=house.free_port(),
            inputs_per_person="1000000/minute",
            inputs_per_address="1000000/minute",
        )
        cast = await furnished(settings, FIRST * AT_A_TIME + submissions, registered=False)
        library = Library(random.Random(7))  # noqa: S311 - the same texts each time
        began = time.monotonic()
        drafts = await _fill(settings, cast, library, inputs)
        loaded = time.monotonic() - began
        with aside() as core:
            async with Apart(house.serve, settings, core).running() as server:
                said = await _searched(settings, library, searches)
                sent = await _submitted(settings, cast, drafts, server)
        size = await _size(settings)
    return {
        "loaded_in_s": round(loaded, 1),
        "database_mb": size,
        "search": said,
        "submission": sent,
    }


def _proofs(found: Mapping[str, Any]) -> dict[str, Any]:
    """Of each size of the log what the proof of one entry reads, beside the levels of its tree."""
    return {
        f"{size} entries": {
            **found[f"{size} entries"]["proof"],
            "at_most": float(2 * size.bit_length()),
        }
        for size in LOGS
    }


def _summary(
    engines: Mapping[str, Any], proofs: Mapping[str, Any], paper: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What was to be reached, what was, and whether that is enough."""
    told = list[dict[str, Any]]()
    for name, found in engines.items():
        over = found["search"]["p99_over_bare_ms"]
        told.append(_reached(f"{name}: search over bare, p99 in ms", over, at_most=LIMIT_MS))
        ratio = found["submission"]["ratio"]
        told.append(
            _reached(f"{name}: submissions to commits of one row", ratio, at_least=LEAST_RATIO)
        )
    for name, each in proofs.items():
        nodes = each["nodes_most"]
        told.append(_reached(f"proof among {name}, nodes read", nodes, at_most=each["at_most"]))
    what = f"compiled PDF of {paper['inputs']} inputs, s"
    told.append(_reached(what, paper["pdf_seconds"], at_most=paper["pdf_limit_seconds"]))
    return told


def _reached(
    what: str, found: float, *, at_most: float = inf, at_least: float = -inf
) -> dict[str, Any]:
    bound = {"at_least": at_least} if at_most == inf else {"at_most": at_most}
    return {"what": what, "found": found, **bound, "reached": at_least <= found <= at_most}


# What is searched.


class Library:
    """Words of six languages, some often and most seldom, and texts of them."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.words = {language: self._words(language) for language in LETTERS}
        often = [1 / (rank + 2) for rank in range(WORDS)]
        self._often = list(accumulate(often))

    def _words(self, language: str) -> list[str]:
        hard, soft, ends = LETTERS[language]
        made = dict[str, None]()
        while len(made) < WORDS:
            size = self.chance.choice((2, 2, 3, 3, 4))
            parts = [self.chance.choice(hard) + (self.chance.choice(soft) if soft else "")]
            while len(parts) < size:
                parts.append(self.chance.choice(hard) + (self.chance.choice(soft) if soft else ""))
            made["".join(parts) + self.chance.choice(ends)] = None
        return list(made)

    def text(self, language: str) -> str:
        many = self.chance.randint(*LENGTH)
        picked = self.chance.choices(self.words[language], cum_weights=self._often, k=many)
        return ("" if language == "zh" else " ").join(picked)

    def question(self) -> str:
        """One to three words, often ones and seldom ones."""
        language = self.chance.choice(list(LETTERS))
        reach = self.chance.choice((50, 500, 5000))
        picked = self.chance.choices(self.words[language][:reach], k=self.chance.choice((1, 2, 3)))
        return " ".join(picked)


async def _fill(settings: Settings, cast: Cast, library: Library, inputs: int) -> list[UUID]:
    """All that is searched, and a draft of each person, ready to be sent: the ids of those."""
    database = Database(settings.database)
    now = datetime.now(UTC)
    async with database.writing() as db:
        rounds = await _rounds(db, cast, -(-inputs // ROUNDS), now)
    for begins in range(0, inputs, AT_ONCE):
        numbers = range(begins, min(begins + AT_ONCE, inputs))
        async with database.writing() as db:
            await _add(db, cast, library, rounds, numbers, now)
    async with database.writing() as db:
        drafts = await _drafts(db, cast, library, rounds[0], now)
    await _settled(database)
    await database.close()
    return drafts


async def _drafts(
    db: Writing, cast: Cast, library: Library, consultation: Consultation, now: datetime
) -> list[UUID]:
    languages = list(LETTERS)
    rows = [
        Input(
            consultation_id=consultation.id,
            person_id=person,
            capacity=Capacity.INDIVIDUAL,
            group=StakeholderGroup.ACADEMIA,
            name="A person",
            organization=f"Association {number % 997}",
            country="KE",
            language=languages[number % len(languages)],
            created_at=now,
        )
        for number, person in enumerate(cast.people)
    ]
    await put_all(db, rows)
    await put_all(
        db,
        [
            InputAuthor(input_id=r.id, person_id=r.person_id, asked_at=now, agreed_at=now)
            for r in rows
        ],
    )
    texts = [(row, library.text(row.language)) for row in rows]
    written = [
        InputField(input_id=row.id, key=key, text=text, by_id=row.person_id, at=now)
        for row, whole in texts
        for key, text in (("summary", whole[:120]), ("question:1", whole))
    ]
    await put_all(db, written)
    return [row.id for row in rows]


async def _rounds(db: Writing, cast: Cast, numbered: int, now: datetime) -> list[Consultation]:
    topic = Topic(
        number=1,
        titles={"en": "A topic"},
        issue=Issue.MULTILINGUALIZATION,
        state=TopicState.AGREED,
        person_id=cast.people[0],
        proposer="Secretariat",
        proposed_at=now,
    )
    db.add(topic)
    await db.flush()
    rounds = [
        Consultation(
            slug=f"round-{number}",
            topic_id=topic.id,
            meeting_id=cast.meeting_id,
            titles={"en": f"Round {number}"},
            opens_at=now - timedelta(days=9),
            closes_at=now + timedelta(days=9),
            time_zone="Europe/Zurich",
            announced_at=now,
            numbered=numbered,
            created_at=now,
        )
        for number in range(ROUNDS)
    ]
    await put_all(db, rounds)
    asked = {"en": "What could be done?"}
    await put_all(db, [Question(consultation_id=r.id, number=1, texts=asked) for r in rounds])
    return rounds


async def _add(
    db: Writing,
    cast: Cast,
    library: Library,
    rounds: Sequence[Consultation],
    numbers: range,
    now: datetime,
) -> None:
    made = [_made(cast, library, rounds, number, now) for number in numbers]
    await put_all(db, [row for row, _, _ in made])
    await put_all(db, [version for _, version, _ in made])
    await search.index_all(db, [entry for _, _, entry in made])


def _made(
    cast: Cast, library: Library, rounds: Sequence[Consultation], number: int, now: datetime
) -> tuple[Input, InputVersion, Entry]:
    languages = list(LETTERS)
    language = languages[number % len(languages)]
    consultation = rounds[number % len(rounds)]
    text = library.text(language)
    row = Input(
        consultation_id=consultation.id,
        number=number // len(rounds) + 1,
        person_id=cast.people[number % len(cast.people)],
        state=InputState.SUBMITTED,
        capacity=Capacity.INDIVIDUAL,
        group=StakeholderGroup.ACADEMIA,
        name="A person",
        organization=f"Association {number % 997}",
        country="KE",
        language=language,
        consent=Consent.NAME_AND_TEXT,
        created_at=now,
        submitted_at=now,
    )
    content = Content(consultation.slug, language, text[:120], {1: text}).as_json()
    version = InputVersion(
        input_id=row.id,
        number=1,
        person_id=row.person_id,
        at=now,
        content=content,
        digest=digest(content),
    )
    said = [Said(language, text, f"{text[:120]} A person {row.organization}")]
    place = Place(consultation.id, Audience.PUBLIC)
    return row, version, Entry(Kind.INPUT, row.id, place, now, said)


async def _settled(database: Database) -> None:
    """What a database does by itself sooner or later is done before anything is measured."""
    async with database.writing() as db:
        connection = await db.connection()
        if database.sqlite:
            merge = "INSERT INTO searchable_words(searchable_words) VALUES ('optimize')"
            await connection.exec_driver_sql(merge)
        await connection.exec_driver_sql("ANALYZE")


async def _size(settings: Settings) -> float:
    """The whole database in megabytes."""
    if settings.database.startswith("sqlite"):
        return _on_disk(Path(make_url(settings.database).database or ""))
    connection = await _postgres(settings)
    size = await connection.fetchval("SELECT pg_database_size(current_database())")
    await connection.close()
    return round(int(size) / 1e6, 1)


def _on_disk(file: Path) -> float:
    return round(file.stat().st_size / 1e6, 1)


# Searched.


@dataclass(frozen=True, slots=True)
class Took:
    """A search, in nanoseconds: of the database alone, and through the service."""

    bare: int
    served: int
    found: int


async def _searched(settings: Settings, library: Library, searches: int) -> dict[str, Any]:
    took: list[Took] = []
    async with _bare(settings) as bare, house.line(settings.port) as ask:
        for number in range(searches + WARM):
            said = library.question()
            one = await _timed(said, bare, lambda said: _served(ask, said))
            if number >= WARM:
                took.append(one)
    return _told(took)


async def _timed(said: str, bare: Ask, served: Ask) -> Took:
    """Both ways for one question, in turns the one and the other first."""
    spent: dict[str, int] = {}
    found = 0
    ways = [("bare", bare), ("served", served)]
    for name, ask in ways if hash(said) % 2 else reversed(ways):
        began = time.monotonic_ns()
        found = max(found, await ask(said))
        spent[name] = time.monotonic_ns() - began
    return Took(spent["bare"], spent["served"], found)


async def _served(ask: house.Ask, said: str) -> int:
    head = [f"GET /api/v1/search?q={quote(said)} HTTP/1.1", "host: 127.0.0.1", "", ""]
    return int(json.loads(await ask("\r\n".join(head).encode(), house.OK))["total"])


@asynccontextmanager
async def _bare(settings: Settings) -> AsyncGenerator[Ask]:
    """The database's own driver; what all of the words do not say, some do, as the service asks."""
    sqlite = settings.database.startswith("sqlite")
    held = _sqlite(settings) if sqlite else await _postgres(settings)

    async def rows(match: str) -> Sequence[Any]:
        if isinstance(held, sqlite3.Connection):
            return held.execute(BARE_SQLITE, (match,)).fetchall()
        return list(await held.fetch(BARE_POSTGRES, match))

    async def ask(said: str) -> int:
        wanted = search.asked(said)
        found = await rows(search.strict(wanted, sqlite=sqlite))
        if not found and len(wanted) > 1:
            found = await rows(search.loose(wanted, sqlite=sqlite))
        return int(found[0][2]) if found else 0

    try:
        yield ask
    finally:
        if isinstance(held, sqlite3.Connection):
            held.close()
        else:
            await held.close()


def _sqlite(settings: Settings) -> sqlite3.Connection:
    return sqlite3.connect(make_url(settings.database).database or "")


async def _postgres(settings: Settings) -> "asyncpg.Connection[asyncpg.Record]":
    url = settings.database.replace("postgresql+asyncpg", "postgresql")
    return await asyncpg.connect(url, server_settings=PLANNED)


def _told(took: Sequence[Took]) -> dict[str, Any]:
    bare, served = [each.bare for each in took], [each.served for each in took]
    over = _at(served, 99) - _at(bare, 99)
    return {
        "bare_ms": {f"p{share}": _at(bare, share) for share in (50, 99)},
        "served_ms": {f"p{share}": _at(served, share) for share in (50, 99)},
        "found": {f"p{share}": float(_rank([e.found for e in took], share)) for share in (50, 99)},
        "p99_over_bare_ms": round(over, 1),
        "at_most": LIMIT_MS,
    }


def _rank(values: Sequence[int], share: int) -> int:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]


def _at(values: Sequence[int], share: int) -> float:
    return round(_rank(values, share) / 1e6, 1)


# Sent.


async def _submitted(
    settings: Settings, cast: Cast, drafts: Sequence[UUID], server: Apart
) -> dict[str, Any]:
    """All drafts, so many people at a time; each gets its number, its receipt and its letter."""
    first = FIRST * AT_A_TIME
    waiting = list(zip(drafts, cast.words, strict=True))
    await _all_sent(settings, waiting[:first])
    floors, took, spent = [await server.bare(AT_A_TIME)], list[int](), 0.0
    size = -(-(len(waiting) - first) // TURNS)
    for begins in range(first, len(waiting), size):
        began = time.monotonic()
        took += await _all_sent(settings, waiting[begins : begins + size])
        spent += time.monotonic() - began
        floors.append(await server.bare(AT_A_TIME))
    await _or_lost(settings, len(waiting))
    rate, bare = len(took) / spent, sum(floors) / len(floors)
    return {
        "submissions_a_second": round(rate, 1),
        "submission_ms": house.spread(took),
        "one_row_commits_a_second": round(bare, 1),
        "ratio": round(rate / bare, 3),
        "at_least": LEAST_RATIO,
    }


async def _all_sent(settings: Settings, drafts: Sequence[tuple[UUID, str]]) -> list[int]:
    waiting = iter(drafts)
    took: list[int] = []
    await asyncio.gather(
        *(_some_sent(settings, waiting, took.append) for _ in range(min(AT_A_TIME, len(drafts))))
    )
    return took


async def _some_sent(
    settings: Settings, waiting: Iterator[tuple[UUID, str]], tell: Callable[[int], None]
) -> None:
    """One after the other over one connection, until nothing waits."""
    async with house.line(settings.port) as ask:
        for draft, word in waiting:
            began = time.monotonic_ns()
            said = json.loads(await ask(_submission(draft, word), house.OK))
            tell(time.monotonic_ns() - began)
            if said["state"] != InputState.SUBMITTED:
                raise ValueError(said)


def _submission(draft: UUID, word: str) -> bytes:
    body = json.dumps({"revision": 2}).encode()  # of two fields, each written once
    head = [
        f"POST /api/v1/inputs/{draft}/submit HTTP/1.1",
        "host: 127.0.0.1",
        f"authorization: Bearer {word}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        f"idempotency-key: {uuid4()}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


async def _or_lost(settings: Settings, sent: int) -> None:
    """Each that was sent is an entry of the log, and no two are the same one."""
    database = Database(settings.database)
    async with database.reading() as db:
        entries = (await db.exec(select(func.max(LogHead.size)))).one()
    await database.close()
    if entries != sent:
        raise ValueError(f"{sent} were sent, and the log has {entries} entries")
