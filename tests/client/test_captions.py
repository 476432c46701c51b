"""Captions for programs and in a terminal: written, spelled, read, and another language chosen."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from app.client.guest import Guest
from app.policy.captions import Captions, CaptionSource
from app.protocol.messages import Interim, Welcome
from tests.client.company import QUICK, attending, comes_true, of, until
from tests.client.test_line_mode import Desk
from tests.live.test_captions import appoint
from tests.world import SOON, Service, service, settings


@pytest.fixture
async def meeting(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        await appoint(running, "captioner")
        yield running


def reader(meeting: Service, *captions: str) -> Guest:
    return Guest(of(meeting), "cwg_kenya", patience=QUICK, captions=captions)


def texts(of_language: Captions | None) -> list[str]:
    return [line.text for line in of_language.lines] if of_language else []


async def test_a_program_writes_spells_and_corrects(meeting: Service) -> None:
    async with (
        attending(meeting, "captioner") as program,
        attending(meeting, "chair") as chair,
        reader(meeting, "en") as kenya,
    ):
        await until(kenya, Welcome)
        await program.spell("en", "Good mor")
        assert (await until(kenya, Interim)).text == "Good mor"
        said = await program.write_caption("en", "Good mourning.", source=CaptionSource.MACHINE)
        assert (said.ok, said.number) == (True, 1)
        assert (await program.correct_caption("en", 1, "Good morning.")).ok is True
        await comes_true(lambda: texts(kenya.captions["en"]) == ["Good morning."])
        (line,) = kenya.captions["en"].lines
        assert (line.corrected, line.heading.source) == (True, CaptionSource.MACHINE)
        assert kenya.floor.captions == ("en",)
        refused = await kenya.write_caption("en", "I am no captioner.")
        assert (refused.ok, refused.reason) == (False, "not-a-captioner")
        assert (await chair.stop_captions("en")).ok is True
        await comes_true(lambda: kenya.floor.captions == ())
        assert (await chair.start_captions("en")).ok is True


async def test_another_language_is_followed_without_losing_anything(meeting: Service) -> None:
    async with attending(meeting, "captioner") as program, reader(meeting, "en") as kenya:
        await until(kenya, Welcome)
        await program.write_caption("en", "One.")
        await comes_true(lambda: texts(kenya.captions["en"]) == ["One."])
        position = kenya.positions["room"]
        await kenya.listen("en", "fr")
        await program.write_caption("en", "Two.")
        await program.write_caption("fr", "Deux.")
        await comes_true(lambda: texts(kenya.captions.get("fr")) == ["Deux."])
        await comes_true(lambda: texts(kenya.captions["en"]) == ["One.", "Two."])
        assert kenya.positions["room"] == position + 1
        await kenya.listen()
        await comes_true(lambda: kenya.captions == {})


async def test_captions_are_lines_of_the_terminal_with_the_language_before(
    meeting: Service,
) -> None:
    async with attending(meeting, "captioner") as program, reader(meeting, "en", "ar") as kenya:
        desk = Desk(kenya)
        running = asyncio.create_task(desk.mode.run(desk.commands()))
        await desk.reads("Who can hear")
        await program.write_caption("en", "Good \x1b[31mmorning.".replace("\x1b", ""))
        await desk.reads("Captions have started: English.")
        await desk.reads("[EN] Good [31mmorning.")
        await program.write_caption("ar", "صباح الخير")
        await desk.reads("[AR] [1]")
        await desk.reads("[1] صباح الخير")
        await program.correct_caption("en", 1, "Good morning.")
        await desk.reads("Line 1 is corrected: Good morning.")
        await desk.writes("quit")
        async with asyncio.timeout(SOON):
            await running
