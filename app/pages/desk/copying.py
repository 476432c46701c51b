"""A new meeting after an old one: with its form and its sittings, on later days."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import reasons
from app.database import Reading as Db
from app.depends import Me, Reading, own_form
from app.errors import Conflict, Malformed, NotFound
from app.models import Person
from app.pages.reader import Reader, ReaderIn
from app.policy.meeting import MeetingReason
from app.policy.text import number_of
from app.services import access, copying, meetings
from app.services.copying import Copy

router = APIRouter(prefix="/desk/meetings/{slug}/copy")
SENTENCES: Final[Mapping[str, str]] = {
    fault.value: told for fault, told in (*reasons.MEETING_FAULTS.items(), *reasons.TEXTS.items())
}


class Typed(BaseModel):
    """The form as it was sent."""

    model_config = ConfigDict(frozen=True)

    address: Annotated[str, Field(max_length=1000)] = ""
    title: Annotated[str, Field(max_length=1000)] = ""
    days: Annotated[str, Field(max_length=20)] = ""

    def value(self) -> Copy:
        return Copy(self.address, self.title, number_of(self.days.strip()) or 0)


@router.get("")
async def show(slug: str, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    return await _page(reader, db, me, slug, Typed(), {})


@router.post("", dependencies=[Depends(own_form)])
async def make(slug: str, typed: Annotated[Typed, Form()], reader: ReaderIn, me: Me) -> Response:
    """Make it, and lead to it; or the form again with what is wrong."""
    try:
        async with reader.house.database.writing() as db:
            old = await meetings.by_slug(db, slug)
            made = await copying.copy(db, old.id, typed.value(), by=me, now=reader.now)
    except Malformed as wrong:
        faults = {
            "address" if name == "slug" else name: reader.say(SENTENCES[fault])
            for name, fault in wrong.faults.items()
        }
    except Conflict as refused:
        faults = {"address": reasons.said(MeetingReason(refused.reason), reader.say)}
    else:
        return RedirectResponse(f"/meetings/{made.slug}", 303)
    async with reader.house.database.reading() as view:
        return await _page(reader, view, me, slug, typed, faults)


async def _page(
    reader: Reader, db: Db, me: Person, slug: str, typed: Typed, faults: Mapping[str, str]
) -> HTMLResponse:
    meeting = await meetings.by_slug(db, slug)
    if not await access.is_secretariat(db, me, meeting.id):
        raise NotFound
    return reader.page(
        "desk/copy.html",
        422 if faults else 200,
        meeting=meeting,
        typed=typed,
        errors=faults,
    )
