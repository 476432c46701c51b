"""The edge of the house: what answers carry, what requests may bring, who is turned back."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.i18n import Language, translations, words
from app.live.doorway import Doorway
from app.together import UnderWay

BUSY: Final = words("Very many come in at this moment. Your program comes back by itself.")

CARRIED: Final = {
    # What may be kept says so itself; a cache once served one person's page to 149 others.
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_CARRIED: Final = [(name.lower().encode(), value.encode()) for name, value in CARRIED.items()]


class Edge:
    """Adds the headers that an answer does not set itself, and bounds the body that is read.

    FastAPI has a bound of its own, whose refusal leaves as plain text and past every handler; here
    it is an ``HTTPException`` (413) where the body is read, and is told like any other. Doors that
    take files have a bound of their own: ``larger`` maps patterns of paths to bytes.
    """

    def __init__(
        self, app: ASGIApp, *, largest_body: int, larger: Mapping[str, int] | None = None
    ) -> None:
        self.app = app
        self.largest_body = largest_body
        self.larger = {re.compile(path): most for path, most in (larger or {}).items()}
        self._any_larger = re.compile("|".join(f"(?:{path})" for path in larger or ()) or "(?!)")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        taken, most = 0, self._most(scope["path"])
        told = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        too_large = told.isdigit() and int(told) > most

        async def bounded() -> Message:
            nonlocal taken
            if too_large:  # what is told to be too large is not read at all
                raise HTTPException(413)
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise HTTPException(413)
            return message

        async def carrying(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [*message.get("headers", ())]
                names = {name for name, _ in own}
                message["headers"] = own + [pair for pair in _CARRIED if pair[0] not in names]
            await send(message)

        await self.app(scope, bounded, carrying)

    def _most(self, path: str) -> int:
        if not self._any_larger.fullmatch(path):
            return self.largest_body
        return next(most for door, most in self.larger.items() if door.fullmatch(path))


class Turnstile:
    """Turns back whom the doorway of the hall has no room for: 503 with a ``Retry-After``.

    It stands before everything else, because whoever is turned back must cost next to nothing; and
    it counts the requests that are ``under_way``.
    """

    doors = re.compile(r"/api/v1/sittings/[^/]+/tickets")

    def __init__(
        self,
        app: ASGIApp,
        doorway: Doorway,
        language: Callable[[Scope], Language],
        under_way: UnderWay,
    ) -> None:
        self.app = app
        self._doorway = doorway
        self._under_way = under_way
        self._language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        self._under_way.many += 1
        try:
            await self._let_in(scope, receive, send)
        finally:
            self._under_way.many -= 1

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.doors.fullmatch(scope["path"]):
            await self.app(scope, receive, send)
        elif self._doorway.full():
            await self._turn_back(scope, receive, send)
        else:
            with self._doorway.passing():
                await self.app(scope, receive, send)

    async def _turn_back(self, scope: Scope, receive: Receive, send: Send) -> None:
        say = translations(self._language(scope)).gettext
        problem = {"type": "urn:cwg:busy", "title": say(BUSY), "status": 503}
        headers = {**CARRIED, "Retry-After": str(self._doorway.appointment())}
        answer = JSONResponse(problem, 503, headers, media_type="application/problem+json")
        await answer(scope, receive, send)
