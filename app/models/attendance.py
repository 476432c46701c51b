"""Who was there: stays, added to and never rewritten; a correction is a stay of its own."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, Index

from app.models.base import Record, text_of
from app.policy.attendance import Source
from app.policy.people import Capacity, Category
from app.policy.registration import Mode


class Stay(Record, table=True):
    """Someone's stretch in a sitting, as they were shown then; of it only the end is added later.

    A correction names the stay that it stands for, which is kept; ``struck`` says that there was
    no such stay. One that a correction names counts no more.
    """

    __tablename__ = "stays"
    # Whether a dead process still has somebody on a line is asked at every entry.
    __table_args__ = (
        Index("ix_stays_process_id_left_at", "process_id", "left_at"),
        Index("ix_stays_person_id_sitting_id", "person_id", "sitting_id"),
    )

    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE", index=True)
    person_id: UUID = Field(foreign_key="people.id")
    reference: str = Field(default="", max_length=16, description="of the registration, if any")
    name: str = Field(max_length=120)
    entity: str = Field(default="", max_length=200)
    capacity: Capacity = Field(sa_type=text_of(Capacity))
    category: Category = Field(sa_type=text_of(Category))
    mode: Mode = Field(sa_type=text_of(Mode))
    source: Source = Field(sa_type=text_of(Source))
    came_at: datetime
    left_at: datetime | None = None
    process_id: UUID | None = Field(
        default=None, description="where the connection is; it ends with its lease"
    )
    generation: int = Field(default=0, description="of the seat")
    corrects_id: UUID | None = Field(default=None, foreign_key="stays.id", unique=True)
    struck: bool = Field(default=False)
    by_id: UUID | None = Field(default=None, foreign_key="people.id")
    written_at: datetime | None = Field(default=None, description="of a correction")
    reason: str = Field(default="", max_length=500)
