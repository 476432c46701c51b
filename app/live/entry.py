"""What the hall knows of a connection, and what a doorkeeper answers about it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias
from uuid import UUID

from app.database import Reading, Writing
from app.journal import Channel
from app.protocol.messages import Hello


@dataclass(frozen=True, slots=True)
class Pass:
    """Someone's admission to one sitting at one epoch, with the channels they may hear.

    An invitation admits for the item in hand: whoever is here by one is out with the next item.
    """

    person_id: UUID
    meeting_id: UUID
    sitting_id: UUID
    epoch: int
    login_id: UUID | None
    token_id: UUID | None
    language: str
    category: str
    remote: bool
    restricted: bool
    channels: tuple[Channel, ...]
    generation: int = 0
    captions: tuple[str, ...] = ()  # languages asked for, whether or not the sitting lists them
    may_caption: bool = False
    ends_at: datetime | None = None  # of the login or token
    screen: bool = False  # shows the sitting in the hall: has no seat, and is nobody's presence
    invited_until: datetime | None = None

    @property
    def bound(self) -> bool:
        """Whether this place lasts as long as the item in hand."""
        return self.invited_until is not None

    def ended(self, now: datetime) -> bool:
        """Whether the login, the token or the invitation has run out: no bell rings for that."""
        return any(end is not None and end <= now for end in (self.ends_at, self.invited_until))


@dataclass(frozen=True, slots=True)
class Admitted:
    """Yes: the welcome and the missed events as JSON bytes, and where that leaves each channel.

    ``before`` is said before the welcome: for which channels a cursor was of no use.
    """

    entry: Pass
    welcome: bytes
    positions: Mapping[Channel, int]
    gap: tuple[bytes, ...] = ()
    before: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """No: the farewell as JSON bytes, and the code to close with."""

    farewell: bytes
    code: int


@dataclass(frozen=True, slots=True)
class Stays:
    """Nothing changed for this connection."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Allowed in what follows, which is not open yet; ``note`` as JSON bytes."""

    note: bytes


Verdict: TypeAlias = Admitted | TurnedAway | Stays | Waits


@dataclass(frozen=True, slots=True)
class Knock:
    """A hello, from a line that speaks this language."""

    hello: Hello
    language: str


@dataclass(slots=True)
class Reconsidered:
    """A connection about which the rule is asked again; ``waiting`` since a fence was raised."""

    entry: Pass
    waiting: bool = False


class Doorkeeper(Protocol):
    """Asks the rule for the hall; handed over by ``main``, because live knows no rule."""

    async def admit(
        self, db: Writing, knocks: Sequence[Knock], process: UUID
    ) -> list[Admitted | TurnedAway]:
        """Decide on new connections, all in one transaction, and take their seats."""
        ...

    async def again(self, db: Reading, held: Sequence[Reconsidered]) -> list[Verdict]:
        """Decide again on connections inside: after a fence, a revocation, a new membership."""
        ...

    async def moved(self, db: Writing, passes: Sequence[Pass], process: UUID) -> Sequence[Pass]:
        """Note the seats of those who go on; the others' seats have newer connections."""
        ...

    async def lines(self, db: Reading, sitting_id: UUID, weak: Collection[UUID]) -> bytes:
        """Whose line is not well among those who wait or speak, as JSON bytes for the console."""
        ...

    async def left(self, db: Writing, gone: Sequence[Pass], process: UUID) -> None:
        """Note that these connections have ended."""
        ...

    async def fences(self, db: Reading) -> Sequence[tuple[UUID, int]]:
        """The meetings whose fence is up and not through, each with the epoch it raised."""
        ...

    async def counted(self, db: Reading, sitting_id: UUID) -> bytes | None:
        """What is counted in a sitting's room now, as a message that may be lost; None: nothing."""
        ...

    async def advance(self, db: Writing, meeting_id: UUID) -> None:
        """Take a meeting's fence as far as the reports allow."""
        ...
