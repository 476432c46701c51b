"""Places are taken in order, nobody is overbooked, and whoever moves up is told."""

import asyncio

import pytest
from sqlmodel import col, select

from app.errors import Malformed, Refused
from app.models import Attending, Letter, Registration
from app.policy.letters import LetterKind
from app.policy.meeting import MeetingReason
from app.policy.refusal import No
from app.policy.registration import Mode
from app.services import claims, decisions, places, registration
from tests.records import KENYA, LATER, LATER_STILL, NOW, Records, records

HALL, LINE = Mode.IN_PERSON, Mode.REMOTE


@pytest.fixture
async def desk(database) -> Records:
    return await records(database)


async def limited(desk, hall, line=None, who="secretariat", now=NOW):
    async with desk.database.writing() as db:
        wanted = {HALL: hall, LINE: line}
        by = desk.people[who]
        await places.limit(db, desk.first_half, wanted, by=by, now=now)


async def came(desk, who, now=NOW, mode=HALL, entity=None):
    claim = desk.claim(entity, modes=((desk.first_half, mode),))
    async with desk.database.writing() as db:
        by = desk.people[who]
        return await claims.submit(db, desk.meeting.id, claim, by=by, now=now)


async def changed(desk, row, who, mode, now=LATER):
    claim = desk.claim(modes=((desk.first_half, mode),))
    async with desk.database.writing() as db:
        fresh = await db.get(Registration, row.id)
        by = desk.people[who]
        return await registration.edit(db, row.id, claim, version=fresh.version, by=by, now=now)


async def withdrew(desk, row, who, now=LATER_STILL):
    async with desk.database.writing() as db:
        by = desk.people[who]
        await registration.withdraw(db, row.id, version=row.version, by=by, now=now)


async def queue(desk, row):
    async with desk.database.reading() as db:
        return (await places.queue(db, row.id)).get(desk.first_half)


async def stands(desk):
    async with desk.database.reading() as db:
        room = (await places.of_sitting(db, desk.first_half))[HALL]
        return room.places, room.held, room.waiting, room.free


async def told(desk):
    """To whom letters about a place went."""
    names = {each.id: key for key, each in desk.people.items()}
    async with desk.database.reading() as db:
        query = select(Letter).where(Letter.kind == LetterKind.PLACE)
        return [names[each.person_id] for each in await db.exec(query)]


async def test_without_a_limit_everyone_has_a_place(desk):
    row = await came(desk, "delegate")
    assert await queue(desk, row) is None
    async with desk.database.reading() as db:
        assert await places.of_sitting(db, desk.first_half) == {}


async def test_who_comes_when_all_is_taken_waits_in_order_and_the_other_mode_is_free(desk):
    await limited(desk, 1)
    first = await came(desk, "delegate")
    second = await came(desk, "other", LATER)
    third = await came(desk, "stranger", LATER_STILL)
    fourth = await came(desk, "focal", mode=LINE)

    assert [await queue(desk, each) for each in (first, second, third, fourth)] == [
        None,
        1,
        2,
        None,
    ]
    assert await stands(desk) == (1, 1, 2, 0)


@pytest.mark.parametrize("way", ["withdrawn", "other mode", "more places", "no limit"])
async def test_a_place_that_becomes_free_goes_to_the_first_who_waits_and_they_are_told(desk, way):
    await limited(desk, 1)
    first = await came(desk, "delegate")
    second = await came(desk, "other", LATER)
    third = await came(desk, "stranger", LATER_STILL)
    match way:
        case "withdrawn":
            await withdrew(desk, first, "delegate")
        case "other mode":
            await changed(desk, first, "delegate", LINE)
        case "more places":
            await limited(desk, 2)
        case _:
            await limited(desk, None)

    everyone = way == "no limit"
    assert await queue(desk, second) is None
    assert await queue(desk, third) == (None if everyone else 1)
    assert sorted(await told(desk)) == (["other", "stranger"] if everyone else ["other"])
    assert (await desk.acts()).count("place-given") == 1 + everyone


async def test_a_rejected_claim_holds_no_place_and_comes_back_at_the_end(desk):
    await limited(desk, 1)
    row = await came(desk, "delegate", entity=KENYA)
    other = await came(desk, "other", LATER)
    async with desk.database.writing() as db:
        by = desk.people["focal"]
        await decisions.reject(db, row.id, version=1, reason="Full.", by=by, now=LATER)
    assert (await told(desk), await queue(desk, other)) == (["other"], None)

    await changed(desk, row, "delegate", HALL, LATER_STILL)
    assert await queue(desk, row) == 1
    assert await stands(desk) == (1, 1, 1, 0)


async def test_a_change_of_something_else_keeps_the_place_and_the_place_in_the_queue(desk):
    await limited(desk, 1)
    first = await came(desk, "delegate")
    second = await came(desk, "other", LATER)
    third = await came(desk, "stranger", LATER)
    await changed(desk, first, "delegate", HALL)
    await changed(desk, second, "other", HALL, LATER_STILL)
    assert sorted([await queue(desk, second), await queue(desk, third)]) == [1, 2]
    assert await queue(desk, first) is None
    async with desk.database.reading() as db:
        query = select(Attending.waits_since).where(col(Attending.registration_id) == second.id)
        assert (await db.exec(query)).one() == LATER


async def test_who_comes_new_does_not_overtake_those_who_wait(desk):
    await limited(desk, 0)
    waiting = await came(desk, "delegate")
    new = await came(desk, "other", LATER)
    assert (await queue(desk, waiting), await queue(desk, new)) == (1, 2)
    await limited(desk, 1)
    assert (await queue(desk, waiting), await queue(desk, new)) == (None, 1)


async def test_a_lower_limit_takes_nobodys_place(desk):
    await limited(desk, 2)
    first, second = await came(desk, "delegate"), await came(desk, "other")
    await limited(desk, 1)
    assert (await queue(desk, first), await queue(desk, second)) == (None, None)
    assert await stands(desk) == (1, 2, 0, 0)
    await withdrew(desk, first, "delegate")
    third = await came(desk, "stranger", LATER_STILL)
    assert await queue(desk, third) == 1


async def test_of_many_who_reach_for_the_last_place_one_gets_it(desk):
    await limited(desk, 1)
    people = ("delegate", "other", "stranger", "focal")
    rows = await asyncio.gather(*(came(desk, each) for each in people))
    assert await stands(desk) == (1, 1, 3, 0)
    assert sorted([await queue(desk, row) or 0 for row in rows]) == [0, 1, 2, 3]


@pytest.mark.parametrize("who", ["focal", "delegate"])
async def test_only_the_secretariat_limits_places(desk, who):
    with pytest.raises(Refused) as refused:
        await limited(desk, 1, who=who)
    assert refused.value.decision == No(MeetingReason.NOT_THE_SECRETARIAT)


@pytest.mark.parametrize("number", [-1, 100_001])
async def test_a_number_that_makes_no_sense_is_refused(desk, number):
    with pytest.raises(Malformed) as refused:
        await limited(desk, number)
    assert refused.value.faults == {"in_person": "places"}


def test_whoever_waits_comes_before_whoever_asks_next():
    assert places.Room(HALL, 2, 1, 0).free == 1
    assert places.Room(HALL, 2, 1, 1).free == 0
    assert places.Room(HALL, 1, 2, 0).free == 0


async def test_a_substitute_takes_over_the_place_and_nobody_moves_up(desk):
    await limited(desk, 1)
    row = await came(desk, "delegate", entity=KENYA)
    waits = await came(desk, "stranger")
    async with desk.database.writing() as db:
        by = desk.people["focal"]
        row = await decisions.approve(db, row.id, version=row.version, by=by, now=LATER)
    said = decisions.Newcomer("Delegate sent instead", "Counsellor")
    async with desk.database.writing() as db:
        new = await decisions.substitute(
            db, row.id, desk.people["other"], said, version=row.version, by=by, now=LATER_STILL
        )

    assert (await queue(desk, new), await queue(desk, waits)) == (None, 1)
    assert await stands(desk) == (1, 1, 1, 0)
    assert await told(desk) == []
