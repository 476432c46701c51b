"""Standing, computed from the records at the moment of asking, and the decision that follows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam
from sqlmodel import col, select

from app import editions
from app.database import Reading, Writing, of_these
from app.errors import Refused
from app.models import (
    AgendaItem,
    Appointment,
    Attending,
    Invitation,
    Meeting,
    Person,
    Registration,
    Sitting,
)
from app.policy.access import Edition, Part, Right
from app.policy.access import decide as rule
from app.policy.decision import Decision
from app.policy.floor import FloorReason, may_follow
from app.policy.people import Category, Function, Standing
from app.policy.refusal import No
from app.policy.registration import Mode, RegistrationState
from app.policy.sitting import admits
from app.policy.view import View
from app.services import entities

ROOM_OPENS_BEFORE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Looking:
    """Someone who looks as another would see it; to all that does not know of it they are nobody.

    ``own`` is who they are; None where their login does not count for what they are.
    """

    own: Person | None
    view: View


Whom: TypeAlias = Person | Looking | None
"""For whom something is shown: a person, someone who looks as another, or nobody known."""


def edition(meeting: Meeting) -> Edition:
    """The rule as the meeting pinned it, whatever became of the file since."""
    return editions.read(meeting.edition_text, meeting.edition_id)


def open_to_all(rule_book: Edition, part: Part) -> bool:
    """Whether everyone who is known may attend this part: what is told in it is told to all."""
    known = (Standing.of(each) for each in Category if each is not Category.PUBLIC)
    return all(rule(rule_book, standing, part, Right.ATTEND) for standing in known)


async def functions(db: Reading | Writing, person: Whom, meeting_id: UUID) -> frozenset[Function]:
    """What someone is appointed to in this meeting now; nobody looks as one with a function."""
    if person is None or isinstance(person, Looking):
        return frozenset()
    query = select(Appointment.function).where(
        Appointment.meeting_id == meeting_id,
        Appointment.person_id == person.id,
        col(Appointment.ended_at).is_(None),
    )
    return frozenset(Function(held) for held in await db.exec(query))


async def is_secretariat(
    db: Reading | Writing, person: Person | None, meeting_id: UUID | None = None
) -> bool:
    """Whether someone is of the secretariat: of that meeting, or of any."""
    if person is None:
        return False
    query = select(Appointment.id).where(
        Appointment.person_id == person.id,
        Appointment.function == Function.SECRETARIAT,
        col(Appointment.ended_at).is_(None),
    )
    if meeting_id is not None:
        query = query.where(Appointment.meeting_id == meeting_id)
    return (await db.exec(query.limit(1))).first() is not None


async def registration_of(
    db: Reading | Writing, person: Person, meeting_id: UUID
) -> Registration | None:
    """Someone's one registration for a meeting, whatever its state."""
    query = select(Registration).where(
        Registration.meeting_id == meeting_id, Registration.person_id == person.id
    )
    return (await db.exec(query)).first()


async def standing(
    db: Reading | Writing, person: Whom, sitting: Sitting, meeting: Meeting, now: datetime
) -> Standing:
    """What a decision looks at; the category is the entity's on the day of the sitting."""
    if isinstance(person, Looking):
        return person.view.standing(await standing(db, person.own, sitting, meeting, now))
    if person is None:
        return Standing(Category.PUBLIC, opened=opened(sitting, now))
    return (await standings(db, [person], sitting, meeting, now))[person.id]


async def standings(
    db: Reading | Writing,
    people: Sequence[Person],
    sitting: Sitting,
    meeting: Meeting,
    now: datetime,
) -> dict[UUID, Standing]:
    """The standing of many people in one sitting, in as many queries as for one."""
    known = {person.id: person for person in people}
    held = await _functions(db, meeting, known)
    found = await _registrations(db, meeting, known)
    remote = await _remote(db, sitting, [each.id for each in found.values()])
    day = sitting.starts_at.astimezone(ZoneInfo(sitting.time_zone)).date()
    bodies = {each.entity_id for each in found.values() if each.entity_id}
    categories = await entities.categories_on(db, bodies, day)
    until = await invited_until(db, sitting, known, now)
    is_open = opened(sitting, now)
    return {
        key: _stands(
            person,
            found.get(key),
            categories,
            functions=held.get(key, frozenset()),
            opened=is_open,
            remote=key in found and found[key].id in remote,
            until=until.get(key),
        )
        for key, person in known.items()
    }


async def standing_at(
    db: Reading | Writing, person: Person, meeting: Meeting, now: datetime
) -> Standing:
    """What a decision looks at outside of any sitting; the category is the entity's today."""
    return await standing_of(db, person, meeting, now)


async def standings_at(
    db: Reading | Writing, people: Sequence[Person], meeting: Meeting, now: datetime
) -> dict[UUID, Standing]:
    """The same of many people, in as many queries as of one."""
    known = {person.id: person for person in people}
    held = await _functions(db, meeting, known)
    found = await _registrations(db, meeting, known)
    bodies = {each.entity_id for each in found.values() if each.entity_id}
    day = now.astimezone(ZoneInfo(meeting.time_zone)).date()
    categories = await entities.categories_on(db, bodies, day)
    return {
        key: _outside(person, found.get(key), categories, held.get(key, frozenset()))
        for key, person in known.items()
    }


def _outside(
    person: Person,
    found: Registration | None,
    categories: Mapping[UUID, tuple[Category | None, bool]],
    functions: frozenset[Function],
) -> Standing:
    """Outside of any sitting: nothing has to open, and a verified address is what it takes."""
    stands = _stands(
        person, found, categories, functions=functions, opened=True, remote=False, until=None
    )
    return replace(stands, identified=person.verified_at is not None)


async def standing_of(
    db: Reading | Writing, person: Whom, meeting: Meeting, now: datetime
) -> Standing:
    """The same for whoever reads: somebody, who looks as another, or nobody known."""
    return (await standings_in(db, person, [meeting], now))[meeting.id]


async def standings_in(
    db: Reading | Writing, person: Whom, meetings: Sequence[Meeting], now: datetime
) -> dict[UUID, Standing]:
    """The same in many meetings, in as many queries as in one."""
    if isinstance(person, Looking):
        own = await standings_in(db, person.own, meetings, now)
        return {key: person.view.standing(each) for key, each in own.items()}
    if person is None:
        return {each.id: Standing(Category.PUBLIC) for each in meetings}
    held = await _functions_in(db, person, meetings)
    found = await _registrations_in(db, person, meetings)
    days = {each.id: now.astimezone(ZoneInfo(each.time_zone)).date() for each in meetings}
    bodies = {each.entity_id for each in found.values() if each.entity_id}
    categories = {day: await entities.categories_on(db, bodies, day) for day in set(days.values())}
    return {
        each.id: _outside(
            person,
            found.get(each.id),
            categories[days[each.id]],
            held.get(each.id, frozenset()),
        )
        for each in meetings
    }


async def _functions_in(
    db: Reading | Writing, person: Person, meetings: Sequence[Meeting]
) -> dict[UUID, frozenset[Function]]:
    query = select(Appointment.meeting_id, Appointment.function).where(
        Appointment.person_id == person.id,
        col(Appointment.meeting_id).in_([each.id for each in meetings]),
        col(Appointment.ended_at).is_(None),
    )
    held: dict[UUID, frozenset[Function]] = {}
    for meeting_id, function in await db.exec(query):
        held[meeting_id] = held.get(meeting_id, frozenset()) | {Function(function)}
    return held


async def _registrations_in(
    db: Reading | Writing, person: Person, meetings: Sequence[Meeting]
) -> dict[UUID, Registration]:
    query = select(Registration).where(
        Registration.person_id == person.id,
        col(Registration.meeting_id).in_([each.id for each in meetings]),
        col(Registration.state).in_(LIVE),
    )
    return {each.meeting_id: each for each in await db.exec(query)}


async def invited_items(db: Reading | Writing, person: Whom, now: datetime) -> frozenset[UUID]:
    """The agenda items in hand for which someone is invited (A10); nobody looks as an expert."""
    if person is None or isinstance(person, Looking):
        return frozenset()
    query = (
        select(AgendaItem.id)
        .join(Invitation, col(Invitation.sitting_id) == col(AgendaItem.sitting_id))
        .join(Sitting, col(Sitting.id) == col(AgendaItem.sitting_id))
        .where(
            Invitation.item_number == AgendaItem.number,
            Sitting.item_number == AgendaItem.number,
            Invitation.person_id == person.id,
            col(Invitation.confirmed_at).is_not(None),
            col(Invitation.ended_at).is_(None),
            Invitation.expires_at > now,
        )
    )
    return frozenset(await db.exec(query))


def _stands(
    person: Person,
    found: Registration | None,
    categories: Mapping[UUID, tuple[Category | None, bool]],
    *,
    functions: frozenset[Function],
    opened: bool,
    remote: bool,
    until: datetime | None,
) -> Standing:
    category, ended = None, False
    if found is not None and found.entity_id is not None:
        category, ended = categories.get(found.entity_id, (None, True))
    return Standing(
        category=category or Category.STAKEHOLDER,
        identified=_identified(person, found),
        registered=found is not None,
        approved=found is not None and found.state is RegistrationState.APPROVED,
        functions=functions,
        invited=until is not None,
        membership_ended=ended,
        opened=opened,
        remote=remote,
        invited_until=until,
    )


def once_open(standing: Standing) -> Standing:
    """The same standing once the part is open: what a fence asks before it opens anything."""
    return replace(standing, opened=True)


LIVE = (RegistrationState.SUBMITTED, RegistrationState.APPROVED)


def opened(sitting: Sitting, now: datetime) -> bool:
    """Whether people may come in now; a members' part is opened by a fence and by no clock (A2)."""
    if sitting.part is Part.SECOND_HALF:
        return sitting.opened_at is not None and sitting.closed_at is None
    return admits(sitting.state, sitting.starts_at, now, ROOM_OPENS_BEFORE)


def _identified(person: Person, found: Registration | None) -> bool:
    """A verified address and a name; a registration adds affiliation and country (A11)."""
    if person.verified_at is None:
        return False
    if found is None:
        return bool(person.name)  # the form asks for the rest
    return bool(found.name and (found.entity_id or (found.organization and found.country)))


async def _functions(
    db: Reading | Writing, meeting: Meeting, people: Mapping[UUID, Person]
) -> dict[UUID, frozenset[Function]]:
    held: dict[UUID, frozenset[Function]] = {}
    asked = {"meeting": meeting.id, "people": list(people)}
    for person_id, function in await db.exec(APPOINTED, params=asked):
        held[person_id] = held.get(person_id, frozenset()) | {Function(function)}
    return held


APPOINTED: Final = select(Appointment.person_id, Appointment.function).where(
    Appointment.meeting_id == bindparam("meeting"),
    col(Appointment.person_id).in_(of_these("people")),
    col(Appointment.ended_at).is_(None),
)


async def _registrations(
    db: Reading | Writing, meeting: Meeting, people: Mapping[UUID, Person]
) -> dict[UUID, Registration]:
    asked = {"meeting": meeting.id, "people": list(people)}
    return {each.person_id: each for each in await db.exec(REGISTERED, params=asked)}


REGISTERED: Final = select(Registration).where(
    Registration.meeting_id == bindparam("meeting"),
    col(Registration.person_id).in_(of_these("people")),
    col(Registration.state).in_(LIVE),
)


async def invited_until(
    db: Reading | Writing, sitting: Sitting, people: Collection[UUID], now: datetime
) -> dict[UUID, datetime]:
    """Who of these is invited for the item in hand, as this row has it, and until when (A10).

    Only what a second person has confirmed, nobody has ended and the clock has not overtaken.
    """
    if sitting.item_number is None:
        return {}
    query = (
        select(Invitation.person_id, Invitation.expires_at)
        .where(
            Invitation.sitting_id == sitting.id,
            Invitation.item_number == sitting.item_number,
            col(Invitation.person_id).in_(people),
            col(Invitation.confirmed_at).is_not(None),
            col(Invitation.ended_at).is_(None),
            Invitation.expires_at > now,
        )
        .order_by(col(Invitation.expires_at))
    )
    return dict((await db.exec(query)).all())


async def _remote(
    db: Reading | Writing, sitting: Sitting, registrations: Sequence[UUID]
) -> frozenset[UUID]:
    query = select(Attending.registration_id).where(
        Attending.sitting_id == sitting.id,
        col(Attending.registration_id).in_(registrations),
        Attending.mode == Mode.REMOTE,
    )
    return frozenset(await db.exec(query))


async def decide(
    db: Reading | Writing,
    person: Whom,
    sitting: Sitting,
    right: Right,
    now: datetime | None = None,
    *,
    by_item: bool = False,
) -> Decision:
    """Whether someone has a right in a sitting, by the edition that its meeting pins.

    ``by_item`` says that the door shows an expert the item in hand only; of any other the answer is
    the one that they would get without an invitation, as it would show them the whole sitting.
    """
    meeting = await _meeting(db, sitting)
    stands = await standing(db, person, sitting, meeting, now or datetime.now(UTC))
    if right is Right.READ and not by_item:
        stands = replace(stands, invited=False)
    return rule(edition(meeting), stands, sitting.part, right)


async def or_refuse(
    db: Reading | Writing, person: Whom, sitting: Sitting, right: Right, now: datetime
) -> None:
    """Refused with the decision where someone has not this right."""
    decision = await decide(db, person, sitting, right, now)
    if not decision:
        raise Refused(decision)


async def follows(db: Reading | Writing, person: Person, sitting: Sitting) -> None:
    """Refused unless someone sees the console: those who steer, and the secretariat."""
    if not may_follow(await functions(db, person, sitting.meeting_id)):
        raise Refused(No(FloorReason.NOT_THE_CHAIR))


async def rights(
    db: Reading | Writing, person: Whom, sitting: Sitting, now: datetime
) -> dict[Right, Decision]:
    """Every right that someone has or lacks in a sitting; their standing is read once."""
    meeting = await _meeting(db, sitting)
    stands = await standing(db, person, sitting, meeting, now)
    return {right: rule(edition(meeting), stands, sitting.part, right) for right in Right}


async def readable(
    db: Reading | Writing, person: Whom, meeting: Meeting, now: datetime
) -> dict[UUID, Decision]:
    """The sittings of which someone may read title and items: those too are content (A18)."""
    found = await db.exec(select(Sitting).where(Sitting.meeting_id == meeting.id))
    decided = {
        each.id: await decide(db, person, each, Right.READ, now, by_item=True) for each in found
    }
    return {key: decision for key, decision in decided.items() if decision}


async def reads_whole(
    db: Reading | Writing, person: Whom, meeting: Meeting, now: datetime
) -> frozenset[UUID]:
    """The sittings of which someone may read all, not one item only as an invited expert does."""
    found = await db.exec(select(Sitting).where(Sitting.meeting_id == meeting.id))
    return frozenset(
        [each.id for each in found.all() if await decide(db, person, each, Right.READ, now)]
    )


async def _meeting(db: Reading | Writing, sitting: Sitting) -> Meeting:
    found = await db.get(Meeting, sitting.meeting_id)
    if found is None:
        raise LookupError(sitting.meeting_id)
    return found
