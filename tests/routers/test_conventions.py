"""Pages by cursor and filters, edits of what was seen, and requests that are done once."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest
from httpx2 import ASGITransport, AsyncClient
from sqlmodel import select

from app.errors import Answered
from app.models import AnsweredOnce, Letter, Registration
from app.policy.parts import Part
from app.policy.people import Capacity
from app.policy.registration import Mode, RegistrationState
from app.services import claims, once
from app.services.once import Key
from tests.records import CHILE, KENYA, NOW, Records, person, with_doors
from tests.routers.test_registrations import claim

LONG_AGO = once.KEPT + timedelta(minutes=1)


@pytest.fixture
async def desk(tables_url, tmp_path) -> AsyncGenerator[Records]:
    made = await with_doors(tables_url, tmp_path)
    yield made
    await made.database.close()


async def ask(desk, who, method, path, body=None, **headers):
    """Ask with headers: an underscore stands for a hyphen."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named["Authorization"] = f"Bearer cwg_{who}"
    transport = ASGITransport(app=desk.app)
    async with AsyncClient(transport=transport, base_url="http://test") as http:
        return await http.request(method, f"/api/v1{path}", json=body, headers=named)


def list_of(desk):
    return f"/meetings/{desk.meeting.slug}/registrations"


async def submit(desk, key=None, who="delegate", entity=KENYA, **more):
    headers = {"Idempotency_Key": key} if key is not None else {}
    return await ask(desk, who, "POST", list_of(desk), claim(desk, entity, **more), **headers)


# Done once.


async def test_the_same_request_gets_the_same_answer_and_is_done_once(desk):
    first = await submit(desk, "k1")
    again = await submit(desk, "k1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["etag"] == first.headers["etag"] == '"1"'
    assert again.headers["content-type"] == first.headers["content-type"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await desk.count(Registration) == 1
    assert (await desk.acts()).count("registration-submitted") == 1


async def test_without_a_key_it_is_done_each_time_it_comes(desk):
    await submit(desk)
    assert (await submit(desk)).status_code == 409


async def test_a_key_is_for_one_request(desk):
    await submit(desk, "k1")
    other = await submit(desk, "k1", name="Another")

    assert (other.status_code, other.json()["faults"]) == (
        422,
        {
            "Idempotency-Key": "This key was used for another request."
            " Make a new key for each new request."
        },
    )


async def test_a_key_is_its_persons_own(desk):
    mine = await submit(desk, "k1")
    theirs = await submit(desk, "k1", who="other")

    assert theirs.json()["email"] == "other@example.org"
    assert theirs.json()["reference"] != mine.json()["reference"]


@pytest.mark.parametrize("key", ["", "a b", "x" * 201])
async def test_what_is_no_key_is_told(desk, key):
    answer = await submit(desk, key)

    assert answer.status_code == 422
    assert answer.json()["faults"] == {
        "Idempotency-Key": "A key has 1 to 200 visible ASCII characters."
    }
    assert await desk.count(Registration) == 0


async def test_a_refusal_is_not_kept(desk):
    refused = await submit(desk, "k1", name="")
    done = await submit(desk, "k1")

    assert (refused.status_code, done.status_code) == (422, 201)


async def test_a_key_is_forgotten_after_a_day(desk):
    await submit(desk, "k1")
    async with desk.database.writing() as db:
        for each in await db.exec(select(AnsweredOnce)):
            each.asked_at -= LONG_AGO
            db.add(each)

    assert (await submit(desk, "k1")).status_code == 409  # it is done again, and found registered
    assert await desk.count(AnsweredOnce) == 0


async def test_a_key_that_a_door_takes_for_itself_is_forgotten_after_a_day_too(desk):
    """What was answered then is replaced by what is answered now, and that is told again."""
    key, person_id = Key("k1", "d" * 64), desk.people["delegate"].id
    long_ago = datetime.now(UTC) - LONG_AGO

    async def answered(content: str, now: datetime) -> None:
        async with desk.database.writing() as db:
            row = await once.take(db, person_id, key, now)
            await once.keep(db, row, key, once.Answer(200, content), now)

    await answered("then", long_ago)
    await answered("now", datetime.now(UTC))
    with pytest.raises(Answered) as told:
        await answered("later", datetime.now(UTC))
    assert told.value.content == "now"
    assert await desk.count(AnsweredOnce) == 1


async def test_answers_are_kept_for_a_day(desk):
    await submit(desk, "k1")
    async with desk.database.writing() as db:
        assert await once.forget(db, NOW) == 0
        assert await once.forget(db, datetime.now(UTC) + LONG_AGO) == 1
    assert await desk.count(AnsweredOnce) == 0


async def test_of_two_at_once_one_is_done_and_both_are_told_the_same(desk):
    answers = await asyncio.gather(*(submit(desk, "k1") for _ in range(5)))

    assert [each.status_code for each in answers] == [201] * 5
    assert len({each.content for each in answers}) == 1
    assert await desk.count(Registration) == 1
    assert len([each for each in answers if "idempotency-replayed" in each.headers]) == 4
    assert await desk.count(Letter) == 2  # the acknowledgement, and one to the focal point


# What was seen.


async def test_an_edit_of_what_was_seen_is_done_and_of_what_has_changed_is_not(desk):
    made = await submit(desk)
    path = f"/registrations/{made.json()['reference']}"
    shown = await ask(desk, "delegate", "GET", path)
    body = claim(desk, KENYA, name="Another")

    done = await ask(desk, "delegate", "PATCH", path, body, If_Match=shown.headers["etag"])
    late = await ask(desk, "delegate", "PATCH", path, body, If_Match=shown.headers["etag"])

    assert (done.status_code, done.headers["etag"], done.json()["version"]) == (200, '"2"', 2)
    assert (late.status_code, late.json()["type"]) == (412, "urn:cwg:changed-meanwhile")
    assert late.json()["title"] == "This has changed since you looked at it."
    assert late.json()["detail"] == "Somebody else was faster. Look at it again, then decide."
    assert (await ask(desk, "delegate", "GET", path)).json()["version"] == 2


@pytest.mark.parametrize("tag", ["*", '"1"', 'W/"1"', '"7", "1"'])
async def test_a_decision_takes_every_way_to_name_what_was_seen(desk, tag):
    path = f"/registrations/{(await submit(desk)).json()['reference']}/approve"
    assert (await ask(desk, "focal", "POST", path, If_Match=tag)).json()["state"] == "approved"


@pytest.mark.parametrize("tag", ['"2"', "1", "", '"x"', '"' + "9" * 50 + '"'])
@pytest.mark.parametrize("act", ["approve", "reject", "withdraw"])
async def test_nothing_is_done_to_what_was_not_seen(desk, act, tag):
    path = f"/registrations/{(await submit(desk)).json()['reference']}"
    who = "delegate" if act == "withdraw" else "focal"
    body = {"reason": "No."} if act == "reject" else None
    answer = await ask(desk, who, "POST", f"{path}/{act}", body, If_Match=tag)

    assert answer.status_code == 412
    assert (await ask(desk, who, "GET", path)).json()["state"] == "submitted"


async def test_who_says_nothing_of_what_was_seen_is_asked_to(desk):
    path = f"/registrations/{(await submit(desk)).json()['reference']}"
    answer = await ask(desk, "focal", "POST", f"{path}/approve")
    both = await ask(desk, "focal", "POST", f"{path}/approve", {"version": 2}, If_Match='"1"')

    assert (answer.status_code, both.status_code) == (428, 412)
    assert answer.json()["title"] == "Say in If-Match which edition you have seen."


async def test_of_two_decisions_at_once_on_the_same_version_one_is_done(desk):
    path = f"/registrations/{(await submit(desk)).json()['reference']}"
    body = claim(desk, KENYA, name="Another")
    answers = await asyncio.gather(
        *(ask(desk, "delegate", "PATCH", path, body, If_Match='"1"') for _ in range(3))
    )

    assert sorted(each.status_code for each in answers) == [200, 412, 412]


# Pages and filters.


async def crowd(desk):
    """Seven more people, each a minute after the one before, two in the same one."""
    async with desk.database.writing() as db:
        for number, (entity, mode) in enumerate(
            [(KENYA, Mode.REMOTE), (CHILE, Mode.IN_PERSON), (None, Mode.REMOTE)] * 2
            + [(None, Mode.IN_PERSON)]
        ):
            by = person(f"p{number}")
            db.add(by)
            await db.flush()
            said = desk.claim(
                entity,
                name=f"Participant {number}",
                modes=((desk.sittings[Part.FIRST_HALF], mode),),
                **({"capacity": Capacity.OBSERVER} if number == 3 else {}),
            )
            at = NOW + timedelta(minutes=number - number % 2)
            await claims.submit(db, desk.meeting.id, said, by=by, now=at)


async def pages(desk, query, who="secretariat"):
    """Every page of a list, by the addresses that the answers name."""
    path, found = f"{list_of(desk)}?{query}", []
    while path:
        answer = await ask(desk, who, "GET", path)
        assert answer.status_code == 200, answer.text
        found.append([each["name"][-1] for each in answer.json()])
        link = answer.headers.get("link", "")
        path = link.removeprefix("</api/v1").removesuffix('>; rel="next"')
    return found


async def names(desk, query="", who="secretariat"):
    return "".join(sorted("".join("".join(page) for page in await pages(desk, query, who))))


async def test_pages_hold_everyone_once_in_the_order_of_submission(desk):
    await crowd(desk)
    found = await pages(desk, "limit=2")

    assert [len(page) for page in found] == [2, 2, 2, 1]
    assert [sorted(page) for page in found] == [["0", "1"], ["2", "3"], ["4", "5"], ["6"]]
    assert await names(desk, "limit=7") == "0123456"
    assert [len(page) for page in await pages(desk, "limit=7")] == [7]


async def test_who_registers_meanwhile_moves_nobody(desk):
    await crowd(desk)
    first = await ask(desk, "secretariat", "GET", f"{list_of(desk)}?limit=3")
    seen = {each["reference"] for each in first.json()}
    async with desk.database.writing() as db:
        early = NOW - timedelta(days=1)
        await claims.submit(db, desk.meeting.id, desk.claim(), by=desk.people["other"], now=early)
    link = first.headers["link"].removeprefix("</api/v1").removesuffix('>; rel="next"')
    second = await ask(desk, "secretariat", "GET", link)

    assert not seen & {each["reference"] for each in second.json()}


async def test_filters_are_kept_over_the_pages_and_hold_together(desk):
    await crowd(desk)
    assert await names(desk, "limit=1&mode=remote") == "0235"
    assert await names(desk, "state=submitted") == "0134"
    assert await names(desk, "state=approved&state=submitted&mode=in_person") == "146"
    assert await names(desk, "capacity=observer") == "3"
    assert await names(desk, "group=civil_society") == "256"
    assert await names(desk, f"entity={desk.entities[CHILE]}") == "14"
    assert await names(desk, "words=chile") == "14"
    assert await names(desk, "words=PARTICIPANT%205") == "5"
    assert await names(desk, "words=%25") == ""
    assert await names(desk, f"sitting={desk.sittings[Part.SECOND_HALF]}") == ""
    assert await names(desk, "waiting=true") == ""
    assert await names(desk, "waiting=false&limit=3") == "0123456"


async def test_no_filter_shows_more_than_one_may_know(desk):
    await crowd(desk)
    assert await names(desk, "limit=1", "focal") == "03"
    assert await names(desk, "words=participant&limit=1", "focal") == "03"
    assert await names(desk, f"entity={desk.entities[CHILE]}", "focal") == ""
    assert await names(desk, f"state={RegistrationState.APPROVED.value}", "stranger") == ""


@pytest.mark.parametrize("cursor", ["x", "~", "2026-11-24T09:30:00~" + "0" * 32, "1~2~3"])
async def test_a_cursor_that_is_none_is_told(desk, cursor):
    answer = await ask(desk, "secretariat", "GET", f"{list_of(desk)}?cursor={cursor}")

    assert answer.status_code == 422
    assert answer.json()["faults"] == {
        "cursor": "This cursor is none of ours: begin at the first page."
    }


@pytest.mark.parametrize(
    "query", ["state=king", "limit=0", "limit=201", "entity=x", "mode=by_boat"]
)
async def test_a_filter_that_makes_no_sense_is_refused(desk, query):
    answer = await ask(desk, "secretariat", "GET", f"{list_of(desk)}?{query}")
    assert answer.status_code == 422


async def test_ones_own_and_what_waits_for_one_come_page_by_page(desk):
    for who in ("delegate", "other", "stranger"):
        assert (await submit(desk, who=who)).status_code == 201

    found, where = [], "/registrations?state=to-decide&limit=2"
    while where:
        page = await ask(desk, "focal", "GET", where)
        found.append([each["email"] for each in page.json()])
        where = page.headers.get("link", "").partition("<")[2].partition(">")[0][7:]
    own = await ask(desk, "delegate", "GET", "/registrations?limit=1")

    assert [len(each) for each in found] == [2, 1]
    assert len({each for part in found for each in part}) == 3
    assert ([each["email"] for each in own.json()], "link" in own.headers) == (
        ["delegate@example.org"],
        False,
    )
    assert (await ask(desk, "delegate", "GET", "/registrations?cursor=x")).status_code == 422
