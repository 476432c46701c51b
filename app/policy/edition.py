"""An edition of the access rule: what its text grants to whom, and where it was silent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from app.policy.decision import Clause, Reason
from app.policy.parameters import Invitation, Parameter, Parameters
from app.policy.parts import Part, Right
from app.policy.people import Capacity, Category, Function


class Status(StrEnum):
    """What became of the text that an edition follows."""

    PROPOSED = "proposed"
    IN_FORCE = "in-force"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Grant:
    """The clause that names a category, and how: by itself, or as something."""

    clause: Clause
    reason: Reason = Reason.NAMED
    capacity: Capacity | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One right in one part: whom it names, and what everyone else is told."""

    clause: Clause
    named: Mapping[Category, Grant] = field(default_factory=dict, hash=False)
    refusal: Reason = Reason.NOT_NAMED


@dataclass(frozen=True, slots=True)
class Alternative:
    """More grants, in force only while a parameter has this value."""

    parameter: Parameter
    value: str
    parts: frozenset[Part]
    rights: frozenset[Right]
    categories: frozenset[Category]
    grant: Grant


@dataclass(frozen=True, slots=True)
class Service:
    """What the functions of a meeting may do in each of its parts, in order to serve it."""

    clause: Clause
    rights: Mapping[Function, frozenset[Right]] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Invited:
    """What the chair's invitation for one item opens, and where (A10)."""

    clause: Clause
    parts: frozenset[Part]
    rights: frozenset[Right]


@dataclass(frozen=True)
class Edition:
    """One dated version of the access rule, as read from its text.

    ``granted`` is what the text grants; ``rules`` adds the alternatives that the parameters choose,
    and ``places`` turns them round: the parts in which a category has a right. ``settled`` tells
    how the open questions of the text were answered, for people to read.
    """

    id: str
    year: int
    title: str
    status: Status
    source: str
    parts: tuple[Part, ...]
    basis: Clause
    clauses: Mapping[str, Clause] = field(hash=False)
    granted: Mapping[tuple[Part, Right], Rule] = field(hash=False)
    service: Service
    invited: Invited
    parameters: Parameters
    alternatives: tuple[Alternative, ...] = ()
    settled: Mapping[str, str] = field(default_factory=dict, hash=False)
    text: str = field(default="", repr=False)
    digest: str = ""
    rules: Mapping[tuple[Part, Right], Rule] = field(init=False, repr=False, hash=False)
    places: Mapping[tuple[Category, Right], tuple[Part, ...]] = field(
        init=False, repr=False, hash=False
    )

    def __post_init__(self) -> None:
        answer = self.parameters.answer
        chosen = [each for each in self.alternatives if answer(each.parameter) == each.value]
        rules = {place: _widened(rule, place, chosen) for place, rule in self.granted.items()}
        object.__setattr__(self, "rules", MappingProxyType(rules))
        object.__setattr__(self, "places", MappingProxyType(_places(self.parts, rules)))

    def rule(self, part: Part, right: Right) -> Rule:
        """The rule for one right in one part; where the text is silent it names nobody."""
        return self.rules.get((part, right)) or Rule(self.basis)

    def serving(self, functions: frozenset[Function], right: Right) -> Function | None:
        """The first of someone's functions that has this right by way of service."""
        for function in sorted(functions):
            if right in self.service.rights[function]:
                return function
        return None

    def invites(self, part: Part, right: Right) -> bool:
        """Whether an invitation for one item reaches this right in this part."""
        covered = part in self.invited.parts and right in self.invited.rights
        return covered and self.parameters.invitation is Invitation.ONE_ITEM

    def where(self, category: Category, right: Right) -> tuple[Part, ...]:
        """The parts in which someone of this category has this right."""
        return self.places[category, right]


def _widened(rule: Rule, place: tuple[Part, Right], chosen: list[Alternative]) -> Rule:
    named = dict(rule.named)
    for each in chosen:
        if place[0] in each.parts and place[1] in each.rights:
            named |= dict.fromkeys(each.categories, each.grant)
    return Rule(rule.clause, MappingProxyType(named), rule.refusal)


def _places(
    parts: tuple[Part, ...], rules: Mapping[tuple[Part, Right], Rule]
) -> dict[tuple[Category, Right], tuple[Part, ...]]:
    return {
        (category, right): tuple(
            part
            for part in parts
            if (part, right) in rules and category in rules[part, right].named
        )
        for category in Category
        for right in Right
    }
