"""Passkeys: who must use one, and why one is not taken."""

from enum import StrEnum
from typing import Final

from app.policy.people import Function

NAME: Final = 60
MOST: Final = 10
BOUND: Final = frozenset({Function.CHAIR, Function.VICE_CHAIR, Function.SECRETARIAT})
"""Whoever holds one of these can open a part, close it, or decide who comes in."""


class PasskeyReason(StrEnum):
    """Why a passkey is not taken, or something else is not; sentences are in ``app.reasons``."""

    NEEDED = "passkey-needed"
    SIGN_IN_WITH_IT = "sign-in-with-passkey"
    STALE = "challenge-stale"
    UNPROVEN = "passkey-unproven"
    UNKNOWN = "passkey-unknown"
    ALREADY_THERE = "passkey-already-there"
    TOO_MANY = "too-many-passkeys"
