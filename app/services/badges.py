"""Badges: issued at the desk for confirmed registrations, revoked, and checked as scanned."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.sql.expression import Select

from app.database import Reading, Writing, hold, hold_all, load
from app.errors import Conflict, NotFound, Refused
from app.keys import Keys
from app.models import Appointment, Badge, Entity, Meeting, Person, Registration, Sitting
from app.policy import badge as rules
from app.policy.badge import CODE, BadgeEnd, BadgeReason, Reference
from app.policy.people import Category, Function
from app.policy.refusal import No
from app.policy.registration import RegistrationState
from app.policy.text import DIGITS, fold, spelled
from app.services import access, acts, entities, photos

SUBJECT: Final = "badge"


def reference(keys: Keys, badge: Badge) -> str:
    """What the badge's QR code says: which badge it is, signed."""
    return reference_of(keys, badge.code)


def reference_of(keys: Keys, code: str) -> str:
    return str(_sealed(keys, code))


def _sealed(keys: Keys, code: str) -> Reference:
    return Reference(code, rules.digits(keys.seal(SUBJECT, code)))


@dataclass(frozen=True, slots=True)
class Held:
    """A registration with its body, and the badge that is valid for it, if there is one."""

    registration: Registration
    entity: Entity | None
    badge: Badge | None

    @property
    def body(self) -> str:
        return self.registration.organization if self.entity is None else self.entity.name

    @property
    def outdated(self) -> bool:
        """Whether the registration was changed after the badge was printed."""
        return self.badge is not None and self.badge.version != self.registration.version


@dataclass(frozen=True, slots=True)
class Checked:
    """What a badge's reference stands for; ``reason`` says why it is not valid here."""

    badge: Badge | None
    registration: Registration | None
    reason: BadgeReason | None


# At the desk


async def issue(
    db: Writing,
    registration_id: UUID,
    *,
    by: Person,
    now: datetime,
    identity_seen: bool = False,
) -> Badge:
    """The first badge of a confirmed registration; Conflict where it has one (``reprint``)."""
    row = await _confirmed(db, registration_id, by)
    if await valid(db, row.id) is not None:
        raise Conflict(BadgeReason.HAS_ONE)
    return await _issued(db, row, by, now, identity_seen=identity_seen)


async def reprint(
    db: Writing,
    registration_id: UUID,
    *,
    by: Person,
    now: datetime,
    identity_seen: bool = False,
) -> Badge:
    """Another badge in place of the one before, which is valid no more."""
    row = await _confirmed(db, registration_id, by)
    before = await valid(db, row.id)
    if before is not None:
        await _end(db, before, row, BadgeEnd.REPRINTED, by, now)
        await db.flush()  # one is valid at any moment, within the transaction too
    return await _issued(db, row, by, now, identity_seen=identity_seen)


async def revoke(db: Writing, registration_id: UUID, *, by: Person, now: datetime) -> Badge:
    """The badge is valid no more, and no other is printed; NotFound where there is none."""
    row = await hold(db, Registration, registration_id)
    await of_the_desk(db, by, row.meeting_id)
    if (badge := await valid(db, row.id)) is None:
        raise NotFound
    await _end(db, badge, row, BadgeEnd.REVOKED, by, now)
    return badge


async def issue_all(
    db: Writing, meeting_id: UUID, chosen: Collection[UUID], *, by: Person, now: datetime
) -> list[Badge]:
    """Badges for those of the chosen registrations that stand and have none that is valid.

    A batch is printed before anyone comes: whose badge is valid keeps it, and it is among these.
    """
    await of_the_desk(db, by, meeting_id)
    rows = await hold_all(
        db,
        Registration,
        Registration.meeting_id == meeting_id,
        col(Registration.id).in_(chosen),
        Registration.state == RegistrationState.APPROVED,
    )
    found = await _valid_of(db, [row.id for row in rows])
    made = []
    for row in rows:
        badge = found.get(row.id)
        if badge is not None and badge.version != row.version:
            await _end(db, badge, row, BadgeEnd.REPRINTED, by, now)
            await db.flush()
            badge = None
        made.append(badge or await _issued(db, row, by, now, identity_seen=False))
    return made


async def _confirmed(db: Writing, registration_id: UUID, by: Person) -> Registration:
    row = await hold(db, Registration, registration_id)
    await of_the_desk(db, by, row.meeting_id)
    if row.state is not RegistrationState.APPROVED:
        raise Refused(No(BadgeReason.NOT_CONFIRMED))
    return row


async def _issued(
    db: Writing, row: Registration, by: Person, now: datetime, *, identity_seen: bool
) -> Badge:
    code = "".join(secrets.choice(DIGITS) for _ in range(CODE))
    badge = Badge(
        registration_id=row.id,
        code=code,
        version=row.version,
        issued_at=now,
        issued_by=by.id,
        identity_seen=identity_seen,
    )
    db.add(badge)
    await _note(db, "badge-issued", badge, row, by, now, identity_seen=identity_seen)
    return badge


async def _end(
    db: Writing, badge: Badge, row: Registration, end: BadgeEnd, by: Person, now: datetime
) -> None:
    badge.ended_at, badge.ended_by, badge.end = now, by.id, end
    await _note(db, f"badge-{end}", badge, row, by, now)


async def _note(
    db: Writing,
    kind: str,
    badge: Badge,
    row: Registration,
    by: Person,
    now: datetime,
    **more: object,
) -> None:
    about = {"badge": str(badge.id), "registration": str(row.id), "by": str(by.id)}
    await acts.record(db, kind, now, meeting_id=row.meeting_id, **about, **more)


async def valid(db: Reading | Writing, registration_id: UUID) -> Badge | None:
    """The one badge of a registration that is valid, if there is one."""
    return (await _valid_of(db, [registration_id])).get(registration_id)


async def _valid_of(db: Reading | Writing, registrations: Sequence[UUID]) -> dict[UUID, Badge]:
    query = select(Badge).where(
        col(Badge.registration_id).in_(registrations), col(Badge.ended_at).is_(None)
    )
    return {badge.registration_id: badge for badge in await db.exec(query)}


# Looking


async def of_the_desk(db: Reading | Writing, by: Person, meeting_id: UUID) -> None:
    """Refused unless someone issues the badges of this meeting."""
    if not rules.may_issue(await access.functions(db, by, meeting_id)):
        raise Refused(No(BadgeReason.NOT_THE_DESK))


async def of_the_scanners(db: Reading | Writing, by: Person, meeting_id: UUID) -> None:
    """Refused unless someone scans badges of this meeting, at the desk or at a door."""
    if not rules.may_check(await access.functions(db, by, meeting_id)):
        raise Refused(No(BadgeReason.NOT_THE_DESK))


async def check(db: Reading | Writing, keys: Keys, meeting_id: UUID, text: str) -> Checked | None:
    """What a scanner read, for this meeting; none where it is no badge's reference at all."""
    said = rules.read(text)
    if said is None:
        return None
    if not secrets.compare_digest(_sealed(keys, said.code).seal, said.seal):
        return Checked(None, None, BadgeReason.FORGED)
    query = (
        select(Badge, Registration)
        .join(Registration, col(Registration.id) == Badge.registration_id)
        .where(Badge.code == said.code)
    )
    found = (await db.exec(query)).first()
    if found is None:
        return Checked(None, None, BadgeReason.UNKNOWN)
    badge, row = found
    if row.meeting_id != meeting_id:
        return Checked(None, None, BadgeReason.OTHER_MEETING)  # whose it is, is not told here
    return Checked(badge, row, _wrong(badge, row))


def _wrong(badge: Badge, row: Registration) -> BadgeReason | None:
    if badge.end is BadgeEnd.REPRINTED:
        return BadgeReason.REPLACED
    if badge.ended_at is not None:
        return BadgeReason.REVOKED
    if row.state is not RegistrationState.APPROVED:
        return BadgeReason.NOT_CONFIRMED
    return BadgeReason.OUTDATED if badge.version != row.version else None


async def checked_by(
    db: Reading | Writing, keys: Keys, meeting_id: UUID, text: str, *, by: Person
) -> Checked:
    """What the desk or a door wants to know of a badge; nobody is let in by it."""
    await of_the_scanners(db, by, meeting_id)
    return await check(db, keys, meeting_id, text) or Checked(None, None, BadgeReason.UNKNOWN)


def _held() -> Select[Registration, Entity, Badge]:
    return (
        select(Registration, Entity, Badge)
        .join(Entity, col(Entity.id) == Registration.entity_id, isouter=True)
        .join(
            Badge,
            (col(Badge.registration_id) == Registration.id) & col(Badge.ended_at).is_(None),
            isouter=True,
        )
    )


async def confirmed(db: Reading | Writing, meeting_id: UUID) -> list[Held]:
    """Every registration of a meeting that stands."""
    query = _held().where(
        Registration.meeting_id == meeting_id, Registration.state == RegistrationState.APPROVED
    )
    return [Held(*row) for row in await db.exec(query)]


async def ended(db: Reading | Writing, meeting_id: UUID) -> list[str]:
    """The codes of the badges of a meeting that are valid no more."""
    query = (
        select(Badge.code)
        .join(Registration, col(Registration.id) == Badge.registration_id)
        .where(Registration.meeting_id == meeting_id, col(Badge.ended_at).is_not(None))
    )
    return list(await db.exec(query))


async def listed(
    db: Reading | Writing, meeting_id: UUID, *, by: Person, asked: str = ""
) -> list[Held]:
    """The confirmed registrations of a meeting, by name, that hold every word asked for."""
    await of_the_desk(db, by, meeting_id)
    found = await confirmed(db, meeting_id)
    wanted = fold(asked).split()
    exact = spelled(asked)
    kept = [
        each
        for each in found
        if each.registration.reference == exact or all(word in _sought(each) for word in wanted)
    ]
    return sorted(kept, key=lambda each: (fold(each.registration.name), each.registration.id))


def _sought(held: Held) -> str:
    return fold(f"{held.registration.name} {held.body} {held.registration.reference}")


async def held(db: Reading | Writing, registration_id: UUID, *, by: Person) -> Held:
    """One registration at the desk, whatever its state; Refused for who is not of the desk."""
    row = (await db.exec(_held().where(Registration.id == registration_id))).first()
    if row is None:
        raise NotFound
    await of_the_desk(db, by, row[0].meeting_id)
    return Held(*row)


@dataclass(frozen=True, slots=True)
class Face:
    """What stands on a badge: a category that is the entity's on the first day of the meeting."""

    held: Held
    meeting: Meeting
    category: Category
    functions: frozenset[Function]
    text: str
    photo: bytes = b""


async def faces(
    db: Reading | Writing, keys: Keys, meeting_id: UUID, registrations: Sequence[UUID]
) -> list[Face]:
    """What stands on the valid badges of these registrations, in the order of the names."""
    meeting = await load(db, Meeting, meeting_id)
    found = [
        Held(*row)
        for row in await db.exec(_held().where(Registration.meeting_id == meeting_id))
        if row[0].id in set(registrations)
    ]
    bodies = {each.registration.entity_id for each in found if each.registration.entity_id}
    categories = await entities.categories_on(db, bodies, await _first_day(db, meeting))
    serving = await _serving(db, meeting_id)
    pictures = await photos.of_many(db, keys.vault, [each.registration.id for each in found])
    made = [
        Face(
            each,
            meeting,
            _category(categories.get(each.entity.id) if each.entity else None),
            serving.get(each.registration.person_id, frozenset()),
            reference(keys, each.badge),
            pictures.get(each.registration.id, b""),
        )
        for each in found
        if each.badge is not None
    ]
    return sorted(made, key=lambda each: (fold(each.held.registration.name), each.text))


def _category(found: tuple[Category | None, bool] | None) -> Category:
    """Where membership has ended, and where there is no entity, it is a stakeholder's."""
    category, ended = found or (None, False)
    return Category.STAKEHOLDER if category is None or ended else category


async def _first_day(db: Reading | Writing, meeting: Meeting) -> date:
    query = select(Sitting).where(Sitting.meeting_id == meeting.id).order_by(col(Sitting.number))
    first = (await db.exec(query.limit(1))).first()
    if first is None:
        return meeting.created_at.date()
    return first.starts_at.astimezone(ZoneInfo(first.time_zone)).date()


async def _serving(db: Reading | Writing, meeting_id: UUID) -> dict[UUID, frozenset[Function]]:
    query = select(Appointment.person_id, Appointment.function).where(
        Appointment.meeting_id == meeting_id, col(Appointment.ended_at).is_(None)
    )
    held: dict[UUID, frozenset[Function]] = {}
    for person_id, function in await db.exec(query):
        held[person_id] = held.get(person_id, frozenset()) | {Function(function)}
    return held


async def registration_of(
    db: Reading | Writing, meeting_id: UUID, said: str, *, by: Person
) -> Registration:
    """The registration of this meeting with this reference, for the desk; else NotFound."""
    await of_the_desk(db, by, meeting_id)
    if (row := await by_reference(db, meeting_id, said)) is None:
        raise NotFound
    return row


async def by_reference(db: Reading | Writing, meeting_id: UUID, said: str) -> Registration | None:
    """The registration of this meeting with this reference, whoever asks."""
    found = spelled(said)
    if not found.isalnum():  # PostgreSQL keeps no NUL
        return None
    query = select(Registration).where(
        Registration.meeting_id == meeting_id, Registration.reference == found
    )
    return (await db.exec(query)).first()


async def registrations_of(
    db: Reading | Writing, meeting_id: UUID, said: Collection[str], *, by: Person
) -> list[UUID]:
    """The same for many references; NotFound where one of them is of no registration here."""
    await of_the_desk(db, by, meeting_id)
    wanted = {spelled(each) for each in said}
    query = select(Registration.id, Registration.reference).where(
        Registration.meeting_id == meeting_id,
        col(Registration.reference).in_([each for each in wanted if each.isalnum()]),
    )
    found = {reference: key for key, reference in await db.exec(query)}
    if found.keys() != wanted:
        raise NotFound
    return list(found.values())
