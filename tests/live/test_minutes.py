"""The minutes pad: several write at once and nothing is lost; notes to oneself are one's own."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from httpx2 import Response
from sqlmodel import select

from app.database import load
from app.models import (
    AgendaItem,
    MinutesParagraph,
    MinutesVersion,
    News,
    Person,
    PrivateNote,
    Sitting,
)
from app.policy.minutes import Draft
from app.services import minutes, notes
from tests.world import Service


async def put(
    meeting: Service, key: str, paragraph: str, said: dict[str, Any], sitting: str = "first"
) -> Response:
    async with meeting.http(key) as http:
        path = f"/api/v1/sittings/{meeting.world.sittings[sitting]}/minutes/{paragraph}"
        return await http.put(path, json=said)


async def got(meeting: Service, key: str, more: str = "", sitting: str = "first") -> Any:
    async with meeting.http(key) as http:
        path = f"/api/v1/sittings/{meeting.world.sittings[sitting]}/minutes{more}"
        return (await http.get(path)).json()


async def texts(meeting: Service) -> list[str]:
    """What the minutes say, in their order."""
    found = (await got(meeting, "secretariat"))["paragraphs"]
    living = [each for each in found if not each["deleted"]]
    return [each["text"] for each in sorted(living, key=lambda each: each["place"])]


async def test_a_paragraph_is_written_read_and_told_of_by_its_version_only(
    meeting: Service,
) -> None:
    one = str(uuid4())
    async with meeting.attending("moderator") as follows:
        made = await put(meeting, "secretariat", one, {"version": 0, "text": "Welcome."})
        assert (made.status_code, made.json()["version"]) == (200, 1)
        told = await follows.until("minutes-changed")
        assert (told["on"], told["body"]) == ("console", {"paragraph": one, "version": 1})
        again = await put(meeting, "secretariat", one, {"version": 0, "text": "Welcome."})
        assert again.json() == made.json(), "an answer that was lost is asked for again"
        more = await put(meeting, "chair", one, {"version": 1, "text": "Welcome to all."})
        assert (more.json()["version"], more.json()["by"]) == (2, "The chair")
    seen = await got(meeting, "moderator")
    assert [each["text"] for each in seen["paragraphs"]] == ["Welcome to all."]
    assert (seen["may_write"], seen["more"]) == (False, False)
    assert (await got(meeting, "moderator", f"?after={seen['newest']}"))["paragraphs"] == []
    refused = await put(meeting, "moderator", one, {"version": 2, "text": "Mine."})
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:cwg:not-writing")
    async with meeting.house.database.reading() as db:
        said = (await db.exec(select(News).where(News.kind == "minutes-changed"))).all()
    assert {frozenset(each.body) for each in said} == {frozenset({"paragraph", "version"})}


async def test_of_two_who_write_at_once_nobody_loses_a_word(meeting: Service) -> None:
    one = str(uuid4())
    await put(meeting, "secretariat", one, {"version": 0, "text": "The list"})
    answers = await asyncio.gather(
        put(meeting, "secretariat", one, {"version": 1, "text": "The list is open."}),
        put(meeting, "chair", one, {"version": 1, "text": "The list is closed."}),
    )
    assert sorted(each.status_code for each in answers) == [200, 409]
    (slower,) = [each.json() for each in answers if each.status_code == 409]
    (faster,) = [each.json() for each in answers if each.status_code == 200]
    assert slower["current"] == faster
    lost = "The list is open." if "closed" in faster["text"] else "The list is closed."
    kept = await got(meeting, "secretariat", f"/{one}/versions")
    assert {(each["text"], each["aside"]) for each in kept} == {
        ("The list", False),
        (faster["text"], False),
        (lost, True),
    }
    both = {"version": 2, "text": "The list is open.\n\nThe list is closed."}
    assert (await put(meeting, "chair", one, both)).json()["version"] == 3


async def test_paragraphs_are_put_between_moved_deleted_and_brought_back(meeting: Service) -> None:
    ids = {name: str(uuid4()) for name in "abc"}
    await put(meeting, "chair", ids["a"], {"version": 0, "text": "a"})
    await put(meeting, "chair", ids["c"], {"version": 0, "text": "c", "after": ids["a"]})
    await put(meeting, "chair", ids["b"], {"version": 0, "text": "b", "after": ids["a"]})
    assert await texts(meeting) == ["a", "b", "c"]
    await put(meeting, "chair", ids["c"], {"version": 1, "text": "c", "after": None})
    assert await texts(meeting) == ["c", "a", "b"]
    async with meeting.http("secretariat") as http:
        path = f"/api/v1/sittings/{meeting.world.sittings['first']}/minutes/{ids['a']}"
        assert (await http.delete(path, params={"version": 2})).status_code == 409
        gone = (await http.delete(path, params={"version": 1})).json()
        assert (gone["deleted"], gone["version"]) == (True, 2)
        assert (await http.delete(path, params={"version": 1})).json() == gone
    assert await texts(meeting) == ["c", "b"]
    late = await put(meeting, "chair", ids["a"], {"version": 1, "text": "a, at length"})
    assert (late.status_code, late.json()["current"]["deleted"]) == (409, True)
    await put(meeting, "chair", ids["a"], {"version": 2, "text": "a, at length"})
    assert await texts(meeting) == ["c", "a, at length", "b"]


async def test_room_is_made_where_there_is_none_left(meeting: Service) -> None:
    first = uuid4()
    async with meeting.house.database.writing() as db:
        chair = await load(db, Person, meeting.world.people["chair"])
        sitting, now = meeting.world.sittings["first"], datetime.now(UTC)
        await minutes.put(db, sitting, first, 0, Draft("0"), by=chair, now=now)
        await minutes.put(db, sitting, uuid4(), 0, Draft("last"), by=chair, now=now)
        for number in range(35, 0, -1):
            draft = Draft(str(number))
            await minutes.put(db, sitting, uuid4(), 0, draft, after=first, by=chair, now=now)
    assert await texts(meeting) == [*(str(number) for number in range(36)), "last"]


async def test_decisions_noted_are_rows_for_the_records(meeting: Service) -> None:
    world, now = meeting.world, datetime.now(UTC)
    async with meeting.house.database.writing() as db:
        first = world.sittings["first"]
        item = AgendaItem(meeting_id=world.meeting_id, sitting_id=first, number=4, title="Topics")
        db.add(item)
    noted = {"version": 0, "text": "The topics are adopted. ", "item": 4, "decision": True}
    assert (await put(meeting, "chair", str(uuid4()), noted)).status_code == 200
    await put(meeting, "chair", str(uuid4()), {"version": 0, "text": "Discussion."})
    wrong = await put(meeting, "chair", str(uuid4()), noted | {"item": 5})
    assert (wrong.status_code, wrong.json()["type"]) == (403, "urn:cwg:no-such-item-of-the-sitting")
    async with meeting.house.database.reading() as db:
        found = await minutes.record(db, await load(db, Sitting, first))
    assert [(each.number, each.text, each.item_number, each.item_title) for each in found] == [
        (1, "The topics are adopted.", 4, "Topics")
    ]
    assert found[0].at > now


async def test_bad_input_to_the_minutes_is_answered_in_words(meeting: Service) -> None:
    for text in ("x" * 5001, "a\u202eb", "a\0b"):
        got_back = await put(meeting, "chair", str(uuid4()), {"version": 0, "text": text})
        assert (got_back.status_code, list(got_back.json()["faults"])) == (422, ["text"])
    markup = {"version": 0, "text": "<script>alert(1)</script> 🕊\nسطر"}
    assert (await put(meeting, "chair", str(uuid4()), markup)).json()["text"] == markup["text"]
    mine = str(uuid4())
    await put(meeting, "chair", mine, {"version": 0, "text": "Of the first half."})
    elsewhere = await put(meeting, "chair", mine, {"version": 1, "text": "No."}, "second")
    assert elsewhere.status_code == 404, "a paragraph stays in its part"
    async with meeting.house.database.reading() as db:
        assert len((await db.exec(select(MinutesParagraph))).all()) == 2
        assert len((await db.exec(select(MinutesVersion))).all()) == 2


async def test_a_note_to_oneself_is_on_every_device_and_nobody_elses(meeting: Service) -> None:
    path = f"/api/v1/sittings/{meeting.world.sittings['first']}/notes"
    one = uuid4()
    async with meeting.http("chair") as chair, meeting.http("secretariat") as other:
        kept = await chair.put(f"{path}/{one}", json={"text": " Ask Kenya. ", "request": 3})
        assert (kept.json()["text"], kept.json()["request"]) == ("Ask Kenya.", 3)
        ends_at = datetime.fromisoformat(kept.json()["ends_at"])
        assert ends_at > datetime.now(UTC) + timedelta(days=29)
        await chair.put(f"{path}/{one}", json={"text": "Ask Kenya again."})
        assert [each["text"] for each in (await chair.get(path)).json()] == ["Ask Kenya again."]
        assert (await other.get(path)).json() == []
        assert (await other.put(f"{path}/{one}", json={"text": "Mine"})).status_code == 404
        assert (await other.delete(f"{path}/{one}")).status_code == 204
        for text in ("", " \n", "x" * 1001, "a\u202eb"):
            assert (await chair.put(f"{path}/{uuid4()}", json={"text": text})).status_code == 422
        assert len((await chair.get(path)).json()) == 1
        async with meeting.house.database.writing() as db:
            await notes.forget(db, ends_at - timedelta(seconds=1))
        assert len((await chair.get(path)).json()) == 1
        async with meeting.house.database.writing() as db:
            await notes.forget(db, ends_at)
            assert (await db.exec(select(PrivateNote))).all() == []
            assert (await db.exec(select(News))).all() == []
        await chair.put(f"{path}/{one}", json={"text": "Once more"})
        assert (await chair.delete(f"{path}/{one}")).status_code == 204
        assert (await chair.get(path)).json() == []


async def test_nobody_keeps_notes_without_end(meeting: Service) -> None:
    async with meeting.house.database.writing() as db:
        chair = await load(db, Person, meeting.world.people["chair"])
        for number in range(notes.MOST):
            now = datetime.now(UTC)
            sitting = meeting.world.sittings["first"]
            await notes.put(db, sitting, uuid4(), str(number), None, by=chair, now=now)
    path = f"/api/v1/sittings/{meeting.world.sittings['first']}/notes/{uuid4()}"
    async with meeting.http("chair") as http:
        refused = await http.put(path, json={"text": "One more"})
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:cwg:too-many-notes")
