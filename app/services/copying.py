"""A meeting made after another one: its rule, form, sittings and places, on later days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from app.database import Writing, hold, load
from app.errors import Malformed, NotFound
from app.models import FormEdition, Meeting, Person, Sitting, SittingPlaces
from app.policy.meeting import MeetingFault, NewMeeting
from app.services import access, acts, forms, meetings

MOST_DAYS: Final = 3660


@dataclass(frozen=True, slots=True)
class Copy:
    """What is another one's: the address, the title, and by how many days all sittings move."""

    slug: str
    title: str
    days: int


async def copy(
    db: Writing, meeting_id: UUID, wanted: Copy, *, by: Person, now: datetime
) -> Meeting:
    """Found a meeting like this one, for its secretariat; who copies is the new one's secretariat.

    The rule as it is pinned, the present form, sittings at the same time of the day, and places.
    Neither registrations nor the agenda, nor anybody's function.
    """
    old = await hold(db, Meeting, meeting_id)
    if not await access.is_secretariat(db, by, meeting_id):
        raise NotFound
    if not 1 <= wanted.days <= MOST_DAYS:
        raise Malformed(days=MeetingFault.DAYS)
    edition = access.edition(old)
    new = NewMeeting(wanted.slug, wanted.title, old.place, old.time_zone, edition)
    made = await meetings.found_meeting(db, new, by, now)
    keys = await _sittings(db, old, made, timedelta(days=wanted.days))
    made.boundary_after = keys.get(old.boundary_after) if old.boundary_after else None
    db.add(made)
    await _places(db, keys)
    await _form(db, old, made, by, now)
    facts = {"copy_of": str(old.id), "days": wanted.days, "by": str(by.id)}
    await acts.record(db, "meeting-copied", now, meeting_id=made.id, **facts)
    return await load(db, Meeting, made.id)


async def _sittings(db: Writing, old: Meeting, made: Meeting, later: timedelta) -> dict[UUID, UUID]:
    """The new sitting of each old one."""
    keys: dict[UUID, UUID] = {}
    for each in await meetings.sittings(db, old.id):
        sitting = Sitting(
            meeting_id=made.id,
            number=each.number,
            part=each.part,
            title=each.title,
            starts_at=_shifted(each.starts_at, each.time_zone, later),
            ends_at=_shifted(each.ends_at, each.time_zone, later),
            place=each.place,
            time_zone=each.time_zone,
            seconds_each=each.seconds_each,
            seconds_person=each.seconds_person,
            seconds_body=each.seconds_body,
            newest_first=list(each.newest_first),
        )
        db.add(sitting)
        keys[each.id] = sitting.id
    await db.flush()
    return keys


def _shifted(moment: datetime, zone: str, later: timedelta) -> datetime:
    """The same time on the clocks of the place, whatever summer time does in between."""
    return (moment.astimezone(ZoneInfo(zone)) + later).astimezone(moment.tzinfo)


async def _places(db: Writing, keys: dict[UUID, UUID]) -> None:
    query = select(SittingPlaces).where(col(SittingPlaces.sitting_id).in_(keys))
    for each in (await db.exec(query)).all():
        new = keys[each.sitting_id]
        db.add(SittingPlaces(sitting_id=new, mode=each.mode, places=each.places))


async def _form(db: Writing, old: Meeting, made: Meeting, by: Person, now: datetime) -> None:
    """The present edition becomes the first; the default needs none."""
    asked = await forms.current(db, old.id)
    if asked.row:
        same = dict(asked.row.definition)
        db.add(
            FormEdition(meeting_id=made.id, number=1, definition=same, made_at=now, made_by=by.id)
        )
    await db.flush()
