"""A membership list is imported whole or not at all, and can be imported again."""

import asyncio
import csv
from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from app.database import Database
from app.models import Act, Entity, Membership, Trait
from app.policy.members import SINCE_EVER, RowFault
from app.policy.people import Category
from app.policy.text import TextFault
from app.services import acts, entities, members
from app.services.members import FileFault, Unreadable
from tests.records import NOW

TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)
HEAD = "key,name,category,sector,ldc,valid_from,valid_until"
GOOD = "ke-op,An operator,sector_member,T,0,,"


def sheet(*lines: str, head: str = HEAD):
    return members.read("\n".join((head, *lines)).encode())


async def imported(database, *lines, head=HEAD, day=TODAY):
    async with database.writing() as db:
        return await members.apply(db, sheet(*lines, head=head), day=day, now=NOW)


async def states(database, day=TODAY):
    read = members.read(members.STATES.read_bytes())
    async with database.writing() as db:
        return await members.apply(db, read, day=day, now=NOW)


async def all_of(database, *tables):
    """Every row of some tables, as comparable values."""
    async with database.reading() as db:
        return [
            sorted(str(each.model_dump()) for each in await db.exec(select(table)))
            for table in tables
        ]


async def memberships(database, key):
    async with database.reading() as db:
        query = select(Membership).join(Entity).where(Entity.key == key)
        found = await db.exec(query.order_by(col(Membership.valid_from)))
        return [(each.category, each.sector, each.valid_from, each.valid_until) for each in found]


# Files.


@pytest.mark.parametrize(
    ("raw", "fault", "found"),
    [
        (b"", FileFault.EMPTY, ""),
        (b"\n\n,,\n", FileFault.EMPTY, ""),
        (HEAD.encode() + b"\nx,caf\xe9,academia,,0,,", FileFault.NOT_UTF_8, "2"),
        (HEAD.encode("utf-16"), FileFault.UTF_16, ""),
        (HEAD.replace(",", ";").encode(), FileFault.SEMICOLONS, ""),
        (b"KE,Kenya,member_state\n", FileFault.NO_HEADER, "KE"),
        (b"key,name,categroy\n", FileFault.UNKNOWN_COLUMN, "categroy"),
        (b"key,name,category,\x1b[2J\n", FileFault.UNKNOWN_COLUMN, "\ufffd[2j"),
        (b"key,name,category,name\n", FileFault.COLUMN_TWICE, "name"),
        (b"key,name\n", FileFault.MISSING_COLUMN, "category"),
        (b"name,category\n", FileFault.MISSING_COLUMN, "key"),
        (b"key,category\n", FileFault.MISSING_COLUMN, "name"),
        (b"iso2,name_en\n", FileFault.MISSING_COLUMN, "iso3"),
        (b'key,name,category\n"a,b,c\n', FileFault.BROKEN, "2: unexpected end of data"),
        (b"key,name,category\na," + b"x" * 200_000, FileFault.BROKEN, "2: field larger than"),
        (b" " * (members.LARGEST + 1), FileFault.TOO_LARGE, "8"),
    ],
)
def test_what_is_no_list_is_refused_as_a_whole_and_plainly(raw, fault, found):
    with pytest.raises(Unreadable) as caught:
        members.read(raw)

    assert caught.value.fault == fault
    assert caught.value.found.startswith(found)


def test_a_byte_order_mark_capitals_and_blanks_in_the_header_do_no_harm():
    plain = sheet(GOOD)
    marked = members.read(("\ufeff Key ,NAME," + HEAD[9:] + "\r\n" + GOOD + "\r\n").encode())

    assert (marked.groups, marked.left_out) == (plain.groups, ())


def test_a_bad_line_is_named_by_number_and_left_out():
    read = sheet(
        GOOD,
        "b,<b>Bold</b>,academia,,0,,",
        "",
        "c,Too few",
        "d,Too many,academia,,0,,,,",
        "e,\u202eEvil,academia,,0,,",
        '"f","Two\nlines",academia,,0,,',
        "g,A nul\x00,academia,,0,,",
    )

    assert list(read.groups) == ["ke-op"]
    assert [(each.line, each.column, each.fault) for each in read.left_out] == [
        (3, "name", TextFault.MARKUP),
        (5, "", RowFault.TOO_FEW),
        (6, "", RowFault.TOO_MANY),
        (7, "name", TextFault.DIRECTION),
        (9, "name", TextFault.CONTROL),
        (10, "name", TextFault.CONTROL),
    ]


def test_where_one_line_of_an_entity_is_wrong_none_of_them_is_used():
    read = sheet(GOOD, "ke-op,An operator,sector_member,X,0,,", "z,Fine,academia,,0,,")

    assert list(read.groups) == ["z"]
    assert [(each.line, each.fault) for each in read.left_out] == [
        (2, RowFault.WITH_ANOTHER),
        (3, RowFault.SECTOR),
    ]


# Importing.


async def test_the_list_of_states_is_in_the_records_and_a_second_time_changes_nothing(database):
    first = await states(database)
    before = await all_of(database, Entity, Membership, Trait, Act)
    second = await states(database, day=TODAY + timedelta(days=30))

    assert (len(first.created), first.left_out) == (194, ())
    assert (second.created, second.changes, len(second.unchanged)) == ((), (), 194)
    assert await all_of(database, Entity, Membership, Trait, Act) == before


async def test_a_dry_run_tells_the_same_and_does_nothing(database):
    await imported(database, GOOD)
    lines = ("ke-op,An operator,associate,,1,,", "new,New,academia,,0,,")
    before = await all_of(database, Entity, Membership, Trait, Act)
    async with database.reading() as db:
        told = await members.plan(db, sheet(*lines), TODAY)

    assert await all_of(database, Entity, Membership, Trait, Act) == before
    assert await imported(database, *lines) == told


async def test_a_change_of_category_is_two_memberships_that_touch(database):
    await imported(database, GOOD)

    made = await imported(database, "ke-op,An operator,associate,T,0,,")

    assert await memberships(database, "ke-op") == [
        (Category.SECTOR_MEMBER, "T", SINCE_EVER, YESTERDAY),
        (Category.ASSOCIATE, "T", TODAY, None),
    ]
    assert [(each.field, each.old, each.new, each.ends) for each in made.changes] == [
        ("membership sector_member T", "../..", f"../{YESTERDAY}", True),
        ("membership associate T", "", f"{TODAY}/..", False),
    ]


async def test_who_is_not_in_the_file_stays_as_they_are_and_ends_only_when_told(database):
    await imported(database, GOOD, "z,Zed,academia,,0,,")

    await imported(database, "z,Zed,academia,,0,,2026-12-31")

    assert await memberships(database, "ke-op") == [(Category.SECTOR_MEMBER, "T", SINCE_EVER, None)]
    assert await memberships(database, "z") == [
        (Category.ACADEMIA, "", SINCE_EVER, date(2026, 12, 31))
    ]


async def test_a_state_that_leaves_the_list_of_least_developed_countries(database):
    await states(database)

    made = await imported(
        database,
        "BD,Bangladesh,member_state,0,2026-11-24",
        head="key,name,category,ldc,valid_from",
    )

    assert [(each.field, each.new) for each in made.changes] == [("ldc", "2026-11-01/2026-11-23")]
    async with database.reading() as db:
        row = (await db.exec(select(Entity).where(Entity.key == "BD"))).one()
        before = await entities.traits_on(db, row.id, date(2026, 11, 23))
        after = await entities.traits_on(db, row.id, date(2026, 11, 24))
    assert (before, after) == (
        {"region": "asia_pacific", "ldc": "yes"},
        {"region": "asia_pacific"},
    )
    assert row.names["zh"] == "孟加拉国"


async def test_a_new_name_is_found_and_the_old_one_is_not(database):
    await imported(database, "tr,Turkey,academia,,0,,")
    await imported(database, "tr,Türkiye,academia,,0,,")

    async with database.reading() as db:
        found = {text: await entities.find(db, text) for text in ("turkey", "turkiye")}
    assert {text: [each.name for each in rows] for text, rows in found.items()} == {
        "turkey": [],
        "turkiye": ["Türkiye"],
    }


async def test_names_that_look_like_formulas_or_commands_are_names(database):
    wild = "=1+1; DROP TABLE entities --"
    await imported(database, f'wild,"{wild}",academia,,0,,')

    async with database.reading() as db:
        assert [each.name for each in await entities.find(db, "drop")] == [wild]


async def test_nothing_is_half_done(database, monkeypatch):
    await imported(database, GOOD)
    before = await all_of(database, Entity, Membership, Trait, Act)

    async def failing(*_args, **_more):
        raise OSError("the disk is full")

    monkeypatch.setattr(acts, "record", failing)
    with pytest.raises(OSError, match="full"):
        await imported(database, "ke-op,Another name,associate,T,1,,", "n,New,academia,,0,,")

    assert await all_of(database, Entity, Membership, Trait, Act) == before


async def test_two_imports_at_once_leave_one_record_of_each(database):
    async with asyncio.timeout(20):
        both = await asyncio.gather(imported(database, GOOD), imported(database, GOOD))

    assert sorted(len(each.created) for each in both) == [0, 1]
    assert await memberships(database, "ke-op") == [(Category.SECTOR_MEMBER, "T", SINCE_EVER, None)]


async def test_an_import_is_an_act_and_one_that_changes_nothing_is_none(database):
    await imported(database, GOOD)
    await imported(database, GOOD)
    await imported(database, "ke-op,An operator,associate,,0,,")

    async with database.reading() as db:
        found = (await db.exec(select(Act).order_by(col(Act.number)))).all()
        assert await acts.broken_at(db) is None
    assert [(each.kind, each.content["created"]) for each in found] == [
        ("members-imported", ["ke-op"]),
        ("members-imported", []),
    ]
    assert found[1].content["changed"][0] == [
        "ke-op",
        "membership sector_member T",
        "../..",
        f"../{YESTERDAY}",
    ]


async def test_the_service_is_told_when_something_changed_and_only_then(sqlite_tables_url):
    heard: list[str] = []
    database = Database(sqlite_tables_url, heard.append)

    await imported(database, GOOD)
    await imported(database, GOOD)

    assert heard == ["membership"]
    await database.close()


def test_the_list_of_states_in_the_house_reads_without_a_fault():
    read = members.read(members.STATES.read_bytes())

    with members.STATES.open(encoding="utf-8", newline="") as file:
        assert list(read.groups) == [row["iso2"] for row in csv.DictReader(file)]
    assert read.left_out == ()
