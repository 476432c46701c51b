"""The list of speakers: ask, withdraw, and what the chair does with it; nothing moves by itself."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select

from app.database import Reading, Writing
from app.errors import Refused
from app.models import Entity, FloorRequest, Intervention, Person, Registration, Sitting
from app.policy import floor as rules
from app.policy.access import Right
from app.policy.access import decide as rule
from app.policy.decision import Decision
from app.policy.floor import (
    FloorReason,
    FloorRequested,
    OrderSet,
    RequestKind,
    RequestMoved,
    RequestRemoved,
    RequestState,
    RequestWithdrawn,
    Speaker,
    SpeechEnded,
    Stance,
    StanceSet,
)
from app.policy.invitation import as_admitted, reads_item
from app.policy.people import Capacity, Category, Standing
from app.policy.refusal import No
from app.policy.registration import RegistrationState
from app.protocol.news import SPEAKER
from app.services import access, entities, floor
from app.services.floor import Turn, note, numbered, or_refuse, shown, steers

RIGHTS = {
    RequestKind.POINT_OF_ORDER: Right.RAISE_POINT_OF_ORDER,
    RequestKind.MOTION: Right.RAISE_POINT_OF_ORDER,
    RequestKind.INTERVENTION: Right.SPEAK,
    RequestKind.RIGHT_OF_REPLY: Right.SPEAK,
}
"""A motion is procedure as a point of order is, and so a member's (A5)."""
LIVE: Final = frozenset({RequestState.WAITING, RequestState.SPEAKING})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request is for."""

    kind: RequestKind
    topic: str = ""
    item: int | None = None
    stance: Stance | None = None


async def request(turn: Turn, asked: Asked) -> int:
    """Put a person in the list of speakers; their number, by which the order can be proven."""
    stands, entry = await _entitled(turn, turn.by, asked.kind)
    or_refuse(rules.may_take_side(asked.kind, asked.stance))
    asked = replace(asked, item=await _item(turn, asked.item, entry))
    seen = await floor.picture(turn.db, turn.sitting)
    own = await _own_state(turn, turn.by.id, asked.kind, asked.item)
    or_refuse(rules.may_request(seen, asked.kind, own))
    shown_as = as_admitted(await floor.speaker_of(turn.db, turn.meeting, turn.by, stands), entry)
    return await _listed(turn, asked, shown_as, person_id=turn.by.id)


async def add(turn: Turn, asked: Asked, *, reference: str, name: str) -> int:
    """Those who steer put someone on the list, whether or not it is open.

    By the reference of a registration, whose holder must have the right; or by name someone in the
    hall without an account ("room microphone 14"), who is shown as not identified.
    """
    await steers(turn)
    or_refuse(rules.may_take_side(asked.kind, asked.stance))
    item = await _item(turn, asked.item)
    asked = replace(asked, item=item)
    if reference:
        person = await _registered(turn, reference)
        stands, entry = await _entitled(turn, person, asked.kind)
        await _item(turn, item, entry)
        if await _own_state(turn, person.id, asked.kind, item):
            raise Refused(No(FloorReason.WAITS_ALREADY))
        shown_as = await floor.speaker_of(turn.db, turn.meeting, person, stands)
        speaker = as_admitted(shown_as, entry)
        number = await _listed(turn, asked, speaker, person_id=person.id)
    else:
        speaker = Speaker(name, "", Capacity.INDIVIDUAL, Category.PUBLIC, remote=False)
        number = await _listed(turn, asked, speaker)
    await note(turn, "speaker-added", number)
    return number


async def _entitled(turn: Turn, person: Person, kind: RequestKind) -> tuple[Standing, Decision]:
    """Whether the sitting takes wishes is the floor's own question, asked with better words."""
    stands = access.once_open(
        await access.standing(turn.db, person, turn.sitting, turn.meeting, turn.now)
    )
    entry = rule(access.edition(turn.meeting), stands, turn.sitting.part, RIGHTS[kind])
    if not entry:
        raise Refused(entry)
    return stands, entry


async def _registered(turn: Turn, reference: str) -> Person:
    query = (
        select(Person)
        .join(Registration, col(Registration.person_id) == col(Person.id))
        .where(
            Registration.meeting_id == turn.meeting.id,
            Registration.reference == reference,
            Registration.state == RegistrationState.APPROVED,
        )
    )
    found = (await turn.db.exec(query)).first()
    if found is None:
        raise Refused(No(FloorReason.NO_SUCH_SPEAKER))
    return found


async def _item(turn: Turn, number: int | None, entry: Decision | None = None) -> int | None:
    """The item that a request is for: the one named, or the one in hand; an expert's is that."""
    if number is None:
        return turn.sitting.item_number
    if entry is not None and not reads_item(entry, number, turn.sitting.item_number):
        raise Refused(No(FloorReason.NO_SUCH_ITEM))
    if await floor.item(turn.db, turn.sitting, number) is None:
        raise Refused(No(FloorReason.NO_SUCH_ITEM))
    return number


async def _own_state(
    turn: Turn, person_id: UUID, kind: RequestKind, item: int | None
) -> RequestState | None:
    """Someone who waits may still raise a point of order, once, and ask for another item."""
    query = select(FloorRequest).where(
        FloorRequest.sitting_id == turn.sitting.id,
        FloorRequest.person_id == person_id,
        col(FloorRequest.state).in_([RequestState.WAITING, RequestState.SPEAKING]),
    )
    live = (await turn.db.exec(query)).all()
    if any(row.state is RequestState.SPEAKING for row in live):
        return RequestState.SPEAKING
    same = (row for row in live if row.kind is kind and _clash(row, kind, item))
    return RequestState.WAITING if any(same) else None


def _clash(row: FloorRequest, kind: RequestKind, item: int | None) -> bool:
    return kind in rules.PROCEDURAL or row.item_number is None or row.item_number == item


async def _listed(
    turn: Turn,
    wanted: Asked,
    speaker: Speaker,
    *,
    person_id: UUID | None = None,
    place: int | None = None,
) -> int:
    """Write a new request at its place, and say so; its number."""
    seen = await floor.picture(turn.db, turn.sitting)
    row = FloorRequest(
        sitting_id=turn.sitting.id,
        number=await floor.next_number(turn, FloorRequest),
        person_id=person_id,
        added_by_id=None if person_id == turn.by.id else turn.by.id,
        kind=wanted.kind,
        topic=wanted.topic,
        item_number=wanted.item,
        stance=wanted.stance,
        speaker=SPEAKER.dump_python(speaker, mode="json"),
        asked_at=turn.now,
    )
    asked = shown(row)
    place = rules.place_of(seen, asked) if place is None else place
    turn.db.add(row)
    await put(turn, row, place)
    last = place == len(seen.waiting)
    await turn.say(FloorRequested.of(asked, None if last else place))
    return row.number


async def put(turn: Turn, row: FloorRequest, place: int) -> None:
    """Rank a request so that it stands at this place; as few others as can be get a new rank."""
    others = [each for each in await floor.requests(turn) if each.number != row.number]
    ahead, behind = others[:place], others[place:]
    rank = ahead[-1].rank + 1 if ahead else (behind[0].rank - 1 if behind else 0)
    row.rank = rank
    for each in behind:
        if each.rank > rank:
            return
        rank += 1
        each.rank = rank


async def withdraw(turn: Turn, number: int | None = None) -> int:
    """Leave the list; only what waits can be withdrawn, and not from a list that is kept."""
    or_refuse(rules.may_wish(turn.sitting.state))
    mine = [
        row
        for row in await floor.requests(turn)
        if row.person_id == turn.by.id and number in {None, row.number}
    ]
    row = min(mine, key=lambda each: each.number, default=None)
    if row is None:
        raise Refused(No(FloorReason.NOT_WAITING))
    row.state = RequestState.WITHDRAWN
    await turn.say(RequestWithdrawn(row.number))
    return row.number


async def remove(turn: Turn, number: int) -> int:
    """The chair takes a request off the list."""
    await steers(turn)
    row = await _waiting(turn, number)
    await note(turn, "request-removed", number)
    await turn.say(unlisted(turn, row))
    return number


def unlisted(turn: Turn, row: FloorRequest) -> RequestRemoved:
    """Off the list, and kept for an undo."""
    row.state = RequestState.REMOVED
    turn.sitting.kept_requests = list(rules.keep(tuple(turn.sitting.kept_requests), row.number))
    return RequestRemoved(row.number)


async def _waiting(turn: Turn, number: int) -> FloorRequest:
    row = await numbered(turn, number)
    if row.state is not RequestState.WAITING:
        raise Refused(No(FloorReason.NOT_WAITING))
    return row


async def move(turn: Turn, number: int, before: int | None) -> int:
    """The chair puts a request before another, or at the end; everyone sees who was moved."""
    await steers(turn)
    row = await _waiting(turn, number)
    if before is not None:
        await _waiting(turn, before)
    follower = await _follower(turn, number)
    if before in {number, follower}:
        raise Refused(No(FloorReason.ALREADY_SO))
    await note(turn, "request-moved", number, before={"follower": follower})
    await turn.say(await moved(turn, row, before))
    return number


async def _follower(turn: Turn, number: int) -> int | None:
    """Whose request stands next behind this one."""
    numbers = [each.number for each in await floor.requests(turn)]
    behind = numbers[numbers.index(number) + 1 :]
    return behind[0] if behind else None


async def moved(turn: Turn, row: FloorRequest, before: int | None) -> RequestMoved:
    """Rank a request before another, or last."""
    numbers = [each.number for each in await floor.requests(turn) if each.number != row.number]
    place = numbers.index(before) if before in numbers else len(numbers)
    await put(turn, row, place)
    return RequestMoved(row.number, place)


async def set_stance(turn: Turn, number: int, stance: Stance | None) -> int:
    """Put right on which side someone is who waits or speaks, or that they are on none."""
    await steers(turn)
    row = await numbered(turn, number)
    if row.state not in LIVE:
        raise Refused(No(FloorReason.NOT_WAITING))
    or_refuse(rules.may_take_side(row.kind, stance))
    if row.stance is stance:
        raise Refused(No(FloorReason.ALREADY_SO))
    await note(turn, "stance-set", number, before={"stance": row.stance})
    row.stance = stance
    await turn.say(StanceSet(number, stance))
    return number


async def set_order(turn: Turn, kind: RequestKind, *, newest_first: bool) -> None:
    """Which of a kind goes first; those who wait already stay where they are."""
    await steers(turn)
    if (kind in turn.sitting.newest_first) is newest_first:
        raise Refused(No(FloorReason.ALREADY_SO))
    order(turn, kind, newest_first=newest_first)
    await note(turn, "order-set", before={"kind": kind, "newest_first": not newest_first})
    await turn.say(OrderSet(kind, newest_first))


def order(turn: Turn, kind: RequestKind, *, newest_first: bool) -> None:
    others = [each for each in turn.sitting.newest_first if each != kind]
    turn.sitting.newest_first = [*others, kind.value] if newest_first else others


async def return_speaker(turn: Turn) -> int:
    """Whoever has the floor, or had it last, is on top of the list again, with a new number."""
    await steers(turn)
    speech = await floor.speaking(turn.db, turn.sitting)
    row = await numbered(turn, speech.request.number) if speech else await _last(turn)
    back = shown(row)
    if await waits_again(turn, row):
        raise Refused(No(FloorReason.WAITS_ALREADY))
    before = floor.kept(speech, turn.now)
    if speech is not None:
        await floor.finish(turn, speech)
        await turn.say(SpeechEnded())
    number = await _listed(
        turn,
        Asked(back.request, back.topic, back.item, back.stance),
        back.speaker,
        person_id=row.person_id,
        place=await _top(turn),
    )
    await note(turn, "speaker-returned", number, before=before)
    return number


async def waits_again(turn: Turn, row: FloorRequest) -> bool:
    """Whether its person has asked for the same again meanwhile; a microphone may ask twice."""
    return row.person_id is not None and any(
        each.person_id == row.person_id
        and each.kind is row.kind
        and _clash(each, row.kind, row.item_number)
        for each in await floor.requests(turn)
    )


async def _top(turn: Turn) -> int:
    """The place before everyone who waits for what is in hand."""
    seen = await floor.picture(turn.db, turn.sitting)
    return seen.waiting.index(seen.listed[0]) if seen.listed else len(seen.waiting)


async def _last(turn: Turn) -> FloorRequest:
    query = (
        select(FloorRequest)
        .join(Intervention, col(Intervention.request_id) == col(FloorRequest.id))
        .where(FloorRequest.sitting_id == turn.sitting.id)
        .order_by(col(Intervention.ended_at).desc())
    )
    found = (await turn.db.exec(query)).first()
    if found is None:
        raise Refused(No(FloorReason.NOBODY_SPOKE))
    return found


async def candidates(
    db: Reading | Writing, sitting: Sitting, part: str, most: int = 8
) -> list[tuple[Registration, str, Category]]:
    """Whom the chair may mean: approved registrations with this in the name or the body's name.

    Each with whom the floor would be given to, and the category on the day of the sitting.
    """
    body = func.coalesce(col(Entity.name), col(Registration.organization))
    query = (
        select(Registration, body)
        .join(Entity, col(Entity.id) == col(Registration.entity_id), isouter=True)
        .where(
            Registration.meeting_id == sitting.meeting_id,
            Registration.state == RegistrationState.APPROVED,
            col(Registration.name).icontains(part, autoescape=True)
            | body.icontains(part, autoescape=True),
        )
        .order_by(body, col(Registration.name))
        .limit(most)
    )
    found = (await db.exec(query)).all()
    day = sitting.starts_at.astimezone(ZoneInfo(sitting.time_zone)).date()
    bodies = {each.entity_id for each, _ in found if each.entity_id}
    categories = await entities.categories_on(db, bodies, day)
    return [(each, *_titled(each, name, categories)) for each, name in found]


def _titled(
    found: Registration, body: str, categories: Mapping[UUID, tuple[Category | None, bool]]
) -> tuple[str, Category]:
    category, _ = categories.get(found.entity_id, (None, False)) if found.entity_id else (None, 0)
    speaker = Speaker(
        found.name, body, found.capacity, category or Category.STAKEHOLDER, remote=False
    )
    return speaker.title, speaker.category
