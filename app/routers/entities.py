"""Entities: found by any of their names; their memberships with dates; who approves for them."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response, status
from pydantic import Field

from app import depends
from app.database import Reading as Db
from app.database import Writing as DbToWrite
from app.database import load
from app.depends import Me, Now, Reading, Writing
from app.errors import Refused
from app.models import Entity, Membership, Person, Trait
from app.policy.meeting import MeetingReason
from app.policy.members import SINCE_EVER
from app.policy.people import Category
from app.policy.refusal import No
from app.routers.schemas import Day, In, Out, Text
from app.services import access, entities, identity

router = APIRouter(
    prefix="/api/v1/entities", tags=["entities"], dependencies=[Depends(depends.same_site)]
)


class EntityOut(Out):
    """A body that people represent; ``names`` are those of the membership record, by language."""

    id: UUID
    key: str
    name: str
    names: dict[str, str]
    iso2: str

    @classmethod
    def of(cls, entity: Entity) -> Self:
        return cls(
            id=entity.id,
            key=entity.key,
            name=entity.name,
            names=entity.names,
            iso2=entity.iso2,
        )


class PeriodOut(Out):
    """From its first to its last day; without one since ever, or until further notice."""

    valid_from: date | None
    valid_until: date | None


class MembershipOut(PeriodOut):
    category: Category
    sector: str

    @classmethod
    def of(cls, each: Membership) -> Self:
        return cls(
            category=each.category,
            sector=each.sector,
            valid_from=_first(each.valid_from),
            valid_until=each.valid_until,
        )


class TraitOut(PeriodOut):
    """A region, or one of the flags ldc, lldc and sids; they overlap and are never added up."""

    name: str
    value: str

    @classmethod
    def of(cls, each: Trait) -> Self:
        return cls(
            name=each.name,
            value=each.value,
            valid_from=_first(each.valid_from),
            valid_until=each.valid_until,
        )


class RecordOut(EntityOut):
    """All that the record says of an entity, past and future included."""

    memberships: list[MembershipOut]
    traits: list[TraitOut]


class FocalPointIn(In):
    """The letter is the one on file, by its mark; without days it holds from today on."""

    email: Text
    letter: Text
    valid_from: Day | None = None
    valid_until: Day | None = None


class StandInIn(In):
    """Who acts while a focal point is away, up to a last day."""

    email: Text
    away_from: Day | None = None
    away_until: Day


class DomainsIn(In):
    """The domains of an entity's mail addresses; an empty list says that none is known."""

    domains: list[Text] = Field(max_length=50)


class DomainsOut(Out):
    domains: list[str]


class FocalPointOut(PeriodOut):
    """A focal point, or whoever stands in for one: then that person's id is named."""

    person: UUID
    name: str
    email: str
    letter: str
    stands_in_for: UUID | None


def _first(day: date) -> date | None:
    return None if day == SINCE_EVER else day


@router.get("")
async def find(
    db: Reading,
    q: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[EntityOut]:
    """Entities by any of their names; a name that begins with the text comes first."""
    return [EntityOut.of(each) for each in await entities.find(db, q, limit)]


@router.get("/{entity_id}")
async def show(entity_id: UUID, db: Reading) -> RecordOut:
    entity = await load(db, Entity, entity_id)
    return RecordOut(
        **EntityOut.of(entity).model_dump(),
        memberships=[MembershipOut.of(each) for each in await entities.memberships(db, entity_id)],
        traits=[TraitOut.of(each) for each in await entities.traits(db, entity_id)],
    )


@router.get("/{entity_id}/focal-points")
async def focal_points(entity_id: UUID, me: Me, now: Now, db: Reading) -> list[FocalPointOut]:
    """Who approves for an entity, now and later: for the secretariat, and for those who do."""
    if not await entities.is_focal_point(db, me, entity_id, now.date()):
        await _secretariat(db, me)
    return await _designations(db, entity_id, now.date())


@router.post("/{entity_id}/focal-points", status_code=status.HTTP_201_CREATED)
async def designate(
    entity_id: UUID, sent: FocalPointIn, me: Me, now: Now, db: Writing
) -> FocalPointOut:
    """Designate a focal point, or change the last day or the letter of one."""
    await _secretariat(db, me)
    person = await identity.person_for(db, sent.email, now)
    day = sent.valid_from or now.date()
    await entities.designate(
        db,
        entity_id,
        person,
        day,
        until=sent.valid_until,
        letter=sent.letter,
        by=me,
        now=now,
    )
    await db.flush()
    found = await _designations(db, entity_id, min(day, now.date()))
    return next(each for each in found if each.person == person.id)


@router.delete("/{entity_id}/focal-points/{person_id}", status_code=status.HTTP_204_NO_CONTENT)
async def relieve(entity_id: UUID, person_id: UUID, me: Me, now: Now, db: Writing) -> Response:
    await _secretariat(db, me)
    await entities.relieve(db, entity_id, await load(db, Person, person_id), by=me, now=now)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.put("/{entity_id}/stand-in")
async def go_away(
    entity_id: UUID, sent: StandInIn, me: Me, now: Now, db: Writing
) -> list[FocalPointOut]:
    """A focal point names who acts for them while they are away; the one before ends."""
    person = await identity.person_for(db, sent.email, now)
    first = sent.away_from or now.date()
    await entities.go_away(db, entity_id, person, first, sent.away_until, by=me, now=now)
    await db.flush()
    return await _designations(db, entity_id, now.date())


@router.delete("/{entity_id}/stand-in", status_code=status.HTTP_204_NO_CONTENT)
async def come_back(entity_id: UUID, me: Me, now: Now, db: Writing) -> Response:
    await entities.come_back(db, entity_id, by=me, now=now)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.put("/{entity_id}/domains")
async def domains(entity_id: UUID, sent: DomainsIn, me: Me, now: Now, db: Writing) -> DomainsOut:
    """Whoever registers for the entity with another domain is flagged, and never refused for it."""
    await _secretariat(db, me)
    await entities.know_domains(db, entity_id, sent.domains, by=me, now=now)
    return DomainsOut(domains=(await load(db, Entity, entity_id)).domains)


async def _designations(db: Db | DbToWrite, entity_id: UUID, day: date) -> list[FocalPointOut]:
    found = await entities.designations(db, day, entity_id)
    whose = {each.id: each.person_id for each, _, _ in found}
    return [
        FocalPointOut(
            person=person.id,
            name=person.name,
            email=person.email,
            letter=each.letter,
            valid_from=each.valid_from,
            valid_until=each.valid_until,
            stands_in_for=whose.get(each.stands_in_for) if each.stands_in_for else None,
        )
        for each, person, _ in found
    ]


async def _secretariat(db: Db | DbToWrite, me: Person) -> None:
    if not await access.is_secretariat(db, me):
        raise Refused(No(MeetingReason.NOT_THE_SECRETARIAT))
