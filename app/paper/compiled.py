"""A round as PDF: title page, contents, numbers and every input in the language it came in.

``python -m app.paper.compiled FONTS`` reads a document as JSON and writes the PDF: hundreds of
pages are set in a process of its own, which nobody else waits for and which gives back its memory.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, Final

import typst

from app.paper.badge import ARABIC, CHINESE, LATIN, Press
from app.policy.compiled import Document, Said, of_json
from app.policy.words import HAN

LAYOUT: Final = (Path(__file__).parent / "compiled.typ").read_bytes()
STANDARD: Final = "ua-1"


def pdf(document: Document, press: Press) -> bytes:
    """Tagged, with bookmarks; PDF/UA-1 wherever the machine has a glyph for every sign.

    Where it has none the standard is not claimed, as it forbids that a sign is not shown.
    """
    given = {"document": json.dumps(_data(document), ensure_ascii=False), "fonts": _fonts(press)}
    try:
        return press.compiled(LAYOUT, given, [STANDARD])
    except typst.TypstError:
        return press.compiled(LAYOUT, given)


def _fonts(press: Press) -> str:
    """By script, and each with the others after it: a text may quote any of them."""
    orders = {
        "ar": (*ARABIC, *LATIN, *CHINESE),
        "zh": (*CHINESE, *LATIN, *ARABIC),
        "other": (*LATIN, *ARABIC, *CHINESE),
    }
    known = {
        name: [each for each in dict.fromkeys(order) if each in press.families]
        for name, order in orders.items()
    }
    return json.dumps(known)


def _data(document: Document) -> dict[str, Any]:
    """The document as the layout reads it: each text with its script and the way it runs."""
    made: dict[str, Any] = _with_ways(document.as_json())
    return made


def _with_ways(kept: Any) -> Any:  # noqa: ANN401 - values of JSON
    if isinstance(kept, list):
        return [_with_ways(each) for each in kept]
    if not isinstance(kept, dict):
        return kept
    if kept.keys() == {"text", "language"}:
        said = Said(**kept)
        return kept | {"rtl": said.rtl, "script": _script(said), "mixed": said.mixed}
    return {name: _with_ways(each) for name, each in kept.items()}


def _script(said: Said) -> str:
    """By which the font is chosen; what is mostly Chinese is set so, whatever it was declared."""
    if said.rtl:
        return "ar"
    han = len(HAN.findall(said.text))
    return "zh" if said.language == "zh" or han > len(said.text) / 2 else "other"


def main() -> None:
    os.nice(10)  # a meeting that is going on comes first
    document = of_json(json.loads(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(pdf(document, Press(Path(sys.argv[1]))))


if __name__ == "__main__":
    main()
