"""What is added to an input that is published, and how a text looks when parts are not shown."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from unicodedata import category

from app.policy.text import DIRECTIONS

SUMMARY: Final = "summary"
FREE: Final = "free"
QUESTION: Final = "question:"
FILE: Final = "file:"
MARK: Final = "█████"
"""Stands where something was redacted; the reasons stand beside the text."""
MOST_MARKS: Final = 4
"""Combining marks that a letter keeps when it is shown: no language of ours needs more."""
LONGEST_WHY: Final = 1000
LONGEST_TRANSLATOR: Final = 160
LONGEST_PART: Final = 40_000


class Ground(StrEnum):
    """Why a passage is not shown."""

    PERSONAL = "personal"
    UNLAWFUL = "unlawful"


class Translated(StrEnum):
    """By whom; of either kind the original counts."""

    HUMAN = "human"
    MACHINE = "machine"


class PublicationFault(StrEnum):
    """What is wrong with what the secretariat typed."""

    NOT_THERE = "passage-not-there"
    NO_SUCH_PART = "no-such-part-of-input"
    SAME_LANGUAGE = "translation-same-language"
    NO_LANGUAGE = "translation-no-language"
    NOTHING = "translation-nothing"


class PublicationReason(StrEnum):
    """Why it cannot be done now."""

    NOT_SUBMITTED = "input-not-submitted"
    LABELLED = "labelled-already"
    NOT_LABELLED = "not-labelled"
    LIFTED = "redaction-lifted-already"
    TOO_MANY = "compiled-too-many"


@dataclass(frozen=True, slots=True)
class Redacted:
    """A passage that is shown nowhere; the whole part where it is empty."""

    part: str
    passage: str = ""


def parts(content: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a version by part, in the order in which they are read."""
    answers = content.get("answers") or {}
    found = {
        SUMMARY: content.get("summary") or "",
        **{f"{QUESTION}{number}": answers[number] for number in sorted(answers, key=int)},
        FREE: content.get("free") or "",
    }
    return {part: text for part, text in found.items() if text.strip()}


def masked(texts: Mapping[str, str], redactions: Iterable[Redacted]) -> dict[str, str]:
    """The texts with a mark in every place of every passage, whichever part it was found in.

    Whole parts go first, then long passages before those that lie within them.
    """
    shown = dict(texts)
    for each in sorted(redactions, key=lambda each: (bool(each.passage), -len(each.passage))):
        if not each.passage:
            shown |= {part: MARK for part in shown if part == each.part}
            continue
        shown = {part: text.replace(each.passage, MARK) for part, text in shown.items()}
    return shown


def files_redacted(redactions: Iterable[Redacted]) -> frozenset[str]:
    """The digests of the files that are not shown."""
    return frozenset(each.part.removeprefix(FILE) for each in redactions if _of_file(each))


def _of_file(each: Redacted) -> bool:
    return each.part.startswith(FILE)


def legible(text: str) -> str:
    """A text as it is shown: nothing in it turns its neighbours around, hides, or piles up."""
    return text if _PLAIN.fullmatch(text) else "".join(_legible(text))


# Letters, digits and what is written between them; nothing that could hide or pile up.
_PLAIN: Final = re.compile(
    r"[\w\x20-\x7e\n\t\u00a0-\u00bf\u060c\u061b\u061f\u2010-\u2027\u2030-\u205e\u3000-\u3011\uff01-\uff65]*"
)


def _legible(text: str) -> Iterator[str]:
    marks = 0
    for sign in text:
        kind = category(sign)
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        hidden = sign in DIRECTIONS or (kind in {"Cc", "Cs", "Co"} and sign not in "\n\t")
        if not hidden and marks <= MOST_MARKS:
            yield sign
