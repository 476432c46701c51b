"""Captions for programs: which there are, their lines with history, and files of open parts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import PlainTextResponse

from app import depends
from app.database import Reading as Db
from app.database import load
from app.depends import MaybeMe, Now, Reading, words_of
from app.errors import Refused
from app.i18n import words
from app.models import Meeting, Person, Sitting
from app.policy.access import Right
from app.policy.captions import CaptionReason, WrittenLine, as_text, as_vtt
from app.policy.refusal import No
from app.protocol.wishes import LanguageCode
from app.routers.schemas import Out
from app.services import access, captions, floor
from app.services.captions import Row

router = APIRouter(
    prefix="/api/v1/sittings/{sitting_id}/captions",
    tags=["captions"],
    dependencies=[Depends(depends.same_site)],
)
Language = Annotated[LanguageCode, Path()]
NOTICE = words("Captions help to follow. They are not the record of the meeting, and may be wrong.")
CORRECTED = words("corrected")


class CaptionsOut(Out):
    """The languages in which there are captions now, and those in which something is written."""

    live: tuple[str, ...]
    written: tuple[str, ...]
    notice: str


@router.get("")
async def languages(
    sitting_id: UUID, request: Request, me: MaybeMe, now: Now, db: Reading
) -> CaptionsOut:
    sitting = await _readable(db, sitting_id, me, now)
    return CaptionsOut(
        live=await floor.captioned(db, sitting),
        written=await captions.written(db, sitting),
        notice=words_of(request)(NOTICE),
    )


@router.get("/{language}.txt", response_class=PlainTextResponse)
async def text(
    sitting_id: UUID, language: Language, request: Request, me: MaybeMe, now: Now, db: Reading
) -> PlainTextResponse:
    """The captions of an open part as a text, times being those of the place."""
    sitting, lines = await _handed_out(db, sitting_id, language, me, now)
    say = words_of(request)
    told = as_text(lines, sitting.time_zone, say(NOTICE), say(CORRECTED))
    return PlainTextResponse(told, headers=_named(sitting, language, "txt"))


@router.get("/{language}.vtt", response_class=PlainTextResponse)
async def vtt(
    sitting_id: UUID, language: Language, request: Request, me: MaybeMe, now: Now, db: Reading
) -> PlainTextResponse:
    """The captions of an open part as WebVTT; its clock begins when the sitting was opened."""
    sitting, lines = await _handed_out(db, sitting_id, language, me, now)
    told = as_vtt(lines, sitting.opened_at or sitting.starts_at, words_of(request)(NOTICE))
    headers = _named(sitting, language, "vtt")
    return PlainTextResponse(told, headers=headers, media_type="text/vtt")


@router.get("/{language}")
async def listed(
    sitting_id: UUID,
    language: Language,
    me: MaybeMe,
    now: Now,
    db: Reading,
    after: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> list[Row]:
    """Lines after that number, at most 200, with what they said before they were corrected."""
    sitting = await _readable(db, sitting_id, me, now)
    return await captions.history(db, sitting, language, after)


async def _readable(db: Db, sitting_id: UUID, me: Person | None, now: datetime) -> Sitting:
    sitting = await load(db, Sitting, sitting_id)
    reads = await access.decide(db, me, sitting, Right.READ, now)
    if not reads:
        raise Refused(reads)
    return sitting


async def _handed_out(
    db: Db, sitting_id: UUID, language: str, me: Person | None, now: datetime
) -> tuple[Sitting, list[WrittenLine]]:
    """A file leaves the room, so there are none of a part that is not open to all."""
    sitting = await _readable(db, sitting_id, me, now)
    meeting = await load(db, Meeting, sitting.meeting_id)
    if not access.open_to_all(access.edition(meeting), sitting.part):
        raise Refused(No(CaptionReason.OPEN_ONLY))
    return sitting, await captions.lines(db, sitting, language)


def _named(sitting: Sitting, language: str, form: str) -> dict[str, str]:
    name = f"captions-{sitting.starts_at:%Y-%m-%d}-{sitting.number}-{language}.{form}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}
