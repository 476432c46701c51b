"""Someone's standing at each sitting of a meeting, read once for everything that a page says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.database import Reading, load
from app.i18n import Language
from app.models import Entity, Meeting, Registration, Sitting
from app.pages.answers import Answer, Case, answer, opens_at
from app.pages.reader import Reader
from app.pages.words import AUDIENCES, PARTS, SITTINGS, Audience, Say
from app.policy.decision import Decision
from app.policy.parts import Right
from app.policy.sitting import SittingState
from app.services import access, invitation, meetings, registration


@dataclass(frozen=True, slots=True)
class Slot:
    """One sitting on a strip, in the reader's language."""

    case: Case
    name: str
    audience: Audience
    state: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    place: str | None
    answer: Answer | None
    why: str
    decision: Decision

    @property
    def entrance(self) -> str:
        """The address of the room, for those who may enter it now."""
        return f"/room/{self.case.sitting.id}" if self.decision else ""


async def cases(db: Reading, reader: Reader, meeting: Meeting) -> list[Case]:
    """One case for each sitting of a meeting, in order."""
    sittings = await meetings.sittings(db, meeting.id)
    mine = await registration.mine(db, reader.me, meeting.id) if reader.me else None
    body = await body_of(db, mine, reader.language)
    return [await case_of(db, reader, meeting, each, mine, body) for each in sittings]


async def case_at(db: Reading, reader: Reader, sitting_id: UUID) -> Case:
    """The case of one sitting, or NotFound."""
    sitting = await load(db, Sitting, sitting_id)
    meeting = await load(db, Meeting, sitting.meeting_id)
    mine = await registration.mine(db, reader.me, meeting.id) if reader.me else None
    body = await body_of(db, mine, reader.language)
    return await case_of(db, reader, meeting, sitting, mine, body)


async def case_of(
    db: Reading,
    reader: Reader,
    meeting: Meeting,
    sitting: Sitting,
    mine: Registration | None,
    body: str,
) -> Case:
    return Case(
        meeting=meeting,
        sitting=sitting,
        edition=access.edition(meeting),
        standing=await access.standing(db, reader.whom, sitting, meeting, reader.now),
        registration=mine,
        body=body,
        opens_at=opens_at(sitting, access.ROOM_OPENS_BEFORE),
        invited=await invitation.mine(db, reader.me, sitting, reader.now),
    )


async def body_of(db: Reading, mine: Registration | None, language: Language) -> str:
    """The name of the body that someone registered for; nothing for a stakeholder."""
    if mine is None or mine.entity_id is None:
        return ""
    return named(await load(db, Entity, mine.entity_id), language)


def slots(found: Sequence[Case], language: Language, say: Say) -> list[Slot]:
    return [slot(case, language, say) for case in found]


def slot(case: Case, language: Language, say: Say) -> Slot:
    sitting, decision = case.sitting, case.decision(Right.ATTEND)
    scheduled = sitting.state is SittingState.SCHEDULED
    return Slot(
        case=case,
        name=say(PARTS[sitting.part]),
        audience=AUDIENCES[sitting.part],
        state="" if scheduled else say(SITTINGS[sitting.state]),
        starts_at=sitting.starts_at,
        ends_at=sitting.ends_at,
        zone=sitting.time_zone,
        place=venue(case.meeting, sitting.time_zone),
        answer=None if case.over else answer(decision, language, case),
        why=case.why,
        decision=decision,
    )


def venue(meeting: Meeting, zone: str = "") -> str | None:
    """What people call the time of the venue; none where the zone alone can tell."""
    city = meeting.place.partition(",")[0].strip()
    return city or None if zone in {"", meeting.time_zone} else None


def named(entity: Entity, language: Language) -> str:
    """The name of a body in the reader's language, or as it calls itself."""
    return entity.names.get(language.value) or entity.name
