"""The benches count what they say they count; how fast a machine is, ``cwg bench`` says."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.bench import fanout, fence
from app.bench.crowd import Count, Crowd, Guests, crowd, leave
from app.live.serving import running
from app.live.wire import broadcast
from app.protocol.codes import Code


async def test_every_event_reaches_every_connection_by_the_path_and_by_the_floor():
    async with fanout.wire(20) as (path, clients):
        bare = fanout.floor(path)
        ours = await fanout.turn(path.tell, path, clients, 8, 4)
        theirs = await fanout.turn(bare, path, clients, 8, 4)

        assert (ours.deliveries, theirs.deliveries) == (160, 160)
        assert clients.seen(Count.BYTES) == 2 * 160 * len(path.delivery)


async def test_the_fan_out_is_told_with_its_ratio():
    told = await fanout.measure(connections=20, rounds=3, events=4)

    assert (told["connections"], told["bytes"]) == (20, len(fanout.Wire.delivery))
    assert set(told["four_waiting_events_in_one_write"]) < set(told)
    assert told["ratio_to_floor"] > 0


async def test_nobody_excluded_is_written_to_after_the_epoch_was_raised():
    told = await fence.measure(connections=20, rounds=1)

    assert (told["excluded"], told["late_frames"], told["late_frames_seen_by_clients"]) == (
        10,
        0,
        0,
    )
    assert told["frames_refused"] >= 10
    assert told["seconds_to_last_close"] > 0


class Leaky(fence.Sockets):
    """A fence that shows people out before it has stopped telling them the news."""

    async def fence(self, raised: Callable[[], None]) -> None:
        raised()
        broadcast(self.excluded, fence.FAREWELL)
        broadcast(self.excluded, fence.EVENT)
        for line in self.excluded:
            line.close(Code.SHOWN_OUT)


@asynccontextmanager
async def leaky(connections: int) -> AsyncGenerator[tuple[fence.Scene, Crowd]]:
    scene = Leaky()
    async with (
        running(scene, lifespan="off", protocol=fence.TappedProtocol) as url,
        crowd(Guests(url, connections, leave)) as clients,
    ):
        yield scene, clients


async def test_a_fence_that_leaks_is_found_out_on_both_ends():
    told = await fence.measure(connections=20, rounds=1, open_scene=leaky)

    assert (told["late_frames"], told["late_frames_seen_by_clients"]) == (10, 10)


async def test_clients_that_are_not_let_in_are_an_error_and_not_a_long_wait():
    async def closed(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.close"})

    async with running(closed, lifespan="off") as url:
        with pytest.raises(ChildProcessError):
            async with crowd(Guests(url, 1, leave)):
                pass
