"""The room in a terminal, driven by its keys, over a real service."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from rich.table import Table
from textual.pilot import Pilot
from textual.widgets import DataTable, Input, Static

from app.client import Guest, State
from app.client.terminal import AloneSheet, FarewellSheet, Terminal, TopicSheet
from tests.client.company import attending, comes_true, guest
from tests.client.test_guest import close_open_part, line_of, said, sign_off
from tests.world import Service, service, settings


@pytest.fixture
async def meeting(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        yield running


class Seen:
    """A terminal as someone sits before it."""

    def __init__(self, app: Terminal, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def guest(self) -> Guest:
        return self.app.guest

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    def text(self, name: str) -> str:
        return str(self.app.screen_stack[0].query_one(f"#{name}", Static).render())

    def title(self, name: str) -> str:
        return str(self.app.screen_stack[0].query_one(f"#{name}").border_title)

    def rows(self) -> list[list[str]]:
        table = self.app.screen_stack[0].query_one("#list", DataTable)
        return [[str(cell) for cell in table.get_row_at(row)] for row in range(table.row_count)]

    def news(self) -> str:
        told = self.app.screen_stack[0].query_one("#told", Static).content
        assert isinstance(told, Table)
        return "\n".join(str(text) for text in told.columns[1].cells)

    def screen(self) -> list[str]:
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    def sheet(self) -> str:
        return "\n".join(str(each.render()) for each in self.app.screen.query(Static))


@asynccontextmanager
async def seen(
    meeting: Service, key: str, sitting: str = "first", size: tuple[int, int] = (120, 36)
) -> AsyncGenerator[Seen]:
    async with guest(meeting, key, sitting) as someone:
        app = Terminal(someone)
        async with app.run_test(size=size) as pilot:
            yield Seen(app, pilot)


async def test_the_first_screen_says_who_can_hear_and_what_one_may_do(meeting: Service) -> None:
    async with seen(meeting, "kenya") as terminal:
        await comes_true(lambda: terminal.text("hear") == "WHO CAN HEAR: ○ OPEN TO ALL")
        assert terminal.text("line") == "Connected"
        assert terminal.text("sitting") == "The first half"
        assert terminal.text("who") == "Nobody has the floor"
        assert terminal.text("own") == "The list is closed: The chair opens it."
        assert terminal.title("list") == "List of speakers: 0, closed"


async def test_one_key_asks_and_the_same_key_twice_withdraws(meeting: Service) -> None:
    async with attending(meeting, "chair") as chair, seen(meeting, "kenya") as terminal:
        await chair.open_list()
        async with attending(meeting, "brazil") as brazil:
            await brazil.request_floor()
        await comes_true(lambda: len(terminal.rows()) == 1)
        await terminal.press("h")
        await comes_true(lambda: terminal.text("own").startswith("You are 2nd: about 3 minutes"))
        assert [(row[0], row[1], row[2]) for row in terminal.rows()] == [
            ("", "1", "Brazil"),
            ("you ►", "2", "Kenya"),
        ]
        await terminal.press("h")
        assert terminal.text("own").startswith("Press h again")
        await terminal.press("escape")
        assert terminal.text("own").startswith("You are 2nd")
        await terminal.press("h", "h")
        await comes_true(lambda: terminal.text("own").startswith("You may ask for the floor"))
        assert "Kenya has withdrawn." in terminal.news()


async def test_the_speaker_sees_the_time_and_finishes(meeting: Service) -> None:
    async with attending(meeting, "chair") as chair, seen(meeting, "kenya") as terminal:
        await chair.open_list()
        await comes_true(lambda: terminal.text("own").startswith("You may ask"))
        await terminal.press("t")
        assert isinstance(terminal.app.screen, TopicSheet)
        terminal.app.screen.query_one(Input).value = "Access [bold]for all[/bold]"
        await terminal.press("enter")
        await comes_true(lambda: terminal.text("own").startswith("Get ready: You are next"))
        assert terminal.rows()[0][4] == "Access [bold]for all[/bold]"
        await chair.give()
        await chair.start()
        await comes_true(lambda: terminal.text("who") == "Kenya")
        await comes_true(lambda: terminal.title("now").startswith("Now speaking: 0:0"))
        assert terminal.text("own").startswith("You have the floor: 3:00 left") or terminal.text(
            "own"
        ).startswith("You have the floor: 2:5")
        await terminal.press("h", "h")
        await comes_true(lambda: chair.floor.speaking is None)
        await comes_true(lambda: terminal.text("who") == "Nobody has the floor")


async def test_a_refusal_stands_there_in_words_with_its_clause(meeting: Service) -> None:
    async with seen(meeting, "stakeholder") as terminal:
        await comes_true(lambda: terminal.text("line") == "Connected")
        await terminal.press("h")
        await comes_true(lambda: terminal.text("said") == "The list of speakers is closed.")
        await terminal.press("p")
        await comes_true(lambda: "does not name this category" in terminal.text("said"))
        assert "Clause: " in terminal.text("said")


async def test_a_point_of_order_goes_first_and_says_what_it_is(meeting: Service) -> None:
    async with attending(meeting, "chair") as chair, seen(meeting, "kenya") as terminal:
        await chair.open_list()
        async with attending(meeting, "brazil") as brazil:
            await brazil.request_floor()
        await comes_true(lambda: len(terminal.rows()) == 1)
        await terminal.press("p")
        await comes_true(lambda: [row[2] for row in terminal.rows()] == ["Kenya", "Brazil"])
        assert terminal.rows()[0][4].strip() == "POINT OF ORDER"


async def test_a_broken_line_is_told_in_words_and_the_place_is_kept(meeting: Service) -> None:
    async with attending(meeting, "chair") as chair, seen(meeting, "kenya") as terminal:
        await chair.open_list()
        await comes_true(lambda: terminal.guest.floor.list_open)
        await terminal.press("h")
        await comes_true(lambda: terminal.guest.place == 1)
        (await line_of(meeting, "kenya")).abort()
        await comes_true(lambda: "your place (1st) is kept" in terminal.news())
        await comes_true(lambda: terminal.text("line") == "Connected")


async def test_the_members_part_is_shown_to_whoever_confirms_to_be_alone(meeting: Service) -> None:
    async with attending(meeting, "chair") as chair, seen(meeting, "kenya") as terminal:
        await comes_true(lambda: terminal.text("line") == "Connected")
        await close_open_part(meeting)
        await comes_true(lambda: terminal.text("own").startswith("Please wait"))
        await sign_off(meeting)
        await comes_true(lambda: isinstance(terminal.app.screen, AloneSheet))
        assert terminal.text("hear") == "WHO CAN HEAR: ● MEMBERS ONLY"
        await comes_true(lambda: chair.epoch == 2)
        await chair.announce("Only for members")
        await comes_true(lambda: len(terminal.guest.floor.notices) == 1)
        await terminal.press("enter", "escape", "h")
        assert isinstance(terminal.app.screen, AloneSheet)
        assert "Only for members" not in terminal.news()
        await terminal.press("y")
        await comes_true(lambda: "Only for members" in terminal.news())
        assert terminal.text("own").startswith("The list is closed")


async def test_whoever_is_shown_out_reads_why_and_where_to_go_on(meeting: Service) -> None:
    async with seen(meeting, "stakeholder") as terminal:
        await comes_true(lambda: terminal.text("line") == "Connected")
        await close_open_part(meeting)
        await comes_true(lambda: isinstance(terminal.app.screen, FarewellSheet))
        await terminal.pilot.pause()
        assert "The open part is over." in terminal.sheet()
        assert "Clause: resolves 6" in terminal.sheet()
        assert "/meetings/twenty" in terminal.sheet()
        assert terminal.text("line") == "Not connected"


async def test_nothing_that_was_sent_steers_the_terminal(meeting: Service) -> None:
    at = "2026-02-11T09:00:00Z"
    notice = {
        "number": 1,
        "text": "\x1b[2J\x1b[31mGo [@click=app.leave]here[/]\u2066 now\x07",
        "at": at,
    }
    name = "[red]x[/red]\x1b]0;owned\x07\u202e"
    speaker = [name, "", "individual", "stakeholder", True]
    request = {
        "number": 1,
        "speaker": speaker,
        "topic": "\x9b31mTopic\x1b]8;;https://evil.example\x07 link\r\nmore",
    }
    async with seen(meeting, "kenya", size=(200, 40)) as terminal:
        await comes_true(lambda: terminal.text("line") == "Connected")
        line = await line_of(meeting, "kenya")
        line.write(said(1, "announced", notice=notice))
        line.write(said(2, "floor-requested", **request))
        await comes_true(lambda: len(terminal.rows()) == 1)
        assert "The chair announces: Go [@click=app.leave]here[/] now" in terminal.news()
        assert terminal.rows()[0][2:5:2] == ["[red]x[/red]", "Topic link more"]
        await comes_true(lambda: "[@click=app.leave]here[/] now" in "".join(terminal.screen()))
        shown = "".join(terminal.screen())
        assert [sign for sign in shown if ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0] == []
        assert [sign for sign in shown if sign in "\u202e\u2066"] == []


async def test_names_from_right_to_left_stand_in_a_column_of_their_own(meeting: Service) -> None:
    async with attending(meeting, "chair") as chair, seen(meeting, "kenya") as terminal:
        await chair.open_list()
        async with attending(meeting, "brazil") as brazil:
            await brazil.request_floor("الوصول")
        await comes_true(lambda: len(terminal.rows()) == 1)
        assert terminal.rows()[0] == ["", "1", "Brazil", "Delegate, Member State, Remote", "الوصول"]


@pytest.mark.parametrize("size", [(40, 16), (80, 24), (200, 60)])
async def test_it_fits_small_and_large_terminals(meeting: Service, size: tuple[int, int]) -> None:
    async with attending(meeting, "chair"), seen(meeting, "kenya", size=size) as terminal:
        await comes_true(lambda: terminal.text("line") == "Connected")
        await terminal.press("question_mark")
        assert "Raise a point of order" in terminal.sheet()
        await terminal.press("escape", "q")
        assert terminal.guest.state is State.CONNECTED
