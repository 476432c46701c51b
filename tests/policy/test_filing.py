"""When an input is late, where it goes then, and what stands between a draft and being sent."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from app.policy import filing
from app.policy.filing import FilingFault, Known, Round, Window
from app.policy.inputs import Attached, Consent
from app.policy.people import Capacity, StakeholderGroup
from app.policy.text import TextFault, visible
from app.policy.upload import FileFault, FileKind, fault_of, kind_by_name, kind_by_signature, named

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
TOPIC, OTHER, MEETING, NEXT = (UUID(int=each) for each in range(4))


def one(topic=TOPIC, meeting=MEETING, closes=NOW + DAY, **more) -> Round:
    return Round(uuid4(), topic, meeting, closes - DAY, closes, **more)


@pytest.mark.parametrize(
    ("now", "where"),
    [
        (NOW - timedelta(microseconds=1), Window.BEFORE),
        (NOW, Window.OPEN),
        (NOW + DAY - timedelta(microseconds=1), Window.OPEN),
        (NOW + DAY, Window.AFTER),
    ],
)
def test_the_first_instant_of_the_close_is_late(now, where):
    assert filing.window(one(), now) is where
    assert filing.window(one(skipped=True), now) is Window.SKIPPED


def test_a_late_input_goes_to_the_round_that_closes_next_and_there_to_its_topic():
    missed = one(closes=NOW)
    far = one(meeting=NEXT, closes=NOW + 9 * DAY)
    near = one(OTHER, MEETING, NOW + 2 * DAY)
    same = one(TOPIC, MEETING, NOW + 3 * DAY)
    never = [
        missed,
        one(closes=NOW + DAY, announced=False),
        one(closes=NOW + DAY, skipped=True),
        one(closes=NOW),
    ]
    assert filing.next_round(missed, [*never, far], NOW) == far
    assert filing.next_round(missed, [far, near, *never], NOW) == near
    assert filing.next_round(missed, [far, near, same], NOW) == same
    assert filing.next_round(missed, never, NOW) is None


@pytest.mark.parametrize(
    ("key", "number"),
    [
        ("question:1", 1),
        ("question:9999", 9999),
        ("question:01", None),
        ("question:", None),
        ("question:²", None),
        ("question:10000", None),
        ("question:-1", None),
        ("free", None),
    ],
)
def test_a_field_names_its_question_in_one_way_only(key, number):
    assert filing.question_of(key) == number


SAID = {
    "entity": "",
    "capacity": Capacity.INDIVIDUAL,
    "group": StakeholderGroup.CIVIL_SOCIETY,
    "name": "A participant",
    "organization": "none",
    "country": "KE",
    "job_title": "",
    "language": "ar",
    "consent": Consent.TEXT_ONLY,
    "presents": "yes",
    "summary": "",
    "question:1": "More scripts.",
    "free": "",
}
BODY = uuid4()
KNOWN = Known({BODY}, {"KE"}, {"ar", "en"}, {1})
AS_BODY = {"entity": str(BODY), "capacity": Capacity.DELEGATE, "group": "", "organization": ""}


@pytest.mark.parametrize(
    ("said", "faults"),
    [
        ({}, {}),
        (AS_BODY | {"country": ""}, {}),
        (AS_BODY | {"entity": str(uuid4())}, {"entity": FilingFault.NO_CLAIM}),
        (AS_BODY | {"entity": "x"}, {
            "entity": FilingFault.NO_CLAIM,
            "capacity": FilingFault.CHOICE,
            "group": TextFault.MISSING,
            "organization": TextFault.MISSING,
        }),
        ({"capacity": ""}, {"capacity": TextFault.MISSING}),
        ({"country": "XX"}, {"country": FilingFault.CHOICE}),
        ({"country": ""}, {"country": TextFault.MISSING}),
        ({"language": "xx"}, {"language": FilingFault.LANGUAGE}),
        ({"name": "<b>"}, {}),
        ({"name": "..."}, {"name": TextFault.MISSING}),
        ({"question:1": " ."}, {"summary": FilingFault.NOTHING}),
        ({"summary": 2001 * "a"}, {"summary": TextFault.TOO_LONG}),
        ({"consent": "all"}, {"consent": FilingFault.CHOICE}),
    ],
)  # fmt: skip
def test_what_stands_between_a_draft_and_being_sent(said, faults):
    assert filing.faults(SAID | said, 0, KNOWN) == faults


def test_a_file_alone_says_something():
    assert filing.faults(SAID | {"question:1": ""}, 1, KNOWN) == {}


def test_a_version_says_what_the_fields_say_and_names_nobody():
    attached = Attached("a.pdf", "application/pdf", 1, 64 * "a")
    content = filing.content("multilingual", SAID, [attached])
    assert content.as_json() == {
        "consultation": "multilingual",
        "language": "ar",
        "summary": "",
        "answers": {"1": "More scripts."},
        "free": "",
        "attachments": [
            {"name": "a.pdf", "media_type": "application/pdf", "size": 1, "sha256": 64 * "a"}
        ],
    }
    head = filing.head(SAID)
    assert (head.entity_id, head.group) == (None, StakeholderGroup.CIVIL_SOCIETY)
    assert (head.consent, head.presents) == (Consent.TEXT_ONLY, True)
    assert filing.head(SAID | AS_BODY).group is None


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("a\u202eb\u2066c", "abc"),
        ("a\u200b\ufeff\u00adb\0\ud800", "ab"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("o" + 20 * "\u0323", "\u1ecd" + 8 * "\u0323"),
        ("a" + 20 * "\u200d" + "b", "a" + 8 * "\u200d" + "b"),
        (" a\r\nb\rc\t ", "a\nb\nc"),
        ("เก้าอี้ ความถี่", "เก้าอี้ ความถี่"),
    ],
)
def test_what_nobody_can_see_is_taken_out_and_nothing_else(raw, kept):
    assert visible(raw) == kept
    assert visible(kept) == kept


def test_a_field_of_the_head_is_one_line():
    assert filing.cleaned("name", " A\nname ") == "A name"
    assert filing.cleaned("country", "ke") == "KE"
    assert filing.cleaned("free", "a\nb") == "a\nb"


# Files, before they are opened.


def test_a_file_is_what_its_name_and_its_first_bytes_say():
    assert kind_by_name("Our.Input.PDF") is FileKind.PDF
    assert kind_by_name(".pdf") is None
    assert kind_by_name("a.exe") is None
    assert kind_by_signature(b"%PDF-1.7") is FileKind.PDF
    assert kind_by_signature(b"GIF89a") is None
    assert kind_by_signature(b"Plain words") is FileKind.TXT
    assert fault_of("a.odt", b"PK\x03\x04") is None
    assert fault_of("a.txt", b"PK\x03\x04") is FileFault.NOT_ITS_NAME
    assert fault_of("a.pdf", b"MZ") is FileFault.OTHER_KIND
    assert fault_of("a", b"a") is FileFault.OTHER_KIND
    assert fault_of("a.txt", b"") is FileFault.EMPTY


def test_a_name_without_an_ending_or_with_nothing_else_is_still_a_name():
    assert named("../readme") == "readme"
    assert named("a." + 200 * "b") == ""
