"""A meeting's registration form: sections of fields, and what an answer to them may be.

A form is a value. It is never changed: whoever edits it makes the next edition, and answers keep
the edition they were given to.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final, TypeAlias, TypeVar

from app.policy import text
from app.policy.text import TextFault

Texts: TypeAlias = Mapping[str, str]
"""One text in several languages, by the language's tag; English is always there."""
Answer: TypeAlias = str | bool | tuple[str, ...]
Answers: TypeAlias = Mapping[str, Answer]


class FieldKind(StrEnum):
    TEXT = "text"
    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes_no"
    DATE = "date"


class SeenBy(StrEnum):
    """Who may read an answer, beside the person who gave it."""

    SECRETARIAT = "secretariat"
    DECIDERS = "deciders"  # the focal points of the entity as well


class FormFault(StrEnum):
    """What is wrong with a form; the sentence lives in the catalogue."""

    KEY = "form-key"
    TWICE = "form-key-twice"
    NO_ENGLISH = "form-no-english"
    LANGUAGE = "form-language"
    NO_OPTIONS = "form-no-options"
    OPTIONS = "form-options-of-no-choice"
    NO_CONDITION = "form-condition-unknown"
    NEVER_SHOWN = "form-never-shown"
    KEPT = "form-kept-days"
    TOO_MANY = "form-too-many"


class AnswerFault(StrEnum):
    """What is wrong with an answer, beside its texts."""

    NO_SUCH_FIELD = "no-such-field"
    OTHER_KIND = "answer-of-another-kind"
    NOT_OFFERED = "not-offered"
    NO_DATE = "no-date"


class FormReason(StrEnum):
    """Why a form is not changed."""

    CHANGED = "form-changed-meanwhile"


@dataclass(frozen=True, slots=True)
class Option:
    key: str
    label: Texts


@dataclass(frozen=True, slots=True)
class Condition:
    """A field is asked only if an earlier one of its section was answered with one of these.

    Yes and no are ``yes`` and ``no``.
    """

    field: str
    among: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One question; ``kept_days`` counts from the last day of the meeting, and the answer goes."""

    key: str
    kind: FieldKind
    label: Texts
    purpose: Texts
    kept_days: int
    seen_by: SeenBy = SeenBy.SECRETARIAT
    help: Texts = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    required: bool = False
    sensitive: bool = False
    shown_if: Condition | None = None


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: Texts
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Form:
    sections: tuple[Section, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(each for section in self.sections for each in section.fields)

    def find(self, key: str) -> Field | None:
        return next((each for each in self.fields if each.key == key), None)


@dataclass(frozen=True, slots=True)
class Given:
    """What was made of raw answers: those that count, and what is wrong, by field."""

    answers: Answers
    faults: Mapping[str, str]


LANGUAGES: Final = frozenset({"ar", "en", "es", "fr", "ru", "zh"})
ENGLISH: Final = "en"
KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
LABEL: Final = 160
HELP: Final = 500
ANSWER: Final = 500
LONGEST_KEPT: Final = 3650  # days
MOST_SECTIONS: Final = 20
MOST_FIELDS: Final = 60
MOST_OPTIONS: Final = 60
YES, NO = "yes", "no"
WITH_OPTIONS: Final = frozenset({FieldKind.CHOICE, FieldKind.CHOICES})


def told(texts: Texts, language: str) -> str:
    """A text in a language or, where nobody has written it in that one, in English."""
    return texts.get(language) or texts.get(ENGLISH, "")


# Forms as JSON.


def as_json(form: Form) -> dict[str, Any]:
    """The form as it is kept and told."""
    return asdict(form)


def of_json(raw: Mapping[str, Any]) -> Form:
    """A form from its JSON; KeyError, TypeError or ValueError where that has another shape."""
    return Form(tuple(_section(each) for each in raw["sections"]))


def _section(raw: Mapping[str, Any]) -> Section:
    fields = tuple(_field(each) for each in raw["fields"])
    return Section(raw["key"], _texts(raw["title"]), fields)


def _field(raw: Mapping[str, Any]) -> Field:
    asked = raw.get("shown_if")
    return Field(
        key=raw["key"],
        kind=FieldKind(raw["kind"]),
        label=_texts(raw["label"]),
        purpose=_texts(raw["purpose"]),
        kept_days=int(raw["kept_days"]),
        seen_by=SeenBy(raw.get("seen_by", SeenBy.SECRETARIAT)),
        help=_texts(raw.get("help", {})),
        options=tuple(Option(each["key"], _texts(each["label"])) for each in _options(raw)),
        required=bool(raw.get("required", False)),
        sensitive=bool(raw.get("sensitive", False)),
        shown_if=Condition(asked["field"], tuple(asked["among"])) if asked else None,
    )


def _options(raw: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    found: Iterable[Mapping[str, Any]] = raw.get("options", ())
    return found


def _texts(raw: Mapping[str, str]) -> Texts:
    return {tag: text.clean(said) for tag, said in raw.items() if said.strip()}


# Other forms of a form.


def with_section(form: Form, section: Section) -> Form:
    """The form with another title for the section of this key, or with one more at its end."""
    if any(each.key == section.key for each in form.sections):
        named = [
            replace(each, title=section.title) if each.key == section.key else each
            for each in form.sections
        ]
        return Form(tuple(named))
    return Form((*form.sections, section))


def with_field(form: Form, section: str, one: Field) -> Form:
    """The form with this field in the place of the one of its key, or at the section's end."""
    if form.find(one.key):
        return _mapped(form, lambda each: one if each.key == one.key else each)
    added = [
        replace(each, fields=(*each.fields, one)) if each.key == section else each
        for each in form.sections
    ]
    return Form(tuple(added))


def without(form: Form, key: str) -> Form:
    """The form without this field."""
    return _mapped(form, lambda each: None if each.key == key else each)


def without_section(form: Form, key: str) -> Form:
    """The form without this section and all that is in it."""
    return Form(tuple(each for each in form.sections if each.key != key))


def moved(form: Form, key: str, by: int) -> Form:
    """The form with a field some places up or down in its section."""
    return Form(
        tuple(replace(each, fields=_shifted(each.fields, key, by)) for each in form.sections)
    )


def moved_section(form: Form, key: str, by: int) -> Form:
    return Form(_shifted(form.sections, key, by))


def _mapped(form: Form, change: Callable[[Field], Field | None]) -> Form:
    changed = [
        replace(section, fields=tuple(new for each in section.fields if (new := change(each))))
        for section in form.sections
    ]
    return Form(tuple(changed))


Part = TypeVar("Part", Section, Field)


def _shifted(parts: tuple[Part, ...], key: str, by: int) -> tuple[Part, ...]:
    keys = [each.key for each in parts]
    if key not in keys:
        return parts
    at = keys.index(key)
    to = min(max(at + by, 0), len(parts) - 1)
    rest = parts[:at] + parts[at + 1 :]
    return rest[:to] + parts[at : at + 1] + rest[to:]


# What is wrong with a form.


def faults(form: Form) -> dict[str, str]:
    """What is wrong with a form, by the path of its part, such as ``visa.passport.label``."""
    found = dict(_faults_of_sections(form.sections))
    if len(form.sections) > MOST_SECTIONS or len(form.fields) > MOST_FIELDS:
        found["sections"] = FormFault.TOO_MANY
    seen: set[str] = set()
    for section in form.sections:
        for each in section.fields:
            path = f"{section.key}.{each.key}"
            if each.key in seen:
                found[f"{path}.key"] = FormFault.TWICE
            seen.add(each.key)
            found |= {f"{path}.{part}": fault for part, fault in field_faults(each, section)}
    return found


def _faults_of_sections(sections: Iterable[Section]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for each in sections:
        if not KEY.fullmatch(each.key):
            yield f"{each.key}.key", FormFault.KEY
        if each.key in seen:
            yield f"{each.key}.key", FormFault.TWICE
        seen.add(each.key)
        if fault := _fault_of_texts(each.title, LABEL):
            yield f"{each.key}.title", fault


def field_faults(one: Field, section: Section) -> Iterator[tuple[str, str]]:
    """What is wrong with one field of a section, by the name of its part."""
    if not KEY.fullmatch(one.key):
        yield "key", FormFault.KEY
    if fault := _fault_of_texts(one.label, LABEL):
        yield "label", fault
    if fault := _fault_of_texts(one.purpose, HELP):
        yield "purpose", fault
    if one.help and (fault := _fault_of_texts(one.help, HELP)):
        yield "help", fault
    if not 0 <= one.kept_days <= LONGEST_KEPT:
        yield "kept_days", FormFault.KEPT
    if fault := _fault_of_options(one):
        yield "options", fault
    if one.shown_if and (fault := _fault_of_condition(one, one.shown_if, section)):
        yield "shown_if", fault


def _fault_of_texts(texts: Texts, most: int) -> str | None:
    if not set(texts) <= LANGUAGES:
        return FormFault.LANGUAGE
    if not texts.get(ENGLISH):
        return FormFault.NO_ENGLISH
    return next((fault for said in texts.values() if (fault := text.fault(said, most))), None)


def _fault_of_options(one: Field) -> str | None:
    if one.kind not in WITH_OPTIONS:
        return FormFault.OPTIONS if one.options else None
    keys = [each.key for each in one.options]
    if not keys:
        return FormFault.NO_OPTIONS
    if len(keys) > MOST_OPTIONS:
        return FormFault.TOO_MANY
    if len(set(keys)) < len(keys):
        return FormFault.TWICE
    if not all(KEY.fullmatch(key) for key in keys):
        return FormFault.KEY
    return next((bad for each in one.options if (bad := _fault_of_texts(each.label, LABEL))), None)


def _fault_of_condition(one: Field, asked: Condition, section: Section) -> str | None:
    """Only what stands earlier in the same section can decide, so that none waits for itself."""
    earlier = {each.key: each for each in _before(one, section)}
    if asked.field not in earlier:
        return FormFault.NO_CONDITION
    offered = set(values_of(earlier[asked.field]))
    return None if asked.among and set(asked.among) <= offered else FormFault.NEVER_SHOWN


def _before(one: Field, section: Section) -> Iterator[Field]:
    for each in section.fields:
        if each.key == one.key:
            return
        yield each


def values_of(one: Field) -> tuple[str, ...]:
    """The answers that a field offers, as a condition names them; none for free text."""
    if one.kind is FieldKind.YES_NO:
        return YES, NO
    return tuple(each.key for each in one.options)


# Answers.


def examined(form: Form, raw: Mapping[str, object]) -> Given:
    """Raw answers, as JSON has them, made answers; what was not asked for is left out.

    A field whose condition is not met is not asked: an answer to it is dropped, not kept.
    """
    known = {each.key for each in form.fields}
    wrong: dict[str, str] = {key: AnswerFault.NO_SUCH_FIELD for key in raw if key not in known}
    kept: dict[str, Answer] = {}
    for one in form.fields:
        if not asked(one, kept):
            continue
        found, fault = _answer(one, raw.get(one.key))
        if fault:
            wrong[one.key] = fault
        elif found is not None:
            kept[one.key] = found
    return Given(kept, wrong)


def asked(one: Field, answers: Answers) -> bool:
    """Whether a field is asked, after these answers to the ones before it."""
    if one.shown_if is None:
        return True
    return not set(one.shown_if.among).isdisjoint(_words(answers.get(one.shown_if.field)))


def _words(answer: Answer | None) -> tuple[str, ...]:
    match answer:
        case None:
            return ()
        case bool():
            return (YES if answer else NO,)
        case str():
            return (answer,)
        case tuple():
            return answer


def _answer(one: Field, raw: object) -> tuple[Answer | None, str | None]:
    if raw is None or raw in ("", [], ()):
        return None, TextFault.MISSING if one.required else None
    match one.kind, raw:
        case FieldKind.TEXT, str():
            said = text.clean(raw)
            return said or None, text.fault(said, ANSWER, required=one.required)
        case FieldKind.DATE, str():
            return raw, None if _is_date(raw) else AnswerFault.NO_DATE
        case FieldKind.YES_NO, bool():
            return raw, None
        case FieldKind.CHOICE, str():
            return raw, None if raw in values_of(one) else AnswerFault.NOT_OFFERED
        case FieldKind.CHOICES, list() | tuple():
            fit = set(raw) <= set(values_of(one)) and len(set(raw)) == len(raw)
            return _in_order(one, raw), None if fit else AnswerFault.NOT_OFFERED
        case _:
            return None, AnswerFault.OTHER_KIND


def _in_order(one: Field, chosen: Iterable[object]) -> tuple[str, ...]:
    among = set(chosen)
    return tuple(key for key in values_of(one) if key in among)


def _is_date(raw: str) -> bool:
    try:
        return date.fromisoformat(raw).isoformat() == raw
    except ValueError:
        return False


def still_fit(form: Form, answers: Answers) -> Answers:
    """Answers to an older edition, as far as this one still asks for them in the same way."""
    known = {key: value for key, value in answers.items() if form.find(key)}
    given = examined(form, known)
    return {key: value for key, value in given.answers.items() if key not in given.faults}
