"""What became of inputs: the brief summary, what cites what, and the disposition of each input."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, UniqueConstraint

from app.models.base import Json, Record, text_of
from app.policy.outcome import Agreement, Citing, DispositionKind


class Summary(Record, table=True):
    """The brief summary of a consultation, and whether the stakeholders present agreed to it."""

    __tablename__ = "summaries"

    consultation_id: UUID = Field(foreign_key="consultations.id", ondelete="CASCADE", unique=True)
    state: Agreement = Field(default=Agreement.DRAFT, sa_type=text_of(Agreement))
    state_at: datetime
    state_by_id: UUID = Field(foreign_key="people.id")
    state_why: str = Field(default="", max_length=1000, description="as was said at the meeting")
    present: int = Field(default=0, description="stakeholders present when it was agreed")
    published_at: datetime | None = Field(default=None, description="presented for the first time")


class SummaryStep(Record, table=True):
    """A step of a summary that everybody may read; with the text that was presented or agreed.

    ``content`` is a list of paragraphs: number, version, text and the numbers of the inputs cited.
    It is empty where the summary went back into preparation.
    """

    __tablename__ = "summary_steps"
    __table_args__ = (UniqueConstraint("summary_id", "number"),)

    summary_id: UUID = Field(foreign_key="summaries.id", ondelete="CASCADE")
    number: int
    at: datetime = Field(description="recorded")
    state: Agreement = Field(sa_type=text_of(Agreement))
    by_id: UUID = Field(foreign_key="people.id")
    happened_at: datetime = Field(description="when those present agreed; else as recorded")
    present: int = 0
    why: str = Field(default="", max_length=1000)
    content: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)


class SummaryParagraph(Record, table=True):
    """One paragraph; its number is permanent, its place may change; an older text is a version."""

    __tablename__ = "summary_paragraphs"
    __table_args__ = (UniqueConstraint("summary_id", "number"),)

    summary_id: UUID = Field(foreign_key="summaries.id", ondelete="CASCADE")
    number: int
    place: float
    text: str = Field(max_length=5000)
    version: int = 1
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime
    deleted_at: datetime | None = None


class SummaryVersion(Record, table=True):
    """What a paragraph said before, or what came too late because somebody else was faster."""

    __tablename__ = "summary_versions"

    paragraph_id: UUID = Field(foreign_key="summary_paragraphs.id", ondelete="CASCADE", index=True)
    version: int
    aside: bool = Field(default=False, description="not taken over: kept, so that nothing is lost")
    text: str = Field(max_length=5000)
    inputs: list[int] = Field(
        default_factory=list, sa_type=Json, description="numbers of those that it cites"
    )
    deleted: bool = False
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime


class Citation(Record, table=True):
    """That something rests on an input, or on a paragraph of a summary: exactly one of the two.

    What cites is a summary's paragraph, an agenda item, or a paragraph of a sitting's minutes
    (``citing`` says which, ``citing_id`` is its id). Whoever adds one holds what cites.
    """

    __tablename__ = "citations"

    citing: Citing = Field(sa_type=text_of(Citing))
    citing_id: UUID = Field(index=True)
    input_id: UUID | None = Field(
        default=None, foreign_key="inputs.id", ondelete="CASCADE", index=True
    )
    paragraph_id: UUID | None = Field(
        default=None, foreign_key="summary_paragraphs.id", ondelete="CASCADE", index=True
    )
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime
    removed_at: datetime | None = None


class Disposition(Record, table=True):
    """What became of an input; a later one replaces it, and both stay to be read."""

    __tablename__ = "dispositions"

    input_id: UUID = Field(foreign_key="inputs.id", ondelete="CASCADE", index=True)
    kind: DispositionKind = Field(sa_type=text_of(DispositionKind))
    item_id: UUID | None = Field(default=None, foreign_key="agenda_items.id")
    paragraph: str = Field(default="", max_length=200, description="of the report, as it is cited")
    why: str = Field(default="", max_length=1000)
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime
    replaced_at: datetime | None = None
