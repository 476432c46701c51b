"""Rules that pages and services use, each run once by itself."""

from datetime import date

from app.policy import delegation, form, outcome, words
from app.policy.compiled import Said
from app.policy.delegation import DelegationFault
from app.policy.form import Condition, Field, FieldKind, Form, FormFault, Option, Section
from app.policy.participation import Axis
from app.policy.statistics import Divided, Part

EN = {"en": "A text"}


def field(key, kind=FieldKind.TEXT, **more):
    return Field(key, kind, EN, EN, 30, **more)


def test_a_text_says_whether_some_of_it_runs_the_other_way():
    assert Said("Arabic: عربية").mixed
    assert not Said("عربية").mixed
    assert not Said("English").mixed


def test_an_absence_ends_after_it_begins():
    first, last = date(2026, 12, 2), date(2026, 12, 1)
    faults = delegation.faults_of_absence(first, last, date(2026, 11, 1), None)
    assert faults == {"away_until": DelegationFault.ENDS_FIRST}


def test_a_form_is_changed_part_by_part():
    made = form.with_section(Form(()), Section("travel", EN, ()))
    made = form.with_section(made, Section("more", EN, ()))
    made = form.with_section(made, Section("travel", {"en": "Journeys"}, ()))
    assert [each.title["en"] for each in made.sections] == ["Journeys", "A text"]
    made = form.with_field(made, "travel", field("visa"))
    made = form.with_field(made, "travel", field("visa", FieldKind.YES_NO))
    assert made.find("visa") == field("visa", FieldKind.YES_NO)
    assert form.without(made, "visa").fields == ()
    assert [each.key for each in form.without_section(made, "travel").sections] == ["more"]


def test_what_is_wrong_with_a_form_is_found_where_it_is():
    twice = Form((Section("a", EN, ()), Section("a", EN, ())))
    assert ("a.key", FormFault.TWICE) in list(form._faults_of_sections(twice.sections))
    helped = field("visa", help={"en": "x" * 5000})
    assert "help" in dict(form.field_faults(helped, Section("a", EN, (helped,))))
    many = tuple(Option(f"o{number}", EN) for number in range(500))
    chosen = field("one", FieldKind.CHOICE, options=many)
    assert (
        FormFault.TOO_MANY in dict(form.field_faults(chosen, Section("a", EN, (chosen,)))).values()
    )
    stray = field("b", shown_if=Condition("none", ("yes",)))
    found = dict(form.field_faults(stray, Section("a", EN, (field("a"),))))
    assert FormFault.NO_CONDITION in found.values()
    assert form._words(("a", "b")) == ("a", "b")
    assert [form._words(each) for each in (None, True, False, "x")] == [
        (),
        ("yes",),
        ("no",),
        ("x",),
    ]


def test_completion_has_a_share_where_something_came():
    assert (outcome.Completion(41, 52).share, outcome.Completion().share) == (41 / 52, None)
    assert outcome.numbers_of(" ".join(["1-400"] * 9)) is None


def test_what_is_divided_says_whether_it_hides_something():
    told, hidden = Part("africa", 7), Part("europe", None)
    assert Divided(Axis.REGION, (told, hidden)).hides
    assert not Divided(Axis.REGION, (told,)).hides


def test_a_window_cuts_no_word_in_two():
    text = "first " + "word " * 40
    starts, _ = words._edges(text, 103, 40)
    assert text[starts - 1] == " "
    assert words._edges("x" * 200, 103, 40)[0] == 93
