"""One list across meetings of what waits for a focal point: approve or reject, one or many."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from app.database import Reading as Db
from app.depends import Me, Reading, own_form
from app.models import Person
from app.pages.desk import waiting
from app.pages.desk.waiting import Told
from app.pages.portal.cases import named
from app.pages.reader import Reader, ReaderIn
from app.services import desk, entities, registration
from app.services.registration import ToDecide

HERE = "/desk/focal-point"
Number = Annotated[int, Query(ge=0, le=waiting.MOST_AT_ONCE)]

router = APIRouter(prefix=HERE)


@router.get("", name="desk-focal-point")
async def show(
    reader: ReaderIn,
    me: Me,
    db: Reading,
    approved: Number = 0,
    rejected: Number = 0,
    batch: UUID | None = None,
) -> HTMLResponse:
    return await _page(reader, db, me, Told(approved, rejected, batch))


@router.post("", dependencies=[Depends(own_form)])
async def act(request: Request, reader: ReaderIn, me: Me) -> Response:
    wanted = waiting.wishes(await request.form())
    told = waiting.after(*await waiting.decide(reader, me, wanted))
    if not told.failed:
        return waiting.back(HERE, told)
    async with reader.house.database.reading() as db:
        return await _page(reader, db, me, told)


async def _page(reader: Reader, db: Db, me: Person, told: Told) -> HTMLResponse:
    represented = await desk.represented(db, me, reader.now.date())
    names = [named(each, reader.language) for each in represented]
    mine = await _mine(reader, db, me)
    return await waiting.page(
        reader, db, mine, told, here=HERE, face="focal-point", bodies=names, counts=()
    )


async def _mine(reader: Reader, db: Db, me: Person) -> Sequence[ToDecide]:
    """What waits for them as a focal point; what waits for the secretariat has its own desk."""
    keys = await entities.represented(db, me, reader.now.date())
    found = await registration.waiting(db, by=me, now=reader.now)
    return [each for each in found if each.entity.id in keys]
