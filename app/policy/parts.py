"""The parts that a meeting may have, and the rights that exist in them."""

from enum import StrEnum


class Part(StrEnum):
    """A stretch of a meeting with one audience."""

    CONSULTATION = "consultation"
    FIRST_HALF = "first_half"
    SECOND_HALF = "second_half"
    WHOLE = "whole"


class Right(StrEnum):
    """What "open to" comes apart into (A4): each is granted or refused by itself."""

    ATTEND = "attend"
    SPEAK = "speak"
    READ = "read"
    RAISE_POINT_OF_ORDER = "raise_point_of_order"
    FILE_INPUT = "file_input"
    COMMENT = "comment"
    FILE_CONTRIBUTION = "file_contribution"
    TAKE_DECISIONS = "take_decisions"
