"""Who someone is to a meeting: the axes that a decision looks at, and the moment's standing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Self


class Category(StrEnum):
    """The legal basis of someone's presence."""

    MEMBER_STATE = "member_state"
    SECTOR_MEMBER = "sector_member"
    ASSOCIATE = "associate"
    ACADEMIA = "academia"
    RES_99 = "res_99"
    UN_ORGANIZATION = "un_organization"
    INTERGOVERNMENTAL_ORGANIZATION = "intergovernmental_organization"
    STAKEHOLDER = "stakeholder"
    PUBLIC = "public"


class StakeholderGroup(StrEnum):
    """Which part of society someone comes from: another axis than the category."""

    GOVERNMENTS = "governments"
    PRIVATE_SECTOR = "private_sector"
    CIVIL_SOCIETY = "civil_society"
    TECHNICAL_COMMUNITY = "technical_community"
    ACADEMIA = "academia"
    INTERNATIONAL_ORGANIZATIONS = "international_organizations"
    UN_ORGANIZATIONS = "un_organizations"
    OTHER = "other"


class Capacity(StrEnum):
    """The hat that a registration wears, shown on every intervention."""

    DELEGATE = "delegate"
    OBSERVER = "observer"
    EXPERT = "expert"
    INDIVIDUAL = "individual"


class Function(StrEnum):
    """A service that someone renders to one meeting; it is not an audience."""

    CHAIR = "chair"
    VICE_CHAIR = "vice_chair"
    SECRETARIAT = "secretariat"
    MODERATOR = "moderator"
    CAPTIONER = "captioner"
    INTERPRETER = "interpreter"
    STEWARD = "steward"


class SpeakerRow(NamedTuple):
    """A speaker as events say it: thousands hear it, so the fields are not named every time."""

    name: str
    entity: str
    capacity: Capacity
    category: Category
    remote: bool


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks, and in which role (SG 6); this is what everyone in the room may know."""

    name: str
    entity: str
    capacity: Capacity
    category: Category
    remote: bool

    @property
    def row(self) -> SpeakerRow:
        """The same as events say it; ``Speaker(*row)`` is the way back."""
        return SpeakerRow(self.name, self.entity, self.capacity, self.category, self.remote)

    @property
    def represents(self) -> bool:
        """Whether the floor is given to the body and not to the person."""
        speaks_for = self.capacity in {Capacity.DELEGATE, Capacity.OBSERVER}
        return bool(self.entity) and speaks_for and self.category is not Category.STAKEHOLDER

    @property
    def title(self) -> str:
        """Whom the floor is given to: the body that is represented, or else the person."""
        return self.entity if self.represents else self.name

    @property
    def other(self) -> str:
        """The person where the body is in front, and the body where the person is."""
        other = self.name if self.represents else self.entity
        return "" if other == self.title else other


@dataclass(frozen=True, slots=True)
class Standing:
    """What a decision looks at: facts already established from records, at one moment.

    Someone signed in without a registration stands as a stakeholder; only someone unknown stands
    as the public. ``approved`` is true where nothing needs approval. ``invited`` says that an
    invitation covers the item now under discussion and has not expired, ``invited_until`` when it
    will have. ``membership_ended`` says that the category is what the entity was, and no longer is
    on the day of the sitting. ``within`` is the standing of whoever looks as somebody of this one:
    nothing is shown to them that they may not see themselves.
    """

    category: Category
    identified: bool = False
    registered: bool = False
    approved: bool = False
    functions: frozenset[Function] = frozenset()
    invited: bool = False
    membership_ended: bool = False
    opened: bool = True
    remote: bool = False
    invited_until: datetime | None = None
    within: "Standing | None" = None

    @classmethod
    def of(cls, category: Category, *functions: Function) -> Self:
        """Someone of this category whose every paper is in order; the public has no papers."""
        known = category is not Category.PUBLIC
        return cls(category, known, known, known, frozenset(functions))

    @property
    def category_left(self) -> Category:
        """What membership leaves behind when it ends: a stakeholder, like anyone with a name."""
        if self.membership_ended and self.category is not Category.PUBLIC:
            return Category.STAKEHOLDER
        return self.category

    @property
    def in_order(self) -> bool:
        """Whether nothing is missing that any right could need of someone who is named."""
        papers = self.identified and self.registered and self.approved
        return papers and self.opened and not self.membership_ended and not self.remote
