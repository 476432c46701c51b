"""A meeting with three sittings and a few people, for tests of what is kept about them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient, Response
from sqlmodel import SQLModel, col, func, select

from app import editions
from app.database import Database, Writing
from app.main import create_app
from app.models import AccessToken, Act, Entity, Letter, Meeting, Membership, Person
from app.policy.meeting import NewMeeting, NewSitting
from app.policy.parts import Part
from app.policy.people import Capacity, Category, StakeholderGroup
from app.policy.registration import Claim, Mode
from app.services import entities, meetings
from app.settings import Environment, Settings

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
LATER_STILL = NOW + timedelta(minutes=10)
SPLIT = editions.load()["eur-44a4-2022"]
PARTS = (Part.CONSULTATION, Part.FIRST_HALF, Part.SECOND_HALF)
KENYA, CHILE = "KE", "CL"


@dataclass
class Records:
    """What was made, by short names; ``heard`` are the bells that have rung since."""

    database: Database
    meeting: Meeting
    sittings: dict[Part, UUID]
    people: dict[str, Person] = field(default_factory=dict)
    entities: dict[str, UUID] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    app: FastAPI | None = None

    async def ask(self, who: str | None, method: str, path: str, body: object = None) -> Response:
        """Ask the API as someone, or as nobody; the path is the one below ``/api/v1``."""
        headers = {"Authorization": f"Bearer cwg_{who}"} if who else {}
        assert self.app
        transport = ASGITransport(app=self.app)
        async with AsyncClient(transport=transport, base_url="http://test") as http:
            return await http.request(method, f"/api/v1{path}", json=body, headers=headers)

    @property
    def first_half(self) -> UUID:
        return self.sittings[Part.FIRST_HALF]

    def claim(self, entity: str | None = None, **more: Any) -> Claim:
        """A claim to represent an entity, or of a stakeholder."""
        said: dict[str, Any] = {
            "capacity": Capacity.DELEGATE if entity else Capacity.INDIVIDUAL,
            "entity_id": self.entities[entity] if entity else None,
            "group": None if entity else StakeholderGroup.CIVIL_SOCIETY,
            "name": f"Delegate of {entity}" if entity else "Participant",
            "organization": "" if entity else "A society",
            "country": "" if entity else "CH",
            "job_title": "",
            "modes": ((self.first_half, Mode.REMOTE),),
        }
        return Claim(**(said | more))

    async def letters(self) -> list[tuple[str, str]]:
        """The letters of the outbox in the order of writing: their kinds, and to whom."""
        query = select(Letter, Person).join(Person).order_by(col(Letter.written_at))
        async with self.database.reading() as db:
            found = [(each.kind.value, person.name) for each, person in await db.exec(query)]
        return sorted(found)

    async def acts(self) -> list[str]:
        async with self.database.reading() as db:
            return [each.kind for each in await db.exec(select(Act).order_by(col(Act.number)))]

    async def count(self, table: type[SQLModel]) -> int:
        async with self.database.reading() as db:
            return (await db.exec(select(func.count()).select_from(table))).one()


def person(key: str, *, verified: bool = True) -> Person:
    at = NOW if verified else None
    return Person(email=f"{key}@example.org", name=f"The {key}", created_at=NOW, verified_at=at)


async def entity(db: Writing, key: str, name: str, category: Category) -> UUID:
    made = Entity(key=key, name=name, iso2=key, folded=entities.folded(key, name, key, ()))
    db.add(made)
    await db.flush()
    db.add(Membership(entity_id=made.id, category=category, valid_from=date(2020, 1, 1)))
    return made.id


async def records(database: Database) -> Records:
    """Kenya has a focal point, Chile has none; nobody is registered."""
    people = {key: person(key) for key in ("secretariat", "focal", "delegate", "other", "stranger")}
    people["unverified"] = person("unverified", verified=False)
    async with database.writing() as db:
        db.add_all(people.values())
        await db.flush()
        new = NewMeeting("twenty", "Twentieth meeting", "Geneva", "Europe/Zurich", SPLIT)
        meeting = await meetings.found_meeting(db, new, people["secretariat"], NOW)
        made = Records(database, meeting, {}, people)
        for number, part in enumerate(PARTS):
            start = NOW + timedelta(days=number)
            sitting = NewSitting(part, "", start, start + timedelta(hours=3))
            by = people["secretariat"]
            made.sittings[part] = (await meetings.add_sitting(db, meeting.id, sitting, by, NOW)).id
        made.entities[KENYA] = await entity(db, KENYA, "Kenya", Category.MEMBER_STATE)
        made.entities[CHILE] = await entity(db, CHILE, "Chile", Category.MEMBER_STATE)
        day = NOW.date()
        await entities.designate(db, made.entities[KENYA], people["focal"], day, now=NOW)
    database.announce = made.heard.append
    return made


async def with_doors(url: str, folder: Path) -> Records:
    """The same behind the service's doors; everyone has a token."""
    given = Settings(environment=Environment.DEVELOPMENT, data_dir=folder, database_url=url)
    app = create_app(given)
    made = await records(app.state.house.database)
    made.app = app
    async with made.database.writing() as db:
        for key, each in made.people.items():
            digest = sha256(f"cwg_{key}".encode()).hexdigest()
            db.add(AccessToken(person_id=each.id, digest=digest, label="test", created_at=NOW))
    return made
