"""Badges, and what the doors of the hall saw of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Field, Index

from app.models.base import Record, text_of
from app.policy.attendance import Way
from app.policy.badge import BadgeEnd, DeskTold, Told, Verdict


class Badge(Record, table=True):
    """One printed badge of a confirmed registration; of each at most one is valid."""

    __tablename__ = "badges"
    __table_args__ = (
        Index(
            "uq_badges_valid",
            "registration_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    registration_id: UUID = Field(foreign_key="registrations.id", ondelete="CASCADE", index=True)
    code: str = Field(max_length=10, unique=True)
    version: int = Field(description="of the registration, as it was printed")
    issued_at: datetime
    issued_by: UUID = Field(foreign_key="people.id")
    identity_seen: bool = Field(default=False, description="a document was looked at")
    ended_at: datetime | None = None
    ended_by: UUID | None = Field(default=None, foreign_key="people.id")
    end: BadgeEnd | None = Field(default=None, sa_type=text_of(BadgeEnd), nullable=True)


class BadgePhoto(Record, table=True):
    """The photo for a badge, made anew from its pixels, in cipher; it goes after the meeting."""

    __tablename__ = "badge_photos"

    registration_id: UUID = Field(foreign_key="registrations.id", ondelete="CASCADE", unique=True)
    sealed: str = Field(description="a JPEG in base64, readable with the vault's key")
    taken_at: datetime
    by_id: UUID = Field(foreign_key="people.id", description="who sent it: the person or the desk")


class DeskNote(Record, table=True):
    """A document that was looked at, a badge that was handed out; its id is given at the desk.

    So it counts once. ``reason`` says what speaks against what was done without the network.
    """

    __tablename__ = "desk_notes"

    meeting_id: UUID = Field(foreign_key="meetings.id", ondelete="CASCADE", index=True)
    registration_id: UUID | None = Field(
        default=None, foreign_key="registrations.id", ondelete="CASCADE", index=True
    )
    badge_id: UUID | None = Field(
        default=None, foreign_key="badges.id", ondelete="SET NULL", index=True
    )
    identity_seen: bool = False
    handed_out: bool = False
    at: datetime = Field(description="at the desk, on the service's clock")
    received_at: datetime
    by_id: UUID = Field(foreign_key="people.id")
    told: DeskTold | None = Field(default=None, sa_type=text_of(DeskTold), nullable=True)
    reason: str = Field(default="", max_length=40)


class DoorScan(Record, table=True):
    """One look at a badge; its id is given at the door, so that it counts once.

    What was read is not kept: of an unknown text only the refusal is.
    """

    __tablename__ = "door_scans"
    __table_args__ = (Index("ix_door_scans_person_id_at", "person_id", "at"),)

    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE", index=True)
    badge_id: UUID | None = Field(
        default=None, foreign_key="badges.id", ondelete="SET NULL", index=True
    )
    person_id: UUID | None = Field(default=None, foreign_key="people.id")
    stay_id: UUID | None = Field(default=None, foreign_key="stays.id", ondelete="SET NULL")
    way: Way = Field(sa_type=text_of(Way))
    door: str = Field(default="", max_length=40)
    at: datetime = Field(description="at the door, on the service's clock")
    received_at: datetime
    by_id: UUID = Field(foreign_key="people.id")
    verdict: Verdict = Field(sa_type=text_of(Verdict))
    reason: str = Field(default="", max_length=40)
    told: Told | None = Field(
        default=None,
        sa_type=text_of(Told),
        nullable=True,
        description="what the door did without the network",
    )
    insisted: bool = Field(default=False, description="let in after the identity was checked")
    flagged: bool = Field(default=False)
