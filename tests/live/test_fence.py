"""The fence over real sockets: who is shown out, who goes on, what is proven, what fails closed."""

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlmodel import select
from websockets.exceptions import ConnectionClosed

from app.database import Reading, Writing
from app.keys import verifies
from app.live import leases
from app.live.rooms import Room
from app.live.wire import Bounds
from app.models import Fence, News
from app.policy.certificate import Flaw, check
from app.policy.fence import FenceReason
from app.protocol.codes import Code
from app.services import fence
from tests.live.conftest import Faults
from tests.world import SOON, Service, hello, service, settings


async def close_open_part(meeting: Service, by: str = "chair") -> httpx2.Response:
    async with meeting.http(by) as http:
        return await http.post(
            f"/api/v1/sittings/{meeting.world.sittings['first']}/fence", json={"confirm": "CLOSE"}
        )


async def sign_off(meeting: Service, by: str = "steward", **said: Any) -> httpx2.Response:
    async with meeting.http(by) as http:
        return await http.post(
            f"/api/v1/sittings/{meeting.world.sittings['first']}/fence/hall", json=said
        )


async def progress(meeting: Service) -> dict[str, Any]:
    async with meeting.http("chair") as http:
        path = f"/api/v1/sittings/{meeting.world.sittings['first']}/fence"
        told: dict[str, Any] = (await http.get(path)).json()
        return told


async def opened(meeting: Service) -> dict[str, Any]:
    async with asyncio.timeout(SOON):
        while (told := await progress(meeting))["state"] != "opened":
            pass
    return told


async def test_the_members_part_is_silent_to_those_who_left(meeting: Service) -> None:
    async with (
        meeting.attending("chair") as chair,
        meeting.attending("kenya") as kenya,
        meeting.attending("stakeholder") as stakeholder,
    ):
        assert (await close_open_part(meeting)).status_code == 200
        farewell = await stakeholder.until("farewell")
        assert farewell["why"]["clause"] == "resolves 6"
        assert farewell["why"]["reason"] == "not-named"
        assert await stakeholder.ended() == 4500
        assert (await kenya.until("note"))["note"] == "hold"
        assert (await sign_off(meeting, head_count=12)).status_code == 200
        moved = await kenya.until("moved")
        assert moved["sitting"] == str(meeting.world.sittings["second"])
        assert (moved["epoch"], moved["audience"]["everyone"]) == (2, False)
        await opened(meeting)
        assert (await chair.wish("open-list"))["ok"] is True
        assert (await kenya.wish("request-floor"))["ok"] is True
        assert (await chair.until("floor-requested"))["body"]["number"] == 1


async def test_who_stays_and_who_leaves_is_told_before_by_clause(meeting: Service) -> None:
    names = ("chair", "kenya", "operator", "startup", "university", "stakeholder")
    async with AsyncExitStack() as rooms:
        for name in names:
            await rooms.enter_async_context(meeting.attending(name))
        told = await progress(meeting)
    assert sorted((each["category"], each["why"]["reason"]) for each in told["leave"]) == [
        ("academia", "not-named"),
        ("stakeholder", "not-named"),
    ]
    assert sorted((each["category"], each["ground"]) for each in told["stay"]) == [
        ("associate", "category"),
        ("member_state", "category"),
        ("sector_member", "category"),
        ("stakeholder", "function"),
    ]


async def test_the_certificate_verifies_and_an_altered_one_does_not(meeting: Service) -> None:
    async with meeting.attending("chair"), meeting.attending("stakeholder") as stakeholder:
        await close_open_part(meeting)
        await stakeholder.ended()
        await sign_off(meeting, by="chair", reason="No steward is in the building.")
        told = await opened(meeting)
        async with meeting.http() as http:
            text = (await http.get("/api/v1" + told["certificate"])).text
            key = (await http.get("/api/v1/keys")).json()["fingerprint"]
    statement = check(text, key, verifies)
    assert not isinstance(statement, Flaw)
    assert [each["reason"] for each in statement["moved"]] == ["not-named"]
    assert [each["function"] for each in statement["in_service"]] == ["chair"]
    assert (statement["stayed"], statement["frozen_at"] < statement["raised_at"]) == ([], True)
    assert statement["sockets_closed"] == 1
    assert statement["hall"]["reason"] == "No steward is in the building."
    assert check(text.replace('"epoch": 2', '"epoch": 3'), key, verifies) is Flaw.BAD_SIGNATURE
    assert (
        check(text, key.replace(key[0], "0" if key[0] != "0" else "1"), verifies) is Flaw.OTHER_KEY
    )
    assert check("{}", key, verifies) is Flaw.NOT_A_CERTIFICATE


async def test_the_members_part_waits_for_the_hall(meeting: Service) -> None:
    async with meeting.attending("chair") as chair, meeting.attending("kenya") as kenya:
        await close_open_part(meeting)
        await chair.until("moved")
        await kenya.until("note")
        told = await progress(meeting)
        while told["waits_for"] != "hall-not-signed":
            told = await progress(meeting)
        assert told["state"] in {"raised", "verified"}
        refused = await kenya.wish("request-floor")
        assert refused["ok"] is False
        assert (await sign_off(meeting, by="kenya", head_count=3)).status_code == 403
        assert (await sign_off(meeting, by="chair", reason=" ")).status_code == 403


async def test_only_those_who_preside_close_the_open_part(meeting: Service) -> None:
    for name in ("kenya", "moderator", "stakeholder"):
        answer = await close_open_part(meeting, by=name)
        assert (answer.status_code, answer.json()["decision"]["reason"]) == (403, "not-the-chair")
    async with meeting.http("stakeholder") as http:
        path = f"/api/v1/sittings/{meeting.world.sittings['first']}/fence"
        assert (await http.get(path)).status_code == 404


async def test_a_ticket_of_before_the_fence_opens_nothing_after_it(meeting: Service) -> None:
    ticket = (await meeting.ticket("kenya")).json()["ticket"]
    await close_open_part(meeting)
    async with meeting.line() as socket:
        await socket.send(hello(ticket))
        farewell = json.loads(await socket.recv())
        assert farewell["why"]["reason"] == "ticket-of-another-epoch"


async def test_an_outsider_gets_no_ticket_to_the_members_part(meeting: Service) -> None:
    for name in ("stakeholder", "university"):
        answer = await meeting.ticket(name, "second")
        assert (answer.status_code, answer.json()["decision"]["reason"]) == (403, "not-named")
    waiting = await meeting.ticket("kenya", "second")
    assert waiting.json()["decision"]["reason"] == "not-yet-open"


async def test_a_wish_after_the_freeze_is_refused_and_the_list_is_kept(meeting: Service) -> None:
    async with meeting.attending("chair") as chair, meeting.attending("kenya") as kenya:
        await chair.wish("open-list")
        await kenya.wish("request-floor")
        chair_person = await meeting.person("chair")
        async with meeting.house.database.writing() as db:
            await fence.freeze(db, meeting.world.meeting_id, by=chair_person, now=datetime.now(UTC))
        assert (await kenya.until("sitting-closing"))["on"] == "room"
        refused = await kenya.wish("withdraw-request")
        assert (refused["ok"], refused["reason"]) == (False, "closing")
        refused = await kenya.wish("request-floor")
        assert (refused["ok"], refused["reason"]) == (False, "closing")


# Nothing late.


async def raised(meeting: Service, epoch: int = 2) -> None:
    """Until this process has heard that the epoch was raised."""
    async with asyncio.timeout(SOON):
        while meeting.house.hall.epochs.get(meeting.world.meeting_id) != epoch:  # noqa: ASYNC110 - a dictionary cannot be awaited
            await asyncio.sleep(0.01)


async def test_what_was_read_before_the_epoch_rose_is_told_to_nobody_after(
    meeting: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = Room._since
    held: list[str] = []

    async def seam(room: Room, cursor: int) -> list[News]:
        found = await since(room, cursor)
        if found and room.channel.epoch == 1:
            held.extend(item.kind for item in found)
            await raised(meeting)
        return found

    async with (
        meeting.attending("kenya") as kenya,
        meeting.attending("stakeholder") as stakeholder,
    ):
        monkeypatch.setattr(Room, "_since", seam)
        assert (await close_open_part(meeting)).status_code == 200
        assert (await stakeholder.next())["kind"] == "farewell"
        assert (await kenya.next())["note"] == "hold"
        assert held == ["sitting-closing"]


async def test_whoever_was_let_in_before_the_epoch_rose_is_not_welcomed_after(
    meeting: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    see = meeting.house.hall._see

    async def seam(meeting_id: UUID, epoch: int) -> None:
        await see(meeting_id, epoch)
        if epoch == 1:
            assert (await close_open_part(meeting)).status_code == 200
            await raised(meeting)

    ticket = (await meeting.ticket("stakeholder")).json()["ticket"]
    monkeypatch.setattr(meeting.house.hall, "_see", seam)
    async with meeting.line() as line:
        await line.send(hello(ticket))
        with pytest.raises(ConnectionClosed) as closed:
            await line.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == Code.MOVED


async def test_an_epoch_that_was_not_committed_leaves_everyone_able_to_come_back(
    meeting: Service, unharmed: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = meeting.house.database.announce

    def fails(bell: str) -> None:
        assert ring is not None
        ring(bell)
        if bell.startswith("epoch:"):
            raise OSError("the disk is full")

    async with meeting.attending("kenya") as kenya:
        monkeypatch.setattr(meeting.house.database, "announce", fails)
        assert (await close_open_part(meeting)).status_code == 500
        monkeypatch.setattr(meeting.house.database, "announce", ring)
        assert await kenya.ended() == Code.MOVED
    async with meeting.attending("kenya") as kenya, meeting.http("chair") as http:
        assert kenya.welcome["epoch"] == 1
        path = f"/api/v1/sittings/{meeting.world.sittings['first']}/open"
        assert (await http.post(path)).status_code == 200
        assert (await kenya.until("sitting-opened"))["on"] == "room"
        assert (await close_open_part(meeting)).status_code == 200
        assert (await kenya.until("note"))["note"] == "hold"
    unharmed.forgive("bug")


# There and back.


async def change(meeting: Service, sitting: str, what: str) -> httpx2.Response:
    async with meeting.http("chair") as http:
        return await http.post(f"/api/v1/sittings/{meeting.world.sittings[sitting]}/{what}")


async def test_after_a_break_in_the_open_the_members_part_is_proven_again(
    meeting: Service,
) -> None:
    async with meeting.attending("kenya") as kenya, meeting.attending("stakeholder"):
        await close_open_part(meeting)
        await sign_off(meeting, head_count=3)
        before = await opened(meeting)
        await kenya.until("moved")
        assert (await change(meeting, "second", "close")).status_code == 200
        assert await kenya.ended() == Code.OVER
    assert (await change(meeting, "first", "open")).status_code == 200
    async with (
        meeting.attending("kenya") as kenya,
        meeting.attending("stakeholder") as stakeholder,
    ):
        assert stakeholder.welcome["epoch"] == 2
        rehearsal = await progress(meeting)
        assert (rehearsal["state"], len(rehearsal["leave"])) == ("ready", 1)
        assert (await close_open_part(meeting)).status_code == 200
        assert await stakeholder.ended() == Code.SHOWN_OUT
        await sign_off(meeting, head_count=3)
        after = await opened(meeting)
        moved = await kenya.until("moved")
    assert (moved["sitting"], moved["epoch"]) == (str(meeting.world.sittings["second"]), 3)
    assert after["certificate"] != before["certificate"]


async def test_nothing_else_is_opened_while_members_are_among_themselves(meeting: Service) -> None:
    async with meeting.attending("chair"):
        await close_open_part(meeting)
        raised = await change(meeting, "first", "open")
        await sign_off(meeting, head_count=3)
        await opened(meeting)
        inside = await change(meeting, "first", "open")
    assert (raised.status_code, raised.json()["type"]) == (403, "urn:cwg:already-closing")
    assert (inside.status_code, inside.json()["type"]) == (403, "urn:cwg:members-part-open")


# What belongs to a part stops with it.


async def test_no_clock_runs_on_when_the_list_is_frozen(meeting: Service) -> None:
    async with meeting.attending("chair") as chair, meeting.attending("kenya") as kenya:
        await chair.wish("open-list")
        await kenya.wish("request-floor")
        for kind in ("give-floor", "start-speech"):
            assert (await chair.wish(kind))["ok"] is True
        assert (await close_open_part(meeting)).status_code == 200
        paused = await kenya.until("speech-paused")
        closing = await kenya.until("sitting-closing")
    assert closing["position"] == paused["position"] + 1
    assert 0 < paused["body"]["spoken"] < SOON


async def test_a_subject_that_has_not_stopped_keeps_the_members_part_shut(
    meeting: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[int] = []
    stopped = asyncio.Event()

    async def at_raise(_db: Writing, fence_: Fence) -> None:
        raised.append(fence_.epoch)

    async def waits_for(_db: Reading | Writing, _fence: Fence) -> FenceReason | None:
        return None if stopped.is_set() else FenceReason.NOT_STOPPED

    scribe = fence.Subject("recording", at_raise, waits_for)
    monkeypatch.setattr(fence, "SUBJECTS", [*fence.SUBJECTS, scribe])
    async with meeting.attending("kenya") as kenya:
        await close_open_part(meeting)
        await sign_off(meeting, head_count=1)
        await until_it_waits_for(meeting, "not-stopped")
        assert (raised, await meeting_state(meeting, "second")) == ([2], "scheduled")
        stopped.set()
        await opened(meeting)
        assert (await kenya.until("moved"))["epoch"] == 2


async def meeting_state(meeting: Service, sitting: str) -> str:
    async with meeting.http("chair") as http:
        path = f"/api/v1/sittings/{meeting.world.sittings[sitting]}"
        return str((await http.get(path)).json()["state"])


async def test_the_members_part_opens_with_nothing_but_its_room_and_its_console(
    meeting: Service,
) -> None:
    async with meeting.attending("kenya") as kenya:
        await close_open_part(meeting)
        await sign_off(meeting, head_count=1)
        await opened(meeting)
        moved = await kenya.until("moved")
        async with meeting.house.database.reading() as db:
            channels = (await db.exec(select(News.channel).distinct())).all()
    second = meeting.world.sittings["second"]
    assert sorted(each for each in channels if each.startswith(str(second))) == [
        f"{second}/console/2",
        f"{second}/room/2",
    ]
    assert set(moved["channels"]) == {"room"}


# It fails closed.


async def test_a_process_that_says_nothing_keeps_the_members_part_shut(meeting: Service) -> None:
    async with meeting.house.database.writing() as db:
        silent = (await leases.take(db, 3600.0)).id
    async with meeting.attending("kenya") as kenya:
        await close_open_part(meeting)
        await sign_off(meeting, head_count=1)
        await until_it_waits_for(meeting, "process-silent")
        assert (await meeting.ticket("kenya", "second")).status_code == 403
        async with meeting.house.database.writing() as db:
            await leases.report(db, silent, meeting.world.meeting_id, 2, remaining=3)
        await until_it_waits_for(meeting, "people-remain")
        async with meeting.house.database.writing() as db:
            await leases.give_back(db, silent)
        await opened(meeting)
        assert (await kenya.until("moved"))["epoch"] == 2


async def until_it_waits_for(meeting: Service, reason: str) -> None:
    """Until the fence says so, and then twice more: it does not go on by itself."""
    async with asyncio.timeout(SOON):
        while (told := await progress(meeting))["waits_for"] != reason:
            assert told["state"] == "raised"
    await meeting.house.hall._at_fence(meeting.world.meeting_id, 2)
    told = await progress(meeting)
    assert (told["state"], told["waits_for"]) == ("raised", reason)


async def test_one_who_ignores_the_close_is_cut_off_and_the_fence_waits_for_it(
    tables_url: str, tmp_path: Path
) -> None:
    bounds = Bounds(patience=1.5)
    given = settings(tmp_path, database_url=tables_url)
    async with service(given, bounds=bounds) as meeting:
        async with meeting.attending("stakeholder") as deaf, meeting.attending("university"):
            deaf.socket.transport.pause_reading()
            await close_open_part(meeting)
            await sign_off(meeting, head_count=1)
            await until_it_waits_for(meeting, "people-remain")
            told = await opened(meeting)
            assert told["closed"] == 2
        async with meeting.http() as http:
            text = (await http.get("/api/v1" + told["certificate"])).text
        statement = json.loads(text)["statement"]
        assert statement["sockets_closed"] == 2
        assert statement["last_close_ms"] >= 1400


async def test_without_the_database_the_members_part_stays_shut_and_opens_after(
    meeting: Service, unharmed: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = leases.report
    tried = 0

    async def gone(*_given: Any, **_more: Any) -> None:
        nonlocal tried
        tried += 1
        raise OSError("the database is gone")

    async with meeting.attending("kenya") as kenya, meeting.attending("stakeholder") as other:
        monkeypatch.setattr(leases, "report", gone)
        await close_open_part(meeting)
        await sign_off(meeting, head_count=1)
        assert await other.ended() == Code.SHOWN_OUT
        await until_it_waits_for(meeting, "process-silent")
        assert tried > 0
        monkeypatch.setattr(leases, "report", report)
        told = await opened(meeting)
        assert told["closed"] == 1
        assert (await kenya.until("moved"))["epoch"] == 2
    unharmed.forgive()


async def test_a_review_that_breaks_at_the_fence_is_done_again_and_everyone_is_counted(
    meeting: Service, unharmed: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = meeting.house.hall._doorkeeper
    moved = keeper.moved

    async def breaks_once(*_given: Any) -> Any:
        monkeypatch.setattr(keeper, "moved", moved)
        raise OSError("the database is gone")

    async with (
        meeting.attending("chair") as chair,
        meeting.attending("kenya") as kenya,
        meeting.attending("stakeholder") as stakeholder,
    ):
        monkeypatch.setattr(keeper, "moved", breaks_once)
        await close_open_part(meeting)
        assert await stakeholder.ended() == Code.SHOWN_OUT
        assert (await chair.until("moved"))["epoch"] == 2
        await sign_off(meeting, head_count=1)
        assert (await opened(meeting))["closed"] == 1
        assert (await kenya.until("moved"))["epoch"] == 2
    unharmed.forgive("hall.fault")
