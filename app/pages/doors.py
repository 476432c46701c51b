"""Every door for people, in one list."""

from fastapi import APIRouter

from app.pages import demo as demonstration
from app.pages import desk, portal
from app.pages.captions import writer
from app.pages.console import console, minutes
from app.pages.room import room, text_page, written_page
from app.pages.screen import screen


def faces(*, demo: bool) -> tuple[APIRouter, ...]:
    """The routers of the faces; those of the demo only where the demo is."""
    everyone = (
        portal.router,
        room.router,
        text_page.router,
        written_page.router,
        console.router,
        minutes.router,
        writer.router,
        screen.router,
        desk.router,
    )
    return (*everyone, demonstration.router) if demo else everyone
