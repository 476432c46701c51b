"""The secretariat's desk of outcomes: what became of each input, one by one and many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.database import Reading as Db
from app.database import load
from app.depends import Me, Reading, own_form
from app.errors import Conflict, Malformed
from app.i18n import words
from app.models import Meeting, Person
from app.pages.portal.published import title_of
from app.pages.reader import Reader, ReaderIn
from app.pages.words import problem
from app.policy.outcome import (
    LONGEST_PARAGRAPH,
    LONGEST_WHY,
    MOST_AT_ONCE,
    DispositionKind,
    OutcomeReason,
    Wanted,
)
from app.policy.text import number_of
from app.reasons import said
from app.services import campaigns, meetings, outcome
from app.services.outcome import Chosen, Line

router = APIRouter(prefix="/desk/outcome/{slug}")
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
PER_PAGE: Final = 100
LONGEST: Final = 20_000
CAMPAIGN: Final = words("%(count)s similar inputs, as one: %(numbers)s")


@dataclass(frozen=True, slots=True)
class Campaign:
    """Similar inputs that are answered as one; ``value`` is what its box sends."""

    value: str
    said: str


@dataclass(frozen=True, slots=True)
class Tried:
    """A form that was refused, as it was sent."""

    typed: Mapping[str, str]
    picked: frozenset[str]
    errors: Mapping[str, str]
    stop: str = ""


@router.get("")
async def listed(
    slug: str,
    reader: ReaderIn,
    me: Me,
    db: Reading,
    waiting: str = "",
    campaigns: str = "",
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> HTMLResponse:
    """The inputs of a round with their answers, and the form that answers many at once."""
    shown = {"waiting": waiting[:1], "campaigns": campaigns[:1], "after": str(after)}
    return await _page(reader, db, me, slug, shown, None)


@router.post("", dependencies=[Depends(own_form)])
async def answer(slug: str, request: Request, reader: ReaderIn, me: Me) -> Response:
    """Answer all that were chosen, or none; errors keep what was typed and chosen."""
    form = await request.form()
    tried = await _tried(slug, form, reader, me)
    shown = {name: _text(form, name) for name in ("waiting", "campaigns", "after")}
    if tried is None:
        there = "&".join(f"{name}={value}" for name, value in _sound(shown).items() if value)
        return RedirectResponse(f"/desk/outcome/{slug}{'?' if there else ''}{there}", 303)
    async with reader.house.database.reading() as view:
        return await _page(reader, view, me, slug, shown, tried)


@router.get("/{input_number}")
async def show(
    slug: str, input_number: Number, reader: ReaderIn, me: Me, db: Reading, answered: str = ""
) -> HTMLResponse:
    """One input with every answer that it has had; ``answered`` says that one was just given."""
    return await _one(reader, db, me, slug, input_number, None, answered=bool(answered))


@router.post("/{input_number}", dependencies=[Depends(own_form)])
async def answer_one(
    slug: str, input_number: Number, request: Request, reader: ReaderIn, me: Me
) -> Response:
    """Answer one input; whoever was slower finds what stands there now."""
    tried = await _tried(slug, await request.form(), reader, me, input_number)
    if tried is None:
        return RedirectResponse(f"/desk/outcome/{slug}/{input_number}?answered=1", 303)
    async with reader.house.database.reading() as view:
        return await _one(reader, view, me, slug, input_number, tried)


async def _tried(
    slug: str, form: FormData, reader: Reader, me: Person, number: int | None = None
) -> Tried | None:
    """None where it was done; else the form with what is wrong."""
    typed = {name: _text(form, name) for name in ("kind", "item", "paragraph", "why")}
    picked = [str(each)[:LONGEST] for each in form.getlist("input")]
    kind = typed["kind"]
    wanted = Wanted(
        DispositionKind(kind) if kind in set(DispositionKind) else DispositionKind.NOTED,
        number_of(typed["item"]),
        typed["paragraph"],
        typed["why"],
    )
    chosen = [one for each in picked for one in _chosen(each) if number in {None, one.number}]
    try:
        async with reader.house.database.writing() as db:
            await outcome.dispose(db, slug, chosen, wanted, by=me, now=reader.now)
    except Malformed as refused:
        faults = {name: problem(name, why, reader.say) for name, why in refused.faults.items()}
        return Tried(typed, frozenset(picked), faults)
    except Conflict as refused:
        stop = said(OutcomeReason(refused.reason), reader.say) % refused.facts
        return Tried(typed, frozenset(picked), {}, stop)
    return None


def _text(form: FormData, name: str) -> str:
    return str(form.get(name, ""))[:LONGEST]


def _sound(shown: Mapping[str, str]) -> dict[str, str]:
    after = number_of(shown["after"]) or ""
    flags = {name: "1" if shown[name] else "" for name in ("waiting", "campaigns")}
    return flags | {"after": str(after)}


def _chosen(value: str) -> list[Chosen]:
    """What a box sends: numbers, each with how many answers it had when the page was made."""
    found = []
    for each in value.split(","):
        said, _, answers = each.partition(":")
        number, seen = number_of(said), number_of(answers)
        if number is not None and seen is not None:
            found.append(Chosen(number, seen))
    return found


async def _page(
    reader: Reader, db: Db, me: Person, slug: str, shown: Mapping[str, str], tried: Tried | None
) -> HTMLResponse:
    shown = _sound(shown)
    after = int(shown["after"] or 0)
    consultation, lines = await outcome.desk(
        db, slug, me, reader.now, waiting=bool(shown["waiting"]), after=after, limit=PER_PAGE
    )
    campaigns: Sequence[Campaign] = ()
    if shown["campaigns"]:
        campaigns = await _campaigns(reader, db, me, slug)
    done = await outcome.completion(db, [consultation], reader.now, desk=True)
    more = lines[PER_PAGE - 1].row.number if len(lines) > PER_PAGE else None
    return reader.page(
        "desk/outcome.html",
        _status(tried),
        consultation=consultation,
        title=title_of(consultation, reader.language),
        lines=lines[:PER_PAGE],
        campaigns=campaigns,
        completion=done[consultation.id],
        shown=shown,
        next=more,
        most=MOST_AT_ONCE,
        **await _form(reader, db, consultation.meeting_id, tried),
    )


async def _one(
    reader: Reader,
    db: Db,
    me: Person,
    slug: str,
    number: int,
    tried: Tried | None,
    *,
    answered: bool = False,
) -> HTMLResponse:
    consultation, line, history = await outcome.line(db, slug, number, me, reader.now)
    return reader.page(
        "desk/outcome_one.html",
        _status(tried),
        consultation=consultation,
        title=title_of(consultation, reader.language),
        line=line,
        history=history,
        value=_value(line),
        answered=answered and bool(history),
        **await _form(reader, db, consultation.meeting_id, tried),
    )


def _status(tried: Tried | None) -> int:
    return 200 if tried is None else 409 if tried.stop else 422


async def _form(reader: Reader, db: Db, meeting_id: UUID, tried: Tried | None) -> dict[str, object]:
    items = await meetings.agenda(db, meeting_id)
    return {
        "meeting": await load(db, Meeting, meeting_id),
        "kinds": [(each.value, said(each, reader.say)) for each in DispositionKind],
        "items": [(str(each.number), f"{each.number}. {each.title}") for each in items],
        "typed": tried.typed if tried else {},
        "picked": tried.picked if tried else frozenset(),
        "errors": tried.errors if tried else {},
        "stop": tried.stop if tried else "",
        "value_of": _value,
        "most_why": LONGEST_WHY,
        "most_paragraph": LONGEST_PARAGRAPH,
    }


def _value(line: Line) -> str:
    return f"{line.row.number}:{line.had}"


async def _campaigns(reader: Reader, db: Db, me: Person, slug: str) -> list[Campaign]:
    """The groups of similar inputs that are published, each as one box."""
    consultation = await outcome.of_secretariat(db, slug, me)
    found = await campaigns.numbers(db, consultation, reader.now)
    groups = [each for each in found.groups or () if each.size <= MOST_AT_ONCE]
    numbers = [member.number for each in groups for member in each.members]
    had = await outcome.had(db, consultation, numbers)
    made = []
    for each in groups:
        members = [member.number for member in each.members]
        value = ",".join(f"{one}:{had.get(one, 0)}" for one in members)
        named = ", ".join(map(str, members[:10])) + (" …" if len(members) > 10 else "")  # noqa: PLR2004 - enough to know it by
        made.append(Campaign(value, reader.say(CAMPAIGN) % {"count": each.size, "numbers": named}))
    return made
