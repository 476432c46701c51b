"""Where the browser of the tests is: CHROMIUM, else the machine's, else Playwright's own."""

import os
from pathlib import Path
from shutil import which

from playwright.sync_api import sync_playwright

OFF = (
    # Two pages of the address bar, which is not even drawn: every profile that is opened makes them
    # in a process of their own, which takes three times as long as a page of ours.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    # What Playwright turns off: of two lists the browser takes the last.
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
FLAGS = (
    "--no-sandbox",  # the tests may run as root
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(OFF)}",
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
