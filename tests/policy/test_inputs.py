from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy.canonical import canonical
from app.policy.consultation import Publishing
from app.policy.inputs import (
    UNKNOWN,
    Attached,
    Consent,
    Content,
    InputFacts,
    InputState,
    RoundFacts,
    Shown,
    digest,
    shown,
)

NOW = datetime(2026, 11, 24, tzinfo=UTC)
DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)

FILE = Attached("study.pdf", "application/pdf", 9, "ab" * 32)


def test_a_digest_can_be_computed_by_anyone_from_what_is_published():
    content = Content("spam", "fr", "Résumé", {2: "Deux", 1: "Un"}, "", (FILE,)).as_json()

    assert canonical(content).decode() == (
        '{"answers":{"1":"Un","2":"Deux"},"attachments":[{"media_type":"application/pdf",'
        '"name":"study.pdf","sha256":"' + "ab" * 32 + '","size":9}],"consultation":"spam",'
        '"free":"","language":"fr","summary":"Résumé"}'
    )
    assert digest(content) == sha256(canonical(content)).hexdigest()


@given(st.text(), st.text())
def test_two_texts_have_two_digests(one, other):
    said = [digest(Content("spam", "en", free=text).as_json()) for text in (one, other)]

    assert (said[0] == said[1]) == (one == other)


# What may be shown.

OPEN = RoundFacts(announced=True, publishing=Publishing.WHILE_OPEN, closes_at=NOW + DAY)
AFTER = RoundFacts(announced=True, publishing=Publishing.AFTER_CLOSING, closes_at=NOW)
DRAFT = RoundFacts(announced=False, publishing=Publishing.WHILE_OPEN, closes_at=NOW - DAY)


@pytest.mark.parametrize(
    ("state", "consent", "parts"),
    [
        ("draft", "name_and_text", ""),
        ("withdrawn", "name_and_text", "known"),
        ("submitted", "none", "known"),
        ("submitted", "text_only", "known text"),
        ("submitted", "organization_and_text", "known text body files"),
        ("submitted", "name_and_text", "known text body name files"),
    ],
)
def test_what_everybody_may_have_of_an_input(state, consent, parts):
    sent = InputFacts(InputState(state), Consent(consent))
    assert given_out(shown(sent, OPEN, NOW)) == set(parts.split())
    assert given_out(shown(sent, AFTER, NOW)) == set(parts.split())
    assert shown(sent, AFTER, NOW - MOMENT) == UNKNOWN
    assert shown(sent, DRAFT, NOW) == UNKNOWN


def test_whoever_disowns_an_input_is_not_named():
    sent = InputFacts(InputState.SUBMITTED, Consent.NAME_AND_TEXT, disowned=True)
    assert given_out(shown(sent, OPEN, NOW)) == {"known", "text", "body", "files"}


def given_out(what: Shown) -> set[str]:
    return {name for name in ("known", "text", "body", "name", "files") if getattr(what, name)}
