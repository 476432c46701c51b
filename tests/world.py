"""A small meeting with a few people of every standing, and clients that speak the protocol."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import httpx2
from alembic.migration import MigrationContext
from fastapi import FastAPI
from sqlalchemy import Connection, Table, inspect, make_url
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app import editions, schema
from app.database import Database, Writing, load
from app.depends import House
from app.live.serving import running
from app.main import create_app
from app.models import (
    AccessToken,
    Appointment,
    Attending,
    Entity,
    Meeting,
    Membership,
    Person,
    Registration,
    Sitting,
)
from app.policy.access import Part
from app.policy.people import Capacity, Category, Function, StakeholderGroup
from app.policy.registration import Mode, RegistrationState
from app.policy.sitting import SittingState
from app.policy.text import fold
from app.settings import Environment, Settings

NO_TLS = SSLContext(PROTOCOL_TLS_CLIENT)  # a client without it reads all authorities' certificates
SOON = 15.0  # seconds; on a busy machine too
ENTITIES = {
    "kenya": ("Kenya", Category.MEMBER_STATE),
    "brazil": ("Brazil", Category.MEMBER_STATE),
    "operator": ("An operator", Category.SECTOR_MEMBER),
    "startup": ("A start-up", Category.ASSOCIATE),
    "university": ("A university", Category.ACADEMIA),
}
FUNCTIONS = {
    "chair": Function.CHAIR,
    "moderator": Function.MODERATOR,
    "steward": Function.STEWARD,
    "secretariat": Function.SECRETARIAT,
}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def settings(data: Path, **more: Any) -> Settings:
    """Settings of a service on a free port of the loopback."""
    port = free_port()
    given: dict[str, Any] = {
        "environment": Environment.DEVELOPMENT,
        "data_dir": data,
        "port": port,
        "base_url": f"http://127.0.0.1:{port}",
        "lease_lifetime": 10.0,
    }
    return Settings(**(given | more))


@dataclass
class World:
    """What was built: ids by a short name."""

    meeting_id: UUID
    sittings: dict[str, UUID]
    people: dict[str, UUID] = field(default_factory=dict)
    entities: dict[str, UUID] = field(default_factory=dict)


async def build(db: Writing, now: datetime) -> World:
    """A meeting whose first half is open, and people with their papers in order."""
    text = (editions.FOLDER / f"{editions.DEFAULT}.toml").read_text(encoding="utf-8")
    meeting = Meeting(
        slug="twenty",
        title="The twentieth meeting",
        time_zone="Europe/Zurich",
        edition_id=editions.DEFAULT,
        edition_digest=editions.digest(text),
        edition_text=text,
        created_at=now,
    )
    db.add(meeting)
    await db.flush()
    world = World(meeting.id, {})
    start = now - timedelta(hours=1)
    for number, (name, part) in enumerate(
        {"first": Part.FIRST_HALF, "second": Part.SECOND_HALF}.items(), 1
    ):
        sitting = Sitting(
            meeting_id=meeting.id,
            number=number,
            part=part,
            title=f"The {name} half",
            starts_at=start + timedelta(hours=2 * number - 2),
            ends_at=start + timedelta(hours=2 * number),
            time_zone="Europe/Zurich",
            state=SittingState.OPEN if part is Part.FIRST_HALF else SittingState.SCHEDULED,
            opened_at=start if part is Part.FIRST_HALF else None,
        )
        db.add(sitting)
        world.sittings[name] = sitting.id
    await db.flush()
    for key, (name, category) in ENTITIES.items():
        await _entity(db, world, key, name, category)
    for key in ENTITIES:
        await add_person(db, world, key, now, entity=key)
    await add_person(db, world, "stakeholder", now)
    for key, function in FUNCTIONS.items():
        await add_person(db, world, key, now, registered=False)
        db.add(
            Appointment(
                meeting_id=meeting.id,
                person_id=world.people[key],
                function=function,
                given_at=now,
            )
        )
    return world


async def _entity(db: Writing, world: World, key: str, name: str, category: Category) -> None:
    entity = Entity(key=key, name=name, folded=name.lower())
    db.add(entity)
    await db.flush()
    db.add(Membership(entity_id=entity.id, category=category, valid_from=date(2020, 1, 1)))
    world.entities[key] = entity.id


async def add_person(
    db: Writing,
    world: World,
    key: str,
    now: datetime,
    *,
    entity: str | None = None,
    registered: bool = True,
) -> None:
    """Someone with a personal access token, whose text is ``cwg_`` and their key."""
    person = Person(
        email=f"{key}@example.org",
        name=f"Delegate of {ENTITIES[entity][0]}" if entity else f"The {key}",
        affiliation="An association",
        country="KE",
        created_at=now,
        verified_at=now,
    )
    db.add(person)
    await db.flush()
    world.people[key] = person.id
    digest = sha256(f"cwg_{key}".encode()).hexdigest()
    db.add(AccessToken(person_id=person.id, digest=digest, label="test", created_at=now))
    if registered:
        await _register(db, world, person, entity, now)


async def _register(
    db: Writing, world: World, person: Person, entity: str | None, now: datetime
) -> None:
    registration = Registration(
        meeting_id=world.meeting_id,
        person_id=person.id,
        reference=uuid4().hex[:8].upper(),
        capacity=Capacity.DELEGATE if entity else Capacity.INDIVIDUAL,
        entity_id=world.entities[entity] if entity else None,
        group=None if entity else StakeholderGroup.CIVIL_SOCIETY,
        name=person.name,
        name_folded=fold(person.name),
        organization="" if entity else "An association",
        country="KE",
        state=RegistrationState.APPROVED,
        submitted_at=now,
    )
    db.add(registration)
    await db.flush()
    for sitting_id in world.sittings.values():
        db.add(Attending(registration_id=registration.id, sitting_id=sitting_id, mode=Mode.REMOTE))


@dataclass
class Service:
    """A running service with a small meeting in it."""

    url: str
    app: FastAPI
    world: World

    @property
    def house(self) -> House:
        house: House = self.app.state.house
        return house

    def http(self, key: str | None = None) -> httpx2.AsyncClient:
        """A client of the API, as one of the people or as nobody."""
        headers = {} if key is None else {"Authorization": f"Bearer cwg_{key}"}
        return httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=30.0, verify=NO_TLS)

    async def ticket(self, key: str, sitting: str = "first") -> httpx2.Response:
        async with self.http(key) as http:
            return await http.post(f"/api/v1/sittings/{self.world.sittings[sitting]}/tickets")

    @asynccontextmanager
    async def attending(
        self,
        key: str,
        sitting: str = "first",
        *,
        cursors: Mapping[str, Mapping[str, int]] | None = None,
        take_over: bool = True,
        captions: Sequence[str] = (),
    ) -> AsyncGenerator["Guest"]:
        """Someone in the room, after the welcome."""
        ticket = (await self.ticket(key, sitting)).json()["ticket"]
        async with self.line() as socket:
            await socket.send(hello(ticket, cursors or {}, take_over=take_over, captions=captions))
            guest = Guest(socket)
            while (said := await guest.next())["kind"] == "resync":
                pass
            guest.welcome = said
            yield guest

    async def person(self, key: str) -> Person:
        async with self.house.database.reading() as db:
            return await load(db, Person, self.world.people[key])

    def line(self, **options: Any) -> connect:
        """A bare socket that has not said hello."""
        address = self.url.replace("http", "ws", 1) + "/api/v1/live"
        return connect(address, subprotocols=["cwg.v1"], compression=None, **options)  # type: ignore[list-item]  # the library's NewType of str


def hello(
    ticket: str,
    cursors: Mapping[str, Mapping[str, int]] | None = None,
    *,
    take_over: bool = True,
    captions: Sequence[str] = (),
) -> str:
    said = {
        "kind": "hello",
        "ticket": ticket,
        "cursors": cursors or {},
        "take_over": take_over,
        "captions": captions,
    }
    return json.dumps(said)


class Guest:
    """A client in the tests' own hand: it says exactly what it is told to."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.welcome: dict[str, Any] = {}

    async def next(self, *, presence: bool = False) -> dict[str, Any]:
        """The next message; what may be lost is left out unless it is asked for."""
        async with asyncio.timeout(SOON):
            while True:
                message: dict[str, Any] = json.loads(await self.socket.recv())
                if presence or message["kind"] not in {"presence", "lines"}:
                    return message

    async def until(self, kind: str) -> dict[str, Any]:
        """The next message of that kind; the ones before it are left out."""
        while (message := await self.next())["kind"] != kind:
            pass
        return message

    async def wish(self, kind: str, *, wish_id: UUID | None = None, **more: Any) -> dict[str, Any]:
        """Ask, and wait for the answer; events that come meanwhile are kept out of the way."""
        wish = {"kind": kind, "id": str(wish_id or uuid4()), **more}
        await self.socket.send(json.dumps(wish))
        while (message := await self.until("answer"))["id"] != wish["id"]:
            pass
        return message

    async def ended(self) -> int:
        """The code with which the line was closed."""
        try:
            async with asyncio.timeout(SOON):
                while True:
                    await self.socket.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


Rows = dict[Table, list[dict[str, Any]]]  # parents first
_made: list[tuple[TemporaryDirectory[str], World, Rows]] = []


async def prepare(url: str) -> World:
    """The small meeting in a database that is empty, or has all tables as the models say.

    It is made once in a run: a file that is not there yet is a copy, and tables get its rows.
    """
    if not _made:
        folder = TemporaryDirectory()
        _made.append((folder, *await _make(f"sqlite+aiosqlite:///{folder.name}/small.sqlite")))
    folder, world, rows = _made[0]
    file = make_url(url).database if url.startswith("sqlite") else None
    if file is None or Path(file).exists():
        await _fill(url, rows)
    else:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        copyfile(f"{folder.name}/small.sqlite", file)
    return deepcopy(world)


async def _make(url: str) -> tuple[World, Rows]:
    database = Database(url)
    await schema.upgrade(database.engine)
    async with database.writing() as db:
        world = await build(db, datetime.now(UTC))
    async with database.engine.connect() as connection:
        rows: Rows = {}
        for table in Entity.metadata.sorted_tables:
            if found := (await connection.execute(table.select())).mappings().all():
                rows[table] = [dict(each) for each in found]
    await database.close()
    return world, rows


async def _fill(url: str, rows: Rows) -> None:
    database = Database(url)
    async with database.engine.connect() as connection:
        tables = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    if "meetings" not in tables:
        await schema.upgrade(database.engine)
    async with database.engine.begin() as connection:
        if "meetings" in tables:
            await connection.run_sync(_stamp)
        for table, found in rows.items():
            await connection.execute(table.insert(), found)
    await database.close()


def _stamp(connection: Connection) -> None:
    """The tables are those of the newest migration."""
    context = MigrationContext.configure(connection)
    context._ensure_version_table()
    connection.execute(context._version.insert(), {"version_num": schema.head()})


@asynccontextmanager
async def serving(given: Settings, world: World, **options: Any) -> AsyncGenerator[Service]:
    """One process of the service on its real port, on a database that was prepared."""
    app = create_app(given)
    async with running(app, port=given.port, **options) as url:
        yield Service(url, app, world)


@asynccontextmanager
async def service(given: Settings, **options: Any) -> AsyncGenerator[Service]:
    """The real service on its real port, with the small meeting."""
    async with serving(given, await prepare(given.database), **options) as running_one:
        yield running_one
