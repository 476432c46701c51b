"""The documents name everything that has a name: settings, events, wishes, close codes."""

import re
from pathlib import Path
from typing import Any

from app.protocol.asyncapi import PICTURES, document
from app.settings import Settings

ROOT = Path(__file__).parent.parent
DOCUMENT = document("https://meetings.example")
MESSAGES = DOCUMENT["components"]["messages"]
SCHEMAS = DOCUMENT["components"]["schemas"]
WISHES = {each["$ref"].rpartition("/")[2] for each in DOCUMENT["operations"]["wish"]["messages"]}


def schema_of(kind: str) -> dict[str, Any]:
    """The schema of a message."""
    schema: dict[str, Any] = SCHEMAS[MESSAGES[kind]["payload"]["$ref"].rpartition("/")[2]]
    return schema


EVENTS = {kind for kind in MESSAGES if "body" in schema_of(kind)["properties"]}


def told(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_setting_has_its_line() -> None:
    named = set(re.findall(r"`CWG_([A-Z_]+)`", told("docs/settings.md")))
    assert named == {name.upper() for name in Settings.model_fields}


def test_every_setting_is_used_beyond_its_declaration() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "app").rglob("*.py")
        if path.name != "settings.py"
    )
    read = set(re.findall(r"settings\.(\w+)", code))
    stands_behind = {
        "database_url": "database",
        "base_url": "address",
        "environment": "development",
    }
    unread = {name for name in Settings.model_fields if stands_behind.get(name, name) not in read}
    assert unread == set()


def section(heading: str) -> str:
    """What docs/live.md says under a heading."""
    return told("docs/live.md").partition(f"## {heading}\n")[2].partition("\n## ")[0]


def in_code(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


def test_every_close_code_has_its_line_with_its_meaning() -> None:
    rows = re.findall(
        r"^\| (\d{4}) \| `([A-Z_]+)` \| (.+) \|$", section("Close codes"), re.MULTILINE
    )
    said = DOCUMENT["channels"]["live"]["x-close-codes"]
    assert sorted(rows) == [(str(each["code"]), each["name"], each["meaning"]) for each in said]


def test_every_message_that_is_not_a_wish_or_an_event_is_told_in_the_course_of_things() -> None:
    named = in_code(told("docs/live.md").partition("\n## ")[0])
    notes = SCHEMAS["Note"]["properties"]["note"]["enum"]
    around = MESSAGES.keys() - WISHES - EVENTS
    assert {*around, *notes} - named == {"hello"}  # which is there in full
    assert '{"kind": "hello", ' in told("docs/live.md")


def test_every_wish_is_named_with_what_it_tells() -> None:
    told_in_a_wish = {name for kind in WISHES for name in schema_of(kind)["properties"]}
    needed = WISHES | told_in_a_wish - {"id", "kind"}
    choices = {word for schema in SCHEMAS.values() for word in schema.get("enum", ())}
    named = in_code(section("Wishes"))
    assert needed <= named <= needed | choices


def test_every_event_is_named_with_its_channel() -> None:
    assert in_code(section("Events")) == EVENTS | PICTURES.keys() | {"captions:xx"}
