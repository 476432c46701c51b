"""Filing a contribution without script, what becomes of it, and filing it again."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from app import reasons
from app.database import Reading as Db
from app.depends import HouseIn, Me, Reading, me, own_form
from app.downloads import handed_out
from app.errors import Conflict, Malformed, Refused
from app.i18n import named as language_name
from app.i18n import words
from app.models import Meeting, Person, StoredFile
from app.pages.answers import answer
from app.pages.portal.cases import venue
from app.pages.portal.documents import spelled_by
from app.pages.reader import Reader, ReaderIn
from app.pages.words import PARTS, problem, said
from app.policy.documents import (
    BEING_PREPARED,
    LANGUAGES,
    DocumentClass,
    DocumentReason,
    Paper,
    Relation,
    default_part,
)
from app.policy.parts import Part
from app.policy.refusal import No
from app.policy.text import TextFault
from app.policy.upload import LARGEST
from app.services import access, documents, meetings, posting
from app.services.documents import Kept

router = APIRouter()
OWN_FORM = [Depends(me), Depends(own_form)]  # who is not signed in has no file read
MOST: Final = 4000
NOTED: Final[Mapping[str, str]] = {
    "filed": words("We have received your document"),
    "again": words("We have received the new file"),
}


# What forms of documents share, here and at the desk.


@dataclass(frozen=True, slots=True)
class Sent:
    """A form with a file as it was sent: what was typed is kept, a file has to be chosen again."""

    typed: Mapping[str, str]
    file: UploadFile | None
    came_at: datetime

    def get(self, name: str) -> str:
        return self.typed.get(name, "")

    def paper(self) -> Paper:
        """The document that it means; what is none of a list is refused by the rule, as a blank."""
        language = self.get("language")
        titles = {tag: self.get(f"title-{tag}") for tag in LANGUAGES}
        if title := self.get("title"):
            titles[language] = title
        kind, part = self.get("document_class"), self.get("part")
        relation, item = self.get("relation"), self.get("item")
        return Paper(
            titles={tag: said for tag, said in titles.items() if said.strip()},
            document_class=_class_of(kind),
            source=self.get("source"),
            item=int(item) if item.isascii() and item.isdecimal() and len(item) < 6 else None,  # noqa: PLR2004 - digits of a number of ours
            part=Part(part) if part in set(Part) else None,
            part_why=self.get("part_why"),
            relation=Relation(relation) if relation in set(Relation) else Relation.ORIGINAL,
            base=self.get("base"),
        )


def _class_of(kind: str) -> DocumentClass:
    return DocumentClass(kind) if kind in set(DocumentClass) else DocumentClass.CONTRIBUTION


async def sent_of(request: Request) -> AsyncGenerator[Sent]:
    """The form, and when all of it had come: that is what a deadline is asked of."""
    form: FormData = await request.form()
    came_at = datetime.now(UTC)
    typed = {name: said[:MOST] for name, said in form.multi_items() if isinstance(said, str)}
    file = form.get("file")
    try:
        found = file if isinstance(file, UploadFile) and file.filename else None
        yield Sent(typed, found, came_at)
    finally:
        await request.close()  # and with it whatever file came


SentIn = Annotated[Sent, Depends(sent_of, scope="function")]


async def taken(sent: Sent, reader: Reader, by: Person) -> tuple[bytes, StoredFile]:
    """The file of a form, opened and kept; Malformed where there is none."""
    if sent.file is None:
        raise Malformed(file=TextFault.MISSING)
    at = reader.house
    await at.rates.take(at.settings.files_per_person, "file", str(by.id))
    data = await sent.file.read(LARGEST + 1)
    return data, await at.files.take(sent.file.filename or "", data, by=by, now=sent.came_at)


def told(refused: Malformed, reader: Reader) -> dict[str, str]:
    """Sentences by field; a title has one field, whatever its language."""
    faults = {
        "title" if name.startswith("title-") else name: fault
        for name, fault in refused.faults.items()
    }
    return {name: problem(name, fault, reader.say) for name, fault in faults.items()}


def stopped(refused: Conflict | Refused[object], reader: Reader) -> str:
    """Why it does not go on, where the answer is a reason of documents."""
    match refused:
        case Conflict(reason=DocumentReason() as reason):
            return reasons.said(reason, reader.say)
        case Refused(decision=No(reason=DocumentReason() as reason)):
            return reasons.said(reason, reader.say)
        case _:
            raise refused


# Filing.


@router.get("/meetings/{slug}/contribute", name="contribute")
async def start(slug: str, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    """The form; to whom the rule does not name, why not, with the clause."""
    return await _page(reader, db, me, await meetings.by_slug(db, slug))


@router.post("/meetings/{slug}/contribute", dependencies=OWN_FORM)
async def file(slug: str, sent: SentIn, reader: ReaderIn, me: Me) -> Response:
    """File it, and go to where its state is told; errors keep what was typed."""
    at = reader.house
    try:
        async with at.database.reading() as view:
            await posting.or_refuse(view, slug, me, sent.came_at)
        data, stored = await taken(sent, reader, me)
        async with at.database.writing() as db:
            row = await posting.file(
                db, slug, sent.paper(), sent.get("language"), stored, by=me, now=sent.came_at
            )
        await at.files.store.put(data)  # where it was swept away before the row had its name
    except Malformed as refused:
        return await _again(reader, slug, me, sent, errors=told(refused, reader))
    except Refused as refused:
        return await _again(reader, slug, me, sent, stop=stopped(refused, reader))
    return RedirectResponse(f"/documents/{row.id}?noted=filed", 303)


async def _again(
    reader: Reader,
    slug: str,
    me: Person,
    sent: Sent,
    errors: Mapping[str, str] | None = None,
    stop: str = "",
) -> HTMLResponse:
    async with reader.house.database.reading() as db:
        meeting = await meetings.by_slug(db, slug)
        return await _page(reader, db, me, meeting, sent.typed, errors, stop)


async def _page(
    reader: Reader,
    db: Db,
    me: Person,
    meeting: Meeting,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    stop: str = "",
) -> HTMLResponse:
    may = await posting.may_file_somewhere(db, meeting, me, reader.now)
    edition = access.edition(meeting)
    found = await documents.listing(db, meeting, me, reader.now)
    parts = [
        each for each in edition.parts if await posting.may_file(db, meeting, me, reader.now, each)
    ]
    due = [each for each in found.deadlines if each.document_class is DocumentClass.CONTRIBUTION]
    return reader.page(
        "portal/contribute.html",
        422 if errors else 403 if stop or not may else 200,
        meeting=meeting,
        venue=partial(venue, meeting),
        may=answer(may, reader.language),
        typed=typed or {"language": reader.language.value},
        errors=errors or {},
        stop=stop,
        due=due[0] if due else None,
        late=bool(due) and reader.now >= due[0].at,
        items=[(each.number, f"{each.number}. {each.title}") for each in found.items],
        default=reader.say(PARTS[default_part(edition)]),
        parts=[(each.value, reader.say(PARTS[each])) for each in parts],
        bases=_bases(found, reader),
        relations=[(each.value, said(each, reader.say)) for each in Relation],
        tongues=tongues(),
        mine=[(row, there) for row, there in await documents.mine(db, me) if there == meeting],
        paper=spelled_by(reader),
    )


def tongues() -> list[tuple[str, str]]:
    """The languages of documents, each by its own name."""
    return [(each, language_name(each)) for each in sorted(LANGUAGES)]


def _bases(found: documents.Register, reader: Reader) -> list[tuple[str, str]]:
    """What may be revised or added to, of what the person may read."""
    return [
        (each.path, f"{each.written} {each.title(reader.language.value)[0]}")
        for each in found.rows
        if each.number.relation is Relation.ORIGINAL
        and not each.withdrawn
        and each.row.document_class is DocumentClass.CONTRIBUTION
    ]


# What becomes of it.


@router.get("/documents/{document_id}", name="own-document")
async def show(
    document_id: UUID,
    reader: ReaderIn,
    me: Me,
    db: Reading,
    noted: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """The acknowledgement: that it came, when, with which digest, where it is and what is next."""
    return _seen(reader, await documents.kept(db, document_id, me), noted=noted)


def _seen(
    reader: Reader,
    found: Kept,
    *,
    noted: str = "",
    errors: Mapping[str, str] | None = None,
    stop: str = "",
    typed: Mapping[str, str] | None = None,
) -> HTMLResponse:
    return reader.page(
        "portal/document_filed.html",
        409 if stop else 422 if errors else 200,
        found=found,
        row=found.row,
        meeting=found.meeting,
        city=venue(found.meeting),
        paper=spelled_by(reader),
        part=reader.say(PARTS[found.row.part]),
        noted=reader.say(NOTED[noted]) if noted in NOTED else "",
        errors=errors or {},
        stop=stop,
        typed=typed or {},
        open=found.row.state in BEING_PREPARED,
        tongues=tongues(),
    )


@router.post("/documents/{document_id}", dependencies=OWN_FORM)
async def change(document_id: UUID, sent: SentIn, reader: ReaderIn, me: Me) -> Response:
    """Put another file or language to it, or take it back, until it is posted."""
    at = reader.house
    errors: Mapping[str, str] = {}
    stop = ""
    try:
        if sent.get("do") == "withdraw":
            async with at.database.writing() as db:
                await posting.withdraw(db, document_id, sent.get("why"), by=me, now=sent.came_at)
            return RedirectResponse(f"/documents/{document_id}", 303)
        async with at.database.reading() as view:
            await posting.or_not_theirs(view, document_id, me)
        data, stored = await taken(sent, reader, me)
        language, title = sent.get("language"), sent.get("title")
        async with at.database.writing() as db:
            await posting.add_text(
                db, document_id, language, title, stored, by=me, now=sent.came_at
            )
        await at.files.store.put(data)
    except Malformed as refused:
        errors = told(refused, reader)
    except Conflict as refused:
        stop = stopped(refused, reader)
    if not errors and not stop:
        return RedirectResponse(f"/documents/{document_id}?noted=again", 303)
    async with at.database.reading() as view:
        found = await documents.kept(view, document_id, me)
        return _seen(reader, found, errors=errors, stop=stop, typed=sent.typed)


@router.get("/documents/{document_id}/files/{text_id}")
async def own_file(
    document_id: UUID, text_id: UUID, me: Me, at: HouseIn, db: Reading
) -> StreamingResponse:
    """A file that one filed, as it stands; the secretariat has those that were replaced, too."""
    found = await documents.file_kept(db, document_id, text_id, me)
    return handed_out(found, await at.files.get(found))
