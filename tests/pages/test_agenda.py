"""The agenda in its editions: amended at the desk and over the API, read by whoever may."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from app.database import load
from app.models import AgendaItem, Meeting, Sitting
from app.policy.records import Audience
from app.services import agenda, minutes, records
from tests.pages.reading import form, reading, said
from tests.world import Service, service, settings

HERE = "/meetings/twenty/agenda"
DESK = "/desk/meetings/twenty/agenda"
SECRET = "Item of the Obsidian Finch"
REASON = "Because of the Obsidian Finch"


async def settled(running: Service) -> None:
    """Three items in the first half, one in the second."""
    world = running.world
    async with running.house.database.writing() as db:
        for number, title in enumerate(("Welcome", "Report", "Topics", SECRET), 1):
            sitting = world.sittings["second" if title == SECRET else "first"]
            db.add(
                AgendaItem(
                    meeting_id=world.meeting_id, sitting_id=sitting, number=number, title=title
                )
            )


def as_it_stands(running: Service) -> list[dict[str, Any]]:
    first, second = (str(running.world.sittings[each]) for each in ("first", "second"))
    return [
        {"number": 1, "title": "Welcome", "sitting": first},
        {"number": 2, "title": "Report", "sitting": first},
        {"number": 3, "title": "Topics", "sitting": first},
        {"number": 4, "title": SECRET, "sitting": second},
    ]


async def put(
    running: Service, edition: int, items: list[dict[str, Any]], why: str = REASON
) -> Any:
    async with running.http("secretariat") as http:
        sent = {"edition": edition, "why": why, "items": items}
        return await http.put(f"/api/v1{HERE}", json=sent)


async def test_an_amendment_is_heard_at_once_and_what_points_at_an_item_holds(
    tmp_path: Path,
) -> None:
    async with service(settings(tmp_path)) as running:
        await settled(running)
        one, two, three, four = as_it_stands(running)
        sitting_id = running.world.sittings["first"]
        async with running.attending("chair") as chair, running.attending("kenya") as kenya:
            await chair.wish("take-item", number=2)
            await kenya.until("item-taken")
            draft = {"version": 0, "text": "Noted.", "item": 3, "decision": True, "after": None}
            async with running.http("secretariat") as http:
                path = f"/api/v1/sittings/{sitting_id}/minutes/{uuid4()}"
                assert (await http.put(path, json=draft)).status_code == 200
            held = await put(running, 0, [one, three, four])  # item 2 is in hand
            assert held.status_code == 422
            two |= {"title": "Annual report", "label": "2 bis"}
            three |= {"sitting": four["sitting"], "title": "Topics of the Finch"}
            new = {"title": "Added", "sitting": one["sitting"]}
            made = await put(running, 0, [one, new, two, four, three])
            assert made.status_code == 200, made.text
            heard = await kenya.until("item-taken")
            assert "2 bis. Annual report" in str(heard)
        assert made.json()["edition"] == 2
        # Number 3 was moved away: what was decided on it here is told as it was called here.
        async with running.house.database.reading() as db:
            sitting = await load(db, Sitting, sitting_id)
            (noted,) = await minutes.record(db, sitting)
            kept = await records._agenda(db, sitting, Audience.PUBLIC)
            numbers = {
                each.title: each.number for each in await agenda.items(db, sitting.meeting_id)
            }
        assert (noted.item_number, noted.item_title) == (3, "Topics")
        assert ("Topics of the Finch", 3) in numbers.items()
        assert numbers["Added"] == 5
        assert {"number": 3, "title": "Topics", "kind": "ordinary"} in kept
        again = [one, {**new, "number": 5}, two, four]
        assert (await put(running, 1, again)).status_code == 409
        assert (await put(running, 2, again)).status_code == 200
        back = [*again, {**three, "number": None, "title": "Anew"}]
        assert (await put(running, 3, back)).status_code == 200
        async with running.http("secretariat") as http:
            found = (await http.get(f"/api/v1{HERE}")).json()
        assert found["items"][-1]["number"] == 6  # 3 is never given again


async def test_nobody_learns_of_the_members_part_through_the_editions(tmp_path: Path) -> None:
    async with service(settings(tmp_path)) as running:
        await settled(running)
        one, two, three, four = as_it_stands(running)
        await put(running, 0, [one, two, three, {**four, "title": f"{SECRET} anew"}])
        await put(running, 2, [two, one, three, four], why=REASON)
        moved = {**four, "sitting": one["sitting"], "title": "Now for all"}
        await put(running, 3, [two, one, three, moved], why=REASON)
        async with reading(running) as client:
            pages = [await client.get(f"{HERE}{more}") for more in ("", "?edition=3", "?edition=1")]
            pages.append(await client.get(f"/api/v1{HERE}"))
            hidden = await client.get(f"{HERE}?edition=2")
        assert [each.status_code for each in pages] == [200, 200, 200, 200]
        assert hidden.status_code == 404  # nothing in it is theirs to know
        for each in pages:
            assert "Obsidian Finch" not in each.text
        assert "Now for all" in pages[0].text
        async with running.http("kenya") as http:
            assert SECRET in (await http.get(f"/api/v1{HERE}")).text


async def test_the_desk_amends_many_things_at_once_and_keeps_what_was_typed(
    tmp_path: Path,
) -> None:
    async with service(settings(tmp_path)) as running:
        await settled(running)
        async with reading(running, "secretariat") as client:
            page = await client.get(DESK)
            first = str(running.world.sittings["first"])
            typed = {"place-3": "1.5", "sitting-3": first, "title-4": "New", "sitting-4": "x"}
            wrong = await client.post(DESK, data=form(page, DESK).filled(**typed))
            assert wrong.status_code == 422
            assert 'value="1.5"' in wrong.text
            assert 'id="sitting-4-error"' in wrong.text or "sitting-4" in wrong.text
            sent = form(page, DESK).filled(**typed | {"sitting-4": first}, why="As agreed.")
            sent["withdraw-2"] = ["yes"]
            assert (await client.post(DESK, data=sent)).status_code == 303
            late = await client.post(DESK, data=sent)
            assert late.status_code == 409
            assert "As agreed." in late.text
            shown = await client.get(HERE)
            for each in ("As agreed.", "Withdrawn", "Moved to another sitting", "Added"):
                assert each in said(shown)
        async with reading(running, "chair") as client:
            page = await client.get(HERE)
            adopt = form(page, f"{DESK}/adopt").filled()
            assert (await client.post(f"{DESK}/adopt", data=adopt)).status_code == 303
            assert "Adopted by the meeting" in said(await client.get(HERE))
        async with running.house.database.reading() as db:
            meeting = await load(db, Meeting, running.world.meeting_id)
            found = await agenda.items(db, meeting.id)
            editions = await agenda.editions(db, meeting.id)
        assert [each.number for each in found] == [1, 4, 2, 5]
        assert editions[-1].adopted_at
        assert editions[-1].adopted_at <= datetime.now(UTC)
