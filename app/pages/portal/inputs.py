"""Writing an input to a consultation: a form that keeps it, a check, and then it is sent.

Complete without script: every button sends the whole form, and nothing that was typed is lost.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from app import i18n, reasons
from app.database import Reading as Db
from app.database import Writing, load
from app.depends import Me, Reading, count_input, me, own_form
from app.downloads import attachment
from app.errors import Conflict, Malformed
from app.i18n import words
from app.models import Consultation, Entity, Meeting, Person, Question
from app.pages.answers import answer
from app.pages.portal.cases import named, venue
from app.pages.portal.countries import countries
from app.pages.reader import Reader, ReaderIn
from app.pages.words import CAPACITIES, GROUPS, problem, said
from app.policy import filing as rules
from app.policy.filing import FilingReason, Window
from app.policy.inputs import Consent, InputState
from app.policy.people import Capacity
from app.policy.text import TextFault, number_of
from app.policy.upload import LARGEST
from app.services import desk, filing, inputs, receipts
from app.services.inputs import Draft
from app.services.sending import Sending

router = APIRouter()
one = APIRouter(prefix="/inputs/{input_id}")
OWN_FORM = [Depends(me), Depends(own_form)]  # who is not signed in has no file read
REVISION: Final = "rev:"
NOTED: Final[Mapping[str, str]] = {
    "agreed": words("You are an author now."),
    "asked": words("A letter was written to them."),
    "attached": words("The file was opened and kept."),
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages of one input are made from."""

    reader: Reader
    me: Person
    input_id: UUID

    @property
    def here(self) -> str:
        return f"/inputs/{self.input_id}"

    def back(self, noted: str = "", at: str = "") -> RedirectResponse:
        query = f"?noted={noted}" if noted else ""
        return RedirectResponse(f"{self.here}{query}{at}", 303)


async def desk_of(input_id: UUID, reader: ReaderIn, me: Me) -> Desk:
    return Desk(reader, me, input_id)


DeskIn = Annotated[Desk, Depends(desk_of)]


# One's own, and beginning.


@router.get("/inputs", name="inputs")
async def own(reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    return reader.page("portal/inputs.html", rows=await inputs.mine(db, me))


@router.get("/consultations/{slug}/input", name="input")
async def start(slug: str, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    """The way in: the questions, whether one may, and what one has begun or sent."""
    consultation = await inputs.announced(db, slug)
    meeting = await load(db, Meeting, consultation.meeting_id)
    return reader.page(
        "portal/input_begin.html",
        to=consultation,
        city=venue(meeting, consultation.time_zone),
        title=texts(consultation.titles, reader),
        guidance=texts(consultation.guidance, reader),
        questions=[_asked(each, reader) for each in await inputs.questions(db, consultation.id)],
        window=rules.window(inputs.round_of(consultation), reader.now),
        may=answer(await inputs.may_file(db, me, consultation, reader.now), reader.language),
        rows=[
            (row, there)
            for row, there in await inputs.mine(db, me)
            if consultation.id in {row.consultation_id, row.carried_from_id}
        ],
    )


@router.post("/consultations/{slug}/input", dependencies=OWN_FORM)
async def begin(slug: str, reader: ReaderIn, me: Me) -> Response:
    at = reader.house
    await at.rates.take(at.settings.inputs_per_person, "begin", str(me.id))
    async with at.database.writing() as db:
        row = await inputs.begin(db, slug, by=me, now=reader.now)
    return RedirectResponse(f"/inputs/{row.id}", 303)


def texts(by_language: Mapping[str, str], reader: Reader) -> tuple[str, str]:
    """A text in the reader's language, or in English, and which it is."""
    for language in (reader.language.partition("-")[0], "en"):
        if said := by_language.get(language):
            return said, language
    return "", "en"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in the reader's language, with the field that answers it."""

    key: str
    number: int
    text: str
    guidance: str
    language: str


def _asked(question: Question, reader: Reader) -> Asked:
    text, language = texts(question.texts, reader)
    key = f"{rules.QUESTION}{question.number}"
    return Asked(key, question.number, text, texts(question.guidance, reader)[0], language)


# One input.


@one.get("")
async def show(
    on: DeskIn, db: Reading, noted: Annotated[str, Query(max_length=20)] = ""
) -> HTMLResponse:
    """The form of a draft; what was sent, withdrawn, or is not yet agreed to, as it stands."""
    draft = await inputs.seen(db, on.input_id, on.me)
    writes = draft.author(on.me).agreed_at is not None
    if draft.row.state is InputState.DRAFT and writes:
        return await form_page(on, db, draft, noted=noted)
    return await _seen_page(on, db, draft, noted=noted)


@one.get("/revise")
async def revise(on: DeskIn, db: Reading) -> Response:
    """The form of what was sent, for another version of it."""
    draft = await inputs.seen(db, on.input_id, on.me)
    if not _may_revise(on, draft):
        return on.back()
    return await form_page(on, db, draft)


def _may_revise(on: Desk, draft: Draft) -> bool:
    author = draft.author(on.me)
    when = rules.window(inputs.round_of(draft.consultation), on.reader.now)
    return (
        draft.row.state is InputState.SUBMITTED
        and author.agreed_at is not None
        and author.disowned_at is None
        and when in {Window.OPEN, Window.BEFORE}
    )


@one.post("", dependencies=OWN_FORM)
async def act(request: Request, on: DeskIn) -> Response:
    """Every button of an input's pages; what is typed is kept first, whatever else is wrong."""
    try:
        return await _act(request, on, await request.form())
    finally:
        await request.close()  # and with it whatever file came


async def _act(request: Request, on: Desk, sent: FormData) -> Response:
    step, _, about = str(sent.get("step", "save")).partition(":")
    typed = any(name.startswith(REVISION) for name in sent)
    if typed and (unkept := await _keep(on, sent)):
        return unkept
    try:
        return await STEPS.get(step, _saved)(request, on, sent, about)
    except Conflict as refused:
        if not isinstance(refused.reason, FilingReason):
            raise
        return await _again(on, 409, wrong=_told(refused, on.reader))
    except Malformed as wrong:
        return await _again(on, 422, wrong.faults)


def _told(refused: Conflict, reader: Reader) -> str:
    sentence = reasons.said(FilingReason(refused.reason), reader.say)
    number = refused.facts.get("number")
    return f"{sentence} {reader.say(UNDER)}" % {"number": number} if number else sentence


UNDER = words("It has number %(number)s.")


async def _keep(on: Desk, sent: FormData) -> Response | None:
    """Save every field of the form; the form again where somebody was faster, or one is wrong."""
    at = on.reader.house
    await at.rates.take(at.settings.saves_per_person, "save", str(on.me.id))
    typed = {
        key: (str(sent.get(key, "")), _number(sent[f"{REVISION}{key}"]))
        for key in (name.removeprefix(REVISION) for name in sent if name.startswith(REVISION))
    }
    async with at.database.writing() as db:
        clashes, faults = await inputs.save_all(db, on.input_id, typed, by=on.me, now=on.reader.now)
    if not clashes and not faults:
        return None
    unsaved = {key: typed[key][0] for key in faults}
    clashed = [each.current.key for each in clashes]
    return await _again(on, 422 if faults else 409, faults, unsaved=unsaved, clashed=clashed)


def _number(raw: object) -> int:
    found = number_of(str(raw))
    return -1 if found is None else found


async def _again(
    on: Desk,
    status_code: int,
    faults: Mapping[str, str] | None = None,
    *,
    wrong: str = "",
    unsaved: Mapping[str, str] | None = None,
    clashed: Sequence[str] = (),
) -> HTMLResponse:
    """The page again, of what is saved by now, with what is wrong."""
    async with on.reader.house.database.reading() as db:
        draft = await inputs.seen(db, on.input_id, on.me)
        form = draft.row.state is InputState.DRAFT or _may_revise(on, draft)
        if not form or (faults and "why" in faults):
            why = problem("why", faults["why"], on.reader.say) if faults else wrong
            return await _seen_page(on, db, draft, status_code, wrong=why)
        return await form_page(
            on,
            db,
            draft,
            status_code,
            faults=faults or {},
            wrong=wrong,
            unsaved=unsaved or {},
            clashed=clashed,
        )


@one.get("/files/{attachment_id}", response_class=StreamingResponse)
async def file(on: DeskIn, attachment_id: UUID, db: Reading) -> StreamingResponse:
    """A file of the input, for its authors: to be kept, not to be shown."""
    stored = await filing.file_of(db, on.input_id, attachment_id, by=on.me)
    return attachment(stored, await on.reader.house.files.get(stored))


# What the buttons do.

Act: TypeAlias = Callable[[Request, Desk, FormData, str], Awaitable[Response]]


async def _saved(_request: Request, on: Desk, _sent: FormData, _about: str) -> Response:
    return await _form(on)


async def _form(on: Desk, noted: str = "", at: str = "") -> Response:
    """Back to the form: of what was sent it has an address of its own."""
    async with on.reader.house.database.reading() as db:
        draft = await inputs.seen(db, on.input_id, on.me)
    if draft.row.state is InputState.DRAFT:
        return on.back(noted, at)
    return RedirectResponse(f"{on.here}/revise{at}", 303)


async def _check(_request: Request, on: Desk, _sent: FormData, _about: str) -> Response:
    """What would be sent; or the form again, with what is wrong."""
    async with on.reader.house.database.reading() as db:
        draft = await inputs.seen(db, on.input_id, on.me)
        found = await filing.faults(db, draft, by=on.me, now=on.reader.now)
        if found:
            return await form_page(on, db, draft, 422, faults=found)
        facts = await _facts(on, db, draft)
        return on.reader.page("portal/input_check.html", 200, **facts)


async def _send(request: Request, on: Desk, sent: FormData, _about: str) -> Response:
    at = on.reader.house
    await count_input(at, request, on.me.id)
    revision = _number(sent.get("revision"))
    done = await at.inputs.ask(Sending(on.input_id, on.me, lambda _: revision, on.reader.now))
    return RedirectResponse(f"/receipts/{done.made.reference}", 303)


Verb: TypeAlias = Callable[[Writing, Desk, FormData, str], Awaitable[object]]


def _does(verb: Verb, noted: str = "", at: str = "", to: str = "") -> Act:
    """A button that does one thing, and the page again, or another one."""

    async def act(_request: Request, on: Desk, sent: FormData, about: str) -> Response:
        async with on.reader.house.database.writing() as db:
            await verb(db, on, sent, about)
        return RedirectResponse(to, 303) if to else on.back(noted, at)

    return act


async def _invite(_request: Request, on: Desk, sent: FormData, _about: str) -> Response:
    at = on.reader.house
    await at.rates.take(at.settings.inputs_per_person, "author", str(on.me.id))
    async with at.database.writing() as db:
        address = str(sent.get("email", ""))
        await inputs.invite(db, on.input_id, address, by=on.me, now=on.reader.now)
    return on.back("asked", "#authors")


async def _attach(_request: Request, on: Desk, sent: FormData, _about: str) -> Response:
    """Keep the file of the form, after everything that was typed beside it."""
    found, at = sent.get("file"), on.reader.house
    if not isinstance(found, UploadFile) or not found.filename:
        raise Malformed(file=TextFault.MISSING)
    await at.rates.take(at.settings.files_per_person, "file", str(on.me.id))
    async with at.database.reading() as db:
        await filing.may_attach(db, on.input_id, on.me)
    data = await found.read(LARGEST + 1)
    stored = await at.files.take(found.filename, data, by=on.me, now=on.reader.now)
    async with at.database.writing() as db:
        await filing.attach(db, on.input_id, stored, by=on.me, now=on.reader.now)
    await at.files.store.put(data)  # where it was swept away before the row had its name
    return await _form(on, "attached", "#files")


async def _detach(_request: Request, on: Desk, _sent: FormData, about: str) -> Response:
    async with on.reader.house.database.writing() as db:
        await filing.detach(db, on.input_id, _key(about), by=on.me, now=on.reader.now)
    return await _form(on, at="#files")


STEPS: Final[Mapping[str, Act]] = {
    "attach": _attach,
    "detach": _detach,
    "check": _check,
    "send": _send,
    "invite": _invite,
    "discard": _does(
        lambda db, on, _sent, _about: inputs.discard(db, on.input_id, by=on.me), to="/inputs"
    ),
    "agree": _does(
        lambda db, on, _sent, _about: inputs.agree(db, on.input_id, by=on.me, now=on.reader.now),
        "agreed",
    ),
    "leave": _does(
        lambda db, on, _sent, _about: inputs.leave(db, on.input_id, on.me.id, by=on.me),
        to="/inputs",
    ),
    "unask": _does(
        lambda db, on, _sent, about: inputs.leave(db, on.input_id, _key(about), by=on.me),
        at="#authors",
    ),
    "take": _does(
        lambda db, on, _sent, about: inputs.take_up(
            db, on.input_id, _key(about), by=on.me, now=on.reader.now
        ),
        at="#asides",
    ),
    "drop": _does(
        lambda db, on, _sent, about: inputs.drop_aside(db, on.input_id, _key(about), by=on.me),
        at="#asides",
    ),
    "withdraw": _does(
        lambda db, on, sent, _about: filing.withdraw(
            db, on.input_id, str(sent.get("why", "")), by=on.me, now=on.reader.now
        )
    ),
    "disown": _does(
        lambda db, on, sent, _about: filing.disown(
            db, on.input_id, str(sent.get("why", "")), by=on.me, now=on.reader.now
        )
    ),
}


def _key(about: str) -> UUID:
    try:
        return UUID(about)
    except ValueError:
        return UUID(int=0)  # which names nothing


# The pages.


async def form_page(
    on: Desk,
    db: Db,
    draft: Draft,
    status_code: int = 200,
    *,
    faults: Mapping[str, str] | None = None,
    wrong: str = "",
    unsaved: Mapping[str, str] | None = None,
    clashed: Sequence[str] = (),
    noted: str = "",
) -> HTMLResponse:
    reader = on.reader
    errors = {name: _fault(name, fault, reader) for name, fault in (faults or {}).items()}
    saved = [cell.at for cell in draft.cells.values() if cell.at]
    return reader.page(
        "portal/input.html",
        status_code,
        **await _facts(on, db, draft),
        errors=errors,
        summary=list(errors.items()),
        wrong=wrong,
        typed=draft.said | dict(unsaved or {}),
        clashed=clashed,
        saved=max(saved) if saved else None,
        bodies=await _bodies(on, db, draft),
        capacities=[(each.value, reader.say(CAPACITIES[each])) for each in Capacity],
        groups=[(each.value, reader.say(name)) for each, name in GROUPS.items()],
        countries=countries(await desk.states(db), reader.language),
        tongues=list(i18n.tongues(reader.language).items()),
        consents=[(each.value, said(each, reader.say)) for each in Consent],
        revision_of=REVISION,
        noted=reader.say(NOTED[noted]) if noted in NOTED else "",
    )


def _fault(name: str, fault: str, reader: Reader) -> str:
    return problem(name, fault, reader.say)


async def _seen_page(
    on: Desk, db: Db, draft: Draft, status_code: int = 200, *, wrong: str = "", noted: str = ""
) -> HTMLResponse:
    facts = await _facts(on, db, draft)
    if draft.versions:
        facts["said"] = _sent(draft)
        named_there = {each["sha256"] for each in draft.versions[0].content["attachments"]}
        every = await inputs.files(db, draft.row.id, removed=True)
        files = {file.sha256: (kept, file) for kept, file in every if file.sha256 in named_there}
        facts["files"] = tuple(files.values())
        facts["receipts"] = await receipts.references(db, draft.row)
    return on.reader.page(
        "portal/input_seen.html",
        status_code,
        **facts,
        wrong=wrong,
        may_revise=_may_revise(on, draft),
        unsent=_unsent(draft),
        noted=on.reader.say(NOTED[noted]) if noted in NOTED else "",
    )


def _unsent(draft: Draft) -> bool:
    """Whether something was written since it was sent."""
    if not draft.versions:
        return False
    sent = draft.versions[0].at
    return any(cell.at and cell.at > sent for cell in draft.cells.values())


async def _facts(on: Desk, db: Db, draft: Draft) -> dict[str, object]:
    """What every page of an input says."""
    reader, row = on.reader, draft.row
    origin = await db.get(Consultation, row.carried_from_id) if row.carried_from_id else None
    meeting = await load(db, Meeting, draft.consultation.meeting_id)
    return {
        "draft": draft,
        "row": row,
        "me_author": draft.author(on.me),
        "to": origin or draft.consultation,
        "title": texts((origin or draft.consultation).titles, reader),
        "carried_to": texts(draft.consultation.titles, reader)[0] if origin else "",
        "zone": draft.consultation.time_zone,
        "city": venue(meeting, draft.consultation.time_zone),
        "closes_at": draft.consultation.closes_at,
        "window": rules.window(inputs.round_of(draft.consultation), reader.now),
        "questions": [_asked(each, reader) for each in draft.questions],
        "body": dict(await _bodies(on, db, draft)).get(draft.said["entity"], ""),
        "said": draft.said,
        "files": draft.files,
        "labels": {key: reader.say(label) for key, label in LABELS.items()}
        | {
            f"{rules.QUESTION}{each.number}": reader.say(QUESTION) % {"number": each.number}
            for each in draft.questions
        },
        "consent": _name_of(Consent, draft.said["consent"], reader),
        "capacity": _name_of(Capacity, draft.said["capacity"], reader),
        "tongue": i18n.tongues(reader.language).get(draft.said["language"], ""),
        "country": i18n.countries(reader.language).get(draft.said["country"], ""),
        "here": on.here,
    }


LABELS: Final = {"summary": words("Summary"), "free": words("Anything else")}
QUESTION: Final = words("Question %(number)s")


async def _bodies(on: Desk, db: Db, draft: Draft) -> list[tuple[str, str]]:
    """The bodies that one may write for, and the one that another author has chosen."""
    meeting, language = draft.consultation.meeting_id, on.reader.language
    found = await inputs.may_speak_for(db, on.me, meeting, on.reader.now)
    chosen = _key(draft.said["entity"])
    if all(each.id != chosen for each in found) and (other := await db.get(Entity, chosen)):
        found.append(other)
    return [(str(each.id), named(each, language)) for each in found]


def _sent(draft: Draft) -> dict[str, str]:
    """The fields of what was sent last, which later writing does not touch."""
    content = draft.versions[0].content
    answers = content["answers"].items()
    return {key: str(content[key]) for key in ("language", "summary", "free")} | {
        f"{rules.QUESTION}{number}": text for number, text in answers
    }


def _name_of(kind: type[Consent] | type[Capacity], value: str, reader: Reader) -> str:
    return said(kind(value), reader.say) if value in set(kind) else ""


router.include_router(one)
