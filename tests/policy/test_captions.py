"""Captions: who may write them and when they begin, the picture of a channel, and the files."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.policy import captions as rules
from app.policy.captions import (
    LANGUAGES,
    SHOWN,
    USUAL,
    Caption,
    CaptionCorrected,
    CaptionHeading,
    CaptionKind,
    CaptionReason,
    Captions,
    CaptionSource,
    CaptionsStarted,
    CaptionsStopped,
    Heading,
    Switch,
    Voice,
    WrittenLine,
)
from app.policy.people import Capacity, Function
from app.policy.refusal import No
from app.protocol import news
from app.protocol.messages import captions_of
from tests.vectors.make import START, captioned, shown

KENYA = Heading(Voice("Kenya", Capacity.DELEGATE), 4)


@settings(max_examples=40)
@given(captioned(), st.integers(0, 90))
def test_whoever_joins_late_reads_the_same_captions(history, joined_at):
    snapshot = news.CAPTIONS.validate_python(captions_of(shown(history[:joined_at])))

    assert shown(history[joined_at:], snapshot) == shown(history)


@settings(max_examples=40)
@given(captioned())
def test_the_picture_holds_the_newest_lines_only(history):
    written = [event.number for event, _ in history if isinstance(event, Caption)]

    assert [line.number for line in shown(history).lines] == written[-SHOWN:]


def test_a_line_has_the_heading_that_was_said_before_it_and_keeps_it():
    later = Heading(None, None, CaptionSource.MACHINE, CaptionKind.INTERPRETATION)
    told = shown(
        (
            (CaptionHeading(KENYA), START),
            (Caption(1, "Thank you, Chair."), START),
            (CaptionHeading(later), START),
            (Caption(2, "Merci."), START),
            (CaptionCorrected(1, "Thank you, Madam Chair."), START + timedelta(seconds=9)),
        )
    )

    assert told.lines == (
        WrittenLine(1, "Thank you, Madam Chair.", START, KENYA, corrected=True),
        WrittenLine(2, "Merci.", START, later),
    )


def test_a_correction_of_a_line_that_is_not_shown_any_more_changes_nothing():
    told = shown(((Caption(1, "One"), START),))

    assert rules.apply(told, CaptionCorrected(7, "Seven"), START) == told


def test_languages_are_started_and_stopped_one_by_one():
    live: tuple[str, ...] = ()
    for event in (CaptionsStarted("fr"), CaptionsStarted("en"), CaptionsStarted("fr")):
        live = rules.switch(live, event)

    assert live == ("en", "fr")
    assert rules.switch(live, CaptionsStopped("en")) == ("fr",)
    assert rules.switch(live, CaptionsStopped("ru")) == live


@pytest.mark.parametrize("function", Function)
def test_captioners_and_interpreters_write_and_nobody_else_whatever_they_are(function):
    writes = function in {Function.CAPTIONER, Function.INTERPRETER}

    assert rules.may_caption(frozenset({function})) is writes


def test_viewers_write_nothing():
    assert rules.may_caption(frozenset()) is False


@pytest.mark.parametrize(
    ("language", "stands", "in_the_open_part", "in_the_members_part"),
    [
        ("en", None, True, CaptionReason.OFF),
        ("pt", None, CaptionReason.NOT_LISTED, CaptionReason.OFF),
        ("en", Switch(on=True), True, True),
        ("pt", Switch(on=True), True, True),
        ("en", Switch(on=False, by_hand=True), CaptionReason.OFF, CaptionReason.OFF),
        ("pt", Switch(on=False), True, CaptionReason.OFF),  # the fence came, and the part again
    ],
)
def test_a_first_line_begins_captions_where_all_may_hear_and_only_the_chair_does_elsewhere(
    language, stands, in_the_open_part, in_the_members_part
):
    def said(*, open_to_all):
        answer = rules.may_begin(language, stands, open_to_all=open_to_all)
        return answer.reason if isinstance(answer, No) else answer

    assert said(open_to_all=True) == in_the_open_part
    assert said(open_to_all=False) == in_the_members_part


def test_the_six_languages_are_of_the_standard_and_the_standard_has_no_more_than_it_has():
    assert len(LANGUAGES) == 183
    assert LANGUAGES.issuperset(USUAL)
    assert {language for language in LANGUAGES if not re.fullmatch("[a-z]{2}", language)} == set()


# Files. The parser below is the part of the WebVTT standard that players rely on.

CUE = re.compile(r"(\d\d+):([0-5]\d):([0-5]\d)\.(\d{3}) --> (\d\d+):([0-5]\d):([0-5]\d)\.(\d{3})")
ESCAPES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}


def seconds(hours, minutes, second, thousandths):
    return int(hours) * 3600 + int(minutes) * 60 + int(second) + int(thousandths) / 1000


def plain(text):
    assert "<" not in re.sub(r"^<v [^<>\n]+>", "", text)
    assert re.search(r"&(?!lt;|gt;|amp;)", text) is None
    bare = re.sub(r"^<v [^<>\n]+>", "", text)
    return re.sub("&(lt|gt|amp);", lambda found: ESCAPES[found[0]], bare)


def cues(vtt: str) -> list[tuple[float, float, str]]:
    """The cues of a WebVTT file, by the rules that a player has."""
    first, *blocks = vtt.removesuffix("\n").split("\n\n")
    assert first == "WEBVTT"
    found = []
    for block in blocks:
        if block.startswith("NOTE\n"):
            assert "-->" not in block
            continue
        name, times, text = block.split("\n")
        assert "-->" not in name + text
        match = CUE.fullmatch(times)
        assert match is not None, times
        found.append((seconds(*match.groups()[:4]), seconds(*match.groups()[4:]), plain(text)))
    return found


texts = st.text(
    st.characters(categories=["L", "N", "P", "S", "Zs", "M"]), min_size=1, max_size=80
).filter(lambda text: bool(text.strip()))


@st.composite
def written(draw: st.DrawFn) -> list[WrittenLine]:
    at, told = START, []
    for number in range(1, draw(st.integers(0, 12)) + 1):
        at += timedelta(milliseconds=draw(st.integers(0, 20_000)))
        voice = draw(st.none() | st.builds(Voice, title=texts, capacity=st.sampled_from(Capacity)))
        told.append(WrittenLine(number, draw(texts), at, Heading(voice)))
    return told


@given(written())
def test_every_line_is_a_cue_that_a_player_reads(lines):
    found = cues(rules.as_vtt(lines, START, "Not the record --> ever."))

    assert [text for _, _, text in found] == [line.text for line in lines]
    starts = [start for start, _, _ in found]
    assert starts == sorted(starts)
    assert starts == [pytest.approx((line.at - START).total_seconds(), abs=0.001) for line in lines]
    assert all(start + 0.999 <= end <= start + 7.001 for start, end, _ in found)


def test_a_line_is_shown_until_the_next_one():
    lines = [
        WrittenLine(n, "text", START + timedelta(seconds=at), Heading())
        for n, at in ((1, 10), (2, 13))
    ]

    found = cues(rules.as_vtt(lines, START, "Not the record."))

    assert [(start, end) for start, end, _ in found] == [(10, 13), (13, 20)]


def test_what_was_written_before_a_second_opening_comes_first():
    lines = [WrittenLine(1, "text", START, Heading())]

    found = cues(rules.as_vtt(lines, START + timedelta(hours=1), "Not the record."))

    assert found == [(0, 7, "text")]


def test_markup_in_a_line_or_a_name_is_text_in_a_file():
    hostile = WrittenLine(
        1, "<b>&amp; --> x</b>", START, Heading(Voice("<i>-->", Capacity.OBSERVER))
    )

    told = rules.as_vtt([hostile], START, "Not the record.")

    assert told.endswith("<v &lt;i&gt;--&gt;>&lt;b&gt;&amp;amp; --&gt; x&lt;/b&gt;\n")


def test_a_text_names_the_speaker_where_it_changes_and_marks_what_is_corrected():
    at = datetime.fromisoformat("2026-02-11T09:05:07Z")
    lines = [
        WrittenLine(1, "Thank you.", at, KENYA),
        WrittenLine(2, "On item 4.", at, KENYA, corrected=True),
        WrittenLine(3, "The next speaker.", at, replace(KENYA, speaker=None)),
    ]

    told = rules.as_text(lines, "Europe/Zurich", "Not the record.", "corrected")

    assert told.splitlines() == [
        "Not the record.",
        "Europe/Zurich",
        "",
        "",
        "Kenya:",
        "10:05:07  Thank you.",
        "10:05:07  On item 4. [corrected]",
        "",
        "–:",
        "10:05:07  The next speaker.",
    ]


def test_there_is_a_file_before_there_is_a_line():
    assert cues(rules.as_vtt([], START, "Not the record.")) == []
    assert rules.as_text([], "UTC", "Not the record.", "corrected").startswith("Not the record.")
    assert Captions() == shown(())
