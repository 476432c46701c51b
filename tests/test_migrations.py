"""The migrations make what the models say, on both engines, and can be taken back."""

from collections.abc import AsyncGenerator

import pytest
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncEngine

from app import models, schema
from app.database import make_engine

OURS = set(models.Entity.metadata.tables)


@pytest.fixture
async def engine(database_url: str) -> AsyncGenerator[AsyncEngine]:
    made = make_engine(database_url)
    yield made
    await made.dispose()


async def tables(engine: AsyncEngine) -> set[str]:
    async with engine.connect() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


async def test_an_empty_database_gets_every_table(engine):
    assert not await schema.is_current(engine)

    await schema.upgrade(engine)

    assert await schema.is_current(engine)
    assert await tables(engine) == {*OURS, "alembic_version"}


async def test_the_migrations_say_what_the_models_say(engine):
    await schema.upgrade(engine)

    await schema.check(engine)


async def test_the_migrations_can_be_taken_back_and_made_again(engine):
    await schema.upgrade(engine)
    await schema.downgrade(engine)
    assert await tables(engine) == {"alembic_version"}

    await schema.upgrade(engine)

    await schema.check(engine)
