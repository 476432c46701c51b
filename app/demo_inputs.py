"""Inputs for two rounds of the demo: sent by the verbs that everyone uses, with their receipts."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from app.database import Writing, put_all
from app.errors import Refusal
from app.keys import Keys
from app.models import InputField, Person, StoredFile
from app.policy.publication import Ground, Translated
from app.policy.upload import FileKind
from app.services import filing, inputs, moderation, sending
from app.services.moderation import ToRedact, Translation
from app.services.sending import Sending
from app.store import Store

MATERIAL: Final = Path(__file__).parent / "data" / "demo" / "inputs.json"
DOMAIN: Final = "@inputs.example"
BEFORE_CLOSE: Final = timedelta(days=3)
APART: Final = timedelta(hours=2)


def material() -> Sequence[Mapping[str, Any]]:
    """What is sent, in its order; without a ``round`` it is for the one that is open."""
    found: list[dict[str, Any]] = json.loads(MATERIAL.read_text(encoding="utf-8"))
    return found


async def send(
    db: Writing, place: Store, keys: Keys, open_round: str, *, by: Person, now: datetime
) -> None:
    """Send all of it, each a while after the other; then what the secretariat ``by`` adds."""
    told = material()
    for number, each in enumerate(told):
        slug = each["round"] or open_round
        closes_at = (await inputs.announced(db, slug)).closes_at
        at = min(now - APART * (len(told) - number), closes_at - BEFORE_CLOSE)
        person = _person(number, each, at)
        db.add(person)
        await db.flush()
        sent = await _send(db, place, keys, slug, each, person, at)
        await _add(db, slug, sent, each, by, now)


def _person(number: int, said: Mapping[str, Any], at: datetime) -> Person:
    who = said["who"]
    return Person(
        email=f"author-{number}{DOMAIN}",
        name=who["name"],
        affiliation=who["organization"],
        country=who["country"],
        language=said["language"],
        created_at=at,
        verified_at=at,
    )


async def _send(
    db: Writing,
    place: Store,
    keys: Keys,
    slug: str,
    said: Mapping[str, Any],
    person: Person,
    at: datetime,
) -> int:
    """A draft, its fields and its file; its number once it was sent."""
    row = await inputs.begin(db, slug, by=person, now=at)
    fields = {
        "group": said["who"]["group"],
        "consent": said["consent"],
        "summary": said["summary"],
        "free": said.get("free", ""),
        **{f"question:{number}": text for number, text in said["answers"].items()},
    }
    written = [
        InputField(input_id=row.id, key=key, text=text, by_id=person.id, at=at)
        for key, text in fields.items()
        if text
    ]
    await put_all(db, written)  # at once: a start of the demo should not take long
    if "file" in said:
        file = await _file(place, said["file"], person, at)
        await filing.attach(db, row.id, file, by=person, now=at)
    [sent] = await sending.send_all(db, [Sending(row.id, person, lambda it: it, at)], keys)
    if isinstance(sent, Refusal):
        raise sent
    return sent.row.number or 0


async def _file(place: Store, said: Mapping[str, str], person: Person, at: datetime) -> StoredFile:
    data = said["text"].encode()
    return StoredFile(
        person_id=person.id,
        name=said["name"],
        media_type=FileKind.TXT,
        size=len(data),
        sha256=await place.put(data),
        text=said["text"],
        stored_at=at,
    )


async def _add(
    db: Writing, slug: str, number: int, said: Mapping[str, Any], by: Person, now: datetime
) -> None:
    if why := said.get("off_topic"):
        await moderation.label(db, slug, number, why, by=by, now=now)
    if wanted := said.get("redact"):
        passage = ToRedact(**wanted | {"ground": Ground(wanted["ground"])})
        await moderation.redact(db, slug, number, passage, by=by, now=now)
    if entered := said.get("translation"):
        made = Translation(**entered | {"translated": Translated(entered["translated"])})
        await moderation.translate(db, slug, number, made, by=by, now=now)
