"""Chat over real sockets: to all, to the moderator, moderated, and within its part only."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import select

from app.models import ChatMessage, News
from tests.live.test_fence import close_open_part, opened, sign_off
from tests.live.test_processes import two
from tests.world import Guest, Service, service, settings

FIRST = {"room": {"epoch": 1, "position": 0}}


def path(meeting: Service, sitting: str = "first") -> str:
    return f"/api/v1/sittings/{meeting.world.sittings[sitting]}"


async def got(meeting: Service, key: str | None, of: str, sitting: str = "first") -> Any:
    """What someone reads at a door of the chat."""
    async with meeting.http(key) as http:
        answer = await http.get(f"{path(meeting, sitting)}/chat{of}")
    return answer.json() if answer.status_code == 200 else answer.status_code


async def wish(meeting: Service, key: str, kind: str, **more: Any) -> dict[str, Any]:
    """The answer to a wish made over HTTP."""
    said = {"kind": kind, "id": str(more.pop("wish_id", uuid4())), **more}
    async with meeting.http(key) as http:
        answer = await http.post(f"{path(meeting, more.pop('sitting', 'first'))}/wishes", json=said)
    told: dict[str, Any] = answer.json()
    return told


def texts(guest: Guest) -> list[str | None]:
    """What the snapshot of a welcome has of the chat."""
    chat = guest.welcome["channels"]["room"]["snapshot"]["chat"]
    return [each["text"] for each in chat["messages"]]


async def test_what_is_written_to_all_is_heard_with_the_role_of_who_writes(
    plain: Service,
) -> None:
    text = 'See <b>https://example.org/?a=1&amp;b</b> "тест" 中文 🕊'
    async with plain.attending("kenya") as kenya, plain.attending("stakeholder") as other:
        answer = await kenya.wish("send-chat", text=f"  {text}\n")
        assert (answer["ok"], answer["number"]) == (True, 1)
        told = await other.until("chat-said")
        message = told["body"]
        assert (told["on"], message["number"], message["text"]) == ("room", 1, text)
        kenya_remote = ["Delegate of Kenya", "Kenya", "delegate", "member_state", True]
        assert message["speaker"] == kenya_remote
        assert (await other.wish("send-chat", text="Hello"))["number"] == 2
        async with plain.attending("brazil") as late:
            assert texts(late) == [text, "Hello"]
    assert [each["text"] for each in (await got(plain, None, ""))["messages"]] == [text, "Hello"]


async def test_a_message_that_says_nothing_or_hides_something_is_refused(plain: Service) -> None:
    async with plain.http("kenya") as http:
        for text in ("", " \n ", "\u200d", "a\u202eb", "a\u0007b", "\ud800", "x" * 501):
            said = json.dumps({"kind": "send-chat", "id": str(uuid4()), "text": text})
            headers = {"Content-Type": "application/json"}
            answer = await http.post(f"{path(plain)}/wishes", content=said, headers=headers)
            assert (text, answer.status_code) == (text, 422)
    assert (await got(plain, "kenya", ""))["messages"] == []


async def test_an_event_of_chat_costs_little_beyond_its_words(plain: Service) -> None:
    async with plain.attending("kenya") as kenya, plain.attending("stakeholder") as other:
        await kenya.wish("send-chat", text="x")
        while b"chat-said" not in (frame := str(await other.socket.recv()).encode()):
            pass
    assert len(frame) - len("x" + "Delegate of Kenya" + "Kenya") <= 250


async def test_a_message_sent_again_after_a_cut_line_is_written_once(plain: Service) -> None:
    key = uuid4()
    async with plain.attending("kenya") as kenya:
        said = {"kind": "send-chat", "id": str(key), "text": "Once"}
        await kenya.socket.send(json.dumps(said))
    async with plain.attending("kenya") as again:
        first = await again.wish("send-chat", wish_id=key, text="Once")
        other = await again.wish("send-chat", wish_id=key, text="Twice")
    over_http = await wish(plain, "kenya", "send-chat", wish_id=key, text="Once")
    assert (first["number"], over_http["number"]) == (1, 1)
    assert (other["ok"], other["reason"]) == (False, "wish-id-used")
    assert [each["text"] for each in (await got(plain, "kenya", ""))["messages"]] == ["Once"]


async def test_who_may_not_speak_writes_to_the_moderator_only(plain: Service) -> None:
    for key in ("moderator", "steward"):
        answer = await wish(plain, key, "send-chat", text="Hello")
        assert (answer["ok"], answer["why"]["allowed"]) == (False, False)
        assert answer["why"]["sentence"] != ""
        assert (await wish(plain, key, "tell-moderator", text="No sound here"))["ok"] is True
    assert (await got(plain, "kenya", ""))["messages"] == []


async def test_a_flood_is_limited_for_its_author_and_harms_nobody_else(
    sqlite_tables_url: str, tmp_path: Path
) -> None:
    given = settings(tmp_path, database_url=sqlite_tables_url, chat_per_person="4/hour")
    async with (
        service(given) as meeting,
        meeting.attending("kenya") as kenya,
        meeting.attending("stakeholder") as flooder,
    ):
        for number in range(12):
            said = {"kind": "send-chat", "id": str(uuid4()), "text": f"Buy {number}"}
            await flooder.socket.send(json.dumps(said))
        note = await flooder.until("note")
        assert (note["note"], note["after"] > 0) == ("too-many", True)
        told = await wish(meeting, "stakeholder", "tell-moderator", text="And another")
        assert (told["status"], told["title"] != "") == (429, True)
        assert (await flooder.wish("withdraw-request"))["reason"] == "not-waiting"
        assert (await kenya.wish("send-chat", text="Calm"))["ok"] is True
        written = [each["text"] for each in (await got(meeting, "kenya", ""))["messages"]]
    assert written == [*(f"Buy {number}" for number in range(4)), "Calm"]


async def test_only_those_who_steer_remove_a_message_and_its_place_stays(
    meeting: Service,
) -> None:
    async with meeting.attending("moderator") as moderator, meeting.attending("kenya") as kenya:
        assert (await wish(meeting, "brazil", "send-chat", text="Nonsense"))["number"] == 1
        for key in ("kenya", "brazil", "secretariat", "stakeholder"):
            answer = await wish(meeting, key, "retract-chat", number=1)
            assert (answer["ok"], answer["reason"]) == (False, "not-the-chair")
        assert (await moderator.wish("retract-chat", number=1, why="Not of this item"))["ok"]
        assert (await kenya.until("chat-retracted"))["body"] == {"number": 1}
        again = await moderator.wish("retract-chat", number=1)
        assert (again["ok"], again["reason"]) == (False, "already-so")
        assert (await moderator.wish("retract-chat", number=7))["reason"] == "no-such-message"
        async with meeting.attending("operator") as late:
            assert texts(late) == [None]
        async with meeting.attending("operator", cursors=FIRST) as back:
            told = [await back.next() for _ in range(2)]
            assert [each["kind"] for each in told] == ["chat-said", "chat-retracted"]
            assert told[0]["body"]["text"] is None
        (shown,) = (await got(meeting, "kenya", ""))["messages"]
        assert (shown["number"], shown["text"]) == (1, None)
        row, by = await kept(meeting), await meeting.person("moderator")
        assert (row.text, row.retracted_by_id) == ("Nonsense", by.id)
        assert row.retracted_why == "Not of this item"
        assert (await moderator.wish("undo"))["ok"] is True
        assert (await kenya.until("chat-restored"))["body"] == {"number": 1, "text": "Nonsense"}
        assert (await kept(meeting)).retracted_at is None
        assert (await moderator.wish("retract-chat", number=1))["ok"] is True
    async with meeting.house.database.reading() as db:
        bodies = (await db.exec(select(News.body))).all()
    assert "Nonsense" not in str(bodies)


async def kept(meeting: Service) -> ChatMessage:
    async with meeting.house.database.reading() as db:
        return (await db.exec(select(ChatMessage))).one()


async def test_a_muted_person_writes_to_the_moderator_and_not_to_all(plain: Service) -> None:
    async with plain.attending("moderator") as moderator, plain.attending("kenya") as kenya:
        await kenya.wish("send-chat", text="Noise")
        assert (await wish(plain, "brazil", "mute-chat", number=1))["reason"] == "not-the-chair"
        assert (await moderator.wish("mute-chat", number=1))["number"] == 1
        assert (await kenya.until("note")) == {"kind": "note", "note": "chat", "sentence": ""}
        assert (await got(plain, "kenya", "/mine"))["muted"] is True
        refused = await kenya.wish("send-chat", text="More")
        assert (refused["ok"], refused["reason"]) == (False, "chat-muted")
        over_http = await wish(plain, "kenya", "send-chat", text="More")
        assert (over_http["ok"], over_http["reason"]) == (False, "chat-muted")
        assert (await kenya.wish("tell-moderator", text="Why?"))["ok"] is True
        assert (await wish(plain, "brazil", "send-chat", text="I may"))["ok"] is True
        told = await got(plain, "secretariat", "/asides")
        assert [each["speaker"]["entity"] for each in told["mutes"]] == ["Kenya"]
        assert (await moderator.wish("mute-chat", number=1))["reason"] == "already-so"
        assert (await moderator.wish("undo"))["ok"] is True
        assert (await kenya.wish("send-chat", text="Again"))["ok"] is True
        assert (await moderator.wish("mute-chat", number=1))["number"] == 2
        assert (await moderator.wish("unmute-chat", number=2))["ok"] is True
        assert (await moderator.wish("unmute-chat", number=2))["reason"] == "not-muted"
        assert (await moderator.wish("undo"))["ok"] is True
        assert (await kenya.wish("send-chat", text="Once more"))["reason"] == "chat-muted"


async def test_chat_is_paused_and_goes_on(plain: Service) -> None:
    async with plain.attending("chair") as chair, plain.attending("kenya") as kenya:
        assert (await kenya.wish("close-chat"))["reason"] == "not-the-chair"
        assert (await chair.wish("close-chat"))["ok"] is True
        assert (await kenya.until("chat-closed"))["on"] == "room"
        assert (await chair.wish("close-chat"))["reason"] == "already-so"
        assert (await kenya.wish("send-chat", text="Now?"))["reason"] == "chat-paused"
        assert (await kenya.wish("tell-moderator", text="Now?"))["ok"] is True
        async with plain.attending("brazil") as late:
            assert late.welcome["channels"]["room"]["snapshot"]["chat"]["paused"] is True
        assert (await chair.wish("undo"))["ok"] is True
        assert (await kenya.wish("send-chat", text="Now."))["ok"] is True
        await chair.wish("close-chat")
        assert (await chair.wish("open-chat"))["ok"] is True
        assert (await kenya.wish("send-chat", text="And now."))["ok"] is True


async def test_what_the_moderator_is_told_and_answers_nobody_else_hears(plain: Service) -> None:
    async with (
        plain.attending("moderator") as moderator,
        plain.attending("steward") as steward,
        plain.attending("kenya") as kenya,
        plain.attending("brazil") as brazil,
    ):
        assert (await kenya.wish("tell-moderator", text="I cannot hear"))["number"] == 1
        bell = await steward.until("aside-told")
        assert (bell["on"], bell["body"]) == ("console", {"number": 1})
        (told,) = (await got(plain, "moderator", "/asides"))["asides"]
        assert (told["text"], told["speaker"]["entity"]) == ("I cannot hear", "Kenya")
        for key in ("steward", "kenya", "brazil", "stakeholder"):
            assert await got(plain, key, "/asides") == 403
        assert (await brazil.wish("answer-aside", number=1, text="No"))["reason"] == "not-the-chair"
        assert (await moderator.wish("answer-aside", number=9, text="No"))["ok"] is False
        answer = await moderator.wish("answer-aside", number=1, text="Turn it up")
        assert answer["number"] == 2
        assert (await kenya.until("note")) == {"kind": "note", "note": "chat", "sentence": ""}
        await wish(plain, "brazil", "send-chat", text="Last")
        heard = [await brazil.next()]
        while heard[-1]["kind"] != "chat-said":
            heard.append(await brazil.next())
        assert [each["kind"] for each in heard] == ["chat-said"]
        assert await got(plain, "brazil", "/mine") == {"muted": False, "asides": []}
    mine = (await got(plain, "kenya", "/mine"))["asides"]
    assert [(each["text"], each["answers"]) for each in mine] == [
        ("I cannot hear", None),
        ("Turn it up", 1),
    ]
    assert await got(plain, None, "/mine") == 401


async def test_an_answer_of_the_moderator_reaches_a_seat_at_another_process(
    postgres_tables_url: str, tmp_path: Path
) -> None:
    async with (
        two(postgres_tables_url, tmp_path) as (one, other),
        one.attending("moderator") as moderator,
        other.attending("kenya") as kenya,
        other.attending("brazil") as brazil,
    ):
        await kenya.wish("tell-moderator", text="Hello?")
        await moderator.until("aside-told")
        await moderator.wish("answer-aside", number=1, text="Hello.")
        assert (await kenya.until("note"))["note"] == "chat"
        assert len((await got(other, "kenya", "/mine"))["asides"]) == 2
        await moderator.wish("close-chat")
        assert (await brazil.next())["kind"] == "chat-closed"


async def test_older_messages_are_asked_for_with_a_cursor(plain: Service) -> None:
    async with plain.house.database.writing() as db:
        person = await plain.person("kenya")
        speaker = {
            "name": "Delegate of Kenya",
            "entity": "Kenya",
            "capacity": "delegate",
            "category": "member_state",
            "remote": True,
        }
        db.add_all(
            ChatMessage(
                sitting_id=plain.world.sittings["first"],
                number=number,
                person_id=person.id,
                speaker=speaker,
                text=f"Message {number}",
                at=person.created_at,
                epoch=1,
            )
            for number in range(1, 121)
        )
    async with plain.attending("kenya") as kenya:
        assert texts(kenya) == [f"Message {number}" for number in range(71, 121)]
    newest = await got(plain, "kenya", "")
    older = await got(plain, "kenya", "?before=71")
    oldest = await got(plain, "kenya", "?before=21")
    numbers = [[each["number"] for each in page["messages"]] for page in (newest, older, oldest)]
    assert numbers == [list(range(71, 121)), list(range(21, 71)), list(range(1, 21))]
    assert [page["more"] for page in (newest, older, oldest)] == [True, True, False]
    assert await got(plain, "kenya", "?before=0") == 422


async def test_chat_of_either_part_stays_in_its_part(meeting: Service) -> None:
    async with (
        meeting.attending("kenya") as kenya,
        meeting.attending("stakeholder") as stakeholder,
    ):
        await stakeholder.wish("send-chat", text="Of the open part")
        await stakeholder.wish("tell-moderator", text="An aside of the open part")
        assert (await close_open_part(meeting)).status_code == 200
        await stakeholder.until("farewell")
        assert (await kenya.until("note"))["note"] == "hold"
        held = await kenya.wish("tell-moderator", text="While the fence is up")
        assert (held["ok"], held["reason"]) == (False, "sitting-not-open")
        await sign_off(meeting, head_count=3)
        moved = await kenya.until("moved")
        assert moved["channels"]["room"]["snapshot"]["chat"]["messages"] == []
        await opened(meeting)
        assert (await kenya.wish("send-chat", text="Of the members' part"))["number"] == 1
        assert (await kenya.wish("tell-moderator", text="An aside of members"))["number"] == 1
        for key in ("stakeholder", "university", None):
            for of in ("", "?before=9", "/mine", "/asides"):
                assert await got(meeting, key, of, "second") in {401, 403}
        second = UUID(str(meeting.world.sittings["second"]))
        async with meeting.http("stakeholder") as http:
            for kind in ("send-chat", "tell-moderator"):
                said = {"kind": kind, "id": str(uuid4()), "text": "Let me in"}
                answer = await http.post(f"/api/v1/sittings/{second}/wishes", json=said)
                assert (answer.json()["ok"], answer.json()["reason"]) == (False, "not-named")
        assert [
            each["text"] for each in (await got(meeting, "kenya", "", "second"))["messages"]
        ] == ["Of the members' part"]
    (open_part,) = (await got(meeting, "stakeholder", ""))["messages"]
    assert open_part["text"] == "Of the open part"
