"""Rows as CSV and as a workbook, in which a spreadsheet calculates nothing that people wrote."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

CSV: Final = "text/csv; charset=utf-8"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a spreadsheet takes for the beginning of a formula, also behind blanks; a quote disarms it.
FORMULA: Final = re.compile(r"^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")


def csv_of(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with a mark that says so (RFC 4180); a text like a formula gets a quote before it."""
    to = io.StringIO(newline="")
    writer = csv.writer(to)
    writer.writerow(head)
    writer.writerows([_disarmed(cell) for cell in row] for row in rows)
    return to.getvalue().encode("utf-8-sig")


def _disarmed(text: str) -> str:
    return f"'{text}" if FORMULA.match(text) else text


def xlsx_of(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """One sheet whose cells are all texts, and say so: nothing in it is calculated."""
    # Where it is used: the library takes longer to import than most of the service.
    from openpyxl import Workbook  # noqa: PLC0415 - as said above
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - as said above
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415 - as said above

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in (head, *rows):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub(" ", text))
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    to = io.BytesIO()
    book.save(to)
    return to.getvalue()


MAKERS: Final = {"csv": (csv_of, CSV), "xlsx": (xlsx_of, XLSX)}
