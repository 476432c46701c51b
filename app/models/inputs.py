"""Inputs: what is being written, what was sent, in every version, and the files with it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, UniqueConstraint

from app.models.base import Dated, Json, Record, text_of
from app.policy.inputs import Consent, InputState
from app.policy.people import Capacity, StakeholderGroup


class Input(Dated, table=True):
    """A stakeholder's response to one consultation."""

    __tablename__ = "inputs"
    __table_args__ = (UniqueConstraint("consultation_id", "number"),)

    consultation_id: UUID = Field(foreign_key="consultations.id")
    number: int | None = Field(default=None, description="in its consultation, once submitted")
    person_id: UUID = Field(foreign_key="people.id", index=True, description="who began it")
    state: InputState = Field(default=InputState.DRAFT, sa_type=text_of(InputState))
    capacity: Capacity = Field(sa_type=text_of(Capacity))
    entity_id: UUID | None = Field(default=None, foreign_key="entities.id", index=True)
    group: StakeholderGroup | None = Field(
        default=None, sa_type=text_of(StakeholderGroup), nullable=True
    )
    name: str = Field(default="", max_length=120)
    organization: str = Field(default="", max_length=160)
    country: str = Field(default="", max_length=2)
    job_title: str = Field(default="", max_length=160)
    language: str = Field(default="en", max_length=8, description="in which it is written")
    consent: Consent = Field(default=Consent.NAME_AND_TEXT, sa_type=text_of(Consent))
    presents: bool = Field(default=False, description="asks to present it face to face")
    created_at: datetime
    submitted_at: datetime | None = Field(default=None, description="for the first time")
    late: bool = Field(default=False, description="came after the close of what it answers")
    carried_from_id: UUID | None = Field(
        default=None,
        foreign_key="consultations.id",
        description="the one it was written for, where it came too late for that (R4)",
    )
    withdrawn_at: datetime | None = None
    withdrawn_why: str = Field(default="", max_length=500)


class InputAuthor(Record, table=True):
    """One of those who write an input; whoever disowns it is no longer named."""

    __tablename__ = "input_authors"
    __table_args__ = (UniqueConstraint("input_id", "person_id"),)

    input_id: UUID = Field(foreign_key="inputs.id", ondelete="CASCADE")
    person_id: UUID = Field(foreign_key="people.id", index=True)
    asked_by_id: UUID | None = Field(default=None, foreign_key="people.id")
    asked_at: datetime
    agreed_at: datetime | None = None
    disowned_at: datetime | None = None
    disowned_why: str = Field(default="", max_length=500)


class InputField(Record, table=True):
    """One field of what is being written: ``summary``, ``free`` or ``question:3``.

    Who changes it says which revision they had before them.
    """

    __tablename__ = "input_fields"
    __table_args__ = (UniqueConstraint("input_id", "key"),)

    input_id: UUID = Field(foreign_key="inputs.id", ondelete="CASCADE")
    key: str = Field(max_length=40)
    text: str = Field(default="", max_length=20_000)
    revision: int = 1
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime


class InputVersion(Dated, table=True):
    """An input as it was submitted; a revision is another version, and none is ever changed.

    ``content`` is what the digest is of, see ``policy.inputs``: it names no person, so that the
    digest proves the text and erasing a name breaks nothing.
    """

    __tablename__ = "input_versions"
    __table_args__ = (UniqueConstraint("input_id", "number"),)

    input_id: UUID = Field(foreign_key="inputs.id", ondelete="CASCADE")
    number: int
    person_id: UUID = Field(foreign_key="people.id", index=True, description="who sent it")
    at: datetime
    content: dict[str, Any] = Field(sa_type=Json)
    digest: str = Field(max_length=64, index=True, description="SHA-256 of content, hexadecimal")


class StoredFile(Record, table=True):
    """A file that was opened by its parser and taken; its bytes are in the store, by digest."""

    __tablename__ = "stored_files"

    person_id: UUID = Field(foreign_key="people.id", index=True, description="who sent it")
    name: str = Field(max_length=120, description="cleaned; never a path")
    media_type: str = Field(max_length=120, description="found by opening it, never as declared")
    size: int = Field(description="bytes")
    sha256: str = Field(max_length=64, index=True, description="of the bytes kept, hexadecimal")
    text: str = Field(default="", description="what it says, as far as a parser can tell")
    stored_at: datetime


class Attachment(Record, table=True):
    """A file that belongs to an input; versions name it by its digest."""

    __tablename__ = "attachments"

    input_id: UUID = Field(foreign_key="inputs.id", ondelete="CASCADE", index=True)
    file_id: UUID = Field(foreign_key="stored_files.id", index=True)
    attached_at: datetime
    removed_at: datetime | None = Field(default=None, description="not in versions after it")
