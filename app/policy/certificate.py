"""The certificate of a fence: a statement, its text, its signature, and the offline check."""

import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, Literal

from app.policy.canonical import canonical

KIND: Final = "cwg-certificate"


class Flaw(StrEnum):
    """What is wrong with a certificate."""

    NOT_A_CERTIFICATE = "not-a-certificate"
    OTHER_KEY = "other-key"
    BAD_SIGNATURE = "bad-signature"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is signed. People are named by the reference of their registration only."""

    id: str
    meeting: str
    from_sitting: str
    to_sitting: str
    epoch: int
    edition: str
    edition_digest: str
    frozen_at: str
    raised_at: str
    verified_at: str
    opened_at: str
    stayed: tuple[Mapping[str, Any], ...]
    in_service: tuple[Mapping[str, Any], ...]
    moved: tuple[Mapping[str, Any], ...]
    sockets_closed: int
    last_close_ms: float
    processes: int
    processes_lost: int
    hall: Mapping[str, Any]
    journal: Mapping[str, Any]
    kind: Literal["cwg-certificate"] = KIND
    version: int = 1


def fingerprint(public: bytes) -> str:
    """SHA-256 of a raw Ed25519 public key: its first 32 hexadecimal digits, in groups of four."""
    digits = sha256(public).hexdigest()
    return ":".join(digits[start : start + 4] for start in range(0, 32, 4))


def sign(statement: Statement, signer: Callable[[bytes], str], public: bytes) -> str:
    """The certificate as text: the statement beside its signature and the public key."""
    return json.dumps(signed(asdict(statement), signer, public), indent=1, ensure_ascii=False)


def signed(
    told: Mapping[str, Any], signer: Callable[[bytes], str], public: bytes
) -> dict[str, Any]:
    """A statement beside its signature and the public key."""
    return {
        "statement": dict(told),
        "signature": {
            "algorithm": "Ed25519",
            "public_key": b64encode(public).decode(),
            "fingerprint": fingerprint(public),
            "value": signer(canonical(told)),
        },
    }


def check(
    text: str, expected: str, verify: Callable[[bytes, bytes, bytes], bool]
) -> Mapping[str, Any] | Flaw:
    """The statement, if it is signed by the key with this fingerprint; the flaw otherwise.

    The fingerprint comes from outside the file (the service's page, a letter): a file could name
    any key. ``verify(public, message, signature)`` says whether an Ed25519 signature is right.
    """
    try:
        parts = json.loads(text)
    except (ValueError, RecursionError):
        return Flaw.NOT_A_CERTIFICATE
    return opened(parts, KIND, expected, verify)


def opened(
    parts: Any,  # noqa: ANN401 - whatever a file holds
    kind: str,
    expected: str,
    verify: Callable[[bytes, bytes, bytes], bool],
) -> Mapping[str, Any] | Flaw:
    """The same for what was read already, and for a statement of any kind."""
    try:
        statement, signature = parts["statement"], parts["signature"]
        public = b64decode(signature["public_key"], validate=True)
        value = b64decode(signature["value"], validate=True)
        message = canonical(statement)
    except (ValueError, KeyError, TypeError, NotBase64, RecursionError):
        return Flaw.NOT_A_CERTIFICATE
    if not isinstance(statement, dict) or statement.get("kind") != kind:
        return Flaw.NOT_A_CERTIFICATE
    if not same_key(fingerprint(public), expected):
        return Flaw.OTHER_KEY
    return statement if verify(public, message, value) else Flaw.BAD_SIGNATURE


def same_key(one: str, other: str) -> bool:
    """Whether two fingerprints are one, however they are written."""
    return _plain(one) == _plain(other)


def _plain(print_: str) -> str:
    return print_.replace(":", "").replace(" ", "").strip().lower()
