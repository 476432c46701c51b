"""The news of a channel: written in the transaction of the change, read from a cursor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, func, select

from app.database import Reading, Writing, ring
from app.models import News
from app.protocol import news
from app.protocol.news import Event


@dataclass(frozen=True, slots=True)
class Channel:
    """One subject of one sitting at one epoch: it has one audience, so nothing is filtered."""

    sitting_id: UUID
    subject: str
    epoch: int

    def __str__(self) -> str:
        return f"{self.sitting_id}/{self.subject}/{self.epoch}"


async def position(db: Reading | Writing, channel: Channel) -> int:
    """The newest position of a channel; 0 where nothing was said yet."""
    query = select(func.max(News.position)).where(News.channel == str(channel))
    return (await db.exec(query)).one() or 0


async def write(
    db: Writing,
    channel: Channel,
    event: Event,
    *,
    by: UUID | None = None,
    wish: UUID | None = None,
    at: datetime | None = None,
) -> int:
    """Say an event; whoever calls holds the sitting, which is why positions have no gaps."""
    await db.flush()
    place = await position(db, channel) + 1
    at = at or datetime.now(UTC)
    db.add(
        News(
            channel=str(channel),
            position=place,
            kind=event.kind,
            body=news.body(event, at),
            at=at,
            by_id=by,
            wish_id=wish,
        )
    )
    ring(db, str(channel))
    return place


async def blot(db: Writing, channel: Channel, position: int, instead: Sequence[Event]) -> None:
    """Say something less at a position, of whichever kind stands there.

    What was removed is not told again to who comes back.
    """
    item = await db.get(News, (str(channel), position))
    for event in instead:
        if item is not None and item.kind == event.kind:
            item.body = news.body(event, item.at)


async def since(
    db: Reading | Writing, channel: Channel, cursor: int, most: int = 500
) -> Sequence[News]:
    """What was said after the cursor, in order, at most ``most`` events."""
    query = (
        select(News)
        .where(News.channel == str(channel), col(News.position) > cursor)
        .order_by(col(News.position))
        .limit(most)
    )
    return (await db.exec(query)).all()


def said(channel: Channel, item: News) -> dict[str, Any]:
    """An event as it goes over the wire."""
    return {
        "kind": item.kind,
        "on": channel.subject,
        "position": item.position,
        "at": item.at.isoformat().replace("+00:00", "Z"),
        "body": item.body,
    }
