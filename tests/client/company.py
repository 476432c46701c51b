"""Guests of the small meeting, as tests meet them."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from app.client import Address, Ending, Guest, Patience
from app.client.picture import Told
from app.protocol.messages import Welcome
from tests.world import SOON, Service

Kind = TypeVar("Kind")
QUICK = Patience(first=0.05, longest=0.2, outside=0.2, too_many=0.05)


def of(meeting: Service, sitting: str = "first") -> Address:
    return Address(meeting.url, meeting.world.sittings[sitting])


def guest(meeting: Service, key: str, sitting: str = "first") -> Guest:
    return Guest(of(meeting, sitting), f"cwg_{key}", patience=QUICK)


@asynccontextmanager
async def attending(meeting: Service, key: str, sitting: str = "first") -> AsyncGenerator[Guest]:
    """Someone in the room, after the welcome."""
    async with guest(meeting, key, sitting) as someone:
        await until(someone, Welcome)
        yield someone


async def until(someone: Guest, kind: type[Kind]) -> Kind:
    """The next news of that kind; the ones before it are left out."""
    async with asyncio.timeout(SOON):
        async for news in someone:
            if isinstance(news, kind):
                return news
    raise AssertionError(kind)


async def told(someone: Guest, kind: str) -> Told:
    """The next event of that kind."""
    while (event := await until(someone, Told)).event.kind != kind:
        pass
    return event


async def ending(someone: Guest) -> Ending:
    return await until(someone, Ending)


async def comes_true(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(SOON):
        while not condition():  # noqa: ASYNC110 - any condition, of any object
            await asyncio.sleep(0.01)
