"""The register of documents of a meeting: read, filed, posted; each reader gets what is theirs."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response, status
from fastapi.responses import StreamingResponse
from pydantic import Field, StringConstraints

from app import depends
from app.depends import House, HouseIn, Me, Now, Reading, Whom, Writing, words_of
from app.downloads import handed_out
from app.explain import explain
from app.models import Document, DocumentDeadline, DocumentStep, Person, StoredFile
from app.policy.documents import (
    DocumentClass,
    DocumentState,
    Order,
    Paper,
    Relation,
    Wanted,
)
from app.policy.parts import Part
from app.protocol.messages import Explanation
from app.routers.conventions import SeenIn, file_body, tag
from app.routers.schemas import In, Moment, OneOf, Out, Text
from app.services import documents, meetings, posting
from app.services.documents import Kept, Listed, Register, Version

router = APIRouter(prefix="/api/v1", tags=["documents"], dependencies=[Depends(depends.same_site)])
MEETING = "/meetings/{slug}/documents"
ONE = "/documents/{document_id}"
Titles = dict[Annotated[str, StringConstraints(max_length=8)], Text]


class VersionOut(Out):
    """A document in one language; the address gives the file that stands now."""

    language: str
    name: str
    media_type: str
    size: int
    sha256: str
    posted_at: datetime

    @classmethod
    def of(cls, each: Version) -> Self:
        file = each.file
        return cls(
            language=each.language,
            name=file.name,
            media_type=file.media_type,
            size=file.size,
            sha256=file.sha256,
            posted_at=each.text.at,
        )


class DocumentOut(Out):
    """A document on the register; ``public`` says that everyone may read it.

    ``item`` is the number of its agenda item, where this reader may read that.
    """

    number: str
    written: str
    address: str
    document_class: DocumentClass
    relation: Relation
    state: DocumentState
    titles: dict[str, str]
    source: str
    part: Part
    part_why: str
    public: bool
    item: int | None
    late: bool
    posted_at: datetime | None
    versions: list[VersionOut]

    @classmethod
    def of(cls, slug: str, each: Listed) -> Self:
        row = each.row
        return cls(
            number=each.path,
            written=each.written,
            address=f"/meetings/{slug}/documents/{each.path}",
            document_class=row.document_class,
            relation=row.relation,
            state=row.state,
            titles=row.titles,
            source=row.source,
            part=row.part,
            part_why=row.part_why,
            public=each.public,
            item=each.item.number if each.item else None,
            late=row.late,
            posted_at=row.posted_at,
            versions=[VersionOut.of(one) for one in each.versions],
        )


class RestrictedOut(Out):
    """Whether one may read the documents of a part that is not for everyone, and why."""

    part: Part
    decision: Explanation


class DeadlineOut(Out):
    document_class: DocumentClass
    at: datetime
    time_zone: str

    @classmethod
    def of(cls, each: DocumentDeadline) -> Self:
        return cls(document_class=each.document_class, at=each.at, time_zone=each.time_zone)


class RegisterOut(Out):
    """What this reader may read; ``total`` counts that and nothing else.

    ``restricted`` says of the parts that are not for everyone whether one may read their documents,
    whether or not there are any.
    """

    symbol: str
    documents: list[DocumentOut]
    total: int
    restricted: list[RestrictedOut]
    deadlines: list[DeadlineOut]


class StepOut(Out):
    """A step of a document; what a member of the public reads of it is when, what and why."""

    at: datetime
    state: DocumentState
    why: str
    changed: list[str]

    @classmethod
    def of(cls, each: DocumentStep) -> Self:
        return cls(at=each.at, state=each.state, why=each.why, changed=sorted(each.before))


class WholeOut(DocumentOut):
    base: str | None
    related: list[str]
    steps: list[StepOut]


class TextOut(VersionOut):
    id: UUID
    replaced_at: datetime | None


class KeptOut(Out):
    """All of a document, for whoever filed it and the secretariat; ``revision`` is its ETag."""

    id: UUID
    meeting: str
    written: str
    number: str
    document_class: DocumentClass
    relation: Relation
    state: DocumentState
    titles: dict[str, str]
    source: str
    part: Part
    part_why: str
    item: int | None
    late: bool
    filed_at: datetime
    posted_at: datetime | None
    revision: int
    texts: list[TextOut]
    steps: list[StepOut]


class RowOut(Out):
    id: UUID
    meeting: str
    written: str
    titles: dict[str, str]
    state: DocumentState
    late: bool
    filed_at: datetime


# Read.


@router.get(MEETING)
async def listed(
    slug: str,
    request: Request,
    whom: Whom,
    now: Now,
    db: Reading,
    document_class: DocumentClass | None = None,
    item: Annotated[int | None, Query(ge=1, le=10_000)] = None,
    language: Annotated[str, Query(max_length=8)] = "",
    q: Annotated[str, Query(max_length=500)] = "",
    order: Order = Order.NUMBER,
    descending: bool = False,  # noqa: FBT001, FBT002 - a query parameter
) -> RegisterOut:
    """The documents of a meeting that one may read: filtered, searched and sorted."""
    meeting = await meetings.by_slug(db, slug)
    wanted = Wanted(document_class, item, language, q, order, descending)
    found = await documents.listing(db, meeting, whom, now, wanted)
    return _register(found, request)


def _register(found: Register, request: Request) -> RegisterOut:
    meeting, say = found.sight.meeting, words_of(request)
    return RegisterOut(
        symbol=documents.symbol(meeting),
        documents=[DocumentOut.of(meeting.slug, each) for each in found.rows],
        total=found.total,
        restricted=[
            RestrictedOut(part=part, decision=explain(decision, say))
            for part, decision in found.sight.restricted.items()
        ],
        deadlines=[DeadlineOut.of(each) for each in found.deadlines],
    )


@router.get(f"{MEETING}/{{document_number}}")
async def show(slug: str, document_number: str, whom: Whom, now: Now, db: Reading) -> WholeOut:
    """One document; 404 where one may not know of it, as for a number that was never given."""
    meeting = await meetings.by_slug(db, slug)
    found = await documents.one(db, meeting, document_number, whom, now)
    return WholeOut(
        **dict(DocumentOut.of(meeting.slug, found.listed)),
        base=found.base.path if found.base else None,
        related=[each.path for each in found.related],
        steps=[StepOut.of(each) for each in found.steps],
    )


@router.get(f"{MEETING}/{{document_number}}/files/{{language}}", response_class=StreamingResponse)
async def file(
    slug: str,
    document_number: str,
    language: str,
    whom: Whom,
    at: HouseIn,
    now: Now,
    db: Reading,
) -> StreamingResponse:
    """The file of a document in a language, as it stands; its SHA-256 is in ``Repr-Digest``."""
    meeting = await meetings.by_slug(db, slug)
    found = await documents.file_of(db, meeting, document_number, language, whom, now)
    return handed_out(found.file, await at.files.get(found.file))


# Filed.


@dataclass(frozen=True, slots=True)
class Filed:
    """What is said of the file that is the body of a request."""

    name: str
    language: str
    paper: Paper


async def filed(
    name: Annotated[str, Query(max_length=300, description="of the file")],
    title: Annotated[str, Query(max_length=400)],
    language: Annotated[str, Query(max_length=8)],
    document_class: DocumentClass = DocumentClass.CONTRIBUTION,
    source: Annotated[str, Query(max_length=300)] = "",
    item: Annotated[int | None, Query(ge=1, le=10_000)] = None,
    part: Part | None = None,
    part_why: Annotated[str, Query(max_length=1000)] = "",
    relation: Relation = Relation.ORIGINAL,
    base: Annotated[str, Query(max_length=20, description="its number")] = "",
) -> Filed:
    titles = {language: title}
    paper = Paper(titles, document_class, source, item, part, part_why, relation, base)
    return Filed(name, language, paper)


FiledIn = Annotated[Filed, Depends(filed)]


@router.post("/meetings/{slug}/contributions", status_code=status.HTTP_201_CREATED)
async def contribute(
    slug: str, sent: FiledIn, request: Request, response: Response, me: Me, at: HouseIn
) -> KeptOut:
    """File a contribution; the body is the file: PDF, DOCX, ODT or TXT, at most 10 MB.

    For Member States and Sector Members (MS/SM 2). Its class and its source are what they are; a
    late one is taken, and marked.
    """
    async with at.database.reading() as db:
        await posting.or_refuse(db, slug, me, datetime.now(UTC))
    data, stored, came_at = await _taken(request, sent.name, at, me)
    async with at.database.writing() as db:
        row = await posting.file(db, slug, sent.paper, sent.language, stored, by=me, now=came_at)
        made = _tagged(await documents.kept(db, row.id, me), response)
    await at.files.store.put(data)  # where it was swept away before the row had its name
    return made


async def _taken(
    request: Request, name: str, at: House, by: Person
) -> tuple[bytes, StoredFile, datetime]:
    """The body, opened and kept, and when all of it had come: that is what a deadline asks."""
    await at.rates.take(at.settings.files_per_person, "file", str(by.id))
    data = await file_body(request)
    came_at = datetime.now(UTC)
    return data, await at.files.take(name, data, by=by, now=came_at), came_at


@router.post(MEETING, status_code=status.HTTP_201_CREATED)
async def enter(
    slug: str, sent: FiledIn, request: Request, response: Response, me: Me, at: HouseIn
) -> KeptOut:
    """Enter a document of any class, for the secretariat of the meeting; the body is the file."""
    async with at.database.reading() as db:
        await posting.or_not_the_secretariat(db, await meetings.by_slug(db, slug), me)
    data, stored, came_at = await _taken(request, sent.name, at, me)
    async with at.database.writing() as db:
        row = await posting.enter(db, slug, sent.paper, sent.language, stored, by=me, now=came_at)
        made = _tagged(await documents.kept(db, row.id, me), response)
    await at.files.store.put(data)
    return made


@router.get("/documents")
async def mine(me: Me, db: Reading) -> list[RowOut]:
    """What one has filed, the newest first."""
    return [
        RowOut(
            id=row.id,
            meeting=meeting.slug,
            written=documents.written(meeting, row),
            titles=row.titles,
            state=row.state,
            late=row.late,
            filed_at=row.filed_at,
        )
        for row, meeting in await documents.mine(db, me)
    ]


@router.get(ONE)
async def own(document_id: UUID, me: Me, db: Reading, response: Response) -> KeptOut:
    """All of a document, for whoever filed it and the secretariat."""
    return _tagged(await documents.kept(db, document_id, me), response)


@router.put(f"{ONE}/texts/{{language}}")
async def put_text(
    document_id: UUID,
    language: str,
    name: Annotated[str, Query(max_length=300, description="of the file")],
    request: Request,
    response: Response,
    me: Me,
    at: HouseIn,
    title: Annotated[str, Query(max_length=400)] = "",
    why: Annotated[str, Query(max_length=1000)] = "",
) -> KeptOut:
    """Put a language version to a document, in the place of one that is there.

    Whoever filed it may until it is posted; to one that was returned it is filed again. The
    secretariat may, with a reason where it replaces what was given out.
    """
    async with at.database.reading() as db:
        await posting.or_not_theirs(db, document_id, me)
    data, stored, came_at = await _taken(request, name, at, me)
    async with at.database.writing() as db:
        await posting.add_text(
            db, document_id, language, title, stored, why=why, by=me, now=came_at
        )
        made = _tagged(await documents.kept(db, document_id, me), response)
    await at.files.store.put(data)
    return made


@router.get(f"{ONE}/texts/{{text_id}}", response_class=StreamingResponse)
async def text(
    document_id: UUID, text_id: UUID, me: Me, at: HouseIn, db: Reading
) -> StreamingResponse:
    """A file of a document; one that was replaced is for the secretariat alone."""
    found = await documents.file_kept(db, document_id, text_id, me)
    return handed_out(found, await at.files.get(found))


# By the secretariat.


class EditIn(In):
    """What the register is to say of a document; part null where the agenda says it."""

    titles: Titles = Field(max_length=6)
    document_class: Annotated[DocumentClass, OneOf]
    source: Text
    item: int | None = Field(default=None, ge=1, le=10_000)
    part: Annotated[Part | None, OneOf] = None
    part_why: Text = ""
    why: Text = ""
    revision: int | None = Field(default=None, ge=0, le=2_000_000_000)

    def value(self) -> Paper:
        return Paper(
            self.titles, self.document_class, self.source, self.item, self.part, self.part_why
        )


class StepIn(In):
    """The revision that was looked at, where it is not said in ``If-Match``."""

    revision: int | None = Field(default=None, ge=0, le=2_000_000_000)


class WhyIn(StepIn):
    why: Text


class DeadlineIn(In):
    """The instant from which on they are late, and the zone in which it was stated."""

    at: Moment
    time_zone: Text


class SymbolIn(In):
    symbol: Text


class SymbolOut(Out):
    symbol: str


@router.put(ONE)
async def edit(
    document_id: UUID,
    sent: EditIn,
    me: Me,
    now: Now,
    db: Writing,
    seen: SeenIn,
    response: Response,
) -> KeptOut:
    """Correct what the register says of it; of what was posted, with a reason."""
    before = await documents.kept(db, document_id, me)
    revision = seen.version(before.row.revision, sent.revision)
    await posting.edit(db, document_id, sent.value(), revision, sent.why, by=me, now=now)
    return _tagged(await documents.kept(db, document_id, me), response)


@router.post(f"{ONE}/post")
async def post(
    document_id: UUID,
    me: Me,
    now: Now,
    db: Writing,
    seen: SeenIn,
    response: Response,
    sent: StepIn | None = None,
) -> KeptOut:
    """Put it on the register under the next number, which is never given again."""
    before = await documents.kept(db, document_id, me)
    revision = seen.version(before.row.revision, sent.revision if sent else None)
    await posting.post(db, document_id, revision, by=me, now=now)
    return _tagged(await documents.kept(db, document_id, me), response)


@router.post(f"{ONE}/return")
async def give_back(
    document_id: UUID, sent: WhyIn, me: Me, now: Now, db: Writing, response: Response
) -> KeptOut:
    """Return it to whoever filed it, and say why."""
    await posting.give_back(db, document_id, sent.why, sent.revision, by=me, now=now)
    return _tagged(await documents.kept(db, document_id, me), response)


@router.post(f"{ONE}/withdraw")
async def withdraw(
    document_id: UUID, sent: WhyIn, me: Me, now: Now, db: Writing, response: Response
) -> KeptOut:
    """Take it back: its number stays, with the reason. Once posted, for the secretariat."""
    await posting.withdraw(db, document_id, sent.why, sent.revision, by=me, now=now)
    return _tagged(await documents.kept(db, document_id, me), response)


@router.put("/meetings/{slug}/document-deadlines/{document_class}")
async def set_deadline(
    slug: str, document_class: DocumentClass, sent: DeadlineIn, me: Me, now: Now, db: Writing
) -> DeadlineOut:
    """State until when documents of a class are on time, for the secretariat of the meeting."""
    made = await posting.set_deadline(
        db, slug, document_class, sent.at, sent.time_zone, by=me, now=now
    )
    return DeadlineOut.of(made)


@router.put("/meetings/{slug}/symbol")
async def set_symbol(slug: str, sent: SymbolIn, me: Me, now: Now, db: Writing) -> SymbolOut:
    """What stands before the numbers of a meeting's documents, until the first is posted."""
    return SymbolOut(
        symbol=(await posting.set_symbol(db, slug, sent.symbol, by=me, now=now)).symbol
    )


def _tagged(found: Kept, response: Response) -> KeptOut:
    response.headers["ETag"] = tag(found.row.revision)
    row = found.row
    return KeptOut(
        meeting=found.meeting.slug,
        written=found.written,
        number=found.path,
        item=found.item.number if found.item else None,
        texts=[
            TextOut(**dict(VersionOut.of(each)), id=each.text.id, replaced_at=each.text.replaced_at)
            for each in found.versions
        ],
        steps=[StepOut.of(each) for each in found.steps],
        **row.model_dump(include=PLAIN),
    )


PLAIN: Final = set(KeptOut.model_fields) & set(Document.model_fields) - {"number"}
