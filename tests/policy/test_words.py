"""An excerpt is a piece of a long text; what lies outside is not marked, and nothing is missed."""

from app.policy import words
from app.policy.words import Marker


def test_what_lies_outside_of_an_excerpt_is_not_marked():
    text = "spam " + "and other things " * 40 + "spam spam"
    marker = Marker((frozenset(words.tokens("spam", "en", lambda word, _: word)),), lambda w, _: w)
    pieces = marker.excerpt(text, "en", 60)

    assert 0 < sum(each.found for each in pieces) < len(marker.hits(text, "en")) == 3
    assert "".join(each.text for each in pieces).strip("…") in text
    assert len(marker.hits("spam " * 500, "en")) == words.MOST_LOOKED_AT
