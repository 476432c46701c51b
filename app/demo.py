"""The demo's material: a meeting that is on now, its entities, delegations and roles."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement
from sqlmodel import SQLModel, col, func, select

from app import demo_inputs, editions, keys, store
from app.database import Database, Reading, Writing
from app.models import (
    AgendaItem,
    Appointment,
    Attending,
    BackgroundDocument,
    Consultation,
    ConsultationEntry,
    Document,
    DocumentText,
    Entity,
    EntryDetail,
    Meeting,
    Membership,
    Person,
    Question,
    Registration,
    RegistrationStep,
    Sitting,
    StoredFile,
    Topic,
    TopicStep,
)
from app.policy.agenda import ItemKind
from app.policy.consultation import ConsultationStep, Issue, TopicState
from app.policy.documents import DocumentClass, DocumentState, Paper, Relation, is_late
from app.policy.meeting import NewMeeting
from app.policy.parts import Part
from app.policy.people import Capacity, Category, Function, StakeholderGroup
from app.policy.registration import Claim, Mode, RegistrationState, Step
from app.policy.sitting import SittingState
from app.policy.text import fold
from app.policy.upload import FileKind, named
from app.services import (
    acts,
    cases,
    claims,
    consultations,
    decisions,
    documents,
    entities,
    meetings,
    members,
    posting,
    topics,
)
from app.settings import Settings

BUCHAREST: Final = 2022  # the year of the conference whose text was in force from then on
DATA: Final = Path(__file__).parent / "data" / "demo"
SLUG: Final = "cwg-internet-20"
TITLE: Final = "CWG-Internet: twentieth meeting"
ZONE: Final = "Europe/Zurich"
PLACE: Final = "Geneva, Room C"
ROSTER: Final = "@roster.example"
TOPIC: Final = "multilingualization"
FIRST: Final = "First half: open to all stakeholders"
SECOND: Final = "Second half: Member States, Sector Members and Associates"
HALF: Final = timedelta(hours=3)
BREAK: Final = timedelta(minutes=90)
UNDER_WAY: Final = timedelta(minutes=30)
ANNOUNCED: Final = timedelta(days=30)

FIRST_HALF: Final = (
    "Welcome",
    "Adoption of the agenda",
    "Report of the secretariat on ITU Internet activities",
    "Draft report of the Secretary-General, for comment by all stakeholders",
    "Open consultations: summary of the round on {topic}",
    "Open consultations: next topic and dates",
)
SECOND_HALF: Final = (
    "Contributions by Member States and Sector Members",
    "Adoption of the report of the meeting",
    "Any other business",
)
DRAFT: Final = FIRST_HALF[3]

KENYA: Final = "KE"
CAPACITIES: Final[Mapping[Category, Capacity]] = {
    Category.RES_99: Capacity.OBSERVER,
    Category.UN_ORGANIZATION: Capacity.OBSERVER,
    Category.INTERGOVERNMENTAL_ORGANIZATION: Capacity.OBSERVER,
}
# Names that take an article in a sentence.
WITH_ARTICLE: Final = re.compile(
    r"United |Republic of |Democratic |Netherlands"
    r"|.*(Republic|Islands|Federation|Bahamas|Gambia|Comoros|Maldives|Philippines)$"
)


@dataclass(frozen=True, slots=True)
class Role:
    """Someone to sign in as; ``of`` is the category of the body they represent."""

    key: str
    name: str
    function: Function | None = None
    of: Category | None = None
    stands: RegistrationState | None = None

    @property
    def email(self) -> str:
        return f"{self.key}@demo.example"


APPROVED: Final = RegistrationState.APPROVED
SUBMITTED: Final = RegistrationState.SUBMITTED
SECRETARIAT: Final = Role("secretariat", "The secretariat", Function.SECRETARIAT)
FOCAL_POINT: Final = Role("focal-point", "Focal point of Kenya")
ROLES: Final = (
    SECRETARIAT,
    Role("chair", "The chair", Function.CHAIR),
    Role("moderator", "The moderator", Function.MODERATOR),
    Role("steward", "The steward at the door", Function.STEWARD),
    Role("captioner", "The captioner", Function.CAPTIONER),
    FOCAL_POINT,
    Role("member-state", "Delegate of Kenya", None, Category.MEMBER_STATE, APPROVED),
    Role("applicant", "Second delegate of Kenya", None, Category.MEMBER_STATE, SUBMITTED),
    Role(
        "sector-member", "Representative of a Sector Member", None, Category.SECTOR_MEMBER, APPROVED
    ),
    Role("associate", "Representative of an Associate", None, Category.ASSOCIATE, APPROVED),
    Role("academia", "Researcher of a university", None, Category.ACADEMIA, APPROVED),
    Role("stakeholder", "Participant from civil society", None, Category.STAKEHOLDER, APPROVED),
    Role("newcomer", "Someone who has not registered"),
)


@dataclass(frozen=True, slots=True)
class Built:
    """What is there, for the command line to print."""

    made: bool
    member_states: int
    others: int
    roster: int
    over: bool

    def __str__(self) -> str:
        verb = "Built" if self.made else "Found"
        return (
            f"{verb} the meeting {SLUG}: {self.member_states} Member States,"
            f" {self.others} other bodies, {self.roster} registrations, {len(ROLES)} roles."
        )


@dataclass(frozen=True, slots=True)
class Delegate:
    """A line of the roster."""

    ref: str
    category: Category
    entity: str
    country: str
    group: str
    title: str
    language: str
    modes: Mapping[Part, Mode]

    @property
    def key(self) -> str:
        """What the membership record calls the body: the code of a State, or a slug."""
        if self.category in {Category.MEMBER_STATE, Category.RES_99}:
            return self.country
        return re.sub(r"[^a-z0-9]+", "-", fold(self.entity)).strip("-")[:80]

    @property
    def body(self) -> str:
        """The name of the body; how it takes part is told by its category."""
        return re.sub(r" \(Resolution 99\)$", "", self.entity)

    @property
    def sector(self) -> str:
        found = re.search(r"\((?:Sector|Associate) ([RTD])\)$", self.entity)
        return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Scene:
    """The meeting and what the rest is attached to."""

    meeting: Meeting
    sittings: Mapping[Part, Sitting]
    people: Mapping[str, Person]
    now: datetime


async def build(database: Database, settings: Settings, now: datetime | None = None) -> Built:
    """Have the meeting there and on now; one that is there already is left as it is."""
    if not settings.development:
        raise ValueError("The demo's people sign in without a letter: development only.")
    async with database.reading() as db:
        if await _count(db, Meeting, Meeting.slug == SLUG):
            return await _built(db, made=False)
    roster = list(_roster())
    sheets = members.read(members.STATES.read_bytes()), members.read(_list_of(roster))
    await _keep(settings)
    async with database.writing() as db:
        scene = await _fill(db, roster, sheets, now or datetime.now(UTC))
        place = store.of(
            settings.files_url,
            settings.data_dir / "files",
            settings.files_endpoint,
            settings.files_region,
        )
        by = scene.people[SECRETARIAT.key]
        open_round = json.loads(_data("open_consultation.json"))["slug"]
        await demo_inputs.send(db, place, keys.load(settings), open_round, by=by, now=scene.now)
    async with database.reading() as db:
        return await _built(db, made=True)


async def _built(db: Reading, *, made: bool) -> Built:
    states = await _count(db, Membership, Membership.category == Category.MEMBER_STATE)
    ended = Sitting.part == Part.FIRST_HALF, Sitting.state == SittingState.CLOSED
    return Built(
        made=made,
        member_states=states,
        others=await _count(db, Entity) - states,
        roster=await _count(db, Person, col(Person.email).endswith(ROSTER)),
        over=bool(await _count(db, Sitting, *ended)),
    )


async def _count(db: Reading, table: type[SQLModel], *where: ColumnElement[bool] | bool) -> int:
    return (await db.exec(select(func.count()).select_from(table).where(*where))).one()


async def _fill(
    db: Writing, roster: Sequence[Delegate], sheets: Iterable[members.Sheet], now: datetime
) -> Scene:
    for sheet in sheets:
        await members.apply(db, sheet, day=now.date(), now=now)
    scene = await _meeting(db, now)
    bodies = {each.key: each for each in await db.exec(select(Entity))}
    await _delegations(db, scene, roster, bodies)
    await _roles(db, scene, roster, bodies)
    await _consultations(db, scene)
    await _documents(db, scene)
    await acts.record(db, "demo-built", now, meeting_id=scene.meeting.id, roster=len(roster))
    return scene


# The material.


def _roster() -> Iterator[Delegate]:
    with (DATA / "roster.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            said = {
                Part.FIRST_HALF: row["mode_first_half"],
                Part.SECOND_HALF: row["mode_second_half"],
            }
            yield Delegate(
                ref=row["ref"],
                category=Category(row["category"]),
                entity=row["entity"],
                country=row["country"],
                group=row["stakeholder_group"],
                title=row["title"],
                language=row["language"],
                modes={part: Mode(mode) for part, mode in said.items() if mode},
            )


def _list_of(roster: Iterable[Delegate]) -> bytes:
    """The bodies of the roster that are no States, as a membership list like any other."""
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow(("key", "name", "iso2", "category", "sector"))
    lines.writerows(
        dict.fromkeys(
            (each.key, each.body, _code(each), each.category.value, each.sector)
            for each in roster
            if each.category not in {Category.MEMBER_STATE, Category.STAKEHOLDER}
        )
    )
    return text.getvalue().encode()


def _code(each: Delegate) -> str:
    """Only what stands for a country carries its code."""
    return each.country if each.category is Category.RES_99 else ""


def _held() -> list[dict[str, Any]]:
    """The consultations that were really held, the oldest first."""
    found: list[dict[str, Any]] = json.loads(_data("consultations.json"))
    return found


def _data(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


def _consultation() -> Mapping[str, Any]:
    return next(each for each in _held() if TOPIC in each["topic"])


# The meeting.


async def _meeting(db: Writing, now: datetime) -> Scene:
    people = {role.key: _person(role, now) for role in ROLES}
    db.add_all(people.values())
    await db.flush()
    edition = editions.load()[editions.DEFAULT]
    new = NewMeeting(SLUG, TITLE, PLACE, ZONE, edition)
    meeting = await meetings.found_meeting(db, new, people["secretariat"], now)
    sittings = {each.part: each for each in _sittings(meeting, now)}
    db.add_all(sittings.values())
    await db.flush()
    db.add_all(_agenda(meeting, sittings))
    db.add_all(
        Appointment(
            meeting_id=meeting.id,
            person_id=people[role.key].id,
            function=role.function,
            given_at=now,
        )
        for role in ROLES
        if role.function and role is not SECRETARIAT
    )
    await db.flush()
    return Scene(meeting, sittings, people, now)


def _person(role: Role, now: datetime) -> Person:
    return Person(
        email=role.email,
        name=role.name,
        affiliation="ITU" if role.function else "",
        country="CH" if role.function else "",
        created_at=now,
        verified_at=now,
    )


def _sittings(meeting: Meeting, now: datetime) -> Iterator[Sitting]:
    """The consultation two days before, the first half on now, the second half after a break."""
    hour = now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0)
    first = hour - UNDER_WAY
    second = first + HALF + BREAK
    zone = ZoneInfo(ZONE)
    morning = datetime.combine(first.astimezone(zone).date() - timedelta(days=2), time(10), zone)
    before = morning.astimezone(UTC)
    topic = f"Open consultation: {_consultation()['topic']}"
    for number, part, title, start in (
        (1, Part.CONSULTATION, topic, before),
        (2, Part.FIRST_HALF, FIRST, first),
        (3, Part.SECOND_HALF, SECOND, second),
    ):
        yield Sitting(
            meeting_id=meeting.id,
            number=number,
            part=part,
            title=title,
            starts_at=start,
            ends_at=start + HALF,
            place=PLACE,
            time_zone=ZONE,
            state=STATES[part],
            opened_at=None if part is Part.SECOND_HALF else start,
            closed_at=start + HALF if part is Part.CONSULTATION else None,
        )


STATES: Final[Mapping[Part, SittingState]] = {
    Part.CONSULTATION: SittingState.CLOSED,
    Part.FIRST_HALF: SittingState.OPEN,
    Part.SECOND_HALF: SittingState.SCHEDULED,
}


def _agenda(meeting: Meeting, sittings: Mapping[Part, Sitting]) -> Iterator[AgendaItem]:
    round_ = _consultation()
    titles = (
        *((Part.CONSULTATION, question) for question in round_["questions"]),
        *((Part.FIRST_HALF, title.format(topic=TOPIC)) for title in FIRST_HALF),
        *((Part.SECOND_HALF, title) for title in SECOND_HALF),
    )
    for number, (part, title) in enumerate(titles, 1):
        yield AgendaItem(
            meeting_id=meeting.id,
            sitting_id=sittings[part].id,
            number=number,
            title=title,
            kind=ItemKind.DRAFT_REPORT if title == DRAFT else ItemKind.ORDINARY,
        )


# Consultations: those that were held, and one that is open.

WINDOW: Final = timedelta(days=45)
BEFORE: Final = timedelta(days=10)
LAST_MINUTE: Final = time(23, 59)
OUTSIDE: Final[Mapping[str, str]] = {
    "over-the-top": "Decided by Council at the request of the group.",
    "COVID-19": "The pandemic was on no list.",
}
ISSUES: Final[Mapping[str, Issue]] = {
    "connectivity": Issue.CONNECTIVITY,
    "multilingualization": Issue.MULTILINGUALIZATION,
}


async def _consultations(db: Writing, scene: Scene) -> None:
    """Seven rounds as they were held, each with its meeting, and one that takes inputs now."""
    by = scene.people[SECRETARIAT.key].id
    for number, held in enumerate(_held(), 1):
        await _held_round(db, held, number, by)
    await _open_round(db, scene, json.loads(_data("open_consultation.json")), by)


async def _held_round(db: Writing, held: Mapping[str, Any], number: int, by: UUID) -> None:
    """One of the past; when it opened is not known, and made up."""
    closes = [_instant(day, LAST_MINUTE) for day in held["online_closes"]]
    opens_at = closes[0] - WINDOW
    name = re.sub(r"[^a-z0-9]+", "-", fold(held["topic"])).strip("-")[:50].strip("-")
    meeting, sitting = await _past_meeting(db, held, name, opens_at - 2 * BEFORE)
    outside = next((why for word, why in OUTSIDE.items() if word in held["topic"]), "")
    topic = Topic(
        number=number,
        titles={"en": held["topic"]},
        issue=None if outside else _issue(held["topic"]),
        outside_why=outside,
        person_id=by,
        proposer=topics.SECRETARIAT,
        proposed_at=opens_at - 3 * BEFORE,
    )
    row = Consultation(
        slug=name,
        topic_id=topic.id,
        meeting_id=meeting.id,
        sitting_id=sitting.id,
        titles={"en": held["topic"]},
        opens_at=opens_at,
        closes_at=closes[-1],
        time_zone=ZONE,
        announced_at=opens_at - BEFORE,
        created_at=opens_at - 2 * BEFORE,
    )
    prompts = [{"en": each} for each in held["questions"]]
    await _put_round(db, topic, row, prompts, by, note=held.get("note", ""))
    for before, after in pairwise(closes):
        db.add(
            _entry(row, ConsultationStep.EXTENDED, before - timedelta(days=2), by, before, after)
        )
    await db.flush()


def _issue(topic: str) -> Issue:
    return next((issue for word, issue in ISSUES.items() if word in topic), Issue.DEVELOPMENT)


def _instant(day: str, at: time) -> datetime:
    return datetime.combine(date.fromisoformat(day), at, ZoneInfo(ZONE)).astimezone(UTC)


async def _past_meeting(
    db: Writing, held: Mapping[str, Any], name: str, made_at: datetime
) -> tuple[Meeting, Sitting]:
    """The meeting that a round of the past was held for, which nobody serves any more."""
    first = date.fromisoformat(held["meeting"])
    # The group was for Member States only then; nothing older than Dubai is among the editions.
    rule = editions.load()["bucharest-2022" if first.year > BUCHAREST else "dubai-2018"]
    meeting = Meeting(
        slug=f"{name}-meeting"[:60],
        title=f"CWG-Internet: meeting of {first:%B %Y}",
        place="" if "virtual" in held.get("note", "") else "Geneva",
        time_zone=ZONE,
        edition_id=rule.id,
        edition_digest=rule.digest,
        edition_text=rule.text,
        created_at=made_at,
    )
    db.add(meeting)
    await db.flush()
    physical, whole = (
        _over(meeting, number, part, _instant(held[key], time(10)))
        for number, part, key in (
            (1, Part.CONSULTATION, "physical"),
            (2, Part.WHOLE, "meeting"),
        )
    )
    physical.title = f"Open consultation: {held['topic']}"
    db.add_all((physical, whole))
    await db.flush()
    return meeting, physical


def _over(meeting: Meeting, number: int, part: Part, start: datetime) -> Sitting:
    return Sitting(
        meeting_id=meeting.id,
        number=number,
        part=part,
        starts_at=start,
        ends_at=start + HALF,
        place=meeting.place,
        time_zone=ZONE,
        state=SittingState.CLOSED,
        opened_at=start,
        closed_at=start + HALF,
    )


async def _open_round(db: Writing, scene: Scene, said: Mapping[str, Any], by: UUID) -> None:
    """It takes inputs for some days to come: its deadline was moved, later than is usual (A12)."""
    sitting = scene.sittings[Part.CONSULTATION]
    opens_at = sitting.starts_at - WINDOW
    first = sitting.starts_at - timedelta(days=23)
    closes_at = scene.now.replace(minute=0, second=0, microsecond=0) + timedelta(days=12)
    topic = Topic(
        number=len(_held()) + 1,
        titles=said["titles"],
        issue=Issue(said["issue"]),
        person_id=by,
        proposer="Kenya",
        proposed_at=opens_at - 3 * BEFORE,
    )
    row = Consultation(
        slug=said["slug"],
        topic_id=topic.id,
        meeting_id=scene.meeting.id,
        sitting_id=sitting.id,
        titles=said["titles"],
        guidance=said["guidance"],
        opens_at=opens_at,
        closes_at=closes_at,
        time_zone=ZONE,
        announced_at=opens_at - BEFORE,
        revision=2,
        created_at=opens_at - 2 * BEFORE,
    )
    await _put_round(db, topic, row, said["questions"], by)
    db.add_all(
        BackgroundDocument(consultation_id=row.id, number=number, **each)
        for number, each in enumerate(said["documents"], 1)
    )
    moved, why = first - timedelta(days=2), said["extended_why"]
    moving = _entry(row, ConsultationStep.EXTENDED, moved, by, first, closes_at, why)
    warned = _entry(row, ConsultationStep.SHORT_NOTICE, moved, by, why=why)
    db.add_all((moving, warned))
    await db.flush()
    short = await consultations.shortfalls(db, scene.meeting, closes_at, sitting.id)
    db.add(EntryDetail(entry_id=warned.id, short=[asdict(each) for each in short]))
    await db.flush()


async def _put_round(
    db: Writing,
    topic: Topic,
    row: Consultation,
    prompts: Sequence[Mapping[str, str]],
    by: UUID,
    note: str = "",
) -> None:
    """A topic that was agreed, and the round on it, announced."""
    topic.state = TopicState.AGREED
    db.add(topic)
    await db.flush()
    db.add(row)
    await db.flush()
    for state, days in ((TopicState.PROPOSED, 0), (TopicState.AGREED, 3)):
        at = topic.proposed_at + timedelta(days=days)
        db.add(
            TopicStep(topic_id=topic.id, at=at, state=state, by_id=by, meeting_id=row.meeting_id)
        )
    db.add_all(
        Question(consultation_id=row.id, number=number, texts=dict(texts))
        for number, texts in enumerate(prompts, 1)
    )
    announced_at = row.announced_at or row.created_at
    db.add_all(
        (
            _entry(row, ConsultationStep.DRAFTED, row.created_at, by),
            _entry(row, ConsultationStep.ANNOUNCED, announced_at, by, why=note),
        )
    )
    await db.flush()


def _entry(
    row: Consultation,
    step: ConsultationStep,
    at: datetime,
    by: UUID,
    before: datetime | None = None,
    after: datetime | None = None,
    why: str = "",
) -> ConsultationEntry:
    return ConsultationEntry(
        consultation_id=row.id, at=at, step=step, by_id=by, before=before, after=after, why=why
    )


# The delegations of the roster.


async def _delegations(
    db: Writing, scene: Scene, roster: Sequence[Delegate], bodies: Mapping[str, Entity]
) -> None:
    """All at once: what hundreds of letters and decisions would have led to."""
    countries = {each.iso2: each.name for each in bodies.values() if each.iso2}
    numbered = Counter[str]()
    people, rows, details = list[Person](), list[Registration](), list[SQLModel]()
    for each in roster:
        person = _delegate(each, _name(each, countries, numbered), scene.now)
        entity = None if each.category is Category.STAKEHOLDER else bodies[each.key]
        row = _registration(each, person, entity, scene)
        people.append(person)
        rows.append(row)
        details += [*_attending(each, row, scene.sittings), *_steps(row, scene)]
    for level in (people, rows, details):
        db.add_all(level)
        await db.flush()


def _name(each: Delegate, countries: Mapping[str, str], numbered: Counter[str]) -> str:
    """A name made of title and body, never one that a person could have."""
    place = countries.get(each.country, "") or each.body
    place = f"the {place}" if WITH_ARTICLE.match(place) else place
    ours = each.category is Category.MEMBER_STATE or not each.country
    name = f"{each.title} {'of' if ours else 'from'} {place}"
    numbered[name] += 1
    return name if numbered[name] == 1 else f"{name} {numbered[name]}"


def _delegate(each: Delegate, name: str, now: datetime) -> Person:
    return Person(
        email=f"{each.ref.lower()}{ROSTER}",
        name=name,
        affiliation=each.body,
        job_title=each.title,
        country=each.country,
        language=each.language,
        created_at=now - ANNOUNCED,
        verified_at=now - ANNOUNCED,
    )


def _registration(
    each: Delegate, person: Person, entity: Entity | None, scene: Scene
) -> Registration:
    asked = scene.now - ANNOUNCED
    return Registration(
        meeting_id=scene.meeting.id,
        person_id=person.id,
        reference=cases.new_reference(),
        capacity=_capacity(each),
        entity_id=entity.id if entity else None,
        group=None if entity else StakeholderGroup(each.group),
        name=person.name,
        name_folded=fold(person.name),
        organization="" if entity else each.entity or "In a personal capacity",
        country=each.country,
        job_title=each.title,
        state=RegistrationState.APPROVED,
        submitted_at=asked,
        decided_at=asked + timedelta(days=1) if entity else asked,
        decided_by=scene.people["secretariat"].id if entity else None,
    )


def _capacity(each: Delegate) -> Capacity:
    if each.category is Category.STAKEHOLDER:
        return Capacity.EXPERT if each.entity else Capacity.INDIVIDUAL
    return CAPACITIES.get(each.category, Capacity.DELEGATE)


def _attending(
    each: Delegate, row: Registration, sittings: Mapping[Part, Sitting]
) -> Iterator[Attending]:
    for part, mode in each.modes.items():
        yield Attending(registration_id=row.id, sitting_id=sittings[part].id, mode=mode)


def _steps(row: Registration, scene: Scene) -> Iterator[RegistrationStep]:
    yield RegistrationStep(
        registration_id=row.id, at=row.submitted_at, step=Step.SUBMITTED, by_id=row.person_id
    )
    yield RegistrationStep(
        registration_id=row.id,
        at=row.decided_at or scene.now,
        step=Step.APPROVED if row.decided_by else Step.CONFIRMED,
        by_id=row.decided_by or row.person_id,
    )


# The roles.


async def _roles(
    db: Writing, scene: Scene, roster: Sequence[Delegate], bodies: Mapping[str, Entity]
) -> None:
    """By the verbs that everyone uses, so that steps, acts and letters are there too."""
    decider = scene.people[FOCAL_POINT.key]
    since = (scene.now - ANNOUNCED).date()
    await entities.designate(db, bodies[KENYA].id, decider, since, now=scene.now)
    first = {each.category: bodies[each.key].id for each in reversed(roster) if each.key in bodies}
    first[Category.MEMBER_STATE] = bodies[KENYA].id
    for role in ROLES:
        if role.of is not None:
            await _register(db, scene, role, first.get(role.of))


async def _register(db: Writing, scene: Scene, role: Role, entity_id: UUID | None) -> None:
    person = scene.people[role.key]
    claim = _claim(role, entity_id, scene.sittings)
    row = await claims.submit(db, scene.meeting.id, claim, by=person, now=scene.now)
    if row.state is RegistrationState.SUBMITTED and role.stands is APPROVED:
        decider = FOCAL_POINT if role.of is Category.MEMBER_STATE else SECRETARIAT
        by = scene.people[decider.key]
        await decisions.approve(db, row.id, version=row.version, by=by, now=scene.now)


def _claim(role: Role, entity_id: UUID | None, sittings: Mapping[Part, Sitting]) -> Claim:
    entitled = role.of not in {Category.STAKEHOLDER, Category.ACADEMIA}
    halves = (Part.FIRST_HALF, Part.SECOND_HALF) if entitled else (Part.FIRST_HALF,)
    return Claim(
        capacity=Capacity.DELEGATE if entity_id else Capacity.EXPERT,
        entity_id=entity_id,
        group=None if entity_id else StakeholderGroup.CIVIL_SOCIETY,
        name=role.name,
        organization="" if entity_id else "A civil society organization",
        country="" if entity_id else "CH",
        job_title="",
        modes=tuple((sittings[half].id, Mode.REMOTE) for half in halves),
    )


# Documents: an agenda, contributions, one of them for members, one late and revised.

SYMBOL: Final = "CWG-Internet-20"
ON_TIME: Final = timedelta(days=14)
READ: Final = timedelta(hours=5)  # from filed to posted


def _papers() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_data("documents.json"))
    return found


async def _keep(settings: Settings) -> None:
    """The files of the documents, where files of the service are."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    place = settings.data_dir / "files"
    kept = store.of(settings.files_url, place, settings.files_endpoint, settings.files_region)
    for paper in _papers():
        for _, said in paper["texts"].values():
            await kept.put(said.encode())


async def _documents(db: Writing, scene: Scene) -> None:
    """Filed by those who may, posted by the secretariat, and put on the days of the past."""
    desk, slug = scene.people[SECRETARIAT.key], scene.meeting.slug
    await posting.set_symbol(db, slug, SYMBOL, by=desk, now=scene.now)
    due = scene.now - ON_TIME
    numbers = {each.title: each.number for each in await meetings.agenda(db, scene.meeting.id)}
    for said in _papers():
        row = await _filed(db, scene, said, numbers)
        await posting.post(db, row.id, by=desk, now=scene.now)
        await _on_its_day(db, row, scene.now - timedelta(days=said["days"]), due)
    kind = DocumentClass.CONTRIBUTION
    await posting.set_deadline(db, slug, kind, due, ZONE, by=desk, now=scene.now)


async def _filed(
    db: Writing, scene: Scene, said: Mapping[str, Any], numbers: Mapping[str, int]
) -> Document:
    by, slug, now = scene.people[said["by"]], scene.meeting.slug, scene.now
    base = str(said.get("revises", ""))
    texts: list[tuple[str, tuple[str, str]]] = list(said["texts"].items())
    (language, (title, text)), *more = texts
    paper = Paper(
        titles={language: title},
        document_class=DocumentClass(said["class"]),
        source=topics.SECRETARIAT,
        item=numbers[said["item"]] if "item" in said else None,
        relation=Relation.REVISION if base else Relation.ORIGINAL,
        base=base,
    )
    verb = posting.enter if said["by"] == SECRETARIAT.key else posting.file
    row = await verb(db, slug, paper, language, _text_file(by, title, text, now), by=by, now=now)
    for language, (title, text) in more:
        file = _text_file(by, title, text, now)
        await posting.add_text(db, row.id, language, title, file, by=by, now=now)
    return row


def _text_file(by: Person, title: str, said: str, now: datetime) -> StoredFile:
    data = said.encode()
    return StoredFile(
        person_id=by.id,
        name=named(f"{title}.txt"),
        media_type=FileKind.TXT.value,
        size=len(data),
        sha256=sha256(data).hexdigest(),
        text=said,
        stored_at=now,
    )


async def _on_its_day(db: Writing, row: Document, day: datetime, due: datetime) -> None:
    """What was done now was done then: memberships of the demo begin today."""
    row.filed_at, row.posted_at = day, day + READ
    row.late = row.document_class is DocumentClass.CONTRIBUTION and is_late(due, day)
    for text in await db.exec(select(DocumentText).where(DocumentText.document_id == row.id)):
        text.at = day
    for step in await documents.steps(db, row.id):
        step.at = row.posted_at if step.state is DocumentState.POSTED else day
        db.add(step)
    db.add(row)
    await db.flush()
