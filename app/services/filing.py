"""What surrounds the sending of an input: faults before it, withdrawal after it, late ones (R4)."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from app.database import Reading, Writing, hold, load
from app.errors import Conflict, Malformed, NotFound, Refused
from app.i18n import Language, countries, tongues
from app.models import (
    Attachment,
    Consultation,
    Input,
    InputAuthor,
    Person,
    StoredFile,
)
from app.policy import filing as rules
from app.policy.filing import FilingReason, Known
from app.policy.inputs import InputState
from app.policy.letters import LetterKind
from app.policy.refusal import No
from app.policy.text import clean, fault
from app.services import acts, inputs, letters, publication
from app.services.inputs import Draft


async def faults(
    db: Reading | Writing, draft: Draft, *, by: Person, now: datetime
) -> dict[str, str]:
    """What stands between a draft and being sent, by field."""
    meeting_id = draft.consultation.meeting_id
    named = bool(draft.said["entity"])
    bodies = await inputs.may_speak_for(db, by, meeting_id, now) if named else []
    known = Known(
        entities={each.id for each in bodies},
        countries=countries(Language.ENGLISH),
        languages=tongues(Language.ENGLISH),
        questions={each.number for each in draft.questions},
    )
    return rules.faults(draft.said, len(draft.files), known)


def next_number(consultation: Consultation) -> int:
    """The next number of a round that is held; one that was given is never given again."""
    consultation.numbered += 1
    return consultation.numbered


async def tell(
    db: Writing,
    kind: LetterKind,
    row: Input,
    now: datetime,
    *,
    but: UUID | None = None,
    **facts: str,
) -> None:
    """A letter to everyone who writes it, ``but`` one who is told otherwise."""
    asked = await load(db, Consultation, row.carried_from_id or row.consultation_id)
    carried = await load(db, Consultation, row.consultation_id) if row.carried_from_id else None
    facts |= {
        "input": str(row.id),
        "title": str(asked.titles["en"]),
        "number": str(row.number),
        "next": str(carried.titles["en"]) if carried else "",
        "link": f"/inputs/{row.id}",
    }
    told = {fact: said for fact, said in facts.items() if said}
    for person in await _writers(db, row):
        if person.id != but:
            await letters.write(db, kind, person, now, **told)


async def _writers(db: Writing, row: Input) -> Iterable[Person]:
    query = (
        select(Person)
        .join(InputAuthor, col(InputAuthor.person_id) == col(Person.id))
        .where(
            InputAuthor.input_id == row.id,
            col(InputAuthor.agreed_at).is_not(None),
            col(InputAuthor.disowned_at).is_(None),
        )
        .order_by(col(Person.id))
    )
    return (await db.exec(query)).all()


# Afterwards.


async def withdraw(db: Writing, input_id: UUID, why: str, *, by: Person, now: datetime) -> Input:
    """Take back what was sent: it is not shown any more; that it was there, and why not, stays."""
    row = await inputs.held(db, input_id, by)
    if row.state is not InputState.SUBMITTED:
        raise Conflict(FilingReason.NOT_SENT)
    if row.person_id != by.id:
        raise Refused(No(FilingReason.FIRST_AUTHOR))
    row.withdrawn_why = _reason(why)
    row.state, row.withdrawn_at = InputState.WITHDRAWN, now
    db.add(row)
    await db.flush()
    await publication.index(db, row)
    await acts.record(db, "input-withdrawn", now, input=str(row.id), by=str(by.id))
    await tell(db, LetterKind.INPUT_WITHDRAWN, row, now)
    return row


async def disown(db: Writing, input_id: UUID, why: str, *, by: Person, now: datetime) -> None:
    """No longer be an author of what was sent; the first author withdraws it instead."""
    row = await inputs.held(db, input_id, by)
    if row.state is not InputState.SUBMITTED:
        raise Conflict(FilingReason.NOT_SENT)
    if row.person_id == by.id:
        raise Refused(No(FilingReason.FIRST_AUTHOR))
    query = select(InputAuthor).where(
        InputAuthor.input_id == row.id, InputAuthor.person_id == by.id
    )
    found = (await db.exec(query)).one()
    found.disowned_at, found.disowned_why = now, _reason(why)
    db.add(found)
    await db.flush()
    await publication.index(db, row)
    await acts.record(db, "input-disowned", now, input=str(row.id), by=str(by.id))


def _reason(raw: str) -> str:
    why = clean(raw)
    if wrong := fault(why, rules.WHY, required=True, lines=True):
        raise Malformed(why=wrong)
    return why


async def carry(db: Writing, consultation_id: UUID, now: datetime) -> int:
    """Bring late inputs that nothing has taken yet to a round that was just announced (R4).

    How many; their authors are told. The round is held by whoever announces it, or is here.
    """
    there = await hold(db, Consultation, consultation_id)
    if there.announced_at is None or there.skipped_at is not None or now >= there.closes_at:
        return 0
    query = select(Input.id).where(
        Input.state == InputState.SUBMITTED,
        col(Input.late),
        col(Input.carried_from_id).is_(None),
        Input.consultation_id != there.id,
    )
    keys = (await db.exec(query.order_by(col(Input.submitted_at), col(Input.id)))).all()
    moved = 0
    for key in keys:
        row = await hold(db, Input, key)
        if row.carried_from_id is not None or row.state is not InputState.SUBMITTED:
            continue
        row.carried_from_id, row.consultation_id = row.consultation_id, there.id
        row.number = next_number(there)
        db.add_all((row, there))
        await db.flush()
        await publication.index(db, row)
        newest = (await inputs.versions(db, row.id))[0]
        await tell(db, LetterKind.INPUT_LATE, row, now, digest=newest.digest, version="1")
        moved += 1
    return moved


# Files.


async def may_attach(db: Reading | Writing, input_id: UUID, by: Person) -> Draft:
    """The draft to which one more file may be put; asked before the file is opened, and after."""
    draft = await inputs.seen(db, input_id, by)
    author = draft.author(by)
    if author.agreed_at is None or author.disowned_at is not None:
        raise Refused(No(FilingReason.NOT_AGREED))
    if draft.row.state is InputState.WITHDRAWN:
        raise Conflict(FilingReason.WITHDRAWN)
    if len(draft.files) >= rules.MOST_FILES:
        raise Refused(No(FilingReason.TOO_MANY_FILES))
    return draft


async def attach(
    db: Writing, input_id: UUID, file: StoredFile, *, by: Person, now: datetime
) -> tuple[Attachment, StoredFile]:
    """Put a file that was opened and stored to an input; the same file is there once."""
    row = await inputs.held(db, input_id, by)
    draft = await may_attach(db, row.id, by)
    for each, stored in draft.files:
        if stored.sha256 == file.sha256:
            return each, stored
    db.add(file)
    await db.flush()
    made = Attachment(input_id=row.id, file_id=file.id, attached_at=now)
    db.add(made)
    await db.flush()
    return made, file


async def detach(
    db: Writing, input_id: UUID, attachment_id: UUID, *, by: Person, now: datetime
) -> None:
    """Take a file off what is sent next; versions that were sent keep theirs."""
    row = await inputs.held(db, input_id, by)
    found = await db.get(Attachment, attachment_id)
    if found is None or found.input_id != row.id:
        raise NotFound
    if found.removed_at is None:
        found.removed_at = now
        db.add(found)
        await db.flush()


async def file_of(db: Reading, input_id: UUID, attachment_id: UUID, *, by: Person) -> StoredFile:
    """A file of an input, for one of its authors; removed ones too, as versions name them."""
    draft = await inputs.seen(db, input_id, by)
    for each, stored in await inputs.files(db, draft.row.id, removed=True):
        if each.id == attachment_id:
            return stored
    raise NotFound
