"""Signing in with an identity provider, against a real one; and what it may say and do wrong."""

import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from httpx2 import AsyncClient, Response
from pydantic import ValidationError
from sqlmodel import col, select

from app.models import Act, Login, Person, ProviderAccount
from app.providers import ATTEMPT_LIFETIME, Attempt
from app.settings import Provider, Settings, faults_of
from tests.conftest import Visits
from tests.pages.reading import form, reading, said
from tests.provider import KEY, Elsewhere, elsewhere, query_of
from tests.world import Service, service, settings

GO = f"/sign-in/with/{KEY}"
KENYA = "kenya@example.org"


@pytest.fixture(scope="module")
async def there() -> AsyncGenerator[Elsewhere]:
    async with elsewhere() as made:
        yield made


@pytest.fixture
async def house(tmp_path, there) -> AsyncGenerator[Service]:
    given = settings(
        tmp_path,
        providers=(
            there.settings(),
            there.settings("other", name="Another", domains=("example.org",)),
        ),
    )
    async with service(given) as running:
        yield running


async def set_out(client: AsyncClient, key: str = KEY, onward: str = "/account") -> str:
    """The address of the provider that one is led to."""
    led = await client.get(f"/sign-in/with/{key}", params={"onward": onward})
    assert led.status_code == 303, led.text
    address: str = led.headers["location"]
    return address


async def signed_in(
    client: AsyncClient, there: Elsewhere, subject: str, key: str = KEY, **more: str
) -> Response:
    """All the way there and back."""
    return await client.get(await there.consents(await set_out(client, key, **more), subject))


async def rows(house: Service, table):
    async with house.house.database.reading() as db:
        return (await db.exec(select(table))).all()


async def refusals(house: Service) -> list[str]:
    async with house.house.database.reading() as db:
        query = select(Act).where(Act.kind == "provider-refused").order_by(col(Act.number))
        return [(act.content or {})["reason"] for act in await db.exec(query)]


async def test_the_page_names_the_providers_and_leads_there_with_everything_it_should(house, there):
    async with reading(house) as client:
        page = await client.get("/sign-in", params={"onward": "/account"})
        led = await client.get(GO, params={"onward": "/account"})

    assert "Sign in with Ministry of Examples" in said(page)
    assert f'href="{GO}?onward=/account"' in page.text
    assert led.headers["location"].startswith(f"{there.url}/oauth2/authorize?")
    asked = query_of(led.headers["location"])
    assert {name: asked[name] for name in asked.keys() - {"state", "nonce", "code_challenge"}} == {
        "response_type": "code",
        "client_id": "meetings",
        "redirect_uri": f"{house.url}{GO}/back",
        "scope": "openid email",
        "code_challenge_method": "S256",
    }
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert led.headers["cache-control"] == "no-store"
    cookie = led.headers["set-cookie"]
    assert cookie.startswith("cwg_attempt=")
    assert cookie.endswith("; HttpOnly; Max-Age=600; Path=/; SameSite=lax")


async def test_without_providers_the_page_says_nothing_of_them(tmp_path):
    async with service(settings(tmp_path)) as bare, reading(bare) as client:
        page = await client.get("/sign-in")
        nowhere = await client.get(GO)

    assert "Or sign in elsewhere" not in said(page)
    assert nowhere.status_code == 404


async def test_there_and_back_and_one_is_in_as_who_one_was_by_mail(house, there):
    await there.knows("delegate-1", email=KENYA, email_verified=True)
    async with reading(house) as client:
        done = await signed_in(client, there, "delegate-1")
        account = await client.get("/account")
        listed = await client.get("/api/v1/logins")

    assert (done.status_code, done.headers["location"]) == (303, "/account")
    assert "cwg_attempt" not in client.cookies
    assert "Signed in as kenya@example.org ." in said(account)
    assert "with Ministry of Examples" in said(account)
    assert [(each["way"], each["way_name"]) for each in listed.json()] == [
        ("provider", "Ministry of Examples")
    ]
    (linked,) = await rows(house, ProviderAccount)
    assert linked.person_id == house.world.people["kenya"]


async def test_the_login_before_it_ends(house, there):
    await there.knows("delegate-1", email=KENYA, email_verified=True)
    async with reading(house, "brazil") as client:
        before = client.cookies["cwg_login"]
        await signed_in(client, there, "delegate-1")
    async with AsyncClient(base_url=house.url, cookies={"cwg_login": before}, timeout=30) as old:
        assert (await old.get("/account")).status_code == 303


@pytest.mark.parametrize(
    ("claims", "sentence", "reason"),
    [
        ({}, "It does not say your mail address.", "address-missing"),
        ({"email": KENYA}, "has verified your mail address", "address-not-verified"),
        (
            {"email": KENYA, "email_verified": False},
            "has verified your mail address",
            "address-not-verified",
        ),
        (
            {"email": KENYA, "email_verified": "true"},
            "has verified your mail address",
            "address-not-verified",
        ),
        (
            {"email": ["kenya@example.org"], "email_verified": True},
            "It does not say your mail address.",
            "address-missing",
        ),
        (
            {"email": "kenya", "email_verified": True},
            "It does not say your mail address.",
            "address-missing",
        ),
    ],
)
async def test_who_is_not_proven_to_have_the_address_is_refused_in_words_and_on_record(
    house, there, claims, sentence, reason
):
    await there.knows("liar", **claims)
    async with reading(house) as client:
        page = await signed_in(client, there, "liar")

    assert page.status_code == 403
    assert "Ministry of Examples did not sign you in" in said(page)
    assert sentence in said(page)
    assert "Send me a link" in said(page)
    assert await refusals(house) == [reason]
    assert await rows(house, Login) == []
    assert await rows(house, ProviderAccount) == []


async def test_a_provider_speaks_for_its_own_domains_only(house, there):
    await there.knows("liar", email="chair@un.example", email_verified=True)
    async with reading(house) as client:
        page = await signed_in(client, there, "liar", "other")
    async with reading(house) as client:
        await there.knows("honest", email=KENYA, email_verified=True)
        done = await signed_in(client, there, "honest", "other")

    assert "It names a mail address for which it may not speak here." in said(page)
    assert done.status_code == 303
    assert await refusals(house) == ["address-of-another-domain"]


async def test_an_account_that_turns_to_another_address_is_refused(house, there):
    await there.knows("turncoat", email="new@example.org", email_verified=True)
    async with reading(house) as client:
        await signed_in(client, there, "turncoat")
    await there.knows("turncoat", email="chair@example.org", email_verified=True)
    async with reading(house) as client:
        page = await signed_in(client, there, "turncoat")

    assert "It now names another mail address than the one you have here." in said(page)
    assert await refusals(house) == ["address-is-another"]


# Other people's answers.


async def test_the_answer_to_one_browser_signs_in_no_other(house, there):
    """Whoever has somebody's code puts it into an attempt of their own: the nonce gives it away."""
    await there.knows("delegate-1", email=KENYA, email_verified=True)
    async with reading(house) as victim, reading(house) as thief:
        stolen = query_of(await there.consents(await set_out(victim), "delegate-1"))["code"]
        own = query_of(await set_out(thief))["state"]
        page = await thief.get(f"{GO}/back", params={"state": own, "code": stolen})

    assert page.status_code == 403
    assert "Its answer does not prove who you are" in said(page)
    assert await refusals(house) == ["answer-unproven"]
    assert await rows(house, Login) == []


async def test_nobody_is_signed_in_by_an_address_that_another_made(house, there):
    """An attacker's own code and state, sent to somebody as a link, find no attempt there."""
    await there.knows("attacker", email="attacker@x.example", email_verified=True)
    async with reading(house) as attacker:
        link = await there.consents(await set_out(attacker), "attacker")
    async with reading(house) as victim:
        without = await victim.get(link)
        await set_out(victim)
        with_another = await victim.get(link)

    for page in (without, with_another):
        assert page.status_code == 400
        assert "This browser did not set out for there" in said(page)
    assert await rows(house, Login) == []
    assert await refusals(house) == []  # else anybody could fill the record


async def test_an_attempt_is_for_one_provider_and_one_time(house, there):
    await there.knows("delegate-1", email=KENYA, email_verified=True)
    async with reading(house) as client:
        link = await there.consents(await set_out(client), "delegate-1")
        mixed_up = await client.get(link.replace(GO, "/sign-in/with/other"))
        done = await client.get(link)
        again = await client.get(link)

    assert [each.status_code for each in (mixed_up, done, again)] == [400, 303, 400]


async def test_an_attempt_has_an_end_and_cannot_be_made(house, there, monkeypatch):
    async with reading(house) as client:
        asked = query_of(await set_out(client))
        state, challenge = asked["state"], asked["code_challenge"]
        providers = house.house.providers
        sealed = client.cookies["cwg_attempt"]
        attempt = providers.attempt(KEY, sealed, state)
        assert isinstance(attempt, Attempt)
        # The provider of the tests does not look at it (RFC 7636): what it would compare is right.
        assert create_s256_code_challenge(attempt.verifier) == challenge
        assert not providers.attempt(KEY, sealed[:-1] + "A", state)
        assert not providers.attempt(KEY, sealed, state + "é")
        late = datetime.now(UTC).timestamp() + ATTEMPT_LIFETIME + 2
        monkeypatch.setattr("itsdangerous.timed.time.time", lambda: late)
        assert not providers.attempt(KEY, sealed, state)


async def test_who_says_no_there_is_told_how_to_go_on(house, there):
    async with reading(house) as client:
        asked = query_of(await set_out(client))
        said_no = {"error": "access_denied", "state": asked["state"]}
        page = await client.get(f"{GO}/back", params=said_no)
        again = await client.get(f"{GO}/back", params=said_no)

    assert page.status_code == 403
    assert "It did not sign you in, or you said no there." in said(page)
    assert again.status_code == 400
    assert await refusals(house) == []


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example/", "/\\evil.example"])
async def test_nobody_is_led_to_another_site(house, there, onward):
    await there.knows("delegate-1", email=KENYA, email_verified=True)
    async with reading(house) as client:
        done = await signed_in(client, there, "delegate-1", onward=onward)

    assert done.headers["location"] == "/"


# A provider that is out.


async def test_where_the_provider_is_gone_mail_still_signs_in(tmp_path, smtp):
    async with elsewhere() as there:
        given = settings(tmp_path, providers=(there.settings(),), smtp_url=smtp.url)
        async with service(given) as house, reading(house) as client:
            await there.knows("delegate-1", email=KENYA, email_verified=True)
            back = await there.consents(await set_out(client), "delegate-1")
            there.gone()
            lost = await client.get(back)
            page = await client.get(GO, params={"onward": "/account"})
            asked = await client.post(
                "/sign-in", data=form(lost, "/sign-in").filled(email="x@x.example")
            )
            assert asked.status_code == 200
            assert len(await smtp.received()) == 1
        async with service(settings(tmp_path / "2", providers=(there.settings(),))) as later:
            async with reading(later) as client:
                never = await client.get(GO)
            assert await rows(later, Act) == []

    assert [each.status_code for each in (lost, never)] == [503, 503]
    for each in (lost, never):
        assert "Ministry of Examples did not sign you in" in said(each)
        assert "It does not answer at this moment." in said(each)
    # What is known of the way there is kept: the provider's own page then does not load.
    assert page.status_code == 303
    assert await refusals_of(house) == []


async def refusals_of(house: Service) -> list[str]:
    """After the service has ended its tables can still be read."""
    return await refusals(house)


async def test_what_is_no_provider_is_not_taken_for_one(tmp_path, there):
    """A page that answers, but names another issuer than the one that was set up."""
    given = there.settings(issuer=there.url.replace("127.0.0.1", "localhost") + "/")
    async with service(settings(tmp_path, providers=(given,))) as house, reading(house) as client:
        page = await client.get(GO)

    assert page.status_code == 503


# The account.


async def test_what_is_linked_is_listed_unlinked_and_allowed_again(house, there):
    await there.knows("delegate-1", email=KENYA, email_verified=True)
    async with reading(house) as client:
        await signed_in(client, there, "delegate-1")
    async with reading(house, "kenya") as client:
        page = await client.get("/account")
        unlink = form(page, "/account/providers/")
        assert unlink.action.endswith("/unlink")
        done = await client.post(unlink.action, data=unlink.filled())
        page = await client.get(done.headers["location"])
        assert "The account is unlinked" in said(page)
        async with reading(house) as other:
            refused = await signed_in(other, there, "delegate-1")
            assert "You have unlinked this account." in said(refused)
        allow = form(page, "/account/providers/")
        assert allow.action.endswith("/allow")
        await client.post(allow.action, data=allow.filled())
    async with reading(house) as client:
        assert (await signed_in(client, there, "delegate-1")).status_code == 303
        page = await client.get("/account")
        (listed,) = (await client.get("/api/v1/provider-accounts")).json()
        assert (listed["provider"], listed["unlinked_at"]) == (KEY, None)
        gone = await client.delete(
            f"/api/v1/provider-accounts/{listed['id']}", headers={"origin": house.url}
        )
        assert gone.status_code == 204
        (listed,) = (await client.get("/api/v1/provider-accounts")).json()
        assert listed["unlinked_at"]


# Settings.


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"issuer": "http://id.example"}, "an issuer begins with https://"),
        ({"issuer": "id.example"}, "an issuer begins with https://"),
        ({"scope": "openid"}, "a scope has at least openid and email."),
        ({"key": "A b"}, "String should match pattern"),
        ({"colour": "blue"}, "Extra inputs are not permitted"),
    ],
)
def test_a_provider_that_is_not_safe_stops_the_start(wrong, sentence):
    good = {
        "key": "a",
        "name": "A",
        "issuer": "https://id.example",
        "client_id": "x",
        "client_secret": "y",
    }
    assert Provider.model_validate(good).domains == ()
    with pytest.raises(ValidationError) as refused:
        Settings(base_url="https://m.example", providers=json.dumps([good | wrong]))  # type: ignore[arg-type]  # as in the environment
    assert faults_of(refused.value).startswith("CWG_PROVIDERS.0.")
    assert sentence in faults_of(refused.value)
    with pytest.raises(ValidationError, match="each needs a key of its own"):
        Settings(base_url="https://m.example", providers=json.dumps([good, good]))  # type: ignore[arg-type]  # as in the environment


# In a real browser.


async def test_a_browser_goes_there_and_back_by_keyboard(
    house: Service, there: Elsewhere, new_page: Visits
):
    await there.knows("delegate-9", email="delegate@kenya.example", email_verified=True)
    page = await new_page(viewport=(360, 740))
    # The provider's page loads a style from elsewhere, which nobody here needs.
    await page.route("https://**", lambda route: route.abort())
    await page.goto(f"{house.url}/sign-in?onward=/account")
    found = await Axe().run(page)
    await page.get_by_role("link", name="Sign in with Ministry of Examples").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{there.url}/**")
    await page.fill("input[name=sub]", "delegate-9")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{house.url}/account")
    more = await Axe().run(page)

    assert "with Ministry of Examples" in await page.inner_text("#main")
    assert [found.response["violations"], more.response["violations"]] == [[], []]
    people = {each.email for each in await rows(house, Person)}
    assert "delegate@kenya.example" in people
