"""The minutes as they are being written, every version of them, and notes to oneself."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, UniqueConstraint

from app.models.base import Record


class MinutesParagraph(Record, table=True):
    """One paragraph: who changes it says which version they had before them."""

    __tablename__ = "minutes_paragraphs"
    __table_args__ = (UniqueConstraint("sitting_id", "change"),)

    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE")
    place: float = Field(description="paragraphs stand in the order of it")
    version: int = 1
    change: int = Field(description="of the sitting's minutes: what is read on from")
    text: str = Field(default="", max_length=5000)
    item_number: int | None = Field(default=None, description="of the sitting's agenda")
    decision: bool = Field(default=False, description="a decision is noted here")
    by_id: UUID = Field(foreign_key="people.id", description="of this version")
    at: datetime
    deleted_at: datetime | None = None


class MinutesVersion(Record, table=True):
    """What a paragraph said; also what somebody wrote while somebody else was faster."""

    __tablename__ = "minutes_versions"

    paragraph_id: UUID = Field(foreign_key="minutes_paragraphs.id", ondelete="CASCADE", index=True)
    version: int = Field(description="of the paragraph; of what was set aside: the one it was of")
    aside: bool = Field(default=False, description="not taken over: kept, so that nothing is lost")
    text: str = Field(max_length=5000)
    item_number: int | None = None
    decision: bool = False
    deleted: bool = False
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime


class PrivateNote(Record, table=True):
    """A note to oneself: nobody else is ever shown it, and it has an end."""

    __tablename__ = "private_notes"

    person_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE", index=True)
    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE", index=True)
    request: int | None = Field(default=None, description="number of a request to speak")
    text: str = Field(max_length=1000)
    at: datetime
    ends_at: datetime = Field(index=True, description="deleted then")
