"""What the doors saw is forgotten after the meeting; the attendance that came of it is not."""

from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import select

from app.errors import Refused
from app.keys import Keys, Vault
from app.models import Appointment, DoorScan, Stay
from app.policy.attendance import Way
from app.policy.badge import SCANS_KEPT, BadgeReason, Verdict
from app.policy.parts import Part
from app.policy.people import Function
from app.services import claims, door
from app.services.door import Seen
from tests.records import NOW, Records, records

KEYS = Keys(b"s" * 32, Ed25519PrivateKey.generate(), Vault(b"k" * 32))
LAST = NOW + timedelta(days=2)  # the day of the last sitting


@pytest.fixture
async def hall(database) -> Records:
    made = await records(database)
    async with database.writing() as db:
        at_door = Appointment(
            meeting_id=made.meeting.id,
            person_id=made.people["focal"].id,
            function=Function.STEWARD,
            given_at=NOW,
        )
        db.add(at_door)
    return made


async def seen(hall, text, at=NOW, sitting=Part.CONSULTATION):
    async with hall.database.writing() as db:
        looked = Seen(uuid4(), text, Way.IN)
        by = hall.people["focal"]
        return await door.scan(db, KEYS, hall.sittings[sitting], looked, by=by, now=at)


async def forgotten(hall, at):
    async with hall.database.writing() as db:
        return await door.forget(db, at)


async def test_scans_go_after_their_day_and_the_attendance_stays(hall):
    async with hall.database.writing() as db:
        by = hall.people["delegate"]
        row = await claims.submit(db, hall.meeting.id, hall.claim(), by=by, now=NOW)
    assert (await seen(hall, row.reference)).scan.verdict is Verdict.ADMITTED
    assert (await seen(hall, "NOBODY")).scan.verdict is Verdict.REFUSED

    assert await forgotten(hall, LAST + timedelta(days=SCANS_KEPT)) == 0
    assert await forgotten(hall, LAST + timedelta(days=SCANS_KEPT + 1)) == 2

    assert (await hall.count(DoorScan), await hall.count(Stay)) == (0, 1)
    assert "door-refused" in await hall.acts()
    async with hall.database.reading() as db:
        assert (await db.exec(select(Stay.person_id))).one() == by.id


async def test_a_scan_told_after_that_is_not_counted_twice(hall):
    late = LAST + timedelta(days=SCANS_KEPT + 1)
    with pytest.raises(Refused) as refused:
        await seen(hall, "NOBODY", late)
    assert refused.value.decision.reason is BadgeReason.FORGOTTEN
