"""An hour of a sitting, played in fast motion before one listener who counts every byte.

What is counted is what the service really said over a socket, with the heads of its frames. The
script is a table: a step whose wish this version does not know is left out, and said to be.
``beyond_text`` is what an event costs beyond what people wrote: topic, text, title, question and
choices, and the name and body under which they registered.
"""

import asyncio
import json
import socket
import ssl
import tempfile
from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, get_args
from uuid import UUID

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from app.bench.cast import Cast, furnished
from app.client.address import Address
from app.client.door import Door
from app.client.door import Ticket as Drawn
from app.client.guest import Guest
from app.database import Database
from app.live.serving import running
from app.live.wire import frame
from app.main import create_app
from app.models import Appointment
from app.policy import floor
from app.policy.people import Function
from app.protocol import SUBPROTOCOL
from app.protocol.wishes import AnyWish
from app.settings import Environment, Settings

PLAYED_WITHIN: Final = 300.0  # seconds
HEARD_WITHIN: Final = 10.0
QUIET: Final = 0.2  # seconds without a word, after which nothing more comes
MOST_BEYOND_TEXT: Final = 250
MOST_KILOBYTES: Final = 400
OWN_TEXT: Final = frozenset({"topic", "text", "question", "choices", "title"})
# What goes on by itself, in an hour: how many there were, by what one of them weighs.
PINGS: Final = 3600 // 20
PING_BYTES: Final = 6
PRESENCES: Final = 240  # the count of who is there changes so often, as people come and go

TOPIC: Final = "Universal acceptance of domain names"
CHAT: Final = (
    "Could the secretariat share the link to the paper that the speaker has just mentioned?"
)
CAPTION: Final = "and that is why we believe that connectivity in rural areas must come first,"
NOTICE: Final = "The meeting resumes at three o'clock with the second item of the agenda."

Say = tuple[str, str, Mapping[str, Any]]  # who, which wish, with what


@dataclass(frozen=True, slots=True)
class Step:
    """What is done so many times in the hour."""

    name: str
    times: int
    says: Sequence[Say]


HOUR: Final = (
    Step("the list is opened", 1, [("chair", "open-list", {})]),
    Step(
        "an intervention",
        36,
        [
            ("delegate", "request-floor", {"topic": TOPIC}),
            ("chair", "give-floor", {}),
            ("chair", "start-speech", {}),
            ("delegate", "end-speech", {}),
        ],
    ),
    Step(
        "an intervention with a pause",
        4,
        [
            ("delegate", "request-floor", {"topic": TOPIC}),
            ("chair", "give-floor", {}),
            ("chair", "start-speech", {}),
            ("chair", "pause-speech", {}),
            ("chair", "resume-speech", {}),
            ("delegate", "end-speech", {}),
        ],
    ),
    Step("an announcement", 4, [("chair", "announce", {"text": NOTICE})]),
    Step("a line of chat", 60, [("delegate", "send-chat", {"text": CHAT})]),
    Step(
        "a line of captions",
        1200,
        [("captioner", "write-caption", {"language": "en", "text": CAPTION})],
    ),
    Step("the list is closed", 1, [("chair", "close-list", {})]),
)

# What the hour has not: so that an event of every kind is heard once.
REST: Final = (
    Step(
        "requests that come to nothing",
        1,
        [
            ("chair", "open-list", {}),
            ("chair", "set-time", {"seconds": 120}),
            ("delegate", "request-floor", {"topic": TOPIC}),
            ("delegate", "withdraw-request", {}),
            ("delegate", "request-floor", {"request": "point_of_order", "topic": TOPIC}),
            ("chair", "remove-request", {"number": "newest"}),
            ("chair", "undo", {}),
        ],
    ),
    Step(
        "a speech that is taken back",
        1,
        [
            ("chair", "give-floor", {}),
            ("chair", "start-speech", {}),
            ("chair", "end-speech", {}),
            ("chair", "undo", {}),
            ("chair", "end-speech", {}),
        ],
    ),
    Step(
        "a notice that is taken back",
        1,
        [("chair", "announce", {"text": NOTICE}), ("chair", "undo", {})],
    ),
    Step(
        "the list in the chair's hand",
        1,
        [
            ("chair", "set-order", {"request": "point_of_order", "newest_first": True}),
            ("chair", "add-speaker", {"name": "Room microphone 14"}),
            ("chair", "add-speaker", {"name": "Room microphone 15"}),
            ("chair", "move-request", {"number": "older"}),
            ("chair", "set-stance", {"number": "older", "stance": "against"}),
        ],
    ),
    Step(
        "a show of hands",
        1,
        [
            ("chair", "ask-hands", {"question": TOPIC}),
            ("chair", "close-hands", {"number": 1}),
            ("chair", "undo", {}),
        ],
    ),
    Step(
        "chat that is looked after",
        1,
        [
            ("delegate", "send-chat", {"text": CHAT}),
            ("chair", "retract-chat", {"number": 1, "why": "Off the subject."}),
            ("chair", "undo", {}),
            ("chair", "close-chat", {}),
            ("chair", "open-chat", {}),
        ],
    ),
)


@dataclass(slots=True)
class Heard:
    """What a listener was sent: bytes and messages by kind, and the dearest of each."""

    messages: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    weights: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    beyond: dict[str, int] = field(default_factory=dict)
    position: int = 0

    def take(self, text: bytes) -> None:
        said = json.loads(text)
        kind, weight = said["kind"], len(frame(text))
        self.messages[kind] += 1
        self.weights[kind] += weight
        if "position" in said:
            if said["on"] == "room":
                self.position = said["position"]
            own = own_text(said["body"])
            self.beyond[kind] = max(self.beyond.get(kind, 0), weight - own)


def own_text(body: Mapping[str, Any]) -> int:
    """How many bytes of it people wrote; of a speaker's row that is the name and the body."""
    written = 0
    for name, value in body.items():
        match value:
            case {}:
                written += own_text(value)
            case [*row] if name == "speaker":
                written += sum(len(each.encode()) for each in row[:2])
            case [*texts] if name in OWN_TEXT:
                written += sum(len(each.encode()) for each in texts)
            case str() if name in OWN_TEXT:
                written += len(value.encode())
    return written


def run(share: float = 1.0) -> dict[str, Any]:
    """Play the hour, or a share of its steps; bytes are of the whole hour all the same."""
    return asyncio.run(measure(share))


async def measure(share: float = 1.0) -> dict[str, Any]:
    async with asyncio.timeout(PLAYED_WITHIN), _opened() as stage:
        welcome = stage.heard.weights["welcome"]
        rows, skipped = [], []
        for step in HOUR:
            if fault := _unknown(step):
                skipped.append({"step": step.name, "times": step.times, "wish": fault})
                continue
            played = max(1, round(step.times * share))
            before = stage.events()
            for _ in range(played):
                await stage.play(step)
            await stage.until_heard()
            each = (stage.events() - before) / played
            rows.append({"step": step.name, "times": step.times, "bytes_each": round(each)})
        for step in REST:
            await stage.play(step)
        await stage.until_heard()
        return _told(stage.heard, welcome, rows, skipped)


def _unknown(step: Step) -> str:
    """The wish of a step that this version does not know."""
    known = {each.model_fields["kind"].annotation for each in _wishes()}
    kinds = {word for each in known for word in get_args(each)}
    return next((kind for _, kind, _ in step.says if kind not in kinds), "")


def _wishes() -> Sequence[Any]:
    union, *_ = get_args(AnyWish)
    return get_args(union)


def _told(
    heard: Heard, welcome: int, rows: list[dict[str, Any]], skipped: list[dict[str, Any]]
) -> dict[str, Any]:
    presence = round(PRESENCES * heard.weights["presence"] / max(1, heard.messages["presence"]))
    always = {"welcome": welcome, "pings": PINGS * PING_BYTES, "presence": presence}
    total = sum(row["times"] * row["bytes_each"] for row in rows) + sum(always.values())
    kinds = {get_args(each.__annotations__["kind"])[0] for each in get_args(floor.Event)}
    return {
        "bench": "hour",
        "kilobytes_per_participant": round(total / 1000, 1),
        "limit_kilobytes": MOST_KILOBYTES,
        "steps": rows,
        "skipped": skipped,
        "always": always,
        "most_beyond_text": max(heard.beyond.values()),
        "limit_beyond_text": MOST_BEYOND_TEXT,
        "beyond_text": dict(sorted(heard.beyond.items(), key=lambda each: -each[1])),
        "kinds_not_heard": sorted(kinds - set(heard.beyond)),
    }


class Stage:
    """The players, and the listener who counts."""

    def __init__(self, players: Mapping[str, Guest], heard: Heard) -> None:
        self._players = players
        self.heard = heard
        self.newest = self.older = 0

    def events(self) -> int:
        """Bytes of events so far."""
        return sum(self.heard.weights[kind] for kind in self.heard.beyond)

    async def play(self, step: Step) -> None:
        for who, kind, about in step.says:
            fields: Any = {**about}
            named = {"newest": self.newest, "older": self.older}
            fields["number"] = named.get(fields.get("number"), fields.get("number"))
            if fields["number"] is None:
                del fields["number"]
            answer = await self._players[who].wish(kind, **fields)
            if not answer.ok:
                raise RuntimeError(f"{step.name}: {kind} was refused: {answer.reason}")
            if kind in {"request-floor", "add-speaker"}:
                self.newest, self.older = answer.number or 0, self.newest

    async def until_heard(self) -> None:
        """Wait until the listener is as far as the chair."""
        async with asyncio.timeout(HEARD_WITHIN):
            # Nothing rings when a listener has caught up.
            while self.heard.position < self._players["chair"].positions["room"]:  # noqa: ASYNC110 - as said
                await asyncio.sleep(0.01)
            told = -1
            while told != (told := sum(self.heard.messages.values())):  # noqa: ASYNC110 - other channels
                await asyncio.sleep(QUIET)


@asynccontextmanager
async def _opened() -> AsyncGenerator[Stage]:
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        settings = _settings(Path(folder))
        cast = await furnished(settings, 4)
        await _appoint(settings, cast, cast.people[1])
        await stack.enter_async_context(running(create_app(settings), port=settings.port))
        address = Address(settings.address, cast.first)
        heard = Heard()
        listener = await _listener(stack, address, cast.words[2])
        hearing = asyncio.create_task(_hear(listener, heard))
        stack.callback(hearing.cancel)
        words = {"chair": cast.chair_word, "delegate": cast.words[0], "captioner": cast.words[1]}
        players = {who: Guest(address, word) for who, word in words.items()}
        for player in players.values():
            await stack.enter_async_context(player)
            await _inside(player)
        yield Stage(players, heard)


async def _appoint(settings: Settings, cast: Cast, person_id: UUID) -> None:
    """One of the public writes the captions."""
    database = Database(settings.database)
    async with database.writing() as db:
        db.add(
            Appointment(
                meeting_id=cast.meeting_id,
                person_id=person_id,
                function=Function.CAPTIONER,
                given_at=datetime.now(UTC),
            )
        )
    await database.close()


async def _inside(guest: Guest) -> None:
    async with asyncio.timeout(HEARD_WITHIN):
        while guest.you is None:
            await guest.__anext__()


async def _listener(stack: AsyncExitStack, address: Address, word: str) -> ClientConnection:
    """A socket on which nothing is read over: every message is counted."""
    door = Door(address, word, "en", ssl.create_default_context())
    stack.push_async_callback(door.close)
    drawn = await door.knock()
    if not isinstance(drawn, Drawn):
        raise ConnectionError(f"the listener got no ticket: {drawn}")
    line = await stack.enter_async_context(
        connect(
            address.live(drawn.live),
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            max_size=None,
        )
    )
    await line.send(json.dumps({"kind": "hello", "ticket": drawn.ticket, "captions": ["en"]}))
    return line


async def _hear(line: ClientConnection, heard: Heard) -> None:
    async for message in line:
        heard.take(message.encode() if isinstance(message, str) else message)


def _settings(folder: Path) -> Settings:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    return Settings(
        environment=Environment.DEVELOPMENT,
        data_dir=folder,
        port=port,
        wishes_per_person="100000/minute",
        chat_per_person="100000/minute",
        captions_per_person="100000/minute",
    )
