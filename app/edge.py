"""The edge of the house: what answers carry, what requests may bring, how many enter at once."""

import asyncio
import re
from math import ceil
from time import monotonic
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.i18n import Language, translations, words

BUSY: Final = words("Very many come in at this moment. Your program comes back by itself.")

CARRIED: Final = {
    # What may be kept says so itself; a cache once served one person's page to 149 others.
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Edge:
    """Adds the headers that an answer does not set itself, and bounds the body that is read.

    FastAPI has a bound of its own, whose refusal leaves as plain text and past every handler; here
    it is an ``HTTPException`` (413) where the body is read, and is told like any other.
    """

    def __init__(self, app: ASGIApp, *, largest_body: int) -> None:
        self.app = app
        self.largest_body = largest_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        taken = 0

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.largest_body:
                raise HTTPException(413)
            return message

        async def carrying(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in CARRIED.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, bounded, carrying)


class Turnstile:
    """Lets so many draw a ticket at once, so many wait in line, and gives the others a time.

    When a service starts anew, its whole public comes back in the same second. If all were let in
    to the database together, each would wait longer than any client does, and all would come again.
    Whoever is too many gets 503 at once, with a ``Retry-After`` that differs from one to the next
    as the line moves: an appointment, at most ``longest`` seconds ahead.
    """

    doors = re.compile(r"/api/v1/sittings/[^/]+/tickets")

    def __init__(
        self, app: ASGIApp, *, at_once: int = 8, in_line: int = 56, longest: int = 60
    ) -> None:
        self.app = app
        self._gates = asyncio.Semaphore(at_once)
        self._most = at_once + in_line
        self._longest = longest
        self._here = 0
        self._takes = 0.01  # seconds between two that are through, as it was lately
        self._through = self._promised = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.doors.fullmatch(scope["path"]):
            await self.app(scope, receive, send)
        elif self._here >= self._most:
            await self._turn_back(scope, receive, send)
        else:
            await self._let_in(scope, receive, send)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._here += 1
        try:
            async with self._gates:
                await self.app(scope, receive, send)
        finally:
            self._here -= 1
            now = monotonic()
            self._takes += (min(1.0, now - self._through) - self._takes) / 16
            self._through = now

    async def _turn_back(self, scope: Scope, receive: Receive, send: Send) -> None:
        now = monotonic()
        self._promised = max(self._promised, now + 1) + self._takes
        after = min(self._longest, ceil(self._promised - now))
        say = translations(Language(scope["state"]["language"])).gettext
        problem = {"type": "urn:cwg:busy", "title": say(BUSY), "status": 503}
        answer = JSONResponse(
            problem, 503, {"Retry-After": str(after)}, media_type="application/problem+json"
        )
        await answer(scope, receive, send)
