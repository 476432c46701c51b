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
    ROUND_CLOSES = "round-closes"
    ROUND_EXTENDED = "round-extended"
    ROUND_SKIPPED = "round-skipped"
    RECEIVED = "received"
