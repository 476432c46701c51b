"""Claims to a place: those that are made at the same moment are decided on and written together.

What they have in common is read once, and everything is decided before anything is written: one
that is refused leaves the others as they are. Each is then written with the others in one statement
for each table.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, delete, select

from app.database import Reading, Writing, hold_all, put_rows
from app.errors import Conflict, NotFound, Refusal, Refused
from app.keys import Vault
from app.models import (
    Appointment,
    Attending,
    Entity,
    FormAnswer,
    Meeting,
    Person,
    Registration,
    RegistrationStep,
    Sitting,
)
from app.policy import registration as rules
from app.policy.form import Answers
from app.policy.letters import LetterKind
from app.policy.people import Category, Function
from app.policy.refusal import No
from app.policy.registration import (
    Claim,
    Ground,
    RegistrationReason,
    RegistrationState,
    Stage,
    Step,
    Track,
)
from app.services import cases, entities, forms, letters, meetings, places, registration
from app.services.forms import Current
from app.services.once import Key
from app.services.places import Place
from app.services.registration import Particulars


@dataclass(frozen=True, slots=True, eq=False)
class Claimed:
    """What someone claims at a meeting; without ``answers`` the form is answered elsewhere."""

    meeting_id: UUID
    by: Person
    claim: Claim
    now: datetime
    answers: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A registration that has been made, with what belongs to it and how it got there."""

    row: Registration
    about: Particulars
    track: Track


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A claim as it is handed in: at which meeting, with which answers, under which key."""

    meeting: str  # slug or id
    by: Person
    claim: Claim
    answers: Mapping[str, object]
    now: datetime
    key: Key | None = None


async def hand_in(vault: Vault, db: Writing, asked: Sequence[Asked]) -> list[Made | Refusal]:
    """What becomes of claims of several people, each as they were handed in."""
    found = await meetings.by_slugs(db, {each.meeting for each in asked})
    claimed = [
        Claimed(found[each.meeting].id, each.by, each.claim, each.now, each.answers)
        for each in asked
        if each.meeting in found
    ]
    made = iter(await submit_all(db, vault, claimed))
    told = [next(made) if each.meeting in found else NotFound() for each in asked]
    sent = [(one.row.meeting_id, one.row.person_id) for one in told if isinstance(one, Made)]
    await forms.discard_all(db, sent)
    return told


async def submit(
    db: Writing, meeting_id: UUID, claim: Claim, *, by: Person, now: datetime
) -> Registration:
    """Claim a place at a meeting; after a rejection or a withdrawal the same row is used again."""
    [made] = await submit_all(db, None, [Claimed(meeting_id, by, claim, now)])
    if isinstance(made, Refusal):
        raise made
    return made.row


async def submit_all(
    db: Writing, vault: Vault | None, claimed: Sequence[Claimed]
) -> list[Made | Refusal]:
    """The same for several people, each of whom claims once; in their order, what became of each.

    The vault seals answers, where there are any.
    """
    if not claimed:
        return []
    ground = await _Ground.of(db, claimed)
    decided = [ground.decide(each) for each in claimed]
    accepted = [each for each in decided if isinstance(each, _Accepted)]
    if accepted:
        await _write(db, vault, ground, accepted)
    return [
        Made(each.row, _about(each), await _track(db, each))
        if isinstance(each, _Accepted)
        else each
        for each in decided
    ]


# What is decided.


@dataclass(slots=True, eq=False)
class _Accepted:
    """A claim that stands, and what is written of it."""

    row: Registration
    person: Person
    meeting: Meeting
    body: Entity | None
    claim: Claim
    answers: Answers
    at_once: Ground | None
    others: Sequence[Person]  # the focal points who decide on it
    deciders: Sequence[Person]  # they, or the secretariat where there are none
    again: bool
    now: datetime
    places: list[Place] = field(default_factory=list)

    @property
    def steps(self) -> tuple[Step, ...]:
        return (Step.SUBMITTED, Step.CONFIRMED) if self.at_once else (Step.SUBMITTED,)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the claims of one moment are decided on, read once; their people are held."""

    people: Mapping[UUID, Person]
    meetings: Mapping[UUID, Meeting]
    sittings: Mapping[UUID, Sequence[Sitting]]
    bodies: Mapping[UUID, Entity]
    own: frozenset[tuple[UUID, UUID]]  # body and person, where it has designated them itself
    focal_points: Mapping[UUID, Sequence[Person]]
    secretariats: Mapping[UUID, Sequence[Person]]
    before: Mapping[tuple[UUID, UUID], Registration]
    forms: Mapping[UUID, Current]
    categories: Mapping[tuple[UUID, date], tuple[Category | None, bool]]

    @classmethod
    async def of(cls, db: Writing, claimed: Sequence[Claimed]) -> "_Ground":
        """Hold the people, and read what is asked about their claims."""
        # Of two claims of one person at once, one is second.
        people = await hold_all(db, Person, col(Person.id).in_({each.by.id for each in claimed}))
        wanted = {each.meeting_id for each in claimed}
        found = [await db.get(Meeting, key) for key in sorted(wanted)]
        meetings = {each.id: each for each in found if each}
        sittings = await _sittings(db, meetings)
        named = {each.claim.entity_id for each in claimed if each.claim.entity_id}
        acting = await entities.acting_for(db, named, max(each.now for each in claimed).date())
        focal_points: dict[UUID, dict[UUID, Person]] = {}
        for role, person in acting:
            focal_points.setdefault(role.entity_id, {})[person.id] = person
        alone = {
            each.meeting_id
            for each in claimed
            if each.claim.entity_id
            and not focal_points.get(each.claim.entity_id, {}).keys() - {each.by.id}
        }
        before = await hold_all(
            db,
            Registration,
            col(Registration.meeting_id).in_(meetings),
            col(Registration.person_id).in_([each.id for each in people]),
        )
        answered = {each.meeting_id for each in claimed if each.answers is not None}
        days = {cases.day_of(each) for some in sittings.values() for each in some}
        return cls(
            people={each.id: each for each in people},
            meetings=meetings,
            sittings=sittings,
            bodies=await _bodies(db, named),
            own=frozenset(
                (role.entity_id, role.person_id) for role, _ in acting if not role.stands_in_for
            ),
            focal_points={key: list(some.values()) for key, some in focal_points.items()},
            secretariats=await _secretariats(db, alone),
            before={(each.meeting_id, each.person_id): each for each in before},
            forms={key: await forms.current(db, key) for key in sorted(answered & meetings.keys())},
            categories=await entities.categories_on_days(db, named, days),
        )

    def decide(self, each: Claimed) -> _Accepted | Refusal:
        try:
            return self._accepted(each)
        except Refusal as refused:
            return refused

    def _accepted(self, each: Claimed) -> _Accepted:
        """The claim as it will stand; nothing is changed before it is known that it does."""
        person, meeting = self.people.get(each.by.id), self.meetings.get(each.meeting_id)
        if person is None or meeting is None:
            raise NotFound
        body = self.bodies.get(each.claim.entity_id) if each.claim.entity_id else None
        claim = cases.fit(each.claim, self.sittings[meeting.id], known=body is not None)
        if person.verified_at is None:
            raise Refused(No(RegistrationReason.NOT_VERIFIED))
        before = self.before.get((meeting.id, person.id))
        if before is not None and before.state in rules.LIVE:
            raise Conflict(RegistrationReason.REGISTERED, reference=before.reference)
        asked = self.forms.get(meeting.id)
        answers = forms.answered(asked, each.answers) if asked and each.answers is not None else {}
        others = self._others(claim, person)
        return _Accepted(
            row=before or cases.begun(meeting, person, claim, each.now),
            person=person,
            meeting=meeting,
            body=body,
            claim=claim,
            answers=answers,
            at_once=rules.at_once(
                claim, by_focal_point=body is not None and (body.id, person.id) in self.own
            ),
            others=others,
            deciders=others
            or [p for p in self.secretariats.get(meeting.id, ()) if p.id != person.id],
            again=before is not None,
            now=each.now,
        )

    def _others(self, claim: Claim, person: Person) -> Sequence[Person]:
        """The focal points of the body; the applicant is not counted: nobody decides their own."""
        found = self.focal_points.get(claim.entity_id, ()) if claim.entity_id else ()
        return [each for each in found if each.id != person.id]

    def admitted(self, each: _Accepted) -> Iterator[Sitting]:
        """The sittings where they have a place and the rule will admit them."""
        taken = {place.sitting_id for place in each.places if place.waits_since is None}
        for sitting in self.sittings[each.meeting.id]:
            if sitting.id in taken and cases.admits(
                each.meeting, sitting, self._category(each.body, cases.day_of(sitting))
            ):
                yield sitting

    def _category(self, body: Entity | None, day: date) -> Category:
        found = self.categories.get((body.id, day)) if body else None
        return cases.in_force(found)


async def _sittings(
    db: Reading | Writing, meetings: Mapping[UUID, Meeting]
) -> dict[UUID, list[Sitting]]:
    query = select(Sitting).where(col(Sitting.meeting_id).in_(meetings))
    found: dict[UUID, list[Sitting]] = {key: [] for key in meetings}
    for each in await db.exec(query.order_by(col(Sitting.number))):
        found[each.meeting_id].append(each)
    return found


async def _bodies(db: Reading | Writing, keys: set[UUID]) -> dict[UUID, Entity]:
    if not keys:
        return {}
    query = select(Entity).where(col(Entity.id).in_(keys))
    return {each.id: each for each in await db.exec(query)}


async def _secretariats(db: Reading | Writing, meetings: set[UUID]) -> dict[UUID, list[Person]]:
    """Who may act on a claim where there is no focal point who may."""
    if not meetings:
        return {}
    query = (
        select(Appointment.meeting_id, Person)
        .join(Person, col(Appointment.person_id) == Person.id)
        .where(
            col(Appointment.meeting_id).in_(meetings),
            Appointment.function == Function.SECRETARIAT,
            col(Appointment.ended_at).is_(None),
        )
        .order_by(col(Person.name), col(Person.id))
    )
    found: dict[UUID, list[Person]] = {key: [] for key in meetings}
    for key, person in await db.exec(query):
        found[key].append(person)
    return found


# What is written.


async def _write(
    db: Writing, vault: Vault | None, ground: _Ground, accepted: Sequence[_Accepted]
) -> None:
    for each in accepted:
        _put(each)
    db.add_all(each.row for each in accepted)
    await db.flush()
    await _take_places(db, accepted)
    await _keep_answers(db, vault, ground, accepted)
    steps = [
        cases.step_of(each.row, step, each.person, each.now)
        for each in accepted
        for step in each.steps
    ]
    await put_rows(db, RegistrationStep, steps)
    await letters.post(db, [letter for each in accepted for letter in _letters(ground, each)])
    for each in accepted:
        for step in each.steps:
            why = each.at_once if step is Step.CONFIRMED else None
            await cases.note(db, each.row, step, each.person, each.now, why)


def _put(each: _Accepted) -> None:
    """Make the row say what the claim says, confirmed at once where nobody has to decide on it."""
    row = each.row
    row.version += each.again
    row.submitted_at = each.now
    row.decided_at = each.now if each.at_once else None
    row.decided_by, row.reason = None, ""
    row.state = RegistrationState.APPROVED if each.at_once else RegistrationState.SUBMITTED
    cases.say(row, each.claim)
    cases.introduce(each.person, each.claim)


async def _take_places(db: Writing, accepted: Sequence[_Accepted]) -> None:
    """Of a row that is used again nothing counts any more that it held before."""
    if again := [each.row.id for each in accepted if each.again]:
        for table in (Attending, FormAnswer):
            await db.exec(delete(table).where(col(table.registration_id).in_(again)))
    by_row = {each.row.id: each for each in accepted}
    wanted = [(each.row, dict(each.claim.modes), each.now) for each in accepted]
    for place in await places.attend_all(db, wanted):
        by_row[place.registration_id].places.append(place)


async def _keep_answers(
    db: Writing, vault: Vault | None, ground: _Ground, accepted: Sequence[_Accepted]
) -> None:
    if vault is None:
        return
    for key, asked in ground.forms.items():
        here = [(each.row, each.answers) for each in accepted if each.meeting.id == key]
        await forms.keep_all(db, vault, asked, here, accepted[0].now)


def _letters(ground: _Ground, each: _Accepted) -> Iterator[dict[str, Any]]:
    """To whoever claims, with the calendar; and to those who decide, with a link to their desk."""
    kind = LetterKind.CONFIRMED if each.at_once else LetterKind.ACKNOWLEDGED
    link = f"/registrations/{each.row.reference}"
    sittings = ",".join(str(sitting.id) for sitting in ground.admitted(each))
    told = cases.facts(each.row, each.meeting, each.body, link=link, sittings=sittings)
    yield letters.letter(kind, each.person, each.now, told)
    if each.at_once:
        return
    desk = "/desk/focal-point" if each.others else "/desk/secretariat"
    told = cases.facts(each.row, each.meeting, each.body, link=desk)
    for person in each.deciders:
        yield letters.letter(LetterKind.TO_DECIDE, person, each.now, told)


# What is told.


def _about(each: _Accepted) -> Particulars:
    waiting = frozenset(place.sitting_id for place in each.places if place.waits_since is not None)
    return Particulars(each.person.email, each.body, dict(each.claim.modes), waiting)


async def _track(db: Writing, each: _Accepted) -> Track:
    """What has happened: all of it is known here, where the row is not an older one."""
    if each.again:
        return await registration.track(db, each.row, each.now)
    owner = rules.owner(each.row.state, has_focal_point=bool(each.others))
    return Track(
        steps=tuple(Stage(step, each.now, each.person.name, "") for step in each.steps),
        owner=owner,
        since=each.now,
        owner_names=registration.owner_names(each.row, owner, each.deciders),
    )
