"""What rests on inputs, told at both ends; and of the members' part to nobody else."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.database import hold, load
from app.models import Input, MinutesParagraph, Person, Sitting
from app.policy.inputs import InputState
from app.policy.sitting import SittingState
from app.services import summary
from tests.consulting import TITLE, add_items, consulted
from tests.pages.reading import form, reading, said
from tests.world import Service

INPUT = "/consultations/multilingual/inputs/1"
CITES = f"/api/v1{INPUT}/citations"
DESK = "/desk/meetings/twenty/citations"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    """A round with two inputs and a summary; an item, and two noted paragraphs, in each half."""
    async with consulted(tmp_path) as running:
        now, world = datetime.now(UTC), running.world
        async with running.house.database.writing() as db:
            by = await load(db, Person, world.people["secretariat"])
            draft = summary.Draft("Many ask for more scripts.", (1, 2))
            await summary.put(db, "multilingual", None, draft, by=by, now=now)
            await summary.present(db, "multilingual", by=by, now=now)
            await add_items(db, world)
            for number, part in ((1, "first"), (2, "second")):
                for change, decision in ((1, False), (2, True)):
                    noted = MinutesParagraph(
                        sitting_id=world.sittings[part],
                        place=float(change),
                        change=change,
                        text=f"Obsidian {part} {'decision' if decision else 'remark'}",
                        item_number=number,
                        decision=decision,
                        by_id=by.id,
                        at=now,
                    )
                    db.add(noted)
                    await db.flush()
                    world.entities[f"{part} {change}"] = noted.id
        yield running


def minutes(house: Service, part: str, change: int) -> str:
    """The address of what a paragraph of the minutes rests on."""
    key = house.world.entities[f"{part} {change}"]
    return f"/api/v1/sittings/{house.world.sittings[part]}/minutes/{key}/citations"


async def told(house: Service, who: str | None) -> list[str]:
    """What cites the first input, as somebody is told; the page says the same as the API."""
    async with house.http(who) as client:
        found = (await client.get(CITES)).json()
    async with reading(house, who) as client:
        page = said(await client.get(INPUT))
    for each in found:
        assert each["text"] in page
    if not any("second" in each["text"] for each in found):
        assert "Obsidian second" not in page
    return [each["text"] or f"summary {each['number']}" for each in found]


async def test_both_ends_tell_it_and_the_members_part_only_to_its_readers(house: Service) -> None:
    cites = {"cites": [{"consultation": "multilingual", "inputs": [1, 2], "paragraphs": [1]}]}
    async with house.http("secretariat") as client:
        for number in (1, 2):
            address = f"/api/v1/meetings/twenty/agenda-items/{number}/citations"
            assert (await client.put(address, json=cites)).status_code == 204
        for part in ("first", "second"):
            for change in (1, 2):
                done = await client.put(minutes(house, part, change), json=cites)
                assert done.status_code == 204
        kept = (await client.get(minutes(house, "second", 1))).json()
        assert kept == [{"consultation": "multilingual", "inputs": [1, 2], "paragraphs": [1]}]
    everybody = ["summary 1", "Cinnabar item 1"]
    assert await told(house, None) == everybody
    assert await told(house, "kenya") == ["summary 1", "Cinnabar item 1", "Cinnabar item 2"]
    all_of_it = [
        f"Obsidian {part} {of}" for part in ("first", "second") for of in ("remark", "decision")
    ]
    assert await told(house, "secretariat") == [*everybody, "Cinnabar item 2", *all_of_it]
    async with house.house.database.writing() as db:
        for part in ("first", "second"):
            sitting = await hold(db, Sitting, house.world.sittings[part])
            sitting.state, sitting.closed_at = SittingState.CLOSED, datetime.now(UTC)
    assert await told(house, None) == [*everybody, "Obsidian first decision"]
    assert await told(house, "kenya") == [
        *everybody,
        "Cinnabar item 2",
        "Obsidian first decision",
        "Obsidian second decision",
    ]
    async with house.house.database.writing() as db:
        (await hold(db, Input, house.world.entities["input 2"])).state = InputState.WITHDRAWN
    async with reading(house) as client:
        page = await client.get("/meetings/twenty")
        assert "rests on inputs 1 , 2; rests on paragraph 1 of its summary" in said(page)
        assert f'href="{INPUT}"' in page.text
        assert f'href="{INPUT[:-1]}2"' not in page.text
        first, second = (house.world.sittings[each] for each in ("first", "second"))
        records = said(await client.get(f"/sittings/{first}/records"))
        assert f"Obsidian first decision {TITLE} : rests on inputs" in records
        assert "Obsidian" not in (await client.get(f"/sittings/{second}/records")).text
    async with house.http() as client:
        found = (await client.get("/api/v1/meetings/twenty/citations")).json()
        assert [each["number"] for each in found] == [1]


async def test_only_who_writes_them_and_only_what_is_of_this_meeting(house: Service) -> None:
    item = "/api/v1/meetings/twenty/agenda-items/{}/citations"
    wrong = (
        ({"consultation": "elsewhere", "inputs": [1]}, "consultation"),
        ({"consultation": "multilingual", "inputs": [9]}, "inputs"),
        ({"consultation": "multilingual", "paragraphs": [9]}, "passages"),
    )
    async with house.http("secretariat") as client:
        for cites, name in wrong:
            refused = await client.put(item.format(1), json={"cites": [cites]})
            assert (refused.status_code, name in refused.text) == (422, True)
        assert (await client.put(item.format(7), json={"cites": []})).status_code == 404
        other = minutes(house, "first", 1).replace(
            str(house.world.sittings["first"]), str(house.world.sittings["second"])
        )
        assert (await client.put(other, json={"cites": []})).status_code == 404
        assert (await client.get(other)).status_code == 404
    for who in ("stakeholder", "kenya"):
        async with house.http(who) as client:
            assert (await client.put(item.format(1), json={"cites": []})).status_code == 404
            refused = await client.put(minutes(house, "second", 1), json={"cites": []})
            assert refused.status_code == 403


async def test_the_desk_sets_them_without_script(house: Service) -> None:
    sitting = f"/desk/sittings/{house.world.sittings['second']}/citations"
    async with reading(house, "secretariat") as client:
        for where in (DESK, sitting):
            blank = form(await client.get(where), where)
            many = {"inputs-multilingual": "1-2", "passages-multilingual": "one"}
            refused = await client.post(where, data=blank.filled(**many))
            assert (refused.status_code, "Give numbers, such as" in said(refused)) == (422, True)
            assert 'value="one"' in refused.text
            many["passages-multilingual"] = "1"
            assert (await client.post(where, data=blank.filled(**many))).status_code == 303
            assert 'value="1, 2"' in (await client.get(where)).text
            assert (await client.post(where, data=blank.filled(of="none"))).status_code == 404
        assert await told(house, "kenya") == ["summary 1", "Cinnabar item 1"]
        nothing = form(await client.get(DESK), DESK).filled(
            **{"inputs-multilingual": "", "passages-multilingual": ""}
        )
        assert (await client.post(DESK, data=nothing)).status_code == 303
        assert await told(house, "kenya") == ["summary 1"]


async def test_the_minutes_lead_their_writers_to_what_they_rest_on(house: Service) -> None:
    page = f"/minutes/{house.world.sittings['first']}"
    desk = f"/desk/sittings/{house.world.sittings['first']}/citations"
    for who in ("secretariat", "chair"):
        async with reading(house, who) as client:
            assert f'href="{desk}"' in (await client.get(page)).text
            back = await client.get(desk)
            assert f'href="{page}"' in back.text
    async with reading(house, "moderator") as client:
        assert desk not in (await client.get(page)).text
