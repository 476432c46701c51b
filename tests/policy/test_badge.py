"""What a badge's code says, and when two doors have seen one badge."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy.badge import LENGTH, Reference, Sighting, digits, read
from app.policy.text import DIGITS

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
codes = st.text(alphabet=DIGITS, min_size=10, max_size=10)


@given(codes, st.binary(min_size=32, max_size=32))
def test_what_is_printed_is_read_back_however_a_hand_types_it(code, signature):
    reference = Reference(code, digits(signature))
    printed = str(reference)
    typed = printed.lower().replace("1", "l").replace("0", "o")
    assert (len(printed), printed.isascii(), printed.isalnum()) == (LENGTH, True, True)
    assert read(printed) == read(f" {typed[:12]}-{typed[12:]}\n") == reference


@given(st.text())
def test_anything_else_is_no_badge(text):
    found = read(text)
    assert found is None or len(str(found)) == LENGTH


@pytest.mark.parametrize(
    "text", ["", "A1B2C3D4", "CWG" + "U" * 26, "CWH" + "0" * 26, "CWG" + "0" * 27]
)
def test_these_are_no_badges(text):
    assert read(text) is None


@pytest.mark.parametrize(
    ("door", "steward", "seconds", "photographed"),
    [
        ("north", "a", 30, False),  # the same door
        ("south", "a", 30, True),
        ("south", "a", 60, True),
        ("south", "a", 61, False),
        ("north", "b", 30, False),  # two stewards at one door
        ("", "a", 30, False),
        ("", "b", 30, True),
        ("south", "b", -30, True),  # told later, seen sooner
    ],
)
def test_nobody_is_at_two_doors_within_a_minute(door, steward, seconds, photographed):
    one = Sighting("north", "a", NOW)
    other = Sighting(door, steward, NOW + timedelta(seconds=seconds))
    assert one.photographed(other) is other.photographed(one) is photographed
