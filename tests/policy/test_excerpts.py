"""An excerpt is a piece of a long text; what lies outside is not marked, and nothing is missed."""

from app.policy import words
from app.policy.excerpts import MOST_LOOKED_AT, Marker


def test_what_lies_outside_of_an_excerpt_is_not_marked():
    text = "spam " + "and other things " * 40 + "spam spam"
    marker = Marker((frozenset(words.tokens("spam", "en", lambda word, _: word)),), lambda w, _: w)
    pieces = marker.excerpt(text, "en", 60)

    assert 0 < sum(each.found for each in pieces) < marker.often(text, "en") == 3
    assert "".join(each.text for each in pieces).strip("…") in text
    assert marker.often("spam " * 500, "en") == MOST_LOOKED_AT


def test_the_place_that_says_most_of_what_was_asked_is_shown():
    """However often one of the words stands elsewhere, in whatever forms."""

    def stem(word: str, _: str) -> str:
        return word.removesuffix("s")

    text = (
        "Names, name, names. " + "Other things. " * 40 + "Names of domains. " + "And so on. " * 40
    )
    marker = Marker(words.query("domain name", stem), stem)

    found = [each.text for each in marker.excerpt(text, "en", 60) if each.found]
    assert found == ["Names", "domains"]
    nowhere = marker.excerpt("Nothing of that.", "en", 60)
    assert [(each.text, each.found) for each in nowhere] == [("Nothing of that.", False)]
