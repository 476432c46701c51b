"""A consultation: a topic of the group, a window online, a meeting face to face, and for which."""

from enum import StrEnum


class Issue(StrEnum):
    """The twelve issues of Council Resolution 1305; a topic may also be outside the list (A16)."""

    MULTILINGUALIZATION = "multilingualization"
    CONNECTIVITY = "connectivity"
    RESOURCES = "resources"
    SECURITY = "security"
    CYBERCRIME = "cybercrime"
    SPAM = "spam"
    USE_AND_MISUSE = "use_and_misuse"
    AVAILABILITY = "availability"
    CAPACITY_BUILDING = "capacity_building"
    DEVELOPMENT = "development"
    PRIVACY = "privacy"
    CHILDREN = "children"


class TopicState(StrEnum):
    """How far a topic has come; each change is a step that stays."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    DECLINED = "declined"
    REFERRED = "referred"  # to Council
    WITHDRAWN = "withdrawn"


class Publishing(StrEnum):
    """When inputs are published: as they come, or together once the window has closed."""

    WHILE_OPEN = "while_open"
    AFTER_CLOSING = "after_closing"


class ConsultationStep(StrEnum):
    """What happened to a consultation, for everyone to read."""

    DRAFTED = "drafted"
    ANNOUNCED = "announced"
    EXTENDED = "extended"
    CHANGED = "changed"
    SKIPPED = "skipped"
    SHORT_NOTICE = "short_notice"  # less than a reasonable time, and why (A12)
