"""Badges: issued, printed again and revoked at the desk, checked there and at the doors."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response, status

from app import depends
from app.database import Writing as DbToWrite
from app.depends import HouseIn, Me, Now, Reading, Writing, words_of
from app.keys import Keys
from app.models import Badge, Person, Registration
from app.policy.badge import BadgeReason
from app.policy.people import Capacity
from app.reasons import Translate, said
from app.routers.schemas import In, Out, Text
from app.services import badges, meetings
from app.services.badges import Checked, Held

router = APIRouter(prefix="/api/v1", tags=["badges"], dependencies=[Depends(depends.same_site)])
OF_A_MEETING = "/meetings/{slug}/badges"


class OfIn(In):
    """Whose badge it is, by the reference of the registration."""

    registration: Text


class IssueIn(OfIn):
    """Whether a document was looked at is noted with the badge."""

    identity_seen: bool = False


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
    def of(cls, keys: Keys, held: Held, badge: Badge) -> Self:
        return cls(
            id=badge.id,
            registration=held.registration.reference,
            text=badges.reference(keys, badge),
            issued_at=badge.issued_at,
            identity_seen=badge.identity_seen,
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
        badge = BadgeOut.of(keys, held, held.badge) if held.badge else None
        return cls(
            registration=row.reference,
            name=row.name,
            entity=held.body,
            capacity=row.capacity,
            badge=badge,
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


@router.post(OF_A_MEETING, status_code=status.HTTP_201_CREATED)
async def issue(slug: str, sent: IssueIn, me: Me, at: HouseIn, now: Now, db: Writing) -> BadgeOut:
    """The first badge; whoever has one is told so, and another is printed in its place."""
    row = await _row(db, slug, sent, me)
    badge = await badges.issue(db, row.id, by=me, now=now, identity_seen=sent.identity_seen)
    return await _out(db, at.keys, badge, me)


@router.post(f"{OF_A_MEETING}/reprint", status_code=status.HTTP_201_CREATED)
async def reprint(slug: str, sent: IssueIn, me: Me, at: HouseIn, now: Now, db: Writing) -> BadgeOut:
    """Another badge; the one before is valid no more."""
    row = await _row(db, slug, sent, me)
    badge = await badges.reprint(db, row.id, by=me, now=now, identity_seen=sent.identity_seen)
    return await _out(db, at.keys, badge, me)


@router.post(f"{OF_A_MEETING}/revoke", status_code=status.HTTP_204_NO_CONTENT)
async def revoke(slug: str, sent: OfIn, me: Me, now: Now, db: Writing) -> Response:
    """The badge is valid no more, and no other is printed."""
    await badges.revoke(db, (await _row(db, slug, sent, me)).id, by=me, now=now)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


async def _row(db: DbToWrite, slug: str, of: OfIn, me: Person) -> Registration:
    meeting = await meetings.by_slug(db, slug)
    return await badges.registration_of(db, meeting.id, of.registration, by=me)


async def _out(db: DbToWrite, keys: Keys, badge: Badge, me: Person) -> BadgeOut:
    await db.flush()
    return BadgeOut.of(keys, await badges.held(db, badge.registration_id, by=me), badge)
