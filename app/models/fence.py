"""The change from the open part to the members' part, and what it proved."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, UniqueConstraint

from app.models.base import Json, Record, text_of
from app.policy.fence import FenceState


class Fence(Record, table=True):
    """One passage through the fence, from its freezing to the opening of the members' part."""

    __tablename__ = "fences"
    __table_args__ = (UniqueConstraint("meeting_id", "epoch"),)

    meeting_id: UUID = Field(foreign_key="meetings.id", ondelete="CASCADE")
    from_sitting_id: UUID = Field(foreign_key="sittings.id")
    to_sitting_id: UUID = Field(foreign_key="sittings.id")
    epoch: int = Field(description="the epoch that this fence raised")
    state: FenceState = Field(sa_type=text_of(FenceState), index=True)
    by_id: UUID = Field(foreign_key="people.id")
    frozen_at: datetime
    raised_at: datetime
    verified_at: datetime | None = None
    opened_at: datetime | None = None
    seen: dict[str, Any] = Field(
        default_factory=dict, sa_type=Json, description="people at the raising"
    )


class HallSignOff(Record, table=True):
    """The hall counted by a steward, or the chair's reason for going on without."""

    __tablename__ = "hall_sign_offs"

    fence_id: UUID = Field(foreign_key="fences.id", ondelete="CASCADE", unique=True)
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime
    head_count: int | None = Field(default=None, description="none where the chair went on without")
    reason: str = Field(default="", max_length=500)


class Certificate(Record, table=True):
    """The signed statement of what a fence proved; the text is exactly what was signed."""

    __tablename__ = "certificates"

    fence_id: UUID = Field(foreign_key="fences.id", ondelete="CASCADE", unique=True)
    text: str
    issued_at: datetime
