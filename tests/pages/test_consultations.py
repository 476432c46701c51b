"""A round from its topic to its skip or extension, as people without script meet it."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from sqlmodel import select

from app import main
from app.mail import sender
from app.models import Consultation, Letter, RoundsFollower, Sitting
from app.policy.letters import LetterKind
from app.policy.parts import Part
from app.services import consultations
from tests.consulting import add_consultation
from tests.pages.reading import form, reading, said
from tests.world import Service, service, settings

HOUR = timedelta(hours=1)
DESK = "/desk/meetings/twenty/consultations"
WRONG = "Enter a date and time that the clocks of this time zone show."


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        yield running


def wall(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


async def with_physical(house: Service) -> str:
    start = datetime.now(UTC) + timedelta(days=40)
    sitting = Sitting(
        meeting_id=house.world.meeting_id,
        number=9,
        part=Part.CONSULTATION,
        starts_at=start,
        ends_at=start + HOUR,
        time_zone="Europe/Zurich",
    )
    async with house.house.database.writing() as db:
        db.add(sitting)
    return str(sitting.id)


async def agreed(house: Service) -> None:
    """Kenya proposes on a page, and the chair records what the meeting decided."""
    async with reading(house, "kenya") as kenya:
        path = "/meetings/twenty/topics"
        assert f'href="{path}"' in (await kenya.get("/topics")).text
        page = form(await kenya.get(path), path)
        typed = page.filled(issue="outside", **{"title-en": "Undersea cables"})
        wrong = await kenya.post(path, data=typed)
        assert wrong.status_code == 422
        assert "or say why the topic is outside the list" in said(wrong)
        assert 'value="Undersea cables"' in wrong.text
        made = await kenya.post(path, data=typed | {"outside_why": ["Cables were cut."]})
        assert made.headers["location"] == "/topics/1"
        own = await kenya.get("/topics/1")
    assert "Outside the list" in said(own)
    assert "Record what a meeting decided" not in said(own)
    async with reading(house, "chair") as chair:
        page = form(await chair.get("/topics/1"), "/topics/1")
        silent = await chair.post("/topics/1", data=page.filled(state="declined", meeting="twenty"))
        assert "Give the reason: everyone will read it." in said(silent)
        done = await chair.post("/topics/1", data=page.filled(state="agreed", meeting="twenty"))
        assert done.status_code == 303
        twice = await chair.post("/topics/1", data=page.filled(state="agreed", meeting="twenty"))
        assert (twice.status_code, "Somebody else was faster" in said(twice)) == (409, True)


async def test_a_round_goes_from_its_topic_to_a_new_deadline(house: Service) -> None:
    await agreed(house)
    sitting = await with_physical(house)
    async with reading(house, "secretariat") as desk:
        assert DESK in (await desk.get("/meetings/twenty")).text
        new = f"{DESK}/new"
        sheet = form(await desk.get(new), new)
        topic = (await desk.get(new)).text.partition('<option value="')[2]
        topic = topic.partition('<option value="')[2].partition('"')[0]
        typed = sheet.filled(
            **{
                "slug": "cables",
                "topic": topic,
                "time_zone": "UTC",
                "opens_at": wall(-1),
                "closes_at": "soon",
                "sitting": sitting,
                "title-en": "Cables",
                "title-ar": "الكابلات",
                "q1-en": "First?",
                "q2-en": "Second?",
                "q2-ar": "ثانيا؟",
                "do": "save",
            }
        )
        wrong = await desk.post(new, data=typed)
        assert (wrong.status_code, WRONG in said(wrong)) == (422, True)
        assert "ثانيا؟" in wrong.text
        moved = await desk.post(new, data=typed | {"do": ["up:2"]})
        assert moved.text.index("Second?") < moved.text.index("First?")
        made = await desk.post(new, data=typed | {"closes_at": [wall(30)]})
        at = made.headers["location"]
        assert at == "/desk/consultations/cables"
        async with reading(house) as anyone:
            assert (await anyone.get("/consultations/cables")).status_code == 404
            assert (await anyone.get("/consultations/cables.ics")).status_code == 404
            assert "Cables" not in (await anyone.get("/consultations")).text
        page = await desk.get(at)
        assert "at least 21 are usual (A12)" in said(page)
        steps = form(page, f"{at}/announce")
        told = await desk.post(f"{at}/announce", data=steps.filled(why="The hall was free then."))
        assert told.headers["location"] == "/consultations/cables"
        page = await desk.get(at)
        move = form(page, f"{at}/extend").filled(closes_at=wall(29), why="Back.")
        back = await desk.post(f"{at}/extend", data=move)
        assert "A deadline only moves forward" in said(back)
        assert 'value="Back."' in back.text
        done = await desk.post(f"{at}/extend", data=move | {"closes_at": [wall(33)]})
        assert done.status_code == 303
    async with reading(house) as anyone:
        seen = await anyone.get("/consultations/cables", headers={"accept-language": "ar"})
        home = await anyone.get("/")
        meeting = await anyone.get("/meetings/twenty")
    words = said(seen)
    assert "Open for inputs" in words
    assert 'lang="ar" dir="auto"' in seen.text
    assert words.index("ثانيا؟") < words.index("Original, in English")
    assert "Deadline moved" in words
    assert "The hall was free then." in words
    assert all('href="/consultations/cables"' in page.text for page in (home, meeting))


async def add_round(house: Service, days: float = 7, **more: Any) -> None:
    async with house.house.database.writing() as db:
        now = datetime.now(UTC)
        closes_at = now + timedelta(days=days)
        await add_consultation(db, house.world, now, closes_at=closes_at, **more)


async def test_of_two_editors_the_second_is_shown_both_texts(house: Service) -> None:
    await add_round(house)
    at = "/desk/consultations/multilingual"
    async with reading(house, "secretariat") as desk:
        page = form(await desk.get(at), at)
        first = page.filled(**{"guidance-en": "Be brief.", "why": "Asked for.", "do": "save"})
        second = page.filled(**{"guidance-en": "Be long.", "why": "Asked too.", "do": "save"})
        silent = await desk.post(at, data=first | {"why": [""]})
        assert "Give the reason: everyone will read it." in said(silent)
        assert (await desk.post(at, data=first)).status_code == 303
        late = await desk.post(at, data=second)
        assert late.status_code == 409
        assert "Somebody else has changed it" in said(late)
        assert "Be brief." in said(late)
        assert "Be long." in late.text
        again = form(late, at).filled(why="Both.", do="save")
        assert (await desk.post(at, data=again)).status_code == 303
        reworded = form(await desk.get(at), at).filled(
            **{"q1-en": "Silently another?", "why": "None.", "do": "save"}
        )
        refused = await desk.post(at, data=reworded)
        assert (refused.status_code, "the English questions" in said(refused)) == (409, True)
    async with reading(house) as anyone:
        words = said(await anyone.get("/consultations/multilingual"))
    assert "Be long." in words
    assert words.count("What stood there before") == 2
    assert "Be brief." in words


async def test_a_round_is_followed_reminded_of_and_left(house: Service) -> None:
    await add_round(house, days=5)
    at = "/consultations/multilingual"
    async with reading(house) as anyone:
        assert f"/sign-in?onward={at}" in (await anyone.get(at)).text
    async with reading(house, "stakeholder") as client:
        page = await client.get(at)
        assert "14 days before" not in said(page)
        follow = form(page, f"{at}/follow")
        none = await client.post(f"{at}/follow", data=follow.filled(days="99"))
        assert "A number of days from 1 to 60." in said(none)
        assert (await client.post(f"{at}/follow", data=follow.filled(days="3"))).status_code == 303
        page = await client.get(at)
        assert "You are reminded of its close" in said(page)
        left = form(page, f"{at}/unfollow")
        assert (await client.post(f"{at}/unfollow", data=left.filled())).status_code == 303
        assert "You follow it" not in said(await client.get(at))


async def test_what_is_not_held_says_why(house: Service) -> None:
    now = datetime.now(UTC)
    await add_round(house, opens_at=now + timedelta(days=1))
    at = "/desk/consultations/multilingual"
    async with reading(house, "secretariat") as desk:
        sheet = form(await desk.get(at), f"{at}/skip")
        silent = await desk.post(f"{at}/skip", data=sheet.filled(why=""))
        assert silent.status_code == 422
        done = await desk.post(f"{at}/skip", data=sheet.filled(why="The meeting was moved."))
        assert done.headers["location"] == "/consultations/multilingual"
    async with reading(house) as anyone:
        page = await anyone.get("/consultations/multilingual")
        events = Calendar.from_ical((await anyone.get("/consultations.ics")).content).walk("VEVENT")
    assert "The reason that was given: The meeting was moved." in said(page)
    assert [str(each["STATUS"]) for each in events] == ["CANCELLED", "CANCELLED"]


async def test_the_calendar_has_the_window_and_its_close(house):
    await add_round(house)
    async with reading(house) as program:
        got = await program.get("/consultations/multilingual.ics")
    found: list[Any] = Calendar.from_ical(got.content).walk("VEVENT")
    window, close = found
    assert got.headers["content-type"].startswith("text/calendar")
    start, end = window["DTSTART"].dt, window["DTEND"].dt
    assert start < end == close["DTSTART"].dt == close["DTEND"].dt
    assert str(close["SUMMARY"]).startswith("Closes: Public policy")
    assert str(window["TRANSP"]) == "TRANSPARENT"
    assert str(window["UID"]) != str(close["UID"])


async def test_what_is_written_is_shown_and_never_run(house: Service) -> None:
    """A text with markup is refused at the desk; one that was there already is only text."""
    await add_round(house, titles={"en": "<script>alert(1)</script>"})
    async with reading(house) as anyone:
        page = await anyone.get("/consultations/multilingual")
    assert "<script>alert" not in page.text
    assert "alert(1)" in said(page)


async def test_the_service_reminds_by_itself_and_once(house: Service) -> None:
    """What the loop does each minute, in two processes at the same moment."""
    await add_round(house, days=5)
    now = datetime.now(UTC)
    person = await house.person("stakeholder")
    async with house.house.database.writing() as db:
        row = await consultations.by_slug(db, "multilingual", None, now)
        found = await consultations.follow(db, row, 3, by=person, now=now)
        found.remind_at = now
    await asyncio.gather(main._remind(house.house), main._remind(house.house))
    async with house.house.database.reading() as db:
        kinds = list(await db.exec(select(Letter.kind)))
    assert kinds == [LetterKind.ROUND_CLOSES]


async def test_whoever_follows_all_rounds_is_told_of_each_that_is_announced(house: Service) -> None:
    now = datetime.now(UTC)
    await add_round(house, announced_at=None, opens_at=now + timedelta(days=1))
    async with reading(house) as anyone:
        assert "/sign-in?onward=/consultations" in (await anyone.get("/consultations")).text
    by, follower = await house.person("secretariat"), await house.person("stakeholder")
    async with reading(house, "stakeholder") as client:
        switch = form(await client.get("/consultations"), "/consultations/follow")
        for _ in range(2):  # once is enough, and twice is the same
            done = await client.post("/consultations/follow", data=switch.filled())
            assert done.status_code == 303
        async with house.house.database.writing() as db:
            row = (await db.exec(select(Consultation))).one()
            await consultations.announce(db, row.id, revision=row.revision, by=by, now=now)
        async with house.house.database.reading() as db:
            (told,) = (await db.exec(select(Letter))).all()
        assert (told.kind, told.person_id) == (LetterKind.ROUND_ANNOUNCED, follower.id)
        assert told.facts["link"] == "/consultations/multilingual"
        stop = form(await client.get("/consultations"), "/consultations/unfollow")
        assert (await client.post("/consultations/unfollow", data=stop.filled())).status_code == 303
    async with house.house.database.writing() as db:
        assert not await consultations.follows_all(db, follower)
        assert await sender._overtaken(db, told, now) == "overtaken"  # nobody who stopped is told
        db.add(RoundsFollower(person_id=follower.id, followed_at=now))
        await db.flush()
        assert await sender._overtaken(db, told, now) == ""
