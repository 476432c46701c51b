"""The registrations of a meeting for its secretariat: filtered, by cursor, and exported."""

import asyncio
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from app import depends
from app.depends import HouseIn, Me, Now, Reading
from app.errors import Malformed
from app.package import registrations as sheet
from app.package.sheets import MAKERS
from app.policy.people import Capacity, Category
from app.policy.registration import Mode, RegistrationState
from app.policy.selection import Cursor, Selection, SelectionFault
from app.routers.schemas import Id, In, OneOf, Out, Text
from app.services import meetings, selection
from app.services.selection import Line

router = APIRouter(
    prefix="/api/v1/meetings/{slug}/registrations",
    tags=["registrations"],
    dependencies=[Depends(depends.same_site)],
)


class AskedIn(In):
    """Filters; what is left out selects all."""

    state: Annotated[RegistrationState, OneOf] | None = None
    category: Annotated[Category, OneOf] | None = None
    entity_id: Id | None = None
    mode: Annotated[Mode, OneOf] | None = None
    text: Text = ""

    def value(self) -> Selection:
        return Selection(self.state, self.category, self.entity_id, self.mode, self.text)


class ExportIn(AskedIn):
    form: Literal["csv", "xlsx"]


class LineOut(Out):
    reference: str
    state: RegistrationState
    name: str
    email: str
    capacity: Capacity
    category: Category
    entity: UUID | None
    body: str
    country: str
    modes: list[Mode]
    submitted_at: datetime


class SelectedOut(Out):
    registrations: list[LineOut]
    total: int = Field(description="of the whole selection")
    next: str | None = Field(description="to be sent as ``cursor``; null on the last page")


@router.get("/selected")
async def selected(
    slug: str,
    me: Me,
    now: Now,
    db: Reading,
    state: RegistrationState | None = None,
    category: Category | None = None,
    entity_id: UUID | None = None,
    mode: Mode | None = None,
    text: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=selection.MOST)] = 100,
) -> SelectedOut:
    """A page of the selection, the oldest first; for the secretariat of the meeting."""
    meeting = await meetings.by_slug(db, slug)
    asked = Selection(state, category, entity_id, mode, text)
    after = Cursor.read(cursor) if cursor else None
    if cursor and after is None:
        raise Malformed(cursor=SelectionFault.CURSOR)
    found = await selection.page(db, meeting, asked, by=me, now=now, after=after, limit=limit)
    return SelectedOut(
        registrations=[_line(each) for each in found.lines],
        total=found.total,
        next=str(found.next) if found.next else None,
    )


@router.post("/exports")
async def export(slug: str, sent: ExportIn, me: Me, at: HouseIn, now: Now) -> Response:
    """The selection as a file; who took it away, and what was asked, is recorded."""
    async with at.database.writing() as db:
        meeting = await meetings.by_slug(db, slug)
        found = await selection.export(db, meeting, sent.value(), sent.form, by=me, now=now)
    make, kind = MAKERS[sent.form]
    made = await asyncio.to_thread(make, sheet.HEAD, sheet.rows(found))
    name = f'attachment; filename="registrations.{sent.form}"'
    return Response(made, media_type=kind, headers={"Content-Disposition": name})


def _line(line: Line) -> LineOut:
    row = line.row
    return LineOut(
        reference=row.reference,
        state=row.state,
        name=row.name,
        email=line.email,
        capacity=row.capacity,
        category=line.category,
        entity=row.entity_id,
        body=line.entity.name if line.entity else row.organization,
        country=row.country,
        modes=list(line.modes),
        submitted_at=row.submitted_at,
    )
