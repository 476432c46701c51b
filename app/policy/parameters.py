"""The open questions of the text to which an edition may give another answer."""

from dataclasses import dataclass
from enum import StrEnum


class Parameter(StrEnum):
    """The ambiguities with real alternatives, by their numbers in the list of them."""

    BOUNDARY = "A1"
    ACADEMIA = "A7"
    RES_99 = "A8"
    ASSOCIATES = "A9"
    INVITATION = "A10"
    LEAD_TIMES = "A12"
    PRECEDENCE = "A19"
    REMOTE_MAY_DECIDE = "remote_may_decide"


class Boundary(StrEnum):
    """A1: where the halves meet when nobody has said so."""

    NEAREST_HALF = "nearest-half"
    STATED = "stated"


class Academia(StrEnum):
    """A7: whether Academia is among those of the second half."""

    NOT_NAMED = "not-named"
    NAMED = "named"


class Res99(StrEnum):
    """A8: whether Resolution 99 admits as an observer where the text names members only."""

    OBSERVER = "observer"
    NOT_NAMED = "not-named"


class Associates(StrEnum):
    """A9: what Associates send in."""

    INPUTS = "inputs"
    CONTRIBUTIONS = "contributions"


class Invitation(StrEnum):
    """A10: whether the chair may invite a named expert for one item."""

    ONE_ITEM = "one-item"
    NONE = "none"


class Precedence(StrEnum):
    """A19: whether the list of speakers of the first half prefers anyone."""

    ORDINARY = "ordinary"
    NON_MEMBERS_FIRST = "non-members-first"


@dataclass(frozen=True, slots=True)
class LeadTimes:
    """A12: what a reasonable period is, in days; too short a one is warned of, never refused."""

    online_before_physical: int
    physical_before_meeting: int


@dataclass(frozen=True, slots=True)
class Parameters:
    """The answers that one edition gives."""

    boundary: Boundary
    academia: Academia
    res_99: Res99
    associates: Associates
    invitation: Invitation
    lead_times: LeadTimes
    precedence: Precedence
    remote_may_decide: bool

    def answer(self, switch: Parameter) -> str:
        """The answer to one of the questions on which further grants depend."""
        answers: dict[Parameter, str] = {
            Parameter.ACADEMIA: self.academia,
            Parameter.RES_99: self.res_99,
            Parameter.ASSOCIATES: self.associates,
        }
        return answers[switch]


SWITCHES: dict[Parameter, type[StrEnum]] = {
    Parameter.ACADEMIA: Academia,
    Parameter.RES_99: Res99,
    Parameter.ASSOCIATES: Associates,
}
"""The parameters on which further grants may depend, and the answers they may have."""
