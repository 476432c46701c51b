"""The hall screen over real sockets: it has no seat, makes no wish, and ends with its ground."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import httpx2
import pytest
from sqlmodel import col, select

from app.live import hall
from app.models import Act, Seat, WishMade
from app.policy.people import Function
from app.protocol.codes import Code
from app.services import meetings
from tests.live.test_fence import close_open_part, opened, progress, sign_off
from tests.live.test_hostile import last_words, refused
from tests.live.test_revocation import token_revoked
from tests.world import Guest, Service, hello


async def ticket(meeting: Service, key: str, sitting: str = "first") -> httpx2.Response:
    async with meeting.http(key) as http:
        return await http.post(f"/api/v1/sittings/{meeting.world.sittings[sitting]}/tickets/screen")


@asynccontextmanager
async def screen(
    meeting: Service, key: str = "moderator", sitting: str = "first"
) -> AsyncGenerator[Guest]:
    """A screen that somebody has put up, after the welcome."""
    given = (await ticket(meeting, key, sitting)).json()["ticket"]
    async with meeting.line() as socket:
        await socket.send(hello(given))
        shown = Guest(socket)
        shown.welcome = await shown.next()
        assert shown.welcome["kind"] == "welcome"
        yield shown


async def still_there(guest: Guest) -> None:
    """The line of this guest lives, and the next word on it is the answer to a wish."""
    answer = await guest.wish("end-speech")
    assert answer["kind"] == "answer"


async def taken(meeting: Service, key: str) -> list[int]:
    """The generations of somebody's seats."""
    async with meeting.house.database.reading() as db:
        query = select(Seat.generation).where(Seat.person_id == meeting.world.people[key])
        return list(await db.exec(query))


async def test_a_screen_takes_nobodys_seat_and_several_are_up_at_once(meeting: Service) -> None:
    async with (
        meeting.attending("moderator") as moderator,
        screen(meeting) as one,
        screen(meeting) as other,
    ):
        await still_there(moderator)
        assert await taken(meeting, "moderator") == [1]
        assert (await moderator.wish("open-list"))["ok"] is True
        for shown in (one, other):
            assert (await shown.until("list-opened"))["on"] == "room"
    async with meeting.attending("moderator") as again:
        assert again.welcome["channels"]["room"]["snapshot"]["list_open"] is True


async def test_a_screen_alone_seats_nobody_and_counts_as_nobody(plain: Service) -> None:
    async with screen(plain) as shown, plain.attending("kenya"):
        assert await taken(plain, "moderator") == []
        while (heard := await shown.next(presence=True))["kind"] != "presence":
            pass
        assert (heard["connected"], heard["by_category"]) == (1, {"member_state": 1})
        told = await progress(plain)
        assert [each["name"] for each in told["stay"]] == ["Delegate of Kenya"]
        async with plain.house.database.reading() as db:
            query = select(Act).where(Act.kind == "entries-decided").order_by(col(Act.number))
            kept = [act.content or {} for act in await db.exec(query)]
    assert [entry.get("for") for each in kept for entry in each["entries"]] == ["screen", None]


async def test_a_screen_hears_the_room_and_never_the_console(plain: Service) -> None:
    cursors = {"room": {"epoch": 1, "position": 0}, "console": {"epoch": 1, "position": 0}}
    given = (await ticket(plain, "chair")).json()["ticket"]
    async with plain.line() as socket:
        await socket.send(hello(given, cursors))
        welcome = await Guest(socket).next()
    assert set(welcome["channels"]) == {"room"}
    you = welcome["you"]
    assert (you["functions"], you["may_steer"], you["may_preside"]) == ([], False, False)
    assert (you["may_speak"], you["may_raise_point_of_order"]) == (False, False)


async def test_no_wish_is_granted_over_a_screen_and_many_end_it(plain: Service) -> None:
    async with plain.attending("chair") as chair, screen(plain, "chair") as shown:
        answer = await shown.wish("open-list")
        assert (answer["ok"], answer["reason"]) == (False, "screen-only-shows")
        assert answer["why"]["sentence"] != ""
        for _ in range(19):
            wish = {"kind": "announce", "id": str(UUID(int=7)), "text": "Nothing"}
            await shown.socket.send(json.dumps(wish))
        assert await shown.ended() == Code.TOO_MANY
        assert (await chair.wish("announce", wish_id=UUID(int=7), text="Welcome"))["ok"] is True
        async with plain.house.database.reading() as db:
            assert len((await db.exec(select(WishMade))).all()) == 1


@pytest.mark.parametrize("key", ["kenya", "stakeholder", "university"])
async def test_who_does_not_serve_the_sitting_gets_no_screen(plain: Service, key: str) -> None:
    answer = await ticket(plain, key)
    assert (answer.status_code, answer.json()["decision"]["reason"]) == (403, "may-not-show")


async def test_a_ticket_to_the_room_is_none_for_a_screen_and_the_other_way_round(
    plain: Service,
) -> None:
    async with screen(plain) as shown, plain.attending("moderator") as moderator:
        assert await taken(plain, "moderator") == [1]
        assert (await moderator.wish("open-list"))["ok"] is True
        assert (await shown.wish("close-list"))["ok"] is False
    said = json.loads(hello((await plain.ticket("kenya")).json()["ticket"]))
    answer = await refused(plain, json.dumps({**said, "screen": True}))
    assert answer == ("malformed", Code.MALFORMED)


async def dismiss(plain: Service, key: str, function: Function) -> None:
    secretariat, person = await plain.person("secretariat"), await plain.person(key)
    async with plain.house.database.writing() as db:
        now, where = datetime.now(UTC), plain.world.meeting_id
        await meetings.dismiss(db, where, person, function, by=secretariat, now=now)


async def appoint(plain: Service, key: str, function: Function) -> None:
    async with plain.http("secretariat") as http:
        said = {"email": f"{key}@example.org", "function": function}
        answer = await http.put("/api/v1/meetings/twenty/functions", json=said)
        assert answer.status_code < 300


async def test_a_screen_ends_with_the_function_of_whoever_put_it_up(meeting: Service) -> None:
    """Even where they may go on to attend, because they represent a member."""
    await appoint(meeting, "kenya", Function.MODERATOR)
    after = None
    async with meeting.attending("kenya") as kenya, screen(meeting, "kenya") as shown:
        after = (await ticket(meeting, "kenya")).json()["ticket"]
        await dismiss(meeting, "kenya", Function.MODERATOR)
        assert await last_words(shown.socket) == ("may-not-show", Code.REVOKED)
        assert await kenya.ended() == Code.MOVED  # what they may do has changed
    assert await refused(meeting, hello(after)) == ("may-not-show", Code.REFUSED)
    assert (await ticket(meeting, "kenya")).status_code == 403
    async with meeting.attending("kenya") as again:
        assert again.welcome["you"]["functions"] == []


async def test_a_screen_ends_with_the_login_that_put_it_up(plain: Service) -> None:
    moderator = await plain.person("moderator")
    async with screen(plain) as shown:
        async with plain.house.database.writing() as db:
            await token_revoked(db, plain, moderator, datetime.now(UTC))
        assert await last_words(shown.socket) == ("login-revoked", Code.REVOKED)


async def test_at_the_fence_a_screen_waits_until_the_hall_is_empty(meeting: Service) -> None:
    """The chair goes ahead; what the chair sees is not for a hall in which others still are."""
    async with meeting.attending("chair") as chair, screen(meeting, "chair") as shown:
        assert (await close_open_part(meeting)).status_code == 200
        assert (await chair.until("moved"))["epoch"] == 2
        assert (await shown.until("note"))["note"] == "hold"
        assert (await chair.wish("announce", text="Before the hall is empty"))["ok"] is False
        waiting = await ticket(meeting, "chair", "second")
        assert waiting.json()["decision"]["reason"] == "not-yet-open"
        assert (await sign_off(meeting, head_count=1)).status_code == 200
        moved = await shown.next()
        assert (moved["kind"], moved["sitting"]) == (
            "moved",
            str(meeting.world.sittings["second"]),
        )
        assert set(moved["channels"]) == {"room"}
        assert moved["audience"]["everyone"] is False
        told = await opened(meeting)
        assert (await chair.wish("open-list"))["ok"] is True
        assert (await shown.until("list-opened"))["on"] == "room"
    async with meeting.http() as http:
        certificate = json.loads((await http.get("/api/v1" + told["certificate"])).text)
    assert json.dumps(certificate).count('"function": "chair"') == 1


async def test_a_screen_shows_nothing_of_a_members_part_that_is_over(plain: Service) -> None:
    async with plain.attending("chair") as chair:
        await close_open_part(plain)
        await sign_off(plain, head_count=1)
        await opened(plain)
        async with screen(plain, "chair", "second") as shown:
            path = f"/api/v1/sittings/{plain.world.sittings['second']}/close"
            async with plain.http("chair") as http:
                assert (await http.post(path)).status_code == 200
            await shown.until("sitting-closed")
            assert await last_words(shown.socket) == ("sitting-over", Code.OVER)
        await chair.until("sitting-closed")
        await still_there(chair)  # the console stays; it is in nobody else's sight
    answer = await ticket(plain, "chair", "second")
    assert answer.json()["decision"]["reason"] == "not-yet-open"


async def test_a_ticket_drawn_before_a_close_shows_nothing_after_it(plain: Service) -> None:
    given = (await ticket(plain, "chair")).json()["ticket"]
    async with plain.http("chair") as http:
        path = f"/api/v1/sittings/{plain.world.sittings['first']}/close"
        assert (await http.post(path)).status_code == 200
    assert await refused(plain, hello(given)) == ("not-yet-open", Code.REFUSED)


async def test_a_screen_hears_that_its_line_lives_and_nobody_else_does(
    plain: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with plain.attending("kenya") as kenya, screen(plain) as shown:
        monkeypatch.setattr(hall, "BEAT_EVERY", 0.05)
        await plain.house.hall._beating()
        assert await shown.next() == {"kind": "beat"}
        await kenya.socket.send(json.dumps({"kind": "undo", "id": str(UUID(int=1))}))
        assert (await kenya.next())["kind"] == "answer"
