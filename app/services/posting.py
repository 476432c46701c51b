"""Documents are filed, posted with a number, corrected, returned or taken back (R15, A9, A18).

Whoever gives a number holds the meeting first, then the document: of two at once one is second,
and no number is left out or given twice. Every change is a step that stays, with its reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, func, select

from app.database import Reading, Writing, hold, load
from app.errors import Conflict, Malformed, NotFound, Refused
from app.models import (
    AgendaItem,
    Document,
    DocumentDeadline,
    DocumentStep,
    DocumentText,
    Entity,
    Meeting,
    Person,
    Sitting,
    StoredFile,
)
from app.policy import documents as rules
from app.policy import text
from app.policy.decision import Decision
from app.policy.documents import (
    BEING_PREPARED,
    STEPS,
    DocumentClass,
    DocumentFault,
    DocumentReason,
    DocumentState,
    Number,
    Paper,
    Relation,
)
from app.policy.letters import LetterKind
from app.policy.meeting import known_zone
from app.policy.parts import Part
from app.policy.refusal import No
from app.policy.text import TextFault
from app.services import access, acts, documents, letters, meetings
from app.services.documents import Sight

# May one?


async def may_file(
    db: Reading | Writing, meeting: Meeting, by: Person, now: datetime, part: Part | None = None
) -> Decision:
    """Whether someone files contributions to a part; where none is named, to that of no item."""
    edition = access.edition(meeting)
    stands = await access.standing_at(db, by, meeting, now)
    return rules.may_contribute(edition, stands, part or rules.default_part(edition))


async def may_file_somewhere(
    db: Reading | Writing, meeting: Meeting, by: Person, now: datetime
) -> Decision:
    """A yes for whoever files to any part; else why not to that of a document for no item."""
    answers = [await may_file(db, meeting, by, now)]
    answers += [
        await may_file(db, meeting, by, now, each) for each in access.edition(meeting).parts
    ]
    return next((each for each in answers if each), answers[0])


async def or_refuse(db: Reading | Writing, slug: str, by: Person, now: datetime) -> Meeting:
    """The meeting; Refused before any file is read where someone files no contributions to it."""
    meeting = await meetings.by_slug(db, slug)
    decision = await may_file_somewhere(db, meeting, by, now)
    if not decision:
        raise Refused(decision)
    return meeting


async def or_not_the_secretariat(db: Reading | Writing, meeting: Meeting, by: Person) -> None:
    """NotFound for whoever does not serve this meeting as its secretariat."""
    if not await access.is_secretariat(db, by, meeting.id):
        raise NotFound


async def or_not_theirs(db: Reading | Writing, document_id: UUID, by: Person) -> None:
    """NotFound, or a Conflict, before a file is read that could not be put to this document."""
    found = await documents.kept(db, document_id, by)
    _or_too_late(found.row, secretariat=found.secretariat)


def _or_too_late(row: Document, *, secretariat: bool) -> None:
    possible = (
        row.state is not DocumentState.WITHDRAWN if secretariat else (row.state in BEING_PREPARED)
    )
    if not possible:
        raise Conflict(DocumentReason.NO_SUCH_STEP)


# Where it goes.


@dataclass(frozen=True, slots=True)
class _Placed:
    """A paper with what its numbers stand for, and the part in which it is."""

    paper: Paper
    part: Part
    part_why: str
    item: AgendaItem | None
    base: Document | None

    def columns(self) -> dict[str, Any]:
        return {
            "titles": dict(self.paper.titles),
            "document_class": self.paper.document_class,
            "source": self.paper.source,
            "item_id": self.item.id if self.item else None,
            "part": self.part,
            "part_why": self.part_why,
        }


async def _placed(db: Writing, seen: Sight, paper: Paper, base: Document | None = None) -> _Placed:
    """Malformed where it names what this person may not read, or what does not fit together."""
    faults = paper.faults(seen.edition.parts)
    item, of_item = await _item(db, seen, paper, faults)
    if base is None and paper.base and "base" not in faults:
        base = await _base(db, seen, paper.base, faults)
    default = base.part if base else rules.default_part(seen.edition, of_item)
    part = paper.part or default
    why = paper.part_why or (base.part_why if base and part is base.part else "")
    if "part" not in faults and not why and rules.departs(seen.edition, part, default):
        faults["part_why"] = DocumentFault.PART_WHY
    if faults:
        raise Malformed(**faults)
    return _Placed(paper, part, why, item, base)


async def _item(
    db: Writing, seen: Sight, paper: Paper, faults: dict[str, str]
) -> tuple[AgendaItem | None, Part | None]:
    if paper.item is None:
        return None, None
    query = (
        select(AgendaItem, Sitting.part)
        .join(Sitting, col(Sitting.id) == col(AgendaItem.sitting_id))
        .where(AgendaItem.meeting_id == seen.meeting.id, AgendaItem.number == paper.item)
    )
    found = (await db.exec(query)).first()
    if found is None or not seen.decision(Part(found[1]), found[0].id):
        faults["item"] = DocumentFault.ITEM
        return None, None
    return found[0], Part(found[1])


async def _base(db: Writing, seen: Sight, path: str, faults: dict[str, str]) -> Document | None:
    """What is revised, added to or corrected: an original that stands and that they may read."""
    number = Number.read(path)
    if number is not None and number.relation is Relation.ORIGINAL:
        query = select(Document).where(
            Document.meeting_id == seen.meeting.id,
            Document.number == number.number,
            Document.relation == Relation.ORIGINAL,
            Document.state == DocumentState.POSTED,
        )
        found = (await db.exec(query)).first()
        if found is not None and seen.reads(found):
            return found
    faults["base"] = DocumentFault.BASE
    return None


# Filed.


async def file(
    db: Writing,
    slug: str,
    paper: Paper,
    language: str,
    stored: StoredFile,
    *,
    by: Person,
    now: datetime,
) -> Document:
    """File a contribution of the body that somebody represents; ``now`` is when all of it had come.

    A late one is taken, and marked. Refused with the clause to whom the rule does not name (A9).
    """
    meeting = await or_refuse(db, slug, by, now)
    seen = await documents.sight(db, meeting, by, now)
    body = await _body(db, meeting, by)
    theirs = replace(paper, document_class=DocumentClass.CONTRIBUTION, source=body.name)
    placed = await _placed(db, seen, theirs.cleaned())
    decision = await may_file(db, meeting, by, now, placed.part)
    if not decision:
        raise Refused(decision)
    if placed.base is not None and placed.base.entity_id != body.id:
        raise Refused(No(DocumentReason.OF_ANOTHER_BODY))
    row = await _add(db, meeting, placed, language, stored, by=by, now=now, entity=body)
    await _tell(db, LetterKind.DOCUMENT_FILED, row, now, digest=stored.sha256)
    return row


async def enter(
    db: Writing,
    slug: str,
    paper: Paper,
    language: str,
    stored: StoredFile,
    *,
    by: Person,
    now: datetime,
) -> Document:
    """Enter a document of any class, for the secretariat; it is posted by a step of its own."""
    meeting = await meetings.by_slug(db, slug)
    await or_not_the_secretariat(db, meeting, by)
    seen = await documents.sight(db, meeting, by, now)
    cleaned = paper.cleaned()
    if not cleaned.source:
        raise Malformed(source=TextFault.MISSING)
    placed = await _placed(db, seen, cleaned)
    return await _add(db, meeting, placed, language, stored, by=by, now=now, entity=None)


async def _body(db: Writing, meeting: Meeting, by: Person) -> Entity:
    found = await access.registration_of(db, by, meeting.id)
    if found is None or found.entity_id is None:
        raise Refused(No(DocumentReason.NO_BODY))
    return await load(db, Entity, found.entity_id)


async def _add(
    db: Writing,
    meeting: Meeting,
    placed: _Placed,
    language: str,
    stored: StoredFile,
    *,
    by: Person,
    now: datetime,
    entity: Entity | None,
) -> Document:
    if language not in rules.LANGUAGES:
        raise Malformed(language=DocumentFault.LANGUAGE)
    if language not in placed.paper.titles:
        raise Malformed(**{f"title-{language}": TextFault.MISSING})
    document_class = placed.paper.document_class
    row = Document(
        meeting_id=meeting.id,
        base_id=placed.base.id if placed.base else None,
        relation=placed.paper.relation,
        entity_id=entity.id if entity else None,
        person_id=by.id,
        filed_at=now,
        late=rules.is_late(await _deadline(db, meeting.id, document_class), now),
        **placed.columns(),
    )
    db.add_all((row, stored))
    await db.flush()
    db.add(
        DocumentText(document_id=row.id, language=language, file_id=stored.id, by_id=by.id, at=now)
    )
    await _step(db, row, "document-filed", by, now, digest=stored.sha256)
    return row


def _text(
    row: Document, language: str, stored: StoredFile, by: Person, now: datetime
) -> DocumentText:
    return DocumentText(
        document_id=row.id, language=language, file_id=stored.id, by_id=by.id, at=now
    )


async def _deadline(
    db: Reading | Writing, meeting_id: UUID, document_class: DocumentClass
) -> datetime | None:
    query = select(DocumentDeadline.at).where(
        DocumentDeadline.meeting_id == meeting_id,
        DocumentDeadline.document_class == document_class,
    )
    return (await db.exec(query)).first()


async def _step(
    db: Writing,
    row: Document,
    act: str,
    by: Person,
    now: datetime,
    why: str = "",
    before: Mapping[str, object] | None = None,
    **facts: object,
) -> None:
    db.add(
        DocumentStep(
            document_id=row.id,
            at=now,
            state=row.state,
            by_id=by.id,
            why=why,
            before=dict(before or {}),
        )
    )
    await db.flush()
    told = {"document": str(row.id), "part": row.part.value, "by": str(by.id), "why": why} | facts
    await acts.record(db, act, now, meeting_id=row.meeting_id, **told)


async def _tell(db: Writing, kind: LetterKind, row: Document, now: datetime, **facts: str) -> None:
    """Whoever filed a contribution; neither title nor reason, which may be for members alone."""
    if row.entity_id is None:
        return
    person, meeting = await load(db, Person, row.person_id), await load(db, Meeting, row.meeting_id)
    there = {"meeting": meeting.title, "link": f"/documents/{row.id}"}
    await letters.write(db, kind, person, now, document=str(row.id), **there, **facts)


# Its texts.


async def add_text(
    db: Writing,
    document_id: UUID,
    language: str,
    title: str,
    stored: StoredFile,
    *,
    why: str = "",
    by: Person,
    now: datetime,
) -> Document:
    """Put a language version to a document, in the place of the one that is there.

    Whoever filed it may until it is posted: one that was returned is filed again by it. Afterwards
    the secretariat does, with a reason where something that was given out is replaced.
    """
    row = await hold(db, Document, document_id)
    secretariat = await access.is_secretariat(db, by, row.meeting_id)
    if not secretariat and row.person_id != by.id:
        raise NotFound
    _or_too_late(row, secretariat=secretariat)
    replaced = await _current(db, row, language)
    why = _reason(why, required=replaced is not None and row.state is DocumentState.POSTED)
    _title(row, language, title)
    if replaced is not None:
        replaced.replaced_at = now
    db.add_all((row, stored, *([replaced] if replaced else ())))
    await db.flush()
    db.add(
        DocumentText(document_id=row.id, language=language, file_id=stored.id, by_id=by.id, at=now)
    )
    again = row.state is DocumentState.RETURNED
    if again or (replaced is not None and row.state is DocumentState.FILED):
        # What is posted came now: the deadline is asked of this text, not of an earlier one.
        row.state, row.filed_at = DocumentState.FILED, now
        due = await _deadline(db, row.meeting_id, row.document_class)
        row.late = rules.is_late(due, now)
    row.revision += 1
    before = {"language": language, "file": str(replaced.file_id) if replaced else ""}
    await _step(db, row, "document-text", by, now, why, before, digest=stored.sha256)
    if again:
        await _tell(db, LetterKind.DOCUMENT_FILED, row, now, digest=stored.sha256)
    await documents.index(db, row)
    return row


async def _current(db: Writing, row: Document, language: str) -> DocumentText | None:
    query = select(DocumentText).where(
        DocumentText.document_id == row.id,
        DocumentText.language == language,
        col(DocumentText.replaced_at).is_(None),
    )
    return (await db.exec(query)).first()


def _title(row: Document, language: str, title: str) -> None:
    said = text.clean(title) or row.titles.get(language, "")
    faults = Paper({language: said}).cleaned().faults(tuple(Part))
    if language not in rules.LANGUAGES:
        raise Malformed(language=DocumentFault.LANGUAGE)
    if faults:
        raise Malformed(title=next(iter(faults.values())))
    row.titles = {**row.titles, language: said}


def _reason(why: str, *, required: bool = True) -> str:
    said = text.clean(why)
    if wrong := text.fault(said, rules.WHY, required=required, lines=True):
        raise Malformed(why=wrong)
    return said


# By the secretariat.


async def _held(
    db: Writing, document_id: UUID, revision: int | None, by: Person
) -> tuple[Meeting, Document]:
    """The meeting, then the document: always in this order."""
    before = await load(db, Document, document_id)
    meeting = await hold(db, Meeting, before.meeting_id)
    await or_not_the_secretariat(db, meeting, by)
    row = await hold(db, Document, document_id)
    if revision is not None and row.revision != revision:
        raise Conflict(DocumentReason.CHANGED, version=row.revision)
    return meeting, row


def _go(row: Document, state: DocumentState) -> None:
    if state not in STEPS[row.state]:
        raise Conflict(DocumentReason.NO_SUCH_STEP)
    row.state = state
    row.revision += 1


async def post(
    db: Writing, document_id: UUID, revision: int | None = None, *, by: Person, now: datetime
) -> Document:
    """Put a document on the register under the next number, which is never given again."""
    meeting, row = await _held(db, document_id, revision, by)
    _go(row, DocumentState.POSTED)
    query = select(func.count()).where(DocumentText.document_id == row.id)
    if not (await db.exec(query)).one():
        raise Conflict(DocumentReason.NO_TEXT)
    base = await hold(db, Document, row.base_id) if row.base_id else None
    if base is None:
        row.number = await _newest(db, meeting) + 1
    elif base.state is not DocumentState.POSTED:
        raise Conflict(DocumentReason.NO_SUCH_STEP)
    else:
        row.number, row.relation_number = base.number, await _newest_of(db, base, row.relation) + 1
    row.posted_at = now
    row.late = rules.is_late(await _deadline(db, meeting.id, row.document_class), row.filed_at)
    db.add(row)
    await db.flush()
    number = documents.written(meeting, row)
    await _step(db, row, "document-posted", by, now, number=number)
    await _tell(db, LetterKind.DOCUMENT_POSTED, row, now, number=number)
    await documents.index(db, row)
    return row


async def _newest(db: Writing, meeting: Meeting) -> int:
    query = select(func.max(Document.number)).where(Document.meeting_id == meeting.id)
    return (await db.exec(query)).one() or 0


async def _newest_of(db: Writing, base: Document, relation: Relation) -> int:
    query = select(func.max(Document.relation_number)).where(
        Document.base_id == base.id, Document.relation == relation
    )
    return (await db.exec(query)).one() or 0


async def edit(
    db: Writing,
    document_id: UUID,
    paper: Paper,
    revision: int,
    why: str = "",
    *,
    by: Person,
    now: datetime,
) -> Document:
    """Correct what the register says of a document; of one that was posted, with a reason.

    What it revises or adds to stays as it was filed. ``before`` of the step is what stood there.
    """
    meeting, row = await _held(db, document_id, revision, by)
    if row.state is DocumentState.WITHDRAWN:
        raise Conflict(DocumentReason.NO_SUCH_STEP)
    why = _reason(why, required=row.state is DocumentState.POSTED)
    seen = await documents.sight(db, meeting, by, now)
    base = await db.get(Document, row.base_id) if row.base_id else None
    said = replace(paper, relation=Relation.ORIGINAL, base="").cleaned()
    placed = await _placed(db, seen, said, base)
    if not placed.paper.source:
        raise Malformed(source=TextFault.MISSING)
    if missing := await _untitled(db, row, placed.paper):
        raise Malformed(**{f"title-{language}": TextFault.MISSING for language in missing})
    before = {}
    for name, value in placed.columns().items():
        if (was := getattr(row, name)) != value:
            before[name] = str(was) if isinstance(was, UUID) else was
            setattr(row, name, value)
    row.revision += 1
    db.add(row)
    await _step(db, row, "document-edited", by, now, why, before, changed=sorted(before))
    await documents.index(db, row)
    return row


async def _untitled(db: Writing, row: Document, paper: Paper) -> list[str]:
    held = (await documents.versions(db, [row.id])).get(row.id, ())
    return [each.language for each in held if each.language not in paper.titles]


async def give_back(
    db: Writing,
    document_id: UUID,
    why: str,
    revision: int | None = None,
    *,
    by: Person,
    now: datetime,
) -> Document:
    """Return a document to whoever filed it, and say why; it is filed again by another text."""
    _, row = await _held(db, document_id, revision, by)
    why = _reason(why)
    _go(row, DocumentState.RETURNED)
    db.add(row)
    await _step(db, row, "document-returned", by, now, why)
    await _tell(db, LetterKind.DOCUMENT_RETURNED, row, now)
    return row


async def withdraw(
    db: Writing,
    document_id: UUID,
    why: str,
    revision: int | None = None,
    *,
    by: Person,
    now: datetime,
) -> Document:
    """Take a document back: its number stays, with the reason, and is not given again.

    Whoever filed it may until it is posted; afterwards the secretariat does.
    """
    row = await hold(db, Document, document_id)
    if not await access.is_secretariat(db, by, row.meeting_id):
        if row.person_id != by.id:
            raise NotFound
        _or_too_late(row, secretariat=False)
    if revision is not None and row.revision != revision:
        raise Conflict(DocumentReason.CHANGED, version=row.revision)
    why = _reason(why)
    _go(row, DocumentState.WITHDRAWN)
    db.add(row)
    await _step(db, row, "document-withdrawn", by, now, why)
    await documents.index(db, row)
    return row


# Of the whole register.


async def set_deadline(
    db: Writing,
    slug: str,
    document_class: DocumentClass,
    at: datetime,
    zone: str,
    *,
    by: Person,
    now: datetime,
) -> DocumentDeadline:
    """State until when documents of a class are on time.

    What waits to be posted is looked at again then; the mark of what is posted stays.
    """
    meeting = await hold(db, Meeting, (await meetings.by_slug(db, slug)).id)
    await or_not_the_secretariat(db, meeting, by)
    if not known_zone(zone):
        raise Malformed(time_zone=DocumentFault.ZONE)
    query = select(DocumentDeadline).where(
        DocumentDeadline.meeting_id == meeting.id,
        DocumentDeadline.document_class == document_class,
    )
    found = (await db.exec(query)).first()
    was = found.at.isoformat() if found else ""
    found = found or DocumentDeadline(
        meeting_id=meeting.id, document_class=document_class, at=at, time_zone=zone
    )
    found.at, found.time_zone = at, zone
    db.add(found)
    await db.flush()
    facts = {"of": document_class.value, "due": at.isoformat(), "was": was}
    await acts.record(db, "document-deadline", now, meeting_id=meeting.id, by=str(by.id), **facts)
    return found


async def set_symbol(db: Writing, slug: str, symbol: str, *, by: Person, now: datetime) -> Meeting:
    """Give the meeting the symbol before its numbers; the first that is posted settles it."""
    meeting = await hold(db, Meeting, (await meetings.by_slug(db, slug)).id)
    await or_not_the_secretariat(db, meeting, by)
    said = text.clean(symbol)
    if not rules.is_symbol(said):
        raise Malformed(symbol=DocumentFault.SYMBOL)
    if await _newest(db, meeting):
        raise Conflict(DocumentReason.SYMBOL_SETTLED)
    taken = select(Meeting.id).where(func.lower(Meeting.symbol) == said.lower())
    if (await db.exec(taken.where(Meeting.id != meeting.id))).first():
        raise Conflict(DocumentReason.SYMBOL_TAKEN)
    meeting.symbol = said
    db.add(meeting)
    await acts.record(db, "meeting-symbol", now, meeting_id=meeting.id, symbol=said, by=str(by.id))
    return meeting
