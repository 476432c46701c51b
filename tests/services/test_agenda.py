"""Two amend the agenda at once: one is first, and no edition and no number is lost."""

import asyncio

import pytest

from app.errors import Conflict, Malformed, Refused
from app.policy.agenda import AgendaFault, AgendaReason, Entry, ItemKind
from app.policy.meeting import NewItem
from app.policy.parts import Part
from app.services import agenda, meetings
from app.services.agenda import Amendment
from tests.records import LATER, NOW, records


@pytest.fixture
async def desk(database):
    made = await records(database)
    async with database.writing() as db:
        for title, kind in (("Welcome", ItemKind.ORDINARY), ("Draft", ItemKind.DRAFT_REPORT)):
            new = NewItem(made.first_half, title, kind)
            await meetings.add_item(db, made.meeting.id, new, made.people["secretariat"], NOW)
    return made


async def amended(desk, seen, *entries, who="secretariat"):
    async with desk.database.writing() as db:
        wanted = Amendment(seen, entries, "As agreed.")
        return await agenda.amend(db, desk.meeting.id, wanted, by=desk.people[who], now=LATER)


def standing(desk):
    first = desk.first_half
    return Entry(1, first, "Welcome"), Entry(2, first, "Draft", ItemKind.DRAFT_REPORT)


async def test_of_two_amendments_at_once_one_is_first_and_no_number_is_given_twice(desk):
    one, two = standing(desk)
    moved = Entry(2, desk.sittings[Part.SECOND_HALF], two.title, two.kind)
    with pytest.raises(Malformed) as wrong:
        await amended(desk, 0, one, moved)
    assert wrong.value.faults == {"sitting-1": AgendaFault.NOT_IN_FIRST_HALF}
    with pytest.raises(Conflict):
        await amended(desk, 0, one, two)
    with pytest.raises(Refused):
        await amended(desk, 0, two, one, who="delegate")
    new = [Entry(None, desk.first_half, title) for title in ("Yours", "Mine")]
    got = await asyncio.gather(
        *(amended(desk, 0, one, two, each) for each in new), return_exceptions=True
    )
    (late,) = [each for each in got if isinstance(each, Exception)]
    assert isinstance(late, Conflict)
    assert late.reason == AgendaReason.AMENDED_MEANWHILE
    async with desk.database.reading() as db:
        made = await agenda.editions(db, desk.meeting.id)
        items = await agenda.items(db, desk.meeting.id)
    assert [each.number for each in made] == [1, 2]
    assert [each.number for each in items] == [1, 2, 3]
    # What is added by itself is an edition too, and stands last.
    async with desk.database.writing() as db:
        more = NewItem(desk.first_half, "More")
        await meetings.add_item(db, desk.meeting.id, more, desk.people["secretariat"], LATER)
    async with desk.database.reading() as db:
        *_, last = await agenda.editions(db, desk.meeting.id)
    assert [each["number"] for each in last.items] == [1, 2, 3, 4]
