"""The form and its answers through the door for programs."""

from collections.abc import AsyncGenerator

import pytest
from httpx2 import ASGITransport, AsyncClient

from app.models import FormAnswer, FormEdition
from tests.records import KENYA, Records, with_doors
from tests.routers.test_registrations import submitted

FORM = {
    "sections": [
        {
            "key": "travel",
            "title": {"en": "Travel"},
            "fields": [
                {
                    "key": "visa",
                    "kind": "yes_no",
                    "label": {"en": "A visa?", "fr": "Un visa ?"},
                    "purpose": {"en": "To write the letter."},
                    "kept_days": 30,
                },
                {
                    "key": "passport",
                    "kind": "text",
                    "label": {"en": "Passport"},
                    "purpose": {"en": "To write the letter."},
                    "kept_days": 14,
                    "required": True,
                    "sensitive": True,
                    "shown_if": {"field": "visa", "among": ["yes"]},
                },
            ],
        }
    ]
}
ALL = {"visa": True, "passport": "A1234567"}


@pytest.fixture
async def desk(sqlite_tables_url, tmp_path) -> AsyncGenerator[Records]:
    made = await with_doors(sqlite_tables_url, tmp_path)
    yield made
    await made.database.close()


async def put(desk, tag, form=FORM, who="secretariat"):
    headers = {"Authorization": f"Bearer cwg_{who}"} | ({"If-Match": tag} if tag else {})
    async with AsyncClient(
        transport=ASGITransport(app=desk.app), base_url="http://test", headers=headers
    ) as http:
        return await http.put("/api/v1/meetings/twenty/form", json=form)


async def test_the_form_is_read_by_everyone_and_edited_by_whoever_has_seen_it(desk):
    asked = await desk.ask(None, "GET", "/meetings/twenty/form")
    assert (asked.headers["etag"], asked.json()["number"]) == ('"0"', 0)

    made = await put(desk, '"0"')
    assert (made.status_code, made.headers["etag"]) == (200, '"1"')
    assert (await desk.ask(None, "GET", "/meetings/twenty/form")).json() == made.json()
    assert [each["key"] for each in made.json()["sections"][0]["fields"]] == ["visa", "passport"]


@pytest.mark.parametrize(
    ("tag", "status"), [(None, 428), ('"0"', 412), ('"7"', 412), ("nonsense", 412), ('"1"', 200)]
)
async def test_an_edit_names_the_edition_that_was_seen(desk, tag, status):
    await put(desk, '"0"')
    assert (await put(desk, tag)).status_code == status
    assert await desk.count(FormEdition) == 1 + (status == 200)


async def test_only_the_secretariat_edits(desk):
    assert (await put(desk, '"0"', who="focal")).status_code == 403
    assert await desk.count(FormEdition) == 0


async def test_what_is_wrong_with_a_form_is_told_by_its_path(desk):
    answer = await put(desk, '"0"', {"sections": [{"key": "A", "title": {}, "fields": []}]})
    assert (answer.status_code, sorted(answer.json()["faults"])) == (422, ["A.key", "A.title"])


async def test_answers_come_with_the_registration_and_are_the_persons_to_read(desk):
    await put(desk, '"0"')
    said = (await submitted(desk, entity=KENYA, answers=ALL)).json()
    path = f"/registrations/{said['reference']}/answers"

    def of(answer):
        return {each["field"]: each["answer"] for each in answer.json()}

    assert of(await desk.ask("delegate", "GET", path)) == ALL
    assert of(await desk.ask("secretariat", "GET", path)) == {"visa": True, "passport": None}
    assert of(await desk.ask("focal", "GET", path)) == {}
    assert (await desk.ask("stranger", "GET", path)).status_code == 404

    nothing = await desk.ask("secretariat", "POST", f"{path}/read", {"why": " "})
    assert (nothing.status_code, list(nothing.json()["faults"])) == (422, ["why"])
    assert of(await desk.ask("secretariat", "POST", f"{path}/read", {"why": "A letter."})) == ALL
    assert (await desk.ask("delegate", "POST", f"{path}/read", {"why": "?"})).status_code == 404
    assert (await desk.acts()).count("answers-read") == 1


async def test_a_registration_with_a_wrong_answer_is_none(desk):
    await put(desk, '"0"')
    answer = await submitted(desk, answers={"visa": True})
    assert (answer.status_code, list(answer.json()["faults"])) == (422, ["answers.passport"])
    assert (await desk.ask("delegate", "GET", "/registrations")).json() == []


async def test_answers_change_without_a_new_approval_and_a_claim_without_its_answers(desk):
    await put(desk, '"0"')
    said = (await submitted(desk, entity=KENYA, answers=ALL)).json()
    path = f"/registrations/{said['reference']}"
    await desk.ask("focal", "POST", f"{path}/approve", {"version": 1})

    new = {"version": 1, "answers": {"visa": False}}
    changed = await desk.ask("delegate", "PUT", f"{path}/answers", new)
    assert [each["answer"] for each in changed.json()] == [False]
    assert (await desk.ask("delegate", "GET", path)).json()["state"] == "approved"

    late = await desk.ask("delegate", "PUT", f"{path}/answers", new | {"version": 2})
    assert late.status_code == 409
    other = await desk.ask("focal", "PUT", f"{path}/answers", new)
    assert other.status_code == 403
    assert await desk.count(FormAnswer) == 1


@pytest.mark.parametrize("raw", [{"visa": 1}, {"visa": [["a"]]}, {"visa": {"a": 1}}, {"x": True}])
async def test_what_is_no_answer_is_told_and_nothing_breaks(desk, raw):
    await put(desk, '"0"')
    assert (await submitted(desk, answers=raw)).status_code == 422


async def test_how_many_hold_a_place_is_for_the_secretariat(desk):
    await submitted(desk)
    there = f"/sittings/{desk.first_half}/places"
    limits = {"in_person": None, "remote": 1}
    set_ = await desk.ask("secretariat", "PUT", there, limits)
    counted = (await desk.ask("secretariat", "GET", there)).json()

    assert counted == set_.json()
    assert (counted[0]["held"], counted[0]["waiting"], counted[0]["full"]) == (1, 0, True)
    for reader in (None, "delegate"):
        told = (await desk.ask(reader, "GET", there)).json()
        assert told == [
            {"mode": "remote", "places": 1, "full": True, "held": None, "waiting": None}
        ]
