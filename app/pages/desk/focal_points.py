"""The secretariat's record of focal points: who, for which body, by which letter, until when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.database import Reading as Db
from app.database import Writing, load
from app.depends import Me, Reading, own_form
from app.errors import Malformed, NotFound
from app.models import Entity, FocalPoint, Person
from app.pages.desk.delegation import day
from app.pages.portal.cases import named
from app.pages.reader import Reader, ReaderIn
from app.pages.words import problem
from app.services import access, entities, identity

HERE: Final = "/desk/focal-points"
router = APIRouter(prefix=HERE)


class Sheet(BaseModel):
    """The forms of one body's page, as they were sent."""

    model_config = ConfigDict(frozen=True)

    act: Annotated[str, Field(max_length=20)] = ""
    person: UUID | None = None
    email: Annotated[str, Field(max_length=2000)] = ""
    letter: Annotated[str, Field(max_length=2000)] = ""
    valid_from: Annotated[str, Field(max_length=40)] = ""
    valid_until: Annotated[str, Field(max_length=40)] = ""
    domains: Annotated[str, Field(max_length=4000)] = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One designation in words."""

    person: str
    name: str
    email: str
    letter: str
    first: date
    last: date | None
    stands_in_for: str
    entity: str
    href: str


@router.get("", name="focal-points")
async def listed(
    reader: ReaderIn, me: Me, db: Reading, q: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    """All who are designated, and the bodies that a name finds."""
    await _secretariat(db, me)
    found = await entities.find(db, q) if q.strip() else []
    return reader.page(
        "desk/focal_points.html",
        lines=_lines(await entities.designations(db, reader.now.date()), reader),
        q=q,
        found=[(f"{HERE}/{each.id}", named(each, reader.language)) for each in found],
        entity=None,
    )


@router.get("/{entity_id}")
async def show(entity_id: UUID, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    return await _page(reader, db, me, entity_id)


@router.post("/{entity_id}", dependencies=[Depends(own_form)])
async def act(
    entity_id: UUID, sheet: Annotated[Sheet, Form()], reader: ReaderIn, me: Me
) -> Response:
    """Designate, relieve, or note the domains: the page again, or what is wrong with it."""
    try:
        async with reader.house.database.writing() as db:
            await _secretariat(db, me)
            await _done(db, entity_id, sheet, me, reader)
    except Malformed as wrong:
        faults = {name: problem(name, fault, reader.say) for name, fault in wrong.faults.items()}
        async with reader.house.database.reading() as fresh:
            return await _page(reader, fresh, me, entity_id, sheet, faults)
    return RedirectResponse(f"{HERE}/{entity_id}", 303)


async def _done(db: Writing, entity_id: UUID, sheet: Sheet, me: Person, reader: Reader) -> None:
    match sheet.act:
        case "designate":
            first = day("valid_from", sheet.valid_from or reader.now.date().isoformat())
            last = day("valid_until", sheet.valid_until) if sheet.valid_until else None
            person = await identity.person_for(db, sheet.email, reader.now)
            await entities.designate(
                db,
                entity_id,
                person,
                first,
                until=last,
                letter=sheet.letter,
                by=me,
                now=reader.now,
            )
        case "relieve" if sheet.person:
            person = await load(db, Person, sheet.person)
            await entities.relieve(db, entity_id, person, by=me, now=reader.now)
        case "domains":
            said = sheet.domains.replace(",", " ").split()
            await entities.know_domains(db, entity_id, said, by=me, now=reader.now)
        case _:
            raise NotFound


async def _page(
    reader: Reader,
    db: Db,
    me: Person,
    entity_id: UUID,
    sheet: Sheet | None = None,
    faults: Mapping[str, str] | None = None,
) -> HTMLResponse:
    await _secretariat(db, me)
    entity = await load(db, Entity, entity_id)
    found = await entities.designations(db, reader.now.date(), entity_id)
    return reader.page(
        "desk/focal_points.html",
        422 if faults else 200,
        lines=_lines(found, reader),
        entity=named(entity, reader.language),
        here=f"{HERE}/{entity_id}",
        sheet=sheet or Sheet(valid_from=reader.now.date().isoformat()),
        domains=sheet.domains if sheet and "domains" in (faults or {}) else _told(entity),
        faults=faults or {},
    )


def _told(entity: Entity) -> str:
    return " ".join(entity.domains)


def _lines(found: list[tuple[FocalPoint, Person, Entity]], reader: Reader) -> list[Line]:
    names = {each.id: person.name or person.email for each, person, _ in found}
    return [
        Line(
            person=str(person.id),
            name=person.name,
            email=person.email,
            letter=each.letter,
            first=each.valid_from,
            last=each.valid_until,
            stands_in_for=names.get(each.stands_in_for, "") if each.stands_in_for else "",
            entity=named(entity, reader.language),
            href=f"{HERE}/{entity.id}",
        )
        for each, person, entity in found
    ]


async def _secretariat(db: Db | Writing, me: Person) -> None:
    if not await access.is_secretariat(db, me):
        raise NotFound
