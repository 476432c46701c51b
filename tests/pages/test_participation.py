"""Registrations in numbers, as pages and as JSON: all for the secretariat, few for the public."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from app.pages.chart import Bar, bars
from app.services import participation
from tests.pages.reading import reading, said
from tests.world import Service, add_person, service, settings

DESK = "/desk/registrations/twenty"
PUBLIC = "/meetings/twenty/participation"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        yield running


async def test_the_secretariat_finds_all_numbers_from_its_desk(house: Service) -> None:
    async with reading(house, "secretariat") as client:
        assert f'href="{DESK}"' in (await client.get("/desk/secretariat")).text
        page = await client.get(DESK)
    told = said(page)
    assert "6 registrations are submitted or approved." in told
    assert "2 of 2 Member States are represented. The reference is all 2 Member States" in told
    assert "Member State 2 33 % 2 of 2 Sector Member 1 17 %" in told
    assert page.text.count('<svg class="bars" role="img" aria-label=') == 10


async def test_the_public_reads_that_there_are_too_few(house: Service) -> None:
    async with reading(house) as client:
        told = said(await client.get(PUBLIC))
        found = (await client.get(f"/api/v1{PUBLIC}")).json()
    # One Sector Member, one Associate: all cells of the category are hidden, as are the modes.
    assert "6 registrations are confirmed." in told
    assert "It is counted once a day and told again where at least five have come" in told
    assert "Member State not shown" in told
    hidden = {each["axis"]: {c["registrations"] for c in each["cells"]} for each in found["axes"]}
    assert hidden["category"] == {None}
    assert hidden["mode"] == {0, 6}


async def test_the_numbers_of_the_desk_are_for_the_secretariat(house: Service) -> None:
    path = "/api/v1/meetings/twenty/registrations/counts"
    async with house.http("secretariat") as http:
        found = (await http.get(path)).json()
    assert (found["registrations"], found["member_states"], found["reference"]) == (6, 2, 2)
    assert found["axes"][0]["axis"] == "state"
    async with house.http("chair") as http:
        assert (await http.get(path)).status_code == 404
    async with reading(house, "chair") as client:
        assert (await client.get(DESK)).status_code == 404


async def test_one_more_of_a_kind_never_shows_a_small_number(house: Service) -> None:
    """Registrations come in one by one, a day each, and no number or step is from one to four."""
    told_before, day = 6, datetime.now(UTC)
    async with house.http() as http:
        for more in range(8):
            async with house.house.database.writing() as db:
                await add_person(db, house.world, f"more{more}", day)
                await participation.count(db, day + timedelta(days=more + 1))
            found = (await http.get(f"/api/v1{PUBLIC}")).json()
            told = [c["registrations"] for each in found["axes"] for c in each["cells"]]
            assert set(told) & {1, 2, 3, 4} == set()
            assert abs(found["registrations"] - told_before) not in {1, 2, 3, 4}
            told_before = found["registrations"]
    assert told_before == 11


def test_a_chart_is_one_named_picture_whatever_its_labels_are() -> None:
    drawn = str(bars('A "title" & more', [Bar("<b>", 4, "4"), Bar("Two", None, "not shown")]))

    picture = ET.fromstring(drawn)  # noqa: S314 - it is our own
    assert (picture.attrib["role"], picture.attrib["aria-label"]) == ("img", 'A "title" & more')
    assert [each.text for each in picture.iter("text")] == ["<b>", "4", "Two", "not shown"]
    kinds = [(each.attrib["class"], each.attrib["width"]) for each in picture.iter("rect")]
    assert kinds == [("bar", "320.0"), ("bar-hidden", "320")]
    assert "style=" not in drawn


def test_a_label_that_is_too_long_for_its_line_is_drawn_narrower_and_a_short_one_is_not() -> None:
    long = "Organisations internationales et intergouvernementales"
    drawn = str(bars("Groups", [Bar(long, 4, "4"), Bar("Governments", 5, "5")]))

    picture = ET.fromstring(drawn)  # noqa: S314 - it is our own
    labels = [each for each in picture.iter("text") if each.attrib["class"] == "bar-label"]
    assert [each.get("textLength") for each in labels] == ["270", None]
