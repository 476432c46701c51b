"""What was written into an input at the same moment as something else, and lost: kept aside."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from app.models.base import Record


class InputAside(Record, table=True):
    """A text that came too late for its field: its authors may take it up again, or drop it."""

    __tablename__ = "input_asides"

    input_id: UUID = Field(foreign_key="inputs.id", ondelete="CASCADE", index=True)
    key: str = Field(max_length=40)
    text: str = Field(default="", max_length=20_000)
    over: int = Field(description="the revision of the field that it was written over")
    person_id: UUID = Field(foreign_key="people.id", index=True, description="who wrote it")
    at: datetime
