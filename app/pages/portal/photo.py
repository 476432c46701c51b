"""One's own photo for the badge: sent, seen and removed on the page of one's registration."""

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, UploadFile
from starlette.responses import RedirectResponse, Response

from app.depends import Me, Reading, own_form
from app.errors import Malformed, NotFound, Refused
from app.pages.portal import track
from app.pages.reader import Reader, ReaderIn
from app.pages.words import problem, said
from app.paper import pictures
from app.policy.badge import PICTURE_BYTES, BadgeReason
from app.policy.refusal import No
from app.services import photos, registration

router = APIRouter(prefix="/registrations/{reference}")
KEPT_BY_NOBODY = {"Cache-Control": "no-store"}


@router.get("/photo.jpg")
async def show(reference: str, reader: ReaderIn, me: Me, db: Reading) -> Response:
    """For the person; the desk has its own address of it."""
    row = await registration.by_reference(db, reference, by=me, now=reader.now)
    if row.person_id != me.id:
        raise NotFound
    jpeg = await photos.of(db, reader.house.keys.vault, row.id, by=me)
    return Response(jpeg, media_type="image/jpeg", headers=KEPT_BY_NOBODY)


@router.post("/photo", dependencies=[Depends(own_form)])
async def send(
    reference: str,
    reader: ReaderIn,
    me: Me,
    picture: Annotated[UploadFile | None, File()] = None,
    do: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Keep the picture that was chosen, or remove the one that is there."""
    house = reader.house
    await house.rates.take(house.settings.pictures_per_person, "picture", str(me.id))
    try:
        jpeg = b"" if do == "remove" else await pictures.photo(await file_of(picture))
        async with house.database.writing() as db:
            row = await registration.by_reference(db, reference, by=me, now=reader.now)
            if row.person_id != me.id:
                raise NotFound
            if jpeg:
                await photos.put(db, house.keys.vault, row.id, jpeg, by=me, now=reader.now)
            else:
                await photos.remove(db, row.id, by=me, now=reader.now)
    except (Malformed, Refused) as refused:
        why = told(refused, reader)
        async with house.database.reading() as view:
            found = await registration.by_reference(view, reference, by=me, now=reader.now)
            return await track.page(reader, view, found, faults={"picture": why})
    return RedirectResponse(f"/registrations/{row.reference}#photo", 303)


async def file_of(picture: UploadFile | None) -> bytes:
    """What was chosen; a byte more than is taken tells that there was more."""
    return await picture.read(PICTURE_BYTES + 1) if picture is not None else b""


def told(refused: "Malformed | Refused[object]", reader: Reader) -> str:
    """What is wrong with the picture, or with sending one now; another refusal is not ours."""
    if isinstance(refused, Malformed):
        return problem("picture", refused.faults["picture"], reader.say)
    if isinstance(refused.decision, No) and isinstance(refused.decision.reason, BadgeReason):
        return said(refused.decision.reason, reader.say)
    raise refused
