"""The index over everything that can be found by its words, in the transaction of what changes.

Whoever searches says where they may look (``Place``): nothing else is found, and nothing else is
counted. What a hit shows is asked of the thing itself, never of the index.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from itertools import chain, repeat
from threading import Lock
from typing import Any, Final
from uuid import UUID

import snowballstemmer  # type: ignore[import-untyped]  # it comes without types
from sqlalchemy import (
    Select,
    TextClause,
    bindparam,
    delete,
    text,
)
from sqlmodel import func, select
from sqlmodel.sql.expression import SelectOfScalar

from app.database import Reading, Writing, ring
from app.models import Searchable
from app.models.search import PLACE
from app.policy import words
from app.policy.excerpts import Marker
from app.policy.search import Audience, Cursor, Kind, Place
from app.policy.words import Query
from app.services.ranking import RANKED, UNRANKED, Which, page, searchables, usual_page
from app.together import meanwhile

MOST: Final = 100
AT_ONCE: Final = 32
"""Rows of the index that are written in one statement."""
LAST_PLACE: Final = 16_383
"""That PostgreSQL knows in a text."""
ADDED: Final = "search"
"""The bell that rings when PostgreSQL has words to sort."""
SORTING: Final = 0x43574753
LANGUAGES: Final = {
    "ar": "arabic",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "ru": "russian",
}


# Words.


@cache
def _stemmer(language: str) -> tuple[Any, Lock]:
    found = snowballstemmer.stemmer(LANGUAGES[language])
    # To keep what it remembers in bounds takes it longer than to stem anew.
    found.maxCacheSize = 0
    return found, Lock()


def stem(word: str, language: str) -> str:
    """A word without its ending; the stemmer works on one word at a time."""
    found, turn = _stemmer(language)
    with turn:
        return str(found.stemWord(word))


def asked(said: str) -> Query:
    """What somebody typed, as the index is asked."""
    return words.query(said, stem)


def marker(said: str) -> Marker:
    """Marks what somebody typed where it stands in a text."""
    return Marker(asked(said), stem)


# Kept.


@dataclass(frozen=True, slots=True)
class Said:
    """A text in the language in which it is written; the head weighs more."""

    language: str
    body: str
    head: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing to be found: where, from when it is, and what it says."""

    kind: Kind
    key: UUID
    place: Place
    at: datetime
    texts: Sequence[Said]


async def index(
    db: Writing, kind: Kind, key: UUID, texts: Sequence[Said], *, place: Place, at: datetime
) -> None:
    """Have a thing found by these texts and by nothing that it said before."""
    await forget(db, kind, key, place.audience)
    await index_all(db, [Entry(kind, key, place, at, texts)])


async def index_all(db: Writing, entries: Sequence[Entry]) -> None:
    """The same for many that are not in the index yet, a few at a time.

    While the database writes some, words are drawn from the texts of the next.
    """
    await put_drawn(db, drawing(db, entries))


Drawn = Sequence[asyncio.Task[list[dict[str, Any]]]]
"""Rows of the index as they are made, some at a time."""


def drawing(db: Writing, entries: Sequence[Entry]) -> Drawn:
    """Draw words from texts while something else is waited for, in their order."""
    row, turn = partial(_row, sqlite=_is_sqlite(db)), asyncio.Lock()

    async def some(part: Sequence[Entry]) -> list[dict[str, Any]]:
        async with turn:
            return await meanwhile(row, part)

    parts = [entries[at : at + AT_ONCE] for at in range(0, len(entries), AT_ONCE)]
    return [asyncio.create_task(some(part)) for part in parts]


async def put_drawn(db: Writing, drawn: Drawn) -> None:
    """Have these found too; each part is written as soon as its words are drawn."""
    for part in drawn:
        await _put(db, await part)


async def _put(db: Writing, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    connection = await db.connection()
    if not _is_sqlite(db):
        await connection.execute(_ADD_POSTGRES, rows)
        ring(db, ADDED)
        return
    places = {(row["kind"], row["audience"], row["scope_id"]): row for row in rows}
    await connection.execute(_ADD_PLACES, list(places.values()))
    await connection.execute(_ADD_SQLITE, rows)
    await connection.execute(_ADD_WORDS, rows)


async def sort(db: Writing) -> None:
    """Have PostgreSQL sort into its index the words that were added; one process does at a time.

    It keeps them on a list first, which every search reads, and would let somebody who adds a few
    more wait until all of them are sorted.
    """
    turn = func.pg_try_advisory_xact_lock(SORTING)
    if not _is_sqlite(db) and await db.scalar(select(turn)):
        await db.scalar(select(func.gin_clean_pending_list("ix_searchables_words")))


async def forget(db: Writing, kind: Kind, key: UUID, audience: Audience | None = None) -> None:
    """Have a thing found no more: by one audience, or by anybody."""
    rows = searchables().c
    gone = delete(Searchable).where(rows.kind == kind, rows.key == key)
    await db.exec(gone if audience is None else gone.where(rows.audience == audience))


async def forget_all(db: Writing, kind: Kind, keys: Collection[UUID]) -> None:
    """Have several things of one kind found no more, by anybody."""
    rows = searchables().c
    await db.exec(delete(Searchable).where(rows.kind == kind, rows.key.in_(keys)))


def _row(entry: Entry, *, sqlite: bool) -> dict[str, Any]:
    head = _tokens((each.language, each.head) for each in entry.texts)
    body = _tokens((each.language, each.body) for each in entry.texts)
    said = {"head": " ".join(head), "body": " ".join(body)}
    return {
        "kind": entry.kind,
        "key": entry.key,
        "scope_id": entry.place.scope_id,
        "audience": entry.place.audience,
        "language": entry.texts[0].language if entry.texts else "en",
        "at": entry.at,
        **(said if sqlite else {"words": _vector(head, body)}),
    }


def _tokens(texts: Iterable[tuple[str, str]]) -> list[str]:
    return words.bounded(
        chain.from_iterable(words.tokens(one, language, stem) for language, one in texts)
    )


def _vector(head: Sequence[str], body: Sequence[str]) -> str:
    """Tokens with their places as PostgreSQL writes them (``tsvector``), those of the head first.

    Its own parser would look for words in them once more, and what a letter is depends there on
    the locale of the database.
    """
    first, rest = _ends("A"), _ends("")
    ends = chain(first[: len(head)], rest[len(head) : len(head) + len(body)], repeat(rest[-1]))
    said = "".join(chain.from_iterable(zip(chain(head, body), ends, strict=False)))
    return f"'{said[:-1]}" if said else ""


@cache
def _ends(weight: str) -> list[str]:
    """What stands between a token at each place and the next; the database counts no further."""
    return [f"':{number}{weight} '" for number in range(1, LAST_PLACE + 1)]


def _typed(statement: str) -> TextClause:
    columns = searchables().c
    typed = [
        bindparam(name, type_=columns[name].type)
        for name in ("kind", "key", "scope_id", "audience", "language", "at")
        if f":{name}" in statement
    ]
    return text(statement).bindparams(*typed)


_ADD_PLACES: Final = _typed(
    "INSERT OR IGNORE INTO searchable_places (kind, audience, scope_id)"
    " VALUES (:kind, :audience, :scope_id)"
)
_ADD_SQLITE: Final = _typed(
    "INSERT INTO searchables (number, kind, key, scope_id, audience, language, at)"  # noqa: S608 - a number of ours
    " SELECT 1 + coalesce((SELECT s.number FROM searchables AS s"
    f" WHERE s.number > p.number << {PLACE} AND s.number < (p.number + 1) << {PLACE}"
    f" ORDER BY s.number DESC LIMIT 1), p.number << {PLACE}),"
    " :kind, :key, :scope_id, :audience, :language, :at FROM searchable_places AS p"
    " WHERE p.kind = :kind AND p.audience = :audience AND p.scope_id = :scope_id"
)
_ADD_WORDS: Final = _typed(
    "INSERT INTO searchable_words (rowid, head, body) SELECT number, :head, :body"
    " FROM searchables WHERE kind = :kind AND key = :key AND audience = :audience"
)
_ADD_POSTGRES: Final = _typed(
    "INSERT INTO searchables (kind, key, scope_id, audience, language, at, words)"
    " VALUES (:kind, :key, :scope_id, :audience, :language, :at, CAST(:words AS tsvector))"
)


# Found.


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found; ``score`` is lower for what fits better."""

    kind: Kind
    key: UUID
    scope_id: UUID
    number: int
    score: float

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.score, self.number)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits; ``total`` counts what this reader may see and nothing else.

    ``loose`` says that nothing has all of the words: these have some of them.
    """

    hits: Sequence[Hit]
    total: int
    loose: bool = False
    next: Cursor | None = None


NOTHING: Final = Found((), 0)


async def find(
    db: Reading | Writing,
    said: str,
    places: Collection[Place],
    *,
    kinds: Collection[Kind] = tuple(Kind),
    among: SelectOfScalar[UUID] | None = None,
    after: Cursor | None = None,
    limit: int = 20,
) -> Found:
    """What these places have of what was typed, the best first; ``among`` narrows it to keys."""
    wanted = asked(said)
    if not wanted or not places:
        return NOTHING
    scopes: dict[Audience, list[UUID]] = {}
    for each in places:
        scopes.setdefault(each.audience, []).append(each.scope_id)
    within = _Within(scopes, tuple(kinds), among)
    found = await _page(db, strict(wanted, sqlite=_is_sqlite(db)), within, after, limit)
    if found.total or len(wanted) == 1:
        return found
    some = await _page(db, loose(wanted, sqlite=_is_sqlite(db)), within, after, limit)
    return Found(some.hits, some.total, loose=bool(some.total), next=some.next)


@dataclass(frozen=True, slots=True)
class _Within:
    """What is looked through: of each audience its places, of some kinds, and of some keys."""

    scopes: Mapping[Audience, Sequence[UUID]]
    kinds: Sequence[Kind]
    among: SelectOfScalar[UUID] | None

    def query(self, which: Which, *, sqlite: bool) -> Select[Any]:
        audiences = tuple(sorted(self.scopes))
        if self.among is None:
            return usual_page(audiences, which, sqlite)
        return page(audiences, which, self.among, sqlite=sqlite)

    def values(self) -> dict[str, Any]:
        return {"kinds": self.kinds} | {str(one): many for one, many in self.scopes.items()}


def strict(wanted: Query, *, sqlite: bool) -> str:
    """All of the words, as the database wants to be asked."""
    both, either = (" AND ", " OR ") if sqlite else (" & ", " | ")
    return both.join(f"({_any(each, either, sqlite=sqlite)})" for each in wanted)


def loose(wanted: Query, *, sqlite: bool) -> str:
    """Any of the words."""
    either = " OR " if sqlite else " | "
    return _any(frozenset[str]().union(*wanted), either, sqlite=sqlite)


def _any(tokens: Collection[str], either: str, *, sqlite: bool) -> str:
    mark = '"' if sqlite else "'"
    return either.join(f"{mark}{each}{mark}" for each in sorted(tokens))


async def _page(
    db: Reading | Writing, match: str, within: _Within, after: Cursor | None, limit: int
) -> Found:
    query = within.query(Which.after(after), sqlite=_is_sqlite(db))
    values = within.values() | {"match": match, "most": limit + 1, "ranked": max(RANKED, limit + 1)}
    if after is not None:
        values |= {"score": after.score, "number": after.number}
    connection = await db.connection()
    rows = (await connection.execute(query, values)).all()
    if not rows:
        total = 0 if after is None else (await _page(db, match, within, None, 1)).total
        return Found([], total)
    hits = [
        Hit(Kind(kind), key, scope, number, float(score))
        for kind, key, scope, number, score, *_ in rows[:limit]
    ]
    *_, begins, total = rows[0]
    rest = None if begins is None else Cursor(UNRANKED, begins)
    return Found(hits, int(total), next=hits[-1].cursor if len(rows) > limit else rest)


def _is_sqlite(db: Reading | Writing) -> bool:
    return db.get_bind().dialect.name == "sqlite"
