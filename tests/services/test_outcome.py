"""What becomes of inputs: rules, many at once, two editors, letters, timeline and what is told."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select

from app.database import hold
from app.errors import Conflict, Malformed, NotFound
from app.mail.sender import Sender
from app.models import AgendaItem, Disposition, Input, InputAuthor, Letter, Meeting, Person
from app.policy.consultation import Publishing
from app.policy.inputs import Consent, InputState
from app.policy.letters import LetterKind
from app.policy.outcome import (
    Completion,
    DispositionKind,
    OutcomeFault,
    OutcomeReason,
    Wanted,
    faults,
    numbers_of,
)
from app.policy.receipt import Happened
from app.policy.text import TextFault
from app.services import outcome, publication, receipts
from app.services.outcome import Chosen
from app.services.publication import Filter
from tests import world as worlds
from tests.consulting import add_consultation, add_input, add_items

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
SLUG = "multilingual"
CONSIDERED = Wanted(DispositionKind.CONSIDERED, item=1)
NOTED = Wanted(DispositionKind.NOTED)
NOT_TAKEN_UP = Wanted(DispositionKind.NOT_TAKEN_UP, why="It is for another body.")


class Round:
    """A round of a meeting with an item in each half, and inputs as they are needed."""

    def __init__(self, database, world, consultation, people):
        self.database, self.world, self.consultation = database, world, consultation
        self.people = people

    async def sent(self, number, who="stakeholder", **more):
        async with self.database.writing() as db:
            row, _ = await add_input(
                db, self.consultation, self.world.people[who], number, NOW, **more
            )
        return row

    async def say(self, numbers, wanted, *, by="secretariat", seen=None, slug=SLUG, now=NOW):
        chosen = [Chosen(each, seen) for each in numbers]
        async with self.database.writing() as db:
            changed = await outcome.dispose(db, slug, chosen, wanted, by=self.people[by], now=now)
        return [each.number for each in changed]

    async def letters(self):
        query = select(Letter).where(Letter.kind == LetterKind.INPUT_ANSWERED)
        async with self.database.reading() as db:
            return list(await db.exec(query.order_by(col(Letter.written_at))))


@pytest.fixture
async def asked(database):
    async with database.writing() as db:
        world = await worlds.build(db, NOW)
        consultation = await add_consultation(db, world, NOW)
        await add_items(db, world)
        people = {key: await db.get(Person, each) for key, each in world.people.items()}
    return Round(database, world, consultation, people)


def test_each_kind_asks_for_what_it_needs():
    kinds = {kind: set(faults(Wanted(kind))) for kind in DispositionKind}
    assert kinds == {
        DispositionKind.CONSIDERED: {"item"},
        DispositionKind.REFLECTED: {"paragraph"},
        DispositionKind.PARTLY: {"paragraph", "why"},
        DispositionKind.NOTED: set(),
        DispositionKind.NOT_TAKEN_UP: {"why"},
    }
    blank = Wanted(DispositionKind.PARTLY, paragraph=" \u200d ", why=" \n ").cleaned()
    assert set(faults(blank)) == {"paragraph", "why"}
    hostile = Wanted(DispositionKind.NOTED, paragraph="<b>1", why="\u202eabc")
    assert faults(hostile) == {"paragraph": TextFault.MARKUP, "why": TextFault.DIRECTION}


def test_numbers_are_read_as_people_type_them():
    assert numbers_of("3, 5 8-10;3") == [3, 5, 8, 9, 10]
    assert numbers_of("") == []
    for said in ("three", "5-3", "0", "1-999999", "١", "-4"):
        assert numbers_of(said) is None


async def test_many_at_once_are_answered_or_none_is_and_the_history_stays(asked):
    for number in range(1, 4):
        await asked.sent(number)
    await asked.sent(4, state=InputState.WITHDRAWN)
    await asked.sent(5, state=InputState.DRAFT)
    assert await asked.say([1, 2, 3], NOTED) == [1, 2, 3]
    assert await asked.say([1, 2, 3], NOTED) == []
    with pytest.raises(Conflict) as refused:
        await asked.say([1, 4], NOT_TAKEN_UP)
    assert refused.value.reason == OutcomeReason.WITHDRAWN
    for numbers, fault in (
        ([1, 5], OutcomeFault.NO_SUCH_INPUT),
        ([1, 99], OutcomeFault.NO_SUCH_INPUT),
        ([], OutcomeFault.NO_INPUT),
        (range(1, 502), OutcomeFault.TOO_MANY),
    ):
        with pytest.raises(Malformed) as malformed:
            await asked.say(numbers, NOT_TAKEN_UP)
        assert malformed.value.faults == {"inputs": fault}
    assert await asked.say([2], CONSIDERED, seen=1, now=LATER) == [2]
    with pytest.raises(Conflict) as late:
        await asked.say([1, 2], NOT_TAKEN_UP, seen=1, now=LATER)
    assert (late.value.reason, late.value.facts) == (OutcomeReason.CHANGED, {"numbers": "2"})
    async with asked.database.reading() as db:
        _, line, history = await outcome.line(db, SLUG, 2, asked.people["secretariat"], LATER)
        rows = (await db.exec(select(Disposition))).all()
        done = await outcome.completion(db, [asked.consultation], NOW)
    assert line.answer is not None
    assert (line.had, line.answer.kind, line.answer.item) == (2, DispositionKind.CONSIDERED, 1)
    assert [(each.kind, each.replaced_at) for each in history] == [
        (DispositionKind.NOTED, LATER),
        (DispositionKind.CONSIDERED, None),
    ]
    assert len(rows) == 4
    assert done == {asked.consultation.id: Completion(3, 3)}


async def test_only_the_secretariat_of_the_meeting_and_only_with_an_item_of_it(asked):
    await asked.sent(1)
    for who in ("chair", "stakeholder", "kenya"):
        with pytest.raises(NotFound):
            await asked.say([1], NOTED, by=who)
    async with asked.database.writing() as db:
        meeting = await db.get(Meeting, asked.world.meeting_id)
        other = Meeting(**meeting.model_dump(exclude={"id", "slug"}), slug="another")
        db.add(other)
        await db.flush()
        item = AgendaItem(
            meeting_id=other.id,
            sitting_id=asked.world.sittings["first"],
            number=7,
            title="An item elsewhere",
        )
        db.add(item)
        await add_consultation(
            db, worlds.World(other.id, {}, asked.world.people), NOW, slug="elsewhere"
        )
    with pytest.raises(Malformed) as malformed:
        await asked.say([1], Wanted(DispositionKind.CONSIDERED, item=7))
    assert malformed.value.faults == {"item": OutcomeFault.NO_SUCH_ITEM}
    with pytest.raises(NotFound):
        await asked.say([1], NOTED, slug="elsewhere")


async def test_an_item_of_the_members_part_is_told_to_who_may_read_it(asked):
    row = await asked.sent(1)
    secret = Wanted(DispositionKind.CONSIDERED, item=2, why="It was read out.")
    await asked.say([1], secret)
    async with asked.database.reading() as db:
        told = {
            who: (await outcome.answers(db, [row.id], asked.people.get(who), NOW))[row.id]
            for who in (None, "stakeholder", "kenya", "secretariat")
        }
        steps = await receipts.timeline(db, row)
        page = await publication.page(db, asked.consultation, Filter(), NOW)
    for who in (None, "stakeholder"):
        assert (told[who].item, told[who].item_title, told[who].restricted) == (None, "", True)
    for who in ("kenya", "secretariat"):
        assert (told[who].item, told[who].restricted) == (2, False)
    assert page.rows[0].answer == told[None]
    answered = next(each for each in steps if each.what is Happened.CONSIDERED_ELSEWHERE)
    assert answered.facts == {"paragraph": "", "why": "It was read out."}
    (letter,) = await asked.letters()
    assert "item" not in letter.facts
    assert letter.facts["restricted"] == "yes"


async def test_the_authors_are_told_once_about_all_of_theirs(asked):
    first = await asked.sent(1)
    await asked.sent(2)
    await asked.sent(3, who="brazil")
    async with asked.database.writing() as db:
        for key, agreed_at, disowned_at in (
            ("kenya", NOW, None),
            ("operator", None, None),
            ("startup", NOW, NOW),
        ):
            author = InputAuthor(
                input_id=first.id,
                person_id=asked.world.people[key],
                asked_at=NOW,
                agreed_at=agreed_at,
                disowned_at=disowned_at,
            )
            db.add(author)
    await asked.say([1, 2, 3], CONSIDERED)
    told = {each.person_id: each.facts for each in await asked.letters()}
    assert set(told) == {asked.world.people[each] for each in ("stakeholder", "kenya", "brazil")}
    both = told[asked.world.people["stakeholder"]]
    assert (both["number"], both["item"], both["link"]) == ("1, 2", "1", "/inputs")
    assert told[asked.world.people["kenya"]]["number"] == "1"
    await asked.say([1], NOT_TAKEN_UP, now=LATER)
    assert len(await asked.letters()) == 5
    async with asked.database.reading() as db:
        steps = [each.what for each in await receipts.timeline(db, first)]
    assert steps[-2:] == [Happened.CONSIDERED, Happened.NOT_TAKEN_UP]


async def test_what_is_not_published_has_no_answer_to_read_and_no_count(asked):
    await asked.sent(1, consent=Consent.NONE)
    await asked.sent(2)
    await asked.say([1, 2], NOT_TAKEN_UP)
    async with asked.database.reading() as db:
        page = await publication.page(db, asked.consultation, Filter(), NOW)
        kinds = {
            kind: [
                each.number
                for each in (
                    await publication.page(db, asked.consultation, Filter(answer=kind), NOW)
                ).rows
            ]
            for kind in ("not_taken_up", "noted", "none")
        }
    assert [bool(each.answer) for each in page.rows] == [False, True]
    assert kinds == {"not_taken_up": [2], "noted": [], "none": []}
    async with asked.database.writing() as db:
        row = await db.merge(asked.consultation)
        row.publishing = Publishing.AFTER_CLOSING
    async with asked.database.reading() as db:
        assert await outcome.completion(db, [row], NOW) == {}
        assert await outcome.completion(db, [row], NOW, desk=True) == {row.id: Completion(2, 2)}


async def test_the_letter_says_it_and_is_not_sent_once_it_is_overtaken(asked, tmp_path):
    await asked.sent(1)
    await asked.sent(2, who="kenya")
    office = Sender(worlds.settings(tmp_path, demo=True), asked.database, "12ab:34cd")
    await asked.say([1, 2], CONSIDERED)
    await asked.say([1], NOT_TAKEN_UP, now=LATER)
    while await office.deliver():
        pass
    found = {(each.person_id, each.facts["outcome"]): each for each in await asked.letters()}
    one, other = (asked.world.people[each] for each in ("stakeholder", "kenya"))
    assert found[one, "considered"].fault == "overtaken"
    said = found[one, "not_taken_up"].facts["kept"]["text"]
    assert "It was not taken up." in said
    assert "The reason that was given: It is for another body." in said
    kept = found[other, "considered"].facts["kept"]
    assert "It was considered under item 1 of the agenda." in kept["text"]
    assert kept["subject"].startswith("What became of your input 2 to Public policy")
    async with asked.database.writing() as db:
        row = await hold(db, Input, UUID(found[other, "considered"].facts["input"]))
        row.state = InputState.WITHDRAWN
        (letter,) = (
            await db.exec(select(Letter).where(Letter.id == found[other, "considered"].id))
        ).all()
        letter.sent_at, letter.due_at = None, NOW
    await office.deliver()
    late = {each.id: each.fault for each in await asked.letters()}
    assert late[found[other, "considered"].id] == "overtaken"
