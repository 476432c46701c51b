"""The documents of a meeting for one audience, as a zip that opens from a folder without a server.

It is written piece by piece as the files come from the store: nothing waits for the whole.
"""

import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from io import RawIOBase
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app import i18n
from app.i18n import Language, translations
from app.models import StoredFile
from app.policy.upload import ENDINGS
from app.services.document_sets import Held, Whole

VERSION: Final = 1
INDEX: Final = "index.html"
MANIFEST: Final = "manifest.json"
EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name
FILE: Final = 0o100644 << 16
UNIX: Final = 3
BY_TYPE: Final = {kind.value: ending for ending, kind in ENDINGS.items()}
Get = Callable[[str], Awaitable[AsyncGenerator[bytes]]]


@dataclass(frozen=True, slots=True)
class Packed:
    """A file of the set, at its place in the folder."""

    path: str
    language: str
    file: StoredFile


@dataclass(frozen=True, slots=True)
class Line:
    """A document as the index has it."""

    held: Held
    title: str
    title_language: str
    files: Sequence[Packed]


@dataclass(frozen=True, slots=True)
class Bound:
    """What the zip will be: its name, what is written first, and the files after it."""

    name: str
    folder: str
    written: Mapping[str, bytes]
    files: Sequence[Packed]


def bind(found: Whole, address: str, language: Language = Language.ENGLISH) -> Bound:
    """Index and manifest; slow enough for a thread of its own, and in need of no database."""
    folder = f"documents-{found.meeting.slug}-{found.audience}"
    lines = [_line(each, language) for each in found.documents]
    files = [each for line in lines for each in line.files]
    index = _index(found, lines, address, language).encode()
    manifest = _manifest(found, lines, index)
    return Bound(f"{folder}.zip", folder, {INDEX: index, MANIFEST: manifest}, files)


def _line(each: Held, language: Language) -> Line:
    title, tongue = each.title(language.value)
    files = [Packed(_path(each, code, file), code, file) for code, file in each.files.items()]
    return Line(each, title, tongue, files)


def _path(each: Held, language: str, file: StoredFile) -> str:
    """By number and language, in letters that every system can write; never as it was sent."""
    number, dash, more = each.path.partition("-")
    tag = re.sub(r"[^a-z0-9]", "-", language.lower()) or "xx"
    return f"files/{int(number):03}{dash}{more}-{tag}.{BY_TYPE.get(file.media_type, 'bin')}"


def _manifest(found: Whole, lines: Sequence[Line], index: bytes) -> bytes:
    meeting = found.meeting
    about: dict[str, Any] = {
        "kind": "cwg-documents",
        "version": VERSION,
        "audience": found.audience.value,
        "meeting": {"slug": meeting.slug, "title": meeting.title, "edition": meeting.edition_id},
        "documents": [
            {
                "number": line.held.path,
                "written": line.held.written,
                "class": line.held.row.document_class.value,
                "titles": line.held.row.titles,
                "source": line.held.row.source,
                "files": [
                    {
                        "path": each.path,
                        "language": each.language,
                        "media_type": each.file.media_type,
                        "bytes": each.file.size,
                        "sha256": each.file.sha256,
                    }
                    for each in line.files
                ],
            }
            for line in lines
        ],
        "index": {"path": INDEX, "bytes": len(index), "sha256": sha256(index).hexdigest()},
    }
    return json.dumps(about, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _index(found: Whole, lines: Sequence[Line], address: str, language: Language) -> str:
    by_key = {line.held.row.id: line for line in lines}
    sections = [
        (f"{item.label or item.number}. {item.title}", theirs)
        for key, item in found.items.items()
        if (theirs := [line for line in lines if line.held.row.item_id == key])
    ]
    among = {id(line) for _, theirs in sections for line in theirs}
    groups = [
        (each.row.title, [by_key[one.row.id] for one in each.documents]) for each in found.groups
    ]
    return (
        _environment(language)
        .get_template("documents.html")
        .render(
            meeting=found.meeting,
            audience=found.audience.value,
            language=language,
            lines=lines,
            sections=sections,
            rest=[line for line in lines if id(line) not in among],
            groups=groups,
            address=f"{address}/meetings/{found.meeting.slug}",
            named=i18n.named,
            posted=lambda at: i18n.day(at, found.meeting.time_zone, language),
        )
    )


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


class _Pipe(RawIOBase):
    """What a zip is written to, to be sent on: it cannot go back, and so no size comes first."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - whatever has bytes
        self._kept += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since."""
        some = bytes(self._kept)
        self._kept.clear()
        return some


async def zipped(bound: Bound, get: Get) -> AsyncGenerator[bytes]:
    """The zip, piece by piece; ``get`` gives the bytes of a file by its digest."""
    pipe = _Pipe()
    with ZipFile(pipe, "w", ZIP_STORED) as made:  # what is in it is packed by itself already
        for path, content in bound.written.items():
            made.writestr(_info(bound, path), content)
            yield pipe.taken()
        for each in bound.files:
            with made.open(_info(bound, each.path), "w") as entry:
                async for piece in await get(each.file.sha256):
                    entry.write(piece)
                    yield pipe.taken()
    yield pipe.taken()


def _info(bound: Bound, path: str) -> ZipInfo:
    made = ZipInfo(f"{bound.folder}/{path}", EPOCH)
    made.compress_type, made.create_system, made.external_attr = ZIP_STORED, UNIX, FILE
    return made
