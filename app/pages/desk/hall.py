"""The door of the hall: a steward's head count, or the chair's reason to go on without one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import reasons
from app.database import Reading as Db
from app.database import load
from app.depends import Me, Now, Reading, own_form
from app.errors import Malformed, Refused
from app.i18n import words
from app.models import HallSignOff, Meeting, Person, Sitting
from app.pages.portal.cases import venue
from app.pages.reader import Reader, ReaderIn
from app.pages.words import PARTS, problem
from app.policy.fence import FenceReason, FenceState
from app.policy.floor import may_preside, may_watch
from app.policy.people import Function
from app.policy.refusal import No
from app.services import access, fence
from app.services.fence import Seen

router = APIRouter(prefix="/desk/hall")
MOST: Final = 100_000
LONGEST: Final = 500
NO_NUMBER: Final = words("Enter how many people are in the hall, as a number: 0 if it is empty.")
NO_REASON: Final = words(
    "Give the reason, in 500 characters at most: it stands in the certificate."
)
Stage: TypeAlias = Literal["before", "awaited", "signed", "opened"]


@dataclass(frozen=True, slots=True)
class Hall:
    """How far the hall is: nothing to count yet, awaited, signed, or long through."""

    stage: Stage
    signed: HallSignOff | None = None
    signed_by: str = ""
    certificate: str = ""
    stay: Sequence[Seen] = ()
    leave: Sequence[Seen] = ()


@router.get("/{sitting_id}")
async def show(sitting_id: UUID, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    return await _page(reader, db, me, sitting_id)


@router.post("/{sitting_id}/count", dependencies=[Depends(own_form)])
async def count(
    sitting_id: UUID,
    reader: ReaderIn,
    me: Me,
    now: Now,
    heads: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """A steward signs that only those who may stay are in the hall, and how many they are."""
    number = heads.strip()
    if not (number.isascii() and number.isdigit() and int(number) <= MOST):
        return await _refused(reader, me, sitting_id, ("heads", reader.say(NO_NUMBER)), number)
    async with reader.house.database.writing() as db:
        meeting_id = (await load(db, Sitting, sitting_id)).meeting_id
        await fence.sign_off(db, meeting_id, int(number), by=me, now=now)
    return _again(sitting_id)


@router.post("/{sitting_id}/without", dependencies=[Depends(own_form)])
async def without(
    sitting_id: UUID,
    reader: ReaderIn,
    me: Me,
    now: Now,
    reason: Annotated[str, Form(max_length=4 * LONGEST)] = "",
) -> Response:
    """The chair goes on without a head count, for a reason that the certificate repeats."""
    given = reason.strip()
    if not 0 < len(given) <= LONGEST:
        return await _refused(reader, me, sitting_id, ("reason", reader.say(NO_REASON)), given)
    try:
        async with reader.house.database.writing() as db:
            meeting_id = (await load(db, Sitting, sitting_id)).meeting_id
            await fence.go_on_without(db, meeting_id, given, by=me, now=now)
    except Malformed as wrong:
        told = problem("reason", wrong.faults["reason"], reader.say)
        return await _refused(reader, me, sitting_id, ("reason", told), given)
    return _again(sitting_id)


async def _refused(
    reader: Reader, me: Person, sitting_id: UUID, error: tuple[str, str], entered: str
) -> HTMLResponse:
    async with reader.house.database.reading() as db:
        return await _page(reader, db, me, sitting_id, error, entered)


def _again(sitting_id: UUID) -> Response:
    return RedirectResponse(f"{router.prefix}/{sitting_id}", 303)


async def _page(
    reader: Reader,
    db: Db,
    me: Person,
    sitting_id: UUID,
    error: tuple[str, str] | None = None,
    entered: str = "",
) -> HTMLResponse:
    sitting = await load(db, Sitting, sitting_id)
    meeting = await load(db, Meeting, sitting.meeting_id)
    held = await access.functions(db, me, meeting.id)
    if not may_watch(held):
        raise Refused(No(FenceReason.NOT_A_STEWARD))
    return reader.page(
        "desk/hall.html",
        422 if error else 200,
        meeting=meeting,
        sitting=sitting,
        sitting_name=sitting.title or reader.say(PARTS[sitting.part]),
        place=venue(meeting, sitting.time_zone),
        zone=sitting.time_zone,
        hall=await _hall(db, meeting, reader.now),
        why=lambda seen: reasons.sentence(seen.decision, reader.say),
        counts=Function.STEWARD in held,
        presides=may_preside(held),
        errors=[error] if error else [],
        entered=entered,
        not_a_steward=reasons.said(FenceReason.NOT_A_STEWARD, reader.say),
    )


async def _hall(db: Db, meeting: Meeting, now: Now) -> Hall:
    raised = await fence.current(db, meeting.id)
    if raised is None:
        return Hall("before")
    signed = await fence.hall_of(db, raised)
    by = await db.get(Person, signed.by_id) if signed else None
    name = by.name if by else ""
    if raised.state is FenceState.OPENED:
        return Hall("opened", signed, name, f"/certificates/{raised.id}")
    if signed:
        return Hall("signed", signed, name)
    stay, leave = await fence.in_the_hall(db, raised, now)
    return Hall("awaited", stay=stay, leave=leave)
