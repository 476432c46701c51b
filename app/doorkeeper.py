"""Asks the rule for the hall: who is let in, who goes on, who is shown out, and in which words."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from uuid import UUID

from sqlmodel import col, select

from app.database import Database, Reading, Writing, load
from app.explain import explain
from app.farewell import (
    Farewells,
    come_back,
    encode_farewell,
    next_open,
    no_entry,
    note_hold,
    words_in,
)
from app.keys import Keys
from app.live.entry import Admitted, Knock, Pass, Reconsidered, Stays, TurnedAway, Verdict, Waits
from app.models import Person, Sitting
from app.policy.access import Right
from app.policy.access import decide as rule
from app.policy.attendance import Attendee
from app.policy.captions import may_caption
from app.policy.decision import Decision
from app.policy.entry import EntryReason
from app.policy.floor import may_show
from app.policy.invitation import by_invitation
from app.policy.people import Category, Standing
from app.policy.refusal import No
from app.protocol.codes import Code
from app.protocol.messages import HandsCounted, Line, Lines
from app.services import access, acts, attendance, fence, hands, seats
from app.services.seats import Seating, Ticket, TicketOffice
from app.welcome import Own, Place, next_place, pass_of, place_of, serves, welcomed

NO_SEAT = 0  # the generation of whatever sits nowhere


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of those who knock together; a ticket is taken out of ``fresh`` once.

    ``decided`` are the rule's answers, by meeting, for the chain of acts.
    """

    fresh: set[UUID]
    people: Mapping[UUID, Person]
    signed_in: Mapping[UUID, datetime | No | None]
    places: Mapping[UUID, Place]
    standings: Mapping[tuple[UUID, UUID], Standing]
    attendees: Mapping[tuple[UUID, UUID], Attendee]
    own: Mapping[UUID, Own]
    seating: Seating
    decided: dict[UUID, list[dict[str, str]]] = field(default_factory=dict)

    def note(self, place: "Place", person: Person, decision: Decision, *, screen: bool) -> None:
        """Keep who was answered what, and by which clause; a screen comes in as nobody."""
        self.decided.setdefault(place.meeting.id, []).append(
            {
                "person": str(person.id),
                "sitting": str(place.sitting.id),
                "answer": "allowed" if decision else "denied",
                "clause": decision.clause.id,
                "reason": decision.reason.value,
                **({"for": "screen"} if screen else {}),
            }
        )


@dataclass(frozen=True, slots=True)
class Inside:
    """What is known of those in one sitting who are asked about together."""

    place: Place
    people: Mapping[UUID, Person]
    standings: Mapping[UUID, Standing]
    signed_in: Mapping[UUID, datetime | No | None]
    newest: Mapping[UUID, int]  # generation of the seat of each
    attendees: Mapping[UUID, Attendee]  # of those who may go on to another sitting
    own: Own
    away: "Farewells"

    def stops(self, entry: Pass) -> No | None:
        """Why this login or token does not count any more, or is nobody's."""
        until = _until_when(self.signed_in, entry.login_id or entry.token_id)
        if isinstance(until, No):
            return until
        return None if entry.person_id in self.people else No(EntryReason.REVOKED)


class Keeper:
    """The doorkeeper of this service."""

    def __init__(
        self,
        database: Database,
        office: TicketOffice,
        keys: Keys,
        address: str,
        *,
        passkeys: bool = False,
    ) -> None:
        """``passkeys`` says whether some functions take a login with a passkey."""
        self._database = database
        self._office = office
        self._keys = keys
        self._address = address
        self._passkeys = passkeys

    async def admit(
        self, db: Writing, knocks: Sequence[Knock], process: UUID
    ) -> list[Admitted | TurnedAway]:
        """Decide on new connections in one transaction; a ticket is used up by any answer."""
        now = datetime.now(UTC)
        read = [self._office.read(knock.hello.ticket) for knock in knocks]
        asked = [
            (each, knock.hello.captions)
            for knock, each in zip(knocks, read, strict=True)
            if isinstance(each, Ticket)
        ]
        known = await self._known(db, asked, now)
        answers = [
            await self._admit(db, knock, ticket, known, process, now)
            for knock, ticket in zip(knocks, read, strict=True)
        ]
        await known.seating.close(db, now)
        for meeting_id, decided in known.decided.items():
            await acts.record(db, "entries-decided", now, meeting_id=meeting_id, entries=decided)
        return answers

    async def _known(
        self, db: Writing, asked: Sequence[tuple[Ticket, Sequence[str]]], now: datetime
    ) -> "Known":
        """What the decisions of a batch look at, in as many queries as for one."""
        tickets = [ticket for ticket, _ in asked]
        fresh = await seats.burn(db, tickets, now)
        people = await _people(db, [each.person_id for each in tickets])
        signed_in = await seats.signed_in(
            db,
            [each.login_id for each in tickets if each.login_id],
            [each.token_id for each in tickets if each.token_id],
            now,
            passkeys=self._passkeys,
        )
        places: dict[UUID, Place] = {}
        standings: dict[tuple[UUID, UUID], Standing] = {}
        attendees: dict[tuple[UUID, UUID], Attendee] = {}
        own: dict[UUID, Own] = {}
        await attendance.settle(db)
        for sitting_id in {each.sitting_id for each in tickets}:
            # One view of positions and pictures: a writing transaction of PostgreSQL has none.
            async with self._database.reading() as view:
                languages = [each for ticket, each in asked if ticket.sitting_id == sitting_id]
                place = await place_of(view, sitting_id, _all(languages))
                places[sitting_id] = place
            coming = {each.person_id for each in tickets if each.sitting_id == sitting_id}
            found = [person for key, person in people.items() if key in coming]
            stand = await access.standings(db, found, place.sitting, place.meeting, now)
            standings |= {(sitting_id, key): standing for key, standing in stand.items()}
            seen = await attendance.attendees(db, place.meeting.id, found, stand)
            attendees |= {(sitting_id, key): who for key, who in seen.items()}
            own[sitting_id] = await Own.of(db, place, coming)
        seating = await Seating.of(db, people)
        return Known(fresh, people, signed_in, places, standings, attendees, own, seating)

    async def _admit(
        self,
        db: Writing,
        knock: Knock,
        ticket: Ticket | No,
        known: "Known",
        process: UUID,
        now: datetime,
    ) -> Admitted | TurnedAway:
        words = words_in(knock.language)
        if isinstance(ticket, No):
            return no_entry(ticket, words)
        if ticket.id not in known.fresh:
            return no_entry(No(EntryReason.USED), words)
        known.fresh.remove(ticket.id)
        person = known.people.get(ticket.person_id)
        ends_at = _until_when(known.signed_in, ticket.login_id or ticket.token_id)
        if isinstance(ends_at, No):
            return no_entry(ends_at, words)
        if person is None:
            return no_entry(No(EntryReason.REVOKED), words)
        place = known.places[ticket.sitting_id]
        if place.meeting.epoch != ticket.epoch:
            return no_entry(No(EntryReason.OTHER_EPOCH), words)
        standing = known.standings[ticket.sitting_id, person.id]
        entry = rule(place.edition, standing, place.sitting.part, Right.ATTEND)
        known.note(place, person, entry, screen=ticket.screen)
        if not entry:
            return TurnedAway(encode_farewell(Code.REFUSED, explain(entry, words)), Code.REFUSED)
        who = known.attendees[ticket.sitting_id, person.id]
        seat = self._seat(db, knock, ticket, standing, known, process, now)
        if isinstance(seat, No):
            return no_entry(seat, words)
        made = pass_of(
            place,
            person,
            standing,
            knock.language,
            seat,
            login_id=ticket.login_id,
            token_id=ticket.token_id,
            ends_at=ends_at,
            screen=ticket.screen,
            captions=() if by_invitation(entry) else knock.hello.captions,
            until=_until(entry, standing),
        )
        cursors = knock.hello.cursors
        own = known.own[ticket.sitting_id]
        return await welcomed(db, place, who, own, standing, entry, made, cursors, now)

    def _seat(
        self,
        db: Writing,
        knock: Knock,
        ticket: Ticket,
        standing: Standing,
        known: "Known",
        process: UUID,
        now: datetime,
    ) -> int | No:
        """The generation of the seat that is taken; a screen takes none, and is asked more."""
        if ticket.screen:
            shown = seats.may_be_shown(standing.functions, opened=standing.opened)
            return NO_SEAT if shown else shown
        return known.seating.take(
            db,
            ticket.sitting_id,
            ticket.person_id,
            process,
            now,
            over=knock.hello.take_over,
            who=known.attendees[ticket.sitting_id, ticket.person_id],
        )

    async def again(self, db: Reading, held: Sequence[Reconsidered]) -> list[Verdict]:
        """Decide again on everyone, in as many queries as for one."""
        now = datetime.now(UTC)
        verdicts: dict[int, Verdict] = {}
        for at in {(each.entry.sitting_id, each.entry.epoch) for each in held}:
            group = [each for each in held if (each.entry.sitting_id, each.entry.epoch) == at]
            answers = await self._again(db, at[0], group, now)
            verdicts |= {id(each): answer for each, answer in zip(group, answers, strict=True)}
        return [verdicts[id(each)] for each in held]

    async def _again(
        self, db: Reading, sitting_id: UUID, group: Sequence[Reconsidered], now: datetime
    ) -> list[Verdict]:
        passes = [each.entry for each in group]
        languages = _all(each.captions for each in passes)
        place = await next_place(db, sitting_id, passes[0].epoch, languages)
        people = await _people(db, [each.person_id for each in passes])
        standings = await access.standings(
            db, list(people.values()), place.sitting, place.meeting, now
        )
        moving = [
            people[each.entry.person_id]
            for each in group
            if _moves(place, each) and each.entry.person_id in people
        ]
        inside = Inside(
            place=place,
            people=people,
            standings=standings,
            signed_in=await seats.signed_in(
                db,
                [each.login_id for each in passes if each.login_id],
                [each.token_id for each in passes if each.token_id],
                now,
                passkeys=self._passkeys,
            ),
            newest=await seats.generations(db, {sitting_id, place.sitting.id}, people),
            attendees=await attendance.attendees(db, place.meeting.id, moving, standings),
            own=await Own.of(db, place, [person.id for person in moving]),
            away=await self._farewells(db, place),
        )
        return [await self._verdict(db, each, inside, now) for each in group]

    async def _verdict(
        self, db: Reading, held: Reconsidered, inside: "Inside", now: datetime
    ) -> Verdict:
        entry, place, away = held.entry, inside.place, inside.away
        words = words_in(entry.language)
        if (stop := inside.stops(entry)) is not None:
            return no_entry(stop, words, Code.REVOKED)
        if not entry.screen and inside.newest.get(entry.person_id, 0) > entry.generation:
            return no_entry(No(EntryReason.SEATED), words, Code.TAKEN_OVER)
        standing = inside.standings[entry.person_id]
        if entry.screen and not may_show(standing.functions):
            return no_entry(No(EntryReason.NO_SCREEN), words, Code.REVOKED)
        moves = _moves(place, held)
        allowed = rule(
            place.edition,
            access.once_open(standing) if moves else _inside(standing, place.sitting),
            place.sitting.part,
            Right.ATTEND,
        )
        over = not moves and place.sitting.closed_at is not None
        if over and (entry.screen or not allowed):
            return away.over(entry.language)
        if not allowed and entry.bound and not moves:
            return away.uninvited(place.edition, entry.language)
        if not allowed:
            return away.of(allowed, entry.language, moves=moves)
        if not moves:
            same = _same(entry, standing) and entry.invited_until == _until(allowed, standing)
            return Stays() if same else come_back(words)
        if not _may_enter(place.sitting, standing, now, screen=entry.screen):
            return Waits(note_hold(words))
        return await self._go_on(db, entry, inside, allowed, now)

    async def _go_on(
        self, db: Reading, entry: Pass, inside: "Inside", allowed: Decision, now: datetime
    ) -> Admitted:
        place, standing = inside.place, inside.standings[entry.person_id]
        made = pass_of(
            place,
            inside.people[entry.person_id],
            standing,
            entry.language,
            entry.generation,
            login_id=entry.login_id,
            token_id=entry.token_id,
            ends_at=entry.ends_at,
            screen=entry.screen,
            captions=() if by_invitation(allowed) else entry.captions,
            until=_until(allowed, standing),
        )
        who = inside.attendees[entry.person_id]
        return await welcomed(
            db, place, who, inside.own, standing, allowed, made, {}, now, moved=True
        )

    async def _farewells(self, db: Reading, place: Place) -> "Farewells":
        following = await next_open(db)
        return Farewells(following, f"{self._address}/meetings/{place.meeting.slug}#inputs")

    async def moved(self, db: Writing, passes: Sequence[Pass], process: UUID) -> list[Pass]:
        """Note the seats of those who go on to the part that a fence opened."""
        now = datetime.now(UTC)
        people = list((await _people(db, [each.person_id for each in passes])).values())
        stand = {each.person_id: _as_let_in(each) for each in passes}
        meetings = {each.meeting_id for each in passes}
        who = {key: await attendance.attendees(db, key, people, stand) for key in meetings}
        seating = await Seating.of(db, stand)
        seated = [
            each
            for each in passes
            if each.screen
            or seating.go_on(
                db,
                each.sitting_id,
                each.person_id,
                each.generation,
                process,
                now,
                who[each.meeting_id][each.person_id],
            )
        ]
        await seating.close(db, now)
        return seated

    async def lines(self, db: Reading, sitting_id: UUID, weak: Collection[UUID]) -> bytes:
        """Whose line is not well: of those in the hall none is expected."""
        found = await seats.lines(db, await load(db, Sitting, sitting_id))
        told = {
            each.number: Line(state="away", since=each.left_at) if each.away else Line(state="weak")
            for each in found
            if each.away or each.person_id in weak
        }
        return Lines(requests=told).model_dump_json(exclude_none=True).encode()

    async def left(self, db: Writing, gone: Sequence[Pass], _process: UUID) -> None:
        """Note who has left which seat."""
        now = datetime.now(UTC)
        await seats.leave(
            db, [(each.sitting_id, each.person_id, each.generation) for each in gone], now
        )

    async def fences(self, db: Reading) -> Sequence[tuple[UUID, int]]:
        """The meetings whose fence is up and not through."""
        return await fence.raised(db)

    async def counted(self, db: Reading, sitting_id: UUID) -> bytes | None:
        """The show of hands that runs, if any."""
        found = await hands.counted(db, await load(db, Sitting, sitting_id))
        if found is None:
            return None
        number, counts = found
        return HandsCounted(number=number, counts=counts).model_dump_json().encode()

    async def advance(self, db: Writing, meeting_id: UUID) -> None:
        """Take a raised fence as far as the reports of all processes allow."""
        await fence.advance(db, meeting_id, self._keys, datetime.now(UTC))


def _until_when(
    signed_in: Mapping[UUID, datetime | No | None], through: UUID | None
) -> datetime | No | None:
    """Until when a login or token counts, None for ever; or why it does not."""
    if through is None or through not in signed_in:
        return No(EntryReason.REVOKED)
    return signed_in[through]


async def _people(db: Reading | Writing, ids: Sequence[UUID]) -> dict[UUID, Person]:
    query = select(Person).where(col(Person.id).in_(ids))
    return {person.id: person for person in await db.exec(query)}


def _all(asked: Iterable[Iterable[str]]) -> frozenset[str]:
    return frozenset(chain.from_iterable(asked))


def _moves(place: Place, held: Reconsidered) -> bool:
    """Whether a fence was raised since this one came in."""
    return place.meeting.epoch != held.entry.epoch or held.waiting


def _inside(standing: Standing, sitting: Sitting) -> Standing:
    """Nobody is cut off by a clock (A2): someone inside is not asked whether it has opened."""
    return standing if sitting.closed_at is not None else access.once_open(standing)


def _as_let_in(entry: Pass) -> Standing:
    """What a pass keeps of the standing on which it was given."""
    return Standing(Category(entry.category), remote=entry.remote)


def _may_enter(sitting: Sitting, standing: Standing, now: datetime, *, screen: bool) -> bool:
    """Those in service go ahead; everyone else, and a screen, when the part is open."""
    return (bool(standing.functions) and not screen) or access.opened(sitting, now)


def _same(entry: Pass, standing: Standing) -> bool:
    if entry.screen:
        return True  # it shows what everyone in the room may know, whoever put it up
    has_console = any(channel.subject == "console" for channel in entry.channels)
    writes = entry.may_caption == may_caption(standing.functions)
    return entry.category == standing.category_left and has_console == serves(standing) and writes


def _until(entry: Decision, standing: Standing) -> datetime | None:
    """When a place by invitation ends; none for one that stands on anything else."""
    return standing.invited_until if by_invitation(entry) else None
