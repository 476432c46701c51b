"""The register of documents as its readers may have it, and how its documents are found.

Every door goes through ``sight``, and ``sight`` through the rule ``policy.documents.readable``:
what somebody may not read is not in a list, a count, a relation or a hit, and has no address.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from app.database import Reading, Writing, load
from app.errors import NotFound
from app.models import (
    AgendaItem,
    Document,
    DocumentDeadline,
    DocumentStep,
    DocumentText,
    Meeting,
    Person,
    Sitting,
    StoredFile,
)
from app.policy import documents as rules
from app.policy.decision import Decision
from app.policy.documents import DocumentState, Number, Order, Relation, Wanted
from app.policy.edition import Edition
from app.policy.excerpts import Piece
from app.policy.parts import Part
from app.policy.people import Function, Standing
from app.policy.publication import legible
from app.policy.search import Audience, Kind, Place
from app.services import access, meetings, search
from app.services.search import Entry, Hit, Said

SHOWN: Final = (DocumentState.POSTED, DocumentState.WITHDRAWN)
MOST: Final = 10_000
"""Documents of one meeting that are searched at once: all of them."""
RELATIONS: Final = tuple(Relation)


# Who reads what.


@dataclass(frozen=True, slots=True)
class Sight:
    """What one reader may read of a meeting's documents; ``invited`` are items in hand (A10)."""

    meeting: Meeting
    edition: Edition
    standing: Standing
    invited: frozenset[UUID] = frozenset()

    def decision(self, part: Part, item_id: UUID | None = None) -> Decision:
        """For documents of this part and item, by the edition that the meeting pins."""
        stands = replace(self.standing, invited=item_id in self.invited)
        return rules.readable(self.edition, stands, part)

    def reads(self, row: Document) -> bool:
        return bool(self.decision(row.part, row.item_id))

    @property
    def secretariat(self) -> bool:
        return Function.SECRETARIAT in self.standing.functions

    @property
    def restricted(self) -> Mapping[Part, Decision]:
        """The parts whose documents are not for everyone, whether or not there are any."""
        return {each: self.decision(each) for each in rules.restricted(self.edition)}


async def sight(
    db: Reading | Writing, meeting: Meeting, reader: access.Whom, now: datetime
) -> Sight:
    """What this reader may read, from the records at this moment."""
    return (await sights(db, [meeting], reader, now))[meeting.id]


async def sights(
    db: Reading | Writing, those: Sequence[Meeting], reader: access.Whom, now: datetime
) -> dict[UUID, Sight]:
    """The same of many meetings, in as many queries as of one."""
    standings = await access.standings_in(db, reader, those, now)
    invited = await access.invited_items(db, reader, now)
    return {
        each.id: Sight(each, access.edition(each), standings[each.id], invited) for each in those
    }


async def may_read(
    db: Reading | Writing, row: Document, meeting: Meeting, reader: access.Whom, now: datetime
) -> Decision:
    """Whether this reader may read a document, and by which clause."""
    return (await sight(db, meeting, reader, now)).decision(row.part, row.item_id)


# What they get.


@dataclass(frozen=True, slots=True)
class Version:
    """A document in one language, as it is given out now."""

    text: DocumentText
    file: StoredFile

    @property
    def language(self) -> str:
        return self.text.language


@dataclass(frozen=True, slots=True)
class Listed:
    """A document as a reader of it has it; ``item`` only where they may read that, too."""

    row: Document
    number: Number
    written: str
    versions: Sequence[Version]
    public: bool
    item: AgendaItem | None = None

    @property
    def path(self) -> str:
        """The last part of its permanent address."""
        return self.number.path

    @property
    def withdrawn(self) -> bool:
        return self.row.state is DocumentState.WITHDRAWN

    def title(self, language: str) -> tuple[str, str]:
        return rules.title_in(self.row.titles, language)


@dataclass(frozen=True, slots=True)
class Whole:
    """A document with what it belongs to and what belongs to it, as far as this reader may know."""

    listed: Listed
    base: Listed | None
    related: Sequence[Listed]
    steps: Sequence[DocumentStep]

    @property
    def withdrawn_why(self) -> str:
        gone = [each.why for each in self.steps if each.state is DocumentState.WITHDRAWN]
        return gone[-1] if gone and self.listed.withdrawn else ""


@dataclass(frozen=True, slots=True)
class Register:
    """The documents of a meeting that this reader may read, and what there is to choose from."""

    sight: Sight
    rows: Sequence[Listed]
    items: Sequence[AgendaItem]
    deadlines: Sequence[DocumentDeadline]

    @property
    def total(self) -> int:
        """Of what this reader may read: nothing else is counted."""
        return len(self.rows)


def number_of(row: Document) -> Number | None:
    """The number of a document, once it was posted."""
    return Number(row.number, row.relation, row.relation_number) if row.number else None


def symbol(meeting: Meeting) -> str:
    """What stands before the numbers of a meeting's documents."""
    return rules.symbol_of(meeting.symbol, meeting.slug)


def written(meeting: Meeting, row: Document) -> str:
    """As people cite it; nothing before it is posted."""
    number = number_of(row)
    return number.written(symbol(meeting)) if number else ""


async def listing(
    db: Reading | Writing,
    meeting: Meeting,
    reader: access.Whom,
    now: datetime,
    wanted: Wanted | None = None,
) -> Register:
    """The register of a meeting for this reader: filtered, searched and sorted."""
    wanted = wanted or Wanted()
    seen = await sight(db, meeting, reader, now)
    items = await _items(db, seen)
    shown = [each for each in await _posted(db, meeting) if seen.reads(each)]
    if wanted.text.strip():
        keys = await _found(db, seen, wanted.text)
        shown = [each for each in shown if each.id in keys]
    rows = _sorted(await _listed(db, seen, shown, items), wanted)
    return Register(
        seen,
        [each for each in rows if _fits(each, wanted)],
        list(items.values()),
        await deadlines(db, meeting.id),
    )


def _fits(each: Listed, wanted: Wanted) -> bool:
    if wanted.document_class not in {None, each.row.document_class}:
        return False
    if wanted.item is not None and (each.item is None or each.item.number != wanted.item):
        return False
    return not wanted.language or any(one.language == wanted.language for one in each.versions)


def _sorted(rows: Iterable[Listed], wanted: Wanted) -> list[Listed]:
    by_number = sorted(rows, key=_place)
    match wanted.order:
        case Order.POSTED:
            by_number.sort(key=lambda each: each.row.posted_at or each.row.filed_at)
        case Order.CLASS:
            by_number.sort(key=lambda each: each.row.document_class.value)
        case Order.TITLE:
            by_number.sort(key=lambda each: each.title("en")[0].casefold())
        case Order.NUMBER:
            pass
    return by_number[::-1] if wanted.descending else by_number


def _place(each: Listed) -> tuple[int, int, int]:
    return each.number.number, RELATIONS.index(each.number.relation), each.number.place


async def _posted(db: Reading | Writing, meeting: Meeting) -> Sequence[Document]:
    query = select(Document).where(
        Document.meeting_id == meeting.id,
        col(Document.number).is_not(None),
        col(Document.state).in_(SHOWN),
    )
    return (await db.exec(query)).all()


async def _items(db: Reading | Writing, seen: Sight) -> dict[UUID, AgendaItem]:
    """The agenda as this reader may read it: titles of items are content (A18)."""
    query = (
        select(AgendaItem, Sitting.part)
        .join(Sitting, col(Sitting.id) == col(AgendaItem.sitting_id))
        .where(AgendaItem.meeting_id == seen.meeting.id)
        .order_by(col(AgendaItem.number))
    )
    found = await db.exec(query)
    return {each.id: each for each, part in found if seen.decision(Part(part), each.id)}


async def _listed(
    db: Reading | Writing,
    seen: Sight,
    rows: Sequence[Document],
    items: Mapping[UUID, AgendaItem],
) -> list[Listed]:
    """These documents with the files that are given out; of one that was withdrawn, none."""
    held = await versions(db, [e.id for e in rows if e.state is DocumentState.POSTED])
    return [
        Listed(
            row,
            number,
            written(seen.meeting, row),
            held.get(row.id, ()),
            rules.is_public(seen.edition, row.part),
            items.get(row.item_id) if row.item_id else None,
        )
        for row in rows
        if (number := number_of(row))
    ]


async def versions(
    db: Reading | Writing, keys: Collection[UUID], *, replaced: bool = False
) -> dict[UUID, list[Version]]:
    """The language versions of documents; with those that were replaced, the newest first."""
    query = (
        select(DocumentText, StoredFile)
        .join(StoredFile, col(StoredFile.id) == col(DocumentText.file_id))
        .where(col(DocumentText.document_id).in_(keys))
        .order_by(col(DocumentText.language), col(DocumentText.at).desc(), col(DocumentText.id))
    )
    if not replaced:
        query = query.where(col(DocumentText.replaced_at).is_(None))
    found: dict[UUID, list[Version]] = defaultdict(list)
    for each, file in await db.exec(query):
        found[each.document_id].append(Version(each, file))
    return found


async def deadlines(db: Reading | Writing, meeting_id: UUID) -> list[DocumentDeadline]:
    """Until when documents of a class are on time, by class."""
    query = select(DocumentDeadline).where(DocumentDeadline.meeting_id == meeting_id)
    return list(await db.exec(query.order_by(col(DocumentDeadline.document_class))))


async def one(
    db: Reading | Writing, meeting: Meeting, path: str, reader: access.Whom, now: datetime
) -> Whole:
    """A document at its permanent address; NotFound where this reader may not know of it."""
    seen = await sight(db, meeting, reader, now)
    row = await _at(db, seen, path)
    items = await _items(db, seen)
    family = [each for each in await _posted(db, meeting) if each.number == row.number]
    listed = await _listed(db, seen, [each for each in family if seen.reads(each)], items)
    this = next(each for each in listed if each.row.id == row.id)
    others = sorted((each for each in listed if each.row.id != row.id), key=_place)
    first = [each for each in others if each.number.relation is Relation.ORIGINAL]
    return Whole(
        this,
        first[0] if first else None,
        [each for each in others if each not in first],
        [each for each in await steps(db, row.id) if each.state in SHOWN],
    )


async def _at(db: Reading | Writing, seen: Sight, path: str) -> Document:
    """The same answer for a number that was never given and for one that is for others."""
    number = Number.read(path)
    if number is None:
        raise NotFound
    query = select(Document).where(
        Document.meeting_id == seen.meeting.id,
        Document.number == number.number,
        Document.relation == number.relation,
        Document.relation_number == number.place,
        col(Document.state).in_(SHOWN),
    )
    row = (await db.exec(query)).first()
    if row is None or not seen.reads(row):
        raise NotFound
    return row


async def steps(db: Reading | Writing, document_id: UUID) -> Sequence[DocumentStep]:
    query = select(DocumentStep).where(DocumentStep.document_id == document_id)
    return (await db.exec(query.order_by(col(DocumentStep.at), col(DocumentStep.id)))).all()


@dataclass(frozen=True, slots=True)
class Handed:
    """A file to be given out, and whether it is for everyone."""

    file: StoredFile
    public: bool


async def file_of(
    db: Reading | Writing,
    meeting: Meeting,
    path: str,
    language: str,
    reader: access.Whom,
    now: datetime,
) -> Handed:
    """The file of a document in a language, as it stands; of one that was withdrawn, none."""
    seen = await sight(db, meeting, reader, now)
    row = await _at(db, seen, path)
    if row.state is not DocumentState.POSTED:
        raise NotFound
    for each in (await versions(db, [row.id])).get(row.id, ()):
        if each.language == language:
            return Handed(each.file, rules.is_public(seen.edition, row.part))
    raise NotFound


# Found.


async def index(db: Writing, row: Document) -> None:
    """Have a document found by what it says now, by those who may read it and by nobody else."""
    await search.forget(db, Kind.DOCUMENT, row.id)
    if row.state is not DocumentState.POSTED:
        return
    meeting = await load(db, Meeting, row.meeting_id)
    public = rules.is_public(access.edition(meeting), row.part)
    place = Place(meeting.id, Audience.PUBLIC if public else Audience.MEMBERS)
    said = [Said(language, "", title) for language, title in sorted(row.titles.items())]
    said.append(Said("en", "", f"{written(meeting, row)} {row.source}"))
    said += [Said(each.language, each.file.text) for each in (await versions(db, [row.id]))[row.id]]
    await search.index_all(
        db, [Entry(Kind.DOCUMENT, row.id, place, row.posted_at or row.filed_at, said)]
    )


def _places(seen: Sight) -> list[Place]:
    """Where this reader may look in one meeting.

    The members' place only where they may read every part that is not for everyone: what an expert
    may read for one item is at its address, and is not searched.
    """
    found = [Place(seen.meeting.id, Audience.PUBLIC)]
    if all(seen.restricted.values()):
        found.append(Place(seen.meeting.id, Audience.MEMBERS))
    return found


async def _found(db: Reading | Writing, seen: Sight, said: str) -> set[UUID]:
    found = await search.find(db, said, _places(seen), kinds=[Kind.DOCUMENT], limit=MOST)
    return {each.key for each in found.hits}


def there() -> ColumnElement[bool]:
    """Whether a meeting has documents that somebody may read."""
    posted = select(Document.id).where(
        Document.meeting_id == Meeting.id, Document.state == DocumentState.POSTED
    )
    return posted.correlate(Meeting).exists()


async def places(
    db: Reading | Writing, meetings: Collection[UUID], reader: access.Whom, now: datetime
) -> list[Place]:
    """Where this reader may search for documents of these meetings at this moment."""
    if not meetings:
        return []
    held = (await db.exec(select(Meeting).where(col(Meeting.id).in_(meetings)))).all()
    seen = await sights(db, held, reader, now)
    return [place for each in held for place in _places(seen[each.id])]


@dataclass(frozen=True, slots=True)
class Found:
    """A document that says what was asked, and the place where it does."""

    meeting: Meeting
    listed: Listed
    excerpt: Sequence[Piece]
    language: str


async def of_hits(
    db: Reading | Writing, hits: Sequence[Hit], said: str, reader: access.Whom, now: datetime
) -> dict[UUID, Found]:
    """What was found, decided on once more, with the language version that says most of it."""
    keys = [each.key for each in hits if each.kind is Kind.DOCUMENT]
    if not keys:
        return {}
    rows = (await db.exec(select(Document).where(col(Document.id).in_(keys)))).all()
    by_meeting: dict[UUID, list[Document]] = defaultdict(list)
    for row in rows:
        by_meeting[row.meeting_id].append(row)
    held = (await db.exec(select(Meeting).where(col(Meeting.id).in_(by_meeting)))).all()
    marker, found = search.marker(said), dict[UUID, Found]()
    for seen in (await sights(db, held, reader, now)).values():
        meeting, theirs = seen.meeting, by_meeting[seen.meeting.id]
        may = [each for each in theirs if seen.reads(each)]
        for each in await _listed(db, seen, may, await _items(db, seen)):
            texts = [(legible(one.file.text), one.language) for one in each.versions]
            text, language = max(texts or [("", "en")], key=lambda pair: marker.often(*pair))
            found[each.row.id] = Found(meeting, each, marker.excerpt(text, language), language)
    return found


# By whoever filed it, and by the secretariat.


@dataclass(frozen=True, slots=True)
class Kept:
    """All of a document, with every version and step: for whoever filed it and the secretariat."""

    meeting: Meeting
    row: Document
    written: str
    versions: Sequence[Version]
    steps: Sequence[DocumentStep]
    item: AgendaItem | None
    base: Document | None
    secretariat: bool

    @property
    def current(self) -> Sequence[Version]:
        return [each for each in self.versions if each.text.replaced_at is None]

    @property
    def path(self) -> str:
        number = number_of(self.row)
        return number.path if number else ""


async def kept(
    db: Reading | Writing, document_id: UUID, by: Person, meeting: Meeting | None = None
) -> Kept:
    """All of a document; NotFound for anybody else, and where it is of another meeting."""
    row = await load(db, Document, document_id)
    if meeting is not None and row.meeting_id != meeting.id:
        raise NotFound
    meeting = meeting or await load(db, Meeting, row.meeting_id)
    serves = await access.is_secretariat(db, by, meeting.id)
    if not serves and row.person_id != by.id:
        raise NotFound
    return Kept(
        meeting,
        row,
        written(meeting, row),
        (await versions(db, [row.id], replaced=True)).get(row.id, ()),
        await steps(db, row.id),
        await db.get(AgendaItem, row.item_id) if row.item_id else None,
        await db.get(Document, row.base_id) if row.base_id else None,
        serves,
    )


async def file_kept(
    db: Reading | Writing, document_id: UUID, text_id: UUID, by: Person
) -> StoredFile:
    """A file of a document, replaced or not: for the secretariat; to who filed it, what stands."""
    held = await kept(db, document_id, by)
    for each in held.versions if held.secretariat else held.current:
        if each.text.id == text_id:
            return each.file
    raise NotFound


async def mine(db: Reading | Writing, by: Person) -> list[tuple[Document, Meeting]]:
    """What somebody filed, the newest first."""
    query = (
        select(Document, Meeting)
        .join(Meeting, col(Meeting.id) == col(Document.meeting_id))
        .where(Document.person_id == by.id)
        .order_by(col(Document.filed_at).desc(), col(Document.id))
    )
    return [(row, meeting) for row, meeting in await db.exec(query)]


async def for_secretariat(
    db: Reading | Writing, slug: str, by: Person
) -> tuple[Meeting, list[Document]]:
    """All documents of a meeting in any state, for its secretariat; NotFound for others."""
    meeting = await meetings.by_slug(db, slug)
    if not await access.is_secretariat(db, by, meeting.id):
        raise NotFound
    query = select(Document).where(Document.meeting_id == meeting.id)
    query = query.order_by(col(Document.number), col(Document.filed_at), col(Document.id))
    return meeting, list(await db.exec(query))
