"""The register on both engines: numbers under concurrency, who reads what, and what is found."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from app import editions
from app.database import load
from app.errors import Conflict, Malformed, NotFound, Refused
from app.models import AgendaItem, Document, Invitation, Letter, Meeting, Person, Sitting
from app.policy.access import Part
from app.policy.decision import Reason
from app.policy.documents import DocumentFault, DocumentReason, DocumentState, Paper, Relation
from app.policy.meeting import NewMeeting
from app.policy.people import Category
from app.policy.view import View
from app.services import access, anywhere, documents, meetings, posting
from tests import world as worlds
from tests.papers import entered, posted, stored

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MS = timedelta(milliseconds=1)
MEMBERS = {"part": Part.SECOND_HALF, "part_why": "Not agreed yet."}


class House:
    """A meeting with its people, and verbs that open their own transaction."""

    def __init__(self, database, world, people):
        self.database, self.world, self.people = database, world, people

    async def post(self, title, words="Words.", now=NOW, **more):
        async with self.database.writing() as db:
            return await posted(db, self.world, title, words, now, **more)

    async def contribute(self, who, paper, words="We propose.", now=NOW, language="en"):
        by = self.people[who]
        async with self.database.writing() as db:
            file = stored(by, words, now)
            return await posting.file(db, "twenty", paper, language, file, by=by, now=now)

    async def titles(self, who, wanted=None):
        async with self.database.reading() as db:
            meeting = await load(db, Meeting, self.world.meeting_id)
            found = await documents.listing(db, meeting, self.whom(who), NOW, wanted)
            return [each.title("en")[0] for each in found.rows]

    async def one(self, who, path):
        async with self.database.reading() as db:
            meeting = await load(db, Meeting, self.world.meeting_id)
            return await documents.one(db, meeting, path, self.whom(who), NOW)

    async def search(self, who, said):
        async with self.database.reading() as db:
            found = await anywhere.find(db, said, self.whom(who), NOW)
            return found.total, [
                e.listed.written for e in found.rows if isinstance(e, documents.Found)
            ]

    def whom(self, who):
        return self.people[who] if isinstance(who, str) else who


@pytest.fixture
async def house(database):
    async with database.writing() as db:
        world = await worlds.build(db, NOW)
        people = {key: await load(db, Person, value) for key, value in world.people.items()}
        for number, name in enumerate(("first", "second"), 1):
            db.add(
                AgendaItem(
                    meeting_id=world.meeting_id,
                    sitting_id=world.sittings[name],
                    number=number,
                    title=f"Item of the {name} half",
                )
            )
        (await load(db, Meeting, world.meeting_id)).symbol = "CWG-Internet-20"
    return House(database, world, people)


async def test_numbers_have_neither_gaps_nor_doubles_however_many_post_at_once(house):
    async with house.database.writing() as db:
        rows = [await entered(db, house.world, f"Paper {n}", "Words.", NOW) for n in range(12)]
    by = house.people["secretariat"]

    async def post(row):
        async with house.database.writing() as db:
            return (await posting.post(db, row.id, by=by, now=NOW)).number

    numbers = await asyncio.gather(*map(post, rows))
    assert sorted(numbers) == list(range(1, 13))
    async with house.database.writing() as db:
        last = await load(db, Document, rows[numbers.index(12)].id)
        await posting.withdraw(db, last.id, "Filed twice.", by=by, now=NOW)
    after = await house.post("One more")
    assert after.number == 13
    gone = await house.one(None, "12")
    assert (gone.withdrawn_why, gone.listed.versions) == ("Filed twice.", ())
    twice = await asyncio.gather(post(rows[0]), return_exceptions=True)
    assert isinstance(twice[0], Conflict)


async def test_a_base_and_what_belongs_to_it_bear_one_number(house):
    base = await house.post("Base")
    for relation, title in (
        (Relation.REVISION, "Better"),
        (Relation.REVISION, "Best"),
        (Relation.ADDENDUM, "More"),
    ):
        await house.post(title, relation=relation, base=str(base.number))
    await house.post("Other")
    assert await house.titles(None) == ["Base", "Better", "Best", "More", "Other"]
    found = await house.one(None, "1-rev2")
    assert found.listed.written == "CWG-Internet-20/1 Rev.2"
    assert found.base.written == "CWG-Internet-20/1"
    for path in ("1-rev3", "01", "1-rev0", "9", "x", "1-REV1"):
        with pytest.raises(NotFound):
            await house.one(None, path)
    with pytest.raises(Malformed) as nothing:
        await house.post("To nothing", relation=Relation.REVISION, base="7")
    assert nothing.value.faults == {"base": DocumentFault.BASE}


async def test_a_members_document_is_in_no_list_relation_count_or_hit_of_others(house):
    """Every way in, for every standing: broken once on purpose, see docs/documents.md."""
    await house.post("Open heron", "The cinnabar text.")
    await house.post("Closed heron", "The cinnabar secret.", **MEMBERS)
    await house.post(
        "Closed more", "Cinnabar too.", relation=Relation.ADDENDUM, base="1", **MEMBERS
    )
    inside = ["kenya", "operator", "startup", "chair", "secretariat"]
    view = access.Looking(house.people["secretariat"], View(Category.STAKEHOLDER))
    for who in (None, "stakeholder", "university", view):
        assert await house.titles(who) == ["Open heron"]
        assert await house.search(who, "heron") == (1, ["CWG-Internet-20/1"])
        assert await house.search(who, "cinnabar") == (1, ["CWG-Internet-20/1"])
        assert (await house.one(who, "1")).related == []
        for path in ("2", "1-add1"):
            with pytest.raises(NotFound):
                await house.one(who, path)
    for who in inside:
        assert await house.titles(who) == ["Open heron", "Closed more", "Closed heron"]
        assert (await house.search(who, "cinnabar"))[0] == 3
        assert [each.path for each in (await house.one(who, "1")).related] == ["1-add1"]


async def test_who_is_a_member_at_one_meeting_finds_nothing_of_another(house):
    await house.post("Closed heron", **MEMBERS)
    by = house.people["secretariat"]
    async with house.database.writing() as db:
        new = NewMeeting("next-one", "Next", "", "Asia/Tokyo", editions.load()[editions.DEFAULT])
        await meetings.found_meeting(db, new, by, NOW)
        paper = Paper({"en": "Other heron"}, source="Secretariat", part=Part.SECOND_HALF)
        paper = replace(paper, part_why="Not agreed.")
        file = stored(by, "Words.", NOW)
        row = await posting.enter(db, "next-one", paper, "en", file, by=by, now=NOW)
        await posting.post(db, row.id, by=by, now=NOW)
    assert await house.search("kenya", "heron") == (1, ["CWG-Internet-20/1"])
    assert await house.search("chair", "heron") == (1, ["CWG-Internet-20/1"])
    assert (await house.search("secretariat", "heron"))[0] == 2
    assert (await house.search(None, "heron"))[0] == 0


async def test_moving_it_to_another_part_moves_it_in_the_search(house):
    row = await house.post("A heron")
    by = house.people["secretariat"]
    paper = Paper({"en": "A heron"}, row.document_class, "Secretariat")

    async def edit(part, why, revision):
        async with house.database.writing() as db:
            said = Paper(paper.titles, paper.document_class, paper.source, None, part, why)
            return await posting.edit(db, row.id, said, revision, "Moved.", by=by, now=NOW)

    with pytest.raises(Malformed) as no_reason:
        await edit(Part.SECOND_HALF, "", 2)
    assert no_reason.value.faults == {"part_why": DocumentFault.PART_WHY}
    with pytest.raises(Conflict):
        await edit(Part.SECOND_HALF, "Not agreed.", 1)
    await edit(Part.SECOND_HALF, "Not agreed.", 2)
    assert await house.search(None, "heron") == (0, [])
    assert (await house.search("kenya", "heron"))[0] == 1
    await edit(None, "", 3)
    assert (await house.search(None, "heron"))[0] == 1
    async with house.database.writing() as db:
        await posting.withdraw(db, row.id, "Wrong.", by=by, now=NOW)
    assert await house.search("kenya", "heron") == (0, [])


async def test_contributions_are_of_those_whom_the_rule_names(house):
    for who in ("startup", "university", "stakeholder"):
        with pytest.raises(Refused) as refused:
            await house.contribute(who, Paper({"en": "Ours"}))
        assert refused.value.decision.reason is Reason.NOT_NAMED
        assert refused.value.decision.clause.label == "MS/SM 2"
    mine = await house.contribute("operator", Paper({"en": "Ours"}, source="Someone else"))
    assert (mine.source, mine.part, mine.late) == ("An operator", Part.FIRST_HALF, False)
    kenya = await house.contribute("kenya", Paper({"en": "Kenya's"}, item=2))
    assert (kenya.part, kenya.part_why) == (Part.SECOND_HALF, "")
    by = house.people["secretariat"]
    async with house.database.writing() as db:
        await posting.post(db, mine.id, by=by, now=NOW)
    again = Paper({"en": "Not ours"}, relation=Relation.REVISION, base="1")
    with pytest.raises(Refused) as other:
        await house.contribute("kenya", again)
    assert other.value.decision.reason is DocumentReason.OF_ANOTHER_BODY
    for who in ("kenya", "stakeholder"):
        async with house.database.reading() as db:
            with pytest.raises(NotFound):
                await documents.kept(db, mine.id, house.people[who])


async def test_a_deadline_is_met_to_the_millisecond_and_late_ones_are_marked(house):
    by, due = house.people["secretariat"], NOW + timedelta(days=1)
    kind = Paper({}).document_class
    async with house.database.writing() as db:
        await posting.set_deadline(db, "twenty", kind, due, "Europe/Zurich", by=by, now=NOW)
    in_time = await house.contribute("kenya", Paper({"en": "A"}), now=due - MS)
    late = await house.contribute("kenya", Paper({"en": "B"}), now=due)
    assert (in_time.late, late.late) == (False, True)
    async with house.database.writing() as db:
        why = "The second page is missing."
        await posting.give_back(db, in_time.id, why, by=by, now=due)
        mine = house.people["kenya"]
        again = stored(mine, "Whole.", due)
        sent = await posting.add_text(db, in_time.id, "en", "", again, by=mine, now=due)
        told = [each.kind for each in await db.exec(select(Letter))]
    assert (sent.state, sent.late) == (DocumentState.FILED, True)
    assert sorted(told) == [*["document-filed"] * 3, "document-returned"]
    async with house.database.writing() as db:
        later = due + timedelta(hours=1)
        await posting.set_deadline(db, "twenty", kind, later, "Europe/Zurich", by=by, now=due)
        on_time = await posting.post(db, late.id, by=by, now=due)
    assert not on_time.late


async def test_an_expert_reads_for_the_item_in_hand_and_for_nothing_else(house):
    await house.post("Of item two", item=2)
    await house.post("Of none", **MEMBERS)
    async with house.database.writing() as db:
        second = await load(db, Sitting, house.world.sittings["second"])
        db.add(
            Invitation(
                meeting_id=house.world.meeting_id,
                sitting_id=second.id,
                item_number=2,
                person_id=house.people["stakeholder"].id,
                reason="To explain.",
                invited_by=house.people["chair"].id,
                invited_at=NOW,
                expires_at=NOW + timedelta(hours=1),
                confirmed_at=NOW,
            )
        )
    assert await house.titles("stakeholder") == []
    async with house.database.writing() as db:
        (await load(db, Sitting, house.world.sittings["second"])).item_number = 2
    assert await house.titles("stakeholder") == ["Of item two"]
    assert await house.search("stakeholder", "words") == (0, [])


async def test_a_replaced_text_is_given_out_no_more_and_stays_for_the_secretariat(house):
    row = await house.post("Paper", "The first vermilion text.")
    by = house.people["secretariat"]
    async with house.database.writing() as db:
        file = stored(by, "The second text.", NOW)
        with pytest.raises(Malformed):
            await posting.add_text(db, row.id, "en", "", file, by=by, now=NOW)
    async with house.database.writing() as db:
        file, french = stored(by, "The second text.", NOW), stored(by, "Texte.", NOW)
        later = NOW + MS
        await posting.add_text(db, row.id, "en", "", file, why="A page.", by=by, now=later)
        await posting.add_text(db, row.id, "fr", "Papier", french, by=by, now=later)
    found = (await house.one(None, "1")).listed
    assert [(e.language, e.file.text) for e in found.versions] == [
        ("en", "The second text."),
        ("fr", "Texte."),
    ]
    assert await house.search("secretariat", "vermilion") == (0, [])
    async with house.database.reading() as db:
        kept = await documents.kept(db, row.id, by)
        old = next(each for each in kept.versions if each.text.replaced_at)
        assert (await documents.file_kept(db, row.id, old.text.id, by)).text.startswith("The first")
        rows = (await db.exec(select(Document))).all()
    assert len(rows) == 1


async def test_the_symbol_is_settled_by_the_first_number(house):
    by = house.people["secretariat"]
    async with house.database.writing() as db:
        for symbol in ("", "1", "a b", "a/1", "x" * 41):
            with pytest.raises(Malformed):
                await posting.set_symbol(db, "twenty", symbol, by=by, now=NOW)
        await posting.set_symbol(db, "twenty", "CWG-20", by=by, now=NOW)
        with pytest.raises(NotFound):
            await posting.set_symbol(db, "twenty", "X", by=house.people["chair"], now=NOW)
    await house.post("Paper")
    async with house.database.writing() as db:
        with pytest.raises(Conflict):
            await posting.set_symbol(db, "twenty", "CWG-21", by=by, now=NOW)
