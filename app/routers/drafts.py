"""One's own draft of a registration: the form as typed, with all that is still wrong with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response, status
from pydantic import Field, StringConstraints

from app import depends
from app.depends import HouseIn, Me, Now, Reading, Writing
from app.errors import NotFound, Stale
from app.models import RegistrationDraft
from app.policy.registration import RegistrationReason
from app.routers.conventions import Seen, SeenIn, tag
from app.routers.schemas import In, Out
from app.services import forms, meetings

router = APIRouter(
    prefix="/api/v1/meetings/{slug}/registration-draft",
    tags=["registrations"],
    dependencies=[Depends(depends.same_site)],
)

Typed = Annotated[str, StringConstraints(max_length=1000)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=100)]
MAPPED = ("modes", "answers")


class DraftIn(In):
    """Texts as they are typed on the page, whatever is wrong with them.

    ``represents`` is entity or stakeholder, ``modes`` by sitting, ``answers`` by the key of a
    field; one of several choices has a point and the key of the option behind that, and "on".
    """

    represents: Typed = ""
    q: Typed = ""
    entity: Typed = ""
    capacity_for: Typed = ""
    group: Typed = ""
    organization: Typed = ""
    country: Typed = ""
    capacity_self: Typed = ""
    name: Typed = ""
    job_title: Typed = ""
    version: Typed = ""
    modes: dict[Key, Typed] = Field(default_factory=dict, max_length=200)
    answers: dict[Key, Typed] = Field(default_factory=dict, max_length=400)


class DraftOut(Out):
    """The draft, its version (in the ETag too), and when it goes by itself."""

    typed: dict[str, Any]
    version: int
    saved_at: datetime
    ends_at: datetime


@router.get("")
async def show(slug: str, me: Me, at: HouseIn, db: Reading, response: Response) -> DraftOut:
    """404 where there is none."""
    meeting = await meetings.by_slug(db, slug)
    kept = await forms.draft(db, at.keys.vault, meeting.id, me)
    if kept is None:
        raise NotFound
    return _out(*kept, response)


@router.put("")
async def put(
    slug: str,
    sent: DraftIn,
    me: Me,
    at: HouseIn,
    now: Now,
    db: Writing,
    seen: SeenIn,
    response: Response,
) -> DraftOut:
    """Keep this in the place of what is there; ``If-Match`` where there is a draft already."""
    typed = sent.model_dump(exclude_unset=True)
    return await _save(_Door(me, at, now, db, response), slug, typed, seen, anew=True)


@router.patch("")
async def patch(
    slug: str,
    sent: DraftIn,
    me: Me,
    at: HouseIn,
    now: Now,
    db: Writing,
    seen: SeenIn,
    response: Response,
) -> DraftOut:
    """Keep the fields that are sent, one by one, and leave the others as they are."""
    typed = sent.model_dump(exclude_unset=True)
    return await _save(_Door(me, at, now, db, response), slug, typed, seen, anew=False)


@router.delete("", status_code=status.HTTP_204_NO_CONTENT)
async def discard(slug: str, me: Me, at: HouseIn, db: Writing, seen: SeenIn) -> Response:
    """Discard it; ``If-Match`` as for a change. Where there is none nothing changes."""
    meeting = await meetings.by_slug(db, slug)
    if kept := await forms.draft(db, at.keys.vault, meeting.id, me):
        await forms.discard(db, meeting.id, me, seen=seen.version(kept[0].version))
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@dataclass(frozen=True, slots=True)
class _Door:
    me: Me
    at: HouseIn
    now: Now
    db: Writing
    response: Response


async def _save(
    door: _Door, slug: str, sent: dict[str, Any], seen: Seen, *, anew: bool
) -> DraftOut:
    db, me, vault = door.db, door.me, door.at.keys.vault
    await door.at.rates.take(door.at.settings.claims_per_person, "claim", str(me.id))
    meeting = await meetings.by_slug(db, slug)
    kept = await forms.draft(db, vault, meeting.id, me)
    if kept is None and seen.tags is not None:
        raise Stale(RegistrationReason.CHANGED)
    version = seen.version(kept[0].version) if kept else 0
    before = {} if anew or kept is None else kept[1]
    typed = before | sent
    typed |= {name: before.get(name, {}) | sent.get(name, {}) for name in MAPPED}
    row = await forms.save(db, vault, meeting.id, me, typed, door.now, seen=version)
    return _out(row, typed, door.response)


def _out(row: RegistrationDraft, typed: dict[str, Any], response: Response) -> DraftOut:
    response.headers["ETag"] = tag(row.version)
    return DraftOut(typed=typed, version=row.version, saved_at=row.saved_at, ends_at=row.ends_at)
