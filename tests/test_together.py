"""What is asked at the same moment is answered together, and nobody's question harms another's."""

import asyncio
import time
from collections.abc import Sequence

import pytest

from app.together import PATIENCE, REST, RESTS, Together, UnderWay


class Office:
    """Answers with the double, refuses 13, and counts how often it was asked."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.together = Together(self.answer, most=3)
        self.open = asyncio.Event()

    async def answer(self, asked: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(asked))
        await self.open.wait()
        if 99 in asked:
            raise RuntimeError("the office burns")
        return [ValueError("unlucky") if each == 13 else 2 * each for each in asked]


async def test_the_first_is_answered_at_once_and_the_others_together_in_their_order():
    office = Office()
    asking = [asyncio.create_task(office.together.ask(each)) for each in range(6)]
    await asyncio.sleep(0)
    office.open.set()
    assert await asyncio.gather(*asking) == [0, 2, 4, 6, 8, 10]
    assert [len(each) for each in office.batches] == [3, 3]
    assert await office.together.ask(7) == 14


async def test_those_who_were_told_together_and_ask_again_are_answered_together():
    office = Office()
    office.together = Together(office.answer, most=9, under_way=UnderWay())
    office.open.set()

    async def ask_twice(number: int) -> int:
        await office.together.ask(number)
        await asyncio.sleep(number * REST)
        return await office.together.ask(10 * number)

    assert await asyncio.gather(*map(ask_twice, range(3))) == [0, 20, 40]
    assert [len(each) for each in office.batches] == [3, 3]


async def test_those_who_are_under_way_are_answered_together():
    office, under_way = Office(), UnderWay()
    office.together = Together(office.answer, most=9, under_way=under_way)
    office.open.set()

    async def come(number: int) -> int:
        under_way.many += 1
        await asyncio.sleep(number * REST)
        told = await office.together.ask(number)
        under_way.many -= 1
        return told

    assert await asyncio.gather(*map(come, range(4))) == [0, 2, 4, 6]
    assert [len(each) for each in office.batches] == [4]


async def test_nobody_waits_for_another_who_does_something_else():
    office, under_way = Office(), UnderWay(1)
    office.together = Together(office.answer, most=9, under_way=under_way)
    office.open.set()
    began = time.monotonic()
    assert await office.together.ask(1) == 2  # alone: whoever is under way is the one who asks
    alone = time.monotonic() - began
    under_way.many = 5
    assert await office.together.ask(2) == 4
    assert alone < REST
    assert time.monotonic() - began < 10 * RESTS * REST


async def test_nobody_waits_longer_than_a_moment_for_others():
    office = Office()
    office.together = Together(office.answer, most=10_000, under_way=UnderWay(10_000))
    office.open.set()
    began = time.monotonic()

    async def one_more() -> None:
        while time.monotonic() < began + 3 * PATIENCE:
            coming.append(asyncio.create_task(office.together.ask(1)))
            await asyncio.sleep(REST / 3)

    coming = list[asyncio.Task[int]]()
    trickle = asyncio.create_task(one_more())
    assert await office.together.ask(7) == 14
    assert time.monotonic() - began < 2 * PATIENCE
    await trickle
    assert set(await asyncio.gather(*coming)) == {2}


async def test_a_refusal_reaches_the_one_who_asked_and_a_fault_all_of_its_batch_only():
    office = Office()
    office.open.set()
    asking = [office.together.ask(each) for each in (1, 13, 2, 99, 3, 4, 5)]
    told = await asyncio.gather(*asking, return_exceptions=True)
    assert (told[0], told[2], told[6]) == (2, 4, 10)
    assert isinstance(told[1], ValueError)
    assert [type(each) for each in told[3:6]] == [RuntimeError] * 3


async def test_who_stops_waiting_takes_nothing_from_the_others():
    office = Office()
    impatient = asyncio.create_task(office.together.ask(1))
    patient = asyncio.create_task(office.together.ask(2))
    await asyncio.sleep(0)
    impatient.cancel()
    office.open.set()
    assert await patient == 4
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_as_soon_as_all_are_there_nobody_waits_longer(monkeypatch):
    monkeypatch.setattr("app.together.REST", 0.5)
    monkeypatch.setattr("app.together.PATIENCE", 0.5)
    office = Office()
    office.together = Together(office.answer, most=9, under_way=UnderWay(many=3))
    office.open.set()

    async def come(number: int) -> int:
        await asyncio.sleep(number * 0.01)
        return await office.together.ask(number)

    began = time.monotonic()
    assert await asyncio.gather(*map(come, range(3))) == [0, 2, 4]
    assert time.monotonic() - began < REST + 0.4
    assert office.batches == [[0, 1, 2]]
    await asyncio.sleep(0.6)  # whether they come again
