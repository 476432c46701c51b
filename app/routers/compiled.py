"""A round as one document for programs: the same bytes for everybody until something changes."""

from fastapi import APIRouter, Depends
from starlette.responses import StreamingResponse

from app import depends
from app.depends import HouseIn
from app.policy.compiled import Format

router = APIRouter(prefix="/api/v1", tags=["inputs"], dependencies=[Depends(depends.same_site)])


@router.get("/consultations/{slug}/compiled", response_class=StreamingResponse)
async def compiled(slug: str, house: HouseIn) -> StreamingResponse:
    """The round with its questions, numbers, brief summary, inputs and what became of each."""
    taken = await house.bindery.take(slug, Format.JSON)
    return StreamingResponse(taken.pieces, media_type="application/json")
