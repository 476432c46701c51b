"""What is erased of a person who asks for it, what stays, and why."""

from enum import StrEnum


class Kept(StrEnum):
    """What stays after an erasure; the sentence says why."""

    REGISTRATIONS = "kept-registrations"
    ATTENDANCE = "kept-attendance"
    SPEECHES = "kept-speeches"
    STATEMENTS = "kept-statements"
    INPUTS = "kept-inputs"
    CHAT = "kept-chat"
    TOPICS = "kept-topics"
    FUNCTIONS = "kept-functions"
    ACTS = "kept-acts"


class PersonalReason(StrEnum):
    STILL_SERVES = "still-serves"
    NOT_SURE = "not-sure"
    NOT_APPROVED = "listing-not-approved"
    IN_THE_WAY = "erasure-in-the-way"


class ListingFault(StrEnum):
    PAST = "listing-past"
    TOO_FAR = "listing-too-far"


LONGEST_LISTED = 366
"""Days after the last of the meeting; a consent has an end."""
CONFIRM = "ERASE"
