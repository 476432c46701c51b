"""The outbox: letters are written in the transaction of what they tell of, and sent later.

What a letter may know (``facts``): ``reference`` of the registration, or ``invitation`` (its id)
and ``item`` (the number: a title may be restricted), or ``consultation`` (its id), ``title`` and
``closes_at`` (the deadline that the letter names, with its ``zone``), or ``receipt`` (its
reference), or ``input`` (its id, with ``title`` of the consultation, ``number``, ``digest``,
``version`` and ``next``, where it was carried to; where it was answered ``dispositions`` (ids,
with ``outcome``, ``reason``, ``paragraph`` and ``item``)), or ``document`` (its id, with ``number``
and ``digest``; its title may be restricted), ``meeting`` and ``entity`` (names),
``sittings`` (ids, for the calendar that goes with it), ``reason`` (of a rejection, an extension, a
skip, a label or a redaction, as it was given) and ``link`` (a path of ours, where the rest is to be
read by whoever may). A letter is rendered when it is sent, and not sent at all where it has been
overtaken: see ``mail.sender``.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from app.database import Reading, Writing, load, put_rows, ring
from app.models import Letter, Person
from app.policy.letters import LetterKind

BELL = "letters"

SUBJECTS = frozenset(
    {"reference", "link_id", "invitation", "consultation", "receipt", "input", "document"}
)
"""What a letter is about; it names one of them."""


async def write(
    db: Writing, kind: LetterKind, person: Person, now: datetime, **facts: str
) -> Letter:
    """Put a letter in the outbox; it goes out after the commit, and not if there is none."""
    written = Letter(**letter(kind, person, now, facts))
    db.add(written)
    await db.flush()
    ring(db, BELL)
    return written


async def write_all(
    db: Writing,
    kind: LetterKind,
    told: Sequence[tuple[Person, Mapping[str, str]]],
    now: datetime,
) -> None:
    """Letters of one kind to many, each with its facts, in one go."""
    await post(db, [letter(kind, person, now, facts) for person, facts in told])


def letter(
    kind: LetterKind, person: Person, now: datetime, facts: Mapping[str, str]
) -> dict[str, Any]:
    """A letter that is in no outbox yet, as its row."""
    if not facts.keys() & SUBJECTS:
        raise TypeError("A letter is about something of ours: it is looked at when it is sent.")
    return {
        "kind": kind,
        "person_id": person.id,
        "facts": dict(facts),
        "language": person.language,
        "written_at": now,
        "due_at": now,
    }


async def post(db: Writing, written: Sequence[Mapping[str, Any]]) -> None:
    """Put letters in the outbox, all in one statement."""
    await put_rows(db, Letter, written)
    ring(db, BELL)


async def outbox(db: Reading, most: int = 200) -> list[tuple[Letter, Person]]:
    """The letters and whom they are for, the newest first."""
    query = select(Letter, Person).join(Person, col(Person.id) == col(Letter.person_id))
    newest = query.order_by(col(Letter.written_at).desc(), col(Letter.id)).limit(most)
    return [(letter, person) for letter, person in await db.exec(newest)]


async def one(db: Reading, letter_id: UUID) -> tuple[Letter, Person]:
    """A letter and whom it is for."""
    letter = await load(db, Letter, letter_id)
    return letter, await load(db, Person, letter.person_id)
