"""Inputs as everybody may read them: by round, by number, found by their words.

Every door goes through ``views``, and ``views`` through the one rule, ``policy.inputs.shown``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, func, or_, select

from app.database import Reading, Writing, load
from app.errors import NotFound
from app.models import (
    Consultation,
    Input,
    InputAuthor,
    InputVersion,
    Meeting,
    Question,
    Redaction,
    StoredFile,
)
from app.policy import publication as rules
from app.policy.access import decide
from app.policy.consultation import Publishing
from app.policy.excerpts import Marker, Piece
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
    Ground,
    Redacted,
    Translated,
    legible,
    masked,
)
from app.policy.search import Audience, Cursor, Kind, Place
from app.policy.text import number_of
from app.services import access, dossiers, entities, outcome, participation, search
from app.services.dossiers import Dossier, Version
from app.services.outcome import Answer
from app.services.search import Entry, Said

LANGUAGES: Final = ("ar", "en", "es", "fr", "ru", "zh")
NAMED_BODY: Final = (Consent.NAME_AND_TEXT, Consent.ORGANIZATION_AND_TEXT)
MOST: Final = 100
LONGEST_INDEXED: Final = 400_000
"""Characters of one file that are found."""


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
    presented_at: datetime | None = None
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
    query = (
        select(Consultation, Meeting)
        .join(Meeting, col(Meeting.id) == col(Consultation.meeting_id))
        .where(Consultation.slug == slug)
    )
    match (await db.exec(query)).first():
        case (found, meeting) if _facts(found).announced and _open_to_all(meeting):
            return found
        case _:
            raise NotFound


def _open_to_all(meeting: Meeting) -> bool:
    everybody = Standing(Category.PUBLIC)
    return bool(decide(access.edition(meeting), everybody, Part.CONSULTATION, Right.READ))


def _facts(found: dossiers.Round) -> RoundFacts:
    return RoundFacts(found.announced_at is not None, found.publishing, found.closes_at)


def is_publishing(consultation: Consultation, now: datetime) -> bool:
    """Whether what came to a round may be read by now."""
    return publishes(_facts(consultation), now)


async def questions(db: Reading | Writing, consultation: Consultation) -> Sequence[Question]:
    query = select(Question).where(Question.consultation_id == consultation.id)
    return (await db.exec(query.order_by(col(Question.number)))).all()


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a round beside its inputs."""

    slug: str
    titles: Mapping[str, str]
    publishing: Publishing
    announced_at: datetime
    closes_at: datetime
    time_zone: str


async def publishing(
    db: Reading | Writing, announced: Iterable[Sequence[Any]], now: datetime
) -> dict[UUID, Told]:
    """Of rounds that were announced those of which everybody may read what came, by now.

    Each is given as ``ANNOUNCED`` names it. The rule book of a meeting is long, and is read once:
    its digest says when it is another.
    """
    rounds = dict[UUID, Told]()
    for book, key, *told in announced:
        if book not in _OPEN:
            held = select(Meeting).where(Meeting.edition_digest == book).limit(1)
            _OPEN[book] = _open_to_all((await db.exec(held)).one())
        found = Told(*told)
        if _OPEN[book] and publishes(_facts(found), now):
            rounds[key] = found
    return rounds


ANNOUNCED: Final = (
    col(Meeting.edition_digest),
    col(Consultation.id),
    *(getattr(Consultation, each.name) for each in fields(Told)),
)
_OPEN: Final[dict[str, bool]] = {}
"""Whether everybody may read consultations, by the digest of the rule book: there are few."""


def place(key: UUID) -> Place:
    """Where the inputs of a round are found."""
    return Place(key, Audience.PUBLIC)


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
    begins = number_of(after) or 0
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
        [place(consultation.id)],
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
    rounds: Mapping[UUID, dossiers.Round],
    hits: Sequence[search.Hit],
    said: str,
    now: datetime,
) -> dict[UUID, Published]:
    """What was found, as everybody may read it, with the place that says what was asked."""
    marker = search.marker(said)
    found = await dossiers.of(db, rounds, [each.key for each in hits], translated=True)
    seen = {key: _view(rounds[of.row.consultation_id], of, now) for key, of in found.items()}
    return {key: with_excerpt(each, marker) for key, each in seen.items() if each.shown.text}


def with_excerpt(each: Published, marker: Marker) -> Published:
    """The text, original or translated, that says most of what was asked."""
    texts = [("\n".join(each.texts.values()), each.language)]
    texts += [("\n".join(one.texts.values()), one.language) for one in each.translations]
    chosen = texts[0]
    if len(texts) > 1:
        chosen = max(texts, key=lambda pair: marker.often(*pair))
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


async def file_of(
    db: Reading | Writing, consultation: Consultation, number: int, sha256: str, now: datetime
) -> StoredFile:
    """A file that is shown with an input; NotFound for every other, whoever knows its digest."""
    row = await numbered(db, consultation, number)
    of = await dossiers.of_one(db, consultation, row, files=True)
    open_to_all = {each.sha256 for each in _view(consultation, of, now).files}
    for each in of.sent_files:
        if each.sha256 == sha256 and sha256 in open_to_all:
            return each
    raise NotFound


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
        .where(*known(consultation))
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


def known(consultation: Consultation) -> list[ColumnElement[bool]]:
    return [
        col(Input.consultation_id) == consultation.id,
        col(Input.number).is_not(None),
        col(Input.state) != InputState.DRAFT,
    ]


async def _where(
    db: Reading | Writing, consultation: Consultation, asked: Filter, now: datetime
) -> list[ColumnElement[bool]]:
    found = known(consultation)
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
    query = select(Input.entity_id).where(
        Input.consultation_id == consultation.id, col(Input.entity_id).is_not(None)
    )
    bodies = [each for each in (await db.exec(query.distinct())).all() if each]
    named = await dossiers.categories(db, consultation, bodies)
    body = col(Input.entity_id)
    if wanted is Category.STAKEHOLDER:
        others = [key for key, known in named.items() if known is not Category.STAKEHOLDER]
        return or_(body.is_(None), body.not_in(others))
    return body.in_([key for key, known in named.items() if known is wanted])


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
    keys = [row.id for row in rows]
    found = await dossiers.of(db, rounds, keys, translated=translated, files=files)
    given = [key for key in keys if found[key].answered]
    told = await outcome.answers(db, given, None, now) if given else {}
    return [
        _view(rounds[row.consultation_id], found[row.id], now, told.get(row.id)) for row in rows
    ]


def _view(
    consultation: dossiers.Round, of: Dossier, now: datetime, answer: Answer | None = None
) -> Published:
    row, number = of.row, of.row.number
    facts = InputFacts(row.state, row.consent, of.disowned)
    seen = shown(facts, _facts(consultation), now)
    if number is None or of.version is None or not seen.known:
        return Published(0, None, Shown())
    if not seen.text:
        return Published(number, None, seen)
    return _in_full(of, of.version, seen, answer)


def _in_full(of: Dossier, version: Version, seen: Shown, answer: Answer | None = None) -> Published:
    row, redacted = of.row, of.redacted
    originals = rules.parts(version.content)
    texts = masked(originals, redacted)
    attached = version.content.get("attachments") or []
    sent = of.sent_files
    files = _files_shown(sent, seen, redacted)
    ready, waiting = _translated(of, version)
    whole = texts == originals and (seen.files or not attached) and not redacted
    return Published(
        number=row.number or 0,
        at=row.submitted_at,
        shown=seen,
        language=row.language,
        texts=_legible(texts),
        late=row.late,
        version=version.number,
        changed_at=_changed_at(of, version, answer),
        digest=version.digest,
        content=version.content if whole else None,
        off_topic=of.label.why if of.label else "",
        off_topic_at=of.label.at if of.label else None,
        marks=[_mark(each) for each, _ in of.redactions],
        translations=ready,
        translations_waiting=waiting,
        files=files,
        files_withheld=len(attached) - len(files) if sent else 0,
        presented_at=of.presented_at,
        answer=answer,
        **(_body(of) if seen.body else {}),
        **(_names(of) if seen.name else {}),
    )


def _legible(texts: Mapping[str, str]) -> dict[str, str]:
    return {part: legible(text) for part, text in texts.items()}


def _body(of: Dossier) -> dict[str, Any]:
    """What is told of the body, by field."""
    return {
        "organization": legible(of.row.organization if of.body is None else of.body),
        "country": of.row.country,
        "group": of.row.group,
        "category": of.category or Category.STAKEHOLDER,
    }


def _names(of: Dossier) -> dict[str, Any]:
    """The one who began it as they wrote themselves, then the others who agreed to be authors."""
    names = [legible(each) for each in (of.row.name, *of.others) if each]
    return {"names": names, "job_title": legible(of.row.job_title)}


def _mark(each: Redaction) -> Mark:
    return Mark(each.id, each.part, each.ground, each.why, each.at)


def _changed_at(of: Dossier, version: Version, answer: Answer | None) -> datetime:
    """When what is shown was last another: what feeds tell."""
    moments = [version.at, *(each.at for each, _ in of.redactions)]
    moments += [of.label.at] if of.label else []
    moments += [each.at for each in of.translations]
    moments += [answer.at] if answer else []
    return max(moments)


def _translated(of: Dossier, version: Version) -> tuple[list[InAnotherLanguage], list[str]]:
    """Those of this version that were entered after the last redaction; the others wait."""
    since = max((each.at for each, _ in of.redactions), default=None)
    ready, waiting = [], []
    for each in of.translations:
        if each.version != version.number or (since is not None and each.at <= since):
            waiting.append(each.language)
            continue
        texts = masked(each.parts, of.redacted)
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
    await index_all(db, [row])


async def index_all(db: Writing, rows: Sequence[Input]) -> None:
    """The same of several."""
    if not rows:
        return
    rounds = {
        key: await load(db, Consultation, key) for key in {row.consultation_id for row in rows}
    }
    keys = [row.id for row in rows]
    found = await dossiers.of(db, rounds, keys, translated=True, files=True)
    entries = [entry(found[row.id]) for row in rows]
    await search.forget_all(db, Kind.INPUT, keys)
    await search.index_all(db, [each for each in entries if each])


def entry(of: Dossier) -> Entry | None:
    """As an input is found; None where there is nothing that everybody may read."""
    row = of.row
    once = RoundFacts(announced=True, publishing=Publishing.WHILE_OPEN, closes_at=row.created_at)
    seen = shown(InputFacts(row.state, row.consent, of.disowned), once, row.created_at)
    if of.version is None or not seen.text:
        return None
    each = _in_full(of, of.version, seen)
    texts = [*_said(each), *_said_in_files(each, of)]
    at = row.submitted_at or of.version.at
    return Entry(Kind.INPUT, row.id, place(row.consultation_id), at, texts)


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


def _said_in_files(each: Published, of: Dossier) -> list[Said]:
    open_to_all = {one.sha256 for one in each.files}
    return [
        Said(each.language, masked({FILE: one.text[:LONGEST_INDEXED]}, of.redacted)[FILE])
        for one in of.sent_files
        if one.sha256 in open_to_all
    ]


# All of it.


async def published(db: Reading | Writing, consultation: Consultation) -> Sequence[Input]:
    query = select(Input).where(
        *known(consultation),
        Input.state == InputState.SUBMITTED,
        Input.consent != Consent.NONE,
    )
    return (await db.exec(query.order_by(col(Input.number)))).all()


async def everything(
    db: Reading | Writing, consultation: Consultation, now: datetime, *, newest: int | None = None
) -> list[Published]:
    """All of a round that everybody may read, for tables and feeds; or the newest of it first."""
    if not publishes(_facts(consultation), now):
        return []
    rows = list(await published(db, consultation))
    if newest is not None:
        rows = sorted(rows, key=lambda each: each.submitted_at or now, reverse=True)[:newest]
    made: list[Published] = []
    for begins in range(0, len(rows), 500):
        some = rows[begins : begins + 500]
        made += await views(db, consultation, some, now, translated=True, files=True)
    return made


async def whole(
    db: Reading | Writing, consultation: Consultation, now: datetime
) -> list[tuple[Input, Published]]:
    """All of which everybody may know, in the order of numbers: also what is only counted."""
    if not publishes(_facts(consultation), now):
        return []
    query = select(Input).where(*known(consultation)).order_by(col(Input.number))
    rows = (await db.exec(query)).all()
    seen = await views(db, consultation, rows, now, translated=True, files=True)
    return [(row, each) for row, each in zip(rows, seen, strict=True) if each.shown.known]


async def facts(
    db: Reading | Writing, consultation: Consultation, now: datetime
) -> list[tuple[Input, Shown, Category | None]]:
    """What everybody may know of each published input without its texts, for counts of them."""
    if not publishes(_facts(consultation), now):
        return []
    rows = await published(db, consultation)
    bodies = {row.entity_id for row in rows if row.entity_id}
    named = await dossiers.categories(db, consultation, list(bodies))
    query = select(InputAuthor.input_id, InputAuthor.person_id).where(
        col(InputAuthor.input_id).in_(
            select(Input.id).where(Input.consultation_id == consultation.id)
        ),
        col(InputAuthor.disowned_at).is_not(None),
    )
    disowned = set((await db.exec(query)).all())
    found: list[tuple[Input, Shown, Category | None]] = []
    for row in rows:
        said = InputFacts(row.state, row.consent, (row.id, row.person_id) in disowned)
        seen = shown(said, _facts(consultation), now)
        category = named.get(row.entity_id) if row.entity_id else None
        found.append((row, seen, (category or Category.STAKEHOLDER) if seen.body else None))
    return found


def published_at(consultation: Consultation, each: Published) -> datetime:
    """When everybody could read it for the first time."""
    sent = each.at or consultation.closes_at
    if publishes(_facts(consultation), sent):
        return sent
    return max(sent, consultation.closes_at)


@dataclass(frozen=True, slots=True)
class Somewhere:
    """A hit with its round."""

    consultation: Told
    input: Published
