"""What the service says, in which language, and that nothing is said outside the catalogue."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from app import i18n, reasons
from app.i18n import Language

HOUSE = Path(__file__).parent.parent
NOON = datetime(2026, 2, 11, 11, 0, tzinfo=UTC)
SIX = tuple(one for one in Language if one is not Language.MIRRORED)
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")

ARABIC = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 "
": n%100>=11 && n%100<=99 ? 4 : 5);\\n"

msgid "The rule"
msgstr "القاعدة"

msgid "%(num)s person"
msgid_plural "%(num)s people"
msgstr[0] "zero"
msgstr[1] "one"
msgstr[2] "two"
msgstr[3] "few"
msgstr[4] "many"
msgstr[5] "other"
"""


def forget() -> None:
    i18n.offered.cache_clear()
    i18n.translations.cache_clear()


@pytest.fixture
def arabic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Language]:
    """A house whose only catalogue is an Arabic one of two messages."""
    (tmp_path / "ar.po").write_text(ARABIC, encoding="utf-8")
    monkeypatch.setattr(i18n, "LOCALES", tmp_path)
    forget()
    yield Language.ARABIC
    forget()


@pytest.mark.parametrize(
    ("asked", "kept", "accepted", "chosen"),
    [
        ("", "", "", "en"),
        ("", "", "fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("", "", "en;q=0.2, zh-Hans-CN;q=0.7", "zh"),
        ("", "", "fr;q=0, ru", "ru"),
        ("", "", "*", "en"),
        ("", "", "de, pt;q=0.9", "en"),
        ("", "", "fr;q=nonsense, (; es", "es"),
        ("", "es", "fr", "es"),
        ("AR", "es", "fr", "ar"),
        ("klingon", "es", "fr", "es"),
        ("ar-XB", "", "ru", "ar"),
    ],
)
def test_a_reader_is_spoken_to_as_asked_then_as_kept_then_as_the_browser_prefers(
    asked, kept, accepted, chosen
):
    assert i18n.choose(SIX, asked, kept, accepted) == chosen


@given(st.text(max_size=200))
def test_no_header_makes_the_choice_of_a_language_fail(header):
    assert i18n.choose(SIX, header, header, header) in SIX


def test_the_mirrored_language_is_chosen_by_its_full_name_and_in_development_only():
    assert i18n.choose((Language.ENGLISH, Language.MIRRORED), "ar-XB") is Language.MIRRORED
    assert i18n.choose((Language.ENGLISH, Language.MIRRORED), "ar") is Language.ENGLISH
    assert [*i18n.offered(development=True)] == [*i18n.offered(), Language.MIRRORED]


def test_a_language_is_offered_once_it_has_a_catalogue(arabic):
    assert i18n.offered() == (Language.ARABIC, Language.ENGLISH)


def test_what_is_missing_in_a_catalogue_is_said_in_english(arabic):
    spoken = i18n.translations(arabic)

    assert spoken.gettext("The rule") == "القاعدة"
    assert spoken.gettext("Read the rule") == "Read the rule"


def test_scripts_get_each_plural_by_the_category_that_a_browser_knows(arabic):
    given = i18n.catalogue(arabic, ["The rule", ("%(num)s person", "%(num)s people")])

    forms = {form: form for form in ("zero", "one", "two", "few", "many", "other")}
    assert given["plurals"] == "ar"
    assert given["messages"] == {"The rule": "القاعدة", "%(num)s person": forms}


def test_scripts_need_nothing_to_speak_english():
    assert i18n.catalogue(Language.ENGLISH, ["The rule"])["messages"] == {}


def test_the_mirrored_language_says_every_plural_with_the_two_of_english():
    given = i18n.catalogue(Language.MIRRORED, [("%(num)s person", "%(num)s people")])

    assert given["plurals"] == "en"
    assert sorted(given["messages"]["%(num)s person"]) == ["one", "other"]


@given(st.text(alphabet=st.characters(blacklist_characters="%"), max_size=60))
def test_a_mirrored_message_keeps_its_places_and_becomes_longer(text):
    message = f"{text} %(name)s 100%% <a href='/x'>{text}</a>"

    mirrored = i18n.mirrored(message)

    assert mirrored % {"name": "\u0001"}
    assert PLACEHOLDER.findall(mirrored) == ["name"]
    assert len(mirrored) > len(message) + 2
    assert mirrored.count(i18n.RIGHT_TO_LEFT) == mirrored.count(i18n.POP)


@pytest.mark.parametrize(
    ("language", "day", "weekday", "city"),
    [
        ("en", "11 February 2026", "Wednesday, 11 February 2026", "Zurich"),
        ("fr", "11 février 2026", "mercredi 11 février 2026", "Zurich"),
        ("es", "11 de febrero de 2026", "miércoles, 11 de febrero de 2026", "Zúrich"),
        ("ru", "11 февраля 2026 г.", "среда, 11 февраля 2026 г.", "Цюрих"),
        ("zh", "2026年2月11日", "2026年2月11日星期三", "苏黎世"),
        ("ar", "11 فبراير 2026", "الأربعاء، 11 فبراير 2026", "زيورخ"),
    ],
)
def test_a_day_is_written_as_in_the_reader_s_language(language, day, weekday, city):
    spoken = Language(language)

    plain = [
        text.replace("\u202f", " ").replace("\xa0", " ")
        for text in (
            i18n.day(NOON, "Europe/Zurich", spoken),
            i18n.weekday(NOON, "Europe/Zurich", spoken),
            i18n.city("Europe/Zurich", spoken),
        )
    ]
    assert plain == [day, weekday, city]
    assert i18n.clock(NOON, "Europe/Zurich", spoken) == "12:00"


def test_the_day_is_that_of_the_place():
    late = datetime(2026, 2, 11, 23, 30, tzinfo=UTC)

    assert i18n.day(late, "Asia/Tokyo", Language.ENGLISH) == "12 February 2026"
    assert i18n.day(late, "America/Santiago", Language.ENGLISH) == "11 February 2026"
    assert i18n.date_of(date(2026, 2, 11), Language.ENGLISH) == "11 February 2026"


@pytest.mark.parametrize(
    ("zone", "month", "offset"),
    [
        ("Europe/Zurich", 2, "UTC+1"),
        ("Europe/Zurich", 7, "UTC+2"),
        ("UTC", 2, "UTC"),
        ("Asia/Kathmandu", 2, "UTC+5:45"),
        ("America/St_Johns", 2, "UTC−3:30"),
    ],
)
def test_a_zone_says_how_far_it_is_from_utc_on_that_day(zone, month, offset):
    assert i18n.offset(NOON.replace(month=month), zone) == offset


# The catalogue.


def extracted() -> list[tuple[str, object]]:
    """Every message in the house and the file that says it, found as translators find it."""
    with (i18n.LOCALES / "babel.cfg").open() as config:
        methods, options = parse_mapping_cfg(config)
    keywords = DEFAULT_KEYWORDS | {"words": None}
    found = extract_from_dir(HOUSE, methods, options, keywords, directory_filter=of_the_house)
    return [(file, message) for file, _, message, *_ in found]


def of_the_house(folder: str) -> bool:
    return not Path(folder).name.startswith((".", "_")) and Path(folder).name != "tests"


@pytest.fixture(scope="module")
def said() -> list[tuple[str, object]]:
    return extracted()


def test_pages_scripts_letters_editions_and_the_house_itself_are_all_in_the_catalogue(said):
    kinds = {Path(file).suffix for file, _ in said}

    assert kinds == {".py", ".html", ".js", ".toml", ".txt"}


def test_everything_that_the_rule_answers_is_in_the_catalogue(said):
    known = {message for _, message in said}

    assert set(reasons.CATALOGUE.values()) - known == set()


def test_both_forms_of_a_plural_have_the_same_places(said):
    pairs = [(file, message) for file, message in said if isinstance(message, tuple)]

    odd = [
        (file, pair)
        for file, pair in pairs
        if {*PLACEHOLDER.findall(pair[0]), "num"} != {*PLACEHOLDER.findall(pair[1]), "num"}
    ]
    assert odd == []


def test_a_percent_sign_in_a_message_is_a_place_or_doubled(said):
    texts = [(file, text) for file, m in said for text in (m if isinstance(m, tuple) else (m,))]

    odd = [
        (file, text) for file, text in texts if "%" in PLACEHOLDER.sub("", text).replace("%%", "")
    ]
    assert odd == []


def test_every_translation_has_the_places_of_its_message():
    odd = []
    for path in i18n.LOCALES.glob("*.po"):
        with path.open("rb") as source:
            catalogue = read_po(source, locale=path.stem)
        odd += [(path.stem, message.id) for message in catalogue if list(message.check(catalogue))]
    assert odd == []
