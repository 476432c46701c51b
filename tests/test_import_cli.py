"""``cwg import members`` as an operator types it: what it prints, and with what it ends."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlmodel import func, select
from typer.testing import CliRunner

from app.database import Database
from app.import_cli import FILES, ROWS, imports
from app.models import Membership
from app.policy.members import RowFault
from app.services import members
from app.services.members import FileFault

HEAD = "key,name,category,sector,valid_from\n"
SPANS = "2020-01-01/.. → 2020-01-01/2026-12-31"
ENDED = f"ended       op  membership sector_member T: {SPANS}  (An operator)"
CATEGORIES = (
    "member_state, sector_member, associate, academia, res_99, un_organization,"
    " intergovernmental_organization"
)


@pytest.fixture
def run(sqlite_tables_url, tmp_path, monkeypatch):
    monkeypatch.setenv("CWG_ENVIRONMENT", "development")
    monkeypatch.setenv("CWG_DATA_DIR", str(tmp_path))

    def of(text: str | bytes | Path, *options: str):
        file = text if isinstance(text, Path) else tmp_path / "list.csv"
        if not isinstance(text, Path):
            file.write_bytes(text.encode() if isinstance(text, str) else text)
        return CliRunner().invoke(imports, ["members", str(file), *options])

    return of


def test_states_are_imported_and_a_second_time_there_is_nothing_to_do(run, tmp_path):
    first = run(members.STATES)
    second = run(members.STATES)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "created     KE  Kenya" in first.output.splitlines()
    assert first.output.splitlines()[-1] == (
        "194 created, 0 changed, 0 ended, 0 unchanged, 0 left out."
    )
    assert second.output.splitlines() == [
        "0 created, 0 changed, 0 ended, 194 unchanged, 0 left out."
    ]


def test_a_dry_run_says_so_and_does_nothing(run, tmp_path):
    told = run(members.STATES, "--dry-run")

    assert told.output.splitlines()[-1].endswith("A dry run: nothing was done.")
    assert counted(tmp_path) == 0


def counted(folder: Path) -> int:
    async def count() -> int:
        database = Database(f"sqlite+aiosqlite:///{folder / 'cwg.sqlite'}")
        async with database.reading() as db:
            found = (await db.exec(select(func.count()).select_from(Membership))).one()
        await database.close()
        return found

    return asyncio.run(count())


def test_changes_are_told_old_and_new_and_bad_lines_by_number(run):
    run(HEAD + "op,An operator,sector_member,T,2020-01-01\n")

    told = run(HEAD + "op,An operator,associate,T,2027-01-01\nx,<b>,academia,,\ny,Y,sectr,,\nz,Z\n")

    assert told.exit_code == 0
    assert told.output.splitlines() == [
        "changed     op  membership associate T: – → 2027-01-01/..  (An operator)",
        ENDED,
        "left out    line 3, name: Write it as plain text, without tags or codes.",
        f"left out    line 4, category: “sectr” is no category of membership; one of {CATEGORIES}.",
        "left out    line 5: There are fewer cells than columns (2/5).",
        "0 created, 1 changed, 1 ended, 0 unchanged, 3 left out.",
    ]


def test_the_same_for_a_program(run):
    told = json.loads(run(HEAD + "op,An operator,academia,,\nx,X,academia,R,\n", "--json").output)

    assert told == {
        "dry_run": False,
        "changes": 1,
        "created": [{"key": "op", "name": "An operator"}],
        "changed": [],
        "ended": [],
        "unchanged": 0,
        "left_out": [
            {
                "line": 3,
                "column": "sector",
                "fault": "category-without-sectors",
                "found": "R",
                "sentence": "Only Sector Members and Associates are of a sector.",
            }
        ],
    }


def test_a_day_may_be_named_for_what_has_none(run):
    run(HEAD + "op,An operator,academia,,\n")

    told = run(HEAD + "op,An operator,associate,,\n", "--from", "2027-03-01", "--json")

    assert json.loads(told.output)["changed"][0]["new"] == "2027-03-01/.."
    assert run(HEAD, "--from", "tomorrow").exit_code == 2


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "The file is empty. Nothing was done."),
        (
            HEAD.encode() + b"x,caf\xe9,academia,,\n",
            "Line 2 is not in UTF-8: save the file as “CSV UTF-8”. Nothing was done.",
        ),
        (
            b"KE,Kenya\n",
            "The first line does not name the columns; it begins with “KE”. Nothing was done.",
        ),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_words(run, raw, said):
    told = run(raw)

    assert (told.exit_code, told.stderr.splitlines(), told.stdout) == (1, [said], "")


def test_a_file_that_cannot_be_read_is_told_by_name(run, tmp_path):
    assert run(tmp_path / "nowhere.csv").stderr == (
        f"{tmp_path / 'nowhere.csv'}: No such file or directory\n"
    )
    assert run(tmp_path).exit_code == 2


def test_settings_that_are_wrong_are_told(run, monkeypatch):
    monkeypatch.setenv("CWG_PORT", "a")

    told = run(HEAD)

    assert told.exit_code == 2
    assert "valid integer" in told.stderr


def test_every_fault_has_its_sentence():
    assert (set(FILES), set(ROWS)) == (set(FileFault), set(RowFault))
