"""Letters of the secretariat to a selection of those registered: seen first, sent once, logged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from sqlmodel import and_, col, func, or_, select

from app.database import Reading, Writing, hold, load
from app.errors import Conflict, Malformed, NotFound
from app.models import Letter, Mailing, MailingRecipient, Meeting, Person
from app.policy.letters import LetterKind
from app.policy.registration import LIVE
from app.policy.selection import MailingReason, Outcome, Selection
from app.policy.text import clean, fault
from app.services import access, acts, letters, selection
from app.services.roll import Place
from app.services.selection import Line

TITLE: Final = 120
TEXT: Final = 5000


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be sent: ``id`` is the form's own, and ``seen`` the digest of whom it named."""

    id: UUID
    title: str
    text: str
    seen: str = ""

    def cleaned(self) -> "Draft":
        return Draft(self.id, clean(self.title), clean(self.text.replace("\r\n", "\n")), self.seen)

    def faults(self) -> dict[str, str]:
        found = {
            "title": fault(self.title, TITLE, required=True),
            "text": fault(self.text, TEXT, required=True, lines=True),
        }
        return {name: wrong for name, wrong in found.items() if wrong}


@dataclass(frozen=True, slots=True)
class Preview:
    """To whom a letter would go."""

    lines: Sequence[Line]

    @property
    def seen(self) -> str:
        """Binds to exactly these people."""
        keys = sorted(str(each.row.person_id) for each in self.lines)
        return sha256(" ".join(keys).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Logged:
    """A person to whom a letter went, and what became of it; no letter is one forgotten since.

    ``key`` is of the row that says so.
    """

    key: UUID

    name: str
    email: str
    reference: str
    letter: Letter | None

    @property
    def outcome(self) -> Outcome:
        if self.letter is None:
            return Outcome.FORGOTTEN
        if self.letter.sent_at is not None:
            return Outcome.SENT
        return Outcome.WAITS if self.letter.given_up_at is None else Outcome.GIVEN_UP


async def preview(
    db: Reading | Writing, meeting: Meeting, asked: Selection, *, by: Person, now: datetime
) -> Preview:
    """Those selected; who has withdrawn or was rejected, only where a state is asked for."""
    found = await selection.everything(db, meeting, asked, by=by, now=now)
    return Preview([each for each in found if asked.state or each.row.state in LIVE])


async def send(
    db: Writing, meeting: Meeting, asked: Selection, draft: Draft, *, by: Person, now: datetime
) -> Mailing:
    """Write to exactly those who were seen; a draft that was sent already is not sent again.

    Conflict where the selection has changed since, or where there is nobody in it.
    """
    await hold(db, Meeting, meeting.id)
    if not await access.is_secretariat(db, by, meeting.id):
        raise NotFound
    if found := await db.get(Mailing, draft.id):
        if found.meeting_id != meeting.id:
            raise NotFound
        return found
    draft = draft.cleaned()
    if faults := draft.faults():
        raise Malformed(**faults)
    to = await preview(db, meeting, asked, by=by, now=now)
    if not to.lines:
        raise Conflict(MailingReason.NOBODY)
    if to.seen != draft.seen:
        raise Conflict(MailingReason.CHANGED)
    made = Mailing(
        id=draft.id,
        meeting_id=meeting.id,
        by_id=by.id,
        title=draft.title,
        text=draft.text,
        asked=asked.facts(),
        written_at=now,
    )
    db.add(made)
    await db.flush()
    await _write(db, meeting, made, to.lines, now)
    facts = {"mailing": str(made.id), "number": len(to.lines), "asked": asked.facts()}
    await acts.record(db, "mailing-sent", now, meeting_id=meeting.id, by=str(by.id), **facts)
    return made


async def _write(
    db: Writing, meeting: Meeting, made: Mailing, lines: Sequence[Line], now: datetime
) -> None:
    keys = [each.row.person_id for each in lines]
    people = {p.id: p for p in await db.exec(select(Person).where(col(Person.id).in_(keys)))}
    for each in lines:
        row = each.row
        letter = await letters.write(
            db,
            LetterKind.NOTE,
            people[row.person_id],
            now,
            reference=row.reference,
            meeting=meeting.title,
            mailing=str(made.id),
            link=f"/registrations/{row.reference}",
        )
        db.add(
            MailingRecipient(
                mailing_id=made.id,
                person_id=row.person_id,
                reference=row.reference,
                letter_id=letter.id,
            )
        )
    await db.flush()


async def of_meeting(
    db: Reading | Writing, meeting: Meeting, *, by: Person
) -> Sequence[tuple[Mailing, str, int]]:
    """What was sent, the newest first: with who wrote it, and to how many."""
    if not await access.is_secretariat(db, by, meeting.id):
        raise NotFound
    number = (
        select(func.count())
        .where(col(MailingRecipient.mailing_id) == col(Mailing.id))
        .correlate(Mailing)
        .scalar_subquery()
    )
    query = (
        select(Mailing, Person.name, number)
        .join(Person, col(Person.id) == col(Mailing.by_id))
        .where(Mailing.meeting_id == meeting.id)
        .order_by(col(Mailing.written_at).desc())
    )
    return [(made, name, count) for made, name, count in (await db.exec(query)).all()]


async def page(
    db: Reading | Writing,
    meeting: Meeting,
    *,
    by: Person,
    after: Place | None = None,
    limit: int = 100,
) -> Sequence[Mailing]:
    """What was sent, the oldest first, after a place."""
    if not await access.is_secretariat(db, by, meeting.id):
        raise NotFound
    at, key = col(Mailing.written_at), col(Mailing.id)
    query = select(Mailing).where(Mailing.meeting_id == meeting.id)
    if after is not None:
        query = query.where(or_(at > after.at, and_(at == after.at, key > after.id)))
    return (await db.exec(query.order_by(at, key).limit(limit))).all()


def place(row: Mailing) -> Place:
    return Place(row.written_at, row.id)


async def log(
    db: Reading | Writing,
    meeting: Meeting,
    mailing_id: UUID,
    *,
    by: Person,
    after: Place | None = None,
    limit: int | None = None,
) -> tuple[Mailing, list[Logged]]:
    """To whom one went, by name, with what became of each letter; with a limit, by key instead."""
    made = await load(db, Mailing, mailing_id)
    if made.meeting_id != meeting.id or not await access.is_secretariat(db, by, meeting.id):
        raise NotFound
    query = (
        select(MailingRecipient, Person.name, Person.email, Letter)
        .join(Person, col(Person.id) == col(MailingRecipient.person_id))
        .join(Letter, col(Letter.id) == col(MailingRecipient.letter_id), isouter=True)
        .where(MailingRecipient.mailing_id == made.id)
    )
    if limit is None:
        query = query.order_by(col(Person.name), col(Person.id))
    else:
        query = query.order_by(col(MailingRecipient.id)).limit(limit)
    if after is not None:
        query = query.where(col(MailingRecipient.id) > after.id)
    return made, [
        Logged(row.id, name, email, row.reference, letter)
        for row, name, email, letter in (await db.exec(query)).all()
    ]
