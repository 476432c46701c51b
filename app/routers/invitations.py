"""Invitations (A10): made by those who preside, confirmed by a second person, ended."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, status
from pydantic import Field

from app import depends
from app.database import load
from app.depends import HouseIn, Me, Now, Reading, Writing
from app.errors import Refused
from app.models import Person, Sitting
from app.policy import invitation as rules
from app.policy.invitation import InvitationReason, InvitationState, NewInvitation
from app.policy.refusal import No
from app.routers.schemas import In, Moment, Out, Text
from app.services import access, invitation
from app.services.invitation import Named, Shown

router = APIRouter(
    prefix="/api/v1", tags=["invitations"], dependencies=[Depends(depends.same_site)]
)


class InvitationIn(In):
    """Whom, by the reference of a registration or an address; without an end, with the sitting."""

    whom: Annotated[str, Field(min_length=1, max_length=254)]
    item: Annotated[int, Field(ge=1, le=1_000_000)]
    reason: Text
    expires_at: Moment | None = None

    def value(self) -> NewInvitation:
        return NewInvitation(self.whom, self.item, self.reason, self.expires_at)


class EndIn(In):
    why: Text = ""


class ExpertOut(Out):
    """Someone as those who decide need to know them."""

    name: str
    body: str
    reference: str
    email: str

    @classmethod
    def of(cls, named: Named) -> Self:
        return cls(name=named.name, body=named.body, reference=named.reference, email=named.email)


class InvitationOut(Out):
    """An invitation, and what its reader may do about it."""

    id: UUID
    sitting: UUID
    item: int
    title: str
    expert: ExpertOut
    reason: str
    state: InvitationState
    in_hand: bool
    invited_by: str
    invited_at: datetime
    expires_at: datetime
    confirmed_by: str
    confirmed_at: datetime | None
    ended_by: str
    ended_at: datetime | None
    why: str
    may_confirm: bool
    may_end: bool

    @classmethod
    def of(cls, shown: Shown) -> Self:
        row = shown.row
        return cls(
            id=row.id,
            sitting=row.sitting_id,
            item=row.item_number,
            title=shown.item,
            expert=ExpertOut.of(shown.expert),
            reason=row.reason,
            state=shown.state,
            in_hand=shown.in_hand,
            invited_by=shown.invited_by,
            invited_at=row.invited_at,
            expires_at=row.expires_at,
            confirmed_by=shown.confirmed_by,
            confirmed_at=row.confirmed_at,
            ended_by=shown.ended_by,
            ended_at=row.ended_at,
            why=row.why,
            may_confirm=shown.may_confirm,
            may_end=shown.may_end,
        )


@router.get("/sittings/{sitting_id}/invitations")
async def listed(sitting_id: UUID, me: Me, now: Now, db: Reading) -> list[InvitationOut]:
    """The invitations of a sitting, the newest first, for those who may confirm them."""
    sitting = await load(db, Sitting, sitting_id)
    if not rules.may_confirm(await access.functions(db, me, sitting.meeting_id)):
        raise Refused(No(InvitationReason.NOT_A_SECOND))
    return [
        InvitationOut.of(each) for each in await invitation.of_sitting(db, sitting, by=me, now=now)
    ]


@router.post("/sittings/{sitting_id}/invitations", status_code=status.HTTP_201_CREATED)
async def invite(
    sitting_id: UUID, said: InvitationIn, me: Me, at: HouseIn, now: Now, db: Writing
) -> InvitationOut:
    """Name an expert for one item; it counts once a second person has confirmed it."""
    await _not_too_often(at, me)
    row = await invitation.invite(db, sitting_id, said.value(), by=me, now=now)
    return InvitationOut.of(await invitation.one(db, row, by=me, now=now))


@router.post("/invitations/{invitation_id}/confirm")
async def confirm(invitation_id: UUID, me: Me, at: HouseIn, now: Now, db: Writing) -> InvitationOut:
    """The second person's word: neither the one who invites nor the expert."""
    await _not_too_often(at, me)
    row = await invitation.confirm(db, invitation_id, by=me, now=now)
    return InvitationOut.of(await invitation.one(db, row, by=me, now=now))


@router.post("/invitations/{invitation_id}/end")
async def end(
    invitation_id: UUID, said: EndIn, me: Me, at: HouseIn, now: Now, db: Writing
) -> InvitationOut:
    """End it at once: the expert is shown out."""
    await _not_too_often(at, me)
    row = await invitation.end(db, invitation_id, said.why, by=me, now=now)
    return InvitationOut.of(await invitation.one(db, row, by=me, now=now))


async def _not_too_often(at: depends.House, me: Person) -> None:
    await at.rates.take(at.settings.wishes_per_person, "wish", str(me.id))
