"""Written statements over HTTP: handed in, listed for their author and the console, and read."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, status
from pydantic import Field

from app import depends
from app.database import load
from app.depends import HouseIn, MaybeMe, Me, Now, Reading, Writing
from app.models import Sitting
from app.policy.statement import LONGEST, Source
from app.routers.schemas import Id, In, OneOf
from app.services import statements
from app.services.statements import NewStatement, Receipt, Whole

router = APIRouter(
    prefix="/api/v1/sittings/{sitting_id}/statements",
    tags=["statements"],
    dependencies=[Depends(depends.same_site)],
)
Numbered = Annotated[int, Path(ge=1, le=1_000_000)]


class StatementIn(In):
    """Plain text, kept exactly as it comes; without an item it belongs to the one in hand."""

    id: Id
    text: Annotated[str, Field(max_length=2 * LONGEST)]  # what is too long is told by name
    item: Annotated[int, Field(ge=1, le=1000)] | None = None
    source: Annotated[Source, OneOf] = Source.TYPED
    file_name: Annotated[str, Field(max_length=500)] = ""

    def value(self) -> NewStatement:
        return NewStatement(self.id, self.text, self.item, self.source, self.file_name)


@router.post("", status_code=status.HTTP_201_CREATED)
async def file(
    sitting_id: UUID, handed_in: StatementIn, me: Me, at: HouseIn, now: Now, db: Writing
) -> Receipt:
    """Hand a statement in; the same id with the same text gets the same receipt."""
    await at.rates.take(at.settings.statements_per_person, "statement", str(me.id))
    return await statements.file(db, sitting_id, handed_in.value(), by=me, now=now)


@router.get("")
async def on_record(sitting_id: UUID, me: MaybeMe, now: Now, db: Reading) -> list[Whole]:
    """The statements on record, as written, for whoever may read this part."""
    sitting = await load(db, Sitting, sitting_id)
    return list(await statements.on_record(db, sitting, me, now))


@router.get("/mine")
async def mine(sitting_id: UUID, me: Me, now: Now, db: Reading) -> list[Receipt]:
    return await statements.mine(db, await load(db, Sitting, sitting_id), me, now)


@router.get("/filed")
async def filed(sitting_id: UUID, me: Me, db: Reading) -> list[Receipt]:
    """Every statement without its text, for those who follow the console."""
    return await statements.filed(db, await load(db, Sitting, sitting_id), me)


@router.get("/{statement}")
async def opened(
    sitting_id: UUID, statement: Numbered, me: MaybeMe, now: Now, db: Reading
) -> Whole:
    """One with its text: on record for its readers, else for its author and the console."""
    return await statements.opened(db, await load(db, Sitting, sitting_id), statement, me, now)
