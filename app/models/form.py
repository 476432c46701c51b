"""The editions of a meeting's registration form, answers to them, drafts, places and consents."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, UniqueConstraint

from app.models.base import Json, Record, text_of
from app.policy.registration import Mode


class FormEdition(Record, table=True):
    """One edition of the form of a meeting, as policy.form has it; the newest is asked now."""

    __tablename__ = "form_editions"
    __table_args__ = (UniqueConstraint("meeting_id", "number"),)

    meeting_id: UUID = Field(foreign_key="meetings.id", ondelete="CASCADE")
    number: int
    definition: dict[str, Any] = Field(sa_type=Json)
    made_at: datetime
    made_by: UUID | None = Field(default=None, foreign_key="people.id")


class FormAnswer(Record, table=True):
    """One answer, in JSON; a sensitive one is in cipher only, and readable with the vault's key."""

    __tablename__ = "form_answers"
    __table_args__ = (UniqueConstraint("registration_id", "field"),)

    registration_id: UUID = Field(foreign_key="registrations.id", ondelete="CASCADE")
    edition_id: UUID = Field(foreign_key="form_editions.id", ondelete="CASCADE", index=True)
    field: str = Field(max_length=40)
    said: str = Field(default="")
    sealed: str = Field(default="")
    kept_days: int = Field(description="after the last day of the meeting, as its edition promised")


class AnswerReading(Record, table=True):
    """Somebody has read the sensitive answers of a registration, and said why."""

    __tablename__ = "answer_readings"

    registration_id: UUID = Field(foreign_key="registrations.id", ondelete="CASCADE", index=True)
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime
    why: str = Field(max_length=500)


class RegistrationDraft(Record, table=True):
    """What somebody has typed and not sent, in cipher; it goes by itself."""

    __tablename__ = "registration_drafts"
    __table_args__ = (UniqueConstraint("meeting_id", "person_id"),)

    meeting_id: UUID = Field(foreign_key="meetings.id", ondelete="CASCADE")
    person_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE", index=True)
    sealed: str
    version: int = Field(default=1, description="raised each time that it is saved")
    saved_at: datetime
    ends_at: datetime = Field(index=True)


class SittingPlaces(Record, table=True):
    """How many may attend a sitting in one way; without a row there is no limit."""

    __tablename__ = "sitting_places"
    __table_args__ = (UniqueConstraint("sitting_id", "mode"),)

    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE")
    mode: Mode = Field(sa_type=text_of(Mode))
    places: int


class Listing(Record, table=True):
    """Someone agrees to stand in the public list of a meeting's participants, until a day."""

    __tablename__ = "listings"

    registration_id: UUID = Field(foreign_key="registrations.id", ondelete="CASCADE", unique=True)
    until: date
    given_at: datetime
