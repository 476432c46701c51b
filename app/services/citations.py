"""What rests on which inputs and on which paragraphs of a summary; told at both ends."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from app.database import Reading, Writing
from app.errors import Malformed
from app.models import Citation, Consultation, Input, Person, Summary, SummaryParagraph
from app.policy import outcome as rules
from app.policy.inputs import Consent, InputFacts, InputState, RoundFacts, shown
from app.policy.outcome import Citing, OutcomeFault


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
        asked = rounds[round_id]
        facts = RoundFacts(asked.announced_at is not None, asked.publishing, asked.closes_at)
        if number is not None and shown(_facts(state, consent), facts, now).text:
            found.add((round_id, number))
    return frozenset(found)
