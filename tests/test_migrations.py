"""The migrations make what the models say, on both engines, and can be taken back."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import ForeignKeyConstraint, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import SQLModel

from app import models, schema
from app.database import Database, make_engine
from app.models.search import of_the_index
from app.policy.search import Audience, Kind, Place
from app.services import search
from app.services.search import Said
from tests.consulting import add_consultation, add_input
from tests.world import build

OURS = set(models.Entity.metadata.tables)


@pytest.fixture
async def engine(database_url: str) -> AsyncGenerator[AsyncEngine]:
    made = make_engine(database_url)
    yield made
    await made.dispose()


async def tables(engine: AsyncEngine) -> set[str]:
    """The tables, without those in which SQLite keeps the words of the search."""
    async with engine.connect() as connection:
        found = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    return {name for name in found if not of_the_index(name)}


async def index_of_words(engine: AsyncEngine) -> list[str]:
    """What the database itself says of the index that no model describes."""
    of_engine = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE name LIKE 'searchable%' ORDER BY name",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE tablename = 'searchables' UNION ALL"
        " SELECT CAST(attstorage AS text) FROM pg_attribute"
        " WHERE attrelid = 'searchables'::regclass AND attname = 'words' ORDER BY 1",
    }
    async with engine.connect() as connection:
        return list((await connection.scalars(text(of_engine[engine.dialect.name]))).all())


async def test_an_empty_database_gets_every_table(engine):
    assert not await schema.is_current(engine)

    await schema.upgrade(engine)

    assert await schema.is_current(engine)
    assert await tables(engine) == {*OURS, "alembic_version"}


async def test_the_migrations_say_what_the_models_say(engine):
    await schema.upgrade(engine)

    await schema.check(engine)


def spelled(statement: str | None) -> str | None:
    """As it says, however it is laid out; SQLite quotes the name of what it has renamed."""
    return statement and " ".join(statement.replace('"', "").split())


async def test_the_words_are_indexed_alike_however_the_tables_were_made(engine, tables_url):
    await schema.upgrade(engine)
    by_models = make_engine(tables_url)

    said = await index_of_words(engine)

    assert any("fts5" in (each or "") or "USING gin (words)" in (each or "") for each in said)
    assert [spelled(each) for each in said] == [
        spelled(each) for each in await index_of_words(by_models)
    ]
    await by_models.dispose()


async def test_the_migrations_can_be_taken_back_and_made_again(engine):
    await schema.upgrade(engine)
    await schema.downgrade(engine)
    assert await tables(engine) == {"alembic_version"}

    await schema.upgrade(engine)

    await schema.check(engine)


async def test_what_is_found_on_sqlite_is_numbered_by_its_place(sqlite_url: str) -> None:
    """Rows of an index that was made before places had numbers are found as before."""
    made = make_engine(sqlite_url)
    await schema.upgrade(made, "0011")
    rows = [
        {"number": n, "key": f"{n:032x}", "scope": f"{n % 2:032x}", "words": f"heron w{n}"}
        for n in range(1, 6)
    ]
    async with made.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO searchables (number, kind, key, scope_id, audience, language, at)"
                " VALUES (:number, 'input', :key, :scope, 'public', 'en', '2026-11-24 00:00:00')"
            ),
            rows,
        )
        index = "INSERT INTO searchable_words (rowid, head, body) VALUES (:number, '', :words)"
        await connection.execute(text(index), rows)
    await schema.upgrade(made)
    await schema.downgrade(made, "0011")
    await schema.upgrade(made)  # taken back, and made again: what has new numbers gets new ones
    await made.dispose()
    opened = Database(sqlite_url)
    for scope in (0, 1):
        place = Place(UUID(int=scope), Audience.PUBLIC)
        async with opened.writing() as db:
            said = [Said("en", "Heron again")]
            await search.index(db, Kind.INPUT, uuid4(), said, place=place, at=datetime.now(UTC))
        async with opened.reading() as db:
            found = await search.find(db, "heron", [place])
            one = await search.find(db, f"w{scope + 2}", [place])
        old = {n for n in range(1, 6) if n % 2 == scope}
        assert {hit.key.int for hit in found.hits} > old
        assert found.total == len(old) + 1
        assert [hit.key.int for hit in one.hits] == [scope + 2]
    await opened.close()


async def test_a_round_gives_no_number_that_it_gave_before_it_counted_them(engine, database_url):
    """The highest of its inputs has number 7; of the other round one went on, and one is there."""
    await schema.upgrade(engine)
    now, opened = datetime.now(UTC), Database(database_url)
    async with opened.writing() as db:
        world = await build(db, now)
        asked = await add_consultation(db, world, now)
        before = await add_consultation(db, world, now, slug="before")
        person = world.people["stakeholder"]
        await add_input(db, asked, person, 7, now)
        await add_input(db, asked, person, 3, now, carried_from_id=before.id)
        await add_input(db, before, person, 1, now)
    await opened.close()

    await schema.downgrade(engine, "0012")
    await schema.upgrade(engine)

    async with engine.connect() as connection:
        given = await connection.execute(text("SELECT slug, numbered FROM consultations"))
        assert dict(given.all()) == {"multilingual": 7, "before": 2}


def test_no_index_is_of_what_another_one_begins_with():
    """Whatever is looked for by it is found by the other; and each row is written to both."""
    for table in SQLModel.metadata.sorted_tables:
        kept = [each for each in table.indexes if each.dialect_options["sqlite"]["where"] is None]
        unique = [each for each in table.constraints if not isinstance(each, ForeignKeyConstraint)]
        begins = [columns(each) for each in (*unique, *kept)]
        for each in kept:
            said = columns(each)
            assert [one[: len(said)] for one in begins].count(said) == 1, each.name


def columns(of: Any) -> tuple[str, ...]:
    return tuple(each.name for each in getattr(of, "columns", ()))
