"""Notes to oneself at the console: nobody else is shown them, and each has a stated end."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, status
from pydantic import Field

from app import depends
from app.depends import HouseIn, Me, Now, Reading, Writing
from app.errors import Malformed
from app.models import PrivateNote
from app.policy.text import TextFault, clean, fault
from app.routers.schemas import In, Out
from app.services import notes

LONGEST = 1000
router = APIRouter(
    prefix="/api/v1/sittings/{sitting_id}/notes",
    tags=["notes"],
    dependencies=[Depends(depends.same_site)],
)


class NoteIn(In):
    """``request`` is the number of the request to speak that it is about, if any."""

    text: Annotated[str, Field(max_length=4 * LONGEST)]
    request: Annotated[int, Field(ge=1, le=1_000_000)] | None = None

    def cleaned(self) -> str:
        text = clean(self.text)
        found = fault(text, LONGEST, required=True, lines=True)
        if found is not None and found is not TextFault.MARKUP:
            raise Malformed(text=found)
        return text


class NoteOut(Out):
    """``ends_at`` is when it is deleted."""

    id: UUID
    text: str
    request: int | None
    at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, row: PrivateNote) -> "NoteOut":
        return cls(id=row.id, text=row.text, request=row.request, at=row.at, ends_at=row.ends_at)


@router.get("")
async def mine(sitting_id: UUID, me: Me, now: Now, db: Reading) -> list[NoteOut]:
    """One's own, on every device; never anybody else's."""
    return [NoteOut.of(row) for row in await notes.mine(db, sitting_id, me, now)]


@router.put("/{note_id}")
async def put(
    sitting_id: UUID, note_id: UUID, said: NoteIn, me: Me, at: HouseIn, now: Now, db: Writing
) -> NoteOut:
    """Write it, or write it anew; the same again changes nothing but its time."""
    await at.rates.take(at.settings.wishes_per_person, "note", str(me.id))
    row = await notes.put(db, sitting_id, note_id, said.cleaned(), said.request, by=me, now=now)
    return NoteOut.of(row)


@router.delete("/{note_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove(sitting_id: UUID, note_id: UUID, me: Me, db: Writing) -> None:
    """Delete it; whoever may see nothing of it is told nothing of it."""
    await notes.remove(db, sitting_id, note_id, by=me)
