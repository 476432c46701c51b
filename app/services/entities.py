"""The bodies that people represent: found by any of their names, with what they are on a day."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import case, col, or_, select

from app.database import Reading, Writing, load, ring
from app.errors import NotFound, Refused
from app.models import Entity, FocalPoint, Membership, Person, Trait
from app.policy.people import Category
from app.policy.refusal import No
from app.policy.registration import RegistrationReason
from app.policy.text import fold
from app.services import acts

ORDER = tuple(Category)


def folded(key: str, name: str, iso2: str, names: Iterable[str]) -> str:
    """What a search looks through; every name begins a line, and the first is the English one."""
    said = dict.fromkeys(fold(text) for text in (name, key, iso2, *names) if text)
    return "".join(f"\n{text}" for text in said)


async def find(db: Reading | Writing, text: str, limit: int = 20) -> list[Entity]:
    """Entities whose name has this text in any language; those that begin with it come first."""
    sought = fold(text[:200]).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    patterns = (f"\n{sought}%", f"%\n{sought}%", f"% {sought}%", f"%{sought}%")
    english, begins, begins_word, somewhere = (
        col(Entity.folded).like(pattern, escape="\\") for pattern in patterns
    )
    is_code = col(Entity.iso2) == sought.upper()
    rank = case((is_code, 0), (english, 1), (begins, 2), (begins_word, 3), else_=4)
    query = select(Entity).where(somewhere).order_by(rank, col(Entity.name)).limit(limit)
    return list(await db.exec(query))


async def memberships(db: Reading | Writing, entity_id: UUID) -> Sequence[Membership]:
    """Every membership of an entity, past ones included, in the order of their first days."""
    query = select(Membership).where(Membership.entity_id == entity_id)
    return (await db.exec(query.order_by(col(Membership.valid_from)))).all()


async def traits(db: Reading | Writing, entity_id: UUID) -> Sequence[Trait]:
    """Region and flags of an entity with their dates, past ones included."""
    query = select(Trait).where(Trait.entity_id == entity_id)
    return (await db.exec(query.order_by(col(Trait.name), col(Trait.valid_from)))).all()


async def category_on(
    db: Reading | Writing, entity_id: UUID, day: date
) -> tuple[Category | None, bool]:
    """The category on a day; where it has lapsed by then, the last one and True."""
    return (await categories_on(db, [entity_id], day)).get(entity_id, (None, False))


async def categories_on(
    db: Reading | Writing, entity_ids: Collection[UUID], day: date
) -> dict[UUID, tuple[Category | None, bool]]:
    """The same for many entities in one query; those without any membership are left out."""
    query = select(Membership).where(
        col(Membership.entity_id).in_(entity_ids), col(Membership.valid_from) <= day
    )
    begun: dict[UUID, list[Membership]] = {}
    for each in await db.exec(query):
        begun.setdefault(each.entity_id, []).append(each)
    return {entity_id: _category(spans, day) for entity_id, spans in begun.items()}


def _category(begun: Sequence[Membership], day: date) -> tuple[Category, bool]:
    valid = [each.category for each in begun if not _over(each.valid_until, day)]
    if valid:
        return min(valid, key=ORDER.index), False
    return max(begun, key=lambda each: each.valid_until or day).category, True


def _over(until: date | None, day: date) -> bool:
    return until is not None and until < day


async def traits_on(db: Reading | Writing, entity_id: UUID, day: date) -> dict[str, str]:
    """Region and flags on a day; LDC, LLDC and SIDS overlap and are never added up."""
    query = select(Trait).where(Trait.entity_id == entity_id, _valid(Trait, day))
    return {each.name: each.value for each in await db.exec(query)}


async def regions_on(
    db: Reading | Writing, entity_ids: Collection[UUID], day: date
) -> dict[UUID, str]:
    """The regions of these entities on a day; an entity without one is left out."""
    query = select(Trait.entity_id, Trait.value).where(
        col(Trait.entity_id).in_(entity_ids), Trait.name == "region", _valid(Trait, day)
    )
    return dict((await db.exec(query)).all())


async def all_traits_on(db: Reading | Writing, day: date) -> dict[UUID, dict[str, str]]:
    """Region and flags of every entity on a day."""
    query = select(Trait.entity_id, Trait.name, Trait.value).where(_valid(Trait, day))
    found: dict[UUID, dict[str, str]] = {}
    for entity_id, name, value in await db.exec(query):
        found.setdefault(entity_id, {})[name] = value
    return found


async def of_category(db: Reading | Writing, category: Category, day: date) -> frozenset[UUID]:
    """The entities with a membership of this category on a day."""
    query = select(Membership.entity_id).where(
        Membership.category == category, _valid(Membership, day)
    )
    return frozenset(await db.exec(query))


async def by_country(db: Reading | Writing) -> dict[str, UUID]:
    """The entities that stand for a country, by its code."""
    query = select(Entity.iso2, Entity.id).where(Entity.iso2 != "")
    return dict((await db.exec(query)).all())


def _valid(
    table: type[Trait] | type[FocalPoint] | type[Membership], day: date
) -> ColumnElement[bool]:
    ended = col(table.valid_until)
    return (col(table.valid_from) <= day) & or_(ended.is_(None), ended >= day)


async def focal_points(db: Reading | Writing, entity_id: UUID, day: date) -> list[Person]:
    """Who approves registrations for an entity on a day."""
    query = (
        select(Person)
        .join(FocalPoint, col(FocalPoint.person_id) == Person.id)
        .where(FocalPoint.entity_id == entity_id, _valid(FocalPoint, day))
        .order_by(col(Person.name), col(Person.id))
        .distinct()
    )
    return list(await db.exec(query))


async def is_focal_point(db: Reading | Writing, person: Person, entity_id: UUID, day: date) -> bool:
    return entity_id in await represented(db, person, day)


async def represented(db: Reading | Writing, person: Person, day: date) -> frozenset[UUID]:
    """The entities whose focal point someone is on a day."""
    query = select(FocalPoint.entity_id).where(
        FocalPoint.person_id == person.id, _valid(FocalPoint, day)
    )
    return frozenset(await db.exec(query))


async def designate(
    db: Writing,
    entity_id: UUID,
    person: Person,
    day: date,
    *,
    by: Person | None = None,
    now: datetime | None = None,
) -> None:
    """Make someone the focal point of an entity from a day on; repeating it changes nothing."""
    if by is not None and by.id == person.id:
        raise Refused(No(RegistrationReason.YOURSELF))  # nobody is admitted by administering
    entity = await load(db, Entity, entity_id)
    if await is_focal_point(db, person, entity_id, day):
        return
    db.add(FocalPoint(entity_id=entity.id, person_id=person.id, valid_from=day))
    await _note(db, "focal-point-designated", entity_id, person, by, now or datetime.now(UTC))


async def relieve(
    db: Writing, entity_id: UUID, person: Person, *, by: Person | None = None, now: datetime
) -> None:
    """End someone's designation at once; what they approved before stays approved."""
    query = select(FocalPoint).where(
        FocalPoint.entity_id == entity_id,
        FocalPoint.person_id == person.id,
        _valid(FocalPoint, now.date()),
    )
    found = (await db.exec(query.with_for_update())).all()
    if not found:
        raise NotFound
    yesterday = now.date() - timedelta(days=1)
    for each in found:
        if each.valid_from <= yesterday:
            each.valid_until = yesterday
        else:
            await db.delete(each)
    await _note(db, "focal-point-relieved", entity_id, person, by, now)


async def _note(
    db: Writing, kind: str, entity_id: UUID, person: Person, by: Person | None, now: datetime
) -> None:
    ring(db, f"person:{person.id}")
    named = str(by.id) if by else None
    await acts.record(db, kind, now, entity=str(entity_id), person=str(person.id), by=named)
