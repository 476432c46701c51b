"""What is held about oneself, its erasure, and the public list of participants."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response, status
from pydantic import Strict

from app import depends
from app.depends import HouseIn, Me, Now, Reading, Writing
from app.policy.people import Capacity
from app.policy.personal import Kept
from app.routers.identity import InPerson
from app.routers.registrations import VersionIn
from app.routers.schemas import In, Out
from app.services import listing, meetings, personal, registration

router = APIRouter(prefix="/api/v1", tags=["identity"], dependencies=[Depends(depends.same_site)])


class EraseIn(In):
    confirm: Literal["ERASE"]


class ErasedOut(Out):
    """What stays, with how many of each; why is told on /account/data."""

    kept: dict[Kept, int]


class ListingIn(VersionIn):
    until: Annotated[date, Strict(strict=False)]


class ListedOut(Out):
    name: str
    capacity: Capacity
    body: str
    country: str


@router.get("/me/data")
async def held(me: InPerson, at: HouseIn, now: Now, db: Reading) -> dict[str, Any]:
    """Everything that is held about oneself, by table; for a browser only, not for a token."""
    return await personal.held(db, me.person, at.keys.vault, now)


@router.post("/me/erase")
async def erase(sent: EraseIn, me: InPerson, now: Now, db: Writing) -> ErasedOut:
    """Erase oneself; 409 for whoever still holds a function. It cannot be undone."""
    del sent
    return ErasedOut(kept=await personal.erase(db, me.person.id, now))


@router.put("/registrations/{reference}/listing", status_code=status.HTTP_204_NO_CONTENT)
async def agree(reference: str, sent: ListingIn, me: Me, now: Now, db: Writing) -> Response:
    """Agree to be on the public list of participants until a day."""
    row = await registration.by_reference(db, reference, by=me, now=now)
    await listing.agree(db, row.id, sent.until, version=sent.version, by=me, now=now)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.delete("/registrations/{reference}/listing", status_code=status.HTTP_204_NO_CONTENT)
async def take_back(reference: str, me: Me, now: Now, db: Writing) -> Response:
    """Not be listed any more, at once."""
    row = await registration.by_reference(db, reference, by=me, now=now)
    await listing.take_back(db, row.id, by=me, now=now)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.get("/meetings/{slug}/participants")
async def participants(
    slug: str,
    now: Now,
    db: Reading,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> list[ListedOut]:
    """Those confirmed who agreed to be listed, and until today at least."""
    meeting = await meetings.by_slug(db, slug)
    found = await listing.participants(db, meeting.id, now, limit=limit, offset=offset)
    return [
        ListedOut(
            name=each.registration.name,
            capacity=each.registration.capacity,
            body=each.entity.name if each.entity else each.registration.organization,
            country=each.entity.iso2 if each.entity else each.registration.country,
        )
        for each in found
    ]
