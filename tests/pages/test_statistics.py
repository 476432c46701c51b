"""Statistics of participation as pages, CSV and JSON: what everybody may read, and no more."""

import csv
import io
from collections.abc import AsyncGenerator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.database import Writing, hold
from app.models import FloorRequest, Intervention, Sitting, Trait
from app.policy.floor import RequestKind, RequestState, Speaker
from app.policy.inputs import Consent
from app.policy.people import Capacity, Category, StakeholderGroup
from app.policy.sitting import SittingState
from app.services import participation
from tests.consulting import add_consultation, add_input
from tests.pages.reading import reading, said
from tests.world import Service, add_person, service, settings

HERE = "/meetings/twenty/statistics"
API = f"/api/v1{HERE}"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    """Twelve more people; seven of them spoke where all may read, all of them among members."""
    now = datetime.now(UTC)
    async with service(settings(tmp_path)) as running:
        async with running.house.database.writing() as db:
            for number in range(12):
                await add_person(db, running.world, f"more{number}", now)
            kenya = running.world.entities["kenya"]
            since = now.date() - timedelta(days=900)
            for name, value in (("region", "africa"), ("ldc", "yes")):
                db.add(Trait(entity_id=kenya, name=name, value=value, valid_from=since))
            for number in range(7):
                await _spoke(db, running, "first", number, 120.0, now)
            for number in range(12):
                await _spoke(db, running, "second", number, 7777.0, now)
            await participation.count(db, now + timedelta(days=1))
        yield running


async def _spoke(
    db: Writing, house: Service, sitting: str, number: int, seconds: float, now: datetime
) -> None:
    held = await hold(db, Sitting, house.world.sittings[sitting])
    held.state, held.closed_at = SittingState.CLOSED, now
    who = Speaker(f"The more{number}", "", Capacity.INDIVIDUAL, Category.STAKEHOLDER, remote=True)
    request = FloorRequest(
        sitting_id=held.id,
        number=number + 1,
        person_id=house.world.people[f"more{number}"],
        kind=RequestKind.INTERVENTION,
        state=RequestState.DONE,
        speaker=asdict(who),
        asked_at=now,
    )
    db.add(request)
    await db.flush()
    db.add(
        Intervention(
            sitting_id=held.id,
            request_id=request.id,
            given_at=now,
            started_at=now,
            spoken_before=seconds,
            ended_at=now,
        )
    )


async def _round(house: Service, *, closed: bool) -> None:
    now = datetime.now(UTC)
    ends = now - timedelta(days=1) if closed else now + timedelta(days=1)
    async with house.house.database.writing() as db:
        made = await add_consultation(db, house.world, now, closes_at=ends)
        for number in range(11):
            await add_input(
                db,
                made,
                house.world.people[f"more{number}"],
                number + 1,
                now - timedelta(days=2),
                language="fr" if number < 6 else "en",
                group=StakeholderGroup.CIVIL_SOCIETY,
                consent=Consent.NONE if number == 10 else Consent.NAME_AND_TEXT,
            )


async def test_a_meeting_is_told_in_numbers_of_what_everybody_may_read(house: Service) -> None:
    await _round(house, closed=True)
    async with house.http() as http:
        found = (await http.get(API)).json()
    assert found["registrations"]["registrations"] == 18
    assert (found["rounds"], found["inputs"]["number"], found["inputs"]["people"]) == (1, 10, 10)
    spoken = found["interventions"]
    # The members' part is over as well, and nothing of its twelve speeches is in any number.
    assert (found["sittings"], spoken["number"], spoken["seconds"]) == (1, 7, 840.0)
    of = {
        axis["axis"]: {cell["key"]: cell["number"] for cell in axis["cells"] if cell["number"] != 0}
        for axis in found["inputs"]["axes"]
    }
    assert of["language"] == {"fr": None, "en": None}  # six and four
    assert of["group"] == {"civil_society": 10}
    assert of["first_time"] == {"yes": 10}
    async with reading(house) as client:
        page = await client.get(HERE)
        told = said(page)
        table = (await client.get(f"{HERE}.csv")).content.decode("utf-8-sig")
    assert "Member States represented, of 2" in told
    assert "Minutes spoken 14" in told
    assert "not shown" in told
    assert "7777" not in page.text
    assert page.text.count('<svg class="bars" role="img" aria-label=') >= 12
    assert page.text.count("<table>") == page.text.count('<section class="counts"')
    rows = list(csv.DictReader(io.StringIO(table)))
    whole = {row["measure"]: row for row in rows if not row["axis"]}
    assert (whole["inputs"]["number"], whole["interventions"]["seconds"]) == ("10", "840")
    assert {row["number"] for row in rows}.isdisjoint({"1", "2", "3", "4"})


async def test_a_round_that_is_open_is_not_counted_yet(house: Service) -> None:
    await _round(house, closed=False)
    async with house.http() as http:
        found = (await http.get(API)).json()
    assert (found["rounds"], found["inputs"]["number"]) == (0, 0)


async def test_nothing_is_counted_between_two_sittings(house: Service) -> None:
    """Or whoever reads before and after one learns the gender of the few who spoke in it."""
    async with house.house.database.writing() as db:
        first = await hold(db, Sitting, house.world.sittings["first"])
        copied = {"meeting_id", "part", "starts_at", "time_zone"}
        ends_at = datetime.now(UTC) + timedelta(hours=1)
        db.add(Sitting(**first.model_dump(include=copied), number=9, ends_at=ends_at))
    async with house.http() as http:
        found = (await http.get(API)).json()
    assert (found["sittings"], found["interventions"]["number"]) == (0, 0)


async def test_meetings_stand_side_by_side_along_any_axis(house: Service) -> None:
    await _round(house, closed=True)
    async with reading(house) as client:
        page = await client.get("/statistics")
        by_group = said(await client.get("/statistics?by=group"))
        odd = await client.get("/statistics?by=nonsense")
        table = (await client.get("/statistics.csv")).content.decode("utf-8-sig")
    assert "The twentieth meeting" in said(page)
    assert "Civil society" in by_group
    assert odd.status_code == 200
    assert table.count("\n") > 40
    async with house.http() as http:
        (only,) = (await http.get("/api/v1/statistics")).json()
    assert only["meeting"] == "twenty"
