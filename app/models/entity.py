"""The bodies that people represent; everything about them that can change carries its dates."""

from datetime import date
from uuid import UUID

from sqlmodel import Field, UniqueConstraint

from app.models.base import Json, Record, text_of
from app.policy.people import Category


class Entity(Record, table=True):
    """A Member State or another body, named as its own import names it."""

    __tablename__ = "entities"

    key: str = Field(
        max_length=80, unique=True, description="what an import calls it: iso2 or a code"
    )
    name: str = Field(max_length=200, index=True)
    names: dict[str, str] = Field(default_factory=dict, sa_type=Json, description="language: name")
    iso2: str = Field(default="", max_length=2, index=True)
    folded: str = Field(
        default="", description="its names in every language, as a search sees them"
    )
    domains: list[str] = Field(
        default_factory=list, sa_type=Json, description="of its mail addresses, where known"
    )


class Membership(Record, table=True):
    """The category of an entity during some time; an open end means until further notice."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("entity_id", "category", "sector", "valid_from"),)

    entity_id: UUID = Field(foreign_key="entities.id", ondelete="CASCADE")
    category: Category = Field(sa_type=text_of(Category))
    sector: str = Field(default="", max_length=1, description="R, T, D or empty")
    valid_from: date
    valid_until: date | None = Field(default=None, description="last day, included")


class Trait(Record, table=True):
    """A region or a flag (ldc, lldc, sids) of an entity during some time."""

    __tablename__ = "traits"
    __table_args__ = (UniqueConstraint("entity_id", "name", "valid_from"),)

    entity_id: UUID = Field(foreign_key="entities.id", ondelete="CASCADE")
    name: str = Field(max_length=32, description="region, ldc, lldc, sids")
    value: str = Field(max_length=32)
    valid_from: date
    valid_until: date | None = Field(default=None, description="last day, included")


class FocalPoint(Record, table=True):
    """Who approves registrations for an entity, and during which time."""

    __tablename__ = "focal_points"
    __table_args__ = (UniqueConstraint("entity_id", "person_id", "valid_from"),)

    entity_id: UUID = Field(foreign_key="entities.id", ondelete="CASCADE")
    person_id: UUID = Field(foreign_key="people.id", ondelete="CASCADE", index=True)
    valid_from: date
    valid_until: date | None = Field(default=None, description="last day, included")
    letter: str = Field(default="", max_length=200, description="the letter on file, by its mark")
    stands_in_for: UUID | None = Field(
        default=None,
        foreign_key="focal_points.id",
        ondelete="CASCADE",
        description="whose designation this person acts for while they are away",
    )
