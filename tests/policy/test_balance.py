"""Balance of a debate: what is counted, and whom the chair is shown."""

from dataclasses import replace

import pytest

from app.policy.balance import (
    Balance,
    BalanceReason,
    Heard,
    Row,
    Share,
    Suggestion,
    Waits,
    balance,
    spoken_by,
    spoken_for,
)
from app.policy.floor import Request, RequestKind, Speaker
from app.policy.people import Capacity, Category
from tests.vectors.make import START

FIRST, REGION, CATEGORY = BalanceReason
MEMBER, SECTOR = Category.MEMBER_STATE, Category.SECTOR_MEMBER


def someone(body: str, category: Category = MEMBER) -> Speaker:
    return Speaker(f"Delegate of {body}", body, Capacity.DELEGATE, category, remote=False)


KENYA, BRAZIL, CHILE, OPERATOR = map(someone, ("Kenya", "Brazil", "Chile", "An operator"))
OPERATOR = replace(OPERATOR, category=SECTOR)
GUEST = Speaker("Guest", "A society", Capacity.INDIVIDUAL, Category.STAKEHOLDER, remote=True)
HEARD = (Heard(KENYA, 60, "africa"), Heard(BRAZIL, 30.5, "americas"), Heard(KENYA, 20, "africa"))


def waits(
    number: int, speaker: Speaker, region: str = "", kind: RequestKind = RequestKind.INTERVENTION
) -> Waits:
    return Waits(Request(number, kind, speaker, START), region)


def test_a_person_and_a_body_are_counted_apart():
    second = replace(KENYA, name="Second delegate of Kenya")

    assert spoken_by(HEARD, KENYA) == (2, 80)
    assert spoken_by(HEARD, second) == (0, 0)
    assert spoken_for(HEARD, second) == (2, 80)
    assert spoken_for((*HEARD, Heard(GUEST, 5)), GUEST) == (1, 5)


def test_the_shares_are_told_the_longest_first():
    found = balance(HEARD, (waits(4, KENYA, "africa"), waits(5, GUEST)))

    assert found == Balance(
        rows=(Row(4, 2, 80, 2, 80), Row(5, 0, 0, 0, 0)),
        bodies=(Share("Kenya", 2, 80), Share("Brazil", 1, 30.5)),
        categories=(Share("member_state", 3, 110.5),),
        regions=(Share("africa", 2, 80), Share("americas", 1, 30.5)),
        suggestion=Suggestion(5, (FIRST, CATEGORY)),
    )


@pytest.mark.parametrize(
    ("waiting", "suggested"),
    [
        ((), None),
        ((waits(1, KENYA, "africa"),), None),
        ((waits(1, KENYA, "africa"), waits(2, BRAZIL, "americas")), None),
        ((waits(1, KENYA, "africa"), waits(2, CHILE, "americas")), (2, FIRST)),
        ((waits(1, KENYA, "africa"), waits(2, CHILE, "europe")), (2, FIRST, REGION)),
        ((waits(1, CHILE, "americas"), waits(2, someone("Peru"), "americas")), None),
        ((waits(1, CHILE, "americas"), waits(2, OPERATOR)), (2, FIRST, CATEGORY)),
        ((waits(1, KENYA), waits(2, CHILE), waits(3, someone("Peru"))), (2, FIRST)),
        ((waits(1, KENYA, kind=RequestKind.POINT_OF_ORDER), waits(2, CHILE)), None),
        ((waits(1, KENYA), waits(2, CHILE, kind=RequestKind.RIGHT_OF_REPLY)), None),
    ],
)
def test_whoever_has_more_reasons_than_the_first_is_suggested(waiting, suggested):
    found = balance(HEARD, waiting).suggestion

    assert found == (suggested and Suggestion(suggested[0], suggested[1:]))
