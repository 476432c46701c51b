"""Registrations are counted as they are, and the public reads no count that could name a few."""

import asyncio
from datetime import date, timedelta

import pytest

from app.errors import NotFound
from app.keys import Vault
from app.models import Entity, Membership, ParticipationCount, Person, Trait
from app.policy import form as rules
from app.policy.participation import Axis, Cell
from app.policy.people import Category
from app.policy.registration import Mode
from app.services import claims, decisions, entities, forms, participation
from tests.records import CHILE, KENYA, NOW, Records, records

VAULT = Vault(b"k" * 32)
MODES = {"hall": Mode.IN_PERSON, "line": Mode.REMOTE}


@pytest.fixture
async def desk(database) -> Records:
    made = await records(database)
    async with database.writing() as db:
        flags = {KENYA: ("region", "africa"), CHILE: ("region", "americas")}
        for key, (name, value) in flags.items():
            body = made.entities[key]
            db.add(Trait(entity_id=body, name=name, value=value, valid_from=date(2020, 1, 1)))
        of = made.entities[KENYA]
        db.add(Trait(entity_id=of, name="ldc", value="yes", valid_from=date(2020, 1, 1)))
    return made


async def register(desk, number, *, entity=None, way="line", country="CH", **answers):
    """So many people, one registration each; those of a body are approved."""
    for _ in range(number):
        key = f"p{len(desk.people)}"
        made = Person(email=f"{key}@example.org", name=key, created_at=NOW, verified_at=NOW)
        desk.people[key] = made
        async with desk.database.writing() as db:
            db.add(made)
            await db.flush()
            modes = ((desk.first_half, MODES[way]),)
            claim = desk.claim(entity, modes=modes, **({} if entity else {"country": country}))
            row = await claims.submit(db, desk.meeting.id, claim, by=made, now=NOW)
            await forms.keep(db, VAULT, row, answers, NOW)
            if entity:
                by = desk.people["focal" if entity == KENYA else "secretariat"]
                await decisions.approve(db, row.id, version=1, by=by, now=NOW)


async def seen(desk, who="secretariat"):
    async with desk.database.reading() as db:
        whole = await participation.of_meeting(db, desk.meeting, by=desk.people[who], now=NOW)
        return whole.found


async def public(desk, now=NOW):
    """What everybody reads once it has been counted."""
    async with desk.database.writing() as db:
        await participation.count(db, now)
    async with desk.database.reading() as db:
        told = await participation.public(db, desk.meeting)
        assert told is not None
        return told.found


def cells(found, axis):
    (counted,) = [each for each in found.axes if each.axis is axis]
    return {cell.key: cell.people for cell in counted.cells if cell.people != 0}


async def test_every_axis_divides_the_registrations_against_the_member_states(desk):
    await register(desk, 3, entity=KENYA, way="hall", gender="woman", first_time=True)
    await register(desk, 2, entity=CHILE, gender="man", first_time=False)
    await register(desk, 1, country="KE")
    await register(desk, 1)

    found = await seen(desk)

    assert (found.people, found.bodies, found.reference) == (7, 2, 2)
    assert cells(found, Axis.STATE) == {"approved": 7}
    assert cells(found, Axis.CATEGORY) == {"member_state": 5, "stakeholder": 2}
    assert cells(found, Axis.REGION) == {"africa": 4, "americas": 2, "": 1}
    assert cells(found, Axis.MODE) == {"in_person": 3, "remote": 4}
    assert cells(found, Axis.LDC) == {"yes": 4, "no": 3}
    assert cells(found, Axis.GENDER) == {"woman": 3, "man": 2, "": 2}
    assert cells(found, Axis.FIRST_TIME) == {"yes": 3, "no": 2, "": 2}
    for counted in found.axes:
        assert sum(cell.people for cell in counted.cells) == 7
    africa = Cell("africa", 4, 1, 1)
    assert [each.cells[0] for each in found.axes if each.axis is Axis.REGION] == [africa]


async def test_who_attends_one_sitting_here_and_one_from_afar_is_both(desk):
    first, *_, last = desk.sittings.values()
    claim = desk.claim(modes=((first, Mode.IN_PERSON), (last, Mode.REMOTE)))
    async with desk.database.writing() as db:
        by = desk.people["delegate"]
        await claims.submit(db, desk.meeting.id, claim, by=by, now=NOW)

    assert cells(await seen(desk), Axis.MODE) == {"both": 1}


async def test_a_body_whose_membership_ended_counts_as_a_stakeholder(desk):
    async with desk.database.writing() as db:
        made = Entity(key="gone", name="An operator", folded="an operator")
        db.add(made)
        await db.flush()
        since, until = date(2020, 1, 1), date(2021, 1, 1)
        kept = Membership(entity_id=made.id, category=Category.SECTOR_MEMBER, valid_from=since)
        kept.valid_until = until
        db.add(kept)
        desk.entities["gone"] = made.id
    await register(desk, 1, entity="gone")

    assert cells(await seen(desk), Axis.CATEGORY) == {"stakeholder": 1}


async def test_only_the_secretariat_of_the_meeting_sees_all(desk):
    for who in ("delegate", "focal", "stranger"):
        with pytest.raises(NotFound):
            await seen(desk, who)


async def test_the_public_reads_nothing_of_a_few(desk):
    await register(desk, 4)
    assert ((await public(desk)).people, (await public(desk)).axes) == (None, ())


async def test_the_public_cannot_tell_a_small_group_by_subtraction(desk):
    await register(desk, 6, entity=KENYA, gender="woman")
    await register(desk, 6, gender="man")
    await register(desk, 2, gender="other")

    found = await public(desk)

    assert (found.people, found.bodies) == (14, None)
    assert cells(found, Axis.CATEGORY) == {"member_state": 6, "stakeholder": 8}
    assert cells(found, Axis.GENDER) == {"woman": None, "man": 6, "other": None}
    assert [each.axis for each in found.axes if each.axis is Axis.STATE] == []


async def test_what_waits_is_counted_for_the_secretariat_and_not_for_the_public(desk):
    await register(desk, 6)
    claim = desk.claim(KENYA)
    async with desk.database.writing() as db:
        by = desk.people["delegate"]
        await claims.submit(db, desk.meeting.id, claim, by=by, now=NOW)

    assert cells(await seen(desk), Axis.STATE) == {"approved": 6, "submitted": 1}
    assert ((await seen(desk)).people, (await public(desk)).people) == (7, 6)


async def test_an_answer_that_is_sealed_is_not_counted(desk):
    async with desk.database.writing() as db:
        form = (await forms.current(db, desk.meeting.id)).form
        by = desk.people["secretariat"]
        raw = rules.as_json(form)
        for section in raw["sections"]:
            for one in section["fields"]:
                if one["key"] == "gender":
                    one["sensitive"] = True
        await forms.edit(db, desk.meeting.id, rules.of_json(raw), seen=0, by=by, now=NOW)
    await register(desk, 1, gender="woman")

    assert Axis.GENDER not in {each.axis for each in (await seen(desk)).axes}


async def test_traits_are_those_of_the_first_day_of_the_meeting(desk):
    async with desk.database.reading() as db:
        assert await participation.day_of(db, desk.meeting, NOW) == NOW.date()
        assert (await entities.all_traits_on(db, date(2019, 1, 1))) == {}


async def test_whoever_looks_twice_cannot_tell_who_came_in_between(desk):
    async with desk.database.reading() as db:
        assert await participation.public(db, desk.meeting) is None
    await register(desk, 6)
    first = await public(desk)
    assert first.people == 6

    await register(desk, 6, entity=KENYA)
    assert await public(desk, NOW + timedelta(hours=2)) == first
    second = await public(desk, NOW + timedelta(days=1))
    assert (second.people, cells(second, Axis.CATEGORY)["member_state"]) == (12, 6)

    await register(desk, 4)
    assert await public(desk, NOW + timedelta(days=2)) == second
    await register(desk, 1)
    assert await public(desk, NOW + timedelta(days=2, hours=1)) == second
    assert (await public(desk, NOW + timedelta(days=3))).people == 17


async def test_of_two_that_count_at_once_one_does(desk):
    async def counts():
        async with desk.database.writing() as db:
            await participation.count(db, NOW)

    await asyncio.gather(counts(), counts())

    assert await desk.count(ParticipationCount) == 1
