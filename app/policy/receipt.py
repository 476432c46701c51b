"""Receipts of inputs: what one says, and every check that needs the file alone.

A receipt holds its entry in the log, the proof that leads from the entry's leaf to a head of the
log, and that head, signed. Whoever has the file needs the fingerprint of the service's key from
elsewhere, and neither the service nor a network.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, TypeAlias

from app.policy import merkle
from app.policy.canonical import canonical
from app.policy.certificate import Flaw, opened, signed

RECEIPT: Final = "cwg-receipt"
ENTRY: Final = "cwg-entry"
HEAD: Final = "cwg-head"
CONSISTENCY: Final = "cwg-consistency"
FORMAT: Final = 1
DIGITS: Final = 64
LONGEST_PROOF: Final = 64
LARGEST: Final = 2**31  # what a column holds
SALT_BYTES: Final = 16
REFERENCE_BYTES: Final = 15
TEXT_PARTS: Final = frozenset({"consultation", "language", "summary", "answers", "free"})

Verify: TypeAlias = Callable[[bytes, bytes, bytes], bool]


class Check(StrEnum):
    """One thing that was looked at; each has a sentence for both of its outcomes."""

    FORM = "form"
    KEY = "key"
    SIGNATURE = "signature"
    ENTRY = "entry"
    PLACE = "place"
    HELD = "held"
    HELD_NEEDS_PROOF = "held-needs-proof"
    TEXT = "text"
    TEXT_PART = "text-part"
    KNOWN = "known"
    LENGTH = "length"
    LOG = "log"
    NEWEST = "newest"
    ROW = "row"
    STORED = "stored"
    STORED_PART = "stored-part"
    ERASED = "erased"
    PUBLISHED = "published"
    PUBLISHED_PART = "published-part"


class Happened(StrEnum):
    """A step of an input, as its author follows it."""

    RECEIVED = "received"
    CARRIED = "carried"
    REVISED = "revised"
    PUBLISHED = "published"
    NOT_PUBLISHED = "not-published"
    WITHDRAWN = "withdrawn"
    PRESENTED = "presented"
    NOT_COME = "not-come"
    SUMMARIZED = "summarized"
    CONSIDERED = "considered"
    CONSIDERED_ELSEWHERE = "considered-elsewhere"
    REFLECTED = "reflected"
    PARTLY = "partly"
    NOTED = "noted"
    NOT_TAKEN_UP = "not-taken-up"


@dataclass(frozen=True, slots=True)
class Step:
    """What happened, or is going to, at a moment; ``facts`` go into its sentence."""

    at: datetime
    what: Happened
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found; ``facts`` go into its sentence."""

    check: Check
    holds: bool
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """The log at one moment: its size, and the hash over all of it."""

    size: int
    root: bytes
    at: str

    def statement(self) -> dict[str, Any]:
        """What is signed."""
        return {
            "kind": HEAD,
            "version": FORMAT,
            "size": self.size,
            "root": self.root.hex(),
            "at": self.at,
        }


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt that was read; nothing of it is believed yet."""

    reference: str
    entry: Mapping[str, Any]
    index: int
    leaf: bytes
    proof: Sequence[bytes]
    head: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": RECEIPT,
            "format": FORMAT,
            "reference": self.reference,
            "entry": dict(self.entry),
            "index": self.index,
            "leaf": self.leaf.hex(),
            "proof": [each.hex() for each in self.proof],
            "head": dict(self.head),
        }

    @property
    def facts(self) -> dict[str, str | int]:
        """What the entry says of itself, for sentences; cut where somebody made it long."""
        return {name: _short(self.entry.get(name, "")) for name in _SAID} | {
            "index": self.index + 1
        }


_SAID: Final = ("consultation", "number", "version", "received_at", "digest", "edition")


def _short(value: object) -> str | int:
    """What can be shown and encoded, whatever it was."""
    if isinstance(value, int) and abs(value) < LARGEST:
        return value
    return str(value)[:200].encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class Consistency:
    """The proof that a log of one size begins with the log of another."""

    first: int
    second: int
    proof: Sequence[bytes]

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": CONSISTENCY,
            "format": FORMAT,
            "first": self.first,
            "second": self.second,
            "proof": [each.hex() for each in self.proof],
        }


# What is committed to.


def entry(
    *,
    salt: str,
    content: Mapping[str, Any],
    digest: str,
    number: int,
    version: int,
    received_at: datetime,
    edition: str,
    edition_digest: str,
    revision: int,
) -> dict[str, Any]:
    """What a leaf commits to. It names nobody; without the salt it cannot be guessed from a hash.

    ``edition`` and its digest are of the rule under which it was received, ``revision`` of the
    consultation as it was answered.
    """
    return {
        "kind": ENTRY,
        "format": FORMAT,
        "salt": salt,
        "consultation": str(content["consultation"]),
        "number": number,
        "version": version,
        "digest": digest,
        "parts": parts(content, salt),
        "received_at": moment(received_at),
        "edition": edition,
        "edition_digest": edition_digest,
        "revision": revision,
    }


def leaf(told: Mapping[str, Any]) -> bytes:
    """The hash of an entry's leaf."""
    return merkle.leaf(canonical(told))


def parts(content: Mapping[str, Any], salt: str) -> dict[str, dict[str, Any]]:
    """A salted digest for each part of a content, so that a check can name the part that differs.

    SHA-256 over the salt, the part's name and its canonical spelling, a line each.
    """
    return {
        name: {
            "sha256": sha256(f"{salt}\n{name}\n".encode() + canonical(value)).hexdigest(),
            "bytes": bytes_of(value),
        }
        for name, value in pieces(content).items()
    }


def bytes_of(value: object) -> int:
    return len(value.encode()) if isinstance(value, str) else len(canonical(value))


def pieces(content: Mapping[str, Any]) -> dict[str, Any]:
    """A content by the names of its parts: ``summary``, ``answers/2``, ``attachments/1``."""
    found: dict[str, Any] = {}
    for name, value in content.items():
        match value:
            case dict():
                found |= {f"{name}/{key}": each for key, each in value.items()}
            case list():
                found |= {f"{name}/{place}": each for place, each in enumerate(value, 1)}
            case _:
                found[name] = value
    return found


def differing(
    received: Mapping[str, Mapping[str, Any]], content: Mapping[str, Any], salt: str
) -> list[dict[str, str | int]]:
    """The parts of a content that are not as they were received, with their sizes in bytes."""
    now = parts(content, salt)
    return [
        {
            "part": str(name)[:200],
            "was": _size(received.get(name)),
            "now": _size(now.get(name)),
        }
        for name in sorted({*received, *now})
        if received.get(name) != now.get(name)
    ]


def _size(part: Mapping[str, Any] | None) -> int:
    size = part.get("bytes", 0) if isinstance(part, Mapping) else 0
    return size if isinstance(size, int) else 0


def moment(at: datetime) -> str:
    """A moment as it is signed and hashed: UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def sign_head(head: Head, signer: Callable[[bytes], str], public: bytes) -> str:
    return json.dumps(signed(head.statement(), signer, public), ensure_ascii=False)


def written(told: Mapping[str, Any]) -> str:
    """A file as people open it."""
    return json.dumps(told, indent=1, ensure_ascii=False)


# What is read: anybody may have written it.


def parsed(text: str) -> Any:  # noqa: ANN401 - whatever a file holds
    """The JSON of a file, or None."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def kind_of(told: Any) -> str:  # noqa: ANN401 - whatever a file holds
    """The word by which a file says what it is; empty where it says nothing."""
    if not isinstance(told, dict):
        return ""
    statement = told.get("statement")
    kind = statement.get("kind") if isinstance(statement, dict) else told.get("kind")
    return kind if isinstance(kind, str) else ""


def receipt_of(told: Any) -> Receipt | None:  # noqa: ANN401 - whatever a file holds
    if kind_of(told) != RECEIPT or told.get("format") != FORMAT:
        return None
    said, head, reference = told.get("entry"), told.get("head"), told.get("reference")
    if not (isinstance(said, dict) and isinstance(head, dict) and isinstance(reference, str)):
        return None
    index, hashed, proof = _count(told.get("index")), _hash(told.get("leaf")), _proof(told)
    if index is None or hashed is None or proof is None or said.get("kind") != ENTRY:
        return None
    return Receipt(reference, said, index, hashed, proof, head)


def consistency_of(told: Any) -> Consistency | None:  # noqa: ANN401 - whatever a file holds
    if kind_of(told) != CONSISTENCY or told.get("format") != FORMAT:
        return None
    first, second, proof = _count(told.get("first")), _count(told.get("second")), _proof(told)
    if first is None or second is None or proof is None:
        return None
    return Consistency(first, second, proof)


def content_of(told: Any) -> Mapping[str, Any] | None:  # noqa: ANN401 - whatever a file holds
    """The content of a version: the file itself, or what it has under ``content``."""
    if not isinstance(told, dict):
        return None
    inner = told.get("content")
    found = inner if isinstance(inner, dict) else told
    return found if found.keys() >= TEXT_PARTS else None


def head_of(
    told: Any,  # noqa: ANN401 - whatever a file holds
    expected: str,
    verify: Verify,
) -> Head | Flaw:
    """A head, if it is signed by the key with this fingerprint; see ``certificate.opened``."""
    statement = opened(told, HEAD, expected, verify)
    if isinstance(statement, Flaw):
        return statement
    size, root = _count(statement.get("size")), _hash(statement.get("root"))
    if size is None or root is None or statement.get("version") != FORMAT:
        return Flaw.NOT_A_CERTIFICATE
    return Head(size, root, str(statement.get("at", "")))


def _count(value: object) -> int | None:
    right = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST
    return value if right and isinstance(value, int) else None


def _hash(value: object) -> bytes | None:
    if not isinstance(value, str) or len(value) != DIGITS or not value.isascii():
        return None
    try:
        return bytes.fromhex(value)
    except ValueError:
        return None


def _proof(told: Mapping[str, Any]) -> list[bytes] | None:
    said = told.get("proof")
    if not isinstance(said, list) or len(said) > LONGEST_PROOF:
        return None
    found = [hashed for each in said if (hashed := _hash(each)) is not None]
    return found if len(found) == len(said) else None


# What is checked offline.


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found, in order; ``head`` is there once its signature holds."""

    findings: Sequence[Finding]
    head: Head | None = None

    @property
    def holds(self) -> bool:
        return all(each.holds for each in self.findings)


def examine(found: Receipt, expected: str, verify: Verify) -> Examined:
    """Whether a receipt proves what it says, to whoever trusts the key with this fingerprint."""
    findings, head = signature(found.head, expected, verify)
    if head is None:
        return Examined(findings)
    try:
        said = leaf(found.entry)
    except (ValueError, RecursionError):
        said = b""
    included = merkle.includes(head.root, head.size, found.index, found.leaf, found.proof)
    more = (
        Finding(Check.ENTRY, said == found.leaf, found.facts),
        Finding(Check.PLACE, included, found.facts | {"size": head.size}),
    )
    return Examined((*findings, *more), head)


def signature(told: Any, expected: str, verify: Verify) -> tuple[list[Finding], Head | None]:  # noqa: ANN401 - whatever a file holds
    """Whose key signed a head, and whether it was altered since."""
    head = head_of(told, expected, verify)
    key: dict[str, str | int] = {"key": _print_of(told), "expected": expected[:100]}
    match head:
        case Flaw.NOT_A_CERTIFICATE:
            return [Finding(Check.FORM, holds=False)], None
        case Flaw.OTHER_KEY:
            return [Finding(Check.KEY, holds=False, facts=key)], None
        case Flaw.BAD_SIGNATURE:
            by = Finding(Check.KEY, holds=True, facts=key)
            return [by, Finding(Check.SIGNATURE, holds=False)], None
        case Head():
            pass
    facts: dict[str, str | int] = {
        "size": head.size,
        "root": head.root.hex(),
        "at": _short(head.at),
    }
    by = Finding(Check.KEY, holds=True, facts=key)
    return [by, Finding(Check.SIGNATURE, holds=True, facts=facts)], head


def _print_of(told: Any) -> str | int:  # noqa: ANN401 - whatever a file holds
    """What a file says its key is; the check has computed it for itself."""
    try:
        return _short(told["signature"]["fingerprint"])
    except (KeyError, TypeError):
        return ""


def compare(one: Head, other: Head, proof: Consistency | None) -> Finding:
    """Whether the longer of two logs begins with all of the shorter."""
    first, second = sorted((one, other), key=lambda head: head.size)
    facts: dict[str, str | int] = {"first": first.size, "second": second.size}
    if proof is None and 0 < first.size < second.size:
        return Finding(Check.HELD_NEEDS_PROOF, holds=False, facts=facts)
    fits = proof is None or (proof.first, proof.second) == (first.size, second.size)
    path = proof.proof if proof else ()
    holds = fits and merkle.extends(first.size, first.root, second.size, second.root, path)
    return Finding(Check.HELD, holds, facts)


def against_text(found: Receipt, content: Mapping[str, Any]) -> list[Finding]:
    """Whether a content is the one that a receipt is of, and which parts are not."""
    try:
        same = sha256(canonical(content)).hexdigest() == found.entry.get("digest")
        received, salt = found.entry.get("parts"), str(found.entry.get("salt", ""))
        apart = differing(received if isinstance(received, dict) else {}, content, salt)
    except (ValueError, RecursionError, TypeError, AttributeError):
        return [Finding(Check.FORM, holds=False)]
    if same:
        return [Finding(Check.TEXT, holds=True, facts=found.facts)]
    return [
        Finding(Check.TEXT, holds=False, facts=found.facts),
        *(Finding(Check.TEXT_PART, holds=False, facts=each) for each in apart),
    ]
