"""A receipt as PDF: one A4 page, with the code that leads to the page where it is verified."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.paper.badge import code, directed, press_of

LAYOUT: Final = (Path(__file__).parent / "receipt.typ").read_bytes()


@dataclass(frozen=True, slots=True)
class Pair:
    """A label and what it says; what is exact, like a digest, is set small, to be copied whole."""

    label: str
    value: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on the page, in the words of its reader; ``address`` is what the code says."""

    service: str
    title: str
    lead: str
    label: str
    reference: str
    address: str
    alt: str
    scan: str
    pairs: Sequence[Pair]
    foot: Sequence[str]


async def printed(fonts: Path, sheet: Sheet) -> bytes:
    """The PDF, made in a thread: everyone else is served meanwhile."""
    return await asyncio.to_thread(pressed, fonts, sheet)


def pressed(fonts: Path, sheet: Sheet) -> bytes:
    press = press_of(fonts)
    given = {"told": json.dumps(_data(sheet), ensure_ascii=False)}
    return press.compiled(LAYOUT, given | {"families": json.dumps(press.known)})


def _data(sheet: Sheet) -> dict[str, Any]:
    names = ("service", "title", "lead", "label", "alt", "scan")
    return {name: directed(getattr(sheet, name)) for name in names} | {
        "reference": sheet.reference,
        "code": code(sheet.address),
        "pairs": [_pair(each) for each in sheet.pairs],
        "foot": [directed(line) for line in sheet.foot],
    }


def _pair(each: Pair) -> dict[str, Any]:
    plain = {"text": each.value, "lang": "en", "rtl": False}
    value = plain if each.exact else directed(each.value)
    return {"label": directed(each.label), "value": value, "exact": each.exact}
