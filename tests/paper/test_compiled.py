"""A compiled document as PDF: tagged, with contents and bookmarks, and nothing in it is markup."""

from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from app.paper.badge import Press
from app.paper.compiled import pdf
from app.policy.compiled import Document, Heading, Paragraph, Said, Style, Table, in_print, lines

MARKUP = '#import "@preview/x:1.0": * \\ $sum$ *b* _i_ <label> @ref `raw` // # ] }'
ARABIC = "نقترح سياسات واضحة لحماية البيانات الشخصية."
CHINESE = "保护儿童上网安全需要学校、家长和平台共同承担责任。"


@pytest.fixture(scope="module")
def press() -> Press:
    return Press()


def document(*blocks: Heading | Paragraph | Table) -> Document:
    title = in_print(MARKUP)
    return Document(
        Said("Service"), title, [Said(ARABIC, "ar")], [], Said("Contents"), "Page", blocks
    )


def test_headings_are_bookmarks_and_texts_stay_as_they_were_typed(press):
    made = pdf(
        document(
            Heading(in_print("Inputs")),
            Heading(in_print("Input 1: جمعية"), 2),
            Heading(in_print("Summary"), 3),
            *(Paragraph(each) for each in lines(MARKUP, "en")),
            Paragraph(Said(ARABIC, "ar")),
            Paragraph(Said(CHINESE, "zh"), Style.NOTE),
            Table(
                Said("By region"), [Said("Region"), Said("Inputs")], [[Said("Africa"), Said("3")]]
            ),
        ),
        press,
    )

    read = PdfReader(BytesIO(made))
    assert read.metadata is not None
    assert read.metadata.title == MARKUP
    titles = [each.title for each in _flat(read.outline)]
    assert titles == ["Inputs", "Input 1: جمعية\u200e"]
    text = "\n".join(page.extract_text() for page in read.pages)
    assert text.count('#import "@preview/x:1.0"') >= 2
    root: Any = read.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert b"pdfuaid" in made


def _flat(outline):
    for each in outline:
        yield from _flat(each) if isinstance(each, list) else [each]


@pytest.mark.parametrize("letter", ["x", "ش", "字"])
def test_a_word_of_twenty_thousand_letters_stays_on_the_page(press, letter):
    made = pdf(document(Heading(in_print("A")), Paragraph(in_print(letter * 20_000))), press)

    # In one line it would fit on the third page, and run out of it.
    assert len(PdfReader(BytesIO(made)).pages) >= 5


def test_a_sign_that_no_font_has_costs_the_claim_and_not_the_document(press):
    unknown = Paragraph(in_print("Before \U00010ead\U0001f6d8\U00016a40 after"))

    read = PdfReader(BytesIO(pdf(document(Heading(in_print("A")), unknown), press)))

    assert "after" in read.pages[-1].extract_text()
