"""What letters say, in text and in HTML, whatever was written into their facts."""

from datetime import UTC, datetime

import pytest

from app.i18n import Language
from app.mail.render import Service, render
from app.policy.letters import LetterKind

SERVICE = Service("https://meetings.example", "12ab:34cd")
FACTS: dict[str, str | datetime] = {
    "reference": "CWG-7F3K",
    "meeting": "Twenty-second meeting",
    "entity": "Kenya",
    "reason": "Not on our delegation",
    "link": "/registrations/CWG-7F3K",
    "until": datetime(2026, 2, 11, 10, 0, tzinfo=UTC),
}


@pytest.mark.parametrize("kind", LetterKind)
@pytest.mark.parametrize("language", Language)
def test_every_kind_has_its_letter_in_every_language(kind, language):
    said = render(kind, language, SERVICE, "Delegate", FACTS)

    assert said.subject.strip()
    for form in (said.text, said.html):
        assert form.count("https://meetings.example/registrations/CWG-7F3K") >= 1
        assert form.count("12ab:34cd") == 1
        assert "%(" not in form
        assert "None" not in form
    assert f'lang="{language}" dir="{language.direction}"' in said.html


@pytest.mark.parametrize("kind", LetterKind)
def test_every_letter_can_do_with_the_least_that_is_known(kind):
    least: dict[str, str | datetime] = {"reference": "CWG-7F3K", "until": FACTS["until"]}
    said = render(kind, Language.ENGLISH, SERVICE, "", least)

    assert said.text.startswith("Dear participant,\n\n")


def test_the_letter_to_sign_in_reads_so():
    facts: dict[str, str | datetime] = {"link": "/sign-in/abc", "until": FACTS["until"]}
    said = render(LetterKind.SIGN_IN, Language.ENGLISH, SERVICE, "Delegate", facts)

    assert said.subject == "Your link to sign in"
    assert said.text == (
        "Dear Delegate,\n"
        "\n"
        "Someone, we hope you, asked to sign in to the meetings of CWG-Internet with this mail "
        "address.\n"
        "\n"
        "Sign in with this link and the button behind it:\n"
        "https://meetings.example/sign-in/abc\n"
        "\n"
        "The link works once, until 11 February 2026, 10:00 UTC.\n"
        "\n"
        "If it was not you, do nothing: nobody is signed in unless the button is pressed. "
        "Do not pass the link on.\n"
        "\n"
        "-- \n"
        "CWG-Internet – meetings\n"
        "https://meetings.example\n"
        "Certificates of this service are signed with the key of this fingerprint:\n"
        "12ab:34cd\n"
    )


def test_the_acknowledgement_says_that_it_is_no_confirmation():
    said = render(LetterKind.ACKNOWLEDGED, Language.ENGLISH, SERVICE, "", FACTS)

    assert said.subject == "Received, not yet confirmed: registration CWG-7F3K"
    assert "This is not a confirmation." in said.text
    assert "You said that you represent Kenya" in said.text


def test_what_people_wrote_stays_text_on_one_line():
    hostile: dict[str, str | datetime] = {
        **FACTS,
        "reference": "X\r\nBcc: everyone@x.example",
        "entity": '<img src=x onerror="alert(1)">',
        "reason": "first\nsecond\u202egpj{{ 7 * 7 }}%(meeting)s",
        "meeting": "100 % & <b>",
    }
    said = render(LetterKind.REJECTED, Language.ENGLISH, SERVICE, "<b>\r\nX</b>", hostile)

    assert said.subject == "Not approved: registration X  Bcc: everyone@x.example"
    assert said.text.startswith("Dear <b>  X</b>,\n\n")
    assert "first second gpj{{ 7 * 7 }}%(meeting)s" in said.text
    assert "Dear &lt;b&gt;  X&lt;/b&gt;," in said.html
    assert "100 % &amp; &lt;b&gt;" in said.html
    assert "<b>" not in said.html
