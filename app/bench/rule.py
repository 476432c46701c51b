"""How long the rule takes to answer, over every question that can be put to it."""

from collections.abc import Iterable
from itertools import islice, product
from time import perf_counter_ns
from typing import Final, TypedDict

from app import editions
from app.policy.access import Edition, Part, Right, decide
from app.policy.people import Category, Function, Standing

WARM_UP: Final = 20_000
ROUNDS: Final = 100_000
NANOSECONDS: Final = 1000.0

Question = tuple[Edition, Standing, Part, Right]


class Measured(TypedDict):
    """What the bench prints; times in microseconds."""

    bench: str
    questions: int
    decisions: int
    p50_us: float
    p99_us: float
    mean_us: float
    limit_us: float


def run(rounds: int = ROUNDS) -> Measured:
    """Time single decisions: median, 99th percentile and mean in microseconds."""
    questions = _questions()
    _timed(_turns(questions, WARM_UP))
    took = sorted(_timed(_turns(questions, rounds)))
    return {
        "bench": "rule",
        "questions": len(questions),
        "decisions": rounds,
        "p50_us": took[rounds // 2] / NANOSECONDS,
        "p99_us": took[rounds * 99 // 100] / NANOSECONDS,
        "mean_us": sum(took) / rounds / NANOSECONDS,
        "limit_us": 10.0,
    }


def _questions() -> list[Question]:
    """Every edition, part, right and category, in order, pending, or in service."""
    return [
        (edition, standing, part, right)
        for edition, part, right, category in product(
            editions.load().values(), Part, Right, Category
        )
        for standing in _standings(category)
    ]


def _standings(category: Category) -> tuple[Standing, ...]:
    ready = Standing.of(category)
    return ready, Standing(category, identified=True), Standing.of(category, Function.CHAIR)


def _turns(questions: list[Question], count: int) -> Iterable[Question]:
    repeats = -(-count // len(questions))
    return islice((each for _ in range(repeats) for each in questions), count)


def _timed(questions: Iterable[Question]) -> list[int]:
    took = []
    for question in questions:
        started = perf_counter_ns()
        decide(*question)
        took.append(perf_counter_ns() - started)
    return took
