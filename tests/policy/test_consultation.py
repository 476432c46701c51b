"""Windows, extensions, lead times and topics, as pure rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy import consultation as rules
from app.policy.consultation import (
    Background,
    ConsultationFault,
    ConsultationReason,
    Issue,
    Lead,
    NewTopic,
    Prompt,
    Round,
    RoundState,
    Shortfall,
    TopicState,
)
from app.policy.parameters import LeadTimes
from app.policy.people import Category, Function
from app.policy.text import TextFault

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
MS = timedelta(milliseconds=1)
ZONES = st.sampled_from(("UTC", "Europe/Zurich", "Asia/Kathmandu", "Pacific/Apia", "America/Lima"))
MOMENTS = st.datetimes(
    min_value=datetime(1995, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2150, 1, 1),  # noqa: DTZ001
    timezones=ZONES.map(ZoneInfo),
)
SPANS = st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=400))
USUAL = LeadTimes(21, 2)
TOPIC, SITTING = uuid4(), uuid4()
ROUND = Round(
    slug="multilingual",
    topic=TOPIC,
    titles={"en": "A topic"},
    opens_at=NOW,
    closes_at=NOW + 7 * DAY,
    time_zone="Europe/Zurich",
    prompts=(Prompt({"en": "What could be done?"}),),
)


# The close is an instant.


@given(MOMENTS, ZONES, SPANS)
def test_what_comes_at_the_close_is_late_in_whatever_zone_it_is_written(closes_at, zone, span):
    there = closes_at.astimezone(ZoneInfo(zone))
    assert rules.is_late(closes_at, there)
    assert rules.is_late(closes_at, (there.astimezone(UTC) + span))
    assert not rules.is_late(closes_at, closes_at.astimezone(UTC) - span)


def test_the_close_is_exact_to_the_millisecond_from_two_zones():
    close = datetime(2025, 1, 13, 23, 59, 59, tzinfo=ZoneInfo("Europe/Zurich"))
    kathmandu = close.astimezone(ZoneInfo("Asia/Kathmandu"))
    assert [rules.is_late(close, kathmandu + late) for late in (-MS, 0 * MS, MS)] == [
        False,
        True,
        True,
    ]


def test_in_the_hour_that_comes_twice_the_instant_decides():
    zone = ZoneInfo("Europe/Zurich")
    first = datetime(2026, 10, 25, 2, 30, tzinfo=zone)
    second = first.replace(fold=1)
    assert rules.is_late(first.astimezone(UTC), second.astimezone(UTC))
    assert not rules.is_late(second.astimezone(UTC), first.astimezone(UTC))


@given(MOMENTS, SPANS, MOMENTS, st.booleans(), st.booleans())
def test_a_round_is_in_one_state_at_every_instant(opens_at, span, now, announced, skipped):
    closes_at = opens_at.astimezone(UTC) + span
    stands = rules.state(opens_at, closes_at, now, announced=announced, skipped=skipped)
    if skipped:
        assert stands is RoundState.SKIPPED
    elif not announced:
        assert stands is RoundState.DRAFT
    else:
        assert (stands is RoundState.OPEN) == (opens_at <= now < closes_at)
        assert (stands is RoundState.CLOSED) == rules.is_late(closes_at, now)
    assert rules.is_public(stands) == (announced or skipped)


# Extensions.


@given(MOMENTS, st.lists(SPANS, min_size=1, max_size=8), SPANS)
def test_a_chain_of_extensions_only_moves_forward(closes_at, steps, ahead):
    deadline = closes_at.astimezone(UTC)
    now = deadline - ahead
    for step in steps:
        later = deadline + step
        assert rules.faults_of_extension(deadline, later, now, "") == {}
        assert rules.faults_of_extension(later, deadline, now, "Why.") == {
            "closes_at": ConsultationFault.NOT_FORWARD
        }
        deadline = later
    assert not rules.is_late(deadline, closes_at)


@given(MOMENTS, SPANS, SPANS)
def test_who_was_in_time_stays_so_after_an_extension(closes_at, span, before):
    deadline = closes_at.astimezone(UTC)
    came = deadline - before
    assert not rules.is_late(deadline, came)
    assert not rules.is_late(deadline + span, came)


def test_what_has_closed_opens_again_with_a_reason_only():
    faults = rules.faults_of_extension(NOW, NOW + 2 * DAY, NOW, "")
    assert faults == {"why": ConsultationFault.WHY}
    assert rules.faults_of_extension(NOW, NOW + 2 * DAY, NOW + DAY, "The form was down.") == {}
    assert rules.faults_of_extension(NOW - DAY, NOW, NOW, "Why.") == {
        "closes_at": ConsultationFault.NOT_FORWARD  # it would have passed already
    }
    assert rules.faults_of_extension(NOW, NOW.replace(year=2300), NOW, "Why.") == {
        "closes_at": ConsultationFault.FAR_OFF
    }
    assert rules.faults_of_extension(NOW, NOW + DAY, NOW - DAY, "<b>") == {"why": TextFault.MARKUP}


@pytest.mark.parametrize(
    ("stands", "announce", "extend", "skip"),
    [
        (RoundState.DRAFT, True, "not-announced", True),
        (RoundState.TO_COME, "announced-already", True, True),
        (RoundState.OPEN, "announced-already", True, "consultation-has-opened"),
        (RoundState.CLOSED, "announced-already", True, "consultation-has-opened"),
        (RoundState.SKIPPED, *["consultation-skipped"] * 3),
    ],
)
def test_what_may_be_done_follows_from_the_state(stands, announce, extend, skip):
    assert said(rules.may_announce(stands, NOW + DAY, NOW)) == announce
    assert said(rules.may_extend(stands)) == extend
    assert said(rules.may_skip(stands)) == skip


def said(answer):
    return answer if answer is True else answer.reason.value


def test_a_deadline_that_has_passed_is_not_announced():
    found = rules.may_announce(RoundState.DRAFT, NOW, NOW)
    assert found is not True
    assert found.reason is ConsultationReason.CLOSES_BEFORE_NOW


# Edits.

EDITED = replace(ROUND, titles={"en": "Another title"})
MOVED = replace(ROUND, closes_at=ROUND.closes_at + DAY)
TRANSLATED = replace(ROUND, prompts=(Prompt({"en": "What could be done?", "ar": "ماذا؟"}),))
REWORDED = replace(ROUND, prompts=(Prompt({"en": "What must be done?"}),))
LONGER = replace(ROUND, prompts=(*ROUND.prompts, Prompt({"en": "And more?"})))
YES = True


@pytest.mark.parametrize(
    ("new", "draft", "to_come", "is_open"),
    [
        (EDITED, YES, YES, YES),
        (MOVED, YES, "settled-when-announced", "settled-when-announced"),
        (TRANSLATED, YES, YES, YES),
        (REWORDED, YES, YES, "questions-settled"),
        (LONGER, YES, YES, "questions-settled"),
    ],
)
def test_what_people_rely_on_stays(new, draft, to_come, is_open):
    states = RoundState.DRAFT, RoundState.TO_COME, RoundState.OPEN, RoundState.CLOSED
    found = [said(rules.may_change(each, ROUND, new)) for each in states]
    assert found == [draft, to_come, is_open, is_open]
    assert said(rules.may_change(RoundState.SKIPPED, ROUND, new)) == "consultation-skipped"


def test_a_round_is_put_into_one_spelling():
    raw = replace(
        ROUND,
        titles={"en": " A topic ", "fr": " "},
        guidance={"en": "One\r\ntwo"},
        documents=(Background(" https://example.org/a ", " A paper "),),
    )
    made = raw.cleaned()
    assert (made.titles, made.guidance) == ({"en": "A topic"}, {"en": "One\ntwo"})
    assert made.documents == (Background("https://example.org/a", "A paper"),)
    assert made.faults() == {}


@pytest.mark.parametrize(
    ("more", "faults"),
    [
        ({"slug": "Not a slug"}, {"slug": ConsultationFault.SLUG}),
        ({"slug": str(uuid4())}, {"slug": ConsultationFault.SLUG}),
        ({"titles": {"fr": "Un sujet"}}, {"titles": ConsultationFault.ENGLISH}),
        ({"titles": {"en": "A", "de": "B"}}, {"titles": ConsultationFault.LANGUAGE}),
        ({"titles": {"en": "<script>"}}, {"titles": TextFault.MARKUP}),
        ({"titles": {"en": "A \u202eright"}}, {"titles": TextFault.DIRECTION}),
        ({"guidance": {"ar": "اقرأ"}}, {"guidance": ConsultationFault.ENGLISH}),
        ({"time_zone": "Mars/Base"}, {"time_zone": ConsultationFault.ZONE}),
        ({"closes_at": NOW}, {"closes_at": ConsultationFault.ENDS_BEFORE_START}),
        ({"opens_at": NOW.replace(year=1900)}, {"opens_at": ConsultationFault.FAR_OFF}),
        ({"opens_at": NOW.replace(tzinfo=None)}, {"opens_at": ConsultationFault.NO_SUCH_TIME}),
        ({"prompts": ()}, {"questions": ConsultationFault.QUESTIONS}),
        ({"prompts": (*ROUND.prompts,) * 21}, {"questions": ConsultationFault.QUESTIONS}),
        ({"prompts": (Prompt({"fr": "Quoi ?"}),)}, {"question-1": ConsultationFault.ENGLISH}),
        (
            {"prompts": (Prompt({"en": "What?"}, {"fr": "Brièvement."}),)},
            {"question-1": ConsultationFault.ENGLISH},
        ),
        (
            {"documents": (Background("https://example.org", "A"),) * 21},
            {"documents": ConsultationFault.DOCUMENTS},
        ),
        (
            {"documents": (Background("https://example.org", "A", "de"),)},
            {"document-1": ConsultationFault.LANGUAGE},
        ),
        (
            {"documents": (Background("https://example.org", ""),)},
            {"document-1": TextFault.MISSING},
        ),
    ],
)
def test_what_is_wrong_with_a_round_is_told_by_field(more, faults):
    assert replace(ROUND, **more).faults() == faults


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/a",
        "javascript:alert(1)",
        "https://user:word@example.org/",
        "https://example.org\\@other.example/",
        "https://localhost/",
        "https:///path",
        "https://example.org/a b",
        "https://example.org/<b>",
        "https://exämple.org/",
        "//example.org/",
        "https://example.org/" + "a" * 1000,
    ],
)
def test_a_document_is_a_plain_link_to_a_host(url):
    assert rules.fault_of_document(Background(url, "A paper")) is ConsultationFault.LINK


@pytest.mark.parametrize("url", ["https://example.org", "https://a.example.org:8443/x?y=1#z"])
def test_a_link_over_tls_is_taken(url):
    assert rules.fault_of_document(Background(url, "A paper")) is None


# Lead times (A12).


def at(day, hour=12):
    return datetime(2025, 1, 1, hour, tzinfo=ZoneInfo("Europe/Zurich")) + (day - 1) * DAY


@pytest.mark.parametrize(
    ("closes", "physical", "meeting", "short"),
    [
        (13, 34, 36, []),
        (14, 34, 36, [(Lead.ONLINE_BEFORE_PHYSICAL, 20, 21)]),
        (13, 34, 35, [(Lead.PHYSICAL_BEFORE_MEETING, 1, 2)]),
        (
            40,
            34,
            34,
            [(Lead.ONLINE_BEFORE_PHYSICAL, -6, 21), (Lead.PHYSICAL_BEFORE_MEETING, 0, 2)],
        ),
        (13, None, 36, [(Lead.NO_PHYSICAL, 0, 0)]),
        (13, 34, None, []),
    ],
)
def test_lead_times_are_those_of_the_edition_in_days_of_the_venue(closes, physical, meeting, short):
    found = rules.shortfalls(
        at(closes),
        at(physical) if physical else None,
        at(meeting) if meeting else None,
        "Europe/Zurich",
        USUAL,
    )
    assert found == tuple(Shortfall(*each) for each in short)


def test_a_day_is_one_of_the_venues_calendar():
    late = datetime(2025, 1, 13, 23, 30, tzinfo=UTC)  # in Zurich it is the 14th
    assert rules.days_between(late, at(34), "UTC") == 21
    assert rules.days_between(late, at(34), "Europe/Zurich") == 20


# Times as they are typed.


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)), ZONES)  # noqa: DTZ001
def test_a_stated_time_is_what_the_clocks_show_or_nothing(wall, zone):
    found = rules.stated(wall.isoformat(), zone)
    if found is not None:
        assert found.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall
        assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("typed", "instant"),
    [
        ("2026-03-29T02:30", None),  # clocks were put forward
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # the first of two
        ("2026-07-01T12:00", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("2026-07-01T12:00Z", None),
        ("soon", None),
        ("0001-01-01T00:00", None),
    ],
)
def test_times_that_no_clock_shows_are_none(typed, instant):
    assert rules.stated(typed, "Europe/Zurich") == instant
    assert rules.stated(typed, "Europe") is None


# Reminders.


@given(MOMENTS, st.integers(1, 60), SPANS)
def test_a_reminder_comes_so_many_days_before_unless_that_has_passed(closes_at, days, ahead):
    close = closes_at.astimezone(UTC)
    found = rules.remind_at(close, days, close - ahead)
    assert found == (close - days * DAY if ahead > days * DAY else None)


# Topics.


def test_a_topic_has_an_issue_or_a_reason_why_it_is_outside_the_list():
    inside = NewTopic({"en": "A topic"}, issue=Issue.SPAM, outside_why="Unneeded").cleaned()
    outside = NewTopic({"en": "A topic"}, outside_why="Council asked for it.").cleaned()
    neither = NewTopic({"en": "A topic"}, outside_why=" ").cleaned()
    assert (inside.outside_why, inside.faults(), outside.faults()) == ("", {}, {})
    assert neither.faults() == {"issue": ConsultationFault.ISSUE_OR_WHY}
    wrong = NewTopic({"en": "A topic"}, about="a\u202eb", outside_why="<i>").cleaned()
    assert wrong.faults() == {"about": TextFault.DIRECTION, "outside_why": TextFault.MARKUP}


@pytest.mark.parametrize("category", [None, *Category])
def test_only_member_states_and_the_secretariat_propose(category):
    states = category is Category.MEMBER_STATE
    assert (rules.may_propose(category, ()) is True) == states
    assert rules.may_propose(category, {Function.SECRETARIAT}) is True
    assert (rules.may_propose(category, set(Function) - {Function.SECRETARIAT}) is True) == states


@pytest.mark.parametrize("function", Function)
def test_a_decision_is_recorded_by_those_who_preside_and_the_secretariat(function):
    named = function in {Function.CHAIR, Function.VICE_CHAIR, Function.SECRETARIAT}
    assert (rules.may_record({function}, own=False) is True) == named
    assert rules.may_record({function}, own=True) is not True


def test_every_way_of_a_topic_ends_and_none_leads_back_to_a_proposal():
    assert rules.STEPS.keys() == set(TopicState)
    assert all(TopicState.PROPOSED not in onward for onward in rules.STEPS.values())
    assert not rules.STEPS[TopicState.DECLINED] | rules.STEPS[TopicState.WITHDRAWN]
