"""What the passage waits for, when a room takes people, and what a certificate withstands."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.keys import verifies
from app.policy.certificate import Flaw, Statement, check, fingerprint, sign
from app.policy.fence import FenceReason, Report, waits_for
from app.policy.sitting import SittingState, admits

NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
KEY = Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key().public_bytes_raw()
STATEMENT = Statement(
    id="a certificate",
    meeting="Kenya",
    from_sitting="the first half",
    to_sitting="the second half",
    epoch=2,
    edition="an edition",
    edition_digest="its digest",
    frozen_at=NINE.isoformat(),
    raised_at=NINE.isoformat(),
    verified_at=NINE.isoformat(),
    opened_at=NINE.isoformat(),
    stayed=(),
    in_service=(),
    moved=(),
    sockets_closed=0,
    last_close_ms=0.5,
    processes=1,
    processes_lost=0,
    hall={},
    journal={},
)


def said(epoch: int = 2, remaining: int = 0) -> Report:
    return Report("one", epoch, remaining, closed=0, last_close_ms=0)


@pytest.mark.parametrize(
    ("reports", "missing"),
    [
        ((), FenceReason.NO_PROCESS),
        ((said(), said(epoch=1)), FenceReason.PROCESS_SILENT),
        ((said(epoch=1, remaining=3),), FenceReason.PROCESS_SILENT),
        ((said(), said(remaining=1)), FenceReason.PEOPLE_REMAIN),
        ((said(), said()), None),
        ((said(epoch=3),), None),
    ],
)
def test_it_waits_until_every_process_has_seen_the_epoch_and_is_empty(reports, missing):
    assert waits_for(reports, 2) is missing


@pytest.mark.parametrize(
    ("state", "late", "open_"),
    [
        (SittingState.SCHEDULED, timedelta(minutes=-31), False),
        (SittingState.SCHEDULED, timedelta(minutes=-30), True),
        (SittingState.OPEN, timedelta(days=-1), True),
        (SittingState.CLOSING, timedelta(days=1), True),
        (SittingState.CLOSED, timedelta(0), False),
    ],
)
def test_a_room_takes_people_from_a_while_before_until_it_is_closed(state, late, open_):
    assert admits(state, NINE, NINE + late, timedelta(minutes=30)) is open_


def signed() -> str:
    return sign(STATEMENT, lambda message: b64encode(KEY.sign(message)).decode(), PUBLIC)


def checked(text: str, expected: str = fingerprint(PUBLIC)) -> object:
    return check(text, expected, verifies)


def test_a_certificate_says_what_was_signed_and_to_whoever_writes_the_fingerprint_otherwise():
    print_ = fingerprint(PUBLIC)
    said = checked(signed())

    assert isinstance(said, dict)
    assert (said["meeting"], said["epoch"], said["frozen_at"]) == ("Kenya", 2, NINE.isoformat())
    assert checked(signed(), f" {print_.replace(':', ' ').upper()}\n") == said


@pytest.mark.parametrize("field", ["epoch", "sockets_closed", "meeting"])
def test_no_word_of_it_can_be_changed(field):
    certificate = json.loads(signed())
    certificate["statement"][field] = "Brazil" if field == "meeting" else 3
    assert checked(json.dumps(certificate)) is Flaw.BAD_SIGNATURE


def test_a_certificate_of_another_key_is_told_apart():
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    assert checked(signed(), fingerprint(other)) is Flaw.OTHER_KEY


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", "no JSON", '{"statement": {}, "signature": {}}'),
        signed().replace('"public_key": "', '"public_key": "?'),
        signed().replace("cwg-certificate", "cwg-receipt"),
        signed().replace('"last_close_ms": 0.5', '"last_close_ms": NaN'),
    ],
)
def test_what_is_no_certificate_is_said_to_be_none(text):
    assert checked(text) is Flaw.NOT_A_CERTIFICATE
