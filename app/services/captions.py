"""Captions: started and stopped by those who preside, written by captioners, kept with history."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from app import journal
from app.database import Reading, Writing, load, ring
from app.errors import NotFound, Refused
from app.journal import Channel
from app.models import CaptionLine, CaptionSwitch, CaptionVersion, Fence, Meeting, Person, Sitting
from app.policy import captions as rules
from app.policy.captions import (
    SHOWN,
    USUAL,
    CaptionCorrected,
    CaptionHeading,
    CaptionKind,
    CaptionReason,
    Captions,
    CaptionSource,
    CaptionsStarted,
    CaptionsStopped,
    Heading,
    Switch,
    Voice,
    WrittenLine,
    may_caption,
)
from app.policy.floor import FloorReason, may_preside, may_wish
from app.policy.people import Function
from app.policy.refusal import No
from app.protocol.messages import Interim
from app.protocol.wishes import CorrectCaption, SpellCaption, WriteCaption
from app.services import access, acts, floor
from app.services.floor import Turn

MOST_AT_ONCE = 200  # lines of an answer


@dataclass(frozen=True, slots=True)
class Version:
    """What a line said, and since when."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """A line as the records keep it, with what it said before, oldest first; not who wrote it."""

    number: int
    language: str
    text: str
    at: datetime
    speaker: str | None
    capacity: str | None
    item: int | None
    source: CaptionSource
    kind: CaptionKind
    corrected_at: datetime | None
    before: tuple[Version, ...]


# What there is.


async def written(db: Reading | Writing, sitting: Sitting) -> tuple[str, ...]:
    """The languages in which captions were started in this sitting: no other has a line."""
    query = select(CaptionSwitch.language).where(CaptionSwitch.sitting_id == sitting.id)
    return tuple(sorted(await db.exec(query)))


async def listed(db: Reading | Writing, sitting: Sitting) -> frozenset[str]:
    """The languages that one may follow: the six, and those that the chair has started."""
    return frozenset((*USUAL, *await written(db, sitting)))


async def pictures(
    db: Reading | Writing, sitting: Sitting, languages: Iterable[str]
) -> dict[str, Captions]:
    """What a snapshot of each language holds; one that was never started costs no query."""
    found = await written(db, sitting)
    return {
        language: await picture(db, sitting, language) if language in found else Captions()
        for language in languages
    }


async def picture(db: Reading | Writing, sitting: Sitting, language: str) -> Captions:
    """The newest lines of one language, and their heading."""
    newest = await _newest(db, sitting, language, SHOWN)
    lines = tuple(shown(row) for row in reversed(newest))
    return Captions(lines[-1].heading if lines else Heading(), lines)


def shown(row: CaptionLine) -> WrittenLine:
    """A line as everyone in the room may see it: who wrote it is not told."""
    return WrittenLine(row.number, row.text, row.at, _heading(row), row.corrected_at is not None)


def _heading(row: CaptionLine) -> Heading:
    who = None
    if row.speaker is not None and row.capacity is not None:
        who = Voice(row.speaker, row.capacity)
    return Heading(who, row.item_number, row.source, row.kind)


async def lines(db: Reading | Writing, sitting: Sitting, language: str) -> list[WrittenLine]:
    """Every line of one language, in order."""
    query = _of(sitting, language).order_by(col(CaptionLine.number))
    return [shown(row) for row in await db.exec(query)]


async def history(db: Reading | Writing, sitting: Sitting, language: str, after: int) -> list[Row]:
    """Lines after that number, with what they said before; a bounded number of them."""
    query = _of(sitting, language).where(CaptionLine.number > after)
    found = (await db.exec(query.order_by(col(CaptionLine.number)).limit(MOST_AT_ONCE))).all()
    return await _rows(db, found)


async def record(db: Reading | Writing, sitting: Sitting) -> Mapping[str, list[Row]]:
    """Every line of a sitting by language, for the packages of its records."""
    query = select(CaptionLine).where(CaptionLine.sitting_id == sitting.id)
    order = (col(CaptionLine.language), col(CaptionLine.number))
    told: dict[str, list[Row]] = defaultdict(list)
    for row in await _rows(db, (await db.exec(query.order_by(*order))).all()):
        told[row.language].append(row)
    return told


async def _rows(db: Reading | Writing, found: Sequence[CaptionLine]) -> list[Row]:
    before = await _before(db, found)
    return [
        Row(
            number=row.number,
            language=row.language,
            text=row.text,
            at=row.at,
            speaker=row.speaker,
            capacity=row.capacity,
            item=row.item_number,
            source=row.source,
            kind=row.kind,
            corrected_at=row.corrected_at,
            before=tuple(Version(each.text, each.at) for each in before.get(row.id, ())),
        )
        for row in found
    ]


async def _before(
    db: Reading | Writing, found: Sequence[CaptionLine]
) -> dict[UUID, list[CaptionVersion]]:
    corrected = [row.id for row in found if row.corrected_at is not None]
    told: dict[UUID, list[CaptionVersion]] = defaultdict(list)
    for start in range(0, len(corrected), MOST_AT_ONCE):
        some = corrected[start : start + MOST_AT_ONCE]
        query = select(CaptionVersion).where(col(CaptionVersion.line_id).in_(some))
        for version in await db.exec(query.order_by(col(CaptionVersion.number))):
            told[version.line_id].append(version)
    return told


# What is done.


async def start(turn: Turn, language: str) -> None:
    """Have captions in this language; in a part that is not open to all, only this begins them."""
    await _presides(turn)
    switch = await turn.db.get(CaptionSwitch, (turn.sitting.id, language))
    if switch is not None and switch.stopped_at is None:
        raise Refused(No(FloorReason.ALREADY_SO))
    await _started(turn, language, switch)
    await _recorded(turn, "captions-started", language)


async def stop(turn: Turn, language: str) -> None:
    """No captions in this language, until those who preside start them again."""
    await _presides(turn)
    switch = await turn.db.get(CaptionSwitch, (turn.sitting.id, language))
    if switch is None or switch.stopped_at is not None:
        raise Refused(No(FloorReason.ALREADY_SO))
    switch.stopped_at, switch.stopped_by_id = turn.now, turn.by.id
    await turn.say(CaptionsStopped(language))
    await _recorded(turn, "captions-stopped", language)


async def write(turn: Turn, wish: WriteCaption) -> int:
    """Add a final line; its number in this language."""
    switch = await _may_write(turn, wish.language)
    if switch is None or switch.stopped_at is not None:
        await _started(turn, wish.language, switch)
    heading = await _now(turn, wish)
    last = await _last(turn, wish.language)
    row = CaptionLine(
        sitting_id=turn.sitting.id,
        language=wish.language,
        number=last.number + 1 if last else 1,
        text=wish.text,
        speaker=heading.speaker.title if heading.speaker else None,
        capacity=heading.speaker.capacity if heading.speaker else None,
        item_number=heading.item,
        source=heading.source,
        kind=heading.of,
        by_id=turn.by.id,
        at=datetime.now(UTC),
    )
    turn.db.add(row)
    if heading != (_heading(last) if last else Heading()):
        await _say(turn, row, CaptionHeading(heading))
    await _say(turn, row, rules.Caption(row.number, row.text))
    return row.number


async def correct(turn: Turn, wish: CorrectCaption) -> int:
    """Say what a line should have said; what it said is kept, and everyone sees that it changed."""
    await _may_write(turn, wish.language)
    query = _of(turn.sitting, wish.language).where(CaptionLine.number == wish.number)
    row = (await turn.db.exec(query)).first()
    if row is None:
        raise Refused(No(CaptionReason.NO_SUCH_LINE))
    if row.text == wish.text:
        raise Refused(No(FloorReason.ALREADY_SO))
    turn.db.add(
        CaptionVersion(
            line_id=row.id,
            number=await _versions(turn, row) + 1,
            text=row.text,
            by_id=row.corrected_by_id or row.by_id,
            at=row.corrected_at or row.at,
        )
    )
    row.text, row.corrected_at, row.corrected_by_id = wish.text, turn.now, turn.by.id
    await _say(turn, row, CaptionCorrected(row.number, row.text))
    return row.number


async def interim(
    db: Writing, sitting_id: UUID, wish: SpellCaption, *, by: Person, now: datetime
) -> None:
    """Pass on what is being written to those who follow this language now; nothing is kept.

    The meeting is held, if not alone: no interim is sent off at an epoch that was raised meanwhile.
    """
    sitting = await load(db, Sitting, sitting_id)
    meeting = await db.get(Meeting, sitting.meeting_id, with_for_update={"read": True})
    if meeting is None:
        raise NotFound
    await db.refresh(sitting)  # a raised fence has closed it
    await _may_write(Turn(db, meeting, sitting, by, now), wish.language)
    channel = Channel(sitting.id, f"captions:{wish.language}", meeting.epoch)
    said = Interim(on=channel.subject, text=wish.text).model_dump_json()
    ring(db, f"interim {channel} {said}")


async def writes(db: Reading | Writing, sitting_id: UUID, person: Person) -> bool:
    """Whether someone is a captioner or interpreter of the meeting of this sitting."""
    sitting = await load(db, Sitting, sitting_id)
    return may_caption(await access.functions(db, person, sitting.meeting_id))


async def end(db: Writing, sitting_id: UUID, now: datetime) -> None:
    """Where a part ends its captions end; nobody's word is needed, and none is told."""
    query = select(CaptionSwitch).where(
        CaptionSwitch.sitting_id == sitting_id, col(CaptionSwitch.stopped_at).is_(None)
    )
    for switch in await db.exec(query):
        switch.stopped_at = now


async def at_fence(db: Writing, fence: Fence) -> None:
    """The open part's captions end; the members' part begins without, whatever was there before.

    What was being written is held nowhere: it goes to the rooms of its own epoch or to nobody.
    """
    for sitting_id in (fence.from_sitting_id, fence.to_sitting_id):
        await end(db, sitting_id, fence.raised_at)


# How.


async def _presides(turn: Turn) -> None:
    held = await access.functions(turn.db, turn.by, turn.meeting.id)
    if not may_preside(held):
        raise Refused(No(FloorReason.NOT_THE_CHAIR))
    _or_refuse(may_wish(turn.sitting.state))


async def _may_write(turn: Turn, language: str) -> CaptionSwitch | None:
    """How this language stands, for a captioner of this meeting while the sitting is open."""
    held: frozenset[Function] = await access.functions(turn.db, turn.by, turn.meeting.id)
    if not may_caption(held):
        raise Refused(No(CaptionReason.NOT_A_CAPTIONER))
    _or_refuse(may_wish(turn.sitting.state))
    switch = await turn.db.get(CaptionSwitch, (turn.sitting.id, language))
    stands = None
    if switch is not None:
        stands = Switch(switch.stopped_at is None, switch.stopped_by_id is not None)
    open_to_all = access.open_to_all(access.edition(turn.meeting), turn.sitting.part)
    _or_refuse(rules.may_begin(language, stands, open_to_all=open_to_all))
    return switch


async def _started(turn: Turn, language: str, switch: CaptionSwitch | None) -> None:
    if switch is None:
        switch = CaptionSwitch(sitting_id=turn.sitting.id, language=language, started_at=turn.now)
        turn.db.add(switch)
    switch.started_at, switch.stopped_at, switch.stopped_by_id = turn.now, None, None
    await turn.say(CaptionsStarted(language))


async def _now(turn: Turn, wish: WriteCaption) -> Heading:
    """Whose words they are and on which item, as the list has it at this moment."""
    speech = await floor.speaking(turn.db, turn.sitting)
    heading = Heading(None, turn.sitting.item_number, wish.source, wish.of)
    if speech is None:
        return heading
    speaker = speech.request.speaker
    return replace(heading, speaker=Voice(speaker.title, speaker.capacity))


async def _say(turn: Turn, row: CaptionLine, event: rules.Event) -> None:
    """Who wrote it and by which wish is not told with every line: the answer has its number."""
    channel = Channel(turn.sitting.id, f"captions:{row.language}", turn.meeting.epoch)
    at = row.at if isinstance(event, rules.Caption) else None
    await journal.write(turn.db, channel, event, by=turn.by.id, at=at)


async def _recorded(turn: Turn, kind: str, language: str) -> None:
    """Who turned captions on or off is an act, for whatever audience it was."""
    said = {"sitting": str(turn.sitting.id), "by": str(turn.by.id), "language": language}
    await acts.record(turn.db, kind, turn.now, meeting_id=turn.meeting.id, **said)


async def _last(turn: Turn, language: str) -> CaptionLine | None:
    return next(iter(await _newest(turn.db, turn.sitting, language, 1)), None)


async def _newest(
    db: Reading | Writing, sitting: Sitting, language: str, most: int
) -> Sequence[CaptionLine]:
    query = _of(sitting, language).order_by(col(CaptionLine.number).desc())
    return (await db.exec(query.limit(most))).all()


async def _versions(turn: Turn, row: CaptionLine) -> int:
    query = select(func.count()).where(CaptionVersion.line_id == row.id)
    return (await turn.db.exec(query)).one()


def _of(sitting: Sitting, language: str) -> SelectOfScalar[CaptionLine]:
    return select(CaptionLine).where(
        CaptionLine.sitting_id == sitting.id, CaptionLine.language == language
    )


def _or_refuse(answer: Literal[True] | No) -> None:
    if isinstance(answer, No):
        raise Refused(answer)
