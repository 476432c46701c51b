"""Topics and consultations over the API: pages, tags, keys, and what a stranger may know."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from httpx2 import ASGITransport, AsyncClient

from app.policy.people import Function
from app.services import meetings
from tests.records import NOW, Records, with_doors

DAY = timedelta(days=1)
TOPIC = {"titles": {"en": "Spam", "zh": "垃圾邮件"}, "issue": "spam"}
ROUND = {
    "slug": "spam",
    "topic": 1,
    "titles": {"en": "A round on spam", "ar": "مشاورة"},
    "opens_at": "2026-01-01T10:00:00+01:00",
    "closes_at": "2190-01-01T10:00:00+01:00",
    "time_zone": "Europe/Zurich",
    "questions": [{"texts": {"en": "What is it?", "ar": "ما هي؟"}}],
    "documents": [{"url": "https://example.org/paper", "title": "A paper"}],
}


@pytest.fixture
async def desk(sqlite_tables_url, tmp_path) -> AsyncGenerator[Records]:
    made = await with_doors(sqlite_tables_url, tmp_path)
    async with made.database.writing() as db:
        by, chair = made.people["secretariat"], made.people["other"]
        await meetings.appoint(db, made.meeting.id, chair, Function.CHAIR, by, NOW)
    yield made
    await made.database.close()


async def ask(desk, who, method, path, body=None, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named |= {"Authorization": f"Bearer cwg_{who}"} if who else {}
    transport = ASGITransport(app=desk.app)
    async with AsyncClient(transport=transport, base_url="http://test") as http:
        return await http.request(method, f"/api/v1{path}", json=body, headers=named)


async def agreed(desk):
    made = await ask(desk, "secretariat", "POST", "/meetings/twenty/topics", TOPIC)
    assert made.status_code == 201
    said = {"meeting": "twenty", "state": "agreed"}
    return await ask(desk, "other", "POST", "/topics/1/decisions", said, If_Match='"1"')


async def drafted(desk, **more):
    path = "/meetings/twenty/consultations"
    return await ask(desk, "secretariat", "POST", path, ROUND | more, Idempotency_Key="k1")


async def test_a_topic_is_proposed_once_decided_as_seen_and_public(desk):
    key = {"Idempotency_Key": "k1"}
    first = await ask(desk, "secretariat", "POST", "/meetings/twenty/topics", TOPIC, **key)
    again = await ask(desk, "secretariat", "POST", "/meetings/twenty/topics", TOPIC, **key)
    assert first.content == again.content
    own = {"meeting": "twenty", "state": "agreed", "seen": 1}
    mine = await ask(desk, "secretariat", "POST", "/topics/1/decisions", own)
    none = await ask(desk, "other", "POST", "/topics/1/decisions", own | {"seen": None})
    stale = await ask(desk, "other", "POST", "/topics/1/decisions", own | {"seen": 7})
    done = await ask(desk, "other", "POST", "/topics/1/decisions", own)
    late = await ask(
        desk, "other", "POST", "/topics/1/decisions", own | {"seen": None}, If_Match='"1"'
    )
    assert [each.status_code for each in (mine, none, stale, done, late)] == [
        403,
        428,
        409,
        200,
        412,
    ]
    assert mine.json()["type"] == "urn:cwg:own-topic"
    seen = await ask(desk, None, "GET", "/topics/1")
    assert seen.headers["etag"] == '"2"'
    assert [each["state"] for each in seen.json()["steps"]] == ["proposed", "agreed"]
    assert (seen.json()["outside_list"], seen.json()["proposer"]) == (False, "Secretariat")
    assert "person" not in seen.text
    stranger = await ask(desk, "stranger", "POST", "/meetings/twenty/topics", TOPIC)
    assert stranger.json()["type"] == "urn:cwg:topic-not-entitled"


async def test_topics_come_page_by_page(desk):
    for _ in range(3):
        await ask(desk, "secretariat", "POST", "/meetings/twenty/topics", TOPIC)
    first = await ask(desk, None, "GET", "/topics?limit=2")
    there = first.headers["link"].partition("/api/v1")[2].partition(">")[0]
    last = await ask(desk, None, "GET", there)
    assert [each["number"] for each in first.json() + last.json()] == [1, 2, 3]
    assert "link" not in last.headers
    assert (await ask(desk, None, "GET", "/topics?state=agreed")).json() == []
    assert (await ask(desk, None, "GET", "/topics/99999999999")).status_code == 404


async def test_a_draft_leaks_nowhere_and_an_announced_one_is_whole(desk):
    await agreed(desk)
    assert (await drafted(desk)).content == (await drafted(desk)).content
    for who in (None, "stranger", "other"):
        assert (await ask(desk, who, "GET", "/consultations/spam")).status_code == 404
        assert (await ask(desk, who, "GET", "/consultations")).json() == []
        assert (await ask(desk, who, "GET", "/consultations?state=draft")).json() == []
        assert (await ask(desk, who, "GET", "/topics/1")).json()["consultations"] == []
    following = await ask(desk, "stranger", "PUT", "/consultations/spam/following", {})
    assert following.status_code == 404
    path = "/consultations/spam/announce"
    assert (await ask(desk, "secretariat", "POST", path, {})).status_code == 428
    done = await ask(desk, "secretariat", "POST", path, {}, If_Match='"1"')
    assert done.headers["etag"] == '"2"'
    seen = (await ask(desk, None, "GET", "/consultations/spam")).json()
    assert (seen["state"], seen["closes_at"]) == ("open", "2190-01-01T09:00:00Z")
    assert seen["questions"] == [
        {"number": 1, "texts": {"en": "What is it?", "ar": "ما هي؟"}, "guidance": {}}
    ]
    assert [each["lead"] for each in seen["lead_times"]] == ["no-physical-meeting"]
    assert [each["step"] for each in seen["history"]] == ["drafted", "announced", "short_notice"]
    assert [each["slug"] for each in (await ask(desk, None, "GET", "/consultations")).json()] == [
        "spam"
    ]


async def test_what_is_wrong_is_told_by_field(desk):
    await agreed(desk)
    wrong = await drafted(
        desk,
        titles={"fr": "Un cycle"},
        questions=[{"texts": {"en": "A \u202eB"}}],
        documents=[{"url": "javascript:alert(1)", "title": "A"}],
        time_zone="Mars/Base",
    )
    assert wrong.status_code == 422
    assert wrong.json()["faults"].keys() == {"titles", "question-1", "document-1", "time_zone"}
    unknown = await drafted(desk, topic=7)
    assert unknown.json()["faults"] == {"topic": "Choose a topic."}
    naive = await drafted(desk, closes_at="2190-01-01T10:00:00")
    assert naive.status_code == 422


async def test_it_is_edited_extended_and_followed_as_seen(desk):
    await agreed(desk)
    await drafted(desk)
    await ask(desk, "secretariat", "POST", "/consultations/spam/announce", {"revision": 1})
    path = "/consultations/spam"
    edit = ROUND | {"titles": {"en": "Another title"}, "why": "A mistake."}
    quiet = await ask(desk, "secretariat", "PUT", path, edit | {"why": ""}, If_Match='"2"')
    other = await ask(desk, "stranger", "PUT", path, edit, If_Match='"2"')
    done = await ask(desk, "secretariat", "PUT", path, edit, If_Match='"2"')
    stale = await ask(desk, "secretariat", "PUT", path, ROUND | {"why": "Old."}, If_Match='"2"')
    assert [each.status_code for each in (quiet, other, done, stale)] == [422, 403, 200, 412]
    (change,) = (each for each in done.json()["history"] if each["step"] == "changed")
    assert change["replaced"] == {"titles": {"en": "A round on spam", "ar": "مشاورة"}}

    follow = await ask(desk, "stranger", "PUT", f"{path}/following", {"days_before": 3})
    assert follow.json()["remind_at"] == "2189-12-29T09:00:00Z"
    later = {"closes_at": "2190-02-01T00:00:00Z"}
    moved = await ask(desk, "secretariat", "POST", f"{path}/extensions", later | {"revision": 3})
    assert moved.json()["history"][-2]["after"] == "2190-02-01T00:00:00Z"
    seen = await ask(desk, "stranger", "GET", f"{path}/following")
    assert seen.json()["remind_at"] == "2190-01-29T00:00:00Z"
    assert (await ask(desk, "stranger", "DELETE", f"{path}/following")).status_code == 204
    assert (await ask(desk, "stranger", "GET", f"{path}/following")).json()["following"] is False
    skip = await ask(desk, "secretariat", "POST", f"{path}/skip", {"why": "No.", "revision": 4})
    assert (skip.status_code, skip.json()["type"]) == (409, "urn:cwg:consultation-has-opened")
