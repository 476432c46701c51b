"""The hall: every connection of this process, let in, told, asked again, and shown out."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID, uuid4

import structlog

from app.database import Database
from app.journal import Channel
from app.live import leases
from app.live.bus import EVERYTHING
from app.live.doorway import Doorway
from app.live.entry import (
    Admitted,
    Doorkeeper,
    Knock,
    Pass,
    Reconsidered,
    Stays,
    TurnedAway,
    Waits,
)
from app.live.rooms import Room
from app.live.wire import Line, broadcast, encode, frame
from app.protocol.codes import Code
from app.protocol.messages import Beat, Note, Presence

log = structlog.get_logger()

INTERIM = "interim "  # begins a bell that carries its message itself, and may be lost
LETTERS = "letters"  # the one bell that is not for the hall
ITEM = "item:"  # with a sitting: another item is in hand there
BATCH = 40  # hellos decided in one transaction: others write between two batches
LOOK_AGAIN = 1.0
LOOK_AT_ALL = 30.0  # seconds: a bell that was lost keeps nobody inside longer than that
PRESENCE_EVERY = 2.0
WEAK = 4096  # bytes that wait in the process, beyond what the network has taken
BEAT_EVERY = 10.0  # seconds; static/connection.js gives a line up that is silent for longer
BEAT = Beat().model_dump_json().encode()
COUNT_EVERY = 1.0  # hands go up by hundreds at once: one message a second tells of all of them
COUNTED = "hands:"  # the bell of a sitting in which something is to be counted anew
TO_STOP = 5.0  # seconds that the work in hand may take when the hall closes


Knocking: TypeAlias = tuple[Line, Knock, "asyncio.Future[Admitted | TurnedAway | None]"]


@dataclass(eq=False, slots=True)
class Connection:
    """One socket that was let in."""

    line: Line
    entry: Pass
    rooms: list[Room] = field(default_factory=list)
    waiting: bool = False

    def leave_rooms(self) -> None:
        for room in self.rooms:
            room.lines.pop(self.line, None)
            room.bound.discard(self.line)
        self.rooms.clear()


class Hall:
    """One per process. Bells come in through ``ring``; nothing here knows the rule."""

    def __init__(self, database: Database, doorkeeper: Doorkeeper, lifetime: float) -> None:
        self.process = uuid4()
        self.connections: set[Connection] = set()
        self.doorway = Doorway()
        self.silent = 0  # sockets that have not said hello
        self.epochs: dict[UUID, int] = {}
        self._reported: dict[UUID, int] = {}
        self._cleared: dict[UUID, int] = {}
        self._away: dict[UUID, dict[Line, None]] = defaultdict(dict)
        self._rooms: dict[Channel, Room] = {}
        self._database = database
        self._doorkeeper = doorkeeper
        self._lifetime = lifetime
        self._renewed = 0.0
        self._knocks: deque[Knocking] = deque()
        self._gone: list[Pass] = []
        self._news: dict[str, None] = {}
        self._reviews: dict[str, None] = {}
        self._bells = 0
        self._looked = 0.0
        self._asked_all = time.monotonic()
        self._knocked = asyncio.Event()
        self._bell = asyncio.Event()
        self._review = asyncio.Event()
        self._closing = asyncio.Event()
        self._reporting = asyncio.Lock()
        self._counted: dict[UUID, bytes] = {}
        self._to_count: dict[UUID, None] = {}
        self._escorts: set[asyncio.Task[None]] = set()

    # Bells ---------------------------------------------------------------------------------

    def ring(self, bell: str) -> None:
        """Note that something may be new; what must stop at once stops here, without an await."""
        if bell.startswith("epoch:"):
            _, meeting, epoch = bell.split(":")
            self._raise(UUID(meeting), int(epoch))
        if bell.startswith(ITEM):
            self._turn(UUID(bell.removeprefix(ITEM)))
        if bell == LETTERS:
            return
        if bell.startswith(INTERIM):
            self._pass_on(bell.removeprefix(INTERIM))
            return
        if bell.startswith("seat:"):
            self._note(*bell.split(":")[1:])
            return
        if bell.startswith(COUNTED):
            self._to_count[UUID(bell.removeprefix(COUNTED))] = None
            return
        if bell == EVERYTHING:
            self._to_count |= dict.fromkeys(channel.sitting_id for channel in self._rooms)
        if bell == EVERYTHING or "/" in bell:
            self._news[bell] = None
            self._bell.set()
        if "/" not in bell:
            self._bells += 1
            self._look_into(bell)

    def _pass_on(self, said: str) -> None:
        """Hand what is being written to the room it was written for, if that is still a room.

        Its epoch is in its name: after a fence there is none of that name, and nothing was held.
        """
        name, _, message = said.partition(" ")
        sitting, subject, epoch = name.split("/")
        room = self._rooms.get(Channel(UUID(sitting), subject, int(epoch)))
        if room is not None:
            room.murmur(frame(message.encode()))

    def _note(self, sitting: str, person: str, note: str) -> None:
        """Tell one person in one sitting that something of theirs has changed, and not what."""
        told = frame(encode(Note.model_validate({"note": note}).model_dump(exclude_none=True)))
        for connection in self.connections:
            entry = connection.entry
            here = (str(entry.sitting_id), str(entry.person_id)) == (sitting, person)
            if here and not connection.waiting and self.serves(connection):
                connection.line.write_frame(told)

    def _look_into(self, bell: str) -> None:
        self._reviews[bell] = None
        self._review.set()

    def _raise(self, meeting_id: UUID, epoch: int) -> None:
        """Close every room of an older epoch: no frame of theirs is handed to a transport again."""
        self.epochs[meeting_id] = max(epoch, self.epochs.get(meeting_id, 0))
        for channel, room in list(self._rooms.items()):
            if room.meeting_id == meeting_id and channel.epoch < epoch:
                room.close()
                del self._rooms[channel]

    def _turn(self, sitting_id: UUID) -> None:
        """With another item whoever is here for one hears nothing until they were asked again."""
        for connection in self.connections:
            if connection.entry.bound and connection.entry.sitting_id == sitting_id:
                connection.leave_rooms()

    # Life ----------------------------------------------------------------------------------

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Serve until the block ends; the lease is given back when nobody is here any more."""
        await self._take_lease()
        loops = (
            self._admitting,
            self._telling,
            self._reviewing,
            self._ticking,
            self._beating,
            self._counting,
            self._renewing,
        )
        tasks = [asyncio.create_task(self._repeat(loop), name=loop.__name__) for loop in loops]
        try:
            yield
        finally:
            await self._stop(tasks)
            await self._empty()

    async def _repeat(self, step: Callable[[], Awaitable[None]]) -> None:
        """Repeat a loop's step; a fault is logged, and the next round looks at everything again."""
        while not self._closing.is_set():
            try:
                await step()
            except Exception:
                log.exception("hall.fault", step=getattr(step, "__name__", "?"))
                await _heard(self._closing, LOOK_AGAIN)

    async def _stop(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        """Let the work in hand end: a transaction that is cut off leaves its connection behind."""
        for event in (self._closing, self._knocked, self._bell, self._review):
            event.set()
        _, late = await asyncio.wait(tasks, timeout=TO_STOP)
        rest = [*late, *self._escorts]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _take_lease(self) -> None:
        began = time.monotonic()
        async with self._database.writing() as db:
            self.process = (await leases.take(db, self._lifetime)).id
        self._renewed = began

    def current(self) -> bool:
        """Whether the lease lives by this process's own clock, which runs on while it is stopped.

        The database is asked before news are read; this is asked once more before they are written.
        """
        return time.monotonic() < self._renewed + self._lifetime

    async def _empty(self) -> None:
        for connection in list(self.connections):
            connection.leave_rooms()
            connection.line.close(Code.RESTARTING)
        await self._note_gone()
        async with self._database.writing() as db:
            await leases.give_back(db, self.process)

    async def _renewing(self) -> None:
        """Renew the lease; without it, restricted connections are closed before it runs out."""
        if await _heard(self._closing, self._lifetime / 5):
            return
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._lifetime / 5):
                async with self._database.writing() as db:
                    alive = await leases.renew(db, self.process, self._lifetime)
        except Exception as fault:  # noqa: BLE001 - whatever the fault, the lease was not renewed
            log.warning("lease.not-renewed", fault=repr(fault))
            alive = None
        if alive:
            self._renewed = began
        elif alive is False or time.monotonic() - self._renewed > self._lifetime * 0.6:
            self._lose_lease()
            if alive is False:
                await self._begin_again()

    def _lose_lease(self) -> None:
        """Nobody may hear a restricted part from a process that cannot prove it is current."""
        for connection in list(self.connections):
            if connection.entry.restricted:
                connection.leave_rooms()
                connection.line.close(Code.LEASE_LOST)

    async def _begin_again(self) -> None:
        """A lease that ran out is not revived: this process starts anew, with nobody inside."""
        for connection in list(self.connections):
            connection.leave_rooms()
            connection.line.close(Code.LEASE_LOST)
        for room in self._rooms.values():
            room.close()
        self._rooms.clear()
        self._reported.clear()
        self._cleared.clear()
        await self._take_lease()

    def serves(self, connection: Connection) -> bool:
        """Whether a wish of this connection counts: it is inside, and login and lease live."""
        inside = connection in self.connections and connection.line.open
        return inside and self.current() and not connection.entry.ended(datetime.now(UTC))

    # Coming in -----------------------------------------------------------------------------

    async def enter(self, line: Line, knock: Knock) -> Connection | None:
        """Let a line in, or say farewell to it and close it; None when it was turned away."""
        heard = self._bells
        decided: asyncio.Future[Admitted | TurnedAway | None]
        decided = asyncio.get_running_loop().create_future()
        self._knocks.append((line, knock, decided))
        self._knocked.set()
        self.doorway.came()
        with self.doorway.passing():
            answer = await decided
        if answer is None:
            return None
        if isinstance(answer, TurnedAway):
            self.show_out(line, answer)
            return None
        connection = Connection(line, answer.entry)
        try:
            await self._seat(connection, answer)
        finally:
            if connection not in self.connections:
                self._gone.append(answer.entry)  # the seat was taken when it was decided
        if connection not in self.connections:
            return None
        if self._bells != heard:
            # It may have been about this person, and nobody was here yet to be asked about.
            self._look_into(f"person:{answer.entry.person_id}")
        return connection

    async def _admitting(self) -> None:
        """Many hellos at once are decided in one transaction."""
        await self._knocked.wait()
        batch = list(self._waiting())
        if not self._knocks and not self._closing.is_set():
            self._knocked.clear()
        if not batch:
            return
        try:
            await self._decide(batch)
        except Exception:
            log.exception("hall.hello")
            for each in batch:
                await self._decide_alone(each)

    def _waiting(self) -> Iterator[Knocking]:
        """The next batch of those who still wait at the door."""
        taken = 0
        while self._knocks and taken < BATCH:
            knocking = self._knocks.popleft()
            line, _, decided = knocking
            if line.open:
                taken += 1
                yield knocking
            elif not decided.done():
                decided.set_result(None)

    async def _decide(self, batch: Sequence[Knocking]) -> None:
        began = time.monotonic()
        async with self._database.writing() as db:
            knocks = [knock for _, knock, _ in batch]
            answers = await self._doorkeeper.admit(db, knocks, self.process)
        self.doorway.passed(len(batch), time.monotonic() - began)
        for (_, _, decided), answer in zip(batch, answers, strict=True):
            if not decided.done():
                decided.set_result(answer)

    async def _decide_alone(self, knocking: Knocking) -> None:
        """One hello that breaks must not keep the others out."""
        try:
            await self._decide([knocking])
        except Exception as fault:  # noqa: BLE001 - handed to whoever waits for this answer
            _, _, decided = knocking
            if not decided.done():
                decided.set_exception(fault)

    async def _seat(self, connection: Connection, answer: Admitted) -> bool:
        """Welcome, what was missed, membership: in one step, so that nothing falls between."""
        entry = answer.entry
        await self._see(entry.meeting_id, entry.epoch)
        rooms = []
        for channel, position in answer.positions.items():
            room = self.room(entry.meeting_id, channel)
            room.start_at(position)
            if room.cursor < position:
                await room.tell()
            rooms.append(room)
        # No await from here on: what the room has told meanwhile is in ``behind``.
        if not connection.line.open:
            return False
        if not self.current():
            connection.line.close(Code.LEASE_LOST)
            return False
        if self.epochs.get(entry.meeting_id, entry.epoch) != entry.epoch or self._lost(rooms):
            connection.line.close(Code.MOVED)
            return False
        if entry.bound and any(room.turned > answer.positions[room.channel] for room in rooms):
            connection.line.close(Code.MOVED)
            return False
        missed = [room.behind(answer.positions[room.channel]) for room in rooms]
        if any(frames is None for frames in missed):
            connection.line.close(Code.MOVED)
            return False
        connection.leave_rooms()
        connection.entry, connection.waiting = entry, False
        connection.line.write_frame(
            b"".join(
                [
                    *map(frame, answer.before),
                    frame(answer.welcome),
                    *map(frame, answer.gap),
                    *_flat(missed),
                ]
            )
        )
        for room in rooms:
            room.lines[connection.line] = None
            room.told = b""
            connection.rooms.append(room)
            if entry.bound:
                room.bound.add(connection.line)
        self.connections.add(connection)
        # A newcomer is owed the count, even where their coming left it as it was.
        self._counted.pop(entry.sitting_id, None)
        self._to_count[entry.sitting_id] = None
        return True

    def room(self, meeting_id: UUID, channel: Channel) -> Room:
        if channel not in self._rooms:
            made = Room(self._database, self.process, meeting_id, channel, self.current)
            self._rooms[channel] = made
        return self._rooms[channel]

    def _lost(self, rooms: Iterable[Room]) -> bool:
        """Whether one was given up meanwhile, because it was empty or had to be closed."""
        return any(self._rooms.get(room.channel) is not room for room in rooms)

    async def _see(self, meeting_id: UUID, epoch: int) -> None:
        """Report an epoch before anything of it is told; nothing of an older one is told then."""
        if self._reported.get(meeting_id, 0) >= epoch:
            return
        self._raise(meeting_id, epoch)
        async with self._reporting:
            if self._reported.get(meeting_id, 0) < epoch:
                await self._report(meeting_id, epoch)

    async def _report(
        self, meeting_id: UUID, epoch: int, closed: int = 0, last_close_ms: float = 0.0
    ) -> int:
        async with self._database.writing() as db:
            remaining = self._remaining(meeting_id, epoch)
            await leases.report(
                db,
                self.process,
                meeting_id,
                epoch,
                remaining=remaining,
                closed=closed,
                last_close_ms=last_close_ms,
            )
        self._reported[meeting_id] = epoch
        return remaining

    def _remaining(self, meeting_id: UUID, epoch: int) -> int:
        """How many are not out yet: until all were asked again, everyone of an older epoch."""
        lines = {line for line in self._away[meeting_id] if not line.closed.is_set()}
        if self._cleared.get(meeting_id, 0) < epoch:
            lines |= {c.line for c in self._inside(meeting_id) if c.entry.epoch < epoch}
        return len(lines)

    def _inside(self, meeting_id: UUID) -> list[Connection]:
        return [c for c in self.connections if c.entry.meeting_id == meeting_id]

    # Telling -------------------------------------------------------------------------------

    async def _telling(self) -> None:
        """On a bell, and once a second whether or not one was heard."""
        await _heard(self._bell, LOOK_AGAIN)
        self._bell.clear()
        rung, self._news = self._news, {}
        at_all = EVERYTHING in rung or time.monotonic() - self._looked >= LOOK_AGAIN
        if at_all:
            self._looked = time.monotonic()
        rooms = [room for room in list(self._rooms.values()) if at_all or str(room.channel) in rung]
        await asyncio.gather(*(room.tell() for room in rooms))
        for channel, room in list(self._rooms.items()):
            if not room.lines and not any(channel in c.entry.channels for c in self.connections):
                del self._rooms[channel]

    async def _ticking(self) -> None:
        """Presence, now and then and only where it changed."""
        if await _heard(self._closing, PRESENCE_EVERY):
            return
        await self._note_gone()
        await self._tell_lines()
        for channel, room in list(self._rooms.items()):
            if channel.subject == "room" and not room.stale and self.current():
                told = self.presence(channel.sitting_id).model_dump_json().encode()
                if self._counted.get(channel.sitting_id) != told:
                    self._counted[channel.sitting_id] = told
                    broadcast(tuple(room.lines), frame(told))

    async def _tell_lines(self) -> None:
        """Tell each console whose line is slow or gone, among those who wait or speak."""
        for channel, room in list(self._rooms.items()):
            if channel.subject != "console" or room.stale or not room.lines:
                continue
            async with self._database.reading() as db:
                told = await self._doorkeeper.lines(db, channel.sitting_id, self._weak())
            # While the database was read the room may have been closed.
            if self.current() and not room.stale and room.told != told:
                room.told = told
                broadcast(tuple(room.lines), frame(told))

    def _weak(self) -> set[UUID]:
        """Those for whom more waits than a good line would let wait."""
        seated = (c for c in self.connections if not c.entry.screen)
        return {c.entry.person_id for c in seated if c.line.buffered() > WEAK}

    async def _beating(self) -> None:
        """Tell the screens that their lines live, for as long as this process may tell anything."""
        if not await _heard(self._closing, BEAT_EVERY) and self.current():
            screens = tuple(c.line for c in self.connections if c.entry.screen)
            broadcast(screens, frame(BEAT))

    async def _counting(self) -> None:
        """What is counted is told to the whole room, from the tables, at most once a second."""
        if await _heard(self._closing, COUNT_EVERY):
            return
        asked, self._to_count = self._to_count, {}
        for room in list(self._rooms.values()):
            if room.channel.subject == "room" and room.channel.sitting_id in asked:
                await self._count(room)

    async def _count(self, room: Room) -> None:
        async with self._database.reading() as db:
            said = await leases.may_speak(db, self.process, room.meeting_id)
            told = await self._doorkeeper.counted(db, room.channel.sitting_id)
        # The room may have been closed, or the process stopped, while the database was read.
        may = said.at(room.channel.epoch) and self.current() and not room.stale
        if told is not None and may:
            broadcast(tuple(room.lines), frame(told))

    def presence(self, sitting_id: UUID) -> Presence:
        """Who is connected to this process now, counted; a screen is nobody."""
        here = [
            c.entry
            for c in self.connections
            if c.entry.sitting_id == sitting_id and not c.entry.screen
        ]
        by_category: dict[str, int] = defaultdict(int)
        for entry in here:
            by_category[entry.category] += 1
        remote = sum(entry.remote for entry in here)
        return Presence(
            connected=len(here),
            remote=remote,
            in_person=len(here) - remote,
            by_category=dict(sorted(by_category.items())),
        )

    # Asking again --------------------------------------------------------------------------

    async def _reviewing(self) -> None:
        """Decide again about whom a bell concerns; look at raised fences once a second."""
        await _heard(self._review, LOOK_AGAIN)
        self._review.clear()
        rung, self._reviews = self._reviews, {}
        try:
            await self._look_again(rung)
        except Exception:
            self._reviews = rung | self._reviews
            raise

    async def _look_again(self, rung: Iterable[str]) -> None:
        for rung_at in {bell.split(":")[1] for bell in rung if bell.startswith("epoch:")}:
            await self._settle(UUID(rung_at))
        bells, now = self._with_all(rung), datetime.now(UTC)
        if concerned := [
            c for c in self.connections if _concerns(bells, c.entry) or c.entry.ended(now)
        ]:
            await self._reconsider(concerned)
        async with self._database.reading() as db:
            raised = await self._doorkeeper.fences(db)
        for meeting_id, epoch in raised:
            await self._at_fence(meeting_id, epoch)

    def _with_all(self, rung: Iterable[str]) -> tuple[str, ...]:
        """The bells, and from time to time the one that concerns everyone."""
        if time.monotonic() - self._asked_all < LOOK_AT_ALL:
            return tuple(rung)
        self._asked_all = time.monotonic()
        return (*rung, EVERYTHING)

    async def _settle(self, meeting_id: UUID) -> None:
        """An epoch is rung before it is committed: wait for the end, and see whether it stands.

        Where it does not, its rooms were closed for nothing, and everyone is asked to come back.
        """
        async with self._database.writing() as db:
            self.epochs[meeting_id] = epoch = await leases.settled_epoch(db, meeting_id)
        for connection in self._inside(meeting_id):
            if connection.entry.epoch == epoch and any(room.stale for room in connection.rooms):
                connection.leave_rooms()
                connection.line.close(Code.MOVED)

    async def _reconsider(self, concerned: Sequence[Connection]) -> None:
        """Ask the rule about these connections, and do as it says."""
        async with self._database.reading() as db:
            held = [Reconsidered(c.entry, waiting=c.waiting) for c in concerned]
            verdicts = await self._doorkeeper.again(db, held)
        going_on = []
        for connection, verdict in zip(concerned, verdicts, strict=True):
            match verdict:
                case TurnedAway():
                    connection.leave_rooms()
                    self.show_out(connection.line, verdict)
                    self._count_out(connection, verdict)
                case Waits():
                    self._hold(connection, verdict)
                case Admitted():
                    going_on.append((connection, verdict))
                case Stays():
                    self._keep(connection)
        if going_on:
            await self._hand_on(going_on)

    def _count_out(self, connection: Connection, verdict: TurnedAway) -> None:
        """Whoever leaves because of a fence is seen to the door."""
        entry = connection.entry
        older = entry.epoch < self.epochs.get(entry.meeting_id, 0)
        if older or verdict.code == Code.SHOWN_OUT:
            self._away[entry.meeting_id][connection.line] = None

    def _keep(self, connection: Connection) -> None:
        """Whoever left the rooms with an item that is in hand once more comes back to them."""
        if connection.entry.bound and not connection.rooms:
            connection.line.close(Code.MOVED)

    def _hold(self, connection: Connection, verdict: Waits) -> None:
        connection.leave_rooms()
        if not connection.waiting:
            connection.line.write_frame(frame(verdict.note))
        connection.waiting = True

    async def _hand_on(self, going_on: Sequence[tuple[Connection, Admitted]]) -> None:
        """Hand people to the next sitting: their seats first, so that nobody sits there unseen."""
        async with self._database.writing() as db:
            passes = [verdict.entry for _, verdict in going_on]
            seated = await self._doorkeeper.moved(db, passes, self.process)
        for connection, verdict in going_on:
            left = connection.entry
            if verdict.entry not in seated:
                connection.leave_rooms()
                connection.line.close(Code.TAKEN_OVER)
            elif self._may_go_on(connection) and await self._seat(connection, verdict):
                self._gone.append(left)
            else:
                self._gone.append(verdict.entry)

    def _may_go_on(self, connection: Connection) -> bool:
        """Still here, and no bell has rung since the verdict; who is rung for is asked again."""
        return connection in self.connections and not _concerns(self._reviews, connection.entry)

    async def _at_fence(self, meeting_id: UUID, epoch: int) -> None:
        """Show out whom the new epoch does not admit, report, and let the fence go on."""
        if self._cleared.get(meeting_id, 0) < epoch:
            self._raise(meeting_id, epoch)
            await self._clear(meeting_id, epoch)
        async with self._database.writing() as db:
            await self._doorkeeper.advance(db, meeting_id)

    async def _clear(self, meeting_id: UUID, epoch: int) -> None:
        began = time.perf_counter()
        inside = self._inside(meeting_id)
        await self._reconsider(inside)
        self._cleared[meeting_id] = epoch
        task = asyncio.create_task(self._see_out(meeting_id, epoch, began))
        self._escorts.add(task)
        task.add_done_callback(self._escorts.discard)

    async def _see_out(self, meeting_id: UUID, epoch: int, began: float) -> None:
        """Closed means ``connection_lost``: only then does the report say that nobody remains."""
        leaving = self._away[meeting_id]
        await self._insist(meeting_id, epoch)
        remaining = True
        while remaining:
            # The wire cuts off whoever does not answer a close in time, so this wait has an end.
            for line in list(leaving):
                await line.closed.wait()
            took = (time.perf_counter() - began) * 1000 if leaving else 0.0
            remaining = await self._insist(meeting_id, epoch, len(leaving), took) > 0
        self._away.pop(meeting_id, None)
        self._review.set()

    async def _insist(
        self, meeting_id: UUID, epoch: int, closed: int = 0, last_close_ms: float = 0.0
    ) -> int:
        """Report until it is written, as the members' part stays shut without; how many remain."""
        while True:
            try:
                async with self._reporting:
                    return await self._report(meeting_id, epoch, closed, last_close_ms)
            except Exception as fault:  # noqa: BLE001 - whatever the fault, it is tried again
                log.warning("fence.not-reported", fault=repr(fault))
                await asyncio.sleep(LOOK_AGAIN)

    # Going ---------------------------------------------------------------------------------

    def show_out(self, line: Line, verdict: TurnedAway) -> None:
        """The farewell is the last frame; then the close, and an abort where the peer is deaf."""
        line.close(verdict.code, last=frame(verdict.farewell))

    def gone(self, connection: Connection) -> None:
        """The line takes no more; the seat is noted as left in one of the next transactions."""
        connection.leave_rooms()
        if connection in self.connections:
            self.connections.discard(connection)
            self._gone.append(connection.entry)

    async def _note_gone(self) -> None:
        gone = tuple(self._gone)
        if gone:
            async with self._database.writing() as db:
                await self._doorkeeper.left(db, gone, self.process)
            del self._gone[: len(gone)]


def _flat(missed: Iterable[list[bytes] | None]) -> list[bytes]:
    return [data for frames in missed if frames for data in frames]


def _concerns(rung: Iterable[str], entry: Pass) -> bool:
    marks = {
        EVERYTHING,
        "membership",
        f"person:{entry.person_id}",
        f"meeting:{entry.meeting_id}",
    }
    if entry.bound:
        marks.add(f"{ITEM}{entry.sitting_id}")
    return any(bell in marks for bell in rung)


async def _heard(event: asyncio.Event, timeout: float) -> bool:  # noqa: ASYNC109 - once a second is a look, not a limit
    """Whether it was heard in time."""
    try:
        async with asyncio.timeout(timeout):
            return await event.wait()
    except TimeoutError:
        return False
