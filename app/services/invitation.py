"""Invitations (A10): made by those who preside, confirmed by a second person, and ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, or_, select

from app import journal
from app.database import Reading, Writing, hold, hold_all, load, ring
from app.errors import Conflict, Malformed, Refused
from app.journal import Channel
from app.models import (
    AgendaItem,
    Entity,
    Invitation,
    Meeting,
    News,
    Person,
    Registration,
    Sitting,
)
from app.policy import invitation as rules
from app.policy.access import Right
from app.policy.decision import Decision
from app.policy.edition import Edition
from app.policy.floor import Floor, Logged
from app.policy.invitation import (
    InvitationFault,
    InvitationMoved,
    InvitationReason,
    InvitationState,
    Invited,
    NewInvitation,
)
from app.policy.letters import LetterKind
from app.policy.parts import Part
from app.policy.refusal import No
from app.policy.registration import LIVE
from app.policy.sitting import SittingState
from app.policy.text import clean, spelled
from app.services import access, acts, floor, identity, letters

MOST_SHOWN = 50
UNDER_WAY = frozenset({SittingState.OPEN, SittingState.CLOSING})


@dataclass(frozen=True, slots=True)
class Named:
    """Someone as those who decide on an invitation need to know them."""

    name: str
    body: str
    reference: str
    email: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An invitation with the people in it, and what its reader may do about it now."""

    row: Invitation
    state: InvitationState
    item: str
    expert: Named
    invited_by: str
    confirmed_by: str
    ended_by: str
    in_hand: bool
    may_confirm: bool
    may_end: bool


@dataclass(frozen=True, slots=True)
class _Case:
    """One invitation being changed: the meeting is held, so nobody changes it meanwhile."""

    db: Writing
    meeting: Meeting
    row: Invitation
    by: Person
    now: datetime

    @property
    def state(self) -> InvitationState:
        return _state(self.row, self.now)

    async def done(self, kind: str, **more: object) -> None:
        """Keep it, record the act with its clause, have the expert's doors asked again, tell."""
        self.db.add(self.row)
        await self.db.flush()
        clause = access.edition(self.meeting).invited.clause
        await acts.record(
            self.db,
            kind,
            self.now,
            meeting_id=self.meeting.id,
            invitation=str(self.row.id),
            sitting=str(self.row.sitting_id),
            person=str(self.row.person_id),
            item=self.row.item_number,
            by=str(self.by.id),
            clause=clause.id,
            **more,
        )
        ring(self.db, f"person:{self.row.person_id}")
        await self._tell()

    async def _tell(self) -> None:
        """News for the console of that sitting, and for the one at which people sit now."""
        news = InvitationMoved(self.row.id, self.row.item_number, self.state)
        for sitting in await hold_all(self.db, Sitting, Sitting.meeting_id == self.meeting.id):
            if sitting.id == self.row.sitting_id or sitting.state in UNDER_WAY:
                channel = Channel(sitting.id, "console", self.meeting.epoch)
                await journal.write(self.db, channel, news, by=self.by.id)


def _state(row: Invitation, now: datetime) -> InvitationState:
    return rules.state_of(
        confirmed=row.confirmed_at is not None,
        ended=row.ended_at is not None,
        expires_at=row.expires_at,
        now=now,
    )


# What is done.


async def invite(
    db: Writing, sitting_id: UUID, new: NewInvitation, *, by: Person, now: datetime
) -> Invitation:
    """Name an expert for one item; it admits nobody yet. The same words again change nothing."""
    meeting = await hold(db, Meeting, (await load(db, Sitting, sitting_id)).meeting_id)
    if not rules.may_invite(await access.functions(db, by, meeting.id)):
        raise Refused(No(InvitationReason.NOT_THE_CHAIR))
    sitting = await load(db, Sitting, sitting_id)
    if not reaches(access.edition(meeting), sitting.part):
        raise Refused(No(InvitationReason.NOT_HERE))
    if sitting.state is SittingState.CLOSED:
        raise Refused(No(InvitationReason.OVER))
    row = await _examined(db, meeting, sitting, new, by, now)
    for other in await _live(db, row, now):
        if (other.invited_by, other.reason) == (by.id, row.reason):
            return other
        raise Conflict(InvitationReason.ALREADY_INVITED)
    case = _Case(db, meeting, row, by, now)
    ends = row.expires_at.isoformat()
    await case.done("expert-invited", reason=row.reason, expires_at=ends)
    return row


def reaches(edition: Edition, part: Part) -> bool:
    """Whether the edition lets an invitation open this part at all."""
    return edition.invites(part, Right.ATTEND)


async def _examined(
    db: Writing, meeting: Meeting, sitting: Sitting, new: NewInvitation, by: Person, now: datetime
) -> Invitation:
    """The invitation as it would stand, or Malformed with every fault."""
    faults: dict[str, str] = {}
    expert = await _named(db, meeting, clean(new.whom))
    if expert is None:
        faults["whom"] = InvitationFault.UNKNOWN_PERSON
    elif expert.id == by.id:
        faults["whom"] = InvitationFault.YOURSELF
    if await floor.item(db, sitting, new.item) is None:
        faults["item"] = InvitationFault.UNKNOWN_ITEM
    reason = clean(new.reason)
    if wrong := rules.fault_of_reason(reason):
        faults["reason"] = wrong
    span = sitting.starts_at, sitting.ends_at, sitting.time_zone
    ends = rules.expiry(new.expires_at, *span, now)
    if isinstance(ends, InvitationFault):
        faults["expires_at"] = ends
    if expert is None or isinstance(ends, InvitationFault) or faults:
        raise Malformed(**faults)
    return Invitation(
        meeting_id=meeting.id,
        sitting_id=sitting.id,
        person_id=expert.id,
        item_number=new.item,
        reason=reason,
        invited_by=by.id,
        invited_at=now,
        expires_at=ends,
    )


async def _named(db: Writing, meeting: Meeting, whom: str) -> Person | None:
    """The person of a registration for this meeting, or of an address that was verified."""
    if "@" in whom:
        try:
            found = await identity.by_email(db, whom)
        except Malformed:
            return None
        return found if found and found.verified_at else None
    query = select(Person).join(Registration, col(Registration.person_id) == Person.id)
    theirs = query.where(
        Registration.meeting_id == meeting.id,
        Registration.reference == spelled(whom),
        col(Registration.state).in_(LIVE),
    )
    return (await db.exec(theirs)).first()


async def _live(db: Writing, row: Invitation, now: datetime) -> Sequence[Invitation]:
    """What stands of the same person for the same item."""
    query = select(Invitation).where(
        Invitation.sitting_id == row.sitting_id,
        Invitation.person_id == row.person_id,
        Invitation.item_number == row.item_number,
        col(Invitation.ended_at).is_(None),
        Invitation.expires_at > now,
    )
    return (await db.exec(query)).all()


async def confirm(db: Writing, invitation_id: UUID, *, by: Person, now: datetime) -> Invitation:
    """The second person's word, from which on it counts; of two at once the later is told."""
    case = await _held(db, invitation_id, by, now)
    row = case.row
    held = await access.functions(db, by, row.meeting_id)
    answer = rules.second(held, by.id, row.invited_by, row.person_id)
    if isinstance(answer, No):
        raise Refused(answer)
    if row.confirmed_by == by.id and case.state is InvitationState.CONFIRMED:
        return row
    match case.state:
        case InvitationState.CONFIRMED:
            raise Conflict(InvitationReason.ALREADY_CONFIRMED)
        case InvitationState.ENDED | InvitationState.EXPIRED:
            raise Conflict(InvitationReason.GONE)
        case InvitationState.PENDING:
            row.confirmed_by, row.confirmed_at = by.id, now
    await case.done("expert-confirmed", reason=row.reason)
    expert = await load(db, Person, row.person_id)
    facts = {"invitation": str(row.id), "meeting": case.meeting.title, "item": str(row.item_number)}
    link = f"/meetings/{case.meeting.slug}"
    await letters.write(db, LetterKind.INVITED, expert, now, **facts, link=link)
    return row


async def end(
    db: Writing, invitation_id: UUID, why: str, *, by: Person, now: datetime
) -> Invitation:
    """End an invitation at once; the expert is shown out. Repeating it changes nothing."""
    case = await _held(db, invitation_id, by, now)
    if not rules.may_confirm(await access.functions(db, by, case.meeting.id)):
        raise Refused(No(InvitationReason.NOT_A_SECOND))
    why = clean(why)
    if why and (wrong := rules.fault_of_reason(why)):
        raise Malformed(why=wrong)
    await _end(case, why)
    return case.row


async def _end(case: _Case, why: str) -> None:
    if case.state in {InvitationState.ENDED, InvitationState.EXPIRED}:
        return
    case.row.ended_by, case.row.ended_at, case.row.why = case.by.id, case.now, why
    await case.done("invitation-ended", reason=why)


async def lapse(
    db: Writing, meeting: Meeting, person: Person, *, by: Person, now: datetime
) -> None:
    """End what stands on a function that someone has no more; whoever calls holds the meeting."""
    left = await access.functions(db, person, meeting.id)
    stands_on = []
    if not rules.may_invite(left):
        stands_on.append(Invitation.invited_by == person.id)
    if not rules.may_confirm(left):
        stands_on.append(Invitation.confirmed_by == person.id)
    if not stands_on:
        return
    query = select(Invitation).where(
        Invitation.meeting_id == meeting.id, col(Invitation.ended_at).is_(None), or_(*stands_on)
    )
    for row in (await db.exec(query.order_by(col(Invitation.invited_at)))).all():
        await _end(_Case(db, meeting, row, by, now), InvitationReason.FUNCTION_ENDED)


async def _held(db: Writing, invitation_id: UUID, by: Person, now: datetime) -> _Case:
    """The invitation with its meeting held first, as every holder of both does."""
    meeting = await hold(db, Meeting, (await load(db, Invitation, invitation_id)).meeting_id)
    row = await hold(db, Invitation, invitation_id)
    return _Case(db, meeting, row, by, now)


# What is known.


async def of_sitting(
    db: Reading | Writing, sitting: Sitting, *, by: Person, now: datetime
) -> list[Shown]:
    """The invitations of a sitting, the newest first, for those who decide on them."""
    query = select(Invitation).where(Invitation.sitting_id == sitting.id)
    newest = query.order_by(col(Invitation.invited_at).desc()).limit(MOST_SHOWN)
    return await _shown(db, (await db.exec(newest)).all(), by, now)


async def of_meeting(
    db: Reading | Writing, meeting: Meeting, *, by: Person, now: datetime
) -> list[Shown]:
    """The same over all the sittings of a meeting."""
    query = select(Invitation).where(Invitation.meeting_id == meeting.id)
    newest = query.order_by(col(Invitation.invited_at).desc()).limit(MOST_SHOWN)
    return await _shown(db, (await db.exec(newest)).all(), by, now)


async def one(db: Reading | Writing, row: Invitation, *, by: Person, now: datetime) -> Shown:
    """One invitation as its reader sees it."""
    (found,) = await _shown(db, [row], by, now)
    return found


async def _shown(
    db: Reading | Writing, rows: Sequence[Invitation], by: Person, now: datetime
) -> list[Shown]:
    if not rows:
        return []
    held = await access.functions(db, by, rows[0].meeting_id)
    people = await _people(db, rows)
    papers = await _papers(db, rows[0].meeting_id, people)
    items = await _items(db, rows[0].meeting_id)
    in_hand = await _in_hand(db, rows[0].meeting_id)
    shown = []
    for row in rows:
        state = _state(row, now)
        stands = state in {InvitationState.PENDING, InvitationState.CONFIRMED}
        seconds = rules.second(held, by.id, row.invited_by, row.person_id)
        shown.append(
            Shown(
                row=row,
                state=state,
                item=items.get((row.sitting_id, row.item_number), ""),
                expert=_expert(people[row.person_id], papers.get(row.person_id)),
                invited_by=people[row.invited_by].name,
                confirmed_by=people[row.confirmed_by].name if row.confirmed_by else "",
                ended_by=people[row.ended_by].name if row.ended_by else "",
                in_hand=in_hand.get(row.sitting_id) == row.item_number,
                may_confirm=state is InvitationState.PENDING and seconds is True,
                may_end=stands and rules.may_confirm(held),
            )
        )
    return shown


async def _people(db: Reading | Writing, rows: Iterable[Invitation]) -> dict[UUID, Person]:
    named = {
        key
        for row in rows
        for key in (row.person_id, row.invited_by, row.confirmed_by, row.ended_by)
        if key is not None
    }
    return {
        each.id: each for each in await db.exec(select(Person).where(col(Person.id).in_(named)))
    }


async def _papers(
    db: Reading | Writing, meeting_id: UUID, people: Iterable[UUID]
) -> dict[UUID, tuple[Registration, Entity | None]]:
    query = (
        select(Registration, Entity)
        .join(Entity, col(Entity.id) == Registration.entity_id, isouter=True)
        .where(
            Registration.meeting_id == meeting_id,
            col(Registration.person_id).in_(people),
            col(Registration.state).in_(LIVE),
        )
    )
    return {row.person_id: (row, entity) for row, entity in await db.exec(query)}


def _expert(person: Person, papers: tuple[Registration, Entity | None] | None) -> Named:
    """By the registration, where there is one; the address is what was verified of them."""
    if papers is None:
        return Named(person.name, person.affiliation, "", person.email)
    row, entity = papers
    return Named(row.name, _body(row, entity), row.reference, person.email)


def _body(row: Registration, entity: Entity | None) -> str:
    """The outer join gives no entity to a stakeholder."""
    return row.organization if entity is None else entity.name


async def _items(db: Reading | Writing, meeting_id: UUID) -> dict[tuple[UUID, int], str]:
    query = select(AgendaItem).where(AgendaItem.meeting_id == meeting_id)
    return {(each.sitting_id, each.number): each.title for each in await db.exec(query)}


async def _in_hand(db: Reading | Writing, meeting_id: UUID) -> dict[UUID, int | None]:
    query = select(Sitting.id, Sitting.item_number).where(Sitting.meeting_id == meeting_id)
    return dict((await db.exec(query)).all())


async def mine(
    db: Reading | Writing, person: Person | None, sitting: Sitting, now: datetime
) -> Invited | None:
    """What someone may know of an invitation of theirs: once it is confirmed, and until it ends.

    One for the item in hand comes before others, then the one that ends last.
    """
    if person is None:
        return None
    query = select(Invitation).where(
        Invitation.sitting_id == sitting.id,
        Invitation.person_id == person.id,
        col(Invitation.confirmed_at).is_not(None),
        col(Invitation.ended_at).is_(None),
        Invitation.expires_at > now,
    )
    found = [
        Invited(row.item_number, row.expires_at, row.item_number == sitting.item_number)
        for row in await db.exec(query)
    ]
    return max(found, key=lambda each: (each.in_hand, each.until), default=None)


# What an expert may see: the item, from the moment it was taken up.


async def taken(
    db: Reading | Writing, sitting: Sitting, epoch: int, at: int | None = None
) -> tuple[int, datetime]:
    """Position and time of the newest taking of an item in a sitting's room, up to a position."""
    channel = str(Channel(sitting.id, "room", epoch))
    query = (
        select(News.position, News.at)
        .where(News.channel == channel, News.kind == "item-taken")
        .order_by(col(News.position).desc())
    )
    if at is not None:
        query = query.where(News.position <= at)
    found = (await db.exec(query.limit(1))).first()
    return found or (0, sitting.opened_at or sitting.starts_at)


async def picture(db: Reading | Writing, sitting: Sitting, entry: Decision) -> Floor:
    """The floor for someone whom this decision lets in: to an expert, of the item in hand only."""
    seen = await floor.picture(db, sitting)
    if not rules.by_invitation(entry):
        return seen
    return rules.since(seen, await _taken_at(db, sitting))


async def log(
    db: Reading | Writing, sitting: Sitting, reads: Decision, now: datetime
) -> list[Logged]:
    """The speeches for someone who may read them: to an expert, those of the item in hand."""
    spoken = await floor.log(db, sitting, now)
    since = await begins(db, sitting, reads)
    return [each for each in spoken if since is None or each.given_at >= since]


async def begins(db: Reading | Writing, sitting: Sitting, reads: Decision) -> datetime | None:
    """From when on someone may read: an expert from the taking of the item, others the whole."""
    return await _taken_at(db, sitting) if rules.by_invitation(reads) else None


async def _taken_at(db: Reading | Writing, sitting: Sitting) -> datetime:
    meeting = await load(db, Meeting, sitting.meeting_id)
    _, at = await taken(db, sitting, meeting.epoch)
    return at
