"""Who takes part, in counts for everybody: registrations, inputs, interventions, speaking time.

Of a members' part nothing is counted here. Inputs are those of rounds that have closed and are
published, interventions those of the sittings that everybody may read, once all of them are over:
neither changes one by one under the eyes of whoever compares two readings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import col, func, select

from app.database import Reading, Writing
from app.models import (
    Consultation,
    FloorRequest,
    FormAnswer,
    Input,
    Meeting,
    Registration,
    Sitting,
)
from app.policy.access import Edition, decide
from app.policy.form import FieldKind, Form
from app.policy.inputs import Consent, InputState
from app.policy.participation import NOT_SAID, Axis, YesNo
from app.policy.parts import Part, Right
from app.policy.people import Category, StakeholderGroup, Standing
from app.policy.statistics import One, Told, told
from app.services import access, entities, floor, forms, meetings, participation, publication
from app.services.participation import FIRST_TIME, FLAGS, GENDER, REGIONS, Bodies, Overview
from app.services.publication import LANGUAGES

CATEGORIES: Final = tuple(each for each in Category if each is not Category.PUBLIC)
KEYS: Final[Mapping[Axis, Sequence[str]]] = {
    Axis.REGION: REGIONS,
    Axis.CATEGORY: CATEGORIES,
    Axis.GROUP: tuple(StakeholderGroup),
    **{flag: tuple(YesNo) for flag in FLAGS},
}
OF_INPUTS: Final[Mapping[Axis, Sequence[str]]] = {
    **KEYS,
    Axis.LANGUAGE: LANGUAGES,
    Axis.FIRST_TIME: tuple(YesNo),
}


@dataclass(frozen=True, slots=True)
class Statistics:
    """One meeting; ``reference`` is how many Member States the records had on its first day."""

    meeting: Meeting
    form: Form
    reference: int
    registrations: Overview | None
    rounds: int
    inputs: Told
    sittings: int
    interventions: Told


async def of_meeting(db: Reading | Writing, meeting: Meeting, now: datetime) -> Statistics:
    """All that everybody may read of who took part in a meeting."""
    form = (await forms.current(db, meeting.id)).form
    day = await participation.day_of(db, meeting, now)
    by_country = await entities.by_country(db)
    bodies = await participation.bodies_on(db, (), day)
    rounds = await _rounds(db, meeting, now)
    held = await _held(db, meeting, now)
    return Statistics(
        meeting=meeting,
        form=form,
        reference=len(bodies.states),
        registrations=await participation.public(db, meeting),
        rounds=len(rounds),
        inputs=told(await _inputs(db, rounds, bodies, by_country, now), OF_INPUTS),
        sittings=len(held),
        interventions=told(
            await _speeches(db, meeting, held, form, bodies, by_country, now), _of_speeches(form)
        ),
    )


async def over_time(db: Reading | Writing, now: datetime, most: int = 12) -> list[Statistics]:
    """The same of the meetings, the oldest first, and of many the newest."""
    starts = select(Sitting.meeting_id, func.min(col(Sitting.starts_at))).group_by(
        col(Sitting.meeting_id)
    )
    first = {key: at for key, at in await db.exec(starts) if at <= now}
    held = [each for each in await meetings.listed(db) if each.id in first]
    held.sort(key=lambda each: first[each.id])
    return [await of_meeting(db, each, now) for each in held[-most:]]


def _everybody_reads(rule_book: Edition, part: Part) -> bool:
    return bool(decide(rule_book, Standing(Category.PUBLIC), part, Right.READ))


# Inputs.


async def _rounds(db: Reading | Writing, meeting: Meeting, now: datetime) -> list[Consultation]:
    if not _everybody_reads(access.edition(meeting), Part.CONSULTATION):
        return []
    query = select(Consultation).where(
        Consultation.meeting_id == meeting.id,
        col(Consultation.announced_at).is_not(None),
        col(Consultation.skipped_at).is_(None),
        col(Consultation.closes_at) <= now,
    )
    return list((await db.exec(query)).all())


async def _inputs(
    db: Reading | Writing,
    rounds: Sequence[Consultation],
    bodies: Bodies,
    by_country: Mapping[str, UUID],
    now: datetime,
) -> list[One]:
    """What their authors kept back is in no cell: those inputs are counted as not said."""
    found: list[One] = []
    for each in rounds:
        rows = await publication.facts(db, each, now)
        before = await _wrote_before(db, each)
        for row, seen, category in rows:
            traits: dict[Axis, str] = {Axis.LANGUAGE: row.language}
            if seen.body:
                place = row.entity_id or by_country.get(row.country)
                traits |= _traits(bodies, place)
                traits |= {Axis.GROUP: row.group or NOT_SAID, Axis.CATEGORY: category or NOT_SAID}
            if seen.name:
                again = row.person_id in before
                traits[Axis.FIRST_TIME] = YesNo.NO if again else YesNo.YES
            found.append(One(str(row.person_id), traits))
    return found


async def _wrote_before(db: Reading | Writing, consultation: Consultation) -> set[UUID]:
    """Who is named at an input to a round that closed before this one opened."""
    query = (
        select(Input.person_id)
        .join(Consultation, col(Consultation.id) == col(Input.consultation_id))
        .where(
            Input.consultation_id != consultation.id,
            Input.state == InputState.SUBMITTED,
            Input.consent == Consent.NAME_AND_TEXT,
            col(Consultation.closes_at) <= consultation.opens_at,
            col(Consultation.announced_at).is_not(None),
        )
        .distinct()
    )
    return set((await db.exec(query)).all())


def _traits(bodies: Bodies, place: UUID | None) -> dict[Axis, str]:
    """Region and flags; without a body or a country that has them nothing is said."""
    if place is None:
        return {}
    flags = {flag: YesNo.YES if bodies.has(place, flag) else YesNo.NO for flag in FLAGS}
    return {Axis.REGION: bodies.has(place, Axis.REGION), **flags}


# Interventions.


async def _held(db: Reading | Writing, meeting: Meeting, now: datetime) -> list[Sitting]:
    """Those that everybody may read, once none of them is to come.

    Two counts with one sitting between them would tell of the few who spoke in it.
    """
    rule_book = access.edition(meeting)
    open_to_all = [
        each
        for each in await meetings.sittings(db, meeting.id)
        if _everybody_reads(rule_book, each.part)
    ]
    if any(
        each.closed_at is None and (each.opened_at or each.ends_at > now) for each in open_to_all
    ):
        return []
    return [each for each in open_to_all if each.closed_at is not None]


@dataclass(frozen=True, slots=True)
class _Registered:
    """What a registration says of whoever speaks."""

    place: UUID | None
    group: str
    answers: Mapping[str, str]


async def _speeches(
    db: Reading | Writing,
    meeting: Meeting,
    held: Sequence[Sitting],
    form: Form,
    bodies: Bodies,
    by_country: Mapping[str, UUID],
    now: datetime,
) -> list[One]:
    known = await _registered(db, meeting, form, by_country) if held else {}
    found: list[One] = []
    for sitting in held:
        query = select(FloorRequest.number, FloorRequest.person_id).where(
            FloorRequest.sitting_id == sitting.id
        )
        people = dict((await db.exec(query)).all())
        for each in await floor.log(db, sitting, now):
            if each.struck:
                continue
            speaker, person = each.request.speaker, people.get(each.request.number)
            traits: dict[Axis, str] = {Axis.CATEGORY: speaker.category}
            if person and (registered := known.get(person)):
                traits |= _traits(bodies, registered.place)
                traits |= {Axis.GROUP: registered.group, **_answers(registered.answers)}
            found.append(One(str(person or speaker.name), traits, each.seconds))
    return found


async def _registered(
    db: Reading | Writing, meeting: Meeting, form: Form, by_country: Mapping[str, UUID]
) -> dict[UUID, _Registered]:
    asked = _asked(form)
    query = select(Registration).where(Registration.meeting_id == meeting.id)
    rows = (await db.exec(query)).all()
    answers: dict[UUID, dict[str, str]] = {}
    if asked:
        said = (
            select(FormAnswer.registration_id, FormAnswer.field, FormAnswer.said)
            .join(Registration, col(Registration.id) == col(FormAnswer.registration_id))
            .where(Registration.meeting_id == meeting.id, col(FormAnswer.field).in_(asked))
        )
        for key, field, text in await db.exec(said):
            answers.setdefault(key, {})[field] = text
    return {
        row.person_id: _Registered(
            row.entity_id or by_country.get(row.country),
            row.group or NOT_SAID,
            answers.get(row.id, {}),
        )
        for row in rows
    }


def _asked(form: Form) -> dict[str, tuple[str, ...]]:
    """The questions of gender and of first-timers, where nothing is sealed, with their answers."""
    found: dict[str, tuple[str, ...]] = {}
    for each in form.fields:
        if each.sensitive:
            continue
        if each.key == GENDER and each.kind is FieldKind.CHOICE:
            found[GENDER] = tuple(option.key for option in each.options)
        if each.key == FIRST_TIME and each.kind is FieldKind.YES_NO:
            found[FIRST_TIME] = tuple(YesNo)
    return found


def _of_speeches(form: Form) -> Mapping[Axis, Sequence[str]]:
    axes = {GENDER: Axis.GENDER, FIRST_TIME: Axis.FIRST_TIME}
    return {**KEYS, **{axes[key]: cells for key, cells in _asked(form).items()}}


def _answers(said: Mapping[str, str]) -> dict[Axis, str]:
    """Answers are kept in JSON."""
    found: dict[Axis, str] = {}
    if gender := said.get(GENDER):
        found[Axis.GENDER] = gender.strip('"')
    if first := said.get(FIRST_TIME):
        found[Axis.FIRST_TIME] = YesNo.YES if first == "true" else YesNo.NO
    return found
