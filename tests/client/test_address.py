"""Which addresses are a sitting's, and which are refused before anything is sent."""

from uuid import UUID

import pytest

from app.client import Address, AddressFault, Unusable

SITTING = UUID("6f2c3a3e-9df0-4ad6-a8b3-0a5b3d8c8f11")


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        (f"https://example.org/room/{SITTING}", "https://example.org"),
        (f" https://EXAMPLE.org:443/room/{SITTING}/ ", "https://example.org"),
        (
            f"https://example.org:8443/console/{SITTING}?said=ask#plain-title",
            "https://example.org:8443",
        ),
        (f"https://example.org/text/{SITTING}", "https://example.org"),
        (f"https://example.org/sittings/{SITTING}/why", "https://example.org"),
        (f"https://example.org/api/v1/sittings/{SITTING}", "https://example.org"),
        (f"http://127.0.0.1:8000/room/{SITTING}", "http://127.0.0.1:8000"),
        (f"http://localhost/room/{SITTING}", "http://localhost"),
        (f"http://[::1]:8000/room/{SITTING}", "http://[::1]:8000"),
    ],
)
def test_the_page_of_a_sitting_is_its_address(text: str, origin: str) -> None:
    assert Address.read(text) == Address(origin, SITTING)


def test_the_sittings_id_may_stand_beside_the_address_of_the_service() -> None:
    assert Address.read("https://example.org", SITTING) == Address("https://example.org", SITTING)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "not-an-address"),
        ("example.org", "not-an-address"),
        (f"ftp://example.org/room/{SITTING}", "not-an-address"),
        (f"wss://example.org/room/{SITTING}", "not-an-address"),
        (f"https:///room/{SITTING}", "not-an-address"),
        (f"https://example.org:99999/room/{SITTING}", "not-an-address"),
        (f"https://[::1/room/{SITTING}", "not-an-address"),
        ("https://example.org/", "no-sitting"),
        ("https://example.org/meetings/twenty", "no-sitting"),
        ("https://example.org/room/twenty", "no-sitting"),
        ("https://example.org/room", "no-sitting"),
        (f"https://kenya:secret@example.org/room/{SITTING}", "holds-a-secret"),
        (f"https://cwg_kenya@example.org/room/{SITTING}", "holds-a-secret"),
        (f"https://example.org/room/{SITTING}?token=abc", "holds-a-secret"),
        (f"https://example.org/room/{SITTING}?TICKET", "holds-a-secret"),
        (f"https://example.org/room/{SITTING}?t=cwg_kenya", "holds-a-secret"),
        (f"https://example.org/room/{SITTING}#cwg_kenya", "holds-a-secret"),
        (f"http://example.org/room/{SITTING}", "not-encrypted"),
        (f"http://10.0.0.1/room/{SITTING}", "not-encrypted"),
        (f"http://127.0.0.1.example.org/room/{SITTING}", "not-encrypted"),
    ],
)
def test_what_is_no_address_or_is_unsafe_is_refused(text: str, fault: str) -> None:
    with pytest.raises(Unusable) as refused:
        Address.read(text)
    assert refused.value.fault is AddressFault(fault)


def test_the_socket_is_at_the_same_origin_and_at_no_other() -> None:
    address = Address("https://example.org:8443", SITTING)
    assert address.live("/api/v1/live") == "wss://example.org:8443/api/v1/live"
    for path in ("//evil.example/live", "/\\evil.example/live", "wss://evil.example", "@evil"):
        with pytest.raises(ValueError, match="evil"):
            address.live(path)
