"""What letters say: made from templates in the reader's language, at the moment of sending."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app import i18n
from app.i18n import Language, translations
from app.policy.letters import LetterKind

TEMPLATES = Path(__file__).parent / "templates"
OPTIONAL = (
    "entity",
    "item",
    "meeting",
    "reason",
    "reference",
    "link",
    "next",
    "title",
    "until",
    "zone",
    *("outcome", "paragraph", "restricted"),
    *("number", "version", "digest", "received", "size", "root", "signature"),
)
LONGEST_SUBJECT = 150

Facts = Mapping[str, str | datetime]


@dataclass(frozen=True, slots=True)
class Service:
    """What every letter says of the service; people compare the fingerprint with theirs."""

    base: str
    fingerprint: str
    group: str = "CWG-Internet"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter in words, twice: as plain text and as simple HTML."""

    subject: str
    text: str
    html: str


def render(
    kind: LetterKind, language: Language, service: Service, name: str, facts: Facts
) -> Rendered:
    """The letter in this language; a template that wants what nobody knows is an error."""
    environment = _environment(language)
    about: dict[str, object] = {
        "base": service.base,
        "fingerprint": service.fingerprint,
        "group": service.group,
        "language": language,
        "name": _plain(name),
        "lines": [_plain(line) for line in str(facts.get("text", "")).splitlines() if line.strip()],
    }
    known: Facts = dict.fromkeys(OPTIONAL, "")
    known = {**known, **{fact: _plain(value) for fact, value in facts.items()}}
    said = vars(environment.get_template(f"{kind}.txt").make_module({**known, **about}))
    about |= {part: said[part] for part in ("subject", "paragraphs", "action", "after")}
    about["link"] = f"{service.base}{known['link']}" if known["link"] else ""
    text, html = (environment.get_template(f"layout.{form}") for form in ("txt", "html"))
    subject = str(said["subject"])[:LONGEST_SUBJECT]
    return Rendered(subject, text.render(about), html.render(about))


def _plain(value: str | datetime) -> str | datetime:
    """One line: what people wrote can begin no header and hide no direction."""
    if isinstance(value, datetime):
        return value
    return "".join(one if _fit(one) else " " for one in value)


def _fit(one: str) -> bool:
    return unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} or one in "\u200c\u200d"


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(  # type: ignore[attr-defined]  # the extension adds it
        translations(language), newstyle=True
    )
    environment.filters |= {
        "clock": partial(i18n.clock, language=language),
        "day": partial(i18n.day, language=language),
    }
    return environment
