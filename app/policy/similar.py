"""Inputs that say the same in the same words: grouped by a measure that anybody can repeat.

A text is taken as its runs of ``RUN`` words, each run once. Two texts are as similar as the runs
that both have are many among the runs that either has (Jaccard). In the order of their numbers,
each text joins the most similar text that stands for others, or stands for itself.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.policy.words import HAN, folded, written

RUN: Final = 5
"""Words; of Chinese, characters."""
THRESHOLD: Final = 0.5
"""Half of all runs in common."""
LEAST: Final = 2
"""Inputs that make a group."""


@dataclass(frozen=True, slots=True)
class Member:
    """An input of a group, and how similar it is to the first."""

    number: int
    measure: float


@dataclass(frozen=True, slots=True)
class Group:
    """Inputs that are similar to the first of them, which stands for all."""

    members: Sequence[Member]

    @property
    def first(self) -> int:
        return self.members[0].number

    @property
    def size(self) -> int:
        return len(self.members)


def runs(text: str) -> frozenset[str]:
    """All runs of words of a text; of a short one, the text."""
    said: list[str] = []
    for each in written(text):
        said += each.text if HAN.match(each.text) else [folded(each.text)]
    if not said:
        return frozenset()
    last = max(1, len(said) - RUN + 1)
    return frozenset(" ".join(said[place : place + RUN]) for place in range(last))


def measure(one: frozenset[str], other: frozenset[str]) -> float:
    """From 0, nothing in common, to 1, all."""
    either = len(one | other)
    return len(one & other) / either if either else 0.0


def groups(texts: Mapping[int, frozenset[str]], threshold: float = THRESHOLD) -> list[Group]:
    """The groups of texts by number, the largest first; whatever stands alone is in none."""
    firsts: dict[str, list[int]] = {}
    found: dict[int, list[Member]] = {}
    for number in sorted(texts):
        like, near = _first_like(texts, number, firsts, threshold)
        found.setdefault(like, []).append(Member(number, near))
        if like == number:
            for run in texts[number]:
                firsts.setdefault(run, []).append(number)
    large = [Group(tuple(each)) for each in found.values() if len(each) >= LEAST]
    return sorted(large, key=lambda each: (-each.size, each.first))


def _first_like(
    texts: Mapping[int, frozenset[str]],
    number: int,
    firsts: Mapping[str, Sequence[int]],
    threshold: float,
) -> tuple[int, float]:
    """The most similar of the texts that stand for others, or the text itself."""
    mine = texts[number]
    shared = Counter(first for run in mine for first in firsts.get(run, ()))
    best, near = number, 0.0
    for first, common in sorted(shared.items()):
        found = common / (len(mine) + len(texts[first]) - common)
        if found >= threshold and found > near:
            best, near = first, found
    return best, near if best != number else 1.0


# How much was said by whom.


@dataclass(frozen=True, slots=True)
class Sent:
    """An input as it is counted; ``person`` and ``body`` tell them apart and are never shown."""

    number: int
    person: str
    name: str = ""
    body: str = ""
    organization: str = ""
    words: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """What one person or body sent; ``others`` are the bodies of a person, or none."""

    name: str
    inputs: int
    words: int
    share: float
    others: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """People, organizations and inputs, each counted for themselves, and the words of each.

    ``most_by_one`` is the share of the person who wrote most, who is named only where they agreed.
    """

    inputs: int
    people: int
    organizations: int
    words: int
    most_by_one: float
    persons: Sequence[Share]
    bodies: Sequence[Share]


def tally(sent: Iterable[Sent]) -> Tally:
    """Count what was published of a consultation."""
    rows = list(sent)
    total = sum(each.words for each in rows)
    by_person = Counter[str]()
    for each in rows:
        by_person[each.person] += each.words
    most = max(by_person.values(), default=0)
    named = [each for each in rows if each.name]
    bodied = [each for each in rows if each.body]
    return Tally(
        inputs=len(rows),
        people=len(by_person),
        organizations=len({each.body for each in bodied}),
        words=total,
        most_by_one=most / total if total else 0.0,
        persons=_shares(((each.person, each.name, each) for each in named), total, bodies=True),
        bodies=_shares(((each.body, each.organization, each) for each in bodied), total),
    )


def _shares(
    rows: Iterable[tuple[str, str, Sent]], total: int, *, bodies: bool = False
) -> tuple[Share, ...]:
    kept: dict[str, list[tuple[str, Sent]]] = {}
    for key, name, each in rows:
        kept.setdefault(key, []).append((name, each))
    made = []
    for several in kept.values():
        words = sum(each.words for _, each in several)
        names = dict.fromkeys(each.organization for _, each in several if each.organization)
        share = words / total if total else 0.0
        made.append(
            Share(several[0][0], len(several), words, share, tuple(names) if bodies else ())
        )
    return tuple(sorted(made, key=lambda each: (-each.words, each.name)))
