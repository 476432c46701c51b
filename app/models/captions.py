"""Captions: in which languages there are any, their lines, and what a line said before."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel, UniqueConstraint

from app.models.base import Record, text_of
from app.policy.captions import CaptionKind, CaptionSource
from app.policy.people import Capacity


class CaptionSwitch(SQLModel, table=True):
    """A language in which a sitting has, or had, captions; a row lists the language."""

    __tablename__ = "caption_switches"

    sitting_id: UUID = Field(primary_key=True, foreign_key="sittings.id", ondelete="CASCADE")
    language: str = Field(primary_key=True, max_length=2, description="ISO 639-1")
    started_at: datetime
    stopped_at: datetime | None = None
    stopped_by_id: UUID | None = Field(
        default=None, foreign_key="people.id", description="none where the end of the part did it"
    )


class CaptionLine(Record, table=True):
    """One final line, as it reads now; whoever spoke is copied, as the list had them then."""

    __tablename__ = "caption_lines"
    __table_args__ = (UniqueConstraint("sitting_id", "language", "number"),)

    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE")
    language: str = Field(max_length=2)
    number: int
    text: str = Field(max_length=500)
    speaker: str | None = Field(default=None, max_length=300)
    capacity: Capacity | None = Field(default=None, sa_type=text_of(Capacity))
    item_number: int | None = None
    source: CaptionSource = Field(sa_type=text_of(CaptionSource))
    kind: CaptionKind = Field(sa_type=text_of(CaptionKind))
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime
    corrected_by_id: UUID | None = Field(default=None, foreign_key="people.id")
    corrected_at: datetime | None = None


class CaptionVersion(SQLModel, table=True):
    """What a line said before it was corrected, and since when."""

    __tablename__ = "caption_versions"

    line_id: UUID = Field(primary_key=True, foreign_key="caption_lines.id", ondelete="CASCADE")
    number: int = Field(primary_key=True)
    text: str = Field(max_length=500)
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime
