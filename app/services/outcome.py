"""What became of inputs: a disposition for each, its history, and how many have an answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, exists, func, select

from app.database import Reading, Writing, hold_all, load
from app.errors import Conflict, Malformed, NotFound
from app.models import (
    AgendaItem,
    Consultation,
    Disposition,
    Input,
    InputAuthor,
    Meeting,
    Person,
    Sitting,
    Summary,
    SummaryStep,
)
from app.policy import outcome as rules
from app.policy.inputs import InputState, RoundFacts, publishes
from app.policy.invitation import reads_item
from app.policy.letters import LetterKind
from app.policy.outcome import (
    Agreement,
    Completion,
    DispositionKind,
    OutcomeFault,
    OutcomeReason,
    Wanted,
)
from app.policy.receipt import Happened, Step
from app.services import access, acts, letters

NONE_YET: Final = "none"
"""The word of a filter for inputs that have no answer yet."""
MOST_NAMED: Final = 20
"""Numbers that a letter names one by one."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """An input that gets a disposition; ``seen``: how many it had when somebody looked at it."""

    number: int
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an input, as far as one reader may know.

    ``item`` is empty and ``restricted`` true where the agenda item is of a part they may not read.
    """

    id: UUID
    kind: DispositionKind
    item: int | None
    item_title: str
    restricted: bool
    paragraph: str
    why: str
    at: datetime
    replaced_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """An input at the desk, with its answer and how many it has had."""

    row: Input
    answer: Answer | None
    had: int


# Read.


async def of_secretariat(db: Reading | Writing, slug: str, by: Person) -> Consultation:
    """A consultation, for the secretariat of its meeting; NotFound for everybody else."""
    query = select(Consultation).where(Consultation.slug == slug)
    found = (await db.exec(query)).first()
    if found is None or not await access.is_secretariat(db, by, found.meeting_id):
        raise NotFound
    return found


async def answers(
    db: Reading | Writing, keys: Collection[UUID], person: access.Whom, now: datetime
) -> dict[UUID, Answer]:
    """The disposition that stands of each of these inputs, as one reader may know it."""
    if not keys:
        return {}
    standing = col(Disposition.replaced_at).is_(None)
    found = await _told(db, [col(Disposition.input_id).in_(keys), standing], person, now)
    return dict(found)


async def history(
    db: Reading | Writing, input_id: UUID, person: access.Whom, now: datetime
) -> list[Answer]:
    """Every disposition that an input has had, the first one first."""
    found = await _told(db, [col(Disposition.input_id) == input_id], person, now)
    return [answer for _, answer in found]


async def _told(
    db: Reading | Writing,
    where: Sequence[ColumnElement[bool]],
    person: access.Whom,
    now: datetime,
) -> list[tuple[UUID, Answer]]:
    query = (
        select(Disposition, AgendaItem, Sitting)
        .join(AgendaItem, col(AgendaItem.id) == col(Disposition.item_id), isouter=True)
        .join(Sitting, col(Sitting.id) == col(AgendaItem.sitting_id), isouter=True)
        .where(*where)
        .order_by(col(Disposition.at), col(Disposition.id))
    )
    rows = sorted((await db.exec(query)).all(), key=lambda each: each[0].replaced_at is None)
    items = {
        item.id: (item, sitting)
        for _, item, sitting in rows
        if item is not None and sitting is not None
    }
    known = await known_items(db, items.values(), person, now)
    return [(each.input_id, _answer(each, item, known)) for each, item, _ in rows]


async def known_items(
    db: Reading | Writing,
    items: Collection[tuple[AgendaItem, Sitting]],
    person: access.Whom,
    now: datetime,
) -> frozenset[UUID]:
    """Which of these items somebody may know of: as on the page of the meeting (A18)."""
    meetings = {sitting.meeting_id for _, sitting in items}
    found: set[UUID] = set()
    for key in meetings:
        reads = await access.readable(db, person, await load(db, Meeting, key), now)
        found |= {
            item.id
            for item, sitting in items
            if sitting.id in reads
            and reads_item(reads[sitting.id], item.number, sitting.item_number)
        }
    return frozenset(found)


def _answer(each: Disposition, item: AgendaItem | None, known: Collection[UUID]) -> Answer:
    told = item if item is not None and item.id in known else None
    return Answer(
        id=each.id,
        kind=each.kind,
        item=told.number if told else None,
        item_title=told.title if told else "",
        restricted=item is not None and told is None,
        paragraph=each.paragraph,
        why=each.why,
        at=each.at,
        replaced_at=each.replaced_at,
    )


async def desk(
    db: Reading | Writing,
    slug: str,
    by: Person,
    now: datetime,
    *,
    waiting: bool = False,
    after: int = 0,
    limit: int = 100,
) -> tuple[Consultation, list[Line]]:
    """The inputs of a round that were sent, in the order of their numbers; one more than asked."""
    consultation = await of_secretariat(db, slug, by)
    where = [
        col(Input.consultation_id) == consultation.id,
        col(Input.state) != InputState.DRAFT,
        col(Input.number) > after,
    ]
    if waiting:
        where += [col(Input.state) == InputState.SUBMITTED, ~answered()]
    query = select(Input).where(*where).order_by(col(Input.number)).limit(limit + 1)
    return consultation, await _lines(db, (await db.exec(query)).all(), by, now)


async def line(
    db: Reading | Writing, slug: str, number: int, by: Person, now: datetime
) -> tuple[Consultation, Line, list[Answer]]:
    """One input at the desk with every disposition that it has had."""
    consultation = await of_secretariat(db, slug, by)
    (row,) = await _chosen(db, consultation, [number])
    (found,) = await _lines(db, [row], by, now)
    return consultation, found, await history(db, row.id, by, now)


async def _lines(
    db: Reading | Writing, rows: Sequence[Input], by: Person, now: datetime
) -> list[Line]:
    keys = [each.id for each in rows]
    told = await answers(db, keys, by, now)
    so_far = await _had(db, keys)
    return [Line(each, told.get(each.id), so_far.get(each.id, 0)) for each in rows]


async def _had(db: Reading | Writing, keys: Collection[UUID]) -> dict[UUID, int]:
    query = (
        select(Disposition.input_id, func.count())
        .where(col(Disposition.input_id).in_(keys))
        .group_by(col(Disposition.input_id))
    )
    return dict((await db.exec(query)).all())


async def had(
    db: Reading | Writing, consultation: Consultation, numbers: Collection[int]
) -> dict[int, int]:
    """How many dispositions each of these inputs has had, by its number."""
    query = (
        select(Input.number, func.count())
        .join(Disposition, col(Disposition.input_id) == col(Input.id))
        .where(Input.consultation_id == consultation.id, col(Input.number).in_(numbers))
        .group_by(col(Input.number))
    )
    return {number: many for number, many in await db.exec(query) if number is not None}


async def _chosen(
    db: Reading | Writing, consultation: Consultation, numbers: Sequence[int]
) -> Sequence[Input]:
    query = select(Input).where(
        Input.consultation_id == consultation.id,
        col(Input.number).in_(numbers),
        col(Input.state) != InputState.DRAFT,
    )
    rows = (await db.exec(query)).all()
    if not rows:
        raise NotFound
    return rows


# Counted.


def answered(kind: str = "") -> ColumnElement[bool]:
    """Whether an input has an answer, or one of this kind; for queries over inputs."""
    where = [col(Disposition.input_id) == col(Input.id), col(Disposition.replaced_at).is_(None)]
    if kind:
        where.append(col(Disposition.kind) == kind)
    return exists(select(Disposition.id).where(*where).correlate(Input))


async def completion(
    db: Reading | Writing, rounds: Sequence[Consultation], now: datetime, *, desk: bool = False
) -> dict[UUID, Completion]:
    """How many inputs of each round have an answer; none of a round that does not publish yet.

    What was withdrawn is not counted; what is kept unpublished is. ``desk``: for the secretariat.
    """
    open_ones = [each.id for each in rounds if desk or _published(each, now)]
    if not open_ones:
        return {}
    query = (
        select(Input.consultation_id, func.count(), func.count(col(Disposition.id)))
        .join(
            Disposition,
            and_(
                col(Disposition.input_id) == col(Input.id), col(Disposition.replaced_at).is_(None)
            ),
            isouter=True,
        )
        .where(
            col(Input.consultation_id).in_(open_ones),
            Input.state == InputState.SUBMITTED,
            col(Input.number).is_not(None),
        )
        .group_by(col(Input.consultation_id))
    )
    counted = {key: Completion(done, came) for key, came, done in await db.exec(query)}
    return {key: counted.get(key, Completion()) for key in open_ones}


def _published(each: Consultation, now: datetime) -> bool:
    facts = RoundFacts(each.announced_at is not None, each.publishing, each.closes_at)
    return publishes(facts, now)


# Set.


async def dispose(
    db: Writing,
    slug: str,
    chosen: Sequence[Chosen],
    wanted: Wanted,
    *,
    by: Person,
    now: datetime,
) -> list[Input]:
    """Say what became of inputs, of one or of hundreds; those whose answer is another one now.

    All of them or none: where one of them was given another answer since it was looked at, it is
    Conflict with the numbers. What stood before stays in the history, and the authors are told.
    The same again changes nothing.
    """
    consultation = await of_secretariat(db, slug, by)
    wanted = wanted.cleaned()
    seen = {each.number: each.seen for each in chosen}
    item = await _item(db, consultation, wanted.item)
    if faults := _faults(wanted, seen, item):
        raise Malformed(**faults)
    rows = await _held(db, consultation, seen)
    before = await _standing(db, [each.id for each in rows])
    fresh = [each for each in rows if not _same(before.get(each.id), wanted, item)]
    await _or_changed(db, fresh, seen)
    if fresh:
        replaced = [before[each.id] for each in fresh if each.id in before]
        made = await _written(db, fresh, replaced, wanted, item, by=by, now=now)
        await _tell(db, consultation, fresh, made, item, now)
        await _note(db, consultation, fresh, wanted, by=by, now=now)
    return fresh


def _faults(wanted: Wanted, seen: Collection[int], item: AgendaItem | None) -> dict[str, str]:
    faults = rules.faults(wanted)
    if not seen:
        faults["inputs"] = OutcomeFault.NO_INPUT
    if len(seen) > rules.MOST_AT_ONCE:
        faults["inputs"] = OutcomeFault.TOO_MANY
    if wanted.item is not None and item is None:
        faults["item"] = OutcomeFault.NO_SUCH_ITEM
    return faults


async def _written(
    db: Writing,
    rows: Sequence[Input],
    replaced: Sequence[Disposition],
    wanted: Wanted,
    item: AgendaItem | None,
    *,
    by: Person,
    now: datetime,
) -> dict[UUID, Disposition]:
    """The new answers, by input; of one input two never stand at once, so the old ones go first."""
    for each in replaced:
        each.replaced_at = now
        db.add(each)
    await db.flush()
    made = {
        each.id: Disposition(
            input_id=each.id,
            kind=wanted.kind,
            item_id=item.id if item else None,
            paragraph=wanted.paragraph,
            why=wanted.why,
            by_id=by.id,
            at=now,
        )
        for each in rows
    }
    db.add_all(made.values())
    await db.flush()
    return made


async def _note(
    db: Writing,
    consultation: Consultation,
    rows: Sequence[Input],
    wanted: Wanted,
    *,
    by: Person,
    now: datetime,
) -> None:
    await acts.record(
        db,
        "inputs-answered",
        now,
        meeting_id=consultation.meeting_id,
        consultation=str(consultation.id),
        inputs=", ".join(str(each.number) for each in rows),
        disposition=wanted.kind.value,
        why=wanted.why,
        by=str(by.id),
    )


async def _item(db: Writing, consultation: Consultation, number: int | None) -> AgendaItem | None:
    """An item of the meeting that the round is for; of no other."""
    if number is None:
        return None
    query = select(AgendaItem).where(
        AgendaItem.meeting_id == consultation.meeting_id, AgendaItem.number == number
    )
    return (await db.exec(query)).first()


async def _held(
    db: Writing, consultation: Consultation, seen: Mapping[int, int | None]
) -> list[Input]:
    """The inputs, held: two who answer at once do so one after the other."""
    rows = await hold_all(
        db,
        Input,
        col(Input.consultation_id) == consultation.id,
        col(Input.number).in_(seen),
        col(Input.state) != InputState.DRAFT,
    )
    rows.sort(key=lambda each: each.number or 0)
    if len(rows) != len(seen):
        raise Malformed(inputs=OutcomeFault.NO_SUCH_INPUT)
    gone = [each.number for each in rows if each.state is not InputState.SUBMITTED]
    if gone:
        raise Conflict(OutcomeReason.WITHDRAWN, numbers=_few(gone))
    return rows


async def _or_changed(db: Writing, rows: Sequence[Input], seen: Mapping[int, int | None]) -> None:
    """Conflict where one of them was answered since it was looked at."""
    so_far = await _had(db, [each.id for each in rows])
    behind = [
        each.number
        for each in rows
        if (known := seen[each.number or 0]) is not None and known != so_far.get(each.id, 0)
    ]
    if behind:
        raise Conflict(OutcomeReason.CHANGED, numbers=_few(behind))


def _few(numbers: Sequence[int | None]) -> str:
    said = ", ".join(str(each) for each in numbers[:MOST_NAMED])
    return f"{said} …" if len(numbers) > MOST_NAMED else said


async def _standing(db: Writing, keys: Collection[UUID]) -> dict[UUID, Disposition]:
    query = select(Disposition).where(
        col(Disposition.input_id).in_(keys), col(Disposition.replaced_at).is_(None)
    )
    return {each.input_id: each for each in await db.exec(query)}


def _same(found: Disposition | None, wanted: Wanted, item: AgendaItem | None) -> bool:
    return found is not None and (found.kind, found.item_id, found.paragraph, found.why) == (
        wanted.kind,
        item.id if item else None,
        wanted.paragraph,
        wanted.why,
    )


# Told.


async def _tell(
    db: Writing,
    consultation: Consultation,
    rows: Sequence[Input],
    made: Mapping[UUID, Disposition],
    item: AgendaItem | None,
    now: datetime,
) -> None:
    """One letter to each author, about all of their inputs that this is said of."""
    writers = await _writers(db, rows)
    people = select(Person).where(col(Person.id).in_(writers))
    one = next(iter(made.values()))
    facts = {
        "title": str(consultation.titles["en"]),
        "outcome": one.kind.value,
        "reason": one.why,
        "paragraph": one.paragraph,
        "item": await _item_for_all(db, item, now),
        "restricted": "yes" if item else "",
    }
    if facts["item"]:
        facts["restricted"] = ""
    told = []
    for person in await db.exec(people):
        theirs = writers[person.id]
        about = {
            "input": str(theirs[0].id),
            "number": _few([each.number for each in theirs]),
            "dispositions": ",".join(str(made[each.id].id) for each in theirs),
            "link": f"/inputs/{theirs[0].id}" if len(theirs) == 1 else "/inputs",
        }
        told.append((person, {name: said for name, said in (facts | about).items() if said}))
    await letters.write_all(db, LetterKind.INPUT_ANSWERED, told, now)


async def _item_for_all(db: Writing, item: AgendaItem | None, now: datetime) -> str:
    """The number of an item of which everybody may know: a letter is passed on."""
    if item is None:
        return ""
    sitting = await load(db, Sitting, item.sitting_id)
    return str(item.number) if await known_items(db, [(item, sitting)], None, now) else ""


async def _writers(db: Writing, rows: Sequence[Input]) -> dict[UUID, list[Input]]:
    """Those who wrote each input: the first author and all who agreed, but for who disowned it."""
    keys = [each.id for each in rows]
    query = select(InputAuthor).where(col(InputAuthor.input_id).in_(keys))
    of_input: dict[UUID, dict[UUID, bool]] = {each.id: {each.person_id: True} for each in rows}
    for author in await db.exec(query):
        stands = author.agreed_at is not None and author.disowned_at is None
        first = author.person_id in of_input[author.input_id] and author.disowned_at is None
        of_input[author.input_id][author.person_id] = stands or first
    found: dict[UUID, list[Input]] = {}
    for row in rows:
        for person_id, stands in of_input[row.id].items():
            if stands:
                found.setdefault(person_id, []).append(row)
    return found


# The timeline.

HAPPENED: Final[Mapping[DispositionKind, Happened]] = {
    DispositionKind.CONSIDERED: Happened.CONSIDERED,
    DispositionKind.REFLECTED: Happened.REFLECTED,
    DispositionKind.PARTLY: Happened.PARTLY,
    DispositionKind.NOTED: Happened.NOTED,
    DispositionKind.NOT_TAKEN_UP: Happened.NOT_TAKEN_UP,
}


async def steps(db: Reading | Writing, found: Input, now: datetime) -> list[Step]:
    """What became of an input, for whoever has its receipt: of items as everybody may know them."""
    cited = [
        Step(at, Happened.SUMMARIZED, {"number": number})
        for number, at in (await summarized(db, found)).items()
    ]
    told = await history(db, found.id, None, now)
    return [*cited, *(_step(each) for each in told)]


def _step(each: Answer) -> Step:
    what = HAPPENED[each.kind]
    if what is Happened.CONSIDERED and each.restricted:
        what = Happened.CONSIDERED_ELSEWHERE
    facts: dict[str, str | int] = {"paragraph": each.paragraph, "why": each.why}
    if each.item is not None:
        facts["item"] = each.item
    return Step(each.at, what, facts)


async def summarized(db: Reading | Writing, found: Input) -> dict[int, datetime]:
    """The paragraphs of the brief summary that rest on it, and since when.

    As the summary was presented or agreed last.
    """
    query = (
        select(SummaryStep)
        .join(Summary, col(Summary.id) == col(SummaryStep.summary_id))
        .where(Summary.consultation_id == found.consultation_id)
        .order_by(col(SummaryStep.number))
    )
    since: dict[int, datetime] = {}
    for each in await db.exec(query):
        if each.state is Agreement.DRAFT:
            continue
        cited = [one["number"] for one in each.content if found.number in one["inputs"]]
        since = {number: since.get(number, each.at) for number in cited}
    return since
