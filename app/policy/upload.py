"""Which files are taken, what their names become, and why others are refused."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.policy.text import DIRECTIONS, clean, fault, visible

LARGEST: Final = 10 * 1024 * 1024  # bytes
NAME: Final = 120
LONGEST_TEXT: Final = 200_000  # characters of what a file says, for the search
MOST_ENTRIES: Final = 2_000  # of a packed document
MOST_UNPACKED: Final = 100 * 1024 * 1024  # bytes
MOST_TIMES: Final = 200  # unpacked to packed, of an entry above SMALL
SMALL: Final = 1024 * 1024
MOST_OBJECTS: Final = 200_000  # of a PDF
MOST_PAGES: Final = 2_000


class FileKind(StrEnum):
    """What is taken; the value is the media type under which it is kept and handed out."""

    PDF = "application/pdf"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    ODT = "application/vnd.oasis.opendocument.text"
    TXT = "text/plain; charset=utf-8"


class FileFault(StrEnum):
    """Why a file is not taken; sentences are in ``app.reasons``."""

    EMPTY = "file-empty"
    TOO_LARGE = "file-too-large"
    OTHER_KIND = "file-other-kind"
    NOT_ITS_NAME = "file-not-its-name"
    TWO_KINDS = "file-two-kinds"
    DAMAGED = "file-damaged"
    PASSWORD = "file-password"  # noqa: S105 - that it has one, not what it is
    MACROS = "file-macros"
    SCRIPTS = "file-scripts"
    HOLDS_FILES = "file-holds-files"
    ELSEWHERE = "file-elsewhere"
    BOMB = "file-bomb"
    TOO_LONG = "file-too-long-to-read"
    NOT_UTF8 = "file-not-utf8"


ENDINGS: Final = {
    "pdf": FileKind.PDF,
    "docx": FileKind.DOCX,
    "odt": FileKind.ODT,
    "txt": FileKind.TXT,
}
PACKED: Final = b"PK\x03\x04"
# How files begin that are no plain text, whatever they are called.
SIGNATURES: Final = (
    b"%PDF",
    b"PK",
    b"GIF8",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"MZ",
    b"\x7fELF",
    b"\xd0\xcf\x11\xe0",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"#!",
    b"<?xml",
    b"<!DOCTYPE",
    b"<!doctype",
    b"<html",
    b"<HTML",
    b"<svg",
    b"<script",
    b"{\\rtf",
)


@dataclass(frozen=True, slots=True)
class Opened:
    """What the parser found: what it is, and what it says."""

    kind: FileKind
    text: str


def named(raw: str) -> str:
    """A name without path, hidden signs and tricks of direction; one that is left has an ending."""
    last = raw.replace("\\", "/").rpartition("/")[2]
    bare = "".join(" " if sign in DIRECTIONS else sign for sign in last)
    kept = " ".join(visible(bare).split()).strip(". ")
    kept = "".join("_" if sign in '<>:"|?*%;' else sign for sign in kept)
    stem, dot, ending = kept.rpartition(".")
    if not dot:
        return clean(kept)[:NAME]
    return f"{clean(stem)[: NAME - len(ending) - 1]}.{ending}" if len(ending) < NAME else ""


def kind_by_name(name: str) -> FileKind | None:
    """As a cleaned name claims; the parser has the last word."""
    stem, _, ending = name.rpartition(".")
    good = stem and fault(name, NAME) is None
    return ENDINGS.get(ending.lower()) if good else None


def kind_by_signature(head: bytes) -> FileKind | None:
    """As the first bytes say: DOCX and ODT are packed alike, and told apart once open."""
    if head.startswith(b"%PDF-"):
        return FileKind.PDF
    if head.startswith(PACKED):
        return FileKind.DOCX
    return None if head.startswith(SIGNATURES) else FileKind.TXT


def fault_of(name: str, data: bytes) -> FileFault | None:
    """What is wrong with a file before it is opened."""
    if not data:
        return FileFault.EMPTY
    if len(data) > LARGEST:
        return FileFault.TOO_LARGE
    said = kind_by_name(name)
    if said is None:
        return FileFault.OTHER_KIND
    found = kind_by_signature(data[:64])
    if found is None:
        return FileFault.OTHER_KIND
    alike = {said, found} <= {FileKind.DOCX, FileKind.ODT}
    return None if found is said or alike else FileFault.NOT_ITS_NAME
