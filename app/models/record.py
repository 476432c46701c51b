"""What is answerable for: acts, chained by digest, and the letters that were sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel, UniqueConstraint

from app.models.base import Dated, Json, text_of
from app.policy.letters import LetterKind


class Act(SQLModel, table=True):
    """A decision that admitted, denied or changed something.

    ``commitment`` is SHA-256 of salt and content; ``digest`` of the previous digest and the
    commitment. Erasing content and salt leaves the chain whole.
    """

    __tablename__ = "acts"

    number: int = Field(primary_key=True)
    at: datetime
    kind: str = Field(max_length=40, index=True)
    meeting_id: UUID | None = Field(default=None, index=True)
    content: dict[str, Any] | None = Field(default=None, sa_type=Json, nullable=True)
    salt: str = Field(default="", max_length=64)
    commitment: str = Field(max_length=64)
    digest: str = Field(max_length=64)


class Letter(Dated, table=True):
    """A letter to be rendered and sent; it holds ids and links, never restricted text."""

    __tablename__ = "letters"

    kind: LetterKind = Field(sa_type=text_of(LetterKind))
    person_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE", index=True)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    language: str = Field(default="en", max_length=8)
    written_at: datetime = Field(index=True)
    due_at: datetime = Field(index=True, description="not before; moved on after a failure")
    tries: int = Field(default=0)
    sent_at: datetime | None = None
    given_up_at: datetime | None = None
    fault: str = Field(default="", max_length=300)


class AnsweredOnce(Dated, table=True):
    """What somebody's request was answered, kept for a day under the key that they gave it."""

    __tablename__ = "answered_once"
    __table_args__ = (UniqueConstraint("person_id", "key"),)

    person_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE")
    key: str = Field(max_length=200)
    digest: str = Field(max_length=64, description="of method, path and body")
    status: int = Field(default=0)
    tag: str = Field(default="", max_length=40)
    content: str = Field(default="")
    asked_at: datetime = Field(index=True)
