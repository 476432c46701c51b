"""The public list of participants: those who agreed, until the day that they named."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.depends import Me, Reading, own_form
from app.errors import Malformed
from app.pages.portal import track
from app.pages.portal.cases import named
from app.pages.reader import ReaderIn
from app.pages.words import CAPACITIES, problem
from app.policy.form import AnswerFault
from app.services import listing, meetings, registration

router = APIRouter()
PER_PAGE = 200


@router.get("/meetings/{slug}/participants")
async def show(
    slug: str,
    reader: ReaderIn,
    db: Reading,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> HTMLResponse:
    meeting = await meetings.by_slug(db, slug)
    found = await listing.participants(
        db, meeting.id, reader.now, limit=PER_PAGE + 1, offset=offset
    )
    rows = [
        (
            each.registration.name,
            named(each.entity, reader.language) if each.entity else each.registration.organization,
            reader.say(CAPACITIES[each.registration.capacity]),
        )
        for each in found[:PER_PAGE]
    ]
    more = offset + PER_PAGE if len(found) > PER_PAGE else None
    return reader.page("portal/participants.html", meeting=meeting, rows=rows, more=more)


@router.post("/registrations/{reference}/listing", dependencies=[Depends(own_form)])
async def change(
    reference: str,
    reader: ReaderIn,
    me: Me,
    do: Annotated[str, Form(max_length=10)] = "",
    until: Annotated[str, Form(max_length=40)] = "",
    version: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Agree, or take it back; what is wrong with the day is told on the track."""
    try:
        async with reader.house.database.writing() as db:
            row = await registration.by_reference(db, reference, by=me, now=reader.now)
            if do == "end":
                await listing.take_back(db, row.id, by=me, now=reader.now)
            else:
                seen = int(version) if version.isascii() and version.isdecimal() else 0
                day = _day(until)
                await listing.agree(db, row.id, day, version=seen, by=me, now=reader.now)
    except Malformed as refused:
        async with reader.house.database.reading() as view:
            found = await registration.by_reference(view, reference, by=me, now=reader.now)
            error = problem("until", refused.faults["until"], reader.say)
            return await track.page(reader, view, found, listing_error=error)
    return RedirectResponse(f"/registrations/{row.reference}#listing", 303)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Malformed(until=AnswerFault.NO_DATE) from None
