"""A plot as plain SVG: readable in light and dark, on paper, and to who cannot see it."""

from collections.abc import Mapping, Sequence
from math import ceil, log10
from typing import Final
from xml.etree import ElementTree as ET

WIDTH: Final = 720
HEIGHT: Final = 420
LEFT: Final = 64
RIGHT: Final = 24
TOP: Final = 64
BOTTOM: Final = 64
MARKS: Final = 6  # marks on an axis, about
DASHES: Final = ("", "8 5", "2 4")  # a line is known by its dashes as well as by its colour
STYLE: Final = """
svg { color-scheme: light dark; font: 14px system-ui, sans-serif; background: Canvas; }
text { fill: CanvasText; } .title { font-size: 18px; font-weight: 600; }
.axis, .grid { stroke: CanvasText; } .grid { opacity: 0.15; }
polyline { fill: none; stroke-width: 2.5; }
.line-0 { stroke: #0b5fad; } .line-1 { stroke: #b34700; } .line-2 { stroke: #3d7a33; }
@media (prefers-color-scheme: dark) {
.line-0 { stroke: #7db8f0; } .line-1 { stroke: #ffab70; } .line-2 { stroke: #9ad48c; } }
"""


def distribution(title: str, description: str, lines: Mapping[str, Sequence[float]]) -> str:
    """Milliseconds from left to right, and how many of a hundred took no longer, upwards.

    Each line is the values below which 1, 2, … 100 of a hundred lie. The numbers are written out
    in the description too.
    """
    most = max((values[-1] for values in lines.values() if values), default=1.0) or 1.0
    step = _round_step(most)
    right = ceil(most / step) * step
    picture = _picture(title, f"{description} {_in_words(lines)}")
    _axes(picture, step, right)
    for number, (name, values) in enumerate(lines.items()):
        points = [_point(value, part, right) for part, value in enumerate(values, 1)]
        line = _add(picture, "polyline", **{"class": f"line-{number % len(DASHES)}"})
        line.set("points", " ".join(f"{x:.1f},{y:.1f}" for x, y in points))
        line.set("stroke-dasharray", DASHES[number % len(DASHES)] or "none")
        _legend(picture, number, name)
    ET.indent(picture)
    return ET.tostring(picture, encoding="unicode") + "\n"


def _in_words(lines: Mapping[str, Sequence[float]]) -> str:
    return " ".join(
        f"{name}: half within {values[49]:g} ms, 99 of 100 within {values[98]:g} ms,"
        f" all within {values[-1]:g} ms."
        for name, values in lines.items()
    )


def _picture(title: str, description: str) -> ET.Element:
    picture = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {HEIGHT}",
            "role": "img",
            "aria-labelledby": "title description",
        },
    )
    _add(picture, "title", title, id="title")
    _add(picture, "desc", description, id="description")
    _add(picture, "style", STYLE)
    _add(picture, "text", title, x=LEFT, y=28, **{"class": "title"})
    return picture


def _axes(picture: ET.Element, step: float, right: float) -> None:
    low, high = HEIGHT - BOTTOM, TOP
    for mark in range(round(right / step) + 1):
        x, _ = _point(mark * step, 0, right)
        _add(picture, "line", x1=x, x2=x, y1=low, y2=high, **{"class": "grid"})
        _add(picture, "text", f"{mark * step:g}", x=x, y=low + 20, **{"text-anchor": "middle"})
    for part in (0, 50, 90, 99):
        _, y = _point(0, part, right)
        _add(picture, "line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, **{"class": "grid"})
        at = y + (5 if part != 99 else 0)  # noqa: PLR2004 - it stands close to its neighbour
        _add(picture, "text", f"{part} %", x=LEFT - 8, y=at, **{"text-anchor": "end"})
    _add(picture, "line", x1=LEFT, x2=WIDTH - RIGHT, y1=low, y2=low, **{"class": "axis"})
    _add(picture, "line", x1=LEFT, x2=LEFT, y1=low, y2=high, **{"class": "axis"})
    _add(picture, "text", "milliseconds", x=WIDTH - RIGHT, y=low + 44, **{"text-anchor": "end"})


def _legend(picture: ET.Element, number: int, name: str) -> None:
    y = HEIGHT - BOTTOM - 24 - 24 * number
    x = WIDTH - RIGHT - 270
    line = _add(picture, "polyline", points=f"{x},{y} {x + 44},{y}")
    line.set("class", f"line-{number % len(DASHES)}")
    line.set("stroke-dasharray", DASHES[number % len(DASHES)] or "none")
    _add(picture, "text", name, x=x + 54, y=y + 5)


def _point(value: float, part: float, right: float) -> tuple[float, float]:
    across = LEFT + (WIDTH - LEFT - RIGHT) * value / right
    up = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part / 100
    return round(across, 1), round(up, 1)


def _round_step(most: float) -> float:
    """1, 2 or 5 times a power of ten, so that there are about as many marks as one can read."""
    power = 10.0 ** ceil(log10(most / MARKS) - 1)
    return next(power * times for times in (1, 2, 5, 10) if most / (power * times) <= MARKS)


def _add(parent: ET.Element, tag: str, text: str = "", **about: object) -> ET.Element:
    child = ET.SubElement(parent, tag, {name: str(value) for name, value in about.items()})
    child.text = text or None
    return child
