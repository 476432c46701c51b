"""The index over everything that can be found by its words, in the transaction of what changes.

Whoever searches says where they may look (``Place``): nothing else is found, and nothing else is
counted. What a hit shows is asked of the thing itself, never of the index.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from itertools import chain, islice
from threading import Lock
from typing import Any, Final
from uuid import UUID

import snowballstemmer  # type: ignore[import-untyped]  # it comes without types
from sqlalchemy import (
    ColumnElement,
    Double,
    Integer,
    Select,
    String,
    Table,
    TextClause,
    and_,
    bindparam,
    cast,
    column,
    delete,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
    true,
)
from sqlmodel.sql.expression import SelectOfScalar

from app.database import Reading, Writing
from app.models import Searchable
from app.models.search import PLACE
from app.policy import words
from app.policy.excerpts import Marker
from app.policy.search import Audience, Cursor, Kind, Place
from app.policy.words import Query

MOST: Final = 100
AT_ONCE: Final = 1000
LANGUAGES: Final = {
    "ar": "arabic",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "ru": "russian",
}
HEAD_WEIGHS: Final = 4.0


# Words.


@cache
def _stemmer(language: str) -> tuple[Any, Lock]:
    return snowballstemmer.stemmer(LANGUAGES[language]), Lock()


@lru_cache(maxsize=200_000)
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
    """The same for many that are not in the index yet, in few statements."""
    sqlite = _is_sqlite(db)
    connection = await db.connection()
    for some in _some(entries):
        rows = [_row(each) for each in some]
        if sqlite:
            places = {(row["kind"], row["audience"], row["scope_id"]): row for row in rows}
            await connection.execute(_ADD_PLACES, list(places.values()))
        await connection.execute(_ADD_SQLITE if sqlite else _ADD_POSTGRES, rows)
        if sqlite:
            await connection.execute(_ADD_WORDS, rows)


async def forget(db: Writing, kind: Kind, key: UUID, audience: Audience | None = None) -> None:
    """Have a thing found no more: by one audience, or by anybody."""
    rows = _table().c
    gone = delete(Searchable).where(rows.kind == kind, rows.key == key)
    await db.exec(gone if audience is None else gone.where(rows.audience == audience))


async def forget_all(db: Writing, kind: Kind, keys: Collection[UUID]) -> None:
    """Have several things of one kind found no more, by anybody."""
    rows = _table().c
    await db.exec(delete(Searchable).where(rows.kind == kind, rows.key.in_(keys)))


def _some(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    left = iter(entries)
    while some := list(islice(left, AT_ONCE)):
        yield some


def _row(entry: Entry) -> dict[str, Any]:
    main = entry.texts[0].language if entry.texts else "en"
    return {
        "kind": entry.kind,
        "key": entry.key,
        "scope_id": entry.place.scope_id,
        "audience": entry.place.audience,
        "language": main,
        "at": entry.at,
        "head": _tokens((each.language, each.head) for each in entry.texts),
        "body": _tokens((each.language, each.body) for each in entry.texts),
    }


def _tokens(texts: Iterable[tuple[str, str]]) -> str:
    return words.bounded(
        chain.from_iterable(words.tokens(one, language, stem) for language, one in texts)
    )


def _table() -> Table:
    found: Table = Searchable.__table__  # type: ignore[attr-defined]  # SQLModel adds it
    return found


def _typed(statement: str) -> TextClause:
    columns = _table().c
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
    " VALUES (:kind, :key, :scope_id, :audience, :language, :at,"
    " setweight(to_tsvector('simple', :head), 'A')"
    " || setweight(to_tsvector('simple', :body), 'D'))"
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

    def query(self, *, later: bool, sqlite: bool) -> Select[Any]:
        audiences = tuple(sorted(self.scopes))
        if self.among is None:
            return _usual(audiences, later, sqlite)
        return page_query(audiences, self.among, later=later, sqlite=sqlite)

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
    query = within.query(later=after is not None, sqlite=_is_sqlite(db))
    values = within.values() | {"match": match, "most": limit + 1}
    if after is not None:
        values |= {"score": after.score, "number": after.number}
    connection = await db.connection()
    rows = (await connection.execute(query, values)).all()
    hits = [
        Hit(Kind(kind), key, scope, number, float(score))
        for kind, key, scope, number, score, _ in rows[:limit]
    ]
    if rows:
        total = int(rows[0][-1])
    elif after is not None:
        total = (await _page(db, match, within, None, 1)).total
    else:
        total = 0
    return Found(hits, total, next=hits[-1].cursor if len(rows) > limit else None)


@cache
def _usual(audiences: Sequence[Audience], later: bool, sqlite: bool) -> Select[Any]:  # noqa: FBT001 - a key of the cache
    """Put together once: that takes longer than many a search."""
    return page_query(audiences, later=later, sqlite=sqlite)


def page_query(
    audiences: Sequence[Audience],
    among: SelectOfScalar[UUID] | None = None,
    *,
    later: bool,
    sqlite: bool,
) -> Select[Any]:
    """The full-text query itself: matched, narrowed, counted and ordered in one statement.

    Only what is on the page is carried beyond its number and score: a frequent word has many hits.
    It wants ``match``, ``kinds``, ``most``, the places of each audience under its own name and,
    for a later page, ``score`` and ``number`` of the last hit.
    """
    rows = _table()
    matched = (_matched_sqlite if sqlite else _matched_postgres)(audiences, among)
    seen = matched.cte("seen").prefix_with("MATERIALIZED")
    total = select(func.count()).select_from(seen).scalar_subquery()
    number, score = seen.c.number, seen.c.score
    first = select(number, score).order_by(score, number).limit(bindparam("most", type_=Integer))
    if later:
        last_score, last = bindparam("score", type_=Double), bindparam("number", type_=Integer)
        first = first.where(or_(score > last_score, and_(score == last_score, number > last)))
    best = first.subquery("best")
    return (
        select(
            *(rows.c.kind, rows.c.key, rows.c.scope_id),
            *(best.c.number, best.c.score, total.label("total")),
        )
        .select_from(best.join(rows, rows.c.number == best.c.number))
        .order_by(best.c.score, best.c.number)
    )


def _in_places(of: Any, audiences: Sequence[Audience]) -> ColumnElement[bool]:  # noqa: ANN401 - columns have the names that their table gives them
    places = (
        and_(of.audience == one, of.scope_id.in_(bindparam(str(one), expanding=True)))
        for one in audiences
    )
    return and_(or_(*places), of.kind.in_(bindparam("kinds", expanding=True)))


def _matched_sqlite(
    audiences: Sequence[Audience], among: SelectOfScalar[UUID] | None
) -> Select[Any]:
    """Where a hit is follows from its number: no row is read before those of the page."""
    typed = _table().c
    named = [column(name, typed[name].type) for name in ("kind", "audience", "scope_id")]
    places = table("searchable_places", column("number", Integer), *named)
    number = table("searchable_words", column("rowid", Integer)).c.rowid
    query = (
        select(
            number.label("number"),
            literal_column(f"bm25(searchable_words, {HEAD_WEIGHS}, 1.0)", Double).label("score"),
        )
        .where(text("searchable_words MATCH :match"))
        .where(
            number.op(">>")(PLACE).in_(
                select(places.c.number).where(_in_places(places.c, audiences))
            )
        )
    )
    if among is None:
        return query
    # Added to nought: or the rows come first, and the words are asked for once for each of them.
    rows = select(typed.number).where(typed.key.in_(among))
    return query.where((number + 0).in_(rows))


def _matched_postgres(
    audiences: Sequence[Audience], among: SelectOfScalar[UUID] | None
) -> Select[Any]:
    rows = _table()
    kept: ColumnElement[Any] = literal_column("searchables.words")
    parsed = func.to_tsquery(literal_column("'simple'"), bindparam("match", type_=String))
    # A table of one row: in an expression it would be parsed anew for each hit.
    once = parsed.alias("wanted")
    wanted = once.column
    score = cast(-cast(func.ts_rank(kept, wanted), Double), Double).label("score")
    query = (
        select(rows.c.number, score)
        .select_from(rows.join(once, true()))
        .where(kept.op("@@")(wanted), _in_places(rows.c, audiences))
    )
    return query if among is None else query.where(rows.c.key.in_(among))


def _is_sqlite(db: Reading | Writing) -> bool:
    return db.get_bind().dialect.name == "sqlite"
