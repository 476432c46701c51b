"""View as, by hostile hands: everyone of its doors tried, and nothing more seen than may be."""

import re
import shutil
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import col, select

from app.models import Act, Login
from app.policy.people import Category
from app.protocol.codes import Code
from tests.knocking import (
    CLAIM,
    ITEM,
    ON_RECORD,
    PAPER,
    SAID,
    TITLE,
    TOGETHER,
    Caller,
    Scene,
    scene,
)
from tests.live.test_processes import last_words
from tests.pages.reading import form, reading, said
from tests.test_doors import (
    ASIDE,
    DOORS,
    MESSAGE,
    NOTICE,
    PAPERS,
    PRIVATE,
    TOLD_INSIDE,
    TOPIC,
    speak_inside,
)
from tests.world import Service, hello, service, settings

VIEW = "/desk/meetings/twenty/view-as"
ENDS = {"/view-as/end", "/sign-out"}
ADDRESS = re.compile(rb"([\w-]+)@example\.org")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        yield running


# What is seen.


async def test_the_secretariat_sees_a_meeting_as_somebody_else_and_ends_it(house: Service) -> None:
    second = house.world.sittings["second"]
    async with reading(house, "secretariat") as client:
        page = await client.get("/meetings/twenty")
        assert f'href="{VIEW}"' in page.text
        blank = form(await client.get(VIEW), VIEW)
        wrong = await client.post(VIEW, data=blank.filled(category="stakeholder"))
        assert (wrong.status_code, "registers in this capacity" in said(wrong)) == (422, True)
        begun = await client.post(
            VIEW, data=blank.filled(category="stakeholder", capacity="individual")
        )
        page = await client.get(begun.headers["location"])
        assert "You look as Other stakeholder, Individual" in said(page)
        assert "Members only" in said(page)
        assert "The second half" not in said(page)
        assert "You serve this meeting" not in said(page)
        assert "Secretariat" not in said(await client.get("/"))
        why = said(await client.get(f"/sittings/{second}/why"))
        assert "You may not attend as a stakeholder" in why
        assert "does not name this category: stakeholder" in why
        api = (await client.get(f"/api/v1/sittings/{second}/access")).json()
        assert (api["attend"]["allowed"], api["attend"]["reason"]) == (False, "not-named")
        asked = await client.get("/meetings/twenty/register")
        kept = dict(form(asked, "/meetings/twenty/register").fields)
        assert (kept["represents"], kept["capacity_self"]) == ("stakeholder", "individual")
        assert (kept["name"], kept["organization"]) == ("", "")
        over = await client.post("/view-as/end", data=form(page, "/view-as/end").filled())
        assert over.headers["location"] == "/meetings/twenty"
        assert "You serve this meeting" in said(await client.get("/meetings/twenty"))
    async with house.house.database.reading() as db:
        found = await db.exec(
            select(Act).where(col(Act.kind).like("view-%")).order_by(col(Act.number))
        )
        acts = [(each.kind, each.meeting_id, each.content or {}) for each in found]
    assert [(kind, at) for kind, at, _ in acts] == [
        ("view-started", house.world.meeting_id),
        ("view-ended", house.world.meeting_id),
    ]
    assert {each["person"] for _, _, each in acts} == {str(house.world.people["secretariat"])}
    assert {(each["category"], each["capacity"]) for _, _, each in acts} == {
        ("stakeholder", "individual")
    }


async def test_a_member_is_shown_the_members_part_and_the_public_is_asked_to_sign_in(
    house: Service,
) -> None:
    async with reading(house, "secretariat") as client:
        await begin(client, "member_state", "delegate")
        assert "The second half" in said(await client.get("/meetings/twenty"))
        asked = await client.get("/meetings/twenty/register")
        kept = dict(form(asked, "/meetings/twenty/register").fields)
        assert (kept["represents"], kept["capacity_for"]) == ("entity", "delegate")
        await client.post("/view-as/end", data=form(await client.get("/"), "/view-as/end").filled())
        await begin(client, "public", "delegate")
        page = said(await client.get("/meetings/twenty"))
        assert "You look as Public" in page
        assert "Sign in and register to attend" in page
        onward = await client.get("/meetings/twenty/register")
        assert onward.headers["location"].startswith("/sign-in?")
        assert "You look as Public" in said(await client.get(onward.headers["location"]))


async def begin(client, category: str, capacity: str) -> None:
    blank = form(await client.get(VIEW), VIEW)
    begun = await client.post(VIEW, data=blank.filled(category=category, capacity=capacity))
    assert begun.status_code == 303


async def test_it_is_for_the_secretariat_of_the_meeting_with_a_browser(house: Service) -> None:
    for key in ("chair", "kenya"):
        async with reading(house, key) as client:
            assert (await client.get(VIEW)).status_code == 404
    async with house.http("secretariat") as program:
        data = form(await program.get(VIEW), VIEW).filled()
        refused = await program.post(VIEW, data=data)
        assert refused.status_code == 403
        assert "a program's token does not do it" in said(refused)
    async with house.house.database.reading() as db:
        assert set(await db.exec(select(Login.viewed_as))) <= {None}


async def test_signing_out_ends_it_on_record(house: Service) -> None:
    async with reading(house, "secretariat") as client:
        await begin(client, "public", "")
        out = form(await client.get("/"), "/sign-out")
        assert (await client.post("/sign-out", data=out.filled())).status_code == 303
    async with house.house.database.reading() as db:
        last = select(Act.kind).order_by(col(Act.number).desc()).limit(2)
        kinds = list(await db.exec(last))
    assert set(kinds) == {"view-ended", "login-revoked"}


# Rooms.


async def test_whoever_looks_as_another_gets_no_ticket_and_their_line_is_ended(
    house: Service,
) -> None:
    first = house.world.sittings["first"]
    tickets = f"/api/v1/sittings/{first}/tickets"
    async with reading(house, "secretariat") as client:
        early = (await client.post(tickets)).json()["ticket"]
        inside = (await client.post(tickets)).json()["ticket"]
        async with house.line() as line:
            await line.send(hello(inside))
            assert '"welcome"' in str(await line.recv())
            await begin(client, "member_state", "delegate")
            assert await last_words(line) == ("view-has-no-seat", Code.REVOKED)
        async with house.line() as line:
            await line.send(hello(early))
            assert await last_words(line) == ("view-has-no-seat", Code.REFUSED)
        for address in (tickets, f"{tickets}/screen"):
            refused = await client.post(address)
            assert (refused.status_code, refused.json()["type"]) == (403, "urn:cwg:view-reads-only")
            assert "nothing is changed" in refused.json()["detail"]
        room = await client.get(f"/room/{first}")
        assert room.status_code == 403
        assert "nobody is in a room as somebody else" in said(room)
    async with reading(house, "secretariat") as elsewhere:
        assert (await elsewhere.post(tickets)).status_code == 201


# Every door.


@asynccontextmanager
async def looking(
    at: Scene, key: str, category: Category, slug: str = "twenty"
) -> AsyncGenerator[Caller]:
    """Somebody's browser that looks as another; what it heard before is forgotten."""
    caller = await at.browser(key)
    capacity = "individual" if category is Category.STAKEHOLDER else "delegate"
    data = {"category": category.value, "capacity": capacity, "csrf": caller.csrf}
    begun = await caller.http.post(f"/desk/meetings/{slug}/view-as", data=data)
    assert begun.status_code == 303, begun.text
    caller.heard.clear()
    yield caller


@pytest.fixture(scope="module")
async def inside(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Scene]:
    folder = tmp_path_factory.mktemp("inside")
    file = shutil.copyfile(sqlite_template, folder / "tables.sqlite")
    url = f"sqlite+aiosqlite:///{file}"
    async with scene(url, folder, {None, "stakeholder", "secretariat"}, "members' part") as made:
        await speak_inside(made)
        yield made


async def test_nothing_is_done_by_any_door(inside: Scene) -> None:
    done = [each for each in DOORS if not each.looks and each.path not in ENDS]
    async with looking(inside, "secretariat", Category.MEMBER_STATE) as caller:
        for door in done:
            said_there = SAID.get(str(door), CLAIM if "registrations" in door.path else {})
            answer = await caller.knock(door, inside.ids | {"wish": str(uuid4())}, said_there)
            refused = answer.status == 403 and b"nothing is changed" in answer.body
            assert (str(door), refused) == (str(door), True)


OWN_MAIL = "whoever has the link"
TO_MEMBERS = {
    "GET /api/v1/meetings/{slug}": {TITLE, ITEM},
    "GET /meetings/{slug}": {TITLE, ITEM},
    "GET /api/v1/meetings/{slug}/agenda": {TITLE, ITEM},
    "GET /meetings/{slug}/agenda": {TITLE, ITEM},
    "GET /api/v1/meetings/{slug}/documents": {PAPER},
    "GET /meetings/{slug}/documents": {PAPER, ITEM},
    "GET /api/v1/meetings/{slug}/document-groups": {PAPER, TOGETHER},
    "GET /meetings/{slug}/document-groups": {ITEM, PAPER, TOGETHER},
    "GET /api/v1/meetings/{slug}/citations": {ITEM},
    "GET /api/v1/sittings/{sitting_id}": {TITLE},
    "GET /api/v1/sittings/{sitting_id}/records": {TITLE},
    "GET /sittings/{sitting_id}/records": {TITLE},
    "GET /sittings/{sitting_id}/statements": {ON_RECORD},
}


async def heard(at: Scene, caller: Caller) -> tuple[dict[str, set[str]], set[bytes]]:
    """What is told in the members' part only, by door, and whose addresses are there at all."""
    shown, whose = dict[str, set[str]](), set[bytes]()
    for door in (each for each in DOORS if each.looks and each.method != "WS"):
        answer = await caller.knock(door, at.ids)
        if found := {
            each for each in TOLD_INSIDE | PRIVATE | PAPERS if each.encode() in answer.body
        }:
            shown[str(door)] = found
        if door.rule != OWN_MAIL:
            whose |= set(ADDRESS.findall(answer.body))
    return shown, whose


@pytest.mark.parametrize(
    ("key", "slug", "category", "more"),
    [
        ("secretariat", "twenty", Category.STAKEHOLDER, {}),
        ("secretariat", "twenty", Category.MEMBER_STATE, TO_MEMBERS),
        ("elsewhere", "another", Category.MEMBER_STATE, {}),  # who may not see it themselves
    ],
)
async def test_nothing_is_shown_by_any_door_that_both_may_not_see(
    inside: Scene, key: str, slug: str, category: Category, more: Mapping[str, set[str]]
) -> None:
    async with looking(inside, key, category, slug) as caller:
        shown, whose = await heard(inside, caller)
        assert shown == more
        assert whose == set()


async def test_as_themselves_the_secretariat_is_shown_all_of_that(inside: Scene) -> None:
    """So that the tests above have something to miss."""
    shown, whose = await heard(inside, await inside.browser("secretariat"))
    assert set().union(*shown.values()) >= {TITLE, ITEM, TOPIC, NOTICE, MESSAGE, ASIDE, ON_RECORD}
    assert {b"kenya", b"brazil"} <= whose
