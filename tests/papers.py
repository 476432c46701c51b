"""Documents of a meeting, filed and posted straight through the services."""

from datetime import datetime
from hashlib import sha256
from typing import Any

from app.database import Writing, load
from app.models import Document, Person, StoredFile
from app.policy.documents import DocumentClass, Paper
from app.policy.upload import FileKind
from app.services import posting
from tests.world import World


def stored(by: Person, words: str, now: datetime, name: str = "a.txt") -> StoredFile:
    """The row of a plain text, as its parser would have left it; its bytes are in no store."""
    data = words.encode()
    return StoredFile(
        person_id=by.id,
        name=name,
        media_type=FileKind.TXT,
        size=len(data),
        sha256=sha256(data).hexdigest(),
        text=words,
        stored_at=now,
    )


async def entered(
    db: Writing, world: World, title: str, words: str, now: datetime, **more: Any
) -> Document:
    """A document of the secretariat's that waits to be posted; ``more`` are fields of a paper."""
    by = await load(db, Person, world.people["secretariat"])
    fields: dict[str, Any] = {
        "document_class": DocumentClass.INFORMATION,
        "source": "Secretariat",
    }
    paper = Paper({"en": title}, **(fields | more))
    return await posting.enter(db, "twenty", paper, "en", stored(by, words, now), by=by, now=now)


async def posted(
    db: Writing, world: World, title: str, words: str, now: datetime, **more: Any
) -> Document:
    """The same, on the register."""
    row = await entered(db, world, title, words, now, **more)
    by = await load(db, Person, world.people["secretariat"])
    return await posting.post(db, row.id, by=by, now=now)
