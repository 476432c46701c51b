"""How long a badge takes on paper: one once warm, and a meeting's worth in one PDF."""

from itertools import count
from statistics import median
from time import perf_counter, process_time
from typing import Final, TypedDict

from app.paper.badge import Press, Printed
from app.policy.badge import LENGTH, MARK
from app.policy.people import Category

MANY: Final = 1000
ROUNDS: Final = 50
LIMIT_ONE_MS: Final = 50.0
LIMIT_MANY_S: Final = 30.0
MILLISECONDS: Final = 1000.0
# Of every script that the fonts set differently, short and long; the number makes each another.
NAMES: Final = (
    ("Delegate of Kenya", "Kenya"),
    ("المندوب عن المملكة العربية السعودية", "المملكة العربية السعودية"),
    ("中华人民共和国代表", "中华人民共和国"),
    ("Делегат Российской Федерации", "Российская Федерация"),
    ("Délégué de la Côte d’Ivoire auprès de l’Union", "Côte d’Ivoire"),
    ("Participant with several given names and a family name of two words", "An association"),
)


class Measured(TypedDict):
    """What the bench prints; the first badge reads the fonts."""

    bench: str
    first_ms: float
    warm_p50_ms: float
    warm_worst_ms: float
    warm_limit_ms: float
    badges_in_one_pdf: int
    seconds: float
    seconds_of_processor: float
    limit_seconds: float
    bytes: int


def run(many: int = MANY, rounds: int = ROUNDS) -> Measured:
    """Print single badges, each another, then many at once."""
    numbers = count()
    press, began = Press(), perf_counter()
    press.press([_badge(next(numbers))])
    first = perf_counter() - began
    for _ in NAMES:  # warm is: every script was set once
        press.press([_badge(next(numbers))])
    took = [_timed(press, [_badge(next(numbers))])[0] for _ in range(rounds)]
    began, busy = perf_counter(), process_time()
    size = _timed(press, [_badge(next(numbers)) for _ in range(many)])[1]
    return {
        "bench": "badges",
        "first_ms": round(first * MILLISECONDS, 1),
        "warm_p50_ms": round(median(took) * MILLISECONDS, 1),
        "warm_worst_ms": round(max(took) * MILLISECONDS, 1),
        "warm_limit_ms": LIMIT_ONE_MS,
        "badges_in_one_pdf": many,
        "seconds": round(perf_counter() - began, 2),
        "seconds_of_processor": round(process_time() - busy, 2),
        "limit_seconds": LIMIT_MANY_S,
        "bytes": size,
    }


def _timed(press: Press, people: list[Printed]) -> tuple[float, int]:
    began = perf_counter()
    made = press.press(people)
    return perf_counter() - began, len(made)


def _badge(number: int) -> Printed:
    name, entity = NAMES[number % len(NAMES)]
    category = list(Category)[number % len(Category)]
    return Printed(
        meeting="Twentieth meeting of the working group",
        name=f"{name} {number}",
        entity=entity,
        title="Director",
        band=category.value.replace("_", " "),
        category=category,
        serves=False,
        reference=f"{number:08}",
        code=MARK + f"{number * 7919:0{LENGTH - len(MARK)}}",
        alt="QR code",
    )
