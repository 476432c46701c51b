"""A show of hands over real sockets: one hand a person, counted by category, and no vote."""

import asyncio
import json
from typing import Any
from uuid import uuid4

from tests.live.test_fence import close_open_part
from tests.pages.reading import said
from tests.world import SOON, Guest, Service

PEOPLE = ("kenya", "brazil", "operator", "stakeholder", "secretariat")


def path(meeting: Service, sitting: str = "first") -> str:
    return f"/api/v1/sittings/{meeting.world.sittings[sitting]}"


async def wished(meeting: Service, key: str, kind: str, **more: Any) -> dict[str, Any]:
    """A wish over HTTP, whatever comes of it."""
    async with meeting.http(key) as http:
        wish = {"kind": kind, "id": str(uuid4()), **more}
        answer: dict[str, Any] = (await http.post(f"{path(meeting)}/wishes", json=wish)).json()
        return answer


async def shown(meeting: Service, key: str | None, more: str = "") -> dict[str, Any]:
    async with meeting.http(key) as http:
        told: dict[str, Any] = (await http.get(f"{path(meeting)}/hands{more}")).json()
        return told


async def counted(guest: Guest, *hands: int) -> dict[str, Any]:
    """The counts as they are told, once there are so many hands for each choice."""
    async with asyncio.timeout(SOON):
        while True:
            told = await guest.until("hands-counted")
            if told["counts"]["by_choice"] == list(hands):
                return told


async def test_hands_are_counted_by_category_and_each_person_has_one(meeting: Service) -> None:
    async with meeting.attending("chair") as chair, meeting.attending("kenya") as kenya:
        asked = await chair.wish("ask-hands", question=" Shall we go on until 13:00? ")
        assert (asked["ok"], asked["number"]) == (True, 1)
        heard = (await kenya.until("hands-asked"))["body"]["show"]
        assert heard["question"] == "Shall we go on until 13:00?"
        assert heard["choices"] == ["agree", "disagree", "abstain"]
        for key in PEOPLE:
            assert (await wished(meeting, key, "raise-hand", number=1, choice=2))["ok"] is True
        changed = await kenya.wish("raise-hand", number=1, choice=1)
        assert (changed["ok"], changed["number"]) == (True, 1)
        await wished(meeting, "brazil", "lower-hand", number=1)
        again = await wished(meeting, "brazil", "lower-hand", number=1)
        assert (again["ok"], again["reason"]) == (False, "no-hand")
        so_far = await counted(chair, 1, 3, 0)
        assert so_far["counts"] == {
            "by_choice": [1, 3, 0],
            "by_category": {
                "member_state": [1, 0, 0],
                "sector_member": [0, 1, 0],
                "service": [0, 1, 0],
                "stakeholder": [0, 1, 0],
            },
        }
        assert "position" not in so_far, "counts may be lost, and are no news"
        async with meeting.attending("operator") as back:
            assert back.welcome["you"]["hand"] == 2
        async with meeting.attending("university") as late:
            assert (await counted(late, 1, 3, 0))["counts"] == so_far["counts"]
        assert (await chair.wish("close-hands", number=1))["ok"] is True
        closed = await kenya.until("hands-closed")
        table = [[0, 1, 0], [1, 0, 0], [0, 1, 0], [], [], [], [], [], [0, 1, 0]]
        assert (closed["position"], closed["body"]) == (2, {"table": table})
        async with meeting.attending("operator") as back:
            assert "hand" not in back.welcome["you"], "what was counted is nobody's to change"
            snapshot = back.welcome["channels"]["room"]["snapshot"]["hands"]
            assert snapshot["counts"] == so_far["counts"]


async def test_whose_hand_it_is_those_who_preside_see_and_nobody_else(plain: Service) -> None:
    await wished(plain, "chair", "ask-hands", question="A break?", options=["Now", "Later"])
    await wished(plain, "kenya", "raise-hand", number=1, choice=2)
    told = await shown(plain, "chair")
    assert [(each["speaker"]["entity"], each["choice"]) for each in told["raised"]] == [
        ("Kenya", 2)
    ]
    assert told["raised"][0]["speaker"]["capacity"] == "delegate"
    assert (await shown(plain, "kenya"))["mine"] == 2
    for key in ("kenya", "moderator", "secretariat", "stakeholder", None):
        seen = await shown(plain, key)
        assert (seen["raised"], seen["shows"][0]["counts"]) == (None, None)
    await wished(plain, "chair", "close-hands", number=1)
    (logged,) = (await shown(plain, None))["shows"]
    assert (logged["question"], logged["asked_by"]) == ("A break?", "The chair")
    assert logged["asked_at"] < logged["closed_at"]
    assert logged["counts"] == {"by_choice": [0, 1], "by_category": {"member_state": [0, 1]}}
    assert (await shown(plain, None, "?before=1"))["shows"] == []


async def test_the_log_of_a_sitting_tells_who_asked_and_the_result_by_category(
    meeting: Service,
) -> None:
    page = f"/sittings/{meeting.world.sittings['first']}/speeches"
    await wished(meeting, "chair", "ask-hands", question="<b>Go on</b>?", options=["Now", "Later"])
    await wished(meeting, "kenya", "raise-hand", number=1, choice=2)
    async with meeting.http() as http:
        assert "Go on" not in (await http.get(page)).text, "while it runs it is the room's"
        await wished(meeting, "chair", "close-hands", number=1)
        text = said(await http.get(page))
    assert "<b>Go on</b>? Asked by The chair at" in text
    assert "Category Now Later Member State 0 1 Together 0 1" in text


async def test_a_late_hand_counts_for_nothing(meeting: Service) -> None:
    nothing = await wished(meeting, "kenya", "raise-hand", number=1, choice=1)
    assert (nothing["ok"], nothing["reason"]) == (False, "nothing-asked")
    await wished(meeting, "chair", "ask-hands", question="First?")
    twice = await wished(meeting, "chair", "ask-hands", question="Second?")
    assert (twice["ok"], twice["reason"]) == (False, "still-asked")
    await wished(meeting, "chair", "close-hands", number=1)
    await wished(meeting, "chair", "ask-hands", question="Second?", options=["Yes", "No"])
    late = await wished(meeting, "kenya", "raise-hand", number=1, choice=1)
    assert (late["ok"], late["reason"]) == (False, "late-hand")
    assert late["why"]["sentence"] == "This show of hands is closed: your hand came too late."
    none = await wished(meeting, "kenya", "raise-hand", number=2, choice=3)
    assert (none["ok"], none["reason"]) == (False, "no-such-choice")
    wrong = await wished(meeting, "chair", "close-hands", number=1)
    assert (wrong["ok"], wrong["reason"]) == (False, "nothing-asked")
    await wished(meeting, "chair", "close-hands", number=2)
    assert [each["counts"]["by_choice"] for each in (await shown(meeting, "kenya"))["shows"]] == [
        [0, 0],
        [0, 0, 0],
    ]


async def test_asking_and_closing_can_be_taken_back(meeting: Service) -> None:
    async with meeting.attending("chair") as chair, meeting.attending("kenya") as kenya:
        await chair.wish("ask-hands", question="First?")
        await kenya.wish("raise-hand", number=1, choice=1)
        await chair.wish("close-hands", number=1)
        await chair.wish("undo")
        assert (await kenya.until("hands-restored"))["body"]["show"].get("counts") is None
        assert (await counted(chair, 1, 0, 0))["number"] == 1
        await chair.wish("close-hands", number=1)
        await chair.wish("ask-hands", question="By mistake?")
        await kenya.wish("raise-hand", number=2, choice=1)
        await chair.wish("undo")
        back = (await kenya.until("hands-restored"))["body"]["show"]
        assert (back["question"], back.get("counts")) == ("First?", None)
        assert (await kenya.until("hands-closed"))["body"] == {"table": [[], [1, 0, 0]]}
        late = await kenya.wish("raise-hand", number=2, choice=1)
        assert (late["ok"], late["reason"]) == (False, "nothing-asked")
        assert [each["number"] for each in (await shown(meeting, "chair"))["shows"]] == [1]


async def test_a_flood_of_hands_is_bounded_and_the_counts_come_once_a_second(
    plain: Service,
) -> None:
    async with plain.attending("chair") as chair, plain.attending("kenya") as kenya:
        await chair.wish("ask-hands", question="Shall we break?")
        began = asyncio.get_running_loop().time()
        for choice in [1, 2, 3] * 10:
            raised = {"kind": "raise-hand", "id": str(uuid4()), "number": 1, "choice": choice}
            await kenya.socket.send(json.dumps(raised))
        messages = 0
        async with asyncio.timeout(SOON):
            while True:
                told = await chair.until("hands-counted")
                messages += 1
                if told["counts"]["by_choice"] == [0, 0, 1]:
                    break
        took = asyncio.get_running_loop().time() - began
        assert messages <= took + 1, "thirty hands were not thirty messages"
        assert (await wished(plain, "brazil", "raise-hand", number=1, choice=1))["ok"] is True


NO_QUESTIONS: tuple[dict[str, Any], ...] = (
    {"question": ""},
    {"question": "  "},
    {"question": "x" * 201},
    {"question": "a\u202eb"},
    {"question": "a\0b"},
    {"question": "Well?", "options": []},
    {"question": "Well?", "options": ["Yes"]},
    {"question": "Well?", "options": ["1", "2", "3", "4", "5"]},
    {"question": "Well?", "options": ["Yes", "yes "]},
    {"question": "Well?", "options": ["Yes", "x" * 61]},
    {"question": "Well?", "options": "Yes"},
)


async def test_a_question_that_is_none_is_refused(plain: Service) -> None:
    async with plain.http("chair") as http:
        for said in NO_QUESTIONS:
            wish = {"kind": "ask-hands", "id": str(uuid4()), **said}
            got = await http.post(f"{path(plain)}/wishes", json=wish)
            assert (said, got.status_code) == (said, 422)
    assert (await shown(plain, "chair"))["shows"] == []


async def test_a_hand_is_never_somebody_elses(plain: Service) -> None:
    """Who a hand belongs to is who is signed in: no field can say otherwise."""
    await wished(plain, "chair", "ask-hands", question="Shall we break?")
    forged = {"person_id": str(plain.world.people["brazil"]), "category": "member_state"}
    async with plain.http("stakeholder") as http:
        wish = {"kind": "raise-hand", "id": str(uuid4()), "number": 1, "choice": 1, **forged}
        assert (await http.post(f"{path(plain)}/wishes", json=wish)).status_code == 422
    refused = await wished(plain, "moderator", "raise-hand", number=1, choice=1)
    assert (refused["ok"], refused["why"]["clause"] != "") == (False, True)


async def test_what_is_up_when_the_open_part_closes_is_counted_there(meeting: Service) -> None:
    async with meeting.attending("stakeholder") as guest, meeting.attending("kenya") as kenya:
        await wished(meeting, "chair", "ask-hands", question="Shall we break?")
        await guest.wish("raise-hand", number=1, choice=1)
        assert (await close_open_part(meeting)).status_code == 200
        closed = await guest.until("hands-closed")
        assert closed["body"]["table"][8:] == [[1, 0, 0]]
        assert (await guest.until("sitting-closing"))["position"] == closed["position"] + 1
        late = await wished(meeting, "kenya", "raise-hand", number=1, choice=1)
        assert (late["ok"], late["reason"]) == (False, "sitting-not-open")
        await kenya.until("note")
