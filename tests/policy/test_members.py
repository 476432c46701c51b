"""What a membership list changes, and which of its lines say nothing that can be used."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy.members import (
    SINCE_EVER,
    STATES_AS_OF,
    Change,
    Fault,
    Known,
    Line,
    Period,
    Plan,
    RowFault,
    left_out,
    plan,
    read,
    together,
)
from app.policy.people import Category
from app.policy.text import TextFault

TODAY = date(2026, 11, 24)
YESTERDAY = TODAY - timedelta(days=1)
SM_T = ("sector_member", "T")
SM_R = ("sector_member", "R")
ASSOCIATE = ("associate", "")
UN = ("un_organization", "")
LDC = ("ldc", "yes")


def cells(**said):
    return {"key": "op", "name": "An operator", "category": "sector_member", **said}


def line(number=2, **said) -> Line:
    found = read(number, cells(**said))
    assert isinstance(found, Line), found
    return found


def faults(**said):
    found = read(2, cells(**said))
    assert isinstance(found, list), found
    return [(each.column, each.fault) for each in found]


def planned(*lines, known=(), day=TODAY) -> Plan:
    groups, wrong = together(lines)
    assert wrong == []
    return plan(groups, {each.key: each for each in known}, day)


def after(*lines, known=(), day=TODAY) -> Known:
    """The one entity as it will be."""
    made = planned(*lines, known=known, day=day)
    (new,) = (*made.created, *(new for _, new in made.changed))
    return new


def operator(*memberships, traits=(), **more) -> Known:
    told = {"key": "op", "name": "An operator", "names": {}}
    return Known(**{**told, **more}, memberships=tuple(memberships), traits=tuple(traits))


# Lines.


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"key": ""}, [("key", RowFault.KEY)]),
        ({"key": "a b"}, [("key", RowFault.KEY)]),
        ({"key": "x" * 81}, [("key", RowFault.KEY)]),
        ({"name": ""}, [("name_en", TextFault.MISSING)]),
        ({"name": "x" * 201}, [("name", TextFault.TOO_LONG)]),
        ({"name": "<b>"}, [("name", TextFault.MARKUP)]),
        ({"name_ar": "\u202eعربي"}, [("name_ar", TextFault.DIRECTION)]),
        ({"iso2": "ke"}, [("iso2", RowFault.CODE)]),
        ({"category": "stakeholder"}, [("category", RowFault.CATEGORY)]),
        ({"category": "public"}, [("category", RowFault.CATEGORY)]),
        ({"category": "sectr", "sector": "T"}, [("category", RowFault.CATEGORY)]),
        ({"sector": "X"}, [("sector", RowFault.SECTOR)]),
        ({"category": "member_state", "sector": "T"}, [("sector", RowFault.SECTOR_FOR_WHOM)]),
        ({"region": "atlantis"}, [("region", RowFault.REGION)]),
        ({"ldc": "maybe"}, [("ldc", RowFault.FLAG)]),
        ({"valid_from": "24.11.2026"}, [("valid_from", RowFault.DATE)]),
        ({"valid_from": "20261124"}, [("valid_from", RowFault.DATE)]),
        ({"valid_from": "2026-02-30"}, [("valid_from", RowFault.DATE)]),
        (
            {"valid_from": "2026-11-24", "valid_until": "2026-11-23"},
            [("valid_until", RowFault.ENDS_BEFORE_START)],
        ),
        ({"key": "", "iso2": "x"}, [("key", RowFault.KEY), ("iso2", RowFault.CODE)]),
    ],
)
def test_a_line_that_makes_no_sense_says_where(said, wrong):
    assert faults(**said) == wrong


def test_what_was_found_is_shown_short_and_harmless():
    (fault,) = read(7, cells(category="\x1b[31m" + "x" * 100))  # type: ignore[misc]  # a list, as asserted

    assert fault == Fault(7, RowFault.CATEGORY, "category", "\ufffd[31m" + "x" * 55)


def test_a_line_of_a_list_of_states_needs_neither_key_nor_category():
    found = read(2, {"iso2": "KE", "iso3": "KEN", "name_en": "Kenya", "name_fr": "", "ldc": "0"})

    assert found == Line(
        number=2,
        key="KE",
        name="Kenya",
        names={"fr": "", "en": "Kenya"},
        iso2="KE",
        category=Category.MEMBER_STATE,
        sector="",
        traits={"ldc": ""},
        valid_from=None,
        valid_until=None,
        flags_from=STATES_AS_OF,
    )


def test_the_english_name_may_stand_in_either_column():
    assert line(name="", name_en="An operator").name == "An operator"
    assert line(name_en="").names == {"en": "An operator"}


# Lines of one entity.


def test_lines_of_one_entity_agree_on_what_it_is():
    groups, wrong = together([line(2, sector="T"), line(3, sector="R", name="Another")])

    assert wrong == [Fault(3, RowFault.CONTRADICTS, found="2")]
    assert left_out(groups, wrong, {}) == ({}, [Fault(2, RowFault.WITH_ANOTHER, "key", "op")])


def test_the_same_membership_is_not_said_twice_of_the_same_days():
    twice = together([line(2, sector="T"), line(3, sector="T", valid_from="2030-01-01")])
    one_after_the_other = together(
        [line(2, valid_until="2029-12-31"), line(3, valid_from="2030-01-01")]
    )

    assert twice[1] == [Fault(3, RowFault.TWICE, "category", "2")]
    assert one_after_the_other[1] == []


def test_an_entity_of_which_a_line_could_not_be_read_is_left_out_whole():
    groups, _ = together([line(2), line(4, key="other")])

    kept, also = left_out(groups, [], {3: "op", 5: ""})

    assert (list(kept), also) == (["other"], [Fault(2, RowFault.WITH_ANOTHER, "key", "op")])


# What they change.


def test_what_was_not_known_holds_since_ever_where_no_day_is_named():
    assert after(line(sector="T")).memberships == (Period(SM_T, SINCE_EVER),)
    assert after(line(sector="T", valid_from="2024-05-01")).memberships == (
        Period(SM_T, date(2024, 5, 1)),
    )


def test_another_category_closes_the_old_one_the_day_before():
    old = operator(Period(SM_T, date(2020, 1, 1)))

    new = after(line(category="associate"), known=[old])

    assert new.memberships == (
        Period(ASSOCIATE, TODAY),
        Period(SM_T, date(2020, 1, 1), YESTERDAY),
    )


def test_another_category_may_be_known_in_advance():
    old = operator(Period(SM_T, date(2020, 1, 1)))

    new = after(line(category="associate", valid_from="2027-01-01"), known=[old])

    assert new.memberships == (
        Period(ASSOCIATE, date(2027, 1, 1)),
        Period(SM_T, date(2020, 1, 1), date(2026, 12, 31)),
    )


def test_what_was_wrong_from_the_beginning_is_taken_back():
    old = operator(Period(SM_T, date(2024, 1, 1)))

    new = after(line(category="associate", valid_from="2022-01-01"), known=[old])

    assert new.memberships == (Period(ASSOCIATE, date(2022, 1, 1)),)


def test_an_entity_may_be_several_things_at_once():
    old = operator(Period(UN, date(2000, 1, 1)))
    lines = [line(2, category="un_organization"), line(3, sector="T"), line(4, sector="R")]

    assert after(*lines, known=[old]).memberships == (
        Period(SM_R, TODAY),
        Period(SM_T, TODAY),
        Period(UN, date(2000, 1, 1)),
    )


def test_a_membership_that_the_list_no_longer_names_ends():
    old = operator(Period(SM_R, date(2020, 1, 1)), Period(SM_T, date(2021, 1, 1)))

    assert after(line(sector="R"), known=[old]).memberships == (
        Period(SM_R, date(2020, 1, 1)),
        Period(SM_T, date(2021, 1, 1), YESTERDAY),
    )


def test_a_membership_that_begins_later_is_left_alone():
    arranged = Period(ASSOCIATE, date(2027, 1, 1))
    old = operator(arranged, Period(SM_T, date(2020, 1, 1), date(2026, 12, 31)))

    assert after(line(sector="R"), known=[old]).memberships == (
        arranged,
        Period(SM_R, TODAY),
        Period(SM_T, date(2020, 1, 1), YESTERDAY),
    )


def test_a_list_does_not_shorten_the_past():
    old = operator(Period(SM_T, date(2020, 1, 1)))

    made = planned(line(sector="T", valid_from="2025-01-01"), known=[old])

    assert (made.unchanged, made.changes) == (("op",), ())


def test_a_list_may_know_an_earlier_beginning():
    old = operator(Period(SM_T, date(2020, 1, 1)))

    new = after(line(sector="T", valid_from="2015-01-01"), known=[old])

    assert new.memberships == (Period(SM_T, date(2015, 1, 1)),)


def test_what_ended_once_and_begins_again_is_two_memberships():
    before = Period(SM_T, date(2010, 1, 1), date(2015, 12, 31))

    new = after(line(sector="T"), known=[operator(before)])

    assert new.memberships == (before, Period(SM_T, TODAY))


@pytest.mark.parametrize("until", ["2025-12-31", "2026-11-24", "2027-06-30"])
def test_a_membership_ends_where_the_list_says_so(until):
    old = operator(Period(SM_T, date(2020, 1, 1)))

    new = after(line(sector="T", valid_until=until), known=[old])

    assert new.memberships == (Period(SM_T, date(2020, 1, 1), date.fromisoformat(until)),)


def test_an_end_of_what_never_was_is_a_fault():
    old = operator(Period(SM_R, date(2020, 1, 1)))

    made = planned(line(5, sector="T", valid_until="2025-12-31"), known=[old])

    assert made == Plan((), (), (), (Fault(5, RowFault.NOTHING_ENDS, "valid_until", "2025-12-31"),))


def test_an_end_that_has_passed_ends_nothing_else():
    now = Period(ASSOCIATE, date(2026, 1, 1))
    old = operator(Period(SM_T, date(2020, 1, 1)), now)

    new = after(line(sector="T", valid_until="2025-12-31"), known=[old])

    assert new.memberships == (now, Period(SM_T, date(2020, 1, 1), date(2025, 12, 31)))


def test_a_flag_is_closed_the_day_before_it_is_gone():
    old = operator(Period(SM_T, SINCE_EVER), traits=[Period(LDC, date(2026, 11, 1))])

    new = after(line(sector="T", ldc="0", valid_from="2026-11-24"), known=[old])

    assert new.traits == (Period(LDC, date(2026, 11, 1), YESTERDAY),)


def test_flags_overlap_and_a_region_is_one_at_a_time():
    africa = Period(("region", "africa"), SINCE_EVER)
    old = operator(Period(SM_T, SINCE_EVER), traits=[Period(LDC, date(2026, 11, 1)), africa])

    new = after(line(sector="T", ldc="1", sids="yes", region="arab_states"), known=[old])

    assert new.traits == (
        Period(LDC, date(2026, 11, 1)),
        Period(("region", "africa"), SINCE_EVER, YESTERDAY),
        Period(("region", "arab_states"), TODAY),
        Period(("sids", "yes"), TODAY),
    )


def test_a_column_that_is_not_there_says_nothing():
    traits = [Period(LDC, date(2026, 11, 1)), Period(("region", "africa"), SINCE_EVER)]
    old = operator(Period(SM_T, SINCE_EVER), traits=traits, names={"fr": "Un opérateur"})

    assert planned(line(sector="T"), known=[old]).unchanged == ("op",)


def test_flags_may_have_a_day_of_their_own():
    new = after(line(sector="T", region="africa", ldc="1", flags_from="2026-11-01"))

    assert new.traits == (
        Period(LDC, date(2026, 11, 1)),
        Period(("region", "africa"), SINCE_EVER),
    )


def test_a_flag_that_comes_back_has_two_periods():
    once = Period(LDC, date(2000, 1, 1), date(2010, 12, 31))
    old = operator(Period(SM_T, SINCE_EVER), traits=[once])

    new = after(line(sector="T", ldc="1", valid_from="2026-11-24"), known=[old])

    assert new.traits == (once, Period(LDC, TODAY))


def test_an_empty_name_leaves_the_name_that_is_there():
    old = operator(Period(SM_T, SINCE_EVER), names={"fr": "Un opérateur", "es": "Un operador"})

    made = planned(
        line(sector="T", name_fr="L'opérateur", name_es="", name_en="An operator"), known=[old]
    )

    assert made.changes == (
        Change("op", "An operator", "name_en", "", "An operator"),
        Change("op", "An operator", "name_fr", "Un opérateur", "L'opérateur"),
    )


# What is told.


def test_a_change_tells_old_and_new_days():
    old = operator(Period(SM_T, SINCE_EVER), traits=[Period(LDC, date(2026, 11, 1))], iso2="KE")

    made = planned(line(category="associate", ldc="0", name="The operator"), known=[old])

    assert made.changes == (
        Change("op", "The operator", "name", "An operator", "The operator"),
        Change(
            "op", "The operator", "membership sector_member T", "../..", "../2026-11-23", ends=True
        ),
        Change("op", "The operator", "membership associate", "", "2026-11-24/.."),
        Change("op", "The operator", "ldc", "2026-11-01/..", "2026-11-01/2026-11-23", ends=True),
    )


def test_who_is_not_in_the_list_is_not_in_the_plan():
    other = Known("other", "Other", {}, "", (Period(UN, SINCE_EVER),))

    assert planned(line(), known=[other]).changed == ()


days = st.dates(date(2019, 1, 1), date(2030, 12, 31))
some_day = st.one_of(st.just(""), days.map(date.isoformat))
said_of_one = st.fixed_dictionaries(
    {
        "category": st.sampled_from(["sector_member", "associate"]),
        "sector": st.sampled_from(["", "R", "T"]),
        "ldc": st.sampled_from(["0", "1"]),
        "valid_from": some_day,
        "valid_until": some_day,
    }
)


def applied(known: tuple[Known, ...], said) -> tuple[Known, ...]:
    found = read(2, cells(**said))
    if isinstance(found, list):
        return known
    made = planned(found, known=known)
    return (*made.created, *(new for _, new in made.changed)) or known


@given(st.lists(said_of_one, min_size=1, max_size=6))
def test_the_same_list_twice_changes_nothing_the_second_time(lists):
    known: tuple[Known, ...] = ()
    for said in lists:
        known = applied(known, said)

        assert applied(known, said) == known


@given(st.lists(said_of_one, min_size=1, max_size=6))
def test_no_list_makes_one_thing_hold_twice_on_one_day(lists):
    known: tuple[Known, ...] = ()
    for said in lists:
        known = applied(known, said)
        for entity in known:
            periods = (*entity.memberships, *entity.traits)
            assert all(each.until is None or each.since <= each.until for each in periods)
            assert not any(
                one is not other and one.what == other.what and one.meets(other.since, other.until)
                for one in periods
                for other in periods
            )
