"""A meeting's registration form and the answers to it: edited, given, read with a reason, gone.

A form is never changed: an edit makes the next edition, and an answer keeps its own.
"""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlmodel import col, delete, func, select, tuple_

from app.database import Reading, Writing, hold, load, put_rows
from app.errors import Conflict, Malformed, NotFound, Refused
from app.keys import Vault
from app.models import (
    AnswerReading,
    FormAnswer,
    FormEdition,
    Meeting,
    Person,
    Registration,
    RegistrationDraft,
    Sitting,
)
from app.policy import form as rules
from app.policy.form import Answer, Answers, Field, Form, FormReason, SeenBy
from app.policy.meeting import MeetingReason
from app.policy.refusal import No
from app.policy.registration import REASON, RegistrationReason
from app.policy.text import clean, fault
from app.services import access, acts, registration

DATA: Final = Path(__file__).parents[1] / "data" / "forms" / "default.toml"
DEFAULT: Final = rules.of_json(tomllib.loads(DATA.read_text(encoding="utf-8")))
DRAFTS_KEPT: Final = timedelta(days=30)
ANSWERS: Final = "answers."
"""Before the name of a field whose answer is wrong, in ``Malformed``."""


@dataclass(frozen=True, slots=True)
class Current:
    """The form that is asked now; number 0 is the default, of which no row is kept yet."""

    number: int
    form: Form
    row: FormEdition | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A question with its answer as a reader may have it; ``None`` is there and not shown."""

    field: Field
    answer: Answer | None
    edition: int


# The form.


async def current(db: Reading | Writing, meeting_id: UUID) -> Current:
    """The newest edition of a meeting's form, or the default."""
    query = select(FormEdition).where(FormEdition.meeting_id == meeting_id)
    row = (await db.exec(query.order_by(col(FormEdition.number).desc()).limit(1))).first()
    return Current(row.number, _form(row), row) if row else Current(0, DEFAULT)


def _form(row: FormEdition) -> Form:
    return _parsed(orjson.dumps(row.definition))


@lru_cache(maxsize=64)
def _parsed(definition: bytes) -> Form:
    """Read once: many answer the same form at the same moment."""
    return rules.of_json(orjson.loads(definition))


async def edit(
    db: Writing, meeting_id: UUID, form: Form, *, seen: int, by: Person, now: datetime
) -> Current:
    """Make the next edition, for the secretariat that has seen the present one."""
    await hold(db, Meeting, meeting_id)
    if not await access.is_secretariat(db, by, meeting_id):
        raise Refused(No(MeetingReason.NOT_THE_SECRETARIAT))
    present = await current(db, meeting_id)
    if present.number != seen:
        raise Conflict(FormReason.CHANGED, number=present.number)
    if found := rules.faults(form):
        raise Malformed(**found)
    made = await _keep_edition(db, meeting_id, form, present.number + 1, now, by)
    await acts.record(
        db, "form-edited", now, meeting_id=meeting_id, number=made.number, by=str(by.id)
    )
    return Current(made.number, form, made)


async def _keep_edition(
    db: Writing, meeting_id: UUID, form: Form, number: int, now: datetime, by: Person | None
) -> FormEdition:
    made = FormEdition(
        meeting_id=meeting_id,
        number=number,
        definition=orjson.loads(orjson.dumps(rules.as_json(form))),
        made_at=now,
        made_by=by.id if by else None,
    )
    db.add(made)
    await db.flush()
    return made


# Answers.


async def keep(
    db: Writing, vault: Vault, row: Registration, raw: Mapping[str, object], now: datetime
) -> None:
    """Put these answers in the place of those that were given; Malformed where one is wrong."""
    asked = await current(db, row.meeting_id)
    given = answered(asked, raw)
    await db.exec(delete(FormAnswer).where(col(FormAnswer.registration_id) == row.id))
    await keep_all(db, vault, asked, [(row, given)], now)


def answered(asked: Current, raw: Mapping[str, object]) -> Answers:
    """The answers in one spelling; Malformed where one is wrong."""
    given = rules.examined(asked.form, raw)
    if given.faults:
        raise Malformed(**{f"{ANSWERS}{key}": wrong for key, wrong in given.faults.items()})
    return given.answers


async def keep_all(
    db: Writing,
    vault: Vault,
    asked: Current,
    given: Sequence[tuple[Registration, Answers]],
    now: datetime,
) -> None:
    """Keep what several people of one meeting have answered, who had answered nothing before."""
    said = [(row, answers) for row, answers in given if answers]
    if not said:
        return
    edition = asked.row or await _first(db, said[0][0].meeting_id, now)
    await put_rows(
        db,
        FormAnswer,
        [
            _sealed(vault, row, edition, one, answers[one.key])
            for row, answers in said
            for one in asked.form.fields
            if one.key in answers
        ],
    )


async def _first(db: Writing, meeting_id: UUID, now: datetime) -> FormEdition:
    """The row of the default, made with the first answer; of two at once one makes it."""
    await hold(db, Meeting, meeting_id)
    found = await current(db, meeting_id)
    return found.row or await _keep_edition(db, meeting_id, DEFAULT, 1, now, None)


def _sealed(
    vault: Vault, row: Registration, edition: FormEdition, one: Field, answer: Answer
) -> dict[str, Any]:
    said = orjson.dumps(answer).decode()
    return {
        "registration_id": row.id,
        "edition_id": edition.id,
        "field": one.key,
        "said": "" if one.sensitive else said,
        "sealed": vault.seal(said, _about(row.id, one.key)) if one.sensitive else "",
        "kept_days": one.kept_days,
    }


def _about(registration_id: UUID, key: str) -> str:
    return f"{registration_id} {key}"


def _opened(vault: Vault, row: FormAnswer) -> Answer | None:
    """None where the key that sealed it is lost."""
    said = (
        vault.open(row.sealed, _about(row.registration_id, row.field)) if row.sealed else row.said
    )
    if said is None:
        return None
    found = orjson.loads(said)
    return tuple(found) if isinstance(found, list) else found


async def given(
    db: Reading | Writing, vault: Vault, registration_id: UUID
) -> list[tuple[Shown, FormAnswer]]:
    """All answers to a registration's form, in the form's order, each with its own edition's field.

    For the person who gave them; for everybody else there is ``shown`` and ``read``.
    """
    query = (
        select(FormAnswer, FormEdition)
        .join(FormEdition, col(FormEdition.id) == col(FormAnswer.edition_id))
        .where(FormAnswer.registration_id == registration_id)
    )
    found = [
        (Shown(one, _opened(vault, row), edition.number), row, place)
        for row, edition in (await db.exec(query)).all()
        for place, one in enumerate(rules.of_json(edition.definition).fields)
        if one.key == row.field
    ]
    ordered = sorted(found, key=lambda each: each[2])
    return [(shown, row) for shown, row, _ in ordered]


async def mine(db: Reading | Writing, vault: Vault, registration_id: UUID) -> Answers:
    """One's own answers by field."""
    found = await given(db, vault, registration_id)
    return {each.field.key: each.answer for each, _ in found if each.answer is not None}


async def shown(
    db: Reading | Writing, vault: Vault, row: Registration, *, by: Person, now: datetime
) -> list[Shown]:
    """The answers that somebody may see at once; a sensitive one is named without its answer."""
    sees = await _sees(db, row, by, now)
    own = row.person_id == by.id
    return [
        Shown(each.field, None, each.edition) if each.field.sensitive and not own else each
        for each, _ in await given(db, vault, row.id)
        if own or each.field.seen_by in sees
    ]


async def read(
    db: Writing, vault: Vault, registration_id: UUID, *, why: str, by: Person, now: datetime
) -> list[Shown]:
    """The answers with the sensitive ones: who reads them, and why, is kept and told the person."""
    row = await hold(db, Registration, registration_id)
    sees = await _sees(db, row, by, now)
    if not sees:
        raise NotFound  # one's own are there without a reason
    said = clean(why)
    if wrong := fault(said, REASON, required=True):
        raise Malformed(why=wrong)
    found = [each for each, _ in await given(db, vault, row.id) if each.field.seen_by in sees]
    db.add(AnswerReading(registration_id=row.id, by_id=by.id, at=now, why=said))
    await acts.record(
        db,
        "answers-read",
        now,
        meeting_id=row.meeting_id,
        registration=str(row.id),
        by=str(by.id),
        why=said,
        fields=[each.field.key for each in found if each.field.sensitive],
    )
    return found


async def _sees(
    db: Reading | Writing, row: Registration, by: Person, now: datetime
) -> Collection[SeenBy]:
    """Whose eyes someone has for a registration; NotFound for who may not know of it."""
    stands = await registration.relation(db, row, by, now)
    if stands.is_secretariat:
        return frozenset(SeenBy)
    if stands.is_focal_point:
        return frozenset({SeenBy.DECIDERS})
    if stands.is_applicant:
        return frozenset()
    raise NotFound


async def readings(
    db: Reading | Writing, registration_id: UUID
) -> Sequence[tuple[AnswerReading, Person]]:
    """Who has read the sensitive answers of a registration, the newest first."""
    query = (
        select(AnswerReading, Person)
        .join(Person, col(Person.id) == col(AnswerReading.by_id))
        .where(AnswerReading.registration_id == registration_id)
        .order_by(col(AnswerReading.at).desc())
    )
    return (await db.exec(query)).all()


# Drafts.


async def save(
    db: Writing,
    vault: Vault,
    meeting_id: UUID,
    by: Person,
    typed: Mapping[str, Any],
    now: datetime,
    *,
    seen: int | None = None,
) -> RegistrationDraft:
    """Keep what was typed, to be taken up again; one draft for a person and a meeting.

    Conflict where ``seen``, the version that was looked at (0: none), is not the present one.
    """
    row = await _seen_draft(db, meeting_id, by, seen)
    sealed = vault.seal(orjson.dumps(typed).decode(), _about_draft(meeting_id, by))
    ends = now + DRAFTS_KEPT
    if row is None:
        row = RegistrationDraft(
            meeting_id=meeting_id, person_id=by.id, sealed=sealed, saved_at=now, ends_at=ends
        )
    else:
        row.version += 1
    row.sealed, row.saved_at, row.ends_at = sealed, now, ends
    db.add(row)
    await db.flush()
    return row


async def draft(
    db: Reading | Writing, vault: Vault, meeting_id: UUID, by: Person
) -> tuple[RegistrationDraft, dict[str, Any]] | None:
    """One's own draft with what was typed."""
    row = await _draft(db, meeting_id, by)
    said = vault.open(row.sealed, _about_draft(meeting_id, by)) if row else None
    return (row, orjson.loads(said)) if row and said is not None else None


async def discard(db: Writing, meeting_id: UUID, by: Person, *, seen: int | None = None) -> None:
    """Remove one's own draft, in the version that was looked at, if one is named."""
    if seen is not None:
        await _seen_draft(db, meeting_id, by, seen)
    await db.exec(
        delete(RegistrationDraft).where(
            col(RegistrationDraft.meeting_id) == meeting_id,
            col(RegistrationDraft.person_id) == by.id,
        )
    )


async def discard_all(db: Writing, sent: Collection[tuple[UUID, UUID]]) -> None:
    """Remove the drafts of what has been sent: meetings, and who sent it there."""
    if sent:
        draft = tuple_(col(RegistrationDraft.meeting_id), col(RegistrationDraft.person_id))
        await db.exec(delete(RegistrationDraft).where(draft.in_(sent)))


async def _seen_draft(
    db: Writing, meeting_id: UUID, by: Person, seen: int | None
) -> RegistrationDraft | None:
    await hold(db, Person, by.id)
    row = await _draft(db, meeting_id, by)
    present = row.version if row else 0
    if seen is not None and seen != present:
        raise Conflict(RegistrationReason.CHANGED, version=present)
    return row


async def _draft(db: Reading | Writing, meeting_id: UUID, by: Person) -> RegistrationDraft | None:
    query = select(RegistrationDraft).where(
        RegistrationDraft.meeting_id == meeting_id, RegistrationDraft.person_id == by.id
    )
    return (await db.exec(query.execution_options(populate_existing=True))).first()


def _about_draft(meeting_id: UUID, by: Person) -> str:
    return f"draft {meeting_id} {by.id}"


# The end of it.


async def last_day(db: Reading | Writing, meeting: Meeting) -> datetime | None:
    """When the last sitting of a meeting ends, in the meeting's own time; None without sittings."""
    query = select(func.max(col(Sitting.ends_at))).where(Sitting.meeting_id == meeting.id)
    ends: datetime | None = (await db.exec(query)).one()
    return ends.astimezone(ZoneInfo(meeting.time_zone)) if ends else None


async def days_since(db: Reading | Writing, meeting: Meeting, now: datetime) -> int | None:
    """How many days ago a meeting's last day was, by its own calendar; None without sittings."""
    last = await last_day(db, meeting)
    return None if last is None else (now.astimezone(last.tzinfo).date() - last.date()).days


async def forget(db: Writing, now: datetime) -> int:
    """Remove answers and drafts whose stated end has come; how many rows."""
    query = (
        select(Meeting).join(FormEdition, col(FormEdition.meeting_id) == col(Meeting.id)).distinct()
    )
    gone = 0
    for key in [each.id for each in (await db.exec(query)).all()]:
        gone += await _forget_answers(db, await load(db, Meeting, key), now)
    ended = delete(RegistrationDraft).where(col(RegistrationDraft.ends_at) <= now)
    return gone + (await db.exec(ended)).rowcount


async def _forget_answers(db: Writing, meeting: Meeting, now: datetime) -> int:
    """The day itself is still within: an answer goes on the day after its last one."""
    past = await days_since(db, meeting, now)
    if past is None:
        return 0
    of_meeting = select(Registration.id).where(Registration.meeting_id == meeting.id)
    done = delete(FormAnswer).where(
        col(FormAnswer.registration_id).in_(of_meeting), col(FormAnswer.kept_days) < past
    )
    return (await db.exec(done)).rowcount
