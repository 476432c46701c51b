"""Why a ticket opens nothing."""

from enum import StrEnum


class EntryReason(StrEnum):
    """A refusal before the rule was even asked; sentences are in ``app.reasons``."""

    FORGED = "ticket-forged"
    EXPIRED = "ticket-expired"
    USED = "ticket-used"
    OTHER_EPOCH = "ticket-of-another-epoch"
    REVOKED = "login-revoked"
    SEATED = "already-seated"
    INVITATION_ENDED = "invitation-ended"
    OVER = "sitting-over"
    NO_SCREEN = "may-not-show"
    SHOWS_NOTHING_YET = "not-yet-open"
