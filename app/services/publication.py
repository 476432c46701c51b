"""Inputs as everybody may read them, and what the secretariat adds: labels, redactions, languages.

Every door goes through ``views``, and ``views`` through the one rule, ``policy.inputs.shown``.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, func, or_, select

from app.database import Reading, Writing, hold, load
from app.errors import Conflict, Malformed, NotFound
from app.models import (
    Attachment,
    Consultation,
    Entity,
    Input,
    InputAuthor,
    InputTranslation,
    InputVersion,
    Meeting,
    OffTopic,
    Person,
    Question,
    Redaction,
    StoredFile,
)
from app.policy import publication as rules
from app.policy.access import decide
from app.policy.consultation import Publishing
from app.policy.inputs import (
    Consent,
    Hidden,
    InputFacts,
    InputState,
    RoundFacts,
    Shown,
    publishes,
    shown,
)
from app.policy.parts import Part, Right
from app.policy.people import Category, StakeholderGroup, Standing
from app.policy.publication import (
    FILE,
    MARK,
    Ground,
    PublicationFault,
    PublicationReason,
    Redacted,
    Translated,
    legible,
    masked,
)
from app.policy.search import Audience, Cursor, Kind, Place
from app.policy.similar import Group, Sent, Tally, groups, runs, tally
from app.policy.text import clean, fault, fold
from app.policy.words import Marker, Piece, count
from app.services import access, acts, entities, outcome, participation, search
from app.services.outcome import Answer
from app.services.search import Said

LANGUAGES: Final = ("ar", "en", "es", "fr", "ru", "zh")
NAMED_BODY: Final = (Consent.NAME_AND_TEXT, Consent.ORGANIZATION_AND_TEXT)
MOST: Final = 100
MOST_GROUPED: Final = 5000
"""Inputs of one consultation that are compared; of more, the page says that they are not."""
LONGEST_INDEXED: Final = 400_000
"""Characters of one file that are found."""
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a reader wants to see; what is left out selects all."""

    question: int | None = None
    group: StakeholderGroup | None = None
    category: Category | None = None
    region: str = ""
    language: str = ""
    text: str = ""
    answer: str = ""

    @property
    def narrows(self) -> bool:
        return self != Filter()


@dataclass(frozen=True, slots=True)
class Mark:
    """A place that is marked as redacted, why, and where; never what stood there."""

    id: UUID
    part: str
    ground: Ground
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class InAnotherLanguage:
    """A translation as it is shown beside the original."""

    language: str
    translated: Translated
    translator: str
    at: datetime
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class File:
    """A file of an input, by name and digest."""

    name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Published:
    """An input with everything that everybody may have of it, and nothing else.

    ``content`` is there where nothing of it is withheld: its digest can be computed by anyone.
    """

    number: int
    at: datetime | None
    shown: Shown
    language: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    names: Sequence[str] = ()
    job_title: str = ""
    organization: str = ""
    country: str = ""
    group: StakeholderGroup | None = None
    category: Category | None = None
    late: bool = False
    version: int = 0
    changed_at: datetime | None = None
    digest: str = ""
    content: Mapping[str, object] | None = None
    off_topic: str = ""
    off_topic_at: datetime | None = None
    marks: Sequence[Mark] = ()
    translations: Sequence[InAnotherLanguage] = ()
    translations_waiting: Sequence[str] = ()
    files: Sequence[File] = ()
    files_withheld: int = 0
    excerpt: Sequence[Piece] = ()
    answer: Answer | None = None

    @property
    def hidden(self) -> Hidden | None:
        return self.shown.hidden


@dataclass(frozen=True, slots=True)
class Counts:
    """Inputs that came: those to be read, and those that are only counted."""

    published: int = 0
    kept: int = 0
    withdrawn: int = 0

    @property
    def inputs(self) -> int:
        """All but those that were taken back."""
        return self.published + self.kept


@dataclass(frozen=True, slots=True)
class Page:
    """Some inputs of a round, how many there are of them, and where the next page begins."""

    rows: Sequence[Published]
    total: int
    next: str = ""
    loose: bool = False


# Which round.


async def of_slug(db: Reading | Writing, slug: str) -> Consultation:
    """A consultation that was announced, where everybody may read it; NotFound for any other."""
    query = select(Consultation).where(Consultation.slug == slug)
    found = (await db.exec(query)).first()
    if found is None or not _facts(found).announced:
        raise NotFound
    meeting = await load(db, Meeting, found.meeting_id)
    if not _open_to_all(meeting):
        raise NotFound
    return found


def _open_to_all(meeting: Meeting) -> bool:
    everybody = Standing(Category.PUBLIC)
    return bool(decide(access.edition(meeting), everybody, Part.CONSULTATION, Right.READ))


def _facts(found: Consultation) -> RoundFacts:
    return RoundFacts(found.announced_at is not None, found.publishing, found.closes_at)


def is_publishing(consultation: Consultation, now: datetime) -> bool:
    """Whether what came to a round may be read by now."""
    return publishes(_facts(consultation), now)


async def questions(db: Reading | Writing, consultation: Consultation) -> Sequence[Question]:
    query = select(Question).where(Question.consultation_id == consultation.id)
    return (await db.exec(query.order_by(col(Question.number)))).all()


async def places(db: Reading | Writing, now: datetime) -> list[Place]:
    """Where everybody may search for inputs at this moment."""
    announced = select(Consultation).where(col(Consultation.announced_at).is_not(None))
    rounds = [each for each in await db.exec(announced) if publishes(_facts(each), now)]
    targets = {each.meeting_id for each in rounds}
    held = await db.exec(select(Meeting).where(col(Meeting.id).in_(targets)))
    open_ones = {each.id for each in held if _open_to_all(each)}
    return [_place(each) for each in rounds if each.meeting_id in open_ones]


def _place(consultation: Consultation) -> Place:
    return Place(consultation.id, Audience.PUBLIC)


# Read.


async def page(
    db: Reading | Writing,
    consultation: Consultation,
    asked: Filter,
    now: datetime,
    *,
    after: str = "",
    limit: int = 20,
) -> Page:
    """The inputs of a round in the order of their numbers, or by what was searched for.

    Of inputs that are only counted a filter tells nothing: they are in no selection.
    """
    if not publishes(_facts(consultation), now):
        return Page((), 0)
    where = await _where(db, consultation, asked, now)
    if asked.text.strip():
        return await _searched(db, consultation, asked, where, after, limit, now)
    begins = int(after) if after.isdecimal() and len(after) < 10 else 0  # noqa: PLR2004 - digits of a number of ours
    total = (await db.exec(select(func.count()).select_from(Input).where(*where))).one()
    later = select(Input).where(*where, col(Input.number) > begins)
    rows = (await db.exec(later.order_by(col(Input.number)).limit(limit + 1))).all()
    made = await views(db, consultation, rows[:limit], now)
    more = str(rows[limit - 1].number) if len(rows) > limit else ""
    return Page(made, total, more)


async def _searched(
    db: Reading | Writing,
    consultation: Consultation,
    asked: Filter,
    where: Sequence[ColumnElement[bool]],
    after: str,
    limit: int,
    now: datetime,
) -> Page:
    narrower = asked.narrows and asked != Filter(text=asked.text)
    among = select(Input.id).where(*where) if narrower else None
    found = await search.find(
        db,
        asked.text,
        [_place(consultation)],
        kinds=[Kind.INPUT],
        among=among,
        after=Cursor.read(after) if after else None,
        limit=limit,
    )
    made = await of_keys(db, {consultation.id: consultation}, found.hits, asked.text, now)
    rows = [made[each.key] for each in found.hits if each.key in made]
    return Page(rows, found.total, str(found.next or ""), found.loose)


async def of_keys(
    db: Reading | Writing,
    rounds: Mapping[UUID, Consultation],
    hits: Sequence[search.Hit],
    said: str,
    now: datetime,
) -> dict[UUID, Published]:
    """What was found, as everybody may read it, with the place that says what was asked."""
    keys = [each.key for each in hits]
    rows = (await db.exec(select(Input).where(col(Input.id).in_(keys)))).all()
    marker = search.marker(said)
    known = [each for each in rows if each.consultation_id in rounds]
    seen = await _views(db, rounds, known, now, translated=True)
    return {
        row.id: with_excerpt(each, marker)
        for row, each in zip(known, seen, strict=True)
        if each.shown.text
    }


def with_excerpt(each: Published, marker: Marker) -> Published:
    """The text, original or translated, that says most of what was asked."""
    texts = [("\n".join(each.texts.values()), each.language)]
    texts += [("\n".join(one.texts.values()), one.language) for one in each.translations]
    chosen = texts[0]
    if len(texts) > 1:
        chosen = max(texts, key=lambda pair: len(marker.hits(*pair)))
    return replace(each, excerpt=marker.excerpt(*chosen))


async def one(
    db: Reading | Writing, consultation: Consultation, number: int, now: datetime
) -> Published:
    """One input by its number; NotFound where nobody may know of it."""
    row = await numbered(db, consultation, number)
    (found,) = await views(db, consultation, [row], now, translated=True, files=True)
    if not found.shown.known:
        raise NotFound
    return found


async def numbered(db: Reading | Writing, consultation: Consultation, number: int) -> Input:
    query = select(Input).where(Input.consultation_id == consultation.id, Input.number == number)
    found = (await db.exec(query)).first()
    if found is None:
        raise NotFound
    return found


async def counts(db: Reading | Writing, consultation: Consultation, now: datetime) -> Counts:
    """How many came; nothing at all before the round publishes."""
    if not publishes(_facts(consultation), now):
        return Counts()
    query = (
        select(Input.state, Input.consent, func.count())
        .where(*_known(consultation))
        .group_by(col(Input.state), col(Input.consent))
    )
    published = kept = withdrawn = 0
    for state, consent, many in await db.exec(query):
        facts = InputFacts(InputState(state), Consent(consent))
        seen = shown(facts, _facts(consultation), now)
        published += many if seen.text else 0
        kept += many if seen.hidden is Hidden.CONSENT else 0
        withdrawn += many if seen.hidden is Hidden.WITHDRAWN else 0
    return Counts(published, kept, withdrawn)


def _known(consultation: Consultation) -> list[ColumnElement[bool]]:
    return [
        col(Input.consultation_id) == consultation.id,
        col(Input.number).is_not(None),
        col(Input.state) != InputState.DRAFT,
    ]


async def _where(
    db: Reading | Writing, consultation: Consultation, asked: Filter, now: datetime
) -> list[ColumnElement[bool]]:
    found = _known(consultation)
    if asked.narrows:
        found += [
            col(Input.state) == InputState.SUBMITTED,
            col(Input.consent) != Consent.NONE,
        ]
    if asked.group or asked.category or asked.region:
        found.append(col(Input.consent).in_(NAMED_BODY))
    if asked.group:
        found.append(col(Input.group) == asked.group)
    if asked.language:
        found.append(col(Input.language) == asked.language)
    if asked.category:
        found.append(await _of_category(db, consultation, asked.category))
    if asked.region:
        found.append(col(Input.country).in_(await _countries(db, asked.region, now)))
    if asked.question is not None:
        found.append(_answers(asked.question))
    if asked.answer == outcome.NONE_YET:
        found.append(~outcome.answered())
    elif asked.answer:
        found.append(outcome.answered(asked.answer))
    return found


def _answers(number: int) -> ColumnElement[bool]:
    """Whether the last version says something to a question."""
    newest = (
        select(func.max(InputVersion.number))
        .where(InputVersion.input_id == Input.id)
        .correlate(Input)
        .scalar_subquery()
    )
    said = col(InputVersion.content)[("answers", str(number))].as_string()
    return (
        select(InputVersion.id)
        .where(
            InputVersion.input_id == Input.id,
            InputVersion.number == newest,
            func.coalesce(func.trim(said), "") != "",
        )
        .correlate(Input)
        .exists()
    )


async def _of_category(
    db: Reading | Writing, consultation: Consultation, wanted: Category
) -> ColumnElement[bool]:
    named = await _categories(db, consultation, None)
    body = col(Input.entity_id)
    if wanted is Category.STAKEHOLDER:
        others = [key for key, known in named.items() if known is not Category.STAKEHOLDER]
        return or_(body.is_(None), body.not_in(others))
    return body.in_([key for key, known in named.items() if known is wanted])


async def _categories(
    db: Reading | Writing, consultation: Consultation, bodies: Collection[UUID] | None
) -> dict[UUID, Category]:
    """The category of bodies when the round closes: its inputs are of one day to be counted on."""
    if bodies is None:
        query = select(Input.entity_id).where(
            Input.consultation_id == consultation.id, col(Input.entity_id).is_not(None)
        )
        bodies = [each for each in (await db.exec(query.distinct())).all() if each]
    if not bodies:
        return {}
    found = await entities.categories_on(db, bodies, consultation.closes_at.date())
    return {
        key: known if known and not ended else Category.STAKEHOLDER
        for key, (known, ended) in found.items()
    }


async def _categories_of(
    db: Reading | Writing, rounds: Mapping[UUID, Consultation], rows: Sequence[Input]
) -> dict[tuple[UUID, UUID], Category]:
    """By round and body: a body may be another in another round."""
    bodies: dict[UUID, set[UUID]] = defaultdict(set)
    for row in rows:
        if row.entity_id:
            bodies[row.consultation_id].add(row.entity_id)
    return {
        (key, body): category
        for key, named in bodies.items()
        for body, category in (await _categories(db, rounds[key], named)).items()
    }


async def _countries(db: Reading | Writing, region: str, now: datetime) -> list[str]:
    if region not in participation.REGIONS:
        return []
    by_country = await entities.by_country(db)
    regions = await entities.regions_on(db, set(by_country.values()), now.date())
    return [iso2 for iso2, key in by_country.items() if regions.get(key) == region]


async def views(
    db: Reading | Writing,
    consultation: Consultation,
    rows: Sequence[Input],
    now: datetime,
    *,
    translated: bool = False,
    files: bool = False,
) -> list[Published]:
    """Inputs of a round as everybody may read them, in the order in which they were given."""
    rounds = {consultation.id: consultation}
    return await _views(db, rounds, rows, now, translated=translated, files=files)


async def _views(
    db: Reading | Writing,
    rounds: Mapping[UUID, Consultation],
    rows: Sequence[Input],
    now: datetime,
    *,
    translated: bool = False,
    files: bool = False,
) -> list[Published]:
    """The same of several rounds, in as many queries as for one."""
    if not rows:
        return []
    about = await _about(db, rounds, rows, now, translated=translated, files=files)
    return [_view(rounds[row.consultation_id], row, about, now) for row in rows]


@dataclass(frozen=True, slots=True)
class _About:
    """What belongs to several inputs, by their ids."""

    versions: Mapping[UUID, InputVersion]
    redactions: Mapping[UUID, Sequence[tuple[Redaction, Redacted]]]
    labels: Mapping[UUID, OffTopic]
    authors: Mapping[UUID, Sequence[tuple[InputAuthor, str]]]
    categories: Mapping[tuple[UUID, UUID], Category]
    bodies: Mapping[UUID, Entity]
    translations: Mapping[UUID, Sequence[InputTranslation]]
    files: Mapping[UUID, Sequence[StoredFile]]
    answers: Mapping[UUID, Answer]


async def _about(
    db: Reading | Writing,
    rounds: Mapping[UUID, Consultation],
    rows: Sequence[Input],
    now: datetime | None,
    *,
    translated: bool,
    files: bool,
) -> _About:
    """``now`` is None where nobody asks what became of them."""
    keys = [each.id for each in rows]
    bodies = {each.entity_id for each in rows if each.entity_id}
    named = select(Entity).where(col(Entity.id).in_(bodies))
    return _About(
        versions=await _newest(db, keys),
        redactions=await _redactions(db, keys),
        labels=await _labels(db, keys),
        authors=await _authors(db, keys),
        categories=await _categories_of(db, rounds, rows),
        bodies={each.id: each for each in await db.exec(named)} if bodies else {},
        translations=await _translations(db, keys) if translated else {},
        files=await _files(db, keys) if files else {},
        answers=await outcome.answers(db, keys, None, now) if now else {},
    )


async def _newest(db: Reading | Writing, keys: Sequence[UUID]) -> dict[UUID, InputVersion]:
    newest = (
        select(InputVersion.input_id, func.max(InputVersion.number).label("number"))
        .where(col(InputVersion.input_id).in_(keys))
        .group_by(col(InputVersion.input_id))
        .subquery()
    )
    query = select(InputVersion).join(
        newest,
        and_(
            col(InputVersion.input_id) == newest.c.input_id,
            col(InputVersion.number) == newest.c.number,
        ),
    )
    return {each.input_id: each for each in await db.exec(query)}


async def _redactions(
    db: Reading | Writing, keys: Collection[UUID]
) -> dict[UUID, list[tuple[Redaction, Redacted]]]:
    """Those in force with the passages that they take away, each from its own version."""
    query = (
        select(Redaction, InputVersion)
        .join(
            InputVersion,
            and_(
                col(InputVersion.input_id) == col(Redaction.input_id),
                col(InputVersion.number) == col(Redaction.version),
            ),
        )
        .where(col(Redaction.input_id).in_(keys), col(Redaction.lifted_at).is_(None))
        .order_by(col(Redaction.at), col(Redaction.id))
    )
    found: dict[UUID, list[tuple[Redaction, Redacted]]] = defaultdict(list)
    for each, version in await db.exec(query):
        found[each.input_id].append((each, _passage(each, version)))
    return found


def _passage(each: Redaction, version: InputVersion) -> Redacted:
    text = rules.parts(version.content).get(each.part, "")
    return Redacted(each.part, text[each.starts : each.starts + each.length])


async def _labels(db: Reading | Writing, keys: Collection[UUID]) -> dict[UUID, OffTopic]:
    query = select(OffTopic).where(
        col(OffTopic.input_id).in_(keys), col(OffTopic.removed_at).is_(None)
    )
    return {each.input_id: each for each in await db.exec(query)}


async def _authors(
    db: Reading | Writing, keys: Collection[UUID]
) -> dict[UUID, list[tuple[InputAuthor, str]]]:
    query = (
        select(InputAuthor, Person.name)
        .join(Person, col(Person.id) == col(InputAuthor.person_id))
        .where(col(InputAuthor.input_id).in_(keys))
        .order_by(col(InputAuthor.asked_at), col(InputAuthor.id))
    )
    return _by_input(await db.exec(query), lambda pair: pair[0].input_id)


async def _translations(
    db: Reading | Writing, keys: Collection[UUID]
) -> dict[UUID, list[InputTranslation]]:
    query = (
        select(InputTranslation)
        .where(
            col(InputTranslation.input_id).in_(keys), col(InputTranslation.replaced_at).is_(None)
        )
        .order_by(col(InputTranslation.language), col(InputTranslation.at))
    )
    return _by_input(await db.exec(query), lambda each: each.input_id)


async def _files(db: Reading | Writing, keys: Collection[UUID]) -> dict[UUID, list[StoredFile]]:
    query = (
        select(Attachment.input_id, StoredFile)
        .join(StoredFile, col(StoredFile.id) == col(Attachment.file_id))
        .where(col(Attachment.input_id).in_(keys), col(Attachment.removed_at).is_(None))
        .order_by(col(Attachment.attached_at), col(Attachment.id))
    )
    found: dict[UUID, list[StoredFile]] = defaultdict(list)
    for key, each in await db.exec(query):
        found[key].append(each)
    return found


def _by_input(rows: Iterable[Row], key: Callable[[Row], UUID]) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = defaultdict(list)
    for each in rows:
        found[key(each)].append(each)
    return found


def _view(consultation: Consultation, row: Input, about: _About, now: datetime) -> Published:
    number, version = row.number, about.versions.get(row.id)
    disowned = _disowned(row, about)
    seen = shown(InputFacts(row.state, row.consent, disowned), _facts(consultation), now)
    if number is None or version is None or not seen.known:
        return Published(0, None, Shown())
    if not seen.text:
        return Published(number, None, seen)
    return _in_full(row, version, seen, about)


def _disowned(row: Input, about: _About) -> bool:
    return any(
        author.disowned_at is not None and author.person_id == row.person_id
        for author, _ in about.authors.get(row.id, ())
    )


def _in_full(row: Input, version: InputVersion, seen: Shown, about: _About) -> Published:
    redacted = [each for _, each in about.redactions.get(row.id, ())]
    originals = rules.parts(version.content)
    texts = masked(originals, redacted)
    attached = version.content.get("attachments") or []
    files = _files_shown(about.files.get(row.id, ()), seen, redacted)
    label = about.labels.get(row.id)
    ready, waiting = _translated(row, version, about)
    whole = texts == originals and (seen.files or not attached) and not redacted
    made = Published(
        number=row.number or 0,
        at=row.submitted_at,
        shown=seen,
        language=row.language,
        texts=_legible(texts),
        late=row.late,
        version=version.number,
        changed_at=_changed_at(row, version, about),
        digest=version.digest,
        content=version.content if whole else None,
        off_topic=label.why if label else "",
        off_topic_at=label.at if label else None,
        marks=[_mark(each) for each, _ in about.redactions.get(row.id, ())],
        translations=ready,
        translations_waiting=waiting,
        files=files,
        files_withheld=len(attached) - len(files) if row.id in about.files else 0,
        answer=about.answers.get(row.id),
    )
    made = _with_body(made, row, about) if seen.body else made
    return _with_names(made, row, about) if seen.name else made


def _legible(texts: Mapping[str, str]) -> dict[str, str]:
    return {part: legible(text) for part, text in texts.items()}


def _with_body(made: Published, row: Input, about: _About) -> Published:
    body = about.bodies.get(row.entity_id) if row.entity_id else None
    of_round = (row.consultation_id, row.entity_id) if row.entity_id else None
    category = about.categories.get(of_round) if of_round else None
    return replace(
        made,
        organization=legible(body.name if body else row.organization),
        country=row.country,
        group=row.group,
        category=category or Category.STAKEHOLDER,
    )


def _with_names(made: Published, row: Input, about: _About) -> Published:
    """The one who began it as they wrote themselves, then the others who agreed to be authors."""
    others = [
        name
        for author, name in about.authors.get(row.id, ())
        if author.person_id != row.person_id and author.agreed_at and not author.disowned_at
    ]
    names = [legible(each) for each in (row.name, *others) if each]
    return replace(made, names=names, job_title=legible(row.job_title))


def _mark(each: Redaction) -> Mark:
    return Mark(each.id, each.part, each.ground, each.why, each.at)


def _changed_at(row: Input, version: InputVersion, about: _About) -> datetime:
    """When what is shown was last another: what feeds tell."""
    moments = [version.at, *(each.at for each, _ in about.redactions.get(row.id, ()))]
    label = about.labels.get(row.id)
    moments += [label.at] if label else []
    moments += [each.at for each in about.translations.get(row.id, ())]
    moments += [about.answers[row.id].at] if row.id in about.answers else []
    return max(moments)


def _translated(
    row: Input, version: InputVersion, about: _About
) -> tuple[list[InAnotherLanguage], list[str]]:
    """Those of this version that were entered after the last redaction; the others wait."""
    redactions = about.redactions.get(row.id, ())
    since = max((each.at for each, _ in redactions), default=None)
    ready, waiting = [], []
    for each in about.translations.get(row.id, ()):
        if each.version != version.number or (since is not None and each.at <= since):
            waiting.append(each.language)
            continue
        texts = masked(each.parts, [redacted for _, redacted in redactions])
        translator = legible(each.translator)
        made = InAnotherLanguage(
            each.language, each.translated, translator, each.at, _legible(texts)
        )
        ready.append(made)
    return ready, waiting


def _files_shown(
    files: Sequence[StoredFile], seen: Shown, redacted: Sequence[Redacted]
) -> list[File]:
    if not seen.files:
        return []
    gone = rules.files_redacted(redacted)
    return [
        File(legible(each.name), each.media_type, each.size, each.sha256)
        for each in files
        if each.sha256 not in gone
    ]


# Found.


async def index(db: Writing, row: Input) -> None:
    """Have an input found by what everybody may read of it; called whenever that changes.

    When its round publishes is asked at the moment of the search.
    """
    consultation = await load(db, Consultation, row.consultation_id)
    rounds = {consultation.id: consultation}
    about = await _about(db, rounds, [row], None, translated=True, files=True)
    once = RoundFacts(announced=True, publishing=Publishing.WHILE_OPEN, closes_at=row.created_at)
    facts = InputFacts(row.state, row.consent, _disowned(row, about))
    seen = shown(facts, once, row.created_at)
    version = about.versions.get(row.id)
    if version is None or not seen.text:
        await search.forget(db, Kind.INPUT, row.id)
        return
    each = _in_full(row, version, seen, about)
    texts = [*_said(each), *_said_in_files(each, row, about)]
    at = row.submitted_at or version.at
    await search.index(db, Kind.INPUT, row.id, texts, place=_place(consultation), at=at)


def _said(each: Published) -> list[Said]:
    who = " ".join((*each.names, each.organization))
    head = f"{each.texts.get(rules.SUMMARY, '')} {who}"
    rest = [text for part, text in each.texts.items() if part != rules.SUMMARY]
    others = [
        Said(
            one.language,
            "\n".join(text for part, text in one.texts.items() if part != "summary"),
            one.texts.get(rules.SUMMARY, ""),
        )
        for one in each.translations
    ]
    return [Said(each.language, "\n".join(rest), head), *others]


def _said_in_files(each: Published, row: Input, about: _About) -> list[Said]:
    open_to_all = {one.sha256 for one in each.files}
    redacted = [one for _, one in about.redactions.get(row.id, ())]
    return [
        Said(each.language, masked({FILE: one.text[:LONGEST_INDEXED]}, redacted)[FILE])
        for one in about.files.get(row.id, ())
        if one.sha256 in open_to_all
    ]


# Counted.


@dataclass(frozen=True, slots=True)
class Numbers:
    """A round in numbers; ``groups`` is None where there are too many inputs to compare.

    ``once`` is how many are left when each group counts once.
    """

    counts: Counts
    tally: Tally
    groups: Sequence[Group] | None
    once: int


async def numbers(db: Reading | Writing, consultation: Consultation, now: datetime) -> Numbers:
    """Who sent how much, and what is similar, of all that is published of a round."""
    known = await counts(db, consultation, now)
    if not known.published:
        return Numbers(known, tally(()), [], 0)
    rows = await _published(db, consultation)
    seen = await views(db, consultation, rows, now)
    sent = [_sent(row, each) for row, each in zip(rows, seen, strict=True)]
    if len(rows) > MOST_GROUPED:
        return Numbers(known, tally(sent), None, len(rows))
    texts = {each.number: runs("\n".join(each.texts.values())) for each in seen}
    made = groups(texts)
    once = len(rows) - sum(each.size - 1 for each in made)
    return Numbers(known, tally(sent), made, once)


async def _published(db: Reading | Writing, consultation: Consultation) -> Sequence[Input]:
    query = select(Input).where(
        *_known(consultation),
        Input.state == InputState.SUBMITTED,
        Input.consent != Consent.NONE,
    )
    return (await db.exec(query.order_by(col(Input.number)))).all()


def _sent(row: Input, each: Published) -> Sent:
    words = sum(count(text.replace(MARK, "")) for text in each.texts.values())
    body = str(row.entity_id or fold(each.organization)) if each.organization else ""
    name = each.names[0] if each.names else ""
    return Sent(each.number, str(row.person_id), name, body, each.organization, words)


async def everything(
    db: Reading | Writing, consultation: Consultation, now: datetime, *, newest: int | None = None
) -> list[Published]:
    """All of a round that everybody may read, for tables and feeds; or the newest of it first."""
    if not publishes(_facts(consultation), now):
        return []
    rows = list(await _published(db, consultation))
    if newest is not None:
        rows = sorted(rows, key=lambda each: each.submitted_at or now, reverse=True)[:newest]
    made: list[Published] = []
    for begins in range(0, len(rows), 500):
        some = rows[begins : begins + 500]
        made += await views(db, consultation, some, now, translated=True, files=True)
    return made


def published_at(consultation: Consultation, each: Published) -> datetime:
    """When everybody could read it for the first time."""
    sent = each.at or consultation.closes_at
    if publishes(_facts(consultation), sent):
        return sent
    return max(sent, consultation.closes_at)


# What the secretariat adds.


@dataclass(frozen=True, slots=True)
class Sealed:
    """An input as its secretariat works with it: whole, with what was done to it."""

    row: Input
    version: InputVersion
    public: Published
    label: OffTopic | None
    labels: Sequence[OffTopic]
    redactions: Sequence[Redaction]
    translations: Sequence[InputTranslation]
    originals: Mapping[str, str]


async def for_secretariat(
    db: Reading | Writing, slug: str, by: Person
) -> tuple[Consultation, Sequence[Input]]:
    """A round and all that was sent to it, for the secretariat of its meeting; else NotFound."""
    query = select(Consultation).where(Consultation.slug == slug)
    found = (await db.exec(query)).first()
    if found is None or not await access.is_secretariat(db, by, found.meeting_id):
        raise NotFound
    rows = select(Input).where(*_known(found)).order_by(col(Input.number))
    return found, (await db.exec(rows)).all()


async def sealed(
    db: Reading | Writing, slug: str, number: int, by: Person, now: datetime
) -> tuple[Consultation, Sealed]:
    """An input for the desk; what was redacted is in ``originals`` and shown once asked for."""
    consultation, _ = await for_secretariat(db, slug, by)
    row = await numbered(db, consultation, number)
    version = (await _newest(db, [row.id])).get(row.id)
    if row.state is InputState.DRAFT or version is None:
        raise NotFound
    (public,) = await views(db, consultation, [row], now, translated=True, files=True)
    labels = select(OffTopic).where(OffTopic.input_id == row.id).order_by(col(OffTopic.at))
    history = (await db.exec(labels)).all()
    done = select(Redaction).where(Redaction.input_id == row.id).order_by(col(Redaction.at))
    return consultation, Sealed(
        row=row,
        version=version,
        public=public,
        label=next((each for each in history if each.removed_at is None), None),
        labels=history,
        redactions=(await db.exec(done)).all(),
        translations=(await _translations(db, [row.id])).get(row.id, []),
        originals=rules.parts(version.content),
    )


async def masked_texts(db: Reading | Writing, found: Sealed) -> dict[str, str]:
    """The texts with their marks, also where nothing of it is published."""
    kept = (await _redactions(db, [found.row.id])).get(found.row.id, [])
    return masked(found.originals, [each for _, each in kept])


async def open_original(
    db: Writing, slug: str, number: int, why: str, *, by: Person, now: datetime
) -> Mapping[str, str]:
    """What was redacted, for the secretariat; that it was read, by whom and why, is recorded."""
    said = _said_why(why)
    consultation, found = await sealed(db, slug, number, by, now)
    await _note(db, "input-original-read", found.row, consultation, by, now, why=said)
    return found.originals


async def label(
    db: Writing, slug: str, number: int, why: str, *, by: Person, now: datetime
) -> OffTopic:
    """Say that an input is off the topic, and why: it stays where it is (A14)."""
    said = _said_why(why)
    consultation, row = await _held(db, slug, number, by)
    if row.id in await _labels(db, [row.id]):
        raise Conflict(PublicationReason.LABELLED)
    made = OffTopic(input_id=row.id, why=said, by_id=by.id, at=now)
    db.add(made)
    await db.flush()
    await _note(db, "input-labelled", row, consultation, by, now, why=said)
    return made


async def unlabel(
    db: Writing, slug: str, number: int, why: str, *, by: Person, now: datetime
) -> OffTopic:
    """Take the label away, with the reason; that it was there stays on record."""
    said = _said_why(why)
    consultation, row = await _held(db, slug, number, by)
    found = (await _labels(db, [row.id])).get(row.id)
    if found is None:
        raise Conflict(PublicationReason.NOT_LABELLED)
    found.removed_at, found.removed_why = now, said
    db.add(found)
    await db.flush()
    await _note(db, "input-unlabelled", row, consultation, by, now, why=said)
    return found


@dataclass(frozen=True, slots=True)
class ToRedact:
    """A passage as the secretariat typed it; an empty one is the whole part."""

    part: str
    passage: str
    ground: Ground
    why: str


async def redact(
    db: Writing, slug: str, number: int, wanted: ToRedact, *, by: Person, now: datetime
) -> Redaction:
    """Have a passage shown nowhere: not in the text, a translation, a hit, a feed or a table.

    The version stays as it was sent and its digest with it; the reason stands at the mark.
    """
    why = _said_why(wanted.why)
    consultation, row = await _held(db, slug, number, by)
    version = (await _newest(db, [row.id]))[row.id]
    starts, length = _where_in(version, wanted)
    made = Redaction(
        input_id=row.id,
        version=version.number,
        part=wanted.part,
        starts=starts,
        length=length,
        ground=wanted.ground,
        why=why,
        by_id=by.id,
        at=now,
    )
    db.add(made)
    await db.flush()
    await index(db, row)
    await _note(db, "input-redacted", row, consultation, by, now, why=why, part=wanted.part)
    return made


def _where_in(version: InputVersion, wanted: ToRedact) -> tuple[int, int]:
    texts = rules.parts(version.content)
    attached = version.content.get("attachments") or []
    files = {f"{FILE}{each['sha256']}" for each in attached}
    if wanted.part in files and not wanted.passage.strip():
        return 0, 0
    if wanted.part not in texts:
        raise Malformed(part=PublicationFault.NO_SUCH_PART)
    passage = wanted.passage.replace("\r\n", "\n").strip()
    if not passage:
        return 0, 0
    for spelled in (passage, clean(passage), passage.replace("\n", "\r\n")):
        if (starts := texts[wanted.part].find(spelled)) >= 0:
            return starts, len(spelled)
    raise Malformed(passage=PublicationFault.NOT_THERE)


async def lift(
    db: Writing, slug: str, number: int, key: UUID, why: str, *, by: Person, now: datetime
) -> Redaction:
    """Show a passage again, with the reason; translations of before are shown again too."""
    said = _said_why(why)
    consultation, row = await _held(db, slug, number, by)
    found = await load(db, Redaction, key)
    if found.input_id != row.id:
        raise NotFound
    if found.lifted_at is not None:
        raise Conflict(PublicationReason.LIFTED)
    found.lifted_at, found.lifted_why = now, said
    db.add(found)
    await db.flush()
    await index(db, row)
    await _note(db, "input-redaction-lifted", row, consultation, by, now, why=said)
    return found


@dataclass(frozen=True, slots=True)
class Translation:
    """A translation as it was entered, of the text as it is shown."""

    language: str
    translated: Translated
    translator: str
    parts: Mapping[str, str]


async def translate(
    db: Writing, slug: str, number: int, wanted: Translation, *, by: Person, now: datetime
) -> InputTranslation:
    """Enter a translation of the newest version; the one before it in that language stays kept."""
    consultation, row = await _held(db, slug, number, by)
    version = (await _newest(db, [row.id]))[row.id]
    parts = _translated_parts(row, version, wanted)
    for each in (await _translations(db, [row.id])).get(row.id, []):
        if each.language == wanted.language:
            each.replaced_at = now
            db.add(each)
    made = InputTranslation(
        input_id=row.id,
        version=version.number,
        language=wanted.language,
        translated=wanted.translated,
        translator=clean(wanted.translator),
        parts=parts,
        by_id=by.id,
        at=now,
    )
    db.add(made)
    await db.flush()
    await index(db, row)
    said = {"language": wanted.language, "translated": wanted.translated}
    await _note(db, "input-translated", row, consultation, by, now, **said)
    return made


def _translated_parts(row: Input, version: InputVersion, wanted: Translation) -> dict[str, str]:
    faults: dict[str, str] = {}
    if wanted.language not in LANGUAGES:
        faults["language"] = PublicationFault.NO_LANGUAGE
    elif wanted.language == row.language:
        faults["language"] = PublicationFault.SAME_LANGUAGE
    if wrong := fault(clean(wanted.translator), rules.LONGEST_TRANSLATOR, required=True):
        faults["translator"] = wrong
    known = rules.parts(version.content)
    kept = {part: clean(text) for part, text in wanted.parts.items() if text.strip()}
    for part, text in kept.items():
        wrong = fault(text, rules.LONGEST_PART, lines=True)
        if part not in known:
            faults["parts"] = PublicationFault.NO_SUCH_PART
        elif wrong:
            faults[part] = wrong
    if not kept:
        faults["parts"] = PublicationFault.NOTHING
    if faults:
        raise Malformed(**faults)
    return kept


def _said_why(why: str) -> str:
    said = clean(why)
    if wrong := fault(said, rules.LONGEST_WHY, required=True, lines=True):
        raise Malformed(why=wrong)
    return said


async def _held(db: Writing, slug: str, number: int, by: Person) -> tuple[Consultation, Input]:
    """An input that was sent, held for its secretariat; NotFound for everybody else."""
    consultation, _ = await for_secretariat(db, slug, by)
    row = await hold(db, Input, (await numbered(db, consultation, number)).id)
    if row.state is InputState.DRAFT:
        raise NotFound
    if row.state is not InputState.SUBMITTED:
        raise Conflict(PublicationReason.NOT_SUBMITTED)
    return consultation, row


async def _note(
    db: Writing,
    kind: str,
    row: Input,
    consultation: Consultation,
    by: Person,
    now: datetime,
    **facts: str,
) -> None:
    await acts.record(
        db, kind, now, meeting_id=consultation.meeting_id, input=str(row.id), by=str(by.id), **facts
    )


# Found anywhere.


@dataclass(frozen=True, slots=True)
class Somewhere:
    """A hit with its round."""

    consultation: Consultation
    input: Published


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of hits over all rounds."""

    rows: Sequence[Somewhere]
    total: int
    next: str = ""
    loose: bool = False


async def anywhere(
    db: Reading | Writing,
    said: str,
    now: datetime,
    *,
    after: Cursor | None = None,
    limit: int = 20,
) -> Hits:
    """What is published of all rounds and says what was asked."""
    allowed = await places(db, now)
    found = await search.find(db, said, allowed, kinds=[Kind.INPUT], after=after, limit=limit)
    scopes = {each.scope_id for each in found.hits}
    query = select(Consultation).where(col(Consultation.id).in_(scopes))
    rounds = {each.id: each for each in await db.exec(query)}
    made = await of_keys(db, rounds, found.hits, said, now)
    rows = [Somewhere(rounds[h.scope_id], made[h.key]) for h in found.hits if h.key in made]
    return Hits(rows, found.total, str(found.next or ""), found.loose)
