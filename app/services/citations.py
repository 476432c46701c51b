"""What rests on which inputs and on which paragraphs of a summary; told at both ends."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from app.database import Reading, Writing, hold, load
from app.errors import Malformed, NotFound, Refused
from app.models import (
    AgendaItem,
    Citation,
    Consultation,
    Input,
    Meeting,
    MinutesParagraph,
    Person,
    Sitting,
    Summary,
    SummaryParagraph,
)
from app.policy import outcome as rules
from app.policy.inputs import Consent, InputFacts, InputState, RoundFacts, publishes, shown
from app.policy.outcome import Citing, OutcomeFault
from app.services import access, acts, meetings, minutes, outcome, publication, records


@dataclass(frozen=True, slots=True)
class Rests:
    """What something rests on, all of one round: numbers of inputs, and of paragraphs."""

    consultation: Consultation
    inputs: tuple[int, ...] = ()
    passages: tuple[int, ...] = ()


async def put(
    db: Writing,
    citing: Citing,
    citing_id: UUID,
    inputs: Collection[UUID],
    passages: Collection[UUID] = (),
    *,
    by: Person,
    now: datetime,
) -> bool:
    """Have something rest on exactly these, and whether that is another thing than before.

    Whoever calls holds what cites. What is taken away stays on record.
    """
    query = select(Citation).where(
        Citation.citing == citing, Citation.citing_id == citing_id, *_stands()
    )
    before = {(each.input_id, each.paragraph_id): each for each in await db.exec(query)}
    wanted: set[tuple[UUID | None, UUID | None]] = {(each, None) for each in inputs}
    wanted |= {(None, each) for each in passages}
    for key, row in before.items():
        if key not in wanted:
            row.removed_at = now
            db.add(row)
    for input_id, paragraph_id in wanted - before.keys():
        made = Citation(
            citing=citing,
            citing_id=citing_id,
            input_id=input_id,
            paragraph_id=paragraph_id,
            by_id=by.id,
            at=now,
        )
        db.add(made)
    await db.flush()
    return wanted != before.keys()


def _stands() -> list[ColumnElement[bool]]:
    return [col(Citation.removed_at).is_(None)]


async def inputs_named(
    db: Reading | Writing, consultation: Consultation, numbers: Collection[int]
) -> dict[int, UUID]:
    """Inputs that were sent to a round, by number; Malformed where one was not."""
    if len(numbers) > rules.MOST_CITED:
        raise Malformed(inputs=OutcomeFault.TOO_MANY)
    query = select(Input.number, Input.id).where(
        Input.consultation_id == consultation.id,
        col(Input.number).in_(numbers),
        col(Input.state) != InputState.DRAFT,
    )
    found = {number: key for number, key in await db.exec(query) if number is not None}
    if found.keys() != set(numbers):
        raise Malformed(inputs=OutcomeFault.NO_SUCH_INPUT)
    return found


async def rests(
    db: Reading | Writing, citing: Citing, keys: Collection[UUID]
) -> dict[UUID, list[Rests]]:
    """What each of these rests on, round by round."""
    if not keys:
        return {}
    cites: list[ColumnElement[bool]] = [
        col(Citation.citing) == citing,
        col(Citation.citing_id).in_(keys),
        *_stands(),
    ]
    inputs = (
        select(Citation.citing_id, Input.consultation_id, Input.number)
        .join(Input, col(Input.id) == col(Citation.input_id))
        .where(*cites)
    )
    passages = (
        select(Citation.citing_id, Summary.consultation_id, SummaryParagraph.number)
        .join(SummaryParagraph, col(SummaryParagraph.id) == col(Citation.paragraph_id))
        .join(Summary, col(Summary.id) == col(SummaryParagraph.summary_id))
        .where(*cites)
    )
    found: dict[tuple[UUID, UUID], tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    for key, round_id, number in await db.exec(inputs):
        if number is not None:
            found[key, round_id][0].add(number)
    for key, round_id, said in await db.exec(passages):
        found[key, round_id][1].add(said)
    ids = {round_id for _, round_id in found}
    query = select(Consultation).where(col(Consultation.id).in_(ids))
    rounds = {each.id: each for each in await db.exec(query)}
    made: dict[UUID, list[Rests]] = defaultdict(list)
    for (key, round_id), (cited, told) in sorted(found.items(), key=lambda each: str(each[0])):
        one = Rests(rounds[round_id], tuple(sorted(cited)), tuple(sorted(told)))
        made[key].append(one)
    return made


def round_facts(found: Consultation) -> RoundFacts:
    return RoundFacts(found.announced_at is not None, found.publishing, found.closes_at)


def _facts(state: str, consent: str) -> InputFacts:
    return InputFacts(InputState(state), Consent(consent))


async def linked(
    db: Reading | Writing,
    rounds: Mapping[UUID, Consultation],
    numbers: Sequence[tuple[UUID, int]],
    now: datetime,
) -> frozenset[tuple[UUID, int]]:
    """Which inputs, by round and number, everybody can read; of others the number is all.

    The one rule of publication decides, at this moment.
    """
    query = select(Input.consultation_id, Input.number, Input.state, Input.consent).where(
        col(Input.consultation_id).in_(rounds), col(Input.number).in_({n for _, n in numbers})
    )
    found = set()
    for round_id, number, state, consent in await db.exec(query):
        facts = round_facts(rounds[round_id])
        if number is not None and shown(_facts(state, consent), facts, now).text:
            found.add((round_id, number))
    return frozenset(found)


async def linked_of(
    db: Reading | Writing, found: Sequence[Rests], now: datetime
) -> frozenset[tuple[UUID, int]]:
    """Which of the inputs that these rest on everybody can read, by round and number."""
    rounds = {each.consultation.id: each.consultation for each in found}
    numbers = [(each.consultation.id, number) for each in found for number in each.inputs]
    return await linked(db, rounds, numbers, now) if numbers else frozenset()


# What agenda items and minutes rest on.


@dataclass(frozen=True, slots=True)
class Named:
    """What is to be cited of one round: numbers of inputs, and of paragraphs of its summary."""

    consultation: str
    inputs: tuple[int, ...] = ()
    passages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Citer:
    """What cites an input or a paragraph of a summary, as one reader may know it.

    ``number`` is of the paragraph of the summary or of the agenda item; of minutes the ``sitting``.
    """

    citing: Citing
    number: int | None
    text: str
    sitting: UUID | None = None


async def cite_item(
    db: Writing, slug: str, number: int, named: Sequence[Named], *, by: Person, now: datetime
) -> None:
    """Have an agenda item rest on exactly these, of rounds for its meeting; by its secretariat."""
    meeting = await meetings.by_slug(db, slug)
    if not await access.is_secretariat(db, by, meeting.id):
        raise NotFound
    query = select(AgendaItem.id).where(
        AgendaItem.meeting_id == meeting.id, AgendaItem.number == number
    )
    key = (await db.exec(query)).first()
    if key is None:
        raise NotFound
    item = await hold(db, AgendaItem, key)
    if await _cite(db, Citing.AGENDA_ITEM, item.id, meeting.id, named, by, now):
        await _note(db, "item-cites", meeting.id, by, now, item=str(item.id))


async def cite_minutes(
    db: Writing,
    sitting_id: UUID,
    paragraph_id: UUID,
    named: Sequence[Named],
    *,
    by: Person,
    now: datetime,
) -> None:
    """Have a paragraph of the minutes rest on exactly these; by whoever writes the minutes."""
    sitting = await minutes.writing(db, sitting_id, by, now)
    row = await load(db, MinutesParagraph, paragraph_id)
    if row.sitting_id != sitting.id or row.deleted_at is not None:
        raise NotFound
    if await _cite(db, Citing.MINUTES, row.id, sitting.meeting_id, named, by, now):
        await _note(db, "minutes-cite", sitting.meeting_id, by, now, paragraph=str(row.id))


async def _cite(
    db: Writing,
    citing: Citing,
    key: UUID,
    meeting_id: UUID,
    named: Sequence[Named],
    by: Person,
    now: datetime,
) -> bool:
    inputs: list[UUID] = []
    passages: list[UUID] = []
    for each in named:
        query = select(Consultation).where(
            Consultation.slug == each.consultation, Consultation.meeting_id == meeting_id
        )
        found = (await db.exec(query)).first()
        if found is None:
            raise Malformed(consultation=OutcomeFault.NO_SUCH_INPUT)
        inputs += (await inputs_named(db, found, set(each.inputs))).values()
        passages += await _passages_named(db, found, set(each.passages))
    return await put(db, citing, key, inputs, passages, by=by, now=now)


async def _passages_named(
    db: Writing, consultation: Consultation, numbers: Collection[int]
) -> list[UUID]:
    """Paragraphs of a summary that was presented, by number; Malformed where one is not there."""
    if not numbers:
        return []
    query = (
        select(SummaryParagraph.id)
        .join(Summary, col(Summary.id) == col(SummaryParagraph.summary_id))
        .where(
            Summary.consultation_id == consultation.id,
            col(Summary.published_at).is_not(None),
            col(SummaryParagraph.number).in_(numbers),
            col(SummaryParagraph.deleted_at).is_(None),
        )
    )
    found = list(await db.exec(query))
    if len(found) != len(numbers):
        raise Malformed(passages=OutcomeFault.NO_SUCH_PASSAGE)
    return found


async def _note(
    db: Writing, kind: str, meeting_id: UUID, by: Person, now: datetime, **facts: str
) -> None:
    await acts.record(db, kind, now, meeting_id=meeting_id, by=str(by.id), **facts)


async def of_items(
    db: Reading | Writing, meeting: Meeting, person: access.Whom, now: datetime
) -> list[tuple[AgendaItem, list[Rests]]]:
    """The items of a meeting that somebody may know of, with what each rests on."""
    query = (
        select(AgendaItem, Sitting)
        .join(Sitting, col(Sitting.id) == col(AgendaItem.sitting_id))
        .where(AgendaItem.meeting_id == meeting.id)
        .order_by(col(AgendaItem.number))
    )
    pairs = (await db.exec(query)).all()
    known = await outcome.known_items(db, pairs, person, now)
    told = await rests(db, Citing.AGENDA_ITEM, known)
    return [(item, published(told.get(item.id, []), now)) for item, _ in pairs if item.id in known]


def published(found: Sequence[Rests], now: datetime) -> list[Rests]:
    """Without rounds that publish nothing yet: that there is an input of a number is told then."""
    return [each for each in found if publishes(round_facts(each.consultation), now)]


async def of_minutes(
    db: Reading | Writing, sitting_id: UUID, paragraph_id: UUID, by: Person, now: datetime
) -> list[Rests]:
    """What a paragraph of the minutes rests on, for whoever reads them as they are written."""
    sitting = await load(db, Sitting, sitting_id)
    await minutes.held(db, sitting, by, now)
    row = await load(db, MinutesParagraph, paragraph_id)
    if row.sitting_id != sitting.id:
        raise NotFound
    return (await rests(db, Citing.MINUTES, [row.id])).get(row.id, [])


async def of_decisions(
    db: Reading, sitting: Sitting, now: datetime
) -> list[tuple[str, list[Rests]]]:
    """The decisions noted of a sitting that rest on something; the door has decided who asks."""
    query = (
        select(MinutesParagraph)
        .where(MinutesParagraph.sitting_id == sitting.id, *_decisions())
        .order_by(col(MinutesParagraph.place), col(MinutesParagraph.id))
    )
    rows = (await db.exec(query)).all()
    told = await rests(db, Citing.MINUTES, [each.id for each in rows])
    pairs = [(each.text, published(told.get(each.id, []), now)) for each in rows]
    return [(text, found) for text, found in pairs if found]


def _decisions() -> list[ColumnElement[bool]]:
    return [col(MinutesParagraph.decision).is_(True), col(MinutesParagraph.deleted_at).is_(None)]


# The other end: what cites an input.


async def citers(
    db: Reading, consultation: Consultation, number: int, person: access.Whom, now: datetime
) -> list[Citer]:
    """What cites a published input, as far as one reader may know of what cites."""
    found = await publication.one(db, consultation, number, now)
    if not found.shown.text:
        return []
    row = await publication.numbered(db, consultation, number)
    summarized = await outcome.summarized(db, row)
    cited = select(Citation.citing_id, Citation.citing).where(
        Citation.input_id == row.id, *_stands()
    )
    keys = {(Citing(citing), key) for key, citing in await db.exec(cited)}
    items = [key for citing, key in keys if citing is Citing.AGENDA_ITEM]
    noted = [key for citing, key in keys if citing is Citing.MINUTES]
    return [
        *(Citer(Citing.SUMMARY, each, "") for each in sorted(summarized)),
        *await _citing_items(db, items, person, now),
        *await _citing_minutes(db, noted, person, now),
    ]


async def _citing_items(
    db: Reading, keys: Collection[UUID], person: access.Whom, now: datetime
) -> list[Citer]:
    query = (
        select(AgendaItem, Sitting)
        .join(Sitting, col(Sitting.id) == col(AgendaItem.sitting_id))
        .where(col(AgendaItem.id).in_(keys))
        .order_by(col(AgendaItem.number))
    )
    pairs = (await db.exec(query)).all() if keys else []
    known = await outcome.known_items(db, pairs, person, now)
    return [
        Citer(Citing.AGENDA_ITEM, item.number, item.title) for item, _ in pairs if item.id in known
    ]


async def _citing_minutes(
    db: Reading, keys: Collection[UUID], person: access.Whom, now: datetime
) -> list[Citer]:
    """Paragraphs of minutes: for who follows them; decisions for who may read the records."""
    query = (
        select(MinutesParagraph, Sitting)
        .join(Sitting, col(Sitting.id) == col(MinutesParagraph.sitting_id))
        .where(col(MinutesParagraph.id).in_(keys), col(MinutesParagraph.deleted_at).is_(None))
        .order_by(col(Sitting.number), col(MinutesParagraph.place))
    )
    rows = (await db.exec(query)).all() if keys else []
    follows: dict[UUID, tuple[bool, bool]] = {}
    for _, sitting in rows:
        if sitting.id not in follows:
            follows[sitting.id] = await _reads(db, sitting, person, now)
    made = []
    for row, sitting in rows:
        all_of_it, decisions = follows[sitting.id]
        if all_of_it or (decisions and row.decision):
            made.append(Citer(Citing.MINUTES, row.item_number, row.text, sitting.id))
    return made


async def _reads(
    db: Reading, sitting: Sitting, person: access.Whom, now: datetime
) -> tuple[bool, bool]:
    """Whether somebody follows the minutes, and whether they may read the records."""
    follows = False
    if isinstance(person, Person):
        try:
            await minutes.held(db, sitting, person, now)
            follows = True
        except Refused:
            pass
    if not records.is_ready(sitting):
        return follows, False
    return follows, any((await records.open_to(db, sitting, person, now)).values())
