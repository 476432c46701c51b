"""Shows of hands of a sitting: the log, one's own hand, and everyone's for those who preside."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.database import load
from app.depends import MaybeMe, Now, Reading
from app.errors import Refused
from app.models import Sitting
from app.policy.access import Right
from app.policy.floor import Speaker, may_preside
from app.policy.hands import Counts
from app.routers.schemas import Out
from app.services import access, hands, invitation
from app.services.hands import Past

router = APIRouter(prefix="/api/v1/sittings/{sitting_id}/hands", tags=["hands"])


class ShowOut(Out):
    """A show of hands: no vote, and nothing is decided by it. Without counts it still runs."""

    number: int
    question: str
    choices: tuple[str, ...]
    asked_by: str
    asked_at: datetime
    closed_at: datetime | None
    counts: Counts | None

    @classmethod
    def of(cls, past: Past) -> "ShowOut":
        show = past.show
        return cls(
            number=show.number,
            question=show.question,
            choices=show.choices,
            asked_by=past.asked_by,
            asked_at=show.asked_at,
            closed_at=past.closed_at,
            counts=show.counts,
        )


class RaisedOut(Out):
    speaker: Speaker
    choice: int


class HandsOut(Out):
    """The newest first; ``before`` pages back. ``raised`` is for those who preside."""

    shows: tuple[ShowOut, ...]
    mine: int | None = None
    raised: tuple[RaisedOut, ...] | None = None


@router.get("")
async def see(
    sitting_id: UUID,
    me: MaybeMe,
    now: Now,
    db: Reading,
    before: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> HandsOut:
    """Who asked what and when, and the result by category, for whoever may read this part."""
    sitting = await load(db, Sitting, sitting_id)
    reads = await access.decide(db, me, sitting, Right.READ, now)
    if not reads:
        raise Refused(reads)
    since = await invitation.begins(db, sitting, reads)
    shows = await hands.log(db, sitting, before, since=since)
    presides = may_preside(await access.functions(db, me, sitting.meeting_id))
    raised = None
    if presides and shows and before is None:
        found = await hands.raised(db, sitting, shows[0].show.number)
        raised = tuple(RaisedOut(speaker=each.speaker, choice=each.choice) for each in found)
    return HandsOut(
        shows=tuple(map(ShowOut.of, shows)),
        mine=await hands.own(db, sitting, me, shows[0].show.number) if me and shows else None,
        raised=raised,
    )
