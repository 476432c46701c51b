"""A round in numbers: who sent how much, and what is similar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.database import Reading, Writing
from app.models import Consultation, Input
from app.policy.publication import MARK
from app.policy.similar import Group, Sent, Tally, groups, runs, tally
from app.policy.text import fold
from app.policy.words import count
from app.services import publication
from app.services.publication import Counts, Published

MOST_GROUPED: Final = 5000
"""Inputs of one consultation that are compared; of more, the page says that they are not."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A round in numbers; ``groups`` is None where there are too many inputs to compare.

    ``once`` is how many are left when each group counts once.
    """

    counts: Counts
    tally: Tally
    groups: Sequence[Group] | None
    once: int


async def numbers(db: Reading | Writing, consultation: Consultation, now: datetime) -> Numbers:
    """Who sent how much, and what is similar, of all that is published of a round."""
    known = await publication.counts(db, consultation, now)
    if not known.published:
        return Numbers(known, tally(()), [], 0)
    rows = await publication.published(db, consultation)
    return numbered(known, rows, await publication.views(db, consultation, rows, now))


def numbered(known: Counts, rows: Sequence[Input], seen: Sequence[Published]) -> Numbers:
    """The same of inputs that were read already; it keeps its thread busy."""
    sent = [_sent(row, each) for row, each in zip(rows, seen, strict=True)]
    if len(rows) > MOST_GROUPED:
        return Numbers(known, tally(sent), None, len(rows))
    texts = {each.number: runs("\n".join(each.texts.values())) for each in seen}
    made = groups(texts)
    once = len(rows) - sum(each.size - 1 for each in made)
    return Numbers(known, tally(sent), made, once)


def _sent(row: Input, each: Published) -> Sent:
    words = sum(count(text.replace(MARK, "")) for text in each.texts.values())
    body = str(row.entity_id or fold(each.organization)) if each.organization else ""
    name = each.names[0] if each.names else ""
    return Sent(each.number, str(row.person_id), name, body, each.organization, words)
