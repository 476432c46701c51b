"""What came over the network, made safe to print: a terminal obeys some of what it is shown."""

import re
import unicodedata
from typing import Final

LONGEST: Final = 2000  # characters of one text; what is longer is cut, and says so

# ECMA-48: a control sequence, a control string up to its terminator, any other escape.
SEQUENCES: Final = re.compile(
    r"""
    (?:\x1b\[|\x9b) [0-?]* [ -/]* [@-~]?
    | (?:\x1b[PX\]^_]|[\x90\x98\x9d\x9e\x9f]) [^\x07\x1b\x9c]* (?:\x07|\x1b\\|\x9c)?
    | \x1b [ -/]* [0-~]?
    """,
    re.VERBOSE,
)
BREAKS: Final = frozenset("\t\n\v\f\r\x85\u2028\u2029")
JOINERS: Final = frozenset("\u200c\u200d")  # without them some scripts cannot be written
HIDDEN: Final = frozenset({"Cc", "Cf", "Cs"})  # controls, invisible formats, halves of pairs
RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "RLE", "RLO", "RLI"})


def harmless(text: str) -> str:
    """The text on one line, without anything that steers a terminal or turns the line around."""
    shown = "".join(map(_shown, SEQUENCES.sub("", text)))
    kept = " ".join(shown.split())
    return kept if len(kept) <= LONGEST else kept[: LONGEST - 1] + "…"


def _shown(character: str) -> str:
    if character in BREAKS:
        return " "
    if character in JOINERS:
        return character
    return "" if unicodedata.category(character) in HIDDEN else character


def runs_right_to_left(text: str) -> bool:
    """Whether any of it is written from right to left: such text gets a place of its own."""
    return any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in text)
