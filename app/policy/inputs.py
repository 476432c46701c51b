"""What a stakeholder sends in: how far it is, and what of it may be shown."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any


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
        answers = {str(number): text for number, text in sorted(self.answers.items())}
        attached = [asdict(each) for each in self.attachments]
        return asdict(self) | {"answers": answers, "attachments": attached}


def canonical(content: Mapping[str, Any]) -> bytes:
    """The one spelling of a version's content, over which anyone may compute its digest again.

    JSON in UTF-8 with sorted names, no white space between, and characters as they are.
    """
    return json.dumps(
        content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical spelling, hexadecimal."""
    return sha256(canonical(content)).hexdigest()
