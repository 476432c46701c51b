"""Chat and statements as text: a page of its own, so that a refresh of the floor stays small."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.database import Reading as Db
from app.depends import HouseIn, Me, Now, Reading, no_view, own_form
from app.errors import Malformed, Refused, TooMany
from app.i18n import words
from app.pages.portal.cases import case_at, venue
from app.pages.reader import Reader, ReaderIn
from app.pages.room.written import (
    HANDED_IN,
    SENT,
    ChatForm,
    StatementForm,
    hand_in,
    send,
    statement_form,
    written,
    wrong,
)
from app.pages.words import AUDIENCES, PARTS

router = APIRouter(include_in_schema=False, dependencies=[Depends(no_view)])
SAID: Final = {"chat": SENT, "statement": HANDED_IN}
SLOWER: Final = words("That was too much in a short time; wait a moment, then send it again.")


@router.get("/text/{sitting_id}/written")
async def show(sitting_id: UUID, reader: ReaderIn, _me: Me, db: Reading) -> HTMLResponse:
    return await _page(reader, db, sitting_id)


@router.post("/text/{sitting_id}/chat", dependencies=[Depends(own_form)])
async def write(
    sitting_id: UUID,
    form: Annotated[ChatForm, Form()],
    reader: ReaderIn,
    me: Me,
    now: Now,
    at: HouseIn,
) -> Response:
    """A message by form, to all or to the moderator; or the page with the reason and the text."""
    try:
        refused = await send(at, sitting_id, form, by=me, now=now, say=reader.say)
    except Malformed as fault:
        return await _again(reader, sitting_id, wrong(fault, reader.say), 422, form.text)
    except TooMany:
        return await _again(reader, sitting_id, reader.say(SLOWER), 429, form.text)
    if refused:
        return await _again(reader, sitting_id, refused, 403, form.text)
    return RedirectResponse(f"/text/{sitting_id}/written?said=chat", 303)


@router.post("/text/{sitting_id}/statement", dependencies=[Depends(own_form)])
async def file(
    sitting_id: UUID,
    form: Annotated[StatementForm, Depends(statement_form)],
    reader: ReaderIn,
    me: Me,
    now: Now,
    at: HouseIn,
) -> Response:
    """A statement by form, typed or from a file."""
    try:
        await hand_in(at, sitting_id, form, by=me, now=now)
    except Malformed as fault:
        return await _again(reader, sitting_id, wrong(fault, reader.say), 422)
    return RedirectResponse(f"/text/{sitting_id}/written?said=statement", 303)


async def _again(
    reader: Reader, sitting_id: UUID, refused: str, status_code: int, typed: str = ""
) -> HTMLResponse:
    """The page with a refusal, made when nothing is locked any more."""
    async with reader.house.database.reading() as db:
        return await _page(reader, db, sitting_id, refused, status_code, typed)


async def _page(
    reader: Reader,
    db: Db,
    sitting_id: UUID,
    refused: str = "",
    status_code: int = 200,
    typed: str = "",
) -> HTMLResponse:
    case = await case_at(db, reader, sitting_id)
    decision = case.decision()
    if not decision or reader.me is None:
        raise Refused(decision)
    return reader.page(
        "room/written_page.html",
        status_code,
        meeting=case.meeting,
        sitting=case.sitting,
        part=reader.say(PARTS[case.sitting.part]),
        audience=AUDIENCES[case.sitting.part],
        place=venue(case.meeting, case.sitting.time_zone),
        now=reader.now,
        written=await written(db, case.sitting, reader.me, reader.now, reader.say),
        refused=refused,
        typed=typed,
        said=_said(reader),
    )


def _said(reader: Reader) -> str:
    asked = reader.request.query_params.get("said", "")
    return reader.say(SAID[asked]) if asked in SAID else ""
