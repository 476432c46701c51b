"""Balance of a debate, from the log of speeches and from who waits."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from app.database import Reading
from app.models import FloorRequest, Registration, Sitting
from app.policy import balance as rules
from app.policy.balance import Balance, Heard, Waits
from app.services import entities, floor


async def of(db: Reading, sitting: Sitting, now: datetime) -> Balance:
    """The shares in a sitting so far, what those who wait have had, and a suggestion."""
    regions = await _regions(db, sitting)
    seen = await floor.picture(db, sitting)
    heard = [
        Heard(each.request.speaker, each.seconds, regions.get(each.request.number, ""))
        for each in await floor.log(db, sitting, now)
        if not each.struck
    ]
    waiting = [Waits(each, regions.get(each.number, "")) for each in seen.listed]
    return rules.balance(heard, waiting)


async def _regions(db: Reading, sitting: Sitting) -> Mapping[int, str]:
    """The region of the body behind each request, by the request's number."""
    query = (
        select(FloorRequest.number, Registration.entity_id)
        .join(
            Registration,
            (col(Registration.person_id) == col(FloorRequest.person_id))
            & (col(Registration.meeting_id) == sitting.meeting_id),
        )
        .where(FloorRequest.sitting_id == sitting.id, col(Registration.entity_id).is_not(None))
    )
    bodies: dict[int, UUID] = {number: body for number, body in await db.exec(query) if body}
    day = sitting.starts_at.astimezone(ZoneInfo(sitting.time_zone)).date()
    regions = await entities.regions_on(db, set(bodies.values()), day)
    return {number: regions[body] for number, body in bodies.items() if body in regions}
