"""What a meeting, a sitting and an item may be founded with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app import editions
from app.policy.agenda import ItemKind
from app.policy.meeting import MeetingFault, NewItem, NewMeeting, NewSitting, minutes
from app.policy.parts import Part
from app.policy.text import TextFault

SPLIT = editions.load()["eur-44a4-2022"]
MEETING = NewMeeting("cwg-internet-20", "Twentieth meeting", "Geneva", "Europe/Zurich", SPLIT)
NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
SITTING = NewSitting(Part.FIRST_HALF, "", NINE, NINE + timedelta(hours=3))


def wrong(new, **changes):
    return replace(new, **changes).cleaned().faults()


def test_a_meeting_needs_little():
    assert (wrong(MEETING), wrong(SITTING), wrong(MEETING, place="")) == ({}, {}, {})


@pytest.mark.parametrize(
    "slug",
    [
        *("", "ab", "x" * 61, "Twenty", "two--hyphens", "-a-b", "a-b-", "20th", "twenty\n"),
        *("a/b", "../etc", "c3f0a1de-1111-4222-8333-444455556666"),
    ],
)
def test_a_slug_is_one_word_of_an_address_and_never_an_id(slug):
    assert wrong(MEETING, slug=slug) == {"slug": MeetingFault.SLUG}


@pytest.mark.parametrize(
    "zone", ["", "Geneva", "CET+1", "../../etc/passwd", "localtime", "Mars/Base"]
)
def test_a_time_zone_is_one_that_everyone_knows(zone):
    assert wrong(MEETING, time_zone=zone) == {"time_zone": MeetingFault.TIME_ZONE}


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/Argentina/Buenos_Aires"])
def test_the_zones_of_the_whole_world_are_known(zone):
    assert wrong(SITTING, time_zone=zone) == {}


def test_texts_are_read_like_everywhere():
    assert wrong(MEETING, title=" ", place="\u202eGeneva") == {
        "title": TextFault.MISSING,
        "place": TextFault.DIRECTION,
    }
    assert wrong(SITTING, title="x" * 201) == {"title": TextFault.TOO_LONG}


def test_a_time_without_a_zone_is_no_time():
    assert wrong(SITTING, starts_at=NINE.replace(tzinfo=None), time_zone="Nowhere/City") == {
        "starts_at": MeetingFault.WITHOUT_ZONE,
        "time_zone": MeetingFault.TIME_ZONE,
    }


def test_an_item_has_a_title():
    item = NewItem(UUID(int=1), "Welcome")

    assert (wrong(item), wrong(item, title="")) == ({}, {"title": TextFault.MISSING})
    assert item.kind is ItemKind.ORDINARY


def test_minutes_are_those_of_all_sittings_together():
    assert minutes([timedelta(hours=3), timedelta(minutes=90)]) == 270
