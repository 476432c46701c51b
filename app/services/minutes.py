"""The minutes of a sitting: written by several at once, and nothing that was written is lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlmodel import col, func, select

from app import journal
from app.database import Reading, Writing, hold, load
from app.errors import NotFound, Refused
from app.journal import Channel
from app.models import Meeting, MinutesParagraph, MinutesVersion, Person, Sitting
from app.policy import minutes as rules
from app.policy.access import Right
from app.policy.minutes import Draft, MinutesChanged, MinutesReason, Noted
from app.policy.people import Function
from app.policy.refusal import No
from app.services import access, agenda

MOST_SHOWN: Final = 50
STAYS: Final = UUID(int=0)  # no paragraph has this id: the place is not to be changed


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph as it stands, and who wrote this version of it."""

    id: UUID
    place: float
    version: int
    change: int
    draft: Draft
    deleted: bool
    by: str
    by_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """The paragraphs changed after a cursor, those that were deleted too."""

    paragraphs: tuple[Paragraph, ...]
    newest: int
    more: bool


@dataclass(frozen=True, slots=True)
class Clash:
    """Somebody else was faster: what stands now. What was sent is kept aside."""

    current: Paragraph


@dataclass(frozen=True, slots=True)
class Version:
    """What a paragraph said once; ``aside`` where it lost against another's version."""

    version: int
    aside: bool
    draft: Draft
    deleted: bool
    by: str
    at: datetime


async def see(
    db: Reading | Writing, sitting: Sitting, after: int = 0, most: int = 2 * MOST_SHOWN
) -> Page:
    """What has changed since; from 0 on, the whole of it, page by page."""
    query = (
        select(MinutesParagraph, Person.name)
        .join(Person, col(Person.id) == MinutesParagraph.by_id)
        .where(MinutesParagraph.sitting_id == sitting.id, MinutesParagraph.change > after)
        .order_by(col(MinutesParagraph.change))
        .limit(most + 1)
    )
    found = [_shown(row, name) for row, name in await db.exec(query)]
    shown = tuple(found[:most])
    return Page(shown, shown[-1].change if shown else after, more=len(found) > most)


async def versions(
    db: Reading, sitting: Sitting, paragraph_id: UUID, most: int = MOST_SHOWN
) -> list[Version]:
    """What a paragraph has said, the newest first."""
    query = (
        select(MinutesVersion, Person.name)
        .join(Person, col(Person.id) == MinutesVersion.by_id)
        .join(MinutesParagraph, col(MinutesParagraph.id) == MinutesVersion.paragraph_id)
        .where(
            MinutesVersion.paragraph_id == paragraph_id, MinutesParagraph.sitting_id == sitting.id
        )
        .order_by(col(MinutesVersion.at).desc(), col(MinutesVersion.version).desc())
        .limit(most)
    )
    return [
        Version(row.version, row.aside, _draft(row), row.deleted, name, row.at)
        for row, name in await db.exec(query)
    ]


async def held(
    db: Reading | Writing, sitting: Sitting, by: Person, now: datetime
) -> frozenset[Function]:
    """The functions by which someone reads the minutes; Refused for whoever does not."""
    reads = await access.decide(db, by, sitting, Right.READ, now)
    if not reads:
        raise Refused(reads)
    functions = await access.functions(db, by, sitting.meeting_id)
    if not rules.may_read(functions):
        raise Refused(No(MinutesReason.NOT_FOLLOWING))
    return functions


async def put(
    db: Writing,
    sitting_id: UUID,
    paragraph_id: UUID,
    version: int,
    draft: Draft,
    *,
    after: UUID | None = STAYS,
    by: Person,
    now: datetime,
) -> Paragraph | Clash:
    """Write a paragraph that stood at this version, 0 for a new one; ``after`` says where it goes.

    The same again changes nothing. One that was deleted comes back when it is written.
    """
    sitting = await writing(db, sitting_id, by, now)
    await _item(db, sitting, draft)
    row = await _row(db, sitting, paragraph_id)
    if row is None:
        return await _insert(db, sitting, paragraph_id, draft, after, by, now)
    same = _draft(row) == draft and row.deleted_at is None
    if row.version != version and not same:
        await _set_aside(db, row, version, draft, by, now)
        return Clash(await _named(db, row))
    if same and after == STAYS:
        return await _named(db, row)
    if after != STAYS:
        row.place = await _place(db, sitting, after, row)
    if not same:
        row.text, row.item_number, row.decision = draft.text, draft.item_number, draft.decision
        row.deleted_at = None
        await _next_version(db, row, by, now)
    return await _told(db, sitting, row, by)


async def delete(
    db: Writing,
    sitting_id: UUID,
    paragraph_id: UUID,
    version: int | None,
    *,
    by: Person,
    now: datetime,
) -> Paragraph | Clash | None:
    """Take a paragraph out that stood at this version; its text is kept among its versions."""
    sitting = await writing(db, sitting_id, by, now)
    row = await _row(db, sitting, paragraph_id)
    if row is None:
        return None
    if row.deleted_at is not None:
        return await _named(db, row)
    if version is not None and row.version != version:
        return Clash(await _named(db, row))
    row.deleted_at = now
    await _next_version(db, row, by, now)
    return await _told(db, sitting, row, by)


async def record(db: Reading | Writing, sitting: Sitting) -> list[Noted]:
    """The decisions noted, in the order of the minutes, as rows for the records."""
    query = (
        select(MinutesParagraph)
        .where(
            MinutesParagraph.sitting_id == sitting.id,
            col(MinutesParagraph.decision),
            col(MinutesParagraph.deleted_at).is_(None),
        )
        .order_by(col(MinutesParagraph.place), col(MinutesParagraph.id))
    )
    titles = {each.number: agenda.titled(each) for each in await agenda.ever_in(db, sitting)}
    return [
        Noted(
            place, row.text.strip(), row.item_number, titles.get(row.item_number or 0, ""), row.at
        )
        for place, row in enumerate(await db.exec(query), 1)
    ]


async def writing(db: Writing, sitting_id: UUID, by: Person, now: datetime) -> Sitting:
    """The sitting, held: one writes after the other, so that a version is what it says."""
    sitting = await hold(db, Sitting, sitting_id)
    if not rules.may_write(await held(db, sitting, by, now)):
        raise Refused(No(MinutesReason.NOT_WRITING))
    return sitting


async def _item(db: Writing, sitting: Sitting, draft: Draft) -> None:
    if draft.item_number is None:
        return
    if draft.item_number not in {each.number for each in await agenda.ever_in(db, sitting)}:
        raise Refused(No(MinutesReason.NO_SUCH_ITEM))


async def _row(db: Writing, sitting: Sitting, paragraph_id: UUID) -> MinutesParagraph | None:
    row = await db.get(MinutesParagraph, paragraph_id)
    if row is not None and row.sitting_id != sitting.id:
        raise NotFound
    return row


async def _insert(
    db: Writing,
    sitting: Sitting,
    paragraph_id: UUID,
    draft: Draft,
    after: UUID | None,
    by: Person,
    now: datetime,
) -> Paragraph:
    if len(await _living(db, sitting)) >= rules.MOST:
        raise Refused(No(MinutesReason.TOO_MANY))
    row = MinutesParagraph(
        id=paragraph_id,
        sitting_id=sitting.id,
        place=await _place(db, sitting, after, None),
        version=0,
        change=await _next_change(db, sitting),
        text=draft.text,
        item_number=draft.item_number,
        decision=draft.decision,
        by_id=by.id,
        at=now,
    )
    db.add(row)
    await db.flush()
    await _next_version(db, row, by, now)
    return await _told(db, sitting, row, by)


async def _next_version(db: Writing, row: MinutesParagraph, by: Person, now: datetime) -> None:
    row.version, row.by_id, row.at = row.version + 1, by.id, now
    _keep(db, row.id, row.version, _draft(row), by, now, deleted=row.deleted_at is not None)


async def _set_aside(
    db: Writing, row: MinutesParagraph, version: int, draft: Draft, by: Person, now: datetime
) -> None:
    """Keep what lost, unless it says nothing new; somebody may want it back."""
    query = select(MinutesVersion).where(MinutesVersion.paragraph_id == row.id)
    known = [(each.version, _draft(each)) for each in await db.exec(query)]
    if (version, draft) not in known:
        _keep(db, row.id, version, draft, by, now, aside=True)


def _keep(
    db: Writing,
    paragraph_id: UUID,
    version: int,
    draft: Draft,
    by: Person,
    now: datetime,
    *,
    aside: bool = False,
    deleted: bool = False,
) -> None:
    db.add(
        MinutesVersion(
            paragraph_id=paragraph_id,
            version=version,
            aside=aside,
            text=draft.text,
            item_number=draft.item_number,
            decision=draft.decision,
            deleted=deleted,
            by_id=by.id,
            at=now,
        )
    )


async def _told(db: Writing, sitting: Sitting, row: MinutesParagraph, by: Person) -> Paragraph:
    """Give the change its number, and say on the console's channel that there is one."""
    row.change = await _next_change(db, sitting)
    await db.flush()
    meeting = await load(db, Meeting, sitting.meeting_id)
    channel = Channel(sitting.id, "console", meeting.epoch)
    await journal.write(db, channel, MinutesChanged(row.id, row.version), by=by.id)
    return await _named(db, row)


async def _place(
    db: Writing, sitting: Sitting, after: UUID | None, row: MinutesParagraph | None
) -> float:
    """A place after that paragraph: at the beginning for None, at the end for one unknown."""
    others = [each for each in await _living(db, sitting) if row is None or each.id != row.id]
    ids = [each.id for each in others]
    before = 0 if after is None else ids.index(after) + 1 if after in ids else len(ids)
    place = rules.place_after([each.place for each in others], before)
    if place is None:
        await _spread(db, sitting, others)
        place = rules.place_after([each.place for each in others], before)
    assert place is not None  # noqa: S101 - there is room between two that were just spread
    return place


async def _spread(db: Writing, sitting: Sitting, rows: Sequence[MinutesParagraph]) -> None:
    """Make room: the order stays, the places are whole steps apart again."""
    change = await _next_change(db, sitting)
    for number, each in enumerate(rows, 1):
        each.place, each.change = number * rules.STEP, change + number
    await db.flush()


async def _living(db: Writing, sitting: Sitting) -> list[MinutesParagraph]:
    query = (
        select(MinutesParagraph)
        .where(
            MinutesParagraph.sitting_id == sitting.id, col(MinutesParagraph.deleted_at).is_(None)
        )
        .order_by(col(MinutesParagraph.place), col(MinutesParagraph.id))
    )
    return list(await db.exec(query))


async def _next_change(db: Writing, sitting: Sitting) -> int:
    query = select(func.max(MinutesParagraph.change)).where(
        MinutesParagraph.sitting_id == sitting.id
    )
    return ((await db.exec(query)).one() or 0) + 1


async def _named(db: Writing, row: MinutesParagraph) -> Paragraph:
    return _shown(row, (await load(db, Person, row.by_id)).name)


def _shown(row: MinutesParagraph, name: str) -> Paragraph:
    return Paragraph(
        id=row.id,
        place=row.place,
        version=row.version,
        change=row.change,
        draft=_draft(row),
        deleted=row.deleted_at is not None,
        by=name,
        by_id=row.by_id,
        at=row.at.astimezone(UTC),
    )


def _draft(row: MinutesParagraph | MinutesVersion) -> Draft:
    return Draft(row.text, row.item_number, row.decision)
