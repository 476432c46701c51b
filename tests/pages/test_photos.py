"""A photo for the badge by plain form: sent by the person, taken at the desk, on the badge."""

from base64 import b64encode
from collections.abc import AsyncGenerator
from io import BytesIO
from pathlib import Path

import pytest
from httpx2 import AsyncClient, Response
from PIL import Image
from sqlmodel import select

from app.models import BadgePhoto, Registration
from tests.live.test_attendance import reference
from tests.pages.reading import form, reading, said
from tests.world import Service, service, settings

SMALLEST_PHONE = (3024, 4032)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        yield running


def picture(size: tuple[int, int] = (400, 500), form: str = "JPEG", colour: str = "red") -> bytes:
    made = BytesIO()
    Image.new("RGB", size, colour).save(made, form)
    return made.getvalue()


async def send(http: AsyncClient, page: Response, action: str, raw: bytes) -> Response:
    filled = form(page, action).filled()
    filled.pop("picture")
    files = {"picture": ("face.jpg", raw, "image/jpeg")}
    return await http.post(action, data=filled, files=files, follow_redirects=True)


async def row_of(house: Service, key: str) -> Registration:
    async with house.house.database.reading() as db:
        query = select(Registration).where(Registration.person_id == house.world.people[key])
        return (await db.exec(query)).one()


async def test_one_sends_a_photo_sees_it_and_nobody_else_does(house: Service) -> None:
    track = f"/registrations/{await reference(house, 'kenya')}"
    async with reading(house, "kenya") as http:
        page = await http.get(track)
        assert "Nobody else is shown it. It is kept encrypted until" in said(page)
        assert (await http.get(f"{track}/photo.jpg")).status_code == 404
        large = picture(SMALLEST_PHONE)
        assert len(large) > 256 * 1024 / 4  # a form of today: beyond what other doors take
        shown = await send(http, page, f"{track}/photo", large)
        assert (shown.status_code, f"{track}/photo.jpg?" in shown.text) == (200, True)
        got = await http.get(f"{track}/photo.jpg")
        kind = got.headers["content-type"], got.headers["cache-control"]
        assert kind == ("image/jpeg", "no-store")
        with Image.open(BytesIO(got.content)) as image:
            assert image.size == (350, 450)
        refused = await send(http, shown, f"{track}/photo", b"GIF89a/*<script>*/")
        assert refused.status_code == 422
        assert "This is no whole JPEG or PNG picture. Send another one." in said(refused)
        empty = await send(http, shown, f"{track}/photo", b"")
        assert "Choose a picture, or take one." in said(empty)
        heavy = await send(http, shown, f"{track}/photo", large + bytes(8 * 1024 * 1024))
        assert "The picture is too large: at most 8 MB are taken." in said(heavy)
    for other in ("brazil", "chair", None):
        async with reading(house, other) as http:
            assert (await http.get(f"{track}/photo.jpg")).status_code in {303, 404}
    async with reading(house, "kenya") as http:
        found = form(await http.get(track), f"{track}/photo")
        gone = await http.post(found.action, data=found.filled(do="remove"), follow_redirects=True)
        assert "photo.jpg" not in gone.text


async def test_the_desk_takes_one_and_it_is_on_the_badge(house: Service) -> None:
    row = await row_of(house, "kenya")
    one = f"/desk/badges/twenty/{row.id}"
    async with reading(house, "secretariat") as http:
        page = await http.get(f"/desk/badges/twenty?of={row.id}")
        found = form(page, one)
        await http.post(one, data=found.filled(act="print"))
        bare = (await http.get(f"{one}/badge.pdf")).content
        page = await http.get(f"/desk/badges/twenty?of={row.id}")
        wrong = await send(http, page, f"{one}/photo", b"nothing")
        assert (wrong.status_code, "no whole JPEG or PNG" in said(wrong)) == (409, True)
        taken = await send(http, page, f"{one}/photo", picture(form="PNG"))
        assert "The photo is kept." in said(taken)
        assert 'alt="Photo of Delegate of Kenya"' in taken.text
        assert (await http.get(f"{one}/photo.jpg")).content[:3] == b"\xff\xd8\xff"
        printed = (await http.get(f"{one}/badge.pdf")).content
        assert (b"/DCTDecode" in bare, b"/DCTDecode" in printed) == (False, True)
    async with reading(house, "kenya") as http:
        told = said(await http.get(f"/registrations/{row.reference}"))
        assert "Your badge is made already. Ask the badge desk" in told
    async with reading(house, "steward") as http:
        assert (await http.get(f"{one}/photo.jpg")).status_code == 403


async def test_a_program_sends_sees_and_removes_it(house: Service) -> None:
    path = f"/api/v1/registrations/{await reference(house, 'kenya')}/photo"
    async with house.http("kenya") as http:
        bad = await http.put(path, json={"picture": "no base64!"})
        assert (bad.status_code, "no whole JPEG or PNG" in bad.text) == (422, True)
        sent = {"picture": b64encode(picture()).decode()}
        assert (await http.put(path, json=sent)).status_code == 204
        assert (await http.get(path)).headers["content-type"] == "image/jpeg"
        assert (await http.delete(path)).status_code == 204
        assert (await http.get(path)).status_code == 404
    async with house.house.database.reading() as db:
        assert (await db.exec(select(BadgePhoto))).first() is None
