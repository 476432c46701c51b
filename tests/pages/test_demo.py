"""The demo's pages: one sign-in for each role, the letters, and nobody but who sits here."""

import re
from collections.abc import AsyncGenerator

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from httpx2 import AsyncClient

from app import demo
from tests.conftest import Visits
from tests.pages.reading import form, reading, said
from tests.world import Service, service, settings

ROLE = re.compile(r'action="(/demo/sign-in/[\w-]+)"')


@pytest.fixture(scope="module")
async def house(tmp_path_factory) -> AsyncGenerator[Service]:
    given = settings(tmp_path_factory.mktemp("demo"), demo=True)
    async with service(given) as running:
        await demo.build(running.house.database, given)
        yield running


async def test_there_is_a_sign_in_for_every_role_and_each_of_its_ways_opens(house):
    async with reading(house) as client:
        page = await client.get("/demo")
        roles = ROLE.findall(page.text)
        assert roles == [f"/demo/sign-in/{role.key}" for role in demo.ROLES]
    for role in roles:
        async with reading(house) as client:
            found = form(await client.get("/demo"), role)
            for _, onward in found.buttons:
                page = await client.get("/demo")
                done = await client.post(role, data=form(page, role).filled(onward=onward))
                there = await client.get(done.headers["location"])
                assert (role, done.headers["location"], there.status_code) == (role, onward, 200)


async def test_a_role_is_signed_in_as_itself_and_led_to_no_other_site(house):
    async with reading(house) as client:
        page = await client.get("/demo")
        blank = form(page, "/demo/sign-in/chair").filled(onward="//evil.example")
        done = await client.post("/demo/sign-in/chair", data=blank)
        account = await client.get("/account")

    assert done.headers["location"] == "/"
    assert "Signed in as chair@demo.example ." in said(account)


@pytest.mark.parametrize("role", ["nobody", "..", "chair@demo.example", "%2e%2e"])
async def test_there_are_no_other_roles(house, role):
    async with reading(house) as client:
        blank = form(await client.get("/demo"), "/demo/sign-in/chair").filled()
        answer = await client.post(f"/demo/sign-in/{role}", data=blank)

    assert answer.status_code in {404, 405}
    assert "set-cookie" not in answer.headers


async def test_a_form_of_another_site_signs_nobody_in(house):
    async with reading(house) as client:
        blank = form(await client.get("/demo"), "/demo/sign-in/chair").filled()
        forged = await client.post("/demo/sign-in/chair", data={**blank, "csrf": ["forged"]})
        foreign = await client.post(
            "/demo/sign-in/chair", data=blank, headers={"sec-fetch-site": "cross-site"}
        )

    assert (forged.status_code, foreign.status_code) == (403, 403)


async def test_the_letter_is_in_the_outbox_and_its_link_signs_in(house):
    async with reading(house) as client:
        page = await client.get("/sign-in")
        asked = await client.post(
            "/sign-in", data=form(page, "/sign-in").filled(email="new@kenya.example")
        )
        assert "This is the demo: nothing is sent" in said(asked)
        outbox = "/demo/outbox?to=new@kenya.example"
        for _ in range(100):
            page = await client.get(outbox)
            if "Your link to sign in" in page.text:
                break
        (letter,) = re.findall(r'href="(/demo/outbox/[^"]+)"', page.text)
        (link,) = re.findall(r'href="[^"]+(/sign-in/[^"]+)"', (await client.get(letter)).text)
        done = await client.post(link, data=form(await client.get(link), link).filled())

    assert done.status_code == 303


@pytest.mark.parametrize("path", ["/demo", "/demo/outbox"])
async def test_a_name_that_was_made_to_point_here_finds_nothing(house, path):
    async with house.http() as client:
        answer = await client.get(path, headers={"host": "rebound.example"})

    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/demo", "/demo/outbox"])
async def test_without_the_demo_there_is_no_such_page(tmp_path, path):
    async with (
        service(settings(tmp_path)) as plain,
        AsyncClient(base_url=plain.url, timeout=30) as client,
    ):
        assert (await client.get(path)).status_code == 404


async def test_the_pages_are_accessible_in_either_direction(house: Service, new_page: Visits):
    for language in ("en", "ar-XB"):
        page = await new_page(viewport=(360, 740))
        for path in ("/demo", "/demo/outbox"):
            await page.goto(f"{house.url}{path}?lang={language}")
            found = await Axe().run(page)
            assert [one["id"] for one in found.response["violations"]] == []
            wide = await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert (path, language, wide) == (path, language, True)
