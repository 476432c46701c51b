"""Attendance: scans at the door, the list for those whose it is, corrections, and one's own."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, status

from app import depends
from app.depends import HouseIn, Me, Now, Reading, Writing
from app.errors import Refused
from app.models import Meeting, Sitting, Stay
from app.policy.attendance import Correction, Source, Way
from app.policy.badge import Verdict
from app.policy.parts import Part
from app.policy.people import Capacity, Category
from app.policy.registration import Mode
from app.routers.schemas import In, Moment, OneOf, Out, Text
from app.services import attendance, door
from app.services.attendance import Attended, Shown
from app.services.door import Seen

router = APIRouter(prefix="/api/v1", tags=["attendance"], dependencies=[Depends(depends.same_site)])
OF_A_SITTING = "/sittings/{sitting_id}/attendance"


class ScanIn(In):
    """What its QR code says, or the reference of its registration; and the way it went."""

    reference: Text
    way: Annotated[Way, OneOf]


class CorrectionIn(In):
    """When someone was there, and why that is known; times carry their zone."""

    came_at: Moment
    left_at: Moment
    mode: Annotated[Mode, OneOf]
    reason: Text

    def value(self) -> Correction:
        return Correction(self.came_at, self.left_at, self.mode, self.reason)


class AdditionIn(CorrectionIn):
    reference: Text


class StrikeIn(In):
    reason: Text


class StayOut(Out):
    """One stretch; a correction says by whom, when and why, and what it stands for."""

    id: UUID
    came_at: datetime
    left_at: datetime | None
    mode: Mode
    source: Source
    counts: bool
    struck: bool = False
    by: str = ""
    written_at: datetime | None = None
    reason: str = ""
    before: list["StayOut"] = []

    @classmethod
    def of(cls, shown: Shown) -> Self:
        stay, counts = shown.stay, shown.stretch is not None
        return cls(
            **_facts(stay) | {"left_at": shown.stretch.left_at if shown.stretch else stay.left_at},
            counts=counts,
            by=shown.by,
            before=[cls(**_facts(each), counts=False) for each in shown.before],
        )


def _facts(stay: Stay) -> dict[str, Any]:
    said = {"id", "came_at", "left_at", "mode", "source", "struck", "written_at", "reason"}
    return stay.model_dump(include=said)


class AttendedOut(Out):
    """Someone's attendance; ``minutes`` counts what was seen twice once."""

    person: UUID
    reference: str
    name: str
    entity: str
    capacity: Capacity
    category: Category
    mode: Mode
    came_at: datetime | None
    left_at: datetime | None
    minutes: int
    corrected: bool
    stays: list[StayOut]

    @classmethod
    def of(cls, found: Attended) -> Self:
        who = found.who
        return cls(
            person=found.person_id,
            reference=who.reference,
            name=who.name,
            entity=who.entity,
            capacity=who.capacity,
            category=who.category,
            mode=who.mode,
            came_at=found.came_at,
            left_at=found.left_at,
            minutes=found.seconds // 60,
            corrected=found.corrected,
            stays=[StayOut.of(each) for each in found.stays],
        )


class OwnOut(Out):
    """Where one was oneself; the title of a sitting is no part of it (A18)."""

    sitting: UUID
    meeting: str
    part: Part
    starts_at: datetime
    attended: AttendedOut

    @classmethod
    def of(cls, meeting: Meeting, sitting: Sitting, found: Attended) -> Self:
        return cls(
            sitting=sitting.id,
            meeting=meeting.slug,
            part=sitting.part,
            starts_at=sitting.starts_at,
            attended=AttendedOut.of(found),
        )


@router.get("/attendance")
async def own(me: Me, now: Now, db: Reading) -> list[OwnOut]:
    """Where one was oneself, and for how long."""
    return [OwnOut.of(*each) for each in await attendance.own(db, me, now)]


@router.get(OF_A_SITTING)
async def listed(
    sitting_id: UUID,
    me: Me,
    now: Now,
    db: Reading,
    q: Annotated[str, Query(max_length=200)] = "",
) -> list[AttendedOut]:
    """Who was there, for those who preside and the secretariat; ``q`` looks for name or body."""
    sitting = await attendance.seen_by(db, sitting_id, me)
    found = attendance.matching(await attendance.listed(db, sitting, now), q)
    return [AttendedOut.of(each) for each in found]


@router.post(f"{OF_A_SITTING}/scans")
async def scan(sitting_id: UUID, seen: ScanIn, me: Me, at: HouseIn, now: Now) -> StayOut:
    """A steward's scanner at the door of the hall; the same badge twice changes nothing.

    What is refused is kept like the rest, so it is told after the commit.
    """
    async with at.database.writing() as db:
        looked = Seen(uuid4(), seen.reference, seen.way)
        outcome = await door.scan(db, at.keys, sitting_id, looked, by=me, now=now)
    if outcome.scan.verdict is Verdict.REFUSED or outcome.stay is None:
        raise Refused(outcome.no)
    return _out(outcome.stay)


@router.post(f"{OF_A_SITTING}/stays", status_code=status.HTTP_201_CREATED)
async def add(sitting_id: UUID, said: AdditionIn, me: Me, now: Now, db: Writing) -> StayOut:
    """The secretariat adds someone whom neither door nor line had seen."""
    return _out(await attendance.add(db, sitting_id, said.reference, said.value(), by=me, now=now))


@router.post("/stays/{stay_id}", status_code=status.HTTP_201_CREATED)
async def correct(stay_id: UUID, said: CorrectionIn, me: Me, now: Now, db: Writing) -> StayOut:
    """The secretariat gives other times or another mode; the stay that stood there is kept."""
    return _out(await attendance.correct(db, stay_id, said.value(), by=me, now=now))


@router.post("/stays/{stay_id}/strike", status_code=status.HTTP_201_CREATED)
async def strike(stay_id: UUID, said: StrikeIn, me: Me, now: Now, db: Writing) -> StayOut:
    """The secretariat says that there was no such stay; it is kept, and counts for nothing."""
    return _out(await attendance.strike(db, stay_id, said.reason, by=me, now=now))


def _out(stay: Stay) -> StayOut:
    return StayOut(**_facts(stay), counts=not stay.struck)
