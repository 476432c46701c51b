"""The ways in which a service says no; everything else is a bug."""

from typing import Generic, TypeVar

Why = TypeVar("Why", covariant=True)


class Refusal(Exception):
    """What a door must tell the person; the service has done nothing."""


class NotFound(Refusal):
    """There is no such thing, or this person may not know that there is."""


class Refused(Refusal, Generic[Why]):
    """The rule says no; ``decision`` is the value that says why."""

    def __init__(self, decision: Why) -> None:
        super().__init__(str(decision))
        self.decision = decision


class Conflict(Refusal):
    """It was possible before and is not any more; ``reason`` is a key of the catalogue."""

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts


class Stale(Conflict):
    """What the program says in ``If-Match`` that it has seen is not there any more."""


class Answered(Refusal):
    """Answered before, under the same key: the same answer again, and nothing is done."""

    def __init__(self, status: int, content: str, tag: str) -> None:
        super().__init__(f"answered before with {status}")
        self.status, self.content, self.tag = status, content, tag


class Malformed(Refusal):
    """The words do not make sense; ``faults`` maps a field's name to a key of the catalogue."""

    def __init__(self, **faults: str) -> None:
        super().__init__(", ".join(f"{name}: {fault}" for name, fault in faults.items()))
        self.faults = faults


class TooMany(Refusal):
    """Asked too often; ``retry_after`` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"again in {retry_after} s")
        self.retry_after = retry_after


class NotSignedIn(Refusal):
    """Only someone who is signed in may; signing in leads back to where they were."""


class Foreign(Refusal):
    """A form or request that another site made in this person's name."""
