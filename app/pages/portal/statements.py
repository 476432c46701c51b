"""The written statements on record in a sitting, as they came, for whoever may read that part."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.depends import Reading
from app.errors import Refused
from app.pages.portal.cases import case_at, slot
from app.pages.reader import Reader, ReaderIn
from app.pages.room.written import Named, named
from app.policy.parts import Right
from app.services import statements
from app.services.statements import Whole

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Row:
    """A statement and whose it is, in words."""

    whole: Whole
    who: Named


@router.get("/sittings/{sitting_id}/statements", name="statements")
async def show(sitting_id: UUID, reader: ReaderIn, db: Reading) -> HTMLResponse:
    case = await case_at(db, reader, sitting_id)
    reads = case.decision(Right.READ)
    if not reads:
        raise Refused(reads)
    return reader.page(
        "portal/statements.html",
        meeting=case.meeting,
        slot=slot(case, reader.language, reader.say),
        rows=[_row(each, reader) for each in await statements.record(db, case.sitting)],
    )


def _row(whole: Whole, reader: Reader) -> Row:
    return Row(whole, named(whole.receipt.speaker, reader.say))
