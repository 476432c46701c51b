"""What a sitting leaves: a package for each audience, complete for it, and nothing beyond."""

import json
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import pytest
from httpx2 import AsyncClient, Response
from sqlmodel import select

from app.database import load
from app.keys import verifies
from app.models import AgendaItem, Registration, Sitting
from app.package.bind import bind
from app.policy.certificate import Flaw, check
from app.policy.records import Audience
from app.services import records
from app.services.records import Column, Form, Kept, Records, Row, Section
from tests.live.test_attendance import correction, post, reference
from tests.live.test_fence import change, close_open_part, opened, sign_off
from tests.pages.reading import login, reading, said
from tests.world import NO_TLS, Service

MARKERS = {
    "title": "Sitting of the Cinnabar Heron",
    "item": "Item of the Obsidian Finch",
    "name": "Delegate of the Vermilion Ibis",
    "topic": "Topic of the Indigo Wren",
    "notice": "Notice of the Umber Curlew",
}
PEOPLE = (None, "stakeholder", "university", "kenya", "chair", "steward")


@dataclass
class Line:
    """One client for everyone: to make one takes longer than to ask."""

    at: Service
    http: AsyncClient

    def path(self, sitting: str, path: str) -> str:
        return f"/api/v1/sittings/{self.at.world.sittings[sitting]}/{path}"

    async def wish(self, sitting: str, by: str, kind: str, **more: Any) -> None:
        said = {"kind": kind, "id": str(uuid4()), **more}
        got = await self.http.post(self.path(sitting, "wishes"), json=said, headers=named(by))
        assert got.json()["ok"] is True, got.text

    async def get(self, by: str | None, path: str, sitting: str = "first") -> Response:
        return await self.http.get(self.path(sitting, path), headers=named(by))


def named(by: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer cwg_{by}"} if by else {}


async def mark(at: Service) -> None:
    """Titles, an item and a name that belong to the members' part alone."""
    async with at.house.database.writing() as db:
        second = await load(db, Sitting, at.world.sittings["second"])
        second.title = MARKERS["title"]
        for number, (key, title) in enumerate(
            (("first", "Welcome"), ("second", MARKERS["item"])), 1
        ):
            db.add(
                AgendaItem(
                    meeting_id=at.world.meeting_id,
                    sitting_id=at.world.sittings[key],
                    number=number,
                    title=title,
                )
            )
        theirs = select(Registration).where(Registration.person_id == at.world.people["brazil"])
        (await db.exec(theirs)).one().name = MARKERS["name"]


async def hold_both_parts(line: Line) -> None:
    """A stakeholder speaks in the open, a State asks in vain; then States are among themselves."""
    at = line.at
    await mark(at)
    await line.wish("first", "chair", "open-list")
    async with (
        at.attending("kenya") as kenya,
        at.attending("stakeholder"),
        at.attending("university"),
    ):
        await line.wish("first", "stakeholder", "request-floor", topic="العربية <b>& 𝒜</b> 🌍")
        await line.wish("first", "kenya", "request-floor")
        await line.wish("first", "chair", "announce", text="Coffee at eleven")
        await line.wish("first", "moderator", "give-floor")
        await line.wish("first", "moderator", "start-speech")
        await line.wish("first", "moderator", "end-speech")
        await close_open_part(at)
        await sign_off(at, head_count=2)
        await kenya.until("moved")
        await opened(at)
        async with at.attending("brazil", "second"):
            await line.wish("second", "chair", "open-list")
            await line.wish("second", "brazil", "request-floor", topic=MARKERS["topic"])
            await line.wish("second", "moderator", "give-floor")
            await line.wish("second", "moderator", "start-speech")
            await line.wish("second", "chair", "announce", text=MARKERS["notice"])
            early = await line.get("kenya", "records.zip", "second")
            assert (early.status_code, early.json()["type"]) == (409, "urn:cwg:records-not-closed")
            assert (await change(at, "second", "close")).status_code == 200


@dataclass
class Unpacked:
    """A package as somebody unpacks it."""

    content: bytes
    files: dict[str, bytes]

    @classmethod
    def of(cls, got: Response) -> "Unpacked":
        assert (got.status_code, got.headers["content-type"]) == (200, "application/zip")
        with ZipFile(BytesIO(got.content)) as archive:
            assert archive.testzip() is None
            named = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
        return cls(got.content, named)

    def rows(self, section: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.files[f"data/{section}.json"])["rows"]
        return found


async def unpacked(line: Line, by: str | None, audience: str, sitting: str = "first") -> Unpacked:
    return Unpacked.of(await line.get(by, f"records.zip?audience={audience}", sitting))


@pytest.fixture
async def held(meeting: Service) -> AsyncGenerator[Line]:
    async with AsyncClient(base_url=meeting.url, timeout=30, verify=NO_TLS) as http:
        line = Line(meeting, http)
        await hold_both_parts(line)
        yield line


async def test_each_audience_gets_what_is_complete_for_it_and_nothing_beyond(
    held: Line,
) -> None:
    public = await unpacked(held, None, "public")
    members = await unpacked(held, "kenya", "members")
    inside = await unpacked(held, "kenya", "members", "second")

    await who_may_have_which(held)
    speeches_and_requests(public, inside)
    attendance_by_name_and_number(public, members, inside)
    every_file_has_its_digest(public)
    await certificates_verify(held.at, public)
    await nothing_of_the_members_part_is_told(held, public, members, inside)
    await the_same_records_are_the_same_bytes(held, public)
    await a_correction_is_in_the_next_package(held, members)
    await a_struck_speech_is_marked_and_its_speaker_unnamed(held)


async def who_may_have_which(line: Line) -> None:
    members_only = {"kenya", "chair", "steward"}
    for by in PEOPLE:
        may = 200 if by in members_only else 403
        assert (await line.get(by, "records.zip?audience=public")).status_code == 200
        assert (await line.get(by, "records.zip?audience=members")).status_code == may
        assert (await line.get(by, "records.zip?audience=members", "second")).status_code == may
        assert (await line.get(by, "records.zip", "second")).status_code == may
        nothing = await line.get(by, "records.zip?audience=public", "second")
        assert nothing.status_code == 404
        told = (await line.get(by, "records")).json()
        packages = [each["audience"] for each in told["packages"]]
        assert packages == ["public", "members"][: 2 if by in members_only else 1]
        told = (await line.get(by, "records", "second")).json()
        assert (told["part"], told["clause"]) == ("second_half", "resolves 6")
        assert (told["audiences"], told["closed_at"] is not None) == (["members"], True)
        assert (told["title"] == MARKERS["title"]) is (by in members_only)
        assert bool(told["packages"]) is (by in members_only)


def speeches_and_requests(public: Unpacked, inside: Unpacked) -> None:
    (speech,) = public.rows("speeches")
    assert (speech["name"], speech["category"]) == ("The stakeholder", "stakeholder")
    assert (speech["topic"], speech["mode"]) == ("العربية <b>& 𝒜</b> 🌍", "remote")
    assert [each["name"] for each in public.rows("not-reached")] == ["Delegate of Kenya"]
    assert [each["text"] for each in public.rows("announcements")] == ["Coffee at eleven"]
    assert [each["title"] for each in public.rows("agenda")] == ["Welcome"]
    assert "<b>" not in public.files["index.html"].decode()
    assert [each["topic"] for each in inside.rows("speeches")] == [MARKERS["topic"]]
    assert [each["title"] for each in inside.rows("agenda")] == [MARKERS["item"]]


def attendance_by_name_and_number(public: Unpacked, members: Unpacked, inside: Unpacked) -> None:
    counted = [tuple(each.values()) for each in public.rows("attendance")]
    assert counted == [
        ("member_state", "remote", 1),
        ("academia", "remote", 1),
        ("stakeholder", "remote", 1),
    ]
    assert public.rows("attendance") == members.rows("attendance")
    (spoke,) = public.rows("participants")
    assert spoke == {
        "name": "The stakeholder",
        "entity": "An association",
        "capacity": "individual",
        "category": "stakeholder",
        "mode": "remote",
    }
    there = [each["name"] for each in members.rows("participants")]
    assert there == ["Delegate of A university", "Delegate of Kenya", "The stakeholder"]
    times = {"came_at", "left_at", "seconds"}
    assert [each for each in members.rows("participants") if not times <= each.keys()] == []
    there = [each["name"] for each in inside.rows("participants")]
    assert there == ["Delegate of Kenya", MARKERS["name"]]


def every_file_has_its_digest(public: Unpacked) -> None:
    manifest = json.loads(public.files["manifest.json"])
    listed = {each["path"]: each["sha256"] for each in manifest["files"]}
    found = {
        path: sha256(content).hexdigest()
        for path, content in public.files.items()
        if path != "manifest.json"
    }
    assert listed == found
    counts = {each["name"]: each["rows"] for each in manifest["sections"]}
    assert counts == {each.name: len(public.rows(each.name)) for each in records.SECTIONS}
    assert (manifest["kind"], manifest["audience"]) == ("cwg-records", "public")


async def certificates_verify(at: Service, public: Unpacked) -> None:
    (row,) = public.rows("certificates")
    text = public.files[row["file"]].decode()
    assert not isinstance(check(text, at.house.keys.fingerprint, verifies), Flaw)


async def nothing_of_the_members_part_is_told(
    line: Line, public: Unpacked, members: Unpacked, inside: Unpacked
) -> None:
    """Every byte that an outsider may have, searched for what was said inside."""
    whole = b"".join(inside.files.values())
    assert {key for key, marker in MARKERS.items() if marker.encode() in whole} == MARKERS.keys()
    of_a_sitting = [f"/sittings/{each}" for each in line.at.world.sittings.values()]
    pages = ["/meetings/twenty"]
    pages += [f"{each}/{face}" for each in of_a_sitting for face in ("records", "speeches")]
    heard = [public.content, members.content, *public.files.values(), *members.files.values()]
    for key in (None, "stakeholder", "university"):
        for sitting in ("first", "second"):
            for path in ("records", "records.zip", "records.zip?audience=members"):
                heard.append((await line.get(key, path, sitting)).content)  # noqa: PERF401 - one by one
        cookie = {"Cookie": f"cwg_login={await login(line.at, key)}"} if key else {}
        for path in pages:
            heard.append((await line.http.get(path, headers=cookie)).content)  # noqa: PERF401 - one by one
    page = await line.http.get(f"/sittings/{line.at.world.sittings['second']}/records")
    assert "There is no package for the public." in said(page)
    for content in heard:
        assert [each for each in MARKERS.values() if each.encode() in content] == []


async def the_same_records_are_the_same_bytes(line: Line, public: Unpacked) -> None:
    again = await line.get("kenya", "records.zip?audience=public")
    assert again.content == public.content
    told = (await line.get(None, "records")).json()["packages"][0]
    assert told["sha256"] == sha256(public.content).hexdigest()
    assert again.headers["etag"] == f'"{told["sha256"]}"'
    assert {each["path"] for each in told["files"]} == public.files.keys() - {"manifest.json"}


async def a_struck_speech_is_marked_and_its_speaker_unnamed(line: Line) -> None:
    """What is corrected in the log is corrected in the next package, and said so."""
    (before,) = (await unpacked(line, None, "public")).rows("speeches")
    async with line.at.http("secretariat") as http:
        path = line.path("first", f"speeches/{before['number']}")
        got = await http.patch(path, json={"struck": True, "why": "A slip of the console."})
        assert got.status_code == 200, got.text
    after = await unpacked(line, None, "public")
    (speech,) = after.rows("speeches")
    assert (speech["struck"], after.rows("participants")) == (True, [])
    assert speech["corrections"].startswith("A slip of the console. (The secretariat, ")


async def a_correction_is_in_the_next_package(line: Line, before: Unpacked) -> None:
    at = line.at
    async with at.house.database.reading() as db:
        closed_at = (await load(db, Sitting, at.world.sittings["first"])).closed_at
    assert closed_at is not None
    times = correction(closed_at - timedelta(minutes=45), 30)
    operator = await reference(at, "operator")
    added = await post(at, "stays", "secretariat", times | {"reference": operator})
    assert added.status_code == 201
    after = await unpacked(line, "kenya", "members")
    assert len(after.rows("participants")) == len(before.rows("participants")) + 1
    (theirs,) = [each for each in after.rows("participants") if each["corrected"]]
    assert (theirs["name"], theirs["seconds"]) == ("Delegate of An operator", 30 * 60)
    assert after.content != before.content


async def test_the_page_offers_what_one_may_have_and_says_why_not(plain: Service) -> None:
    path = f"/sittings/{plain.world.sittings['first']}/records"
    async with reading(plain) as nobody:
        assert "They are put together when the sitting is closed." in said(await nobody.get(path))
        assert path not in (await nobody.get("/meetings/twenty")).text
    assert (await change(plain, "first", "close")).status_code == 200
    async with reading(plain) as nobody, reading(plain, "kenya") as kenya:
        assert path in (await nobody.get("/meetings/twenty")).text
        assert path in (await nobody.get(path.replace("records", "speeches"))).text
        outside, inside = await nobody.get(path), await kenya.get(path)
        address = f"/api/v1{path}.zip?audience="
        assert f"{address}public" in outside.text
        assert f"{address}members" not in outside.text
        assert "Members only, because resolves 6 keeps this part for" in said(outside)
        assert f"{address}members" in inside.text
        assert (await kenya.get(f"{address}members")).status_code == 200


TAKEN = ("index.html", "manifest.json", "data/statements.json")
ASTRAY = (
    "../x.txt",
    "/x.txt",
    "a/../../x.txt",
    "",
    "a\\x.txt",
    "javascript:x.js",
    "CON",
    "a b.txt",
)


@pytest.mark.parametrize("path", ASTRAY + TAKEN)
def test_no_file_of_a_section_leads_out_of_the_folder_or_takes_the_place_of_another(
    path: str,
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(path)}$"):
        bind(of_a_later_subject(path))


def test_a_later_subject_is_one_section_with_rows_and_files() -> None:
    path = "statements/1.txt"
    made = bind(of_a_later_subject(path))
    with ZipFile(BytesIO(made.content)) as archive:
        folder = Path(made.name).stem
        assert archive.read(f"{folder}/{path}") == b"As it was written."
        assert f'href="{path}"' in archive.read(f"{folder}/index.html").decode()
    assert bind(of_a_later_subject(path)).content == made.content


def of_a_later_subject(path: str) -> Records:
    """Records that hold nothing but a statement and its file."""

    async def nothing(*_of: object) -> list[Row]:
        return []

    columns = (Column("text", "Text"), Column("file", "File", Form.FILE))
    section = Section("statements", "Statements", "As they were written.", columns, nothing)
    rows = [{"text": "Statement", "file": path}]
    about: Row = dict.fromkeys(("meeting", "slug", "place", "title", "clause", "edition"), "x") | {
        "number": 1,
        "part": "first_half",
        "time_zone": "Europe/Zurich",
        "opened_at": "2026-11-24T09:00:00.000Z",
        "closed_at": "2026-11-24T12:00:00.000Z",
        "edition_digest": "0" * 64,
    }
    return Records(Audience.PUBLIC, about, [Kept(section, rows, {path: b"As it was written."})])
