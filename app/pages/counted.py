"""Participation in words: what each axis and each of its cells is called, with chart and table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from app.i18n import Language, words
from app.i18n import named as tongue
from app.pages.chart import Bar, bars
from app.pages.words import CATEGORIES, GROUPS, REGIONS, REGISTRATIONS, Say
from app.policy import form as form_rules
from app.policy.form import Form
from app.policy.participation import (
    NOT_SAID,
    Axis,
    Cell,
    Counted,
    Participation,
    Way,
    YesNo,
    share,
)
from app.policy.people import Category, StakeholderGroup
from app.policy.registration import RegistrationState
from app.services.participation import GENDER

TITLES: Final[Mapping[Axis, str]] = {
    Axis.STATE: words("By state"),
    Axis.CATEGORY: words("By category"),
    Axis.REGION: words("By region"),
    Axis.GROUP: words("By stakeholder group"),
    Axis.LANGUAGE: words("By language"),
    Axis.MODE: words("By way of taking part"),
    Axis.LDC: words("From least developed countries"),
    Axis.LLDC: words("From landlocked developing countries"),
    Axis.SIDS: words("From small island developing States"),
    Axis.GENDER: words("By gender"),
    Axis.FIRST_TIME: words("For the first time"),
}
WAYS: Final[Mapping[Way, str]] = {
    Way.IN_PERSON: words("In person"),
    Way.REMOTE: words("Remotely"),
    Way.BOTH: words("Some sittings in person, some remotely"),
}
ANSWERS: Final[Mapping[YesNo, str]] = {YesNo.YES: words("Yes"), YesNo.NO: words("No")}
UNSAID: Final[Mapping[Axis, str]] = {
    Axis.REGION: words("Without a region"),
    Axis.MODE: words("No sitting chosen"),
    Axis.GROUP: words("Without a group"),
}
NO_ANSWER: Final = words("No answer")
HIDDEN: Final = words("not shown")


@dataclass(frozen=True, slots=True)
class Shown:
    """An axis as it stands on a page; ``head`` and ``rows`` are those of its table."""

    title: str
    chart: Markup
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    hides: bool


def shown(found: Participation, form: Form, language: Language, say: Say) -> list[Shown]:
    """Every axis with its chart and its table."""
    return [_axis(each, found.people, labels_of(form, language), say) for each in found.axes]


def labels_of(form: Form, language: Language) -> Mapping[str, str]:
    """What the form calls the answers to its question of gender."""
    asked = [each for each in form.fields if each.key == GENDER]
    return {
        option.key: form_rules.told(option.label, language)
        for each in asked
        for option in each.options
    }


def _axis(counted: Counted, people: int | None, labels: Mapping[str, str], say: Say) -> Shown:
    title = say(TITLES[counted.axis])
    named = [(name_of(counted.axis, cell.key, labels, say), cell) for cell in counted.cells]
    of_states = any(cell.reference is not None for cell in counted.cells)
    head = [title, say(words("Registrations")), say(words("Share"))]
    if of_states:
        head.append(say(words("Member States represented")))
    return Shown(
        title=title,
        chart=bars(title, [Bar(name, cell.people, told(cell.people, say)) for name, cell in named]),
        head=head,
        rows=[_row(name, cell, people, say, of_states=of_states) for name, cell in named],
        hides=counted.hides,
    )


def _row(name: str, cell: Cell, people: int | None, say: Say, *, of_states: bool) -> list[str]:
    part = "" if cell.people is None or not people else f"{share(cell.people, people)} %"
    row = [name, told(cell.people, say), part]
    if of_states and cell.reference is None:
        row.append("")
    elif of_states:
        row.append(
            say(words("%(some)s of %(all)s"))
            % {"some": told(cell.bodies, say), "all": cell.reference}
        )
    return row


def told(number: int | None, say: Say) -> str:
    return say(HIDDEN) if number is None else str(number)


def name_of(axis: Axis, key: str, labels: Mapping[str, str], say: Say) -> str:
    if key == NOT_SAID:
        return say(UNSAID.get(axis, NO_ANSWER))
    match axis:
        case Axis.STATE:
            return say(REGISTRATIONS[RegistrationState(key)])
        case Axis.CATEGORY:
            return say(CATEGORIES[Category(key)])
        case Axis.REGION:
            return say(REGIONS[key])
        case Axis.GROUP:
            return say(GROUPS[StakeholderGroup(key)])
        case Axis.LANGUAGE:
            return tongue(key)
        case Axis.MODE:
            return say(WAYS[Way(key)])
        case Axis.GENDER:
            return labels.get(key, key)
        case Axis.LDC | Axis.LLDC | Axis.SIDS | Axis.FIRST_TIME:
            return say(ANSWERS[YesNo(key)])
