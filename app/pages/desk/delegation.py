"""A focal point's delegation: one list across meetings, decided and taken back, and absences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.database import Reading as Db
from app.depends import Me, Reading, own_form
from app.errors import Conflict, Malformed, NotFound
from app.i18n import date_of, words
from app.models import Entity, Person
from app.pages.desk import waiting
from app.pages.desk.focal_point import Number
from app.pages.desk.waiting import Row, Told
from app.pages.portal.cases import named
from app.pages.reader import Reader, ReaderIn
from app.pages.words import REGISTRATIONS, problem, told_late
from app.policy.delegation import DelegationFault
from app.policy.registration import RegistrationState
from app.services import delegation, desk, entities, identity, nomination
from app.services.delegation import Asked, Listed

HERE: Final = "/delegation"
DECISIONS: Final = {
    RegistrationState.APPROVED: words("approved by %(name)s"),
    RegistrationState.REJECTED: words("rejected by %(name)s"),
    RegistrationState.NOMINATED: words("put forward by %(name)s"),
    RegistrationState.WITHDRAWN: words("replaced by %(name)s"),
}

router = APIRouter(prefix=HERE)


@dataclass(frozen=True, slots=True)
class Line:
    """One registration of the list; ``decides`` says that it waits for the reader."""

    row: Row
    state: str
    decided: str
    reason: str
    decides: bool


@dataclass(frozen=True, slots=True)
class Body:
    """One entity of the reader's, and who stands in for them there."""

    key: str
    name: str
    own: bool
    stand_ins: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was typed into the form of an absence, and what is wrong with it."""

    entity: str = ""
    email: str = ""
    away_from: str = ""
    away_until: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """What somebody asked to see, as the form has it."""

    state: str = ""
    meeting: str = ""
    q: str = ""
    after: str = ""

    def asked(self) -> Asked:
        state = next((each for each in RegistrationState if each.value == self.state), None)
        return Asked(state, self.meeting, None, self.q)

    def link(self, **more: str) -> str:
        held = {"state": self.state, "meeting": self.meeting, "q": self.q}
        said = {name: value for name, value in (held | more).items() if value}
        return f"{HERE}?{urlencode(said)}" if said else HERE


@router.get("", name="delegation")
async def show(
    reader: ReaderIn,
    me: Me,
    db: Reading,
    state: Annotated[str, Query(max_length=20)] = "",
    meeting: Annotated[str, Query(max_length=80)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str, Query(max_length=80)] = "",
    approved: Number = 0,
    rejected: Number = 0,
    back: Annotated[int, Query(ge=0, le=5000)] = 0,
    put_forward: Annotated[int, Query(ge=0, le=5000)] = 0,
    batch: UUID | None = None,
) -> HTMLResponse:
    told = Told(approved, rejected, batch, taken_back=back, put_forward=put_forward)
    return await _page(reader, db, me, View(state, meeting, q, after), told)


@router.post("", dependencies=[Depends(own_form)])
async def act(request: Request, reader: ReaderIn, me: Me) -> Response:
    """Approve or reject, one or many, with what failed told beside its row."""
    wanted = waiting.wishes(await request.form())
    told = waiting.after(*await waiting.decide(reader, me, wanted))
    if not told.failed:
        return waiting.back(HERE, told)
    async with reader.house.database.reading() as db:
        return await _page(reader, db, me, View(), told)


@router.post("/undo", dependencies=[Depends(own_form)])
async def take_back(reader: ReaderIn, me: Me, batch: Annotated[UUID, Form()]) -> Response:
    """Take back what was decided together; what was overtaken is told."""
    async with reader.house.database.writing() as db:
        back = await nomination.take_back(db, batch, by=me, now=reader.now)
    outcomes = await _undone(batch, me, reader, found=back.known)
    stay = [delegation.Outcome(each.key, refusal=each.why) for each in back.stay]
    failed = [*(each for each in outcomes if not each.taken), *stay]
    taken = back.number + sum(each.taken for each in outcomes)
    if not failed:
        return RedirectResponse(f"{HERE}?back={taken}", 303)
    faults = tuple(
        waiting.Outcome(f"{each.registration_id}:0", fault=_fault(each, reader)) for each in failed
    )
    async with reader.house.database.reading() as db:
        return await _page(reader, db, me, View(), Told(taken_back=taken, failed=faults))


async def _undone(
    batch: UUID, me: Person, reader: Reader, *, found: bool
) -> tuple[delegation.Outcome, ...]:
    try:
        return await delegation.take_back(reader.house.database, batch, by=me, now=reader.now)
    except NotFound:
        if not found:
            raise
        return ()


def _fault(each: delegation.Outcome, reader: Reader) -> str:
    if isinstance(each.refusal, Conflict):
        return told_late(each.refusal, reader.language)
    return reader.say(waiting.GONE)


@router.post("/away", dependencies=[Depends(own_form)])
async def away(
    reader: ReaderIn,
    me: Me,
    entity: Annotated[UUID, Form()],
    act: Annotated[str, Form(max_length=10)] = "",
    email: Annotated[str, Form(max_length=2000)] = "",
    away_from: Annotated[str, Form(max_length=40)] = "",
    away_until: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Name who acts while one is away, or come back."""
    try:
        async with reader.house.database.writing() as db:
            if act == "back":
                await entities.come_back(db, entity, by=me, now=reader.now)
            else:
                first = day("away_from", away_from) if away_from else reader.now.date()
                last = day("away_until", away_until)
                stand_in = await identity.person_for(db, email, reader.now)
                await entities.go_away(db, entity, stand_in, first, last, by=me, now=reader.now)
    except Malformed as wrong:
        faults = {name: problem(name, fault, reader.say) for name, fault in wrong.faults.items()}
        told = Sheet(str(entity), email, away_from, away_until, faults)
        async with reader.house.database.reading() as db:
            return await _page(reader, db, me, View(), Told(), told)
    return RedirectResponse(HERE, 303)


def day(name: str, typed: str) -> date:
    """A day as the browser's field gives it, or Malformed under the field's name."""
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        raise Malformed(**{name: DelegationFault.NO_DAY}) from None


async def _page(
    reader: Reader, db: Db, me: Person, view: View, told: Told, sheet: Sheet | None = None
) -> HTMLResponse:
    page = await delegation.listed(db, view.asked(), by=me, now=reader.now, after=view.after)
    rows = await waiting.rows(reader, db, [each.about for each in page.rows], told)
    lines = [_line(each, row, me, reader) for each, row in zip(page.rows, rows, strict=True)]
    shown = {line.row.key for line in lines}
    bodies = await _bodies(reader, db, me)
    status = 422 if sheet else 409 if told.failed else 200
    return reader.page(
        "desk/delegation.html",
        status,
        bodies=bodies,
        lines=lines,
        waits=any(line.decides for line in lines),
        view=view,
        onward=view.link(after=page.onward) if page.onward else "",
        states=[(state.value, reader.say(name)) for state, name in REGISTRATIONS.items()],
        told=told,
        gone=[one for one in told.failed if waiting.key_of(one.pick) not in shown],
        done=waiting.done(told, reader),
        sheet=sheet or Sheet(),
        today=reader.now.date().isoformat(),
    )


def _line(each: Listed, row: Row, me: Person, reader: Reader) -> Line:
    found = each.about.registration
    submitted = found.state is RegistrationState.SUBMITTED
    by = reader.say(DECISIONS[found.state]) if found.state in DECISIONS and each.decided_by else ""
    return Line(
        row=row,
        state=reader.say(REGISTRATIONS[found.state]),
        decided=by % {"name": each.decided_by} if by else "",
        reason=found.reason,
        decides=submitted and found.person_id != me.id,
    )


async def _bodies(reader: Reader, db: Db, me: Person) -> list[Body]:
    today = reader.now.date()
    own = await entities.own_entities(db, me, today)
    return [
        await _body(reader, db, me, each, own=each.id in own)
        for each in await desk.represented(db, me, today)
    ]


async def _body(reader: Reader, db: Db, me: Person, entity: Entity, *, own: bool) -> Body:
    found = await entities.designations(db, reader.now.date(), entity.id)
    mine = {each.id for each, person, _ in found if person.id == me.id}
    sentence = reader.say(words("%(email)s from %(first)s to %(last)s"))
    stand_ins = [
        sentence
        % {
            "email": who.email,
            "first": date_of(each.valid_from, reader.language),
            "last": date_of(each.valid_until, reader.language) if each.valid_until else "",
        }
        for each, who, _ in found
        if each.stands_in_for in mine
    ]
    return Body(str(entity.id), named(entity, reader.language), own, stand_ins)
