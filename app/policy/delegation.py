"""Those who speak for a body to the secretariat: designation, stand-ins, taking decisions back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from app.policy import text
from app.policy.refusal import No
from app.policy.registration import RegistrationReason, RegistrationState

LETTER: Final = 200
TAKEN_BACK_WITHIN: Final = timedelta(hours=1)
LONGEST_AWAY: Final = timedelta(days=180)


class DelegationReason(StrEnum):
    """Why a focal point is told no; sentences are in ``app.reasons``."""

    NOT_THEIR_ENTITY = "not-focal-point-of-entity"
    ONLY_ONESELF = "own-absence-only"
    TOO_LATE = "too-late-to-take-back"
    OVERTAKEN = "decision-overtaken"
    NOT_CONFIRMED = "only-a-confirmed-delegate"
    NO_QUESTION = "no-question-waits"
    ALREADY_THERE = "newcomer-registered"
    NOT_REACHED = "decision-not-reached"


class DelegationFault(StrEnum):
    """What is wrong with a designation or an absence, beside its texts."""

    NO_DAY = "no-day"
    NO_PLACE = "no-place-of-the-list"
    ENDS_FIRST = "last-day-first"
    OVER = "day-is-over"
    BEYOND_DESIGNATION = "beyond-designation"
    TOO_LONG_AWAY = "too-long-away"
    ACTS_ALREADY = "acts-already"


@dataclass(frozen=True, slots=True)
class Designation:
    """Who, from which day to which (included; none: until further notice), by which letter."""

    valid_from: date
    valid_until: date | None
    letter: str


def faults_of_designation(said: Designation, today: date) -> dict[str, str]:
    """What is wrong with a designation whose letter is cleaned, by field."""
    found: dict[str, str | None] = {
        "letter": text.fault(said.letter, LETTER, required=True),
        "valid_until": _fault_of_end(said.valid_from, said.valid_until, today),
    }
    return {field: fault for field, fault in found.items() if fault}


def _fault_of_end(first: date, last: date | None, today: date) -> DelegationFault | None:
    if last is not None and last < first:
        return DelegationFault.ENDS_FIRST
    return DelegationFault.OVER if last is not None and last < today else None


def faults_of_absence(
    first: date, last: date, today: date, designation_ends: date | None
) -> Mapping[str, str]:
    """What is wrong with the days of an absence: a stand-in never outlasts the designation."""
    if first < today:
        return {"away_from": DelegationFault.OVER}
    if last < first:
        return {"away_until": DelegationFault.ENDS_FIRST}
    if designation_ends is not None and last > designation_ends:
        return {"away_until": DelegationFault.BEYOND_DESIGNATION}
    if last - first > LONGEST_AWAY:
        return {"away_until": DelegationFault.TOO_LONG_AWAY}
    return {}


def may_take_back(
    state: RegistrationState, decided_at: datetime | None, taken_at: datetime, now: datetime
) -> Literal[True] | No:
    """A decision is taken back within the hour, while nothing has happened since."""
    if state is RegistrationState.WITHDRAWN:
        return No(RegistrationReason.WITHDRAWN)
    if decided_at != taken_at:
        return No(DelegationReason.OVERTAKEN)
    return now - taken_at <= TAKEN_BACK_WITHIN or No(DelegationReason.TOO_LATE)
