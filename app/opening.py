"""Opens one file with its parser and says what it is and what it says; a process of its own.

``python -m app.opening NAME`` reads the file from its input and writes JSON: a parser that hangs,
or wants all the memory, is ended by the bounds that this process sets itself and by whoever waits.
A file is taken as it came or refused: it is never changed, so that its digest is the author's too.
"""

import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from app.policy.text import visible
from app.policy.upload import (
    LONGEST_TEXT,
    MOST_ENTRIES,
    MOST_OBJECTS,
    MOST_PAGES,
    MOST_TIMES,
    MOST_UNPACKED,
    PACKED,
    SMALL,
    FileFault,
    FileKind,
    Opened,
    fault_of,
    kind_by_name,
)

SECONDS: Final = 20  # of a core
MEMORY: Final = 1024 * 1024 * 1024  # bytes
END_OF_PACK: Final = b"PK\x05\x06"
ALLOWED_OUTSIDE: Final = ("http://", "https://", "mailto:")
ACTIVE: Final = frozenset({"/JS", "/JavaScript", "/AA", "/RichMedia", "/XFA"})
ACTIONS: Final = frozenset(
    {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/Rendition", "/GoToE", "/GoToR"}
)
HOLDERS: Final = frozenset({"/EmbeddedFile", "/EmbeddedFiles", "/EF", "/AF"})


class Bad(Exception):
    """Not taken, and why."""

    def __init__(self, fault: FileFault) -> None:
        super().__init__(fault)
        self.fault = fault


def opened(name: str, data: bytes) -> Opened:
    """What a file is and says; Bad where it is not taken."""
    if wrong := fault_of(name, data):
        raise Bad(wrong)
    match kind_by_name(name):
        case FileKind.PDF:
            return Opened(FileKind.PDF, _bounded(_pdf(data)))
        case FileKind.TXT:
            return Opened(FileKind.TXT, _bounded([_plain(data)]))
        case FileKind.DOCX | FileKind.ODT as kind:
            return Opened(kind, _bounded(_packed(kind, data)))
        case _:
            raise Bad(FileFault.OTHER_KIND)


def _bounded(parts: "Iterator[str] | list[str]") -> str:
    """All parts are looked at; of what they say, no more is kept than the search needs."""
    kept, size = [], 0
    for part in parts:
        if size < LONGEST_TEXT:
            kept.append(part[: LONGEST_TEXT - size])
            size += len(kept[-1])
    return visible("".join(kept))


def _plain(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Bad(FileFault.NOT_UTF8) from None
    if re.search(r"[\x00-\x08\x0e-\x1f\x7f]", text):
        raise Bad(FileFault.OTHER_KIND)
    return text


# DOCX and ODT: packed XML.


def _packed(kind: FileKind, data: bytes) -> Iterator[str]:
    if b"%PDF" in data[:1024] or not data.startswith(PACKED):
        raise Bad(FileFault.TWO_KINDS)
    # The end of the pack is the end of the file: nothing is before it or after it.
    if data[-22:-18] != END_OF_PACK:
        raise Bad(FileFault.TWO_KINDS)
    try:
        with ZipFile(io.BytesIO(data)) as pack:
            entries = _entries(pack)
            read = _docx if kind is FileKind.DOCX else _odt
            yield from read(pack, entries)
    except (BadZipFile, NotImplementedError, EOFError, ValueError):
        raise Bad(FileFault.DAMAGED) from None


def _entries(pack: ZipFile) -> dict[str, ZipInfo]:
    """The entries by name, after a look at what unpacking would cost and where it would lead."""
    found = pack.infolist()
    if len(found) > MOST_ENTRIES or sum(each.file_size for each in found) > MOST_UNPACKED:
        raise Bad(FileFault.BOMB)
    if sum(each.compress_size for each in found) > MOST_UNPACKED:
        raise Bad(FileFault.BOMB)
    for each in found:
        if each.flag_bits & 0x1:
            raise Bad(FileFault.PASSWORD)
        if each.file_size > max(SMALL, MOST_TIMES * each.compress_size):
            raise Bad(FileFault.BOMB)
        steps = each.filename.replace("\\", "/").split("/")
        strange = ".." in steps or each.filename.startswith(("/", "\\")) or ":" in steps[0]
        if strange or each.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
            raise Bad(FileFault.DAMAGED)
    by_name = {each.filename.lower(): each for each in found}
    if len(by_name) < len(found):
        raise Bad(FileFault.DAMAGED)  # of two with one name, programs open different ones
    if found[0].header_offset != 0:
        raise Bad(FileFault.TWO_KINDS)
    return by_name


def _docx(pack: ZipFile, entries: dict[str, ZipInfo]) -> Iterator[str]:
    if not {"[content_types].xml", "word/document.xml"} <= entries.keys():
        raise Bad(FileFault.NOT_ITS_NAME)
    for name in entries:
        if "vbaproject" in name or "vbadata" in name or name.startswith("word/activex"):
            raise Bad(FileFault.MACROS)
        if name.startswith("word/embeddings/") or name.endswith((".bin", ".exe", ".js")):
            raise Bad(FileFault.HOLDS_FILES)
    for name, entry in entries.items():
        if not name.endswith((".xml", ".rels")):
            continue
        watch = _Docx(name)
        watch.read(pack.read(entry))
        if name == "word/document.xml":
            yield from watch.words


def _odt(pack: ZipFile, entries: dict[str, ZipInfo]) -> Iterator[str]:
    said = pack.read(entries["mimetype"]) if "mimetype" in entries else b""
    if said.strip() != FileKind.ODT.encode() or "content.xml" not in entries:
        raise Bad(FileFault.NOT_ITS_NAME)
    for name in entries:
        if name.startswith(("basic/", "scripts/")):
            raise Bad(FileFault.MACROS)
        if name.endswith((".bin", ".exe", ".js", ".jar", ".class")):
            raise Bad(FileFault.HOLDS_FILES)
    for name, entry in entries.items():
        if not name.endswith((".xml", ".rdf")):
            continue
        watch = _Odt(name)
        watch.read(pack.read(entry))
        if name == "content.xml":
            yield from watch.words


class _Xml:
    """Reads XML without a tree, without a document type and without any entity of its own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.words: list[str] = []
        self.within = 0
        self.size = 0

    def read(self, data: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.ExternalEntityRefHandler = self._refuse
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.say
        try:
            parser.Parse(data, True)  # noqa: FBT003 - expat's own signature: this is all of it
        except expat.ExpatError:
            raise Bad(FileFault.DAMAGED) from None

    def _refuse(self, *_about: Any) -> int:  # noqa: ANN401 - whatever the declaration says
        raise Bad(FileFault.ELSEWHERE)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def end(self, tag: str) -> None:
        raise NotImplementedError

    def say(self, text: str) -> None:
        if self.within and self.size < LONGEST_TEXT:
            self.words.append(text)
            self.size += len(text)


class _Docx(_Xml):
    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(" ")[2]
        if local in {"Override", "Default"} and _runs(attributes.get("ContentType", "")):
            raise Bad(FileFault.MACROS)
        if local == "Relationship":
            _relation(attributes)
        if local == "altChunk":
            raise Bad(FileFault.HOLDS_FILES)
        self.within += local == "t"

    def end(self, tag: str) -> None:
        local = tag.rpartition(" ")[2]
        self.within -= local == "t"
        if local in {"p", "br", "tab"} and self.size < LONGEST_TEXT:
            self.words.append("\n")


def _runs(media_type: str) -> bool:
    said = media_type.lower()
    return (
        "macroenabled" in said or "vba" in said or "activex" in said or "ms-office.script" in said
    )


def _relation(attributes: dict[str, str]) -> None:
    """A link to be clicked is a link; what is fetched on opening is elsewhere, and not taken."""
    kind = attributes.get("Type", "").rpartition("/")[2].lower()
    if kind in {"vbaproject", "activexcontrol", "control"}:
        raise Bad(FileFault.MACROS)
    if kind in {"oleobject", "package", "afchunk"}:
        raise Bad(FileFault.HOLDS_FILES)
    if attributes.get("TargetMode", "").lower() != "external":
        return
    target = attributes.get("Target", "").strip().lower()
    if kind != "hyperlink" or not target.startswith((*ALLOWED_OUTSIDE, "#")):
        raise Bad(FileFault.ELSEWHERE)


class _Odt(_Xml):
    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(" ")[2]
        if local in {"event-listener", "script"} or (local == "scripts" and attributes):
            raise Bad(FileFault.MACROS)
        if local == "encryption-data":
            raise Bad(FileFault.PASSWORD)
        if local in {"object-ole", "plugin", "applet"}:
            raise Bad(FileFault.HOLDS_FILES)
        for name, value in attributes.items():
            if name.endswith(" href"):
                _reference(local, value.strip().lower())
        self.within += local in {"p", "h"}

    def end(self, tag: str) -> None:
        local = tag.rpartition(" ")[2]
        if local in {"p", "h"}:
            self.within -= 1
            self.words.append("\n")


def _reference(element: str, target: str) -> None:
    outside = re.match(r"[a-z][a-z0-9+.-]*:|//|/|\.\./", target)
    link = element == "a" and target.startswith(ALLOWED_OUTSIDE)
    if outside and not link:
        raise Bad(FileFault.ELSEWHERE)


# PDF.


def _pdf(data: bytes) -> Iterator[str]:
    from pypdf import PdfReader  # noqa: PLC0415 - takes half a second, which no other file should
    from pypdf.errors import PyPdfError  # noqa: PLC0415 - as above

    _alone(data)
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        _sound(reader)
        for page in reader.pages:
            said = ""
            with suppress(PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError):
                said = page.extract_text()  # what a page says is a help; that it opens is a must
            yield said + "\n"
    except Bad:
        raise
    except RecursionError:
        raise Bad(FileFault.TOO_LONG) from None
    except Exception:  # noqa: BLE001 - whatever the parser stumbles over, it is not a sound file
        raise Bad(FileFault.DAMAGED) from None


def _alone(data: bytes) -> None:
    """A PDF is all of its file: other programs would open what stands behind it."""
    if END_OF_PACK in data[-(1 << 16) - 22 :]:
        raise Bad(FileFault.TWO_KINDS)
    if b"%%EOF" not in data[-1024:]:
        raise Bad(FileFault.DAMAGED)
    if data.rpartition(b"%%EOF")[2].strip(b"\r\n \t\0"):
        raise Bad(FileFault.TWO_KINDS)


def _sound(reader: Any) -> None:  # noqa: ANN401 - imported late
    if reader.is_encrypted:
        raise Bad(FileFault.PASSWORD)
    _walk(reader)
    if len(reader.pages) > MOST_PAGES:
        raise Bad(FileFault.TOO_LONG)


def _walk(reader: Any) -> None:  # noqa: ANN401 - imported late
    """Look at every object that the document leads to, and refuse what runs or holds files."""
    from pypdf.generic import (  # noqa: PLC0415 - as above
        ArrayObject,
        DictionaryObject,
        IndirectObject,
    )

    waiting: list[Any] = [reader.trailer]
    seen: set[tuple[int, int]] = set()
    looked = 0
    while waiting:
        looked += 1
        if looked > MOST_OBJECTS:
            raise Bad(FileFault.TOO_LONG)
        each = waiting.pop()
        if isinstance(each, IndirectObject):
            key = (each.idnum, each.generation)
            if key not in seen:
                seen.add(key)
                waiting.append(each.get_object())
        elif isinstance(each, DictionaryObject):
            _look(each)
            waiting.extend(each.raw_get(name) for name in each)
        elif isinstance(each, ArrayObject):
            waiting.extend(list.__iter__(each))


def _look(found: Any) -> None:  # noqa: ANN401 - a dictionary of the parser
    names = set(found)
    if names & ACTIVE or str(found.get("/S", "")) in ACTIONS:
        raise Bad(FileFault.SCRIPTS)
    held = str(found.get("/Type", "")) in {"/EmbeddedFile", "/Filespec"}
    if names & HOLDERS or held or str(found.get("/Subtype", "")) == "/FileAttachment":
        raise Bad(FileFault.HOLDS_FILES)


# The process.


def _limit() -> None:
    """Bounds of this process; where the system has none, whoever waits ends it."""
    with suppress(ImportError):
        import resource  # noqa: PLC0415 - not on every system

        for what, most in ((resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_AS, MEMORY)):
            with suppress(ValueError, OSError):
                resource.setrlimit(what, (most, most))


def main() -> None:
    """Answer with what was found, or with the fault."""
    _limit()
    try:
        found = opened(sys.argv[1], sys.stdin.buffer.read())
        answer = {"kind": found.kind.value, "text": found.text}
    except Bad as bad:
        answer = {"fault": bad.fault.value}
    except (MemoryError, RecursionError):
        answer = {"fault": FileFault.TOO_LONG.value}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
