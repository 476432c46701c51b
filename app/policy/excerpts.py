"""The place of a text that says most of what somebody asked for, with those words marked."""

import re
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache, reduce
from heapq import merge
from itertools import chain, islice
from operator import or_
from typing import Final

from app.policy.words import (
    APART,
    ARABIC,
    ARABIC_LETTERS,
    DERIVED,
    HAN,
    HAN_SIGNS,
    IRREGULAR,
    REST,
    Query,
    Stem,
    folded,
    forms,
    spelled,
)

MOST_LOOKED_AT: Final = 200
"""Places of a text among which the best is chosen."""
REPLACED: Final = 3
"""Letters at the end of a stem, at most, that are not those of its word."""
IN_Y: Final = {"dying": "die", "lying": "lie", "tying": "tie"}
"""The words of which the English stem begins with other letters."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an excerpt; ``found`` says that it is what somebody asked for."""

    text: str
    found: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A word that was asked for where it stands; ``says``: which of those words it is, as bits."""

    text: str
    starts: int
    ends: int
    says: int


class Marker:
    """Finds in texts what was asked; what it has learned of a word it remembers."""

    def __init__(self, asked: Query, stem: Stem) -> None:
        self._says = _says(asked)
        self._all = (1 << len(asked)) - 1
        self._stem = stem
        self._likely = _Likely(frozenset(self._says))
        self._han = [each for each in self._says if HAN.match(each)]
        self._known: dict[str, dict[str, int]] = {}

    def excerpt(self, text: str, language: str, width: int = 240) -> tuple[Piece, ...]:
        """The place of a text that says most of what was asked, with those words apart.

        ``width`` is in characters; what is left out before and after is told by an ellipsis. The
        text is read as far as the first place that says all of it.
        """
        coming = self.hits(text, language)
        begins, seen = _best(coming, width, self._all)
        starts, ends = _edges(text, begins, width)
        pieces = [Piece("…", found=False)] if starts else []
        at = starts
        for hit in chain(seen, coming):
            if hit.starts >= ends:
                break
            if at <= hit.starts and hit.ends <= ends:
                pieces += [Piece(text[at : hit.starts], found=False), Piece(hit.text, found=True)]
                at = hit.ends
        pieces.append(Piece(text[at:ends] + ("…" if ends < len(text) else ""), found=False))
        return tuple(each for each in pieces if each.text)

    def hits(self, text: str, language: str) -> Iterator[Hit]:
        """Where the words stand, in their order; not more than anybody looks at."""
        return islice(self._hits(text, language), MOST_LOOKED_AT)

    def often(self, text: str, language: str) -> int:
        """How often a text says any of the words, as far as anybody looks."""
        return sum(1 for _ in self.hits(text, language))

    def _hits(self, text: str, language: str) -> Iterator[Hit]:
        known = self._known.setdefault(language, {})
        for match in self._likely(text):
            word = match[0]
            if HAN.match(word):
                yield from self._within_han(word, match.start())
                continue
            says = known.get(word)
            if says is None:
                says = known[word] = self._said_by(word, language)
            if says:
                yield Hit(word, *match.span(), says)

    def _said_by(self, word: str, language: str) -> int:
        if not self._likely.begins(word):
            return 0
        tokens = forms(spelled(word), language, self._stem)
        return reduce(or_, (self._says.get(each, 0) for each in tokens), 0)

    def _within_han(self, run: str, begins: int) -> Iterator[Hit]:
        """Characters that stand in a pair that was asked for, joined as far as they touch."""
        spans = sorted(
            (*span, self._says[each]) for each in self._han for span in _spans(each, run)
        )
        at = 0
        while at < len(spans):
            starts, ends, says = spans[at]
            while at < len(spans) and spans[at][0] <= ends:
                ends, says = max(ends, spans[at][1]), says | spans[at][2]
                at += 1
            yield Hit(run[starts:ends], begins + starts, begins + ends, says)


def _says(asked: Query) -> dict[str, int]:
    """Of each token which of the words that were asked it is, as bits."""
    found: dict[str, int] = defaultdict(int)
    for place, tokens in enumerate(asked):
        for token in tokens:
            found[token] |= 1 << place
    return dict(found)


def _best(coming: Iterator[Hit], width: int, everything: int) -> tuple[int, list[Hit]]:
    """Where the first window begins that says most of what was asked, and the hits so far."""
    seen, within = list[Hit](), deque[Hit]()
    begins = most = 0
    for hit in coming:
        seen.append(hit)
        within.append(hit)
        while within and within[0].starts + width < hit.ends:
            within.popleft()
        says = reduce(or_, (each.says for each in within), 0)
        if says.bit_count() > most:
            begins, most = within[0].starts, says.bit_count()
        if says == everything:
            break
    return begins, seen


def _spans(part: str, run: str) -> Iterator[tuple[int, int]]:
    at = run.find(part)
    while at >= 0:
        yield at, at + len(part)
        at = run.find(part, at + 1)


# Which words of a text may be what was asked. Most begin otherwise, and need not be stemmed to be
# told apart: no stemmer changes how a word begins, but for ``IN_Y``. Arabic has words joined before
# it: those are likely that have the letters somewhere. A word of parts may be found by each part:
# it is looked into from there.

BEGINS: Final = r"(?<![^\W_].)"
"""Behind the first letter of a word, or of a part of one."""
TOLD_APART: Final = "\x00-\xff\u0400-\u045f"
"""Latin and Cyrillic, by which words are told apart by how they begin."""
OTHERS: Final = (
    "\u0100-\u03ff\u0460-\u061f\u064b-\u066d\u06d4\u06d6-\u33ff\u4dc0-\u4dff\ua000-\uf8ff"
    "\ufb00-\U0001ffff\U00031350-\U0010ffff"
)
IN_ARABIC: Final = re.compile(f"[{ARABIC_LETTERS}]{BEGINS}{REST}")
ARABIC_RUN: Final = re.compile(f"[{ARABIC_LETTERS}]+")
OTHERWISE: Final = re.compile(f"[{HAN_SIGNS}{ARABIC_LETTERS}]")
OF_OTHERS: Final = re.compile(f"[^{TOLD_APART}]")
IN_HAN: Final = re.compile(f"[{HAN_SIGNS}]+")
BEHIND_HAN: Final = re.compile(f"(?<=[{HAN_SIGNS}])[^\\W_{HAN_SIGNS}]{REST}")


class _Likely:
    """Finds the words that may have one of these tokens; others too, but none is missed."""

    def __init__(self, wanted: frozenset[str]) -> None:
        irregular = {word for word, token in (IN_Y | IRREGULAR).items() if token in wanted}
        tokens = wanted | irregular
        arabic = {each for each in tokens if ARABIC.match(each)}
        self._arabic = _within_arabic(frozenset(map(_core, arabic))) if arabic else None
        self._in_arabic = dict[str, bool]()
        self._han = any(HAN.match(each) for each in tokens)
        told_apart = [each for each in tokens if not OTHERWISE.match(each)]
        self._ways = [_beginning(each) for each in sorted({each[:2] for each in told_apart})]
        self._begins = tuple({each[:-REPLACED] for each in told_apart})

    def __call__(self, text: str) -> Iterator[re.Match[str]]:
        """In their order; a text is read as far as somebody asks for more."""
        found: list[Iterator[re.Match[str]]] = [way.finditer(text) for way in self._ways]
        if not text.isascii():
            found += self._elsewhere(text)
        return found[0] if len(found) == 1 else merge(*found, key=re.Match.start)

    def _elsewhere(self, text: str) -> Iterator[Iterator[re.Match[str]]]:
        """In letters that no other way of writing has."""
        yield _other_words().finditer(text)
        if self._arabic:
            yield self._words_of_arabic(text, self._arabic)
        if HAN.search(text):
            yield BEHIND_HAN.finditer(text)
            if self._han:
                yield IN_HAN.finditer(text)

    def _words_of_arabic(self, text: str, within: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Word by word: one pattern for both would look through a row of words for each of them."""
        known, odd = self._in_arabic, ODD.search(text) is not None
        for match in IN_ARABIC.finditer(text):
            word = match[0]
            likely = known.get(word)
            if likely is None:
                likely = known[word] = bool(within.search(word) or (odd and ODD.search(word)))
            if likely:
                yield match

    def begins(self, word: str) -> bool:
        """Whether a word begins as one of the tokens does, as far as a stem leaves it alone."""
        if OF_OTHERS.search(word) or APART.search(word):
            return True
        return folded(word).startswith(self._begins)


def _core(token: str) -> str:
    """The letters of an Arabic token that stand together in each word that has it."""
    run = ARABIC_RUN.match(token)
    letters = run[0] if run else ""
    return letters[1:] if letters.startswith(DERIVED) else letters


@lru_cache(maxsize=1024)
def _within_arabic(cores: frozenset[str]) -> re.Pattern[str]:
    """One of these, however its letters are written."""
    signs = _arabic_signs()
    least = [each for each in cores if not any(one in each for one in cores - {each})]
    between = f"[-\u2010\u2011'’{signs['']}]*"  # nothing that is left of a word has them
    ways = [between.join(f"[{signs[sign]}]" for sign in each) for each in sorted(least)]
    return re.compile("|".join(ways))


@cache
def _arabic_signs() -> dict[str, str]:
    """How each letter may be written."""
    found: dict[str, str] = defaultdict(str)
    for sign in _letters_of_arabic():
        found[folded(spelled(sign))] += sign
    return found


def _letters_of_arabic() -> list[str]:
    return [sign for sign in map(chr, range(0x620, 0x6D6)) if ARABIC.match(sign)]


SEVERAL: Final = "".join(each for each in _letters_of_arabic() if len(folded(spelled(each))) > 1)
ODD: Final = re.compile(f"[{SEVERAL}{OTHERS}]")
"""Signs that stand for several letters of Arabic, or for one in a way of their own."""


@lru_cache(maxsize=4096)
def _beginning(letters: str) -> re.Pattern[str]:
    """Words, or parts of words, that begin with one or two letters, however they are written."""
    signs, _ = _signs()
    first, *second = (re.escape(signs.get(each, "")) for each in letters)
    if not first:
        return NEVER
    # A letter of another script may be spelled as the second; a hyphen is left out when typed.
    then = [
        f"[{each}]|(?![{TOLD_APART}])[^\\W_]|[-\u2010\u2011](?=[^\\W_])" for each in second if each
    ]
    return re.compile(f"[{first}]{BEGINS}{''.join(f'(?:{each})' for each in then)}{REST}")


NEVER: Final = re.compile("(?!)")


@cache
def _other_words() -> re.Pattern[str]:
    _, several = _signs()
    return re.compile(f"[{re.escape(several)}{OTHERS}](?<=[^\\W_]){BEGINS}{REST}")


@cache
def _signs() -> tuple[dict[str, str], str]:
    """How each letter may be written, and the signs that stand for several letters or none."""
    found: dict[str, str] = defaultdict(str)
    several = ""
    for sign in map(chr, (*range(0x100), *range(0x400, 0x460))):
        if sign.isalnum():
            letters = folded(spelled(sign))
            found[letters[:1]] += sign
            several += sign if len(letters) != 1 else ""
    return found, several


def _edges(text: str, begins: int, width: int) -> tuple[int, int]:
    """A window around the place that cuts no word in two, as far as blanks are near."""
    starts = max(0, begins - width // 4)
    if starts:
        blank = text.find(" ", starts, begins)
        starts = blank + 1 if blank >= 0 else starts
    ends = min(len(text), starts + width)
    if ends < len(text):
        blank = text.rfind(" ", begins, ends)
        ends = blank if blank > begins else ends
    return starts, ends
