"""What people may write into a field: bounded, in one direction, with nothing hidden in it."""

import re
from enum import StrEnum
from typing import Final
from unicodedata import category, normalize


class TextFault(StrEnum):
    """Why a text is refused; the sentence for it lives in the catalogue."""

    MISSING = "missing"
    TOO_LONG = "too-long"
    CONTROL = "control-character"
    DIRECTION = "direction-override"
    MARKUP = "markup"


# Embeddings, overrides and isolates: with them a text can be shown in another order than written.
DIRECTIONS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Arabic, Persian and Indic words need these; they have no effect beyond their neighbours.
JOINERS_AND_MARKS: Final = frozenset("\u200c\u200d\u200e\u200f\u061c")
HIDDEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
MARKUP: Final = re.compile(r"<[a-z/!?]|&(?:#\d+|#x[0-9a-f]+|[a-z][a-z0-9]*);", re.IGNORECASE)
# Above what any script stacks on one letter; more of them cover the lines around.
MOST_MARKS: Final = 8
UNSEARCHED: Final = frozenset({"Mn", "Cc", "Co", "Cs"})
WORTH_READING: Final = frozenset("LN")
# Crockford's base 32: no letter is taken for a digit, and no word comes out by chance.
DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MISREAD: Final = str.maketrans("OIL", "011", "- ")
LONGEST_REFERENCE: Final = 80
# So long a number fits an integer column of either database.
MOST_DIGITS: Final = 9


def clean(raw: str) -> str:
    """One spelling for one text: composed, and without blanks around it."""
    return normalize("NFC", raw).strip()


def fault(text: str, most: int, *, required: bool = False, lines: bool = False) -> TextFault | None:
    """What is wrong with a cleaned text; several lines are for those who may explain something."""
    if len(text) > most:
        return TextFault.TOO_LONG
    signs = set(text)  # a long text has few
    if not DIRECTIONS.isdisjoint(signs):
        return TextFault.DIRECTION
    if any(_hidden(sign) for sign in signs if not (lines and sign in "\r\n\t")):
        return TextFault.CONTROL
    if MARKUP.search(text):
        return TextFault.MARKUP
    return TextFault.MISSING if required and not readable(text) else None


def readable(text: str) -> bool:
    """Whether there is anything in it to read."""
    return any(category(sign)[0] in WORTH_READING for sign in text)


def visible(raw: str) -> str:
    """A text of several lines as it reads: without what nobody can see, or floods of marks.

    What is taken out says nothing: controls, zero-width signs, overrides of direction, half a
    character, and of a stack of marks or joiners what is above the eighth.
    """
    text = normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n"))
    kept, stacked = [], 0
    for sign in text:
        stacked = stacked + 1 if category(sign)[0] == "M" or sign in JOINERS_AND_MARKS else 0
        if stacked <= MOST_MARKS and (sign in "\n\t" or not _hidden(sign)):
            kept.append(sign)
    return normalize("NFC", "".join(kept)).strip()


def _hidden(sign: str) -> bool:
    return category(sign) in HIDDEN and sign not in JOINERS_AND_MARKS


def fold(text: str) -> str:
    """A text as a search sees it: without case, accents and typographer's quotes."""
    signs = normalize("NFKD", text)
    bare = "".join(each for each in signs if each.isspace() or category(each) not in UNSEARCHED)
    return " ".join(bare.casefold().replace("’", "'").replace("&", "and").split())


def spelled(reference: str) -> str:
    """A reference as it is kept, from what a scanner or a hand gave."""
    return reference[:LONGEST_REFERENCE].strip().upper().translate(MISREAD)


def number_of(typed: str) -> int | None:
    """A number as it was typed, in 1 to 9 digits of ASCII; None for anything else."""
    fit = typed.isascii() and typed.isdecimal() and len(typed) <= MOST_DIGITS
    return int(typed) if fit else None
