"""Whatever a file holds is read as a receipt, a head or a proof, or as none."""

import pytest

from app.policy import receipt
from app.policy.certificate import Flaw, fingerprint, signed
from app.policy.receipt import Check

HASH = "ab" * 32
PUBLIC = b"p" * 32
WHOLE = {
    "kind": receipt.RECEIPT,
    "format": receipt.FORMAT,
    "reference": "R",
    "index": 0,
    "leaf": HASH,
    "proof": [HASH],
    "entry": {"kind": receipt.ENTRY},
    "head": {},
}


def test_a_whole_receipt_is_one():
    assert receipt.receipt_of(WHOLE) is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": 2},
        {"kind": "another"},
        {"entry": []},
        {"index": -1},
        {"index": True},
        {"leaf": "zz" * 32},
        {"leaf": HASH[1:]},
        {"leaf": 1},
        {"proof": HASH},
        {"proof": [HASH, "zz"]},
        {"proof": [HASH] * 65},
        {"entry": {"kind": "another"}},
    ],
)
def test_anything_less_is_none(wrong):
    assert receipt.receipt_of(WHOLE | wrong) is None


def test_a_consistency_is_two_sizes_and_a_proof():
    told = {
        "kind": receipt.CONSISTENCY,
        "format": receipt.FORMAT,
        "first": 1,
        "second": 2,
        "proof": [HASH],
    }
    assert receipt.consistency_of(told) is not None
    assert receipt.consistency_of(told | {"format": 2}) is None
    assert receipt.consistency_of(told | {"first": "1"}) is None


def test_a_content_is_a_file_or_stands_in_one():
    content = dict.fromkeys(receipt.TEXT_PARTS, "")
    assert receipt.content_of(content) == receipt.content_of({"content": content}) == content
    assert receipt.content_of({"content": {}}) is None
    assert receipt.content_of("text") is None


def test_a_head_without_a_size_is_none():
    told = {"kind": receipt.HEAD, "version": receipt.FORMAT, "root": HASH, "at": ""}
    for more, fits in (({}, False), ({"size": 3}, True)):
        made = signed(told | more, lambda _: "AA==", PUBLIC)
        found = receipt.head_of(made, fingerprint(PUBLIC), lambda *_: True)
        assert (found is not Flaw.NOT_A_CERTIFICATE) is fits


def test_a_content_that_cannot_be_spelled_is_told_to_be_none():
    found = receipt.receipt_of(WHOLE)
    assert found is not None
    (finding,) = receipt.against_text(found, {"summary": float("nan")})
    assert (finding.check, finding.holds) == (Check.FORM, False)
