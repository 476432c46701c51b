"""Inputs that were received, with their receipts, straight through the services."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from app import keys
from app.database import Database, Writing
from app.keys import Keys
from app.models import Consultation, Input, InputVersion
from app.services import receipts
from app.settings import Environment, Settings
from tests.consulting import add_consultation, add_input
from tests.world import World, build


def keys_of(folder: Path) -> Keys:
    """The keys of a deployment whose data are in this folder."""
    return keys.load(Settings(environment=Environment.DEVELOPMENT, data_dir=folder))


async def round_of(database: Database, now: datetime, **more: Any) -> tuple[World, Consultation]:
    async with database.writing() as db:
        world = await build(db, now)
        return world, await add_consultation(db, world, now, **more)


async def receive(
    db: Writing,
    consultation: Consultation,
    person_id: UUID,
    number: int,
    now: datetime,
    key: Keys,
    **more: Any,
) -> tuple[Input, InputVersion, str]:
    """A submitted input with the reference of its receipt; what it says has its number in it."""
    found, version = await add_input(db, consultation, person_id, number, now, **more)
    [reference] = await receipts.issue(db, [version], key, now)
    return found, version, reference
