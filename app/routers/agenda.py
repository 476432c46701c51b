"""The agenda of a meeting in its editions: read by whoever may, amended as a whole, adopted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from app import depends
from app.depends import Me, Now, Reading, Whom, Writing
from app.errors import NotFound
from app.models import Meeting
from app.policy.agenda import Change, Changed, Entry, ItemKind
from app.routers.schemas import Id, In, OneOf, Out, SittingOut, Text
from app.services import access, agenda, meetings
from app.services.agenda import Amendment, Edition

router = APIRouter(
    prefix="/api/v1/meetings/{slug}/agenda",
    tags=["meetings"],
    dependencies=[Depends(depends.same_site)],
)
Number = Annotated[int, Field(ge=0, le=2**31 - 1)]


class EntryOut(Out):
    """An item as an edition has it; ``label`` is shown for its number where there is one."""

    number: int
    label: str
    title: str
    sitting: UUID
    kind: ItemKind

    @classmethod
    def of(cls, each: Entry) -> Self:
        return cls(
            number=each.number or 0,
            label=each.label,
            title=each.title,
            sitting=each.sitting,
            kind=each.kind,
        )


class ChangeOut(Out):
    what: Change
    before: EntryOut | None
    after: EntryOut | None

    @classmethod
    def of(cls, each: Changed) -> Self:
        return cls(
            what=each.what,
            before=EntryOut.of(each.before) if each.before else None,
            after=EntryOut.of(each.after) if each.after else None,
        )


class EditionOut(Out):
    """``why`` is null where it may be about what one may not read; 0 is before any edition."""

    edition: int
    at: datetime | None
    why: str | None
    adopted_at: datetime | None
    changes: list[ChangeOut]

    @classmethod
    def of(cls, each: Edition) -> Self:
        return cls(
            edition=each.number,
            at=each.at,
            why=each.why,
            adopted_at=each.adopted_at,
            changes=[ChangeOut.of(one) for one in each.changes],
        )


class AgendaOut(EditionOut):
    """An edition with its items; ``editions`` are all that one may know of, the first one first."""

    items: list[EntryOut]
    sittings: list[SittingOut]
    editions: list[EditionOut]


class EntryIn(In):
    """Without a number it is new, and gets one that no item of the meeting ever had."""

    number: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    label: Text = ""
    title: Text
    sitting: Id
    kind: Annotated[ItemKind, OneOf] = ItemKind.ORDINARY

    def value(self) -> Entry:
        return Entry(self.number, self.sitting, self.title, self.kind, self.label)


class AmendmentIn(In):
    """The whole agenda as it is to be, in its order; what is left out is withdrawn.

    ``edition`` is the one that it rests on: 409 where there is another by now.
    """

    edition: Number
    why: Text
    items: Annotated[list[EntryIn], Field(max_length=200)]

    def value(self) -> Amendment:
        return Amendment(self.edition, [each.value() for each in self.items], self.why)


class AdoptionIn(In):
    edition: Number


@router.get("")
async def show(
    slug: str,
    me: Whom,
    now: Now,
    db: Reading,
    edition: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
) -> AgendaOut:
    """The edition in force, or that one, with what it changed, as far as one may read it."""
    meeting = await meetings.by_slug(db, slug)
    reads = await access.reads_whole(db, me, meeting, now)
    found = await agenda.shown(db, meeting, reads)
    sittings = await meetings.sittings(db, meeting.id)
    chosen = found[-1:] if edition is None else [each for each in found if each.number == edition]
    if not chosen:
        raise NotFound
    return AgendaOut(
        **EditionOut.of(chosen[0]).model_dump(),
        items=[EntryOut.of(each) for each in chosen[0].entries],
        sittings=[SittingOut.of(each, reads=each.id in reads) for each in sittings],
        editions=[EditionOut.of(each) for each in found],
    )


@router.put("")
async def amend(slug: str, sent: AmendmentIn, me: Me, now: Now, db: Writing) -> EditionOut:
    """Amend it, many changes at once, with the reason; for the secretariat of the meeting."""
    meeting = await meetings.by_slug(db, slug)
    await agenda.amend(db, meeting.id, sent.value(), by=me, now=now)
    return EditionOut.of((await _shown(db, meeting, me, now))[-1])


@router.post("/adoption")
async def adopt(slug: str, sent: AdoptionIn, me: Me, now: Now, db: Writing) -> EditionOut:
    """Note that the meeting has adopted the edition in force; those who preside, secretariat."""
    meeting = await meetings.by_slug(db, slug)
    await agenda.adopt(db, meeting.id, sent.edition, by=me, now=now)
    return EditionOut.of((await _shown(db, meeting, me, now))[-1])


async def _shown(
    db: Reading | Writing, meeting: Meeting, me: access.Whom, now: datetime
) -> Sequence[Edition]:
    return await agenda.shown(db, meeting, await access.reads_whole(db, me, meeting, now))
