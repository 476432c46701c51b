"""The documents name everything that has a name: settings, events, wishes, close codes."""

import re
from pathlib import Path
from typing import get_args

from app.protocol.codes import Code
from app.protocol.news import AnyEvent
from app.protocol.wishes import AnyWish
from app.settings import Settings

ROOT = Path(__file__).parent.parent


def told(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def kinds(union: object) -> set[str]:
    members = get_args(get_args(union)[0])
    return {str(get_args(each.__annotations__["kind"])[0]) for each in members}


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


def test_every_close_code_has_its_line() -> None:
    rows = re.findall(r"^\| (\d{4}) \| `([A-Z_]+)` \|", told("docs/live.md"), re.MULTILINE)
    assert {(int(number), name) for number, name in rows} == {(int(c), c.name) for c in Code}


def test_every_wish_and_event_is_named() -> None:
    text = told("docs/live.md")
    missing = {kind for kind in kinds(AnyWish) | kinds(AnyEvent) if f"`{kind}`" not in text}
    assert missing == set()
