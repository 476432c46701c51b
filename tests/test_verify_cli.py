"""``cwg verify`` of receipts and heads: offline, and every forgery told."""

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.keys import Keys
from app.policy import merkle
from app.policy import receipt as rules
from app.policy.inputs import Content, digest
from tests.receiving import keys_of

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
SIZE = 9
CONTENT = Content("multilingual", "en", "In short.", {1: "Yes.", 2: "No."}).as_json()


@dataclass
class Folder:
    """The files of somebody who trusts nobody but a fingerprint."""

    path: Path
    keys: Keys

    def put(self, name: str, told: Any) -> str:
        file = self.path / name
        file.write_text(told if isinstance(told, str) else json.dumps(told), encoding="utf-8")
        return str(file)

    def verify(self, *arguments: str, key: str = "") -> tuple[int, str]:
        asked = ["verify", *arguments, "--fingerprint", key or self.keys.fingerprint]
        got = CliRunner().invoke(app, asked)
        assert got.exception is None or isinstance(got.exception, SystemExit), got.exception
        return got.exit_code, got.output


def entry_of(number: int) -> dict[str, Any]:
    return rules.entry(
        salt=f"{number:032x}",
        content=CONTENT,
        digest=digest(CONTENT),
        number=number,
        version=1,
        received_at=NOW,
        edition="eur-44a4-2022",
        edition_digest="e" * 64,
        revision=1,
    )


ENTRIES = [entry_of(number) for number in range(1, SIZE + 1)]
KEPT: dict[merkle.Place, bytes] = {}
for place, each in enumerate(ENTRIES):
    KEPT |= merkle.grown(place, rules.leaf(each), KEPT)


def head_of(size: int, keys: Keys) -> Any:
    head = rules.Head(size, merkle.head((0, size), KEPT), rules.moment(NOW))
    return json.loads(rules.sign_head(head, keys.sign, keys.public))


def receipt_of(number: int, size: int, keys: Keys) -> dict[str, Any]:
    index = number - 1
    path = merkle.heads(merkle.inclusion(index, size), KEPT)
    leaf = rules.leaf(ENTRIES[index])
    made = rules.Receipt("R" * 24, ENTRIES[index], index, leaf, path, head_of(size, keys))
    return made.as_json()


def consistency_of(first: int, second: int) -> dict[str, Any]:
    path = merkle.heads(merkle.consistency(first, second), KEPT)
    return rules.Consistency(first, second, path).as_json()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path, keys_of(tmp_path))


def test_a_receipt_is_checked_with_a_fingerprint_and_nothing_else(folder):
    file = folder.put("receipt.json", receipt_of(5, 7, folder.keys))
    code, said = folder.verify(file)

    assert (code, said.splitlines()[0]) == (
        0,
        "Genuine: everything that could be checked holds.",
    )
    assert "input 5 to the consultation multilingual, version 1" in said
    assert "It is entry 5 of the 7 that the log had under that head." in said


def test_a_receipt_that_was_altered_or_is_of_another_service_is_told(folder):
    told = receipt_of(5, 7, folder.keys)
    earlier = told | {"entry": told["entry"] | {"received_at": "2020-01-01T00:00:00Z"}}
    other = keys_of(folder.path / "other")
    tries = {
        "it was altered since": earlier,
        "the receipt is forged, or the log was altered": told | {"index": 3},
        "it is of another service, or forged": receipt_of(5, 7, other),
        "altered after it was signed": told
        | {"head": {**told["head"], "statement": told["head"]["statement"] | {"size": 8}}},
        "neither a receipt nor a head": told | {"proof": ["x"]},
    }
    for said, forged in tries.items():
        code, output = folder.verify(folder.put("forged.json", forged))
        assert (code, said in output) == (1, True), output


def test_what_a_forged_receipt_says_of_itself_turns_no_line(folder):
    told = receipt_of(5, 7, folder.keys)
    entry = told["entry"] | {"consultation": "x\n  holds  \u202egenuine"}
    forged = told | {"entry": entry, "leaf": rules.leaf(entry).hex()}
    _, output = folder.verify(folder.put("forged.json", forged))
    assert "\u202e" not in output
    assert not any("genuine" in line and "entered" not in line for line in output.splitlines())


def test_a_receipt_is_held_to_a_head_that_somebody_has(folder):
    file = folder.put("receipt.json", receipt_of(5, 7, folder.keys))
    older = folder.put("older.json", head_of(3, folder.keys))
    newer = folder.put("newer.json", head_of(SIZE, folder.keys))
    back, on = (
        folder.put("a.json", consistency_of(3, 7)),
        folder.put("b.json", consistency_of(7, 9)),
    )

    assert folder.verify(file, "--head", older, "--consistency", back)[0] == 0
    assert folder.verify(file, "--head", newer, "--consistency", on)[0] == 0
    code, said = folder.verify(file, "--head", newer)
    assert (code, "the proof of consistency between the two is needed" in said) == (1, True)
    code, said = folder.verify(file, "--head", newer, "--consistency", back)
    assert (code, "entries were removed or changed" in said) == (1, True)


def test_two_heads_are_of_one_log_or_prove_that_they_are_not(folder):
    old = folder.put("old.json", head_of(3, folder.keys))
    new = folder.put("new.json", head_of(SIZE, folder.keys))
    proof = folder.put("proof.json", consistency_of(3, SIZE))
    assert folder.verify(new, "--head", old, "--consistency", proof)[0] == 0
    assert folder.verify(old, "--head", new, "--consistency", proof)[0] == 0
    assert folder.verify(new, "--head", new)[0] == 0

    rewritten = rules.Head(SIZE, bytes(32), rules.moment(NOW))
    signed = rules.sign_head(rewritten, folder.keys.sign, folder.keys.public)
    forged = folder.put("forged.json", signed)
    for arguments in ((forged, "--head", old, "--consistency", proof), (forged, "--head", new)):
        code, said = folder.verify(*arguments)
        assert (code, "Keep both files: together they prove it." in said) == (1, True)
    other = keys_of(folder.path / "other")
    foreign = folder.put("foreign.json", head_of(3, other))
    code, said = folder.verify(new, "--head", foreign, "--consistency", proof)
    assert (code, "another key" in said) == (1, True)


def test_a_text_is_held_to_its_receipt_part_by_part(folder):
    file = folder.put("receipt.json", receipt_of(5, 7, folder.keys))
    same = folder.put("same.json", {"number": 5, "content": CONTENT})
    changed = CONTENT | {"answers": {"1": "Yes!", "2": "No."}, "free": "More"}
    other = folder.put("other.json", changed)

    assert folder.verify(file, "--text", same)[0] == 0
    code, said = folder.verify(file, "--text", other)
    assert code == 1
    assert (
        "The part “answer to question 1” differs: 4 bytes were received, 4 bytes are in the text."
        in said
    )
    assert (
        "The part “further remarks” differs: 0 bytes were received, 4 bytes are in the text."
        in said
    )
    assert "question 2" not in said


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "[" * 100_000,
        '{"kind": "cwg-receipt"}',
        '{"statement": {"kind": "cwg-head"}}',
        (
            '{"kind": "cwg-receipt", "format": 1, "entry": {"kind": "cwg-entry"}, "head": {},'
            ' "reference": "", "index": true, "leaf": "", "proof": []}'
        ),
        '{"statement": {"kind": ["cwg-head"]}, "signature": 1}',
        "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    ],
    ids=range(7),
)
def test_junk_is_told_to_be_none(folder, junk):
    assert folder.verify(folder.put("junk.json", junk))[0] == 1


def test_what_the_document_says_to_do_by_hand_does_it(folder):
    document = (Path(__file__).parent.parent / "docs" / "receipts.md").read_text(encoding="utf-8")
    script = folder.put("by_hand.py", document.partition("```python\n")[2].partition("```")[0])
    told = receipt_of(5, 7, folder.keys)
    good = folder.put("good.json", told)
    bad = folder.put("bad.json", told | {"entry": told["entry"] | {"number": 6}})

    ran = [
        subprocess.run([sys.executable, script, file], capture_output=True, text=True, check=False)
        for file in (good, bad)
    ]
    key = folder.keys.fingerprint.replace(":", "")
    assert (ran[0].returncode, ran[0].stdout) == (0, f"signed with {key}\n")
    assert (ran[1].returncode, "not what was logged" in ran[1].stderr) == (1, True)


def test_a_certificate_has_no_head(folder):
    file = folder.put("junk.json", "{}")
    assert folder.verify(file, "--head", file)[0] == 2
