"""A form is checked before anybody is asked, and an answer before it is kept."""

from dataclasses import replace

import pytest

from app.policy import form as rules
from app.policy.form import (
    Answer,
    AnswerFault,
    Condition,
    Field,
    FieldKind,
    Form,
    FormFault,
    Option,
    Section,
)
from app.policy.text import TextFault
from app.services.forms import DEFAULT

WORDS = {"en": "Something"}


def field(key="one", kind=FieldKind.TEXT, **more):
    return Field(key=key, kind=kind, label=WORDS, purpose=WORDS, kept_days=30, **more)


def options(*keys):
    return tuple(Option(key, WORDS) for key in keys)


def form(*fields):
    return Form((Section("first", WORDS, fields),))


VISA = form(
    field("visa", FieldKind.YES_NO),
    field("passport", required=True, shown_if=Condition("visa", ("yes",))),
)


def test_the_default_form_is_in_order_and_asks_nothing_of_anybody():
    assert rules.faults(DEFAULT) == {}
    assert rules.examined(DEFAULT, {}) == rules.Given({}, {})


def test_passports_are_asked_for_only_where_a_letter_is_wanted_and_are_kept_in_cipher():
    asked = [each.key for each in DEFAULT.fields if each.shown_if == Condition("visa", ("yes",))]
    assert asked == ["passport_name", "passport_number", "passport_until", "birth"]
    assert {each.key for each in DEFAULT.fields if each.sensitive} >= set(asked)


def test_a_form_comes_back_from_its_json_as_it_was():
    assert rules.of_json(rules.as_json(DEFAULT)) == DEFAULT


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ((field("Passport"),), {"first.Passport.key": FormFault.KEY}),
        ((field(), field()), {"first.one.key": FormFault.TWICE}),
        ((replace(field(), label={"fr": "Nom"}),), {"first.one.label": FormFault.NO_ENGLISH}),
        ((replace(field(), label=WORDS | {"de": "x"}),), {"first.one.label": FormFault.LANGUAGE}),
        ((replace(field(), label={"en": "<b>x"}),), {"first.one.label": TextFault.MARKUP}),
        ((replace(field(), purpose={}),), {"first.one.purpose": FormFault.NO_ENGLISH}),
        ((replace(field(), kept_days=-1),), {"first.one.kept_days": FormFault.KEPT}),
        ((replace(field(), kept_days=3651),), {"first.one.kept_days": FormFault.KEPT}),
        ((field(kind=FieldKind.CHOICE),), {"first.one.options": FormFault.NO_OPTIONS}),
        ((field(options=options("a")),), {"first.one.options": FormFault.OPTIONS}),
        (
            (field(kind=FieldKind.CHOICES, options=options("a", "a")),),
            {"first.one.options": FormFault.TWICE},
        ),
        (
            (field(kind=FieldKind.CHOICE, options=options("A b")),),
            {"first.one.options": FormFault.KEY},
        ),
        (
            (field(shown_if=Condition("one", ("yes",))),),
            {"first.one.shown_if": FormFault.NO_CONDITION},
        ),
        (
            (
                field("late", shown_if=Condition("early", ("yes",))),
                field("early", FieldKind.YES_NO),
            ),
            {"first.late.shown_if": FormFault.NO_CONDITION},
        ),
        (
            (
                field("early", FieldKind.YES_NO),
                field("late", shown_if=Condition("early", ("perhaps",))),
            ),
            {"first.late.shown_if": FormFault.NEVER_SHOWN},
        ),
        (
            (field("early"), field("late", shown_if=Condition("early", ("yes",)))),
            {"first.late.shown_if": FormFault.NEVER_SHOWN},
        ),
        (
            tuple(field(f"f{number}") for number in range(61)),
            {"sections": FormFault.TOO_MANY},
        ),
    ],
)
def test_what_is_wrong_with_a_form_is_told_by_the_path_of_its_part(fields, found):
    assert rules.faults(form(*fields)) == found


@pytest.mark.parametrize(
    ("one", "raw", "kept"),
    [
        (field(), "  caf\u0065\u0301 ", "café"),
        (field(kind=FieldKind.YES_NO), False, False),
        (field(kind=FieldKind.DATE), "2027-03-31", "2027-03-31"),
        (field(kind=FieldKind.CHOICE, options=options("a", "b")), "b", "b"),
        (field(kind=FieldKind.CHOICES, options=options("a", "b")), ["b", "a"], ("a", "b")),
        (field(), "   ", None),
        (field(kind=FieldKind.CHOICES, options=options("a")), [], None),
    ],
)
def test_an_answer_is_kept_in_one_spelling(one, raw, kept):
    given = rules.examined(form(one), {"one": raw})
    assert (given.answers.get("one"), given.faults) == (kept, {})


@pytest.mark.parametrize(
    ("one", "raw", "fault"),
    [
        (field(required=True), None, TextFault.MISSING),
        (field(required=True), "  ", TextFault.MISSING),
        (field(required=True, kind=FieldKind.YES_NO), None, TextFault.MISSING),
        (field(), "x" * 501, TextFault.TOO_LONG),
        (field(), "<script>", TextFault.MARKUP),
        (field(), True, AnswerFault.OTHER_KIND),
        (field(kind=FieldKind.YES_NO), "yes", AnswerFault.OTHER_KIND),
        (field(kind=FieldKind.DATE), "31.3.2027", AnswerFault.NO_DATE),
        (field(kind=FieldKind.DATE), "20270331", AnswerFault.NO_DATE),
        (field(kind=FieldKind.DATE), "2027-02-30", AnswerFault.NO_DATE),
        (field(kind=FieldKind.CHOICE, options=options("a")), "b", AnswerFault.NOT_OFFERED),
        (field(kind=FieldKind.CHOICES, options=options("a")), ["b"], AnswerFault.NOT_OFFERED),
        (field(kind=FieldKind.CHOICES, options=options("a")), ["a", "a"], AnswerFault.NOT_OFFERED),
        (field(kind=FieldKind.CHOICES, options=options("a")), "a", AnswerFault.OTHER_KIND),
    ],
)
def test_what_is_wrong_with_an_answer(one, raw, fault):
    assert rules.examined(form(one), {"one": raw}).faults == {"one": fault}


def test_a_question_that_is_not_in_the_form_takes_no_answer():
    assert rules.examined(form(field()), {"two": "x"}).faults == {"two": AnswerFault.NO_SUCH_FIELD}


@pytest.mark.parametrize(
    ("raw", "kept", "faults"),
    [
        ({}, {}, {}),
        ({"visa": False, "passport": "P1"}, {"visa": False}, {}),
        ({"passport": "P1"}, {}, {}),
        ({"visa": True}, {"visa": True}, {"passport": TextFault.MISSING}),
        ({"visa": True, "passport": "P1"}, {"visa": True, "passport": "P1"}, {}),
    ],
)
def test_what_is_not_asked_is_neither_needed_nor_kept(raw, kept, faults):
    assert rules.examined(VISA, raw) == rules.Given(kept, faults)


def test_older_answers_are_taken_over_where_the_question_still_is_the_same():
    older: dict[str, Answer] = {"visa": True, "passport": "P1", "gone": "x", "kind": "a"}
    newer = form(
        field("visa", FieldKind.YES_NO),
        field("kind", FieldKind.CHOICE, options=options("b")),
    )
    assert rules.still_fit(newer, older) == {"visa": True}


def test_a_text_is_told_in_english_where_it_is_in_no_other_language():
    assert rules.told({"en": "Yes", "fr": "Oui"}, "fr") == "Oui"
    assert rules.told({"en": "Yes"}, "ar") == "Yes"
