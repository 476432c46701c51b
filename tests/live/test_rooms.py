"""Whoever joins while news flow hears every position exactly once, and sees what the tables say."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from app import journal, welcome
from app.database import Database, Writing, load
from app.journal import Channel
from app.live.rooms import Room
from app.models import News, Person, Sitting
from app.policy.captions import Caption, CaptionCorrected, CaptionHeading
from app.policy.floor import Floor, RequestKind, apply
from app.protocol import news, wishes
from app.protocol.codes import Code
from app.protocol.news import FLOOR
from app.protocol.wishes import WISHES, Announce
from app.services import floor
from app.services import wishes as granting
from tests.world import SOON, Guest, Service, World, build, hello, service, settings

STEPS = 60
SINCE = Room._since


def room_of(meeting: Service, sitting: str = "first", epoch: int = 1) -> Channel:
    return Channel(meeting.world.sittings[sitting], "room", epoch)


async def say(meeting: Service, text: str = "Attention") -> None:
    """The chair announces something, by no socket."""
    wish = Announce(kind="announce", id=uuid4(), text=text)
    await grant(meeting, "chair", wish, datetime.now(UTC))


async def grant(meeting: Service, key: str, wish: wishes.AnyWish, now: datetime) -> bool:
    by = await meeting.person(key)
    async with meeting.house.database.writing() as db:
        outcome = await granting.grant(db, meeting.world.sittings["first"], wish, by=by, now=now)
    return outcome.ok


async def heard(guest: Guest, last: int) -> list[int]:
    """The positions of the room's events, up to the one awaited."""
    positions: list[int] = []
    while not positions or positions[-1] < last:
        message = await guest.next()
        positions.append(message["position"])
    return positions


def landing(meeting: Service, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Have so many events land after a room has read and before it writes."""
    left = times

    async def since(room: Room, cursor: int) -> list[News]:
        nonlocal left
        found = await SINCE(room, cursor)
        if left:
            left -= 1
            await say(meeting)
        return found

    monkeypatch.setattr(Room, "_since", since)


async def test_an_event_between_decision_and_joining_is_heard_once(
    meeting: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = meeting.house.hall
    see = hall._see

    async def late(meeting_id: UUID, epoch: int) -> None:
        await see(meeting_id, epoch)
        await say(meeting)

    monkeypatch.setattr(hall, "_see", late)
    async with meeting.attending("brazil") as brazil:
        assert brazil.welcome["channels"]["room"]["position"] == 0
        assert await heard(brazil, 1) == [1]
        async with meeting.attending("kenya") as kenya:
            assert kenya.welcome["channels"]["room"]["position"] == 1
            assert await heard(kenya, 2) == [2]
            await say(meeting)
            assert await heard(kenya, 3) == [3]
            assert await heard(brazil, 3) == [2, 3]


async def say_until(meeting: Service, position: int) -> None:
    async with meeting.house.database.reading() as db:
        at = await journal.position(db, room_of(meeting))
    for _ in range(position - at):
        await say(meeting)


async def test_events_that_land_while_the_room_reads_are_heard_once(
    meeting: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing(meeting, monkeypatch, 6)
    async with meeting.attending("brazil") as brazil:
        began = brazil.welcome["channels"]["room"]["position"]
        async with meeting.attending("kenya") as kenya:
            joined = kenya.welcome["channels"]["room"]["position"]
            monkeypatch.setattr(Room, "_since", SINCE)
            await say(meeting)
            async with meeting.house.database.reading() as db:
                last = await journal.position(db, room_of(meeting))
            assert await heard(brazil, last) == list(range(began + 1, last + 1))
            assert await heard(kenya, last) == list(range(joined + 1, last + 1))


async def test_whoever_joins_a_room_that_is_behind_brings_it_up_for_all(
    meeting: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with meeting.attending("brazil") as brazil:
        room = meeting.house.hall._rooms[room_of(meeting)]
        await room.tell()
        monkeypatch.setattr(meeting.house.hall, "_news", Unheard())
        with monkeypatch.context() as held:
            held.setattr(Room, "tell", nothing)
            await say_until(meeting, 3)
        async with meeting.attending("kenya") as kenya:
            assert kenya.welcome["channels"]["room"]["position"] == 3
            assert await heard(brazil, 3) == [1, 2, 3]
            monkeypatch.setattr(meeting.house.hall, "_news", {})
            await say(meeting)
            assert await heard(kenya, 4) == [4]
            assert await heard(brazil, 4) == [4]


async def nothing(_room: Room) -> None:
    """A room that was not told to look."""


class Unheard(dict[str, None]):
    """Bells that ring in an empty house."""

    def __setitem__(self, bell: str, value: None) -> None:
        pass


async def test_a_reconnect_gets_exactly_the_gap(meeting: Service) -> None:
    async with meeting.attending("kenya") as kenya:
        await say_until(meeting, 2)
        assert await heard(kenya, 2) == [1, 2]
    await say_until(meeting, 7)
    cursor = {"room": {"epoch": 1, "position": 2}}
    async with meeting.attending("kenya", cursors=cursor) as kenya:
        assert kenya.welcome["channels"]["room"] == {"position": 2}
        assert await heard(kenya, 7) == [3, 4, 5, 6, 7]
        await say(meeting)
        assert await heard(kenya, 8) == [8]


async def test_who_is_too_far_behind_gets_the_whole_picture(
    meeting: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(welcome, "MOST_MISSED", 3)
    await say_until(meeting, 5)
    for position, whole in ((1, True), (2, False)):
        cursor = {"room": {"epoch": 1, "position": position}}
        async with meeting.attending("kenya", cursors=cursor) as kenya:
            state = kenya.welcome["channels"]["room"]
            assert ("snapshot" in state, state["position"]) == (whole, 5 if whole else position)


# Where PostgreSQL shows each statement of a transaction the newest rows.


async def test_a_snapshot_and_its_position_are_of_one_moment(
    postgres_tables_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service(settings(tmp_path, database_url=postgres_tables_url)) as meeting:
        picture = floor.picture

        async def late(db: Any, sitting: Sitting) -> Floor:
            monkeypatch.setattr(floor, "picture", picture)
            await say(meeting)
            return await picture(db, sitting)

        monkeypatch.setattr(floor, "picture", late)
        async with meeting.attending("kenya") as kenya:
            state = kenya.welcome["channels"]["room"]
            seen = FLOOR.validate_python(state["snapshot"], strict=False)
            assert (state["position"], seen.notices) == (0, ())
            assert await heard(kenya, 1) == [1]


async def test_a_gap_ends_where_the_room_goes_on(
    postgres_tables_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service(settings(tmp_path, database_url=postgres_tables_url)) as meeting:
        await say(meeting)
        since = journal.since

        async def late(db: Any, channel: Channel, cursor: int, most: int = 500) -> Sequence[News]:
            monkeypatch.setattr(journal, "since", since)
            await say(meeting)
            return await since(db, channel, cursor, most)

        monkeypatch.setattr(journal, "since", late)
        cursor = {"room": {"epoch": 1, "position": 0}}
        async with meeting.attending("kenya", cursors=cursor) as kenya:
            await say(meeting)
            assert await heard(kenya, 3) == [1, 2, 3]


# A room on its own.


class Ear:
    """Whoever is told, without a socket."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.frames.append(data)


async def own_room(meeting: Service) -> Room:
    """A room that the hall does not know."""
    hall = meeting.house.hall
    await hall._see(meeting.world.meeting_id, 1)
    return Room(
        meeting.house.database,
        hall.process,
        meeting.world.meeting_id,
        room_of(meeting),
        hall.current,
    )


def once(room: Room, meanwhile: Callable[[], Awaitable[None]]) -> None:
    """Have something happen between the room's next reading and its writing."""
    since = room._since

    async def seam(cursor: int) -> list[News]:
        found = await since(cursor)
        if room._since is seam:
            room._since = since  # type: ignore[method-assign]
            await meanwhile()
        return found

    room._since = seam  # type: ignore[method-assign]


async def test_a_first_member_who_is_further_on_hears_nothing_twice(meeting: Service) -> None:
    room, ear = await own_room(meeting), Ear()
    await say_until(meeting, 2)

    async def comes_in() -> None:
        await say_until(meeting, 3)
        room.start_at(3)
        room.lines[ear] = None  # type: ignore[index]  # it only needs to be written to

    once(room, comes_in)
    await room.tell()
    assert (ear.frames, room.cursor) == ([], 3)
    await say_until(meeting, 4)
    await room.tell()
    assert (len(ear.frames), room.cursor) == (1, 4)


async def test_what_was_read_before_a_room_was_closed_is_not_written(meeting: Service) -> None:
    room, ear = await own_room(meeting), Ear()
    room.lines[ear] = None  # type: ignore[index]
    await say(meeting)

    async def raised() -> None:
        room.close()
        room.lines[ear] = None  # type: ignore[index]

    once(room, raised)
    await room.tell()
    assert ear.frames == []


async def test_what_was_read_before_the_lease_ran_out_is_not_written(meeting: Service) -> None:
    room, ear = await own_room(meeting), Ear()
    room.lines[ear] = None  # type: ignore[index]
    await say(meeting)

    async def slept() -> None:
        room._current = lambda: False

    once(room, slept)
    await room.tell()
    assert (ear.frames, room.cursor) == ([], 0)
    room._current = meeting.house.hall.current
    await room.tell()
    assert (len(ear.frames), room.cursor) == (1, 1)


async def test_a_room_reads_nothing_of_another_epoch_or_for_a_process_without_a_lease(
    meeting: Service,
) -> None:
    room = await own_room(meeting)
    await say(meeting)
    assert [item.position for item in await room._since(0)] == [1]
    room.channel = Channel(room.channel.sitting_id, "room", 2)
    assert await room._since(0) == []
    room.channel = room_of(meeting)
    room._lease_id = uuid4()
    assert await room._since(0) == []


async def test_who_joins_a_room_that_was_given_up_meanwhile_is_asked_to_come_back(
    meeting: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = meeting.house.hall
    tell = Room.tell

    async def given_up(room: Room) -> None:
        task = asyncio.current_task()
        if task and getattr(task.get_coro(), "__name__", "") == "given_up":
            return  # the hall looks again once a second, each room in a task of its own
        monkeypatch.setattr(Room, "tell", tell)
        del hall._rooms[room.channel]
        await tell(room)

    async with meeting.attending("brazil"):
        ticket = (await meeting.ticket("kenya")).json()["ticket"]
        with monkeypatch.context() as held:
            held.setattr(Room, "tell", nothing)
            await say(meeting)
        room = hall._rooms[room_of(meeting)]
        room.cursor = 0
        monkeypatch.setattr(Room, "tell", given_up)
        async with meeting.line() as line:
            guest = Guest(line)
            await line.send(hello(ticket))
            assert await guest.ended() == Code.MOVED


# Many at once.


async def test_whoever_comes_and_goes_hears_every_position_once(meeting: Service) -> None:
    chance = random.Random(7)  # noqa: S311 - no secret
    names = ("kenya", "brazil", "operator")
    last = 25

    async def wander(name: str) -> list[int]:
        positions: list[int] = []
        cursors: dict[str, dict[str, int]] = {}
        while not positions or positions[-1] < last:
            async with meeting.attending(name, cursors=cursors) as guest:
                if not positions:
                    positions = [guest.welcome["channels"]["room"]["position"]]
                for _ in range(chance.randrange(1, 12)):
                    if positions[-1] < last:
                        positions.append((await guest.next())["position"])
                cursors = {"room": {"epoch": 1, "position": positions[-1]}}
        return positions

    async def speak() -> None:
        for _ in range(last):
            await say(meeting)
            await asyncio.sleep(0)

    async with asyncio.timeout(4 * SOON):
        *told, _ = await asyncio.gather(*(wander(name) for name in names), speak())
    for positions in told:
        assert isinstance(positions, list)
        assert positions == list(range(positions[0], last + 1))


# The reducer and the tables.


@pytest.mark.parametrize("seed", range(3))
async def test_the_picture_of_before_and_the_news_make_the_picture_of_after(
    database: Database, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    now = datetime.now(UTC)
    async with database.writing() as db:
        world = await build(db, now)
    done = 0
    for _ in range(STEPS):
        now += timedelta(seconds=chance.choice((0, 1, 30)))
        who, wish = some_wish(chance)
        async with database.writing() as db:
            by = await load(db, Person, world.people[who])
            before, at = await pictured(db, world)
            outcome = await granting.grant(db, world.sittings["first"], wish, by=by, now=now)
            after, _ = await pictured(db, world)
            told = await journal.since(db, Channel(world.sittings["first"], "room", 1), at)
        done += outcome.ok
        for item in told:
            event = news.read(item.kind, item.body, item.at)
            assert not isinstance(event, news.ConsoleEvent)
            assert not isinstance(event, CaptionHeading | Caption | CaptionCorrected)
            before = apply(before, event)
        assert before == after
    assert done > STEPS / 5


async def pictured(db: Writing, world: World) -> tuple[Floor, int]:
    channel = Channel(world.sittings["first"], "room", 1)
    await db.flush()
    sitting = await load(db, Sitting, channel.sitting_id)
    return await floor.picture(db, sitting), await journal.position(db, channel)


def some_wish(chance: random.Random) -> tuple[str, wishes.AnyWish]:
    """Something that people in a sitting do, sensible or not."""
    of_delegates = (
        "request-floor", "request-floor", "withdraw-request", "end-speech",
        "send-chat", "send-chat",
    )  # fmt: skip
    of_the_chair = (
        "open-list", "open-list", "close-list", "give-floor", "give-floor", "give-floor",
        "remove-request", "start-speech", "start-speech", "pause-speech", "resume-speech",
        "end-speech", "announce", "set-time", "undo", "undo", "undo", "undo",
        "add-speaker", "add-speaker", "move-request", "move-request", "return-speaker", "set-order",
        "retract-chat", "retract-chat", "mute-chat", "unmute-chat", "close-chat", "open-chat",
    )  # fmt: skip
    delegate = chance.random() < 0.4
    kind = chance.choice(of_delegates if delegate else of_the_chair)
    more: dict[str, object] = {"kind": kind, "id": uuid4()}
    if kind == "add-speaker":
        more |= {"request": chance.choice(list(RequestKind)), "name": "Room microphone"}
    if kind == "move-request":
        more |= {"number": chance.randrange(1, 8), "before": chance.choice((None, 1, 2, 3, 5, 8))}
    if kind == "set-order":
        more |= {"request": "point_of_order", "newest_first": chance.random() < 0.5}
    if kind == "request-floor":
        more |= {"request": chance.choice(list(RequestKind)), "topic": "Access"}
    if kind == "remove-request" or (kind == "give-floor" and chance.random() < 0.3):
        more |= {"number": chance.randrange(1, 8)}
    if kind == "set-time":
        more |= {"seconds": chance.choice((60, 120, 180))}
    if kind in {"retract-chat", "mute-chat", "unmute-chat"}:
        more |= {"number": chance.randrange(1, 5)}
    if kind in {"announce", "send-chat"}:
        more |= {"text": "Attention"}
    who = chance.choice(("kenya", "brazil")) if delegate else chance.choice(("chair", "moderator"))
    return who, WISHES.validate_python(more)
