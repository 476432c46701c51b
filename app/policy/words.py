"""Texts of six languages as words that can be found: however they are inflected or accented.

A text becomes tokens, a question a row of words of which each may stand as one of several tokens.
Both ends use the same spelling, so that neither database needs to know a language. Stems come from
whoever calls (``Stem``): the rule book stands on the standard library alone.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate, chain
from typing import Final, TypeAlias
from unicodedata import normalize

Stem: TypeAlias = Callable[[str, str], str]
"""``stem(word, language)``: the word without its ending, of one of ``STEMMED``."""
Query: TypeAlias = tuple[frozenset[str], ...]
"""Every set must be met; one of its tokens meets it."""

STEMMED: Final = ("ar", "en", "es", "fr", "ru")
LATIN: Final = ("en", "es", "fr")
PLURAL_S: Final = frozenset({"es", "fr"})
MOST_BYTES: Final = 600_000
"""Of the tokens of one text; PostgreSQL keeps at most a megabyte of words with their places."""
PLACE: Final = 6
"""Bytes that the place of a token takes beside it."""
LONGEST: Final = 64
MOST_WORDS: Final = 24
"""Of one question."""
MOST_LOOKED_AT: Final = 200
"""Places of a text among which the best is chosen."""

HAN_SIGNS: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
ARABIC_LETTERS: Final = "\u0620-\u064a\u066e-\u06d3\u06d5"
HAN: Final = re.compile(f"[{HAN_SIGNS}]")
ARABIC: Final = re.compile(f"[{ARABIC_LETTERS}]")
CYRILLIC: Final = re.compile("[\u0400-\u052f]")
REST: Final = r"[^\W_]*(?:[-\u2010\u2011'’][^\W_]+)*"
"""What follows the first letter of a word."""
WRITTEN: Final = re.compile(rf"[{HAN_SIGNS}]+|[^\W_]{REST}")
OTHERWISE: Final = re.compile(f"[{HAN_SIGNS}{ARABIC_LETTERS}]")
APART: Final = re.compile("[-\u2010\u2011'’]")
HYPHEN: Final = re.compile("[-\u2010\u2011]")

# Letters of Arabic that are written in more than one way, and what a word may begin with.
ONE_ALEF: Final = str.maketrans(
    {
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        "ى": "ي",
        "ی": "ي",
        "ئ": "ي",
        "ؤ": "و",
        "ة": "ه",
        "ک": "ك",
        "ـ": None,
    }
)
PREFIXES: Final = ("وال", "بال", "كال", "فال", "ولل", "لل", "ال")
PARTICLES: Final = frozenset("وفبكل")
PRONOUNS: Final = ("هما", "هم", "هن", "ها", "كم", "نا")
SUFFIXES: Final = ("يات", "ات", "ان", "ون", "ين", "يه", "ه", "ي")
OF: Final = "的"
"""Joins words of Chinese, and may be left out."""
DERIVED: Final = "است"
"""How the stem of a verb of that form begins, whoever does it: its first letter is another."""
SHORTEST: Final = 3
"""Letters that an Arabic word keeps, whatever is taken away."""

STOP: Final[dict[str, frozenset[str]]] = {
    language: frozenset(said.split())
    for language, said in {
        "en": "a an and are as at be by for from has have in is of on or that the this to was were"
        " what which with",
        "fr": "a au aux avec ce ces cette d dans de des du en est et l la le les leur ou par pour"
        " qu que qui s se ses son sont sur un une",
        "es": "a al como con de del el en es la las lo los o para por que se son su sus un una y",
        "ru": "а в во для до и из или как к ко на не о об от по при с со что это",
        "ar": "ان او التي الذي الي على علي عن في ما مع من هذا هذه",
        "zh": "的 了 和 与 在 是 及",
    }.items()
}

# Words whose forms no ending tells apart; each line is one word, as it is folded.
IRREGULAR: Final[dict[str, str]] = {
    folded: f"{line.split()[0]}0"
    for line in (
        "child children",
        "woman women",
        "man men",
        "datum data",
        "medium media",
        "oeil yeux",
        "ciel cieux",
        "дети детей детям детьми детях ребенок ребенка ребенку ребенком",
        "люди людей людям людьми людях человек человека человеку человеком",
        "طفل اطفال",
        "دوله دول",
        "حق حقوق",
        "امراه نساء",
        "قاعده قواعد",
        "لغه لغات",
        "شاب شباب",
        "حكومه حكومات",
        "مورد موارد",
        "خطر مخاطر اخطار",
        "مبدا مبادي",
        "هدف اهداف",
        "شريك شركاء",
        "منصه منصات",
        "شبكه شبكات",
    )
    for folded in line.split()
}

REPLACED: Final = 3
"""Letters at the end of a stem, at most, that are not those of its word."""
IN_Y: Final = {"dying": "die", "lying": "lie", "tying": "tie"}
"""The words of which the English stem begins with other letters."""


@dataclass(frozen=True, slots=True)
class Written:
    """A word where it stands in a text."""

    text: str
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an excerpt; ``found`` says that it is what somebody asked for."""

    text: str
    found: bool


def folded(word: str) -> str:
    """A word without case, marks and variants of letters; Arabic in one spelling."""
    if word.isascii() and word.isalnum():
        return word.lower()[:LONGEST]
    bare = normalize("NFKD", word.casefold())
    if not bare.isalnum():
        bare = "".join(filter(str.isalnum, bare))
    bare = normalize("NFC", bare)
    return (bare.translate(ONE_ALEF) if ARABIC.search(bare) else bare)[:LONGEST]


def written(text: str) -> Iterator[Written]:
    """The words of a text in their order; Han as long as it runs."""
    for found in WRITTEN.finditer(text):
        yield Written(found[0], *found.span())


# What is kept of a text.


def tokens(text: str, language: str, stem: Stem) -> Iterator[str]:
    """What a text is found by, in its order; ``language`` is the one in which it is written."""
    found = WRITTEN.findall(_spelled(text))
    return chain.from_iterable(forms(word, language, stem) for word in found)


def bounded(found: Iterable[str]) -> str:
    """These tokens with a blank between them, as many of them as an index keeps for one row."""
    kept = list(found)
    whole = " ".join(kept)
    if len(whole.encode()) + PLACE * len(kept) <= MOST_BYTES:
        return whole
    sizes = accumulate(len(token.encode()) + PLACE for token in kept)
    return " ".join(kept[: bisect_right(list(sizes), MOST_BYTES)])


@lru_cache(maxsize=100_000)
def forms(word: str, language: str, stem: Stem) -> tuple[str, ...]:
    """All tokens of one word as a text keeps it."""
    if HAN.match(word):
        return tuple(_han(word))
    if not APART.search(word):
        plain = folded(word)
        return tuple(dict.fromkeys((plain, *_stems(word, plain, (language,), stem))))
    parts = [each for each in APART.split(word) if each]
    joined = [HYPHEN.sub("", word)] if len(parts) > 1 and HYPHEN.search(word) else []
    several = {each: folded(each) for each in (*parts, *joined)}
    whole = [
        each for each in several.values() if len(each) > 1 or each.isdecimal() or len(parts) == 1
    ]
    stems = chain.from_iterable(
        _stems(each, plain, (language,), stem) for each, plain in several.items()
    )
    return tuple(dict.fromkeys((*whole, *stems)))


def _han(run: str) -> Iterator[str]:
    """Characters and pairs of them: nothing in Chinese writing says where a word ends."""
    plain = normalize("NFKC", run)
    yield from plain
    yield from pairs(plain)


def pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]


def _stems(word: str, plain: str, languages: Iterable[str], stem: Stem) -> Iterator[str]:
    """Stems as the word is written and, ``plain``, as it is typed without its accents."""
    if len(plain) < SHORTEST or plain.isdecimal():
        return
    if ARABIC.match(plain):
        yield from _arabic(plain, stem)
        return
    if plain in IRREGULAR:
        yield IRREGULAR[plain]
    composed = normalize("NFC", word).casefold()
    spelled = (plain,) if plain == composed else (composed, plain)
    for language in languages:
        if language not in STEMMED or not _script(plain, language):
            continue
        for each in spelled:
            yield folded(stem(each, language))
        if language in PLURAL_S and plain.endswith("s") and len(plain) > SHORTEST:
            yield folded(stem(plain[:-1], language))  # some plurals the stemmers take for verbs


def _script(word: str, language: str) -> bool:
    """Whether a word is written as this language is."""
    if language == "ru":
        return bool(CYRILLIC.match(word))
    return language != "ar" and word.isascii()


def _arabic(word: str, stem: Stem) -> Iterator[str]:
    """Without article, joined particles and endings, and as the stemmer has it."""
    for bare in dict.fromkeys((_without_prefix(word), _without_particle(word))):
        yield IRREGULAR.get(bare, bare)
        yield bare
        yield _without_suffix(bare)
        yield folded(stem(bare, "ar"))


def _without_particle(word: str) -> str:
    long = len(word) > SHORTEST
    return _without_prefix(word[1:]) if long and word[0] in PARTICLES else word


def _without_prefix(word: str) -> str:
    for prefix in PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= SHORTEST:
            return word[len(prefix) :]
    return word


def _without_suffix(word: str) -> str:
    """Without whose it is, then without number and gender."""
    for theirs in PRONOUNS:
        if word.endswith(theirs) and len(word) - len(theirs) > SHORTEST:
            word = word[: -len(theirs)]
            word = f"{word[:-1]}ه" if word.endswith("ت") else word
            break
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= SHORTEST:
            return word[: -len(suffix)]
    return word


def _spelled(text: str) -> str:
    """Presentation forms and full-width letters as the ordinary ones; Arabic without strokes."""
    return normalize("NFKC", text).replace("ـ", "")


# What is asked for.


def query(text: str, stem: Stem) -> Query:
    """What somebody typed, of whatever language, as tokens of which each set must be met.

    Words that say nothing are left out as long as others remain.
    """
    found = [one for each in written(_spelled(text)[:2000]) for one in _asked(each.text, stem)]
    telling = [each for each in found if not (each & _stops())]
    return tuple(dict.fromkeys(telling or found))[:MOST_WORDS]


@cache
def _stops() -> frozenset[str]:
    return frozenset(folded(one) for said in STOP.values() for one in said)


def _asked(word: str, stem: Stem) -> Iterator[frozenset[str]]:
    if HAN.match(word):
        for run in normalize("NFKC", word).split(OF) if word != OF else [word]:
            yield from _asked_han(run)
        return
    parts = [each for each in APART.split(word) if each]
    joined = _meant(HYPHEN.sub("", word), stem) if HYPHEN.search(word) else frozenset[str]()
    several = len(parts) > 1
    for each in parts:
        if not several or len(each) > 1 or each.isdecimal():
            yield _meant(each, stem) | joined


def _asked_han(run: str) -> Iterator[frozenset[str]]:
    """Every character beside one of its neighbours: where the words end, nobody has typed."""
    together = pairs(run)
    if not together:
        yield from (frozenset({each}) for each in run)
        return
    for place in range(len(run)):
        yield frozenset(together[max(0, place - 1) : place + 1])


def _meant(word: str, stem: Stem) -> frozenset[str]:
    """The tokens by which a text of any language may have the word."""
    plain = folded(word)
    languages = ("ru",) if CYRILLIC.match(plain) else LATIN
    stems = set(_stems(word, plain, languages, stem))
    return frozenset({plain, *stems} - {""})


# What is shown of it.


class Marker:
    """Finds in texts what was asked; what it has learned of a word it remembers."""

    def __init__(self, asked: Query, stem: Stem) -> None:
        self._wanted = frozenset[str]().union(*asked)
        self._stem = stem
        self._likely = _Likely(self._wanted)
        self._han = [each for each in self._wanted if HAN.match(each)]
        self._known: dict[str, dict[str, bool]] = {}

    def excerpt(self, text: str, language: str, width: int = 240) -> tuple[Piece, ...]:
        """The place of a text that says most of what was asked, with those words apart.

        ``width`` is in characters; what is left out before and after is told by an ellipsis.
        """
        hits = self.hits(text, language)
        begins = _best(hits, width)
        starts, ends = _edges(text, begins, width)
        pieces = [Piece("…", found=False)] if starts else []
        at = starts
        for hit in hits:
            if at <= hit.starts and hit.ends <= ends:
                pieces += [Piece(text[at : hit.starts], found=False), Piece(hit.text, found=True)]
                at = hit.ends
        pieces.append(Piece(text[at:ends] + ("…" if ends < len(text) else ""), found=False))
        return tuple(each for each in pieces if each.text)

    def hits(self, text: str, language: str) -> list[Written]:
        """Where the words stand, in their order; not more than anybody looks at."""
        hits: list[Written] = []
        known = self._known.setdefault(language, {})
        for match in self._likely(text):
            if len(hits) >= MOST_LOOKED_AT:
                return hits
            word = match[0]
            if HAN.match(word):
                hits += self._within_han(word, match.start())
                continue
            if word not in known:
                known[word] = self._is_one(word, language)
            if known[word]:
                hits.append(Written(word, *match.span()))
        return hits

    def _is_one(self, word: str, language: str) -> bool:
        return self._likely.begins(word) and not self._wanted.isdisjoint(
            forms(_spelled(word), language, self._stem)
        )

    def _within_han(self, run: str, begins: int) -> Iterator[Written]:
        """Characters that stand in a pair that was asked for, joined as far as they touch."""
        spans = sorted(span for each in self._han for span in _spans(each, run))
        at = 0
        while at < len(spans):
            starts, ends = spans[at]
            while at < len(spans) and spans[at][0] <= ends:
                ends = max(ends, spans[at][1])
                at += 1
            yield Written(run[starts:ends], begins + starts, begins + ends)


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
        self._han = any(HAN.match(each) for each in tokens)
        told_apart = [each for each in tokens if not OTHERWISE.match(each)]
        beginnings = {each[:2] for each in told_apart}
        self._ways = [_other_words(), *map(_beginning, sorted(beginnings))]
        self._begins = tuple({each[:-REPLACED] for each in told_apart})

    def __call__(self, text: str) -> list[re.Match[str]]:
        found = [match for way in self._ways for match in way.finditer(text)]
        if self._arabic:
            # Word by word: one pattern for both would look through a row of words for each of them.
            found += [m for m in IN_ARABIC.finditer(text) if self._arabic.search(m[0])]
        if HAN.search(text):
            found += BEHIND_HAN.finditer(text)
            found += IN_HAN.finditer(text) if self._han else ()
        return sorted(found, key=re.Match.start)

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
    signs, several = _arabic_signs()
    least = [each for each in cores if not any(one in each for one in cores - {each})]
    between = f"[-\u2010\u2011'’{signs['']}]*"  # nothing that is left of a word has them
    ways = [between.join(f"[{signs[sign]}]" for sign in each) for each in sorted(least)]
    return re.compile("|".join([*ways, f"[{several}{OTHERS}]"]))


@cache
def _arabic_signs() -> tuple[dict[str, str], str]:
    """How each letter may be written, and the signs that stand for several letters."""
    found: dict[str, str] = defaultdict(str)
    several = ""
    for sign in map(chr, range(0x620, 0x6D6)):
        if ARABIC.match(sign):
            letters = folded(_spelled(sign))
            found[letters] += sign
            several += sign if len(letters) > 1 else ""
    return found, several


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
            letters = folded(_spelled(sign))
            found[letters[:1]] += sign
            several += sign if len(letters) != 1 else ""
    return found, several


def _best(hits: list[Written], width: int) -> int:
    """Where a window begins that has most different words of those found."""
    best, begins = 0, 0
    for number, first in enumerate(hits):
        until = bisect_right(hits, first.starts + width, lo=number, key=lambda each: each.ends)
        within = {each.text.casefold() for each in hits[number:until]}
        if len(within) > best:
            best, begins = len(within), first.starts
    return begins


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


# How much is said.


def count(text: str) -> int:
    """How many words a text has; of Chinese two characters count as one."""
    return sum((len(each.text) + 1) // 2 if HAN.match(each.text) else 1 for each in written(text))
