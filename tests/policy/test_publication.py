from hypothesis import given
from hypothesis import strategies as st

from app.policy.publication import MARK, Redacted, legible, masked, parts

CONTENT = {"summary": "In short", "answers": {"10": "Ten", "2": "Two", "3": " "}, "free": ""}


def test_parts_are_read_in_their_order_and_empty_ones_are_none():
    assert list(parts(CONTENT)) == ["summary", "question:2", "question:10"]


def test_a_passage_is_marked_in_every_part_and_a_whole_part_is_one_mark():
    texts = {"summary": "Call 0123 45, call!", "free": "0123 45", "question:1": "All of this"}
    said = [Redacted("summary", "0123 45"), Redacted("question:1"), Redacted("free", "0123")]
    assert masked(texts, said) == {
        "summary": f"Call {MARK}, call!",
        "free": MARK,
        "question:1": MARK,
    }


def test_what_turns_text_around_or_piles_up_is_not_shown():
    assert legible("pay \u202eeeF\u202c 5\u2066\x07") == "pay eeF 5"
    assert legible("e" + "\u0301" * 500) == "e" + "\u0301" * 4
    assert legible("línea\n\tقِيمَة 中文") == "línea\n\tقِيمَة 中文"


@given(st.text(), st.text(min_size=1))
def test_a_passage_is_nowhere_once_it_is_redacted(text, passage):
    shown = masked({"free": text + passage + text}, [Redacted("free", passage)])["free"]
    assert passage not in shown or passage in MARK
