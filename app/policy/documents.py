"""Documents of a meeting: what they are, their numbers, and for whom they are (R15, A18)."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from app.policy import text
from app.policy.access import decide
from app.policy.decision import Decision
from app.policy.edition import Edition
from app.policy.parts import Part, Right
from app.policy.people import Category, Standing

TITLE: Final = 300
SOURCE: Final = 200
WHY: Final = 1000
SYMBOL: Final = 40
LANGUAGES: Final = frozenset({"ar", "en", "es", "fr", "ru", "zh"})


class DocumentClass(StrEnum):
    """What a document is, in the words of the register."""

    AGENDA = "agenda"
    CONTRIBUTION = "contribution"
    CONSULTATION_OUTPUT = "consultation_output"
    REPORT = "report"
    DRAFT_REPORT = "draft_report"
    ACTIVITY_REPORT = "activity_report"
    LIAISON = "liaison"
    ADMINISTRATIVE = "administrative"
    INFORMATION = "information"


class Relation(StrEnum):
    """How a document goes with the one whose number it bears."""

    ORIGINAL = "original"
    REVISION = "revision"
    ADDENDUM = "addendum"
    CORRIGENDUM = "corrigendum"


class DocumentState(StrEnum):
    """Filed, posted, returned to whoever filed it, or taken back: a number is not given again."""

    FILED = "filed"
    POSTED = "posted"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


class DocumentReason(StrEnum):
    """Why a document does not go on; sentences are in ``app.reasons``."""

    NO_SUCH_STEP = "document-no-such-step"
    NO_TEXT = "document-no-text"
    NO_BODY = "document-no-body"
    OF_ANOTHER_BODY = "document-of-another-body"
    CHANGED = "document-changed"
    SYMBOL_SETTLED = "document-symbol-settled"
    SYMBOL_TAKEN = "document-symbol-taken"


class DocumentFault(StrEnum):
    """What is wrong with a field, beside its text; the sentence lives in the catalogue."""

    LANGUAGE = "document-language"
    CHOICE = "document-choice"
    ITEM = "document-item"
    PART = "document-part"
    PART_WHY = "document-part-why"
    BASE = "document-base"
    SYMBOL = "document-symbol"
    TIME = "document-time"
    ZONE = "document-zone"


STEPS: Final[Mapping[DocumentState, frozenset[DocumentState]]] = {
    DocumentState.FILED: frozenset(
        {DocumentState.POSTED, DocumentState.RETURNED, DocumentState.WITHDRAWN}
    ),
    DocumentState.RETURNED: frozenset({DocumentState.FILED, DocumentState.WITHDRAWN}),
    DocumentState.POSTED: frozenset({DocumentState.WITHDRAWN}),
    DocumentState.WITHDRAWN: frozenset(),
}
"""Where a document may go from where it is: one that was withdrawn stays so."""
BEING_PREPARED: Final = frozenset({DocumentState.FILED, DocumentState.RETURNED})


# Numbers.


SHORT: Final[Mapping[Relation, tuple[str, str]]] = {
    Relation.REVISION: ("rev", "Rev."),
    Relation.ADDENDUM: ("add", "Add."),
    Relation.CORRIGENDUM: ("cor", "Cor."),
}
_PATH: Final = re.compile(r"([1-9][0-9]{0,5})(?:-(rev|add|cor)([1-9][0-9]{0,3}))?")
_SYMBOL: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-.][A-Za-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Number:
    """The number of a document in its meeting: ``3``, or ``3`` and its first revision."""

    number: int
    relation: Relation = Relation.ORIGINAL
    place: int = 0

    @classmethod
    def read(cls, path: str) -> Self | None:
        """From the address, ``3`` or ``3-rev1``; None where it is none of ours."""
        found = _PATH.fullmatch(path)
        if found is None:
            return None
        number, short, place = found.groups()
        if short is None:
            return cls(int(number))
        relation = next(each for each, (name, _) in SHORT.items() if name == short)
        return cls(int(number), relation, int(place))

    @property
    def path(self) -> str:
        """As it stands in the permanent address."""
        if self.relation is Relation.ORIGINAL:
            return str(self.number)
        return f"{self.number}-{SHORT[self.relation][0]}{self.place}"

    def written(self, symbol: str) -> str:
        """As people cite it: ``CWG-Internet-20/3 Rev.1``."""
        base = f"{symbol}/{self.number}"
        if self.relation is Relation.ORIGINAL:
            return base
        return f"{base} {SHORT[self.relation][1]}{self.place}"


def symbol_of(symbol: str, slug: str) -> str:
    """The short symbol of a meeting: as it was given or, without one, its address in capitals.

    Never from a date or an ordinal: those that are published contradict each other.
    """
    return symbol or slug.upper()


def is_symbol(symbol: str) -> bool:
    return len(symbol) <= SYMBOL and bool(_SYMBOL.fullmatch(symbol))


# For whom.


def readable(edition: Edition, standing: Standing, part: Part) -> Decision:
    """Whether someone of this standing may read a document of this part (A18)."""
    return decide(edition, standing, part, Right.READ)


def may_contribute(edition: Edition, standing: Standing, part: Part) -> Decision:
    """Whether someone of this standing files contributions to this part (R15, A9)."""
    return decide(edition, standing, part, Right.FILE_CONTRIBUTION)


def is_public(edition: Edition, part: Part) -> bool:
    """Whether everyone may read documents of this part, known to the service or not."""
    return bool(readable(edition, Standing(Category.PUBLIC), part))


def restricted(edition: Edition) -> tuple[Part, ...]:
    """The parts whose documents are not for everyone."""
    return tuple(each for each in edition.parts if not is_public(edition, each))


def default_part(edition: Edition, of_item: Part | None = None) -> Part:
    """The part of its agenda item; of a document for no item, the first half, or the whole."""
    if of_item is not None:
        return of_item
    return Part.FIRST_HALF if Part.FIRST_HALF in edition.parts else Part.WHOLE


def departs(edition: Edition, part: Part, default: Part) -> bool:
    """Whether its audience is another one than that of its place in the agenda: it takes a reason.

    A document is kept from people by a reason, and shown to more of them by a reason.
    """
    return is_public(edition, part) is not is_public(edition, default)


def is_late(deadline: datetime | None, at: datetime) -> bool:
    """Whether what came at this moment is late; the first instant of the deadline is."""
    return deadline is not None and at >= deadline


# What is filed.


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as somebody files or corrects it.

    ``item`` is the number of the agenda item, ``base`` the number of the document that it revises,
    adds to or corrects; ``part`` is None where the agenda says it.
    """

    titles: Mapping[str, str]
    document_class: DocumentClass = DocumentClass.CONTRIBUTION
    source: str = ""
    item: int | None = None
    part: Part | None = None
    part_why: str = ""
    relation: Relation = Relation.ORIGINAL
    base: str = ""

    def cleaned(self) -> Self:
        """The same in one spelling; titles that say nothing are none."""
        titles = {language: text.clean(said) for language, said in self.titles.items()}
        return replace(
            self,
            titles={language: said for language, said in titles.items() if said},
            source=text.clean(self.source),
            part_why=text.clean(self.part_why),
            base=self.base.strip(),
        )

    def faults(self, parts: Collection[Part]) -> dict[str, str]:
        """What is wrong with it by itself, by field."""
        found: dict[str, str | None] = {
            f"title-{language}": _fault_of_title(language, said)
            for language, said in self.titles.items()
        }
        if not self.titles:
            found["title"] = text.TextFault.MISSING
        found["source"] = text.fault(self.source, SOURCE)
        found["part_why"] = text.fault(self.part_why, WHY, lines=True)
        if self.part is not None and self.part not in parts:
            found["part"] = DocumentFault.PART
        if (self.relation is Relation.ORIGINAL) is bool(self.base):
            found["base"] = DocumentFault.BASE
        return {name: fault for name, fault in found.items() if fault}


def _fault_of_title(language: str, said: str) -> str | None:
    if language not in LANGUAGES:
        return DocumentFault.LANGUAGE
    return text.fault(said, TITLE, required=True)


def title_in(titles: Mapping[str, str], language: str) -> tuple[str, str]:
    """A title in the reader's language, in English, or in whichever there is; and which it is."""
    for one in (language, "en", *sorted(titles)):
        if said := titles.get(one):
            return said, one
    return "", "en"


# What is asked for.


class Order(StrEnum):
    """How a register is sorted."""

    NUMBER = "number"
    POSTED = "posted"
    CLASS = "class"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader wants to see of a register; what is left out selects all."""

    document_class: DocumentClass | None = None
    item: int | None = None
    language: str = ""
    text: str = ""
    order: Order = Order.NUMBER
    descending: bool = field(default=False)

    @property
    def narrows(self) -> bool:
        return any((self.document_class, self.item is not None, self.language, self.text.strip()))
