"""What the badge desk does for somebody: looks at a document, hands the badge out; also alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import col, delete, select

from app.database import Reading, Writing, hold, load
from app.errors import NotFound, Refused
from app.keys import Keys
from app.models import Badge, DeskNote, Meeting, Person, Registration
from app.policy.badge import SCANS_KEPT, BadgeReason, DeskTold
from app.policy.refusal import No
from app.policy.registration import RegistrationState
from app.services import acts, badges, forms
from app.services.badges import Held

SHOWN: Final = 20  # of what should be looked into


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, for whom and when; ``registration_id``, or else ``text`` that was read.

    ``id`` is given at the desk: what is sent twice counts once. ``at`` and ``told`` are of a desk
    without the network.
    """

    id: UUID
    registration_id: UUID | None = None
    text: str = ""
    identity_seen: bool = False
    handed_out: bool = False
    at: datetime | None = None
    told: DeskTold | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """A note with the name it is about, as far as it is known here."""

    note: DeskNote
    name: str

    @property
    def reason(self) -> BadgeReason | None:
        """What speaks against what was done without the network."""
        return next((each for each in BadgeReason if each.value == self.note.reason), None)


@dataclass(frozen=True, slots=True)
class _Case:
    """Whom it is about, as far as the service knows; ``reason`` says what is wrong with it."""

    row: Registration | None = None
    badge: Badge | None = None
    reason: BadgeReason | None = None


async def note(
    db: Writing, keys: Keys, meeting_id: UUID, done: Done, *, by: Person, now: datetime
) -> Noted:
    """Keep what the desk did; Refused where it must not be, unless it was done already, alone.

    What was done without the network has happened: it is kept with what speaks against it, and
    somebody looks into it. The same note again is answered as the first time.
    """
    by = await hold(db, Person, by.id)  # of one note told by two pages at once, one is second
    await badges.of_the_desk(db, by, meeting_id)
    if (kept := await db.get(DeskNote, done.id)) is not None:
        return await _again(db, meeting_id, kept)
    case = await _case(db, keys, meeting_id, done)
    if case.reason is not None and done.told is None:
        raise Refused(No(case.reason))
    if case.badge is not None and case.reason is None:
        case.badge.identity_seen = case.badge.identity_seen or done.identity_seen
    made = DeskNote(
        id=done.id,
        meeting_id=meeting_id,
        registration_id=case.row.id if case.row else None,
        badge_id=case.badge.id if case.badge else None,
        identity_seen=done.identity_seen,
        handed_out=done.handed_out,
        at=min(done.at or now, now),
        received_at=now,
        by_id=by.id,
        told=done.told,
        reason=case.reason or "",
    )
    db.add(made)
    await _record(db, made, now)
    return Noted(made, case.row.name if case.row else "")


async def _again(db: Writing, meeting_id: UUID, kept: DeskNote) -> Noted:
    if kept.meeting_id != meeting_id:
        raise NotFound
    row = await db.get(Registration, kept.registration_id) if kept.registration_id else None
    return Noted(kept, row.name if row else "")


async def _case(db: Writing, keys: Keys, meeting_id: UUID, done: Done) -> _Case:
    found, why = await _meant(db, keys, meeting_id, done)
    if found is None:
        return _Case(reason=why or BadgeReason.UNKNOWN)
    row = await hold(db, Registration, found)
    held = await badges.valid(db, row.id)
    return _Case(row, held, why or await _against(db, row, held, done))


async def _meant(
    db: Writing, keys: Keys, meeting_id: UUID, done: Done
) -> tuple[UUID | None, BadgeReason | None]:
    """The registration that is meant, and what is wrong with the badge that was read."""
    if done.registration_id is not None:
        query = select(Registration.id).where(
            Registration.id == done.registration_id, Registration.meeting_id == meeting_id
        )
        return (await db.exec(query)).first(), None
    checked = await badges.check(db, keys, meeting_id, done.text)
    if checked is not None:
        return checked.registration.id if checked.registration else None, checked.reason
    row = await badges.by_reference(db, meeting_id, done.text)
    return row.id if row else None, None


async def _against(
    db: Writing, row: Registration, badge: Badge | None, done: Done
) -> BadgeReason | None:
    if row.state is not RegistrationState.APPROVED:
        return BadgeReason.NOT_CONFIRMED
    if not done.handed_out:
        return None
    if badge is None:
        return BadgeReason.NO_BADGE
    if badge.version != row.version:
        return BadgeReason.OUTDATED
    before = select(DeskNote.id).where(
        DeskNote.badge_id == badge.id, col(DeskNote.handed_out).is_(True), DeskNote.reason == ""
    )
    return BadgeReason.HANDED_OUT if (await db.exec(before)).first() else None


async def _record(db: Writing, made: DeskNote, now: datetime) -> None:
    await acts.record(
        db,
        "badge-desk-noted",
        now,
        meeting_id=made.meeting_id,
        note=str(made.id),
        registration=str(made.registration_id) if made.registration_id else None,
        badge=str(made.badge_id) if made.badge_id else None,
        identity_seen=made.identity_seen,
        handed_out=made.handed_out,
        done_at=made.at.isoformat(),
        told=made.told,
        reason=made.reason,
        by=str(made.by_id),
    )


# Looking


async def contested(db: Reading | Writing, meeting_id: UUID, *, by: Person) -> list[Noted]:
    """What was done without the network against what the service knows; the newest first."""
    await badges.of_the_desk(db, by, meeting_id)
    query = (
        select(DeskNote, Registration.name)
        .join(Registration, col(Registration.id) == DeskNote.registration_id, isouter=True)
        .where(DeskNote.meeting_id == meeting_id, DeskNote.reason != "")
        .order_by(col(DeskNote.at).desc())
        .limit(SHOWN)
    )
    return [Noted(each, name or "") for each, name in await db.exec(query)]


async def of_registration(db: Reading | Writing, registration_id: UUID) -> Sequence[DeskNote]:
    """What the desk did for one person, in its order."""
    query = select(DeskNote).where(DeskNote.registration_id == registration_id)
    return (await db.exec(query.order_by(col(DeskNote.at)))).all()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the desk's list: a confirmed registration, and what was done for it."""

    held: Held
    identity_seen: bool
    handed_out: bool


@dataclass(frozen=True, slots=True)
class DeskList:
    """What a desk needs to go on by itself: all who are confirmed, and badges that have ended."""

    meeting_id: UUID
    made_at: datetime
    lines: tuple[Line, ...]
    ended: tuple[str, ...]


async def desk_list(db: Reading, meeting_id: UUID, *, by: Person, now: datetime) -> DeskList:
    found = await badges.listed(db, meeting_id, by=by)
    query = select(DeskNote).where(DeskNote.meeting_id == meeting_id, DeskNote.reason == "")
    notes = (await db.exec(query)).all()
    seen = {each.registration_id for each in notes if each.identity_seen}
    handed = {each.badge_id for each in notes if each.handed_out and each.badge_id}
    lines = [
        Line(
            each,
            each.registration.id in seen or (each.badge is not None and each.badge.identity_seen),
            each.badge is not None and each.badge.id in handed,
        )
        for each in found
    ]
    ended = await badges.ended(db, meeting_id)
    return DeskList(meeting_id, now, tuple(lines), tuple(ended))


# The end of it.


async def forget(db: Writing, now: datetime) -> int:
    """Remove the notes of meetings that are long over, as those of the doors; how many."""
    with_notes = select(DeskNote.meeting_id).distinct()
    gone = 0
    for key in list(await db.exec(with_notes)):
        past = await forms.days_since(db, await load(db, Meeting, key), now)
        if past is not None and past > SCANS_KEPT:
            of_meeting = delete(DeskNote).where(col(DeskNote.meeting_id) == key)
            gone += (await db.exec(of_meeting)).rowcount
    return gone
