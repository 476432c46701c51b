"""Why taking part came to an end."""

from dataclasses import dataclass
from enum import StrEnum

from app.protocol.codes import Code
from app.protocol.messages import Explanation, Farewell, NextOpen


class End(StrEnum):
    """How it ended; sentences are in ``wording``, where the service sent none."""

    LEFT = "left"
    SHOWN_OUT = "shown-out"
    REVOKED = "revoked"
    TAKEN_OVER = "taken-over"
    REFUSED = "refused"
    OVER = "over"
    NOT_SIGNED_IN = "not-signed-in"
    NOT_FOUND = "not-found"
    UNREACHABLE = "unreachable"
    UNTRUSTED = "untrusted"
    NOT_THE_SERVICE = "not-the-service"
    NOT_UNDERSTOOD = "not-understood"
    TOO_MANY = "too-many"


BY_CODE = {
    Code.SHOWN_OUT: End.SHOWN_OUT,
    Code.REVOKED: End.REVOKED,
    Code.TAKEN_OVER: End.TAKEN_OVER,
    Code.MALFORMED: End.NOT_UNDERSTOOD,
    Code.TOO_MANY: End.TOO_MANY,
    Code.OVER: End.OVER,
}


@dataclass(frozen=True, slots=True)
class Ending:
    """The last of the news: nobody comes back from it without beginning anew.

    ``why`` is the service's own answer, where it gave one; ``detail`` is for whoever has to look
    into the network.
    """

    end: End
    why: Explanation | None = None
    next_open: NextOpen | None = None
    written_input: str = ""
    detail: str = ""
    code: int = 0


def closed(code: int, farewell: Farewell | None) -> Ending:
    """The ending that a close code and the farewell before it tell."""
    end = next((end for known, end in BY_CODE.items() if known == code), End.REFUSED)
    if farewell is None:
        return Ending(end, code=code)
    return Ending(end, farewell.why, farewell.next_open, farewell.written_input, code=code)


class Ended(Exception):
    """A wish got no answer, because taking part has ended."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.end.value)
        self.ending = ending
