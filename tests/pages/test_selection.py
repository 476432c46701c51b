"""The list of registrations as a page and as JSON, and the files that are taken away from it."""

import csv
import io
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlmodel import select

from app.models import Act, Registration
from app.package.sheets import csv_of, xlsx_of
from tests.pages.reading import form, reading, said
from tests.world import Service, add_person, service, settings

LIST = "/desk/registrations/twenty/list"
EXPORT = "/desk/registrations/twenty/export"
API = "/api/v1/meetings/twenty/registrations"
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "＝1", "\n@x")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path)) as running:
        yield running


async def renamed(house: Service, name: str) -> None:
    async with house.house.database.writing() as db:
        key = house.world.people["stakeholder"]
        row = (await db.exec(select(Registration).where(Registration.person_id == key))).one()
        row.name = name
        db.add(row)


@pytest.mark.parametrize("text", FORMULAS)
def test_no_file_holds_a_formula(text: str) -> None:
    (row,) = list(csv.reader(io.StringIO(csv_of(["name"], [[text]]).decode("utf-8-sig"))))[1:]
    assert row == [f"'{text}"]
    book = load_workbook(io.BytesIO(xlsx_of(["name"], [[text]])))
    cell = book.active["A2"]  # type: ignore[index]  # the sheet that was made
    assert cell.data_type in {"s", "inlineStr"}


def test_a_workbook_takes_every_sign_and_a_plain_text_stays_as_it_is() -> None:
    assert csv_of(["name"], [['A, "b"\nc']]).decode("utf-8-sig") == 'name\r\n"A, ""b""\nc"\r\n'
    book = load_workbook(io.BytesIO(xlsx_of(["name"], [["a\x07b"], ["Zoë 张"]])))
    told = [[cell.value for cell in row] for row in book.active.iter_rows()]  # type: ignore[union-attr]  # as above
    assert told == [["name"], ["a b"], ["Zoë 张"]]


async def test_the_secretariat_filters_and_takes_away_what_it_sees(house: Service) -> None:
    await renamed(house, "=HYPERLINK(1)")
    async with reading(house, "secretariat") as client:
        everyone = await client.get(LIST)
        assert "6 registrations" in said(everyone)
        page = await client.get(LIST, params={"category": "stakeholder", "state": "approved"})
        assert "1 registration " in said(page)
        assert "=HYPERLINK(1)" in said(page)
        assert "Delegate of Kenya" not in said(page)
        assert "No registration is like this" in said(await client.get(f"{LIST}?q=nobody"))
        blank = form(page, EXPORT)
        file = await client.post(EXPORT, data=blank.filled(form="csv"))
        book = await client.post(EXPORT, data=blank.filled(form="xlsx"))
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [each["name"] for each in rows] == ["'=HYPERLINK(1)"]
    assert file.headers["content-disposition"] == 'attachment; filename="registrations.csv"'
    assert load_workbook(io.BytesIO(book.content)).active["C2"].value == "=HYPERLINK(1)"  # type: ignore[index]  # as above
    async with house.house.database.reading() as db:
        query = select(Act).where(Act.kind == "registrations-exported").order_by("number")
        asked = [each.content for each in await db.exec(query)]
    assert [(each or {})["form"] for each in asked] == ["csv", "xlsx"]


async def test_a_long_list_goes_on_page_by_page(house: Service) -> None:
    async with house.house.database.writing() as db:
        for more in range(50):
            await add_person(db, house.world, f"more{more}", datetime.now(UTC))
    async with reading(house, "secretariat") as client:
        first = await client.get(LIST)
        on = first.text.split(f'href="{LIST}?')[1].split('"')[0]
        second = await client.get(f"{LIST}?{on}")
    assert first.text.count("<tr><th") == 51
    assert second.text.count("<tr><th") == 7


async def test_programs_get_pages_by_cursor_and_the_export(house: Service) -> None:
    async with house.http("secretariat") as http:
        found: list[str] = []
        cursor: str | None = None
        for size in (4, 2):
            page = (await http.get(f"{API}/selected?limit=4&cursor={cursor or ''}")).json()
            assert (page["total"], len(page["registrations"])) == (6, size)
            found += [each["reference"] for each in page["registrations"]]
            cursor = page["next"]
        assert cursor is None
        assert len(set(found)) == 6
        wrong = await http.get(f"{API}/selected", params={"cursor": "x"})
        assert (wrong.status_code, list(wrong.json()["faults"])) == (422, ["cursor"])
        file = await http.post(f"{API}/exports", json={"form": "csv", "mode": "in_person"})
        assert file.content.decode("utf-8-sig").count("\r\n") == 1
    async with house.http("kenya") as http:
        assert (await http.get(f"{API}/selected")).status_code == 404
        assert (await http.post(f"{API}/exports", json={"form": "csv"})).status_code == 404
