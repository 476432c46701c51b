"""Why a socket was closed: 1012 and 4000-4499 come back with jitter, 4500-4999 stay away."""

from enum import IntEnum
from typing import Self

COME_BACK = range(4000, 4500)


class Code(IntEnum):
    """Close codes (RFC 6455, 7.4.2: 4000-4999 are private), each with what it means to a client."""

    _value_: int
    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        made = int.__new__(cls, value)
        made._value_ = value
        made.meaning = meaning
        return made

    GOING_AWAY = 1001, "the service goes"
    RESTARTING = 1012, "the service starts anew"
    TOO_BIG = 1009, "a message over 64 KiB"

    TOO_SLOW = 4000, "more waits for you than the service keeps; your cursor loses nothing"
    LEASE_LOST = 4001, "this process may not speak for the service now"
    HELLO_LATE = 4002, "no hello in time"
    BUSY = 4003, "too many sockets have not said hello"
    MOVED = 4004, "something about your place changed: come back with a new ticket"

    SHOWN_OUT = 4500, "the part that follows is not open to you"  # the farewell says why
    REVOKED = 4501, "a login, token, registration, function or invitation was ended"
    TAKEN_OVER = 4502, "your seat was taken by a newer connection of yours"
    REFUSED = 4503, "the ticket or the rule said no"  # the farewell says why
    MALFORMED = 4504, "not the protocol"  # not JSON, unknown kind, extra fields, too long
    FOREIGN_ORIGIN = 4505, "a page of another site"
    TOO_MANY = 4506, "too many wishes, with none granted between"
    OVER = 4507, "the sitting was closed"


def comes_back(code: int) -> bool:
    """Whether a client should connect again after this code; a broken line (1006) does too."""
    if code in COME_BACK:
        return True
    return code in {1001, 1005, 1006, 1011, 1012, 1013}
