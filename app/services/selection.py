"""The list of a meeting's registrations for its secretariat: filtered, page by page, exported."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, exists, func, or_, select

from app.database import Reading, Writing
from app.errors import NotFound
from app.models import Attending, Entity, Meeting, Person, Registration
from app.policy.people import Category
from app.policy.registration import Mode
from app.policy.selection import Cursor, Selection
from app.policy.text import fold
from app.services import access, acts, entities, participation

MOST: Final = 200
ENDED_OR_NONE: Final = Category.STAKEHOLDER


@dataclass(frozen=True, slots=True)
class Line:
    """A registration with what belongs to it; ``modes`` are those of any sitting."""

    row: Registration
    email: str
    entity: Entity | None
    category: Category
    modes: tuple[Mode, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines of a selection, how many there are in all, and where the next page begins."""

    lines: Sequence[Line]
    total: int
    next: Cursor | None


async def page(
    db: Reading | Writing,
    meeting: Meeting,
    asked: Selection,
    *,
    by: Person,
    now: datetime,
    after: Cursor | None = None,
    limit: int = MOST,
) -> Page:
    """The lines after the cursor, the oldest registrations first; for the secretariat only."""
    day = await _for_secretariat(db, meeting, by, now)
    where = await _where(db, meeting, asked, day)
    total = (await db.exec(select(func.count()).select_from(Registration).where(*where))).one()
    began = [] if after is None else [_later(after)]
    found = await _lines(db, [*where, *began], day, limit + 1)
    more = len(found) > limit
    last = found[limit - 1].row if more else None
    return Page(found[:limit], total, Cursor(last.submitted_at, last.id) if last else None)


async def everything(
    db: Reading | Writing, meeting: Meeting, asked: Selection, *, by: Person, now: datetime
) -> Sequence[Line]:
    """All lines of a selection."""
    day = await _for_secretariat(db, meeting, by, now)
    return await _lines(db, await _where(db, meeting, asked, day), day, None)


async def export(
    db: Writing, meeting: Meeting, asked: Selection, form: str, *, by: Person, now: datetime
) -> Sequence[Line]:
    """All lines of a selection, to be taken away: who took which ones in what form is recorded."""
    found = await everything(db, meeting, asked, by=by, now=now)
    await acts.record(
        db,
        "registrations-exported",
        now,
        meeting_id=meeting.id,
        by=str(by.id),
        form=form,
        number=len(found),
        asked=asked.facts(),
    )
    return found


async def bodies(db: Reading | Writing, meeting: Meeting) -> Sequence[Entity]:
    """The bodies for which anyone has registered, by name: what there is to choose from."""
    of_meeting = select(Registration.entity_id).where(Registration.meeting_id == meeting.id)
    query = select(Entity).where(col(Entity.id).in_(of_meeting)).order_by(col(Entity.name))
    return (await db.exec(query)).all()


async def _for_secretariat(
    db: Reading | Writing, meeting: Meeting, by: Person, now: datetime
) -> date:
    if not await access.is_secretariat(db, by, meeting.id):
        raise NotFound
    return await participation.day_of(db, meeting, now)


def _later(after: Cursor) -> ColumnElement[bool]:
    at, key = col(Registration.submitted_at), col(Registration.id)
    return or_(at > after.at, and_(at == after.at, key > after.key))


async def _where(
    db: Reading | Writing, meeting: Meeting, asked: Selection, day: date
) -> list[ColumnElement[bool]]:
    found = [col(Registration.meeting_id) == meeting.id]
    if asked.state:
        found.append(col(Registration.state) == asked.state)
    if asked.entity_id:
        found.append(col(Registration.entity_id) == asked.entity_id)
    if asked.mode:
        chosen = col(Attending.registration_id) == col(Registration.id)
        found.append(exists().where(chosen, col(Attending.mode) == asked.mode))
    if asked.category:
        found.append(await _of_category(db, meeting, asked.category, day))
    if asked.text.strip():
        found.append(_says(asked.text.strip()))
    return found


async def _of_category(
    db: Reading | Writing, meeting: Meeting, category: Category, day: date
) -> ColumnElement[bool]:
    """As the rule reads the records: of several categories the first, of an ended one none."""
    known = [each.id for each in await bodies(db, meeting)]
    on_day = await entities.categories_on(db, known, day)
    body = col(Registration.entity_id)
    if category is ENDED_OR_NONE:
        named = [key for key in known if _category(key, on_day) is not ENDED_OR_NONE]
        return or_(body.is_(None), body.not_in(named))
    return body.in_([key for key in known if _category(key, on_day) is category])


def _category(entity_id: UUID | None, on_day: dict[UUID, tuple[Category | None, bool]]) -> Category:
    known, ended = on_day.get(entity_id, (None, True)) if entity_id else (None, True)
    return known if known and not ended else ENDED_OR_NONE


def _says(text: str) -> ColumnElement[bool]:
    """In the name, the organization, the mail address, the reference or a name of the body."""
    body = select(Entity.id).where(col(Entity.folded).contains(fold(text), autoescape=True))
    known = select(Person.id).where(col(Person.email).icontains(text, autoescape=True))
    return or_(
        col(Registration.name).icontains(text, autoescape=True),
        col(Registration.organization).icontains(text, autoescape=True),
        col(Registration.reference).icontains(text, autoescape=True),
        col(Registration.entity_id).in_(body),
        col(Registration.person_id).in_(known),
    )


async def _lines(
    db: Reading | Writing, where: Sequence[ColumnElement[bool]], day: date, limit: int | None
) -> list[Line]:
    """Three questions, however many lines there are."""
    query = (
        select(Registration, Person.email, Entity)
        .join(Person, col(Person.id) == col(Registration.person_id))
        .join(Entity, col(Entity.id) == col(Registration.entity_id), isouter=True)
        .where(*where)
        .order_by(col(Registration.submitted_at), col(Registration.id))
        .limit(limit)
    )
    found = (await db.exec(query)).all()
    on_day = await entities.categories_on(
        db, {row.entity_id for row, _, _ in found if row.entity_id}, day
    )
    ways = await _modes(db, query.with_only_columns(col(Registration.id)))
    return [
        Line(row, email, entity, _category(row.entity_id, on_day), ways.get(row.id, ()))
        for row, email, entity in found
    ]


async def _modes(db: Reading | Writing, chosen: object) -> dict[UUID, tuple[Mode, ...]]:
    """How each of them attends any sitting; asked by the same selection, not by their ids."""
    rows = select(Attending.registration_id, Attending.mode).distinct()
    rows = rows.where(col(Attending.registration_id).in_(chosen))  # type: ignore[arg-type]  # a select is what IN takes
    found: dict[UUID, set[Mode]] = {}
    for key, mode in await db.exec(rows):
        found.setdefault(key, set()).add(Mode(mode))
    return {key: tuple(each for each in Mode if each in ways) for key, ways in found.items()}
