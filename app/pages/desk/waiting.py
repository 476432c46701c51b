"""The list of what waits to be decided, and what a form of it does: both desks have the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.database import Reading as Db
from app.errors import Conflict, Malformed
from app.i18n import translations, words
from app.models import Person, Sitting
from app.pages.portal.cases import named
from app.pages.reader import Reader
from app.pages.words import CAPACITIES, CATEGORIES, MODES, PARTS, problem, said, told_late
from app.policy.people import Category
from app.policy.registration import Mode
from app.services import delegation, entities, flags, meetings, registration
from app.services.flags import Raised
from app.services.registration import ToDecide

APPROVE, REJECT = "approve", "reject"
MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One registration that waits, in words; ``pick`` names it together with its version."""

    pick: str
    key: str
    reference: str
    name: str
    job_title: str
    email: str
    body: str
    category: str
    kind: str
    capacity: str
    meeting: str
    meeting_href: str
    modes: Sequence[tuple[str, str]]
    since: datetime
    zone: str
    flags: Sequence[str] = ()
    asked: bool = False
    typed: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one decision; an empty fault says that it was taken."""

    pick: str
    name: str = ""
    fault: str = ""
    about_reason: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What the form before did: decisions that were taken, and those that were not."""

    approved: int = 0
    rejected: int = 0
    batch: UUID | None = None
    taken_back: int = 0
    put_forward: int = 0
    failed: tuple[Outcome, ...] = ()
    typed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wish:
    """A decision that somebody wants to take."""

    pick: str
    approve: bool
    reason: str = ""


def wishes(sent: FormData) -> list[Wish]:
    """What a form asks for: one row by its own button, or all the marked rows."""
    if isinstance(pick := sent.get(APPROVE), str):
        return [Wish(pick, approve=True)]
    if isinstance(pick := sent.get(REJECT), str):
        return [Wish(pick, approve=False, reason=_reason(sent, f"reason-{key_of(pick)}"))]
    picks = [each for each in sent.getlist("pick") if isinstance(each, str)][:MOST_AT_ONCE]
    if "approve-marked" in sent:
        return [Wish(pick, approve=True) for pick in picks]
    if "reject-marked" in sent:
        return [Wish(pick, approve=False, reason=_reason(sent, "reason")) for pick in picks]
    return []


def _reason(sent: FormData, name: str) -> str:
    value = sent.get(name, "")
    return value if isinstance(value, str) else ""


def key_of(pick: str) -> str:
    """The registration's id in the name of a row."""
    return pick.partition(":")[0]


async def decide(
    reader: Reader, me: Person, wanted: Sequence[Wish]
) -> tuple[list[tuple[Wish, Outcome]], UUID | None]:
    """Decisions taken together, and the name under which they are taken back together."""
    read = [(wish, _read(wish)) for wish in wanted]
    found = [one for _, one in read if one is not None]
    done = await delegation.decide_all(reader.house.database, found, by=me, now=reader.now)
    told = {str(each.registration_id): each for each in done.outcomes}
    outcomes = [
        (wish, _told(wish, told[str(one.registration_id)], reader) if one else _none(wish, reader))
        for wish, one in read
    ]
    taken = any(each.taken for each in done.outcomes)
    return outcomes, done.batch if taken else None


def _read(wish: Wish) -> delegation.Wish | None:
    key, _, version = wish.pick.partition(":")
    try:
        return delegation.Wish(UUID(key), int(version), wish.approve, wish.reason)
    except ValueError:
        return None


def _none(wish: Wish, reader: Reader) -> Outcome:
    return Outcome(wish.pick, fault=reader.say(GONE))


def _told(wish: Wish, done: delegation.Outcome, reader: Reader) -> Outcome:
    match done.refusal:
        case None:
            return Outcome(wish.pick)
        case Malformed(faults=faults):
            fault = problem("reason", faults["reason"], reader.say)
            return Outcome(wish.pick, fault=fault, about_reason=True)
        case Conflict() as late:
            return Outcome(wish.pick, fault=told_late(late, reader.language))
        case _:
            return _none(wish, reader)


GONE = words("It is not yours to decide any more.")


async def rows(reader: Reader, db: Db, waiting: Sequence[ToDecide], told: Told) -> list[Row]:
    """What waits, with how each means to attend; what was typed for a row that failed is kept."""
    found = await registration.particulars(db, [each.registration for each in waiting])
    modes = {row.id: about.modes for row, about in found}
    raised = await flags.of(db, waiting, reader.now)
    asked = await delegation.question_waits(db, [each.registration.id for each in waiting])
    held = {each.meeting.id: each.meeting for each in waiting}
    sittings = {key: await meetings.sittings(db, key) for key in held}
    categories = {
        key: await _categories(db, waiting, sittings[key], reader.now, key) for key in held
    }
    return [
        _row(
            reader,
            each,
            categories[each.meeting.id].get(each.entity.id),
            _modes(sittings[each.meeting.id], modes[each.registration.id], reader),
            told,
            marks=flagged(raised[each.registration.id], reader),
            asked=each.registration.id in asked,
        )
        for each in waiting
    ]


def flagged(raised: Sequence[Raised], reader: Reader) -> list[str]:
    """What to look at twice, in words, with what it is about."""
    return [f"{said(each.flag, reader.say)}: {each.about}" for each in raised]


async def _categories(
    db: Db, waiting: Sequence[ToDecide], sittings: Sequence[Sitting], now: datetime, meeting: UUID
) -> Mapping[UUID, tuple[Category | None, bool]]:
    day = (sittings[0].starts_at if sittings else now).date()
    bodies = {each.entity.id for each in waiting if each.meeting.id == meeting}
    return await entities.categories_on(db, bodies, day)


def _modes(
    sittings: Sequence[Sitting], modes: Mapping[UUID, Mode], reader: Reader
) -> list[tuple[str, str]]:
    return [
        (reader.say(PARTS[sitting.part]), reader.say(MODES[modes[sitting.id]]))
        for sitting in sittings
        if sitting.id in modes
    ]


def _row(
    reader: Reader,
    each: ToDecide,
    category: tuple[Category | None, bool] | None,
    modes: Sequence[tuple[str, str]],
    told: Told,
    *,
    marks: Sequence[str],
    asked: bool,
) -> Row:
    found, kind = each.registration, category[0] if category else None
    pick = f"{found.id}:{found.version}"
    failed = {key_of(one.pick): one.fault for one in told.failed}
    return Row(
        pick=pick,
        key=str(found.id),
        reference=found.reference,
        name=found.name,
        job_title=found.job_title,
        email=each.person.email,
        body=named(each.entity, reader.language),
        category=reader.say(CATEGORIES[kind]) if kind else "",
        kind=kind or "quiet",
        capacity=reader.say(CAPACITIES[found.capacity]),
        meeting=each.meeting.title,
        meeting_href=f"/meetings/{each.meeting.slug}",
        modes=modes,
        since=found.submitted_at,
        zone=each.meeting.time_zone,
        flags=marks,
        asked=asked,
        typed=told.typed.get(str(found.id), ""),
        fault=failed.get(str(found.id), ""),
    )


async def page(
    reader: Reader,
    db: Db,
    waiting: Sequence[ToDecide],
    told: Told,
    **context: object,
) -> HTMLResponse:
    """The list, with what the form before did on top."""
    shown = await rows(reader, db, waiting[:MOST_SHOWN], told)
    gone = [one for one in told.failed if key_of(one.pick) not in {row.key for row in shown}]
    return reader.page(
        "desk/waiting.html",
        409 if told.failed else 200,
        rows=shown,
        more=max(0, len(waiting) - MOST_SHOWN),
        told=told,
        gone=gone,
        done=done(told, reader),
        **context,
    )


MOST_SHOWN = 50


def done(told: Told, reader: Reader) -> list[str]:
    """What was done, in sentences."""
    spoken = translations(reader.language)
    approved = spoken.ngettext(
        "%(num)s registration was approved.", "%(num)s registrations were approved.", told.approved
    )
    rejected = spoken.ngettext(
        "%(num)s registration was rejected.", "%(num)s registrations were rejected.", told.rejected
    )
    back_ = spoken.ngettext(
        "%(num)s decision was taken back.",
        "%(num)s decisions were taken back.",
        told.taken_back,
    )
    forward = spoken.ngettext(
        "%(num)s person was put forward, and is asked by mail to confirm.",
        "%(num)s people were put forward, and are asked by mail to confirm.",
        told.put_forward,
    )
    counted = [
        (told.put_forward, forward),
        (told.approved, approved),
        (told.rejected, rejected),
        (told.taken_back, back_),
    ]
    return [sentence % {"num": number} for number, sentence in counted if number]


def after(wanted: Sequence[tuple[Wish, Outcome]], batch: UUID | None = None) -> Told:
    """What a form did, for the page that tells it; the reasons of those that failed are kept."""
    taken = [wish for wish, outcome in wanted if not outcome.fault]
    failed = [(wish, outcome) for wish, outcome in wanted if outcome.fault]
    return Told(
        approved=sum(wish.approve for wish in taken),
        rejected=sum(not wish.approve for wish in taken),
        batch=batch,
        failed=tuple(outcome for _, outcome in failed),
        typed={key_of(wish.pick): wish.reason for wish, _ in failed},
    )


def back(here: str, told: Told) -> Response:
    """The list again, at an address that may be loaded again without doing anything again."""
    counts = f"approved={told.approved}&rejected={told.rejected}"
    undo = f"&batch={told.batch}" if told.batch else ""
    return RedirectResponse(f"{here}?{counts}{undo}", 303)
