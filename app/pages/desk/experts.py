"""The desk for experts (A10): those who preside invite, a second person confirms; no script."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.database import Reading as Db
from app.database import load
from app.depends import HouseIn, Me, Now, Reading, own_form
from app.errors import Conflict, Malformed, NotFound, Refused
from app.i18n import translations, words
from app.models import Invitation, Meeting, Person
from app.pages.portal.cases import venue
from app.pages.reader import Reader, ReaderIn
from app.pages.words import PARTS, said
from app.policy import invitation as rules
from app.policy.invitation import InvitationFault, InvitationReason, NewInvitation
from app.policy.refusal import No
from app.policy.text import number_of
from app.reasons import INVITATION_FAULTS, TEXTS
from app.services import access, invitation, meetings

router = APIRouter(prefix="/desk/experts")
MINUTES: Final = (15, 30, 60, 120)
DONE: Final = {
    "invited": words("The expert is invited. A second person has to confirm it before it counts."),
    "confirmed": words("Confirmed. The expert may attend while the item is in hand."),
    "ended": words("Ended. The expert is not admitted any more."),
}
SENTENCES: Final = {
    fault.value: told for fault, told in (*INVITATION_FAULTS.items(), *TEXTS.items())
}


@dataclass(frozen=True, slots=True)
class Offered:
    """What an invitation may be for: the items of sittings that the rule lets it open."""

    items: Sequence[tuple[str, str]]
    ends: Sequence[tuple[str, str]]
    sittings: Sequence[UUID]
    invites: bool


class Asked(BaseModel):
    """The form of an invitation, as it was sent; ``item`` names sitting and number."""

    model_config = ConfigDict(frozen=True)

    whom: Annotated[str, Field(max_length=1000)] = ""
    item: Annotated[str, Field(max_length=60)] = ""
    reason: Annotated[str, Field(max_length=4000)] = ""
    ends: Annotated[str, Field(max_length=10)] = ""

    def sitting(self, offered: Offered) -> UUID:
        """The sitting of the item, among those that are offered."""
        named = self.item.partition(":")[0]
        for key in offered.sittings:
            if str(key) == named:
                return key
        raise Malformed(item=InvitationFault.UNKNOWN_ITEM)

    def value(self, now: datetime) -> NewInvitation:
        item = number_of(self.item.partition(":")[2]) or 0
        minutes = {str(each): each for each in MINUTES}.get(self.ends)
        ends = now + timedelta(minutes=minutes) if minutes else None
        return NewInvitation(self.whom, item, self.reason, ends)


async def offered(reader: Reader, db: Db, meeting: Meeting, me: Person) -> Offered | None:
    """What may be invited for; None for whoever has no say in it, or where the rule has none."""
    held, edition = await access.functions(db, me, meeting.id), access.edition(meeting)
    everything = await meetings.sittings(db, meeting.id)
    reached = {
        each.id: each.title or reader.say(PARTS[each.part])
        for each in everything
        if invitation.reaches(edition, each.part)
    }
    if not (rules.may_confirm(held) and reached):
        return None
    items = [each for each in await meetings.agenda(db, meeting.id) if each.sitting_id in reached]
    several = len(reached) > 1
    return Offered(
        items=[
            (
                f"{each.sitting_id}:{each.number}",
                f"{each.number}. {each.title}" + several * f" ({reached[each.sitting_id]})",
            )
            for each in items
        ],
        ends=_ends(reader),
        sittings=tuple(reached),
        invites=rules.may_invite(held),
    )


def _ends(reader: Reader) -> list[tuple[str, str]]:
    tongue = translations(reader.language)
    told = [
        (str(each), tongue.ngettext("%(num)s minute from now", "%(num)s minutes from now", each))
        for each in MINUTES
    ]
    sitting = ("", reader.say(words("The end of the sitting")))
    return [sitting, *((minutes, text % {"num": minutes}) for minutes, text in told)]


@router.get("/{slug}")
async def show(slug: str, reader: ReaderIn, me: Me, db: Reading, done: str = "") -> HTMLResponse:
    return await _page(reader, db, me, slug, done=reader.say(DONE[done]) if done in DONE else "")


@router.post("/{slug}", dependencies=[Depends(own_form)])
async def invite(
    slug: str, asked: Annotated[Asked, Form()], reader: ReaderIn, me: Me, at: HouseIn, now: Now
) -> Response:
    """Name an expert: the page again, with what was done or with what is wrong."""
    await at.rates.take(at.settings.wishes_per_person, "wish", str(me.id))
    try:
        async with at.database.writing() as db:
            meeting = await meetings.by_slug(db, slug)
            found = await offered(reader, Db(db), meeting, me)
            if found is None or not found.invites:
                raise Refused(No(InvitationReason.NOT_THE_CHAIR))
            await invitation.invite(db, asked.sitting(found), asked.value(now), by=me, now=now)
    except Malformed as wrong:
        errors = [(name, reader.say(SENTENCES[fault])) for name, fault in wrong.faults.items()]
        return await _again(reader, me, slug, errors, asked)
    except Conflict as refused:
        told = said(InvitationReason(refused.reason), reader.say)
        return await _again(reader, me, slug, [("whom", told)], asked)
    return _back(slug, "invited")


@router.post("/{slug}/{invitation_id}/confirm", dependencies=[Depends(own_form)])
async def confirm(
    slug: str, invitation_id: UUID, reader: ReaderIn, me: Me, at: HouseIn, now: Now
) -> Response:
    """The second person's word."""
    await at.rates.take(at.settings.wishes_per_person, "wish", str(me.id))
    try:
        async with at.database.writing() as db:
            await _of_meeting(Db(db), slug, invitation_id)
            await invitation.confirm(db, invitation_id, by=me, now=now)
    except Conflict as refused:
        told = said(InvitationReason(refused.reason), reader.say)
        return await _again(reader, me, slug, [("list", told)])
    return _back(slug, "confirmed")


@router.post("/{slug}/{invitation_id}/end", dependencies=[Depends(own_form)])
async def end(
    slug: str,
    invitation_id: UUID,
    reader: ReaderIn,
    me: Me,
    at: HouseIn,
    now: Now,
    why: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """End it at once, with a reason where there is one."""
    await at.rates.take(at.settings.wishes_per_person, "wish", str(me.id))
    try:
        async with at.database.writing() as db:
            await _of_meeting(Db(db), slug, invitation_id)
            await invitation.end(db, invitation_id, why, by=me, now=now)
    except Malformed as wrong:
        return await _again(
            reader, me, slug, [("list", reader.say(SENTENCES[wrong.faults["why"]]))]
        )
    return _back(slug, "ended")


async def _of_meeting(db: Db, slug: str, invitation_id: UUID) -> None:
    """The meeting is in every question: an invitation of another one is none of this page."""
    meeting = await meetings.by_slug(db, slug)
    if (await load(db, Invitation, invitation_id)).meeting_id != meeting.id:
        raise NotFound


def _back(slug: str, done: str) -> Response:
    return RedirectResponse(f"{router.prefix}/{slug}?done={done}", 303)


async def _again(
    reader: Reader,
    me: Person,
    slug: str,
    errors: Sequence[tuple[str, str]],
    asked: Asked | None = None,
) -> HTMLResponse:
    """The page with a refusal, made when nothing is locked any more."""
    async with reader.house.database.reading() as db:
        return await _page(reader, db, me, slug, errors=errors, asked=asked)


async def _page(
    reader: Reader,
    db: Db,
    me: Person,
    slug: str,
    *,
    done: str = "",
    errors: Sequence[tuple[str, str]] = (),
    asked: Asked | None = None,
) -> HTMLResponse:
    meeting = await meetings.by_slug(db, slug)
    if not rules.may_confirm(await access.functions(db, me, meeting.id)):
        raise Refused(No(InvitationReason.NOT_A_SECOND))
    return reader.page(
        "desk/experts.html",
        422 if errors else 200,
        meeting=meeting,
        place=venue(meeting),
        offered=await offered(reader, db, meeting, me),
        invitations=await invitation.of_meeting(db, meeting, by=me, now=reader.now),
        function_ended=InvitationReason.FUNCTION_ENDED,
        done=done,
        errors=errors,
        faults=dict(errors),
        asked=asked or Asked(),
    )
