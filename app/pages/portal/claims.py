"""The form of a registration: what was typed, as it was typed, and the claim that it makes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Final, TypeVar
from uuid import UUID

from app import i18n
from app.i18n import Language
from app.models import Person, Registration, Sitting
from app.pages.portal.questions import ANSWER
from app.policy import registration as rules
from app.policy.people import Capacity, Category, StakeholderGroup
from app.policy.registration import Claim, ClaimFault, Mode
from app.policy.text import TextFault
from app.policy.view import View

ENTITY, STAKEHOLDER = "entity", "stakeholder"
MODE: Final = "mode-"
# Long enough for everything that a claim may hold, short enough for a page that repeats it.
MOST: Final = 1000
Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Form:
    """Raw text, field by field; nothing of what somebody typed is ever lost."""

    represents: str = ""
    q: str = ""
    entity: str = ""
    capacity_for: str = Capacity.DELEGATE
    group: str = ""
    organization: str = ""
    country: str = ""
    capacity_self: str = Capacity.INDIVIDUAL
    name: str = ""
    job_title: str = ""
    version: str = ""
    modes: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)

    @property
    def for_entity(self) -> bool:
        return self.represents == ENTITY

    def hidden(self) -> list[tuple[str, str]]:
        """Every field but the token, for a page that only repeats them."""
        return [
            *((name, getattr(self, name)) for name in TYPED),
            *((f"{MODE}{sitting}", mode) for sitting, mode in self.modes.items()),
            *((f"{ANSWER}{key}", said) for key, said in self.answers.items()),
        ]

    def claim(self, open_to_all: Iterable[UUID]) -> Claim:
        """The claim; a stakeholder's is about the sittings that are open to stakeholders."""
        mine = self.for_entity
        capacity = self.capacity_for if mine else self.capacity_self
        default = Capacity.DELEGATE if mine else Capacity.INDIVIDUAL
        return Claim(
            capacity=_one_of(Capacity, capacity) or default,
            entity_id=_key(self.entity) if mine else None,
            group=None if mine else _one_of(StakeholderGroup, self.group),
            name=self.name,
            organization="" if mine else self.organization,
            country="" if mine else self.country,
            job_title=self.job_title,
            modes=tuple(self._modes(None if mine else set(open_to_all))),
        )

    def _modes(self, among: set[UUID] | None) -> Iterable[tuple[UUID, Mode]]:
        for sitting, mode in self.modes.items():
            key, chosen = _key(sitting), _one_of(Mode, mode)
            if key and chosen and (among is None or key in among):
                yield key, chosen


MAPPED: Final = frozenset({"modes", "answers"})
TYPED: Final = tuple(each.name for each in fields(Form) if each.name not in MAPPED)


def typed(sent: Mapping[str, object]) -> Form:
    """What a browser sent, cut at a length that no honest answer has."""
    text = {name: value[:MOST] for name, value in sent.items() if isinstance(value, str)}
    modes, answers = _named(text, MODE), _named(text, ANSWER)
    return Form(
        modes=modes, answers=answers, **{name: text[name] for name in TYPED if name in text}
    )


def _named(text: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix): text[name] for name in text if name.startswith(prefix)}


def of_draft(kept: Mapping[str, Any]) -> Form:
    """What was typed and kept as a draft; a field that the form has not any more is left out."""
    return Form(**{each.name: kept[each.name] for each in fields(Form) if each.name in kept})


def of_person(person: Person, sittings: Iterable[Sitting]) -> Form:
    """A first form, with what the service knows already."""
    return Form(
        name=person.name,
        organization=person.affiliation,
        country=person.country,
        job_title=person.job_title,
        modes={str(each.id): "" for each in sittings},
    )


def of_view(view: View, sittings: Iterable[Sitting]) -> Form:
    """A first form as somebody of that standing finds it: nothing is known, but what they are."""
    mine = view.category is not Category.STAKEHOLDER
    return Form(
        represents=ENTITY if mine else STAKEHOLDER,
        capacity_for=view.capacity if view.capacity and mine else Capacity.DELEGATE,
        capacity_self=view.capacity if view.capacity and not mine else Capacity.INDIVIDUAL,
        modes={str(each.id): "" for each in sittings},
    )


def of_registration(
    found: Registration,
    modes: Mapping[UUID, Mode],
    sittings: Iterable[Sitting],
    answers: Mapping[str, str],
) -> Form:
    """The form that made a registration."""
    mine = found.entity_id is not None
    return Form(
        represents=ENTITY if mine else STAKEHOLDER,
        entity=str(found.entity_id or ""),
        capacity_for=found.capacity if mine else Capacity.DELEGATE,
        group=found.group or "",
        organization=found.organization,
        country=found.country,
        capacity_self=Capacity.INDIVIDUAL if mine else found.capacity,
        name=found.name,
        job_title=found.job_title,
        version=str(found.version),
        modes={str(each.id): modes.get(each.id, "none") for each in sittings},
        answers=answers,
    )


def faults(form: Form, claim: Claim, sittings: Iterable[UUID]) -> dict[str, str]:
    """What is wrong, by the name of the field on the page that asks for it, in its order."""
    if form.represents not in {ENTITY, STAKEHOLDER}:
        return {"represents": ClaimFault.ENTITY_OR_GROUP}
    known = i18n.countries(Language.ENGLISH)
    return on_page(form, rules.faults(rules.cleaned(claim), set(sittings), known))


def on_page(form: Form, found: Mapping[str, str]) -> dict[str, str]:
    """The faults of a claim under the names of the page's fields, in the order of the page."""
    mine = form.for_entity
    names = {
        "entity_id": "q" if mine else "group",
        "group": "group",
        "organization": "organization",
        "country": "country",
        "capacity": "capacity_for" if mine else "capacity_self",
        "name": "name",
        "job_title": "job_title",
        "modes": "modes",
    }
    faults_ = {names.get(field, field): fault for field, fault in found.items()}
    if faults_.get("q") == ClaimFault.ENTITY_OR_GROUP or faults_.get("group"):
        faults_ |= {name: TextFault.MISSING for name in ("q", "group") if name in faults_}
    return {name: faults_[name] for name in [*names.values(), *faults_] if name in faults_}


def _one_of(kind: type[Choice], text: str) -> Choice | None:
    return kind(text) if text in set(kind) else None


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
