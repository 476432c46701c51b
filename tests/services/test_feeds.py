"""A person's calendar follows the rule; its address is a secret of which only a digest is kept."""

from datetime import date

import pytest
from sqlmodel import select

from app.errors import NotFound
from app.models import CalendarFeed, Membership
from app.policy.parts import Part
from app.policy.registration import Mode
from app.services import claims, decisions, feeds, personal, places, registration
from tests.records import KENYA, LATER, NOW, Records, records


@pytest.fixture
async def desk(database) -> Records:
    return await records(database)


async def submitted(desk, entity=None, who="delegate"):
    modes = tuple((each, Mode.IN_PERSON) for each in desk.sittings.values())
    async with desk.database.writing() as db:
        claim, by = desk.claim(entity, modes=modes), desk.people[who]
        return await claims.submit(db, desk.meeting.id, claim, by=by, now=NOW)


async def published(desk, who="delegate"):
    async with desk.database.writing() as db:
        return (await feeds.publish(db, desk.people[who], NOW))[1]


async def whose(desk, word):
    async with desk.database.reading() as db:
        return (await feeds.whose(db, word)).email


async def dates(desk, who="delegate"):
    async with desk.database.reading() as db:
        found = await feeds.of_person(db, desk.people[who], NOW)
    return [(each.sitting.part, each.tentative) for each in found]


async def test_the_table_keeps_no_word_and_a_new_one_replaces_the_old(desk):
    first = await published(desk)
    assert await whose(desk, first) == "delegate@example.org"
    async with desk.database.reading() as db:
        (row,) = await db.exec(select(CalendarFeed))
        assert first not in str(row.model_dump())

    second = await published(desk)

    assert await whose(desk, second) == "delegate@example.org"
    with pytest.raises(NotFound):
        await whose(desk, first)
    assert (await desk.acts()).count("calendar-published") == 2


async def test_a_revoked_word_opens_nothing(desk):
    word = await published(desk)
    for _ in range(2):
        async with desk.database.writing() as db:
            await feeds.revoke(db, desk.people["delegate"], LATER)

    with pytest.raises(NotFound):
        await whose(desk, word)
    assert (await desk.acts()).count("calendar-revoked") == 1


async def test_who_is_erased_has_no_calendar(desk):
    word = await published(desk)
    async with desk.database.writing() as db:
        await personal.erase(db, desk.people["delegate"].id, LATER)

    with pytest.raises(NotFound):
        await whose(desk, word)
    assert await desk.count(CalendarFeed) == 0


async def test_a_stakeholder_sees_what_is_open_to_them(desk):
    await submitted(desk)
    assert await dates(desk) == [(Part.CONSULTATION, False), (Part.FIRST_HALF, False)]
    assert await dates(desk, "other") == []


async def test_a_claim_is_tentative_until_it_is_approved_and_gone_once_rejected(desk):
    row = await submitted(desk, KENYA)
    waits = await dates(desk)
    async with desk.database.writing() as db:
        await decisions.approve(db, row.id, version=1, by=desk.people["focal"], now=LATER)
    approved = await dates(desk)
    async with desk.database.writing() as db:
        await registration.withdraw(db, row.id, version=1, by=desk.people["delegate"], now=LATER)

    assert (Part.SECOND_HALF, True) in waits
    assert approved == [(each, False) for each in Part if each in desk.sittings]
    assert await dates(desk) == []


async def test_it_follows_the_entitys_record(desk):
    row = await submitted(desk, KENYA)
    async with desk.database.writing() as db:
        await decisions.approve(db, row.id, version=1, by=desk.people["focal"], now=LATER)
        for each in await db.exec(select(Membership)):
            each.valid_until = date(2021, 1, 1)

    assert Part.SECOND_HALF not in dict(await dates(desk))


async def test_who_waits_for_a_place_has_none_in_the_calendar(desk):
    async with desk.database.writing() as db:
        await places.limit(
            db,
            desk.first_half,
            {Mode.IN_PERSON: 0},
            by=desk.people["secretariat"],
            now=NOW,
        )
    await submitted(desk)
    assert await dates(desk) == [(Part.CONSULTATION, False)]


async def test_who_serves_a_meeting_has_all_of_it_that_they_may_attend(desk):
    assert (Part.SECOND_HALF, False) in await dates(desk, "secretariat")


async def test_an_address_that_is_not_verified_any_more_has_none(desk):
    word = await published(desk)
    async with desk.database.writing() as db:
        person = await db.get(type(desk.people["delegate"]), desk.people["delegate"].id)
        person.verified_at = None
        db.add(person)
    with pytest.raises(NotFound):
        await whose(desk, word)
