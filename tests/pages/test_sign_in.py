"""Signing in as people meet it: the letter, the button, the account, signing out; and forgers."""

import asyncio
import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from httpx2 import AsyncClient, Response
from sqlmodel import col, func, select

from app.i18n import Language, translations
from app.models import Letter, Login, Person, SignInLink
from app.pages.portal.account import agent_words
from app.services import identity
from tests.conftest import Visits
from tests.pages.reading import form, login, reading, said
from tests.postbox import Postbox
from tests.world import Service, service, settings

LINK = re.compile(r"http://\S+(/sign-in/\S+)")
KENYA = "delegate@kenya.example"


@pytest.fixture
async def house(tmp_path, smtp) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path, smtp_url=smtp.url)) as running:
        yield running


@pytest.fixture(scope="module")
async def shared(tmp_path_factory) -> AsyncGenerator[Service]:
    """One service for the tests after which everything is as it was."""
    async with service(settings(tmp_path_factory.mktemp("shared"))) as running:
        yield running


async def asked(client: AsyncClient, email: str = KENYA, onward: str = "/account") -> Response:
    page = await client.get("/sign-in", params={"onward": onward})
    return await client.post("/sign-in", data=form(page, "/sign-in").filled(email=email))


async def link_of(client: AsyncClient, smtp: Postbox, **more: str) -> str:
    """The path that the letter carries."""
    before = len(smtp.letters)
    await asked(client, **more)
    letter = (await smtp.received(before + 1))[-1]
    path: str = LINK.findall(letter.text)[0]
    return path


async def pressed(client: AsyncClient, link: str) -> Response:
    page = await client.get(link)
    return await client.post(link, data=form(page, link).filled())


async def count(house: Service, table) -> int:
    async with house.house.database.reading() as db:
        return (await db.exec(select(func.count()).select_from(table))).one()


async def test_a_letter_a_button_and_one_is_in(house, smtp):
    async with reading(house) as client:
        link = await link_of(client, smtp, email=" Delegate@KENYA.example ")
        page = await client.get(link)
        assert "The button signs this browser in as delegate@kenya.example ." in said(page)
        done = await pressed(client, link)
        account = await client.get(done.headers["location"])

    assert (done.status_code, done.headers["location"]) == (303, "/account")
    cookie = done.headers["set-cookie"]
    assert re.sub(r"=[\w-]{43};", "=…;", cookie) == (
        "cwg_login=…; HttpOnly; Max-Age=1209600; Path=/; SameSite=lax"
    )
    assert "Signed in as delegate@kenya.example ." in said(account)
    assert account.headers["cache-control"] == "no-store"


async def test_over_tls_the_cookie_is_bound_to_the_host(tmp_path, smtp):
    given = settings(
        tmp_path, environment="production", base_url="https://meetings.example", smtp_url=smtp.url
    )
    async with service(given) as running:
        url = f"http://127.0.0.1:{given.port}"
        async with AsyncClient(base_url=url, timeout=30) as client:
            await asked(client)
            letter = (await smtp.received())[-1]
            link = re.findall(r"https://meetings\.example(/sign-in/\S+)", letter.text)[0]
            done = await pressed(client, link)
        async with running.house.database.reading() as db:
            assert (await db.exec(select(func.count()).select_from(Login))).one() == 1

    assert re.sub(r"=[\w-]{43};", "=…;", done.headers["set-cookie"]) == (
        "__Host-cwg_login=…; HttpOnly; Max-Age=1209600; Path=/; SameSite=lax; Secure"
    )


async def test_a_scanner_of_mail_uses_nothing_up(house, smtp):
    async with reading(house) as client:
        link = await link_of(client, smtp)
        for _ in range(3):
            page = await client.get(link)
            assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
            assert page.headers["referrer-policy"] == "no-referrer"
            await client.head(link)
        assert await count(house, Login) == 0
        assert (await pressed(client, link)).status_code == 303


async def test_a_used_an_expired_and_an_invented_link_sign_nobody_in(house, smtp):
    async with reading(house) as client:
        link = await link_of(client, smtp)
        blank = form(await client.get(link), link).filled()
        await client.post(link, data=blank)
    async with reading(house) as client:
        again = await client.get(link)
        pushed = await client.post(link, data=blank)
        late = await link_of(client, smtp)
        async with house.house.database.writing() as db:
            for row in await db.exec(select(SignInLink)):
                row.expires_at = datetime.now(UTC)
                db.add(row)
        expired = await client.get(late)
        pushed_late = await client.post(late, data=blank)
        invented = await client.post("/sign-in/" + "a" * 43, data=blank)

    assert [one.status_code for one in (again, pushed, expired, pushed_late, invented)] == [
        410,
        410,
        410,
        410,
        404,
    ]
    assert "This link was used before; ask for another." in said(again)
    assert "This link has expired, or a newer one was used; ask for another." in said(expired)
    assert all("set-cookie" not in one.headers for one in (pushed, pushed_late, invented))
    assert await count(house, Login) == 1


async def test_of_two_presses_at_once_one_signs_in(house, smtp):
    async with reading(house) as client:
        link = await link_of(client, smtp)
        blank = form(await client.get(link), link).filled()
        async with asyncio.timeout(10):
            answers = await asyncio.gather(*(client.post(link, data=blank) for _ in range(6)))

    assert sorted(one.status_code for one in answers) == [303] + [410] * 5
    assert await count(house, Login) == 1


async def test_the_page_is_the_same_for_an_address_that_is_known_and_one_that_is_not(house):
    async with reading(house) as client:
        client.headers["accept-encoding"] = "identity"  # packed, it depends on the letters
        known = await asked(client, "chair@example.org")
        unknown = await asked(client, "chear@example.org")

    assert (known.status_code, unknown.status_code) == (200, 200)
    assert known.text == unknown.text.replace("chear@", "chair@")
    assert [pair for pair in known.headers.items() if pair[0] != "date"] == [
        pair for pair in unknown.headers.items() if pair[0] != "date"
    ]


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("", "Enter a mail address such as name@example.org."),
        ("nobody", "Enter a mail address such as name@example.org."),
        ("a\u202egpj@x.example", "Enter a mail address such as name@example.org."),
        ('"><script>alert(1)</script>@x.example', "Enter a mail address such as name@example.org."),
        ("a" * 300, "This is too long."),
    ],
)
async def test_what_is_no_address_is_said_beside_the_field(shared, email, sentence):
    async with reading(shared) as client:
        page = await asked(client, email)

    assert page.status_code == 422
    assert said(page).count(sentence) == 2
    assert "<script>alert" not in page.text
    assert await count(shared, Letter) == 0


async def test_a_busy_network_is_told_when_to_come_back(tmp_path):
    async with service(settings(tmp_path, links_per_address="1/day")) as house:
        async with reading(house) as client:
            await asked(client)
            page = await asked(client, "other@x.example")

        assert (page.status_code, int(page.headers["retry-after"]) > 0) == (429, True)
        assert "Too many letters were asked for from this network" in said(page)
        assert await count(house, Letter) == 1


@pytest.mark.parametrize(
    "onward",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/\r\nSet-Cookie:%20x=1",
    ],
)
async def test_nobody_is_led_to_another_site(house, smtp, onward):
    async with reading(house) as client:
        page = await client.get("/sign-in", params={"onward": onward})
        assert ("onward", "/") in form(page, "/sign-in").fields
        blank = form(page, "/sign-in").filled(email=KENYA)
        await client.post("/sign-in", data={**blank, "onward": [onward]})
        letter = (await smtp.received())[-1]
        done = await pressed(client, LINK.findall(letter.text)[0])

    assert done.headers["location"] == "/"


async def test_who_is_signed_in_is_led_on_and_not_to_another_site(shared):
    async with reading(shared, "kenya") as client:
        here = await client.get("/sign-in", params={"onward": "/account"})
        away = await client.get("/sign-in", params={"onward": "//evil.example"})

    assert (here.headers["location"], away.headers["location"]) == ("/account", "/")


async def test_a_page_for_those_signed_in_leads_through_signing_in_and_back(house, smtp):
    async with reading(house) as client:
        away = await client.get("/account")
        assert away.headers["location"] == "/sign-in?onward=/account"
        link = await link_of(client, smtp)
        back = await pressed(client, link)

    assert back.headers["location"] == "/account"


async def test_signing_in_as_another_ends_the_login_before(house, smtp):
    async with reading(house, "kenya") as client:
        before = client.cookies["cwg_login"]
        async with reading(house) as nobody:
            link = await link_of(nobody, smtp, email="new@x.example")
        page = await client.get(link)
        assert "Signing in signs Delegate of Kenya out of this browser." in said(page)
        await client.post(link, data=form(page, link).filled())
    async with AsyncClient(base_url=house.url, cookies={"cwg_login": before}, timeout=30) as old:
        assert (await old.get("/account")).status_code == 303


async def test_signing_out_ends_the_login_and_not_only_the_cookie(house):
    async with reading(house, "kenya") as client:
        cookie = client.cookies["cwg_login"]
        page = await client.get("/account")
        out = await client.post("/sign-out", data=form(page, "/sign-out").filled())
    async with AsyncClient(base_url=house.url, cookies={"cwg_login": cookie}, timeout=30) as copied:
        after = await copied.get("/account")

    assert (out.status_code, out.headers["location"]) == (303, "/")
    assert out.headers["set-cookie"].startswith('cwg_login=""; ')
    assert after.headers["location"] == "/sign-in?onward=/account"


@pytest.mark.parametrize("cookie", ["forged", "", "é".encode().hex(), "a" * 4000, "' OR 1=1 --"])
async def test_a_forged_cookie_is_nobody(shared, cookie):
    await login(shared, "kenya")
    async with shared.http() as client:
        answer = await client.get("/account", headers={"cookie": f"cwg_login={cookie}"})

    assert answer.headers["location"] == "/sign-in?onward=/account"


# Forms of other sites.


@pytest.mark.parametrize("csrf", ["", "forged", "of-another"])
@pytest.mark.parametrize(
    "path", ["/sign-out", "/account", "/account/logins", "/account/tokens", "/sign-in"]
)
async def test_a_form_that_was_not_made_for_this_login_does_nothing(shared, csrf, path):
    async with reading(shared, "brazil") as other:
        token = dict(form(await other.get("/account"), "/account").fields)["csrf"]
    sent = {"csrf": token if csrf == "of-another" else csrf, "name": "X", "label": "X", "days": "0"}
    async with reading(shared, "kenya") as client:
        answer = await client.post(path, data=sent)
        account = await client.get("/account")

    assert answer.status_code == 403
    assert form(account, "/account").filled()["name"] == ["Delegate of Kenya"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "cross-site"},
    ],
)
async def test_another_site_signs_nobody_in_as_somebody_else(house, smtp, headers):
    async with reading(house) as client:
        link = await link_of(client, smtp)
        blank = form(await client.get(link), link).filled()
        answer = await client.post(link, data=blank, headers=headers)

    assert (answer.status_code, await count(house, Login)) == (403, 0)


# The account.


async def test_people_change_what_they_say_of_themselves(house):
    async with reading(house, "kenya") as client:
        blank = form(await client.get("/account"), "/account").filled(
            name="Head of delegation", affiliation="Ministry", job_title="", country="CH"
        )
        done = await client.post("/account", data=blank)
        page = await client.get(done.headers["location"])

    assert done.status_code == 303
    assert "Saved." in said(page)
    kept = form(page, "/account").filled()
    assert [kept[name] for name in ("name", "affiliation", "job_title", "country")] == [
        ["Head of delegation"],
        ["Ministry"],
        [""],
        ["CH"],
    ]


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"name": "x" * 121}, "This is too long."),
        ({"name": "\u202egpj"}, "This contains signs that change the direction of the text."),
        ({"job_title": "<b>Head</b>"}, "This contains markup."),
        ({"country": "XX"}, "Choose one of those on the list."),
    ],
)
async def test_what_cannot_be_kept_is_shown_again_with_the_reason(shared, answers, sentence):
    async with reading(shared, "kenya") as client:
        blank = form(await client.get("/account"), "/account").filled(**answers)
        page = await client.post("/account", data=blank)
        after = form(await client.get("/account"), "/account").filled()

    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text
    assert page.text.count("<b>Head") == 0
    assert after["name"] == ["Delegate of Kenya"]


async def test_a_token_is_shown_once_and_revoked_by_its_button(house):
    async with reading(house, "kenya") as client:
        blank = form(await client.get("/account"), "/account/tokens").filled()
        page = await client.get("/account")
        made = await client.post(
            "/account/tokens",
            data={"csrf": blank["csrf"], "label": "Terminal", "days": "30"},
        )
        (word,) = re.findall(r"cwg_[\w-]{43}", made.text)
        page = await client.get("/account")
        assert word not in page.text
        assert "Terminal" in said(page)
        async with AsyncClient(
            base_url=house.url, headers={"authorization": f"Bearer {word}"}, timeout=30
        ) as program:
            assert (await program.get("/api/v1/me")).status_code == 200
            action = next(
                found for found in re.findall(r'action="(/account/tokens/[^"]+)"', page.text)
            )
            await client.post(action, data=form(page, action).filled())
            assert (await program.get("/api/v1/me")).status_code == 401

    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"


async def test_every_login_is_listed_and_ends_by_its_button(house):
    other = await login(house, "kenya")
    async with reading(house, "kenya") as client:
        page = await client.get("/account")
        assert said(page).count("this browser") == 1
        actions = re.findall(r'action="(/account/logins/[^"]+)"', page.text)
        await client.post(actions[1], data=form(page, actions[1]).filled())
        async with AsyncClient(
            base_url=house.url, cookies={"cwg_login": other}, timeout=30
        ) as there:
            assert (await there.get("/account")).status_code == 303
        here = await client.post(actions[0], data=form(page, actions[0]).filled())

    assert here.headers["location"] == "/"
    async with house.house.database.reading() as db:
        live = (await db.exec(select(Login).where(col(Login.revoked_at).is_(None)))).all()
    assert live == []


async def test_all_other_logins_end_by_one_button(house):
    others = [await login(house, "kenya") for _ in range(2)]
    async with reading(house, "kenya") as client:
        page = await client.get("/account")
        token = form(page, "/account").filled()["csrf"]
        await client.post("/account/logins", data={"csrf": token})
        assert (await client.get("/account")).status_code == 200
    for cookie in others:
        async with AsyncClient(
            base_url=house.url, cookies={"cwg_login": cookie}, timeout=30
        ) as there:
            assert (await there.get("/account")).status_code == 303


def plain(message: str) -> str:
    return translations(Language.ENGLISH).gettext(message)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0"
            ),
            "Edge on Windows",
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
                "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
            ),
            "Safari on iOS",
        ),
        (
            (
                "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) "
                "Chrome/126.0.0.0 Mobile Safari/537.36"
            ),
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
            "Firefox on Linux",
        ),
        ("<script>alert(1)</script>", "A browser on an unknown system"),
        ("", "A browser on an unknown system"),
    ],
)
def test_a_browser_is_known_again_by_its_words(agent, words):
    assert agent_words(agent, plain) == words


# In a real browser, which names ``null`` as the origin of a form on a page without referrer.


async def test_a_browser_signs_in_by_keyboard_and_every_page_is_accessible(
    house: Service, smtp: Postbox, new_page: Visits
):
    page = await new_page(viewport=(360, 740))
    faults: list[str] = []

    async def check() -> None:
        found = await Axe().run(page)
        faults.extend(f"{page.url}: {one['id']}" for one in found.response["violations"])

    await page.goto(f"{house.url}/sign-in?onward=/account")
    await check()
    await page.focus("#f-email")
    await page.keyboard.type(KENYA)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=Look into your mailbox")
    await check()
    letter = (await smtp.received())[-1]
    await page.goto(house.url + LINK.findall(letter.text)[0])
    await check()
    await page.focus("main button")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{house.url}/account")
    await check()
    await page.fill("#f-label", "Terminal")
    await page.click("main button:has-text('Make a token')")
    await page.wait_for_selector("text=Copy this token now")
    await check()
    await page.goto(house.url + LINK.findall(letter.text)[0])
    await check()
    await page.click("text=Sign out")
    await page.wait_for_url(f"{house.url}/")

    assert faults == []
    async with house.house.database.reading() as db:
        person = (await db.exec(select(Person).where(Person.email == KENYA))).one()
        assert await identity.logins(db, person, datetime.now(UTC)) == []
