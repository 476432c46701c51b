"""What the live side keeps: the journal, wishes, tickets, seats and leases."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel, UniqueConstraint

from app.models.base import Json, Record


class News(SQLModel, table=True):
    """One event of one channel; positions have no gaps, because a writer holds the sitting."""

    __tablename__ = "journal"

    channel: str = Field(primary_key=True, max_length=80)
    position: int = Field(primary_key=True)
    kind: str = Field(max_length=40)
    body: dict[str, Any] = Field(sa_type=Json)
    at: datetime
    by_id: UUID | None = Field(default=None, foreign_key="people.id")
    wish_id: UUID | None = Field(default=None, description="the wish that caused it")


class WishMade(SQLModel, table=True):
    """A wish and its answer, so that repeating it is harmless; a refusal is an answer too."""

    __tablename__ = "wishes"

    person_id: UUID = Field(primary_key=True, foreign_key="people.id", ondelete="CASCADE")
    wish_id: UUID = Field(primary_key=True)
    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE", index=True)
    digest: str = Field(max_length=64, description="of the wish: one id cannot mean two things")
    answer: dict[str, Any] = Field(sa_type=Json)
    at: datetime


class TicketUsed(SQLModel, table=True):
    """A ticket that has opened a socket and opens no other."""

    __tablename__ = "tickets_used"

    id: UUID = Field(primary_key=True)
    expires_at: datetime = Field(index=True)


class Seat(Record, table=True):
    """The one place of a person in a sitting; a newer generation ends the older ones."""

    __tablename__ = "seats"
    __table_args__ = (UniqueConstraint("sitting_id", "person_id"),)

    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE")
    person_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE", index=True)
    generation: int = Field(default=1)
    process_id: UUID | None = Field(default=None, description="where its connection is")
    taken_at: datetime
    left_at: datetime | None = None


class Bell(SQLModel, table=True):
    """A bell that another program left for the service (SQLite only): see ``live.bus``."""

    __tablename__ = "bells"

    id: int | None = Field(default=None, primary_key=True)
    bell: str = Field(max_length=120)


class Lease(Record, table=True):
    """A process that serves sockets; times are the database's clock, seconds since 1970."""

    __tablename__ = "leases"

    started_at: float
    expires_at: float = Field(index=True)
    ended_at: float | None = None


class EpochSeen(SQLModel, table=True):
    """The epoch of a meeting that a process has reported, and whom it still has to show out."""

    __tablename__ = "epochs_seen"

    lease_id: UUID = Field(primary_key=True, foreign_key="leases.id", ondelete="CASCADE")
    meeting_id: UUID = Field(primary_key=True, foreign_key="meetings.id", ondelete="CASCADE")
    epoch: int
    remaining: int = Field(description="connections without a current allowed, still open")
    closed: int = Field(default=0, description="connections shown out at this epoch")
    last_close_ms: float = Field(
        default=0.0, description="from the epoch's raising to the last close"
    )
