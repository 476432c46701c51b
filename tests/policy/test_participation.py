"""What the public reads of counts gives no group of one to four away, not by subtraction either."""

from collections import defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy.participation import (
    LEAST,
    Axis,
    Cell,
    Counted,
    Participation,
    share,
    shared,
    suppressed,
)


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ([40, 30, 20], [40, 30, 20]),
        ([40, 0, 20], [40, 0, 20]),
        ([40, 3, 20], [40, None, None]),  # or the total less 60 would be 3
        ([40, 20, 3], [None, 20, None]),
        ([40, 2, 4, 20], [40, None, None, None]),
        ([40, 1, 5, 20], [None, None, None, None]),  # six people in two cells: one and five
        ([3, 4, 0], [None, None, None]),
        ([1, 1, 1, 1, 1], [None, None, None, None, None]),
    ],
)
def test_small_counts_and_what_would_give_them_away_are_not_told(counts, told):
    assert suppressed(counts) == told


def counted(*counts: int, axis: Axis = Axis.REGION) -> Participation:
    cells = tuple(Cell(str(at), number) for at, number in enumerate(counts))
    return Participation(sum(counts), None, 194, (Counted(axis, cells),))


@pytest.mark.parametrize("cells", [2, 3, 4])
def test_who_knows_the_rule_and_the_total_cannot_tell_a_small_count(cells):
    """Every table of so many cells and up to 26 people, grouped by what is told of it."""
    told = defaultdict(list)
    for first in product(range(27), repeat=cells - 1):
        for people in range(sum(first), 27):
            counts = (*first, people - sum(first))
            public = shared(counted(*counts))
            if public.people is not None:
                seen = tuple(cell.people for cell in public.axes[0].cells)
                told[people, seen].append(counts)

    for (_, seen), alike in told.items():
        for at, number in enumerate(seen):
            could_be = {counts[at] for counts in alike}
            assert could_be == {number} or number is None
            assert number is None or not 0 < number < LEAST
            assert not (len(could_be) == 1 and 0 < min(could_be) < LEAST), (seen, alike)


@given(st.lists(st.integers(0, 60), min_size=1, max_size=9))
def test_what_is_hidden_is_at_least_two_cells_and_five_people_or_all_is(counts):
    public = shared(counted(*counts))
    if public.people is None:
        return
    hidden = [
        number
        for number, cell in zip(counts, public.axes[0].cells, strict=True)
        if cell.people is None
    ]
    assert not hidden or sum(hidden) >= LEAST
    assert len(hidden) != 1 or len(counts) == 1


@pytest.mark.parametrize("counts", [(4, 0), (1, 0, 0), (1, 1, 1, 1)])
def test_of_very_few_nothing_is_told(counts):
    assert shared(counted(*counts)) == Participation(None, None, 194, ())


def test_where_people_are_hidden_the_number_of_their_states_is_too():
    cells = Cell("africa", 30, 6, 54), Cell("europe", 3, 3, 46), Cell("cis", 9, 9, 9)
    public = shared(Participation(42, 18, 194, (Counted(Axis.REGION, cells),)))

    assert public.axes[0].cells == (
        Cell("africa", 30, 6, 54),
        Cell("europe", None, None, 46),
        Cell("cis", None, None, 9),
    )
    assert (public.bodies, public.axes[0].hides) == (18, True)


def test_a_share_is_in_whole_percent():
    assert [share(97, 194), share(1, 194), share(3, 0)] == [50, 1, 0]
