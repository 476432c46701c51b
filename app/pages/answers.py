"""A decision about a sitting as people read it: yes, no or in between, why, and what next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from app import i18n, reasons
from app.i18n import Language, translations, words
from app.models import Meeting, Registration, Sitting
from app.pages.words import THOSE, Say, listed, said
from app.policy.access import Edition, decide
from app.policy.decision import Decision, Denied, Fact, Reason, Remedy
from app.policy.invitation import Invited
from app.policy.parts import Part, Right
from app.policy.people import Capacity, Category, Standing
from app.policy.sitting import SittingState

Shape: TypeAlias = Literal["yes", "later", "members", "no"]
Link: TypeAlias = tuple[str, str]

LATER: Final[Mapping[Remedy, str]] = {
    Remedy.SIGN_IN: words("Sign in and register to attend"),
    Remedy.REGISTER: words("Register to attend"),
    Remedy.AWAIT_APPROVAL: words("You may attend once you are approved"),
}
MAY: Final[Mapping[Right, tuple[str, str]]] = {
    Right.ATTEND: (words("You may attend"), words("You may not attend")),
    Right.SPEAK: (words("You may speak"), words("You may not speak")),
    Right.READ: (words("You may read the documents"), words("You may not read the documents")),
    Right.RAISE_POINT_OF_ORDER: (
        words("You may raise a point of order"),
        words("You may not raise a point of order"),
    ),
    Right.FILE_INPUT: (words("You may send an input"), words("You may not send an input")),
    Right.COMMENT: (
        words("You may comment on the draft report"),
        words("You may not comment on the draft report"),
    ),
    Right.FILE_CONTRIBUTION: (
        words("You may file a contribution"),
        words("You may not file a contribution"),
    ),
    Right.TAKE_DECISIONS: (
        words("You may take part in decisions"),
        words("You may not take part in decisions"),
    ),
}
AS: Final[Mapping[Capacity, str]] = {
    Capacity.OBSERVER: words("You may attend as an observer"),
    Capacity.EXPERT: words("You may attend as an expert"),
}
FACTS: Final[Mapping[Fact, tuple[str, str, str]]] = {
    Fact.CATEGORY: (words("Category"), "", words("not among those named")),
    Fact.FUNCTION: (words("Function in this meeting"), "", words("none")),
    Fact.INVITATION: (words("Invitation by the chair"), words("for this item"), words("none")),
    Fact.IDENTITY: (words("Identity"), words("verified"), words("not known yet")),
    Fact.MEMBERSHIP: (words("Membership on the day"), words("valid"), words("ended")),
    Fact.REGISTRATION: (words("Registration"), words("received"), words("none yet")),
    Fact.APPROVAL: (words("Approval"), words("given, or not needed"), words("not given yet")),
    Fact.OPENING: (words("Room"), words("open"), words("not open now")),
    Fact.PRESENCE: (words("Presence"), words("in the hall"), words("remote")),
}
"""What a fact is called, and what is said of it where it is there and where it is missing."""
IN_A_WORD: Final[Mapping[Shape, str]] = {
    "yes": words("Yes"),
    "later": words("Not yet"),
    "members": words("Members only"),
    "no": words("No"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the component ``decision`` shows; every string is in the reader's language."""

    shape: Shape
    verdict: str
    part: str
    sentence: str
    clause: str
    paraphrase: str
    edition: str
    facts: tuple[tuple[str, str], ...] = ()
    change: tuple[str, ...] = ()
    next: tuple[Link, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the person may, now or as soon as the room opens."""
        return self.shape == "yes"


@dataclass(frozen=True, slots=True)
class Case:
    """Someone's standing at one sitting, and the rule that its meeting pins."""

    meeting: Meeting
    sitting: Sitting
    edition: Edition
    standing: Standing
    registration: Registration | None = None
    body: str = ""
    opens_at: datetime | None = None
    invited: Invited | None = None

    def decision(self, right: Right = Right.ATTEND) -> Decision:
        return decide(self.edition, self.standing, self.sitting.part, right)

    @property
    def title(self) -> str:
        """The sitting's title, where the person may read it: titles are content (A18)."""
        return self.sitting.title if self.decision(Right.READ) else ""

    @property
    def over(self) -> bool:
        """Whether nobody can enter any more."""
        return self.sitting.state in {SittingState.CLOSING, SittingState.CLOSED}

    @property
    def register(self) -> str:
        """Where to register for the meeting, or to change one's registration."""
        return f"/meetings/{self.meeting.slug}/register"

    @property
    def why(self) -> str:
        return f"/sittings/{self.sitting.id}/why"


def answer(decision: Decision, language: Language, case: Case | None = None) -> Answer:
    """The decision for people; with a case also what was found of them, and where to go."""
    say = translations(language).gettext
    return Answer(
        shape=shape(decision),
        verdict=verdict(decision, say, case),
        part=said(decision.part, say),
        sentence=_sentence(decision, say, case),
        clause=say(decision.clause.label),
        paraphrase=say(decision.clause.paraphrase),
        edition=decision.edition,
        facts=tuple(_facts(decision, say, case.body if case else "")),
        change=tuple(_change(decision, language, case)),
        next=tuple(_next(decision, say, case)) if case else (),
    )


def _sentence(decision: Decision, say: Say, case: Case | None) -> str:
    """Why; of a room that is not open yet also why it will be open to this person."""
    told = reasons.sentence(decision, say)
    if case is None or decision.reason is not Reason.NOT_YET_OPEN:
        return told
    once_open = replace(case.standing, opened=True)
    then = decide(case.edition, once_open, decision.part, decision.right)
    return f"{reasons.sentence(then, say)} {told}"


def shape(decision: Decision) -> Shape:
    """Yes, no, or something in between that a paper or some patience would change."""
    if decision or decision.reason is Reason.NOT_YET_OPEN:
        return "yes"
    if decision.remedy is Remedy.REGISTER_FOR_ENTITY:
        return "members"
    return "later" if decision.remedy in LATER else "no"


def verdict(decision: Decision, say: Say, case: Case | None = None) -> str:
    """The answer in a few words; about attending it says what is still missing."""
    if decision.right is not Right.ATTEND:
        return say(MAY[decision.right][0 if decision else 1])
    if case and case.over:
        return say(words("It is over"))
    if decision:
        may, _ = MAY[Right.ATTEND]
        return say(AS.get(decision.capacity, may) if decision.capacity else may)
    if decision.reason is Reason.NOT_YET_OPEN:
        return say(words("You may attend when it opens"))
    if decision.remedy is Remedy.REGISTER_FOR_ENTITY:
        return say(words("Only for those who represent a member"))
    if decision.remedy in LATER:
        return say(LATER[_of_known(decision)])
    if decision.reason is Reason.NOT_NAMED and decision.category is Category.STAKEHOLDER:
        return say(words("You may not attend as a stakeholder"))
    return say(words("You may not attend"))


def _of_known(decision: Decision) -> Remedy:
    """Someone signed in is asked not to sign in but to register, with name and country."""
    known = decision.category is not Category.PUBLIC
    return Remedy.REGISTER if known and decision.remedy is Remedy.SIGN_IN else decision.remedy


def lock(decision: Denied, language: Language) -> str:
    """Why something of a part is not shown: the sentence that stands beside the lock."""
    say = translations(language).gettext
    clause = say(decision.clause.label)
    if not decision.named:
        return say(words("Not shown, because of %(clause)s.")) % {"clause": clause}
    those = listed((say(THOSE[category]) for category in decision.named), language)
    sentence = words("Members only, because %(clause)s keeps this part for %(those)s.")
    return say(sentence) % {"clause": clause, "those": those}


def invitation_of(case: Case, language: Language) -> str:
    """What an expert needs to know: for which item, until when, and whether it is in hand now."""
    if case.invited is None:
        return ""
    say, zone = translations(language).gettext, case.sitting.time_zone
    told = say(
        words(
            "You are invited as an expert for item %(item)s, until %(time)s (%(offset)s) on"
            " %(day)s: you may attend and speak while that item is in hand."
        )
    ) % {
        "item": case.invited.item,
        "time": i18n.clock(case.invited.until, zone, language),
        "offset": i18n.offset(case.invited.until, zone),
        "day": i18n.day(case.invited.until, zone, language),
    }
    now = words("It is in hand now.") if case.invited.in_hand else words("It is not in hand yet.")
    return f"{told} {say(now)}"


def opening(case: Case, language: Language) -> str:
    """When a room will take people: by the clock, or by a fence and no clock (A2)."""
    say = translations(language).gettext
    if case.over:
        return say(words("The sitting is over."))
    if case.opens_at is None:
        return say(words("It opens when the chair has closed the open part; no clock opens it."))
    zone = case.sitting.time_zone
    return say(words("The room opens on %(day)s at %(time)s (%(offset)s).")) % {
        "day": i18n.day(case.opens_at, zone, language),
        "time": i18n.clock(case.opens_at, zone, language),
        "offset": i18n.offset(case.opens_at, zone),
    }


def opens_at(sitting: Sitting, before: timedelta) -> datetime | None:
    """When the room of a sitting takes people, where a clock decides it."""
    return None if sitting.part is Part.SECOND_HALF else sitting.starts_at - before


def _facts(decision: Decision, say: Say, body: str) -> list[tuple[str, str]]:
    """Each fact once: what is missing is not also told as given."""
    looked_at = dict.fromkeys(decision.used, True) | dict.fromkeys(decision.missing, False)
    entity = [(say(words("Entity")), body)] if body else []
    return entity + [_fact(decision, fact, say, there=there) for fact, there in looked_at.items()]


def _fact(decision: Decision, fact: Fact, say: Say, *, there: bool) -> tuple[str, str]:
    name, given, missing = FACTS[fact]
    if fact is Fact.CATEGORY:
        return say(name), said(decision.category, say)
    if decision and fact is Fact.FUNCTION and decision.function:
        return say(name), said(decision.function, say)
    return say(name), say(given if there else missing)


def _change(decision: Decision, language: Language, case: Case | None) -> list[str]:
    """What would have to be otherwise, or where else the person has this right."""
    if decision:
        return []
    say = translations(language).gettext
    if case and decision.reason is Reason.NOT_YET_OPEN:
        return [opening(case, language)]
    sentences = [reasons.remedy(decision, say)]
    if decision.reason in {Reason.NOT_NAMED, Reason.NOT_IDENTIFIED} and decision.named:
        those = listed((say(THOSE[category]) for category in decision.named), language)
        sentences.append(say(words("Named here: %(those)s.")) % {"those": those})
    if decision.elsewhere:
        parts = listed((said(part, say) for part in decision.elsewhere), language)
        sentences.append(say(words("You have this right in: %(parts)s.")) % {"parts": parts})
    return sentences


def _next(decision: Decision, say: Say, case: Case) -> list[Link]:
    """Where to go from here; the first is the one most people want."""
    if case.over:
        return []
    if decision:
        enters = decision.right is Right.ATTEND
        return [(f"/room/{case.sitting.id}", say(words("Enter the room")))] if enters else []
    found = WAYS.get(decision.remedy, _nowhere)(say, case)
    represents_nobody = decision.reason is Reason.NOT_NAMED and not case.standing.registered
    return [*found, *_to_register(say, case)] if represents_nobody else found


def _nowhere(_say: Say, _case: Case) -> list[Link]:
    return []


def _to_register(say: Say, case: Case) -> list[Link]:
    return [(case.register, say(words("Register")))]


def _to_track(say: Say, case: Case) -> list[Link]:
    if case.registration is None:
        return []
    there = f"/registrations/{case.registration.reference}"
    return [(there, say(words("Follow your registration")))]


def _to_open_parts(say: Say, case: Case) -> list[Link]:
    return [(f"/meetings/{case.meeting.slug}", say(words("See the parts that are open to you")))]


WAYS: Final[Mapping[Remedy, Callable[[Say, Case], list[Link]]]] = {
    Remedy.SIGN_IN: _to_register,
    Remedy.REGISTER: _to_register,
    Remedy.REGISTER_FOR_ENTITY: _to_register,
    Remedy.AWAIT_APPROVAL: _to_track,
    Remedy.WAIT_FOR_OPENING: _to_track,
    Remedy.ATTEND_OPEN_PART: _to_open_parts,
}
