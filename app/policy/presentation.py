"""Inputs that are presented face to face: asked for, done, or nobody came."""

from enum import StrEnum


class Presenting(StrEnum):
    """How far the presentation of an input is; what was noted can be noted otherwise."""

    ASKED = "asked"
    PRESENTED = "presented"
    NOT_COME = "not_come"


class PresentationReason(StrEnum):
    """Why somebody is not put on the list of speakers for their input."""

    NOT_ASKED = "presentation-not-asked"
    NOT_NAMED = "presentation-not-named"
    NOT_REGISTERED = "presentation-not-registered"
