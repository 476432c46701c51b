"""A page that can import what we serve, without a service."""

from pathlib import Path

import pytest
from playwright.async_api import Page, Route

import app.pages

STATIC = Path(app.pages.__file__).parent / "static"
HERE = "http://floor.test"
EMPTY = "<!doctype html><p data-words='{}'></p>"


@pytest.fixture
async def modules(page: Page) -> Page:
    """``import("/floor.js")`` works here; nothing leaves the machine."""

    async def serve(route: Route) -> None:
        name = route.request.url.removeprefix(f"{HERE}/")
        if name:
            await route.fulfill(path=STATIC / name, content_type="text/javascript")
        else:
            await route.fulfill(body=EMPTY, content_type="text/html")

    await page.route(f"{HERE}/**", serve)
    await page.goto(f"{HERE}/")
    return page
