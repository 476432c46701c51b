"""Seats: tickets to them, one per person and sitting, and who sits there now.

A screen in the hall has a ticket and no seat: see docs/decisions/0007.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from sqlalchemy import ColumnElement, bindparam, literal
from sqlmodel import col, delete, func, select, update

from app.database import Reading, Writing, load, ring
from app.errors import NotFound, Refused
from app.live import leases
from app.models import (
    AccessToken,
    FloorRequest,
    Login,
    Meeting,
    Person,
    Seat,
    Sitting,
    Stay,
    TicketUsed,
)
from app.policy.access import Right
from app.policy.access import decide as rule
from app.policy.attendance import Attendee
from app.policy.entry import EntryReason
from app.policy.floor import RequestState, may_show
from app.policy.identity import SignInWay
from app.policy.passkey import PasskeyReason
from app.policy.people import Function, Standing
from app.policy.refusal import No
from app.policy.view import ViewReason
from app.protocol.news import SPEAKER
from app.services import access, attendance, passkey


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a ticket names; it opens one socket, once, within a minute, at one epoch.

    One for a ``screen`` opens a socket that shows the sitting in the hall and does nothing else.
    """

    id: UUID
    person_id: UUID
    login_id: UUID | None
    token_id: UUID | None
    sitting_id: UUID
    epoch: int
    screen: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """A ticket that someone asks for, signed in with one of the two."""

    person: Person
    sitting_id: UUID
    login_id: UUID | None = None
    token_id: UUID | None = None
    screen: bool = False


class TicketOffice:
    """Signs tickets and reads them back."""

    def __init__(self, secret: bytes, lifetime: int) -> None:
        self._signer = URLSafeTimedSerializer(secret, salt="cwg ticket")
        self.lifetime = lifetime

    async def issue(
        self, db: Reading, wanted: Sequence[Wanted], now: datetime
    ) -> list[str | Exception]:
        """Tickets for those who may attend now, in as many queries as for one of each sitting.

        Refused with the decision for whoever may not, NotFound for a sitting that is none.
        """
        made: dict[Wanted, str | Exception] = {}
        for sitting_id in {each.sitting_id for each in wanted}:
            here = [each for each in wanted if each.sitting_id == sitting_id]
            sitting = await db.get(Sitting, sitting_id)
            if sitting is None:
                made |= dict.fromkeys(here, NotFound())
            else:
                made |= await self._decide(db, sitting, here, now)
        return [made[each] for each in wanted]

    async def _decide(
        self, db: Reading, sitting: Sitting, wanted: Sequence[Wanted], now: datetime
    ) -> dict[Wanted, str | Exception]:
        meeting = await load(db, Meeting, sitting.meeting_id)
        people = [each.person for each in wanted]
        standings = await access.standings(db, people, sitting, meeting, now)
        return {
            each: self._decided(meeting, sitting, each, standings[each.person.id])
            for each in wanted
        }

    def _decided(
        self, meeting: Meeting, sitting: Sitting, wanted: Wanted, standing: Standing
    ) -> str | Exception:
        entry = rule(access.edition(meeting), standing, sitting.part, Right.ATTEND)
        if not entry:
            return Refused(entry)
        if wanted.screen:
            shown = may_be_shown(standing.functions, opened=standing.opened)
            if not shown:
                return Refused(shown)
        return self.sign(
            Ticket(
                uuid4(),
                wanted.person.id,
                wanted.login_id,
                wanted.token_id,
                sitting.id,
                meeting.epoch,
                wanted.screen,
            )
        )

    def sign(self, ticket: Ticket) -> str:
        """The ticket as text; whoever asks has decided that its holder may attend."""
        named = (
            ticket.id,
            ticket.person_id,
            ticket.login_id,
            ticket.token_id,
            ticket.sitting_id,
        )
        said = [*(str(each or "") for each in named), ticket.epoch, ticket.screen]
        return self._signer.dumps(said)

    def read(self, ticket: str) -> Ticket | No:
        """What the ticket says, if this service said it within the last minute."""
        try:
            values = self._signer.loads(ticket, max_age=self.lifetime)
        except SignatureExpired:
            return No(EntryReason.EXPIRED)
        except BadSignature:
            return No(EntryReason.FORGED)
        key, person, login, token, sitting, epoch, screen = values
        return Ticket(
            UUID(key), UUID(person), _key(login), _key(token), UUID(sitting), epoch, screen
        )


def _key(text: str) -> UUID | None:
    return UUID(text) if text else None


def may_be_shown(functions: frozenset[Function], *, opened: bool) -> Literal[True] | No:
    """Whether someone with these functions may show a sitting in the hall at this moment.

    Those in service go ahead into a part that is not open yet; what they see there is not for a
    hall in which others may still be, nor is what a part leaves behind when it is over.
    """
    if not may_show(functions):
        return No(EntryReason.NO_SCREEN)
    return True if opened else No(EntryReason.SHOWS_NOTHING_YET)


async def burn(db: Writing, tickets: Sequence[Ticket], now: datetime) -> set[UUID]:
    """Use tickets up, whatever is decided then; the ids of those that nobody had used before."""
    await db.exec(delete(TicketUsed).where(col(TicketUsed.expires_at) < now))
    ids = {each.id for each in tickets}
    used = await db.exec(select(TicketUsed.id).where(col(TicketUsed.id).in_(ids)))
    fresh = ids - set(used)
    until = now + timedelta(minutes=5)
    db.add_all(TicketUsed(id=each, expires_at=until) for each in fresh)
    await db.flush()
    return fresh


async def signed_in(
    db: Reading | Writing,
    login_ids: Sequence[UUID],
    token_ids: Sequence[UUID],
    now: datetime,
    *,
    passkeys: bool = False,
) -> dict[UUID, datetime | No | None]:
    """Until when these logins and tokens count, or why not; those that have ended are not there.

    ``passkeys`` says that those of someone whose function takes a passkey count only with one; a
    login through which somebody looks as another counts for no seat.
    """
    weak: tuple[ColumnElement[bool], ...] = (literal(value=False), literal(value=False))
    if passkeys:
        bound = passkey.bound_people()
        weak = (
            (col(Login.way) != SignInWay.PASSKEY) & col(Login.person_id).in_(bound),
            ~col(AccessToken.with_passkey) & col(AccessToken.person_id).in_(bound),
        )
    looks = col(Login.viewed_as).is_not(None)
    logins = select(Login.id, Login.expires_at, weak[0], looks).where(
        col(Login.id).in_(login_ids), col(Login.revoked_at).is_(None), col(Login.expires_at) > now
    )
    tokens = select(AccessToken.id, AccessToken.expires_at, weak[1], literal(value=False)).where(
        col(AccessToken.id).in_(token_ids),
        col(AccessToken.revoked_at).is_(None),
        col(AccessToken.expires_at).is_(None) | (col(AccessToken.expires_at) > now),
    )
    return {
        key: No(PasskeyReason.NEEDED) if lacks else No(ViewReason.NO_SEAT) if looks_on else ends
        for query in (logins, tokens)
        for key, ends, lacks, looks_on in await db.exec(query)
    }


class Seating:
    """The seats that are taken in one transaction: read once, written once, however many come."""

    def __init__(self, held: Mapping[UUID, dict[UUID, Seat]], alive: Collection[UUID]) -> None:
        self._held = held  # by person and sitting
        self._alive = alive
        self._here: set[tuple[UUID, UUID]] = set()  # whose lines end, by sitting and person
        self._stays: dict[tuple[UUID, UUID], Stay] = {}
        self._all: list[Stay] = []

    @classmethod
    async def of(cls, db: Writing, people: Collection[UUID]) -> "Seating":
        """Hold all seats of these people until the end of the transaction."""
        query = select(Seat).where(col(Seat.person_id).in_(people)).order_by(col(Seat.id))
        held: dict[UUID, dict[UUID, Seat]] = {each: {} for each in people}
        for seat in await db.exec(
            query.with_for_update().execution_options(populate_existing=True)
        ):
            held[seat.person_id][seat.sitting_id] = seat
        return cls(held, {lease.id for lease in await leases.live(db)})

    def take(
        self,
        db: Writing,
        sitting_id: UUID,
        person_id: UUID,
        process: UUID,
        now: datetime,
        *,
        over: bool,
        who: Attendee,
    ) -> int | No:
        """Sit down: the new generation. An older connection of the person is told and ended."""
        held = self._held[person_id]
        seat = held.get(sitting_id)
        if seat is not None and seat.left_at is None and seat.process_id in self._alive:
            if not over:
                return No(EntryReason.SEATED)
            ring(db, f"person:{person_id}")
        was_here = seat is not None and seat.left_at is None
        # Newer than any seat of theirs: a fence may hand an older connection to this sitting.
        newest = 1 + max((each.generation for each in held.values()), default=0)
        self._sit(db, (sitting_id, person_id), newest, process, now, who, was_here=was_here)
        return newest

    def go_on(
        self,
        db: Writing,
        sitting_id: UUID,
        person_id: UUID,
        generation: int,
        process: UUID,
        now: datetime,
        who: Attendee,
    ) -> bool:
        """Seat someone whom a fence hands on, unless they came to that sitting by themselves."""
        seat = self._held[person_id].get(sitting_id)
        if seat is not None and seat.generation > generation:
            return False
        at = (sitting_id, person_id)
        self._sit(db, at, generation, process, now, who, was_here=seat is not None)
        return True

    def _sit(
        self,
        db: Writing,
        at: tuple[UUID, UUID],
        generation: int,
        process: UUID,
        now: datetime,
        who: Attendee,
        *,
        was_here: bool,
    ) -> None:
        sitting_id, person_id = at
        seat = self._held[person_id].setdefault(
            sitting_id, Seat(sitting_id=sitting_id, person_id=person_id, taken_at=now)
        )
        seat.generation, seat.process_id = generation, process
        seat.taken_at, seat.left_at = now, None
        db.add(seat)
        if at in self._stays:  # twice in one batch: a newer line ends the stay on the older
            self._stays[at].left_at = now
        elif was_here:
            self._here.add(at)
        self._stays[at] = attendance.stay_of(
            sitting_id, person_id, who, now, process=process, generation=generation
        )
        self._all.append(self._stays[at])

    async def close(self, db: Writing, now: datetime) -> None:
        """Write who came and whose older line has ended with that."""
        for sitting_id in {sitting for sitting, _ in self._here}:
            here = {person for sitting, person in self._here if sitting == sitting_id}
            await attendance.end_lines(db, sitting_id, here, now)
        db.add_all(self._all)


async def leave(db: Writing, seats: Sequence[tuple[UUID, UUID, int]], now: datetime) -> None:
    """Note that these (sitting, person, generation) have left; a newer generation stays.

    Thousands leave at once when a sitting ends: two statements, run for each of them.
    """
    named = ("sitting", "person", "seat")
    gone = [dict(zip(named, each, strict=True)) for each in seats]
    line = await db.connection()
    for table in (Seat, Stay):
        await line.execute(
            update(table)
            .where(
                col(table.sitting_id) == bindparam("sitting"),
                col(table.person_id) == bindparam("person"),
                col(table.generation) == bindparam("seat"),
                col(table.left_at).is_(None),
            )
            .values(left_at=now),
            gone,
        )


async def present(db: Reading | Writing, sitting_id: UUID) -> list[Person]:
    """Who sits there now: the list of sockets of live processes *is* the attendance."""
    alive = [lease.id for lease in await leases.live(db)]
    query = (
        select(Person)
        .join(Seat, col(Seat.person_id) == Person.id)
        .where(
            Seat.sitting_id == sitting_id,
            col(Seat.left_at).is_(None),
            col(Seat.process_id).in_(alive),
        )
        .order_by(col(Person.name))
    )
    return list(await db.exec(query))


async def generations(
    db: Reading, sittings: Collection[UUID], people: Collection[UUID]
) -> dict[UUID, int]:
    """The newest generation of these people's seats in these sittings."""
    query = (
        select(Seat.person_id, func.max(Seat.generation))
        .where(col(Seat.sitting_id).in_(sittings), col(Seat.person_id).in_(people))
        .group_by(col(Seat.person_id))
    )
    return {person: int(newest) for person, newest in await db.exec(query)}


@dataclass(frozen=True, slots=True)
class Seated:
    """Someone who waits or speaks from afar, and whether their seat is held by a live process."""

    number: int
    person_id: UUID
    away: bool
    left_at: datetime | None


async def lines(db: Reading, sitting: Sitting) -> list[Seated]:
    """The seats of all who wait or speak and are not in the hall, by number of their requests."""
    alive = {lease.id for lease in await leases.live(db)}
    query = (
        select(FloorRequest, Seat)
        .join(
            Seat,
            (col(Seat.person_id) == col(FloorRequest.person_id))
            & (col(Seat.sitting_id) == col(FloorRequest.sitting_id)),
            isouter=True,
        )
        .where(
            FloorRequest.sitting_id == sitting.id,
            col(FloorRequest.person_id).is_not(None),
            col(FloorRequest.state).in_([RequestState.WAITING, RequestState.SPEAKING]),
        )
    )
    found: list[tuple[FloorRequest, Seat | None]] = list(await db.exec(query))
    return [
        _seated(request, seat, alive)
        for request, seat in found
        if SPEAKER.validate_python(request.speaker).remote
    ]


def _seated(request: FloorRequest, seat: Seat | None, alive: Collection[UUID]) -> Seated:
    assert request.person_id  # noqa: S101 - only those were asked for
    here = seat is not None and seat.left_at is None and seat.process_id in alive
    left_at = None if here or seat is None else seat.left_at
    return Seated(request.number, request.person_id, not here, left_at)
