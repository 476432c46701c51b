"""The columns of a list, and what is wrong with a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy.nomination import Line, LineFault, faults, lines, twice
from app.policy.people import Capacity
from app.policy.registration import Mode
from app.policy.text import TextFault

EXPECTED = Line("Delegate of Kenya", "one@example.org", "Adviser")


@pytest.mark.parametrize(
    "rows",
    [
        [["Delegate of Kenya", "one@example.org", "Adviser"]],
        [["one@example.org", "Delegate of Kenya", "Adviser"]],
        [
            ["E-mail", "Fonction", "Name", "Shoe size"],
            ["one@example.org", "Adviser", "Delegate of Kenya", "44"],
        ],
        [
            ["", ""],
            ["Name *", "EMAIL:", "Position"],
            ["", "", ""],
            ["Delegate of Kenya", "one@example.org", "Adviser"],
        ],
        [
            ["Prénom", "Last name", "Courriel", "Function"],
            ["Delegate", "of Kenya", "one@example.org", "Adviser"],
        ],
    ],
)
def test_columns_are_found_by_their_header_or_their_order(rows):
    assert lines(rows) == [EXPECTED]


def test_a_note_belongs_to_its_row():
    rows = [["Name", "Email"], ["", ""], ["Delegate of Kenya", "one@example.org"]]
    found = lines(rows, {0: LineFault.MERGED, 2: LineFault.MERGED})

    assert [each.note for each in found] == [LineFault.MERGED]
    assert faults(found[0]) == {"name": LineFault.MERGED}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (EXPECTED, {}),
        (Line("", "one@example.org"), {"name": TextFault.MISSING}),
        (Line("=1+1", "one@example.org"), {"name": LineFault.FORMULA}),
        (Line("Delegate", "@SUM(A1)"), {"email": LineFault.FORMULA}),
        (Line("Delegate", "a@b.org", "+cmd"), {"job_title": LineFault.FORMULA}),
        (Line("Delegate", "a@b.org", mode="by boat"), {"mode": LineFault.UNKNOWN_MODE}),
        (Line("Delegate", "a@b.org", capacity="chair"), {"capacity": LineFault.UNKNOWN_CAPACITY}),
        (Line("Delegate", "a@b.org", mode="On site", capacity="EXPERT"), {}),
        (Line("<b>Delegate</b>", "a@b.org"), {"name": TextFault.MARKUP}),
    ],
)
def test_what_is_wrong_with_a_line(line, expected):
    assert faults(line) == expected


def test_a_line_says_its_capacity_and_mode_or_takes_the_usual_ones():
    said = Line("Delegate", "a@b.org", mode="Online", capacity="observer")

    assert (said.as_capacity, said.as_mode(Mode.IN_PERSON)) == (Capacity.OBSERVER, Mode.REMOTE)
    assert (EXPECTED.as_capacity, EXPECTED.as_mode(Mode.IN_PERSON)) == (
        Capacity.DELEGATE,
        Mode.IN_PERSON,
    )


def test_an_address_twice_is_told_and_an_empty_one_is_none():
    assert twice(["a@b.org", "c@d.org", "a@b.org", "", ""]) == {"a@b.org"}


@given(st.lists(st.lists(st.text(max_size=8), max_size=9), max_size=6))
def test_whatever_is_pasted_becomes_lines(rows):
    for line in lines(rows):
        faults(line)
