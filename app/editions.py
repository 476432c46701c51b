"""Reads the editions of the rule from their texts, and refuses one that it does not understand."""

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, NoReturn, TypeVar

from app.policy.decision import Clause, ClauseKind, Reason
from app.policy.edition import (
    Alternative,
    Edition,
    Grant,
    Invited,
    Rule,
    Service,
    Status,
)
from app.policy.parameters import (
    SWITCHES,
    Academia,
    Associates,
    Boundary,
    Invitation,
    LeadTimes,
    Parameter,
    Parameters,
    Precedence,
    Res99,
)
from app.policy.parts import Part, Right
from app.policy.people import Capacity, Category, Function

FOLDER: Final = Path(__file__).parent / "data" / "editions"
DEFAULT: Final = "eur-44a4-2022"

ALL: Final = "all"
EVERYONE_KNOWN: Final = tuple(each for each in Category if each is not Category.PUBLIC)
AMBIGUITIES: Final = tuple(f"A{number}" for number in range(1, 21))
SILENT: Final = frozenset({Academia.NOT_NAMED, Res99.NOT_NAMED, Associates.INPUTS})

Name = TypeVar("Name", bound=StrEnum)
Clauses = Mapping[str, Clause]


class Fault(ValueError):
    """A text that is no edition; the message names the file and the path of the key."""


def digest(text: str) -> str:
    """What a meeting pins together with the text."""
    return hashlib.sha256(text.encode()).hexdigest()


def load(folder: Path = FOLDER) -> dict[str, Edition]:
    """Every edition in a folder by its id, the oldest first; a single fault and none is given."""
    found = [_from_file(path) for path in sorted(folder.glob("*.toml"))]
    return {edition.id: edition for edition in sorted(found, key=lambda each: each.year)}


def _from_file(path: Path) -> Edition:
    edition = read(path.read_text(encoding="utf-8"), path.name)
    if edition.id != path.stem:
        raise Fault(f'{path.name}: id: "{edition.id}" is not the name of the file')
    return edition


@lru_cache(maxsize=64)
def read(text: str, name: str = "edition") -> Edition:
    """The edition that a text states, which cannot change; ``name`` is what a fault calls it."""
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise Fault(f"{name}: {fault}") from fault
    return _edition(_Node(name, "", value), text)


@dataclass(frozen=True, slots=True)
class _Node:
    """A value in a text, and where it stands."""

    file: str
    path: str
    value: object

    def fault(self, what: str) -> NoReturn:
        where = f"{self.file}: {self.path}" if self.path else self.file
        raise Fault(f"{where}: {what}")

    def _under(self, key: str, value: object) -> "_Node":
        return _Node(self.file, f"{self.path}.{key}" if self.path else key, value)

    def entries(self) -> Iterator[tuple[str, "_Node"]]:
        if not isinstance(self.value, dict):
            self.fault("a table is expected")
        return ((key, self._under(key, value)) for key, value in self.value.items())

    def table(self, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, "_Node"]:
        """The entries of a table that has these keys and no others."""
        required, known = tuple(required), (*required, *optional)
        found = dict(self.entries())
        for key, node in found.items():
            if key not in known:
                node.fault(f"unknown key; one of {', '.join(known)}")
        for key in required:
            if key not in found:
                self._under(key, None).fault("missing")
        return found

    def items(self) -> list["_Node"]:
        if not isinstance(self.value, list):
            self.fault("a list is expected")
        return [
            _Node(self.file, f"{self.path}[{index}]", value)
            for index, value in enumerate(self.value)
        ]

    def text(self) -> str:
        if not isinstance(self.value, str):
            self.fault("a text is expected")
        if not self.value.strip():
            self.fault("is empty")
        return self.value

    def number(self) -> int:
        if type(self.value) is not int:
            self.fault("a whole number is expected")
        if self.value < 0:
            self.fault("must not be negative")
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            self.fault("true or false is expected")
        return self.value

    def known(self, names: Iterable[str], what: str) -> str:
        """A text that is one of these names."""
        names, value = tuple(names), self.text()
        if value not in names:
            self.fault(f'unknown {what} "{value}"; one of {", ".join(names)}')
        return value

    def one(self, kind: type[Name], what: str, among: Iterable[Name] | None = None) -> Name:
        """A member of a vocabulary, or of a portion of it."""
        return kind(self.known(kind if among is None else among, what))

    def each(self, kind: type[Name], what: str, among: Iterable[Name] | None = None) -> list[Name]:
        """A list of members of a vocabulary, none of them twice."""
        found: list[Name] = []
        for node in self.items():
            name = node.one(kind, what, among)
            if name in found:
                node.fault(f'"{name}" is there twice')
            found.append(name)
        return found

    def clause(self, clauses: Clauses) -> Clause:
        return clauses[self.known(clauses, "clause")]


KEYS: Final = (
    "id",
    "year",
    "title",
    "status",
    "source",
    "parts",
    "basis",
    "clauses",
    "parameters",
    "grants",
    "functions",
    "invitation",
    "settled",
)


def _edition(root: _Node, text: str) -> Edition:
    top = root.table(KEYS, ["alternatives"])
    parts = tuple(top["parts"].each(Part, "part"))
    settled = {key: node.text() for key, node in top["settled"].table((), AMBIGUITIES).items()}
    clauses = _clauses(top["clauses"], settled)
    parameters = _parameters(top["parameters"])
    alternatives = _alternatives(top.get("alternatives"), parts, clauses)
    _check_switches(top["parameters"], parameters, alternatives)
    return Edition(
        id=top["id"].text(),
        year=top["year"].number(),
        title=top["title"].text(),
        status=top["status"].one(Status, "status"),
        source=top["source"].text(),
        parts=parts,
        basis=top["basis"].clause(clauses),
        clauses=MappingProxyType(clauses),
        granted=MappingProxyType(_grants(top["grants"], parts, clauses)),
        service=_service(top["functions"], clauses),
        invited=_invited(top["invitation"], parts, clauses),
        parameters=parameters,
        alternatives=alternatives,
        settled=MappingProxyType(settled),
        text=text,
        digest=digest(text),
    )


def _clauses(node: _Node, settled: Mapping[str, str]) -> dict[str, Clause]:
    """The clauses of the text, and the answers to its open questions, which are cited like them."""
    written = {key: _clause(key, each) for key, each in node.entries()}
    answers = {key: Clause(key, key, text, ClauseKind.SETTLED) for key, text in settled.items()}
    return written | answers


def _clause(key: str, node: _Node) -> Clause:
    if key in AMBIGUITIES:
        node.fault("this name is kept for what is settled")
    entry = node.table(["label", "paraphrase"], ["kind"])
    kind = entry["kind"].one(ClauseKind, "kind") if "kind" in entry else ClauseKind.TEXT
    return Clause(key, entry["label"].text(), entry["paraphrase"].text(), kind)


def _parameters(node: _Node) -> Parameters:
    entry = node.table(Parameter)
    days = entry[Parameter.LEAD_TIMES].table(["online_before_physical", "physical_before_meeting"])
    return Parameters(
        boundary=entry[Parameter.BOUNDARY].one(Boundary, "value"),
        academia=entry[Parameter.ACADEMIA].one(Academia, "value"),
        res_99=entry[Parameter.RES_99].one(Res99, "value"),
        associates=entry[Parameter.ASSOCIATES].one(Associates, "value"),
        invitation=entry[Parameter.INVITATION].one(Invitation, "value"),
        lead_times=LeadTimes(
            days["online_before_physical"].number(), days["physical_before_meeting"].number()
        ),
        precedence=entry[Parameter.PRECEDENCE].one(Precedence, "value"),
        remote_may_decide=entry[Parameter.REMOTE_MAY_DECIDE].flag(),
    )


def _grants(
    node: _Node, parts: tuple[Part, ...], clauses: Clauses
) -> dict[tuple[Part, Right], Rule]:
    """Every right of every part is spelled out, so that a denial has a clause to cite."""
    by_part = node.table(parts)
    return {
        (part, right): _rule(entry, right, clauses)
        for part in parts
        for right, entry in _rights(by_part[part])
    }


def _rights(node: _Node) -> list[tuple[Right, _Node]]:
    return [(Right(key), entry) for key, entry in node.table(Right).items()]


def _rule(node: _Node, right: Right, clauses: Clauses) -> Rule:
    entry = node.table(["clause", "categories"], ["refused"])
    clause = entry["clause"].clause(clauses)
    named = dict.fromkeys(_categories(entry["categories"], right), Grant(clause))
    return Rule(clause, MappingProxyType(named), _refusal(entry.get("refused"), named))


def _refusal(node: _Node | None, named: Mapping[Category, Grant]) -> Reason:
    if node is None:
        return Reason.NOT_NAMED
    reason = node.one(Reason, "reason", [Reason.NOT_NAMED, Reason.NOT_IN_THIS_PART])
    if reason is Reason.NOT_IN_THIS_PART and named:
        node.fault("somebody has this right in this part")
    return reason


def _categories(node: _Node, right: Right) -> list[Category]:
    found: list[Category] = []
    for item in node.items():
        name = item.known([ALL, *Category], "category")
        for category in EVERYONE_KNOWN if name == ALL else (Category(name),):
            if category in found:
                item.fault(f'"{category}" is there twice')
            found.append(category)
        if Category.PUBLIC in found and right is not Right.READ:
            item.fault("the public may read, and nothing else")
    return found


def _alternatives(
    node: _Node | None, parts: tuple[Part, ...], clauses: Clauses
) -> tuple[Alternative, ...]:
    return tuple(_alternative(each, parts, clauses) for each in (node.items() if node else ()))


def _alternative(node: _Node, parts: tuple[Part, ...], clauses: Clauses) -> Alternative:
    entry = node.table(
        ["parameter", "value", "clause", "parts", "rights", "categories"], ["reason", "capacity"]
    )
    parameter = entry["parameter"].one(Parameter, "parameter", SWITCHES)
    return Alternative(
        parameter,
        entry["value"].one(SWITCHES[parameter], "value"),
        frozenset(entry["parts"].each(Part, "part", parts)),
        frozenset(entry["rights"].each(Right, "right")),
        frozenset(entry["categories"].each(Category, "category", EVERYONE_KNOWN)),
        _grant(entry, clauses),
    )


def _grant(entry: Mapping[str, _Node], clauses: Clauses) -> Grant:
    reason, capacity = Reason.NAMED, None
    if "reason" in entry:
        reason = entry["reason"].one(Reason, "reason", [Reason.NAMED, Reason.RES_99])
    if "capacity" in entry:
        capacity = entry["capacity"].one(Capacity, "capacity")
    return Grant(entry["clause"].clause(clauses), reason, capacity)


def _check_switches(
    node: _Node, parameters: Parameters, alternatives: tuple[Alternative, ...]
) -> None:
    """An answer that ought to grant something must have a place that says what."""
    entry = dict(node.entries())
    for parameter in SWITCHES:
        answered = {each.value for each in alternatives if each.parameter is parameter}
        value = parameters.answer(parameter)
        if value not in SILENT and value not in answered:
            entry[parameter].fault(f'"{value}" has no entry in alternatives that grants anything')


def _service(node: _Node, clauses: Clauses) -> Service:
    entry = node.table(["clause", *Function])
    rights = {each: frozenset(entry[each].each(Right, "right")) for each in Function}
    return Service(entry["clause"].clause(clauses), MappingProxyType(rights))


def _invited(node: _Node, parts: tuple[Part, ...], clauses: Clauses) -> Invited:
    entry = node.table(["clause", "parts", "rights"])
    return Invited(
        entry["clause"].clause(clauses),
        frozenset(entry["parts"].each(Part, "part", parts)),
        frozenset(entry["rights"].each(Right, "right")),
    )
