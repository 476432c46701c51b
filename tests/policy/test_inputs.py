from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from app.policy.inputs import Attached, Content, canonical, digest

FILE = Attached("study.pdf", "application/pdf", 9, "ab" * 32)


def test_a_digest_can_be_computed_by_anyone_from_what_is_published():
    content = Content("spam", "fr", "Résumé", {2: "Deux", 1: "Un"}, "", (FILE,)).as_json()

    assert canonical(content).decode() == (
        '{"answers":{"1":"Un","2":"Deux"},"attachments":[{"media_type":"application/pdf",'
        '"name":"study.pdf","sha256":"' + "ab" * 32 + '","size":9}],"consultation":"spam",'
        '"free":"","language":"fr","summary":"Résumé"}'
    )
    assert digest(content) == sha256(canonical(content)).hexdigest()


@given(st.text(), st.text())
def test_two_texts_have_two_digests(one, other):
    said = [digest(Content("spam", "en", free=text).as_json()) for text in (one, other)]

    assert (said[0] == said[1]) == (one == other)
