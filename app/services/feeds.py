"""Calendars that programs ask for: a meeting's for everyone, a person's by a secret address."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlmodel import col, delete, or_, select

from app.database import Reading, Writing, hold
from app.errors import NotFound
from app.mail import tokens
from app.mail.calendar import Date, Window
from app.models import (
    Appointment,
    Attending,
    CalendarFeed,
    Consultation,
    Meeting,
    Person,
    Registration,
    Sitting,
)
from app.policy.access import decide
from app.policy.form import told
from app.policy.parts import Right
from app.services import access, acts, meetings


def path(word: str) -> str:
    """Where the calendar of this word is."""
    return f"/calendars/{word}.ics"


async def publish(db: Writing, person: Person, now: datetime) -> tuple[CalendarFeed, str]:
    """A new secret address; its word is given once and kept nowhere, the one before is void."""
    await hold(db, Person, person.id)  # of two at once, the second replaces the first
    found = await of(db, person)
    made = found or CalendarFeed(person_id=person.id, digest="", created_at=now)
    word = tokens.new_token()
    made.digest, made.created_at = tokens.digest(word), now
    db.add(made)
    await db.flush()
    await acts.record(db, "calendar-published", now, person=str(person.id))
    return made, word


async def revoke(db: Writing, person: Person, now: datetime) -> None:
    """Have the address lead nowhere; where there is none it changes nothing."""
    gone = delete(CalendarFeed).where(col(CalendarFeed.person_id) == person.id)
    if (await db.exec(gone)).rowcount:
        await acts.record(db, "calendar-revoked", now, person=str(person.id))


async def of(db: Reading | Writing, person: Person) -> CalendarFeed | None:
    query = select(CalendarFeed).where(CalendarFeed.person_id == person.id)
    return (await db.exec(query)).first()


async def whose(db: Reading | Writing, word: str) -> Person:
    """Whose calendar has this word; NotFound where nobody's has, or it was replaced or revoked."""
    query = (
        select(Person)
        .join(CalendarFeed, col(CalendarFeed.person_id) == col(Person.id))
        .where(CalendarFeed.digest == tokens.digest(word), col(Person.verified_at).is_not(None))
    )
    found = (await db.exec(query)).first()
    if found is None:
        raise NotFound
    return found


async def of_meeting(db: Reading, meeting: Meeting) -> list[Date]:
    """When a meeting sits, in which part and where: that is public, the titles may not be (A18)."""
    return [Date(meeting, each) for each in await meetings.sittings(db, meeting.id)]


async def of_rounds(db: Reading, rows: Sequence[Consultation], language: str) -> list[Window]:
    """Consultations that everyone may know of, with what their meetings face to face are called."""
    found = []
    for row in rows:
        sitting = await db.get(Sitting, row.sitting_id) if row.sitting_id else None
        meeting = await db.get(Meeting, row.meeting_id)
        date = Date(meeting, sitting) if meeting and sitting else None
        found.append(Window(row, told(row.titles, language), date))
    return found


async def of_person(db: Reading, person: Person, now: datetime) -> list[Date]:
    """The sittings somebody registered for or serves at, as far as the rule lets them attend.

    It is asked anew each time. A part counts as open here: it will be when its time comes. Where
    only the approval of a claim is missing the date is tentative.
    """
    found = []
    named = await _meetings(db, person)
    for sitting in await _sittings(db, person):
        meeting = named[sitting.meeting_id]
        stands = access.once_open(await access.standing(db, person, sitting, meeting, now))
        book = access.edition(meeting)
        claimed = stands.registered and not stands.approved
        if decide(book, stands, sitting.part, Right.ATTEND):
            found.append(Date(meeting, sitting))
        elif claimed and decide(book, replace(stands, approved=True), sitting.part, Right.ATTEND):
            found.append(Date(meeting, sitting, tentative=True))
    return found


async def _sittings(db: Reading, person: Person) -> list[Sitting]:
    """Those at which they hold a place, and all of a meeting that they serve, by their time."""
    placed = (
        select(Attending.sitting_id)
        .join(Registration, col(Registration.id) == col(Attending.registration_id))
        .where(
            Registration.person_id == person.id,
            col(Registration.state).in_(access.LIVE),
            col(Attending.waits_since).is_(None),
        )
    )
    served = select(Appointment.meeting_id).where(
        Appointment.person_id == person.id, col(Appointment.ended_at).is_(None)
    )
    query = select(Sitting).where(
        or_(col(Sitting.id).in_(placed), col(Sitting.meeting_id).in_(served))
    )
    return list(await db.exec(query.order_by(col(Sitting.starts_at), col(Sitting.id))))


async def _meetings(db: Reading, person: Person) -> Mapping[UUID, Meeting]:
    registered = select(Registration.meeting_id).where(Registration.person_id == person.id)
    served = select(Appointment.meeting_id).where(Appointment.person_id == person.id)
    query = select(Meeting).where(or_(col(Meeting.id).in_(registered), col(Meeting.id).in_(served)))
    return {each.id: each for each in await db.exec(query)}
