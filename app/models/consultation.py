"""Topics of the group, and the consultations that are held on them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, UniqueConstraint

from app.models.base import Json, Record, text_of
from app.policy.consultation import ConsultationStep, Issue, Publishing, TopicState


class Topic(Record, table=True):
    """What the group may consult on, and why it may: an issue of Resolution 1305, or a reason."""

    __tablename__ = "topics"

    number: int = Field(unique=True)
    titles: dict[str, Any] = Field(sa_type=Json, description="by language; English is always there")
    about: str = Field(default="", max_length=4000)
    issue: Issue | None = Field(default=None, sa_type=text_of(Issue), nullable=True)
    outside_why: str = Field(default="", max_length=1000, description="where it is no issue (A16)")
    state: TopicState = Field(default=TopicState.PROPOSED, sa_type=text_of(TopicState))
    person_id: UUID = Field(foreign_key="people.id", index=True, description="who proposed it")
    proposer: str = Field(max_length=200, description="the body that proposed it, as shown")
    proposed_at: datetime


class TopicStep(Record, table=True):
    """One step of a topic: nothing of its history is rewritten."""

    __tablename__ = "topic_steps"

    topic_id: UUID = Field(foreign_key="topics.id", ondelete="CASCADE", index=True)
    at: datetime
    state: TopicState = Field(sa_type=text_of(TopicState))
    by_id: UUID = Field(foreign_key="people.id")
    meeting_id: UUID | None = Field(
        default=None, foreign_key="meetings.id", description="which decided"
    )
    why: str = Field(default="", max_length=1000)


class Consultation(Record, table=True):
    """A round on a topic: open online from one stated instant to another, for one meeting."""

    __tablename__ = "consultations"

    slug: str = Field(max_length=60, unique=True)
    topic_id: UUID = Field(foreign_key="topics.id", index=True)
    meeting_id: UUID = Field(foreign_key="meetings.id", index=True, description="its target")
    sitting_id: UUID | None = Field(
        default=None, foreign_key="sittings.id", description="the consultation face to face"
    )
    titles: dict[str, Any] = Field(sa_type=Json, description="by language; English is always there")
    guidance: dict[str, Any] = Field(default_factory=dict, sa_type=Json, description="by language")
    opens_at: datetime
    closes_at: datetime = Field(description="the first instant at which an input is late")
    time_zone: str = Field(
        max_length=60, description="IANA name, in which the instants were stated"
    )
    publishing: Publishing = Field(default=Publishing.WHILE_OPEN, sa_type=text_of(Publishing))
    announced_at: datetime | None = Field(default=None, description="a draft until then")
    skipped_at: datetime | None = None
    skipped_why: str = Field(default="", max_length=1000, description="published (A13)")
    revision: int = Field(default=1, description="raised by every edit")
    numbered: int = Field(
        default=0,
        sa_column_kwargs={"server_default": "0"},
        description="the highest number that an input was given here; none is given again",
    )
    created_at: datetime


class ConsultationEntry(Record, table=True):
    """A step in the public history of a consultation."""

    __tablename__ = "consultation_entries"

    consultation_id: UUID = Field(foreign_key="consultations.id", ondelete="CASCADE", index=True)
    at: datetime
    step: ConsultationStep = Field(sa_type=text_of(ConsultationStep))
    by_id: UUID = Field(foreign_key="people.id")
    before: datetime | None = Field(default=None, description="the deadline that was")
    after: datetime | None = Field(default=None, description="the deadline that is")
    why: str = Field(default="", max_length=1000)


class Question(Record, table=True):
    """A prompt of a consultation; its number is its place."""

    __tablename__ = "questions"
    __table_args__ = (UniqueConstraint("consultation_id", "number"),)

    consultation_id: UUID = Field(foreign_key="consultations.id", ondelete="CASCADE")
    number: int
    texts: dict[str, Any] = Field(sa_type=Json, description="by language; English is always there")
    guidance: dict[str, Any] = Field(default_factory=dict, sa_type=Json, description="by language")
