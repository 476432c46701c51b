"""Badges at the desk and at the doors; what is copied, forged or old is told."""

import asyncio
import json
import re
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Response
from sqlmodel import col, select

from app.keys import verifies
from app.models import Act, Appointment, Badge, DoorScan, Meeting, Registration, Sitting, Stay
from app.policy.badge import MARK
from app.policy.certificate import fingerprint
from app.policy.people import Function
from app.policy.registration import RegistrationState
from app.routers.doors import digest
from tests.live.test_attendance import listed, reference, stays
from tests.live.test_fence import close_open_part, opened, sign_off
from tests.world import Service, add_person


async def desk(at: Service, path: str, by: str = "secretariat", **said: Any) -> Response:
    async with at.http(by) as http:
        return await http.post(f"/api/v1/meetings/twenty/badges{path}", json=said)


async def printed(at: Service, key: str, path: str = "") -> str:
    """What the code of somebody's badge says."""
    got = await desk(at, path, registration=await reference(at, key))
    assert got.status_code == 201, got.text
    return str(got.json()["text"])


async def scan(
    house: Service,
    text: str,
    way: str = "in",
    *,
    by: str = "steward",
    sitting: str = "first",
    **more: Any,
) -> dict[str, Any]:
    said = {"id": str(uuid4()), "text": text, "way": way} | more
    async with house.http(by) as http:
        path = f"/api/v1/sittings/{house.world.sittings[sitting]}/door/scans"
        got = await http.post(path, json=said)
        assert got.status_code == 200, got.text
        told: dict[str, Any] = got.json()
        return told


async def hall(at: Service, by: str = "steward") -> dict[str, Any]:
    async with at.http(by) as http:
        path = f"/api/v1/sittings/{at.world.sittings['first']}/door"
        told: dict[str, Any] = (await http.get(path)).json()
        return told


async def acts(at: Service, *kinds: str) -> list[tuple[str, dict[str, Any]]]:
    async with at.house.database.reading() as db:
        query = select(Act).where(col(Act.kind).in_(kinds)).order_by(col(Act.number))
        return [(each.kind, each.content or {}) for each in await db.exec(query)]


def told(found: dict[str, Any]) -> tuple[str, str]:
    return found["verdict"], found["reason"]


async def second_steward(at: Service) -> None:
    async with at.house.database.writing() as db:
        await add_person(db, at.world, "other-steward", datetime.now(UTC), registered=False)
        at_door = Appointment(
            meeting_id=at.world.meeting_id,
            person_id=at.world.people["other-steward"],
            function=Function.STEWARD,
            given_at=datetime.now(UTC),
        )
        db.add(at_door)


async def test_a_registration_has_one_badge_and_another_takes_its_place(meeting: Service) -> None:
    first = await printed(meeting, "kenya")
    again = await desk(meeting, "", registration=await reference(meeting, "kenya"))
    assert (again.status_code, again.json()["type"]) == (409, "urn:cwg:has-a-badge")
    second = await printed(meeting, "kenya", "/reprint")
    assert first != second

    valid = (await desk(meeting, "/check", text=second)).json()
    old = (await desk(meeting, "/check", "steward", text=first)).json()
    assert (valid["valid"], valid["name"]) == (True, "Delegate of Kenya")
    assert (old["valid"], old["reason"]) == (False, "replaced-badge")
    assert (await desk(meeting, "/revoke", registration=valid["registration"])).status_code == 204
    ended = (await desk(meeting, "/check", text=second)).json()
    assert (ended["valid"], ended["reason"]) == (False, "revoked-badge")
    kinds = [
        kind for kind, _ in await acts(meeting, "badge-issued", "badge-reprinted", "badge-revoked")
    ]
    assert kinds == ["badge-issued", "badge-reprinted", "badge-issued", "badge-revoked"]


async def test_a_badge_says_nothing_of_anybody(meeting: Service) -> None:
    text = await printed(meeting, "kenya")
    async with meeting.house.database.reading() as db:
        row = (
            await db.exec(
                select(Registration).where(
                    Registration.reference == await reference(meeting, "kenya")
                )
            )
        ).one()
    hidden = (row.reference, row.id.hex.upper(), row.person_id.hex.upper(), "KENYA")
    assert [each for each in hidden if each in text] == []
    assert (text[:3], len(text)) == (MARK, 29)


async def test_two_desks_at_once_print_one_valid_badge(meeting: Service) -> None:
    said = await reference(meeting, "kenya")
    got = await asyncio.gather(
        *(desk(meeting, path, registration=said) for path in ("", "", "/reprint", "/reprint"))
    )
    assert {each.status_code for each in got} <= {201, 409}
    async with meeting.house.database.reading() as db:
        valid = list(await db.exec(select(Badge).where(col(Badge.ended_at).is_(None))))
    assert len(valid) == 1


async def test_only_the_desk_prints_and_only_what_is_confirmed(meeting: Service) -> None:
    said = await reference(meeting, "kenya")
    for by in ("kenya", "chair", "steward", "moderator"):
        for path in ("", "/reprint", "/revoke"):
            refused = await desk(meeting, path, by, registration=said)
            assert (refused.status_code, refused.json()["type"]) == (
                403,
                "urn:cwg:not-the-badge-desk",
            )
    assert (await desk(meeting, "/check", "kenya", text=said)).status_code == 403
    assert (await desk(meeting, "", registration="NOBODY")).status_code == 404
    assert (await desk(meeting, "", registration="A\0B")).status_code == 404
    await _state(meeting, "kenya", RegistrationState.SUBMITTED)
    waits = await desk(meeting, "", registration=said)
    assert (waits.status_code, waits.json()["type"]) == (403, "urn:cwg:registration-not-confirmed")


async def _state(at: Service, key: str, state: RegistrationState, *, edits: int = 0) -> None:
    async with at.house.database.writing() as db:
        query = select(Registration).where(Registration.person_id == at.world.people[key])
        row = (await db.exec(query)).one()
        row.state, row.version = state, row.version + edits


async def test_what_is_no_valid_badge_is_refused_in_words_and_kept(meeting: Service) -> None:
    good = await printed(meeting, "kenya")
    replaced = await printed(meeting, "brazil")
    await printed(meeting, "brazil", "/reprint")
    revoked = await printed(meeting, "operator")
    await desk(meeting, "/revoke", registration=await reference(meeting, "operator"))
    withdrawn = await printed(meeting, "startup")
    await _state(meeting, "startup", RegistrationState.WITHDRAWN)
    edited = await printed(meeting, "university")
    await _state(meeting, "university", RegistrationState.APPROVED, edits=1)
    last = "0" if good[-1] != "0" else "1"
    refused = {
        good[:-1] + last: "forged-badge",
        MARK + "0" * 26: "forged-badge",
        replaced: "replaced-badge",
        revoked: "revoked-badge",
        withdrawn: "registration-not-confirmed",
        edited: "outdated-badge",
        await _of_another_meeting(meeting): "badge-of-another-meeting",
        "\U0001f30d\0' OR 1=1": "unknown-reference",
    }
    for text, reason in refused.items():
        found = await scan(meeting, text)
        assert told(found) == ("refused", reason), text
        assert found["sentence"].endswith(".")
        assert found["head_count"] == 0
    other = await scan(meeting, list(refused)[6])
    assert (other["name"], other["entity"]) == ("", "")  # whose it is, is not told here
    kept = await acts(meeting, "door-refused")
    assert [each["reason"] for _, each in kept] == [*refused.values(), "badge-of-another-meeting"]
    flagged = {each["reason"] for each in (await hall(meeting))["flags"]}
    assert flagged == {
        "forged-badge",
        "replaced-badge",
        "revoked-badge",
        "badge-of-another-meeting",
    }
    assert told(await scan(meeting, good)) == ("admitted", "")
    legacy = await _legacy(meeting, replaced)
    assert (legacy.status_code, legacy.json()["type"]) == (403, "urn:cwg:replaced-badge")
    assert len(await acts(meeting, "door-refused")) == len(kept) + 1


async def _legacy(at: Service, text: str, way: str = "in") -> Response:
    async with at.http("steward") as http:
        path = f"/api/v1/sittings/{at.world.sittings['first']}/attendance/scans"
        return await http.post(path, json={"reference": text, "way": way})


async def _of_another_meeting(at: Service) -> str:
    """A badge of this service for a meeting at which nobody here is a steward."""
    text = await printed(at, "stakeholder")
    async with at.house.database.writing() as db:
        here = (await db.exec(select(Meeting))).one()
        there = Meeting(**here.model_dump(exclude={"id", "slug"}), slug="another")
        db.add(there)
        await db.flush()
        query = select(Registration).where(Registration.person_id == at.world.people["stakeholder"])
        (await db.exec(query)).one().meeting_id = there.id
    return text


async def test_badge_and_reference_open_the_same_door_and_a_scan_counts_once(
    meeting: Service,
) -> None:
    text, same = await printed(meeting, "kenya"), str(uuid4())
    first = await scan(meeting, text, id=same)
    again = await scan(meeting, text, id=same)
    assert first == again
    assert (told(first), first["name"], first["entity"], first["head_count"]) == (
        ("admitted", ""),
        "Delegate of Kenya",
        "Kenya",
        1,
    )
    assert first["category"] == "Member State"
    assert "resolves 6" in first["sentence"]
    assert first["clause"] == "resolves 6"
    outs = await asyncio.gather(*(scan(meeting, text, "out", id=str(uuid4())) for _ in range(4)))
    assert sorted(each["verdict"] for each in outs) == ["left", "refused", "refused", "refused"]
    by_reference = await scan(meeting, await reference(meeting, "brazil"))
    assert told(by_reference) == ("admitted", "")
    assert (await hall(meeting))["head_count"] == 1
    assert (await _legacy(meeting, text)).status_code == 200
    assert (await hall(meeting))["head_count"] == 2


async def test_whom_the_rule_does_not_name_is_told_the_clause(meeting: Service) -> None:
    text = await printed(meeting, "stakeholder")
    found = await scan(meeting, text, sitting="second")
    assert (told(found), found["clause"]) == (("refused", "not-named"), "resolves 6")
    assert "resolves 6" in found["sentence"]
    kept = await acts(meeting, "door-refused")
    assert [(each["reason"], each["by"]) for _, each in kept] == [
        ("not-named", str(meeting.world.people["steward"]))
    ]


async def test_a_copied_badge_is_noticed_at_the_second_door(meeting: Service) -> None:
    await second_steward(meeting)
    text = await printed(meeting, "kenya")
    assert told(await scan(meeting, text, door="North")) == ("admitted", "")
    copied = await scan(meeting, text, door="South", by="other-steward")
    assert told(copied) == ("refused", "two-doors-within-a-minute")
    assert "check who carries it" in copied["sentence"]
    for by in ("steward", "other-steward"):
        (flag,) = (await hall(meeting, by))["flags"]
        assert (flag["name"], flag["door"], flag["reason"]) == (
            "Delegate of Kenya",
            "South",
            "two-doors-within-a-minute",
        )
    assert (await hall(meeting))["head_count"] == 1
    insisted = await scan(meeting, text, door="South", by="other-steward", insists=True)
    assert (told(insisted), insisted["head_count"]) == (("admitted", ""), 1)
    kinds = [
        (kind, each["insisted"])
        for kind, each in await acts(meeting, "door-refused", "door-admitted")
    ]
    assert kinds == [("door-refused", False), ("door-admitted", True)]


async def test_a_badge_handed_back_through_the_window_is_noticed(meeting: Service) -> None:
    text = await printed(meeting, "kenya")
    ago = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    assert told(await scan(meeting, text, at=ago)) == ("admitted", "")
    replayed = await scan(meeting, text)
    assert (told(replayed), replayed["flagged"]) == (("already-in", "already-in-the-hall"), True)
    assert replayed["since"] == ago.replace("+00:00", "Z")
    assert replayed["head_count"] == 1


async def test_what_a_door_did_alone_is_reconciled_at_its_moment(meeting: Service) -> None:
    """Two doors without network, told in the wrong order; one badge had ended."""
    text, old = await printed(meeting, "kenya"), await printed(meeting, "brazil")
    await printed(meeting, "brazil", "/reprint")

    now = datetime.now(UTC)

    def at(minutes: int) -> str:
        return (now - timedelta(minutes=minutes)).isoformat()

    left_first = await scan(meeting, text, "out", at=at(20), told="admitted", door="South")
    assert told(left_first) == ("refused", "not-in-the-hall")
    came = await scan(meeting, text, "in", at=at(30), told="admitted", door="North")
    assert (told(came), came["head_count"]) == (("admitted", ""), 0)
    found = (await listed(meeting))["Delegate of Kenya"]
    assert (found["minutes"], stays(found)) == (10, [("door", "in_person", True)])

    contested = await scan(meeting, old, "in", at=at(10), told="admitted", door="North")
    assert (told(contested), contested["contested"]) == (("refused", "replaced-badge"), True)
    turned_away = await scan(
        meeting, await reference(meeting, "operator"), "in", at=at(9), told="refused"
    )
    assert told(turned_away) == ("refused", "turned-away-offline")
    unchecked = await scan(
        meeting, await reference(meeting, "startup"), "in", at=at(8), told="unchecked"
    )
    assert (told(unchecked), unchecked["head_count"]) == (("admitted", ""), 1)
    flags = [(each["reason"], each["contested"]) for each in (await hall(meeting))["flags"]]
    assert flags == [("replaced-badge", True)]


async def test_what_is_reconciled_after_the_fence_belongs_to_the_open_part(
    meeting: Service,
) -> None:
    text = await printed(meeting, "kenya")
    came = datetime.now(UTC) - timedelta(minutes=5)
    async with meeting.attending("chair"):
        await close_open_part(meeting)
        await sign_off(meeting, head_count=1)
        await opened(meeting)
    late = await scan(meeting, text, at=came.isoformat(), told="admitted")
    assert (told(late), late["head_count"]) == (("admitted", ""), 0)
    async with meeting.house.database.reading() as db:
        sitting = (
            await db.exec(select(Sitting).where(Sitting.id == meeting.world.sittings["first"]))
        ).one()
        stay = (await db.exec(select(Stay).where(Stay.name == "Delegate of Kenya"))).one()
    assert (stay.came_at, stay.left_at) == (came, sitting.closed_at)
    now = await scan(meeting, text)
    assert told(now) == ("refused", "not-yet-open")


async def test_the_list_for_an_outage_is_signed_and_makes_no_badge(meeting: Service) -> None:
    text, old = await printed(meeting, "kenya"), await printed(meeting, "brazil")
    newer = await printed(meeting, "brazil", "/reprint")
    await scan(meeting, text)
    paths = {
        name: f"/api/v1/sittings/{meeting.world.sittings[name]}/door/list"
        for name in ("first", "second")
    }
    async with meeting.http("steward") as http:
        first, got = [(await http.get(paths[name])).json() for name in ("first", "second")]
        keys = (await http.get("/api/v1/keys")).json()
    assert keys["fingerprint"] == fingerprint(b64decode(got["key"]))
    assert verifies(b64decode(got["key"]), got["text"].encode(), b64decode(got["signature"]))
    assert not verifies(
        b64decode(got["key"]),
        got["text"].replace("Kenya", "Chile").encode(),
        b64decode(got["signature"]),
    )
    said = json.loads(got["text"])
    by = {key: person for person in said["people"] for key in person["by"]}
    assert by[digest(text)]["allowed"]
    assert by[digest(newer)]["name"] == "Delegate of Brazil"
    assert by[digest(await reference(meeting, "kenya"))] == by[digest(text)]
    stakeholder = by[digest(await reference(meeting, "stakeholder"))]
    assert (stakeholder["allowed"], stakeholder["clause"]) == (False, "resolves 6")
    assert (said["ended"], said["open"], said["opens_at"]) == ([digest(old)], False, None)
    assert [text[3:13] in got["text"], text[13:] in got["text"]] == [False, False]
    assert [each["name"] for each in json.loads(first["text"])["people"] if each["inside"]] == [
        "Delegate of Kenya"
    ]
    async with meeting.http("secretariat") as http:
        assert (await http.get(paths["first"])).status_code == 403


async def test_a_scan_belongs_to_one_sitting(meeting: Service) -> None:
    text, same = await printed(meeting, "kenya"), str(uuid4())
    await scan(meeting, text, id=same)
    async with meeting.http("steward") as http:
        path = f"/api/v1/sittings/{meeting.world.sittings['second']}/door/scans"
        got = await http.post(path, json={"id": same, "text": text, "way": "in"})
    assert got.status_code == 404
    async with meeting.house.database.reading() as db:
        assert len(list(await db.exec(select(DoorScan)))) == 1


@pytest.mark.parametrize("door", ["a\nb", "x" * 41])
async def test_a_door_has_a_short_plain_name(plain: Service, door: str) -> None:
    async with plain.http("steward") as http:
        path = f"/api/v1/sittings/{plain.world.sittings['first']}/door/scans"
        got = await http.post(
            path, json={"id": str(uuid4()), "text": "X", "way": "in", "door": door}
        )
    assert got.status_code == 422


async def print_all(at: Service, *keys: str, by: str = "secretariat") -> Response:
    said = [await reference(at, key) for key in keys]
    async with at.http(by) as http:
        return await http.post("/api/v1/meetings/twenty/badges/print", json={"registrations": said})


async def test_a_batch_is_one_pdf_and_keeps_the_badges_that_are_valid(meeting: Service) -> None:
    kept = await printed(meeting, "kenya")
    await printed(meeting, "university")
    await _state(meeting, "university", RegistrationState.APPROVED, edits=1)
    await _state(meeting, "startup", RegistrationState.WITHDRAWN)
    got = await print_all(meeting, "kenya", "university", "startup", "stakeholder")
    assert (got.status_code, got.headers["content-type"]) == (200, "application/pdf")
    assert (got.headers["cache-control"], got.content[:5]) == ("no-store", b"%PDF-")
    assert pages(got.content) == 3  # who has withdrawn gets none
    async with meeting.http("secretariat") as http:
        listed = (await http.get("/api/v1/meetings/twenty/badges")).json()
    valid = {each["name"]: each["badge"] for each in listed}
    assert valid["Delegate of Kenya"]["text"] == kept
    assert valid["Delegate of A university"]["outdated"] is False
    assert sorted(name for name, badge in valid.items() if badge) == [
        "Delegate of A university",
        "Delegate of Kenya",
        "The stakeholder",
    ]
    assert (await print_all(meeting, "startup")).status_code == 404
    assert (await print_all(meeting, "kenya", by="steward")).status_code == 403


def pages(pdf: bytes) -> int:
    return max(int(count) for count in re.findall(rb"/Count (\d+)", pdf))
