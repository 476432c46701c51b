"""The brief summary of a consultation, since it was presented; with its history."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.depends import Reading
from app.pages.portal.published import title_of
from app.pages.reader import ReaderIn
from app.services import summary

router = APIRouter()


@router.get("/consultations/{slug}/summary")
async def show(slug: str, reader: ReaderIn, db: Reading) -> HTMLResponse:
    """The text that was presented or agreed last, and every step since."""
    found = await summary.public(db, slug, reader.now)
    return reader.page(
        "portal/summary.html",
        consultation=found.consultation,
        title=title_of(found.consultation, reader.language),
        found=found,
    )
