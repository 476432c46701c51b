"""What agenda items and paragraphs of minutes rest on; and what cites an input."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from app import depends
from app.depends import Me, Now, Reading, Whom, Writing
from app.policy.outcome import MOST_CITED, Citing
from app.routers.schemas import In, Out
from app.services import citations, meetings, publication
from app.services.citations import Citer, Named, Rests

router = APIRouter(prefix="/api/v1", tags=["outcome"], dependencies=[Depends(depends.same_site)])
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Counted = Annotated[int, Field(ge=1, le=2**31 - 1)]
Many = Annotated[list[Counted], Field(max_length=MOST_CITED)]
MINUTES = "/sittings/{sitting_id}/minutes/{noted_id}/citations"


class NamedIn(In):
    """Inputs to a consultation, and paragraphs of its summary, by number."""

    consultation: Annotated[str, Field(max_length=60)]
    inputs: Many = []
    paragraphs: Many = []


class CitesIn(In):
    """All that it is to rest on; what is left out is not cited any more."""

    cites: Annotated[list[NamedIn], Field(max_length=100)]

    def named(self) -> list[Named]:
        return [
            Named(each.consultation, tuple(each.inputs), tuple(each.paragraphs))
            for each in self.cites
        ]


class RestsOut(Out):
    consultation: str
    inputs: list[int]
    paragraphs: list[int]

    @classmethod
    def of(cls, each: Rests) -> Self:
        return cls(
            consultation=each.consultation.slug,
            inputs=list(each.inputs),
            paragraphs=list(each.passages),
        )


class ItemOut(Out):
    """An agenda item of a part that the reader may read, with what it rests on."""

    number: int
    title: str
    cites: list[RestsOut]


class CiterOut(Out):
    """What cites an input; ``number`` is of the paragraph of the summary or of the agenda item."""

    kind: Citing
    number: int | None
    text: str
    sitting: UUID | None

    @classmethod
    def of(cls, each: Citer) -> Self:
        return cls(kind=each.citing, number=each.number, text=each.text, sitting=each.sitting)


@router.get("/consultations/{slug}/inputs/{input_number}/citations")
async def of_input(
    slug: str, input_number: Number, whom: Whom, now: Now, db: Reading
) -> list[CiterOut]:
    """What cites a published input, as far as the reader may know of what cites."""
    consultation = await publication.of_slug(db, slug)
    found = await citations.citers(db, consultation, input_number, whom, now)
    return [CiterOut.of(each) for each in found]


@router.get("/meetings/{slug}/citations")
async def of_items(slug: str, whom: Whom, now: Now, db: Reading) -> list[ItemOut]:
    """The agenda items that the reader may know of, with what each rests on."""
    meeting = await meetings.by_slug(db, slug)
    return [
        ItemOut(number=item.number, title=item.title, cites=[RestsOut.of(each) for each in found])
        for item, found in await citations.of_items(db, meeting, whom, now)
    ]


@router.put("/meetings/{slug}/agenda-items/{item}/citations", status_code=204)
async def cite_item(slug: str, item: Number, sent: CitesIn, me: Me, db: Writing, now: Now) -> None:
    """Say what an agenda item rests on, of the rounds for its meeting."""
    await citations.cite_item(db, slug, item, sent.named(), by=me, now=now)


@router.get(MINUTES)
async def of_minutes(
    sitting_id: UUID, noted_id: UUID, me: Me, now: Now, db: Reading
) -> list[RestsOut]:
    """What a paragraph of the minutes rests on, for those at the console."""
    found = await citations.of_minutes(db, sitting_id, noted_id, me, now)
    return [RestsOut.of(each) for each in found]


@router.put(MINUTES, status_code=204)
async def cite_minutes(
    sitting_id: UUID, noted_id: UUID, sent: CitesIn, me: Me, db: Writing, now: Now
) -> None:
    """Say what a paragraph of the minutes rests on; for those who write them."""
    await citations.cite_minutes(db, sitting_id, noted_id, sent.named(), by=me, now=now)
