"""What was written in a sitting: chat to all, asides with the moderator, and statements."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, UniqueConstraint

from app.models.base import Json, Record, text_of
from app.policy.statement import Source


class ChatMessage(Record, table=True):
    """A message to all; one that was removed is kept, with who removed it and why."""

    __tablename__ = "chat_messages"
    __table_args__ = (UniqueConstraint("sitting_id", "number"),)

    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE")
    number: int
    person_id: UUID = Field(foreign_key="people.id", index=True)
    speaker: dict[str, Any] = Field(sa_type=Json, description="policy.people.Speaker, as shown")
    text: str = Field(max_length=500)
    at: datetime
    epoch: int = Field(description="of the channel on which it was said")
    position: int = Field(default=0, description="of the news that last carried its text")
    retracted_at: datetime | None = None
    retracted_by_id: UUID | None = Field(default=None, foreign_key="people.id")
    retracted_why: str = Field(default="", max_length=200)


class ChatMute(Record, table=True):
    """Somebody whose messages to all are not taken in this sitting, until it is lifted."""

    __tablename__ = "chat_mutes"
    __table_args__ = (UniqueConstraint("sitting_id", "number"),)

    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE")
    number: int
    person_id: UUID = Field(foreign_key="people.id", index=True)
    speaker: dict[str, Any] = Field(sa_type=Json, description="policy.people.Speaker, as shown")
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime
    lifted_at: datetime | None = None
    lifted_by_id: UUID | None = Field(default=None, foreign_key="people.id")


class Aside(Record, table=True):
    """What one participant and the moderator tell one another, and nobody else hears."""

    __tablename__ = "asides"
    __table_args__ = (UniqueConstraint("sitting_id", "number"),)

    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE")
    number: int
    person_id: UUID = Field(foreign_key="people.id", index=True, description="the participant")
    by_id: UUID = Field(foreign_key="people.id", description="who wrote it")
    speaker: dict[str, Any] = Field(sa_type=Json, description="the participant, as shown")
    text: str = Field(max_length=500)
    answers: int | None = Field(default=None, description="number of the aside that it answers")
    at: datetime


class Statement(Record, table=True):
    """A written statement, kept exactly as it came."""

    __tablename__ = "statements"
    __table_args__ = (
        UniqueConstraint("sitting_id", "number"),
        UniqueConstraint("person_id", "client_id"),
    )

    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE")
    number: int
    person_id: UUID = Field(foreign_key="people.id")
    client_id: UUID = Field(description="made by the client: handing in twice is harmless")
    item_number: int | None = Field(default=None, description="of the sitting's agenda")
    speaker: dict[str, Any] = Field(sa_type=Json, description="policy.people.Speaker, as shown")
    text: str
    characters: int
    sha256: str = Field(max_length=64, description="of the text as UTF-8, hexadecimal")
    source: Source = Field(sa_type=text_of(Source))
    file_name: str = Field(default="", max_length=120)
    filed_at: datetime
    withdrawn_at: datetime | None = None
    read_out_at: datetime | None = None
    read_out_by_id: UUID | None = Field(default=None, foreign_key="people.id")
    recorded_at: datetime | None = None
    recorded_by_id: UUID | None = Field(default=None, foreign_key="people.id")
