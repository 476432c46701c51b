"""Texts of six languages as words that can be found: however they are inflected or accented.

A text becomes tokens, a question a row of words of which each may stand as one of several tokens.
Both ends use the same spelling, so that neither database needs to know a language. Stems come from
whoever calls (``Stem``): the rule book stands on the standard library alone.
"""

import re
from bisect import bisect_right
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
"""Bytes that the place of a token takes beside it; a blank is one more."""
LONGEST: Final = 64
LARGEST: Final = 4 * LONGEST + PLACE + 1
"""Bytes of a token with its place and a blank, at most."""
MOST_KNOWN: Final = 50_000
"""Words of one language whose tokens are kept at hand."""
MOST_WORDS: Final = 24
"""Of one question."""

HAN_SIGNS: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
ARABIC_LETTERS: Final = "\u0620-\u064a\u066e-\u06d3\u06d5"
HAN: Final = re.compile(f"[{HAN_SIGNS}]")
ARABIC: Final = re.compile(f"[{ARABIC_LETTERS}]")
CYRILLIC: Final = re.compile("[\u0400-\u052f]")
REST: Final = r"[^\W_]*(?:[-\u2010\u2011'’][^\W_]+)*"
"""What follows the first letter of a word."""
WRITTEN: Final = re.compile(rf"[{HAN_SIGNS}]+|[^\W_]{REST}")
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


@dataclass(frozen=True, slots=True)
class Written:
    """A word where it stands in a text."""

    text: str
    starts: int
    ends: int


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
    known = _known(language, stem)
    return chain.from_iterable(map(known.__getitem__, WRITTEN.findall(spelled(text))))


def bounded(found: Iterable[str]) -> list[str]:
    """As many of these tokens as an index keeps for one row."""
    kept = list(found)
    if len(kept) <= MOST_BYTES // LARGEST:  # most texts: nothing needs to be measured
        return kept
    sizes = accumulate(len(token.encode()) + PLACE + 1 for token in kept)
    return kept[: bisect_right(list(sizes), MOST_BYTES)]


def forms(word: str, language: str, stem: Stem) -> tuple[str, ...]:
    """All tokens of one word as a text keeps it."""
    return _known(language, stem)[word]


class _Known(dict[str, tuple[str, ...]]):
    """Tokens of the words of one language that were met: most words come again and again.

    Which of them came last is not kept: that would take as long as to look them up.
    """

    def __init__(self, language: str, stem: Stem) -> None:
        self._language, self._stem = language, stem

    def __missing__(self, word: str) -> tuple[str, ...]:
        if len(self) >= MOST_KNOWN:
            self.clear()
        found = self[word] = _forms(word, self._language, self._stem)
        return found


@lru_cache(maxsize=16)
def _known(language: str, stem: Stem) -> _Known:
    return _Known(language, stem)


def _forms(word: str, language: str, stem: Stem) -> tuple[str, ...]:
    if not word.isascii() and HAN.match(word):
        return tuple(_han(word))
    if word.isalnum() or not APART.search(word):
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
    if not plain.isascii() and ARABIC.match(plain):
        yield from _arabic(plain, stem)
        return
    if plain in IRREGULAR:
        yield IRREGULAR[plain]
    composed = plain if word.isascii() else normalize("NFC", word).casefold()
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


def spelled(text: str) -> str:
    """Presentation forms and full-width letters as the ordinary ones; Arabic without strokes."""
    return normalize("NFKC", text).replace("ـ", "")


# What is asked for.


def query(text: str, stem: Stem) -> Query:
    """What somebody typed, of whatever language, as tokens of which each set must be met.

    Words that say nothing are left out as long as others remain.
    """
    found = [one for each in written(spelled(text)[:2000]) for one in _asked(each.text, stem)]
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


# How much is said.


def count(text: str) -> int:
    """How many words a text has; of Chinese two characters count as one."""
    return sum((len(each.text) + 1) // 2 if HAN.match(each.text) else 1 for each in written(text))
