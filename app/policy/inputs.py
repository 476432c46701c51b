"""What a stakeholder sends in: how far it is, and what of it may be shown."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from app.policy.canonical import canonical
from app.policy.consultation import Publishing


class InputState(StrEnum):
    """A draft is its authors' own; what was submitted is on record, whatever comes after."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"


class Consent(StrEnum):
    """What may be published; an input without consent is counted, and said to be there."""

    NAME_AND_TEXT = "name_and_text"
    ORGANIZATION_AND_TEXT = "organization_and_text"
    TEXT_ONLY = "text_only"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes with a version, named by what it holds."""

    name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a version says, and what its digest is of: it names nobody.

    ``answers`` are by the number of the question; ``consultation`` is the slug of what is answered.
    """

    consultation: str
    language: str
    summary: str = ""
    answers: Mapping[int, str] = field(default_factory=dict)
    free: str = ""
    attachments: tuple[Attached, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Values that JSON knows, as a version keeps them."""
        return {
            "consultation": self.consultation,
            "language": self.language,
            "summary": self.summary,
            "answers": {str(number): text for number, text in sorted(self.answers.items())},
            "free": self.free,
            "attachments": [asdict(each) for each in self.attachments],
        }


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical spelling of a version's content, hexadecimal."""
    return sha256(canonical(content)).hexdigest()


# What may be shown.


class Hidden(StrEnum):
    """Why an input of which everybody may know has no text."""

    CONSENT = "input-hidden-consent"
    WITHDRAWN = "input-hidden-withdrawn"


@dataclass(frozen=True, slots=True)
class InputFacts:
    """What the rule looks at in an input; ``disowned`` by whoever is named in it."""

    state: InputState
    consent: Consent
    disowned: bool = False


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """What the rule looks at in the consultation; ``closes_at`` as it stands now."""

    announced: bool
    publishing: Publishing
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """Which parts of an input everybody may have; without ``known`` there is no such input.

    ``body``: organization, country, group and category. ``name``: of the people, with job titles.
    ``files`` go with the body, as a file tells who made it in more ways than anybody checks.
    """

    known: bool = False
    text: bool = False
    body: bool = False
    name: bool = False
    files: bool = False
    hidden: Hidden | None = None


UNKNOWN: Final = Shown()


def shown(sent: InputFacts, asked: RoundFacts, now: datetime) -> Shown:
    """What everybody may have of an input at a moment; the one rule of every door.

    A draft is nobody's business, nor is anything before its consultation publishes. An input that
    was withdrawn, or whose author agreed to nothing, is counted and said to be there.
    """
    if sent.state is InputState.DRAFT or not publishes(asked, now):
        return UNKNOWN
    if sent.state is InputState.WITHDRAWN:
        return Shown(known=True, hidden=Hidden.WITHDRAWN)
    if sent.consent is Consent.NONE:
        return Shown(known=True, hidden=Hidden.CONSENT)
    if sent.consent is Consent.TEXT_ONLY:
        return Shown(known=True, text=True)
    named = sent.consent is Consent.NAME_AND_TEXT and not sent.disowned
    return Shown(known=True, text=True, body=True, name=named, files=True)


def publishes(asked: RoundFacts, now: datetime) -> bool:
    """Whether a consultation publishes what came: a deadline that is extended takes it back."""
    if not asked.announced:
        return False
    return asked.publishing is Publishing.WHILE_OPEN or now >= asked.closes_at
