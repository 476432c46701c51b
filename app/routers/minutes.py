"""The minutes as they are being written, paragraph by paragraph; for those at the console."""

from datetime import datetime
from typing import Annotated
from unicodedata import normalize
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from app import depends
from app.database import load
from app.depends import HouseIn, Me, Now, Reading, Writing, words_of
from app.errors import Malformed
from app.models import Sitting
from app.policy.minutes import LONGEST, Draft, may_write
from app.policy.text import TextFault, fault
from app.reasons import Translate
from app.routers.schemas import Id, In, Out
from app.services import minutes
from app.services.minutes import STAYS, Clash, Paragraph, Version

router = APIRouter(
    prefix="/api/v1/sittings/{sitting_id}/minutes",
    tags=["minutes"],
    dependencies=[Depends(depends.same_site)],
)


class ParagraphIn(In):
    """What a paragraph is to say, and the version that it was written over: 0 for a new one.

    ``after`` puts it after another paragraph, at the beginning for null; without, it stays.
    """

    version: Annotated[int, Field(ge=0, le=1_000_000)]
    text: Annotated[str, Field(max_length=4 * LONGEST)]
    item: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    decision: bool = False
    after: Id | None = STAYS

    def draft(self) -> Draft:
        """In one spelling; Malformed for what a page could not show as it was written."""
        text = normalize("NFC", self.text)
        found = fault(text, LONGEST, lines=True)
        if found is not None and found is not TextFault.MARKUP:
            raise Malformed(text=found)
        return Draft(text, self.item, self.decision)


class ParagraphOut(Out):
    id: UUID
    place: float
    version: int
    change: int
    text: str
    item: int | None
    decision: bool
    deleted: bool
    by: str
    at: datetime

    @classmethod
    def of(cls, found: Paragraph) -> "ParagraphOut":
        return cls(
            id=found.id,
            place=found.place,
            version=found.version,
            change=found.change,
            text=found.draft.text,
            item=found.draft.item_number,
            decision=found.draft.decision,
            deleted=found.deleted,
            by=found.by,
            at=found.at,
        )


class MinutesOut(Out):
    """What has changed after the cursor; read on from ``newest`` where there is more."""

    paragraphs: tuple[ParagraphOut, ...]
    newest: int
    more: bool
    may_write: bool
    me: UUID


class VersionOut(Out):
    """What a paragraph said; ``aside`` where somebody else was faster and it was kept only."""

    version: int
    aside: bool
    text: str
    item: int | None
    decision: bool
    deleted: bool
    by: str
    at: datetime

    @classmethod
    def of(cls, found: Version) -> "VersionOut":
        return cls(
            version=found.version,
            aside=found.aside,
            text=found.draft.text,
            item=found.draft.item_number,
            decision=found.draft.decision,
            deleted=found.deleted,
            by=found.by,
            at=found.at,
        )


@router.get("")
async def see(
    sitting_id: UUID,
    me: Me,
    now: Now,
    db: Reading,
    after: Annotated[int, Query(ge=0, le=2_000_000_000)] = 0,
) -> MinutesOut:
    """The paragraphs that changed after a cursor, the deleted ones too."""
    sitting = await load(db, Sitting, sitting_id)
    held = await minutes.held(db, sitting, me, now)
    page = await minutes.see(db, sitting, after)
    return MinutesOut(
        paragraphs=tuple(map(ParagraphOut.of, page.paragraphs)),
        newest=page.newest,
        more=page.more,
        may_write=may_write(held),
        me=me.id,
    )


@router.get("/{paragraph_id}/versions")
async def versions(
    sitting_id: UUID, paragraph_id: UUID, me: Me, now: Now, db: Reading
) -> list[VersionOut]:
    """The newest fifty versions of a paragraph, what was set aside among them."""
    sitting = await load(db, Sitting, sitting_id)
    await minutes.held(db, sitting, me, now)
    return [VersionOut.of(each) for each in await minutes.versions(db, sitting, paragraph_id)]


@router.put("/{paragraph_id}", response_model=ParagraphOut)
async def put(
    sitting_id: UUID,
    paragraph_id: UUID,
    said: ParagraphIn,
    request: Request,
    me: Me,
    at: HouseIn,
    now: Now,
    db: Writing,
) -> ParagraphOut | JSONResponse:
    """Write a paragraph, or move it; 409 with what stands where somebody else was faster."""
    await at.rates.take(at.settings.wishes_per_person, "minutes", str(me.id))
    found = await minutes.put(
        db, sitting_id, paragraph_id, said.version, said.draft(), after=said.after, by=me, now=now
    )
    return _faster(found, words_of(request)) if isinstance(found, Clash) else ParagraphOut.of(found)


@router.delete("/{paragraph_id}", response_model=ParagraphOut | None)
async def delete(
    sitting_id: UUID,
    paragraph_id: UUID,
    request: Request,
    me: Me,
    now: Now,
    db: Writing,
    version: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> ParagraphOut | JSONResponse | None:
    """Take a paragraph out, if it still stands at this version; writing it brings it back."""
    found = await minutes.delete(db, sitting_id, paragraph_id, version, by=me, now=now)
    if isinstance(found, Clash):
        return _faster(found, words_of(request))
    return None if found is None else ParagraphOut.of(found)


def _faster(clash: Clash, say: Translate) -> JSONResponse:
    """An answer, not an error: what was sent has been kept aside in the same transaction."""
    problem = {
        "type": "urn:cwg:changed-meanwhile",
        "title": say("This has changed meanwhile."),
        "status": 409,
        "detail": say("Somebody else was faster. Both texts are kept: look at both, then choose."),
        "current": ParagraphOut.of(clash.current).model_dump(mode="json"),
    }
    return JSONResponse(problem, 409, media_type="application/problem+json")
