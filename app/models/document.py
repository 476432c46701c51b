"""The register of documents of a meeting: their language versions, steps and groups."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, UniqueConstraint

from app.models.base import Json, Record, text_of
from app.policy.documents import DocumentClass, DocumentState, Relation
from app.policy.parts import Part


class Document(Record, table=True):
    """One document; a revision, an addendum or a corrigendum bears the number of its base.

    ``part`` is the part of the meeting whose audience it has (A18).
    """

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("meeting_id", "number", "relation", "relation_number"),)

    meeting_id: UUID = Field(foreign_key="meetings.id")
    number: int | None = Field(default=None, description="in its meeting, once posted")
    base_id: UUID | None = Field(default=None, foreign_key="documents.id", index=True)
    relation: Relation = Field(default=Relation.ORIGINAL, sa_type=text_of(Relation))
    relation_number: int = Field(default=0, description="of revisions of one base, and so on")
    document_class: DocumentClass = Field(sa_type=text_of(DocumentClass))
    state: DocumentState = Field(default=DocumentState.FILED, sa_type=text_of(DocumentState))
    titles: dict[str, Any] = Field(sa_type=Json, description="by language, of which one at least")
    source: str = Field(max_length=200, description="the body it is from, as shown")
    entity_id: UUID | None = Field(default=None, foreign_key="entities.id", index=True)
    person_id: UUID = Field(foreign_key="people.id", index=True, description="who filed it")
    part: Part = Field(sa_type=text_of(Part))
    part_why: str = Field(default="", max_length=1000, description="why it is not open to all")
    item_id: UUID | None = Field(default=None, foreign_key="agenda_items.id", index=True)
    filed_at: datetime
    posted_at: datetime | None = None
    late: bool = Field(default=False, description="filed after the deadline of its class")
    revision: int = Field(default=1, description="raised by every edit")


class DocumentText(Record, table=True):
    """A document in one language; one that is replaced stays, and is no longer given out."""

    __tablename__ = "document_texts"

    document_id: UUID = Field(foreign_key="documents.id", ondelete="CASCADE", index=True)
    language: str = Field(max_length=8)
    file_id: UUID = Field(foreign_key="stored_files.id", index=True)
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime
    replaced_at: datetime | None = None


class DocumentStep(Record, table=True):
    """One step of a document: nothing of its history is rewritten."""

    __tablename__ = "document_steps"

    document_id: UUID = Field(foreign_key="documents.id", ondelete="CASCADE", index=True)
    at: datetime
    state: DocumentState = Field(sa_type=text_of(DocumentState))
    by_id: UUID = Field(foreign_key="people.id")
    why: str = Field(default="", max_length=1000)
    before: dict[str, Any] = Field(default_factory=dict, sa_type=Json, description="by field")


class DocumentDeadline(Record, table=True):
    """Until when documents of a class are on time for a meeting; later ones are marked."""

    __tablename__ = "document_deadlines"
    __table_args__ = (UniqueConstraint("meeting_id", "document_class"),)

    meeting_id: UUID = Field(foreign_key="meetings.id", ondelete="CASCADE")
    document_class: DocumentClass = Field(sa_type=text_of(DocumentClass))
    at: datetime
    time_zone: str = Field(max_length=60, description="IANA name, in which it was stated")


class DocumentGroup(Record, table=True):
    """Documents that are taken together, under one heading."""

    __tablename__ = "document_groups"
    __table_args__ = (UniqueConstraint("meeting_id", "number"),)

    meeting_id: UUID = Field(foreign_key="meetings.id", ondelete="CASCADE")
    number: int
    title: str = Field(max_length=300)
    item_id: UUID | None = Field(default=None, foreign_key="agenda_items.id", index=True)
    created_at: datetime
    dissolved_at: datetime | None = None


class GroupedDocument(Record, table=True):
    """That a document is one of a group, and where in it."""

    __tablename__ = "grouped_documents"
    __table_args__ = (UniqueConstraint("group_id", "document_id"),)

    group_id: UUID = Field(foreign_key="document_groups.id", ondelete="CASCADE")
    document_id: UUID = Field(foreign_key="documents.id", ondelete="CASCADE", index=True)
    place: int


class AgendaEdition(Record, table=True):
    """The agenda as it stood: each amendment is another edition, and none is ever changed.

    ``items`` are those of the edition in their order; an item keeps its id and its number through
    every edition, so that what points at it holds.
    """

    __tablename__ = "agenda_editions"
    __table_args__ = (UniqueConstraint("meeting_id", "number"),)

    meeting_id: UUID = Field(foreign_key="meetings.id", ondelete="CASCADE")
    number: int
    items: list[dict[str, Any]] = Field(sa_type=Json)
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime
    why: str = Field(default="", max_length=1000)
    adopted_at: datetime | None = Field(default=None, description="by the meeting")
