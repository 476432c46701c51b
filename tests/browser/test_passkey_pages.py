"""Passkeys in a real browser, whose authenticator is a virtual one; and whoever has to have one."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from httpx2 import AsyncClient, Response
from playwright.async_api import Page, Request, expect
from sqlmodel import col, select

from app.models import Act, Login, Passkey
from app.pages.portal.sign_in import PASSKEY
from app.policy.people import Function
from app.protocol.codes import Code
from app.services import acts, identity, meetings
from app.services.identity import Made
from app.services.seats import Wanted
from tests.browser.visitors import PHONE, Meeting, faults
from tests.conftest import Visits
from tests.live.test_hostile import last_words
from tests.pages.reading import form, reading, said
from tests.world import NO_TLS, Guest, Service, free_port, hello, service, settings

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@asynccontextmanager
async def running(folder, visits: Visits, **more: Any) -> AsyncGenerator[Meeting]:
    """A passkey is bound to a name, and no number is one."""
    port = free_port()
    given = settings(folder, port=port, base_url=f"http://localhost:{port}", **more)
    async with service(given) as served:
        served.url = given.address
        yield Meeting(served, visits)
        await visits.close()


@pytest.fixture
async def meeting(tmp_path, new_page) -> AsyncGenerator[Meeting]:
    async with running(tmp_path, new_page) as made:
        yield made


@pytest.fixture
async def strict(tmp_path, new_page) -> AsyncGenerator[Meeting]:
    async with running(tmp_path, new_page, passkey_required=True) as made:
        yield made


async def device(page: Page, **more: Any) -> tuple[Any, str]:
    """Give the browser an authenticator; the line to it, and its id."""
    line = await page.context.new_cdp_session(page)
    await line.send("WebAuthn.enable")
    options = {"options": AUTHENTICATOR | more}
    return line, (await line.send("WebAuthn.addVirtualAuthenticator", options))["authenticatorId"]


async def added(page: Page, meeting: Meeting, name: str = "My telephone") -> None:
    """Add a passkey, by keyboard."""
    await page.goto(f"{meeting.service.url}/account")
    await page.get_by_label("What you call it").focus()
    await page.keyboard.type(name)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The passkey is added.")).to_be_visible()


async def used(page: Page, meeting: Meeting, onward: str = "/account") -> None:
    """Sign in with it, by keyboard."""
    await page.goto(f"{meeting.service.url}/sign-in?onward={onward}")
    await page.get_by_role("button", name="Sign in with a passkey").focus()
    await page.keyboard.press("Enter")


async def signed_out(page: Page) -> None:
    await page.context.clear_cookies()


async def rows(meeting: Service, table):
    async with meeting.house.database.reading() as db:
        return (await db.exec(select(table))).all()


async def told(meeting: Service) -> list[str]:
    async with meeting.house.database.reading() as db:
        assert await acts.broken_at(db) is None
        found = (await db.exec(select(Act).order_by(col(Act.number)))).all()
        return [act.kind for act in found if "passkey" in (act.content or {})]


async def test_one_is_added_named_used_and_removed_by_keyboard(tmp_path, new_page, tables_url):
    """On both engines, and with nothing for axe to find."""
    async with running(tmp_path, new_page, database_url=tables_url) as meeting:
        page = await meeting.visit("kenya", "/account", viewport=PHONE)
        await device(page)
        await added(page, meeting)
        found = await faults(page)
        await page.get_by_text("Rename – My telephone").focus()
        await page.keyboard.press("Enter")
        await page.get_by_label("New name").fill("My other telephone")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("The passkey has its new name.")).to_be_visible()
        await signed_out(page)
        await page.goto(f"{meeting.service.url}/sign-in")
        found += await faults(page)
        await used(page, meeting)
        await page.wait_for_url("**/account")
        await expect(page.get_by_text("with the passkey “My other telephone”")).to_be_visible()
        await page.get_by_role("button", name="Remove – My other telephone").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("The passkey is removed")).to_be_visible()
        await signed_out(page)
        await used(page, meeting)
        await expect(page.get_by_text("This passkey belongs to nobody here")).to_be_visible()

        assert found == []
        assert await rows(meeting.service, Passkey) == []
        assert await told(meeting.service) == ["passkey-added", "signed-in", "passkey-removed"]


async def test_without_script_or_passkeys_mail_is_the_way(meeting):
    page = await meeting.visit(None, "/sign-in", java_script_enabled=False)
    await expect(page.get_by_role("button", name="Send me a link")).to_be_visible()
    await expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    account = await meeting.visit("kenya", "/account", java_script_enabled=False)
    await expect(account.get_by_text("open this page in a browser that has")).to_be_visible()


async def test_who_is_not_verified_by_the_device_is_told_what_to_do(meeting):
    page = await meeting.visit("kenya", "/account")
    line, key = await device(page)
    await added(page, meeting)
    await signed_out(page)
    await line.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    await used(page, meeting)
    await expect(page.get_by_text("No passkey was used.")).to_be_visible()

    assert await told(meeting.service) == ["passkey-added"]


LAX = """
() => {
  const form = document.querySelector("form[data-passkey=use]");
  const options = JSON.parse(form.dataset.options);
  form.dataset.options = JSON.stringify({ ...options, userVerification: "discouraged" });
}
"""


async def test_nor_does_a_page_that_was_changed_let_the_device_be_lax(meeting):
    page = await meeting.visit("kenya", "/account")
    line, key = await device(page)
    await added(page, meeting)
    await signed_out(page)
    await line.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    await page.goto(f"{meeting.service.url}/sign-in")
    await page.evaluate(LAX)
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.get_by_text("does not prove that it is yours")).to_be_visible()

    assert await told(meeting.service) == ["passkey-added", "passkey-refused"]


async def test_a_device_holds_one_for_an_account(meeting):
    page = await meeting.visit("kenya", "/account")
    await device(page)
    await added(page, meeting)
    await page.get_by_label("What you call it").fill("Again")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("This device has a passkey for this account")).to_be_visible()


# Answers of an authenticator in the wrong hands.


async def answer(page: Page, meeting: Meeting) -> dict[str, str]:
    """What the browser would send to sign in; it is kept from arriving."""
    kept: list[dict[str, str]] = []

    async def keep(route, request: Request) -> None:
        kept.append(dict(parse_qsl(request.post_data or "")))
        await route.abort()

    await page.route("**/passkeys/sign-in", keep)
    await used(page, meeting)
    while not kept:
        await page.wait_for_timeout(50)
    await page.unroute("**/passkeys/sign-in")
    return kept[0]


async def sent(client: AsyncClient, answered: dict[str, str], **more: str) -> Response:
    page = await client.get("/sign-in")
    blank = form(page, "/passkeys/sign-in").filled()
    return await client.post("/passkeys/sign-in", data={**answered, "csrf": blank["csrf"], **more})


async def test_an_answer_works_once_and_for_its_own_challenge(meeting):
    page = await meeting.visit("kenya", "/account")
    await device(page)
    await added(page, meeting)
    await signed_out(page)
    answered = await answer(page, meeting)
    async with reading(meeting.service) as client:
        fresh = form(await client.get("/sign-in"), "/passkeys/sign-in").filled()["sealed"][0]
        other = await sent(client, answered, sealed=fresh)
        forged = await sent(client, answered, sealed=answered["sealed"][:-2] + "AA")
        first = await sent(client, answered)
    async with reading(meeting.service) as client:
        again = await sent(client, answered)

    assert [each.status_code for each in (other, forged, first, again)] == [403, 400, 303, 400]
    assert "does not prove that it is yours" in said(other)
    assert "The passkey did not sign you in" in said(other)
    assert PASSKEY in said(again)
    assert await told(meeting.service) == ["passkey-added", "passkey-refused", "signed-in"]


async def test_a_copy_of_a_passkey_is_found_out_by_its_count(meeting):
    page = await meeting.visit("kenya", "/account")
    await device(page)
    await added(page, meeting)
    async with meeting.service.house.database.writing() as db:
        (held,) = await db.exec(select(Passkey))
        held.uses = 1000
        db.add(held)
    await signed_out(page)
    await used(page, meeting)
    await expect(page.get_by_text("does not prove that it is yours")).to_be_visible()

    assert await told(meeting.service) == ["passkey-added", "passkey-refused"]


@pytest.mark.parametrize(
    "junk", ["", "{}", "[]", "null", '{"id": 1}', '{"id": "AA"}', "\u0000", "é"]
)
async def test_what_is_no_answer_signs_nobody_in(meeting, junk):
    async with reading(meeting.service) as client:
        fresh = form(await client.get("/sign-in"), "/passkeys/sign-in").filled()["sealed"][0]
        page = await sent(client, {}, sealed=fresh, credential=junk)

    assert page.status_code == 403
    assert await rows(meeting.service, Login) == []


async def test_a_passkey_is_added_to_the_account_that_asked_and_to_no_other(meeting):
    """Somebody else's seal, a program, and an answer that is none."""
    async with (
        reading(meeting.service, "kenya") as kenya,
        reading(meeting.service, "brazil") as other,
    ):
        mine = form(await kenya.get("/account"), "/account/passkeys").filled()
        theirs = form(await other.get("/account"), "/account/passkeys").filled()
        named = {**mine, "passkey": "My key"}
        crossed = await kenya.post("/account/passkeys", data={**named, "sealed": theirs["sealed"]})
        nothing = await kenya.post("/account/passkeys", data=named)
        unnamed = await kenya.post("/account/passkeys", data={**mine, "passkey": " "})
    assert [each.status_code for each in (crossed, nothing, unnamed)] == [400, 409, 422]
    assert "Give it a name by which you know it again." in said(unnamed)
    assert "The passkey was not added" in said(nothing)
    assert 'value="My key"' in nothing.text
    assert await rows(meeting.service, Passkey) == []


# Whoever has to have one.


async def test_a_chair_without_one_is_what_everybody_is_and_told_what_to_do(strict):
    meeting = strict.service
    second = f"/api/v1/sittings/{meeting.world.sittings['second']}"
    async with reading(meeting, "chair") as chair, reading(meeting, "kenya") as kenya:
        seen = (await chair.get(second)).json()
        async with reading(meeting) as nobody:
            assert seen == (await nobody.get(second)).json()
        assert seen["title"] != (await kenya.get(second)).json()["title"] == "The second half"
        console = await chair.get(strict.console())
        home = await chair.get("/")
        by_program = await chair.get("/api/v1/me")
        account = await chair.get("/account")
        delegate = await kenya.get("/api/v1/me")
    async with meeting.http("chair") as program:
        by_token = await program.get("/api/v1/me")
    ticket = await meeting.ticket("chair")

    assert "Your function takes a passkey. Add one under “Your account”" in said(console)
    assert console.status_code == 403
    assert "Signed in like this you see what everybody sees." in said(home)
    assert (account.status_code, delegate.status_code) == (200, 200)
    for refused in (by_program, by_token, ticket):
        assert refused.status_code == 403
        assert refused.json()["type"] == "urn:cwg:passkey-needed"
        assert refused.json()["detail"].startswith("Your function takes a passkey.")


async def test_a_chair_adds_one_signs_in_with_it_and_presides(strict):
    page = await strict.visit("chair", "/account")
    await device(page)
    await added(page, strict)
    await used(page, strict, strict.console())
    await page.wait_for_url(f"**{strict.console()}")
    await expect(page.locator("#line-text")).to_have_text("Connected")
    cookies = {each["name"]: each["value"] for each in await page.context.cookies()}
    async with _as(strict.service, cookies["cwg_login"]) as client:
        made = await client.post(
            "/api/v1/tokens", json={"label": "x"}, headers={"origin": strict.service.url}
        )
    async with AsyncClient(
        base_url=strict.service.url,
        headers={"authorization": f"Bearer {made.json()['token']}"},
        verify=NO_TLS,
    ) as program:
        assert (await program.get("/api/v1/me")).status_code == 200


def _as(meeting: Service, cookie: str) -> AsyncClient:
    return AsyncClient(
        base_url=meeting.url, cookies={"cwg_login": cookie}, timeout=30, verify=NO_TLS
    )


async def test_a_mailbox_alone_adds_and_removes_none_beside_the_first(strict):
    page = await strict.visit("chair", "/account")
    await device(page)
    await added(page, strict)
    async with reading(strict.service, "chair") as by_mail:
        account = await by_mail.get("/account")
        remove = next(
            each for each in re.findall(r'action="(/account/passkeys/[^"]+/remove)"', account.text)
        )
        removed = await by_mail.post(remove, data=form(account, remove).filled())
        blank = form(account, "/account/passkeys").filled(passkey="Another")
        more = await by_mail.post("/account/passkeys", data=blank)

    assert removed.status_code == 403
    for refused in (removed, more):
        assert "you have one: sign in with it to add another or to remove one" in said(refused)
    assert len(await rows(strict.service, Passkey)) == 1


async def test_a_function_given_to_someone_in_the_room_ends_a_line_without_one(strict):
    meeting, now = strict.service, datetime.now(UTC)
    kenya, secretariat = await meeting.person("kenya"), await meeting.person("secretariat")
    async with meeting.house.database.writing() as db:
        await identity.log_in(db, kenya, "A browser", now, made=Made())
    async with meeting.house.database.reading() as db:
        login = (await db.exec(select(Login).where(Login.person_id == kenya.id))).one()
        wanted = Wanted(kenya, meeting.world.sittings["first"], login_id=login.id)
        (ticket,) = await meeting.house.office.issue(db, [wanted], now)
    async with meeting.line() as line:
        await line.send(hello(str(ticket)))
        assert (await Guest(line).next())["kind"] == "welcome"
        async with meeting.house.database.writing() as db:
            await meetings.appoint(
                db, meeting.world.meeting_id, kenya, Function.VICE_CHAIR, secretariat, now
            )
        assert await last_words(line) == ("passkey-needed", Code.REVOKED)


async def test_where_the_settings_do_not_say_so_nobody_has_to(meeting):
    async with reading(meeting.service, "chair") as chair:
        assert (await chair.get(meeting.console())).status_code == 200
