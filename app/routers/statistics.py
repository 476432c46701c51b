"""Who takes part, in counts for everybody: of one meeting, and over time."""

from typing import Self

from fastapi import APIRouter, Depends

from app import depends
from app.depends import Now, Reading
from app.policy.participation import Axis
from app.policy.statistics import Told
from app.routers.participation import ParticipationOut
from app.routers.schemas import Out
from app.services import meetings, statistics
from app.services.statistics import Statistics

router = APIRouter(prefix="/api/v1", tags=["statistics"], dependencies=[Depends(depends.same_site)])


class PartOut(Out):
    """``null`` is not told: fewer than five people stand behind it, or it would tell of those."""

    key: str
    number: int | None
    seconds: float | None


class DividedOut(Out):
    axis: Axis
    cells: list[PartOut]


class ToldOut(Out):
    """``seconds`` is how long all of them were; 0 where they have no length."""

    number: int | None
    people: int | None
    seconds: float | None
    axes: list[DividedOut]

    @classmethod
    def of(cls, told: Told) -> Self:
        return cls(
            number=told.number,
            people=told.people,
            seconds=told.seconds,
            axes=[
                DividedOut(
                    axis=each.axis,
                    cells=[
                        PartOut(key=one.key, number=one.number, seconds=one.seconds)
                        for one in each.parts
                    ],
                )
                for each in told.axes
            ],
        )


class StatisticsOut(Out):
    """One meeting; ``reference`` is how many Member States there are in the records.

    Inputs are of so many ``rounds`` that have closed, interventions of so many ``sittings`` that
    everybody may read, once all of these are over.
    """

    meeting: str
    title: str
    reference: int
    registrations: ParticipationOut | None
    rounds: int
    inputs: ToldOut
    sittings: int
    interventions: ToldOut

    @classmethod
    def of(cls, each: Statistics) -> Self:
        counted = each.registrations
        return cls(
            meeting=each.meeting.slug,
            title=each.meeting.title,
            reference=each.reference,
            registrations=ParticipationOut.of(counted) if counted else None,
            rounds=each.rounds,
            inputs=ToldOut.of(each.inputs),
            sittings=each.sittings,
            interventions=ToldOut.of(each.interventions),
        )


@router.get("/meetings/{slug}/statistics")
async def of_meeting(slug: str, now: Now, db: Reading) -> StatisticsOut:
    """Registrations, inputs, interventions and speaking time along each axis."""
    meeting = await meetings.by_slug(db, slug)
    return StatisticsOut.of(await statistics.of_meeting(db, meeting, now))


@router.get("/statistics")
async def over_time(now: Now, db: Reading) -> list[StatisticsOut]:
    """The same of the last meetings, the oldest first."""
    return [StatisticsOut.of(each) for each in await statistics.over_time(db, now)]
