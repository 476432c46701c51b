"""Letters to a selection of those registered, for the secretariat: seen first, and sent once."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Depends, status

from app import depends
from app.depends import Me, Now, Reading, Writing
from app.models import Mailing
from app.policy.selection import Outcome
from app.routers.conventions import PagingIn
from app.routers.schemas import Id, Out, Text
from app.routers.selections import AskedIn
from app.services import mailings, meetings
from app.services.mailings import Draft
from app.services.roll import Place

router = APIRouter(
    prefix="/api/v1/meetings/{slug}/mailings",
    tags=["registrations"],
    dependencies=[Depends(depends.same_site)],
)


class MailingIn(AskedIn):
    """``id`` is the program's own: sent twice, it is one letter; ``seen`` is from the preview."""

    id: Id
    title: Text
    body: Text
    seen: Text


class PreviewOut(Out):
    number: int
    names: list[str]
    seen: str


class MailingOut(Out):
    id: UUID
    title: str
    body: str
    asked: dict[str, str]
    written_at: datetime


class RecipientOut(Out):
    name: str
    email: str
    reference: str
    outcome: Outcome
    sent_at: datetime | None


class LoggedMailingOut(MailingOut):
    recipients: list[RecipientOut]


@router.post("/preview")
async def preview(slug: str, sent: AskedIn, me: Me, now: Now, db: Reading) -> PreviewOut:
    """To whom a letter to this selection would go; nothing is sent."""
    meeting = await meetings.by_slug(db, slug)
    found = await mailings.preview(db, meeting, sent.value(), by=me, now=now)
    names = [each.row.name for each in found.lines]
    return PreviewOut(number=len(names), names=names, seen=found.seen)


@router.post("", status_code=status.HTTP_201_CREATED)
async def send(slug: str, sent: MailingIn, me: Me, now: Now, db: Writing) -> MailingOut:
    """Send it to exactly those of the preview; 409 where they have changed since."""
    meeting = await meetings.by_slug(db, slug)
    draft = Draft(sent.id, sent.title, sent.body, sent.seen)
    made = await mailings.send(db, meeting, sent.value(), draft, by=me, now=now)
    return _out(made)


@router.get("")
async def listed(slug: str, me: Me, db: Reading, paging: PagingIn) -> list[MailingOut]:
    """What was sent, the oldest first; ``Link`` has the address of the next page."""
    meeting = await meetings.by_slug(db, slug)
    found = await mailings.page(db, meeting, by=me, after=paging.after, limit=paging.limit + 1)
    return [_out(each) for each in paging.cut(found, mailings.place)]


@router.get("/{mailing_id}")
async def log(
    slug: str, mailing_id: UUID, me: Me, db: Reading, paging: PagingIn
) -> LoggedMailingOut:
    """A letter, and page by page to whom it went and what became of it."""
    meeting = await meetings.by_slug(db, slug)
    made, found = await mailings.log(
        db, meeting, mailing_id, by=me, after=paging.after, limit=paging.limit + 1
    )
    shown = paging.cut(found, lambda each: Place(made.written_at, each.key))
    return LoggedMailingOut(
        **_out(made).model_dump(),
        recipients=[
            RecipientOut(
                name=each.name,
                email=each.email,
                reference=each.reference,
                outcome=each.outcome,
                sent_at=each.letter.sent_at if each.letter else None,
            )
            for each in shown
        ],
    )


def _out(made: Mailing) -> MailingOut:
    return MailingOut(
        id=made.id,
        title=made.title,
        body=made.text,
        asked=made.asked,
        written_at=made.written_at,
    )
