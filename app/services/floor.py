"""The floor's verbs: request, withdraw, give, start, pause, end, announce, and undo."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlmodel import col, func, select

from app import journal
from app.database import Reading, Writing
from app.errors import Refused
from app.journal import Channel
from app.models import (
    Announcement,
    Entity,
    FloorAction,
    FloorRequest,
    Intervention,
    Meeting,
    Person,
    Sitting,
)
from app.policy import floor as rules
from app.policy.access import Right
from app.policy.access import decide as rule
from app.policy.floor import (
    Announced,
    AnnouncementRetracted,
    Event,
    Floor,
    FloorGiven,
    FloorReason,
    FloorRequested,
    ListClosed,
    ListOpened,
    Logged,
    Notice,
    Request,
    RequestKind,
    RequestRemoved,
    RequestReturned,
    RequestState,
    RequestWithdrawn,
    Speaker,
    Speech,
    SpeechEnded,
    SpeechPaused,
    SpeechRestored,
    SpeechResumed,
    SpeechStarted,
    TimeSet,
)
from app.policy.people import Capacity, Category, Standing
from app.policy.refusal import No
from app.policy.registration import RegistrationState
from app.protocol.news import SPEAKER, SPEECH
from app.services import access


@dataclass(frozen=True, slots=True)
class Turn:
    """One wish being granted: the sitting is held, so nothing moves meanwhile."""

    db: Writing
    meeting: Meeting
    sitting: Sitting
    by: Person
    now: datetime
    wish: UUID | None = None

    @property
    def channel(self) -> Channel:
        return Channel(self.sitting.id, "room", self.meeting.epoch)

    async def say(self, event: Event) -> None:
        await journal.write(self.db, self.channel, event, by=self.by.id, wish=self.wish)


async def picture(db: Reading | Writing, sitting: Sitting) -> Floor:
    """The floor as the tables have it now: what a snapshot holds."""
    waiting = [shown(row) for row in await _requests(db, sitting, RequestState.WAITING)]
    notices = select(Announcement).where(
        Announcement.sitting_id == sitting.id, col(Announcement.retracted_at).is_(None)
    )
    return Floor(
        state=sitting.state,
        list_open=sitting.list_opened_at is not None,
        seconds_each=sitting.seconds_each,
        waiting=rules.in_order(tuple(waiting)),
        speaking=await speaking(db, sitting),
        notices=tuple(
            Notice(each.number, each.text, each.at)
            for each in await db.exec(notices.order_by(col(Announcement.number)))
        ),
    )


async def speaking(db: Reading | Writing, sitting: Sitting) -> Speech | None:
    """The speech that has the floor now, if any."""
    for row in await _requests(db, sitting, RequestState.SPEAKING):
        return _speech(row, await _intervention(db, row))
    return None


async def log(db: Reading | Writing, sitting: Sitting, now: datetime) -> list[Logged]:
    """Every speech of a sitting in the order in which the floor was given; one may still run."""
    query = (
        select(FloorRequest, Intervention)
        .join(Intervention, col(Intervention.request_id) == col(FloorRequest.id))
        .where(Intervention.sitting_id == sitting.id)
        .order_by(col(Intervention.given_at), col(FloorRequest.number))
    )
    return [
        Logged(
            request=shown(row),
            given_at=facts.given_at,
            started_at=facts.started_at,
            ended_at=facts.ended_at,
            seconds=_speech(row, facts).spoken(now),
        )
        for row, facts in await db.exec(query)
    ]


async def own(db: Reading | Writing, sitting: Sitting, person: Person) -> FloorRequest | None:
    """Someone's live request in a sitting: the one that speaks before the ones that wait."""
    query = (
        select(FloorRequest)
        .where(
            FloorRequest.sitting_id == sitting.id,
            FloorRequest.person_id == person.id,
            col(FloorRequest.state).in_([RequestState.WAITING, RequestState.SPEAKING]),
        )
        .order_by(col(FloorRequest.state), col(FloorRequest.number))
    )
    mine = (await db.exec(query)).all()
    # What speaks comes first, then what the list would take first: a point of order.
    return min(mine, key=_turn, default=None)


async def own_numbers(db: Reading | Writing, sitting: Sitting, person: Person) -> set[int]:
    """The numbers of all of someone's live requests: a point of order may wait beside another."""
    query = select(FloorRequest.number).where(
        FloorRequest.sitting_id == sitting.id,
        FloorRequest.person_id == person.id,
        col(FloorRequest.state).in_([RequestState.WAITING, RequestState.SPEAKING]),
    )
    return set(await db.exec(query))


def _turn(row: FloorRequest) -> tuple[bool, tuple[int, int]]:
    return row.state is not RequestState.SPEAKING, rules.place(shown(row))


def shown(row: FloorRequest) -> Request:
    """A request as everyone in the room may see it."""
    return Request(
        row.number, row.kind, SPEAKER.validate_python(row.speaker), row.asked_at, row.topic
    )


async def request(turn: Turn, kind: RequestKind, topic: str) -> int:
    """Put a person in the list of speakers; their number, by which the order can be proven."""
    right = Right.RAISE_POINT_OF_ORDER if kind is RequestKind.POINT_OF_ORDER else Right.SPEAK
    stands = await _standing(turn)
    entry = rule(access.edition(turn.meeting), stands, turn.sitting.part, right)
    if not entry:
        raise Refused(entry)
    floor = await picture(turn.db, turn.sitting)
    _or_refuse(rules.may_request(floor, kind, await _own_state(turn, kind)))
    shown_as = await speaker_of(turn.db, turn.meeting, turn.by, stands)
    row = FloorRequest(
        sitting_id=turn.sitting.id,
        number=await _next(turn, FloorRequest),
        person_id=turn.by.id,
        kind=kind,
        topic=topic,
        speaker=SPEAKER.dump_python(shown_as, mode="json"),
        asked_at=turn.now,
    )
    turn.db.add(row)
    await turn.say(FloorRequested(shown(row)))
    return row.number


async def _standing(turn: Turn) -> Standing:
    """Whether the sitting takes wishes is the floor's own question, asked with better words."""
    return access.once_open(
        await access.standing(turn.db, turn.by, turn.sitting, turn.meeting, turn.now)
    )


async def speaker_of(
    db: Reading | Writing, meeting: Meeting, person: Person, stands: Standing
) -> Speaker:
    """Name, body and role of a person in a meeting (SG 6)."""
    found = await access.registration_of(db, person, meeting.id)
    if found is None or found.state is not RegistrationState.APPROVED:
        # Those in service speak without a registration; a claim that does not stand is no body.
        unclaimed = Category.STAKEHOLDER, stands.remote
        return Speaker(person.name, person.affiliation, Capacity.INDIVIDUAL, *unclaimed)
    entity = await db.get(Entity, found.entity_id) if found.entity_id else None
    return Speaker(
        found.name,
        entity.name if entity else found.organization,
        found.capacity,
        stands.category,
        stands.remote,
    )


async def withdraw(turn: Turn) -> int:
    """Leave the list; only what waits can be withdrawn, and not from a list that is kept."""
    _or_refuse(rules.may_wish(turn.sitting.state))
    waiting = [await _waiting_of(turn, turn.by.id, kind) for kind in RequestKind]
    row = min(filter(None, waiting), key=lambda each: each.number, default=None)
    if row is None:
        raise Refused(No(FloorReason.NOT_WAITING))
    row.state = RequestState.WITHDRAWN
    await turn.say(RequestWithdrawn(row.number))
    return row.number


async def open_list(turn: Turn) -> None:
    await _steers(turn)
    if turn.sitting.list_opened_at is not None:
        raise Refused(No(FloorReason.ALREADY_SO))
    turn.sitting.list_opened_at = turn.now
    await _note(turn, "list-opened")
    await turn.say(ListOpened())


async def close_list(turn: Turn) -> None:
    await _steers(turn)
    if turn.sitting.list_opened_at is None:
        raise Refused(No(FloorReason.ALREADY_SO))
    turn.sitting.list_opened_at = None
    await _note(turn, "list-closed")
    await turn.say(ListClosed())


async def set_time(turn: Turn, seconds: int) -> None:
    """What each speech may take from now on, the one that runs included."""
    await _steers(turn)
    before = turn.sitting.seconds_each
    if seconds == before:
        raise Refused(No(FloorReason.ALREADY_SO))
    turn.sitting.seconds_each = seconds
    await _note(turn, "time-set", before={"seconds": before})
    await turn.say(TimeSet(seconds))


async def give(turn: Turn, number: int | None) -> int:
    """Give the floor to a request, or to whoever is next; whoever had it has finished."""
    await _steers(turn)
    row = await _to_be_given(turn, number)
    before = await speaking(turn.db, turn.sitting)
    if before is not None:
        await _finish(turn, before)
    row.state = RequestState.SPEAKING
    turn.db.add(Intervention(sitting_id=turn.sitting.id, request_id=row.id, given_at=turn.now))
    await _note(turn, "floor-given", row.number, before=_kept(before, turn.now))
    await turn.say(FloorGiven(row.number, turn.now))
    return row.number


async def remove(turn: Turn, number: int) -> int:
    """The chair takes a request off the list."""
    await _steers(turn)
    row = await _numbered(turn, number)
    if row.state is not RequestState.WAITING:
        raise Refused(No(FloorReason.NOT_WAITING))
    row.state = RequestState.REMOVED
    await _note(turn, "request-removed", number)
    await turn.say(RequestRemoved(number))
    return number


async def start(turn: Turn) -> None:
    """Start the clock of the speech that has the floor."""
    await _steers(turn)
    speech, row = await _current(turn)
    if speech.started_at is not None:
        raise Refused(No(FloorReason.ALREADY_SO))
    row.started_at = row.running_since = turn.now
    await _note(turn, "speech-started", speech.request.number, before=_kept(speech, turn.now))
    await turn.say(SpeechStarted(turn.now))


async def pause(turn: Turn) -> None:
    """Stop the clock; what was spoken so far is kept in seconds."""
    await _steers(turn)
    speech, row = await _current(turn)
    if speech.running_since is None:
        raise Refused(No(FloorReason.ALREADY_SO))
    row.spoken_before, row.running_since = speech.spoken(turn.now), None
    await _note(turn, "speech-paused", speech.request.number, before=_kept(speech, None))
    await turn.say(SpeechPaused(row.spoken_before))


async def stop_clock(turn: Turn) -> None:
    """Where nobody may speak any more no clock runs on; what was spoken so far is kept."""
    speech = await speaking(turn.db, turn.sitting)
    if speech is None or speech.running_since is None:
        return
    _, row = await _current(turn)
    row.spoken_before, row.running_since = speech.spoken(turn.now), None
    await turn.say(SpeechPaused(row.spoken_before))


async def resume(turn: Turn) -> None:
    await _steers(turn)
    speech, row = await _current(turn)
    if speech.started_at is None or speech.running_since is not None:
        raise Refused(No(FloorReason.ALREADY_SO))
    row.running_since = turn.now
    await _note(turn, "speech-resumed", speech.request.number, before=_kept(speech, None))
    await turn.say(SpeechResumed(turn.now))


async def end(turn: Turn) -> int:
    """The speech is over: said by the chair, or by the speaker."""
    mine = await own(turn.db, turn.sitting, turn.by)
    its_own = mine is not None and mine.state is RequestState.SPEAKING
    if its_own:
        _or_refuse(rules.may_wish(turn.sitting.state))
    else:
        await _steers(turn)  # before it is looked whether anybody speaks: that too is content
    speech, _ = await _current(turn)
    if not its_own:
        await _note(turn, "speech-ended", speech.request.number, before=_kept(speech, turn.now))
    await _finish(turn, speech)
    await turn.say(SpeechEnded())
    return speech.request.number


async def announce(turn: Turn, text: str) -> int:
    """The chair tells the room something in writing."""
    held = await access.functions(turn.db, turn.by, turn.meeting.id)
    if not rules.may_preside(held):
        raise Refused(No(FloorReason.NOT_THE_CHAIR))
    _or_refuse(rules.may_wish(turn.sitting.state))
    number = await _next(turn, Announcement)
    turn.db.add(
        Announcement(
            sitting_id=turn.sitting.id, number=number, text=text, by_id=turn.by.id, at=turn.now
        )
    )
    await _note(turn, "announced", number)
    await turn.say(Announced(Notice(number, text, turn.now)))
    return number


async def undo(turn: Turn) -> int:
    """Take back the newest console action, unless what it did has been overtaken."""
    await _steers(turn)
    query = (
        select(FloorAction)
        .where(FloorAction.sitting_id == turn.sitting.id, col(FloorAction.undone_at).is_(None))
        .order_by(col(FloorAction.number).desc())
    )
    action = (await turn.db.exec(query)).first()
    if action is None:
        raise Refused(No(FloorReason.NOTHING_TO_UNDO))
    events = await _undone(turn, action)
    action.undone_at = turn.now
    for event in events:
        await turn.say(event)
    return action.subject


async def _undone(turn: Turn, action: FloorAction) -> list[Event]:
    match action.kind:
        case "list-opened":
            turn.sitting.list_opened_at = None
            return [ListClosed()]
        case "list-closed":
            turn.sitting.list_opened_at = turn.now
            return [ListOpened()]
        case "time-set":
            turn.sitting.seconds_each = action.before["seconds"]
            return [TimeSet(turn.sitting.seconds_each)]
        case "request-removed":
            return [await _returned(turn, action, RequestState.REMOVED)]
        case "floor-given":
            return await _taken_back(turn, action)
        case "announced":
            return [await _retracted(turn, action)]
        case "speech-ended":
            if await speaking(turn.db, turn.sitting) is not None:
                raise Refused(No(FloorReason.TOO_LATE_TO_UNDO))
            return [await _restored(turn, action)]
        case _:
            current = await speaking(turn.db, turn.sitting)
            if current is None or current.request.number != action.subject:
                raise Refused(No(FloorReason.TOO_LATE_TO_UNDO))
            return [await _restored(turn, action)]


async def _returned(turn: Turn, action: FloorAction, from_state: RequestState) -> Event:
    row = await _numbered(turn, action.subject)
    waits = await _waiting_of(turn, row.person_id, row.kind)
    if row.state is not from_state or waits is not None:
        raise Refused(No(FloorReason.TOO_LATE_TO_UNDO))
    row.state = RequestState.WAITING
    return RequestReturned(shown(row))


async def _taken_back(turn: Turn, action: FloorAction) -> list[Event]:
    row = await _numbered(turn, action.subject)
    back = await _returned(turn, action, RequestState.SPEAKING)
    await turn.db.delete(await _intervention(turn.db, row))
    await turn.db.flush()
    return [await _restored(turn, action), back]


async def _restored(turn: Turn, action: FloorAction) -> Event:
    """Bring the speech of before back, as it stood; paused where its clock had run."""
    speech = SPEECH.validate_python(action.before.get("speech"))
    if speech is None:
        return SpeechRestored(None)
    row = await _numbered(turn, speech.request.number)
    row.state = RequestState.SPEAKING
    facts = await _intervention(turn.db, row)
    facts.started_at, facts.running_since = speech.started_at, speech.running_since
    facts.spoken_before, facts.ended_at = speech.spoken_before, None
    return SpeechRestored(speech)


async def _retracted(turn: Turn, action: FloorAction) -> Event:
    query = select(Announcement).where(
        Announcement.sitting_id == turn.sitting.id, Announcement.number == action.subject
    )
    (await turn.db.exec(query)).one().retracted_at = turn.now
    return AnnouncementRetracted(action.subject)


def _kept(speech: Speech | None, stopped: datetime | None) -> dict[str, Any]:
    """A speech as an undo would bring it back; ``stopped`` pauses a clock that ran until then.

    The time between an action and its undo is nobody's speaking time.
    """
    if speech is not None and stopped is not None and speech.running_since is not None:
        speech = replace(speech, spoken_before=speech.spoken(stopped), running_since=None)
    return {"speech": SPEECH.dump_python(speech, mode="json")}


async def _steers(turn: Turn) -> None:
    held = await access.functions(turn.db, turn.by, turn.meeting.id)
    if not rules.may_steer(held):
        raise Refused(No(FloorReason.NOT_THE_CHAIR))
    _or_refuse(rules.may_wish(turn.sitting.state))


def _or_refuse(answer: Literal[True] | No) -> None:
    if isinstance(answer, No):
        raise Refused(answer)


async def _own_state(turn: Turn, kind: RequestKind) -> RequestState | None:
    """Someone who waits may still raise a point of order, once."""
    row = await own(turn.db, turn.sitting, turn.by)
    if row is not None and row.state is RequestState.SPEAKING:
        return RequestState.SPEAKING
    waits = await _waiting_of(turn, turn.by.id, kind)
    return waits.state if waits else None


async def _waiting_of(turn: Turn, person_id: UUID, kind: RequestKind) -> FloorRequest | None:
    query = select(FloorRequest).where(
        FloorRequest.sitting_id == turn.sitting.id,
        FloorRequest.person_id == person_id,
        FloorRequest.kind == kind,
        FloorRequest.state == RequestState.WAITING,
    )
    return (await turn.db.exec(query)).first()


async def _to_be_given(turn: Turn, number: int | None) -> FloorRequest:
    if number is None:
        waiting = (await picture(turn.db, turn.sitting)).waiting
        if not waiting:
            raise Refused(No(FloorReason.NOBODY_WAITS))
        number = waiting[0].number
    row = await _numbered(turn, number)
    if row.state is not RequestState.WAITING:
        raise Refused(No(FloorReason.NOT_WAITING))
    return row


async def _numbered(turn: Turn, number: int) -> FloorRequest:
    query = select(FloorRequest).where(
        FloorRequest.sitting_id == turn.sitting.id, FloorRequest.number == number
    )
    row = (await turn.db.exec(query)).first()
    if row is None:
        raise Refused(No(FloorReason.NOT_WAITING))
    return row


async def _current(turn: Turn) -> tuple[Speech, Intervention]:
    for row in await _requests(turn.db, turn.sitting, RequestState.SPEAKING):
        facts = await _intervention(turn.db, row)
        return _speech(row, facts), facts
    raise Refused(No(FloorReason.NOBODY_SPEAKS))


async def _finish(turn: Turn, speech: Speech) -> None:
    row = await _numbered(turn, speech.request.number)
    facts = await _intervention(turn.db, row)
    facts.spoken_before, facts.running_since = speech.spoken(turn.now), None
    facts.ended_at, row.state = turn.now, RequestState.DONE


async def _requests(
    db: Reading | Writing, sitting: Sitting, state: RequestState
) -> list[FloorRequest]:
    query = select(FloorRequest).where(
        FloorRequest.sitting_id == sitting.id, FloorRequest.state == state
    )
    return list(await db.exec(query.order_by(col(FloorRequest.number))))


async def _intervention(db: Reading | Writing, row: FloorRequest) -> Intervention:
    query = select(Intervention).where(Intervention.request_id == row.id)
    return (await db.exec(query)).one()


def _speech(row: FloorRequest, facts: Intervention) -> Speech:
    return Speech(
        shown(row), facts.given_at, facts.started_at, facts.running_since, facts.spoken_before
    )


async def _next(
    turn: Turn, table: type[FloorRequest] | type[Announcement] | type[FloorAction]
) -> int:
    query = select(func.max(table.number)).where(table.sitting_id == turn.sitting.id)
    return ((await turn.db.exec(query)).one() or 0) + 1


async def _note(
    turn: Turn, kind: str, subject: int = 0, *, before: dict[str, Any] | None = None
) -> None:
    turn.db.add(
        FloorAction(
            sitting_id=turn.sitting.id,
            number=await _next(turn, FloorAction),
            kind=kind,
            subject=subject,
            before=before or {},
            by_id=turn.by.id,
            at=turn.now,
        )
    )
