"""The secretariat's desk of the register: what waits, what is posted, deadlines and the symbol."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.database import Reading as Db
from app.database import Writing
from app.depends import Me, Reading, me, own_form
from app.errors import Conflict, Malformed, NotFound, Refused
from app.i18n import words
from app.models import DocumentDeadline, Meeting, Person
from app.pages.portal.cases import venue
from app.pages.portal.contribute import Sent, SentIn, stopped, taken, told, tongues
from app.pages.portal.documents import spelled_by
from app.pages.reader import Reader, ReaderIn
from app.pages.words import PARTS, said
from app.policy.consultation import stated
from app.policy.documents import (
    BEING_PREPARED,
    DocumentClass,
    DocumentFault,
    DocumentState,
    Relation,
    default_part,
)
from app.policy.meeting import known_zone
from app.policy.people import Function
from app.policy.text import number_of
from app.services import access, documents, meetings, posting
from app.services.documents import Kept

router = APIRouter(prefix="/desk/documents/{slug}")
OWN_FORM = [Depends(me), Depends(own_form)]
NOTED: Final[Mapping[str, str]] = {
    "entered": words("The document waits to be posted"),
    "posted": words("It is on the register"),
    "returned": words("It was returned, with the reason"),
    "withdrawn": words("It was withdrawn; its number is not given again"),
    "changed": words("The register was corrected"),
    "text": words("The file is given out from now on"),
    "deadline": words("The deadline was set"),
    "symbol": words("The symbol was set"),
}
Noted = Annotated[str, Query(max_length=20)]


@router.get("", name="desk-documents")
async def listed(
    slug: str, reader: ReaderIn, me: Me, db: Reading, noted: Noted = ""
) -> HTMLResponse:
    """What waits, what was posted, and the forms of the register."""
    return await _page(reader, db, me, slug, noted=noted)


@router.post("", dependencies=OWN_FORM)
async def act(slug: str, sent: SentIn, reader: ReaderIn, me: Me) -> Response:
    """Enter a document, set a deadline or the symbol; errors keep what was typed."""
    errors: Mapping[str, str] = {}
    stop = ""
    try:
        return RedirectResponse(await _done(reader, me, slug, sent), 303)
    except Malformed as refused:
        errors = told(refused, reader)
    except (Conflict, Refused) as refused:
        stop = stopped(refused, reader)
    async with reader.house.database.reading() as view:
        return await _page(reader, view, me, slug, sent=sent, errors=errors, stop=stop)


async def _done(reader: Reader, me: Person, slug: str, sent: Sent) -> str:
    """Do what was asked; where to go then."""
    at, here, now = reader.house, f"/desk/documents/{slug}", reader.now
    async with at.database.reading() as view:
        await posting.or_not_the_secretariat(view, await meetings.by_slug(view, slug), me)
    match sent.get("do"):
        case "symbol":
            async with at.database.writing() as db:
                await posting.set_symbol(db, slug, sent.get("symbol"), by=me, now=now)
            return f"{here}?noted=symbol"
        case "deadline":
            async with at.database.writing() as db:
                await _set_deadline(db, slug, sent, reader, me)
            return f"{here}?noted=deadline#deadlines"
        case _:
            data, stored = await taken(sent, reader, me)
            language = sent.get("language")
            async with at.database.writing() as db:
                row = await posting.enter(
                    db, slug, sent.paper(), language, stored, by=me, now=sent.came_at
                )
            await at.files.store.put(data)
            return f"{here}/{row.id}?noted=entered"


async def _set_deadline(
    db: Writing, slug: str, sent: Sent, reader: Reader, me: Person
) -> DocumentDeadline:
    zone, kind = sent.get("time_zone").strip(), sent.get("of")
    if not known_zone(zone):
        raise Malformed(time_zone=DocumentFault.ZONE)
    due = stated(sent.get("at"), zone)
    if due is None:
        raise Malformed(at=DocumentFault.TIME)
    if kind not in set(DocumentClass):
        raise Malformed(of=DocumentFault.CHOICE)
    return await posting.set_deadline(
        db, slug, DocumentClass(kind), due, zone, by=me, now=reader.now
    )


async def _page(
    reader: Reader,
    db: Db,
    me: Person,
    slug: str,
    *,
    sent: Sent | None = None,
    errors: Mapping[str, str] | None = None,
    stop: str = "",
    noted: str = "",
) -> HTMLResponse:
    meeting, rows = await documents.for_secretariat(db, slug, me)
    found = await documents.listing(db, meeting, me, reader.now)
    return reader.page(
        "desk/documents.html",
        409 if stop else 422 if errors else 200,
        meeting=meeting,
        waiting=[each for each in rows if each.state in BEING_PREPARED],
        posted=[each for each in rows if each.number],
        gone=[each for each in rows if each.state is DocumentState.WITHDRAWN and not each.number],
        written=lambda row: documents.written(meeting, row),
        symbol=documents.symbol(meeting),
        settled=any(each.number for each in rows),
        deadlines=found.deadlines,
        walls={
            each.id: each.at.astimezone(ZoneInfo(each.time_zone)).strftime("%Y-%m-%dT%H:%M")
            for each in found.deadlines
        },
        typed=sent.typed if sent and (errors or stop) else {},
        did=sent.get("do") if sent else "",
        errors=errors or {},
        stop=stop,
        noted=reader.say(NOTED[noted]) if noted in NOTED else "",
        **_choices(reader, meeting, found),
    )


def _choices(reader: Reader, meeting: Meeting, found: documents.Register) -> dict[str, object]:
    """What the forms of the desk choose from, in words."""
    edition = access.edition(meeting)
    return {
        "paper": spelled_by(reader),
        "classes": [(each.value, said(each, reader.say)) for each in DocumentClass],
        "items": [(each.number, f"{each.number}. {each.title}") for each in found.items],
        "parts": [(each.value, reader.say(PARTS[each])) for each in edition.parts],
        "default": reader.say(PARTS[default_part(edition)]),
        "relations": [(each.value, said(each, reader.say)) for each in Relation],
        "bases": [
            (each.path, f"{each.written} {each.title(reader.language.value)[0]}")
            for each in found.rows
            if each.number.relation is Relation.ORIGINAL and not each.withdrawn
        ],
        "tongues": tongues(),
    }


# One document.


@router.get("/{document_id}", name="desk-document")
async def show(
    slug: str, document_id: UUID, reader: ReaderIn, me: Me, db: Reading, noted: Noted = ""
) -> HTMLResponse:
    """All of a document, with every version and step."""
    return await _one(reader, db, me, slug, document_id, noted=noted)


@router.post("/{document_id}", dependencies=OWN_FORM)
async def change(slug: str, document_id: UUID, sent: SentIn, reader: ReaderIn, me: Me) -> Response:
    """Post, return, withdraw or correct it, or give it another file; errors keep what was typed."""
    errors: Mapping[str, str] = {}
    stop = ""
    try:
        noted = await _changed(reader, me, slug, document_id, sent)
    except Malformed as refused:
        errors = told(refused, reader)
    except (Conflict, Refused) as refused:
        stop = stopped(refused, reader)
    else:
        return RedirectResponse(f"/desk/documents/{slug}/{document_id}?noted={noted}", 303)
    async with reader.house.database.reading() as view:
        return await _one(reader, view, me, slug, document_id, sent=sent, errors=errors, stop=stop)


async def _changed(reader: Reader, me: Person, slug: str, document_id: UUID, sent: Sent) -> str:
    """Do what was asked; what is to be said of it."""
    at, now, why = reader.house, reader.now, sent.get("why")
    async with at.database.reading() as view:
        await _of(view, me, slug, document_id)
    seen = number_of(sent.get("revision"))
    revision = -1 if seen is None else seen
    if sent.get("do") == "text":
        data, stored = await taken(sent, reader, me)
        language, title = sent.get("language"), sent.get("title")
        async with at.database.writing() as db:
            await posting.add_text(
                db, document_id, language, title, stored, why=why, by=me, now=sent.came_at
            )
        await at.files.store.put(data)
        return "text"
    async with at.database.writing() as db:
        match sent.get("do"):
            case "post":
                await posting.post(db, document_id, revision, by=me, now=now)
                return "posted"
            case "return":
                await posting.give_back(db, document_id, why, revision, by=me, now=now)
                return "returned"
            case "withdraw":
                await posting.withdraw(db, document_id, why, revision, by=me, now=now)
                return "withdrawn"
            case _:
                await posting.edit(db, document_id, sent.paper(), revision, why, by=me, now=now)
                return "changed"


async def _of(db: Db, me: Person, slug: str, document_id: UUID) -> Kept:
    """A document of this meeting, for its secretariat; NotFound for anybody else."""
    meeting = await meetings.by_slug(db, slug)
    if Function.SECRETARIAT not in await access.functions(db, me, meeting.id):
        raise NotFound
    return await documents.kept(db, document_id, me, meeting)


async def _one(
    reader: Reader,
    db: Db,
    me: Person,
    slug: str,
    document_id: UUID,
    *,
    sent: Sent | None = None,
    errors: Mapping[str, str] | None = None,
    stop: str = "",
    noted: str = "",
) -> HTMLResponse:
    found = await _of(db, me, slug, document_id)
    listing = await documents.listing(db, found.meeting, me, reader.now)
    row = found.row
    fields = {f"title-{language}": title for language, title in row.titles.items()} | {
        "document_class": row.document_class.value,
        "source": row.source,
        "item": str(found.item.number) if found.item else "",
        "part": row.part.value,
        "part_why": row.part_why,
    }
    did = sent.get("do") if sent and (errors or stop) else ""
    return reader.page(
        "desk/document.html",
        409 if stop else 422 if errors else 200,
        found=found,
        row=row,
        meeting=found.meeting,
        city=venue(found.meeting),
        part=reader.say(PARTS[row.part]),
        fields=dict(sent.typed) if sent and did == "edit" else fields,
        typed=sent.typed if sent and did else {},
        did=did,
        errors=errors or {},
        stop=stop,
        waits=row.state is DocumentState.FILED,
        ended=row.state is DocumentState.WITHDRAWN,
        noted=reader.say(NOTED[noted]) if noted in NOTED else "",
        **_choices(reader, found.meeting, listing),
    )
