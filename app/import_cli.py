"""``cwg import``: bring lists that others keep into the records, and say what that changed."""

import asyncio
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
from pydantic import ValidationError

from app import i18n, reasons, schema
from app.i18n import words
from app.policy.members import CATEGORIES, COLUMNS, REGIONS, SECTORS, Change, Fault, Plan, RowFault
from app.policy.text import TextFault
from app.services import members as lists
from app.services.members import FileFault, Sheet, Unreadable
from app.settings import Settings, faults_of

imports = typer.Typer(
    name="import",
    no_args_is_help=True,
    rich_markup_mode=None,
)

REFUSED: Final = 1
MISUSED: Final = 2
WIDTH: Final = 10

FILES: Final[Mapping[FileFault, str]] = {
    FileFault.TOO_LARGE: words("The file is larger than %(found)s MB. Nothing was done."),
    FileFault.NOT_UTF_8: words(
        "Line %(found)s is not in UTF-8: save the file as “CSV UTF-8”. Nothing was done."
    ),
    FileFault.UTF_16: words("The file is in UTF-16: save it as “CSV UTF-8”. Nothing was done."),
    FileFault.EMPTY: words("The file is empty. Nothing was done."),
    FileFault.SEMICOLONS: words(
        "The columns are divided by semicolons: save the file with commas. Nothing was done."
    ),
    FileFault.NO_HEADER: words(
        "The first line does not name the columns; it begins with “%(found)s”. Nothing was done."
    ),
    FileFault.UNKNOWN_COLUMN: words(
        "There is no column “%(found)s”; one of %(columns)s. Nothing was done."
    ),
    FileFault.COLUMN_TWICE: words("The column “%(found)s” is there twice. Nothing was done."),
    FileFault.MISSING_COLUMN: words("The column “%(found)s” is missing. Nothing was done."),
    FileFault.BROKEN: words("The file is no CSV from line %(found)s on. Nothing was done."),
}
ROWS: Final[Mapping[RowFault, str]] = {
    RowFault.KEY: words("“%(found)s” is no key: letters, digits, and . _ : - inside."),
    RowFault.CODE: words("“%(found)s” is no country code: two capital letters."),
    RowFault.CATEGORY: words("“%(found)s” is no category of membership; one of %(categories)s."),
    RowFault.SECTOR: words("“%(found)s” is no sector; one of %(sectors)s."),
    RowFault.SECTOR_FOR_WHOM: words("Only Sector Members and Associates are of a sector."),
    RowFault.REGION: words("“%(found)s” is no region; one of %(regions)s."),
    RowFault.FLAG: words("“%(found)s” is neither 1 nor 0."),
    RowFault.DATE: words("“%(found)s” is no date such as 2026-11-01."),
    RowFault.ENDS_BEFORE_START: words("It would end on %(found)s, before it begins."),
    RowFault.TOO_MANY: words("There are more cells than columns (%(found)s)."),
    RowFault.TOO_FEW: words("There are fewer cells than columns (%(found)s)."),
    RowFault.TWICE: words("Line %(found)s says the same of the same days."),
    RowFault.CONTRADICTS: words("Name, code, region or flags differ from line %(found)s."),
    RowFault.WITH_ANOTHER: words("Another line of “%(found)s” is wrong, so none of them was used."),
    RowFault.NOTHING_ENDS: words("Nothing of the kind was in force on %(found)s that could end."),
}


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file, to be printed in one way or the other."""

    sheet: Sheet
    plan: Plan
    dry_run: bool

    @property
    def left_out(self) -> list[Fault]:
        """Every fault, in the order of the lines."""
        return sorted((*self.sheet.left_out, *self.plan.left_out), key=lambda each: each.line)

    @property
    def ended(self) -> list[Change]:
        return [each for each in self.plan.changes if each.ends]

    @property
    def changed(self) -> list[Change]:
        return [each for each in self.plan.changes if not each.ends]


@imports.callback()
def lists_of_others() -> None:
    """Bring lists that others keep into the records."""


@imports.command()
def members(
    file: Annotated[Path, typer.Argument(help="The list, as CSV in UTF-8.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would do.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    day: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="First day of what has no date; today."),
    ] = None,
) -> None:
    """Import a list of members: all of its good lines, or nothing. See docs/import.md."""
    settings, raw = _settings(), _bytes(file)
    try:
        sheet = lists.read(raw)
    except Unreadable as fault:
        _end(_(FILES[fault.fault]) % {"found": fault.found, "columns": ", ".join(COLUMNS)})
    now = datetime.now(UTC)
    first = day.date() if day else now.date()
    report = asyncio.run(_import(settings, sheet, first, now, dry_run=dry_run))
    typer.echo(_json(report) if as_json else "\n".join(_lines(report)))


_ = i18n.translations(i18n.Language.ENGLISH).gettext


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as wrong:
        _end(faults_of(wrong), MISUSED)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as fault:
        _end(f"{file}: {fault.strerror}", MISUSED)


def _end(message: str, code: int = REFUSED) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)


async def _import(
    settings: Settings, sheet: Sheet, day: date, now: datetime, *, dry_run: bool
) -> Report:
    async with schema.opened(settings) as database:
        if dry_run:
            async with database.reading() as db:
                return Report(sheet, await lists.plan(db, sheet, day), dry_run=True)
        async with database.writing() as db:
            return Report(sheet, await lists.apply(db, sheet, day=day, now=now), dry_run=False)


def _lines(report: Report) -> list[str]:
    created = [_row("created", each.key, each.name) for each in report.plan.created]
    changed = [_row("changed", each.key, _change(each)) for each in report.changed]
    ended = [_row("ended", each.key, _change(each)) for each in report.ended]
    left = [_row("left out", "", _fault(each)) for each in report.left_out]
    return [*created, *changed, *ended, *left, _summary(report)]


def _row(what: str, key: str, told: str) -> str:
    return "  ".join(part for part in (f"{what:<{WIDTH}}", key, told) if part)


def _change(each: Change) -> str:
    return f"{each.field}: {each.old or '–'} → {each.new or '–'}  ({each.name})"


def _fault(each: Fault) -> str:
    return f"line {each.line}{', ' + each.column if each.column else ''}: {_said(each)}"


def _said(each: Fault) -> str:
    if isinstance(each.fault, TextFault):
        return reasons.said(each.fault, _)
    return _(ROWS[RowFault(each.fault)]) % {
        "found": each.found,
        "categories": ", ".join(CATEGORIES),
        "regions": ", ".join(REGIONS),
        "sectors": ", ".join(SECTORS),
    }


def _summary(report: Report) -> str:
    message = _(
        "%(created)d created, %(changed)d changed, %(ended)d ended,"
        " %(unchanged)d unchanged, %(left_out)d left out."
    )
    said = message % {name: len(rows) for name, rows in _parts(report).items()}
    return said + (" " + _("A dry run: nothing was done.") if report.dry_run else "")


def _parts(report: Report) -> dict[str, Collection[object]]:
    return {
        "created": report.plan.created,
        "changed": report.changed,
        "ended": report.ended,
        "unchanged": report.plan.unchanged,
        "left_out": {each.line for each in report.left_out},
    }


def _json(report: Report) -> str:
    return json.dumps(
        {
            "dry_run": report.dry_run,
            "changes": len(report.plan.created) + len(report.plan.changes),
            "created": [{"key": each.key, "name": each.name} for each in report.plan.created],
            "changed": [_of_change(each) for each in report.changed],
            "ended": [_of_change(each) for each in report.ended],
            "unchanged": len(report.plan.unchanged),
            "left_out": [_of_fault(each) for each in report.left_out],
        },
        ensure_ascii=False,
        indent=2,
    )


def _of_change(each: Change) -> dict[str, str]:
    return {
        "key": each.key,
        "name": each.name,
        "field": each.field,
        "old": each.old,
        "new": each.new,
    }


def _of_fault(each: Fault) -> dict[str, str | int]:
    fault: StrEnum = each.fault
    return {
        "line": each.line,
        "column": each.column,
        "fault": fault.value,
        "found": each.found,
        "sentence": _said(each),
    }
