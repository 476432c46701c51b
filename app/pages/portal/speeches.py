"""The log of speeches of a sitting, for whoever may read that part."""

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import reasons
from app.database import Reading as Db
from app.depends import Me, Now, Reading, own_form
from app.errors import Malformed, Refused
from app.pages.portal.cases import case_at, slot
from app.pages.portal.hands import counted
from app.pages.reader import Reader, ReaderIn
from app.pages.room.text import Line, line
from app.policy.floor import FloorReason, Logged, may_follow
from app.policy.parts import Right
from app.policy.refusal import No
from app.policy.text import TextFault
from app.services import access, corrections, hands, invitation
from app.services.corrections import Amendment

router = APIRouter()

MENDABLE = frozenset({FloorReason.NOTHING_CORRECTED, FloorReason.STILL_SPEAKING})


@dataclass(frozen=True, slots=True)
class Row:
    """A speech, its length in minutes and seconds, and what became of it where it has none."""

    speech: Logged
    who: Line
    length: str
    state: str


class CorrectionForm(BaseModel):
    """A speech as the form says it should stand; the form's own token is looked at before."""

    model_config = ConfigDict(frozen=True)

    number: Annotated[int, Field(ge=0, le=1_000_000)]
    name: str | None = None
    entity: str | None = None
    topic: str | None = None
    time: Annotated[str, Field(pattern=r"^$|^\s*\d{1,4}(:[0-5]?\d)?\s*$", max_length=12)] = ""
    struck: Literal["", "yes", "no"] = ""
    why: Annotated[str, Field(max_length=5000)] = ""

    def amendment(self) -> Amendment:
        minutes, _, seconds = self.time.strip().partition(":")
        spoken = 60 * int(minutes) + int(seconds or 0) if minutes else None
        struck = None if not self.struck else self.struck == "yes"
        return Amendment(self.name, self.entity, self.topic, spoken, struck)


@router.post("/sittings/{sitting_id}/speeches", dependencies=[Depends(own_form)])
async def correct(
    sitting_id: UUID, form: Annotated[CorrectionForm, Form()], reader: ReaderIn, me: Me, now: Now
) -> Response:
    """Put a speech right, and the log again; or the log with what is wrong and what was typed."""
    try:
        async with reader.house.database.writing() as db:
            await corrections.correct(
                db, sitting_id, form.number, form.amendment(), form.why, by=me, now=now
            )
    except Malformed as fault:
        wrong = " ".join(
            reasons.said(TextFault(each), reader.say) for each in fault.faults.values()
        )
        return await _again(reader, sitting_id, wrong, form, 422)
    except Refused as refusal:
        if not isinstance(refusal.decision, No) or refusal.decision.reason not in MENDABLE:
            raise
        wrong = reasons.said(refusal.decision.reason, reader.say)
        return await _again(reader, sitting_id, wrong, form, 409)
    return RedirectResponse(f"/sittings/{sitting_id}/speeches#speech-{form.number}", 303)


async def _again(
    reader: Reader, sitting_id: UUID, wrong: str, sent: CorrectionForm, status_code: int
) -> HTMLResponse:
    async with reader.house.database.reading() as db:
        return await _page(reader, db, sitting_id, wrong, sent, status_code)


@router.get("/sittings/{sitting_id}/speeches", name="speeches")
async def show(sitting_id: UUID, reader: ReaderIn, db: Reading) -> HTMLResponse:
    return await _page(reader, db, sitting_id)


async def _page(
    reader: Reader,
    db: Db,
    sitting_id: UUID,
    wrong: str = "",
    sent: CorrectionForm | None = None,
    status_code: int = 200,
) -> HTMLResponse:
    case = await case_at(db, reader, sitting_id)
    reads = case.decision(Right.READ)
    if not reads:
        raise Refused(reads)
    found = await invitation.log(db, case.sitting, reads, reader.now)
    return reader.page(
        "portal/speeches.html",
        status_code,
        meeting=case.meeting,
        slot=slot(case, reader.language, reader.say),
        records=f"/sittings/{sitting_id}/records" if case.sitting.closed_at else "",
        rows=[_row(each, reader) for each in found],
        corrects=may_follow(await access.functions(db, reader.me, case.meeting.id)),
        wrong=wrong,
        sent=sent,
        shows=[
            each
            for past in await hands.log(
                db, case.sitting, since=await invitation.begins(db, case.sitting, reads)
            )
            if (each := counted(past, reader.say)) is not None
        ],
    )


def _row(speech: Logged, reader: Reader) -> Row:
    minutes, seconds = divmod(round(speech.seconds), 60)
    if speech.ended_at is None:
        state = reader.say("Has the floor now")
    else:
        state = "" if speech.started_at else reader.say("Did not speak")
    return Row(speech, line(speech.request, set(), reader.say), f"{minutes}:{seconds:02}", state)
