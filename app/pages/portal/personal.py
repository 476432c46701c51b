"""What is held about oneself: seen, downloaded, and erased at one's own request."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Form
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.database import load
from app.depends import Reading, VisitorIn, own_form
from app.errors import Conflict, Refused
from app.models import AnswerReading, Meeting, Person, Registration
from app.pages.portal.sign_in import signed_out
from app.pages.reader import Reader, ReaderIn
from app.pages.words import said
from app.policy.identity import IdentityReason
from app.policy.personal import CONFIRM, PersonalReason
from app.policy.refusal import No
from app.services import forms, personal, registration

router = APIRouter(prefix="/account")


@dataclass(frozen=True, slots=True)
class Mine:
    """One registration with who has read its sensitive answers."""

    row: Registration
    meeting: Meeting
    readings: Sequence[tuple[AnswerReading, Person]]


@router.get("/data")
async def show(reader: ReaderIn, visitor: VisitorIn) -> HTMLResponse:
    return await _page(reader, visitor.person)


@router.get("/data.json")
async def download(reader: ReaderIn, visitor: VisitorIn, db: Reading) -> Response:
    """Everything, as a file; a token that leaked must not fetch it."""
    if visitor.login_id is None:
        raise Refused(No(IdentityReason.BY_LOGIN_ONLY))
    vault = reader.house.keys.vault
    found = await personal.held(db, visitor.person, vault, reader.now)
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"'}
    content = orjson.dumps(found, option=orjson.OPT_INDENT_2)
    return Response(content, media_type="application/json", headers=headers)


@router.post("/data", dependencies=[Depends(own_form)])
async def erase(
    reader: ReaderIn, visitor: VisitorIn, confirm: Annotated[str, Form(max_length=100)] = ""
) -> Response:
    """Erase the person who asks; they are signed out, and told on the page before what stays."""
    if visitor.login_id is None:
        raise Refused(No(IdentityReason.BY_LOGIN_ONLY))
    if confirm.strip() != CONFIRM:
        return await _page(reader, visitor.person, said(PersonalReason.NOT_SURE, reader.say))
    try:
        async with reader.house.database.writing() as db:
            await personal.erase(db, visitor.person.id, reader.now)
    except Conflict as refused:
        why = said(PersonalReason(refused.reason), reader.say) % refused.facts
        return await _page(reader, visitor.person, why, 409)
    return signed_out(RedirectResponse("/", 303), reader.house.settings)


async def _page(
    reader: Reader, me: Person, refused: str = "", status_code: int = 200
) -> HTMLResponse:
    async with reader.house.database.reading() as db:
        kept = await personal.kept(db, me)
        mine = [
            Mine(row, await load(db, Meeting, row.meeting_id), await forms.readings(db, row.id))
            for row in await registration.of_person(db, me)
        ]
        serves = await personal.serves(db, me, reader.now)
    return reader.page(
        "portal/personal.html",
        status_code,
        refused=refused,
        kept=[(said(kind, reader.say), number) for kind, number in kept.items()],
        mine=mine,
        serves=said(PersonalReason.STILL_SERVES, reader.say) if serves else "",
        confirm=CONFIRM,
    )
