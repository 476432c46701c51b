"""The list of who was there, corrected by form; and records that open from a folder."""

import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from httpx2 import AsyncClient, Response
from playwright.async_api import Page

from tests.conftest import Visits
from tests.knocking import stay_of
from tests.live.test_attendance import reference
from tests.live.test_fence import change
from tests.pages.reading import form, login, reading, said
from tests.world import Service, service, settings

VENUE = ZoneInfo("Europe/Zurich")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    """A delegate was in the hall for half an hour."""
    async with service(settings(tmp_path)) as running:
        async with running.house.database.writing() as db:
            await stay_of(db, running.world, "kenya", datetime.now(UTC))
        yield running


def desk(house: Service) -> str:
    return f"/desk/attendance/{house.world.sittings['first']}"


def typed(minutes_ago: int) -> str:
    return (datetime.now(VENUE) - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M")


async def send(http: AsyncClient, page: Response, action: str, **filled: str) -> Response:
    found = form(page, action)
    return await http.post(found.action, data=found.filled(**filled), follow_redirects=True)


async def test_the_secretariat_corrects_by_form_and_what_stood_there_is_kept(
    house: Service,
) -> None:
    async with reading(house, "secretariat") as http:
        page = await http.get(desk(house))
        assert "1 person was there" in said(page)
        person = re.search(r"\?of=[\w-]+", page.text)
        assert person is not None
        page = await http.get(desk(house) + person[0])
        chosen = re.search(r"\?of=[\w-]+&amp;stay=[\w-]+", page.text)
        assert chosen is not None
        page = await http.get(desk(house) + chosen[0].replace("&amp;", "&"))
        wrong = await send(http, page, "/desk/stays/", left_at="", reason="", act="correct")
        assert wrong.status_code == 422
        assert "Give day and time, like 2026-11-24 09:30." in said(wrong)
        assert "Say how it is known: it is kept with the correction." in said(wrong)
        times = {"came_at": typed(50), "left_at": typed(5), "reason": "The paper at the door."}
        right = await send(http, page, "/desk/stays/", act="correct", **times)
        told = said(right)
        assert (right.status_code, "45 minutes" in told) == (200, True)
        assert "The paper at the door." in told
        assert "instead of:" in told
        late = await send(http, page, "/desk/stays/", act="strike", reason="It was another.")
        assert late.status_code == 409
        assert "Somebody has corrected this meanwhile. Look at it again." in said(late)

        page = await http.get(desk(house))
        unknown = await send(http, page, f"{desk(house)}/stays", reference="NOBODY", **times)
        assert "No confirmed registration for this meeting has this reference." in said(unknown)
        brazil = await reference(house, "brazil")
        added = await send(
            http, page, f"{desk(house)}/stays", reference=brazil, mode="in_person", **times
        )
        assert "45 minutes , In person" in said(added)
        assert "2 people were there" in said(await http.get(desk(house)))
        assert "1 of 2 people" in said(await http.get(desk(house), params={"q": "BRAZIL"}))


async def test_the_chair_looks_without_correcting_and_a_person_finds_themselves(
    house: Service,
) -> None:
    async with reading(house, "chair") as http:
        page = await http.get(desk(house))
        assert "Delegate of Kenya" in said(page)
        assert "Add someone who was there" not in said(page)
        assert desk(house) in (await http.get("/meetings/twenty")).text
    async with reading(house, "kenya") as http:
        assert (await http.get(desk(house))).status_code == 404
        assert desk(house) not in (await http.get("/meetings/twenty")).text
        assert "Open part, " in said(await http.get("/account"))
        assert "In person 30" in said(await http.get("/account"))


async def test_list_and_records_are_for_everyone_to_read_and_open_from_a_folder(
    house: Service, new_page: Visits, tmp_path: Path
) -> None:
    assert (await change(house, "first", "close")).status_code == 200
    page = await new_page(viewport=(360, 740), color_scheme="dark", bypass_csp=True)
    cookie = await login(house, "secretariat")
    await page.context.add_cookies([{"name": "cwg_login", "value": cookie, "url": house.url}])
    for path in (desk(house), f"/sittings/{house.world.sittings['first']}/records"):
        await page.goto(house.url + path)
        assert await complaints(page) == []
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download").last.click()
    with ZipFile(BytesIO(Path(await (await download.value).path()).read_bytes())) as archive:
        archive.extractall(tmp_path)
    (index,) = tmp_path.glob("*/index.html")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(index.as_uri())
    assert asked == [index.as_uri()]
    assert await page.get_by_role("rowheader").all_inner_texts() == ["Delegate of Kenya"]
    assert await complaints(page) == []
    await page.locator("a[href='data/participants.json']").click()
    assert "Delegate of Kenya" in await page.content()


async def complaints(page: Page) -> list[str]:
    """What axe finds, and whether the page is wider than the phone."""
    found = (await Axe().run(page)).response["violations"]
    wider = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [str(each["id"]) for each in found] + ["wider"] * wider
