"""What an event costs on the wire beyond what people wrote, were every word of it the longest."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest

from app.bench.hour import MOST_BEYOND_TEXT, own_text
from app.live.wire import encode, frame
from app.policy import captions, floor
from app.policy.hands import MOST as MOST_CHOICES
from app.policy.hands import ROWS
from app.protocol import news

AT: Final = datetime(2026, 11, 26, 10, 31, 0, 365858, tzinfo=UTC)
BEFORE: Final = AT.replace(hour=9)
LONGEST: Final[Mapping[Any, Any]] = {
    str: "x",
    int: 9999,
    float: 3599.1234560000003,
    bool: False,
    UUID: UUID(int=2**127),
    datetime: BEFORE,
    # A question of which each choice has dozens of hands in every category.
    tuple[tuple[int, ...], ...]: ((99,) * MOST_CHOICES,) * len(ROWS),
    tuple[str, ...]: ("x",) * MOST_CHOICES,
}
# The service says with the event that it is now (``turn.now``), and never a show with its counts.
ALWAYS: Final[Mapping[str, Any]] = {**dict.fromkeys(news.MOMENTS, AT), "counts": None}
# What could not be in one event: only an intervention takes a side.
NEVER: Final[Mapping[type, Mapping[str, Any]]] = {floor.FloorRequested: {"stance": None}}

KINDS: Final = [cls for part in get_args(news.Event) for cls in (get_args(part) or (part,))]


def longest(hint: Any) -> Any:
    """The value of that type that takes most to write."""
    if hint in LONGEST:
        return LONGEST[hint]
    if get_origin(hint) is Literal:
        return get_args(hint)[0]
    if get_args(hint):
        return longest(next(each for each in get_args(hint) if each is not NoneType))
    if issubclass(hint, StrEnum):
        return max(hint, key=len)
    if issubclass(hint, tuple):
        return hint(*(longest(each) for each in get_type_hints(hint).values()))
    return dearest(hint)


def dearest(cls: type) -> Any:
    """An event, or a part of one, of which nothing is left out that need not be."""
    assert is_dataclass(cls)
    hints = get_type_hints(cls)
    names = [each.name for each in fields(cls)]
    return cls(**{each: ALWAYS[each] if each in ALWAYS else longest(hints[each]) for each in names})


EVENTS: Final = [
    *(replace(dearest(cls), **NEVER.get(cls, {})) for cls in KINDS),
    replace(dearest(floor.FloorRequested), request=floor.RequestKind.INTERVENTION),
]
NAMES: Final = [*(cls.__name__ for cls in KINDS), "FloorRequested on a side"]


@pytest.mark.parametrize("event", EVENTS, ids=NAMES)
def test_an_event_costs_little_beyond_what_people_wrote(event: news.Event) -> None:
    cls = type(event)
    body = news.body(event, AT)
    on = "captions:fr" if cls in get_args(captions.Event) else "room"
    on = on if cls in (*get_args(floor.Event), *get_args(captions.Event)) else "console"
    at = AT.isoformat().replace("+00:00", "Z")
    said = {"kind": event.kind, "on": on, "position": 99_999, "at": at, "body": body}

    assert news.read(event.kind, body, AT) == event
    assert len(frame(encode(said))) - own_text(body) <= MOST_BEYOND_TEXT
