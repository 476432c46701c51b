"""The full-text statement: what was found, narrowed, counted, ranked and ordered in one go.

To rank a hit costs far more than to find it, and of a word that very many texts have nobody can
tell which are best. So the newest ``RANKED`` hits are ranked, and the others follow, the newest
first: what a search costs has a bound, whatever is asked, and nothing is left out of the count or
the pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Double,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    literal_column,
    null,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlmodel.sql.expression import SelectOfScalar

from app.models import Searchable
from app.models.search import PLACE
from app.policy.search import Audience, Cursor

HEAD_WEIGHS: Final = 4.0
RANKED: Final = 2_000
"""Hits of one search that are ranked; those of a thing searched as a whole are more, as asked."""
UNRANKED: Final = 0.0
"""The score of the others; that of whatever is ranked is lower."""


class Which(Enum):
    """The first page of what was ranked, a later one, or one of what was not."""

    FIRST = auto()
    LATER = auto()
    UNRANKED = auto()

    @classmethod
    def after(cls, last: Cursor | None) -> "Which":
        if last is None:
            return cls.FIRST
        return cls.UNRANKED if last.score == UNRANKED else cls.LATER


@cache
def usual_page(audiences: Sequence[Audience], which: Which, sqlite: bool) -> Select[Any]:  # noqa: FBT001 - a key of the cache
    """``page`` of all there is, put together once: that takes longer than many a search."""
    return page(audiences, which, sqlite=sqlite)


def page(
    audiences: Sequence[Audience],
    which: Which,
    among: SelectOfScalar[UUID] | None = None,
    *,
    sqlite: bool,
) -> Select[Any]:
    """Kind, key, scope, number and score of hits; from where hits without rank follow; how many.

    It wants ``match``, ``kinds``, ``most``, ``ranked``, the places of each audience under its own
    name and, for a later page, ``score`` and ``number`` of the last hit. Only what is on the page
    is carried beyond its number and score.
    """
    of = (_on_sqlite if sqlite else _on_postgres)(audiences, among)
    best = _best(of, which).limit(bindparam("most", type_=Integer)).subquery("best")
    rows = searchables().c
    begins, total = _rest(of, which)
    return (
        select(
            *(rows.kind, rows.key, rows.scope_id, best.c.number, best.c.score),
            *(begins.label("begins"), total.label("total")),
        )
        .select_from(best.join(searchables(), rows.number == best.c.number))
        .order_by(best.c.score, _in_order(best.c.number, which))
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What a question finds: the numbers of all, those that are ranked, and how many there are."""

    all: Select[Any]
    seen: CTE
    many: ColumnElement[int]


def _best(of: _Found, which: Which) -> Select[Any]:
    last_score, last = bindparam("score", type_=Double), bindparam("number", type_=BigInteger)
    if which is Which.UNRANKED:
        number = of.all.selected_columns["number"]
        no_score = literal_column(str(UNRANKED), Double).label("score")
        rest = of.all.add_columns(no_score).where(number < last)
        return rest.order_by(_in_order(number, which))
    number, score = of.seen.c.number, of.seen.c.score
    query = select(number, score).order_by(score, _in_order(number, which))
    if which is Which.FIRST:
        return query
    return query.where(or_(score > last_score, and_(score == last_score, number > last)))


def _rest(of: _Found, which: Which) -> tuple[ColumnElement[Any], ColumnElement[int]]:
    """Before which number those without rank begin, where there are any; and how many in all."""
    if which is Which.UNRANKED:
        return null(), of.many
    few = select(func.count()).select_from(of.seen).scalar_subquery()
    whole = few < bindparam("ranked", type_=Integer)
    least = select(func.min(of.seen.c.number)).scalar_subquery()
    return case((whole, null()), else_=least), case((whole, few), else_=of.many)


def _in_order(number: ColumnElement[Any], which: Which) -> ColumnElement[Any]:
    return number.desc() if which is Which.UNRANKED else number.asc()


def _in_places(of: Any, audiences: Sequence[Audience]) -> ColumnElement[bool]:  # noqa: ANN401 - columns have the names that their table gives them
    places = (
        and_(of.audience == one, of.scope_id.in_(bindparam(str(one), expanding=True)))
        for one in audiences
    )
    return and_(or_(*places), of.kind.in_(bindparam("kinds", expanding=True)))


def _on_sqlite(audiences: Sequence[Audience], among: SelectOfScalar[UUID] | None) -> _Found:
    """Where a hit is follows from its number: no row is read before those of the page."""
    typed = searchables().c
    named = [column(name, typed[name].type) for name in ("kind", "audience", "scope_id")]
    places = table("searchable_places", column("number", Integer), *named)
    number = table("searchable_words", column("rowid", Integer)).c.rowid
    there = select(places.c.number).where(_in_places(places.c, audiences))
    found = (
        select(number.label("number"))
        .where(text("searchable_words MATCH :match"))
        .where(number.op(">>")(PLACE).in_(there))
    )
    if among is not None:
        # Added to nought: or the rows come first, and the words are looked for in each of them.
        found = found.where((number + 0).in_(select(typed.number).where(typed.key.in_(among))))
    weighed = f"bm25(searchable_words, {HEAD_WEIGHS}, 1.0)"
    ranked = (
        found.add_columns(literal_column(weighed, Double).label("score"))
        .order_by(number.desc())
        .limit(bindparam("ranked", type_=Integer))
    )
    many = select(func.count()).select_from(found.subquery("found")).scalar_subquery()
    return _Found(found, ranked.cte("seen").prefix_with("MATERIALIZED"), many)


def _on_postgres(audiences: Sequence[Audience], among: SelectOfScalar[UUID] | None) -> _Found:
    """By the words first, and by nothing else: to look for them in a row means to unpack it.

    The words are carried as they are packed, and unpacked where they are ranked.
    """
    rows = searchables()
    kept: ColumnElement[Any] = literal_column("searchables.words").label("words")
    wanted = bindparam("match", type_=TSQUERY)
    said = (
        select(rows.c.number, rows.c.key, rows.c.kind, rows.c.audience, rows.c.scope_id, kept)
        .where(kept.op("@@")(wanted))
        .cte("said")
        .prefix_with("MATERIALIZED")
    )
    found = select(said.c.number, said.c.words).where(_in_places(said.c, audiences))
    if among is not None:
        found = found.where(said.c.key.in_(among))
    hits = found.cte("hits").prefix_with("MATERIALIZED")
    newest = select(hits).order_by(hits.c.number.desc())
    some = newest.limit(bindparam("ranked", type_=Integer)).subquery("newest")
    score = cast(-cast(func.ts_rank(some.c.words, wanted), Double), Double).label("score")
    ranked = select(some.c.number, score)
    many = select(func.count()).select_from(hits).scalar_subquery()
    return _Found(select(hits.c.number), ranked.cte("seen").prefix_with("MATERIALIZED"), many)


def searchables() -> Table:
    found: Table = Searchable.__table__  # type: ignore[attr-defined]  # SQLModel adds it
    return found
