"""Records: what a sitting leaves when it is closed, section by section, for each audience.

``SECTIONS`` is the one place: a subject that leaves something adds its section there, and is then
in the JSON, in the HTML, in the manifest and in the digest of every package.
"""

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from sqlmodel import col, or_, select

from app import ledger
from app.database import Reading, load
from app.errors import Conflict, NotFound, Refused
from app.i18n import words
from app.models import (
    Certificate,
    Fence,
    FloorRequest,
    LogHead,
    Meeting,
    Sitting,
)
from app.policy import records as rules
from app.policy.agenda import ItemKind
from app.policy.captions import CaptionKind, CaptionSource, as_text, as_vtt
from app.policy.decision import Decision
from app.policy.floor import Correction, Request, RequestKind, Stance
from app.policy.people import Capacity, Category, Speaker
from app.policy.records import Audience, RecordsReason
from app.policy.registration import Mode
from app.policy.sitting import SittingState
from app.services import (
    access,
    agenda,
    attendance,
    captions,
    chat,
    floor,
    hands,
    minutes,
    statements,
)
from app.services.attendance import Attended
from app.services.statements import Whole

Value: TypeAlias = str | int | float | bool | None
Row: TypeAlias = Mapping[str, Value]
Rows: TypeAlias = Callable[[Reading, Sitting, Audience], Awaitable[list[Row]]]
Files: TypeAlias = Callable[[Reading, Sitting, Audience], Awaitable[Mapping[str, bytes]]]


MOST_SHOWS: Final = 10_000  # of hands: all of a sitting


class Form(StrEnum):
    """How a value is shown to people; a program gets it as it is."""

    TEXT = "text"
    TIME = "time"
    NUMBER = "number"
    DURATION = "duration"  # in seconds
    FILE = "file"  # a path within the package
    MARK = "mark"  # the column's own title, where it is so


@dataclass(frozen=True, slots=True)
class Column:
    """A value's name in JSON and its title; ``form`` may be the vocabulary that it is a word of."""

    name: str
    title: str
    form: Form | type[StrEnum] = Form.TEXT


async def _no_files(_db: Reading, _sitting: Sitting, _audience: Audience) -> Mapping[str, bytes]:
    return {}


@dataclass(frozen=True, slots=True)
class Section:
    """What one subject leaves; ``rows`` are JSON values, ``files`` go with them under their paths.

    A row leaves out what its audience may not know; a column in which no row has anything is not
    shown to people.
    """

    name: str
    title: str
    lead: str
    columns: Sequence[Column]
    rows: Rows
    files: Files = _no_files


@dataclass(frozen=True, slots=True)
class Kept:
    """A section with what it holds for one audience."""

    section: Section
    rows: Sequence[Row]
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Records:
    """Everything that a package is made of, read in one view; building it needs no database."""

    audience: Audience
    about: Row
    kept: Sequence[Kept]


async def open_to(
    db: Reading, sitting: Sitting, person: access.Whom, now: datetime
) -> dict[Audience, Decision]:
    """The packages that this sitting leaves, each with whether this person may read it."""
    meeting = await load(db, Meeting, sitting.meeting_id)
    edition = access.edition(meeting)
    stands = await access.standing(db, person, sitting, meeting, now)
    answers = {each: rules.may_read(edition, stands, sitting.part, each) for each in Audience}
    return {each: answer for each, answer in answers.items() if answer is not None}


async def of(
    db: Reading, sitting: Sitting, audience: Audience | None, person: access.Whom, now: datetime
) -> Records:
    """The records for an audience, by default the widest that the sitting has one for.

    Refused to whoever may not read them, and to all while the sitting is not closed.
    """
    decisions = await open_to(db, sitting, person, now)
    audience = audience or next(iter(decisions))
    if audience not in decisions:
        raise NotFound
    if not decisions[audience]:
        raise Refused(decisions[audience])
    if not is_ready(sitting):
        raise Conflict(RecordsReason.NOT_CLOSED)
    return await collect(db, sitting, audience)


@dataclass(frozen=True, slots=True)
class Left:
    """What a sitting leaves, as one person may know it; the decisions are by audience."""

    edition: str
    clause: str
    title: str
    decisions: Mapping[Audience, Decision]
    records: Sequence[Records]


async def left(db: Reading, sitting: Sitting, person: access.Whom, now: datetime) -> Left:
    """Which packages there are, and the records for those that this person may read."""
    meeting = await load(db, Meeting, sitting.meeting_id)
    decisions = await open_to(db, sitting, person, now)
    own = next(iter(decisions))
    theirs = [each for each, answer in decisions.items() if answer and is_ready(sitting)]
    return Left(
        edition=meeting.edition_id,
        clause=rules.clause(access.edition(meeting), sitting.part).label,
        title=sitting.title if decisions[own] else "",
        decisions=decisions,
        records=[await collect(db, sitting, each) for each in theirs],
    )


def is_ready(sitting: Sitting) -> bool:
    return sitting.state is SittingState.CLOSED


async def collect(db: Reading, sitting: Sitting, audience: Audience) -> Records:
    """Everything, section by section; the door has decided who asks."""
    meeting = await load(db, Meeting, sitting.meeting_id)
    kept = [
        Kept(each, await each.rows(db, sitting, audience), await each.files(db, sitting, audience))
        for each in SECTIONS
    ]
    return Records(audience, _about(meeting, sitting), kept)


def _about(meeting: Meeting, sitting: Sitting) -> Row:
    return {
        "meeting": meeting.title,
        "slug": meeting.slug,
        "place": sitting.place or meeting.place,
        "sitting": str(sitting.id),
        "number": sitting.number,
        "part": sitting.part.value,
        "title": sitting.title,
        "time_zone": sitting.time_zone,
        "starts_at": told(sitting.starts_at),
        "ends_at": told(sitting.ends_at),
        "opened_at": told(sitting.opened_at),
        "closed_at": told(sitting.closed_at),
        "edition": meeting.edition_id,
        "edition_digest": meeting.edition_digest,
        "clause": rules.clause(access.edition(meeting), sitting.part).label,
    }


def told(moment: datetime | None) -> str | None:
    """A moment as JSON has it: in UTC, to the millisecond."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# What each section holds


async def _agenda(db: Reading, sitting: Sitting, _audience: Audience) -> list[Row]:
    return [
        {"number": each.number, "title": agenda.titled(each), "kind": each.kind.value}
        for each in await agenda.ever_in(db, sitting, since=sitting.opened_at or sitting.starts_at)
    ]


async def _speeches(db: Reading, sitting: Sitting, _audience: Audience) -> list[Row]:
    return [
        _request(each.request)
        | {
            "item": each.item,
            "given_at": told(each.given_at),
            "started_at": told(each.started_at),
            "ended_at": told(each.ended_at),
            "seconds": round(each.seconds, 1),
            "struck": each.struck,
            "corrections": "\n".join(_correction(one) for one in each.corrections),
        }
        for each in await floor.log(db, sitting, sitting.closed_at or sitting.ends_at)
    ]


def _correction(made: Correction) -> str:
    """Why and by whom, and what stood there before."""
    was = "".join(f"; {name}: {value}" for name, value in sorted(made.was.items()))
    return f"{made.why} ({made.by}, {told(made.at)}{was})"


async def _not_reached(db: Reading, sitting: Sitting, _audience: Audience) -> list[Row]:
    waiting = (await floor.picture(db, sitting)).waiting
    return [_request(each) | {"asked_at": told(each.asked_at)} for each in waiting]


def _request(request: Request) -> dict[str, Value]:
    speaker = request.speaker
    return {
        "number": request.number,
        "kind": request.request.value,
        "name": speaker.name,
        "entity": speaker.entity,
        "capacity": speaker.capacity.value,
        "category": speaker.category.value,
        "mode": (Mode.REMOTE if speaker.remote else Mode.IN_PERSON).value,
        "stance": request.stance and request.stance.value,
        "topic": request.topic,
    }


async def _announcements(db: Reading, sitting: Sitting, _audience: Audience) -> list[Row]:
    notices = (await floor.picture(db, sitting)).notices
    return [{"number": each.number, "at": told(each.at), "text": each.text} for each in notices]


async def _captions(db: Reading, sitting: Sitting, _audience: Audience) -> list[Row]:
    record = await captions.record(db, sitting)
    return [_caption(each) for rows in record.values() for each in rows]


def _caption(row: captions.Row) -> Row:
    return {
        "language": row.language,
        "number": row.number,
        "at": told(row.at),
        "speaker": row.speaker,
        "item": row.item,
        "text": row.text,
        "source": row.source.value,
        "kind": row.kind.value,
        "before": " / ".join(each.text for each in row.before) or None,
    }


async def _caption_files(db: Reading, sitting: Sitting, _audience: Audience) -> Mapping[str, bytes]:
    """As the room had them, to be read beside a recording; of an open part only."""
    meeting = await load(db, Meeting, sitting.meeting_id)
    if not access.open_to_all(access.edition(meeting), sitting.part):
        return {}
    files: dict[str, bytes] = {}
    for language in await captions.written(db, sitting):
        if lines := await captions.lines(db, sitting, language):
            text = as_text(lines, sitting.time_zone, NOT_THE_RECORD, "corrected")
            vtt = as_vtt(lines, sitting.opened_at or sitting.starts_at, NOT_THE_RECORD)
            files[f"captions/{language}.txt"] = text.encode()
            files[f"captions/{language}.vtt"] = vtt.encode()
    return files


async def _decisions(db: Reading, sitting: Sitting, _audience: Audience) -> list[Row]:
    return [
        {
            "number": each.number,
            "item": each.item_number,
            "title": each.item_title,
            "text": each.text,
        }
        for each in await minutes.record(db, sitting)
    ]


async def _hands(db: Reading, sitting: Sitting, _audience: Audience) -> list[Row]:
    """One row for each choice; by category a hand could be somebody's, so it is not told."""
    return [
        {
            "number": past.show.number,
            "at": told(past.show.asked_at),
            "question": past.show.question,
            "choice": choice,
            "hands": number,
        }
        for past in reversed(await hands.log(db, sitting, most=MOST_SHOWS))
        if past.show.counts is not None
        for choice, number in zip(past.show.choices, past.show.counts.by_choice, strict=True)
    ]


async def _chat(db: Reading, sitting: Sitting, _audience: Audience) -> list[Row]:
    """What was written to all; of what was removed, that it was."""
    return [
        {
            "number": each.message.number,
            "at": told(each.message.at),
            **_speaker(each.message.speaker),
            "text": each.message.text or "",
            "removed": each.retracted_at is not None,
        }
        for each in await chat.record(db, sitting)
    ]


async def _statements(db: Reading, sitting: Sitting, _audience: Audience) -> list[Row]:
    return [
        {
            "number": each.receipt.number,
            **_speaker(each.receipt.speaker),
            "item": each.receipt.item,
            "filed_at": told(each.receipt.filed_at),
            "sha256": each.receipt.sha256,
            "file": _statement_file(each),
        }
        for each in await statements.record(db, sitting)
    ]


async def _statement_texts(
    db: Reading, sitting: Sitting, _audience: Audience
) -> Mapping[str, bytes]:
    """Exactly what was handed in: its digest can be checked."""
    found = await statements.record(db, sitting)
    return {_statement_file(each): each.text.encode() for each in found}


def _statement_file(whole: Whole) -> str:
    return f"statements/statement-{whole.receipt.number}.txt"


def _speaker(speaker: Speaker) -> dict[str, Value]:
    return {
        "name": speaker.name,
        "entity": speaker.entity,
        "capacity": speaker.capacity.value,
        "category": speaker.category.value,
        "mode": (Mode.REMOTE if speaker.remote else Mode.IN_PERSON).value,
    }


async def _counts(db: Reading, sitting: Sitting, _audience: Audience) -> list[Row]:
    found = Counter((each.who.category, each.who.mode) for each in await _attended(db, sitting))
    order = [(category, mode) for category in Category for mode in Mode]
    return [
        {"category": category.value, "mode": mode.value, "people": found[category, mode]}
        for category, mode in order
        if found[category, mode]
    ]


async def _participants(db: Reading, sitting: Sitting, audience: Audience) -> list[Row]:
    """The public knows by name whoever spoke to it, and of the others how many they were."""
    found = await _attended(db, sitting)
    if audience is Audience.MEMBERS:
        return [_participant(each) | _times(each) for each in found]
    spoke = await _spoke(db, sitting)
    return [_participant(each) for each in found if each.person_id in spoke]


async def _attended(db: Reading, sitting: Sitting) -> list[Attended]:
    found = await attendance.listed(db, sitting, sitting.closed_at or sitting.ends_at)
    return [each for each in found if each.stretches]


async def _spoke(db: Reading, sitting: Sitting) -> set[UUID | None]:
    """By account; a speech that was struck from the log was none."""
    log = await floor.log(db, sitting, sitting.closed_at or sitting.ends_at)
    numbers = [each.request.number for each in log if each.started_at and not each.struck]
    query = select(FloorRequest.person_id).where(
        FloorRequest.sitting_id == sitting.id, col(FloorRequest.number).in_(numbers)
    )
    return set(await db.exec(query))


def _participant(found: Attended) -> dict[str, Value]:
    who = found.who
    return {
        "name": who.name,
        "entity": who.entity,
        "capacity": who.capacity.value,
        "category": who.category.value,
        "mode": who.mode.value,
    }


def _times(found: Attended) -> dict[str, Value]:
    return {
        "came_at": told(found.came_at),
        "left_at": told(found.left_at),
        "seconds": found.seconds,
        "corrected": found.corrected,
    }


async def _certificates(db: Reading, sitting: Sitting, _audience: Audience) -> list[Row]:
    return [
        {
            "opened_at": told(fence.opened_at),
            "epoch": fence.epoch,
            "fingerprint": json.loads(found.text)["signature"]["fingerprint"],
            "file": _file(found),
        }
        for fence, found in await _proofs(db, sitting)
    ]


async def _texts(db: Reading, sitting: Sitting, _audience: Audience) -> Mapping[str, bytes]:
    """Exactly what was signed."""
    return {_file(found): found.text.encode() for _, found in await _proofs(db, sitting)}


async def _proofs(db: Reading, sitting: Sitting) -> list[tuple[Fence, Certificate]]:
    """Of the fences by which this sitting ended or began; certificates are public."""
    beside = or_(Fence.from_sitting_id == sitting.id, Fence.to_sitting_id == sitting.id)
    query = select(Fence, Certificate).join(Certificate, col(Certificate.fence_id) == Fence.id)
    return list(await db.exec(query.where(beside).order_by(col(Fence.epoch))))


def _file(found: Certificate) -> str:
    return f"certificates/certificate-{found.fence_id}.json"


async def _heads(db: Reading, sitting: Sitting, _audience: Audience) -> list[Row]:
    head = await _log(db, sitting)
    if head is None:
        return []
    signed = json.loads(head.text)
    return [
        {
            "at": told(head.at),
            "size": head.size,
            "root": signed["statement"]["root"],
            "fingerprint": signed["signature"]["fingerprint"],
            "file": _head(head),
        }
    ]


async def _head_texts(db: Reading, sitting: Sitting, _audience: Audience) -> Mapping[str, bytes]:
    """Exactly what was signed."""
    head = await _log(db, sitting)
    return {} if head is None else {_head(head): head.text.encode()}


async def _log(db: Reading, sitting: Sitting) -> LogHead | None:
    """The head of when the sitting was closed: the same package is the same bytes for ever."""
    return await ledger.newest(db, sitting.closed_at)


def _head(found: LogHead) -> str:
    return f"log/head-{found.size}.json"


WHO: Final = (
    Column("name", words("Name")),
    Column("entity", words("Body")),
    Column("capacity", words("Capacity"), Capacity),
    Column("category", words("Category"), Category),
    Column("mode", words("Took part"), Mode),
)
NUMBER: Final = Column("number", words("No."), Form.NUMBER)
ASKED: Final = (
    NUMBER,
    Column("kind", words("Kind"), RequestKind),
    Column("stance", words("For or against"), Stance),
    *WHO,
)

NOT_THE_RECORD: Final = words(
    "Captions help to follow. They are not the record of the meeting, and may be wrong."
)

SECTIONS: list[Section] = [
    Section(
        "agenda",
        words("Agenda"),
        words("The items of this sitting."),
        (
            NUMBER,
            Column("title", words("Item")),
            Column("kind", words("Kind"), ItemKind),
        ),
        _agenda,
    ),
    Section(
        "speeches",
        words("Who spoke"),
        words(
            "Everyone who was given the floor, in that order, with the time that the clock ran. "
            "It is a log, not the record of what was said."
        ),
        (
            *ASKED,
            Column("item", words("Item"), Form.NUMBER),
            Column("topic", words("On")),
            Column("given_at", words("Given the floor"), Form.TIME),
            Column("seconds", words("Spoke for"), Form.DURATION),
            Column("struck", words("Struck"), Form.MARK),
            Column("corrections", words("Corrected afterwards")),
        ),
        _speeches,
    ),
    Section(
        "not-reached",
        words("Requests that were not reached"),
        words("Who still waited for the floor when the sitting was closed, in the list's order."),
        (
            *ASKED,
            Column("topic", words("On")),
            Column("asked_at", words("Asked"), Form.TIME),
        ),
        _not_reached,
    ),
    Section(
        "announcements",
        words("Announcements"),
        words("What the chair told the room in writing; what was taken back is not here."),
        (
            NUMBER,
            Column("at", words("Time"), Form.TIME),
            Column("text", words("Announcement")),
        ),
        _announcements,
    ),
    Section(
        "decisions",
        words("Decisions noted"),
        words("As the minutes note them; the report of the meeting is the record."),
        (
            NUMBER,
            Column("item", words("Item"), Form.NUMBER),
            Column("title", words("Title")),
            Column("text", words("Decision")),
        ),
        _decisions,
    ),
    Section(
        "hands",
        words("Shows of hands"),
        words("Where the room stood; it was no vote and decided nothing."),
        (
            NUMBER,
            Column("at", words("Time"), Form.TIME),
            Column("question", words("Question")),
            Column("choice", words("Choice")),
            Column("hands", words("Hands"), Form.NUMBER),
        ),
        _hands,
    ),
    Section(
        "captions",
        words("Captions"),
        NOT_THE_RECORD,
        (
            Column("language", words("Language")),
            NUMBER,
            Column("at", words("Time"), Form.TIME),
            Column("speaker", words("Who had the floor")),
            Column("item", words("Item"), Form.NUMBER),
            Column("text", words("Caption")),
            Column("source", words("Made"), CaptionSource),
            Column("kind", words("Kind"), CaptionKind),
            Column("before", words("Said before it was corrected")),
        ),
        _captions,
        _caption_files,
    ),
    Section(
        "statements",
        words("Written statements"),
        words("Statements that the chair put on record, exactly as their authors wrote them."),
        (
            NUMBER,
            *WHO,
            Column("item", words("Item"), Form.NUMBER),
            Column("filed_at", words("Handed in"), Form.TIME),
            Column("sha256", words("SHA-256 of the text")),
            Column("file", words("File"), Form.FILE),
        ),
        _statements,
        _statement_texts,
    ),
    Section(
        "chat",
        words("Chat"),
        words("What was written to all. What the moderator was told is no record."),
        (
            NUMBER,
            Column("at", words("Time"), Form.TIME),
            *WHO,
            Column("text", words("Message")),
            Column("removed", words("Removed by the moderator"), Form.MARK),
        ),
        _chat,
    ),
    Section(
        "attendance",
        words("Attendance"),
        words("How many people attended, by category, in person and remotely."),
        (
            Column("category", words("Category"), Category),
            Column("mode", words("Took part"), Mode),
            Column("people", words("People"), Form.NUMBER),
        ),
        _counts,
    ),
    Section(
        "participants",
        words("Participants"),
        words("To the members everyone who attended; to the public those who spoke."),
        (
            *WHO,
            Column("came_at", words("Came"), Form.TIME),
            Column("left_at", words("Left"), Form.TIME),
            Column("seconds", words("Present for"), Form.DURATION),
            Column("corrected", words("Corrected afterwards"), Form.MARK),
        ),
        _participants,
    ),
    Section(
        "certificates",
        words("Certificates"),
        words(
            "What was proven when the open part was closed and the members' part opened. To check "
            "one without this service: cwg verify FILE --key FINGERPRINT, with the fingerprint "
            "from a page or a letter that you already had, never from this folder."
        ),
        (
            Column("opened_at", words("Members' part opened"), Form.TIME),
            Column("fingerprint", words("Signed with the key")),
            Column("file", words("File"), Form.FILE),
        ),
        _certificates,
        _texts,
    ),
    Section(
        "log",
        words("The log of inputs"),
        words(
            "The head of the log of all inputs, as it was signed last before the sitting was "
            "closed. Whoever keeps this package can prove later that nothing before it was altered:"
            " cwg verify FILE --key FINGERPRINT, with the fingerprint from elsewhere."
        ),
        (
            Column("at", words("Signed"), Form.TIME),
            Column("size", words("Entries"), Form.NUMBER),
            Column("root", words("Head")),
            Column("fingerprint", words("Signed with the key")),
            Column("file", words("File"), Form.FILE),
        ),
        _heads,
        _head_texts,
    ),
]
