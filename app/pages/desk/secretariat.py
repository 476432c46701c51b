"""What waits for the secretariat: claims for bodies without a focal point, and counts by state."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from app.database import Reading as Db
from app.depends import Me, Reading, own_form
from app.errors import NotFound
from app.models import Meeting, Person
from app.pages.desk import waiting
from app.pages.desk.focal_point import Number
from app.pages.desk.waiting import Told
from app.pages.reader import Reader, ReaderIn
from app.pages.words import REGISTRATIONS
from app.services import access, desk, entities, registration
from app.services.registration import ToDecide

HERE = "/desk/secretariat"

router = APIRouter(prefix=HERE)


@router.get("", name="desk-secretariat")
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
    if not await access.is_secretariat(db, me):
        raise NotFound
    found = await _without_focal_point(reader, db, me)
    return await waiting.page(
        reader,
        db,
        found,
        told,
        here=HERE,
        face="secretariat",
        bodies=(),
        counts=await _counts(reader, db, me),
    )


async def _without_focal_point(reader: Reader, db: Db, me: Person) -> Sequence[ToDecide]:
    keys = await entities.represented(db, me, reader.now.date())
    found = await registration.waiting(db, by=me, now=reader.now)
    return [each for each in found if each.entity.id not in keys]


async def _counts(
    reader: Reader, db: Db, me: Person
) -> list[tuple[Meeting, list[tuple[str, int]]]]:
    """For each meeting they serve, the number of registrations in each state."""
    return [
        (
            meeting,
            [(reader.say(name), states.get(state, 0)) for state, name in REGISTRATIONS.items()],
        )
        for meeting, states in await desk.counts(db, by=me)
    ]
