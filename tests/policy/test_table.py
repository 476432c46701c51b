"""An edition as a table, and what changes from one edition to another."""

from dataclasses import replace

from app import editions
from app.policy.parts import Part, Right
from app.policy.people import Category
from app.policy.table import compare, table

BOOKS = editions.load()

EVERYONE_KNOWN = {each for each in Category if each is not Category.PUBLIC}


def moved(earlier, later):
    """Who gains (+) or loses (-) which right in which part."""
    found: dict[tuple[str, str, str], set[str]] = {}
    for change in compare(BOOKS[earlier], BOOKS[later]):
        key = ("+" if change.gained else "-", change.part.value, change.right.value)
        found.setdefault(key, set()).add(change.category.value)
    return found


def test_a_table_has_one_row_for_every_combination():
    rows = table(BOOKS["eur-44a4-2022"])

    assert [(row.part, row.right, row.category) for row in rows] == [
        (part, right, category) for part in Part for right in Right for category in Category
    ]


def test_the_proposal_opens_the_first_half_and_widens_the_second():
    outside = EVERYONE_KNOWN - {"member_state", "res_99"}

    assert moved("bucharest-2022", "eur-44a4-2022") == {
        ("+", "first_half", "attend"): outside,
        ("+", "first_half", "speak"): outside,
        ("+", "first_half", "read"): outside | {"public"},
        ("+", "first_half", "file_input"): EVERYONE_KNOWN,
        ("+", "first_half", "comment"): EVERYONE_KNOWN,
        ("+", "second_half", "attend"): {"sector_member", "associate"},
        ("+", "second_half", "speak"): {"sector_member", "associate"},
        ("+", "second_half", "read"): {"sector_member", "associate"},
    }


def test_the_way_back_loses_what_the_way_there_gained():
    there = moved("dubai-2018", "eur-44a4-2022")
    back = moved("eur-44a4-2022", "dubai-2018")

    assert {("+", *rest): who for (_, *rest), who in back.items()} == there
    assert {sign for sign, *_ in back} == {"-"}


def test_nothing_changed_between_the_two_adopted_texts():
    assert moved("dubai-2018", "bucharest-2022") == {}


def test_a_half_is_sought_in_the_whole_only_where_there_is_none():
    split = BOOKS["eur-44a4-2022"]
    both = replace(split, parts=(*split.parts, Part.WHOLE))

    assert compare(split, both) == []


def test_a_change_shows_both_answers_with_their_clauses():
    change = next(
        each
        for each in compare(BOOKS["bucharest-2022"], BOOKS["eur-44a4-2022"])
        if each.category is Category.ASSOCIATE and each.part is Part.SECOND_HALF
    )

    assert (change.before.part, change.before.reason, change.before.clause) == (
        "whole",
        "not-named",
        "Council Res. 1336",
    )
    assert (change.after.part, change.after.reason, change.after.clause) == (
        "second_half",
        "named",
        "resolves 6",
    )
