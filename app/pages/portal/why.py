"""May I attend, and why? Every right in one sitting, and the rule's answer for other categories."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from app.depends import Reading
from app.pages.answers import IN_A_WORD, Answer, Case, answer
from app.pages.portal.cases import case_at, slot
from app.pages.reader import Reader, ReaderIn
from app.pages.words import CATEGORIES, RIGHTS
from app.policy.access import decide
from app.policy.decision import Decision
from app.policy.parts import Right
from app.policy.people import Category, Standing

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Row:
    """One right, whether one has it in a word, and the whole answer."""

    right: str
    word: str
    answer: Answer


@router.get("/sittings/{sitting_id}/why", name="why")
async def show(
    sitting_id: UUID, reader: ReaderIn, db: Reading, seen_as: Annotated[str, Query(alias="as")] = ""
) -> HTMLResponse:
    case = await case_at(db, reader, sitting_id)
    category = Category(seen_as) if seen_as in set(Category) else None
    answers = preview(case, category) if category else mine(case)
    return reader.page(
        "portal/why.html",
        meeting=case.meeting,
        slot=slot(case, reader.language, reader.say),
        category=category and reader.say(CATEGORIES[category]),
        seen_as=category,
        categories=[(each.value, reader.say(CATEGORIES[each])) for each in Category],
        attend=_row(answers[Right.ATTEND], reader, None if category else case),
        rows=[_row(each, reader) for right, each in answers.items() if right is not Right.ATTEND],
    )


def mine(case: Case) -> dict[Right, Decision]:
    """The rule's answer to every question one may ask of a sitting."""
    return {right: case.decision(right) for right in Right}


def preview(case: Case, category: Category) -> dict[Right, Decision]:
    """What the rule says of a category whose papers are in order; it is not about the reader."""
    standing = Standing.of(category)
    part = case.sitting.part
    return {right: decide(case.edition, standing, part, right) for right in Right}


def _row(decision: Decision, reader: Reader, case: Case | None = None) -> Row:
    found = answer(decision, reader.language, case)
    return Row(
        right=reader.say(RIGHTS[decision.right]),
        word=reader.say(IN_A_WORD[found.shape]),
        answer=found,
    )
