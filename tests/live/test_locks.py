"""Many hands at once on the same rows: everyone is answered, and nobody waits for each other."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from app.database import load
from app.mail import tokens
from app.models import Person, SignInLink
from app.services import entities
from tests.pages.reading import form, reading
from tests.world import Service, add_person, service, settings

DEADLINE = 60.0  # seconds: PostgreSQL takes one to see a deadlock, and the machine may be slow
CLAIMANTS = tuple(f"claimant-{number}" for number in range(6))
ROUNDS = 6


@pytest.fixture
async def busy(postgres_tables_url: str, tmp_path: Path) -> AsyncGenerator[Service]:
    """Kenya has a focal point, and people who will claim to speak for it; no rate is in the way.

    On PostgreSQL only: SQLite lets one write at a time.
    """
    given = settings(tmp_path, database_url=postgres_tables_url, claims_per_person="1000/hour")
    async with service(given) as running:
        world, now = running.world, datetime.now(UTC)
        async with running.house.database.writing() as db:
            for key in ("focal", *CLAIMANTS):
                await add_person(db, world, key, now, registered=False)
            focal = await load(db, Person, world.people["focal"])
            await entities.designate(db, world.entities["kenya"], focal, now.date(), now=now)
        yield running


async def claims(meeting: Service, key: str, told: Counter[tuple[str, int]]) -> None:
    """Claim to be of Kenya, and take it back, again and again."""
    claim = {
        "capacity": "delegate",
        "entity_id": str(meeting.world.entities["kenya"]),
        "name": f"The {key}",
        "modes": {str(meeting.world.sittings["first"]): "remote"},
    }
    async with meeting.http(key) as http:
        for _ in range(ROUNDS):
            made = await http.post("/api/v1/meetings/twenty/registrations", json=claim)
            told["claim", made.status_code] += 1
            path = f"/api/v1/registrations/{made.json()['reference']}/withdraw"
            back = await http.post(path, json={"version": made.json()["version"]})
            told["withdrawal", back.status_code] += 1


async def makes_tokens(meeting: Service, told: Counter[tuple[str, int]]) -> None:
    async with reading(meeting, "focal") as http:
        for _ in range(2 * ROUNDS):
            made = await http.post("/api/v1/tokens", json={"label": "a program"})
            told["token", made.status_code] += 1
            ended = await http.delete(f"/api/v1/tokens/{made.json()['id']}")
            told["token ended", ended.status_code] += 1


async def signs_in(meeting: Service, told: Counter[tuple[str, int]]) -> None:
    for _ in range(2 * ROUNDS):
        word = await link(meeting, "focal")
        async with reading(meeting) as browser:
            page = await browser.get(f"/sign-in/{word}")
            done = await browser.post(f"/sign-in/{word}", data=form(page, "/sign-in/").filled())
            told["sign-in", done.status_code] += 1


async def link(meeting: Service, key: str) -> str:
    """The word of a link, as the letter would have it."""
    word, now = tokens.new_token(), datetime.now(UTC)
    async with meeting.house.database.writing() as db:
        db.add(
            SignInLink(
                person_id=meeting.world.people[key],
                digest=tokens.digest(word),
                onward="/",
                created_at=now,
                expires_at=now + timedelta(minutes=5),
            )
        )
    return word


async def test_claims_to_an_entity_and_the_sign_ins_of_its_focal_point_do_not_embrace(
    busy: Service,
) -> None:
    told: Counter[tuple[str, int]] = Counter()
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as hands:
        for key in CLAIMANTS:
            hands.create_task(claims(busy, key, told))
        hands.create_task(makes_tokens(busy, told))
        hands.create_task(signs_in(busy, told))
    assert told == {
        ("claim", 201): ROUNDS * len(CLAIMANTS),
        ("withdrawal", 200): ROUNDS * len(CLAIMANTS),
        ("token", 201): 2 * ROUNDS,
        ("token ended", 204): 2 * ROUNDS,
        ("sign-in", 303): 2 * ROUNDS,
    }


async def wish(
    meeting: Service, http: httpx2.AsyncClient, sitting: str, kind: str, key: str
) -> dict[str, Any]:
    path = f"/api/v1/sittings/{meeting.world.sittings[sitting]}/wishes"
    answer = await http.post(path, json={"kind": kind, "id": key})
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


async def test_one_wish_in_two_sittings_at_once_is_looked_at_in_one_of_them(
    meeting: Service,
) -> None:
    """The identifier is of one wish: whichever comes second is told so, in words."""
    granted, not_open = (True, ""), (False, "sitting-not-open")
    used = (False, "wish-id-used")
    seen: list[tuple[tuple[bool, str], tuple[bool, str]]] = []
    async with meeting.http("chair") as http:
        await wish(meeting, http, "first", "open-list", str(uuid4()))
    one, two = meeting.http("kenya"), meeting.http("kenya")
    async with asyncio.timeout(DEADLINE), one, two:
        for _ in range(12):
            key = str(uuid4())
            asked = (
                wish(meeting, one, "first", "request-floor", key),
                wish(meeting, two, "second", "request-floor", key),
            )
            first, second = await asyncio.gather(*asked)
            seen.append(((first["ok"], first["reason"]), (second["ok"], second["reason"])))
            if first["ok"]:
                await wish(meeting, one, "first", "withdraw-request", str(uuid4()))
    assert [each for each in seen if each not in {(granted, used), (used, not_open)}] == []
    assert len(seen) == 12
