"""Bars as SVG, without script or library: a picture of a table that stands beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

WIDTH: Final = 320
ROW: Final = 34
BAR: Final = 10
LONG: Final = 50  # signs of a label; a longer one is drawn as narrow as these, beside its number
NARROW: Final = Markup(' textLength="{}" lengthAdjust="spacingAndGlyphs"').format(WIDTH - 50)


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of the chart; ``None`` is not told, and its bar is a dashed outline of no length."""

    label: str
    number: int | None
    told: str


def bars(title: str, rows: Sequence[Bar]) -> Markup:
    """Horizontal bars, the longest over the whole width; named for those who do not see it.

    The numbers are in the table that follows, so that to a screen reader this is one picture.
    """
    most = max((row.number or 0 for row in rows), default=0) or 1
    drawn = Markup("").join(_row(at, row, most) for at, row in enumerate(rows))
    return Markup(
        '<svg class="bars" role="img" aria-label="{title}" viewBox="0 0 {width} {height}" '
        'preserveAspectRatio="xMinYMin meet">{drawn}</svg>'
    ).format(title=title, width=WIDTH, height=max(len(rows), 1) * ROW, drawn=drawn)


def _row(at: int, row: Bar, most: int) -> Markup:
    top = at * ROW
    words = Markup(
        '<text class="bar-label" x="0" y="{y}"{narrow}>{label}</text>'
        '<text class="bar-number" x="{width}" y="{y}" text-anchor="end">{told}</text>'
    ).format(
        y=top + 13,
        label=row.label,
        narrow=NARROW if len(row.label) > LONG else "",
        width=WIDTH,
        told=row.told,
    )
    length = round(WIDTH * (row.number or 0) / most, 1)
    kind = "bar" if row.number is not None else "bar-hidden"
    shape = Markup('<rect class="{kind}" x="0" y="{y}" width="{length}" height="{high}" rx="2"/>')
    return words + shape.format(
        kind=kind, y=top + 18, length=length if row.number is not None else WIDTH, high=BAR
    )
