"""Doors for programs: JSON under /api/v1 and the WebSocket; thin, one file a subject."""

from fastapi import APIRouter

from app.routers import (
    attendance,
    captions,
    entities,
    fence,
    identity,
    invitations,
    live,
    meetings,
    records,
    registrations,
    sittings,
)

ALL: tuple[APIRouter, ...] = (
    identity.router,
    meetings.router,
    entities.router,
    registrations.router,
    sittings.router,
    captions.router,
    invitations.router,
    fence.router,
    attendance.router,
    records.router,
    live.router,
)
