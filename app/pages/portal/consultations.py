"""Consultations for everyone: what is open, what is asked, until when, and how it came about."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import i18n, reasons
from app.database import Reading as Db
from app.depends import Me, Reading, own_form
from app.errors import Conflict, Malformed
from app.i18n import OWN_NAMES, Language, words
from app.mail.calendar import rounds
from app.models import Consultation, ConsultationFollower, Meeting
from app.pages.language import COOKIE
from app.pages.portal.cases import venue
from app.pages.reader import Reader, ReaderIn
from app.pages.words import Say, problem, said, told_late
from app.policy.consultation import (
    USUAL_DAYS,
    ConsultationStep,
    RoundState,
    Shortfall,
)
from app.policy.form import ENGLISH, LANGUAGES, told
from app.policy.outcome import Completion
from app.services import access, consultations, feeds, outcome, summary
from app.services.consultations import Entry, Lists

router = APIRouter()
NAME: Final = words("Consultations of the group")
DAYS: Final = (1, 3, 7, 14)
ORDER: Final = (RoundState.OPEN, RoundState.TO_COME, RoundState.CLOSED, RoundState.SKIPPED)
BEFORE_CLOSE: Final = {RoundState.DRAFT, RoundState.TO_COME, RoundState.OPEN}
TITLES: Final[Mapping[RoundState, str]] = {
    RoundState.OPEN: words("Open for inputs"),
    RoundState.TO_COME: words("Announced"),
    RoundState.CLOSED: words("Closed"),
    RoundState.SKIPPED: words("Not held"),
}
CHIPS: Final[Mapping[RoundState, str]] = {
    RoundState.DRAFT: "warning",
    RoundState.OPEN: "open",
    RoundState.SKIPPED: "stop",
}
FIELDS: Final[Mapping[str, str]] = {
    "titles": words("Title"),
    "guidance": words("Guidance"),
    "documents": words("Documents to read first"),
    "sitting": words("Consultation meeting"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """A text in the reader's language, with the English one beside where they differ."""

    text: str
    language: str
    original: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A consultation as a list shows it."""

    row: Consultation
    title: Said
    state: RoundState
    word: str
    chip: str
    meeting: Meeting
    city: str | None
    topic: int
    topic_title: Said
    completion: Completion | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the history in words."""

    at: datetime
    word: str
    before: datetime | None
    after: datetime | None
    why: str
    replaced: Sequence[tuple[str, Sequence[Said]]]
    short: Sequence[str]


def reads(reader: Reader, available: Collection[str]) -> str:
    """In which of these languages somebody reads: as asked for, as chosen, as the browser says."""
    known = [Language(tag) for tag in sorted(available) if tag in LANGUAGES]
    headers, cookies = reader.request.headers, reader.request.cookies
    asked = reader.request.query_params.get("in", "")
    kept, accepted = cookies.get(COOKIE, ""), headers.get("accept-language", "")
    return i18n.choose(known, asked, kept, accepted).value


def in_language(texts: Mapping[str, str], language: str) -> Said:
    """A text as it is shown: what is not there in a language is there in English."""
    if language in texts and language != ENGLISH:
        return Said(texts[language], language, texts.get(ENGLISH, ""))
    return Said(told(texts, ENGLISH), ENGLISH)


def shortfalls(found: Sequence[Shortfall], say: Say) -> list[str]:
    """What falls short of the lead times, one sentence each (A12)."""
    return [
        say((reasons.TOO_LATE if each.days < 0 else reasons.LEADS)[each.lead])
        % {"days": each.days, "least": each.least}
        for each in found
    ]


async def cards(reader: Reader, db: Db, rows: Sequence[Consultation]) -> list[Card]:
    """Consultations for a list."""
    done = await outcome.completion(db, rows, reader.now)
    return [replace(await _card(reader, db, each), completion=done.get(each.id)) for each in rows]


async def _card(reader: Reader, db: Db, row: Consultation) -> Card:
    found = await consultations.whole(db, row, reader.now)
    language = reads(reader, row.titles)
    return Card(
        row=row,
        title=in_language(row.titles, language),
        state=found.state,
        word=said(found.state, reader.say),
        chip=CHIPS.get(found.state, "quiet"),
        meeting=found.meeting,
        city=venue(found.meeting, row.time_zone),
        topic=found.topic.number,
        topic_title=in_language(found.topic.titles, language),
    )


async def open_now(reader: Reader, db: Db, meeting: Meeting | None = None) -> list[Card]:
    """Those that take inputs now, the one that closes next first."""
    of = meeting.id if meeting else None
    found = await consultations.public(db, reader.now, Lists(RoundState.OPEN, of))
    return await cards(reader, db, found[::-1])


@router.get("/consultations", name="consultations")
async def listed(reader: ReaderIn, db: Reading) -> HTMLResponse:
    found = await cards(reader, db, await consultations.public(db, reader.now))
    by_state = [
        (reader.say(TITLES[state]), [each for each in found if each.state is state])
        for state in ORDER
    ]
    return reader.page(
        "portal/consultations.html",
        lists=[(title, among) for title, among in by_state if among],
        desks=await consultations.desks(db, reader.me),
        follows_all=await consultations.follows_all(db, reader.me),
    )


@router.post("/consultations/follow", dependencies=[Depends(own_form)])
async def follow_all(reader: ReaderIn, me: Me) -> Response:
    """Be told of every round that is announced."""
    async with reader.house.database.writing() as db:
        await consultations.follow_all(db, by=me, now=reader.now)
    return RedirectResponse("/consultations#follow", 303)


@router.post("/consultations/unfollow", dependencies=[Depends(own_form)])
async def unfollow_all(reader: ReaderIn, me: Me) -> Response:
    async with reader.house.database.writing() as db:
        await consultations.unfollow_all(db, by=me)
    return RedirectResponse("/consultations#follow", 303)


@router.get("/consultations.ics")
async def calendar(reader: ReaderIn, db: Reading) -> Response:
    """All windows, deadlines and consultation meetings, for a program that asks again."""
    return await _calendar(reader, db, await consultations.public(db, reader.now), "consultations")


@router.get("/consultations/{consultation}.ics")
async def calendar_of_one(consultation: str, reader: ReaderIn, db: Reading) -> Response:
    row = await consultations.by_slug(db, consultation, None, reader.now)
    return await _calendar(reader, db, [row], row.slug)


async def _calendar(reader: Reader, db: Db, rows: Sequence[Consultation], name: str) -> Response:
    windows = await feeds.of_rounds(db, rows, reader.language)
    address = reader.house.settings.address
    content = rounds(reader.say(NAME), windows, address, reader.now, reader.say)
    headers = {"Content-Disposition": f'inline; filename="{name}.ics"'}
    return Response(content, media_type="text/calendar", headers=headers)


@router.get("/consultations/{consultation}", name="consultation")
async def show(consultation: str, reader: ReaderIn, db: Reading) -> HTMLResponse:
    row = await consultations.by_slug(db, consultation, reader.me, reader.now)
    return await _page(reader, db, row)


@router.post("/consultations/{consultation}/follow", dependencies=[Depends(own_form)])
async def follow(
    consultation: str, reader: ReaderIn, me: Me, days: Annotated[str, Form(max_length=10)] = ""
) -> Response:
    """Follow it, or change when to be reminded; the page again with what is wrong."""
    number = int(days) if days.isascii() and days.isdecimal() else USUAL_DAYS if not days else 0
    wrong = ""
    try:
        async with reader.house.database.writing() as db:
            row = await consultations.by_slug(db, consultation, me, reader.now)
            await consultations.follow(db, row, number, by=me, now=reader.now)
    except Malformed as refused:
        wrong = " ".join(problem(*each, reader.say) for each in refused.faults.items())
    except Conflict as late:
        wrong = told_late(late, reader.language)
    else:
        return RedirectResponse(f"/consultations/{row.slug}#follow", 303)
    async with reader.house.database.reading() as view:
        row = await consultations.by_slug(view, consultation, me, reader.now)
        return await _page(reader, view, row, wrong)


@router.post("/consultations/{consultation}/unfollow", dependencies=[Depends(own_form)])
async def unfollow(consultation: str, reader: ReaderIn, me: Me) -> Response:
    async with reader.house.database.writing() as db:
        row = await consultations.by_slug(db, consultation, me, reader.now)
        await consultations.unfollow(db, row, by=me)
    return RedirectResponse(f"/consultations/{row.slug}#follow", 303)


async def _page(reader: Reader, db: Db, row: Consultation, wrong: str = "") -> HTMLResponse:
    found = await consultations.whole(db, row, reader.now)
    tags = {tag for texts in (row.titles, *(q.texts for q in found.questions)) for tag in texts}
    language = reads(reader, tags)
    follows = await consultations.following(db, row, reader.me)
    history = await consultations.history(db, row)
    return reader.page(
        "portal/consultation.html",
        422 if wrong else 200,
        row=row,
        found=found,
        title=in_language(row.titles, language),
        topic_title=in_language(found.topic.titles, language),
        issue=said(found.topic.issue, reader.say) if found.topic.issue else "",
        guidance=in_language(row.guidance, language),
        questions=[
            (each.number, in_language(each.texts, language), in_language(each.guidance, language))
            for each in found.questions
        ],
        tongues=[(tag, OWN_NAMES[Language(tag)]) for tag in sorted(tags)],
        language_read=language,
        state=said(found.state, reader.say),
        kind=CHIPS.get(found.state, "quiet"),
        publishing=said(row.publishing, reader.say),
        moved=any(each.step is ConsultationStep.EXTENDED for each in history),
        short=shortfalls(found.short, reader.say) if found.state in BEFORE_CLOSE else [],
        steps=[_step(each, reader) for each in history],
        city=venue(found.meeting, row.time_zone),
        sitting_city=venue(found.meeting),
        summary=await summary.is_public(db, row),
        completion=(await outcome.completion(db, [row], reader.now)).get(row.id),
        follows=follows,
        wrong=wrong,
        days=_days(row, follows, reader.now),
        desk=await access.is_secretariat(db, reader.me, found.meeting.id),
    )


def _days(row: Consultation, follows: ConsultationFollower | None, now: datetime) -> list[int]:
    """The reminders that can still come; the one that was chosen is among them."""
    own = {follows.days_before} if follows else set[int]()
    return [each for each in sorted({*DAYS, *own}) if row.closes_at - timedelta(days=each) > now]


def _step(entry: Entry, reader: Reader) -> Step:
    say = reader.say
    return Step(
        at=entry.at,
        word=said(entry.step, say),
        before=entry.before,
        after=entry.after if entry.step is ConsultationStep.EXTENDED else None,
        why=entry.why,
        replaced=[_replaced(name, value, say) for name, value in entry.replaced.items()],
        short=shortfalls(entry.short, say),
    )


def _replaced(name: str, value: Any, say: Say) -> tuple[str, list[Said]]:  # noqa: ANN401 - as JSON has it
    """What stood in a field, in every language that it stood in."""
    _, _, number = name.partition("question-")
    label = say(words("Question %(number)s")) % {"number": number} if number else say(FIELDS[name])
    match value:
        case {"texts": dict(texts), "guidance": dict(guidance)}:
            return label, [*_texts(texts), *_texts(guidance)]
        case dict():
            return label, _texts(value)
        case list():
            return label, [
                Said(f"{each['title']} ({each['url']})", each["language"]) for each in value
            ]
        case _:
            return label, []


def _texts(texts: Mapping[str, str]) -> list[Said]:
    return [
        Said(text, tag) for tag, text in sorted(texts.items(), key=lambda one: one[0] != ENGLISH)
    ]
