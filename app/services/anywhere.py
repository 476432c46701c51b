"""Search over documents of all meetings and published inputs: one list for one reader.

The places are asked of the rule first, so that ``total`` counts what this reader may see and
nothing else; what a hit shows is decided on once more by the subject that it is of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import and_, col, select

from app.database import Reading, Writing
from app.models import Consultation, Meeting
from app.policy.search import Cursor, Kind
from app.services import access, documents, publication, search
from app.services.documents import Found
from app.services.publication import Somewhere


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of what was found, the best first."""

    rows: Sequence[Somewhere | Found]
    total: int
    next: str = ""
    loose: bool = False


async def find(
    db: Reading | Writing,
    said: str,
    reader: access.Whom,
    now: datetime,
    *,
    after: Cursor | None = None,
    limit: int = 20,
) -> Hits:
    """What this reader may read, of all rounds and meetings, and says what was asked."""
    if not search.asked(said):
        return Hits((), 0)
    published, with_documents = await ground(db, now)
    places = [
        *map(publication.place, published),
        *await documents.places(db, with_documents, reader, now),
    ]
    found = await search.find(db, said, places, after=after, limit=limit)
    of_inputs = [each for each in found.hits if each.kind is Kind.INPUT]
    rounds = {each.scope_id: published[each.scope_id] for each in of_inputs}
    read = await publication.of_keys(db, rounds, of_inputs, said, now)
    papers_found = await documents.of_hits(db, found.hits, said, reader, now)
    rows: list[Somewhere | Found] = []
    for hit in found.hits:
        if hit.kind is Kind.DOCUMENT and hit.key in papers_found:
            rows.append(papers_found[hit.key])
        elif hit.kind is Kind.INPUT and hit.key in read:
            rows.append(Somewhere(rounds[hit.scope_id], read[hit.key]))
    return Hits(rows, found.total, str(found.next or ""), found.loose)


async def ground(
    db: Reading | Writing, now: datetime
) -> tuple[dict[UUID, publication.Told], set[UUID]]:
    """The rounds that publish, and the meetings that have documents."""
    line = await db.connection()
    found = (await line.execute(GROUND)).all()
    announced = [told for _, _, *told in found if told[1] is not None]
    with_documents = {meeting for meeting, some, *_ in found if some}
    return await publication.publishing(db, announced, now), with_documents


GROUND: Final = (
    select(Meeting)
    .outerjoin(
        Consultation,
        and_(
            col(Consultation.meeting_id) == col(Meeting.id),
            col(Consultation.announced_at).is_not(None),
        ),
    )
    .with_only_columns(col(Meeting.id), documents.there(), *publication.ANNOUNCED)
)
