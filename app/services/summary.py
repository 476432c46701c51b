"""The brief summary of a consultation: written by several, presented, agreed by those present.

The secretariat of the target meeting writes; those who preside may record the agreement. Each
paragraph names the inputs that it rests on, has a number for good, and keeps all that it has said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import col, func, select

from app.database import Reading, Writing, hold, load
from app.errors import Conflict, Malformed, NotFound, Refused
from app.models import (
    Consultation,
    Person,
    Summary,
    SummaryParagraph,
    SummaryStep,
    SummaryVersion,
)
from app.policy import outcome as rules
from app.policy.floor import may_preside
from app.policy.minutes import STEP, place_after
from app.policy.outcome import Agreement, Citing, OutcomeFault, SummaryReason
from app.policy.people import Function
from app.policy.refusal import No
from app.policy.text import clean, fault
from app.services import access, acts, citations, publication

STAYS: Final = -1
"""The place of a paragraph is not to be changed."""
MOST_VERSIONS: Final = 50


@dataclass(frozen=True, slots=True)
class Draft:
    """What a paragraph is to say, and the numbers of the inputs that it rests on."""

    text: str
    inputs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph as it stands, and who wrote this version of it."""

    number: int
    version: int
    draft: Draft
    by: str
    at: datetime
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Clash:
    """What was sent came too late and is kept aside: what stands now.

    ``closed``: the summary was presented meanwhile, and nobody was faster with this paragraph.
    """

    current: Paragraph
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """What a paragraph said once; ``aside`` where it came too late."""

    version: int
    aside: bool
    draft: Draft
    deleted: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph as it was presented or agreed."""

    number: int
    version: int
    text: str
    inputs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A step of the history: presented, agreed, or opened again with its reason."""

    state: Agreement
    at: datetime
    happened_at: datetime
    by: str
    present: int
    why: str


@dataclass(frozen=True, slots=True)
class Public:
    """A summary as everybody may read it: as it was presented or agreed last.

    ``state`` is where it stands: a draft is being changed, and what is told is the text before.
    ``linked`` are the numbers of the inputs that everybody may read.
    """

    consultation: Consultation
    state: Agreement
    passages: Sequence[Passage]
    steps: Sequence[Told]
    linked: frozenset[int]


@dataclass(frozen=True, slots=True)
class Work:
    """A summary at the desk; ``asides`` are the texts that came too late, by paragraph."""

    consultation: Consultation
    state: Agreement
    paragraphs: Sequence[Paragraph]
    deleted: Sequence[Paragraph]
    versions: dict[int, list[Version]]
    steps: Sequence[Told]
    writes: bool
    present: int


# Read.


async def public(db: Reading | Writing, slug: str, now: datetime) -> Public:
    """The summary of a round, since it was presented for the first time; NotFound before."""
    consultation = await publication.of_slug(db, slug)
    found = await _of(db, consultation)
    if found is None or found.published_at is None:
        raise NotFound
    passages = _passages(await _newest(db, found))
    numbers = [(consultation.id, one) for each in passages for one in each.inputs]
    known = await citations.linked(db, {consultation.id: consultation}, numbers, now)
    return Public(
        consultation=consultation,
        state=found.state,
        passages=passages,
        steps=await _steps(db, found),
        linked=frozenset(number for _, number in known),
    )


async def is_public(db: Reading | Writing, consultation: Consultation) -> bool:
    """Whether a summary was presented, and so everybody may read it."""
    found = await _of(db, consultation)
    return found is not None and found.published_at is not None


async def work(db: Reading | Writing, slug: str, by: Person) -> Work:
    """The summary with all that belongs to it, for who writes it or presides."""
    consultation, writes = await _known(db, slug, by)
    found = await _of(db, consultation)
    if found is None:
        return Work(consultation, Agreement.DRAFT, (), (), {}, (), writes, 0)
    rows = await _rows(db, found)
    return Work(
        consultation=consultation,
        state=found.state,
        paragraphs=[await _paragraph(db, each) for each in rows if each.deleted_at is None],
        deleted=[await _paragraph(db, each) for each in rows if each.deleted_at is not None],
        versions={each.number: await _versions(db, each) for each in rows},
        steps=await _steps(db, found),
        writes=writes,
        present=found.present,
    )


async def versions(db: Reading, slug: str, number: int, by: Person) -> list[Version]:
    """What a paragraph has said, the newest first."""
    consultation, _ = await _known(db, slug, by)
    return await _versions(db, await _numbered(db, await _of(db, consultation), number))


async def _of(db: Reading | Writing, consultation: Consultation) -> Summary | None:
    query = select(Summary).where(Summary.consultation_id == consultation.id)
    return (await db.exec(query)).first()


async def _known(db: Reading | Writing, slug: str, by: Person) -> tuple[Consultation, bool]:
    """The round, for who writes its summary (true) or presides; NotFound for everybody else."""
    query = select(Consultation).where(Consultation.slug == slug)
    found = (await db.exec(query)).first()
    if found is None:
        raise NotFound
    held = await access.functions(db, by, found.meeting_id)
    if Function.SECRETARIAT in held:
        return found, True
    if may_preside(held):
        return found, False
    raise NotFound


async def _rows(db: Reading | Writing, found: Summary) -> list[SummaryParagraph]:
    query = select(SummaryParagraph).where(SummaryParagraph.summary_id == found.id)
    ordered = query.order_by(col(SummaryParagraph.place), col(SummaryParagraph.number))
    return list(await db.exec(ordered))


async def _numbered(db: Reading | Writing, found: Summary | None, number: int) -> SummaryParagraph:
    if found is None:
        raise NotFound
    query = select(SummaryParagraph).where(
        SummaryParagraph.summary_id == found.id, SummaryParagraph.number == number
    )
    row = (await db.exec(query)).first()
    if row is None:
        raise NotFound
    return row


async def _paragraph(db: Reading | Writing, row: SummaryParagraph) -> Paragraph:
    by = await load(db, Person, row.by_id)
    return Paragraph(
        number=row.number,
        version=row.version,
        draft=await _draft(db, row),
        by=by.name,
        at=row.at.astimezone(UTC),
        deleted=row.deleted_at is not None,
    )


async def _draft(db: Reading | Writing, row: SummaryParagraph) -> Draft:
    found = (await citations.rests(db, Citing.SUMMARY, [row.id])).get(row.id, [])
    return Draft(row.text, tuple(number for each in found for number in each.inputs))


async def _versions(db: Reading | Writing, row: SummaryParagraph) -> list[Version]:
    query = (
        select(SummaryVersion, Person.name)
        .join(Person, col(Person.id) == SummaryVersion.by_id)
        .where(SummaryVersion.paragraph_id == row.id)
        .order_by(col(SummaryVersion.at).desc(), col(SummaryVersion.version).desc())
        .limit(MOST_VERSIONS)
    )
    return [
        Version(
            each.version,
            each.aside,
            Draft(each.text, tuple(each.inputs)),
            each.deleted,
            name,
            each.at,
        )
        for each, name in await db.exec(query)
    ]


async def _steps(db: Reading | Writing, found: Summary) -> list[Told]:
    query = (
        select(SummaryStep, Person.name)
        .join(Person, col(Person.id) == SummaryStep.by_id)
        .where(SummaryStep.summary_id == found.id)
        .order_by(col(SummaryStep.number))
    )
    return [
        Told(each.state, each.at, each.happened_at, name, each.present, each.why)
        for each, name in await db.exec(query)
    ]


async def _newest(db: Reading | Writing, found: Summary) -> list[dict[str, Any]]:
    """The text that was presented or agreed last."""
    query = (
        select(SummaryStep)
        .where(SummaryStep.summary_id == found.id, SummaryStep.state != Agreement.DRAFT)
        .order_by(col(SummaryStep.number).desc())
        .limit(1)
    )
    last = (await db.exec(query)).first()
    return last.content if last else []


def _passages(content: Sequence[dict[str, Any]]) -> list[Passage]:
    return [
        Passage(each["number"], each["version"], each["text"], tuple(each["inputs"]))
        for each in content
    ]


# Write.


async def put(
    db: Writing,
    slug: str,
    number: int | None,
    draft: Draft,
    *,
    version: int = 0,
    after: int = STAYS,
    by: Person,
    now: datetime,
) -> Paragraph | Clash:
    """Write a paragraph that stood at this version, or a new one where it has no number yet.

    ``after`` is the number of the one that it goes after, 0 for the beginning. The same again
    changes nothing; one that was taken out comes back when it is written. Of a summary that was
    presented nothing is changed: what is sent for one of its paragraphs is kept aside.
    """
    consultation = await _writing(db, slug, by)
    draft = Draft(clean(draft.text.replace("\r\n", "\n")), tuple(sorted(set(draft.inputs))))
    if wrong := fault(draft.text, rules.LONGEST, required=True, lines=True):
        raise Malformed(text=wrong)
    named = await citations.inputs_named(db, consultation, draft.inputs)
    found = await _begun(db, consultation, by, now)
    if number is None:
        _or_not_draft(found)
        return await _insert(db, found, draft, list(named.values()), after, by, now)
    row = await _numbered(db, found, number)
    same = await _draft(db, row) == draft and row.deleted_at is None
    closed = found.state is not Agreement.DRAFT
    if not same and (closed or row.version != version):
        await _set_aside(db, row, version, draft, by, now)
        return Clash(await _paragraph(db, row), closed and row.version == version)
    if after != STAYS and not closed:
        row.place = await _place(db, found, after, row)
        db.add(row)
        await db.flush()
    if not same:
        row.text, row.deleted_at = draft.text, None
        await citations.put(db, Citing.SUMMARY, row.id, named.values(), by=by, now=now)
        await _next_version(db, row, draft, by, now)
    return await _paragraph(db, row)


async def delete(
    db: Writing, slug: str, number: int, version: int | None, *, by: Person, now: datetime
) -> Paragraph | Clash:
    """Take a paragraph out that stood at this version; number and texts are kept."""
    consultation = await _writing(db, slug, by)
    found = await _held(db, consultation)
    row = await _numbered(db, found, number)
    _or_not_draft(found)
    if row.deleted_at is not None:
        return await _paragraph(db, row)
    if version is not None and row.version != version:
        return Clash(await _paragraph(db, row))
    row.deleted_at = now
    await _next_version(db, row, await _draft(db, row), by, now)
    return await _paragraph(db, row)


async def _writing(db: Writing, slug: str, by: Person) -> Consultation:
    consultation, writes = await _known(db, slug, by)
    if not writes:
        raise Refused(No(SummaryReason.NOT_WRITING))
    return consultation


async def _begun(db: Writing, consultation: Consultation, by: Person, now: datetime) -> Summary:
    """The summary, held: one writes after the other. It begins with its first paragraph."""
    if (found := await _of(db, consultation)) is not None:
        return await hold(db, Summary, found.id)
    await hold(db, Consultation, consultation.id)
    if (found := await _of(db, consultation)) is not None:
        return await hold(db, Summary, found.id)
    made = Summary(consultation_id=consultation.id, state_at=now, state_by_id=by.id)
    db.add(made)
    await db.flush()
    return made


async def _held(db: Writing, consultation: Consultation) -> Summary:
    found = await _of(db, consultation)
    if found is None:
        raise NotFound
    return await hold(db, Summary, found.id)


def _or_not_draft(found: Summary) -> None:
    if found.state is not Agreement.DRAFT:
        raise Conflict(SummaryReason.NOT_DRAFT)


async def _insert(
    db: Writing,
    found: Summary,
    draft: Draft,
    inputs: Sequence[UUID],
    after: int,
    by: Person,
    now: datetime,
) -> Paragraph:
    newest = select(func.max(SummaryParagraph.number)).where(
        SummaryParagraph.summary_id == found.id
    )
    number = ((await db.exec(newest)).one() or 0) + 1
    if number > rules.MOST_PARAGRAPHS:
        raise Conflict(SummaryReason.TOO_MANY)
    row = SummaryParagraph(
        summary_id=found.id,
        number=number,
        place=await _place(db, found, after, None),
        text=draft.text,
        version=0,
        by_id=by.id,
        at=now,
    )
    db.add(row)
    await db.flush()
    await citations.put(db, Citing.SUMMARY, row.id, inputs, by=by, now=now)
    await _next_version(db, row, draft, by, now)
    return await _paragraph(db, row)


async def _next_version(
    db: Writing, row: SummaryParagraph, draft: Draft, by: Person, now: datetime
) -> None:
    row.version, row.by_id, row.at = row.version + 1, by.id, now
    db.add(row)
    _keep(db, row, row.version, draft, by, now)
    await db.flush()


async def _set_aside(
    db: Writing, row: SummaryParagraph, version: int, draft: Draft, by: Person, now: datetime
) -> None:
    """Keep what came too late, unless it was kept already."""
    known = [(each.version, each.draft) for each in await _versions(db, row)]
    if (version, draft) not in known:
        _keep(db, row, version, draft, by, now, aside=True)
        await db.flush()


def _keep(
    db: Writing,
    row: SummaryParagraph,
    version: int,
    draft: Draft,
    by: Person,
    now: datetime,
    *,
    aside: bool = False,
) -> None:
    db.add(
        SummaryVersion(
            paragraph_id=row.id,
            version=version,
            aside=aside,
            text=draft.text,
            inputs=list(draft.inputs),
            deleted=row.deleted_at is not None and not aside,
            by_id=by.id,
            at=now,
        )
    )


async def _place(db: Writing, found: Summary, after: int, row: SummaryParagraph | None) -> float:
    """A place after that paragraph: the beginning for 0, the end where there is none such."""
    others = [
        each
        for each in await _rows(db, found)
        if each.deleted_at is None and (row is None or each.id != row.id)
    ]
    numbers = [each.number for each in others]
    before = 0 if after == 0 else numbers.index(after) + 1 if after in numbers else len(numbers)
    place = place_after([each.place for each in others], before)
    if place is None:
        for turn, each in enumerate(others, 1):
            each.place = turn * STEP
            db.add(each)
        await db.flush()
        place = place_after([each.place for each in others], before)
    assert place is not None  # noqa: S101 - there is room between two that were just spread
    return place


# Presented, agreed, opened again.


async def present(db: Writing, slug: str, *, by: Person, now: datetime) -> Told:
    """Present it to the stakeholders and to everybody; each paragraph rests on an input."""
    consultation = await _writing(db, slug, by)
    found = await _held(db, consultation)
    _or_not_draft(found)
    rows = [each for each in await _rows(db, found) if each.deleted_at is None]
    drafts = [(each, await _draft(db, each)) for each in rows]
    if not drafts:
        raise Conflict(SummaryReason.EMPTY)
    bare = rules.uncited([(each.number, draft.inputs) for each, draft in drafts])
    if bare:
        raise Conflict(SummaryReason.UNCITED, numbers=", ".join(map(str, bare)))
    content = [
        {
            "number": each.number,
            "version": each.version,
            "text": draft.text,
            "inputs": list(draft.inputs),
        }
        for each, draft in drafts
    ]
    found.published_at = found.published_at or now
    step = SummaryStep(
        summary_id=found.id,
        number=await _next_step(db, found),
        at=now,
        state=Agreement.PRESENTED,
        by_id=by.id,
        happened_at=now,
        content=content,
    )
    return await _step(db, consultation, found, step, by)


async def agree(
    db: Writing,
    slug: str,
    present: int,
    words: str,
    happened_at: datetime,
    *,
    by: Person,
    now: datetime,
) -> Told:
    """Record that the stakeholders present agreed: how many they were, when, and what was said."""
    consultation, _ = await _known(db, slug, by)
    found = await _held(db, consultation)
    said, faults = clean(words), dict[str, str]()
    if wrong := fault(said, rules.LONGEST_WHY, required=True, lines=True):
        faults["why"] = wrong
    if not 0 < present <= rules.MOST_PRESENT:
        faults["present"] = OutcomeFault.PRESENT
    if faults:
        raise Malformed(**faults)
    if found.state is not Agreement.PRESENTED:
        raise Conflict(SummaryReason.NOT_PRESENTED)
    # A page states minutes: the minute in which it was presented is not before it.
    if not found.state_at.replace(second=0, microsecond=0) <= happened_at <= now:
        raise Malformed(when=OutcomeFault.WHEN)
    step = SummaryStep(
        summary_id=found.id,
        number=await _next_step(db, found),
        at=now,
        state=Agreement.AGREED,
        by_id=by.id,
        happened_at=happened_at,
        present=present,
        why=said,
        content=await _newest(db, found),
    )
    return await _step(db, consultation, found, step, by)


async def reopen(db: Writing, slug: str, why: str, *, by: Person, now: datetime) -> Told:
    """Take it back into preparation, with a reason; everybody reads what stood, and why."""
    consultation = await _writing(db, slug, by)
    found = await _held(db, consultation)
    if found.state is Agreement.DRAFT:
        raise Conflict(SummaryReason.IS_DRAFT)
    said = clean(why)
    if wrong := fault(said, rules.LONGEST_WHY, required=True, lines=True):
        raise Malformed(why=wrong)
    step = SummaryStep(
        summary_id=found.id,
        number=await _next_step(db, found),
        at=now,
        state=Agreement.DRAFT,
        by_id=by.id,
        happened_at=now,
        why=said,
    )
    return await _step(db, consultation, found, step, by)


async def _next_step(db: Writing, found: Summary) -> int:
    newest = select(func.max(SummaryStep.number)).where(SummaryStep.summary_id == found.id)
    return ((await db.exec(newest)).one() or 0) + 1


async def _step(
    db: Writing, consultation: Consultation, found: Summary, step: SummaryStep, by: Person
) -> Told:
    found.state, found.state_at, found.state_by_id = step.state, step.at, by.id
    found.state_why, found.present = step.why, step.present
    db.add_all((found, step))
    await db.flush()
    kinds = {
        Agreement.DRAFT: "summary-reopened",
        Agreement.PRESENTED: "summary-presented",
        Agreement.AGREED: "summary-agreed",
    }
    await acts.record(
        db,
        kinds[step.state],
        step.at,
        meeting_id=consultation.meeting_id,
        consultation=str(consultation.id),
        present=step.present,
        why=step.why,
        by=str(by.id),
    )
    return Told(step.state, step.at, step.happened_at, by.name, step.present, step.why)
