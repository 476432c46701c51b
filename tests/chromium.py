"""Where the browser of the tests is: CHROMIUM, else the machine's, else Playwright's own."""

import os
from pathlib import Path
from shutil import which

from playwright.sync_api import sync_playwright

FLAGS = (
    "--no-sandbox",  # the tests may run as root
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def of_machine() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(which, NAMES)), None)


def of_playwright() -> str | None:
    with sync_playwright() as playwright:
        return existing(playwright.chromium.executable_path)


def existing(path: str) -> str | None:
    return path if Path(path).exists() else None


def installed() -> bool:
    return bool(of_machine() or of_playwright())
