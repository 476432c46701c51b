"""Search over documents and published inputs, for whoever reads."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from app.depends import Reading
from app.pages.portal.documents import spelled_by
from app.pages.portal.published import spoken_by, title_of
from app.pages.reader import ReaderIn
from app.policy.search import Cursor
from app.services import anywhere

router = APIRouter()
PER_PAGE: Final = 20


@router.get("/search")
async def show(
    reader: ReaderIn,
    db: Reading,
    q: Annotated[str, Query(max_length=500)] = "",
    cursor: Annotated[str, Query(max_length=60)] = "",
) -> HTMLResponse:
    """What the reader may read, of all rounds and meetings, and says what was typed."""
    after = Cursor.read(cursor) if cursor else None
    found = await anywhere.find(db, q, reader.whom, reader.now, after=after, limit=PER_PAGE)
    return reader.page(
        "portal/search.html",
        q=q,
        found=found,
        title_of=lambda each: title_of(each, reader.language),
        said_of=spoken_by(reader),
        paper=spelled_by(reader),
    )
