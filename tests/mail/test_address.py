"""One spelling for one mailbox, in any script, and nothing that is no address."""

import pytest

from app.errors import Malformed
from app.mail.address import normalized, routable


@pytest.mark.parametrize(
    ("written", "kept", "envelope"),
    [
        (" Delegate@Kenya.Example ", "delegate@kenya.example", "delegate@kenya.example"),
        ("a+b@x.example", "a+b@x.example", "a+b@x.example"),
        ("info@BÜCHER.example", "info@bücher.example", "info@xn--bcher-kva.example"),
        ("info@xn--bcher-kva.example", "info@bücher.example", "info@xn--bcher-kva.example"),
        ("ZOE\u0308@x.example", "zo\u00eb@x.example", "zo\u00eb@x.example"),
        (
            "δοκιμή@παράδειγμα.δοκιμή",
            "δοκιμή@παράδειγμα.δοκιμή",
            "δοκιμή@xn--hxajbheg2az3al.xn--jxalpdlp",
        ),
        ("مثال@موقع.وزارة", "مثال@موقع.وزارة", "مثال@xn--4gbrim.xn--mgbexc3i"),
        ("用户@例子.广告", "用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v"),
        ("a@例子。广告", "a@例子.广告", "a@xn--fsqu00a.xn--4rr70v"),
    ],
)
def test_an_address_is_kept_in_one_spelling(written, kept, envelope):
    assert normalized(written) == kept
    assert normalized(kept) == kept
    assert routable(kept) == envelope


def test_two_mailboxes_are_not_made_one():
    assert normalized("straße@x.example") != normalized("strasse@x.example")


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        "delegate",
        "@x.example",
        "a@",
        "a@@x.example",
        "a b@x.example",
        "a@x..example",
        "a@localhost",
        "a@[127.0.0.1]",
        '"a b"@x.example',
        "Delegate <a@x.example>",
        "a@x.example, b@x.example",
        "a@x.example\r\nBcc: b@y.example",
        "a\x00@x.example",
        "a\u202egpj@x.example",
        "a\u200b@x.example",
        "a@x.exam\u202eple",
        "\ud800@x.example",
        "<script>@x.example",
        "a" * 65 + "@x.example",
        "a@" + "x" * 64 + ".example",
        "a@x.test",
        "a\n@x.example",
    ],
)
def test_what_is_no_address_is_refused(written):
    with pytest.raises(Malformed) as refusal:
        normalized(written)

    assert refusal.value.faults == {"email": "no-mail-address"}


def test_an_overlong_address_is_refused_before_it_is_looked_at():
    with pytest.raises(Malformed) as refusal:
        normalized("a" * 10_000_000)

    assert refusal.value.faults == {"email": "too-long"}
