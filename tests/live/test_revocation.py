"""Whatever let someone in can end while they sit there: they are shown out at once, everywhere."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from app.database import Writing, load
from app.models import AccessToken, Act, Login, Membership, Person, Registration, Sitting
from app.policy.access import Part
from app.policy.people import Function
from app.policy.registration import RegistrationState
from app.protocol.codes import Code
from app.services import acts, decisions, fence, identity, meetings, members, registration, seats
from app.services.seats import Wanted
from tests.live.conftest import Faults
from tests.live.test_hostile import last_words, quiet
from tests.world import SOON, Guest, Service, hello

WITHIN = 5.0  # seconds from the commit to the close, on a machine that has other work

SHEET = """key,name,category,valid_until
kenya,Kenya,member_state,{yesterday}
"""


async def token_revoked(db: Writing, meeting: Service, person: Person, now: datetime) -> None:
    query = select(AccessToken).where(AccessToken.person_id == person.id)
    await identity.revoke_token(db, (await db.exec(query)).one().id, person, now)


async def registration_withdrawn(
    db: Writing, meeting: Service, person: Person, now: datetime
) -> None:
    row = await registered(db, meeting, person)
    await registration.withdraw(db, row.id, version=row.version, by=person, now=now)


async def registration_rejected(
    db: Writing, meeting: Service, person: Person, now: datetime
) -> None:
    row = await registered(db, meeting, person)
    row.state = RegistrationState.SUBMITTED
    secretariat = await load(db, Person, meeting.world.people["secretariat"])
    await decisions.reject(
        db, row.id, version=row.version, reason="Not of this body.", by=secretariat, now=now
    )


async def registered(db: Writing, meeting: Service, person: Person) -> Registration:
    row = await registration.mine(db, person, meeting.world.meeting_id)
    assert row is not None
    return row


async def function_ended(db: Writing, meeting: Service, person: Person, now: datetime) -> None:
    secretariat = await load(db, Person, meeting.world.people["secretariat"])
    await meetings.dismiss(
        db, meeting.world.meeting_id, person, Function.STEWARD, by=secretariat, now=now
    )


Revoke = Callable[[Writing, Service, Person, datetime], Awaitable[None]]
WAYS: dict[str, tuple[str, Revoke, str]] = {
    "token": ("kenya", token_revoked, "login-revoked"),
    "withdrawal": ("kenya", registration_withdrawn, "not-registered"),
    "rejection": ("kenya", registration_rejected, "not-registered"),
    "function": ("steward", function_ended, "not-registered"),
}


async def here(meeting: Service, key: str, sitting: str = "first") -> tuple[int, int]:
    """How many connections of someone the hall counts, and how many seats the tables say."""
    who = meeting.world.people[key]
    connections = [c for c in meeting.house.hall.connections if c.entry.person_id == who]
    async with meeting.house.database.reading() as db:
        sitting_there = await seats.present(db, meeting.world.sittings[sitting])
    return len(connections), sum(person.id == who for person in sitting_there)


async def gone(meeting: Service, key: str, sitting: str = "first") -> None:
    async with asyncio.timeout(SOON):
        while await here(meeting, key, sitting) != (0, 0):  # noqa: ASYNC110 - a table is looked at
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(("key", "revoke", "reason"), WAYS.values(), ids=WAYS)
async def test_what_is_taken_away_ends_the_socket_it_opened(
    meeting: Service, key: str, revoke: Revoke, reason: str
) -> None:
    async with meeting.attending(key) as guest, meeting.attending("brazil") as brazil:
        assert await here(meeting, key) == (1, 1)
        person = await meeting.person(key)
        async with meeting.house.database.writing() as db:
            await revoke(db, meeting, person, datetime.now(UTC))
        began = time.monotonic()
        assert await last_words(guest.socket) == (reason, Code.REVOKED)
        assert time.monotonic() - began < WITHIN
        await quiet(brazil)
        await gone(meeting, key)
        assert (await meeting.ticket(key)).status_code in {401, 403}


async def test_signing_out_ends_the_sockets_of_that_login_only(meeting: Service) -> None:
    kenya = await meeting.person("kenya")
    async with meeting.house.database.writing() as db:
        await identity.log_in(db, kenya, "A browser", datetime.now(UTC))
    async with meeting.house.database.reading() as db:
        login = (await db.exec(select(Login).where(Login.person_id == kenya.id))).one()
        wanted = Wanted(kenya, meeting.world.sittings["first"], login_id=login.id)
        (ticket,) = await meeting.house.office.issue(db, [wanted], datetime.now(UTC))
    async with meeting.line() as line:
        await line.send(hello(str(ticket)))
        assert (await Guest(line).next())["kind"] == "welcome"
        async with meeting.house.database.writing() as db:
            await identity.revoke_login(db, login.id, kenya, datetime.now(UTC))
        assert await last_words(line) == ("login-revoked", Code.REVOKED)
    async with meeting.attending("kenya") as by_token:
        await quiet(by_token)


async def test_a_ticket_of_a_login_that_was_revoked_opens_nothing(meeting: Service) -> None:
    ticket = (await meeting.ticket("kenya")).json()["ticket"]
    kenya = await meeting.person("kenya")
    async with meeting.house.database.writing() as db:
        await token_revoked(db, meeting, kenya, datetime.now(UTC))
    async with meeting.line() as line:
        await line.send(hello(ticket))
        assert await last_words(line) == ("login-revoked", Code.REFUSED)


async def test_an_import_that_ends_a_membership_ends_its_place_in_a_members_part(
    meeting: Service,
) -> None:
    async with meeting.house.database.writing() as db:
        sitting = await load(db, Sitting, meeting.world.sittings["first"])
        sitting.part = Part.SECOND_HALF
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    async with meeting.attending("kenya") as kenya, meeting.attending("brazil") as brazil:
        await imported(meeting, yesterday)
        reason, code = await last_words(kenya.socket)
        assert (reason, code) == ("membership-ended", Code.REVOKED)
        await quiet(brazil)
        await gone(meeting, "kenya")


async def test_whoever_keeps_a_lesser_place_is_asked_to_come_back_to_it(meeting: Service) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    async with meeting.attending("kenya") as kenya:
        assert kenya.welcome["you"]["may_raise_point_of_order"] is True
        await imported(meeting, yesterday)
        assert (await last_words(kenya.socket))[1] == Code.MOVED
    async with meeting.attending("kenya") as kenya:
        assert kenya.welcome["you"]["may_raise_point_of_order"] is False


async def imported(meeting: Service, until: date) -> None:
    """A file comes in that ends Kenya's membership; the real import, as the command does it."""
    sheet = members.read(SHEET.format(yesterday=until).encode())
    async with meeting.house.database.writing() as db:
        await members.apply(db, sheet, day=datetime.now(UTC).date(), now=datetime.now(UTC))
    async with meeting.house.database.reading() as db:
        query = select(Membership).where(Membership.entity_id == meeting.world.entities["kenya"])
        assert [each.valid_until for each in await db.exec(query)] == [until]


async def test_a_console_ends_with_the_function_and_the_room_remains(meeting: Service) -> None:
    """The moderator is a delegate too: without the function there is a place, and no console."""
    kenya = await meeting.person("kenya")
    secretariat = await meeting.person("secretariat")
    at = meeting.world.meeting_id
    now = datetime.now(UTC)
    async with meeting.house.database.writing() as db:
        await meetings.appoint(db, at, kenya, Function.MODERATOR, secretariat, now)
    async with meeting.attending("kenya") as moderator:
        assert set(moderator.welcome["channels"]) == {"room", "console"}
        async with meeting.house.database.writing() as db:
            await meetings.dismiss(db, at, kenya, Function.MODERATOR, secretariat, now)
        assert (await last_words(moderator.socket))[1] == Code.MOVED
    async with meeting.attending("kenya") as delegate:
        assert set(delegate.welcome["channels"]) == {"room"}
        assert (await delegate.wish("open-list"))["reason"] == "not-the-chair"


# Races.


async def test_a_revocation_between_decision_and_joining_is_noticed(
    meeting: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = meeting.house.hall
    see = hall._see
    kenya = await meeting.person("kenya")
    looked = hall._look_again
    reviewed = asyncio.Event()

    async def look(rung: Any) -> None:
        await looked(rung)
        if f"person:{kenya.id}" in rung:
            reviewed.set()

    async def late(meeting_id: UUID, epoch: int) -> None:
        """The bell is heard, and nobody is there yet whom it could concern."""
        monkeypatch.setattr(hall, "_see", see)
        await see(meeting_id, epoch)
        async with meeting.house.database.writing() as db:
            await token_revoked(db, meeting, kenya, datetime.now(UTC))
        async with asyncio.timeout(SOON):
            await reviewed.wait()

    monkeypatch.setattr(hall, "_look_again", look)
    monkeypatch.setattr(hall, "_see", late)
    async with meeting.attending("kenya") as guest:
        assert guest.welcome["kind"] == "welcome"
        assert await last_words(guest.socket) == ("login-revoked", Code.REVOKED)


async def test_a_revocation_is_not_forgotten_when_the_database_fails(
    meeting: Service, unharmed: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = meeting.house.hall._doorkeeper
    again = keeper.again
    failed = 0

    async def fails_once(db: Any, held: Any) -> Any:
        nonlocal failed
        failed += 1
        if failed == 1:
            raise OSError("the database is gone")
        return await again(db, held)

    async with meeting.attending("kenya") as guest:
        monkeypatch.setattr(keeper, "again", fails_once)
        kenya = await meeting.person("kenya")
        async with meeting.house.database.writing() as db:
            await token_revoked(db, meeting, kenya, datetime.now(UTC))
        assert await last_words(guest.socket) == ("login-revoked", Code.REVOKED)
    unharmed.forgive("hall.fault")


async def test_nobody_is_counted_as_present_whose_joining_failed(
    meeting: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = meeting.house.hall
    monkeypatch.setattr(hall, "_lost", lambda _rooms: True)
    ticket = (await meeting.ticket("kenya")).json()["ticket"]
    async with meeting.line() as line:
        await line.send(hello(ticket))
        assert await Guest(line).ended() == Code.MOVED
    await gone(meeting, "kenya")


async def test_whoever_sits_in_the_next_part_already_is_not_seated_there_twice(
    meeting: Service,
) -> None:
    """The newest connection of a person keeps the seat; the older one is told."""
    at = meeting.world.meeting_id
    chair = await meeting.person("chair")
    async with (
        meeting.attending("chair") as older,
        meeting.attending("chair", "second") as newer,
    ):
        assert newer.welcome["sitting"] == str(meeting.world.sittings["second"])
        async with meeting.house.database.writing() as db:
            await fence.freeze(db, at, by=chair, now=datetime.now(UTC))
        async with meeting.house.database.writing() as db:
            await fence.raise_epoch(db, at, by=chair, now=datetime.now(UTC))
        assert await older.ended() == Code.TAKEN_OVER
        assert (await newer.until("moved"))["epoch"] == 2
        assert await here(meeting, "chair", "second") == (1, 1)


async def test_who_was_let_in_or_not_is_an_act_with_its_clause(meeting: Service) -> None:
    ticket = (await meeting.ticket("stakeholder")).json()["ticket"]
    person = await meeting.person("stakeholder")
    now = datetime.now(UTC)
    async with meeting.attending("kenya"), meeting.house.database.writing() as db:
        row = await registration.mine(db, person, meeting.world.meeting_id)
        assert row is not None
        await registration.withdraw(db, row.id, version=row.version, by=person, now=now)
    async with meeting.line() as socket:
        await socket.send(hello(ticket))
        await Guest(socket).until("farewell")
    async with meeting.house.database.reading() as db:
        query = select(Act).where(Act.kind == "entries-decided").order_by(col(Act.number))
        kept = [each.content["entries"] for each in await db.exec(query) if each.content]
        assert await acts.broken_at(db) is None
    keys = ("person", "answer", "clause", "reason")
    assert [tuple(entry[key] for key in keys) for entries in kept for entry in entries] == [
        (str(meeting.world.people["kenya"]), "allowed", "resolves-6", "named"),
        (str(person.id), "denied", "resolves-6", "not-registered"),
    ]
