"""A guest over a real service: in, told, answered, refused, shown out, and back again."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from websockets.frames import CloseCode

from app.client import Address, End, Ended, Guest, LineChanged, State, Told
from app.live.wire import Line, encode, frame
from app.policy.floor import FloorRequested, RequestKind
from app.protocol.codes import Code
from app.protocol.messages import Note, Welcome
from tests.client.company import QUICK, attending, comes_true, ending, guest, told, until
from tests.world import SOON, Service, free_port, service, settings

PROJECT = Path(__file__).parents[2]


@pytest.fixture
async def meeting(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        yield running


async def line_of(meeting: Service, key: str) -> Line:
    """The service's end of someone's line, once it is there."""
    person = meeting.world.people[key]

    def theirs() -> list[Line]:
        return [c.line for c in meeting.house.hall.connections if c.entry.person_id == person]

    await comes_true(theirs)
    return theirs()[0]


async def close_open_part(meeting: Service) -> None:
    first = f"/api/v1/sittings/{meeting.world.sittings['first']}"
    async with meeting.http("chair") as http:
        await http.post(f"{first}/fence", json={"confirm": "CLOSE"})


async def sign_off(meeting: Service) -> None:
    first = f"/api/v1/sittings/{meeting.world.sittings['first']}"
    async with meeting.http("steward") as http:
        await http.post(f"{first}/fence/hall", json={"head_count": 12})


async def test_a_guest_sees_the_same_floor_as_the_service(meeting: Service) -> None:
    async with attending(meeting, "chair") as chair, attending(meeting, "kenya") as kenya:
        assert kenya.state is State.CONNECTED
        assert kenya.audience is not None
        assert kenya.you is not None
        assert (kenya.audience.everyone, kenya.you.entity) == (True, "Kenya")
        assert (await chair.open_list()).ok is True
        answer = await kenya.request_floor("Access")
        assert (answer.ok, answer.number) == (True, 1)
        asked = await told(chair, "floor-requested")
        assert isinstance(asked.event, FloorRequested)
        assert asked.event.asked.speaker.entity == "Kenya"
        await comes_true(lambda: kenya.place == 1)
        await chair.give()
        await chair.start()
        await comes_true(lambda: kenya.turn.state == "speaking" and kenya.floor == chair.floor)
        assert kenya.spoken is not None
        assert 0 <= kenya.spoken < SOON
        assert (await kenya.finish()).ok is True
        await comes_true(lambda: kenya.turn.state == "none")


async def test_a_place_in_the_list_is_counted_behind_points_of_order(meeting: Service) -> None:
    async with (
        attending(meeting, "chair") as chair,
        attending(meeting, "brazil") as brazil,
        attending(meeting, "kenya") as kenya,
    ):
        await chair.open_list()
        await kenya.request_floor()
        await comes_true(lambda: kenya.place == 1)
        assert (await brazil.raise_point_of_order()).ok is True
        await comes_true(lambda: (brazil.place, kenya.place) == (1, 2))
        assert kenya.floor.waiting[0].request is RequestKind.POINT_OF_ORDER
        assert kenya.wait == kenya.floor.seconds_each
        assert (await brazil.withdraw()).ok is True
        await comes_true(lambda: (brazil.place, kenya.place) == (None, 1))


async def test_a_number_that_is_not_ones_own_gives_no_place(meeting: Service) -> None:
    async with attending(meeting, "chair") as chair, attending(meeting, "kenya") as kenya:
        await chair.open_list()
        await kenya.request_floor()
        given = await chair.give()
        assert given.number == 1
        await comes_true(lambda: chair.floor.speaking is not None)
        assert chair.turn.state == "none"


async def test_a_refused_wish_is_an_answer_in_words_with_its_clause(meeting: Service) -> None:
    async with attending(meeting, "kenya") as kenya, attending(meeting, "stakeholder") as other:
        closed = await kenya.request_floor()
        assert (closed.ok, closed.reason) == (False, "list-closed")
        assert closed.why is not None
        assert closed.why.sentence == "The list of speakers is closed."
        ruled = await other.raise_point_of_order()
        assert (ruled.ok, ruled.reason) == (False, "not-named")
        assert ruled.why is not None
        assert ruled.why.clause != ""


async def test_what_is_no_wish_is_not_sent(meeting: Service) -> None:
    async with attending(meeting, "kenya") as kenya:
        for kind, fields in (
            ("dance", {}),
            ("request-floor", {"topic": "x" * 201}),
            ("remove-request", {"number": 0}),
        ):
            with pytest.raises(ValueError, match="validation error"):
                await kenya.wish(kind, **fields)


async def test_no_ticket_without_a_right_and_the_refusal_says_why(meeting: Service) -> None:
    async with guest(meeting, "stakeholder", "second") as outsider:
        end = await ending(outsider)
    assert (end.end, end.code) == (End.REFUSED, 403)
    assert end.why is not None
    assert (end.why.reason, end.why.clause) == ("not-named", "resolves 6")
    assert end.why.sentence.startswith("resolves 6 does not name this category")


async def test_a_token_that_is_not_known_is_told_apart_from_a_refusal(meeting: Service) -> None:
    async with guest(meeting, "nobody") as nobody:
        assert (await ending(nobody)).end is End.NOT_SIGNED_IN


async def test_no_such_sitting_and_no_such_service(meeting: Service) -> None:
    async with Guest(Address(meeting.url, uuid4()), "cwg_kenya", patience=QUICK) as lost:
        assert (await ending(lost)).end is End.NOT_FOUND
    nowhere = Address(f"http://127.0.0.1:{free_port()}", uuid4())
    async with Guest(nowhere, "cwg_kenya", patience=QUICK) as lost:
        end = await ending(lost)
    assert end.end is End.UNREACHABLE
    assert "refused" in end.detail.lower()


async def test_a_guest_waits_outside_until_the_part_opens(meeting: Service) -> None:
    async with guest(meeting, "kenya", "second") as early:
        assert await until(early, LineChanged) == LineChanged(State.OUTSIDE)
        assert early.waits_for is not None
        assert early.waits_for.reason == "not-yet-open"
        await close_open_part(meeting)
        await sign_off(meeting)
        welcome = await until(early, Welcome)
        assert (welcome.epoch, welcome.audience.everyone) == (2, False)


async def test_the_members_part_follows_on_the_same_line(meeting: Service) -> None:
    async with attending(meeting, "chair") as chair, attending(meeting, "kenya") as kenya:
        await chair.open_list()
        await kenya.request_floor()
        await comes_true(lambda: kenya.place == 1)
        await close_open_part(meeting)
        assert (await until(kenya, Note)).note == "hold"
        assert kenya.held is True
        await sign_off(meeting)
        moved = await until(kenya, Welcome)
        assert (moved.kind, moved.epoch) == ("moved", 2)
        assert kenya.address.sitting == meeting.world.sittings["second"]
        assert (kenya.place, kenya.held) == (None, False)
        assert kenya.audience is not None
        assert kenya.audience.everyone is False
        await comes_true(lambda: chair.epoch == 2)
        assert (await chair.open_list()).ok is True
        assert (await kenya.request_floor()).ok is True
        assert (await told(chair, "floor-requested")).position == 2
        (await line_of(meeting, "kenya")).abort()
        assert (await until(kenya, Welcome)).sitting == meeting.world.sittings["second"]
        assert kenya.place == 1


async def test_whoever_may_not_stay_is_shown_out_with_the_clause(meeting: Service) -> None:
    async with attending(meeting, "stakeholder") as stakeholder:
        await close_open_part(meeting)
        end = await ending(stakeholder)
        assert (end.end, end.code) == (End.SHOWN_OUT, Code.SHOWN_OUT)
        assert end.why is not None
        assert (end.why.reason, end.why.clause) == ("not-named", "resolves 6")
        assert end.written_input.endswith("/meetings/twenty#inputs")
        assert [news async for news in stakeholder] == []
        with pytest.raises(Ended):
            await stakeholder.request_floor()


async def test_a_second_connection_of_the_same_person_ends_the_first(meeting: Service) -> None:
    async with attending(meeting, "kenya") as older, attending(meeting, "kenya"):
        assert (await ending(older)).end is End.TAKEN_OVER


async def test_a_gap_is_filled_exactly(meeting: Service) -> None:
    names = ["brazil", "operator", "startup", "university", "stakeholder"]
    heard: list[Told] = []
    async with attending(meeting, "chair") as chair, attending(meeting, "kenya") as kenya:
        await chair.open_list()
        for name in names:
            async with attending(meeting, name) as asking:
                (await line_of(meeting, "kenya")).abort()
                assert (await asking.request_floor()).ok is True
        await comes_true(lambda: kenya.positions.get("room") == 6)
        await comes_true(lambda: kenya.floor == chair.floor)
        heard = [news for news in drained(kenya) if isinstance(news, Told)]
    assert [each.position for each in heard] == [1, 2, 3, 4, 5, 6]
    assert [each.event.kind for each in heard] == ["list-opened", *["floor-requested"] * 5]
    assert any(each.late for each in heard)


def drained(someone: Guest) -> list[object]:
    return [someone._news.get_nowait() for _ in range(someone._news.qsize())]


def said(position: int, kind: str = "list-opened", **body: object) -> bytes:
    message = {
        "kind": kind,
        "on": "room",
        "position": position,
        "at": "2026-02-11T09:00:00Z",
        "body": body,
    }
    return frame(encode(message))


@pytest.mark.parametrize(
    "wrong",
    [
        said(7),
        said(1, "floor-danced"),
        said(1, "floor-given", number=9, at="2026-02-11T09:00:00Z"),
    ],
    ids=["an event is missing", "a kind is not known", "an event does not fit"],
)
async def test_a_guest_out_of_step_begins_the_line_again(meeting: Service, wrong: bytes) -> None:
    async with attending(meeting, "chair") as chair, attending(meeting, "kenya") as kenya:
        (await line_of(meeting, "kenya")).write_frame(wrong)
        await until(kenya, Welcome)
        assert (kenya.floor.list_open, kenya.floor == chair.floor) == (False, True)
        await chair.open_list()
        assert (await told(kenya, "list-opened")).position == 1


async def test_an_event_that_was_told_before_is_not_told_again(meeting: Service) -> None:
    async with attending(meeting, "chair") as chair, attending(meeting, "kenya") as kenya:
        await chair.open_list()
        await told(kenya, "list-opened")
        (await line_of(meeting, "kenya")).write_frame(said(1, "list-closed"))
        await chair.close_list()
        assert (await told(kenya, "list-closed")).position == 2


async def test_a_resync_asks_for_a_snapshot(meeting: Service) -> None:
    async with attending(meeting, "chair") as chair, attending(meeting, "kenya") as kenya:
        await chair.open_list()
        await told(kenya, "list-opened")
        line = await line_of(meeting, "kenya")
        line.write_frame(frame(encode({"kind": "resync", "on": "room"})))
        line.close(Code.TOO_SLOW)
        welcome = await until(kenya, Welcome)
        assert welcome.channels["room"].snapshot is not None
        assert kenya.floor == chair.floor


async def test_codes_say_who_comes_back(meeting: Service) -> None:
    for code in (Code.TOO_SLOW, Code.LEASE_LOST, Code.MOVED, Code.RESTARTING, CloseCode.GOING_AWAY):
        async with attending(meeting, "kenya") as kenya:
            (await line_of(meeting, "kenya")).close(code)
            await until(kenya, Welcome)
    for code, end in ((Code.TOO_MANY, End.TOO_MANY), (Code.REVOKED, End.REVOKED)):
        async with attending(meeting, "kenya") as kenya:
            (await line_of(meeting, "kenya")).close(code)
            assert (await ending(kenya)).end is end


async def test_what_is_wished_while_the_line_is_down_is_said_afterwards(meeting: Service) -> None:
    async with attending(meeting, "chair") as chair, attending(meeting, "kenya") as kenya:
        await chair.open_list()
        (await line_of(meeting, "kenya")).abort()
        await comes_true(lambda: kenya.state is State.RECONNECTING)
        async with asyncio.timeout(SOON):
            assert (await kenya.request_floor()).number == 1


async def test_a_wish_whose_answer_was_lost_is_decided_once(meeting: Service) -> None:
    async with attending(meeting, "chair") as chair, attending(meeting, "kenya") as kenya:
        await chair.open_list()
        line = await line_of(meeting, "kenya")
        line.write = lambda _data: line.abort()  # the answer dies with the line
        async with asyncio.timeout(SOON):
            answer = await kenya.request_floor()
        assert (answer.ok, answer.number) == (True, 1)
        await comes_true(lambda: [each.number for each in kenya.floor.waiting] == [1])
        assert kenya.place == 1


async def test_more_wishes_than_may_be_made_are_made_later(tmp_path: Path) -> None:
    given = settings(tmp_path, wishes_per_person="2/second")
    async with (
        service(given) as meeting,
        attending(meeting, "kenya") as kenya,
        asyncio.timeout(3 * SOON),
    ):
        answers = await asyncio.gather(*(kenya.request_floor() for _ in range(5)))
    assert [answer.reason for answer in answers] == ["list-closed"] * 5


async def test_an_ending_answers_every_wish_that_waits(meeting: Service) -> None:
    async with attending(meeting, "kenya") as kenya:
        line = await line_of(meeting, "kenya")
        line.write = lambda _data: line.close(Code.REVOKED)
        with pytest.raises(Ended) as ended:
            await kenya.request_floor()
        assert ended.value.ending.end is End.REVOKED


async def test_leaving_ends_the_news(meeting: Service) -> None:
    async with attending(meeting, "kenya") as kenya:
        reading = asyncio.create_task(ending(kenya))
    assert (await reading).end is End.LEFT
    await comes_true(lambda: not meeting.house.hall.connections)


# The process of the service is killed, and started again.


@asynccontextmanager
async def started(data: Path, port: int) -> AsyncGenerator[asyncio.subprocess.Process]:
    (data / "serving").unlink(missing_ok=True)
    with (data / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.client.serve", str(data), str(port),
            cwd=PROJECT, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        async with asyncio.timeout(12 * SOON):
            while not (data / "serving").exists():
                assert process.returncode is None, (data / "log").read_text()
                await asyncio.sleep(0.05)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_nothing_acknowledged_is_lost_when_the_service_is_killed(tmp_path: Path) -> None:
    port = free_port()
    async with started(tmp_path, port) as process:
        address = Address(f"http://127.0.0.1:{port}", UUID((tmp_path / "sitting").read_text()))
        async with (
            Guest(address, "cwg_chair", patience=QUICK) as chair,
            Guest(address, "cwg_kenya", patience=QUICK) as kenya,
            Guest(address, "cwg_brazil", patience=QUICK) as brazil,
        ):
            await chair.open_list()
            assert (await kenya.request_floor("Access")).number == 1
            await comes_true(lambda: kenya.place == 1)
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
            await comes_true(lambda: brazil.state is State.RECONNECTING)
            asked = asyncio.create_task(brazil.request_floor())
            async with started(tmp_path, port), asyncio.timeout(4 * SOON):
                assert (await asked).number == 2
                await comes_true(lambda: kenya.state is State.CONNECTED)
                await comes_true(lambda: (kenya.place, brazil.place) == (1, 2))
                await comes_true(lambda: chair.floor == kenya.floor)
                assert [each.topic for each in chair.floor.waiting] == ["Access", ""]
                news = [each.position for each in drained(kenya) if isinstance(each, Told)]
                assert news == [1, 2, 3]


async def test_a_wish_in_flight_at_the_kill_is_decided_exactly_once(tmp_path: Path) -> None:
    port = free_port()
    async with started(tmp_path, port) as process:
        address = Address(f"http://127.0.0.1:{port}", UUID((tmp_path / "sitting").read_text()))
        async with (
            Guest(address, "cwg_chair", patience=QUICK) as chair,
            Guest(address, "cwg_kenya", patience=QUICK) as kenya,
        ):
            await chair.open_list()
            await comes_true(lambda: kenya.floor.list_open)
            asked = asyncio.create_task(kenya.request_floor())
            said_so = [asyncio.create_task(chair.announce(f"No. {each}")) for each in range(20)]
            await said_so[0]
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
            async with started(tmp_path, port), asyncio.timeout(4 * SOON):
                assert (await asked).number == 1
                numbers = {(await each).number for each in said_so}
                assert numbers == set(range(1, 21))
                await comes_true(lambda: len(kenya.floor.notices) == 20)
                assert sorted(each.text for each in kenya.floor.notices) == sorted(
                    f"No. {each}" for each in range(20)
                )
                assert [each.number for each in kenya.floor.waiting] == [1]


def test_the_address_of_the_small_meeting_is_unencrypted_on_loopback_only(tmp_path: Path) -> None:
    given = settings(tmp_path)
    sitting = uuid4()
    assert Address.read(f"{given.address}/room/{sitting}") == Address(given.address, sitting)


async def test_the_picture_does_not_need_to_be_read(meeting: Service) -> None:
    async with guest(meeting, "kenya") as kenya, attending(meeting, "chair") as chair:
        await comes_true(lambda: kenya.state is State.CONNECTED)
        await chair.open_list()
        await comes_true(lambda: kenya.floor.list_open)
