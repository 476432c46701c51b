"""Looking at a meeting as somebody of another standing: never at more than one may oneself."""

from dataclasses import dataclass, replace
from enum import StrEnum

from app.policy.people import Capacity, Category, Standing
from app.policy.registration import FOR_AN_ENTITY, FOR_ONESELF


class ViewFault(StrEnum):
    """What is wrong with what was chosen."""

    CATEGORY = "view-no-category"
    CAPACITY = "view-capacity-of-another"


class ViewReason(StrEnum):
    """Why something is not done, or not shown, while one looks as another."""

    READS_ONLY = "view-reads-only"
    NOT_SHOWN = "view-not-shown"
    NO_SEAT = "view-has-no-seat"
    NOT_A_LOGIN = "view-takes-a-login"


@dataclass(frozen=True, slots=True)
class View:
    """As whom one looks: a category, the capacity of its registration, and no function at all.

    The public has no registration, and so no capacity.
    """

    category: Category
    capacity: Capacity | None = None

    def standing(self, own: Standing) -> Standing:
        """Someone of this category whose papers are in order, within one's own standing.

        One's own invitation is left out: it is for one item, and what is shown is the sitting.
        """
        own = replace(own, invited=False, invited_until=None)
        return replace(Standing.of(self.category), opened=own.opened, within=own)


def capacities(category: Category) -> frozenset[Capacity]:
    """The capacities in which somebody of this category registers."""
    if category is Category.PUBLIC:
        return frozenset()
    return FOR_ONESELF if category is Category.STAKEHOLDER else FOR_AN_ENTITY


def faults(view: View) -> dict[str, ViewFault]:
    """What is wrong with a choice, by field; a capacity is needed where there is one to have."""
    fit = capacities(view.category)
    right = view.capacity in fit if fit else view.capacity is None
    return {} if right else {"capacity": ViewFault.CAPACITY}
