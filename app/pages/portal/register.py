"""Registering for a meeting: one form, a page to check the answers, and then it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from app.database import Reading as Db
from app.database import Writing
from app.depends import Reading, maybe_visitor, me, now, own_form
from app.errors import Conflict, Malformed, NotSignedIn
from app.i18n import words
from app.models import Entity, Meeting, Person, Registration, RegistrationDraft, Sitting
from app.pages.answers import Answer, answer
from app.pages.portal import claims, questions
from app.pages.portal.cases import Slot, case_of, named, slot
from app.pages.portal.claims import Form
from app.pages.portal.countries import countries
from app.pages.reader import Reader, ReaderIn
from app.pages.words import (
    CAPACITIES,
    CATEGORIES,
    GROUPS,
    MODES,
    PARTS,
    THOSE,
    listed,
    problem,
    said,
)
from app.policy import form as form_rules
from app.policy import registration as rules
from app.policy.access import Edition, decide
from app.policy.parts import Right
from app.policy.people import Capacity, Category, Standing
from app.policy.registration import (
    FOR_AN_ENTITY,
    FOR_ONESELF,
    Claim,
    Mode,
    Owner,
    RegistrationReason,
    RegistrationState,
    at_once,
    owner,
)
from app.policy.sitting import SittingState
from app.policy.text import fold
from app.services import access, desk, entities, forms, meetings, places, registration
from app.services.claims import submit

router = APIRouter(prefix="/meetings/{slug}/register")
MOST_MATCHES = 12


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the pages of one registration are made from."""

    reader: Reader
    me: Person
    meeting: Meeting
    sittings: Sequence[Sitting]
    edition: Edition
    mine: Registration | None
    asked: forms.Current

    @property
    def editing(self) -> Registration | None:
        """The registration that would be changed; one that was withdrawn is made anew."""
        if self.mine is None or self.mine.state is RegistrationState.WITHDRAWN:
            return None
        return self.mine

    @property
    def open_to_all(self) -> list[UUID]:
        """The sittings that a stakeholder may attend."""
        return [each.id for each in self.sittings if self.allows(Category.STAKEHOLDER, each)]

    def allows(self, category: Category, sitting: Sitting) -> bool:
        decision = decide(self.edition, Standing.of(category), sitting.part, Right.ATTEND)
        return bool(decision)


async def applicant(request: Request) -> Person:
    """Whoever registers; while somebody looks as another, a person of whom nothing is known."""
    found = await maybe_visitor(request)
    if found is None or found.view is None:
        return await me(request)
    if found.view.category is Category.PUBLIC:
        raise NotSignedIn
    return Person(email="", created_at=await now())


async def sheet(
    slug: str, reader: ReaderIn, me: Annotated[Person, Depends(applicant)], db: Reading
) -> Sheet:
    meeting = await meetings.by_slug(db, slug)
    return Sheet(
        reader=reader,
        me=me,
        meeting=meeting,
        sittings=await meetings.sittings(db, meeting.id),
        edition=access.edition(meeting),
        mine=await registration.mine(db, me, meeting.id),
        asked=await forms.current(db, meeting.id),
    )


SheetIn = Annotated[Sheet, Depends(sheet)]


@router.get("", name="register")
async def show(on: SheetIn, db: Reading) -> HTMLResponse:
    kept = await forms.draft(db, on.reader.house.keys.vault, on.meeting.id, on.me)
    if kept:
        row, typed = kept
        return await _form_page(on, db, claims.of_draft(typed), draft=row)
    return await _form_page(on, db, await _recorded(on, db))


@router.get("/entities")
async def search(
    on: SheetIn, db: Reading, q: Annotated[str, Query(max_length=claims.MOST)] = ""
) -> JSONResponse:
    """Bodies by any of their names, for the script that searches while one types."""
    found = await entities.find(db, q, limit=MOST_MATCHES) if q.strip() else []
    matches = [
        {"id": key, "name": name, "category": category}
        for key, name, category in await _matches(on, db, found)
    ]
    return JSONResponse(matches)


@router.post("", dependencies=[Depends(own_form)])
async def act(request: Request, on: SheetIn, db: Reading) -> Response:
    sent = await request.form()
    form = await _with_the_only_match(claims.typed(dict(sent.items())), db)
    match sent.get("step"):
        case "find" | "change":
            return await _form_page(on, db, form)
        case "save":
            return await _save(on, form)
        case "discard":
            return await _discard(on)
        case "send":
            return await _send(on, form)
        case _:
            return await _check(on, db, form)


async def _check(on: Sheet, db: Db, form: Form) -> Response:
    """The answers to be checked; or the form again, with what is wrong."""
    if on.editing and form.version and form.version != str(on.editing.version):
        return await _changed_meanwhile(on, form)
    claim = form.claim(on.open_to_all)
    found = claims.faults(form, claim, [each.id for each in on.sittings])
    if found := found | _faults_of_answers(on, form):
        return await _form_page(on, db, form, found, status_code=422)
    return await _check_page(on, db, form, claim)


def _faults_of_answers(on: Sheet, form: Form) -> dict[str, str]:
    given = form_rules.examined(on.asked.form, questions.raw(on.asked.form, form.answers))
    return {f"{questions.ANSWER}{key}": fault for key, fault in given.faults.items()}


async def _save(on: Sheet, form: Form) -> Response:
    """Keep what was typed, whatever is still wrong with it."""
    at = on.reader.house
    await at.rates.take(at.settings.claims_per_person, "claim", str(on.me.id))
    async with at.database.writing() as db:
        await forms.save(db, at.keys.vault, on.meeting.id, on.me, asdict(form), on.reader.now)
    return RedirectResponse(f"/meetings/{on.meeting.slug}/register", 303)


async def _discard(on: Sheet) -> Response:
    async with on.reader.house.database.writing() as db:
        await forms.discard(db, on.meeting.id, on.me)
    return RedirectResponse(f"/meetings/{on.meeting.slug}/register", 303)


async def _send(on: Sheet, form: Form) -> Response:
    claim = form.claim(on.open_to_all)
    try:
        kept = await _keep(on, form, claim)
    except Malformed as refused:
        async with on.reader.house.database.reading() as db:
            told = {
                name.replace(forms.ANSWERS, questions.ANSWER, 1): fault
                for name, fault in refused.faults.items()
            }
            found = claims.on_page(form, told)
            return await _form_page(on, db, form, found, status_code=422)
    except Conflict as refused:
        if refused.reason == RegistrationReason.MEETING_OVER:
            raise
        return await _changed_meanwhile(on, form)
    return RedirectResponse(f"/registrations/{kept.reference}", 303)


async def _keep(on: Sheet, form: Form, claim: Claim) -> Registration:
    """Submit or edit, in a transaction of its own: a refusal undoes all of it."""
    now, at = on.reader.now, on.reader.house
    await at.rates.take(at.settings.claims_per_person, "claim", str(on.me.id))
    async with at.database.writing() as db:
        row = await _claimed(on, db, form, claim, now)
        # Of the form as it is now: of an edition made meanwhile it is told what is wrong.
        asked = await forms.current(db, on.meeting.id)
        await forms.keep(
            db, at.keys.vault, row, questions.raw(asked.form, form.answers), on.reader.now
        )
        await forms.discard(db, on.meeting.id, on.me)
        return row


async def _claimed(on: Sheet, db: Writing, form: Form, claim: Claim, now: datetime) -> Registration:
    """The registration with this claim; where nothing of the claim is new it stands as it is."""
    if on.editing is None:
        return await submit(db, on.meeting.id, claim, by=on.me, now=now)
    version = int(form.version) if form.version.isdecimal() else 0
    if await registration.says(db, on.editing, rules.cleaned(claim)):
        return await registration.own(db, on.editing.id, version=version, by=on.me, now=now)
    return await registration.edit(db, on.editing.id, claim, version=version, by=on.me, now=now)


async def _changed_meanwhile(on: Sheet, form: Form) -> HTMLResponse:
    """What is recorded now beside what was typed; sending again replaces what is recorded."""
    async with on.reader.house.database.reading() as db:
        fresh = replace(on, mine=await registration.mine(db, on.me, on.meeting.id))
        recorded = await _recorded(fresh, db)
        return await _form_page(
            fresh,
            db,
            replace(form, version=recorded.version),
            status_code=409,
            conflict=await _differences(fresh, db, recorded, form),
        )


async def _recorded(on: Sheet, db: Db) -> Form:
    """The form as one's registration has it, or a first one."""
    if on.reader.view is not None:
        return claims.of_view(on.reader.view, on.sittings)
    if on.editing is None:
        return claims.of_person(on.me, on.sittings)
    modes = await places.modes(db, on.editing.id)
    answers = await forms.mine(db, on.reader.house.keys.vault, on.editing.id)
    fit = questions.typed_of(form_rules.still_fit(on.asked.form, answers))
    return claims.of_registration(on.editing, modes, on.sittings, fit)


async def _with_the_only_match(form: Form, db: Db) -> Form:
    """A body that was only searched for is chosen where there is no doubt which one is meant."""
    if not form.for_entity or form.entity or not form.q.strip():
        return form
    found = await entities.find(db, form.q, limit=MOST_MATCHES)
    same = [each for each in found if fold(form.q) in each.folded.split("\n")]
    sure = same if len(same) == 1 else found if len(found) == 1 else []
    return replace(form, entity=str(sure[0].id)) if sure else form


# The pages.


@dataclass(frozen=True, slots=True)
class Choice:
    """How to attend one sitting."""

    field: str
    slot: Slot
    value: str
    those: str
    open_to_all: bool
    rooms: Sequence[str]


async def _form_page(
    on: Sheet,
    db: Db,
    form: Form,
    found: Mapping[str, str] | None = None,
    *,
    status_code: int = 200,
    conflict: Sequence[tuple[str, str, str]] = (),
    draft: RegistrationDraft | None = None,
) -> HTMLResponse:
    say = on.reader.say
    coming = [each for each in on.sittings if each.state is not SittingState.CLOSED]
    standing = await places.rooms(db, [each.id for each in coming])
    choices = [
        await _choice(on, db, each, form, room_words(standing.get(each.id, {}), on.reader))
        for each in coming
    ]
    asked = {choice.field for choice in choices}
    matches = await _matches(on, db, await _bodies(db, form))
    errors = {name: problem(name, fault, say) for name, fault in (found or {}).items()}
    if "q" in errors and form.q and not form.entity:
        errors["q"] = say(SEVERAL if matches else NO_MATCH)
    first = choices[0].field if choices else "modes"
    return on.reader.page(
        "portal/register.html",
        status_code,
        meeting=on.meeting,
        form=form,
        errors=errors,
        summary=[(first if name == "modes" else name, each) for name, each in errors.items()],
        matches=matches,
        searched=bool(form.q),
        groups=[(each.value, say(name)) for each, name in GROUPS.items()],
        countries=countries(await desk.states(db), on.reader.language),
        capacities_for=_capacities(FOR_AN_ENTITY, on.reader),
        capacities_self=_capacities(FOR_ONESELF, on.reader),
        choices=choices,
        kept=[
            (f"{claims.MODE}{sitting}", mode)
            for sitting, mode in form.modes.items()
            if f"{claims.MODE}{sitting}" not in asked
        ],
        modes=_modes(on.reader),
        editing=on.editing,
        consequence=await _consequence(on, db, on.editing) if on.editing else "",
        conflict=conflict,
        draft=draft,
        groups_of_questions=questions.Page(
            on.asked.form, form.answers, found or {}, on.reader.language, say
        ).groups(),
    )


def _modes(reader: Reader) -> list[tuple[str, str]]:
    """The ways to attend a sitting, and the way not to."""
    ways = [(each.value, reader.say(name)) for each, name in MODES.items()]
    return [*ways, ("none", reader.say(NOT_AT_ALL))]


NOT_AT_ALL = words("I shall not attend it")
SEVERAL = words("Choose which of these you represent")
NO_MATCH = words("No body of this name is in the membership record: check the spelling")


def _capacities(among: frozenset[Capacity], reader: Reader) -> list[tuple[str, str]]:
    return [(each.value, reader.say(CAPACITIES[each])) for each in Capacity if each in among]


def room_words(rooms: Mapping[Mode, places.Room], reader: Reader) -> list[str]:
    """How each limited way to attend stands, in a sentence."""
    return [
        reader.say(FREE if each.free else FULL)
        % {
            "mode": reader.say(MODES[mode]),
            "free": each.free,
            "places": each.places,
            "waiting": each.waiting,
        }
        for mode, each in rooms.items()
    ]


FREE = words("%(mode)s: %(free)s of %(places)s places are free.")
FULL = words(
    "%(mode)s: no place is free, and %(waiting)s wait. If you choose it you join the waiting list;"
    " a place that becomes free is given in order, with a letter."
)


async def _choice(on: Sheet, db: Db, sitting: Sitting, form: Form, rooms: Sequence[str]) -> Choice:
    case = await case_of(db, on.reader, on.meeting, sitting, on.mine, "")
    rule = on.edition.rule(sitting.part, Right.ATTEND)
    say, everyone = on.reader.say, on.allows(Category.STAKEHOLDER, sitting)
    those = listed((say(THOSE[each]) for each in rule.named), on.reader.language)
    return Choice(
        field=f"{claims.MODE}{sitting.id}",
        slot=slot(case, on.reader.language, say),
        value=form.modes.get(str(sitting.id), ""),
        those="" if everyone else those,
        open_to_all=everyone,
        rooms=rooms,
    )


async def _bodies(db: Db, form: Form) -> list[Entity]:
    """What the search found, the body already chosen first."""
    chosen = await db.get(Entity, UUID(form.entity)) if _is_key(form.entity) else None
    found = await entities.find(db, form.q, limit=MOST_MATCHES) if form.q.strip() else []
    return list({each.id: each for each in [chosen, *found] if each}.values())


def _is_key(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


async def _matches(on: Sheet, db: Db, found: Sequence[Entity]) -> list[tuple[str, str, str]]:
    """Id, name and category on the first day of the meeting."""
    day = (on.sittings[0].starts_at if on.sittings else on.reader.now).date()
    known = await entities.categories_on(db, [each.id for each in found], day)
    names = [named(each, on.reader.language) for each in found]
    return [
        (str(each.id), name, _category(known.get(each.id), on.reader))
        for each, name in zip(found, names, strict=True)
    ]


def _category(found: tuple[Category | None, bool] | None, reader: Reader) -> str:
    category, ended = found or (None, False)
    if category is None:
        return reader.say(words("no membership on record"))
    name = reader.say(CATEGORIES[category])
    return reader.say(words("%(category)s, ended")) % {"category": name} if ended else name


async def _consequence(on: Sheet, db: Db, editing: Registration) -> str:
    """What a change does to what was decided before."""
    say, day = on.reader.say, on.reader.now.date()
    if editing.entity_id is None or await entities.is_focal_point(
        db, on.me, editing.entity_id, day
    ):
        return say(words("Your registration is confirmed again at once when you change it."))
    if editing.state is RegistrationState.APPROVED:
        return say(words("Your approval will be reset: a change has to be approved again."))
    return say(words("Whoever decides on your registration will see it as you change it."))


@dataclass(frozen=True, slots=True)
class Preview:
    """One sitting on the page to check: how, and what the rule will say."""

    slot: Slot
    mode: str
    answer: Answer | None
    waits: str = ""


async def _check_page(on: Sheet, db: Db, form: Form, claim: Claim) -> HTMLResponse:
    modes = dict(claim.modes)
    taken = await _taken(on, db, modes)
    return on.reader.page(
        "portal/check.html",
        meeting=on.meeting,
        hidden=form.hidden(),
        answers=[*await _spoken(on, db, claim), *_answered(on, form)],
        previews=[
            await _preview(on, db, each, claim, modes.get(each.id), taken)
            for each in on.sittings
            if each.id in modes or each.state is not SittingState.CLOSED
        ],
        needs_approval=await _needs_approval(on, db, claim),
        decides=await _who_decides(on, db, claim),
        editing=on.editing,
        consequence=await _consequence(on, db, on.editing) if on.editing else "",
    )


def _answered(on: Sheet, form: Form) -> list[tuple[str, str]]:
    """What will be kept of the answers: what was not asked for is not among them."""
    asked = on.asked.form
    given = form_rules.examined(asked, questions.raw(asked, form.answers))
    return questions.pairs(asked, given.answers, on.reader.language, on.reader.say)


async def _spoken(on: Sheet, db: Db, claim: Claim) -> list[tuple[str, str]]:
    """The answers in words, as they will be kept."""
    say = on.reader.say
    body = await db.get(Entity, claim.entity_id) if claim.entity_id else None
    if body:
        [(_, name, category)] = await _matches(on, db, [body])
        whom = [(say(REPRESENTS), f"{name} ({category})")]
    else:
        named_countries = dict(countries(await desk.states(db), on.reader.language))
        whom = [
            (say(REPRESENTS), say(words("No body of the membership: I am a stakeholder"))),
            (say(GROUP), said(claim.group, say) if claim.group else ""),
            (say(ORGANIZATION), claim.organization),
            (say(COUNTRY), named_countries.get(claim.country, claim.country)),
        ]
    return [
        *whom,
        (say(CAPACITY), say(CAPACITIES[claim.capacity])),
        (say(NAME), claim.name),
        (say(JOB_TITLE), claim.job_title),
    ]


REPRESENTS = words("Whom you represent")
GROUP = words("Group")
ORGANIZATION = words("Organization")
COUNTRY = words("Country")
CAPACITY = words("Capacity")
NAME = words("Name")
JOB_TITLE = words("Job title")


async def _taken(on: Sheet, db: Db, modes: Mapping[UUID, Mode]) -> dict[UUID, str]:
    """In words, where no place is free at present; what one holds already is not asked for."""
    held = await places.modes(db, on.editing.id) if on.editing else {}
    standing = await places.rooms(db, modes)
    found = {key: standing.get(key, {}).get(mode) for key, mode in modes.items()}
    return {
        key: on.reader.say(WILL_WAIT) % {"number": room.waiting + 1}
        for key, room in found.items()
        if room and not room.free and held.get(key) is not room.mode
    }


WILL_WAIT = words("No place is free at present: you will be number %(number)s on the waiting list.")


async def _preview(
    on: Sheet,
    db: Db,
    sitting: Sitting,
    claim: Claim,
    mode: Mode | None,
    taken: Mapping[UUID, str],
) -> Preview:
    """What the rule will say once the claim stands; the category is that of the day."""
    case = await case_of(db, on.reader, on.meeting, sitting, None, "")
    category = await _category_on(db, sitting, claim)
    decision = decide(on.edition, Standing.of(category), sitting.part, Right.ATTEND)
    return Preview(
        slot=slot(case, on.reader.language, on.reader.say),
        mode=on.reader.say(MODES[mode]) if mode else on.reader.say(NOT_AT_ALL),
        answer=answer(decision, on.reader.language) if mode or not decision else None,
        waits=taken.get(sitting.id, ""),
    )


async def _category_on(db: Db, sitting: Sitting, claim: Claim) -> Category:
    if claim.entity_id is None:
        return Category.STAKEHOLDER
    day = sitting.starts_at.astimezone(ZoneInfo(sitting.time_zone)).date()
    category, ended = await entities.category_on(db, claim.entity_id, day)
    return Category.STAKEHOLDER if category is None or ended else category


async def _needs_approval(on: Sheet, db: Db, claim: Claim) -> bool:
    day = on.reader.now.date()
    represented = await entities.represented(db, on.me, day)
    return not at_once(claim, by_focal_point=claim.entity_id in represented)


async def _who_decides(on: Sheet, db: Db, claim: Claim) -> Owner:
    """Who would hold the claim; nobody decides on one's own."""
    if claim.entity_id is None:
        return Owner.NOBODY
    found = await entities.focal_points(db, claim.entity_id, on.reader.now.date())
    others = any(each.id != on.me.id for each in found)
    return owner(RegistrationState.SUBMITTED, has_focal_point=others)


async def _differences(on: Sheet, db: Db, recorded: Form, form: Form) -> list[tuple[str, str, str]]:
    """Field, what is recorded, what was typed, where the two are not the same."""
    before, after = [
        dict([*await _spoken(on, db, claim), *_attending(on, claim)])
        for claim in (recorded.claim(on.open_to_all), form.claim(on.open_to_all))
    ]
    labels = dict.fromkeys([*before, *after])
    rows = [(each, before.get(each) or "–", after.get(each) or "–") for each in labels]
    return [row for row in rows if row[1] != row[2]]


def _attending(on: Sheet, claim: Claim) -> list[tuple[str, str]]:
    """Each sitting by part and number, and how one means to attend it."""
    modes = dict(claim.modes)
    return [
        (
            f"{on.reader.say(PARTS[each.part])} ({each.number})",
            on.reader.say(MODES[modes[each.id]] if each.id in modes else NOT_AT_ALL),
        )
        for each in on.sittings
    ]
