"""The languages of the service: messages, directions, dates; English is source and fallback.

Only ``.po`` files are kept, in ``app/locales``; they are compiled in memory when first asked for.
A language is offered once it has one. Strings are marked ``_``, ``gettext`` or ``ngettext`` where
they are said, and ``words`` where they are kept for later.
"""

import gettext
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Literal, TypedDict
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, get_timezone_location
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES = Path(__file__).parent / "locales"
# One of each plural category of every language, the "many" of French and Spanish included.
SAMPLES = (*range(201), 1_000_000)

Direction = Literal["ltr", "rtl"]
Message = str | tuple[str, str]


class Language(StrEnum):
    """The six languages of the Union, and a mirrored English that proves the layout."""

    ARABIC = "ar"
    CHINESE = "zh"
    ENGLISH = "en"
    FRENCH = "fr"
    RUSSIAN = "ru"
    SPANISH = "es"
    MIRRORED = "ar-XB"

    @property
    def direction(self) -> Direction:
        """The way its lines run."""
        return "rtl" if self.startswith("ar") else "ltr"

    @property
    def own_name(self) -> str:
        """What its readers call it."""
        return OWN_NAMES[self]

    @property
    def locale(self) -> Locale:
        """Where its dates and plurals are described; English ones are written day first."""
        return Locale.parse(FORMATS.get(self, self.value))


OWN_NAMES = {
    Language.ARABIC: "العربية",
    Language.CHINESE: "中文",
    Language.ENGLISH: "English",
    Language.FRENCH: "Français",
    Language.RUSSIAN: "Русский",
    Language.SPANISH: "Español",
    Language.MIRRORED: "[Mirrored]",
}
FORMATS = {
    Language.CHINESE: "zh_Hans_CN",
    Language.ENGLISH: "en_GB",
    Language.MIRRORED: "ar",
}


def named(code: str) -> str:
    """What its readers call a language of ISO 639-1, or its code where nobody has told us."""
    if code in set(Language):
        return OWN_NAMES[Language(code)]
    try:
        return Locale.parse(code).get_language_name(code) or code.upper()
    except UnknownLocaleError:
        return code.upper()


class Catalogue(TypedDict):
    """What a script needs to speak a language: plural messages are keyed by plural category."""

    language: str
    plurals: str
    messages: dict[str, str | dict[str, str]]


def words(message: str) -> str:
    """Mark a message that is kept as a value and translated where it is said."""
    return message


@cache
def offered(*, development: bool = False) -> tuple[Language, ...]:
    """Those with a catalogue, for readers to choose from; the mirrored one in development."""
    mirrored = {Language.MIRRORED} if development else set()
    has = {Language.ENGLISH} | mirrored | {one for one in Language if _catalogue(one).is_file()}
    return tuple(one for one in Language if one in has)


def choose(
    languages: Iterable[Language], asked: str = "", kept: str = "", accepted: str = ""
) -> Language:
    """The reader's language: as asked for now, as kept from before, as the browser prefers."""
    by_tag = {one.lower(): one for one in languages}
    for tag in (asked, kept, *_preferred(accepted)):
        if found := by_tag.get(tag.lower()) or by_tag.get(tag.lower().partition("-")[0]):
            return found
    return Language.ENGLISH


def _preferred(accepted: str) -> list[str]:
    """The tags of an Accept-Language header, best first; what makes no sense is left out."""
    found = re.findall(
        r"([A-Za-z]{2,3}(?:-\w+)*)\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*(?:,|$)", accepted
    )
    weighed = [(float(weight or 1), tag) for tag, weight in found]
    return [tag for weight, tag in sorted(weighed, key=lambda pair: -pair[0]) if weight]


@cache
def translations(language: Language) -> gettext.NullTranslations:
    """The messages of a language; what is missing there is said in English."""
    if language is Language.MIRRORED:
        return Mirrored()
    if _catalogue(language).is_file():
        return gettext.GNUTranslations(_compiled(language))
    return gettext.NullTranslations()


def _catalogue(language: Language) -> Path:
    return LOCALES / f"{language}.po"


def _compiled(language: Language) -> BytesIO:
    binary = BytesIO()
    with _catalogue(language).open("rb") as source:
        write_mo(binary, read_po(source, locale=language.value))
    binary.seek(0)
    return binary


def sentences_of_an_edition(
    source: BinaryIO, keywords: object, comment_tags: object, options: object
) -> Iterator[tuple[int, str, str, list[str]]]:
    """What Babel is told that an edition of the rule says to people."""
    del keywords, comment_tags, options  # Babel hands them to every extractor
    edition = tomllib.load(source)
    clauses = [text for clause in edition["clauses"].values() for text in _of_clause(clause)]
    for text in (edition["title"], *clauses, *edition.get("settled", {}).values()):
        yield 1, "words", text, []


def _of_clause(clause: dict[str, str]) -> tuple[str, str]:
    return clause["label"], clause["paraphrase"]


def catalogue(language: Language, messages: Iterable[Message]) -> Catalogue:
    """What scripts say, in this language; empty in English, which they carry themselves."""
    locale = Locale.parse("en") if language is Language.MIRRORED else language.locale
    said = {} if language is Language.ENGLISH else dict(_said(language, locale, messages))
    return Catalogue(language=language.value, plurals=locale.language, messages=said)


def _said(
    language: Language, locale: Locale, messages: Iterable[Message]
) -> Iterable[tuple[str, str | dict[str, str]]]:
    spoken = translations(language)
    for message in messages:
        if isinstance(message, str):
            yield message, spoken.gettext(message)
        else:
            forms = {locale.plural_form(n): spoken.ngettext(*message, n) for n in SAMPLES}
            yield message[0], forms


class Mirrored(gettext.NullTranslations):
    """English written from right to left, bracketed and a third longer.

    What stays readable on a page in this language has not gone through gettext; what is cut off or
    stays on the wrong side has a layout that will not survive a translation.
    """

    def gettext(self, message: str) -> str:
        return mirrored(message) if message else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


KEPT = re.compile(r"(%\(\w+\)[sd]|%%|\{\w*\}|<[^>]+>|&\w+;)")
RIGHT_TO_LEFT, POP = "\u202e", "\u202c"
LONGER = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def mirrored(message: str) -> str:
    """Mirror the words and leave placeholders and markup alone."""
    longer = " ".join(LONGER[: max(1, len(message) // 15)])
    parts = KEPT.split(message)
    turned = [part if KEPT.fullmatch(part) else _turned(part) for part in parts]
    return f"[{''.join(turned)} {_turned(longer)}]"


def _turned(text: str) -> str:
    return re.sub(r"[^\W\d_]+", rf"{RIGHT_TO_LEFT}\g<0>{POP}", text)


def clock(at: datetime, zone: str, language: Language) -> str:
    """The time of day at a place, in 24 hours: ``09:30``."""
    return format_datetime(at, "HH:mm", tzinfo=ZoneInfo(zone), locale=language.locale)


def exact(at: datetime, zone: str, language: Language) -> str:
    """The time of day at a place, to the second: ``09:30:07``."""
    return format_datetime(at, "HH:mm:ss", tzinfo=ZoneInfo(zone), locale=language.locale)


def day(at: datetime, zone: str, language: Language) -> str:
    """The date at a place: ``11 February 2026``."""
    return date_of(at.astimezone(ZoneInfo(zone)).date(), language)


def weekday(at: datetime, zone: str, language: Language) -> str:
    """The date at a place with the day of the week: ``Wednesday, 11 February 2026``."""
    return format_date(at.astimezone(ZoneInfo(zone)).date(), "full", locale=language.locale)


def date_of(on: date, language: Language) -> str:
    """A calendar date that belongs to no zone."""
    return format_date(on, "long", locale=language.locale)


def city(zone: str, language: Language) -> str:
    """The city that a time zone is named after."""
    return get_timezone_location(ZoneInfo(zone), locale=language.locale, return_city=True)


def offset(at: datetime, zone: str) -> str:
    """How far a place is from UTC at a moment: ``UTC+1``, ``UTC−3:30``, ``UTC``."""
    minutes = round((at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else "+"
    return "UTC" + (f"{sign}{hours}" if minutes else "") + (f":{rest:02}" if rest else "")


# In CLDR, but not in ISO 3166-1: groups, reservations, test data.
NO_COUNTRIES = frozenset(
    ("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ")
)


@cache
def countries(language: Language) -> dict[str, str]:
    """Countries and areas of ISO 3166-1 by code, in the order of their names in this language."""
    named = language.locale.territories.items()
    found = ((code, name) for code, name in named if len(code) == 2 and code.isalpha())  # noqa: PLR2004 - alpha-2
    known = (one for one in found if one[0] not in NO_COUNTRIES)
    return dict(sorted(known, key=lambda one: unicodedata.normalize("NFKD", one[1])))


@cache
def tongues(language: Language) -> dict[str, str]:
    """Languages of ISO 639-1 by code, the six of the Union first, then in the order of names."""
    six = {one.value: OWN_NAMES[one] for one in Language if one is not Language.MIRRORED}
    named = language.locale.languages.items()
    others = {code: name for code, name in named if len(code) == 2 and code not in six}  # noqa: PLR2004 - two letters
    return six | dict(sorted(others.items(), key=lambda one: unicodedata.normalize("NFKD", one[1])))
