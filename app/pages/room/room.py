"""The room of a sitting: four answers before entering, then the floor."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import reasons
from app.database import Reading as Db
from app.database import load
from app.depends import HouseIn, Me, Now, Reading, own_form
from app.explain import answer as explained
from app.models import Meeting, Sitting
from app.pages.answers import answer
from app.pages.portal.cases import Slot, cases, slots, venue
from app.pages.reader import Reader, ReaderIn
from app.pages.room.text import ASKED, Asked, ask, plain
from app.pages.vocabulary import vocabulary
from app.pages.words import AUDIENCES, PARTS
from app.policy.decision import Reason

router = APIRouter(include_in_schema=False)


@router.get("/room/{sitting_id}")
async def room(sitting_id: UUID, reader: ReaderIn, db: Reading) -> HTMLResponse:
    return await _page(reader, db, sitting_id)


@router.post("/room/{sitting_id}/wish", dependencies=[Depends(own_form)])
async def wish(
    sitting_id: UUID,
    asked: Annotated[Asked, Form()],
    reader: ReaderIn,
    me: Me,
    now: Now,
    at: HouseIn,
) -> Response:
    """A wish without script: done, and the page again; or the page with the reason why not."""
    if (fault := asked.fault) is not None:
        return await _again(reader, sitting_id, reasons.said(fault, reader.say), 422)
    await at.rates.take(at.settings.wishes_per_person, "wish", str(me.id))
    async with at.database.writing() as db:
        outcome = await ask(db, sitting_id, asked, by=me, now=now)
    if outcome.ok:
        return RedirectResponse(f"/room/{sitting_id}?said={asked.wish}#plain-title", 303)
    why = explained(asked.id, outcome, reader.say).why
    return await _again(reader, sitting_id, why.sentence if why else "", 403)


async def _again(reader: Reader, sitting_id: UUID, refused: str, status_code: int) -> HTMLResponse:
    """The page with a refusal, made when nothing is locked any more."""
    async with reader.house.database.reading() as db:
        return await _page(reader, db, sitting_id, refused, status_code)


async def _page(
    reader: Reader, db: Db, sitting_id: UUID, refused: str = "", status_code: int = 200
) -> HTMLResponse:
    sitting = await load(db, Sitting, sitting_id)
    meeting = await load(db, Meeting, sitting.meeting_id)
    all_cases = await cases(db, reader, meeting)
    case = next(each for each in all_cases if each.sitting.id == sitting_id)
    decision = case.decision()
    mine = answer(decision, reader.language, case)
    told = None
    if decision and reader.me:
        told = await plain(db, sitting, reader.me, reader.now, reader.say)
    return reader.page(
        "room/room.html",
        status_code,
        meeting=meeting,
        sitting=sitting,
        sitting_name=case.title or reader.say(PARTS[sitting.part]),
        audience=AUDIENCES[sitting.part],
        # Whoever may attend is in the right place: the way in is the button below.
        answer=replace(mine, next=()) if decision else mine,
        others=_others(slots(all_cases, reader.language, reader.say), sitting),
        allowed=bool(decision),
        waits=decision.reason is Reason.NOT_YET_OPEN and not case.over,
        place=venue(meeting, sitting.time_zone),
        plain=told,
        said=refused or _said(reader),
        words=vocabulary(reader.say),
    )


def _others(found: Sequence[Slot], sitting: Sitting) -> list[Slot]:
    return [slot for slot in found if slot.case.sitting.id != sitting.id]


def _said(reader: Reader) -> str:
    """What a form has just done, kept in the address so that loading again does nothing."""
    asked = reader.request.query_params.get("said", "")
    known = {wish.value: sentence for wish, sentence in ASKED.items()}
    return reader.say(known[asked]) if asked in known else ""
