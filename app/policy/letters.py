"""The kinds of letters the service sends."""

from enum import StrEnum


class LetterKind(StrEnum):
    SIGN_IN = "sign-in"
    ACKNOWLEDGED = "acknowledged"
    CONFIRMED = "confirmed"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EDITED = "edited"
    TO_DECIDE = "to-decide"
    INVITED = "invited"
    PLACE = "place"
    ASKED = "asked"
    ANSWERED = "answered"
    REOPENED = "reopened"
    NOMINATED = "nominated"
    REPLACED = "replaced"
    STEPPED_IN = "stepped-in"
    NOTE = "note"
    INPUT_ASKED = "input-asked"
    INPUT_RECEIVED = "input-received"
    INPUT_LATE = "input-late"
    INPUT_WITHDRAWN = "input-withdrawn"
