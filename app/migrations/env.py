"""How Alembic reaches the database: on a connection of ours, or on one it opens by URL."""

import asyncio
from collections.abc import Mapping
from typing import Any, Literal

import sqlalchemy as sa
import sqlmodel
from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON
from sqlalchemy.engine import Connection

from app import models  # noqa: F401 - so that every table is known
from app.database import make_engine
from app.models.search import of_the_index
from app.settings import Settings


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:  # noqa: ANN401 - Alembic's own type
    """Migrations import nothing but SQLAlchemy: they must outlive our own types."""
    if kind != "type":
        return False
    if isinstance(item, sqlmodel.AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    if isinstance(item, sa.Enum):
        return f"sa.String(length={item.length})"
    if isinstance(item, JSON):
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    if isinstance(item, sa.types.TypeDecorator) and isinstance(item.impl, sa.DateTime):
        return "sa.DateTime(timezone=True)"
    return False


def compare_type(*found: Any) -> bool | None:  # noqa: ANN401 - Alembic's own types
    """An enum is text to the database, so a new member is no difference."""
    _context, _inspected, _column, inspected_type, metadata_type = found
    if isinstance(metadata_type, sa.Enum):
        return not isinstance(inspected_type, sa.String)
    return None


def include_name(name: str | None, _kind: str, parents: Mapping[str, str | None]) -> bool:
    """What databases keep for the search is made by statements of its own."""
    return not of_the_index(name, parents.get("table_name"))


def run(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=sqlmodel.SQLModel.metadata,
        render_item=render_item,
        compare_type=compare_type,
        include_name=include_name,  # type: ignore[arg-type]  # a literal of its own for the kind
        render_as_batch=sqlite,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_by_url() -> None:
    """For the ``alembic`` command line, which has no connection of ours."""
    engine = make_engine(Settings().database)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(run_by_url())
