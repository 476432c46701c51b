"""What the secretariat adds to an input that is published: a label, a redaction, a translation.

The input itself stays as it was sent: nothing here changes a version, and every step is kept.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field

from app.models.base import Json, Record, text_of
from app.policy.publication import Ground, Translated


class OffTopic(Record, table=True):
    """The label that an input is off the topic, and why; it hides nothing (A14)."""

    __tablename__ = "off_topic_labels"

    input_id: UUID = Field(foreign_key="inputs.id", ondelete="CASCADE", index=True)
    why: str = Field(max_length=1000)
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime
    removed_at: datetime | None = None
    removed_why: str = Field(default="", max_length=1000)


class Redaction(Record, table=True):
    """A passage that is not shown, by its place in the version that it was found in.

    The passage is taken from there and is shown nowhere: not in later versions either, nor in
    what is found, fed or exported. ``length`` of none at all is the whole part.
    """

    __tablename__ = "redactions"

    input_id: UUID = Field(foreign_key="inputs.id", ondelete="CASCADE", index=True)
    version: int
    part: str = Field(max_length=80, description="summary, free, question:3, or file: and a digest")
    starts: int = 0
    length: int = Field(default=0, description="characters")
    ground: Ground = Field(sa_type=text_of(Ground))
    why: str = Field(max_length=1000)
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime
    lifted_at: datetime | None = None
    lifted_why: str = Field(default="", max_length=1000)


class InputTranslation(Record, table=True):
    """A version in another language, and who translated it; one that is replaced stays."""

    __tablename__ = "input_translations"

    input_id: UUID = Field(foreign_key="inputs.id", ondelete="CASCADE", index=True)
    version: int
    language: str = Field(max_length=8)
    translated: Translated = Field(sa_type=text_of(Translated))
    translator: str = Field(max_length=160, description="the body or the tool, as shown")
    parts: dict[str, Any] = Field(sa_type=Json, description="texts by part")
    by_id: UUID = Field(foreign_key="people.id", description="who entered it")
    at: datetime
    replaced_at: datetime | None = None
