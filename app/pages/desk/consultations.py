"""The desk of a consultation: drafted, changed, announced, extended or skipped, without script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.database import Reading as Db
from app.database import Writing as DbToWrite
from app.depends import Me, Reading, own_form
from app.errors import Conflict, Malformed, NotFound
from app.i18n import OWN_NAMES, Language, words
from app.models import Consultation, Meeting, Person, Sitting, Topic
from app.pages.portal.cases import venue
from app.pages.portal.consultations import CHIPS, cards, shortfalls
from app.pages.portal.topics import tongues
from app.pages.reader import Reader, ReaderIn
from app.pages.words import problem, said, told_late
from app.policy.consultation import (
    MOST_DOCUMENTS,
    MOST_QUESTIONS,
    Background,
    Prompt,
    Publishing,
    Round,
    RoundState,
    TopicState,
    is_public,
    may_skip,
    stated,
)
from app.policy.form import ENGLISH, LANGUAGES, told
from app.policy.meeting import known_zone
from app.policy.parts import Part
from app.policy.text import number_of
from app.services import access, consultations, meetings, topics
from app.services.consultations import Whole

router = APIRouter(prefix="/desk")
MOST: Final = 8000
NO_TIME: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - without a zone it is no instant, and the rule says so
STALE: Final = words(
    "Somebody else has changed it since you opened this page. What you typed is still below, and"
    " what stands there now is told here; saving again replaces it."
)
BEHIND: Final = words("Somebody else has changed it since you opened this page. Look at it again.")
TAGS: Final = (ENGLISH, *sorted(LANGUAGES - {ENGLISH}))


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was sent, with its questions and documents closed up."""

    fields: Mapping[str, str]
    questions: int
    documents: int

    def get(self, name: str, other: str = "") -> str:
        return self.fields.get(name, other)

    def value(self, zone: str, settled: Round | None = None) -> Round:
        """The round that it means; what was announced is taken from there and not from the form."""
        zone = self.get("time_zone").strip() or zone
        made = Round(
            slug=self.get("slug").strip(),
            topic=_key(self.get("topic")) or UUID(int=0),
            titles=self._texts("title"),
            guidance=self._texts("guidance"),
            opens_at=stated(self.get("opens_at"), zone) or NO_TIME,
            closes_at=stated(self.get("closes_at"), zone) or NO_TIME,
            time_zone=zone,
            prompts=tuple(
                Prompt(self._texts(f"q{number}"), self._texts(f"h{number}"))
                for number in range(1, self.questions + 1)
            ),
            documents=tuple(
                Background(
                    self.get(f"d{number}-url"),
                    self.get(f"d{number}-title"),
                    self.get(f"d{number}-language", ENGLISH),
                )
                for number in range(1, self.documents + 1)
            ),
            sitting=_key(self.get("sitting")),
            publishing=_publishing(self.get("publishing")),
        )
        if settled is None:
            return made
        return replace(
            made,
            slug=settled.slug,
            topic=settled.topic,
            opens_at=settled.opens_at,
            closes_at=settled.closes_at,
            time_zone=settled.time_zone,
            publishing=settled.publishing,
        )

    def _texts(self, part: str) -> dict[str, str]:
        found = {tag: self.get(f"{part}-{tag}") for tag in TAGS}
        return {tag: text for tag, text in found.items() if text.strip()}


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _publishing(text: str) -> Publishing:
    return Publishing(text) if text in set(Publishing) else Publishing.WHILE_OPEN


def _wall(at: datetime, zone: str) -> str:
    """An instant as a browser's field takes it, on the clocks of a zone."""
    if at.tzinfo is None or not known_zone(zone):
        return ""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def typed_of(one: Round) -> Typed:
    """A round as somebody would have typed it."""
    fields = {
        "slug": one.slug,
        "topic": str(one.topic),
        "sitting": str(one.sitting) if one.sitting else "",
        "time_zone": one.time_zone,
        "opens_at": _wall(one.opens_at, one.time_zone),
        "closes_at": _wall(one.closes_at, one.time_zone),
        "publishing": one.publishing.value,
    }
    parts = [("title", one.titles), ("guidance", one.guidance)]
    for number, each in enumerate(one.prompts, 1):
        parts += [(f"q{number}", each.texts), (f"h{number}", each.guidance)]
    fields |= {f"{part}-{tag}": text for part, texts in parts for tag, text in texts.items()}
    for number, doc in enumerate(one.documents, 1):
        fields |= {f"d{number}-url": doc.url, f"d{number}-title": doc.title}
        fields[f"d{number}-language"] = doc.language
    return Typed(fields, len(one.prompts), len(one.documents))


def typed_in(sent: FormData) -> Typed:
    """What was typed, without the blocks that were left empty, and moved as a button says."""
    raw = {name: value[:MOST] for name, value in sent.items() if isinstance(value, str)}
    questions = [
        {f"{part}-{tag}": raw.get(f"{part}{number}-{tag}", "") for part in "qh" for tag in TAGS}
        for number in range(1, MOST_QUESTIONS + 3)
    ]
    documents = [
        {part: raw.get(f"d{number}-{part}", "") for part in ("url", "title", "language")}
        for number in range(1, MOST_DOCUMENTS + 3)
    ]
    questions = [each for each in questions if any(text.strip() for text in each.values())]
    documents = [each for each in documents if (each["url"] + each["title"]).strip()]
    _move(questions, raw.get("do", ""))
    fields = {
        name: text for name, text in raw.items() if name[:1] not in "qhd" or not name[1:2].isdigit()
    }
    for number, one in enumerate(questions, 1):
        fields |= {f"{name[0]}{number}{name[1:]}": text for name, text in one.items()}
    for number, one in enumerate(documents, 1):
        fields |= {f"d{number}-{name}": text for name, text in one.items()}
    return Typed(fields, len(questions), len(documents))


def _move(questions: list[dict[str, str]], do: str) -> None:
    """Have a question change places with the one before it."""
    what, _, number = do.partition(":")
    place = (number_of(number) or 1) - 1
    if what == "up" and 0 < place < len(questions):
        questions[place - 1], questions[place] = questions[place], questions[place - 1]


# The list of a meeting, and a new draft.


async def _desk(db: Db, slug: str, me: Person) -> Meeting:
    """The meeting, for its secretariat; to others the desk does not exist."""
    meeting = await meetings.by_slug(db, slug)
    if not await access.is_secretariat(db, me, meeting.id):
        raise NotFound
    return meeting


@router.get("/meetings/{slug}/consultations", name="desk-consultations")
async def listed(slug: str, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    meeting = await _desk(db, slug, me)
    found = await consultations.of_desk(db, meeting, me)
    return reader.page(
        "desk/consultations.html",
        meeting=meeting,
        venue=partial(venue, meeting),
        cards=await cards(reader, db, found),
    )


@router.get("/meetings/{slug}/consultations/new")
async def blank(slug: str, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    meeting = await _desk(db, slug, me)
    fields = {"time_zone": meeting.time_zone, "publishing": Publishing.WHILE_OPEN.value}
    return await _form(reader, db, meeting, Typed(fields, 0, 0))


@router.post("/meetings/{slug}/consultations/new", dependencies=[Depends(own_form)])
async def make(slug: str, request: Request, reader: ReaderIn, me: Me) -> Response:
    """Keep a draft, and lead to it; or the form again with what is wrong."""
    sent = await request.form()
    typed, faults, stop = typed_in(sent), dict[str, str](), ""
    if sent.get("do") == "save":
        try:
            async with reader.house.database.writing() as db:
                meeting = await meetings.by_slug(db, slug)
                new = typed.value(meeting.time_zone)
                row = await consultations.draft(db, meeting.id, new, by=me, now=reader.now)
        except Malformed as wrong:
            faults = dict(wrong.faults)
        except Conflict as late:
            stop = told_late(late, reader.language)
        else:
            return RedirectResponse(f"/desk/consultations/{row.slug}", 303)
    async with reader.house.database.reading() as view:
        meeting = await _desk(view, slug, me)
        return await _form(reader, view, meeting, typed, faults=faults, stop=stop)


# One consultation.


async def _one(db: Db, reader: Reader, slug: str, me: Person) -> Whole:
    row = await consultations.by_slug(db, slug, me, reader.now)
    found = await consultations.whole(db, row, reader.now)
    if not await access.is_secretariat(db, me, found.meeting.id):
        raise NotFound
    return found


@router.get("/consultations/{consultation}", name="desk-consultation")
async def show(consultation: str, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    found = await _one(db, reader, consultation, me)
    return await _form(reader, db, found.meeting, typed_of(found.value), found=found)


@router.post("/consultations/{consultation}", dependencies=[Depends(own_form)])
async def edit(consultation: str, request: Request, reader: ReaderIn, me: Me) -> Response:
    """Save what was seen and changed; of two editors the second is shown both texts."""
    sent = await request.form()
    typed, faults, stop, behind = typed_in(sent), dict[str, str](), "", False
    if sent.get("do") == "save":
        try:
            async with reader.house.database.writing() as db:
                row = await consultations.by_slug(db, consultation, me, reader.now)
                old = await consultations.whole(db, row, reader.now)
                settled = old.value if old.state is not RoundState.DRAFT else None
                row = await consultations.edit(
                    db,
                    row.id,
                    typed.value(old.meeting.time_zone, settled),
                    why=typed.get("why"),
                    revision=_number(typed.get("revision")),
                    by=me,
                    now=reader.now,
                )
        except Malformed as wrong:
            faults = dict(wrong.faults)
        except Conflict as late:
            behind = late.reason == "changed-meanwhile"
            stop = reader.say(STALE) if behind else told_late(late, reader.language)
        else:
            return RedirectResponse(f"/desk/consultations/{row.slug}?saved={row.revision}", 303)
    async with reader.house.database.reading() as view:
        found = await _one(view, reader, consultation, me)
        # Only who was shown what stands there now has seen it; everyone else saves what they saw.
        seen = found.row.revision if behind else _number(typed.get("revision"))
        return await _form(
            reader,
            view,
            found.meeting,
            typed,
            found=found,
            faults=faults,
            stop=stop,
            revision=seen,
            behind=behind,
        )


@router.post("/consultations/{draft}/announce", dependencies=[Depends(own_form)])
async def announce(draft: str, request: Request, reader: ReaderIn, me: Me) -> Response:
    return await _does(draft, await request.form(), reader, me, "announce")


@router.post("/consultations/{consultation}/extend", dependencies=[Depends(own_form)])
async def extend(consultation: str, request: Request, reader: ReaderIn, me: Me) -> Response:
    return await _does(consultation, await request.form(), reader, me, "extend")


@router.post("/consultations/{consultation}/skip", dependencies=[Depends(own_form)])
async def skip(consultation: str, request: Request, reader: ReaderIn, me: Me) -> Response:
    return await _does(consultation, await request.form(), reader, me, "skip")


async def _does(
    consultation: str, sent: FormData, reader: Reader, me: Person, what: str
) -> Response:
    """One of the three steps that everyone is told of, and lead to the page that tells it."""
    texts = {name: value[:MOST] for name, value in sent.items() if isinstance(value, str)}
    faults, stop = dict[str, str](), ""
    try:
        async with reader.house.database.writing() as db:
            row = await consultations.by_slug(db, consultation, me, reader.now)
            await _step(db, row, texts, what, reader, me)
    except Malformed as wrong:
        faults = {f"{what}-{name}": fault for name, fault in wrong.faults.items()}
    except Conflict as late:
        behind = late.reason == "changed-meanwhile"
        stop = reader.say(BEHIND) if behind else told_late(late, reader.language)
    else:
        return RedirectResponse(f"/consultations/{row.slug}", 303)
    async with reader.house.database.reading() as view:
        found = await _one(view, reader, consultation, me)
        return await _form(
            reader,
            view,
            found.meeting,
            typed_of(found.value),
            found=found,
            faults=faults,
            stop=stop,
            asked={f"{what}-{name}": text for name, text in texts.items()},
        )


async def _step(
    db: DbToWrite,
    row: Consultation,
    texts: Mapping[str, str],
    what: str,
    reader: Reader,
    me: Person,
) -> None:
    why, revision = texts.get("why", ""), _number(texts.get("revision", ""))
    match what:
        case "announce":
            await consultations.announce(
                db, row.id, short_why=why, revision=revision, by=me, now=reader.now
            )
        case "extend":
            closes_at = stated(texts.get("closes_at", ""), row.time_zone) or NO_TIME
            await consultations.extend(
                db, row.id, closes_at, why=why, revision=revision, by=me, now=reader.now
            )
        case _:
            await consultations.skip(db, row.id, why=why, revision=revision, by=me, now=reader.now)


def _number(text: str) -> int:
    return number_of(text) or 0


# The page.


async def _form(
    reader: Reader,
    db: Db,
    meeting: Meeting,
    typed: Typed,
    *,
    found: Whole | None = None,
    faults: Mapping[str, str] | None = None,
    stop: str = "",
    revision: int | None = None,
    behind: bool = False,
    asked: Mapping[str, str] | None = None,
) -> HTMLResponse:
    say = reader.say
    sittings = await meetings.sittings(db, meeting.id)
    draft_ = found is None or found.state is RoundState.DRAFT
    frozen = found is not None and found.state in {RoundState.OPEN, RoundState.CLOSED}
    errors = {
        _field(name): problem(name.rpartition("-")[2], fault, say)
        for name, fault in (faults or {}).items()
    }
    return reader.page(
        "desk/consultation.html",
        409 if stop else 422 if errors else 200,
        meeting=meeting,
        venue=partial(venue, meeting),
        found=found,
        typed=typed,
        asked=asked or {},
        draft=draft_,
        revision=revision if revision is not None else found.row.revision if found else 0,
        errors=errors,
        stop=stop,
        now_there=_differs(typed, found) if behind and found else [],
        state=said(found.state, say) if found else "",
        kind=CHIPS.get(found.state, "quiet") if found else "quiet",
        short=shortfalls(found.short, say) if found else [],
        topics=[
            (str(each.id), _topic(each, reader)) for each in await topics.page(db) if _open(each)
        ],
        sittings=[
            (str(each.id), _sitting(each)) for each in sittings if each.part is Part.CONSULTATION
        ],
        publishing=[(each.value, said(each, say)) for each in Publishing],
        questions=range(1, min(typed.questions + (0 if frozen else 2), MOST_QUESTIONS) + 1),
        documents=range(1, min(typed.documents + 1, MOST_DOCUMENTS) + 1),
        tongues=tongues(),
        languages_of=[(tag, OWN_NAMES[Language(tag)]) for tag in TAGS],
        public=found is not None and is_public(found.state),
        skips=found is not None and may_skip(found.state) is True,
        frozen=frozen,
        saved=found is not None
        and reader.request.query_params.get("saved", "") == str(found.row.revision),
    )


def _open(topic: Topic) -> bool:
    return topic.state in {TopicState.PROPOSED, TopicState.AGREED, TopicState.REFERRED}


def _topic(topic: Topic, reader: Reader) -> str:
    return (
        f"{topic.number}. {told(topic.titles, reader.language)} ({said(topic.state, reader.say)})"
    )


def _sitting(sitting: Sitting) -> str:
    when = _wall(sitting.starts_at, sitting.time_zone).replace("T", " ")
    return f"{sitting.number}. {when} {sitting.time_zone}"


def _field(name: str) -> str:
    """The field of the form that a fault is about."""
    what, _, number = name.partition("-")
    match what:
        case "titles":
            return "title-en"
        case "guidance":
            return "guidance-en"
        case "question":
            return f"q{number}-en"
        case "questions":
            return "q1-en"
        case "document":
            return f"d{number}-url"
        case "documents":
            return "d1-url"
        case _:
            return name


def _differs(typed: Typed, found: Whole) -> Sequence[tuple[str, str]]:
    """What stands there now where it is not what was typed, by the name of its field."""
    there = typed_of(found.value)
    names = sorted(
        {*there.fields} | {n for n in typed.fields if n[-3:-2] == "-" or n in there.fields}
    )
    settled = () if found.state is RoundState.DRAFT else SETTLED
    return [
        (name, there.get(name))
        for name in names
        if name not in settled and there.get(name).strip() != typed.get(name).strip()
    ]


SETTLED: Final = ("slug", "topic", "opens_at", "closes_at", "time_zone", "publishing")
