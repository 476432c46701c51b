"""Several people put forward by a focal point in one request: looked at first, or all at once."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from app import depends
from app.depends import HouseIn, Me, Now, Writing, words_of
from app.policy.nomination import MOST, Line
from app.policy.registration import Mode
from app.reasons import saying
from app.routers.schemas import Id, In, OneOf, Out, Text
from app.services import meetings, nomination

router = APIRouter(prefix="/api/v1", tags=["delegation"], dependencies=[Depends(depends.same_site)])


class LineIn(In):
    """One person; mode and capacity in words, as in a spreadsheet, or nothing."""

    name: Text
    email: Text
    job_title: Text = ""
    mode: Text = ""
    capacity: Text = ""


class NominationsIn(In):
    """People for one entity; ``mode`` is for those who say none; ``dry_run`` only looks."""

    entity_id: Id
    mode: Annotated[Mode, OneOf] = Mode.REMOTE
    lines: list[LineIn] = Field(min_length=1, max_length=MOST)
    dry_run: bool = False

    def value(self) -> list[Line]:
        return [Line(**each.model_dump()) for each in self.lines]


class FaultOut(Out):
    """What is wrong in a line, counted from 1, and what to do about it."""

    line: int
    field: str
    reason: str
    sentence: str


class NominatedOut(Out):
    """How many were put forward, or would be; ``batch`` is the name by which it is taken back."""

    number: int
    batch: UUID | None
    faults: list[FaultOut]


@router.post("/meetings/{slug}/nominations")
async def nominate(
    slug: str,
    sent: NominationsIn,
    request: Request,
    me: Me,
    at: HouseIn,
    now: Now,
    db: Writing,
) -> NominatedOut:
    """Put people forward: all of them in one act, or with a fault anywhere nobody (422)."""
    await at.rates.take(at.settings.claims_per_person, "claim", str(me.id))
    meeting = await meetings.by_slug(db, slug)
    if sent.dry_run:
        await nomination.or_refuse(db, sent.entity_id, me, now)
        found = await nomination.checked(db, meeting.id, sent.value(), by=me)
        say = words_of(request)
        faults = [
            FaultOut(line=place + 1, field=name, reason=fault, sentence=saying(fault, say))
            for place, wrong in sorted(found.faults.items())
            for name, fault in wrong.items()
        ]
        return NominatedOut(number=found.fit, batch=None, faults=faults)
    batch, number = await nomination.nominate(
        db, meeting.id, sent.entity_id, sent.value(), mode=sent.mode, by=me, now=now
    )
    return NominatedOut(number=number, batch=batch, faults=[])
