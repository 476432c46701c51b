"""Experts whom the chair invited for one item (A10), who confirmed it, and how it ended."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from app.models.base import Record


class Invitation(Record, table=True):
    """A named person, one item of one sitting; it counts once a second person has confirmed it."""

    __tablename__ = "invitations"

    meeting_id: UUID = Field(foreign_key="meetings.id", ondelete="CASCADE", index=True)
    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE", index=True)
    person_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE", index=True)
    item_number: int = Field(description="of the agenda item of that sitting")
    reason: str = Field(max_length=500)
    invited_by: UUID = Field(foreign_key="people.id")
    invited_at: datetime
    expires_at: datetime
    confirmed_by: UUID | None = Field(default=None, foreign_key="people.id")
    confirmed_at: datetime | None = None
    ended_by: UUID | None = Field(default=None, foreign_key="people.id")
    ended_at: datetime | None = None
    why: str = Field(default="", max_length=500, description="it was ended, in words or by a key")
