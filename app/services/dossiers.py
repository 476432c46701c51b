"""An input with everything that is kept of it: of many at once, in as few queries as of one.

What of it anybody may have is not asked here, but in ``publication``.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import IntFlag
from functools import cache
from operator import attrgetter
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, true
from sqlmodel import and_, case, col, func, or_, select

from app.database import Reading, Writing, of_these
from app.models import (
    Attachment,
    Consultation,
    Disposition,
    Entity,
    Input,
    InputAuthor,
    InputPresentation,
    InputTranslation,
    InputVersion,
    OffTopic,
    Person,
    Redaction,
    StoredFile,
)
from app.policy import publication as rules
from app.policy.consultation import Publishing
from app.policy.inputs import Consent, InputState
from app.policy.people import Category, StakeholderGroup
from app.policy.presentation import Presenting
from app.policy.publication import Redacted
from app.services import entities

AT_ONCE: Final = 500
Thing = TypeVar("Thing")


class Round(Protocol):
    """What is to be known of a round where its inputs are read."""

    @property
    def publishing(self) -> Publishing: ...
    @property
    def announced_at(self) -> datetime | None: ...
    @property
    def closes_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Row:
    """What is shown of an input beside its text, as it stands; named as its columns are."""

    id: UUID
    consultation_id: UUID
    person_id: UUID
    number: int | None
    state: InputState
    consent: Consent
    entity_id: UUID | None
    group: StakeholderGroup | None
    name: str
    organization: str
    country: str
    job_title: str
    language: str
    created_at: datetime
    submitted_at: datetime | None
    late: bool


@dataclass(frozen=True, slots=True)
class Version:
    """What was sent last."""

    number: int
    at: datetime
    content: Mapping[str, Any]
    digest: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """An input, its newest version, and what belongs to it; ``body`` is its name in our lists.

    ``authors`` are those beside whoever began it, and whoever began it where they disowned it;
    ``category`` is that of the body when the round closes. ``translations`` and ``files`` are
    empty where they were not asked for.
    """

    row: Row
    version: Version | None
    body: str | None = None
    category: Category | None = None
    label: OffTopic | None = None
    redactions: Sequence[tuple[Redaction, Redacted]] = ()
    authors: Sequence[tuple[InputAuthor, str]] = ()
    translations: Sequence[InputTranslation] = ()
    files: Sequence[StoredFile] = ()
    presented_at: datetime | None = None
    answered: bool = False

    @property
    def disowned(self) -> bool:
        """Whether whoever is named in it disowned it."""
        return any(each.person_id == self.row.person_id for each, _ in self.authors)

    @property
    def others(self) -> list[str]:
        """The names of the other authors who agreed, and stay with it."""
        return [
            name
            for each, name in self.authors
            if each.person_id != self.row.person_id and each.agreed_at and not each.disowned_at
        ]

    @property
    def sent_files(self) -> list[StoredFile]:
        """The files of the newest version: what was attached after it was not sent yet."""
        there = {each.sha256: each for each in self.files}
        named = (self.version.content.get("attachments") or []) if self.version else []
        digests = dict.fromkeys(str(each["sha256"]) for each in named)
        return [there[each] for each in digests if each in there]

    @property
    def redacted(self) -> list[Redacted]:
        """The passages that are shown nowhere."""
        return [each for _, each in self.redactions]


def as_sent(row: Input, version: Version) -> Dossier:
    """What one person alone has just sent, for the first time, for no body, and with no file.

    Nobody has added anything to it yet, and nothing needs to be read again.
    """
    return Dossier(Row(*AS_A_ROW(row)), version)


AS_A_ROW: Final = attrgetter(*(each.name for each in fields(Row)))


class Has(IntFlag):
    """What there is to an input: asked with it, so that nothing is looked for in vain."""

    LABEL = 1
    REDACTIONS = 2
    AUTHORS = 4
    TRANSLATIONS = 8
    FILES = 16
    PRESENTED = 32
    ANSWER = 64


async def of(
    db: Reading | Writing,
    rounds: Mapping[UUID, Round],
    keys: Sequence[UUID],
    *,
    translated: bool = False,
    files: bool = False,
) -> dict[UUID, Dossier]:
    """The dossiers of inputs of these rounds, by their ids.

    One query for those that have nothing beside their text, and one for each kind of thing that
    some of them have.
    """
    wanted = Has.LABEL | Has.REDACTIONS | Has.AUTHORS | Has.PRESENTED | Has.ANSWER
    wanted |= Has.TRANSLATIONS if translated else Has(0)
    wanted |= Has.FILES if files else Has(0)
    found: dict[UUID, Dossier] = {}
    for begins in range(0, len(keys), AT_ONCE):
        found |= await _some(db, rounds, keys[begins : begins + AT_ONCE], wanted)
    return found


async def of_one(
    db: Reading | Writing, consultation: Consultation, row: Input, *, files: bool = False
) -> Dossier:
    """The dossier of one input, with its translations."""
    found = await of(db, {consultation.id: consultation}, [row.id], translated=True, files=files)
    return found[row.id]


async def _some(
    db: Reading | Writing, rounds: Mapping[UUID, Round], keys: Sequence[UUID], wanted: Has
) -> dict[UUID, Dossier]:
    rows = await _rows(db, rounds, keys, wanted)

    def with_(kind: Has) -> list[UUID]:
        bits = (kind & wanted).value
        return [row.id for row, _, _, has in rows if bits & has]

    labels = await _labels(db, with_(Has.LABEL))
    redactions = await _redactions(db, with_(Has.REDACTIONS))
    authors = await _authors(db, with_(Has.AUTHORS))
    translations = await _translations(db, with_(Has.TRANSLATIONS))
    files = await _files(db, with_(Has.FILES))
    presented = await _presented(db, with_(Has.PRESENTED))
    categories = await _categories_of(db, rounds, [row for row, _, _, _ in rows])
    return {
        row.id: Dossier(
            row=row,
            version=version,
            body=body,
            category=categories.get((row.consultation_id, row.entity_id)),
            label=labels.get(row.id),
            redactions=redactions.get(row.id, ()),
            authors=authors.get(row.id, ()),
            translations=translations.get(row.id, ()),
            files=files.get(row.id, ()),
            presented_at=presented.get(row.id),
            answered=bool(Has.ANSWER.value & has),
        )
        for row, version, body, has in rows
    }


async def _rows(
    db: Reading | Writing, rounds: Mapping[UUID, Round], keys: Sequence[UUID], wanted: Has
) -> list[tuple[Row, Version | None, str | None, int]]:
    """Inputs with their newest versions, the names of their bodies, and what else they have."""
    await db.flush()
    line = await db.connection()
    found = await line.execute(_whole(wanted), {"keys": keys, "rounds": list(rounds)})
    return [
        (Row(*told[:ROW]), Version(*told[ROW:-2]) if told[ROW] else None, *told[-2:])
        for told in found.all()
    ]


ROW: Final = len(fields(Row))


@cache
def _whole(wanted: Has) -> Select[*tuple[Any, ...]]:
    """Put together once: it is long, and asked for with every page of inputs.

    Columns and no objects: to make those takes longer than to find them.
    """
    columns = [
        getattr(table, each.name)
        for table, told in ((Input, Row), (InputVersion, Version))
        for each in fields(told)
    ]
    return (
        select(Input)
        .outerjoin(InputVersion, _newest())
        .outerjoin(Entity, col(Entity.id) == col(Input.entity_id))
        .where(
            col(Input.id).in_(of_these("keys")),
            col(Input.consultation_id).in_(of_these("rounds")),
        )
        .with_only_columns(*columns, col(Entity.name), _has(wanted))
    )


def _newest() -> ColumnElement[bool]:
    newest = (
        select(func.max(InputVersion.number))
        .where(InputVersion.input_id == Input.id)
        .correlate(Input)
        .scalar_subquery()
    )
    return and_(col(InputVersion.input_id) == col(Input.id), col(InputVersion.number) == newest)


def _has(wanted: Has) -> ColumnElement[int]:
    """What of these an input has, as one number."""
    bits = [case((_there(kind), kind.value), else_=0) for kind in wanted]
    return sum(bits[1:], start=bits[0])


def _there(kind: Has) -> ColumnElement[bool]:
    table, in_force = KEPT[kind]
    return select(table.id).where(table.input_id == Input.id, in_force).correlate(Input).exists()


PRESENTED: Final = and_(
    col(InputPresentation.state) == Presenting.PRESENTED,
    col(InputPresentation.replaced_at).is_(None),
)
KEPT: Final[Mapping[Has, tuple[Any, ColumnElement[bool]]]] = {
    Has.LABEL: (OffTopic, col(OffTopic.removed_at).is_(None)),
    Has.REDACTIONS: (Redaction, col(Redaction.lifted_at).is_(None)),
    Has.AUTHORS: (
        InputAuthor,
        or_(
            col(InputAuthor.person_id) != col(Input.person_id),
            col(InputAuthor.disowned_at).is_not(None),
        ),
    ),
    Has.TRANSLATIONS: (InputTranslation, col(InputTranslation.replaced_at).is_(None)),
    # One that was taken off belongs to the version that was sent with it.
    Has.FILES: (Attachment, true()),
    Has.PRESENTED: (InputPresentation, PRESENTED),
    Has.ANSWER: (Disposition, col(Disposition.replaced_at).is_(None)),
}
"""Where each kind of thing is kept, and which of it counts."""


async def _presented(db: Reading | Writing, keys: Collection[UUID]) -> dict[UUID, datetime]:
    if not keys:
        return {}
    query = select(InputPresentation.input_id, InputPresentation.at).where(
        col(InputPresentation.input_id).in_(keys), PRESENTED
    )
    return dict((await db.exec(query)).all())


async def _labels(db: Reading | Writing, keys: Collection[UUID]) -> dict[UUID, OffTopic]:
    if not keys:
        return {}
    query = select(OffTopic).where(col(OffTopic.input_id).in_(keys), KEPT[Has.LABEL][1])
    return {each.input_id: each for each in await db.exec(query)}


async def _redactions(
    db: Reading | Writing, keys: Collection[UUID]
) -> dict[UUID, list[tuple[Redaction, Redacted]]]:
    """Those in force with the passages that they take away, each from its own version."""
    if not keys:
        return {}
    query = (
        select(Redaction, InputVersion)
        .join(
            InputVersion,
            and_(
                col(InputVersion.input_id) == col(Redaction.input_id),
                col(InputVersion.number) == col(Redaction.version),
            ),
        )
        .where(col(Redaction.input_id).in_(keys), KEPT[Has.REDACTIONS][1])
        .order_by(col(Redaction.at), col(Redaction.id))
    )
    found: dict[UUID, list[tuple[Redaction, Redacted]]] = defaultdict(list)
    for each, version in await db.exec(query):
        found[each.input_id].append((each, _passage(each, version)))
    return found


def _passage(each: Redaction, version: InputVersion) -> Redacted:
    text = rules.parts(version.content).get(each.part, "")
    return Redacted(each.part, text[each.starts : each.starts + each.length])


async def _authors(
    db: Reading | Writing, keys: Collection[UUID]
) -> dict[UUID, list[tuple[InputAuthor, str]]]:
    if not keys:
        return {}
    query = (
        select(InputAuthor, Person.name)
        .join(Person, col(Person.id) == col(InputAuthor.person_id))
        .join(Input, col(Input.id) == col(InputAuthor.input_id))
        .where(col(InputAuthor.input_id).in_(keys), KEPT[Has.AUTHORS][1])
        .order_by(col(InputAuthor.asked_at), col(InputAuthor.id))
    )
    return _by_input(await db.exec(query), lambda pair: pair[0].input_id)


async def _translations(
    db: Reading | Writing, keys: Collection[UUID]
) -> dict[UUID, list[InputTranslation]]:
    if not keys:
        return {}
    query = (
        select(InputTranslation)
        .where(col(InputTranslation.input_id).in_(keys), KEPT[Has.TRANSLATIONS][1])
        .order_by(col(InputTranslation.language), col(InputTranslation.at))
    )
    return _by_input(await db.exec(query), lambda each: each.input_id)


async def _files(db: Reading | Writing, keys: Collection[UUID]) -> dict[UUID, list[StoredFile]]:
    if not keys:
        return {}
    query = (
        select(Attachment.input_id, StoredFile)
        .join(StoredFile, col(StoredFile.id) == col(Attachment.file_id))
        .where(col(Attachment.input_id).in_(keys))
        .order_by(col(Attachment.attached_at), col(Attachment.id))
    )
    found: dict[UUID, list[StoredFile]] = defaultdict(list)
    for key, each in await db.exec(query):
        found[key].append(each)
    return found


def _by_input(rows: Iterable[Thing], key: Callable[[Thing], UUID]) -> dict[UUID, list[Thing]]:
    found: dict[UUID, list[Thing]] = defaultdict(list)
    for each in rows:
        found[key(each)].append(each)
    return found


# What bodies are.


async def categories(
    db: Reading | Writing, consultation: Consultation, bodies: Collection[UUID]
) -> dict[UUID, Category]:
    """The category of bodies when the round closes: its inputs are of one day to be counted on."""
    found = await _categories(db, {consultation.id: consultation}, {consultation.id: bodies})
    return {body: category for (_, body), category in found.items() if body}


async def _categories_of(
    db: Reading | Writing, rounds: Mapping[UUID, Round], rows: Iterable[Row]
) -> dict[tuple[UUID, UUID | None], Category]:
    bodies: dict[UUID, set[UUID]] = defaultdict(set)
    for row in rows:
        if row.entity_id:
            bodies[row.consultation_id].add(row.entity_id)
    return await _categories(db, rounds, bodies)


async def _categories(
    db: Reading | Writing,
    rounds: Mapping[UUID, Round],
    bodies: Mapping[UUID, Collection[UUID]],
) -> dict[tuple[UUID, UUID | None], Category]:
    """By round and body: a body may be another in another round."""
    days = {key: rounds[key].closes_at.date() for key in bodies}
    all_of_them = {body for named in bodies.values() for body in named}
    known = await entities.categories_on_days(db, all_of_them, set(days.values()))
    found: dict[tuple[UUID, UUID | None], Category] = {}
    for key, named in bodies.items():
        for body in named:
            if there := known.get((body, days[key])):
                category, ended = there
                still = category if category and not ended else Category.STAKEHOLDER
                found[key, body] = still
    return found
