"""The benches count what they say they count; how fast a machine is, ``cwg bench`` says."""

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest

from app.bench import fanout, fence, hour, live, plot
from app.bench.apart import aside
from app.bench.crowd import Count, Crowd, Guests, crowd, leave
from app.bench.visitors import Parlour, Public, Records, Tally, Visitor
from app.live.serving import running
from app.live.wire import broadcast, encode, frame
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


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="processes stand on no core here")
def test_whoever_stood_aside_has_all_cores_again_for_the_next_engine():
    before = os.sched_getaffinity(0)
    with aside() as core:
        assert core < before or core == before == os.sched_getaffinity(0)
        assert os.sched_getaffinity(0) == (before - core or core)
    assert os.sched_getaffinity(0) == before


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


async def test_everyone_hears_every_event_and_comes_back_with_what_they_missed():
    told = await live.measure(100, 1, lambda _: None)

    assert (told["events"], told["lost"]) == (10, 0)
    assert 0 < told["delivery_ms"]["p50"] <= told["delivery_ms"]["p99"] <= told["last_ms"]["most"]
    assert told["bare_loop_ms"]["p50"] > 0
    back = told["return"]
    assert (back["lost_lines"], back["back"], back["events_while_away"]) == (100, 100, 20)
    assert (back["without_the_newest_event"], back["errors"], back["faults"]) == (0, 0, [])
    assert told["memory"]["ratio_to_bare"] > 0


def said(position: int) -> bytes:
    return frame(encode({"kind": "list-opened", "on": "room", "position": position}))


async def test_a_visitor_counts_what_is_missing_and_what_comes_twice():
    records = Records.of(1, 10)
    room = Public("http://127.0.0.1:1", uuid4(), ["word"], 1, 10)
    visitor = Visitor(Parlour(room, records, None), 0, "word")

    for moment, position in enumerate((1, 2, 2, 4), 100):
        data = said(position)
        visitor.hear(moment, data[:7])
        visitor.hear(moment, data[7:])

    assert (records.seen(Tally.TWICE), records.seen(Tally.GAPS)) == (1, 1)
    assert [records.row(row)[0] for row in range(5)] == [100, 101, 0, 103, 0]


async def test_an_hour_is_counted_step_by_step_and_what_is_not_known_is_said_to_be_left_out():
    told = await hour.measure(0.02)

    names = [each["step"] for each in (*told["steps"], *told["skipped"])]
    assert sorted(names) == sorted(step.name for step in hour.HOUR)
    counted = sum(each["times"] * each["bytes_each"] for each in told["steps"])
    always = sum(told["always"].values())
    assert told["kilobytes_per_participant"] == round((counted + always) / 1000, 1)
    assert min(told["beyond_text"].values()) > 80
    assert told["most_beyond_text"] <= hour.MOST_BEYOND_TEXT
    assert told["skipped"] == []
    # What takes an agenda, a statement or another sitting is not of this hour.
    assert told["kinds_not_heard"] == [
        "captions-stopped",
        "item-taken",
        "sitting-closed",
        "sitting-closing",
        "sitting-opened",
        "statement-recorded",
        "statement-unrecorded",
    ]


def test_a_text_is_not_counted_as_what_an_event_costs():
    heard = hour.Heard()
    for text in ("a", "a" * 100):
        body = {"notice": {"number": 1, "text": text}}
        heard.take(encode({"kind": "announced", "on": "room", "position": 1, "body": body}))

    # The longer one has two more bytes of its frame's head.
    assert heard.weights["announced"] == 2 * heard.beyond["announced"] + 101 - 2


def test_a_plot_says_in_words_what_it_draws():
    points = [float(part) for part in range(1, 101)]
    lines = {"One": points, "Other": [2 * each for each in points]}
    picture = ET.fromstring(plot.distribution("Title", "About it.", lines))  # noqa: S314 - ours
    name = "{http://www.w3.org/2000/svg}"
    assert picture.findtext(f"{name}title") == "Title"
    described = picture.findtext(f"{name}desc")
    assert described == (
        "About it. One: half within 50 ms, 99 of 100 within 99 ms, all within 100 ms."
        " Other: half within 100 ms, 99 of 100 within 198 ms, all within 200 ms."
    )
    others = [each for each in picture.iter(f"{name}polyline") if each.get("class") == "line-1"]
    assert len(others) == 2  # the curve, and its sample beside the name
    assert {each.get("stroke-dasharray") for each in others} == {"8 5"}
