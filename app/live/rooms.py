"""A room: the connections entitled to one channel, and how far they have been told."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from uuid import UUID

from app import journal
from app.database import Database
from app.journal import Channel
from app.live import leases
from app.live.wire import Line, broadcast, encode, frame
from app.models import News

MURMUR_EVERY = 0.25  # seconds: what is being written is heard no more often
TURN = "item-taken"  # the event with which the places of those invited for one item end
KEPT = 512  # frames of the newest events, for those who join while the room is ahead of them


class Room:
    """One per channel and process; everyone in it may hear all of it, so nothing is filtered."""

    def __init__(
        self,
        database: Database,
        lease_id: UUID,
        meeting_id: UUID,
        channel: Channel,
        current: Callable[[], bool],
    ) -> None:
        self.channel = channel
        self.meeting_id = meeting_id
        self.cursor = 0
        self.lines: dict[Line, None] = {}
        self.bound: set[Line] = set()
        self.turned = 0
        self.stale = False
        self.told = b""  # what may be lost and was told last: a newcomer is told anew
        self._database = database
        self._lease_id = lease_id
        self._current = current
        self._recent: deque[tuple[int, bytes]] = deque(maxlen=KEPT)
        self._telling = asyncio.Lock()
        self._murmured = 0.0

    def start_at(self, position: int) -> None:
        """An empty room has nobody to tell, so it begins where its first member stands."""
        if not self.lines and self.cursor < position:
            self.cursor = position
            self._recent.clear()

    async def tell(self) -> None:
        """Read what is new once, frame it once, write it to everyone."""
        async with self._telling:
            while not self.stale and (news := await self._since(self.cursor)):
                # While the database was read the room may have been closed, the process stopped
                # until its lease ran out, or a first member come who is further on.
                if self.stale or not self._current():
                    return
                news = [item for item in news if item.position > self.cursor]
                if not news:
                    continue
                frames = [frame(encode(journal.said(self.channel, item))) for item in news]
                self._recent.extend(zip((item.position for item in news), frames, strict=True))
                self.cursor = news[-1].position
                self._broadcast(news, frames)

    def _broadcast(self, news: list[News], frames: list[bytes]) -> None:
        """Write to everyone; with the next item those who were there for one leave before it."""
        turns = [at for at, item in enumerate(news) if item.kind == TURN]
        if turns:
            self.turned = news[turns[-1]].position
            broadcast(tuple(self.lines), b"".join(frames[: turns[0]]))
            self.let_go()
            frames = frames[turns[0] :]
        broadcast(tuple(self.lines), b"".join(frames))

    def let_go(self) -> None:
        """Those who were there for one item hear no more."""
        for line in self.bound:
            self.lines.pop(line, None)
        self.bound.clear()

    def murmur(self, data: bytes) -> None:
        """Write what is no news to everyone, unless it comes too soon: it is lost then."""
        now = time.monotonic()
        if self.stale or not self._current() or now < self._murmured + MURMUR_EVERY:
            return
        self._murmured = now
        broadcast(tuple(self.lines), data)

    async def _since(self, cursor: int) -> list[News]:
        """Nothing for a process whose lease is not live or that is not of the current epoch."""
        async with self._database.reading() as db:
            said = await leases.may_speak(db, self._lease_id, self.meeting_id)
            if not said.at(self.channel.epoch):
                return []
            return list(await journal.since(db, self.channel, cursor))

    def behind(self, position: int) -> list[bytes] | None:
        """The frames after the position; None when the room does not have them all."""
        if position > self.cursor:
            return None
        after = [data for at, data in self._recent if at > position]
        return after if len(after) == self.cursor - position else None

    def close(self) -> None:
        """Nothing is written to anybody from here on; synchronous, so that no news slips in."""
        self.stale = True
        self.lines.clear()
        self.bound.clear()
