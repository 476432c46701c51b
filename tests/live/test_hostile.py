"""Hostile hands at the socket: each gets a clear refusal with its reason, and harms nothing."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app import journal
from app.journal import Channel
from app.live.wire import Bounds, broadcast, frame
from app.protocol.codes import Code
from app.services.seats import TicketOffice, Wanted
from tests.live.conftest import Faults
from tests.world import SOON, Guest, Service, hello, service, settings

Loss: TypeAlias = Callable[[Service], Awaitable[None]]
DEEP = "[" * 2000 + "]" * 2000


def wish(kind: str = "request-floor", **more: object) -> str:
    return json.dumps({"kind": kind, "id": str(uuid4()), **more})


NOT_OF_THE_PROTOCOL: dict[str, str | bytes] = {
    "nothing": "",
    "not JSON": "hello",
    "a list": "[]",
    "a number": "1e999",
    "deeply nested": DEEP,
    "unknown kind": wish("become-chair"),
    "no kind": json.dumps({"id": str(uuid4())}),
    "no id": json.dumps({"kind": "open-list"}),
    "extra field": wish("open-list", by="chair"),
    "too long": wish(topic="x" * 5000),
    "overlong topic": wish(topic="x" * 201),
    "lone surrogate": wish(topic="\ud800"),
    "a zero byte": wish(topic="\0"),
    "an override": wish(topic="\u202e"),
    "a huge number": wish("give-floor", number=7).replace("7}", "1e400}"),
    "binary": b'{"kind": "open-list"}',
}


async def last_words(line: ClientConnection) -> tuple[str, int]:
    """The reason in the farewell, and the code of the close."""
    reason = ""
    try:
        async with asyncio.timeout(SOON):
            while True:
                message = json.loads(await line.recv())
                if message["kind"] in {"presence", "lines"}:
                    continue
                assert message["kind"] == "farewell"
                assert message["why"]["sentence"] != ""
                reason = message["why"]["reason"]
    except ConnectionClosed as closed:
        return reason, closed.rcvd.code if closed.rcvd else 1006


async def refused(meeting: Service, said: str | bytes) -> tuple[str, int]:
    """What a socket hears whose first message this is."""
    async with meeting.line() as line:
        await line.send(said)
        return await last_words(line)


async def ticket_of(meeting: Service, key: str, sitting: str = "first") -> str:
    return str((await meeting.ticket(key, sitting)).json()["ticket"])


async def everyone_else_is_served(meeting: Service) -> None:
    async with meeting.attending("moderator") as moderator:
        assert (await moderator.wish("open-list"))["ok"] is True


async def newest(meeting: Service, sitting: str = "first", epoch: int = 1) -> int:
    async with meeting.house.database.reading() as db:
        return await journal.position(db, Channel(meeting.world.sittings[sitting], "room", epoch))


# Tickets.


async def test_a_forged_ticket_opens_nothing(plain: Service) -> None:
    good = await ticket_of(plain, "kenya")
    person = await plain.person("kenya")
    stranger = TicketOffice(b"the secret of another service", 60)
    async with plain.house.database.reading() as db:
        wanted = Wanted(person, plain.world.sittings["first"])
        (foreign,) = await stranger.issue(db, [wanted], person.created_at)
    altered = ("A" if good[0] != "A" else "B") + good[1:]
    for ticket in (altered, good[:-2], "x", "é.é.é", str(foreign), good.replace(".", "..", 1)):
        assert await refused(plain, hello(ticket)) == ("ticket-forged", Code.REFUSED)
    await everyone_else_is_served(plain)


async def test_an_expired_ticket_opens_nothing_and_says_come_back(
    meeting: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = await ticket_of(meeting, "kenya")
    monkeypatch.setattr(meeting.house.office, "lifetime", -1)
    assert await refused(meeting, hello(ticket)) == ("ticket-expired", Code.MOVED)


async def test_a_ticket_opens_one_socket_only(meeting: Service) -> None:
    ticket = await ticket_of(meeting, "kenya")
    async with meeting.line() as first:
        await first.send(hello(ticket))
        assert (await Guest(first).next())["kind"] == "welcome"
        assert await refused(meeting, hello(ticket)) == ("ticket-used", Code.REFUSED)
        pong = await first.ping()
        async with asyncio.timeout(SOON):
            await pong


async def test_of_two_sockets_with_one_ticket_one_comes_in(meeting: Service) -> None:
    ticket = await ticket_of(meeting, "kenya")
    async with meeting.line() as one, meeting.line() as other:
        await asyncio.gather(one.send(hello(ticket)), other.send(hello(ticket)))
        heard = await asyncio.gather(Guest(one).next(), Guest(other).next())
    assert sorted(each["kind"] for each in heard) == ["farewell", "welcome"]
    [loser] = [each for each in heard if each["kind"] == "farewell"]
    assert loser["why"]["reason"] == "ticket-used"


async def test_a_ticket_is_of_one_person_and_one_sitting(plain: Service) -> None:
    async with plain.attending("kenya") as kenya:
        assert kenya.welcome["you"]["name"] == "Delegate of Kenya"
        assert kenya.welcome["sitting"] == str(plain.world.sittings["first"])
        assert set(kenya.welcome["channels"]) == {"room"}


async def test_a_hello_cannot_say_who_one_is_or_where_one_goes(plain: Service) -> None:
    ticket = await ticket_of(plain, "stakeholder")
    for more in ({"person": "chair"}, {"sitting": str(plain.world.sittings["second"])}):
        said = json.dumps({**json.loads(hello(ticket)), **more})
        assert await refused(plain, said) == ("malformed", Code.MALFORMED)
    said = json.dumps({**json.loads(hello(ticket)), "cursors": {"captions:xx;": {"epoch": 1}}})
    assert await refused(plain, said) == ("malformed", Code.MALFORMED)


async def withdraws(meeting: Service) -> None:
    """A stakeholder gives up their registration."""
    async with meeting.http("stakeholder") as http:
        (mine,) = (await http.get("/api/v1/registrations")).json()
        path = f"/api/v1/registrations/{mine['reference']}/withdraw"
        assert (await http.post(path, json={"version": mine["version"]})).status_code == 200


async def is_dismissed(meeting: Service) -> None:
    """The moderator, who has no other ground to be here, loses the function."""
    async with meeting.http("secretariat") as http:
        person = meeting.world.people["moderator"]
        path = f"/api/v1/meetings/twenty/functions/moderator/{person}"
        assert (await http.delete(path)).status_code == 204


LOSES_THE_GROUND = pytest.mark.parametrize(
    ("key", "loses"), [("stakeholder", withdraws), ("moderator", is_dismissed)]
)


@LOSES_THE_GROUND
async def test_a_ticket_is_no_decision(meeting: Service, key: str, loses: Loss) -> None:
    before, after = [await ticket_of(meeting, key) for _ in range(2)]
    async with meeting.line() as line:
        await line.send(hello(before))
        assert (await Guest(line).next())["kind"] == "welcome"
    await loses(meeting)
    assert await refused(meeting, hello(after)) == ("not-registered", Code.REFUSED)


@LOSES_THE_GROUND
async def test_coming_back_is_a_new_decision(meeting: Service, key: str, loses: Loss) -> None:
    cursors = {"room": {"epoch": 1, "position": 0}}
    async with meeting.attending("chair") as chair, meeting.attending(key):
        await chair.wish("open-list")
    async with meeting.attending(key, cursors=cursors) as again:
        assert (await again.next())["kind"] == "list-opened"
    ticket = await ticket_of(meeting, key)
    await loses(meeting)
    assert await refused(meeting, hello(ticket, cursors)) == ("not-registered", Code.REFUSED)


# Cursors.


async def test_a_cursor_of_another_epoch_or_of_the_future_gets_a_snapshot(plain: Service) -> None:
    async with plain.attending("chair") as chair:
        await chair.wish("open-list")
        await chair.wish("announce", text="Welcome")
    for cursor in (
        {"epoch": 2, "position": 1},
        {"epoch": 9, "position": 0},
        {"epoch": 1, "position": 3},
        {"epoch": 1, "position": 10**30},
    ):
        async with plain.attending("kenya", cursors={"room": cursor}) as kenya:
            state = kenya.welcome["channels"]["room"]
            assert (state["position"], state["snapshot"]["list_open"]) == (2, True)
            assert [each["text"] for each in state["snapshot"]["notices"]] == ["Welcome"]
            await quiet(kenya)


async def quiet(guest: Guest) -> None:
    """Nothing but the answer to a harmless wish follows."""
    await guest.socket.send(json.dumps({"kind": "undo", "id": str(uuid4())}))
    assert (await guest.next())["kind"] == "answer"


async def test_nobody_hears_a_channel_by_naming_its_cursor(plain: Service) -> None:
    cursors = {"room": {"epoch": 1, "position": 0}, "console": {"epoch": 1, "position": 0}}
    async with plain.attending("kenya", cursors=cursors) as kenya:
        assert set(kenya.welcome["channels"]) == {"room"}


# Messages that are none.


@pytest.mark.parametrize("said", NOT_OF_THE_PROTOCOL.values(), ids=NOT_OF_THE_PROTOCOL)
async def test_what_is_not_a_hello_ends_the_line(plain: Service, said: str | bytes) -> None:
    assert await refused(plain, said) == ("malformed", Code.MALFORMED)


async def test_what_is_no_wish_is_said_to_be_none_and_changes_nothing(plain: Service) -> None:
    before = await newest(plain)
    for said in NOT_OF_THE_PROTOCOL.values():
        async with plain.attending("chair") as chair:
            await chair.socket.send(said)
            note = await chair.next()
            assert (note["kind"], note["note"]) == ("note", "malformed")
            assert note["sentence"] != ""
            await chair.wish("end-speech")
    assert await newest(plain) == before


async def test_five_messages_that_are_none_end_the_line(plain: Service) -> None:
    async with plain.attending("kenya") as kenya:
        for _ in range(4):
            await kenya.socket.send("?")
            assert (await kenya.next())["note"] == "malformed"
        await kenya.socket.send("?")
        assert await last_words(kenya.socket) == ("malformed", Code.MALFORMED)


async def test_a_message_over_the_bound_of_the_wire_ends_the_line(plain: Service) -> None:
    async with plain.attending("kenya") as kenya:
        await kenya.socket.send("x" * 70_000)
        assert await kenya.ended() == Code.TOO_BIG
    await everyone_else_is_served(plain)


async def test_the_same_over_http_is_422_and_changes_nothing(plain: Service) -> None:
    path = f"/api/v1/sittings/{plain.world.sittings['first']}/wishes"
    async with plain.http("chair") as http:
        for name, said in NOT_OF_THE_PROTOCOL.items():
            if name not in {"too long", "binary"}:
                answer = await http.post(path, content=said)
                assert (name, answer.status_code) == (name, 422)
                assert answer.json()["type"] == "urn:cwg:malformed"
        surrogate = '{"\\ud800": 1}'
        assert (await http.post(path, content=surrogate)).status_code == 422
    assert await newest(plain) == 0


# Doors.


async def test_a_foreign_origin_gets_no_socket(plain: Service) -> None:
    own = plain.house.settings.address
    for origin in (
        "https://evil.example",
        "null",
        "http://[",
        own + "0",
        own.replace("http", "ftp"),
    ):
        with pytest.raises(InvalidStatus) as caught:
            async with plain.line(origin=origin):
                pass
        assert caught.value.response.status_code == 403
    async with plain.line(origin=own) as line:
        await line.send(hello(await ticket_of(plain, "kenya")))
        assert (await Guest(line).next())["kind"] == "welcome"


async def test_another_protocol_gets_no_socket(plain: Service) -> None:
    address = plain.url.replace("http", "ws", 1) + "/api/v1/live"
    for spoken in (None, ["cwg.v2"]):
        with pytest.raises(InvalidStatus) as caught:
            async with connect(address, subprotocols=spoken):  # type: ignore[arg-type]  # the library's NewType of str
                pass
        assert caught.value.response.status_code == 403


async def test_who_never_says_hello_is_sent_off(sqlite_tables_url: str, tmp_path: Path) -> None:
    given = settings(tmp_path, database_url=sqlite_tables_url, hello_deadline=0.2)
    async with service(given) as meeting, meeting.line() as silent:
        assert await last_words(silent) == ("", Code.HELLO_LATE)


async def test_only_so_many_may_be_silent_at_once(sqlite_tables_url: str, tmp_path: Path) -> None:
    given = settings(tmp_path, database_url=sqlite_tables_url, silent_sockets=2)
    async with service(given) as meeting:
        async with (
            meeting.attending("kenya") as kenya,
            meeting.line(),
            meeting.line(),
            meeting.line() as third,
        ):
            assert await last_words(third) == ("", Code.BUSY)
            await quiet(kenya)
        async with asyncio.timeout(SOON):
            while await came_in(meeting) != "welcome":
                pass


async def came_in(meeting: Service) -> str:
    ticket = await ticket_of(meeting, "brazil")
    async with meeting.line() as line:
        try:
            await line.send(hello(ticket))
            return str((await Guest(line).next())["kind"])
        except ConnectionClosed:
            return ""


async def test_one_who_never_reads_is_let_go_and_the_others_hear_everything(
    tables_url: str, tmp_path: Path
) -> None:
    bounds = Bounds(write_buffer=65_536, patience=0.2)
    given = settings(tmp_path, database_url=tables_url)
    async with service(given, bounds=bounds) as meeting, meeting.attending("kenya") as kenya:
        with socket.socket() as small:
            small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            small.setblocking(False)
            await asyncio.get_running_loop().sock_connect(
                small, ("127.0.0.1", meeting.house.settings.port)
            )
            async with meeting.line(sock=small, max_queue=1) as deaf:
                await deaf.send(hello(await ticket_of(meeting, "brazil")))
                assert (await Guest(deaf).next())["kind"] == "welcome"
                [line] = [
                    c.line
                    for c in meeting.house.hall.connections
                    if c.entry.person_id == meeting.world.people["brazil"]
                ]
                sent = 0
                most = 0
                async with asyncio.timeout(SOON):
                    while not line.closed.is_set():
                        for room in meeting.house.hall._rooms.values():
                            broadcast(
                                tuple(room.lines),
                                frame(b'{"kind":"note","x":"%s"}' % (b"x" * 30_000)),
                            )
                        sent += 1
                        most = max(most, line.buffered())
                        assert (await kenya.next())["kind"] == "note"
                assert most < 65_536 + 2 * 31_000
        await quiet(kenya)
        assert [c.entry.person_id for c in meeting.house.hall.connections] == [
            meeting.world.people["kenya"]
        ]


# Wishes.


async def test_a_wish_without_the_right_is_answered_with_its_reason(plain: Service) -> None:
    chairs = (
        "open-list",
        "close-list",
        "give-floor",
        "start-speech",
        "pause-speech",
        "resume-speech",
        "end-speech",
        "undo",
    )
    async with plain.attending("kenya") as kenya:
        for kind in chairs:
            answer = await kenya.wish(kind)
            assert (kind, answer["ok"], answer["reason"]) == (kind, False, "not-the-chair")
        answer = await kenya.wish("remove-request", number=1)
        assert (answer["ok"], answer["reason"]) == (False, "not-the-chair")
        answer = await kenya.wish("set-time", seconds=10)
        assert (answer["ok"], answer["reason"]) == (False, "not-the-chair")
        answer = await kenya.wish("announce", text="Listen")
        assert (answer["ok"], answer["reason"]) == (False, "not-the-chair")
        assert (await kenya.wish("request-floor"))["reason"] == "list-closed"
    async with plain.attending("moderator") as moderator:
        assert (await moderator.wish("announce", text="Listen"))["reason"] == "not-the-chair"
    assert await newest(plain) == 0


async def test_a_stakeholder_raises_no_point_of_order(plain: Service) -> None:
    async with plain.attending("stakeholder") as stakeholder:
        answer = await stakeholder.wish("request-floor", request="point_of_order")
        assert (answer["ok"], answer["why"]["clause"] != "") == (False, True)


async def test_one_wish_through_two_doors_at_once_is_granted_once(meeting: Service) -> None:
    path = f"/api/v1/sittings/{meeting.world.sittings['first']}/wishes"
    async with meeting.attending("chair") as chair, meeting.attending("kenya") as kenya:
        await chair.wish("open-list")
        async with meeting.http("kenya") as http:
            for number in range(1, 6):
                key = uuid4()
                wish = {"kind": "request-floor", "id": str(key)}
                over_socket, over_http = await asyncio.gather(
                    kenya.wish("request-floor", wish_id=key), http.post(path, json=wish)
                )
                assert (over_socket["ok"], over_socket["number"]) == (True, number)
                told = {k: v for k, v in over_http.json().items() if v not in (None, "")}
                assert told == {k: v for k, v in over_socket.items() if v not in (None, "")}
                assert (await kenya.wish("withdraw-request"))["ok"] is True
    assert await newest(meeting) == 1 + 2 * 5


async def test_wishes_for_a_part_that_is_not_open_are_refused(meeting: Service) -> None:
    path = f"/api/v1/sittings/{meeting.world.sittings['second']}/wishes"
    expected = {"kenya": "sitting-not-open", "stakeholder": "not-named"}
    for name, reason in expected.items():
        async with meeting.http(name) as http:
            for request in ("intervention", "point_of_order"):
                wish = {"kind": "request-floor", "id": str(uuid4()), "request": request}
                told = (await http.post(path, json=wish)).json()
                assert (told["ok"], told["reason"]) == (False, reason)
    async with meeting.http("chair") as http:
        for kind in ("open-list", "undo", "give-floor"):
            told = (await http.post(path, json={"kind": kind, "id": str(uuid4())})).json()
            assert (told["ok"], told["reason"]) == (False, "sitting-not-open")
    assert await newest(meeting, "second") == 0


async def test_an_outsider_learns_nothing_of_the_floor_from_refusals(meeting: Service) -> None:
    """The answer is the same whether or not anybody speaks, waits or has the list open."""
    path = f"/api/v1/sittings/{meeting.world.sittings['first']}/wishes"
    kinds = (
        "open-list",
        "close-list",
        "give-floor",
        "start-speech",
        "end-speech",
        "undo",
        "withdraw-request",
    )

    async def told() -> list[dict[str, Any]]:
        async with meeting.http("operator") as http:
            answers = [
                await http.post(path, json={"kind": kind, "id": str(uuid4())}) for kind in kinds
            ]
        return [{"ok": each.json()["ok"], "reason": each.json()["reason"]} for each in answers]

    before = await told()
    async with meeting.attending("chair") as chair, meeting.attending("kenya") as kenya:
        await chair.wish("open-list")
        await kenya.wish("request-floor")
        await chair.wish("give-floor")
        await chair.wish("start-speech")
        assert await told() == before


async def test_too_many_wishes_are_refused_at_every_door(
    sqlite_tables_url: str, tmp_path: Path
) -> None:
    given = settings(tmp_path, database_url=sqlite_tables_url, wishes_per_person="3/day")
    async with service(given) as meeting, meeting.attending("chair") as chair:
        for kind in ("open-list", "close-list", "open-list"):
            assert (await chair.wish(kind))["ok"] is True
        await chair.socket.send(json.dumps({"kind": "undo", "id": str(uuid4())}))
        assert (await chair.until("note"))["note"] == "too-many"
        path = f"/api/v1/sittings/{meeting.world.sittings['first']}/wishes"
        async with meeting.http("chair") as http:
            answer = await http.post(path, json={"kind": "undo", "id": str(uuid4())})
        assert (answer.status_code, answer.json()["type"]) == (429, "urn:cwg:too-many")
        assert 1 <= int(answer.headers["Retry-After"]) <= 2 * 86_400
        assert await newest(meeting) == 3
        async with meeting.attending("moderator") as moderator:
            assert (await moderator.wish("close-list"))["ok"] is True


async def test_a_flood_of_wishes_ends_the_line(sqlite_tables_url: str, tmp_path: Path) -> None:
    given = settings(tmp_path, database_url=sqlite_tables_url, wishes_per_person="1/day")
    async with service(given) as meeting, meeting.attending("chair") as chair:
        flood = [json.dumps({"kind": "undo", "id": str(uuid4())}) for _ in range(60)]
        try:
            for wish in flood:
                await chair.socket.send(wish)
        except ConnectionClosed:
            pass
        assert await chair.ended() == Code.TOO_MANY


# Seats.


async def test_a_second_seat_ends_the_first_and_tells_it_why(meeting: Service) -> None:
    async with meeting.attending("kenya") as first, meeting.attending("kenya") as second:
        assert await last_words(first.socket) == ("already-seated", Code.TAKEN_OVER)
        await quiet(second)
        told = [c.entry.person_id for c in meeting.house.hall.connections]
        assert told == [meeting.world.people["kenya"]]


async def test_a_second_seat_may_be_asked_for_without_taking_over(meeting: Service) -> None:
    async with meeting.attending("kenya") as first:
        said = hello(await ticket_of(meeting, "kenya"), take_over=False)
        assert await refused(meeting, said) == ("already-seated", Code.REFUSED)
        await quiet(first)
    async with asyncio.timeout(SOON):
        while await seated(meeting) != "welcome":
            pass


async def seated(meeting: Service) -> str:
    async with meeting.attending("kenya", take_over=False) as again:
        return str(again.welcome["kind"])


# The service itself fails.


async def test_one_hello_that_breaks_keeps_nobody_out(
    meeting: Service, unharmed: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks_once(db: Any, knocks: Any, process: Any) -> Any:
        monkeypatch.undo()
        raise OSError("the database is gone")

    monkeypatch.setattr(meeting.house.hall._doorkeeper, "admit", breaks_once)
    async with meeting.attending("kenya") as kenya:
        assert kenya.welcome["kind"] == "welcome"
    unharmed.forgive("hall.hello")
