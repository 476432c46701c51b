"""A draft over the API: the same as the page's, field by field, and never overwritten unseen."""

from collections.abc import AsyncGenerator

import pytest
from sqlmodel import select

from app.models import RegistrationDraft
from tests.pages.reading import form, reading
from tests.records import Records, with_doors
from tests.routers.test_conventions import ask
from tests.routers.test_registrations import claim
from tests.world import service, settings


@pytest.fixture
async def desk(sqlite_tables_url, tmp_path) -> AsyncGenerator[Records]:
    made = await with_doors(sqlite_tables_url, tmp_path)
    yield made
    await made.database.close()


def draft_of(desk):
    return f"/meetings/{desk.meeting.slug}/registration-draft"


async def test_a_draft_is_saved_field_by_field_read_and_discarded(desk):
    path, first = draft_of(desk), str(desk.first_half)
    assert (await ask(desk, "delegate", "GET", path)).status_code == 404
    made = await ask(desk, "delegate", "PATCH", path, {"name": "A", "modes": {first: "remote"}})
    assert (made.status_code, made.headers["etag"], made.json()["version"]) == (200, '"1"', 1)
    more = {"country": "XX", "answers": {"visa": "yes"}}
    saved = await ask(desk, "delegate", "PATCH", path, more, If_Match='"1"')
    kept = {"name": "A", "modes": {first: "remote"}, **more}
    assert (saved.headers["etag"], saved.json()["typed"]) == ('"2"', kept)
    read = await ask(desk, "delegate", "GET", path)
    assert (read.headers["etag"], read.json()["typed"]) == ('"2"', kept)
    assert (await ask(desk, "other", "GET", path)).status_code == 404
    anew = await ask(desk, "delegate", "PUT", path, {"name": "B"}, If_Match='"2"')
    assert anew.json()["typed"] == {"name": "B", "modes": {}, "answers": {}}
    assert (await ask(desk, "delegate", "DELETE", path, If_Match='"3"')).status_code == 204
    assert await desk.count(RegistrationDraft) == 0


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_nobody_overwrites_what_they_have_not_seen(desk, method):
    path, body = draft_of(desk), None if method == "DELETE" else {"name": "Another"}
    early = await ask(desk, "delegate", "PUT", path, {"name": "A"}, If_Match='"1"')
    await ask(desk, "delegate", "PUT", path, {"name": "A"})
    unsaid = await ask(desk, "delegate", method, path, body)
    stale = await ask(desk, "delegate", method, path, body, If_Match='"7"')
    assert [each.status_code for each in (early, unsaid, stale)] == [412, 428, 412]
    read = await ask(desk, "delegate", "GET", path)
    assert (read.json()["typed"]["name"], read.json()["version"]) == ("A", 1)


async def test_what_is_sent_at_last_leaves_no_draft(desk):
    await ask(desk, "delegate", "PUT", draft_of(desk), {"name": "A"})
    where = f"/meetings/{desk.meeting.slug}/registrations"
    assert (await ask(desk, "delegate", "POST", where, claim(desk))).status_code == 201
    assert await desk.count(RegistrationDraft) == 0


async def test_the_page_takes_up_what_a_program_saved_and_the_other_way_round(tmp_path):
    where, path = "/meetings/twenty/register", "/api/v1/meetings/twenty/registration-draft"
    async with service(settings(tmp_path)) as house, reading(house, "stakeholder") as client:
        blank = form(await client.get(where), where)
        async with house.http("stakeholder") as program:
            sent = {"represents": "stakeholder", "job_title": "Adviser"}
            assert (await program.put(path, json=sent)).status_code == 200
            assert 'value="Adviser"' in (await client.get(where)).text
            await client.post(where, data=blank.filled(step="save", job_title="Head"))
            read = await program.get(path)
        assert (read.json()["typed"]["job_title"], read.headers["etag"]) == ("Head", '"2"')
        async with house.house.database.reading() as db:
            (row,) = await db.exec(select(RegistrationDraft))
    assert "Head" not in row.sealed
