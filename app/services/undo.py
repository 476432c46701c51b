"""Taking back what was done from the console, the newest first, unless it has been overtaken."""

from typing import Final

from sqlmodel import col, select

from app.database import ring
from app.errors import Refused
from app.models import Announcement, FloorAction, FloorRequest
from app.policy.floor import (
    AnnouncementRetracted,
    Event,
    FloorReason,
    ItemTaken,
    ListClosed,
    ListOpened,
    OrderSet,
    Per,
    RequestKind,
    RequestReturned,
    RequestState,
    SpeechRestored,
    Stance,
    StanceSet,
    TimeSet,
)
from app.policy.refusal import No
from app.protocol.news import SPEECH
from app.services import chat, floor, hands, speakers, statements
from app.services.floor import Turn, intervention, item, numbered, speaking, steers


async def last(turn: Turn) -> int:
    """Take back the newest console action, unless what it did has been overtaken."""
    await steers(turn)
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


# How the actions of other subjects are taken back, by their kind.
OTHERS: Final = {**chat.UNDONE, **statements.UNDONE}


async def _undone(turn: Turn, action: FloorAction) -> list[Event]:
    match action.kind:
        case "list-opened":
            turn.sitting.list_opened_at = None
            return [ListClosed()]
        case "list-closed":
            turn.sitting.list_opened_at = turn.now
            return [ListOpened()]
        case "time-set":
            seconds, per = action.before["seconds"], Per(action.before["per"])
            setattr(turn.sitting, floor.LIMITS[per], seconds)
            return [TimeSet(seconds, per)]
        case "item-taken":
            turn.sitting.item_number = action.before["number"]
            ring(turn.db, f"item:{turn.sitting.id}")
            back = await item(turn.db, turn.sitting, turn.sitting.item_number)
            return [ItemTaken(back)]
        case "order-set":
            kind, newest = RequestKind(action.before["kind"]), action.before["newest_first"]
            speakers.order(turn, kind, newest_first=newest)
            return [OrderSet(kind, newest)]
        case "request-removed":
            return [await _listed_again(turn, action)]
        case "request-moved":
            row = await _still_waiting(turn, action.subject)
            return [await speakers.moved(turn, row, action.before["follower"])]
        case "stance-set":
            return [await _sided_again(turn, action)]
        case "speaker-added":
            return [await _unlisted(turn, action)]
        case "speaker-returned":
            return await _not_returned(turn, action)
        case "floor-given":
            return await _taken_back(turn, action)
        case "announced":
            return [await _retracted(turn, action)]
        case "hands-asked":
            return await hands.ask_undone(turn, action)
        case "hands-closed":
            return [await hands.close_undone(turn, action)]
        case "speech-ended":
            if await speaking(turn.db, turn.sitting) is not None:
                raise Refused(No(FloorReason.TOO_LATE_TO_UNDO))
            return [await _restored(turn, action)]
        case kind if kind in OTHERS:
            return await OTHERS[kind](turn, action)
        case _:
            current = await speaking(turn.db, turn.sitting)
            if current is None or current.request.number != action.subject:
                raise Refused(No(FloorReason.TOO_LATE_TO_UNDO))
            return [await _restored(turn, action)]


async def _listed_again(turn: Turn, action: FloorAction) -> Event:
    kept = turn.sitting.kept_requests
    if action.subject not in kept:
        raise Refused(No(FloorReason.TOO_LATE_TO_UNDO))
    back = await _returned(turn, action, RequestState.REMOVED)
    turn.sitting.kept_requests = [each for each in kept if each != action.subject]
    return back


async def _returned(turn: Turn, action: FloorAction, from_state: RequestState) -> Event:
    row = await numbered(turn, action.subject)
    if row.state is not from_state or await speakers.waits_again(turn, row):
        raise Refused(No(FloorReason.TOO_LATE_TO_UNDO))
    ranks = [each.rank for each in await floor.requests(turn)]
    place = sum(each < row.rank for each in ranks)
    row.state = RequestState.WAITING
    if row.rank in ranks:  # else it has its place still, and so have those that come back after it
        await speakers.put(turn, row, place)
    return RequestReturned(row.number, place)


async def _still_waiting(turn: Turn, number: int) -> FloorRequest:
    row = await numbered(turn, number)
    if row.state is not RequestState.WAITING:
        raise Refused(No(FloorReason.TOO_LATE_TO_UNDO))
    return row


async def _sided_again(turn: Turn, action: FloorAction) -> Event:
    row = await numbered(turn, action.subject)
    if row.state not in speakers.LIVE:
        raise Refused(No(FloorReason.TOO_LATE_TO_UNDO))
    before = action.before["stance"]
    row.stance = before and Stance(before)
    return StanceSet(row.number, row.stance)


async def _unlisted(turn: Turn, action: FloorAction) -> Event:
    return speakers.unlisted(turn, await _still_waiting(turn, action.subject))


async def _not_returned(turn: Turn, action: FloorAction) -> list[Event]:
    """Off the list again; the speech that was cut short goes on, unless another has the floor."""
    if await speaking(turn.db, turn.sitting) is not None:
        raise Refused(No(FloorReason.TOO_LATE_TO_UNDO))
    off = await _unlisted(turn, action)
    return [off, await _restored(turn, action)]


async def _taken_back(turn: Turn, action: FloorAction) -> list[Event]:
    row = await numbered(turn, action.subject)
    back = await _returned(turn, action, RequestState.SPEAKING)
    await turn.db.delete(await intervention(turn.db, row))
    await turn.db.flush()
    return [back, await _restored(turn, action)]


async def _restored(turn: Turn, action: FloorAction) -> Event:
    """Bring the speech of before back, as it stood; paused where its clock had run."""
    speech = SPEECH.validate_python(action.before.get("speech"))
    if speech is None:
        return SpeechRestored()
    number = speech.request.number
    row = await numbered(turn, number)
    if row.state is RequestState.DONE:
        _spoken_of(turn, number)
    row.state = RequestState.SPEAKING
    facts = await intervention(turn.db, row)
    facts.started_at, facts.running_since = speech.started_at, speech.running_since
    facts.spoken_before, facts.ended_at = speech.spoken_before, None
    return SpeechRestored(number, speech.started_at, speech.running_since, speech.spoken_before)


def _spoken_of(turn: Turn, number: int) -> None:
    """A speech that was over is kept no more: it goes on."""
    kept = turn.sitting.kept_speeches
    if number not in kept:
        raise Refused(No(FloorReason.TOO_LATE_TO_UNDO))
    turn.sitting.kept_speeches = [each for each in kept if each != number]


async def _retracted(turn: Turn, action: FloorAction) -> Event:
    query = select(Announcement).where(
        Announcement.sitting_id == turn.sitting.id, Announcement.number == action.subject
    )
    (await turn.db.exec(query)).one().retracted_at = turn.now
    return AnnouncementRetracted(action.subject)
