"""From records to bytes: JSON, HTML, manifest and zip; the same records are the same bytes."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache, partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app import i18n, reasons
from app.i18n import Language, translations
from app.policy.parts import Part
from app.services.records import Column, Form, Kept, Records, Value

VERSION: Final = 1
MANIFEST: Final = "manifest.json"
PLAIN: Final = re.compile(r"(?:[a-z0-9][a-z0-9_-]*/)*[a-z0-9][a-z0-9_-]*\.[a-z0-9]{1,8}")
EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name
FILE: Final = 0o100644 << 16
UNIX: Final = 3


@dataclass(frozen=True, slots=True)
class Package:
    """One file for one audience, and what is in it."""

    name: str
    content: bytes
    manifest: Mapping[str, Any]

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()


def bind(records: Records, language: Language = Language.ENGLISH) -> Package:
    """The package; slow enough for a thread of its own, and in need of no database."""
    folder = f"records-{records.about['slug']}-{records.about['number']}-{records.audience}"
    files = _files(records, language)
    manifest = _manifest(records, files)
    files[MANIFEST] = _json(manifest)
    return Package(f"{folder}.zip", _zip(folder, files), manifest)


def _files(records: Records, language: Language) -> dict[str, bytes]:
    files = {"index.html": page(records, language).encode()}
    for kept in records.kept:
        about = {"section": kept.section.name, "rows": list(kept.rows)}
        for path, content in ((_data(kept), _json(about)), *kept.files.items()):
            _or_bug(path, files)
            files[path] = content
    return files


def _data(kept: Kept) -> str:
    return f"data/{kept.section.name}.json"


def _or_bug(path: str, files: Mapping[str, bytes]) -> None:
    """A path of its own within the folder, with a name that every system can write."""
    if not PLAIN.fullmatch(path) or path in {*files, MANIFEST}:
        raise ValueError(path)


def _manifest(records: Records, files: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        "kind": "cwg-records",
        "version": VERSION,
        "audience": records.audience.value,
        "about": dict(records.about),
        "sections": [
            {"name": each.section.name, "rows": len(each.rows), "file": _data(each)}
            for each in records.kept
        ],
        "files": [
            {"path": path, "size": len(content), "sha256": sha256(content).hexdigest()}
            for path, content in sorted(files.items())
        ],
    }


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _zip(folder: str, files: Mapping[str, bytes]) -> bytes:
    """Stored as they are: what compresses differs from one machine to the next, bytes do not."""
    whole = BytesIO()
    with ZipFile(whole, "w", ZIP_STORED) as archive:
        for path, content in sorted(files.items()):
            entry = ZipInfo(f"{folder}/{path}", EPOCH)
            entry.external_attr, entry.create_system = FILE, UNIX
            archive.writestr(entry, content)
    return whole.getvalue()


# For people


@dataclass(frozen=True, slots=True)
class Table:
    """A section as a page shows it: only the columns in which a row has something."""

    kept: Kept
    columns: tuple[Column, ...]
    data: str


def page(records: Records, language: Language) -> str:
    """The records as one page without any link to elsewhere."""
    zone = str(records.about["time_zone"])
    return (
        _environment(language)
        .get_template("index.html")
        .render(
            about=records.about,
            audience=records.audience.value,
            part=reasons.PARTS[Part(str(records.about["part"]))],
            tables=[_table(kept) for kept in records.kept],
            language=language,
            zone=zone,
            shown=partial(_shown, zone=zone, language=language),
            at=partial(_at, zone=zone, language=language),
        )
    )


def _table(kept: Kept) -> Table:
    has = {name for row in kept.rows for name, value in row.items() if _says(value)}
    columns = tuple(each for each in kept.section.columns if each.name in has)
    return Table(kept, columns, _data(kept))


def _says(value: Value) -> bool:
    """Nought says something."""
    return value is not None and value is not False and value != ""


def _shown(column: Column, value: Value, *, zone: str, language: Language) -> str:
    """A value in words; where there is none, nothing."""
    say = translations(language).gettext
    if value is None or not _says(value):
        return ""
    match column.form:
        case Form.TIME:
            return i18n.clock(datetime.fromisoformat(str(value)), zone, language)
        case Form.DURATION:
            return _duration(round(float(value)))
        case Form.MARK:
            return say(column.title) if value else ""
        case Form():
            return str(value)
        case vocabulary:
            return _word(vocabulary, str(value), language)


def _duration(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _word(vocabulary: type[StrEnum], value: str, language: Language) -> str:
    """What a value is called; one that has no word yet is legible as it is."""
    known = reasons.CATALOGUE.get((vocabulary, value))
    return translations(language).gettext(known) if known else value.replace("_", " ")


def _at(value: str, *, zone: str, language: Language) -> str:
    moment = datetime.fromisoformat(value)
    return f"{i18n.day(moment, zone, language)}, {i18n.clock(moment, zone, language)}"


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(  # type: ignore[attr-defined]  # the extension adds it
        translations(language), newstyle=True
    )
    return environment
