"""The log of what was received: its entries, the hashes over them, and the heads that were signed.

Nothing here names a person. ``entry`` may be erased with the text that it is of: the hash of its
leaf stays among the nodes, and every proof with it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.models.base import Dated, Json


class Receipt(Dated, table=True):
    """That a version of an input was received, and its place in the log."""

    __tablename__ = "receipts"

    reference: str = Field(max_length=40, unique=True, description="cannot be guessed")
    version_id: UUID | None = Field(
        default=None,
        foreign_key="input_versions.id",
        ondelete="SET NULL",
        unique=True,
        nullable=True,
        description="none once the version was erased",
    )
    position: int = Field(unique=True, description="in the log; the first is 0")
    leaf: str = Field(max_length=64, description="hash of the leaf, hexadecimal")
    entry: dict[str, Any] | None = Field(
        default=None, sa_type=Json, nullable=True, description="what the leaf is of, with the salt"
    )
    issued_at: datetime


class LogNode(SQLModel, table=True):
    """The hash of a complete subtree; once written it never changes (RFC 9162, 2.1)."""

    __tablename__ = "log_nodes"

    level: int = Field(primary_key=True)
    position: int = Field(primary_key=True, description="among those of its level, from 0")
    digest: bytes


class LogHead(SQLModel, table=True):
    """The log as it was signed, after one entry or after several that came together."""

    __tablename__ = "log_heads"

    size: int = Field(primary_key=True)
    at: datetime = Field(index=True)
    text: str = Field(description="the head with its signature, as JSON")
