"""A meeting's registrations in counts: all for its secretariat, and what everybody may read."""

from datetime import date
from typing import Self

from fastapi import APIRouter, Depends

from app import depends
from app.depends import Me, Now, Reading
from app.policy.participation import Axis
from app.routers.schemas import Out
from app.services import meetings, participation
from app.services.participation import Overview

router = APIRouter(
    prefix="/api/v1", tags=["registrations"], dependencies=[Depends(depends.same_site)]
)


class CellOut(Out):
    """``null`` is not told. ``member_states`` is beside the ``reference``, of those there are."""

    key: str
    registrations: int | None
    member_states: int | None
    reference: int | None


class AxisOut(Out):
    axis: Axis
    cells: list[CellOut]


class ParticipationOut(Out):
    """Counts along each axis, against the Member States of the records on ``day``.

    ``counted_on`` is the day of a count that everybody may read; null for one of this moment.
    """

    day: date
    counted_on: date | None
    registrations: int | None
    member_states: int | None
    reference: int
    axes: list[AxisOut]

    @classmethod
    def of(cls, seen: Overview) -> Self:
        found = seen.found
        return cls(
            day=seen.day,
            counted_on=seen.counted_on,
            registrations=found.people,
            member_states=found.bodies,
            reference=found.reference,
            axes=[
                AxisOut(
                    axis=each.axis,
                    cells=[
                        CellOut(
                            key=cell.key,
                            registrations=cell.people,
                            member_states=cell.bodies,
                            reference=cell.reference,
                        )
                        for cell in each.cells
                    ],
                )
                for each in found.axes
            ],
        )


@router.get("/meetings/{slug}/participation")
async def public(slug: str, db: Reading) -> ParticipationOut | None:
    """Confirmed registrations; no count from one to four, nor what would give one away.

    They are counted once a day, and shown again where at least five have come or gone; null before
    the first count.
    """
    meeting = await meetings.by_slug(db, slug)
    found = await participation.public(db, meeting)
    return ParticipationOut.of(found) if found else None


@router.get("/meetings/{slug}/registrations/counts")
async def counts(slug: str, me: Me, now: Now, db: Reading) -> ParticipationOut:
    """All counts, for the secretariat of the meeting."""
    meeting = await meetings.by_slug(db, slug)
    return ParticipationOut.of(await participation.of_meeting(db, meeting, by=me, now=now))
