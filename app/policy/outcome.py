"""From inputs to outcome: how a summary is agreed, what may cite, and what becomes of an input."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.policy.text import TextFault, clean, fault, number_of

LONGEST: Final = 5000
"""Characters of a paragraph of a summary."""
LONGEST_WHY: Final = 1000
LONGEST_PARAGRAPH: Final = 200
MOST_PARAGRAPHS: Final = 500
MOST_CITED: Final = 500
MOST_AT_ONCE: Final = 500
"""Inputs that get a disposition in one go."""
MOST_PRESENT: Final = 100_000


class Agreement(StrEnum):
    """Where a brief summary stands."""

    DRAFT = "draft"
    PRESENTED = "presented"
    AGREED = "agreed"


class Citing(StrEnum):
    """What may rest on an input."""

    SUMMARY = "summary"
    AGENDA_ITEM = "agenda_item"
    MINUTES = "minutes"


class DispositionKind(StrEnum):
    """What became of an input."""

    CONSIDERED = "considered"
    REFLECTED = "reflected"
    PARTLY = "partly"
    NOTED = "noted"
    NOT_TAKEN_UP = "not_taken_up"


class SummaryReason(StrEnum):
    """Why a summary is not written, presented or agreed now."""

    NOT_WRITING = "summary-not-writing"
    NOT_DRAFT = "summary-not-draft"
    NOT_PRESENTED = "summary-not-presented"
    IS_DRAFT = "summary-is-draft"
    EMPTY = "summary-empty"
    UNCITED = "summary-uncited"
    TOO_MANY = "summary-too-many"


class OutcomeReason(StrEnum):
    """Why a disposition is not set now."""

    CHANGED = "disposition-changed"
    WITHDRAWN = "disposition-withdrawn"


class OutcomeFault(StrEnum):
    """What is wrong with what was typed of summaries, citations and dispositions."""

    NO_ITEM = "outcome-no-item"
    NO_SUCH_ITEM = "outcome-no-such-item"
    NO_PARAGRAPH = "outcome-no-paragraph"
    NO_WHY = "outcome-no-why"
    NO_INPUT = "outcome-no-input"
    NO_SUCH_INPUT = "outcome-no-such-input"
    NO_SUCH_PASSAGE = "outcome-no-such-passage"
    TOO_MANY = "outcome-too-many"
    PRESENT = "outcome-present"
    WHEN = "outcome-when"
    NUMBERS = "outcome-numbers"


NAMES_ITEM: Final = frozenset({DispositionKind.CONSIDERED})
NAMES_PARAGRAPH: Final = frozenset({DispositionKind.REFLECTED, DispositionKind.PARTLY})
GIVES_REASON: Final = frozenset({DispositionKind.PARTLY, DispositionKind.NOT_TAKEN_UP})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be said of an input: ``item`` by its number, ``paragraph`` as a report has it."""

    kind: DispositionKind
    item: int | None = None
    paragraph: str = ""
    why: str = ""

    def cleaned(self) -> "Wanted":
        return Wanted(self.kind, self.item, clean(self.paragraph), clean(self.why))


def faults(wanted: Wanted) -> dict[str, str]:
    """What is wrong with a cleaned disposition, by field; that the item is there is not looked at.

    Considered names an item; reflected and partly a paragraph; partly and not taken up a reason.
    """
    found: dict[str, str] = {}
    if wanted.kind in NAMES_ITEM and wanted.item is None:
        found["item"] = OutcomeFault.NO_ITEM
    if wrong := fault(wanted.paragraph, LONGEST_PARAGRAPH):
        found["paragraph"] = wrong
    elif wanted.kind in NAMES_PARAGRAPH and _nothing(wanted.paragraph):
        found["paragraph"] = OutcomeFault.NO_PARAGRAPH
    if wrong := fault(wanted.why, LONGEST_WHY, lines=True):
        found["why"] = wrong
    elif wanted.kind in GIVES_REASON and _nothing(wanted.why):
        found["why"] = OutcomeFault.NO_WHY
    return found


def _nothing(text: str) -> bool:
    return fault(text, LONGEST_WHY, required=True, lines=True) is TextFault.MISSING


@dataclass(frozen=True, slots=True)
class Completion:
    """How many of the inputs that stand have an answer."""

    answered: int = 0
    inputs: int = 0

    def __add__(self, other: "Completion") -> "Completion":
        return Completion(self.answered + other.answered, self.inputs + other.inputs)

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where nothing came."""
        return self.answered / self.inputs if self.inputs else None


def uncited(paragraphs: Sequence[tuple[int, Collection[int]]]) -> list[int]:
    """The numbers of paragraphs that rest on no input."""
    return [number for number, inputs in paragraphs if not inputs]


def numbers_of(text: str) -> list[int] | None:
    """Numbers as people type them: ``3, 5 8-10``; None where there is something else."""
    found: list[int] = []
    for each in text.replace(",", " ").replace(";", " ").replace("–", "-").split():
        first, dash, last = each.partition("-")
        begins, until = number_of(first), number_of(last if dash else first)
        if begins is None or until is None:
            return None
        if not 0 < begins <= until or until - begins > MOST_CITED:
            return None
        found += range(begins, until + 1)
        if len(found) > 2 * MOST_CITED:
            return None
    return list(dict.fromkeys(found))
