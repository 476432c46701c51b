"""How often something may be asked for: sliding windows in memory, per process."""

from functools import lru_cache
from math import ceil
from time import time

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from app.errors import TooMany


class Rates:
    """Counts by rule and by whom it is about; raises TooMany with the seconds to wait."""

    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def take(self, rate: str, name: str, who: str) -> None:
        """Count one use of ``name`` by ``who`` against a rate such as ``5/hour``."""
        item = _parsed(rate)
        if not await self._limiter.hit(item, name, who):
            window = await self._limiter.get_window_stats(item, name, who)
            raise TooMany(max(1, ceil(window.reset_time - time())))


@lru_cache(maxsize=64)
def _parsed(rate: str) -> RateLimitItem:
    return parse(rate)
