"""Someone's place at one meeting, in one capacity, and the steps by which it came about."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, UniqueConstraint

from app.models.base import Json, Record, text_of
from app.policy.people import Capacity, StakeholderGroup
from app.policy.registration import Mode, RegistrationState, Step


class Registration(Record, table=True):
    """What was claimed, and what became of it; the category is in the entity's record, not here."""

    __tablename__ = "registrations"
    __table_args__ = (UniqueConstraint("meeting_id", "person_id"),)

    meeting_id: UUID = Field(foreign_key="meetings.id", ondelete="CASCADE")
    person_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE", index=True)
    reference: str = Field(max_length=16, unique=True)
    capacity: Capacity = Field(sa_type=text_of(Capacity))
    entity_id: UUID | None = Field(default=None, foreign_key="entities.id", index=True)
    group: StakeholderGroup | None = Field(
        default=None, sa_type=text_of(StakeholderGroup), nullable=True
    )
    name: str = Field(max_length=120)
    organization: str = Field(default="", max_length=160)
    country: str = Field(default="", max_length=2)
    job_title: str = Field(default="", max_length=160)
    state: RegistrationState = Field(sa_type=text_of(RegistrationState), index=True)
    version: int = Field(
        default=1, description="raised by every edit; an approval names the one it saw"
    )
    submitted_at: datetime
    decided_at: datetime | None = None
    decided_by: UUID | None = Field(default=None, foreign_key="people.id")
    reason: str = Field(
        default="", max_length=500, description="of a rejection, in the approver's words"
    )
    name_folded: str = Field(
        index=True, description="the name as a comparison sees it: two are one person?"
    )


class Attending(Record, table=True):
    """How a registered person means to attend one sitting."""

    __tablename__ = "attending"
    __table_args__ = (UniqueConstraint("registration_id", "sitting_id"),)

    registration_id: UUID = Field(foreign_key="registrations.id", ondelete="CASCADE")
    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE", index=True)
    mode: Mode = Field(sa_type=text_of(Mode))
    waits_since: datetime | None = Field(
        default=None, index=True, description="on the waiting list; without it the place is held"
    )


class RegistrationStep(Record, table=True):
    """One step of the track: what was done, by whom, when, and why."""

    __tablename__ = "registration_steps"

    registration_id: UUID = Field(foreign_key="registrations.id", ondelete="CASCADE", index=True)
    at: datetime
    step: Step = Field(sa_type=text_of(Step))
    by_id: UUID | None = Field(default=None, foreign_key="people.id")
    reason: str = Field(default="", max_length=500)
    batch: UUID | None = Field(
        default=None, index=True, description="what was decided together is taken back together"
    )


class NominationDraft(Record, table=True):
    """A list of people whom a focal point is about to register; gone when it is confirmed."""

    __tablename__ = "nomination_drafts"

    by_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE", index=True)
    meeting_id: UUID = Field(foreign_key="meetings.id", ondelete="CASCADE")
    entity_id: UUID = Field(foreign_key="entities.id", ondelete="CASCADE")
    made_at: datetime = Field(index=True)
    version: int = 1
    mode: Mode = Field(sa_type=text_of(Mode), description="where a line says none")
    lines: list[dict[str, str]] = Field(default_factory=list, sa_type=Json)


class ParticipationCount(Record, table=True):
    """What everybody may read of who takes part: counted on a day, as policy.participation has it.

    Without what may not be told; ``people`` alone is the whole number, for the next comparison.
    """

    __tablename__ = "participation_counts"

    meeting_id: UUID = Field(foreign_key="meetings.id", ondelete="CASCADE", unique=True)
    day: date = Field(description="on which it was counted, by the meeting's calendar")
    looked_on: date = Field(description="the last day on which it was compared")
    records_day: date = Field(description="for which categories and traits were read")
    people: int
    content: dict[str, Any] = Field(sa_type=Json)
