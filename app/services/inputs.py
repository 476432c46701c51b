"""An input while it is written: by several at once, field by field, and no edit is lost.

A draft is its authors' own; nobody else may know that there is one. What is sent is in ``filing``.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlmodel import col, delete, select

from app.database import Reading, Writing, hold, hold_all, load, of_these
from app.errors import Conflict, Malformed, NotFound, Refused
from app.models import (
    Attachment,
    Consultation,
    Entity,
    Input,
    InputAside,
    InputAuthor,
    InputField,
    InputVersion,
    Meeting,
    Person,
    Question,
    Sitting,
    StoredFile,
)
from app.policy import filing as rules
from app.policy.access import Part, Right, decide
from app.policy.decision import Decision
from app.policy.filing import FilingFault, FilingReason, Round, Window
from app.policy.inputs import InputState
from app.policy.letters import LetterKind
from app.policy.people import Capacity
from app.policy.refusal import No
from app.policy.registration import RegistrationState
from app.policy.text import TextFault
from app.services import access, acts, entities, identity, letters


@dataclass(frozen=True, slots=True)
class Cell:
    """One field as it stands, and who wrote it last; revision 0 is what the records suggest."""

    key: str
    text: str
    revision: int = 0
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clash:
    """Somebody else was faster: what stands now. What was sent is kept aside, under this id."""

    current: Cell
    aside: UUID | None


@dataclass(frozen=True, slots=True)
class Author:
    """One of those who write it; of whoever has not agreed, the address is all that is told."""

    person_id: UUID
    name: str
    email: str
    first: bool
    agreed_at: datetime | None
    disowned_at: datetime | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A text that was kept aside."""

    id: UUID
    key: str
    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """An input as it was sent; named as the columns of its row are."""

    id: UUID
    input_id: UUID
    number: int
    person_id: UUID
    at: datetime
    content: dict[str, Any]
    digest: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An input with everything that its authors see; ``revision`` rises with every change."""

    row: Input
    consultation: Consultation
    questions: tuple[Question, ...]
    cells: Mapping[str, Cell]
    revision: int
    authors: tuple[Author, ...]
    files: tuple[tuple[Attachment, StoredFile], ...]
    asides: tuple[Kept, ...]
    versions: tuple[Version, ...]

    @property
    def said(self) -> dict[str, str]:
        return {key: cell.text for key, cell in self.cells.items()}

    def author(self, person: Person) -> Author:
        return next(each for each in self.authors if each.person_id == person.id)


# Rounds.


async def announced(db: Reading | Writing, slug: str) -> Consultation:
    """A consultation that was announced; of any other nobody knows."""
    query = select(Consultation).where(
        Consultation.slug == slug, col(Consultation.announced_at).is_not(None)
    )
    found = (await db.exec(query)).first()
    if found is None:
        raise NotFound
    return found


def round_of(row: Consultation) -> Round:
    return Round(
        row.id,
        row.topic_id,
        row.meeting_id,
        row.opens_at,
        row.closes_at,
        announced=row.announced_at is not None,
        skipped=row.skipped_at is not None,
    )


async def questions(db: Reading | Writing, consultation_id: UUID) -> tuple[Question, ...]:
    query = select(Question).where(Question.consultation_id == consultation_id)
    return tuple((await db.exec(query.order_by(col(Question.number)))).all())


async def may_file(
    db: Reading | Writing, person: Person, consultation: Consultation, now: datetime
) -> Decision:
    """Whether someone may file an input to this round, by the edition of its meeting.

    The form itself asks for name, affiliation and country; a verified address is what it takes.
    """
    meeting = await load(db, Meeting, consultation.meeting_id)
    stands = await access.standing_at(db, person, meeting, now)
    return decide(access.edition(meeting), stands, Part.CONSULTATION, Right.FILE_INPUT)


async def may_file_all(
    db: Reading | Writing, people: Sequence[Person], consultation: Consultation, now: datetime
) -> dict[UUID, Decision]:
    """The same of many people."""
    meeting = await load(db, Meeting, consultation.meeting_id)
    stands = await access.standings_at(db, people, meeting, now)
    book = access.edition(meeting)
    return {
        key: decide(book, each, Part.CONSULTATION, Right.FILE_INPUT) for key, each in stands.items()
    }


async def may_speak_for(
    db: Reading | Writing, person: Person, meeting_id: UUID, now: datetime
) -> list[Entity]:
    """The bodies in whose name someone may write: of their approved registration, or their own."""
    keys = set(await entities.own_entities(db, person, now.date()))
    found = await access.registration_of(db, person, meeting_id)
    if found and found.entity_id and found.state is RegistrationState.APPROVED:
        keys.add(found.entity_id)
    query = select(Entity).where(col(Entity.id).in_(keys)).order_by(col(Entity.name))
    return list((await db.exec(query)).all()) if keys else []


# Reading.


async def mine(db: Reading | Writing, person: Person) -> list[tuple[Input, Consultation]]:
    """The inputs that someone writes, has sent or is asked to write, the newest first."""
    query = (
        select(Input, Consultation)
        .join(Consultation, col(Consultation.id) == col(Input.consultation_id))
        .join(InputAuthor, col(InputAuthor.input_id) == col(Input.id))
        .where(InputAuthor.person_id == person.id)
        .order_by(col(Input.created_at).desc(), col(Input.id))
    )
    return list((await db.exec(query)).all())


async def seen(db: Reading | Writing, input_id: UUID, by: Person) -> Draft:
    """An input as its authors see it; NotFound for everybody else."""
    row = await load(db, Input, input_id)
    if await _author(db, row, by) is None:
        raise NotFound
    return await draft(db, row)


async def draft(db: Reading | Writing, row: Input) -> Draft:
    """Everything of an input, for whoever has looked at who asks."""
    return (await drafts(db, [row]))[row.id]


async def drafts(db: Reading | Writing, rows: Sequence[Input]) -> dict[UUID, Draft]:
    """The same of several, in as many queries as of one."""
    keys = [row.id for row in rows]
    # What it was written for is what its questions are of, wherever it was carried.
    asked = await _questions(db, {row.carried_from_id or row.consultation_id for row in rows})
    written = await _written(db, keys)
    writers = await _authors(db, rows)
    beside = (await db.exec(BESIDE, params={"keys": keys})).all()
    attached = await _attached(db, [key for key, there, _, _ in beside if there])
    asides = await _asides(db, [key for key, _, there, _ in beside if there])
    sent = await _versions(db, [key for key, _, _, there in beside if there])
    return {
        row.id: _draft(
            row,
            await load(db, Consultation, row.consultation_id),
            asked.get(row.carried_from_id or row.consultation_id, ()),
            written.get(row.id, ()),
            attached.get(row.id, ()),
            writers.get(row.id, ()),
            asides.get(row.id, ()),
            sent.get(row.id, ()),
        )
        for row in rows
    }


def _beside(table: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a table
    return select(table.id).where(table.input_id == Input.id).correlate(Input).exists()


BESIDE: Final = select(
    col(Input.id), _beside(Attachment), _beside(InputAside), _beside(InputVersion)
).where(col(Input.id).in_(of_these("keys")))
"""What there is to inputs beside their fields: most have nothing, and nothing is read of those."""


def _draft(
    row: Input,
    consultation: Consultation,
    asked: Sequence[Question],
    written: Sequence[Cell],
    attached: Sequence[tuple[Attachment, StoredFile]],
    writers: Sequence[Author],
    asides: Sequence[Kept],
    sent: Sequence[Version],
) -> Draft:
    keys = (*rules.HEAD, "summary", *(f"{rules.QUESTION}{each.number}" for each in asked), "free")
    cells = {key: Cell(key, _suggested(row, key)) for key in keys}
    revision = 0
    for each in written:
        cells[each.key] = each
        revision += each.revision
    revision += sum(1 + (each.removed_at is not None) for each, _ in attached)
    return Draft(
        row=row,
        consultation=consultation,
        questions=tuple(asked),
        cells=cells,
        revision=revision,
        authors=tuple(writers),
        files=tuple(pair for pair in attached if pair[0].removed_at is None),
        asides=tuple(asides),
        versions=tuple(sent),
    )


async def _questions(
    db: Reading | Writing, consultations: Collection[UUID]
) -> dict[UUID, list[Question]]:
    found: dict[UUID, list[Question]] = defaultdict(list)
    for each in await db.exec(QUESTIONS, params={"keys": list(consultations)}):
        found[each.consultation_id].append(each)
    return found


QUESTIONS: Final = (
    select(Question)
    .where(col(Question.consultation_id).in_(of_these("keys")))
    .order_by(col(Question.number))
)


async def _written(db: Reading | Writing, keys: Collection[UUID]) -> dict[UUID, list[Cell]]:
    line = await db.connection()
    found: dict[UUID, list[Cell]] = defaultdict(list)
    told = await line.execute(WRITTEN, {"keys": list(keys)})
    for key, name, text, revision, by, at in told:
        found[key].append(Cell(name, text, revision, by, at))
    return found


WRITTEN: Final = (
    select(InputField)
    .join(Person, col(Person.id) == col(InputField.by_id))
    .where(col(InputField.input_id).in_(of_these("keys")))
    .with_only_columns(
        col(InputField.input_id),
        col(InputField.key),
        col(InputField.text),
        col(InputField.revision),
        col(Person.name),
        col(InputField.at),
    )
)
"""Of which input, and what there is of a ``Cell``, in its order."""


def _suggested(row: Input, key: str) -> str:
    """A field of the head as the row has it; texts begin empty."""
    if key not in rules.HEAD:
        return ""
    if key == "presents":
        return rules.YES if row.presents else ""
    value = row.entity_id if key == "entity" else getattr(row, key)
    return "" if value is None else str(value)


async def files(
    db: Reading | Writing, input_id: UUID, *, removed: bool = False
) -> tuple[tuple[Attachment, StoredFile], ...]:
    """What is attached, in the order of coming."""
    found = (await _attached(db, [input_id])).get(input_id, [])
    return tuple(pair for pair in found if removed or pair[0].removed_at is None)


async def _attached(
    db: Reading | Writing, keys: Collection[UUID]
) -> dict[UUID, list[tuple[Attachment, StoredFile]]]:
    if not keys:
        return {}
    query = (
        select(Attachment, StoredFile)
        .join(StoredFile, col(StoredFile.id) == col(Attachment.file_id))
        .where(col(Attachment.input_id).in_(keys))
        .order_by(col(Attachment.attached_at), col(Attachment.id))
    )
    found: dict[UUID, list[tuple[Attachment, StoredFile]]] = defaultdict(list)
    for each, file in await db.exec(query):
        found[each.input_id].append((each, file))
    return found


async def _writers(db: Reading | Writing, row: Input) -> Sequence[Author]:
    return (await _authors(db, [row])).get(row.id, [])


async def _authors(db: Reading | Writing, rows: Sequence[Input]) -> dict[UUID, list[Author]]:
    """The first author first, then the others in the order of being asked."""
    first = {row.id: row.person_id for row in rows}
    line = await db.connection()
    found: dict[UUID, list[Author]] = defaultdict(list)
    told = await line.execute(WRITING, {"keys": list(first)})
    for key, person, name, email, agreed_at, disowned_at in told:
        made = Author(
            person_id=person,
            name=name if agreed_at else "",
            email=email,
            first=person == first[key],
            agreed_at=agreed_at,
            disowned_at=disowned_at,
        )
        found[key].append(made)
    return {key: sorted(some, key=lambda each: not each.first) for key, some in found.items()}


WRITING: Final = (
    select(InputAuthor)
    .join(Person, col(Person.id) == col(InputAuthor.person_id))
    .where(col(InputAuthor.input_id).in_(of_these("keys")))
    .order_by(col(InputAuthor.asked_at), col(InputAuthor.id))
    .with_only_columns(
        col(InputAuthor.input_id),
        col(Person.id),
        col(Person.name),
        col(Person.email),
        col(InputAuthor.agreed_at),
        col(InputAuthor.disowned_at),
    )
)
"""Of which input, and what is asked of an ``Author``."""


async def versions(db: Reading | Writing, input_id: UUID) -> tuple[Version, ...]:
    """What was sent, the newest first."""
    return tuple((await _versions(db, [input_id])).get(input_id, ()))


async def _versions(db: Reading | Writing, keys: Collection[UUID]) -> dict[UUID, list[Version]]:
    if not keys:
        return {}
    query = (
        select(InputVersion)
        .where(col(InputVersion.input_id).in_(keys))
        .order_by(col(InputVersion.number).desc())
        .with_only_columns(*SENT)
    )
    line = await db.connection()
    found: dict[UUID, list[Version]] = defaultdict(list)
    for each in await line.execute(query):
        found[each.input_id].append(Version(*each))
    return found


SENT: Final = tuple(getattr(InputVersion, each.name) for each in fields(Version))
"""What there is of a ``Version``, in its order."""


async def _asides(db: Reading | Writing, keys: Collection[UUID]) -> dict[UUID, list[Kept]]:
    if not keys:
        return {}
    query = (
        select(InputAside, Person.name)
        .join(Person, col(Person.id) == col(InputAside.person_id))
        .where(col(InputAside.input_id).in_(keys))
        .order_by(col(InputAside.at), col(InputAside.id))
    )
    found: dict[UUID, list[Kept]] = defaultdict(list)
    for each, name in await db.exec(query):
        found[each.input_id].append(Kept(each.id, each.key, each.text, name, each.at))
    return found


async def _author(db: Reading | Writing, row: Input, by: Person) -> InputAuthor | None:
    query = select(InputAuthor).where(
        InputAuthor.input_id == row.id, InputAuthor.person_id == by.id
    )
    return (await db.exec(query)).first()


async def held(db: Writing, input_id: UUID, by: Person) -> Input:
    """The input, held by one who writes it: they agreed, disowned nothing, and it stands."""
    row = await hold(db, Input, input_id)
    found = await _author(db, row, by)
    if found is None:
        raise NotFound
    if found.agreed_at is None or found.disowned_at is not None:
        raise Refused(No(FilingReason.NOT_AGREED))
    if row.state is InputState.WITHDRAWN:
        raise Conflict(FilingReason.WITHDRAWN)
    return row


# Writing.


async def hold_drafts(db: Writing, by: Person) -> None:
    """Hold one's drafts before oneself, as where many are sent: or two wait for each other."""
    await hold_all(db, Input, Input.person_id == by.id, Input.state == InputState.DRAFT)


async def begin(db: Writing, slug: str, *, by: Person, now: datetime) -> Input:
    """A draft with what registration or account say; one's open draft where there is one."""
    await hold_drafts(db, by)
    person = await hold(db, Person, by.id)  # of two at once, one begins it
    consultation = await announced(db, slug)
    if rules.window(round_of(consultation), now) is Window.SKIPPED:
        raise Conflict(FilingReason.SKIPPED)
    decision = await may_file(db, person, consultation, now)
    if not decision:
        raise Refused(decision)
    theirs = select(Input).where(
        Input.person_id == person.id,
        or_(
            col(Input.consultation_id) == consultation.id,
            col(Input.carried_from_id) == consultation.id,
        ),
    )
    found = (await db.exec(theirs)).all()
    for each in found:
        if each.state is InputState.DRAFT:
            return each
    if len(found) >= rules.MOST_INPUTS:
        raise Refused(No(FilingReason.TOO_MANY_INPUTS))
    row = await _new(db, consultation, person, now)
    db.add(row)
    await db.flush()
    db.add(InputAuthor(input_id=row.id, person_id=person.id, asked_at=now, agreed_at=now))
    await db.flush()
    return row


async def _new(db: Writing, consultation: Consultation, person: Person, now: datetime) -> Input:
    """The records suggest: an approved registration for the meeting, any other, the account."""
    row = Input(
        consultation_id=consultation.id,
        person_id=person.id,
        capacity=Capacity.INDIVIDUAL,
        name=person.name,
        organization=person.affiliation,
        country=person.country,
        job_title=person.job_title,
        language=person.language.partition("-")[0],
        created_at=now,
    )
    found = await access.registration_of(db, person, consultation.meeting_id)
    if found is None or found.state not in access.LIVE:
        return row
    row.name, row.job_title, row.country = found.name, found.job_title, found.country
    if found.entity_id is None:
        row.capacity, row.group = found.capacity, found.group
        row.organization = found.organization
    elif found.state is RegistrationState.APPROVED:
        row.capacity, row.entity_id = found.capacity, found.entity_id
        row.organization = found.organization
    return row


async def save(
    db: Writing, input_id: UUID, key: str, text: str, revision: int, *, by: Person, now: datetime
) -> Cell | Clash:
    """Write a field that stood at this revision; whoever was slower finds the text kept aside.

    The same again changes nothing. Malformed for what no field takes; it is the door's to keep it.
    """
    row = await held(db, input_id, by)
    return await _put(db, row, key, text, revision, by, now)


async def save_all(
    db: Writing,
    input_id: UUID,
    typed: Mapping[str, tuple[str, int]],
    *,
    by: Person,
    now: datetime,
) -> tuple[list[Clash], dict[str, str]]:
    """Write what a whole form says, each field by itself; the clashes, and faults by field."""
    row = await held(db, input_id, by)
    clashes, faults = [], dict[str, str]()
    for key, (text, revision) in typed.items():
        try:
            found = await _put(db, row, key, text, revision, by, now)
        except Malformed as wrong:
            faults[key] = next(iter(wrong.faults.values()))
            continue
        if isinstance(found, Clash):
            clashes.append(found)
    return clashes, faults


async def _put(
    db: Writing, row: Input, key: str, text: str, revision: int, by: Person, now: datetime
) -> Cell | Clash:
    asked = await questions(db, row.carried_from_id or row.consultation_id)
    if not rules.is_field(key, {each.number for each in asked}):
        raise Malformed(**{key: FilingFault.NO_FIELD})
    text = rules.cleaned(key, text)
    if rules.too_long(key, text):
        raise Malformed(**{key: TextFault.TOO_LONG})
    query = select(InputField).where(InputField.input_id == row.id, InputField.key == key)
    field = (await db.exec(query.execution_options(populate_existing=True))).first()
    current = await _cell(db, row, key, field)
    if text == current.text:
        return current
    if revision != current.revision:
        return Clash(current, await _set_aside(db, row, key, text, revision, by.id, now))
    return await _write(db, row, field, Cell(key, text), by, now)


async def _write(
    db: Writing, row: Input, field: InputField | None, new: Cell, by: Person, now: datetime
) -> Cell:
    key, text = new.key, new.text
    if field is None:
        field = InputField(input_id=row.id, key=key, text=text, by_id=by.id, at=now)
    else:
        field.text, field.by_id, field.at = text, by.id, now
        field.revision += 1
    db.add(field)
    await db.flush()
    return Cell(key, text, field.revision, by.name, now)


async def _cell(db: Writing, row: Input, key: str, field: InputField | None) -> Cell:
    if field is None:
        return Cell(key, _suggested(row, key))
    name = (await load(db, Person, field.by_id)).name
    return Cell(key, field.text, field.revision, name, field.at)


async def _set_aside(
    db: Writing, row: Input, key: str, text: str, over: int, by_id: UUID, now: datetime
) -> UUID | None:
    """Keep what lost, once, unless it says nothing; somebody may want it back."""
    if not text:
        return None
    query = select(InputAside).where(InputAside.input_id == row.id)
    there = (await db.exec(query)).all()
    for each in there:
        if (each.key, each.text) == (key, text):
            return each.id
    if len(there) >= rules.MOST_ASIDE:
        raise Refused(No(FilingReason.TOO_MUCH_ASIDE))
    kept = InputAside(input_id=row.id, key=key, text=text, over=over, person_id=by_id, at=now)
    db.add(kept)
    await db.flush()
    return kept.id


async def take_up(
    db: Writing, input_id: UUID, aside_id: UUID, *, by: Person, now: datetime
) -> Cell:
    """Put a text that was kept aside in the place of what stands, which is kept aside for it."""
    row = await held(db, input_id, by)
    kept = await db.get(InputAside, aside_id)
    if kept is None or kept.input_id != row.id:
        raise NotFound
    query = select(InputField).where(InputField.input_id == row.id, InputField.key == kept.key)
    field = (await db.exec(query.execution_options(populate_existing=True))).first()
    new = Cell(kept.key, kept.text)
    await db.delete(kept)
    await db.flush()
    if field is not None and field.text != new.text:
        await _set_aside(db, row, field.key, field.text, field.revision, field.by_id, now)
    return await _write(db, row, field, new, by, now)


async def drop_aside(db: Writing, input_id: UUID, aside_id: UUID, *, by: Person) -> None:
    """Let go of a text that was kept aside: it has been taken up, or is not wanted."""
    row = await held(db, input_id, by)
    await db.exec(
        delete(InputAside).where(col(InputAside.id) == aside_id, col(InputAside.input_id) == row.id)
    )


async def discard(db: Writing, input_id: UUID, *, by: Person) -> None:
    """Throw a draft away; its first author may, while nobody else writes it."""
    row = await held(db, input_id, by)
    if row.state is not InputState.DRAFT:
        raise Conflict(FilingReason.IS_SENT)
    if row.person_id != by.id:
        raise Refused(No(FilingReason.FIRST_AUTHOR))
    if any(each.agreed_at and not each.first for each in await _writers(db, row)):
        raise Conflict(FilingReason.OTHERS_WRITE)
    await _remove(db, row)


async def _remove(db: Writing, row: Input) -> None:
    kept = select(Attachment.file_id).where(Attachment.input_id == row.id)
    keys = list(await db.exec(kept))
    await db.exec(delete(Attachment).where(col(Attachment.input_id) == row.id))
    await db.exec(delete(StoredFile).where(col(StoredFile.id).in_(keys)))
    await db.delete(row)
    await db.flush()


# Authors.


async def invite(db: Writing, input_id: UUID, email: str, *, by: Person, now: datetime) -> None:
    """Ask someone by their address to be an author too; asking again writes another letter.

    Whether the address is known to the service is not told.
    """
    row = await held(db, input_id, by)
    person = await identity.person_for(db, email, now)
    there = await _writers(db, row)
    found = next((each for each in there if each.person_id == person.id), None)
    if found and found.agreed_at:
        return
    if found is None:
        if len(there) >= rules.MOST_AUTHORS:
            raise Refused(No(FilingReason.TOO_MANY_AUTHORS))
        db.add(InputAuthor(input_id=row.id, person_id=person.id, asked_by_id=by.id, asked_at=now))
        await db.flush()
    consultation = await load(db, Consultation, row.consultation_id)
    await letters.write(
        db,
        LetterKind.INPUT_ASKED,
        person,
        now,
        input=str(row.id),
        title=str(consultation.titles["en"]),
        reason=by.name,
        link=f"/inputs/{row.id}",
    )


async def agree(db: Writing, input_id: UUID, *, by: Person, now: datetime) -> None:
    """Become an author: from now on one's name stands with it, and one may write."""
    row = await hold(db, Input, input_id)
    found = await _author(db, row, by)
    if found is None:
        raise NotFound
    if row.state is InputState.WITHDRAWN:
        raise Conflict(FilingReason.WITHDRAWN)
    if found.agreed_at is None:
        found.agreed_at = now
        db.add(found)
        await db.flush()
        await _note(db, "input-author-agreed", row, by, now)


async def leave(db: Writing, input_id: UUID, person_id: UUID, *, by: Person) -> None:
    """Stop being an author of what was not sent; or the first author takes back that they asked."""
    row = await hold(db, Input, input_id)
    if await _author(db, row, by) is None:
        raise NotFound
    query = select(InputAuthor).where(
        InputAuthor.input_id == row.id, InputAuthor.person_id == person_id
    )
    found = (await db.exec(query)).first()
    if found is None:
        raise NotFound
    if person_id == row.person_id or by.id not in {person_id, row.person_id}:
        raise Refused(No(FilingReason.FIRST_AUTHOR))
    if found.agreed_at and row.state is not InputState.DRAFT:
        raise Conflict(FilingReason.IS_SENT)  # what was sent in one's name is disowned
    if found.agreed_at and person_id != by.id:
        raise Refused(No(FilingReason.OTHERS_WRITE))
    await db.delete(found)
    await db.flush()


async def _note(db: Writing, kind: str, row: Input, by: Person, now: datetime) -> None:
    await acts.record(db, kind, now, input=str(row.id), by=str(by.id))


# The end of it.


async def erase(db: Writing, person: Person) -> list[Input]:
    """At someone's own request: drafts go, or to another author; what was sent stays, unnamed.

    What stays, as it is found by fewer words now.

    Files stay with the versions that name them; the digest of a version names nobody.
    """
    began = select(Input).where(Input.person_id == person.id)
    for row in (await db.exec(began)).all():
        others = [e for e in await _writers(db, row) if e.agreed_at and not e.first]
        if row.state is InputState.DRAFT and not others:
            await _remove(db, row)
            continue
        if row.state is InputState.DRAFT:
            row.person_id = others[0].person_id
        row.name = row.job_title = ""
        db.add(row)
    await db.flush()
    drafts = select(Input.id).where(Input.state == InputState.DRAFT)
    for table in (InputAuthor, InputAside):
        theirs = delete(table).where(col(table.person_id) == person.id)
        if table is InputAuthor:
            theirs = theirs.where(col(InputAuthor.input_id).in_(drafts))
        await db.exec(theirs)
    named = select(Input.id).where(Input.person_id == person.id)
    about = ("name", "job_title")
    await db.exec(
        delete(InputField).where(
            col(InputField.input_id).in_(named), col(InputField.key).in_(about)
        )
    )
    sent = select(Input).where(Input.person_id == person.id, Input.state != InputState.DRAFT)
    return list((await db.exec(sent)).all())


async def sitting_of(db: Reading | Writing, consultation: Consultation) -> Sitting | None:
    """The consultation face to face, where one is planned."""
    return await db.get(Sitting, consultation.sitting_id) if consultation.sitting_id else None
