"""The life of a registration: submitted, approved or rejected, withdrawn; who owns each step."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from app.policy import text
from app.policy.people import Capacity, StakeholderGroup
from app.policy.refusal import No


class RegistrationState(StrEnum):
    SUBMITTED = "submitted"  # acknowledged, which is not a confirmation
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    NOMINATED = "nominated"  # put forward by the focal point; the person has not confirmed it yet


class Step(StrEnum):
    SUBMITTED = "submitted"
    EDITED = "edited"
    CONFIRMED = "confirmed"  # at once, without anybody's approval (A11)
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    ASKED = "asked"  # of the applicant, by whoever decides
    ANSWERED = "answered"
    REOPENED = "reopened"  # a decision was taken back
    NOMINATED = "nominated"
    ACCEPTED = "accepted"  # by the person who was put forward
    REPLACED = "replaced"  # the seat went to another delegate
    STEPPED_IN = "stepped_in"


class Owner(StrEnum):
    """Who holds a registration now."""

    APPLICANT = "applicant"
    FOCAL_POINT = "focal_point"
    SECRETARIAT = "secretariat"
    NOBODY = "nobody"


class Mode(StrEnum):
    IN_PERSON = "in_person"
    REMOTE = "remote"


class ClaimFault(StrEnum):
    """What is wrong with a claim, beside its texts; the sentence lives in the catalogue."""

    ENTITY_OR_GROUP = "entity-or-group"
    NEEDS_ENTITY = "needs-entity"
    FOR_ONESELF_ONLY = "for-oneself-only"
    UNKNOWN_ENTITY = "unknown-entity"
    UNKNOWN_COUNTRY = "unknown-country"
    NO_MODE = "no-mode"
    OTHER_MEETING = "other-meeting"
    TWICE = "twice"
    PLACES = "places"


class RegistrationReason(StrEnum):
    """Why a registration says no; sentences are in ``app.reasons``."""

    NOT_VERIFIED = "address-not-verified"
    NOT_YOURS = "not-your-registration"
    OWN_CLAIM = "own-claim"
    YOURSELF = "yourself"
    FOCAL_POINT_DECIDES = "focal-point-decides"
    SECRETARIAT_DECIDES = "secretariat-decides"
    CHANGED = "changed-meanwhile"
    DECIDED = "already-decided"
    REGISTERED = "already-registered"
    WITHDRAWN = "already-withdrawn"
    MEETING_OVER = "meeting-over"
    NOT_NOMINATED = "not-nominated"


class Ground(StrEnum):
    """Why a registration stands, for the record of acts."""

    NO_APPROVAL_NEEDED = "A11"
    OWN_FOCAL_POINT = "own-focal-point"
    FOCAL_POINT = "focal-point"
    SECRETARIAT = "secretariat"


@dataclass(frozen=True, slots=True)
class Claim:
    """What the person says; a category is not among it."""

    capacity: Capacity
    entity_id: UUID | None
    group: StakeholderGroup | None
    name: str
    organization: str
    country: str
    job_title: str
    modes: tuple[tuple[UUID, Mode], ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the track, as the person and those who decide may read it."""

    step: Step
    at: datetime
    by_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Track:
    """What has happened, who holds it now, and since when; names only of those who may act."""

    steps: tuple[Stage, ...]
    owner: Owner
    since: datetime
    owner_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decider:
    """Someone who would decide on a claim; focal points are counted without the applicant."""

    is_applicant: bool
    is_focal_point: bool
    is_secretariat: bool
    others_are_focal_points: bool


NAME: Final = 120
ORGANIZATION: Final = 160
JOB_TITLE: Final = 160
REASON: Final = 500
# A delegate speaks for an entity of the records; nobody is an individual on behalf of one.
FOR_AN_ENTITY: Final = frozenset({Capacity.DELEGATE, Capacity.OBSERVER, Capacity.EXPERT})
FOR_ONESELF: Final = frozenset({Capacity.INDIVIDUAL, Capacity.OBSERVER, Capacity.EXPERT})
LIVE: Final = frozenset({RegistrationState.SUBMITTED, RegistrationState.APPROVED})
# Since when a question waits; editing the claim is no answer to it.
OF_QUESTIONS: Final = frozenset({Step.ASKED, Step.ANSWERED})


def cleaned(claim: Claim) -> Claim:
    """The claim in one spelling: composed, trimmed, country codes in capitals."""
    return replace(
        claim,
        name=text.clean(claim.name),
        organization=text.clean(claim.organization),
        country=text.clean(claim.country).upper(),
        job_title=text.clean(claim.job_title),
    )


def faults(claim: Claim, sittings: Collection[UUID], countries: Collection[str]) -> dict[str, str]:
    """What is wrong with a cleaned claim, by field; ``sittings`` are those of the meeting."""
    alone = claim.entity_id is None
    found: dict[str, str | None] = {
        "entity_id": _fault_of_body(claim),
        "capacity": _fault_of_capacity(claim),
        "name": text.fault(claim.name, NAME, required=True),
        "organization": text.fault(claim.organization, ORGANIZATION, required=alone),
        "country": _fault_of_country(claim.country, countries, required=alone),
        "job_title": text.fault(claim.job_title, JOB_TITLE),
        "modes": _fault_of_modes(claim, sittings),
    }
    return {field: fault for field, fault in found.items() if fault}


def _fault_of_body(claim: Claim) -> ClaimFault | None:
    if (claim.entity_id is None) == (claim.group is None):
        return ClaimFault.ENTITY_OR_GROUP
    return None


def _fault_of_capacity(claim: Claim) -> ClaimFault | None:
    if claim.entity_id is None:
        return None if claim.capacity in FOR_ONESELF else ClaimFault.NEEDS_ENTITY
    return None if claim.capacity in FOR_AN_ENTITY else ClaimFault.FOR_ONESELF_ONLY


def _fault_of_country(code: str, known: Collection[str], *, required: bool) -> str | None:
    if code in known or not (code or required):
        return None
    return ClaimFault.UNKNOWN_COUNTRY if code else text.TextFault.MISSING


def _fault_of_modes(claim: Claim, sittings: Collection[UUID]) -> ClaimFault | None:
    chosen = [sitting for sitting, _ in claim.modes]
    if not set(chosen) <= set(sittings):
        return ClaimFault.OTHER_MEETING
    if len(set(chosen)) < len(chosen):
        return ClaimFault.TWICE
    return None if chosen else ClaimFault.NO_MODE


def fault_of_reason(reason: str) -> str | None:
    """What is wrong with the cleaned reason of a rejection: it must say something."""
    return text.fault(reason, REASON, required=True, lines=True)


def needs_approval(claim: Claim) -> bool:
    """Only a claim to represent an entity is approved; a stakeholder needs none (A11)."""
    return claim.entity_id is not None


def at_once(claim: Claim, *, by_focal_point: bool) -> Ground | None:
    """Why a claim is confirmed without anybody's approval; None where somebody must decide."""
    if not needs_approval(claim):
        return Ground.NO_APPROVAL_NEEDED
    return Ground.OWN_FOCAL_POINT if by_focal_point else None


def may_decide(decider: Decider) -> Literal[True] | No:
    """The entity's focal point decides or, where it has none, the secretariat; nobody one's own."""
    if decider.is_applicant:
        return No(RegistrationReason.OWN_CLAIM)
    if decider.others_are_focal_points:
        return decider.is_focal_point or No(RegistrationReason.FOCAL_POINT_DECIDES)
    return decider.is_secretariat or No(RegistrationReason.SECRETARIAT_DECIDES)


def may_know(decider: Decider) -> bool:
    """Whether a registration exists at all for this person."""
    return decider.is_applicant or decider.is_focal_point or decider.is_secretariat


def question_waits(steps: Iterable[Step]) -> bool:
    """Whether the applicant has been asked something and has not answered; steps in their order."""
    told = [step for step in steps if step in OF_QUESTIONS]
    return bool(told) and told[-1] is Step.ASKED


def owner(state: RegistrationState, *, has_focal_point: bool, asked: bool = False) -> Owner:
    """Who has to act next; the applicant while a question of those who decide waits for them."""
    match state:
        case RegistrationState.SUBMITTED if asked:
            return Owner.APPLICANT
        case RegistrationState.SUBMITTED:
            return Owner.FOCAL_POINT if has_focal_point else Owner.SECRETARIAT
        case RegistrationState.REJECTED | RegistrationState.NOMINATED:
            return Owner.APPLICANT
        case RegistrationState.APPROVED | RegistrationState.WITHDRAWN:
            return Owner.NOBODY
