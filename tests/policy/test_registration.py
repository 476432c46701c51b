"""What may be claimed, who decides, and who holds a registration."""

from dataclasses import replace
from itertools import product
from uuid import UUID

import pytest

from app.policy.people import Capacity, Category, StakeholderGroup
from app.policy.refusal import No
from app.policy.registration import (
    Claim,
    ClaimFault,
    Decider,
    Ground,
    Mode,
    Owner,
    RegistrationReason,
    RegistrationState,
    at_once,
    cleaned,
    fault_of_reason,
    faults,
    may_decide,
    may_know,
    owner,
)
from app.policy.text import TextFault

KENYA, FIRST, SECOND, ELSEWHERE = (UUID(int=number) for number in range(1, 5))
DELEGATE = Claim(
    capacity=Capacity.DELEGATE,
    entity_id=KENYA,
    group=None,
    name="Delegate of Kenya",
    organization="",
    country="",
    job_title="",
    modes=((FIRST, Mode.REMOTE),),
)
STAKEHOLDER = replace(
    DELEGATE,
    capacity=Capacity.INDIVIDUAL,
    entity_id=None,
    group=StakeholderGroup.CIVIL_SOCIETY,
    organization="A society",
    country="KE",
)


def wrong(claim, **changes):
    return faults(cleaned(replace(claim, **changes)), {FIRST, SECOND}, {"KE", "CH"})


def test_a_delegate_and_a_stakeholder_say_different_things():
    assert (wrong(DELEGATE), wrong(STAKEHOLDER)) == ({}, {})


@pytest.mark.parametrize("field", ["name", "organization", "country"])
def test_a_stakeholder_says_name_affiliation_and_country(field):
    assert wrong(STAKEHOLDER, **{field: "  "}) == {field: TextFault.MISSING}


def test_nobody_is_for_an_entity_and_for_a_group_or_for_neither():
    both = wrong(DELEGATE, group=StakeholderGroup.OTHER)
    neither = wrong(STAKEHOLDER, group=None)

    assert (both, neither) == ({"entity_id": ClaimFault.ENTITY_OR_GROUP},) * 2


def test_a_delegate_has_an_entity_and_an_individual_has_none():
    assert wrong(STAKEHOLDER, capacity=Capacity.DELEGATE) == {"capacity": ClaimFault.NEEDS_ENTITY}
    assert wrong(DELEGATE, capacity=Capacity.INDIVIDUAL) == {
        "capacity": ClaimFault.FOR_ONESELF_ONLY
    }


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"name": "x" * 121}, {"name": TextFault.TOO_LONG}),
        ({"name": "Kenya\u202e"}, {"name": TextFault.DIRECTION}),
        ({"organization": "<i>Society</i>"}, {"organization": TextFault.MARKUP}),
        ({"organization": "x" * 161}, {"organization": TextFault.TOO_LONG}),
        ({"job_title": "Head\x07"}, {"job_title": TextFault.CONTROL}),
        ({"job_title": "x" * 161}, {"job_title": TextFault.TOO_LONG}),
        ({"country": "XX"}, {"country": ClaimFault.UNKNOWN_COUNTRY}),
        ({"modes": ()}, {"modes": ClaimFault.NO_MODE}),
        ({"modes": ((ELSEWHERE, Mode.REMOTE),)}, {"modes": ClaimFault.OTHER_MEETING}),
        ({"modes": ((FIRST, Mode.REMOTE), (FIRST, Mode.IN_PERSON))}, {"modes": ClaimFault.TWICE}),
        ({"name": "", "country": ""}, {"name": TextFault.MISSING, "country": TextFault.MISSING}),
    ],
)
def test_every_fault_is_told_at_its_field(changes, fault):
    assert wrong(STAKEHOLDER, **changes) == fault


def test_a_country_may_be_written_in_small_letters():
    assert cleaned(replace(STAKEHOLDER, country=" ch ")).country == "CH"


def test_no_field_of_a_claim_holds_a_category():
    assert [f for f in Claim.__dataclass_fields__ if "category" in f] == []
    assert {each.value for each in Category} & set(Claim.__dataclass_fields__) == set()


def test_a_rejection_says_why():
    assert fault_of_reason("Not of our delegation.\nAsk the ministry.") is None
    assert fault_of_reason("") == TextFault.MISSING
    assert fault_of_reason("x" * 501) == TextFault.TOO_LONG


@pytest.mark.parametrize(
    ("claim", "by_focal_point", "ground"),
    [
        (STAKEHOLDER, False, Ground.NO_APPROVAL_NEEDED),
        (STAKEHOLDER, True, Ground.NO_APPROVAL_NEEDED),
        (DELEGATE, True, Ground.OWN_FOCAL_POINT),
        (DELEGATE, False, None),
    ],
)
def test_only_a_claim_to_an_entity_waits_and_a_focal_points_own_does_not(
    claim, by_focal_point, ground
):
    assert at_once(claim, by_focal_point=by_focal_point) == ground


@pytest.mark.parametrize(
    ("own", "focal_point", "secretariat", "has_one", "answer"),
    [
        (False, True, False, True, True),
        (False, True, True, True, True),
        (False, False, True, True, RegistrationReason.FOCAL_POINT_DECIDES),
        (False, False, True, False, True),
        (False, False, False, False, RegistrationReason.SECRETARIAT_DECIDES),
        (False, False, False, True, RegistrationReason.FOCAL_POINT_DECIDES),
        (True, False, True, False, RegistrationReason.OWN_CLAIM),
        (True, False, False, True, RegistrationReason.OWN_CLAIM),
    ],
)
def test_the_focal_point_decides_or_the_secretariat_where_there_is_none(
    own, focal_point, secretariat, has_one, answer
):
    found = may_decide(Decider(own, focal_point, secretariat, has_one))

    assert (found.reason if isinstance(found, No) else found) == answer


def test_nobody_decides_on_their_own_whatever_else_they_are():
    for others in product((True, False), repeat=3):
        assert may_decide(Decider(True, *others)) == No(RegistrationReason.OWN_CLAIM)


def test_a_refusal_is_false():
    assert not may_decide(Decider(True, True, True, True))


def test_a_registration_exists_for_its_person_and_for_those_who_may_decide():
    everyone = product((True, False), repeat=3)
    known = [may_know(Decider(own, focal, office, True)) for own, focal, office in everyone]

    assert known == [True] * 7 + [False]


@pytest.mark.parametrize(
    ("state", "has_focal_point", "holds"),
    [
        (RegistrationState.SUBMITTED, True, Owner.FOCAL_POINT),
        (RegistrationState.SUBMITTED, False, Owner.SECRETARIAT),
        (RegistrationState.REJECTED, True, Owner.APPLICANT),
        (RegistrationState.APPROVED, True, Owner.NOBODY),
        (RegistrationState.WITHDRAWN, True, Owner.NOBODY),
    ],
)
def test_someone_holds_every_registration_that_is_not_finished(state, has_focal_point, holds):
    assert owner(state, has_focal_point=has_focal_point) == holds
