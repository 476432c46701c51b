"""One sitting through the door for programs: may I, what may I know, opening and closing."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.models import AgendaItem
from tests.world import Service, service, settings

SERVES = (True, "function", "service of the meeting")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    """The small meeting, with one item of the agenda in each half."""
    async with service(settings(tmp_path)) as running:
        async with running.house.database.writing() as db:
            for number, (name, sitting_id) in enumerate(running.world.sittings.items(), 1):
                db.add(
                    AgendaItem(
                        meeting_id=running.world.meeting_id,
                        sitting_id=sitting_id,
                        number=number,
                        title=f"A matter of the {name} half",
                    )
                )
        yield running


async def ask(house: Service, key: str | None, sitting: str, path: str = "") -> Any:
    async with house.http(key) as http:
        return (await http.get(f"/api/v1/sittings/{house.world.sittings[sitting]}{path}")).json()


@pytest.mark.parametrize(
    ("key", "first_half", "second_half"),
    [
        ("kenya", (True, "named", "resolves 6"), (False, "not-yet-open", "resolves 6")),
        ("operator", (True, "named", "resolves 6"), (False, "not-yet-open", "resolves 6")),
        ("university", (True, "named", "resolves 6"), (False, "not-named", "resolves 6")),
        ("stakeholder", (True, "named", "resolves 6"), (False, "not-named", "resolves 6")),
        ("chair", SERVES, SERVES),
        (None, (False, "not-identified", "resolves 6"), (False, "not-identified", "resolves 6")),
    ],
)
async def test_may_i_attend_and_why(house, key, first_half, second_half):
    for sitting, expected in (("first", first_half), ("second", second_half)):
        told = (await ask(house, key, sitting, "/access"))["attend"]
        assert (told["allowed"], told["reason"], told["clause"]) == expected


async def test_the_answer_names_facts_and_remedy_and_every_right(house):
    told = await ask(house, "university", "second", "/access")

    assert (told["part"], sorted(told["rights"])) == (
        "second_half",
        [
            "attend",
            "comment",
            "file_contribution",
            "file_input",
            "raise_point_of_order",
            "read",
            "speak",
            "take_decisions",
        ],
    )
    assert told["attend"] | {"sentence": "", "clause_text": "", "remedy_sentence": ""} == {
        "allowed": False,
        "reason": "not-named",
        "clause": "resolves 6",
        "clause_text": "",
        "edition": "eur-44a4-2022",
        "sentence": "",
        "remedy": "attend-open-part",
        "remedy_sentence": "",
        "facts_used": ["category"],
        "facts_missing": ["category"],
    }


@pytest.mark.parametrize("key", [None, "stakeholder", "university"])
async def test_titles_and_items_of_the_members_part_are_for_those_who_may_read_it(house, key):
    async with house.http(key) as http:
        whole = (await http.get("/api/v1/meetings/twenty")).json()

    assert [each["title"] for each in whole["sittings"]] == ["The first half", ""]
    assert [each["title"] for each in whole["agenda"]] == ["A matter of the first half"]
    assert (await ask(house, key, "first"))["title"] == "The first half"
    assert (await ask(house, key, "second"))["title"] == ""


async def test_a_delegate_reads_what_others_may_not(house):
    async with house.http("kenya") as http:
        whole = (await http.get("/api/v1/meetings/twenty")).json()

    assert [each["title"] for each in whole["sittings"]] == ["The first half", "The second half"]
    assert [each["number"] for each in whole["agenda"]] == [1, 2]
    assert (await ask(house, "kenya", "second"))["title"] == "The second half"


async def test_the_room_of_the_members_part_does_not_name_it_to_an_outsider(house):
    second = house.world.sittings["second"]
    async with house.http() as http:
        outside = (await http.get(f"/room/{second}")).text
        beside = (await http.get(f"/room/{house.world.sittings['first']}")).text
    assert "The second half" not in outside + beside
    assert "The first half" in beside


async def test_only_the_chair_or_the_secretariat_closes_and_opens(house):
    path = f"/api/v1/sittings/{house.world.sittings['first']}"
    seen = []
    for key, what in (
        ("kenya", "close"),
        ("moderator", "close"),
        ("secretariat", "close"),
        ("chair", "close"),
        ("kenya", "open"),
        ("chair", "open"),
    ):
        async with house.http(key) as http:
            answer = await http.post(f"{path}/{what}")
        seen.append((key, what, answer.status_code, answer.json().get("state")))
    assert seen == [
        ("kenya", "close", 403, None),
        ("moderator", "close", 403, None),
        ("secretariat", "close", 200, "closed"),
        ("chair", "close", 403, None),
        ("kenya", "open", 403, None),
        ("chair", "open", 200, "open"),
    ]


async def test_a_sitting_that_is_not_there_is_not_found(house):
    async with house.http("kenya") as http:
        answer = await http.get(f"/api/v1/sittings/{uuid4()}/access")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:cwg:not-found")
