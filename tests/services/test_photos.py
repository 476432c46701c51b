"""A photo is for the person and the badge desk, in cipher, and not for long."""

from base64 import b64encode
from datetime import timedelta

import pytest
from sqlmodel import select

from app.errors import NotFound, Refused
from app.keys import Vault
from app.models import BadgePhoto
from app.policy.badge import PHOTOS_KEPT, BadgeReason
from app.services import badges, claims, personal, photos, registration
from tests.records import KENYA, NOW, Records, records

VAULT = Vault(b"k" * 32)
JPEG = b"\xff\xd8\xff the face of somebody \xff\xd9"
LAST = NOW + timedelta(days=2)  # the day of the last sitting


@pytest.fixture
async def desk(database) -> Records:
    return await records(database)


async def registered(desk, who="delegate", entity=None):
    async with desk.database.writing() as db:
        by = desk.people[who]
        return await claims.submit(db, desk.meeting.id, desk.claim(entity), by=by, now=NOW)


async def put(desk, row, who="delegate", jpeg=JPEG):
    async with desk.database.writing() as db:
        return await photos.put(db, VAULT, row.id, jpeg, by=desk.people[who], now=NOW)


async def seen(desk, row, who):
    async with desk.database.reading() as db:
        return await photos.of(db, VAULT, row.id, by=desk.people[who])


async def test_the_person_and_the_desk_see_it_and_nobody_else(desk):
    row = await registered(desk)
    await put(desk, row)
    assert [await seen(desk, row, who) for who in ("delegate", "secretariat")] == [JPEG, JPEG]
    for who in ("focal", "other", "stranger"):
        with pytest.raises(NotFound):
            await seen(desk, row, who)
        with pytest.raises(NotFound):
            await put(desk, row, who)


async def test_it_is_kept_in_cipher_and_one_takes_the_place_of_another(desk):
    row = await registered(desk)
    await put(desk, row)
    await put(desk, row, "secretariat", JPEG * 2)
    async with desk.database.reading() as db:
        (kept,) = await db.exec(select(BadgePhoto))
    assert JPEG.hex() not in kept.sealed
    assert b64encode(JPEG).decode()[:20] not in kept.sealed
    assert await seen(desk, row, "delegate") == JPEG * 2
    assert (await desk.acts())[-2:] == ["photo-kept", "photo-kept"]


async def test_what_was_compared_at_the_desk_is_not_changed_by_the_person(desk):
    row = await registered(desk)
    await put(desk, row)
    async with desk.database.writing() as db:
        await badges.issue(db, row.id, by=desk.people["secretariat"], now=NOW)
    with pytest.raises(Refused) as refused:
        await put(desk, row, jpeg=b"another face")
    assert refused.value.decision.reason is BadgeReason.PHOTO_ON_BADGE
    assert await seen(desk, row, "secretariat") == JPEG
    await put(desk, row, "secretariat", b"taken here")
    async with desk.database.writing() as db:
        await photos.remove(db, row.id, by=desk.people["delegate"], now=NOW)
    assert await desk.count(BadgePhoto) == 0


async def test_the_desk_takes_none_of_who_is_not_confirmed(desk):
    row = await registered(desk, entity=KENYA)
    with pytest.raises(Refused) as refused:
        await put(desk, row, "secretariat")
    assert refused.value.decision.reason is BadgeReason.NOT_CONFIRMED


async def test_it_goes_after_the_meeting(desk):
    await put(desk, await registered(desk))
    for days, gone in ((PHOTOS_KEPT, 0), (PHOTOS_KEPT + 1, 1)):
        async with desk.database.writing() as db:
            assert await photos.forget(db, LAST + timedelta(days=days)) == gone
    assert await desk.count(BadgePhoto) == 0


async def test_it_goes_with_a_withdrawal(desk):
    row = await registered(desk)
    await put(desk, row)
    async with desk.database.writing() as db:
        await registration.withdraw(db, row.id, version=1, by=desk.people["delegate"], now=NOW)
    assert await desk.count(BadgePhoto) == 0
    with pytest.raises(Refused) as refused:
        await put(desk, row)
    assert refused.value.decision.reason is BadgeReason.NO_PHOTO_YET


async def test_it_is_told_to_the_person_and_erased_with_them(desk):
    row = await registered(desk)
    await put(desk, row)
    async with desk.database.reading() as db:
        told = await personal.held(db, desk.people["delegate"], VAULT, NOW)
    assert [each["jpeg"] for each in told["photos"]] == [b64encode(JPEG).decode()]
    assert [each.keys() for each in told["held"]["badge_photos"]] == [
        {"id", "registration_id", "taken_at"}
    ]
    async with desk.database.writing() as db:
        await personal.erase(db, desk.people["delegate"].id, LAST + timedelta(days=1))
    assert await desk.count(BadgePhoto) == 0
