"""Commands as an operator types them: founding a meeting, checking a certificate, starting."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import col, select
from typer.testing import CliRunner

from app.cli import app
from app.database import Database
from app.keys import load
from app.models import Appointment, Meeting, Person
from app.policy.certificate import Statement, sign
from app.settings import Environment, Settings

FOUND = ("found", "cwg-internet-21", "--title", "Twenty-first meeting")
OFFICE = ("--secretariat", "Office@ITU.example")


@pytest.fixture(autouse=True)
def bare(tmp_path, monkeypatch):
    monkeypatch.setenv("CWG_ENVIRONMENT", "development")
    monkeypatch.setenv("CWG_DATA_DIR", str(tmp_path / "data"))


def typed(*words: str):
    """A command in a process of its own, as an operator has it: some seconds until it has begun."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *words], capture_output=True, text=True, check=False
    )


def run(*words: str):
    """The same command in this process."""
    return CliRunner().invoke(app, list(words))


async def test_a_bare_service_gets_its_first_meeting_and_secretariat(tmp_path):
    told = typed(*FOUND, *OFFICE)

    assert (told.returncode, told.stdout) == (
        0,
        "Founded cwg-internet-21 on eur-44a4-2022; Office@ITU.example is its secretariat.\n",
    )
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'data' / 'cwg.sqlite'}")
    async with database.reading() as db:
        query = (
            select(Meeting.slug, Person.email, Appointment.function)
            .select_from(Appointment)
            .join(Meeting, col(Meeting.id) == Appointment.meeting_id)
            .join(Person, col(Person.id) == Appointment.person_id)
        )
        found = (await db.exec(query)).all()
    await database.close()
    assert found == [("cwg-internet-21", "office@itu.example", "secretariat")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("found", "x", "--title", "Short", *OFFICE), "slug: "),
        (("found", "twenty", "--title", "", *OFFICE), "title: "),
        ((*FOUND, "--secretariat", "office"), "email: "),
        ((*FOUND, *OFFICE, "--zone", "Mars/Base"), "time_zone: There is no such time zone"),
        ((*FOUND, *OFFICE, "--edition", "doha-2026"), "one of "),
    ],
)
def test_a_meeting_that_cannot_be_founded_says_what_is_wrong(words, said):
    told = run(*words)

    assert (told.exit_code, told.stdout) == (2, "")
    assert said in " ".join(told.stderr.split())
    assert "Traceback" not in told.stderr


def test_a_meeting_is_founded_once():
    assert run(*FOUND, *OFFICE).exit_code == 0
    again = run(*FOUND, *OFFICE)
    assert (again.exit_code, len(again.stderr.splitlines())) == (2, 1)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("CWG_WORKERS", "many", "CWG_WORKERS: Input should be a valid integer"),
        ("CWG_LINKS_PER_PERSON", "often", "CWG_LINKS_PER_PERSON: say a number and a time"),
        ("CWG_ENVIRONMENT", "production", "CWG_BASE_URL: production needs an address"),
    ],
)
def test_a_setting_that_is_not_safe_is_refused_by_its_name(monkeypatch, setting, value, said):
    monkeypatch.setenv(setting, value)
    told = run("serve")

    assert told.exit_code == 2
    assert told.stderr.startswith(said)


def test_a_process_that_must_not_serve_ends_and_says_why(monkeypatch):
    monkeypatch.setenv("CWG_WORKERS", "2")
    told = typed("serve")

    assert told.returncode == 2
    assert told.stderr == "CWG_WORKERS: SQLite serves one process; set CWG_DATABASE_URL.\n"


# Certificates.


def certificate(folder: Path) -> tuple[Path, str]:
    """A certificate as the service signs it, and the fingerprint of its key."""
    folder.mkdir()
    keys = load(Settings(environment=Environment.DEVELOPMENT, data_dir=folder))
    at = datetime.now(UTC).isoformat()
    statement = Statement(
        id="1",
        meeting="The twentieth meeting",
        from_sitting="2",
        to_sitting="3",
        epoch=2,
        edition="eur-44a4-2022",
        edition_digest="d" * 64,
        frozen_at=at,
        raised_at=at,
        verified_at=at,
        opened_at=at,
        stayed=({"reference": "ABC"}, {"reference": "DEF"}),
        in_service=({"function": "chair"},),
        moved=(),
        sockets_closed=0,
        last_close_ms=0.0,
        processes=1,
        processes_lost=0,
        hall={"signed": True, "head_count": 41, "reason": ""},
        journal={"events": 9, "digest": "e" * 64},
    )
    file = folder / "certificate.json"
    file.write_text(sign(statement, keys.sign, keys.public), encoding="utf-8")
    return file, keys.fingerprint


def test_a_certificate_is_checked_offline_against_a_key_from_elsewhere(tmp_path):
    file, key = certificate(tmp_path / "one")
    _, other = certificate(tmp_path / "other")
    altered = tmp_path / "altered.json"
    altered.write_text(file.read_text().replace('"epoch": 2', '"epoch": 3'))
    junk = tmp_path / "junk.json"
    junk.write_bytes(b"\xff\x00{}")

    genuine = CliRunner().invoke(app, ["verify", str(file), "--key", key])
    lines = dict(line.split(maxsplit=1) for line in genuine.output.splitlines()[1:] if line.strip())
    wrong = [
        CliRunner().invoke(app, ["verify", str(path), "--key", print_])
        for path, print_ in ((file, other), (altered, key), (junk, key))
    ]

    assert (genuine.exit_code, genuine.output.splitlines()[0]) == (
        0,
        "Genuine: signed by the key you named, and not altered since.",
    )
    assert (lines["stayed"], lines["hall"]) == ("2", "signed by a steward, 41 people")
    assert [(each.exit_code, each.output.strip()) for each in wrong] == [
        (1, "It was signed with another key than the one named. Do not trust it."),
        (1, "It was altered after it was signed. Do not trust it."),
        (1, "This file is not a certificate of the service."),
    ]
