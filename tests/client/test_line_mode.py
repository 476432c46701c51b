"""Taking part line by line, and the command that does it, in a process of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.client import Guest, Unsent
from app.client.line_mode import LineMode
from app.i18n import Language
from tests.client.company import attending, comes_true, guest
from tests.client.test_guest import close_open_part, line_of, said, sign_off
from tests.world import SOON, Service, free_port, service, settings

PROJECT = Path(__file__).parents[2]
COMMAND = "import typer; from app.client.attend_cli import attend; typer.run(attend)"


@pytest.fixture
async def meeting(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        yield running


class Desk:
    """Someone who types, and reads lines."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self.lines: list[str] = []
        self.typed: asyncio.Queue[str] = asyncio.Queue()
        self.mode = LineMode(guest, Language.ENGLISH, self.lines.append)

    async def commands(self) -> AsyncIterator[str]:
        while True:
            yield await self.typed.get()

    async def writes(self, line: str) -> None:
        await self.typed.put(line + "\n")

    async def reads(self, text: str) -> None:
        await comes_true(lambda: any(text in line for line in self.lines))


@asynccontextmanager
async def desk(meeting: Service, key: str, sitting: str = "first") -> AsyncGenerator[Desk]:
    async with guest(meeting, key, sitting) as someone:
        sitting_there = Desk(someone)
        running = asyncio.create_task(sitting_there.mode.run(sitting_there.commands()))
        yield sitting_there
        await sitting_there.writes("quit")
        async with asyncio.timeout(SOON):
            await running


async def test_chat_is_read_and_written_line_by_line(meeting: Service) -> None:
    async with attending(meeting, "moderator") as moderator, desk(meeting, "kenya") as kenya:
        await kenya.reads("Who can hear: OPEN TO ALL")
        await kenya.writes("say Hello, everyone")
        await kenya.reads("Kenya writes: Hello, everyone")
        await kenya.writes("tell I cannot hear")
        await comes_true(lambda: kenya.lines.count("      Done.") == 2)
        (aside,) = (await kenya.guest.asides()).asides
        assert (await moderator.answer_aside(aside.number, "Turn it up")).ok
        await kenya.reads("The moderator answers you: Turn it up")
        assert (await moderator.mute_chat(1)).number == 1
        await kenya.reads("The moderator takes no messages to all from you at this moment.")
        await kenya.writes("say Hello?")
        await kenya.reads("You can still tell the moderator.")
        assert (await moderator.unmute_chat(1)).ok
        await kenya.reads("You may write to all again.")
        assert (await moderator.retract_chat(1, "Too cheerful")).ok
        await kenya.reads("The moderator has removed a message.")
        assert (await moderator.close_chat()).ok
        await kenya.reads("Chat is paused.")
        assert (await moderator.open_chat()).ok
        await kenya.writes("chat")
        await kenya.reads("Kenya writes: (removed by the moderator)")
        await kenya.reads("You told the moderator: I cannot hear")
        answers = [line for line in kenya.lines if "Turn it up" in line]
        assert len(answers) == 2  # when it came, and when it was asked for


async def test_a_statement_is_handed_in_and_goes_on_record(meeting: Service) -> None:
    async with (
        attending(meeting, "chair") as chair,
        guest(meeting, "kenya") as kenya,
        desk(meeting, "brazil") as brazil,
    ):
        filed = await kenya.file_statement("We agree.\r\n")
        assert (filed.number, filed.characters) == (1, len("We agree.\r\n"))
        with pytest.raises(Unsent, match="corrected"):
            await kenya.file_statement("")
        assert (await chair.read_statement(1)).ok
        assert (await kenya.withdraw_statement(1)).reason == "statement-read-out"
        assert (await chair.record_statement(1)).ok
        await brazil.reads("A written statement is on record: Kenya.")


async def test_each_event_is_a_line_and_each_command_is_answered(meeting: Service) -> None:
    async with attending(meeting, "chair") as chair, desk(meeting, "kenya") as kenya:
        await kenya.reads("Who can hear: OPEN TO ALL")
        await kenya.writes("ask Access")
        await kenya.reads("The list of speakers is closed.")
        await chair.open_list()
        await kenya.reads("The list of speakers is open.")
        await kenya.writes("ask Access")
        await kenya.reads("Kenya asks for the floor.")
        await kenya.reads("Get ready. You are next.")
        await kenya.writes("withdraw")
        await kenya.reads("Kenya has withdrawn.")
        await kenya.writes("order")
        await kenya.reads("Kenya raises a point of order.")
        await kenya.writes("ask " + "x" * 201)
        await kenya.reads("This text cannot be sent")
        await kenya.writes("status")
        await kenya.reads("1. Kenya, Delegate of Kenya, Delegate, Member State, Remote (you)")
        await kenya.writes("what")
        await kenya.reads("withdraw from the list")
        assert all("\n" not in line for line in kenya.lines)


async def test_a_hand_is_raised_changed_and_lowered_by_a_word(meeting: Service) -> None:
    async with attending(meeting, "chair") as chair, desk(meeting, "kenya") as kenya:
        await kenya.reads("Connected.")
        await kenya.writes("hand 1")
        await kenya.reads("No show of hands is asked for at this moment.")
        assert (await chair.ask_hands("Shall we break?", ["Now", "Later"])).ok
        await kenya.reads("no vote and decides nothing: Shall we break? (1 Now, 2 Later)")
        await kenya.writes("hand 1")
        await kenya.writes("hand 2")
        await comes_true(lambda: chair.counted and chair.counted.counts.by_choice == (0, 1))
        await kenya.writes("hand down")
        await comes_true(lambda: chair.counted and chair.counted.counts.by_choice == (0, 0))
        assert (await chair.raise_hand(1)).ok
        assert (await chair.close_hands()).ok
        await kenya.reads("Hands counted: Now 1, Later 0. This is no vote")
        await kenya.writes("status")
        await comes_true(lambda: sum("Hands counted" in line for line in kenya.lines) == 2)
        assert (await chair.lower_hand()).reason == "late-hand"


async def test_the_members_part_is_silent_until_one_is_alone(meeting: Service) -> None:
    async with attending(meeting, "chair") as chair, desk(meeting, "kenya") as kenya:
        await kenya.reads("Connected.")
        await close_open_part(meeting)
        await kenya.reads("The open part is closed.")
        await sign_off(meeting)
        await kenya.reads("Who can hear: MEMBERS ONLY")
        await comes_true(lambda: chair.epoch == 2)
        await chair.open_list()
        await comes_true(lambda: kenya.guest.floor.list_open)
        assert not any("list of speakers is open" in line for line in kenya.lines)
        await kenya.writes("ask")
        await comes_true(lambda: sum("Then write: alone" in line for line in kenya.lines) == 2)
        await kenya.writes("alone")
        await kenya.reads("You are in the members' part.")
        await kenya.writes("ask")
        await kenya.reads("Kenya asks for the floor.")


async def test_lines_steer_no_terminal_and_names_from_the_right_stand_alone(
    meeting: Service,
) -> None:
    speaker = ["", "مصر\x1b[2J", "delegate", "member_state", True]
    at = "2026-02-11T09:00:00Z"
    async with desk(meeting, "kenya") as kenya:
        await kenya.reads("Connected.")
        line = await line_of(meeting, "kenya")
        line.write(said(1, "floor-requested", number=1, speaker=speaker))
        line.write(
            said(2, "announced", notice={"number": 1, "text": "\x1b]0;x\x07Go\nquit", "at": at})
        )
        await kenya.reads("The chair announces: Go quit")
        at_least = kenya.lines.index(next(each for each in kenya.lines if "[1] asks" in each))
        assert kenya.lines[at_least].endswith("[1] asks for the floor.")
        assert kenya.lines[at_least + 1] == "      [1] مصر"
        assert all(line.isprintable() for line in kenya.lines)


# The command.


async def attend(
    url: str, *more: str, token: str = "cwg_kenya", typed: str = ""
) -> tuple[int, str, str]:
    """Run ``cwg attend`` on pipes: its exit code, its lines, and its complaints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", COMMAND, url, *more,
        cwd=PROJECT, env={**kept, "CWG_TOKEN": token, "LANG": "C.UTF-8"},
        stdin=pipe, stdout=pipe, stderr=pipe,
    )  # fmt: skip
    try:
        async with asyncio.timeout(6 * SOON):
            out, err = await process.communicate(typed.encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, out.decode(), err.decode()


def room(meeting: Service, sitting: str = "first") -> str:
    return f"{meeting.url}/room/{meeting.world.sittings[sitting]}"


async def test_the_command_takes_part_on_pipes(meeting: Service) -> None:
    async with attending(meeting, "chair") as chair:
        await chair.open_list()
        code, lines, _ = await attend(room(meeting), "--plain", typed="ask Access\nquit\n")
        assert "Connected." in lines
        assert "Done." in lines
        assert code == 0
        await comes_true(lambda: [each.topic for each in chair.floor.waiting] == ["Access"])


async def test_the_command_ends_in_words(meeting: Service) -> None:
    code, _, complaint = await attend(room(meeting, "second"), "--plain", token="cwg_stakeholder")
    assert code == 1
    assert "resolves 6 does not name this category" in complaint
    assert "Clause: resolves 6" in complaint
    code, _, complaint = await attend(room(meeting), "--plain", token="cwg_nobody")
    assert (code, f"Make another one at {meeting.url}/account" in complaint) == (1, True)


@pytest.mark.parametrize(
    ("url", "token", "code", "complaint"),
    [
        ("https://example.org/", "cwg_kenya", 2, "This address names no sitting."),
        ("http://127.0.0.1/room/x?token=a", "cwg_kenya", 2, "There is a password or a token"),
        (f"http://127.0.0.1:8000/room/{PROJECT.name}", "cwg_kenya", 2, "names no sitting"),
    ],
)
async def test_the_command_refuses_what_it_should_not_use(url, token, code, complaint) -> None:
    found, _, said_so = await attend(url, "--plain", token=token)
    assert (found, complaint in said_so) == (code, True)


async def test_the_command_needs_a_token_and_a_service(meeting: Service) -> None:
    code, _, complaint = await attend(room(meeting), "--plain", token="")
    assert (code, "A token is needed" in complaint) == (2, True)
    code, _, complaint = await attend(room(meeting), "--plain", token="cwg_\x1b[2J")
    assert (code, "This is no access token" in complaint) == (2, True)
    sitting = meeting.world.sittings["first"]
    nowhere = f"http://127.0.0.1:{free_port()}"
    code, _, complaint = await attend(nowhere, "--sitting", str(sitting), "--plain")
    assert (code, "cannot be reached (Connection refused)" in complaint) == (1, True)
