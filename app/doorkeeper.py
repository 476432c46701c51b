"""Asks the rule for the hall: who is let in, who goes on, who is shown out, and in which words."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from uuid import UUID

from sqlmodel import col, select

from app import journal
from app.database import Database, Reading, Writing, load
from app.explain import explain, refusal
from app.i18n import Language, translations
from app.journal import Channel
from app.keys import Keys
from app.live.entry import (
    Admitted,
    Knock,
    Pass,
    Reconsidered,
    Stays,
    TurnedAway,
    Verdict,
    Waits,
)
from app.live.wire import encode
from app.models import FloorRequest, Meeting, Person, Sitting
from app.policy.access import Edition, Part, Right
from app.policy.access import decide as rule
from app.policy.attendance import Attendee
from app.policy.captions import may_caption
from app.policy.decision import Decision, Denied
from app.policy.entry import EntryReason
from app.policy.floor import (
    Floor,
    RequestState,
    may_preside,
    may_show,
    may_steer,
    may_watch,
)
from app.policy.invitation import by_invitation, capacity_in, since
from app.policy.people import Category, Standing
from app.policy.refusal import No
from app.protocol.codes import Code, comes_back
from app.protocol.messages import (
    Audience,
    ChannelState,
    Cursor,
    Explanation,
    Farewell,
    HandsCounted,
    Line,
    Lines,
    NextOpen,
    Note,
    Resync,
    Welcome,
    You,
    captions_of,
    snapshot_of,
)
from app.reasons import Translate
from app.services import (
    access,
    acts,
    attendance,
    captions,
    fence,
    floor,
    hands,
    invitation,
    seats,
    sittings,
)
from app.services.seats import Seating, Ticket, TicketOffice

NO_SEAT = 0  # the generation of whatever sits nowhere
MOST_MISSED = 400  # events; someone further behind gets a snapshot instead


@dataclass(frozen=True, slots=True)
class Place:
    """A sitting as everyone who comes in finds it: read once, however many come."""

    meeting: Meeting
    sitting: Sitting
    edition: Edition
    positions: Mapping[str, int]
    floor: Floor
    snapshots: Mapping[str, Mapping[str, object]]
    audience: Audience
    missed: dict[tuple[Channel, int], tuple[bytes, ...]] = field(default_factory=dict)

    async def since(
        self, db: Reading | Writing, channel: Channel, position: int
    ) -> Sequence[bytes]:
        """What came after that position, encoded: a public that comes back has missed the same.

        What came after the place was read is told by the room.
        """
        key = (channel, position)
        if key not in self.missed:
            newest = self.positions[channel.subject]
            news = await journal.since(db, channel, position, MOST_MISSED)
            said = (journal.said(channel, each) for each in news if each.position <= newest)
            self.missed[key] = tuple(map(encode, said))
        return self.missed[key]


@dataclass(frozen=True, slots=True)
class Own:
    """What people have of their own in a sitting: their requests, and which hands are up."""

    requests: Mapping[UUID, FloorRequest]
    hands: Mapping[UUID, int]

    @classmethod
    async def of(cls, db: Reading | Writing, place: Place, people: Collection[UUID]) -> "Own":
        asked = _asked(place.snapshots["room"])
        return cls(
            await floor.owned(db, place.sitting, people),
            await hands.owned(db, place.sitting, people, asked),
        )


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
                place = await _place(view, sitting_id, _all(languages))
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
        words = _words(knock.language)
        if isinstance(ticket, No):
            return _no_entry(ticket, words)
        if ticket.id not in known.fresh:
            return _no_entry(No(EntryReason.USED), words)
        known.fresh.remove(ticket.id)
        person = known.people.get(ticket.person_id)
        ends_at = _until_when(known.signed_in, ticket.login_id or ticket.token_id)
        if isinstance(ends_at, No):
            return _no_entry(ends_at, words)
        if person is None:
            return _no_entry(No(EntryReason.REVOKED), words)
        place = known.places[ticket.sitting_id]
        if place.meeting.epoch != ticket.epoch:
            return _no_entry(No(EntryReason.OTHER_EPOCH), words)
        standing = known.standings[ticket.sitting_id, person.id]
        entry = rule(place.edition, standing, place.sitting.part, Right.ATTEND)
        known.note(place, person, entry, screen=ticket.screen)
        if not entry:
            return TurnedAway(encode_farewell(Code.REFUSED, explain(entry, words)), Code.REFUSED)
        who = known.attendees[ticket.sitting_id, person.id]
        seat = self._seat(db, knock, ticket, standing, known, process, now)
        if isinstance(seat, No):
            return _no_entry(seat, words)
        made = _pass(
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
        return await _welcome(db, place, who, own, standing, entry, made, cursors, now)

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
        place = await _next_place(db, sitting_id, passes[0].epoch, languages)
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
        words = _words(entry.language)
        if (stop := inside.stops(entry)) is not None:
            return _no_entry(stop, words, Code.REVOKED)
        if not entry.screen and inside.newest.get(entry.person_id, 0) > entry.generation:
            return _no_entry(No(EntryReason.SEATED), words, Code.TAKEN_OVER)
        standing = inside.standings[entry.person_id]
        if entry.screen and not may_show(standing.functions):
            return _no_entry(No(EntryReason.NO_SCREEN), words, Code.REVOKED)
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
            return Stays() if same else _come_back(words)
        if not _may_enter(place.sitting, standing, now, screen=entry.screen):
            return Waits(_note_hold(words))
        return await self._go_on(db, entry, inside, allowed, now)

    async def _go_on(
        self, db: Reading, entry: Pass, inside: "Inside", allowed: Decision, now: datetime
    ) -> Admitted:
        place, standing = inside.place, inside.standings[entry.person_id]
        made = _pass(
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
        return await _welcome(
            db, place, who, inside.own, standing, allowed, made, {}, now, moved=True
        )

    async def _farewells(self, db: Reading, place: Place) -> "Farewells":
        following = await _next_open(db)
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


class Farewells:
    """Farewells by decision and language: most people who are shown out hear the same words."""

    def __init__(self, following: NextOpen | None, written_input: str) -> None:
        self._following = following
        self._written_input = written_input
        self._made: dict[tuple[Denied, str, bool], TurnedAway] = {}

    def of(self, decision: Denied, language: str, *, moves: bool) -> TurnedAway:
        key = (decision, language, moves)
        if key not in self._made:
            code = Code.SHOWN_OUT if moves else Code.REVOKED
            self._made[key] = self._say(code, explain(decision, _words(language)))
        return self._made[key]

    def over(self, language: str) -> TurnedAway:
        """Of a sitting that was closed: nobody lost anything, and nothing follows at once."""
        return self._say(Code.OVER, refusal(EntryReason.OVER, _words(language)))

    def uninvited(self, edition: Edition, language: str) -> TurnedAway:
        """Of an expert: the item is not in hand any more, or the invitation has ended (A10)."""
        words, clause = _words(language), edition.invited.clause
        told = {"clause": clause.label, "clause_text": clause.paraphrase, "edition": edition.id}
        why = refusal(EntryReason.INVITATION_ENDED, words).model_copy(update=told)
        return self._say(Code.REVOKED, why)

    def _say(self, code: Code, why: Explanation) -> TurnedAway:
        farewell = encode_farewell(
            code, why, following=self._following, written_input=self._written_input
        )
        return TurnedAway(farewell, code)


def encode_farewell(
    code: int,
    why: Explanation,
    *,
    following: NextOpen | None = None,
    written_input: str = "",
) -> bytes:
    """The last message before a close, as JSON bytes."""
    farewell = Farewell(code=code, why=why, next_open=following, written_input=written_input)
    return farewell.model_dump_json(exclude_none=True).encode()


def _words(language: str) -> Translate:
    return translations(Language(language)).gettext


def _until_when(
    signed_in: Mapping[UUID, datetime | No | None], through: UUID | None
) -> datetime | No | None:
    """Until when a login or token counts, None for ever; or why it does not."""
    if through is None or through not in signed_in:
        return No(EntryReason.REVOKED)
    return signed_in[through]


def _no_entry(no: No, words: Translate, code: Code = Code.REFUSED) -> TurnedAway:
    if no.reason in {EntryReason.EXPIRED, EntryReason.OTHER_EPOCH}:
        code = Code.MOVED
    return TurnedAway(encode_farewell(code, refusal(no.reason, words)), code)


def _come_back(words: Translate) -> TurnedAway:
    """What one may do has changed: a new hello tells it, and loses nothing."""
    why = refusal(EntryReason.OTHER_EPOCH, words)
    assert comes_back(Code.MOVED)  # noqa: S101 - a farewell that must not keep anybody away
    return TurnedAway(encode_farewell(Code.MOVED, why), Code.MOVED)


def _note_hold(words: Translate) -> bytes:
    sentence = words(
        "The open part is closed. The members' part opens when everyone else has left."
    )
    return Note(note="hold", sentence=sentence).model_dump_json().encode()


async def _people(db: Reading | Writing, ids: Sequence[UUID]) -> dict[UUID, Person]:
    query = select(Person).where(col(Person.id).in_(ids))
    return {person.id: person for person in await db.exec(query)}


def _all(asked: Iterable[Iterable[str]]) -> frozenset[str]:
    return frozenset(chain.from_iterable(asked))


def _moves(place: Place, held: Reconsidered) -> bool:
    """Whether a fence was raised since this one came in."""
    return place.meeting.epoch != held.entry.epoch or held.waiting


async def _place(db: Reading | Writing, sitting_id: UUID, languages: Collection[str]) -> Place:
    """The sitting as it is now, with the captions in those of these languages that it lists."""
    sitting = await load(db, Sitting, sitting_id)
    meeting = await load(db, Meeting, sitting.meeting_id)
    spoken = languages and await captions.listed(db, sitting) & frozenset(languages)
    pictures = await captions.pictures(db, sitting, spoken) if spoken else {}
    seen = await floor.picture(db, sitting)
    snapshots = {
        "room": snapshot_of(seen),
        "console": {},
        **{_captions(language): captions_of(each) for language, each in pictures.items()},
    }
    told = {
        subject: await journal.position(db, Channel(sitting.id, subject, meeting.epoch))
        for subject in snapshots
    }
    edition = access.edition(meeting)
    heard_by = audience(edition, sitting.part)
    return Place(meeting, sitting, edition, told, seen, snapshots, heard_by)


def _captions(language: str) -> str:
    return f"captions:{language}"


async def _next_place(
    db: Reading, sitting_id: UUID, epoch: int, languages: Collection[str]
) -> Place:
    """Where the people of a sitting belong now: after a fence, in the part that it opens."""
    place = await _place(db, sitting_id, languages)
    raised = await fence.current(db, place.meeting.id)
    if raised is None or raised.from_sitting_id != sitting_id or raised.epoch <= epoch:
        return place
    return await _place(db, raised.to_sitting_id, languages)


async def _next_open(db: Reading) -> NextOpen | None:
    """The next sitting that every edition opens to all, as a farewell says it."""
    found = await sittings.next_open(db, datetime.now(UTC))
    if found is None:
        return None
    return NextOpen(
        sitting=found.id, title=found.title, starts_at=found.starts_at, time_zone=found.time_zone
    )


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
    return entry.category == standing.category_left and has_console == _serves(standing) and writes


def _until(entry: Decision, standing: Standing) -> datetime | None:
    """When a place by invitation ends; none for one that stands on anything else."""
    return standing.invited_until if by_invitation(entry) else None


def _serves(standing: Standing) -> bool:
    """Who hears the console's news: those who steer, the secretariat and the stewards."""
    return may_watch(standing.functions)


def _pass(
    place: Place,
    person: Person,
    standing: Standing,
    language: str,
    generation: int,
    *,
    login_id: UUID | None,
    token_id: UUID | None,
    ends_at: datetime | None,
    captions: Sequence[str],
    until: datetime | None = None,
    screen: bool = False,
) -> Pass:
    subjects = ["room", *(["console"] if _serves(standing) and not screen else [])]
    chosen = () if screen else tuple(dict.fromkeys(captions))
    subjects += [each for each in map(_captions, chosen) if each in place.snapshots]
    epoch = place.meeting.epoch
    return Pass(
        person_id=person.id,
        meeting_id=place.meeting.id,
        sitting_id=place.sitting.id,
        epoch=epoch,
        login_id=login_id,
        token_id=token_id,
        language=language,
        category=standing.category_left,
        remote=standing.remote,
        restricted=not place.audience.everyone,
        channels=tuple(Channel(place.sitting.id, subject, epoch) for subject in subjects),
        generation=generation,
        ends_at=ends_at,
        screen=screen,
        captions=chosen,
        may_caption=may_caption(standing.functions) and not screen,
        invited_until=until,
    )


def audience(edition: Edition, part: Part) -> Audience:
    """Who can hear in this part, by the rule: the band on top of every room."""
    may = [each for each in Category if rule(edition, Standing.of(each), part, Right.ATTEND)]
    known = {each for each in Category if each is not Category.PUBLIC}
    return Audience(part=part, everyone=known <= set(may), categories=tuple(may))


async def _welcome(
    db: Reading | Writing,
    place: Place,
    who: Attendee,
    own: Own,
    standing: Standing,
    entry: Decision,
    made: Pass,
    cursors: Mapping[str, Cursor],
    now: datetime,
    *,
    moved: bool = False,
) -> Admitted:
    oldest, snapshots = await _told_to(db, place, entry)
    channels: dict[str, ChannelState] = {}
    gap: list[bytes] = []
    before: list[bytes] = []
    for channel in made.channels:
        at = place.positions[channel.subject]
        cursor = cursors.get(channel.subject)
        if (
            cursor
            and cursor.position >= oldest.get(channel.subject, 0)
            and _resumable(cursor, channel, at)
        ):
            channels[channel.subject] = ChannelState(position=cursor.position)
            gap += await place.since(db, channel, cursor.position)
        else:
            if cursor:
                before.append(encode(Resync(on=channel.subject).model_dump()))
            snapshot = dict(snapshots[channel.subject])
            channels[channel.subject] = ChannelState(position=at, snapshot=snapshot)
    welcome = Welcome(
        kind="moved" if moved else "welcome",
        sitting=place.sitting.id,
        meeting=place.meeting.id,
        title=place.sitting.title or place.meeting.title,
        epoch=place.meeting.epoch,
        now=now,
        audience=place.audience,
        entry=explain(entry, _words(made.language)),
        you=_you(place, who, own, made, standing, entry),
        channels=channels,
    )
    return Admitted(
        made,
        welcome.model_dump_json(exclude_none=True).encode(),
        {channel: place.positions[channel.subject] for channel in made.channels},
        tuple(gap),
        tuple(before),
    )


async def _told_to(
    db: Reading | Writing, place: Place, entry: Decision
) -> tuple[Mapping[str, int], Mapping[str, Mapping[str, object]]]:
    """From which position of a channel on someone is told its news, and the pictures to begin with.

    An expert is there for the item in hand: of what was before it they are told nothing. Captions
    are not for them: a correction may be of a line that was written before.
    """
    if not by_invitation(entry):
        return {}, place.snapshots
    epoch, newest = place.meeting.epoch, place.positions["room"]
    oldest, at = await invitation.taken(db, place.sitting, epoch, newest)
    room = snapshot_of(since(place.floor, at))
    return {"room": oldest}, {**place.snapshots, "room": room}


def _resumable(cursor: Cursor, channel: Channel, newest: int) -> bool:
    """A cursor of another epoch, from the future or from long ago gets a snapshot, never a part."""
    return (
        cursor.epoch == channel.epoch
        and cursor.position <= newest
        and newest - cursor.position <= MOST_MISSED
    )


def _you(
    place: Place, shown: Attendee, own: Own, made: Pass, standing: Standing, entry: Decision
) -> You:
    if made.screen:
        return _of_screen(shown)
    mine = own.requests.get(made.person_id)
    part = place.sitting.part
    inside = access.once_open(standing)
    return You(
        name=shown.name,
        entity=shown.entity,
        capacity=capacity_in(entry, shown.capacity),
        category=shown.category,
        functions=tuple(sorted(standing.functions)),
        may_speak=bool(rule(place.edition, inside, part, Right.SPEAK)),
        may_raise_point_of_order=bool(
            rule(place.edition, inside, part, Right.RAISE_POINT_OF_ORDER)
        ),
        may_steer=may_steer(standing.functions),
        may_preside=may_preside(standing.functions),
        may_caption=may_caption(standing.functions),
        request=mine.number if mine else None,
        speaking=mine is not None and mine.state is RequestState.SPEAKING,
        hand=own.hands.get(made.person_id),
    )


def _asked(snapshot: Mapping[str, object]) -> int | None:
    """The number of the show of hands that runs, if any."""
    match snapshot.get("hands"):
        case {"number": int(number), "counts": None}:
            return number
        case _:
            return None


def _of_screen(shown: Attendee) -> You:
    """Whose function a screen stands on; whatever they may do, they do not do it there."""
    return You(
        name=shown.name,
        entity=shown.entity,
        capacity=shown.capacity,
        category=shown.category,
        may_speak=False,
        may_raise_point_of_order=False,
        may_steer=False,
        may_preside=False,
    )
