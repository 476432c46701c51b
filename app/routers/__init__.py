"""Doors for programs: JSON under /api/v1 and the WebSocket; thin, one file a subject."""

from fastapi import APIRouter

from app.routers import (
    attendance,
    captions,
    chat,
    entities,
    fence,
    forms,
    hands,
    identity,
    invitations,
    live,
    meetings,
    minutes,
    notes,
    participation,
    personal,
    records,
    registrations,
    selections,
    sittings,
    statements,
)

ALL: tuple[APIRouter, ...] = (
    identity.router,
    meetings.router,
    entities.router,
    selections.router,
    registrations.router,
    forms.router,
    personal.router,
    participation.router,
    sittings.router,
    hands.router,
    minutes.router,
    notes.router,
    invitations.router,
    captions.router,
    chat.router,
    statements.router,
    fence.router,
    attendance.router,
    records.router,
    live.router,
)
