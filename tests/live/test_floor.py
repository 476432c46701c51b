"""The floor over real sockets: asked for, given, spoken, undone, and the same for everyone."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from app.models import AgendaItem
from app.policy import floor as rules
from app.protocol import news
from app.protocol.messages import snapshot_of
from tests.world import SOON, Guest, Service


async def test_a_request_is_heard_by_everyone_in_the_room(meeting: Service) -> None:
    async with meeting.attending("chair") as chair, meeting.attending("kenya") as kenya:
        assert (await chair.wish("open-list"))["ok"] is True
        assert (await kenya.until("list-opened"))["position"] == 1
        answer = await kenya.wish("request-floor", topic="Access")
        assert (answer["ok"], answer["number"]) == (True, 1)
        told = await chair.until("floor-requested")
        assert told["body"]["speaker"][1] == "Kenya"
        assert told["body"]["topic"] == "Access"


async def test_a_wish_made_twice_with_one_id_is_granted_once(meeting: Service) -> None:
    async with meeting.attending("chair") as chair, meeting.attending("kenya") as kenya:
        await chair.wish("open-list")
        key = uuid4()
        first = await kenya.wish("request-floor", wish_id=key)
        again = await kenya.wish("request-floor", wish_id=key)
        assert first == again
        other = await kenya.wish("withdraw-request", wish_id=key)
        assert (other["ok"], other["reason"]) == (False, "wish-id-used")
        async with meeting.http("kenya") as http:
            floor = (
                await http.get(f"/api/v1/sittings/{meeting.world.sittings['first']}/floor")
            ).json()
        assert [each["number"] for each in floor["waiting"]] == [1]


async def test_nobody_is_overtaken_when_six_ask_at_once(meeting: Service) -> None:
    async with meeting.attending("chair") as chair:
        await chair.wish("open-list")
        names = ["kenya", "brazil", "operator", "startup", "university", "stakeholder"]
        guests = [meeting.attending(name) for name in names]
        rooms = [await each.__aenter__() for each in guests]
        answers = await asyncio.gather(*(room.wish("request-floor") for room in rooms))
        assert sorted(answer["number"] for answer in answers) == [1, 2, 3, 4, 5, 6]
        heard = [await chair.until("floor-requested") for _ in names]
        assert [each["position"] for each in heard] == [2, 3, 4, 5, 6, 7]
        for each in guests:
            await each.__aexit__(None, None, None)


async def test_a_refusal_by_the_rule_is_repeated_with_its_clause(plain: Service) -> None:
    wish = {"kind": "request-floor", "request": "point_of_order", "id": str(uuid4())}
    path = f"/api/v1/sittings/{plain.world.sittings['first']}/wishes"
    async with plain.http("stakeholder") as http, plain.attending("stakeholder") as guest:
        first, again = [(await http.post(path, json=wish)).json() for _ in range(2)]
        await guest.socket.send(json.dumps(wish))
        told = await guest.until("answer")
    assert (first["ok"], first["reason"], first["why"]["clause"]) == (False, "not-named", "A5")
    assert again == first
    assert {key: told[key] for key in ("reason", "why")} == {
        "reason": first["reason"],
        "why": {key: value for key, value in first["why"].items() if key in told["why"]},
    }


async def test_the_time_of_each_speech_is_set_for_everyone_and_can_be_taken_back(
    meeting: Service,
) -> None:
    async with meeting.attending("moderator") as moderator, meeting.attending("kenya") as kenya:
        assert kenya.welcome["channels"]["room"]["snapshot"]["seconds_each"] == 180
        assert (await moderator.wish("set-time", seconds=120))["ok"] is True
        assert (await kenya.until("time-set"))["body"] == {"seconds": 120}
        again = await moderator.wish("set-time", seconds=120)
        assert (again["ok"], again["reason"]) == (False, "already-so")
        async with meeting.attending("brazil") as late:
            assert late.welcome["channels"]["room"]["snapshot"]["seconds_each"] == 120
        assert (await moderator.wish("undo"))["ok"] is True
        assert (await kenya.until("time-set"))["body"] == {"seconds": 180}


@pytest.mark.parametrize("seconds", [9, 3601, 0, -60, 60.5, "60", None, True])
async def test_a_time_that_is_none_is_refused(plain: Service, seconds: object) -> None:
    wish = {"kind": "set-time", "id": str(uuid4()), "seconds": seconds}
    path = f"/api/v1/sittings/{plain.world.sittings['first']}"
    async with plain.http("chair") as http:
        assert (await http.post(f"{path}/wishes", json=wish)).status_code == 422
        assert (await http.get(f"{path}/floor")).json()["seconds_each"] == 180


async def with_items(meeting: Service, *titles: str) -> None:
    """Put these items on the agenda of the open part, numbered from 1."""
    async with meeting.house.database.writing() as db:
        db.add_all(
            AgendaItem(
                meeting_id=meeting.world.meeting_id,
                sitting_id=meeting.world.sittings["first"],
                number=number,
                title=title,
            )
            for number, title in enumerate(titles, 1)
        )


async def test_the_item_in_hand_is_known_to_everyone_and_can_be_put_down(meeting: Service) -> None:
    await with_items(meeting, "Adoption of the agenda")
    item = {"number": 1, "title": "Adoption of the agenda"}
    async with meeting.attending("moderator") as moderator, meeting.attending("kenya") as kenya:
        assert kenya.welcome["channels"]["room"]["snapshot"]["item"] is None
        assert (await moderator.wish("take-item", number=1))["ok"] is True
        assert (await kenya.until("item-taken"))["body"] == {"item": item}
        unknown = await moderator.wish("take-item", number=2)
        assert (unknown["ok"], unknown["reason"]) == (False, "no-such-item")
        async with meeting.attending("brazil") as late:
            assert late.welcome["channels"]["room"]["snapshot"]["item"] == item
        assert (await moderator.wish("take-item", number=None))["ok"] is True
        assert (await kenya.until("item-taken"))["body"] == {"item": None}
        assert (await moderator.wish("undo"))["ok"] is True
        assert (await kenya.until("item-taken"))["body"] == {"item": item}


async def test_the_log_tells_who_spoke_in_which_role_and_for_how_long(meeting: Service) -> None:
    path = f"/api/v1/sittings/{meeting.world.sittings['first']}/speeches"
    async with (
        meeting.attending("chair") as chair,
        meeting.attending("kenya") as kenya,
        meeting.attending("operator") as operator,
        meeting.http("stakeholder") as http,
    ):
        assert (await http.get(path)).json() == []
        await chair.wish("open-list")
        await kenya.wish("request-floor", topic="Access")
        await operator.wish("request-floor")
        for kind in ("give-floor", "start-speech", "pause-speech", "resume-speech"):
            assert (await chair.wish(kind))["ok"] is True
        await kenya.wish("end-speech")
        await chair.wish("give-floor")
        first, second = (await http.get(path)).json()
        await chair.wish("end-speech")
        _, ended = (await http.get(path)).json()
        await chair.wish("undo")
        _, restored = (await http.get(path)).json()

    speaker = first["request"]["speaker"]
    assert (speaker["entity"], speaker["category"]) == ("Kenya", "member_state")
    assert first["request"]["topic"] == "Access"
    assert first["given_at"] <= first["started_at"] < first["ended_at"] <= second["given_at"]
    assert 0 < first["seconds"] < SOON
    assert (second["started_at"], second["ended_at"], second["seconds"]) == (None, None, 0)
    assert (ended["ended_at"] is None, restored["ended_at"]) == (False, None)


async def test_the_log_of_the_members_part_is_for_those_who_may_read_it(plain: Service) -> None:
    path = f"/api/v1/sittings/{plain.world.sittings['second']}/speeches"
    async with plain.http("stakeholder") as out, plain.http("kenya") as http:
        refused, let_in = await out.get(path), await http.get(path)
    assert (refused.status_code, let_in.status_code, let_in.json()) == (403, 200, [])
    assert refused.json()["decision"]["reason"] == "not-named"


async def listed(http: httpx2.AsyncClient, path: str) -> list[str]:
    """Who waits, in the order that everyone sees."""
    floor = (await http.get(f"{path}/floor")).json()
    return [each["speaker"]["entity"] or each["speaker"]["name"] for each in floor["waiting"]]


async def test_the_chair_puts_people_on_the_list_moves_them_and_takes_it_all_back(
    meeting: Service,
) -> None:
    path = f"/api/v1/sittings/{meeting.world.sittings['first']}"
    async with meeting.attending("chair") as chair, meeting.http("chair") as http:
        found = (await http.get(f"{path}/speakers", params={"like": "BRAZ"})).json()
        assert [(each["title"], each["category"]) for each in found] == [("Brazil", "member_state")]
        brazil = found[0]["reference"]
        first = await chair.wish("add-speaker", name="Room microphone 14", topic="Access")
        second = await chair.wish("add-speaker", reference=brazil, request="right_of_reply")
        third = await chair.wish("add-speaker", name="Room microphone 3", request="motion")
        assert await listed(http, path) == ["Room microphone 3", "Room microphone 14", "Brazil"]
        added = (await http.get(f"{path}/floor")).json()["waiting"][1]
        assert (added["speaker"]["category"], added["topic"]) == ("public", "Access")
        again = await chair.wish("add-speaker", reference=brazil, request="right_of_reply")
        assert (again["ok"], again["reason"]) == (False, "waits-already")
        number, before = second["number"], third["number"]
        assert (await chair.wish("move-request", number=number, before=before))["ok"] is True
        assert await listed(http, path) == ["Brazil", "Room microphone 3", "Room microphone 14"]
        same = await chair.wish("move-request", number=first["number"], before=None)
        assert (same["ok"], same["reason"]) == (False, "already-so")
        for left in (
            ["Room microphone 3", "Room microphone 14", "Brazil"],
            ["Room microphone 14", "Brazil"],
            ["Room microphone 14"],
            [],
        ):
            assert (await chair.wish("undo"))["ok"] is True
            assert await listed(http, path) == left


async def test_whoever_had_the_floor_goes_back_on_top_and_the_speech_is_restored_by_an_undo(
    meeting: Service,
) -> None:
    path = f"/api/v1/sittings/{meeting.world.sittings['first']}"
    async with (
        meeting.attending("chair") as chair,
        meeting.attending("kenya") as kenya,
        meeting.attending("operator") as operator,
        meeting.http("chair") as http,
    ):
        nobody = await chair.wish("return-speaker")
        assert (nobody["ok"], nobody["reason"]) == (False, "nobody-spoke")
        await chair.wish("open-list")
        await kenya.wish("request-floor", topic="Access")
        await operator.wish("request-floor")
        await chair.wish("give-floor")
        await chair.wish("start-speech")
        back = await chair.wish("return-speaker")
        floor = (await http.get(f"{path}/floor")).json()
        assert floor["speaking"] is None
        assert [each["number"] for each in floor["waiting"]] == [back["number"], 2]
        assert floor["waiting"][0]["topic"] == "Access"
        assert (await chair.wish("undo"))["ok"] is True
        floor = (await http.get(f"{path}/floor")).json()
        assert floor["speaking"]["request"]["number"] == 1
        assert [each["number"] for each in floor["waiting"]] == [2]
        await chair.wish("end-speech")
        assert (await chair.wish("return-speaker"))["ok"] is True
        assert (await listed(http, path))[0] == "Kenya"
        twice = await chair.wish("return-speaker")
        assert (twice["ok"], twice["reason"]) == (False, "waits-already")


async def test_whoever_comes_before_an_undo_has_the_picture_of_whoever_comes_after_it(
    meeting: Service,
) -> None:
    async with meeting.attending("chair") as chair:
        for name in ("first", "second", "third"):
            assert (await chair.wish("add-speaker", name=f"The {name} microphone"))["ok"] is True
        for kind in ("give-floor", "start-speech", "give-floor"):
            assert (await chair.wish(kind))["ok"] is True
        assert (await chair.wish("remove-request", number=3))["ok"] is True
        async with meeting.attending("kenya") as kenya:
            picture = news.FLOOR.validate_python(kenya.welcome["channels"]["room"]["snapshot"])
            kinds = []
            for _ in range(2):
                assert (await chair.wish("undo"))["ok"] is True
            for _ in range(3):
                said = await kenya.next()
                kinds.append(said["kind"])
                at = datetime.fromisoformat(said["at"])
                event: Any = news.read(said["kind"], said["body"], at)
                picture = rules.apply(picture, event)
            async with meeting.attending("brazil") as late:
                assert snapshot_of(picture) == late.welcome["channels"]["room"]["snapshot"]
    assert kinds == ["request-returned", "request-returned", "speech-restored"]
    assert (picture.speaking and picture.speaking.request.number, picture.kept) == (1, rules.Kept())
    assert [each.number for each in picture.waiting] == [2, 3]


async def test_what_is_not_kept_any_more_is_not_brought_back(meeting: Service) -> None:
    async with meeting.attending("chair") as chair:
        for number in range(1, rules.MOST_KEPT + 2):
            assert (await chair.wish("add-speaker", name=f"Microphone {number}"))["ok"] is True
        for number in range(1, rules.MOST_KEPT + 2):
            assert (await chair.wish("remove-request", number=number))["ok"] is True
        for _ in range(rules.MOST_KEPT):
            assert (await chair.wish("undo"))["ok"] is True
        late = await chair.wish("undo")
        assert (late["ok"], late["reason"]) == (False, "too-late-to-undo")


async def test_an_intervention_says_on_which_side_it_is_and_the_chair_puts_it_right(
    meeting: Service,
) -> None:
    path = f"/api/v1/sittings/{meeting.world.sittings['first']}"
    async with (
        meeting.attending("chair") as chair,
        meeting.attending("kenya") as kenya,
        meeting.http("chair") as http,
    ):
        await chair.wish("open-list")
        point = await kenya.wish("request-floor", request="point_of_order", stance="for")
        assert (point["ok"], point["reason"]) == (False, "takes-no-side")
        assert (await kenya.wish("request-floor", stance="for"))["ok"] is True
        assert (await chair.until("floor-requested"))["body"]["stance"] == "for"
        theirs = await kenya.wish("set-stance", number=1, stance="against")
        assert (theirs["ok"], theirs["reason"]) == (False, "not-the-chair")
        assert (await chair.wish("set-stance", number=1, stance="against"))["ok"] is True
        assert (await kenya.until("stance-set"))["body"] == {"number": 1, "stance": "against"}
        same = await chair.wish("set-stance", number=1, stance="against")
        assert (same["ok"], same["reason"]) == (False, "already-so")
        assert (await chair.wish("undo"))["ok"] is True
        assert (await kenya.until("stance-set"))["body"] == {"number": 1, "stance": "for"}
        await chair.wish("give-floor")
        assert (await chair.wish("set-stance", number=1))["ok"] is True
        assert (await http.get(f"{path}/floor")).json()["speaking"]["request"]["stance"] is None
        assert (await chair.wish("undo"))["ok"] is True
        await chair.wish("return-speaker")
        first, *_ = (await http.get(f"{path}/speeches")).json()
        assert first["request"]["stance"] == "for"
        late = await chair.wish("set-stance", number=1, stance="against")
        assert (late["ok"], late["reason"]) == (False, "not-waiting")
        assert (await http.get(f"{path}/floor")).json()["waiting"][0]["stance"] == "for"
        added = await chair.wish("add-speaker", name="Room microphone 14", stance="against")
        assert added["ok"] is True
        assert (await http.get(f"{path}/floor")).json()["waiting"][1]["stance"] == "against"


async def test_each_item_of_the_agenda_has_a_list_of_its_own(meeting: Service) -> None:
    await with_items(meeting, "Adoption of the agenda", "Access in rural areas")
    async with meeting.attending("chair") as chair, meeting.attending("kenya") as kenya:
        await chair.wish("open-list")
        await chair.wish("take-item", number=1)
        assert (await kenya.wish("request-floor"))["ok"] is True
        assert (await kenya.wish("request-floor", item=2))["ok"] is True
        again = await kenya.wish("request-floor", item=2)
        assert (again["ok"], again["reason"]) == (False, "already-waiting")
        none = await kenya.wish("request-floor", item=3)
        assert (none["ok"], none["reason"]) == (False, "no-such-item")
        await chair.wish("take-item", number=2)
        assert (await chair.wish("give-floor"))["number"] == 2
        empty = await chair.wish("give-floor")
        assert (empty["ok"], empty["reason"]) == (False, "nobody-waits")
        assert (await kenya.wish("end-speech"))["ok"] is True
        assert (await kenya.wish("withdraw-request", number=1))["ok"] is True


async def test_whom_the_rule_does_not_let_speak_the_chair_cannot_put_on_the_list(
    plain: Service,
) -> None:
    path = f"/api/v1/sittings/{plain.world.sittings['first']}"
    async with plain.attending("moderator") as moderator, plain.http("moderator") as http:
        found = (await http.get(f"{path}/speakers", params={"like": "stakeholder"})).json()
        reference = found[0]["reference"]
        refused = await moderator.wish("add-speaker", reference=reference, request="point_of_order")
        unknown = await moderator.wish("add-speaker", reference="CWG-NOBODY")
    assert (refused["ok"], refused["why"]["clause"]) == (False, "A5")
    assert (unknown["ok"], unknown["reason"]) == (False, "no-such-speaker")


async def test_of_points_of_order_the_newest_goes_first_once_the_chair_has_said_so(
    meeting: Service,
) -> None:
    path = f"/api/v1/sittings/{meeting.world.sittings['first']}"
    async with meeting.attending("chair") as chair, meeting.http("chair") as http:
        point: dict[str, Any] = {"request": "point_of_order"}
        await chair.wish("add-speaker", name="Room microphone 1", **point)
        await chair.wish("add-speaker", name="Room microphone 2", **point)
        assert (await chair.wish("set-order", **point, newest_first=True))["ok"] is True
        await chair.wish("add-speaker", name="Room microphone 3", **point)
        assert await listed(http, path) == [f"Room microphone {n}" for n in (3, 1, 2)]
        same = await chair.wish("set-order", **point, newest_first=True)
        assert (same["ok"], same["reason"]) == (False, "already-so")
        await chair.wish("undo")
        await chair.wish("undo")
        assert (await http.get(f"{path}/floor")).json()["newest_first"] == []


async def test_time_is_kept_per_person_and_per_body_and_what_they_had_is_told(
    meeting: Service,
) -> None:
    path = f"/api/v1/sittings/{meeting.world.sittings['first']}"
    async with (
        meeting.attending("chair") as chair,
        meeting.attending("kenya") as kenya,
        meeting.attending("operator") as operator,
        meeting.http("secretariat") as http,
    ):
        none = await chair.wish("set-time", seconds=600, per="body")
        again = await chair.wish("set-time", seconds=600, per="body")
        assert (none["ok"], again["reason"]) == (True, "already-so")
        await chair.wish("open-list")
        for kind in ("give-floor", "start-speech", "end-speech", "give-floor"):
            if kind == "give-floor":
                await kenya.wish("request-floor")
            assert (await chair.wish(kind))["ok"] is True
        floor = (await http.get(f"{path}/floor")).json()
        (first, _) = (await http.get(f"{path}/speeches")).json()
        assert floor["seconds_body"] == 600
        assert 0 < first["seconds"] == floor["speaking"]["by_person"]
        assert floor["speaking"]["by_body"] == first["seconds"]
        await kenya.wish("request-floor", request="point_of_order")
        await kenya.wish("end-speech")
        await kenya.wish("request-floor")
        await operator.wish("request-floor")
        told = (await http.get(f"{path}/balance")).json()
        assert [(each["count"], each["body_count"]) for each in told["rows"]] == [(2, 2), (0, 0)]
        assert told["suggestion"] == {
            "number": told["rows"][1]["number"],
            "reasons": ["first-intervention", "category-not-heard"],
        }
        assert (await chair.wish("set-time", seconds=None, per="body"))["ok"] is True
        assert (await http.get(f"{path}/floor")).json()["seconds_body"] is None
        assert (await chair.wish("undo"))["ok"] is True
        assert (await http.get(f"{path}/floor")).json()["seconds_body"] == 600
    async with meeting.http("kenya") as out:
        assert (await out.get(f"{path}/balance")).status_code == 403


async def lines_of(chair: Guest, expected: dict[str, str]) -> dict[str, Any]:
    """What the console was told last of the lines of those who wait, once it is this."""
    while True:
        message = await chair.next(presence=True)
        if message["kind"] == "lines":
            told: dict[str, Any] = message["requests"]
            if {number: each["state"] for number, each in told.items()} == expected:
                return told


async def test_the_console_sees_who_has_lost_the_line_and_the_floor_is_kept(
    plain: Service,
) -> None:
    async with asyncio.timeout(2 * SOON), plain.attending("moderator") as moderator:
        await moderator.wish("open-list")
        async with plain.attending("kenya") as kenya:
            await kenya.wish("request-floor")
            await moderator.wish("give-floor")
            await lines_of(moderator, {})
        gone = await lines_of(moderator, {"1": "away"})
        assert datetime.fromisoformat(gone["1"]["since"]) <= datetime.now(UTC)
        async with plain.attending("kenya") as kenya:
            assert kenya.welcome["you"]["speaking"] is True
            await lines_of(moderator, {})
            assert (await kenya.wish("end-speech"))["ok"] is True
        async with plain.http("chair") as http:
            path = f"/api/v1/sittings/{plain.world.sittings['first']}"
            found = (await http.get(f"{path}/speakers", params={"like": "BRAZ"})).json()
        await moderator.wish("add-speaker", reference=found[0]["reference"])
        assert (await lines_of(moderator, {"2": "away"}))["2"] == {"state": "away"}


async def test_the_log_is_put_right_with_a_reason_and_the_first_word_is_kept(
    meeting: Service,
) -> None:
    path = f"/api/v1/sittings/{meeting.world.sittings['first']}/speeches"
    async with (
        meeting.attending("chair") as chair,
        meeting.http("secretariat") as http,
        meeting.http("kenya") as out,
    ):
        await chair.wish("add-speaker", name="Room microphone 14")
        await chair.wish("give-floor")
        right = {
            "name": "Delegate of Chile",
            "entity": "Chile",
            "seconds": 90.0,
            "why": "Misheard.",
        }
        early = await http.patch(f"{path}/1", json=right)
        await chair.wish("start-speech")
        await chair.wish("end-speech")
        (before,) = (await http.get(path)).json()
        refused = await out.patch(f"{path}/1", json=right)
        empty = await http.patch(f"{path}/1", json=right | {"name": " ", "why": ""})
        done = await http.patch(f"{path}/1", json=right)
        again = await http.patch(f"{path}/1", json=right)
        unknown = await http.patch(f"{path}/2", json=right)
        struck = await http.patch(f"{path}/1", json={"struck": True, "why": "A test."})
        (after,) = (await out.get(path)).json()
    assert early.json()["decision"]["reason"] == "still-speaking"
    assert refused.status_code == 403
    assert empty.json()["faults"].keys() == {"name", "why"}
    assert done.json()["request"]["speaker"]["entity"] == "Chile"
    assert again.json()["decision"]["reason"] == "nothing-corrected"
    assert unknown.json()["decision"]["reason"] == "not-in-the-log"
    assert struck.json()["struck"] is True
    assert (after["seconds"], after["given_at"]) == (90.0, before["given_at"])
    first, second = after["corrections"]
    assert (first["why"], second["why"]) == ("Misheard.", "A test.")
    assert first["was"]["name"] == "Room microphone 14"
    assert float(first["was"]["seconds"]) == before["seconds"]
