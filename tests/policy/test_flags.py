"""Names that could be taken for each other, and domains that are another's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy.flags import close, other_domain


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("wanjiru kamau", "wanjiru kamua", True),  # neighbours swapped
        ("wanjiru kamau", "wanjiru kamaus", True),
        ("wanjiru kamau", "kamau wanjiru", True),
        ("wanjiru kamau", "wanjiru kamau", False),  # that is the same name
        ("wanjiru kamau", "wanjiku kanja", False),
        ("li wei", "li wen", True),
        ("li wei", "li won", False),
        ("", "li", False),
    ],
)
def test_names_that_are_close(one, other, expected):
    assert close(one, other) is expected


@given(st.text("abc ", max_size=12), st.text("abc ", max_size=12))
def test_closeness_is_mutual(one, other):
    assert close(one, other) == close(other, one)


@pytest.mark.parametrize(
    ("domain", "known", "expected"),
    [
        ("go.ke", {"go.ke"}, False),
        ("transport.go.ke", {"go.ke"}, False),
        ("nogo.ke", {"go.ke"}, True),
        ("example.org", set(), False),
    ],
)
def test_domains(domain, known, expected):
    assert other_domain(domain, known) is expected
