"""Tables as people have them, bounded and read without trust: pasted text, CSV, a workbook.

Nothing in them is ever computed: a formula is kept as its text, and told. What a workbook unpacks
to is looked at before it is unpacked.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from app.errors import Malformed
from app.policy.nomination import MOST, LineFault, SheetFault

LARGEST: Final = 900 * 1024  # bytes of a file as it is sent
UNPACKED: Final = 12 * 1024 * 1024
PARTS: Final = 200
COLUMNS: Final = 20
CELL: Final = 2000
BLANKS: Final = 5000  # rows with nothing in them, all together
OLD: Final = bytes.fromhex("d0cf11e0a1b11ae1")  # a workbook of before 2007, or one with a password
PACKED: Final = b"PK\x03\x04"
WIDE: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
MERGED: Final = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]+[0-9]+(?::[A-Z]+[0-9]+)?)")
DECLARED: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of cells as texts, and what is to be said of a row, by its place."""

    rows: list[list[str]]
    notes: dict[int, str] = field(default_factory=dict)


def read(raw: bytes) -> Sheet:
    """The first sheet of a workbook, or a table in text; Malformed(file=…) says why neither."""
    if len(raw) > LARGEST:
        raise Malformed(file=SheetFault.TOO_LARGE)
    if raw.startswith(OLD):
        raise Malformed(file=SheetFault.OLD_OR_LOCKED)
    if raw.startswith(PACKED):
        return _workbook(raw)
    return Sheet(_table(_decoded(raw), "file"))


def pasted(text: str) -> Sheet:
    """What a spreadsheet puts on the clipboard: columns apart by tabs, quotes around lines."""
    return Sheet(_table(text, "pasted"))


def _decoded(raw: bytes) -> str:
    try:
        text = raw.decode(WIDE.get(raw[:2], "utf-8-sig"))
    except UnicodeDecodeError:
        raise Malformed(file=SheetFault.NOT_UTF_8) from None
    if "\0" in text:
        raise Malformed(file=SheetFault.NOT_UTF_8)
    return text


def _table(text: str, name: str) -> list[list[str]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    apart = max("\t;,", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=apart)
    try:
        return _bounded(rows, name)
    except csv.Error:
        raise Malformed(**{name: SheetFault.BROKEN}) from None


def _bounded(rows: Iterable[Sequence[str]], name: str) -> list[list[str]]:
    """The rows up to the most that are taken at once; the header counts as none."""
    kept, filled, blank = list[list[str]](), 0, 0
    for row in rows:
        cells = [cell[:CELL] for cell in row[:COLUMNS]]
        while cells and not cells[-1].strip():
            cells.pop()
        full = bool(cells)
        filled, blank = filled + full, blank + (not full)
        if filled > MOST + 1 or blank > BLANKS:
            raise Malformed(**{name: SheetFault.TOO_MANY})
        kept.append(cells)
    if not filled:
        raise Malformed(**{name: SheetFault.EMPTY})
    return kept


# Workbooks.


def _workbook(raw: bytes) -> Sheet:
    # Where it is used: the library takes longer to import than most of the service.
    from openpyxl import load_workbook  # noqa: PLC0415 - as said above
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415 - as said above

    try:
        with ZipFile(io.BytesIO(raw)) as packed:
            _look_at(packed)
        book = load_workbook(io.BytesIO(raw), read_only=True, keep_links=False)
        try:
            sheet = next(each for each in book.worksheets if each.sheet_state == "visible")
            rows = _bounded(_cells(sheet), "file")
            with ZipFile(io.BytesIO(raw)) as packed:
                merged = _merged(packed.read(_part_of(sheet)))
        finally:
            book.close()
    except Malformed:
        raise
    except (BadZipFile, InvalidFileException, ParseError, StopIteration) as fault:
        raise Malformed(file=SheetFault.NO_SHEET) from fault
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError) as fault:
        # A workbook that lies about itself ends in one of these somewhere in the library.
        raise Malformed(file=SheetFault.NO_SHEET) from fault
    return Sheet(rows, {place: LineFault.MERGED for place in merged if place < len(rows)})


def _part_of(sheet: object) -> str:
    """The name of the sheet's part: merged cells are not told of a sheet that is only read."""
    return str(sheet._worksheet_path)  # type: ignore[attr-defined]  # noqa: SLF001 - no other way to it


def _look_at(packed: ZipFile) -> None:
    """Refuse what unpacks to too much, and what declares entities, before anything is unpacked.

    A part never yields more than it declares: the library of archives stops there.
    """
    parts = packed.infolist()
    if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED:
        raise Malformed(file=SheetFault.UNPACKS_TOO_LARGE)
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            said = packed.read(part)
            if said[:2] in WIDE or b"\0" in said or DECLARED.search(said):
                raise Malformed(file=SheetFault.NO_SHEET)


def _cells(sheet: object) -> Iterator[list[str]]:
    """Rows of texts; ``iter_rows`` of a sheet that is only read goes on as it is asked."""
    for row in sheet.iter_rows(max_col=COLUMNS):  # type: ignore[attr-defined]  # of two kinds of sheets
        yield [_said(cell.value, cell.data_type) for cell in row]


def _said(value: object, kind: str | None) -> str:
    """A value as it reads; of a formula its text, or the sign that it is one."""
    match value:
        case None:
            return ""
        case str() if kind == "f":
            return value if value.startswith("=") else f"={value}"
        case bool() | int() | str() | date():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() else str(value)
        case _:
            return "="  # a formula over several cells is an object of its own


def _merged(part: bytes) -> set[int]:
    """The places of the rows that merged cells lie in."""
    from openpyxl.utils import range_boundaries  # noqa: PLC0415 - slow to import, as above

    places: set[int] = set()
    for found in MERGED.finditer(part):
        _, first, _, last = range_boundaries(found[1].decode())
        if first and last:
            places.update(range(first - 1, min(last, first + MOST)))
    return places
