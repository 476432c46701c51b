"""Membership lists: a file is read, what it changes is worked out, and all of it is done."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlmodel import col, func, select

from app.database import Reading, Writing, hold_all, ring
from app.models import Entity, Membership, Person, Trait
from app.policy import members as rules
from app.policy.members import Fault, Known, Line, Period, Plan, RowFault
from app.policy.people import Category
from app.services import acts, entities

STATES: Final = Path(__file__).parents[1] / "data" / "member_states.csv"
BELL: Final = "membership"
IMPORTS: Final = 0x43574749
LARGEST: Final = 8 * 1024 * 1024
UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
OF_STATES: Final = ("iso2", "iso3", "name_en")


class FileFault(StrEnum):
    """Why a file is no membership list at all; sentences are in ``app.import_cli``."""

    TOO_LARGE = "file-too-large"
    NOT_UTF_8 = "not-utf-8"
    UTF_16 = "utf-16"
    EMPTY = "file-empty"
    SEMICOLONS = "semicolons"
    NO_HEADER = "no-header"
    UNKNOWN_COLUMN = "unknown-column"
    COLUMN_TWICE = "column-twice"
    MISSING_COLUMN = "missing-column"
    BROKEN = "broken-csv"


class Unreadable(ValueError):
    """Nothing was read of the file; ``found`` is the place or the word that is wrong."""

    def __init__(self, fault: FileFault, found: str = "") -> None:
        super().__init__(f"{fault}: {found}")
        self.fault = fault
        self.found = found


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that was understood: the lines of each entity, and the lines that are left out."""

    groups: Mapping[str, Sequence[Line]]
    left_out: tuple[Fault, ...]
    digest: str


# Reading.


def read(raw: bytes) -> Sheet:
    """The lines of a file, good and bad; raises Unreadable where it is no list at all."""
    rows = _rows(_decoded(raw))
    columns = _header(next(rows, (0, []))[1])
    lines: list[Line] = []
    faults: list[Fault] = []
    wrong: dict[int, str] = {}
    for number, cells in rows:
        found = _line(number, columns, cells)
        if isinstance(found, Line):
            lines.append(found)
        else:
            faults += found
            wrong[number] = _key(columns, cells)
    groups, between = rules.together(lines)
    kept, also = rules.left_out(groups, between, wrong)
    everything = sorted([*faults, *between, *also], key=lambda fault: fault.line)
    return Sheet(kept, tuple(everything), sha256(raw).hexdigest())


def _decoded(raw: bytes) -> str:
    if len(raw) > LARGEST:
        raise Unreadable(FileFault.TOO_LARGE, str(LARGEST // (1024 * 1024)))
    if raw.startswith(UTF_16):
        raise Unreadable(FileFault.UTF_16)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise Unreadable(FileFault.NOT_UTF_8, str(raw[: fault.start].count(b"\n") + 1)) from fault


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, each with the number of the line on which it ends."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as fault:
        raise Unreadable(FileFault.BROKEN, f"{reader.line_num}: {fault}") from fault


def _header(cells: Sequence[str]) -> tuple[str, ...]:
    columns = tuple(cell.strip().lower() for cell in cells)
    if not any(columns):
        raise Unreadable(FileFault.EMPTY)
    if len(columns) == 1 and ";" in columns[0]:
        raise Unreadable(FileFault.SEMICOLONS)
    if not set(columns) & set(rules.COLUMNS):
        raise Unreadable(FileFault.NO_HEADER, rules.shown(cells[0]))
    for column in columns:
        if column not in rules.COLUMNS:
            raise Unreadable(FileFault.UNKNOWN_COLUMN, rules.shown(column))
        if columns.count(column) > 1:
            raise Unreadable(FileFault.COLUMN_TWICE, column)
    for column in _missing(columns):
        raise Unreadable(FileFault.MISSING_COLUMN, column)
    return columns


def _missing(columns: Sequence[str]) -> list[str]:
    """A list names key and category; a list of States only, as in this house, needs neither."""
    needed = OF_STATES if "key" not in columns and "category" not in columns else ("category",)
    missing = [column for column in needed if column not in columns]
    if not {"key", "iso2"} & set(columns):
        missing.append("key")
    if not {"name", "name_en"} & set(columns):
        missing.append("name")
    return missing


def _line(number: int, columns: Sequence[str], cells: Sequence[str]) -> Line | list[Fault]:
    if len(cells) != len(columns):
        fault = RowFault.TOO_MANY if len(cells) > len(columns) else RowFault.TOO_FEW
        return [Fault(number, fault, found=f"{len(cells)}/{len(columns)}")]
    return rules.read(number, dict(zip(columns, cells, strict=True)))


def _key(columns: Sequence[str], cells: Sequence[str]) -> str:
    at = columns.index("key" if "key" in columns else "iso2")
    return cells[at].strip() if at < len(cells) else ""


# What it changes.


async def plan(db: Reading | Writing, sheet: Sheet, day: date) -> Plan:
    """What a file would change if it held from this day on; nothing is done."""
    known = await _known(db)
    return rules.plan(sheet.groups, {entity.key: now for entity, now in known}, day)


async def _known(db: Reading | Writing) -> list[tuple[Entity, Known]]:
    """Every entity as the records have it: three questions, however many there are."""
    memberships, traits = (
        defaultdict[UUID, list[Period]](list),
        defaultdict[UUID, list[Period]](list),
    )
    for each in await db.exec(select(Membership)):
        what = each.category.value, each.sector
        memberships[each.entity_id].append(Period(what, each.valid_from, each.valid_until))
    for one in await db.exec(select(Trait)):
        held = Period((one.name, one.value), one.valid_from, one.valid_until)
        traits[one.entity_id].append(held)
    return [
        (
            entity,
            Known(
                key=entity.key,
                name=entity.name,
                names=dict(entity.names),
                iso2=entity.iso2,
                memberships=tuple(sorted(memberships[entity.id], key=rules.order)),
                traits=tuple(sorted(traits[entity.id], key=rules.order)),
            ),
        )
        for entity in await db.exec(select(Entity))
    ]


# Doing it.


async def apply(
    db: Writing, sheet: Sheet, *, day: date, now: datetime, by: Person | None = None
) -> Plan:
    """Do what a file says, all of it or nothing; the running service is told at the commit."""
    await _one_at_a_time(db)
    rows = {entity.key: entity for entity in await hold_all(db, Entity)}
    made = await plan(db, sheet, day)
    if not made.created and not made.changed:
        return made
    for new in made.created:
        rows[new.key] = Entity(key=new.key, name=new.name)
        db.add(rows[new.key])
    for new in made.created:
        _describe(rows[new.key], new)
    await db.flush()
    for old, new in made.changed:
        _describe(rows[old.key], new)
    await _restate(db, rows, made)
    ring(db, BELL)
    await _record(db, sheet, made, now, by)
    return made


async def _one_at_a_time(db: Writing) -> None:
    """Rows that are not there yet cannot be held; on SQLite there is one writer anyway."""
    if db.get_bind().dialect.name == "postgresql":
        await db.scalar(select(func.pg_advisory_xact_lock(IMPORTS)))


def _describe(entity: Entity, new: Known) -> None:
    entity.name, entity.iso2, entity.names = new.name, new.iso2, dict(new.names or {})
    entity.folded = entities.folded(new.key, new.name, new.iso2, entity.names.values())


async def _restate(db: Writing, rows: Mapping[str, Entity], made: Plan) -> None:
    """Replace the periods of who changed; nothing refers to them but the entity they are of."""
    ids = [rows[old.key].id for old, _ in made.changed]
    for table in (Membership, Trait):
        for row in await db.exec(select(table).where(col(table.entity_id).in_(ids))):
            await db.delete(row)
    await db.flush()
    db.add_all(_periods(rows, (*made.created, *(new for _, new in made.changed))))
    await db.flush()


def _periods(rows: Mapping[str, Entity], known: Iterable[Known]) -> Iterator[Membership | Trait]:
    for new in known:
        key = rows[new.key].id
        for each in new.memberships:
            category, sector = each.what
            yield Membership(
                entity_id=key,
                category=Category(category),
                sector=sector,
                valid_from=each.since,
                valid_until=each.until,
            )
        for each in new.traits:
            name, value = each.what
            yield Trait(
                entity_id=key,
                name=name,
                value=value,
                valid_from=each.since,
                valid_until=each.until,
            )


async def _record(db: Writing, sheet: Sheet, made: Plan, now: datetime, by: Person | None) -> None:
    await acts.record(
        db,
        "members-imported",
        now,
        file=sheet.digest,
        created=[new.key for new in made.created],
        changed=[[each.key, each.field, each.old, each.new] for each in made.changes],
        left_out=len(sheet.left_out) + len(made.left_out),
        by=str(by.id) if by else None,
    )
