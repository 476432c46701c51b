"""What became of inputs, as people and programs meet it without script; and its desk."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from app.policy.inputs import Consent, InputState
from tests.consulting import add_items, consulted
from tests.pages.reading import form, reading, said
from tests.world import Service

HERE = "/consultations/multilingual"
API = f"/api/v1{HERE}"
DESK = "/desk/outcome/multilingual"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    """A round with five inputs, one of them kept back and one withdrawn; an item in each half."""
    more: dict[int, dict[str, Any]] = {
        4: {"consent": Consent.NONE},
        5: {"state": InputState.WITHDRAWN},
    }
    async with consulted(tmp_path, 5, more) as running:
        async with running.house.database.writing() as db:
            await add_items(db, running.world)
        yield running


async def test_the_desk_answers_many_and_everybody_reads_what_became_of_them(
    house: Service,
) -> None:
    async with reading(house, "secretariat") as client:
        page = await client.get(f"{DESK}?campaigns=1")
        assert "0 of 4 inputs have an answer." in said(page)
        typed: dict[str, Any] = dict(form(page, DESK).filled(kind="partly", why=""))
        typed["paragraph"] = "Report, § 14"
        refused = await client.post(DESK, data=typed | {"input": ["1:0", "2:0"]})
        assert refused.status_code == 422
        assert "Say why: its author and everybody read it." in said(refused)
        assert refused.text.count("checked>") == 2
        assert 'value="Report, § 14"' in refused.text
        typed = typed | {"why": "Its second part is for 1 < 2 other bodies."}
        done = await client.post(DESK, data=typed | {"input": ["1:0,2:0"]})
        assert (done.status_code, done.headers["location"]) == (303, f"{DESK}?campaigns=1")
        stale = await client.post(f"{DESK}/1", data=typed | {"input": "1:0", "kind": "noted"})
        assert stale.status_code == 409
        assert "Somebody else has answered meanwhile" in said(stale)
        blank = form(await client.get(f"{DESK}/3"), f"{DESK}/3")
        for number, item in (("3", "2"), ("4", "1")):
            filled = blank.filled(kind="considered", item=item, input=f"{number}:0")
            answered = await client.post(f"{DESK}/{number}", data=filled)
            kept = "The answer is kept, and its authors are told by letter."
            assert kept in said(await client.get(answered.headers["location"]))
            assert kept not in said(await client.get(f"{DESK}/{number}"))
        assert "3. Cinnabar" not in said(await client.get(DESK))
        assert "Every input has an answer." in said(await client.get(f"{DESK}?waiting=1"))
    async with reading(house) as client:
        told = said(await client.get(f"{HERE}/inputs/1"))
        assert "Reflected in part : Report, § 14 ·" in told
        assert "Its second part is for 1 < 2 other bodies." in told
        elsewhere = await client.get(f"{HERE}/inputs/3")
        assert "an agenda item of a part of the meeting that you may not read" in said(elsewhere)
        assert "Cinnabar item 2" not in elsewhere.text
        answered = await client.get(f"{HERE}/inputs/4")
        assert "Considered" not in said(answered)
        for address in (HERE, f"{HERE}/inputs", "/consultations", "/meetings/twenty"):
            assert "4 of 4 inputs have an answer." in said(await client.get(address))
        filtered = await client.get(f"{HERE}/inputs", params={"disposition": "partly"})
        assert "2 inputs found" in said(filtered)
        none = await client.get(f"{HERE}/inputs", params={"disposition": "none"})
        assert "0 inputs found" in said(none)
        table = (await client.get(f"{HERE}/inputs.csv")).text
        assert 'partly,,"Report, § 14",Its second part' in table
        assert "Cinnabar item 2" not in table
    async with reading(house, "kenya") as client:
        assert "agenda item 2 , Cinnabar item 2" in said(await client.get(f"{HERE}/inputs/3"))
    async with reading(house, "chair") as client:
        assert (await client.get(DESK)).status_code == 404
        assert (await client.get(f"{DESK}/1")).status_code == 404


async def test_programs_answer_and_read_the_same(house: Service) -> None:
    sent = {"inputs": [{"number": 1, "seen": 0}, {"number": 3}], "kind": "considered", "item": 2}
    async with house.http("secretariat") as client:
        wrong = await client.post(f"{API}/dispositions", json=sent | {"item": 9})
        assert (wrong.status_code, "item" in wrong.text) == (422, True)
        done = await client.post(f"{API}/dispositions", json=sent)
        assert done.json() == {"changed": [1, 3]}
        late = await client.post(f"{API}/dispositions", json=sent | {"kind": "noted"})
        assert (late.status_code, late.json()["type"]) == (409, "urn:cwg:disposition-changed")
        gone = await client.post(
            f"{API}/dispositions", json={"inputs": [{"number": 5}], "kind": "noted"}
        )
        assert gone.status_code == 409
        assert "inputs 5" in gone.json()["detail"]
    async with house.http() as client:
        one = (await client.get(f"{API}/inputs/1")).json()["disposition"]
        assert (one["kind"], one["item"], one["restricted"]) == ("considered", None, True)
        (again,) = (await client.get(f"{API}/inputs/1/dispositions")).json()
        assert again == one
        assert (await client.get(f"{API}/inputs/4/dispositions")).json() == []
        found = (await client.get(f"{API}/inputs", params={"disposition": "considered"})).json()
        assert [each["number"] for each in found["inputs"]] == [1, 3]
        for address in ("/api/v1/outcome", "/api/v1/meetings/twenty/outcome"):
            counted = (await client.get(address)).json()
            assert (counted["answered"], counted["inputs"]) == (2, 4)
        assert (await client.get(f"{API}/outcome")).json()["answered"] == 2
    async with house.http("kenya") as client:
        (seen,) = (await client.get(f"{API}/inputs/1/dispositions")).json()
        assert (seen["item"], seen["item_title"]) == (2, "Cinnabar item 2")
        assert (await client.post(f"{API}/dispositions", json=sent)).status_code == 404
