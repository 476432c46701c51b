"""A registration being changed: held, its step kept, its act recorded, its letters written.

What claims, edits and decisions have in common; none of it is a door's to call.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from app.database import Reading, Writing, hold, load, ring
from app.errors import Conflict, Malformed, NotFound, Refused
from app.i18n import Language, countries
from app.models import (
    Appointment,
    Attending,
    Entity,
    Meeting,
    Person,
    Registration,
    RegistrationStep,
    Sitting,
)
from app.policy import registration as rules
from app.policy.access import decide
from app.policy.letters import LetterKind
from app.policy.parts import Right
from app.policy.people import Category, Function, Standing
from app.policy.refusal import No
from app.policy.registration import (
    Claim,
    ClaimFault,
    Decider,
    Ground,
    RegistrationReason,
    RegistrationState,
    Step,
)
from app.policy.sitting import SittingState
from app.policy.text import DIGITS, fold
from app.services import access, acts, entities, letters, places

WITH_CALENDAR: Final = frozenset(
    {LetterKind.ACKNOWLEDGED, LetterKind.CONFIRMED, LetterKind.APPROVED, LetterKind.EDITED}
)


@dataclass(slots=True)
class Case:
    """One registration being changed by one person: the row is held."""

    db: Writing
    row: Registration
    meeting: Meeting
    by: Person
    now: datetime
    batch: UUID | None = None

    async def done(self, step: Step, reason: str = "", ground: Ground | None = None) -> None:
        """Keep the step and record the act."""
        kept = step_of(self.row, step, self.by, self.now, reason)
        self.db.add_all((self.row, RegistrationStep(**kept, batch=self.batch)))
        await note(self.db, self.row, step, self.by, self.now, ground, self.batch)

    async def tell(self, kind: LetterKind, *, reason: str = "") -> None:
        """Write to the person whose registration it is."""
        person = await load(self.db, Person, self.row.person_id)
        link = f"/registrations/{self.row.reference}"
        sittings = await self._sittings() if kind in WITH_CALENDAR else ""
        await self._write(kind, person, reason=reason, link=link, sittings=sittings)

    async def _sittings(self) -> str:
        """Sittings for the letter's calendar: where they have a place and the rule will admit."""
        query = (
            select(Sitting)
            .join(Attending, col(Attending.sitting_id) == col(Sitting.id))
            .where(Attending.registration_id == self.row.id, col(Attending.waits_since).is_(None))
            .order_by(col(Sitting.number))
        )
        found = (await self.db.exec(query)).all()
        known = await self._categories({day_of(each) for each in found})
        admitted = [each for each in found if admits(self.meeting, each, known[day_of(each)])]
        return ",".join(str(each.id) for each in admitted)

    async def _categories(self, days: Collection[date]) -> dict[date, Category]:
        if self.row.entity_id is None:
            return dict.fromkeys(days, Category.STAKEHOLDER)
        known = await entities.categories_on_days(self.db, {self.row.entity_id}, days)
        return {day: in_force(known.get((self.row.entity_id, day))) for day in days}

    async def ask(self, kind: LetterKind = LetterKind.TO_DECIDE, *, reason: str = "") -> None:
        """Write to everyone who may decide, each with a link to the desk where it waits."""
        others = await other_focal_points(self.db, self.row, self.now)
        desk = "/desk/focal-point" if others else "/desk/secretariat"
        for person in others or await secretariat(self.db, self.row):
            await self._write(kind, person, reason=reason, link=desk)

    async def attend(self) -> None:
        """Take, or wait for, the places that the row names: it lives from now on, or again."""
        await self.db.flush()
        wanted = await places.modes(self.db, self.row.id)
        await places.attend(self.db, self.row, wanted, self.now, anew=True)

    async def _write(self, kind: LetterKind, person: Person, **more: str) -> None:
        said = facts(self.row, self.meeting, await body(self.db, self.row), **more)
        await letters.write(self.db, kind, person, self.now, **said)


def day_of(sitting: Sitting) -> date:
    return sitting.starts_at.astimezone(ZoneInfo(sitting.time_zone)).date()


def step_of(
    row: Registration, step: Step, by: Person, now: datetime, reason: str = ""
) -> dict[str, Any]:
    """A step of the track, as its row."""
    return {"registration_id": row.id, "at": now, "step": step, "by_id": by.id, "reason": reason}


def admits(meeting: Meeting, sitting: Sitting, category: Category) -> bool:
    """Whether the rule lets this category into a sitting: what a letter's calendar names."""
    standing = Standing.of(category)
    return bool(decide(access.edition(meeting), standing, sitting.part, Right.ATTEND))


def in_force(found: tuple[Category | None, bool] | None) -> Category:
    """The category of a body's record; without one, or after its end, it is a stakeholder."""
    known, ended = found or (None, False)
    return known if known and not ended else Category.STAKEHOLDER


def facts(row: Registration, meeting: Meeting, body: Entity | None, **more: str) -> dict[str, str]:
    """What a letter about a registration knows; what is empty is not said."""
    named = {
        "reference": row.reference,
        "meeting": meeting.title,
        "entity": body.name if body else "",
    }
    return {fact: text for fact, text in {**named, **more}.items() if text}


async def note(
    db: Writing,
    row: Registration,
    step: Step,
    by: Person,
    now: datetime,
    ground: Ground | None = None,
    batch: UUID | None = None,
) -> None:
    """Record the act, and have the person's doors asked again."""
    ring(db, f"person:{row.person_id}")
    await acts.record(
        db,
        f"registration-{step}",
        now,
        meeting_id=row.meeting_id,
        registration=str(row.id),
        version=row.version,
        by=str(by.id),
        ground=ground,
        **({"batch": str(batch)} if batch else {}),
    )


# The row.


def begun(meeting: Meeting, person: Person, claim: Claim, now: datetime) -> Registration:
    return Registration(
        meeting_id=meeting.id,
        person_id=person.id,
        reference=new_reference(),
        capacity=claim.capacity,
        name=claim.name,
        name_folded=fold(claim.name),
        state=RegistrationState.SUBMITTED,
        submitted_at=now,
    )


def new_reference() -> str:
    """Eight signs that can be read out over the telephone: one of a million million."""
    return "".join(secrets.choice(DIGITS) for _ in range(8))


def say(row: Registration, claim: Claim) -> None:
    row.capacity, row.entity_id, row.group = claim.capacity, claim.entity_id, claim.group
    row.name, row.organization = claim.name, claim.organization
    row.name_folded = fold(claim.name)
    row.country, row.job_title = claim.country, claim.job_title


def introduce(person: Person, claim: Claim) -> None:
    """What people say of themselves for the first time is how the service knows them."""
    person.name = person.name or claim.name
    person.affiliation = person.affiliation or claim.organization
    person.country = person.country or claim.country
    person.job_title = person.job_title or claim.job_title


async def examined(db: Writing, meeting: Meeting, claim: Claim) -> Claim:
    """The claim in one spelling, or Malformed with every fault; a meeting may be over."""
    query = select(Sitting).where(Sitting.meeting_id == meeting.id)
    sittings = (await db.exec(query)).all()
    known = claim.entity_id is not None and await db.get(Entity, claim.entity_id) is not None
    return fit(claim, sittings, known=known)


def fit(claim: Claim, sittings: Sequence[Sitting], *, known: bool) -> Claim:
    """The same of a claim whose body, if it names one, is known or not."""
    if sittings and all(each.state is SittingState.CLOSED for each in sittings):
        raise Conflict(RegistrationReason.MEETING_OVER)
    claim = rules.cleaned(claim)
    faults = rules.faults(claim, {each.id for each in sittings}, countries(Language.ENGLISH))
    if claim.entity_id is not None and not known:
        faults["entity_id"] = ClaimFault.UNKNOWN_ENTITY
    if faults:
        raise Malformed(**faults)
    return claim


# Who decides.


async def held(db: Writing, registration_id: UUID, by: Person, now: datetime) -> Case:
    """The registration, locked before anything is asked about it; NotFound for who may not know."""
    row = await hold(db, Registration, registration_id)
    if not rules.may_know(await decider(db, row, by, now)):
        raise NotFound
    return Case(db, row, await load(db, Meeting, row.meeting_id), by, now)


async def held_own(
    db: Writing, registration_id: UUID, version: int, by: Person, now: datetime
) -> Case:
    case = await held(db, registration_id, by, now)
    if case.row.person_id != by.id:
        raise Refused(No(RegistrationReason.NOT_YOURS))
    or_changed(case.row, version)
    return case


def or_changed(row: Registration, version: int) -> None:
    if row.version != version:
        raise Conflict(RegistrationReason.CHANGED, version=row.version)


async def decider(db: Reading | Writing, row: Registration, by: Person, now: datetime) -> Decider:
    others = await other_focal_points(db, row, now)
    return Decider(
        is_applicant=row.person_id == by.id,
        is_focal_point=by.id in {each.id for each in others},
        is_secretariat=await access.is_secretariat(db, by, row.meeting_id),
        others_are_focal_points=bool(others),
    )


async def other_focal_points(
    db: Reading | Writing, row: Registration, now: datetime
) -> list[Person]:
    """The focal points of the entity; the applicant is not counted: nobody decides their own."""
    if row.entity_id is None:
        return []
    found = await entities.focal_points(db, row.entity_id, now.date())
    return [each for each in found if each.id != row.person_id]


async def secretariat(db: Reading | Writing, row: Registration) -> Sequence[Person]:
    """Who may act on a claim where there is no focal point who may."""
    query = (
        select(Person)
        .join(Appointment, col(Appointment.person_id) == Person.id)
        .where(
            Appointment.meeting_id == row.meeting_id,
            Appointment.function == Function.SECRETARIAT,
            col(Appointment.ended_at).is_(None),
            Person.id != row.person_id,
        )
        .order_by(col(Person.name), col(Person.id))
    )
    return (await db.exec(query)).all()


async def body(db: Reading | Writing, row: Registration) -> Entity | None:
    return await db.get(Entity, row.entity_id) if row.entity_id else None
