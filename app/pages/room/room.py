"""The room of a sitting: four answers before entering, then the floor."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse

from app.database import load
from app.depends import Reading, no_view
from app.models import Meeting, Sitting
from app.pages.answers import Case, answer, invitation_of
from app.pages.portal.cases import Slot, cases, slots, venue
from app.pages.reader import ReaderIn
from app.pages.vocabulary import vocabulary
from app.pages.words import AUDIENCES, PARTS
from app.policy.decision import Decision, Reason

router = APIRouter(include_in_schema=False, dependencies=[Depends(no_view)])


@router.get("/room/{sitting_id}")
async def room(sitting_id: UUID, reader: ReaderIn, db: Reading) -> HTMLResponse:
    sitting = await load(db, Sitting, sitting_id)
    meeting = await load(db, Meeting, sitting.meeting_id)
    all_cases = await cases(db, reader, meeting)
    case = next(each for each in all_cases if each.sitting.id == sitting_id)
    decision = case.decision()
    mine = answer(decision, reader.language, case)
    return reader.page(
        "room/room.html",
        meeting=meeting,
        sitting=sitting,
        sitting_name=case.title or reader.say(PARTS[sitting.part]),
        audience=AUDIENCES[sitting.part],
        # Whoever may attend is in the right place: the way in is the button below.
        answer=replace(mine, next=()) if decision else mine,
        others=_others(slots(all_cases, reader.language, reader.say), sitting),
        allowed=bool(decision),
        waits=_waits(case, decision),
        invited=invitation_of(case, reader.language),
        place=venue(meeting, sitting.time_zone),
        words=vocabulary(reader.say),
    )


def _waits(case: Case, decision: Decision) -> bool:
    """Whether the page may let its reader in later: with the opening, or with an expert's item."""
    comes = decision.reason is Reason.NOT_YET_OPEN or (case.invited is not None and not decision)
    return comes and not case.over


def _others(found: Sequence[Slot], sitting: Sitting) -> list[Slot]:
    return [slot for slot in found if slot.case.sitting.id != sitting.id]
