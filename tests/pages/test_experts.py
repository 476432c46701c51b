"""The desk for experts, as people without script use it: invite, confirm, end."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from httpx2 import Response

from app.models import AgendaItem
from tests.conftest import Visits
from tests.pages.reading import Form, form, login, reading, said
from tests.world import Service, service, settings

HERE = "/desk/experts/twenty"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        world = running.world
        async with running.house.database.writing() as db:
            for number, name in ((1, "first"), (2, "second")):
                db.add(
                    AgendaItem(
                        meeting_id=world.meeting_id,
                        sitting_id=world.sittings[name],
                        number=number,
                        title=f"A matter of the {name} half",
                    )
                )
        yield running


async def invited(house: Service, **typed: str) -> str:
    """What the chair reads after the form was sent."""
    item = f"{house.world.sittings['second']}:2"
    told = {"whom": "stakeholder@example.org", "item": item, "reason": "To explain."}
    async with reading(house, "chair") as chair:
        page = await chair.get(HERE)
        sent = form(page, HERE).filled(**(told | typed))
        answer = await chair.post(HERE, data=sent)
        return said(await chair.get(answer.headers["location"]) if answer.is_redirect else answer)


async def test_an_expert_is_invited_confirmed_and_ended_without_script(house: Service) -> None:
    assert "A second person has to confirm it" in await invited(house)
    assert "invited for this item already" in await invited(house, reason="Another reason.")
    async with reading(house, "secretariat") as clerk:
        assert f'href="{HERE}"' in (await clerk.get("/meetings/twenty")).text
        page = await clerk.get(HERE)
        assert "Waits for a second person" in said(page)
        assert "Invite an expert" not in said(page)
        sent = first_form(page, "/confirm")
        answer = await clerk.post(sent.action, data=sent.filled())
        page = await clerk.get(answer.headers["location"])
        assert "Confirmed. The expert may attend while the item is in hand." in said(page)
        async with reading(house, "stakeholder") as expert:
            shown = said(await expert.get("/meetings/twenty"))
            assert "You are invited as an expert for item 2" in shown
            assert "A matter of the second half" not in shown
            assert (await expert.get(HERE)).status_code == 403
        sent = first_form(page, "/end")
        answer = await clerk.post(sent.action, data=sent.filled(why="Not needed."))
        page = await clerk.get(answer.headers["location"])
        assert "Not needed." in said(page)
        assert f'action="{HERE}' not in page.text


def first_form(page: Response, ending: str) -> Form:
    """The first form about an invitation, which must be this one."""
    found = form(page, f"{HERE}/")
    assert found.action.endswith(ending)
    return found


async def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(house: Service) -> None:
    first = f"{house.world.sittings['first']}:1"
    for typed, told in (
        ({"whom": "nobody@example.org"}, "Nobody is known by this"),
        ({"item": first}, "The agenda of this sitting has no such item."),
        ({"item": "nonsense"}, "The agenda of this sitting has no such item."),
        ({"reason": " "}, "This is needed."),
    ):
        page = await invited(house, **typed)
        assert told in page
        assert "Please check these answers" in page


async def test_the_desk_can_be_read_by_everyone(house: Service, new_page: Visits) -> None:
    await invited(house)
    page = await new_page(viewport=(360, 740))
    cookie = {"name": "cwg_login", "value": await login(house, "secretariat"), "url": house.url}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]  # a dict of its shape
    await page.goto(house.url + HERE)
    assert (await Axe().run(page)).response["violations"] == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
