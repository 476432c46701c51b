"""What people may write into a field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy.text import DIRECTIONS, TextFault, clean, fault, fold, number_of


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("Delegate of Kenya", None),
        ("Côte d’Ivoire", None),
        ("مندوب كينيا", None),
        ("\u200fمندوب", None),
        ("می\u200cخواهم", None),
        ("R&D <5 staff, a < b", None),
        ("", TextFault.MISSING),
        ("…", TextFault.MISSING),
        ("\u200f", TextFault.MISSING),
        ("x" * 121, TextFault.TOO_LONG),
        ("Kenya \u202eayneK", TextFault.DIRECTION),
        ("\u2066Kenya", TextFault.DIRECTION),
        ("two\nlines", TextFault.CONTROL),
        ("a\x00b", TextFault.CONTROL),
        ("zero\u200bwidth", TextFault.CONTROL),
        ("byte\ufefforder", TextFault.CONTROL),
        ("\ue000private", TextFault.CONTROL),
        ("<script>alert(1)</script>", TextFault.MARKUP),
        ("</b>", TextFault.MARKUP),
        ("<!-- x -->", TextFault.MARKUP),
        ("&lt;b&gt;", TextFault.MARKUP),
        ("&#x3C;b", TextFault.MARKUP),
    ],
)
def test_a_name_is_one_readable_line(said, wrong):
    assert fault(clean(said), 120, required=True) == wrong


@pytest.mark.parametrize(("said", "wrong"), [("", None), ("–", None), ("<b>", TextFault.MARKUP)])
def test_what_is_not_needed_may_be_empty_and_nothing_else(said, wrong):
    assert fault(said, 120) == wrong


def test_an_explanation_may_have_lines_and_nothing_hidden():
    assert fault("First.\r\n\tSecond.", 120, lines=True) is None
    assert fault("First.\x1b[2J", 120, lines=True) == TextFault.CONTROL


def test_one_text_has_one_spelling():
    assert clean("  Cote\u0302 d'Ivoire \n") == "Cot\u00ea d'Ivoire"


@given(st.text(), st.sampled_from(sorted(DIRECTIONS)), st.text())
def test_nothing_that_turns_the_direction_passes_anywhere_in_a_text(before, sign, after):
    said = clean(f"K{before}{sign}{after}K")

    assert fault(said, len(said)) == TextFault.DIRECTION


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("CÔTE D’IVOIRE", "cote d'ivoire"),
        ("  Antigua &  Barbuda", "antigua and barbuda"),
        ("Türkiye", "turkiye"),
        ("Straße", "strasse"),
        ("أنغولا", "انغولا"),
    ],
)
def test_a_search_sees_neither_case_nor_accents(said, seen):
    assert fold(said) == seen


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("999999999", 999_999_999),
        ("1000000000", None),  # more than an integer column may take
        ("", None),
        ("-1", None),
        (" 1", None),
        ("1_0", None),
        ("\u0663", None),  # a digit of Arabic: int() would read it
        ("\u00b2", None),  # a digit to isdigit(), and nothing to int()
    ],
)
def test_a_typed_number_is_of_ascii_digits_and_fits_a_column(typed, number):
    assert number_of(typed) == number
