"""Which packages of records a sitting leaves, and for whom: the audience follows from the rule."""

from enum import StrEnum

from app.policy.access import Edition, Part, Right, decide
from app.policy.decision import Clause, Decision
from app.policy.people import Category, Standing


class Audience(StrEnum):
    """For whom a package is complete."""

    PUBLIC = "public"
    MEMBERS = "members"


class RecordsReason(StrEnum):
    """Why there are no records; the sentence is in ``app.reasons``."""

    NOT_CLOSED = "records-not-closed"


def is_open(edition: Edition, part: Part) -> bool:
    """Whether anyone may read this part, known or not."""
    return bool(_public(edition, part))


def clause(edition: Edition, part: Part) -> Clause:
    """By which clause the public may read this part, or may not."""
    return _public(edition, part).clause


def _public(edition: Edition, part: Part) -> Decision:
    return decide(edition, Standing.of(Category.PUBLIC), part, Right.READ)


def audiences(edition: Edition, part: Part) -> tuple[Audience, ...]:
    """A sitting of the members' part leaves nothing to the public but that it took place."""
    return tuple(Audience) if is_open(edition, part) else (Audience.MEMBERS,)


def may_read(
    edition: Edition, standing: Standing, part: Part, audience: Audience
) -> Decision | None:
    """Whether someone may read this package of a sitting; none where there is no such package.

    The members' package of an open sitting is for whoever may read a members' part of the meeting.
    """
    if audience not in audiences(edition, part):
        return None
    if audience is Audience.PUBLIC or not is_open(edition, part):
        return decide(edition, standing, part, Right.READ)
    closed = [each for each in edition.parts if not is_open(edition, each)]
    answers = [decide(edition, standing, each, Right.READ) for each in closed]
    return next((each for each in answers if each), answers[0] if answers else None)
