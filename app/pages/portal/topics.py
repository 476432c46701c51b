"""Topics of the group: what was proposed, what a meeting decided on it, and proposing one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import reasons
from app.database import Reading as Db
from app.depends import Me, Reading, own_form
from app.errors import Conflict, Malformed, Refused
from app.i18n import OWN_NAMES, Language, words
from app.models import Meeting, Topic
from app.pages.portal.consultations import Said, cards, in_language, reads
from app.pages.reader import Reader, ReaderIn
from app.pages.words import problem, said, told_late
from app.policy.consultation import DECISIONS, STEPS, Issue, NewTopic, TopicState
from app.policy.form import ENGLISH, LANGUAGES
from app.policy.text import number_of
from app.services import consultations, meetings, topics
from app.services.consultations import Lists

router = APIRouter()
MOST: Final = 8000
OUTSIDE: Final = "outside"
CHIPS: Final[Mapping[TopicState, str]] = {
    TopicState.AGREED: "open",
    TopicState.REFERRED: "warning",
    TopicState.DECLINED: "stop",
}
STALE: Final = words("Somebody else was faster. Look at its history, then decide.")
FIELDS: Final = {"titles": "title-en"}


@dataclass(frozen=True, slots=True)
class Line:
    """A topic of the list."""

    topic: Topic
    title: Said
    state: str
    chip: str
    issue: str


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    word: str
    meeting: Meeting | None
    why: str


def _line(topic: Topic, reader: Reader) -> Line:
    return Line(
        topic=topic,
        title=in_language(topic.titles, reads(reader, topic.titles)),
        state=said(topic.state, reader.say),
        chip=CHIPS.get(topic.state, "quiet"),
        issue=said(topic.issue, reader.say) if topic.issue else "",
    )


@router.get("/topics", name="topics")
async def listed(reader: ReaderIn, db: Reading) -> HTMLResponse:
    found = await topics.page(db)
    return reader.page(
        "portal/topics.html",
        lines=[_line(each, reader) for each in reversed(found)],
        meetings=await _entitling(db, reader),
    )


async def _entitling(db: Db, reader: Reader) -> list[Meeting]:
    """The meetings to which the reader may propose topics."""
    found = []
    for meeting in await meetings.listed(db) if reader.me else ():
        try:
            if reader.me:
                await topics.entitled(db, reader.me, meeting, reader.now)
        except Refused:
            continue
        found.append(meeting)
    return found


@router.get("/topics/{topic}", name="topic")
async def show(topic: int, reader: ReaderIn, db: Reading) -> HTMLResponse:
    return await _page(reader, db, await topics.by_number(db, topic))


@router.post("/topics/{topic}", dependencies=[Depends(own_form)])
async def act(topic: int, request: Request, reader: ReaderIn, me: Me) -> Response:
    """Record what a meeting decided, or withdraw one's own; the page again with what is wrong."""
    typed = _texts(await request.form())
    number = typed.get("seen", "")
    seen = number_of(number) or 0
    state = typed.get("state", "")
    stop, faults = "", dict[str, str]()
    try:
        async with reader.house.database.writing() as db:
            row, why = await topics.by_number(db, topic), typed.get("why", "")
            if state == TopicState.WITHDRAWN:
                await topics.withdraw(db, row.id, why=why, version=seen, by=me, now=reader.now)
            else:
                meeting = await meetings.by_slug(db, typed.get("meeting", ""))
                to = TopicState(state) if state in set(TopicState) else TopicState.PROPOSED
                await topics.decide(
                    db, row.id, to, meeting, why=why, version=seen, by=me, now=reader.now
                )
    except Malformed as wrong:
        faults = dict(wrong.faults)
    except Conflict as late:
        stop = _told(late, reader)
    else:
        return RedirectResponse(f"/topics/{row.number}", 303)
    async with reader.house.database.reading() as view:
        row = await topics.by_number(view, topic)
        return await _page(reader, view, row, typed, faults, stop)


async def _page(
    reader: Reader,
    db: Db,
    topic: Topic,
    typed: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
    stop: str = "",
) -> HTMLResponse:
    steps = await topics.history(db, topic)
    own = reader.me is not None and topic.person_id == reader.me.id
    onward = STEPS[topic.state]
    records = [] if own else await topics.recording(db, reader.me)
    return reader.page(
        "portal/topic.html",
        409 if stop else 422 if faults else 200,
        topic=topic,
        line=_line(topic, reader),
        others=[Said(text, tag) for tag, text in sorted(topic.titles.items()) if tag != ENGLISH],
        steps=[
            Step(step.at, said(step.state, reader.say), meeting, step.why)
            for step, meeting in steps
        ],
        seen=len(steps),
        cards=await cards(
            reader, db, await consultations.public(db, reader.now, Lists(topic=topic.id))
        ),
        records=records if onward & DECISIONS else [],
        choices=[
            (each.value, said(each, reader.say))
            for each in TopicState
            if each in onward & DECISIONS
        ],
        withdraws=own and TopicState.WITHDRAWN in onward,
        own=own and bool(await topics.recording(db, reader.me)),
        typed=typed or {},
        errors={name: problem(name, fault, reader.say) for name, fault in (faults or {}).items()},
        stop=stop,
    )


# Proposing.


@router.get("/meetings/{slug}/topics", name="propose-topic")
async def form(slug: str, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    """The form, for those who may propose; to others the rule says why not."""
    meeting = await meetings.by_slug(db, slug)
    await topics.entitled(db, me, meeting, reader.now)
    return await _form(reader, db, meeting, {}, {})


@router.post("/meetings/{slug}/topics", dependencies=[Depends(own_form)])
async def propose(slug: str, request: Request, reader: ReaderIn, me: Me) -> Response:
    typed = _texts(await request.form())
    stop, faults = "", dict[str, str]()
    try:
        async with reader.house.database.writing() as db:
            meeting = await meetings.by_slug(db, slug)
            made = await topics.propose(db, meeting.id, _new(typed), by=me, now=reader.now)
    except Malformed as wrong:
        faults = dict(wrong.faults)
    except Conflict as late:
        stop = _told(late, reader)
    else:
        return RedirectResponse(f"/topics/{made.number}", 303)
    async with reader.house.database.reading() as view:
        meeting = await meetings.by_slug(view, slug)
        return await _form(reader, view, meeting, typed, faults, stop)


def _new(typed: Mapping[str, str]) -> NewTopic:
    issue = typed.get("issue", "")
    return NewTopic(
        titles={tag: typed[f"title-{tag}"] for tag in LANGUAGES if typed.get(f"title-{tag}")},
        about=typed.get("about", ""),
        issue=Issue(issue) if issue in set(Issue) else None,
        outside_why=typed.get("outside_why", "") if issue == OUTSIDE else "",
    )


async def _form(
    reader: Reader,
    db: Db,
    meeting: Meeting,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
    stop: str = "",
) -> HTMLResponse:
    as_whom = await topics.entitled(db, reader.me, meeting, reader.now) if reader.me else None
    issues: list[tuple[str, str]] = [
        (each.value, reader.say(name)) for each, name in reasons.ISSUES.items()
    ]
    return reader.page(
        "portal/topic_form.html",
        409 if stop else 422 if faults else 200,
        meeting=meeting,
        proposer=as_whom.proposer if as_whom else "",
        typed=typed,
        issues=[*issues, (OUTSIDE, reader.say(words("Outside the list")))],
        tongues=tongues(),
        errors={
            FIELDS.get(name, name): problem(name, fault, reader.say)
            for name, fault in faults.items()
        },
        stop=stop,
    )


def tongues() -> Sequence[tuple[str, str, str]]:
    """The other languages of the Union: tag, own name, direction."""
    known = [Language(tag) for tag in sorted(LANGUAGES - {ENGLISH})]
    return [(each.value, OWN_NAMES[each], each.direction) for each in known]


def _texts(sent: FormData) -> dict[str, str]:
    return {name: value[:MOST] for name, value in sent.items() if isinstance(value, str)}


def _told(late: Conflict, reader: Reader) -> str:
    changed = late.reason == "changed-meanwhile"
    return reader.say(STALE) if changed else told_late(late, reader.language)
