"""From inputs to outcome: how a summary is agreed, what may cite, and what becomes of an input."""

from enum import StrEnum


class Agreement(StrEnum):
    """Where a brief summary stands."""

    DRAFT = "draft"
    PRESENTED = "presented"
    AGREED = "agreed"


class Citing(StrEnum):
    """What may rest on an input."""

    SUMMARY = "summary"
    AGENDA_ITEM = "agenda_item"
    MINUTES = "minutes"


class DispositionKind(StrEnum):
    """What became of an input."""

    CONSIDERED = "considered"
    REFLECTED = "reflected"
    PARTLY = "partly"
    NOTED = "noted"
    NOT_TAKEN_UP = "not_taken_up"
