"""What the badge desk did alone counts once, and is told with what speaks against it."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.errors import NotFound, Refused
from app.keys import Keys, Vault
from app.models import DeskNote
from app.policy.badge import SCANS_KEPT, BadgeReason, DeskTold
from app.services import badges, claims, handout, personal
from app.services.handout import Done
from tests.records import KENYA, LATER, NOW, Records, records

KEYS = Keys(b"s" * 32, Ed25519PrivateKey.generate(), Vault(b"k" * 32))
LAST = NOW + timedelta(days=2)  # the day of the last sitting


@pytest.fixture
async def desk(database) -> Records:
    return await records(database)


async def registered(desk, who="delegate", entity=None):
    async with desk.database.writing() as db:
        by = desk.people[who]
        return await claims.submit(db, desk.meeting.id, desk.claim(entity), by=by, now=NOW)


async def printed(desk, row, verb=badges.issue):
    async with desk.database.writing() as db:
        made = await verb(db, row.id, by=desk.people["secretariat"], now=NOW)
        return badges.reference(KEYS, made)


async def note(desk, *, by="secretariat", **said: Any):
    async with desk.database.writing() as db:
        given: dict[str, Any] = {"id": uuid4(), "handed_out": True}
        done = Done(**(given | said))
        who = desk.people[by]
        return await handout.note(db, KEYS, desk.meeting.id, done, by=who, now=LATER)


async def refused(desk, **said):
    with pytest.raises(Refused) as found:
        await note(desk, **said)
    return found.value.decision.reason


async def listed(desk):
    async with desk.database.reading() as db:
        by = desk.people["secretariat"]
        found = await handout.desk_list(db, desk.meeting.id, by=by, now=NOW)
        return [(each.identity_seen, each.handed_out) for each in found.lines]


async def test_a_badge_is_handed_out_once_whoever_tells_it_how_often(desk):
    row = await registered(desk)
    text, same = await printed(desk, row), uuid4()
    alone = {"id": same, "registration_id": row.id, "at": NOW, "told": DeskTold.LISTED}

    told = await asyncio.gather(*(note(desk, identity_seen=True, **alone) for _ in range(3)))

    assert {(each.note.id, each.note.at, each.reason) for each in told} == {(same, NOW, None)}
    assert (await desk.count(DeskNote), (await desk.acts()).count("badge-desk-noted")) == (1, 1)
    assert await listed(desk) == [(True, True)]
    assert await refused(desk, text=text) is BadgeReason.HANDED_OUT
    async with desk.database.reading() as db:
        held = await badges.valid(db, row.id)
        assert held is not None
        assert held.identity_seen


async def test_of_two_desks_that_hand_out_at_once_one_is_refused(desk):
    text = await printed(desk, await registered(desk))

    told = await asyncio.gather(*(note(desk, text=text) for _ in range(2)), return_exceptions=True)

    assert sorted(type(each).__name__ for each in told) == ["Noted", "Refused"]
    assert await desk.count(DeskNote) == 1


async def test_what_was_done_alone_is_kept_with_what_speaks_against_it(desk):
    row = await registered(desk)
    old = await printed(desk, row)
    waits = await registered(desk, "other", KENYA)
    await printed(desk, row, badges.reprint)
    forged = old[:-1] + ("0" if old[-1] != "0" else "1")
    against = {
        old: BadgeReason.REPLACED,
        forged: BadgeReason.FORGED,
        waits.reference: BadgeReason.NOT_CONFIRMED,
        "NOBODY": BadgeReason.UNKNOWN,
        "A\0B": BadgeReason.UNKNOWN,
    }
    for text, reason in against.items():
        assert await refused(desk, text=text) is reason
    assert await desk.count(DeskNote) == 0
    for text, reason in against.items():
        assert (await note(desk, text=text, told=DeskTold.UNCHECKED)).reason is reason
    async with desk.database.reading() as db:
        found = await handout.contested(db, desk.meeting.id, by=desk.people["secretariat"])
    assert {each.reason for each in found} == set(against.values())
    assert await listed(desk) == [(False, False)]


async def test_without_a_badge_there_is_nothing_to_hand_out_but_a_document_is_seen(desk):
    row = await registered(desk)
    assert await refused(desk, registration_id=row.id) is BadgeReason.NO_BADGE
    assert await refused(desk, registration_id=uuid4()) is BadgeReason.UNKNOWN
    seen = await note(desk, registration_id=row.id, identity_seen=True, handed_out=False)
    assert (seen.name, await listed(desk)) == ("Participant", [(True, False)])


async def test_a_note_is_the_desks_alone_and_of_one_meeting(desk):
    row = await registered(desk)
    kept = await note(desk, registration_id=row.id, identity_seen=True, handed_out=False)
    for who in ("delegate", "focal"):
        with pytest.raises(Refused) as found:
            await note(desk, by=who, registration_id=row.id)
        assert found.value.decision.reason is BadgeReason.NOT_THE_DESK
    async with desk.database.writing() as db:
        kept.note.meeting_id, at_home = uuid4(), kept.note.meeting_id
        assert at_home == desk.meeting.id
        with pytest.raises(NotFound):
            await handout._again(db, desk.meeting.id, kept.note)


async def test_notes_are_told_to_the_person_and_go_after_the_meeting(desk):
    row = await registered(desk)
    await note(desk, registration_id=row.id, identity_seen=True, handed_out=False)
    async with desk.database.reading() as db:
        told = await personal.held(db, desk.people["delegate"], KEYS.vault, NOW)
    assert [each["identity_seen"] for each in told["held"]["desk_notes"]] == [True]
    for days, gone in ((SCANS_KEPT, 0), (SCANS_KEPT + 1, 1)):
        async with desk.database.writing() as db:
            assert await handout.forget(db, LAST + timedelta(days=days)) == gone
