"""Answers for people: a decision's values and one sentence in the reader's language."""

from enum import StrEnum
from uuid import UUID

from app.policy.captions import CaptionReason
from app.policy.chat import ChatReason
from app.policy.decision import Decision
from app.policy.floor import FloorReason
from app.policy.hands import HandsReason
from app.policy.statement import StatementReason
from app.protocol.messages import Answer, Explanation
from app.reasons import Translate, remedy, said, sentence
from app.services.wishes import Outcome

# Of what a wish may be refused for; no two of them have one value.
KINDS = (FloorReason, CaptionReason, ChatReason, HandsReason, StatementReason)
REASONS = {each.value: each for kind in KINDS for each in kind}


def explain(decision: Decision, gettext: Translate) -> Explanation:
    """A decision as page, problem and farewell tell it."""
    return Explanation(
        allowed=bool(decision),
        reason=decision.reason,
        clause=decision.clause.label,
        clause_text=decision.clause.paraphrase,
        edition=decision.edition,
        sentence=sentence(decision, gettext),
        remedy=decision.remedy,
        remedy_sentence=remedy(decision, gettext),
        facts_used=tuple(decision.used),
        facts_missing=tuple(decision.missing),
    )


def refusal(reason: StrEnum, gettext: Translate) -> Explanation:
    """A refusal that rests on a rule of the floor, the fence or the door, and on no clause."""
    return Explanation(allowed=False, reason=reason, sentence=said(reason, gettext))


def answer(wish_id: UUID, outcome: Outcome, gettext: Translate) -> Answer:
    """What became of a wish, with the words for a refusal."""
    if outcome.ok:
        return Answer(id=wish_id, ok=True, number=outcome.number)
    why = (
        explain(outcome.why, gettext)
        if outcome.why is not None
        else refusal(REASONS[outcome.reason], gettext)
    )
    return Answer(id=wish_id, ok=False, reason=outcome.reason, why=why, number=outcome.number)
