"""Inputs to be presented in a sitting: who is called, and what came of it; without script."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import reasons
from app.database import Reading as Db
from app.database import load
from app.depends import Me, Now, Reading, own_form
from app.errors import Malformed, Refused
from app.explain import answer as explained
from app.i18n import words
from app.models import Meeting, Person, Sitting
from app.pages.reader import Reader, ReaderIn
from app.pages.words import PARTS
from app.policy.presentation import PresentationReason, Presenting
from app.policy.refusal import No
from app.services import presentation
from app.services.presentation import Which

router = APIRouter(prefix="/desk/presentations/{sitting_id}")
MICROPHONE: Final = words("Room microphone %(num)s")
NO_MICROPHONE: Final = words("Enter the number of the microphone, from 1 to 9999.")
CALL, AT_MICROPHONE = "call", "microphone"


class Sent(BaseModel):
    """One press: call its author, add a microphone, or note what came of it."""

    consultation: Annotated[str, Field(max_length=60)] = ""
    number: Annotated[int, Field(ge=1, le=2**31 - 1)] = 1
    do: Annotated[str, Field(max_length=20)] = ""
    mic: Annotated[str, Field(max_length=20)] = ""
    id: UUID = Field(default_factory=uuid4)


@router.get("")
async def show(sitting_id: UUID, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    return await _page(reader, db, me, sitting_id)


@router.post("", dependencies=[Depends(own_form)])
async def act(
    sitting_id: UUID, sent: Annotated[Sent, Form()], reader: ReaderIn, me: Me, now: Now
) -> Response:
    which = Which(sent.consultation, sent.number)
    try:
        no = await _done(reader, sitting_id, which, sent, me, now)
    except Malformed:
        no = reader.say(NO_MICROPHONE)
    except Refused as refused:
        match refused.decision:
            case No(PresentationReason() as reason):
                no = reasons.said(reason, reader.say)
            case _:
                raise
    if not no:
        return RedirectResponse(f"/desk/presentations/{sitting_id}", 303)
    async with reader.house.database.reading() as db:
        return await _page(reader, db, me, sitting_id, sent, no)


async def _done(
    reader: Reader, sitting_id: UUID, which: Which, sent: Sent, me: Person, now: Now
) -> str:
    """Do what was pressed; the sentence where the floor does not grant it."""
    if sent.do in set(Presenting):
        async with reader.house.database.writing() as db:
            await presentation.note(db, sitting_id, which, Presenting(sent.do), by=me, now=now)
        return ""
    named = _microphone(sent.mic, reader) if sent.do == AT_MICROPHONE else ""
    at = reader.house
    await at.rates.take(at.settings.wishes_per_person, "wish", str(me.id))
    async with at.database.writing() as db:
        outcome = await presentation.call(
            db, sitting_id, which, wish=sent.id, microphone=named, by=me, now=now
        )
    why = explained(sent.id, outcome, reader.say).why
    return "" if outcome.ok else (why.sentence if why else "")


def _microphone(typed: str, reader: Reader) -> str:
    number = typed.strip()
    if not (number.isascii() and number.isdigit() and 0 < len(number) < 5):  # noqa: PLR2004 - 1 to 9999
        raise Malformed(mic="number")
    return reader.say(MICROPHONE) % {"num": int(number)}


async def _page(
    reader: Reader,
    db: Db,
    me: Person,
    sitting_id: UUID,
    sent: Sent | None = None,
    no: str = "",
) -> HTMLResponse:
    sitting = await load(db, Sitting, sitting_id)
    found = await presentation.of_sitting(db, sitting, me, reader.now)
    return reader.page(
        "desk/presentations.html",
        422 if no else 200,
        meeting=await load(db, Meeting, sitting.meeting_id),
        sitting=sitting,
        sitting_name=sitting.title or reader.say(PARTS[sitting.part]),
        rows=found,
        calls=await presentation.may_call(db, sitting, me),
        states=_states(reader),
        sent=sent,
        no=no,
        fresh=uuid4,
    )


def _states(reader: Reader) -> Mapping[str, str]:
    return {each.value: reasons.said(each, reader.say) for each in Presenting}
