"""Writing to a selection of those registered: write, see to whom, send once, and the log."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Query
from pydantic import Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import reasons
from app.database import Reading as Db
from app.depends import Me, Reading, own_form
from app.errors import Conflict, Malformed
from app.models import Person
from app.pages.desk.registrations import Asked
from app.pages.reader import Reader, ReaderIn
from app.pages.words import problem
from app.policy.selection import MailingReason
from app.services import mailings, meetings
from app.services.mailings import Draft

router = APIRouter(prefix="/desk/registrations/{slug}/mail")


class Sheet(Asked):
    """The form of a letter, as it was sent; ``do`` is ``send`` once it was seen."""

    id: UUID | None = None
    title: Annotated[str, Field(max_length=4000)] = ""
    text: Annotated[str, Field(max_length=20_000)] = ""
    seen: Annotated[str, Field(max_length=64)] = ""
    do: Annotated[str, Field(max_length=10)] = ""

    def draft(self) -> Draft:
        return Draft(self.id or uuid4(), self.title, self.text, self.seen)


@router.get("")
async def write(
    slug: str, reader: ReaderIn, me: Me, db: Reading, asked: Annotated[Asked, Query()]
) -> HTMLResponse:
    """An empty letter to the selection, and what was sent before."""
    return await _page(reader, db, me, slug, Sheet(**asked.model_dump(), id=uuid4()))


@router.post("", dependencies=[Depends(own_form)])
async def send(slug: str, sheet: Annotated[Sheet, Form()], reader: ReaderIn, me: Me) -> Response:
    """See to whom it goes, or send it; sent again, it leads to the log of what was sent."""
    draft = sheet.draft()
    if sheet.do != "send":
        async with reader.house.database.reading() as db:
            return await _page(reader, db, me, slug, sheet, seen=True)
    try:
        async with reader.house.database.writing() as db:
            meeting = await meetings.by_slug(db, slug)
            asked = sheet.value()
            made = await mailings.send(db, meeting, asked, draft, by=me, now=reader.now)
    except Malformed:
        async with reader.house.database.reading() as view:
            return await _page(reader, view, me, slug, sheet, seen=True)
    except Conflict as refused:
        stop = reasons.said(MailingReason(refused.reason), reader.say)
        async with reader.house.database.reading() as view:
            return await _page(reader, view, me, slug, sheet, seen=True, stop=stop)
    return RedirectResponse(f"/desk/registrations/{meeting.slug}/mail/{made.id}", 303)


async def _page(
    reader: Reader,
    db: Db,
    me: Person,
    slug: str,
    sheet: Sheet,
    *,
    seen: bool = False,
    stop: str = "",
) -> HTMLResponse:
    meeting = await meetings.by_slug(db, slug)
    sent = await mailings.of_meeting(db, meeting, by=me)
    to = await mailings.preview(db, meeting, sheet.value(), by=me, now=reader.now)
    faults = sheet.draft().cleaned().faults() if seen else {}
    called = {"title": "subject"}
    errors = {
        name: problem(called.get(name, name), fault, reader.say) for name, fault in faults.items()
    }
    return reader.page(
        "desk/mail.html",
        409 if stop else 422 if errors else 200,
        meeting=meeting,
        here=f"/desk/registrations/{meeting.slug}",
        sheet=sheet,
        to=to,
        preview=seen and not errors,
        errors=errors,
        stop=stop,
        sent=sent,
    )


@router.get("/{mailing_id}")
async def log(slug: str, mailing_id: UUID, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    """What was sent, and what became of each letter."""
    meeting = await meetings.by_slug(db, slug)
    made, found = await mailings.log(db, meeting, mailing_id, by=me)
    return reader.page(
        "desk/mail_log.html",
        meeting=meeting,
        here=f"/desk/registrations/{meeting.slug}",
        made=made,
        found=found,
    )
