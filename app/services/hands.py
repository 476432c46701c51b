"""A show of hands: asked, raised, lowered, counted. It is no vote and decides nothing (A5)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import col, func, select

from app.database import Reading, Writing, ring
from app.errors import Refused
from app.models import FloorAction, Hand, Person, ShowOfHands, Sitting
from app.policy import floor as rules
from app.policy import hands as count_rules
from app.policy.access import Right
from app.policy.access import decide as rule
from app.policy.decision import Allowed
from app.policy.floor import Event, FloorReason, Speaker
from app.policy.hands import Counts, HandsAsked, HandsClosed, HandsReason, HandsRestored, Show
from app.policy.invitation import as_admitted
from app.policy.refusal import No
from app.protocol.news import COUNTS, SPEAKER
from app.services import access, floor
from app.services.floor import Turn

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Past:
    """A show of hands in the log: who asked, when, and the result once it was counted."""

    show: Show
    asked_by: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Raised:
    """Whose hand, and for what: for those who preside, and for oneself."""

    speaker: Speaker
    choice: int


async def ask(turn: Turn, question: str, choices: Sequence[str]) -> int:
    """Those who preside ask the room; the number of the question."""
    await _presides(turn)
    _or_refuse(count_rules.may_ask(await floor.hands(turn.db, turn.sitting)))
    row = ShowOfHands(
        sitting_id=turn.sitting.id,
        number=await _next(turn),
        question=question,
        choices=list(choices),
        asked_by_id=turn.by.id,
        asked_at=turn.now,
    )
    turn.db.add(row)
    await floor.note(turn, "hands-asked", row.number)
    await turn.say(HandsAsked(floor.asked(row)))
    return row.number


async def lift(turn: Turn, number: int, choice: int) -> int:
    """Raise one's hand, or change one's mind; the choice that counts now."""
    entry = await _may_speak(turn)
    show = await floor.hands(turn.db, turn.sitting)
    _or_refuse(count_rules.may_raise(show, number, choice))
    row = await _numbered(turn.db, turn.sitting, number)
    hand = await _hand(turn.db, row, turn.by)
    if hand is None:
        hand = await _new(turn, row, choice, entry)
    hand.choice, hand.raised_at = choice, turn.now
    turn.db.add(hand)
    ring(turn.db, f"hands:{turn.sitting.id}")
    return choice


async def lower(turn: Turn, number: int) -> int:
    """Take one's own hand down; the number of the question."""
    _or_refuse(rules.may_wish(turn.sitting.state))
    _or_refuse(count_rules.may_raise(await floor.hands(turn.db, turn.sitting), number, 1))
    hand = await _hand(turn.db, await _numbered(turn.db, turn.sitting, number), turn.by)
    if hand is None:
        raise Refused(No(HandsReason.NO_HAND))
    await turn.db.delete(hand)
    ring(turn.db, f"hands:{turn.sitting.id}")
    return number


async def close(turn: Turn, number: int) -> int:
    """Those who preside have the hands counted; none is taken after it."""
    await _presides(turn)
    _or_refuse(count_rules.may_close(await floor.hands(turn.db, turn.sitting), number))
    await _count(turn, number)
    await floor.note(turn, "hands-closed", number)
    return number


async def stop(turn: Turn) -> None:
    """Where the sitting takes no more wishes no hand is taken either: what is up is counted."""
    show = await floor.hands(turn.db, turn.sitting)
    if show is not None and count_rules.running(show):
        await _count(turn, show.number)


async def _count(turn: Turn, number: int) -> None:
    row = await _numbered(turn.db, turn.sitting, number)
    counts = await _counts(turn.db, row)
    row.closed_at, row.counts = turn.now, COUNTS.dump_python(counts, mode="json")
    await turn.say(HandsClosed.of(counts))


async def ask_undone(turn: Turn, action: FloorAction) -> list[Event]:
    """The question was not asked: its hands are let down, and what was shown before is back."""
    row = await _numbered(turn.db, turn.sitting, action.subject)
    row.taken_back_at = turn.now
    await turn.db.flush()
    before = await floor.hands(turn.db, turn.sitting)
    if before is None or before.counts is None:
        return [HandsRestored(before)]
    return [HandsRestored(replace(before, counts=None)), HandsClosed.of(before.counts)]


async def close_undone(turn: Turn, action: FloorAction) -> Event:
    """Hands are taken again, and those that were up are up."""
    row = await _numbered(turn.db, turn.sitting, action.subject)
    row.closed_at = row.counts = None
    await turn.db.flush()
    ring(turn.db, f"hands:{turn.sitting.id}")
    return HandsRestored(floor.asked(row))


async def counted(db: Reading | Writing, sitting: Sitting) -> tuple[int, Counts] | None:
    """The question that runs, and the hands so far."""
    show = await floor.hands(db, sitting)
    if show is None or not count_rules.running(show):
        return None
    return show.number, await _counts(db, await _numbered(db, sitting, show.number))


async def own(
    db: Reading | Writing, sitting: Sitting, person: Person, number: int | None
) -> int | None:
    """Someone's own choice in the question of that number."""
    return (await owned(db, sitting, [person.id], number)).get(person.id)


async def owned(
    db: Reading | Writing, sitting: Sitting, people: Collection[UUID], number: int | None
) -> dict[UUID, int]:
    """The same of many people, in one query; of nobody where there is no question."""
    if number is None:
        return {}
    query = (
        select(Hand.person_id, Hand.choice)
        .join(ShowOfHands, col(ShowOfHands.id) == Hand.show_id)
        .where(
            ShowOfHands.sitting_id == sitting.id,
            ShowOfHands.number == number,
            col(Hand.person_id).in_(people),
        )
    )
    return dict((await db.exec(query)).all())


async def raised(db: Reading | Writing, sitting: Sitting, number: int) -> list[Raised]:
    """Every hand of a question: for those who preside."""
    row = await _numbered(db, sitting, number)
    query = select(Hand).where(Hand.show_id == row.id).order_by(col(Hand.raised_at), col(Hand.id))
    return [
        Raised(SPEAKER.validate_python(each.speaker), each.choice) for each in await db.exec(query)
    ]


async def log(
    db: Reading | Writing,
    sitting: Sitting,
    before: int | None = None,
    *,
    since: datetime | None = None,
    most: int = MOST_SHOWN,
) -> list[Past]:
    """Every question of a sitting that stands, the newest first; ``before`` pages back.

    ``since`` leaves out what was asked before: an expert may read of one item only (A10).
    """
    query = (
        select(ShowOfHands, Person.name)
        .join(Person, col(Person.id) == ShowOfHands.asked_by_id)
        .where(ShowOfHands.sitting_id == sitting.id, col(ShowOfHands.taken_back_at).is_(None))
        .order_by(col(ShowOfHands.number).desc())
        .limit(most)
    )
    if before is not None:
        query = query.where(ShowOfHands.number < before)
    if since is not None:
        query = query.where(ShowOfHands.asked_at >= since)
    return [Past(floor.asked(row), name, row.closed_at) for row, name in await db.exec(query)]


async def _counts(db: Reading | Writing, row: ShowOfHands) -> Counts:
    query = select(Hand.counted_as, Hand.choice).where(Hand.show_id == row.id)
    return count_rules.count(len(row.choices), list(await db.exec(query)))


async def _new(turn: Turn, row: ShowOfHands, choice: int, entry: Allowed) -> Hand:
    stands = access.once_open(
        await access.standing(turn.db, turn.by, turn.sitting, turn.meeting, turn.now)
    )
    shown_as = await floor.speaker_of(turn.db, turn.meeting, turn.by, stands)
    speaker = as_admitted(shown_as, entry)
    return Hand(
        show_id=row.id,
        person_id=turn.by.id,
        choice=choice,
        counted_as=count_rules.row_of(speaker.category, entry.function),
        speaker=SPEAKER.dump_python(speaker, mode="json"),
        raised_at=turn.now,
    )


async def _may_speak(turn: Turn) -> Allowed:
    """Who may speak may raise a hand: asked of the rule before anything is said of the question."""
    stands = access.once_open(
        await access.standing(turn.db, turn.by, turn.sitting, turn.meeting, turn.now)
    )
    entry = rule(access.edition(turn.meeting), stands, turn.sitting.part, Right.SPEAK)
    if not entry:
        raise Refused(entry)
    _or_refuse(rules.may_wish(turn.sitting.state))
    return entry


async def _presides(turn: Turn) -> None:
    if not rules.may_preside(await access.functions(turn.db, turn.by, turn.meeting.id)):
        raise Refused(No(FloorReason.NOT_THE_CHAIR))
    _or_refuse(rules.may_wish(turn.sitting.state))


def _or_refuse(answer: Literal[True] | No) -> None:
    if isinstance(answer, No):
        raise Refused(answer)


async def _hand(db: Reading | Writing, row: ShowOfHands, person: Person) -> Hand | None:
    query = select(Hand).where(Hand.show_id == row.id, Hand.person_id == person.id)
    return (await db.exec(query)).first()


async def _numbered(db: Reading | Writing, sitting: Sitting, number: int) -> ShowOfHands:
    query = select(ShowOfHands).where(
        ShowOfHands.sitting_id == sitting.id, ShowOfHands.number == number
    )
    row = (await db.exec(query)).first()
    if row is None:
        raise Refused(No(HandsReason.NOTHING_ASKED))
    return row


async def _next(turn: Turn) -> int:
    query = select(func.max(ShowOfHands.number)).where(ShowOfHands.sitting_id == turn.sitting.id)
    return ((await turn.db.exec(query)).one() or 0) + 1
