"""What a membership list may say of an entity, and what it changes in the records."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

from app.policy import text
from app.policy.people import Category

LANGUAGES: Final = ("en", "fr", "es", "ru", "zh", "ar")
NAMES: Final = tuple(f"name_{language}" for language in LANGUAGES)
FLAGS: Final = ("ldc", "lldc", "sids")
TRAITS: Final = ("region", *FLAGS)
REGIONS: Final = ("africa", "americas", "arab_states", "asia_pacific", "cis", "europe")
SECTORS: Final = ("R", "T", "D")
DATES: Final = ("valid_from", "valid_until", "flags_from")
COLUMNS: Final = (
    *("key", "name", *NAMES, "iso2", "iso3", "category", "sector"),
    *(*TRAITS, *DATES),
)
# Nobody joins the Union as part of "everyone else".
CATEGORIES: Final = tuple(
    each for each in Category if each not in {Category.STAKEHOLDER, Category.PUBLIC}
)
WITHOUT_SECTORS: Final = frozenset(CATEGORIES) - {Category.SECTOR_MEMBER, Category.ASSOCIATE}
FLAG_VALUES: Final = {"1": "yes", "0": "", "": "", "yes": "yes", "no": ""}

KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}")
CODE: Final = re.compile(r"[A-Z]{2}")
NAME: Final = 200
DAY: Final = timedelta(days=1)
# The list of States in this house states its flags as of this day.
STATES_AS_OF: Final = date(2026, 11, 1)
# What is not known to have begun on any day holds for every day there is a record of.
SINCE_EVER: Final = date.min


class RowFault(StrEnum):
    """What is wrong with a row, beside its texts; sentences are in ``app.import_cli``."""

    KEY = "not-a-key"
    CODE = "not-a-country-code"
    CATEGORY = "unknown-category"
    SECTOR = "unknown-sector"
    SECTOR_FOR_WHOM = "category-without-sectors"
    REGION = "unknown-region"
    FLAG = "not-a-flag"
    DATE = "not-a-date"
    ENDS_BEFORE_START = "ends-before-start"
    TOO_MANY = "too-many-cells"
    TOO_FEW = "too-few-cells"
    TWICE = "there-twice"
    CONTRADICTS = "contradicts-another-line"
    WITH_ANOTHER = "line-of-the-same-entity-is-wrong"
    NOTHING_ENDS = "nothing-to-end"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a line of the file is left out: where, what, and what was found there."""

    line: int
    fault: StrEnum
    column: str = ""
    found: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that makes sense by itself; ``names`` and ``traits`` hold the columns of the file."""

    number: int
    key: str
    name: str
    names: Mapping[str, str]
    iso2: str
    category: Category
    sector: str
    traits: Mapping[str, str]
    valid_from: date | None
    valid_until: date | None
    flags_from: date | None

    @property
    def what(self) -> "What":
        """The membership that the line is about: a category, and a sector where it has any."""
        return self.category.value, self.sector


What: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Something that holds from one day to another, both included, or until further notice."""

    what: What
    since: date
    until: date | None = None

    def covers(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)

    def meets(self, since: date, until: date | None) -> bool:
        """Whether it has a day in common with a stretch of time."""
        return (until is None or self.since <= until) and (
            self.until is None or since <= self.until
        )

    @property
    def span(self) -> str:
        """The days as ISO 8601 writes an interval; two dots where an end is open."""
        since = ".." if self.since == SINCE_EVER else self.since.isoformat()
        return f"{since}/{self.until.isoformat() if self.until else '..'}"


@dataclass(frozen=True, slots=True)
class Known:
    """An entity as the records have it, or as they will."""

    key: str
    name: str = ""
    names: Mapping[str, str] | None = None
    iso2: str = ""
    memberships: tuple[Period, ...] = ()
    traits: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that becomes another; ``ends`` where it is the end of a membership or a flag."""

    key: str
    name: str
    field: str
    old: str
    new: str
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a list does to the records: entities as they will be, and what of that is news."""

    created: tuple[Known, ...]
    changed: tuple[tuple[Known, Known], ...]
    unchanged: tuple[str, ...]
    left_out: tuple[Fault, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every change of an entity that was known before."""
        return tuple(change for old, new in self.changed for change in _changes(old, new))


# Reading a row.


def read(number: int, cells: Mapping[str, str]) -> Line | list[Fault]:
    """One row of a file whose header was understood, or everything that is wrong with it."""
    row = _Row(number, {column: text.clean(cell) for column, cell in cells.items()})
    line = Line(
        number=number,
        key=row.key(),
        name=row.title(),
        names=row.translations(),
        iso2=row.code(),
        category=row.category(),
        sector=row.sector(),
        traits=row.traits(),
        valid_from=row.day("valid_from"),
        valid_until=row.day("valid_until"),
        flags_from=row.flags_from(),
    )
    if line.valid_from and line.valid_until and line.valid_until < line.valid_from:
        row.wrong(RowFault.ENDS_BEFORE_START, "valid_until")
    return row.faults or line


class _Row:
    """Reads cells one by one, and remembers what was wrong."""

    def __init__(self, number: int, cells: Mapping[str, str]) -> None:
        self.number = number
        self.cells = cells
        self.faults: list[Fault] = []
        self.is_of_states = "category" not in cells

    def wrong(self, fault: StrEnum, column: str) -> None:
        self.faults.append(Fault(self.number, fault, column, shown(self.cells.get(column, ""))))

    def key(self) -> str:
        column = "key" if "key" in self.cells else "iso2"
        if not KEY.fullmatch(self.cells[column]):
            self.wrong(RowFault.KEY, column)
        return self.cells[column]

    def title(self) -> str:
        return self._name("name" if self.cells.get("name") else "name_en", required=True)

    def _name(self, column: str, *, required: bool = False) -> str:
        said = self.cells.get(column, "")
        if fault := text.fault(said, NAME, required=required):
            self.wrong(fault, column)
        return said

    def translations(self) -> dict[str, str]:
        present = [column for column in NAMES if column in self.cells]
        read = {column: self._name(column) for column in present if column != "name_en"}
        if "name_en" in present:
            read["name_en"] = self.cells["name_en"] or self.cells.get("name", "")
        return {column.removeprefix("name_"): read[column] for column in present}

    def code(self) -> str:
        said = self.cells.get("iso2", "")
        if said and not CODE.fullmatch(said):
            self.wrong(RowFault.CODE, "iso2")
        return said

    def category(self) -> Category:
        said = Category.MEMBER_STATE.value if self.is_of_states else self.cells["category"]
        if said not in CATEGORIES:
            self.wrong(RowFault.CATEGORY, "category")
            return Category.STAKEHOLDER
        return Category(said)

    def sector(self) -> str:
        said = self.cells.get("sector", "")
        if said and said not in SECTORS:
            self.wrong(RowFault.SECTOR, "sector")
        elif said and self.cells.get("category") in WITHOUT_SECTORS:
            self.wrong(RowFault.SECTOR_FOR_WHOM, "sector")
        return said

    def traits(self) -> dict[str, str]:
        return {name: self._trait(name) for name in TRAITS if name in self.cells}

    def _trait(self, name: str) -> str:
        said = self.cells[name]
        if name == "region":
            if said and said not in REGIONS:
                self.wrong(RowFault.REGION, name)
            return said
        if said.lower() not in FLAG_VALUES:
            self.wrong(RowFault.FLAG, name)
        return FLAG_VALUES.get(said.lower(), "")

    def flags_from(self) -> date | None:
        return STATES_AS_OF if self.is_of_states else self.day("flags_from")

    def day(self, column: str) -> date | None:
        said = self.cells.get(column, "")
        if not said:
            return None
        try:
            found = date.fromisoformat(said)
        except ValueError:
            found = None
        if found is None or found.isoformat() != said:  # Python reads other ways of ISO 8601 too
            self.wrong(RowFault.DATE, column)
            return None
        return found


def shown(cell: str) -> str:
    """What was found, so that a terminal can show it: short, and with nothing hidden in it."""
    return "".join(
        sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in cell[:60]
    )


# Lines that belong together.


def together(lines: Iterable[Line]) -> tuple[dict[str, list[Line]], list[Fault]]:
    """The lines of each entity, and the faults between lines; all of an entity's are left out."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.key, []).append(line)
    faults = [fault for group in groups.values() for fault in _between(group)]
    return groups, faults


def _between(group: Sequence[Line]) -> Iterator[Fault]:
    first, seen = group[0], list[Line]()
    for line in group:
        if (line.name, line.iso2, dict(line.names), dict(line.traits)) != (
            *(first.name, first.iso2),
            *(dict(first.names), dict(first.traits)),
        ):
            yield Fault(line.number, RowFault.CONTRADICTS, found=str(first.number))
        for other in seen:
            if line.what == other.what and _stated(line).meets(*_stretch(other)):
                yield Fault(line.number, RowFault.TWICE, "category", str(other.number))
        seen.append(line)


def _stretch(line: Line) -> tuple[date, date | None]:
    return line.valid_from or SINCE_EVER, line.valid_until


def _stated(line: Line) -> Period:
    return Period(line.what, *_stretch(line))


def left_out(
    groups: dict[str, list[Line]], faults: Sequence[Fault], wrong: Mapping[int, str]
) -> tuple[dict[str, list[Line]], list[Fault]]:
    """Take out each entity of which a line is wrong: half of what is said of it may be false.

    ``wrong`` has the keys of lines that could not be read, as far as they had one.
    """
    numbers = {fault.line for fault in faults}
    keys = {key for key, group in groups.items() if any(line.number in numbers for line in group)}
    keys |= set(wrong.values()) & set(groups)
    blamed = numbers | set(wrong)
    also = [
        Fault(line.number, RowFault.WITH_ANOTHER, "key", key)
        for key in keys
        for line in groups[key]
        if line.number not in blamed
    ]
    return {key: group for key, group in groups.items() if key not in keys}, also


# What a list changes.


def plan(groups: Mapping[str, Sequence[Line]], known: Mapping[str, Known], day: date) -> Plan:
    """What the lines change, if they hold from ``day`` on where they name no day themselves.

    The lines of an entity say all that it is: another membership that is in force on that day is
    closed the day before; one that begins later, and an entity without a line, are left alone.
    """
    created: list[Known] = []
    changed: list[tuple[Known, Known]] = []
    unchanged: list[str] = []
    faults: list[Fault] = []
    for key, group in groups.items():
        old = known.get(key)
        new = _restated(old or Known(key), group, day, is_new=old is None)
        if isinstance(new, Fault):
            faults.append(new)
        elif old is None:
            created.append(new)
        elif new == old:
            unchanged.append(key)
        else:
            changed.append((old, new))
    return Plan(tuple(created), tuple(changed), tuple(unchanged), tuple(faults))


def _restated(old: Known, group: Sequence[Line], day: date, *, is_new: bool) -> Known | Fault:
    dated = [_dated(line, old, day, is_new=is_new) for line in group]
    for line in dated:
        if isinstance(line, Fault):
            return line
    stated = [line for line in dated if isinstance(line, Line)]
    first = group[0]
    return Known(
        key=old.key,
        name=first.name,
        names={**(old.names or {}), **{tag: name for tag, name in first.names.items() if name}},
        iso2=first.iso2 or old.iso2,
        memberships=_memberships(old.memberships, stated, day),
        traits=_traits(old.traits, first, SINCE_EVER if is_new else day),
    )


def _dated(line: Line, old: Known, day: date, *, is_new: bool) -> Line | Fault:
    """The line with the day from which it holds.

    Without one: for an unknown entity since ever, for a known one from today; a line that only
    names an end that has passed ends what was in force then.
    """
    if line.valid_from:
        return line
    if is_new:
        return replace(line, valid_from=SINCE_EVER)
    if line.valid_until is None or line.valid_until >= day:
        return replace(line, valid_from=day)
    until = line.valid_until
    for each in old.memberships:
        if each.what == line.what and each.covers(until):
            return replace(line, valid_from=until)
    return Fault(line.number, RowFault.NOTHING_ENDS, "valid_until", until.isoformat())


def _memberships(old: Sequence[Period], lines: Sequence[Line], day: date) -> tuple[Period, ...]:
    stated = [_absorbing(_stated(line), old) for line in lines]
    mentioned = {each.what for each in stated}
    fresh = [_stated(line) for line in lines if not _is_known(_stated(line), old)]
    unnamed = [each for each in old if each.what not in mentioned]
    later = [each for each in unnamed if each.since > day]
    others = [each for each in unnamed if each.since <= day]
    for each in fresh:
        others = _cut(others, each.since, each.until)
    if any(_stated(line).covers(day) for line in lines):
        others = _ended(others, day)
    before = [
        each
        for each in old
        if each.what in mentioned
        and not any(each.what == one.what and _joins(each, one) for one in stated)
    ]
    return tuple(sorted([*others, *later, *before, *stated], key=order))


def order(period: Period) -> tuple[What, date]:
    """How periods are kept: those of one thing together, the oldest first."""
    return period.what, period.since


def _joins(each: Period, other: Period) -> bool:
    """Whether two periods overlap, or one begins the day after the other ends."""
    since = other.since if other.since == date.min else other.since - DAY
    return each.meets(since, other.until)


def _absorbing(stated: Period, old: Sequence[Period]) -> Period:
    """What is stated, begun when it is known to have begun; a list does not shorten the past."""
    same = [each.since for each in old if each.what == stated.what and _joins(each, stated)]
    return replace(stated, since=min([stated.since, *same]))


def _is_known(stated: Period, old: Sequence[Period]) -> bool:
    return any(each.what == stated.what and each.covers(stated.since) for each in old)


def _cut(periods: Sequence[Period], since: date, until: date | None) -> list[Period]:
    """The periods up to the day before a stretch of time; what began in it is taken back."""
    kept = []
    for each in periods:
        if not each.meets(since, until):
            kept.append(each)
        elif each.since < since:
            kept.append(replace(each, until=since - DAY))
    return kept


def _ended(periods: Sequence[Period], day: date) -> list[Period]:
    """What is in force on a day closed the day before it."""
    now = [each for each in periods if each.covers(day)]
    return [each for each in periods if each not in now] + _cut(now, day, None)


def _traits(old: Sequence[Period], line: Line, day: date) -> tuple[Period, ...]:
    """Region and flags as the line states them from its day on; the others stay as they are."""
    kept = [each for each in old if each.what[0] not in line.traits]
    for name, value in line.traits.items():
        since = line.valid_from or day
        if name in FLAGS:
            since = line.flags_from or since
        kept += _trait([each for each in old if each.what[0] == name], (name, value), since)
    return tuple(sorted(kept, key=order))


def _trait(old: Sequence[Period], what: What, since: date) -> list[Period]:
    others = _cut([each for each in old if each.what != what], since, None)
    same = [each for each in old if each.what == what]
    if not what[1]:
        return others
    stated = Period(what, since)
    apart = [each for each in same if not _joins(each, stated)]
    return [*others, *apart, _absorbing(stated, same)]


# What of that is news.


def _changes(old: Known, new: Known) -> Iterator[Change]:
    yield from _fields(old, new)
    for field, before, after in (
        ("membership", old.memberships, new.memberships),
        ("", old.traits, new.traits),
    ):
        for what in dict.fromkeys(each.what for each in (*before, *after)):
            yield from _spans(new, field, what, _of(before, what), _of(after, what))


def _fields(old: Known, new: Known) -> Iterator[Change]:
    pairs = [("name", old.name, new.name), ("iso2", old.iso2, new.iso2)]
    was, will = old.names or {}, new.names or {}
    pairs += [(f"name_{tag}", was.get(tag, ""), will.get(tag, "")) for tag in LANGUAGES]
    for field, before, after in pairs:
        if before != after:
            yield Change(new.key, new.name, field, before, after)


def _of(periods: Collection[Period], what: What) -> list[Period]:
    return [each for each in periods if each.what == what]


def _spans(
    entity: Known, field: str, what: What, before: Sequence[Period], after: Sequence[Period]
) -> Iterator[Change]:
    if before == after:
        return
    name = " ".join(part for part in (field, *what) if part and part != "yes")
    old, new = (", ".join(each.span for each in periods) for periods in (before, after))
    yield Change(entity.key, entity.name, name, old, new, ends=_ends(before, after))


def _ends(before: Sequence[Period], after: Sequence[Period]) -> bool:
    """Whether it held until further notice and does so no longer."""
    return any(each.until is None for each in before) and all(each.until for each in after)
