"""What came over the network steers no terminal, whatever it is."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.client.harmless import LONGEST, harmless, runs_right_to_left


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Côte d’Ivoire", "Côte d’Ivoire"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;a new title\x07Kenya", "Kenya"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;c2VjcmV0\x07Kenya", "Kenya"),
        ("\x1bP+q544e\x1b\\Kenya", "Kenya"),
        ("\x1bcKenya\x1b7", "Kenya"),
        ("one\r\ntwo\tthree\u2028four", "one two three four"),
        ("a\x00b\x07c\x08d\x7fe\x85f", "abcde f"),
        ("\u202eyneK\u202c \u2066x\u2069 \u200e\u200f\ufeff", "yneK x"),
        ("soft\u00adhyphen \U000e0041", "softhyphen"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("half \ud83d pair", "half pair"),
        ("[red]not markup[/red] %(who)s", "[red]not markup[/red] %(who)s"),
        ("\x1b[", ""),
        ("\x1b", ""),
    ],
)
def test_codes_are_taken_out_and_words_are_left(sent: str, shown: str) -> None:
    assert harmless(sent) == shown


@given(st.text() | st.text(alphabet="\x1b[]P0;31m\x07\x9b\x9d\\a \n\u202e"))
def test_nothing_that_steers_is_ever_left(sent: str) -> None:
    shown = harmless(sent)
    kinds = {unicodedata.category(sign) for sign in shown} - {"Cf"}
    assert kinds.isdisjoint({"Cc", "Cs", "Zl", "Zp"})
    assert {sign for sign in shown if unicodedata.category(sign) == "Cf"} <= {"\u200c", "\u200d"}
    assert harmless(shown) == shown
    assert len(shown) <= LONGEST


def test_what_is_too_long_is_cut_and_says_so() -> None:
    assert harmless("x" * (LONGEST + 1)) == "x" * (LONGEST - 1) + "…"


@pytest.mark.parametrize(
    ("text", "answer"),
    [("Kenya", False), ("مصر", True), ("ישראל", True), ("Egypt (مصر)", True), ("2:41", False)],
)
def test_text_from_right_to_left_is_known(text: str, answer: bool) -> None:
    assert runs_right_to_left(text) is answer
