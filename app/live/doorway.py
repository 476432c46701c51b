"""The doorway: how many are on their way in, and when those who are too many may come again."""

from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from math import ceil
from time import monotonic
from typing import Final

AT_ONCE: Final = 128  # on their way in: a few batches of the hall, and a second of work or less
ENOUGH: Final = 10  # answered together, to say how long one takes when many come
ON_THE_WAY: Final = 3.0  # seconds in which whoever has a ticket is expected to come with it


class Doorway:
    """Counts everyone between the request for a ticket and the answer to a hello; one per process.

    When a service starts anew, its whole public comes back in the same second. If all were let in
    to the database together, each would wait longer than any client does, all would come again,
    and the work done for them would be lost. So only as many are on their way as can be answered
    soon, and each of the others gets a time: as the line moves, at most ``longest`` seconds ahead.
    """

    def __init__(self, at_once: int = AT_ONCE, longest: int = 60) -> None:
        self._at_once = at_once
        self._longest = longest
        self._passing = 0
        self._tickets: deque[float] = deque()  # when each was given to someone who has not come yet
        self._takes = 0.01  # seconds for each who passes, as it was lately
        self._promised = 0.0

    def full(self) -> bool:
        """Whether one more would have to wait too long."""
        while self._tickets and self._tickets[0] < monotonic() - ON_THE_WAY:
            self._tickets.popleft()
        return self._passing + len(self._tickets) >= self._at_once

    def appointment(self) -> int:
        """In how many whole seconds the next of those who are too many may come."""
        now = monotonic()
        self._promised = max(self._promised, now + 1) + self._takes
        return min(self._longest, ceil(self._promised - now))

    @contextmanager
    def passing(self) -> Generator[None]:
        """Count someone as long as the block takes."""
        self._passing += 1
        try:
            yield
        finally:
            self._passing -= 1

    def given(self) -> None:
        """Somebody has a ticket, and will come with it."""
        self._tickets.append(monotonic())

    def came(self) -> None:
        """Somebody came with a ticket."""
        if self._tickets:
            self._tickets.popleft()

    def passed(self, many: int, seconds: float) -> None:
        """So many were answered together, and it took so long.

        A few say nothing: together with others they would have taken hardly longer.
        """
        if many >= ENOUGH:
            self._takes += (min(1.0, seconds / many) - self._takes) / 4
