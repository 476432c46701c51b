"""A consultation with two questions, and inputs to it, written straight into the tables."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import col, func, select, update

from app.database import Writing
from app.models import (
    AgendaItem,
    Attachment,
    Consultation,
    Input,
    InputVersion,
    Question,
    StoredFile,
    Topic,
)
from app.policy.consultation import Issue, TopicState
from app.policy.inputs import Content, InputState, digest
from app.policy.people import Capacity
from app.services import publication
from tests.world import Service, World, service, settings

TITLE = "Public policy for the multilingualization of the Internet"
QUESTIONS = (
    "What could be done to make the Internet more multilingual?",
    "What are the benefits and the challenges of universal acceptance?",
)


async def add_consultation(
    db: Writing, world: World, now: datetime, *, slug: str = "multilingual", **more: Any
) -> Consultation:
    """An announced one that closes in a week; ``more`` are columns."""
    newest = (await db.exec(select(func.max(Topic.number)))).one()
    topic = Topic(
        number=(newest or 0) + 1,
        titles={"en": TITLE},
        issue=Issue.MULTILINGUALIZATION,
        state=TopicState.AGREED,
        person_id=world.people["secretariat"],
        proposer="Secretariat",
        proposed_at=now,
    )
    db.add(topic)
    await db.flush()
    columns: dict[str, Any] = {
        "titles": {"en": TITLE},
        "opens_at": now - timedelta(days=7),
        "closes_at": now + timedelta(days=7),
        "time_zone": "Europe/Zurich",
        "announced_at": now - timedelta(days=8),
        "created_at": now - timedelta(days=9),
    }
    made = Consultation(
        slug=slug,
        topic_id=topic.id,
        meeting_id=world.meeting_id,
        **(columns | more),
    )
    db.add(made)
    await db.flush()
    for number, text in enumerate(QUESTIONS, 1):
        db.add(Question(consultation_id=made.id, number=number, texts={"en": text}))
    await db.flush()
    return made


async def add_input(
    db: Writing,
    consultation: Consultation,
    person_id: UUID,
    number: int,
    now: datetime,
    answers: Mapping[int, str] | None = None,
    **more: Any,
) -> tuple[Input, InputVersion]:
    """A submitted input and its first version; ``more`` are columns of the input."""
    columns: dict[str, Any] = {
        "capacity": Capacity.INDIVIDUAL,
        "name": "A person",
        "organization": "An association",
        "country": "KE",
        "language": "en",
        "state": InputState.SUBMITTED,
    }
    made = Input(
        consultation_id=consultation.id,
        number=number,
        person_id=person_id,
        created_at=now,
        submitted_at=now,
        **(columns | more),
    )
    db.add(made)
    await db.flush()
    given = update(Consultation).where(
        col(Consultation.id) == consultation.id, col(Consultation.numbered) < number
    )
    await db.exec(given.values(numbered=number))
    said = answers or {1: f"Answer {number} to the first question.", 2: "Universal acceptance."}
    content = Content(consultation.slug, made.language, f"Summary {number}", said).as_json()
    version = InputVersion(
        input_id=made.id,
        number=1,
        person_id=person_id,
        at=now,
        content=content,
        digest=digest(content),
    )
    db.add(version)
    await db.flush()
    return made, version


async def add_file(
    db: Writing, sent: Input, version: InputVersion, sha256: str, now: datetime, **more: Any
) -> Attachment:
    """A file that went with a version; ``more`` are columns of the file."""
    columns: dict[str, Any] = {"name": "study.txt", "media_type": "text/plain", "size": 9}
    file = StoredFile(person_id=sent.person_id, sha256=sha256, stored_at=now, **(columns | more))
    db.add(file)
    await db.flush()
    made = Attachment(input_id=sent.id, file_id=file.id, attached_at=now)
    named = {name: getattr(file, name) for name in ("name", "media_type", "size", "sha256")}
    before = version.content.get("attachments") or []
    version.content = version.content | {"attachments": [*before, named]}
    version.digest = digest(version.content)
    db.add_all((made, version))
    await db.flush()
    return made


async def add_items(db: Writing, world: World) -> None:
    """Item 1 in the first half of the meeting, and item 2 in the second."""
    for number, part in ((1, "first"), (2, "second")):
        item = AgendaItem(
            meeting_id=world.meeting_id,
            sitting_id=world.sittings[part],
            number=number,
            title=f"Cinnabar item {number}",
        )
        db.add(item)
    await db.flush()


@asynccontextmanager
async def consulted(
    folder: Path, inputs: int = 2, more: Mapping[int, Mapping[str, Any]] | None = None
) -> AsyncGenerator[Service]:
    """A service with a round; ``more`` are columns of its inputs, known as "input 1" and so on."""
    async with service(settings(folder)) as running:
        now, world = datetime.now(UTC), running.world
        async with running.house.database.writing() as db:
            asked = await add_consultation(db, world, now)
            for number in range(1, inputs + 1):
                columns = (more or {}).get(number, {})
                person = world.people["stakeholder"]
                row, _ = await add_input(db, asked, person, number, now, **columns)
                await publication.index(db, row)
                world.entities[f"input {number}"] = row.id
        yield running
