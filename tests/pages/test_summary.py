"""The brief summary as it is written at the desk, and as everybody reads it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from app.database import hold
from app.models import Input
from app.policy.inputs import InputState
from tests.consulting import consulted
from tests.pages.reading import form, reading, said
from tests.world import Service

HERE = "/consultations/multilingual/summary"
API = f"/api/v1{HERE}"
DESK = "/desk/summary/multilingual"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    """A round with two inputs."""
    async with consulted(tmp_path) as running:
        yield running


async def test_it_is_drafted_presented_and_agreed_without_script(house: Service) -> None:
    async with reading(house, "secretariat") as client, reading(house) as everybody:
        blank = form(await client.get(DESK), DESK)
        wrong = await client.post(DESK, data=blank.filled(text="Many ask.", inputs="one"))
        assert (wrong.status_code, "Give numbers, such as" in said(wrong)) == (422, True)
        assert "Many ask.</textarea>" in wrong.text
        sent = blank.filled(text="Many ask for more scripts.", inputs="")
        assert (await client.post(DESK, data=sent)).headers["location"] == f"{DESK}#p1"
        csrf = {"csrf": blank.filled()["csrf"][0]}
        refused = await client.post(DESK, data=csrf | {"do": "present"})
        assert refused.status_code == 409
        assert "These name none yet: 1." in said(refused)
        assert (await everybody.get(HERE)).status_code == 404
        save = csrf | {"do": "save", "number": "1", "version": "1", "inputs": "1-2"}
        done = await client.post(DESK, data=save | {"text": "Many ask for more scripts."})
        assert done.status_code == 303
        late = await client.post(DESK, data=save | {"text": "Some do."})
        assert (late.status_code, "Both texts are kept" in said(late)) == (409, True)
        assert "Some do." in said(late)
        assert (await client.post(DESK, data=csrf | {"do": "present"})).status_code == 303
        page = await everybody.get(HERE)
        assert "Rests on inputs 1 , 2" in said(page)
        assert "have not agreed to it yet" in said(page)
        async with reading(house, "chair") as chair:
            agree = form(await chair.get(DESK), DESK)
            none = await chair.post(DESK, data=agree.filled(present="none", why="With thanks."))
            assert (none.status_code, "at least one" in said(none)) == (422, True)
            assert "With thanks." in none.text
            agreed = agree.filled(present="57", why="With thanks.")
            assert (await chair.post(DESK, data=agreed)).status_code == 303
            assert (await chair.post(DESK, data=save | {"csrf": agreed["csrf"]})).status_code == 403
        told = said(await everybody.get(HERE))
        assert "Agreed by the stakeholders present: 57 With thanks. recorded by The chair" in told
        async with house.house.database.writing() as db:
            row = await hold(db, Input, house.world.entities["input 2"])
            row.state = InputState.WITHDRAWN
        page = await everybody.get(HERE)
        assert f'{HERE.removesuffix("/summary")}/inputs/1"' in page.text
        assert f'{HERE.removesuffix("/summary")}/inputs/2"' not in page.text
        assert "Brief summary" in said(await everybody.get(HERE.removesuffix("/summary")))
    async with reading(house, "stakeholder") as client:
        assert (await client.get(DESK)).status_code == 404


async def test_programs_write_read_and_agree(house: Service) -> None:
    async with house.http("secretariat") as client, house.http() as everybody:
        made = await client.post(f"{API}/paragraphs", json={"text": "One.", "inputs": [2, 1]})
        assert (made.status_code, made.json()["inputs"]) == (201, [1, 2])
        change = {"version": 1, "text": "Two.", "inputs": [1]}
        assert (await client.put(f"{API}/paragraphs/1", json=change)).json()["version"] == 2
        late = await client.put(f"{API}/paragraphs/1", json=change | {"text": "Three."})
        assert (late.status_code, late.json()["current"]["text"]) == (409, "Two.")
        kept = (await client.get(f"{API}/paragraphs/1/versions")).json()
        assert sorted((each["text"], each["aside"]) for each in kept) == [
            ("One.", False),
            ("Three.", True),
            ("Two.", False),
        ]
        assert (await everybody.get(API)).status_code == 404
        assert (await client.post(f"{API}/present")).json()["state"] == "presented"
        agreed = await client.post(f"{API}/agree", json={"present": 5, "words": "Agreed."})
        assert agreed.json()["present"] == 5
        assert (await client.post(f"{API}/reopen", json={"why": ""})).status_code == 422
        read = (await everybody.get(API)).json()
        assert (read["state"], read["paragraphs"][0]["text"]) == ("agreed", "Two.")
        assert (await client.post(f"{API}/reopen", json={"why": "Wrong."})).status_code == 200
        assert (await client.delete(f"{API}/paragraphs/1?version=2")).json()["deleted"]
        read = (await everybody.get(API)).json()
        assert (read["state"], read["paragraphs"][0]["text"]) == ("draft", "Two.")
        assert (await client.get(f"{API}/draft")).json()["paragraphs"] == []
