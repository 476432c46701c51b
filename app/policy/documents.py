"""Documents of a meeting: what they are, how they are numbered, and for whom they are."""

from enum import StrEnum


class DocumentClass(StrEnum):
    """What a document is, in the words of the register."""

    AGENDA = "agenda"
    CONTRIBUTION = "contribution"
    CONSULTATION_OUTPUT = "consultation_output"
    REPORT = "report"
    DRAFT_REPORT = "draft_report"
    ACTIVITY_REPORT = "activity_report"
    LIAISON = "liaison"
    ADMINISTRATIVE = "administrative"
    INFORMATION = "information"


class Relation(StrEnum):
    """How a document goes with the one whose number it bears."""

    ORIGINAL = "original"
    REVISION = "revision"
    ADDENDUM = "addendum"
    CORRIGENDUM = "corrigendum"


class DocumentState(StrEnum):
    """Filed, posted, returned to whoever filed it, or taken back: a number is not given again."""

    FILED = "filed"
    POSTED = "posted"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
