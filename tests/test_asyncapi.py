"""The protocol as AsyncAPI: it holds together, and a recorded meeting is as it says."""

import json
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from shutil import copyfile
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from typer.testing import CliRunner
from websockets.asyncio.client import ClientConnection, connect

from app.cli import app
from app.errors import TooMany
from app.live import hall
from app.protocol import asyncapi, messages, news, wishes
from app.protocol.codes import Code
from tests.knocking import Scene, hand_in_two, let_through, scene
from tests.live.test_fence import change, close_open_part
from tests.live.test_screen import screen
from tests.test_doors import MORE, PLAYED, kinds
from tests.world import FUNCTIONS, Guest, Service

ADDRESS = "https://meetings.example"
DOCUMENT = asyncapi.document(ADDRESS)
MESSAGES = DOCUMENT["components"]["messages"]
SENT = {each.kind for each in asyncapi.messages() if each.sent}
HEARD = MESSAGES.keys() - SENT
FORMATS = FormatChecker(["uuid"])


@FORMATS.checks("date-time", raises=ValueError)
def is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def objects(value: object) -> Iterator[dict[str, Any]]:
    """Every object of a JSON value, the outermost first."""
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from objects(each)


def strict() -> dict[str, Any]:
    """The document as it is today: no object has a field that is not named."""
    made = deepcopy(DOCUMENT)
    for each in objects(made["components"]["schemas"]):
        if isinstance(each.get("properties"), dict) and each.get("type") == "object":
            each.setdefault("additionalProperties", False)
    return made


STRICT = Registry().with_resource(
    "urn:strict", Resource.from_contents(strict(), default_specification=DRAFT202012)
)


def validator(ref: str) -> Draft202012Validator:
    schema = {"$ref": f"urn:strict{ref}"}
    return Draft202012Validator(schema, registry=STRICT, format_checker=FORMATS)


VALIDATORS = {kind: validator(each["payload"]["$ref"]) for kind, each in MESSAGES.items()}
FLOOR = validator("#/components/schemas/Floor")


def faults(message: Mapping[str, Any]) -> list[str]:
    """What is not as the document says, in a message of whatever kind."""
    found = VALIDATORS[message["kind"]].iter_errors(message)
    return [f"{message['kind']}: {fault.json_path}: {fault.message}" for fault in found]


def example(kind: str) -> dict[str, Any]:
    payload: dict[str, Any] = deepcopy(MESSAGES[kind]["examples"][0]["payload"])
    return payload


# The document holds together.


def resolved(ref: str) -> Any:
    found: Any = DOCUMENT
    for step in ref.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_whatever_is_referred_to_is_there() -> None:
    refs = {each["$ref"] for each in objects(DOCUMENT) if isinstance(each.get("$ref"), str)}
    assert {ref for ref in refs if not ref.startswith("#/") or not resolved(ref)} == set()
    named = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert named <= refs


def test_every_wish_and_everything_that_is_heard_is_in_it_by_itself() -> None:
    assert kinds(wishes.AnyWish) | {"hello"} == SENT
    assert kinds(news.AnyEvent) | kinds(messages.Heard) == HEARD
    live, does = DOCUMENT["channels"]["live"], DOCUMENT["operations"]
    assert live["messages"].keys() == MESSAGES.keys()
    assert {
        name: {resolved(each["$ref"])["$ref"].rpartition("/")[2] for each in told["messages"]}
        for name, told in does.items()
    } == {"say-hello": {"hello"}, "wish": SENT - {"hello"}, "hear": HEARD}
    assert {name: told["action"] for name, told in does.items()} == {
        "say-hello": "send",
        "wish": "send",
        "hear": "receive",
    }
    assert {each["code"]: each["comes_back"] for each in live["x-close-codes"]} == {
        code: code < 4500 and code != Code.TOO_BIG for code in Code
    }


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_message_has_a_schema_and_an_example_that_the_service_and_a_client_can_read(
    kind: str,
) -> None:
    schema = resolved(MESSAGES[kind]["payload"]["$ref"])
    Draft202012Validator.check_schema(schema)
    said = example(kind)
    assert (said["kind"], faults(said)) == (kind, [])
    if kind == "hello":
        messages.HELLO.validate_python(said)
    elif kind in SENT:
        wishes.WISHES.validate_python(said)
    elif kind in kinds(news.AnyEvent):
        news.read(kind, (event := messages.EventSaid(**said)).body, event.at)
    else:
        (model,) = (each.of for each in asyncapi.messages() if each.kind == kind)
        model.model_validate(said)


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_field_too_many_or_too_few_is_found(kind: str) -> None:
    for number, _ in enumerate(objects(example(kind))):
        said = example(kind)
        list(objects(said))[number]["unheard-of"] = "text"
        assert faults(said) != []
    for name in resolved(MESSAGES[kind]["payload"]["$ref"])["required"]:
        said = example(kind)
        kept = {key: value for key, value in said.items() if key != name}
        assert [*VALIDATORS[kind].iter_errors(kept)] != []


def published(kind: str) -> Draft202012Validator:
    """The schema as a client has it: what is heard may have more than it names."""
    schema = {**MESSAGES[kind]["payload"], "components": DOCUMENT["components"]}
    return Draft202012Validator(schema, format_checker=FORMATS)


CURSOR = {"epoch": 1, "position": 0}


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("hello", {"ticket": ""}),
        ("hello", {"take_over": "yes"}),
        ("hello", {"cursors": {"lobby": CURSOR}}),
        ("hello", {"cursors": {"room": CURSOR | {"epoch": 0}}}),
        ("hello", {"cursors": {"room": CURSOR | {"when": "now"}}}),
        ("request-floor", {"id": "mine"}),
        ("request-floor", {"request": "speech"}),
        ("request-floor", {"topic": "x" * (wishes.LONGEST_TOPIC + 1)}),
        ("request-floor", {"topic": None}),
        ("give-floor", {"number": 0}),
        ("remove-request", {"number": "1"}),
        ("set-time", {"seconds": 9}),
        ("announce", {"text": ""}),
        ("announce", {"as": "chair"}),
    ],
)
def test_what_the_service_takes_for_no_message_is_none_by_the_document(
    kind: str, more: Mapping[str, object]
) -> None:
    read = messages.HELLO if kind == "hello" else wishes.WISHES
    said = example(kind) | dict(more)
    with pytest.raises(ValueError, match="validation error"):
        read.validate_python(said)
    assert not published(kind).is_valid(said)


def test_a_client_may_hear_more_than_the_document_names() -> None:
    heard = example("answer") | {"unheard-of": "text"}
    assert published("answer").is_valid(heard)
    assert faults(heard) != []
    assert messages.Answer.model_validate(heard) == messages.Answer(**example("answer"))


# A recorded meeting is as it says.


@dataclass
class Record:
    """What went over the sockets in both directions, and what was read over HTTP."""

    said: list[dict[str, Any]] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)
    floors: list[dict[str, Any]] = field(default_factory=list)
    codes: set[int] = field(default_factory=set)


class Kept(ClientConnection):
    """A line of which every message is kept."""

    def __init__(self, *given: Any, record: Record, **more: Any) -> None:
        super().__init__(*given, **more)
        self.record = record

    async def send(self, message: Any, **more: Any) -> None:
        self.record.said.append(json.loads(message))
        await super().send(message, **more)

    async def recv(self, decode: bool | None = None) -> Any:
        message = await super().recv(decode)
        self.record.heard.append(json.loads(message))
        return message


@dataclass
class Recorded(Service):
    """The service, to people whose lines are kept."""

    record: Record = field(default_factory=Record)

    def line(self, **options: Any) -> connect:
        kept = partial(Kept, record=self.record)
        return super().line(create_connection=kept, max_queue=None, **options)


async def put_up_a_screen(meeting: Service) -> None:
    """Until it has heard that its line lives."""
    with pytest.MonkeyPatch.context() as quicker:
        quicker.setattr(hall, "BEAT_EVERY", 0.05)
        async with screen(meeting, sitting="second") as shown:
            await meeting.house.hall._beating()
            await shown.until("beat")


async def play(at: Scene) -> Record:
    """A meeting with everything in it, from the open part to the end of the members' part."""
    meeting = Recorded(at.meeting.url, at.meeting.app, at.meeting.world)
    record = meeting.record
    async with AsyncExitStack() as rooms:
        inside = {
            key: await rooms.enter_async_context(meeting.attending(key, captions=["en"]))
            for key in sorted({by for by, _ in PLAYED} | {"kenya", "chair", "steward"})
        }
        shown_out = await rooms.enter_async_context(meeting.attending("university"))
        assert (await close_open_part(meeting)).status_code == 200
        record.codes.add(await shown_out.ended())
        for key in inside.keys() & FUNCTIONS.keys():
            await inside[key].until("moved")  # those in service go ahead
        await let_through(at)
        for key in inside.keys() - FUNCTIONS.keys():
            await inside[key].until("moved")
        await hand_in_two(at)
        http = await rooms.enter_async_context(meeting.http("kenya"))
        for by, kind in PLAYED:
            if kind == "spell-caption":  # nobody waits for its answer
                said = {"kind": kind, "id": str(uuid4()), **MORE[kind]}
                await inside[by].socket.send(json.dumps(said))
                continue
            assert (await inside[by].wish(kind, **MORE.get(kind, {})))["ok"] is True
            floor = await http.get(f"/api/v1/sittings/{at.ids['second']}/floor")
            record.floors.append(floor.json())
        assert (await inside["kenya"].wish("open-list"))["ok"] is False
        async with meeting.http("secretariat") as writes:
            minutes = f"/api/v1/sittings/{at.ids['second']}/minutes/{uuid4()}"
            noted = await writes.put(minutes, json={"version": 0, "text": "Noted."})
            assert noted.status_code == 200
        async with meeting.http("chair") as chair:
            path = f"/api/v1/invitations/{at.ids['invitation_id']}/end"
            assert (await chair.post(path, json={})).status_code == 200
        await inside["chair"].until("invitation-moved")
        await come_late(meeting)
        await overdo(meeting, inside["kenya"])
        while not {"presence", "lines", "hands-counted"} <= {each["kind"] for each in record.heard}:
            await inside["chair"].next(presence=True)
        await put_up_a_screen(meeting)
        assert (await change(meeting, "second", "close")).status_code == 200
        await inside["chair"].until("sitting-closed")
        record.codes.add(await inside["kenya"].ended())
        for guest in inside.values():
            await guest.socket.close()
            await guest.ended()  # what was not read yet is kept too
    return record


async def come_late(meeting: Service) -> None:
    """With a cursor that is of no use, and with one from which everything is told."""
    for epoch in (1, 2):
        cursors = {"room": {"epoch": epoch, "position": 0}}
        async with meeting.attending("brazil", "second", cursors=cursors) as late:
            await late.wish("withdraw-request")  # what was missed is told before the answer


async def overdo(meeting: Service, guest: Guest) -> None:
    """A message that is none, and one wish too many."""
    await ClientConnection.send(guest.socket, "{}")  # not kept: it is not of the protocol
    assert (await guest.until("note"))["note"] == "malformed"
    house, person = meeting.house, str(meeting.world.people["kenya"])
    with suppress(TooMany):
        while True:
            await house.rates.take(house.settings.wishes_per_person, "wish", person)
    await guest.socket.send(json.dumps({"kind": "undo", "id": str(uuid4())}))
    assert (await guest.until("note"))["note"] == "too-many"


async def test_every_message_of_a_recorded_meeting_is_as_the_document_says(
    sqlite_template: Path, tmp_path: Path
) -> None:
    file = copyfile(sqlite_template, tmp_path / "tables.sqlite")
    url = f"sqlite+aiosqlite:///{file}"
    async with scene(url, tmp_path, (), "", wishes_per_person="500/minute") as at:
        record = await play(at)
        async with at.meeting.http() as http:
            got = await http.get("/api/v1/asyncapi.json")
    assert [fault for each in (*record.said, *record.heard) for fault in faults(each)] == []
    assert [fault for each in record.floors for fault in FLOOR.iter_errors(each)] == []
    assert {each["kind"] for each in record.said} == SENT
    assert {each["kind"] for each in record.heard} == HEARD
    notes = {each["note"] for each in record.heard if each["kind"] == "note"}
    assert notes == set(DOCUMENT["components"]["schemas"]["Note"]["properties"]["note"]["enum"])
    assert record.codes == {Code.SHOWN_OUT, Code.OVER}
    assert got.json() == DOCUMENT
    assert got.headers["cache-control"] == "public, max-age=300"


def test_it_is_printed_without_a_service() -> None:
    printed = CliRunner().invoke(app, ["asyncapi", "--address", ADDRESS])
    assert (printed.exit_code, json.loads(printed.stdout)) == (0, DOCUMENT)
    local = json.loads(CliRunner().invoke(app, ["asyncapi"]).stdout)
    assert local["servers"] == {"service": {"host": "127.0.0.1:8000", "protocol": "ws"}}
