"""Meetings and entities through the door for programs."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from sqlmodel import select

from app import editions
from app.models import FocalPoint, Meeting, Membership
from app.policy.parts import Part
from tests.records import CHILE, KENYA, NOW, SPLIT, Records, with_doors

NEXT = {
    "slug": "twenty-one",
    "title": "Twenty-first meeting",
    "time_zone": "Europe/Zurich",
    "edition": "bucharest-2022",
}
DAY = timedelta(days=1)
TEN = NOW + 5 * DAY


@pytest.fixture
async def desk(sqlite_tables_url, tmp_path) -> AsyncGenerator[Records]:
    made = await with_doors(sqlite_tables_url, tmp_path)
    yield made
    await made.database.close()


def sitting(part="second_half", start=TEN, **more):
    end = start + timedelta(hours=3)
    said = {"part": part, "starts_at": start.isoformat(), "ends_at": end.isoformat()}
    return said | more


async def test_everyone_may_know_what_meetings_there_are_and_by_which_rule(desk):
    (listed,) = (await desk.ask(None, "GET", "/meetings")).json()
    whole = (await desk.ask(None, "GET", "/meetings/twenty")).json()
    by_id = (await desk.ask(None, "GET", f"/meetings/{desk.meeting.id}")).json()

    assert listed["edition"] == {"id": "eur-44a4-2022", "digest": SPLIT.digest}
    assert {key: whole[key] for key in listed} == listed
    assert by_id == whole
    assert [each["part"] for each in whole["sittings"]] == [
        "consultation",
        "first_half",
        "second_half",
    ]
    assert whole["boundary"]["after"] == str(desk.first_half)
    assert (whole["boundary"]["minutes_before"], whole["boundary"]["actual_at"]) == (180, None)


@pytest.mark.parametrize("name", ["nowhere", "00000000-0000-4000-8000-000000000000", "%27"])
async def test_a_meeting_that_is_not_there_is_not_found(desk, name):
    answer = await desk.ask(None, "GET", f"/meetings/{name}")

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:cwg:not-found")


async def test_the_secretariat_founds_a_meeting_and_fills_it(desk):
    made = (await desk.ask("secretariat", "POST", "/meetings", NEXT)).json()
    added = await desk.ask(
        "secretariat", "POST", "/meetings/twenty-one/sittings", sitting("whole", TEN)
    )
    item = {"sitting_id": added.json()["id"], "title": "Welcome"}
    await desk.ask("secretariat", "POST", "/meetings/twenty-one/agenda-items", item)

    whole = (await desk.ask("secretariat", "GET", "/meetings/twenty-one")).json()
    assert made["edition"]["digest"] == editions.load()["bucharest-2022"].digest
    assert (added.status_code, added.json()["time_zone"]) == (201, "Europe/Zurich")
    assert [(each["number"], each["title"], each["kind"]) for each in whole["agenda"]] == [
        (1, "Welcome", "ordinary")
    ]


@pytest.mark.parametrize(("who", "status"), [("stranger", 403), ("focal", 403), (None, 401)])
async def test_nobody_else_founds_or_changes_a_meeting(desk, who, status):
    start = {"sitting_id": str(desk.first_half), "title": "Welcome"}
    chair = {"email": "stranger@example.org", "function": "chair"}
    answers = [
        await desk.ask(who, "POST", "/meetings", NEXT),
        await desk.ask(who, "POST", "/meetings/twenty/sittings", sitting()),
        await desk.ask(who, "POST", "/meetings/twenty/agenda-items", start),
        await desk.ask(who, "PUT", "/meetings/twenty/boundary", {"after": None}),
        await desk.ask(who, "PUT", "/meetings/twenty/functions", chair),
        await desk.ask(who, "GET", "/meetings/twenty/functions"),
    ]

    assert [each.status_code for each in answers] == [status] * 6
    assert await desk.count(Meeting) == 1


@pytest.mark.parametrize(
    ("more", "faults"),
    [
        ({"edition": "doha-2026"}, {"edition": "There is no such edition of the rule."}),
        ({"slug": "../x"}, {"slug": None}),
        ({"time_zone": "Mars"}, {"time_zone": None}),
        ({"title": "\u202e"}, {"title": None}),
        ({"epoch": 7}, {"body.epoch": None}),
        ({"title": 7}, {"body.title": None}),
    ],
)
async def test_what_makes_no_sense_founds_nothing(desk, more, faults):
    answer = await desk.ask("secretariat", "POST", "/meetings", NEXT | more)

    said = answer.json()["faults"]
    assert (answer.status_code, list(said)) == (422, list(faults))
    assert {field: said[field] for field, words in faults.items() if words} == {
        field: words for field, words in faults.items() if words
    }


async def test_a_slug_that_is_taken_is_a_conflict(desk):
    answer = await desk.ask("secretariat", "POST", "/meetings", NEXT | {"slug": "twenty"})

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:cwg:slug-taken")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (sitting(start=NOW + 2 * DAY), "starts_at"),
        (sitting(ends_at=(TEN - DAY).isoformat()), "ends_at"),
        (sitting(part="first_half"), "part"),
        (sitting(part="whole"), "part"),
        (sitting(part="lunch"), "body.part"),
        (sitting(starts_at="2026-12-01T09:00:00"), "body.starts_at"),
        (sitting(starts_at=1764579600), "body.starts_at"),
        (sitting(state="open"), "body.state"),
    ],
)
async def test_a_sitting_that_does_not_fit_is_told_by_field(desk, body, field):
    answer = await desk.ask("secretariat", "POST", "/meetings/twenty/sittings", body)

    assert (answer.status_code, list(answer.json()["faults"])) == (422, [field])


async def test_the_draft_report_belongs_to_the_first_half(desk):
    second = str(desk.sittings[Part.SECOND_HALF])
    item = {"sitting_id": second, "title": "Draft report", "kind": "draft_report"}

    wrong = await desk.ask("secretariat", "POST", "/meetings/twenty/agenda-items", item)
    item["sitting_id"] = str(desk.first_half)
    right = await desk.ask("secretariat", "POST", "/meetings/twenty/agenda-items", item)

    assert (wrong.status_code, wrong.json()["faults"]) == (
        422,
        {
            "sitting_id": "The draft of the Secretary-General's report must be an item"
            " of the first half."
        },
    )
    assert (right.status_code, right.json()["kind"]) == (201, "draft_report")


async def test_the_boundary_is_moved_by_the_secretariat(desk):
    path = "/meetings/twenty/boundary"
    added = await desk.ask("secretariat", "POST", "/meetings/twenty/sittings", sitting())
    second = str(desk.sittings[Part.SECOND_HALF])

    moved = (await desk.ask("secretariat", "PUT", path, {"after": second})).json()
    whole = (await desk.ask(None, "GET", "/meetings/twenty")).json()
    lost = await desk.ask("secretariat", "PUT", path, {})

    assert (moved["after"], moved["minutes_before"]) == (second, 360)
    assert [each["part"] for each in whole["sittings"]][2:] == ["first_half", "second_half"]
    assert added.status_code == 201
    assert (lost.status_code, list(lost.json()["faults"])) == (422, ["body.after"])


async def test_a_function_is_given_by_address_and_taken_back(desk):
    path = "/meetings/twenty/functions"
    body = {"email": "New@Example.ORG", "function": "moderator"}

    given = (await desk.ask("secretariat", "PUT", path, body)).json()
    (new,) = [each for each in given if each["function"] == "moderator"]
    gone = await desk.ask("secretariat", "DELETE", f"{path}/moderator/{new['person']}")
    again = await desk.ask("secretariat", "DELETE", f"{path}/moderator/{new['person']}")

    assert new["email"].lower() == "new@example.org"
    assert (gone.status_code, again.status_code) == (204, 404)
    last = f"{path}/secretariat/{desk.people['secretariat'].id}"
    refused = await desk.ask("secretariat", "DELETE", last)
    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "urn:cwg:last-of-the-secretariat",
    )
    wrong = await desk.ask("secretariat", "PUT", path, body | {"function": "king"})
    assert (wrong.status_code, list(wrong.json()["faults"])) == (422, ["body.function"])


async def test_entities_are_found_and_shown_with_their_dates(desk):
    (kenya,) = (await desk.ask(None, "GET", "/entities?q=keny")).json()
    record = (await desk.ask(None, "GET", f"/entities/{kenya['id']}")).json()

    assert (kenya["key"], kenya["name"]) == ("KE", "Kenya")
    assert record["memberships"] == [
        {
            "category": "member_state",
            "sector": "",
            "valid_from": "2020-01-01",
            "valid_until": None,
        }
    ]
    assert (await desk.ask(None, "GET", f"/entities/{desk.meeting.id}")).status_code == 404
    assert (await desk.ask(None, "GET", "/entities?q=" + "x" * 201)).status_code == 422
    assert (await desk.ask(None, "GET", "/entities?q=k&limit=0")).status_code == 422


async def test_a_first_day_that_nobody_knows_is_not_shown_as_one(desk):
    async with desk.database.writing() as db:
        for each in await db.exec(select(Membership)):
            each.valid_from = each.valid_from.min

    record = (await desk.ask(None, "GET", f"/entities/{desk.entities[KENYA]}")).json()

    assert record["memberships"][0]["valid_from"] is None


async def test_focal_points_are_designated_by_the_secretariat_and_seen_by_few(desk):
    path = f"/entities/{desk.entities[CHILE]}/focal-points"
    body = {"email": "other@example.org", "letter": "Note 7"}

    refused = await desk.ask("stranger", "POST", path, body)
    made = (await desk.ask("secretariat", "POST", path, body)).json()
    seen = [(await desk.ask(who, "GET", path)).status_code for who in ("other", "stranger", None)]
    gone = await desk.ask("secretariat", "DELETE", f"{path}/{made['person']}")

    assert (refused.status_code, made["email"]) == (403, "other@example.org")
    assert seen == [200, 403, 401]
    assert gone.status_code == 204
    assert (await desk.ask("secretariat", "GET", path)).json() == []
    assert await desk.count(FocalPoint) == 1
