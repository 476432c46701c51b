"""The cast of a bench: a meeting in the first half, its chair, and everybody who takes part.

Every second person is no member; each has a token, whose word the bench keeps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from app import editions, schema
from app.database import Database, Writing
from app.journal import Channel
from app.mail import tokens
from app.models import (
    AccessToken,
    Appointment,
    Entity,
    Meeting,
    Membership,
    News,
    Person,
    Registration,
    Sitting,
)
from app.policy.access import Part
from app.policy.floor import FloorRequested, Request, RequestKind, Speaker
from app.policy.people import Capacity, Category, Function, StakeholderGroup
from app.policy.registration import RegistrationState
from app.policy.sitting import SittingState
from app.policy.text import fold
from app.protocol.news import body
from app.services.identity import PREFIX
from app.settings import Settings

FIRST_POSITION = (
    1_000  # so that every position of a bench has four digits, and every event its size
)
EVENT = FloorRequested.of(
    Request(
        17,
        RequestKind.INTERVENTION,
        Speaker(
            "Delegate of Kenya", "Kenya", Capacity.DELEGATE, Category.MEMBER_STATE, remote=True
        ),
        datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC),
        "Universal acceptance of domain names",
    ),
    16,
)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who and what was put into the tables; ``words`` are those of the people's tokens."""

    meeting_id: UUID
    first: UUID
    second: UUID
    chair: UUID
    chair_word: str
    people: Sequence[UUID]
    tokens: Sequence[UUID]
    words: Sequence[str]


async def furnished(settings: Settings, people: int, *, registered: bool = True) -> Cast:
    """Put the cast into the new database of these settings."""
    database = Database(settings.database)
    await schema.upgrade(database.engine)
    async with database.writing() as db:
        cast = await _fill(db, people, datetime.now(UTC), registered=registered)
    await database.close()
    return cast


async def _fill(db: Writing, how_many: int, now: datetime, *, registered: bool) -> Cast:
    text = (editions.FOLDER / f"{editions.DEFAULT}.toml").read_text(encoding="utf-8")
    meeting = Meeting(
        slug="bench",
        title="A full meeting",
        time_zone="UTC",
        edition_id=editions.DEFAULT,
        edition_digest=editions.digest(text),
        edition_text=text,
        created_at=now,
    )
    first = _sitting(meeting, 1, Part.FIRST_HALF, now, SittingState.OPEN)
    second = _sitting(meeting, 2, Part.SECOND_HALF, now + timedelta(hours=3))
    state = Entity(key="KE", name="Kenya", folded="kenya")
    chair = _person("chair", now)
    db.add_all([meeting, state, chair])
    await db.flush()
    db.add_all([first, second])
    db.add(Membership(entity_id=state.id, category=Category.MEMBER_STATE, valid_from=date.min))
    db.add(
        Appointment(
            meeting_id=meeting.id, person_id=chair.id, function=Function.CHAIR, given_at=now
        )
    )
    people = [_person(f"person-{number}", now) for number in range(how_many)]
    db.add_all(people)
    await db.flush()
    chair_word, *words = [PREFIX + tokens.new_token() for _ in (chair, *people)]
    passes = [_token(person, word, now) for person, word in zip(people, words, strict=True)]
    db.add_all([_token(chair, chair_word, now), *passes])
    if registered:
        db.add_all(_registration(meeting, p, state, n, now) for n, p in enumerate(people))
    await db.flush()
    channel = Channel(first.id, "room", 1)
    db.add(
        News(
            channel=str(channel),
            position=FIRST_POSITION,
            kind=EVENT.kind,
            body=body(EVENT, now),
            at=now,
        )
    )
    return Cast(
        meeting.id,
        first.id,
        second.id,
        chair.id,
        chair_word,
        [each.id for each in people],
        [each.id for each in passes],
        words,
    )


def _sitting(
    meeting: Meeting,
    number: int,
    part: Part,
    now: datetime,
    state: SittingState = SittingState.SCHEDULED,
) -> Sitting:
    return Sitting(
        meeting_id=meeting.id,
        number=number,
        part=part,
        starts_at=now - timedelta(minutes=5),
        ends_at=now + timedelta(hours=2),
        time_zone="UTC",
        state=state,
        opened_at=now if state is SittingState.OPEN else None,
    )


def _person(key: str, now: datetime) -> Person:
    return Person(email=f"{key}@bench.example", name=key, created_at=now, verified_at=now)


def _token(person: Person, word: str, now: datetime) -> AccessToken:
    return AccessToken(
        person_id=person.id, digest=tokens.digest(word), label="bench", created_at=now
    )


def _registration(
    meeting: Meeting, person: Person, state: Entity, number: int, now: datetime
) -> Registration:
    member = number % 2 == 0
    return Registration(
        meeting_id=meeting.id,
        person_id=person.id,
        reference=f"B{number:07}",
        capacity=Capacity.DELEGATE if member else Capacity.INDIVIDUAL,
        entity_id=state.id if member else None,
        group=None if member else StakeholderGroup.CIVIL_SOCIETY,
        name=person.name,
        name_folded=fold(person.name),
        organization="" if member else "An association",
        country="KE",
        state=RegistrationState.APPROVED,
        submitted_at=now,
    )
