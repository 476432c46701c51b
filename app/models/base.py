"""What every table shares: its key, how enums, JSON and names of constraints are kept."""

import secrets
from enum import StrEnum
from time import time_ns
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


def uuid7() -> UUID:
    """A key that is greater than those made before this millisecond (RFC 9562, 5.7)."""
    made = time_ns() // 1_000_000 << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    return UUID(int=made | 0b10 << 62 | secrets.randbits(62))


class Dated(Record):
    """A row with a key that says when it was made, and nothing else.

    Of what comes often and in great number the newest keys lie beside each other: with others each
    row is written to another page of the index. What the public may see has no such key.
    """

    id: UUID = Field(default_factory=uuid7, primary_key=True)
