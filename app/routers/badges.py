"""Badges: issued, printed again and revoked at the desk, checked there and at the doors."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response, status
from pydantic import Field

from app import depends
from app.database import Writing as DbToWrite
from app.depends import HouseIn, Me, Now, Reading, Writing, words_of
from app.errors import NotFound
from app.keys import Keys
from app.models import Badge, Person, Registration
from app.paper import badge, pictures
from app.policy.badge import BadgeReason
from app.policy.people import Capacity
from app.reasons import Translate, said
from app.routers.schemas import In, Out, PictureIn, Text
from app.services import badges, meetings
from app.services.badges import Checked, Held

router = APIRouter(prefix="/api/v1", tags=["badges"], dependencies=[Depends(depends.same_site)])
OF_A_MEETING = "/meetings/{slug}/badges"
MOST = 2000  # badges in one PDF


class OfIn(In):
    """Whose badge it is, by the reference of the registration."""

    registration: Text


class IssueIn(OfIn):
    """Whether a document was looked at is noted with the badge."""

    identity_seen: bool = False


class PrintIn(In):
    """Whose badges to print, by the references of their registrations."""

    registrations: list[Text] = Field(min_length=1, max_length=MOST)


class CheckIn(In):
    """What a scanner has read."""

    text: Text


class BadgeOut(Out):
    """A badge that is valid; ``text`` is what its QR code says."""

    id: UUID
    registration: str
    text: str
    issued_at: datetime
    identity_seen: bool
    outdated: bool

    @classmethod
    def of(cls, keys: Keys, held: Held, valid: Badge) -> Self:
        return cls(
            id=valid.id,
            registration=held.registration.reference,
            text=badges.reference(keys, valid),
            issued_at=valid.issued_at,
            identity_seen=valid.identity_seen,
            outdated=held.outdated,
        )


class HeldOut(Out):
    """A confirmed registration, as the badge desk sees it."""

    registration: str
    name: str
    entity: str
    capacity: Capacity
    badge: BadgeOut | None

    @classmethod
    def of(cls, keys: Keys, held: Held) -> Self:
        row = held.registration
        valid = BadgeOut.of(keys, held, held.badge) if held.badge else None
        return cls(
            registration=row.reference,
            name=row.name,
            entity=held.body,
            capacity=row.capacity,
            badge=valid,
        )


class CheckedOut(Out):
    """Whether a badge is valid for this meeting, and why not; the name is told where it is ours."""

    valid: bool
    reason: BadgeReason | None
    sentence: str
    registration: str
    name: str

    @classmethod
    def of(cls, checked: Checked, words: Translate) -> Self:
        row = checked.registration
        return cls(
            valid=checked.reason is None,
            reason=checked.reason,
            sentence=said(checked.reason, words) if checked.reason else "",
            registration=row.reference if row else "",
            name=row.name if row else "",
        )


@router.get(OF_A_MEETING)
async def listed(
    slug: str,
    me: Me,
    at: HouseIn,
    db: Reading,
    q: Annotated[str, Query(max_length=200)] = "",
) -> list[HeldOut]:
    """Confirmed registrations and their badges; ``q`` looks for name, body or reference."""
    meeting = await meetings.by_slug(db, slug)
    found = await badges.listed(db, meeting.id, by=me, asked=q)
    return [HeldOut.of(at.keys, each) for each in found]


@router.post(f"{OF_A_MEETING}/check")
async def check(
    slug: str, sent: CheckIn, request: Request, me: Me, at: HouseIn, db: Reading
) -> CheckedOut:
    """Whether a badge is valid, for the desk and the stewards; nobody is let in by it."""
    meeting = await meetings.by_slug(db, slug)
    checked = await badges.checked_by(db, at.keys, meeting.id, sent.text, by=me)
    return CheckedOut.of(checked, words_of(request))


class ReadOut(Out):
    """What a code says; whether it is a badge at all is another question."""

    text: str


@router.post(f"{OF_A_MEETING}/read")
async def read_code(slug: str, sent: PictureIn, me: Me, at: HouseIn) -> ReadOut:
    """Read the QR code in a picture, for a browser that cannot; 422 where none is found in it.

    Nothing of the picture is kept.
    """
    async with at.database.reading() as db:
        meeting = await meetings.by_slug(db, slug)
        await badges.of_the_scanners(db, me, meeting.id)
    await at.rates.take(at.settings.pictures_per_person, "picture", str(me.id))
    return ReadOut(text=await pictures.code(sent.value()))


@router.post(OF_A_MEETING, status_code=status.HTTP_201_CREATED)
async def issue(slug: str, sent: IssueIn, me: Me, at: HouseIn, now: Now, db: Writing) -> BadgeOut:
    """The first badge; whoever has one is told so, and another is printed in its place."""
    row = await _row(db, slug, sent, me)
    made = await badges.issue(db, row.id, by=me, now=now, identity_seen=sent.identity_seen)
    return await _out(db, at.keys, made, me)


@router.post(f"{OF_A_MEETING}/reprint", status_code=status.HTTP_201_CREATED)
async def reprint(slug: str, sent: IssueIn, me: Me, at: HouseIn, now: Now, db: Writing) -> BadgeOut:
    """Another badge; the one before is valid no more."""
    row = await _row(db, slug, sent, me)
    made = await badges.reprint(db, row.id, by=me, now=now, identity_seen=sent.identity_seen)
    return await _out(db, at.keys, made, me)


@router.post(f"{OF_A_MEETING}/revoke", status_code=status.HTTP_204_NO_CONTENT)
async def revoke(slug: str, sent: OfIn, me: Me, now: Now, db: Writing) -> Response:
    """The badge is valid no more, and no other is printed."""
    await badges.revoke(db, (await _row(db, slug, sent, me)).id, by=me, now=now)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.post(f"{OF_A_MEETING}/print", response_class=Response)
async def print_badges(
    slug: str, sent: PrintIn, request: Request, me: Me, at: HouseIn, now: Now
) -> Response:
    """One PDF with a page for each; who has no valid badge yet is given one.

    The badges are valid before they are on paper: a page that jams is printed again from here.
    """
    async with at.database.writing() as db:
        meeting = await meetings.by_slug(db, slug)
        rows = await badges.registrations_of(db, meeting.id, sent.registrations, by=me)
        await badges.issue_all(db, meeting.id, rows, by=me, now=now)
    async with at.database.reading() as db:
        found = await badges.faces(db, at.keys, meeting.id, rows)
    if not found:
        raise NotFound
    say = words_of(request)
    made = await badge.printed(
        at.settings.data_dir / "fonts", [badge.of(each, say) for each in found]
    )
    return Response(made, media_type=PDF, headers=attached(slug))


PDF = "application/pdf"


def attached(name: str) -> dict[str, str]:
    """A file to be saved or sent to a printer, and kept by nobody on the way."""
    safe = "".join(each for each in name if each.isalnum() or each == "-")
    return {
        "Content-Disposition": f'inline; filename="badges-{safe}.pdf"',
        "Cache-Control": "no-store",
    }


async def _row(db: DbToWrite, slug: str, of: OfIn, me: Person) -> Registration:
    meeting = await meetings.by_slug(db, slug)
    return await badges.registration_of(db, meeting.id, of.registration, by=me)


async def _out(db: DbToWrite, keys: Keys, made: Badge, me: Person) -> BadgeOut:
    await db.flush()
    return BadgeOut.of(keys, await badges.held(db, made.registration_id, by=me), made)
