"""The whole rule, restated by hand from the text: a delegate could check it line by line.

Signs: ``y`` allowed, ``o`` allowed as an observer by Resolution 99, ``n`` not named, ``i`` not
identified, ``p`` nobody in this part, ``x`` no such part. The columns are the categories, in the
order MS, SM, A, AC, R99, UN, IGO, ST and P (the public).
"""

import pytest

from app import editions
from app.policy.access import decide
from app.policy.decision import record
from app.policy.parts import Part, Right
from app.policy.people import Category, Standing

CATEGORIES = {
    "MS": "member_state",
    "SM": "sector_member",
    "A": "associate",
    "AC": "academia",
    "R99": "res_99",
    "UN": "un_organization",
    "IGO": "intergovernmental_organization",
    "ST": "stakeholder",
    "P": "public",
}

SIGNS = {
    "y": "allowed",
    "o": "allowed res-99",
    "n": "not-named",
    "i": "not-identified",
    "p": "not-in-this-part",
    "x": "no-such-part",
}

SPLIT = """
                                    MS SM A AC R99 UN IGO ST P
consultation  attend                y  y  y y  y   y  y   y  i
consultation  speak                 y  y  y y  y   y  y   y  i
consultation  read                  y  y  y y  y   y  y   y  y
consultation  raise_point_of_order  n  n  n n  n   n  n   n  n
consultation  file_input            y  y  y y  y   y  y   y  i
consultation  comment               p  p  p p  p   p  p   p  p
consultation  file_contribution     p  p  p p  p   p  p   p  p
consultation  take_decisions        p  p  p p  p   p  p   p  p
first_half    attend                y  y  y y  o   y  y   y  i
first_half    speak                 y  y  y y  o   y  y   y  i
first_half    read                  y  y  y y  o   y  y   y  y
first_half    raise_point_of_order  y  n  n n  n   n  n   n  i
first_half    file_input            y  y  y y  y   y  y   y  i
first_half    comment               y  y  y y  y   y  y   y  i
first_half    file_contribution     y  y  n n  n   n  n   n  i
first_half    take_decisions        y  n  n n  n   n  n   n  i
second_half   attend                y  y  y n  o   n  n   n  i
second_half   speak                 y  y  y n  o   n  n   n  i
second_half   read                  y  y  y n  o   n  n   n  i
second_half   raise_point_of_order  y  n  n n  n   n  n   n  i
second_half   file_input            p  p  p p  p   p  p   p  p
second_half   comment               p  p  p p  p   p  p   p  p
second_half   file_contribution     y  y  n n  n   n  n   n  i
second_half   take_decisions        y  n  n n  n   n  n   n  i
whole         attend                x  x  x x  x   x  x   x  x
whole         speak                 x  x  x x  x   x  x   x  x
whole         read                  x  x  x x  x   x  x   x  x
whole         raise_point_of_order  x  x  x x  x   x  x   x  x
whole         file_input            x  x  x x  x   x  x   x  x
whole         comment               x  x  x x  x   x  x   x  x
whole         file_contribution     x  x  x x  x   x  x   x  x
whole         take_decisions        x  x  x x  x   x  x   x  x
"""

UNDIVIDED = """
                                    MS SM A AC R99 UN IGO ST P
consultation  attend                y  y  y y  y   y  y   y  i
consultation  speak                 y  y  y y  y   y  y   y  i
consultation  read                  y  y  y y  y   y  y   y  y
consultation  raise_point_of_order  n  n  n n  n   n  n   n  n
consultation  file_input            y  y  y y  y   y  y   y  i
consultation  comment               n  n  n n  n   n  n   n  n
consultation  file_contribution     p  p  p p  p   p  p   p  p
consultation  take_decisions        n  n  n n  n   n  n   n  n
whole         attend                y  n  n n  o   n  n   n  i
whole         speak                 y  n  n n  o   n  n   n  i
whole         read                  y  n  n n  o   n  n   n  i
whole         raise_point_of_order  y  n  n n  n   n  n   n  i
whole         file_input            p  p  p p  p   p  p   p  p
whole         comment               n  n  n n  n   n  n   n  n
whole         file_contribution     y  y  n n  n   n  n   n  i
whole         take_decisions        y  n  n n  n   n  n   n  i
first_half    attend                x  x  x x  x   x  x   x  x
first_half    speak                 x  x  x x  x   x  x   x  x
first_half    read                  x  x  x x  x   x  x   x  x
first_half    raise_point_of_order  x  x  x x  x   x  x   x  x
first_half    file_input            x  x  x x  x   x  x   x  x
first_half    comment               x  x  x x  x   x  x   x  x
first_half    file_contribution     x  x  x x  x   x  x   x  x
first_half    take_decisions        x  x  x x  x   x  x   x  x
second_half   attend                x  x  x x  x   x  x   x  x
second_half   speak                 x  x  x x  x   x  x   x  x
second_half   read                  x  x  x x  x   x  x   x  x
second_half   raise_point_of_order  x  x  x x  x   x  x   x  x
second_half   file_input            x  x  x x  x   x  x   x  x
second_half   comment               x  x  x x  x   x  x   x  x
second_half   file_contribution     x  x  x x  x   x  x   x  x
second_half   take_decisions        x  x  x x  x   x  x   x  x
"""


def stated(matrix):
    head, *lines = matrix.strip().splitlines()
    return {
        (part, right, CATEGORIES[column]): SIGNS[sign]
        for part, right, *signs in (line.split() for line in lines)
        for column, sign in zip(head.split(), signs, strict=True)
    }


def outcome(decision):
    if not decision:
        return decision.reason.value
    return "allowed res-99" if decision.reason == "res-99" else "allowed"


@pytest.mark.parametrize(
    ("edition", "matrix"),
    [("eur-44a4-2022", SPLIT), ("dubai-2018", UNDIVIDED), ("bucharest-2022", UNDIVIDED)],
)
def test_every_part_right_and_category_is_decided_as_the_text_says(edition, matrix):
    book = editions.load()[edition]
    decided = {
        (part.value, right.value, category.value): outcome(
            decide(book, Standing.of(category), part, right)
        )
        for part in Part
        for right in Right
        for category in Category
    }

    assert decided == stated(matrix)
    assert len(decided) == 4 * 8 * 9


@pytest.mark.parametrize("part", ["first_half", "second_half"])
@pytest.mark.parametrize("right", ["attend", "speak", "read"])
def test_resolution_99_admits_to_both_halves_as_an_observer(part, right):
    decision = decide(
        editions.load()["eur-44a4-2022"], Standing.of(Category.RES_99), Part(part), Right(right)
    )

    told = record(decision)
    assert [told[key] for key in ("reason", "capacity", "clause")] == [
        "res-99",
        "observer",
        "Res. 99",
    ]
