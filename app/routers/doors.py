"""The doors of the hall: scans that count once, the head count, and the list for an outage."""

from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Self
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Request
from pydantic import StringConstraints

from app import depends
from app.database import load
from app.depends import HouseIn, Me, Now, Reading, words_of
from app.explain import explain
from app.i18n import words
from app.keys import Keys
from app.models import Sitting
from app.policy.attendance import Way
from app.policy.badge import DOOR, Told, Verdict
from app.policy.decision import Reason
from app.policy.parts import Part
from app.policy.text import spelled
from app.reasons import CATEGORIES, Translate, said
from app.routers.schemas import Id, In, Moment, OneOf, Out, Text
from app.services import access, attendance, badges, door
from app.services.door import DoorList, Entry, Flag, Outcome, Seen

router = APIRouter(prefix="/api/v1", tags=["doors"], dependencies=[Depends(depends.same_site)])
OF_A_SITTING = "/sittings/{sitting_id}/door"


class ScanIn(In):
    """What a door has read: a badge, or the reference of a registration.

    ``id`` is made at the door; the same one again is answered as before. ``at`` and ``told`` are
    given by a door that had no network; ``insists`` by a steward who has checked the identity.
    """

    id: Id
    text: Text
    way: Annotated[Way, OneOf]
    door: Annotated[str, StringConstraints(max_length=DOOR, pattern=r"^[^\x00-\x1f]*$")] = ""
    at: Moment | None = None
    told: Annotated[Told, OneOf] | None = None
    insists: bool = False

    def value(self) -> Seen:
        return Seen(self.id, self.text, self.way, self.door, self.at, self.told, self.insists)


class OutcomeOut(Out):
    """What a scan came to, with the words for the steward and the clause where the rule was asked.

    ``contested``: the door let somebody in without the network whom the service would not have.
    """

    id: UUID
    verdict: Verdict
    reason: str
    sentence: str
    clause: str
    name: str
    entity: str
    category: str
    since: datetime | None
    flagged: bool
    contested: bool
    head_count: int

    @classmethod
    def of(cls, outcome: Outcome, head_count: int, say: Translate) -> Self:
        scan, stay, decision = outcome.scan, outcome.stay, outcome.decision
        why = explain(decision, say) if decision is not None else None
        sentence = why.sentence if why else ""
        if outcome.reason is not None:
            sentence = said(outcome.reason, say)
        return cls(
            id=scan.id,
            verdict=scan.verdict,
            reason=scan.reason,
            sentence=sentence,
            clause=why.clause if why else "",
            name=stay.name if stay else outcome.name,
            entity=stay.entity if stay else outcome.entity,
            category=said(decision.category, say) if decision is not None else "",
            since=stay.came_at if stay else None,
            flagged=scan.flagged,
            contested=outcome.contested,
            head_count=head_count,
        )


class FlagOut(Out):
    """Something to look into: a copied badge, or somebody let in whom the rule does not let in."""

    id: UUID
    at: datetime
    door: str
    name: str
    way: Way
    reason: str
    sentence: str
    contested: bool

    @classmethod
    def of(cls, flag: Flag, say: Translate) -> Self:
        scan = flag.scan
        return cls(
            id=scan.id,
            at=scan.at,
            door=scan.door,
            name=flag.name,
            way=scan.way,
            reason=scan.reason,
            sentence=_why(flag, say),
            contested=flag.contested,
        )


NOT_BY_THE_RULE = words("The rule does not let them into this part.")


def _why(flag: Flag, say: Translate) -> str:
    """The rule's own reasons are told with a clause, which takes the whole decision."""
    if flag.reason is None:
        return ""
    return say(NOT_BY_THE_RULE) if isinstance(flag.reason, Reason) else said(flag.reason, say)


class DoorOut(Out):
    """The hall as the doors have it."""

    head_count: int
    flags: list[FlagOut]


class ListOut(Out):
    """The list as it was signed, to be kept as it is; the signature is Ed25519, in base64.

    In it people are found by the SHA-256 of what a badge or a reference says, cut to 128 bits: with
    the list alone nobody makes a badge.
    """

    text: str
    signature: str
    key: str


@router.post(f"{OF_A_SITTING}/scans")
async def scan(
    sitting_id: UUID, seen: ScanIn, request: Request, me: Me, at: HouseIn, now: Now
) -> OutcomeOut:
    """A steward's scan; a refusal is an answer too, and is kept."""
    async with at.database.writing() as db:
        outcome = await door.scan(db, at.keys, sitting_id, seen.value(), by=me, now=now)
        await db.flush()
        count = await attendance.head_count(db, sitting_id)
    return OutcomeOut.of(outcome, count, words_of(request))


@router.get(OF_A_SITTING)
async def hall(sitting_id: UUID, request: Request, me: Me, db: Reading) -> DoorOut:
    """How many are in the hall, and what a steward should look into."""
    sitting = await load(db, Sitting, sitting_id)
    await door.of_the_door(db, me, sitting.meeting_id)
    say = words_of(request)
    return DoorOut(
        head_count=await attendance.head_count(db, sitting_id),
        flags=[FlagOut.of(each, say) for each in await door.flags(db, sitting_id)],
    )


@router.get(f"{OF_A_SITTING}/list")
async def listed(
    sitting_id: UUID, request: Request, me: Me, at: HouseIn, now: Now, db: Reading
) -> ListOut:
    """What a door needs to decide by itself while it has no network, signed."""
    found = await door.door_list(db, sitting_id, by=me, now=now)
    text = orjson.dumps(_list(at.keys, found, words_of(request)))
    return ListOut(
        text=text.decode(),
        signature=at.keys.sign(text),
        key=b64encode(at.keys.public).decode(),
    )


def _list(keys: Keys, found: DoorList, say: Translate) -> dict[str, Any]:
    sitting = found.sitting
    opens_at = sitting.starts_at - access.ROOM_OPENS_BEFORE
    by_clock = sitting.part is not Part.SECOND_HALF  # which is opened by a fence alone (A2)
    return {
        "sitting": str(sitting.id),
        "made_at": found.made_at.isoformat(),
        "open": access.opened(sitting, found.made_at),
        "opens_at": opens_at.isoformat() if by_clock else None,
        "people": [_entry(keys, each, say) for each in found.entries],
        "ended": [digest(badges.reference_of(keys, code)) for code in found.ended],
    }


def _entry(keys: Keys, entry: Entry, say: Translate) -> dict[str, Any]:
    why = explain(entry.decision, say)
    row = entry.registration
    found_by = [digest(row.reference)]
    if entry.code:
        found_by.append(digest(badges.reference_of(keys, entry.code)))
    return {
        "by": found_by,
        "name": row.name,
        "entity": entry.entity,
        "category": say(CATEGORIES[entry.decision.category]),
        "allowed": why.allowed,
        "sentence": why.sentence,
        "clause": why.clause,
        "inside": entry.inside,
    }


def digest(text: str) -> str:
    """By what a door finds a badge or a reference on its list."""
    return sha256(spelled(text).encode()).hexdigest()[:32]
