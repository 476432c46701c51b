"""A consultation: a topic of the group, a window online, a meeting face to face, and for which.

The window is half open: ``opens_at`` belongs to it, ``closes_at`` is the first instant after it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from app.policy import text
from app.policy.form import ENGLISH, LANGUAGES
from app.policy.meeting import ID, SLUG, YEARS, known_zone
from app.policy.parameters import LeadTimes
from app.policy.people import Category, Function
from app.policy.refusal import No


class Issue(StrEnum):
    """The twelve issues of Council Resolution 1305; a topic may also be outside the list (A16)."""

    MULTILINGUALIZATION = "multilingualization"
    CONNECTIVITY = "connectivity"
    RESOURCES = "resources"
    SECURITY = "security"
    CYBERCRIME = "cybercrime"
    SPAM = "spam"
    USE_AND_MISUSE = "use_and_misuse"
    AVAILABILITY = "availability"
    CAPACITY_BUILDING = "capacity_building"
    DEVELOPMENT = "development"
    PRIVACY = "privacy"
    CHILDREN = "children"


class TopicState(StrEnum):
    """How far a topic has come; each change is a step that stays."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    DECLINED = "declined"
    REFERRED = "referred"  # to Council
    WITHDRAWN = "withdrawn"


class Publishing(StrEnum):
    """When inputs are published: as they come, or together once the window has closed."""

    WHILE_OPEN = "while_open"
    AFTER_CLOSING = "after_closing"


class ConsultationStep(StrEnum):
    """What happened to a consultation, for everyone to read."""

    DRAFTED = "drafted"
    ANNOUNCED = "announced"
    EXTENDED = "extended"
    CHANGED = "changed"
    SKIPPED = "skipped"
    SHORT_NOTICE = "short_notice"  # less than a reasonable time, and why (A12)


class RoundState(StrEnum):
    """Where a consultation stands at a moment; it follows from its columns and the clock."""

    DRAFT = "draft"
    TO_COME = "to_come"
    OPEN = "open"
    CLOSED = "closed"
    SKIPPED = "skipped"


class ConsultationReason(StrEnum):
    """Why topics and consultations say no; sentences are in ``app.reasons``."""

    NOT_ENTITLED = "topic-not-entitled"
    NOT_RECORDING = "topic-not-recording"
    OWN_TOPIC = "own-topic"
    NOT_THE_PROPOSER = "not-the-proposer"
    TOO_MANY_WAIT = "too-many-topics-wait"
    MEETING_OVER = "meeting-over"
    NO_SUCH_STEP = "no-such-step-of-a-topic"
    SLUG_TAKEN = "consultation-slug-taken"
    NOT_AGREED = "topic-not-agreed"
    ANNOUNCED_ALREADY = "announced-already"
    NOT_ANNOUNCED = "not-announced"
    CLOSES_BEFORE_NOW = "closes-before-now"
    SETTLED = "settled-when-announced"
    QUESTIONS_SETTLED = "questions-settled"
    SKIPPED = "consultation-skipped"
    HAS_OPENED = "consultation-has-opened"
    OVER = "consultation-over"


class ConsultationFault(StrEnum):
    """What is wrong with a field of a topic or a consultation."""

    ENGLISH = "needs-english"
    LANGUAGE = "no-such-language"
    ISSUE_OR_WHY = "issue-or-why-outside"
    WHY = "needs-a-reason"
    SLUG = "consultation-slug"
    ZONE = "consultation-zone"
    NO_SUCH_TIME = "no-such-time"
    FAR_OFF = "consultation-far-off"
    ENDS_BEFORE_START = "window-ends-before-start"
    NOT_FORWARD = "not-forward"
    QUESTIONS = "no-or-too-many-questions"
    DOCUMENTS = "too-many-documents"
    LINK = "not-a-secure-link"
    TOPIC = "no-such-topic"
    SITTING = "not-a-consultation-sitting"
    DAYS_BEFORE = "not-a-number-of-days-before"


class Lead(StrEnum):
    """What a reasonable time is missing from (A12)."""

    ONLINE_BEFORE_PHYSICAL = "online-before-physical"
    PHYSICAL_BEFORE_MEETING = "physical-before-meeting"
    NO_PHYSICAL = "no-physical-meeting"  # Council 1 b3 asks for both


TITLE: Final = 300
ABOUT: Final = 4000
WHY: Final = 1000
GUIDANCE: Final = 6000
QUESTION: Final = 1000
MOST_QUESTIONS: Final = 20
MOST_DOCUMENTS: Final = 20
LINK: Final = 1000
# A host with a name, no user, and nothing that a browser rewrites.
ADDRESS: Final = re.compile(
    r"https://(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]{2,}(?::[0-9]{1,5})?(?:[/?#][^\s\\<>\"]*)?"
)
MOST_WAIT: Final = 10
"""Topics of one body that wait for a decision of one meeting."""
DAYS_BEFORE: Final = range(1, 61)
"""How many days before the close a reminder may come."""
USUAL_DAYS: Final = 7

Texts = Mapping[str, str]


def cleaned(texts: Texts, *, lines: bool = False) -> dict[str, str]:
    """Texts by language in one spelling; a language without any words is not there."""
    found = {tag: _spelled(said, lines=lines) for tag, said in texts.items()}
    return {tag: said for tag, said in found.items() if said}


def _spelled(said: str, *, lines: bool) -> str:
    return text.clean(said.replace("\r\n", "\n") if lines else said)


def fault_of_texts(
    texts: Texts, most: int, *, required: bool = True, lines: bool = False
) -> str | None:
    """What is wrong with texts by language; English is there wherever there is anything."""
    if not LANGUAGES.issuperset(texts):
        return ConsultationFault.LANGUAGE
    if ENGLISH not in texts and (required or texts):
        return ConsultationFault.ENGLISH
    found = (text.fault(said, most, required=True, lines=lines) for said in texts.values())
    return next((fault for fault in found if fault), None)


# Topics.


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic to be proposed: one of the issues, or why it is outside the list (A16)."""

    titles: Texts
    about: str = ""
    issue: Issue | None = None
    outside_why: str = ""

    def cleaned(self) -> Self:
        """The same in one spelling; a topic of the list needs no reason."""
        why = "" if self.issue else _spelled(self.outside_why, lines=True)
        return replace(
            self,
            titles=cleaned(self.titles),
            about=_spelled(self.about, lines=True),
            outside_why=why,
        )

    def faults(self) -> dict[str, str]:
        """What is wrong with it, by field."""
        outside = text.fault(self.outside_why, WHY, lines=True)
        if self.issue is None and not self.outside_why:
            outside = None
        neither = self.issue is None and not self.outside_why
        return _only(
            titles=fault_of_texts(self.titles, TITLE),
            about=text.fault(self.about, ABOUT, lines=True),
            issue=ConsultationFault.ISSUE_OR_WHY if neither else None,
            outside_why=outside,
        )


STEPS: Final[Mapping[TopicState, frozenset[TopicState]]] = {
    TopicState.PROPOSED: frozenset(
        {TopicState.AGREED, TopicState.DECLINED, TopicState.REFERRED, TopicState.WITHDRAWN}
    ),
    TopicState.AGREED: frozenset({TopicState.REFERRED}),
    TopicState.REFERRED: frozenset({TopicState.AGREED, TopicState.DECLINED}),
    TopicState.DECLINED: frozenset(),
    TopicState.WITHDRAWN: frozenset(),
}
"""Where a topic may go from where it is; what was declined is proposed anew."""
NEED_WHY: Final = frozenset({TopicState.DECLINED, TopicState.REFERRED})
DECISIONS: Final = frozenset({TopicState.AGREED, TopicState.DECLINED, TopicState.REFERRED})
RECORDING: Final = frozenset({Function.SECRETARIAT, Function.CHAIR, Function.VICE_CHAIR})


def may_propose(category: Category | None, functions: Collection[Function]) -> Literal[True] | No:
    """Whether someone proposes topics: a delegate of a Member State, or the secretariat (R3).

    ``category`` is that of the entity of their approved registration for the meeting.
    """
    if category is Category.MEMBER_STATE or Function.SECRETARIAT in functions:
        return True
    return No(ConsultationReason.NOT_ENTITLED)


def may_record(functions: Collection[Function], *, own: bool) -> Literal[True] | No:
    """Whether someone records what the meeting decided on a topic; never on their own."""
    if RECORDING.isdisjoint(functions):
        return No(ConsultationReason.NOT_RECORDING)
    return No(ConsultationReason.OWN_TOPIC) if own else True


# Rounds.


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question, with what helps to answer it; its number is its place."""

    texts: Texts
    guidance: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Background:
    """A document to be read before answering: a link with its title."""

    url: str
    title: str
    language: str = ENGLISH


@dataclass(frozen=True, slots=True)
class Round:
    """All that the secretariat says of a consultation; topic and sitting are named by their ids."""

    slug: str
    topic: UUID
    titles: Texts
    opens_at: datetime
    closes_at: datetime
    time_zone: str
    prompts: Sequence[Prompt]
    guidance: Texts = field(default_factory=dict)
    documents: Sequence[Background] = ()
    sitting: UUID | None = None
    publishing: Publishing = Publishing.WHILE_OPEN

    def cleaned(self) -> Self:
        """The same in one spelling."""
        prompts = [
            Prompt(cleaned(each.texts, lines=True), cleaned(each.guidance, lines=True))
            for each in self.prompts
        ]
        documents = [
            Background(each.url.strip(), text.clean(each.title), each.language)
            for each in self.documents
        ]
        return replace(
            self,
            titles=cleaned(self.titles),
            guidance=cleaned(self.guidance, lines=True),
            prompts=tuple(prompts),
            documents=tuple(documents),
        )

    def faults(self) -> dict[str, str]:
        """What is wrong with it by itself, by field; of the third question, ``question-3``."""
        known = known_zone(self.time_zone)
        found: dict[str, str | None] = {
            "slug": None if _is_slug(self.slug) else ConsultationFault.SLUG,
            "titles": fault_of_texts(self.titles, TITLE),
            "guidance": fault_of_texts(self.guidance, GUIDANCE, required=False, lines=True),
            "time_zone": None if known else ConsultationFault.ZONE,
            "opens_at": _fault_of_moment(self.opens_at),
            "closes_at": _fault_of_moment(self.closes_at),
            "questions": _fault_of_number(len(self.prompts)),
            "documents": (
                ConsultationFault.DOCUMENTS if len(self.documents) > MOST_DOCUMENTS else None
            ),
        }
        for number, each in enumerate(self.prompts, 1):
            wrong = fault_of_texts(each.texts, QUESTION, lines=True)
            hint = fault_of_texts(each.guidance, GUIDANCE, required=False, lines=True)
            found[f"question-{number}"] = wrong or hint
        for number, one in enumerate(self.documents, 1):
            found[f"document-{number}"] = fault_of_document(one)
        if not (found["opens_at"] or found["closes_at"]) and self.closes_at <= self.opens_at:
            found["closes_at"] = ConsultationFault.ENDS_BEFORE_START
        return {name: fault for name, fault in found.items() if fault}


def fault_of_document(one: Background) -> str | None:
    """What is wrong with a link to a document; it leads to a host, over TLS."""
    if len(one.url) > LINK or not _leads_out(one.url):
        return ConsultationFault.LINK
    if one.language not in LANGUAGES:
        return ConsultationFault.LANGUAGE
    return text.fault(one.title, TITLE, required=True)


def _leads_out(url: str) -> bool:
    return url.isascii() and url.isprintable() and bool(ADDRESS.fullmatch(url))


def _fault_of_number(prompts: int) -> ConsultationFault | None:
    return None if 1 <= prompts <= MOST_QUESTIONS else ConsultationFault.QUESTIONS


def _fault_of_moment(at: datetime) -> ConsultationFault | None:
    if at.tzinfo is None:
        return ConsultationFault.NO_SUCH_TIME
    return None if at.year in YEARS else ConsultationFault.FAR_OFF


def _is_slug(slug: str) -> bool:
    return bool(SLUG.fullmatch(slug)) and not ID.fullmatch(slug)


def _only(**found: str | None) -> dict[str, str]:
    return {name: fault for name, fault in found.items() if fault}


# The window.


def is_late(closes_at: datetime, at: datetime) -> bool:
    """Whether what comes at this instant is late: at exactly the close it is.

    The instants are compared as instants: in which zones they were written makes no difference.
    """
    return at >= closes_at


def state(
    opens_at: datetime,
    closes_at: datetime,
    now: datetime,
    *,
    announced: bool = True,
    skipped: bool = False,
) -> RoundState:
    """Where a consultation stands: exactly one state at every instant."""
    if skipped:
        return RoundState.SKIPPED
    if not announced:
        return RoundState.DRAFT
    if now < opens_at:
        return RoundState.TO_COME
    return RoundState.CLOSED if is_late(closes_at, now) else RoundState.OPEN


def is_public(stands: RoundState) -> bool:
    """Whether everyone may know of it; a draft is its secretariat's own."""
    return stands is not RoundState.DRAFT


def may_announce(stands: RoundState, closes_at: datetime, now: datetime) -> Literal[True] | No:
    """Whether a draft may be announced: its deadline is still to come."""
    if stands is RoundState.SKIPPED:
        return No(ConsultationReason.SKIPPED)
    if stands is not RoundState.DRAFT:
        return No(ConsultationReason.ANNOUNCED_ALREADY)
    return No(ConsultationReason.CLOSES_BEFORE_NOW) if is_late(closes_at, now) else True


def may_extend(stands: RoundState) -> Literal[True] | No:
    """Whether its deadline can be moved: a draft is edited, and a skipped one has none."""
    if stands is RoundState.SKIPPED:
        return No(ConsultationReason.SKIPPED)
    return No(ConsultationReason.NOT_ANNOUNCED) if stands is RoundState.DRAFT else True


def faults_of_extension(
    before: datetime, after: datetime, now: datetime, why: str
) -> dict[str, str]:
    """What is wrong with a new deadline: it lies after the old one and after now.

    A window that has closed opens again with a reason only.
    """
    forward = after > before and not is_late(after, now)
    reopens = is_late(before, now)
    return _only(
        closes_at=_fault_of_moment(after) or (None if forward else ConsultationFault.NOT_FORWARD),
        why=text.fault(why, WHY, lines=True)
        or (ConsultationFault.WHY if reopens and not why else None),
    )


def may_skip(stands: RoundState) -> Literal[True] | No:
    """Whether it may be left out (A13); one that has opened was held, and its inputs are there."""
    if stands is RoundState.SKIPPED:
        return No(ConsultationReason.SKIPPED)
    if stands in {RoundState.OPEN, RoundState.CLOSED}:
        return No(ConsultationReason.HAS_OPENED)
    return True


SETTLED: Final = ("slug", "topic", "opens_at", "closes_at", "time_zone", "publishing")
"""What people have relied on since the announcement; only an extension moves the deadline."""


def may_change(stands: RoundState, old: Round, new: Round) -> Literal[True] | No:
    """Whether an edit may be made: what was announced stays, and what is answered is not reworded.

    Once it is open, translations may be added and corrected, but no English text of a question,
    nor their number and order.
    """
    if stands is RoundState.SKIPPED:
        return No(ConsultationReason.SKIPPED)
    if stands is RoundState.DRAFT:
        return True
    if any(getattr(old, name) != getattr(new, name) for name in SETTLED):
        return No(ConsultationReason.SETTLED)
    if stands is not RoundState.TO_COME and _asked(old) != _asked(new):
        return No(ConsultationReason.QUESTIONS_SETTLED)
    return True


def _asked(one: Round) -> list[str]:
    return [each.texts.get(ENGLISH, "") for each in one.prompts]


# Lead times (A12).


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Less than a reasonable time: so many days where the edition names at least so many."""

    lead: Lead
    days: int = 0
    least: int = 0


def shortfalls(
    closes_at: datetime,
    physical: datetime | None,
    meeting: datetime | None,
    zone: str,
    least: LeadTimes,
) -> tuple[Shortfall, ...]:
    """What falls short of the edition's lead times, counted in days of the venue's calendar.

    ``physical`` is when the consultation meeting starts, ``meeting`` when the group's meeting does;
    what is not settled yet falls short of nothing but of itself. Nothing is refused for it.
    """
    if physical is None:
        return (Shortfall(Lead.NO_PHYSICAL),)
    found = [
        Shortfall(
            Lead.ONLINE_BEFORE_PHYSICAL,
            days_between(closes_at, physical, zone),
            least.online_before_physical,
        )
    ]
    if meeting is not None:
        days = days_between(physical, meeting, zone)
        found.append(Shortfall(Lead.PHYSICAL_BEFORE_MEETING, days, least.physical_before_meeting))
    return tuple(each for each in found if each.days < each.least)


def days_between(first: datetime, then: datetime, zone: str) -> int:
    """The days from one date to another on the calendar of a place; negative where it is before."""
    place = ZoneInfo(zone)
    return (then.astimezone(place).date() - first.astimezone(place).date()).days


# Times as they are typed.


def stated(typed: str, zone: str) -> datetime | None:
    """The instant that a wall clock of a zone shows, in UTC; None where it never shows it.

    Of an hour that comes twice, in autumn, the first is meant.
    """
    if not known_zone(zone):
        return None
    try:
        wall = datetime.fromisoformat(typed.strip())
        if wall.tzinfo is not None:
            return None
        instant = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    back = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    return instant if back == wall else None  # a clock that was put forward never showed it


# Reminders.


def remind_at(closes_at: datetime, days: int, known_since: datetime) -> datetime | None:
    """When a follower is reminded; None where that moment had passed when they got to know.

    Whoever follows a round that closes tomorrow, a week before its close, knows it already.
    """
    moment = closes_at - timedelta(days=days)
    return moment if moment > known_since else None
