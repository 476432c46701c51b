"""The records of a sitting: which packages there are for whoever asks, and the packages."""

import asyncio
from datetime import datetime
from typing import Self
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app import depends
from app.database import load
from app.depends import HouseIn, Now, Whom
from app.models import Sitting
from app.package.bind import Package, bind
from app.policy.access import Part
from app.policy.records import Audience
from app.policy.sitting import SittingState
from app.routers.schemas import Out
from app.services import records

router = APIRouter(
    prefix="/api/v1/sittings/{sitting_id}",
    tags=["records"],
    dependencies=[Depends(depends.same_site)],
)


class SectionOut(Out):
    name: str
    rows: int
    file: str


class FileOut(Out):
    path: str
    size: int
    sha256: str


class PackageOut(Out):
    """A package by the digest of its bytes, and every file in it by its own."""

    audience: Audience
    address: str
    size: int
    sha256: str
    sections: list[SectionOut]
    files: list[FileOut]

    @classmethod
    def of(cls, sitting_id: UUID, package: Package) -> Self:
        audience = package.manifest["audience"]
        return cls(
            audience=audience,
            address=f"/api/v1/sittings/{sitting_id}/records.zip?audience={audience}",
            size=len(package.content),
            sha256=package.sha256,
            sections=package.manifest["sections"],
            files=package.manifest["files"],
        )


class RecordsOut(Out):
    """That a sitting took place, in which part and by which clause; and what one may read of it.

    Everyone is told the first; ``title`` and ``packages`` are for whoever may read them.
    """

    sitting: UUID
    meeting: UUID
    number: int
    part: Part
    state: SittingState
    starts_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    edition: str
    clause: str
    audiences: list[Audience]
    title: str = ""
    packages: list[PackageOut] = []


@router.get("/records")
async def manifest(sitting_id: UUID, me: Whom, at: HouseIn, now: Now) -> RecordsOut:
    """What the sitting leaves, with the digest of every package and file one may read."""
    async with at.database.reading() as db:
        sitting = await load(db, Sitting, sitting_id)
        left = await records.left(db, sitting, me, now)
    packages = [await asyncio.to_thread(bind, each) for each in left.records]
    facts = sitting.model_dump(include=set(RecordsOut.model_fields) - {"title"})
    return RecordsOut(
        **facts,
        sitting=sitting.id,
        meeting=sitting.meeting_id,
        edition=left.edition,
        clause=left.clause,
        audiences=list(left.decisions),
        title=left.title,
        packages=[PackageOut.of(sitting_id, each) for each in packages],
    )


@router.get("/records.zip")
async def package(
    sitting_id: UUID, me: Whom, at: HouseIn, now: Now, audience: Audience | None = None
) -> Response:
    """The package for an audience, by default the widest that the sitting has one for.

    The same records are the same bytes: the digest may be published.
    """
    async with at.database.reading() as db:
        sitting = await load(db, Sitting, sitting_id)
        found = await records.of(db, sitting, audience, me, now)
    made = await asyncio.to_thread(bind, found)
    return Response(
        made.content,
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{made.name}"',
            "ETag": f'"{made.sha256}"',
        },
    )
