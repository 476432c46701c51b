"""Accounts at identity providers by which people sign in."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, UniqueConstraint

from app.models.base import Record


class ProviderAccount(Record, table=True):
    """Someone's account at an identity provider; one that was unlinked is kept, and opens nothing.

    Without it the next sign-in would link it again.
    """

    __tablename__ = "provider_accounts"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    person_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE", index=True)
    provider: str = Field(max_length=32, description="its key in the settings")
    issuer: str = Field(max_length=300)
    subject: str = Field(max_length=255)
    linked_at: datetime
    used_at: datetime
    unlinked_at: datetime | None = None
