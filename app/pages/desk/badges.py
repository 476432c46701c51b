"""The badge desk: find somebody by name or badge, look at a document, print; no script needed."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, File, Form, Query, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.database import Reading as Db
from app.database import Writing as DbToWrite
from app.depends import HouseIn, Me, Now, Reading, own_form
from app.errors import Conflict, Malformed, NotFound, Refused
from app.i18n import words
from app.models import Meeting, Person
from app.pages.desk.worker import script
from app.pages.portal.photo import file_of
from app.pages.portal.photo import told as why_not
from app.pages.reader import Reader, ReaderIn
from app.paper import badge as paper
from app.paper import pictures
from app.policy.badge import BadgeReason, read
from app.policy.refusal import No
from app.reasons import said
from app.services import badges, handout, meetings, photos
from app.services.badges import Held
from app.services.handout import Done

router = APIRouter(prefix="/desk/badges")
SHOWN: Final = 50  # rows without a search
MOST: Final = 2000  # badges in one PDF
PDF: Final = {"Content-Disposition": 'inline; filename="badges.pdf"', "Cache-Control": "no-store"}
DONE: Final = {
    "print": words("The badge is valid. Open it, and print it."),
    "reprint": words("The new badge is valid, the one before is not. Open it, and print it."),
    "revoke": words("The badge is valid no more."),
    "hand": words("It is noted that the badge was handed out."),
    "seen": words("It is noted that a document was looked at."),
    "photo": words("The photo is kept. It is on the badge that is printed next."),
    "no-photo": words("There is no photo any more."),
}
LACKS: Final = {
    "en": words("This machine has no font for Latin letters: look at the badges before they go."),
    "ar": words("This machine has no font for Arabic: names may be drawn as boxes."),
    "zh": words("This machine has no font for Chinese: names may be drawn as boxes."),
}
Typed = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True, slots=True)
class Told:
    """What was done, or what a badge that was scanned is worth."""

    done: str = ""
    refused: str = ""
    scanned: bool = False
    photo: bool = False  # what is told is of the photo


@router.get("/worker.js")
async def worker() -> Response:
    """What brings the page back without the network; no meeting has a dot in its address."""
    return script()


@router.get("/{slug}")
async def show(
    slug: str,
    reader: ReaderIn,
    me: Me,
    db: Reading,
    q: Annotated[str, Query(max_length=200)] = "",
    of: UUID | None = None,
    done: str = "",
) -> HTMLResponse:
    """The confirmed registrations; ``of`` is the one at the desk."""
    told = Told(done=reader.say(DONE[done]) if done in DONE else "")
    return await _page(reader, db, me, await meetings.by_slug(db, slug), q=q, of=of, told=told)


@router.post("/{slug}/find", dependencies=[Depends(own_form)])
async def find(
    slug: str,
    reader: ReaderIn,
    me: Me,
    q: Typed = "",
    picture: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """What was typed, or read by a scanner or from a picture; no badge stands in an address."""
    async with reader.house.database.reading() as db:
        await badges.of_the_desk(db, me, (await meetings.by_slug(db, slug)).id)
    try:
        q = await code_in(picture, reader, me) or q
    except Malformed as refused:
        why = why_not(refused, reader)
        async with reader.house.database.reading() as db:
            meeting = await meetings.by_slug(db, slug)
            return await _page(reader, db, me, meeting, q=q, told=Told(refused=why))
    if read(q) is None:
        return RedirectResponse(f"{router.prefix}/{slug}?{urlencode({'q': q})}", 303)
    async with reader.house.database.reading() as db:
        meeting = await meetings.by_slug(db, slug)
        checked = await badges.checked_by(db, reader.house.keys, meeting.id, q, by=me)
        why = said(checked.reason, reader.say) if checked.reason else ""
        of = checked.registration.id if checked.registration else None
        told = Told(refused=why, scanned=not why)
        return await _page(reader, db, me, meeting, of=of, told=told)


async def code_in(picture: UploadFile | None, reader: Reader, me: Person) -> str:
    """What the code in a picture says; nothing where no picture was sent."""
    if not (raw := await file_of(picture)):
        return ""
    house = reader.house
    await house.rates.take(house.settings.pictures_per_person, "picture", str(me.id))
    return await pictures.code(raw)


@router.post("/{slug}/print", dependencies=[Depends(own_form)])
async def print_many(
    slug: str,
    reader: ReaderIn,
    me: Me,
    at: HouseIn,
    now: Now,
    which: Typed = "",
    pick: Annotated[list[UUID] | None, Form(max_length=MOST)] = None,
) -> Response:
    """One PDF: of those that were chosen, or of everyone who has no valid badge."""
    async with at.database.writing() as db:
        meeting = await meetings.by_slug(db, slug)
        chosen = pick or []
        if which == "missing":
            found = await badges.listed(db, meeting.id, by=me)
            chosen = [each.registration.id for each in found if _missing(each)][:MOST]
        await badges.issue_all(db, meeting.id, chosen, by=me, now=now)
    return await _pdf(reader, meeting, chosen) or _back(slug)


@router.post("/{slug}/{registration_id}", dependencies=[Depends(own_form)])
async def act(
    slug: str,
    registration_id: UUID,
    reader: ReaderIn,
    me: Me,
    now: Now,
    act: Typed = "",
    identity: Typed = "",
    note: Annotated[UUID | None, Form()] = None,
) -> Response:
    """Print, print again, hand out or take back; whether a document was looked at is kept."""
    seen = identity == "yes"
    try:
        async with reader.house.database.writing() as db:
            meeting = await _of(db, slug, registration_id, me)
            match act:
                case "hand" | "seen":
                    done = Done(
                        id=note or uuid4(),
                        registration_id=registration_id,
                        identity_seen=seen or act == "seen",
                        handed_out=act == "hand",
                    )
                    keys = reader.house.keys
                    await handout.note(db, keys, meeting.id, done, by=me, now=now)
                case "print":
                    await badges.issue(db, registration_id, by=me, now=now, identity_seen=seen)
                case "reprint":
                    await badges.reprint(db, registration_id, by=me, now=now, identity_seen=seen)
                case _:
                    await badges.revoke(db, registration_id, by=me, now=now)
    except Conflict as refused:
        told = Told(refused=said(BadgeReason(refused.reason), reader.say))
    except Refused as refused:
        if not (isinstance(refused.decision, No) and refused.decision.reason in _OF_THE_ROW):
            raise
        told = Told(refused=said(refused.decision.reason, reader.say))
    else:
        return _back(slug, of=str(registration_id), done=act if act in DONE else "revoke")
    async with reader.house.database.reading() as db:
        meeting = await meetings.by_slug(db, slug)
        return await _page(reader, db, me, meeting, of=registration_id, told=told)


_OF_THE_ROW: Final = frozenset(
    {
        BadgeReason.NOT_CONFIRMED,
        BadgeReason.NO_BADGE,
        BadgeReason.OUTDATED,
        BadgeReason.HANDED_OUT,
    }
)


@router.get("/{slug}/{registration_id}/photo.jpg")
async def photo(
    slug: str, registration_id: UUID, reader: ReaderIn, me: Me, db: Reading
) -> Response:
    """To compare it with the person."""
    await _of(db, slug, registration_id, me)
    jpeg = await photos.of(db, reader.house.keys.vault, registration_id, by=me)
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.post("/{slug}/{registration_id}/photo", dependencies=[Depends(own_form)])
async def take(
    slug: str,
    registration_id: UUID,
    reader: ReaderIn,
    me: Me,
    picture: Annotated[UploadFile | None, File()] = None,
    do: Typed = "",
) -> Response:
    """Keep a photo that was taken at the desk, or remove the one that is there."""
    house = reader.house
    await house.rates.take(house.settings.pictures_per_person, "picture", str(me.id))
    try:
        jpeg = b"" if do == "remove" else await pictures.photo(await file_of(picture))
        async with house.database.writing() as db:
            await _of(db, slug, registration_id, me)
            if jpeg:
                vault = house.keys.vault
                await photos.put(db, vault, registration_id, jpeg, by=me, now=reader.now)
            else:
                await photos.remove(db, registration_id, by=me, now=reader.now)
    except (Malformed, Refused) as refused:
        told = Told(refused=why_not(refused, reader), photo=True)
        async with house.database.reading() as view:
            meeting = await meetings.by_slug(view, slug)
            return await _page(reader, view, me, meeting, of=registration_id, told=told)
    return _back(slug, of=str(registration_id), done="no-photo" if do == "remove" else "photo")


@router.get("/{slug}/{registration_id}/badge.pdf")
async def pdf(slug: str, registration_id: UUID, reader: ReaderIn, me: Me, db: Reading) -> Response:
    """The badge that is valid, as often as the printer needs it."""
    meeting = await _of(db, slug, registration_id, me)
    made = await _pdf(reader, meeting, [registration_id])
    if made is None:
        raise NotFound
    return made


async def _of(db: Db | DbToWrite, slug: str, registration_id: UUID, me: Person) -> Meeting:
    """The meeting, whose registration it has to be."""
    meeting = await meetings.by_slug(db, slug)
    held = await badges.held(db, registration_id, by=me)
    if held.registration.meeting_id != meeting.id:
        raise NotFound
    return meeting


async def _pdf(reader: Reader, meeting: Meeting, chosen: Sequence[UUID]) -> Response | None:
    async with reader.house.database.reading() as db:
        faces = await badges.faces(db, reader.house.keys, meeting.id, chosen)
    if not faces:
        return None
    fonts = reader.house.settings.data_dir / "fonts"
    made = await paper.printed(fonts, [paper.of(each, reader.say) for each in faces])
    return Response(made, media_type="application/pdf", headers=PDF)


def _back(slug: str, **asked: str) -> Response:
    query = f"?{urlencode(asked)}" if asked else ""
    return RedirectResponse(f"{router.prefix}/{slug}{query}", 303)


def _missing(held: Held) -> bool:
    return held.badge is None or held.outdated


async def _page(
    reader: Reader,
    db: Db,
    me: Person,
    meeting: Meeting,
    *,
    q: str = "",
    of: UUID | None = None,
    told: Told,
) -> HTMLResponse:
    found = await badges.listed(db, meeting.id, by=me, asked=q)
    one = await badges.held(db, of, by=me) if of else None
    if one is not None and one.registration.meeting_id != meeting.id:
        raise NotFound
    press = await paper.opened(reader.house.settings.data_dir / "fonts")
    lacking = press.lacks(each.registration.name for each in found)
    return reader.page(
        "desk/badges.html",
        409 if told.refused else 200,
        meeting=meeting,
        here=f"{router.prefix}/{meeting.slug}",
        asked=q,
        found=found[:SHOWN],
        number=len(found),
        missing=sum(map(_missing, found)),
        one=one,
        photo=await photos.kept(db, one.registration.id) if one else None,
        notes=await handout.of_registration(db, one.registration.id) if one else (),
        note_id=uuid4(),
        contested=await handout.contested(db, meeting.id, by=me),
        key=b64encode(reader.house.keys.public).decode(),
        told=told,
        lacking=[reader.say(LACKS[script]) for script in sorted(lacking)],
    )
