"""Sittings: may I attend and why, tickets, the floor, wishes over HTTP, opening and closing."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path, Query, Request, status
from pydantic import Field

from app import depends
from app.database import load
from app.depends import (
    House,
    HouseIn,
    MaybeMe,
    Me,
    Now,
    Reading,
    Visitor,
    VisitorIn,
    Whom,
    Writing,
    words_of,
)
from app.errors import Refused
from app.explain import answer, explain
from app.models import Sitting
from app.policy.access import Part, Right
from app.policy.balance import Balance
from app.policy.floor import Floor, FloorReason, Logged, may_follow, may_steer
from app.policy.people import Category
from app.policy.refusal import No
from app.protocol.messages import Answer, Explanation
from app.protocol.wishes import CAPTIONING, AnyWish
from app.routers.schemas import In, Out, SittingOut
from app.services import access, balance, corrections, invitation, sittings, speakers, wishes
from app.services.captions import writes
from app.services.corrections import Amendment
from app.services.seats import Wanted

router = APIRouter(
    prefix="/api/v1/sittings/{sitting_id}",
    tags=["sittings"],
    dependencies=[Depends(depends.same_site)],
)


class InvitedOut(Out):
    """An expert's confirmed invitation: for which item, until when, and whether it is in hand."""

    item: int
    until: datetime
    in_hand: bool


class AccessOut(Out):
    """May I, and why: one answer for each right in this sitting."""

    sitting: UUID
    part: Part
    attend: Explanation
    rights: dict[Right, Explanation]
    invitation: InvitedOut | None


class TicketOut(Out):
    ticket: str
    live: str = "/api/v1/live"
    expires_in: int


@router.get("")
async def show(sitting_id: UUID, me: Whom, now: Now, db: Reading) -> SittingOut:
    sitting = await load(db, Sitting, sitting_id)
    reads = await access.decide(db, me, sitting, Right.READ, now, by_item=True)
    return SittingOut.of(sitting, reads=bool(reads))


@router.get("/access")
async def may_i(
    sitting_id: UUID, request: Request, me: MaybeMe, asked_for: Whom, now: Now, db: Reading
) -> AccessOut:
    """May I attend, and why? Answered for whoever asks, signed in or not."""
    sitting = await load(db, Sitting, sitting_id)
    decided = await access.rights(db, asked_for, sitting, now)
    rights = {right: explain(each, words_of(request)) for right, each in decided.items()}
    invited = await invitation.mine(db, me, sitting, now)
    return AccessOut(
        sitting=sitting.id,
        part=sitting.part,
        attend=rights[Right.ATTEND],
        rights=rights,
        invitation=InvitedOut.model_validate(invited, from_attributes=True) if invited else None,
    )


@router.post("/tickets", status_code=status.HTTP_201_CREATED)
async def ticket(sitting_id: UUID, visitor: VisitorIn, at: HouseIn) -> TicketOut:
    """The only way into the live channels: single use, one minute, for this sitting and epoch."""
    made = await _draw(at, visitor, sitting_id, screen=False)
    at.hall.doorway.given()
    return made


@router.post("/tickets/screen", status_code=status.HTTP_201_CREATED)
async def screen_ticket(sitting_id: UUID, visitor: VisitorIn, at: HouseIn) -> TicketOut:
    """A ticket for a screen in the hall: it takes no seat, and takes no wishes."""
    return await _draw(at, visitor, sitting_id, screen=True)


async def _draw(at: House, by: Visitor, sitting_id: UUID, *, screen: bool) -> TicketOut:
    kind = "screen" if screen else "ticket"
    await at.rates.take(at.settings.tickets_per_person, kind, str(by.person.id))
    wanted = Wanted(by.person, sitting_id, by.login_id, by.token_id, screen=screen)
    made = await at.tickets.ask(wanted)
    return TicketOut(ticket=made, expires_in=at.settings.ticket_lifetime)


@router.get("/floor")
async def see(sitting_id: UUID, me: MaybeMe, now: Now, db: Reading) -> Floor:
    """The list of speakers and who speaks, for whoever may attend."""
    sitting = await load(db, Sitting, sitting_id)
    entry = await access.decide(db, me, sitting, Right.ATTEND, now)
    if not entry:
        raise Refused(entry)
    return await invitation.picture(db, sitting, entry)


@router.get("/speeches")
async def speeches(sitting_id: UUID, me: MaybeMe, now: Now, db: Reading) -> list[Logged]:
    """Who spoke, in which role, when and for how many seconds, for whoever may read this part."""
    sitting = await load(db, Sitting, sitting_id)
    reads = await access.decide(db, me, sitting, Right.READ, now, by_item=True)
    if not reads:
        raise Refused(reads)
    return await invitation.log(db, sitting, reads, now)


class CorrectionIn(In):
    """What is put right in the log; a field that is left out stays as it is."""

    name: str | None = None
    entity: str | None = None
    topic: str | None = None
    seconds: Annotated[float | None, Field(ge=0, le=86_400)] = None
    struck: bool | None = None
    why: str


@router.patch("/speeches/{number}")
async def correct_speech(
    sitting_id: UUID,
    number: Annotated[int, Path(ge=0, le=1_000_000)],
    correction: CorrectionIn,
    me: Me,
    now: Now,
    db: Writing,
) -> Logged:
    """Put a speech of the log right, with the reason: for those who steer and the secretariat."""
    said = correction.model_dump(exclude={"why"})
    return await corrections.correct(
        db, sitting_id, number, Amendment(**said), correction.why, by=me, now=now
    )


@router.get("/balance")
async def see_balance(sitting_id: UUID, me: Me, now: Now, db: Reading) -> Balance:
    """Who has spoken how often and how long, and whom the chair might take next; for the console.

    Shares are in seconds, the longest first; ``rows`` are of those who wait for what is in hand.
    """
    sitting = await load(db, Sitting, sitting_id)
    if not may_follow(await access.functions(db, me, sitting.meeting_id)):
        raise Refused(No(FloorReason.NOT_THE_CHAIR))
    return await balance.of(db, sitting, now)


class SpeakerFound(Out):
    """Someone whom the chair may put on the list, by the reference of the registration."""

    reference: str
    name: str
    title: str
    category: Category


@router.get("/speakers")
async def find_speakers(
    sitting_id: UUID,
    me: Me,
    db: Reading,
    like: Annotated[str, Query(max_length=60)] = "",
) -> list[SpeakerFound]:
    """Approved registrations with this in the person's or the body's name, for those who steer."""
    sitting = await load(db, Sitting, sitting_id)
    if not may_steer(await access.functions(db, me, sitting.meeting_id)):
        raise Refused(No(FloorReason.NOT_THE_CHAIR))
    return [
        SpeakerFound(reference=found.reference, name=found.name, title=title, category=category)
        for found, title, category in await speakers.candidates(db, sitting, like)
    ]


@router.post("/wishes")
async def wish(
    sitting_id: UUID,
    wished: Annotated[AnyWish, Body()],
    request: Request,
    me: Me,
    at: HouseIn,
    now: Now,
    db: Writing,
) -> Answer:
    """The same wishes as over the socket; an answer that says no is not an error."""
    captions = isinstance(wished, CAPTIONING) and await writes(db, sitting_id, me)
    await depends.count(at, wished, me.id, captions=captions)
    outcome = await wishes.grant(db, sitting_id, wished, by=me, now=now)
    return answer(wished.id, outcome, words_of(request))


@router.post("/open")
async def open_sitting(sitting_id: UUID, me: Me, now: Now, db: Writing) -> SittingOut:
    """The chair or the secretariat opens a sitting; a members' part opens by the fence only."""
    return SittingOut.of(await sittings.open_up(db, sitting_id, by=me, now=now))


@router.post("/close")
async def close_sitting(sitting_id: UUID, me: Me, now: Now, db: Writing) -> SittingOut:
    """The chair or the secretariat ends a sitting; no other part is opened by it."""
    return SittingOut.of(await sittings.close(db, sitting_id, by=me, now=now))
