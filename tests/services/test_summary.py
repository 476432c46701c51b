"""The brief summary: written by two at once, presented, agreed, opened again; nothing is lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.errors import Conflict, Malformed, NotFound, Refused
from app.models import Person
from app.policy.inputs import Consent, InputState
from app.policy.outcome import Agreement, OutcomeFault, SummaryReason
from app.policy.receipt import Happened
from app.policy.text import TextFault
from app.services import receipts, summary
from app.services.summary import Clash, Draft
from tests import world as worlds
from tests.consulting import add_consultation, add_input

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
SLUG = "multilingual"


class Round:
    """A round with three inputs: published, kept back, withdrawn."""

    def __init__(self, database, consultation, people, rows):
        self.database, self.consultation = database, consultation
        self.people, self.rows = people, rows

    async def do(self, verb, *said, by="secretariat", now=NOW, slug=SLUG, **more):
        async with self.database.writing() as db:
            return await verb(db, slug, *said, by=self.people[by], now=now, **more)

    async def add(self, text, *inputs, **more):
        made = await self.do(summary.put, None, Draft(text, inputs), **more)
        return made.number

    async def put(self, number, text, *inputs, version, **more):
        return await self.do(summary.put, number, Draft(text, inputs), version=version, **more)

    async def work(self, by="secretariat"):
        async with self.database.reading() as db:
            return await summary.work(db, SLUG, self.people[by])

    async def public(self):
        async with self.database.reading() as db:
            return await summary.public(db, SLUG, LATER)


@pytest.fixture
async def asked(database):
    async with database.writing() as db:
        world = await worlds.build(db, NOW)
        consultation = await add_consultation(db, world, NOW)
        who = world.people["stakeholder"]
        rows = [
            (await add_input(db, consultation, who, number, NOW, **more))[0]
            for number, more in (
                (1, {}),
                (2, {"consent": Consent.NONE}),
                (3, {"state": InputState.WITHDRAWN}),
                (4, {"state": InputState.DRAFT}),
            )
        ]
        await add_consultation(
            db,
            worlds.World(world.meeting_id, {}, world.people),
            NOW,
            slug="elsewhere",
        )
        people = {key: await db.get(Person, each) for key, each in world.people.items()}
    return Round(database, consultation, people, rows)


async def test_numbers_are_permanent_and_the_order_may_change(asked):
    for text in ("One.", "Two.", "Three."):
        await asked.add(text, 1)
    assert await asked.add("Zero.", 1, after=0) == 4
    await asked.put(1, "One.", 1, version=1, after=3)
    await asked.do(summary.delete, 2, 1)
    assert await asked.add("Five.", 1) == 5
    found = await asked.work()
    assert [each.number for each in found.paragraphs] == [4, 3, 1, 5]
    assert [(each.number, each.draft.text) for each in found.deleted] == [(2, "Two.")]
    back = await asked.put(2, "Two again.", 1, version=2)
    assert (back.version, back.deleted) == (3, False)
    assert [each.draft.text for each in (await asked.work()).versions[2]] == [
        "Two again.",
        "Two.",
        "Two.",
    ]


async def test_two_editors_lose_nothing(asked):
    number = await asked.add("First.", 1)
    both = await asyncio.gather(
        asked.put(number, "By one.", 1, version=1),
        asked.put(number, "By another.", 2, version=1, now=LATER),
    )
    (clash,) = [each for each in both if isinstance(each, Clash)]
    (won,) = [each for each in both if not isinstance(each, Clash)]
    assert (clash.current.draft, clash.closed) == (won.draft, False)
    kept = (await asked.work()).versions[number]
    (lost,) = {"By one.", "By another."} - {won.draft.text}
    first = {(each.draft.text, each.aside) for each in kept if each.version == 1}
    assert first == {("First.", False), (lost, True)}
    assert (await asked.put(number, won.draft.text, *won.draft.inputs, version=1)) == won


async def test_what_cites_nothing_or_nothing_of_the_round_is_not_presented(asked):
    with pytest.raises(NotFound):
        await asked.do(summary.present)
    await asked.add("Bare.")
    await asked.add("Cited.", 1)
    with pytest.raises(Conflict) as bare:
        await asked.do(summary.present)
    assert (bare.value.reason, bare.value.facts) == (SummaryReason.UNCITED, {"numbers": "1"})
    for inputs in ((4,), (99,)):
        with pytest.raises(Malformed) as wrong:
            await asked.add("More.", *inputs)
        assert wrong.value.faults == {"inputs": OutcomeFault.NO_SUCH_INPUT}
    for text, fault in (
        ("<script>alert(1)</script>", TextFault.MARKUP),
        ("\u202eabc", TextFault.DIRECTION),
        ("x" * 5001, TextFault.TOO_LONG),
        (" \n\u200d", TextFault.MISSING),
    ):
        with pytest.raises(Malformed) as refused:
            await asked.add(text, 1)
        assert refused.value.faults == {"text": fault}


async def test_it_is_presented_agreed_and_opened_again_for_everybody_to_see(asked):
    number = await asked.add("Several ask for more scripts.", 1, 2, 3)
    with pytest.raises(NotFound):
        await asked.public()
    with pytest.raises(Conflict):
        await asked.do(summary.agree, 9, "Agreed.", NOW)
    await asked.do(summary.present)
    found = await asked.public()
    assert (found.state, found.passages[0].inputs, found.linked) == (
        Agreement.PRESENTED,
        (1, 2, 3),
        frozenset({1}),
    )
    late = await asked.put(number, "Many ask.", 1, version=1, now=LATER)
    assert isinstance(late, Clash)
    assert late.closed
    assert [each.aside for each in (await asked.work()).versions[number]] == [True, False]
    for present, words, at, name in (
        (0, "Agreed.", NOW, "present"),
        (9, " ", NOW, "why"),
        (9, "Agreed.", LATER + timedelta(seconds=1), "when"),
        (9, "Agreed.", NOW - timedelta(minutes=1), "when"),
    ):
        with pytest.raises(Malformed) as wrong:
            await asked.do(summary.agree, present, words, at, now=LATER)
        assert set(wrong.value.faults) == {name}
    await asked.do(summary.agree, 57, "Agreed with thanks.", NOW, by="chair", now=LATER)
    with pytest.raises(Conflict):
        await asked.do(summary.agree, 57, "Again.", NOW, now=LATER)
    await asked.do(summary.reopen, "A number was wrong.", now=LATER)
    await asked.put(number, "Rewritten in secret.", 2, version=1, now=LATER)
    found = await asked.public()
    assert (found.state, found.passages[0].text) == (
        Agreement.DRAFT,
        "Several ask for more scripts.",
    )
    assert [(each.state, each.present, each.why) for each in found.steps] == [
        (Agreement.PRESENTED, 0, ""),
        (Agreement.AGREED, 57, "Agreed with thanks."),
        (Agreement.DRAFT, 0, "A number was wrong."),
    ]
    assert found.steps[1].by == asked.people["chair"].name
    async with asked.database.reading() as db:
        told = [each.what for each in await receipts.timeline(db, asked.rows[0])]
    assert Happened.SUMMARIZED in told
    again = LATER + timedelta(minutes=1)
    await asked.do(summary.present, now=again)
    async with asked.database.reading() as db:
        told = [each.what for each in await receipts.timeline(db, asked.rows[0])]
    assert Happened.SUMMARIZED not in told


async def test_only_its_secretariat_writes_and_only_who_presides_sees_it_besides(asked):
    await asked.add("One.", 1)
    for verb, said in (
        (summary.put, (None, Draft("No.", (1,)))),
        (summary.delete, (1, 1)),
        (summary.present, ()),
        (summary.reopen, ("No.",)),
    ):
        with pytest.raises(Refused):
            await asked.do(verb, *said, by="chair")
        for who in ("kenya", "stakeholder", "moderator"):
            with pytest.raises(NotFound):
                await asked.do(verb, *said, by=who)
    with pytest.raises(NotFound):
        await asked.do(summary.agree, 9, "Agreed.", NOW, by="kenya")
    assert not (await asked.work("chair")).writes
    with pytest.raises(NotFound):
        await asked.work("stakeholder")
    with pytest.raises(NotFound):
        await asked.put(1, "Another round's.", version=1, slug="elsewhere")
