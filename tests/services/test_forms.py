"""A form is edited without touching what was answered; sensitive answers are sealed, and go."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from app.errors import Conflict, Malformed, NotFound, Refused
from app.keys import Vault
from app.models import Act, AnswerReading, FormAnswer, FormEdition, RegistrationDraft
from app.policy.form import Condition, Field, FieldKind, Form, FormReason, Section, SeenBy
from app.policy.meeting import MeetingReason
from app.policy.refusal import No
from app.policy.text import TextFault
from app.services import claims, forms, registration
from tests.records import KENYA, LATER, NOW, Records, records

VAULT = Vault(b"k" * 32)
WORDS = {"en": "Something"}


@pytest.fixture
async def desk(database) -> Records:
    return await records(database)


def field(key, kind=FieldKind.TEXT, days=30, **more):
    return Field(key=key, kind=kind, label=WORDS, purpose=WORDS, kept_days=days, **more)


FORM = Form(
    (
        Section(
            "first",
            WORDS,
            (
                field("diet", seen_by=SeenBy.DECIDERS),
                field("visa", FieldKind.YES_NO),
                field(
                    "passport",
                    days=14,
                    required=True,
                    sensitive=True,
                    shown_if=Condition("visa", ("yes",)),
                ),
            ),
        ),
    )
)
ALL = {"diet": "Vegetarian", "visa": True, "passport": "A1234567"}


async def edited(desk, form=FORM, seen=0, who="secretariat", now=NOW):
    async with desk.database.writing() as db:
        by = desk.people[who]
        return await forms.edit(db, desk.meeting.id, form, seen=seen, by=by, now=now)


async def registered(desk, answers, who="delegate", entity=KENYA):
    async with desk.database.writing() as db:
        by, claim = desk.people[who], desk.claim(entity)
        row = await claims.submit(db, desk.meeting.id, claim, by=by, now=NOW)
        await forms.keep(db, VAULT, row, answers, NOW)
    return row


async def kept(desk, row):
    async with desk.database.reading() as db:
        return await forms.mine(db, VAULT, row.id)


async def shown(desk, row, who):
    async with desk.database.reading() as db:
        found = await forms.shown(db, VAULT, row, by=desk.people[who], now=NOW)
        return {each.field.key: each.answer for each in found}


async def read(desk, row, who, why="To write the letter."):
    async with desk.database.writing() as db:
        by = desk.people[who]
        found = await forms.read(db, VAULT, row.id, why=why, by=by, now=LATER)
        return {each.field.key: each.answer for each in found}


async def test_a_meeting_asks_the_default_until_its_secretariat_says_otherwise(desk):
    async with desk.database.reading() as db:
        found = await forms.current(db, desk.meeting.id)
    assert (found.number, found.form) == (0, forms.DEFAULT)

    assert (await edited(desk)).number == 1
    async with desk.database.reading() as db:
        found = await forms.current(db, desk.meeting.id)
    assert (found.number, found.form) == (1, FORM)
    assert (await desk.acts())[-1] == "form-edited"


@pytest.mark.parametrize("who", ["focal", "delegate", "stranger"])
async def test_only_the_secretariat_edits_the_form(desk, who):
    with pytest.raises(Refused) as refused:
        await edited(desk, who=who)
    assert refused.value.decision == No(MeetingReason.NOT_THE_SECRETARIAT)
    assert await desk.count(FormEdition) == 0


async def test_of_two_edits_at_once_the_second_is_told(desk):
    done = await asyncio.gather(edited(desk), edited(desk), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["Conflict", "Current"]
    (late,) = [each for each in done if isinstance(each, Conflict)]
    assert (late.reason, late.facts) == (FormReason.CHANGED, {"number": 1})
    assert await desk.count(FormEdition) == 1


async def test_a_form_that_is_not_in_order_is_not_made(desk):
    wrong = Form((replace(FORM.sections[0], title={}),))
    with pytest.raises(Malformed) as refused:
        await edited(desk, wrong)
    assert list(refused.value.faults) == ["first.title"]
    assert await desk.count(FormEdition) == 0


async def test_answers_are_kept_and_what_is_sensitive_only_in_cipher(desk):
    await edited(desk)
    row = await registered(desk, ALL)

    assert await kept(desk, row) == ALL
    async with desk.database.reading() as db:
        found = {each.field: each for each in await db.exec(select(FormAnswer))}
    assert (found["diet"].said, found["diet"].sealed) == ('"Vegetarian"', "")
    assert found["passport"].said == ""
    assert "A1234567" not in found["passport"].sealed
    assert Vault(b"x" * 32).open(found["passport"].sealed, f"{row.id} passport") is None


async def test_a_sealed_answer_opens_in_its_own_row_only(desk):
    await edited(desk)
    row = await registered(desk, ALL)
    async with desk.database.writing() as db:
        query = select(FormAnswer).where(FormAnswer.field == "passport")
        sealed = (await db.exec(query)).one().sealed
        diet = (await db.exec(select(FormAnswer).where(FormAnswer.field == "diet"))).one()
        diet.said, diet.sealed = "", sealed
        db.add(diet)
    assert await kept(desk, row) == {"visa": True, "passport": "A1234567"}


async def test_a_wrong_answer_undoes_the_registration_with_it(desk):
    await edited(desk)
    with pytest.raises(Malformed) as refused:
        await registered(desk, {"visa": True})
    assert refused.value.faults == {"answers.passport": TextFault.MISSING}
    assert await desk.count(FormAnswer) == 0
    assert await desk.letters() == []


async def test_a_change_of_the_form_leaves_answers_as_they_were_given(desk):
    await edited(desk)
    row = await registered(desk, ALL)
    newer = Form((Section("other", WORDS, (field("colour", required=True),)),))
    await edited(desk, newer, seen=1)

    assert await kept(desk, row) == ALL
    found = await shown(desk, row, "secretariat")
    assert list(found) == ["diet", "visa", "passport"]


async def test_the_first_answers_to_the_default_make_its_row_once(desk):
    await asyncio.gather(
        registered(desk, {"first_time": True}),
        registered(desk, {"first_time": False}, "other", None),
    )
    assert (await desk.count(FormEdition), await desk.count(FormAnswer)) == (1, 2)
    with pytest.raises(Conflict):
        await edited(desk, seen=0)
    assert (await edited(desk, seen=1)).number == 2


async def test_each_sees_what_the_field_says_and_nothing_sensitive_without_a_reason(desk):
    await edited(desk)
    row = await registered(desk, ALL)

    assert await shown(desk, row, "delegate") == ALL
    assert await shown(desk, row, "focal") == {"diet": "Vegetarian"}
    assert await shown(desk, row, "secretariat") == ALL | {"passport": None}
    with pytest.raises(NotFound):
        await shown(desk, row, "stranger")


async def test_reading_what_is_sensitive_is_on_record_with_who_and_why(desk):
    await edited(desk)
    row = await registered(desk, ALL)

    assert await read(desk, row, "secretariat") == ALL
    async with desk.database.reading() as db:
        act = (await db.exec(select(Act).where(Act.kind == "answers-read"))).one()
        told = await forms.readings(db, row.id)
    assert act.content == {
        "registration": str(row.id),
        "by": str(desk.people["secretariat"].id),
        "why": "To write the letter.",
        "fields": ["passport"],
    }
    assert [(each.why, person.name, each.at) for each, person in told] == [
        ("To write the letter.", "The secretariat", LATER)
    ]


@pytest.mark.parametrize("why", ["", "  ", "<b>", "x" * 501])
async def test_nothing_is_read_without_a_reason(desk, why):
    await edited(desk)
    row = await registered(desk, ALL)
    with pytest.raises(Malformed):
        await read(desk, row, "secretariat", why)
    assert await desk.count(AnswerReading) == 0


async def test_a_focal_point_reads_no_field_of_the_secretariats(desk):
    await edited(desk)
    row = await registered(desk, ALL)
    assert await read(desk, row, "focal") == {"diet": "Vegetarian"}
    with pytest.raises(NotFound):
        await read(desk, row, "stranger")


@pytest.mark.parametrize(
    ("days", "left"),
    [
        (0, {"diet", "visa", "passport"}),
        (14, {"diet", "visa", "passport"}),
        (15, {"diet", "visa"}),
        (30, {"diet", "visa"}),
        (31, set()),
    ],
)
async def test_each_answer_goes_when_its_days_after_the_meeting_are_over(desk, days, left):
    await edited(desk)
    row = await registered(desk, ALL)
    last = NOW + timedelta(days=2)  # the third sitting
    async with desk.database.writing() as db:
        await forms.forget(db, last + timedelta(days=days))
    assert set(await kept(desk, row)) == left


async def test_withdrawing_erases_the_answers(desk):
    await edited(desk)
    row = await registered(desk, ALL)
    async with desk.database.writing() as db:
        by = desk.people["delegate"]
        await registration.withdraw(db, row.id, version=1, by=by, now=LATER)
    assert await desk.count(FormAnswer) == 0


async def test_a_draft_is_taken_up_again_by_its_author_only_and_goes_by_itself(desk):
    typed = {"name": "A delegate", "answers": {"passport": "A1234567"}}
    by = desk.people["delegate"]
    async with desk.database.writing() as db:
        await forms.save(db, VAULT, desk.meeting.id, by, {"name": ""}, NOW)
        await forms.save(db, VAULT, desk.meeting.id, by, typed, NOW)
    async with desk.database.reading() as db:
        kept_ = await forms.draft(db, VAULT, desk.meeting.id, by)
        other = await forms.draft(db, VAULT, desk.meeting.id, desk.people["other"])
    assert kept_ is not None
    row, found = kept_
    assert (found, other) == (typed, None)
    assert "A1234567" not in row.sealed

    for days, left in ((29, 1), (30, 0)):
        async with desk.database.writing() as db:
            await forms.forget(db, NOW + timedelta(days=days))
        assert await desk.count(RegistrationDraft) == left
