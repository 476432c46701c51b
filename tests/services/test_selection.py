"""The secretariat's list: filtered as asked, nothing twice and nothing left out, and not slow."""

import time
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event, insert
from sqlmodel import select

from app.errors import NotFound
from app.models import Act, Attending, Person, Registration
from app.policy.people import Capacity, Category, StakeholderGroup
from app.policy.registration import Mode, RegistrationState
from app.policy.selection import Cursor, Selection
from app.services import selection
from tests.records import CHILE, KENYA, NOW, Records, records

MANY = 10_000


@pytest.fixture
async def desk(database) -> Records:
    return await records(database)


async def filled(desk, number):
    """So many registrations: every third for Kenya, every fifth waits, every second in the hall."""
    people, rows, attending = [], [], []
    for at in range(number):
        person, row = uuid4(), uuid4()
        body = {0: desk.entities[KENYA], 1: None, 2: desk.entities[CHILE]}[at % 3]
        people.append(
            {"id": person, "email": f"n{at}@example.org", "created_at": NOW, "name": f"N {at}"}
        )
        rows.append(
            {
                "id": row,
                "meeting_id": desk.meeting.id,
                "person_id": person,
                "reference": f"R{at:07}",
                "capacity": Capacity.DELEGATE if body else Capacity.INDIVIDUAL,
                "entity_id": body,
                "group": None if body else StakeholderGroup.CIVIL_SOCIETY,
                "name": f"Registered {at:05}",
                "name_folded": f"registered {at:05}",
                "state": RegistrationState.SUBMITTED if at % 5 == 0 else RegistrationState.APPROVED,
                # Several at the same moment: the id has to tell them apart.
                "submitted_at": NOW + timedelta(seconds=at // 4),
            }
        )
        mode = Mode.IN_PERSON if at % 2 else Mode.REMOTE
        attending += [
            {"id": uuid4(), "registration_id": row, "sitting_id": sitting, "mode": mode}
            for sitting in desk.sittings.values()
        ]
    async with desk.database.writing() as db:
        connection = await db.connection()
        for table, values in ((Person, people), (Registration, rows), (Attending, attending)):
            await connection.execute(insert(table), values)


async def page(desk, asked=None, who="secretariat", **more):
    async with desk.database.reading() as db:
        by = desk.people[who]
        return await selection.page(db, desk.meeting, asked or Selection(), by=by, now=NOW, **more)


async def references(desk, asked=None, limit=100):
    """Every page of a selection, one after the other."""
    found, after = [], None
    while True:
        seen = await page(desk, asked, limit=limit, after=after)
        found += [each.row.reference for each in seen.lines]
        if seen.next is None:
            return found
        after = Cursor.read(str(seen.next))


async def test_pages_follow_each_other_without_a_gap_and_nothing_comes_twice(desk):
    await filled(desk, 53)

    for limit in (1, 7, 52, 53, 54):
        found = await references(desk, limit=limit)
        assert sorted(found) == [f"R{at:07}" for at in range(53)]


async def test_each_filter_selects_what_it_says_and_they_add_up(desk):
    await filled(desk, 60)
    every = range(60)
    kenya, chile = desk.entities[KENYA], desk.entities[CHILE]
    told = {
        Selection(state=RegistrationState.SUBMITTED): [n for n in every if n % 5 == 0],
        Selection(entity_id=kenya): [n for n in every if n % 3 == 0],
        Selection(mode=Mode.IN_PERSON): [n for n in every if n % 2],
        Selection(category=Category.STAKEHOLDER): [n for n in every if n % 3 == 1],
        Selection(category=Category.MEMBER_STATE): [n for n in every if n % 3 != 1],
        Selection(category=Category.ACADEMIA): [],
        Selection(text="REGISTERED 00007"): [7],
        Selection(text="n12@example"): [12],
        Selection(text="kén"): [n for n in every if n % 3 == 0],
        Selection(text="%"): [],
        Selection(text="chile", mode=Mode.REMOTE, entity_id=chile): [
            n for n in every if n % 3 == 2 and n % 2 == 0
        ],
    }
    for asked, numbers in told.items():
        assert sorted(await references(desk, asked)) == [f"R{n:07}" for n in numbers], asked
        assert (await page(desk, asked)).total == len(numbers)


async def test_a_line_says_category_and_ways(desk):
    await filled(desk, 2)
    first, second = (await page(desk)).lines
    if first.row.reference != "R0000000":
        first, second = second, first

    assert (first.category, first.modes, first.email) == (
        Category.MEMBER_STATE,
        (Mode.REMOTE,),
        "n0@example.org",
    )
    assert (second.category, second.entity, second.modes) == (
        Category.STAKEHOLDER,
        None,
        (Mode.IN_PERSON,),
    )


async def test_the_list_is_for_the_secretariat_of_the_meeting(desk):
    for who in ("delegate", "focal", "stranger"):
        with pytest.raises(NotFound):
            await page(desk, who=who)


async def test_an_export_is_on_record_with_who_what_and_how_many(desk):
    await filled(desk, 12)
    async with desk.database.writing() as db:
        by, asked = desk.people["secretariat"], Selection(state=RegistrationState.SUBMITTED)
        found = await selection.export(db, desk.meeting, asked, "csv", by=by, now=NOW)
    async with desk.database.reading() as db:
        act = (await db.exec(select(Act).where(Act.kind == "registrations-exported"))).one()

    assert len(found) == 3
    assert act.content == {
        "by": str(desk.people["secretariat"].id),
        "form": "csv",
        "number": 3,
        "asked": {"state": "submitted"},
    }


@pytest.mark.parametrize("text", ["", "x", "bm90IGEgY3Vyc29y", "é", "=" * 300, "MjAyNi0wMS0wMSB4"])
def test_what_is_no_cursor_is_none(text):
    assert Cursor.read(text) is None


@contextmanager
def statements(database):
    """What the database is asked, to be asked again without anything around it."""
    heard = []

    def hear(_conn, _cursor, statement, parameters, _context, _many):
        if statement.startswith("SELECT"):
            heard.append((statement, parameters))

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", hear)
    yield heard
    event.remove(engine, "before_cursor_execute", hear)


async def test_a_page_of_ten_thousand_costs_little_more_than_its_bare_queries(desk, engine_name):
    await filled(desk, MANY)
    asked = Selection(
        state=RegistrationState.APPROVED,
        category=Category.MEMBER_STATE,
        mode=Mode.IN_PERSON,
        text="registered",
    )
    with statements(desk.database) as heard:
        assert len((await page(desk, asked, limit=50)).lines) == 50
    ours, bare = [], []
    for _ in range(7):
        began = time.perf_counter()
        await page(desk, asked, limit=50)
        ours.append(time.perf_counter() - began)
        async with desk.database.reading() as db:
            connection = await db.connection()
            began = time.perf_counter()
            for statement, parameters in heard:
                result = await connection.exec_driver_sql(statement, parameters)
                result.all()
            bare.append(time.perf_counter() - began)

    print(f"{engine_name}: {min(ours) * 1e3:.1f} ms, bare {min(bare) * 1e3:.1f} ms")  # noqa: T201
    # The bound is 1.5 times and 5 ms; on a machine that is shared, twice that is no failure.
    assert min(ours) <= 1.5 * min(bare) + 0.010
