"""The list of speakers, the speeches, what the chair announced, and what can be undone."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, UniqueConstraint

from app.models.base import Json, Record, text_of
from app.policy.floor import RequestKind, RequestState, Stance


class FloorRequest(Record, table=True):
    """A wish to speak. A number is given once and never again, so that the order can be proven."""

    __tablename__ = "floor_requests"
    __table_args__ = (UniqueConstraint("sitting_id", "number"),)

    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE")
    number: int
    person_id: UUID | None = Field(
        default=None, foreign_key="people.id", index=True, description="none without an account"
    )
    added_by_id: UUID | None = Field(
        default=None, foreign_key="people.id", description="who put them on the list"
    )
    kind: RequestKind = Field(sa_type=text_of(RequestKind))
    topic: str = Field(default="", max_length=200)
    item_number: int | None = None
    stance: Stance | None = Field(default=None, sa_type=text_of(Stance))
    rank: int = Field(default=0, description="the order of the list among those that wait")
    state: RequestState = Field(default=RequestState.WAITING, sa_type=text_of(RequestState))
    speaker: dict[str, Any] = Field(
        sa_type=Json, description="policy.floor.Speaker, as shown to all"
    )
    asked_at: datetime


class Intervention(Record, table=True):
    """A speech: facts from which anyone can compute the time spoken."""

    __tablename__ = "interventions"

    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE", index=True)
    request_id: UUID = Field(foreign_key="floor_requests.id", ondelete="CASCADE", unique=True)
    item_number: int | None = Field(default=None, description="in hand when the floor was given")
    given_at: datetime
    started_at: datetime | None = None
    running_since: datetime | None = Field(default=None, description="none while paused")
    spoken_before: float = Field(default=0.0, description="seconds before running_since")
    ended_at: datetime | None = None
    by_person: float = Field(default=0.0, description="seconds of the same person before")
    by_body: float = Field(default=0.0, description="seconds of the same body before")


class SpeechCorrection(Record, table=True):
    """A later word about a speech; what was measured and written at the time stays as it is."""

    __tablename__ = "speech_corrections"

    intervention_id: UUID = Field(foreign_key="interventions.id", ondelete="CASCADE", index=True)
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime
    why: str = Field(max_length=500)
    changed: dict[str, Any] = Field(sa_type=Json, description="field of Amendment: value")
    was: dict[str, Any] = Field(sa_type=Json, description="the same fields before")


class Announcement(Record, table=True):
    """What the chair told the room in writing."""

    __tablename__ = "announcements"
    __table_args__ = (UniqueConstraint("sitting_id", "number"),)

    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE")
    number: int
    text: str = Field(max_length=500)
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime
    retracted_at: datetime | None = None


class FloorAction(Record, table=True):
    """What was done from the console, in order, so that the last can be undone."""

    __tablename__ = "floor_actions"
    __table_args__ = (UniqueConstraint("sitting_id", "number"),)

    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE")
    number: int
    kind: str = Field(max_length=32)
    subject: int = Field(default=0, description="number of the request or announcement, or 0")
    before: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime
    undone_at: datetime | None = None


class ShowOfHands(Record, table=True):
    """A question to the room; it is closed once its counts are kept."""

    __tablename__ = "shows_of_hands"
    __table_args__ = (UniqueConstraint("sitting_id", "number"),)

    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE")
    number: int
    question: str = Field(max_length=200)
    choices: list[str] = Field(sa_type=Json)
    asked_by_id: UUID = Field(foreign_key="people.id")
    asked_at: datetime
    closed_at: datetime | None = None
    counts: dict[str, Any] | None = Field(
        default=None, sa_type=Json, description="policy.hands.Counts, once closed"
    )
    taken_back_at: datetime | None = None


class Hand(Record, table=True):
    """One hand of one person, whatever the number of browsers; only the last choice is kept."""

    __tablename__ = "hands"
    __table_args__ = (UniqueConstraint("show_id", "person_id"),)

    show_id: UUID = Field(foreign_key="shows_of_hands.id", ondelete="CASCADE")
    person_id: UUID = Field(foreign_key="people.id", index=True)
    choice: int = Field(description="1 is the first")
    counted_as: str = Field(
        max_length=32, description="category, or service, in which it is counted"
    )
    speaker: dict[str, Any] = Field(sa_type=Json, description="policy.floor.Speaker")
    raised_at: datetime
