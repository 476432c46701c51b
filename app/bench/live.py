"""A full room, live: how soon everyone has heard, and how all come back when the server dies.

The server has a process and a core of its own; its public stands in another process. Delegate and
public do everything over the protocol: tickets, hellos, wishes, answers, events, cursors.

``delivery`` is, for one event and one connection, the time from the moment the service hands the
first frame of the event to the first connection until the client has read it: the whole write to
everyone, the kernel's way, and the clients' own turn. ``last`` is the same for the last connection.
``from_wish`` begins earlier, when the delegate sends the wish: the transaction is in it.
``bare`` is how long a bare loop of ``os.write`` takes for as many bytes to the same sockets, in
turns with the events, on the same core; ``bare_delivery`` is when the clients had read those.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias
from uuid import uuid4

from app.bench import house
from app.bench.apart import Apart, Moments, cores, serve, serve_bare, stand_on
from app.bench.cast import FIRST_POSITION, Cast, furnished
from app.bench.crowd import Guests, allow_files, count, crowd
from app.bench.visitors import Gathering, Public, Records, Tally, gathered
from app.client.address import Address
from app.client.guest import Guest
from app.database import Database
from app.models import Person
from app.protocol.wishes import WISHES
from app.services import wishes
from app.settings import Environment, Settings

RATE: Final = 10  # events a second
BARE_TURNS: Final = 3  # of the bare loop, after each second of events
FIRST_FEW: Final = 50  # come before memory is measured: what a first connection loads is no one's
AWAY: Final = 20  # events that are said while the server is dead
RETURNING: Final = 40  # events at most that are said while all come back
BACK_WITHIN: Final = 240.0  # seconds
ARRIVED_WITHIN: Final = 240.0
READ_WITHIN: Final = 30.0
SETTLED: Final = 0.5  # seconds for the memory to settle, and again for each 1,000 connections
TOPIC: Final = "Universal acceptance of domain names"
ERRORS: Final = (Tally.REFUSED, Tally.GAPS, Tally.TWICE, Tally.ANEW)
Progress: TypeAlias = Callable[[str], object]
MILLION: Final = 1_000_000
LARGEST_RATIO: Final = 2.0
LARGEST_MEMORY_RATIO: Final = 1.25


@dataclass(frozen=True, slots=True)
class Scene:
    """What one run has set up."""

    participants: int
    settings: Settings
    cast: Cast
    server: Apart
    moments: Moments
    public: Gathering
    delegate: Guest  # the one who speaks, and whose connection is the first that is written to

    @property
    def records(self) -> Records:
        return self.public.records


def run(participants: int = 5000, seconds: int = 20, progress: Progress = print) -> dict[str, Any]:
    """Measure; TimeoutError when a step takes longer than is sane."""
    return asyncio.run(measure(participants, seconds, progress))


async def measure(participants: int, seconds: int, progress: Progress) -> dict[str, Any]:
    """Everything in turn, one after the other."""
    allow_files(participants + FIRST_FEW)
    grounds = server_core, others = cores()
    stand_on(others)
    progress(f"{participants} participants are put into the tables")
    async with _set_up(participants, seconds, grounds) as scene:
        progress("they come")
        arrived, memory = await _gather(scene)
        progress(f"they came in {arrived:.1f} s; events for {seconds} s")
        delivery = await _deliver(scene, seconds)
        progress(f"delivery p99 {delivery['delivery_ms']['p99']} ms; kill -9, and all return")
        back = await _kill_and_return(scene)
    progress("bare connections beside it")
    bare = await _bare_memory(participants, server_core)
    return {
        "bench": "live",
        "participants": participants,
        "server_core": sorted(server_core),
        "client_cores": sorted(others),
        **delivery,
        **back,
        "seconds_to_arrive": round(arrived, 2),
        "memory": _memory(memory, bare),
    }


@asynccontextmanager
async def _set_up(
    participants: int, seconds: int, grounds: tuple[frozenset[int], frozenset[int]]
) -> AsyncGenerator[Scene]:
    server_core, others = grounds
    events, turns = seconds * RATE, seconds * BARE_TURNS
    bare_row = events + AWAY + RETURNING
    moments = Moments.of(FIRST_POSITION + 2, bare_row, bare_row + turns)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            environment=Environment.DEVELOPMENT,
            data_dir=Path(folder),
            port=house.free_port(),
            wishes_per_person="100000/minute",
        )
        cast = await furnished(settings, participants + 1)
        await _say(settings, cast, cast.chair, "open-list")
        server = Apart(serve, settings, moments, participants, server_core)
        records = Records.of(participants, bare_row + turns)
        room = Public(settings.address, cast.first, cast.words[1:], moments.first, bare_row)
        delegate = Guest(Address(settings.address, cast.first), cast.words[0])
        async with server.running(), gathered(room, records, others) as public, delegate:
            await _seated(delegate)
            yield Scene(participants, settings, cast, server, moments, public, delegate)


async def _say(settings: Settings, cast: Cast, by: Any, *kinds: str) -> None:  # noqa: ANN401 - an id
    """Grant wishes as a second program does that has nothing but the database."""
    database = Database(settings.database)
    for kind in kinds:
        wish = WISHES.validate_python({"kind": kind, "id": uuid4()})
        async with database.writing() as db:
            person = await db.get(Person, by)
            assert person is not None  # noqa: S101 - it is of the cast
            done = await wishes.grant(db, cast.first, wish, by=person, now=datetime.now(UTC))
        _insist(done.ok, kind, done.reason)
    await database.close()


def _insist(ok: bool, kind: str, reason: object) -> None:  # noqa: FBT001 - as an answer says it
    if not ok:
        raise RuntimeError(f"{kind} was refused: {reason}")


# Arrival --------------------------------------------------------------------------------------


async def _gather(scene: Scene) -> tuple[float, float]:
    """Let the first few come, then the rest: seconds, and the kilobytes of each of the rest."""
    few = min(FIRST_FEW, scene.participants // 2)
    await scene.public.invite(few, ARRIVED_WITHIN)
    await _settle(few)
    before, began = scene.server.memory(), time.monotonic()
    await scene.public.invite(scene.participants, ARRIVED_WITHIN)
    arrived = time.monotonic() - began
    await _settle(scene.participants)
    each = (scene.server.memory() - before) / (scene.participants - few)
    return arrived, each / 1024


async def _settle(connections: int) -> None:
    await asyncio.sleep(SETTLED * (1 + connections / 1000))


async def _seated(guest: Guest) -> None:
    async with asyncio.timeout(READ_WITHIN):
        while guest.you is None or guest.state != "connected":
            await guest.__anext__()


async def _bare_memory(connections: int, core: frozenset[int]) -> float:
    """The same of a bare uvicorn connection, beside it in this run."""
    few, port = min(FIRST_FEW, connections // 2), house.free_port()
    url = f"http://127.0.0.1:{port}/"
    async with (
        Apart(serve_bare, port, connections, core).running() as server,
        crowd(Guests(url, few, count)),
    ):
        await _settle(few)
        before = server.memory()
        async with crowd(Guests(url, connections - few, count)):
            await _settle(connections)
            return (server.memory() - before) / (connections - few) / 1024


def _memory(ours: float, bare: float) -> dict[str, Any]:
    return {
        "kilobytes_each": round(ours, 2),
        "bare_kilobytes_each": round(bare, 2),
        "ratio_to_bare": round(ours / bare, 2),
        "limit_ratio_to_bare": LARGEST_MEMORY_RATIO,
    }


# Delivery -------------------------------------------------------------------------------------


async def _deliver(scene: Scene, seconds: int) -> dict[str, Any]:
    """Events at the rate for so many seconds, and after each second the bare loop."""
    asked: list[int] = []
    answered: list[int] = []
    took = 0.0
    for second in range(seconds):
        began = time.monotonic()
        await _one_second(scene.delegate, asked, answered)
        took += time.monotonic() - began
        for turn in range(BARE_TURNS):
            await scene.server.bare(second * BARE_TURNS + turn)
            await asyncio.sleep(1 / RATE)
    await scene.public.until_read(scene.moments.first + len(asked) - 1, READ_WITHIN)
    await asyncio.sleep(0.1)
    return _told(scene, asked, answered, took)


async def _ask(delegate: Guest, number: int) -> None:
    """A delegate who cannot decide: asks for the floor, and then takes it back."""
    answer = await (delegate.withdraw() if number % 2 else delegate.request_floor(TOPIC))
    _insist(answer.ok, "a wish", answer.reason)


async def _one_second(delegate: Guest, asked: list[int], answered: list[int]) -> None:
    began = time.monotonic()
    for number in range(RATE):
        await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
        asked.append(time.monotonic_ns())
        await _ask(delegate, number)
        answered.append(time.monotonic_ns())
    await asyncio.sleep(max(0.0, began + 1 - time.monotonic()))


def _told(scene: Scene, asked: list[int], answered: list[int], took: float) -> dict[str, Any]:
    moments, records = scene.moments, scene.records
    rows = [(moments.began[row], records.row(row)) for row in range(len(asked))]
    if not all(began for began, _ in rows):
        raise RuntimeError("the first connection was lost while it was measured")
    turns = range(moments.bare_row, records.rows)
    bare = [(moments.ended[row] - moments.began[row]) / MILLION for row in turns]
    bare_rows = [(moments.began[row], records.row(row)) for row in turns]
    delivery = _since(rows)
    middle = statistics.median(bare)
    whole_way = _since([(at, read) for at, (_, read) in zip(asked, rows, strict=True)])
    return {
        "events": len(asked),
        "events_a_second": round(len(asked) / took, 2),
        "bytes": round(statistics.mean(moments.sizes[: len(asked)])),
        "lost": sum(read.count(0) for _, read in rows),
        "delivery_ms": _quantiles(delivery),
        "last_ms": _quantiles([(max(read) - at) / MILLION for at, read in rows]),
        "from_wish_ms": _quantiles(whole_way),
        "answer_ms": _quantiles([(b - a) / MILLION for a, b in zip(asked, answered, strict=True)]),
        "bare_loop_ms": _quantiles(bare),
        "bare_delivery_ms": _quantiles(_since(bare_rows)),
        "ratio_p99_to_bare_loop": round(_at(delivery, 0.99) / middle, 2),
        "limit_ratio_p99_to_bare_loop": LARGEST_RATIO,
        "distribution_ms": _spread(delivery),
        "bare_distribution_ms": _spread(_since(bare_rows)),
    }


def _since(rows: Sequence[tuple[int, list[int]]]) -> list[float]:
    """Milliseconds from each beginning to each reading, sorted; what was not read is left out."""
    return sorted((at - began) / MILLION for began, read in rows for at in read if at)


def _at(figures: Sequence[float], share: float) -> float:
    """The figure below which so large a share lies; of figures in order."""
    return figures[min(len(figures) - 1, int(len(figures) * share))]


def _quantiles(figures: Sequence[float]) -> dict[str, float]:
    ordered = sorted(figures)
    return {
        "p50": round(_at(ordered, 0.5), 2),
        "p99": round(_at(ordered, 0.99), 2),
        "most": round(ordered[-1], 2),
    }


def _spread(ordered: Sequence[float]) -> list[float]:
    """Every hundredth, and the last: enough to draw the distribution."""
    return [round(_at(ordered, part / 100), 2) for part in range(1, 101)]


# Killed, and back -----------------------------------------------------------------------------


async def _kill_and_return(scene: Scene) -> dict[str, Any]:
    """``kill -9``, events said meanwhile, a new process, and everyone back with the gap."""
    records, delegate = scene.records, scene.cast.people[0]
    before = list(records.tally)
    killed = time.monotonic_ns()
    await scene.server.kill()
    said = ("request-floor", "withdraw-request") * (AWAY // 2)
    await _say(scene.settings, scene.cast, delegate, *said)
    await scene.server.start()
    started = time.monotonic_ns()
    newest = records.cursors[0] + AWAY
    waits: list[float] = []
    with suppress(TimeoutError):  # who is not back by then is told in the figures
        await _while_returning(scene, waits)
        await scene.public.until_read(newest + len(waits), READ_WITHIN)
    took = sorted((at - started) / MILLION / 1000 for at in records.seated if at > started)
    behind = sum(position < newest + len(waits) for position in records.cursors)
    since = {each: records.tally[each] - before[each] for each in Tally}
    return {
        "return": {
            "lost_lines": since[Tally.LOST],
            "back": records.seen(Tally.INSIDE),
            "events_while_away": AWAY,
            "events_while_returning": len(waits),
            "seconds_to_answer_meanwhile": _quantiles(waits) if waits else {},
            "seconds_dead": round((started - killed) / MILLION / 1000, 2),
            "seconds_to_half_back": round(_at(took, 0.5), 2) if took else None,
            "seconds_to_last_back": round(took[-1], 2) if took else None,
            "without_the_newest_event": behind,
            "tries": since[Tally.TRIES],
            "tries_that_found_nobody": since[Tally.UNREACHED],
            "tries_given_a_time_to_come_back": since[Tally.TURNED_BACK],
            "tries_given_up": since[Tally.LATE],
            "refused": since[Tally.REFUSED],
            "gaps": since[Tally.GAPS],
            "heard_twice": since[Tally.TWICE],
            "snapshots_where_a_gap_was_owed": since[Tally.ANEW],
            "errors": sum(
                since[each] for each in (Tally.REFUSED, Tally.GAPS, Tally.TWICE, Tally.ANEW)
            ),
            "faults": scene.public.faults(),
        }
    }


async def _while_returning(scene: Scene, took: list[float]) -> None:
    """The meeting goes on while they come back; ``took`` gets the seconds to each wish's answer.

    The delegate comes back like everyone else, and then goes on to ask for the floor.
    """
    async with asyncio.timeout(BACK_WITHIN):
        while scene.records.seen(Tally.INSIDE) < scene.participants:
            began = time.monotonic()
            if len(took) < RETURNING:
                await _ask(scene.delegate, len(took))
                took.append(time.monotonic() - began)
            await asyncio.sleep(1)
