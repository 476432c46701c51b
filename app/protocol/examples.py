"""An example of a message, made from its schema, so that a new message has one at once."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

SCHEMAS: Final = "#/components/schemas/"
MOMENT: Final = "2027-02-01T09:30:00Z"
ID: Final = "0190b3c8-2f4e-7c3a-9b7a-5d1f0a6e4c21"

# These make an example read like a meeting. A longer way to a field goes before a shorter one, and
# what is not here is filled in by its type.
WORDS: Final[Mapping[str, Any]] = {
    "hello.ticket": "what the service gave you",
    "hello.cursors": {"room": {"epoch": 1, "position": 17}},
    "on": "room",
    "fence-moved.on": "console",
    "caption.on": "captions:fr",
    "caption-heading.on": "captions:fr",
    "caption-corrected.on": "captions:fr",
    "caption-interim.on": "captions:fr",
    "captions": ["fr"],
    "language": "fr",
    "speaker.title": "Kenya",
    "position": 18,
    "title": "Members' part",
    "item.title": "Public policy issues",
    "time_zone": "Europe/Zurich",
    "audience.part": "second_half",
    "audience.categories": ["member_state", "sector_member", "associate"],
    "allowed": True,
    "reason": "named",
    "clause": "resolves 6",
    "edition": "eur-44a4-2022",
    "sentence": "resolves 6 names this category: Member State.",
    "facts_used": ["category"],
    "facts_missing": [],
    "name": "Delegate of Kenya",
    "entity": "Kenya",
    "functions": [],
    "may_speak": True,
    "may_raise_point_of_order": True,
    "request.request": "intervention",
    "waiting.request": "intervention",
    "topic": "Access",
    "seconds": 120,
    "spoken": 42.5,
    "text": "The meeting resumes at ten.",
    "snapshot.state": "open",
    "snapshot.list_open": True,
    "snapshot.newest_first": [],
    "answer.reason": "already-waiting",
    "answer.why": {
        "allowed": False,
        "reason": "already-waiting",
        "clause": "",
        "clause_text": "",
        "edition": "",
        "sentence": "You are in the list already.",
        "remedy": "",
        "remedy_sentence": "",
        "facts_used": [],
        "facts_missing": [],
    },
    "question": "Shall we go on until 13:00?",
    "options": ["Go on", "Break"],
    "choices": ["Go on", "Break"],
    "by_choice": [12, 3],
    "table": [[], [9, 1], [], [], [], [], [], [], [3, 2]],
    "by_category": {"member_state": [9, 1], "stakeholder": [3, 2]},
    "minutes-changed.on": "console",
    "note.sentence": "The open part is closed.",
    "presence.connected": 41,
    "presence.remote": 29,
    "presence.in_person": 12,
    "presence.by_category": {"member_state": 35, "sector_member": 6},
    "farewell.code": 4500,
    "why.allowed": False,
    "why.reason": "not-named",
    "why.sentence": "resolves 6 does not name this category: Academia.",
    "next_open.title": "Open part",
}


def example(schema: Schema, named: Mapping[str, Schema], way: tuple[str, ...]) -> Any:  # noqa: ANN401 - JSON
    """A value of this schema; ``way`` are the names of the fields that lead to it."""
    for length in range(len(way), 0, -1):
        if (word := ".".join(way[-length:])) in WORDS:
            return WORDS[word]
    match schema:
        case {"const": value} | {"enum": [value, *_]}:
            return value
        case {"type": "array", "prefixItems": items}:
            return [example(each, named, (*way, each["title"])) for each in items]
        case {"type": "array", "items": items}:
            return [example(items, named, way)]
        case {"type": "object"}:
            fields = schema.get("properties", {}).items()
            shown = [(name, field) for name, field in fields if _shows(field, named)]
            return {name: example(field, named, (*way, name)) for name, field in shown}
        case {"anyOf": [first, *_]}:
            return example(first, named, way)
        case {"default": value}:
            return value
        case {"$ref": name}:
            return example(named[name.removeprefix(SCHEMAS)], named, way)
        case _:
            return _plain(schema)


def _shows(field: Schema, named: Mapping[str, Schema]) -> bool:
    """What may be unset is left out, unless it holds more than one value."""
    if field.get("default", ...) is not None:
        return True
    first = field["anyOf"][0]
    return "properties" in named.get(first.get("$ref", "").removeprefix(SCHEMAS), {})


def _plain(schema: Schema) -> Any:  # noqa: ANN401 - JSON
    match schema:
        case {"format": "uuid"}:
            return ID
        case {"format": "date-time"}:
            return MOMENT
        case {"type": "string"}:
            return "text"
        case {"type": "boolean"}:
            return False
        case _:
            return schema.get("minimum", 1)
