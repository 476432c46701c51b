"""The register of a meeting's documents, each at its permanent address, and its files."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, BeforeValidator
from starlette.responses import HTMLResponse, StreamingResponse

from app.depends import HouseIn, Now, Reading, Whom
from app.downloads import handed_out
from app.i18n import Language, words
from app.i18n import named as language_name
from app.models import Document, DocumentStep, StoredFile
from app.pages.answers import lock
from app.pages.reader import Reader, ReaderIn
from app.pages.words import PARTS, Say, said
from app.policy.documents import (
    LANGUAGES,
    DocumentClass,
    Order,
    Wanted,
    title_in,
)
from app.policy.upload import FileKind
from app.services import access, documents, meetings, posting
from app.services.documents import Listed

router = APIRouter(prefix="/meetings/{slug}/documents")
KINDS: Final = {
    FileKind.PDF: "PDF",
    FileKind.DOCX: "DOCX",
    FileKind.ODT: "ODT",
    FileKind.TXT: "TXT",
}
ORDERS: Final = {
    Order.NUMBER: words("by number"),
    Order.POSTED: words("by the date posted"),
    Order.CLASS: words("by class"),
    Order.TITLE: words("by title"),
}
LOCKED: Final = words("Not for everyone, because it is filed under this part: %(part)s")
FIELDS: Final = {
    "titles": words("title"),
    "document_class": words("class"),
    "source": words("source"),
    "item_id": words("agenda item"),
    "part": words("who may read it"),
    "part_why": words("why its readers are others than those of its item"),
    "language": words("a language version"),
}


def _or_none(value: object) -> object:
    """A browser sends an empty text for a filter that is not set."""
    return value or None


class Asked(BaseModel):
    """The filters of a register, as its form sends them."""

    q: Annotated[str, Query(max_length=500)] = ""
    document_class: Annotated[DocumentClass | None, BeforeValidator(_or_none)] = None
    item: Annotated[int | None, BeforeValidator(_or_none)] = None
    language: Annotated[str, Query(max_length=8)] = ""
    order: Order = Order.NUMBER
    descending: bool = False

    def value(self) -> Wanted:
        return Wanted(
            self.document_class, self.item, self.language, self.q, self.order, self.descending
        )


@dataclass(frozen=True, slots=True)
class Spelled:
    """What templates need to put the values of a document into words."""

    say: Say
    language: Language

    def title(self, each: Listed) -> tuple[str, str]:
        return each.title(self.language.value)

    def title_of(self, row: Document) -> tuple[str, str]:
        return title_in(row.titles, self.language.value)

    def lock(self, each: Listed) -> str:
        return self.say(LOCKED) % {"part": self.say(PARTS[each.row.part])}

    def tongue(self, language: str) -> str:
        return language_name(language)

    def kind(self, file: StoredFile) -> str:
        return KINDS[FileKind(file.media_type)]

    def size(self, file: StoredFile) -> str:
        return f"{max(1, round(file.size / 1000))} kB"

    def step(self, each: DocumentStep) -> str:
        """What a step was: filed, posted, returned, withdrawn, or a change, and in what."""
        if not each.before:
            return said(each.state, self.say)
        changed = [self.say(FIELDS[name]) for name in sorted(each.before) if name in FIELDS]
        return self.say(CHANGED) % {"what": ", ".join(changed)}


CHANGED: Final = words("Changed: %(what)s")


def spelled_by(reader: Reader) -> Spelled:
    """For the pages of one reader."""
    return Spelled(reader.say, reader.language)


@router.get("", name="documents")
async def listed(
    slug: str, reader: ReaderIn, db: Reading, asked: Annotated[Asked, Query()]
) -> HTMLResponse:
    """The documents that the reader may read; nothing else is listed, and nothing else counted."""
    meeting = await meetings.by_slug(db, slug)
    wanted = asked.value()
    found = await documents.listing(db, meeting, reader.whom, reader.now, wanted)
    files = reader.me and await posting.may_file_somewhere(db, meeting, reader.me, reader.now)
    return reader.page(
        "portal/documents.html",
        meeting=meeting,
        asked=asked,
        narrows=wanted.narrows,
        found=found,
        paper=spelled_by(reader),
        locks=[
            (reader.say(PARTS[part]), lock(decision, reader.language))
            for part, decision in found.sight.restricted.items()
            if not decision
        ],
        classes=[(each.value, said(each, reader.say)) for each in DocumentClass],
        orders=[(each.value, reader.say(name)) for each, name in ORDERS.items()],
        items=[(each.number, f"{each.number}. {each.title}") for each in found.items],
        contributes=bool(files),
        secretariat=await access.is_secretariat(db, reader.me, meeting.id),
        tongues=[(each, language_name(each)) for each in sorted(LANGUAGES)],
    )


@router.get("/{document_number}", name="document")
async def show(slug: str, document_number: str, reader: ReaderIn, db: Reading) -> HTMLResponse:
    """One document with its files, relations and history; 404 for whoever may not know of it."""
    meeting = await meetings.by_slug(db, slug)
    found = await documents.one(db, meeting, document_number, reader.whom, reader.now)
    return reader.page(
        "portal/document.html",
        meeting=meeting,
        found=found,
        each=found.listed,
        paper=spelled_by(reader),
        part=reader.say(PARTS[found.listed.row.part]),
        secretariat=await access.is_secretariat(db, reader.me, meeting.id),
    )


@router.get("/{document_number}/files/{language}")
async def file(
    slug: str, document_number: str, language: str, whom: Whom, at: HouseIn, now: Now, db: Reading
) -> StreamingResponse:
    """The file in a language, as it stands now."""
    meeting = await meetings.by_slug(db, slug)
    found = await documents.file_of(db, meeting, document_number, language, whom, now)
    return handed_out(found.file, await at.files.get(found.file))
