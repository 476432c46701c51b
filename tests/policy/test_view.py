"""Looking as another: what is shown is what both may see."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import editions
from app.policy.access import BEING_THERE, decide
from app.policy.parts import Part, Right
from app.policy.people import Capacity, Category, Function, Standing
from app.policy.view import View, capacities, faults

BOOKS = editions.load()
own_standings = st.builds(
    Standing,
    category=st.sampled_from(Category),
    identified=st.booleans(),
    registered=st.booleans(),
    approved=st.booleans(),
    functions=st.frozensets(st.sampled_from(Function), max_size=2),
    invited=st.booleans(),
    membership_ended=st.booleans(),
    opened=st.booleans(),
    remote=st.booleans(),
)


@given(
    own_standings,
    st.sampled_from(Category),
    st.sampled_from(sorted(BOOKS)),
    st.sampled_from(Part),
    st.sampled_from(Right),
)
def test_nobody_sees_more_than_they_may_themselves_or_the_other_may(
    own, category, book, part, right
):
    edition = BOOKS[book]
    other = replace(Standing.of(category), opened=own.opened)
    they = bool(decide(edition, other, part, right))
    oneself = bool(decide(edition, replace(own, invited=False), part, right))
    shown = decide(edition, View(category).standing(own), part, right)
    assert bool(shown) == (they and (oneself or right not in BEING_THERE))


def test_a_function_of_ones_own_serves_nobody_who_looks_as_another():
    secretariat = Standing.of(Category.STAKEHOLDER, Function.SECRETARIAT)
    seen = View(Category.ACADEMIA, Capacity.DELEGATE).standing(secretariat)
    told = decide(BOOKS["eur-44a4-2022"], seen, Part.SECOND_HALF, Right.READ)
    assert (bool(told), told.reason, told.category) == (False, "not-named", Category.ACADEMIA)


def test_an_invitation_of_ones_own_for_one_item_shows_no_whole_sitting():
    guest = Standing(Category.STAKEHOLDER, identified=True, invited=True)
    edition = BOOKS["eur-44a4-2022"]
    assert decide(edition, guest, Part.SECOND_HALF, Right.READ)
    seen = View(Category.MEMBER_STATE, Capacity.DELEGATE).standing(guest)
    assert not decide(edition, seen, Part.SECOND_HALF, Right.READ)


@pytest.mark.parametrize(
    ("category", "capacity", "fit"),
    [
        (Category.MEMBER_STATE, Capacity.DELEGATE, True),
        (Category.MEMBER_STATE, Capacity.INDIVIDUAL, False),
        (Category.STAKEHOLDER, Capacity.INDIVIDUAL, True),
        (Category.STAKEHOLDER, Capacity.DELEGATE, False),
        (Category.STAKEHOLDER, None, False),
        (Category.PUBLIC, None, True),
        (Category.PUBLIC, Capacity.INDIVIDUAL, False),
    ],
)
def test_a_capacity_is_one_in_which_that_category_registers(category, capacity, fit):
    assert faults(View(category, capacity)) == (
        {} if fit else {"capacity": "view-capacity-of-another"}
    )
    assert (capacity in capacities(category)) == (fit and capacity is not None)
