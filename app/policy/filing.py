"""How an input is written and sent: its fields, what is wrong with them, and until when."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.policy import text
from app.policy.inputs import Attached, Consent, Content
from app.policy.people import Capacity, StakeholderGroup
from app.policy.registration import FOR_AN_ENTITY, FOR_ONESELF, JOB_TITLE, NAME, ORGANIZATION

SUMMARY: Final = 2_000  # characters
LONGEST: Final = 20_000  # of an answer, and of the free part
WHY: Final = 500
MOST_FILES: Final = 10
MOST_AUTHORS: Final = 20
MOST_INPUTS: Final = 50  # of one person to one consultation: somebody may write for many
MOST_ASIDE: Final = 200
QUESTION: Final = "question:"
HEAD: Final = (
    "entity",
    "capacity",
    "group",
    "name",
    "organization",
    "country",
    "job_title",
    "language",
    "consent",
    "presents",
)
"""Fields about who writes and what may be shown; they are of no version and of no digest."""
YES: Final = "yes"


class FilingReason(StrEnum):
    """Why an input does not go on; sentences are in ``app.reasons``."""

    NOT_YET = "input-not-yet"
    SKIPPED = "input-skipped"
    CHANGED = "changed-meanwhile"
    SENT_ALREADY = "input-sent-already"
    AFTER_CLOSE = "input-after-close"
    WITHDRAWN = "input-is-withdrawn"
    IS_SENT = "input-is-sent"
    NOT_SENT = "input-not-sent"
    NOT_AGREED = "input-not-agreed"
    FIRST_AUTHOR = "input-first-author"
    OTHERS_WRITE = "input-others-write"
    TOO_MANY_AUTHORS = "input-too-many-authors"
    TOO_MANY_FILES = "input-too-many-files"
    TOO_MANY_INPUTS = "input-too-many"
    TOO_MUCH_ASIDE = "input-too-much-aside"


class FilingFault(StrEnum):
    """What is wrong with a field, beside its text; the sentence lives in the catalogue."""

    NOTHING = "input-says-nothing"
    LANGUAGE = "input-language"
    NO_CLAIM = "input-no-claim"
    CHOICE = "input-choice"
    NO_FIELD = "input-no-field"


class Window(StrEnum):
    """Where a moment is in the time of a consultation."""

    BEFORE = "before"
    OPEN = "open"
    AFTER = "after"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Round:
    """A consultation as far as time and place in the order of rounds go."""

    id: UUID
    topic_id: UUID
    meeting_id: UUID
    opens_at: datetime
    closes_at: datetime
    announced: bool = True
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the records allow: bodies that may be spoken for, countries and languages."""

    entities: Collection[UUID]
    countries: Collection[str]
    languages: Collection[str]
    questions: Collection[int]


@dataclass(frozen=True, slots=True)
class Head:
    """Who sends it, and what may be shown of it."""

    entity_id: UUID | None
    capacity: Capacity
    group: StakeholderGroup | None
    name: str
    organization: str
    country: str
    job_title: str
    language: str
    consent: Consent
    presents: bool


def window(round_: Round, now: datetime) -> Window:
    """The first instant of ``closes_at`` is late, whatever the sender's clock or zone says."""
    if round_.skipped:
        return Window.SKIPPED
    if now < round_.opens_at:
        return Window.BEFORE
    return Window.OPEN if now < round_.closes_at else Window.AFTER


def next_round(missed: Round, others: Iterable[Round], now: datetime) -> Round | None:
    """Where a late input goes (R4): to the round that closes next, and with it to its meeting.

    Where that meeting has several rounds, one on the same topic comes first.
    """
    to_come = [
        each
        for each in others
        if each.id != missed.id and each.announced and not each.skipped and now < each.closes_at
    ]
    if not to_come:
        return None
    first = min(to_come, key=lambda each: (each.closes_at, each.id))
    same = (each for each in to_come if each.meeting_id == first.meeting_id)
    return min(same, key=lambda each: (each.topic_id != missed.topic_id, each.closes_at, each.id))


# Fields.


def question_of(key: str) -> int | None:
    """The number of the question that a field answers."""
    number = key.removeprefix(QUESTION)
    sane = key.startswith(QUESTION) and number.isascii() and number.isdecimal()
    return (
        int(number) if sane and len(number) < len("10000") and number == str(int(number)) else None
    )


def is_field(key: str, questions: Collection[int]) -> bool:
    return key in {*HEAD, "summary", "free"} or question_of(key) in questions


def cleaned(key: str, raw: str) -> str:
    """A field in one spelling; what nobody can see is taken out, and nothing else."""
    said = text.visible(raw)
    if key in HEAD:
        said = " ".join(said.split())
    return said.upper() if key == "country" else said


LENGTHS: Final = {
    "summary": SUMMARY,
    "free": LONGEST,
    "name": NAME,
    "organization": ORGANIZATION,
    "job_title": JOB_TITLE,
}


def too_long(key: str, said: str) -> bool:
    most = LENGTHS.get(key, 40 if key in HEAD else LONGEST)
    return len(said) > most


def faults(said: Mapping[str, str], files: int, known: Known) -> dict[str, str]:
    """What stands between cleaned fields and being sent, by field."""
    entity = _id(said["entity"])
    alone = entity is None
    found: dict[str, str | None] = {
        "entity": _fault_of_entity(said["entity"], entity, known.entities),
        "capacity": _among(said["capacity"], FOR_ONESELF if alone else FOR_AN_ENTITY),
        "group": _among(said["group"], GROUPS) if alone else None,
        "name": _fault_of_words(said["name"], NAME, required=True),
        "organization": _fault_of_words(said["organization"], ORGANIZATION, required=alone),
        "country": _fault_of_country(said["country"], known.countries, required=alone),
        "job_title": _fault_of_words(said["job_title"], JOB_TITLE),
        "language": None if said["language"] in known.languages else FilingFault.LANGUAGE,
        "consent": _among(said["consent"], CONSENTS),
    }
    found |= {key: text.TextFault.TOO_LONG for key in said if too_long(key, said[key])}
    if not files and not any(text.readable(said[key]) for key in said if key not in HEAD):
        found["summary"] = FilingFault.NOTHING
    return {key: fault for key, fault in found.items() if fault}


def _fault_of_entity(raw: str, entity: UUID | None, may: Collection[UUID]) -> FilingFault | None:
    return None if not raw or entity in may else FilingFault.NO_CLAIM


GROUPS: Final = frozenset(StakeholderGroup)
CONSENTS: Final = frozenset(Consent)


def _among(value: str, those: Collection[str]) -> str | None:
    if value in those:
        return None
    return FilingFault.CHOICE if value else text.TextFault.MISSING


def _fault_of_words(said: str, most: int, *, required: bool = False) -> str | None:
    found = text.fault(said, most, required=required)
    return None if found is text.TextFault.MARKUP else found


def _fault_of_country(code: str, known: Collection[str], *, required: bool) -> str | None:
    if code in known or not (code or required):
        return None
    return FilingFault.CHOICE if code else text.TextFault.MISSING


def _id(raw: str) -> UUID | None:
    try:
        return UUID(raw)
    except ValueError:
        return None


def head(said: Mapping[str, str]) -> Head:
    """Of fields without faults."""
    entity = _id(said["entity"])
    return Head(
        entity_id=entity,
        capacity=Capacity(said["capacity"]),
        group=None if entity else StakeholderGroup(said["group"]),
        name=said["name"],
        organization=said["organization"],
        country=said["country"],
        job_title=said["job_title"],
        language=said["language"],
        consent=Consent(said["consent"]),
        presents=said["presents"] == YES,
    )


def content(slug: str, said: Mapping[str, str], attached: Iterable[Attached]) -> Content:
    """What a version says: answers that say nothing are none."""
    answers = {question_of(key): words for key, words in said.items() if words}
    return Content(
        consultation=slug,
        language=said["language"],
        summary=said.get("summary", ""),
        answers={number: words for number, words in answers.items() if number is not None},
        free=said.get("free", ""),
        attachments=tuple(attached),
    )
