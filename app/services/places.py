"""Places at a sitting: limits by mode, a waiting list in order, and whoever moves up is told.

Without a limit everyone has a place. A registration that waits for its approval holds its places;
one that was rejected or withdrawn holds none.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, delete, func, select

from app.database import Reading, Writing, hold_all, load, put_rows
from app.errors import Malformed, NotFound, Refused
from app.models import Attending, Meeting, Person, Registration, Sitting, SittingPlaces
from app.policy.letters import LetterKind
from app.policy.meeting import MeetingReason
from app.policy.refusal import No
from app.policy.registration import LIVE, ClaimFault, Mode
from app.services import access, acts, letters

MOST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Room:
    """How one way to attend a sitting stands: places, held and waiting."""

    mode: Mode
    places: int
    held: int
    waiting: int

    @property
    def free(self) -> int:
        """What the next who asks may take; whoever waits comes first."""
        return 0 if self.waiting else max(self.places - self.held, 0)


@dataclass(frozen=True, slots=True)
class Place:
    """How a registration attends a sitting; ``waits_since`` where it is on the waiting list."""

    registration_id: UUID
    sitting_id: UUID
    mode: Mode
    waits_since: datetime | None


async def rooms(db: Reading | Writing, sittings: Collection[UUID]) -> dict[UUID, dict[Mode, Room]]:
    """The limited ways to attend these sittings, and how each stands; two questions for all."""
    limits = select(SittingPlaces).where(col(SittingPlaces.sitting_id).in_(sittings))
    found = list(await db.exec(limits.order_by(col(SittingPlaces.mode))))
    counted: dict[tuple[UUID, Mode, bool], int] = {}
    if found:
        waits = col(Attending.waits_since).is_not(None)
        query = (
            select(Attending.sitting_id, Attending.mode, waits, func.count())
            .join(Registration, col(Registration.id) == col(Attending.registration_id))
            .where(col(Attending.sitting_id).in_(sittings), col(Registration.state).in_(LIVE))
            .group_by(col(Attending.sitting_id), col(Attending.mode), waits)
        )
        for sitting, mode, is_waiting, number in await db.exec(query):
            counted[sitting, Mode(mode), bool(is_waiting)] = number
    made: dict[UUID, dict[Mode, Room]] = {}
    for each in found:
        held, waiting = (
            counted.get((each.sitting_id, each.mode, waits), 0) for waits in (False, True)
        )
        room = Room(each.mode, each.places, held, waiting)
        made.setdefault(each.sitting_id, {})[each.mode] = room
    return made


async def attend(
    db: Writing, row: Registration, modes: Mapping[UUID, Mode], now: datetime, *, anew: bool
) -> None:
    """Take the places that a claim asks for; those held already stay held, unless ``anew``.

    Who finds none waits; who gives one up makes room for the first who waits.
    """
    kept = {each.sitting_id: each for each in await _of(db, row)}
    limited = await _hold(db, {*kept, *modes})
    gone = [each for key, each in kept.items() if anew or modes.get(key) is not each.mode]
    for each in gone:
        await db.delete(each)
    await db.flush()
    still = kept.keys() - {each.sitting_id for each in gone}
    new = {key: mode for key, mode in modes.items() if key not in still}
    standing = await rooms(db, new) if limited else {}
    for key, mode in new.items():
        room = standing.get(key, {}).get(mode)
        waits = now if room and not room.free else None
        db.add(Attending(registration_id=row.id, sitting_id=key, mode=mode, waits_since=waits))
    await db.flush()
    await _move_up(db, {each.sitting_id for each in gone}, now)


async def attend_all(
    db: Writing, claimed: Sequence[tuple[Registration, Mapping[UUID, Mode], datetime]]
) -> list[Place]:
    """Take the places that several claims ask for, in their order; none of them holds any yet."""
    sittings = {sitting for _, wanted, _ in claimed for sitting in wanted}
    standing = await rooms(db, sittings) if await _hold(db, sittings) else {}
    taken: Counter[tuple[UUID, Mode]] = Counter()
    made = list[Place]()
    for row, wanted, now in claimed:
        for key, mode in wanted.items():
            room = standing.get(key, {}).get(mode)
            waits = now if room and taken[key, mode] >= room.free else None
            taken[key, mode] += waits is None
            made.append(Place(row.id, key, mode, waits))
    await put_rows(db, Attending, [asdict(each) for each in made])
    return made


async def hand_on(db: Writing, held: Registration, to: Registration) -> None:
    """Give what one registration holds, or waits for, to another: nobody moves up or down."""
    await db.exec(delete(Attending).where(col(Attending.registration_id) == to.id))
    db.add_all(
        Attending(
            registration_id=to.id,
            sitting_id=each.sitting_id,
            mode=each.mode,
            waits_since=each.waits_since,
        )
        for each in await _of(db, held)
    )


async def release(db: Writing, row: Registration, now: datetime) -> None:
    """Give the places of a registration that lives no longer to those who wait."""
    sittings = {each.sitting_id for each in await _of(db, row)}
    await _hold(db, sittings)
    await db.flush()
    await _move_up(db, sittings, now)


async def limit(
    db: Writing,
    sitting_id: UUID,
    wanted: Mapping[Mode, int | None],
    *,
    by: Person,
    now: datetime,
) -> None:
    """Say how many may attend in each way, None without a limit; nobody loses a place by it."""
    sitting = await load(db, Sitting, sitting_id)
    if not await access.is_secretariat(db, by, sitting.meeting_id):
        raise Refused(No(MeetingReason.NOT_THE_SECRETARIAT))
    wrong = {
        mode.value: ClaimFault.PLACES
        for mode, places in wanted.items()
        if places is not None and not 0 <= places <= MOST
    }
    if wrong:
        raise Malformed(**wrong)
    await hold_all(db, Sitting, Sitting.id == sitting_id)
    present = {each.mode: each for each in await _hold(db, {sitting_id})}
    for mode, number in wanted.items():
        row = present.get(mode)
        if number is None and row:
            await db.delete(row)
        elif number is not None:
            row = row or SittingPlaces(sitting_id=sitting_id, mode=mode, places=number)
            row.places = number
            db.add(row)
    await db.flush()
    told = {mode.value: places for mode, places in wanted.items()}
    await acts.record(
        db,
        "places-limited",
        now,
        meeting_id=sitting.meeting_id,
        sitting=str(sitting_id),
        by=str(by.id),
        places=told,
    )
    await _move_up(db, {sitting_id}, now)


async def queue(db: Reading | Writing, registration_id: UUID) -> dict[UUID, int]:
    """Where somebody stands on the waiting lists, from 1, by sitting."""
    mine = select(Attending).where(
        Attending.registration_id == registration_id, col(Attending.waits_since).is_not(None)
    )
    return {each.sitting_id: await _place(db, each) for each in (await db.exec(mine)).all()}


async def _place(db: Reading | Writing, mine: Attending) -> int:
    ahead = select(Attending.id).join(
        Registration, col(Registration.id) == col(Attending.registration_id)
    )
    ahead = ahead.where(*_waiting(mine.sitting_id, mine.mode)).order_by(*_order())
    return 1 + list(await db.exec(ahead)).index(mine.id)


def _waiting(sitting_id: UUID, mode: Mode) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Attending.sitting_id) == sitting_id,
        col(Attending.mode) == mode,
        col(Attending.waits_since).is_not(None),
        col(Registration.state).in_(LIVE),
    )


def _order() -> Sequence[Any]:
    return col(Attending.waits_since), col(Registration.submitted_at), col(Attending.id)


async def modes(db: Reading | Writing, registration_id: UUID) -> dict[UUID, Mode]:
    """How someone means to attend, by sitting; a sitting that is not there they do not."""
    query = select(Attending).where(Attending.registration_id == registration_id)
    return {each.sitting_id: each.mode for each in await db.exec(query)}


async def _of(db: Writing, row: Registration) -> list[Attending]:
    return list(await db.exec(select(Attending).where(Attending.registration_id == row.id)))


async def _hold(db: Writing, sittings: Collection[UUID]) -> list[SittingPlaces]:
    """Of two who reach for the last place at once, one is second."""
    return await hold_all(db, SittingPlaces, col(SittingPlaces.sitting_id).in_(sittings))


async def _move_up(db: Writing, sittings: Collection[UUID], now: datetime) -> None:
    """Give what is free to those who wait, in order, and tell them; also where no limit is left."""
    if not sittings:
        return
    standing = await rooms(db, sittings)
    for sitting_id in sorted(sittings):
        for mode in Mode:
            room = standing.get(sitting_id, {}).get(mode)
            free = MOST if room is None else max(room.places - room.held, 0)
            if free and (room is None or room.waiting):
                await _give(db, sitting_id, mode, free, now)


async def _give(db: Writing, sitting_id: UUID, mode: Mode, free: int, now: datetime) -> None:
    query = (
        select(Attending, Registration)
        .join(Registration, col(Registration.id) == col(Attending.registration_id))
        .where(*_waiting(sitting_id, mode))
        .order_by(*_order())
        .limit(free)
    )
    for place, row in (await db.exec(query)).all():
        place.waits_since = None
        db.add(place)
        await _tell(db, row, sitting_id, mode, now)
    await db.flush()


async def _tell(
    db: Writing, row: Registration, sitting_id: UUID, mode: Mode, now: datetime
) -> None:
    meeting = await load(db, Meeting, row.meeting_id)
    person = await load(db, Person, row.person_id)
    await letters.write(
        db,
        LetterKind.PLACE,
        person,
        now,
        reference=row.reference,
        meeting=meeting.title,
        link=f"/registrations/{row.reference}",
        sittings=str(sitting_id),
    )
    await acts.record(
        db,
        "place-given",
        now,
        meeting_id=row.meeting_id,
        registration=str(row.id),
        sitting=str(sitting_id),
        mode=mode.value,
    )


async def of_sitting(db: Reading | Writing, sitting_id: UUID) -> dict[Mode, Room]:
    """How the limited ways to attend one sitting stand; NotFound where there is no such sitting."""
    if await db.get(Sitting, sitting_id) is None:
        raise NotFound
    return (await rooms(db, [sitting_id])).get(sitting_id, {})
