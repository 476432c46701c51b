"""The records of a sitting to take away: one package for each audience, and who may have which."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.i18n import words
from app.package.bind import Package, bind
from app.pages.answers import lock
from app.pages.portal.cases import case_at, slot
from app.pages.reader import Reader, ReaderIn
from app.pages.words import listed
from app.policy.decision import Decision
from app.policy.records import Audience
from app.services import citations, records
from app.services.records import SECTIONS, Left

router = APIRouter()
TITLES: Final[Mapping[Audience, str]] = {
    Audience.PUBLIC: words("For everyone"),
    Audience.MEMBERS: words("For members"),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A package as the reader may have it, or the lock that says why not."""

    title: str
    lock: str
    address: str = ""
    name: str = ""
    size: str = ""
    sha256: str = ""
    held: str = ""


@router.get("/sittings/{sitting_id}/records", name="records")
async def show(sitting_id: UUID, reader: ReaderIn) -> HTMLResponse:
    async with reader.house.database.reading() as db:
        case = await case_at(db, reader, sitting_id)
        left = await records.left(db, case.sitting, reader.whom, reader.now)
        told = await citations.of_decisions(db, case.sitting, reader.now) if left.records else []
        rests = [one for _, found in told for one in found]
        linked = await citations.linked_of(db, rests, reader.now)
    made = [await asyncio.to_thread(bind, each) for each in left.records]
    packages = {Audience(each.manifest["audience"]): each for each in made}
    return reader.page(
        "portal/records.html",
        meeting=case.meeting,
        sitting=case.sitting,
        slot=slot(case, reader.language, reader.say),
        left=left,
        decisions=told,
        linked=linked,
        ready=records.is_ready(case.sitting),
        public=Audience.PUBLIC in left.decisions,
        offers=[_offer(each, left, packages, sitting_id, reader) for each in left.decisions],
    )


def _offer(
    audience: Audience,
    left: Left,
    packages: Mapping[Audience, Package],
    sitting_id: UUID,
    reader: Reader,
) -> Offer:
    title = reader.say(TITLES[audience])
    if audience not in packages:
        return Offer(title, _lock(left.decisions[audience], reader))
    made = packages[audience]
    held = {each["name"] for each in made.manifest["sections"] if each["rows"]}
    return Offer(
        title,
        "",
        address=f"/api/v1/sittings/{sitting_id}/records.zip?audience={audience}",
        name=made.name,
        size=f"{max(1, round(len(made.content) / 1000))} kB",
        sha256=made.sha256,
        held=listed((reader.say(e.title) for e in SECTIONS if e.name in held), reader.language),
    )


def _lock(decision: Decision, reader: Reader) -> str:
    return "" if decision else lock(decision, reader.language)
