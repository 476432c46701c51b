"""The WebSocket: hello, then wishes in and news out; and what may be said there, as AsyncAPI."""

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, Depends, Response, WebSocket
from pydantic import ValidationError
from starlette.websockets import WebSocketDisconnect

from app.depends import House, HouseIn, count, house
from app.errors import Refusal, TooMany
from app.explain import answer
from app.farewell import encode_farewell
from app.i18n import Language, translations
from app.live.entry import Knock
from app.live.hall import Connection
from app.live.wire import Line, encode, frame, line_of
from app.models import Person
from app.policy.floor import FloorReason
from app.protocol import SUBPROTOCOL, asyncapi
from app.protocol.codes import Code
from app.protocol.messages import HELLO, Explanation, Hello, Note
from app.protocol.wishes import CAPTIONING, WISHES, AnyWish, SpellCaption
from app.services import wishes
from app.services.wishes import Outcome

log = structlog.get_logger()
router = APIRouter(prefix="/api/v1", tags=["live"])

PATH = "/api/v1/live"

LONGEST = 4096  # characters of a message; the wire itself takes no frame over 64 KiB
FAULTS = 5  # malformed messages before the line is closed
FLOOD = 20  # wishes too many, with none granted between, before the line is closed


@router.get("/asyncapi.json")
async def protocol(at: HouseIn) -> Response:
    """The protocol of the socket as AsyncAPI, for whoever writes or generates a client."""
    return Response(
        asyncapi.text(at.settings.address),
        media_type="application/json",
        headers={"Cache-Control": "public, max-age=300"},
    )


@router.websocket("/live")
async def live(socket: WebSocket, at: Annotated[House, Depends(house)]) -> None:
    """Speak ``cwg.v1``: the first message is a hello with a ticket, never a token in the URL."""
    if not _own_origin(socket, at):
        await socket.close(Code.FOREIGN_ORIGIN)
        return
    if SUBPROTOCOL not in socket.scope["subprotocols"]:
        await socket.close(Code.MALFORMED)
        return
    await socket.accept(subprotocol=SUBPROTOCOL)
    line = line_of(socket.scope)
    language = socket.scope["state"]["language"]
    socket.scope["headers"].clear()  # nobody asks for them again, and a connection stays for hours
    with suppress(WebSocketDisconnect):
        if connection := await _enter(socket, line, at, language):
            await _attend(socket, connection, at)
        await _closed(socket, line)


def _own_origin(socket: WebSocket, at: House) -> bool:
    """A browser names its page's origin, which must be ours; a program names none or ours."""
    origin = socket.headers.get("origin")
    return origin is None or _origin(origin) == _origin(at.settings.address)


def _origin(address: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return parts.scheme, parts.netloc.lower()


async def _enter(socket: WebSocket, line: Line, at: House, language: str) -> Connection | None:
    """Hear the hello, and forget it once it is answered: a connection stays for hours."""
    hello = await _hello(socket, line, at, language)
    return await at.hall.enter(line, Knock(hello, language)) if hello else None


async def _hello(socket: WebSocket, line: Line, at: House, language: str) -> Hello | None:
    if at.hall.silent >= at.settings.silent_sockets:
        line.close(Code.BUSY)
        return None
    at.hall.silent += 1
    try:
        async with asyncio.timeout(at.settings.hello_deadline):
            return HELLO.validate_python(_json(await socket.receive_text()))
    except TimeoutError:
        line.close(Code.HELLO_LATE)
    except (ValueError, KeyError, RecursionError):
        _say_malformed(line, language, last=True)
    finally:
        at.hall.silent -= 1
    return None


def _json(text: str) -> object:
    if len(text) > LONGEST:
        raise ValueError("too long")
    return json.loads(text)


def _say_malformed(line: Line, language: str, *, last: bool) -> None:
    words = translations(Language(language)).gettext
    sentence = words("This message is not of the protocol cwg.v1, and nothing was done.")
    if last:
        why = Explanation(allowed=False, reason="malformed", sentence=sentence)
        line.close(Code.MALFORMED, last=frame(encode_farewell(Code.MALFORMED, why)))
    else:
        note = Note(note="malformed", sentence=sentence)
        line.write_frame(frame(encode(note.model_dump(exclude_none=True))))


async def _attend(socket: WebSocket, connection: Connection, at: House) -> None:
    """Grant wishes until the line closes; a socket holds no database session meanwhile."""
    faults = flood = 0
    try:
        while True:
            try:
                wish = WISHES.validate_python(_json(await socket.receive_text()))
            except (ValidationError, ValueError, KeyError, RecursionError):
                faults += 1
                _say_malformed(connection.line, connection.entry.language, last=faults >= FAULTS)
                if faults >= FAULTS:
                    return
            else:
                flood = flood + 1 if await _is_too_many(connection, wish, at) else 0
                if flood >= FLOOD:
                    connection.line.close(Code.TOO_MANY)
                    return
    finally:
        at.hall.gone(connection)


async def _is_too_many(connection: Connection, wish: AnyWish, at: House) -> bool:
    """Grant the wish, unless it is one too many of this person; of a screen every one is."""
    entry = connection.entry
    if entry.screen:
        _answer(connection, wish, Outcome(ok=False, reason=FloorReason.ONLY_SHOWS))
        return True
    try:
        captions = entry.may_caption and isinstance(wish, CAPTIONING)
        await count(at, wish, entry.person_id, captions=captions)
    except TooMany as fault:
        words = translations(Language(entry.language)).gettext
        sentence = words("Too many wishes in a short time; wait a moment.")
        note = Note(note="too-many", sentence=sentence, after=fault.retry_after)
        connection.line.write_frame(frame(encode(note.model_dump(exclude_none=True))))
        return True
    await _grant(connection, wish, at)
    return False


async def _grant(connection: Connection, wish: AnyWish, at: House) -> None:
    entry = connection.entry
    try:
        async with at.database.writing() as db:
            person = await db.get(Person, entry.person_id)
            if person is None or not at.hall.serves(connection):
                return
            outcome = await wishes.grant(
                db, connection.entry.sitting_id, wish, by=person, now=datetime.now(UTC)
            )
    except Refusal as refusal:
        log.info("wish.refused", refusal=repr(refusal))
        _say_malformed(connection.line, entry.language, last=False)
    else:
        if not (outcome.ok and isinstance(wish, SpellCaption)):  # nobody waits for that
            _answer(connection, wish, outcome)


def _answer(connection: Connection, wish: AnyWish, outcome: Outcome) -> None:
    words = translations(Language(connection.entry.language)).gettext
    said = answer(wish.id, outcome, words).model_dump(mode="json", exclude_none=True)
    connection.line.write_frame(frame(encode(said)))


async def _closed(socket: WebSocket, line: Line) -> None:
    """Read until the line is really closed, so that a shutdown never waits for us."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
    await line.closed.wait()
