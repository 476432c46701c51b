"""The doors of the hall: who is let in and out, by badge or reference, with and without network."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import col, delete, select

from app.database import Reading, Writing, hold, load
from app.errors import NotFound, Refused
from app.keys import Keys
from app.models import Badge, DoorScan, Entity, Meeting, Person, Registration, Sitting, Stay
from app.policy.access import Right
from app.policy.access import decide as rule
from app.policy.attendance import AttendanceReason, Source, Way
from app.policy.badge import FLAGGED, SCANS_KEPT, BadgeReason, Sighting, Told, Verdict
from app.policy.decision import Decision, Reason
from app.policy.fence import FenceReason
from app.policy.people import Function
from app.policy.refusal import No
from app.services import access, acts, attendance, badges, forms

SHOWN: Final = 20  # of what should be looked into
OWN: Final = (*BadgeReason, *AttendanceReason)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a door has read, when, and what it did if it was alone.

    ``id`` is given at the door: a scan that is sent twice counts once. ``at`` and ``told`` are of a
    door without the network. ``insists`` says that the steward has checked the identity.
    """

    id: UUID
    text: str
    way: Way
    door: str = ""
    at: datetime | None = None
    told: Told | None = None
    insists: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scan came to; ``decision`` is the rule's, where it was asked."""

    scan: DoorScan
    name: str = ""
    entity: str = ""
    stay: Stay | None = None
    decision: Decision | None = None
    reason: BadgeReason | AttendanceReason | None = None

    @property
    def no(self) -> Decision | No:
        """What a refusal says: the rule's own no, or the badge's."""
        if self.decision is not None and not self.decision:
            return self.decision
        return No(self.reason or AttendanceReason.UNKNOWN_REFERENCE)

    @property
    def contested(self) -> bool:
        """Somebody was let in without the network whom the service would not have let in."""
        let_in = self.scan.told in {Told.ADMITTED, Told.UNCHECKED}
        return let_in and self.scan.way is Way.IN and self.scan.verdict is Verdict.REFUSED


@dataclass(frozen=True, slots=True)
class _Held:
    """Whose badge or reference it is, as far as it says so."""

    badge: Badge | None = None
    person: Person | None = None
    reason: BadgeReason | AttendanceReason | None = None
    name: str = ""
    entity: str = ""


@dataclass(frozen=True, slots=True)
class _Case:
    db: Writing
    sitting: Sitting
    seen: Seen
    held: _Held
    by: Person
    at: datetime
    now: datetime

    @property
    def sighting(self) -> Sighting:
        return Sighting(self.seen.door, str(self.by.id), self.at)

    async def came_to(
        self,
        verdict: Verdict,
        reason: BadgeReason | AttendanceReason | None = None,
        *,
        stay: Stay | None = None,
        decision: Decision | None = None,
    ) -> Outcome:
        """Keep the scan; what somebody should look into is an act as well."""
        seen, held = self.seen, self.held
        why = decision.reason if decision is not None and not decision else reason
        scan = DoorScan(
            id=seen.id,
            sitting_id=self.sitting.id,
            badge_id=held.badge.id if held.badge else None,
            person_id=held.person.id if held.person else None,
            stay_id=stay.id if stay else None,
            way=seen.way,
            door=seen.door,
            at=self.at,
            received_at=self.now,
            by_id=self.by.id,
            verdict=verdict,
            reason=why.value if why else "",
            told=seen.told,
            insisted=seen.insists,
        )
        outcome = Outcome(scan, held.name, held.entity, stay, decision, reason)
        scan.flagged = outcome.contested or reason in FLAGGED
        self.db.add(scan)
        if scan.flagged or verdict is Verdict.REFUSED or seen.insists:
            await self._record(scan)
        return outcome

    async def _record(self, scan: DoorScan) -> None:
        await acts.record(
            self.db,
            f"door-{scan.verdict}",
            self.now,
            meeting_id=self.sitting.meeting_id,
            scan=str(scan.id),
            sitting=str(scan.sitting_id),
            badge=str(scan.badge_id) if scan.badge_id else None,
            reason=scan.reason,
            door=scan.door,
            told=scan.told,
            insisted=scan.insisted,
            by=str(scan.by_id),
        )


async def scan(
    db: Writing, keys: Keys, sitting_id: UUID, seen: Seen, *, by: Person, now: datetime
) -> Outcome:
    """A steward has seen a badge. What is refused is kept too, so the caller commits in any case.

    The same scan again is answered as the first time. Whoever may not attend is not let in, and the
    decision says why; out is everyone let whose badge says who they are.
    """
    sitting = await hold(db, Sitting, sitting_id)
    await of_the_door(db, by, sitting.meeting_id)
    if (kept := await db.get(DoorScan, seen.id)) is not None:
        return await _again(db, sitting, kept)
    if await _forgotten(db, await load(db, Meeting, sitting.meeting_id), now):
        raise Refused(No(BadgeReason.FORGOTTEN))
    held = await _holder(db, keys, sitting.meeting_id, seen.text)
    at = min(seen.at or now, now)
    case = _Case(db, sitting, seen, held, by, at, now)
    if held.person is None:
        return await case.came_to(Verdict.REFUSED, held.reason)
    inside = await attendance.in_the_hall(db, sitting.id, held.person.id)
    if seen.way is Way.OUT:
        return await _out(case, inside)
    return await _in(case, held.person, inside)


async def of_the_door(db: Reading | Writing, by: Person, meeting_id: UUID) -> None:
    """Refused unless someone is a steward of this meeting."""
    if Function.STEWARD not in await access.functions(db, by, meeting_id):
        raise Refused(No(FenceReason.NOT_A_STEWARD))


async def _again(db: Writing, sitting: Sitting, kept: DoorScan) -> Outcome:
    if kept.sitting_id != sitting.id:
        raise NotFound
    person = await db.get(Person, kept.person_id) if kept.person_id else None
    stay = await db.get(Stay, kept.stay_id) if kept.stay_id else None
    held = await _named(db, sitting.meeting_id, person) if person else _Held()
    reason = next((each for each in OWN if each.value == kept.reason), None)
    decision = None
    if person is not None and reason is None and kept.verdict is not Verdict.LEFT:
        decision = await _decided(db, sitting, person, kept.at)
    return Outcome(kept, held.name, held.entity, stay, decision, reason)


async def _holder(db: Writing, keys: Keys, meeting_id: UUID, text: str) -> _Held:
    checked = await badges.check(db, keys, meeting_id, text)
    if checked is not None:
        if checked.registration is None:
            return _Held(reason=checked.reason)
        person = await load(db, Person, checked.registration.person_id)
        held = await _named(db, meeting_id, person)
        return replace(held, badge=checked.badge, reason=checked.reason)
    try:
        return await _named(db, meeting_id, await attendance.holder(db, meeting_id, text))
    except Refused:
        return _Held(reason=AttendanceReason.UNKNOWN_REFERENCE)


async def _named(db: Writing, meeting_id: UUID, person: Person) -> _Held:
    """As the registration has the name and the body."""
    row = await access.registration_of(db, person, meeting_id)
    if row is None:
        return _Held(person=person, name=person.name)
    entity = await db.get(Entity, row.entity_id) if row.entity_id else None
    body = row.organization if entity is None else entity.name
    return _Held(person=person, name=row.name, entity=body)


async def _out(case: _Case, inside: Stay | None) -> Outcome:
    """A badge that is valid no more lets out all the same; a late scan ends what it ended then."""
    if inside is None or case.at < inside.came_at:
        return await case.came_to(Verdict.REFUSED, AttendanceReason.NOT_IN_THE_HALL)
    inside.left_at = case.at
    later = await _next(case, Way.IN)
    if later is not None and case.held.person is not None:
        again = await attendance.let_in(case.db, case.sitting, case.held.person, later)
        case.db.add(again)
    return await case.came_to(Verdict.LEFT, stay=inside)


async def _in(case: _Case, person: Person, inside: Stay | None) -> Outcome:
    if case.held.reason is not None:
        return await case.came_to(Verdict.REFUSED, case.held.reason)
    if case.seen.told is Told.REFUSED:
        return await case.came_to(Verdict.REFUSED, BadgeReason.TURNED_AWAY)
    if not case.seen.insists and await _seen_elsewhere(case, person):
        return await case.came_to(Verdict.REFUSED, BadgeReason.TWO_DOORS, stay=inside)
    decision = await _decided(case.db, case.sitting, person, case.at)
    if not decision:
        return await case.came_to(Verdict.REFUSED, decision=decision)
    if inside is not None:
        if case.seen.insists or case.sighting.read_twice(inside.came_at):
            return await case.came_to(Verdict.ADMITTED, stay=inside, decision=decision)
        noted = Verdict.ALREADY_IN, BadgeReason.ALREADY_IN
        return await case.came_to(*noted, stay=inside, decision=decision)
    came = await attendance.let_in(case.db, case.sitting, person, case.at)
    came.left_at = await _next(case, Way.OUT) or case.sitting.closed_at
    await case.db.flush()
    return await case.came_to(Verdict.ADMITTED, stay=came, decision=decision)


async def _next(case: _Case, way: Way) -> datetime | None:
    """When the same person was seen the other way after this, by a door that told it sooner."""
    query = select(DoorScan.at).where(
        DoorScan.sitting_id == case.sitting.id,
        DoorScan.person_id == (case.held.person.id if case.held.person else None),
        DoorScan.way == way,
        DoorScan.at > case.at,
    )
    return (await case.db.exec(query.order_by(col(DoorScan.at)).limit(1))).first()


async def _seen_elsewhere(case: _Case, person: Person) -> bool:
    """Whether this badge was let in by another door of the meeting within a minute."""
    sittings = select(Sitting.id).where(Sitting.meeting_id == case.sitting.meeting_id)
    query = select(DoorScan).where(
        DoorScan.person_id == person.id,
        DoorScan.way == Way.IN,
        col(DoorScan.sitting_id).in_(sittings),
        col(DoorScan.verdict).in_((Verdict.ADMITTED, Verdict.ALREADY_IN)),
    )
    return any(
        case.sighting.photographed(Sighting(each.door, str(each.by_id), each.at))
        for each in await case.db.exec(query)
    )


async def _decided(
    db: Reading | Writing, sitting: Sitting, person: Person, at: datetime
) -> Decision:
    """The rule's answer; what is reconciled after the sitting is decided as at its moment."""
    meeting = await load(db, Meeting, sitting.meeting_id)
    stands = await access.standing(db, person, sitting, meeting, at)
    if sitting.closed_at is not None and sitting.opened_at and at < sitting.closed_at:
        stands = access.once_open(stands)
    return rule(access.edition(meeting), stands, sitting.part, Right.ATTEND)


# What a door shows


@dataclass(frozen=True, slots=True)
class Flag:
    """A scan that somebody should look into."""

    scan: DoorScan
    name: str

    @property
    def contested(self) -> bool:
        return Outcome(self.scan).contested

    @property
    def by_the_rule(self) -> bool:
        return isinstance(self.reason, Reason)

    @property
    def reason(self) -> BadgeReason | AttendanceReason | Reason | None:
        """The rule's reason, where it was its no."""
        known = (*OWN, *Reason)
        return next((each for each in known if each.value == self.scan.reason), None)


async def flags(db: Reading, sitting_id: UUID) -> list[Flag]:
    """The newest first."""
    query = (
        select(DoorScan, Person.name)
        .join(Person, col(Person.id) == DoorScan.person_id, isouter=True)
        .where(DoorScan.sitting_id == sitting_id, col(DoorScan.flagged).is_(True))
        .order_by(col(DoorScan.at).desc())
        .limit(SHOWN)
    )
    return [Flag(scan, name or "") for scan, name in await db.exec(query)]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a door's list: whom a badge or a reference stands for, and the decision."""

    registration: Registration
    entity: str
    code: str  # of the badge that is valid, or empty
    decision: Decision
    inside: bool


@dataclass(frozen=True, slots=True)
class DoorList:
    """What a door can decide by itself: everyone who is confirmed, and badges that have ended."""

    sitting: Sitting
    made_at: datetime
    entries: tuple[Entry, ...]
    ended: tuple[str, ...]


async def door_list(db: Reading, sitting_id: UUID, *, by: Person, now: datetime) -> DoorList:
    """The list for a door that may lose the network; it decides as if the part were open."""
    sitting = await load(db, Sitting, sitting_id)
    await of_the_door(db, by, sitting.meeting_id)
    meeting = await load(db, Meeting, sitting.meeting_id)
    held = await badges.confirmed(db, meeting.id)
    keys = [each.registration.person_id for each in held]
    people = list(await db.exec(select(Person).where(col(Person.id).in_(keys))))
    standings = await access.standings(db, people, sitting, meeting, now)
    here = select(Stay.person_id).where(
        Stay.sitting_id == sitting_id, Stay.source == Source.DOOR, col(Stay.left_at).is_(None)
    )
    inside = frozenset(await db.exec(here))
    edition = access.edition(meeting)
    entries = [
        Entry(
            each.registration,
            each.body,
            each.badge.code if each.badge and not each.outdated else "",
            rule(
                edition,
                access.once_open(standings[each.registration.person_id]),
                sitting.part,
                Right.ATTEND,
            ),
            each.registration.person_id in inside,
        )
        for each in held
    ]
    return DoorList(sitting, now, tuple(entries), tuple(await badges.ended(db, meeting.id)))


# The end of it.


async def forget(db: Writing, now: datetime) -> int:
    """Remove the scans of meetings that are long over; how many. Stays are not touched."""
    with_scans = (
        select(Sitting.meeting_id)
        .join(DoorScan, col(DoorScan.sitting_id) == col(Sitting.id))
        .distinct()
    )
    gone = 0
    for key in list(await db.exec(with_scans)):
        if await _forgotten(db, await load(db, Meeting, key), now):
            sittings = select(Sitting.id).where(Sitting.meeting_id == key)
            of_meeting = delete(DoorScan).where(col(DoorScan.sitting_id).in_(sittings))
            gone += (await db.exec(of_meeting)).rowcount
    return gone


async def _forgotten(db: Reading | Writing, meeting: Meeting, now: datetime) -> bool:
    """Whether the scans of a meeting have come to their end; their last day is still within."""
    past = await forms.days_since(db, meeting, now)
    return past is not None and past > SCANS_KEPT
