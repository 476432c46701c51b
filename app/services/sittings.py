"""Opening and closing a sitting by plain decision of the chair; a fence is another matter."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from app import journal
from app.database import Reading, Writing, hold, load, ring
from app.errors import Refused
from app.journal import Channel
from app.models import Meeting, Person, Sitting
from app.policy.access import Part
from app.policy.fence import FenceReason, FenceState
from app.policy.floor import FloorReason, SittingClosed, SittingOpened, may_preside
from app.policy.people import Function
from app.policy.refusal import No
from app.policy.sitting import SittingState
from app.services import access, acts, attendance, captions, fence, floor, hands
from app.services.floor import Turn


async def open_up(db: Writing, sitting_id: UUID, *, by: Person, now: datetime) -> Sitting:
    """Open a scheduled sitting, or return to an open part that was closed."""
    sitting, meeting = await _presided(db, sitting_id, by)
    if sitting.part is Part.SECOND_HALF:
        raise Refused(No(FenceReason.NOT_VERIFIED))
    if sitting.state is SittingState.OPEN:
        raise Refused(No(FloorReason.ALREADY_SO))
    if (obstacle := await _members_part(db, meeting)) is not None:
        raise Refused(No(obstacle))
    sitting.state, sitting.opened_at = SittingState.OPEN, now
    sitting.frozen_at = sitting.closed_at = None
    await journal.write(db, Channel(sitting.id, "room", meeting.epoch), SittingOpened(), by=by.id)
    await _recorded(db, "sitting-opened", sitting, by, now)
    return sitting


async def close(db: Writing, sitting_id: UUID, *, by: Person, now: datetime) -> Sitting:
    """End a sitting; its list is closed, and its channels tell nothing more."""
    sitting, meeting = await _presided(db, sitting_id, by)
    if sitting.state is not SittingState.OPEN:
        raise Refused(No(FloorReason.NOT_OPEN))
    await floor.stop_clock(Turn(db, meeting, sitting, by, now))
    await hands.stop(Turn(db, meeting, sitting, by, now))
    await captions.end(db, sitting.id, now)
    sitting.state, sitting.closed_at, sitting.list_opened_at = SittingState.CLOSED, now, None
    floor.keep_nothing(sitting)
    await attendance.leave_hall(db, sitting.id, now)
    await journal.write(db, Channel(sitting.id, "room", meeting.epoch), SittingClosed(), by=by.id)
    await _recorded(db, "sitting-closed", sitting, by, now)
    return sitting


async def instead(db: Reading | Writing, sitting: Sitting) -> Sitting | None:
    """Where the meeting goes on while this sitting is closed; None where it is not, or nowhere."""
    if sitting.state is not SittingState.CLOSED:
        return None
    query = select(Sitting).where(
        Sitting.meeting_id == sitting.meeting_id,
        col(Sitting.state).in_([SittingState.OPEN, SittingState.CLOSING]),
    )
    return (await db.exec(query.order_by(col(Sitting.number)))).first()


async def next_open(db: Reading | Writing, now: datetime) -> Sitting | None:
    """The next sitting, of whatever meeting, in a part that every edition opens to all."""
    query = (
        select(Sitting)
        .where(col(Sitting.part).in_([Part.CONSULTATION, Part.FIRST_HALF]), Sitting.starts_at > now)
        .order_by(col(Sitting.starts_at))
    )
    return (await db.exec(query.limit(1))).first()


async def _members_part(db: Writing, meeting: Meeting) -> FenceReason | None:
    """Why nothing else may be opened now: two parts at once would have two audiences."""
    raised = await fence.current(db, meeting.id)
    if raised is not None and raised.state is not FenceState.OPENED:
        return FenceReason.ALREADY_CLOSING
    query = select(Sitting.id).where(
        Sitting.meeting_id == meeting.id,
        Sitting.part == Part.SECOND_HALF,
        Sitting.state == SittingState.OPEN,
    )
    found = (await db.exec(query)).first()
    return None if found is None else FenceReason.MEMBERS_PART_OPEN


async def _presided(db: Writing, sitting_id: UUID, by: Person) -> tuple[Sitting, Meeting]:
    """The sitting and its meeting, held in the order in which a fence holds them."""
    found = await load(db, Sitting, sitting_id)
    meeting = await hold(db, Meeting, found.meeting_id)
    sitting = await hold(db, Sitting, sitting_id)
    held = await access.functions(db, by, meeting.id)
    if not (may_preside(held) or Function.SECRETARIAT in held):
        raise Refused(No(FenceReason.NOT_THE_CHAIR))
    return sitting, meeting


async def _recorded(db: Writing, kind: str, sitting: Sitting, by: Person, now: datetime) -> None:
    ring(db, f"meeting:{sitting.meeting_id}")
    await acts.record(
        db, kind, now, meeting_id=sitting.meeting_id, sitting=str(sitting.id), by=str(by.id)
    )
