"""One's registration: the acknowledgement, whose turn it is, what happened, and what one may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.database import Reading as Db
from app.database import Writing, load
from app.depends import ON_RECORD, HouseIn, Me, Reading, own_form
from app.errors import Conflict, Malformed
from app.i18n import words
from app.mail.calendar import calendar
from app.models import Entity, Meeting, Person, Registration
from app.pages.portal.cases import Slot, case_of, named, slot
from app.pages.portal.data import kept_until
from app.pages.reader import Reader, ReaderIn
from app.pages.words import MODES, OWNERS, REGISTRATIONS, STEPS, listed, problem, said, told_late
from app.policy.badge import PHOTOS_KEPT
from app.policy.registration import (
    Owner,
    RegistrationState,
    Stage,
    Step,
    Track,
    question_waits,
)
from app.services import (
    decisions,
    forms,
    identity,
    listing,
    meetings,
    photos,
    places,
    registration,
)

router = APIRouter(prefix="/registrations/{reference}")
LONGEST: Final = 4000


@dataclass(frozen=True, slots=True)
class TrackStep:
    """One owner of the track; state: done, now, next, stopped."""

    label: str
    owner: str
    state: str
    at: datetime | None
    zone: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of what happened."""

    at: datetime
    text: str
    zone: str


@dataclass(frozen=True, slots=True)
class Attended:
    """One sitting, how one means to attend it, and whether one may."""

    slot: Slot
    mode: str
    waits: str = ""


@router.get("", name="track")
async def show(reference: str, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    found = await registration.by_reference(db, reference, by=me, now=reader.now)
    return await page(reader, db, found)


@router.get("/calendar.ics")
async def dates(reference: str, reader: ReaderIn, me: Me, db: Reading) -> Response:
    """The sittings that one means to attend and may, as a file for a calendar."""
    found = await registration.by_reference(db, reference, by=me, now=reader.now)
    meeting = await load(db, Meeting, found.meeting_id)
    wanted = [
        each.slot.case.sitting
        for each in await _attended(reader, db, found, meeting)
        if each.mode and each.slot.answer and each.slot.answer.allowed
    ]
    address = reader.house.settings.address
    content = calendar(meeting, wanted, address, reader.now, reader.say)
    headers = {"Content-Disposition": f'attachment; filename="{meeting.slug}.ics"'}
    return Response(content, media_type="text/calendar", headers=headers)


@router.post("/withdraw", dependencies=[Depends(own_form)])
async def withdraw(
    reference: str, reader: ReaderIn, me: Me, version: Annotated[int, Form()]
) -> Response:
    """Give one's place up; where the registration has changed meanwhile it is shown again."""
    try:
        async with reader.house.database.writing() as db:
            found = await registration.by_reference(db, reference, by=me, now=reader.now)
            await registration.withdraw(db, found.id, version=version, by=me, now=reader.now)
    except Conflict:
        async with reader.house.database.reading() as fresh:
            found = await registration.by_reference(fresh, reference, by=me, now=reader.now)
            return await page(reader, fresh, found, changed=True)
    return RedirectResponse(f"/registrations/{found.reference}", 303)


class Asked(BaseModel):
    """The forms that are sent from here; each fills what it has."""

    model_config = ConfigDict(frozen=True)

    act: Annotated[str, Field(max_length=20)] = ""
    version: int = 0
    question: Annotated[str, Field(max_length=LONGEST)] = ""
    answer: Annotated[str, Field(max_length=LONGEST)] = ""
    name: Annotated[str, Field(max_length=LONGEST)] = ""
    email: Annotated[str, Field(max_length=LONGEST)] = ""
    job_title: Annotated[str, Field(max_length=LONGEST)] = ""


@router.post("", dependencies=[Depends(own_form), ON_RECORD])
async def act(
    reference: str, asked: Annotated[Asked, Form()], reader: ReaderIn, me: Me, at: HouseIn
) -> Response:
    """Ask, answer, confirm or replace: the page again, or what is wrong with what was typed."""
    await at.rates.take(at.settings.claims_per_person, "claim", str(me.id))
    try:
        async with at.database.writing() as db:
            found = await registration.by_reference(db, reference, by=me, now=reader.now)
            await _done(db, found, asked, me, reader.now)
    except Malformed as wrong:
        faults = {name: problem(name, fault, reader.say) for name, fault in wrong.faults.items()}
        return await _again(reader, me, reference, asked, faults=faults)
    except Conflict as late:
        return await _again(reader, me, reference, asked, stop=told_late(late, reader.language))
    return RedirectResponse(f"/registrations/{found.reference}", 303)


async def _done(db: Writing, found: Registration, asked: Asked, me: Person, now: datetime) -> None:
    match asked.act:
        case "ask":
            await decisions.ask(db, found.id, asked.question, version=asked.version, by=me, now=now)
        case "answer":
            await decisions.answer(db, found.id, asked.answer, by=me, now=now)
        case "accept":
            await decisions.accept(db, found.id, version=asked.version, by=me, now=now)
        case "replace":
            said = decisions.Newcomer(asked.name, asked.job_title)
            newcomer = await identity.person_for(db, asked.email, now)
            await decisions.substitute(
                db, found.id, newcomer, said, version=asked.version, by=me, now=now
            )
        case _:
            raise HTTPException(400)


async def _again(
    reader: Reader,
    me: Person,
    reference: str,
    asked: Asked,
    *,
    stop: str = "",
    faults: Mapping[str, str] | None = None,
) -> HTMLResponse:
    async with reader.house.database.reading() as fresh:
        found = await registration.by_reference(fresh, reference, by=me, now=reader.now)
        typed = {name: str(value) for name, value in asked.model_dump().items()}
        return await page(reader, fresh, found, stop=stop, typed=typed, faults=faults)


async def page(
    reader: Reader,
    db: Db,
    found: Registration,
    *,
    changed: bool = False,
    listing_error: str | None = None,
    stop: str = "",
    typed: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """The track; again, with what is wrong or what has changed."""
    meeting = await load(db, Meeting, found.meeting_id)
    told = await registration.track(db, found, reader.now)
    entity = await load(db, Entity, found.entity_id) if found.entity_id else None
    own = _own(found, reader)
    stands = await registration.relation(db, found, reader.me, reader.now) if reader.me else None
    return reader.page(
        "portal/track.html",
        409 if changed or stop else 422 if faults or listing_error else 200,
        meeting=meeting,
        found=found,
        state=reader.say(REGISTRATIONS[found.state]),
        body=named(entity, reader.language) if entity else "",
        own=own,
        listing_error=listing_error,
        listed=await listing.of(db, found.id) if own else None,
        listed_until=await listing.latest(db, found, reader.now) if own else None,
        decides=bool(stands and (stands.is_secretariat or stands.is_focal_point)),
        changed=changed,
        lead=lead(found, reader),
        steps=steps(found, told, meeting.time_zone, reader),
        entries=[_entry(each, meeting.time_zone, reader) for each in reversed(told.steps)],
        attended=await _attended(reader, db, found, meeting) if own else (),
        may_withdraw=own and found.state is not RegistrationState.WITHDRAWN,
        may_edit=own,
        photo=await photos.kept(db, found.id) if own else None,
        photo_waits=await _no_photo(reader, db, found) if own else None,
        photo_until=await _photo_until(reader, db, meeting) if own else "",
        asked=asked_of(told) if found.state is RegistrationState.SUBMITTED else "",
        may_decide=await registration.may_decide(db, found, by=reader.me, now=reader.now),
        typed=typed or {},
        faults=faults or {},
        stop=stop,
    )


async def _no_photo(reader: Reader, db: Db, found: Registration) -> str:
    """Why no photo can be sent now; nothing where one can."""
    if reader.me is None or (why := await photos.rules_out(db, found, reader.me)) is None:
        return ""
    return said(why, reader.say)


async def _photo_until(reader: Reader, db: Db, meeting: Meeting) -> str:
    return kept_until(await forms.last_day(db, meeting), PHOTOS_KEPT, reader)


def asked_of(told: Track) -> str:
    """The question that waits for the applicant's answer; nothing where none does."""
    if not question_waits(each.step for each in told.steps):
        return ""
    return next(each.reason for each in reversed(told.steps) if each.step is Step.ASKED)


def lead(found: Registration, reader: Reader) -> str:
    """What this page is: an acknowledgement says plainly that it is no confirmation."""
    match found.state:
        case RegistrationState.SUBMITTED:
            return reader.say(ACKNOWLEDGED)
        case RegistrationState.APPROVED:
            return reader.say(CONFIRMED)
        case RegistrationState.REJECTED:
            return reader.say(REJECTED)
        case RegistrationState.WITHDRAWN:
            return reader.say(WITHDRAWN)
        case RegistrationState.NOMINATED:
            return reader.say(NOMINATED)


ACKNOWLEDGED = words(
    "We have received your registration. This is an acknowledgement, not a confirmation: "
    "please do not travel on the strength of it."
)
CONFIRMED = words("Your registration is confirmed. Keep the number: it stands on your badge.")
REJECTED = words("Your registration was rejected. The reason is below; you may correct it.")
NOMINATED = words(
    "The focal point of the body has put you forward. It counts once you confirm it: look at what"
    " was written for you, then confirm, correct or decline it."
)
WITHDRAWN = words("Your registration is withdrawn. You may register again at any time.")


def steps(found: Registration, told: Track, zone: str, reader: Reader) -> list[TrackStep]:
    """The person, whoever decides, the confirmation: who holds it, and since when."""
    said = reader.say(REGISTERED if _own(found, reader) else STEPS[Step.SUBMITTED])
    registered = TrackStep(said, found.name, "done", found.submitted_at, zone)
    if found.state is RegistrationState.WITHDRAWN:
        replaced = bool(told.steps) and told.steps[-1].step is Step.REPLACED
        given_up = reader.say(STEPS[Step.REPLACED if replaced else Step.WITHDRAWN])
        by = _by(told) if replaced else found.name
        return [registered, TrackStep(given_up, by, "stopped", told.since, zone)]
    if found.state is RegistrationState.NOMINATED:
        put_forward = TrackStep(
            reader.say(STEPS[Step.NOMINATED]), _by(told), "done", found.submitted_at, zone
        )
        yours = TrackStep(reader.say(CONFIRMATION), found.name, "now", told.since, zone)
        return [put_forward, yours]
    if found.entity_id is None:
        return [registered, _confirmation(found, zone, reader)]
    decision = _decision(found, told, zone, reader)
    if found.state is RegistrationState.REJECTED:
        return [registered, decision]
    return [registered, decision, _confirmation(found, zone, reader)]


REGISTERED = words("You registered")


def _own(found: Registration, reader: Reader) -> bool:
    return reader.me is not None and reader.me.id == found.person_id


def _by(told: Track) -> str:
    return told.steps[-1].by_name if told.steps else ""


def _decision(found: Registration, told: Track, zone: str, reader: Reader) -> TrackStep:
    say, last = reader.say, told.steps[-1] if told.steps else None
    match found.state:
        case RegistrationState.APPROVED if last and last.step is Step.CONFIRMED:
            text = say(words("A focal point's own registration needs no second approval."))
            return TrackStep(say(APPROVAL), last.by_name, "done", last.at, zone, text)
        case RegistrationState.APPROVED:
            by = last.by_name if last else ""
            return TrackStep(say(APPROVAL), by, "done", found.decided_at, zone)
        case RegistrationState.REJECTED:
            by = last.by_name if last else ""
            rejected = say(STEPS[Step.REJECTED])
            return TrackStep(rejected, by, "stopped", found.decided_at, zone, found.reason)
        case _:
            holders = listed(told.owner_names, reader.language)
            if told.owner is Owner.APPLICANT:
                owner, holders = say(OWNERS[told.owner]) if _own(found, reader) else holders, ""
            elif told.owner is Owner.FOCAL_POINT and not _own(found, reader):
                owner = say(THEIRS)
            else:
                owner = say(OWNERS[told.owner])
            return TrackStep(say(APPROVAL), owner, "now", told.since, zone, holders)


APPROVAL = words("Approval")
THEIRS = words("Focal point")


def _confirmation(found: Registration, zone: str, reader: Reader) -> TrackStep:
    done = found.state is RegistrationState.APPROVED
    text = TOLD[_own(found, reader), done]
    state, at = ("done", found.decided_at) if done else ("next", None)
    return TrackStep(
        reader.say(CONFIRMATION), reader.say(SERVICE), state, at, zone, reader.say(text)
    )


CONFIRMATION = words("Confirmation")
TOLD: Final = {
    (True, True): words("You have been told by mail."),
    (True, False): words("You will be told by mail."),
    (False, True): words("The person has been told by mail."),
    (False, False): words("The person will be told by mail."),
}
SERVICE = words("The service")


def _entry(each: Stage, zone: str, reader: Reader) -> Entry:
    what = reader.say(STEPS[each.step])
    by = reader.say(words("%(what)s, by %(name)s")) % {"what": what, "name": each.by_name}
    told = by if each.by_name and each.step is not Step.CONFIRMED else what
    return Entry(each.at, f"{told}: {each.reason}" if each.reason else told, zone)


WAITS = words(
    "No place is free yet: you are number %(number)s on the waiting list. You get a letter as soon"
    " as a place is yours."
)


async def _attended(
    reader: Reader, db: Db, found: Registration, meeting: Meeting
) -> Sequence[Attended]:
    """Each sitting with how one means to attend it; a word where one does, nothing where not."""
    modes = await places.modes(db, found.id)
    queue = await places.queue(db, found.id)
    attended = []
    for sitting in await meetings.sittings(db, meeting.id):
        case = await case_of(db, reader, meeting, sitting, found, "")
        mode = modes.get(sitting.id)
        word = reader.say(MODES[mode]) if mode else ""
        number = queue.get(sitting.id)
        waits = reader.say(WAITS) % {"number": number} if number else ""
        attended.append(Attended(slot(case, reader.language, reader.say), word, waits))
    return attended
