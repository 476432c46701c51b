"""How a place in a room ends: with its token, at the fence, with the sitting; how it is resumed."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlmodel import select
from websockets.exceptions import ConnectionClosed

from app.live import hall as halls
from app.live.entry import Pass
from app.live.hall import Hall
from app.models import AccessToken, FloorRequest, Registration, Sitting
from app.policy.access import Part
from app.policy.registration import RegistrationState
from app.protocol.codes import Code
from app.services import identity
from tests.live.test_fence import close_open_part, opened, sign_off
from tests.live.test_hostile import last_words, quiet
from tests.live.test_revocation import gone, here, token_revoked
from tests.world import Guest, Service, hello

DEADLINE = 20.0  # seconds: far more than anything here takes on a machine that has other work
LIFE = timedelta(seconds=3)  # of a short token or login
WITHIN = timedelta(seconds=5)  # from its end to the close
LONG = timedelta(hours=1)

Header = dict[str, str]


async def short_token(meeting: Service, life: timedelta) -> tuple[Header, datetime]:
    """What a request of Kenya's delegate carries whose token ends soon, and when it does."""
    ends_at = datetime.now(UTC) + life
    async with meeting.house.database.writing() as db:
        db.add(
            AccessToken(
                person_id=meeting.world.people["kenya"],
                digest=sha256(b"cwg_short").hexdigest(),
                label="short",
                created_at=datetime.now(UTC),
                expires_at=ends_at,
            )
        )
    return {"Authorization": "Bearer cwg_short"}, ends_at


async def short_login(meeting: Service, life: timedelta) -> tuple[Header, datetime]:
    kenya = await meeting.person("kenya")
    now = datetime.now(UTC)
    async with meeting.house.database.writing() as db:
        cookie = await identity.log_in(db, kenya, "A browser", now, lifetime=life)
    return {"Cookie": f"cwg_login={cookie}"}, now + life


Short = Callable[[Service, timedelta], Awaitable[tuple[Header, datetime]]]
SHORT: dict[str, Short] = {"token": short_token, "login": short_login}


async def ticket(meeting: Service, carried: Header) -> str:
    first = meeting.world.sittings["first"]
    async with httpx2.AsyncClient(base_url=meeting.url, headers=carried, timeout=30) as http:
        return str((await http.post(f"/api/v1/sittings/{first}/tickets")).json()["ticket"])


async def passes(meeting: Service, key: str) -> list[Pass]:
    who = meeting.world.people[key]
    return [c.entry for c in meeting.house.hall.connections if c.entry.person_id == who]


def in_rooms(meeting: Service) -> int:
    """How many lines the rooms of this process would tell something."""
    return sum(len(room.lines) for room in meeting.house.hall._rooms.values())


# A token, a login.


@pytest.mark.parametrize("short", SHORT.values(), ids=SHORT)
async def test_a_socket_ends_with_the_token_or_login_that_opened_it(
    meeting: Service, short: Short
) -> None:
    async with (
        meeting.attending("chair") as chair,
        meeting.attending("brazil") as brazil,
        meeting.line() as line,
    ):
        carried, ends_at = await short(meeting, LIFE)
        await line.send(hello(await ticket(meeting, carried)))
        kenya = Guest(line)
        assert (await kenya.next())["kind"] == "welcome"
        await chair.wish("announce", text="While it lived")
        assert (await kenya.next())["body"]["notice"]["text"] == "While it lived"

        async with asyncio.timeout(DEADLINE):
            await line.wait_closed()

        assert ends_at <= datetime.now(UTC) < ends_at + WITHIN
        await chair.wish("announce", text="After it")
        assert (await brazil.until("announced"))["body"]["notice"]["text"] == "While it lived"
        assert (await brazil.until("announced"))["body"]["notice"]["text"] == "After it"
        assert await last_words(line) == ("login-revoked", Code.REVOKED)
        await gone(meeting, "kenya")
    async with httpx2.AsyncClient(base_url=meeting.url, headers=carried, timeout=30) as http:
        assert (await http.get("/api/v1/me")).status_code == 401


async def test_a_wish_after_the_end_of_a_token_is_not_granted_before_the_close_either(
    plain: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = asyncio.Event()
    look_again = Hall._look_again

    async def late(hall: Hall, rung: Any) -> None:
        await looks.wait()
        await look_again(hall, rung)

    async with plain.attending("chair") as chair, plain.line() as line:
        await chair.wish("open-list")
        monkeypatch.setattr(Hall, "_look_again", late)
        carried, ends_at = await short_token(plain, LIFE)
        await line.send(hello(await ticket(plain, carried)))
        kenya = Guest(line)
        await kenya.until("welcome")
        assert (await kenya.wish("request-floor"))["number"] == 1
        await asyncio.sleep((ends_at - datetime.now(UTC)).total_seconds() + 0.01)
        await line.send(json.dumps({"kind": "withdraw-request", "id": str(uuid4())}))
        await line.send("?")  # is answered when the wish has been looked at
        assert [each["kind"] for each in await heard_until(kenya, "note")] == ["note"]
        assert await waiting(plain) == ["waiting"]
        looks.set()
        assert await last_words(line) == ("login-revoked", Code.REVOKED)


async def heard_until(guest: Guest, kind: str) -> list[dict[str, Any]]:
    """All that somebody hears of the answers and notes, up to the first of that kind."""
    heard = [await guest.next()]
    while heard[-1]["kind"] != kind:
        heard.append(await guest.next())
    return [each for each in heard if "on" not in each]


async def waiting(meeting: Service) -> list[str]:
    async with meeting.house.database.reading() as db:
        return [each.state.value for each in await db.exec(select(FloorRequest))]


@pytest.mark.parametrize("short", SHORT.values(), ids=SHORT)
async def test_whoever_is_handed_to_the_members_part_takes_the_end_of_the_token_along(
    meeting: Service, short: Short
) -> None:
    carried, ends_at = await short(meeting, LONG)
    said = await ticket(meeting, carried)
    async with meeting.line() as line:
        await line.send(hello(said))
        kenya = Guest(line)
        await kenya.until("welcome")
        before = [each.ends_at for each in await passes(meeting, "kenya")]
        await close_open_part(meeting)
        await sign_off(meeting, head_count=1)
        assert (await kenya.until("moved"))["epoch"] == 2
        after = [(each.epoch, each.ends_at) for each in await passes(meeting, "kenya")]
    assert (before, after) == ([ends_at], [(2, ends_at)])


# A bell that was lost.


async def withdrawn_in_silence(meeting: Service) -> None:
    async with meeting.house.database.writing() as db:
        query = select(Registration).where(Registration.person_id == meeting.world.people["kenya"])
        (await db.exec(query)).one().state = RegistrationState.WITHDRAWN


async def revoked_in_silence(meeting: Service) -> None:
    async with meeting.house.database.writing() as db:
        query = select(AccessToken).where(AccessToken.person_id == meeting.world.people["kenya"])
        (await db.exec(query)).one().revoked_at = datetime.now(UTC)


@pytest.mark.parametrize(
    ("lose", "reason"),
    [(withdrawn_in_silence, "not-registered"), (revoked_in_silence, "login-revoked")],
    ids=["registration", "token"],
)
async def test_a_bell_that_was_lost_keeps_nobody_inside(
    meeting: Service,
    monkeypatch: pytest.MonkeyPatch,
    lose: Callable[[Service], Awaitable[None]],
    reason: str,
) -> None:
    monkeypatch.setattr(halls, "LOOK_AT_ALL", 0.2)
    async with meeting.attending("kenya") as kenya, meeting.attending("brazil") as brazil:
        await lose(meeting)
        assert await last_words(kenya.socket) == (reason, Code.REVOKED)
        await gone(meeting, "kenya")
        await quiet(brazil)


async def test_everyone_is_asked_again_from_time_to_time_and_not_at_every_look(
    plain: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = plain.house.hall
    asked: list[tuple[str, ...]] = []
    looked = asyncio.Event()
    with_all = hall._with_all

    def noted(rung: Any) -> tuple[str, ...]:
        asked.append(bells := with_all(rung))
        if len(asked) == 3:
            looked.set()
        return bells

    monkeypatch.setattr(halls, "LOOK_AT_ALL", 0.0)
    with_all(())
    monkeypatch.setattr(halls, "LOOK_AT_ALL", 3600.0)
    monkeypatch.setattr(hall, "_with_all", noted)
    async with asyncio.timeout(DEADLINE):
        await looked.wait()
    assert asked[:3] == [(), (), ()]


# Handed over at the fence.


async def until_handed_on(
    meeting: Service, monkeypatch: pytest.MonkeyPatch, key: str
) -> asyncio.Event:
    """Set when a hand-over of this person's connection has come to its end."""
    hall = meeting.house.hall
    hand_on = hall._hand_on
    over = asyncio.Event()

    async def noted(going_on: Sequence[Any]) -> None:
        await hand_on(going_on)
        if meeting.world.people[key] in {c.entry.person_id for c, _ in going_on}:
            over.set()

    monkeypatch.setattr(hall, "_hand_on", noted)
    return over


async def test_a_delegate_whose_line_breaks_during_the_hand_over_sits_in_neither_part(
    meeting: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall, second = meeting.house.hall, meeting.world.sittings["second"]
    moved = hall._doorkeeper.moved
    over = await until_handed_on(meeting, monkeypatch, "kenya")
    async with meeting.attending("kenya") as kenya, meeting.attending("brazil") as brazil:

        async def breaks(db: Any, going: Sequence[Pass], process: Any) -> Any:
            seated = await moved(db, going, process)
            if meeting.world.people["kenya"] in {each.person_id for each in going}:
                kenya.socket.transport.abort()
                async with asyncio.timeout(DEADLINE):
                    while await passes(meeting, "kenya"):  # noqa: ASYNC110 - a set cannot be awaited
                        await asyncio.sleep(0.01)
            return seated

        monkeypatch.setattr(hall._doorkeeper, "moved", breaks)
        await close_open_part(meeting)
        await sign_off(meeting, head_count=1)
        assert (await brazil.until("moved"))["epoch"] == 2
        async with asyncio.timeout(DEADLINE):
            await over.wait()
        assert [c.entry.person_id for c in hall.connections] == [meeting.world.people["brazil"]]
        assert in_rooms(meeting) == 1
        assert hall.presence(second).connected == 1
        await gone(meeting, "kenya", "second")
        assert await here(meeting, "kenya", "first") == (0, 0)
        assert await here(meeting, "brazil", "second") == (1, 1)


async def test_a_line_that_broke_is_not_seated_even_before_its_end_was_noticed(
    plain: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The socket's own task may hear of the end after the hall has come to the seat."""
    hall = plain.house.hall
    see = hall._see
    over = await until_handed_on(plain, monkeypatch, "kenya")
    async with plain.attending("kenya") as kenya:
        [connection] = hall.connections

        async def breaks(meeting_id: Any, epoch: int) -> None:
            await see(meeting_id, epoch)
            if epoch == 2 and not over.is_set():
                connection.line.shut()

        monkeypatch.setattr(hall, "_see", breaks)
        await close_open_part(plain)
        await sign_off(plain, head_count=1)
        async with asyncio.timeout(DEADLINE):
            await over.wait()
        assert (in_rooms(plain), connection.entry.epoch) == (0, 1)
        kenya.socket.transport.abort()
        await gone(plain, "kenya", "second")


async def test_whoever_is_signed_out_between_verdict_and_seat_hears_nothing_of_the_members_part(
    meeting: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = meeting.house.hall
    who = meeting.world.people["kenya"]
    hand_on = hall._hand_on
    kenya_in_person = await meeting.person("kenya")
    revoked: list[int] = []

    async def late(going_on: Sequence[Any]) -> None:
        if who in {c.entry.person_id for c, _ in going_on} and not revoked:
            async with meeting.house.database.writing() as db:
                await token_revoked(db, meeting, kenya_in_person, datetime.now(UTC))
            async with asyncio.timeout(DEADLINE):
                while f"person:{who}" not in hall._reviews:  # noqa: ASYNC110 - a dictionary cannot be awaited
                    await asyncio.sleep(0.01)
            revoked.append(len(going_on))
        await hand_on(going_on)

    monkeypatch.setattr(hall, "_hand_on", late)
    async with meeting.attending("kenya") as kenya, meeting.attending("brazil") as brazil:
        await close_open_part(meeting)
        assert (await kenya.until("note"))["note"] == "hold"
        assert (await brazil.until("note"))["note"] == "hold"
        await sign_off(meeting, head_count=1)
        await opened(meeting)
        assert (await brazil.next())["kind"] == "moved"
        assert await last_words(kenya.socket) == ("login-revoked", Code.REVOKED)
        assert revoked == [2]
        await gone(meeting, "kenya", "second")
        assert await here(meeting, "brazil", "second") == (1, 1)


# A sitting that is closed.


async def farewell(guest: Guest) -> tuple[dict[str, Any], int]:
    """The last message before the close, and the code of the close."""
    message = await guest.until("farewell")
    with pytest.raises(ConnectionClosed) as closed:
        await guest.next()
    assert closed.value.rcvd is not None
    return message, closed.value.rcvd.code


async def close_sitting(meeting: Service) -> None:
    async with meeting.http("chair") as http:
        path = f"/api/v1/sittings/{meeting.world.sittings['first']}/close"
        assert (await http.post(path)).json()["state"] == "closed"


async def test_a_sitting_that_is_closed_says_that_it_is_over(meeting: Service) -> None:
    async with meeting.attending("kenya") as kenya, meeting.attending("stakeholder") as other:
        await close_sitting(meeting)
        for guest in (kenya, other):
            told, code = await farewell(guest)
            why = told["why"]
            assert (code, told["code"], why["reason"]) == (4507, 4507, "sitting-over")
            assert why["sentence"].startswith("The sitting is over.")
            assert "next_open" not in told


async def test_a_sitting_that_is_closed_says_which_one_is_open_to_all_next(
    meeting: Service,
) -> None:
    starts = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    following = Sitting(
        meeting_id=meeting.world.meeting_id,
        number=3,
        part=Part.CONSULTATION,
        title="The consultation",
        starts_at=starts,
        ends_at=starts + LONG,
        time_zone="Europe/Zurich",
    )
    async with meeting.house.database.writing() as db:
        db.add(following)
    async with meeting.attending("stakeholder") as stakeholder:
        await close_sitting(meeting)
        told, code = await farewell(stakeholder)
    assert (code, told["why"]["reason"]) == (Code.OVER, "sitting-over")
    told_start = datetime.fromisoformat(told["next_open"]["starts_at"])
    assert told["next_open"] | {"starts_at": told_start} == {
        "sitting": str(following.id),
        "title": "The consultation",
        "starts_at": starts,
        "time_zone": "Europe/Zurich",
    }


# Cursors.


async def resumed(
    meeting: Service, key: str, cursors: dict[str, dict[str, int]], until: int
) -> list[dict[str, Any]]:
    """The first messages of someone who comes back with these cursors."""
    said = (await meeting.ticket(key)).json()["ticket"]
    async with meeting.line() as line:
        await line.send(hello(said, cursors))
        guest = Guest(line)
        return [await guest.next() for _ in range(until)]


@pytest.mark.parametrize(
    "cursor",
    [{"epoch": 9, "position": 0}, {"epoch": 1, "position": 3}, {"epoch": 1, "position": 10**30}],
    ids=["another epoch", "the future", "a far future"],
)
async def test_a_cursor_of_no_use_is_said_to_be_none_before_the_welcome(
    plain: Service, cursor: dict[str, int]
) -> None:
    async with plain.attending("chair") as chair:
        await chair.wish("open-list")
        await chair.wish("announce", text="Welcome")
    first, welcome = await resumed(plain, "kenya", {"room": cursor}, 2)
    assert first == {"kind": "resync", "on": "room"}
    room = welcome["channels"]["room"]
    assert (welcome["kind"], room["position"]) == ("welcome", 2)
    assert (room["snapshot"]["list_open"], len(room["snapshot"]["notices"])) == (True, 1)


async def test_each_channel_whose_cursor_is_of_no_use_is_named(plain: Service) -> None:
    of_another_epoch = {"epoch": 9, "position": 0}
    cursors = {"room": of_another_epoch, "console": of_another_epoch}
    *before, welcome = await resumed(plain, "chair", cursors, 3)
    assert before == [{"kind": "resync", "on": "room"}, {"kind": "resync", "on": "console"}]
    assert welcome["kind"] == "welcome"


async def test_a_cursor_that_can_be_resumed_is_followed_by_what_was_missed_and_no_snapshot(
    meeting: Service,
) -> None:
    async with meeting.attending("chair") as chair:
        await chair.wish("open-list")
        await chair.wish("announce", text="Welcome")
    cursors = {"room": {"epoch": 1, "position": 1}}
    welcome, missed = await resumed(meeting, "kenya", cursors, 2)
    assert (welcome["kind"], welcome["channels"]) == ("welcome", {"room": {"position": 1}})
    assert (missed["kind"], missed["position"]) == ("announced", 2)
    [first] = await resumed(meeting, "kenya", {}, 1)
    assert (first["kind"], first["channels"]["room"]["position"]) == ("welcome", 2)
