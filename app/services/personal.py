"""What is held about a person: told in full, and erased as far as the record of meetings allows."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, String, Table, cast, delete, exists, or_
from sqlmodel import SQLModel, col, func, select

from app.database import Reading, Writing, hold, ring_early
from app.errors import Conflict
from app.keys import Vault
from app.models import (
    Act,
    Appointment,
    BadgePhoto,
    FocalPoint,
    FormAnswer,
    Listing,
    Meeting,
    Person,
    Registration,
    Sitting,
)
from app.policy import form as form_rules
from app.policy.personal import Kept, PersonalReason
from app.policy.registration import LIVE
from app.services import acts, forms, inputs, photos, publication, registration

SUBJECT: Final = "person_id"
SECRET: Final = frozenset({"digest", "sealed"})
"""Words by which somebody is known again, and ciphers: they tell nobody anything."""
ERASED: Final = (
    "access_tokens",
    "answered_once",
    "calendar_feeds",
    "consultation_followers",
    "input_asides",
    "letters",
    "logins",
    "mailing_recipients",
    "passkeys",
    "private_notes",
    "provider_accounts",
    "registration_drafts",
    "rounds_followers",
    "sign_in_links",
)
ON_RECORD: Final[dict[Kept, tuple[str, ...]]] = {
    Kept.ATTENDANCE: ("stays",),
    Kept.SPEECHES: ("floor_requests",),
    Kept.STATEMENTS: ("statements",),
    Kept.INPUTS: ("input_versions",),
    Kept.CHAT: ("chat_messages", "asides"),
    Kept.TOPICS: ("topics",),
    Kept.FUNCTIONS: ("appointments", "focal_points", "invitations"),
}
"""What belongs to the record of a meeting, by table."""
NAMELESS: Final = (
    "chat_mutes",
    "documents",
    "door_scans",
    "hands",
    "input_authors",
    "inputs",
    "registrations",
    "seats",
    "stored_files",
    "wishes",
)
"""What stays or goes with its meeting, and is about nobody once the person has no name."""
GOES: Final = frozenset({"CASCADE", "SET NULL"})


def _tables() -> dict[str, Table]:
    return SQLModel.metadata.tables


def _naming(table: Table, target: str) -> list[str]:
    """The columns of a table that name a row of another one."""
    named = _tables()[target]
    return [key.parent.name for key in table.foreign_keys if key.references(named)]


# Told.


async def held(db: Reading, person: Person, vault: Vault, now: datetime) -> dict[str, Any]:
    """Everything about a person, by table, as JSON takes it; a new table is told by itself.

    Rows about somebody else that the person made are counted, not told: they are not theirs.
    """
    mine = [each.id for each in await registration.of_person(db, person)]
    told: dict[str, Any] = {
        "made_at": now,
        "person": person.model_dump(),
        "held": {},
        "answers": await _answers(db, vault, mine),
        "photos": await _photos(db, vault, mine),
        "readings": await _readings(db, mine),
        "named_in": [],
        "acts": await _acts(db, person),
    }
    for name, table in sorted(_tables().items()):
        naming = _naming(table, "people")
        if SUBJECT in naming:
            told["held"][name] = await _rows(db, table, [table.c[SUBJECT] == person.id])
        elif name != FormAnswer.__tablename__ and (by := _naming(table, "registrations")):
            told["held"][name] = await _rows(db, table, [table.c[by[0]].in_(mine)])
        told["named_in"] += [
            {"table": name, "as": column, "rows": number}
            for column in naming
            if column != SUBJECT and (number := await _count(db, table.c[column], person.id))
        ]
    plain: dict[str, Any] = _plain(told)
    return plain


def _plain(told: Any) -> Any:  # noqa: ANN401 - whatever the columns hold
    """Ids as text: the driver of PostgreSQL has a kind of its own, which no encoder knows."""
    match told:
        case dict():
            return {name: _plain(value) for name, value in told.items()}
        case list() | tuple():
            return [_plain(value) for value in told]
        case UUID():
            return str(told)
        case _:
            return told


async def _rows(db: Reading | Writing, table: Table, where: Sequence[Any]) -> list[dict[str, Any]]:
    connection = await db.connection()
    found = (await connection.execute(table.select().where(*where))).mappings()
    others = set(_naming(table, "people")) - {SUBJECT}
    return [_told(dict(row), others) for row in found]


def _told(row: dict[str, Any], others: set[str]) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name not in SECRET | others}
    if isinstance(shown.get("facts"), dict):  # a letter of the demo keeps what was sent
        shown["facts"] = {name: said for name, said in shown["facts"].items() if name != "kept"}
    return shown


async def _answers(
    db: Reading, vault: Vault, registrations: Sequence[UUID]
) -> list[dict[str, Any]]:
    return [
        {
            "registration": key,
            "field": each.field.key,
            "question": form_rules.told(each.field.label, form_rules.ENGLISH),
            "answer": each.answer,
            "purpose": form_rules.told(each.field.purpose, form_rules.ENGLISH),
            "kept_days": each.field.kept_days,
        }
        for key in registrations
        for each, _ in await forms.given(db, vault, key)
    ]


async def _photos(db: Reading, vault: Vault, registrations: Sequence[UUID]) -> list[dict[str, Any]]:
    """The photos for badges, as JPEG in base64."""
    found = await photos.of_many(db, vault, registrations)
    return [{"registration": key, "jpeg": b64encode(each).decode()} for key, each in found.items()]


async def _readings(db: Reading, registrations: Sequence[UUID]) -> list[dict[str, Any]]:
    """Who has read the sensitive answers, when and why."""
    return [
        {"registration": key, "by": person.name, "at": each.at, "why": each.why}
        for key in registrations
        for each, person in await forms.readings(db, key)
    ]


async def _acts(db: Reading, person: Person) -> list[dict[str, Any]]:
    """The acts that name the person, by their id."""
    named = cast(col(Act.content), String).like(f"%{person.id}%")
    found = await db.exec(select(Act).where(named).order_by(col(Act.number)))
    return [
        {"number": each.number, "at": each.at, "kind": each.kind, "content": each.content}
        for each in found
    ]


async def _count(db: Reading | Writing, column: "Column[Any]", key: UUID) -> int:
    query = select(func.count()).select_from(column.table).where(column == key)
    return (await db.exec(query)).one()


async def kept(db: Reading | Writing, person: Person) -> dict[Kept, int]:
    """What an erasure would leave, with how many of each; acts always stay."""
    found: dict[Kept, int] = {}
    for kind, names in ON_RECORD.items():
        number = 0
        for name in names:
            number += await _count(db, _tables()[name].c[SUBJECT], person.id)
        if number:
            found[kind] = number
    staying = [row for row in await registration.of_person(db, person) if await _on_record(db, row)]
    if staying:
        found[Kept.REGISTRATIONS] = len(staying)
    return {**found, Kept.ACTS: len(await _acts(Reading(db), person))}


async def _on_record(db: Reading | Writing, row: Registration) -> bool:
    """Whether the record of the meeting shows that this person took part in it."""
    sittings = select(Sitting.id).where(Sitting.meeting_id == row.meeting_id)
    for table in _with_sittings():
        query = select(
            exists().where(table.c[SUBJECT] == row.person_id, table.c["sitting_id"].in_(sittings))
        )
        if (await db.exec(query)).one():
            return True
    return False


def _with_sittings() -> Iterator[Table]:
    names = [name for names in ON_RECORD.values() for name in names]
    yield from (_tables()[name] for name in names if "sitting_id" in _tables()[name].c)


# Erased.


async def serves(db: Reading | Writing, person: Person, now: datetime) -> bool:
    """Whether somebody holds a function now: it is handed over first."""
    day = now.date()
    held_now = select(Appointment.id).where(
        Appointment.person_id == person.id, col(Appointment.ended_at).is_(None)
    )
    ends = col(FocalPoint.valid_until)
    speaks = select(FocalPoint.id).where(
        FocalPoint.person_id == person.id, or_(ends.is_(None), ends >= day)
    )
    return bool((await db.exec(held_now)).first() or (await db.exec(speaks)).first())


async def erase(db: Writing, person_id: UUID, now: datetime) -> dict[Kept, int]:
    """Erase a person at their own request; what stays is without account, address and answers."""
    person = await hold(db, Person, person_id)
    if await serves(db, person, now):
        raise Conflict(PersonalReason.STILL_SERVES)
    for row in await registration.of_person(db, person):
        await _erase_registration(db, row, person, now)
    for each in await inputs.erase(db, person):
        await publication.index(db, each)  # nobody is found by a name that is gone
    for name in ERASED:
        table = _tables()[name]
        await db.exec(delete(table).where(table.c[SUBJECT] == person.id))
    left = await kept(db, person)
    await _unname(db, person)
    ring_early(db, f"person:{person.id}")  # whatever they have open is closed
    await acts.record(db, "person-erased", now, person=str(person_id))
    return left


async def _erase_registration(
    db: Writing, row: Registration, person: Person, now: datetime
) -> None:
    """One that nothing on record stands on is removed, after its place was given to others."""
    if row.state in LIVE and not await _over(db, row.meeting_id, now):
        await registration.withdraw(db, row.id, version=row.version, by=person, now=now)
    for table in (FormAnswer, Listing, BadgePhoto):
        await db.exec(delete(table).where(col(table.registration_id) == row.id))
    if await _on_record(db, row):
        row.job_title = ""
        db.add(row)
    elif tables := await _in_the_way(db, row):
        raise Conflict(PersonalReason.IN_THE_WAY, tables=", ".join(tables))
    else:
        await db.delete(row)
    await db.flush()


async def _in_the_way(db: Writing, row: Registration) -> list[str]:
    """The tables that name this registration and do not let it go: a new one is seen by itself."""
    of = _tables()[Registration.__tablename__]
    keys = [
        key
        for table in _tables().values()
        for key in table.foreign_keys
        if key.references(of) and key.ondelete not in GOES
    ]
    return sorted({key.parent.table.name for key in keys if await _count(db, key.parent, row.id)})


async def _over(db: Writing, meeting_id: UUID, now: datetime) -> bool:
    meeting = await db.get(Meeting, meeting_id)
    last = await forms.last_day(db, meeting) if meeting else None
    return last is None or last <= now


async def _unname(db: Writing, person: Person) -> None:
    """The row stays while anything names it; ``identity.forget`` removes one that nothing does."""
    person.email = f"{person.id}@erased.invalid"
    person.name = person.affiliation = person.job_title = person.country = ""
    person.verified_at = None
    db.add(person)
    await db.flush()
