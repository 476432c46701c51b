"""How documents are numbered, for whom they are, and when they are late."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import editions
from app.policy import documents as rules
from app.policy.documents import (
    BEING_PREPARED,
    STEPS,
    DocumentFault,
    DocumentState,
    Number,
    Paper,
    Relation,
)
from app.policy.parts import Part
from app.policy.people import Category, Function, Standing
from app.policy.text import TextFault

SPLIT = editions.load()["eur-44a4-2022"]
CLOSED = editions.load()["bucharest-2022"]
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
READERS = {Category.MEMBER_STATE, Category.SECTOR_MEMBER, Category.ASSOCIATE, Category.RES_99}


@given(
    st.integers(1, 999_999),
    st.sampled_from([each for each in Relation if each is not Relation.ORIGINAL]),
    st.integers(1, 9999),
)
def test_a_number_is_read_as_it_was_written(number: int, relation: Relation, place: int) -> None:
    for one in (Number(number), Number(number, relation, place)):
        assert Number.read(one.path) == one


@pytest.mark.parametrize(
    "path", ["", "0", "01", "1-rev0", "1-rev", "1-rev01", "1 ", "١", "-1", "1-new2", "1\n", "9" * 7]
)
def test_what_is_no_number_of_ours_is_none(path: str) -> None:
    assert Number.read(path) is None


def test_numbers_are_cited_with_the_symbol_and_never_with_a_date() -> None:
    symbol = rules.symbol_of("CWG-Internet-20", "twenty")
    assert Number(3).written(symbol) == "CWG-Internet-20/3"
    assert Number(3, Relation.REVISION, 1).written(symbol) == "CWG-Internet-20/3 Rev.1"
    assert Number(3, Relation.ADDENDUM, 2).written(symbol) == "CWG-Internet-20/3 Add.2"
    assert Number(3, Relation.CORRIGENDUM, 1).written(symbol) == "CWG-Internet-20/3 Cor.1"
    assert rules.symbol_of("", "after-next") == "AFTER-NEXT"


@pytest.mark.parametrize("category", Category)
def test_the_papers_of_the_second_half_have_its_audience(category: Category) -> None:
    stands = Standing.of(category)
    assert rules.readable(SPLIT, stands, Part.FIRST_HALF)
    assert bool(rules.readable(SPLIT, stands, Part.SECOND_HALF)) is (category in READERS)
    files = category in {Category.MEMBER_STATE, Category.SECTOR_MEMBER}
    for part in (Part.FIRST_HALF, Part.SECOND_HALF):
        assert bool(rules.may_contribute(SPLIT, stands, part)) is files
    assert not rules.may_contribute(SPLIT, stands, Part.CONSULTATION)


def test_a_function_reads_every_part_and_files_nothing() -> None:
    stands = Standing.of(Category.STAKEHOLDER, Function.SECRETARIAT)
    assert rules.readable(SPLIT, stands, Part.SECOND_HALF)
    assert not rules.may_contribute(SPLIT, stands, Part.FIRST_HALF)


def test_the_part_is_that_of_the_item_and_a_departure_takes_a_reason() -> None:
    assert rules.default_part(SPLIT) is Part.FIRST_HALF
    assert rules.default_part(SPLIT, Part.SECOND_HALF) is Part.SECOND_HALF
    assert rules.default_part(CLOSED) is Part.WHOLE
    assert rules.restricted(SPLIT) == (Part.SECOND_HALF,)
    assert rules.restricted(CLOSED) == (Part.WHOLE,)
    for one, other in ((Part.SECOND_HALF, Part.FIRST_HALF), (Part.FIRST_HALF, Part.SECOND_HALF)):
        assert rules.departs(SPLIT, one, other)
    assert not rules.departs(SPLIT, Part.CONSULTATION, Part.FIRST_HALF)


def test_the_first_instant_of_a_deadline_is_late() -> None:
    ms = timedelta(milliseconds=1)
    found = [rules.is_late(NOW, NOW + each) for each in (-ms, 0 * ms, ms)]
    assert found == [False, True, True]
    assert not rules.is_late(None, NOW)


def test_what_was_withdrawn_stays_so() -> None:
    assert STEPS.keys() == set(DocumentState)
    assert STEPS[DocumentState.WITHDRAWN] == frozenset()
    assert all(DocumentState.WITHDRAWN in STEPS[each] for each in BEING_PREPARED)


def test_a_paper_is_cleaned_and_its_faults_are_named() -> None:
    good = Paper({"en": "  A title ", "fr": " "}).cleaned()
    assert (dict(good.titles), good.faults(SPLIT.parts)) == ({"en": "A title"}, {})
    bad = Paper({"en": "<b>x", "de": "Titel"}, part=Part.WHOLE, base="3").faults(SPLIT.parts)
    assert bad == {
        "title-en": TextFault.MARKUP,
        "title-de": DocumentFault.LANGUAGE,
        "part": DocumentFault.PART,
        "base": DocumentFault.BASE,
    }
    assert Paper({}).faults(SPLIT.parts) == {"title": TextFault.MISSING}
    assert Paper({"en": "A"}, relation=Relation.REVISION).faults(SPLIT.parts) == {
        "base": DocumentFault.BASE
    }


def test_a_title_is_shown_in_whatever_language_there_is() -> None:
    assert rules.title_in({"fr": "Titre", "en": "Title"}, "fr") == ("Titre", "fr")
    assert rules.title_in({"zh": "标题"}, "fr") == ("标题", "zh")
    assert rules.title_in({}, "fr") == ("", "en")


def test_a_filter_narrows_unless_it_only_sorts() -> None:
    assert not rules.Wanted(order=rules.Order.TITLE, descending=True).narrows
    assert rules.Wanted(item=1).narrows
    assert [rules.is_symbol(each) for each in ("CWG-20", "", "20", "a" * 41)] == [
        True,
        False,
        False,
        False,
    ]
