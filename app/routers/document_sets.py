"""Documents that belong together: of the item in hand, taken together, and all of a meeting."""

import asyncio
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response, status
from pydantic import Field
from starlette.responses import StreamingResponse

from app import depends
from app.database import load
from app.depends import HouseIn, Me, Now, Reading, Whom, Writing
from app.errors import Refused
from app.models import DocumentGroup, Meeting, Sitting
from app.package.documents import bind, zipped
from app.policy.document_sets import DocumentsReason
from app.policy.documents import DocumentClass
from app.policy.records import Audience
from app.policy.refusal import No
from app.routers.schemas import In, Out, Text
from app.services import document_sets, meetings
from app.services.document_sets import Grouped, Held, NewGroup

router = APIRouter(prefix="/api/v1", tags=["documents"], dependencies=[Depends(depends.same_site)])
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
ZIP = "application/zip"


class DocumentOut(Out):
    """A posted document; ``number`` is the end of its address, ``titles`` are by language."""

    number: str
    written: str
    address: str
    document_class: DocumentClass
    titles: dict[str, str]
    source: str
    languages: list[str]

    @classmethod
    def of(cls, meeting: Meeting, each: Held) -> Self:
        return cls(
            number=each.path,
            written=each.written,
            address=f"/meetings/{meeting.slug}/documents/{each.path}",
            document_class=each.row.document_class,
            titles={language: str(title) for language, title in each.row.titles.items()},
            source=each.row.source,
            languages=list(each.files),
        )


class OfItemOut(Out):
    """``item`` is null where none is in hand, or where it is not for the reader."""

    item: int | None
    documents: list[DocumentOut]


class GroupOut(Out):
    number: int
    title: str
    item: int | None
    documents: list[DocumentOut]

    @classmethod
    def of(cls, meeting: Meeting, each: Grouped) -> Self:
        return cls(
            number=each.row.number,
            title=each.row.title,
            item=each.item.number if each.item else None,
            documents=[DocumentOut.of(meeting, one) for one in each.documents],
        )


class GroupIn(In):
    """Documents by the ends of their addresses, in the order in which they are taken."""

    title: Text
    documents: Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=200)]
    item: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None

    def value(self) -> NewGroup:
        return NewGroup(self.title, self.documents, self.item)


class GroupMadeOut(Out):
    number: int

    @classmethod
    def of(cls, row: DocumentGroup) -> Self:
        return cls(number=row.number)


@router.get("/sittings/{sitting_id}/documents")
async def of_item(
    sitting_id: UUID,
    me: Whom,
    now: Now,
    db: Reading,
    item: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> OfItemOut:
    """The documents of an item of this sitting, or of the one in hand, that one may read."""
    sitting = await load(db, Sitting, sitting_id)
    meeting = await load(db, Meeting, sitting.meeting_id)
    taken, found = await document_sets.of_item(db, sitting, meeting, item, me, now)
    return OfItemOut(
        item=taken.number if taken else None,
        documents=[DocumentOut.of(meeting, each) for each in found],
    )


@router.get("/meetings/{slug}/document-groups")
async def groups(slug: str, me: Whom, now: Now, db: Reading) -> list[GroupOut]:
    """Documents that are taken together, as far as one may read them."""
    meeting = await meetings.by_slug(db, slug)
    found = await document_sets.groups(db, meeting, me, now)
    return [GroupOut.of(meeting, each) for each in found]


@router.post("/meetings/{slug}/document-groups", status_code=status.HTTP_201_CREATED)
async def group(slug: str, sent: GroupIn, me: Me, now: Now, db: Writing) -> GroupMadeOut:
    """Take documents together under one heading; for the secretariat of the meeting."""
    meeting = await meetings.by_slug(db, slug)
    return GroupMadeOut.of(await document_sets.group(db, meeting.id, sent.value(), by=me, now=now))


@router.put("/meetings/{slug}/document-groups/{group_number}")
async def regroup(
    slug: str, group_number: Number, sent: GroupIn, me: Me, now: Now, db: Writing
) -> GroupMadeOut:
    meeting = await meetings.by_slug(db, slug)
    made = await document_sets.group(
        db, meeting.id, sent.value(), number=group_number, by=me, now=now
    )
    return GroupMadeOut.of(made)


@router.delete(
    "/meetings/{slug}/document-groups/{group_number}", status_code=status.HTTP_204_NO_CONTENT
)
async def dissolve(slug: str, group_number: Number, me: Me, now: Now, db: Writing) -> Response:
    """Take its documents one by one again; its number is not given again."""
    meeting = await meetings.by_slug(db, slug)
    await document_sets.dissolve(db, meeting.id, group_number, by=me, now=now)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.get("/meetings/{slug}/documents.zip", response_class=StreamingResponse)
async def everything(
    slug: str,
    me: Whom,
    at: HouseIn,
    now: Now,
    db: Reading,
    audience: Audience = Audience.PUBLIC,
) -> StreamingResponse:
    """All documents of a meeting for one audience, to be read from a folder without a server."""
    meeting = await meetings.by_slug(db, slug)
    if not await document_sets.may_take(db, meeting, audience, me, now):
        raise Refused(No(DocumentsReason.FOR_MEMBERS))
    found = await document_sets.whole(db, meeting, audience)
    bound = await asyncio.to_thread(bind, found, at.settings.address)
    headers = {
        "Content-Disposition": f'attachment; filename="{bound.name}"',
        "Cache-Control": "no-store",
        # Packed already: to pack it once more on the way would keep the loop from everyone else.
        "Content-Encoding": "identity",
        "X-Content-Type-Options": "nosniff",
    }
    pieces = zipped(bound, at.files.store.get)
    return StreamingResponse(pieces, media_type=ZIP, headers=headers)
