"""The photo for a badge: sent, seen and removed by the person and the badge desk only."""

from fastapi import APIRouter, Depends, Response, status

from app import depends
from app.depends import HouseIn, Me, Now, Reading, Writing
from app.paper import pictures
from app.routers.schemas import PictureIn
from app.services import photos, registration

router = APIRouter(prefix="/api/v1", tags=["badges"], dependencies=[Depends(depends.same_site)])
OF_A_REGISTRATION = "/registrations/{reference}/photo"


class Jpeg(Response):
    media_type = "image/jpeg"


@router.get(OF_A_REGISTRATION, response_class=Jpeg)
async def show(reference: str, me: Me, at: HouseIn, now: Now, db: Reading) -> Jpeg:
    """The photo as JPEG of 350 by 450 pixels; 404 where there is none."""
    row = await registration.by_reference(db, reference, by=me, now=now)
    return Jpeg(await photos.of(db, at.keys.vault, row.id, by=me))


@router.put(OF_A_REGISTRATION, status_code=status.HTTP_204_NO_CONTENT)
async def put(reference: str, sent: PictureIn, me: Me, at: HouseIn, now: Now) -> Response:
    """Keep a photo in the place of the one before: its pixels only, cut to 35 by 45."""
    await at.rates.take(at.settings.pictures_per_person, "picture", str(me.id))
    jpeg = await pictures.photo(sent.value())
    async with at.database.writing() as db:
        row = await registration.by_reference(db, reference, by=me, now=now)
        await photos.put(db, at.keys.vault, row.id, jpeg, by=me, now=now)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.delete(OF_A_REGISTRATION, status_code=status.HTTP_204_NO_CONTENT)
async def remove(reference: str, me: Me, now: Now, db: Writing) -> Response:
    """Have no photo any more."""
    row = await registration.by_reference(db, reference, by=me, now=now)
    await photos.remove(db, row.id, by=me, now=now)
    return Response(status_code=status.HTTP_204_NO_CONTENT)
