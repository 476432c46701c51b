"""What is wrong with how a program asks, whatever it asks for."""

from enum import StrEnum
from typing import Final

LONGEST_KEY: Final = 200


class RequestFault(StrEnum):
    """What is wrong with a request's own words; sentences are in ``app.reasons``."""

    KEY = "no-idempotency-key"
    KEY_REUSED = "idempotency-key-reused"
    CURSOR = "no-cursor"


def is_key(said: str) -> bool:
    """Whether this can be the key of a request: it is kept and compared as it was sent."""
    return 0 < len(said) <= LONGEST_KEY and all("!" <= sign <= "~" for sign in said)
