"""Registrations of a meeting counted along each axis, against all Member States."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlmodel import col, func, select

from app.database import Reading, Writing, hold
from app.errors import NotFound
from app.models import (
    Attending,
    FormAnswer,
    Meeting,
    ParticipationCount,
    Person,
    Registration,
    Sitting,
)
from app.policy import participation as rules
from app.policy.form import FieldKind
from app.policy.participation import NOT_SAID, Axis, Cell, Counted, Participation, Way, YesNo
from app.policy.people import Category, StakeholderGroup
from app.policy.registration import LIVE, Mode, RegistrationState
from app.services import access, entities, forms

CONFIRMED: Final = frozenset({RegistrationState.APPROVED})
REGIONS: Final = ("africa", "americas", "arab_states", "asia_pacific", "cis", "europe")
FLAGS: Final = (Axis.LDC, Axis.LLDC, Axis.SIDS)
GENDER: Final = "gender"
FIRST_TIME: Final = "first_time"


@dataclass(frozen=True, slots=True)
class Group:
    """Registrations of one body, or of those who come for themselves from one country."""

    entity_id: UUID | None
    place_id: UUID | None
    people: int


@dataclass(frozen=True, slots=True)
class Bodies:
    """What the records say of the bodies on a day."""

    day: date
    states: frozenset[UUID]
    traits: Mapping[UUID, Mapping[str, str]]
    categories: Mapping[UUID, Category]

    def has(self, body: UUID | None, trait: str) -> str:
        return self.traits.get(body, {}).get(trait, NOT_SAID) if body else NOT_SAID


@dataclass(frozen=True, slots=True)
class Overview:
    """What the dashboard shows: the counts, and the day for which the records were read.

    ``counted_on`` is the day of what everybody may read, which is not of this moment.
    """

    day: date
    found: Participation
    counted_on: date | None = None


async def of_meeting(
    db: Reading | Writing, meeting: Meeting, *, by: Person, now: datetime
) -> Overview:
    """All counts, for the secretariat of the meeting; NotFound for everybody else.

    By state all registrations are counted; along every other axis those submitted or approved.
    """
    if not await access.is_secretariat(db, by, meeting.id):
        raise NotFound
    found = await _counted(db, meeting, LIVE, now)
    states = Counted(Axis.STATE, await _states(db, meeting.id))
    axes = (states, *found.found.axes)
    whole = Participation(found.found.people, found.found.bodies, found.found.reference, axes)
    return Overview(found.day, whole)


async def public(db: Reading | Writing, meeting: Meeting) -> Overview | None:
    """The confirmed registrations as they were on a day, with no count that could name a few.

    For everybody; None before the first count.
    """
    row = await _kept(db, meeting.id)
    if row is None:
        return None
    return Overview(row.records_day, rules.of_json(row.content), row.day)


async def count(db: Writing, now: datetime) -> None:
    """Count every meeting that nobody has looked at today, by its own calendar."""
    for key in list(await db.exec(select(Meeting.id))):
        await _count(db, key, now)


async def _count(db: Writing, meeting_id: UUID, now: datetime) -> None:
    meeting = await hold(db, Meeting, meeting_id)  # of two processes one counts
    today = now.astimezone(ZoneInfo(meeting.time_zone)).date()
    row = await _kept(db, meeting.id)
    if row is not None and row.looked_on >= today:
        return
    people = await _confirmed(db, meeting.id)
    if row is not None and not rules.tells(row.people, people):
        row.looked_on = today
        return
    found = await _counted(db, meeting, CONFIRMED, now)
    content = orjson.loads(orjson.dumps(rules.as_json(rules.shared(found.found))))
    row = row or ParticipationCount(
        meeting_id=meeting.id,
        day=today,
        looked_on=today,
        records_day=found.day,
        people=people,
        content=content,
    )
    row.day = row.looked_on = today
    row.records_day, row.people, row.content = found.day, people, content
    db.add(row)


async def _kept(db: Reading | Writing, meeting_id: UUID) -> ParticipationCount | None:
    query = select(ParticipationCount).where(ParticipationCount.meeting_id == meeting_id)
    return (await db.exec(query)).first()


async def _confirmed(db: Writing, meeting_id: UUID) -> int:
    query = (
        select(func.count())
        .select_from(Registration)
        .where(Registration.meeting_id == meeting_id, col(Registration.state).in_(CONFIRMED))
    )
    return (await db.exec(query)).one()


async def _counted(
    db: Reading | Writing, meeting: Meeting, states: Collection[RegistrationState], now: datetime
) -> Overview:
    day = await day_of(db, meeting, now)
    groups = await _groups(db, meeting.id, states)
    bodies = await bodies_on(db, {each.entity_id for each in groups if each.entity_id}, day)
    people = sum(each.people for each in groups)
    represented = {each.entity_id for each in groups if each.entity_id} & bodies.states
    axes = [
        Counted(Axis.CATEGORY, _categories(groups, bodies, len(represented))),
        Counted(Axis.REGION, _regions(groups, bodies)),
        Counted(Axis.GROUP, await _stakeholder_groups(db, meeting.id, states, people)),
        Counted(Axis.MODE, await _ways(db, meeting.id, states, people)),
        *(Counted(flag, _flag(groups, bodies, flag)) for flag in FLAGS),
        *await _said(db, meeting.id, states, people),
    ]
    found = Participation(people, len(represented), len(bodies.states), tuple(axes))
    return Overview(bodies.day, found)


async def day_of(db: Reading | Writing, meeting: Meeting, now: datetime) -> date:
    """The day for which categories and traits are read: that of the first sitting, or today."""
    query = select(func.min(col(Sitting.starts_at))).where(Sitting.meeting_id == meeting.id)
    starts: datetime | None = (await db.exec(query)).one()
    return (starts or now).astimezone(ZoneInfo(meeting.time_zone)).date()


async def _states(db: Reading | Writing, meeting_id: UUID) -> tuple[Cell, ...]:
    query = (
        select(Registration.state, func.count())
        .where(Registration.meeting_id == meeting_id)
        .group_by(col(Registration.state))
    )
    found = {RegistrationState(state): number for state, number in await db.exec(query)}
    return tuple(Cell(state, found.get(state, 0)) for state in RegistrationState)


async def _groups(
    db: Reading | Writing, meeting_id: UUID, states: Collection[RegistrationState]
) -> list[Group]:
    """By body, or by the country that was named: whose region and flags these people count to."""
    query = (
        select(Registration.entity_id, Registration.country, func.count())
        .where(Registration.meeting_id == meeting_id, col(Registration.state).in_(states))
        .group_by(col(Registration.entity_id), col(Registration.country))
    )
    places = await entities.by_country(db)
    return [
        Group(body, body or places.get(country), number)
        for body, country, number in await db.exec(query)
    ]


async def bodies_on(db: Reading | Writing, known: Collection[UUID], day: date) -> Bodies:
    found = await entities.categories_on(db, known, day)
    return Bodies(
        day=day,
        states=await entities.of_category(db, Category.MEMBER_STATE, day),
        traits=await entities.all_traits_on(db, day),
        categories={
            key: category for key, (category, ended) in found.items() if category and not ended
        },
    )


def _categories(groups: Iterable[Group], bodies: Bodies, represented: int) -> tuple[Cell, ...]:
    """The category of the records; whoever has none there is a stakeholder."""
    found: Counter[Category] = Counter()
    for each in groups:
        known = bodies.categories.get(each.entity_id) if each.entity_id else None
        found[known or Category.STAKEHOLDER] += each.people
    of_states = represented, len(bodies.states)
    return tuple(
        Cell(each, found[each], *(of_states if each is Category.MEMBER_STATE else ()))
        for each in Category
        if each is not Category.PUBLIC
    )


def _regions(groups: Sequence[Group], bodies: Bodies) -> tuple[Cell, ...]:
    def region(body: UUID | None) -> str:
        return bodies.has(body, Axis.REGION)

    return _along(groups, bodies, (*REGIONS, NOT_SAID), region)


def _flag(groups: Sequence[Group], bodies: Bodies, flag: Axis) -> tuple[Cell, ...]:
    def answer(body: UUID | None) -> str:
        return YesNo.YES if bodies.has(body, flag) else YesNo.NO

    return _along(groups, bodies, tuple(YesNo), answer)


def _along(
    groups: Sequence[Group],
    bodies: Bodies,
    keys: Sequence[str],
    of: Callable[[UUID | None], str],
) -> tuple[Cell, ...]:
    """One cell for each key: people, the Member States among them, and how many there are."""
    people: Counter[str] = Counter()
    for each in groups:
        people[of(each.place_id)] += each.people
    represented = {each.entity_id for each in groups} & bodies.states
    among = Counter(of(body) for body in represented)
    reference = Counter(of(body) for body in bodies.states)
    return tuple(Cell(key, people[key], among[key], reference[key]) for key in keys)


async def _stakeholder_groups(
    db: Reading | Writing,
    meeting_id: UUID,
    states: Collection[RegistrationState],
    people: int,
) -> tuple[Cell, ...]:
    """As they said themselves; delegates of a body need not say one."""
    query = (
        select(Registration.group, func.count())
        .where(Registration.meeting_id == meeting_id, col(Registration.state).in_(states))
        .group_by(col(Registration.group))
    )
    found = {group: number for group, number in await db.exec(query) if group}
    return _with_unsaid([Cell(each, found.get(each, 0)) for each in StakeholderGroup], people)


async def _ways(
    db: Reading | Writing,
    meeting_id: UUID,
    states: Collection[RegistrationState],
    people: int,
) -> tuple[Cell, ...]:
    """In person or remotely at all of their sittings, or both; without a sitting not said."""
    each = (
        select(
            func.min(col(Attending.mode)).label("first"),
            func.max(col(Attending.mode)).label("last"),
        )
        .join(Registration, col(Registration.id) == col(Attending.registration_id))
        .where(Registration.meeting_id == meeting_id, col(Registration.state).in_(states))
        .group_by(col(Attending.registration_id))
        .subquery()
    )
    query = select(each.c.first, each.c.last, func.count()).group_by(each.c.first, each.c.last)
    found: Counter[str] = Counter()
    for first, last, number in await db.exec(query):
        found[Way(Mode(first).value) if first == last else Way.BOTH] += number
    return _with_unsaid([Cell(way, found[way]) for way in Way], people)


def _with_unsaid(cells: Sequence[Cell], people: int) -> tuple[Cell, ...]:
    """With a cell for the others, so that the axis divides all."""
    return (*cells, Cell(NOT_SAID, people - sum(each.people or 0 for each in cells)))


async def _said(
    db: Reading | Writing,
    meeting_id: UUID,
    states: Collection[RegistrationState],
    people: int,
) -> list[Counted]:
    """What the form asks of gender and of first-timers, where it asks and nothing is sealed."""
    asked = {each.key: each for each in (await forms.current(db, meeting_id)).form.fields}
    found: list[Counted] = []
    gender, first = asked.get(GENDER), asked.get(FIRST_TIME)
    if gender and gender.kind is FieldKind.CHOICE and not gender.sensitive:
        said = await _answers(db, meeting_id, states, GENDER)
        cells = [Cell(each.key, said[f'"{each.key}"']) for each in gender.options]
        found.append(Counted(Axis.GENDER, _with_unsaid(cells, people)))
    if first and first.kind is FieldKind.YES_NO and not first.sensitive:
        said = await _answers(db, meeting_id, states, FIRST_TIME)
        cells = [Cell(YesNo.YES, said["true"]), Cell(YesNo.NO, said["false"])]
        found.append(Counted(Axis.FIRST_TIME, _with_unsaid(cells, people)))
    return found


async def _answers(
    db: Reading | Writing, meeting_id: UUID, states: Collection[RegistrationState], field: str
) -> Counter[str]:
    """How often each answer was given, as it is kept: in JSON."""
    query = (
        select(FormAnswer.said, func.count())
        .join(Registration, col(Registration.id) == col(FormAnswer.registration_id))
        .where(
            Registration.meeting_id == meeting_id,
            col(Registration.state).in_(states),
            FormAnswer.field == field,
        )
        .group_by(col(FormAnswer.said))
    )
    return Counter(dict((await db.exec(query)).all()))
