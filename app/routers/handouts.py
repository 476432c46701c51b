"""What the badge desk notes, with and without the network, and its signed list for an outage."""

from base64 import b64encode
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Request

from app import depends
from app.depends import HouseIn, Me, Now, Reading, words_of
from app.keys import Keys
from app.policy.badge import BadgeReason, DeskTold
from app.reasons import Translate, said
from app.routers.doors import ListOut, digest
from app.routers.schemas import Id, In, Moment, OneOf, Out, Text
from app.services import badges, handout, meetings
from app.services.handout import DeskList, Done, Line, Noted

router = APIRouter(prefix="/api/v1", tags=["badges"], dependencies=[Depends(depends.same_site)])
OF_A_MEETING = "/meetings/{slug}/badges"


class NoteIn(In):
    """What the desk did for a registration of its list, or for whoever showed the ``text``.

    ``id`` is made at the desk; the same one again is answered as before. ``at`` and ``told`` are
    given by a desk that had no network.
    """

    id: Id
    registration: Id | None = None
    text: Text = ""
    identity_seen: bool = False
    handed_out: bool = False
    at: Moment | None = None
    told: Annotated[DeskTold, OneOf] | None = None

    def value(self) -> Done:
        return Done(
            id=self.id,
            registration_id=self.registration,
            text=self.text,
            identity_seen=self.identity_seen,
            handed_out=self.handed_out,
            at=self.at,
            told=self.told,
        )


class NotedOut(Out):
    """A note as it is kept; ``reason`` is what speaks against what was done alone."""

    id: UUID
    at: datetime
    name: str
    identity_seen: bool
    handed_out: bool
    reason: BadgeReason | None
    sentence: str

    @classmethod
    def of(cls, found: Noted, say: Translate) -> Self:
        note, reason = found.note, found.reason
        return cls(
            id=note.id,
            at=note.at,
            name=found.name,
            identity_seen=note.identity_seen,
            handed_out=note.handed_out,
            reason=reason,
            sentence=said(reason, say) if reason else "",
        )


@router.post(f"{OF_A_MEETING}/notes")
async def note(
    slug: str, sent: NoteIn, request: Request, me: Me, at: HouseIn, now: Now
) -> NotedOut:
    """A document was looked at, a badge handed out; what was done alone is kept in any case."""
    async with at.database.writing() as db:
        meeting = await meetings.by_slug(db, slug)
        made = await handout.note(db, at.keys, meeting.id, sent.value(), by=me, now=now)
    return NotedOut.of(made, words_of(request))


@router.get(f"{OF_A_MEETING}/notes")
async def contested(slug: str, request: Request, me: Me, db: Reading) -> list[NotedOut]:
    """What was done without the network, and should be looked into; the newest first."""
    meeting = await meetings.by_slug(db, slug)
    found = await handout.contested(db, meeting.id, by=me)
    return [NotedOut.of(each, words_of(request)) for each in found]


@router.get(f"{OF_A_MEETING}/list")
async def listed(
    slug: str, request: Request, me: Me, at: HouseIn, now: Now, db: Reading
) -> ListOut:
    """What the desk needs to go on while it has no network, signed; it makes no badge."""
    meeting = await meetings.by_slug(db, slug)
    found = await handout.desk_list(db, meeting.id, by=me, now=now)
    text = orjson.dumps(_list(at.keys, found, words_of(request)))
    return ListOut(
        text=text.decode(),
        signature=at.keys.sign(text),
        key=b64encode(at.keys.public).decode(),
    )


def _list(keys: Keys, found: DeskList, say: Translate) -> dict[str, Any]:
    return {
        "meeting": str(found.meeting_id),
        "made_at": found.made_at.isoformat(),
        "people": [_line(keys, each, say) for each in found.lines],
        "ended": [digest(badges.reference_of(keys, code)) for code in found.ended],
    }


def _line(keys: Keys, line: Line, say: Translate) -> dict[str, Any]:
    """Without the reference itself, which opens a door."""
    row, badge = line.held.registration, line.held.badge
    found_by = [digest(row.reference)]
    if badge is not None and not line.held.outdated:
        found_by.append(digest(badges.reference(keys, badge)))
    return {
        "by": found_by,
        "registration": str(row.id),
        "name": row.name,
        "entity": line.held.body,
        "capacity": said(row.capacity, say),
        "badge": badge is not None,
        "outdated": line.held.outdated,
        "identity_seen": line.identity_seen,
        "handed_out": line.handed_out,
    }
