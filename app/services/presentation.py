"""Inputs to be presented at a consultation meeting: in order, called to the floor, and noted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final
from uuid import UUID

from sqlmodel import col, select

from app.database import Reading, Writing, hold, load
from app.errors import NotFound, Refused
from app.models import (
    Consultation,
    Input,
    InputPresentation,
    Person,
    Registration,
    Sitting,
    Stay,
)
from app.policy.floor import may_steer
from app.policy.inputs import InputState
from app.policy.presentation import PresentationReason, Presenting
from app.policy.publication import SUMMARY
from app.policy.refusal import No
from app.policy.registration import RegistrationState
from app.protocol.wishes import AddSpeaker
from app.services import access, publication, wishes
from app.services.publication import Published
from app.services.wishes import Outcome

TOPIC: Final = "Input %(number)s"
"""What everybody is told that the floor is asked for, in the language of the record."""


@dataclass(frozen=True, slots=True)
class Presentation:
    """An input whose author asks to present it; ``each`` is what everybody may have of it.

    ``registered``: whoever sent it is named and has a registration that stands, so that one press
    puts them on the list of speakers; ``here``: they are in the sitting now, as far as known.
    """

    consultation: Consultation
    number: int
    each: Published
    state: Presenting
    at: datetime | None
    by: str
    registered: bool
    here: bool

    @property
    def summary(self) -> str:
        """As published; nothing where it is not."""
        return self.each.texts.get(SUMMARY, "")

    @property
    def named(self) -> bool:
        return bool(self.each.names)

    @property
    def who(self) -> str:
        """Whom it names, as its author agreed."""
        return ", ".join([*self.each.names, *filter(None, [self.each.organization])])


@dataclass(frozen=True, slots=True)
class Which:
    """An input by its permanent address."""

    consultation: str
    number: int


async def has_any(db: Reading | Writing, sitting: Sitting) -> bool:
    """Whether a consultation is held face to face in this sitting."""
    query = select(Consultation.id).where(Consultation.sitting_id == sitting.id)
    return (await db.exec(query.limit(1))).first() is not None


async def of_sitting(
    db: Reading | Writing, sitting: Sitting, by: Person, now: datetime
) -> list[Presentation]:
    """Those to be presented in a sitting by their numbers; for those who follow the console."""
    await access.follows(db, by, sitting)
    query = (
        select(Input, Consultation)
        .join(Consultation, col(Consultation.id) == col(Input.consultation_id))
        .where(
            Consultation.sitting_id == sitting.id,
            col(Consultation.announced_at).is_not(None),
            Input.state == InputState.SUBMITTED,
            col(Input.presents).is_(True),
        )
        .order_by(col(Consultation.slug), col(Input.number))
    )
    found = (await db.exec(query)).all()
    notes = await _notes(db, [row.id for row, _ in found])
    people = {row.person_id for row, _ in found}
    registered = set((await _references(db, sitting, people)).keys())
    here = await _here(db, sitting, people)
    made = []
    for _, rows in groupby(found, key=lambda pair: pair[1].id):
        pairs = list(rows)
        seen = await publication.views(db, pairs[0][1], [row for row, _ in pairs], now)
        for (row, consultation), each in zip(pairs, seen, strict=True):
            note, named = notes.get(row.id), bool(each.names)
            made.append(
                Presentation(
                    consultation=consultation,
                    number=row.number or 0,
                    each=each,
                    state=note[0].state if note else Presenting.ASKED,
                    at=note[0].at if note else None,
                    by=note[1] if note else "",
                    registered=named and row.person_id in registered,
                    here=named and row.person_id in here,
                )
            )
    return made


async def _notes(
    db: Reading | Writing, keys: Sequence[UUID]
) -> dict[UUID, tuple[InputPresentation, str]]:
    query = (
        select(InputPresentation, Person.name)
        .join(Person, col(Person.id) == col(InputPresentation.by_id))
        .where(
            col(InputPresentation.input_id).in_(keys),
            col(InputPresentation.replaced_at).is_(None),
        )
    )
    return {note.input_id: (note, name) for note, name in await db.exec(query)}


async def _references(
    db: Reading | Writing, sitting: Sitting, people: Collection[UUID]
) -> Mapping[UUID, str]:
    query = select(Registration.person_id, Registration.reference).where(
        Registration.meeting_id == sitting.meeting_id,
        Registration.state == RegistrationState.APPROVED,
        col(Registration.person_id).in_(people),
    )
    return dict((await db.exec(query)).all())


async def _here(
    db: Reading | Writing, sitting: Sitting, people: Collection[UUID]
) -> frozenset[UUID]:
    query = select(Stay.person_id).where(
        Stay.sitting_id == sitting.id,
        col(Stay.person_id).in_(people),
        col(Stay.left_at).is_(None),
    )
    return frozenset(await db.exec(query))


async def note(
    db: Writing, sitting_id: UUID, which: Which, state: Presenting, *, by: Person, now: datetime
) -> None:
    """Note what became of it; the same again changes nothing, another stands for the one before."""
    sitting = await load(db, Sitting, sitting_id)
    await access.follows(db, by, sitting)
    row = await hold(db, Input, (await _asking(db, sitting, which)).id)
    found = await _notes(db, [row.id])
    before = found[row.id][0] if row.id in found else None
    if (before.state if before else Presenting.ASKED) is state:
        return
    if before is not None:
        before.replaced_at = now
    db.add(
        InputPresentation(input_id=row.id, sitting_id=sitting.id, state=state, by_id=by.id, at=now)
    )
    await db.flush()


async def call(
    db: Writing,
    sitting_id: UUID,
    which: Which,
    *,
    wish: UUID,
    microphone: str = "",
    by: Person,
    now: datetime,
) -> Outcome:
    """Put its author on the list of speakers, or whoever speaks for it at a microphone.

    An author who is not named with the input is not named here either. The same ``wish`` is
    granted once. Refused where nobody can be put on the list by their registration.
    """
    sitting = await load(db, Sitting, sitting_id)
    await access.follows(db, by, sitting)
    row = await _asking(db, sitting, which)
    reference = "" if microphone else await _reference(db, sitting, row, now)
    added = AddSpeaker(
        kind="add-speaker",
        id=wish,
        reference=reference,
        name=microphone,
        topic=TOPIC % {"number": which.number},
    )
    return await wishes.grant(db, sitting_id, added, by=by, now=now)


async def may_call(db: Reading | Writing, sitting: Sitting, by: Person) -> bool:
    """Whether someone may put others on the list of speakers."""
    return may_steer(await access.functions(db, by, sitting.meeting_id))


async def _reference(db: Reading | Writing, sitting: Sitting, row: Input, now: datetime) -> str:
    consultation = await load(db, Consultation, row.consultation_id)
    (seen,) = await publication.views(db, consultation, [row], now)
    if not seen.names:
        raise Refused(No(PresentationReason.NOT_NAMED))
    found = await _references(db, sitting, [row.person_id])
    if row.person_id not in found:
        raise Refused(No(PresentationReason.NOT_REGISTERED))
    return found[row.person_id]


async def _asking(db: Reading | Writing, sitting: Sitting, which: Which) -> Input:
    query = (
        select(Input)
        .join(Consultation, col(Consultation.id) == col(Input.consultation_id))
        .where(
            Consultation.sitting_id == sitting.id,
            Consultation.slug == which.consultation,
            col(Consultation.announced_at).is_not(None),
            Input.number == which.number,
            Input.state == InputState.SUBMITTED,
        )
    )
    found = (await db.exec(query)).first()
    if found is None:
        raise NotFound
    if not found.presents:
        raise Refused(No(PresentationReason.NOT_ASKED))
    return found
