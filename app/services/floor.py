"""The floor's verbs: request, withdraw, give, start, pause, end, announce, and undo."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlmodel import col, func, select

from app import journal
from app.database import Reading, Writing, ring
from app.errors import Refused
from app.journal import Channel
from app.models import (
    AgendaItem,
    Announcement,
    CaptionSwitch,
    Entity,
    FloorAction,
    FloorRequest,
    Intervention,
    Meeting,
    Person,
    ShowOfHands,
    Sitting,
    SpeechCorrection,
)
from app.policy import floor as rules
from app.policy.balance import Heard, spoken_by, spoken_for
from app.policy.decision import Denied
from app.policy.floor import (
    Announced,
    Correction,
    Event,
    Floor,
    FloorGiven,
    FloorReason,
    Item,
    ItemTaken,
    Kept,
    ListClosed,
    ListOpened,
    Logged,
    Notice,
    Per,
    Request,
    RequestKind,
    RequestState,
    Speaker,
    Speech,
    SpeechEnded,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    TimeSet,
)
from app.policy.hands import Show
from app.policy.people import Capacity, Category, Standing
from app.policy.refusal import No
from app.policy.registration import RegistrationState
from app.protocol.news import COUNTS, SPEAKER, SPEECH, ConsoleEvent
from app.services import access, written
from app.services.agenda import titled


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
        await journal.write(
            self.db, self.channel, event, by=self.by.id, wish=self.wish, at=self.now
        )

    async def tell_console(self, event: ConsoleEvent) -> None:
        """Say something to those only who follow the console."""
        channel = Channel(self.sitting.id, "console", self.meeting.epoch)
        await journal.write(self.db, channel, event, by=self.by.id, wish=self.wish)


def ring_seat(turn: Turn, person_id: UUID, note: str) -> None:
    """Only a bell for one person here: what it is about is asked for, and decided anew."""
    ring(turn.db, f"seat:{turn.sitting.id}:{person_id}:{note}")


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
        seconds_person=sitting.seconds_person,
        seconds_body=sitting.seconds_body,
        waiting=tuple(waiting),
        speaking=await speaking(db, sitting),
        notices=tuple(
            Notice(each.number, each.text, each.at)
            for each in await db.exec(notices.order_by(col(Announcement.number)))
        ),
        item=await item(db, sitting, sitting.item_number),
        newest_first=tuple(map(RequestKind, sitting.newest_first)),
        hands=await hands(db, sitting),
        captions=await captioned(db, sitting),
        chat=await written.chat(db, sitting),
        statements=await written.statements(db, sitting),
        kept=await _kept(db, sitting),
    )


async def _kept(db: Reading | Writing, sitting: Sitting) -> Kept:
    """What an undo may bring back, in the order in which it left."""
    if not (sitting.kept_requests or sitting.kept_speeches):
        return Kept()
    query = (
        select(FloorRequest, Intervention)
        .join(Intervention, col(Intervention.request_id) == col(FloorRequest.id), isouter=True)
        .where(
            FloorRequest.sitting_id == sitting.id,
            col(FloorRequest.number).in_({*sitting.kept_requests, *sitting.kept_speeches}),
        )
    )
    rows = {row.number: (shown(row), facts) for row, facts in await db.exec(query)}
    requests = [rows[number][0] for number in sitting.kept_requests]
    speeches = [_over(*rows[number]) for number in sitting.kept_speeches]
    return Kept(tuple(requests), tuple(speeches))


def _over(request: Request, facts: Intervention) -> Speech:
    """A speech without its clock."""
    by_person, by_body = facts.by_person, facts.by_body
    return Speech(request, facts.given_at, by_person=by_person, by_body=by_body)


async def captioned(db: Reading | Writing, sitting: Sitting) -> tuple[str, ...]:
    """The languages in which there are captions now."""
    query = select(CaptionSwitch.language).where(
        CaptionSwitch.sitting_id == sitting.id, col(CaptionSwitch.stopped_at).is_(None)
    )
    return tuple(sorted(await db.exec(query)))


async def item(db: Reading | Writing, sitting: Sitting, number: int | None) -> Item | None:
    """The item of that number on the sitting's agenda."""
    if number is None:
        return None
    query = select(AgendaItem).where(
        AgendaItem.sitting_id == sitting.id,
        AgendaItem.number == number,
        col(AgendaItem.withdrawn_at).is_(None),
    )
    found = (await db.exec(query)).first()
    return None if found is None else Item(found.number, titled(found))


async def hands(db: Reading | Writing, sitting: Sitting) -> Show | None:
    """The newest show of hands that was not taken back, if any."""
    query = (
        select(ShowOfHands)
        .where(ShowOfHands.sitting_id == sitting.id, col(ShowOfHands.taken_back_at).is_(None))
        .order_by(col(ShowOfHands.number).desc())
    )
    row = (await db.exec(query.limit(1))).first()
    return None if row is None else asked(row)


def asked(row: ShowOfHands) -> Show:
    """A show of hands as everyone in the room may see it."""
    counts = None if row.counts is None else COUNTS.validate_python(row.counts)
    return Show(row.number, row.question, tuple(row.choices), row.asked_at, counts)


async def speaking(db: Reading | Writing, sitting: Sitting) -> Speech | None:
    """The speech that has the floor now, if any."""
    for row in await _requests(db, sitting, RequestState.SPEAKING):
        return _speech(row, await intervention(db, row))
    return None


async def log(db: Reading | Writing, sitting: Sitting, now: datetime) -> list[Logged]:
    """Every speech of a sitting in the order in which the floor was given, as corrected since."""
    query = (
        select(FloorRequest, Intervention)
        .join(Intervention, col(Intervention.request_id) == col(FloorRequest.id))
        .where(Intervention.sitting_id == sitting.id)
        .order_by(col(Intervention.given_at), col(FloorRequest.number))
    )
    found = (await db.exec(query)).all()
    corrected = await _corrections(db, sitting)
    return [_logged(row, facts, corrected.get(facts.id, ()), now) for row, facts in found]


async def _corrections(
    db: Reading | Writing, sitting: Sitting
) -> Mapping[UUID, tuple[tuple[SpeechCorrection, str], ...]]:
    """The corrections of each speech, the oldest first, each with the name of who made it."""
    query = (
        select(SpeechCorrection, Person.name)
        .join(Intervention, col(Intervention.id) == col(SpeechCorrection.intervention_id))
        .join(Person, col(Person.id) == col(SpeechCorrection.by_id))
        .where(Intervention.sitting_id == sitting.id)
        .order_by(col(SpeechCorrection.at))
    )
    found: dict[UUID, tuple[tuple[SpeechCorrection, str], ...]] = {}
    for each, by in await db.exec(query):
        found[each.intervention_id] = (*found.get(each.intervention_id, ()), (each, by))
    return found


def _logged(
    row: FloorRequest,
    facts: Intervention,
    corrections: Iterable[tuple[SpeechCorrection, str]],
    now: datetime,
) -> Logged:
    changed: dict[str, Any] = {}
    told = []
    for each, by in corrections:
        changed |= each.changed
        was = {name: str(value) for name, value in each.was.items()}
        told.append(Correction(each.at, by, each.why, was))
    request = shown(row)
    named = {name: changed[name] for name in ("name", "entity") if name in changed}
    return Logged(
        request=replace(
            request,
            speaker=replace(request.speaker, **named),
            topic=changed.get("topic", request.topic),
        ),
        given_at=facts.given_at,
        started_at=facts.started_at,
        ended_at=facts.ended_at,
        seconds=changed.get("seconds", _speech(row, facts).spoken(now)),
        item=facts.item_number,
        struck=changed.get("struck", False),
        corrections=tuple(told),
    )


async def own(db: Reading | Writing, sitting: Sitting, person: Person) -> FloorRequest | None:
    """Someone's live request in a sitting: the one that speaks before the ones that wait."""
    return (await owned(db, sitting, [person.id])).get(person.id)


async def owned(
    db: Reading | Writing, sitting: Sitting, people: Collection[UUID]
) -> dict[UUID, FloorRequest]:
    """The same of many people, in as many queries as for one."""
    query = (
        select(FloorRequest)
        .where(
            FloorRequest.sitting_id == sitting.id,
            col(FloorRequest.person_id).in_(people),
            col(FloorRequest.state).in_([RequestState.WAITING, RequestState.SPEAKING]),
        )
        .order_by(col(FloorRequest.rank))
    )
    found: dict[UUID, list[FloorRequest]] = {}
    for row in await db.exec(query):
        assert row.person_id  # noqa: S101 - only those were asked for
        found.setdefault(row.person_id, []).append(row)
    in_hand = await item(db, sitting, sitting.item_number) if found else None
    # What speaks comes first, then what the list would take first.
    return {key: min(rows, key=lambda row: _turn(row, in_hand)) for key, rows in found.items()}


def _turn(row: FloorRequest, in_hand: Item | None) -> tuple[bool, bool]:
    listed = rules.is_listed(shown(row), in_hand)
    return row.state is not RequestState.SPEAKING, not listed


async def own_numbers(db: Reading | Writing, sitting: Sitting, person: Person) -> set[int]:
    """The numbers of all of someone's live requests: a point of order may wait beside another."""
    query = select(FloorRequest.number).where(
        FloorRequest.sitting_id == sitting.id,
        FloorRequest.person_id == person.id,
        col(FloorRequest.state).in_([RequestState.WAITING, RequestState.SPEAKING]),
    )
    return set(await db.exec(query))


def shown(row: FloorRequest) -> Request:
    """A request as everyone in the room may see it."""
    return Request(
        row.number,
        row.kind,
        SPEAKER.validate_python(row.speaker),
        row.asked_at,
        row.topic,
        row.item_number,
        row.stance,
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


async def open_list(turn: Turn) -> None:
    await steers(turn)
    if turn.sitting.list_opened_at is not None:
        raise Refused(No(FloorReason.ALREADY_SO))
    turn.sitting.list_opened_at = turn.now
    await note(turn, "list-opened")
    await turn.say(ListOpened())


async def close_list(turn: Turn) -> None:
    await steers(turn)
    if turn.sitting.list_opened_at is None:
        raise Refused(No(FloorReason.ALREADY_SO))
    turn.sitting.list_opened_at = None
    await note(turn, "list-closed")
    await turn.say(ListClosed())


LIMITS: Final[Mapping[Per, str]] = {
    Per.SPEECH: "seconds_each",
    Per.PERSON: "seconds_person",
    Per.BODY: "seconds_body",
}


async def set_time(turn: Turn, seconds: int | None, per: Per) -> None:
    """What a speech, a person or a body may take from now on, the speech that runs included."""
    await steers(turn)
    before = getattr(turn.sitting, LIMITS[per])
    if seconds == before:
        raise Refused(No(FloorReason.ALREADY_SO))
    setattr(turn.sitting, LIMITS[per], seconds)
    await note(turn, "time-set", before={"seconds": before, "per": per})
    await turn.say(TimeSet(seconds, per))


async def take_item(turn: Turn, number: int | None) -> None:
    """Take up an item of this sitting's agenda; what the room does from now on belongs to it."""
    await steers(turn)
    before = turn.sitting.item_number
    if number == before:
        raise Refused(No(FloorReason.ALREADY_SO))
    taken = await item(turn.db, turn.sitting, number)
    if taken is None and number is not None:
        raise Refused(No(FloorReason.NO_SUCH_ITEM))
    turn.sitting.item_number = number
    await note(turn, "item-taken", before={"number": before})
    ring(turn.db, f"item:{turn.sitting.id}")  # whoever is invited for one item is asked again
    await turn.say(ItemTaken(taken))


async def give(turn: Turn, number: int | None) -> int:
    """Give the floor to a request, or to whoever is next; whoever had it has finished."""
    await steers(turn)
    row = await _to_be_given(turn, number)
    before = await speaking(turn.db, turn.sitting)
    if before is not None:
        await finish(turn, before)
    row.state = RequestState.SPEAKING
    (_, by_person), (_, by_body) = await _had_before(turn, row)
    turn.db.add(
        Intervention(
            sitting_id=turn.sitting.id,
            request_id=row.id,
            item_number=turn.sitting.item_number,
            given_at=turn.now,
            by_person=by_person,
            by_body=by_body,
        )
    )
    await note(turn, "floor-given", row.number, before=kept(before, turn.now))
    await turn.say(FloorGiven(row.number, turn.now, by_person, by_body))
    return row.number


async def _had_before(turn: Turn, row: FloorRequest) -> tuple[tuple[int, float], tuple[int, float]]:
    """How often and how long this person, and this body, have spoken in this sitting."""
    heard = [
        Heard(each.request.speaker, each.seconds)
        for each in await log(turn.db, turn.sitting, turn.now)
        if not each.struck
    ]
    speaker = shown(row).speaker
    return spoken_by(heard, speaker), spoken_for(heard, speaker)


async def start(turn: Turn) -> None:
    """Start the clock of the speech that has the floor."""
    await steers(turn)
    speech, row = await current_speech(turn)
    if speech.started_at is not None:
        raise Refused(No(FloorReason.ALREADY_SO))
    row.started_at = row.running_since = turn.now
    await note(turn, "speech-started", speech.request.number, before=kept(speech, turn.now))
    await turn.say(SpeechStarted(turn.now))


async def pause(turn: Turn) -> None:
    """Stop the clock; what was spoken so far is kept in seconds."""
    await steers(turn)
    speech, row = await current_speech(turn)
    if speech.running_since is None:
        raise Refused(No(FloorReason.ALREADY_SO))
    row.spoken_before, row.running_since = speech.spoken(turn.now), None
    await note(turn, "speech-paused", speech.request.number, before=kept(speech, None))
    await turn.say(SpeechPaused(row.spoken_before))


async def stop_clock(turn: Turn) -> None:
    """Where nobody may speak any more no clock runs on; what was spoken so far is kept."""
    speech = await speaking(turn.db, turn.sitting)
    if speech is None or speech.running_since is None:
        return
    _, row = await current_speech(turn)
    row.spoken_before, row.running_since = speech.spoken(turn.now), None
    await turn.say(SpeechPaused(row.spoken_before))


async def resume(turn: Turn) -> None:
    await steers(turn)
    speech, row = await current_speech(turn)
    if speech.started_at is None or speech.running_since is not None:
        raise Refused(No(FloorReason.ALREADY_SO))
    row.running_since = turn.now
    await note(turn, "speech-resumed", speech.request.number, before=kept(speech, None))
    await turn.say(SpeechResumed(turn.now))


async def end(turn: Turn) -> int:
    """The speech is over: said by the chair, or by the speaker."""
    mine = await own(turn.db, turn.sitting, turn.by)
    its_own = mine is not None and mine.state is RequestState.SPEAKING
    if its_own:
        or_refuse(rules.may_wish(turn.sitting.state))
    else:
        await steers(turn)  # before it is looked whether anybody speaks: that too is content
    speech, _ = await current_speech(turn)
    if not its_own:
        await note(turn, "speech-ended", speech.request.number, before=kept(speech, turn.now))
    await finish(turn, speech)
    await turn.say(SpeechEnded())
    return speech.request.number


async def announce(turn: Turn, text: str) -> int:
    """The chair tells the room something in writing."""
    held = await access.functions(turn.db, turn.by, turn.meeting.id)
    if not rules.may_preside(held):
        raise Refused(No(FloorReason.NOT_THE_CHAIR))
    or_refuse(rules.may_wish(turn.sitting.state))
    number = await next_number(turn, Announcement)
    turn.db.add(
        Announcement(
            sitting_id=turn.sitting.id, number=number, text=text, by_id=turn.by.id, at=turn.now
        )
    )
    await note(turn, "announced", number)
    await turn.say(Announced(Notice(number, text, turn.now)))
    return number


def kept(speech: Speech | None, stopped: datetime | None) -> dict[str, Any]:
    """A speech as an undo would bring it back; ``stopped`` pauses a clock that ran until then.

    The time between an action and its undo is nobody's speaking time.
    """
    if speech is not None and stopped is not None and speech.running_since is not None:
        speech = replace(speech, spoken_before=speech.spoken(stopped), running_since=None)
    return {"speech": SPEECH.dump_python(speech, mode="json")}


async def steers(turn: Turn) -> None:
    held = await access.functions(turn.db, turn.by, turn.meeting.id)
    if not rules.may_steer(held):
        raise Refused(No(FloorReason.NOT_THE_CHAIR))
    or_refuse(rules.may_wish(turn.sitting.state))


def or_refuse(answer: Literal[True] | No | Denied) -> None:
    if isinstance(answer, No | Denied):
        raise Refused(answer)


async def requests(turn: Turn) -> list[FloorRequest]:
    """Everything that waits, in the order of the list."""
    return await _requests(turn.db, turn.sitting, RequestState.WAITING)


async def _to_be_given(turn: Turn, number: int | None) -> FloorRequest:
    if number is None:
        waiting = (await picture(turn.db, turn.sitting)).listed
        if not waiting:
            raise Refused(No(FloorReason.NOBODY_WAITS))
        number = waiting[0].number
    row = await numbered(turn, number)
    if row.state is not RequestState.WAITING:
        raise Refused(No(FloorReason.NOT_WAITING))
    return row


async def numbered(turn: Turn, number: int) -> FloorRequest:
    query = select(FloorRequest).where(
        FloorRequest.sitting_id == turn.sitting.id, FloorRequest.number == number
    )
    row = (await turn.db.exec(query)).first()
    if row is None:
        raise Refused(No(FloorReason.NOT_WAITING))
    return row


async def current_speech(turn: Turn) -> tuple[Speech, Intervention]:
    for row in await _requests(turn.db, turn.sitting, RequestState.SPEAKING):
        facts = await intervention(turn.db, row)
        return _speech(row, facts), facts
    raise Refused(No(FloorReason.NOBODY_SPEAKS))


def keep_nothing(sitting: Sitting) -> None:
    """Of a sitting that is closed nothing is brought back."""
    sitting.kept_requests, sitting.kept_speeches = [], []


async def finish(turn: Turn, speech: Speech) -> None:
    row = await numbered(turn, speech.request.number)
    facts = await intervention(turn.db, row)
    facts.spoken_before, facts.running_since = speech.spoken(turn.now), None
    facts.ended_at, row.state = turn.now, RequestState.DONE
    turn.sitting.kept_speeches = list(rules.keep(tuple(turn.sitting.kept_speeches), row.number))


async def _requests(
    db: Reading | Writing, sitting: Sitting, state: RequestState
) -> list[FloorRequest]:
    query = select(FloorRequest).where(
        FloorRequest.sitting_id == sitting.id, FloorRequest.state == state
    )
    return list(await db.exec(query.order_by(col(FloorRequest.rank), col(FloorRequest.number))))


async def intervention(db: Reading | Writing, row: FloorRequest) -> Intervention:
    query = select(Intervention).where(Intervention.request_id == row.id)
    return (await db.exec(query)).one()


def _speech(row: FloorRequest, facts: Intervention) -> Speech:
    return Speech(
        shown(row),
        facts.given_at,
        facts.started_at,
        facts.running_since,
        facts.spoken_before,
        facts.by_person,
        facts.by_body,
    )


async def next_number(
    turn: Turn, table: type[FloorRequest] | type[Announcement] | type[FloorAction]
) -> int:
    query = select(func.max(table.number)).where(table.sitting_id == turn.sitting.id)
    return ((await turn.db.exec(query)).one() or 0) + 1


async def note(
    turn: Turn, kind: str, subject: int = 0, *, before: dict[str, Any] | None = None
) -> None:
    turn.db.add(
        FloorAction(
            sitting_id=turn.sitting.id,
            number=await next_number(turn, FloorAction),
            kind=kind,
            subject=subject,
            before=before or {},
            by_id=turn.by.id,
            at=turn.now,
        )
    )
