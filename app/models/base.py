"""What every table shares: its key, how enums, JSON and names of constraints are kept."""

from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, Enum
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

# A constraint without a name can never be dropped by a later migration.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Json = JSON().with_variant(JSONB(), "postgresql")


def text_of(kind: type[StrEnum]) -> Any:  # noqa: ANN401 - what sa_type takes
    """An enum kept as the text of its value; a new member needs no migration."""
    return Enum(
        kind,
        native_enum=False,
        values_callable=lambda members: [member.value for member in members],
        length=32,
        validate_strings=True,
        create_constraint=False,
    )


class Record(SQLModel):
    """A row with a key that says nothing."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
