"""People, how they prove who they are, and from where they are signed in."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from app.models.base import Record, text_of
from app.policy.identity import SignInWay
from app.policy.people import Capacity, Category


class Person(Record, table=True):
    """Someone with a mail address that was verified, or was given by a body that vouches for it."""

    __tablename__ = "people"

    email: str = Field(max_length=254, unique=True, description="normalized, see services.identity")
    name: str = Field(default="", max_length=120)
    affiliation: str = Field(default="", max_length=160)
    job_title: str = Field(default="", max_length=160)
    country: str = Field(default="", max_length=2, description="ISO 3166-1 alpha-2, or empty")
    language: str = Field(default="en", max_length=8)
    created_at: datetime
    verified_at: datetime | None = None


class SignInLink(Record, table=True):
    """A one-time link that was mailed; only its digest is kept."""

    __tablename__ = "sign_in_links"

    person_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE", index=True)
    digest: str = Field(max_length=64, unique=True)
    onward: str = Field(default="/", max_length=400, description="path to open afterwards")
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class Login(Record, table=True):
    """One browser in which a person is signed in; revoking it closes its sockets."""

    __tablename__ = "logins"

    person_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE", index=True)
    digest: str = Field(max_length=64, unique=True)
    agent: str = Field(default="", max_length=200)
    way: SignInWay = Field(default=SignInWay.LINK, sa_type=text_of(SignInWay), nullable=False)
    way_id: UUID | None = Field(default=None, description="the provider's account or the passkey")
    way_name: str = Field(default="", max_length=80, description="what it was called then")
    viewed_as: Category | None = Field(
        default=None, sa_type=text_of(Category), description="while one looks as another"
    )
    viewed_in: Capacity | None = Field(default=None, sa_type=text_of(Capacity))
    viewed_from: UUID | None = Field(default=None, description="the meeting where that began")
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


class CalendarFeed(Record, table=True):
    """Someone's sittings under a secret address; another address replaces this row's digest."""

    __tablename__ = "calendar_feeds"

    person_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE", unique=True)
    digest: str = Field(max_length=64, unique=True)
    created_at: datetime


class AccessToken(Record, table=True):
    """A personal access token for a program; revoking it closes its sockets."""

    __tablename__ = "access_tokens"

    person_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE", index=True)
    digest: str = Field(max_length=64, unique=True)
    label: str = Field(max_length=80)
    with_passkey: bool = Field(default=False, description="made by a login with a passkey")
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
