"""What every answer carries, what a request may bring, and what is told and kept of a fault."""

import asyncio
import io
import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import structlog
from sqlalchemy import text

from app.edge import CARRIED, Turnstile
from app.i18n import Language
from app.live.doorway import Doorway
from app.main import LARGEST_BODY
from app.serve_cli import _common, _rendered
from app.settings import Settings
from app.together import UnderWay
from tests.pages.reading import reading
from tests.world import Guest, Service, hello, service, settings

NOWHERE = "/nowhere"
# What a browser may hold of other services on the host, and the standard library refuses to read.
STRANGE = ("a@b=1; cwg_login=x", "a@b=1", "=; ;;,", "a b=c", '"', "a=\xe9", "x" * 4000)


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


# Cookies that are none.


async def test_a_cookie_of_somebody_else_keeps_nobody_out(house):
    async with house.http() as browser:
        for cookie in STRANGE:
            carried = {"Cookie": cookie.encode("latin-1")}
            page = await browser.get("/", headers=carried)
            told = await browser.get("/api/v1/meetings", headers=carried)
            heard = await came_in_with(house, cookie)
            assert (page.status_code, told.status_code, heard) == (200, 200, "welcome"), cookie


async def came_in_with(house: Service, cookie: str) -> str:
    """What a socket hears whose handshake carried this cookie."""
    ticket = (await house.ticket("kenya")).json()["ticket"]
    async with house.line(additional_headers={"Cookie": cookie}) as line:
        await line.send(hello(ticket))
        return str((await Guest(line).next())["kind"])


async def test_beside_a_strange_cookie_the_language_and_the_login_are_still_known(house):
    async with reading(house, "kenya") as browser:
        held = f"a@b=1; cwg_login={browser.cookies['cwg_login']}; lang=ar-XB"
        browser.cookies.clear()
        page = await browser.get("/account", headers={"Cookie": held})
    assert (page.status_code, page.headers["content-language"]) == (200, "ar-XB")
    assert "kenya@example.org" in page.text


# What is kept of a fault.


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[io.StringIO]:
    """What a service in production would log."""
    before, written = structlog.get_config(), io.StringIO()
    production = Settings(data_dir=tmp_path, base_url="https://meetings.example")
    structlog.configure(
        processors=[*_common(), *_rendered(production)],
        logger_factory=structlog.PrintLoggerFactory(written),
    )
    yield written
    structlog.configure(**before)


def logged(lines: io.StringIO, event: str) -> dict[str, Any]:
    """The one line about an event, read again."""
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    (only,) = [each for each in found if each["event"] == event]
    told: dict[str, Any] = only
    return told


def breaks(word: str) -> NoReturn:
    held = f"the word is {word}"
    raise OSError(f"the disk is full after {len(held)} letters")


def test_what_is_logged_of_a_fault_says_what_and_where_and_no_variable(lines):
    try:
        breaks("cwg_known_to_nobody")
    except OSError:
        structlog.get_logger().exception("fault")
    (told,) = logged(lines, "fault")["exception"]
    where = told["frames"][-1]
    assert (told["exc_type"], told["exc_value"]) == ("OSError", "the disk is full after 31 letters")
    assert (where["filename"], where["name"]) == (__file__, "breaks")
    assert "cwg_known_to_nobody" not in lines.getvalue()


async def test_what_is_logged_of_a_request_that_broke_holds_nothing_that_signs_in(house, lines):
    async with reading(house, "kenya") as browser, house.http("kenya") as program:
        cookie = browser.cookies["cwg_login"]
        async with house.house.database.writing() as db:
            await db.exec(text("ALTER TABLE registrations RENAME TO lost"))
        answers = [
            await browser.get("/api/v1/registrations"),
            await program.get("/api/v1/registrations"),
        ]
    assert [(each.status_code, each.json()["type"]) for each in answers] == [
        (500, "urn:cwg:bug"),
        (500, "urn:cwg:bug"),
    ]
    told = lines.getvalue()
    assert told.count('"event": "bug"') == 2
    assert "no such table: registrations" in told
    assert (cookie in told, "cwg_kenya" in told) == (False, False)


async def test_of_a_whole_public_at_once_some_wait_in_line_and_the_others_get_each_their_time():
    """Nobody is let in to the database whom it could not serve in time, and nobody is lost."""
    drawn, go_on = [], asyncio.Event()

    async def office(scope: Any, _receive: Any, send: Any) -> None:
        drawn.append(scope["path"])
        await go_on.wait()
        await send({"type": "http.response.start", "status": 201, "headers": []})

    answers: list[dict[str, Any]] = []

    async def hear(message: Any) -> None:
        if message["type"] == "http.response.start":
            answers.append(message)

    async def come(path: str = "/api/v1/sittings/one/tickets") -> None:
        await turnstile({"type": "http", "path": path}, None, hear)  # type: ignore[arg-type]  # nobody reads a body here

    doorway = Doorway(at_once=5, longest=60)
    under_way = UnderWay()
    turnstile = Turnstile(office, doorway, lambda _: Language("en"), under_way)
    coming = [asyncio.create_task(come()) for _ in range(205)]
    elsewhere = asyncio.create_task(come("/api/v1/sittings/one"))
    await asyncio.sleep(0.05)

    assert sorted(drawn) == ["/api/v1/sittings/one", *["/api/v1/sittings/one/tickets"] * 5]
    assert under_way.many == 6
    times = [int(dict(each["headers"])[b"retry-after"]) for each in answers]
    assert (len(times), {each["status"] for each in answers}) == (200, {503})
    assert times == sorted(times)
    assert 1 <= times[0] < times[-1] <= 60

    go_on.set()
    await asyncio.gather(elsewhere, *coming)
    assert [each["status"] for each in answers[200:]] == [201] * 6
    assert under_way.many == 0
    await come()
    assert answers[-1]["status"] == 201


async def test_who_has_a_ticket_counts_until_they_were_answered_or_did_not_come(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("app.live.doorway.monotonic", lambda: now[0])
    doorway = Doorway(at_once=2)
    doorway.given()
    doorway.given()
    assert doorway.full()
    doorway.came()
    with doorway.passing():
        assert doorway.full()
    assert not doorway.full()
    doorway.given()
    assert doorway.full()
    now[0] += 10.0
    assert not doorway.full()


async def test_the_slower_the_door_the_further_apart_are_the_times(monkeypatch):
    monkeypatch.setattr("app.live.doorway.monotonic", lambda: 100.0)
    spans = []
    for seconds in (0.1, 2.0):
        doorway = Doorway(longest=600)
        for _ in range(40):
            doorway.passed(40, seconds)
        spans.append([doorway.appointment() for _ in range(1000)][-1])
    assert (round(spans[0] / 3.5), round(spans[1] / 51)) == (1, 1)
