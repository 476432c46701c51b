"""Documents taken together, and all documents of a meeting to take away for offline reading."""

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app import reasons
from app.depends import Reading
from app.i18n import words
from app.pages.reader import ReaderIn
from app.policy.document_sets import DocumentsReason
from app.policy.people import Function
from app.policy.records import Audience
from app.services import access, document_sets, meetings

router = APIRouter()
TITLES: Final = {
    Audience.PUBLIC: words("For everyone"),
    Audience.MEMBERS: words("For members"),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A set as the reader may have it, or why not; nothing of one that is not theirs is counted."""

    title: str
    address: str = ""
    documents: int = 0
    size: int = 0
    lock: str = ""


@router.get("/meetings/{slug}/document-groups", name="document-groups")
async def show(slug: str, reader: ReaderIn, db: Reading) -> HTMLResponse:
    """What the reader may read of it, and the sets that they may take."""
    meeting = await meetings.by_slug(db, slug)
    offers = []
    for audience in Audience:
        title = reader.say(TITLES[audience])
        if not await document_sets.may_take(db, meeting, audience, reader.whom, reader.now):
            lock = reasons.said(DocumentsReason.FOR_MEMBERS, reader.say)
            offers.append(Offer(title, lock=lock))
            continue
        found = await document_sets.whole(db, meeting, audience)
        size = sum(file.size for each in found.documents for file in each.files.values())
        address = f"/api/v1/meetings/{meeting.slug}/documents.zip?audience={audience}"
        offers.append(Offer(title, address, len(found.documents), size))
    held = await access.functions(db, reader.me, meeting.id)
    return reader.page(
        "portal/document_groups.html",
        meeting=meeting,
        groups=await document_sets.groups(db, meeting, reader.whom, reader.now),
        offers=offers,
        secretariat=Function.SECRETARIAT in held,
        tongue=reader.language.value,
    )
