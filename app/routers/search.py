"""Search over documents and published inputs: what the reader may see, and that counted alone."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from app.depends import Now, Reading, Whom
from app.policy.search import Cursor
from app.routers.documents import DocumentOut
from app.routers.publication import InputHeadOut, PieceOut, Words, or_malformed
from app.routers.schemas import Out
from app.services import anywhere, search
from app.services.documents import Found
from app.services.publication import Somewhere

router = APIRouter(prefix="/api/v1", tags=["search"])


class FoundInputOut(Out):
    """Its text is at ``address``; the excerpt is of the language version that says most."""

    kind: Literal["input"]
    consultation: str
    title: str
    input: InputHeadOut


class FoundDocumentOut(Out):
    """``excerpt`` is of the language version that says most of what was asked."""

    kind: Literal["document"]
    meeting: str
    title: str
    document: DocumentOut
    excerpt: list[PieceOut]


class SearchOut(Out):
    """``total`` counts what this reader may see and nothing else.

    Of more than 2,000 hits the newest are ranked; the others follow on later pages.
    """

    hits: list[FoundInputOut | FoundDocumentOut]
    total: int
    loose: bool
    next: str | None = Field(description="to be sent as ``cursor``; null on the last page")


@router.get("/search")
async def find(
    now: Now,
    whom: Whom,
    db: Reading,
    q: Words = "",
    cursor: Annotated[str, Query(max_length=60)] = "",
    limit: Annotated[int, Query(ge=1, le=search.MOST)] = 20,
) -> SearchOut:
    """Documents that one may read and inputs that are published, the best first."""
    or_malformed(cursor, searched=True)
    after = Cursor.read(cursor) if cursor else None
    found = await anywhere.find(db, q, whom, now, after=after, limit=limit)
    return SearchOut(
        hits=[_hit(each) for each in found.rows],
        total=found.total,
        loose=found.loose,
        next=found.next or None,
    )


def _hit(each: Somewhere | Found) -> FoundInputOut | FoundDocumentOut:
    if isinstance(each, Somewhere):
        return FoundInputOut(
            kind="input",
            consultation=each.consultation.slug,
            title=each.consultation.titles["en"],
            input=InputHeadOut.of(each.consultation.slug, each.input),
        )
    return FoundDocumentOut(
        kind="document",
        meeting=each.meeting.slug,
        title=each.listed.title("en")[0],
        document=DocumentOut.of(each.meeting.slug, each.listed),
        excerpt=[PieceOut.of(one) for one in each.excerpt],
    )
