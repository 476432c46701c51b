"""Which packages a sitting leaves, and who may have which: as the rule says it."""

from dataclasses import replace

import pytest

from app import editions
from app.policy import records
from app.policy.parts import Part
from app.policy.people import Category, Function, Standing
from app.policy.records import Audience

BOOKS = editions.load()
SPLIT = BOOKS["eur-44a4-2022"]
OPEN, MEMBERS = Part.FIRST_HALF, Part.SECOND_HALF


def outcome(category, part, audience, edition=SPLIT, *functions):
    standing = Standing.of(Category(category), *functions)
    answer = records.may_read(edition, standing, part, Audience(audience))
    return "no-package" if answer is None else answer.reason.value if not answer else "allowed"


@pytest.mark.parametrize(
    ("category", "public", "members", "of_members_part"),
    [
        ("member_state", "allowed", "allowed", "allowed"),
        ("sector_member", "allowed", "allowed", "allowed"),
        ("associate", "allowed", "allowed", "allowed"),
        ("res_99", "allowed", "allowed", "allowed"),
        ("academia", "allowed", "not-named", "not-named"),
        ("stakeholder", "allowed", "not-named", "not-named"),
        ("public", "allowed", "not-identified", "not-identified"),
    ],
)
def test_who_may_have_which_package(category, public, members, of_members_part):
    for part in (OPEN, Part.CONSULTATION):
        assert outcome(category, part, "public") == public
        assert outcome(category, part, "members") == members
    assert outcome(category, MEMBERS, "public") == "no-package"
    assert outcome(category, MEMBERS, "members") == of_members_part


def test_those_who_serve_the_meeting_have_every_package_of_it():
    for part in (OPEN, MEMBERS):
        assert outcome("stakeholder", part, "members", SPLIT, Function.CAPTIONER) == "allowed"


@pytest.mark.parametrize("edition", BOOKS.values(), ids=BOOKS)
def test_what_the_public_may_not_read_leaves_nothing_to_the_public(edition):
    for part in edition.parts:
        public = (Audience.PUBLIC,) if records.is_open(edition, part) else ()
        assert records.audiences(edition, part) == (*public, Audience.MEMBERS)
    assert records.clause(SPLIT, MEMBERS).label == "resolves 6"
    in_force = BOOKS["bucharest-2022"]
    assert outcome("stakeholder", Part.WHOLE, "members", in_force) == "not-named"
    assert outcome("member_state", Part.CONSULTATION, "members", in_force) == "allowed"


def test_where_everything_is_open_there_is_nothing_for_members_apart():
    open_to_all = replace(SPLIT, parts=(Part.CONSULTATION, Part.FIRST_HALF))
    assert outcome("member_state", OPEN, "members", open_to_all) == "no-package"
