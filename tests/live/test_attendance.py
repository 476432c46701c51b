"""Attendance: from lines and doors, over the fence, corrected afterwards; and whose list it is."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from sqlmodel import col, select

from app.database import load, now_of
from app.live import leases
from app.models import Attending, Lease, Meeting, Registration, Sitting, Stay
from app.policy.registration import Mode
from app.services import access, attendance
from tests.live.test_fence import change, close_open_part, opened, sign_off
from tests.world import SOON, Service

HOUR = timedelta(hours=1)


async def listed(at: Service, sitting: str = "first", by: str = "chair") -> dict[str, Any]:
    """The list as the chair gets it, by name."""
    async with at.http(by) as http:
        path = f"/api/v1/sittings/{at.world.sittings[sitting]}/attendance"
        return {each["name"]: each for each in (await http.get(path)).json()}


async def settled(at: Service, name: str) -> dict[str, Any]:
    """Someone's line of the list once they have left: it is noted a moment later."""
    async with asyncio.timeout(SOON):
        while (found := (await listed(at))[name])["left_at"] is None:
            pass
    return dict(found)


async def post(
    at: Service, path: str, by: str, said: dict[str, Any], sitting: str = "first"
) -> Response:
    if not path.startswith("/"):
        path = f"/sittings/{at.world.sittings[sitting]}/attendance/{path}"
    async with at.http(by) as http:
        return await http.post(f"/api/v1{path}", json=said)


async def reference(at: Service, key: str) -> str:
    async with at.house.database.reading() as db:
        query = select(Registration).where(Registration.person_id == at.world.people[key])
        return (await db.exec(query)).one().reference


async def scan(
    at: Service, key: str, way: str, by: str = "steward", sitting: str = "first"
) -> Response:
    return await post(at, "scans", by, {"reference": await reference(at, key), "way": way}, sitting)


async def in_person(at: Service, *keys: str) -> None:
    """These people mean to come in person."""
    async with at.house.database.writing() as db:
        people = [at.world.people[key] for key in keys]
        query = (
            select(Attending)
            .join(Registration, col(Registration.id) == Attending.registration_id)
            .where(col(Registration.person_id).in_(people))
        )
        for each in await db.exec(query):
            each.mode = Mode.IN_PERSON


def stays(found: dict[str, Any]) -> list[tuple[str, str, bool]]:
    return [(each["source"], each["mode"], each["left_at"] is not None) for each in found["stays"]]


async def test_every_line_is_a_stay_and_a_newer_one_ends_the_older(meeting: Service) -> None:
    async with meeting.attending("kenya"):
        async with meeting.attending("kenya") as again:
            assert again.welcome["kind"] == "welcome"
            here = (await listed(meeting))["Delegate of Kenya"]
            assert stays(here) == [("socket", "remote", True), ("socket", "remote", False)]
            assert (here["left_at"], here["entity"], here["capacity"]) == (
                None,
                "Kenya",
                "delegate",
            )
            assert here["category"] == "member_state"
            assert here["reference"] == await reference(meeting, "kenya")
        await settled(meeting, "Delegate of Kenya")
    async with meeting.attending("kenya"):
        found = (await listed(meeting))["Delegate of Kenya"]
    assert [left for _, _, left in stays(found)] == [True, True, False]
    assert found["stays"][0]["left_at"] == found["stays"][1]["came_at"]


async def test_whoever_goes_on_at_the_fence_attends_both_parts_and_others_the_first(
    meeting: Service,
) -> None:
    await in_person(meeting, "brazil", "university")
    async with meeting.attending("chair"), meeting.attending("kenya") as kenya:
        assert (await scan(meeting, "brazil", "in")).json()["mode"] == "in_person"
        assert (await scan(meeting, "university", "in")).status_code == 200
        await close_open_part(meeting)
        await sign_off(meeting, head_count=2)
        await kenya.until("moved")
        await opened(meeting)
        first, second = await listed(meeting), await listed(meeting, "second")
        async with meeting.house.database.reading() as db:
            closed_at = (await load(db, Sitting, meeting.world.sittings["first"])).closed_at
    assert closed_at is not None
    in_person_there = {name for name, each in first.items() if each["mode"] == "in_person"}
    assert in_person_there == {"Delegate of Brazil", "Delegate of A university", "The chair"}
    assert {datetime.fromisoformat(each["left_at"]) for each in first.values()} == {closed_at}
    assert sorted(second) == ["Delegate of Brazil", "Delegate of Kenya", "The chair"]
    assert stays(second["Delegate of Brazil"]) == [("door", "in_person", False)]
    assert stays(second["Delegate of Kenya"]) == [("socket", "remote", False)]


async def test_the_door_is_the_steward_s_and_the_rule_s(meeting: Service) -> None:
    for by in ("kenya", "chair", "secretariat"):
        refused = await scan(meeting, "kenya", "in", by=by)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:cwg:not-a-steward")
    early = await scan(meeting, "kenya", "in", sitting="second")
    assert early.json()["decision"]["reason"] == "not-yet-open"
    outsider = await scan(meeting, "stakeholder", "in", sitting="second")
    assert outsider.json()["decision"]["reason"] == "not-named"
    for read in ("NOBODY", "A\0B", "\U0001f30d", "' OR 1=1", ""):
        unknown = await post(meeting, "scans", "steward", {"reference": read, "way": "in"})
        assert (unknown.status_code, unknown.json()["type"]) == (403, "urn:cwg:unknown-reference")
    never = await scan(meeting, "kenya", "out")
    assert never.json()["type"] == "urn:cwg:not-in-the-hall"
    assert await listed(meeting) == await listed(meeting, "second") == {}

    first, second = await scan(meeting, "kenya", "in"), await scan(meeting, "kenya", "in")
    assert first.json() == second.json()
    async with meeting.attending("kenya"):
        both = (await listed(meeting))["Delegate of Kenya"]
    assert (both["mode"], len(both["stays"])) == ("in_person", 2)
    assert (await scan(meeting, "kenya", "out")).status_code == 200


async def test_nobody_is_in_the_hall_of_a_sitting_that_was_closed_and_opened_again(
    plain: Service,
) -> None:
    await scan(plain, "kenya", "in")
    assert (await change(plain, "first", "close")).status_code == 200
    assert (await change(plain, "first", "open")).status_code == 200
    assert stays((await listed(plain))["Delegate of Kenya"]) == [("door", "in_person", True)]
    assert (await scan(plain, "kenya", "out")).status_code == 403


async def test_when_a_process_dies_its_people_were_there_until_its_lease_ended(
    meeting: Service,
) -> None:
    """A process that was killed long ago, and a later one that clears old leases away."""
    sitting_id, dead = meeting.world.sittings["first"], uuid4()
    kenya = await meeting.person("kenya")
    async with meeting.house.database.writing() as db:
        ended = await now_of(db) - 90_000
        db.add(Lease(id=dead, started_at=ended - 60, expires_at=ended))
        who = (
            await attendance.attendees(
                db, meeting.world.meeting_id, [kenya], {kenya.id: await standing(meeting, db)}
            )
        )[kenya.id]
        came = datetime.fromtimestamp(ended - 30, UTC)
        db.add(attendance.stay_of(sitting_id, kenya.id, who, came, process=dead, generation=1))
    assert (await listed(meeting))["Delegate of Kenya"]["minutes"] == 0
    assert duration((await listed(meeting))["Delegate of Kenya"]) == 30
    async with meeting.house.database.writing() as db:
        await leases.take(db, 10)
    assert duration((await listed(meeting))["Delegate of Kenya"]) == 30
    async with meeting.attending("kenya"):
        async with meeting.house.database.writing() as db:
            await leases.take(db, 10)
            assert await db.get(Lease, dead) is None
        found = (await listed(meeting))["Delegate of Kenya"]
    assert [duration(each) for each in found["stays"][:1]] == [30]


async def standing(at: Service, db: Any) -> Any:
    sitting = await load(db, Sitting, at.world.sittings["first"])
    meeting = await load(db, Meeting, at.world.meeting_id)
    return await access.standing(db, await at.person("kenya"), sitting, meeting, datetime.now(UTC))


def duration(found: dict[str, Any]) -> float:
    left, came = (datetime.fromisoformat(found[name]) for name in ("left_at", "came_at"))
    return round((left - came).total_seconds())


def correction(began: datetime, minutes: int = 30, **more: Any) -> dict[str, Any]:
    ended = began + timedelta(minutes=minutes)
    times = {"came_at": began.isoformat(), "left_at": ended.isoformat()}
    return {**times, "mode": "remote", "reason": "The list of the door on paper.", **more}


async def test_a_correction_is_marked_and_the_original_is_kept(meeting: Service) -> None:
    began = datetime.now(UTC) - HOUR
    async with meeting.attending("kenya"):
        there = (await listed(meeting))["Delegate of Kenya"]["stays"][0]
        early = await post(meeting, f"/stays/{there['id']}", "secretariat", correction(began))
        assert early.json()["type"] == "urn:cwg:not-over"
    await settled(meeting, "Delegate of Kenya")
    first = await post(meeting, f"/stays/{there['id']}", "secretariat", correction(began))
    assert first.status_code == 201
    late = await post(meeting, f"/stays/{there['id']}", "secretariat", correction(began))
    assert (late.status_code, late.json()["type"]) == (409, "urn:cwg:corrected-meanwhile")
    struck = await post(
        meeting, f"/stays/{first.json()['id']}/strike", "secretariat", {"reason": "It was another."}
    )
    assert struck.status_code == 201
    added = await post(
        meeting,
        "stays",
        "secretariat",
        correction(began, 45, reference=await reference(meeting, "brazil"), mode="in_person"),
    )
    assert added.status_code == 201

    found = await listed(meeting)
    brazil, kenya = found["Delegate of Brazil"], found["Delegate of Kenya"]
    assert (brazil["minutes"], brazil["mode"], brazil["corrected"]) == (45, "in_person", True)
    (shown,) = kenya["stays"]
    assert (kenya["minutes"], shown["struck"], shown["counts"]) == (0, True, False)
    assert (shown["by"], shown["reason"]) == ("The secretariat", "It was another.")
    assert [each["source"] for each in shown["before"]] == ["correction", "socket"]
    assert shown["before"][1]["id"] == there["id"]
    async with meeting.house.database.reading() as db:
        original = await load(db, Stay, UUID(there["id"]))
    assert original.came_at.isoformat().replace("+00:00", "Z") == there["came_at"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"left_at": "2001-01-01T00:00:00Z"}, "left_at"),
        ({"came_at": "2001-01-01T00:00:00Z"}, "came_at"),
        ({"left_at": "2101-01-01T00:00:00Z"}, "left_at"),
        ({"came_at": "0001-01-01T00:00:00+14:00"}, "came_at"),
        ({"left_at": "9999-12-31T23:59:59-12:00"}, "left_at"),
        ({"reason": "A\u202e"}, "reason"),
    ],
)
async def test_a_correction_that_says_nothing_or_the_impossible_is_refused(
    plain: Service, said: dict[str, str], field: str
) -> None:
    body = correction(datetime.now(UTC) - HOUR, reference=await reference(plain, "kenya")) | said
    refused = await post(plain, "stays", "secretariat", body)
    assert (refused.status_code, list(refused.json()["faults"])) == (422, [field])
    assert await listed(plain) == {}


async def test_the_list_is_the_chair_s_and_the_secretariat_s_and_one_s_own_is_one_s_own(
    plain: Service,
) -> None:
    async with plain.attending("kenya"), plain.attending("stakeholder"):
        path = f"/api/v1/sittings/{plain.world.sittings['first']}/attendance"
        seen = {}
        for key in (None, "kenya", "moderator", "steward", "chair", "secretariat"):
            async with plain.http(key) as http:
                seen[key] = (await http.get(path)).status_code
        assert seen == {
            None: 401,
            "kenya": 404,
            "moderator": 404,
            "steward": 404,
            "chair": 200,
            "secretariat": 200,
        }
        async with plain.http("kenya") as http:
            (own,) = (await http.get("/api/v1/attendance")).json()
        assert (own["meeting"], own["part"], own["attended"]["name"]) == (
            "twenty",
            "first_half",
            "Delegate of Kenya",
        )
        async with plain.http("chair") as http:
            for asked, found in (("KENYA delegate", 1), ("association", 1), ("chile", 0), ("", 2)):
                assert len((await http.get(path, params={"q": asked})).json()) == found
    body = correction(datetime.now(UTC) - HOUR, reference=await reference(plain, "kenya"))
    refused = await post(plain, "stays", "chair", body)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:cwg:not-the-secretariat")
    hidden = await post(plain, "stays", "kenya", body)
    assert hidden.status_code == 404
