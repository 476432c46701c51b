"""Entities are found by any of their names, and are what the record says on a day."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from app.errors import NotFound
from app.models import Entity, FocalPoint, Membership, Trait
from app.policy.people import Category
from app.services import entities, members
from tests.records import CHILE, KENYA, NOW, records

TODAY = NOW.date()
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
async def desk(database):
    return await records(database)


@pytest.fixture
async def states(filled):
    """The 194 Member States, as the service brings them."""
    return await filled(bring_states)


async def bring_states(database):
    sheet = members.read(members.STATES.read_bytes())
    async with database.writing() as db:
        await members.apply(db, sheet, day=TODAY, now=NOW)


async def found(database, text, limit=20):
    async with database.reading() as db:
        return [each.name for each in await entities.find(db, text, limit)]


NAMED = {
    "kenya": ["Kenya"],
    "Кения": ["Kenya"],
    "肯尼亚": ["Kenya"],
    "كينيا": ["Kenya"],
    "cote d'iv": ["Côte d'Ivoire"],
    "Côte d’Ivoire": ["Côte d'Ivoire"],
    "antigua and": ["Antigua & Barbuda"],
    "ALEMANIA": ["Germany"],
    "%": [],
    "_": [],
    "\\": [],
    "'; DROP TABLE entities; --": [],
}


async def test_a_state_is_found_in_any_of_its_languages(states):
    assert {text: await found(states, text) for text in NAMED} == NAMED


async def test_names_that_begin_with_the_text_come_first(states):
    guineas = await found(states, "guinea")

    # In Spanish the third begins with the text as well.
    assert guineas == ["Guinea", "Guinea-Bissau", "Equatorial Guinea", "Papua New Guinea"]


async def test_a_code_comes_before_names_and_there_is_a_bound(states):
    assert (await found(states, "ch"))[0] == "Switzerland"
    assert len(await found(states, "a", limit=7)) == 7


async def test_the_record_has_all_member_states_with_flags_that_overlap(states):
    async with states.reading() as db:
        everyone = (await db.exec(select(Membership))).all()
        flags = (await db.exec(select(Trait).where(Trait.name != "region"))).all()
        nepal = (await db.exec(select(Entity).where(Entity.key == "NP"))).one()
        traits = await entities.traits_on(db, nepal.id, TODAY)
        before = await entities.traits_on(db, nepal.id, date(2026, 10, 31))
    assert [each.category for each in everyone] == [Category.MEMBER_STATE] * 194
    counted = {name: sum(each.name == name for each in flags) for name in ("ldc", "lldc", "sids")}
    assert counted == {"ldc": 44, "lldc": 32, "sids": 37}
    assert traits == {"region": "asia_pacific", "ldc": "yes", "lldc": "yes"}
    assert before == {"region": "asia_pacific"}
    assert nepal.names["fr"] == "Népal"


async def put(desk, *memberships):
    """Kenya with these memberships instead."""
    async with desk.database.writing() as db:
        key = desk.entities[KENYA]
        for old in await db.exec(select(Membership).where(Membership.entity_id == key)):
            await db.delete(old)
        await db.flush()
        for category, since, until in memberships:
            db.add(
                Membership(entity_id=key, category=category, valid_from=since, valid_until=until)
            )


async def category_on(desk, day):
    async with desk.database.reading() as db:
        return await entities.category_on(db, desk.entities[KENYA], day)


async def test_a_category_changes_from_one_day_to_the_next(desk):
    await put(
        desk,
        (Category.SECTOR_MEMBER, date(2020, 1, 1), TODAY),
        (Category.ASSOCIATE, TOMORROW, None),
    )

    assert await category_on(desk, TODAY) == (Category.SECTOR_MEMBER, False)
    assert await category_on(desk, TOMORROW) == (Category.ASSOCIATE, False)


async def test_of_several_memberships_the_first_in_order_counts(desk):
    await put(
        desk,
        (Category.UN_ORGANIZATION, date(2000, 1, 1), None),
        (Category.SECTOR_MEMBER, date(2020, 1, 1), TODAY),
    )

    assert await category_on(desk, TODAY) == (Category.SECTOR_MEMBER, False)
    assert await category_on(desk, TOMORROW) == (Category.UN_ORGANIZATION, False)


async def test_a_membership_that_lapsed_is_told_as_the_last_one(desk):
    await put(
        desk,
        (Category.ASSOCIATE, date(2010, 1, 1), date(2015, 12, 31)),
        (Category.SECTOR_MEMBER, date(2016, 1, 1), TODAY),
    )

    assert await category_on(desk, TOMORROW) == (Category.SECTOR_MEMBER, True)


async def test_before_the_first_day_there_is_no_category(desk):
    await put(desk, (Category.SECTOR_MEMBER, TOMORROW, None))

    assert await category_on(desk, TODAY) == (None, False)


async def names(desk, entity, day):
    async with desk.database.reading() as db:
        return [each.name for each in await entities.focal_points(db, desk.entities[entity], day)]


async def test_a_focal_point_is_one_from_its_day_on(desk):
    async with desk.database.writing() as db:
        person = desk.people["other"]
        await entities.designate(db, desk.entities[CHILE], person, TOMORROW, now=NOW)

    assert await names(desk, CHILE, TODAY) == []
    assert await names(desk, CHILE, TOMORROW) == ["The other"]


async def test_designating_twice_changes_nothing(desk):
    before = await desk.acts()
    async with desk.database.writing() as db:
        await entities.designate(db, desk.entities[KENYA], desk.people["focal"], TODAY, now=NOW)

    assert await names(desk, KENYA, TODAY) == ["The focal"]
    assert await desk.acts() == before


async def test_who_was_relieved_decides_nothing_from_that_moment_and_is_kept_in_the_record(desk):
    focal, key = desk.people["focal"], desk.entities[KENYA]
    async with desk.database.writing() as db:
        later = NOW + timedelta(days=2)
        await entities.relieve(db, key, focal, now=later)

    assert await names(desk, KENYA, later.date()) == []
    assert await names(desk, KENYA, TODAY) == ["The focal"]
    async with desk.database.reading() as db:
        assert not await entities.is_focal_point(db, focal, key, later.date())
    with pytest.raises(NotFound):
        async with desk.database.writing() as db:
            await entities.relieve(db, key, focal, now=later)


async def test_who_was_relieved_on_the_first_day_never_was(desk):
    async with desk.database.writing() as db:
        await entities.relieve(db, desk.entities[KENYA], desk.people["focal"], now=NOW)
        await entities.designate(db, desk.entities[KENYA], desk.people["focal"], TODAY, now=NOW)

    assert await desk.count(FocalPoint) == 1
    assert (await desk.acts())[-2:] == ["focal-point-relieved", "focal-point-designated"]


async def test_an_entity_that_is_not_there_has_no_focal_point(desk):
    with pytest.raises(NotFound):
        async with desk.database.writing() as db:
            await entities.designate(db, desk.meeting.id, desk.people["focal"], TODAY, now=NOW)
