"""A meeting is copied with its rule, form, sittings and places, and with nobody's registration."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.errors import Conflict, Malformed, NotFound
from app.models import AgendaItem, Registration
from app.policy import form as form_rules
from app.policy.meeting import MeetingFault, MeetingReason
from app.policy.people import Function
from app.policy.registration import Mode
from app.services import access, claims, copying, forms, meetings, places
from app.services.copying import Copy
from tests.records import NOW, Records, records

ZURICH = ZoneInfo("Europe/Zurich")


@pytest.fixture
async def desk(database) -> Records:
    made = await records(database)
    async with database.writing() as db:
        by = made.people["secretariat"]
        empty = form_rules.of_json({"sections": []})
        await forms.edit(db, made.meeting.id, empty, seen=0, by=by, now=NOW)
        await places.limit(db, made.first_half, {Mode.IN_PERSON: 7}, by=by, now=NOW)
        delegate = made.people["delegate"]
        await claims.submit(db, made.meeting.id, made.claim(), by=delegate, now=NOW)
    return made


async def copied(desk, who="secretariat", slug="next-one", days=150):
    async with desk.database.writing() as db:
        wanted = Copy(slug, "Next", days)
        return await copying.copy(db, desk.meeting.id, wanted, by=desk.people[who], now=NOW)


async def test_sittings_keep_their_time_of_the_day_over_summer_time(desk):
    made = await copied(desk)
    async with desk.database.reading() as db:
        old = await meetings.sittings(db, desk.meeting.id)
        new = await meetings.sittings(db, made.id)
        held = await access.functions(db, desk.people["secretariat"], made.id)
        room = (await places.of_sitting(db, new[1].id))[Mode.IN_PERSON]
        asked = await forms.current(db, made.id)

    assert [(each.part, each.number) for each in new] == [(each.part, each.number) for each in old]
    for before, after in zip(old, new, strict=True):
        there, then = before.starts_at.astimezone(ZURICH), after.starts_at.astimezone(ZURICH)
        assert then.replace(tzinfo=None) == there.replace(tzinfo=None) + timedelta(days=150)
    assert new[0].starts_at - old[0].starts_at == timedelta(days=150, hours=-1)
    assert (made.edition_digest, held) == (
        desk.meeting.edition_digest,
        frozenset({Function.SECRETARIAT}),
    )
    assert (room.places, room.held) == (7, 0)
    assert (asked.number, asked.form.sections) == (1, ())
    assert (await desk.count(Registration), await desk.count(AgendaItem)) == (1, 0)
    assert (await desk.acts())[-1] == "meeting-copied"


@pytest.mark.parametrize("days", [0, -3, 3661])
async def test_by_how_many_days_is_said(desk, days):
    with pytest.raises(Malformed) as wrong:
        await copied(desk, days=days)
    assert wrong.value.faults == {"days": MeetingFault.DAYS}


async def test_an_address_that_is_taken_makes_nothing(desk):
    with pytest.raises(Conflict) as refused:
        await copied(desk, slug="twenty")
    assert refused.value.reason == MeetingReason.SLUG_TAKEN


async def test_only_its_secretariat_copies_a_meeting(desk):
    for who in ("delegate", "focal", "stranger"):
        with pytest.raises(NotFound):
            await copied(desk, who)
