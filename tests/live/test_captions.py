"""Captions over real sockets: two languages, who may write, corrections, and what a fence ends."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import col, select

from app.database import load
from app.models import Appointment, CaptionLine, Entity, Meeting, News, Person, Sitting
from app.policy.captions import SHOWN
from app.policy.people import Function
from app.protocol.codes import Code
from app.services import captions, meetings
from tests.live.test_fence import close_open_part, opened, sign_off
from tests.live.test_processes import two
from tests.live.test_records import Unpacked
from tests.world import Guest, Service, add_person, hello, service, settings

EN, FR = "captions:en", "captions:fr"
USUAL = {"speaker": None, "item": None, "source": "human", "of": "caption"}
LONGEST_NAME = "United Kingdom of Great Britain and Northern Ireland"  # of the 194


async def appoint(meeting: Service, key: str, function: Function = Function.CAPTIONER) -> None:
    """Someone who serves the meeting and is not registered for it."""
    now, world = datetime.now(UTC), meeting.world
    async with meeting.house.database.writing() as db:
        await add_person(db, world, key, now, registered=False)
        db.add(
            Appointment(
                meeting_id=world.meeting_id,
                person_id=world.people[key],
                function=function,
                given_at=now,
            )
        )


@asynccontextmanager
async def captioner(meeting: Service, **more: Any) -> AsyncGenerator[Guest]:
    await appoint(meeting, "captioner")
    async with meeting.attending("captioner", **more) as guest:
        yield guest


async def write(guest: Guest, text: str, language: str = "en", **more: Any) -> dict[str, Any]:
    return await guest.wish("write-caption", language=language, text=text, **more)


async def on(guest: Guest, subject: str) -> dict[str, Any]:
    """The next event of that channel."""
    while (message := await guest.next()).get("on") != subject:
        pass
    return message


async def captioned(guest: Guest, subject: str = EN) -> dict[str, Any]:
    """The next line of that channel."""
    while (event := await on(guest, subject))["kind"] != "caption":
        pass
    return event


async def spell(guest: Guest, text: str, language: str = "en") -> None:
    wish = {"kind": "spell-caption", "id": str(uuid4()), "language": language, "text": text}
    await guest.socket.send(json.dumps(wish, ensure_ascii=False))


def path(meeting: Service, under: str = "", sitting: str = "first") -> str:
    return f"/api/v1/sittings/{meeting.world.sittings[sitting]}{under}"


async def through(meeting: Service) -> None:
    """Into the members' part."""
    assert (await close_open_part(meeting)).status_code == 200
    assert (await sign_off(meeting, head_count=3)).status_code == 200
    await opened(meeting)


async def test_each_reads_the_languages_that_they_chose_and_no_other(meeting: Service) -> None:
    async with (
        captioner(meeting) as writer,
        meeting.attending("kenya", captions=["fr"]) as kenya,
        meeting.attending("brazil", captions=["en", "fr"]) as brazil,
        meeting.attending("operator") as operator,
    ):
        assert sorted(kenya.welcome["channels"]) == [FR, "room"]
        assert sorted(brazil.welcome["channels"]) == [EN, FR, "room"]
        assert sorted(operator.welcome["channels"]) == ["room"]
        assert (await write(writer, "Good morning."))["number"] == 1
        assert (await write(writer, "Bonjour.", "fr", of="interpretation"))["number"] == 1
        assert (await write(writer, "The list is open."))["number"] == 2
        for guest in (kenya, operator):
            assert (await guest.until("captions-started"))["body"] == {"language": "en"}
        assert (await on(kenya, FR))["body"] == {"heading": {"of": "interpretation"}}
        assert (await on(kenya, FR))["body"] == {"number": 1, "text": "Bonjour."}
        first, second = [(await captioned(brazil))["body"]["number"] for _ in range(2)]
        assert (first, second) == (1, 2)
        assert (await write(writer, "Fin.", "fr"))["ok"] is True
        assert (await captioned(kenya, FR))["position"] == 4  # of heading and line, twice


async def test_a_line_has_the_words_of_whoever_has_the_floor(meeting: Service) -> None:
    async with (
        captioner(meeting) as writer,
        meeting.attending("chair", captions=["en"]) as chair,
        meeting.attending("kenya") as kenya,
    ):
        await chair.wish("open-list")
        await kenya.wish("request-floor")
        await chair.wish("give-floor")
        await write(writer, "Thank you, Chair.", source="machine")
        await kenya.wish("end-speech")
        await write(writer, "Thank you, Kenya.")
        told = [await on(chair, EN) for _ in range(4)]
        async with meeting.attending("brazil", captions=["en"]) as late:
            picture = late.welcome["channels"][EN]["snapshot"]
    heading = {"speaker": {"title": "Kenya", "capacity": "delegate"}, "source": "machine"}
    assert [each["body"] for each in told] == [
        {"heading": heading},
        {"number": 1, "text": "Thank you, Chair."},
        {"heading": {}},
        {"number": 2, "text": "Thank you, Kenya."},
    ]
    assert picture["heading"] == USUAL
    assert [(line["text"], line["heading"], line["at"]) for line in picture["lines"]] == [
        ("Thank you, Chair.", USUAL | heading, told[1]["at"]),
        ("Thank you, Kenya.", USUAL, told[3]["at"]),
    ]


async def test_a_correction_shows_and_what_was_said_before_is_kept(meeting: Service) -> None:
    async with (
        captioner(meeting) as writer,
        meeting.attending("kenya", captions=["en"]) as kenya,
        meeting.http("stakeholder") as http,
    ):
        await write(writer, "Thank you, Mister Cheer.")
        for text in ("Thank you, Mister Chair.", "Thank you, Madam Chair."):
            said = await writer.wish("correct-caption", language="en", number=1, text=text)
            assert (said["ok"], said["number"]) == (True, 1)
        again = await writer.wish("correct-caption", language="en", number=1, text=text)
        assert (again["ok"], again["reason"]) == (False, "already-so")
        other = await writer.wish("correct-caption", language="en", number=2, text=text)
        assert (other["ok"], other["reason"]) == (False, "no-such-line")
        corrected = [await kenya.until("caption-corrected") for _ in range(2)]
        assert corrected[1]["body"] == {"number": 1, "text": text}
        async with meeting.attending("brazil", captions=["en"]) as late:
            (line,) = late.welcome["channels"][EN]["snapshot"]["lines"]
        assert (line["text"], line["corrected"]) == (text, True)
        (row,) = (await http.get(path(meeting, "/captions/en"))).json()
    assert [each["text"] for each in row["before"]] == [
        "Thank you, Mister Cheer.",
        "Thank you, Mister Chair.",
    ]
    assert row["at"] == row["before"][0]["at"] < row["before"][1]["at"] < row["corrected_at"]
    async with meeting.house.database.reading() as db:
        sitting = await load(db, Sitting, meeting.world.sittings["first"])
        record = await captions.record(db, sitting)
    assert [(language, [each.text for each in rows]) for language, rows in record.items()] == [
        ("en", [text])
    ]


async def test_another_language_is_chosen_and_nothing_else_is_lost(plain: Service) -> None:
    async with captioner(plain) as writer:
        await write(writer, "One.")
        await write(writer, "Un.", "fr")
        async with plain.attending("kenya", captions=["en"]) as kenya:
            states = kenya.welcome["channels"].items()
        cursors = {on: {"epoch": 1, "position": state["position"]} for on, state in states}
        await write(writer, "Two.")
        async with plain.attending("kenya", captions=["en", "fr"], cursors=cursors) as again:
            channels = again.welcome["channels"]
            assert "snapshot" not in channels["room"] | channels[EN]
            assert [line["text"] for line in channels[FR]["snapshot"]["lines"]] == ["Un."]
            assert (await captioned(again))["body"]["text"] == "Two."
            await write(writer, "Deux.", "fr")
            assert (await captioned(again, FR))["body"]["text"] == "Deux."


async def test_a_language_that_the_sitting_does_not_list_has_no_channel(plain: Service) -> None:
    async with captioner(plain) as writer, plain.attending("chair") as chair:
        refused = await write(writer, "Bom dia.", "pt")
        assert (refused["ok"], refused["reason"]) == (False, "language-not-listed")
        async with plain.attending("kenya", captions=["pt", "pt"]) as kenya:
            assert sorted(kenya.welcome["channels"]) == ["room"]
            assert (await chair.wish("start-captions", language="pt"))["ok"] is True
            assert (await kenya.until("captions-started"))["body"] == {"language": "pt"}
        async with plain.attending("kenya", captions=["pt"]) as kenya:
            await write(writer, "Bom dia.", "pt")
            assert (await captioned(kenya, "captions:pt"))["body"]["text"] == "Bom dia."
            assert kenya.welcome["channels"]["room"]["snapshot"]["captions"] == ["pt"]


async def test_the_chair_stops_captions_and_only_the_chair_starts_them_again(
    plain: Service,
) -> None:
    async with captioner(plain) as writer, plain.attending("chair") as chair:
        await write(writer, "One.")
        async with plain.attending("moderator") as moderator:
            for guest in (writer, moderator):  # who steers does not decide who may read along
                for kind in ("start-captions", "stop-captions"):
                    refused = await guest.wish(kind, language="en")
                    assert (refused["ok"], refused["reason"]) == (False, "not-the-chair")
        assert (await chair.wish("stop-captions", language="en"))["ok"] is True
        assert (await chair.wish("stop-captions", language="en"))["reason"] == "already-so"
        for kind in ("write-caption", "spell-caption"):
            said = await writer.wish(kind, language="en", text="Two.")
            assert (kind, said["ok"], said["reason"]) == (kind, False, "captions-off")
        assert (await chair.wish("start-captions", language="en"))["ok"] is True
        assert (await chair.wish("start-captions", language="en"))["reason"] == "already-so"
        assert (await write(writer, "Two."))["number"] == 2


# Interim.


async def test_what_is_being_written_is_seen_by_its_readers_and_never_kept(
    plain: Service,
) -> None:
    async with (
        captioner(plain, captions=["en"]) as writer,
        plain.attending("kenya", captions=["en"]) as kenya,
        plain.attending("brazil", captions=["fr"]) as brazil,
    ):
        await spell(writer, "Thank y 🕊")
        assert await kenya.until("caption-interim") == {
            "kind": "caption-interim",
            "on": EN,
            "text": "Thank y 🕊",
        }
        await write(writer, "Thank you.")
        assert (await on(kenya, EN))["kind"] == "caption"
        await write(writer, "Merci.", "fr")
        assert (await on(brazil, FR))["kind"] == "caption"  # and nothing interim before
        async with plain.house.database.reading() as db:
            kinds = set(await db.exec(select(News.kind).where(col(News.channel).contains(EN))))
    assert kinds == {"caption"}


async def test_interim_texts_are_heard_four_times_a_second_at_most(plain: Service) -> None:
    async with (
        captioner(plain) as writer,
        plain.attending("kenya", captions=["en"]) as kenya,
    ):
        for number in range(30):
            await spell(writer, "x" * number)
        await write(writer, "The end.")
        heard = 0
        while (await on(kenya, EN))["kind"] == "caption-interim":
            heard += 1
        assert 1 <= heard <= 12  # the thirty took less than three seconds


async def test_what_is_written_in_one_process_is_read_in_the_other(
    postgres_tables_url: str, tmp_path: Path
) -> None:
    async with (
        two(postgres_tables_url, tmp_path) as (one, other),
        captioner(one) as writer,
        other.attending("kenya", captions=["en"]) as kenya,
    ):
        await spell(writer, "Thank y")
        assert (await kenya.until("caption-interim"))["text"] == "Thank y"
        await write(writer, "Thank you.")
        assert (await captioned(kenya))["body"]["text"] == "Thank you."
        # The longest text there is, in signs of four bytes: a bell of the database carries it.
        await asyncio.sleep(0.3)
        await spell(writer, "🕊" * 500)
        assert (await kenya.until("caption-interim"))["text"] == "🕊" * 500


# At the fence.


async def test_at_the_fence_everything_stops_and_the_members_part_begins_without(
    meeting: Service,
) -> None:
    async with (
        captioner(meeting) as writer,
        meeting.attending("chair") as chair,
        meeting.attending("kenya", captions=["en"]) as kenya,
        meeting.attending("stakeholder", captions=["en"]) as stakeholder,
    ):
        await write(writer, "Said in the open part.")
        await captioned(stakeholder)
        assert (await close_open_part(meeting)).status_code == 200
        await stakeholder.until("farewell")
        for kind in ("write-caption", "spell-caption"):
            said = await writer.wish(kind, language="en", text="Too late.")
            assert (said["ok"], said["reason"]) == (False, "sitting-not-open")
        assert (await sign_off(meeting, head_count=3)).status_code == 200
        moved = await kenya.until("moved")
        assert moved["channels"][EN] == {
            "position": 0,
            "snapshot": {
                "heading": USUAL,
                "lines": [],
            },
        }
        assert moved["channels"]["room"]["snapshot"]["captions"] == []
        await writer.until("moved")
        await opened(meeting)
        for kind in ("write-caption", "spell-caption"):
            said = await writer.wish(kind, language="en", text="Nobody asked for this.")
            assert (said["ok"], said["reason"]) == (False, "captions-off")
        assert (await chair.wish("start-captions", language="en"))["ok"] is True
        assert (await write(writer, "For members."))["number"] == 1
        event = await captioned(kenya)
        assert (event["position"], event["body"]["text"]) == (1, "For members.")
        assert await stakeholder.ended() == Code.SHOWN_OUT
    await files_are_of_open_parts(meeting)
    await each_package_has_the_captions_of_its_audience(meeting)


async def files_are_of_open_parts(meeting: Service) -> None:
    """What was captioned for members leaves the room by no file; who may read, reads it there."""
    got: dict[tuple[str, str, str], int] = {}
    heard = ""
    for key in ("kenya", "captioner", "chair", "stakeholder"):
        async with meeting.http(key) as http:
            for sitting in ("first", "second"):
                for form in (".txt", ".vtt", ""):
                    answer = await http.get(path(meeting, f"/captions/en{form}", sitting))
                    got[key, sitting, form] = answer.status_code
                    if answer.status_code == 200 and (sitting, form) != ("second", ""):
                        heard += answer.text
    assert "For members." not in heard
    assert "Said in the open part." in heard
    let_in = {door for door, status in got.items() if status == 200}
    members = {(key, "second", "") for key in ("kenya", "captioner", "chair")}
    assert let_in == members | {door for door in got if door[1] == "first"}


async def each_package_has_the_captions_of_its_audience(meeting: Service) -> None:
    async with meeting.http("chair") as http:
        assert (await http.post(path(meeting, "/close", "second"))).status_code == 200
    async with meeting.http("stakeholder") as http:
        public = Unpacked.of(await http.get(path(meeting, "/records.zip?audience=public")))
        inside = await http.get(path(meeting, "/records.zip?audience=members", "second"))
        assert inside.status_code == 403
    async with meeting.http("kenya") as http:
        members = Unpacked.of(
            await http.get(path(meeting, "/records.zip?audience=members", "second"))
        )
    told = b"".join(public.files.values())
    assert (b"Said in the open part." in told, b"For members." in told) == (True, False)
    assert public.files["captions/en.vtt"].startswith(b"WEBVTT\n")
    assert b"For members." in b"".join(members.files.values())
    assert [name for name in members.files if name.startswith("captions/")] == []


async def test_an_interim_of_before_the_epoch_is_heard_by_nobody(plain: Service) -> None:
    hall = plain.house.hall
    async with (
        captioner(plain) as writer,
        plain.attending("chair"),
        plain.attending("kenya", captions=["en"]) as kenya,
    ):
        await spell(writer, "heard")
        await kenya.until("caption-interim")
        await asyncio.sleep(0.3)  # for the next to come neither too soon
        assert (await close_open_part(plain)).status_code == 200
        sittings = plain.world.sittings
        said = json.dumps({"kind": "caption-interim", "on": EN, "text": "of before"})
        for sitting, epoch in ((sittings["first"], 1), (sittings["second"], 1)):
            hall.ring(f"interim {sitting}/{EN}/{epoch} {said}")
        assert (await sign_off(plain, head_count=3)).status_code == 200
        await kenya.until("moved")
        for sitting, epoch in ((sittings["first"], 1), (sittings["second"], 1)):
            hall.ring(f"interim {sitting}/{EN}/{epoch} {said}")
        hall.ring(f"interim {sittings['second']}/{EN}/2 {said.replace('before', 'now')}")
        assert (await kenya.until("caption-interim"))["text"] == "of now"


async def test_when_the_part_comes_again_so_may_its_captions(plain: Service) -> None:
    async with captioner(plain) as writer, plain.http("chair") as http:
        await write(writer, "Before.")
        assert (await http.post(path(plain, "/close"))).status_code == 200
        assert (await write(writer, "Nobody is here."))["reason"] == "sitting-not-open"
        assert (await http.post(path(plain, "/open"))).status_code == 200
        assert (await http.get(path(plain, "/floor"))).json()["captions"] == []
        assert (await write(writer, "After."))["number"] == 2
        assert await lines_of(plain) == ["Before.", "After."]


# Hostile hands.

ATTEMPTS: tuple[dict[str, Any], ...] = (
    {"kind": "write-caption", "text": "I am no captioner."},
    {"kind": "correct-caption", "number": 1, "text": "I am no captioner."},
    {"kind": "spell-caption", "text": "I am no captioner."},
)


async def by_http(meeting: Service, key: str, wish: dict[str, Any]) -> dict[str, Any]:
    async with meeting.http(key) as http:
        said: dict[str, Any] = (await http.post(path(meeting, "/wishes"), json=wish)).json()
        return said


@pytest.mark.parametrize(
    "who", ["kenya", "stakeholder", "chair", "moderator", "secretariat", "steward"]
)
async def test_viewers_never_write_captions_by_any_door(plain: Service, who: str) -> None:
    async with (
        captioner(plain) as writer,
        plain.attending("brazil", captions=["en"]) as brazil,
        plain.attending(who, captions=["en"]) as guest,
    ):
        await write(writer, "One.")
        for attempt in ATTEMPTS:
            wish = attempt | {"language": "en"}
            said = await guest.wish(**wish)
            again = await by_http(plain, who, wish | {"id": str(uuid4())})
            for answer in (said, again):
                assert (answer["ok"], answer["reason"]) == (False, "not-a-captioner"), attempt
        await write(writer, "Two.")
        heard = [await on(brazil, EN) for _ in range(2)]
        assert [each["body"]["text"] for each in heard] == ["One.", "Two."]


async def test_a_captioner_of_another_meeting_is_a_viewer_here(plain: Service) -> None:
    await appoint(plain, "guest")
    async with plain.house.database.writing() as db:
        row = select(Appointment).where(Appointment.person_id == plain.world.people["guest"])
        other = Meeting(
            slug="other",
            title="Another",
            time_zone="UTC",
            edition_id="x",
            edition_digest="x",
            edition_text="x",
            created_at=datetime.now(UTC),
        )
        db.add(other)
        await db.flush()
        (await db.exec(row)).one().meeting_id = other.id
    wish = {"kind": "write-caption", "id": str(uuid4()), "language": "en", "text": "Hello."}
    assert (await by_http(plain, "guest", wish))["reason"] == "not-a-captioner"


async def test_whose_function_ends_writes_no_more(plain: Service) -> None:
    async with captioner(plain, captions=["en"]) as writer:
        await write(writer, "One.")
        now, world = datetime.now(UTC), plain.world
        async with plain.house.database.writing() as db:
            person = await load(db, Person, world.people["captioner"])
            by = await load(db, Person, world.people["secretariat"])
            await meetings.dismiss(db, world.meeting_id, person, Function.CAPTIONER, by=by, now=now)
        assert await writer.ended() == Code.REVOKED
    wish = {"kind": "write-caption", "id": str(uuid4()), "language": "en", "text": "Two."}
    assert (await by_http(plain, "captioner", wish))["reason"] == "not-a-captioner"


async def test_a_delegate_who_was_a_captioner_comes_back_as_a_delegate(plain: Service) -> None:
    now, world = datetime.now(UTC), plain.world
    async with plain.house.database.writing() as db:
        kenya = await load(db, Person, world.people["kenya"])
        by = await load(db, Person, world.people["secretariat"])
        await meetings.appoint(db, world.meeting_id, kenya, Function.INTERPRETER, by=by, now=now)
    async with plain.attending("kenya") as guest:
        assert guest.welcome["you"]["may_caption"] is True
        async with plain.house.database.writing() as db:
            await meetings.dismiss(
                db, world.meeting_id, kenya, Function.INTERPRETER, by=by, now=now
            )
        assert await guest.ended() == Code.MOVED
    async with plain.attending("kenya") as guest:
        assert guest.welcome["you"]["may_caption"] is False


NO_LINE = ("", " ", "\u200e", "x" * 501, "a\nb", "a\u0000b", "a\u202eb", "\ud800", 7, None)
NO_LANGUAGE = ("xx", "EN", "eng", "e", "", "a/", 7, None)


async def test_what_is_no_line_or_no_language_is_refused_at_every_door(plain: Service) -> None:
    await appoint(plain, "captioner")
    attempts = [{"text": text} for text in NO_LINE]
    attempts += [{"language": language} for language in NO_LANGUAGE]
    async with plain.http("captioner") as http:
        body = ""
        for attempt in attempts:
            wish = {"kind": "write-caption", "language": "en", "text": "One."} | attempt
            body = json.dumps(wish | {"id": str(uuid4())})
            headers = {"Content-Type": "application/json"}
            answer = await http.post(path(plain, "/wishes"), content=body, headers=headers)
            assert (attempt, answer.status_code) == (attempt, 422)
        async with plain.attending("captioner") as guest:
            await guest.socket.send(body)
            assert (await guest.until("note"))["note"] == "malformed"
        assert (await http.get(path(plain, "/captions/en"))).json() == []


async def test_a_hello_asks_for_three_languages_that_there_are(plain: Service) -> None:
    for chosen in (["en", "fr", "es", "ru"], ["xx"], "en", [7]):
        ticket = (await plain.ticket("kenya")).json()["ticket"]
        async with plain.line() as socket:
            await socket.send(hello(ticket, captions=chosen))  # type: ignore[arg-type]  # that is the point
            assert await Guest(socket).ended() == Code.MALFORMED


async def test_markup_and_any_writing_are_kept_as_they_are(plain: Service) -> None:
    texts = [
        "<script>alert(1)</script> --> &amp;",
        "شكرا سيدي الرئيس",
        "谢谢主席先生 🕊",
        "👩‍👩‍👧 e\u0301",
        "♪ …",
    ]
    async with (
        captioner(plain) as writer,
        plain.attending("kenya", captions=["en"]) as kenya,
        plain.http() as http,
    ):
        for text in texts:
            assert (await write(writer, text))["ok"] is True
            assert (await captioned(kenya))["body"]["text"] == text
        vtt = await http.get(path(plain, "/captions/en.vtt"))
        txt = await http.get(path(plain, "/captions/en.txt"))
    assert vtt.headers["content-type"] == "text/vtt; charset=utf-8"
    assert "\n&lt;script&gt;alert(1)&lt;/script&gt; --&gt; &amp;amp;\n" in vtt.text
    assert vtt.headers["content-disposition"].startswith('attachment; filename="captions-')
    assert all(text in txt.text for text in texts)


async def test_captioners_may_say_more_than_others_and_not_everything(
    tables_url: str, tmp_path: Path
) -> None:
    rates = {"wishes_per_person": "3/hour", "captions_per_person": "8/hour"}
    async with service(settings(tmp_path, database_url=tables_url, **rates)) as meeting:
        async with captioner(meeting) as writer, meeting.http("captioner") as http:
            for number in range(1, 9):
                assert (await write(writer, f"Line {number}."))["number"] == number
            wish = {"kind": "write-caption", "id": str(uuid4()), "language": "en", "text": "Nine."}
            await writer.socket.send(json.dumps(wish))
            assert (await writer.until("note"))["note"] == "too-many"
            assert (await http.post(path(meeting, "/wishes"), json=wish)).status_code == 429
        async with meeting.attending("kenya") as kenya:
            for _ in range(3):
                assert (await write(kenya, "No."))["reason"] == "not-a-captioner"
            await spell(kenya, "No.")
            assert (await kenya.until("note"))["note"] == "too-many"


async def test_a_repeated_wish_is_one_line(plain: Service) -> None:
    async with captioner(plain) as writer:
        key = uuid4()
        first = await write(writer, "Once.", wish_id=key)
        assert first == await write(writer, "Once.", wish_id=key)
        assert await lines_of(plain) == ["Once."]


async def test_two_captioners_of_one_language_make_one_order(meeting: Service) -> None:
    await appoint(meeting, "interpreter", Function.INTERPRETER)
    async with (
        captioner(meeting) as one,
        meeting.attending("interpreter") as other,
        meeting.attending("kenya", captions=["en"]) as kenya,
    ):
        numbers: list[int] = []
        for _ in range(8):
            pair = await asyncio.gather(write(one, "a"), write(other, "b"))
            numbers += sorted(each["number"] for each in pair)
        assert numbers == [*range(1, 17)]
        heard = [(await captioned(kenya))["body"]["number"] for _ in numbers]
        assert heard == numbers


async def lines_of(meeting: Service) -> list[str]:
    async with meeting.house.database.reading() as db:
        query = select(CaptionLine.text).order_by(col(CaptionLine.number))
        return list(await db.exec(query))


# What it costs.


async def test_a_caption_costs_at_most_250_bytes_beyond_its_text(plain: Service) -> None:
    await appoint(plain, "captioner")
    async with plain.house.database.writing() as db:
        (await load(db, Entity, plain.world.entities["kenya"])).name = LONGEST_NAME
    async with (
        plain.attending("captioner", captions=["en"]) as writer,
        plain.attending("chair") as chair,
        plain.attending("kenya") as kenya,
    ):
        await chair.wish("open-list")
        await kenya.wish("request-floor")
        await chair.wish("give-floor")
        await write(writer, "x" * 60, source="machine", of="interpretation")
        sizes: dict[str, int] = {}
        while "caption" not in sizes:
            text = await writer.socket.recv()
            message = json.loads(text)
            sizes[message["kind"]] = len(text) - 60 * (message["kind"] == "caption")
    assert sizes["caption"] <= 135
    assert sizes["caption-heading"] <= 212 + len(LONGEST_NAME)  # where the speaker changes


async def test_a_picture_is_bounded_and_the_rest_is_read_page_by_page(plain: Service) -> None:
    await appoint(plain, "captioner")
    async with plain.attending("captioner") as writer:
        await write(writer, "line 1")
    async with plain.house.database.writing() as db:
        (first,) = await db.exec(select(CaptionLine))
        known = first.model_dump(exclude={"id", "number", "text"})
        for number in range(2, 251):
            db.add(CaptionLine(**known, number=number, text=f"line {number}"))
    async with plain.attending("kenya", captions=["en"]) as kenya, plain.http() as http:
        picture = kenya.welcome["channels"][EN]["snapshot"]
        assert [line["number"] for line in picture["lines"]] == [*range(251 - SHOWN, 251)]
        numbers, after = [], 0
        while rows := (await http.get(path(plain, f"/captions/en?after={after}"))).json():
            numbers += [row["number"] for row in rows]
            after = numbers[-1]
    assert numbers == [*range(1, 251)]
