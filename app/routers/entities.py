"""Entities: found by any of their names; their memberships with dates; who approves for them."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response, status

from app import depends
from app.database import load
from app.depends import Me, Now, Reading, Writing
from app.errors import Refused
from app.models import Entity, Membership, Person, Trait
from app.policy.meeting import MeetingReason
from app.policy.members import SINCE_EVER
from app.policy.people import Category
from app.policy.refusal import No
from app.routers.schemas import In, Out, Text
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
    email: Text


class FocalPointOut(Out):
    person: UUID
    name: str
    email: str


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
    """Who approves for an entity: for the secretariat, and for those who do."""
    found = await entities.focal_points(db, entity_id, now.date())
    if me.id not in {each.id for each in found}:
        await _secretariat(db, me)
    return [FocalPointOut(person=each.id, name=each.name, email=each.email) for each in found]


@router.post("/{entity_id}/focal-points", status_code=status.HTTP_201_CREATED)
async def designate(
    entity_id: UUID, sent: FocalPointIn, me: Me, now: Now, db: Writing
) -> FocalPointOut:
    await _secretariat(db, me)
    person = await identity.person_for(db, sent.email, now)
    await entities.designate(db, entity_id, person, now.date(), by=me, now=now)
    return FocalPointOut(person=person.id, name=person.name, email=person.email)


@router.delete("/{entity_id}/focal-points/{person_id}", status_code=status.HTTP_204_NO_CONTENT)
async def relieve(entity_id: UUID, person_id: UUID, me: Me, now: Now, db: Writing) -> Response:
    await _secretariat(db, me)
    await entities.relieve(db, entity_id, await load(db, Person, person_id), by=me, now=now)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


async def _secretariat(db: Reading | Writing, me: Person) -> None:
    if not await access.is_secretariat(db, me):
        raise Refused(No(MeetingReason.NOT_THE_SECRETARIAT))
