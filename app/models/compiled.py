"""What was compiled of a round: made once for each state of it, and kept in the store."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, UniqueConstraint

from app.models.base import Record, text_of
from app.policy.compiled import Format


class CompiledDocument(Record, table=True):
    """The newest that was made in one form; it is given out as long as its state is the round's."""

    __tablename__ = "compiled_documents"
    __table_args__ = (UniqueConstraint("consultation_id", "form"),)

    consultation_id: UUID = Field(foreign_key="consultations.id", ondelete="CASCADE")
    form: Format = Field(sa_type=text_of(Format))
    state: str = Field(max_length=64, description="SHA-256 of all that it says, hexadecimal")
    sha256: str = Field(max_length=64, description="of the file, by which the store has it")
    size: int = Field(description="bytes")
    made_at: datetime
