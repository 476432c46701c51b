"""The questions of a meeting's own form on a page, and its answers as a browser sends them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from app import i18n
from app.i18n import Language, words
from app.pages.words import Say, listed, problem
from app.policy import form as rules
from app.policy.form import NO, YES, Answer, Answers, Field, FieldKind, Form, Section, SeenBy

ANSWER: Final = "answer-"
"""Before the key of a field; one of several choices adds a point and the option's key."""
FEW: Final = 6
WORDS: Final[Mapping[str, str]] = {YES: words("Yes"), NO: words("No")}
ONLY_IF: Final = words("Only if you answered “%(answer)s” to “%(question)s”.")


EYES: Final[Mapping[SeenBy, str]] = {
    SeenBy.SECRETARIAT: words("The secretariat"),
    SeenBy.DECIDERS: words("The secretariat and the focal point of the body"),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to choose; ``opens`` names by number what follows from it."""

    name: str
    value: str
    label: str
    chosen: bool
    opens: str


@dataclass(frozen=True, slots=True)
class Question:
    """One field with what was typed and what is wrong; questions that follow from it are in it."""

    name: str
    kind: FieldKind
    label: str
    help: str
    required: bool
    value: str
    error: str | None
    offers: Sequence[Offer]
    long: bool
    follows: Sequence["Follow"] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Follow:
    """Questions that are asked after the same answers; the style sheet hides them by number."""

    number: int
    questions: Sequence[Question]


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    questions: Sequence[Question]


@dataclass(frozen=True, slots=True)
class Page:
    """What the questions of a page are made from."""

    form: Form
    typed: Mapping[str, str]
    faults: Mapping[str, str]
    language: Language
    say: Say

    def groups(self) -> list[Group]:
        return [self._group(each) for each in self.form.sections]

    def _group(self, section: Section) -> Group:
        first = [each for each in section.fields if each.shown_if is None]
        return Group(self._told(section.title), [self._question(each, section) for each in first])

    def _question(self, one: Field, section: Section) -> Question:
        then = [each for each in section.fields if each.shown_if and each.shown_if.field == one.key]
        opening = list(dict.fromkeys(each.shown_if.among for each in then if each.shown_if))
        name = f"{ANSWER}{one.key}"
        fault = self.faults.get(name)
        return Question(
            name=name,
            kind=one.kind,
            label=self._told(one.label),
            help=" ".join(filter(None, (self._only_if(one), self._told(one.help)))),
            required=one.required,
            value=self.typed.get(one.key, ""),
            error=problem(name, fault, self.say) if fault else None,
            offers=[self._offer(one, word, opening) for word in rules.values_of(one)],
            long=len(one.options) > FEW,
            follows=[
                Follow(
                    number,
                    [
                        self._question(each, section)
                        for each in then
                        if each.shown_if and each.shown_if.among == among
                    ],
                )
                for number, among in enumerate(opening, 1)
            ],
        )

    def _offer(self, one: Field, word: str, opening: Sequence[Sequence[str]]) -> Offer:
        several = one.kind is FieldKind.CHOICES
        key = f"{one.key}.{word}" if several else one.key
        chosen = bool(self.typed.get(key)) if several else self.typed.get(key) == word
        name = f"{ANSWER}{key}"
        value = YES if several else word
        opens = " ".join(str(at) for at, among in enumerate(opening, 1) if word in among)
        return Offer(name, value, self._word(one, word), chosen, opens)

    def _only_if(self, one: Field) -> str:
        """A browser that hides nothing still shows when to answer."""
        asked = self.form.find(one.shown_if.field) if one.shown_if else None
        if asked is None or one.shown_if is None:
            return ""
        said = listed((self._word(asked, word) for word in one.shown_if.among), self.language)
        return self.say(ONLY_IF) % {"answer": said, "question": self._told(asked.label)}

    def _word(self, one: Field, word: str) -> str:
        return worded(one, word, self.language, self.say)

    def _told(self, texts: rules.Texts) -> str:
        return rules.told(texts, self.language)


def worded(one: Field, word: str, language: Language, say: Say) -> str:
    """What an option is called in the reader's language."""
    if one.kind is FieldKind.YES_NO:
        return say(WORDS[word])
    found = next((each for each in one.options if each.key == word), None)
    return rules.told(found.label, language) if found else word


def spoken(one: Field, answer: Answer, language: Language, say: Say) -> str:
    """An answer in words."""
    match answer:
        case bool():
            return say(WORDS[YES if answer else NO])
        case tuple():
            return listed((worded(one, word, language, say) for word in answer), language)
        case str() if one.kind is FieldKind.CHOICE:
            return worded(one, answer, language, say)
        case str() if one.kind is FieldKind.DATE:
            return i18n.date_of(date.fromisoformat(answer), language)
        case str():
            return answer


def pairs(form: Form, answers: Answers, language: Language, say: Say) -> list[tuple[str, str]]:
    """Questions that were answered, with their answers in words."""
    return [
        (rules.told(one.label, language), spoken(one, answers[one.key], language, say))
        for one in form.fields
        if one.key in answers
    ]


def raw(form: Form, typed: Mapping[str, str]) -> dict[str, object]:
    """What was typed as the answers that it means; what no field asks for is left out."""
    return {one.key: _raw(one, typed) for one in form.fields}


def _raw(one: Field, typed: Mapping[str, str]) -> object:
    said = typed.get(one.key, "")
    match one.kind:
        case FieldKind.CHOICES:
            return [word for word in rules.values_of(one) if typed.get(f"{one.key}.{word}")]
        case FieldKind.YES_NO if said in {YES, NO}:
            return said == YES
        case _:
            return said


def typed_of(answers: Answers) -> dict[str, str]:
    """Answers as they would have been typed."""
    return dict(pair for key, answer in answers.items() for pair in _typed(key, answer))


def _typed(key: str, answer: Answer) -> Iterator[tuple[str, str]]:
    match answer:
        case bool():
            yield key, YES if answer else NO
        case tuple():
            yield from ((f"{key}.{word}", YES) for word in answer)
        case str():
            yield key, answer
