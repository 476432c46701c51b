"""A meeting is copied on its page: what is wrong is told beside what was typed."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.pages.reading import form, reading, said
from tests.world import Service, service, settings

COPY = "/desk/meetings/twenty/copy"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        yield running


async def test_a_meeting_is_copied_and_what_is_wrong_is_told(house: Service) -> None:
    async with reading(house, "secretariat") as client:
        assert f'href="{COPY}"' in (await client.get("/meetings/twenty")).text
        blank = form(await client.get(COPY), COPY)
        typed = blank.filled(title="Twenty-one", address="twenty", days="soon")
        wrong = await client.post(COPY, data=typed)
        assert (wrong.status_code, 'value="Twenty-one"' in wrong.text) == (422, True)
        assert "A number of days from 1 to 3,660." in said(wrong)
        taken = await client.post(COPY, data=typed | {"days": ["30"]})
        assert (taken.status_code, 'value="30"' in taken.text) == (422, True)
        made = await client.post(COPY, data=typed | {"days": ["30"], "address": ["twenty-one"]})
        assert made.headers["location"] == "/meetings/twenty-one"
        assert "The first half" in said(await client.get("/meetings/twenty-one"))
    async with reading(house, "chair") as client:
        assert (await client.get(COPY)).status_code == 404
