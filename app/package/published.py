"""Published inputs as a table, as an Atom feed and as a JSON feed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as ET

import orjson

from app.policy.publication import QUESTION
from app.services.publication import Published

ATOM: Final = "http://www.w3.org/2005/Atom"
NEWEST: Final = 50
"""Entries of a feed."""


def head(questions: Sequence[int]) -> list[str]:
    """The columns of the table; a question is a column."""
    return [
        "number",
        "address",
        "submitted_at",
        "version",
        "digest",
        "language",
        "names",
        "job_title",
        "organization",
        "country",
        "group",
        "category",
        "late",
        "off_topic",
        "redactions",
        "summary",
        *(f"question_{number}" for number in questions),
        "free",
        "translations",
        "disposition",
        "disposition_item",
        "disposition_paragraph",
        "disposition_reason",
    ]


def rows(found: Iterable[Published], questions: Sequence[int], address: str) -> Iterator[list[str]]:
    """A line for each input, as everybody may read it."""
    for each in found:
        yield [
            str(each.number),
            f"{address}/{each.number}",
            _stated(each.at),
            str(each.version),
            each.digest,
            each.language,
            "; ".join(each.names),
            each.job_title,
            each.organization,
            each.country,
            each.group or "",
            each.category or "",
            "late" if each.late else "",
            each.off_topic,
            "; ".join(f"{mark.part}: {mark.ground}, {mark.why}" for mark in each.marks),
            each.texts.get("summary", ""),
            *(each.texts.get(f"{QUESTION}{number}", "") for number in questions),
            each.texts.get("free", ""),
            "; ".join(f"{one.language} ({one.translated})" for one in each.translations),
            each.answer.kind if each.answer else "",
            str(each.answer.item or "") if each.answer else "",
            each.answer.paragraph if each.answer else "",
            each.answer.why if each.answer else "",
        ]


def _stated(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of a feed; ``text`` is plain, never markup."""

    address: str
    title: str
    text: str
    language: str
    authors: Sequence[str]
    published: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of a round; ``address`` is the page that it follows, ``own`` the feed's."""

    title: str
    address: str
    own: str
    items: Sequence[Item]
    updated: datetime


def atom(feed: Feed) -> bytes:
    """RFC 4287; whatever people wrote is text in it."""
    ET.register_namespace("", ATOM)
    root = ET.Element(f"{{{ATOM}}}feed")
    _add(root, "id", feed.address)
    _add(root, "title", feed.title)
    _add(root, "updated", _stated(feed.updated))
    _add(root, "link", rel="alternate", href=feed.address)
    _add(root, "link", rel="self", href=feed.own)
    for each in feed.items:
        entry = _add(root, "entry")
        entry.set("xml:lang", each.language)
        _add(entry, "id", each.address)
        _add(entry, "title", each.title)
        _add(entry, "link", rel="alternate", href=each.address)
        _add(entry, "published", _stated(each.published))
        _add(entry, "updated", _stated(each.updated))
        for name in each.authors or ("–",):
            _add(_add(entry, "author"), "name", name)
        _add(entry, "content", each.text, type="text")
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def _add(to: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    made = ET.SubElement(to, f"{{{ATOM}}}{name}", attributes)
    made.text = "".join(each for each in text if each.isprintable() or each in "\n\t") or None
    return made


def as_json(feed: Feed) -> bytes:
    """JSON Feed 1.1."""
    said = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.address,
        "feed_url": feed.own,
        "items": [
            {
                "id": each.address,
                "url": each.address,
                "title": each.title,
                "content_text": each.text,
                "language": each.language,
                "authors": [{"name": name} for name in each.authors],
                "date_published": _stated(each.published),
                "date_modified": _stated(each.updated),
            }
            for each in feed.items
        ],
    }
    return orjson.dumps(said)
