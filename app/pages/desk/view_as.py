"""View as: choose as whom to look at a meeting, and end it again from the band of any page."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import depends, reasons
from app.database import Reading as Db
from app.depends import MaybeVisitor, Now, Reading, VisitorIn, Writing, own_form
from app.errors import Malformed, NotFound
from app.models import Meeting, Person
from app.pages.reader import Reader, ReaderIn
from app.pages.words import CAPACITIES, CATEGORIES
from app.policy.people import Capacity, Category
from app.policy.view import View, ViewFault
from app.services import access, meetings, view

router = APIRouter()
HERE = "/desk/meetings/{slug}/view-as"


class Typed(BaseModel):
    """The form as it was sent."""

    model_config = ConfigDict(frozen=True)

    category: Annotated[str, Field(max_length=40)] = Category.MEMBER_STATE
    capacity: Annotated[str, Field(max_length=40)] = Capacity.DELEGATE

    def value(self) -> View:
        """The public has no capacity, whatever is chosen; Malformed for what is no category."""
        if self.category not in set(Category):
            raise Malformed(category=ViewFault.CATEGORY)
        category = Category(self.category)
        known = self.capacity in set(Capacity) and category is not Category.PUBLIC
        return View(category, Capacity(self.capacity) if known else None)


@router.get(HERE)
async def show(slug: str, reader: ReaderIn, visitor: VisitorIn, db: Reading) -> HTMLResponse:
    return await _page(reader, db, visitor.person, slug, Typed(), {})


@router.post(HERE, dependencies=[Depends(own_form)])
async def start(
    slug: str, typed: Annotated[Typed, Form()], reader: ReaderIn, visitor: VisitorIn
) -> Response:
    """Look as another from here on, at the meeting first; or the form with what is wrong."""
    try:
        async with reader.house.database.writing() as db:
            meeting = await meetings.by_slug(db, slug)
            await view.start(
                db,
                visitor.login_id,
                meeting,
                typed.value(),
                by=visitor.person,
                now=reader.now,
            )
    except Malformed as wrong:
        errors = {
            name: reasons.said(ViewFault(fault), reader.say) for name, fault in wrong.faults.items()
        }
        async with reader.house.database.reading() as fresh:
            return await _page(reader, fresh, visitor.person, slug, typed, errors)
    return RedirectResponse(f"/meetings/{meeting.slug}", 303)


@router.post(depends.END_OF_VIEW, dependencies=[Depends(own_form)])
async def end(visitor: MaybeVisitor, db: Writing, now: Now) -> Response:
    """Look as oneself again, at the meeting where it began; nothing where one does already."""
    began = None
    if visitor and visitor.login_id:
        began = await view.end_of(db, visitor.login_id, now)
    meeting = await db.get(Meeting, began) if began else None
    return RedirectResponse(f"/meetings/{meeting.slug}" if meeting else "/", 303)


async def _page(
    reader: Reader, db: Db, me: Person, slug: str, typed: Typed, errors: Mapping[str, str]
) -> HTMLResponse:
    meeting = await meetings.by_slug(db, slug)
    if not await access.is_secretariat(db, me, meeting.id):
        raise NotFound
    return reader.page(
        "desk/view_as.html",
        422 if errors else 200,
        meeting=meeting,
        typed=typed,
        errors=errors,
        categories=[(each.value, reader.say(CATEGORIES[each])) for each in Category],
        capacities=[(each.value, reader.say(CAPACITIES[each])) for each in Capacity],
    )
