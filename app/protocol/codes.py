"""Why a socket was closed: 1012 and 4000-4499 come back with jitter, 4500-4999 stay away."""

from enum import IntEnum

COME_BACK = range(4000, 4500)


class Code(IntEnum):
    """Close codes (RFC 6455, 7.4.2: 4000-4999 are private); docs/live.md has a line for each."""

    GOING_AWAY = 1001
    RESTARTING = 1012
    TOO_BIG = 1009

    TOO_SLOW = 4000  # more waits for this reader than the service keeps; its cursor loses nothing
    LEASE_LOST = 4001  # this process may not speak for the service now
    HELLO_LATE = 4002
    BUSY = 4003  # too many sockets have not said hello yet
    MOVED = 4004  # come back with a new ticket: the sitting changed under a connection that waited

    SHOWN_OUT = 4500  # the part that follows is not open to this person; the farewell says why
    REVOKED = 4501  # login, token, registration or function was ended
    TAKEN_OVER = 4502  # the seat was taken by a newer connection of the same person
    REFUSED = 4503  # the ticket or the rule said no; the farewell says why
    MALFORMED = 4504  # not JSON, unknown kind, extra fields, too long
    FOREIGN_ORIGIN = 4505
    TOO_MANY = 4506  # more wishes than one person may make
    OVER = 4507  # the sitting was closed, and nothing follows it at once


def comes_back(code: int) -> bool:
    """Whether a client should connect again after this code; a broken line (1006) does too."""
    if code in COME_BACK:
        return True
    return code in {1001, 1005, 1006, 1011, 1012, 1013}
