"""Documents that belong together: those of an item, those taken together, those of a meeting.

Every door goes through ``held``, and ``held`` through the parts that its reader may read.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import col, func, select

from app.database import Reading, Writing, hold
from app.errors import Malformed, NotFound, Refused
from app.models import (
    AgendaItem,
    Document,
    DocumentGroup,
    DocumentText,
    GroupedDocument,
    Meeting,
    Person,
    Sitting,
    StoredFile,
)
from app.policy import document_sets as rules
from app.policy import text
from app.policy.access import decide
from app.policy.document_sets import GroupFault
from app.policy.documents import DocumentState, Number, Relation, title_in
from app.policy.floor import Item
from app.policy.invitation import by_invitation, reads_item
from app.policy.meeting import MeetingReason
from app.policy.parts import Part, Right
from app.policy.people import Category, Standing
from app.policy.records import Audience
from app.policy.refusal import No
from app.services import access, acts, agenda, floor
from app.services.documents import symbol

RELATIONS: Final = tuple(Relation)


@dataclass(frozen=True, slots=True)
class Held:
    """A posted document with the files that are given out, by language."""

    row: Document
    path: str
    written: str
    files: Mapping[str, StoredFile]

    def title(self, language: str) -> tuple[str, str]:
        """In the reader's language, in English, or in whichever there is; and which that is."""
        return title_in(self.row.titles, language)


@dataclass(frozen=True, slots=True)
class Grouped:
    """Documents that are taken together, as far as a reader may read them."""

    row: DocumentGroup
    item: AgendaItem | None
    documents: Sequence[Held]


@dataclass(frozen=True, slots=True)
class Whole:
    """All documents of a meeting for one audience, with items and groups as it may know them."""

    meeting: Meeting
    audience: Audience
    documents: Sequence[Held]
    items: Mapping[UUID, AgendaItem]
    groups: Sequence[Grouped]


@dataclass(frozen=True, slots=True)
class NewGroup:
    """A group as somebody makes or changes it: documents by the ends of their addresses."""

    title: str
    documents: Sequence[str]
    item: int | None = None


# Who reads what.


async def open_parts(
    db: Reading | Writing, meeting: Meeting, reader: access.Whom, now: datetime
) -> frozenset[Part]:
    """The parts of a meeting of which this reader may read the documents (A18)."""
    return _parts(meeting, await access.standing_of(db, reader, meeting, now))


def _parts(meeting: Meeting, stands: Standing) -> frozenset[Part]:
    edition = access.edition(meeting)
    return frozenset(part for part in edition.parts if decide(edition, stands, part, Right.READ))


def parts_of(meeting: Meeting, audience: Audience) -> frozenset[Part]:
    """Of which parts a set for this audience has the documents."""
    if audience is Audience.PUBLIC:
        return _parts(meeting, Standing(Category.PUBLIC))
    return frozenset(access.edition(meeting).parts)


async def may_take(
    db: Reading | Writing,
    meeting: Meeting,
    audience: Audience,
    reader: access.Whom,
    now: datetime,
) -> bool:
    """Whether a reader may read every part of which the set has documents."""
    return parts_of(meeting, audience) <= await open_parts(db, meeting, reader, now)


# What there is.


async def held(
    db: Reading | Writing,
    meeting: Meeting,
    parts: Collection[Part],
    *,
    item_id: UUID | None = None,
) -> list[Held]:
    """The posted documents of these parts by their numbers, of one item or of all."""
    query = select(Document).where(
        Document.meeting_id == meeting.id,
        Document.state == DocumentState.POSTED,
        col(Document.number).is_not(None),
    )
    if item_id is not None:
        query = query.where(Document.item_id == item_id)
    rows = [each for each in await db.exec(query) if each.part in parts]
    files = await _files(db, [each.id for each in rows])
    rows.sort(key=lambda e: (e.number, RELATIONS.index(e.relation), e.relation_number))
    return [_held(meeting, each, files.get(each.id, {})) for each in rows]


def _held(meeting: Meeting, row: Document, files: Mapping[str, StoredFile]) -> Held:
    number = Number(row.number or 0, row.relation, row.relation_number)
    return Held(row, number.path, number.written(symbol(meeting)), files)


async def _files(
    db: Reading | Writing, keys: Collection[UUID]
) -> Mapping[UUID, Mapping[str, StoredFile]]:
    query = (
        select(DocumentText, StoredFile)
        .join(StoredFile, col(StoredFile.id) == col(DocumentText.file_id))
        .where(col(DocumentText.document_id).in_(keys), col(DocumentText.replaced_at).is_(None))
        .order_by(col(DocumentText.language), col(DocumentText.at))
    )
    found: dict[UUID, dict[str, StoredFile]] = defaultdict(dict)
    for each, file in await db.exec(query):
        found[each.document_id][each.language] = file
    return found


async def of_item(
    db: Reading | Writing,
    sitting: Sitting,
    meeting: Meeting,
    number: int | None,
    reader: access.Whom,
    now: datetime,
) -> tuple[Item | None, list[Held]]:
    """An item of a sitting, without a number the one in hand, with its documents for this reader.

    Refused where they may not read the sitting; an expert who is invited for the item in hand has
    that one, with the documents of the sitting's own part.
    """
    decision = await access.decide(db, reader, sitting, Right.READ, now, by_item=True)
    if not decision:
        raise Refused(decision)
    number = sitting.item_number if number is None else number
    item = await floor.item(db, sitting, number)
    if item is None or not reads_item(decision, item.number, sitting.item_number):
        return None, []
    found = await db.exec(
        select(AgendaItem.id).where(
            AgendaItem.meeting_id == meeting.id, AgendaItem.number == item.number
        )
    )
    parts = await open_parts(db, meeting, reader, now)
    if by_invitation(decision):
        parts |= {sitting.part}
    return item, await held(db, meeting, parts, item_id=found.one())


async def whole(db: Reading | Writing, meeting: Meeting, audience: Audience) -> Whole:
    """Everything for one audience; who may have it is asked before, see ``may_take``."""
    parts = parts_of(meeting, audience)
    documents = await held(db, meeting, parts)
    items = await _items(db, meeting, parts)
    return Whole(meeting, audience, documents, items, await _groups(db, meeting, parts, documents))


async def _items(
    db: Reading | Writing, meeting: Meeting, parts: Collection[Part]
) -> dict[UUID, AgendaItem]:
    """The agenda of these parts, in its order: titles are content (A18)."""
    query = select(Sitting.id, Sitting.part).where(Sitting.meeting_id == meeting.id)
    among = {key for key, part in await db.exec(query) if Part(part) in parts}
    return {e.id: e for e in await agenda.items(db, meeting.id) if e.sitting_id in among}


# Taken together.


async def groups(
    db: Reading | Writing, meeting: Meeting, reader: access.Whom, now: datetime
) -> list[Grouped]:
    """The groups of a meeting by their numbers, as far as this reader may read them."""
    parts = await open_parts(db, meeting, reader, now)
    return await _groups(db, meeting, parts, await held(db, meeting, parts))


async def _groups(
    db: Reading | Writing, meeting: Meeting, parts: Collection[Part], documents: Sequence[Held]
) -> list[Grouped]:
    """A heading belongs to its item; without one it is for those who may read all that is in it."""
    query = select(DocumentGroup).where(
        DocumentGroup.meeting_id == meeting.id, col(DocumentGroup.dissolved_at).is_(None)
    )
    rows = (await db.exec(query.order_by(col(DocumentGroup.number)))).all()
    within = await _within(db, [each.id for each in rows])
    items = await _items(db, meeting, parts)
    known = {each.row.id: each for each in documents}
    made = []
    for row in rows:
        keys = within.get(row.id, ())
        theirs = [known[key] for key in keys if key in known]
        item = items.get(row.item_id) if row.item_id else None
        told = item is not None if row.item_id else len(theirs) == len(keys)
        if told and theirs:
            made.append(Grouped(row, item, theirs))
    return made


async def _within(db: Reading | Writing, keys: Collection[UUID]) -> Mapping[UUID, Sequence[UUID]]:
    """The documents of each group in their order; of those that are withdrawn, none."""
    query = (
        select(GroupedDocument.group_id, GroupedDocument.document_id)
        .join(Document, col(Document.id) == col(GroupedDocument.document_id))
        .where(col(GroupedDocument.group_id).in_(keys), Document.state == DocumentState.POSTED)
        .order_by(col(GroupedDocument.place))
    )
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for group_id, document_id in await db.exec(query):
        found[group_id].append(document_id)
    return found


async def group(
    db: Writing,
    meeting_id: UUID,
    wanted: NewGroup,
    *,
    number: int | None = None,
    by: Person,
    now: datetime,
) -> DocumentGroup:
    """Take documents together under one heading, or change a group; for the secretariat."""
    meeting = await _of_secretariat(db, meeting_id, by)
    title = text.clean(wanted.title)
    faults: dict[str, str | None] = {"title": text.fault(title, rules.GROUP_TITLE, required=True)}
    known = {each.path: each for each in await held(db, meeting, set(Part))}
    chosen = list(dict.fromkeys(wanted.documents))
    if len(chosen) < 2:  # noqa: PLR2004 - one alone is not taken together with anything
        faults["documents"] = GroupFault.TOO_FEW
    if any(each not in known for each in chosen):
        faults["documents"] = GroupFault.NO_SUCH_DOCUMENT
    items = {each.number: each.id for each in await agenda.items(db, meeting_id)}
    if wanted.item is not None and wanted.item not in items:
        faults["item"] = GroupFault.NO_SUCH_ITEM
    if found := {name: fault for name, fault in faults.items() if fault}:
        raise Malformed(**found)
    row = await _group(db, meeting_id, number, now)
    row.title = title
    row.item_id = items[wanted.item] if wanted.item is not None else None
    for each in await db.exec(select(GroupedDocument).where(GroupedDocument.group_id == row.id)):
        await db.delete(each)
    await db.flush()
    for place, path in enumerate(chosen, 1):
        key = known[path].row.id
        db.add(GroupedDocument(group_id=row.id, document_id=key, place=place))
    await db.flush()
    facts = {"number": row.number, "documents": ", ".join(chosen)}
    await acts.record(db, "documents-grouped", now, meeting_id=meeting_id, by=str(by.id), **facts)
    return row


async def dissolve(
    db: Writing, meeting_id: UUID, number: int, *, by: Person, now: datetime
) -> None:
    """Take its documents one by one again; the number of the group is not given again."""
    await _of_secretariat(db, meeting_id, by)
    row = await _group(db, meeting_id, number, now)
    row.dissolved_at = now
    await acts.record(
        db, "documents-ungrouped", now, meeting_id=meeting_id, by=str(by.id), number=number
    )


async def _group(db: Writing, meeting_id: UUID, number: int | None, now: datetime) -> DocumentGroup:
    if number is None:
        last = select(func.max(DocumentGroup.number)).where(DocumentGroup.meeting_id == meeting_id)
        row = DocumentGroup(
            meeting_id=meeting_id,
            number=((await db.exec(last)).one() or 0) + 1,
            title="",
            created_at=now,
        )
        db.add(row)
        await db.flush()
        return row
    query = select(DocumentGroup).where(
        DocumentGroup.meeting_id == meeting_id,
        DocumentGroup.number == number,
        col(DocumentGroup.dissolved_at).is_(None),
    )
    found = (await db.exec(query)).first()
    if found is None:
        raise NotFound
    return found


async def _of_secretariat(db: Writing, meeting_id: UUID, by: Person) -> Meeting:
    meeting = await hold(db, Meeting, meeting_id)
    if not await access.is_secretariat(db, by, meeting_id):
        raise Refused(No(MeetingReason.NOT_THE_SECRETARIAT))
    return meeting
