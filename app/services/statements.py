"""Written statements: handed in once, kept as written, read out, withdrawn, put on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import col, select

from app.database import Reading, Writing, hold, load
from app.errors import Conflict, Malformed, NotFound, Refused
from app.models import FloorAction, Meeting, Person, Sitting, Statement
from app.policy import statement as rules
from app.policy.access import Right
from app.policy.access import decide as rule
from app.policy.floor import Event, FloorReason, may_follow, may_preside, may_wish
from app.policy.people import Speaker
from app.policy.refusal import No
from app.policy.statement import (
    Source,
    StatementFiled,
    StatementMoved,
    StatementReason,
    StatementRecorded,
    StatementState,
    StatementUnrecorded,
)
from app.policy.text import TextFault, fault
from app.protocol.news import SPEAKER
from app.services import access, floor, written
from app.services.floor import Turn


@dataclass(frozen=True, slots=True)
class NewStatement:
    """What is handed in; the item is the one in hand where none is named."""

    client_id: UUID
    text: str
    item: int | None = None
    source: Source = Source.TYPED
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What its author keeps, and the console lists: everything but the text."""

    number: int
    client_id: UUID
    speaker: Speaker
    item: int | None
    characters: int
    sha256: str
    source: Source
    file_name: str
    state: StatementState
    filed_at: datetime
    withdrawn_at: datetime | None
    read_out_at: datetime | None
    recorded_at: datetime | None


@dataclass(frozen=True, slots=True)
class Whole:
    """A statement with its text, exactly as it came."""

    receipt: Receipt
    text: str


async def file(
    db: Writing, sitting_id: UUID, new: NewStatement, *, by: Person, now: datetime
) -> Receipt:
    """Hand a statement in; the same id with the same text gets the same receipt, and no second."""
    await hold(db, Person, by.id)  # of one id handed in twice at once, one is second
    sitting = await hold(db, Sitting, sitting_id)
    if (before := await _handed_in(db, by, new.client_id)) is not None:
        return _again(before, sitting, new)
    meeting = await load(db, Meeting, sitting.meeting_id)
    turn = Turn(db, meeting, sitting, by, now)
    stands = await access.standing(db, by, sitting, meeting, now)
    speaks = rule(access.edition(meeting), stands, sitting.part, Right.SPEAK)
    floor.or_refuse(True if speaks else speaks)
    if not rules.may_file(sitting.state):
        floor.or_refuse(may_wish(sitting.state))
    _readable(new)
    row = await _row(turn, new, await floor.speaker_of(db, meeting, by, stands))
    db.add(row)
    await turn.tell_console(StatementFiled(row.number))
    return receipt(row)


async def _handed_in(db: Writing, by: Person, client_id: UUID) -> Statement | None:
    query = select(Statement).where(Statement.person_id == by.id, Statement.client_id == client_id)
    return (await db.exec(query)).first()


def _again(before: Statement, sitting: Sitting, new: NewStatement) -> Receipt:
    if (before.sitting_id, before.sha256) != (sitting.id, rules.digest(new.text)):
        raise Conflict(FloorReason.SEVERAL_MEANINGS)
    return receipt(before)


def _readable(new: NewStatement) -> None:
    """Markup is text like any other; what nobody can see is refused, and never taken out."""
    found = fault(new.text, rules.LONGEST, required=True, lines=True)
    if found is TextFault.MARKUP:
        found = None if new.text.strip() else TextFault.MISSING
    if found is not None:
        raise Malformed(text=found)
    if named := fault(new.file_name, _LONGEST_NAME):
        raise Malformed(file_name=named)


_LONGEST_NAME = 120


async def _row(turn: Turn, new: NewStatement, speaker: Speaker) -> Statement:
    return Statement(
        sitting_id=turn.sitting.id,
        number=await written.newest_number(turn.db, Statement, turn.sitting) + 1,
        person_id=turn.by.id,
        client_id=new.client_id,
        item_number=await _item(turn, new.item),
        speaker=SPEAKER.dump_python(speaker, mode="json"),
        text=new.text,
        characters=len(new.text),
        sha256=rules.digest(new.text),
        source=new.source,
        file_name=new.file_name,
        filed_at=turn.now,
    )


async def _item(turn: Turn, number: int | None) -> int | None:
    if number is None:
        return turn.sitting.item_number
    if await floor.item(turn.db, turn.sitting, number) is None:
        raise Refused(No(FloorReason.NO_SUCH_ITEM))
    return number


def receipt(row: Statement) -> Receipt:
    return Receipt(
        number=row.number,
        client_id=row.client_id,
        speaker=SPEAKER.validate_python(row.speaker),
        item=row.item_number,
        characters=row.characters,
        sha256=row.sha256,
        source=row.source,
        file_name=row.file_name,
        state=state(row),
        filed_at=row.filed_at,
        withdrawn_at=row.withdrawn_at,
        read_out_at=row.read_out_at,
        recorded_at=row.recorded_at,
    )


def state(row: Statement) -> StatementState:
    return rules.state_of(
        withdrawn=row.withdrawn_at is not None,
        read_out=row.read_out_at is not None,
        recorded=row.recorded_at is not None,
    )


async def withdraw(turn: Turn, number: int) -> int:
    """Its author takes it back, while nobody has heard it; nobody else can read it from then on."""
    row = await _numbered(turn, number)
    if row is None or row.person_id != turn.by.id:
        raise Refused(No(StatementReason.NO_SUCH_STATEMENT))
    floor.or_refuse(rules.may_withdraw(state(row)))
    row.withdrawn_at = turn.now
    await turn.tell_console(StatementMoved(number, state(row)))
    return number


async def read_out(turn: Turn, number: int) -> int:
    """Note that it was read out for its author."""
    await floor.steers(turn)
    row = await _there(turn, number)
    floor.or_refuse(rules.may_read_out(state(row)))
    row.read_out_at, row.read_out_by_id = turn.now, turn.by.id
    await floor.note(turn, "statement-read-out", number)
    await _moved(turn, row)
    return number


async def put_on_record(turn: Turn, number: int) -> int:
    """The chair puts it on record as written: whoever may read the part may read it."""
    held = await access.functions(turn.db, turn.by, turn.meeting.id)
    if not may_preside(held):
        raise Refused(No(FloorReason.NOT_THE_CHAIR))
    floor.or_refuse(may_wish(turn.sitting.state))
    row = await _there(turn, number)
    floor.or_refuse(rules.may_record(state(row)))
    row.recorded_at, row.recorded_by_id = turn.now, turn.by.id
    await floor.note(turn, "statement-recorded", number)
    await _moved(turn, row)
    await turn.say(StatementRecorded.of(written.on_record(row, turn.now)))
    return number


async def _moved(turn: Turn, row: Statement) -> None:
    """The console and the author's seat are told; the rest they ask for."""
    await turn.tell_console(StatementMoved(row.number, state(row)))
    floor.ring_seat(turn, row.person_id, "statement")


async def _unread(turn: Turn, action: FloorAction) -> list[Event]:
    row = await _there(turn, action.subject)
    if row.recorded_at is not None:
        raise Refused(No(FloorReason.TOO_LATE_TO_UNDO))
    row.read_out_at, row.read_out_by_id = None, None
    await _moved(turn, row)
    return []


async def _unrecorded(turn: Turn, action: FloorAction) -> list[Event]:
    row = await _there(turn, action.subject)
    row.recorded_at, row.recorded_by_id = None, None
    await _moved(turn, row)
    return [StatementUnrecorded(row.number)]


UNDONE: Final = {"statement-read-out": _unread, "statement-recorded": _unrecorded}


# What may be read.


async def on_record(
    db: Reading, sitting: Sitting, person: Person | None, now: datetime
) -> Sequence[Whole]:
    """The statements on record, whole, for whoever may read the part."""
    await access.or_refuse(db, person, sitting, Right.READ, now)
    return await record(db, sitting)


async def record(db: Reading | Writing, sitting: Sitting) -> list[Whole]:
    """The statements on record, in the order in which they were put there."""
    query = (
        select(Statement)
        .where(Statement.sitting_id == sitting.id, col(Statement.recorded_at).is_not(None))
        .order_by(col(Statement.recorded_at), col(Statement.number))
    )
    return [Whole(receipt(row), row.text) for row in await db.exec(query)]


async def mine(db: Reading, sitting: Sitting, person: Person, now: datetime) -> list[Receipt]:
    """One's own, whatever became of them; in a members' part only while one may read it."""
    await access.or_refuse(db, person, sitting, Right.READ, now)
    query = select(Statement).where(
        Statement.sitting_id == sitting.id, Statement.person_id == person.id
    )
    return [receipt(row) for row in await db.exec(query.order_by(col(Statement.number)))]


async def filed(db: Reading, sitting: Sitting, person: Person) -> list[Receipt]:
    """Every statement of the sitting without its text, for those who follow the console."""
    await access.follows(db, person, sitting)
    query = select(Statement).where(Statement.sitting_id == sitting.id)
    return [receipt(row) for row in await db.exec(query.order_by(col(Statement.number)))]


async def opened(
    db: Reading, sitting: Sitting, number: int, person: Person | None, now: datetime
) -> Whole:
    """One with its text: on record for its readers, else for its author and the console.

    What was withdrawn is its author's alone; to everyone else there is no such statement.
    """
    await access.or_refuse(db, person, sitting, Right.READ, now)
    query = select(Statement).where(Statement.sitting_id == sitting.id, Statement.number == number)
    row = (await db.exec(query)).first()
    if row is None or not await _may_open(db, sitting, row, person):
        raise NotFound
    return Whole(receipt(row), row.text)


async def _may_open(db: Reading, sitting: Sitting, row: Statement, person: Person | None) -> bool:
    if row.recorded_at is not None:
        return True
    if person is None:
        return False
    if row.person_id == person.id:
        return True
    held = await access.functions(db, person, sitting.meeting_id)
    return row.withdrawn_at is None and may_follow(held)


async def _numbered(turn: Turn, number: int) -> Statement | None:
    query = select(Statement).where(
        Statement.sitting_id == turn.sitting.id, Statement.number == number
    )
    return (await turn.db.exec(query)).first()


async def _there(turn: Turn, number: int) -> Statement:
    row = await _numbered(turn, number)
    if row is None:
        raise Refused(No(StatementReason.NO_SUCH_STATEMENT))
    return row
