"""A selection of a meeting's registrations, and the mark at which a list goes on."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from app.policy.people import Category
from app.policy.registration import Mode, RegistrationState

LONGEST_CURSOR: Final = 200


class SelectionFault(StrEnum):
    """What is wrong with how a selection was asked for."""

    CURSOR = "not-a-cursor"


class MailingReason(StrEnum):
    """Why a letter to a selection is not sent."""

    CHANGED = "selection-changed"
    NOBODY = "selection-empty"


class Outcome(StrEnum):
    """What became of one letter of a mailing."""

    WAITS = "waits"
    SENT = "sent"
    GIVEN_UP = "given-up"
    FORGOTTEN = "forgotten"  # letters are kept for a while only


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for; nothing asked selects all. ``text`` is in a name, body or reference."""

    state: RegistrationState | None = None
    category: Category | None = None
    entity_id: UUID | None = None
    mode: Mode | None = None
    text: str = ""

    def facts(self) -> dict[str, str]:
        """What was asked, for the record."""
        said = {
            "state": self.state,
            "category": self.category,
            "entity": self.entity_id,
            "mode": self.mode,
            "text": self.text,
        }
        return {name: str(value) for name, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page: the next page begins after it, whatever came or went meanwhile."""

    at: datetime
    key: UUID

    def __str__(self) -> str:
        said = f"{self.at.isoformat()} {self.key}"
        return urlsafe_b64encode(said.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what is no cursor of ours."""
        if len(text) > LONGEST_CURSOR:
            return None
        try:
            said = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
            at, _, key = said.partition(" ")
            found = cls(datetime.fromisoformat(at), UUID(key))
        except (ValueError, NotBase64):
            return None
        return found if found.at.tzinfo else None
