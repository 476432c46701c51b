"""The ground on which the rest stands: files, scripts, pins and floors are as agreed."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
TOOLS = Path(sys.executable).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SCRIPTS = ("deploy/run", "deploy/test", "deploy/venv", "deploy/debian", "deploy/pins", ".ci/run")
RULES = (ROOT / ".gitignore").read_text().splitlines()
IGNORED = [".git", *(rule.rstrip("/") for rule in RULES if rule and not rule.startswith("#"))]

# Each machine's own configuration says where packages are, and no file where it was written.
OF_A_MACHINE = {
    "a registry": re.compile(
        r"\b(?:pypi|pythonhosted|npmjs|yarnpkg|crates|rubygems)\.(?:org|com|io)\b"
        r"|\s--(?:(?:extra-)?index-url|find-links)[ =]\S"
    ),
    "a local file": re.compile(r"\bfile:/{2}"),
    "a home or a work place": re.compile(r"(?<![\w./:*-])/(?:home|root|Users|work|workspace)/\w"),
}


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Everything that is not ignored, whether git knows it yet or not."""
    for entry in sorted(folder.iterdir()):
        if any(fnmatch(entry.name, pattern) for pattern in IGNORED):
            continue
        if entry.is_dir():
            yield from files(entry)
        else:
            yield entry


def text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("what", OF_A_MACHINE)
def test_no_file_names_a_machine(what):
    found = [
        f"{file.relative_to(ROOT)}: {match[0]}"
        for file in files()
        for match in OF_A_MACHINE[what].finditer(text_of(file))
    ]

    assert found == []


def test_no_lock_file_that_names_hosts_is_kept():
    locks = {"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "package-lock.json", "yarn.lock"}

    assert [file for file in files() if file.name in locks or fnmatch(file.name, "pylock*")] == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_plain_sh_and_ready_to_run(script):
    first, _, _ = (ROOT / script).read_text().partition("\n")

    assert first == "#!/bin/sh"
    assert os.access(ROOT / script, os.X_OK)
    assert run("sh", "-n", script).stderr == ""
    assert run(TOOLS / "shellcheck", script).stdout == ""


def test_every_script_is_looked_at():
    found = {
        str(file.relative_to(ROOT)) for file in files() if text_of(file).startswith("#!/bin/sh")
    }

    assert found == set(SCRIPTS)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_every_pin_has_hashes_and_no_address(name):
    pins = (ROOT / "deploy" / name).read_text().replace("\\\n", " ").splitlines()

    assert [pin for pin in pins if not re.fullmatch(r"\S+==\S+ .*--hash=sha256:\w+", pin)] == []
    assert [pin for pin in pins if "://" in pin] == []


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("requirements.txt", PROJECT["project"]["dependencies"]),
        ("requirements-test.txt", PROJECT["project"]["dependencies"]),
        ("requirements-test.txt", PROJECT["dependency-groups"]["test"]),
    ],
    ids=["to run", "to run under test", "to test"],
)
def test_what_the_project_asks_for_is_pinned_and_installed(name, asked):
    lines = re.findall(r"^(\S+==[^\\\n]+)", (ROOT / "deploy" / name).read_text(), re.MULTILINE)
    here = [each for each in map(Requirement, lines) if not each.marker or each.marker.evaluate()]
    pinned = {each.name: str(each.specifier).removeprefix("==") for each in here}

    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(pinned[requirement.name])
        assert version(requirement.name) == pinned[requirement.name]


def test_the_license_is_the_one_that_is_named():
    assert PROJECT["project"]["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text().startswith("MIT License\n")


# The floors of docs/decisions/0001. Each contract is seen to hold, and to break.


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return run(TOOLS / "lint-imports", "--no-logo", "--no-cache", cwd=folder)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """The source of the house in a place where a wall may be broken."""
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_run_downhill():
    assert lint_imports(ROOT).returncode == 0


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("app/models/base.py", "import app.services", "Imports run downhill"),
        ("app/attic.py", "", "Imports run downhill"),
        ("app/policy/floor.py", "import pydantic", "The rule book stands on"),
        ("app/policy/floor.py", "import asyncio", "The rule book stands on"),
        ("app/policy/floor.py", "import app.settings", "The rule book stands on"),
        ("app/client/__init__.py", "import app.database", "The guest knows"),
        ("app/services/floor.py", "import starlette", "Services know no HTTP"),
    ],
)
def test_a_wrong_import_is_found(scratch, module, line, contract):
    with (scratch / module).open("a") as file:
        file.write(f"\n{line}\n")

    broken = re.findall(r"^(.*) BROKEN", lint_imports(scratch).stdout, re.MULTILINE)

    assert [name for name in broken if name.startswith(contract)] != []


def test_the_service_starts_without_the_library_of_workbooks() -> None:
    """It takes as long to import as most of the service, and is wanted a few times a day."""
    said = "import sys, app.main; sys.exit('openpyxl' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", said], cwd=ROOT, check=False).returncode == 0
