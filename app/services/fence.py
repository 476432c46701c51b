"""The change from the open part to the members' part: rehearsed, raised, verified, proven."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TypeAlias
from uuid import UUID

import orjson
from sqlmodel import col, select

from app import journal
from app.database import Reading, Writing, hold, hold_all, load, ring, ring_early
from app.errors import Malformed, Refused
from app.journal import Channel
from app.keys import Keys
from app.live import leases
from app.models import (
    Certificate,
    Entity,
    Fence,
    HallSignOff,
    Lease,
    Meeting,
    News,
    Person,
    Registration,
    Sitting,
)
from app.policy import fence as rules
from app.policy.access import Part, Right
from app.policy.access import decide as rule
from app.policy.certificate import Statement, sign
from app.policy.decision import Allowed, Decision, Denied
from app.policy.fence import FenceMoved, FenceReason, FenceState
from app.policy.floor import SittingClosed, SittingClosing, SittingOpened, may_preside
from app.policy.people import Function
from app.policy.refusal import No
from app.policy.registration import RegistrationState
from app.policy.sitting import SittingState
from app.policy.text import clean, fault
from app.services import access, acts, attendance, captions, floor, hands, seats
from app.services.floor import Turn


@dataclass(frozen=True, slots=True)
class Seen:
    """Someone in the room when the fence is rehearsed or raised, and what follows for them."""

    name: str
    reference: str
    entity: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would happen now: the same computation as the real thing."""

    from_sitting: Sitting
    to_sitting: Sitting
    stay: tuple[Seen, ...]
    leave: tuple[Seen, ...]


LONGEST_REASON = 500

AtRaise: TypeAlias = Callable[[Writing, Fence], Awaitable[None]]
WaitsFor: TypeAlias = Callable[[Reading | Writing, Fence], Awaitable[FenceReason | None]]


async def _nothing_to_do(_db: Writing, _fence: Fence) -> None: ...


async def _nothing_missing(_db: Reading | Writing, _fence: Fence) -> FenceReason | None:
    return None


@dataclass(frozen=True, slots=True)
class Subject:
    """What a subject of the service does at the fence; ``name`` is a key of the catalogue.

    ``at_raise`` stops, keeps or switches in the transaction that raises the epoch. ``waits_for``
    says what is still missing; while it says anything, the members' part stays shut. ``at_open``
    begins in the transaction that opens it.
    """

    name: str
    at_raise: AtRaise = _nothing_to_do
    waits_for: WaitsFor = _nothing_missing
    at_open: AtRaise = _nothing_to_do


async def sittings_of(db: Reading | Writing, meeting: Meeting) -> tuple[Sitting, Sitting]:
    """The open part that is on, and the members' part that follows; Refused where there is none."""
    query = select(Sitting).where(Sitting.meeting_id == meeting.id).order_by(col(Sitting.number))
    sittings = list(await db.exec(query))
    ending = [s for s in sittings if s.part is Part.FIRST_HALF and s.state in _UNDER_WAY]
    if not ending:
        raise Refused(No(FenceReason.OPEN_PART_NOT_OPEN))
    following = [
        s
        for s in sittings
        if s.part is Part.SECOND_HALF and s.state in _SHUT and s.number > ending[0].number
    ]
    if not following:
        raise Refused(No(FenceReason.NO_MEMBERS_PART))
    return ending[0], min(following, key=_turn)


def _turn(sitting: Sitting) -> tuple[bool, int]:
    """One that was closed is gone back to where no other is left: after a break in the open."""
    return sitting.state is SittingState.CLOSED, sitting.number


_UNDER_WAY = frozenset({SittingState.OPEN, SittingState.CLOSING})
_SHUT = frozenset({SittingState.SCHEDULED, SittingState.CLOSED})


async def rehearse(db: Reading | Writing, meeting_id: UUID, now: datetime) -> Rehearsal:
    """Who would stay and who would leave, by which clause, if it were done now."""
    meeting = await load(db, Meeting, meeting_id)
    ending, following = await sittings_of(db, meeting)
    seen = await _seen(db, meeting, ending, following, now)
    return Rehearsal(
        ending,
        following,
        stay=tuple(each for each in seen if each.decision),
        leave=tuple(each for each in seen if not each.decision),
    )


async def _seen(
    db: Reading | Writing, meeting: Meeting, ending: Sitting, following: Sitting, now: datetime
) -> list[Seen]:
    people = await seats.present(db, ending.id)
    decisions = await entries_after(db, people, following, meeting, now)
    papers = await _papers(db, meeting, people)
    return [
        Seen(*papers.get(person.id, (person.name, "", person.affiliation)), decisions[person.id])
        for person in people
    ]


async def entries_after(
    db: Reading | Writing,
    people: Sequence[Person],
    following: Sitting,
    meeting: Meeting,
    now: datetime,
) -> dict[UUID, Decision]:
    """Who may attend what follows once it is open."""
    from_now = await access.standings(db, people, following, meeting, now)
    edition = access.edition(meeting)
    return {
        key: rule(edition, access.once_open(standing), following.part, Right.ATTEND)
        for key, standing in from_now.items()
    }


async def _papers(
    db: Reading | Writing, meeting: Meeting, people: Sequence[Person]
) -> Mapping[UUID, tuple[str, str, str]]:
    """Name, reference and body, as the registrations have them that stand."""
    query = (
        select(Registration, Entity)
        .join(Entity, col(Entity.id) == Registration.entity_id, isouter=True)
        .where(
            Registration.meeting_id == meeting.id,
            col(Registration.person_id).in_([person.id for person in people]),
            Registration.state == RegistrationState.APPROVED,
        )
    )
    return {
        found.person_id: (found.name, found.reference, _body(found, entity))
        for found, entity in await db.exec(query)
    }


def _body(found: Registration, entity: Entity | None) -> str:
    """The outer join gives no entity to a stakeholder."""
    return found.organization if entity is None else entity.name


async def in_the_hall(
    db: Reading | Writing, raised: Fence, now: datetime
) -> tuple[list[Seen], list[Seen]]:
    """Those whom the doors have in the hall: who stays when the members' part opens, who leaves."""
    meeting = await load(db, Meeting, raised.meeting_id)
    following = await load(db, Sitting, raised.to_sitting_id)
    people = await attendance.people_in_the_hall(db, raised.from_sitting_id)
    decisions = await entries_after(db, people, following, meeting, now)
    papers = await _papers(db, meeting, people)
    seen = [
        Seen(*papers.get(each.id, (each.name, "", each.affiliation)), decisions[each.id])
        for each in people
    ]
    return [each for each in seen if each.decision], [each for each in seen if not each.decision]


async def freeze(db: Writing, meeting_id: UUID, *, by: Person, now: datetime) -> Sitting:
    """The open part takes no more wishes and its list is kept; the room is told."""
    meeting = await _presided(db, meeting_id, by)
    ending, _ = await sittings_of(db, meeting)
    if not await leases.live(db):
        raise Refused(No(FenceReason.NO_PROCESS))
    if ending.state is SittingState.OPEN:
        await floor.stop_clock(Turn(db, meeting, ending, by, now))
        await hands.stop(Turn(db, meeting, ending, by, now))
        ending.state, ending.frozen_at = SittingState.CLOSING, now
        await journal.write(db, _room(ending, meeting.epoch), SittingClosing(), by=by.id)
    return ending


async def raise_epoch(db: Writing, meeting_id: UUID, *, by: Person, now: datetime) -> Fence:
    """Close the open part for good: from this commit on its channels tell nothing to anybody."""
    meeting = await _presided(db, meeting_id, by)
    ending, following = await sittings_of(db, meeting)
    if ending.state is not SittingState.CLOSING:
        raise Refused(No(FenceReason.OPEN_PART_NOT_OPEN))
    seen = await _seen(db, meeting, ending, following, now)
    await journal.write(db, _room(ending, meeting.epoch), SittingClosed(), by=by.id)
    ending.state, ending.closed_at = SittingState.CLOSED, now
    floor.keep_nothing(ending)
    meeting.epoch += 1
    fence = Fence(
        meeting_id=meeting.id,
        from_sitting_id=ending.id,
        to_sitting_id=following.id,
        epoch=meeting.epoch,
        state=FenceState.RAISED,
        by_id=by.id,
        frozen_at=ending.frozen_at or now,
        raised_at=now,
        seen=_told(seen),
    )
    db.add(fence)
    await db.flush()
    for subject in SUBJECTS:
        await subject.at_raise(db, fence)
    await acts.record(
        db, "fence-raised", now, meeting_id=meeting.id, by=str(by.id), epoch=fence.epoch
    )
    ring(db, f"meeting:{meeting.id}")
    await _tell(db, fence)
    return fence


def _told(seen: Sequence[Seen]) -> dict[str, list[dict[str, object]]]:
    """People by reference, never by name: a certificate is public.

    Those in service of the meeting are listed apart, by their function (DOMAIN 3).
    """
    told: dict[str, list[dict[str, object]]] = {"stayed": [], "in_service": [], "moved": []}
    for each in seen:
        match each.decision:
            case Allowed(function=Function() as function) as decision:
                serves = {"reference": each.reference, "function": function.value}
                told["in_service"].append({**serves, **_by(decision)})
            case Allowed() as decision:
                told["stayed"].append({**_of(each), **_by(decision), "ground": decision.ground})
            case Denied() as decision:
                told["moved"].append({**_of(each), **_by(decision)})
    return told


def _of(seen: Seen) -> dict[str, object]:
    return {"reference": seen.reference, "category": seen.decision.category.value}


def _by(decision: Decision) -> dict[str, object]:
    return {"clause": decision.clause.label, "reason": decision.reason.value}


async def _silence(db: Writing, fence: Fence) -> None:
    """Have this process stop telling the old channels before the new epoch is committed."""
    ring_early(db, f"epoch:{fence.meeting_id}:{fence.epoch}")


async def _network(db: Reading | Writing, fence: Fence) -> FenceReason | None:
    """Every live process has reported the epoch, and nobody left who may not stay."""
    return rules.waits_for(await leases.reports(db, fence.meeting_id), fence.epoch)


async def _keep_the_list(db: Writing, fence: Fence) -> None:
    """The open part's list takes nobody more; the members' part has one of its own."""
    ending = await hold(db, Sitting, fence.from_sitting_id)
    ending.list_opened_at = None


# One place for every subject that has something to stop, keep or switch: a later one is added here.
# Pages and exports decide again at each request, and the service has no recorder to stop yet.
SUBJECTS: list[Subject] = [
    Subject("sockets", _silence, _network),
    Subject("list-of-speakers", _keep_the_list),
    Subject("show-of-hands"),  # counted when the list was frozen, in the open part's own room
    Subject("minutes"),  # of each part their own, for those in service of both
    Subject("attendance", at_open=attendance.hand_on_hall),
    # Both belong to a sitting, and so to a part: the next one begins with nothing of this one.
    Subject("chat"),
    Subject("statements"),
    Subject("pages"),
    Subject("captions", captions.at_fence),
    Subject("recording"),
]


async def raised(db: Reading) -> list[tuple[UUID, int]]:
    """The meetings whose fence is up and not through, with the epoch it raised."""
    query = select(Fence.meeting_id, Fence.epoch).where(Fence.state != FenceState.OPENED)
    return [(meeting, epoch) for meeting, epoch in await db.exec(query)]


async def current(db: Reading | Writing, meeting_id: UUID) -> Fence | None:
    """The newest fence of a meeting."""
    query = select(Fence).where(Fence.meeting_id == meeting_id).order_by(col(Fence.epoch).desc())
    return (await db.exec(query.limit(1))).first()


async def concerns(db: Reading | Writing, fence: Fence, sitting_id: UUID) -> bool:
    """Whether this is the fence between a sitting and its neighbour, and not one of before."""
    if sitting_id not in {fence.from_sitting_id, fence.to_sitting_id}:
        return False
    return (await load(db, Sitting, fence.from_sitting_id)).state not in _UNDER_WAY


async def reports(db: Reading | Writing, fence: Fence) -> tuple[rules.Report, ...]:
    """What each live process has said of this fence's epoch."""
    return await leases.reports(db, fence.meeting_id)


async def missing(db: Reading | Writing, fence: Fence) -> FenceReason | None:
    """What the fence waits for: every subject in turn, then the hall."""
    for subject in SUBJECTS:
        if (waits := await subject.waits_for(db, fence)) is not None:
            return waits
    return None if await hall_of(db, fence) else FenceReason.HALL_NOT_SIGNED


async def hall_of(db: Reading | Writing, fence: Fence) -> HallSignOff | None:
    """The hall's sign-off, or the chair's reason for going on without."""
    return (await db.exec(select(HallSignOff).where(HallSignOff.fence_id == fence.id))).first()


async def sign_off(
    db: Writing, meeting_id: UUID, head_count: int, *, by: Person, now: datetime
) -> None:
    """A steward says that the hall holds only those who may stay, and how many they are."""
    if Function.STEWARD not in await access.functions(db, by, meeting_id):
        raise Refused(No(FenceReason.NOT_A_STEWARD))
    await _hall(db, meeting_id, by, now, head_count=head_count)


async def go_on_without(
    db: Writing, meeting_id: UUID, reason: str, *, by: Person, now: datetime
) -> None:
    """The chair goes on without the hall's sign-off; the reason stands in the certificate."""
    if not may_preside(await access.functions(db, by, meeting_id)):
        raise Refused(No(FenceReason.NOT_THE_CHAIR))
    reason = clean(reason)
    if not reason:
        raise Refused(No(FenceReason.NO_REASON_GIVEN))
    if wrong := fault(reason, LONGEST_REASON, required=True, lines=True):
        raise Malformed(reason=wrong)
    await _hall(db, meeting_id, by, now, reason=reason)


async def _hall(
    db: Writing,
    meeting_id: UUID,
    by: Person,
    now: datetime,
    *,
    head_count: int | None = None,
    reason: str = "",
) -> None:
    """Note what was said of the hall; the first word stands, and a second changes nothing."""
    await hold(db, Meeting, meeting_id)
    fence = await current(db, meeting_id)
    if fence is None or fence.state is FenceState.OPENED:
        raise Refused(No(FenceReason.NOT_VERIFIED))
    if await hall_of(db, fence) is not None:
        return
    db.add(
        HallSignOff(fence_id=fence.id, by_id=by.id, at=now, head_count=head_count, reason=reason)
    )
    ring(db, f"meeting:{meeting_id}")
    said = {"by": str(by.id), "head_count": head_count, "reason": reason}
    await acts.record(db, "hall-signed-off", now, meeting_id=meeting_id, **said)


async def advance(db: Writing, meeting_id: UUID, keys: Keys, now: datetime) -> Fence | None:
    """Take a raised fence as far as the reports allow; harmless to repeat, from any process."""
    await hold(db, Meeting, meeting_id)
    fence = await current(db, meeting_id)
    if fence is None or fence.state is FenceState.OPENED:
        return fence
    waits = await missing(db, fence)
    if fence.state is FenceState.RAISED and waits in {None, FenceReason.HALL_NOT_SIGNED}:
        fence.state, fence.verified_at = FenceState.VERIFIED, now
        await _tell(db, fence)
    if waits is None:
        await _open(db, fence, keys, now)
    return fence


async def _open(db: Writing, fence: Fence, keys: Keys, now: datetime) -> None:
    """Certify, then open the members' channel, whose news begin at 1."""
    following = await hold(db, Sitting, fence.to_sitting_id)
    fence.state, fence.opened_at = FenceState.OPENED, now
    db.add(Certificate(fence_id=fence.id, text=await _certificate(db, fence, keys), issued_at=now))
    following.state, following.opened_at, following.closed_at = SittingState.OPEN, now, None
    await db.flush()
    for subject in SUBJECTS:
        await subject.at_open(db, fence)
    await journal.write(db, _room(following, fence.epoch), SittingOpened(), by=fence.by_id)
    await _tell(db, fence)
    await acts.record(
        db, "members-part-opened", now, meeting_id=fence.meeting_id, epoch=fence.epoch
    )
    ring(db, f"meeting:{fence.meeting_id}")


async def _certificate(db: Writing, fence: Fence, keys: Keys) -> str:
    meeting = await load(db, Meeting, fence.meeting_id)
    reports = await leases.reports(db, meeting.id)
    hall = await hall_of(db, fence)
    positions, digest = await _digest(db, fence)
    statement = Statement(
        id=str(fence.id),
        meeting=meeting.title,
        from_sitting=str(fence.from_sitting_id),
        to_sitting=str(fence.to_sitting_id),
        epoch=fence.epoch,
        edition=meeting.edition_id,
        edition_digest=meeting.edition_digest,
        frozen_at=_time(fence.frozen_at),
        raised_at=_time(fence.raised_at),
        verified_at=_time(fence.verified_at),
        opened_at=_time(fence.opened_at),
        stayed=tuple(fence.seen["stayed"]),
        in_service=tuple(fence.seen["in_service"]),
        moved=tuple(fence.seen["moved"]),
        sockets_closed=sum(report.closed for report in reports),
        last_close_ms=round(max((report.last_close_ms for report in reports), default=0.0), 3),
        processes=len(reports),
        processes_lost=await _lost(db, fence),
        hall={
            "signed": hall is not None and hall.head_count is not None,
            "head_count": hall.head_count if hall else None,
            "reason": hall.reason if hall else "",
        },
        journal={"events": positions, "digest": digest},
    )
    return sign(statement, keys.sign, keys.public)


async def _lost(db: Writing, fence: Fence) -> int:
    """Processes that stopped without a word since the fence rose: their leases ran out."""
    alive = {lease.id for lease in await leases.live(db)}
    query = select(Lease).where(
        col(Lease.ended_at).is_(None), col(Lease.expires_at) >= fence.raised_at.timestamp()
    )
    return sum(lease.id not in alive for lease in await db.exec(query))


async def _digest(db: Writing, fence: Fence) -> tuple[int, str]:
    """The number of events of the open part's room, and SHA-256 over them in their order."""
    channel = Channel(fence.from_sitting_id, "room", fence.epoch - 1)
    query = select(News).where(News.channel == str(channel)).order_by(col(News.position))
    digest = sha256()
    count = 0
    for item in await db.exec(query):
        digest.update(
            orjson.dumps(journal.said(channel, item), option=orjson.OPT_SORT_KEYS) + b"\n"
        )
        count += 1
    return count, digest.hexdigest()


async def certified(db: Reading, meeting_id: UUID) -> list[tuple[UUID, datetime]]:
    """The fences of a meeting that were proven, in order, and when the members' part opened."""
    query = (
        select(Fence.id, Fence.opened_at)
        .where(Fence.meeting_id == meeting_id, Fence.state == FenceState.OPENED)
        .order_by(col(Fence.epoch))
    )
    return [(key, at) for key, at in await db.exec(query) if at is not None]


async def certificate(db: Reading, fence_id: UUID) -> Certificate | None:
    return (await db.exec(select(Certificate).where(Certificate.fence_id == fence_id))).first()


async def _presided(db: Writing, meeting_id: UUID, by: Person) -> Meeting:
    """The meeting and its sittings, held in the order of their ids, for someone who presides."""
    meeting = await hold(db, Meeting, meeting_id)
    if not may_preside(await access.functions(db, by, meeting_id)):
        raise Refused(No(FenceReason.NOT_THE_CHAIR))
    await hold_all(db, Sitting, Sitting.meeting_id == meeting_id)
    fence = await current(db, meeting_id)
    if fence is not None and fence.state is not FenceState.OPENED:
        raise Refused(No(FenceReason.ALREADY_CLOSING))
    return meeting


async def _tell(db: Writing, fence: Fence) -> None:
    """News for the console of the part that follows, which those in service may hear already."""
    following = await hold(db, Sitting, fence.to_sitting_id)
    reports = await leases.reports(db, fence.meeting_id)
    await journal.write(
        db,
        Channel(following.id, "console", fence.epoch),
        FenceMoved(
            state=fence.state,
            epoch=fence.epoch,
            stay=len(fence.seen["stayed"]) + len(fence.seen["in_service"]),
            leave=len(fence.seen["moved"]),
            closed=sum(report.closed for report in reports),
            remaining=sum(report.remaining for report in reports),
            waits_for=None if fence.state is FenceState.OPENED else await missing(db, fence),
        ),
        by=fence.by_id,
    )


def _room(sitting: Sitting, epoch: int) -> Channel:
    return Channel(sitting.id, "room", epoch)


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
