"""Passkeys by which people sign in."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from app.models.base import Record


class Passkey(Record, table=True):
    """The public half of a passkey; the other half never leaves its owner's device."""

    __tablename__ = "passkeys"

    person_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE", index=True)
    credential: str = Field(max_length=1400, unique=True, description="its id, base64url")
    public_key: str = Field(max_length=2000, description="COSE, base64url")
    uses: int = Field(default=0, description="as the authenticator counts them; many always say 0")
    name: str = Field(max_length=60)
    made_at: datetime
    used_at: datetime | None = None
