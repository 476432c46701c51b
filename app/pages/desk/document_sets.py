"""Grouping documents at the desk: those that are taken together, under one heading."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import reasons
from app.database import Reading as Db
from app.depends import Me, Now, Reading, own_form
from app.errors import Malformed, Refused
from app.models import Person
from app.pages.reader import Reader, ReaderIn
from app.pages.words import problem
from app.policy.document_sets import GroupFault, numbers
from app.policy.meeting import MeetingReason
from app.policy.parts import Part
from app.policy.refusal import No
from app.services import access, agenda, document_sets, meetings
from app.services.document_sets import NewGroup

router = APIRouter(prefix="/desk/meetings/{slug}/document-groups")
DISSOLVE: Final = "dissolve"


class Sent(BaseModel):
    """A group as it was typed; 0 is a new one."""

    group: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    title: Annotated[str, Field(max_length=2000)] = ""
    documents: Annotated[str, Field(max_length=4000)] = ""
    item: Annotated[str, Field(max_length=12)] = ""
    do: Annotated[str, Field(max_length=20)] = ""

    def value(self) -> NewGroup:
        item = int(self.item) if self.item.isascii() and self.item.isdecimal() else None
        return NewGroup(self.title, numbers(self.documents), item)


@router.get("")
async def show(slug: str, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    return await _page(reader, db, me, slug)


@router.post("", dependencies=[Depends(own_form)])
async def save(
    slug: str, sent: Annotated[Sent, Form()], reader: ReaderIn, me: Me, now: Now
) -> Response:
    """Make, change or dissolve a group; errors keep what was typed."""
    try:
        async with reader.house.database.writing() as db:
            meeting = await meetings.by_slug(db, slug)
            if sent.do == DISSOLVE:
                await document_sets.dissolve(db, meeting.id, sent.group, by=me, now=now)
            else:
                number = sent.group or None
                await document_sets.group(
                    db, meeting.id, sent.value(), number=number, by=me, now=now
                )
    except Malformed as wrong:
        async with reader.house.database.reading() as view:
            return await _page(reader, view, me, slug, sent, wrong.faults)
    return RedirectResponse(f"/desk/meetings/{slug}/document-groups", 303)


async def _page(
    reader: Reader,
    db: Db,
    me: Person,
    slug: str,
    sent: Sent | None = None,
    faults: Mapping[str, str] | None = None,
) -> HTMLResponse:
    meeting = await meetings.by_slug(db, slug)
    if not await access.is_secretariat(db, me, meeting.id):
        raise Refused(No(MeetingReason.NOT_THE_SECRETARIAT))
    return reader.page(
        "desk/document_groups.html",
        422 if faults else 200,
        meeting=meeting,
        groups=await document_sets.groups(db, meeting, me, reader.now),
        documents=await document_sets.held(db, meeting, set(Part)),
        items=[
            (str(each.number), f"{each.label or each.number}. {each.title}")
            for each in await agenda.items(db, meeting.id)
        ],
        sent=sent,
        errors={
            name: reasons.said(fault, reader.say)
            if isinstance(fault, GroupFault)
            else problem(name, fault, reader.say)
            for name, fault in (faults or {}).items()
        },
        tongue=reader.language.value,
    )
