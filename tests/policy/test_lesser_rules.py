"""Rules that pages and services use, each run once by itself."""

from datetime import date
from uuid import UUID

from app.policy import delegation, document_sets, excerpts, form, outcome, receipt, search, upload
from app.policy.agenda import Change, Changed, Entry
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
    two = form.with_field(made, "travel", field("passport"))
    assert [each.key for each in form.moved(two, "visa", 9).fields] == ["passport", "visa"]
    assert form.moved(two, "none", 1) == two
    assert [each.key for each in form.moved_section(two, "more", -1).sections] == ["more", "travel"]


def test_what_is_wrong_with_a_form_is_found_where_it_is():
    twice = Form((Section("a", EN, ()), Section("a", EN, ())))
    assert ("a.key", FormFault.TWICE) in list(form._faults_of_sections(twice.sections))
    unnamed = (Section("Not a key", EN, ()),)
    assert ("Not a key.key", FormFault.KEY) in list(form._faults_of_sections(unnamed))
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
    assert outcome.Completion(1, 2) + outcome.Completion(3, 5) == outcome.Completion(4, 7)
    assert outcome.numbers_of(" ".join(["1-400"] * 9)) is None


def test_what_is_divided_says_whether_it_hides_something():
    told, hidden = Part("africa", 7), Part("europe", None)
    assert Divided(Axis.REGION, (told, hidden)).hides
    assert not Divided(Axis.REGION, (told,)).hides


def test_a_window_cuts_no_word_in_two():
    text = "first " + "word " * 40
    starts, _ = excerpts._edges(text, 103, 40)
    assert text[starts - 1] == " "
    assert excerpts._edges("x" * 200, 103, 40)[0] == 93


def test_what_changed_in_an_agenda_names_the_sittings_and_what_the_item_is_called():
    before, after = Entry(1, UUID(int=1), "Prices"), Entry(1, UUID(int=2), "Prices", label="1 bis")
    assert (before.shown, after.shown) == ("1", "1 bis")
    assert Changed(Change.MOVED, before, after).sittings == {UUID(int=1), UUID(int=2)}
    assert Changed(Change.ADDED, None, after).sittings == {UUID(int=2)}


def test_addresses_of_documents_are_typed_in_any_way_and_each_counts_once():
    assert document_sets.numbers(" 3, 4 7-REV1;3\n") == ["3", "4", "7-rev1"]


def test_a_file_that_is_too_large_or_claims_another_kind_is_not_opened():
    pdf = b"%PDF-1.7"
    assert upload.fault_of("a.pdf", pdf + bytes(upload.LARGEST)) is upload.FileFault.TOO_LARGE
    assert upload.fault_of("a.exe", pdf) is upload.FileFault.OTHER_KIND


def test_of_a_page_of_hits_the_last_one_is_read_back_or_is_none_of_ours():
    assert search.Cursor.read(str(search.Cursor(0.5, 7))) == search.Cursor(0.5, 7)
    for text in ("", "0.5", "x~1", "nan~1", "0.5~-1"):
        assert search.Cursor.read(text) is None


def test_a_receipt_is_written_as_people_open_it():
    assert receipt.written({"kind": "é"}) == '{\n "kind": "é"\n}'
