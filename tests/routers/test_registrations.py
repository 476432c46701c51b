"""Registration through the door for programs: what is taken, what is answered, who is told what."""

from collections.abc import AsyncGenerator

import pytest
from sqlmodel import col, select

from app.models import Act, Membership, Registration
from app.policy.parts import Part
from app.policy.people import Category
from app.services import entities
from tests.records import KENYA, NOW, Records, with_doors


@pytest.fixture
async def desk(sqlite_tables_url, tmp_path) -> AsyncGenerator[Records]:
    made = await with_doors(sqlite_tables_url, tmp_path)
    yield made
    await made.database.close()


def claim(desk, entity=None, **more):
    said = {
        "capacity": "delegate" if entity else "individual",
        "entity_id": str(desk.entities[entity]) if entity else None,
        "group": None if entity else "civil_society",
        "name": "A participant",
        "organization": "" if entity else "A society",
        "country": "" if entity else "CH",
        "modes": {str(desk.first_half): "remote"},
    }
    return said | more


async def submitted(desk, who="delegate", entity=None, **more):
    path = f"/meetings/{desk.meeting.slug}/registrations"
    return await desk.ask(who, "POST", path, claim(desk, entity, **more))


async def test_a_stakeholder_registers_and_is_confirmed(desk):
    answer = await submitted(desk)

    said = answer.json()
    assert (answer.status_code, said["state"], said["version"]) == (201, "approved", 1)
    assert said["modes"] == {str(desk.first_half): "remote"}
    assert said["email"] == "delegate@example.org"
    assert [each["step"] for each in said["track"]["steps"]] == ["submitted", "confirmed"]
    assert answer.headers["cache-control"] == "no-store"


async def test_a_claim_to_an_entity_goes_through_the_hands_of_its_focal_point(desk):
    said = (await submitted(desk, entity=KENYA)).json()
    assert (said["state"], said["entity"]["name"]) == ("submitted", "Kenya")
    assert said["track"]["owner"] == "focal_point"
    assert said["track"]["owner_names"] == ["The focal"]

    waiting = (await desk.ask("focal", "GET", "/registrations?state=to-decide")).json()
    assert [each["reference"] for each in waiting] == [said["reference"]]
    path = f"/registrations/{said['reference']}"
    done = (await desk.ask("focal", "POST", f"{path}/approve", {"version": 1})).json()

    assert (done["state"], done["track"]["owner"]) == ("approved", "nobody")
    mine = (await desk.ask("delegate", "GET", "/registrations")).json()
    assert [each["state"] for each in mine] == ["approved"]


@pytest.mark.parametrize(
    "field", ["category", "state", "version", "reference", "decided_by", "approved_at", "person"]
)
async def test_what_is_not_the_persons_to_say_is_not_taken(desk, field):
    answer = await submitted(desk, entity=KENYA, **{field: "member_state"})

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:cwg:malformed")
    assert list(answer.json()["faults"]) == [f"body.{field}"]
    assert await desk.count(Registration) == 0


async def test_the_category_is_the_records_whatever_the_capacity_says(desk):
    await submitted(desk, entity=KENYA, capacity="observer")
    async with desk.database.writing() as db:
        for each in await db.exec(select(Membership)):
            each.category = Category.ASSOCIATE

    async with desk.database.reading() as db:
        found = await entities.category_on(db, desk.entities[KENYA], NOW.date())
    assert found == (Category.ASSOCIATE, False)


@pytest.mark.parametrize(
    ("more", "field", "sentence"),
    [
        ({"name": ""}, "name", "This is needed."),
        ({"name": "x" * 121}, "name", "This is too long."),
        ({"organization": "<b>"}, "organization", "Write it as plain text, without tags or codes."),
        (
            {"name": "a\u202eb"},
            "name",
            "There are signs in it that turn the direction of writing.",
        ),
        ({"country": "ZZ"}, "country", "This is no country code."),
        ({"capacity": "delegate"}, "capacity", "A delegate represents an entity."),
        ({"modes": {}}, "modes", "Choose at least one sitting, and how you attend it."),
    ],
)
async def test_a_fault_is_told_at_its_field_in_words(desk, more, field, sentence):
    answer = await submitted(desk, **more)

    assert (answer.status_code, answer.json()["faults"]) == (422, {field: sentence})


@pytest.mark.parametrize(
    "more",
    [
        {"name": 7},
        {"name": "x" * 5000},
        {"capacity": "king"},
        {"group": "lobby"},
        {"modes": {"x": "remote"}},
        {"modes": [1, 2]},
        {"modes": None},
    ],
)
async def test_what_has_another_shape_is_refused(desk, more):
    answer = await submitted(desk, **more)

    assert answer.status_code == 422
    assert await desk.count(Registration) == 0


async def test_nobody_registers_without_signing_in_or_without_a_verified_address(desk):
    stranger = await submitted(desk, who=None)
    unverified = await submitted(desk, who="unverified")

    assert stranger.status_code == 401
    assert (unverified.status_code, unverified.json()["type"]) == (
        403,
        "urn:cwg:address-not-verified",
    )
    assert unverified.json()["detail"] == "Your mail address has not been verified yet."


async def test_to_others_a_registration_does_not_exist(desk):
    reference = (await submitted(desk, entity=KENYA)).json()["reference"]
    path = f"/registrations/{reference}"
    body = {"version": 1, "reason": "No."}

    answers = [
        await desk.ask("stranger", "GET", path),
        await desk.ask("stranger", "PATCH", path, claim(desk, version=1)),
        await desk.ask("stranger", "POST", f"{path}/approve", {"version": 1}),
        await desk.ask("stranger", "POST", f"{path}/withdraw", {"version": 1}),
        await desk.ask("stranger", "POST", f"{path}/reject", body),
        await desk.ask("stranger", "GET", "/registrations/00000000"),
    ]

    assert [each.status_code for each in answers] == [404] * 6
    assert len({each.text for each in answers}) == 1
    assert (await desk.ask(None, "GET", path)).status_code == 401


async def test_lists_hold_nobody_elses_registration(desk):
    await submitted(desk, "delegate", KENYA)
    await submitted(desk, "other")
    path = f"/meetings/{desk.meeting.slug}/registrations"

    async def names(who):
        return sorted(each["email"] for each in (await desk.ask(who, "GET", path)).json())

    assert await names("secretariat") == ["delegate@example.org", "other@example.org"]
    assert await names("focal") == ["delegate@example.org"]
    assert await names("other") == ["other@example.org"]
    assert await names("stranger") == []
    assert (await desk.ask(None, "GET", path)).status_code == 401


async def test_nobody_decides_on_their_own_and_the_answer_says_so(desk):
    said = (await submitted(desk, entity=KENYA)).json()
    path = f"/registrations/{said['reference']}/approve"

    own = await desk.ask("delegate", "POST", path, {"version": 1})
    secretariat = await desk.ask("secretariat", "POST", path, {"version": 1})

    assert (own.status_code, own.json()["detail"]) == (
        403,
        "Nobody decides on a claim of their own.",
    )
    assert (secretariat.status_code, secretariat.json()["type"]) == (
        403,
        "urn:cwg:focal-point-decides",
    )


async def test_a_version_that_is_not_the_newest_is_a_conflict(desk):
    said = (await submitted(desk, entity=KENYA)).json()
    path = f"/registrations/{said['reference']}"
    await desk.ask("delegate", "PATCH", path, claim(desk, KENYA, name="Another", version=1))

    late = await desk.ask("focal", "POST", f"{path}/approve", {"version": 1})
    done = await desk.ask("focal", "POST", f"{path}/approve", {"version": 2})
    again = await desk.ask("focal", "POST", f"{path}/approve", {"version": 2})

    assert (late.status_code, late.json()["type"]) == (409, "urn:cwg:changed-meanwhile")
    assert (done.status_code, done.json()["name"]) == (200, "Another")
    assert (again.status_code, again.json()["type"]) == (409, "urn:cwg:already-decided")
    assert again.json()["detail"] == "Somebody else has decided it already."


async def test_a_rejection_is_told_with_its_reason_and_a_place_is_given_up(desk):
    said = (await submitted(desk, entity=KENYA)).json()
    path = f"/registrations/{said['reference']}"

    silent = await desk.ask("focal", "POST", f"{path}/reject", {"version": 1, "reason": " "})
    await desk.ask("focal", "POST", f"{path}/reject", {"version": 1, "reason": "Ask us."})
    seen = (await desk.ask("delegate", "GET", path)).json()
    gone = await desk.ask("delegate", "POST", f"{path}/withdraw", {"version": 1})

    assert (silent.status_code, list(silent.json()["faults"])) == (422, ["reason"])
    assert (seen["state"], seen["reason"], seen["track"]["owner"]) == (
        "rejected",
        "Ask us.",
        "applicant",
    )
    assert (gone.status_code, gone.json()["state"]) == (200, "withdrawn")


async def test_a_meeting_that_is_not_there_takes_no_registration(desk):
    answer = await desk.ask("delegate", "POST", "/meetings/nowhere/registrations", claim(desk))

    assert answer.status_code == 404


async def test_registering_again_and_again_has_an_end(desk):
    path = f"/meetings/{desk.meeting.slug}/registrations"
    answers = [await desk.ask("other", "POST", path, claim(desk, name="")) for _ in range(61)]

    assert {each.status_code for each in answers[:60]} == {422}
    assert answers[60].status_code == 429
    assert int(answers[60].headers["retry-after"]) > 0


async def test_modes_are_by_sitting(desk):
    modes = {
        str(desk.first_half): "in_person",
        str(desk.sittings[Part.SECOND_HALF]): "remote",
    }

    said = (await submitted(desk, entity=KENYA, modes=modes)).json()

    assert said["modes"] == modes


@pytest.mark.parametrize(
    ("verb", "more"),
    [
        ("approve", {}),
        ("reject", {"reason": "No."}),
        ("questions", {"question": "Who sends you?"}),
        ("substitute", {"name": "Another", "email": "another@example.org"}),
    ],
)
async def test_a_decision_that_is_refused_leaves_an_act_and_nothing_else(desk, verb, more):
    said = (await submitted(desk, entity=KENYA)).json()
    path = f"/registrations/{said['reference']}/{verb}"
    sent = {"version": 1, **more}
    own = await desk.ask("delegate", "POST", path, sent)
    strange = await desk.ask("stranger", "POST", path, sent)
    unknown = await desk.ask("stranger", "POST", f"/registrations/NOSUCH00/{verb}", sent)
    assert [each.status_code for each in (own, strange, unknown)] == [403, 404, 404]

    async with desk.database.reading() as db:
        row = (await db.exec(select(Registration))).one()
        query = select(Act).where(Act.kind == "decision-refused").order_by(col(Act.number))
        told = [each.content or {} for each in await db.exec(query)]
    by = [str(desk.people[who].id) for who in ("delegate", "stranger", "stranger")]
    assert (row.state, row.version) == ("submitted", 1)
    assert [each["by"] for each in told] == by
    assert [each["reason"] for each in told] == ["own-claim", "not-theirs", "not-theirs"]
    assert [each["registration"] for each in told] == [str(row.id), str(row.id), "N0SUCH00"]
