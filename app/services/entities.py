"""The bodies that people represent: found by any of their names, with what they are on a day."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import case, col, or_, select

from app.database import Reading, Writing, hold, hold_all, load, ring
from app.errors import Malformed, NotFound, Refused
from app.mail.address import domain_of
from app.models import Entity, FocalPoint, Membership, Person, Trait
from app.policy.delegation import (
    DelegationFault,
    DelegationReason,
    Designation,
    faults_of_absence,
    faults_of_designation,
)
from app.policy.people import Category
from app.policy.refusal import No
from app.policy.registration import RegistrationReason
from app.policy.text import clean, fold
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
    found = await categories_on_days(db, entity_ids, [day])
    return {entity_id: category for (entity_id, _), category in found.items()}


async def categories_on_days(
    db: Reading | Writing, entity_ids: Collection[UUID], days: Collection[date]
) -> dict[tuple[UUID, date], tuple[Category | None, bool]]:
    """The same for several days, in one query; by entity and day."""
    if not (entity_ids and days):
        return {}
    query = select(Membership).where(
        col(Membership.entity_id).in_(entity_ids), col(Membership.valid_from) <= max(days)
    )
    begun: dict[tuple[UUID, date], list[Membership]] = {}
    for each in await db.exec(query):
        for day in days:
            if each.valid_from <= day:
                begun.setdefault((each.entity_id, day), []).append(each)
    return {(entity_id, day): _category(spans, day) for (entity_id, day), spans in begun.items()}


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


async def acting_for(
    db: Reading | Writing, entity_ids: Collection[UUID], day: date
) -> list[tuple[FocalPoint, Person]]:
    """Who approves registrations for these entities on a day, and by which designation."""
    if not entity_ids:
        return []
    query = (
        select(FocalPoint, Person)
        .join(Person, col(FocalPoint.person_id) == Person.id)
        .where(col(FocalPoint.entity_id).in_(entity_ids), _valid(FocalPoint, day))
        .order_by(col(Person.name), col(Person.id))
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


async def own_entities(db: Reading | Writing, person: Person, day: date) -> frozenset[UUID]:
    """The entities that designated someone; those for which they only stand in are not theirs."""
    query = select(FocalPoint.entity_id).where(
        FocalPoint.person_id == person.id,
        col(FocalPoint.stands_in_for).is_(None),
        _valid(FocalPoint, day),
    )
    return frozenset(await db.exec(query))


async def designations(
    db: Reading | Writing, day: date, entity_id: UUID | None = None
) -> list[tuple[FocalPoint, Person, Entity]]:
    """Who is a focal point, and who stands in, on a day and after it, by entity and first day."""
    ended = col(FocalPoint.valid_until)
    query = (
        select(FocalPoint, Person, Entity)
        .join(Person, col(FocalPoint.person_id) == Person.id)
        .join(Entity, col(FocalPoint.entity_id) == Entity.id)
        .where(or_(ended.is_(None), ended >= day))
        .order_by(col(Entity.name), col(FocalPoint.valid_from), col(Person.name))
    )
    if entity_id is not None:
        query = query.where(FocalPoint.entity_id == entity_id)
    return [(each, person, entity) for each, person, entity in (await db.exec(query)).all()]


async def designate(
    db: Writing,
    entity_id: UUID,
    person: Person,
    day: date,
    *,
    until: date | None = None,
    letter: str = "",
    by: Person | None = None,
    now: datetime | None = None,
) -> None:
    """Make someone the focal point of an entity from a day on; repeating it changes nothing.

    Repeating it with another last day or letter changes these. Where somebody does it (``by``) the
    letter on file must be named; only the service's own beginnings have none.
    """
    now = now or datetime.now(UTC)
    if by is not None and by.id == person.id:
        raise Refused(No(RegistrationReason.YOURSELF))  # nobody is admitted by administering
    said = Designation(day, until, clean(letter))
    if by is not None and (faults := faults_of_designation(said, now.date())):
        raise Malformed(**faults)
    entity = await load(db, Entity, entity_id)
    own = FocalPoint.entity_id == entity_id, FocalPoint.person_id == person.id
    standing = [each for each in await hold_all(db, FocalPoint, *own) if not _over_by(each, day)]
    if any(each.stands_in_for is not None for each in standing):
        raise Malformed(email=DelegationFault.ACTS_ALREADY)
    if found := next((each for each in standing if each.valid_from <= day), None):
        if (until, said.letter or found.letter) == (found.valid_until, found.letter):
            return
        found.valid_until, found.letter = until, said.letter or found.letter
        await _end_stand_ins(db, found, until)
        await _note(db, "focal-point-changed", entity_id, person, by, now, said)
        return
    row = FocalPoint(
        entity_id=entity.id,
        person_id=person.id,
        valid_from=day,
        valid_until=until,
        letter=said.letter,
    )
    db.add(row)
    await _note(db, "focal-point-designated", entity_id, person, by, now, said)


def _over_by(each: FocalPoint, day: date) -> bool:
    return each.valid_until is not None and each.valid_until < day


async def relieve(
    db: Writing, entity_id: UUID, person: Person, *, by: Person | None = None, now: datetime
) -> None:
    """End someone's designation at once; what they approved before stays approved.

    Whoever stands in for them stands in no longer.
    """
    found = await hold_all(
        db,
        FocalPoint,
        FocalPoint.entity_id == entity_id,
        FocalPoint.person_id == person.id,
        or_(col(FocalPoint.valid_until).is_(None), col(FocalPoint.valid_until) >= now.date()),
    )
    if not found:
        raise NotFound
    yesterday = now.date() - timedelta(days=1)
    for each in found:
        await _end_stand_ins(db, each, yesterday)
        await _end(db, each, yesterday)
    await _note(db, "focal-point-relieved", entity_id, person, by, now)


async def _end_stand_ins(db: Writing, principal: FocalPoint, last: date | None) -> None:
    """Nobody stands in for longer than the designation lasts."""
    if last is None:
        return
    for each in await hold_all(db, FocalPoint, FocalPoint.stands_in_for == principal.id):
        if each.valid_until is None or each.valid_until > last:
            await _end(db, each, last)
            ring(db, f"person:{each.person_id}")


async def _end(db: Writing, each: FocalPoint, last: date) -> None:
    """Whose last day is before the first never was."""
    if each.valid_from <= last:
        each.valid_until = last
    else:
        await db.delete(each)
    await db.flush()


async def go_away(
    db: Writing,
    entity_id: UUID,
    stand_in: Person,
    first: date,
    last: date,
    *,
    by: Person,
    now: datetime,
) -> None:
    """Have someone else act for a focal point who is away, from one day to another.

    Only one's own designation is lent, and only to one person at a time; whoever stands in names
    nobody else, and their own registration still needs somebody's approval.
    """
    today = now.date()
    principal = await _own_designation(db, entity_id, by, today)
    if stand_in.id == by.id:
        raise Malformed(email=DelegationFault.ACTS_ALREADY)
    if faults := faults_of_absence(first, last, today, principal.valid_until):
        raise Malformed(**faults)
    for each in await hold_all(db, FocalPoint, FocalPoint.stands_in_for == principal.id):
        await _end_now(db, each, today)
    taken = select(FocalPoint.id).where(
        FocalPoint.entity_id == entity_id,
        FocalPoint.person_id == stand_in.id,
        col(FocalPoint.valid_from) <= last,
        or_(col(FocalPoint.valid_until).is_(None), col(FocalPoint.valid_until) >= first),
    )
    if (await db.exec(taken)).first() is not None:
        raise Malformed(email=DelegationFault.ACTS_ALREADY)
    row = FocalPoint(
        entity_id=entity_id,
        person_id=stand_in.id,
        valid_from=first,
        valid_until=last,
        letter=principal.letter,
        stands_in_for=principal.id,
    )
    db.add(row)
    said = Designation(first, last, principal.letter)
    await _note(db, "stand-in-named", entity_id, stand_in, by, now, said)


async def come_back(db: Writing, entity_id: UUID, *, by: Person, now: datetime) -> None:
    """End one's absence at once: nobody acts in one's place any more."""
    principal = await _own_designation(db, entity_id, by, now.date())
    found = await hold_all(db, FocalPoint, FocalPoint.stands_in_for == principal.id)
    for each in (each for each in found if not _over_by(each, now.date())):
        await _end_now(db, each, now.date())
        await _note(
            db, "stand-in-ended", entity_id, await load(db, Person, each.person_id), by, now
        )


async def _end_now(db: Writing, each: FocalPoint, today: date) -> None:
    yesterday = today - timedelta(days=1)
    if not _over_by(each, today):
        await _end(db, each, yesterday)
        ring(db, f"person:{each.person_id}")


async def _own_designation(db: Writing, entity_id: UUID, by: Person, day: date) -> FocalPoint:
    """Someone's own designation, locked; Refused in words where they have none for this entity."""
    found = await hold_all(
        db,
        FocalPoint,
        FocalPoint.entity_id == entity_id,
        FocalPoint.person_id == by.id,
        _valid(FocalPoint, day),
    )
    own = next((each for each in found if each.stands_in_for is None), None)
    if own is None:
        reason = DelegationReason.ONLY_ONESELF if found else DelegationReason.NOT_THEIR_ENTITY
        raise Refused(No(reason))
    return own


async def know_domains(
    db: Writing, entity_id: UUID, domains: Iterable[str], *, by: Person, now: datetime
) -> None:
    """Note the domains of an entity's mail addresses; another domain is then shown as a flag."""
    entity = await hold(db, Entity, entity_id)
    entity.domains = sorted({domain_of(each) for each in domains if each.strip()})
    db.add(entity)
    await acts.record(
        db,
        "entity-domains-noted",
        now,
        entity=str(entity_id),
        domains=entity.domains,
        by=str(by.id),
    )


async def _note(
    db: Writing,
    kind: str,
    entity_id: UUID,
    person: Person,
    by: Person | None,
    now: datetime,
    said: Designation | None = None,
) -> None:
    ring(db, f"person:{person.id}")
    if said is None:
        days = {}
    else:
        until = said.valid_until.isoformat() if said.valid_until else None
        days = {"from": said.valid_from.isoformat(), "until": until, "letter": said.letter}
    named = str(by.id) if by else None
    about = {"entity": str(entity_id), "person": str(person.id), "by": named}
    await acts.record(db, kind, now, meeting_id=None, **about, **days)
