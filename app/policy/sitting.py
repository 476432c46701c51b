"""The life of a sitting: it is scheduled, open, closing, closed."""

from datetime import datetime, timedelta
from enum import StrEnum


class SittingState(StrEnum):
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSING = "closing"  # frozen: the list is kept, no wish is taken
    CLOSED = "closed"


def admits(state: SittingState, starts_at: datetime, now: datetime, before: timedelta) -> bool:
    """Whether the room takes people: while it is open, and from a while before its start.

    Frozen is open still: whoever loses the line between the freeze and the fence may come back.
    """
    match state:
        case SittingState.OPEN | SittingState.CLOSING:
            return True
        case SittingState.SCHEDULED:
            return now >= starts_at - before
        case SittingState.CLOSED:
            return False
