"""A round as one document: what everybody may read of it, in one frozen value.

All of it comes through ``publication``, and so through the one rule of what is shown.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import orjson
from sqlmodel import col, func, select

from app.database import Reading, Writing, hold, load
from app.errors import Conflict
from app.models import (
    AgendaItem,
    Citation,
    CompiledDocument,
    Consultation,
    Disposition,
    Input,
    Meeting,
    Sitting,
    Summary,
    SummaryParagraph,
    Topic,
)
from app.policy.access import decide
from app.policy.compiled import MOST_INPUTS, Format
from app.policy.outcome import Agreement, Citing, DispositionKind
from app.policy.parts import Right
from app.policy.people import Category, StakeholderGroup, Standing
from app.policy.publication import MARK, PublicationReason
from app.policy.words import count
from app.services import access, campaigns, entities, publication
from app.services.campaigns import Numbers
from app.services.publication import LANGUAGES, Counts, Published

MADE_BY: Final = 1
"""Raised when a document would look another way: what was made before is then made again."""
NOT_SAID: Final = ""
REGIONS: Final = ("africa", "americas", "arab_states", "asia_pacific", "cis", "europe")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in the languages that it was asked in."""

    number: int
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Became:
    """What became of an input; ``item`` is of the agenda, where everybody may read that."""

    kind: DispositionKind
    item: int | None
    paragraph: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph of the brief summary with the numbers of the inputs that it rests on."""

    number: int
    text: str
    cites: Sequence[int]


@dataclass(frozen=True, slots=True)
class Brief:
    """The brief summary once it is published; ``present`` agreed to it at ``at``."""

    state: Agreement
    at: datetime
    present: int
    passages: Sequence[Passage]


@dataclass(frozen=True, slots=True)
class Entry:
    """An input in its place; the region is that of its country, where that is shown."""

    input: Published
    region: str
    became: Became | None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the tables say; ``rows`` are the published inputs, for telling people apart."""

    at: datetime
    slug: str
    titles: Mapping[str, str]
    topic: int
    meeting: str
    meeting_slug: str
    opens_at: datetime
    closes_at: datetime
    zone: str
    closed: bool
    questions: Sequence[Asked]
    brief: Brief | None
    counts: Counts
    entries: Sequence[Entry]
    rows: Sequence[Input]

    @property
    def state(self) -> str:
        """SHA-256 of all that a document of it says: two alike are one document."""
        said: dict[str, Any] = {
            name: getattr(self, name)
            for name in self.__slots__
            if name not in {"at", "rows", "entries"}
        }
        said["entries"] = [asdict(each) for each in self.entries]
        # Who wrote what is in no text of it, and yet in its counts.
        said["people"] = [(str(each.person_id), str(each.entity_id)) for each in self.rows]
        # Keys come from the driver, in a type of its own on PostgreSQL.
        spelled = orjson.dumps([MADE_BY, said], default=str, option=orjson.OPT_SORT_KEYS)
        return sha256(spelled).hexdigest()


@dataclass(frozen=True, slots=True)
class Share:
    """Inputs and words of one kind."""

    key: str
    inputs: int
    words: int


@dataclass(frozen=True, slots=True)
class Compiled:
    """A round as a document has it: each input in full, or by the one that says the same.

    ``same`` names for an input the first of its group where both say the same in the same words.
    ``languages`` and the others divide the published inputs, each input in one cell.
    """

    of: Gathered
    numbers: Numbers
    regions: Sequence[Share]
    groups: Sequence[Share]
    categories: Sequence[Share]
    languages: Sequence[Share]
    same: Mapping[int, int]


async def content(db: Reading | Writing, consultation: Consultation, now: datetime) -> Compiled:
    """A round as everybody may read it at this moment; Conflict where it is too large."""
    return worked_out(await gather(db, consultation, now))


async def gather(db: Reading | Writing, consultation: Consultation, now: datetime) -> Gathered:
    """What belongs in the document, with nothing counted or compared yet."""
    counts = await publication.counts(db, consultation, now)
    if counts.inputs + counts.withdrawn > MOST_INPUTS:
        raise Conflict(PublicationReason.TOO_MANY)
    meeting = await load(db, Meeting, consultation.meeting_id)
    topic = await load(db, Topic, consultation.topic_id)
    known = await publication.whole(db, consultation, now)
    regions = await _regions(db, now.date())
    became = await _became(db, consultation, meeting) if known else {}
    return Gathered(
        at=now,
        slug=consultation.slug,
        titles=consultation.titles,
        topic=topic.number,
        meeting=meeting.title,
        meeting_slug=meeting.slug,
        opens_at=consultation.opens_at,
        closes_at=consultation.closes_at,
        zone=consultation.time_zone,
        closed=now >= consultation.closes_at,
        questions=[
            Asked(each.number, each.texts) for each in await publication.questions(db, consultation)
        ],
        brief=await _brief(db, consultation, {each.number for _, each in known}),
        counts=counts,
        entries=[
            Entry(each, regions.get(each.country, NOT_SAID), became.get(row.id))
            for row, each in known
        ],
        rows=[row for row, each in known if each.shown.text],
    )


async def _regions(db: Reading | Writing, day: date) -> dict[str, str]:
    by_country = await entities.by_country(db)
    regions = await entities.regions_on(db, set(by_country.values()), day)
    return {iso2: regions[key] for iso2, key in by_country.items() if key in regions}


async def _became(
    db: Reading | Writing, consultation: Consultation, meeting: Meeting
) -> dict[UUID, Became]:
    query = (
        select(Disposition, AgendaItem, Sitting)
        .join(Input, col(Input.id) == col(Disposition.input_id))
        .outerjoin(AgendaItem, col(AgendaItem.id) == col(Disposition.item_id))
        .outerjoin(Sitting, col(Sitting.id) == col(AgendaItem.sitting_id))
        .where(Input.consultation_id == consultation.id, col(Disposition.replaced_at).is_(None))
        .order_by(col(Disposition.at))
    )
    edition, everybody = access.edition(meeting), Standing(Category.PUBLIC)
    found: dict[UUID, Became] = {}
    for each, item, sitting in await db.exec(query):
        number = None
        if item is not None and sitting is not None:
            reads = decide(edition, everybody, sitting.part, Right.READ)
            number = item.number if reads else None
        found[each.input_id] = Became(each.kind, number, each.paragraph, each.why, each.at)
    return found


async def _brief(
    db: Reading | Writing, consultation: Consultation, known: set[int]
) -> Brief | None:
    query = select(Summary).where(
        Summary.consultation_id == consultation.id, col(Summary.published_at).is_not(None)
    )
    made = (await db.exec(query)).first()
    if made is None:
        return None
    paragraphs = select(SummaryParagraph).where(
        SummaryParagraph.summary_id == made.id, col(SummaryParagraph.deleted_at).is_(None)
    )
    rows = (await db.exec(paragraphs.order_by(col(SummaryParagraph.place)))).all()
    cites = (
        select(Citation.citing_id, Input.number)
        .join(Input, col(Input.id) == col(Citation.input_id))
        .where(
            Citation.citing == Citing.SUMMARY,
            col(Citation.citing_id).in_([each.id for each in rows]),
            col(Citation.removed_at).is_(None),
            Input.consultation_id == consultation.id,
        )
        .order_by(col(Input.number))
    )
    cited = [(key, number) for key, number in await db.exec(cites) if number in known]
    passages = [
        Passage(row.number, row.text, [number for key, number in cited if key == row.id and number])
        for row in rows
    ]
    return Brief(made.state, made.state_at, made.present, passages)


# Worked out.


def worked_out(found: Gathered) -> Compiled:
    """With everything counted and compared; it keeps its thread busy."""
    told = [each for each in found.entries if each.input.shown.text]
    numbers = campaigns.numbered(found.counts, found.rows, [each.input for each in told])
    words = {each.input.number: words_of(each.input) for each in told}

    def along(keys: Sequence[str], of: Callable[[Entry], str | None]) -> list[Share]:
        inputs: Counter[str] = Counter()
        spoken: Counter[str] = Counter()
        for each in told:
            key = of(each) or NOT_SAID
            inputs[key] += 1
            spoken[key] += words[each.input.number]
        others = sorted(set(inputs) - {*keys, NOT_SAID})
        return [Share(key, inputs[key], spoken[key]) for key in (*keys, *others, NOT_SAID)]

    return Compiled(
        of=found,
        numbers=numbers,
        regions=along(REGIONS, lambda each: each.region),
        groups=along(tuple(StakeholderGroup), lambda each: each.input.group),
        categories=along(
            [each for each in Category if each is not Category.PUBLIC],
            lambda each: each.input.category,
        ),
        languages=along(LANGUAGES, lambda each: each.input.language),
        same=_same(numbers, {each.input.number: each.input for each in told}),
    )


def words_of(each: Published) -> int:
    """The words of what is shown of an input."""
    return sum(count(text.replace(MARK, "")) for text in each.texts.values())


def _same(numbers: Numbers, texts: Mapping[int, Published]) -> dict[int, int]:
    """Only the very same in all its parts is printed once: a sentence of one's own is printed."""
    found: dict[int, int] = {}
    for group in numbers.groups or ():
        first = texts[group.first]
        for member in group.members[1:]:
            if texts[member.number].texts == first.texts:
                found[member.number] = group.first
    return found


# Kept.


async def kept(
    db: Reading | Writing, consultation: Consultation, form: Format
) -> CompiledDocument | None:
    """The newest document of a round in one form, whatever state it is of."""
    query = select(CompiledDocument).where(
        CompiledDocument.consultation_id == consultation.id, CompiledDocument.form == form
    )
    return (await db.exec(query)).first()


async def keep(
    db: Writing, slug: str, form: Format, state: str, sha256: str, size: int, now: datetime
) -> CompiledDocument:
    """Note what was made, in the place of what was made before."""
    found = await publication.of_slug(db, slug)
    await hold(db, Consultation, found.id)  # of two processes the later one overwrites
    row = await kept(db, found, form)
    if row is None:
        row = CompiledDocument(
            consultation_id=found.id, form=form, state=state, sha256=sha256, size=size, made_at=now
        )
    row.state, row.sha256, row.size, row.made_at = state, sha256, size, now
    db.add(row)
    await db.flush()
    return row


async def is_small_enough(db: Reading | Writing, consultation: Consultation) -> bool:
    """Whether a round is compiled at all."""
    query = (
        select(func.count())
        .select_from(Input)
        .where(Input.consultation_id == consultation.id, col(Input.number).is_not(None))
    )
    return (await db.exec(query)).one() <= MOST_INPUTS
