"""Putting the log of speeches right afterwards: marked, with a reason, and the first word kept."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import select

from app.database import Writing, hold, load
from app.errors import Malformed, Refused
from app.models import FloorRequest, Intervention, Meeting, Person, Sitting, SpeechCorrection
from app.policy.floor import FloorReason, Logged, may_follow
from app.policy.refusal import No
from app.policy.text import TextFault, clean, fault
from app.services import access, acts, floor

LONGEST_WHY = 500
LENGTHS = {"name": 120, "entity": 200, "topic": 200}


@dataclass(frozen=True, slots=True)
class Amendment:
    """What is to be put right; None leaves a field as it is. ``seconds`` are those spoken."""

    name: str | None = None
    entity: str | None = None
    topic: str | None = None
    seconds: float | None = None
    struck: bool | None = None


async def correct(
    db: Writing,
    sitting_id: UUID,
    number: int,
    amendment: Amendment,
    why: str,
    *,
    by: Person,
    now: datetime,
) -> Logged:
    """Those who steer and the secretariat correct a speech that is over; the speech as it stands.

    Raises Refused for others, for a speech that is not in the log or still runs, and where nothing
    would change; Malformed for a text that cannot be kept or a missing reason.
    """
    sitting = await hold(db, Sitting, sitting_id)
    meeting = await load(db, Meeting, sitting.meeting_id)
    if not may_follow(await access.functions(db, by, meeting.id)):
        raise Refused(No(FloorReason.NOT_THE_CHAIR))
    said = {name: value for name, value in asdict(amendment).items() if value is not None}
    said, why = _clean(said, why)
    before = await _logged(db, sitting, number, now)
    if before.ended_at is None:
        raise Refused(No(FloorReason.STILL_SPEAKING))
    was = _of(before)
    changed = {name: value for name, value in said.items() if value != was[name]}
    if not changed:
        raise Refused(No(FloorReason.NOTHING_CORRECTED))
    db.add(
        SpeechCorrection(
            intervention_id=await _intervention(db, sitting, number),
            by_id=by.id,
            at=now,
            why=why,
            changed=changed,
            was={name: was[name] for name in changed},
        )
    )
    at = {"sitting": str(sitting.id), "speech": number, "fields": sorted(changed)}
    await acts.record(
        db, "speech-corrected", now, meeting_id=meeting.id, by=str(by.id), why=why, **at
    )
    await db.flush()
    return await _logged(db, sitting, number, now)


def _clean(said: dict[str, Any], why: str) -> tuple[dict[str, Any], str]:
    texts = {name: clean(said[name]) for name in LENGTHS.keys() & said.keys()}
    why = clean(why)
    faults = {
        name: found
        for name, text in texts.items()
        if (found := fault(text, LENGTHS[name], required=name == "name"))
    }
    if found := fault(why, LONGEST_WHY, required=True, lines=True):
        faults["why"] = found
    if faults:
        raise Malformed(**{name: TextFault(found) for name, found in faults.items()})
    return said | texts, why


def _of(logged: Logged) -> dict[str, Any]:
    speaker = logged.request.speaker
    return {
        "name": speaker.name,
        "entity": speaker.entity,
        "topic": logged.request.topic,
        "seconds": logged.seconds,
        "struck": logged.struck,
    }


async def _logged(db: Writing, sitting: Sitting, number: int, now: datetime) -> Logged:
    for each in await floor.log(db, sitting, now):
        if each.request.number == number:
            return each
    raise Refused(No(FloorReason.NOT_IN_THE_LOG))


async def _intervention(db: Writing, sitting: Sitting, number: int) -> UUID:
    query = (
        select(Intervention.id)
        .join(FloorRequest)
        .where(FloorRequest.sitting_id == sitting.id, FloorRequest.number == number)
    )
    return (await db.exec(query)).one()
