"""What goes with a consultation: documents to read first, details of its steps, who follows it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, UniqueConstraint

from app.models.base import Json, Record


class BackgroundDocument(Record, table=True):
    """A link to what is read before answering; its number is its place."""

    __tablename__ = "background_documents"
    __table_args__ = (UniqueConstraint("consultation_id", "number"),)

    consultation_id: UUID = Field(foreign_key="consultations.id", ondelete="CASCADE")
    number: int
    url: str = Field(max_length=1000)
    title: str = Field(max_length=300)
    language: str = Field(max_length=8, description="in which it is written")


class EntryDetail(Record, table=True):
    """More of a step in the history of a consultation: nothing of it is ever changed.

    Of an edit after the announcement ``before`` is what stood there, by field; of a short notice
    ``short`` is what fell short, with days and the least of them (A12).
    """

    __tablename__ = "consultation_entry_details"

    entry_id: UUID = Field(foreign_key="consultation_entries.id", ondelete="CASCADE", unique=True)
    before: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    short: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)


class ConsultationFollower(Record, table=True):
    """Somebody who wants to be told: reminded once of each deadline, some days before it."""

    __tablename__ = "consultation_followers"
    __table_args__ = (UniqueConstraint("consultation_id", "person_id"),)

    consultation_id: UUID = Field(foreign_key="consultations.id", ondelete="CASCADE")
    person_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE", index=True)
    days_before: int
    followed_at: datetime
    remind_at: datetime | None = Field(
        default=None, index=True, description="none once it was done, or where it is too late"
    )


class RoundsFollower(Record, table=True):
    """Somebody who wants to be told of every round that is announced."""

    __tablename__ = "rounds_followers"

    person_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE", index=True, unique=True)
    followed_at: datetime
