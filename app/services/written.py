"""What was written in a sitting as the tables have it: chat to all, and statements on record."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import defer
from sqlmodel import col, func, select

from app.database import Reading, Writing
from app.models import ChatMessage, Sitting, Statement
from app.policy.chat import MOST, Chat, Message
from app.policy.statement import MOST as MOST_STATEMENTS
from app.policy.statement import OnRecord
from app.protocol.news import SPEAKER


async def chat(db: Reading | Writing, sitting: Sitting) -> Chat:
    """Chat as a picture keeps it."""
    newest = await messages(db, sitting)
    return Chat(sitting.chat_paused_at is not None, tuple(map(message, newest)))


async def messages(
    db: Reading | Writing, sitting: Sitting, before: int | None = None, most: int = MOST
) -> Sequence[ChatMessage]:
    """The newest messages to all, or the newest before a number; the oldest of them first."""
    query = select(ChatMessage).where(ChatMessage.sitting_id == sitting.id)
    if before is not None:
        query = query.where(ChatMessage.number < before)
    found = await db.exec(query.order_by(col(ChatMessage.number).desc()).limit(most))
    return list(reversed(found.all()))


def message(row: ChatMessage) -> Message:
    """A message as everyone in the room may see it: of one that was removed, the place is left."""
    text = None if row.retracted_at is not None else row.text
    return Message(row.number, SPEAKER.validate_python(row.speaker), text, row.at)


async def statements(db: Reading | Writing, sitting: Sitting) -> tuple[OnRecord, ...]:
    """The newest statements on record, in the order in which they were put there."""
    query = (
        select(Statement)
        .options(defer(col(Statement.text)))  # type: ignore[arg-type]  # long, and in no picture
        .where(Statement.sitting_id == sitting.id, col(Statement.recorded_at).is_not(None))
        .order_by(col(Statement.recorded_at).desc(), col(Statement.number).desc())
        .limit(MOST_STATEMENTS)
    )
    return tuple(
        on_record(row, row.recorded_at)
        for row in reversed((await db.exec(query)).all())
        if row.recorded_at is not None
    )


def on_record(row: Statement, at: datetime) -> OnRecord:
    speaker = SPEAKER.validate_python(row.speaker)
    return OnRecord(row.number, speaker, row.item_number, row.characters, at)


async def newest_number(db: Reading | Writing, table: type, sitting: Sitting) -> int:
    """The highest number given in a sitting; 0 where there is none."""
    query = select(func.max(table.number)).where(table.sitting_id == sitting.id)  # type: ignore[attr-defined]  # every table here numbers its rows in a sitting
    return (await db.exec(query)).one() or 0
