"""Chat's verbs: write to all, tell the moderator and be answered, remove, mute, pause, and undo."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import col, select

from app import journal
from app.database import Reading, Writing
from app.errors import Refused
from app.journal import Channel
from app.models import Aside, ChatMessage, ChatMute, FloorAction, Person, Sitting
from app.policy import chat as rules
from app.policy.access import Right
from app.policy.access import decide as rule
from app.policy.chat import (
    AsideTold,
    ChatClosed,
    ChatMuted,
    ChatOpened,
    ChatReason,
    ChatRestored,
    ChatRetracted,
    ChatSaid,
    ChatUnmuted,
    Message,
)
from app.policy.floor import Event, FloorReason, may_wish
from app.policy.people import Speaker
from app.policy.refusal import No
from app.policy.sitting import SittingState
from app.protocol.news import SPEAKER
from app.services import access, floor, written
from app.services.floor import Turn


@dataclass(frozen=True, slots=True)
class Told:
    """An aside as its two sides see it; the speaker is the participant's, whoever wrote it."""

    number: int
    speaker: Speaker
    text: str
    at: datetime
    answers: int | None


@dataclass(frozen=True, slots=True)
class Mute:
    number: int
    speaker: Speaker
    at: datetime


@dataclass(frozen=True, slots=True)
class Mine:
    """What concerns one person only."""

    muted: bool
    asides: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A message as a record keeps it: what was removed is named, with the reason, not repeated."""

    message: Message
    retracted_at: datetime | None
    retracted_why: str


async def say(turn: Turn, text: str) -> int:
    """Write to all in the room; the number of the message."""
    floor.or_refuse(may_wish(turn.sitting.state))
    stands = access.once_open(
        await access.standing(turn.db, turn.by, turn.sitting, turn.meeting, turn.now)
    )
    speaks = rule(access.edition(turn.meeting), stands, turn.sitting.part, Right.SPEAK)
    paused = turn.sitting.chat_paused_at is not None
    muted = await _mute_of(turn.db, turn.sitting, turn.by.id) is not None
    floor.or_refuse(rules.may_chat(speaks, paused=paused, muted=muted))
    shown_as = await floor.speaker_of(turn.db, turn.meeting, turn.by, stands)
    row = ChatMessage(
        sitting_id=turn.sitting.id,
        number=await written.newest_number(turn.db, ChatMessage, turn.sitting) + 1,
        person_id=turn.by.id,
        speaker=SPEAKER.dump_python(shown_as, mode="json"),
        text=text,
        at=turn.now,
        epoch=turn.meeting.epoch,
    )
    turn.db.add(row)
    row.position = await _say(turn, ChatSaid.of(written.message(row)))
    return row.number


async def _say(turn: Turn, event: Event) -> int:
    """The position at which the room is told; a message that is removed later is blotted there."""
    at, wish = turn.now, turn.wish
    return await journal.write(turn.db, turn.channel, event, by=turn.by.id, wish=wish, at=at)


async def tell(turn: Turn, text: str) -> int:
    """Tell the moderator something; the room does not hear it."""
    if turn.sitting.state is not SittingState.SCHEDULED:  # before, one asks whether one is heard
        floor.or_refuse(may_wish(turn.sitting.state))
    stands = await access.standing(turn.db, turn.by, turn.sitting, turn.meeting, turn.now)
    attends = rule(access.edition(turn.meeting), stands, turn.sitting.part, Right.ATTEND)
    floor.or_refuse(rules.may_tell_moderator(attends))
    shown_as = await floor.speaker_of(turn.db, turn.meeting, turn.by, stands)
    kept = SPEAKER.dump_python(shown_as, mode="json")
    return await _aside(turn, turn.by.id, kept, text)


async def answer(turn: Turn, number: int, text: str) -> int:
    """Answer whoever wrote an aside: it reaches that person, and nobody else."""
    await floor.steers(turn)
    query = select(Aside).where(Aside.sitting_id == turn.sitting.id, Aside.number == number)
    asked = (await turn.db.exec(query)).first()
    if asked is None:
        raise Refused(No(ChatReason.NO_SUCH_MESSAGE))
    told = await _aside(turn, asked.person_id, asked.speaker, text, answers=number)
    floor.ring_seat(turn, asked.person_id, "chat")
    return told


async def _aside(
    turn: Turn,
    person_id: UUID,
    speaker: dict[str, object],
    text: str,
    *,
    answers: int | None = None,
) -> int:
    number = await written.newest_number(turn.db, Aside, turn.sitting) + 1
    turn.db.add(
        Aside(
            sitting_id=turn.sitting.id,
            number=number,
            person_id=person_id,
            by_id=turn.by.id,
            speaker=speaker,
            text=text,
            answers=answers,
            at=turn.now,
        )
    )
    await turn.tell_console(AsideTold(number))
    return number


async def retract(turn: Turn, number: int, why: str) -> int:
    """Remove a message from everyone's sight; the table keeps it, with who removed it and why."""
    await floor.steers(turn)
    row = await _message(turn, number)
    if row.retracted_at is not None:
        raise Refused(No(FloorReason.ALREADY_SO))
    row.retracted_at, row.retracted_by_id, row.retracted_why = turn.now, turn.by.id, why
    said_on = Channel(turn.sitting.id, "room", row.epoch)
    blotted = written.message(row)
    said = (ChatSaid.of(blotted), ChatRestored(number, blotted.text))
    await journal.blot(turn.db, said_on, row.position, said)
    await floor.note(turn, "chat-retracted", number)
    await turn.say(ChatRetracted(number))
    return number


async def pause(turn: Turn) -> None:
    """Take no more messages to all; the moderator can be told things all the same."""
    await floor.steers(turn)
    if turn.sitting.chat_paused_at is not None:
        raise Refused(No(FloorReason.ALREADY_SO))
    turn.sitting.chat_paused_at = turn.now
    await floor.note(turn, "chat-closed")
    await turn.say(ChatClosed())


async def resume(turn: Turn) -> None:
    await floor.steers(turn)
    if turn.sitting.chat_paused_at is None:
        raise Refused(No(FloorReason.ALREADY_SO))
    turn.sitting.chat_paused_at = None
    await floor.note(turn, "chat-opened")
    await turn.say(ChatOpened())


async def mute(turn: Turn, number: int) -> int:
    """Take no more messages to all from whoever wrote this one; the number of the mute."""
    await floor.steers(turn)
    row = await _message(turn, number)
    if await _mute_of(turn.db, turn.sitting, row.person_id) is not None:
        raise Refused(No(FloorReason.ALREADY_SO))
    muted = ChatMute(
        sitting_id=turn.sitting.id,
        number=await written.newest_number(turn.db, ChatMute, turn.sitting) + 1,
        person_id=row.person_id,
        speaker=row.speaker,
        by_id=turn.by.id,
        at=turn.now,
    )
    turn.db.add(muted)
    await floor.note(turn, "chat-muted", muted.number)
    await _tell_muted(turn, muted, ChatMuted(muted.number))
    return muted.number


async def unmute(turn: Turn, number: int) -> int:
    await floor.steers(turn)
    muted = await _mute(turn, number)
    if muted.lifted_at is not None:
        raise Refused(No(ChatReason.NOT_MUTED))
    muted.lifted_at, muted.lifted_by_id = turn.now, turn.by.id
    await floor.note(turn, "chat-unmuted", number)
    await _tell_muted(turn, muted, ChatUnmuted(number))
    return number


async def _tell_muted(turn: Turn, muted: ChatMute, event: rules.AsideEvent) -> None:
    await turn.tell_console(event)
    floor.ring_seat(turn, muted.person_id, "chat")


# What the console's undo takes back.


async def _put_back(turn: Turn, action: FloorAction) -> list[Event]:
    row = await _message(turn, action.subject)
    row.retracted_at, row.retracted_by_id, row.retracted_why = None, None, ""
    row.epoch = turn.meeting.epoch
    row.position = await _say(turn, ChatRestored(row.number, row.text))
    return []


async def _opened_again(turn: Turn, _action: FloorAction) -> list[Event]:
    turn.sitting.chat_paused_at = None
    return [ChatOpened()]


async def _paused_again(turn: Turn, _action: FloorAction) -> list[Event]:
    turn.sitting.chat_paused_at = turn.now
    return [ChatClosed()]


async def _lifted(turn: Turn, action: FloorAction) -> list[Event]:
    muted = await _mute(turn, action.subject)
    muted.lifted_at, muted.lifted_by_id = turn.now, turn.by.id
    await _tell_muted(turn, muted, ChatUnmuted(muted.number))
    return []


async def _muted_again(turn: Turn, action: FloorAction) -> list[Event]:
    muted = await _mute(turn, action.subject)
    if await _mute_of(turn.db, turn.sitting, muted.person_id) is not None:
        raise Refused(No(FloorReason.TOO_LATE_TO_UNDO))
    muted.lifted_at, muted.lifted_by_id = None, None
    await _tell_muted(turn, muted, ChatMuted(muted.number))
    return []


UNDONE: Final = {
    "chat-retracted": _put_back,
    "chat-closed": _opened_again,
    "chat-opened": _paused_again,
    "chat-muted": _lifted,
    "chat-unmuted": _muted_again,
}


# What may be read.


async def history(
    db: Reading, sitting: Sitting, person: Person | None, before: int | None, now: datetime
) -> Sequence[Message]:
    """Messages to all, the newest or those before a number, for whoever may read the part.

    Not for those alone who may attend: chat to all is an artefact of its part like the log of
    speeches, and inherits its audience (A18).
    """
    await access.or_refuse(db, person, sitting, Right.READ, now)
    return [written.message(row) for row in await written.messages(db, sitting, before)]


async def mine(db: Reading, sitting: Sitting, person: Person, now: datetime) -> Mine:
    """Whether one's chat is muted, and what one and the moderator told one another.

    The rule is asked anew: nothing of a members' part goes to someone who was of it.
    """
    await access.or_refuse(db, person, sitting, Right.READ, now)
    theirs = await _asides(db, sitting, person_id=person.id)
    return Mine(await _mute_of(db, sitting, person.id) is not None, theirs)


async def asides(
    db: Reading, sitting: Sitting, person: Person, before: int | None = None
) -> tuple[Told, ...]:
    """What the moderator was told and answered, the newest or those before a number."""
    await access.follows(db, person, sitting)
    return await _asides(db, sitting, before=before)


async def mutes(db: Reading, sitting: Sitting, person: Person) -> tuple[Mute, ...]:
    """Whose chat is muted now, for those who follow the console."""
    await access.follows(db, person, sitting)
    query = select(ChatMute).where(
        ChatMute.sitting_id == sitting.id, col(ChatMute.lifted_at).is_(None)
    )
    found = await db.exec(query.order_by(col(ChatMute.number)))
    return tuple(Mute(row.number, SPEAKER.validate_python(row.speaker), row.at) for row in found)


async def record(db: Reading | Writing, sitting: Sitting) -> list[Kept]:
    """Chat to all, whole, for the records of the sitting's part; asides are no record."""
    query = select(ChatMessage).where(ChatMessage.sitting_id == sitting.id)
    return [
        Kept(written.message(row), row.retracted_at, row.retracted_why)
        for row in await db.exec(query.order_by(col(ChatMessage.number)))
    ]


async def _asides(
    db: Reading, sitting: Sitting, *, person_id: UUID | None = None, before: int | None = None
) -> tuple[Told, ...]:
    query = select(Aside).where(Aside.sitting_id == sitting.id)
    if person_id is not None:
        query = query.where(Aside.person_id == person_id)
    if before is not None:
        query = query.where(Aside.number < before)
    found = await db.exec(query.order_by(col(Aside.number).desc()).limit(rules.MOST))
    return tuple(
        Told(row.number, SPEAKER.validate_python(row.speaker), row.text, row.at, row.answers)
        for row in reversed(found.all())
    )


async def _mute_of(db: Reading | Writing, sitting: Sitting, person_id: UUID) -> ChatMute | None:
    query = select(ChatMute).where(
        ChatMute.sitting_id == sitting.id,
        ChatMute.person_id == person_id,
        col(ChatMute.lifted_at).is_(None),
    )
    return (await db.exec(query)).first()


async def _mute(turn: Turn, number: int) -> ChatMute:
    query = select(ChatMute).where(
        ChatMute.sitting_id == turn.sitting.id, ChatMute.number == number
    )
    found = (await turn.db.exec(query)).first()
    if found is None:
        raise Refused(No(ChatReason.NOT_MUTED))
    return found


async def _message(turn: Turn, number: int) -> ChatMessage:
    query = select(ChatMessage).where(
        ChatMessage.sitting_id == turn.sitting.id, ChatMessage.number == number
    )
    row = (await turn.db.exec(query)).first()
    if row is None:
        raise Refused(No(ChatReason.NO_SUCH_MESSAGE))
    return row
