"""The outbox: letters are written in the transaction of what they tell of, and sent later.

What a letter may know (``facts``): ``reference`` of the registration, or ``invitation`` (its id)
and ``item`` (the number: a title may be restricted), ``meeting`` and ``entity`` (their names),
``sittings`` (ids, for the calendar that goes with it), ``input`` (its id, with ``title`` of
the consultation, ``number``, ``digest``, ``version`` and ``next``, where it was carried to),
``reason`` (of a rejection, in the approver's words) and ``link`` (a path of ours, where the rest is
to be read by whoever may). A letter is rendered when it is sent, and not sent at all where it has
been overtaken: see ``mail.sender``.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from app.database import Reading, Writing, load, put_all, ring
from app.models import Letter, Person
from app.policy.letters import LetterKind

BELL = "letters"


async def write(
    db: Writing, kind: LetterKind, person: Person, now: datetime, **facts: str
) -> Letter:
    """Put a letter in the outbox; it goes out after the commit, and not if there is none."""
    if not facts.keys() & {"reference", "link_id", "invitation", "input"}:
        raise TypeError(
            "A letter is about a registration, a link, an invitation or an input, seen when sent."
        )
    letter = Letter(
        kind=kind,
        person_id=person.id,
        facts=facts,
        language=person.language,
        written_at=now,
        due_at=now,
    )
    db.add(letter)
    await db.flush()
    ring(db, BELL)
    return letter


async def write_all(
    db: Writing,
    kind: LetterKind,
    told: Sequence[tuple[Person, Mapping[str, str]]],
    now: datetime,
) -> None:
    """Letters of one kind to many, each with its facts, in one go."""
    await put_all(
        db,
        [
            Letter(
                kind=kind,
                person_id=person.id,
                facts=dict(facts),
                language=person.language,
                written_at=now,
                due_at=now,
            )
            for person, facts in told
        ],
    )
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
