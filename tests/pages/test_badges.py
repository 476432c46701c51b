"""The badge desk by form: found by name or by scan, looked at, printed, printed again."""

import re
from base64 import b64encode
from collections.abc import AsyncGenerator
from io import BytesIO
from pathlib import Path

import pytest
import segno
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from httpx2 import AsyncClient, Response
from PIL import Image
from sqlmodel import col, select

from app.models import Badge
from app.services import badges
from tests.conftest import Visits
from tests.live.test_attendance import reference
from tests.live.test_badges import printed, scan
from tests.live.test_fence import close_open_part
from tests.pages.reading import form, login, reading, said
from tests.world import Service, service, settings

DESK = "/desk/badges/twenty"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        yield running


async def send(http: AsyncClient, page: Response, action: str, **filled: str) -> Response:
    found = form(page, action)
    return await http.post(found.action, data=found.filled(**filled), follow_redirects=True)


async def valid(house: Service) -> list[Badge]:
    async with house.house.database.reading() as db:
        return list(await db.exec(select(Badge).where(col(Badge.ended_at).is_(None))))


async def test_somebody_is_found_looked_at_and_given_a_badge(house: Service) -> None:
    async with reading(house, "secretariat") as http:
        page = await http.get(DESK)
        assert "6 people" in said(page)
        found = await send(http, page, f"{DESK}/find", q="kenya")
        assert ("1 person" in said(found), "Delegate of Kenya" in said(found)) == (True, True)
        one = re.search(r"\?of=[\w-]+", found.text)
        assert one is not None
        page = await http.get(DESK + one[0])
        key = one[0].removeprefix("?of=")
        assert (await http.get(f"{DESK}/{key}/badge.pdf")).status_code == 404
        done = await send(http, page, f"{DESK}/{key}", act="print", identity="yes")
        assert "The badge is valid. Open it, and print it." in said(done)
        assert "A document was looked at." in said(done)
        pdf = await http.get(f"{DESK}/{key}/badge.pdf")
        assert (pdf.content[:5], pdf.headers["cache-control"]) == (b"%PDF-", "no-store")
        (first,) = await valid(house)
        twice = await send(http, page, f"{DESK}/{key}", act="print")
        assert (twice.status_code, await valid(house)) == (409, [first])
        assert "This registration has a badge already." in said(twice)

        again = await send(http, done, f"{DESK}/{key}", act="reprint")
        assert "The new badge is valid, the one before is not." in said(again)
        assert "No document is noted as looked at." in said(again)
        (second,) = await valid(house)
        old, new = (badges.reference(house.house.keys, each) for each in (first, second))
        refused = await send(http, page, f"{DESK}/find", q=old)
        assert "Another badge was printed in place of this one" in said(refused)
        good = await send(http, page, f"{DESK}/find", q=f" {new.lower()} ")
        assert ("This badge is valid." in said(good), new in str(good.url)) == (True, False)
        forged = await send(
            http, page, f"{DESK}/find", q=new[:-1] + ("0" if new[-1] > "0" else "1")
        )
        assert "This badge was not made by this service." in said(forged)
        ended = await send(http, again, f"{DESK}/{key}", act="revoke")
        assert ("The badge is valid no more." in said(ended), await valid(house)) == (True, [])


def shot(text: str) -> bytes:
    """A picture of a code, as a phone's camera takes it."""
    drawn, made = BytesIO(), BytesIO()
    segno.make_qr(text).save(drawn, kind="png", scale=12, border=8)
    with Image.open(drawn) as code:
        code.convert("RGB").save(made, "JPEG")
    return made.getvalue()


async def photographed(http: AsyncClient, page: Response, action: str, raw: bytes) -> Response:
    filled = form(page, action).filled()
    filled.pop("picture")
    files = {"picture": ("code.jpg", raw, "image/jpeg")}
    return await http.post(action, data=filled, files=files, follow_redirects=True)


async def test_a_picture_of_a_code_is_read_where_the_browser_cannot(house: Service) -> None:
    text = await printed(house, "kenya")
    door = f"/door/{house.world.sittings['first']}"
    async with reading(house, "secretariat") as http:
        page = await http.get(DESK)
        found = await photographed(http, page, f"{DESK}/find", shot(text))
        assert "This badge is valid." in said(found)
        none = await photographed(http, page, f"{DESK}/find", shot("X" * 100))
        assert (none.status_code, "No code was found in the picture." in said(none)) == (409, True)
    async with reading(house, "steward") as http:
        page = await http.get(door)
        told = await photographed(http, page, door, shot(text))
        assert ("May enter" in said(told), "Delegate of Kenya" in said(told)) == (True, True)
        wrong = await photographed(http, page, door, b"\xff\xd8 no picture")
        assert (wrong.status_code, "no whole JPEG or PNG" in said(wrong)) == (422, True)
    path = "/api/v1/meetings/twenty/badges/read"
    sent = {"picture": b64encode(shot(text)).decode()}
    async with house.http("steward") as program:
        assert (await program.post(path, json=sent)).json() == {"text": text}
    async with house.http("kenya") as program:
        assert (await program.post(path, json=sent)).status_code == 403


async def test_a_batch_is_printed_for_all_who_have_no_badge(house: Service) -> None:
    async with reading(house, "secretariat") as http:
        page = await http.get(DESK)
        assert "Print all 6 who have no valid badge (PDF)" in said(page)
        made = await send(http, page, f"{DESK}/print", which="missing")
        assert (made.content[:5], len(await valid(house))) == (b"%PDF-", 6)
        page = await http.get(DESK)
        assert "who have no valid badge" not in said(page)
        nothing = await send(http, page, f"{DESK}/print")
        assert (nothing.status_code, "6 people" in said(nothing)) == (200, True)


async def test_the_desk_is_usable_by_everyone_and_reads_a_wedge(
    house: Service, new_page: Visits
) -> None:
    page = await new_page(viewport=(360, 740))
    cookie = {"name": "cwg_login", "value": await login(house, "secretariat"), "url": house.url}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]  # a dict of its shape
    await page.goto(house.url + DESK)
    await page.get_by_role("button", name="Use the camera").wait_for()
    assert (await Axe().run(page)).violations_count == 0
    await page.keyboard.type("Delegate of Kenya")  # the field has the focus, as a scanner needs it
    await page.keyboard.press("Enter")
    await page.wait_for_url("**q=Delegate*")  # the link is on the page of everybody, too
    await page.get_by_role("link", name="Delegate of Kenya").click()
    await page.wait_for_url("**of=*")
    assert (await Axe().run(page)).violations_count == 0
    await page.get_by_label("I have looked at a document").check()
    await page.get_by_role("button", name="Make the badge").click()
    await page.get_by_text("The badge is valid. Open it, and print it.").wait_for()
    wide = await page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360


async def test_the_steward_sees_who_has_to_leave_before_signing_for_the_hall(
    house: Service,
) -> None:
    hall = f"/desk/hall/{house.world.sittings['first']}"
    for key in ("kenya", "brazil", "stakeholder"):
        assert (await scan(house, await reference(house, key)))["verdict"] == "admitted"
    assert (await close_open_part(house)).status_code == 200
    async with reading(house, "steward") as http:
        told = said(await http.get(hall))
        assert "By the doors, 2 people are in the hall who may stay." in told
        assert "1 person may not stay, and was not seen to leave:" in told
        assert "The stakeholder ( An association ): resolves 6 does not name this" in told
        left = await scan(house, await reference(house, "stakeholder"), "out")
        assert left["verdict"] == "left"
        page = await http.get(hall)
        assert "seen to leave" not in said(page)
        signed = await send(http, page, f"{hall}/count", heads="2")
        assert "2 people in the hall, all of whom may stay." in said(signed)
