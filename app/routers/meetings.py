"""Meetings: what they are, when, by which edition; founded and filled by the secretariat."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Response, status
from pydantic import Field

from app import depends
from app.depends import HouseIn, Me, Now, Reading, Whom, Writing
from app.errors import Malformed, NotFound, Refused
from app.models import AgendaItem, Meeting, Person
from app.policy.access import Edition
from app.policy.agenda import ItemKind
from app.policy.decision import Decision
from app.policy.invitation import reads_item
from app.policy.meeting import (
    Halves,
    MeetingFault,
    MeetingReason,
    NewItem,
    NewMeeting,
    NewSitting,
)
from app.policy.parts import Part
from app.policy.people import Function
from app.policy.refusal import No
from app.routers.schemas import Id, In, Moment, OneOf, Out, SittingOut, Text
from app.services import access, copying, identity, meetings
from app.services.copying import Copy

router = APIRouter(
    prefix="/api/v1/meetings", tags=["meetings"], dependencies=[Depends(depends.same_site)]
)


class EditionOut(Out):
    """The edition of the rule that a meeting pins; the digest is that of the text it keeps."""

    id: str
    digest: str


class MeetingOut(Out):
    id: UUID
    slug: str
    title: str
    place: str
    time_zone: str
    edition: EditionOut

    @classmethod
    def of(cls, meeting: Meeting) -> Self:
        return cls(
            id=meeting.id,
            slug=meeting.slug,
            title=meeting.title,
            place=meeting.place,
            time_zone=meeting.time_zone,
            edition=EditionOut(id=meeting.edition_id, digest=meeting.edition_digest),
        )


class ItemOut(Out):
    """An item, which keeps its number; ``label`` is shown instead where there is one."""

    id: UUID
    number: int
    label: str
    sitting: UUID
    title: str
    kind: ItemKind

    @classmethod
    def of(cls, item: AgendaItem) -> Self:
        return cls(
            id=item.id,
            number=item.number,
            label=item.label,
            sitting=item.sitting_id,
            title=item.title,
            kind=item.kind,
        )


class BoundaryOut(Out):
    """After which sitting the second half begins (A1), as planned and as it came about."""

    after: UUID
    minutes_before: int
    minutes_after: int
    planned_at: datetime
    actual_at: datetime | None
    by_default: bool

    @classmethod
    def of(cls, halves: Halves) -> Self:
        return cls(
            after=halves.after,
            minutes_before=halves.minutes_before,
            minutes_after=halves.minutes_after,
            planned_at=halves.planned_at,
            actual_at=halves.actual_at,
            by_default=halves.by_default,
        )


class WholeMeetingOut(MeetingOut):
    sittings: list[SittingOut]
    agenda: list[ItemOut]
    boundary: BoundaryOut | None


class MeetingIn(In):
    slug: Text
    title: Text
    place: Text = ""
    time_zone: Text
    edition: Text

    def value(self, editions: Mapping[str, Edition]) -> NewMeeting:
        if self.edition not in editions:
            raise Malformed(edition=MeetingFault.UNKNOWN_EDITION)
        edition = editions[self.edition]
        return NewMeeting(self.slug, self.title, self.place, self.time_zone, edition)


class SittingIn(In):
    part: Annotated[Part, OneOf]
    title: Text = ""
    starts_at: Moment
    ends_at: Moment
    place: Text = ""
    time_zone: Text = ""

    def value(self) -> NewSitting:
        return NewSitting(**dict(self))


class ItemIn(In):
    sitting_id: Id
    title: Text
    kind: Annotated[ItemKind, OneOf] = ItemKind.ORDINARY

    def value(self) -> NewItem:
        return NewItem(self.sitting_id, self.title, self.kind)


class BoundaryIn(In):
    """Null lets the default say where: the sitting boundary nearest to half of the minutes."""

    after: Id | None = Field()


class FunctionIn(In):
    email: Text
    function: Annotated[Function, OneOf]


class FunctionOut(Out):
    person: UUID
    name: str
    email: str
    function: Function


@router.get("")
async def listed(db: Reading) -> list[MeetingOut]:
    return [MeetingOut.of(each) for each in await meetings.listed(db)]


@router.get("/{slug}")
async def show(slug: str, me: Whom, now: Now, db: Reading) -> WholeMeetingOut:
    """A meeting by its slug or id: when it sits, in which part, and on what one may read of."""
    return await _whole(db, await meetings.by_slug(db, slug), me, now)


@router.post("", status_code=status.HTTP_201_CREATED)
async def found(sent: MeetingIn, me: Me, at: HouseIn, now: Now, db: Writing) -> WholeMeetingOut:
    """Found a meeting on an edition; for the secretariat of any other meeting."""
    made = await meetings.create(db, sent.value(at.editions), me, now)
    return await _whole(db, made, me, now)


class CopyIn(In):
    """Sittings move by so many days, and keep their time of the day."""

    slug: Text
    title: Text
    days: int

    def value(self) -> Copy:
        return Copy(self.slug, self.title, self.days)


@router.post("/{slug}/copies", status_code=status.HTTP_201_CREATED)
async def copy(slug: str, sent: CopyIn, me: Me, now: Now, db: Writing) -> WholeMeetingOut:
    """Found a meeting like this one: rule, form, sittings and places; for its secretariat."""
    old = await meetings.by_slug(db, slug)
    return await _whole(db, await copying.copy(db, old.id, sent.value(), by=me, now=now), me, now)


@router.post("/{slug}/sittings", status_code=status.HTTP_201_CREATED)
async def add_sitting(slug: str, sent: SittingIn, me: Me, now: Now, db: Writing) -> SittingOut:
    meeting = await meetings.by_slug(db, slug)
    return SittingOut.of(await meetings.add_sitting(db, meeting.id, sent.value(), me, now))


@router.post("/{slug}/agenda-items", status_code=status.HTTP_201_CREATED)
async def add_item(slug: str, sent: ItemIn, me: Me, now: Now, db: Writing) -> ItemOut:
    """Add an item; the draft of the Secretary-General's report only to the first half (A15)."""
    meeting = await meetings.by_slug(db, slug)
    return ItemOut.of(await meetings.add_item(db, meeting.id, sent.value(), me, now))


@router.put("/{slug}/boundary")
async def divide(slug: str, sent: BoundaryIn, me: Me, now: Now, db: Writing) -> BoundaryOut | None:
    """Say after which sitting the second half begins, while neither half has begun."""
    meeting = await meetings.by_slug(db, slug)
    halves = await meetings.divide(db, meeting.id, sent.after, me, now)
    return BoundaryOut.of(halves) if halves else None


@router.get("/{slug}/functions")
async def functions(slug: str, me: Me, db: Reading) -> list[FunctionOut]:
    """Who serves the meeting, with their addresses: for its secretariat."""
    meeting = await meetings.by_slug(db, slug)
    if not await access.is_secretariat(db, me, meeting.id):
        raise Refused(No(MeetingReason.NOT_THE_SECRETARIAT))
    return _served(await meetings.serving(db, meeting.id))


@router.put("/{slug}/functions")
async def appoint(slug: str, sent: FunctionIn, me: Me, now: Now, db: Writing) -> list[FunctionOut]:
    """Give the person of an address a function; repeating it changes nothing."""
    meeting = await meetings.by_slug(db, slug)
    if not await access.is_secretariat(db, me, meeting.id):
        raise Refused(No(MeetingReason.NOT_THE_SECRETARIAT))
    person = await identity.person_for(db, sent.email, now)
    await meetings.appoint(db, meeting.id, person, sent.function, me, now)
    return _served(await meetings.serving(db, meeting.id))


@router.delete("/{slug}/functions/{function}/{person_id}", status_code=status.HTTP_204_NO_CONTENT)
async def dismiss(
    slug: str, function: Function, person_id: UUID, me: Me, now: Now, db: Writing
) -> Response:
    meeting = await meetings.by_slug(db, slug)
    person = await db.get(Person, person_id)
    if person is None:
        raise NotFound
    await meetings.dismiss(db, meeting.id, person, function, me, now)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


async def _whole(
    db: Reading | Writing, meeting: Meeting, me: access.Whom, now: datetime
) -> WholeMeetingOut:
    halves = await meetings.boundary(db, meeting)
    reads = await access.readable(db, me, meeting, now)
    sittings = await meetings.sittings(db, meeting.id)
    items = await meetings.agenda(db, meeting.id)
    in_hand = {each.id: each.item_number for each in sittings}
    return WholeMeetingOut(
        **MeetingOut.of(meeting).model_dump(),
        sittings=[SittingOut.of(each, reads=each.id in reads) for each in sittings],
        agenda=[ItemOut.of(each) for each in items if _reads(each, reads, in_hand)],
        boundary=BoundaryOut.of(halves) if halves else None,
    )


def _reads(
    item: AgendaItem, reads: Mapping[UUID, Decision], in_hand: Mapping[UUID, int | None]
) -> bool:
    """An expert who is invited for one item reads that one."""
    decision = reads.get(item.sitting_id)
    return bool(decision and reads_item(decision, item.number, in_hand[item.sitting_id]))


def _served(found: Sequence[tuple[Person, Function]]) -> list[FunctionOut]:
    return [
        FunctionOut(person=person.id, name=person.name, email=person.email, function=function)
        for person, function in found
    ]
