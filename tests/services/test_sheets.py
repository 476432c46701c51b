"""Tables as people send them, and as those send them who mean harm."""

import io
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from app.errors import Malformed
from app.policy.nomination import MOST, LineFault, SheetFault
from app.services import sheets

HEAD = ["Name", "E-mail", "Function"]
ONE = ["Délégué du Kenya", "one@example.org", "Adviser"]


def workbook(*rows, merge=(), first=None) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for area in merge:
        sheet.merge_cells(area)
    if first == "hidden":
        book.create_sheet("Shown").append(["Shown"])
        sheet.sheet_state = "hidden"
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def repacked(raw: bytes, name: str, text: bytes) -> bytes:
    """A workbook with one of its parts replaced, or with one more."""
    kept = io.BytesIO()
    with ZipFile(io.BytesIO(raw)) as old, ZipFile(kept, "w", ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part, old.read(part))
        new.writestr(name, text)
    return kept.getvalue()


def why(raw: bytes) -> str:
    with pytest.raises(Malformed) as caught:
        sheets.read(raw)
    (fault,) = caught.value.faults.values()
    return fault


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("apart", [",", ";", "\t"])
def test_a_table_in_text_is_read_in_any_of_its_usual_forms(encoding, apart):
    text = "\r\n".join(apart.join(row) for row in (HEAD, ONE))

    assert sheets.read(text.encode(encoding)).rows == [HEAD, ONE]


def test_a_quoted_cell_may_have_commas_and_lines():
    assert sheets.read(b'a@b.org,"Adviser, chief\nof all"').rows == [
        ["a@b.org", "Adviser, chief\nof all"]
    ]


def test_what_a_spreadsheet_puts_on_the_clipboard_is_read():
    assert sheets.pasted("Name\tE-mail\nLi, Wei\ta@b.org\n").rows == [
        ["Name", "E-mail"],
        ["Li, Wei", "a@b.org"],
    ]


def test_a_workbook_is_read_with_numbers_and_dates_as_they_read():
    assert sheets.read(workbook(HEAD, [*ONE[:2], 7.0, 1.5, True])).rows == [
        HEAD,
        [*ONE[:2], "7", "1.5", "True"],
    ]


def test_of_several_sheets_the_first_that_is_shown_is_read():
    assert sheets.read(workbook(HEAD, ONE, first="hidden")).rows == [["Shown"]]


def test_a_formula_is_never_computed_and_stays_its_text():
    assert sheets.read(workbook(HEAD, ["=1+1", "=HYPERLINK(A1)", "x"])).rows[1] == [
        "=1+1",
        "=HYPERLINK(A1)",
        "x",
    ]


def test_rows_with_merged_cells_are_noted():
    sheet = sheets.read(workbook(HEAD, ONE, ONE, ONE, merge=["A2:A3"]))

    assert sheet.notes == {1: LineFault.MERGED, 2: LineFault.MERGED}


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", SheetFault.EMPTY),
        (b" \n , \n", SheetFault.EMPTY),
        ("Délégué,a@b.org".encode("latin-1"), SheetFault.NOT_UTF_8),
        ("Имя,a@b.org".encode("cp1251"), SheetFault.NOT_UTF_8),
        (b"Name\0,a@b.org", SheetFault.NOT_UTF_8),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(100), SheetFault.OLD_OR_LOCKED),
        (b"PK\x03\x04 this is no archive", SheetFault.NO_SHEET),
        (b"x" * (sheets.LARGEST + 1), SheetFault.TOO_LARGE),
        (b"a,b\n" * 100_000, SheetFault.TOO_MANY),
        (b"\n" * 100_000 + b"a@b.org", SheetFault.TOO_MANY),
    ],
)
def test_a_file_that_is_none_is_refused_with_what_to_do(raw, fault):
    assert why(raw) == fault


def test_as_many_as_are_taken_are_read_and_one_more_is_refused():
    rows = [HEAD, *([ONE] * MOST)]
    assert len(sheets.read(workbook(*rows)).rows) == MOST + 1
    assert why(workbook(*rows, ONE)) == SheetFault.TOO_MANY


def test_a_workbook_of_100_000_rows_is_refused_without_being_read():
    row = b'<row r="%d"><c t="inlineStr"><is><t>a</t></is></c></row>'
    many = b"".join(row % number for number in range(1, 100_001))
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        + many
        + b"</sheetData></worksheet>"
    )

    assert why(repacked(workbook(HEAD), "xl/worksheets/sheet1.xml", sheet)) == SheetFault.TOO_MANY


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked():
    bomb = repacked(workbook(HEAD), "xl/media/image1.bin", bytes(64 * 1024 * 1024))

    assert len(bomb) < sheets.LARGEST
    assert why(bomb) == SheetFault.UNPACKS_TOO_LARGE


def test_a_part_that_lies_about_its_size_yields_no_more_than_it_says():
    bomb = bytearray(repacked(workbook(HEAD), "xl/sharedStrings.xml", b" " * (64 * 1024 * 1024)))
    size = (64 * 1024 * 1024).to_bytes(4, "little")
    assert bomb.count(size) >= 1
    lying = bytes(bomb).replace(size, (100).to_bytes(4, "little"))

    assert why(lying) == SheetFault.NO_SHEET


def test_entities_of_xml_are_refused():
    text = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbb">]><sst>&b;</sst>'

    assert why(repacked(workbook(HEAD), "xl/sharedStrings.xml", text)) == SheetFault.NO_SHEET
    assert why(
        repacked(workbook(HEAD), "xl/sharedStrings.xml", text.decode().encode("utf-16"))
    ) == (SheetFault.NO_SHEET)


def test_an_archive_that_is_no_workbook_is_told():
    kept = io.BytesIO()
    with ZipFile(kept, "w") as packed:
        packed.writestr("readme.txt", "Hello")

    assert why(kept.getvalue()) == SheetFault.NO_SHEET
