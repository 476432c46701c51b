"""What an approver should look at twice; a flag is never a refusal."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

SHORT: Final = 8  # signs; of a shorter name one other sign makes another name


class Flag(StrEnum):
    SAME_PERSON = "same-person-twice"
    OTHER_DOMAIN = "mail-domain-not-the-entitys"
    CLOSE_NAME = "name-close-to-an-approved-one"


def other_domain(domain: str, known: Collection[str]) -> bool:
    """Whether an address is of none of the known domains or of what is under them."""
    return bool(known) and not any(domain == own or domain.endswith(f".{own}") for own in known)


def close(one: str, other: str) -> bool:
    """Whether two folded names could be taken for each other: a slip apart, or in another order."""
    if one == other or not (one and other):
        return False
    if sorted(one.split()) == sorted(other.split()):
        return True
    most = 1 if min(len(one), len(other)) < SHORT else 2
    return _within(one, other, most)


def _within(one: str, other: str, most: int) -> bool:
    """Whether so many changes of a sign, or swaps of neighbours, make one text of the other."""
    if abs(len(one) - len(other)) > most:
        return False
    before, last = list[int](), list(range(len(other) + 1))
    for i, sign in enumerate(one, 1):
        row = [i]
        for j, its in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (sign != its))
            if i > 1 and j > 1 and sign == other[j - 2] and one[i - 2] == its:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return False
        before, last = last, row
    return last[-1] <= most
