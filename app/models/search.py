"""What can be found by its words: a row for each thing, and the index of the database over them.

The index is no table of ours: FTS5 on SQLite, a ``tsvector`` with GIN on PostgreSQL. What is
written into it is part of the transaction; what is removed from the table goes from it by itself.

On SQLite the number of a row begins with that of its place: where something is follows from its
number alone. A frequent word is in many rows, and to read each of them took longer than to find it.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import DDL, Table, event
from sqlalchemy.schema import ExecutableDDLElement
from sqlmodel import Field, SQLModel, UniqueConstraint

from app.models.base import text_of
from app.policy.search import Audience, Kind


class Searchable(SQLModel, table=True):
    """A thing that can be found, and who may find it; its words are in the index alone.

    ``scope_id`` and ``audience`` together are a place; whoever searches names the places that are
    open to them.
    """

    __tablename__ = "searchables"
    __table_args__ = (UniqueConstraint("key", "kind", "audience"),)

    number: int | None = Field(default=None, primary_key=True)
    kind: Kind = Field(sa_type=text_of(Kind))
    key: UUID
    scope_id: UUID = Field(index=True, description="its consultation, or its meeting")
    audience: Audience = Field(sa_type=text_of(Audience))
    language: str = Field(default="en", max_length=8)
    at: datetime


PLACE: Final = 40
"""Bits of a number that come after those of the place, on SQLite."""
SQLITE: Final = (
    """CREATE TABLE searchable_places (number INTEGER PRIMARY KEY, kind VARCHAR(32) NOT NULL,
        audience VARCHAR(32) NOT NULL, scope_id CHAR(32) NOT NULL,
        UNIQUE (kind, audience, scope_id))""",
    """CREATE VIRTUAL TABLE searchable_words
        USING fts5(head, body, tokenize="unicode61 remove_diacritics 0")""",
    """CREATE TRIGGER searchables_removed AFTER DELETE ON searchables
        BEGIN DELETE FROM searchable_words WHERE rowid = old.number; END""",
)
POSTGRES: Final = (
    "ALTER TABLE searchables ADD COLUMN words tsvector",
    # To pack them takes longer than to write them, and makes them smaller by a tenth.
    "ALTER TABLE searchables ALTER COLUMN words SET STORAGE EXTERNAL",
    "CREATE INDEX ix_searchables_words ON searchables USING gin (words)",
)


def of_the_index(name: str | None, table: str | None = None) -> bool:
    """Whether something in the database is a part of the index, and so of no model."""
    named = name or ""
    return named.startswith(("searchable_words", "searchable_places")) or (
        table == "searchables" and named in {"words", "ix_searchables_words"}
    )


def _with_table() -> None:
    """Whoever makes the table makes the index, and takes it away with it."""
    table: Table = Searchable.__table__  # type: ignore[attr-defined]  # SQLModel adds it
    for dialect, statements in (("sqlite", SQLITE), ("postgresql", POSTGRES)):
        for statement in statements:
            event.listen(table, "after_create", _of(statement, dialect))
    for name in ("searchable_words", "searchable_places"):
        event.listen(table, "before_drop", _of(f"DROP TABLE {name}", "sqlite"))


def _of(statement: str, dialect: str) -> ExecutableDDLElement:
    made = DDL(statement)  # type: ignore[no-untyped-call]  # SQLAlchemy's own has no types
    return made.execute_if(dialect=dialect)


_with_table()
