"""The text page of a sitting: the lightest way to take part, without script, by plain form."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, TypeAlias
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import reasons
from app.database import Reading as Db
from app.depends import HouseIn, Me, Now, Reading, no_view, own_form
from app.errors import Refused, TooMany
from app.explain import answer as explained
from app.i18n import words
from app.models import Person, Sitting
from app.pages.answers import Answer, Case, answer
from app.pages.portal.cases import case_at, venue
from app.pages.reader import Reader, ReaderIn
from app.pages.room.text import ASKED, TYPED, Asked, PlainWish, ask, plain
from app.pages.words import AUDIENCES, PARTS, THOSE, listed
from app.policy.access import Right, decide
from app.policy.decision import Decision, Reason
from app.policy.people import Category, Standing
from app.policy.sitting import SittingState
from app.services import document_sets, fence, sittings

router = APIRouter(include_in_schema=False, dependencies=[Depends(no_view)])

MOST_DOCUMENTS: Final = 8  # what keeps a refresh under 10 kB; the others are in the register
EVERY: Final = (15, 30, 60)  # seconds between two refreshes; 0 is never


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader chose in the address: kept from page to page.

    ``writing`` is the wish whose form is open on a page that would refresh otherwise.
    """

    sitting_id: UUID
    every: int = 0
    writing: str = ""
    whole: bool = False

    @classmethod
    def of(cls, reader: Reader, sitting_id: UUID) -> "Choice":
        """What the address says; what makes no sense there is as if it were not there."""
        asked = reader.request.query_params
        every = {str(each): each for each in EVERY}.get(asked.get("refresh", ""), 0)
        writing = asked.get("write", "")
        known = {each.value for each in TYPED}
        return cls(sitting_id, every, writing if writing in known else "", "whole" in asked)

    @property
    def refreshes(self) -> bool:
        """Never under the hands of someone who writes."""
        return bool(self.every) and not self.writing

    def way(self, path: str = "", sitting_id: UUID | None = None, **other: str | int) -> str:
        """An address of this page that keeps how often it refreshes, unless that is changed."""
        asked = {"refresh": self.every, **other}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"/text/{sitting_id or self.sitting_id}{path}" + (f"?{query}" if query else "")


@dataclass(frozen=True, slots=True)
class Gone:
    """What a page says to someone who cannot follow this part, or not any more.

    ``onward`` is the part that a fence has opened to the reader; ``waits`` that it will be, when
    everyone has left who may not stay.
    """

    title: str
    why: Answer | None = None
    onward: UUID | None = None
    waits: bool = False
    following: Sitting | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """What stood in a form that was refused, and why it was."""

    wish: PlainWish | None = None
    topic: str = ""
    stance: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A document of the item in hand: its address, its number, its title and in which language."""

    path: str
    written: str
    title: str
    language: str


Refusal: TypeAlias = tuple[str, int]


@router.get("/text/{sitting_id}")
async def text(sitting_id: UUID, reader: ReaderIn, db: Reading) -> HTMLResponse:
    return await _page(reader, db, Choice.of(reader, sitting_id))


@router.post("/text/{sitting_id}/wish", dependencies=[Depends(own_form)])
async def wish(
    sitting_id: UUID,
    asked: Annotated[Asked, Form()],
    reader: ReaderIn,
    me: Me,
    now: Now,
    at: HouseIn,
) -> Response:
    """A wish by form: done, and the page again; or the page with the reason and what was typed."""
    choice = Choice.of(reader, sitting_id)
    refused = await _refused(reader, at, sitting_id, asked, me, now)
    if refused is None:
        return RedirectResponse(choice.way(said=asked.wish), 303)
    sentence, status_code = refused
    typed = Typed(asked.wish, asked.topic, asked.stance, sentence)
    still = Choice(sitting_id, choice.every, writing=asked.wish)
    async with at.database.reading() as db:
        return await _page(reader, db, still, typed, status_code)


async def _refused(
    reader: Reader, at: HouseIn, sitting_id: UUID, asked: Asked, me: Person, now: datetime
) -> Refusal | None:
    """Make the wish; the sentence and the status where it is not granted."""
    if (fault := asked.fault) is not None:
        return reasons.said(fault, reader.say), 422
    try:
        await at.rates.take(at.settings.wishes_per_person, "wish", str(me.id))
    except TooMany:
        return reader.say(words("Too many wishes in a short time; wait a moment.")), 429
    async with at.database.writing() as db:
        outcome = await ask(db, sitting_id, asked, by=me, now=now)
    why = explained(asked.id, outcome, reader.say).why
    return None if outcome.ok else (why.sentence if why else "", 403)


async def _page(
    reader: Reader, db: Db, choice: Choice, typed: Typed = Typed(), status_code: int = 200
) -> HTMLResponse:
    case = await case_at(db, reader, choice.sitting_id)
    decision = case.decision()
    told = None
    if decision and reader.me and case.sitting.state is not SittingState.CLOSED:
        told = await plain(db, case.sitting, reader.me, reader.now, reader.say, whole=choice.whole)
    documents = await _documents(reader, db, case) if told else []
    return reader.page(
        "room/text.html",
        status_code,
        meeting=case.meeting,
        sitting=case.sitting,
        sitting_name=case.title or reader.say(PARTS[case.sitting.part]),
        audience=AUDIENCES[case.sitting.part],
        those=_those(reader, case),
        place=venue(case.meeting, case.sitting.time_zone),
        now=reader.now,
        choice=choice,
        every=EVERY,
        plain=told,
        documents=documents[:MOST_DOCUMENTS],
        more_documents=len(documents) > MOST_DOCUMENTS,
        gone=None if told else await _gone(reader, db, case, decision),
        typed=typed,
        said=_said(reader),
    )


async def _documents(reader: Reader, db: Db, case: Case) -> list[Paper]:
    """Those of the item in hand that the reader may read."""
    at = (case.sitting, case.meeting, None, reader.whom, reader.now)
    try:
        _, found = await document_sets.of_item(db, *at)
    except Refused:  # who may attend need not be one who may read
        return []
    return [Paper(each.path, each.written, *each.title(reader.language.value)) for each in found]


def _those(reader: Reader, case: Case) -> str:
    """Whom the rule admits to a part that is not open to all."""
    part = case.sitting.part
    if AUDIENCES[part] == "open":
        return ""
    admitted = [
        each for each in Category if decide(case.edition, Standing.of(each), part, Right.ATTEND)
    ]
    return listed((reader.say(THOSE[each]) for each in admitted), reader.language)


async def _gone(reader: Reader, db: Db, case: Case, decision: Decision) -> Gone:
    """Why there is nothing to follow here, and where the reader may go on: decided anew."""
    say = reader.say
    following = await sittings.next_open(db, reader.now)
    raised = await fence.current(db, case.meeting.id)
    closed = case.sitting.state is SittingState.CLOSED
    if closed and raised is not None and raised.from_sitting_id == case.sitting.id:
        return _at_fence(reader, await case_at(db, reader, raised.to_sitting_id), following)
    why = answer(decision, reader.language, case)
    if closed:
        return Gone(say(words("This part is over.")), following=following)
    if decision.reason is Reason.NOT_YET_OPEN:
        return Gone(say(words("This part is not open yet.")), why, waits=True)
    return Gone(say(words("You cannot enter this part.")), why, following=following)


def _at_fence(reader: Reader, onward: Case, following: Sitting | None) -> Gone:
    """The open part is over: for each reader, what the rule says of the part after it."""
    say, decision = reader.say, onward.decision()
    over = say(words("The open part is over."))
    why = answer(decision, reader.language, onward)
    if decision and onward.sitting.state is not SittingState.SCHEDULED:
        return Gone(over, onward=onward.sitting.id)
    if decision or decision.reason is Reason.NOT_YET_OPEN:
        return Gone(over, waits=True)
    thanks = say(words("The open part is over. Thank you for taking part."))
    return Gone(thanks, why, following=following)


def _said(reader: Reader) -> str:
    """What a form has just done, kept in the address so that loading again does nothing."""
    asked = reader.request.query_params.get("said", "")
    known = {wish.value: sentence for wish, sentence in ASKED.items()}
    return reader.say(known[asked]) if asked in known else ""
