"""Allowed or denied, by which clause, on what facts, and what would change it: as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeAlias

from app.policy.parts import Part, Right
from app.policy.people import Capacity, Category, Function


class ClauseKind(StrEnum):
    """Where the words of a clause come from."""

    TEXT = "text"
    INSTRUMENT = "instrument"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Clause:
    """A passage that a decision rests on; the paraphrase is ours, not the text."""

    id: str
    label: str
    paraphrase: str
    kind: ClauseKind = ClauseKind.TEXT


class Reason(StrEnum):
    """Why the answer is what it is; the sentence for it lives in the catalogue."""

    NAMED = "named"
    PUBLIC = "public"
    RES_99 = "res-99"
    FUNCTION = "function"
    INVITATION = "invitation"
    NOT_NAMED = "not-named"
    NO_SUCH_PART = "no-such-part"
    NOT_IN_THIS_PART = "not-in-this-part"
    NOT_IDENTIFIED = "not-identified"
    NOT_REGISTERED = "not-registered"
    NOT_APPROVED = "not-approved"
    MEMBERSHIP_ENDED = "membership-ended"
    NOT_YET_OPEN = "not-yet-open"


class Ground(StrEnum):
    """What an allowance stands on; a certificate lists those in service apart."""

    CATEGORY = "category"
    FUNCTION = "function"
    INVITATION = "invitation"


class Fact(StrEnum):
    """What was looked at, or would have to become true."""

    CATEGORY = "category"
    FUNCTION = "function"
    INVITATION = "invitation"
    IDENTITY = "identity"
    MEMBERSHIP = "membership"
    REGISTRATION = "registration"
    APPROVAL = "approval"
    OPENING = "opening"
    PRESENCE = "presence"


class Remedy(StrEnum):
    """What the person can do next."""

    NONE = "none"
    SIGN_IN = "sign-in"
    REGISTER = "register"
    REGISTER_FOR_ENTITY = "register-for-entity"
    AWAIT_APPROVAL = "await-approval"
    ASK_ENTITY_TO_JOIN = "ask-entity-to-join"
    ATTEND_OPEN_PART = "attend-open-part"
    ATTEND_IN_PERSON = "attend-in-person"
    ANOTHER_PART = "another-part"
    SEND_WRITTEN_INPUT = "send-written-input"
    WAIT_FOR_OPENING = "wait-for-opening"


@dataclass(frozen=True, slots=True)
class Allowed:
    """Yes, by this clause; ``capacity`` is set where the clause admits in that capacity only."""

    edition: str
    part: Part
    right: Right
    category: Category
    clause: Clause
    reason: Reason
    ground: Ground
    used: tuple[Fact, ...]
    function: Function | None = None
    capacity: Capacity | None = None

    def __bool__(self) -> Literal[True]:
        return True

    @property
    def missing(self) -> tuple[Fact, ...]:
        """Nothing is missing to someone who is allowed."""
        return ()

    @property
    def remedy(self) -> Remedy:
        """Nothing needs to be done by someone who is allowed."""
        return Remedy.NONE


@dataclass(frozen=True, slots=True)
class Denied:
    """No, by this clause; ``named`` are those who may, ``elsewhere`` where this category may."""

    edition: str
    part: Part
    right: Right
    category: Category
    clause: Clause
    reason: Reason
    used: tuple[Fact, ...]
    missing: tuple[Fact, ...]
    remedy: Remedy
    named: tuple[Category, ...] = ()
    elsewhere: tuple[Part, ...] = ()

    def __bool__(self) -> Literal[False]:
        return False


Decision: TypeAlias = Allowed | Denied


def record(decision: Decision) -> Mapping[str, object]:
    """The decision in plain values, for JSON: identifiers, never sentences."""
    plain: dict[str, object] = {
        "allowed": bool(decision),
        "edition": decision.edition,
        "part": decision.part.value,
        "right": decision.right.value,
        "category": decision.category.value,
        "clause": decision.clause.label,
        "clause_id": decision.clause.id,
        "clause_kind": decision.clause.kind.value,
        "paraphrase": decision.clause.paraphrase,
        "reason": decision.reason.value,
        "facts_used": [fact.value for fact in decision.used],
        "facts_missing": [fact.value for fact in decision.missing],
        "remedy": decision.remedy.value,
    }
    if isinstance(decision, Denied):
        return plain | {
            "named": [category.value for category in decision.named],
            "elsewhere": [part.value for part in decision.elsewhere],
        }
    return plain | {
        "ground": decision.ground.value,
        "function": decision.function and decision.function.value,
        "capacity": decision.capacity and decision.capacity.value,
    }


def denied(plain: Mapping[str, Any]) -> Denied:
    """The denial that ``record`` wrote: what a repeated wish is told again."""
    return Denied(
        edition=plain["edition"],
        part=Part(plain["part"]),
        right=Right(plain["right"]),
        category=Category(plain["category"]),
        clause=Clause(
            plain["clause_id"],
            plain["clause"],
            plain["paraphrase"],
            ClauseKind(plain["clause_kind"]),
        ),
        reason=Reason(plain["reason"]),
        used=tuple(Fact(fact) for fact in plain["facts_used"]),
        missing=tuple(Fact(fact) for fact in plain["facts_missing"]),
        remedy=Remedy(plain["remedy"]),
        named=tuple(Category(category) for category in plain["named"]),
        elsewhere=tuple(Part(part) for part in plain["elsewhere"]),
    )
