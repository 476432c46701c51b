"""A compiled document: blocks of text that any form of it is made from, each in its language.

What people wrote is only ever text in it: ``in_print`` takes out what no page can show and
no XML can hold, and lets a word without an end be parted.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeAlias
from unicodedata import bidirectional, category

from app.policy.publication import legible
from app.policy.words import HAN

MOST_INPUTS: Final = 2000
"""Inputs of a round that are compiled; of more there are the table and the API."""
LONGEST_WORD: Final = 48
"""Signs without a blank that one line can be trusted to hold."""
PIECE: Final = 24
JOINERS: Final = frozenset({"\u200c", "\u200d"})
BREAK: Final = "\u200b"
RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
UNBROKEN: Final = re.compile(rf"[^\s{BREAK}]{{{LONGEST_WORD + 1},}}")


class Format(StrEnum):
    """The forms in which a round is compiled."""

    PDF = "pdf"
    DOCX = "docx"
    JSON = "json"


class Style(StrEnum):
    """How a paragraph is set."""

    TEXT = "text"
    QUIET = "quiet"
    EXACT = "exact"
    """To be compared sign by sign, like a digest."""
    NOTE = "note"
    """Said by the secretariat about an input: a label, a mark, what became of it."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text and the language that it is in; the direction is that of its first strong letter."""

    text: str
    language: str = "en"

    @property
    def rtl(self) -> bool:
        ways = map(bidirectional, self.text)
        return next((way for way in ways if way in RIGHT_TO_LEFT | {"L"}), "L") in RIGHT_TO_LEFT

    @property
    def mixed(self) -> bool:
        """Whether some of it runs the other way, from right to left."""
        return not self.rtl and any(bidirectional(sign) in RIGHT_TO_LEFT for sign in self.text)


@dataclass(frozen=True, slots=True)
class Heading:
    """Of level 1 or 2 in the contents and the bookmarks, of level 3 in its place only."""

    said: Said
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    said: Said
    style: Style = Style.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """The first column names a row; every other is a number."""

    caption: Said
    head: Sequence[Said]
    rows: Sequence[Sequence[Said]]


Block: TypeAlias = Heading | Paragraph | Table


@dataclass(frozen=True, slots=True)
class Document:
    """A whole: the title page, the name of the contents, and the blocks that follow them.

    ``title`` is in English, ``titles`` in every language that it has.
    """

    service: Said
    title: Said
    titles: Sequence[Said]
    lead: Sequence[Said]
    contents: Said
    page: str
    blocks: Sequence[Block] = field(default_factory=tuple)

    def as_json(self) -> dict[str, Any]:
        """Values that JSON knows; ``of_json`` reads them again."""
        made = asdict(self)
        kinds = [type(each).__name__.lower() for each in self.blocks]
        made["blocks"] = [
            {"kind": kind} | each for kind, each in zip(kinds, made["blocks"], strict=True)
        ]
        return made


def of_json(kept: Mapping[str, Any]) -> Document:
    return Document(
        service=_said(kept["service"]),
        title=_said(kept["title"]),
        titles=[_said(each) for each in kept["titles"]],
        lead=[_said(each) for each in kept["lead"]],
        contents=_said(kept["contents"]),
        page=kept["page"],
        blocks=[_block(each) for each in kept["blocks"]],
    )


def _said(kept: Mapping[str, str]) -> Said:
    return Said(kept["text"], kept["language"])


def _block(kept: Mapping[str, Any]) -> Block:
    match kept["kind"]:
        case "heading":
            return Heading(_said(kept["said"]), kept["level"])
        case "paragraph":
            return Paragraph(_said(kept["said"]), Style(kept["style"]))
        case _:
            return Table(
                _said(kept["caption"]),
                [_said(each) for each in kept["head"]],
                [[_said(each) for each in row] for row in kept["rows"]],
            )


def in_print(text: str, language: str = "en") -> Said:
    """A text as it can be printed, in its language."""
    return Said(UNBROKEN.sub(_parted, "".join(_printable(legible(text)))), language)


def lines(text: str, language: str) -> list[Said]:
    """The paragraphs of a text; empty lines part them and are none."""
    return [in_print(line.strip(), language) for line in text.splitlines() if line.strip()]


def _printable(text: str) -> Iterator[str]:
    """Without what no XML holds, without what has no width; joiners stay, each alone."""
    before = ""
    for sign in text:
        kind = category(sign)
        joins = sign in JOINERS
        shown = sign in "\n\t" or kind not in {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}
        if shown or (joins and before not in JOINERS and before.strip()):
            yield sign
            before = sign


def _parted(found: re.Match[str]) -> str:
    """A word that fills lines gets places where it may be parted; Chinese has them anyway."""
    word = found[0]
    if HAN.search(word):
        return word
    return BREAK.join(word[at : at + PIECE] for at in range(0, len(word), PIECE))
