"""A meeting's own questions: asked, kept as a draft, checked, sent; and the secretariat's desk."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest
from httpx2 import AsyncClient, Response
from sqlmodel import select

from app.database import load
from app.models import FormAnswer, FormEdition, Meeting, RegistrationDraft
from app.policy.registration import RegistrationState
from app.services import forms
from tests.pages.reading import form, reading, said
from tests.pages.test_portal import (
    REGISTER,
    mine,
    people,
    sent,
    stakeholder,
    typed,
)
from tests.world import Service, service, settings

DESK = "/desk/forms/twenty"
VISA = {
    "answer-visa": "yes",
    "answer-passport_name": "A. Newcomer",
    "answer-passport_number": "A1234567",
    "answer-passport_until": "2031-03-31",
    "answer-birth": "1980-01-02",
    "answer-needs.captioning": "yes",
}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        await people(running)
        yield running


async def kept(house: Service) -> dict[str, object]:
    row = await mine(house)
    assert row is not None
    async with house.house.database.reading() as db:
        return dict(await forms.mine(db, house.house.keys.vault, row.id))


async def test_questions_are_asked_checked_and_kept(house: Service) -> None:
    async with reading(house, "newcomer") as client:
        page = await client.get(REGISTER)
        assert "Only if you answered “Yes” to “Do you need a letter for a visa?”." in said(page)
        checked = await typed(client, **stakeholder(house), **VISA)
        words = said(checked)
        assert "Passport number A1234567" in words
        assert "Passport valid until 31 March 2031" in words
        assert "Accommodation needs Captioning" in words
        assert (await sent(client, checked)).status_code == 303
        again = form(await client.get(REGISTER), REGISTER)
    assert await kept(house) == {
        "visa": True,
        "passport_name": "A. Newcomer",
        "passport_number": "A1234567",
        "passport_until": "2031-03-31",
        "birth": "1980-01-02",
        "needs": ("captioning",),
    }
    fields = dict(again.fields)
    assert {name: fields.get(name) for name in VISA} == VISA


async def test_what_is_missing_is_told_and_nothing_that_was_typed_is_lost(
    house: Service,
) -> None:
    async with reading(house, "newcomer") as client:
        wrong = VISA | {"answer-birth": "", "answer-passport_until": "soon"}
        page = await typed(client, **stakeholder(house), **wrong)
        again = dict(form(page, REGISTER).fields)
    assert page.status_code == 422
    assert 'href="#f-answer-birth"' in page.text
    assert "Enter a date as year, month and day" in said(page)
    assert {name: again.get(name) for name in wrong} == wrong
    assert await mine(house) is None


async def test_what_was_not_asked_is_not_kept(house: Service) -> None:
    async with reading(house, "newcomer") as client:
        checked = await typed(client, **stakeholder(house), **(VISA | {"answer-visa": "no"}))
        assert "A1234567" not in said(checked)
        await sent(client, checked)
    assert await kept(house) == {"visa": False, "needs": ("captioning",)}


async def test_answers_alone_change_without_a_new_approval(house: Service) -> None:
    async with reading(house, "newcomer") as client:
        await sent(client, await typed(client, **stakeholder(house)))
        blank = form(await client.get(REGISTER), REGISTER)
        body = blank.filled(step="check", **{"answer-first_time": "yes"})
        checked = await client.post(REGISTER, data=body)
        await sent(client, checked)
    row = await mine(house)
    assert row is not None
    assert (row.state, row.version) == (RegistrationState.APPROVED, 1)
    async with house.house.database.reading() as db:
        assert [each.field for each in await db.exec(select(FormAnswer))] == ["first_time"]


async def save(client: AsyncClient, **answers: str) -> Response:
    blank = form(await client.get(REGISTER), REGISTER)
    return await client.post(REGISTER, data=blank.filled(step="save", **answers))


async def test_a_draft_is_resumed_in_another_browser_and_gone_once_sent(
    house: Service,
) -> None:
    async with reading(house, "newcomer") as client:
        assert (await save(client, **stakeholder(house, name=""), **VISA)).status_code == 303
    async with reading(house, "newcomer") as client:
        page = await client.get(REGISTER)
        again = form(page, REGISTER)
        assert "This is what you saved. It has not been sent." in said(page)
        assert "A1234567" in page.text
        assert again.buttons == [("step", "discard")]
        body = {**stakeholder(house), **VISA, "csrf": dict(again.fields)["csrf"]}
        checked = await client.post(REGISTER, data=body | {"step": "check"})
        await sent(client, checked)
        assert "It has not been sent" not in said(await client.get(REGISTER))
    assert (await kept(house))["passport_number"] == "A1234567"


async def test_a_draft_is_discarded_and_is_nobody_elses(house: Service) -> None:
    async with reading(house, "newcomer") as client, reading(house, "focal") as other:
        await save(client, **stakeholder(house), **VISA)
        assert "A1234567" not in (await other.get(REGISTER)).text
        page = await client.get(REGISTER)
        await client.post(REGISTER, data=form(page, REGISTER).filled(step="discard"))
        assert "A1234567" not in (await client.get(REGISTER)).text
    async with house.house.database.reading() as db:
        assert (await db.exec(select(RegistrationDraft))).all() == []


# The desk.


async def edition(house: Service) -> forms.Current:
    async with house.house.database.reading() as db:
        return await forms.current(db, house.world.meeting_id)


NEW = {
    "key": "shirt",
    "kind": "choice",
    "label-en": "Size of the shirt",
    "label-fr": "Taille",
    "purpose-en": "To order shirts.",
    "options-en": "small: Small\nlarge: Large",
    "options-fr": "small: Petit",
    "kept_days": "10",
    "asked_after": "visa",
    "asked_if": "no",
    "sensitive": "yes",
}


async def test_the_secretariat_adds_moves_and_removes_questions(
    house: Service,
) -> None:
    async with reading(house, "secretariat") as client:
        blank = form(await client.get(f"{DESK}/question?section=visa"), DESK)
        assert (await client.post(f"{DESK}/question", data=blank.filled(**NEW))).status_code == 303
        one = (await edition(house)).form.find("shirt")
        assert one is not None
        assert (one.kept_days, one.sensitive, one.label) == (
            10,
            True,
            {"en": "Size of the shirt", "fr": "Taille"},
        )
        assert [each.label for each in one.options] == [
            {"en": "Small", "fr": "Petit"},
            {"en": "Large"},
        ]
        same = form(await client.get(f"{DESK}/question?key=shirt"), DESK)
        assert (await client.post(f"{DESK}/question", data=same.filled())).status_code == 303
        assert (await edition(house)).form.find("shirt") == one
        for do in ("up:shirt", "remove:needs_signs", "down-section:participation"):
            page = form(await client.get(DESK), DESK)
            done = await client.post(DESK, data=page.filled(do=do))
            assert done.status_code == 303
            assert "The form is saved." in said(await client.get(done.headers["location"]))
        page = form(await client.get(DESK), DESK)
        await client.post(DESK, data=page.filled(do="section:", key="extra", title="More"))
    now = (await edition(house)).form
    assert [each.key for each in now.sections] == [
        "accommodation",
        "participation",
        "visa",
        "emergency",
        "extra",
    ]
    assert [each.key for each in now.sections[2].fields][-2:] == ["shirt", "birth"]
    assert now.find("needs_signs") is None


@pytest.mark.parametrize(
    ("typed_", "where", "sentence"),
    [
        ({"key": "Shirt size"}, "key", "A key begins with a small letter"),
        ({"key": "gender"}, "key", "Two of these have the same key."),
        ({"label-en": ""}, "label-en", "This is needed in English"),
        ({"options-en": ""}, "options-en", "This is needed in English"),
        ({"options-en": "", "options-fr": ""}, "options-en", "A choice needs something"),
        ({"kept_days": "soon"}, "kept_days", "Between 0 and 3650 days"),
        ({"asked_if": "perhaps"}, "asked_after", "has no such answer"),
    ],
)
async def test_what_is_wrong_with_a_question_is_told_beside_what_was_typed(
    house: Service,
    typed_: dict[str, str],
    where: str,
    sentence: str,
) -> None:
    async with reading(house, "secretariat") as client:
        blank = form(await client.get(f"{DESK}/question?section=visa"), DESK)
        page = await client.post(f"{DESK}/question", data=blank.filled(**(NEW | typed_)))
        again = dict(form(page, DESK).fields)
    assert page.status_code == 422
    assert f'href="#f-{where}"' in page.text
    assert sentence in said(page)
    assert again["purpose-en"] == "To order shirts."
    assert (await edition(house)).number == 0


async def test_a_question_that_another_waits_for_is_not_removed(
    house: Service,
) -> None:
    async with reading(house, "secretariat") as client:
        page = form(await client.get(DESK), DESK)
        refused = await client.post(DESK, data=page.filled(do="remove:visa"))
    assert refused.status_code == 422
    assert "A condition names an earlier question of the same section." in said(refused)


async def test_of_two_edits_the_late_one_is_told_and_keeps_what_was_typed(
    house: Service,
) -> None:
    async with reading(house, "secretariat") as client:
        late = form(await client.get(f"{DESK}/question?section=visa"), DESK)
        first = form(await client.get(DESK), DESK)
        await client.post(DESK, data=first.filled(do="up:gender"))
        page = await client.post(f"{DESK}/question", data=late.filled(**NEW))
        assert page.status_code == 409
        assert "Somebody has changed the form meanwhile" in said(page)
        again = await client.post(f"{DESK}/question", data=form(page, DESK).filled())
    assert again.status_code == 303
    async with house.house.database.reading() as db:
        assert len((await db.exec(select(FormEdition))).all()) == 2


async def test_sensitive_answers_are_opened_with_a_reason_that_the_person_is_told(
    house: Service,
) -> None:
    async with reading(house, "newcomer") as client:
        await sent(client, await typed(client, **stakeholder(house), **VISA))
    row = await mine(house)
    assert row is not None
    path = f"/desk/registrations/{row.reference}/answers"
    async with reading(house, "secretariat") as client:
        track = await client.get(f"/registrations/{row.reference}")
        assert path in track.text
        page = await client.get(path)
        assert "A1234567" not in page.text
        nothing = await client.post(path, data=form(page, path).filled(why=" "))
        assert (nothing.status_code, "A1234567" in nothing.text) == (422, False)
        opened = await client.post(path, data=form(nothing, path).filled(why="The letter."))
        assert "Passport number A1234567" in said(opened)
    for key in ("newcomer", "focal", "chair"):
        async with reading(house, key) as client:
            assert (await client.get(path)).status_code == 404


async def test_everybody_may_read_what_the_answers_are_for_and_when_they_go(
    house: Service,
) -> None:
    async with reading(house) as client:
        words = said(await client.get("/meetings/twenty/data"))
        assert "When a door of the hall saw your badge, and which door: until" in words
    async with house.house.database.reading() as db:
        last = await forms.last_day(db, await load(db, Meeting, house.world.meeting_id))
    assert last is not None
    until = (last + timedelta(days=14)).strftime("%-d %B %Y")
    row = f"every reading is on record {until} To write the letter of invitation. The secretariat"
    assert row in words
