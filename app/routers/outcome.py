"""What became of inputs: a disposition for each, and how many have an answer."""

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from app import depends
from app.depends import MaybeMe, Me, Now, Reading, Whom, Writing
from app.models import Consultation
from app.policy.outcome import Completion, DispositionKind, Wanted
from app.routers.publication import AnswerOut
from app.routers.schemas import In, OneOf, Out, Text
from app.services import consultations, meetings, outcome, publication
from app.services.consultations import Lists
from app.services.outcome import Chosen

router = APIRouter(prefix="/api/v1", tags=["outcome"], dependencies=[Depends(depends.same_site)])
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Counted = Annotated[int, Field(ge=1, le=2**31 - 1)]


class CompletionOut(Out):
    """``answered`` of ``inputs`` have a disposition; what was withdrawn is not counted.

    Null before the round publishes what came.
    """

    consultation: str
    title: str
    answered: int | None
    inputs: int | None

    @classmethod
    def of(cls, row: Consultation, found: Completion | None) -> Self:
        return cls(
            consultation=row.slug,
            title=row.titles["en"],
            answered=found.answered if found else None,
            inputs=found.inputs if found else None,
        )


class OutcomesOut(Out):
    """Of all rounds that publish together, and of each."""

    answered: int
    inputs: int
    rounds: list[CompletionOut]


class ChosenIn(In):
    """``seen``: how many dispositions it had when it was looked at; without, nothing is checked."""

    number: Counted
    seen: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class DispositionIn(In):
    """What became of up to 500 inputs; all of them or none.

    ``item`` is asked for where they were considered, ``paragraph`` where they are reflected, wholly
    or partly, and ``why`` where they are reflected partly or not taken up.
    """

    inputs: Annotated[list[ChosenIn], Field(max_length=2000)]
    kind: Annotated[DispositionKind, OneOf]
    item: Counted | None = None
    paragraph: Text = ""
    why: Text = ""


class AnsweredOut(Out):
    """The inputs that were said something else of before; their authors are told."""

    changed: list[int]


async def _all(db: Reading, rows: list[Consultation], now: Now) -> OutcomesOut:
    found = await outcome.completion(db, rows, now)
    total = sum(found.values(), Completion())
    return OutcomesOut(
        answered=total.answered,
        inputs=total.inputs,
        rounds=[CompletionOut.of(each, found.get(each.id)) for each in rows],
    )


@router.get("/outcome")
async def everywhere(now: Now, db: Reading) -> OutcomesOut:
    """How many inputs have an answer, round by round."""
    return await _all(db, await consultations.public(db, now), now)


@router.get("/meetings/{slug}/outcome")
async def of_meeting(slug: str, now: Now, db: Reading) -> OutcomesOut:
    """The same of the rounds for one meeting."""
    meeting = await meetings.by_slug(db, slug)
    return await _all(db, await consultations.public(db, now, Lists(meeting=meeting.id)), now)


@router.get("/consultations/{consultation}/outcome")
async def of_round(consultation: str, me: MaybeMe, now: Now, db: Reading) -> CompletionOut:
    """The same of one round."""
    row = await consultations.by_slug(db, consultation, me, now)
    return CompletionOut.of(row, (await outcome.completion(db, [row], now)).get(row.id))


@router.post("/consultations/{slug}/dispositions")
async def dispose(slug: str, sent: DispositionIn, me: Me, db: Writing, now: Now) -> AnsweredOut:
    """Say what became of inputs; for the secretariat of the meeting. What stood before is kept."""
    chosen = [Chosen(each.number, each.seen) for each in sent.inputs]
    wanted = Wanted(sent.kind, sent.item, sent.paragraph, sent.why)
    changed = await outcome.dispose(db, slug, chosen, wanted, by=me, now=now)
    return AnsweredOut(changed=[each.number or 0 for each in changed])


@router.get("/consultations/{slug}/inputs/{input_number}/dispositions")
async def history(
    slug: str, input_number: Number, whom: Whom, now: Now, db: Reading
) -> list[AnswerOut]:
    """Every disposition of a published input, the first one first; none where it has no text."""
    consultation = await publication.of_slug(db, slug)
    found = await publication.one(db, consultation, input_number, now)
    if not found.shown.text:
        return []
    row = await publication.numbered(db, consultation, input_number)
    return [AnswerOut.of(each) for each in await outcome.history(db, row.id, whom, now)]
