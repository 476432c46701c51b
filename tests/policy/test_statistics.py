"""Statistics tell nothing of one to four people, whatever and however much those did."""

from hypothesis import given
from hypothesis import strategies as st

from app.policy.participation import NOT_SAID, Axis
from app.policy.statistics import Divided, One, Part, Told, told

KEYS = {Axis.REGION: ("africa", "europe", "cis")}


def of(region: str, people: int, each: int = 1, seconds: float = 60.0) -> list[One]:
    return [
        One(f"{region} {number}", {Axis.REGION: region} if region else {}, seconds)
        for number in range(people)
        for _ in range(each)
    ]


def test_everything_stands_in_one_cell_of_an_axis():
    found = told([*of("africa", 5, 2), *of("europe", 7), *of("", 6)], KEYS)

    parts = (
        Part("africa", 10, 600.0),
        Part("europe", 7, 420.0),
        Part("cis", 0, 0.0),
        Part(NOT_SAID, 6, 360.0),
    )
    assert found == Told(23, 18, 1380.0, (Divided(Axis.REGION, parts),))


def test_a_hundred_interventions_of_two_people_are_not_told():
    (axis,) = told([*of("africa", 2, 50), *of("europe", 7), *of("cis", 9)], KEYS).axes

    assert [(each.key, each.number) for each in axis.parts] == [
        ("africa", None),
        ("europe", None),
        ("cis", 9),
        (NOT_SAID, 0),
    ]
    assert {each.seconds for each in axis.parts if each.number is None} == {None}


def test_of_four_people_together_nothing_is_told():
    assert told(of("africa", 4, 30), KEYS) == Told(None, None, None, ())


@given(st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["africa", "europe", "cis", ""]))))
def test_no_number_and_no_rest_is_of_fewer_than_five_people(drawn):
    ones = [One(str(person), {Axis.REGION: region}) for person, region in drawn]
    behind = {region: {p for p, r in drawn if r == region} for _, region in drawn}

    for axis in told(ones, KEYS).axes:
        for part in axis.parts:
            assert part.number in {None, 0} or len(behind[part.key]) >= 5
        hidden = [part for part in axis.parts if part.number is None]
        assert len(hidden) != 1
