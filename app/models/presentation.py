"""What became of inputs whose authors asked to present them face to face."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from app.models.base import Record, text_of
from app.policy.presentation import Presenting


class InputPresentation(Record, table=True):
    """What was noted of an input at a sitting; a later note stands for it, and both are kept."""

    __tablename__ = "input_presentations"

    input_id: UUID = Field(foreign_key="inputs.id", ondelete="CASCADE", index=True)
    sitting_id: UUID = Field(foreign_key="sittings.id", ondelete="CASCADE", index=True)
    state: Presenting = Field(sa_type=text_of(Presenting))
    by_id: UUID = Field(foreign_key="people.id")
    at: datetime
    replaced_at: datetime | None = None
