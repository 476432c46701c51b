"""A guest in a sitting: comes in, keeps the picture, asks for things, and comes back by itself.

async with Guest(Address.read("https://example.org/room/…"), token) as guest:
    await guest.request_floor("Access in rural areas")
    async for news in guest:
        print(guest.state, guest.turn.place, news)
"""

import asyncio
import json
import random
import ssl
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, Final, Self, TypeAlias
from uuid import UUID, uuid4

from pydantic import BaseModel, ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidMessage,
    InvalidStatus,
    WebSocketException,
)
from websockets.typing import Subprotocol

from app.client.address import Address
from app.client.door import Asides, Broken, Door, Filed, NotOpen, Ticket, unreached
from app.client.ending import End, Ended, Ending, closed
from app.client.picture import OutOfStep, Picture, Told, Turn
from app.i18n import Language
from app.policy.captions import CaptionKind, Captions, CaptionSource
from app.policy.floor import Floor, Per, RequestKind, Stance
from app.policy.hands import USUAL as USUAL_CHOICES
from app.protocol import SUBPROTOCOL
from app.protocol.codes import Code, comes_back
from app.protocol.messages import (
    Answer,
    Audience,
    EventSaid,
    Explanation,
    Farewell,
    HandsCounted,
    Hello,
    Interim,
    Lines,
    Note,
    Presence,
    Resync,
    Welcome,
    You,
)
from app.protocol.wishes import WISHES, AnyWish, SpellCaption

MESSAGES: Final[dict[str, type[BaseModel]]] = {
    "welcome": Welcome,
    "moved": Welcome,
    "answer": Answer,
    "note": Note,
    "presence": Presence,
    "lines": Lines,
    "hands-counted": HandsCounted,
    "caption-interim": Interim,
    "resync": Resync,
    "farewell": Farewell,
}
BUSY: Final = frozenset({429, 500, 502, 503, 504})
LARGEST: Final = 8 * 1024 * 1024  # a snapshot holds every request and every announcement


class State(StrEnum):
    """The line in one word."""

    CONNECTING = "connecting"
    OUTSIDE = "outside"  # admitted, and waiting until the part opens
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class LineChanged:
    """The line is in another state; ``detail`` is what the network said."""

    state: State
    detail: str = ""


News: TypeAlias = Told | Welcome | Note | Interim | LineChanged | Ending


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a guest waits, in seconds, and how often it tries; every wait is drawn at random."""

    first: float = 0.5
    longest: float = 8.0
    steady: float = 10.0  # a line that held so long was no failure
    welcome: float = 12.0
    outside: float = 20.0
    too_many: float = 3.0
    at_start: int = 4  # tries before a service that was never reached is given up


USUAL: Final = Patience()


@dataclass(slots=True)
class Wished:
    """A wish that waits for its answer, in the sitting for which it was made."""

    wish: AnyWish
    sitting: UUID
    answer: "asyncio.Future[Answer]"


class Straight(connect):
    """Follows no redirect: the ticket goes to the service that made it."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class Guest:
    """One person's place in a sitting, over however many connections it takes.

    Enter it with ``async with``; iterate over it for the news. News is kept until it is read, and
    the picture (``floor``, ``turn``, ``audience``, ``you``) is kept whether or not it is.
    """

    def __init__(
        self,
        address: Address,
        token: str,
        *,
        language: Language = Language.ENGLISH,
        tls: ssl.SSLContext | None = None,
        patience: Patience = USUAL,
        captions: Sequence[str] = (),
    ) -> None:
        self.state = State.CONNECTING
        self.ending: Ending | None = None
        self.presence: Presence | None = None
        self.lines: Lines | None = None  # at the console
        self.counted: HandsCounted | None = None  # the hands so far
        self.waits_for: Explanation | None = None
        self.languages = tuple(captions)  # whose captions are asked for
        self.held = False  # the open part is over, and the members' part not yet open
        self._picture = Picture(address.sitting)
        self._language = language
        self._tls = tls or ssl.create_default_context()
        self._door = Door(address, token, language, self._tls)
        self._patience = patience
        self._failures = 0
        self._news: asyncio.Queue[News] = asyncio.Queue()
        self._read_all = False
        self._wished: dict[UUID, Wished] = {}
        self._sent: deque[UUID] = deque()
        self._socket: ClientConnection | None = None
        self._farewell: Farewell | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # The picture ---------------------------------------------------------------------------

    @property
    def address(self) -> Address:
        """Of the sitting where the guest is now; after a fence it is another."""
        return self._door.address

    @property
    def floor(self) -> Floor:
        return self._picture.floor

    @property
    def captions(self) -> Mapping[str, Captions]:
        """The newest captions by language, of those asked for that the sitting lists."""
        return self._picture.captions

    @property
    def audience(self) -> Audience | None:
        """Who can hear; unknown before the first welcome."""
        return self._picture.audience

    @property
    def you(self) -> You | None:
        return self._picture.you

    @property
    def title(self) -> str:
        return self._picture.title

    @property
    def epoch(self) -> int:
        return self._picture.epoch

    @property
    def turn(self) -> Turn:
        """Whether the guest speaks, or waits, and where in the list."""
        return self._picture.turn

    @property
    def place(self) -> int | None:
        """The guest's place in the list, counted from 1; None when not waiting."""
        return self.turn.place

    @property
    def own(self) -> frozenset[int]:
        """The numbers of the guest's own requests; two may wait, a point of order before."""
        return frozenset(self._picture.own)

    @property
    def spoken(self) -> float | None:
        """Seconds that the speech of this moment has taken, by the service's clock."""
        return self._picture.spoken

    @property
    def wait(self) -> float | None:
        """Seconds until the guest's turn, if everyone takes what they may."""
        return self._picture.wait

    @property
    def positions(self) -> dict[str, int]:
        """How far each channel has been read."""
        return {on: cursor.position for on, cursor in self._picture.cursors.items()}

    # The news ------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._start(self._attend())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._door.close()
        if self.ending is None:
            self._end(Ending(End.LEFT))

    def __aiter__(self) -> AsyncIterator[News]:
        return self

    async def __anext__(self) -> News:
        """The next news, an ``Ending`` at last; one reader at a time."""
        if self._read_all:
            raise StopAsyncIteration
        news = await self._news.get()
        self._read_all = isinstance(news, Ending)
        return news

    @property
    def unread(self) -> int:
        """How much news waits to be read: who draws may wait until there is none."""
        return self._news.qsize()

    # The wishes ----------------------------------------------------------------------------

    async def request_floor(
        self,
        topic: str = "",
        request: RequestKind = RequestKind.INTERVENTION,
        item: int | None = None,
        stance: Stance | None = None,
    ) -> Answer:
        """Ask to speak; the answer holds the number of the request, or why not.

        Without an item of the agenda it is for the one in hand. An intervention may say on which
        side it is.
        """
        return await self.wish(
            "request-floor", request=request, topic=topic, item=item, stance=stance
        )

    async def raise_point_of_order(self, topic: str = "") -> Answer:
        return await self.request_floor(topic, RequestKind.POINT_OF_ORDER)

    async def withdraw(self, number: int | None = None) -> Answer:
        """Withdraw the request of that number, or the oldest of one's own."""
        return await self.wish("withdraw-request", number=number)

    async def add_speaker(
        self,
        *,
        reference: str = "",
        name: str = "",
        request: RequestKind = RequestKind.INTERVENTION,
        topic: str = "",
        item: int | None = None,
        stance: Stance | None = None,
    ) -> Answer:
        """Put someone on the list: by the reference of a registration, or by a name alone."""
        who: dict[str, Any] = {"reference": reference, "name": name, "request": request}
        return await self.wish("add-speaker", **who, topic=topic, item=item, stance=stance)

    async def move(self, number: int, before: int | None = None) -> Answer:
        """Put a waiting request before another, or at the end."""
        return await self.wish("move-request", number=number, before=before)

    async def set_stance(self, number: int, stance: Stance | None) -> Answer:
        """Put right on which side a request is, or that it is on none."""
        return await self.wish("set-stance", number=number, stance=stance)

    async def return_speaker(self) -> Answer:
        """Put whoever has the floor, or had it last, back on top of the list."""
        return await self.wish("return-speaker")

    async def set_order(self, request: RequestKind, *, newest_first: bool) -> Answer:
        """Whether the newest or the oldest of a kind goes first, from now on."""
        return await self.wish("set-order", request=request, newest_first=newest_first)

    async def open_list(self) -> Answer:
        return await self.wish("open-list")

    async def close_list(self) -> Answer:
        return await self.wish("close-list")

    async def set_time(self, seconds: int | None, per: Per = Per.SPEECH) -> Answer:
        """What a speech (10 seconds to an hour), a person or a body may take from now on."""
        return await self.wish("set-time", seconds=seconds, per=per)

    async def take_item(self, number: int | None) -> Answer:
        """Take up an item of the sitting's agenda, or none."""
        return await self.wish("take-item", number=number)

    async def give(self, number: int | None = None) -> Answer:
        """Give the floor to the request of that number, or to whoever is next."""
        return await self.wish("give-floor", number=number)

    async def remove(self, number: int) -> Answer:
        return await self.wish("remove-request", number=number)

    async def start(self) -> Answer:
        return await self.wish("start-speech")

    async def pause(self) -> Answer:
        return await self.wish("pause-speech")

    async def resume(self) -> Answer:
        return await self.wish("resume-speech")

    async def finish(self) -> Answer:
        """End the speech: one's own, or any for those who steer."""
        return await self.wish("end-speech")

    async def announce(self, text: str) -> Answer:
        return await self.wish("announce", text=text)

    async def undo(self) -> Answer:
        return await self.wish("undo")

    async def ask_hands(self, question: str, options: Sequence[str] = USUAL_CHOICES) -> Answer:
        """Ask for a show of hands; it is no vote."""
        return await self.wish("ask-hands", question=question, options=options)

    async def close_hands(self) -> Answer:
        return await self.wish("close-hands", number=self._asked)

    async def raise_hand(self, choice: int) -> Answer:
        """Raise one's hand for the choice of that place, the first being 1, or change it."""
        return await self.wish("raise-hand", number=self._asked, choice=choice)

    async def lower_hand(self) -> Answer:
        return await self.wish("lower-hand", number=self._asked)

    @property
    def _asked(self) -> int:
        """The number of the question that is shown; where there is none the service says so."""
        return 1 if self.floor.hands is None else self.floor.hands.number

    async def start_captions(self, language: str) -> Answer:
        return await self.wish("start-captions", language=language)

    async def stop_captions(self, language: str) -> Answer:
        return await self.wish("stop-captions", language=language)

    async def write_caption(
        self,
        language: str,
        text: str,
        *,
        source: CaptionSource = CaptionSource.HUMAN,
        of: CaptionKind = CaptionKind.CAPTION,
    ) -> Answer:
        """Add a final line; the answer holds its number in this language."""
        return await self.wish("write-caption", language=language, text=text, source=source, of=of)

    async def correct_caption(self, language: str, number: int, text: str) -> Answer:
        return await self.wish("correct-caption", language=language, number=number, text=text)

    async def spell(self, language: str, text: str) -> None:
        """Show what is being written; it may be lost, and waits for no answer."""
        wish = SpellCaption(kind="spell-caption", id=uuid4(), language=language, text=text)
        if self._socket is not None and self.state is State.CONNECTED:
            with suppress(ConnectionClosed):
                await self._socket.send(wish.model_dump_json())

    async def listen(self, *languages: str) -> None:
        """Follow the captions of these languages from now on; nothing else is lost by it."""
        self.languages = languages
        if self._socket is not None:
            await self._socket.close(Code.MOVED)  # to come back with what was read

    async def say(self, text: str) -> Answer:
        """Write to all in the room, up to 500 characters."""
        return await self.wish("send-chat", text=text)

    async def tell(self, text: str) -> Answer:
        """Write to the moderator; nobody else hears it."""
        return await self.wish("tell-moderator", text=text)

    async def answer_aside(self, number: int, text: str) -> Answer:
        """Answer whoever told the moderator something; it reaches that person only."""
        return await self.wish("answer-aside", number=number, text=text)

    async def retract_chat(self, number: int, why: str = "") -> Answer:
        return await self.wish("retract-chat", number=number, why=why)

    async def mute_chat(self, number: int) -> Answer:
        """Take no more messages to all from whoever wrote this one; the answer has its number."""
        return await self.wish("mute-chat", number=number)

    async def unmute_chat(self, number: int) -> Answer:
        return await self.wish("unmute-chat", number=number)

    async def close_chat(self) -> Answer:
        return await self.wish("close-chat")

    async def open_chat(self) -> Answer:
        return await self.wish("open-chat")

    async def asides(self) -> Asides:
        """What one told the moderator and was answered, and whether one's chat is muted."""
        return await self._door.asides()

    async def file_statement(
        self, text: str, item: int | None = None, *, statement_id: UUID | None = None
    ) -> Filed:
        """Hand a written statement in, as it is; under one id it is kept once.

        Raises ``Unsent`` with what the service said where it was not taken.
        """
        return await self._door.file(statement_id or uuid4(), text, item)

    async def withdraw_statement(self, number: int) -> Answer:
        return await self.wish("withdraw-statement", number=number)

    async def read_statement(self, number: int) -> Answer:
        """Note that a statement was read out."""
        return await self.wish("read-statement", number=number)

    async def record_statement(self, number: int) -> Answer:
        return await self.wish("record-statement", number=number)

    async def wish(self, kind: str, *, wish_id: UUID | None = None, **fields: Any) -> Answer:  # noqa: ANN401 - what a wish of that kind may say
        """Ask for something, once, however often the line breaks before the answer comes.

        A refusal is an answer too. Raises ``ValueError`` for what is no wish, and ``Ended`` when
        taking part ended, or went on to another sitting, before an answer came.
        """
        wish = WISHES.validate_python({"kind": kind, "id": wish_id or uuid4(), **fields})
        if self.ending is not None:
            raise Ended(self.ending)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._wished[wish.id] = Wished(wish, self.address.sitting, answer)
        try:
            await self._send(wish.id)
            return await answer
        finally:
            self._wished.pop(wish.id, None)

    async def _send(self, wish_id: UUID) -> None:
        """Say the wish on the line of this moment; without one it is said after the welcome."""
        wished = self._wished.get(wish_id)
        if wished is None or wished.answer.done():
            return
        if self._socket is None or self.state is not State.CONNECTED:
            return
        self._sent.append(wish_id)
        try:
            await self._socket.send(wished.wish.model_dump_json())
        except ConnectionClosed:
            return

    async def _send_again(self) -> None:
        """What was not answered is repeated under its id, so it is decided once.

        A wish belongs to the sitting for which it was made, and is not carried on to the next.
        """
        for wish_id, wished in list(self._wished.items()):
            if wished.sitting == self.address.sitting:
                await self._send(wish_id)
            elif not wished.answer.done():
                wished.answer.set_exception(Ended(Ending(End.OVER)))

    # The line ------------------------------------------------------------------------------

    async def _attend(self) -> None:
        """Come in, and in again, until it ends."""
        try:
            while (ending := await self._visit()) is None:
                pass
        except Exception as fault:  # noqa: BLE001 - whoever waits for news must hear of it
            ending = Ending(End.NOT_UNDERSTOOD, detail=repr(fault))
        self._end(ending)

    async def _visit(self) -> Ending | None:
        """One try: a ticket, a line, and whatever is heard over it."""
        found = await self._door.knock()
        if isinstance(found, Ticket):
            found = await self._sit(found)
        match found:
            case Ending():
                return found
            case NotOpen(why):
                self.waits_for = why
                self._become(State.OUTSIDE)
                await asyncio.sleep(spread(self._patience.outside / 2, self._patience.outside))
            case Broken():
                return await self._pause(found)
        return None

    async def _pause(self, broken: Broken) -> Ending | None:
        """Full jitter: a thousand guests whose service comes back do not come back at once."""
        self._failures += 1
        if self._picture.epoch == 0 and self._failures >= self._patience.at_start:
            return Ending(End.UNREACHABLE, detail=broken.detail)
        was_inside = self._picture.epoch > 0
        self._become(State.RECONNECTING if was_inside else State.CONNECTING, broken.detail)
        most = min(self._patience.longest, self._patience.first * 2 ** (self._failures - 1))
        await asyncio.sleep(broken.after + spread(0, most))
        return None

    async def _sit(self, ticket: Ticket) -> Broken | Ending:
        """Say hello and listen until the line ends; what to do then."""
        try:
            async with self._line(ticket) as socket:
                await self._listen(socket, ticket)
                return self._left(socket)
        except OutOfStep:
            return Broken("out of step")
        except InvalidStatus as refused:
            return _not_upgraded(refused.response.status_code)
        except (OSError, TimeoutError, InvalidMessage) as fault:
            return unreached(fault)
        except ValidationError as fault:
            # A newer service says what this program cannot read; trying again changes nothing.
            return Ending(End.NOT_UNDERSTOOD, detail=fault.title)
        except (WebSocketException, ValueError) as fault:
            return Ending(End.NOT_THE_SERVICE, detail=str(fault))
        finally:
            self._socket = None

    async def _listen(self, socket: ClientConnection, ticket: Ticket) -> None:
        self._farewell = None
        with suppress(ConnectionClosed):  # the socket keeps the code
            await socket.send(self._hello(ticket))
            async with asyncio.timeout(self._patience.welcome):
                await self._hear(socket, await socket.recv())
            began = asyncio.get_running_loop().time()
            try:
                async for text in socket:
                    await self._hear(socket, text)
            finally:
                if asyncio.get_running_loop().time() - began > self._patience.steady:
                    self._failures = 0

    def _line(self, ticket: Ticket) -> Straight:
        url = self.address.live(ticket.live)
        return Straight(
            url,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers={"Accept-Language": self._language},
            compression=None,
            ssl=self._tls if url.startswith("wss:") else None,
            max_size=LARGEST,
            close_timeout=2,
            ping_interval=10,
            ping_timeout=10,
        )

    def _hello(self, ticket: Ticket) -> str:
        hello = Hello(
            kind="hello",
            ticket=ticket.ticket,
            cursors=self._picture.cursors,
            captions=self.languages,
        )
        return hello.model_dump_json()

    def _left(self, socket: ClientConnection) -> Broken | Ending:
        code = socket.close_code or 1006
        if self._farewell is not None and socket.close_code in {None, 1005, 1006}:
            code = self._farewell.code  # the close that followed it was lost
        if comes_back(code):
            return Broken(str(code))
        return closed(code, self._farewell)

    async def _hear(self, socket: ClientConnection, text: str | bytes) -> None:
        match _read(text):
            case Welcome() as welcome:
                await self._enter(socket, welcome)
            case EventSaid() as said:
                if (told := self._picture.tell(said)) is not None:
                    self._news.put_nowait(told)
            case Answer() as answer:
                self._settle(answer)
            case Note() as note:
                self._noted(note)
            case Presence() as presence:
                self.presence = presence
            case Lines() as lines:
                self.lines = lines
            case HandsCounted() as counted:
                self.counted = counted
            case Interim() as interim:
                self._news.put_nowait(interim)
            case Resync(on=on):
                self._picture.forget(on)
            case Farewell() as farewell:
                self._farewell = farewell
            case _:
                pass  # what a later version says beside the events

    async def _enter(self, socket: ClientConnection, welcome: Welcome) -> None:
        self._picture.enter(welcome)
        self._door.address = self.address.of(welcome.sitting)
        self.held, self.waits_for = False, None
        self._news.put_nowait(welcome)
        if self._socket is socket:
            return  # handed to the next part on a line whose wishes will still be answered
        self._socket = socket
        self._sent.clear()
        self._become(State.CONNECTED)
        await self._send_again()

    def _settle(self, answer: Answer) -> None:
        if answer.id in self._sent:
            self._sent.remove(answer.id)
        wished = self._wished.get(answer.id)
        if wished is None or wished.answer.done():
            return
        if wished.wish.kind == "request-floor" and answer.ok and answer.number is not None:
            self._picture.own.add(answer.number)
        wished.answer.set_result(answer)

    def _noted(self, note: Note) -> None:
        """Answers come in the order of the wishes, so a note without an id is about the oldest."""
        self._news.put_nowait(note)
        if note.note == "hold":
            self.held = True
        elif note.note in {"chat", "statement"}:
            return  # about something of the guest's own, and no wish
        elif self._sent and note.note == "too-many":
            self._start(self._later(self._sent.popleft(), note.after or 0))
        elif self._sent:
            why = Explanation(allowed=False, reason=note.note, sentence=note.sentence)
            self._settle(Answer(id=self._sent[0], ok=False, reason=note.note, why=why))

    async def _later(self, wish_id: UUID, after: int) -> None:
        """Nothing was done about it: ask once more when there is room again."""
        await asyncio.sleep(after + spread(self._patience.too_many, 2 * self._patience.too_many))
        await self._send(wish_id)

    def _become(self, state: State, detail: str = "") -> None:
        if state is not self.state:
            self.state = state
            self._news.put_nowait(LineChanged(state, detail))

    def _end(self, ending: Ending) -> None:
        self.ending, self.state = ending, State.ENDED
        for wished in self._wished.values():
            if not wished.answer.done():
                wished.answer.set_exception(Ended(ending))
        self._news.put_nowait(ending)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def spread(least: float, most: float) -> float:
    """A wait that differs from guest to guest."""
    return random.uniform(least, most)  # noqa: S311 - no secret


def _read(text: str | bytes) -> BaseModel | None:
    """The message, or None for a kind that is not known; raises ``ValueError`` where it is none."""
    try:
        said = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(said, dict):
        raise ValueError("not a message")  # noqa: TRY004 - the text is wrong, not the program
    if "position" in said:
        return EventSaid.model_validate(said)
    model = MESSAGES.get(str(said.get("kind")))
    return None if model is None else model.model_validate(said)


def _not_upgraded(status: int) -> Broken | Ending:
    if status in BUSY:
        return Broken(str(status))
    return Ending(End.NOT_THE_SERVICE, detail=str(status), code=status)
