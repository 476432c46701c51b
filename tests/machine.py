"""What the tests would like of the machine: a browser, fonts and a database server.

``python -m tests.machine packages`` prints the Debian packages that are missing;
``python -m tests.machine report`` says in words what is done without, and fails in CI.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from shutil import which
from typing import NamedTuple

from tests import chromium, postgres

IN_CI = os.environ.get("CI") == "true"


class Wish(NamedTuple):
    """A Debian package, how to tell that it is there, or that one can do without, and what then."""

    package: str
    there: Callable[[], object]
    served: Callable[[], object]
    otherwise: str


def draws(language: str) -> bool:
    """Whether fontconfig knows a font that covers this language."""
    if which("fc-list") is None:
        return False
    fonts = subprocess.run(["fc-list", f":lang={language}"], capture_output=True, check=False)
    return bool(fonts.stdout.strip())


def draws_arabic() -> bool:
    return draws("ar")


def draws_chinese() -> bool:
    return draws("zh-cn")


WISHES = (
    Wish("chromium", chromium.installed, chromium.installed, "tests in a browser are skipped"),
    Wish("fonts-noto-core", draws_arabic, draws_arabic, "Arabic may be drawn as boxes"),
    Wish("fonts-noto-cjk", draws_chinese, draws_chinese, "Chinese may be drawn as boxes"),
    Wish("postgresql", postgres.installed, postgres.binaries, "tests on PostgreSQL are skipped"),
)


def packages() -> int:
    print(*(wish.package for wish in WISHES if not wish.there()))
    return 0


def report() -> int:
    lacking = [wish for wish in WISHES if not wish.served()]
    for wish in lacking:
        print(f"deploy: {wish.package} could not be installed, so {wish.otherwise}.")
    if lacking and IN_CI:
        print("deploy: in CI nothing may be skipped.")
    return int(bool(lacking) and IN_CI)


if __name__ == "__main__":
    sys.exit({"packages": packages, "report": report}[sys.argv[1]]())
