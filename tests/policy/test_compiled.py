"""What people wrote is made fit to print: shown signs only, and words that a line can part."""

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy.compiled import (
    LONGEST_WORD,
    Block,
    Document,
    Heading,
    Paragraph,
    Said,
    Style,
    Table,
    in_print,
    lines,
    of_json,
)


@given(st.text())
def test_nothing_without_a_shape_is_printed(text):
    printed = in_print(text).text

    kinds = {category(sign) for sign in printed if sign not in "\n\t\u200b\u200c\u200d"}
    assert kinds.isdisjoint({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})
    assert all(len(word) <= LONGEST_WORD for word in printed.replace("\u200b", " ").split())


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("a\x00b\x1bc\ufffed", "abcd"),
        ("\u202eabc\u202c", "abc"),
        ("a" + "\u200b" * 5000 + "b", "ab"),
        ("می\u200cخواهم" + "\u200d" * 900, "می\u200cخواهم\u200d"),
        ("o" + "\u0301" * 900, "o" + "\u0301" * 4),
        ('#import "x" \\ $1$ *b* <c>', '#import "x" \\ $1$ *b* <c>'),
    ],
)
def test_what_hides_turns_or_piles_up_is_left_out_and_the_rest_stays(text, printed):
    assert in_print(text).text == printed


def test_a_word_without_an_end_is_parted_and_loses_nothing():
    word = "x" * 20_000

    parted = in_print(word).text.split("\u200b")

    assert ("".join(parted), max(map(len, parted))) == (word, 24)
    assert in_print("字" * 20_000).text == "字" * 20_000


def test_a_text_runs_as_its_first_letter_does():
    assert [each.rtl for each in lines("1. نقترح\n\n1. We\n", "en")] == [True, False]


def test_a_document_is_the_same_after_a_journey():
    said = Said("中", "zh")
    blocks: list[Block] = [
        Heading(said, 2),
        Paragraph(said, Style.NOTE),
        Table(said, [said], [[said, said]]),
    ]
    made = Document(said, said, [said], [said], said, "Page", blocks)

    assert of_json(made.as_json()) == made
