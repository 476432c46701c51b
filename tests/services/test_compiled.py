"""The state of a round, by which a document of it is kept: the same until something changes."""

from datetime import UTC, datetime, timedelta

from app.database import hold
from app.models import AgendaItem, Disposition, Input, Redaction
from app.policy.compiled import Format
from app.policy.inputs import InputState
from app.policy.outcome import DispositionKind
from app.policy.publication import MARK, Ground
from app.services import compiled
from tests.consulting import add_input
from tests.receiving import round_of

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


async def test_a_state_changes_with_what_is_told_and_with_nothing_else(database):
    world, asked = await round_of(database, NOW)
    me = world.people["secretariat"]

    async def state(now=NOW) -> str:
        async with database.reading() as db:
            return (await compiled.gather(db, asked, now)).state

    async def add(row) -> None:
        async with database.writing() as db:
            db.add(row)

    async with database.writing() as db:
        row, _ = await add_input(db, asked, world.people["kenya"], 1, NOW, {1: "Call 4455."})
        other, _ = await add_input(db, asked, world.people["kenya"], 2, NOW)
    first = await state()
    assert await state(NOW + timedelta(hours=1)) == first
    redaction = Redaction(
        input_id=row.id,
        version=1,
        part="question:1",
        starts=5,
        length=4,
        ground=Ground.PERSONAL,
        why="A number.",
        by_id=me,
        at=NOW,
    )
    await add(redaction)
    redacted = await state()
    async with database.writing() as db:
        (await hold(db, Input, other.id)).state = InputState.WITHDRAWN
    withdrawn = await state()
    closed = await state(asked.closes_at)
    assert len({first, redacted, withdrawn, closed}) == 4
    async with database.reading() as db:
        found = await compiled.content(db, asked, NOW)
    assert found.of.entries[0].input.texts["question:1"] == f"Call {MARK}."
    assert found.numbers.tally.inputs == 1


async def test_an_item_of_the_members_part_is_not_named(database):
    world, asked = await round_of(database, NOW)
    me = world.people["secretariat"]
    async with database.writing() as db:
        for number, sitting in enumerate(("first", "second"), 1):
            row, _ = await add_input(db, asked, world.people["kenya"], number, NOW)
            item = AgendaItem(
                meeting_id=world.meeting_id,
                sitting_id=world.sittings[sitting],
                number=number,
                title="An item",
            )
            db.add(item)
            await db.flush()
            kind = DispositionKind.CONSIDERED
            db.add(Disposition(input_id=row.id, kind=kind, item_id=item.id, by_id=me, at=NOW))
    async with database.reading() as db:
        found = await compiled.gather(db, asked, NOW)

    assert [each.became and each.became.item for each in found.entries] == [1, None]


async def test_what_is_made_again_takes_the_place_of_what_was(database):
    _, asked = await round_of(database, NOW)
    for state, digest in (("1" * 64, "a" * 64), ("2" * 64, "b" * 64)):
        async with database.writing() as db:
            await compiled.keep(db, asked.slug, Format.PDF, state, digest, 3, NOW)

    async with database.reading() as db:
        row = await compiled.kept(db, asked, Format.PDF)
        none = await compiled.kept(db, asked, Format.DOCX)
    assert row
    assert (row.state, row.sha256, none) == ("2" * 64, "b" * 64, None)
