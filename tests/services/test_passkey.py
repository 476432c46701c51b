"""Who has to come with a passkey, and how somebody who lost theirs gets in again."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import select
from typer.testing import CliRunner

from app.cli import app
from app.database import Database, load
from app.models import Act, Appointment, Passkey, Person
from app.policy.identity import SignInWay
from app.policy.people import Function
from app.services import identity, passkey
from app.services.identity import Made
from tests.world import World, prepare

NOW = datetime(2026, 2, 11, 9, 30, tzinfo=UTC)


async def bound(database: Database, world: World) -> set[str]:
    async with database.reading() as db:
        found = await passkey.bound(db, list(world.people.values()))
    return {key for key, person in world.people.items() if person in found}


async def test_those_who_can_open_a_door_are_bound_until_their_function_ends(tables_url):
    world = await prepare(tables_url)
    database = Database(tables_url)
    assert await bound(database, world) == {"chair", "secretariat"}
    async with database.writing() as db:
        await given(db, world, "kenya", Function.VICE_CHAIR)
        await given(db, world, "brazil", Function.INTERPRETER)
        held = Appointment.person_id == world.people["chair"]
        (chair,) = await db.exec(select(Appointment).where(held))
        chair.ended_at = NOW
        db.add(chair)
    assert await bound(database, world) == {"kenya", "secretariat"}
    await database.close()


async def given(db, world: World, key: str, function: Function) -> None:
    made = Appointment(
        meeting_id=world.meeting_id, person_id=world.people[key], function=function, given_at=NOW
    )
    db.add(made)


async def test_the_passkeys_of_who_lost_them_are_forgotten_with_what_they_opened(
    tables_url, monkeypatch
):
    monkeypatch.setenv("CWG_ENVIRONMENT", "development")
    monkeypatch.setenv("CWG_DATABASE_URL", tables_url)
    world = await prepare(tables_url)
    database = Database(tables_url)
    key = await with_passkey(database, world)
    now = datetime.now(UTC)
    async with database.writing() as db:
        chair = await load(db, Person, world.people["chair"])
        made = Made(SignInWay.PASSKEY, key, "Lost")
        lost = await identity.log_in(db, chair, "Firefox", now, made=made)
        mailed = await identity.log_in(db, chair, "Firefox", now)

    done, *wrong = [
        # In a thread, as the command has a loop of its own.
        await asyncio.to_thread(CliRunner().invoke, app, ["forget-passkeys", email])
        for email in ("Chair@example.org", "nobody@example.org", "nobody")
    ]

    assert (done.exit_code, done.stdout) == (0, "Removed 1 of Chair@example.org.\n"), done.stderr
    assert [each.exit_code for each in wrong] == [2, 2]
    assert "Nobody has this address." in wrong[0].stderr
    assert "Enter a mail address" in wrong[1].stderr
    async with database.reading() as db:
        assert (await db.exec(select(Passkey))).all() == []
        assert await identity.by_cookie(db, lost, now) is None
        assert await identity.by_cookie(db, mailed, now)
        acts = [act.kind for act in await db.exec(select(Act))]
    assert acts.count("passkeys-forgotten") == 1
    await database.close()


async def with_passkey(database: Database, world: World) -> UUID:
    async with database.writing() as db:
        held = Passkey(
            person_id=world.people["chair"], credential="A", public_key="", name="Lost", made_at=NOW
        )
        db.add(held)
    return held.id
