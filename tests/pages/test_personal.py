"""One's own data on pages: downloaded, erased; places and the list of participants in words."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from app.database import load
from app.models import Person, Registration
from app.policy.registration import Mode
from app.services import places
from tests.pages.reading import form, reading, said
from tests.pages.test_forms import VISA
from tests.pages.test_portal import mine, people, sent, stakeholder, typed
from tests.world import Service, service, settings

DATA = "/account/data"
DESK = "/desk/forms/twenty"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        await people(running)
        yield running


async def registers(house: Service, **more: str) -> Registration:
    async with reading(house, "newcomer") as client:
        await sent(client, await typed(client, **stakeholder(house), **more))
    row = await mine(house)
    assert row is not None
    return row


async def test_everything_is_one_file_and_who_read_is_named(house: Service) -> None:
    row = await registers(house, **VISA)
    path = f"/desk/registrations/{row.reference}/answers"
    async with reading(house, "secretariat") as client:
        page = await client.get(path)
        await client.post(path, data=form(page, path).filled(why="To write the letter."))
    async with reading(house, "newcomer") as client:
        assert DATA in (await client.get("/account")).text
        page = await client.get(DATA)
        assert "The secretariat : To write the letter." in said(page)
        file = await client.get(f"{DATA}.json")
        assert file.headers["content-disposition"] == 'attachment; filename="my-data.json"'
        answers = {each["field"]: each["answer"] for each in file.json()["answers"]}
    assert answers["passport_number"] == "A1234567"


async def test_an_erasure_is_confirmed_says_what_stays_and_signs_out(house: Service) -> None:
    await registers(house, **VISA)
    async with reading(house, "newcomer") as client:
        page = await client.get(DATA)
        assert "with a gap it would prove nothing" in said(page)
        unsure = await client.post(DATA, data=form(page, DATA).filled(confirm="yes"))
        assert "Nothing was erased." in said(unsure)
        assert await mine(house) is not None
        gone = await client.post(DATA, data=form(page, DATA).filled(confirm="ERASE"))
        assert (gone.status_code, gone.headers["location"]) == (303, "/")
    async with house.house.database.reading() as db:
        person = await load(db, Person, house.world.people["newcomer"])
        theirs = select(Registration).where(Registration.person_id == person.id)
        assert (await db.exec(theirs)).all() == []
    assert (person.name, person.email) == ("", f"{person.id}@erased.invalid")


async def test_who_serves_is_told_to_hand_over_first(house: Service) -> None:
    async with reading(house, "chair") as client:
        page = await client.get(DATA)
        assert "Hand it over first" in said(page)
        csrf = dict(form(await client.get("/account"), "/account").fields)["csrf"]
        refused = await client.post(DATA, data={"csrf": csrf, "confirm": "ERASE"})
    assert refused.status_code == 409


# Places.


async def limited(house: Service, number: int) -> None:
    async with house.house.database.writing() as db:
        by = await load(db, Person, house.world.people["secretariat"])
        key, now = house.world.sittings["first"], datetime.now(UTC)
        await places.limit(db, key, {Mode.REMOTE: number}, by=by, now=now)


async def test_places_are_told_on_the_form_before_it_is_sent_and_on_the_track(
    house: Service,
) -> None:
    await limited(house, 8)
    async with reading(house, "newcomer") as client:
        page = await client.get("/meetings/twenty/register")
        assert "Remotely: 2 of 8 places are free." in said(page)
        await limited(house, 2)
        assert "no place is free, and 0 wait" in said(await client.get("/meetings/twenty/register"))
        checked = await typed(client, **stakeholder(house))
        assert "you will be number 1 on the waiting list" in said(checked)
        there = (await sent(client, checked)).headers["location"]
        assert "you are number 1 on the waiting list" in said(await client.get(there))
        again = await client.get("/meetings/twenty/register")
        checked = await client.post(
            "/meetings/twenty/register",
            data=form(again, "/meetings/twenty/register").filled(step="check"),
        )
        assert "you will be number" not in said(checked)
        await limited(house, 7)
        assert "waiting list" not in said(await client.get(there))


async def test_the_secretariat_limits_places_on_its_desk(house: Service) -> None:
    first = f"places-{house.world.sittings['first']}-remote"
    async with reading(house, "secretariat") as client:
        blank = [each for each in (await client.get(DESK)).text.split("<form") if first in each]
        csrf = dict(form(await client.get(DESK), DESK).fields)["csrf"]
        assert len(blank) == 1
        wrong = await client.post(DESK, data={"csrf": csrf, "do": "places:", first: "many"})
        assert (wrong.status_code, 'value="many"' in wrong.text) == (422, True)
        assert "A number from 0 to 100,000" in said(wrong)
        await client.post(DESK, data={"csrf": csrf, "do": "places:", first: "3"})
        assert "6 held, 0 waiting" in said(await client.get(DESK))
    async with house.house.database.reading() as db:
        room = (await places.of_sitting(db, house.world.sittings["first"]))[Mode.REMOTE]
    assert (room.places, room.held) == (3, 6)


# The list of participants.


async def test_who_agrees_is_listed_and_who_takes_it_back_is_not(house: Service) -> None:
    row = await registers(house)
    track, listing = f"/registrations/{row.reference}", f"/registrations/{row.reference}/listing"
    until = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    async with reading(house, "newcomer") as client, reading(house) as public:
        path = "/meetings/twenty/participants"
        assert "Nobody is listed" in said(await public.get(path))
        blank = form(await client.get(track), listing)
        wrong = await client.post(listing, data=blank.filled(do="agree", until="tomorrow"))
        assert (wrong.status_code, "Enter a date as year" in said(wrong)) == (422, True)
        await client.post(listing, data=blank.filled(do="agree", until=until))
        assert "The newcomer An association Individual" in said(await public.get(path))
        await client.post(listing, data=blank.filled(do="end"))
        assert "Nobody is listed" in said(await public.get(path))
    async with reading(house, "focal") as other:
        assert (await other.get(track)).status_code == 404
