"""Balance of a debate: who has spoken how often and how long, and whom the chair might give way to.

Nothing here orders the list. A suggestion says why it is made, and the chair may take it or not.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.policy.floor import Request, RequestKind, Speaker


class BalanceReason(StrEnum):
    """Why somebody further down is suggested; sentences are in ``app.reasons``."""

    FIRST = "first-intervention"
    REGION = "region-not-heard"
    CATEGORY = "category-not-heard"


@dataclass(frozen=True, slots=True)
class Heard:
    """A speech that was made, or runs: by whom, from which region, for how many seconds."""

    speaker: Speaker
    seconds: float
    region: str = ""


@dataclass(frozen=True, slots=True)
class Waits:
    """Someone on the list, in the order of the list."""

    request: Request
    region: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """How often and for how many seconds somebody, or a group, has spoken."""

    name: str
    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Row:
    """What a waiting request's person and body have had before."""

    number: int
    count: int
    seconds: float
    body_count: int
    body_seconds: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A request that the chair might take next, and why."""

    number: int
    reasons: tuple[BalanceReason, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """The shares in a sitting so far; ``rows`` are of those who wait."""

    rows: tuple[Row, ...] = ()
    bodies: tuple[Share, ...] = ()
    categories: tuple[Share, ...] = ()
    regions: tuple[Share, ...] = ()
    suggestion: Suggestion | None = None


def balance(heard: Sequence[Heard], waiting: Sequence[Waits]) -> Balance:
    """The shares of all who spoke, and the suggestion that follows from them."""
    return Balance(
        rows=tuple(_row(heard, each.request) for each in waiting),
        bodies=_shares((each.speaker.title, each.seconds) for each in heard),
        categories=_shares((each.speaker.category.value, each.seconds) for each in heard),
        regions=_shares((each.region, each.seconds) for each in heard if each.region),
        suggestion=suggest(heard, waiting),
    )


def spoken_by(heard: Iterable[Heard], speaker: Speaker) -> tuple[int, float]:
    """How often and how long this person spoke: one name in one body is one person."""
    return _total(
        each
        for each in heard
        if (each.speaker.name, each.speaker.entity) == (speaker.name, speaker.entity)
    )


def spoken_for(heard: Iterable[Heard], speaker: Speaker) -> tuple[int, float]:
    """How often and how long the body that this person represents was spoken for, by anyone."""
    if not speaker.represents:
        return spoken_by(heard, speaker)
    return _total(
        each for each in heard if each.speaker.represents and each.speaker.entity == speaker.entity
    )


def suggest(heard: Sequence[Heard], waiting: Sequence[Waits]) -> Suggestion | None:
    """Whoever has the most reasons to be heard before the first of the list; none if nobody has.

    Only interventions are weighed: procedure goes first in any case, and replies go last.
    """
    turns = [each for each in waiting if each.request.request is RequestKind.INTERVENTION]
    if not turns or waiting[0] is not turns[0]:
        return None
    weighed = [(each, _reasons(heard, each)) for each in turns]
    best, reasons = max(weighed, key=lambda pair: len(pair[1]))  # of equals the first
    if best is turns[0]:
        return None
    return Suggestion(best.request.number, reasons)


def _reasons(heard: Sequence[Heard], waits: Waits) -> tuple[BalanceReason, ...]:
    speaker = waits.request.speaker
    asked = {
        BalanceReason.FIRST: spoken_for(heard, speaker)[0] == 0,
        BalanceReason.REGION: bool(waits.region)
        and waits.region not in {each.region for each in heard},
        BalanceReason.CATEGORY: speaker.category not in {each.speaker.category for each in heard},
    }
    return tuple(reason for reason, holds in asked.items() if holds)


def _row(heard: Sequence[Heard], request: Request) -> Row:
    own, body = spoken_by(heard, request.speaker), spoken_for(heard, request.speaker)
    return Row(request.number, *own, *body)


def _total(heard: Iterable[Heard]) -> tuple[int, float]:
    seconds = [each.seconds for each in heard]
    return len(seconds), sum(seconds)


def _shares(spoken: Iterable[tuple[str, float]]) -> tuple[Share, ...]:
    """The longest first."""
    by_name: dict[str, list[float]] = defaultdict(list)
    for name, seconds in spoken:
        by_name[name].append(seconds)
    shares = (Share(name, len(each), sum(each)) for name, each in by_name.items())
    return tuple(sorted(shares, key=lambda share: (-share.seconds, share.name)))
