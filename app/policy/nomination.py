"""A list of people whom a focal point registers: which columns it has, what is wrong by line."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from app.policy import text
from app.policy.people import Capacity
from app.policy.registration import FOR_AN_ENTITY, JOB_TITLE, NAME, Mode

MOST: Final = 2000
# What a program for tables takes for a formula; such a text is none of the answers asked for.
FORMULA: Final = ("=", "+", "-", "@", "\t")


class SheetFault(StrEnum):
    """Why a whole list is refused."""

    EMPTY = "nothing-in-it"
    TOO_MANY = "too-many-lines"
    TOO_LARGE = "file-too-large"
    UNPACKS_TOO_LARGE = "unpacks-too-large"
    OLD_OR_LOCKED = "old-or-locked-workbook"
    NO_SHEET = "no-sheet-that-can-be-read"
    NOT_UTF_8 = "encoding-not-utf-8"
    BROKEN = "table-broken"


class LineFault(StrEnum):
    """What is wrong with one line, beside its texts."""

    FORMULA = "formula"
    MERGED = "merged-cells"
    TWICE_HERE = "twice-in-the-list"
    REGISTERED = "registered-for-the-meeting"
    ONESELF = "oneself-in-the-list"
    UNKNOWN_MODE = "unknown-mode"
    UNKNOWN_CAPACITY = "unknown-capacity"


@dataclass(frozen=True, slots=True)
class Line:
    """One person as the list has them; ``note`` says what the table did to the line."""

    name: str = ""
    email: str = ""
    job_title: str = ""
    mode: str = ""
    capacity: str = ""
    note: str = ""

    @property
    def blank(self) -> bool:
        return not (self.name or self.email or self.job_title)

    @property
    def as_capacity(self) -> Capacity:
        """The capacity of a line without fault; a delegate where it says none."""
        return CAPACITIES[text.fold(self.capacity)] if self.capacity else Capacity.DELEGATE

    def as_mode(self, otherwise: Mode) -> Mode:
        """The mode of a line without fault."""
        return MODES[text.fold(self.mode)] if self.mode else otherwise


TYPED: Final = tuple(each.name for each in fields(Line) if each.name != "note")
GIVEN, FAMILY = "given", "family"
HEADERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("name", "full name", "nom complet", "nombre completo", "姓名", "الاسم"), "name"
    ),
    **dict.fromkeys(("first name", "given name", "prenom", "nombre", "имя"), GIVEN),
    **dict.fromkeys(("last name", "family name", "surname", "apellido", "фамилия"), FAMILY),
    **dict.fromkeys(
        (
            "email",
            "e-mail",
            "mail",
            "mail address",
            "email address",
            "e-mail address",
            "courriel",
            "adresse e-mail",
            "correo",
            "correo electronico",
            "电子邮件",
            "邮箱",
        ),
        "email",
    ),
    **dict.fromkeys(
        ("job title", "function", "title", "position", "fonction", "cargo", "должность", "职务"),
        "job_title",
    ),
    **dict.fromkeys(("mode", "attendance", "participation"), "mode"),
    **dict.fromkeys(("capacity", "role", "qualite"), "capacity"),
}
MODES: Final[Mapping[str, Mode]] = {
    **dict.fromkeys(("in_person", "in person", "in-person", "on site", "onsite"), Mode.IN_PERSON),
    **dict.fromkeys(("physical", "presencial", "en personne"), Mode.IN_PERSON),
    **dict.fromkeys(("remote", "remotely", "online", "virtual", "a distance"), Mode.REMOTE),
}
CAPACITIES: Final[Mapping[str, Capacity]] = {each.value: each for each in FOR_AN_ENTITY}


def lines(rows: Sequence[Sequence[str]], notes: Mapping[int, str] | None = None) -> list[Line]:
    """The people of a table, by its header or, without one, by the order of the columns.

    ``notes`` are about rows, by their place. Rows with nothing in them are left out.
    """
    notes = notes or {}
    columns, begins = _columns(rows)
    made = (_line(row, columns, notes.get(place, "")) for place, row in enumerate(rows))
    return [each for place, each in enumerate(made) if place >= begins and not each.blank]


def _columns(rows: Sequence[Sequence[str]]) -> tuple[list[str], int]:
    for place, row in enumerate(rows):
        named = [HEADERS.get(text.fold(cell).rstrip("*: "), "") for cell in row]
        if "email" in named:
            # A column whose name nobody knows is left out, and a column twice is read once.
            return [
                each if each not in named[:at] else "" for at, each in enumerate(named)
            ], place + 1
        if any(cell.strip() for cell in row):
            break
    return _in_order(next((row for row in rows if any(cell.strip() for cell in row)), ())), 0


def _in_order(first: Sequence[str]) -> list[str]:
    """Without a header the address is known by its sign, and the others come in their order."""
    others = [name for name in TYPED if name != "email"]
    at = next((place for place, cell in enumerate(first) if "@" in cell[1:]), 1)
    return [*others[:at], "email", *others[at:]]


def _line(row: Sequence[str], columns: Sequence[str], note: str) -> Line:
    said = {name: text.clean(cell) for name, cell in zip(columns, row, strict=False) if name}
    given, family = said.pop(GIVEN, ""), said.pop(FAMILY, "")
    if given or family:
        said["name"] = f"{given} {family}".strip()
    return Line(**said, note=note)


def faults(line: Line) -> dict[str, str]:
    """What is wrong with a line by itself, by field; its address is looked at elsewhere."""
    found: dict[str, str | None] = {
        "name": text.fault(line.name, NAME, required=True),
        "job_title": text.fault(line.job_title, JOB_TITLE),
        "mode": _unknown(line.mode, MODES, LineFault.UNKNOWN_MODE),
        "capacity": _unknown(line.capacity, CAPACITIES, LineFault.UNKNOWN_CAPACITY),
    }
    found |= {name: LineFault.FORMULA for name in TYPED if getattr(line, name).startswith(FORMULA)}
    if line.note:
        found["name"] = LineFault(line.note)
    return {name: fault for name, fault in found.items() if fault}


def _unknown(said: str, known: Mapping[str, object], fault: LineFault) -> LineFault | None:
    return fault if said and text.fold(said) not in known else None


def twice(addresses: Sequence[str]) -> frozenset[str]:
    """The addresses that a list has more than once; an empty one is no address."""
    return frozenset(each for each, number in Counter(addresses).items() if each and number > 1)
