"""Inputs that are presented face to face: listed, called to the floor, noted, and told."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sqlmodel import col, select

from app.database import load
from app.models import FloorRequest, Input, Sitting
from app.policy.inputs import Consent
from app.policy.parts import Part
from app.policy.receipt import Happened
from app.services import receipts
from tests.consulting import add_consultation
from tests.pages.reading import form, reading, said
from tests.receiving import receive
from tests.world import Service, service, settings

HERE = "/consultations/multilingual/inputs"


async def asked(running: Service) -> str:
    """Three inputs to be presented, of which the last names nobody; the address of the list."""
    now, world = datetime.now(UTC), running.world
    async with running.house.database.writing() as db:
        sitting = await load(db, Sitting, world.sittings["first"])
        sitting.part = Part.CONSULTATION
        round_ = await add_consultation(db, world, now, sitting_id=sitting.id)
        keys = running.house.keys
        for number, who, more in (
            (1, "stakeholder", {"name": "Umber Person"}),
            (2, "moderator", {"name": "Nobody registered"}),
            (3, "kenya", {"name": "Cinnabar Heron", "consent": Consent.TEXT_ONLY}),
            (4, "kenya", {"presents": False}),
        ):
            columns = {"presents": True, **more}
            await receive(db, round_, world.people[who], number, now, keys, **columns)
    return f"/api/v1/sittings/{world.sittings['first']}/presentations"


async def test_one_press_puts_an_author_on_the_list_and_the_page_tells_what_came_of_it(
    tmp_path: Path,
) -> None:
    async with service(settings(tmp_path)) as running:
        api = await asked(running)
        desk = api.replace("/api/v1/sittings", "/desk/presentations").removesuffix("/presentations")
        async with reading(running, "moderator") as client:
            page = await client.get(desk)
            assert "Umber Person" in page.text
            assert "Summary 1" in page.text
            assert "Cinnabar Heron" not in page.text  # text only: not here either
            sent = form(page, desk).filled(do="call")
            assert (await client.post(desk, data=sent)).status_code == 303
            assert (await client.post(desk, data=sent)).status_code == 303  # pressed twice
            no = await client.post(desk, data=sent | {"number": "3", "id": str(uuid4())})
            assert no.status_code == 422
            assert "not named" in said(no)
            mic = sent | {"number": "3", "do": "microphone", "mic": "14", "id": str(uuid4())}
            wrong = await client.post(desk, data=mic | {"mic": "x<"})
            assert wrong.status_code == 422
            assert 'value="x&lt;"' in wrong.text
            assert (await client.post(desk, data=mic)).status_code == 303
            noted = await client.post(desk, data=sent | {"do": "presented"})
            assert noted.status_code == 303
        async with running.house.database.reading() as db:
            rows = (await db.exec(select(FloorRequest).order_by(col(FloorRequest.number)))).all()
            people = [(each.person_id, each.speaker["name"], each.topic) for each in rows]
        assert people == [
            (running.world.people["stakeholder"], "The stakeholder", "Input 1"),
            (None, "Room microphone 14", "Input 3"),
        ]
        async with reading(running) as client:
            assert "Presented face to face" in said(await client.get(f"{HERE}/1"))
            assert "Presented face to face" not in (await client.get(f"{HERE}/2")).text


async def test_a_program_lists_calls_and_notes_and_the_author_is_told(tmp_path: Path) -> None:
    async with service(settings(tmp_path)) as running:
        api = await asked(running)
        which = {"consultation": "multilingual", "input": 2}
        async with running.http("kenya") as http:
            assert (await http.get(api)).status_code == 403
        async with running.http("secretariat") as http:
            listed = (await http.get(api)).json()
            assert [each["input"] for each in listed] == [1, 2, 3]
            assert [each["registered"] for each in listed] == [True, False, False]
            assert listed[2]["who"] == ""
            calls = {"id": str(uuid4()), "consultation": "multilingual", "input": 1}
            assert (await http.post(f"{api}/calls", json=calls)).json()["ok"] is False
            for state in ("not_come", "not_come", "presented"):
                assert (await http.post(api, json={**which, "state": state})).status_code == 204
            four = await http.post(api, json={**which, "input": 4, "state": "presented"})
            assert four.status_code == 403
        async with running.http() as http:
            got = await http.get(f"/api/v1{HERE}/2")
            assert got.json()["presented_at"]
        async with running.house.database.reading() as db:
            theirs = select(Input).where(Input.person_id == running.world.people["moderator"])
            found = (await db.exec(theirs)).one()
            steps = [each.what for each in await receipts.timeline(db, found)]
        assert steps.count(Happened.PRESENTED) == 1
        assert Happened.NOT_COME not in steps
