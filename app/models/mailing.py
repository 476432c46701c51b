"""A letter that the secretariat wrote to a selection of those registered, and to whom it went."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, UniqueConstraint

from app.models.base import Json, Record


class Mailing(Record, table=True):
    """What was written once; its key comes with the form, so that sending twice is sending once."""

    __tablename__ = "mailings"

    meeting_id: UUID = Field(foreign_key="meetings.id", ondelete="CASCADE", index=True)
    by_id: UUID = Field(foreign_key="people.id")
    title: str = Field(max_length=120)
    text: str = Field(max_length=5000)
    asked: dict[str, str] = Field(sa_type=Json, description="the filters of the selection")
    written_at: datetime


class MailingRecipient(Record, table=True):
    """One person to whom it went; the letter itself is forgotten sooner."""

    __tablename__ = "mailing_recipients"
    __table_args__ = (UniqueConstraint("mailing_id", "person_id"),)

    mailing_id: UUID = Field(foreign_key="mailings.id", ondelete="CASCADE")
    person_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE", index=True)
    reference: str = Field(max_length=16)
    letter_id: UUID
