"""The fence: rehearse, close, the hall's sign-off, and the certificate."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from app import depends
from app.database import Reading as Db
from app.database import load
from app.depends import HouseIn, Me, Now, Reading, words_of
from app.errors import NotFound, Refused
from app.explain import explain, refusal
from app.models import Fence, Person, Sitting
from app.policy.decision import Allowed
from app.policy.fence import FenceReason, FenceState
from app.policy.floor import may_watch
from app.policy.refusal import No
from app.protocol.messages import Explanation
from app.reasons import Translate
from app.routers.schemas import In, Out
from app.services import access, fence

router = APIRouter(prefix="/api/v1", tags=["fence"], dependencies=[Depends(depends.same_site)])
Sign = Annotated[int, Field(ge=0, le=100_000)]


class CloseIn(In):
    """Typing the word is the confirmation."""

    confirm: Literal["CLOSE"]


class HallIn(In):
    """A steward gives the head count; the chair, to go on without, the reason."""

    head_count: Sign | None = None
    reason: Annotated[str, Field(max_length=500)] = ""


class SeenOut(Out):
    name: str
    entity: str
    category: str
    ground: str
    why: Explanation


class RehearsalOut(Out):
    """Who stays and who leaves; after the raising, how far the fence is."""

    state: FenceState | Literal["ready"]
    from_sitting: UUID
    to_sitting: UUID
    stay: list[SeenOut] = []
    leave: list[SeenOut] = []
    subjects: list[str] = []
    epoch: int | None = None
    closed: int = 0
    remaining: int = 0
    waits_for: FenceReason | None = None
    waits_sentence: str = ""
    certificate: str | None = None


@router.get("/sittings/{sitting_id}/fence")
async def see(sitting_id: UUID, request: Request, me: Me, now: Now, db: Reading) -> RehearsalOut:
    """The rehearsal before, the progress after; for those who serve the meeting."""
    sitting = await load(db, Sitting, sitting_id)
    held = await access.functions(db, me, sitting.meeting_id)
    if not may_watch(held):
        raise NotFound
    raised = await fence.current(db, sitting.meeting_id)
    if raised is not None and await fence.concerns(db, raised, sitting_id):
        return await _progress(db, raised, words_of(request))
    told = await fence.rehearse(db, sitting.meeting_id, now)
    return RehearsalOut(
        state="ready",
        from_sitting=told.from_sitting.id,
        to_sitting=told.to_sitting.id,
        stay=[_seen(each, words_of(request)) for each in told.stay],
        leave=[_seen(each, words_of(request)) for each in told.leave],
        subjects=[subject.name for subject in fence.SUBJECTS],
    )


def _seen(seen: fence.Seen, words: Translate) -> SeenOut:
    decision = seen.decision
    return SeenOut(
        name=seen.name,
        entity=seen.entity,
        category=decision.category,
        ground=decision.ground if isinstance(decision, Allowed) else "",
        why=explain(decision, words),
    )


async def _progress(db: Db, raised: Fence, words: Translate) -> RehearsalOut:
    reports = await fence.reports(db, raised)
    opened = raised.state is FenceState.OPENED
    waits = None if opened else await fence.missing(db, raised)
    return RehearsalOut(
        state=raised.state,
        from_sitting=raised.from_sitting_id,
        to_sitting=raised.to_sitting_id,
        epoch=raised.epoch,
        closed=sum(report.closed for report in reports),
        remaining=sum(report.remaining for report in reports),
        waits_for=waits,
        waits_sentence="" if waits is None else refusal(waits, words).sentence,
        certificate=f"/certificates/{raised.id}" if opened else None,
    )


@router.post("/sittings/{sitting_id}/fence")
async def close(
    sitting_id: UUID, _confirmed: CloseIn, request: Request, me: Me, at: HouseIn, now: Now
) -> RehearsalOut:
    """Freeze the open part, then raise the epoch; emptying and proving go on by themselves."""
    raised = await close_open_part(at, sitting_id, me, now)
    async with at.database.reading() as db:
        return await _progress(db, raised, words_of(request))


async def close_open_part(at: depends.House, sitting_id: UUID, me: Person, now: Now) -> Fence:
    """Two transactions, so that the room hears of the closing before its channel falls silent."""
    async with at.database.writing() as db:
        meeting_id = (await load(db, Sitting, sitting_id)).meeting_id
        await fence.freeze(db, meeting_id, by=me, now=now)
    async with at.database.writing() as db:
        return await fence.raise_epoch(db, meeting_id, by=me, now=await depends.now())


@router.post("/sittings/{sitting_id}/fence/hall")
async def hall(
    sitting_id: UUID, said: HallIn, request: Request, me: Me, now: Now, db: depends.Writing
) -> RehearsalOut:
    """The hall's sign-off by a steward, or the chair's reason for going on without it."""
    meeting_id = (await load(db, Sitting, sitting_id)).meeting_id
    if said.head_count is not None:
        await fence.sign_off(db, meeting_id, said.head_count, by=me, now=now)
    else:
        await fence.go_on_without(db, meeting_id, said.reason, by=me, now=now)
    raised = await fence.current(db, meeting_id)
    if raised is None:
        raise Refused(No(FenceReason.NOT_VERIFIED))
    return await _progress(Db(db), raised, words_of(request))


@router.get("/certificates/{fence_id}")
async def certificate(fence_id: UUID, db: Reading) -> Response:
    """The certificate as it was signed; check it with ``cwg verify FILE --key FINGERPRINT``."""
    found = await fence.certificate(db, fence_id)
    if found is None:
        raise NotFound
    return Response(
        found.text,
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="certificate-{fence_id}.json"'},
    )


@router.get("/keys")
async def keys(at: HouseIn) -> dict[str, str]:
    """The fingerprint of the key that signs certificates, to be noted before it is needed."""
    return {"algorithm": "Ed25519", "fingerprint": at.keys.fingerprint}
