"""What the values of the rule book and of the records are called on pages: one message each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, TypeAlias

from babel.lists import format_list
from starlette.requests import Request

from app import i18n, reasons
from app.errors import Conflict
from app.i18n import Language, translations, words
from app.mail import calendar
from app.policy.decision import ClauseKind
from app.policy.floor import RequestKind, Stance
from app.policy.form import FormFault
from app.policy.parameters import (
    Academia,
    Associates,
    Boundary,
    Invitation,
    Parameter,
    Precedence,
    Res99,
)
from app.policy.parts import Part, Right
from app.policy.people import Capacity, Category, StakeholderGroup
from app.policy.registration import ClaimFault, Mode, Owner, RegistrationState, Step
from app.policy.sitting import SittingState
from app.policy.text import TextFault

Say: TypeAlias = Callable[[str], str]
Audience: TypeAlias = Literal["open", "members"]

AUDIENCES: Final[Mapping[Part, Audience]] = {
    Part.CONSULTATION: "open",
    Part.FIRST_HALF: "open",
    Part.SECOND_HALF: "members",
    Part.WHOLE: "members",
}
PARTS: Final = calendar.PARTS
RIGHTS: Final[Mapping[Right, str]] = {
    Right.ATTEND: words("Attend"),
    Right.SPEAK: words("Speak"),
    Right.READ: words("Read its documents"),
    Right.RAISE_POINT_OF_ORDER: words("Raise a point of order"),
    Right.FILE_INPUT: words("Send a written input"),
    Right.COMMENT: words("Comment on the draft report"),
    Right.FILE_CONTRIBUTION: words("File a contribution"),
    Right.TAKE_DECISIONS: words("Take part in decisions"),
}
CATEGORIES: Final[Mapping[Category, str]] = {
    Category.MEMBER_STATE: words("Member State"),
    Category.SECTOR_MEMBER: words("Sector Member"),
    Category.ASSOCIATE: words("Associate"),
    Category.ACADEMIA: words("Academia"),
    Category.RES_99: words("Resolution 99"),
    Category.UN_ORGANIZATION: words("UN organization"),
    Category.INTERGOVERNMENTAL_ORGANIZATION: words("Intergovernmental organization"),
    Category.STAKEHOLDER: words("Other stakeholder"),
    Category.PUBLIC: words("Public"),
}
"""As the names of columns and of one person's category."""
THOSE: Final[dict[Category, str]] = {
    Category.MEMBER_STATE: words("Member States"),
    Category.SECTOR_MEMBER: words("Sector Members"),
    Category.ASSOCIATE: words("Associates"),
    Category.ACADEMIA: words("Academia"),
    Category.RES_99: words("Resolution 99 (as observer)"),
    Category.UN_ORGANIZATION: words("UN organizations"),
    Category.INTERGOVERNMENTAL_ORGANIZATION: words("intergovernmental organizations"),
    Category.STAKEHOLDER: words("other stakeholders"),
    Category.PUBLIC: words("the public"),
}
"""As those whom a sentence names."""
REGIONS: Final[Mapping[str, str]] = {
    "africa": words("Africa"),
    "americas": words("Americas"),
    "arab_states": words("Arab States"),
    "asia_pacific": words("Asia-Pacific"),
    "cis": words("CIS"),
    "europe": words("Europe"),
}
REQUESTS: Final[Mapping[RequestKind, str]] = {
    RequestKind.POINT_OF_ORDER: words("Point of order"),
    RequestKind.MOTION: words("Motion"),
    RequestKind.INTERVENTION: words("Intervention"),
    RequestKind.RIGHT_OF_REPLY: words("Right of reply"),
}
STANCES: Final[Mapping[Stance, str]] = {
    Stance.FOR: words("For"),
    Stance.AGAINST: words("Against"),
}
CAPACITIES: Final[Mapping[Capacity, str]] = {
    Capacity.DELEGATE: words("Delegate"),
    Capacity.OBSERVER: words("Observer"),
    Capacity.EXPERT: words("Expert"),
    Capacity.INDIVIDUAL: words("Individual"),
}
GROUPS: Final[Mapping[StakeholderGroup, str]] = {
    StakeholderGroup.GOVERNMENTS: words("Governments"),
    StakeholderGroup.PRIVATE_SECTOR: words("Private sector"),
    StakeholderGroup.CIVIL_SOCIETY: words("Civil society"),
    StakeholderGroup.TECHNICAL_COMMUNITY: words("Technical community"),
    StakeholderGroup.ACADEMIA: words("Academia"),
    StakeholderGroup.INTERNATIONAL_ORGANIZATIONS: words(
        "International and intergovernmental organizations"
    ),
    StakeholderGroup.UN_ORGANIZATIONS: words("UN organizations"),
    StakeholderGroup.OTHER: words("Another group"),
}
SITTINGS: Final[Mapping[SittingState, str]] = {
    SittingState.SCHEDULED: words("to come"),
    SittingState.OPEN: words("open now"),
    SittingState.CLOSING: words("closing"),
    SittingState.CLOSED: words("closed"),
}
REGISTRATIONS: Final[Mapping[RegistrationState, str]] = {
    RegistrationState.SUBMITTED: words("Acknowledged, not yet confirmed"),
    RegistrationState.APPROVED: words("Confirmed"),
    RegistrationState.REJECTED: words("Rejected"),
    RegistrationState.WITHDRAWN: words("Withdrawn"),
    RegistrationState.NOMINATED: words("Put forward, to be confirmed by the person"),
}
STEPS: Final[Mapping[Step, str]] = {
    Step.SUBMITTED: words("Registration received"),
    Step.EDITED: words("Registration changed"),
    Step.CONFIRMED: words("Confirmed at once: nobody's approval is needed"),
    Step.APPROVED: words("Approved"),
    Step.REJECTED: words("Rejected"),
    Step.WITHDRAWN: words("Withdrawn"),
    Step.ASKED: words("Question"),
    Step.ANSWERED: words("Answer"),
    Step.REOPENED: words("Decision taken back"),
    Step.NOMINATED: words("Put forward"),
    Step.ACCEPTED: words("Confirmed by the person"),
    Step.REPLACED: words("Replaced by another delegate"),
    Step.STEPPED_IN: words("Approved in the place of another delegate"),
}
OWNERS: Final[Mapping[Owner, str]] = {
    Owner.APPLICANT: words("You"),
    Owner.FOCAL_POINT: words("Your focal point"),
    Owner.SECRETARIAT: words("Secretariat"),
    Owner.NOBODY: words("Nobody"),
}
MODES: Final[Mapping[Mode, str]] = {
    Mode.IN_PERSON: words("In person"),
    Mode.REMOTE: words("Remotely"),
}
KINDS: Final[Mapping[ClauseKind, str]] = {
    ClauseKind.TEXT: words("clause of the text"),
    ClauseKind.INSTRUMENT: words("another instrument"),
    ClauseKind.SETTLED: words("settled by this edition"),
}
PARAMETERS: Final[Mapping[Parameter, str]] = {
    Parameter.BOUNDARY: words("Where the two halves meet"),
    Parameter.ACADEMIA: words("Academia in the second half"),
    Parameter.RES_99: words("Resolution 99 where the text names members only"),
    Parameter.ASSOCIATES: words("What Associates send in"),
    Parameter.INVITATION: words("Experts invited by the chair"),
    Parameter.LEAD_TIMES: words("Time between consultation and meeting"),
    Parameter.PRECEDENCE: words("Order on the list of speakers of the first half"),
    Parameter.REMOTE_MAY_DECIDE: words("Remote participants in decisions"),
}
FAULTS: Final[Mapping[str, str]] = {
    fault.value: message
    for fault, message in (
        *reasons.TEXTS.items(),
        *reasons.CLAIMS.items(),
        *reasons.ATTENDANCE_FAULTS.items(),
        *reasons.IDENTITY_FAULTS.items(),
        *reasons.ANSWER_FAULTS.items(),
        *reasons.FORM_FAULTS.items(),
        *reasons.LISTING_FAULTS.items(),
        *reasons.DELEGATION_FAULTS.items(),
        *reasons.SHEETS.items(),
        *reasons.LINES.items(),
        *reasons.PICTURES.items(),
        *reasons.CONSULTATION_FAULTS.items(),
        *reasons.FILING_FAULTS.items(),
        *reasons.FILES.items(),
        *reasons.PUBLICATION_FAULTS.items(),
        *reasons.DOCUMENT_FAULTS.items(),
        *reasons.OUTCOME_FAULTS.items(),
    )
}
"""What is wrong with a field; the vocabularies share no value."""
TO_DO: Final[Mapping[tuple[str, str], str]] = {
    ("represents", ClaimFault.ENTITY_OR_GROUP): words("Choose whom you represent."),
    ("q", TextFault.MISSING): words("Find and choose the body that you represent."),
    ("group", TextFault.MISSING): words("Choose the group that is nearest to yours."),
    ("organization", TextFault.MISSING): words("Enter your organization, or “none”."),
    ("country", TextFault.MISSING): words("Choose your country."),
    ("country", ClaimFault.UNKNOWN_COUNTRY): words("Choose a country from the list."),
    ("name", TextFault.MISSING): words("Enter your name."),
    ("reason", TextFault.MISSING): words("Say why you reject it: the person will read it."),
    ("passkey", TextFault.MISSING): words("Give it a name by which you know it again."),
    ("question", TextFault.MISSING): words("Write your question: the person will read it."),
    ("answer", TextFault.MISSING): words("Write your answer: those who decide will read it."),
    ("letter", TextFault.MISSING): words("Name the letter on file, by its mark or its date."),
    ("purpose-en", FormFault.NO_ENGLISH): words("Say in English what the answer is for."),
    ("title", TextFault.MISSING): words("Enter a title."),
    ("subject", TextFault.MISSING): words("Enter a subject."),
    ("text", TextFault.MISSING): words("Write a text."),
    ("source", TextFault.MISSING): words("Name the source."),
    ("translator", TextFault.MISSING): words("Name the translator."),
    ("why", TextFault.MISSING): words("Say how it is known: it is kept with the correction."),
}
"""By field and fault: what to do is a better sentence than what is wrong."""
ANSWERS: Final[Sequence[Mapping[StrEnum, str]]] = (
    {
        Boundary.NEAREST_HALF: words("between the sittings nearest to half of the minutes"),
        Boundary.STATED: words("where it is stated"),
    },
    {Academia.NOT_NAMED: words("not named"), Academia.NAMED: words("named")},
    {Res99.OBSERVER: words("admitted as an observer"), Res99.NOT_NAMED: words("not named")},
    {Associates.INPUTS: words("inputs"), Associates.CONTRIBUTIONS: words("contributions")},
    {
        Invitation.ONE_ITEM: words("a named expert, for one item"),
        Invitation.NONE: words("nobody"),
    },
    {
        Precedence.ORDINARY: words("no preference"),
        Precedence.NON_MEMBERS_FIRST: words("non-members first"),
    },
)

VOCABULARIES: Final[Sequence[Iterable[tuple[StrEnum, str]]]] = (
    PARTS.items(),
    RIGHTS.items(),
    CATEGORIES.items(),
    CAPACITIES.items(),
    GROUPS.items(),
    SITTINGS.items(),
    REGISTRATIONS.items(),
    STEPS.items(),
    OWNERS.items(),
    MODES.items(),
    KINDS.items(),
    PARAMETERS.items(),
    *(answers.items() for answers in ANSWERS),
)
# By type as well: members of two vocabularies that have one value are equal as keys.
CATALOGUE: Final[Mapping[tuple[type, str], str]] = reasons.CATALOGUE | {  # type: ignore[operator]  # a dict behind the Mapping
    (type(value), value.value): message for pairs in VOCABULARIES for value, message in pairs
}

CHOICES: Final[Mapping[str, str]] = {
    "agree": words("Agree"),
    "disagree": words("Disagree"),
    "abstain": words("Abstain"),
}


def chosen(choice: str, say: Say) -> str:
    """A choice of a show of hands as it was written; the usual ones in the reader's language."""
    return say(CHOICES[choice]) if choice in CHOICES else choice


def spoken(request: Request) -> Say:
    """The catalogue in the reader's language."""
    return translations(tongue(request)).gettext


def tongue(request: Request) -> Language:
    """The reader's language."""
    return getattr(request.state, "language", Language.ENGLISH)


def said(value: StrEnum, say: Say) -> str:
    """What a value is called, in the reader's language."""
    return say(CATALOGUE[type(value), value.value])


def problem(field: str, fault: str, say: Say) -> str:
    """What is wrong with a field of a form, as a sentence to be linked to it."""
    return say(TO_DO.get((field, fault)) or FAULTS[fault])


DECIDED: Final[Mapping[RegistrationState, str]] = {
    RegistrationState.APPROVED: words("%(name)s has approved it already, at %(time)s UTC."),
    RegistrationState.REJECTED: words("%(name)s has rejected it already, at %(time)s UTC."),
}


def told_late(late: Conflict, language: Language) -> str:
    """What was possible before and is not any more; of a decision also whose it was, and when."""
    say = translations(language).gettext
    by, at = late.facts.get("by"), late.facts.get("at")
    sentence = DECIDED.get(RegistrationState(str(late.facts.get("state", "submitted"))))
    if sentence and by and isinstance(at, datetime):
        return say(sentence) % {"name": by, "time": i18n.clock(at, "UTC", language)}
    if isinstance(late.reason, StrEnum):
        return said(late.reason, say)
    return late.reason


def listed(names: Iterable[str], language: Language) -> str:
    """Names in one sentence: ``Kenya, Chile and France``."""
    return format_list(list(names), locale=language.locale)
