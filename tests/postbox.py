"""A real SMTP server on loopback that keeps what it is given."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import NamedTuple

from aiosmtpd.smtp import SMTP, Envelope, Session


class Letter(NamedTuple):
    """What the envelope said, and what was in it."""

    sender: str | None
    recipients: list[str]
    message: EmailMessage

    @property
    def text(self) -> str:
        body = self.message.get_body(("plain",))
        return body.get_content().replace("\r\n", "\n") if body else ""


class Postbox:
    """The letters in the order in which they came; ``url`` is where to send them."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.url = ""
        self._came = asyncio.Event()

    async def received(self, count: int = 1, *, within: float = 5.0) -> list[Letter]:
        """All letters, once there are so many; TimeoutError if they do not come."""
        async with asyncio.timeout(within):
            while len(self.letters) < count:
                self._came.clear()
                await self._came.wait()
        return self.letters

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.original_content or b""
        message = message_from_bytes(content, EmailMessage, policy=policy.default)
        self.letters.append(Letter(envelope.mail_from, list(envelope.rcpt_tos), message))
        self._came.set()
        return "250 kept"


@asynccontextmanager
async def open_postbox() -> AsyncGenerator[Postbox]:
    postbox = Postbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(postbox, hostname="localhost", enable_SMTPUTF8=True, loop=loop),
        host="127.0.0.1",
        port=0,
    )
    postbox.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield postbox
