"""Registrations: one's own, those to decide on, and for the secretariat all of a meeting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response, status
from pydantic import Field, StrictBool, StringConstraints

from app import depends
from app.database import Reading as Db
from app.database import Writing as DbToWrite
from app.depends import HouseIn, Me, Now, Reading, Writing
from app.models import Registration
from app.policy.people import Capacity, StakeholderGroup
from app.policy.registration import Claim, Mode, Owner, RegistrationState, Step, Track
from app.routers.conventions import KeyIn, PagingIn, SeenIn, tag, told
from app.routers.schemas import Id, In, OneOf, Out, Text
from app.services import decisions, forms, meetings, registration, roll
from app.services.claims import Asked, Made
from app.services.once import Answer
from app.services.registration import Particulars
from app.services.roll import Wanted

router = APIRouter(
    prefix="/api/v1",
    tags=["registrations"],
    dependencies=[Depends(depends.same_site)],
)


Answers = dict[
    Annotated[str, StringConstraints(max_length=40)],
    StrictBool | Text | list[Annotated[str, StringConstraints(max_length=40)]],
]
"""By the key of the field: a text, yes or no, a date such as 2027-03-31, or what was chosen."""


class ClaimIn(In):
    """What a person says: an entity, or a stakeholder group with organization and country.

    There is no category here: it is read from the entity's record on the day of the sitting.
    """

    capacity: Annotated[Capacity, OneOf]
    entity_id: Id | None = None
    group: Annotated[StakeholderGroup, OneOf] | None = None
    name: Text
    organization: Text = ""
    country: Text = ""
    job_title: Text = ""
    modes: dict[Id, Annotated[Mode, OneOf]] = Field(max_length=200)
    answers: Answers | None = Field(default=None, max_length=200)

    def value(self) -> Claim:
        return Claim(
            capacity=self.capacity,
            entity_id=self.entity_id,
            group=self.group,
            name=self.name,
            organization=self.organization,
            country=self.country,
            job_title=self.job_title,
            modes=tuple(self.modes.items()),
        )


class VersionIn(In):
    """The version that was looked at: one that has changed meanwhile is not decided unseen."""

    version: int = Field(ge=1)


class VersionSaid(In):
    """The same, where it may be said in ``If-Match`` instead."""

    version: int | None = Field(default=None, ge=1)


class EditIn(ClaimIn, VersionSaid):
    pass


class RejectIn(VersionSaid):
    reason: Text


class EntityOut(Out):
    id: UUID
    name: str


class StepOut(Out):
    step: Step
    at: datetime
    by: str
    reason: str


class TrackOut(Out):
    """What has happened, who holds it now, and since when."""

    steps: list[StepOut]
    owner: Owner
    owner_names: list[str]
    since: datetime


class RegistrationOut(Out):
    reference: str
    meeting: UUID
    email: str
    capacity: Capacity
    entity: EntityOut | None
    group: StakeholderGroup | None
    name: str
    organization: str
    country: str
    job_title: str
    modes: dict[UUID, Mode]
    waiting: list[UUID] = Field(description="sittings at whose waiting list they stand")
    state: RegistrationState
    version: int
    submitted_at: datetime
    decided_at: datetime | None
    reason: str


class TrackedOut(RegistrationOut):
    track: TrackOut


@router.post(
    "/meetings/{slug}/registrations",
    status_code=status.HTTP_201_CREATED,
    response_model=TrackedOut,
)
async def submit(slug: str, sent: ClaimIn, me: Me, at: HouseIn, now: Now, key: KeyIn) -> Response:
    """Register: confirmed at once for a stakeholder, acknowledged for a claim to an entity."""
    await at.rates.take(at.settings.claims_per_person, "claim", str(me.id))
    done = await at.claims.ask(Asked(slug, me, sent.value(), sent.answers or {}, now, key))
    return told(done.answer)


def created(made: Made) -> Answer:
    """What whoever has claimed a place is told."""
    shown = TrackedOut(**_facts(made.row, made.about), track=_track(made.track))
    return Answer(status.HTTP_201_CREATED, shown.model_dump_json(), tag(made.row.version))


@dataclass(frozen=True, slots=True)
class Filters:
    """What of a list is wanted; several of one kind are alternatives."""

    state: Annotated[list[RegistrationState] | None, Query()] = None
    capacity: Annotated[list[Capacity] | None, Query()] = None
    group: Annotated[list[StakeholderGroup] | None, Query()] = None
    entity: Annotated[list[UUID] | None, Query(max_length=200)] = None
    sitting: Annotated[UUID | None, Query(description="for which a place was asked")] = None
    mode: Annotated[Mode | None, Query()] = None
    waiting: Annotated[bool | None, Query(description="on a waiting list")] = None
    words: Annotated[str, Query(max_length=100, description="in name, body or reference")] = ""

    def value(self) -> Wanted:
        return Wanted(
            states=tuple(self.state or ()),
            capacities=tuple(self.capacity or ()),
            groups=tuple(self.group or ()),
            entities=tuple(self.entity or ()),
            sitting=self.sitting,
            mode=self.mode,
            waiting=self.waiting,
            words=self.words,
        )


@router.get("/meetings/{slug}/registrations")
async def listed(
    slug: str,
    me: Me,
    now: Now,
    db: Reading,
    wanted: Annotated[Filters, Depends()],
    paging: PagingIn,
) -> list[RegistrationOut]:
    """One's own and those of the entities one decides for; all of them for the secretariat.

    In the order of submission; ``Link`` has the address of the next page.
    """
    meeting = await meetings.by_slug(db, slug)
    among = await roll.known_to(db, meeting.id, me, now), *roll.matching(wanted.value())
    rows = await roll.page(db, *among, after=paging.after, limit=paging.limit + 1)
    return await _out(db, paging.cut(rows, roll.place))


@router.get("/registrations")
async def mine(
    me: Me, now: Now, db: Reading, paging: PagingIn, state: Literal["to-decide"] | None = None
) -> list[RegistrationOut]:
    """One's own registrations for all meetings; with ``to-decide`` those that wait for one.

    In the order of submission; ``Link`` has the address of the next page.
    """
    among = await registration.to_decide(db, by=me, now=now) if state else (roll.own(me),)
    rows = await roll.page(db, *among, after=paging.after, limit=paging.limit + 1)
    return await _out(db, paging.cut(rows, roll.place))


@router.get("/registrations/{reference}")
async def show(reference: str, me: Me, now: Now, db: Reading, response: Response) -> TrackedOut:
    """The registration, whose version is in its ETag."""
    row = await registration.by_reference(db, reference, by=me, now=now)
    return await _tagged(db, row, now, response)


@router.patch("/registrations/{reference}")
async def edit(
    reference: str,
    sent: EditIn,
    me: Me,
    at: HouseIn,
    now: Now,
    db: Writing,
    seen: SeenIn,
    response: Response,
) -> TrackedOut:
    """Change one's claim: an approval given before does not cover the change.

    Without ``answers`` those to the form stay as they were given.
    """
    await at.rates.take(at.settings.claims_per_person, "claim", str(me.id))
    row = await registration.by_reference(db, reference, by=me, now=now)
    version = seen.version(row.version, sent.version)
    row = await registration.edit(db, row.id, sent.value(), version=version, by=me, now=now)
    if sent.answers is not None:
        await forms.keep(db, at.keys.vault, row, sent.answers, now)
    return await _tagged(db, row, now, response)


@router.post("/registrations/{reference}/withdraw")
async def withdraw(
    reference: str,
    me: Me,
    now: Now,
    db: Writing,
    seen: SeenIn,
    response: Response,
    sent: VersionSaid | None = None,
) -> TrackedOut:
    row = await registration.by_reference(db, reference, by=me, now=now)
    version = seen.version(row.version, sent.version if sent else None)
    row = await registration.withdraw(db, row.id, version=version, by=me, now=now)
    return await _tagged(db, row, now, response)


@router.post("/registrations/{reference}/approve", dependencies=[depends.ON_RECORD])
async def approve(
    reference: str,
    me: Me,
    now: Now,
    db: Writing,
    seen: SeenIn,
    response: Response,
    sent: VersionSaid | None = None,
) -> TrackedOut:
    row = await registration.by_reference(db, reference, by=me, now=now)
    version = seen.version(row.version, sent.version if sent else None)
    row = await decisions.approve(db, row.id, version=version, by=me, now=now)
    return await _tagged(db, row, now, response)


@router.post("/registrations/{reference}/reject", dependencies=[depends.ON_RECORD])
async def reject(
    reference: str,
    sent: RejectIn,
    me: Me,
    now: Now,
    db: Writing,
    seen: SeenIn,
    response: Response,
) -> TrackedOut:
    row = await registration.by_reference(db, reference, by=me, now=now)
    version = seen.version(row.version, sent.version)
    row = await decisions.reject(db, row.id, version=version, reason=sent.reason, by=me, now=now)
    return await _tagged(db, row, now, response)


async def _out(db: Db | DbToWrite, rows: Sequence[Registration]) -> list[RegistrationOut]:
    return [_one(row, about) for row, about in await registration.particulars(db, rows)]


async def _tagged(
    db: Db | DbToWrite, row: Registration, now: datetime, response: Response
) -> TrackedOut:
    response.headers["ETag"] = tag(row.version)
    return await tracked(db, row, now)


async def tracked(db: Db | DbToWrite, row: Registration, now: datetime) -> TrackedOut:
    [(_, about)] = await registration.particulars(db, [row])
    return TrackedOut(**_facts(row, about), track=_track(await registration.track(db, row, now)))


def _one(row: Registration, about: Particulars) -> RegistrationOut:
    return RegistrationOut(**_facts(row, about))


def _facts(row: Registration, about: Particulars) -> dict[str, Any]:
    entity = EntityOut(id=about.entity.id, name=about.entity.name) if about.entity else None
    return {
        "reference": row.reference,
        "meeting": row.meeting_id,
        "email": about.email,
        "capacity": row.capacity,
        "entity": entity,
        "group": row.group,
        "name": row.name,
        "organization": row.organization,
        "country": row.country,
        "job_title": row.job_title,
        "modes": about.modes,
        "waiting": sorted(about.waiting),
        "state": row.state,
        "version": row.version,
        "submitted_at": row.submitted_at,
        "decided_at": row.decided_at,
        "reason": row.reason,
    }


def _track(track: Track) -> TrackOut:
    return TrackOut(
        steps=[
            StepOut(step=each.step, at=each.at, by=each.by_name, reason=each.reason)
            for each in track.steps
        ],
        owner=track.owner,
        owner_names=list(track.owner_names),
        since=track.since,
    )
