"""What every answer carries, how much a request may bring, and whether the service is well."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.edge import CARRIED
from app.main import LARGEST_BODY
from tests.pages.reading import reading
from tests.world import Service, service, settings

NOWHERE = "/nowhere"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        yield running


async def test_nothing_private_is_kept_on_the_way_and_no_answer_is_guessed_at(house):
    sitting = f"/api/v1/sittings/{house.world.sittings['first']}"
    async with house.http("chair") as http:
        for path in (
            *(sitting, f"{sitting}/access", f"{sitting}/floor", f"{sitting}/fence"),
            *("/api/v1/meetings", "/api/v1/keys", "/api/v1/nowhere", "/health/ready"),
        ):
            headers = (await http.get(path)).headers
            assert {name: headers[name] for name in CARRIED} == CARRIED, path
        ticket = await http.post(f"{sitting}/tickets")
    assert ticket.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/rule", "/account", "/room/{first}", NOWHERE])
async def test_a_page_of_someone_who_is_signed_in_is_kept_by_nobody(house, path):
    async with reading(house, "kenya") as browser:
        headers = (await browser.get(path.format(**house.world.sittings))).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


async def test_a_page_that_is_not_there_knows_who_asks(house):
    async with reading(house, "kenya") as browser:
        page = await browser.get(NOWHERE)
    assert page.status_code == 404
    assert "Sign out" in page.text


async def test_what_is_too_large_is_refused_in_the_words_of_every_other_refusal(house):
    more = "x" * (LARGEST_BODY + 1)
    async with house.http("secretariat") as http:
        declared = await http.post("/api/v1/meetings", content=more)
        chunked = await http.post("/api/v1/meetings", content=_pieces(more.encode()))
    for answer in (declared, chunked):
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.status_code, answer.json()["type"]) == (413, "urn:cwg:too-large")


async def _pieces(content: bytes) -> AsyncGenerator[bytes]:
    for at in range(0, len(content), 65_536):
        yield content[at : at + 65_536]


async def test_the_service_says_whether_it_lives_and_is_ready(house):
    async with house.http() as http:
        alive, ready = await http.get("/health/live"), await http.get("/health/ready")
        async with house.house.database.writing() as db:
            await db.exec(text("DROP TABLE alembic_version"))
        behind = await http.get("/health/ready")
    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    assert (behind.status_code, behind.json()) == (503, {"status": "not ready"})
