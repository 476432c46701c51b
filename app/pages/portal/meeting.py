"""One meeting: its sittings and what one may do there, the boundary, the agenda, the rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.depends import Reading
from app.models import AgendaItem, Meeting
from app.pages.answers import Case, invitation_of, lock
from app.pages.portal.cases import Slot, cases, slot, venue
from app.pages.portal.consultations import cards
from app.pages.portal.home import STANDING, actions, dates, status
from app.pages.reader import Reader, ReaderIn
from app.pages.words import PARTS, listed, said
from app.policy.attendance import may_see
from app.policy.invitation import may_confirm, reads_item
from app.policy.outcome import Completion
from app.policy.parts import Right
from app.policy.people import Function
from app.policy.registration import Mode
from app.services import (
    access,
    citations,
    consultations,
    fence,
    meetings,
    places,
)
from app.services.consultations import (
    Lists,
)

router = APIRouter()
FILING = Right.FILE_INPUT


@dataclass(frozen=True, slots=True)
class Section:
    """A sitting with its part of the agenda; where it may not be read, the lock says why."""

    slot: Slot
    title: str
    place: str
    mode: str
    lock: str
    invited: str
    spoke: str
    records: str
    items: Sequence[AgendaItem]


@router.get("/meetings/{slug}", name="meeting")
async def show(slug: str, reader: ReaderIn, db: Reading) -> HTMLResponse:
    meeting = await meetings.by_slug(db, slug)
    found = await cases(db, reader, meeting)
    own = found[0].registration if found else None
    held = await access.functions(db, reader.me, meeting.id)
    rounds = await cards(
        reader, db, await consultations.public(db, reader.now, Lists(meeting=meeting.id))
    )
    cites = {
        item.id: found
        for item, found in await citations.of_items(db, meeting, reader.whom, reader.now)
        if found
    }
    return reader.page(
        "portal/meeting.html",
        meeting=meeting,
        caption=dates(meeting, found, reader.language),
        sections=await sections(reader, db, meeting, found),
        boundary=await meetings.boundary(db, meeting),
        city=venue(meeting),
        edition=access.edition(meeting),
        inputs=_inputs(reader, found),
        certified=await fence.certified(db, meeting.id),
        consultations=rounds,
        cites=cites,
        linked=await citations.linked_of(
            db, [one for found in cites.values() for one in found], reader.now
        ),
        completion=sum((each.completion or Completion() for each in rounds), Completion()),
        inputs_to=reader.house.settings.mail_from,
        functions=sorted(held),
        attendance=may_see(held),
        confirms=may_confirm(held),
        secretariat=Function.SECRETARIAT in held,
        status=status(own, reader.say),
        actions=actions(meeting, found, own, reader.say),
    )


def _inputs(reader: Reader, found: Sequence[Case]) -> str:
    """The parts for which the reader may send a written input, in words."""
    names = [reader.say(PARTS[each.sitting.part]) for each in found if each.decision(FILING)]
    return listed(dict.fromkeys(names), reader.language)


async def sections(
    reader: Reader, db: Reading, meeting: Meeting, found: Sequence[Case]
) -> list[Section]:
    items = await meetings.agenda(db, meeting.id)
    own = found[0].registration if found else None
    modes = await places.modes(db, own.id) if own and own.state in STANDING else {}
    return [_section(reader, case, items, modes) for case in found]


def _section(
    reader: Reader, case: Case, items: Sequence[AgendaItem], modes: Mapping[UUID, Mode]
) -> Section:
    """A sitting; title and items of a part that one may not read are not there at all."""
    sitting, reads = case.sitting, case.decision(Right.READ)
    mode = modes.get(sitting.id)
    return Section(
        slot=_without_ways(slot(case, reader.language, reader.say)),
        title=case.title,
        place=sitting.place,
        mode=said(mode, reader.say) if mode else "",
        lock="" if reads else lock(reads, reader.language),
        invited="" if case.over else invitation_of(case, reader.language),
        spoke=f"/sittings/{sitting.id}/speeches" if reads and sitting.opened_at else "",
        records=f"/sittings/{sitting.id}/records" if sitting.closed_at else "",
        items=[
            each
            for each in items
            if each.sitting_id == sitting.id and reads_item(reads, each.number, sitting.item_number)
        ],
    )


def _without_ways(found: Slot) -> Slot:
    """The ways on stand once, on top of the page."""
    return replace(found, answer=found.answer and replace(found.answer, next=()))
