"""Claims of one moment are one transaction, and each has an outcome of its own."""

import asyncio
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
from sqlmodel import col, select

from app.database import hold
from app.errors import Answered, Conflict, Malformed, NotFound, Refused
from app.keys import Vault
from app.models import AnsweredOnce, Attending, FormAnswer, Person, Registration, RegistrationStep
from app.policy.registration import Mode, RegistrationReason
from app.services import acts, claims, once, places
from app.services.claims import Asked
from app.services.counter import Counter, Done
from app.services.once import Answer, Key
from tests.records import CHILE, KENYA, LATER, NOW, Records, person, records

HALL = Mode.IN_PERSON


@pytest.fixture
async def desk(database) -> Records:
    made = await records(database)
    async with database.writing() as db:
        for number in range(12):
            made.people[f"p{number}"] = person(f"p{number}")
        db.add_all(made.people.values())
    return made


def told(made):
    return Answer(201, made.row.reference, f'"{made.row.version}"')


def counter(desk, tell=told):
    """What is answered, without what came of it."""
    at = Counter(desk.database, partial(claims.hand_in, Vault(bytes(32))), tell)

    async def deal(some):
        return [each.answer if isinstance(each, Done) else each for each in await at.deal(some)]

    return SimpleNamespace(deal=deal)


def asked(desk, who, entity=None, key=None, answers=None, meeting="twenty", digest="d", **more):
    claim = desk.claim(entity, **more)
    word = Key(key, digest * 64) if key else None
    return Asked(meeting, desk.people[who], claim, answers or {}, NOW, word)


def kinds(answers):
    return [type(each) for each in answers]


async def test_each_of_one_moment_has_an_outcome_of_their_own_in_one_transaction(desk):
    before, heard = len(await desk.acts()), len(desk.heard)
    answers = await counter(desk).deal(
        [
            *(asked(desk, f"p{number}", KENYA, key="k") for number in range(6)),
            asked(desk, "unverified"),
            asked(desk, "other", name=""),
            asked(desk, "p6", CHILE, answers={"nothing": 1}),
            asked(desk, "p7", meeting="nowhere"),
            asked(desk, "p8"),
            asked(desk, "focal", KENYA),
        ]
    )

    assert kinds(answers) == [Answer] * 6 + [Refused, Malformed, Malformed, NotFound] + [Answer] * 2
    assert len({each.content for each in answers if isinstance(each, Answer)}) == 8
    assert await desk.count(Registration) == 8
    assert await desk.count(Attending) == 8
    assert await desk.count(RegistrationStep) == 10  # two are confirmed at once
    assert await desk.count(AnsweredOnce) == 6
    letters = [kind for kind, _ in await desk.letters()]
    assert [letters.count(each) for each in ("acknowledged", "to-decide", "confirmed")] == [6, 6, 2]
    assert len(await desk.acts()) == before + 10
    async with desk.database.reading() as db:
        assert await acts.broken_at(db) is None
    if desk.database.sqlite:
        assert len([each for each in desk.heard[heard:] if each.startswith("person:")]) == 8


async def test_who_claims_twice_at_once_is_registered_once_and_told(desk):
    answers = await counter(desk).deal(
        [
            asked(desk, "p1", KENYA),
            asked(desk, "p2", KENYA),
            asked(desk, "p1", CHILE),
            asked(desk, "p3", KENYA, key="same"),
            asked(desk, "p3", KENYA, key="same"),
            asked(desk, "p4", KENYA, key="again", name=""),
            asked(desk, "p4", KENYA, key="again"),
        ]
    )

    assert kinds(answers) == [Answer, Answer, Conflict, Answer, Answered, Malformed, Answer]
    assert answers[2].reason == RegistrationReason.REGISTERED
    assert answers[2].facts == {"reference": answers[0].content}
    assert answers[4].content == answers[3].content
    assert await desk.count(Registration) == 4


async def test_the_last_places_go_to_the_first_of_one_moment_and_the_others_wait_in_order(desk):
    async with desk.database.writing() as db:
        by = desk.people["secretariat"]
        await places.limit(db, desk.first_half, {HALL: 3}, by=by, now=NOW)
    hall = ((desk.first_half, HALL),)
    claims = [asked(desk, f"p{number}", modes=hall) for number in range(6)]
    answers = await counter(desk).deal(
        [replace(each, now=LATER) for each in claims[:1]] + claims[1:]
    )
    late = await counter(desk).deal([replace(asked(desk, "p7", modes=hall), now=LATER)])

    assert kinds([*answers, *late]) == [Answer] * 7
    async with desk.database.reading() as db:
        query = select(Registration.reference).join(
            Attending, col(Attending.registration_id) == Registration.id
        )
        waits = col(Attending.waits_since)
        held = set(await db.exec(query.where(waits.is_(None))))
        waiting = list(await db.exec(query.where(waits.is_not(None)).order_by(waits)))
        room = (await places.of_sitting(db, desk.first_half))[HALL]
    assert held == {each.content for each in answers[:3]}
    assert set(waiting[:3]) == {each.content for each in answers[3:]}
    assert waiting[3:] == [late[0].content]
    assert (room.places, room.held, room.waiting) == (3, 3, 4)


async def test_where_one_cannot_be_told_the_others_are(desk):
    """Whatever goes wrong in the transaction of all: each is dealt with alone, and one fails."""

    def fails(made):
        if made.about.email.startswith("p2@"):
            raise ValueError("the printer burns")
        return told(made)

    answers = await counter(desk, fails).deal(
        [asked(desk, f"p{number}", KENYA, key="k") for number in range(4)]
    )

    assert kinds(answers) == [Answer, Answer, ValueError, Answer]
    async with desk.database.reading() as db:
        names = select(Registration.reference)
        kept = set(await db.exec(names))
    assert kept == {answers[each].content for each in (0, 1, 3)}
    assert await desk.count(AnsweredOnce) == 3
    assert kinds(await counter(desk).deal([asked(desk, "p2", KENYA, key="k")])) == [Answer]


@pytest.mark.parametrize("many", [1, 10])
async def test_at_two_counters_at_once_nobody_waits_for_each_other_or_is_registered_twice(
    desk, many
):
    people = [f"p{number}" for number in range(many)]
    hands = [asked(desk, who, KENYA, key="k") for who in people]
    async with asyncio.timeout(20):
        here, there = await asyncio.gather(
            counter(desk).deal(hands), counter(desk).deal(hands[::-1])
        )

    for one, other in zip(here, there[::-1], strict=True):
        assert {type(one), type(other)} == {Answer, Answered}
        assert one.content == other.content
    assert await desk.count(Registration) == await desk.count(AnsweredOnce) == many
    async with desk.database.reading() as db:
        assert await acts.broken_at(db) is None


@pytest.mark.parametrize("many", [1, 10])
async def test_a_key_for_two_requests_at_two_counters_is_for_one_of_them(desk, many):
    """Whoever gives it to both is told, and nobody else is dealt with by themselves for that."""
    people = [f"p{number}" for number in range(many)]
    async with asyncio.timeout(20):
        here, there = await asyncio.gather(
            counter(desk).deal([asked(desk, who, KENYA, key="k") for who in people]),
            counter(desk).deal([asked(desk, who, CHILE, key="k", digest="e") for who in people]),
        )

    for one, other in zip(here, there, strict=True):
        assert {type(one), type(other)} == {Answer, Malformed}
    assert await desk.count(Registration) == await desk.count(AnsweredOnce) == many


async def test_who_is_asked_elsewhere_under_the_same_key_waits_for_nobody_who_waits(desk):
    """One door takes the key first, and its person after; a counter must not do it in turn."""
    hand = asked(desk, "p1", KENYA, key="k")
    taken = asyncio.Event()

    async def alone():
        async with desk.database.writing() as db:
            row = await once.take(db, hand.by.id, hand.key, NOW)
            taken.set()
            await asyncio.sleep(0.3)
            await hold(db, Person, hand.by.id)
            await once.keep(db, row, hand.key, Answer(201, "alone"), NOW)

    async def among_many():
        await taken.wait()
        return await counter(desk).deal([hand])

    async with asyncio.timeout(20):
        _, [told] = await asyncio.gather(alone(), among_many())
    assert isinstance(told, Answered)
    assert told.content == "alone"
    assert await desk.count(Registration) == 0


async def test_what_was_withdrawn_is_claimed_again_beside_new_ones(desk):
    first = await counter(desk).deal([asked(desk, "p1", KENYA)])
    async with desk.database.writing() as db:
        row = (await db.exec(select(Registration))).one()
        row.state = row.state.WITHDRAWN
        db.add(row)
    again = await counter(desk).deal([asked(desk, "p1"), asked(desk, "p2", KENYA)])

    assert again[0] == replace(first[0], tag='"2"')
    assert kinds(again) == [Answer] * 2
    assert await desk.count(Registration) == 2
    assert await desk.count(Attending) == 2
    assert await desk.count(FormAnswer) == 0
