"""A person is told everything, and erased as far as the record of meetings allows."""

from datetime import timedelta

import orjson
import pytest
from sqlalchemy import Column, ForeignKey, Table, Uuid
from sqlmodel import SQLModel

from app.database import load
from app.errors import Conflict, Malformed, NotFound, Refused
from app.keys import Vault
from app.models import (
    AccessToken,
    FormAnswer,
    Letter,
    Listing,
    Login,
    Person,
    Registration,
    RegistrationDraft,
    Stay,
)
from app.policy.attendance import Attendee
from app.policy.people import Capacity, Category
from app.policy.personal import Kept, ListingFault, PersonalReason
from app.policy.registration import Mode
from app.services import (
    attendance,
    claims,
    decisions,
    forms,
    identity,
    listing,
    personal,
    places,
    registration,
)
from tests.records import KENYA, LATER, LATER_STILL, NOW, Records, records

VAULT = Vault(b"k" * 32)
VISA = {
    "visa": True,
    "passport_name": "A. Delegate",
    "passport_number": "A1234567",
    "passport_until": "2031-03-31",
    "birth": "1980-01-02",
}


@pytest.fixture
async def desk(database) -> Records:
    return await records(database)


async def registered(desk, who="delegate", answers=VISA, entity=None, now=NOW):
    async with desk.database.writing() as db:
        by = desk.people[who]
        claim = desk.claim(entity, modes=((desk.first_half, Mode.IN_PERSON),))
        row = await claims.submit(db, desk.meeting.id, claim, by=by, now=now)
        await forms.keep(db, VAULT, row, answers, now)
    return row


async def lived(desk):
    """A delegate who has left a trace in every table of their own."""
    row = await registered(desk)
    by = desk.people["delegate"]
    async with desk.database.writing() as db:
        await identity.log_in(db, by, "Firefox", NOW)
        await identity.new_token(db, by, "a program", NOW)
        await forms.save(db, VAULT, desk.meeting.id, by, {"name": "x"}, NOW)
        await forms.read(
            db, VAULT, row.id, why="A letter.", by=desk.people["secretariat"], now=LATER
        )
        await listing.agree(db, row.id, NOW.date(), version=1, by=by, now=NOW)
    return row


async def attended(desk, row):
    async with desk.database.writing() as db:
        kept = Capacity.INDIVIDUAL, Category.STAKEHOLDER, Mode.IN_PERSON
        who = Attendee(row.reference, row.name, "", *kept)
        stay = attendance.stay_of(desk.first_half, row.person_id, who, NOW)
        stay.left_at = LATER
        db.add(stay)


async def held(desk, who="delegate"):
    async with desk.database.reading() as db:
        return await personal.held(db, desk.people[who], VAULT, NOW)


async def erased(desk, who="delegate", now=LATER_STILL):
    async with desk.database.writing() as db:
        return await personal.erase(db, desk.people[who].id, now)


async def rows_naming(desk, who):
    """How many rows of each table name a person."""
    key = desk.people[who].id
    people = SQLModel.metadata.tables["people"]
    found = {}
    async with desk.database.reading() as db:
        connection = await db.connection()
        for name, table in SQLModel.metadata.tables.items():
            for fk in table.foreign_keys:
                if fk.references(people):
                    where = table.select().where(fk.parent == key)
                    if rows := (await connection.execute(where)).all():
                        found[f"{name}.{fk.parent.name}"] = len(rows)
    return found


def test_every_table_that_names_a_person_is_erased_or_stays_for_a_reason():
    people, registrations = (SQLModel.metadata.tables[name] for name in ("people", "registrations"))
    keys = [key for table in SQLModel.metadata.tables.values() for key in table.foreign_keys]
    subjects = {
        key.parent.table.name
        for key in keys
        if key.references(people) and key.parent.name == personal.SUBJECT
    }
    on_record = {name for names in personal.ON_RECORD.values() for name in names}
    groups = (set(personal.ERASED), on_record, set(personal.NAMELESS))
    assert sorted(name for group in groups for name in group) == sorted(subjects)
    # What other people did is named by their row, which stays, without a name: none may go with it
    # but a list of theirs that nobody confirmed.
    made = {key.parent.table.name for key in keys if key.references(people) and key.ondelete}
    assert made - subjects == {"nomination_drafts"}
    stops = {key.parent.table.name for key in keys if key.references(registrations)} - {
        key.parent.table.name for key in keys if key.ondelete in personal.GOES
    }
    assert stops == set()


async def test_an_erasure_says_what_stands_in_its_way(desk):
    row = await registered(desk)
    metadata = SQLModel.metadata
    vouchers = Table(
        "vouchers",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("registration_id", Uuid, ForeignKey("registrations.id")),
    )
    try:
        async with desk.database.engine.begin() as connection:
            await connection.run_sync(vouchers.create)
            await connection.execute(vouchers.insert().values(id=row.id, registration_id=row.id))
        with pytest.raises(Conflict) as refused:
            await erased(desk)
    finally:
        metadata.remove(vouchers)
    assert (refused.value.reason, refused.value.facts) == (
        PersonalReason.IN_THE_WAY,
        {"tables": "vouchers"},
    )
    async with desk.database.reading() as db:
        kept = await load(db, Person, row.person_id)
    assert kept.email == "delegate@example.org"  # nothing of it was done


async def test_everything_that_names_a_person_is_told(desk):
    await lived(desk)
    told = await held(desk)

    mine = {
        name.removesuffix(".person_id"): number
        for name, number in (await rows_naming(desk, "delegate")).items()
        if name.endswith(".person_id")
    }
    assert {name: len(rows) for name, rows in told["held"].items() if name in mine} == mine
    assert {"logins", "access_tokens", "letters", "registrations"} <= mine.keys()
    assert told["person"]["email"] == "delegate@example.org"
    assert {each["field"]: each["answer"] for each in told["answers"]} == VISA
    assert orjson.loads(orjson.dumps(told))["person"]["id"] == str(desk.people["delegate"].id)
    assert [(each["by"], each["why"]) for each in told["readings"]] == [
        ("The secretariat", "A letter.")
    ]
    assert told["acts"][0]["kind"] == "registration-submitted"
    assert [len(told["held"][name]) for name in ("attending", "listings")] == [1, 1]


async def test_no_word_by_which_one_signs_in_and_nobody_else_is_told(desk):
    await lived(desk)
    await registered(desk, "other", VISA | {"passport_number": "B7654321"})
    said = orjson.dumps(await held(desk)).decode()
    assert "B7654321" not in said
    assert "digest" not in said
    assert "sealed" not in said
    assert str(desk.people["other"].id) not in said


async def test_an_erasure_leaves_no_trace_of_whoever_never_attended(desk):
    await lived(desk)
    left = await erased(desk)

    assert set(left) == {Kept.ACTS}
    assert await rows_naming(desk, "delegate") == {}
    for table in (FormAnswer, Listing, Login, AccessToken, RegistrationDraft, Registration):
        assert (table.__name__, await desk.count(table)) == (table.__name__, 0)
    assert await desk.letters() == []
    async with desk.database.reading() as db:
        person = await load(db, Person, desk.people["delegate"].id)
    assert (person.name, person.verified_at) == ("", None)
    assert person.email.endswith("@erased.invalid")
    assert (await desk.acts())[-1] == "person-erased"

    async with desk.database.writing() as db:
        await identity.forget(db, NOW + timedelta(days=8))
        assert await db.get(Person, desk.people["delegate"].id) is None


async def test_who_attended_stays_on_record_without_account_and_answers(desk):
    row = await lived(desk)
    await attended(desk, row)
    over = NOW + timedelta(days=30)
    left = await erased(desk, now=over)

    assert {kind: left[kind] for kind in (Kept.ATTENDANCE, Kept.REGISTRATIONS)} == {
        Kept.ATTENDANCE: 1,
        Kept.REGISTRATIONS: 1,
    }
    assert (await desk.count(Stay), await desk.count(Registration)) == (1, 1)
    for table in (FormAnswer, Listing, Login, AccessToken, RegistrationDraft, Letter):
        assert (table.__name__, await desk.count(table)) == (table.__name__, 0)
    assert await rows_naming(desk, "delegate") == {
        "registrations.person_id": 1,
        "registration_steps.by_id": 2,
        "stays.person_id": 1,
    }


async def test_an_erasure_gives_the_place_to_the_next(desk):
    async with desk.database.writing() as db:
        hall = {Mode.IN_PERSON: 1}
        await places.limit(db, desk.first_half, hall, by=desk.people["secretariat"], now=NOW)
    await registered(desk)
    other = await registered(desk, "other", {}, now=LATER)
    await erased(desk)
    async with desk.database.reading() as db:
        assert await places.queue(db, other.id) == {}


@pytest.mark.parametrize("who", ["secretariat", "focal"])
async def test_who_still_serves_hands_over_first(desk, who):
    with pytest.raises(Conflict) as refused:
        await erased(desk, who)
    assert refused.value.reason == PersonalReason.STILL_SERVES
    async with desk.database.reading() as db:
        assert (await load(db, Person, desk.people[who].id)).name == f"The {who}"


async def test_others_lose_nothing_by_it(desk):
    await lived(desk)
    other = await registered(desk, "other")
    await erased(desk)
    async with desk.database.reading() as db:
        assert await forms.mine(db, VAULT, other.id) == VISA
        assert (await load(db, Person, desk.people["other"].id)).email == "other@example.org"


# The list of participants.


async def listed(desk, now=NOW):
    async with desk.database.reading() as db:
        found = await listing.participants(db, desk.meeting.id, now)
        return [each.registration.name for each in found]


async def agreed(desk, row, until, who="delegate", version=1):
    async with desk.database.writing() as db:
        by = desk.people[who]
        await listing.agree(db, row.id, until, version=version, by=by, now=NOW)


async def test_only_who_agreed_is_listed_and_until_their_day(desk):
    row = await registered(desk)
    await registered(desk, "other")
    assert await listed(desk) == []
    await agreed(desk, row, NOW.date() + timedelta(days=3))

    assert await listed(desk, NOW + timedelta(days=3)) == ["Participant"]
    assert await listed(desk, NOW + timedelta(days=4)) == []
    for days, left in ((3, 1), (4, 0)):
        async with desk.database.writing() as db:
            await listing.forget(db, NOW + timedelta(days=days))
        assert await desk.count(Listing) == left


async def test_who_takes_it_back_is_gone_at_once(desk):
    row = await registered(desk)
    await agreed(desk, row, NOW.date())
    async with desk.database.writing() as db:
        await listing.take_back(db, row.id, by=desk.people["delegate"], now=LATER)
    assert (await listed(desk), (await desk.acts())[-1]) == ([], "listing-taken-back")


async def test_a_consent_is_ones_own_and_has_an_end(desk):
    row = await registered(desk)
    with pytest.raises(NotFound):
        await agreed(desk, row, NOW.date(), "other")
    with pytest.raises(Refused):
        await agreed(desk, row, NOW.date(), "secretariat")
    for days, fault in ((-1, ListingFault.PAST), (369, ListingFault.TOO_FAR)):
        with pytest.raises(Malformed) as refused:
            await agreed(desk, row, NOW.date() + timedelta(days=days))
        assert refused.value.faults == {"until": fault}
    await agreed(desk, row, NOW.date() + timedelta(days=368))
    assert await desk.count(Listing) == 1


async def test_nobody_is_listed_before_they_are_confirmed(desk):
    row = await registered(desk, entity=KENYA)
    with pytest.raises(Conflict) as refused:
        await agreed(desk, row, NOW.date())
    assert refused.value.reason == PersonalReason.NOT_APPROVED


async def test_who_has_to_be_approved_again_is_not_listed_meanwhile(desk):
    row = await registered(desk, entity=KENYA)
    async with desk.database.writing() as db:
        by = desk.people["focal"]
        await decisions.approve(db, row.id, version=1, by=by, now=NOW)
    await agreed(desk, row, NOW.date())
    assert await listed(desk) == ["Delegate of KE"]
    async with desk.database.writing() as db:
        claim = desk.claim(KENYA, name="Somebody else")
        by = desk.people["delegate"]
        await registration.edit(db, row.id, claim, version=1, by=by, now=LATER)
    assert await listed(desk) == []
