"""Shows of hands as a page tells them: who asked what, and how many hands of each category."""

from dataclasses import dataclass
from datetime import datetime

from app.pages.words import Say, chosen, said
from app.policy.hands import SERVICE
from app.policy.people import Category
from app.services.hands import Past


@dataclass(frozen=True, slots=True)
class Counted:
    """A question whose hands were counted; the rows are by category, and together."""

    question: str
    asked_by: str
    asked_at: datetime
    choices: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]


def counted(past: Past, say: Say) -> Counted | None:
    """None for a question that still runs: its counts are for the room."""
    show, counts = past.show, past.show.counts
    if counts is None:
        return None
    by_category = [(_row(row, say), numbers) for row, numbers in counts.by_category.items()]
    return Counted(
        question=show.question,
        asked_by=past.asked_by,
        asked_at=show.asked_at,
        choices=tuple(chosen(each, say) for each in show.choices),
        rows=(*by_category, (say("Together"), counts.by_choice)),
    )


def _row(row: str, say: Say) -> str:
    return say("Service of the meeting") if row == SERVICE else said(Category(row), say)
