"""A letter to a selection goes to those who were seen, and once; what became of it is kept."""

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlmodel import select

from app.errors import Conflict, Malformed, NotFound
from app.models import Act, Letter, Mailing, MailingRecipient
from app.policy.registration import RegistrationState
from app.policy.selection import MailingReason, Selection
from app.services import claims, mailings, personal, registration
from app.services.mailings import Draft
from tests.records import LATER, NOW, Records, records


@pytest.fixture
async def desk(database) -> Records:
    made = await records(database)
    for who in ("delegate", "other"):
        await registered(made, who)
    return made


async def registered(desk, who):
    async with desk.database.writing() as db:
        by, claim = desk.people[who], desk.claim()
        return await claims.submit(db, desk.meeting.id, claim, by=by, now=NOW)


async def seen(desk, asked, who="secretariat"):
    async with desk.database.reading() as db:
        by = desk.people[who]
        return await mailings.preview(db, desk.meeting, asked, by=by, now=NOW)


async def sent(desk, draft, asked, who="secretariat"):
    async with desk.database.writing() as db:
        by = desk.people[who]
        return await mailings.send(db, desk.meeting, asked, draft, by=by, now=LATER)


async def draft(desk, asked, **more):
    made = Draft(uuid4(), "Rooms", "The room has changed.\nSee you there.")
    return replace(made, seen=(await seen(desk, asked)).seen, **more)


async def notes(desk):
    return [kind for kind, _ in await desk.letters() if kind == "note"]


async def test_it_goes_to_those_who_were_seen_and_sent_again_to_nobody(desk):
    asked = Selection(state=RegistrationState.APPROVED)
    ready = await draft(desk, asked)
    first = await sent(desk, ready, asked)
    again = await sent(desk, ready, asked)

    assert first.id == again.id == ready.id
    assert await notes(desk) == ["note", "note"]
    async with desk.database.reading() as db:
        by = desk.people["secretariat"]
        _, log = await mailings.log(db, desk.meeting, first.id, by=by)
        act = (await db.exec(select(Act).where(Act.kind == "mailing-sent"))).one()
    assert [(each.name, each.email) for each in log] == [
        ("The delegate", "delegate@example.org"),
        ("The other", "other@example.org"),
    ]
    assert act.content["number"] == 2


async def test_who_came_since_the_preview_is_seen_first(desk):
    ready = await draft(desk, Selection())
    await registered(desk, "stranger")
    with pytest.raises(Conflict) as refused:
        await sent(desk, ready, Selection())

    assert refused.value.reason == MailingReason.CHANGED
    assert (await notes(desk), await desk.count(Mailing)) == ([], 0)


async def test_who_has_withdrawn_is_written_to_only_where_that_was_selected(desk):
    async with desk.database.writing() as db:
        by = desk.people["other"]
        row = await registration.mine(db, by, desk.meeting.id)
        assert row
        await registration.withdraw(db, row.id, version=row.version, by=by, now=NOW)

    everyone = await seen(desk, Selection())
    gone = await seen(desk, Selection(state=RegistrationState.WITHDRAWN))
    assert [each.email for each in everyone.lines] == ["delegate@example.org"]
    assert [each.email for each in gone.lines] == ["other@example.org"]


async def test_nobody_else_writes_to_participants(desk):
    ready = await draft(desk, Selection())
    for who in ("delegate", "focal", "stranger"):
        with pytest.raises(NotFound):
            await seen(desk, Selection(), who)
        with pytest.raises(NotFound):
            await sent(desk, ready, Selection(), who)
    assert await notes(desk) == []


@pytest.mark.parametrize(
    ("more", "field"),
    [({"title": " "}, "title"), ({"text": ""}, "text"), ({"title": "a\nb"}, "title")],
)
async def test_an_empty_letter_is_not_sent(desk, more, field):
    with pytest.raises(Malformed) as wrong:
        await sent(desk, await draft(desk, Selection(), **more), Selection())
    assert list(wrong.value.faults) == [field]


async def test_a_letter_to_nobody_is_not_sent(desk):
    asked = Selection(text="nobody at all")
    with pytest.raises(Conflict) as refused:
        await sent(desk, await draft(desk, asked), asked)
    assert refused.value.reason == MailingReason.NOBODY


async def test_the_log_outlives_the_letters_and_not_the_person(desk):
    made = await sent(desk, await draft(desk, Selection()), Selection())
    async with desk.database.writing() as db:
        for letter in (await db.exec(select(Letter))).all():
            await db.delete(letter)
    async with desk.database.writing() as db:
        await personal.erase(db, desk.people["other"].id, LATER)
    async with desk.database.reading() as db:
        by = desk.people["secretariat"]
        _, log = await mailings.log(db, desk.meeting, made.id, by=by)
    assert [(each.name, each.letter) for each in log] == [("The delegate", None)]
    assert await desk.count(MailingRecipient) == 1
