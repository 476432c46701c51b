"""A delegation through the doors for programs: list, decisions, undoing, people at once."""

from collections.abc import AsyncGenerator

import pytest

from tests.records import CHILE, KENYA, Records, with_doors
from tests.routers.test_registrations import submitted


@pytest.fixture
async def desk(sqlite_tables_url, tmp_path) -> AsyncGenerator[Records]:
    made = await with_doors(sqlite_tables_url, tmp_path)
    yield made
    await made.database.close()


async def decided(desk, *decisions, who="focal"):
    sent = {"decisions": list(decisions)}
    return await desk.ask(who, "POST", "/delegation/decisions", sent)


def yes(reference, **more):
    return {"reference": reference, "version": 1, "approve": True} | more


async def listed(desk, who="focal", **asked):
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return (await desk.ask(who, "GET", f"/delegation?{query}")).json()


async def test_the_list_goes_over_meetings_with_its_flags_and_by_cursor(desk):
    for who in ("delegate", "other", "stranger"):
        await submitted(desk, who, KENYA, name="The same name")
    await submitted(desk, "secretariat", CHILE)
    path = f"/entities/{desk.entities[KENYA]}/domains"
    noted = await desk.ask("secretariat", "PUT", path, {"domains": ["@go.ke"]})

    first = await listed(desk, limit=2)
    rest = await listed(desk, limit=2, after=first["next"])

    assert noted.json() == {"domains": ["go.ke"]}
    assert (len(first["registrations"]), len(rest["registrations"]), rest["next"]) == (2, 1, "")
    shown = [*first["registrations"], *rest["registrations"]]
    assert {each["email"] for each in shown} == {
        f"{who}@example.org" for who in ("delegate", "other", "stranger")
    }
    assert {each["flag"] for each in shown[0]["flags"]} == {
        "same-person-twice",
        "mail-domain-not-the-entitys",
    }
    assert (await listed(desk, "stranger"))["registrations"] == []
    assert (await listed(desk, state="approved"))["registrations"] == []
    assert (await desk.ask("focal", "GET", "/delegation?after=x")).status_code == 422
    assert (await desk.ask("focal", "GET", "/delegation?state=nonsense")).status_code == 422


async def test_many_are_decided_and_the_second_is_told_by_whom(desk):
    one, two = [(await submitted(desk, who, KENYA)).json() for who in ("delegate", "other")]
    chile = (await submitted(desk, "stranger", CHILE)).json()

    got = await decided(
        desk,
        yes(one["reference"]),
        yes(two["reference"], approve=False, reason="Not of our delegation."),
        yes(chile["reference"]),
        yes("NOBODY00"),
    )

    done = {each["reference"]: each for each in got.json()["outcomes"]}
    assert [done[each["reference"]]["taken"] for each in (one, two, chile)] == [True, True, False]
    assert done[chile["reference"]]["reason"] == done["NOBODY00"]["reason"] == "not-found"
    (late,) = (await decided(desk, yes(one["reference"]))).json()["outcomes"]
    assert (late["taken"], late["reason"], late["state"], late["decided_by"]) == (
        False,
        "already-decided",
        "approved",
        "The focal",
    )
    path = f"/delegation/decisions/{got.json()['batch']}/undo"
    back = (await desk.ask("focal", "POST", path)).json()
    assert [each["taken"] for each in back] == [True, True]
    assert {each["state"] for each in (await listed(desk))["registrations"]} == {"submitted"}


async def test_an_approval_by_its_own_door_is_refused_for_another_body(desk):
    chile = (await submitted(desk, "stranger", CHILE)).json()["reference"]

    for door, more in (
        ("approve", {}),
        ("reject", {"reason": "No."}),
        ("questions", {"question": "?"}),
    ):
        path = f"/registrations/{chile}/{door}"
        assert (await desk.ask("focal", "POST", path, {"version": 1} | more)).status_code == 404


async def test_a_question_its_answer_and_a_substitute(desk):
    reference = (await submitted(desk, "delegate", KENYA)).json()["reference"]
    path = f"/registrations/{reference}"

    asked = await desk.ask(
        "focal", "POST", f"{path}/questions", {"version": 1, "question": "Which ministry?"}
    )
    answered = await desk.ask("delegate", "POST", f"{path}/answers", {"answer": "Transport."})
    again = await desk.ask("delegate", "POST", f"{path}/answers", {"answer": "Transport."})
    await desk.ask("focal", "POST", f"{path}/approve", {"version": 1})
    newcomer = {"version": 1, "name": "Another", "email": "another@example.org"}
    new = await desk.ask("focal", "POST", f"{path}/substitute", newcomer)

    assert (asked.status_code, asked.json()["track"]["owner"]) == (201, "applicant")
    assert (answered.status_code, answered.json()["track"]["owner"]) == (201, "focal_point")
    assert (again.status_code, again.json()["type"]) == (409, "urn:cwg:no-question-waits")
    assert again.json()["detail"] == "No question waits for an answer."
    said = new.json()
    assert (said["state"], said["email"], said["modes"]) == (
        "approved",
        "another@example.org",
        {str(desk.first_half): "remote"},
    )
    assert (await desk.ask("delegate", "GET", path)).json()["state"] == "withdrawn"


async def test_people_are_looked_at_first_and_then_put_forward_or_none(desk):
    path = f"/meetings/{desk.meeting.slug}/nominations"
    lines = [{"name": f"Delegate {n}", "email": f"d{n}@example.org"} for n in range(3)]
    sent = {"entity_id": str(desk.entities[KENYA]), "lines": lines}
    bad = sent | {"lines": [*lines, {"name": "=1+1", "email": "d0@example.org"}]}

    looked = (await desk.ask("focal", "POST", path, bad | {"dry_run": True})).json()
    refused = await desk.ask("focal", "POST", path, bad)
    foreign = await desk.ask("focal", "POST", path, sent | {"entity_id": str(desk.entities[CHILE])})
    done = await desk.ask("focal", "POST", path, sent)

    assert [(each["line"], each["field"], each["reason"]) for each in looked["faults"]] == [
        (1, "email", "twice-in-the-list"),
        (4, "name", "formula"),
        (4, "email", "twice-in-the-list"),
    ]
    assert (looked["number"], looked["batch"]) == (2, None)
    assert looked["faults"][1]["sentence"].startswith("This is a formula")
    assert refused.status_code == 422
    assert sorted(refused.json()["faults"]) == ["1.email", "4.email", "4.name"]
    assert (foreign.status_code, foreign.json()["detail"]) == (
        403,
        "You are not the focal point of this body.",
    )
    assert (done.status_code, done.json()["number"]) == (200, 3)
    undo = f"/delegation/decisions/{done.json()['batch']}/undo"
    assert (await desk.ask("focal", "POST", undo)).status_code == 200
    assert {each["state"] for each in (await listed(desk))["registrations"]} == {"withdrawn"}


async def test_a_stand_in_is_named_seen_and_ended(desk):
    path = f"/entities/{desk.entities[KENYA]}"
    sent = {"email": "other@example.org", "away_until": "2099-01-01"}

    too_long = await desk.ask("focal", "PUT", f"{path}/stand-in", sent)
    foreign = await desk.ask("stranger", "PUT", f"{path}/stand-in", sent)
    gone = await desk.ask("focal", "DELETE", f"{path}/stand-in")

    assert (too_long.status_code, foreign.status_code, gone.status_code) == (422, 403, 204)
    assert too_long.json()["faults"]["away_until"].startswith("Nobody stands in for more than 180")
