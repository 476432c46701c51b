"""A selection of registrations as rows of a sheet."""

from collections.abc import Iterable
from typing import Final

from app.services.selection import Line

HEAD: Final = (
    "reference",
    "state",
    "name",
    "email",
    "capacity",
    "category",
    "entity",
    "group",
    "organization",
    "country",
    "job_title",
    "modes",
    "submitted_at",
)


def rows(lines: Iterable[Line]) -> list[tuple[str, ...]]:
    return [_row(line) for line in lines]


def _row(line: Line) -> tuple[str, ...]:
    row = line.row
    return (
        row.reference,
        row.state.value,
        row.name,
        line.email,
        row.capacity.value,
        line.category.value,
        line.entity.name if line.entity else "",
        row.group.value if row.group else "",
        row.organization,
        row.country,
        row.job_title,
        ", ".join(line.modes),
        row.submitted_at.isoformat(),
    )
