"""Oneself through the door for programs: links, logins, tokens, and what a token may not do."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from httpx2 import AsyncClient, Response
from sqlmodel import func, select

from app.database import load
from app.models import Letter, Person, SignInLink
from app.services import identity
from tests.pages.reading import login
from tests.postbox import Postbox
from tests.world import Service, service, settings

NOTHING = UUID(int=1)


@pytest.fixture
async def house(tmp_path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path, links_per_address="8/day")) as running:
        yield running


@pytest.fixture(scope="module")
async def shared(tmp_path_factory) -> AsyncGenerator[Service]:
    """One service for the tests after which everything is as it was."""
    async with service(settings(tmp_path_factory.mktemp("shared"))) as running:
        yield running


@asynccontextmanager
async def browser(house: Service, cookie: str, **headers: str) -> AsyncGenerator[AsyncClient]:
    """A browser that is signed in, on a page of ours unless the headers say otherwise."""
    given = {"origin": house.url, **headers}
    async with AsyncClient(
        base_url=f"{house.url}/api/v1", cookies={"cwg_login": cookie}, headers=given, timeout=30
    ) as client:
        yield client


async def ask(house: Service, email: object = "delegate@kenya.example", **more: object) -> Response:
    async with house.http() as http:
        return await http.post("/api/v1/sign-in-links", json={"email": email, **more})


async def letters(house: Service) -> int:
    async with house.house.database.reading() as db:
        return (await db.exec(select(func.count()).select_from(Letter))).one()


# Links.


async def test_the_answer_is_the_same_for_an_address_that_is_known_and_one_that_is_not(house):
    known = await ask(house, "chair@example.org")
    unknown = await ask(house, "nobody@example.org")

    assert (known.status_code, known.json()) == (202, {"expires_in": 1800})
    assert (unknown.status_code, unknown.content) == (known.status_code, known.content)
    assert _fixed(unknown) == _fixed(known)
    assert await letters(house) == 2


def _fixed(answer: Response) -> list[tuple[str, str]]:
    return [pair for pair in answer.headers.items() if pair[0] != "date"]


async def test_one_address_gets_so_many_letters_and_the_answer_stays_the_same(house):
    answers = [await ask(house, spelling) for spelling in ("a@x.example", "A@X.example") * 3]

    assert {(one.status_code, one.content) for one in answers} == {(202, answers[0].content)}
    assert await letters(house) == 5


async def test_nobody_is_locked_out_by_a_stranger_who_asks_in_their_name(house):
    for _ in range(6):
        await ask(house, "a@x.example")
    async with house.house.database.writing() as db:
        for link in await db.exec(select(SignInLink)):
            link.expires_at = datetime.now(UTC)
            db.add(link)
    await ask(house, "a@x.example")

    assert await letters(house) == 6


async def test_one_network_asks_only_so_often(house):
    answers = [await ask(house, f"{number}@x.example") for number in range(9)]

    assert [one.status_code for one in answers] == [202] * 8 + [429]
    assert answers[8].json()["type"] == "urn:cwg:too-many"
    assert 0 < int(answers[8].headers["retry-after"]) <= 86_400
    assert await letters(house) == 8


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a\u202e@x.example"}, "email"),
        ({"email": "a@x.example\r\nBcc: b@x.example"}, "email"),
        ({"email": "a" * 3000}, "body.email"),
        ({"email": 7}, "body.email"),
        ({"email": None}, "body.email"),
        ({"email": "a@x.example", "onward": "https://evil.example"}, "onward"),
        ({"email": "a@x.example", "onward": "//evil.example"}, "onward"),
        ({"email": "a@x.example", "admin": True}, "body.admin"),
        ({}, "body.email"),
    ],
)
async def test_what_makes_no_sense_is_told_by_name(shared, said, where):
    async with shared.http() as http:
        answer = await http.post("/api/v1/sign-in-links", json=said)

    assert answer.status_code == 422
    assert list(answer.json()["faults"]) == [where]
    assert await letters(shared) == 0


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"origin": "null"}])
async def test_another_site_cannot_have_letters_sent(shared, headers):
    async with shared.http() as http:
        answer = await http.post(
            "/api/v1/sign-in-links", json={"email": "a@x.example"}, headers=headers
        )

    assert (answer.status_code, await letters(shared)) == (403, 0)


# Oneself.


async def test_people_see_and_describe_themselves(house):
    async with browser(house, await login(house, "kenya")) as http:
        first = (await http.get("/me")).json()
        second = (
            await http.patch("/me", json={"name": " Head of delegation ", "country": "KE"})
        ).json()
        third = await http.get("/me")

    assert first["email"] == "kenya@example.org"
    assert second == {**first, "name": "Head of delegation", "country": "KE"}
    assert third.json() == second
    assert third.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "said",
    [
        {"email": "other@example.org"},
        {"verified_at": "2026-01-01T00:00:00Z"},
        {"id": str(uuid4())},
        {"name": 7},
        {"name": "x" * 121},
        {"name": "\u202egpj"},
        {"country": "XX"},
        {"language": "xx"},
    ],
)
async def test_what_is_not_theirs_to_say_is_not_taken(shared, said):
    async with browser(shared, await login(shared, "kenya")) as http:
        before = (await http.get("/me")).json()
        answer = await http.patch("/me", json=said)

        assert answer.status_code == 422
        assert (await http.get("/me")).json() == before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/me"),
        ("PATCH", "/me"),
        ("GET", "/logins"),
        ("DELETE", "/logins"),
        ("DELETE", f"/logins/{NOTHING}"),
        ("GET", "/tokens"),
        ("POST", "/tokens"),
        ("DELETE", f"/tokens/{NOTHING}"),
    ],
)
@pytest.mark.parametrize(
    "who", [{}, {"authorization": "Bearer cwg_forged"}, {"cookie": "cwg_login=forged"}]
)
async def test_nobody_and_a_forger_are_told_to_sign_in(shared, method, path, who):
    async with shared.http() as http:
        answer = await http.request(method, f"/api/v1{path}", json={}, headers=who)

    assert (answer.status_code, answer.json()["type"]) == (401, "urn:cwg:not-signed-in")
    assert answer.headers["www-authenticate"] == "Bearer"


# Logins.


async def test_a_login_is_listed_revoked_and_then_nobody(house):
    here, there = await login(house, "kenya"), await login(house, "kenya")
    await login(house, "brazil")
    async with browser(house, here) as http:
        listed = (await http.get("/logins")).json()
        other = next(one["id"] for one in listed if not one["this"])
        assert [one["this"] for one in listed] == [False, True]
        assert (await http.delete(f"/logins/{other}")).status_code == 204
        assert [one["this"] for one in (await http.get("/logins")).json()] == [True]
    async with browser(house, there) as http:
        assert (await http.get("/me")).status_code == 401


async def test_everywhere_else_is_signed_out_at_once(house):
    cookies = [await login(house, "kenya") for _ in range(3)]
    async with browser(house, cookies[0]) as http:
        assert (await http.delete("/logins")).json() == {"revoked": 2}
        assert (await http.get("/me")).status_code == 200
    for cookie in cookies[1:]:
        async with browser(house, cookie) as http:
            assert (await http.get("/me")).status_code == 401


async def test_what_belongs_to_another_does_not_exist(house):
    await login(house, "brazil")
    async with house.house.database.reading() as db:
        brazil = await load(db, Person, house.world.people["brazil"])
        (theirs,) = await identity.logins(db, brazil, datetime.now(UTC))
        (token,) = await identity.access_tokens(db, brazil, datetime.now(UTC))
    async with browser(house, await login(house, "kenya")) as http:
        assert (await http.delete(f"/logins/{theirs.id}")).status_code == 404
        assert (await http.delete(f"/tokens/{token.id}")).status_code == 404
    async with house.http("brazil") as http:
        assert (await http.get("/api/v1/me")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
    ],
)
async def test_another_site_cannot_act_through_a_browser(shared, headers):
    async with browser(shared, await login(shared, "kenya"), **headers) as http:
        made = await http.post("/tokens", json={"label": "stolen"})
        ended = await http.delete("/logins")
        listed = (await http.get("/tokens")).json()

    assert (made.status_code, ended.status_code) == (403, 403)
    assert made.json()["type"] == "urn:cwg:foreign-request"
    assert [one["label"] for one in listed] == ["test"]


# Tokens.


async def test_a_token_is_made_by_a_login_told_once_and_works_until_it_is_revoked(house):
    async with browser(house, await login(house, "kenya")) as http:
        made = await http.post("/tokens", json={"label": "captions"})
        listed = (await http.get("/tokens")).json()
    word = made.json().pop("token")
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    assert word not in json.dumps(listed)
    assert [one["label"] for one in listed] == ["captions", "test"]
    headers = {"authorization": f"bearer {word}"}
    async with AsyncClient(base_url=f"{house.url}/api/v1", headers=headers, timeout=30) as program:
        assert (await program.get("/me")).json()["email"] == "kenya@example.org"
        own = next(one for one in (await program.get("/tokens")).json() if one["this"])
        assert (await program.delete(f"/tokens/{own['id']}")).status_code == 204
        assert (await program.get("/me")).status_code == 401


async def test_a_token_cannot_make_tokens(shared):
    async with shared.http("kenya") as http:
        answer = await http.post("/api/v1/tokens", json={"label": "another"})
        listed = (await http.get("/api/v1/tokens")).json()

    assert (answer.status_code, answer.json()["type"]) == (403, "urn:cwg:by-login-only")
    assert (
        answer.json()["detail"] == "A token cannot make tokens: sign in with a browser to do this."
    )
    assert [one["label"] for one in listed] == ["test"]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"label": ""},
        {"label": "x" * 81},
        {"label": "a\x1b[31m"},
        {"label": "x", "expires_at": "2020-01-01T00:00:00Z"},
        {"label": "x", "expires_at": "2030-01-01T00:00:00"},
        {"label": "x", "expires_at": 1},
        {"label": "x", "person_id": str(uuid4())},
    ],
)
async def test_a_token_that_makes_no_sense_is_not_made(shared, said):
    async with browser(shared, await login(shared, "kenya")) as http:
        answer = await http.post("/tokens", json=said)
        listed = (await http.get("/tokens")).json()

    assert answer.status_code == 422
    assert [one["label"] for one in listed] == ["test"]


async def test_a_token_with_an_end_ends(house):
    ends = datetime.now(UTC) + timedelta(days=1)
    async with browser(house, await login(house, "kenya")) as http:
        made = (
            await http.post("/tokens", json={"label": "x", "expires_at": ends.isoformat()})
        ).json()
    async with house.house.database.reading() as db:
        later = await identity.by_token(db, made["token"], ends)

    assert datetime.fromisoformat(made["expires_at"]) == ends
    assert later is None


# From end to end.


async def test_the_letter_comes_by_real_mail(tmp_path, smtp: Postbox):
    async with service(settings(tmp_path, smtp_url=smtp.url)) as running:
        await ask(running, "delegate@kenya.example", onward="/account")
        (letter,) = await smtp.received()

    assert letter.recipients == ["delegate@kenya.example"]
    assert f"{running.url}/sign-in/" in letter.text
