"""A meeting's registrations for its secretariat: counted, listed, taken away."""

import asyncio
from functools import partial
from typing import Annotated, Final, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, Response

from app.depends import Me, Reading, own_form
from app.package import registrations as sheet
from app.package.sheets import MAKERS
from app.pages import counted
from app.pages.portal.cases import named
from app.pages.reader import ReaderIn
from app.pages.words import CATEGORIES, MODES, REGISTRATIONS
from app.policy.people import Category
from app.policy.registration import Mode, RegistrationState
from app.policy.selection import Cursor, Selection
from app.services import forms, meetings, participation, selection

router = APIRouter(prefix="/desk/registrations/{slug}")
PER_PAGE: Final = 50


@router.get("")
async def show(slug: str, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    """The dashboard: all counts, against the Member States of the records."""
    meeting = await meetings.by_slug(db, slug)
    found = await participation.of_meeting(db, meeting, by=me, now=reader.now)
    form = (await forms.current(db, meeting.id)).form
    return reader.page(
        "portal/participation.html",
        meeting=meeting,
        found=found.found,
        day=found.day,
        counted_on=None,
        axes=counted.shown(found.found, form, reader.language, reader.say),
        secretariat=True,
    )


class Asked(BaseModel):
    """Filters as a form or an address has them; what makes no sense selects all."""

    model_config = ConfigDict(frozen=True)

    state: Annotated[str, Field(max_length=40)] = ""
    category: Annotated[str, Field(max_length=40)] = ""
    entity: Annotated[str, Field(max_length=40)] = ""
    mode: Annotated[str, Field(max_length=40)] = ""
    q: Annotated[str, Field(max_length=200)] = ""

    def value(self) -> Selection:
        return Selection(
            state=RegistrationState(self.state) if self.state in set(RegistrationState) else None,
            category=Category(self.category) if self.category in set(Category) else None,
            entity_id=_key(self.entity),
            mode=Mode(self.mode) if self.mode in set(Mode) else None,
            text=self.q,
        )

    def address(self, **more: str) -> str:
        said = {name: value for name, value in self.model_dump().items() if value}
        return urlencode(said | more)


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class Export(Asked):
    form: Literal["csv", "xlsx"]


@router.get("/list")
async def listed(
    slug: str,
    reader: ReaderIn,
    me: Me,
    db: Reading,
    asked: Annotated[Asked, Query()],
    after: Annotated[str, Query(max_length=200)] = "",
) -> HTMLResponse:
    """The registrations of a selection, page by page; each leads to its track."""
    meeting = await meetings.by_slug(db, slug)
    found = await selection.page(
        db, meeting, asked.value(), by=me, now=reader.now, after=Cursor.read(after), limit=PER_PAGE
    )
    say = reader.say
    return reader.page(
        "desk/registrations.html",
        meeting=meeting,
        asked=asked,
        lines=found.lines,
        total=found.total,
        here=f"/desk/registrations/{meeting.slug}",
        more=asked.address(after=str(found.next)) if found.next else "",
        states=[(each.value, say(name)) for each, name in REGISTRATIONS.items()],
        categories=[
            (each.value, say(name))
            for each, name in CATEGORIES.items()
            if each is not Category.PUBLIC
        ],
        modes=[(each.value, say(name)) for each, name in MODES.items()],
        bodies=[
            (each.id, named(each, reader.language)) for each in await selection.bodies(db, meeting)
        ],
        named=partial(named, language=reader.language),
        state_names={each: say(name) for each, name in REGISTRATIONS.items()},
    )


@router.post("/export", dependencies=[Depends(own_form)])
async def export(slug: str, asked: Annotated[Export, Form()], reader: ReaderIn, me: Me) -> Response:
    """The selection as a file; that it was taken away is recorded."""
    async with reader.house.database.writing() as db:
        meeting = await meetings.by_slug(db, slug)
        found = await selection.export(
            db, meeting, asked.value(), asked.form, by=me, now=reader.now
        )
    make, kind = MAKERS[asked.form]
    made = await asyncio.to_thread(make, sheet.HEAD, sheet.rows(found))
    name = f'attachment; filename="registrations.{asked.form}"'
    return Response(made, media_type=kind, headers={"Content-Disposition": name})
