"""The protocol as AsyncAPI 3.0, made from the messages: what is added to them is in it.

It is written from the client's side, so that clients can be made from it: what it calls ``send`` is
what a client sends. Required of what the service says is every field that is never unset.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias, get_args, get_type_hints
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, TypeAdapter, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode
from pydantic_core import core_schema

from app.policy.captions import Captions
from app.policy.floor import Floor
from app.protocol import SUBPROTOCOL, examples
from app.protocol.codes import Code, comes_back
from app.protocol.messages import ChannelState, EventSaid, Heard, Hello, Said, Welcome
from app.protocol.news import MOMENTS, AnyEvent
from app.protocol.wishes import AnyWish, Wish

Schema: TypeAlias = dict[str, Any]

ADDRESS: Final = "/api/v1/live"
ABOUT: Final = """\
What is said over the socket of a sitting, from the client's side: a client sends a hello and then
wishes, and hears everything else. Get a ticket at `POST /api/v1/sittings/{sitting_id}/tickets`,
open the socket with the subprotocol `cwg.v1`, and say hello with the ticket within a few seconds.
Fields of messages you hear may be added within `cwg.v1`: ignore what you do not know. Nothing may
be added to what you send.
"""


class Empty(Said):
    """Nothing: all that is to know of the channel is its events."""


class CaptionsState(ChannelState):
    """The captions of one language, at a position."""

    snapshot: Captions | None = None  # type: ignore[assignment]  # what it really holds


class ByLanguage(Said):
    """Beside the channels that are named, one for each language: ``captions:fr``."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, CaptionsState]


# What the snapshot of a subject's channel shows.
PICTURES: Final[Mapping[str, Any]] = {"room": Floor, "console": Empty}


@dataclass(frozen=True, slots=True)
class Message:
    """One kind of message, and the type of which its payload's schema is made."""

    kind: str
    of: type[BaseModel]
    sent: bool

    @property
    def mode(self) -> JsonSchemaMode:
        return "validation" if self.sent else "serialization"


def messages() -> Iterator[Message]:
    """Every message of the protocol, the client's first."""
    for wish in (Hello, *_members(AnyWish)):
        yield Message(_kinds(wish)[0], wish, sent=True)
    for said in _members(Heard):
        for kind in _kinds(said):
            yield Message(kind, _welcome(kind) if said is Welcome else said, sent=False)
    for event in _members(AnyEvent):
        yield Message(_kinds(event)[0], _event(event), sent=False)


def _members(union: object) -> tuple[Any, ...]:
    """The classes of a union, whether or not it says what tells them apart."""
    first, *_ = get_args(union)
    return get_args(first) or get_args(union)


def _kinds(said: type) -> tuple[str, ...]:
    """The words by which such a message begins; none for one that has any kind."""
    return get_args(get_type_hints(said)["kind"])


def _welcome(kind: str) -> type[BaseModel]:
    """Welcome and moved have one shape: they differ in their kind."""
    return _narrower(Welcome, kind.title(), Welcome.__doc__, kind=kind, channels=_channels())


def _channels() -> type[BaseModel]:
    """The channels by subject, each with a snapshot of its own shape."""
    states: dict[str, Any] = {}
    for subject, picture in PICTURES.items():
        name, doc = f"{subject.title()}State", ChannelState.__doc__
        state = create_model(
            name, __base__=ChannelState, __doc__=doc, snapshot=(picture | None, None)
        )
        states[subject] = (state | None, None)
    made: type[BaseModel] = create_model("Channels", __base__=ByLanguage, **states)
    return made


def _event(event: type) -> type[BaseModel]:
    """What is said of an event: its place in the channel, and a body of its own shape."""
    own = event.__doc__ or ""
    doc = None if own.startswith(f"{event.__name__}(") else own
    return _narrower(EventSaid, f"{event.__name__}Said", doc, kind=_kinds(event)[0], body=event)


def _narrower(
    said: type[Said], name: str, doc: str | None, *, kind: str, **fields: type
) -> type[BaseModel]:
    """The same message of one kind, with some of its fields told more exactly."""
    more: dict[str, Any] = {field: (type_, ...) for field, type_ in fields.items()}
    more["kind"] = (Literal[kind], ...)
    made: type[BaseModel] = create_model(name, __base__=said, __doc__=doc, **more)
    return made


class _Writer(GenerateJsonSchema):
    """Schemas of messages as they go over the wire."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - Pydantic calls it
        """A name in other letters tells nothing."""
        return False

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,  # noqa: FBT001 - Pydantic calls it
    ) -> bool:
        """What the service says has every field, but may leave out one that is unset."""
        if self.mode == "validation":
            return super().field_is_required(field, total)
        if field["type"] == "dataclass-field":
            return "default" not in field["schema"] and "default_factory" not in field["schema"]
        return field["schema"].get("default", ...) is not None

    def dict_schema(self, schema: core_schema.DictSchema) -> Schema:
        """Where keys have a pattern, others are refused."""
        written = super().dict_schema(schema)
        if self.mode == "validation" and "patternProperties" in written:
            written["additionalProperties"] = False
        return written

    def named_tuple_schema(self, schema: core_schema.NamedTupleSchema) -> Schema:
        """A row has no names on the wire: each place of it has one here."""
        written = super().named_tuple_schema(schema)
        pairs = zip(schema["fields"], written["prefixItems"], strict=True)
        named = [{"title": field["name"], **place} for field, place in pairs]
        return written | {"prefixItems": named}

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> Schema:
        """The kind of an event is said around its body, and more is left out (``news.body``)."""
        written = super().dataclass_schema(schema)
        if "const" in written.get("properties", {}).get("kind", {}):
            del written["properties"]["kind"]
            for name in MOMENTS:
                if name in written.get("required", ()):
                    written["required"].remove(name)
        return written


def document(address: str) -> Schema:
    """The whole document, of a service with this address."""
    every = tuple(messages())
    written, schemas = TypeAdapter.json_schemas(
        [(each.kind, each.mode, TypeAdapter(each.of)) for each in every],
        ref_template=examples.SCHEMAS + "{model}",
        schema_generator=_Writer,
    )
    named = schemas["$defs"]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "CWG meetings, live",
            "version": SUBPROTOCOL.removeprefix("cwg.v"),
            "description": ABOUT,
            "license": {"name": "MIT"},
            "externalDocs": {
                "description": "The API over HTTP, with tickets",
                "url": f"{address}/api/v1/openapi.json",
            },
        },
        "defaultContentType": "application/json",
        "servers": {"service": _server(address)},
        "channels": {"live": _channel(every)},
        "operations": _operations(every),
        "components": {
            "messages": {
                each.kind: _message(each, written[each.kind, each.mode], named) for each in every
            },
            "schemas": named,
        },
    }


@lru_cache(maxsize=4)
def text(address: str) -> str:
    """The document as JSON, made once."""
    return json.dumps(document(address), indent=2, ensure_ascii=False) + "\n"


def _server(address: str) -> Schema:
    parts = urlsplit(address)
    return {"host": parts.netloc, "protocol": "wss" if parts.scheme == "https" else "ws"}


def _channel(every: Iterable[Message]) -> Schema:
    subprotocol = {"type": "string", "const": SUBPROTOCOL}
    return {
        "address": ADDRESS,
        "title": "The socket of a sitting",
        "servers": [{"$ref": "#/servers/service"}],
        "messages": {each.kind: {"$ref": f"#/components/messages/{each.kind}"} for each in every},
        "bindings": {
            "ws": {
                "method": "GET",
                "headers": {
                    "type": "object",
                    "properties": {"Sec-WebSocket-Protocol": subprotocol},
                    "required": ["Sec-WebSocket-Protocol"],
                },
                "bindingVersion": "0.1.0",
            }
        },
        "x-subprotocol": SUBPROTOCOL,
        "x-close-codes": [
            {
                "code": int(each),
                "name": each.name,
                "comes_back": comes_back(each),
                "meaning": each.meaning,
            }
            for each in sorted(Code)
        ],
    }


def _operations(every: Iterable[Message]) -> Schema:
    """A client says hello, then wishes; meanwhile it hears."""
    wishes = [each.kind for each in every if issubclass(each.of, Wish)]
    heard = [each.kind for each in every if not each.sent]
    return {
        "say-hello": {
            **_operation("send", "The first message, with a ticket", ["hello"]),
            "reply": _on_live(["welcome", "farewell"]),
        },
        "wish": {
            **_operation("send", "Ask for something, once in the room", wishes),
            "reply": _on_live(["answer", "note"]),
        },
        "hear": _operation("receive", "What the service says", heard),
    }


def _operation(action: Literal["send", "receive"], title: str, kinds: Iterable[str]) -> Schema:
    return {"action": action, "title": title, **_on_live(kinds)}


def _on_live(kinds: Iterable[str]) -> Schema:
    return {
        "channel": {"$ref": "#/channels/live"},
        "messages": [{"$ref": f"#/channels/live/messages/{kind}"} for kind in kinds],
    }


def _message(message: Message, payload: Mapping[str, Any], named: Mapping[str, Schema]) -> Schema:
    schema = named[payload["$ref"].removeprefix(examples.SCHEMAS)]
    told: Schema = {"name": message.kind, "title": message.of.__name__}
    if "description" in schema:
        told["summary"] = schema["description"]
    for field in {"id", "wish"} & schema["properties"].keys():
        told["correlationId"] = {"location": f"$message.payload#/{field}"}
    return told | {
        "payload": payload,
        "examples": [{"payload": examples.example(schema, named, (message.kind,))}],
    }
