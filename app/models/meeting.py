"""Meetings, their sittings, agenda and the people who serve them."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, UniqueConstraint

from app.models.base import Json, Record, text_of
from app.policy.access import Part
from app.policy.agenda import ItemKind
from app.policy.people import Function
from app.policy.sitting import SittingState


class Meeting(Record, table=True):
    """One meeting of the group, over days; it keeps the text of the rule that it pins."""

    __tablename__ = "meetings"

    slug: str = Field(max_length=60, unique=True)
    symbol: str = Field(
        default="",
        max_length=40,
        sa_column_kwargs={"server_default": ""},
        description="before the numbers of its documents; settled by the first that is posted",
    )
    title: str = Field(max_length=200)
    place: str = Field(default="", max_length=160)
    time_zone: str = Field(max_length=60, description="IANA name")
    edition_id: str = Field(max_length=60)
    edition_digest: str = Field(max_length=64, description="SHA-256 of edition_text, hexadecimal")
    edition_text: str
    epoch: int = Field(default=1, description="raised by a fence and by nothing else")
    boundary_after: UUID | None = Field(
        default=None, description="last sitting of the first half where set by hand (A1)"
    )
    created_at: datetime


class Sitting(Record, table=True):
    """One continuous stretch in one part; writing to one of its channels locks this row."""

    __tablename__ = "sittings"
    __table_args__ = (UniqueConstraint("meeting_id", "number"),)

    meeting_id: UUID = Field(foreign_key="meetings.id", ondelete="CASCADE")
    number: int
    part: Part = Field(sa_type=text_of(Part))
    title: str = Field(default="", max_length=200)
    starts_at: datetime
    ends_at: datetime
    place: str = Field(default="", max_length=160)
    time_zone: str = Field(max_length=60, description="IANA name")
    state: SittingState = Field(default=SittingState.SCHEDULED, sa_type=text_of(SittingState))
    opened_at: datetime | None = None
    frozen_at: datetime | None = None
    closed_at: datetime | None = None
    list_opened_at: datetime | None = Field(
        default=None, description="the list of speakers is open"
    )
    seconds_each: int = Field(default=180, description="speaking time of an intervention")
    seconds_person: int | None = Field(default=None, description="of all speeches of one person")
    seconds_body: int | None = Field(default=None, description="of all speeches for one body")
    newest_first: list[str] = Field(
        default_factory=list,
        sa_type=Json,
        description="kinds of request of which the newest goes first",
    )
    item_number: int | None = Field(default=None, description="of the agenda item in hand")
    chat_paused_at: datetime | None = Field(default=None, description="no messages are taken")
    kept_requests: list[int] = Field(
        default_factory=list, sa_type=Json, description="off the list, for an undo: policy.Kept"
    )
    kept_speeches: list[int] = Field(
        default_factory=list, sa_type=Json, description="over, for an undo: policy.Kept"
    )


class AgendaItem(Record, table=True):
    """An item of the agenda; it belongs to a sitting, and so to a part.

    Its number is its own for ever; ``label`` is what is shown instead, ``place`` where it stands.
    """

    __tablename__ = "agenda_items"
    __table_args__ = (UniqueConstraint("meeting_id", "number"),)

    meeting_id: UUID = Field(foreign_key="meetings.id", ondelete="CASCADE")
    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE", index=True)
    number: int
    title: str = Field(max_length=300)
    kind: ItemKind = Field(default=ItemKind.ORDINARY, sa_type=text_of(ItemKind))
    label: str = Field(default="", max_length=20, description="shown for the number: 3 bis")
    place: int | None = Field(
        default=None, description="on the agenda; by its number until it is amended"
    )
    withdrawn_at: datetime | None = None


class Appointment(Record, table=True):
    """A function that someone has in one meeting."""

    __tablename__ = "appointments"
    __table_args__ = (UniqueConstraint("meeting_id", "person_id", "function"),)

    meeting_id: UUID = Field(foreign_key="meetings.id", ondelete="CASCADE")
    person_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE", index=True)
    function: Function = Field(sa_type=text_of(Function))
    given_at: datetime
    ended_at: datetime | None = None
