"""The one question that the rule answers: whether someone may do this here, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from app.policy.decision import Allowed, Clause, Decision, Denied, Fact, Ground, Reason, Remedy
from app.policy.edition import Edition, Grant, Rule
from app.policy.parts import Part, Right
from app.policy.people import Capacity, Category, Function, Standing

__all__ = ["Edition", "Part", "Right", "decide"]

ON_THE_LIST = (Fact.IDENTITY, Fact.MEMBERSHIP, Fact.REGISTRATION, Fact.APPROVAL)
IN_THE_ROOM = (*ON_THE_LIST, Fact.OPENING)
BY_NAME = (Fact.IDENTITY,)

NEEDS: Mapping[Right, tuple[Fact, ...]] = {
    Right.ATTEND: IN_THE_ROOM,
    Right.SPEAK: IN_THE_ROOM,
    Right.READ: ON_THE_LIST,
    Right.RAISE_POINT_OF_ORDER: IN_THE_ROOM,
    Right.FILE_INPUT: BY_NAME,
    Right.COMMENT: BY_NAME,
    Right.FILE_CONTRIBUTION: ON_THE_LIST,
    Right.TAKE_DECISIONS: (*IN_THE_ROOM, Fact.PRESENCE),
}
"""What someone named must bring as well."""

LOOKED_AT = {right: (Fact.CATEGORY, *facts) for right, facts in NEEDS.items()}

OBSTACLES: Mapping[Fact, tuple[Reason, Remedy]] = {
    Fact.IDENTITY: (Reason.NOT_IDENTIFIED, Remedy.SIGN_IN),
    Fact.MEMBERSHIP: (Reason.MEMBERSHIP_ENDED, Remedy.ASK_ENTITY_TO_JOIN),
    Fact.REGISTRATION: (Reason.NOT_REGISTERED, Remedy.REGISTER),
    Fact.APPROVAL: (Reason.NOT_APPROVED, Remedy.AWAIT_APPROVAL),
    Fact.OPENING: (Reason.NOT_YET_OPEN, Remedy.WAIT_FOR_OPENING),
    Fact.PRESENCE: (Reason.NOT_NAMED, Remedy.ATTEND_IN_PERSON),
}

BEING_THERE = frozenset({Right.ATTEND, Right.SPEAK, Right.READ})


def decide(edition: Edition, standing: Standing, part: Part, right: Right) -> Decision:
    """Whether someone of this standing has this right in this part, and by which clause.

    Total and pure; what nothing allows is denied. An obstacle that no paper could remove is told
    before one that a paper could: nobody is sent to register for a part that does not name them.
    """
    if standing.within is not None:
        return _seen(edition, standing, standing.within, part, right)
    case = _Case(edition, standing, part, right)
    if part not in edition.parts:
        return case.no_such_part()
    if standing.functions and (function := edition.serving(standing.functions, right)):
        return case.in_service(function)
    rule = edition.rule(part, right)
    case = case.after_membership(rule)
    missing = case.missing()
    grant = rule.named.get(case.standing.category)
    if grant and not missing:
        return case.named(grant)
    if public := rule.named.get(Category.PUBLIC):
        return case.in_public(public)
    if standing.invited and edition.invites(part, right):
        return case.invited(rule, missing)
    if grant:
        return case.short_of(rule, grant.clause, missing)
    return case.unnamed(rule)


def _seen(
    edition: Edition, standing: Standing, own: Standing, part: Part, right: Right
) -> Decision:
    """The answer for the standing that is looked at, and one's own no where one may not be there.

    What follows from the other rights is done and not shown, and whoever looks does nothing.
    """
    seen = decide(edition, replace(standing, within=None), part, right)
    if not seen or right not in BEING_THERE:
        return seen
    mine = decide(edition, own, part, right)
    return seen if mine else mine


@dataclass(slots=True)
class _Case:
    """One question, and each of the answers it may get."""

    edition: Edition
    standing: Standing
    part: Part
    right: Right

    def after_membership(self, rule: Rule) -> "_Case":
        """What membership gave ends with it; what is open to every stakeholder does not."""
        left = self.standing.category_left
        if not self.standing.membership_ended or left not in rule.named:
            return self
        return replace(self, standing=replace(self.standing, category=left, membership_ended=False))

    def missing(self) -> tuple[Fact, ...]:
        """The facts that the right needs and the standing lacks."""
        if self.standing.in_order:
            return ()
        needed = NEEDS[self.right]
        return tuple(fact for fact in self._lacking() if fact in needed)

    def _lacking(self) -> Iterator[Fact]:
        """What the standing lacks of all that rights may need, the hardest to mend first."""
        standing = self.standing
        if not standing.identified:
            yield Fact.IDENTITY
        if standing.membership_ended:
            yield Fact.MEMBERSHIP
        if not standing.registered:
            yield Fact.REGISTRATION
        if not standing.approved:
            yield Fact.APPROVAL
        if not standing.opened:
            yield Fact.OPENING
        if standing.remote and not self.edition.parameters.remote_may_decide:
            yield Fact.PRESENCE

    def named(self, grant: Grant) -> Allowed:
        used = LOOKED_AT[self.right]
        return self._yes(grant.clause, grant.reason, Ground.CATEGORY, used, capacity=grant.capacity)

    def in_public(self, grant: Grant) -> Allowed:
        return self._yes(grant.clause, Reason.PUBLIC, Ground.CATEGORY, ())

    def in_service(self, function: Function) -> Allowed:
        clause, used = self.edition.service.clause, (Fact.FUNCTION,)
        return self._yes(clause, Reason.FUNCTION, Ground.FUNCTION, used, function=function)

    def invited(self, rule: Rule, missing: tuple[Fact, ...]) -> Decision:
        """An invitation stands in for every paper; it opens no room before its time."""
        clause, used = self.edition.invited.clause, (Fact.INVITATION,)
        if Fact.OPENING in missing:
            return self.short_of(rule, clause, (Fact.OPENING,))
        return self._yes(
            clause, Reason.INVITATION, Ground.INVITATION, used, capacity=Capacity.EXPERT
        )

    def no_such_part(self) -> Denied:
        elsewhere = self._where()
        left = self._left_to_do(elsewhere)
        return self._no(self.edition.basis, Reason.NO_SUCH_PART, left, (), (), (), elsewhere)

    def short_of(self, rule: Rule, clause: Clause, missing: tuple[Fact, ...]) -> Denied:
        """Named, or invited, and lacking something: the first obstacle is the one told."""
        reason, remedy = OBSTACLES[missing[0]]
        used = tuple(fact for fact in LOOKED_AT[self.right] if fact not in missing)
        elsewhere = self._where() if self.standing.membership_ended else ()
        return self._no(clause, reason, remedy, used, missing, tuple(rule.named), elsewhere)

    def unnamed(self, rule: Rule) -> Denied:
        """Not among those named; of someone unknown it can only be said that they are unknown."""
        elsewhere, named = self._where(), tuple(rule.named)
        if self.standing.category is not Category.PUBLIC:
            left, missing = self._left_to_do(elsewhere), (Fact.CATEGORY,) if named else ()
            used = (Fact.CATEGORY,)
            return self._no(rule.clause, rule.refusal, left, used, missing, named, elsewhere)
        unknown = rule.refusal is Reason.NOT_NAMED and bool(named)
        reason = Reason.NOT_IDENTIFIED if unknown else rule.refusal
        left, missing = _introduction(rule), (Fact.IDENTITY,) if named else ()
        return self._no(rule.clause, reason, left, (), missing, named, elsewhere)

    def _yes(
        self,
        clause: Clause,
        reason: Reason,
        ground: Ground,
        used: tuple[Fact, ...],
        function: Function | None = None,
        capacity: Capacity | None = None,
    ) -> Allowed:
        return Allowed(
            self.edition.id,
            self.part,
            self.right,
            self.standing.category,
            clause,
            reason,
            ground,
            used,
            function,
            capacity,
        )

    def _no(
        self,
        clause: Clause,
        reason: Reason,
        remedy: Remedy,
        used: tuple[Fact, ...],
        missing: tuple[Fact, ...],
        named: tuple[Category, ...],
        elsewhere: tuple[Part, ...],
    ) -> Denied:
        return Denied(
            self.edition.id,
            self.part,
            self.right,
            self.standing.category,
            clause,
            reason,
            used,
            missing,
            remedy,
            named,
            elsewhere,
        )

    def _where(self) -> tuple[Part, ...]:
        """The parts in which the category, or what is left of it, has the right."""
        return self.edition.where(self.standing.category_left, self.right)

    def _left_to_do(self, elsewhere: tuple[Part, ...]) -> Remedy:
        """What remains to someone whom no paper would admit."""
        if elsewhere:
            return Remedy.ATTEND_OPEN_PART if self.right in BEING_THERE else Remedy.ANOTHER_PART
        if self.edition.where(self.standing.category, Right.FILE_INPUT):
            return Remedy.SEND_WRITTEN_INPUT
        return Remedy.NONE


def _introduction(rule: Rule) -> Remedy:
    """What someone unknown can do: a name is enough where stakeholders are named."""
    if Category.STAKEHOLDER in rule.named:
        return Remedy.SIGN_IN
    return Remedy.REGISTER_FOR_ENTITY if rule.named else Remedy.NONE
