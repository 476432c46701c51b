"""Chat over HTTP: what was written to all, what concerns oneself, and what the console is told."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from app import depends
from app.database import load
from app.depends import MaybeMe, Me, Now, Reading
from app.models import Sitting
from app.policy.chat import MOST, Message
from app.routers.schemas import Out
from app.services import chat
from app.services.chat import Mine, Mute, Told

router = APIRouter(
    prefix="/api/v1/sittings/{sitting_id}/chat",
    tags=["chat"],
    dependencies=[Depends(depends.same_site)],
)
Before = Annotated[int | None, Query(ge=1, le=1_000_000)]


class HistoryOut(Out):
    """So many messages at most, the oldest first; ``more`` says that there may be older ones."""

    messages: tuple[Message, ...]
    more: bool


class AsidesOut(Out):
    asides: tuple[Told, ...]
    mutes: tuple[Mute, ...]
    more: bool


@router.get("")
async def history(
    sitting_id: UUID, me: MaybeMe, now: Now, db: Reading, before: Before = None
) -> HistoryOut:
    """What was written to all, newest or before a number, for whoever may read this part."""
    sitting = await load(db, Sitting, sitting_id)
    found = await chat.history(db, sitting, me, before, now)
    return HistoryOut(messages=tuple(found), more=len(found) == MOST)


@router.get("/mine")
async def mine(sitting_id: UUID, me: Me, now: Now, db: Reading) -> Mine:
    """What one told the moderator and was answered, and whether one's chat is muted."""
    return await chat.mine(db, await load(db, Sitting, sitting_id), me, now)


@router.get("/asides")
async def asides(sitting_id: UUID, me: Me, db: Reading, before: Before = None) -> AsidesOut:
    """What participants told the moderator, and whose chat is muted, for the console."""
    sitting = await load(db, Sitting, sitting_id)
    found = await chat.asides(db, sitting, me, before)
    mutes = await chat.mutes(db, sitting, me)
    return AsidesOut(asides=found, mutes=mutes, more=len(found) == MOST)
